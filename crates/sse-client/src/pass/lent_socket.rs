//! A socket that is lent to hyper, until whoever reads the body takes the reading of it back.
//!
//! hyper writes the request and reads the heads of the answer. Of a body in chunks it would hand
//! out each chunk by itself, which for the small chunks of a stream costs several times what it
//! costs to read the stream. So hyper is given no byte behind a head before it is known who reads
//! the body.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// How long all heads of an answer may be together, in bytes: those too that come before the last
/// one, such as `103 Early Hints`, of which there may be any number (RFC 9110 15.2).
const LONGEST_HEADS: usize = 128 * 1024;

/// How long `HTTP/1.1 200` is.
const STATUS: usize = 12;

/// The end of whoever lends. It reads the body, or leaves that to hyper.
pub(super) struct Lender<S>(Arc<Mutex<Shared<S>>>);

/// The end of hyper.
pub(super) struct LentSocket<S>(Arc<Mutex<Shared<S>>>);

struct Shared<S> {
    socket: S,
    /// What was read behind a head and is yet to be handed out.
    behind: Vec<u8>,
    /// How much of that was handed out.
    at: usize,
    /// What hyper may read.
    reads: Reads,
    /// Where the heads are.
    heads: Heads,
}

/// What hyper may read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reads {
    /// Up to the end of the last head.
    Heads,
    /// Nothing, since the last head was read.
    Nothing,
    /// Everything.
    All,
}

/// Finds where heads end.
#[derive(Debug, Default)]
struct Heads {
    /// How the head under way begins, up to the last digit of its status. It is empty until a line
    /// has something in it: hyper skips blank ones.
    begins: Vec<u8>,
    /// Whether nothing but a CR came behind the last line end.
    is_blank: bool,
    /// How many bytes were read.
    length: usize,
    /// Whether the last head was read.
    are_over: bool,
}

/// Lends a socket.
pub(super) fn lend<S>(socket: S) -> (Lender<S>, LentSocket<S>) {
    let shared = Arc::new(Mutex::new(Shared {
        socket,
        behind: Vec::new(),
        at: 0,
        reads: Reads::Heads,
        heads: Heads::default(),
    }));
    (Lender(Arc::clone(&shared)), LentSocket(shared))
}

impl<S: AsyncRead + Unpin> Lender<S> {
    /// Leaves the body to hyper.
    pub(super) fn leave(self) {
        lock(&self.0).reads = Reads::All;
    }

    /// Whether the heads were longer than they may be.
    pub(super) fn has_long_heads(&self) -> bool {
        lock(&self.0).heads.are_too_long()
    }

    /// Reads what follows the last head.
    pub(super) fn poll_read(
        &mut self,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        lock(&self.0).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + Unpin> Shared<S> {
    fn poll_read(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let behind = &self.behind[self.at..];
        if behind.is_empty() {
            return Pin::new(&mut self.socket).poll_read(cx, buf);
        }
        let length = behind.len().min(buf.remaining());
        self.hand_out(length, buf);
        Poll::Ready(Ok(()))
    }

    /// The same, up to the end of a head.
    fn poll_head(&mut self, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.at == self.behind.len() {
            let before = buf.filled().len();
            ready!(Pin::new(&mut self.socket).poll_read(cx, buf))?;
            let read = &buf.filled()[before..];
            let head = self.heads.read(read);
            self.behind.extend_from_slice(&read[head..]);
            buf.set_filled(before + head);
        } else {
            let behind = &self.behind[self.at..];
            let head = self
                .heads
                .read(&behind[..behind.len().min(buf.remaining())]);
            self.hand_out(head, buf);
        }
        if self.heads.are_over {
            self.reads = Reads::Nothing;
        }
        match self.heads.are_too_long() {
            true => Poll::Ready(Err(io::ErrorKind::InvalidData.into())),
            false => Poll::Ready(Ok(())),
        }
    }

    /// Hands out so many bytes of what was read before.
    fn hand_out(&mut self, length: usize, buf: &mut ReadBuf<'_>) {
        buf.put_slice(&self.behind[self.at..self.at + length]);
        self.at += length;
        if self.at == self.behind.len() {
            (self.behind, self.at) = (Vec::new(), 0);
        }
    }
}

impl Heads {
    /// Reads the next bytes up to the end of the head under way. Answers how many those are. A line
    /// may end with a LF alone, as for hyper.
    fn read(&mut self, bytes: &[u8]) -> usize {
        let end = bytes.iter().position(|byte| self.ends_with(*byte));
        let length = end.map_or(bytes.len(), |last| last + 1);
        self.length += length;
        if end.is_some() {
            self.are_over = !is_interim(&self.begins);
            self.begins.clear();
            self.is_blank = false;
        }
        length
    }

    /// Whether the head ends with its next byte.
    fn ends_with(&mut self, byte: u8) -> bool {
        match byte {
            b'\n' if self.is_blank && !self.begins.is_empty() => return true,
            b'\n' => self.is_blank = true,
            b'\r' => {}
            byte => {
                self.is_blank = false;
                if self.begins.len() < STATUS {
                    self.begins.push(byte);
                }
            }
        }
        false
    }

    fn are_too_long(&self) -> bool {
        self.length > LONGEST_HEADS
    }
}

/// Whether another head follows one that begins so (RFC 9110 15.2). Behind 101 no HTTP does.
fn is_interim(begins: &[u8]) -> bool {
    let status = begins.get(STATUS - 4..).unwrap_or_default();
    status.starts_with(b" 1") && status != b" 101"
}

impl<S: AsyncRead + Unpin> AsyncRead for LentSocket<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut shared = lock(&self.0);
        match shared.reads {
            Reads::Heads => shared.poll_head(cx, buf),
            Reads::All => shared.poll_read(cx, buf),
            Reads::Nothing => Poll::Pending,
        }
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for LentSocket<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut lock(&self.0).socket).poll_write(cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(&self.0).socket).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut lock(&self.0).socket).poll_shutdown(cx)
    }
}

