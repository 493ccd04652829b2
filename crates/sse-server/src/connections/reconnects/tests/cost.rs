//! Which events were lost at a reconnect, and which were repeated.

use super::*;

#[test]
fn what_was_lost_and_what_was_sent_twice_is_counted() {
    for (brought, next, cost, end) in [
        (Some("9"), 10, (2, 0), "with id 9, 2 events lost"),
        (Some("8"), 9, (1, 0), "with id 8, 1 event lost"),
        (Some("5"), 6, (0, 2), "with id 5, is sent 2 again"),
        (None, 1, (0, 7), "without an id, starts over: 7 again"),
    ] {
        let desk = Desk::new();
        desk.goes(tagged(None), 7, CUT, 2000);
        let _open = desk.comes(3000, tagged(brought), next);
        let said = desk.said(3000, 2).expect("it came back");
        assert!(said.words.ends_with(end), "{}", said.words);
        assert_eq!((said.lost, said.repeated), (Some(cost.0), Some(cost.1)));
    }
}

#[test]
fn one_that_was_sent_nothing_yet_loses_nothing() {
    let desk = Desk::new();
    desk.ends(&desk.comes(0, tagged(None), 1), CUT, 10);
    let _open = desk.comes(1010, tagged(None), 1);
    let words = desk.words(1010, 2);
    assert!(words.ends_with("without an id, nothing lost"), "{words}");
}

/// What a gap took out was not sent, and what was sent before it cannot be told from that.
#[test]
fn behind_a_gap_only_what_came_after_it_is_compared() {
    for (brought, next, cost) in [("4", 5, None), ("250", 251, Some((0, 2)))] {
        let desk = Desk::new();
        let open = desk.comes(0, tagged(None), 1);
        open.sent(125, Some(252), 100);
        let told = Receipt {
            retry: None,
            first: 250,
            gap: true,
            whole: None,
        };
        open.close(CUT, Some(told), desk.now(1000));
        let _back = desk.comes(2000, tagged(Some(brought)), next);
        let said = desk.said(2000, 2).expect("it came back");
        assert_eq!(said.lost.zip(said.repeated), cost, "{brought}");
    }
}

#[test]
fn an_id_without_data_behind_the_last_event_was_given_too() {
    let mut desk = Desk::new();
    desk.stream = list(&["a/1", "b/", "/3"], Some(3));
    desk.goes(untagged(None), 1, CUT, 1000);
    let _open = desk.comes(2000, untagged(Some("b")), 3);
    assert_eq!(desk.said(2000, 2).and_then(|said| said.lost), Some(0));
}

#[test]
fn a_stream_without_ids_begins_again() {
    let mut desk = Desk::new();
    desk.stream = list(&["/1"], None);
    let open = desk.comes(0, tagged(None), 1);
    open.sent(4, Some(4), 100);
    desk.ends(&open, CUT, 1000);
    let _open = desk.comes(2000, tagged(None), 1);
    let words = desk.words(2000, 2);
    assert!(
        words.ends_with("without an id, starts over: 4 again"),
        "{words}"
    );
}

#[test]
fn numbers_of_a_stream_that_has_changed_are_not_compared() {
    let mut desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    desk.stream = Arc::new(Stream::clone(&desk.stream));
    let _open = desk.comes(3000, tagged(Some("7")), 8);
    let said = desk.said(3000, 2).expect("its tag says so");
    assert_eq!((said.lost, said.repeated), (None, None));
    assert!(said.words.ends_with("cannot be told"), "{}", said.words);
}

#[test]
fn a_subscriber_that_brings_no_id_has_lost_what_was_published_meanwhile() {
    let desk = Desk::new();
    let topics = Topics::new(TopicConfig::default());
    let topic = topics
        .topic("news", std::time::UNIX_EPOCH)
        .expect("there is room");
    let client = |who| Client {
        numbers: Numbering::Topic(Arc::clone(&topic), 1000),
        ..desk.client(who)
    };
    let publish = || {
        let batch = Batch::one(Draft::default());
        topic
            .publish_now(&batch)
            .expect("it is there")
            .expect("published");
    };
    let open = |who, next, ms| desk.enters(ms, client(who), next);
    // The place that it was given before any event is an id too.
    desk.ends(&open(untagged(None), 1, 0), CUT, 1000);
    let place: &'static str = topic.id(0).leak();
    publish();
    desk.ends(&open(untagged(Some(place)), 1, 2000), CUT, 3000);
    let words = desk.words(3000, 2);
    assert!(
        words.starts_with("probably came back after 1.00 s (retry 1.00 s)"),
        "{words}"
    );
    assert!(words.ends_with("nothing lost"), "{words}");

    desk.ends(&open(tagged(None), 2, 3000), CUT, 4000);
    publish();
    publish();
    let _open = open(tagged(None), 4, 5000);
    let words = desk.words(5000, 4);
    assert!(words.ends_with("without an id, 2 events lost"), "{words}");
}

/// A list whose entries are `id/data`, either of which may be missing.
pub(super) fn list(entries: &[&str], count: Option<u64>) -> Arc<Stream> {
    let template = |text: &str| {
        let template = sse_engine::stream::Template::parse(text).expect("a template");
        (!text.is_empty()).then_some(template)
    };
    let entries = entries.iter().map(|entry| {
        let (id, data) = entry.split_once('/').expect("id and data");
        sse_engine::stream::Entry {
            id: template(id),
            data: template(data),
            ..sse_engine::stream::Entry::default()
        }
    });
    Arc::new(Stream {
        source: sse_engine::stream::Source::List(entries.collect()),
        count,
        ..shipped().remove(1)
    })
}

