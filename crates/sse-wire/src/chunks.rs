//! How a body is delimited, and a reader of its chunks (RFC 9112 6 and 7.1).
//!
//! The result must never depend on where the bytes are cut. The reader keeps none of them.

/// How the body of a response is delimited (RFC 9112 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Framing {
    /// In chunks, each with its size before it: HTTP/1.1.
    Chunked,
    /// By the end of the connection: HTTP/1.0.
    Bare,
}

/// What the next bytes of a body in chunks are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Next {
    /// A line of the framing, to its LF.
    Framing,
    /// At most so many bytes of data.
    Data(u64),
    /// Nothing more: the last chunk and its trailers were read, or something that is no chunk.
    Nothing,
}

/// Where in the framing the next byte is.
#[derive(Debug)]
pub(crate) struct Chunks {
    /// What the next byte is. It is kept from piece to piece, since the bytes may be cut within a
    /// size.
    position: Position,
    /// Bytes of the line of framing that is being read, without its end.
    line: u64,
}

#[derive(Debug)]
enum Position {
    /// In the line that gives the size of a chunk.
    Size {
        /// `None` until there is a digit.
        size: Option<u64>,
        /// Behind the digits, where a chunk may have extensions.
        extensions: bool,
    },
    /// In the data, of which so many bytes follow.
    Data(u64),
    /// In the line end behind the data.
    End,
    /// Behind the last chunk, in the trailers and the empty line that ends them.
    Trailers,
    Nothing,
}

impl Position {
    const SIZE: Self = Self::Size {
        size: None,
        extensions: false,
    };
}

impl Chunks {
    /// At the beginning of a chunk.
    pub(crate) fn new() -> Self {
        Self {
            position: Position::SIZE,
            line: 0,
        }
    }

    pub(crate) fn next(&self) -> Next {
        match self.position {
            Position::Size { .. } | Position::End | Position::Trailers => Next::Framing,
            Position::Data(left) => Next::Data(left),
            Position::Nothing => Next::Nothing,
        }
    }

    /// Takes so many bytes of the data, no more than [`next`](Self::next) allows.
    pub(crate) fn data(&mut self, length: usize) {
        if let Position::Data(left) = &mut self.position {
            *left = left.saturating_sub(length as u64);
            if *left == 0 {
                self.position = Position::End;
            }
        }
    }

    /// Takes a line of the framing, or a part of one, and its end as far as it is there.
    pub(crate) fn framing(&mut self, line: &[u8], end: &str) {
        self.line += line.len() as u64;
        if let Position::Size { size, extensions } = &mut self.position {
            for byte in line {
                match (char::from(*byte).to_digit(16), &size) {
                    _ if *extensions => {}
                    (Some(digit), _) => {
                        // A size beyond 2^64 does not end.
                        let digits = size.unwrap_or(0).saturating_mul(16);
                        *size = Some(digits.saturating_add(u64::from(digit)));
                    }
                    (None, Some(_)) => *extensions = true,
                    (None, None) => return self.position = Position::Nothing,
                }
            }
        }
        if !end.ends_with('\n') {
            return;
        }
        let empty = self.line == 0;
        self.line = 0;
        self.position = match self.position {
            Position::Size { size: Some(0), .. } => Position::Trailers,
            Position::Size {
                size: Some(size), ..
            } => Position::Data(size),
            Position::End if empty => Position::SIZE,
            Position::Trailers if !empty => Position::Trailers,
            // No size, data beyond it, or the end of all.
            _ => Position::Nothing,
        };
    }
}
