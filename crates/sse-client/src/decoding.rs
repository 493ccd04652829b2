//! A compressed body to what it was made of, while it comes.
//!
//! A piece gives all that can be known from it: what a server flushed is there at once. Nothing
//! that comes can hold more memory than its bound, whatever it would grow to.

use std::io::{self, Write};

use flate2::write::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};

use crate::error::Error;
use crate::foreign::shown;

/// The most bytes that a slice of a piece may grow to. A slice of gzip grows a thousandfold at most
/// (RFC 1951), which is less.
const MOST: usize = 8 << 20;

/// How much is decoded in one go.
pub(crate) const SLICE: usize = 4096;

/// The encodings that are known here, as Accept-Encoding names them.
pub(crate) const KNOWN: [&str; 3] = ["gzip", "deflate", "br"];

/// What a body is encoded in.
pub(crate) enum Decoding {
    /// Nothing.
    Identity,
    /// gzip (RFC 1952).
    Gzip(Box<MultiGzDecoder<Sink>>),
    /// deflate, of which the first byte tells whether zlib is around it (RFC 9110 8.4.1.2).
    Deflate,
    /// deflate within zlib (RFC 1950).
    Zlib(Box<ZlibDecoder<Sink>>),
    /// deflate alone, as some servers send it (RFC 1951).
    Bare(Box<DeflateDecoder<Sink>>),
    /// br (RFC 7932).
    Brotli(Box<brotli::DecompressorWriter<Sink>>),
}

/// Decodes the body of an answer, for whoever has its pieces from elsewhere than a watch.
pub struct BodyDecoder(Decoding);

impl BodyDecoder {
    /// For what a value of Content-Encoding names; an empty one is none.
    ///
    /// # Errors
    /// An encoding that is not known here.
    pub fn of(encoding: &str) -> Result<Self, Error> {
        let encoding = encoding.trim().to_ascii_lowercase();
        let named: Vec<String> = Some(encoding)
            .filter(|it| !it.is_empty())
            .into_iter()
            .collect();
        Decoding::of(&named).map(Self)
    }

    /// What a piece gives, with those before it.
    ///
    /// # Errors
    /// Bytes that are no such encoding, or that grow beyond the bound.
    pub fn decode(&mut self, piece: &[u8]) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        self.0.push(piece, |part| bytes.extend_from_slice(part))?;
        Ok(bytes)
    }
}

impl std::fmt::Debug for BodyDecoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("BodyDecoder")
    }
}

/// Takes what was decoded, up to the bound.
#[derive(Default)]
pub(crate) struct Sink(Vec<u8>);

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Decoding {
    /// What these values of Content-Encoding name.
    ///
    /// # Errors
    /// An encoding that is not known here, or several of them.
    pub(crate) fn of(encodings: &[String]) -> Result<Self, Error> {
        let named: Vec<&str> = encodings.iter().map(String::as_str).collect();
        match named[..] {
            [] | ["identity"] => Ok(Self::Identity),
            ["gzip" | "x-gzip"] => Ok(Self::Gzip(Box::new(MultiGzDecoder::new(Sink::default())))),
            ["deflate"] => Ok(Self::Deflate),
            ["br"] => {
                let sink = Sink::default();
                Ok(Self::Brotli(Box::new(brotli::DecompressorWriter::new(
                    sink, SLICE,
                ))))
            }
            _ => Err(Error::Encoding(shown(&named.join(", ")))),
        }
    }

    /// Decodes a piece. Calls back with what it gives, in parts of bounded size.
    ///
    /// # Errors
    /// Bytes that are no such encoding, or that grow beyond the bound.
    pub(crate) fn push(&mut self, piece: &[u8], mut each: impl FnMut(&[u8])) -> Result<(), Error> {
        for slice in piece.chunks(SLICE) {
            if matches!(self, Self::Deflate) {
                // The low four bits of zlib's first byte are 8 (RFC 1950 2.2). A block of deflate
                // that begins so is padded, which no encoder does.
                *self = match slice[0] & 15 {
                    8 => Self::Zlib(Box::new(ZlibDecoder::new(Sink::default()))),
                    _ => Self::Bare(Box::new(DeflateDecoder::new(Sink::default()))),
                };
            }
            let sink = match self {
                // It was just settled which one of the two it is.
                Self::Identity | Self::Deflate => {
                    each(slice);
                    continue;
                }
                Self::Gzip(decoder) => decoded(decoder.as_mut(), slice, MultiGzDecoder::get_mut)?,
                Self::Zlib(decoder) => decoded(decoder.as_mut(), slice, ZlibDecoder::get_mut)?,
                Self::Bare(decoder) => decoded(decoder.as_mut(), slice, DeflateDecoder::get_mut)?,
                Self::Brotli(decoder) => {
                    decoded(decoder.as_mut(), slice, brotli::DecompressorWriter::get_mut)?
                }
            };
            each(&sink.0);
            sink.0.clear();
        }
        Ok(())
    }
}

