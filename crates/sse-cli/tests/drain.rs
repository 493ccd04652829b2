//! A drain, through the real program and its signals.

#![cfg(unix)] // Signals.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use support::{Serving, read_until};

const SUBSCRIBERS: usize = 300;

/// Status, head and body of a whole answer; nothing where nobody answers any more.
fn ask(serving: &Serving, request_line: &str, fields: &str) -> Option<(u16, String)> {
    ask_with(serving, request_line, fields, "")
}

/// The same with a body.
fn ask_with(
    serving: &Serving,
    request_line: &str,
    fields: &str,
    body: &str,
) -> Option<(u16, String)> {
    let port = serving.addr.rsplit(':').next().expect("a port");
    let mut stream = TcpStream::connect(format!("127.0.0.1:{port}")).ok()?;
    let wait = Some(Duration::from_secs(10));
    stream.set_read_timeout(wait).expect("a timeout");
    let host = &serving.addr;
    let request = format!(
        "{request_line} HTTP/1.1\r\nhost: {host}\r\n{fields}connection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let status = answer.get(9..12)?.parse().ok()?;
    Some((status, answer))
}

/// How one stream went on and ended.
struct End {
    /// The numbers that were its data.
    events: Vec<usize>,
    in_order: bool,
    at: Instant,
}

fn follow(mut stream: TcpStream) -> End {
    let mut text = String::new();
    let read = stream.read_to_string(&mut text);
    let numbers = text.lines().filter_map(|line| line.strip_prefix("data: "));
    End {
        events: numbers.map(|n| n.parse().expect("a number")).collect(),
        in_order: read.is_ok() && text.ends_with("\r\n0\r\n\r\n"),
        at: Instant::now(),
    }
}

/// Everything that a balancer, a publisher and 300 subscribers meet.
#[test]
fn sigterm_ends_streams_one_by_one_and_nobody_lacks_an_event() {
    let args = [
        "--drain",
        "3s",
        "--drain-delay",
        "1s",
        "--when-full",
        "retry",
    ];
    let serving = Serving::start(&args);
    let open: Vec<TcpStream> = (0..SUBSCRIBERS)
        .map(|_| {
            let mut stream = serving.get("/topics/news");
            read_until(&mut stream, "\n\n");
            stream
        })
        .collect();
    let mut forwarded = serving.get("/endless?every=100ms");
    read_until(&mut forwarded, "data: 1\n\n");
    assert_eq!(ask(&serving, "GET /readyz", "").expect("it runs").0, 200);

    let (acknowledged, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (ends, signalled, acknowledged) = std::thread::scope(|scope| {
        let readers: Vec<_> = open
            .into_iter()
            .map(|stream| scope.spawn(|| follow(stream)))
            .collect();
        let publisher = scope.spawn(|| publish(&serving, &acknowledged, &over));
        while acknowledged.load(Ordering::Relaxed) < 5 {
            std::thread::sleep(Duration::from_millis(5));
        }

        let signalled = Instant::now();
        serving.signal("TERM");
        // The delay: not ready, alive, and new streams are taken.
        let (status, answer) = loop {
            let answer = ask(&serving, "GET /readyz", "").expect("it runs");
            if answer.0 == 503 || signalled.elapsed() > Duration::from_secs(1) {
                break answer;
            }
        };
        assert!(
            answer.ends_with("{\"ready\":false,\"state\":\"draining\"}"),
            "{answer}"
        );
        assert_eq!(status, 503);
        assert!(
            signalled.elapsed() < Duration::from_millis(900),
            "within the delay"
        );
        assert_eq!(ask(&serving, "GET /healthz", "").expect("it runs").0, 200);
        let mut late = serving.get("/topics/news");
        assert!(read_until(&mut late, "\n\n").starts_with("HTTP/1.1 200"));
        let (_, metrics) = ask(&serving, "GET /metrics", "").expect("it runs");
        assert!(metrics.contains("\nsse_draining 1\n"), "{metrics}");

        // Behind it: none is taken any more.
        let rest = Duration::from_millis(1500).saturating_sub(signalled.elapsed());
        std::thread::sleep(rest);
        let accept = "accept: text/event-stream\r\n";
        let (status, answer) = ask(&serving, "GET /topics/news", accept).expect("it runs");
        assert_eq!(status, 200);
        assert!(answer.contains("retry: 1000\n\n"), "{answer}");
        let (status, answer) = ask(&serving, "GET /topics/news", "").expect("it runs");
        assert_eq!(status, 503);
        assert!(answer.contains("about to stop"), "{answer}");
        assert_eq!(ask(&serving, "GET /readyz", "").expect("it runs").0, 503);

        let ends: Vec<End> = readers
            .into_iter()
            .map(|reader| reader.join().expect("no panic"))
            .collect();
        over.store(true, Ordering::Relaxed);
        let acknowledged = publisher.join().expect("no panic");
        follow(late);
        follow(forwarded);
        (ends, signalled, acknowledged)
    });
    check(&ends, signalled, &acknowledged);
    let (code, stderr) = serving.end();
    let took = signalled.elapsed();
    assert_eq!(code, Some(0));
    assert!(stderr.contains("draining for 3s"), "{stderr}");
    assert!(took < Duration::from_millis(4500), "{took:?}");
}

/// Publishes numbers until nobody takes them, and answers when each was acknowledged.
fn publish(serving: &Serving, count: &AtomicUsize, over: &AtomicBool) -> Vec<Instant> {
    let mut acknowledged = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let n = acknowledged.len().to_string();
        let fields = format!("content-length: {}\r\n", n.len());
        match ask_with(serving, "POST /topics/news", &fields, &n) {
            Some((200, _)) => {}
            _ => break,
        }
        acknowledged.push(Instant::now());
        count.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(10));
    }
    acknowledged
}

