//! A file of tokens: one on each line.
//!
//! No sentence repeats what a line holds, since it may be a secret with a mistake in it.

use std::fmt;
use std::fs;
use std::io::{ErrorKind, Read as _};
use std::path::Path;

use subtle::{Choice, ConstantTimeEq};

use crate::error::Error;

/// The shortest token, in characters. Random letters and digits of this length cannot be guessed.
const SHORTEST: usize = 16;

/// The longest token, in characters.
const LONGEST: usize = 256;

/// Tokens in a file at most. Each request is compared with all of them.
const MOST: usize = 100;

/// The largest file, in bytes.
const MAX_BYTES: u64 = 64 * 1024;

/// What makes a good token, for sentences.
const HOW: &str = "`openssl rand -hex 32` makes one";

/// A token. It is compared without telling how much of it was right.
#[derive(Clone)]
pub struct Token {
    /// Its characters, and zeros behind them: any two are compared over the same length.
    padded: [u8; LONGEST],
    length: u64,
}

impl Token {
    /// A token as somebody sends it, however long it is.
    pub(super) fn sent(text: &[u8]) -> Self {
        let mut padded = [0; LONGEST];
        let kept = text.len().min(LONGEST);
        padded[..kept].copy_from_slice(&text[..kept]);
        Self {
            padded,
            // What is longer than any of ours equals none, since the lengths differ.
            length: text.len() as u64,
        }
    }

    /// Whether both are the same. It takes the same time whatever they are.
    pub(super) fn is(&self, other: &Self) -> Choice {
        self.padded.ct_eq(&other.padded) & self.length.ct_eq(&other.length)
    }

    /// Its text, to be sent to a server.
    pub fn text(&self) -> &str {
        let length = usize::try_from(self.length).unwrap_or(LONGEST);
        let known = self.padded.get(..length).unwrap_or(&self.padded);
        // Every token of a file is ASCII.
        str::from_utf8(known).unwrap_or_default()
    }
}

/// A token is shown nowhere.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// Whether a text has the form of a token in a request (RFC 6750 2.1). No such text needs quotes
/// in a header or in a cookie.
pub(super) fn has_form(text: &[u8]) -> bool {
    let end = text.iter().rposition(|byte| *byte != b'=');
    let unpadded = &text[..end.map_or(0, |at| at + 1)];
    !unpadded.is_empty()
        && unpadded
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || b"-._~+/".contains(byte))
}

/// What is wrong with a file of tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mistake {
    line: Option<usize>,
    reason: String,
}

impl Mistake {
    fn of_all(reason: impl Into<String>) -> Self {
        Self {
            line: None,
            reason: reason.into(),
        }
    }

    pub(super) fn in_file(self, path: &Path) -> Error {
        Error::TokenFile {
            path: shown(path),
            line: self.line,
            reason: self.reason,
        }
    }
}

/// A path as a sentence names it. What may be a token that was given in place of a file is not
/// repeated.
pub(super) fn shown(path: &Path) -> String {
    let text = path.to_string_lossy();
    let is_plain = |byte: u8| !b"./".contains(&byte);
    match text.len() >= SHORTEST && has_form(text.as_bytes()) && text.bytes().all(is_plain) {
        true => "The file of tokens".to_owned(),
        false => text.into_owned(),
    }
}

/// A file of tokens as it was read.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Read {
    pub(super) bytes: Vec<u8>,
    /// Whether every user of this machine may read it.
    pub(super) is_open: bool,
}

/// Reads the file, however long the disk takes.
pub(super) fn read(path: &Path) -> Result<Read, Mistake> {
    let unreadable = |e: std::io::Error| {
        Mistake::of_all(match e.kind() {
            ErrorKind::NotFound => "There is no such file: put one there, or name another.".into(),
            _ => format!("The file cannot be read ({e}): let the user of the server read it."),
        })
    };
    // A pipe or a device might never end, or never begin.
    if !fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(Mistake::of_all("This is no file: put one in its place."));
    }
    let file = fs::File::open(path).map_err(unreadable)?;
    let meta = file.metadata().map_err(unreadable)?;
    let mut bytes = Vec::new();
    let mut file = file.take(MAX_BYTES + 1);
    file.read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        let sentence = "The file is larger than 64 KiB: keep the tokens in it that are still used.";
        return Err(Mistake::of_all(sentence));
    }
    Ok(Read {
        bytes,
        is_open: is_open(&meta),
    })
}

#[cfg(unix)]
fn is_open(meta: &fs::Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    meta.permissions().mode() & 0o004 != 0
}

#[cfg(not(unix))]
fn is_open(_meta: &fs::Metadata) -> bool {
    false
}

/// Reads the text of a file of tokens: one on each line, in the order of the lines. Lines that
/// begin with `#`, and blank lines, are left out, and so is white space around a token.
pub(super) fn parse(text: &[u8]) -> Result<Vec<Token>, Mistake> {
    let text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
    let mut tokens = Vec::new();
    for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
        let line = line.trim_ascii();
        if line.is_empty() || line.starts_with(b"#") {
            continue;
        }
        if let Some(reason) = wrong(line) {
            return Err(Mistake {
                line: Some(at + 1),
                reason,
            });
        }
        if tokens.len() == MOST {
            return Err(Mistake::of_all(format!(
                "The file has more than {MOST} tokens: remove those that are no longer used."
            )));
        }
        tokens.push(Token::sent(line));
    }
    if tokens.is_empty() {
        return Err(Mistake::of_all(format!(
            "The file has no token: put one on a line of its own ({HOW})."
        )));
    }
    Ok(tokens)
}

