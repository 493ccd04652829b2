//! One request to any URL, whose answer is read as it comes: each step and each piece with its
//! time.
//!
//! A watch is one connection: its age means something. It follows redirects and shows each, decodes
//! what is compressed and counts both sizes, and ends for a reason that has a name. It asks once;
//! [`Reconnect`](crate::Reconnect) says when to ask again.

use std::error::Error as _;
use std::future;
use std::io;
use std::pin::Pin;
use std::time::{Duration, Instant};

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::{http1, http2};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::{Method, Response, Uri};
use hyper_util::rt::{TokioExecutor, TokioIo};

use crate::connect::{Connection, Dial, DialStep};
use crate::decoding::Decoding;
use crate::exchange::{Asked, End, Head, Header, Hop, Times, entries};
use crate::early_response::EarlyResponse;
use crate::error::Error;
use crate::tap::{Tap, TappedSocket};
use crate::url::Url;

/// The most redirects that are followed.
const REDIRECTS: usize = 10;

/// How much is read in one go: no size of a buffer on the way, or else each piece looks as if one
/// of those ended it.
const READ: usize = 100_003;

/// What is asked for.
#[derive(Clone, Debug)]
pub struct Wish {
    /// The method.
    pub method: Method,
    /// The URL.
    pub url: Url,
    /// The headers in their order. Host is added, and nothing else.
    pub headers: Vec<Header>,
    /// The body; empty where there is none.
    pub body: Bytes,
    /// How the connection is made.
    pub dial: Dial,
    /// Whether redirects are followed, or shown as the answer.
    pub follows: bool,
}

/// An answer that is being read.
///
/// [`begin`](Self::begin) it, look at its head, and call [`next`](Self::next) until it answers
/// nothing; then [`end`](Self::end) says how it ended. Whoever has seen enough drops it.
pub struct Watch {
    began: Instant,
    asked: Asked,
    hops: Vec<Hop>,
    times: Times,
    head: Head,
    tap: Tap,
    body: Incoming,
    decoding: Decoding,
    /// The driver of the connection, which reads when the body is waited for.
    driver: Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>,
    is_driven: bool,
    ended: Option<(End, Duration)>,
}

/// What one read of the socket brought of the body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// When it was read, since the beginning of the watch.
    pub at: Duration,
    /// What it was decoded to; empty where that is nothing yet.
    pub bytes: Vec<u8>,
    /// How many bytes of the body it was on the wire, without the framing.
    pub wire_bytes: usize,
}

type Exchange = (
    Response<Incoming>,
    Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>,
);

