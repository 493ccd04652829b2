//! What is wrong with a curl line. No sentence of it repeats a value: it may be a secret.

use std::fmt;

/// A mistake in a curl line: of which kind, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CurlMistake {
    /// Of which kind.
    pub kind: CurlMistakeKind,
    /// Where it begins.
    pub place: CurlPlace,
}

/// A place in a curl line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CurlPlace {
    /// A character of a text.
    Text {
        /// Its line, from 1.
        line: usize,
        /// Its place in this line, in characters from 1.
        column: usize,
    },
    /// A word of a line that a shell has split, from 1; `curl` is the first.
    Word(usize),
}

/// The kinds of mistakes. A flag is named as it was typed, or by its whole name.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CurlMistakeKind {
    /// There is no word.
    Empty,
    /// The line is longer than [`LONGEST_CURL_LINE`](crate::LONGEST_CURL_LINE).
    TooLong,
    /// Another command than curl.
    NotCurl,
    /// A quote that is not closed.
    UnfinishedQuote(char),
    /// A typographic quote, which no shell knows.
    CurlyQuote(char),
    /// An escape beyond the last character of Unicode.
    BadEscape,
    /// U+0000, which no argument can hold.
    Nul,
    /// A sign that a shell would act on: an operator, a substitution, or an expansion.
    Shell(&'static str),
    /// A second command, on a line of its own.
    SecondCommand,
    /// A flag that curl does not have.
    UnknownFlag {
        /// The flag, where it looks like one.
        flag: Option<String>,
        /// The name of the flag that was probably meant, without `--`.
        nearest: Option<&'static str>,
    },
    /// The beginning of several flags.
    AmbiguousFlag {
        /// What was typed.
        flag: String,
        /// Two of their names, without `--`.
        names: [&'static str; 2],
    },
    /// A flag of curl that is not supported here.
    UnsupportedFlag {
        /// The flag.
        flag: String,
        /// What to do.
        advice: &'static str,
    },
    /// A flag that needs a value stands at the end.
    MissingValue(String),
    /// A flag that takes no value has one.
    UnwantedValue(String),
    /// A value that the flag cannot have.
    BadValue {
        /// The flag.
        flag: String,
        /// What it can have.
        wanted: &'static str,
    },
    /// Two flags that exclude each other.
    Conflict(&'static str, &'static str),
    /// No URL.
    NoUrl,
    /// A URL beside the first one.
    SecondUrl,
    /// A URL that is none.
    BadUrl,
    /// A URL of another scheme than http and https.
    Scheme,
    /// A user name with a colon in the URL, which Basic cannot carry (RFC 7617 2).
    UserColon,
    /// A URL that stands for several ones.
    Glob,
}

/// A mistake by the index of its character in the text, or of its word.
#[cfg_attr(test, derive(Debug))]
pub(super) struct Found {
    pub(super) kind: CurlMistakeKind,
    pub(super) at: usize,
}

impl Found {
    pub(super) fn new(kind: CurlMistakeKind, at: usize) -> Self {
        Self { kind, at }
    }
}

impl fmt::Display for CurlMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.kind)
    }
}

impl std::error::Error for CurlMistake {}

impl fmt::Display for CurlPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text { line: 1, column } => write!(f, "Column {column}"),
            Self::Text { line, column } => write!(f, "Line {line}, column {column}"),
            Self::Word(word) => write!(f, "Word {word}"),
        }
    }
}

