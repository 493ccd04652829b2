//! How connections end, and that the table knows at once, by whom and why.

mod support;

use std::time::{Duration, Instant};

use serde_json::json;
use socket2::SockRef;
use sse_server::{EndedBy, Limits, RowView};
use support::{Bench, soon};
use tokio::io::AsyncWriteExt;

/// The design's bound is 100 ms; a machine under load gets ten times that before a test calls it
/// late.
const PROMPT: Duration = Duration::from_secs(1);

#[tokio::test]
async fn a_client_that_closes_is_gone_before_its_next_event() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/endless?every=1h&client=fin").await;
    // Closing over unread bytes would be a reset.
    client.chunk().await;
    bench.table("the client", |view| view.tally.open == 1).await;
    let left = Instant::now();
    drop(client);
    let row = bench.ended("fin").await;
    assert!(left.elapsed() < PROMPT, "{:?}", left.elapsed());
    let ended = row.ended.expect("it ended");
    assert_eq!((ended.by, ended.why.words()), (EndedBy::Client, "closed"));
    assert_eq!((row.events, row.last_id.as_deref()), (1, Some("1")));
}

#[tokio::test]
async fn a_client_that_resets_is_gone_before_its_next_event() {
    let bench = Bench::start().await;
    let (client, _) = bench.get("/endless?every=1h&client=rst").await;
    SockRef::from(&client.socket)
        .set_linger(Some(Duration::ZERO))
        .expect("an open socket");
    let left = Instant::now();
    drop(client);
    let ended = bench.ended("rst").await.ended.expect("it ended");
    assert!(left.elapsed() < PROMPT, "{:?}", left.elapsed());
    assert_eq!((ended.by, ended.why.words()), (EndedBy::Client, "reset"));
}

/// One that wrote without end used to keep its task reading: other streams stalled for seconds, and
/// a stop took as long.
#[tokio::test]
async fn a_client_that_sends_without_end_is_dropped_and_delays_nobody() {
    let bench = Bench::start().await;
    let (client, _) = bench.get("/endless?every=1h&client=flood").await;
    let (mut socket, _) = (client.socket, ());
    let flood = tokio::spawn(async move {
        let block = vec![b'x'; 1024 * 1024];
        while tokio::io::AsyncWriteExt::write_all(&mut socket, &block)
            .await
            .is_ok()
        {}
    });
    let ended = bench.ended("flood").await.ended.expect("it ended");
    assert_eq!(
        (ended.by, ended.why.words()),
        (EndedBy::Server, "client sent too much")
    );
    support::soon("the flood's end", flood)
        .await
        .expect("no panic");
}

#[tokio::test]
async fn a_client_that_sends_on_and_then_closes_is_noticed_too() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/endless?every=1h&client=talker").await;
    client
        .send(&"GET /numbers HTTP/1.1\r\n\r\n".repeat(1000))
        .await;
    drop(client);
    let ended = bench.ended("talker").await.ended.expect("it ended");
    assert_eq!(ended.by, EndedBy::Client);
}

#[tokio::test]
async fn a_client_that_never_reads_is_given_up_and_delays_nobody() {
    let bench = Bench::limited(Limits {
        stall: Duration::from_millis(300),
        ..Limits::default()
    })
    .await;
    let (mut stalled, _) = bench.get("/endless?every=0ms&client=stalled").await;
    let (mut other, _) = bench.get("/endless?every=1ms").await;
    other.until("data: 30\n\n").await;
    let row = bench.ended("stalled").await;
    let ended = row.ended.expect("it ended");
    assert_eq!((ended.by, ended.why.words()), (EndedBy::Server, "stalled"));
    assert!(row.events > 0 && row.bytes > 0);
    // Events are counted when the kernel took them, so the client has at most what the row says.
    let got = stalled.rest().await;
    assert!(got.len() as u64 <= row.bytes);
    other.until("data: 60\n\n").await;
}

