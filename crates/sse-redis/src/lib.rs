//! Topics that many nodes share, in Redis Streams or Valkey.
//!
//! What is here so far is the script that publishes and touches, with its calls and its answers. It
//! alone gives places, and it begins a new life of a topic whenever events may be lost: see
//! [`Log`](sse_engine::topics::Log).
//!
//! An event is an entry of a stream, its id is the entry's id, and its fields are plain text, so
//! that people can read it: `d` data, `e` name, `i` given id, `r` reconnection time.

use redis::streams::StreamId;
use redis::{ErrorKind, FromRedisValue, ParsingError, RedisError, Script, ScriptInvocation, Value};
use sse_engine::topics::{Caller, Draft, LogEntry, Placed, Position};

/// Keys of all topics are spread over so many slots of a cluster.
const TAGS: u32 = 16;

/// The keys of one topic, all in one slot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys {
    /// The events: a stream.
    pub entries: String,
    /// Where the topic stands: a hash.
    pub meta: String,
    /// Given ids and their places: a hash.
    pub given: String,
}

impl Keys {
    /// Those of the topic of this name. `sse1` is the version of the format.
    pub fn of(topic: &str) -> Self {
        // FNV-1a: the same on all nodes, and in all versions.
        let hash = topic.bytes().fold(0x811c_9dc5_u32, |hash, byte| {
            (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193)
        });
        let key = |kind| format!("sse1:{{{:x}}}:{kind}:{topic}", hash % TAGS);
        Self {
            entries: key('e'),
            meta: key('m'),
            given: key('i'),
        }
    }
}

/// What a topic keeps.
#[derive(Clone, Copy, Debug)]
pub struct Keep {
    /// The most events.
    pub events: usize,
    /// The most bytes, unless the newest event alone is larger.
    pub bytes: usize,
    /// How long it stays without a call, in seconds.
    pub seconds: u64,
}

/// What the script answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It was done, and this is where the topic stands.
    Done(Placed),
    /// Nothing was published: the event at this place, which is kept, has the id.
    Taken(Position),
}

/// The script that publishes and touches.
#[derive(Debug)]
pub struct Publish(Script);

impl Default for Publish {
    fn default() -> Self {
        Self(Script::new(include_str!("publish.lua")))
    }
}

impl Publish {
    /// A call with these events, none for a touch. `random` is from 0 to 999, and anew for each
    /// call: two nodes that begin a life at once begin different ones.
    pub fn call(
        &self,
        keys: &Keys,
        caller: Caller,
        random: u16,
        keep: Keep,
        events: &[Draft],
    ) -> ScriptInvocation<'_> {
        let place = |place: Option<Position>| {
            place.map_or_else(String::new, |place| format!("{}-{}", place.born, place.seq))
        };
        let mut call = self.0.prepare_invoke();
        call.key(&keys.entries).key(&keys.meta).key(&keys.given);
        call.arg(caller.known).arg(random);
        call.arg(keep.events).arg(keep.bytes).arg(keep.seconds);
        call.arg(place(caller.acked)).arg(place(caller.read));
        for event in events {
            call.arg(&event.data)
                .arg(event.event.as_deref().unwrap_or_default())
                .arg(event.id.as_deref().unwrap_or_default())
                .arg(event.retry.map_or_else(String::new, |ms| ms.to_string()));
        }
        call
    }
}

impl FromRedisValue for Answered {
    fn from_redis_value(value: Value) -> Result<Self, ParsingError> {
        let words: Vec<String> = Vec::from_redis_value(value)?;
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let answered = match *words {
            ["ok", born, seq, later_life] => place(born, seq).map(|last| {
                Self::Done(Placed {
                    last,
                    later_life: later_life == "1",
                })
            }),
            ["taken", at] => at
                .split_once('-')
                .and_then(|(born, seq)| place(born, seq))
                .map(Self::Taken),
            _ => None,
        };
        answered.ok_or_else(|| ParsingError::from("the script answered something else"))
    }
}

fn place(born: &str, seq: &str) -> Option<Position> {
    Some(Position {
        born: born.parse().ok()?,
        seq: seq.parse().ok()?,
    })
}

/// An entry of the stream of a topic. One that is no event of ours is an entry without an event.
///
/// # Errors
/// An id that is none.
pub fn entry(entry: &StreamId) -> Result<LogEntry, RedisError> {
    let at = entry.id.split_once('-');
    let Some(at) = at.and_then(|(born, seq)| place(born, seq)) else {
        let error = (ErrorKind::UnexpectedReturnType, "an entry has no id");
        return Err(error.into());
    };
    Ok(LogEntry {
        place: at,
        event: event(entry),
    })
}

fn event(entry: &StreamId) -> Option<Draft> {
    // Fields that are not known belong to a later version.
    let field = |name: &str| match entry.map.get(name) {
        Some(value) => String::from_redis_value_ref(value).map(Some),
        None => Ok(None),
    };
    let retry = field("r").ok()?;
    Some(Draft {
        event: field("e").ok()?,
        id: field("i").ok()?,
        retry: retry.map(|ms| ms.parse()).transpose().ok()?,
        data: field("d").ok()??,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_of_a_topic_are_in_one_slot_and_those_of_topics_are_spread() {
        let keys = Keys::of("news");
        let (tag, _) = keys.entries.split_once(":e:").expect("its kind");
        assert_eq!(keys.meta, format!("{tag}:m:news"));
        assert_eq!(keys.given, format!("{tag}:i:news"));
        let tags: std::collections::HashSet<String> = (0..200)
            .map(|n| Keys::of(&format!("t{n}")).entries[..9].to_owned())
            .collect();
        assert_eq!(tags.len(), 16);
    }
}
