//! Bounds: the exact number is right, and one more is not.

use super::*;

/// A topic that keeps ten and lets a subscriber be two behind.
fn roomy(slow: Slow) -> Arc<Topic> {
    topic(TopicConfig {
        keep_events: 10,
        max_lag: 2,
        slow,
        ..TopicConfig::default()
    })
}

fn join(topic: &Arc<Topic>, id: Option<&str>) -> Subscription {
    Subscription::join(topic, id).expect("it is there")
}

#[test]
fn a_visit_at_the_bound_of_the_lag_loses_nothing() {
    for slow in [Slow::Disconnect, Slow::DropOldest] {
        let topic = roomy(slow);
        let mut new = join(&topic, None);
        visit(&mut new);
        publish(&topic, 1..=2);
        let both = "id: #1\ndata: 1\n\nid: #2\ndata: 2\n\n";
        assert_eq!(visit(&mut new), (both.to_owned(), Filled::All));
    }
}

#[test]
fn a_visit_beyond_the_lag_drops_down_to_it_or_ends() {
    let topic = roomy(Slow::DropOldest);
    let mut new = join(&topic, None);
    visit(&mut new);
    publish(&topic, 1..=3);
    let text = visit(&mut new).0;
    let gap = "event: gap\nid: #1\ndata: {\"from\":\"#0\",\"to\":\"#2\",\"lost\":1}\n\n";
    assert_eq!(text, format!("{gap}id: #2\ndata: 2\n\nid: #3\ndata: 3\n\n"));
    let receipt = new.receipt();
    assert_eq!((receipt.first, receipt.gap), (2, true));

    let topic = roomy(Slow::Disconnect);
    let mut new = join(&topic, None);
    visit(&mut new);
    publish(&topic, 1..=3);
    assert_eq!(visit(&mut new), (String::new(), Filled::TooSlow));
}

#[test]
fn the_oldest_that_is_kept_is_still_in_reach() {
    let topic = small(Slow::Disconnect);
    publish(&topic, 1..=5);
    let first = place(&topic, 1);
    let mut behind = join(&topic, Some(&first));
    visit(&mut behind);
    assert_eq!(behind.next(), 6);
    let receipt = behind.receipt();
    assert_eq!(
        (receipt.first, receipt.gap, receipt.retry),
        (2, false, Some(1000))
    );
}

#[test]
fn what_was_pushed_out_before_the_first_visit_is_told_and_counts_as_no_gap_of_its_own() {
    let topic = small(Slow::Disconnect);
    publish(&topic, 1..=2);
    let id = place(&topic, 1);
    let mut late = join(&topic, Some(&id));
    publish(&topic, 3..=7);
    let text = visit(&mut late).0;
    assert!(text.contains("\"lost\":2"), "{text}");
    let receipt = late.receipt();
    assert_eq!((receipt.first, receipt.gap), (4, false));
}

#[test]
fn without_a_first_block_the_reconnection_time_comes_with_the_first_event() {
    let topic = topic(TopicConfig {
        first_block: FirstBlock::None,
        ..TopicConfig::default()
    });
    let mut new = join(&topic, None);
    assert_eq!(visit(&mut new), (String::new(), Filled::All));
    assert_eq!(new.receipt().retry, None, "it was told nothing yet");
    publish(&topic, 1..=1);
    let first = "retry: 1000\nid: #1\ndata: 1\n\n";
    assert_eq!(visit(&mut new).0, first);
    assert_eq!(new.receipt().retry, Some(1000));
    publish(&topic, 2..=2);
    assert_eq!(visit(&mut new).0, "id: #2\ndata: 2\n\n", "once");
}

#[test]
fn a_stretch_is_repeated_where_it_is_all_that_is_lacking() {
    let ours = topic(TopicConfig::default());
    let other = topic(TopicConfig::default());
    let mut readers: Vec<_> = (0..2).map(|_| join(&ours, None)).collect();
    let mut named = join(&ours, None).in_form(Form::NamesInData);
    let mut elsewhere = join(&other, None);
    for reader in readers.iter_mut().chain([&mut named, &mut elsewhere]) {
        visit(reader);
    }
    let mut fresh = join(&ours, None);
    publish(&ours, 1..=1);
    publish(&other, 1..=1);
    let mut out = WriteBuffer::new();
    readers[0].fill(&mut out);
    let stretch = out.stretch().expect("nothing but events");
    assert!(!elsewhere.repeat(stretch), "another topic");
    assert!(!named.repeat(stretch), "in another form");
    assert!(!fresh.repeat(stretch), "it was not told its place");
    let further = Stretch {
        from: stretch.from + 1,
        ..stretch
    };
    assert!(!readers[1].repeat(further), "it lacks more");
    publish(&ours, 2..=2);
    assert!(!readers[1].repeat(stretch), "there is more by now");
    let all = Stretch { to: 2, ..stretch };
    assert!(readers[1].repeat(all));
    assert_eq!(readers[1].next(), 3);
    assert!(!readers[1].repeat(all), "it has it");

    // A visit that wrote something else beside events has no stretch.
    out.clear();
    fresh.fill(&mut out);
    assert_eq!(out.stretch(), None);
    out.clear();
    named.fill(&mut out);
    assert_eq!(out.stretch(), None);
    publish(&ours, 3..=3);
    out.clear();
    out.payload().push(b':');
    readers[1].fill(&mut out);
    assert_eq!(out.stretch(), None);
}

#[test]
fn nothing_is_repeated_of_a_topic_that_was_ended() {
    let topics = Topics::new(TopicConfig::default());
    let topic = topics.topic("t", std::time::UNIX_EPOCH).expect("room");
    let mut readers: Vec<_> = (0..2).map(|_| join(&topic, None)).collect();
    readers.iter_mut().for_each(|reader| drop(visit(reader)));
    publish(&topic, 1..=1);
    let mut out = WriteBuffer::new();
    readers[0].fill(&mut out);
    let stretch = out.stretch().expect("nothing but events");
    topics.end("t");
    assert!(!readers[1].repeat(stretch), "its end is to be sent too");
}

#[test]
fn a_frame_of_a_whole_visit_is_shared_and_a_smaller_one_is_copied() {
    for (length, is_shared) in [(VISIT, true), (VISIT - 100, false)] {
        let topic = topic(TopicConfig::default());
        let mut new = join(&topic, None);
        visit(&mut new);
        let draft = Draft {
            data: "x".repeat(length),
            ..Draft::default()
        };
        let published = topic.publish_now(&Batch::one(draft));
        published.expect("it is there").expect("published");
        let mut out = WriteBuffer::new();
        new.fill(&mut out);
        assert_eq!(out.shared_frame().is_some(), is_shared, "{length}");
    }
}

#[test]
fn a_replay_is_over_with_the_last_event_that_was_there() {
    let topic = topic(TopicConfig::default());
    publish(&topic, 1..=1);
    let mut all = join(&topic, Some(EARLIEST));
    assert!(all.is_replaying());
    visit(&mut all);
    assert!(!all.is_replaying());
    publish(&topic, 2..=2);
    assert!(!all.is_replaying());
}
