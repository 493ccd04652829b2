//! What is asked of the engine that keeps the topics, counted and measured.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use super::Histogram;

/// What the engine is asked. None of them says of which topic: there are as many topics as
/// somebody outside makes up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum EngineCall {
    Connect,
    Publish,
    Touch,
    Load,
    Read,
    Beat,
    End,
}

impl EngineCall {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 7] = [
        Self::Connect,
        Self::Publish,
        Self::Touch,
        Self::Load,
        Self::Read,
        Self::Beat,
        Self::End,
    ];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Publish => "publish",
            Self::Touch => "touch",
            Self::Load => "load",
            Self::Read => "read",
            Self::Beat => "beat",
            Self::End => "end",
        }
    }

    /// Whether its time says something of the engine: a read waits until there are events.
    pub(crate) fn is_timed(self) -> bool {
        self != Self::Read
    }
}

/// What became of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CallResult {
    /// The engine answered.
    Done,
    /// It refused this topic or this publish alone, and the connection goes on.
    Refused,
    /// The connection ended with it, or did not open.
    Failed,
    /// Nobody waits for its answer any more: another call failed, or other topics are to be read.
    Dropped,
}

impl CallResult {
    /// All of them, in the order of their numbers.
    pub(crate) const ALL: [Self; 4] = [Self::Done, Self::Refused, Self::Failed, Self::Dropped];

    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Done => "ok",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Dropped => "dropped",
        }
    }
}

/// The calls of the engine. Each call writes two numbers when it is over.
#[derive(Debug, Default)]
pub(crate) struct EngineCalls {
    results: [[AtomicU64; CallResult::ALL.len()]; EngineCall::ALL.len()],
    times: [Histogram; EngineCall::ALL.len()],
}

impl EngineCalls {
    /// A call is over, after so long. The time of one that was dropped says nothing.
    pub(crate) fn over(&self, call: EngineCall, result: CallResult, time: Duration) {
        self.results[call as usize][result as usize].fetch_add(1, Ordering::Relaxed);
        if call.is_timed() && result != CallResult::Dropped {
            self.times[call as usize].observe(time);
        }
    }

    /// How many there were, by what became of them.
    pub(crate) fn counts(&self) -> impl Iterator<Item = (EngineCall, CallResult, u64)> {
        EngineCall::ALL.into_iter().flat_map(move |call| {
            let results = &self.results[call as usize];
            CallResult::ALL.map(|result| {
                let count = results[result as usize].load(Ordering::Relaxed);
                (call, result, count)
            })
        })
    }

    /// How long they took, of those whose time says something.
    pub(crate) fn times(&self) -> impl Iterator<Item = (EngineCall, &Histogram)> {
        let timed = EngineCall::ALL.into_iter().filter(|call| call.is_timed());
        timed.map(move |call| (call, &self.times[call as usize]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn calls_are_counted_by_what_became_of_them() {
        let calls = EngineCalls::default();
        let ms = Duration::from_millis(1);
        for (call, result) in [
            (EngineCall::Publish, CallResult::Done),
            (EngineCall::Publish, CallResult::Refused),
            (EngineCall::Publish, CallResult::Dropped),
            (EngineCall::Read, CallResult::Done),
            (EngineCall::End, CallResult::Failed),
        ] {
            calls.over(call, result, ms);
        }
        let counted = calls.counts().filter(|(_, _, count)| *count > 0);
        let counted: Vec<_> = counted
            .map(|(call, result, count)| (call.word(), result.word(), count))
            .collect();
        assert_eq!(
            counted,
            [
                ("publish", "ok", 1),
                ("publish", "refused", 1),
                ("publish", "dropped", 1),
                ("read", "ok", 1),
                ("end", "failed", 1),
            ]
        );
        let timed = calls.times().map(|(call, times)| {
            let buckets = times.buckets();
            (call.word(), buckets.iter().map(|(_, count)| count).sum())
        });
        let timed: Vec<(_, u64)> = timed.filter(|(_, count)| *count > 0).collect();
        assert_eq!(timed, [("publish", 2), ("end", 1)]);
    }

    #[test]
    fn each_word_is_in_its_own_place() {
        for (at, call) in EngineCall::ALL.into_iter().enumerate() {
            assert_eq!(call as usize, at, "{}", call.word());
        }
        for (at, result) in CallResult::ALL.into_iter().enumerate() {
            assert_eq!(result as usize, at, "{}", result.word());
        }
    }
}
