//! Unpaced numbers.
//!
//! Each stream writes its own, as it has to in any server. It does so ten at a time: they differ
//! from the ten before in one digit each, nearly always, so they are changed in place and copied.

use super::frames::numbered;

/// After this many bytes, the next unpaced stream has its turn.
pub(super) const TURN: usize = 16 * 1024;

/// The length of a turn has four digits, so its place is known before it is.
const HEADER: &[u8] = b"0000\r\n";

/// Appends a chunk with one turn of the numbers from `next` on, behind the line `before`.
pub(super) fn turn(out: &mut Vec<u8>, before: &[u8], next: &mut u64) {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let header = out.len();
    out.extend_from_slice(HEADER);
    let begin = out.len();
    out.extend_from_slice(before);
    fill(out, begin + TURN, next);
    let length = out.len() - begin;
    for (place, digit) in out[header..header + 4].iter_mut().enumerate() {
        *digit = HEX[length >> (12 - 4 * place) & 15];
    }
    out.extend_from_slice(b"\r\n");
}

/// Appends numbers until `out` has this length or more.
fn fill(out: &mut Vec<u8>, end: usize, next: &mut u64) {
    let mut tens: Option<Ten> = None;
    while out.len() < end {
        if !next.is_multiple_of(10) || *next == 0 {
            numbered(out, *next);
            *next += 1;
            continue;
        }
        let ten = match &mut tens {
            Some(ten) => {
                ten.go_on(*next);
                ten
            }
            none => none.insert(Ten::new(*next)),
        };
        let left = end - out.len();
        if ten.text.len() < left {
            out.extend_from_slice(&ten.text);
            *next += 10;
        } else {
            // Up to the event that reaches the end, and with it.
            let events = left.div_ceil(ten.event);
            out.extend_from_slice(&ten.text[..events * ten.event]);
            *next += events as u64;
        }
    }
}

/// Ten events, of which the first has a number that ends in 0.
struct Ten {
    text: Vec<u8>,
    /// The length of one.
    event: usize,
    /// How many digits a number has.
    digits: usize,
}

impl Ten {
    fn new(first: u64) -> Self {
        let mut text = Vec::with_capacity(512);
        (first..first + 10).for_each(|number| numbered(&mut text, number));
        let event = text.len() / 10;
        Self {
            event,
            // `id: `, `data: `, and three line feeds.
            digits: (event - 13) / 2,
            text,
        }
    }

    /// Makes it the next ten, which begin with `first`.
    fn go_on(&mut self, first: u64) {
        let id = 4;
        // The last digit is another in each of the ten, and stays.
        let number = &mut self.text[id..id + self.digits - 1];
        let Some(changed) = number.iter().rposition(|digit| *digit < b'9') else {
            *self = Self::new(first);
            return;
        };
        number[changed] += 1;
        number[changed + 1..].fill(b'0');
        let data = id + self.digits + b"\ndata: ".len();
        let (from, to) = (id + changed, id + self.digits - 1);
        for begin in (0..self.text.len()).step_by(self.event) {
            self.text.copy_within(from..to, begin + from);
            self.text.copy_within(from..to, begin + data + changed);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_at_a_time_they_are_the_same_as_one_by_one() {
        for first in [1, 2, 10, 95, 990, 99_985, 9_999_990] {
            let (mut out, mut next) = (Vec::new(), first);
            let mut plain = Vec::new();
            for number in first..first + 3000 {
                numbered(&mut plain, number);
                let (end, mut from) = (plain.len(), first);
                if number % 97 == 0 {
                    out.clear();
                    fill(&mut out, end, &mut from);
                    assert!(out == plain && from == number + 1, "{first} to {number}");
                    out.clear();
                    fill(&mut out, end - 1, &mut { first });
                    assert!(out == plain, "{first} to {number}");
                }
            }
            out.clear();
            fill(&mut out, plain.len(), &mut next);
            assert!(out == plain && next == first + 3000, "{first}");
        }
    }

    #[test]
    fn a_turn_is_a_chunk() {
        let (mut out, mut next) = (b"head".to_vec(), 1);
        turn(&mut out, b"retry: 1\n", &mut next);
        let text = String::from_utf8(out).expect("ASCII");
        let body = text.strip_prefix("head").expect("it is kept");
        let (length, body) = body.split_once("\r\n").expect("its length comes first");
        let body = body.strip_suffix("\r\n").expect("it has an end");
        assert_eq!(usize::from_str_radix(length, 16), Ok(body.len()));
        assert!(
            body.starts_with("retry: 1\nid: 1\ndata: 1\n\nid: 2\n"),
            "{body}"
        );
        let last = next - 1;
        let end = format!("id: {last}\ndata: {last}\n\n");
        assert!(body.ends_with(&end), "{body}");
        assert!((TURN..TURN + end.len()).contains(&body.len()));
    }
}
