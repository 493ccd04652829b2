//! A client of bytes and sockets: what `curl -N` is to a person. It knows no more of HTTP than the
//! tests need.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::wait::{DEADLINE, ensure, wait_for};

/// An answer that was read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// The head's lines, names in lower case.
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Asks for `path` with these further header lines, and reads the answer until the server closes.
pub(crate) async fn get(port: u16, path: &str, headers: &[&str]) -> Result<Answer, String> {
    answer_to(port, "GET", path, headers, "").await
}

/// Publishes an event with this data, as `curl -d` does.
pub(crate) async fn publish(port: u16, path: &str, data: &str) {
    let answer = answer_to(port, "POST", path, &[], data)
        .await
        .expect("the server answers");
    assert_eq!(answer.status, 200, "{}", answer.body);
}

/// Gives a room a list of streams of its own.
pub(crate) async fn serve_in_room(port: u16, room: &str, streams: &str) {
    let path = format!("/api/rooms/{room}/streams");
    let answer = answer_to(port, "PUT", &path, &[], streams)
        .await
        .expect("the server answers");
    assert_eq!(answer.status, 204, "{}", answer.body);
}

async fn answer_to(
    port: u16,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Result<Answer, String> {
    let reading = async {
        let mut socket = connect(port, method, path, headers, body).await?;
        let mut bytes = Vec::new();
        socket
            .read_to_end(&mut bytes)
            .await
            .map_err(|error| error.to_string())?;
        let text = String::from_utf8_lossy(&bytes);
        let (head, body) = text.split_once("\r\n\r\n").ok_or("no end of the head")?;
        let status = head
            .split(' ')
            .nth(1)
            .and_then(|word| word.parse().ok())
            .ok_or("no status")?;
        Ok(Answer {
            status,
            head: head.to_lowercase(),
            body: body.to_owned(),
        })
    };
    timeout(DEADLINE, reading)
        .await
        .unwrap_or_else(|_| Err("no end of the answer".to_owned()))
}

/// What the server itself says of its connections.
pub(crate) async fn connections(port: u16) -> Result<Vec<Value>, String> {
    let answer = get(port, "/api/connections", &[]).await?;
    ensure(answer.status == 200, format!("status {}", answer.status))?;
    let value: Value = serde_json::from_str(&answer.body).map_err(|error| error.to_string())?;
    match &value["rows"] {
        Value::Array(rows) => Ok(rows.clone()),
        other => Err(format!("no rows: {other}")),
    }
}

/// Waits until the server on `port` says that it is running.
pub(crate) async fn until_it_answers(port: u16) {
    wait_for("an answer from the server", async || {
        let answer = get(port, "/healthz", &[]).await?;
        ensure(answer.status == 200, format!("status {}", answer.status))
    })
    .await;
}

/// Waits until no stream is open any more, by the server's own account.
pub(crate) async fn until_nobody_is_connected(port: u16) {
    wait_for("the end of every connection", async || {
        let rows = connections(port).await?;
        let open = rows.iter().any(|row| row["state"] == "open");
        ensure(!open, format!("{rows:?}"))
    })
    .await;
}

/// A stream that is being read.
#[derive(Debug)]
pub(crate) struct Stream(BufReader<TcpStream>);

impl Stream {
    /// Opens it; the answer may still be a refusal.
    pub(crate) async fn open(port: u16, path: &str) -> Self {
        Self(
            connect(port, "GET", path, &[], "")
                .await
                .expect("the server takes connections"),
        )
    }

    /// Opens it and reads its first event.
    pub(crate) async fn running(port: u16, path: &str) -> Self {
        let mut stream = Self::open(port, path).await;
        stream.until_line("data: 1").await;
        stream
    }

    /// Opens it under the name of a program.
    pub(crate) async fn open_as(port: u16, path: &str, program: &str) -> Self {
        let name = format!("User-Agent: {program}");
        Self(
            connect(port, "GET", path, &[&name], "")
                .await
                .expect("the server takes connections"),
        )
    }

    /// Reads on until a line is exactly this one.
    pub(crate) async fn until_line(&mut self, wanted: &str) {
        let reading = async {
            let mut seen = String::new();
            loop {
                let mut line = String::new();
                let read = self
                    .0
                    .read_line(&mut line)
                    .await
                    .expect("the stream can be read");
                assert!(
                    read > 0,
                    "the stream ended before {wanted:?}, after: {seen}"
                );
                if line.trim_end() == wanted {
                    return;
                }
                seen.push_str(&line);
            }
        };
        let found = timeout(DEADLINE, reading).await;
        assert!(found.is_ok(), "the line {wanted:?} did not come");
    }

    /// Reads to the end that the server makes: the last chunk, then no more. Anything else is a
    /// connection that was broken off, as when the program that held it died.
    pub(crate) async fn until_end(&mut self) -> Result<(), String> {
        let mut rest = Vec::new();
        match timeout(DEADLINE, self.0.read_to_end(&mut rest)).await {
            Ok(Ok(_)) => ensure(
                rest.ends_with(b"\r\n0\r\n\r\n"),
                "it ends without the last chunk",
            ),
            Ok(Err(error)) => Err(error.to_string()),
            Err(_) => panic!("the stream did not end"),
        }
    }
}

async fn connect(
    port: u16,
    method: &str,
    path: &str,
    headers: &[&str],
    body: &str,
) -> Result<BufReader<TcpStream>, String> {
    let failed = |error: std::io::Error| error.to_string();
    let socket = timeout(
        Duration::from_secs(5),
        TcpStream::connect(("127.0.0.1", port)),
    )
    .await
    .map_err(|_| "no connection".to_owned())?
    .map_err(failed)?;
    let mut socket = BufReader::new(socket);
    let mut request =
        format!("{method} {path} HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n");
    if method != "GET" {
        request.push_str(&format!("Content-Length: {}\r\n", body.len()));
    }
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    request.push_str(body);
    socket.write_all(request.as_bytes()).await.map_err(failed)?;
    Ok(socket)
}
