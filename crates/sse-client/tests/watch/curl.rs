//! What a curl line asks for, as a server is asked.

use std::time::Duration;

use sse_client::{CurlFile, CurlRequest, Error, Family, Method, Proxy, Trust, User, Wish};

use crate::support::{begin, echo, text};

fn wish(line: &str) -> Wish {
    let line = CurlRequest::from_text(line).expect(line);
    let file = |_: &CurlFile| Ok::<_, Error>(b"of a file\n".to_vec());
    Wish::from_curl(&line, file).expect("a wish")
}

fn refused(line: &str) -> Error {
    let line = CurlRequest::from_text(line).expect(line);
    let file = |_: &CurlFile| Err(Error::BadUrl("a file".to_owned()));
    Wish::from_curl(&line, file).expect_err("no wish")
}

async fn sent(line: &str) -> String {
    text(&mut begin(wish(line)).await.expect("an answer")).await
}

#[tokio::test]
async fn a_line_sends_what_curl_sends_under_the_name_of_this_program() {
    let at = echo().await;
    let program = concat!("user-agent: sse/", env!("CARGO_PKG_VERSION"));
    assert_eq!(
        sent(&format!("curl -N {at}/a?b")).await,
        format!("GET /a?b HTTP/1.1\r\nhost: {at}\r\n{program}\r\naccept: */*\r\n\r\n")
    );
    assert_eq!(
        sent(&format!(
            "curl {at} -H 'Accept: text/event-stream' -A me -H 'X-A;' -d a=b -d c"
        ))
        .await,
        format!(
            "POST / HTTP/1.1\r\nhost: {at}\r\naccept: text/event-stream\r\nx-a: \r\n\
             user-agent: me\r\ncontent-type: application/x-www-form-urlencoded\r\n\
             content-length: 5\r\n\r\na=b&c"
        )
    );
    assert_eq!(
        sent(&format!("curl {at} -H 'Accept:' -H 'User-Agent:'")).await,
        format!("GET / HTTP/1.1\r\nhost: {at}\r\n\r\n")
    );
    let json = sent(&format!(
        "curl {at} --json @body.json -X PUT -b a=b -e http://h/"
    ))
    .await;
    assert!(
        json.starts_with("PUT / ") && json.ends_with("\r\n\r\nof a file\n"),
        "{json}"
    );
    for header in [
        "content-type: application/json",
        "accept: application/json",
        "cookie: a=b",
        "referer: http://h/",
    ] {
        assert!(json.contains(&format!("\r\n{header}\r\n")), "{json}");
    }
    let query = sent(&format!("curl -G {at}/a -d b=c")).await;
    assert!(query.starts_with("GET /a?b=c HTTP/1.1\r\n"), "{query}");
}

#[tokio::test]
async fn credentials_are_sent_and_a_header_of_them_wins() {
    let at = echo().await;
    for (flags, header) in [
        (
            "-u 'Aladdin:open sesame'",
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        ),
        ("--oauth2-bearer abc", "Bearer abc"),
        ("-u a:b -H 'Authorization: Mine'", "Mine"),
    ] {
        let sent = sent(&format!("curl {flags} {at}")).await;
        assert!(
            sent.contains(&format!("authorization: {header}\r\n")),
            "{sent}"
        );
        assert_eq!(sent.matches("authorization").count(), 1, "{sent}");
    }
    let in_url = sent(&format!("curl http://Aladdin:open%20sesame@{at}/")).await;
    assert!(
        in_url.contains("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
        "{in_url}"
    );
    let none = sent(&format!("curl -u a:b -H 'Authorization:' {at}")).await;
    assert!(!none.contains("authorization"), "{none}");
}

#[tokio::test]
async fn only_what_can_be_decoded_is_asked_for() {
    let at = echo().await;
    for (flags, asked) in [
        ("", None),
        ("--compressed", Some("gzip, deflate, br")),
        (
            "--compressed -H 'Accept-Encoding: gzip, deflate, br, zstd'",
            Some("gzip, deflate, br"),
        ),
        (
            "-H 'Accept-Encoding: identity;q=0.5, zstd'",
            Some("identity;q=0.5"),
        ),
        ("-H 'Accept-Encoding: zstd'", None),
    ] {
        let sent = sent(&format!("curl {flags} {at}")).await;
        let line = sent
            .lines()
            .find_map(|line| line.strip_prefix("accept-encoding: "));
        assert_eq!(line, asked, "{flags}");
    }
}

#[test]
fn flags_of_the_connection_are_taken_over() {
    let plain = wish("curl h");
    assert!(!plain.follows && !plain.dial.http2);
    assert_eq!(plain.dial.trust, Trust::Platform);
    assert_eq!(plain.dial.proxy, Proxy::Environment);
    assert_eq!(
        (plain.max_time, plain.dial.timeout, plain.dial.family),
        (None, None, None)
    );

    let full = wish(
        "curl -L --http2 --cacert roots.pem -x proxy -U me:pw --noproxy a,b -4 -m 2.5 \
         --connect-timeout 3 --resolve 'h:443:127.0.0.1,[::1]' https://h",
    );
    assert!(full.follows && full.dial.http2);
    assert_eq!(full.dial.trust, Trust::File("roots.pem".into()));
    assert_eq!(full.dial.proxy, Proxy::At("http://proxy:1080".to_owned()));
    let user = User {
        name: "me".to_owned(),
        password: "pw".to_owned(),
    };
    assert_eq!(full.dial.proxy_user, Some(user));
    assert_eq!(full.dial.proxy_except, "a,b");
    assert_eq!(full.dial.family, Some(Family::V4));
    assert_eq!(full.max_time, Some(Duration::from_millis(2500)));
    assert_eq!(full.dial.timeout, Some(Duration::from_secs(3)));
    let known = &full.dial.known_hosts[0];
    assert_eq!(
        (known.host.as_str(), known.port, known.addresses.len()),
        ("h", 443, 2)
    );

    assert_eq!(
        wish("curl -k --cacert roots.pem h").dial.trust,
        Trust::Anybody
    );
    assert_eq!(wish("curl -x '' h").dial.proxy, Proxy::None);
    assert_eq!(wish("curl --http1.1 h").dial.http2, plain.dial.http2);
    assert_eq!(wish("curl -I h").method, Method::HEAD);
    for (named, at) in [
        ("http://p:3128", "http://p:3128"),
        ("p:80", "http://p:80"),
        ("'[::1]'", "http://[::1]:1080"),
        ("http://p/", "http://p:1080"),
    ] {
        let proxy = wish(&format!("curl -x {named} h")).dial.proxy;
        assert_eq!(proxy, Proxy::At(at.to_owned()), "{named}");
    }
}

#[test]
fn what_is_not_supported_has_its_sentence() {
    assert_eq!(refused("curl -x https://p:3128 h"), Error::BadProxy);
    assert!(matches!(refused("curl h:99999"), Error::BadUrl(_)));
    assert_eq!(
        refused("curl -d @body h"),
        Error::BadUrl("a file".to_owned())
    );
}
