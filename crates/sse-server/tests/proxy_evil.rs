//! Upstreams that are not there, slow or broken, and clients that want something else of a proxy.

mod support;

use std::time::{Duration, Instant};

use sse_server::{Config, Error, RowView, Server, UpstreamView, UpstreamWish, Why};
use support::upstream::Upstream;
use support::{Bench, Client};
use tokio::net::TcpListener;

fn config(url: &str) -> Config {
    Config {
        upstreams: vec![(Some("live".to_owned()), url.to_owned())],
        ..Config::default()
    }
}

fn set(bench: &Bench, room: Option<&str>, url: Option<&str>) -> Result<(), Error> {
    bench.server.set_upstream(&UpstreamWish {
        room: room.map(str::to_owned),
        url: url.map(str::to_owned),
    })
}

/// The status and sentence of an answer, and its row.
async fn refusal(bench: &Bench, headers: &[(&str, &str)]) -> (u16, String, RowView) {
    let (mut client, head) = bench.ask("GET", "/@live/x?key=hunter2", headers).await;
    let sentence = client.body(&head).await;
    assert!(!sentence.contains("hunter2"), "{sentence}");
    (head.status, sentence, bench.live().remove(0))
}

/// A refusal of the upstream's fault, in one sentence, with its row.
async fn broken(bench: &Bench, status: u16, why: Why, hint: &str) {
    let (got, sentence, row) = refusal(bench, &[]).await;
    assert_eq!(got, status, "{sentence}");
    assert!(sentence.contains(hint), "{sentence}");
    assert!(sentence.ends_with(".\n"), "{sentence}");
    assert_eq!((row.status, row.state), (status, "refused"));
    assert_eq!(row.ended.expect("it is over").why, why);
    let leg = bench
        .server
        .request(row.id, false)
        .and_then(|it| it.upstream);
    assert_eq!(
        leg.and_then(|leg| leg.problem),
        Some(sentence.trim().to_owned())
    );
}

/// An upstream that answers each connection with these bytes, and closes.
async fn says(bytes: &'static str) -> Bench {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let mut client = Client::over(socket);
            client.until("\r\n\r\n").await;
            client.send(bytes).await;
        }
    });
    Bench::with(config(&format!("http://{at}"))).await
}

#[tokio::test]
async fn an_upstream_that_is_not_there_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("an address");
    drop(listener);
    let bench = Bench::with(config(&format!("http://{at}"))).await;
    broken(
        &bench,
        502,
        Why::UpstreamFailed,
        &format!("Nothing listens at the upstream {at}"),
    )
    .await;
    let bench = Bench::with(config("http://nobody.invalid")).await;
    broken(
        &bench,
        502,
        Why::UpstreamFailed,
        "nobody.invalid is not found",
    )
    .await;
}

#[tokio::test]
async fn what_is_no_answer_is_not_handed_on() {
    for (answer, hint) in [
        ("", "without an answer"),
        ("SSH-2.0-OpenSSH\r\n", "does not answer in HTTP"),
        (
            "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
            "does not answer in HTTP",
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
            "HTTP",
        ),
        (
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\nraw",
            "does not answer in HTTP",
        ),
    ] {
        broken(&says(answer).await, 502, Why::UpstreamFailed, hint).await;
    }
    let giant = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "x".repeat(1 << 20));
    let bench = says(Box::leak(giant.into_boxed_str())).await;
    broken(&bench, 502, Why::UpstreamFailed, "too long").await;
}

