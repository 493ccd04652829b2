//! What the file may contain.

mod definition;
mod events;
mod faults;
mod hostile;
mod jinja;
mod mistakes;
mod recording;
mod shape;
mod shipped;

use super::*;
use crate::stream::{Entry, Source, Template};

fn good(text: &str) -> Vec<Stream> {
    read(text).unwrap_or_else(|problem| panic!("{problem}\n{text}"))
}

/// The one stream of a file, which begins with its path.
fn one(rest: &str) -> Stream {
    let mut streams = good(&format!("[[stream]]\npath = \"/a\"\n{rest}"));
    assert_eq!(streams.len(), 1, "{rest}");
    streams.remove(0)
}

fn template(text: &str) -> Option<Template> {
    Some(Template::parse(text).expect("a template"))
}

#[test]
fn a_stream_needs_its_path_alone() {
    assert_eq!(
        one(""),
        Stream {
            path: "/a".to_owned(),
            title: "/a".to_owned(),
            from: 1,
            count: None,
            source: Source::Counter,
            events_file: None,
            pace: Pace::every(Duration::from_secs(1)),
            retry: None,
            keep_alive: None,
            keep_alive_blank: None,
            keep_alive_lines: None,
            space: true,
            headers: Vec::new(),
            line_ending: LineEnding::Lf,
            faults: Vec::new(),
        }
    );
}

#[test]
fn every_key_is_read() {
    let stream = one(r#"
title = "Ticker"
every = "500ms"
jitter = "500ms"
seed = 7
from = 0
count = 1_000_000_000
event = "{pick tick|tock}"
id = "tick-{n}"
data = '{"n": {n}}'
comment = "{now}"
retry = "1s 500ms"
keep_alive = "2s"
keep_alive_blank = false
headers = { X-Demo = "1", cache-control = "max-age=1" }
line_ending = "crlf"
"#);
    let headers: Vec<(&str, &str)> = stream
        .headers
        .iter()
        .map(|(name, value)| (name.as_str(), value.to_str().expect("ASCII")))
        .collect();
    assert_eq!(headers, [("x-demo", "1"), ("cache-control", "max-age=1")]);
    assert_eq!(
        stream,
        Stream {
            path: "/a".to_owned(),
            title: "Ticker".to_owned(),
            from: 0,
            count: Some(1_000_000_000),
            source: Source::Template(Box::new(Entry {
                comment: template("{now}"),
                retry: None,
                event: template("{pick tick|tock}"),
                id: template("tick-{n}"),
                data: template(r#"{"n": {n}}"#),
                after: None,
                ..Entry::default()
            })),
            events_file: None,
            pace: Pace {
                every: Duration::from_millis(500),
                jitter: Duration::from_millis(500),
                seed: 7,
            },
            retry: Some(1500),
            keep_alive: Some(KeepAlive::Interval(Duration::from_secs(2))),
            keep_alive_blank: Some(false),
            headers: stream.headers.clone(),
            keep_alive_lines: None,
            space: true,
            line_ending: LineEnding::CrLf,
            faults: Vec::new(),
        }
    );
    assert_eq!(one("keep_alive = false").keep_alive, Some(KeepAlive::Off));
    assert_eq!(one("line_ending = \"cr\"").line_ending, LineEnding::Cr);
    assert_eq!(one("from = 0x10").from, 16);
    assert_eq!(one("seed = 9223372036854775807").pace.seed, MAX_SEED);
    assert_eq!(one("retry = \"0ms\"").retry, Some(0));
    assert_eq!(one("every = \"1h\"").pace, Pace::every(MAX_EVERY));
    assert_eq!(one("every = \"0ms\"").pace, Pace::every(Duration::ZERO));
}

#[test]
fn what_is_not_said_is_the_number() {
    let entry = |rest: &str| match one(rest).source {
        Source::Template(entry) => *entry,
        other => panic!("{rest}: {other:?}"),
    };
    let number = Some(Template::number());
    let plain = Entry {
        id: number.clone(),
        data: number.clone(),
        ..Entry::default()
    };
    assert_eq!(entry("data = \"{n}\""), plain);
    // An empty name is none.
    assert_eq!(entry("event = \"\""), plain);
    let of = |event: &str| Entry {
        event: template(event),
        ..plain.clone()
    };
    assert_eq!(entry("event = \"tick\""), of("tick"));
    assert_eq!(
        entry("id = false"),
        Entry {
            id: None,
            ..plain.clone()
        }
    );
    // An empty id is one: it makes clients forget theirs.
    assert_eq!(
        entry("id = \"\""),
        Entry {
            id: template(""),
            ..plain
        }
    );
}

#[test]
fn an_event_in_a_list_takes_what_it_lacks_from_its_stream() {
    let stream = one(r#"
event = "tick"
comment = "note"
events = [
  "plain {n}",
  { data = "" },
  { data = "x", event = "tock", id = "a", comment = "own", retry = "3s", after = "50ms" },
  { data = "x", event = "", id = false },
  { retry = "0ms" },
  { event = "late", id = "" },
]
"#);
    let Source::List(entries) = stream.source else {
        panic!("no list");
    };
    let number = Some(Template::number());
    let (note, tick) = (template("note"), template("tick"));
    let shared = Entry {
        comment: note.clone(),
        event: tick,
        id: number,
        data: template("plain {n}"),
        ..Entry::default()
    };
    let expected = [
        shared.clone(),
        Entry {
            data: template(""),
            ..shared
        },
        Entry {
            comment: template("own"),
            retry: Some(3000),
            event: template("tock"),
            id: template("a"),
            data: template("x"),
            after: Some(Duration::from_millis(50)),
            ..Entry::default()
        },
        Entry {
            comment: note.clone(),
            data: template("x"),
            ..Entry::default()
        },
        // Without data there is nothing that a name or an id would be of.
        Entry {
            comment: note.clone(),
            retry: Some(0),
            ..Entry::default()
        },
        Entry {
            comment: note,
            event: template("late"),
            id: template(""),
            ..Entry::default()
        },
    ];
    assert_eq!(entries, expected);
    assert_eq!(stream.count, Some(6));
}

#[test]
fn a_list_is_as_long_as_it_is_unless_it_begins_again() {
    let count = |rest: &str| one(&format!("events = [\"a\", \"b\"]\n{rest}")).count;
    assert_eq!(count(""), Some(2));
    assert_eq!(count("repeat = false"), Some(2));
    assert_eq!(count("count = 1"), Some(1));
    assert_eq!(count("repeat = true"), None);
    assert_eq!(count("repeat = true\ncount = 5"), Some(5));
}

#[test]
fn toml_has_other_forms_of_the_same() {
    let written = good(
        "\u{feff}[[stream]]\r\npath = '/a'\r\nheaders.x-demo = '1'\r\n\r\n[[stream.events]]\r\ndata = 'x'\r\n",
    );
    let table = good("[[stream]]\npath = '/a'\nevents = ['x']\n[stream.headers]\nx-demo = '1'");
    let inline = good("stream = [{ path = '/a', events = ['x'], headers = { x-demo = '1' } }]");
    assert_eq!(written, table);
    assert_eq!(written, inline);
    assert_eq!(
        good("[[stream]]\npath = '/a'\n[[stream]]\npath = '/b'").len(),
        2
    );
}
