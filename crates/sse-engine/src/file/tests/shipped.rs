//! The shipped file, with which a person begins: what its comments claim is true.

use std::time::{Duration, SystemTime};

use sse_wire::{Decoded, Decoder, LineEnding, encode};

use super::good;
use crate::file::SHIPPED_STREAMS;
use crate::stream::{Moment, Pace, Request, Source, Stream};

/// What is sent for all events of a stream.
fn bytes(stream: &Stream) -> Vec<u8> {
    let Source::List(entries) = &stream.source else {
        panic!("{} is no list", stream.path);
    };
    let mut out = Vec::new();
    for (entry, n) in entries.iter().zip(stream.from..) {
        let moment = Moment {
            n,
            seed: stream.pace.seed,
            wall: SystemTime::UNIX_EPOCH,
        };
        let made = entry.made(&moment, &Request::default()).expect("made");
        let event = made.event(entry.retry);
        encode(&event, stream.line_ending, &mut out);
    }
    out
}

fn shipped(path: &str) -> Stream {
    let found = good(SHIPPED_STREAMS)
        .into_iter()
        .find(|stream| stream.path == path);
    found.unwrap_or_else(|| panic!("there is no {path}"))
}

#[test]
fn the_shipped_file_holds_the_streams_that_it_promises() {
    let streams = good(SHIPPED_STREAMS);
    let paths: Vec<&str> = streams.iter().map(|stream| stream.path.as_str()).collect();
    assert_eq!(
        paths,
        [
            "/numbers",
            "/endless",
            "/named",
            "/json",
            "/tokens",
            "/log",
            "/every-line"
        ]
    );
    let counter = |path: &str, title: &str, count, every| Stream {
        path: path.to_owned(),
        title: title.to_owned(),
        from: 1,
        count,
        source: Source::Counter,
        events_file: None,
        pace: Pace::every(Duration::from_millis(every)),
        retry: Some(1000),
        keep_alive: None,
        keep_alive_blank: None,
        keep_alive_lines: None,
        space: true,
        headers: Vec::new(),
        line_ending: LineEnding::Lf,
        faults: Vec::new(),
    };
    assert_eq!(
        streams[0],
        counter("/numbers", "Finite stream", Some(5), 1000)
    );
    assert_eq!(streams[1], counter("/endless", "Endless stream", None, 500));
    let counts: Vec<Option<u64>> = streams.iter().map(|stream| stream.count).collect();
    assert_eq!(counts, [Some(5), None, None, None, Some(13), None, Some(8)]);
    let long = SHIPPED_STREAMS
        .lines()
        .filter(|line| line.chars().count() > 120);
    assert_eq!(long.count(), 0);
}

#[test]
fn the_shipped_json_is_json() {
    let Source::Template(entry) = shipped("/json").source else {
        panic!("no template");
    };
    for n in 1..100 {
        let moment = Moment {
            n,
            seed: 7,
            wall: SystemTime::UNIX_EPOCH,
        };
        let made = entry.made(&moment, &Request::default()).expect("made");
        let data = made.event(None).data.expect("data");
        let value: serde_json::Value = serde_json::from_str(data).expect("JSON");
        let price = value["price"].as_f64().expect("a number");
        assert!((90.0..=110.0).contains(&price), "{data}");
        assert_eq!(value["n"], n);
    }
    let mut decoder = Decoder::new();
    let mut text = String::new();
    let mut last = String::new();
    let read = |decoded: Decoded<'_>| {
        if let Decoded::Event { data, .. } = decoded {
            last = data.to_owned();
            let value: Option<serde_json::Value> = serde_json::from_str(data).ok();
            let content = value
                .as_ref()
                .and_then(|value| value["choices"][0]["delta"]["content"].as_str());
            text.push_str(content.unwrap_or_default());
        }
    };
    decoder
        .push(&bytes(&shipped("/tokens")), read)
        .expect("small");
    assert_eq!(text, "A stream is a response that takes its time.");
    assert_eq!(last, "[DONE]");
    assert_eq!(decoder.last_event_id(), "");
}

#[test]
fn the_shipped_tour_of_the_format_is_read_as_it_says() {
    let bytes = bytes(&shipped("/every-line"));
    assert_eq!(
        String::from_utf8_lossy(&bytes),
        ": a comment, which clients skip\n\n\
         retry: 2000\n\n\
         event: full\nid: a\ndata: name, id and data\n\n\
         id: b\ndata: first line\ndata: second line\ndata: \ndata: last line, after an empty one\n\n\
         event: empty\nid: c\ndata: \n\n\
         data: still after c\n\n\
         id: \ndata: the id is forgotten\n\n\
         : two lines\n: of comment\nretry: 1000\nevent: last\nid: z\ndata: 8 of 8\n\n"
    );
    let mut seen = Vec::new();
    let read = |decoded: Decoded<'_>| {
        seen.push(match decoded {
            Decoded::Comment(text) => format!(": {text}"),
            Decoded::Retry(millis) => format!("retry {millis}"),
            Decoded::Event {
                event,
                data,
                last_event_id,
            } => format!("{event} [{last_event_id}] {data}"),
        });
    };
    let mut decoder = Decoder::new();
    decoder.push(&bytes, read).expect("small");
    assert_eq!(
        seen,
        [
            ": a comment, which clients skip",
            "retry 2000",
            "full [a] name, id and data",
            "message [b] first line\nsecond line\n\nlast line, after an empty one",
            "empty [c] ",
            "message [c] still after c",
            "message [] the id is forgotten",
            ": two lines",
            ": of comment",
            "retry 1000",
            "last [z] 8 of 8",
        ]
    );
}
