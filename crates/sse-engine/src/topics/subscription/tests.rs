//! A subscriber's bytes, visit by visit, without a socket.

mod copies;
mod edges;

use super::*;
use crate::topics::TopicConfig;
use crate::topics::Topics;
use crate::topics::id::EARLIEST;
use crate::topics::{Batch, Draft};

fn topic(config: TopicConfig) -> Arc<Topic> {
    Topics::new(config)
        .topic("news", std::time::UNIX_EPOCH)
        .expect("room")
}

fn small(slow: Slow) -> Arc<Topic> {
    topic(TopicConfig {
        keep_events: 4,
        max_lag: 2,
        slow,
        ..TopicConfig::default()
    })
}

fn publish(topic: &Topic, numbers: std::ops::RangeInclusive<u64>) {
    for n in numbers {
        let data = n.to_string();
        let draft = Draft {
            data,
            ..Draft::default()
        };
        topic
            .publish_now(&Batch::one(draft))
            .expect("it is there")
            .expect("published");
    }
}

/// What a visit writes, with the topic's birth taken out of the ids and their zeros left out.
fn visit(subscription: &mut Subscription) -> (String, Filled) {
    let mut out = WriteBuffer::new();
    let fed = subscription.fill(&mut out);
    let text = String::from_utf8(out.wire()).expect("we write UTF-8");
    (shorten(&text, &subscription.topic), fed)
}

fn shorten(text: &str, topic: &Topic) -> String {
    let mut text = text.to_owned();
    for seq in 0..100 {
        text = text.replace(&place(topic, seq), &format!("#{seq}"));
    }
    text
}

fn place(topic: &Topic, seq: u64) -> String {
    lock(&topic.state).ring.position(seq).to_string()
}

#[test]
fn a_new_subscriber_is_told_its_place_and_gets_what_comes() {
    let topic = topic(TopicConfig::default());
    publish(&topic, 1..=2);
    let mut new = Subscription::join(&topic, None).expect("it is there");
    assert_eq!(
        visit(&mut new),
        ("retry: 1000\nid: #2\n\n".to_owned(), Filled::All)
    );
    assert_eq!(visit(&mut new), (String::new(), Filled::All));
    publish(&topic, 3..=4);
    assert_eq!(
        visit(&mut new).0,
        "id: #3\ndata: 3\n\nid: #4\ndata: 4\n\n",
        "all that it lacks in one visit"
    );
    let mut empty = Subscription::join(&topic, Some("")).expect("it is there");
    assert_eq!(visit(&mut empty).0, "retry: 1000\nid: #4\n\n");
}

#[test]
fn a_subscriber_that_comes_back_goes_on_behind_its_id() {
    let topic = topic(TopicConfig::default());
    publish(&topic, 1..=3);
    let draft = Draft {
        id: Some("mine".to_owned()),
        data: "4".to_owned(),
        ..Draft::default()
    };
    topic
        .publish_now(&Batch::one(draft))
        .expect("it is there")
        .expect("published");
    publish(&topic, 5..=5);
    let rest = |id: &str| visit(&mut Subscription::join(&topic, Some(id)).expect("it is there")).0;
    assert_eq!(
        rest(&place(&topic, 2)),
        "retry: 1000\nid: #2\n\nid: #3\ndata: 3\n\nid: mine\ndata: 4\n\nid: #5\ndata: 5\n\n"
    );
    assert_eq!(rest("mine"), "retry: 1000\nid: #4\n\nid: #5\ndata: 5\n\n");
    assert_eq!(rest(&place(&topic, 5)), "retry: 1000\nid: #5\n\n");
    assert!(rest(EARLIEST).starts_with("retry: 1000\nid: #0\n\nid: #1\ndata: 1\n\n"));
}

