//! The body of a curl line: texts, and files that whoever sends it reads.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};

/// A body in its parts, in their order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct CurlBody {
    parts: Vec<CurlPart>,
}

/// What one flag adds to a body.
#[derive(Clone, PartialEq, Eq)]
pub struct CurlPart {
    /// Where it comes from.
    pub content: CurlContent,
    /// Whether it is of `--json`: nothing stands between it and the part before. Before all others
    /// stands a `&`.
    pub is_json: bool,
}

/// Where a part of a body comes from.
#[derive(Clone, PartialEq, Eq)]
pub enum CurlContent {
    /// The line itself. It is sent as it is.
    Text(Vec<u8>),
    /// A file, and how it is read.
    File(CurlFile, CurlReading),
}

/// A file that a curl line names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CurlFile {
    /// The file of this path.
    Path(String),
    /// The standard input.
    Stdin,
}

/// How a file becomes a part of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CurlReading {
    /// `--data-binary` and `--json`: as it is.
    Whole,
    /// `-d`: without CR and LF.
    WithoutLineEnds,
    /// `--data-urlencode`: percent-encoded, behind this name and `=` where there is a name.
    Encoded(String),
}

/// What a form leaves as it is (RFC 3986 2.3).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Bytes as `--data-urlencode` writes them: a space becomes `+`.
pub(super) fn encoded(bytes: &[u8]) -> Vec<u8> {
    let text = percent_encode(bytes, ESCAPED).to_string();
    text.replace("%20", "+").into_bytes()
}

impl CurlBody {
    pub(super) fn add(&mut self, part: CurlPart) {
        self.parts.push(part);
    }

    /// Its parts.
    pub fn parts(&self) -> &[CurlPart] {
        &self.parts
    }

    /// Whether a part is of `--json`, so that the body is sent as `application/json`.
    pub fn is_json(&self) -> bool {
        self.parts.iter().any(|part| part.is_json)
    }

    /// Its bytes. Whoever calls reads the files, whole, and bounds them.
    ///
    /// # Errors
    /// What reading a file answers.
    pub fn bytes<E>(
        &self,
        mut read: impl FnMut(&CurlFile) -> Result<Vec<u8>, E>,
    ) -> Result<Vec<u8>, E> {
        let mut bytes = Vec::new();
        for (at, part) in self.parts.iter().enumerate() {
            if at > 0 && !part.is_json {
                bytes.push(b'&');
            }
            match &part.content {
                CurlContent::Text(text) => bytes.extend_from_slice(text),
                CurlContent::File(file, reading) => bytes.extend(reading.apply(read(file)?)),
            }
        }
        Ok(bytes)
    }
}

impl CurlReading {
    /// What of a file's bytes goes into the body.
    fn apply(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        match self {
            Self::Whole => bytes,
            Self::WithoutLineEnds => {
                bytes.retain(|b| !matches!(b, b'\r' | b'\n'));
                bytes
            }
            Self::Encoded(name) if name.is_empty() => encoded(&bytes),
            Self::Encoded(name) => {
                let mut named = format!("{name}=").into_bytes();
                named.extend(encoded(&bytes));
                named
            }
        }
    }
}
