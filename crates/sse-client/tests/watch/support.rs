//! Servers for one test each, and what is asked of them.

use std::net::SocketAddr;
use std::time::Duration;

use sse_client::{Dial, Error, Piece, Proxy, Url, Watch, Wish};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::time;

/// How long anything may take here.
const PATIENCE: Duration = Duration::from_secs(20);

/// The head of an answer whose body ends with its connection.
pub(crate) const OK: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";

/// The head of an answer whose body comes in chunks.
pub(crate) const CHUNKED: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\
    Transfer-Encoding: chunked\r\n\r\n";

/// A server that plays a script on each connection, until the test is over.
pub(crate) async fn serve<F>(script: impl Fn(TcpStream) -> F + Send + 'static) -> SocketAddr
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("its address");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            _ = socket.set_nodelay(true);
            tokio::spawn(script(socket));
        }
    });
    at
}

/// A port that stays refused: it is taken, and nobody listens on it.
pub(crate) fn refused() -> (SocketAddr, TcpSocket) {
    let socket = TcpSocket::new_v4().expect("a socket");
    let any = SocketAddr::from(([127, 0, 0, 1], 0));
    socket.bind(any).expect("a port");
    (socket.local_addr().expect("its address"), socket)
}

/// A server that reads the head of a request, writes an answer, and closes in order.
pub(crate) async fn answer(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    serve(move |mut socket| {
        let answer = answer.clone();
        async move {
            head(&mut socket).await;
            _ = socket.write_all(&answer).await;
            _ = socket.shutdown().await;
        }
    })
    .await
}

/// A server that tells what it was asked, in the body of its answer.
pub(crate) async fn echo() -> SocketAddr {
    serve(|mut socket| async move {
        let asked = head(&mut socket).await;
        let length = asked.lines().find_map(|line| {
            let (name, value) = line.split_once(": ")?;
            name.eq_ignore_ascii_case("content-length").then_some(value)
        });
        let length = length.and_then(|length| length.parse().ok());
        let mut body = vec![0; length.unwrap_or_default()];
        _ = socket.read_exact(&mut body).await;
        _ = socket.write_all(OK.as_bytes()).await;
        _ = socket.write_all(asked.as_bytes()).await;
        _ = socket.write_all(&body).await;
    })
    .await
}

/// Reads the head of a request, and not a byte more.
pub(crate) async fn head(socket: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match socket.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).expect("a head of letters")
}

/// Asks for a URL, without a proxy.
pub(crate) fn wish(url: impl AsRef<str>) -> Wish {
    Wish {
        dial: Dial {
            proxy: Proxy::None,
            ..Dial::default()
        },
        ..Wish::new(Url::parse(url.as_ref()).expect("a URL"))
    }
}

/// Begins a watch of a server without TLS.
pub(crate) async fn watch(at: SocketAddr) -> Watch {
    begin(wish(format!("http://{at}/")))
        .await
        .expect("an answer")
}

pub(crate) async fn begin(wish: Wish) -> Result<Watch, Error> {
    in_time(Watch::begin(wish)).await
}

/// Why a watch of a URL does not begin.
pub(crate) async fn refusal(wish: Wish) -> Error {
    begin(wish).await.expect_err("no watch")
}

pub(crate) async fn next(watch: &mut Watch) -> Option<Piece> {
    in_time(watch.next())
        .await
        .expect("a body as its head says")
}

/// All that is still to come.
pub(crate) async fn rest(watch: &mut Watch) -> Vec<Piece> {
    let mut pieces = Vec::new();
    while let Some(piece) = next(watch).await {
        pieces.push(piece);
    }
    pieces
}

/// All that is still to come, as one text.
pub(crate) async fn text(watch: &mut Watch) -> String {
    let bytes: Vec<u8> = rest(watch)
        .await
        .into_iter()
        .flat_map(|piece| piece.bytes)
        .collect();
    String::from_utf8(bytes).expect("UTF-8")
}

pub(crate) async fn in_time<T>(what: impl Future<Output = T>) -> T {
    time::timeout(PATIENCE, what)
        .await
        .expect("it is done in time")
}
