//! `sse publish` as a person and a script use it, against the real server: what is sent, what is
//! printed, and what is said when it cannot be done.

#![cfg(unix)] // `sse serve` is ended with signals.

mod support;

use std::io::{ErrorKind, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::thread;

use support::{SSE, Serving, read_until, run};

const MIB: usize = 1024 * 1024;

/// `sse publish` with something on stdin.
fn publish(args: &[&str], stdin: &[u8]) -> (Option<i32>, String, String) {
    let mut child = Command::new(SSE)
        .arg("publish")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut pipe = child.stdin.take().expect("piped");
    let bytes = stdin.to_vec();
    let writer = thread::spawn(move || pipe.write_all(&bytes));
    let output = child.wait_with_output().expect("it ends");
    match writer.join().expect("no panic") {
        // What it does not want, it does not read.
        Err(e) if e.kind() != ErrorKind::BrokenPipe => panic!("{e}"),
        _ => {}
    }
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code(),
        text(output.stdout),
        text(output.stderr),
    )
}

/// What was published, by the id that was printed.
fn published((code, stdout, stderr): (Option<i32>, String, String)) -> String {
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let id = stdout.strip_suffix('\n').expect("one line");
    assert!(!id.contains('\n') && !id.is_empty(), "{stdout:?}");
    id.to_owned()
}

/// What was refused, by its one sentence.
fn refused(done: (Option<i32>, String, String)) -> String {
    failed(1, done)
}

/// What failed with this exit code, by its one sentence.
fn failed(expected: i32, (code, stdout, stderr): (Option<i32>, String, String)) -> String {
    assert_eq!((code, stdout.as_str()), (Some(expected), ""), "{stderr}");
    let sentence = stderr.strip_prefix("sse: ").expect("who speaks");
    assert_eq!(sentence.matches('\n').count(), 1, "{sentence}");
    assert!(sentence.ends_with(".\n"), "{sentence}");
    sentence.trim_end().to_owned()
}

/// A subscriber that has its place. HTTP/1.0, so that the bytes come without a framing around them.
fn subscribe(serving: &Serving, path: &str) -> TcpStream {
    let mut stream = serving.connect();
    let host = &serving.addr;
    write!(stream, "GET {path} HTTP/1.0\r\nhost: {host}\r\n\r\n").expect("it reads");
    let head = read_until(&mut stream, "\r\n\r\n");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    read_until(&mut stream, "\n\n");
    stream
}

/// A server that is not ours: it answers the first request with these bytes, reads none, and
/// closes.
fn stranger(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("bound").to_string();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("somebody comes");
        // So that the answer is to a request, and not before it.
        _ = stream.read(&mut [0; 16]);
        _ = stream.write_all(answer);
    });
    addr
}

#[test]
fn a_subscriber_receives_what_was_published_and_the_id_is_printed() {
    let serving = Serving::start(&[]);
    let url = format!("http://{}/topics/news", serving.addr);
    let mut stream = subscribe(&serving, "/topics/news");
    let id = published(run(&["publish", &url, "héllo wörld"]));
    assert_eq!(
        read_until(&mut stream, "\n\n"),
        format!("id: {id}\ndata: héllo wörld\n\n")
    );
    let next = published(run(&["publish", &url]));
    assert_eq!(
        read_until(&mut stream, "\n\n"),
        format!("id: {next}\ndata: \n\n")
    );
    assert!(next > id, "ids sort: {id}, {next}");
}

#[test]
fn event_id_and_retry_arrive_whatever_they_hold() {
    let serving = Serving::start(&[]);
    // The URL's own query is kept, and the scheme may be left out.
    let url = format!("{}/topics/news?retry=5", serving.addr);
    let mut stream = subscribe(&serving, "/topics/news");
    let (event, id) = ("a b&id=c%20+é#?", "=7&x=é y");
    let args = ["publish", &url, "--event", event, "--id", id, "-5"];
    assert_eq!(published(run(&args)), id);
    assert_eq!(
        read_until(&mut stream, "\n\n"),
        format!("retry: 5\nevent: {event}\nid: {id}\ndata: -5\n\n")
    );
    let sentence = refused(run(&["publish", &url, "--retry", "6"]));
    assert!(sentence.contains("retry is given twice"), "{sentence}");
    let sentence = refused(run(&["publish", &url, "--id", id]));
    assert!(sentence.contains("still kept"), "{sentence}");
    let sentence = refused(run(&["publish", &url, "--event", "a\nb"]));
    assert!(sentence.contains("CR, LF or NUL"), "{sentence}");
}

