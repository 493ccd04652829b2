//! A client of a stream by hand: it keeps every byte that it receives, and comes back as an
//! EventSource does (WHATWG HTML 9.2.3), after the time and with the id that it was told.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::wait::DEADLINE;

/// One client, over as many connections as it takes.
pub(crate) struct SecondClient {
    port: u16,
    target: String,
    /// None between its leaving and its return.
    socket: Option<TcpStream>,
    /// What came over the connection that it has, or had last.
    received: Vec<u8>,
    last_id: Option<String>,
    retry: Duration,
}

impl SecondClient {
    /// A client of the server on this port, named so in the query.
    pub(crate) async fn start(port: u16, path: &str, name: &str) -> Self {
        let separator = if path.contains('?') { '&' } else { '?' };
        let target = format!("{path}{separator}client={name}");
        let socket = request(port, &target, None).await;
        Self {
            port,
            target,
            socket: Some(socket.expect("the server takes connections")),
            received: Vec::new(),
            last_id: None,
            // What browsers begin with lies between three seconds and five.
            retry: Duration::from_secs(3),
        }
    }

    /// Every byte that it received over this connection.
    pub(crate) fn received(&self) -> &[u8] {
        &self.received
    }

    /// The id that it would bring.
    pub(crate) fn last_id(&self) -> &str {
        self.last_id.as_deref().expect("it was given one")
    }

    /// Reads on until it has so many bytes.
    pub(crate) async fn until_length(&mut self, bytes: usize) {
        self.read_until("so many bytes", |received| received.len() >= bytes)
            .await;
    }

    /// Reads on until it was given this many ids.
    pub(crate) async fn until_ids(&mut self, ids: usize) {
        self.read_until("so many ids", |received| {
            let text = String::from_utf8_lossy(received);
            text.matches("\nid: ").count() >= ids
        })
        .await;
    }

    /// Reads to the end of the connection.
    pub(crate) async fn until_end(&mut self) {
        let socket = self.socket.as_mut().expect("it is connected");
        let reading = socket.read_to_end(&mut self.received);
        let read = timeout(DEADLINE, reading).await.expect("it ends");
        read.expect("it is ended in order");
        self.note();
    }

    /// Closes its connection, both ways: what the server sends from now on is answered with a
    /// reset.
    pub(crate) fn leave(&mut self) {
        self.socket = None;
    }

    /// Waits as long as it was told, asks again with its last id, and so on until it is answered.
    pub(crate) async fn come_back(&mut self) {
        let coming = async {
            loop {
                tokio::time::sleep(self.retry).await;
                if let Ok(socket) = request(self.port, &self.target, self.last_id.as_deref()).await
                {
                    return socket;
                }
            }
        };
        let socket = timeout(DEADLINE, coming).await;
        self.socket = Some(socket.expect("the server is back"));
        self.received.clear();
    }

    async fn read_until(&mut self, what: &str, enough: impl Fn(&[u8]) -> bool) {
        let reading = async {
            let socket = self.socket.as_mut().expect("it is connected");
            while !enough(&self.received) {
                let read = socket.read_buf(&mut self.received).await;
                assert!(
                    read.expect("it can be read") > 0,
                    "the stream ended before {what}"
                );
            }
        };
        let read = timeout(DEADLINE, reading).await;
        read.unwrap_or_else(|_| panic!("{what} did not come"));
        self.note();
    }

    /// Takes from the bytes what a client is told of itself.
    fn note(&mut self) {
        let text = String::from_utf8_lossy(&self.received);
        // What has no line end yet may be half of an id.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        for line in whole.lines() {
            if let Some(id) = line.strip_prefix("id: ") {
                self.last_id = Some(id.to_owned());
            } else if let Some(ms) = line.strip_prefix("retry: ") {
                self.retry = Duration::from_millis(ms.parse().expect("milliseconds"));
            }
        }
    }
}

async fn request(port: u16, target: &str, last_id: Option<&str>) -> std::io::Result<TcpStream> {
    let mut socket = TcpStream::connect(("127.0.0.1", port)).await?;
    let mut head = format!(
        "GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\nUser-Agent: second/1.0\r\nAccept: text/event-stream\r\n"
    );
    if let Some(id) = last_id {
        head += &format!("Last-Event-ID: {id}\r\n");
    }
    socket.write_all((head + "\r\n").as_bytes()).await?;
    Ok(socket)
}
