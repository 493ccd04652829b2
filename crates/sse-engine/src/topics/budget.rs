//! The memory that the topics of all rooms may take together.

use std::sync::atomic::{AtomicUsize, Ordering};

/// Bytes that several rings share.
#[derive(Debug)]
pub(super) struct Budget {
    /// What the events of all may take together.
    most: usize,
    /// What they take now, never more than `most`.
    taken: AtomicUsize,
}

impl Budget {
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            taken: AtomicUsize::new(0),
        }
    }

    /// What all may take together.
    pub(super) fn most(&self) -> usize {
        self.most
    }

    /// What is left.
    pub(super) fn left(&self) -> usize {
        self.most - self.taken.load(Ordering::Relaxed)
    }

    /// Takes so many bytes. Answers whether they were there.
    pub(super) fn take(&self, bytes: usize) -> bool {
        let more = |taken: usize| taken.checked_add(bytes).filter(|sum| *sum <= self.most);
        let (set, get) = (Ordering::Relaxed, Ordering::Relaxed);
        self.taken.fetch_update(set, get, more).is_ok()
    }

    /// Gives back what was taken.
    pub(super) fn give_back(&self, bytes: usize) {
        self.taken.fetch_sub(bytes, Ordering::Relaxed);
    }
}
