//! Prepared bytes: the answers, chunks, numbered events and the events of a topic.

use std::collections::VecDeque;
use std::io::Write;
use std::time::SystemTime;

/// How many events a topic keeps.
const KEPT: usize = 1000;

/// The last chunk of a body.
const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// The first line of a stream: the time to wait before a reconnect.
pub(super) const RETRY: &[u8] = b"retry: 1000\n";

/// The digits of an id: milliseconds and a number, with a hyphen between them.
const BORN: usize = 13;
const NUMBER: usize = 12;
const ID: usize = BORN + 1 + NUMBER;

/// The head of a stream.
fn head() -> Vec<u8> {
    let date = date();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; charset=utf-8\r\n\
         cache-control: no-store, no-transform\r\nx-accel-buffering: no\r\n\
         x-content-type-options: nosniff\r\nvary: origin\r\ncontent-security-policy: sandbox\r\n\
         date: {date}\r\nconnection: close\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    .into_bytes()
}

/// The time of day, the same for a whole run, because only its length matters.
fn date() -> String {
    httpdate::fmt_http_date(SystemTime::now())
}

/// Appends a chunk.
fn chunk(out: &mut Vec<u8>, body: &[u8]) {
    // Writing to a vector cannot fail.
    _ = write!(out, "{:x}\r\n", body.len());
    out.extend_from_slice(body);
    out.extend_from_slice(b"\r\n");
}

/// Appends an event that has its number as id and as data.
pub(super) fn numbered(out: &mut Vec<u8>, number: u64) {
    let mut digits = itoa::Buffer::new();
    let number = digits.format(number).as_bytes();
    for part in [b"id: ", number, b"\ndata: ", number, b"\n\n"] {
        out.extend_from_slice(part);
    }
}

