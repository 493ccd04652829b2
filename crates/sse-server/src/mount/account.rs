//! What is sent of an answer that somebody watches, until it ends.

use std::sync::Arc;

use sse_engine::time::Now;

use super::{Ender, MountedEnd, SentPiece, WATCHED_BYTES, WATCHED_PIECES, Watcher};
use crate::clock;

/// What is sent of an answer, for its watcher.
///
/// How to drive it: whoever hands bytes to the socket notes with [`took`](Self::took) what the
/// kernel took of them. It is given up with [`end`](Self::end), or where it is dropped: so its
/// watcher is told once, whatever becomes of the answer. Neither is done with a lock held.
#[derive(Debug)]
pub(crate) struct Account {
    /// Gone once it was told.
    watcher: Option<Arc<dyn Watcher>>,
    /// See [`MountedEnd::bytes`].
    bytes: Vec<u8>,
    /// See [`MountedEnd::pieces`].
    pieces: Vec<SentPiece>,
    /// See [`MountedEnd::total`].
    total: u64,
    /// See [`MountedEnd::last_byte`].
    last_byte: Option<Now>,
}

impl Account {
    /// Nothing was sent so far.
    pub(crate) fn new(watcher: Arc<dyn Watcher>) -> Self {
        Self {
            watcher: Some(watcher),
            bytes: Vec::new(),
            pieces: Vec::new(),
            total: 0,
            last_byte: None,
        }
    }

    /// Notes that the kernel took what stands in `parts` from the byte `from` to the byte `to`.
    pub(crate) fn took(&mut self, parts: &[&[u8]], from: usize, to: usize) {
        self.took_at(parts, from, to, clock::now());
    }

    fn took_at(&mut self, parts: &[&[u8]], from: usize, to: usize, now: Now) {
        let took = to.saturating_sub(from);
        if took == 0 {
            return;
        }
        self.total += took as u64;
        self.last_byte = Some(now);
        let kept = took.min(WATCHED_BYTES - self.bytes.len());
        if kept == 0 {
            return;
        }
        let (mut skip, mut left) = (from, kept);
        for part in parts {
            let begin = skip.min(part.len());
            let end = part.len().min(begin + left);
            self.bytes.extend_from_slice(&part[begin..end]);
            skip -= begin;
            left -= end - begin;
        }
        let is_full = self.pieces.len() == WATCHED_PIECES;
        match self.pieces.last_mut() {
            Some(last) if is_full => last.length += kept,
            _ => self.pieces.push(SentPiece {
                at: now,
                length: kept,
            }),
        }
    }

    /// Tells the watcher how it ended, with the status that was to be sent.
    pub(crate) fn end(mut self, status: u16, (why, by): (&'static str, Ender), at: Now) {
        self.tell(Some(status), (why, by), at);
    }

    fn tell(&mut self, status: Option<u16>, (why, by): (&'static str, Ender), at: Now) {
        let Some(watcher) = self.watcher.take() else {
            return;
        };
        watcher.ended(MountedEnd {
            status: status.filter(|_| self.total > 0),
            why,
            by,
            at,
            last_byte: self.last_byte,
            bytes: std::mem::take(&mut self.bytes),
            total: self.total,
            pieces: std::mem::take(&mut self.pieces),
        });
    }
}

impl Drop for Account {
    /// Its task was dropped before there was an answer.
    fn drop(&mut self) {
        self.tell(None, ("dropped", Ender::Server), clock::now());
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::Duration;

    use super::*;

    #[derive(Debug, Default)]
    struct Told(Mutex<Vec<MountedEnd>>);

    impl Watcher for Told {
        fn ended(&self, end: MountedEnd) {
            self.0.lock().expect("unpoisoned").push(end);
        }
    }

    fn account() -> (Arc<Told>, Account) {
        let told = Arc::new(Told::default());
        (Arc::clone(&told), Account::new(told))
    }

    fn only(told: &Told) -> MountedEnd {
        let mut told = told.0.lock().expect("unpoisoned");
        let end = told.pop().expect("it was told");
        assert!(told.is_empty(), "once");
        end
    }

    #[test]
    fn what_was_taken_is_kept_with_its_times() {
        let (told, mut account) = account();
        let begin = clock::now();
        let at = |ms| begin.after(Duration::from_millis(ms));
        let parts: [&[u8]; 4] = [b"head", b"", b"body", b"\r\n"];
        account.took_at(&parts, 0, 6, at(1));
        account.took_at(&parts, 6, 6, at(2));
        account.took_at(&parts, 6, 10, at(3));
        account.end(200, ("complete", Ender::Answer), at(4));
        let piece = |ms, length| SentPiece { at: at(ms), length };
        assert_eq!(
            only(&told),
            MountedEnd {
                status: Some(200),
                why: "complete",
                by: Ender::Answer,
                at: at(4),
                last_byte: Some(at(3)),
                bytes: b"headbody\r\n".to_vec(),
                total: 10,
                pieces: vec![piece(1, 6), piece(3, 4)],
            }
        );
    }

    #[test]
    fn bytes_and_pieces_are_bounded_and_all_are_counted() {
        let (told, mut account) = account();
        let large = vec![b'x'; WATCHED_BYTES];
        for _ in 0..2 * WATCHED_PIECES {
            account.took(&[b"y"], 0, 1);
        }
        account.took(&[&large], 0, large.len());
        account.took(&[&large], 0, large.len());
        account.end(200, ("closed", Ender::Client), clock::now());
        let end = only(&told);
        assert_eq!(end.bytes.len(), WATCHED_BYTES);
        assert_eq!(end.total, (2 * WATCHED_PIECES + 2 * WATCHED_BYTES) as u64);
        assert_eq!(end.pieces.len(), WATCHED_PIECES);
        let of_pieces: usize = end.pieces.iter().map(|piece| piece.length).sum();
        assert_eq!(of_pieces, WATCHED_BYTES);
    }

    #[test]
    fn one_that_is_dropped_is_told_too() {
        let (told, account) = account();
        drop(account);
        let end = only(&told);
        assert_eq!((end.why, end.by), ("dropped", Ender::Server));
        assert_eq!((end.status, end.total), (None, 0));
    }
}
