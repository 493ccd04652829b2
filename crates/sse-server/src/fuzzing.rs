//! The parsers of foreign data, for the fuzz targets. Not part of a build.
//!
//! Each function panics when a property is violated.

use std::sync::Arc;

use axum::http::{HeaderMap, HeaderValue, header};
use sse_engine::bounds::{MAX_COUNT, MAX_EVERY, MAX_FROM};
use sse_engine::fault::Fault;
use sse_engine::file;
use sse_engine::file::definition::{locate, replaced};
use sse_engine::keep_alive::KeepAlive;
use sse_engine::preview::Preview;
use sse_engine::pump::{Next, Pump};
use sse_engine::recording::Recording;
use sse_engine::stream::{Playback, Replay, Source, Speed, Stream, Variant};
use sse_engine::topics::{Batch, Draft, Subscription, TopicConfig, Topics};
use sse_engine::write_buffer::WriteBuffer;

use crate::clock;
use crate::routes::{ClientQuery, Fields, Kind, MAX_TAG, read_query};

/// A client comes back with these bytes as its last event id. A counter goes on behind a number of
/// its own, and else begins. A topic sends what comes behind one of its events, and else all that
/// it keeps behind a gap event; and whoever is cut off in that and comes back gets the rest, each
/// event once.
///
/// `BORN` in the bytes stands for when the topic began, which no fuzzer could guess.
pub fn last_event_id(id: &[u8]) {
    let id = String::from_utf8_lossy(id);
    counters(&id);

    let topics = Topics::new(TopicConfig {
        keep_events: 3,
        ..TopicConfig::default()
    });
    let topic = topics.topic("t", std::time::UNIX_EPOCH).expect("room");
    let resume = |id: Option<&str>| {
        let mut out = WriteBuffer::new();
        let subscription = Subscription::join(&topic, id).expect("it is there");
        let mut pump = Pump::subscribed(subscription, KeepAlive::Off);
        let next = pump.fill(clock::now(), &mut out);
        let published = matches!(next, Next::Wait { .. });
        assert!(published, "{next:?}");
        out.wire()
    };
    let place = read(&resume(None)).last_event_id;
    let (born, _) = place.split_once('-').expect("a place");
    let id = id.replace("BORN", born);
    for n in 1..=5 {
        let draft = Draft {
            data: n.to_string(),
            id: (n == 4).then(|| "given".to_owned()),
            ..Draft::default()
        };
        topic
            .publish_now(&Batch::one(draft))
            .expect("it is there")
            .expect("published");
    }

    let own = (0..=5).find(|n| id == format!("{born}-{n:012}"));
    let (after, gap) = match (id.as_str(), own) {
        ("", _) => (5, None),
        ("earliest", _) => (2, None),
        ("given", _) => (4, None),
        (_, Some(n @ 2..)) => (n, None),
        (_, Some(n)) => (2, Some(Some(2 - n))),
        (_, None) => (2, Some(None)),
    };
    let wire = resume(Some(&id));
    let whole = read(&wire);
    assert_eq!(whole.numbers, (after + 1..=5).collect::<Vec<u64>>());
    assert_eq!(whole.gaps, gap.into_iter().collect::<Vec<_>>());

    let ends = wire
        .windows(2)
        .enumerate()
        .filter(|(_, two)| two == b"\n\n");
    for (end, _) in ends {
        let first = read(&wire[..end + 2]);
        let rest = read(&resume(Some(&first.last_event_id)));
        assert_eq!([first.numbers, rest.numbers].concat(), whole.numbers);
        assert_eq!([first.gaps, rest.gaps].concat(), whole.gaps);
    }
}

fn counters(id: &str) {
    let counters = |stream: &Stream| stream.source == Source::Counter;
    for stream in file::shipped().into_iter().filter(counters) {
        let from = stream.from;
        let last = stream.count.map(|count| from + count - 1);
        let own: Option<u64> = id.parse().ok().filter(|n: &u64| n.to_string() == id);
        let variant = Variant::new(Arc::new(stream));
        let Ok(mut pump) = Pump::new(variant, KeepAlive::Off, Some(id)) else {
            assert!(own == last && last.is_some(), "something was left to send");
            continue;
        };
        let mut out = WriteBuffer::new();
        pump.fill(clock::now(), &mut out);
        let first = read(&out.wire()).numbers[0];
        assert!(first == from || Some(first - 1) == own, "{first}");
        assert!(last.is_none_or(|last| first <= last), "{first}");
    }
}

