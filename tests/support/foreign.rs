//! Servers of others, as a watch meets them: each answers every request with the same parts, one
//! after a pause each, and then closes.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// A part of an answer, and how long it is waited before it.
pub(crate) type Part = (Duration, Vec<u8>);

/// The head of a stream that says all that it should.
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
    cache-control: no-store\r\nx-accel-buffering: no\r\ntransfer-encoding: chunked\r\n";

/// A server that runs as long as the test does.
pub(crate) struct Foreign {
    /// Where it is, such as `http://127.0.0.1:4711`.
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Foreign {
    pub(crate) fn start(parts: Vec<Part>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let requests = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&requests);
        thread::spawn(move || {
            for client in listener.incoming() {
                let Ok(client) = client else { return };
                let (parts, seen) = (parts.clone(), Arc::clone(&seen));
                thread::spawn(move || answer(client, &parts, &seen));
            }
        });
        Self { url, requests }
    }

    /// The heads of the requests so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.requests.lock().expect("nobody panics with it").clone()
    }
}

fn answer(mut client: TcpStream, parts: &[Part], seen: &Mutex<Vec<String>>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if client.read_exact(&mut byte).is_err() {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    // A body that is left unread would make a reset of the end.
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "));
    let length = length.and_then(|length| length.parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if client.read_exact(&mut body).is_err() {
        return;
    }
    seen.lock().expect("nobody panics with it").push(head);
    for (pause, bytes) in parts {
        thread::sleep(*pause);
        // The client may have seen enough.
        if client.write_all(bytes).is_err() {
            return;
        }
    }
}

pub(crate) fn head(more: &str) -> Vec<u8> {
    format!("{HEAD}{more}\r\n").into_bytes()
}

pub(crate) fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

/// The last chunk.
pub(crate) fn last() -> Vec<u8> {
    b"0\r\n\r\n".to_vec()
}

/// An event with an id and data in JSON.
pub(crate) fn event(n: u32) -> Vec<u8> {
    format!("id: {n}\ndata: {{\"n\":{n}}}\n\n").into_bytes()
}

/// A token of a model, as OpenAI's chat completions send it.
pub(crate) fn token(word: &str) -> Vec<u8> {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}}}}]}}\n\n")
        .into_bytes()
}
