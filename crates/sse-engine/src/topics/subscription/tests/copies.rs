//! Subscribers of a topic that an engine keeps: several lives, places that are not known yet, and
//! nodes that are behind.

use std::task::Waker;

use tokio::sync::watch;

use super::*;
use crate::topics::Append;

fn at(born: u64, seq: u64) -> Position {
    Position { born, seq }
}

fn id(born: u64, seq: u64) -> String {
    at(born, seq).to_string()
}

fn copy(config: TopicConfig) -> Arc<Topic> {
    Arc::new(Topic::copy(
        &config,
        watch::Sender::new(()),
        Waker::noop().clone(),
    ))
}

/// Does these steps; the last look that was asked for is answered with them.
fn reach(topic: &Arc<Topic>, mut steps: Vec<Append>, head: Position) {
    steps.push(Append::Reached {
        head,
        later_life: false,
        looks: topic.looks_wanted(),
        beat: true,
    });
    topic.replicate_now(&steps).expect("it is there");
}

fn event(data: &str) -> Append {
    given(None, data)
}

fn given(id: Option<&str>, data: &str) -> Append {
    Append::Event(Draft {
        id: id.map(str::to_owned),
        data: data.to_owned(),
        ..Draft::default()
    })
}

fn gap(born: u64, seq: u64, lost: Option<u64>) -> Append {
    Append::Gap {
        place: at(born, seq),
        lost,
        next: None,
    }
}

/// Events 6 and 7 of life 1, a hole up to 20 and event 21, then life 3 with an event.
fn several() -> Arc<Topic> {
    let topic = copy(TopicConfig::default());
    let steps = vec![
        Append::Begin(at(1, 5)),
        event("6"),
        event("7"),
        gap(1, 20, Some(13)),
        event("21"),
        gap(3, 0, None),
        event("first"),
    ];
    reach(&topic, steps, at(3, 1));
    topic
}

fn join(topic: &Arc<Topic>, id: &str) -> Subscription {
    Subscription::join(topic, Some(id)).expect("it is there")
}

/// What a visit writes, with the ids in few letters.
fn seen(subscription: &mut Subscription) -> String {
    let mut out = WriteBuffer::new();
    subscription.fill(&mut out);
    let mut text = String::from_utf8(out.wire()).expect("we write UTF-8");
    for born in [1, 2, 3, 4, 9] {
        for seq in 0..30 {
            text = text.replace(&id(born, seq), &format!("{born}-{seq}"));
        }
    }
    text
}

const LIFE_3: &str = "event: gap\nid: 3-0\ndata: {\"from\":\"1-21\",\"to\":\"3-1\",\"lost\":null}\n\n\
                      id: 3-1\ndata: first\n\n";

#[test]
fn a_gap_of_the_ring_is_sent_to_everybody_as_an_event() {
    let text = seen(&mut join(&several(), &id(1, 6)));
    let hole = "event: gap\nid: 1-20\ndata: {\"from\":\"1-7\",\"to\":\"1-21\",\"lost\":13}\n\n";
    assert_eq!(
        text,
        format!("retry: 1000\nid: 1-6\n\nid: 1-7\ndata: 7\n\n{hole}id: 1-21\ndata: 21\n\n{LIFE_3}")
    );
    let named = join(&several(), &id(1, 21)).in_form(Form::NamesInData);
    let text = seen(&mut { named });
    assert!(
        text.contains("\n\nid: 3-0\ndata: gap\ndata: {\"from\":\"1-21\""),
        "{text}"
    );
}

/// A client that reads over the border of two lives was told `null`, and then sent the next event
/// at once.
#[test]
fn a_gap_names_the_event_that_came_after_it_to_those_who_come_later() {
    let topic = copy(TopicConfig::default());
    let steps = vec![Append::Begin(at(1, 5)), event("6"), gap(2, 0, None)];
    reach(&topic, steps, at(2, 0));
    let to = |subscription: &mut Subscription, to: &str| {
        let text = seen(subscription);
        let data = format!("data: {{\"from\":\"1-6\",\"to\":{to},\"lost\":null}}\n");
        assert!(text.contains(&data), "{text}");
    };
    let mut early = join(&topic, &id(1, 6));
    to(&mut early, "null");
    // Nothing was published in the life between.
    let steps = vec![
        gap(3, 0, None),
        given(Some("order-1"), "first"),
        event("second"),
    ];
    reach(&topic, steps, at(3, 2));
    let text = seen(&mut early);
    let next = "data: {\"from\":\"2-0\",\"to\":\"order-1\",\"lost\":null}\n";
    assert!(text.contains(next) && !text.contains("1-6"), "{text}");
    let mut late = join(&topic, &id(1, 6));
    to(&mut late, "\"order-1\"");
}

