//! The numbers of a counter that has no pace. They are written as fast as the socket takes them, so
//! what they cost counts: the text of an event, or of ten, is that of the one before with one digit
//! changed, nearly always.

use sse_wire::{Event, LineEnding, encode};

use super::counter::Counter;
use crate::write_buffer::{VISIT, WriteBuffer};

/// The bytes of an event beside the digits of its number: `id: `, `data: ` and three line feeds.
const AROUND: usize = 13;

/// Writes numbers, up to the cap of a visit or the last one.
pub(super) fn fill(counter: &mut Counter, out: &mut WriteBuffer) {
    let mut last = Last::default();
    while out.len() < VISIT && !counter.is_done() {
        let first = counter.next();
        let has_room = counter.has(10) && out.len() + 9 * last.event < VISIT;
        let ten = first.is_multiple_of(10) && last.events >= 10 && has_room;
        let many = match ten && last.go_on(10, out.payload()) {
            true => 10,
            false => {
                if !last.go_on(1, out.payload()) {
                    last.write(first, out.payload());
                }
                1
            }
        };
        counter.pass(many);
        let begin = out.len() - many * last.event;
        for (n, number) in (1..=many).zip(first..) {
            out.mark_at(begin + n * last.event, Some(number));
        }
    }
}

/// The events that were written last, all of the same length.
#[derive(Debug, Default)]
struct Last {
    /// How many.
    events: usize,
    /// The length of one.
    event: usize,
    /// How many digits a number has.
    digits: usize,
}

impl Last {
    /// Writes the event of a number that the one before does not help with.
    fn write(&mut self, n: u64, bytes: &mut Vec<u8>) {
        let mut text = itoa::Buffer::new();
        let number = text.format(n);
        let event = Event {
            id: Some(number),
            data: Some(number),
            ..Event::default()
        };
        encode(&event, LineEnding::Lf, bytes);
        *self = Self {
            events: 1,
            event: AROUND + 2 * number.len(),
            digits: number.len(),
        };
    }

    /// Writes the next event, or the next ten, which begin with a number that ends in 0. Answers
    /// whether it did: not where there is none before, or where the number has one digit more.
    fn go_on(&mut self, many: usize, bytes: &mut Vec<u8>) -> bool {
        // Of ten, the last digits are those of the ten before.
        let digits = match many {
            10 => self.digits.saturating_sub(1),
            _ => self.digits,
        };
        let begin = bytes.len();
        let first = begin.saturating_sub(many * self.event);
        let number = first + 4;
        let same = |digit: &u8| *digit < b'9';
        let Some(changed) = bytes[number.min(begin)..]
            .iter()
            .take(digits)
            .rposition(same)
        else {
            return false;
        };
        bytes.extend_from_within(first..);
        for event in bytes[begin..].chunks_exact_mut(self.event) {
            let (id, data) = event.split_at_mut(4 + self.digits + 7);
            for number in [&mut id[4..], data] {
                number[changed] += 1;
                // Nine times of ten there are none, and to fill none made a stream a third slower.
                if changed + 1 < digits {
                    number[changed + 1..digits].fill(b'0');
                }
            }
        }
        self.events += many;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::MAX_NUMBER;

    /// As they are written one by one.
    fn plain(numbers: std::ops::Range<u64>) -> (Vec<u8>, Vec<usize>) {
        let (mut bytes, mut ends) = (Vec::new(), Vec::new());
        for n in numbers {
            Last::default().write(n, &mut bytes);
            ends.push(bytes.len());
        }
        (bytes, ends)
    }

    #[test]
    fn the_bytes_and_the_marks_are_those_of_one_by_one() {
        for first in [0, 1, 7, 10, 95, 989, 99_985, 9_999_990, MAX_NUMBER - 2000] {
            for count in [1, 2, 9, 10, 11, 25, 111, 100_000] {
                let mut counter = Counter::new(first, Some(count));
                let mut written = first;
                while !counter.is_done() {
                    let mut out = WriteBuffer::new();
                    fill(&mut counter, &mut out);
                    let (bytes, ends) = plain(written..counter.next());
                    assert!(out.wire() == bytes, "{written} to {}", counter.next());
                    let marks: Vec<_> = out.marks().map(|it| (it.end, it.number)).collect();
                    let numbered = ends.iter().zip(written..);
                    let expected: Vec<_> = numbered.map(|(end, n)| (*end, Some(n))).collect();
                    assert!(marks == expected, "{written}");
                    let before_last = ends.len().checked_sub(2).map_or(0, |at| ends[at]);
                    assert!(before_last < VISIT, "one event goes past it");
                    assert!(out.len() >= VISIT || counter.is_done());
                    written = counter.next();
                }
                assert_eq!(written, first + count);
                if count == 100_000 && first > 10 {
                    break;
                }
            }
        }
    }
}
