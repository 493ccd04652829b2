//! What a node does without an engine, in made-up time. With one: `tests/shared`.

use std::task::Poll;

use sse_engine::topics::{Answer, Draft, Log, TopicConfig};

use super::*;

/// An engine that never answers.
#[derive(Debug)]
struct Nowhere;

impl Engine for Nowhere {
    fn connect(&self) -> Answer<'_, Arc<dyn Log>> {
        Box::pin(std::future::pending())
    }

    fn place(&self) -> String {
        "nowhere".to_owned()
    }
}

fn node(max_topics: usize) -> SharedTopics {
    let topics = Topics::new(TopicConfig {
        max_topics,
        ..TopicConfig::default()
    });
    let connections = Connections::new(10);
    SharedTopics::new(Arc::new(Nowhere), "a".to_owned(), &topics, &connections)
}

fn followed(node: &SharedTopics) -> Vec<String> {
    node.view().into_iter().map(|topic| topic.name).collect()
}

fn join(node: &SharedTopics, name: &str) -> Result<Subscription, Error> {
    node.subscribe(name, None, Shift::None)
}

#[tokio::test]
async fn a_topic_is_followed_for_30_s_after_its_last_reader() {
    let node = node(10);
    let begin = Instant::now();
    let look = |s| node.shared.tidy(begin + Duration::from_secs(s));
    let (one, two) = (join(&node, "news").expect("room"), join(&node, "news"));
    look(0);
    drop(one);
    look(100);
    assert_eq!(followed(&node), ["news"], "another reads it");
    drop(two);
    look(101);
    look(130);
    assert_eq!(followed(&node), ["news"]);
    let back = join(&node, "news").expect("room");
    look(131);
    drop(back);
    look(132);
    look(161);
    assert_eq!(followed(&node), ["news"], "it was read meanwhile");
    look(162);
    assert_eq!(followed(&node), [""; 0]);
    assert!(
        lock(&node.shared.state).topics.is_empty(),
        "nothing is left"
    );
    let _again = join(&node, "news").expect("it begins anew");
    assert_eq!(followed(&node), ["news"]);
}

/// Whoever comes in the moment in which a topic takes nobody any more begins it anew.
#[tokio::test]
async fn who_comes_when_a_topic_is_let_go_follows_it_anew() {
    let node = node(1);
    drop(join(&node, "news").expect("room"));
    let topic = {
        let state = lock(&node.shared.state);
        let ring = state.topics["news"].ring.as_ref().expect("followed");
        Arc::clone(&ring.topic)
    };
    let now = Instant::now();
    assert!(!topic.has_expired(now, UNREAD));
    assert!(topic.has_expired(now + UNREAD, UNREAD));
    let again = join(&node, "news").expect("room");
    assert!(!Arc::ptr_eq(again.topic(), &topic));
    assert_eq!(node.engine().followed, 1);
}

#[tokio::test]
async fn there_are_so_many_followed_topics_at_most() {
    let node = node(2);
    let (_a, b) = (join(&node, "a"), join(&node, "b").expect("room"));
    assert_eq!(join(&node, "c").err(), Some(Error::TooManyTopics(2)));
    drop(b);
    assert!(join(&node, "b").is_ok(), "it is followed still");
    assert_eq!(join(&node, "a b").err(), Some(Error::BadTopic));
    let engine = node.engine();
    assert_eq!((engine.followed, engine.waiting), (2, 1));
    assert_eq!((engine.state, engine.nodes), (EngineState::Connecting, 0));
}

/// A publish of one event, which `stop` ends.
async fn publish(node: &SharedTopics, stop: impl Future<Output = ()>) -> Result<Published, Error> {
    node.publish("news", Batch::one(Draft::default()), stop)
        .await
}

#[tokio::test(start_paused = true)]
async fn a_publish_waits_a_second_and_is_then_taken_back() {
    let node = node(1);
    let began = tokio::time::Instant::now();
    let refused = publish(&node, std::future::pending()).await;
    assert!(matches!(refused, Err(Error::EngineAway(_))), "{refused:?}");
    assert!(began.elapsed() < Duration::from_millis(1100));
    let stopped = publish(&node, std::future::ready(())).await;
    assert!(matches!(stopped, Err(Error::EngineAway(_))), "{stopped:?}");
    let state = lock(&node.shared.state);
    assert_eq!(state.waiting, 0);
    assert!(state.topics["news"].queue.is_empty());
}

/// An engine that does not answer is told of once, however often it is tried, and each try counts.
#[tokio::test(start_paused = true)]
async fn whoever_follows_the_engine_is_told_that_it_does_not_answer() {
    let node = node(1);
    let mut changed = node.changed();
    node.begin();
    changed.changed().await.expect("the node is there");
    let engine = node.engine();
    assert_eq!(engine.state, EngineState::Connecting);
    assert_eq!(engine.error.as_deref(), Some("no answer"));
    let more = tokio::time::timeout(Duration::from_secs(60), changed.changed());
    assert!(more.await.is_err(), "it is no news");
    let counted = node.calls().counts().filter(|(_, _, count)| *count > 0);
    let counted: Vec<_> = counted
        .map(|(call, result, count)| (call.word(), result.word(), count))
        .collect();
    let [("connect", "failed", tries)] = counted[..] else {
        panic!("{counted:?}");
    };
    // One in 5 s, and a wait of 2 s at most.
    assert!((9..=13).contains(&tries), "{tries}");
}

#[tokio::test(start_paused = true)]
async fn of_more_than_1024_that_wait_each_hears_at_once() {
    let node = node(1);
    let mut all: Vec<_> = (0..publishing::MOST_WAITING)
        .map(|_| Box::pin(publish(&node, std::future::pending())))
        .collect();
    std::future::poll_fn(|cx| {
        for publish in &mut all {
            assert!(publish.as_mut().poll(cx).is_pending());
        }
        Poll::Ready(())
    })
    .await;
    let began = tokio::time::Instant::now();
    let Err(Error::EngineAway(why)) = publish(&node, std::future::pending()).await else {
        panic!("there was room");
    };
    assert!(why.contains("1024"), "{why}");
    assert_eq!(began.elapsed(), Duration::ZERO);
    drop(all);
}

#[tokio::test]
async fn of_topics_that_are_only_published_to_the_oldest_are_forgotten() {
    let node = node(1);
    let _read = join(&node, "first").expect("room");
    let mut state = lock(&node.shared.state);
    for n in 0..EVIDENCE + 10 {
        state.entry(&format!("t{n}").into());
    }
    assert!(state.topics.len() <= EVIDENCE + 1, "{}", state.topics.len());
    assert!(state.topics.contains_key("first"), "it is read");
    assert!(!state.topics.contains_key("t0"));
    let newest = format!("t{}", EVIDENCE + 9);
    assert!(state.topics.contains_key(newest.as_str()));
}
