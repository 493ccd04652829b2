//! What ends a line, and where the lines of a text end.
//!
//! Encoder and decoder share this definition: CRLF, CR and LF each end a line. Nothing here may
//! know of fields.

pub(crate) const LF: u8 = b'\n';
pub(crate) const CR: u8 = b'\r';

/// The bytes that end each line of an encoded event.
///
/// All three mean the same to a client that follows the standard; the odd ones are there to find
/// those that do not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum LineEnding {
    /// A line feed, what nearly every server sends.
    #[default]
    Lf,
    /// A carriage return and a line feed.
    CrLf,
    /// A carriage return alone.
    Cr,
}

impl LineEnding {
    /// The bytes themselves.
    pub const fn as_bytes(self) -> &'static [u8] {
        match self {
            Self::Lf => b"\n",
            Self::CrLf => b"\r\n",
            Self::Cr => b"\r",
        }
    }
}

/// Whether the byte ends a line, alone or as half of a CRLF.
pub(crate) const fn is_end(byte: u8) -> bool {
    byte == LF || byte == CR
}

/// Where the first CR or LF stands.
pub(crate) fn find_end(bytes: &[u8]) -> Option<usize> {
    // A block is looked at without an early exit, which the compiler turns into a few vector
    // instructions.
    const BLOCK: usize = 32;
    let (blocks, _) = bytes.as_chunks::<BLOCK>();
    let clean = blocks
        .iter()
        .take_while(|block| {
            !block
                .iter()
                .fold(false, |found, &byte| found | is_end(byte))
        })
        .count()
        * BLOCK;
    let at = bytes[clean..].iter().position(|&byte| is_end(byte))?;
    Some(clean + at)
}

/// Cuts the first line off: the line without its end, and what follows the end; `None` when no line
/// ends here.
pub(crate) fn split_first(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let at = find_end(bytes)?;
    let end = if bytes[at..].starts_with(b"\r\n") {
        2
    } else {
        1
    };
    Some((&bytes[..at], &bytes[at + end..]))
}
