//! A tap in a socket: it keeps when each read returned, and the last bytes that came.
//!
//! It sits between HTTP and the socket, above TLS, so that it sees what the server wrote: the head
//! and the framing of HTTP/1, byte by byte.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use crate::go_away::GoAway;

/// How many of the last bytes are kept.
pub(crate) const KEPT: usize = 1 << 20;

/// What a tap saw. Times count from the beginning of the watch.
#[derive(Debug, Default)]
pub(crate) struct Tapped {
    /// How many reads returned bytes.
    pub(crate) reads: u64,
    /// When the first of them did.
    pub(crate) first_read: Option<Duration>,
    /// When the last of them did.
    pub(crate) last_read: Duration,
    /// When the last write was done before the last read.
    pub(crate) sent: Option<Duration>,
    /// When the last write was done.
    written: Option<Duration>,
    /// Why a server of HTTP/2 goes away; nothing over HTTP/1.
    pub(crate) go_away: Option<GoAway>,
    /// How many bytes came.
    bytes: u64,
    /// The last [`KEPT`] of them.
    kept: VecDeque<u8>,
}

impl Tapped {
    fn read(&mut self, at: Duration, bytes: &[u8]) {
        self.reads += 1;
        self.first_read.get_or_insert(at);
        self.last_read = at;
        self.sent = self.written;
        self.bytes += bytes.len() as u64;
        if let Some(go_away) = &mut self.go_away {
            go_away.read(bytes);
        }
        let bytes = &bytes[bytes.len().saturating_sub(KEPT)..];
        let over = (self.kept.len() + bytes.len()).saturating_sub(KEPT);
        self.kept.drain(..over);
        self.kept.extend(bytes);
    }

    /// The code with which a server of HTTP/2 goes away, where it does.
    pub(crate) fn go_away_code(&self) -> Option<u32> {
        self.go_away.as_ref().and_then(GoAway::code)
    }

    /// The last bytes that came, and how many came before them.
    pub(crate) fn kept(&self) -> (u64, Vec<u8>) {
        let kept: Vec<u8> = self.kept.iter().copied().collect();
        (self.bytes - kept.len() as u64, kept)
    }
}

/// A tap that others read while the socket is in use. Clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Tap {
    began: Instant,
    tapped: Arc<Mutex<Tapped>>,
}

impl Tap {
    /// A tap whose times count from this instant.
    pub(crate) fn new(began: Instant) -> Self {
        Self {
            began,
            tapped: Arc::default(),
        }
    }

    /// Reads what it saw.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&mut Tapped) -> T) -> T {
        // Whoever panicked with it left numbers, which are right by themselves.
        look(&mut self.tapped.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A socket with a tap in it.
#[derive(Debug)]
pub(crate) struct TappedSocket<S> {
    pub(crate) socket: S,
    pub(crate) tap: Tap,
}

impl<S: AsyncRead + Unpin> AsyncRead for TappedSocket<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
        let came = &buf.filled()[before..];
        if !came.is_empty() {
            let at = self.tap.began.elapsed();
            self.tap.look(|tapped| tapped.read(at, came));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for TappedSocket<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.socket).poll_write(cx, bytes))?;
        let at = self.tap.began.elapsed();
        self.tap.look(|tapped| tapped.written = Some(at));
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_bytes_are_kept_and_all_are_counted() {
        let mut tapped = Tapped::default();
        let ms = Duration::from_millis;
        tapped.read(ms(5), b"ab");
        tapped.read(ms(9), &vec![b'x'; KEPT - 1]);
        let (before, kept) = tapped.kept();
        assert_eq!((before, kept.len(), &kept[..2]), (1, KEPT, &b"bx"[..]));
        tapped.read(ms(10), &vec![b'y'; 2 * KEPT]);
        let (before, kept) = tapped.kept();
        assert_eq!(
            (before, kept.len(), kept[0]),
            (2 * KEPT as u64 + 1, KEPT, b'y')
        );
        assert_eq!(tapped.reads, 3);
        assert_eq!((tapped.first_read, tapped.last_read), (Some(ms(5)), ms(10)));
    }
}
