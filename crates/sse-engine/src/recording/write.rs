//! Writes a recording: its canonical text.

use std::time::Duration;

use super::body::{put, spell, spell_line};
use super::{End, Recording, Step, Wait};

impl Recording {
    /// The canonical text. It is a whole file where [`Recording::has_ended`].
    pub fn to_text(&self) -> String {
        let crlf = self.most_ends_are_crlf();
        let mut to = String::from("wire 1\n");
        if crlf {
            to.push_str("% ends crlf\n");
        }
        for step in &self.steps {
            put_step(&mut to, step, crlf);
        }
        to
    }

    /// Whether more than half of the line ends of all bodies of responses are CR LF.
    fn most_ends_are_crlf(&self) -> bool {
        let (mut all, mut crlf) = (0_usize, 0_usize);
        for step in &self.steps {
            let Step::Bytes(bytes) = step else { continue };
            let (ends, crlf_ends) = line_ends(bytes);
            all += ends;
            crlf += crlf_ends;
        }
        crlf > all / 2
    }
}

/// Writes a step: a line, or a few lines of bytes.
pub(super) fn put_step(to: &mut String, step: &Step, crlf: bool) {
    match step {
        Step::Note(text) => put(to, "#", text),
        Step::Request(line) => put(to, ">", line),
        Step::RequestBytes(bytes) => spell(to, bytes, ">|", ">~", false),
        Step::Wait(wait) => put(to, "@", &spelled(wait)),
        Step::Response(line) => spell_line(to, line, "<", "<~"),
        Step::Bytes(bytes) => spell(to, bytes, "|", "~", crlf),
        Step::Fault(fault) => put(to, "!", &fault.to_string()),
        Step::End(end) => put(to, "=", end.word()),
        Step::Next => to.push_str("==\n"),
    }
}

/// How many line ends there are, and how many of them are CR LF.
pub(super) fn line_ends(bytes: &[u8]) -> (usize, usize) {
    let (mut all, mut crlf) = (0, 0);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        all += usize::from(line.ends_with(b"\n"));
        crlf += usize::from(line.ends_with(b"\r\n"));
    }
    (all, crlf)
}

fn spelled(wait: &Wait) -> String {
    let mut text = time(wait.time);
    for (key, size) in [("chunk", wait.chunk), ("gzip", wait.gzip)] {
        if let Some(size) = size {
            text += &format!(" {key}={size}");
        }
    }
    text
}

/// Milliseconds below a second, else seconds, without zeros at the end.
fn time(time: Duration) -> String {
    let (whole, part, unit) = if time.as_secs() == 0 {
        let micros = time.subsec_micros();
        (u64::from(micros / 1000), micros % 1000, "ms")
    } else {
        (time.as_secs(), time.subsec_millis(), "s")
    };
    let decimals = format!("{part:03}");
    match decimals.trim_end_matches('0') {
        "" => format!("{whole}{unit}"),
        decimals => format!("{whole}.{decimals}{unit}"),
    }
}

impl End {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::End, Self::Cut, Self::Reset, Self::Timeout, Self::Open];

    /// Its word in the file.
    pub fn word(self) -> &'static str {
        match self {
            Self::End => "end",
            Self::Cut => "cut",
            Self::Reset => "reset",
            Self::Timeout => "timeout",
            Self::Open => "open",
        }
    }
}
