//! Subscribers and publishers of topics: over real sockets, decoded as a client would.

use std::collections::VecDeque;

use serde_json::Value;
use socket2::SockRef;
use sse_server::{Config, KeepAlive, TopicConfig};
use sse_wire::{Decoded, Decoder};
use tokio::io::AsyncReadExt;
use tokio::net::TcpSocket;

use super::framing::Framing;
use super::{Bench, Client, Head, find, soon};

/// The data of the largest event, in bytes.
pub const LARGEST: usize = 1024 * 1024;

/// A ring that keeps whatever a test publishes, and lets every subscriber lag.
pub fn keep_all() -> TopicConfig {
    TopicConfig {
        keep_events: 10_000_000,
        keep_bytes: 1 << 30,
        max_lag: 10_000_000,
        ..TopicConfig::default()
    }
}

/// The answer to a publish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Published {
    pub id: String,
    pub events: u64,
    pub subscribers: u64,
}

/// One event as a client dispatches it, with the last event id as of then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    pub event: String,
    pub data: String,
    pub id: String,
}

impl Event {
    pub fn is_gap(&self) -> bool {
        self.event == "gap"
    }

    /// `from`, `to` and `lost` of a gap event.
    pub fn gap(&self) -> Value {
        assert!(self.is_gap(), "no gap: {self:?}");
        serde_json::from_str(&self.data).expect("a gap's data is JSON")
    }
}

/// How a subscriber's connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// With its last chunk.
    Complete,
    /// Closed in the middle of the body.
    Cut,
    /// By a reset.
    Reset,
}

impl Bench {
    /// Without keep-alive: a comment would wake what only a publish should.
    pub async fn topics(topics: TopicConfig) -> Self {
        Self::with(Config {
            keep_alive: KeepAlive::Off,
            topics,
            ..Config::default()
        })
        .await
    }

    /// Subscribes and reads the first block: from here on every event is this subscriber's.
    pub async fn subscribe(&self, target: &str) -> Subscriber {
        self.subscribe_with(target, &[]).await
    }

    /// Comes back with a last event id.
    pub async fn resume(&self, target: &str, id: &str) -> Subscriber {
        self.subscribe_with(target, &[("last-event-id", id)]).await
    }

    pub async fn subscribe_with(&self, target: &str, headers: &[(&str, &str)]) -> Subscriber {
        let (client, head) = self.ask("GET", target, headers).await;
        Subscriber::begin(client, head).await
    }

    /// A subscriber whose kernel takes little for it, so that it stalls soon once it does not read.
    pub async fn subscribe_narrow(&self, target: &str) -> Subscriber {
        self.subscribe_over(4096, target).await
    }

    /// A subscriber whose kernel takes so many bytes for it.
    pub async fn subscribe_over(&self, buffer: usize, target: &str) -> Subscriber {
        let socket = TcpSocket::new_v4().expect("a socket");
        SockRef::from(&socket)
            .set_recv_buffer_size(buffer)
            .expect("an open socket");
        let socket = soon("connect", socket.connect(self.addr))
            .await
            .expect("the server listens");
        let mut client = Client::over(socket);
        client.send(&self.request("GET", target, &[])).await;
        let head = client.head().await;
        Subscriber::begin(client, head).await
    }

    /// Sends one POST and reads its answer.
    pub async fn post(
        &self,
        target: &str,
        headers: &[(&str, &str)],
        body: impl AsRef<[u8]>,
    ) -> (Head, String) {
        let mut client = self.connect().await;
        client.post(self, target, headers, body.as_ref()).await
    }

    /// Publishes one event and reads what became of it.
    pub async fn publish(&self, target: &str, body: impl AsRef<[u8]>) -> Published {
        let (head, answer) = self.post(target, &[], body).await;
        assert_eq!(head.status, 200, "{target}: {answer}");
        Published::read(&answer)
    }