/// They held a request beyond the time that its answer may take.
#[tokio::test]
async fn early_hints_without_end_are_no_answer() {
    let hints = "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(1 << 18);
    let bench = says(Box::leak(hints.into_boxed_str())).await;
    let began = Instant::now();
    broken(&bench, 502, Why::UpstreamFailed, "too long").await;
    assert!(began.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn an_upstream_that_never_answers_is_waited_for_so_long() {
    let upstream = Upstream::new().await;
    let bench = upstream
        .bench_with(Config {
            upstream_time: Duration::from_millis(200),
            ..Config::default()
        })
        .await;
    let began = Instant::now();
    broken(&bench, 504, Why::UpstreamTooSlow, "within 200ms").await;
    assert!(began.elapsed() < Duration::from_secs(5));
    assert_eq!(upstream.asked().await.client.rest().await, b"");
}

/// RFC 9112 6.3: where both are there, the length is not to be believed.
#[tokio::test]
async fn an_answer_with_two_lengths_has_one() {
    let bench = says("HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: 3\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n").await;
    let (mut client, head) = bench.get("/@live/x").await;
    assert_eq!(head.get("content-length"), None, "{}", head.text);
    assert_eq!(client.chunks().await, ["hello"]);
}

#[tokio::test]
async fn a_proxy_that_leads_to_itself_is_refused() {
    // At once, where that can be seen.
    let bench = Bench::start().await;
    let url = format!("http://localhost:{}/@other", bench.addr.port());
    set(&bench, Some("live"), Some(&url)).expect("a URL");
    let (status, sentence, row) = refusal(&bench, &[]).await;
    assert_eq!(status, 508, "{sentence}");
    assert_eq!(row.ended.expect("it is over").why, Why::ProxyLoop);

    // And by way of another one: what the second says comes back through the first.
    let second = Bench::with(config(&format!("http://127.0.0.1:{}", bench.addr.port()))).await;
    let whole = |bench: &Bench| format!("http://127.0.0.1:{}", bench.addr.port());
    set(&second, None, Some(&whole(&bench))).expect("a URL");
    set(&bench, None, Some(&whole(&second))).expect("a URL");
    let (mut client, head) = bench.get("/x").await;
    assert_eq!(head.status, 508);
    assert!(client.body(&head).await.contains("leads back"));
}

#[tokio::test]
async fn a_client_does_not_choose_where_it_goes() {
    let upstream = Upstream::new().await;
    let elsewhere = Upstream::new().await;
    let bench = upstream.bench().await;
    set(&bench, None, Some(&upstream.url())).expect("a URL");
    for (target, status) in [
        (format!("{}/@live/x", elsewhere.url()), 421),
        (
            format!("http://evil.example:{}/@live/x", bench.addr.port()),
            421,
        ),
        ("http://evil.example/x".to_owned(), 421),
        ("/@live/../x".to_owned(), 400),
        ("/@live/%2e%2e/x".to_owned(), 400),
    ] {
        let (_, head) = bench.get(&target).await;
        assert_eq!(head.status, status, "{target}");
    }
    let (_, head) = bench.ask("CONNECT", "evil.example:443", &[]).await;
    assert!(head.status == 400 || head.status == 421, "{}", head.text);
    // An absolute form that names this server is a path of it.
    let mut client = bench.connect().await;
    let target = format!("http://localhost:{}/@live/x", bench.addr.port());
    client.send(&bench.request("GET", &target, &[])).await;
    let asked = upstream.asked().await;
    assert!(
        asked.head.starts_with("GET /x HTTP/1.1\r\n"),
        "{}",
        asked.head
    );
    assert_eq!(asked.get("host"), upstream.addr.to_string());
}

#[tokio::test]
async fn another_protocol_is_not_handed_on() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let websocket = [("connection", "upgrade"), ("upgrade", "websocket")];
    let (status, sentence, _) = refusal(&bench, &websocket).await;
    assert_eq!(status, 501);
    assert!(sentence.contains("WebSocket"), "{sentence}");
}

#[tokio::test]
async fn without_breaking_there_are_no_rooms_and_a_fault_is_the_upstreams() {
    let upstream = Upstream::new().await;
    let bench = Bench::with(Config {
        upstreams: vec![
            (None, upstream.url()),
            (Some("live".to_owned()), upstream.url()),
        ],
        breaks: false,
        ..Config::default()
    })
    .await;
    let (_, head) = bench.get("/@live/x").await;
    assert_eq!(head.status, 403);
    let mut client = bench.connect().await;
    client
        .send(&bench.request("GET", "/x?fault=cut", &[]))
        .await;
    let asked = upstream.asked().await;
    assert!(
        asked.head.starts_with("GET /x?fault=cut HTTP/1.1\r\n"),
        "{}",
        asked.head
    );
}

#[tokio::test]
async fn an_upstream_can_be_taken_away_and_a_bad_one_is_refused() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    let secret =
        set(&bench, Some("live"), Some("http://me:hunter2@h")).expect_err("it has user info");
    assert!(!secret.to_string().contains("hunter2"), "{secret}");
    let live = UpstreamView {
        room: Some("live".to_owned()),
        url: upstream.url(),
    };
    assert_eq!(bench.server.upstreams(), [live]);
    set(&bench, Some("live"), None).expect("none");
    let (_, head) = bench.get("/@live/x").await;
    assert_eq!(head.status, 404);
    assert!(Server::new(config("ftp://h")).await.is_err());
}

