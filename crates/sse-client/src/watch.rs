//! One request to any URL, whose answer is read as it comes: each step and each piece with its
//! time.
//!
//! A watch is one connection: its age means something. It follows redirects and shows each, decodes
//! what is compressed and counts both sizes, and ends for a reason that has a name. It asks once:
//! whoever wants a stream again begins another one.

use std::error::Error as _;
use std::fmt;
use std::future;
use std::io;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, ready};
use std::time::{Duration, Instant};

use hyper::Response;
use hyper::body::{Body, Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{task, time};

use crate::connect::{DialStep, Socket};
use crate::decoding::{Decoding, SLICE};
use crate::early_response::EarlyResponse;
use crate::error::Error;
use crate::exchange::{Asked, End, Head, Header, Hop, Sent, Times, entries};
use crate::go_away::GoAway;
use crate::tap::{Tap, TappedSocket};
use crate::tls;
use crate::url::Url;
use crate::wish::Wish;

/// The most redirects that are followed.
const REDIRECTS: usize = 10;

/// How much is read in one go, and the longest head: no size of a buffer on the way, or else each
/// piece looks as if one of those ended it.
const READ: usize = 100_003;

/// The most headers of an answer.
const HEADERS: usize = 1_000;

/// A read that is decoded to more than this is several pieces.
const PIECE: usize = 1 << 20;

/// An answer that is being read.
///
/// [`begin`](Self::begin) it, look at its head, and call [`next`](Self::next) until it answers
/// nothing; then [`end`](Self::end) says how it ended. Whoever has seen enough drops it, which
/// closes the connection.
pub struct Watch {
    began: Instant,
    until: Option<Instant>,
    asked: Asked,
    hops: Vec<Hop>,
    times: Times,
    tls: Option<&'static str>,
    head: Head,
    sent: Sent,
    head_lines: Vec<Vec<u8>>,
    tap: Tap,
    body: Incoming,
    driver: Driver,
    decoding: Decoding,
    /// What came and is not decoded yet, and when it was read.
    undecoded: (Duration, Vec<u8>),
    ended: Option<(End, Duration)>,
}

/// What one read of the socket brought of the body.
#[derive(Clone, PartialEq, Eq)]
pub struct Piece {
    /// When it was read, since the beginning of the watch. Over HTTP/2, when the last read was done
    /// before the piece was taken.
    pub at: Duration,
    /// What it was decoded to; empty where that is nothing yet.
    pub bytes: Vec<u8>,
    /// How many bytes of the body it was on the wire, without the framing.
    pub wire_bytes: usize,
}

/// What reads and writes a connection while somebody waits for what comes over it.
struct Driver(Option<Driven>);

type Driven = Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>;

impl Watch {
    /// Sends the request, follows redirects, and reads the head of the answer.
    ///
    /// # Errors
    /// There is no connection, no answer, one that is not HTTP, a redirect that is not followed, a
    /// body in an unknown encoding, or no answer in the time that there is.
    pub async fn begin(wish: Wish) -> Result<Self, Error> {
        let began = Instant::now();
        let Some(most) = wish.max_time else {
            return Self::begin_at(began, wish).await;
        };
        let url = wish.url.clone();
        let begun = time::timeout(most, Self::begin_at(began, wish)).await;
        begun.unwrap_or_else(|_| {
            Err(Error::AnswerTimeout {
                server: url.to_string(),
                seconds: most.as_secs_f64().to_string(),
            })
        })
    }

    async fn begin_at(began: Instant, mut wish: Wish) -> Result<Self, Error> {
        wish.check_headers()?;
        let mut hops = Vec::new();
        loop {
            let mut times = Times::default();
            let tap = Tap::new(began);
            let asked = Asked {
                method: wish.method.clone(),
                url: wish.url.whole(),
                headers: wish.headers.clone(),
            };
            let Begun {
                answer,
                sent,
                driver,
                tls,
            } = ask(&wish, began, &mut times, &tap).await?;
            let head = head_of(&answer);
            if let Some(to) = wish.redirect(&head)? {
                if hops.len() == REDIRECTS {
                    return Err(Error::Redirects(REDIRECTS));
                }
                let dropped = wish.follow(to, head.status);
                hops.push(Hop {
                    status: head.status,
                    from: asked.url,
                    to: wish.url.whole(),
                    sent: wish.headers.clone(),
                    dropped,
                });
                continue;
            }
            let encodings = entries(&head.headers, "content-encoding");
            let head_lines = head.lines(&tap.look(|tapped| tapped.kept()).1);
            return Ok(Self {
                began,
                until: wish.max_time.and_then(|most| began.checked_add(most)),
                asked,
                hops,
                times,
                tls,
                head,
                sent,
                head_lines,
                tap,
                body: answer.into_body(),
                driver,
                decoding: Decoding::of(&encodings)?,
                undecoded: (Duration::ZERO, Vec::new()),
                ended: None,
            });
        }
    }

    /// What was asked last, behind all redirects.
    pub fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The redirects on the way, in their order.
    pub fn hops(&self) -> &[Hop] {
        &self.hops
    }

    /// When each step of the last connection was done.
    pub fn times(&self) -> Times {
        self.times
    }

    /// The version of TLS, such as `TLS 1.3`; nothing without it.
    pub fn tls(&self) -> Option<&'static str> {
        self.tls
    }

    /// The head of the answer.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The request that was sent last, behind all redirects.
    pub fn sent(&self) -> &Sent {
        &self.sent
    }

    /// The head of the answer as it came: its status line and its fields, without their line ends.
    /// Over HTTP/2 the names are in small letters, and the status line is such as `HTTP/2 200`.
    pub fn head_lines(&self) -> &[Vec<u8>] {
        &self.head_lines
    }

    /// Whether the body is compressed with gzip alone.
    pub fn is_gzip(&self) -> bool {
        let encodings = entries(&self.head.headers, "content-encoding");
        matches!(&encodings[..], [one] if one == "gzip" || one == "x-gzip")
    }

    /// How long it lasts already.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How it ended and when; nothing while there are pieces to come.
    pub fn end(&self) -> Option<(End, Duration)> {
        self.ended.filter(|_| self.undecoded.1.is_empty())
    }

    /// The last bytes that came, behind TLS, heads and framing included, 1 MiB at most, and how
    /// many came before them. Over HTTP/2 they are its frames.
    pub fn raw(&self) -> (u64, Vec<u8>) {
        self.tap.look(|tapped| tapped.kept())
    }

    /// The next piece; nothing once it has ended. Whoever stops waiting loses nothing.
    ///
    /// # Errors
    /// A body that is not encoded as its head says. Nothing comes behind that.
    pub async fn next(&mut self) -> Result<Option<Piece>, Error> {
        if !self.undecoded.1.is_empty() {
            // What is there grows without waiting for anything, and a clock or a signal of whoever
            // waits for it goes on only in a pause.
            task::yield_now().await;
            if self.until.is_some_and(|until| until <= Instant::now()) {
                self.undecoded.1.clear();
                self.stop();
            }
        } else if self.ended.is_none() {
            self.read().await;
        }
        let piece = self.decode();
        if piece.is_err() {
            self.undecoded.1.clear();
            self.stop();
        }
        piece
    }

    /// Decodes what came; nothing where nothing did.
    fn decode(&mut self) -> Result<Option<Piece>, Error> {
        let (at, undecoded) = &mut self.undecoded;
        if undecoded.is_empty() {
            return Ok(None);
        }
        let mut bytes = Vec::new();
        let mut wire_bytes = 0;
        for slice in undecoded.chunks(SLICE) {
            self.decoding
                .push(slice, |part| bytes.extend_from_slice(part))?;
            wire_bytes += slice.len();
            if bytes.len() > PIECE {
                break;
            }
        }
        undecoded.drain(..wire_bytes);
        Ok(Some(Piece {
            at: *at,
            bytes,
            wire_bytes,
        }))
    }

    /// Reads until something came, it ended, or its time is up.
    async fn read(&mut self) {
        let until = self.until.map(time::Instant::from_std);
        let read = future::poll_fn(|cx| self.poll_read(cx));
        match until {
            None => read.await,
            Some(until) => {
                if time::timeout_at(until, read).await.is_err() {
                    self.stop();
                }
            }
        }
    }

    fn stop(&mut self) {
        let now = self.began.elapsed();
        self.ended.get_or_insert((End::Stopped, now));
    }

    fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(first) = ready!(self.poll_data(cx, None)) else {
            return Poll::Ready(());
        };
        let (reads, at) = self.tap.look(|tapped| (tapped.reads, tapped.last_read));
        self.undecoded = (at, first.to_vec());
        // Several chunks may have come in one read.
        while let Poll::Ready(Some(more)) = self.poll_data(cx, Some(reads)) {
            self.undecoded.1.extend_from_slice(&more);
        }
        Poll::Ready(())
    }

    /// The next frame that has bytes; nothing at the end, which is noted. Where a number of reads
    /// is given, only what they brought.
    fn poll_data(&mut self, cx: &mut Context<'_>, reads: Option<u64>) -> Poll<Option<Bytes>> {
        let is_later =
            |watch: &Self| reads.is_some_and(|reads| watch.tap.look(|it| it.reads) != reads);
        if is_later(self) {
            return Poll::Pending;
        }
        if let Poll::Ready(data) = self.poll_body(cx) {
            return Poll::Ready(data);
        }
        self.driver.poll(cx);
        match is_later(self) {
            true => Poll::Pending,
            false => self.poll_body(cx),
        }
    }

    fn poll_body(&mut self, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        while self.ended.is_none() {
            let end = match ready!(Pin::new(&mut self.body).poll_frame(cx)) {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Poll::Ready(Some(data)),
                    _ => continue,
                },
                // A reset or GOAWAY without an error leaves a stream without its end.
                None if !self.body.is_end_stream() && self.head.is_http2() => End::Cut,
                None => End::InOrder,
                Some(Err(e)) => end_of(&e),
            };
            let end = match (end, self.tap.look(|tapped| tapped.go_away_code())) {
                (End::Cut, Some(code)) => End::GoAway { code },
                (end, _) => end,
            };
            self.ended = Some((end, self.began.elapsed()));
        }
        Poll::Ready(None)
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("asked", &self.asked)
            .field("hops", &self.hops)
            .field("times", &self.times)
            .field("head", &self.head)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

