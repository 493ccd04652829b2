//! Listeners that the handler of a mount opens: who is answered there, and when they are closed.

mod support;

use std::io::ErrorKind;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::{Duration, Instant};

use sse_server::{Config, Error, ExtraListener, Limits, MOST_EXTRA_LISTENERS};
use support::mounts::{Mounted, TWO, page};
use support::{Bench, Client, Head, soon};
use tokio::io::AsyncReadExt;
use tokio::net::{TcpListener, TcpStream};

fn at(listener: &ExtraListener) -> SocketAddr {
    (Ipv4Addr::LOCALHOST, listener.port()).into()
}

/// Asks at this address, with a good Host unless another is given.
async fn ask(addr: SocketAddr, target: &str, headers: &[(&str, &str)]) -> (Client, Head) {
    let own = format!("localhost:{}", addr.port());
    let has_host = headers.iter().any(|(name, _)| *name == "host");
    let host = (!has_host).then_some(("host", &*own));
    let fields = host.iter().chain(headers);
    let fields: String = fields
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    let mut client = Client::connect(addr).await;
    client
        .send(&format!("GET {target} HTTP/1.1\r\n{fields}\r\n"))
        .await;
    let head = client.head().await;
    (client, head)
}

async fn is_refused(addr: SocketAddr) -> bool {
    match TcpStream::connect(addr).await {
        Ok(_) => false,
        // Who waited to be accepted when it was closed is reset.
        Err(e) if e.kind() == ErrorKind::ConnectionReset => false,
        Err(e) => {
            assert_eq!(e.kind(), ErrorKind::ConnectionRefused);
            true
        }
    }
}

