//! One accepted connection. hyper speaks HTTP/1 on it until a stream begins. Then it is ours.
//!
//! A stream's handler answers with an ordinary response and a pump beside it. The service stores
//! both for the driver and never answers hyper. hyper has therefore written nothing of this
//! response when the driver takes the socket back. There is no hyper body, no read-ahead, and no
//! doubt about which bytes were sent. A whole answer that somebody watches leaves the same way.

use std::convert::Infallible;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::{Duration, SystemTime};

use axum::body::Body;
use axum::http::{Response, StatusCode, Version};
use hyper::body::{Body as _, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioTimer;
use sse_engine::lock::lock;
use sse_engine::pump::Pump;
use sse_wire::Framing;
use tokio::net::TcpStream;

use super::heard::Heard;
use super::hyper_io::{CONTINUE, Settled, Watched};
use super::run_context::RunContext;
use super::watched_answer::Whole;
use crate::config::Limits;
use crate::connections::{Open, Why};
use crate::routes::{self, ONE_CODING};
use crate::transport::{Delivery, Presence, Socket};

/// Header fields of a request, at most. It is what hyper has unless it is told otherwise.
const FIELDS: usize = 100;

/// The two ends of a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ends {
    pub(crate) peer: SocketAddr,
    pub(crate) local: SocketAddr,
}

/// A stream that begins: everything that leaves hyper.
struct Handoff {
    /// The response head, of which hyper has written nothing.
    head: Vec<u8>,
    framing: Framing,
    pump: Pump,
    /// The place in the table, which was taken before the stream begins.
    open: Open,
}

/// What leaves hyper.
enum Begun {
    Stream(Handoff),
    /// Boxed: it is rare.
    Whole(Box<Whole>),
}

impl Begun {
    /// Nothing can be sent on its connection.
    fn end(self, why: Why) {
        match self {
            Self::Stream(begun) => begun.open.end(why, None),
            Self::Whole(whole) => whole.end(why),
        }
    }
}

/// What the service and its driver, which are one task, know of each other.
#[derive(Default)]
struct Desk {
    /// What leaves hyper, for the driver to take. A connection carries at most one.
    begun: Mutex<Option<Begun>>,
    /// Whether an answer to a request is being made: a stop waits for that, and for nothing else.
    answering: AtomicBool,
    /// Whether the answer is one without a known length, for the socket to know.
    flows: Arc<AtomicBool>,
}

/// Serves one connection until it ends, a stream begins on it, or the server stops.
pub(crate) async fn serve(socket: TcpStream, ends: Ends, run: Arc<RunContext>) {
    let RunContext {
        service,
        stop,
        kill,
        ..
    } = &*run;
    let (head_time, head_bytes, stall) = {
        let limits = service.limits();
        (limits.head_time, limits.head_bytes, limits.stall)
    };
    let desk = Desk::default();
    let heard = Heard::new();
    // Only an upstream takes long to answer, and a client that left meanwhile ends its request.
    let presence = match service.hands_on() {
        true => Presence::beside(&socket).ok(),
        false => None,
    };
    let presence = presence.as_ref();
    let handler = service_fn(|request: hyper::Request<Incoming>| {
        let (desk, heard) = (&desk, &heard);
        async move {
            let (version, method) = (request.version(), request.method().clone());
            desk.answering.store(true, Ordering::Relaxed);
            let bytes = heard.take();
            let answer = service
                .answer(
                    request.map(Body::new),
                    &bytes,
                    (ends.peer, ends.local),
                    presence,
                )
                .await;
            heard.listen();
            desk.answering.store(false, Ordering::Relaxed);
            let length = answer.response.body().size_hint();
            desk.flows
                .store(answer.flows || length.exact().is_none(), Ordering::Relaxed);
            let begun = match (answer.begins, answer.watched) {
                (Some((pump, open)), _) => {
                    let begun = handoff(&answer.response, pump, open, version);
                    Begun::Stream(begun)
                }
                (None, Some(watched)) => {
                    // Boxed: each request that is under way has room for what follows.
                    let whole = Whole::of(answer.response, *watched, &method, version);
                    Begun::Whole(Box::new(Box::pin(whole).await))
                }
                (None, None) => return Ok::<_, Infallible>(answer.response),
            };
            *desk.begun() = Some(begun);
            // The driver looks at the desk as soon as this is polled.
            std::future::pending().await
        }
    });
    let mut connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(head_time)
        .max_buf_size(head_bytes)
        // A client may say that it has sent all and wait for its answer (RFC 9112 9.6).
        .half_close(true)
        .serve_connection(
            Watched::new(socket, &heard, stall, Arc::clone(&desk.flows)),
            handler,
        );

    let driven = poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
        Poll::Ready(done) => Poll::Ready(Driven::Done(done.err())),
        Poll::Pending => match desk.begun().take() {
            Some(begun) => Poll::Ready(Driven::Begun(begun)),
            None => Poll::Pending,
        },
    });
    let driven = tokio::select! {
        biased;
        driven = driven => driven,
        () = stop.cancelled() => {
            // An answer that is being made may finish within the grace of the stop. Half a request
            // may not: its client could take for ever. Nor may a stream that would only begin.
            if desk.answering.load(Ordering::Relaxed) {
                Pin::new(&mut connection).graceful_shutdown();
                let answered = poll_fn(|cx| match Pin::new(&mut connection).poll(cx) {
                    Poll::Pending if desk.begun().is_none() => Poll::Pending,
                    _ => Poll::Ready(()),
                });
                tokio::select! {
                    () = answered => {}
                    () = kill.cancelled() => {}
                }
            }
            let begun = desk.begun().take();
            match begun {
                Some(begun @ Begun::Whole(_)) => Driven::Begun(begun),
                Some(Begun::Stream(_)) | None => Driven::Stopped,
            }
        }
    };
    let parts = connection.into_parts();
    let Some(settled) = parts.io.into_settled() else {
        // The client sent this request behind one whose answer it does not read. The rest of that
        // answer went away with hyper, so nothing that we send could be understood.
        if let Driven::Begun(begun) = driven {
            begun.end(Why::Pipelined);
        }
        return;
    };
    let Settled {
        socket,
        held: mut head,
        mut continued,
        refused,
    } = settled;
    let interim = continued && head.ends_with(CONTINUE);
    if interim {
        // It was not sent: then it is a part of what the stream's connection sends.
        head.truncate(head.len() - CONTINUE.len());
        continued = false;
    }
    if !head.is_empty() {
        // Answers that were held. What was published was published, however this connection ends.
        let sent = socket.try_write(&head).unwrap_or(0);
        head.drain(..sent);
    }
    let before: &[u8] = if continued { CONTINUE } else { b"" };
    match driven {
        Driven::Begun(Begun::Whole(whole)) => {
            // Nobody waits to be told to go on with a body that is read (RFC 9110 10.1.1).
            let whole = whole.behind(before);
            if whole.send(&socket, &head, stall, kill).await {
                super::lingering_close::close(socket, b"", stop).await;
            }
        }
        Driven::Begun(Begun::Stream(mut begun)) => {
            if interim {
                head.extend_from_slice(CONTINUE);
            }
            head.extend_from_slice(&begun.head);
            begun.open.took(&[before], 0, before.len());
            run.transport.take_in(Delivery::new(
                Socket::new(socket, before, begun.open.tap()),
                head,
                begun.framing,
                begun.pump,
                begun.open,
            ));
        }
        Driven::Done(error) => {
            let unread =
                error.and_then(|e| Unread::of(&e, refused, &parts.read_buf, service.limits()));
            let last_words = unread.map(|unread| {
                let (head, peer) = (&parts.read_buf, ends.peer);
                service.refuse_unread(head, peer, unread.status, unread.why);
                words(&unread)
            });
            super::lingering_close::close(socket, &last_words.unwrap_or_default(), stop).await;
        }
        Driven::Stopped => {}
    }
}

