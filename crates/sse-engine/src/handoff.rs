//! What a task elsewhere hands to a pump: pieces in order, a bounded number of bytes of them.
//!
//! The task waits while the pump has not taken what it gave. That is all there is to backpressure.
//! A piece wakes whoever drives the pump, and the drop of the pump's side tells the task at once.
//! Neither side waits for the other within a call, and nothing here reads a clock or opens a
//! socket.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use crate::lock::lock;

/// How what was handed over ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HandoffEnd {
    /// In order: there is no more.
    InOrder,
    /// Before its end: the connection that it came over was closed.
    Cut,
    /// With a reset of that connection.
    Reset,
    /// Because of this, in one sentence for people.
    Failed(String),
}

/// The pump is gone: nobody takes what is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The stream ended, and takes no more.")]
pub struct TakerLeft;

/// What both sides share.
#[derive(Debug)]
struct Shared<T> {
    /// Given and not taken, each with its weight.
    pieces: VecDeque<(T, usize)>,
    /// Their weights together.
    weight: usize,
    /// The weight from which on the giver waits.
    most: usize,
    end: Option<HandoffEnd>,
    /// Who waits for pieces.
    taker: Option<Waker>,
    /// Who waits for room, or for the taker's leaving.
    giver: Option<Waker>,
    taker_left: bool,
}

/// The side of the task. Its drop without an [`end`](Self::end) is a [`HandoffEnd::Cut`].
#[derive(Debug)]
pub struct Giver<T>(Arc<Mutex<Shared<T>>>);

/// The side of the pump.
#[derive(Debug)]
pub struct Taker<T>(Arc<Mutex<Shared<T>>>);

/// A handoff. The giver waits while the pieces that were not taken weigh `most` or more, in bytes:
/// one piece may go past it.
pub fn handoff<T>(most: usize) -> (Giver<T>, Taker<T>) {
    let shared = Arc::new(Mutex::new(Shared {
        pieces: VecDeque::new(),
        weight: 0,
        most,
        end: None,
        taker: None,
        giver: None,
        taker_left: false,
    }));
    (Giver(Arc::clone(&shared)), Taker(shared))
}

impl<T> Giver<T> {
    /// `Ready` when there is room for a piece.
    ///
    /// # Errors
    /// The taker left.
    pub fn poll_room(&self, cx: &mut Context<'_>) -> Poll<Result<(), TakerLeft>> {
        let mut shared = lock(&self.0);
        if shared.taker_left {
            return Poll::Ready(Err(TakerLeft));
        }
        if shared.weight < shared.most {
            return Poll::Ready(Ok(()));
        }
        keep(&mut shared.giver, cx.waker());
        Poll::Pending
    }

    /// Waits until there is room for a piece.
    ///
    /// # Errors
    /// The taker left.
    pub async fn room(&self) -> Result<(), TakerLeft> {
        poll_fn(|cx| self.poll_room(cx)).await
    }

    /// Resolves when the taker has left.
    pub async fn taker_left(&self) {
        poll_fn(|cx| self.poll_left(cx)).await;
    }

    /// `Ready` when the taker has left.
    pub fn poll_left(&self, cx: &mut Context<'_>) -> Poll<()> {
        let mut shared = lock(&self.0);
        if shared.taker_left {
            return Poll::Ready(());
        }
        keep(&mut shared.giver, cx.waker());
        Poll::Pending
    }

    /// Gives a piece, whether or not there is room for it. `weight` is what it counts for, in
    /// bytes.
    ///
    /// # Errors
    /// The taker left.
    pub fn give(&self, piece: T, weight: usize) -> Result<(), TakerLeft> {
        let waker = {
            let mut shared = lock(&self.0);
            if shared.taker_left {
                return Err(TakerLeft);
            }
            shared.pieces.push_back((piece, weight));
            shared.weight += weight;
            shared.taker.take()
        };
        wake(waker);
        Ok(())
    }

    /// Says how it ends, behind all that was given.
    pub fn end(self, how: HandoffEnd) {
        self.finish(how);
    }

    fn finish(&self, how: HandoffEnd) {
        let waker = {
            let mut shared = lock(&self.0);
            shared.end.get_or_insert(how);
            shared.taker.take()
        };
        wake(waker);
    }
}

impl<T> Drop for Giver<T> {
    fn drop(&mut self) {
        self.finish(HandoffEnd::Cut);
    }
}

