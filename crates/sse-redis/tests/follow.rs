//! The follower on a real engine: its rules are those of the model, and so are the answers.

#[allow(dead_code, reason = "other tests need more")]
mod support;

use std::sync::Arc;
use std::task::Waker;
use std::time::{Duration, Instant};

use redis::{Connection, Value};
use sse_engine::topics::{
    Caller, Draft, Follower, Placed, Position, Reply, Subscription, Topic, TopicConfig, Verb,
};
use sse_engine::write_buffer::WriteBuffer;
use sse_redis::{Answered, Call, Keep, Keys, Publish, entries};
use sse_wire::Event;
use tokio::sync::watch;

use support::Engine;

const KEEP: Keep = Keep {
    events: 100,
    bytes: 1 << 20,
    seconds: 60,
    topics: 10,
};

/// A node with one topic.
struct Node {
    engine: Connection,
    keys: Keys,
    script: Publish,
    follower: Follower,
    topic: Arc<Topic>,
    now: Instant,
}

impl Node {
    fn new(server: &Engine) -> Self {
        let mut follower = Follower::new();
        follower.connected();
        follower.follow();
        let topic = Topic::copy(
            &TopicConfig::default(),
            watch::Sender::new(()),
            Waker::noop().clone(),
        );
        Self {
            engine: server.connect(),
            keys: Keys::of("news"),
            script: Publish::default(),
            follower,
            topic: Arc::new(topic),
            now: Instant::now(),
        }
    }

    fn reconnect(&mut self, server: &Engine) {
        self.engine = server.connect();
        self.follower.connected();
    }

    fn call(&mut self, caller: Caller, events: &[Draft]) -> Placed {
        let call = Call {
            topic: "news",
            caller,
            random: 500,
            keep: KEEP,
        };
        let events: Vec<Event<'_>> = events.iter().map(Draft::event).collect();
        let put = self.script.put(&call, &events, false);
        match put.query(&mut self.engine).expect("it answers") {
            Answered::Done(placed) => placed,
            other => panic!("{other:?}"),
        }
    }

    /// Asks all that it has to ask, a beat later.
    fn work(&mut self) {
        self.now += Duration::from_secs(6);
        while let Some(command) = self.follower.next(self.now) {
            let reply = match command.verb {
                Verb::Touch(caller) => Reply::Touched(self.call(caller, &[])),
                Verb::Load(behind) => Reply::Loaded(self.entries(behind)),
            };
            let mut steps = Vec::new();
            self.follower.answered(command.round, reply, &mut steps);
            self.topic.replicate_now(&steps).expect("it is there");
        }
    }

    /// Two at a time, so that there is more than one answer.
    fn entries(&mut self, behind: Option<Position>) -> Vec<sse_engine::topics::LogEntry> {
        let from = behind.map_or_else(
            || "-".to_owned(),
            |place| format!("({}-{}", place.born, place.seq),
        );
        let mut range = redis::cmd("XRANGE");
        range.arg(&self.keys.entries).arg(from).arg("+");
        range.arg("COUNT").arg(2);
        let list: Value = range.query(&mut self.engine).expect("it answers");
        entries(list).expect("entries").entries
    }

    fn publish(&mut self, data: &str) {
        assert!(self.follower.may_publish());
        let caller = self.follower.caller(self.now);
        let event = Draft {
            data: data.to_owned(),
            ..Draft::default()
        };
        let placed = self.call(caller, &[event]);
        self.follower.published(self.now, placed);
    }
}

/// What a visit writes, without the ids.
fn seen(subscription: &mut Subscription) -> Vec<String> {
    let mut out = WriteBuffer::new();
    subscription.fill(&mut out);
    let text = String::from_utf8(out.wire()).expect("we write UTF-8");
    let is_told = |line: &&str| line.starts_with("data: ") || line.starts_with("event: ");
    let line = |line: &str| match line.split_once(",\"lost\":") {
        Some((_, lost)) => format!("lost {lost}"),
        None => line.to_owned(),
    };
    text.lines().filter(is_told).map(line).collect()
}

#[test]
fn what_the_engine_loses_is_told_on_every_node_and_all_else_comes_once() {
    let mut server = Engine::start();
    let (mut one, mut other) = (Node::new(&server), Node::new(&server));
    let mut waits = Subscription::join(&other.topic, None).expect("it is there");
    assert!(waits.is_waiting());
    one.work();
    other.work();
    assert!(seen(&mut waits).is_empty() && !waits.is_waiting());
    for data in ["1", "2", "3", "4", "5"] {
        one.publish(data);
    }
    other.work();
    let all = ["1", "2", "3", "4", "5"].map(|data| format!("data: {data}"));
    assert_eq!(seen(&mut waits), all);

    // All is lost, and nobody comes to publish.
    redis::cmd("FLUSHALL")
        .exec(&mut one.engine)
        .expect("flushed");
    other.work();
    let lost = ["event: gap", "lost null}"];
    assert_eq!(seen(&mut waits), lost);
    one.work();
    one.publish("6");
    other.work();
    assert_eq!(seen(&mut waits), ["data: 6"]);

    // Another process, without the data. Whoever comes first begins the life.
    server.restart();
    for node in [&mut one, &mut other] {
        node.reconnect(&server);
        assert!(!node.follower.may_publish(), "it was not touched");
        node.work();
    }
    other.publish("7");
    other.work();
    assert_eq!(seen(&mut waits), [&lost[..], &["data: 7"]].concat());

    // A client of the first life that comes to the other node.
    let early = one.topic.id(2);
    one.work();
    let mut back = Subscription::join(&one.topic, Some(&early)).expect("it is there");
    assert!(seen(&mut back).ends_with(&["data: 7".to_owned()]));
}
