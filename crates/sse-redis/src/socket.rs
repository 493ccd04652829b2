//! The socket below a connection: TCP, TLS, or a socket of this machine.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, ready};

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use crate::address::Host;
use crate::failure::TOO_LARGE;
use crate::tls;

/// The largest answer, in bytes. One that is larger ends the connection.
const MAX_ANSWER: usize = 64 * 1024 * 1024;

trait Bytes: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Bytes for T {}

/// A socket that counts what it receives.
pub(crate) struct Socket {
    bytes: Box<dyn Bytes>,
    /// Bytes since the last answer. Whoever takes an answer sets it to 0.
    received: Arc<AtomicUsize>,
}

impl Socket {
    /// Opens one to a host, with TLS if there is a configuration for it. The error is in words.
    pub(crate) async fn open(host: &Host, tls: Option<Arc<ClientConfig>>) -> Result<Self, String> {
        let socket = TcpStream::connect((&*host.name, host.port));
        let socket = socket.await.map_err(|e| unreachable(host, &e))?;
        socket
            .set_nodelay(true)
            .map_err(|e| unreachable(host, &e))?;
        let Some(tls) = tls else {
            return Ok(Self::new(socket));
        };
        let name = ServerName::try_from(host.name.clone());
        let name = name
            .map_err(|_| format!("a certificate cannot have the name {host}: use another name"))?;
        let socket = TlsConnector::from(tls).connect(name, socket).await;
        Ok(Self::new(socket.map_err(|e| tls::reason(&e))?))
    }

    /// Opens a socket of this machine.
    #[cfg(unix)]
    pub(crate) async fn open_unix(path: &Path) -> Result<Self, String> {
        let socket = tokio::net::UnixStream::connect(path).await;
        Ok(Self::new(socket.map_err(|e| match e.kind() {
            ErrorKind::NotFound => {
                "there is no such socket: start the engine, or correct the URL".to_owned()
            }
            ErrorKind::ConnectionRefused => {
                "nothing listens at this socket: start the engine, or correct the URL".to_owned()
            }
            _ => e.to_string(),
        })?))
    }

    /// This system has none.
    #[cfg(not(unix))]
    pub(crate) async fn open_unix(_: &Path) -> Result<Self, String> {
        Err("this system has no such sockets: name a host".to_owned())
    }

    fn new(bytes: impl Bytes + 'static) -> Self {
        Self {
            bytes: Box::new(bytes),
            received: Arc::default(),
        }
    }

    /// What counts the bytes since the last answer.
    pub(crate) fn received(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.received)
    }
}

fn unreachable(host: &Host, e: &io::Error) -> String {
    match e.kind() {
        ErrorKind::ConnectionRefused => {
            format!("nothing listens at {host}: start the engine there, or correct the URL")
        }
        ErrorKind::TimedOut => format!("{host} does not answer"),
        _ => format!("{host} cannot be reached: {e}"),
    }
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.bytes).poll_read(cx, buf))?;
        let read = buf.filled().len() - before;
        let received = self.received.fetch_add(read, Ordering::Relaxed) + read;
        Poll::Ready(match received > MAX_ANSWER {
            true => Err(io::Error::new(ErrorKind::ConnectionAborted, TOO_LARGE)),
            false => Ok(()),
        })
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.bytes).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.bytes).poll_shutdown(cx)
    }
}
