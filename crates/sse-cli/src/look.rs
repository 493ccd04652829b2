//! How what a stream said looks: the same for `sse watch`, which shows it as it comes, and for
//! `sse show`, which shows what was recorded.

use std::io::{self, Write};
use std::time::Duration;

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use sse_client::Read;

use crate::api::shown;

/// Where the data of an event begins: behind a time and two spaces.
pub(crate) const INDENT: usize = 14;

/// Appends an object as a line of JSON.
pub(crate) fn json(out: &mut Vec<u8>, line: &impl Serialize) {
    // Strings and numbers are always JSON, and a vector takes all that is written.
    let mut serializer = Serializer::with_formatter(&mut *out, Harmless);
    if line.serialize(&mut serializer).is_ok() {
        out.push(b'\n');
    }
}

/// JSON without any control character. It allows those from U+007F to U+009F as they are, and some
/// terminals obey them.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        for part in text.split_inclusive(char::is_control) {
            match part.chars().next_back().filter(|last| last.is_control()) {
                None => out.write_all(part.as_bytes())?,
                Some(last) => {
                    out.write_all(&part.as_bytes()[..part.len() - last.len_utf8()])?;
                    write!(out, "\\u{:04x}", u32::from(last))?;
                }
            }
        }
        Ok(())
    }
}

pub(crate) const RED: &str = "31";
pub(crate) const GREEN: &str = "32";
pub(crate) const YELLOW: &str = "33";
pub(crate) const CYAN: &str = "36";
pub(crate) const BOLD: &str = "1";
pub(crate) const QUIET: &str = "2";

pub(crate) fn painted(text: &str, colour: &str, coloured: bool) -> String {
    match coloured {
        true => format!("\x1b[{colour}m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}

/// What was read, for people: an event's data behind the time, id and name, each line of it below
/// the first. A line of JSON has only its time. Where there is a width, longer lines are folded.
pub(crate) fn lines(
    out: &mut Vec<u8>,
    time: &str,
    read: &Read<'_>,
    coloured: bool,
    width: Option<usize>,
) {
    let mut quiet = |text: &str| {
        let text = format!("{time}  {text}");
        _ = writeln!(out, "{}", painted(&text, QUIET, coloured));
    };
    let (event, id, data) = match *read {
        Read::Event {
            event, id, data, ..
        } => (event, id, data),
        Read::Line { text, .. } => ("", "", text),
        Read::Comment { text, .. } => return quiet(&format!(": {}", shown(text))),
        Read::Retry { ms, .. } => return quiet(&format!("retry {ms} ms")),
        Read::TooLarge => return,
    };
    let mut head = time.to_owned();
    let mut begin = INDENT;
    for (text, colour) in [
        (id, CYAN),
        (if event == "message" { "" } else { event }, BOLD),
    ] {
        if !text.is_empty() {
            let text = shown(text);
            begin += columns(&text) + "  ".len();
            head += &format!("  {}", painted(&text, colour, coloured));
        }
    }
    let mut lines = data.split('\n');
    _ = write!(out, "{head}  ");
    fold(out, &shown(lines.next().unwrap_or_default()), begin, width);
    for line in lines {
        _ = write!(out, "{:INDENT$}", "");
        fold(out, &shown(line), INDENT, width);
    }
}

/// Writes a line whose first `begin` columns are taken. What is wider goes on below.
pub(crate) fn fold(out: &mut Vec<u8>, line: &str, begin: usize, width: Option<usize>) {
    // A narrow terminal folds by itself.
    let width = width.filter(|width| *width >= 2 * INDENT);
    let mut column = begin;
    for c in line.chars() {
        column += columns_of(c);
        if width.is_some_and(|width| column > width && begin < width) {
            _ = write!(out, "\n{:INDENT$}", "");
            column = INDENT + columns_of(c);
        }
        out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    out.push(b'\n');
}

fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// How many columns of a terminal a character takes: the wide ones of East Asia and pictures two.
fn columns_of(c: char) -> usize {
    match u32::from(c) {
        0x300..=0x36f | 0x200b..=0x200d | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0xa4cf
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff00..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1faff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

pub(crate) fn several(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

pub(crate) fn ms(time: Duration) -> String {
    match time.as_millis() {
        ms @ ..10_000 => format!("{ms} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
}
