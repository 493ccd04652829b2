//! Three nodes behind the balancers that people have.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::front::{Front, Kind};
use crate::ports;
use crate::scene::{Gaps, Plan, Scene};
use crate::support::{SSE, Serving};

/// The name that the clients know.
const NAME: &str = "sse.example.com";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_subscribers_behind_nginx() {
    behind(Kind::Nginx).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_subscribers_behind_haproxy() {
    behind(Kind::Haproxy).await;
}

async fn behind(kind: Kind) {
    let engine = Engine::start(&[]);
    let files = rlimit::increase_nofile_limit(20_000).unwrap_or(0);
    let plan = Plan {
        front: Some(kind),
        // Each takes one file here, one in a node and two in the balancer.
        crowd: if files >= 4_000 { 1_000 } else { 300 },
        pace: Duration::from_millis(400),
        ..Plan::on(engine.url()).with(&["--allow-host", NAME])
    };
    let mut scene = Scene::begin(plan).await;
    scene.all_came().await;
    refuses_what_is_not_for_all(scene.target());
    scene.kill(0);
    scene.play(2.0).await;
    scene.start(0);
    scene.play(1.0).await;
    scene.end(Gaps::None).await;
}

fn refuses_what_is_not_for_all(front: SocketAddr) {
    for path in ["/topics/other", "/endless", "/endless?client=x"] {
        assert_eq!(status(front, NAME, path), 200, "{path}");
    }
    for path in [
        "/api/state",
        "/api/connections",
        "/@x/endless",
        "/@x/topics/news",
        "/@/api/state",
        "/endless?fault=cut,after=1",
        "/endless?client=x&fault=cut,after=1",
        "/topics/news?fault=cut,after=1",
        // The same, written in other ways.
        "/endless?%66ault=cut,after=1",
        "/%61pi/state",
        "//api/state",
        "/topics/../api/state",
        "/topics/x%2F..%2F..%2Fapi/state",
        "/%40x/endless",
        // The page, and what only those who operate the nodes ask.
        "/",
        "/page/main.js",
        "/healthz",
        "/readyz",
        "/metrics",
    ] {
        assert_eq!(status(front, NAME, path), 403, "{path}");
    }
    // The guard of a node sees the name that the client used.
    assert_eq!(status(front, "other.example.com", "/endless"), 421);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_nginx_nobody_is_sent_away_while_no_node_is_there() {
    without_nodes(Kind::Nginx).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn behind_haproxy_nobody_is_sent_away_while_no_node_is_there() {
    without_nodes(Kind::Haproxy).await;
}

async fn without_nodes(kind: Kind) {
    let engine = Engine::start(&[]);
    let plan = Plan {
        front: Some(kind),
        crowd: 100,
        ..Plan::on(engine.url())
    };
    let mut scene = Scene::begin(plan).await;
    scene.all_came().await;
    for node in 0..3 {
        scene.kill(node);
    }
    scene.play(1.5).await;
    assert!(scene.refused() > 0, "publishers are told to repeat");
    let answer = ask(
        scene.target(),
        "localhost",
        "/topics/news",
        &["-i", "-m", "20"],
    );
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    assert!(head.starts_with("HTTP/1.1 200 "), "{answer}");
    assert!(head.contains("text/event-stream"), "{answer}");
    assert_eq!(body, "retry: 2000\n\n");
    for node in 0..3 {
        scene.start(node);
    }
    scene.play(1.0).await;
    scene.end(Gaps::None).await;
}

/// A balancer forgets that a node failed with the first request that ends well, and a stream does
/// not end: of 300 clients, 12 were back when all nodes had been there for ten seconds.
#[test]
fn behind_nginx_nodes_that_come_back_get_everybody() {
    come_back(Kind::Nginx);
}

#[test]
fn behind_haproxy_nodes_that_come_back_get_everybody() {
    come_back(Kind::Haproxy);
}

fn come_back(kind: Kind) {
    let ports = [(); 3].map(|()| ports::lasting());
    let front = Front::start(kind, &ports);
    // The first that HAProxy sends to a node that refuses it waits for a second: so long is its
    // pause before it tries again.
    let patience = ["-m", "20"];
    for _ in 0..6 {
        let answer = ask(front.addr, "localhost", "/endless", &patience);
        assert_eq!(answer, "retry: 2000\n\n", "no node is there");
    }
    // A publisher looks at the status: what else there is, is the balancer's own, as docs/SCALE.md
    // says.
    let publish = [&patience[..], &["-i", "-d", "x"]].concat();
    let answer = ask(front.addr, "localhost", "/topics/x", &publish);
    let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
    let head = head.to_lowercase();
    assert!(head.starts_with("http/1.1 503 "), "{answer}");
    assert!(head.contains("\r\nretry-after: 1"), "{answer}");
    match kind {
        Kind::Nginx => assert!(body.contains("<html>"), "{answer}"),
        Kind::Haproxy => assert_eq!(body, "retry: 2000\n\n"),
    }
    let nodes = ports.map(|port| {
        let mut serve = Command::new(SSE);
        Serving::spawn(serve.args(["serve", "--port", &port.to_string()]))
    });
    let until = Instant::now() + Duration::from_secs(20);
    for port in ports {
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(Instant::now() < until, "it listens");
            thread::sleep(Duration::from_millis(20));
        }
    }
    // HAProxy looks once a second whether they are there.
    while matches!(kind, Kind::Haproxy) && first_bytes(front.addr).0.contains("retry: 2000") {
        assert!(Instant::now() < until, "it finds one");
        thread::sleep(Duration::from_millis(100));
    }
    let streams: Vec<_> = (0..30).map(|_| first_bytes(front.addr)).collect();
    let away = streams.iter().filter(|(it, _)| it.contains("retry: 2000"));
    assert_eq!(
        away.count(),
        0,
        "of 30 clients, so many were told to come back later"
    );
    drop((streams, nodes));
}

/// Asks for a stream, and answers its head and its first bytes, with the connection.
fn first_bytes(front: SocketAddr) -> (String, TcpStream) {
    let mut stream = TcpStream::connect(front).expect("it listens");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("a time");
    write!(stream, "GET /endless HTTP/1.1\r\nhost: localhost\r\n\r\n").expect("it reads");
    let (mut text, mut piece) = (String::new(), [0; 1024]);
    while !text.contains("\n\n") {
        let read = stream.read(&mut piece).expect("an answer");
        assert!(read > 0, "{text}");
        text += &String::from_utf8_lossy(&piece[..read]);
    }
    (text, stream)
}

#[test]
fn behind_nginx_a_client_that_leaves_is_noticed_at_once() {
    leaves(Kind::Nginx);
}

#[test]
fn behind_haproxy_a_client_that_leaves_is_noticed_at_once() {
    leaves(Kind::Haproxy);
}

fn leaves(kind: Kind) {
    // Only one of the three runs. Its stream is silent until the first comment, after 15 s.
    let ports = [(); 3].map(|()| ports::lasting());
    let port = ports[1].to_string();
    let mut serve = Command::new(SSE);
    let mut node = Serving::spawn(serve.args(["serve", "--port", &port]));
    let mut log = node.stderr();
    let front = Front::start(kind, &ports);
    let answer = ask(front.addr, "localhost", "/topics/quiet", &["-i"]);
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let left = Instant::now();
    let ended = log.find(|line| line.as_ref().is_ok_and(|line| line.contains("ended by")));
    ended.expect("it runs").expect("UTF-8");
    let noticed = left.elapsed();
    assert!(noticed < Duration::from_secs(5), "after {noticed:?}");
}

/// The status of a GET. A stream is left as soon as it has begun.
fn status(front: SocketAddr, host: &str, path: &str) -> u16 {
    let mut stream = TcpStream::connect(front).expect("it listens");
    let patience = Some(Duration::from_secs(20));
    stream.set_read_timeout(patience).expect("a time");
    write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").expect("it reads");
    let mut line = [0; 12];
    stream.read_exact(&mut line).expect("an answer");
    let line = String::from_utf8_lossy(&line);
    line[9..].parse().expect("a status")
}

fn ask(front: SocketAddr, host: &str, path: &str, more: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["-s", "-m", "1", "--path-as-is", "-H"])
        .arg(format!("host: {host}"))
        .args(more)
        .arg(format!("http://{front}{path}"))
        .output()
        .expect("curl is there: scripts/need.sh faults");
    String::from_utf8_lossy(&output.stdout).into_owned()
}