#[test]
fn whoever_was_told_of_a_gap_goes_on_behind_it() {
    let text = seen(&mut join(&several(), &id(1, 20)));
    assert!(
        text.starts_with("retry: 1000\nid: 1-20\n\nid: 1-21\n"),
        "{text}"
    );
    let text = seen(&mut join(&several(), &id(3, 0)));
    assert_eq!(text, "retry: 1000\nid: 3-0\n\nid: 3-1\ndata: first\n\n");
}

#[test]
fn what_this_node_passed_over_is_counted_without_asking() {
    for (place, told) in [
        // It came when more was kept.
        (
            (1, 2),
            "id: 1-5\ndata: {\"from\":\"1-2\",\"to\":\"1-6\",\"lost\":3}\n\n",
        ),
        // Of the hole it had a part on another node.
        (
            (1, 12),
            "id: 1-20\ndata: {\"from\":\"1-12\",\"to\":\"1-21\",\"lost\":8}\n\n",
        ),
    ] {
        let topic = several();
        let text = seen(&mut join(&topic, &id(place.0, place.1)));
        let begin = format!("retry: 1000\nevent: gap\n{told}");
        assert!(text.starts_with(&begin), "{text}");
        assert_eq!(topic.looks_wanted(), 0);
    }
}

#[test]
fn there_is_no_place_before_the_ring_is_loaded() {
    let topic = copy(TopicConfig::default());
    let mut new = Subscription::join(&topic, None).expect("it is there");
    let mut back = join(&topic, &id(1, 1));
    for reader in [&mut new, &mut back] {
        assert!(reader.is_waiting() && !reader.is_too_slow() && !reader.is_replaying());
        assert_eq!(reader.receipt().retry, None);
        assert_eq!(seen(reader), "retry: 1000\n\n");
        assert_eq!(reader.receipt().retry, Some(1000));
        assert_eq!(seen(reader), "", "once");
    }
    let steps = vec![Append::Begin(at(1, 0)), event("1"), event("2")];
    topic.replicate_now(&steps).expect("it is there");
    assert_eq!(seen(&mut new), "", "more may come");
    reach(&topic, vec![], at(1, 2));
    assert_eq!(seen(&mut new), "id: 1-2\n\n");
    assert_eq!(seen(&mut back), "id: 1-1\n\nid: 1-2\ndata: 2\n\n");
    assert!(!back.is_waiting());
}

#[test]
fn without_a_first_block_whoever_waits_is_sent_nothing() {
    let topic = copy(TopicConfig {
        first_block: FirstBlock::None,
        ..TopicConfig::default()
    });
    let mut new = Subscription::join(&topic, None).expect("it is there");
    assert_eq!(seen(&mut new), "");
    reach(&topic, vec![Append::Begin(at(1, 0))], at(1, 0));
    assert_eq!(seen(&mut new), "");
    reach(&topic, vec![given(Some("a"), "1")], at(1, 1));
    assert_eq!(
        seen(&mut new),
        "retry: 1000\nid: a\ndata: 1\n\n",
        "and no place"
    );
}

#[test]
fn whoever_waits_for_a_topic_that_ends_is_sent_the_end() {
    let topic = copy(TopicConfig::default());
    let mut new = Subscription::join(&topic, None).expect("it is there");
    topic.end();
    assert_eq!(new.fill(&mut WriteBuffer::new()), Filled::Over);
}

#[test]
fn an_id_ahead_of_this_node_is_looked_for_before_a_gap_is_told() {
    let topic = several();
    let mut ahead = join(&topic, &id(3, 2));
    assert_eq!(topic.looks_wanted(), 1);
    assert_eq!(seen(&mut ahead), "retry: 1000\n\n");
    let mut late = join(&topic, &id(3, 3));
    assert_eq!(topic.looks_wanted(), 2);
    let steps = vec![
        event("2"),
        event("3"),
        Append::Reached {
            head: at(3, 3),
            later_life: false,
            looks: 1,
            beat: false,
        },
    ];
    topic.replicate_now(&steps).expect("it is there");
    assert_eq!(seen(&mut ahead), "id: 3-2\n\nid: 3-3\ndata: 3\n\n");
    assert_eq!(
        seen(&mut late),
        "retry: 1000\nid: 3-3\n\n",
        "it is there now"
    );
}