#[test]
fn stdin_is_published_byte_for_byte() {
    let serving = Serving::start(&[]);
    let url = format!("{}/topics/news", serving.addr);
    let mut stream = subscribe(&serving, "/topics/news");
    let id = published(publish(
        &[&url, "-"],
        " a\tb\0\u{FEFF}é\r\n\n:c\n".as_bytes(),
    ));
    let lines = "data:  a\tb\0\u{FEFF}é\ndata: \ndata: :c\ndata: \n\n";
    assert_eq!(
        read_until(&mut stream, "\n\n"),
        format!("id: {id}\n{lines}")
    );
    let id = published(publish(&[&url, "-"], b""));
    assert_eq!(
        read_until(&mut stream, "\n\n"),
        format!("id: {id}\ndata: \n\n")
    );
    let sentence = refused(publish(&[&url, "-"], b"a\xFFb"));
    assert!(sentence.contains("not UTF-8"), "{sentence}");
}

#[test]
fn one_mib_is_published_and_one_byte_more_is_refused_by_the_server() {
    let serving = Serving::start(&[]);
    let url = format!("{}/topics/large", serving.addr);
    let mut stream = subscribe(&serving, "/topics/large");
    let mut data = "0123456789abcdef".repeat(MIB / 16);
    let reader = thread::spawn(move || read_until(&mut stream, "\n\n"));
    let id = published(publish(&[&url, "-"], data.as_bytes()));
    let got = reader.join().expect("no panic");
    assert!(
        got == format!("id: {id}\ndata: {data}\n\n"),
        "{}",
        got.len()
    );

    data.push('x');
    let sentence = refused(publish(&[&url, "-"], data.as_bytes()));
    assert!(sentence.contains("longer than 1048576 bytes"), "{sentence}");
    let sentence = refused(publish(&[&url, "-"], &vec![b'x'; 16 * MIB]));
    assert!(sentence.contains("longer than 1048576 bytes"), "{sentence}");
    let sentence = refused(publish(&[&url, "-"], &vec![b'x'; 16 * MIB + 1]));
    assert!(sentence.contains("more than 16 MiB on stdin"), "{sentence}");
}

#[test]
fn ndjson_is_one_event_a_line_and_the_last_id_is_printed() {
    let serving = Serving::start(&[]);
    let url = format!("{}/topics/news", serving.addr);
    let mut stream = subscribe(&serving, "/topics/news");
    let args = [&url, "-", "--ndjson", "--event", "e"];
    let id = published(publish(&args, b"{\"a\": 1}\r\n\n[2]\n\"three\""));
    let mut last = String::new();
    for data in ["{\"a\": 1}", "[2]", "\"three\""] {
        last = read_until(&mut stream, "\n\n");
        assert!(
            last.starts_with("event: e\nid: ") && last.ends_with(&format!("\ndata: {data}\n\n")),
            "{last}"
        );
    }
    assert!(last.contains(&format!("id: {id}\n")), "{last}");
    let id = published(run(&["publish", &url, "{}", "--ndjson"]));
    assert!(read_until(&mut stream, "\n\n").contains(&id));

    let sentence = refused(publish(&args, b"1\nnot json\n"));
    assert!(sentence.contains("Line 2 is not JSON"), "{sentence}");
    let sentence = refused(publish(&args, b"\n"));
    assert!(sentence.contains("no event"), "{sentence}");
}

#[test]
fn localhost_is_either_family() {
    for (host, addresses) in [
        ("localhost", &["localhost", "127.0.0.1", "[::1]"][..]),
        ("127.0.0.1", &["localhost", "127.0.0.1"]),
        ("::1", &["localhost", "[::1]"]),
    ] {
        let serving = Serving::start(&["--host", host]);
        let port = serving.addr.rsplit(':').next().expect("a port");
        for address in addresses {
            published(run(&["publish", &format!("{address}:{port}/topics/a")]));
        }
    }
}

#[test]
fn a_url_that_is_no_topic_is_told_what_it_is() {
    let serving = Serving::start(&[]);
    let addr = &serving.addr;
    for (code, url, hint) in [
        (
            1,
            format!("{addr}/numbers"),
            "/numbers is a stream, not a topic",
        ),
        (1, format!("{addr}/endless?x"), "/endless is a stream"),
        (1, addr.clone(), "/ does not answer POST"),
        (1, format!("{addr}/topics/"), "not the name of a topic"),
        (1, format!("{addr}/topics/a%20b"), "not the name of a topic"),
        (1, format!("{addr}/nothing"), "There is nothing at /nothing"),
        (2, format!("ws://{addr}/topics/a"), "ws is not"),
        (3, format!("https://{addr}/topics/a"), "There is no TLS"),
        (2, "::".to_owned(), "is not a URL"),
        (
            3,
            "no-such-host.invalid/topics/a".to_owned(),
            "is not found",
        ),
    ] {
        let sentence = failed(code, run(&["publish", &url]));
        assert!(sentence.contains(hint), "{url}: {sentence}");
    }
}

