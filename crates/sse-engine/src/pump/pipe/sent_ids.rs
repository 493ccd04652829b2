//! The ids that a stream from elsewhere gave its client, as far as they are remembered.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard};

use crate::lock::lock;

/// How many ids of a connection are remembered, the newest.
pub const REMEMBERED_IDS: usize = 64;

/// The longest event id that is kept and compared, in characters.
pub const SHOWN_ID: usize = 64;

/// The bytes that so many characters have at most.
pub(super) const ID_BYTES: usize = SHOWN_ID * 4;

/// The ids that a stream gave, and which of its events gave them. The pump writes them, and the
/// table of connections reads them.
///
/// The events are numbered from 1. What is remembered is bounded: [`REMEMBERED_IDS`] ids, each cut
/// at [`SHOWN_ID`] characters.
#[derive(Debug, Default)]
pub struct SentIds(Mutex<Ids>);

/// What is remembered.
#[derive(Debug, Default)]
pub(super) struct Ids {
    /// Events so far.
    events: u64,
    /// The newest ids, the last one at the end. One that several events give is there once.
    ids: VecDeque<GivenId>,
    /// Whether others came before them.
    has_forgotten: bool,
    /// The reconnection time in milliseconds that came last.
    retry: Option<u64>,
}

/// An id, and where it was given.
#[derive(Debug)]
struct GivenId {
    /// As much of it as is kept. Empty where the stream reset it.
    text: String,
    /// Events that came before it.
    before: u64,
    /// Whether an event gave it. A block without data gives one too, and is no event.
    by_event: bool,
}

impl GivenId {
    /// The number of the event that its client has with it, 0 before the first one.
    fn number(&self) -> u64 {
        self.before + u64::from(self.by_event)
    }
}

/// An id that a client was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentId {
    /// As much of it as is kept.
    pub text: String,
    /// How many events followed the last one that had it.
    pub followed_by: u64,
}

impl SentIds {
    /// The last id that a client has that was sent the events up to the number `last`, and the
    /// number of its event: 0 before the first event. An empty one stands for an id that was reset.
    pub fn last(&self, last: u64) -> Option<(u64, String)> {
        let ids = self.lock();
        let id = ids.sent(last).next_back()?;
        Some((id.number(), id.text.clone()))
    }

    /// The number of the event that gave this id last.
    pub fn number_of(&self, id: &str) -> Option<u64> {
        let ids = self.lock();
        let found = ids.ids.iter().rfind(|given| given.text == id);
        found.map(GivenId::number)
    }

    /// What is remembered of the ids that a client was sent with the events up to the number
    /// `last`, the last one at the end, and whether it was sent others before.
    pub fn sent(&self, last: u64) -> (Vec<SentId>, bool) {
        let ids = self.lock();
        let mut sent = Vec::new();
        let mut given = ids.sent(last).peekable();
        while let Some(id) = given.next() {
            let followed_by = given
                .peek()
                .map_or(0, |next| last.saturating_sub(next.before));
            sent.push(SentId {
                text: id.text.clone(),
                followed_by,
            });
        }
        (sent, ids.has_forgotten)
    }

    /// The reconnection time in milliseconds that the stream gave last.
    pub fn retry(&self) -> Option<u64> {
        self.lock().retry
    }

    /// What a visit of the pump writes into.
    pub(super) fn lock(&self) -> MutexGuard<'_, Ids> {
        lock(&self.0)
    }
}

impl Ids {
    fn sent(&self, last: u64) -> impl DoubleEndedIterator<Item = &GivenId> {
        self.ids.iter().filter(move |id| id.number() <= last)
    }

    /// Notes that a block ended, whether it was an event, and the id that it gave.
    pub(super) fn block(&mut self, is_event: bool, id: Option<&[u8]>) {
        let before = self.events;
        self.events += u64::from(is_event);
        if let Some(id) = id {
            self.give(before, is_event, id);
        }
    }

    /// Notes the reconnection time.
    pub(super) fn set_retry(&mut self, ms: u64) {
        self.retry = Some(ms);
    }

    fn give(&mut self, before: u64, by_event: bool, id: &[u8]) {
        let id = String::from_utf8_lossy(id);
        let id = shown(&id);
        if self.ids.back().is_some_and(|last| last.text == id) {
            return;
        }
        // The memory of the one that goes, unless that is unusually much.
        let mut text = String::new();
        if self.ids.len() == REMEMBERED_IDS {
            self.has_forgotten = true;
            let oldest = self.ids.pop_front().map(|oldest| oldest.text);
            text = oldest
                .filter(|it| it.capacity() <= SHOWN_ID)
                .unwrap_or_default();
        }
        text.clear();
        text.push_str(id);
        self.ids.push_back(GivenId {
            text,
            before,
            by_event,
        });
    }
}

/// As much of an id as is kept.
fn shown(id: &str) -> &str {
    if id.len() <= SHOWN_ID {
        return id;
    }
    let end = id.char_indices().nth(SHOWN_ID);
    &id[..end.map_or(id.len(), |(at, _)| at)]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(blocks: &[(bool, Option<&str>)]) -> SentIds {
        let ids = SentIds::default();
        for (is_event, id) in blocks {
            ids.lock().block(*is_event, id.map(str::as_bytes));
        }
        ids
    }

    fn last(ids: &SentIds, last: u64) -> Option<String> {
        ids.last(last).map(|(_, id)| id)
    }

    fn sent(ids: &SentIds, last: u64) -> Vec<(String, u64)> {
        let sent = ids.sent(last).0.into_iter();
        sent.map(|id| (id.text, id.followed_by)).collect()
    }

    #[test]
    fn the_last_id_is_that_of_what_was_sent() {
        let ids = ids(&[
            (true, None),
            (true, Some("a")),
            (true, None),
            (true, Some("b")),
            (false, Some("c")),
        ]);
        assert_eq!(last(&ids, 0), None);
        assert_eq!(last(&ids, 1), None);
        assert_eq!(last(&ids, 2).as_deref(), Some("a"));
        assert_eq!(last(&ids, 3).as_deref(), Some("a"));
        assert_eq!(last(&ids, 4).as_deref(), Some("c"), "it needs no data");
        assert_eq!(ids.number_of("a"), Some(2));
        assert_eq!(ids.number_of("x"), None);
    }

    #[test]
    fn events_behind_an_id_are_counted_from_the_last_one_that_had_it() {
        let ids = ids(&[
            (true, Some("a")),
            (true, Some("a")),
            (true, None),
            (true, Some("b")),
            (true, Some("c")),
        ]);
        let all = [("a", 2), ("b", 1), ("c", 0)];
        assert_eq!(sent(&ids, 5), all.map(|(id, n)| (id.to_owned(), n)));
        assert_eq!(sent(&ids, 3), [("a".to_owned(), 0)]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let ids = SentIds::default();
        let long = "é".repeat(1000);
        ids.lock().block(true, Some(long.as_bytes()));
        assert_eq!(last(&ids, 1), Some("é".repeat(SHOWN_ID)));
        assert!(!ids.sent(1).1);
        for n in 0..REMEMBERED_IDS {
            ids.lock().block(true, Some(n.to_string().as_bytes()));
        }
        let (sent, has_forgotten) = ids.sent(65);
        assert_eq!((sent.len(), has_forgotten), (REMEMBERED_IDS, true));
        assert_eq!(sent[0].text, "0");
    }
}