#[test]
fn what_cannot_be_resumed_is_told_as_a_gap() {
    let topic = small(Slow::Disconnect);
    let gap = |id: &str| visit(&mut Subscription::join(&topic, Some(id)).expect("it is there")).0;
    assert_eq!(
        gap("x\"y"),
        "retry: 1000\nevent: gap\nid: #0\ndata: {\"from\":\"x\\\"y\",\"to\":null,\"lost\":null}\n\n",
        "told although nothing is kept"
    );
    publish(&topic, 1..=6);
    let left = "id: #3\ndata: 3\n\nid: #4\ndata: 4\n\nid: #5\ndata: 5\n\nid: #6\ndata: 6\n\n";
    assert_eq!(
        gap(&place(&topic, 0)),
        format!(
            "retry: 1000\nevent: gap\nid: #2\ndata: {{\"from\":\"#0\",\"to\":\"#3\",\"lost\":2}}\n\n{left}"
        )
    );
    assert_eq!(
        gap("never"),
        format!(
            "retry: 1000\nevent: gap\nid: #2\ndata: {{\"from\":\"never\",\"to\":\"#3\",\"lost\":null}}\n\n{left}"
        )
    );
    assert_eq!(
        gap(&place(&topic, 2)),
        format!("retry: 1000\nid: #2\n\n{left}"),
        "the place just before what is kept is no gap"
    );
    assert_eq!(
        gap(EARLIEST),
        format!("retry: 1000\nid: #2\n\n{left}"),
        "all that is kept was asked for, and that it is"
    );
}

#[test]
fn the_place_after_a_gap_leads_to_what_was_next() {
    let topic = small(Slow::Disconnect);
    publish(&topic, 1..=6);
    let told = visit(&mut Subscription::join(&topic, Some("never")).expect("it is there")).0;
    assert!(told.contains("id: #2\n"));
    let again =
        visit(&mut Subscription::join(&topic, Some(&place(&topic, 2))).expect("it is there")).0;
    assert!(!again.contains("gap"), "{again}");
}

#[test]
fn a_subscriber_too_far_behind_is_cut() {
    let topic = small(Slow::Disconnect);
    let mut slow = Subscription::join(&topic, None).expect("it is there");
    visit(&mut slow);
    publish(&topic, 1..=2);
    assert!(!slow.is_too_slow());
    publish(&topic, 3..=3);
    assert!(slow.is_too_slow());
    assert_eq!(visit(&mut slow), (String::new(), Filled::TooSlow));
}

#[test]
fn or_loses_the_oldest_and_is_told() {
    let topic = small(Slow::DropOldest);
    let mut slow = Subscription::join(&topic, None).expect("it is there");
    publish(&topic, 1..=1);
    visit(&mut slow);
    publish(&topic, 2..=6);
    assert!(!slow.is_too_slow());
    assert_eq!(
        visit(&mut slow).0,
        "event: gap\nid: #4\ndata: {\"from\":\"#1\",\"to\":\"#5\",\"lost\":3}\n\nid: #5\ndata: 5\n\nid: #6\ndata: 6\n\n"
    );
    assert_eq!(visit(&mut slow), (String::new(), Filled::All));
}

#[test]
fn a_replay_is_no_lag_and_one_that_only_came_is_not_slow() {
    let topic = small(Slow::Disconnect);
    publish(&topic, 1..=4);
    let mut replay = Subscription::join(&topic, Some(EARLIEST)).expect("it is there");
    assert!(!replay.is_too_slow());
    assert_eq!(visit(&mut replay).0.matches("data: ").count(), 4);

    let mut late = Subscription::join(&topic, None).expect("it is there");
    publish(&topic, 5..=12);
    let (text, fed) = visit(&mut late);
    assert_eq!(fed, Filled::All);
    assert!(
        text.starts_with(
            "retry: 1000\nevent: gap\nid: #8\ndata: {\"from\":\"#4\",\"to\":\"#9\",\"lost\":4}\n\n"
        ),
        "{text}"
    );
}

#[test]
fn one_that_only_came_is_not_told_of_a_gap_that_is_none() {
    let topic = topic(TopicConfig {
        max_lag: 2,
        ..TopicConfig::default()
    });
    let mut late = Subscription::join(&topic, None).expect("it is there");
    publish(&topic, 1..=9);
    let (text, fed) = visit(&mut late);
    assert_eq!(fed, Filled::All);
    assert!(
        text.starts_with("retry: 1000\nid: #0\n\nid: #1\ndata: 1\n\n"),
        "{text}"
    );
    assert_eq!(text.matches("data: ").count(), 9);
}

