//! What is sent, when each step was done, and what nobody is shown.

use std::time::Duration;

use hyper::Version;
use sse_client::{Dial, End, Header, KnownHost, Method, Proxy, Trust, Url, User, Watch, Wish};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{CHUNKED, OK, begin, echo, head, next, serve, text, wish};

#[tokio::test]
async fn a_stream_is_asked_for_as_a_browser_asks() {
    let at = echo().await;
    let mut watch = begin(wish(format!("http://{at}/a%20b?c=d#e")))
        .await
        .expect("an answer");
    assert_eq!(
        text(&mut watch).await,
        format!(
            "GET /a%20b?c=d HTTP/1.1\r\nhost: {at}\r\naccept: text/event-stream\r\n\
             cache-control: no-cache\r\nuser-agent: sse/{}\r\n\r\n",
            env!("CARGO_PKG_VERSION")
        )
    );
    assert_eq!(watch.asked().url, format!("http://{at}/a%20b?c=d"));
    let sent = watch.sent();
    assert_eq!(sent.line, "GET /a%20b?c=d HTTP/1.1");
    assert_eq!(sent.fields[0], ("host".to_owned(), at.to_string().into()));
    assert_eq!(sent.fields.len(), 4);
    assert_eq!(watch.head().version, Version::HTTP_11);
    assert!(watch.head().is_stream());
}