/// The sentence without its place.
impl fmt::Display for CurlMistakeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => {
                f.write_str("There is no command: give one such as curl -N http://localhost:8000/.")
            }
            Self::TooLong => f.write_str(
                "The command is longer than 1 MiB: put its body into a file, and name it with -d \
                 @FILE.",
            ),
            Self::NotCurl => f.write_str(
                "The command is not curl: give a line that begins with curl, and nothing before \
                 it.",
            ),
            Self::UnfinishedQuote(quote) => {
                write!(f, "The quote {quote} is not closed: close it.")
            }
            Self::CurlyQuote(quote) => write!(
                f,
                "No shell knows the quote {quote}: write a straight one, ' or \"."
            ),
            Self::BadEscape => {
                f.write_str("The escape stands for no character: give one up to \\U0010FFFF.")
            }
            Self::Nul => {
                f.write_str("An argument cannot hold U+0000: leave it out, or use -d @FILE.")
            }
            Self::Shell(sign) => shell(sign, f),
            Self::SecondCommand => f.write_str(
                "A second command begins here: leave it out, or end the line before it with \\ (in \
                 cmd with ^).",
            ),
            Self::UnknownFlag { flag, nearest } => {
                match flag {
                    Some(flag) => write!(f, "curl has no flag {flag}: ")?,
                    None => f.write_str("This is no flag of curl: ")?,
                }
                match nearest {
                    Some(nearest) => write!(f, "write --{nearest}, if that is meant."),
                    None => f.write_str("leave it out."),
                }
            }
            Self::AmbiguousFlag { flag, names } => write!(
                f,
                "{flag} can be --{} or --{}: write the whole name.",
                names[0], names[1]
            ),
            Self::UnsupportedFlag { flag, advice } => {
                write!(f, "{flag} is not supported: {advice}.")
            }
            Self::MissingValue(flag) => write!(f, "{flag} has no value: give one behind it."),
            Self::UnwantedValue(flag) => write!(f, "{flag} takes no value: leave the value out."),
            Self::BadValue { flag, wanted } => {
                write!(f, "The value of {flag} cannot be used: give {wanted}.")
            }
            Self::Conflict(one, other) => {
                write!(f, "{one} and {other} exclude each other: leave one out.")
            }
            Self::NoUrl => f.write_str("There is no URL: give one."),
            Self::SecondUrl => f.write_str(
                "This is a second URL, or a value without its flag: give one URL, and put quotes \
                 around a value with spaces.",
            ),
            Self::BadUrl => f.write_str(
                "This is not a URL: give one such as http://localhost:8000/topics/news, without \
                 spaces.",
            ),
            Self::Scheme => {
                f.write_str("The URL's scheme is not supported: give a URL of http or https.")
            }
            Self::UserColon => f.write_str(
                "The user name in the URL holds a colon, which no server can tell from the \
                 password: give another one with -u.",
            ),
            Self::Glob => f.write_str(
                "The URL stands for several requests, with {…} or [1-3] in it: write what is meant, \
                 or give -g to take it literally.",
            ),
        }
    }
}

fn shell(sign: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let (what, advice) = match sign {
        "&" => ("ends a command in a shell", "put quotes around the URL"),
        "$" | "%" => (
            "begins a variable or a command in a shell, and no shell runs here",
            "write the value itself",
        ),
        "`" => (
            "begins a command in a shell, and no shell runs here",
            "write its output itself",
        ),
        "~" => (
            "is the home folder in a shell, and no shell runs here",
            "write the whole path",
        ),
        "{" => (
            "makes several words in a shell, and no shell runs here",
            "put single quotes around the word",
        ),
        _ => (
            "is for a shell, and no shell runs here",
            "leave it and what follows out, or put quotes around the word",
        ),
    };
    write!(f, "{sign} {what}: {advice}.")
}

/// The place of a character. CR LF, LF, and CR end a line.
pub(super) fn place(text: &[char], at: usize) -> CurlPlace {
    let before = &text[..at.min(text.len())];
    let is_end = |at: &usize| match before[*at] {
        '\n' => true,
        '\r' => text.get(at + 1) != Some(&'\n'),
        _ => false,
    };
    let last = (0..before.len()).rev().find(is_end);
    CurlPlace::Text {
        line: 1 + (0..before.len()).filter(is_end).count(),
        column: at - last.map_or(0, |end| end + 1) + 1,
    }
}
