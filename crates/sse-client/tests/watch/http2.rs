//! HTTP/2, which is offered to servers with TLS: its ends, and what it makes of a request.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::time::Duration;

use h2::{Reason, server};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response, Version};
use hyper_util::rt::{TokioExecutor, TokioIo};
use sse_client::{End, Error, Header, Method, Watch, Wish};
use tokio::sync::mpsc;

use crate::support::{begin, in_time, next, refusal, rest, text};
use crate::trust::{Authority, serve_tls, trusting};

fn http2(at: SocketAddr, authority: &Authority) -> Wish {
    let mut wish = trusting(format!("https://{at}/a?b"), authority.trust());
    wish.dial.http2 = true;
    wish
}

/// A server that answers with what it was asked.
async fn echo(authority: &Authority, protocols: &[&[u8]]) -> SocketAddr {
    let mut config = authority.signs("127.0.0.1");
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    serve_tls(config, |stream| async move {
        let echo = service_fn(|asked: Request<Incoming>| async move {
            let (head, body) = asked.into_parts();
            let body = http_body_util::BodyExt::collect(body)
                .await
                .expect("a body");
            let told = format!(
                "{} {} {:?} {:?} {}",
                head.method,
                head.uri,
                head.version,
                head.headers,
                String::from_utf8_lossy(&body.to_bytes())
            );
            Ok::<_, Infallible>(Response::new(Full::new(Bytes::from(told))))
        });
        if stream.get_ref().1.alpn_protocol() == Some(b"h2") {
            let builder = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            _ = builder.serve_connection(TokioIo::new(stream), echo).await;
        } else {
            let builder = hyper::server::conn::http1::Builder::new();
            _ = builder.serve_connection(TokioIo::new(stream), echo).await;
        }
    })
    .await
}

#[tokio::test]
async fn it_is_offered_where_it_is_wished_for_and_the_server_chooses() {
    let authority = Authority::new();
    let both = echo(&authority, &[b"h2", b"http/1.1"]).await;
    let old = echo(&authority, &[b"http/1.1"]).await;
    for (at, wished, version) in [
        (both, true, Version::HTTP_2),
        (both, false, Version::HTTP_11),
        (old, true, Version::HTTP_11),
    ] {
        let mut asked = http2(at, &authority);
        asked.dial.http2 = wished;
        let mut watch = begin(asked).await.expect("an answer");
        assert_eq!(watch.head().version, version);
        let told = text(&mut watch).await;
        assert!(told.contains(&format!("{version:?}")), "{told}");
        assert_eq!(watch.end().map(|(end, _)| end), Some(End::InOrder));
    }
}

#[tokio::test]
async fn a_request_is_whole_and_names_its_authority_once() {
    let authority = Authority::new();
    let at = echo(&authority, &[b"h2"]).await;
    let asked = Wish {
        method: Method::POST,
        headers: vec![
            Header::new("Host", "events.example"),
            Header::new("Connection", "keep-alive"),
            Header::new("X-A", "1"),
        ],
        body: "body".into(),
        ..http2(at, &authority)
    };
    let mut watch = begin(asked).await.expect("an answer");
    let told = text(&mut watch).await;
    let sent = watch.sent();
    let fields = sent.fields.iter();
    let fields: Vec<String> = fields
        .map(|(name, value)| format!("{name}: {}", String::from_utf8_lossy(value)))
        .collect();
    assert_eq!(sent.line, "POST /a?b HTTP/2");
    assert_eq!(
        fields,
        ["host: events.example", "x-a: 1", "content-length: 4"]
    );
    assert_eq!(sent.body, "body");
    let lines = watch.head_lines();
    assert_eq!(lines[0], b"HTTP/2 200");
    assert!(
        lines[1..]
            .iter()
            .any(|line| line.starts_with(b"content-length: "))
    );
    assert!(
        told.starts_with("POST https://events.example/a?b HTTP/2.0 "),
        "{told}"
    );
    assert!(
        told.ends_with(" body") && told.contains("\"x-a\": \"1\""),
        "{told}"
    );
    assert!(
        !told.contains("\"host\"") && !told.contains("connection"),
        "{told}"
    );
}

/// What a server of HTTP/2 does behind its first event.
#[derive(Clone, Copy, Debug)]
enum Then {
    End,
    Reset(Reason),
    GoAway(Reason),
    Close,
}

