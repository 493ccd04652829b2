//! Publishes that wait for their turn, and the calls that they go out in.

use std::ops::Range;
use std::sync::Arc;

use sse_engine::Error;
use sse_engine::topics::{Batch, Placed, Position};
use sse_wire::Event;
use tokio::sync::oneshot;

/// Events of one call, at most: while the engine appends them it does nothing else.
pub(super) const CALL: usize = 1000;

/// Events that wait for their turn.
#[derive(Debug)]
pub(super) struct Waiting {
    /// Tells it from others.
    pub(super) number: u64,
    pub(super) batch: Arc<Batch>,
    /// Which of its events.
    pub(super) range: Range<usize>,
    pub(super) answer: oneshot::Sender<Result<Position, Error>>,
}

/// Events that go out in one call, of one publisher or several.
#[derive(Debug, Default)]
pub(super) struct Call {
    pub(super) parts: Vec<Waiting>,
    events: usize,
}

impl Call {
    /// Whether these events can go along: who gives an id is refused for it alone.
    pub(super) fn takes(&self, next: &Waiting) -> bool {
        let has_id = |part: &Waiting| part.batch.id().is_some();
        self.parts.is_empty()
            || self.events + next.range.len() <= CALL
                && !has_id(next)
                && !self.parts.iter().any(has_id)
    }

    pub(super) fn add(&mut self, part: Waiting) {
        self.events += part.range.len();
        self.parts.push(part);
    }

    pub(super) fn events(&self) -> Vec<Event<'_>> {
        let parts = self.parts.iter();
        let of = |part: &'_ Waiting| (part.range.start, part.range.len());
        parts
            .flat_map(|part| {
                let (first, count) = of(part);
                part.batch.events(first).take(count)
            })
            .collect()
    }

    /// The id that its publisher gave, if one did: then it has one event.
    pub(super) fn id(&self) -> Option<&str> {
        self.parts.iter().find_map(|part| part.batch.id())
    }

    /// Tells each publisher where its last event is.
    pub(super) fn answer(self, placed: &Result<Placed, Error>) {
        let mut behind = self.events as u64;
        for part in self.parts {
            behind -= part.range.len() as u64;
            let place = placed.clone().map(|placed| Position {
                seq: placed.last.seq.saturating_sub(behind),
                ..placed.last
            });
            // Who published may have left.
            _ = part.answer.send(place);
        }
    }
}
