//! What is armed, as people and programs are shown it.

use std::time::Instant;

use serde::{Serialize, Serializer};
use sse_engine::fault::Strike;
use sse_engine::time::{millis, since_1970};

use super::{Entry, Tries};

/// A fault that is armed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct FaultView {
    /// Its number.
    pub id: u64,
    /// Its canonical text.
    pub fault: String,
    /// The room that it strikes in; nothing for the room that has no name.
    pub room: Option<String>,
    /// The path of the only stream that it strikes.
    pub stream: Option<String>,
    /// The tag of the only client that it strikes.
    pub client: Option<String>,
    /// Who armed it.
    #[cfg_attr(feature = "types", ts(type = "\"hand\" | \"file\" | \"act\""))]
    pub from: ArmedFrom,
    /// When it was armed, in milliseconds since 1970.
    pub armed_ms: u64,
    /// In how many milliseconds it begins; 0 once it has begun.
    pub begins_in_ms: u64,
    /// How often it struck.
    pub fired: u64,
    /// When and whom it struck last; nothing before the first time.
    pub last: Option<LastStrike>,
    /// In how many milliseconds it is over; nothing where it lasts until it is healed.
    pub left_ms: Option<u64>,
    /// Of one that resets every connection: how many came and with which cadence, in words such as
    /// `9 tries, every 0.5 s, no back-off`. Nothing of any other, and before the first.
    pub tries: Option<String>,
}

/// When and whom a fault struck last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct LastStrike {
    /// When, in milliseconds since 1970.
    pub at_ms: u64,
    /// The path of the stream; nothing where it struck everyone, or a request that has no row.
    pub stream: Option<String>,
    /// The tag of the client, if it has one.
    pub client: Option<String>,
    /// The number of the connection; nothing where the stream is nothing.
    pub connection: Option<u64>,
}

impl From<Strike> for LastStrike {
    fn from(strike: Strike) -> Self {
        let at_ms = millis(since_1970(strike.at));
        match strike.whom {
            None => Self {
                at_ms,
                stream: None,
                client: None,
                connection: None,
            },
            Some(whom) => Self {
                at_ms,
                stream: Some(whom.stream),
                client: whom.client,
                connection: Some(whom.connection),
            },
        }
    }
}

/// Who armed a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ArmedFrom {
    /// A person or a test.
    Hand,
    /// The list of streams of this room; `None` is the room that has no name.
    File(Option<Box<str>>),
    /// A person or a test, for connections that were open.
    Act,
}

impl Serialize for ArmedFrom {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Self::Hand => "hand",
            Self::File(_) => "file",
            Self::Act => "act",
        })
    }
}

impl FaultView {
    pub(super) fn of(entry: &Entry, now: Instant) -> Self {
        let armed = &entry.armed;
        let left = |at: Instant| millis(at.saturating_duration_since(now));
        let who = &armed.fault.who;
        Self {
            id: armed.id,
            fault: armed.fault.to_string(),
            room: who.room.clone(),
            stream: who.stream.clone(),
            client: who.client.clone(),
            from: entry.from.clone(),
            armed_ms: millis(since_1970(entry.at)),
            begins_in_ms: left(armed.begins),
            fired: armed.strikes(),
            last: armed.last().map(LastStrike::from),
            left_ms: armed.until().map(left),
            tries: entry.tries.as_ref().map(Tries::to_string),
        }
    }
}
