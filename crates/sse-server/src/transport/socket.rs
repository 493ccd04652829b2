//! The one place that touches the socket of a stream.
//!
//! It counts the bytes that the kernel took, which the client may not have received yet. It notices
//! that the client left. It closes the connection in order, or by a reset. What the bytes mean is
//! the transport's concern.
//!
//! It must never wait. When the kernel is not ready, it registers the waker and returns `Pending`.

use std::io::{self, IoSlice};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;

use crate::connections::Why;
use crate::tap::Tap;

/// How much a client may send behind its request. It was told `connection: close`, so there is
/// nothing to answer; one that sends without end would keep the transport busy and the others
/// waiting.
const UNASKED: u32 = 64 * 1024;

/// Why a socket is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hangup {
    /// It closed the connection.
    Closed,
    /// It reset the connection.
    Reset,
    /// The kernel gave it up: nothing answered for as long as keep-alive and user timeout allow.
    Vanished,
    /// It sends and sends, though nothing is read any more.
    Talks,
}

impl Hangup {
    /// As the table says it.
    pub(crate) fn why(self) -> Why {
        match self {
            Hangup::Closed => Why::Closed,
            Hangup::Reset => Why::Reset,
            Hangup::Vanished => Why::Vanished,
            Hangup::Talks => Why::TalksTooMuch,
        }
    }
}

impl From<io::Error> for Hangup {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => Hangup::Vanished,
            _ => Hangup::Reset,
        }
    }
}

/// The socket of one stream.
#[derive(Debug)]
pub(crate) struct Socket {
    socket: TcpStream,
    /// Bytes that the kernel took, whatever stands before the first event included. The table
    /// counts them, and by them the tap knows the place of each piece.
    taken: u64,
    /// Bytes that came behind the request.
    unasked: u32,
    /// Whether the client said that it sends no more.
    half_closed: bool,
}

impl Socket {
    /// A socket that was sent these bytes of the connection already.
    pub(crate) fn new(socket: TcpStream, before: &[u8], tap: Option<&Tap>) -> Self {
        if let Some(tap) = tap.filter(|_| !before.is_empty()) {
            tap.take(0, &[before], 0, before.len());
        }
        Self {
            socket,
            taken: before.len() as u64,
            unasked: 0,
            half_closed: false,
        }
    }

    /// Bytes that the kernel took so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Hands over `parts` from the byte `at` on, as much as the kernel takes now, and moves `at`
    /// on. What it took the tap is given too. `Ready` when it took everything.
    pub(crate) fn poll_send(
        &mut self,
        cx: &mut Context<'_>,
        parts: &[&[u8]],
        at: &mut usize,
        tap: Option<&Tap>,
    ) -> Poll<Result<(), Hangup>> {
        let (from, taken) = (*at, self.taken);
        let sent = self.poll_send_rest(cx, parts, at);
        if let Some(tap) = tap {
            tap.take(taken, parts, from, *at);
        }
        sent
    }

