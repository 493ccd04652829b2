//! What a node does without an engine, and with one that answers what it is told to, in made-up
//! time. With a real one: `tests/shared`.

use std::future::{pending, ready};
use std::task::Poll;

use sse_engine::topics::{
    Answer, Caller, Draft, Log, LogEntry, Placed, Position, Presence, Publication, TopicConfig,
};
use sse_wire::Event;

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

/// An engine that answers publishes with these, one after another, and each touch with this. What
/// it is told no answer for, it never answers.
#[derive(Clone, Debug, Default)]
struct Told {
    publishes: Arc<Mutex<VecDeque<Result<Publication, Error>>>>,
    touches: Option<Result<Placed, Error>>,
    /// The topics that were touched.
    touched: Arc<Mutex<Vec<String>>>,
}

impl Engine for Told {
    fn connect(&self) -> Answer<'_, Arc<dyn Log>> {
        let log: Arc<dyn Log> = Arc::new(self.clone());
        Box::pin(ready(Ok(log)))
    }

    fn place(&self) -> String {
        "near".to_owned()
    }
}

impl Log for Told {
    fn publish<'a>(&'a self, _: &'a str, _: Caller, _: &'a [Event<'a>]) -> Answer<'a, Publication> {
        match lock(&self.publishes).pop_front() {
            Some(answer) => Box::pin(ready(answer)),
            None => Box::pin(pending()),
        }
    }

    fn touch<'a>(&'a self, topic: &'a str, _: Caller) -> Answer<'a, Placed> {
        lock(&self.touched).push(topic.to_owned());
        match self.touches.clone() {
            Some(answer) => Box::pin(ready(answer)),
            None => Box::pin(pending()),
        }
    }

    fn end<'a>(&'a self, _: &'a str) -> Answer<'a, bool> {
        Box::pin(pending())
    }

    fn load<'a>(&'a self, _: &'a str, _: Option<Position>) -> Answer<'a, Vec<LogEntry>> {
        Box::pin(pending())
    }

    fn read<'a>(
        &'a self,
        _: &'a [(Arc<str>, Position)],
    ) -> Answer<'a, Vec<(Arc<str>, Vec<LogEntry>)>> {
        Box::pin(pending())
    }

    fn beat<'a>(&'a self, _: &'a [(Arc<str>, usize)]) -> Answer<'a, Presence> {
        Box::pin(pending())
    }

    fn master(&self) -> Option<String> {
        None
    }

    fn process(&self) -> Option<String> {
        None
    }

    fn warnings(&self) -> Vec<String> {
        Vec::new()
    }
}

fn placed(seq: u64) -> Placed {
    Placed {
        last: Position { born: 1, seq },
        later_life: false,
    }
}

fn node(max_topics: usize) -> SharedTopics {
    node_on(Nowhere, max_topics)
}

fn node_on(engine: impl Engine + 'static, max_topics: usize) -> SharedTopics {
    let topics = Topics::new(TopicConfig {
        max_topics,
        ..TopicConfig::default()
    });
    let connections = Connections::new(10);
    SharedTopics::new(Arc::new(engine), "a".to_owned(), &topics, &connections)
}

/// The same, connected.
fn connected(engine: impl Engine + 'static, max_topics: usize) -> SharedTopics {
    let node = node_on(engine, max_topics);
    node.begin();
    node
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
    assert_eq!(join(&node, "c").err(), Some(Error::TooManyFollowed(2)));
    drop(b);
    assert!(join(&node, "b").is_ok(), "it is followed still");
    assert_eq!(join(&node, "a b").err(), Some(Error::BadTopic));
    let engine = node.engine();
    assert_eq!((engine.followed, engine.waiting), (2, 1));
    assert_eq!((engine.state, engine.nodes), (EngineState::Connecting, 0));
}

