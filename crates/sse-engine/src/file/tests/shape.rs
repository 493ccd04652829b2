//! What is on the wire besides the texts of events.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::mistakes::refused;
use super::one;
use crate::keep_alive::KeepAlive;
use crate::pump::{Next, Pump};
use crate::stream::{Stream, Variant};
use crate::time::Now;
use crate::write_buffer::WriteBuffer;

/// What a client is sent within this time.
fn sent(stream: Stream, within: Duration) -> String {
    let start = Now {
        instant: Instant::now(),
        wall: SystemTime::UNIX_EPOCH,
    };
    let variant = Variant::new(Arc::new(stream));
    let mut pump = Pump::new(variant, KeepAlive::Off, None).expect("it has events");
    pump = pump.with_blank(true);
    let (mut now, mut all) = (start, Vec::new());
    let mut out = WriteBuffer::new();
    loop {
        out.clear();
        let next = pump.fill(now, &mut out);
        all.extend(out.wire());
        match next {
            Next::Wait { at: Some(at) } if at <= start.instant + within => {
                now = start.after(at - start.instant);
            }
            Next::More => {}
            _ => return String::from_utf8_lossy(&all).into_owned(),
        }
    }
}

#[test]
fn raw_bytes_are_sent_as_they_are() {
    let stream = one(r#"
every = "0ms"
retry = "1s"
id = false
events = [{ raw = ': a\r\n\n' }, { raw = 'data: \xc3\n' }, "x"]"#);
    assert_eq!(
        sent(stream, Duration::ZERO),
        ": a\r\n\ndata: \u{fffd}\nretry: 1000\ndata: x\n\n"
    );
    refused(&[
        (
            "raw = 'x'",
            3,
            "raw is no key of a stream: put it into one of its events.",
        ),
        (
            "events = [{ raw = 'x', data = 'y' }]",
            3,
            "is all that is sent: leave data out.",
        ),
        ("events = [{ raw = '' }]", 3, "has nothing in it"),
        (
            "events = [{ raw = '\\q' }]",
            3,
            "has a backslash that begins no escape",
        ),
        (
            "events = [{ raw = 'a\\' }]",
            3,
            "has a backslash that begins no escape",
        ),
        (
            "events = [{ raw = '\\xf' }]",
            3,
            "has a backslash that begins no escape",
        ),
        ("events = [{ raw = 5 }]", 3, "raw = 5 is no text"),
    ]);
}

#[test]
fn events_can_be_in_a_file_beside_this_one() {
    let stream = one("events_file = \"prices.csv\"\nevent = \"price\"\nid = false");
    assert_eq!(stream.events_file.as_deref(), Some("prices.csv"));
    let names = [
        "a.txt",
        "",
        "/a.csv",
        "../a.csv",
        "a/b.csv",
        ".csv",
        "a.csv/",
        "a\\\\b.csv",
        "a:b.csv",
    ];
    for name in names {
        let text = format!("events_file = \"{name}\"");
        refused(&[(&text, 3, "is no name of a file beside this one")]);
    }
    for key in [
        "data = \"x\"",
        "comment = \"x\"",
        "pad = \"1kB\"",
        "events = [\"a\"]",
    ] {
        let text = format!("events_file = \"a.csv\"\n{key}");
        let words = format!(
            "has the events: leave {} out.",
            &key[..key.len().min(key.find(' ').unwrap_or(0))]
        );
        refused(&[(&text, 3, &words)]);
    }
}

#[test]
fn data_is_grown_to_a_size() {
    let data = |rest: &str| {
        let stream = one(&format!("every = \"0ms\"\ncount = 1\nid = false\n{rest}"));
        let sent = sent(stream, Duration::ZERO);
        let data = sent
            .strip_prefix("data: ")
            .and_then(|it| it.strip_suffix("\n\n"));
        data.expect("one event").to_owned()
    };
    let padded = data("data = '{\"n\": {n}}'\npad = \"64kB\"");
    assert_eq!((padded.len(), padded.trim_end()), (64_000, "{\"n\": 1}"));
    assert_eq!(data("pad = \"4MiB\"").len(), 4 << 20);
    assert_eq!(data("data = 'long'\npad = \"2B\""), "long");
    assert_eq!(data("pad = \"9B\"\nevents = ['x']").len(), 9);
    assert_eq!(
        data("pad = \"9B\"\nevents = [{ data = 'x', pad = \"12B\" }]").len(),
        12
    );
    refused(&[
        ("pad = 64", 3, "pad = 64 is no size from 1B to 4MiB"),
        ("pad = \"0B\"", 3, "is no size"),
        ("pad = \"5MiB\"", 3, "is no size"),
        ("pad = \"99999999999999MiB\"", 3, "is no size"),
    ]);
}

#[test]
fn lines_have_no_space_behind_the_colon_where_none_is_wanted() {
    let stream =
        one("space = false\ncount = 1\nevent = \"a\"\ncomment = \"c\"\ndata = \"x: y\\n z\"");
    let first = sent(stream, Duration::ZERO);
    assert_eq!(first, ":c\nevent:a\nid:1\ndata:x: y\ndata:  z\n\n");
    let counter = sent(one("space = false\ncount = 1"), Duration::ZERO);
    assert_eq!(counter, "id:1\ndata:1\n\n");
    refused(&[("space = \"no\"", 3, "is neither true nor false")]);
}

#[test]
fn a_connection_is_kept_alive_by_lines_of_ones_own() {
    let alive = |rest: &str| {
        let stream = one(&format!("every = \"10s\"\nkeep_alive = \"4s\"\n{rest}"));
        let sent = sent(stream, Duration::from_secs(5));
        sent.strip_prefix("id: 1\ndata: 1\n\n").map(str::to_owned)
    };
    let lines = |lines: &str, sent: &str| {
        assert_eq!(alive(lines).as_deref(), Some(sent), "{lines}");
    };
    lines("", ": keep-alive\n\n");
    lines("keep_alive_lines = \":\"", ":\n\n");
    lines(
        "keep_alive_lines = \": ping\"\nkeep_alive_blank = false",
        ": ping\n",
    );
    lines(
        "keep_alive_lines = \"event: ping\"\nkeep_alive_blank = false",
        "event: ping\n",
    );
    lines(
        "keep_alive_lines = '''\nevent: ping\ndata: {\"type\": \"ping\"}\n'''",
        "event: ping\ndata: {\"type\": \"ping\"}\n\n",
    );
    let crlf = one(
        "every = \"10s\"\nkeep_alive = \"4s\"\nline_ending = \"crlf\"\nkeep_alive_lines = \":a\\n:b\"",
    );
    let crlf = sent(crlf, Duration::from_secs(5));
    assert!(crlf.ends_with("\r\n\r\n:a\r\n:b\r\n\r\n"), "{crlf:?}");
    refused(&[
        ("keep_alive_lines = \"\"", 3, "has an empty line, or none"),
        (
            "keep_alive_lines = \"a\\n\\nb\"",
            3,
            "has an empty line, or none",
        ),
        (
            "keep_alive_lines = \"a\\rb\"",
            3,
            "has an empty line, or none",
        ),
        ("keep_alive_lines = \"id: 5\"", 3, "has an id"),
        ("keep_alive_lines = 5", 3, "is no text"),
    ]);
    let long = format!("keep_alive_lines = \"{}\"", "x".repeat(1025));
    refused(&[(&long, 3, "is too long: make it 1024 bytes at most.")]);
}
