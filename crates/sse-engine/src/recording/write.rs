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
            match step {
                Step::Note(text) => put(&mut to, "#", text),
                Step::Request(line) => put(&mut to, ">", line),
                Step::RequestBytes(bytes) => spell(&mut to, bytes, ">|", ">~", false),
                Step::Wait(wait) => put(&mut to, "@", &spelled(wait)),
                Step::Response(line) => spell_line(&mut to, line, "<", "<~"),
                Step::Bytes(bytes) => spell(&mut to, bytes, "|", "~", crlf),
                Step::Fault(fault) => put(&mut to, "!", &fault.to_string()),
                Step::End(end) => put(&mut to, "=", end.word()),
                Step::Next => to.push_str("==\n"),
            }
        }
        to
    }

    /// Whether more than half of the line ends of all bodies of responses are CR LF.
    fn most_ends_are_crlf(&self) -> bool {
        let (mut all, mut crlf) = (0_usize, 0_usize);
        for step in &self.steps {
            let Step::Bytes(bytes) = step else { continue };
            for line in bytes.split_inclusive(|byte| *byte == b'\n') {
                all += usize::from(line.ends_with(b"\n"));
                crlf += usize::from(line.ends_with(b"\r\n"));
            }
        }
        crlf > all / 2
    }
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
