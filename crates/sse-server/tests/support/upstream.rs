//! A server that a room hands requests on to: each connection is played by the test.

use std::net::SocketAddr;

use sse_server::{Config, TableQuery};
use tokio::net::TcpListener;

use super::{Bench, Client, soon};

/// A socket that listens and is played by hand.
pub struct Upstream {
    listener: TcpListener,
    pub addr: SocketAddr,
}

/// A request as the upstream got it.
pub struct Asked {
    pub client: Client,
    pub head: String,
}

impl Upstream {
    pub async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let addr = listener.local_addr().expect("an address");
        Self { listener, addr }
    }

    /// The next connection, whose request was read up to its body.
    pub async fn asked(&self) -> Asked {
        let accepted = soon("a request to the upstream", self.listener.accept()).await;
        let mut client = Client::over(accepted.expect("it listens").0);
        let head = client.until("\r\n\r\n").await;
        Asked { client, head }
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    /// A server whose room `live` hands on to this.
    pub async fn bench(&self) -> Bench {
        self.bench_with(Config::default()).await
    }

    /// The same, which records into a folder.
    pub async fn recording_bench(&self) -> (tempfile::TempDir, Bench) {
        let folder = tempfile::TempDir::new().expect("a folder");
        let config = Config {
            record: Some(folder.path().to_owned()),
            ..Config::default()
        };
        (folder, self.bench_with(config).await)
    }

    pub async fn bench_with(&self, config: Config) -> Bench {
        Bench::with(Config {
            upstreams: vec![(Some("live".to_owned()), self.url())],
            ..config
        })
        .await
    }
}

impl Asked {
    /// The value of a field; empty where there is none.
    pub fn get(&self, name: &str) -> String {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        let mut found = lines.filter(|(field, _)| field.eq_ignore_ascii_case(name));
        found
            .next()
            .map_or_else(String::new, |(_, value)| value.to_owned())
    }

    /// Answers with the body `ok`, which `client` gets.
    pub async fn ok(&mut self, client: &mut Client) {
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";
        self.client.send(answer).await;
        let head = client.head().await;
        assert_eq!(client.body(&head).await, "ok");
    }

    /// Begins a stream of events in chunks.
    pub async fn stream(&mut self) {
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
        self.client.send(head).await;
    }

    pub async fn chunk(&mut self, bytes: &[u8]) {
        let framed = [format!("{:x}\r\n", bytes.len()).as_bytes(), bytes, b"\r\n"].concat();
        self.client.send_bytes(&framed).await;
    }

    pub async fn last_chunk(&mut self) {
        self.client.send("0\r\n\r\n").await;
    }
}

impl Bench {
    /// The rows of the room `live`.
    pub fn live(&self) -> Vec<sse_server::RowView> {
        let slice = self.server.slice(&TableQuery {
            room: Some("live".to_owned()),
            ..TableQuery::default()
        });
        slice.rows
    }
}
