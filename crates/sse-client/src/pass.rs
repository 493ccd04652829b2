//! One request that somebody else made, passed on as it is, and its answer as it comes.
//!
//! Nothing is buffered: the body of the request is read while it is sent, and a piece of the answer
//! is there when it was read. It is one connection for one request, and no redirect is followed.
//! Whoever has seen enough drops the answer, which closes the connection.
//!
//! | module | what it is for |
//! |---|---|
//! | `lent_socket` | hyper reads the heads of an answer, and a body in chunks is read here |
//! | `chunk_reader` | such a body without its chunks |

mod chunk_reader;
mod lent_socket;

use std::error::Error as StdError;
use std::fmt;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::body::{Body, Bytes, Frame, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::http::{request, response};
use hyper::{Request, Response, StatusCode, Uri, header};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::io::ReadBuf;
use tokio::task::AbortHandle;

use crate::connect::{Dial, DialStep, Socket};
use crate::early_response::EarlyResponse;
use crate::error::Error;
use crate::exchange::End;
use crate::url::Url;
use crate::watch::{end_of, end_of_socket, failure};
use chunk_reader::ChunkReader;
use lent_socket::{Lender, lend};

/// The longest head of an answer, and how much of an answer is read in one go, in bytes.
const READ: usize = 64 * 1024;

/// The most headers of an answer.
const HEADERS: usize = 1_000;

/// What a server of HTTP/2 may send before it is read on, in bytes.
const WINDOW: u32 = 128 * 1024;

/// How long the steps of a request took that was passed on, from its beginning.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassTimes {
    /// Until the connection was there, TLS included.
    pub connect: Option<Duration>,
    /// Until the head of the answer was there.
    pub head: Option<Duration>,
}

/// An answer whose head was read.
#[derive(Debug)]
pub struct Passed {
    /// Its head, with all fields.
    pub head: response::Parts,
    /// Its body.
    pub body: PassedBody,
}

/// The body of an answer. Its drop closes the connection.
pub struct PassedBody {
    body: Incoming,
    /// Where the body is read here, and not out of `body`.
    chunks: Option<Box<Chunks>>,
    driver: Driver,
    is_http2: bool,
    /// How it ended, once it has.
    end: Option<End>,
}

/// A body that ended before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("The answer was {0}: ask again.")]
pub struct BrokenOff(pub End);

/// A body in chunks, which is read here: hyper hands out each chunk by itself.
struct Chunks {
    lender: Lender<Socket>,
    reader: ChunkReader,
}

/// What reads and writes the connection.
enum Driver {
    /// Over HTTP/1 whoever reads the answer does both: no other task is woken for a piece.
    Here(Option<Driven>),
    /// Over HTTP/2 a task of its own, which ends with this.
    Task(AbortHandle),
}

type Driven = Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>;

impl Drop for Driver {
    fn drop(&mut self) {
        if let Self::Task(task) = self {
            task.abort();
        }
    }
}

impl Driver {
    /// What goes wrong comes out of the answer and its body too.
    fn poll(&mut self, cx: &mut Context<'_>) {
        if let Self::Here(here) = self
            && let Some(connection) = here
            && connection.as_mut().poll(cx).is_ready()
        {
            *here = None;
        }
    }

    /// Whether there is nobody left who would write the rest of the request.
    fn is_gone(&self) -> bool {
        matches!(self, Self::Here(None))
    }

    async fn until<T>(&mut self, answer: impl Future<Output = T>) -> T {
        let mut answer = pin!(answer);
        std::future::poll_fn(|cx| {
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            self.poll(cx);
            answer.as_mut().poll(cx)
        })
        .await
    }
}

