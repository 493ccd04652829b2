//! The body of an HTTP/1 answer, in whatever pieces it comes (RFC 9112 6).

/// Where in the framing of the body the next byte stands.
pub enum Framing {
    Bare,
    /// The digits of a chunk's size, as far as they came.
    Size(String),
    Data(usize),
    /// The CRLF behind a chunk, as far as it came.
    Behind(usize),
    Done,
}

impl Framing {
    pub fn size() -> Self {
        Self::Size(String::new())
    }

    /// Whether a body that ends here is whole.
    pub fn may_end(&self) -> bool {
        matches!(self, Self::Bare | Self::Done)
    }

    /// Takes the payload out of the next bytes of the body.
    pub fn take(&mut self, mut bytes: &[u8], payload: &mut Vec<u8>) {
        while let Some((&first, after)) = bytes.split_first() {
            match self {
                Self::Bare => {
                    payload.extend_from_slice(bytes);
                    return;
                }
                Self::Size(line) => {
                    line.push(char::from(first));
                    bytes = after;
                    if let Some(size) = line.strip_suffix("\r\n") {
                        *self = match usize::from_str_radix(size, 16).expect("a chunk size") {
                            0 => Self::Done,
                            size => Self::Data(size),
                        };
                    }
                }
                Self::Data(left) => {
                    let (piece, after) = bytes.split_at(bytes.len().min(*left));
                    payload.extend_from_slice(piece);
                    *left -= piece.len();
                    bytes = after;
                    if *left == 0 {
                        *self = Self::Behind(0);
                    }
                }
                Self::Behind(n) => {
                    assert_eq!(first, b"\r\n"[*n], "a chunk ends with CRLF");
                    bytes = after;
                    *self = if *n == 0 {
                        Self::Behind(1)
                    } else {
                        Self::size()
                    };
                }
                Self::Done => {
                    assert!(b"\r\n".contains(&first), "nothing behind the last chunk");
                    bytes = after;
                }
            }
        }
    }
}