/// It used to be moved to the end of its lag, and lost hundreds of events that were kept.
#[test]
fn a_replay_that_falls_behind_loses_only_what_is_gone() {
    let topic = topic(TopicConfig {
        keep_events: 10,
        max_lag: 2,
        slow: Slow::DropOldest,
        ..TopicConfig::default()
    });
    publish(&topic, 1..=10);
    let mut replay = Subscription::join(&topic, Some(EARLIEST)).expect("it is there");
    replay.reader.greeted = true;
    publish(&topic, 11..=12);
    let (text, _) = visit(&mut replay);
    assert!(
        text.starts_with(
            "event: gap\nid: #2\ndata: {\"from\":\"#0\",\"to\":\"#3\",\"lost\":2}\n\nid: #3\n"
        ),
        "{text}"
    );
}

#[test]
fn what_left_the_ring_is_too_far_behind_whatever_the_lag() {
    let topic = topic(TopicConfig {
        keep_events: 2,
        ..TopicConfig::default()
    });
    let mut slow = Subscription::join(&topic, None).expect("it is there");
    visit(&mut slow);
    publish(&topic, 1..=2);
    assert!(!slow.is_too_slow());
    publish(&topic, 3..=3);
    assert!(slow.is_too_slow());
}

#[test]
fn a_visit_has_a_cap_and_the_next_goes_on_there() {
    let topic = topic(TopicConfig::default());
    let mut new = Subscription::join(&topic, None).expect("it is there");
    let draft = Draft {
        data: "x".repeat(VISIT / 2),
        ..Draft::default()
    };
    for _ in 0..5 {
        topic
            .publish_now(&Batch::one(draft.clone()))
            .expect("it is there")
            .expect("published");
    }
    let sizes: Vec<(usize, Filled)> = (0..3)
        .map(|_| {
            let (text, fed) = visit(&mut new);
            (text.matches("data: ").count(), fed)
        })
        .collect();
    assert_eq!(
        sizes,
        [(2, Filled::Full), (2, Filled::Full), (1, Filled::All)]
    );
}

#[test]
fn subscribers_are_counted_while_they_are_there() {
    let topic = topic(TopicConfig::default());
    let count = || {
        topic
            .publish_now(&Batch::one(Draft::default()))
            .expect("it is there")
            .expect("published")
            .subscribers
    };
    assert_eq!(count(), 0);
    let one = Subscription::join(&topic, None).expect("it is there");
    let two = Subscription::join(&topic, Some("x")).expect("it is there");
    assert_eq!(count(), 2);
    drop(one);
    assert_eq!(count(), 1);
    drop(two);
    assert_eq!(count(), 0);
}

#[test]
fn an_id_that_is_kept_cannot_be_given_twice() {
    let topic = small(Slow::Disconnect);
    let named = Batch::one(Draft {
        id: Some("a".to_owned()),
        ..Draft::default()
    });
    topic
        .publish_now(&named)
        .expect("it is there")
        .expect("published");
    assert_eq!(
        topic.publish_now(&named).expect("it is there").err(),
        Some(crate::Error::IdTaken("a".to_owned()))
    );
    publish(&topic, 2..=5);
    topic
        .publish_now(&named)
        .expect("it is there")
        .expect("it is no longer kept");
}

#[test]
fn a_subscriber_says_where_it_is_and_whether_that_is_a_replay() {
    let topic = topic(TopicConfig::default());
    publish(&topic, 1..=5);
    let mut live = Subscription::join(&topic, None).expect("it is there");
    assert_eq!((live.next(), live.is_replaying()), (6, false));
    let mut replay = Subscription::join(&topic, Some(EARLIEST)).expect("it is there");
    assert_eq!((replay.next(), replay.is_replaying()), (1, true));
    visit(&mut live);
    publish(&topic, 6..=6);
    for reader in [&mut live, &mut replay] {
        visit(reader);
        assert_eq!((reader.next(), reader.is_replaying()), (7, false));
    }
}

#[test]
fn a_receipt_has_the_reconnection_time_that_was_sent_last() {
    let news = topic(TopicConfig::default());
    publish(&news, 1..=2);
    let mut reader = Subscription::join(&news, None).expect("it is there");
    let mut receipt = Receipt {
        retry: None,
        first: 3,
        gap: false,
        whole: None,
    };
    assert_eq!(reader.receipt(), receipt, "nothing was sent yet");
    visit(&mut reader);
    receipt.retry = Some(SUBSCRIBER_RETRY.into());
    assert_eq!(reader.receipt(), receipt);
    let draft = Draft {
        retry: Some(50),
        ..Draft::default()
    };
    news.publish_now(&Batch::one(draft))
        .expect("it is there")
        .expect("published");
    assert_eq!(reader.receipt(), receipt, "it was not sent that one yet");
    visit(&mut reader);
    receipt.retry = Some(50);
    assert_eq!(reader.receipt(), receipt);
}

