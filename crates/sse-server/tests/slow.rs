//! Subscribers that read slowly or not at all: cut or skipped by policy, never in silence, and
//! nobody else waits for them (invariants 3 and 5).

mod support;

use std::time::{Duration, Instant};

use sse_server::{Config, EndedBy, KeepAlive, Limits, Slow, TopicConfig};
use support::Bench;
use support::topics::{End, Event, LARGEST, Subscriber, keep_all, seq};

/// What one publish, with its delivery to somebody who reads, may take while others stall. It takes
/// about a millisecond; a machine under load gets a thousand times that before a test calls it
/// delayed.
const PROMPT: Duration = Duration::from_secs(2);

/// What one that reads slowly takes at a time, in bytes.
const PIECE: u64 = 64 * 1024;

/// A server whose kernel takes little for a client. Without keep-alive: a comment would wake what
/// only a publish should.
async fn narrow(topics: TopicConfig) -> Bench {
    Bench::with(Config {
        keep_alive: KeepAlive::Off,
        topics,
        limits: Limits {
            send_buffer: 4096,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await
}

/// A kilobyte that begins with its number.
fn kilobyte(n: u64) -> String {
    format!("{n:<1024}")
}

fn number(event: &Event) -> u64 {
    event.data.trim_end().parse().expect("a number")
}

/// Publishes the events `from..=to`, each of which `reader` must get at once.
async fn publish_promptly(bench: &Bench, reader: &mut Subscriber, from: u64, to: u64) {
    let mut client = bench.connect().await;
    for n in from..=to {
        let before = Instant::now();
        let body = kilobyte(n);
        let (head, answer) = client
            .post(bench, "/topics/news", &[], body.as_bytes())
            .await;
        assert_eq!(head.status, 200, "{answer}");
        assert_eq!(number(&reader.next().await), n);
        let took = before.elapsed();
        assert!(took < PROMPT, "event {n} took {took:?}");
    }
}

#[tokio::test]
async fn one_that_lags_too_far_is_cut_and_comes_back_to_all_that_it_missed() {
    let bench = narrow(TopicConfig {
        max_lag: 100,
        ..TopicConfig::default()
    })
    .await;
    let mut reader = bench.subscribe("/topics/news").await;
    let mut slow = bench.subscribe_narrow("/topics/news?client=slow").await;
    publish_promptly(&bench, &mut reader, 1, 300).await;
    let row = bench.ended("slow").await;
    let ended = row.ended.expect("it ended");
    assert_eq!((ended.by, ended.why.words()), (EndedBy::Server, "too slow"));
    assert!(!ended.complete);
    assert!(row.events < 200, "it had {} without reading", row.events);
    let after = bench.publish("/topics/news", kilobyte(301)).await;
    assert_eq!(after.subscribers, 1);

    let mut had: Vec<Event> = slow.rest().await;
    assert_ne!(slow.end, Some(End::Complete), "it does not have all");
    let last = had.last().map_or(&slow.position, |event| &event.id);
    let mut back = bench.resume("/topics/news", last).await;
    assert_eq!(back.position, *last);
    while had.len() < 301 {
        had.push(back.next().await);
    }
    for (n, event) in (1..).zip(&had) {
        assert_eq!((seq(&event.id), number(event)), (n, n));
    }
}

#[tokio::test]
async fn one_that_lags_within_the_bound_misses_nothing() {
    let bench = narrow(TopicConfig {
        max_lag: 300,
        ..TopicConfig::default()
    })
    .await;
    let mut reader = bench.subscribe("/topics/news").await;
    let mut pauses = bench.subscribe_narrow("/topics/news").await;
    publish_promptly(&bench, &mut reader, 1, 300).await;
    for n in 1..=300 {
        assert_eq!(number(&pauses.next().await), n);
    }
}

/// It used to wait for the next publish, or the next keep-alive comment.
///
/// 1. An event is larger than the kernel takes: the rest of it waits.
/// 2. Another one is published.
/// 3. The client reads: the rest, and then the other one, though nothing more happens.
#[tokio::test]
async fn what_was_published_while_it_stalled_comes_without_another_publish() {
    let bench = narrow(TopicConfig::default()).await;
    let mut pauses = bench.subscribe_narrow("/topics/news").await;
    bench.publish("/topics/news", "x".repeat(LARGEST)).await;
    assert_eq!(pauses.sip(1000).await, []);
    bench.publish("/topics/news", "meanwhile").await;
    assert_eq!(pauses.data().await.len(), LARGEST);
    assert_eq!(pauses.data().await, "meanwhile");
}

/// What one subscriber had, from the first event of a topic on. Each event must be the next one, or
/// stand behind a gap that says what is missing.
struct Account {
    /// The id that it had last.
    last: String,
    received: u64,
    lost: u64,
}

impl Account {
    fn new(subscriber: &Subscriber) -> Self {
        Self {
            last: subscriber.position.clone(),
            received: 0,
            lost: 0,
        }
    }

    fn take(&mut self, event: Event) {
        if event.is_gap() {
            let gap = event.gap();
            assert_eq!(gap["from"], self.last, "the id that it had");
            let to = gap["to"].as_str().expect("newer ones are kept");
            let missed = gap["lost"].as_u64().expect("it was there: it is known");
            assert!(missed > 0, "{gap}");
            assert_eq!(seq(to), seq(&self.last) + missed + 1);
            assert_eq!(seq(&event.id), seq(to) - 1, "just before the next event");
            self.lost += missed;
        } else {
            self.received += 1;
            let all = self.received + self.lost;
            assert_eq!(
                (seq(&event.id), number(&event)),
                (all, all),
                "a hole or a repeat"
            );
        }
        self.last = event.id;
    }

    /// Takes events until `published` are accounted for.
    async fn settle(&mut self, subscriber: &mut Subscriber, published: u64) {
        while self.received + self.lost < published {
            self.take(subscriber.next().await);
        }
        assert_eq!(self.received + self.lost, published);
    }
}

#[tokio::test]
async fn by_the_other_policy_it_is_told_what_was_dropped_and_goes_on_with_the_newest() {
    let bench = narrow(TopicConfig {
        max_lag: 100,
        slow: Slow::DropOldest,
        ..TopicConfig::default()
    })
    .await;
    let mut reader = bench.subscribe("/topics/news").await;
    let mut pauses = bench.subscribe_narrow("/topics/news?client=pauses").await;
    let mut account = Account::new(&pauses);
    // In step again behind the first pause, it may pause once more.
    for (from, to) in [(1, 400), (401, 401), (402, 800)] {
        let before = (account.received, account.lost);
        publish_promptly(&bench, &mut reader, from, to).await;
        account.settle(&mut pauses, to).await;
        if to > from {
            let received = account.received - before.0;
            assert!(
                received >= 100,
                "the newest: {received} of {}",
                to - from + 1
            );
            assert!(account.lost - before.1 > 100, "{}", account.lost);
        }
    }
    let view = bench.client("pauses");
    assert!(view.rows[0].ended.is_none(), "{:?}", view.rows[0]);
}

#[tokio::test]
async fn a_reader_that_never_catches_up_has_every_event_accounted_for() {
    let bench = narrow(TopicConfig {
        max_lag: 20,
        keep_events: 20,
        slow: Slow::DropOldest,
        ..TopicConfig::default()
    })
    .await;
    let mut pauses = bench.subscribe_narrow("/topics/news").await;
    let mut account = Account::new(&pauses);
    let mut client = bench.connect().await;
    for n in 1..=800 {
        let body = kilobyte(n);
        let (head, _) = client
            .post(&bench, "/topics/news", &[], body.as_bytes())
            .await;
        assert_eq!(head.status, 200);
        // It reads half as fast as it is written to.
        for event in pauses.sip(512).await {
            account.take(event);
        }
    }
    account.settle(&mut pauses, 800).await;
    println!("received {}, lost {}", account.received, account.lost);
    assert!(account.received > 200 && account.lost > 200);
}

/// All of one request become due at once.
#[tokio::test]
async fn a_batch_beyond_the_bound_loses_nothing_in_silence() {
    let bench = narrow(TopicConfig {
        max_lag: 100,
        keep_events: 100,
        slow: Slow::DropOldest,
        ..TopicConfig::default()
    })
    .await;
    let mut subscriber = bench.subscribe("/topics/news").await;
    let lines: Vec<String> = (1..=5000).map(|n| n.to_string()).collect();
    let ndjson = ("content-type", "application/x-ndjson");
    let (head, answer) = bench
        .post("/topics/news", &[ndjson], lines.join("\n"))
        .await;
    assert_eq!(head.status, 200, "{answer}");
    let mut account = Account::new(&subscriber);
    account.settle(&mut subscriber, 5000).await;
    assert!(account.received >= 100, "{}", account.received);
}

#[tokio::test]
async fn large_events_arrive_whole_at_one_that_reads_slowly() {
    const LETTERS: [&str; 3] = ["a", "b", "c"];
    let stall = Duration::from_secs(3);
    let bench = Bench::with(Config {
        keep_alive: KeepAlive::Off,
        topics: keep_all(),
        limits: Limits {
            stall,
            ..Limits::default()
        },
        ..Config::default()
    })
    .await;
    let mut reader = bench.subscribe("/topics/news").await;
    let buffer = usize::try_from(PIECE).expect("small") / 2;
    let mut slow = bench.subscribe_over(buffer, "/topics/news").await;
    let publishing = async {
        for letter in LETTERS {
            bench.publish("/topics/news", letter.repeat(LARGEST)).await;
            assert!(reader.data().await == letter.repeat(LARGEST));
        }
    };
    // In pieces, so slowly that the whole takes longer than a stall may.
    let reading = async {
        let mut pace = tokio::time::interval(Duration::from_millis(80));
        let mut events = Vec::new();
        for _ in 0..(LETTERS.len() * LARGEST) as u64 / PIECE {
            pace.tick().await;
            events.extend(slow.sip(PIECE).await);
        }
        events
    };
    let begun = Instant::now();
    let ((), mut events) = tokio::join!(publishing, reading);
    assert!(begun.elapsed() > stall, "{:?}", begun.elapsed());
    while events.len() < LETTERS.len() {
        events.push(slow.next().await);
    }
    for (event, letter) in events.iter().zip(LETTERS) {
        assert!(
            event.data == letter.repeat(LARGEST),
            "{letter} is not whole"
        );
    }
}

#[tokio::test]
async fn many_that_stall_are_all_cut_and_a_reader_is_served_throughout() {
    let bench = narrow(TopicConfig {
        max_lag: 50,
        ..TopicConfig::default()
    })
    .await;
    let mut reader = bench.subscribe("/topics/news").await;
    let mut stalled = Vec::new();
    for _ in 0..100 {
        stalled.push(bench.subscribe_narrow("/topics/news").await);
    }
    publish_promptly(&bench, &mut reader, 1, 200).await;
    let view = bench
        .table("only the reader", |view| view.tally.open == 1)
        .await;
    let ends = view.rows.iter().filter_map(|row| row.ended.as_ref());
    let why: Vec<_> = ends.map(|ended| (ended.by, ended.why.words())).collect();
    assert!(why.len() >= 50, "the table keeps the last fifty: {why:?}");
    assert!(
        why.iter().all(|why| *why == (EndedBy::Server, "too slow")),
        "{why:?}"
    );
    assert_eq!(bench.publish("/topics/news", "x").await.subscribers, 1);
}