#[tokio::test]
async fn a_client_that_stalls_over_an_answer_of_the_page_is_given_up_too() {
    let bench = Bench::limited(Limits {
        stall: Duration::from_millis(300),
        ..Limits::default()
    })
    .await;
    let mut client = bench.connect().await;
    SockRef::from(&client.socket)
        .set_recv_buffer_size(4096)
        .expect("an open socket");
    // More answers than the buffers hold, none of them read, and a stream behind them.
    let page = bench.request("GET", "/", &[]);
    let numbers = bench.request("GET", "/numbers?client=behind", &[]);
    let requests = format!("{}{numbers}", page.repeat(2_000));
    // The server may close while this is being sent: that is what is tested.
    _ = tokio::io::AsyncWriteExt::write_all(&mut client.socket, requests.as_bytes()).await;
    // Reading only after the bound.
    tokio::time::timeout(Duration::from_millis(900), std::future::pending::<()>())
        .await
        .expect_err("nothing to wait for");
    let rest = client.rest().await;
    assert!(!String::from_utf8_lossy(&rest).contains("text/event-stream"));
    assert_eq!(bench.server.connections().open, 0);
}

#[tokio::test]
async fn an_idle_connection_between_requests_is_closed_after_a_while() {
    let bench = Bench::limited(Limits {
        head_time: Duration::from_millis(200),
        ..Limits::default()
    })
    .await;
    let (mut client, head) = bench.get("/healthz").await;
    assert_eq!(client.body(&head).await, "ok\n");
    client.rest().await;
}

