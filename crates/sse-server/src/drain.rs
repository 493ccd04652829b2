//! How far the server is with ending its streams before it stops.

use std::sync::atomic::{AtomicU8, Ordering};

/// How far a drain is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// There is none.
    #[default]
    None,
    /// The server says that it is not ready, and takes new streams as before: those that send
    /// clients here need time to notice.
    Announced,
    /// Streams are ended, and new ones are refused.
    Ending,
}

/// The stage of the drain of a server, for all who look.
#[derive(Debug, Default)]
pub(crate) struct Draining(AtomicU8);

impl Draining {
    pub(crate) fn stage(&self) -> Stage {
        match self.0.load(Ordering::Relaxed) {
            0 => Stage::None,
            1 => Stage::Announced,
            _ => Stage::Ending,
        }
    }

    pub(crate) fn set(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Relaxed);
    }

    /// Whether the server drains.
    pub(crate) fn is_on(&self) -> bool {
        self.stage() > Stage::None
    }
}