#[tokio::test]
async fn the_api_sets_an_upstream_with_the_same_checks() {
    let upstream = Upstream::new().await;
    let bench = Bench::start().await;
    let post = async |body: &str| {
        let length = body.len().to_string();
        let request = bench.request("POST", "/api/upstreams", &[("content-length", &length)]);
        let mut client = bench.connect().await;
        client.send(&(request + body)).await;
        let head = client.head().await;
        (head.status, client.body(&head).await)
    };
    let url = upstream.url();
    let body = format!("{{\"room\":\"live\",\"url\":\"{url}\"}}");
    assert_eq!(post(&body).await.0, 200);
    let (mut client, head) = bench.get("/api/upstreams").await;
    let list = client.body(&head).await;
    assert_eq!(
        list,
        format!("{{\"upstreams\":[{{\"room\":\"live\",\"url\":\"{url}\"}}]}}")
    );
    for (body, hint) in [
        (
            "{\"room\":\"live\",\"url\":\"http://me:hunter2@h\"}",
            "user name",
        ),
        (
            "{\"room\":\"a b\",\"url\":\"http://h\"}",
            "The name of a room",
        ),
        ("{\"rooms\":1}", "unknown field"),
    ] {
        let (status, answer) = post(body).await;
        assert_eq!(status, 400, "{answer}");
        assert!(
            answer.contains(hint) && !answer.contains("hunter2"),
            "{answer}"
        );
    }
    let none = (200, "{\"upstreams\":[]}".to_owned());
    assert_eq!(post("{\"room\":\"live\"}").await, none);
    assert_eq!(bench.server.upstreams(), []);
}

/// What is saved takes effect, as streams do.
#[tokio::test]
async fn the_file_gives_a_room_its_upstream() {
    let upstream = Upstream::new().await;
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("streams.toml");
    let text = format!(
        "[[upstream]]\nroom = \"live\"\nurl = \"{}\"\n",
        upstream.url()
    );
    std::fs::write(&file, &text).expect("written");
    let bench = Bench::with(Config {
        streams_file: Some(file.clone()),
        ..Config::default()
    })
    .await;
    assert_eq!(bench.server.upstreams().len(), 1);
    std::fs::write(&file, text.replace("live", "other")).expect("written");
    support::soon("the file is read", async {
        while bench.server.upstreams()[0].room.as_deref() != Some("other") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}

/// What is ours below the sign has the same guard.
#[tokio::test]
async fn the_api_below_its_sign_is_guarded_as_it_is_without() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    set(&bench, None, Some(&upstream.url())).expect("a URL");
    for headers in [
        &[("origin", "http://localhost:5173")][..],
        &[("origin", "https://evil.example")],
        &[("via", "1.1 nginx")],
        &[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "no-cors"),
        ],
    ] {
        let (_, head) = bench.ask("GET", "/@/api/state", headers).await;
        assert_eq!(head.status, 403, "{headers:?}");
    }
    let (_, head) = bench
        .ask("GET", "/@/api/state", &[("host", "evil.example")])
        .await;
    assert_eq!(head.status, 421);
}

/// Nobody is blamed for what the server cannot know.
#[tokio::test]
async fn a_client_that_resumes_through_the_proxy_gets_no_bad_verdict() {
    let upstream = Upstream::new().await;
    let bench = upstream.bench().await;
    for (id, has) in [(None, ""), (Some("7"), "7")] {
        let mut client = bench.connect().await;
        let headers: Vec<_> = id.map(|id| ("last-event-id", id)).into_iter().collect();
        let target = "/@live/x?client=a";
        client.send(&bench.request("GET", target, &headers)).await;
        let mut asked = upstream.asked().await;
        assert_eq!(asked.get("last-event-id"), has);
        asked.stream().await;
        asked.chunk(b"id: 7\ndata: 1\n\n").await;
        client.head().await;
        client.chunk().await;
        drop(asked);
        client.rest().await;
    }
    let row = bench.live().remove(0);
    let verdict = row.verdict.expect("it came back");
    assert!(!verdict.bad, "{}", verdict.words);
    assert!(verdict.words.contains("with id 7"), "{}", verdict.words);
}

#[tokio::test]
async fn what_came_of_an_answer_that_breaks_off_is_handed_on() {
    for begun in [
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{\"a\":1}",
    ] {
        let bench = says(begun).await;
        let mut client = bench.connect().await;
        client.send(&bench.request("GET", "/@live/x", &[])).await;
        let head = client.head().await;
        assert_eq!(head.status, 200, "{}", head.text);
        assert_eq!(head.all("content-length"), ["50"]);
        let body = begun.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        assert_eq!(String::from_utf8_lossy(&client.rest().await), body);
    }
}
