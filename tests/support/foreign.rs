//! Servers of others, as a watch meets them: each answers every request with the same parts, one
//! after a pause each, and then closes.

// What the tests of the command answer with, too.
#[path = "../../crates/sse-cli/tests/support/raw.rs"]
#[allow(unreachable_pub, reason = "it is a module of tests there too")]
mod raw;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

#[allow(unused_imports, reason = "each test program uses its own part")]
pub(crate) use raw::{MS, NOW, chunk, head, last};

/// A part of an answer, and how long it is waited before it.
pub(crate) type Part = (Duration, Vec<u8>);

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
    let head = raw::request(&mut client);
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

/// An event with an id and data in JSON.
pub(crate) fn event(n: u32) -> Vec<u8> {
    format!("id: {n}\ndata: {{\"n\":{n}}}\n\n").into_bytes()
}

/// A token of a model, as OpenAI's chat completions send it.
pub(crate) fn token(word: &str) -> Vec<u8> {
    format!("data: {{\"choices\":[{{\"index\":0,\"delta\":{{\"content\":\"{word}\"}}}}]}}\n\n")
        .into_bytes()
}
