//! What is asked of a breaker between two visits.

use std::sync::Arc;

use super::{Breaker, Silence};
use crate::fault::{Act, Armed};

impl Breaker {
    /// The faults that struck since this was asked last.
    pub(in crate::pump) fn take_struck(&mut self) -> Vec<Arc<Armed>> {
        std::mem::take(&mut self.struck)
    }

    /// Whether nothing is left to break.
    pub(in crate::pump) fn is_through(&self) -> bool {
        self.waiting.is_empty()
            && self.next.is_empty()
            && self.drops.is_empty()
            && self.skips.is_empty()
            && self.passage.is_through()
            && self.half.is_none()
            && self.ends.is_none()
            && self.silence.is_none()
            && self.ending.is_none()
            && self.lacks_nothing()
    }

    /// Whether all that the feed gave was let through, or left out.
    pub(in crate::pump) fn lacks_nothing(&self) -> bool {
        self.backlog.is_empty()
            && self.begun.is_empty()
            && self.overtaken.is_none()
            && self.again.is_empty()
            && self.passage.holds_nothing()
    }

    /// Whether bytes are kept back, so that nothing can be sent to see whether the client is there.
    pub(in crate::pump) fn withholds(&self) -> bool {
        self.is_silent() || !self.passage.is_ready() && !self.passage.is_empty()
    }

    /// Whether nothing is sent, and what the client does is not looked at.
    pub(in crate::pump) fn hangs(&self) -> bool {
        let hangs = |silence: &Silence| silence.armed.fault.act == Act::Hang;
        self.silence.as_ref().is_some_and(hangs)
    }

    /// Whether nothing is sent at all.
    pub(in crate::pump) fn is_silent(&self) -> bool {
        self.silence.is_some() && !self.is_mute()
    }

    /// Whether the transport may send a comment now.
    pub(in crate::pump) fn takes_comment(&self) -> bool {
        !self.is_silent() && self.ending.is_none() && self.passage.is_empty()
    }

    /// Whether the head of the response is not to be sent yet, or not at all.
    pub(in crate::pump) fn keeps_head(&self) -> bool {
        let keeps =
            |silence: &Silence| matches!(silence.armed.fault.act, Act::Never | Act::Wait(_));
        let headless = self.ending.as_ref().is_some_and(|ending| ending.headless);
        headless || self.silence.as_ref().is_some_and(keeps)
    }

    /// Whether a visit would take what its feed has: not in a silence, nor while pieces wait.
    pub(in crate::pump) fn takes_news(&self) -> bool {
        self.silence.is_none() && self.ending.is_none() && !self.passage.is_ready()
    }
}