fn lock<S>(shared: &Mutex<Shared<S>>) -> MutexGuard<'_, Shared<S>> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use tokio::io::{AsyncWriteExt, DuplexStream};

    use super::*;

    /// What one read brings, which may have so many bytes; nothing where it has to wait.
    fn once(most: usize, mut read: impl FnMut(&mut ReadBuf<'_>) -> bool) -> Option<String> {
        let mut bytes = vec![0; most];
        let mut buf = ReadBuf::new(&mut bytes);
        read(&mut buf).then(|| String::from_utf8_lossy(buf.filled()).into_owned())
    }

    async fn hyper_reads(lent: &mut LentSocket<DuplexStream>, most: usize) -> Option<String> {
        // A task has only so many reads in one go.
        tokio::task::yield_now().await;
        let mut cx = Context::from_waker(Waker::noop());
        once(most, |buf| {
            let read = Pin::new(&mut *lent).poll_read(&mut cx, buf);
            matches!(read, Poll::Ready(Ok(())))
        })
    }

    fn we_read(lender: &mut Lender<DuplexStream>) -> Option<String> {
        let mut cx = Context::from_waker(Waker::noop());
        once(1000, |buf| lender.poll_read(&mut cx, buf).is_ready())
    }

    async fn sent(text: &str) -> (Lender<DuplexStream>, LentSocket<DuplexStream>, DuplexStream) {
        let (mut server, socket) = tokio::io::duplex(1 << 20);
        server.write_all(text.as_bytes()).await.expect("room");
        let (lender, lent) = lend(socket);
        (lender, lent, server)
    }

    const HEAD: &str = "HTTP/1.1 200 OK\r\na: b\r\n\r\n";

    #[tokio::test]
    async fn hyper_reads_the_last_head_and_nothing_behind_it() {
        for before in [
            "",
            "\r\n\n",
            "HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n",
            "HTTP/1.1 100 Continue\n\nHTTP/1.0 199 \r\n\n\r\n",
        ] {
            for most in [1, 3, 1000] {
                let text = format!("{before}{HEAD}data\n\ndata\n\n");
                let (mut lender, mut lent, mut server) = sent(&text).await;
                let mut read = String::new();
                while let Some(part) = hyper_reads(&mut lent, most).await {
                    read += &part;
                }
                assert_eq!(read, format!("{before}{HEAD}"));
                server.write_all(b"more").await.expect("room");
                assert_eq!(hyper_reads(&mut lent, most).await, None);
                let mut behind = String::new();
                while let Some(part) = we_read(&mut lender) {
                    behind += &part;
                }
                assert_eq!(behind, "data\n\ndata\n\nmore");
            }
        }
    }

    #[tokio::test]
    async fn a_body_that_is_left_to_hyper_is_read_by_it() {
        let (lender, mut lent, _server) = sent(&format!("{HEAD}a\n\nb")).await;
        assert_eq!(hyper_reads(&mut lent, 1000).await.as_deref(), Some(HEAD));
        assert_eq!(hyper_reads(&mut lent, 1000).await, None);
        lender.leave();
        assert_eq!(hyper_reads(&mut lent, 2).await.as_deref(), Some("a\n"));
        assert_eq!(hyper_reads(&mut lent, 1000).await.as_deref(), Some("\nb"));
    }

    #[tokio::test]
    async fn another_protocol_is_the_last_that_is_read() {
        let head = "HTTP/1.1 101 Switching Protocols\r\n\r\n";
        let (_lender, mut lent, _server) = sent(&format!("{head}raw\n\n")).await;
        assert_eq!(hyper_reads(&mut lent, 1000).await.as_deref(), Some(head));
        assert_eq!(hyper_reads(&mut lent, 1000).await, None);
    }

    #[tokio::test]
    async fn heads_are_not_endless() {
        let hint = "HTTP/1.1 103 Early Hints\r\n\r\n";
        let (lender, mut lent, _server) = sent(&hint.repeat(LONGEST_HEADS / hint.len() + 1)).await;
        let mut read = 0;
        while let Some(part) = hyper_reads(&mut lent, 1000).await {
            assert!(!lender.has_long_heads());
            read += part.len();
        }
        assert!(lender.has_long_heads());
        assert!(read > LONGEST_HEADS - hint.len(), "{read}");
    }
}