#[test]
fn what_the_engine_denies_is_a_gap_that_ends_no_earlier_than_what_the_client_had() {
    for (place, told) in [
        // A lost tail: one gap says both that and the life.
        (
            (1, 25),
            "id: 3-0\ndata: {\"from\":\"1-25\",\"to\":\"3-1\",\"lost\":null}\n\nid: 3-1\n",
        ),
        (
            (2, 9),
            "id: 3-0\ndata: {\"from\":\"2-9\",\"to\":\"3-1\",\"lost\":null}\n\nid: 3-1\n",
        ),
        // The engine has no more of this life.
        (
            (3, 9),
            "id: 3-9\ndata: {\"from\":\"3-9\",\"to\":null,\"lost\":null}\n\n",
        ),
    ] {
        let topic = several();
        let mut reader = join(&topic, &id(place.0, place.1));
        assert!(reader.is_waiting());
        reach(&topic, vec![], at(3, 1));
        let text = seen(&mut reader);
        let begin = format!("retry: 1000\nevent: gap\n{told}");
        assert!(text.starts_with(&begin), "{text}");
    }
}

#[test]
fn a_place_of_a_later_life_is_held_until_this_node_has_that_life() {
    let topic = several();
    let mut reader = join(&topic, &id(4, 1));
    reach(&topic, vec![], at(3, 1));
    assert_eq!(seen(&mut reader), "retry: 1000\n\n");
    reach(&topic, vec![], at(3, 1));
    assert_eq!(seen(&mut reader), "");
    reach(
        &topic,
        vec![gap(4, 0, None), event("1"), event("2")],
        at(4, 2),
    );
    assert_eq!(seen(&mut reader), "id: 4-1\n\nid: 4-2\ndata: 2\n\n");
}

/// A client that comes from the other side of a split must not come back there with an id that
/// sorts below what it had: it would be sent all of it again.
#[test]
fn on_a_node_that_stays_behind_a_client_keeps_its_place() {
    let topic = several();
    let mut reader = join(&topic, &id(4, 1));
    reach(&topic, vec![], at(3, 1));
    seen(&mut reader);
    for _ in 0..3 {
        assert!(reader.is_waiting());
        reach(&topic, vec![], at(3, 1));
    }
    assert_eq!(
        seen(&mut reader),
        "event: gap\nid: 4-1\ndata: {\"from\":\"4-1\",\"to\":null,\"lost\":null}\n\n"
    );
    // What comes here it never had, and its id stays.
    reach(&topic, vec![event("2"), given(Some("a"), "3")], at(3, 3));
    assert_eq!(seen(&mut reader), "data: 2\n\ndata: 3\n\n");
    // The split is over. It had what sorts up to its place.
    reach(
        &topic,
        vec![gap(4, 0, None), event("1"), event("2")],
        at(4, 2),
    );
    assert_eq!(seen(&mut reader), "id: 4-2\ndata: 2\n\n");
    reach(&topic, vec![event("3")], at(4, 3));
    assert_eq!(seen(&mut reader), "id: 4-3\ndata: 3\n\n");
}

#[test]
fn a_given_id_is_followed_by_its_place_and_both_lead_on() {
    let topic = copy(TopicConfig::default());
    let steps = vec![Append::Begin(at(1, 0)), given(Some("a"), "1"), event("2")];
    reach(&topic, steps, at(1, 2));
    let text = seen(&mut join(&topic, EARLIEST));
    let rest = "id: 1-2\ndata: 2\n\n";
    assert_eq!(
        text,
        format!("retry: 1000\nid: 1-0\n\nid: a\ndata: 1\n\nid: 1-1\n\n{rest}")
    );
    for (id, place) in [("a", "1-1"), (&*id(1, 1), "1-1")] {
        let text = seen(&mut join(&topic, id));
        assert_eq!(text, format!("retry: 1000\nid: {place}\n\n{rest}"), "{id}");
    }
}

#[test]
fn a_given_id_is_in_doubt_once_there_was_an_earlier_life() {
    let topic = copy(TopicConfig::default());
    let steps = vec![
        Append::Begin(at(3, 0)),
        event("1"),
        given(Some("a"), "2"),
        event("3"),
        Append::Reached {
            head: at(3, 3),
            later_life: true,
            looks: 0,
            beat: true,
        },
    ];
    topic.replicate_now(&steps).expect("it is there");
    // It may have had an event `a` of that life, and not event 1 of this one.
    assert_eq!(
        seen(&mut join(&topic, "a")),
        "retry: 1000\nevent: gap\nid: 3-2\ndata: {\"from\":\"a\",\"to\":\"3-3\",\"lost\":null}\n\n\
         id: 3-3\ndata: 3\n\n"
    );
    assert!(!seen(&mut join(&topic, &id(3, 2))).contains("gap"));
}

