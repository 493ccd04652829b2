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
#[derive(Clone, Debug)]
pub(crate) struct Chunks {
    /// What the next byte is. It is kept from piece to piece, since the bytes may be cut within a
    /// size.
    position: Position,
    /// Whether the line of framing that is being read has bytes before its end.
    empty: bool,
    /// The part before ended with a CR, which is the first half of an end only if a LF follows.
    after_cr: bool,
}

#[derive(Clone, Debug)]
enum Position {
    /// In the line that gives the size of a chunk.
    Size {
        /// `None` until there is a digit.
        size: Option<u64>,
        /// Behind the digits, where a chunk may have extensions.
        extensions: bool,
    },
    /// In a line that should give a size, and does not.
    NoSize,
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
            empty: true,
            after_cr: false,
        }
    }

    pub(crate) fn next(&self) -> Next {
        match self.position {
            Position::Size { .. } | Position::NoSize | Position::End | Position::Trailers => {
                Next::Framing
            }
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
        let is_second_half = line.is_empty() && end == "\n";
        if std::mem::take(&mut self.after_cr) && !is_second_half {
            self.byte(b'\r');
        }
        for byte in line {
            self.byte(*byte);
        }
        self.after_cr = end == "\r";
        if !end.ends_with('\n') {
            return;
        }
        let empty = std::mem::replace(&mut self.empty, true);
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

    /// Takes a byte of such a line that is not of its end.
    fn byte(&mut self, byte: u8) {
        self.empty = false;
        let Position::Size { size, extensions } = &mut self.position else {
            return;
        };
        match (char::from(byte).to_digit(16), &size) {
            _ if *extensions => {}
            (Some(digit), _) => {
                // A size beyond 2^64 does not end.
                let digits = size.unwrap_or(0).saturating_mul(16);
                *size = Some(digits.saturating_add(u64::from(digit)));
            }
            (None, Some(_)) => *extensions = true,
            (None, None) => self.position = Position::NoSize,
        }
    }
}