async fn ends(authority: &Authority, then: Then, told: mpsc::Sender<()>) -> SocketAddr {
    let mut config = authority.signs("127.0.0.1");
    config.alpn_protocols = vec![b"h2".to_vec()];
    serve_tls(config, move |stream| {
        let told = told.clone();
        async move {
            let mut connection = server::handshake(stream).await.expect("HTTP/2");
            let Some(Ok((_, mut respond))) = connection.accept().await else {
                return;
            };
            // Settings are there long before the head.
            let pause = tokio::time::sleep(Duration::from_millis(60));
            tokio::select! {
                () = pause => {}
                _ = connection.accept() => {}
            }
            let mut body = respond
                .send_response(Response::new(()), false)
                .expect("it is open");
            body.send_data(Bytes::from_static(b"data: 1\n\n"), false)
                .expect("it is open");
            let (go, mut wait) = mpsc::channel::<()>(1);
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(60)).await;
                drop(go);
            });
            tokio::select! {
                _ = connection.accept() => {}
                _ = wait.recv() => {}
            }
            match then {
                Then::End => body.send_data(Bytes::new(), true).expect("it is open"),
                Then::Reset(reason) => body.send_reset(reason),
                Then::GoAway(reason) => connection.abrupt_shutdown(reason),
                Then::Close => return,
            }
            while connection.accept().await.is_some() {}
            _ = told.send(()).await;
        }
    })
    .await
}

#[tokio::test]
async fn each_end_is_known_from_the_others() {
    let authority = Authority::new();
    for (then, end) in [
        (Then::End, End::InOrder),
        (Then::Reset(Reason::INTERNAL_ERROR), End::Reset),
        (Then::Reset(Reason::CANCEL), End::Reset),
        (Then::Reset(Reason::NO_ERROR), End::Cut),
        (
            Then::GoAway(Reason::ENHANCE_YOUR_CALM),
            End::GoAway { code: 11 },
        ),
        (Then::GoAway(Reason::NO_ERROR), End::GoAway { code: 0 }),
        (Then::Close, End::Cut),
    ] {
        let (told, _) = mpsc::channel(1);
        let at = ends(&authority, then, told).await;
        let mut watch = begin(http2(at, &authority)).await.expect("an answer");
        let first = next(&mut watch).await.expect("a piece");
        assert_eq!(
            (&first.bytes[..], first.wire_bytes),
            (&b"data: 1\n\n"[..], 9),
            "{then:?}"
        );
        assert_eq!(rest(&mut watch).await, [], "{then:?}");
        assert_eq!(watch.end().map(|(end, _)| end), Some(end), "{then:?}");
        let times = watch.times();
        let steps = [
            times.tls,
            times.request_sent,
            times.head_first_byte,
            Some(first.at),
        ];
        assert!(
            steps.iter().all(Option::is_some) && steps.is_sorted(),
            "{times:?}"
        );
        let waited = times
            .head_first_byte
            .zip(times.request_sent)
            .map(|(a, b)| a - b);
        assert!(waited > Some(Duration::from_millis(30)), "{times:?}");
    }
}

#[tokio::test]
async fn a_server_that_refuses_is_told_from_one_that_leaves() {
    let authority = Authority::new();
    for (reason, words) in [
        (Reason::REFUSED_STREAM, "refused stream"),
        (Reason::HTTP_1_1_REQUIRED, "HTTP/1.1"),
    ] {
        let mut config = authority.signs("127.0.0.1");
        config.alpn_protocols = vec![b"h2".to_vec()];
        let at = serve_tls(config, move |stream| async move {
            let mut connection = server::handshake(stream).await.expect("HTTP/2");
            while let Some(Ok((_, mut respond))) = connection.accept().await {
                respond.send_reset(reason);
            }
        })
        .await;
        let e = refusal(http2(at, &authority)).await;
        assert!(matches!(&e, Error::Http2Refused { .. }), "{e}");
        assert!(e.to_string().contains(words), "{e}");
    }
}

#[tokio::test]
async fn whoever_drops_a_watch_closes_its_connection() {
    let authority = Authority::new();
    let (told, mut is_told) = mpsc::channel(1);
    let mut config = authority.signs("127.0.0.1");
    config.alpn_protocols = vec![b"h2".to_vec()];
    let at = serve_tls(config, move |stream| {
        let told = told.clone();
        async move {
            let mut connection = server::handshake(stream).await.expect("HTTP/2");
            let Some(Ok((_, mut respond))) = connection.accept().await else {
                return;
            };
            let mut body = respond
                .send_response(Response::new(()), false)
                .expect("it is open");
            body.send_data(Bytes::from_static(b":\n"), false)
                .expect("it is open");
            while connection.accept().await.is_some() {}
            _ = told.send(()).await;
        }
    })
    .await;
    let mut watch: Watch = begin(http2(at, &authority)).await.expect("an answer");
    assert!(next(&mut watch).await.is_some());
    assert!(is_told.try_recv().is_err());
    drop(watch);
    assert_eq!(in_time(is_told.recv()).await, Some(()));
}
