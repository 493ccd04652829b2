//! What a client sent of a request, byte for byte. hyper keeps neither the letters of a field's
//! name nor the order of fields that are repeated.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, ready};

use hyper::rt::ReadBufCursor;
use sse_engine::lock::lock;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::net::TcpStream;

/// What is read at once while a head is awaited, and what is kept of it.
const MOST: usize = 16 * 1024;

thread_local! {
    /// Where bytes are read to, before hyper and a copy of them get them.
    static READ: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What a connection received since its last answer, and before its next request.
///
/// How to drive it: the socket reads with [`poll_read`](Self::poll_read). The handler takes the
/// bytes with [`take`](Self::take) when a request begins, and calls [`listen`](Self::listen) when
/// its answer is made. Between the two nothing is kept: that is the request's body.
#[derive(Debug)]
pub(super) struct Heard(Mutex<Bytes>);

#[derive(Debug)]
struct Bytes {
    /// Whether a head is awaited.
    awaited: bool,
    /// What came of it, [`MOST`] at most: a head that is larger is not read.
    bytes: Vec<u8>,
}

impl Heard {
    pub(super) fn new() -> Self {
        Self(Mutex::new(Bytes {
            awaited: true,
            bytes: Vec::new(),
        }))
    }

    /// What was received of the request that begins, and perhaps of those behind it.
    pub(super) fn take(&self) -> Vec<u8> {
        let mut heard = self.lock();
        heard.awaited = false;
        std::mem::take(&mut heard.bytes)
    }

    /// The next request may come.
    pub(super) fn listen(&self) {
        self.lock().awaited = true;
    }

    /// Whether a head is awaited, of which there is room for more.
    pub(super) fn listens(&self) -> bool {
        let heard = self.lock();
        heard.awaited && heard.bytes.len() < MOST
    }

    /// Reads from the socket for hyper, and keeps a copy.
    pub(super) fn poll_read(
        &self,
        socket: &mut TcpStream,
        cx: &mut Context<'_>,
        mut buf: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        READ.with_borrow_mut(|room| {
            room.resize(MOST, 0);
            let most = buf.remaining().min(MOST);
            let mut read = ReadBuf::new(&mut room[..most]);
            ready!(Pin::new(socket).poll_read(cx, &mut read))?;
            buf.put_slice(read.filled());
            let mut heard = self.lock();
            let most = read.filled().len().min(MOST - heard.bytes.len());
            heard.bytes.extend_from_slice(&read.filled()[..most]);
            Poll::Ready(Ok(()))
        })
    }

    fn lock(&self) -> MutexGuard<'_, Bytes> {
        lock(&self.0)
    }
}
