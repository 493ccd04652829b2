//! What clients and people do to a server in the midst of publishing, all at once; and everybody
//! who goes on, or comes back, has every event exactly once.

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_server::{Config, Draft, EndedBy, Limits};
use support::Bench;
use support::curl::Curl;
use support::follower::{Dice, Storm, all_exact};
use support::topics::{keep_all, seq};
use tokio::net::TcpStream;
use tokio::sync::watch;

/// How many kilobytes are more than the kernel takes for a client that does not read.
const LAST: u64 = 3000;

fn numbered(n: u64) -> Draft {
    Draft {
        data: n.to_string(),
        ..Draft::default()
    }
}

/// Half a request, half a body, nonsense, and connections beyond every limit, none of them given up
/// by its client: publishing and those that subscribe do not notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_sent_requests_and_connects_beyond_the_limit_disturb_nobody() {
    let bench = Bench::with(Config {
        topics: keep_all(),
        limits: Limits {
            streams: 20,
            reserve: 40,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let mut subscribers = Vec::new();
    for _ in 0..20 {
        subscribers.push(bench.subscribe("/topics/news").await);
    }
    let mut publisher = bench.connect().await;
    let publish = bench.request("POST", "/topics/news", &[("content-length", "1000")]);
    let subscribe = bench.request("GET", "/topics/news", &[]);
    let mut dice = Dice::new(7);
    let mut nuisances: Vec<TcpStream> = Vec::new();
    for n in 1..=300_u64 {
        let socket = TcpStream::connect(bench.addr).await.expect("it listens");
        let request = if n % 2 == 0 { &publish } else { &subscribe };
        let part = match n % 5 {
            0 => "",
            1 => "\0\x01nonsense\r\n\r\n",
            2 => &format!("{publish}half a body"),
            _ => &request[..usize::try_from(dice.below(request.len() as u64)).expect("small")],
        };
        // One beyond the limit may be closed before it has said anything.
        _ = socket.writable().await;
        _ = socket.try_write(part.as_bytes());
        nuisances.push(socket);
        let (head, answer) = publisher
            .post(&bench, "/topics/news", &[], n.to_string().as_bytes())
            .await;
        assert_eq!(head.status, 200, "{answer}");
    }
    for subscriber in &mut subscribers {
        for n in 1..=300 {
            assert_eq!(subscriber.data().await, n.to_string());
        }
    }
    drop(nuisances);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_server_is_stopped_and_started_in_the_midst_of_it_and_all_come_back_exactly_once() {
    sse_server::raise_file_limit();
    let bench = Arc::new(Bench::topics(keep_all()).await);
    bench.server.set_port(bench.addr.port());
    let (set_last, last) = watch::channel(None);
    let followers = Storm {
        addr: bench.addr,
        path: "/topics/storm",
        life: Duration::from_secs(1),
        last,
    }
    .send_out(100);
    let until = Instant::now() + Duration::from_secs(4);
    let publishing = async {
        let mut published = Vec::new();
        while Instant::now() < until {
            let n = published.len() as u64;
            let id = bench.server.publish("storm", numbered(n)).await;
            assert_eq!(seq(&id.expect("in every phase").id), n + 1);
            published.push(n);
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        published
    };
    let outages = async {
        let mut outages = 0;
        let mut pace = tokio::time::interval(Duration::from_millis(250));
        while Instant::now() < until {
            pace.tick().await;
            bench.server.stop().await;
            outages += 1;
            if outages % 2 == 0 {
                pace.tick().await;
            }
            bench.server.start().await.expect("its port is free");
        }
        outages
    };
    let (published, outages) = tokio::join!(publishing, outages);
    set_last.send_replace(Some(published.len() as u64));
    let tally = tokio::time::timeout(Duration::from_secs(60), all_exact(followers, &published))
        .await
        .expect("every client has all within the bound");
    println!("{outages} outages, {} events, {tally:?}", published.len());
    assert!(outages > 3);
}

/// A kilobyte that begins with its number.
#[cfg(unix)]
fn kilobyte(n: u64) -> String {
    format!("{n:<1024}")
}

#[cfg(unix)]
async fn publish_kilobytes(bench: &Bench, from: u64, to: u64) {
    for n in from..=to {
        let draft = Draft {
            data: kilobyte(n),
            ..numbered(n)
        };
        bench.server.publish("news", draft).await.expect("sound");
    }
}

#[tokio::test]
#[cfg(unix)] // It sends signals.
async fn a_client_that_is_suspended_holds_up_nobody_and_goes_on_where_it_was() {
    let bench = Bench::topics(keep_all()).await;
    let mut reader = bench.subscribe("/topics/news").await;
    let Some(mut curl) = Curl::start(&bench, "/topics/news?client=curl") else {
        return;
    };
    bench.table("curl", |view| view.tally.open == 2).await;
    publish_kilobytes(&bench, 1, 10).await;
    curl.events(10).await;
    curl.signal("STOP");
    for n in 1..=LAST {
        if n > 10 {
            publish_kilobytes(&bench, n, n).await;
        }
        assert_eq!(reader.data().await, kilobyte(n));
    }
    let row = &bench.client("curl").rows[0];
    assert!(row.events < LAST, "it was suspended: {}", row.events);
    curl.signal("CONT");
    let events = curl.events(usize::try_from(LAST).expect("small")).await;
    for (n, event) in (1..).zip(events) {
        assert_eq!((seq(&event.id), &event.data), (n, &kilobyte(n)));
    }
}

#[tokio::test]
#[cfg(unix)] // It sends signals.
async fn a_client_that_stays_suspended_is_given_up_and_the_others_go_on() {
    let bench = Bench::with(Config {
        topics: keep_all(),
        limits: Limits {
            stall: Duration::from_secs(1),
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let mut reader = bench.subscribe("/topics/news").await;
    let Some(mut curl) = Curl::start(&bench, "/topics/news?client=curl") else {
        return;
    };
    bench.table("curl", |view| view.tally.open == 2).await;
    publish_kilobytes(&bench, 1, 1).await;
    curl.events(1).await;
    curl.signal("STOP");
    assert_eq!(reader.data().await, kilobyte(1));
    for n in 2..=LAST {
        publish_kilobytes(&bench, n, n).await;
        assert_eq!(reader.data().await, kilobyte(n));
    }
    let row = bench.ended("curl").await;
    let ended = row.ended.expect("it ended");
    assert_eq!((ended.by, ended.why.words()), (EndedBy::Server, "stalled"));
    assert!(row.events < LAST, "{}", row.events);
    publish_kilobytes(&bench, LAST + 1, LAST + 1).await;
    assert_eq!(reader.data().await, kilobyte(LAST + 1));
}