/// Appends what the limit counts, as far as the load asks for it, under the names of `sse serve`.
pub(super) fn metrics(out: &mut Vec<u8>, published: u64, passes: u64) {
    let body = format!(
        "sse_published_events_total {published}\nsse_pass_duration_seconds_count {passes}\n"
    );
    _ = write!(
        out,
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
}

/// Answers of which many clients get the same. Each is made when it differs from the last of its
/// kind.
#[derive(Debug)]
pub(super) struct Answers {
    head: Vec<u8>,
    /// The whole answer to a paced stream, up to its first event.
    paced: Vec<u8>,
    /// The whole answer with so many numbers.
    finite: (u64, Vec<u8>),
    /// The answer to a subscriber, with the first event that it gets and the number of the next.
    subscribed: (u64, u64, Vec<u8>),
    /// The chunk of a paced event with this number.
    number: (u64, Vec<u8>),
}

impl Answers {
    pub(super) fn new() -> Self {
        let head = head();
        let mut body = RETRY.to_vec();
        numbered(&mut body, 1);
        let mut paced = head.clone();
        chunk(&mut paced, &body);
        Self {
            head,
            paced,
            finite: (0, Vec::new()),
            subscribed: (0, 0, Vec::new()),
            number: (0, Vec::new()),
        }
    }

    pub(super) fn head(&self) -> &[u8] {
        &self.head
    }

    pub(super) fn paced(&self) -> &[u8] {
        &self.paced
    }

    pub(super) fn finite(&mut self, count: u64) -> &[u8] {
        if self.finite.0 != count {
            let mut body = RETRY.to_vec();
            (1..=count).for_each(|number| numbered(&mut body, number));
            let mut answer = self.head.clone();
            chunk(&mut answer, &body);
            answer.extend_from_slice(LAST_CHUNK);
            self.finite = (count, answer);
        }
        &self.finite.1
    }

    /// The answer to a subscriber whose first event is `first`: the time to wait before a
    /// reconnect, the last event id, and the events from there on.
    pub(super) fn subscribed(&mut self, topic: &Topic, first: u64) -> &[u8] {
        let next = topic.next();
        if (self.subscribed.0, self.subscribed.1) != (first, next) {
            let mut body = RETRY.to_vec();
            body.extend_from_slice(b"id: ");
            body.extend_from_slice(&topic.id(first - 1));
            body.extend_from_slice(b"\n\n");
            topic.events(&mut body, first);
            let mut answer = self.head.clone();
            chunk(&mut answer, &body);
            self.subscribed = (first, next, answer);
        }
        &self.subscribed.2
    }

    /// The chunk of a paced event, to be put back.
    pub(super) fn take_number(&mut self, number: u64) -> Vec<u8> {
        let mut made = std::mem::take(&mut self.number.1);
        if self.number.0 != number {
            made.clear();
            let mut event = Vec::with_capacity(64);
            numbered(&mut event, number);
            chunk(&mut made, &event);
        }
        made
    }

    pub(super) fn put_number(&mut self, number: u64, made: Vec<u8>) {
        self.number = (number, made);
    }
}

/// A topic: the events that it keeps, as frames.
#[derive(Debug)]
pub(super) struct Topic {
    /// When it was made, in milliseconds since 1970: the first half of every id.
    born: u64,
    date: String,
    /// The number of the oldest frame that is kept. The first event has number 1.
    oldest: u64,
    /// The number of the next.
    next: u64,
    /// The memory of one that is dropped holds the next.
    frames: VecDeque<Vec<u8>>,
    /// The last chunk, with its first number and the number after its last. Most subscribers lack
    /// the same events, so a pass uses it again and again.
    made: (u64, u64, Vec<u8>),
    answer: Answer,
}

/// The last answer to a publisher. As long as it names as many subscribers, only the id changes.
#[derive(Debug, Default)]
struct Answer {
    subscribers: usize,
    bytes: Vec<u8>,
    /// Where the id stands.
    id: usize,
}

impl Topic {
    pub(super) fn new() -> Self {
        let born = SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
        Self {
            born: born.as_millis() as u64,
            date: date(),
            oldest: 1,
            next: 1,
            frames: VecDeque::new(),
            made: (0, 0, Vec::new()),
            answer: Answer::default(),
        }
    }

    /// The number of the next event.
    pub(super) fn next(&self) -> u64 {
        self.next
    }

    /// The number of the oldest event that is kept, or of the next one.
    pub(super) fn oldest(&self) -> u64 {
        self.oldest
    }

    fn id(&self, number: u64) -> [u8; ID] {
        let mut id = [b'-'; ID];
        digits(&mut id[..BORN], self.born);
        digits(&mut id[BORN + 1..], number);
        id
    }

    /// Keeps one more event and appends the answer to its publisher.
    pub(super) fn publish(&mut self, data: &[u8], subscribers: usize, answer: &mut Vec<u8>) {
        const BEGIN: &[u8] = b"{\"id\":\"";
        let id = self.id(self.next);
        let mut frame = Vec::new();
        if self.frames.len() == KEPT {
            frame = self.frames.pop_front().unwrap_or_default();
            frame.clear();
            self.oldest += 1;
        }
        for part in [b"id: ", &id[..], b"\ndata: ", data, b"\n\n"] {
            frame.extend_from_slice(part);
        }
        self.frames.push_back(frame);
        self.next += 1;

        let Answer {
            subscribers: known,
            bytes,
            id: at,
        } = &mut self.answer;
        if *known != subscribers || bytes.is_empty() {
            let end = format!("\",\"events\":1,\"subscribers\":{subscribers}}}");
            bytes.clear();
            _ = write!(
                bytes,
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncache-control: no-store\r\n\
                 x-content-type-options: nosniff\r\nvary: origin\r\n\
                 content-security-policy: sandbox\r\ncontent-length: {}\r\ndate: {}\r\n\r\n",
                BEGIN.len() + ID + end.len(),
                self.date
            );
            bytes.extend_from_slice(BEGIN);
            *at = bytes.len();
            bytes.extend_from_slice(&id);
            bytes.extend_from_slice(end.as_bytes());
            *known = subscribers;
        }
        bytes[*at..*at + ID].copy_from_slice(&id);
        answer.extend_from_slice(bytes);
    }

    /// Appends the events from `next` on, without a chunk around them.
    fn events(&self, out: &mut Vec<u8>, next: u64) {
        for frame in self.frames.range((next - self.oldest) as usize..) {
            out.extend_from_slice(frame);
        }
    }

    /// All events from `next` on as one chunk; `None` if some of them are no longer kept.
    pub(super) fn lacking(&mut self, next: u64) -> Option<&[u8]> {
        let end = self.next;
        if (self.made.0, self.made.1) != (next, end) {
            if next < self.oldest {
                return None;
            }
            let mut made = std::mem::take(&mut self.made.2);
            made.clear();
            let range = (next - self.oldest) as usize..;
            let length: usize = self.frames.range(range).map(Vec::len).sum();
            _ = write!(made, "{length:x}\r\n");
            self.events(&mut made, next);
            made.extend_from_slice(b"\r\n");
            self.made = (next, end, made);
        }
        Some(&self.made.2)
    }
}

/// Writes a number with leading zeros.
fn digits(out: &mut [u8], mut number: u64) {
    for digit in out.iter_mut().rev() {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
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
    fn an_answer_is_made_anew_when_it_differs() {
        let mut topic = Topic::new();
        let mut answers = Answers::new();
        let ends = |bytes: &[u8], end: &str| assert!(text(bytes).ends_with(end), "{}", text(bytes));
        for subscribers in [3, 3, 10] {
            let mut answer = Vec::new();
            topic.publish(b"a", subscribers, &mut answer);
            let id = text(&topic.id(topic.next() - 1)).to_owned();
            let body = format!("{{\"id\":\"{id}\",\"events\":1,\"subscribers\":{subscribers}}}");
            ends(
                &answer,
                &format!(
                    "content-length: {}\r\ndate: {}\r\n\r\n{body}",
                    body.len(),
                    topic.date
                ),
            );
            ends(
                answers.subscribed(&topic, topic.next() - 1),
                &format!("id: {id}\ndata: a\n\n\r\n"),
            );
            ends(
                answers.subscribed(&topic, topic.next()),
                &format!("2c\r\nretry: 1000\nid: {id}\n\n\r\n"),
            );
        }
        for (count, end) in [
            (1, "1b\r\nretry: 1000\nid: 1\ndata: 1\n\n"),
            (2, "id: 2\ndata: 2\n\n"),
        ] {
            ends(answers.finite(count), &format!("{end}\r\n0\r\n\r\n"));
        }
        for number in [7, 7, 12] {
            let chunk = answers.take_number(number);
            ends(&chunk, &format!("\r\nid: {number}\ndata: {number}\n\n\r\n"));
            answers.put_number(number, chunk);
        }
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