/// Writes a slice into a decoder. Answers the sink that it gave its bytes to.
fn decoded<'a, D: Write>(
    decoder: &'a mut D,
    slice: &[u8],
    sink: impl Fn(&'a mut D) -> &'a mut Sink,
) -> Result<&'a mut Sink, Error> {
    let written = decoder.write_all(slice).and_then(|()| decoder.flush());
    match written {
        Ok(()) => Ok(sink(decoder)),
        Err(e) if e.kind() == io::ErrorKind::FileTooLarge => Err(Error::Grows),
        Err(e) => Err(Error::NotEncoded(e.to_string())),
    }
}

#[cfg(test)]
mod tests {
    use flate2::Compression;
    use flate2::write::{DeflateEncoder, GzEncoder, ZlibEncoder};

    use super::*;

    /// Two events, flushed one by one.
    const EVENTS: [&[u8]; 2] = [b"data: one\n\n", b"data: two\n\n"];

    fn pieces<E: Write>(mut encoder: E, taken: impl Fn(&mut E) -> Vec<u8>) -> Vec<Vec<u8>> {
        let pieces = EVENTS.iter().map(|event| {
            encoder.write_all(event).expect("it is encoded");
            encoder.flush().expect("it is flushed");
            taken(&mut encoder)
        });
        pieces.collect()
    }

    fn level() -> Compression {
        Compression::default()
    }

    fn decoded_of(encoding: &str, pieces: &[Vec<u8>]) -> Vec<Vec<u8>> {
        let mut decoding = Decoding::of(&[encoding.to_owned()]).expect("it is known");
        let decoded = pieces.iter().map(|piece| {
            let mut came = Vec::new();
            let pushed = decoding.push(piece, |part| came.extend_from_slice(part));
            pushed.expect("it is encoded so");
            came
        });
        decoded.collect()
    }

    #[test]
    fn what_was_flushed_is_there_at_once_in_each_encoding() {
        let gzip = pieces(GzEncoder::new(Vec::new(), level()), |e| {
            std::mem::take(e.get_mut())
        });
        let zlib = pieces(ZlibEncoder::new(Vec::new(), level()), |e| {
            std::mem::take(e.get_mut())
        });
        let bare = pieces(DeflateEncoder::new(Vec::new(), level()), |e| {
            std::mem::take(e.get_mut())
        });
        let br = pieces(
            brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20),
            |e| std::mem::take(e.get_mut()),
        );
        for (encoding, pieces) in [
            ("gzip", gzip),
            ("deflate", zlib),
            ("deflate", bare),
            ("br", br),
        ] {
            assert_eq!(decoded_of(encoding, &pieces), EVENTS, "{encoding}");
            let bytes: Vec<Vec<u8>> = pieces.concat().iter().map(|byte| vec![*byte]).collect();
            assert_eq!(
                decoded_of(encoding, &bytes).concat(),
                EVENTS.concat(),
                "{encoding}"
            );
        }
    }

    #[test]
    fn what_is_no_such_encoding_and_what_is_not_known_have_their_sentences() {
        let names = |names: &[&str]| {
            names
                .iter()
                .map(|&name| name.to_owned())
                .collect::<Vec<_>>()
        };
        let mut gzip = Decoding::of(&names(&["gzip"])).expect("it is known");
        assert!(matches!(
            gzip.push(b"data: 1\n\ndata: 2\n\n", |_| {}),
            Err(Error::NotEncoded(_))
        ));
        let zstd = Decoding::of(&names(&["zstd"])).err();
        assert_eq!(zstd, Some(Error::Encoding("zstd".to_owned())));
        assert!(Decoding::of(&names(&["gzip", "br"])).is_err());
        assert!(
            Decoding::of(&names(&["identity"])).is_ok_and(|it| matches!(it, Decoding::Identity))
        );
    }

    /// Four kilobytes of brotli can stand for gigabytes.
    #[test]
    fn a_bomb_is_refused_before_it_takes_memory() {
        let mut bomb = brotli::CompressorWriter::new(Vec::new(), 4096, 9, 24);
        let zeros = vec![0; 1 << 20];
        for _ in 0..64 {
            bomb.write_all(&zeros).expect("it is encoded");
        }
        bomb.flush().expect("it is flushed");
        let bomb = std::mem::take(bomb.get_mut());
        let mut decoding = Decoding::of(&["br".to_owned()]).expect("it is known");
        assert_eq!(decoding.push(&bomb, |_| {}), Err(Error::Grows));
    }
}
