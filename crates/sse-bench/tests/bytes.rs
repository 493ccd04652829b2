//! What the limit puts on the wire is what `sse serve` puts there, byte for byte, but for the time
//! of day and the half of an id that is the time when the topic was made.

#![cfg(target_os = "linux")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use sse_server::{Config, Server};
use tokio::runtime::Runtime;

/// The bound on everything that should simply happen.
const SOON: Duration = Duration::from_secs(20);

/// How many digits the first half of an id has.
const BORN: usize = 13;

/// The limit, in a process of its own.
struct Limit {
    child: Child,
    port: u16,
}

impl Limit {
    fn start() -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sse-bench"))
            .args(["limit", "--port", "0"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was built");
        let mut line = String::new();
        let out = child.stdout.take().expect("it is piped");
        BufReader::new(out)
            .read_line(&mut line)
            .expect("it prints its port");
        let port = line.trim().parse().expect("a port");
        Self { child, port }
    }
}

impl Drop for Limit {
    fn drop(&mut self) {
        // An error means that it has ended already.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// Calls `with` with the port of `sse serve` and with that of the limit.
fn both(with: impl Fn(u16) -> Vec<u8>) -> [String; 2] {
    let runtime = Runtime::new().expect("a runtime");
    let config = Config {
        port: 0,
        ..Config::default()
    };
    let server = runtime
        .block_on(async {
            let server = Server::new(config).await?;
            server.start().await.map(|()| server)
        })
        .expect("a server");
    let port = server.status().borrow().port;
    let limit = Limit::start();
    [port, limit.port].map(|port| timeless(with(port)))
}

/// With zeros in place of the time of day and of the time when the topic was made.
fn timeless(bytes: Vec<u8>) -> String {
    let mut text = String::from_utf8(bytes).expect("all of it is text");
    for name in ["\r\ndate: ", "id: ", "{\"id\":\""] {
        let mut from = 0;
        while let Some(at) = text[from..].find(name) {
            let begin = from + at + name.len();
            let length = match name {
                "\r\ndate: " => text[begin..].find('\r'),
                _ => (text.as_bytes().get(begin + BORN) == Some(&b'-')).then_some(BORN),
            };
            if let Some(length) = length {
                let end = begin + length;
                text.replace_range(begin..end, &"0".repeat(length));
            }
            from = begin;
        }
    }
    text
}

fn connect(port: u16) -> TcpStream {
    let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).expect("it listens");
    socket.set_read_timeout(Some(SOON)).expect("a time");
    socket
}

/// A client that has requested this.
fn get(port: u16, path: &str) -> TcpStream {
    let mut socket = connect(port);
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
    socket.write_all(request.as_bytes()).expect("it is read");
    socket
}

/// Events that are published in one write.
fn post(socket: &mut TcpStream, events: &[&str]) {
    let port = socket.peer_addr().expect("it is connected").port();
    let requests = events.iter().map(|data| {
        format!(
            "POST /topics/bench HTTP/1.1\r\nHost: localhost:{port}\r\n\
             Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{data}",
            data.len()
        )
    });
    let requests: String = requests.collect();
    socket.write_all(requests.as_bytes()).expect("it is read");
}

/// Reads until these bytes came so many times, and no further.
fn until(socket: &mut TcpStream, end: &[u8], times: usize) -> Vec<u8> {
    let (mut bytes, mut seen) = (Vec::new(), 0);
    while seen < times {
        let mut byte = [0];
        socket.read_exact(&mut byte).expect("there is more");
        bytes.push(byte[0]);
        seen += usize::from(bytes.ends_with(end));
    }
    bytes
}

/// What chunks hold.
fn body(mut chunks: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while !chunks.is_empty() {
        let line = chunks.iter().position(|byte| *byte == b'\r').expect("CR");
        let length = std::str::from_utf8(&chunks[..line]).expect("hex digits");
        let length = usize::from_str_radix(length, 16).expect("hex digits");
        let begin = line + 2;
        body.extend_from_slice(&chunks[begin..begin + length]);
        chunks = &chunks[begin + length + 2..];
    }
    body
}

const END: &[u8] = b"\n\n\r\n";

#[test]
fn a_topic_and_its_publisher() {
    let [ours, limit] = both(|port| {
        let mut subscriber = get(port, "/topics/bench");
        let mut all = until(&mut subscriber, END, 1);
        let mut publisher = connect(port);
        for data in ["one", "and another one"] {
            post(&mut publisher, &[data]);
            all.extend(until(&mut publisher, b"}", 1));
            all.extend(until(&mut subscriber, END, 1));
        }
        post(&mut publisher, &["a", "b", "c"]);
        all.extend(until(&mut publisher, b"}", 3));
        // Into how many chunks they go is a matter of time.
        let mut chunks = Vec::new();
        while !chunks.ends_with(b"data: c\n\n\r\n") {
            chunks.extend(until(&mut subscriber, END, 1));
        }
        all.extend(body(&chunks));
        let mut late = get(port, "/topics/bench?lastEventId=earliest");
        all.extend(until(&mut late, END, 1));
        all
    });
    assert_eq!(ours, limit);
    assert!(ours.ends_with("data: c\n\n\r\n"), "{ours}");
}

#[test]
fn numbers() {
    let [ours, limit] = both(|port| {
        let mut socket = get(port, "/endless?every=50ms");
        let mut all = until(&mut socket, b"\r\n\r\n", 1);
        // What a busy machine is late with goes into one chunk with the next.
        let mut chunks = until(&mut socket, b"\ndata: 12\n", 1);
        chunks.extend(until(&mut socket, END, 1));
        let body = String::from_utf8(body(&chunks)).expect("ASCII");
        let (until_12, _) = body.split_once("\ndata: 12\n").expect("it came");
        all.extend_from_slice(until_12.as_bytes());
        all
    });
    assert_eq!(ours, limit);
    let [ours, limit] = both(|port| until(&mut get(port, "/endless?every=9000ms"), END, 1));
    assert_eq!(ours, limit, "the first goes with the head");
    let [ours, limit] = both(|port| {
        let mut all = Vec::new();
        let mut socket = get(port, "/numbers?every=0ms&count=5");
        socket.read_to_end(&mut all).expect("it ends in order");
        all
    });
    assert_eq!(ours, limit);
}

/// Over four million bytes, and several sizes of numbers.
#[test]
fn unpaced_numbers() {
    let [ours, limit] = both(|port| {
        let mut all = vec![0; 4_000_000];
        let mut socket = get(port, "/endless?every=0ms");
        socket.read_exact(&mut all).expect("it does not end");
        all
    });
    let differs = ours.bytes().zip(limit.bytes()).position(|(a, b)| a != b);
    let around = differs.map(|at| {
        (
            &ours[at.saturating_sub(80)..at + 9],
            &limit[at.saturating_sub(80)..at + 9],
        )
    });
    assert_eq!(around, None);
}
