//! What is wrong with the text of a fault.

use std::fmt;

/// A mistake in the text of a fault: of which kind, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Of which kind.
    pub kind: MistakeKind,
    /// The character that it begins at, from 1.
    pub column: usize,
    /// What is wrong and what to do, without the column.
    pub(super) sentence: String,
}

/// The kinds of mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MistakeKind {
    /// There is no text, or there is too much.
    Length,
    /// There is no fault of that name.
    UnknownWord,
    /// The word knows no such key.
    UnknownKey,
    /// A key without its value, or a value where none belongs.
    Value,
    /// The value is none that the key can have.
    BadValue,
    /// The same key twice, or two that exclude each other.
    Twice,
    /// A quote that does not end, or text behind one.
    Quote,
    /// A key that the word needs is not there.
    Missing,
}

impl Mistake {
    /// What is wrong and what to do, without the column.
    pub fn sentence(&self) -> &str {
        &self.sentence
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(to, "Column {}: {}", self.column, self.sentence)
    }
}

impl std::error::Error for Mistake {}
