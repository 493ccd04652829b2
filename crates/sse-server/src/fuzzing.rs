//! The parsers that read what strangers send, for the fuzz targets. Not part of a build.
//!
//! Each function panics when a property is violated.

use axum::http::HeaderValue;

use crate::config::{KeepAlive, TopicConfig};
use crate::publish::{Draft, Fields, is_lines};
use crate::pump::{Next, Out, Pump};
use crate::query::Overrides;
use crate::stream;
use crate::topics::Topics;

/// A client comes back with these bytes as its last event id, to counters and to a topic: it gets the
/// rest, all, or nothing, and in a topic no event before the oldest and none twice.
pub fn last_event_id(id: &[u8]) {
    let id = String::from_utf8_lossy(id);
    let now = std::time::Instant::now();
    for stream in stream::built_in() {
        if let Some(mut pump) = Pump::new(&stream, KeepAlive::Off, Some(&id)) {
            let mut out = Out::new();
            pump.fill(now, &mut out);
            assert!(out.len() > 0, "something was left to send");
        }
    }
    let topics = Topics::new(TopicConfig {
        keep_events: 3,
        ..TopicConfig::default()
    });
    let topic = topics.topic("t").expect("room");
    for n in 1..=5 {
        let draft = Draft {
            data: n.to_string(),
            id: (n == 4).then(|| "given".to_owned()),
            ..Draft::default()
        };
        topic.publish(&[draft]).expect("published");
    }
    let mut pump = Pump::subscribed(topic.subscribe(Some(&id)), KeepAlive::Off);
    let mut out = Out::new();
    assert!(matches!(
        pump.fill(now, &mut out),
        Next::Wait {
            published: true,
            ..
        }
    ));
    let mut data = Vec::new();
    sse_wire::Decoder::new()
        .push(&out.wire(), |decoded| {
            if let sse_wire::Decoded::Event { data: d, event, .. } = decoded
                && event != "gap"
            {
                data.push(d.parse::<u64>().expect("a number"));
            }
        })
        .expect("small events");
    assert!(data.iter().all(|n| (3..=5).contains(n)));
    assert!(data.is_sorted_by(|a, b| a + 1 == *b), "{data:?}");
}

/// A query of a stream: within bounds, or refused in a sentence.
pub fn query(query: &[u8]) {
    let query = String::from_utf8_lossy(query);
    match Overrides::parse(Some(&query)) {
        Ok(read) => {
            for stream in stream::built_in() {
                let stream = read.apply(&stream);
                let last = read.last_event_id.as_deref();
                if let Some(mut pump) = Pump::new(&stream, KeepAlive::Off, last) {
                    pump.fill(std::time::Instant::now(), &mut Out::new());
                }
            }
        }
        Err(bad) => assert!(bad.to_string().ends_with('.')),
    }
    Overrides::only_client(Some(&query));
}

/// A request to publish: what is accepted arrives at a subscriber as the events that it says and no more
/// (invariant 6), what is not is refused in a sentence.
pub fn publish(content_type: &[u8], query: &[u8], body: &[u8]) {
    let kind = HeaderValue::from_bytes(content_type).ok();
    let query = String::from_utf8_lossy(query);
    let read = Fields::parse(Some(&query))
        .and_then(|fields| fields.drafts(body.to_vec(), is_lines(kind.as_ref())));
    let drafts = match read {
        Ok(drafts) => drafts,
        Err(error) => {
            assert!(error.to_string().ends_with('.'), "{error}");
            return;
        }
    };
    let topics = Topics::new(TopicConfig {
        keep_bytes: usize::MAX,
        keep_events: usize::MAX,
        max_lag: u64::MAX,
        ..TopicConfig::default()
    });
    let topic = topics.topic("t").expect("room");
    let mut pump = Pump::subscribed(topic.subscribe(None), KeepAlive::Off);
    let published = topic.publish(&drafts).expect("the topic is empty");
    assert_eq!((published.events, published.subscribers), (drafts.len(), 1));
    let mut got = Vec::new();
    let mut decoder = sse_wire::Decoder::new();
    let mut last = String::new();
    loop {
        let mut out = Out::new();
        let next = pump.fill(std::time::Instant::now(), &mut out);
        decoder
            .push(&out.wire(), |decoded| {
                if let sse_wire::Decoded::Event {
                    data,
                    event,
                    last_event_id,
                } = decoded
                {
                    got.push((event.to_owned(), data.to_owned()));
                    last_event_id.clone_into(&mut last);
                }
            })
            .expect("as large as the body at most");
        if next != Next::More {
            break;
        }
    }
    let sent: Vec<_> = drafts
        .into_iter()
        .map(|draft| {
            let name = draft.event.unwrap_or_else(|| "message".to_owned());
            (name, draft.data.replace("\r\n", "\n").replace('\r', "\n"))
        })
        .collect();
    assert_eq!(got, sent);
    assert_eq!(last, published.id);
}