/// A client brings the last id that it has, and gets again what came after it without one.
#[test]
fn events_without_an_id_come_twice_and_what_has_no_data_is_no_event() {
    for (last, events, next, cost) in [
        (1, 1, 2, (0, 0)),
        (2, 2, 2, (0, 1)),
        (4, 3, 2, (0, 2)),
        (1, 1, 5, (2, 0)),
    ] {
        let mut desk = Desk::new();
        desk.stream = list(&["a/1", "/2", "/", "/3", "b/4"], Some(5));
        let open = desk.comes(0, tagged(None), 1);
        open.sent(events, Some(last), 100);
        let row = desk.rows(0).remove(0);
        assert_eq!(row.last_id.as_deref(), Some("a"));
        desk.ends(&open, CUT, 1000);
        let _open = desk.comes(2000, tagged(Some("a")), next);
        let said = desk.said(2000, 2).expect("it came back");
        assert_eq!(
            (said.lost, said.repeated),
            (Some(cost.0), Some(cost.1)),
            "{last}"
        );
    }
}

/// An id of a list that begins again leads to the first round, whichever round the client was in.
#[test]
fn an_id_that_comes_in_each_round_is_compared_only_where_it_was_the_last() {
    for (brought, next, cost) in [("b", 3, Some(0)), ("a", 2, None)] {
        let mut desk = Desk::new();
        desk.stream = list(&["a/1", "b/2", "c/3"], None);
        let open = desk.comes(0, tagged(None), 1);
        open.sent(29, Some(29), 100);
        desk.ends(&open, CUT, 1000);
        let _open = desk.comes(2000, tagged(Some(brought)), next);
        let said = desk.said(2000, 2).expect("it came back");
        assert_eq!((said.lost, said.repeated), (cost, cost), "{brought}");
    }
}

#[test]
fn of_several_with_one_tag_each_goes_on_with_its_own() {
    let desk = Desk::new();
    let before = [100, 50, 70].map(|last| {
        let open = desk.comes(0, tagged(None), 1);
        open.sent(last, Some(last), 100);
        open
    });
    for open in before {
        desk.ends(&open, CUT, 1000);
    }
    let mut open = Vec::new();
    for (id, brought, next, other) in [(4, "50", 51, 2), (5, "100", 101, 1), (6, "65", 66, 3)] {
        open.push(desk.comes(2000, tagged(Some(brought)), next));
        let said = desk.said(2000, id).expect("it came back");
        assert_eq!((said.lost, said.other), (Some(0), Some(other)), "{brought}");
    }
}

/// What the kernel took may never have arrived: the client knows.
#[test]
fn what_was_sent_and_then_left_the_ring_is_lost() {
    let desk = Desk::new();
    desk.goes(tagged(None), 12, CUT, 1000);
    let client = desk.client(tagged(Some("2")));
    let resume = Resume {
        next: 15,
        ..desk.resume(&client, 3)
    };
    let open = desk.table.open_at(client, &resume, desk.now(2000));
    let said = desk.said(2000, 2).expect("it came back");
    assert_eq!((said.lost, said.repeated), (Some(12), Some(0)));
    drop(open);

    // The rest of it comes again.
    let desk = Desk::new();
    desk.goes(tagged(None), 12, CUT, 1000);
    let client = desk.client(tagged(Some("2")));
    let resume = Resume {
        next: 8,
        ..desk.resume(&client, 3)
    };
    let _open = desk.table.open_at(client, &resume, desk.now(2000));
    let words = desk.words(2000, 2);
    assert!(
        words.ends_with("with id 2, 5 events lost, is sent 5 again"),
        "{words}"
    );
}

#[test]
fn only_what_that_connection_was_sent_can_come_twice() {
    let desk = Desk::new();
    let open = desk.comes(0, tagged(None), 100);
    open.sent(5, Some(104), 100);
    desk.ends(&open, CUT, 1000);
    let _open = desk.comes(2000, tagged(None), 1);
    assert_eq!(desk.said(2000, 2).and_then(|said| said.repeated), Some(5));
    // Nor is it known by an id that it was never given.
    let open = desk.comes(0, untagged(None), 100);
    open.sent(5, Some(104), 100);
    desk.ends(&open, CUT, 1000);
    let _open = desk.comes(2000, untagged(Some("41")), 42);
    assert_eq!(desk.said(2000, 4), None);
    let _open = desk.comes(2000, untagged(Some("99")), 100);
    assert_eq!(desk.said(2000, 5), None, "nor by the one before");
    let _open = desk.comes(2000, untagged(Some("102")), 103);
    assert_eq!(desk.said(2000, 6).and_then(|said| said.repeated), Some(2));
}

#[test]
fn an_empty_id_is_none_that_could_be_brought() {
    let mut desk = Desk::new();
    let mut stream = Stream::clone(&list(&["a/1", "b/2"], Some(2)));
    if let sse_engine::stream::Source::List(entries) = &mut stream.source {
        entries[1].id = Some(sse_engine::stream::Template::parse("").expect("a template"));
    }
    desk.stream = Arc::new(stream);
    desk.goes(untagged(None), 2, CUT, 1000);
    assert_eq!(desk.said(100_000, 1), None);
}

#[test]
fn a_long_id_is_compared_as_far_as_it_is_kept() {
    let long: &'static str = "x".repeat(100).leak();
    let mut desk = Desk::new();
    desk.stream = list(&[&format!("{long}/1"), "/2"], Some(2));
    desk.goes(untagged(None), 1, CUT, 1000);
    let _open = desk.comes(2000, untagged(Some(&long[..64])), 2);
    assert_eq!(desk.said(2000, 2).and_then(|said| said.lost), Some(0));
}
