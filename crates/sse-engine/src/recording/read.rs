//! Reads the text of a recording.

use std::time::Duration;

use super::RecordingMistakeKind as Kind;
use super::body::unescape;
use super::{End, LONGEST_WAIT, MOST_BYTES, Phase, Recording, RecordingMistake, Step, Wait};
use crate::fault::Fault;

impl Recording {
    /// Reads a whole file.
    ///
    /// # Errors
    ///
    /// The first mistake, with its line.
    pub fn parse(text: impl AsRef<[u8]>) -> Result<Self, RecordingMistake> {
        let (recording, lines) = read(text.as_ref())?;
        if recording.has_ended() {
            Ok(recording)
        } else {
            Err(Kind::NoEnd.mistake().at(lines))
        }
    }

    /// Reads the beginning of a file, as a crash leaves it: up to its last whole line. An exchange
    /// without an end is open.
    ///
    /// # Errors
    ///
    /// The first mistake, with its line.
    pub fn parse_beginning(text: impl AsRef<[u8]>) -> Result<Self, RecordingMistake> {
        let text = text.as_ref();
        let whole = text.iter().rposition(|byte| *byte == b'\n');
        let (mut recording, lines) = read(&text[..whole.map_or(0, |at| at + 1)])?;
        if !recording.has_ended() {
            let open = recording.push(Step::End(End::Open));
            open.map_err(|mistake| mistake.at(lines))?;
        }
        Ok(recording)
    }
}

/// The recording, and how many lines it had.
fn read(text: &[u8]) -> Result<(Recording, usize), RecordingMistake> {
    if text.len() > MOST_BYTES {
        return Err(Kind::TooLarge.mistake().at(1));
    }
    let mut lines = text
        .strip_suffix(b"\n")
        .unwrap_or(text)
        .split(|byte| *byte == b'\n');
    if lines.next() != Some(b"wire 1") {
        return Err(Kind::FirstLine.mistake().at(1));
    }
    let mut reader = Reader::default();
    let mut number = 1;
    for line in lines {
        number += 1;
        reader.line(line).map_err(|mistake| mistake.at(number))?;
    }
    Ok((reader.recording, number))
}

#[derive(Default)]
struct Reader {
    recording: Recording,
    crlf: bool,
}

impl Reader {
    fn line(&mut self, line: &[u8]) -> Result<(), RecordingMistake> {
        let line = str::from_utf8(line).map_err(|_| Kind::Utf8.mistake())?;
        if line.chars().any(|c| c.is_control() && c != '\t') {
            return Err(Kind::Control.mistake());
        }
        let signs = [
            ">|", ">~", "<~", "==", ">", "<", "|", "~", "@", "!", "=", "%", "#",
        ];
        let sign = signs.into_iter().find(|sign| line.starts_with(sign));
        let sign = sign.ok_or_else(|| Kind::Sign.mistake())?;
        let rest = &line[sign.len()..];
        let text = match rest.strip_prefix(' ') {
            Some(text) => text,
            None if rest.is_empty() || sign == "#" => rest,
            None => return Err(Kind::Sign.mistake()),
        };
        let step = match sign {
            "#" => Step::Note(text.replace('\t', " ")),
            ">" => Step::Request(text.to_owned()),
            ">|" => Step::RequestBytes([text.as_bytes(), b"\n"].concat()),
            ">~" => Step::RequestBytes(escaped(text, b"\n")?),
            "<" => Step::Response(text.into()),
            "<~" => match unescape(text)? {
                (line, true) => Step::Response(line),
                (_, false) => return Err(Kind::Escape.mistake()),
            },
            "|" => Step::Bytes([text.as_bytes(), self.ends()].concat()),
            "~" => Step::Bytes(escaped(text, self.ends())?),
            "@" => Step::Wait(wait(text).ok_or_else(|| Kind::Wait.mistake())?),
            "!" => Step::Fault(Box::new(fault(text)?)),
            "==" if text.is_empty() => Step::Next,
            "==" => return Err(Kind::Sign.mistake()),
            "=" => {
                let end = End::ALL
                    .into_iter()
                    .find(|end| end.word() == text.trim_end());
                Step::End(end.ok_or_else(|| Kind::EndWord.mistake())?)
            }
            _ => return self.setting(text),
        };
        self.recording.push(step)
    }

    fn ends(&self) -> &'static [u8] {
        if self.crlf { b"\r\n" } else { b"\n" }
    }

    fn setting(&mut self, text: &str) -> Result<(), RecordingMistake> {
        let first = self
            .recording
            .steps
            .iter()
            .all(|step| matches!(step, Step::Note(_)));
        self.crlf = match text.trim_end() {
            "ends crlf" => true,
            "ends lf" => false,
            _ => return Err(Kind::Setting.mistake()),
        };
        if first && self.recording.phase == Phase::Begin {
            Ok(())
        } else {
            Err(Kind::Setting.mistake())
        }
    }
}

fn escaped(text: &str, ends: &[u8]) -> Result<Vec<u8>, RecordingMistake> {
    let (mut bytes, whole) = unescape(text)?;
    if whole {
        bytes.extend_from_slice(ends);
    }
    Ok(bytes)
}

/// A fault, or its mistake with the column in the line: the sign and a space stand before it.
fn fault(text: &str) -> Result<Fault, RecordingMistake> {
    text.parse().map_err(|mistake: crate::fault::Mistake| {
        let column = mistake.column + 2;
        Kind::Fault.because(format!("column {column}: {}", mistake.sentence()))
    })
}

fn wait(text: &str) -> Option<Wait> {
    let mut words = text.split_ascii_whitespace();
    let mut wait = Wait {
        time: time(words.next()?)?,
        ..Wait::default()
    };
    for word in words {
        let (key, size) = word.split_once('=')?;
        let place = match key {
            "chunk" => &mut wait.chunk,
            "gzip" => &mut wait.gzip,
            _ => return None,
        };
        if place.replace(digits(size)?).is_some() {
            return None;
        }
    }
    Some(wait)
}

fn time(text: &str) -> Option<Duration> {
    // `s` ends `ms` too.
    let (number, unit) = match text.strip_suffix("ms") {
        Some(number) => (number, 1_000_000),
        None => (text.strip_suffix('s')?, 1_000_000_000),
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, "0"));
    let thousandths = match part.len() {
        1..=3 => digits(part)? * 10_u64.pow(3 - u32::try_from(part.len()).ok()?),
        _ => return None,
    };
    let nanos = u128::from(digits(whole)?) * unit + u128::from(thousandths) * (unit / 1000);
    let nanos = (nanos <= LONGEST_WAIT.as_nanos()).then_some(nanos)?;
    let seconds = u64::try_from(nanos / 1_000_000_000).ok()?;
    Some(Duration::new(
        seconds,
        u32::try_from(nanos % 1_000_000_000).ok()?,
    ))
}

/// Digits alone: a sign before them is no number here.
fn digits(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}
