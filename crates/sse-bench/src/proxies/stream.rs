//! The server behind a proxy, and the client in front of it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::OnceLock;
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

use crate::stats;

/// Between two events of which the latency is measured.
const EVERY: Duration = Duration::from_millis(2);

/// Events in one write where the rate is measured.
const BATCH: u64 = 64;

/// What an event has beside its number and its time.
const FILL: &str =
    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

/// How long nothing may come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Left out of each figure, while everything becomes warm.
const RUN_UP: Duration = Duration::from_millis(300);

const PACED: &str = "/paced";
const UNPACED: &str = "/unpaced";

/// Nanoseconds on a clock that both threads have.
fn now() -> u64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    let began = *BEGAN.get_or_init(Instant::now);
    u64::try_from(began.elapsed().as_nanos()).unwrap_or(u64::MAX)
}

/// Serves streams until the program ends. Answers the port.
pub(super) fn serve() -> anyhow::Result<u16> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
    let port = listener.local_addr()?.port();
    now();
    thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            // The client leaves when it has seen enough, and then a write fails.
            thread::spawn(move || _ = answer(socket));
        }
    });
    Ok(port)
}

fn answer(mut socket: TcpStream) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        socket.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let is_paced = head.starts_with(format!("GET {PACED} ").as_bytes());
    socket.write_all(
        b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n",
    )?;
    let mut number = 0;
    let mut bytes = Vec::new();
    loop {
        bytes.clear();
        for _ in 0..if is_paced { 1 } else { BATCH } {
            let event = format!("data: {number} {} {FILL}\n\n", now());
            write!(bytes, "{:x}\r\n{event}\r\n", event.len())?;
            number += 1;
        }
        socket.write_all(&bytes)?;
        if is_paced {
            thread::sleep(EVERY);
        }
    }
}

/// A client that reads a stream, and takes the chunks off.
struct Client {
    socket: TcpStream,
    /// What came and was not read.
    bytes: Vec<u8>,
    at: usize,
    /// What is left of the chunk under way.
    chunk: usize,
    /// The line under way.
    line: Vec<u8>,
    next: u64,
}

impl Client {
    fn ask(port: u16, path: &str) -> anyhow::Result<Self> {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        write!(
            socket,
            "GET {path} HTTP/1.1\r\nhost: localhost:{port}\r\n\r\n"
        )?;
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            socket.read_exact(&mut byte).context("there is no head")?;
            head.push(byte[0]);
        }
        let head = String::from_utf8_lossy(&head).to_ascii_lowercase();
        ensure!(head.starts_with("http/1.1 200"), "the answer is {head}");
        ensure!(
            head.contains("transfer-encoding: chunked"),
            "there are no chunks: {head}"
        );
        Ok(Self {
            socket,
            bytes: Vec::with_capacity(256 * 1024),
            at: 0,
            chunk: 0,
            line: Vec::new(),
            next: 0,
        })
    }

    /// Reads once, and answers when the events were written that came.
    fn read(&mut self, written: &mut Vec<u64>) -> anyhow::Result<()> {
        self.bytes.drain(..self.at);
        self.at = 0;
        let length = self.bytes.len();
        self.bytes.resize(length + 64 * 1024, 0);
        let read = self.socket.read(&mut self.bytes[length..])?;
        self.bytes.truncate(length + read);
        ensure!(read > 0, "the stream ended");
        loop {
            if self.chunk == 0 {
                let rest = &self.bytes[self.at..];
                let Some(end) = rest.windows(2).position(|pair| pair == b"\r\n") else {
                    return Ok(());
                };
                let size = std::str::from_utf8(&rest[..end])?;
                self.chunk = usize::from_str_radix(size, 16).context("no chunk")?;
                self.at += end + 2;
            }
            let there = self.chunk.min(self.bytes.len() - self.at);
            let part = self.bytes[self.at..self.at + there].to_vec();
            self.take(&part, written)?;
            self.at += there;
            self.chunk -= there;
            if self.chunk > 0 || self.bytes.len() < self.at + 2 {
                // Of a chunk that is whole, its end is to come.
                if self.chunk == 0 {
                    self.chunk = 0;
                    let missing = self.at + 2 - self.bytes.len();
                    let mut end = vec![0; missing];
                    self.socket.read_exact(&mut end)?;
                    self.bytes.extend(end);
                    self.at += 2;
                }
                return Ok(());
            }
            self.at += 2;
        }
    }

    fn take(&mut self, part: &[u8], written: &mut Vec<u64>) -> anyhow::Result<()> {
        for byte in part {
            if *byte != b'\n' {
                self.line.push(*byte);
                continue;
            }
            if let Some(data) = self.line.strip_prefix(b"data: ") {
                let text = std::str::from_utf8(data)?;
                let mut words = text.split(' ');
                let mut word = || words.next().and_then(|word| word.parse::<u64>().ok());
                let (number, at) = (word(), word());
                ensure!(number == Some(self.next), "event {} is missing", self.next);
                self.next += 1;
                written.push(at.context("an event has no time")?);
            }
            self.line.clear();
        }
        Ok(())
    }
}

/// The median latency of an event, in microseconds.
///
/// # Errors
/// An event is lost.
pub(super) fn latency(port: u16, time: Duration) -> anyhow::Result<f64> {
    let mut client = Client::ask(port, PACED)?;
    let began = Instant::now();
    let (mut written, mut latencies) = (Vec::new(), Vec::new());
    while began.elapsed() < RUN_UP + time {
        written.clear();
        client.read(&mut written)?;
        let read = now();
        if began.elapsed() > RUN_UP {
            latencies.extend(written.iter().map(|at| read.saturating_sub(*at)));
        }
    }
    let median = stats::percentile(&mut latencies, 50.0).context("no event came")?;
    Ok(median as f64 / 1e3)
}

/// Events a second.
///
/// # Errors
/// An event is lost.
pub(super) fn rate(port: u16, time: Duration) -> anyhow::Result<f64> {
    let mut client = Client::ask(port, UNPACED)?;
    let began = Instant::now();
    let mut written = Vec::new();
    while began.elapsed() < RUN_UP {
        written.clear();
        client.read(&mut written)?;
    }
    let (first, began) = (client.next, Instant::now());
    while began.elapsed() < time {
        written.clear();
        client.read(&mut written)?;
    }
    Ok((client.next - first) as f64 / began.elapsed().as_secs_f64())
}
