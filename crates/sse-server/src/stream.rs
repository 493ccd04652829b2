//! A stream is data, not code: a path, a source, a pace. Nothing else in the server knows one by name.

use std::time::Duration;

use serde::Serialize;

/// One entry of the stream list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// Where it is served, with its leading slash. Never `/`, `/healthz` or below `/api`.
    pub path: String,
    /// What the window calls it.
    pub title: String,
    /// What its events are.
    pub source: Source,
    /// The time between two events; the first is sent at once.
    pub every: Duration,
    /// Milliseconds a client is told to wait before it reconnects, sent with the first event of each
    /// connection.
    pub retry: Option<u64>,
}

/// What the events of a stream are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// Numbers that go up by one; the number is data and id of its event.
    Counter {
        /// The first number.
        from: u64,
        /// How many there are; `None` is endless.
        count: Option<u64>,
    },
}

/// The streams that every server starts with: the finite and the endless one.
pub fn built_in() -> Vec<Stream> {
    vec![
        Stream {
            path: "/numbers".to_owned(),
            title: "Finite stream".to_owned(),
            source: Source::Counter {
                from: 1,
                count: Some(5),
            },
            every: Duration::from_secs(1),
            retry: Some(1000),
        },
        Stream {
            path: "/endless".to_owned(),
            title: "Endless stream".to_owned(),
            source: Source::Counter {
                from: 1,
                count: None,
            },
            every: Duration::from_millis(500),
            retry: Some(1000),
        },
    ]
}

/// What the page is told of a stream.
#[derive(Clone, Debug, Serialize)]
pub struct StreamInfo {
    /// Where it is served.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// Its count and pace in words.
    pub summary: String,
    /// Whether it goes on until somebody ends it.
    pub endless: bool,
    /// The reconnection time in milliseconds that its clients are told.
    pub retry_ms: Option<u64>,
    /// The event names that it sends, so that a client can listen for them all.
    pub events: Vec<String>,
}

impl From<&Stream> for StreamInfo {
    fn from(stream: &Stream) -> Self {
        let Source::Counter { count, .. } = stream.source;
        let amount = count.map_or_else(
            || "endless".to_owned(),
            |n| format!("{n} event{}", if n == 1 { "" } else { "s" }),
        );
        Self {
            path: stream.path.clone(),
            title: stream.title.clone(),
            summary: format!("{amount}, {}", pace(stream.every)),
            endless: count.is_none(),
            retry_ms: stream.retry,
            events: vec!["message".to_owned()],
        }
    }
}

/// `every 500 ms`, with the space between number and unit that people write.
fn pace(every: Duration) -> String {
    if every.is_zero() {
        return "as fast as it is read".to_owned();
    }
    let mut words = String::from("every ");
    let mut digit = false;
    for c in humantime::format_duration(every).to_string().chars() {
        if digit && c.is_ascii_alphabetic() {
            words.push(' ');
        }
        digit = c.is_ascii_digit();
        words.push(c);
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_say_their_count_and_pace_in_words() {
        let summaries: Vec<String> = built_in()
            .iter()
            .map(|stream| StreamInfo::from(stream).summary)
            .collect();
        assert_eq!(summaries, ["5 events, every 1 s", "endless, every 500 ms"]);
        assert_eq!(pace(Duration::ZERO), "as fast as it is read");
        assert_eq!(pace(Duration::from_millis(1500)), "every 1 s 500 ms");
    }
}
