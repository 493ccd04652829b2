//! Streams that are ended although they could go on: so that their clients connect anew.

use std::task::{Wake, Waker};
use std::time::UNIX_EPOCH;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;
use crate::fault::Fault;
use crate::handoff::{Giver, handoff};
use crate::topics::{Batch, Draft, TopicConfig, Topics};

const DRAIN: Act = Act::Leave(Leave::Drained);

struct Nobody;

impl Wake for Nobody {
    fn wake(self: Arc<Self>) {}
}

fn broken_by(pump: Pump, fault: &str, now: Instant) -> Pump {
    let fault: Fault = fault.parse().expect("a fault");
    pump.broken_by(vec![Arc::new(Armed::new(1, fault, now))], now)
}

#[test]
fn a_paced_stream_ends_behind_what_is_due_and_is_not_complete() {
    let mut bench = Bench::new(&endless(), KeepAlive::Off, None);
    assert_eq!(
        bench.visit(),
        Next::Wait {
            at: Some(bench.start + 500 * MS)
        }
    );
    bench.now += 500 * MS;
    bench.pump.act(at(bench.now), DRAIN);
    bench.pump.act(at(bench.now), Act::Leave(Leave::Aged));
    assert_eq!(bench.visit(), Next::End);
    assert_eq!(bench.sent.len(), 2, "the event that was due is sent");
    assert!(!bench.pump.is_complete());
    assert_eq!(
        bench.pump.leaves(),
        Some(Leave::Drained),
        "the first word counts"
    );
}

/// A stream without a pace has always more.
#[test]
fn a_stream_without_a_pace_ends_at_the_next_visit() {
    let fast = Stream {
        pace: Pace::every(Duration::ZERO),
        ..endless()
    };
    let mut bench = Bench::new(&fast, KeepAlive::Off, None);
    assert_eq!(bench.visit(), Next::More);
    bench.pump.act(at(bench.now), DRAIN);
    assert_eq!(bench.visit(), Next::End);
    let (_, last) = bench.sent.last().expect("two visits");
    assert!(last.ends_with("\n\n"), "not within an event");
}

#[test]
fn a_stream_that_is_over_is_complete_whoever_has_it_leave() {
    let one = Stream {
        count: Some(1),
        ..endless()
    };
    let mut bench = Bench::new(&one, KeepAlive::Off, None);
    bench.pump.act(at(bench.now), DRAIN);
    assert_eq!(bench.visit(), Next::End);
    assert!(bench.pump.is_complete() && bench.sent.len() == 1);
}

#[test]
fn a_subscriber_gets_all_that_was_published_before_the_end() {
    let (now, mut out) = (Instant::now(), WriteBuffer::new());
    let topic = Topics::new(TopicConfig::default());
    let topic = topic.topic("t", UNIX_EPOCH).expect("room");
    let subscription = Subscription::join(&topic, None).expect("it is there");
    let mut pump = Pump::subscribed(subscription, KeepAlive::Off);
    pump.fill(at(now), &mut out);
    let large = "x".repeat(VISIT / 4);
    for _ in 0..10 {
        let draft = Draft {
            data: large.clone(),
            ..Draft::default()
        };
        let published = topic.publish_now(&Batch::one(draft));
        published.expect("it is there").expect("published");
    }
    pump.act(at(now), DRAIN);
    assert_eq!(pump.repeat(now, &out), None, "others go on");
    let mut events = 0;
    loop {
        out.clear();
        let next = pump.fill(at(now), &mut out);
        events += out.marks().len();
        match next {
            Next::More => {}
            next => break assert_eq!(next, Next::End),
        }
    }
    assert_eq!(events, 10);
    assert_eq!(pump.next_number(), 11);
}

/// 1. An event is published. 2. One of two subscribers that lack it is made to leave, and its
///    visit writes the event and the last chunk. 3. The other was sent the same bytes, so its
///    stream ended for its client while the server went on with it.
#[test]
fn the_last_bytes_of_one_that_leaves_are_for_nobody_else() {
    let (now, mut out) = (Instant::now(), WriteBuffer::new());
    let topic = Topics::new(TopicConfig::default());
    let topic = topic.topic("t", UNIX_EPOCH).expect("room");
    let mut pumps = [(); 2].map(|()| {
        let subscription = Subscription::join(&topic, None).expect("it is there");
        Pump::subscribed(subscription, KeepAlive::Off)
    });
    for pump in &mut pumps {
        out.clear();
        pump.fill(at(now), &mut out);
    }
    let published = topic.publish_now(&Batch::one(Draft::default()));
    published.expect("it is there").expect("published");
    let [leaves, stays] = &mut pumps;
    leaves.act(at(now), DRAIN);
    out.clear();
    assert_eq!(leaves.fill(at(now), &mut out), Next::End);
    assert_eq!(out.marks().len(), 1);
    out.chunk(true);
    assert_eq!(stays.repeat(now, &out), None);
}

