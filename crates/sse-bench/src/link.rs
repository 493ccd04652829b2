//! A connection to a Redis, with nothing between it and the socket.

use std::io::{BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};

use crate::stats;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Left out of the time of a call.
const RUN_UP: Duration = Duration::from_millis(200);

/// What the engine answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Text(Vec<u8>),
    Number(i64),
    Nothing,
    List(Vec<Reply>),
}

/// A connection to the engine, with nothing between it and the socket.
pub(crate) struct Link {
    reader: BufReader<TcpStream>,
}

impl Link {
    pub(crate) fn open(port: u16) -> anyhow::Result<Self> {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        Ok(Self {
            reader: BufReader::new(socket),
        })
    }

    /// # Errors
    /// The engine does not answer, or with an error.
    pub(crate) fn call(&mut self, words: &[&[u8]]) -> anyhow::Result<Reply> {
        self.ask(&encoded(words))
    }

    fn ask(&mut self, request: &[u8]) -> anyhow::Result<Reply> {
        self.reader.get_mut().write_all(request)?;
        reply(&mut self.reader)
    }

    /// The time of a call, one after another, in microseconds: the median.
    pub(crate) fn timed(&mut self, words: &[&[u8]], time: Duration) -> anyhow::Result<f64> {
        let request = encoded(words);
        let mut took = Vec::new();
        let begun = Instant::now();
        while begun.elapsed() < RUN_UP + time {
            let asked = Instant::now();
            self.ask(&request)?;
            if begun.elapsed() >= RUN_UP {
                took.push(u32::try_from(asked.elapsed().as_nanos() / 100).unwrap_or(u32::MAX));
            }
        }
        let median = stats::percentile(&mut took, 50.0);
        Ok(f64::from(median.context("nothing was answered")?) / 10.0)
    }

    /// How many commands the engine has carried out, those within scripts included.
    ///
    /// # Errors
    /// The engine does not say.
    pub(crate) fn commands(&mut self) -> anyhow::Result<u64> {
        let Reply::Text(text) = self.call(&[b"INFO", b"commandstats"])? else {
            bail!("the engine does not say what it was asked");
        };
        Ok(calls(&String::from_utf8_lossy(&text)))
    }

    pub(crate) fn into_reader(self) -> BufReader<TcpStream> {
        self.reader
    }
}

fn encoded(words: &[&[u8]]) -> Vec<u8> {
    let mut request = format!("*{}\r\n", words.len()).into_bytes();
    for word in words {
        request.extend_from_slice(format!("${}\r\n", word.len()).as_bytes());
        request.extend_from_slice(word);
        request.extend_from_slice(b"\r\n");
    }
    request
}

fn reply(reader: &mut impl BufRead) -> anyhow::Result<Reply> {
    let mut line = Vec::new();
    reader.read_until(b'\n', &mut line)?;
    let line = std::str::from_utf8(line.trim_ascii_end()).context("the answer is no text")?;
    let kind = line.get(..1).context("the engine ended the connection")?;
    let rest = &line[1..];
    Ok(match kind {
        "+" => Reply::Text(rest.as_bytes().to_vec()),
        ":" => Reply::Number(rest.parse()?),
        "-" => bail!("the engine answers {rest}"),
        "$" | "*" if rest.starts_with('-') => Reply::Nothing,
        "$" => {
            let mut text = vec![0; rest.parse::<usize>()? + 2];
            reader.read_exact(&mut text)?;
            ensure!(text.ends_with(b"\r\n"), "a text of the answer has no end");
            text.truncate(text.len() - 2);
            Reply::Text(text)
        }
        "*" => {
            let count: usize = rest.parse()?;
            Reply::List(
                (0..count)
                    .map(|_| reply(reader))
                    .collect::<anyhow::Result<_>>()?,
            )
        }
        _ => bail!("the engine answers {line}"),
    })
}

/// The calls of all lines such as `cmdstat_xread:calls=7,usec=1`.
fn calls(text: &str) -> u64 {
    let counts = text.lines().filter_map(|line| {
        let (_, after) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        after.split(',').next()?.parse::<u64>().ok()
    });
    counts.sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_read_to_their_end() {
        let text = b"*4\r\n$2\r\nok\r\n:7\r\n$-1\r\n*1\r\n+PONG\r\n-ERR no\r\n";
        let mut reader = BufReader::new(&text[..]);
        let ok = Reply::Text(b"ok".to_vec());
        let pong = Reply::List(vec![Reply::Text(b"PONG".to_vec())]);
        let list = Reply::List(vec![ok, Reply::Number(7), Reply::Nothing, pong]);
        assert_eq!(reply(&mut reader).expect("it is one"), list);
        let error = reply(&mut reader).expect_err("it is an error");
        assert_eq!(error.to_string(), "the engine answers ERR no");
        assert!(reply(&mut reader).is_err());
        assert_eq!(encoded(&[b"GET", b""]), b"*2\r\n$3\r\nGET\r\n$0\r\n\r\n");
    }

    #[test]
    fn the_calls_of_all_commands_are_added_up() {
        let text = "# Commandstats\r\ncmdstat_client|unblock:calls=2,usec=1\r\ncmdstat_info:calls=40,usec=9\r\n";
        assert_eq!(calls(text), 42);
    }
}
