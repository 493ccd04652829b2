//! Publishes events over one connection, and does not wait for an answer before it sends the next.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use memchr::memmem;

use super::Target;
use crate::payload::{self, Seen};
use crate::poll::{Poll, Watch};

/// The token of the publisher's socket, which is no client's number.
const TOKEN: u64 = u64::MAX;

#[derive(Debug)]
pub(crate) struct Publisher {
    socket: TcpStream,
    head: Vec<u8>,
    /// Requests that the kernel has not accepted yet.
    out: Vec<u8>,
    /// The end of the bytes that were read, because a status line may begin there.
    tail: Vec<u8>,
    asked: u64,
    answered: u64,
}

impl Publisher {
    /// Connects to a server, to publish to the topic at this path.
    pub(crate) fn connect(target: &Target, topic: &str) -> anyhow::Result<Self> {
        let socket = TcpStream::connect(target.address())
            .with_context(|| format!("no server accepts connections on port {}", target.port))?;
        socket.set_nodelay(true)?;
        socket.set_nonblocking(true)?;
        let head = format!(
            "POST {topic} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
            target.port,
            payload::LENGTH
        );
        Ok(Self {
            socket,
            head: head.into_bytes(),
            out: Vec::new(),
            tail: Vec::new(),
            asked: 0,
            answered: 0,
        })
    }

    pub(crate) fn watch(&self, poll: &Poll) -> anyhow::Result<()> {
        poll.add(&self.socket, TOKEN, Watch::Edges)
    }

    /// Prepares an event; [`Publisher::flush`] sends it.
    pub(crate) fn publish(&mut self, number: u64, at: u64) {
        self.out.extend_from_slice(&self.head);
        payload::write(&mut self.out, Seen { number, at });
        self.asked += 1;
    }

    /// Sends what the kernel accepts, and reads the answers that have arrived.
    ///
    /// # Errors
    /// The server refused an event or closed the connection.
    pub(crate) fn flush(&mut self) -> anyhow::Result<()> {
        while !self.out.is_empty() {
            match self.socket.write(&self.out) {
                Ok(n) => {
                    self.out.drain(..n);
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => {
                    return Err(error).context("the server closed the publisher's connection");
                }
            }
        }
        let mut buffer = [0; 16 * 1024];
        loop {
            match self.socket.read(&mut buffer) {
                Ok(0) => bail!("the server closed the publisher's connection"),
                Ok(n) => self.answers(&buffer[..n])?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("the publisher's connection broke"),
            }
        }
    }

    /// Counts status lines, which occur only at the beginning of an answer.
    fn answers(&mut self, bytes: &[u8]) -> anyhow::Result<()> {
        const LINE: &[u8] = b"HTTP/1.1 ";
        let mut text = std::mem::take(&mut self.tail);
        text.extend_from_slice(bytes);
        let mut seen = 0;
        for at in memmem::find_iter(&text, LINE) {
            let Some(status) = text.get(at + LINE.len()..at + LINE.len() + 3) else {
                break;
            };
            ensure!(
                status.starts_with(b"2"),
                "the server answered a publish with {}",
                String::from_utf8_lossy(&text[at..text.len().min(at + 300)])
            );
            self.answered += 1;
            seen = at + LINE.len() + 3;
        }
        let kept = seen.max(text.len().saturating_sub(LINE.len() + 2));
        self.tail.extend_from_slice(&text[kept..]);
        Ok(())
    }

    /// Waits until all events are answered.
    ///
    /// # Errors
    /// Some have no answer within this time.
    pub(crate) fn finish(&mut self, patience: Duration) -> anyhow::Result<()> {
        let begun = Instant::now();
        self.flush()?;
        while self.answered < self.asked {
            ensure!(
                begun.elapsed() < patience,
                "{} of {} published events had no answer after {} s",
                self.asked - self.answered,
                self.asked,
                patience.as_secs()
            );
            std::thread::sleep(Duration::from_millis(1));
            self.flush()?;
        }
        Ok(())
    }
}