fn check(ends: &[End], signalled: Instant, acknowledged: &[Instant]) {
    let after = |end: &End| end.at.saturating_duration_since(signalled).as_millis();
    for end in ends {
        assert!(end.in_order);
        let whole: Vec<usize> = (0..end.events.len()).collect();
        assert_eq!(end.events, whole, "a hole or a repeat");
        // What was acknowledged well before the end was sent before it.
        let before = end.at - Duration::from_millis(300);
        let owed = acknowledged.iter().filter(|at| **at < before).count();
        assert!(end.events.len() >= owed, "{} of {owed}", end.events.len());
        assert!(after(end) >= 990, "within the delay: {}", after(end));
    }
    let halfway = ends.iter().filter(|end| after(end) < 2000).count();
    assert!(
        (100..200).contains(&halfway),
        "{halfway} of 300 in the first half"
    );
    // In another order than they came: about half of all neighbours are the wrong way round.
    let turns = ends
        .windows(2)
        .filter(|pair| pair[0].at > pair[1].at)
        .count();
    assert!((100..200).contains(&turns), "{turns} of 299");
}

#[test]
fn sigint_and_a_second_signal_stop_at_once() {
    for (first, second) in [("INT", None), ("TERM", Some("TERM")), ("TERM", Some("INT"))] {
        let serving = Serving::start(&["--drain", "60s"]);
        let mut stream = serving.get("/endless");
        read_until(&mut stream, "data: 1\n\n");
        serving.signal(first);
        if let Some(second) = second {
            let begun = Instant::now();
            while ask(&serving, "GET /readyz", "").expect("it runs").0 == 200 {
                assert!(begun.elapsed() < Duration::from_secs(10));
            }
            serving.signal(second);
        }
        let begun = Instant::now();
        let end = follow(stream);
        assert!(end.in_order, "{first} {second:?}");
        let (code, _) = serving.end();
        assert_eq!(code, Some(0));
        let took = begun.elapsed();
        assert!(
            took < Duration::from_secs(2),
            "{first} {second:?}: {took:?}"
        );
    }
}

#[test]
fn without_clients_only_the_delay_is_waited_for() {
    let serving = Serving::start(&["--drain", "60s", "--drain-delay", "500ms"]);
    let begun = Instant::now();
    serving.signal("TERM");
    assert_eq!(serving.end().0, Some(0));
    let took = begun.elapsed();
    let (least, most) = (Duration::from_millis(490), Duration::from_secs(5));
    assert!((least..most).contains(&took), "{took:?}");
}

/// The rows say why, and so does the log.
#[test]
fn the_log_says_that_a_stream_was_drained() {
    let mut serving = Serving::logging(&["--drain", "600ms", "--drain-delay", "0"]);
    let mut stream = serving.get("/topics/news");
    read_until(&mut stream, "\n\n");
    let lines = serving.stderr();
    serving.signal("TERM");
    let lines: Vec<String> = lines.map(|line| line.expect("UTF-8")).collect();
    let ended = lines
        .iter()
        .find(|line| line.contains("ended by the server"));
    assert!(ended.expect("it ended").contains("(drained)"), "{lines:?}");
}
