//! A server on port 0 and clients that speak bytes over real sockets.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part"
)]

pub mod curl;
pub mod follower;
pub mod framing;
pub mod mounts;
pub mod operate;
pub mod tokens;
pub mod topics;
pub mod upstream;

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use sse_server::{Config, Limits, RowView, Server, Slice, TableQuery};
use sse_wire::{Decoded, Decoder};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The bound on everything that should simply happen: a hang fails, a busy machine does not.
pub const SOON: Duration = Duration::from_secs(20);

pub struct Bench {
    pub server: Server,
    pub addr: SocketAddr,
}

impl Bench {
    pub async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn limited(limits: Limits) -> Self {
        Self::with(Config {
            limits,
            ..Config::default()
        })
        .await
    }

    pub async fn with(config: Config) -> Self {
        let server = Server::new(Config { port: 0, ..config })
            .await
            .expect("a sound configuration");
        server.start().await.expect("a free port");
        let port = server.status().borrow().port;
        Self {
            server,
            addr: (Ipv4Addr::LOCALHOST, port).into(),
        }
    }

    pub async fn connect(&self) -> Client {
        Client::connect(self.addr).await
    }

    /// Sends one GET and reads the answer's head.
    pub async fn get(&self, target: &str) -> (Client, Head) {
        self.ask("GET", target, &[]).await
    }

    pub async fn ask(
        &self,
        method: &str,
        target: &str,
        headers: &[(&str, &str)],
    ) -> (Client, Head) {
        let mut client = self.connect().await;
        client.send(&self.request(method, target, headers)).await;
        let head = client.head().await;
        (client, head)
    }

    /// A request with a good Host, unless `headers` bring their own.
    pub fn request(&self, method: &str, target: &str, headers: &[(&str, &str)]) -> String {
        let mut request = format!("{method} {target} HTTP/1.1\r\n");
        if !headers
            .iter()
            .any(|(name, _)| name.eq_ignore_ascii_case("host"))
        {
            request += &format!("host: localhost:{}\r\n", self.addr.port());
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request + "\r\n"
    }

    /// Waits until the table satisfies `wanted`, looking whenever it says that it changed.
    pub async fn table(&self, what: &str, wanted: impl Fn(&Slice) -> bool) -> Slice {
        let mut changed = self.server.connections_changed();
        soon(what, async {
            loop {
                changed.borrow_and_update();
                let view = self.server.slice(&TableQuery::default());
                if wanted(&view) {
                    return view;
                }
                // Counters are told once a look; asking again now and then costs nothing.
                _ = tokio::time::timeout(Duration::from_millis(50), changed.changed()).await;
            }
        })
        .await
    }

    /// The rows of one client's tag.
    pub fn client(&self, tag: &str) -> Slice {
        self.server.slice(&TableQuery {
            client: Some(tag.to_owned()),
            ..TableQuery::default()
        })
    }

    /// Waits for the newest row to be over, and answers it.
    pub async fn ended(&self, tag: &str) -> RowView {
        let view = self
            .table("the connection's end", |view| {
                view.rows
                    .iter()
                    .any(|row| row.client.as_deref() == Some(tag) && row.ended.is_some())
            })
            .await;
        view.rows
            .into_iter()
            .find(|row| row.client.as_deref() == Some(tag))
            .expect("just seen")
    }
}

/// Fails loudly instead of hanging.
pub async fn soon<T>(what: &str, future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future)
        .await
        .unwrap_or_else(|_| panic!("not within {SOON:?}: {what}"))
}

#[derive(Debug)]
pub struct Head {
    pub status: u16,
    pub text: String,
}

impl Head {
    pub fn get(&self, name: &str) -> Option<&str> {
        self.text.lines().skip(1).find_map(|line| {
            let (field, value) = line.split_once(": ")?;
            field.eq_ignore_ascii_case(name).then_some(value)
        })
    }

    pub fn all(&self, name: &str) -> Vec<&str> {
        self.text
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(field, _)| field.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
            .collect()
    }
}

/// A client of plain bytes.
pub struct Client {
    pub socket: TcpStream,
    read: Vec<u8>,
}

