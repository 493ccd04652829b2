//! The two connections to an engine, and what is asked over them.

use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use redis::{Cmd, FromRedisValue, Value, cmd};
use sse_engine::Error;
use sse_engine::topics::{Answer, Caller, Log, LogEntry, Placed, Position, Presence, Publication};
use sse_wire::Event;
use tokio::sync::Semaphore;

use crate::entries::entries;
use crate::failure::Failure;
use crate::keys::{Keep, Keys};
use crate::link::Link;
use crate::presence::{NODES, Node};
use crate::publish::{Answered, Call, PROCESSES, Publish, raw};
use crate::reader::{Reader, Sizes};

/// The most loads at once, each of which may have a full answer in memory.
const LOADS: usize = 4;

/// What all connections to an engine have in common.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// Where the engine is, without a password.
    pub(crate) place: String,
    /// What it is to keep.
    pub(crate) keep: Keep,
    /// This node.
    pub(crate) node: Node,
    /// How large entries were lately.
    pub(crate) sizes: Arc<Sizes>,
}

/// Who answers.
#[derive(Debug)]
pub(crate) struct Peer {
    /// The master that Sentinels named, where they were asked.
    pub(crate) master: Option<String>,
    /// What its process calls itself.
    pub(crate) run_id: String,
}

/// Connections to an engine.
pub(crate) struct RedisLog {
    terms: Terms,
    publish: Publish,
    calls: Link,
    reader: Reader,
    /// Whether the engine was sent the script on this connection.
    knows_script: AtomicBool,
    loads: Semaphore,
    random: RandomState,
    drawn: AtomicU64,
    peer: Peer,
    warnings: Vec<String>,
    /// Those of the last beat.
    heard: Mutex<Vec<String>>,
}

impl fmt::Debug for RedisLog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("RedisLog").field(&self.terms.place).finish()
    }
}

impl RedisLog {
    /// Calls go over one connection, and the reader has another. `warnings` are those of the
    /// connections.
    pub(crate) fn new(
        terms: Terms,
        calls: Link,
        reader: Reader,
        peer: Peer,
        warnings: Vec<String>,
    ) -> Self {
        Self {
            terms,
            publish: Publish::default(),
            calls,
            reader,
            knows_script: AtomicBool::new(false),
            loads: Semaphore::new(LOADS),
            random: RandomState::new(),
            drawn: AtomicU64::new(0),
            peer,
            warnings,
            heard: Mutex::default(),
        }
    }