/// Passes a request on to the server of `url`. The method, the fields and the body of the request
/// are sent as they are, but for Host, which is the server's; its target is that of `url`. `times`
/// has what was done, also where it fails.
///
/// Fields that are of one connection only (RFC 9110 7.6.1) must have been removed.
///
/// # Errors
/// There is no connection, no answer, or one that is not HTTP.
pub async fn pass<B>(
    (mut head, body): (request::Parts, B),
    url: &Url,
    dial: &Dial,
    times: &mut PassTimes,
) -> Result<Passed, Error>
where
    B: Body<Data = Bytes> + Send + Unpin + 'static,
    B::Error: Into<Box<dyn StdError + Send + Sync>>,
{
    let began = Instant::now();
    let connection = dial
        .connect(url, |step| {
            if matches!(step, DialStep::Connect | DialStep::Tls) {
                times.connect = Some(began.elapsed());
            }
        })
        .await?;
    let is_http2 = connection.is_http2;
    let bad = || Error::BadUrl(url.whole());
    head.version = hyper::Version::HTTP_11;
    head.headers.remove(header::HOST);
    let host = url.host_header();
    let target = url.target(&[]);
    let target = match is_http2 || connection.is_proxied {
        true => {
            let authority = host.to_str().map_err(|_| bad())?;
            format!("{}://{authority}{target}", url.scheme.name())
        }
        false => target,
    };
    head.uri = target.parse::<Uri>().map_err(|_| bad())?;
    if !is_http2 {
        head.headers.insert(header::HOST, host);
    }
    if let Some(authorization) = &connection.proxy_authorization {
        let name = header::PROXY_AUTHORIZATION;
        head.headers.insert(name, authorization.clone());
    }
    if !is_http2 && body.size_hint().exact().is_none() {
        // Else hyper sends no body of unknown length with a GET or HEAD.
        let chunked = header::HeaderValue::from_static("chunked");
        head.headers.insert(header::TRANSFER_ENCODING, chunked);
    }
    let request = Request::from_parts(head, body);
    let failed = |e: hyper::Error| failure(&e, url);
    let (answer, driver, lender) = if is_http2 {
        let socket = TokioIo::new(EarlyResponse(connection.socket));
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.max_header_list_size(READ as u32);
        builder.initial_stream_window_size(WINDOW);
        builder.initial_connection_window_size(WINDOW);
        let (mut sender, connection) = builder.handshake(socket).await.map_err(failed)?;
        let driver = Driver::Task(tokio::spawn(connection).abort_handle());
        (sender.send_request(request).await, driver, None)
    } else {
        let (lender, socket) = lend(connection.socket);
        let socket = TokioIo::new(EarlyResponse(socket));
        let mut builder = http1::Builder::new();
        builder.max_buf_size(READ);
        builder.max_headers(HEADERS);
        let (mut sender, connection) = builder.handshake(socket).await.map_err(failed)?;
        let mut driver = Driver::Here(Some(Box::pin(connection)));
        let answer = driver.until(sender.send_request(request)).await;
        (answer, driver, Some(lender))
    };
    let answer: Response<Incoming> = match (answer, &lender) {
        (Err(_), Some(lender)) if lender.has_long_heads() => {
            return Err(Error::LongHead {
                server: url.to_string(),
            });
        }
        (answer, _) => answer.map_err(failed)?,
    };
    if answer.status() == StatusCode::SWITCHING_PROTOCOLS {
        // No protocol was asked for, so what follows means nothing to anybody.
        return Err(Error::NotHttp {
            server: url.to_string(),
        });
    }
    times.head = Some(began.elapsed());
    let chunks = lender.and_then(|lender| Chunks::of(&answer, lender));
    let (head, body) = answer.into_parts();
    Ok(Passed {
        head,
        body: PassedBody {
            body,
            chunks,
            driver,
            is_http2,
            end: None,
        },
    })
}

impl PassedBody {
    /// How it ended, once it has.
    pub fn end(&self) -> Option<End> {
        self.end
    }