#[tokio::test]
async fn the_table_tells_who_is_there() {
    let bench = Bench::start().await;
    let headers = [("user-agent", "curl/8.5.0"), ("last-event-id", "6")];
    let (mut client, _) = bench
        .ask(
            "POST",
            "/endless?client=me",
            &[&headers[..], &[("content-length", "0")]].concat(),
        )
        .await;
    client.until("data: 7\n\n").await;
    let view = bench
        .table("the event", |view| {
            view.rows.first().is_some_and(|row| row.events == 1)
        })
        .await;
    let row = &view.rows[0];
    assert_eq!(
        row.peer,
        client.socket.local_addr().expect("connected").to_string()
    );
    assert_eq!(
        (
            row.program.as_str(),
            row.stream.as_str(),
            row.method.as_str(),
            row.state
        ),
        ("curl 8.5.0", "/endless", "POST", "open")
    );
    assert_eq!(
        (row.brought.as_deref(), row.last_id.as_deref()),
        (Some("6"), Some("7"))
    );
    assert_eq!(view.tally.open, 1);

    let (mut api, head) = bench.get("/api/connections?client=me").await;
    let json = api.body(&head).await;
    assert!(json.contains(r#""program":"curl 8.5.0""#), "{json}");
    let (mut api, head) = bench.get("/api/connections?client=nobody").await;
    assert!(api.body(&head).await.contains(r#""rows":[]"#));
    assert_eq!(head.get("cache-control"), Some("no-store"));
}

/// Arms a fault that strikes once.
fn arm(bench: &Bench, fault: &str) {
    let wish = json!({ "fault": format!("{fault},times=1") });
    let wish = serde_json::from_value(wish).expect("a wish");
    bench.server.arm(wish).expect(fault);
}

/// Waits until nothing is armed: of what struck as often as it may, no connection has it any more.
async fn is_let_go(bench: &Bench) {
    let mut changed = bench.server.faults_changed();
    let none = async {
        while !bench.server.faults().is_empty() {
            changed.changed().await.expect("the server is there");
        }
    };
    soon("what was held is let go", none).await;
}

/// What a client lost that came back, and what it is sent twice.
fn cost(bench: &Bench, tag: &str) -> (Option<u64>, Option<u64>) {
    let back = bench.client(tag).rows.remove(0);
    let verdict = back.verdict.expect("it came back");
    (verdict.lost, verdict.repeated)
}

/// Nothing can be sent to see whether it is still there, and what was held back was never its.
#[tokio::test]
async fn who_leaves_what_is_held_back_was_not_sent_it() {
    let bench = Bench::start().await;
    let faults = [
        "hold=end",
        "hold=100ev",
        "hold=1MiB",
        "merge=100",
        "encode=gzip,flush=never",
    ];
    for (n, fault) in faults.into_iter().enumerate() {
        for half_closes in [false, true] {
            let tag = format!("{half_closes}-{n}");
            arm(&bench, &format!("{fault},client={tag}"));
            let target = format!("/endless?every=2ms&client={tag}");
            let (mut client, _) = bench.get(&target).await;
            let (mut other, _) = bench.get("/endless?every=2ms").await;
            other.until("data: 20\n\n").await;
            let left = Instant::now();
            let mut half = None;
            match half_closes {
                false => drop(client),
                true => {
                    client.socket.shutdown().await.expect("it is open");
                    half = Some(client);
                }
            }
            let row = bench.ended(&tag).await;
            assert!(left.elapsed() < PROMPT, "{fault}: {:?}", left.elapsed());
            assert_eq!(row.ended.expect("it ended").by, EndedBy::Client, "{fault}");
            assert_eq!((row.events, row.last_id), (0, None), "{fault}");
            assert_eq!(row.faults.len(), 1, "{fault}");
            drop(half);
            let (_back, _) = bench.get(&target).await;
            assert_eq!(cost(&bench, &tag), (Some(0), Some(0)), "{fault}");
        }
    }
    is_let_go(&bench).await;
}

/// It goes on behind the last one that was let through.
#[tokio::test]
async fn who_leaves_between_what_is_held_back_loses_none_of_it() {
    let bench = Bench::start().await;
    for (tag, fault, sent) in [
        ("a", "hold=2ev", 8),
        ("b", "merge=4", 8),
        ("c", "encode=gzip", 10),
    ] {
        arm(&bench, &format!("{fault},client={tag}"));
        let target = format!("/topics/{tag}?client={tag}");
        let (mut client, _) = bench.get(&target).await;
        for n in 1..=10 {
            let published = bench.publish(&target, n.to_string()).await;
            assert_eq!(published.subscribers, 1);
        }
        if sent == 8 {
            client.until("data: 8\n\n").await;
        }
        let sends = |row: &RowView| row.client.as_deref() == Some(tag) && row.events == sent;
        bench
            .table("they are sent", |view| view.rows.iter().any(sends))
            .await;
        drop(client);
        let row = bench.ended(tag).await;
        assert_eq!(row.events, sent, "{fault}");
        let last = row.last_id.expect("it was sent some");
        let (_back, _) = bench
            .ask("GET", &target, &[("last-event-id", &*last)])
            .await;
        assert_eq!(cost(&bench, tag), (Some(0), Some(0)), "{fault}");
    }
    is_let_go(&bench).await;
}

/// A topic goes on without it: what was held back is lost, and is counted once.
#[tokio::test]
async fn who_leaves_what_a_topic_holds_back_lost_just_that() {
    let bench = Bench::start().await;
    bench.publish("/topics/news", "before").await;
    arm(&bench, "hold=end,client=x");
    let (client, _) = bench.get("/topics/news?client=x").await;
    for n in 0..5 {
        let published = bench.publish("/topics/news", n.to_string()).await;
        assert_eq!(published.subscribers, 1);
    }
    drop(client);
    let row = bench.ended("x").await;
    assert_eq!((row.events, row.last_id), (0, None));
    is_let_go(&bench).await;
    let published = bench.publish("/topics/news", "between").await;
    assert_eq!(published.subscribers, 0);
    let (_back, _) = bench.get("/topics/news?client=x").await;
    assert_eq!(cost(&bench, "x"), (Some(6), Some(0)));
}
