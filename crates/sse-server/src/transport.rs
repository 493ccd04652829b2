//! Drives one connection: asks its pump what is due, frames it for HTTP/1, and sees it onto the wire.
//!
//! It keeps only what the socket did not take yet, and never asks the pump for more while it holds
//! any (backpressure is that simple: the pump is not called).

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::connections::{EndedBy, Ending, Open, Sent};
use crate::pump::{Act, Next, Out, Pump};
use crate::wire::{Left, Wire};

/// Scratch that a quiet connection keeps between two visits, in bytes.
const KEEP: usize = 512;

/// How long an orderly end waits for the client to close its side.
const PATIENCE: Duration = Duration::from_secs(1);

/// How the body is delimited (RFC 9112 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Framing {
    /// HTTP/1.1: a visit is a chunk.
    Chunked,
    /// HTTP/1.0: the end of the connection is the end of the body.
    Bare,
}

/// What interrupts a connection from outside, and its bound.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    /// The server stops.
    pub(crate) stop: CancellationToken,
    /// How long the socket may take no byte while bytes wait.
    pub(crate) stall: Duration,
}

/// Why a connection is given up with bytes unsent.
enum Broken {
    Left(Left),
    Stalled,
    Stopped,
    TooSlow,
}

/// Sends `head` and then all that `pump` wants sent, to the end, and notes it in `open`.
pub(crate) async fn drive(
    wire: Wire,
    head: Vec<u8>,
    mut pump: Pump,
    framing: Framing,
    open: Open,
    mut news: tokio::sync::watch::Receiver<()>,
    terms: Terms,
) {
    let mut sender = Sender {
        wire,
        head,
        out: Out::new(),
        sent: Sent::default(),
        open: &open,
        terms: &terms,
    };
    let ended = loop {
        news.mark_unchanged();
        let next = sender.fill(&mut pump, framing);
        if let Err(broken) = sender.send(&pump, &mut news).await {
            break Err(broken);
        }
        let (at, published) = match next {
            Next::End => break Ok(()),
            Next::More => {
                // An unpaced stream with a fast client never waits below: it asks here.
                if terms.stop.is_cancelled() {
                    pump.act(Instant::now().into_std(), Act::Stop);
                }
                tokio::task::yield_now().await;
                continue;
            }
            Next::Cut => break Err(Broken::TooSlow),
            Next::Wait { at, published } => (at, published),
        };
        tokio::select! {
            biased;
            () = terms.stop.cancelled() => pump.act(Instant::now().into_std(), Act::Stop),
            left = sender.wire.left() => break Err(Broken::Left(left)),
            _ = news.changed(), if published => {}
            () = until(at) => {}
        }
    };
    let wire = sender.wire;
    let stopped = terms.stop.is_cancelled();
    match ended {
        Ok(()) => {
            let ending = if pump.is_complete() {
                Ending::COMPLETE
            } else {
                Ending::new(EndedBy::Server, "server stopped")
            };
            open.end(ending);
            let patience = if stopped { Duration::ZERO } else { PATIENCE };
            tokio::select! {
                () = wire.finish(patience) => {}
                () = terms.stop.cancelled(), if !stopped => {}
            }
        }
        Err(broken) => {
            open.end(broken.ending());
            wire.reset();
        }
    }
}

impl Broken {
    fn ending(&self) -> Ending {
        match self {
            Broken::Left(Left::Closed) => Ending::new(EndedBy::Client, "closed"),
            Broken::Left(Left::Reset) => Ending::new(EndedBy::Client, "connection reset"),
            Broken::Left(Left::Vanished) => Ending::new(EndedBy::Network, "client vanished"),
            Broken::Left(Left::Talks) => Ending::new(EndedBy::Server, "client sent too much"),
            Broken::Stalled => Ending::new(EndedBy::Server, "stalled"),
            Broken::TooSlow => Ending::new(EndedBy::Server, "too slow"),
            Broken::Stopped => Ending::new(EndedBy::Server, "server stopped"),
        }
    }
}

struct Sender<'a> {
    wire: Wire,
    /// The response head, until it is sent.
    head: Vec<u8>,
    out: Out,
    sent: Sent,
    open: &'a Open,
    terms: &'a Terms,
}

impl Sender<'_> {
    fn fill(&mut self, pump: &mut Pump, framing: Framing) -> Next {
        self.out.clear(KEEP);
        let next = pump.fill(Instant::now().into_std(), &mut self.out);
        if framing == Framing::Chunked {
            self.out.chunk();
            if next == Next::End {
                self.out.last_chunk();
            }
        }
        next
    }

    /// Sends the visit whole, or says what kept it.
    async fn send(
        &mut self,
        pump: &Pump,
        news: &mut tokio::sync::watch::Receiver<()>,
    ) -> Result<(), Broken> {
        let head = std::mem::take(&mut self.head);
        let total = head.len() + self.out.wire().len();
        let mut sent = 0;
        let result = loop {
            if sent == total {
                break Ok(());
            }
            let rest = &self.out.wire()[sent.saturating_sub(head.len())..];
            match self.wire.try_send(head.get(sent..).unwrap_or(&[]), rest) {
                Ok(0) => {
                    if let Err(broken) = self.wait(pump, news).await {
                        break Err(broken);
                    }
                }
                Ok(n) => sent += n,
                Err(left) => break Err(Broken::Left(left)),
            }
        };
        self.account(sent.saturating_sub(head.len()));
        result
    }

    /// Waits until the socket takes bytes again. The client may leave meanwhile, or take too long.
    async fn wait(
        &self,
        pump: &Pump,
        news: &mut tokio::sync::watch::Receiver<()>,
    ) -> Result<(), Broken> {
        let stall = tokio::time::sleep(self.terms.stall);
        tokio::pin!(stall);
        loop {
            tokio::select! {
                biased;
                () = self.terms.stop.cancelled() => return Err(Broken::Stopped),
                left = self.wire.left() => return Err(Broken::Left(left)),
                _ = news.changed() => if pump.is_too_slow() { return Err(Broken::TooSlow); },
                writable = self.wire.writable() => return writable.map_err(Broken::Left),
                () = &mut stall => return Err(Broken::Stalled),
            }
        }
    }
    /// Counts the events whose last byte was taken.
    fn account(&mut self, sent: usize) {
        for mark in self.out.marks().take_while(|mark| mark.end <= sent) {
            self.sent.events += 1;
            self.sent.last_id = mark.id.or(self.sent.last_id);
        }
        self.sent.bytes = self.wire.taken();
        self.open.sent(self.sent);
    }
}

async fn until(at: Option<std::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at.into()).await,
        None => std::future::pending().await,
    }
}
