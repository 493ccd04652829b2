//! Whether a client is still there while its answer is made elsewhere, and hyper has its socket.
//!
//! hyper does not read while it waits for an answer, and an upstream may take minutes. So a second
//! handle on the socket looks whether the client closed it. A client that only closed its sending
//! side looks the same, and is taken for one that left, as nginx takes it: what it asked for costs
//! somebody else something.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{Interest, Ready};
use tokio::net::TcpStream;

/// How often a socket is looked at that has bytes which nobody reads yet.
const LOOK: Duration = Duration::from_millis(100);

/// A second handle on the socket of a client.
#[derive(Clone, Debug)]
pub(crate) struct Presence(Arc<TcpStream>);

impl Presence {
    /// A handle beside the socket.
    ///
    /// # Errors
    /// The process has no file descriptor left.
    pub(crate) fn beside(socket: &TcpStream) -> io::Result<Self> {
        let second: std::net::TcpStream = SockRef::from(socket).try_clone()?.into();
        Ok(Self(Arc::new(TcpStream::from_std(second)?)))
    }

    /// Resolves when the client closed its side, or the connection is broken.
    pub(crate) async fn left(&self) {
        let mut byte = [0];
        loop {
            match self.0.peek(&mut byte).await {
                Ok(0) | Err(_) => return,
                // Its body, or its next request. The kernel says whether it left behind that, if
                // there was room for all of it.
                Ok(_) if self.has_left_behind().await => return,
                Ok(_) => tokio::time::sleep(LOOK).await,
            }
        }
    }
    /// Whether the client closed its side behind bytes that nobody has read.
    async fn has_left_behind(&self) -> bool {
        let ready = self.0.ready(Interest::READABLE).await;
        ready.is_ok_and(Ready::is_read_closed)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn who_left_behind_bytes_that_nobody_reads_is_noticed() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let at = listener.local_addr().expect("an address");
        let mut client = TcpStream::connect(at).await.expect("it listens");
        let (socket, _) = listener.accept().await.expect("a client");
        let presence = Presence::beside(&socket).expect("a handle");
        client.write_all(b"unread").await.expect("open");
        let soon = |time| tokio::time::timeout(Duration::from_millis(time), presence.left());
        assert!(soon(300).await.is_err(), "it is there");
        drop(client);
        assert!(soon(1000).await.is_ok(), "it left");
        drop(socket);
    }
}