    /// What the server says of one topic, once it says `wanted` of it.
    pub async fn topic(&self, name: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut look = tokio::time::interval(std::time::Duration::from_millis(10));
        soon(&format!("what is wanted of {name}"), async {
            loop {
                look.tick().await;
                let topics = serde_json::to_value(self.server.topics()).expect("JSON");
                let topic = topics.as_array().expect("a list").iter();
                let topic = topic.clone().find(|topic| topic["name"] == name);
                if let Some(topic) = topic.filter(|topic| wanted(topic)) {
                    return topic.clone();
                }
            }
        })
        .await
    }
}

impl Client {
    /// Sends a POST and reads its answer; the connection is good for the next one.
    pub async fn post(
        &mut self,
        bench: &Bench,
        target: &str,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> (Head, String) {
        let length = body.len().to_string();
        let headers = [headers, &[("content-length", &length)]].concat();
        let request = bench.request("POST", target, &headers);
        // The server may answer before it has read all, and then close.
        let sending = [request.as_bytes(), body].concat();
        _ = soon(
            "the request",
            tokio::io::AsyncWriteExt::write_all(&mut self.socket, &sending),
        )
        .await;
        let head = self.head().await;
        let answer = self.body(&head).await;
        (head, answer)
    }
}

impl Published {
    pub fn read(answer: &str) -> Self {
        let json: Value = serde_json::from_str(answer).expect("JSON");
        Self {
            id: json["id"].as_str().expect("an id").to_owned(),
            events: json["events"].as_u64().expect("a number"),
            subscribers: json["subscribers"].as_u64().expect("a number"),
        }
    }
}

/// When the topic began and which event of it this is, from an id of the server's own.
pub fn own(id: &str) -> (u64, u64) {
    let parts = id.split_once('-').filter(|(born, seq)| {
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        born.len() == 13 && seq.len() == 12 && digits(born) && digits(seq)
    });
    let (born, seq) = parts.unwrap_or_else(|| panic!("not an id of ours: {id:?}"));
    (born.parse().expect("digits"), seq.parse().expect("digits"))
}

/// Which event of its topic an id of the server's own names; 0 is the place before the first.
pub fn seq(id: &str) -> u64 {
    own(id).1
}

/// The id of another event of the same topic.
pub fn sibling(id: &str, seq: u64) -> String {
    format!("{:013}-{seq:012}", own(id).0)
}

/// A text as the value of a query's parameter.
pub fn quoted(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02x}")).collect()
}

/// One subscriber: takes the chunks apart and decodes.
pub struct Subscriber {
    pub client: Client,
    pub head: Head,
    /// The id of the first block: where this subscriber stood before any event came.
    pub position: String,
    /// How it ended, once it has.
    pub end: Option<End>,
    framing: Framing,
    /// What came and nobody has looked at yet, without chunks.
    payload: Vec<u8>,
    decoder: Decoder,
    events: VecDeque<Event>,
}

impl Subscriber {
    /// A subscriber whose first block is still to be read.
    pub fn new(client: Client, head: Head) -> Self {
        assert_eq!(head.status, 200, "{}", head.text);
        let chunked = head.get("transfer-encoding") == Some("chunked");
        Self {
            client,
            head,
            position: String::new(),
            end: None,
            framing: if chunked {
                Framing::size()
            } else {
                Framing::Bare
            },
            payload: Vec::new(),
            decoder: Decoder::new(),
            events: VecDeque::new(),
        }
    }

    async fn begin(client: Client, head: Head) -> Self {
        let mut new = Self::new(client, head);
        soon("the first block", new.first_block())
            .await
            .expect("a stream that does not end before it began");
        new
    }

    /// Reads the first block and nothing behind it; `None` when the connection ends before. It
    /// dispatches nothing, unless it is a gap event.
    pub async fn first_block(&mut self) -> Option<()> {
        let end = loop {
            match find(&self.payload, b"\n\n") {
                Some(end) => break end + 2,
                None => self.fill().await?,
            }
        };
        self.decode(end);
        assert!(self.events.iter().all(Event::is_gap), "{:?}", self.events);
        self.decoder.last_event_id().clone_into(&mut self.position);
        assert!(!self.position.is_empty(), "the first block gives a place");
        Some(())
    }