#[test]
fn a_receipt_begins_behind_the_last_gap_and_says_whether_events_came_before_it() {
    let topic = small(Slow::DropOldest);
    let mut reader = Subscription::join(&topic, None).expect("it is there");
    publish(&topic, 1..=6);
    assert!(visit(&mut reader).0.contains("\"lost\":2"));
    let receipt = reader.receipt();
    assert_eq!((receipt.first, receipt.gap), (3, false), "none came before");
    publish(&topic, 7..=9);
    assert!(visit(&mut reader).0.contains("\"lost\":1"));
    let receipt = reader.receipt();
    assert_eq!((receipt.first, receipt.gap), (8, true));
}

#[test]
fn a_gap_grows_until_it_is_told() {
    let topic = small(Slow::Disconnect);
    publish(&topic, 1..=6);
    let mut reader = Subscription::join(&topic, Some(&place(&topic, 0))).expect("it is there");
    publish(&topic, 7..=9);
    let (text, _) = visit(&mut reader);
    let gap = "event: gap\nid: #5\ndata: {\"from\":\"#0\",\"to\":\"#6\",\"lost\":5}\n\n";
    assert!(text.contains(gap), "{text}");
}

#[test]
fn a_lag_of_just_the_bound_and_a_ring_that_is_just_full_are_not_too_much() {
    for slow in [Slow::Disconnect, Slow::DropOldest] {
        let lagging = small(slow);
        // Full, and with room for any lag.
        let full = topic(TopicConfig {
            keep_events: 2,
            slow,
            ..TopicConfig::default()
        });
        for topic in [lagging, full] {
            let mut reader = Subscription::join(&topic, None).expect("it is there");
            visit(&mut reader);
            for two in [1..=2, 3..=4] {
                publish(&topic, two);
                assert!(!reader.is_too_slow());
                let (text, filled) = visit(&mut reader);
                assert_eq!(filled, Filled::All);
                assert_eq!(text.matches("data: ").count(), 2, "{text}");
                assert!(!text.contains("gap"), "{text}");
            }
        }
    }
}

#[test]
fn without_a_first_block_the_first_event_sets_the_reconnection_time() {
    let topic = topic(TopicConfig {
        first_block: FirstBlock::None,
        ..TopicConfig::default()
    });
    let mut reader = Subscription::join(&topic, None).expect("it is there");
    assert_eq!(visit(&mut reader), (String::new(), Filled::All));
    assert_eq!(reader.receipt().retry, None);
    publish(&topic, 1..=2);
    assert_eq!(
        visit(&mut reader).0,
        "retry: 1000\nid: #1\ndata: 1\n\nid: #2\ndata: 2\n\n"
    );
    assert_eq!(reader.receipt().retry, Some(SUBSCRIBER_RETRY.into()));
    let mut lost = Subscription::join(&topic, Some("never")).expect("it is there");
    assert!(
        visit(&mut lost)
            .0
            .starts_with("retry: 1000\nevent: gap\nid: #0\n"),
        "a gap is told all the same"
    );
}

#[test]
fn names_in_data_are_the_first_line_of_events_and_of_gaps() {
    let topic = topic(TopicConfig::default());
    let draft = Draft {
        event: Some("tick".to_owned()),
        ..Draft::default()
    };
    topic
        .publish_now(&Batch::one(draft))
        .expect("it is there")
        .expect("published");
    let mut reader = Subscription::join(&topic, Some("x"))
        .expect("it is there")
        .in_form(Form::NamesInData);
    assert_eq!(
        visit(&mut reader).0,
        "retry: 1000\nid: #0\ndata: gap\ndata: {\"from\":\"x\",\"to\":\"#1\",\"lost\":null}\n\nid: #1\ndata: tick\ndata: \n\n"
    );
}

