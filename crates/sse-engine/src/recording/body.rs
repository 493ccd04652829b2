//! The one spelling of bytes: a verbatim line where that can say them, else one with escapes.

use super::RecordingMistakeKind as Kind;
use super::mistake::RecordingMistake;

/// What an editor or a terminal would show or keep as something else.
fn is_odd(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{200e}' | '\u{200f}'
        )
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Whether a verbatim line can hold these bytes. Editors strip white space from the end of a line.
pub(super) fn is_plain(bytes: &[u8]) -> bool {
    let Ok(text) = str::from_utf8(bytes) else {
        return false;
    };
    !text.chars().any(is_odd) && !text.ends_with(char::is_whitespace)
}

/// Writes bytes as lines: `verbatim` and `escaped` are the signs of the two kinds of lines, and
/// each line ends in LF, or with `crlf` in CR LF.
pub(super) fn spell(to: &mut String, bytes: &[u8], verbatim: &str, escaped: &str, crlf: bool) {
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let ends: &[u8] = if crlf { b"\r\n" } else { b"\n" };
        match line.strip_suffix(ends) {
            Some(text) => spell_line(to, text, verbatim, escaped),
            None => {
                to.push_str(escaped);
                to.push(' ');
                escape(to, line, false);
                to.push_str("\\\n");
            }
        }
    }
}

/// Writes one whole line.
pub(super) fn spell_line(to: &mut String, text: &[u8], verbatim: &str, escaped: &str) {
    match str::from_utf8(text) {
        Ok(text) if is_plain(text.as_bytes()) => put(to, verbatim, text),
        _ => {
            to.push_str(escaped);
            to.push(' ');
            escape(to, text, true);
            to.push('\n');
        }
    }
}

/// Writes a line of a sign and its text.
pub(super) fn put(to: &mut String, sign: &str, text: &str) {
    to.push_str(sign);
    if !text.is_empty() {
        to.push(' ');
        to.push_str(text);
    }
    to.push('\n');
}

fn escape(to: &mut String, bytes: &[u8], at_line_end: bool) {
    let mut left = bytes.len();
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            left -= c.len_utf8();
            match c {
                '\r' => to.push_str("\\r"),
                '\n' => to.push_str("\\n"),
                '\t' => to.push_str("\\t"),
                '\\' => to.push_str("\\\\"),
                c if is_odd(c) || at_line_end && left == 0 && c.is_whitespace() => {
                    hex(to, c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                c => to.push(c),
            }
        }
        left -= chunk.invalid().len();
        hex(to, chunk.invalid());
    }
}

fn hex(to: &mut String, bytes: &[u8]) {
    const DIGITS: [char; 16] = [
        '0', '1', '2', '3', '4', '5', '6', '7', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f',
    ];
    for byte in bytes {
        to.push_str("\\x");
        to.push(DIGITS[usize::from(byte >> 4)]);
        to.push(DIGITS[usize::from(byte & 15)]);
    }
}

/// Reads a text with escapes: its bytes, and whether a line end follows them.
pub(crate) fn unescape(text: &str) -> Result<(Vec<u8>, bool), RecordingMistake> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\\') {
        bytes.extend_from_slice(before.as_bytes());
        let (byte, length) = match behind.as_bytes() {
            [] => return Ok((bytes, false)),
            [b'r', ..] => (b'\r', 1),
            [b'n', ..] => (b'\n', 1),
            [b't', ..] => (b'\t', 1),
            [b'\\', ..] => (b'\\', 1),
            [b'x', high, low, ..] => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => (high << 4 | low, 3),
                _ => return Err(Kind::Escape.mistake()),
            },
            _ => return Err(Kind::Escape.mistake()),
        };
        bytes.push(byte);
        rest = &behind[length..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok((bytes, true))
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte)
        .to_digit(16)
        .and_then(|digit| u8::try_from(digit).ok())
}
