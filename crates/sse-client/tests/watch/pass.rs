//! Somebody else's request, passed on: over TLS, over HTTP/2, and while its body comes.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sse_client::{Dial, End, Error, PassTimes, Passed, Proxy, TlsCache, Trust, Url, pass};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{CHUNKED, echo, in_time, refused, serve};
use crate::trust::{Authority, serve_tls};

/// Passes a request with a body on to a URL.
async fn passed(
    url: &str,
    body: &'static str,
    trust: Trust,
    times: &mut PassTimes,
) -> Result<Passed, Error> {
    let request = Request::post("/what-the-client-asked")
        .header("host", "localhost:8000")
        .header("authorization", "Bearer me")
        .body(Full::new(Bytes::from_static(body.as_bytes())))
        .expect("a request");
    let dial = Dial {
        proxy: Proxy::None,
        trust,
        http2: true,
        tls_cache: Some(TlsCache::default()),
        ..Dial::default()
    };
    let url = Url::parse(url).expect("a URL");
    in_time(pass(request.into_parts(), &url, &dial, times)).await
}

async fn text(passed: Passed) -> String {
    let body = in_time(passed.body.collect()).await.expect("its end");
    String::from_utf8(body.to_bytes().to_vec()).expect("letters")
}

/// A server of HTTP/2 that answers with what it was asked.
async fn echo_http2(authority: &Authority) -> SocketAddr {
    let mut config = authority.signs("127.0.0.1");
    config.alpn_protocols = vec![b"h2".to_vec()];
    serve_tls(config, |stream| async move {
        let echo = service_fn(|asked: Request<Incoming>| async move {
            let (head, body) = asked.into_parts();
            let body = body.collect().await.expect("a body").to_bytes();
            let asked = format!(
                "{} {} {:?} {}",
                head.method,
                head.uri,
                head.headers,
                String::from_utf8_lossy(&body)
            );
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(asked))))
        });
        let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
        _ = builder.serve_connection(TokioIo::new(stream), echo).await;
    })
    .await
}

#[tokio::test]
async fn it_says_what_it_said_but_for_the_host() {
    let at = echo().await;
    let mut times = PassTimes::default();
    let url = format!("http://{at}/base/x?y=%41");
    let passed = passed(&url, "hello", Trust::Platform, &mut times).await;
    let passed = passed.expect("an answer");
    assert!(
        times.connect <= times.head && times.head.is_some(),
        "{times:?}"
    );
    let asked = text(passed).await;
    assert!(
        asked.starts_with("POST /base/x?y=%41 HTTP/1.1\r\n"),
        "{asked}"
    );
    assert!(asked.contains(&format!("host: {at}\r\n")), "{asked}");
    assert!(!asked.contains("localhost:8000"), "{asked}");
    assert!(asked.contains("authorization: Bearer me\r\n"), "{asked}");
    assert!(asked.ends_with("\r\n\r\nhello"), "{asked}");
}

#[tokio::test]
async fn http2_is_used_where_the_server_has_it() {
    let authority = Authority::new();
    let at = echo_http2(&authority).await;
    let mut times = PassTimes::default();
    let url = format!("https://{at}/a?b");
    let passed = passed(&url, "hello", authority.trust(), &mut times).await;
    let asked = text(passed.expect("an answer")).await;
    assert!(
        asked.starts_with(&format!("POST https://{at}/a?b ")),
        "{asked}"
    );
    assert!(!asked.contains("\"host\""), "{asked}");
    assert!(asked.ends_with(" hello"), "{asked}");
}

#[tokio::test]
async fn who_is_not_trusted_or_not_there_is_told_with_the_steps_that_were_done() {
    let authority = Authority::new();
    let at = echo_http2(&authority).await;
    let mut times = PassTimes::default();
    let url = format!("https://{at}/");
    let refusal = passed(&url, "", Authority::new().trust(), &mut times).await;
    assert!(
        matches!(refusal, Err(Error::NotTrusted { .. })),
        "{refusal:?}"
    );
    assert!(times.connect.is_some() && times.head.is_none(), "{times:?}");
    let (at, _taken) = refused();
    let mut times = PassTimes::default();
    let refusal = passed(&format!("http://{at}/"), "", Trust::Platform, &mut times).await;
    assert!(
        matches!(refusal, Err(Error::NothingListens { .. })),
        "{refusal:?}"
    );
    assert_eq!(times, PassTimes::default());
}

