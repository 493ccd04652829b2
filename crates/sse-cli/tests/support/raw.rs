//! A server that answers byte by byte what a test wants.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What pauses are counted in.
pub const MS: Duration = Duration::from_millis(1);
/// No pause.
pub const NOW: Duration = Duration::ZERO;

/// The head of a stream that says all that it should.
const HEAD: &str = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\
    cache-control: no-store\r\nx-accel-buffering: no\r\ntransfer-encoding: chunked\r\n";

/// A server that answers one request: each part after a pause, and then it closes. Answers its
/// address, and the request in the end.
pub fn server(parts: Vec<(Duration, Vec<u8>)>) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it listens").to_string();
    let serves = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        let request = request(&mut stream);
        for (pause, bytes) in parts {
            thread::sleep(pause);
            // The client may have seen enough.
            if stream.write_all(&bytes).is_err() {
                break;
            }
        }
        request
    });
    (addr, serves)
}

pub fn request(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        stream.read_exact(&mut byte).expect("a request");
        head.push(byte[0]);
    }
    String::from_utf8(head).expect("a head in ASCII")
}

pub fn chunk(data: &[u8]) -> Vec<u8> {
    [format!("{:x}\r\n", data.len()).as_bytes(), data, b"\r\n"].concat()
}

pub fn last() -> Vec<u8> {
    b"0\r\n\r\n".to_vec()
}

pub fn head(more: &str) -> Vec<u8> {
    format!("{HEAD}{more}\r\n").into_bytes()
}