#[test]
fn an_event_as_large_as_a_visit_is_sent_as_it_is_and_a_smaller_one_is_copied() {
    let topic = topic(TopicConfig::default());
    let around = "id: 0000000000001-000000000001\ndata: \n\n".len();
    let mut reader = Subscription::join(&topic, None).expect("it is there");
    visit(&mut reader);
    for (len, shared, filled) in [(VISIT - 1, false, Filled::All), (VISIT, true, Filled::Full)] {
        let draft = Draft {
            data: "x".repeat(len - around),
            ..Draft::default()
        };
        topic
            .publish_now(&Batch::one(draft))
            .expect("it is there")
            .expect("published");
        let mut out = WriteBuffer::new();
        assert_eq!(reader.fill(&mut out), filled, "{len}");
        assert_eq!((out.len(), out.shared_frame().is_some()), (len, shared));
    }
}

/// Subscribers of the topic that were told where they are, and what one more of them was sent of
/// its next event.
fn stretch<const N: usize>(topic: &Arc<Topic>) -> ([Subscription; N], Stretch) {
    let mut one = Subscription::join(topic, None).expect("it is there");
    visit(&mut one);
    let others = [(); N].map(|()| {
        let mut other = Subscription::join(topic, None).expect("it is there");
        visit(&mut other);
        other
    });
    publish(topic, 1..=1);
    let mut out = WriteBuffer::new();
    one.fill(&mut out);
    (others, out.stretch().expect("an event and nothing else"))
}

#[test]
fn a_stretch_is_taken_once_by_whoever_lacks_just_that() {
    let news = topic(TopicConfig::default());
    let ([mut next, mut behind], first) = stretch(&news);
    assert!(next.repeat(first));
    assert_eq!(visit(&mut next), (String::new(), Filled::All));
    assert!(!next.repeat(first));
    // From here on the first stretch is not all that there is.
    let (_, second) = stretch::<0>(&news);
    assert!(!behind.repeat(first));
    assert!(!behind.repeat(second));
    assert!(next.repeat(second));
    assert_eq!((behind.next(), next.next()), (1, 3));
    // Another topic has an event of that number too.
    let ([mut reader], _) = stretch(&topic(TopicConfig::default()));
    assert!(!reader.repeat(first));
    assert_eq!(visit(&mut reader).0, "id: #1\ndata: 1\n\n");
}

#[test]
fn a_stretch_is_not_taken_by_whoever_is_to_be_sent_something_else() {
    let news = topic(TopicConfig::default());
    let mut new = Subscription::join(&news, None).expect("it is there");
    let ([reader, mut left], first) = stretch(&news);
    assert!(!new.repeat(first), "it lacks its place");
    let mut named = reader.in_form(Form::NamesInData);
    assert!(!named.repeat(first));
    news.end();
    assert!(!left.repeat(first), "it is to be sent the end");
    assert_eq!(visit(&mut left).1, Filled::Over);

    let topic = topic(TopicConfig {
        first_block: FirstBlock::None,
        ..TopicConfig::default()
    });
    let mut owed = Subscription::join(&topic, None).expect("it is there");
    visit(&mut owed);
    let mut one = Subscription::join(&topic, None).expect("it is there");
    visit(&mut one);
    publish(&topic, 1..=1);
    visit(&mut one);
    let to_one = Stretch {
        topic: topic.address(),
        from: 0,
        to: 1,
    };
    assert!(!owed.repeat(to_one), "it is to be told when to come back");
}

#[test]
fn what_holds_more_than_events_is_no_stretch() {
    let topic = small(Slow::DropOldest);
    let holds = |reader: &mut Subscription, before: &str| {
        let mut out = WriteBuffer::new();
        out.payload().extend_from_slice(before.as_bytes());
        reader.fill(&mut out);
        out.stretch()
    };
    let mut plain = Subscription::join(&topic, None).expect("it is there");
    assert_eq!(holds(&mut plain, ""), None, "its place");
    let mut named = Subscription::join(&topic, None)
        .expect("it is there")
        .in_form(Form::NamesInData);
    visit(&mut named);
    publish(&topic, 1..=1);
    assert_eq!(holds(&mut plain, ": a comment\n\n"), None);
    assert_eq!(holds(&mut named, ""), None, "names in data");
    publish(&topic, 2..=4);
    assert_eq!(holds(&mut plain, ""), None, "a gap");
    publish(&topic, 5..=5);
    let whole = Stretch {
        topic: topic.address(),
        from: 4,
        to: 5,
    };
    assert_eq!(holds(&mut plain, ""), Some(whole));
}
