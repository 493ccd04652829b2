//! What a topic knows of the engine that keeps it.

use std::task::Waker;

use crate::topics::id::Position;

/// What a topic knows of the engine whose ring it copies.
#[derive(Debug)]
pub(in crate::topics) struct Copied {
    /// The last place that the engine had given at the last look. `None` until the ring holds what
    /// the engine had at the first one: until then nobody has a place in it.
    pub(in crate::topics) head: Option<Position>,
    /// Whether the engine knows of an earlier life.
    pub(in crate::topics) later_life: bool,
    /// How many looks subscribers asked for.
    pub(in crate::topics) asked: u64,
    /// How many of these were answered, each by a look that began after it was asked for.
    pub(in crate::topics) answered: u64,
    /// How many looks there were that nobody had to ask for. They come at even intervals while the
    /// engine answers, and so tell how much time passed.
    pub(in crate::topics) beats: u64,
    /// Woken when a look is asked for.
    asks: Waker,
}

impl Copied {
    pub(super) fn new(asks: Waker) -> Self {
        Self {
            head: None,
            later_life: false,
            asked: 0,
            answered: 0,
            beats: 0,
            asks,
        }
    }

    /// Asks for one more look. Answers its number.
    pub(in crate::topics) fn ask(&mut self) -> u64 {
        self.asked += 1;
        self.asks.wake_by_ref();
        self.asked
    }
}
