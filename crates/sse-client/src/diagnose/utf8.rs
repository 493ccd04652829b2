//! The characters of a body: those that are no UTF-8, and those that two pieces share.
//!
//! What is no UTF-8 must not depend on where the body is cut.

use super::facts::{Place, Tally};

/// Reads the characters of a body in pieces.
#[derive(Clone, Debug, Default)]
pub(super) struct Utf8Reader {
    /// The bytes of a character of which only the beginning was there: three at most.
    begun: Vec<u8>,
    /// Where it began.
    begun_at: Place,
}

impl Utf8Reader {
    /// Reads a piece that begins at a place. Counts the sequences that are no UTF-8, each as a
    /// decoder replaces it, and the characters that began in an earlier piece.
    pub(super) fn read(
        &mut self,
        begin: Place,
        bytes: &[u8],
        invalid: &mut Tally,
        split: &mut Tally,
    ) {
        let mut rest = bytes;
        let place = |rest: &[u8]| Place {
            byte: begin.byte + (bytes.len() - rest.len()) as u64,
            ..begin
        };
        while let ([first, after @ ..], false) = (rest, self.begun.is_empty()) {
            self.begun.push(*first);
            match str::from_utf8(&self.begun) {
                Ok(_) => split.add(self.begun_at),
                Err(error) if error.error_len().is_none() => {
                    rest = after;
                    continue;
                }
                // This byte is not its next one: it is read again below.
                Err(_) => {
                    invalid.add(self.begun_at);
                    self.begun.clear();
                    break;
                }
            }
            self.begun.clear();
            rest = after;
        }
        while let Err(error) = str::from_utf8(rest) {
            rest = &rest[error.valid_up_to()..];
            match error.error_len() {
                Some(length) => {
                    invalid.add(place(rest));
                    rest = &rest[length..];
                }
                None => {
                    self.begun_at = place(rest);
                    self.begun.extend_from_slice(rest);
                    break;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> (Vec<u64>, u64) {
        let mut reader = Utf8Reader::default();
        let (mut invalid, mut split) = (Vec::new(), Tally::default());
        let mut byte = 0;
        for piece in pieces {
            let mut found = Tally::default();
            let begin = Place {
                byte,
                ..Place::default()
            };
            reader.read(begin, piece, &mut found, &mut split);
            invalid.extend(found.first.map(|place| place.byte));
            byte += piece.len() as u64;
        }
        (invalid, split.count)
    }

    #[test]
    fn a_character_between_two_pieces_is_split_and_not_invalid() {
        assert_eq!(read(&["é豆".as_bytes()]), (vec![], 0));
        assert_eq!(read(&[b"\xC3", b"\xA9\xE8", b"\xB1", b"\x86"]), (vec![], 2));
    }

    #[test]
    fn what_is_no_character_is_invalid_wherever_it_is_cut() {
        assert_eq!(read(&[b"ab\xFFc"]), (vec![2], 0));
        assert_eq!(read(&[b"ab\xE8\xB1", b"c"]), (vec![2], 0));
        // The byte that breaks a character off may begin the next one.
        assert_eq!(read(&[b"\xE8", b"\xC3\xA9"]), (vec![0], 0));
        assert_eq!(read(&[b"\xE8", b"\xC3", b"\xA9"]), (vec![0], 1));
    }
}
