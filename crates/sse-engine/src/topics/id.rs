//! The ids that a topic gives its events. An id is the time when this life of the topic began, and
//! a number that goes up by one.
//!
//! Ids sort as text and as numbers. If a topic ends and one with the same name begins, for example
//! after a restart, their ids differ. Two ids of one topic show how many events lie between them.

use std::fmt;

/// The last event id that asks for everything that is kept.
pub(super) const EARLIEST: &str = "earliest";

/// Digits of each part, padded with zeros. Milliseconds have thirteen until the year 2286, and a
/// million events a second need eleven days for twelve.
const BORN: usize = 13;
const SEQ: usize = 12;

/// The largest number of either part.
const LARGEST_BORN: u64 = 10_u64.pow(BORN as u32) - 1;
const LARGEST_SEQ: u64 = 10_u64.pow(SEQ as u32) - 1;

/// A place in a topic: after its event `seq`, or before the first where that is 0.
///
/// Places sort: a later life behind an earlier one, and in one life by the number.
#[derive(Clone, Copy, Debug, Hash, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// When this life of the topic began, in milliseconds since 1970. A topic has one life, unless
    /// it is kept by an engine that other nodes share.
    pub born: u64,
    /// Counts the events of this life from 1.
    pub seq: u64,
}

impl Position {
    /// The latest life that an id has digits for.
    pub const LATEST_LIFE: u64 = LARGEST_BORN;
    /// The last number of a life that an id has digits for.
    pub const LAST_SEQ: u64 = LARGEST_SEQ;

    /// Reads an id in exactly the form that [`Display`](fmt::Display) gives it.
    pub fn parse(text: &str) -> Option<Self> {
        let (born, seq) = text.split_once('-')?;
        let number = |part: &str, digits: usize| {
            (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
                .then(|| part.parse().ok())
                .flatten()
        };
        Some(Self {
            born: number(born, BORN)?,
            seq: number(seq, SEQ)?,
        })
    }

    /// A year or a number that the form has no room for stays at the largest one.
    pub fn new(born: u64, seq: u64) -> Self {
        Self {
            born: born.min(LARGEST_BORN),
            seq: seq.min(LARGEST_SEQ),
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:0BORN$}-{:0SEQ$}", self.born, self.seq)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_one_form_and_sort_as_text() {
        let places = [
            Position::new(0, 0),
            Position::new(1_763_823_600_123, 9),
            Position::new(1_763_823_600_123, 10),
            Position::new(1_763_823_600_124, 0),
            Position::new(u64::MAX, u64::MAX),
        ];
        let texts = places.map(|place| place.to_string());
        assert_eq!(texts[1], "1763823600123-000000000009");
        assert!(texts.is_sorted());
        for (place, text) in places.iter().zip(&texts) {
            assert_eq!(text.len(), BORN + 1 + SEQ);
            assert_eq!(Position::parse(text), Some(*place));
        }
    }

    #[test]
    fn what_we_never_wrote_is_no_id_of_ours() {
        for text in [
            "",
            "-",
            "earliest",
            "1763823600123",
            "1763823600123-",
            "1763823600123-9",
            "1763823600123-+00000000009",
            "+763823600123-000000000009",
            "1763823600123-000000000009 ",
            "1763823600123-0000000000009",
            "1763823600123-00000000000٩",
            "17638236001230-000000000009",
        ] {
            assert_eq!(Position::parse(text), None, "{text:?}");
        }
    }
}