/// What a client makes of the bytes of a stream of numbers.
struct Read {
    /// The data of its events, without the gap events.
    numbers: Vec<u64>,
    /// How many events each gap event says are lost.
    gaps: Vec<Option<u64>>,
    last_event_id: String,
}

fn read(wire: &[u8]) -> Read {
    let mut decoder = sse_wire::Decoder::new();
    let (mut numbers, mut gaps) = (Vec::new(), Vec::new());
    decoder
        .push(wire, |decoded| {
            let sse_wire::Decoded::Event { data, event, .. } = decoded else {
                return;
            };
            if event == "gap" {
                let data: serde_json::Value = serde_json::from_str(data).expect("JSON");
                assert!(data["from"].is_string());
                gaps.push(data["lost"].as_u64());
            } else {
                numbers.push(data.parse().expect("a number"));
            }
        })
        .expect("small events");
    Read {
        numbers,
        gaps,
        last_event_id: decoder.last_event_id().to_owned(),
    }
}

/// The text of a fault: one that is printed for good, or a mistake within the text.
pub fn fault(text: &[u8]) {
    let text = String::from_utf8_lossy(text);
    match text.parse::<Fault>() {
        Ok(fault) => {
            let printed = fault.to_string();
            assert_eq!(printed.parse(), Ok(fault), "{printed}");
        }
        Err(mistake) => {
            assert!((1..=text.chars().count() + 2).contains(&mistake.column));
            assert!(mistake.to_string().len() < 2000);
        }
    }
}

/// A query of a stream: within bounds, or refused in a sentence.
pub fn query(query: &[u8]) {
    let query = String::from_utf8_lossy(query);
    match read_query(Some(&query)) {
        Ok((words, read)) => {
            assert!(read.every.is_none_or(|every| every <= MAX_EVERY));
            assert!(read.count.is_none_or(|n| (1..=MAX_COUNT).contains(&n)));
            assert!(read.from.is_none_or(|n| n <= MAX_FROM));
            let tag = words.tag.as_deref().unwrap_or("-");
            assert!((1..=MAX_TAG).contains(&tag.len()) && !tag.contains(char::is_control));
            for stream in file::shipped() {
                let variant = read.apply(&Arc::new(stream));
                let last = words.last_event_id.as_deref();
                if let Ok(mut pump) = Pump::new(variant, KeepAlive::Off, last) {
                    pump.fill(clock::now(), &mut WriteBuffer::new());
                }
            }
        }
        Err(bad) => assert!(bad.to_string().ends_with('.')),
    }
    ClientQuery::only_tag(Some(&query));
}

