//! A test service, as `sse lab --service` drives it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use serde_json::Value;

/// How long a request may take to come.
const SOON: Duration = Duration::from_secs(20);

/// A test service of the simplest kind: its clients connect when they are started, and do no more.
/// To a request it answers what `answer` says of its method, and no byte where that says nothing.
/// It starts no client for a POST that it answers with 202.
pub struct Service {
    pub url: String,
    /// The methods of the requests that came.
    methods: mpsc::Receiver<String>,
}

impl Service {
    pub fn start(answer: fn(&str) -> Option<&'static str>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("it listens"));
        let (sender, methods) = mpsc::channel();
        thread::spawn(move || {
            let mut clients = Vec::new();
            for stream in listener.incoming() {
                let mut stream = stream.expect("a connection");
                let (method, body) = read(&mut stream);
                let Some(status) = answer(&method) else {
                    continue;
                };
                let head = "location: /1\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
                // The lab may have gone.
                _ = write!(stream, "HTTP/1.1 {status}\r\n{head}");
                if method == "POST" && !status.starts_with("202") {
                    let wish: Value = serde_json::from_str(&body).expect(&body);
                    let url = wish["streamUrl"].as_str().expect("a URL");
                    let url = url.strip_prefix("http://").expect("a URL");
                    clients.push(send(url, "GET", ""));
                }
                // The test may be over.
                _ = sender.send(method);
            }
        });
        Self { url, methods }
    }

    /// Waits for a request with this method.
    pub fn asked(&self, method: &str) {
        let asked = || self.methods.recv_timeout(SOON).expect(method);
        while asked() != method {}
    }
}

/// Method and body of a request.
fn read(stream: &mut TcpStream) -> (String, String) {
    let mut lines = BufReader::new(stream);
    let (mut method, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).expect("a head");
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if method.is_empty() {
            method = line.split(' ').next().unwrap_or_default().to_uppercase();
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().expect("a number");
        }
    }
    let mut body = vec![0; length];
    lines.read_exact(&mut body).expect("a body");
    (method, String::from_utf8(body).expect("UTF-8"))
}

/// Sends a request.
pub fn send(url: &str, method: &str, body: &str) -> TcpStream {
    let (host, path) = url.split_once('/').expect("a path");
    let mut stream = TcpStream::connect(host).expect("it listens");
    let length = body.len();
    write!(
        stream,
        "{method} /{path} HTTP/1.1\r\nhost: {host}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .expect("it reads");
    stream
}