/// Topics that were left a moment ago kept others out for half a minute, with a 503 that ends an
/// EventSource for good.
#[tokio::test]
async fn a_topic_that_nobody_reads_makes_room_for_one_that_somebody_does() {
    let node = node(2);
    let a = join(&node, "a").expect("room");
    for n in 0..10 {
        drop(join(&node, &format!("t{n}")).expect("room"));
        assert_eq!(node.engine().followed, 2);
    }
    assert_eq!(followed(&node), ["a", "t9"]);
    let _t9 = join(&node, "t9").expect("it is followed still");
    assert_eq!(join(&node, "b").err(), Some(Error::TooManyFollowed(2)));
    drop(a);
    let _b = join(&node, "b").expect("room");
    assert_eq!(followed(&node), ["b", "t9"]);
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
    assert_eq!(stopped, Err(Error::Stopping));
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
    assert_eq!(engine.error.as_deref(), Some("it does not answer"));
    let more = tokio::time::timeout(Duration::from_secs(60), changed.changed());
    assert!(more.await.is_err(), "it is no news");
    let counted = node.calls().counts().filter(|(_, _, count)| *count > 0);
    let counted: Vec<_> = counted
        .map(|(call, result, count)| (call.word(), result.word(), count))
        .collect();
    let [("connect", "failed", tries)] = counted[..] else {
        panic!("{counted:?}");
    };
    // One in 5 s, and a wait of 1 s at most.
    assert!((10..=13).contains(&tries), "{tries}");
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
    let refused = publish(&node, std::future::pending()).await;
    assert_eq!(refused, Err(Error::TooManyWaiting(1024)));
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

/// Those that were read when their turn came left the bound for good.
#[tokio::test]
async fn who_was_read_when_the_oldest_were_forgotten_is_forgotten_later() {
    let node = node(10);
    let begin = Instant::now();
    for round in 0..5 {
        let name: Arc<str> = format!("r{round}").into();
        let reader = join(&node, &name).expect("room");
        let mut state = lock(&node.shared.state);
        state.entry(&name).follower.published(begin, placed(1));
        for n in 0..EVIDENCE + 10 {
            let other = format!("t{round}-{n}").into();
            state.entry(&other).follower.published(begin, placed(1));
        }
        drop((state, reader));
        node.shared.tidy(begin);
        node.shared.tidy(begin + UNREAD);
        let state = lock(&node.shared.state);
        assert_eq!(state.followed, 0);
        assert_eq!(state.evidence.len(), state.topics.len());
    }
    let mut state = lock(&node.shared.state);
    state.entry(&"one more".into());
    assert!(state.topics.len() <= EVIDENCE, "{}", state.topics.len());
}

/// They filled the queue, so that everybody heard that 1,024 wait, and their bodies were counted
/// nowhere.
#[tokio::test(start_paused = true)]
async fn who_hangs_up_waits_no_more() {
    let node = node(1);
    for _ in 0..3 {
        let mut hasty = Box::pin(publish(&node, pending()));
        std::future::poll_fn(|cx| {
            assert!(hasty.as_mut().poll(cx).is_pending());
            Poll::Ready(())
        })
        .await;
    }
    let state = lock(&node.shared.state);
    assert_eq!(state.waiting, 0);
    assert!(state.topics["news"].queue.is_empty());
}

/// It heard that the engine is away and does not answer.
#[tokio::test(start_paused = true)]
async fn who_publishes_to_a_topic_that_the_engine_refuses_hears_why() {
    let why = Error::TopicBlocked("its key has another type".to_owned());
    let engine = Told {
        touches: Some(Err(why.clone())),
        ..Told::default()
    };
    let node = connected(engine, 1);
    let _reader = join(&node, "news").expect("room");
    let began = tokio::time::Instant::now();
    for _ in 0..3 {
        assert_eq!(publish(&node, pending()).await, Err(why.clone()));
        assert_eq!(node.end("news", pending()).await, Err(why.clone()));
    }
    assert!(began.elapsed() < TOLD, "{:?}", began.elapsed());
    assert_eq!(lock(&node.shared.state).waiting, 0);
    let told = node.engine();
    assert_eq!(
        (told.error, told.warnings),
        (None, vec![format!("news: {why}")])
    );
}

/// The reason was the sentence for its publisher: that the event may have been published.
#[tokio::test(start_paused = true)]
async fn a_connection_that_is_lost_in_a_publish_has_its_own_reason() {
    let engine = Told::default();
    let lost = Error::MaybePublished("near: it closed the connection".to_owned());
    lock(&engine.publishes).push_back(Err(lost.clone()));
    let node = connected(engine, 1);
    let mut changed = node.changed();
    assert_eq!(publish(&node, pending()).await, Err(lost));
    let why = loop {
        if let Some(why) = node.engine().error {
            break why;
        }
        changed.changed().await.expect("the node is there");
    };
    assert_eq!(why, "near: it closed the connection");
}

/// Enough for all that happens at once.
const TOLD: Duration = Duration::from_millis(500);

/// Its publisher heard that nothing was published, and repeated all of it.
#[tokio::test(start_paused = true)]
async fn a_batch_that_fails_in_its_middle_says_how_much_was_published() {
    let engine = Told {
        touches: Some(Ok(placed(1000))),
        ..Told::default()
    };
    let done = [1000, 2000].map(|seq| Ok(Publication::New(placed(seq))));
    let answers = done.into_iter().chain([Err(Error::EngineFull)]);
    lock(&engine.publishes).extend(answers);
    let node = connected(engine, 1);
    let lines = Draft {
        data: "1\n".repeat(2500),
        ..Draft::default()
    };
    let lines = Batch::lines(lines).expect("JSON");
    let failed = node.publish("news", lines, pending()).await;
    let Err(Error::PartlyPublished { done, all, why }) = failed else {
        panic!("{failed:?}");
    };
    assert_eq!((done, all, *why), (2000, 2500, Error::EngineFull));
}

/// A master that was replaced said 409, and the node that passed that on did not answer for the
/// event: it was lost with the master, and nobody was told.
#[tokio::test(start_paused = true)]
async fn a_node_answers_for_what_it_says_was_published_before() {
    let engine = Told {
        touches: Some(Ok(placed(1))),
        ..Told::default()
    };
    let place = Position { born: 7, seq: 3 };
    lock(&engine.publishes).push_back(Ok(Publication::Repeated(place)));
    let node = connected(engine, 1);
    let repeated = Batch::one(Draft {
        id: Some("a".to_owned()),
        ..Draft::default()
    });
    let refused = node.publish("news", repeated, pending()).await;
    assert_eq!(refused.err(), Some(Error::IdTaken("a".to_owned())));
    let state = lock(&node.shared.state);
    let caller = state.topics["news"].follower.caller(Instant::now());
    assert_eq!(caller.acked, Some(place));
}

#[tokio::test(start_paused = true)]
async fn an_end_is_answered_within_two_seconds_and_at_a_stop_at_once() {
    let silent = connected(Told::default(), 1);
    let began = tokio::time::Instant::now();
    assert_eq!(silent.end("news", pending()).await, Err(Error::MaybeEnded));
    assert!(began.elapsed() < Duration::from_secs(2));
    let stop = tokio::time::sleep(Duration::from_millis(100));
    let began = tokio::time::Instant::now();
    assert_eq!(silent.end("news", stop).await, Err(Error::MaybeEnded));
    assert!(began.elapsed() < Duration::from_millis(110));
    let away = node(1);
    let began = tokio::time::Instant::now();
    let ended = away.end("news", pending()).await;
    assert!(matches!(ended, Err(Error::EngineAway(_))), "{ended:?}");
    assert!(began.elapsed() < Duration::from_secs(2));
    let stop = tokio::time::sleep(Duration::from_millis(100));
    let began = tokio::time::Instant::now();
    let ended = away.end("news", stop).await;
    assert_eq!(ended, Err(Error::Stopping));
    assert!(began.elapsed() < Duration::from_millis(110));
}

/// Ten thousand topics that were only published to came first by their names.
#[tokio::test(start_paused = true)]
async fn what_somebody_reads_is_asked_about_first_on_a_new_connection() {
    let engine = Told::default();
    let node = node_on(engine.clone(), 2);
    for name in ["a", "b", "c"] {
        let mut state = lock(&node.shared.state);
        let entry = state.entry(&name.into());
        entry.follower.published(Instant::now(), placed(1));
    }
    let _readers = ["y", "z"].map(|name| join(&node, name).expect("room"));
    // What was asked for before there was a connection.
    while node.shared.asks.next().is_some() {}
    node.begin();
    while lock(&engine.touched).len() < 5 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(*lock(&engine.touched), ["y", "z", "a", "b", "c"]);
}