/// Why a connection no longer is hyper's.
enum Driven {
    /// A stream began on it, or a whole answer is to be sent that somebody watches.
    Begun(Begun),
    /// It ended, or broke, by the client or by a limit.
    Done(Option<hyper::Error>),
    /// The server stops.
    Stopped,
}

/// A request whose head could not be read, and what its client is told.
#[derive(Debug)]
struct Unread {
    status: StatusCode,
    /// For the table.
    why: Why,
    /// For the client: what was wrong with its request, and what to do.
    sentence: String,
}

impl Unread {
    /// What is wrong with the request that hyper gave up with this error, when it had read so much
    /// of it. Nothing where there was no request, or nobody is there any more.
    fn of(error: &hyper::Error, refused: bool, read: &[u8], limits: &Limits) -> Option<Self> {
        let began = !read.is_empty();
        if refused && error.is_parse_too_large() {
            return Some(Self {
                status: StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE,
                why: Why::HeadTooLarge,
                sentence: format!(
                    "The head of the request is too large: send {} bytes in {FIELDS} header fields at most. A browser sends the cookies of all programs on localhost: clear them, or open 127.0.0.1 in place of localhost.",
                    limits.head_bytes
                ),
            });
        }
        // Of the preface of HTTP/2 hyper says nothing itself.
        if refused || began && error.is_parse() {
            return Some(Self {
                status: StatusCode::BAD_REQUEST,
                why: Why::UnreadableRequest,
                sentence: match error.to_string() {
                    coding if coding.contains("transfer-encoding") => ONE_CODING.to_owned(),
                    other => format!(
                        "The request cannot be read ({other}): send a request line and header fields as in HTTP/1.1."
                    ),
                },
            });
        }
        if began && error.is_timeout() {
            return Some(Self {
                status: StatusCode::REQUEST_TIMEOUT,
                why: Why::HeadTooSlow,
                sentence: format!(
                    "The head of the request did not arrive within {}: send it faster.",
                    humantime::format_duration(Duration::from_secs(limits.head_time.as_secs()))
                ),
            });
        }
        (began && error.is_incomplete_message()).then(|| Self {
            status: StatusCode::BAD_REQUEST,
            why: Why::UnreadableRequest,
            sentence: "The request ended within its head: send it whole, up to the empty line."
                .to_owned(),
        })
    }
}

/// An answer that hyper has no part in.
fn words(unread: &Unread) -> Vec<u8> {
    let Unread {
        status, sentence, ..
    } = unread;
    let date = httpdate::fmt_http_date(SystemTime::now());
    let length = sentence.len() + 1;
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\ncontent-length: {length}\r\nconnection: close\r\ndate: {date}\r\n\r\n{sentence}\n"
    )
    .into_bytes()
}

impl Desk {
    fn begun(&self) -> MutexGuard<'_, Option<Begun>> {
        lock(&self.begun)
    }
}

/// What the transport is given, framed for the version that the client speaks.
fn handoff(response: &Response<Body>, pump: Pump, open: Open, version: Version) -> Handoff {
    let framing = routes::framing(version, response.headers());
    Handoff {
        head: routes::head_bytes(response.status(), response.headers(), framing),
        framing,
        pump,
        open,
    }
}
