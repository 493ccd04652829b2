//! Prepared bytes: the head, chunks, numbered events and the events of a topic.

use std::collections::VecDeque;
use std::io::Write;
use std::time::SystemTime;

use crate::payload;

/// How many events a topic keeps.
const KEPT: usize = 1000;

/// The last chunk of a body.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The head of a stream, as long as that of `sse serve`.
pub(crate) fn head() -> Vec<u8> {
    let date = date();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\ncache-control: no-store\r\n\
         x-accel-buffering: no\r\nx-content-type-options: nosniff\r\nvary: origin\r\ndate: {date}\r\n\
         connection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    .into_bytes()
}

/// The time of day, the same for a whole run, because only its length matters.
fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}

/// Appends a chunk.
pub(crate) fn chunk(out: &mut Vec<u8>, body: &[u8]) {
    // Writing to a vector cannot fail.
    _ = write!(out, "{:x}\r\n", body.len());
    out.extend_from_slice(body);
    out.extend_from_slice(b"\r\n");
}

/// Appends an event that has its number as id and as data.
pub(crate) fn numbered(out: &mut Vec<u8>, number: u64) {
    let mut digits = itoa::Buffer::new();
    let number = digits.format(number).as_bytes();
    for part in [b"id: ", number, b"\ndata: ", number, b"\n\n"] {
        out.extend_from_slice(part);
    }
}

/// A topic: the events that it keeps, as frames.
#[derive(Debug)]
pub(crate) struct Topic {
    /// When it was made, in milliseconds since 1970: the first half of every id.
    born: u64,
    date: String,
    /// The number of the oldest frame that is kept. The first event has number 1.
    oldest: u64,
    frames: VecDeque<Box<[u8]>>,
    /// The last chunk, with its first number and the number after its last. Most subscribers lack
    /// the same events, so a sweep uses it again and again.
    made: (u64, u64, Vec<u8>),
}

impl Topic {
    pub(crate) fn new() -> Self {
        let born = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Self {
            born: born.as_millis() as u64,
            date: date(),
            oldest: 1,
            frames: VecDeque::new(),
            made: (0, 0, Vec::new()),
        }
    }

    /// The number of the next event.
    pub(crate) fn next(&self) -> u64 {
        self.oldest + self.frames.len() as u64
    }

    /// The number of the oldest event that is kept, or of the next one.
    pub(crate) fn oldest(&self) -> u64 {
        self.oldest
    }

    fn id(&self, out: &mut Vec<u8>, number: u64) {
        payload::digits(out, self.born, 13);
        out.push(b'-');
        payload::digits(out, number, 12);
    }

    /// Keeps one more event and appends the answer to its publisher.
    pub(crate) fn publish(&mut self, data: &[u8], subscribers: usize, answer: &mut Vec<u8>) {
        let number = self.next();
        let mut frame = b"id: ".to_vec();
        self.id(&mut frame, number);
        frame.extend_from_slice(b"\ndata: ");
        frame.extend_from_slice(data);
        frame.extend_from_slice(b"\n\n");
        self.frames.push_back(frame.into());
        if self.frames.len() > KEPT {
            self.frames.pop_front();
            self.oldest += 1;
        }
        let mut body = b"{\"id\":\"".to_vec();
        self.id(&mut body, number);
        _ = write!(body, "\",\"events\":1,\"subscribers\":{subscribers}}}");
        _ = write!(
            answer,
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
             content-length: {}\r\nx-content-type-options: nosniff\r\nvary: origin\r\ndate: {}\r\n\r\n",
            body.len(),
            self.date
        );
        answer.extend_from_slice(&body);
    }

    /// Appends the beginning of a stream: the time to wait before a reconnect, and the last event
    /// id.
    pub(crate) fn greeting(&self, out: &mut Vec<u8>, next: u64) {
        out.extend_from_slice(b"retry: 1000\nid: ");
        self.id(out, next - 1);
        out.extend_from_slice(b"\n\n");
    }

    /// Appends the events from `next` on, without a chunk around them.
    pub(crate) fn events(&self, out: &mut Vec<u8>, next: u64) {
        for frame in self.frames.range((next - self.oldest) as usize..) {
            out.extend_from_slice(frame);
        }
    }

    /// All events from `next` on as one chunk; `None` if some of them are no longer kept.
    pub(crate) fn lacking(&mut self, next: u64) -> Option<&[u8]> {
        if next < self.oldest {
            return None;
        }
        let end = self.next();
        if (self.made.0, self.made.1) != (next, end) {
            let mut made = std::mem::take(&mut self.made.2);
            made.clear();
            let range = (next - self.oldest) as usize..;
            let length: usize = self.frames.range(range).map(|frame| frame.len()).sum();
            _ = write!(made, "{length:x}\r\n");
            self.events(&mut made, next);
            made.extend_from_slice(b"\r\n");
            self.made = (next, end, made);
        }
        Some(&self.made.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).expect("ASCII")
    }

    #[test]
    fn one_chunk_carries_all_that_a_subscriber_lacks() {
        let mut topic = Topic::new();
        topic.born = 1_700_000_000_000;
        let mut answer = Vec::new();
        topic.publish(b"a", 2, &mut answer);
        topic.publish(b"b", 2, &mut answer);
        let first = "id: 1700000000000-000000000001\ndata: a\n\n";
        let second = "id: 1700000000000-000000000002\ndata: b\n\n";
        let both = format!("{:x}\r\n{first}{second}\r\n", 2 * first.len());
        assert_eq!(topic.lacking(1).map(text), Some(both.as_str()));
        let one = format!("{:x}\r\n{second}\r\n", second.len());
        assert_eq!(topic.lacking(2).map(text), Some(one.as_str()));
        assert!(text(&answer).ends_with(
            "\r\n\r\n{\"id\":\"1700000000000-000000000002\",\"events\":1,\"subscribers\":2}"
        ));
    }

    #[test]
    fn what_is_no_longer_kept_cannot_be_sent() {
        let mut topic = Topic::new();
        for _ in 0..=KEPT {
            topic.publish(b"a", 0, &mut Vec::new());
        }
        assert_eq!((topic.oldest(), topic.next()), (2, KEPT as u64 + 2));
        assert_eq!(topic.lacking(1), None);
        assert!(topic.lacking(2).is_some());
    }

    #[test]
    fn numbered_events_and_chunks_are_those_of_the_server() {
        let mut events = Vec::new();
        numbered(&mut events, 1);
        numbered(&mut events, 2);
        let mut chunks = Vec::new();
        chunk(&mut chunks, &events);
        assert_eq!(
            text(&chunks),
            "1e\r\nid: 1\ndata: 1\n\nid: 2\ndata: 2\n\n\r\n"
        );
    }
}
