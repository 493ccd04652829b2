//! A connection to the engine whose calls are counted for `/metrics`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use sse_engine::Error;
use sse_engine::topics::{Answer, Caller, Log, LogEntry, Placed, Position, Presence, Publication};
use sse_wire::Event;

use super::link::ends_all;
use crate::clock;
use crate::measures::{CallResult, EngineCall, EngineCalls};

/// The same connection, counted.
#[derive(Debug)]
pub(super) struct Counted {
    log: Arc<dyn Log>,
    calls: Arc<EngineCalls>,
}

impl Counted {
    pub(super) fn new(log: Arc<dyn Log>, calls: &Arc<EngineCalls>) -> Self {
        Self {
            log,
            calls: Arc::clone(calls),
        }
    }

    fn count<'a, T: 'a>(&'a self, call: EngineCall, answer: Answer<'a, T>) -> Answer<'a, T> {
        Box::pin(counted(&self.calls, call, answer))
    }
}

impl Log for Counted {
    fn publish<'a>(
        &'a self,
        topic: &'a str,
        caller: Caller,
        events: &'a [Event<'a>],
    ) -> Answer<'a, Publication> {
        let answer = self.log.publish(topic, caller, events);
        let mut counting = counted(&self.calls, EngineCall::Publish, answer);
        counting.done = |publication| match publication {
            Publication::New(_) => CallResult::Done,
            Publication::Repeated(_) => CallResult::Refused,
        };
        Box::pin(counting)
    }

    fn touch<'a>(&'a self, topic: &'a str, caller: Caller) -> Answer<'a, Placed> {
        self.count(EngineCall::Touch, self.log.touch(topic, caller))
    }

    fn end<'a>(&'a self, topic: &'a str) -> Answer<'a, bool> {
        self.count(EngineCall::End, self.log.end(topic))
    }

    fn load<'a>(&'a self, topic: &'a str, behind: Option<Position>) -> Answer<'a, Vec<LogEntry>> {
        self.count(EngineCall::Load, self.log.load(topic, behind))
    }

    fn read<'a>(
        &'a self,
        behind: &'a [(Arc<str>, Position)],
    ) -> Answer<'a, Vec<(Arc<str>, Vec<LogEntry>)>> {
        self.count(EngineCall::Read, self.log.read(behind))
    }

    fn beat<'a>(&'a self, here: &'a [(Arc<str>, usize)]) -> Answer<'a, Presence> {
        self.count(EngineCall::Beat, self.log.beat(here))
    }

    fn master(&self) -> Option<String> {
        self.log.master()
    }

    fn process(&self) -> Option<String> {
        self.log.process()
    }

    fn warnings(&self) -> Vec<String> {
        self.log.warnings()
    }
}

/// The same answer, counted when it is there or when nobody waits for it any more.
pub(super) fn counted<T, F>(
    calls: &EngineCalls,
    call: EngineCall,
    answer: F,
) -> Counting<'_, T, F> {
    Counting {
        answer,
        done: |_| CallResult::Done,
        call,
        calls,
        began: clock::now().instant,
        is_over: false,
    }
}

/// An answer that is waited for.
pub(super) struct Counting<'a, T, F> {
    answer: F,
    /// As what it counts where it is no error.
    done: fn(&T) -> CallResult,
    call: EngineCall,
    calls: &'a EngineCalls,
    began: Instant,
    is_over: bool,
}

impl<T, F> Counting<'_, T, F> {
    fn over(&mut self, result: CallResult) {
        self.is_over = true;
        let time = clock::now().instant.saturating_duration_since(self.began);
        self.calls.over(self.call, result, time);
    }
}

impl<T, F: Future<Output = Result<T, Error>> + Unpin> Future for Counting<'_, T, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = std::task::ready!(Pin::new(&mut self.answer).poll(cx));
        let result = match &answer {
            Ok(done) => (self.done)(done),
            Err(error) if ends_all(error) => CallResult::Failed,
            Err(_) => CallResult::Refused,
        };
        self.over(result);
        Poll::Ready(answer)
    }
}

impl<T, F> Drop for Counting<'_, T, F> {
    fn drop(&mut self) {
        if !self.is_over {
            self.over(CallResult::Dropped);
        }
    }
}
