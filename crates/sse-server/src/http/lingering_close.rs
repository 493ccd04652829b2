//! Closes a connection whose client may still be sending, in stages (RFC 9112 9.6).
//!
//! A socket that is closed over unread bytes is reset. The reset discards the last answer before
//! the client has read it. So the server first closes its own sending side, then reads for a while,
//! and then closes the connection.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// What a client may still send, in bytes: more than any body that somebody sends by mistake, and
/// read in no time.
const MOST: usize = 64 * 1024 * 1024;

/// How long it may take over that.
const LONGEST: Duration = Duration::from_secs(10);

/// How long it may send nothing.
const SILENCE: Duration = Duration::from_secs(2);

/// Sends the last words, if there are any, and closes when the client has closed, has sent too much
/// or too slowly, or the server stops.
pub(crate) async fn close(mut socket: TcpStream, last_words: &[u8], stop: &CancellationToken) {
    let parted = async {
        if !last_words.is_empty() {
            socket.write_all(last_words).await?;
        }
        socket.shutdown().await?;
        let mut scratch = vec![0; 16 * 1024];
        let mut left = MOST;
        while left > 0 {
            match tokio::time::timeout(SILENCE, socket.read(&mut scratch)).await {
                Ok(Ok(n @ 1..)) => left = left.saturating_sub(n),
                _ => break,
            }
        }
        Ok::<_, std::io::Error>(())
    };
    tokio::select! {
        biased;
        () = stop.cancelled() => {}
        _ = tokio::time::timeout(LONGEST, parted) => {}
    }
}
