//! What both shells know alike: words, line ends, and signs that only a shell could act on.

use super::mistake::{CurlMistakeKind as Kind, Found};

/// One argument. It has no `Debug`: it may be a secret.
pub(super) struct Word {
    /// What it holds, without quotes. `$'\xff'` is not UTF-8.
    pub(super) bytes: Vec<u8>,
    /// The index of its first character in the text, or of the word among the words.
    pub(super) at: usize,
}

impl Word {
    pub(super) fn new(at: usize) -> Self {
        let bytes = Vec::new();
        Self { bytes, at }
    }

    pub(super) fn push(&mut self, c: char) {
        let mut room = [0; 4];
        self.bytes
            .extend_from_slice(c.encode_utf8(&mut room).as_bytes());
    }
}

/// How many characters a line end has that stands here: CR LF, LF, or CR.
pub(super) fn line_end(text: &[char], at: usize) -> Option<usize> {
    match text.get(at..)? {
        ['\r', '\n', ..] => Some(2),
        ['\r' | '\n', ..] => Some(1),
        _ => None,
    }
}

/// Refuses what stands behind the line end that closes the command.
pub(super) fn nothing_follows(text: &[char], at: usize) -> Result<(), Found> {
    let rest = text[at..].iter().position(|c| !c.is_ascii_whitespace());
    rest.map_or(Ok(()), |rest| {
        Err(Found::new(Kind::SecondCommand, at + rest))
    })
}

/// A typographic quote, at which a word begins that was meant to be quoted.
pub(super) fn is_curly(c: char) -> bool {
    matches!(c, '‘' | '’' | '“' | '”' | '„')
}

/// A sign that ends a command, or leads its input or output elsewhere.
pub(super) fn operator(c: char) -> Option<&'static str> {
    Some(match c {
        '|' => "|",
        ';' => ";",
        '&' => "&",
        '<' => "<",
        '>' => ">",
        '(' => "(",
        ')' => ")",
        _ => return None,
    })
}
