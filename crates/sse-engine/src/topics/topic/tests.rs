//! Publishing, step by step, and what a topic remembers.

use std::sync::atomic::AtomicUsize;
use std::task::{Context, Poll, Wake, Waker};
use std::time::UNIX_EPOCH;

use super::*;
use crate::topics::{Draft, Subscription, Topics};

fn events(n: usize) -> Batch {
    let draft = Draft {
        data: "1\n".repeat(n),
        ..Draft::default()
    };
    Batch::lines(draft).expect("JSON")
}

fn one(data: String) -> Batch {
    Batch::one(Draft {
        data,
        ..Draft::default()
    })
}

/// A burst used to leave the ring before the readers were visited: all of them were cut off as too
/// slow.
#[test]
fn publishing_waits_for_the_sweepers_and_for_nobody_else() {
    let topics = Topics::new(TopicConfig {
        keep_events: 100,
        max_lag: 10,
        ..TopicConfig::default()
    });
    let topic = topics.topic("news", UNIX_EPOCH).expect("room");
    let (progress, _) = topic.follow();
    let mut cx = Context::from_waker(Waker::noop());
    // A subscriber is nobody that is waited for.
    let reader = Subscription::join(&topic, None);

    let many = events(12);
    let mut done = 0;
    let mut publish = pin!(topic.publish(&many, &mut done));
    // More than once, since it lets others have their turn.
    let mut poll = || {
        (0..3)
            .map(|_| publish.as_mut().poll(&mut cx))
            .find(Poll::is_ready)
    };
    assert!(poll().is_none());
    assert_eq!(topic.last(), 5, "half of the lag that readers may have");
    progress.has_reached(topic.head());
    assert!(poll().is_none());
    assert_eq!(topic.last(), 10);
    progress.has_reached(topic.head());
    let Some(Poll::Ready(Some(Ok(published)))) = poll() else {
        panic!("the last two had room");
    };
    assert_eq!((published.events, published.subscribers), (12, 1));
    assert_eq!(published.id, topic.id(12));
    drop(reader);

    let more = events(20);
    let mut done = 0;
    let mut publish = pin!(topic.publish(&more, &mut done));
    let mut poll = || {
        (0..3)
            .map(|_| publish.as_mut().poll(&mut cx))
            .find(Poll::is_ready)
    };
    assert!(poll().is_none());
    drop(progress);
    assert!(poll().is_some(), "nobody is left to wait for");
}

#[test]
fn large_events_wait_before_they_push_out_what_was_not_seen() {
    let topics = Topics::new(TopicConfig {
        keep_bytes: 10_000,
        ..TopicConfig::default()
    });
    let topic = topics.topic("news", UNIX_EPOCH).expect("room");
    let (progress, _) = topic.follow();
    let mut cx = Context::from_waker(Waker::noop());
    let mut ready = |batch: &Batch| pin!(topic.publish(batch, &mut 0)).poll(&mut cx).is_ready();
    assert!(ready(&one("x".to_owned())));
    assert!(!ready(&one("x".repeat(10_000))));
    // A line end takes seven bytes on the wire.
    assert!(!ready(&one("\n".repeat(1_500))));
    assert!(ready(&one("x".repeat(8_000))));
    progress.has_reached(topic.head());
    assert!(
        ready(&one("x".repeat(1 << 20))),
        "nothing unseen is there to push out"
    );
}

#[test]
fn a_publisher_that_waits_goes_on_when_its_topic_is_ended() {
    let topics = Topics::new(TopicConfig {
        max_lag: 10,
        ..TopicConfig::default()
    });
    let topic = topics.topic("news", UNIX_EPOCH).expect("room");
    let (_progress, _) = topic.follow();
    let mut cx = Context::from_waker(Waker::noop());
    let many = events(12);
    let mut publish = pin!(topics.publish("news", &many, UNIX_EPOCH));
    for _ in 0..3 {
        assert!(publish.as_mut().poll(&mut cx).is_pending());
    }
    assert!(topics.end("news"));
    // Where it lets others have their turn it is polled again.
    let done = (0..3)
        .map(|_| publish.as_mut().poll(&mut cx))
        .find(Poll::is_ready);
    let Some(Poll::Ready(Ok(published))) = done else {
        panic!("nobody is left to wait for");
    };
    assert_eq!(published.events, 12);
    let begun = topics.view()[0].published;
    assert_eq!(topic.last() + begun, 12, "each of them once");
    assert!(begun > 0, "the rest, to the one that began");
}

/// Half of one byte is none, and nobody can be less than that behind: no publish ever came through.
#[test]
fn the_smallest_bounds_let_an_event_through() {
    let topics = Topics::new(TopicConfig {
        keep_bytes: 0,
        keep_events: 0,
        max_lag: 0,
        ..TopicConfig::default()
    });
    let topic = topics.topic("news", UNIX_EPOCH).expect("room");
    let (_progress, _) = topic.follow();
    let mut cx = Context::from_waker(Waker::noop());
    assert!(
        pin!(topic.publish(&events(1), &mut 0))
            .poll(&mut cx)
            .is_ready()
    );
}

