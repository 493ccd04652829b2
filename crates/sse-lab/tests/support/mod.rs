//! A server with the lab, and clients of plain bytes.

// Each test file is a program of its own, and uses some of it.
#![allow(dead_code, unreachable_pub)]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use sse_lab::{Lab, Profile, VerdictView};
use sse_server::{Config, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The bound on everything that should simply happen.
pub const SOON: Duration = Duration::from_secs(40);

pub struct Bench {
    pub lab: Lab,
    pub server: Server,
    pub addr: SocketAddr,
}

impl Bench {
    pub async fn start() -> Self {
        Self::with(Config::default()).await
    }

    pub async fn with(config: Config) -> Self {
        let lab = Lab::new();
        let server = Server::new(Config {
            port: 0,
            mounts: lab.mounts(),
            ..config
        })
        .await
        .expect("a sound configuration");
        server.start().await.expect("a free port");
        let port = server.status().borrow().port;
        Self {
            lab,
            server,
            addr: at(port),
        }
    }

    /// The second listener of a run, as its URL says.
    pub async fn second(&self, name: &str) -> SocketAddr {
        let url = self.lab.open_second(name).await.expect("a free port");
        let port = url.strip_prefix("http://127.0.0.1:").expect("its URL");
        at(port.parse().expect("a port"))
    }

    /// The verdict on a case, once there is one.
    pub async fn verdict(&self, name: &str, id: &str) -> (String, String) {
        let mut changes = self.lab.changes();
        let judged = async {
            loop {
                let view = self.lab.view(name, Profile::Standard, Instant::now());
                let cases = view.map(|view| view.cases).unwrap_or_default();
                let case = cases.into_iter().find(|case| case.id == id);
                if let Some(VerdictView { kind, words }) = case.and_then(|case| case.verdict) {
                    return (kind, words.unwrap_or_default());
                }
                let change = changes.changed();
                _ = tokio::time::timeout(Duration::from_millis(50), change).await;
            }
        };
        let judged = tokio::time::timeout(SOON, judged).await;
        judged.expect("there is a verdict")
    }
}

pub fn at(port: u16) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, port).into()
}

/// Sends a request and answers all that comes, up to the end of the connection.
pub async fn ask(addr: SocketAddr, method: &str, path: &str, fields: &[(&str, &str)]) -> String {
    let mut socket = open(addr, method, path, fields).await;
    let mut answer = Vec::new();
    let read = socket.read_to_end(&mut answer);
    let read = tokio::time::timeout(SOON, read).await;
    _ = read.expect("it ends");
    String::from_utf8(answer).expect("we write UTF-8")
}

/// Sends a request.
pub async fn open(
    addr: SocketAddr,
    method: &str,
    path: &str,
    fields: &[(&str, &str)],
) -> TcpStream {
    let mut socket = TcpStream::connect(addr).await.expect("it listens");
    let fields: String = fields
        .iter()
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let host = format!("host: localhost:{}\r\nconnection: close\r\n", addr.port());
    let request = format!("{method} {path} HTTP/1.1\r\n{host}{fields}\r\n");
    socket
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    socket
}

pub fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

pub fn field<'a>(answer: &'a str, name: &str) -> Option<&'a str> {
    let lines = answer.split("\r\n");
    lines
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_once(": "))
        .find_map(|(own, value)| (own == name).then_some(value))
}