/// A request to publish: what is accepted arrives at a subscriber as the events that it says and no
/// more (invariant 6), what is not is refused in a sentence.
pub fn publish(content_type: &[u8], query: &[u8], body: &[u8]) {
    let mut headers = HeaderMap::new();
    if let Ok(content_type) = HeaderValue::from_bytes(content_type) {
        headers.insert(header::CONTENT_TYPE, content_type);
    }
    let query = String::from_utf8_lossy(query);
    let read =
        Kind::of(&headers).and_then(|kind| Fields::parse(Some(&query))?.batch(body.to_vec(), kind));
    let batch = match read {
        Ok(batch) => batch,
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
    let topic = topics.topic("t", std::time::UNIX_EPOCH).expect("room");
    let subscription = Subscription::join(&topic, None).expect("it is there");
    let mut pump = Pump::subscribed(subscription, KeepAlive::Off);
    let published = topic
        .publish_now(&batch)
        .expect("it is there")
        .expect("the topic is empty");
    assert_eq!((published.events, published.subscribers), (batch.len(), 1));
    let mut got = Vec::new();
    let mut decoder = sse_wire::Decoder::new();
    let mut last = String::new();
    loop {
        let mut out = WriteBuffer::new();
        let next = pump.fill(clock::now(), &mut out);
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
    let sent: Vec<_> = batch
        .events(0)
        .map(|event| {
            let name = event.event.unwrap_or("message").to_owned();
            let data = event.data.expect("an event has data");
            (name, data.replace("\r\n", "\n").replace('\r', "\n"))
        })
        .collect();
    assert_eq!(got, sent);
    assert_eq!(last, published.id);
}

/// A file of streams: a mistake is told in a sentence, with a line that is there; what is read can
/// be previewed, and each part of that decodes to one event at most (invariant 6). Each stream has
/// a definition, and that in its own place changes no byte.
pub fn streams_file(text: &[u8]) {
    let Ok(text) = str::from_utf8(text) else {
        return;
    };
    let list = match file::read(text) {
        Ok(list) => list,
        Err(problem) => {
            assert!(problem.reason.ends_with('.'), "{problem}");
            let lines = text.lines().count().max(1) + 1;
            assert!(problem.line.is_none_or(|line| (1..=lines).contains(&line)));
            return;
        }
    };
    assert!(!list.is_empty());
    for stream in list.into_iter().map(Arc::new) {
        let found = locate(text, &stream.path).expect("it was read");
        let found = found.expect("it is in the list");
        if found.alone {
            let change = replaced(text, &stream.path, &found.text, &found.text);
            assert_eq!(change.expect("it was right").text, text);
        }
        let preview = Preview::new(&stream, b"", (KeepAlive::Off, true), clock::now());
        for part in &preview.parts {
            let mut events = 0;
            sse_wire::Decoder::new()
                .push(part.bytes.as_bytes(), |decoded| {
                    events += usize::from(matches!(decoded, sse_wire::Decoded::Event { .. }));
                })
                .expect("small events");
            assert!(events <= 1, "{part:?}");
        }
    }
}

/// A file of a recording: a mistake in a line that is there, with a sentence; or a recording whose
/// text is read and written the same, with secrets and without.
pub fn recording(text: &[u8]) {
    for read in [Recording::parse(text), Recording::parse_beginning(text)] {
        match read {
            Ok(recording) => {
                written_the_same(&recording);
                replayed(&recording);
                let (clean, _) = recording.without_secrets();
                written_the_same(&clean);
                assert_eq!(clean.clone().without_secrets(), (clean, 0));
            }
            Err(mistake) => {
                assert!(mistake.sentence().ends_with('.'), "{mistake}");
                let lines = text.split_inclusive(|byte| *byte == b'\n').count().max(1);
                assert!(mistake.line.is_some_and(|line| (1..=lines).contains(&line)));
            }
        }
    }
}

/// What can be replayed is replayed to the byte, without a pause.
fn replayed(recording: &Recording) {
    let (Ok(replay), Some(first)) = (Replay::new(recording), recording.exchanges().next()) else {
        return;
    };
    let pieces = first.pieces();
    let recorded: Vec<u8> = pieces
        .iter()
        .flat_map(|piece| piece.bytes.clone())
        .collect();
    let playback = Playback {
        replay: Arc::new(replay),
        speed: Speed::Max,
        step: false,
    };
    let stream = Stream::replaying("/a".to_owned(), "a".to_owned(), playback);
    let pump = Pump::new(Variant::new(Arc::new(stream)), KeepAlive::default(), None);
    let mut pump = pump.expect("there is a response");
    let (mut out, mut sent) = (WriteBuffer::new(), Vec::new());
    let start = clock::now();
    // Each piece, each fault and the end takes a visit; a piece of this text is one MiB at most.
    for _ in 0..recording.steps().len() + 2 {
        out.clear();
        let next = pump.fill(start, &mut out);
        sent.extend_from_slice(&out.wire());
        if next != Next::More {
            break;
        }
    }
    assert_eq!(sent, recorded);
}

/// A file of any format: a sentence; or a recording that is written the same, and whose bytes a HAR
/// keeps.
pub fn recording_any(file: &[u8]) {
    match Recording::parse_any(file) {
        Ok(imported) => {
            written_the_same(&imported.recording);
            let har = imported.recording.to_har();
            let again = Recording::parse_any(&har)
                .expect("it was written by us")
                .recording;
            let bodies = |recording: &Recording| -> Vec<Vec<u8>> {
                let pieces = recording.exchanges().map(|exchange| exchange.pieces());
                pieces
                    .map(|pieces| pieces.into_iter().flat_map(|piece| piece.bytes).collect())
                    .collect()
            };
            assert_eq!(bodies(&again), bodies(&imported.recording));
        }
        Err(mistake) => assert!(mistake.to_string().ends_with('.'), "{mistake}"),
    }
}

fn written_the_same(recording: &Recording) {
    let text = recording.to_text();
    let again = Recording::parse(&text).expect("it was written by us");
    assert_eq!(&again, recording);
    assert_eq!(again.to_text(), text);
}