/// Names keep their letters, values their bytes, and a head that only says to go on is none.
#[tokio::test]
async fn the_lines_of_a_head_are_those_that_came() {
    let at = serve(|mut stream| async move {
        head(&mut stream).await;
        let answer = b"HTTP/1.1 103 Early Hints\r\nlink: a\r\n\r\nHTTP/1.1 200 Fine\r\n\
            Content-Type: text/event-stream\r\nX-Odd:  caf\xe9\r\ncontent-length: 9\r\n\r\n\
            data: 1\n\n";
        stream.write_all(answer).await.expect("it reads");
    })
    .await;
    let watch = begin(wish(format!("http://{at}")))
        .await
        .expect("an answer");
    let lines: Vec<&[u8]> = watch.head_lines().iter().map(Vec::as_slice).collect();
    let expected: [&[u8]; 4] = [
        b"HTTP/1.1 200 Fine",
        b"Content-Type: text/event-stream",
        b"X-Odd:  caf\xe9",
        b"content-length: 9",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn method_headers_and_body_are_sent_as_they_are_given() {
    let at = echo().await;
    let asked = Wish {
        method: Method::POST,
        headers: vec![
            Header::new("X-A", "1"),
            Header::new("Host", "another.example"),
            Header::new("x-a", "2"),
            Header::new("Content-Length", "1000000"),
        ],
        body: "{\"a\": 1}".into(),
        ..wish(format!("http://{at}"))
    };
    let mut watch = begin(asked).await.expect("an answer");
    assert_eq!(
        text(&mut watch).await,
        "POST / HTTP/1.1\r\nhost: another.example\r\nx-a: 1\r\nx-a: 2\r\n\
         content-length: 8\r\n\r\n{\"a\": 1}"
    );
    let empty = Wish {
        method: Method::POST,
        headers: Vec::new(),
        ..wish(format!("http://{at}"))
    };
    let sent = text(&mut begin(empty).await.expect("an answer")).await;
    assert!(sent.contains("content-length: 0\r\n"), "{sent}");
    let bare = Wish {
        headers: vec![Header::new("Content-Length", "5")],
        ..wish(format!("http://{at}"))
    };
    let sent = text(&mut begin(bare).await.expect("an answer")).await;
    assert_eq!(sent, format!("GET / HTTP/1.1\r\nhost: {at}\r\n\r\n"));
}

#[tokio::test]
async fn a_header_that_cannot_be_sent_is_named_and_not_repeated() {
    let at = echo().await;
    for (name, value) in [
        ("X A", "s3cret"),
        ("X-A", "s3cret\r\nX-B: 1"),
        ("", "s3cret"),
    ] {
        let asked = Wish {
            headers: vec![Header::new(name, value)],
            ..wish(format!("http://{at}"))
        };
        let sentence = begin(asked).await.expect_err("no header").to_string();
        assert!(
            sentence.contains(&format!("{name:?} cannot be sent")),
            "{sentence}"
        );
        assert!(!sentence.contains("s3cret"), "{sentence}");
    }
    let asked = Wish {
        headers: (0..40_000)
            .map(|number| Header::new(format!("x-{number}"), ""))
            .collect(),
        ..wish(format!("http://{at}"))
    };
    let sentence = begin(asked).await.expect_err("too many").to_string();
    assert!(sentence.contains("too many headers"), "{sentence}");
}

#[tokio::test]
async fn each_step_has_its_time_and_they_are_in_order() {
    let pause = Duration::from_millis(120);
    let at = serve(move |mut socket| async move {
        head(&mut socket).await;
        let (first, rest) = CHUNKED.split_at(20);
        for part in [first, rest, "1\r\n:\r\n0\r\n\r\n"] {
            tokio::time::sleep(pause).await;
            _ = socket.write_all(part.as_bytes()).await;
        }
    })
    .await;
    let mut watch = begin(wish(format!("http://{at}")))
        .await
        .expect("an answer");
    let first = next(&mut watch).await.expect("a piece");
    assert!(next(&mut watch).await.is_none());
    let times = watch.times();
    assert_eq!(times.tls, None);
    let steps = [
        times.name,
        times.connect,
        times.request_sent,
        times.head_first_byte,
        times.head_complete,
        Some(first.at),
        watch.end().map(|(_, at)| at),
    ];
    let steps: Vec<Duration> = steps
        .into_iter()
        .map(|step| step.expect("a time"))
        .collect();
    assert!(steps.is_sorted(), "{steps:?}");
    for later in 3..6 {
        assert!(steps[later] - steps[later - 1] >= pause / 2, "{steps:?}");
    }
}

#[tokio::test]
async fn a_request_is_sent_when_its_body_is() {
    const BODY: usize = 16 << 20;
    let pause = Duration::from_millis(120);
    let at = serve(move |mut socket| async move {
        head(&mut socket).await;
        _ = socket.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").await;
        tokio::time::sleep(pause).await;
        _ = socket.read_exact(&mut vec![0; BODY]).await;
        _ = socket.write_all(OK.as_bytes()).await;
    })
    .await;
    let asked = Wish {
        method: Method::POST,
        body: vec![b'x'; BODY].into(),
        ..wish(format!("http://{at}"))
    };
    let watch = begin(asked).await.expect("an answer");
    assert_eq!(watch.head().status, 200);
    let (sent, complete) = (watch.times().request_sent, watch.times().head_complete);
    assert!(
        sent >= Some(pause / 2) && sent <= complete,
        "{sent:?} {complete:?}"
    );
}

#[tokio::test]
async fn a_watch_ends_when_its_time_is_up() {
    let short = Duration::from_millis(150);
    let silent = serve(|mut socket| async move {
        head(&mut socket).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    let asked = Wish {
        max_time: Some(short),
        ..wish(format!("http://{silent}"))
    };
    let sentence = begin(asked).await.expect_err("no answer").to_string();
    assert!(sentence.contains("no answer of 127.0.0.1:"), "{sentence}");
    assert!(sentence.contains("after 0.15 s"), "{sentence}");

    for is_busy in [true, false] {
        let endless = serve(move |mut socket| async move {
            head(&mut socket).await;
            _ = socket.write_all(OK.as_bytes()).await;
            while socket.write_all(&[b':'; 1 << 16]).await.is_ok() {
                if !is_busy {
                    tokio::time::sleep(Duration::from_secs(60)).await;
                }
            }
        })
        .await;
        let asked = Wish {
            max_time: Some(short),
            ..wish(format!("http://{endless}"))
        };
        let mut watch = begin(asked).await.expect("an answer");
        while next(&mut watch).await.is_some() {}
        let (end, at) = watch.end().expect("an end");
        assert_eq!(end, End::Stopped);
        assert!(at >= short);
    }
}

#[tokio::test]
async fn a_known_host_needs_no_resolver() {
    let at = echo().await;
    let mut asked = wish(format!("http://events.example:{}/a", at.port()));
    let known = |host: &str, port, ip: &str| KnownHost {
        host: host.to_owned(),
        port,
        addresses: vec![ip.parse().expect("an address")],
    };
    asked.dial.known_hosts = vec![
        known("*", at.port(), "127.0.0.2"),
        known("EVENTS.example", at.port(), "127.0.0.1"),
        known("events.example", 1, "127.0.0.3"),
    ];
    let sent = text(&mut begin(asked).await.expect("an answer")).await;
    assert!(
        sent.contains(&format!("host: events.example:{}", at.port())),
        "{sent}"
    );
}

#[tokio::test]
async fn no_debug_shows_a_secret() {
    let at = echo().await;
    let url = format!("http://{at}/?api_key=s3cret&q=s3cret");
    let dial = Dial {
        trust: Trust::Anybody,
        proxy: Proxy::At("http://me:s3cret@localhost:3128".to_owned()),
        proxy_user: Some(User {
            name: "s3cret".to_owned(),
            password: "s3cret".to_owned(),
        }),
        ..Dial::default()
    };
    let bare = Proxy::At("me:s3cret@localhost:3128".to_owned());
    let asked = Wish {
        headers: vec![
            Header::new("Authorization", "Bearer s3cret"),
            Header::new("X-Mine", "s3cret"),
            Header::new("Accept", "text/event-stream"),
        ],
        body: "s3cret".into(),
        dial,
        ..Wish::new(Url::parse(&url).expect("a URL"))
    };
    let shown = format!("{asked:?} {asked:#?} {bare:?}");
    assert!(!shown.contains("s3cret"), "{shown}");
    for there in [
        "Authorization",
        "text/event-stream",
        "localhost:3128",
        "6 bytes",
    ] {
        assert!(shown.contains(there), "{shown}");
    }
    let asked = Wish {
        dial: wish(&url).dial,
        ..asked
    };
    let mut watch: Watch = begin(asked).await.expect("an answer");
    let piece = next(&mut watch).await.expect("a piece");
    let shown = format!("{watch:?} {piece:?}");
    assert!(
        !shown.contains("s3cret") && shown.contains("200"),
        "{shown}"
    );
}
