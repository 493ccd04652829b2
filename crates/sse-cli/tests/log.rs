//! What `sse serve` writes to stderr of its connections.

#![cfg(unix)] // Signals.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;
use support::{Serving, read_until};

/// A client that reads one event, and leaves.
fn comes_and_goes(serving: &Serving, path: &str) {
    read_until(&mut serving.get(path), "data: 1\n\n");
}

#[test]
fn a_connect_an_end_and_a_verdict_are_a_line_each() {
    let mut serving = Serving::logging(&[]);
    let mut told = serving.stderr();
    let mut line = || told.next().expect("open").expect("UTF-8");
    comes_and_goes(&serving, "/endless?client=dash&token=s3cret");
    let opened = line();
    assert!(opened.contains("Z #1 GET /endless (dash, "), "{opened}");
    assert!(opened.ends_with("): opened"), "{opened}");
    let ended = line();
    assert!(ended.contains("): ended by the client ("), "{ended}");
    assert!(ended.contains("), 1 event, "), "{ended}");
    let mut back = serving.get("/endless?client=dash&token=s3cret");
    read_until(&mut back, "data: 1\n\n");
    let opened = line();
    assert!(opened.contains("Z #2 GET /endless (dash, "), "{opened}");
    let said = line();
    assert!(said.contains("): BAD: came back after "), "{said}");
    assert!(
        said.contains("starts over: 1 again. It makes a new EventSource"),
        "{said}"
    );
    // How the streams end is said before the program ends.
    serving.signal("TERM");
    let ended = line();
    assert!(ended.contains("#2 GET /endless"), "{ended}");
    assert!(ended.contains("ended by the server (stopped)"), "{ended}");
    assert!(told.next().is_none());
}

#[test]
fn no_line_has_a_secret_of_a_request() {
    for log in ["text", "json"] {
        let mut serving = Serving::logging(&["--log", log]);
        let mut told = serving.stderr();
        let mut client = serving.connect();
        let host = &serving.addr;
        let secrets = "Authorization: Bearer s3cret\r\nCookie: s3cret\r\nX-Api-Key: s3cret\r\n";
        for target in ["/numbers?count=0&token=s3cret", "/nothing?key=s3cret"] {
            write!(
                client,
                "GET {target} HTTP/1.1\r\nhost: {host}\r\n{secrets}\r\n"
            )
            .expect("it reads");
        }
        for status in ["400", "404"] {
            let line = told.next().expect("open").expect("UTF-8");
            assert!(line.contains("/n") && !line.contains("s3cret"), "{line}");
            assert!(line.contains(status), "{line}");
        }
        serving.signal("TERM");
        assert!(told.all(|line| !line.expect("UTF-8").contains("s3cret")));
    }
}

#[test]
fn as_json_each_line_is_an_object() {
    let mut serving = Serving::logging(&["--log", "json"]);
    let mut told = serving.stderr();
    let mut read = || {
        let line = told.next().expect("open").expect("UTF-8");
        serde_json::from_str::<Value>(&line).expect("JSON")
    };
    comes_and_goes(&serving, "/numbers?every=1h&count=13&client=chat");
    let opened = read();
    assert_eq!(opened["event"], "opened");
    assert_eq!(opened["stream"], "/numbers");
    assert_eq!(opened["client"], "chat");
    assert!(opened["at_ms"].as_u64().is_some());
    let ended = read();
    assert_eq!(ended["event"], "ended");
    assert_eq!(ended["connection"], opened["connection"]);
    assert_eq!(
        (&ended["cut"]["after"], &ended["cut"]["of"]),
        (&1.into(), &13.into())
    );
    serving.signal("TERM");
    assert!(told.next().is_none());
}

/// A full pipe once stopped the whole server.
#[test]
fn a_reader_that_does_not_read_stops_nobody() {
    let mut serving = Serving::logging(&[]);
    for _ in 0..6000 {
        let mut stream = serving.get("/numbers?every=0ms&count=1");
        stream.read_to_end(&mut Vec::new()).expect("its end");
    }
    comes_and_goes(&serving, "/endless");
    // What there was no room for is counted, where it is missing.
    let mut told = serving.stderr().map(|line| line.expect("UTF-8"));
    let dropped = told.find(|line| line.contains("lines of the log were dropped"));
    assert!(dropped.is_some());
    let mut last: TcpStream = serving.get("/endless?client=last");
    read_until(&mut last, "data: 1\n\n");
    assert!(told.any(|line| line.contains("(last, ")));
    serving.signal("TERM");
    told.for_each(drop);
    assert_eq!(serving.code(), Some(0));
}

/// It ends all the same, and soon.
#[test]
fn at_the_end_nobody_is_waited_for_who_does_not_read() {
    let serving = Serving::logging(&[]);
    for _ in 0..700 {
        let mut stream = serving.get("/numbers?every=0ms&count=1");
        stream.read_to_end(&mut Vec::new()).expect("its end");
    }
    serving.signal("TERM");
    assert_eq!(serving.code(), Some(0));
}