    /// The next piece; nothing once it has ended, which [`end`](Self::end) then tells. It is what
    /// one read brought, without the chunks.
    pub fn poll_piece(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if let Poll::Ready(piece) = self.poll_read(cx) {
            return Poll::Ready(piece);
        }
        self.driver.poll(cx);
        if self.chunks.is_some() && self.driver.is_gone() {
            // The request broke off.
            self.end = Some(End::Cut);
        }
        self.poll_read(cx)
    }

    /// Goes on with the body of the request, which may be under way still, while nobody takes a
    /// piece of the answer.
    pub fn poll_request(&mut self, cx: &mut Context<'_>) {
        self.driver.poll(cx);
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        match &mut self.chunks {
            Some(chunks) if self.end.is_none() => {
                let (piece, end) = ready!(chunks.poll_read(cx));
                self.end = end;
                Poll::Ready(piece)
            }
            Some(_) => Poll::Ready(None),
            None => self.poll_body(cx),
        }
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while self.end.is_none() {
            self.end = Some(match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Poll::Ready(Some(data)),
                    // Trailers are of no use to whoever reads a stream.
                    _ => continue,
                },
                None if self.is_http2 && !self.body.is_end_stream() => End::Cut,
                None => End::InOrder,
                Some(Err(e)) => end_of(&e),
            });
        }
        Poll::Ready(None)
    }
}

impl Chunks {
    /// Reads the body of an answer, where it is in chunks.
    fn of(answer: &Response<Incoming>, lender: Lender<Socket>) -> Option<Box<Self>> {
        let mut codings = answer.headers().get_all(header::TRANSFER_ENCODING).iter();
        let (first, second) = (codings.next(), codings.next());
        let is_chunked = first.is_some_and(|it| it.as_bytes().eq_ignore_ascii_case(b"chunked"));
        // An answer to HEAD says so too, and has no body.
        let has_body = answer.body().size_hint().exact().is_none();
        if !is_chunked || second.is_some() || !has_body {
            lender.leave();
            return None;
        }
        let reader = ChunkReader::new();
        Some(Box::new(Self { lender, reader }))
    }

    /// What the next read brings, or how the body ends, or both.
    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<(Option<Bytes>, Option<End>)> {
        // On the stack, so that a stream that is quiet holds no buffer.
        let mut bytes = [const { MaybeUninit::uninit() }; READ];
        loop {
            let mut buf = ReadBuf::uninit(&mut bytes);
            if let Err(e) = ready!(self.lender.poll_read(cx, &mut buf)) {
                return Poll::Ready((None, Some(end_of_socket(&e))));
            }
            let read = buf.filled();
            if read.is_empty() {
                return Poll::Ready((None, Some(End::Cut)));
            }
            let mut data = Vec::with_capacity(read.len());
            let end = match self.reader.read(read, &mut data) {
                Ok(()) if self.reader.is_whole() => Some(End::InOrder),
                Ok(()) => None,
                Err(_) => Some(End::Cut),
            };
            // Of many small chunks that is much less, and it may have to wait.
            if data.len() < read.len() / 2 {
                data.shrink_to_fit();
            }
            match (data.is_empty(), end) {
                (true, None) => {}
                (true, end) => return Poll::Ready((None, end)),
                (false, end) => return Poll::Ready((Some(data.into()), end)),
            }
        }
    }
}

/// Of no stated length, since its head says what is known of that. A body that did not end in order
/// is an error.
impl Body for PassedBody {
    type Data = Bytes;
    type Error = BrokenOff;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenOff>>> {
        let this = self.get_mut();
        Poll::Ready(match ready!(this.poll_piece(cx)) {
            Some(piece) => Some(Ok(Frame::data(piece))),
            None => match this.end {
                None | Some(End::InOrder) => None,
                Some(end) => Some(Err(BrokenOff(end))),
            },
        })
    }

    fn is_end_stream(&self) -> bool {
        self.end.is_none() && self.body.is_end_stream()
    }
}

/// What came may hold a secret.
impl fmt::Debug for PassedBody {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PassedBody")
            .field("is_http2", &self.is_http2)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}
