//! Proxies: what they are told, and what is said of those that do not help.

use std::net::SocketAddr;

use sse_client::{Error, Proxy, Trust, User, Wish};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::support::{OK, answer, begin, echo, head, in_time, refusal, refused, serve, text, wish};
use crate::trust::{Authority, serve_tls};

fn through(proxy: impl Into<String>, url: &str) -> Wish {
    let mut wish = wish(url);
    wish.dial.proxy = Proxy::At(proxy.into());
    wish
}

#[tokio::test]
async fn a_proxy_of_http_is_told_the_whole_url_and_who_asks() {
    let proxy = echo().await;
    for (named, credentials) in [
        (format!("http://{proxy}"), None),
        (proxy.to_string(), None),
        (
            format!("http://Aladdin:open%20sesame@{proxy}/"),
            Some("QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        ),
    ] {
        let asked = through(named, "http://events.example/a?b");
        let sent = text(&mut begin(asked).await.expect("an answer")).await;
        assert!(
            sent.starts_with("GET http://events.example/a?b HTTP/1.1\r\n"),
            "{sent}"
        );
        assert!(sent.contains("\r\nhost: events.example\r\n"), "{sent}");
        let told = credentials.map(|told| format!("proxy-authorization: Basic {told}\r\n"));
        assert_eq!(
            sent.contains("proxy-authorization"),
            told.is_some(),
            "{sent}"
        );
        assert!(sent.contains(&told.unwrap_or_default()), "{sent}");
    }
    let mut asked = through(format!("http://a:b@{proxy}"), "http://events.example:81/");
    asked.dial.proxy_user = Some(User {
        name: "Aladdin".to_owned(),
        password: "open sesame".to_owned(),
    });
    let sent = text(&mut begin(asked).await.expect("an answer")).await;
    assert!(
        sent.contains("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        "{sent}"
    );
    assert!(sent.starts_with("GET http://events.example:81/ "), "{sent}");
}

/// A proxy that connects to a server of this machine, whatever it is asked for.
async fn tunnel(to: SocketAddr) -> SocketAddr {
    serve(move |mut socket| async move {
        let asked = head(&mut socket).await;
        let is_asked = asked.starts_with("CONNECT events.example:443 HTTP/1.1\r\n")
            && asked.contains("host: events.example:443\r\n")
            && asked.contains("proxy-authorization: Basic YTpi\r\n");
        if !is_asked {
            return;
        }
        let mut server = TcpStream::connect(to).await.expect("it listens");
        _ = socket
            .write_all(b"HTTP/1.1 200 Connected\r\nX-A: 1\r\n\r\n")
            .await;
        _ = copy_bidirectional(&mut socket, &mut server).await;
    })
    .await
}

#[tokio::test]
async fn a_server_with_tls_is_reached_through_a_tunnel() {
    let authority = Authority::new();
    let at = serve_tls(authority.signs("events.example"), |mut stream| async move {
        let asked = head(&mut stream).await;
        _ = stream.write_all(OK.as_bytes()).await;
        _ = stream.write_all(asked.as_bytes()).await;
        _ = stream.shutdown().await;
    })
    .await;
    let proxy = tunnel(at).await;
    let mut asked = through(format!("http://a:b@{proxy}"), "https://events.example/a");
    asked.dial.trust = authority.trust();
    let mut watch = begin(asked).await.expect("an answer");
    let sent = text(&mut watch).await;
    assert!(
        sent.starts_with("GET /a HTTP/1.1\r\nhost: events.example\r\n"),
        "{sent}"
    );
    assert!(!sent.contains("proxy-authorization"), "{sent}");
    let times = watch.times();
    let steps = [times.name, times.connect, times.tls, times.request_sent];
    assert!(
        steps.iter().all(Option::is_some) && steps.is_sorted(),
        "{times:?}"
    );
}

#[tokio::test]
async fn a_proxy_that_does_not_connect_is_named_with_its_reason() {
    let (gone, _held) = refused();
    let early = serve(|mut socket| async move {
        head(&mut socket).await;
        _ = socket
            .write_all(b"HTTP/1.1 200 Connected\r\n\r\n220 mail.example ESMTP\r\n")
            .await;
        _ = socket.read(&mut [0; 1000]).await;
    });
    for (proxy, why) in [
        (
            answer("HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n").await,
            "it answered 407: it wants other credentials",
        ),
        (
            answer("HTTP/1.1 502 Bad Gateway\r\n\r\nno").await,
            "it answered 502 Bad Gateway",
        ),
        (answer("SOCKS?\r\n").await, "it does not answer in HTTP"),
        (
            answer("").await,
            "it closed the connection without an answer",
        ),
        (early.await, "it spoke before the server could"),
        (gone, "nothing listens there"),
    ] {
        let mut asked = through(
            format!("http://a:s3cret@{proxy}"),
            "https://events.example/",
        );
        asked.dial.trust = Trust::Anybody;
        let e = refusal(asked).await;
        let is_it = matches!(&e, Error::Proxy { proxy: named, reason }
            if *named == proxy.to_string() && reason == why);
        assert!(is_it, "{why}: {e}");
        assert!(!e.to_string().contains("s3cret"), "{e}");
    }
    let e = refusal(through(gone.to_string(), "http://events.example/")).await;
    assert!(matches!(e, Error::Proxy { .. }), "{e}");
    let at = answer("HTTP/1.1 407 P\r\nContent-Length: 0\r\n\r\n").await;
    let watch = begin(through(at.to_string(), "http://events.example/")).await;
    assert_eq!(watch.expect("an answer").head().status, 407);
}

#[tokio::test]
async fn a_proxy_that_is_none_of_http_is_refused() {
    for named in [
        "https://localhost:3128",
        "socks5://localhost:1080",
        "",
        "http://[",
    ] {
        let e = refusal(through(named, "http://events.example/")).await;
        assert_eq!(e, Error::BadProxy, "{named}");
    }
}

#[tokio::test]
async fn a_host_that_is_excepted_is_reached_without_it() {
    let proxy = answer("HTTP/1.1 299 Proxy\r\nContent-Length: 0\r\n\r\n").await;
    let server = answer("HTTP/1.1 298 Server\r\nContent-Length: 0\r\n\r\n").await;
    for (except, status) in [
        ("", 299),
        ("other.example", 299),
        ("other.example, 127.0.0.1", 298),
        ("*", 298),
    ] {
        let mut asked = through(proxy.to_string(), &format!("http://{server}"));
        asked.dial.proxy_except = except.to_owned();
        let watch = begin(asked).await.expect("an answer");
        assert_eq!(watch.head().status, status, "{except}");
    }
}

/// The environment is that of a process: the test runs itself again, in another one.
#[tokio::test]
async fn the_environment_names_a_proxy_and_whom_it_is_not_for() {
    let proxy = answer("HTTP/1.1 299 Proxy\r\nContent-Length: 0\r\n\r\n").await;
    let this = std::env::current_exe().expect("this program");
    let child = tokio::process::Command::new(this)
        .args([
            "--exact",
            "proxies::asks_as_the_environment_says",
            "--ignored",
        ])
        .envs(["HTTP_PROXY", "http_proxy"].map(|name| (name, format!("http://{proxy}"))))
        .envs(["NO_PROXY", "no_proxy"].map(|name| (name, "nobody.invalid")))
        .env_remove("REQUEST_METHOD")
        .output();
    let told = in_time(child).await.expect("it runs");
    let told = String::from_utf8_lossy(&told.stdout).into_owned();
    assert!(told.contains("1 passed"), "{told}");
}

#[tokio::test]
#[ignore = "the test before it runs it, with an environment"]
async fn asks_as_the_environment_says() {
    let server = answer("HTTP/1.1 298 Server\r\nContent-Length: 0\r\n\r\n").await;
    let asked = |url: &str| Wish {
        dial: Default::default(),
        ..wish(url)
    };
    let through = begin(asked("http://events.example/")).await;
    assert_eq!(through.expect("an answer").head().status, 299);
    let home = begin(asked(&format!("http://{server}/"))).await;
    assert_eq!(home.expect("an answer").head().status, 298);
    let e = refusal(asked("http://nobody.invalid/")).await;
    assert!(matches!(e, Error::HostNotFound { .. }), "{e}");
    let mut excepted = asked("http://other.invalid/");
    excepted.dial.proxy_except = "other.invalid".to_owned();
    let e = refusal(excepted).await;
    assert!(matches!(e, Error::HostNotFound { .. }), "{e}");
}