impl<T> Taker<T> {
    /// The next piece, where there is one.
    pub fn take(&mut self) -> Option<T> {
        let (piece, waker) = {
            let mut shared = lock(&self.0);
            let (piece, weight) = shared.pieces.pop_front()?;
            let was_full = shared.weight >= shared.most;
            shared.weight -= weight;
            let waker = match was_full && shared.weight < shared.most {
                true => shared.giver.take(),
                false => None,
            };
            (piece, waker)
        };
        wake(waker);
        Some(piece)
    }

    /// How it ended, once all is taken.
    pub fn end(&self) -> Option<HandoffEnd> {
        let shared = lock(&self.0);
        shared.end.clone().filter(|_| shared.pieces.is_empty())
    }

    /// Whether there is a piece or the end to take. Where there is none, `waker` is woken once when
    /// there is.
    pub fn has_news(&mut self, waker: &Waker) -> bool {
        let mut shared = lock(&self.0);
        let has = !shared.pieces.is_empty() || shared.end.is_some();
        if !has {
            keep(&mut shared.taker, waker);
        }
        has
    }
}

impl<T> Drop for Taker<T> {
    fn drop(&mut self) {
        let (pieces, waker) = {
            let mut shared = lock(&self.0);
            shared.taker_left = true;
            shared.weight = 0;
            (std::mem::take(&mut shared.pieces), shared.giver.take())
        };
        // Not under the lock: what a piece does when it goes is its own affair.
        drop(pieces);
        wake(waker);
    }
}

fn keep(place: &mut Option<Waker>, waker: &Waker) {
    match place {
        Some(kept) => kept.clone_from(waker),
        None => *place = Some(waker.clone()),
    }
}

fn wake(waker: Option<Waker>) {
    if let Some(waker) = waker {
        waker.wake();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    /// Counts how often it was woken.
    #[derive(Default)]
    struct Woken(AtomicUsize);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    impl Woken {
        fn times(&self) -> usize {
            self.0.swap(0, Ordering::Relaxed)
        }
    }

    fn poll_room(giver: &Giver<&str>, waker: &Waker) -> Poll<Result<(), TakerLeft>> {
        giver.poll_room(&mut Context::from_waker(waker))
    }

    #[test]
    fn a_giver_waits_for_room_and_is_woken_by_it() {
        let (giver, mut taker) = handoff(4);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        assert!(poll_room(&giver, &waker).is_ready());
        giver.give("ab", 2).expect("a taker");
        assert!(poll_room(&giver, &waker).is_ready(), "2 of 4");
        giver.give("cdef", 4).expect("a taker");
        assert!(poll_room(&giver, &waker).is_pending(), "6 of 4");
        assert_eq!(taker.take(), Some("ab"));
        assert_eq!(woken.times(), 0, "4 of 4 are left");
        assert_eq!(taker.take(), Some("cdef"));
        assert_eq!(woken.times(), 1);
        assert_eq!(poll_room(&giver, &waker), Poll::Ready(Ok(())));
    }

    #[test]
    fn a_taker_is_woken_once_by_a_piece_and_by_the_end() {
        let (giver, mut taker) = handoff(100);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        assert!(!taker.has_news(&waker));
        giver.give("a", 1).expect("a taker");
        giver.give("b", 1).expect("a taker");
        assert_eq!(woken.times(), 1, "it knows already");
        assert!(taker.has_news(&waker));
        assert_eq!((taker.take(), taker.take()), (Some("a"), Some("b")));
        assert!(!taker.has_news(&waker));
        giver.end(HandoffEnd::InOrder);
        assert_eq!(woken.times(), 1);
        assert!(taker.has_news(&waker));
        assert_eq!(taker.end(), Some(HandoffEnd::InOrder));
    }

    #[test]
    fn the_end_comes_behind_what_was_given() {
        let (giver, mut taker) = handoff(100);
        giver.give("a", 1).expect("a taker");
        drop(giver);
        assert_eq!(taker.end(), None);
        assert_eq!(taker.take(), Some("a"));
        assert_eq!(taker.end(), Some(HandoffEnd::Cut), "it was not ended");
    }

    #[test]
    fn a_giver_learns_at_once_that_the_taker_left() {
        let (giver, taker) = handoff(1);
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        giver.give("a", 1).expect("a taker");
        let mut cx = Context::from_waker(&waker);
        assert!(giver.poll_left(&mut cx).is_pending());
        drop(taker);
        assert_eq!(woken.times(), 1);
        assert!(giver.poll_left(&mut cx).is_ready());
        assert_eq!(poll_room(&giver, &waker), Poll::Ready(Err(TakerLeft)));
        assert_eq!(giver.give("b", 1), Err(TakerLeft));
    }
}
