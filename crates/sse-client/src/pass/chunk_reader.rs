//! A body in chunks, without them (RFC 9112 7.1).
//!
//! It is as strict as a proxy has to be: a line of the framing ends with CR LF, and what is none is
//! an error. The answer never depends on where the bytes are cut.

/// How long extensions of chunks may be in one line, and all trailers together, in bytes.
const LONGEST: usize = 16 * 1024;

/// Bytes that are no chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoChunk;

/// Reads a body in whatever pieces it comes.
#[derive(Clone, Debug)]
pub(super) struct ChunkReader {
    position: Position,
    /// How much was read of what [`LONGEST`] bounds.
    length: usize,
}

/// What the next byte is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Position {
    /// The first digit of a size.
    Start,
    /// Another digit, or what ends them, behind digits of this value.
    Size(u64),
    /// Behind the digits, where only spaces or an extension may follow.
    Space(u64),
    /// In an extension, which means nothing here.
    Extension(u64),
    /// The LF behind a size.
    SizeLf(u64),
    /// The data, of which so many bytes follow.
    Data(u64),
    /// The CR behind the data.
    DataCr,
    /// The LF behind that.
    DataLf,
    /// The first byte of a trailer, or the CR of the line that ends all.
    Trailers,
    /// In a trailer, which means nothing here.
    Trailer,
    /// The LF behind a trailer.
    TrailerLf,
    /// The last LF.
    LastLf,
    /// Nothing more.
    Whole,
}

impl ChunkReader {
    pub(super) fn new() -> Self {
        Self {
            position: Position::Start,
            length: 0,
        }
    }

    /// Whether the last chunk and its trailers were read.
    pub(super) fn is_whole(&self) -> bool {
        self.position == Position::Whole
    }

    /// Reads the next bytes, and appends the data in them. What follows the end is left out.
    ///
    /// # Errors
    /// What follows the data so far is no chunk.
    pub(super) fn read(&mut self, mut bytes: &[u8], data: &mut Vec<u8>) -> Result<(), NoChunk> {
        while !bytes.is_empty() && !self.is_whole() {
            if let Position::Data(left) = self.position {
                let there = usize::try_from(left).unwrap_or(usize::MAX).min(bytes.len());
                let (part, rest) = bytes.split_at(there);
                data.extend_from_slice(part);
                let left = left - there as u64;
                (self.position, bytes) = match (left, rest) {
                    (0, [b'\r', b'\n', rest @ ..]) => (Position::Start, rest),
                    (0, rest) => (Position::DataCr, rest),
                    (left, rest) => (Position::Data(left), rest),
                };
                continue;
            }
            let (byte, rest) = bytes.split_first().ok_or(NoChunk)?;
            self.position = self.after(*byte)?;
            bytes = rest;
        }
        Ok(())
    }

    /// Where a byte of the framing leads.
    fn after(&mut self, byte: u8) -> Result<Position, NoChunk> {
        let digit = char::from(byte).to_digit(16).map(u64::from);
        Ok(match (self.position, byte) {
            (Position::Start, _) => Position::Size(digit.ok_or(NoChunk)?),
            (Position::Size(size) | Position::Space(size) | Position::Extension(size), b'\r') => {
                Position::SizeLf(size)
            }
            (Position::Size(size) | Position::Space(size), b'\t' | b' ') => Position::Space(size),
            (Position::Size(size) | Position::Space(size), b';') => {
                self.length = 0;
                Position::Extension(size)
            }
            (Position::Size(size), _) => {
                let size = size.checked_mul(16).ok_or(NoChunk)?;
                Position::Size(size + digit.ok_or(NoChunk)?)
            }
            (Position::Extension(size), byte) if byte != b'\n' => {
                self.lengthen()?;
                Position::Extension(size)
            }
            (Position::SizeLf(0), b'\n') => {
                self.length = 0;
                Position::Trailers
            }
            (Position::SizeLf(size), b'\n') => Position::Data(size),
            (Position::DataCr, b'\r') => Position::DataLf,
            (Position::DataLf, b'\n') => Position::Start,
            (Position::Trailers, b'\r') => Position::LastLf,
            (Position::Trailer, b'\r') => Position::TrailerLf,
            (Position::Trailers | Position::Trailer, byte) if byte != b'\n' => {
                self.lengthen()?;
                Position::Trailer
            }
            (Position::TrailerLf, b'\n') => Position::Trailers,
            (Position::LastLf, b'\n') => Position::Whole,
            _ => return Err(NoChunk),
        })
    }

