//! The socket while hyper has it. It notices a client that does not take its answers, and sends the
//! answers to requests that arrived together in one write.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::Sleep;

use super::heard::Heard;

/// Answers that are held together, in bytes at most. The answer to a publish takes some 250.
const HELD: usize = 16 * 1024;

/// What hyper says to a client that waits before it sends a body (RFC 9110 15.2.1).
pub(super) const CONTINUE: &[u8] = b"HTTP/1.1 100 Continue\r\n\r\n";

/// Room that is kept for them while the connection is idle, in bytes at most.
const SPARE: usize = 4 * 1024;

/// A socket that knows whether hyper has bytes which the kernel did not take, and that fails when
/// this lasts longer than `stall`: hyper itself would wait for ever.
///
/// A client may send many requests at once, and hyper writes and flushes each answer by itself: for
/// a publisher that does, a write cost more than all the rest. (hyper's own `pipeline_flush` holds
/// answers without a bound.) So small answers are held while the last read had something to say:
/// hyper then either has another request at hand or reads again, and before a read all is sent.
pub(super) struct Watched<'a> {
    socket: TokioIo<TcpStream>,
    /// Where the bytes of each head are kept until its request begins.
    heard: &'a Heard,
    /// How long the kernel may take nothing of what is to be written.
    stall: Duration,
    /// Whether the answer has no known length. Hyper reads again only when it is through, and that
    /// may be never: it is written as it comes.
    flows: Arc<AtomicBool>,
    /// Set while a write is refused by the kernel.
    blocked: Option<Pin<Box<Sleep>>>,
    /// Answers that are sent before the next read, [`HELD`] bytes at most.
    held: Vec<u8>,
    /// Whether hyper has bytes that were neither sent nor held.
    owed: bool,
    /// Whether the last read brought something.
    reading: bool,
    /// Whether the last that hyper wrote was [`CONTINUE`].
    continued: bool,
    /// Whether hyper would have refused a request itself. What it says then has no sentence, so it
    /// is not sent.
    refused: bool,
}

/// What is left of a connection when hyper is through with it.
pub(super) struct Settled {
    pub(super) socket: TcpStream,
    /// What is still to be sent before anything else.
    pub(super) held: Vec<u8>,
    /// Whether the client was told to go on with its body, and nothing since.
    pub(super) continued: bool,
    /// Whether hyper refused a request, of which the client was told nothing yet.
    pub(super) refused: bool,
}

impl<'a> Watched<'a> {
    pub(super) fn new(
        socket: TcpStream,
        heard: &'a Heard,
        stall: Duration,
        flows: Arc<AtomicBool>,
    ) -> Self {
        Self {
            socket: TokioIo::new(socket),
            heard,
            stall,
            flows,
            blocked: None,
            held: Vec::new(),
            owed: false,
            reading: false,
            continued: false,
            refused: false,
        }
    }

    /// The socket and what is known of it, if all has left that was not held.
    pub(super) fn into_settled(self) -> Option<Settled> {
        (!self.owed).then(|| Settled {
            socket: self.socket.into_inner(),
            held: self.held,
            continued: self.continued,
            refused: self.refused,
        })
    }

    /// Takes small bytes in, while there is room.
    fn hold(&mut self, bufs: &[io::IoSlice<'_>]) -> Option<usize> {
        let length = bufs.iter().map(|buf| buf.len()).sum();
        let flows = self.flows.load(Ordering::Relaxed);
        if !self.reading || flows || self.held.len() + length > HELD {
            return None;
        }
        bufs.iter().for_each(|buf| self.held.extend_from_slice(buf));
        Some(length)
    }

    /// Sends what is held.
    fn poll_held(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.held.is_empty() {
            let written = Pin::new(&mut self.socket).poll_write(cx, &self.held);
            let n = ready!(self.watch(cx, written))?;
            self.held.drain(..n);
        }
        if self.held.capacity() > SPARE {
            self.held = Vec::new();
        }
        Poll::Ready(Ok(()))
    }

    fn watch<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.blocked = None;
            return written;
        }
        let stall = self.stall;
        let patience = self
            .blocked
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(stall)));
        ready!(patience.as_mut().poll(cx));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl Read for Watched<'_> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        // A client that does not read its answers is not read either.
        ready!(this.poll_held(cx))?;
        let read = match this.heard.listens() {
            true => this.heard.poll_read(this.socket.inner_mut(), cx, buf),
            false => Pin::new(&mut this.socket).poll_read(cx, buf),
        };
        this.reading = read.is_ready();
        read
    }
}

impl Write for Watched<'_> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[io::IoSlice::new(buf)])
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.reading {
            ready!(this.poll_held(cx))?;
        }
        Pin::new(&mut this.socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        ready!(this.poll_held(cx))?;
        if this.refused {
            // Its client is yet to be told why.
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut this.socket).poll_shutdown(cx)
    }

    fn is_write_vectored(&self) -> bool {
        self.socket.is_write_vectored()
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        if is_own_refusal(bufs) {
            this.refused = true;
            return Poll::Ready(Ok(bufs.iter().map(|buf| buf.len()).sum()));
        }
        this.continued = bufs.iter().any(|buf| **buf == *CONTINUE);
        if let Some(length) = this.hold(bufs) {
            return Poll::Ready(Ok(length));
        }
        this.owed = true;
        ready!(this.poll_held(cx))?;
        let written = Pin::new(&mut this.socket).poll_write_vectored(cx, bufs);
        this.owed = written.is_pending();
        this.watch(cx, written)
    }
}

/// Whether hyper is about to refuse a request that it cannot read. All answers of ours say
/// `nosniff`, and its own are heads alone.
fn is_own_refusal(bufs: &[io::IoSlice<'_>]) -> bool {
    let mut filled = bufs.iter().filter(|buf| !buf.is_empty());
    let (Some(head), None) = (filled.next(), filled.next()) else {
        return false;
    };
    let contains = |text: &[u8]| head.windows(text.len()).any(|part| part == text);
    (head.starts_with(b"HTTP/1.1 4") || head.starts_with(b"HTTP/1.0 4"))
        && head.ends_with(b"\r\n\r\n")
        && !contains(b"x-content-type-options")
}