    /// Reads on until it has a place, which may come late where an engine keeps the topic.
    pub async fn place(&mut self) {
        while self.decoder.last_event_id().is_empty() {
            let end = loop {
                match find(&self.payload, b"\n\n") {
                    Some(end) => break end + 2,
                    None => soon("a place", self.fill()).await.expect("it goes on"),
                }
            };
            self.decode(end);
        }
        self.decoder.last_event_id().clone_into(&mut self.position);
    }

    /// The next event.
    pub async fn next(&mut self) -> Event {
        soon("an event", self.read())
            .await
            .unwrap_or_else(|| panic!("ended ({:?}) instead of an event", self.end))
    }

    /// The next event, which must not be a gap, by its data.
    pub async fn data(&mut self) -> String {
        let event = self.next().await;
        assert!(!event.is_gap(), "{event:?}");
        event.data
    }

    /// The next event; `None` when the connection has ended. Safe to drop and call again.
    pub async fn read(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            if self.payload.is_empty() {
                self.fill().await?;
            }
            self.decode(self.payload.len());
        }
    }

    /// The events up to the end of the connection.
    pub async fn rest(&mut self) -> Vec<Event> {
        let mut rest = Vec::new();
        while let Some(event) = soon("the end", self.read()).await {
            rest.push(event);
        }
        rest
    }

    /// Reads exactly as many bytes of payload as `wanted` has, which must be the same.
    pub async fn expect(&mut self, wanted: &str) {
        assert!(self.events.is_empty(), "events that nobody looked at");
        soon("the bytes", async {
            while self.payload.len() < wanted.len() && self.fill().await.is_some() {}
        })
        .await;
        let n = wanted.len().min(self.payload.len());
        let got = String::from_utf8_lossy(&self.payload[..n]);
        // Not assert_eq: some are megabytes.
        assert!(
            got == wanted,
            "wanted {:?}, got {:?}",
            shortened(wanted),
            shortened(&got)
        );
        self.payload.drain(..n);
    }

    /// What a client sends as `Last-Event-ID` if it is cut off now.
    pub fn last_event_id(&self) -> &str {
        self.decoder.last_event_id()
    }

    /// Takes `n` bytes of the connection and no more, and answers the events that are whole by now.
    pub async fn sip(&mut self, n: u64) -> Vec<Event> {
        let mut left = n;
        while left > 0 && self.end.is_none() {
            let mut piece = (&mut self.client.socket).take(left);
            let read = soon("a piece", piece.read_buf(&mut self.client.read)).await;
            let read = read.expect("an open connection");
            assert!(read > 0, "ended with {left} of {n} bytes to come");
            left -= read as u64;
            self.framing.take(&self.client.read, &mut self.payload);
            self.client.read.clear();
        }
        self.decode(self.payload.len());
        self.events.drain(..).collect()
    }

    /// Takes what the socket has; `None` when it has ended.
    async fn fill(&mut self) -> Option<()> {
        let before = self.payload.len();
        while self.end.is_none() && self.payload.len() == before {
            if self.client.read.is_empty() {
                match self.client.socket.read_buf(&mut self.client.read).await {
                    Ok(0) if self.framing.may_end() => self.end = Some(End::Complete),
                    Ok(0) => self.end = Some(End::Cut),
                    Ok(_) => {}
                    Err(_) => self.end = Some(End::Reset),
                }
            }
            self.framing.take(&self.client.read, &mut self.payload);
            self.client.read.clear();
        }
        (self.payload.len() > before).then_some(())
    }

    /// Decodes the first `n` bytes of the payload.
    fn decode(&mut self, n: usize) {
        let Self {
            decoder,
            events,
            payload,
            ..
        } = self;
        let pushed = decoder.push(&payload[..n], |decoded| {
            if let Decoded::Event {
                event,
                data,
                last_event_id,
            } = decoded
            {
                events.push_back(Event {
                    event: event.to_owned(),
                    data: data.to_owned(),
                    id: last_event_id.to_owned(),
                });
            }
        });
        pushed.expect("no event is larger than a decoder takes");
        payload.drain(..n);
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(300).collect()
}