/// What came may hold a secret.
impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Piece")
            .field("at", &self.at)
            .field("bytes", &format_args!("{} bytes", self.bytes.len()))
            .field("wire_bytes", &self.wire_bytes)
            .finish()
    }
}

impl Driver {
    fn new(connection: impl Future<Output = Result<(), hyper::Error>> + Send + 'static) -> Self {
        Self(Some(Box::pin(connection)))
    }

    /// Reads and writes. What goes wrong comes out of the answer and its body too.
    fn poll(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.0
            && connection.as_mut().poll(cx).is_ready()
        {
            self.0 = None;
        }
    }

    /// Waits for an answer.
    async fn until<T>(&mut self, answer: impl Future<Output = T>) -> T {
        let mut answer = pin!(answer);
        future::poll_fn(|cx| {
            if let Poll::Ready(answer) = answer.as_mut().poll(cx) {
                return Poll::Ready(answer);
            }
            self.poll(cx);
            answer.as_mut().poll(cx)
        })
        .await
    }
}

/// An answer whose head was read, and what reads on.
struct Begun {
    answer: Response<Incoming>,
    sent: Sent,
    driver: Driver,
    tls: Option<&'static str>,
}

/// Connects, sends the request, and reads the head.
async fn ask(wish: &Wish, began: Instant, times: &mut Times, tap: &Tap) -> Result<Begun, Error> {
    let url = &wish.url;
    let connected = wish.dial.connect(url, |step| {
        let at = Some(began.elapsed());
        match step {
            DialStep::Name => times.name = at,
            DialStep::Connect => times.connect = at,
            DialStep::Tls => times.tls = at,
        }
    });
    let connection = connected.await?;
    let request = wish.request(&connection)?;
    let is_http2 = connection.is_http2;
    let sent = Sent::of(&request, wish.body.clone(), is_http2);
    let tls = connection.tls;
    let socket: TokioIo<TappedSocket<EarlyResponse<Socket>>> = TokioIo::new(TappedSocket {
        socket: EarlyResponse(connection.socket),
        tap: tap.clone(),
    });
    let failed = |e: hyper::Error| failure(&e, url);
    let (answer, driver) = if is_http2 {
        tap.look(|tapped| tapped.go_away = Some(GoAway::default()));
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.max_header_list_size(READ as u32);
        let (mut sender, connection) = builder.handshake(socket).await.map_err(failed)?;
        let mut driver = Driver::new(connection);
        (driver.until(sender.send_request(request)).await, driver)
    } else {
        let mut builder = http1::Builder::new();
        builder.read_buf_exact_size(Some(READ));
        builder.max_headers(HEADERS);
        let (mut sender, connection) = builder.handshake(socket).await.map_err(failed)?;
        let mut driver = Driver::new(connection);
        (driver.until(sender.send_request(request)).await, driver)
    };
    let answer = answer.map_err(failed)?;
    tap.look(|tapped| {
        times.request_sent = tapped.sent;
        // The first read over HTTP/2 is of the server's settings, and a head comes in one frame.
        times.head_first_byte = match is_http2 {
            true => Some(tapped.last_read),
            false => tapped.first_read,
        };
        times.head_complete = Some(tapped.last_read);
    });
    Ok(Begun {
        answer,
        sent,
        driver,
        tls,
    })
}

