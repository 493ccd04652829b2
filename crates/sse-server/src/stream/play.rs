//! A stream as one client asked for it: the query may change where it begins, its count and its pace.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use super::{Pace, Stream};

/// What one connection is to be sent of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Play {
    pub(crate) stream: Arc<Stream>,
    pub(crate) from: u64,
    pub(crate) count: Option<u64>,
    pub(crate) pace: Pace,
    /// Whether events may have times of their own: a pace that was asked for holds for all.
    pub(crate) own_pace: bool,
    pub(crate) wall: Wall,
}

/// What time `{now}` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wall {
    /// What the system says.
    Real,
    /// Made up.
    At(SystemTime),
}

impl Play {
    /// The stream as it is.
    pub(crate) fn new(stream: Arc<Stream>) -> Self {
        Self {
            from: stream.from,
            count: stream.count,
            pace: stream.pace,
            own_pace: true,
            wall: Wall::Real,
            stream,
        }
    }
}

impl Play {
    /// The time before the event with this number; before the `first` of a connection there is none but its own.
    pub(crate) fn before(&self, n: u64, first: bool) -> Duration {
        let own = self.stream.entry(n).and_then(|entry| entry.after);
        match own.filter(|_| self.own_pace) {
            Some(own) => own,
            None if first => Duration::ZERO,
            None => self.pace.before(n),
        }
    }
}

impl Wall {
    pub(crate) fn now(self) -> SystemTime {
        match self {
            Wall::Real => SystemTime::now(),
            Wall::At(time) => time,
        }
    }
}
