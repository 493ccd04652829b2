//! The pump of a subscriber to a topic, and what a later pump takes over from an earlier one.

use std::time::UNIX_EPOCH;

use super::*;
use crate::topics::{Batch, Draft, TopicConfig, Topics};

/// A topic with so many events.
fn topic(events: usize, config: TopicConfig) -> Arc<Topic> {
    let topic = Topics::new(config).topic("t", UNIX_EPOCH).expect("room");
    publish(&topic, events);
    topic
}

fn publish(topic: &Topic, events: usize) {
    for _ in 0..events {
        let published = topic.publish_now(&Batch::one(Draft::default()));
        published.expect("it is there").expect("published");
    }
}

fn subscriber(topic: &Arc<Topic>, keep_alive: KeepAlive, last: Option<&str>) -> Pump {
    let subscription = Subscription::join(topic, last).expect("it is there");
    Pump::subscribed(subscription, keep_alive)
}

/// Events written by one visit.
fn events(pump: &mut Pump, now: Instant, out: &mut WriteBuffer) -> usize {
    out.clear();
    pump.fill(at(now), out);
    out.marks().len()
}

#[test]
fn a_subscriber_is_a_replay_until_it_has_what_was_there_when_it_came() {
    let (now, mut out) = (Instant::now(), WriteBuffer::new());
    let topic = topic(3, TopicConfig::default());
    let mut pump = subscriber(&topic, KeepAlive::Off, Some("earliest"));
    assert!(pump.is_replaying());
    assert_eq!(pump.next_number(), 1);
    assert_eq!(events(&mut pump, now, &mut out), 3);
    assert!(!pump.is_replaying());
    assert_eq!(pump.next_number(), 4);
    publish(&topic, 1);
    assert!(!pump.is_replaying(), "what comes later is no replay");
    assert!(Arc::ptr_eq(pump.topic().expect("it reads one"), &topic));
    assert!(!pump.is_complete(), "a topic has no end of its own");
    assert_eq!(pump.receipt().first, 1);
}

#[test]
fn a_subscriber_beyond_the_lag_is_too_slow_and_one_at_it_is_not() {
    let (now, mut out) = (Instant::now(), WriteBuffer::new());
    let topic = topic(
        0,
        TopicConfig {
            max_lag: 2,
            ..TopicConfig::default()
        },
    );
    let mut pump = subscriber(&topic, KeepAlive::Off, None);
    events(&mut pump, now, &mut out);
    publish(&topic, 2);
    assert!(!pump.is_too_slow());
    publish(&topic, 1);
    assert!(pump.is_too_slow());
    out.clear();
    assert_eq!(pump.fill(at(now), &mut out), Next::Cut);
}

/// So a pass over ten thousand readers looks into the ring once.
#[test]
fn one_visit_serves_all_who_lack_the_same() {
    let (now, mut out) = (Instant::now(), WriteBuffer::new());
    let topic = topic(1, TopicConfig::default());
    let mut pumps: Vec<Pump> = [
        KeepAlive::Off,
        KeepAlive::Idle(10 * MS),
        KeepAlive::Off,
        KeepAlive::Off,
    ]
    .map(|keep_alive| subscriber(&topic, keep_alive, None))
    .into();
    for pump in &mut pumps {
        events(pump, now, &mut out);
    }
    let [first, second, third, fourth] = &mut pumps[..] else {
        panic!("four");
    };
    assert_eq!(
        third.repeat(now, &out),
        None,
        "nothing was written for events"
    );
    publish(&topic, 2);
    assert_eq!(events(first, now, &mut out), 2);
    assert_eq!(
        second.repeat(now, &out),
        Some(Next::Wait {
            at: Some(now + 10 * MS)
        }),
        "its keep-alive is put off, as by a visit"
    );
    assert_eq!(second.next_number(), 4);
    assert_eq!(second.repeat(now, &out), None, "it has them");
    assert_eq!(fourth.repeat(now, &out), Some(Next::Wait { at: None }));
    third.act(at(now), Act::Stop);
    assert_eq!(third.repeat(now, &out), None, "it is to end");
    let paced = pump(&endless(), KeepAlive::Off, None);
    assert_eq!(paced.expect("endless").repeat(now, &out), None);
}

#[test]
fn nobody_is_repeated_to_whose_keep_alive_is_due() {
    let (now, mut out) = (Instant::now(), WriteBuffer::new());
    let topic = topic(0, TopicConfig::default());
    let mut first = subscriber(&topic, KeepAlive::Off, None);
    let mut due = subscriber(&topic, KeepAlive::Interval(10 * MS), None);
    events(&mut first, now, &mut out);
    events(&mut due, now, &mut out);
    publish(&topic, 1);
    events(&mut first, now, &mut out);
    assert_eq!(due.repeat(now + 10 * MS, &out), None, "due just now");
    assert_eq!(due.repeat(now + 11 * MS, &out), None);
    let waits = due.repeat(now + 9 * MS, &out);
    let at = Some(now + 10 * MS);
    assert_eq!(waits, Some(Next::Wait { at }));
}

#[test]
fn a_paced_pump_says_where_it_is_and_when_it_is_through() {
    let now = Instant::now();
    let mut out = WriteBuffer::new();
    let mut rest = pump(&finite(), KeepAlive::Off, Some("4")).expect("one is left");
    assert_eq!(rest.next_number(), 5);
    assert!(!rest.is_complete() && !rest.is_replaying() && !rest.is_too_slow());
    assert!(rest.topic().is_none());
    assert_eq!(rest.fill(at(now), &mut out), Next::End);
    assert!(rest.is_complete());
    let receipt = rest.receipt();
    assert_eq!((receipt.first, receipt.whole), (5, Some((1, 6))));
    let endless = pump(&endless(), KeepAlive::Off, None).expect("endless");
    assert_eq!(endless.receipt().whole, None);
}
