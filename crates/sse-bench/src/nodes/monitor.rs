//! What the engine is asked, as its `MONITOR` shows it.

use std::io::BufRead;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

/// The key that a beat of a node is about, and nothing else.
const BEAT_KEY: &[u8] = b"sse1:{nodes}:nodes";

/// A command that the engine was given.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Asked {
    /// In seconds on the clock of the machine.
    at: f64,
    /// Whether a script gave it, and not a connection.
    is_of_script: bool,
    words: Vec<Vec<u8>>,
}

/// What the engine was asked in some time.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Seen {
    /// How many commands scripts gave.
    pub(super) of_scripts: usize,
    /// How many beats of nodes there were: each says every other second how many listen.
    pub(super) beats: usize,
    /// The names of the others that came over connections. Those of operators, such as `CLIENT`,
    /// are not shown by `MONITOR`.
    pub(super) names: Vec<String>,
}

/// Collects the commands until it is dropped.
pub(super) struct Monitor {
    socket: TcpStream,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl Monitor {
    /// Reads the lines of a connection that was told `MONITOR`.
    ///
    /// # Errors
    /// The connection cannot be shared with a thread.
    pub(super) fn read(mut reader: std::io::BufReader<TcpStream>) -> anyhow::Result<Self> {
        let socket = reader.get_ref().try_clone()?;
        socket.set_read_timeout(None)?;
        let asked = Arc::<Mutex<Vec<Asked>>>::default();
        let into = Arc::clone(&asked);
        // It ends with the connection.
        thread::spawn(move || {
            let mut line = Vec::new();
            while reader.read_until(b'\n', &mut line).is_ok_and(|n| n > 0) {
                if let Some(one) = parse(&line) {
                    into.lock()
                        .unwrap_or_else(PoisonError::into_inner)
                        .push(one);
                }
                line.clear();
            }
        });
        Ok(Self { socket, asked })
    }

    fn all(&self) -> Vec<Asked> {
        self.asked
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// The call of a script with this among its words, once there is one.
    ///
    /// # Errors
    /// None comes in time.
    pub(super) fn script_with(
        &self,
        word: &[u8],
        patience: Duration,
    ) -> anyhow::Result<Vec<Vec<u8>>> {
        let begun = Instant::now();
        while begun.elapsed() < patience {
            let call = self.all().into_iter().find(|asked| {
                !asked.is_of_script
                    && asked.is(b"EVALSHA")
                    && asked.words.iter().any(|one| one == word)
            });
            if let Some(call) = call {
                return Ok(call.words);
            }
            thread::sleep(Duration::from_millis(5));
        }
        bail!("the node called no script with the event in it")
    }

    /// What the engine was asked in this time.
    pub(super) fn between(&self, began: f64, ended: f64) -> Seen {
        Seen::of(&self.all(), began, ended)
    }
}

impl Seen {
    /// Those of this time.
    fn of(all: &[Asked], began: f64, ended: f64) -> Self {
        let mut seen = Self::default();
        for asked in all {
            if asked.at < began || asked.at > ended {
                continue;
            }
            if asked.is_of_script {
                seen.of_scripts += 1;
            } else if asked.words.iter().any(|word| word == BEAT_KEY) {
                seen.beats += 1;
            } else if let Some(name) = asked.words.first() {
                seen.names
                    .push(String::from_utf8_lossy(name).to_uppercase());
            }
        }
        seen
    }
}

impl Drop for Monitor {
    fn drop(&mut self) {
        // An error means that the engine ended it first.
        _ = self.socket.shutdown(std::net::Shutdown::Both);
    }
}

impl Asked {
    fn is(&self, name: &[u8]) -> bool {
        self.words
            .first()
            .is_some_and(|word| word.eq_ignore_ascii_case(name))
    }
}

/// A line such as `+1700000000.123456 [0 127.0.0.1:5000] "GET" "key"`.
fn parse(line: &[u8]) -> Option<Asked> {
    let line = line.strip_prefix(b"+")?;
    let begin = line.windows(2).position(|pair| pair == b" [")?;
    let at = std::str::from_utf8(&line[..begin]).ok()?.parse().ok()?;
    let rest = &line[begin + 2..];
    let end = rest.windows(2).position(|pair| pair == b"] ")?;
    let is_of_script = rest[..end].ends_with(b" lua");
    let words = words(&rest[end + 2..]).ok()?;
    Some(Asked {
        at,
        is_of_script,
        words,
    })
}

/// Words in quotes, with the escapes of the engine.
fn words(mut text: &[u8]) -> anyhow::Result<Vec<Vec<u8>>> {
    let mut all = Vec::new();
    text = text.trim_ascii();
    while let Some(mut rest) = text.strip_prefix(b"\"") {
        let mut word = Vec::new();
        loop {
            let (first, after) = rest.split_first().context("a word has no end")?;
            rest = after;
            match first {
                b'"' => break,
                b'\\' => {
                    let (escape, after) = rest.split_first().context("an escape has no end")?;
                    rest = after;
                    word.push(match escape {
                        b'n' => b'\n',
                        b'r' => b'\r',
                        b't' => b'\t',
                        b'a' => 7,
                        b'b' => 8,
                        b'x' => {
                            let digits = rest.get(..2).context("a byte has no digits")?;
                            rest = &rest[2..];
                            u8::from_str_radix(std::str::from_utf8(digits)?, 16)?
                        }
                        other => *other,
                    });
                }
                other => word.push(*other),
            }
        }
        all.push(word);
        text = rest.trim_ascii_start();
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn beats_and_commands_of_scripts_are_counted_apart() {
        let asked = |at: f64, line: &str| Asked {
            at,
            ..parse(format!("+{at} {line}").as_bytes()).expect("it is a line of MONITOR")
        };
        let all = [
            asked(1.0, r#"[0 127.0.0.1:5000] "XREAD" "STREAMS" "k" "0""#),
            asked(2.0, r#"[0 127.0.0.1:5000] "EVALSHA" "ab" "1" "k""#),
            asked(2.1, r#"[0 lua] "XADD" "k" "*""#),
            asked(
                2.5,
                r#"[0 127.0.0.1:5000] "EVAL" "text" "1" "sse1:{nodes}:nodes""#,
            ),
            asked(2.6, r#"[0 lua] "HGETALL" "sse1:{nodes}:nodes""#),
            asked(4.0, r#"[0 127.0.0.1:5000] "XREAD" "STREAMS" "k" "0""#),
        ];
        let seen = Seen {
            of_scripts: 2,
            beats: 1,
            names: vec!["EVALSHA".to_owned()],
        };
        assert_eq!(Seen::of(&all, 1.5, 3.0), seen);
    }

    #[test]
    fn a_line_is_when_by_whom_and_what() {
        let line = br#"+1700000000.250000 [0 127.0.0.1:5000] "EVALSHA" "ab" "3" "a \"b\"\\" "\x00\r\n" """#;
        let asked = parse(line).expect("it is a line of MONITOR");
        assert!(asked.is(b"evalsha") && !asked.is_of_script);
        assert_eq!(asked.at, 1_700_000_000.25);
        let tail: Vec<&[u8]> = asked.words[3..].iter().map(Vec::as_slice).collect();
        assert_eq!(tail, [br#"a "b"\"#.as_slice(), b"\x00\r\n", b""]);
        let line = br#"+1700000000.5 [0 lua] "INFO" "server""#;
        assert!(parse(line).expect("it is a line").is_of_script);
        for bad in ["", "+OK", "+1 [0 lua] \"open", "+x [0 lua] \"a\""] {
            assert_eq!(parse(bad.as_bytes()), None, "{bad}");
        }
    }
}