    fn poll_send_rest(
        &mut self,
        cx: &mut Context<'_>,
        parts: &[&[u8]],
        at: &mut usize,
    ) -> Poll<Result<(), Hangup>> {
        loop {
            let mut slices = [IoSlice::new(b""); 4];
            let slices = rest(parts, *at, &mut slices);
            let sent = match slices {
                [] => return Poll::Ready(Ok(())),
                // Not by way of what tokio knows of the socket: that is far away in memory, and
                // with many subscribers the look alone was 2 % of all time. A refusal has to be
                // found by tokio too, which otherwise would not watch for room.
                [one] => match SockRef::from(&self.socket).send(one) {
                    Err(e) if e.kind() == io::ErrorKind::WouldBlock => self.socket.try_write(one),
                    sent => sent,
                },
                several => self.socket.try_write_vectored(several),
            };
            match sent {
                Ok(n) => {
                    *at += n;
                    self.taken += n as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {
                    if let Err(e) = ready!(self.socket.poll_write_ready(cx)) {
                        return Poll::Ready(Err(self.left(e)));
                    }
                }
                Err(e) => return Poll::Ready(Err(self.left(e))),
            }
        }
    }

    /// `Ready` when the other side is gone. What it still sends is thrown away, up to a bound.
    ///
    /// A client that closed its side may have left or may only have nothing more to send: from here
    /// the two look alike. Whoever left answers the next bytes with a reset, so such a client has
    /// to be sent some: see [`is_half_closed`](Self::is_half_closed).
    pub(crate) fn poll_left(&mut self, cx: &mut Context<'_>) -> Poll<Hangup> {
        if self.half_closed {
            return self.look_for_reset();
        }
        loop {
            if let Err(e) = ready!(self.socket.poll_read_ready(cx)) {
                return Poll::Ready(e.into());
            }
            let mut scratch = [0; 4096];
            match self.socket.try_read(&mut scratch) {
                Ok(0) => {
                    self.half_closed = true;
                    return Poll::Pending;
                }
                Ok(n) => {
                    self.unasked += u32::try_from(n).unwrap_or(u32::MAX);
                    if self.unasked > UNASKED {
                        return Poll::Ready(Hangup::Talks);
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return Poll::Ready(e.into()),
            }
        }
    }

    /// Whether the client said that it sends no more.
    pub(crate) fn is_half_closed(&self) -> bool {
        self.half_closed
    }

    /// Nothing wakes for this: what there is to read of a half-closed socket, its end, was read.
    fn look_for_reset(&self) -> Poll<Hangup> {
        match SockRef::from(&self.socket).take_error() {
            Ok(None) => Poll::Pending,
            Ok(Some(e)) | Err(e) => Poll::Ready(self.left(e)),
        }
    }

    /// Why the socket is of no more use. Who closed its side and then resets what comes has left in
    /// order.
    fn left(&self, error: io::Error) -> Hangup {
        match Hangup::from(error) {
            Hangup::Reset if self.half_closed => Hangup::Closed,
            left => left,
        }
    }

    /// Whether the client sent something behind its request. Closing over bytes that were not read,
    /// or that are still under way, would reset what the client has yet to read.
    pub(crate) fn talked(&self) -> bool {
        self.unasked > 0
    }

    /// Says that nothing more comes. Answers whether the socket took that.
    pub(crate) fn shut_down(&self) -> bool {
        SockRef::from(&self.socket)
            .shutdown(std::net::Shutdown::Write)
            .is_ok()
    }

    /// Ends at once with a reset, so that neither the kernel nor the client waits for bytes that
    /// will not be sent.
    pub(crate) fn reset(self) {
        // A socket that refuses the option is closed in the ordinary way.
        _ = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
    }
}

/// What of `parts` is left from the byte `at` on, empty ones left out.
fn rest<'a, 'b>(
    parts: &[&'a [u8]],
    mut at: usize,
    slices: &'b mut [IoSlice<'a>; 4],
) -> &'b [IoSlice<'a>] {
    let mut used = 0;
    for part in parts {
        let skipped = at.min(part.len());
        at -= skipped;
        if skipped < part.len() {
            slices[used] = IoSlice::new(&part[skipped..]);
            used += 1;
        }
    }
    &slices[..used]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_of_the_parts_begins_at_any_byte() {
        let parts: [&[u8]; 4] = [b"abc", b"", b"de", b"f"];
        for at in 0..=6 {
            let mut slices = [IoSlice::new(b""); 4];
            let rest = rest(&parts, at, &mut slices);
            let text: Vec<u8> = rest
                .iter()
                .flat_map(|slice| slice.iter().copied())
                .collect();
            assert_eq!(text, b"abcdef"[at..]);
            assert!(rest.iter().all(|slice| !slice.is_empty()));
        }
    }
}