    fn lengthen(&mut self) -> Result<(), NoChunk> {
        self.length += 1;
        (self.length < LONGEST).then_some(()).ok_or(NoChunk)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The data of a body that comes in these pieces, and whether it is whole; the data so far
    /// where it is none.
    fn read(pieces: &[&[u8]]) -> Result<(Vec<u8>, bool), Vec<u8>> {
        let (mut reader, mut data) = (ChunkReader::new(), Vec::new());
        for piece in pieces {
            if reader.read(piece, &mut data).is_err() {
                return Err(data);
            }
        }
        Ok((data, reader.is_whole()))
    }

    #[test]
    fn the_data_is_without_its_chunks() {
        let whole = |text: &str| Ok((text.as_bytes().to_vec(), true));
        for (body, data) in [
            ("0\r\n\r\n", ""),
            ("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc"),
            ("00A \t\r\n0123456789\r\n000\r\n\r\n", "0123456789"),
            ("1;a=\"b\"\r\na\r\n0;c\r\n\r\n", "a"),
            ("1\r\n\r\r\n1\r\n\n\r\n0\r\nx: y\r\nz:\r\n\r\n", "\r\n"),
            ("1\r\na\r\n0\r\n\r\nHTTP/1.1 200 OK", "a"),
        ] {
            assert_eq!(read(&[body.as_bytes()]), whole(data), "{body:?}");
        }
        let begun = "2\r\na";
        assert_eq!(read(&[begun.as_bytes()]), Ok((b"a".to_vec(), false)));
    }

    #[test]
    fn what_is_no_chunk_is_not_passed_on() {
        for (body, data) in [
            ("\r\n", ""),
            ("x\r\n", ""),
            ("1\na\r\n", ""),
            ("1\r\nab\r\n", "a"),
            ("1\r\na\n1\r\nb\r\n", "a"),
            ("1 1\r\na", ""),
            ("1;a\n\r\na", ""),
            ("-1\r\na", ""),
            ("11111111111111111\r\na", ""),
            ("0\r\n\n", ""),
            ("0\r\nx\ny\r\n\r\n", ""),
        ] {
            let data = Err(data.as_bytes().to_vec());
            assert_eq!(read(&[body.as_bytes()]), data, "{body:?}");
        }
        let largest = "ffffffffffffffff\r\na";
        assert_eq!(read(&[largest.as_bytes()]), Ok((b"a".to_vec(), false)));
    }

    #[test]
    fn neither_extensions_nor_trailers_are_endless() {
        let long = "x".repeat(LONGEST);
        for body in [format!("1;{long}\r\na\r\n"), format!("0\r\n{long}\r\n\r\n")] {
            assert_eq!(read(&[body.as_bytes()]), Err(Vec::new()));
        }
        let many = "1;xxxxxxxx\r\na\r\n".repeat(LONGEST);
        let all = vec![b'a'; LONGEST];
        assert_eq!(read(&[many.as_bytes()]), Ok((all, false)), "each by itself");
    }

    proptest! {
        #[test]
        fn it_reads_the_same_wherever_the_body_is_cut(
            parts in prop::collection::vec(
                prop::sample::select(vec![
                    "1\r\na\r\n", "3\r\nabc\r\n", "0\r\n", "\r\n", "\r", "\n", "x: y\r\n", "f", "2",
                    ";e", " ", "a", "bc",
                ]),
                0..20,
            ),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        ) {
            let body = parts.concat();
            let bytes = body.as_bytes();
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
            cuts.extend([0, bytes.len()]);
            cuts.sort_unstable();
            let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
            prop_assert_eq!(read(&pieces), read(&[bytes]));
        }
    }
}