    /// Calls the script. It is sent as soon as this is polled.
    async fn script(
        &self,
        topic: &str,
        caller: Caller,
        command: impl Fn(&Call<'_>, bool) -> Cmd,
    ) -> Result<Answered, Failure> {
        let drawn = self.drawn.fetch_add(1, Ordering::Relaxed);
        let call = Call {
            topic,
            caller,
            random: (self.random.hash_one(drawn) % PROCESSES) as u32,
            keep: self.terms.keep,
        };
        let known = self.knows_script.load(Ordering::Relaxed);
        let answer = match self.calls.call(command(&call, known)).await {
            // It did nothing.
            Err(Failure::NoScript) => self.calls.call(command(&call, false)).await?,
            answer => answer?,
        };
        self.knows_script.store(true, Ordering::Relaxed);
        Answered::from_redis_value(answer).map_err(|_| {
            Failure::Unsure("what answers is no Redis or Valkey: correct the URL".to_owned())
        })
    }

    async fn put(
        &self,
        topic: &str,
        caller: Caller,
        events: &[Event<'_>],
    ) -> Result<Answered, Failure> {
        let command = |call: &Call<'_>, known| self.publish.put(call, events, known);
        self.script(topic, caller, command).await
    }

    /// An answer that concerns this topic alone.
    fn placed(&self, topic: &str, answered: Answered) -> Result<Placed, Error> {
        match answered {
            Answered::Done(placed) => Ok(placed),
            Answered::Full => Err(Error::TopicsFull(self.terms.keep.all_topics())),
            Answered::NotOurs(key) => Err(not_ours(&key)),
            Answered::Taken(_) | Answered::None | Answered::Wide => {
                Err(Error::TopicBlocked(format!(
                    "somebody wrote an entry with too large an id by hand: delete the keys {} and {}",
                    Keys::of(topic).entries,
                    Keys::of(topic).meta
                )))
            }
        }
    }
}

fn not_ours(key: &str) -> Error {
    Error::TopicBlocked(format!(
        "its key {key} has another type: rename or delete that key"
    ))
}

impl Log for RedisLog {
    fn publish<'a>(
        &'a self,
        topic: &'a str,
        caller: Caller,
        events: &'a [Event<'a>],
    ) -> Answer<'a, Publication> {
        Box::pin(async move {
            let answered = self.put(topic, caller, events).await;
            match answered.map_err(|e| e.of_publish(&self.terms.place))? {
                Answered::Taken(place) => Ok(Publication::Repeated(place)),
                answered => self.placed(topic, answered).map(Publication::New),
            }
        })
    }

    fn touch<'a>(&'a self, topic: &'a str, caller: Caller) -> Answer<'a, Placed> {
        Box::pin(async move {
            let answered = self.put(topic, caller, &[]).await;
            self.placed(topic, answered.map_err(|e| e.away(&self.terms.place))?)
        })
    }

    fn end<'a>(&'a self, topic: &'a str) -> Answer<'a, bool> {
        Box::pin(async move {
            let command = |call: &Call<'_>, known| self.publish.end(call, known);
            let answered = self.script(topic, Caller::default(), command).await;
            match answered.map_err(|e| e.of_publish(&self.terms.place))? {
                Answered::None => Ok(false),
                answered => self.placed(topic, answered).map(|_| true),
            }
        })
    }

    fn load<'a>(&'a self, topic: &'a str, behind: Option<Position>) -> Answer<'a, Vec<LogEntry>> {
        Box::pin(async move {
            let keys = Keys::of(topic);
            let from = behind.map_or_else(|| "-".to_owned(), |place| format!("({}", raw(place)));
            let last = Position {
                born: Position::LATEST_LIFE,
                seq: u64::MAX,
            };
            // Dropped with the semaphore, which is ours.
            let _one_of_few = self.loads.acquire().await;
            let mut range = cmd("XRANGE");
            range.arg(&keys.entries).arg(from).arg(raw(last));
            range.arg("COUNT").arg(self.terms.sizes.count(1).max(1));
            let answer = self.calls.call(range).await;
            if answer.as_ref().is_err_and(Failure::is_too_large) {
                self.terms.sizes.too_large();
            }
            let failed = |e: Failure| match e {
                Failure::WrongType => not_ours(&keys.entries),
                e => e.away(&self.terms.place),
            };
            let no_redis = |_| {
                Failure::Unsure("what answers is no Redis or Valkey: correct the URL".to_owned())
            };
            let read = answer.and_then(|list| entries(list).map_err(no_redis));
            let read = read.map_err(failed)?;
            self.terms.sizes.note(read.largest);
            Ok(read.entries)
        })
    }

    fn read<'a>(
        &'a self,
        behind: &'a [(Arc<str>, Position)],
    ) -> Answer<'a, Vec<(Arc<str>, Vec<LogEntry>)>> {
        Box::pin(async move {
            let read = self.reader.read(&self.calls, behind).await;
            let read = read.map_err(|e| e.away(&self.terms.place))?;
            let mut topics = Vec::with_capacity(read.len());
            for (topic, read) in read {
                if read.wide {
                    // It drops what nothing of ours could come behind. What is refused for the
                    // topic's own sake, its next touch says.
                    let touched = self.touch(&topic, Caller::default()).await;
                    if let Err(e @ Error::EngineAway(_)) = touched {
                        return Err(e);
                    }
                }
                topics.push((topic, read.entries));
            }
            Ok(topics)
        })
    }

    fn beat<'a>(&'a self, here: &'a [(Arc<str>, usize)]) -> Answer<'a, Presence> {
        Box::pin(async move {
            let answer = self
                .calls
                .call(self.terms.node.beat(self.terms.keep, here))
                .await;
            let heard = match answer {
                Err(Failure::WrongType) => Ok(self.alone(here, format!(
                    "The key {NODES} of the engine has another type, so the nodes do not know of each other: rename or delete that key."
                ))),
                // It answers, and still hands out what it has: to leave it would help nobody.
                Err(Failure::Full) => Ok(self.alone(here, FULL.to_owned())),
                answer => answer.and_then(|answer: Value| {
                    let heard = self.terms.node.heard(self.terms.keep, answer);
                    heard.map_err(|_| {
                        Failure::Unsure(
                            "what answers is no Redis or Valkey: correct the URL".to_owned(),
                        )
                    })
                }),
            };
            let (presence, warnings) = heard.map_err(|e| e.away(&self.terms.place))?;
            *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = warnings;
            Ok(presence)
        })
    }

    fn master(&self) -> Option<String> {
        self.peer.master.clone()
    }

    fn process(&self) -> Option<String> {
        Some(self.peer.run_id.clone())
    }

    fn warnings(&self) -> Vec<String> {
        let heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        self.warnings.iter().chain(&*heard).cloned().collect()
    }
}

/// What is said while the engine has no memory for a beat.
const FULL: &str = "The engine has no memory left, so it takes no events, and the nodes do not know of each other: raise its `maxmemory`, or keep less with --keep-events.";

impl RedisLog {
    /// What is known where nodes cannot tell each other anything.
    fn alone(&self, here: &[(Arc<str>, usize)], why: String) -> (Presence, Vec<String>) {
        let presence = Presence {
            nodes: 1,
            names: vec![self.terms.node.name.clone()],
            subscribers: here.to_vec(),
        };
        (presence, vec![why])
    }
}
