//! Servers that are none, and answers that cannot be watched: a sentence each.

use std::time::Duration;

use sse_client::{Error, Family, Method, Wish};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{answer, begin, head, refusal, refused, serve, text, wish};

#[tokio::test]
async fn a_name_that_does_not_resolve_is_named() {
    let e = refusal(wish("http://nobody.invalid:8000/a")).await;
    assert!(
        matches!(&e, Error::HostNotFound { host, .. } if host == "nobody.invalid"),
        "{e}"
    );
    let mut asked = wish("http://127.0.0.1:9/");
    asked.dial.family = Some(Family::V6);
    let sentence = refusal(asked).await.to_string();
    assert!(sentence.contains("it has no address of IPv6"), "{sentence}");
}

#[tokio::test]
async fn a_port_that_nobody_listens_on_is_named() {
    let (at, _held) = refused();
    let e = refusal(wish(format!("http://{at}"))).await;
    let is_it = matches!(&e, Error::NothingListens { is_loopback: true, port, .. }
        if *port == at.port());
    assert!(is_it, "{e}");
}

#[tokio::test]
async fn a_connection_that_takes_too_long_is_given_up() {
    // It accepts, and says nothing of TLS.
    let at = serve(|socket| async move {
        tokio::time::sleep(Duration::from_secs(60)).await;
        drop(socket);
    })
    .await;
    let mut asked = wish(format!("https://{at}"));
    asked.dial.timeout = Some(Duration::from_millis(100));
    let e = refusal(asked).await;
    assert!(matches!(e, Error::ConnectTimeout { .. }), "{e}");
    assert!(e.to_string().contains("after 0.1 s"), "{e}");
}

#[tokio::test]
async fn an_answer_that_is_no_http_is_no_stream() {
    for no_http in [
        "220 mail.example ESMTP\r\n",
        "\0\0\0",
        "HTTP/1.1 abc\r\n\r\n",
    ] {
        let at = answer(no_http).await;
        let e = refusal(wish(format!("http://{at}"))).await;
        assert!(matches!(e, Error::NotHttp { .. }), "{no_http:?}: {e}");
    }
    let first = serve(|mut socket| async move {
        _ = socket.write_all(b"SSH-2.0-OpenSSH_9.6\r\n").await;
        _ = socket.read(&mut [0; 1000]).await;
    })
    .await;
    let e = refusal(wish(format!("http://{first}"))).await;
    assert!(matches!(e, Error::NotHttp { .. }), "{e}");
}

#[tokio::test]
async fn no_answer_and_a_reset_have_each_their_sentence() {
    let closed = answer("").await;
    let e = refusal(wish(format!("http://{closed}"))).await;
    assert!(matches!(e, Error::NoAnswer { .. }), "{e}");

    let half = answer("HTTP/1.1 200 OK\r\nContent-").await;
    let e = refusal(wish(format!("http://{half}"))).await;
    assert!(matches!(e, Error::NoAnswer { .. }), "{e}");

    let reset = serve(|mut socket| async move {
        head(&mut socket).await;
        let linger = socket2::SockRef::from(&socket).set_linger(Some(Duration::ZERO));
        linger.expect("the option is there");
    })
    .await;
    let e = refusal(wish(format!("http://{reset}"))).await;
    assert!(matches!(e, Error::AnswerReset { .. }), "{e}");
}

#[tokio::test]
async fn a_head_without_an_end_is_bounded() {
    let endless = serve(|mut socket| async move {
        head(&mut socket).await;
        let mut more = Ok(());
        while more.is_ok() {
            more = socket.write_all(b"X-A: 1\r\n").await;
        }
    });
    let long_line = serve(|mut socket| async move {
        head(&mut socket).await;
        let mut more = socket.write_all(b"HTTP/1.1 200 OK\r\nX-A: ").await;
        while more.is_ok() {
            more = socket.write_all(&[b'x'; 1000]).await;
        }
    });
    let many = answer(format!(
        "HTTP/1.1 200 OK\r\n{}\r\n",
        "A: 1\r\n".repeat(10_000)
    ));
    for at in [endless.await, long_line.await, many.await] {
        let e = refusal(wish(format!("http://{at}"))).await;
        assert!(
            matches!(e, Error::LongHead { .. } | Error::NotHttp { .. }),
            "{e}"
        );
    }
    let long = answer(format!(
        "HTTP/1.1 200 OK\r\n{}\r\n:",
        "A: 1\r\n".repeat(900)
    ));
    let mut watch = begin(wish(format!("http://{}", long.await)))
        .await
        .expect("an answer");
    assert_eq!(watch.head().headers.len(), 900);
    assert_eq!(text(&mut watch).await, ":");
}

#[tokio::test]
async fn an_answer_before_the_request_was_read_is_an_answer() {
    let at = serve(|mut socket| async move {
        head(&mut socket).await;
        let refusal = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 4\r\n\r\nlong";
        _ = socket.write_all(refusal).await;
        // What is not read makes a reset of the close.
    })
    .await;
    let asked = Wish {
        method: Method::POST,
        body: vec![b'x'; 16 << 20].into(),
        ..wish(format!("http://{at}"))
    };
    let mut watch = begin(asked).await.expect("an answer");
    assert_eq!(watch.head().status, 413);
    assert_eq!(text(&mut watch).await, "long");
}
