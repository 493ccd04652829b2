//! The log, as lines of JSON or as an event stream.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context as TaskContext, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use hyper::body::Frame;
use sse_engine::bounds::MAX_FROM;
use sse_engine::topics::is_name;
use sse_wire::{Event, LineEnding, encode};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use super::answer::tell;
use super::client_query::tag;
use super::context::Context;
use super::params::{BadQuery, Params};
use crate::armed::InRooms;
use crate::connections::{LogLine, LogReader, Whom};

/// Lines that are written in one go.
const BATCH: usize = 128;

/// After so long without an entry a comment is sent. Where that fails, the client has left.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// How many clients may follow the log at once.
pub(crate) const LOG_READERS: usize = 64;

/// When a client of the event stream is to come back, in milliseconds.
const RETRY: u64 = 1000;

/// What happened behind the entry `?after=`: all that there is now as lines of JSON, or for whoever
/// accepts an event stream that and what happens from now on.
pub(super) async fn log(
    State(context): State<Arc<Context>>,
    request: Request<Body>,
) -> Response<Body> {
    let uri = request.uri();
    let (after, whom) = match read(&Params::of(uri.query())) {
        Ok(read) => read,
        Err(bad) => return tell(uri.path(), StatusCode::BAD_REQUEST, &bad.to_string()),
    };
    let headers = request.headers();
    if !wants_events(headers) {
        return lines(context.connections.log_after(after), whom);
    }
    let Ok(place) = Arc::clone(&context.log_readers).try_acquire_owned() else {
        let sentence = format!(
            "{LOG_READERS} clients follow the log already: close one, or request the log without Accept: text/event-stream."
        );
        return tell(uri.path(), StatusCode::SERVICE_UNAVAILABLE, &sentence);
    };
    let after = last_seen(headers).unwrap_or(after);
    events(context.connections.log_after(after), whom, place)
}

/// Reads behind which entry, and whose: without `room`, those of all rooms.
fn read(params: &Params<'_>) -> Result<(u64, Whom), BadQuery> {
    let after = params.whole("after", 0, MAX_FROM)?;
    Ok((after.unwrap_or(0), whom(params, InRooms::All)?))
}

/// Reads whose entries are meant: `client=t1&stream=/prices&room=ci`.
///
/// # Errors
/// A parameter that is out of bounds, unreadable, or given twice.
pub(super) fn whom(params: &Params<'_>, usually: InRooms) -> Result<Whom, BadQuery> {
    Ok(Whom {
        client: params.read("client", tag)?,
        stream: params.text("stream")?,
        rooms: params.read("room", rooms)?.unwrap_or(usually),
    })
}

fn rooms(value: &str) -> Result<InRooms, BadQuery> {
    match value {
        "*" => Ok(InRooms::All),
        name if is_name(name) => Ok(InRooms::One(Some(name.to_owned()))),
        _ => Err(BadQuery::new(
            "room must be the name of a room, or * for all: 1 to 64 letters, digits, dots, hyphens, underscores or tildes, and first a letter or digit.",
        )),
    }
}

/// Whether the client accepts an event stream by its name.
fn wants_events(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).iter();
    let mut kinds = accepted
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','));
    kinds.any(|kind| {
        let mut parts = kind.split(';').map(str::trim);
        let named = parts.next().unwrap_or_default();
        // RFC 9110 12.4.2: a weight of 0 means that it is not acceptable.
        let refused = parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        named.eq_ignore_ascii_case("text/event-stream") && !refused
    })
}

/// The number that a client of the event stream came back with. It wins over the query. What is no
/// number is taken for one of another program.
fn last_seen(headers: &HeaderMap) -> Option<u64> {
    let id = headers.get("last-event-id")?.as_bytes();
    if id.is_empty() {
        return None;
    }
    let number = std::str::from_utf8(id).ok().and_then(|id| id.parse().ok());
    Some(number.unwrap_or(u64::MAX))
}

fn lines(reader: LogReader, whom: Whom) -> Response<Body> {
    let head = [
        (header::CONTENT_TYPE, "application/x-ndjson"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    let left = reader.newest();
    (
        head,
        Body::new(Lines {
            reader,
            whom,
            until: left,
            done: false,
        }),
    )
        .into_response()
}

/// The lines up to a number. They are made as the client takes them.
struct Lines {
    reader: LogReader,
    /// Whose they are.
    whom: Whom,
    /// The number of the last one.
    until: u64,
    /// Whether it was given.
    done: bool,
}

impl hyper::body::Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        let mut text = Vec::new();
        // Where none of a batch is about those who are meant, the next one is read.
        while !this.done && text.is_empty() {
            let lines = this.reader.lines_of(&this.whom, BATCH);
            this.done = lines.is_none() || this.reader.has_read(this.until);
            for line in lines.into_iter().flatten() {
                // What came since it was asked is for the next question.
                if line.seq().is_some_and(|seq| seq > this.until) {
                    break;
                }
                text.extend_from_slice(json(&line).as_bytes());
                text.push(b'\n');
            }
        }
        match text.is_empty() {
            true => Poll::Ready(None),
            false => Poll::Ready(Some(Ok(Frame::data(text.into())))),
        }
    }
}

fn events(reader: LogReader, whom: Whom, place: OwnedSemaphorePermit) -> Response<Body> {
    let head = [
        (header::CONTENT_TYPE, "text/event-stream; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store, no-transform"),
    ];
    // One batch waits for a client that reads slowly, and the rest in the log.
    let (send, batches) = mpsc::channel(1);
    tokio::spawn(async move {
        feed(reader, whom, send).await;
        drop(place);
    });
    (head, Body::new(Batches(batches))).into_response()
}

/// Sends what happens until the client or the server is gone.
async fn feed(mut reader: LogReader, whom: Whom, send: mpsc::Sender<Bytes>) {
    let mut text = Vec::new();
    let retry = Event {
        retry: Some(RETRY),
        ..Event::default()
    };
    encode(&retry, LineEnding::Lf, &mut text);
    loop {
        while text.is_empty()
            && let Some(lines) = reader.lines_of(&whom, BATCH)
        {
            encode_all(&lines, &mut text);
        }
        if !text.is_empty() {
            if send.send(std::mem::take(&mut text).into()).await.is_err() {
                return;
            }
            continue;
        }
        tokio::select! {
            more = reader.news() => if !more { return },
            () = tokio::time::sleep(KEEP_ALIVE) => text.extend_from_slice(b": keep-alive\n\n"),
            () = send.closed() => return,
        }
    }
}

fn encode_all(lines: &[LogLine], text: &mut Vec<u8>) {
    for line in lines {
        let (data, id) = (json(line), line.seq().map(|seq| seq.to_string()));
        let event = Event {
            id: id.as_deref(),
            data: Some(&data),
            ..Event::default()
        };
        encode(&event, LineEnding::Lf, text);
    }
}

/// What is fed, as a body.
struct Batches(mpsc::Receiver<Bytes>);

impl hyper::body::Body for Batches {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        cx: &mut TaskContext<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let batch = self.get_mut().0.poll_recv(cx);
        batch.map(|batch| batch.map(|bytes| Ok(Frame::data(bytes))))
    }
}

/// A line as JSON. There is none that cannot be written so.
fn json(line: &LogLine) -> String {
    serde_json::to_string(line).unwrap_or_default()
}