/// `dribble` sends an event byte by byte, and `silence` sends nothing.
#[test]
fn a_fault_is_through_with_what_it_does_before_the_end() {
    let mut bench = Bench::new(&endless(), KeepAlive::Off, None);
    bench.pump = broken_by(bench.pump, "dribble=100B/s", bench.start);
    bench.visit();
    bench.pump.act(at(bench.now), DRAIN);
    assert_eq!(bench.run(Duration::from_millis(400)), Next::End);
    let text: String = bench.sent.iter().map(|(_, text)| &**text).collect();
    assert_eq!(text, "retry: 1000\nid: 1\ndata: 1\n\n");

    let mut bench = Bench::new(&endless(), KeepAlive::Off, None);
    bench.pump = broken_by(bench.pump, "hang", bench.start);
    bench.pump.act(at(bench.now), DRAIN);
    assert!(matches!(
        bench.run(Duration::from_secs(60)),
        Next::Wait { .. }
    ));
    bench.pump.act(at(bench.now), Act::Stop);
    assert_eq!(bench.visit(), Next::End, "a stop ends it all the same");
}

/// What is handed over, its pump, and what was sent.
fn piped() -> (Giver<Bytes>, Pump) {
    let (giver, taker) = handoff(1 << 20);
    (giver, Pump::piped(taker))
}

fn visit(pump: &mut Pump) -> (String, Next) {
    let (mut out, mut text) = (WriteBuffer::new(), Vec::new());
    loop {
        out.clear();
        let next = pump.fill(at(Instant::now()), &mut out);
        text.extend(out.wire());
        let has_news = pump.has_news(&Waker::from(Arc::new(Nobody)));
        match next {
            Next::More => {}
            Next::Wait { .. } if has_news => {}
            next => return (String::from_utf8_lossy(&text).into_owned(), next),
        }
    }
}

fn give(giver: &Giver<Bytes>, text: &str) {
    let bytes = Bytes::copy_from_slice(text.as_bytes());
    giver.give(bytes, text.len()).expect("the pump is there");
}

#[test]
fn a_forwarded_stream_ends_behind_the_event_that_is_under_way() {
    let (giver, mut pump) = piped();
    give(&giver, "data: 1\n\ndata: 2");
    assert_eq!(visit(&mut pump).0, "data: 1\n\ndata: 2");
    pump.act(at(Instant::now()), DRAIN);
    let wait = Next::Wait { at: None };
    assert_eq!(
        visit(&mut pump),
        (String::new(), wait),
        "it is within an event"
    );
    give(&giver, "2\nid: 2");
    assert_eq!(visit(&mut pump), (String::new(), wait));
    give(&giver, "\n\ndata: 3\n");
    assert_eq!(visit(&mut pump), ("2\nid: 2\n\n".to_owned(), Next::End));
    assert!(!pump.is_complete());

    let (giver, mut pump) = piped();
    give(&giver, ": a comment\n\n");
    visit(&mut pump);
    pump.act(at(Instant::now()), DRAIN);
    assert_eq!(visit(&mut pump), (String::new(), Next::End), "at once");
}

proptest! {
    /// Wherever the pieces are cut and whenever it is drained.
    #[test]
    fn a_forwarded_stream_never_ends_within_an_event(
        cuts in prop::collection::vec(1_usize..12, 1..30),
        before in 0_usize..30,
    ) {
        let whole = "id: 1\ndata: abc\n\n: c\n\ndata: x\r\n\r\ndata: y\r\rdata: zzzz\n\n".repeat(3);
        let (giver, mut pump) = piped();
        let (mut rest, mut sent, mut end) = (&*whole, String::new(), None);
        for (n, cut) in cuts.into_iter().enumerate() {
            if n == before {
                pump.act(at(Instant::now()), DRAIN);
            }
            let (piece, more) = rest.split_at(cut.min(rest.len()));
            rest = more;
            if piece.is_empty() {
                break;
            }
            give(&giver, piece);
            let (text, next) = visit(&mut pump);
            sent += &text;
            if next == Next::End {
                end = Some(n);
                break;
            }
        }
        prop_assert!(whole.starts_with(&sent));
        if end.is_some() {
            let ends = ["\n\n", "\r\n\r\n", "\r\r", "\r\n\r"].iter().any(|it| sent.ends_with(it));
            prop_assert!(sent.is_empty() || ends, "{:?}", sent);
        }
    }
}

#[test]
fn a_subscriber_is_told_its_own_retry_and_its_receipt_says_so() {
    let (now, mut out) = (Instant::now(), WriteBuffer::new());
    let topics = Topics::new(TopicConfig::default());
    let topic = topics.topic("t", UNIX_EPOCH).expect("room");
    for (id, told) in [(None, "retry: 4321\n"), (Some("unknown"), "retry: 4321\n")] {
        let subscription = Subscription::join(&topic, id).expect("it is there");
        let mut pump = Pump::subscribed(subscription.retrying_after(4321), KeepAlive::Off);
        out.clear();
        pump.fill(at(now), &mut out);
        let text = String::from_utf8(out.wire()).expect("UTF-8");
        assert!(text.contains(told), "{text}");
        assert_eq!(pump.receipt().retry, Some(4321));
    }
}
