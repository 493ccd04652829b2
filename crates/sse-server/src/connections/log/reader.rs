//! A place in the log, from which entries are read by their numbers.

use std::sync::{Arc, Mutex};

use sse_engine::lock::lock;
use tokio::sync::watch;

use super::{Entry, Ring};

/// What is read next.
#[derive(Debug)]
pub(in crate::connections) enum Found {
    /// Entries that were asked for are kept no longer.
    Gap {
        /// How many; unknown where the number that was asked for is none of this program's.
        lost: Option<u64>,
        /// When the entry behind them was noted, in milliseconds since 1970.
        at_ms: u64,
    },
    Entry(Arc<Entry>),
}

/// Reads the log from one number on.
///
/// How to drive it: [`read`](Self::read) until nothing is left, then wait for
/// [`news`](Self::news). It holds nothing of the log but its place.
#[derive(Debug)]
pub(crate) struct LogReader {
    ring: Arc<Mutex<Ring>>,
    news: watch::Receiver<()>,
    /// The number of the entry that was read last.
    after: u64,
}

impl LogReader {
    pub(super) fn new(ring: Arc<Mutex<Ring>>, news: watch::Receiver<()>, after: u64) -> Self {
        Self { ring, news, after }
    }

    /// The number of the newest entry.
    pub(crate) fn newest(&self) -> u64 {
        lock(&self.ring).newest
    }

    /// Whether it has read the entry with this number, or a newer one.
    pub(crate) fn has_read(&self, seq: u64) -> bool {
        self.after >= seq
    }

    /// When the server was stopped, and when it was started again, in milliseconds since 1970.
    pub(in crate::connections) fn away(&self) -> Vec<(u64, Option<u64>)> {
        lock(&self.ring).away.iter().copied().collect()
    }

    /// So many of the next entries at most, behind a gap where some of them are gone; none where
    /// all were read.
    pub(in crate::connections) fn read(&mut self, most: usize) -> Vec<Found> {
        let ring = lock(&self.ring);
        let before = ring.before();
        let gap = match self.after {
            other_life if other_life > ring.newest => Some(None),
            late if late < before => Some(Some(before - late)),
            _ => None,
        };
        if gap.is_some() {
            self.after = before;
        }
        let skip = usize::try_from(self.after - before).unwrap_or(usize::MAX);
        let entries = ring.entries.iter().skip(skip).take(most);
        let entries: Vec<_> = entries.map(Arc::clone).collect();
        drop(ring);
        self.after += entries.len() as u64;
        let at_ms = entries.first().map_or(0, |first| first.at_ms);
        let gap = gap.map(|lost| Found::Gap { lost, at_ms });
        gap.into_iter()
            .chain(entries.into_iter().map(Found::Entry))
            .collect()
    }

    /// Waits until there is more to read; `false` when nothing will come any more.
    pub(crate) async fn news(&mut self) -> bool {
        self.news.changed().await.is_ok()
    }
}