#[tokio::test]
async fn a_body_ends_as_its_connection_does_and_its_drop_ends_that() {
    for (rest, end) in [("0\r\n\r\n", End::InOrder), ("", End::Cut)] {
        let at = serve(move |mut socket| async move {
            crate::support::head(&mut socket).await;
            let chunk = format!("{CHUNKED}1\r\na\r\n{rest}");
            _ = socket.write_all(chunk.as_bytes()).await;
            _ = socket.shutdown().await;
        })
        .await;
        let mut times = PassTimes::default();
        let passed = passed(&format!("http://{at}/"), "", Trust::Platform, &mut times).await;
        let mut body = passed.expect("an answer").body;
        let mut read = Vec::new();
        while let Some(piece) = in_time(std::future::poll_fn(|cx| body.poll_piece(cx))).await {
            read.extend_from_slice(&piece);
        }
        assert_eq!((&read[..], body.end()), (&b"a"[..], Some(end)));
    }
    let (closed, mut until_closed) = tokio::sync::mpsc::unbounded_channel();
    let at = serve(move |mut socket| {
        let closed = closed.clone();
        async move {
            crate::support::head(&mut socket).await;
            _ = socket.write_all(CHUNKED.as_bytes()).await;
            let mut rest = Vec::new();
            _ = socket.read_to_end(&mut rest).await;
            _ = closed.send(());
        }
    })
    .await;
    let mut times = PassTimes::default();
    let passed = passed(&format!("http://{at}/"), "", Trust::Platform, &mut times).await;
    let passed = passed.expect("an answer");
    let early = tokio::time::timeout(Duration::from_millis(50), until_closed.recv()).await;
    assert!(early.is_err(), "it is open while somebody reads it");
    drop(passed);
    in_time(until_closed.recv()).await.expect("it is closed");
}

/// A chunk that is none may be the middle of another answer: it is not passed on.
#[tokio::test]
async fn small_chunks_of_one_read_are_one_piece_and_a_bad_one_ends_it() {
    let chunks = "1\r\na\r\n".repeat(1000);
    let at = crate::support::answer(format!("{CHUNKED}{chunks}no chunk\r\n")).await;
    let mut times = PassTimes::default();
    let passed = passed(&format!("http://{at}/"), "", Trust::Platform, &mut times).await;
    let mut body = passed.expect("an answer").body;
    let (mut pieces, mut read) = (0, 0);
    while let Some(piece) = in_time(std::future::poll_fn(|cx| body.poll_piece(cx))).await {
        assert!(piece.iter().all(|byte| *byte == b'a'));
        (pieces, read) = (pieces + 1, read + piece.len());
    }
    assert_eq!((read, body.end()), (1000, Some(End::Cut)));
    assert!(pieces < 20, "{pieces} pieces");
}

/// Each of them is a head, and a server may send any number before the answer.
#[tokio::test]
async fn early_hints_come_before_an_answer_and_are_not_endless() {
    let hint = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n";
    let ask = async |hints: usize| {
        let answer = format!("{}{CHUNKED}1\r\na\r\n0\r\n\r\n", hint.repeat(hints));
        let at = crate::support::answer(answer).await;
        let mut times = PassTimes::default();
        passed(&format!("http://{at}/"), "", Trust::Platform, &mut times).await
    };
    assert_eq!(text(ask(100).await.expect("an answer")).await, "a");
    let refusal = ask(10_000).await;
    assert!(
        matches!(refusal, Err(Error::LongHead { .. })),
        "{refusal:?}"
    );
}

/// Over TLS a read brings one record, and what comes in one with the head is not lost.
#[tokio::test]
async fn chunks_are_read_through_tls_too() {
    let authority = Authority::new();
    let at = serve_tls(authority.signs("127.0.0.1"), |mut stream| async move {
        crate::support::head(&mut stream).await;
        let answer = format!("{CHUNKED}1\r\na\r\n2\r\n");
        _ = stream.write_all(answer.as_bytes()).await;
        _ = stream.write_all(b"bc\r\n0\r\n\r\n").await;
        _ = stream.shutdown().await;
    })
    .await;
    let mut times = PassTimes::default();
    let url = format!("https://{at}/");
    let passed = passed(&url, "", authority.trust(), &mut times).await;
    assert_eq!(text(passed.expect("an answer")).await, "abc");
}

#[tokio::test]
async fn a_body_of_a_stated_length_or_none_is_as_long() {
    for (head, body, text_of_it) in [
        ("content-length: 9\r\n", "data: a\n\nb", "data: a\n\n"),
        ("", "data: a\n\nb", "data: a\n\nb"),
        ("content-length: 0\r\n", "data: a\n\n", ""),
        ("transfer-encoding: gzip\r\n", "data: a\n\n", "data: a\n\n"),
        (
            "transfer-encoding: gzip, chunked\r\n",
            "1\r\na\r\n0\r\n\r\n",
            "a",
        ),
    ] {
        let at = crate::support::answer(format!("HTTP/1.1 200 OK\r\n{head}\r\n{body}")).await;
        let mut times = PassTimes::default();
        let passed = passed(&format!("http://{at}/"), "", Trust::Platform, &mut times).await;
        assert_eq!(text(passed.expect("an answer")).await, text_of_it, "{head}");
    }
}
