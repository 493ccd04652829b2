//! `sse serve` as those meet it who operate servers: metrics, readiness.

#![cfg(unix)] // Signals.

#[path = "nodes/engine.rs"]
#[allow(dead_code, reason = "the scenarios of nodes use all of it")]
mod engine;
#[path = "nodes/ports.rs"]
mod ports;
mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use engine::Engine;
use support::{Serving, read_until, run};

/// The head and the body of a whole answer.
fn get_at(addr: &str, path: &str, fields: &str) -> (String, String) {
    let port = addr.rsplit(':').next().expect("a port");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it listens");
    let request =
        format!("GET {path} HTTP/1.1\r\nhost: {addr}\r\n{fields}connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    (head.to_owned(), body.to_owned())
}

/// What Prometheus' own check says of the metrics: nothing, where all is well.
fn check(metrics: &str) -> String {
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is there: scripts/need.sh metrics");
    let mut stdin = promtool.stdin.take().expect("piped");
    stdin.write_all(metrics.as_bytes()).expect("it reads");
    drop(stdin);
    let output = promtool.wait_with_output().expect("it ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    match output.status.success() {
        true => said,
        false => format!("{}: {said}", output.status),
    }
}

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics() {
    let serving = Serving::start(&["--metrics-topics", "news,prices"]);
    let addr = serving.addr.clone();
    let mut subscriber = serving.get("/topics/news");
    read_until(&mut subscriber, "\r\n\r\n");
    let topic = format!("http://{addr}/topics/news");
    assert_eq!(run(&["publish", &topic, "hello"]).0, Some(0));
    read_until(&mut subscriber, "data: hello\n\n");
    get_at(&addr, "/numbers?every=never", "");
    let (head, metrics) = get_at(&addr, "/metrics", "");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    for line in [
        "sse_topic_subscribers{topic=\"news\"} 1\n",
        "sse_refused_total{why=\"bad query\"} 1\n",
        "sse_published_events_total 1\n",
        "# TYPE process_cpu_seconds_total counter\n",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
    assert_eq!(check(&metrics), "", "{metrics}");
    // It would have found something.
    let broken = metrics.replace("# HELP sse_topics", "# HELPLESS sse_topics");
    assert!(
        check(&broken).contains("no help text"),
        "{}",
        check(&broken)
    );
    assert!(check("sse{").contains("error"));
}

/// The metrics, once they have this line.
fn metrics_with(addr: &str, line: &str) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let (_, metrics) = get_at(addr, "/metrics", "");
        if metrics.lines().any(|it| it == line) {
            return metrics;
        }
        assert!(Instant::now() < until, "{line} in {metrics}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn promtool_finds_nothing_wrong_with_the_metrics_of_an_engine() {
    let mut engine = Engine::start(&[]);
    let serving = Serving::start(&["--node", "secret-node", "--topics-on", &engine.url()]);
    let addr = serving.addr.clone();
    let mut subscriber = serving.get("/topics/news");
    // Its place, which can come behind the first block. At times the event was published before
    // that: then it was not for this subscriber, and the test waited for ever.
    read_until(&mut subscriber, "id: ");
    let topic = format!("http://{addr}/topics/news");
    assert_eq!(run(&["publish", &topic, "hello"]).0, Some(0));
    read_until(&mut subscriber, "data: hello\n\n");
    metrics_with(&addr, "sse_engine_up 1");
    engine.kill();
    let failed = "sse_engine_calls_total{call=\"connect\",result=\"failed\"}";
    let metrics = metrics_with(&addr, "sse_engine_up 0");
    for line in [
        failed,
        "sse_engine_calls_total{call=\"publish\",result=\"ok\"} 1",
        "# TYPE sse_engine_calls_total counter",
        "# TYPE sse_engine_call_duration_seconds histogram",
        "sse_engine_call_duration_seconds_bucket{call=\"publish\",le=\"+Inf\"} 1",
        "sse_engine_call_duration_seconds_count{call=\"publish\"} 1",
    ] {
        let has = metrics.lines().any(|it| it.starts_with(line));
        assert!(has, "{line} in {metrics}");
    }
    assert_eq!(check(&metrics), "", "{metrics}");
    // No label is what somebody outside chose.
    for name in ["news", "secret-node", &engine.url()] {
        assert!(!metrics.contains(name), "{name} in {metrics}");
    }
}

#[test]
fn metrics_have_an_address_of_their_own_where_it_is_asked_for() {
    let mut serving = Serving::start(&["--metrics-listen", "localhost:0"]);
    let mut line = String::new();
    let stdout = serving.stdout.as_mut().expect("piped");
    while !line.contains("/metrics") {
        line.clear();
        let read = std::io::BufRead::read_line(stdout, &mut line).expect("UTF-8");
        assert!(read > 0, "it says where the metrics are");
    }
    let url = line.split_whitespace().nth(1).expect("GET and a URL");
    let addr = url
        .strip_prefix("http://")
        .and_then(|rest| rest.split('/').next());
    let addr = addr.expect("a URL");
    assert_ne!(addr, serving.addr);
    let (head, body) = get_at(addr, "/metrics", "via: 1.1 proxy\r\n");
    assert!(head.starts_with("HTTP/1.1 200"), "{head}");
    assert!(
        body.contains("sse_connections{kind=\"topic\"} 0\n"),
        "{body}"
    );
    // A second one there is told who has the port.
    let (code, _, stderr) = run(&["serve", "--port", "0", "--metrics-listen", addr]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("is used by"), "{stderr}");
}

#[test]
fn options_that_cannot_be_meant_are_refused_in_words() {
    let many: Vec<String> = (0..21).map(|n| format!("t{n}")).collect();
    let many = many.join(",");
    for (args, words) in [
        (&["--metrics-topics", &many][..], "20 at most"),
        (&["--metrics-topics", "a/b"], "names of topics"),
        (&["--metrics-listen", "9464"], "an address and a port"),
        (&["--drain", "5"], "a time such as 30s"),
        (
            &["--drain", "5s", "--drain-delay", "5s"],
            "not shorter than --drain",
        ),
        (&["--drain-delay", "5s"], "--drain"),
        (&["--retry-jitter", "2h"], "1h at most"),
        (&["--max-age", "0"], "from 1s to 7d"),
        (&["--when-full", "later"], "refuse, retry"),
    ] {
        let (code, _, stderr) = run(&[&["serve", "--port", "0"], args].concat());
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(words), "{args:?}: {stderr}");
    }
}