impl Client {
    pub async fn connect(addr: SocketAddr) -> Self {
        let socket = soon("connect", TcpStream::connect(addr))
            .await
            .expect("the server listens");
        Self::over(socket)
    }

    pub fn over(socket: TcpStream) -> Self {
        Self {
            socket,
            read: Vec::new(),
        }
    }

    pub async fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes()).await;
    }

    pub async fn send_bytes(&mut self, bytes: &[u8]) {
        soon("send", self.socket.write_all(bytes))
            .await
            .expect("the server reads");
    }

    /// Reads up to and with `end`; what lies behind stays for the next read.
    pub async fn until(&mut self, end: &str) -> String {
        let what = format!("{end:?}");
        soon(&what, async {
            loop {
                if let Some(at) = find(&self.read, end.as_bytes()) {
                    let rest = self.read.split_off(at + end.len());
                    let taken = std::mem::replace(&mut self.read, rest);
                    return String::from_utf8(taken).expect("we write UTF-8");
                }
                let n = self.socket.read_buf(&mut self.read).await.expect("open");
                assert!(
                    n > 0,
                    "ended before {end:?}: {:?}",
                    String::from_utf8_lossy(&self.read)
                );
            }
        })
        .await
    }

    pub async fn head(&mut self) -> Head {
        let text = self.until("\r\n\r\n").await;
        let status = text
            .split(' ')
            .nth(1)
            .and_then(|status| status.parse().ok())
            .unwrap_or_else(|| panic!("no status line: {text:?}"));
        Head { status, text }
    }

    /// A body of a stated length.
    pub async fn body(&mut self, head: &Head) -> String {
        let length: usize = head
            .get("content-length")
            .expect("a length")
            .parse()
            .expect("a number");
        soon("the body", async {
            while self.read.len() < length {
                let n = self.socket.read_buf(&mut self.read).await.expect("open");
                assert!(n > 0, "the body is cut");
            }
        })
        .await;
        let rest = self.read.split_off(length);
        String::from_utf8(std::mem::replace(&mut self.read, rest)).expect("we write UTF-8")
    }

    /// One chunk's payload; empty for the last.
    pub async fn chunk(&mut self) -> String {
        let size = self.until("\r\n").await;
        let size = usize::from_str_radix(size.trim(), 16).expect("a chunk size");
        soon("a chunk", async {
            while self.read.len() < size + 2 {
                let n = self.socket.read_buf(&mut self.read).await.expect("open");
                assert!(n > 0, "the chunk is cut");
            }
        })
        .await;
        let rest = self.read.split_off(size + 2);
        let mut chunk = std::mem::replace(&mut self.read, rest);
        assert!(chunk.ends_with(b"\r\n"), "a chunk ends with CRLF");
        chunk.truncate(size);
        String::from_utf8(chunk).expect("we write UTF-8")
    }

    /// The chunks up to the last one.
    pub async fn chunks(&mut self) -> Vec<String> {
        let mut chunks = Vec::new();
        loop {
            match self.chunk().await {
                last if last.is_empty() => return chunks,
                chunk => chunks.push(chunk),
            }
        }
    }

    /// What was read and not taken.
    pub fn buffered(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.read)
    }

    /// Everything until the other side ends; a reset counts as an end when `reset` allows it.
    pub async fn rest(&mut self) -> Vec<u8> {
        let mut rest = std::mem::take(&mut self.read);
        soon("the end", async {
            while !matches!(self.socket.read_buf(&mut rest).await, Ok(0) | Err(_)) {}
        })
        .await;
        rest
    }
}

/// What of this process is in memory.
#[cfg(target_os = "linux")] // It reads /proc.
pub fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux has it");
    let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    resident
        .and_then(|kib| kib.split_whitespace().next()?.parse().ok())
        .expect("a number of KiB")
}

/// The data of all events in `text`, as a client would decode them.
pub fn data(text: &str) -> Vec<String> {
    let mut data = Vec::new();
    Decoder::new()
        .push(text.as_bytes(), |decoded| {
            if let Decoded::Event { data: d, .. } = decoded {
                data.push(d.to_owned());
            }
        })
        .expect("small events");
    data
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|w| w == needle)
}
