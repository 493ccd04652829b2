//! A recording for people: each line behind its time, as `sse watch` prints it.

use std::io::Write;
use std::time::Duration;

use sse_server::recording::{BodyKind, BodyReader, Exchange, Found, Recording, Step};

use super::{Output, read};
use crate::api::shown;
use crate::look::{BOLD, INDENT, QUIET, RED, fold, lines, ms, painted, several};

/// How much of an event without an end is shown, in bytes.
const TAIL: usize = 4 << 10;

/// Prints all exchanges.
pub(super) fn print(recording: &Recording, out: &mut Output) {
    let mut look = Look {
        coloured: out.stdout.has_colours(),
        width: out.stdout.width(),
        time: String::new(),
        begin: Duration::ZERO,
    };
    let count = recording.exchanges().count();
    for (index, exchange) in recording.exchanges().enumerate() {
        if count > 1 {
            let line = format!("exchange {} of {count}", index + 1);
            let blank = if index > 0 { "\n" } else { "" };
            _ = writeln!(out.text, "{blank}{}", painted(&line, BOLD, look.coloured));
        }
        if !look.exchange(exchange, out) {
            return;
        }
        look.begin += exchange.timed().last().map_or(Duration::ZERO, |(at, _)| at);
    }
}

struct Look {
    coloured: bool,
    width: Option<usize>,
    /// When the step came, for the first line of it.
    time: String,
    /// When the exchange began.
    begin: Duration,
}

impl Look {
    /// Prints an exchange, and says whether somebody reads on.
    fn exchange(&mut self, exchange: Exchange<'_>, out: &mut Output) -> bool {
        let kind = exchange.body_kind();
        let mut reader = BodyReader::new(kind);
        let (mut events, mut comments, mut bytes) = (0_u64, 0_u64, 0_u64);
        let mut is_first = [true; 2];
        for (at, step) in exchange.timed() {
            self.time = format!("{:>12}", ms(self.begin + at));
            match step {
                Step::Wait(_) | Step::Next => {}
                Step::Note(text) => self.quiet(out, &format!("# {}", shown(text))),
                Step::Request(line) => self.head(out, '>', line, &mut is_first[0]),
                Step::RequestBytes(body) => self.body(out, ">|", body),
                Step::Response(line) => {
                    let line = String::from_utf8_lossy(line);
                    self.head(out, '<', &line, &mut is_first[1]);
                }
                Step::Bytes(piece) => {
                    bytes += piece.len() as u64;
                    if kind == BodyKind::Whole {
                        self.body(out, "|", piece);
                    }
                    reader.push(piece, |found| {
                        events += u64::from(matches!(found, Found::Event { .. } | Found::Line(_)));
                        comments += u64::from(matches!(found, Found::Comment(_)));
                        self.found(out, found);
                    });
                }
                Step::Fault(fault) => {
                    let line = painted(
                        &format!("! {}", shown(&fault.to_string())),
                        RED,
                        self.coloured,
                    );
                    _ = writeln!(out.text, "{}  {line}", self.time);
                }
                Step::End(end) => {
                    reader.end(|found| {
                        events += 1;
                        self.found(out, found);
                    });
                    if kind == BodyKind::Events {
                        self.unfinished(exchange, out);
                    }
                    let mut words = vec![end.word().to_owned(), several(events, "event")];
                    if comments > 0 {
                        words.push(several(comments, "comment"));
                    }
                    words.push(several(bytes, "byte"));
                    self.quiet(out, &format!("= {}", words.join(", ")));
                }
            }
            if !out.goes_on() {
                return false;
            }
        }
        true
    }

    fn found(&self, out: &mut Output, found: Found<'_>) {
        lines(
            &mut out.text,
            &self.time,
            &read(found),
            self.coloured,
            self.width,
        );
    }

    fn quiet(&self, out: &mut Output, text: &str) {
        let line = format!("{}  {text}", self.time);
        _ = writeln!(out.text, "{}", painted(&line, QUIET, self.coloured));
    }

    /// A line of a head; the first has its time.
    fn head(&self, out: &mut Output, sign: char, line: &str, is_first: &mut bool) {
        let is_first = std::mem::take(is_first);
        let line = shown(line);
        if is_first {
            let line = painted(&line, BOLD, self.coloured);
            _ = writeln!(out.text, "{}  {sign} {line}", self.time);
            return;
        }
        _ = write!(out.text, "{:INDENT$}{sign} ", "");
        fold(&mut out.text, &line, INDENT + 2, self.width);
    }

    /// A body that is no stream.
    fn body(&self, out: &mut Output, sign: &str, body: &[u8]) {
        let Ok(text) = str::from_utf8(body) else {
            let bytes = several(body.len() as u64, "byte");
            return self.quiet(out, &format!("{sign} {bytes} that are no text"));
        };
        for (index, line) in text.lines().enumerate() {
            let time = if index == 0 { self.time.as_str() } else { "" };
            _ = write!(out.text, "{time:>12}  {sign} ");
            fold(
                &mut out.text,
                &shown(line),
                INDENT + sign.len() + 1,
                self.width,
            );
        }
    }

    /// What a client drops: the beginning of an event whose blank line did not come.
    fn unfinished(&self, exchange: Exchange<'_>, out: &mut Output) {
        let mut tail = Vec::new();
        let bytes = exchange.steps.iter().rev().filter_map(|step| match step {
            Step::Bytes(bytes) => Some(bytes),
            _ => None,
        });
        for byte in bytes.flat_map(|bytes| bytes.iter().rev()) {
            tail.push(*byte);
            let is_blank = matches!(
                tail[..],
                [.., b'\n', b'\n'] | [.., b'\r', b'\r'] | [.., b'\n', b'\r', b'\n']
            );
            if is_blank || tail.len() > TAIL {
                break;
            }
        }
        tail.reverse();
        let text = String::from_utf8_lossy(&tail);
        let text = text.trim_matches(['\r', '\n', '\u{feff}']);
        // Comments and `retry` count without a blank line.
        let is_field = |line: &&str| !line.starts_with(':') && !line.starts_with("retry:");
        let mut fields = text.lines().filter(is_field).peekable();
        if fields.peek().is_some() {
            self.quiet(out, "the event has no end, so clients drop it:");
            for line in fields {
                self.quiet(out, &format!("  {}", shown(line)));
            }
        }
    }
}
