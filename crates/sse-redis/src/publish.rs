//! The script that publishes, touches and ends: its calls, and its answers.

use redis::{Cmd, FromRedisValue, ParsingError, Script, Value, cmd};
use sse_engine::topics::{Caller, Placed, Position};
use sse_wire::Event;

use crate::keys::{Keep, Keys};

const TEXT: &str = include_str!("publish.lua");

/// The last five digits of a life are those of its process.
pub(crate) const PROCESSES: u64 = 100_000;

/// What the script answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answered {
    /// It was done, and this is where the topic stands.
    Done(Placed),
    /// Nothing was published: the event at this place, which is kept, has the id.
    Taken(Position),
    /// There is no topic to end.
    None,
    /// There is no such topic, and no room for one more.
    Full,
    /// This key holds something that is not ours.
    NotOurs(String),
    /// A life would have more digits than ids have. Somebody wrote one by hand that had nearly as
    /// many.
    Wide,
}

/// The script that publishes, touches and ends.
#[derive(Debug)]
pub struct Publish {
    hash: String,
}

impl Default for Publish {
    fn default() -> Self {
        Self {
            hash: Script::new(TEXT).get_hash().to_owned(),
        }
    }
}

/// A call of the script.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// The topic.
    pub topic: &'a str,
    /// What the caller brings along.
    pub caller: Caller,
    /// Below 100,000, and anew for each call. A process that takes the topic over draws the last
    /// digits of its lives with it, so that two masters do not begin a life with the same number.
    pub random: u32,
    /// What is kept.
    pub keep: Keep,
}

impl Publish {
    /// Publishes these events, or touches where there are none. `known` is whether the engine knows
    /// the script: it is sent where that is not so.
    pub fn put(&self, call: &Call<'_>, events: &[Event<'_>], known: bool) -> Cmd {
        let mut cmd = self.begin("put", call, known);
        for event in events {
            cmd.arg(event.data.unwrap_or_default())
                .arg(event.event.unwrap_or_default())
                .arg(event.id.unwrap_or_default());
            match event.retry {
                Some(ms) => cmd.arg(ms),
                None => cmd.arg(""),
            };
        }
        cmd
    }

    /// Ends the topic.
    pub fn end(&self, call: &Call<'_>, known: bool) -> Cmd {
        self.begin("end", call, known)
    }

    fn begin(&self, what: &str, call: &Call<'_>, known: bool) -> Cmd {
        let Call {
            topic,
            caller,
            random,
            keep,
        } = *call;
        let place = |place: Option<Position>| place.map_or_else(String::new, raw);
        let keys = Keys::of(topic);
        let mut to = match known {
            true => cmd("EVALSHA").arg(&self.hash).take(),
            false => cmd("EVAL").arg(TEXT).take(),
        };
        to.arg(4).arg(keys.entries).arg(keys.meta);
        to.arg(keys.given).arg(keys.topics);
        to.arg(what).arg(topic).arg(caller.known).arg(random);
        to.arg(keep.events).arg(keep.bytes);
        to.arg(keep.seconds).arg(keep.topics);
        to.arg(place(caller.acked)).arg(place(caller.read));
        to
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
            ["none"] => Some(Self::None),
            ["full"] => Some(Self::Full),
            ["type", key] => Some(Self::NotOurs(key.to_owned())),
            ["wide"] => Some(Self::Wide),
            _ => None,
        };
        answered.ok_or_else(|| ParsingError::from("the script answered something else"))
    }
}

/// A place as an id of an entry, which has no zeros in front.
pub(crate) fn raw(place: Position) -> String {
    format!("{}-{}", place.born, place.seq)
}

/// A place whose life and number these are.
pub(crate) fn place(born: &str, seq: &str) -> Option<Position> {
    Some(Position {
        born: born.parse().ok()?,
        seq: seq.parse().ok()?,
    })
}