async fn refused(addr: SocketAddr, wanted: bool) {
    soon("it is closed, or open again", async {
        while is_refused(addr).await != wanted {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn it_is_on_loopback_and_a_handler_is_told_where_a_request_came() {
    let mounted = Mounted::new(|_, _| page("in"));
    let bench = mounted.bench().await;
    let extra = mounted.listeners().open().await.expect("a free port");
    assert_ne!(extra.port(), bench.addr.port());
    assert!(extra.is_open());
    let (_, head) = ask(at(&extra), "/lab/x", &[]).await;
    assert_eq!(head.status, 200);
    assert_eq!(mounted.asked().remove(0).local, at(&extra));
    let (_, head) = bench.get("/lab/x").await;
    assert_eq!(head.status, 200);
    assert_eq!(mounted.asked().remove(0).local, bench.addr);
    // `localhost` may be either family.
    let six = (Ipv6Addr::LOCALHOST, extra.port()).into();
    if TcpListener::bind((Ipv6Addr::LOCALHOST, 0)).await.is_ok() {
        let (_, head) = ask(six, "/lab/x", &[]).await;
        assert_eq!(head.status, 200);
    }
    // Another loopback address is not listened on: so it is no wildcard.
    let other = SocketAddr::from(([127, 0, 0, 2], extra.port()));
    if TcpListener::bind(("127.0.0.2", 0)).await.is_ok() {
        assert!(is_refused(other).await);
    }
    // The streams of the server are there too, in the one table.
    let (_client, head) = ask(at(&extra), "/endless", &[]).await;
    assert_eq!(head.status, 200);
    let one_open = |slice: &sse_server::Slice| slice.tally.open == 1;
    bench.table("it has a row", one_open).await;
}

/// The guard's table holds there, and the port that it asks for is that of the listener.
#[tokio::test]
async fn the_guard_stands_before_it_with_its_own_port() {
    let mounted = Mounted::new(|_, _| page("in"));
    let bench = Bench::with(Config {
        mounts: vec![
            mounted.at("/lab", sse_server::MountArea::Stream),
            mounted.at("/api/lab", sse_server::MountArea::Api),
        ],
        ..Config::default()
    })
    .await;
    let extra = mounted.listeners().open().await.expect("a free port");
    let (own, first) = (extra.port(), bench.addr.port());
    let host = |port: u16| format!("localhost:{port}");
    let origin = |port: u16| format!("http://localhost:{port}");
    for (name, value, expected) in [
        ("host", host(own), [200, 200]),
        ("host", host(first), [200, 421]),
        ("host", "evil.com".to_owned(), [421, 421]),
        ("host", format!("localhost.evil.com:{own}"), [421, 421]),
        ("origin", origin(own), [200, 200]),
        // The page of the server's own port is another origin here, on this machine.
        ("origin", origin(first), [200, 403]),
        ("origin", "https://evil.com".to_owned(), [403, 403]),
        ("sec-fetch-site", "cross-site".to_owned(), [403, 403]),
    ] {
        for (path, status) in ["/lab/x", "/api/lab"].into_iter().zip(expected) {
            let (_, head) = ask(at(&extra), path, &[(name, &*value)]).await;
            assert_eq!(head.status, status, "{path} {name}: {value}");
            assert_eq!(mounted.asked().len(), usize::from(status == 200));
            let cors = head.get("access-control-allow-origin");
            let reads = name == "origin" && path == "/lab/x" && status == 200;
            assert_eq!(cors, reads.then_some(&*value), "{path} {name}: {value}");
        }
    }
}

#[tokio::test]
async fn closed_for_a_time_it_refuses_and_then_listens_on_the_same_port() {
    let mounted = Mounted::stream("every = '5ms'");
    let bench = mounted.bench().await;
    let extra = mounted.listeners().open().await.expect("a free port");
    let (mut client, head) = ask(at(&extra), "/lab/x", &[]).await;
    assert_eq!(head.status, 200);
    let begun = Instant::now();
    let time = Duration::from_millis(400);
    extra.close_for(time);
    refused(at(&extra), true).await;
    assert!(extra.is_open(), "it is closed for a time only");
    // Its port stays its own, its connections go on, and the server's own listener too.
    TcpListener::bind(at(&extra)).await.expect_err("it is kept");
    client.chunk().await;
    assert!(!is_refused(bench.addr).await);
    refused(at(&extra), false).await;
    assert!(begun.elapsed() >= time);
    let (_, head) = ask(at(&extra), "/lab/x", &[]).await;
    assert_eq!(head.status, 200);
    // A shorter time in place of a longer one counts.
    extra.close_for(Duration::from_secs(60));
    refused(at(&extra), true).await;
    extra.close_for(Duration::ZERO);
    refused(at(&extra), false).await;
}

#[tokio::test]
async fn a_stop_closes_it_within_its_grace_and_a_start_does_not_open_it_again() {
    let mounted = Mounted::stream("every = '5ms'");
    let bench = mounted.bench().await;
    let listeners = mounted.listeners();
    let extra = listeners.open().await.expect("a free port");
    let paused = listeners.open().await.expect("a free port");
    let (mut client, _) = ask(at(&extra), "/lab/x", &[]).await;
    // Who neither asks nor leaves, and a listener that waits for its time.
    let _idle = Client::connect(at(&extra)).await;
    paused.close_for(Duration::from_secs(60));
    refused(at(&paused), true).await;
    let begun = Instant::now();
    bench.server.stop().await;
    assert!(begun.elapsed() < Duration::from_millis(500));
    let mut rest = Vec::new();
    let end = soon("the end", client.socket.read_to_end(&mut rest)).await;
    end.expect("it ends in order");
    assert!(!extra.is_open() && !paused.is_open());
    for listener in [&extra, &paused] {
        let port = TcpListener::bind(at(listener)).await;
        port.expect("the port is free");
    }
    assert_eq!(
        listeners.open().await.expect_err("it does not run"),
        Error::NotRunning
    );
    bench.server.start().await.expect("the port is free");
    assert!(is_refused(at(&extra)).await);
    let again = listeners.open().await.expect("a free port");
    assert!(!is_refused(at(&again)).await);
}

#[tokio::test]
async fn a_listener_that_is_dropped_is_closed_and_there_are_so_many_at_most() {
    let mounted = Mounted::stream(TWO);
    let _bench = mounted.bench().await;
    let listeners = mounted.listeners();
    let mut open = Vec::new();
    for _ in 0..MOST_EXTRA_LISTENERS {
        open.push(listeners.open().await.expect("a free port"));
    }
    let error = listeners.open().await.expect_err("there are too many");
    assert_eq!(error, Error::TooManyListeners(MOST_EXTRA_LISTENERS));
    let last = open.pop().expect("there are some");
    let addr = at(&last);
    last.close().await;
    assert!(is_refused(addr).await);
    soon("there is room for one", async {
        while listeners.open().await.is_err() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let dropped = open.pop().expect("there are some");
    let addr = at(&dropped);
    drop(dropped);
    refused(addr, true).await;
}

/// The bounds on connections are those of the server, whichever listener they came to.
#[tokio::test]
async fn its_connections_count_among_those_of_the_server() {
    let mounted = Mounted::stream("every = '5ms'");
    let bench = mounted
        .bench_with(Config {
            limits: Limits {
                streams: 1,
                ..Limits::default()
            },
            ..Config::default()
        })
        .await;
    let extra = mounted.listeners().open().await.expect("a free port");
    let (_client, head) = bench.get("/lab/x").await;
    assert_eq!(head.status, 200);
    let (_, head) = ask(at(&extra), "/lab/x", &[]).await;
    assert_eq!(head.status, 503);
}

#[tokio::test]
async fn before_the_first_start_there_is_none() {
    let mounted = Mounted::stream(TWO);
    let server = sse_server::Server::new(Config {
        port: 0,
        mounts: vec![mounted.at("/lab", sse_server::MountArea::Stream)],
        ..Config::default()
    })
    .await
    .expect("a sound configuration");
    let error = mounted
        .listeners()
        .open()
        .await
        .expect_err("it does not run");
    assert_eq!(error, Error::NotRunning);
    server.start().await.expect("a free port");
    mounted.listeners().open().await.expect("a free port");
}