/// What is wrong with a line.
fn wrong(line: &[u8]) -> Option<String> {
    if line.iter().any(u8::is_ascii_whitespace) {
        return Some(
            "A token has no white space: put each token, and each comment, on a line of its own."
                .to_owned(),
        );
    }
    if !has_form(line) {
        return Some(format!(
            "A token has letters, digits and -._~+/ only, and perhaps = at its end: replace it ({HOW})."
        ));
    }
    match line.len() {
        ..SHORTEST => Some(format!(
            "A token has at least {SHORTEST} characters: replace it by a longer one ({HOW})."
        )),
        SHORTEST..=LONGEST => None,
        _ => Some(format!(
            "A token has at most {LONGEST} characters: replace it by a shorter one ({HOW})."
        )),
    }
}

/// The first token of a file, for a program that sends it.
///
/// # Errors
/// [`Error::TokenFile`]: the file cannot be read, or has a mistake.
pub fn first_token(path: &Path) -> Result<Token, Error> {
    let tokens = read(path).and_then(|read| parse(&read.bytes));
    let mut tokens = tokens.map_err(|mistake| mistake.in_file(path))?;
    Ok(tokens.swap_remove(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "0123456789abcdef";

    fn texts(text: &[u8]) -> Result<Vec<String>, (Option<usize>, String)> {
        match parse(text) {
            Ok(tokens) => Ok(tokens.iter().map(|it| it.text().to_owned()).collect()),
            Err(mistake) => Err((mistake.line, mistake.reason)),
        }
    }

    #[test]
    fn a_line_is_a_token_and_the_rest_is_left_out() {
        let two = "A-._~+/0123456789==";
        for text in [
            format!("{ONE}\n{two}\n"),
            format!("{ONE}\n{two}"),
            format!("\u{feff}# old\r\n{ONE}\r\n\r\n  {two}\t\r\n#{ONE}{ONE}\r\n"),
        ] {
            let read = texts(text.as_bytes());
            assert_eq!(read, Ok(vec![ONE.to_owned(), two.to_owned()]), "{text:?}");
        }
        let longest = "x".repeat(LONGEST);
        assert_eq!(texts(longest.as_bytes()), Ok(vec![longest]));
    }

    #[test]
    fn a_mistake_names_its_line_and_never_the_token() {
        let long = "q".repeat(LONGEST + 1);
        for (bad, line, hint) in [
            ("", None, "no token"),
            ("\n# only this\n \n", None, "no token"),
            ("qqqqqqqqqqqqqqq", Some(1), "at least 16"),
            ("\n\nqqqqqqq", Some(3), "at least 16"),
            ("=================", Some(1), "letters, digits"),
            ("qqqqqqqqqqqqqqq!", Some(1), "letters, digits"),
            ("qqqqqqqqqqqqqqq,qqqqqqqqqqqqqqqq", Some(1), "letters"),
            ("qqqqqqqqqqqqqqqq=q", Some(1), "letters, digits"),
            ("qqqqqqqqqqqqqqqqä", Some(1), "letters, digits"),
            ("qqqqqqqqqqqqqqqqqq # old", Some(1), "no white space"),
            (
                "qqqqqqqqqqqqqqqqq qqqqqqqqqqqqqqqqq",
                Some(1),
                "white space",
            ),
            (&long, Some(1), "at most 256"),
        ] {
            let (at, sentence) = texts(bad.as_bytes()).expect_err(bad);
            assert_eq!(at, line, "{bad:?}");
            assert!(sentence.contains(hint), "{bad:?}: {sentence}");
            assert!(!sentence.contains("qqq"), "{sentence}");
        }
        assert!(texts(b"\xff\xfe0123456789abcdef\n").is_err());
        let many = format!("{ONE}\n").repeat(MOST + 1);
        assert!(texts(many.as_bytes()).is_err());
        assert!(texts(&many.as_bytes()[ONE.len() + 1..]).is_ok());
    }

    #[test]
    fn tokens_are_the_same_only_if_all_of_them_is() {
        let is =
            |a: &str, b: &str| bool::from(Token::sent(a.as_bytes()).is(&Token::sent(b.as_bytes())));
        assert!(is(ONE, ONE));
        for other in [
            "",
            "0123456789abcde",
            "0123456789abcdeF",
            "0123456789abcdef0",
        ] {
            assert!(!is(ONE, other), "{other}");
        }
        assert!(
            !is(ONE, &format!("{ONE}\0")),
            "what pads one is no part of it"
        );
        let longest = "x".repeat(LONGEST);
        assert!(is(&longest, &longest) && !is(&longest, &format!("{longest}x")));
    }

    #[test]
    fn a_token_is_not_printed() {
        let token = Token::sent(ONE.as_bytes());
        assert_eq!(format!("{token:?}"), "Token");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_named() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let path = folder.path().join("tokens");
        let sentence = |path: &Path| first_token(path).expect_err("no token").to_string();
        let named = path.display().to_string();
        assert_eq!(
            sentence(&path),
            format!("{named}: There is no such file: put one there, or name another.")
        );
        assert!(sentence(folder.path()).contains("no file"));
        let no_file = sentence(Path::new("qqqqqqqqqqqqqqqqqqqqqqqq"));
        assert!(no_file.starts_with("The file of tokens: There is no such file"));
        fs::write(&path, "# none\nshort\n").expect("written");
        let words = format!("{named}, line 2: A token has at least 16");
        assert!(sentence(&path).starts_with(&words), "{}", sentence(&path));
        fs::write(&path, vec![b'x'; 65 * 1024]).expect("written");
        assert!(sentence(&path).contains("larger than 64 KiB"));
        fs::write(&path, format!("{ONE}\nfedcba9876543210\n")).expect("written");
        assert_eq!(first_token(&path).expect("a token").text(), ONE);
    }
}
