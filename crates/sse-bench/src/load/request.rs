//! A POST that waits for its answer, and what is needed to read the answer.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use memchr::memmem;

use crate::payload::{self, Seen};

/// The request that publishes this event to the topic at this path.
pub(super) fn post(port: u16, topic: &str, seen: Seen) -> Vec<u8> {
    let mut request = format!(
        "POST {topic} HTTP/1.1\r\nHost: localhost:{port}\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
        payload::LENGTH
    )
    .into_bytes();
    payload::write(&mut request, seen);
    request
}

/// An answer as far as it has arrived.
#[derive(Clone, Debug, Default)]
pub(super) struct Answer(Vec<u8>);

impl Answer {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// Its status and its body, once all of it has arrived.
    ///
    /// # Errors
    /// It does not say how long it is.
    pub(super) fn whole(&self) -> anyhow::Result<Option<(u16, &str)>> {
        let Some(end) = memmem::find(&self.0, b"\r\n\r\n") else {
            return Ok(None);
        };
        let head = std::str::from_utf8(&self.0[..end]).context("the head is no text")?;
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-length")
                .then(|| value.trim().parse::<usize>().ok())?
        });
        let length = length.with_context(|| format!("an answer has no length: {head}"))?;
        let Some(body) = self.0.get(end + 4..end + 4 + length) else {
            return Ok(None);
        };
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok());
        let status = status.with_context(|| format!("an answer has no status: {head}"))?;
        Ok(Some((status, std::str::from_utf8(body)?)))
    }
}

/// A connection for one request after another.
pub(super) struct Connection {
    socket: TcpStream,
    answer: Answer,
    buffer: Vec<u8>,
}

impl Connection {
    pub(super) fn open(port: u16, patience: Duration) -> anyhow::Result<Self> {
        let socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("no server accepts connections on port {port}"))?;
        socket.set_nodelay(true)?;
        socket.set_read_timeout(Some(patience))?;
        Ok(Self {
            socket,
            answer: Answer::default(),
            buffer: vec![0; 16 * 1024],
        })
    }

    /// Sends a request, waits for its answer, and returns the status and the body.
    ///
    /// # Errors
    /// There is no answer.
    pub(super) fn ask(&mut self, request: &[u8]) -> anyhow::Result<(u16, &str)> {
        self.answer.clear();
        self.socket.write_all(request)?;
        while self.answer.whole()?.is_none() {
            let read = self.socket.read(&mut self.buffer)?;
            ensure!(read > 0, "the connection ended before the answer");
            self.answer.push(&self.buffer[..read]);
        }
        let whole = self.answer.whole()?;
        whole.context("it was whole")
    }

    /// The same, and answers the id of the event.
    ///
    /// # Errors
    /// The server did not publish it.
    pub(super) fn publish(&mut self, request: &[u8]) -> anyhow::Result<String> {
        let (status, body) = self.ask(request)?;
        if status != 200 {
            bail!("the server answered a publish with {status}: {body}");
        }
        let answer: serde_json::Value = serde_json::from_str(body)?;
        let id = answer["id"].as_str();
        Ok(id
            .with_context(|| format!("an answer has no id: {body}"))?
            .to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_with_the_last_byte_of_its_body() {
        let text = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 3\r\n\r\nno\n";
        let mut answer = Answer::default();
        for byte in text {
            assert_eq!(answer.whole().expect("it has a length"), None);
            answer.push(&[*byte]);
        }
        assert_eq!(
            answer.whole().expect("it has a length"),
            Some((503, "no\n"))
        );
        answer.clear();
        answer.push(b"HTTP/1.1 200 OK\r\n\r\n");
        assert!(answer.whole().is_err());
    }
}
