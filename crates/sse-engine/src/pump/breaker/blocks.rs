//! The blocks of the feed: which of them a breaker takes as a whole, and which a fault leaves out.

use std::collections::VecDeque;
use std::sync::Arc;

use super::frame::Frame;
use super::{Breaker, Feed, Next};
use crate::fault::{Act, Armed};

/// The most that is held back of a recorded block that has not ended: a longer one is let through
/// in parts, and no fault changes it.
const LONGEST_BLOCK: usize = 1 << 20;

impl Breaker {
    /// The blocks that the feed wrote.
    pub(super) fn blocks(&mut self, feed: &Feed) -> VecDeque<Frame> {
        if feed.player().is_none() {
            return Frame::all(&self.scratch, feed.keeps_line_ends());
        }
        let before = self.begun.len();
        let mut bytes = std::mem::take(&mut self.begun);
        bytes.extend_from_slice(&self.scratch.wire());
        let marks = self.scratch.marks();
        let marks = marks.map(|mark| (before + mark.end, mark.number));
        let mut blocks = Frame::of(&bytes, marks, true);
        if self.needs_whole()
            && !self.feed_ends()
            && bytes.len() <= LONGEST_BLOCK
            && blocks.back().is_some_and(Frame::goes_on)
            && let Some(last) = blocks.pop_back()
        {
            self.begun = last.bytes(&mut feed.line_ending().into());
        }
        blocks
    }

    /// Whether a fault waits for an event that it changes, or looks into.
    pub(super) fn needs_whole(&self) -> bool {
        let mut waiting = self.waiting.iter();
        !self.next.is_empty()
            || self.half.is_some()
            || !self.drops.is_empty()
            || !self.skips.is_empty()
            || self.ends.is_some()
            || waiting.any(|strike| strike.text().is_some())
    }

    /// Whether nothing more comes from the feed.
    pub(super) fn feed_ends(&self) -> bool {
        matches!(
            self.feed,
            Next::End | Next::Gone(_) | Next::Failed | Next::Broken(_)
        )
    }

    /// Whether a fault leaves this event out.
    pub(super) fn is_left_out(&mut self, frame: &Frame) -> bool {
        if let Some((armed, left)) = self.skips.first_mut() {
            let armed = Arc::clone(armed);
            let is_first = !matches!(&armed.fault.act, Act::Skip(events) if events != left);
            *left -= 1;
            let is_last = *left == 0;
            let skips = !is_first || self.note(&armed);
            if is_last || !skips {
                self.skips.remove(0);
            }
            if skips {
                return true;
            }
        }
        let holds = |armed: &&Arc<Armed>| match &armed.fault.act {
            Act::Drop(text) => frame.holds(text),
            _ => false,
        };
        let found = self.drops.iter().find(holds).map(Arc::clone);
        found.is_some_and(|armed| self.note(&armed))
    }
}
