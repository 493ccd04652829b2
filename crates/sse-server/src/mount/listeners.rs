//! Listeners that a handler opens beside those of the server, on free ports of loopback.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sse_engine::fault::LONGEST_REFUSAL;
use sse_engine::lock::lock;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::clock;
use crate::error::Error;

/// As many extra listeners as can be open at once.
pub const MOST_EXTRA_LISTENERS: usize = 16;

/// Opens extra listeners of a server that runs. The clones are one.
///
/// How to drive it: a handler is given it by [`Handler::join`](super::Handler::join), before the
/// server starts. [`open`](Self::open) may be called at any time.
#[derive(Clone, Debug, Default)]
pub struct ExtraListeners(Arc<Mutex<Option<mpsc::Sender<OpenListener>>>>);

impl ExtraListeners {
    /// Listens on a free port of loopback, in both families that the machine has. The listener is
    /// one of the server in all things: guard, routes, limits, faults and stop are the same, and
    /// its own port is the one that the guard asks for.
    ///
    /// # Errors
    /// [`Error::NotRunning`], [`Error::TooManyListeners`], or [`Error::Listen`].
    pub async fn open(&self) -> Result<ExtraListener, Error> {
        let run = lock(&self.0).clone().ok_or(Error::NotRunning)?;
        let (answer, opened) = oneshot::channel();
        // Both fail where the run is over.
        let sent = run.send(OpenListener(answer)).await;
        sent.map_err(|_| Error::NotRunning)?;
        opened.await.map_err(|_| Error::NotRunning)?
    }

    /// The listeners that are asked for in a run that begins now.
    pub(crate) fn asked_in_run(&self) -> mpsc::Receiver<OpenListener> {
        let (send, asked) = mpsc::channel(1);
        *lock(&self.0) = Some(send);
        asked
    }
}

/// Somebody wants an extra listener, and is answered here.
pub(crate) struct OpenListener(pub(crate) oneshot::Sender<Result<ExtraListener, Error>>);

/// An extra listener of a server. A drop closes it, and so does a stop of the server. Connections
/// that it took go on.
#[derive(Debug)]
pub struct ExtraListener {
    port: u16,
    /// Until when it does not listen.
    closed_until: watch::Sender<Option<Instant>>,
    /// Its drop ends the tasks that accept.
    _open: DropGuard,
}

impl ExtraListener {
    /// One on this port, and what the tasks that accept there need to know of it.
    pub(crate) fn new(port: u16, stop: &CancellationToken) -> (Self, Listening) {
        let stop = stop.child_token();
        let (closed_until, changed) = watch::channel(None);
        let listener = Self {
            port,
            closed_until,
            _open: stop.clone().drop_guard(),
        };
        let listening = Listening {
            stop,
            closed_until: changed,
        };
        (listener, listening)
    }

    /// Its port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether it is there: the server did not stop since it was opened. It is also where it is
    /// closed for a time.
    pub fn is_open(&self) -> bool {
        !self.closed_until.is_closed()
    }

    /// Does not listen for this time, from a moment later on, and then listens on the same port
    /// again. Whoever connects meanwhile is refused. It is 60 s at most.
    pub fn close_for(&self, time: Duration) {
        let until = clock::now().instant + time.min(LONGEST_REFUSAL);
        self.closed_until.send_replace(Some(until));
    }

    /// Closes it, and returns when its port is free.
    pub async fn close(self) {
        let Self {
            closed_until,
            _open: open,
            ..
        } = self;
        drop(open);
        closed_until.closed().await;
    }
}

/// How long a listener listens, for the task that accepts there.
#[derive(Clone, Debug)]
pub(crate) struct Listening {
    /// It is closed for good.
    pub(crate) stop: CancellationToken,
    /// Until when it does not listen.
    closed_until: watch::Receiver<Option<Instant>>,
}

impl Listening {
    /// As long as the server runs.
    pub(crate) fn until(stop: CancellationToken) -> Self {
        Self {
            stop,
            closed_until: watch::channel(None).1,
        }
    }

    /// Until when it is not to listen, where that is now.
    pub(crate) fn closed_until(&self, now: Instant) -> Option<Instant> {
        self.closed_until.borrow().filter(|until| *until > now)
    }

    /// Returns when that changed; an error where nobody can change it.
    pub(crate) async fn changed(&mut self) -> Result<(), watch::error::RecvError> {
        self.closed_until.changed().await
    }
}