/// A topic with these settings, and what notices its publishes.
fn news(config: TopicConfig) -> (Arc<Topic>, watch::Receiver<()>) {
    let topics = Topics::new(config);
    let topic = topics.topic("news", UNIX_EPOCH).expect("room");
    (topic, topics.changed())
}

fn publish(topic: &Topic, draft: Draft) {
    let published = topic.publish_now(&Batch::one(draft));
    published.expect("it is there").expect("published");
}

/// Counts how often it is woken.
#[derive(Debug, Default)]
struct Alarm(AtomicUsize);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_publisher_that_waits_sleeps_until_a_follower_has_advanced_and_tells_nobody_of_nothing() {
    let (topic, mut published) = news(TopicConfig {
        max_lag: 2,
        ..TopicConfig::default()
    });
    let (progress, _) = topic.follow();
    publish(&topic, Draft::default());
    assert!(published.has_changed().expect("the topics are there"));
    published.mark_unchanged();

    let alarm = Arc::new(Alarm::default());
    let waker = Waker::from(Arc::clone(&alarm));
    let mut cx = Context::from_waker(&waker);
    let (batch, mut done) = (one("2".to_owned()), 0);
    let mut waiting = pin!(topic.publish(&batch, &mut done));
    assert!(waiting.as_mut().poll(&mut cx).is_pending());
    assert_eq!(alarm.0.load(Ordering::Relaxed), 0);
    assert!(!published.has_changed().expect("the topics are there"));
    progress.has_reached(topic.head());
    assert_eq!(alarm.0.load(Ordering::Relaxed), 1);
    assert!(waiting.as_mut().poll(&mut cx).is_ready());
    assert!(published.has_changed().expect("the topics are there"));
}

/// What an event is taken for is its data, 7 bytes for each of its lines, its name and id, and 256
/// for all else.
#[test]
fn an_event_waits_from_the_byte_on_that_could_push_out_what_was_not_seen() {
    let unseen = news(TopicConfig::default());
    publish(&unseen.0, Draft::default());
    let unseen = unseen.0.view("news").kept_bytes;
    for (event, id, data, taken) in [
        (None, None, "", 263),
        (None, None, "abc", 266),
        (None, None, "a\nb\rc", 282),
        (Some("ticks"), None, "", 268),
        (Some("tick"), Some("id"), "", 269),
    ] {
        let batch = Batch::one(Draft {
            event: event.map(str::to_owned),
            id: id.map(str::to_owned),
            data: data.to_owned(),
            ..Draft::default()
        });
        let ready = |keep_bytes: usize| {
            let (topic, _) = news(TopicConfig {
                keep_bytes,
                ..TopicConfig::default()
            });
            let _follower = topic.follow();
            publish(&topic, Draft::default());
            let mut cx = Context::from_waker(Waker::noop());
            pin!(topic.publish(&batch, &mut 0)).poll(&mut cx).is_ready()
        };
        assert!(ready(unseen + taken), "{batch:?}");
        assert!(!ready(unseen + taken - 1), "{batch:?}");
    }
}

#[test]
fn the_last_reconnection_times_are_known_with_the_events_that_set_them() {
    let (topic, _) = news(TopicConfig::default());
    let retry = |retry| Draft {
        retry,
        ..Draft::default()
    };
    for set in [None, Some(50), None, Some(70)] {
        publish(&topic, retry(set));
    }
    for (from, to, told) in [
        (0, 1, None),
        (0, 2, Some(50)),
        (1, 3, Some(50)),
        (2, 3, None),
        (0, 4, Some(70)),
        (4, 9, None),
    ] {
        assert_eq!(topic.retry_between(from, to), told, "{from} {to}");
    }
    for n in 1..=15 {
        publish(&topic, retry(Some(n)));
    }
    assert_eq!(topic.retry_between(1, 3), None, "sixteen came after it");
    assert_eq!(topic.retry_between(3, 4), Some(70));
}

#[test]
fn a_topic_is_told_from_others_and_its_events_are_found_by_their_ids() {
    let (topic, _) = news(TopicConfig::default());
    let (other, _) = news(TopicConfig {
        first_block: FirstBlock::None,
        ..TopicConfig::default()
    });
    assert_eq!(topic.address(), Arc::clone(&topic).address());
    assert_ne!(topic.address(), other.address());
    assert!(topic.tells_place() && !other.tells_place());

    publish(&topic, Draft::default());
    publish(&topic, Draft::default());
    let named = Draft {
        id: Some("mine".to_owned()),
        ..Draft::default()
    };
    publish(&topic, named);
    assert_eq!(topic.find("mine"), Some(3));
    assert_eq!(topic.find(&topic.id(2)), Some(2));
    assert_eq!(topic.find("never"), None);

    assert!(!topic.is_over());
    topic.end();
    assert!(topic.is_over());
    assert!(topic.publish_now(&one("4".to_owned())).is_none());
}
