//! The data of a published event: its number, the time of its publish, and dots up to 100 bytes.
//!
//! A client finds the data by its first byte. This byte occurs nowhere else in a stream, with any
//! server.

/// Bytes of data in an event.
pub(crate) const LENGTH: usize = 100;

const MARK: u8 = b'@';
const DIGITS_OF_NUMBER: usize = 10;
const DIGITS_OF_TIME: usize = 19;

/// From the mark to the last digit.
const HEAD: usize = 1 + DIGITS_OF_NUMBER + 1 + DIGITS_OF_TIME;

/// The number and the time that an event carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Its number; the first is 1.
    pub(crate) number: u64,
    /// When it was published, in nanoseconds of the load's clock.
    pub(crate) at: u64,
}

/// What remains of a piece of a stream after all its complete events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rest {
    /// The offset of an event that continues in the next piece; without one, the piece's length.
    pub(crate) from: usize,
    /// Events that could not be read.
    pub(crate) garbled: u64,
}

/// Appends the data of an event.
pub(crate) fn write(out: &mut Vec<u8>, seen: Seen) {
    let end = out.len() + LENGTH;
    out.push(MARK);
    digits(out, seen.number, DIGITS_OF_NUMBER);
    out.push(b':');
    digits(out, seen.at, DIGITS_OF_TIME);
    out.resize(end, b'.');
}

/// Appends a number with leading zeros.
pub(crate) fn digits(out: &mut Vec<u8>, mut number: u64, width: usize) {
    let begin = out.len();
    out.resize(begin + width, b'0');
    for digit in out[begin..].iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
    }
}

/// Calls `each` with every event of this piece of a stream.
pub(crate) fn scan(bytes: &[u8], mut each: impl FnMut(Seen)) -> Rest {
    let mut garbled = 0;
    let mut at = 0;
    while let Some(found) = memchr::memchr(MARK, &bytes[at..]) {
        at += found;
        let Some(head) = bytes.get(at..at + HEAD) else {
            return Rest { from: at, garbled };
        };
        match parse(head) {
            Some(seen) => each(seen),
            None => garbled += 1,
        }
        at += HEAD;
    }
    Rest {
        from: bytes.len(),
        garbled,
    }
}

fn parse(head: &[u8]) -> Option<Seen> {
    let (number, time) = head[1..].split_at(DIGITS_OF_NUMBER);
    let (colon, time) = time.split_first()?;
    (*colon == b':').then_some(())?;
    Some(Seen {
        number: value(number)?,
        at: value(time)?,
    })
}

fn value(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |value: u64, digit| {
        let digit = digit.wrapping_sub(b'0');
        (digit < 10).then(|| value.wrapping_mul(10).wrapping_add(u64::from(digit)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(bytes: &[u8]) -> (Vec<Seen>, Rest) {
        let mut all = Vec::new();
        let rest = scan(bytes, |seen| all.push(seen));
        (all, rest)
    }

    #[test]
    fn what_is_written_is_found_again_at_any_cut() {
        let events: Vec<_> = (1..4)
            .map(|number| Seen {
                number,
                at: number << 40,
            })
            .collect();
        let mut stream = b"HTTP/1.1 200 OK\r\n\r\n".to_vec();
        for event in &events {
            stream.extend_from_slice(b"8b\r\nid: 7\ndata: ");
            let begin = stream.len();
            write(&mut stream, *event);
            assert_eq!(stream.len() - begin, LENGTH);
            stream.extend_from_slice(b"\n\n\r\n");
        }
        for cut in 0..stream.len() {
            let (mut all, rest) = seen(&stream[..cut]);
            assert_eq!(rest.garbled, 0, "cut at {cut}");
            let (more, end) = seen(&stream[rest.from..]);
            all.extend(more);
            assert_eq!((all, end.garbled), (events.clone(), 0), "cut at {cut}");
        }
    }

    #[test]
    fn a_broken_event_is_counted() {
        let mut stream = Vec::new();
        write(&mut stream, Seen { number: 1, at: 2 });
        stream[5] = b'\r';
        assert_eq!(seen(&stream).1.garbled, 1);
    }
}
