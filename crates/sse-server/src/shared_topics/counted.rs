//! A connection to the engine whose calls are counted for `/metrics`.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;

use sse_engine::Error;
use sse_engine::topics::{Answer, Caller, Log, LogEntry, Placed, Position, Presence};
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
    ) -> Answer<'a, Placed> {
        self.count(EngineCall::Publish, self.log.publish(topic, caller, events))
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
pub(super) fn counted<F>(calls: &EngineCalls, call: EngineCall, answer: F) -> Counting<'_, F> {
    Counting {
        answer,
        call,
        calls,
        began: clock::now().instant,
        is_over: false,
    }
}

/// An answer that is waited for.
pub(super) struct Counting<'a, F> {
    answer: F,
    call: EngineCall,
    calls: &'a EngineCalls,
    began: Instant,
    is_over: bool,
}

impl<F> Counting<'_, F> {
    fn over(&mut self, result: CallResult) {
        self.is_over = true;
        let time = clock::now().instant.saturating_duration_since(self.began);
        self.calls.over(self.call, result, time);
    }
}

impl<T, F: Future<Output = Result<T, Error>> + Unpin> Future for Counting<'_, F> {
    type Output = F::Output;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let answer = std::task::ready!(Pin::new(&mut self.answer).poll(cx));
        self.over(match &answer {
            Ok(_) => CallResult::Done,
            Err(error) if ends_all(error) => CallResult::Failed,
            Err(_) => CallResult::Refused,
        });
        Poll::Ready(answer)
    }
}

impl<F> Drop for Counting<'_, F> {
    fn drop(&mut self) {
        if !self.is_over {
            self.over(CallResult::Dropped);
        }
    }
}
