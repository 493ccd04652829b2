//! Redirects: what is asked behind each, how many are followed, and what another origin is sent.

use std::net::SocketAddr;

use hyper::body::Bytes;
use sse_client::{Error, Header, Method, Proxy, Wish};
use tokio::io::AsyncWriteExt;

use crate::support::{answer, begin, echo, head, refusal, serve, text, wish};

async fn redirect(status: u16, location: &str) -> SocketAddr {
    answer(format!(
        "HTTP/1.1 {status} R\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n"
    ))
    .await
}

#[tokio::test]
async fn each_status_has_its_rule_for_the_method() {
    let to = echo().await;
    let get_and_post = [Method::GET, Method::POST];
    for (status, method, then) in [
        (301, Method::POST, "GET"),
        (302, Method::POST, "GET"),
        (303, Method::POST, "GET"),
        (307, Method::POST, "POST"),
        (308, Method::POST, "POST"),
        (301, Method::PUT, "PUT"),
        (302, Method::PUT, "PUT"),
        (303, Method::PUT, "GET"),
        (307, Method::PUT, "PUT"),
        (301, Method::GET, "GET"),
        (303, Method::GET, "GET"),
        (308, Method::GET, "GET"),
    ] {
        let from = redirect(status, &format!("http://{to}/there")).await;
        let body = match method == get_and_post[0] {
            true => Bytes::new(),
            false => Bytes::from("body"),
        };
        let asked = Wish {
            method: method.clone(),
            headers: vec![
                Header::new("Content-Type", "text/plain"),
                Header::new("X-A", "1"),
            ],
            body: body.clone(),
            ..wish(format!("http://{from}/here"))
        };
        let mut watch = begin(asked).await.expect("an answer");
        let sent = text(&mut watch).await;
        assert!(
            sent.starts_with(&format!("{then} /there ")),
            "{status} {method}: {sent}"
        );
        let has_body = then != "GET" && !body.is_empty();
        assert_eq!(
            sent.ends_with("body"),
            has_body,
            "{status} {method}: {sent}"
        );
        let stays = method.as_str() == then;
        assert_eq!(
            sent.contains("content-type"),
            stays,
            "{status} {method}: {sent}"
        );
        assert!(sent.contains("x-a: 1"), "{sent}");
        assert_eq!(watch.asked().method.as_str(), then);
        let hop = &watch.hops()[0];
        assert_eq!((hop.status, watch.hops().len()), (status, 1));
        assert_eq!(hop.from, format!("http://{from}/here"));
        assert_eq!(hop.to, watch.asked().url);
    }
}

#[tokio::test]
async fn what_is_no_redirect_or_not_to_be_followed_is_the_answer() {
    for status in [300, 304, 305, 399] {
        let at = redirect(status, "/there").await;
        let watch = begin(wish(format!("http://{at}")))
            .await
            .expect("an answer");
        assert_eq!(watch.head().status, status);
    }
    let at = redirect(302, "/there").await;
    let asked = Wish {
        follows: false,
        ..wish(format!("http://{at}"))
    };
    let watch = begin(asked).await.expect("an answer");
    assert_eq!((watch.head().status, watch.hops().len()), (302, 0));
    assert_eq!(watch.head().value("location"), Some("/there"));
}

#[tokio::test]
async fn a_circle_is_left_after_ten() {
    let at = redirect(302, "/again").await;
    assert_eq!(
        refusal(wish(format!("http://{at}"))).await,
        Error::Redirects(10)
    );

    let ten = serve(|mut socket| async move {
        let asked = head(&mut socket).await;
        let step = asked
            .split([' ', '/'])
            .nth(2)
            .and_then(|step| step.parse::<u32>().ok());
        let answer = match step.unwrap_or_default() {
            10 => "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n:".to_owned(),
            // It is relative to the folder, with what a URL leaves out.
            step => format!(
                "HTTP/1.1 302 F\r\nLocation: ./a/../{}#part\r\n\r\n",
                step + 1
            ),
        };
        _ = socket.write_all(answer.as_bytes()).await;
    })
    .await;
    let watch = begin(wish(format!("http://{ten}/0")))
        .await
        .expect("an answer");
    assert_eq!(watch.hops().len(), 10);
    assert_eq!(watch.asked().url, format!("http://{ten}/10"));
}

#[tokio::test]
async fn a_redirect_that_leads_nowhere_has_its_sentence() {
    for location in [
        "",
        "Location:\r\n",
        "Location: ftp://h/a\r\n",
        "Location: http://[\r\n",
        "Location: http://me:pw@h/\r\n",
    ] {
        let at = answer(format!(
            "HTTP/1.1 307 T\r\n{location}Content-Length: 0\r\n\r\n"
        ))
        .await;
        let e = refusal(wish(format!("http://{at}"))).await;
        assert_eq!(e, Error::NoLocation { status: 307 }, "{location}");
    }
}

#[tokio::test]
async fn another_origin_is_not_told_who_asks() {
    let headers = vec![
        Header::new("Authorization", "Bearer s3cret"),
        Header::new("COOKIE", "s=s3cret"),
        Header::new("X-Api-Key", "s3cret"),
        Header::new("Host", "first.example"),
        Header::new("Accept", "text/event-stream"),
    ];
    let to = echo().await;
    let from = redirect(307, &format!("http://{to}/there")).await;
    let asked = Wish {
        headers: headers.clone(),
        ..wish(format!("http://{from}"))
    };
    let mut watch = begin(asked).await.expect("an answer");
    let sent = text(&mut watch).await;
    assert!(!sent.contains("s3cret"), "{sent}");
    assert!(
        sent.contains(&format!("host: {to}\r\naccept: text/event-stream\r\n")),
        "{sent}"
    );
    let hop = &watch.hops()[0];
    assert_eq!(
        hop.dropped,
        ["Authorization", "COOKIE", "X-Api-Key", "Host"]
    );
    assert_eq!(hop.sent, headers[4..]);

    let same = serve(|mut socket| async move {
        let asked = head(&mut socket).await;
        let answer = match asked.starts_with("GET /there ") {
            true => format!("HTTP/1.1 200 OK\r\n\r\n{asked}"),
            false => "HTTP/1.1 307 T\r\nLocation: /there\r\n\r\n".to_owned(),
        };
        _ = socket.write_all(answer.as_bytes()).await;
    })
    .await;
    let asked = Wish {
        headers,
        ..wish(format!("http://{same}"))
    };
    let mut watch = begin(asked).await.expect("an answer");
    let sent = text(&mut watch).await;
    assert!(sent.contains("authorization: Bearer s3cret"), "{sent}");
    assert!(watch.hops()[0].dropped.is_empty());
}

/// A proxy makes a server elsewhere of one that is here.
#[tokio::test]
async fn nobody_elsewhere_leads_to_this_machine() {
    for home in [
        "http://127.0.0.1/a",
        "http://localhost:1/",
        "http://[::1]/",
        "http://2130706433/",
        "http://0.0.0.0/",
        "http://[::ffff:7f00:1]/",
        "http://a.localhost./",
    ] {
        let proxy = redirect(302, home).await;
        let mut asked = wish("http://elsewhere.example/");
        asked.dial.proxy = Proxy::At(format!("http://{proxy}"));
        let e = refusal(asked).await;
        assert!(matches!(&e, Error::RedirectHome { .. }), "{home}: {e}");
    }
}
