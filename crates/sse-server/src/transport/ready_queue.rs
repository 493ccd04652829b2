//! The connections whose sockets are ready: one sweeper collects the wakers of many sockets here.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Wake, Waker};

use tokio::sync::Notify;

use sse_engine::lock::lock;

/// The connections that were woken and not looked after yet.
#[derive(Debug, Default)]
pub(super) struct Ready {
    /// In the order in which they were woken, each at most once.
    woken: Mutex<Vec<Arc<Token>>>,
    /// Wakes the sweeper. A notice that comes while the sweeper works is kept until it waits.
    any: Notify,
}

/// One connection's waker. A connection that is gone may still be woken: whoever takes its place
/// then gets a look that it did not need.
#[derive(Debug)]
pub(super) struct Token {
    /// The connection's key in the sweeper. By the time it is taken, another connection may have
    /// it.
    key: usize,
    /// Whether it stands in `Ready::woken`, so that a socket which wakes often is entered once.
    /// [`key`](Self::key) resets it.
    queued: AtomicBool,
    /// Where it is entered. The two hold each other meanwhile, so the drop of the sweeper takes out
    /// what is entered.
    ready: Arc<Ready>,
}

impl Ready {
    /// A waker for the connection with this key.
    pub(super) fn waker(self: &Arc<Self>, key: usize) -> Waker {
        Waker::from(Arc::new(Token {
            key,
            queued: AtomicBool::new(false),
            ready: Arc::clone(self),
        }))
    }

    /// Resolves when a connection was woken since the last call of [`take`](Self::take).
    pub(super) async fn any(&self) {
        self.any.notified().await;
    }

    /// Moves what was woken into `into`.
    pub(super) fn take(&self, into: &mut Vec<Arc<Token>>) {
        into.append(&mut self.lock());
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Token>>> {
        lock(&self.woken)
    }
}

impl Token {
    /// Whose it is. From now on it can be woken again.
    pub(super) fn key(&self) -> usize {
        self.queued.store(false, Ordering::Release);
        self.key
    }
}

impl Wake for Token {
    fn wake(self: Arc<Self>) {
        if !self.queued.swap(true, Ordering::AcqRel) {
            let ready = Arc::clone(&self.ready);
            ready.lock().push(self);
            ready.any.notify_one();
        }
    }

    fn wake_by_ref(self: &Arc<Self>) {
        Arc::clone(self).wake();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_that_is_woken_often_is_queued_once() {
        let ready = Arc::new(Ready::default());
        let (one, two) = (ready.waker(1), ready.waker(2));
        for _ in 0..5 {
            two.wake_by_ref();
            one.wake_by_ref();
        }
        let mut woken = Vec::new();
        ready.take(&mut woken);
        let keys: Vec<usize> = woken.drain(..).map(|token| token.key()).collect();
        assert_eq!(keys, [2, 1]);
        one.wake();
        ready.take(&mut woken);
        assert_eq!(woken.len(), 1, "and again when it was looked after");
    }
}