#[test]
fn a_given_id_that_nobody_knows_goes_on_with_what_comes() {
    let topic = several();
    let mut reader = join(&topic, "gone");
    assert!(reader.is_waiting(), "another node may have published it");
    reach(&topic, vec![given(Some("gone"), "2")], at(3, 2));
    assert_eq!(seen(&mut reader), "retry: 1000\nid: 3-2\n\n");
    let mut reader = join(&topic, "never");
    reach(&topic, vec![], at(3, 2));
    assert_eq!(
        seen(&mut reader),
        "retry: 1000\nevent: gap\nid: 3-2\ndata: {\"from\":\"never\",\"to\":null,\"lost\":null}\n\n",
        "what is kept it may have had"
    );
}

#[test]
fn an_id_that_two_lives_gave_leads_to_the_later_even_when_the_earlier_goes() {
    let topic = copy(TopicConfig {
        keep_events: 3,
        ..TopicConfig::default()
    });
    let steps = vec![
        Append::Begin(at(1, 0)),
        given(Some("a"), "1"),
        gap(3, 0, None),
        given(Some("a"), "again"),
        event("2"),
    ];
    reach(&topic, steps, at(3, 2));
    assert_eq!(topic.find("a"), Some(3));
}

#[test]
fn what_is_dropped_for_a_slow_reader_is_counted_by_places() {
    let topic = copy(TopicConfig {
        keep_events: 2,
        slow: Slow::DropOldest,
        ..TopicConfig::default()
    });
    reach(&topic, vec![Append::Begin(at(1, 0))], at(1, 0));
    let mut reader = Subscription::join(&topic, None).expect("it is there");
    seen(&mut reader);
    let hole = vec![event("1"), gap(1, 4, Some(3)), event("5"), event("6")];
    reach(&topic, hole, at(1, 6));
    let text = seen(&mut reader);
    let begin = "event: gap\nid: 1-4\ndata: {\"from\":\"1-0\",\"to\":\"1-5\",\"lost\":4}\n\n";
    assert!(text.starts_with(begin), "{text}");
    let life = vec![event("7"), gap(3, 0, None), event("1"), event("2")];
    reach(&topic, life, at(3, 2));
    let text = seen(&mut reader);
    let begin = "event: gap\nid: 3-0\ndata: {\"from\":\"1-6\",\"to\":\"3-1\",\"lost\":null}\n\n";
    assert!(text.starts_with(begin), "{text}");
}

#[test]
fn the_page_is_told_of_events_and_not_of_gaps() {
    let view = several().view("news");
    assert_eq!((view.published, view.kept), (4, 6));
    assert_eq!(view.last_id, Some(id(3, 1)));
}

#[test]
fn no_one_is_sent_what_was_written_for_whoever_keeps_an_older_place() {
    let topic = several();
    let mut reader = join(&topic, &id(3, 9));
    reach(&topic, vec![], at(3, 1));
    seen(&mut reader);
    let mut other = join(&topic, &id(3, 1));
    seen(&mut other);
    let stretch = |reader: &mut Subscription, data: &str, seq| {
        reach(&topic, vec![event(data)], at(3, seq));
        let mut out = WriteBuffer::new();
        reader.fill(&mut out);
        out.stretch()
    };
    assert_eq!(stretch(&mut reader, "2", 2), None);
    let sent = stretch(&mut other, "3", 3);
    assert!(sent.is_none_or(|sent| !reader.repeat(sent)));
}

/// A node that loaded a topic with a failover in it counted a gap for each of those who waited, and
/// none of them was told of one.
#[test]
fn a_gap_is_counted_for_those_who_read_and_not_for_those_who_wait() {
    let topic = copy(TopicConfig::default());
    let mut all: Vec<_> = (0..3)
        .map(|_| Subscription::join(&topic, None).expect("it is there"))
        .collect();
    let loaded = vec![Append::Begin(at(1, 5)), event("6"), gap(3, 0, None)];
    reach(&topic, loaded, at(3, 0));
    assert_eq!(topic.counts.gaps(GapReason::Engine), 0);
    for reader in &mut all {
        assert!(!seen(reader).contains("gap"), "they begin at the end");
    }
    reach(&topic, vec![gap(4, 0, None)], at(4, 0));
    assert_eq!(topic.counts.gaps(GapReason::Engine), 3);
    let _waits = join(&topic, &id(9, 9));
    reach(&topic, vec![gap(5, 0, None)], at(5, 0));
    assert_eq!(topic.counts.gaps(GapReason::Engine), 6);
}