#[test]
fn that_nothing_listens_is_said_with_what_to_do() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("bound");
    // A client's own port: nothing listens on it, and while it is held no other program is given
    // it. At this address only: `localhost` is [::1] too, where another once was.
    let held = TcpStream::connect(addr).expect("it listens");
    let port = held.local_addr().expect("bound").port();
    let sentence = failed(3, run(&["publish", &format!("127.0.0.1:{port}/topics/a")]));
    assert_eq!(
        sentence,
        format!(
            "Nothing listens on 127.0.0.1:{port}: start it with `sse serve --port {port}`, or give another URL."
        )
    );
}

#[test]
fn an_answer_that_is_not_ours_is_told_apart() {
    for (answer, hint) in [
        (
            &b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 2\r\n\r\nhi"[..],
            "(200 OK)",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 8\r\n\r\n{\"id\":7}",
            "(200 OK)",
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 13\r\n\r\n{\"id\":\"a\\nb\"}",
            "(200 OK)",
        ),
        (
            b"HTTP/1.1 301 Moved Permanently\r\nlocation: /\r\ncontent-length: 0\r\n\r\n",
            "(301 Moved Permanently)",
        ),
        (
            b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\n\r\n<html>",
            "(502 Bad Gateway)",
        ),
        (b"SSH-2.0-OpenSSH_9.2p1\r\n", "(its answer is not HTTP)"),
        (
            b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\ncontent-length: 99\r\n\r\nhalf",
            "(its answer is incomplete",
        ),
        (b"", "closed the connection without an answer"),
    ] {
        let addr = stranger(answer);
        let sentence = failed(3, run(&["publish", &format!("{addr}/topics/a"), "x"]));
        assert!(sentence.starts_with(&addr), "{sentence}");
        assert!(sentence.contains(hint), "{sentence}");
    }
    // What a terminal would obey is not passed on.
    let addr = stranger(
        b"HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain\r\n\r\nid=\x1b[2J is taken.\nmore",
    );
    let sentence = refused(run(&["publish", &format!("{addr}/topics/a")]));
    assert_eq!(sentence, "id=\u{FFFD}[2J is taken.");
}

/// A server that refuses need not read the body. The client, which still wrote, met a connection
/// that was reset and said that, although the reason had arrived.
#[test]
fn a_refusal_is_heard_by_a_client_that_still_writes() {
    for _ in 0..20 {
        let addr = stranger(
            b"HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\nNot you.\n",
        );
        let data = vec![b'x'; 8 * MIB];
        let sentence = refused(publish(&[&format!("{addr}/topics/a"), "-"], &data));
        assert_eq!(sentence, "Not you.");
    }
}

#[test]
fn that_nobody_reads_the_id_is_no_failure() {
    let serving = Serving::start(&[]);
    let mut child = Command::new(SSE)
        .args(["publish", &format!("{}/topics/a", serving.addr), "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the program was built");
    // It prints only after stdin has ended.
    drop(child.stdout.take());
    drop(child.stdin.take());
    let output = child.wait_with_output().expect("it ends");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!((output.status.code(), &*stderr), (Some(0), ""));
}

#[test]
fn the_server_keeps_and_drops_as_it_was_told() {
    let serving = Serving::start(&["--keep-events", "2", "--max-topics", "1"]);
    let url = format!("{}/topics/a", serving.addr);
    for data in ["1", "2", "3"] {
        published(run(&["publish", &url, data]));
    }
    let mut stream = serving.get("/topics/a?lastEventId=earliest");
    let kept = read_until(&mut stream, "data: 3\n\n");
    assert!(
        kept.contains("data: 2\n\n") && !kept.contains("data: 1\n\n"),
        "{kept}"
    );
    let sentence = refused(run(&["publish", &format!("{}/topics/b", serving.addr)]));
    assert!(sentence.contains("limit"), "{sentence}");
}

#[test]
fn a_bad_command_line_is_exit_code_2_and_help_is_printed() {
    assert_eq!(run(&["publish"]).0, Some(2));
    assert_eq!(run(&["publish", "u", "--ndjson"]).0, Some(2));
    assert_eq!(run(&["publish", "u", "a", "b"]).0, Some(2));
    let (code, stdout, _) = run(&["publish", "--help"]);
    assert_eq!(code, Some(0));
    for option in ["--event", "--id", "--retry", "--ndjson", "Examples:"] {
        assert!(stdout.contains(option), "{option}");
    }
}
