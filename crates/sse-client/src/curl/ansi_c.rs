//! `$'…'` of bash: quotes in which backslashes make characters.

use super::mistake::{CurlMistakeKind as Kind, Found};

/// The last character of Unicode.
const LAST: u32 = 0x10_ffff;

/// Reads a string that begins here with `$'` into bytes. Answers where it ends.
///
/// # Errors
/// It does not end, or an escape stands for no byte that an argument can hold.
pub(super) fn read(text: &[char], open: usize, to: &mut Vec<u8>) -> Result<usize, Found> {
    let mut at = open + 2;
    loop {
        match text.get(at) {
            Some('\'') => return Ok(at + 1),
            Some('\\') => at = escape(text, at, to)?,
            Some(c) => {
                put(*c, to);
                at += 1;
            }
            None => return Err(Found::new(Kind::UnfinishedQuote('\''), open)),
        }
    }
}

fn put(c: char, to: &mut Vec<u8>) {
    to.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
}

/// Reads the escape that begins here. Answers where it ends.
fn escape(text: &[char], at: usize, to: &mut Vec<u8>) -> Result<usize, Found> {
    let Some(c) = text.get(at + 1) else {
        // The string has no end, and what calls says so.
        return Ok(at + 1);
    };
    let byte = match c {
        'a' => 0x07,
        'b' => 0x08,
        'e' | 'E' => 0x1b,
        'f' => 0x0c,
        'n' => b'\n',
        'r' => b'\r',
        't' => b'\t',
        'v' => 0x0b,
        '\\' => b'\\',
        '\'' => b'\'',
        '"' => b'"',
        '?' => b'?',
        '0'..='7' => return byte_of_digits(text, at, at + 1, 8, 3, to),
        'x' => return hexadecimal(text, at, to),
        'u' => return character(text, at, 4, to),
        'U' => return character(text, at, 8, to),
        'c' => return control(text, at, to),
        c => {
            to.push(b'\\');
            put(*c, to);
            return Ok(at + 2);
        }
    };
    to.push(byte);
    Ok(at + 2)
}

/// A number of so many digits at most: what it is, and how many it has.
fn number(text: &[char], at: usize, radix: u32, most: usize) -> (u32, usize) {
    let digits = text[at.min(text.len())..].iter().take(most);
    digits
        .map_while(|c| c.to_digit(radix))
        .fold((0, 0), |(number, length), digit| {
            // Beyond 32 bits only the last ones are wanted.
            (number.wrapping_mul(radix) + digit, length + 1)
        })
}

/// The last eight bits of a number.
fn byte_of_digits(
    text: &[char],
    begin: usize,
    at: usize,
    radix: u32,
    most: usize,
    to: &mut Vec<u8>,
) -> Result<usize, Found> {
    let (number, length) = number(text, at, radix, most);
    let byte = number as u8;
    if length == 0 {
        // bash leaves it as it is.
        to.push(b'\\');
        return Ok(begin + 1);
    }
    if byte == 0 {
        return Err(Found::new(Kind::Nul, begin));
    }
    to.push(byte);
    Ok(at + length)
}

/// `\xHH`, and `\x{H…}`, of which the last eight bits count.
fn hexadecimal(text: &[char], begin: usize, to: &mut Vec<u8>) -> Result<usize, Found> {
    if text.get(begin + 2) != Some(&'{') {
        return byte_of_digits(text, begin, begin + 2, 16, 2, to);
    }
    if text.get(begin + 3).is_none_or(|c| !c.is_ascii_hexdigit()) {
        // bash makes a NUL of none.
        return Err(Found::new(Kind::Nul, begin));
    }
    let end = byte_of_digits(text, begin, begin + 3, 16, usize::MAX, to)?;
    Ok(end + usize::from(text.get(end) == Some(&'}')))
}

/// `\uHHHH` and `\UHHHHHHHH`. Browsers write a character beyond U+FFFF as two of the first kind.
fn character(text: &[char], begin: usize, most: usize, to: &mut Vec<u8>) -> Result<usize, Found> {
    let (mut code, length) = number(text, begin + 2, 16, most);
    let mut end = begin + 2 + length;
    if length == 0 {
        to.push(b'\\');
        return Ok(begin + 1);
    }
    if code == 0 {
        return Err(Found::new(Kind::Nul, begin));
    }
    if let (0xd800..0xdc00, Some(['\\', 'u'])) = (code, text.get(end..end + 2)) {
        let (low, length) = number(text, end + 2, 16, 4);
        if (0xdc00..0xe000).contains(&low) {
            code = 0x1_0000 + ((code - 0xd800) << 10) + (low - 0xdc00);
            end += 2 + length;
        }
    }
    match char::from_u32(code) {
        Some(c) => put(c, to),
        None if code > LAST => return Err(Found::new(Kind::BadEscape, begin)),
        // Half of a pair, in the three bytes that bash makes of it.
        None => to.extend([
            0xe0 | (code >> 12) as u8,
            0x80 | (code >> 6 & 0x3f) as u8,
            0x80 | (code & 0x3f) as u8,
        ]),
    }
    Ok(end)
}

/// `\cX`: the control character of a letter.
fn control(text: &[char], begin: usize, to: &mut Vec<u8>) -> Result<usize, Found> {
    let Some(c) = text.get(begin + 2).filter(|c| c.is_ascii() && **c != '\'') else {
        to.extend(b"\\c");
        return Ok(begin + 2);
    };
    let is_backslash = *c == '\\' && text.get(begin + 3) == Some(&'\\');
    let byte = match *c {
        '?' => 0x7f,
        c => c.to_ascii_uppercase() as u8 & 0x1f,
    };
    if byte == 0 {
        return Err(Found::new(Kind::Nul, begin));
    }
    to.push(byte);
    Ok(begin + 3 + usize::from(is_backslash))
}