fn head_of(answer: &Response<Incoming>) -> Head {
    let headers = answer.headers().iter();
    Head {
        version: answer.version(),
        status: answer.status().as_u16(),
        headers: headers
            .map(|(name, value)| {
                Header::new(name.as_str(), String::from_utf8_lossy(value.as_bytes()))
            })
            .collect(),
    }
}

/// The causes of an error, the nearest first.
fn causes(e: &hyper::Error) -> impl Iterator<Item = &(dyn std::error::Error + 'static)> {
    std::iter::successors(e.source(), |&cause| cause.source())
}

/// The error of the socket behind an error, where there is one.
fn of_socket(e: &hyper::Error) -> Option<&io::Error> {
    causes(e).find_map(|cause| {
        let http2 = cause.downcast_ref().and_then(h2::Error::get_io);
        http2.or_else(|| cause.downcast_ref())
    })
}

/// The code that HTTP/2 gives an error, where it does, and whether it is one of GOAWAY.
fn of_http2(e: &hyper::Error) -> Option<(h2::Reason, bool)> {
    let e = causes(e).find_map(|cause| cause.downcast_ref::<h2::Error>())?;
    Some((e.reason()?, e.is_go_away()))
}

/// Why there is no answer.
pub(crate) fn failure(e: &hyper::Error, url: &Url) -> Error {
    let server = url.to_string();
    if let Some(e) = of_socket(e) {
        return match tls::failure(e, &server) {
            Some(e) => e,
            None if e.kind() == io::ErrorKind::ConnectionReset => Error::AnswerReset { server },
            None => Error::NoAnswer { server },
        };
    }
    if let Some((reason, _)) = of_http2(e) {
        let reason = reason.description().to_owned();
        return Error::Http2Refused { server, reason };
    }
    if e.is_parse_too_large() {
        Error::LongHead { server }
    } else if e.is_parse() {
        Error::NotHttp { server }
    } else {
        Error::NoAnswer { server }
    }
}

/// Which end an error of a body is.
pub(crate) fn end_of(e: &hyper::Error) -> End {
    match (of_http2(e), of_socket(e)) {
        (Some((reason, true)), _) => End::GoAway {
            code: reason.into(),
        },
        (Some(_), _) => End::Reset,
        (None, Some(e)) => end_of_socket(e),
        (None, None) => End::Cut,
    }
}

/// Which end an error of a socket is.
pub(crate) fn end_of_socket(e: &io::Error) -> End {
    match e.kind() {
        io::ErrorKind::ConnectionReset => End::Reset,
        _ => End::Cut,
    }
}
