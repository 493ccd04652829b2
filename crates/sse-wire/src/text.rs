//! Bytes as readable text. A byte that is part of no character is shown as a byte. The same holds
//! where the bytes that were read so far end within a character.

use serde::{Serialize, Serializer};

/// Bytes as text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "WireText"))]
#[serde(untagged)]
pub enum Text {
    /// All of it is UTF-8.
    Plain(String),
    /// Text, and between it bytes.
    Mixed(Vec<Piece>),
}

/// A piece of such a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "WireTextPiece"))]
#[serde(untagged)]
pub enum Piece {
    /// Characters.
    Text(String),
    /// One byte that is not a character by itself.
    Byte {
        /// The byte; in JSON, its two hexadecimal digits.
        #[serde(serialize_with = "digits")]
        #[cfg_attr(feature = "types", ts(type = "string"))]
        byte: u8,
        /// What a client reads here: U+FFFD at the first byte of what is no UTF-8, and the whole
        /// character at the last byte of one that was split. Empty at the bytes beside those, and
        /// where a piece ended within what turned out to be no character.
        text: String,
    },
}

impl Text {
    /// Bytes of which nothing was split: what is no character there stays none.
    pub fn whole(bytes: &[u8]) -> Self {
        TextReader::default().read(bytes, false)
    }

    fn of(mut pieces: Vec<Piece>) -> Self {
        match pieces.pop() {
            None => Self::Plain(String::new()),
            Some(Piece::Text(text)) if pieces.is_empty() => Self::Plain(text),
            Some(last) => {
                pieces.push(last);
                Self::Mixed(pieces)
            }
        }
    }
}

/// Reads text whose pieces may be cut within a character.
#[derive(Clone, Debug, Default)]
pub(crate) struct TextReader {
    /// The bytes of a character of which only the beginning was there.
    begun: Vec<u8>,
}

impl TextReader {
    /// Reads the next bytes. `open`: more may follow, so what is not whole at their end may still
    /// become a character.
    pub(crate) fn read(&mut self, bytes: &[u8], open: bool) -> Text {
        if self.begun.is_empty()
            && let Ok(text) = str::from_utf8(bytes)
        {
            return Text::Plain(text.to_owned());
        }
        let mut pieces = Vec::new();
        let mut rest = self.finish(bytes, open, &mut pieces);
        while !rest.is_empty() {
            let (valid, after) = match str::from_utf8(rest) {
                Ok(text) => (text, &[][..]),
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    (str::from_utf8(valid).unwrap_or_default(), after)
                }
            };
            if !valid.is_empty() {
                pieces.push(Piece::Text(valid.to_owned()));
            }
            rest = after;
            if let Err(error) = str::from_utf8(rest) {
                let length = error.error_len().unwrap_or(rest.len());
                let begun = open && error.error_len().is_none();
                if begun {
                    self.begun.extend_from_slice(rest);
                }
                push_bytes(&rest[..length], begun, &mut pieces);
                rest = &rest[length..];
            }
        }
        Text::of(pieces)
    }

    /// Reads the rest of the character that has begun, and gives what stands behind it.
    fn finish<'a>(&mut self, bytes: &'a [u8], open: bool, pieces: &mut Vec<Piece>) -> &'a [u8] {
        let mut rest = bytes;
        while let ([first, after @ ..], false) = (rest, self.begun.is_empty()) {
            self.begun.push(*first);
            let text = match str::from_utf8(&self.begun) {
                Ok(text) => text.to_owned(),
                Err(error) if error.error_len().is_none() => {
                    push_bytes(&[*first], true, pieces);
                    rest = after;
                    continue;
                }
                // It broke off: this byte is not its next one.
                Err(_) => {
                    self.give_up(pieces);
                    break;
                }
            };
            self.begun.clear();
            pieces.push(Piece::Byte { byte: *first, text });
            rest = after;
        }
        if rest.is_empty() && !open && !self.begun.is_empty() {
            self.give_up(pieces);
        }
        rest
    }

    /// What has begun does not become a character. A client reads U+FFFD for it, which stands where
    /// bytes of it were read last, if that is here.
    fn give_up(&mut self, pieces: &mut [Piece]) {
        self.begun.clear();
        if let [Piece::Byte { text, .. }, ..] = pieces
            && text.is_empty()
        {
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
}

/// Bytes that are no character, or the beginning of one.
fn push_bytes(bytes: &[u8], begun: bool, pieces: &mut Vec<Piece>) {
    for (index, byte) in bytes.iter().enumerate() {
        let text = match index == 0 && !begun {
            true => char::REPLACEMENT_CHARACTER.to_string(),
            false => String::new(),
        };
        pieces.push(Piece::Byte { byte: *byte, text });
    }
}

fn digits<S: Serializer>(byte: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(&format_args!("{byte:02X}"))
}