impl Watch {
    /// Sends the request, follows redirects, and reads the head of the answer.
    ///
    /// # Errors
    /// There is no connection, no answer, one that is not HTTP, or a redirect that is not followed.
    pub async fn begin(wish: Wish) -> Result<Self, Error> {
        let began = Instant::now();
        let mut wish = wish;
        let mut hops = Vec::new();
        loop {
            let mut times = Times::default();
            let tap = Tap::new(began);
            let asked = Asked {
                method: wish.method.clone(),
                url: wish.url.whole(),
                headers: wish.headers.clone(),
            };
            let (answer, driver) = exchange(&wish, began, &mut times, &tap).await?;
            let head = head_of(&answer);
            if let Some(to) = redirect(&wish, &head)? {
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
            return Ok(Self {
                began,
                asked,
                hops,
                times,
                head,
                tap,
                body: answer.into_body(),
                decoding: Decoding::of(&encodings)?,
                driver,
                is_driven: true,
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

    /// When each step was done.
    pub fn times(&self) -> Times {
        self.times
    }

    /// The head of the answer.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How long it lasts already.
    pub fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// How it ended and when; nothing while it goes on.
    pub fn end(&self) -> Option<(End, Duration)> {
        self.ended
    }

    /// The last bytes that came over HTTP/1, heads and framing included, 1 MiB at most, and how
    /// many came before them.
    pub fn raw(&self) -> (u64, Vec<u8>) {
        self.tap.look(|tapped| tapped.kept())
    }

    /// The next piece; nothing once it has ended. Whoever stops waiting loses nothing.
    ///
    /// # Errors
    /// A body that is not encoded as its head says.
    pub async fn next(&mut self) -> Result<Option<Piece>, Error> {
        if self.ended.is_some() {
            return Ok(None);
        }
        let Some(first) = self.data().await else {
            return Ok(None);
        };
        let (reads, at) = self.tap.look(|tapped| (tapped.reads, tapped.last_read));
        let mut wire = first.to_vec();
        // Several chunks may have come in one read.
        while self.tap.look(|tapped| tapped.reads) == reads {
            let more = tokio::select! {
                biased;
                more = self.data() => more,
                () = future::ready(()) => None,
            };
            let Some(more) = more else { break };
            wire.extend_from_slice(&more);
        }
        let mut bytes = Vec::new();
        self.decoding
            .push(&wire, |part| bytes.extend_from_slice(part))?;
        Ok(Some(Piece {
            at,
            bytes,
            wire_bytes: wire.len(),
        }))
    }

    /// The next frame of the body that has bytes. At the end it notes which one it was.
    async fn data(&mut self) -> Option<Bytes> {
        while self.ended.is_none() {
            let frame = tokio::select! {
                biased;
                frame = self.body.frame() => frame,
                _ = &mut self.driver, if self.is_driven => {
                    self.is_driven = false;
                    continue;
                }
            };
            let end = match frame {
                Some(Ok(frame)) => match frame.into_data() {
                    Ok(data) if !data.is_empty() => return Some(data),
                    _ => continue,
                },
                None => End::InOrder,
                Some(Err(e)) => end_of(&e),
            };
            self.ended = Some((end, self.began.elapsed()));
        }
        None
    }
}

impl Wish {
    /// What is asked for behind a redirect (Fetch 4.5). Answers the headers that are left out.
    fn follow(&mut self, to: Url, status: u16) -> Vec<String> {
        let becomes_get = match status {
            303 => !matches!(self.method, Method::GET | Method::HEAD),
            301 | 302 => self.method == Method::POST,
            _ => false,
        };
        if becomes_get {
            self.method = Method::GET;
            self.body = Bytes::new();
            self.headers.retain(|header| {
                let name = header.name.to_ascii_lowercase();
                !name.starts_with("content-")
            });
        }
        let mut dropped = Vec::new();
        if !to.has_origin_of(&self.url) {
            self.headers.retain(|header| {
                let stays = !header.is_credential();
                if !stays {
                    dropped.push(header.name.clone());
                }
                stays
            });
        }
        self.url = to;
        dropped
    }

    fn request(&self, connection: &Connection) -> Result<hyper::Request<Full<Bytes>>, Error> {
        let bad = || Error::BadUrl(self.url.whole());
        let whole = connection.is_proxied || connection.is_http2;
        let target = match whole {
            true => self.url.whole(),
            false => self.url.target(&[]),
        };
        let uri: Uri = target.parse().map_err(|_| bad())?;
        let mut request = hyper::Request::builder().method(&self.method).uri(uri);
        let names_host = |header: &Header| header.name.eq_ignore_ascii_case("host");
        if !connection.is_http2 && !self.headers.iter().any(names_host) {
            request = request.header(header::HOST, self.url.host_header());
        }
        for header in &self.headers {
            let name = HeaderName::from_bytes(header.name.as_bytes());
            let value = HeaderValue::from_bytes(header.value.as_bytes());
            let (Ok(name), Ok(value)) = (name, value) else {
                return Err(Error::BadHeader(header.name.clone()));
            };
            request = request.header(name, value);
        }
        if let Some(authorization) = &connection.proxy_authorization {
            request = request.header(header::PROXY_AUTHORIZATION, authorization);
        }
        request
            .body(Full::new(self.body.clone()))
            .map_err(|_| bad())
    }
}

/// Connects, sends the request, and reads the head.
async fn exchange(
    wish: &Wish,
    began: Instant,
    times: &mut Times,
    tap: &Tap,
) -> Result<Exchange, Error> {
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
    let socket = TappedSocket {
        socket: EarlyResponse(connection.socket),
        tap: tap.clone(),
    };
    let socket = TokioIo::new(socket);
    let failed = |e: hyper::Error| failure(&e, url);
    let (answer, driver): Exchange = if is_http2 {
        let handshake = http2::handshake(TokioExecutor::new(), socket).await;
        let (mut sender, connection) = handshake.map_err(failed)?;
        let mut driver: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(connection);
        let answer = driven(&mut driver, sender.send_request(request)).await;
        (answer.map_err(failed)?, driver)
    } else {
        let mut builder = http1::Builder::new();
        builder.read_buf_exact_size(Some(READ));
        let (mut sender, connection) = builder.handshake(socket).await.map_err(failed)?;
        let mut driver: Pin<Box<dyn Future<Output = _> + Send>> = Box::pin(connection);
        let answer = driven(&mut driver, sender.send_request(request)).await;
        (answer.map_err(failed)?, driver)
    };
    tap.look(|tapped| {
        times.request_sent = tapped.written;
        times.head_first_byte = tapped.first_read;
        times.head_complete = Some(tapped.last_read);
    });
    Ok((answer, driver))
}

/// Waits for an answer, and drives the connection meanwhile.
async fn driven<T>(
    driver: &mut Pin<Box<dyn Future<Output = Result<(), hyper::Error>> + Send>>,
    answer: impl Future<Output = T>,
) -> T {
    tokio::pin!(answer);
    tokio::select! {
        biased;
        answer = &mut answer => answer,
        // What went wrong with it comes out of the answer too.
        _ = driver => answer.await,
    }
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

/// Where an answer leads on to, where it does.
fn redirect(wish: &Wish, head: &Head) -> Result<Option<Url>, Error> {
    let status = head.status;
    if !wish.follows || !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let nowhere = || Error::NoLocation { status };
    let location = head.value("location").ok_or_else(nowhere)?;
    let to = wish.url.join(location).map_err(|_| nowhere())?;
    if to.is_loopback() && !wish.url.is_loopback() {
        return Err(Error::RedirectHome {
            server: wish.url.to_string(),
            to: to.to_string(),
        });
    }
    Ok(Some(to))
}

fn failure(e: &hyper::Error, url: &Url) -> Error {
    let server = url.to_string();
    if e.is_parse_too_large() {
        Error::LongHead { server }
    } else if e.is_parse() {
        Error::NotHttp { server }
    } else {
        Error::NoAnswer { server }
    }
}

/// Which end an error of a body is.
fn end_of(e: &hyper::Error) -> End {
    let mut cause = e.source();
    while let Some(found) = cause {
        if let Some(e) = found.downcast_ref::<h2::Error>() {
            return match e.reason() {
                Some(reason) if e.is_go_away() => End::GoAway {
                    code: reason.into(),
                },
                Some(_) => End::Reset,
                None => End::Cut,
            };
        }
        if let Some(e) = found.downcast_ref::<io::Error>()
            && e.kind() == io::ErrorKind::ConnectionReset
        {
            return End::Reset;
        }
        cause = found.source();
    }
    End::Cut
}
