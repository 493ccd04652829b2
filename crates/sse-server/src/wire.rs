//! The wire: the one place that touches a stream's socket.
//!
//! It counts the bytes that the kernel took (which is not yet what the client received), notices that
//! the client left, and ends the connection in order or by a reset. What goes over it is the
//! transport's business.

use std::io::{self, IoSlice};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use socket2::SockRef;
use tokio::net::TcpStream;

/// How much a client may send behind its request. It was told `connection: close`, so there is nothing to
/// answer; one that sends without end would keep its task busy and the others waiting.
const UNASKED: usize = 64 * 1024;

/// Why a socket is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Left {
    /// It closed its side. A client that only half-closes counts as gone: EventSource never does, and
    /// waiting would leave a closed tab in the table until its next event.
    Closed,
    /// It reset the connection.
    Reset,
    /// The kernel gave it up: nothing answered for as long as keep-alive and user timeout allow.
    Vanished,
    /// It sends and sends, though nothing is read any more.
    Talks,
}

impl From<io::Error> for Left {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut
            | io::ErrorKind::HostUnreachable
            | io::ErrorKind::NetworkUnreachable => Left::Vanished,
            _ => Left::Reset,
        }
    }
}

/// The socket of one stream.
#[derive(Debug)]
pub(crate) struct Wire {
    socket: TcpStream,
    taken: u64,
    /// Bytes that came behind the request.
    unasked: AtomicUsize,
}

impl Wire {
    pub(crate) fn new(socket: TcpStream) -> Self {
        Self {
            socket,
            taken: 0,
            unasked: AtomicUsize::new(0),
        }
    }

    /// Bytes that the kernel took so far.
    pub(crate) fn taken(&self) -> u64 {
        self.taken
    }

    /// Hands over as much as the kernel takes now; 0 when it takes nothing.
    pub(crate) fn try_send(&mut self, head: &[u8], rest: &[u8]) -> Result<usize, Left> {
        let sent = match head {
            [] => self.socket.try_write(rest),
            _ => self
                .socket
                .try_write_vectored(&[IoSlice::new(head), IoSlice::new(rest)]),
        };
        match sent {
            Ok(n) => {
                self.taken += n as u64;
                Ok(n)
            }
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => Ok(0),
            Err(e) => Err(e.into()),
        }
    }

    /// Resolves when the kernel may take more. Safe to drop and call again.
    pub(crate) async fn writable(&self) -> Result<(), Left> {
        Ok(self.socket.writable().await?)
    }

    /// Resolves when the other side is gone. What it still sends is thrown away, up to a bound. Safe to drop
    /// and call again.
    pub(crate) async fn left(&self) -> Left {
        loop {
            if let Err(e) = self.socket.readable().await {
                return e.into();
            }
            match self.discard() {
                Ok(0) => return Left::Closed,
                Ok(n) => {
                    if self.unasked.fetch_add(n, Ordering::Relaxed) + n > UNASKED {
                        return Left::Talks;
                    }
                }
                Err(e) if e.kind() == io::ErrorKind::WouldBlock => {}
                Err(e) => return e.into(),
            }
        }
    }

    /// Not async, so that the buffer is on the stack for a moment and not in every connection's task.
    fn discard(&self) -> io::Result<usize> {
        let mut scratch = [0; 4096];
        self.socket.try_read(&mut scratch)
    }

    /// Ends in order: says that nothing more comes, and lets the client close first for at most
    /// `patience`, since closing over unread bytes would reset what it has yet to read.
    pub(crate) async fn finish(self, patience: Duration) {
        if SockRef::from(&self.socket)
            .shutdown(std::net::Shutdown::Write)
            .is_ok()
            && !patience.is_zero()
        {
            // Either way the socket is closed now.
            _ = tokio::time::timeout(patience, self.left()).await;
        }
    }

    /// Ends at once with a reset, so that neither the kernel nor the client waits for bytes that will
    /// not be sent.
    pub(crate) fn reset(self) {
        // A socket that refuses the option is closed in the ordinary way.
        _ = SockRef::from(&self.socket).set_linger(Some(Duration::ZERO));
    }
}
