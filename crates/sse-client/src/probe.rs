//! Requests beside a watch, for its diagnosis: whether a stream goes on behind an id, what HEAD is
//! answered, and whether a page of another origin may read it.
//!
//! Each is a connection of its own, and none takes longer than [`PATIENCE`]. They are asked only of
//! what was asked with GET: a second POST may do a second time what the first did.

use std::time::{Duration, Instant};

use hyper::Method;
use hyper::body::Bytes;
use sse_wire::{Decoded, Decoder};
use tokio::time;

use crate::diagnose::{CrossOrigin, HeadRequest, Observation, Preflight, Resume};
use crate::exchange::{Head, Header};
use crate::watch::Watch;
use crate::wish::Wish;

/// How long an answer, and the first events of it, are waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// How many events tell whether a stream goes on.
const EVENTS: u64 = 5;

/// Asks what the rules on second requests want to know, and notes it in the observation.
///
/// `last_event_id` is the last id of the stream, where it had one. `origin` is that of a page that
/// is to read it, such as `https://app.example`, where one is named. A wish with another method
/// than GET is left alone.
pub async fn probe(
    seen: &mut Observation,
    wish: &Wish,
    last_event_id: Option<&str>,
    origin: Option<&str>,
) {
    if wish.method != Method::GET || !seen.head.as_ref().is_some_and(Head::is_stream) {
        return;
    }
    if let Some(id) = last_event_id.filter(|id| !id.is_empty()) {
        seen.resume = Some(resume(wish, id).await);
    }
    seen.head_request = Some(head(wish).await);
    if let Some(origin) = origin {
        seen.preflight = Some(preflight(wish, origin).await);
        seen.cross_origin = cross_origin(wish, origin).await;
    }
}

/// The same wish with a header in place of those of its name.
fn with(wish: &Wish, name: &str, value: &str) -> Wish {
    let mut wish = wish.clone();
    let is_other = |header: &Header| !header.name.eq_ignore_ascii_case(name);
    wish.headers.retain(is_other);
    wish.headers.push(Header::new(name, value));
    wish
}

async fn answer(wish: Wish) -> Option<Watch> {
    let begun = time::timeout(PATIENCE, Watch::begin(wish)).await;
    begun.ok()?.ok()
}

async fn resume(wish: &Wish, id: &str) -> Resume {
    let mut resume = Resume {
        last_event_id: id.to_owned(),
        status: None,
        ids: Vec::new(),
        events: 0,
    };
    let Some(mut watch) = answer(with(wish, "Last-Event-ID", id)).await else {
        return resume;
    };
    resume.status = Some(watch.head().status);
    let mut decoder = Decoder::new();
    let reading = async {
        while resume.events < EVENTS {
            let Ok(Some(piece)) = watch.next().await else {
                break;
            };
            let pushed = decoder.push(&piece.bytes, |decoded| {
                if let Decoded::Event { last_event_id, .. } = decoded {
                    resume.events += 1;
                    // A piece may hold any number of them, each with an id of any length.
                    if !last_event_id.is_empty() && resume.events <= EVENTS {
                        resume.ids.push(last_event_id.to_owned());
                    }
                }
            });
            if pushed.is_err() {
                break;
            }
        }
    };
    // A stream may be silent: what came until then counts.
    _ = time::timeout(PATIENCE, reading).await;
    resume
}

async fn head(wish: &Wish) -> HeadRequest {
    let began = Instant::now();
    let mut asked = wish.clone();
    asked.method = Method::HEAD;
    let answer = answer(asked).await;
    HeadRequest {
        status: answer.map(|watch| watch.head().status),
        // What HTTP cannot carry there is not read.
        has_body: false,
        took: began.elapsed(),
    }
}

async fn preflight(wish: &Wish, origin: &str) -> Preflight {
    let mut asked = with(wish, "Origin", origin);
    asked.method = Method::OPTIONS;
    asked.body = Bytes::new();
    asked.headers.retain(|header| !header.is_credential());
    for (name, value) in [
        ("Access-Control-Request-Method", "GET"),
        ("Access-Control-Request-Headers", "last-event-id"),
    ] {
        asked.headers.push(Header::new(name, value));
    }
    let answer = answer(asked).await;
    Preflight {
        origin: origin.to_owned(),
        status: answer.as_ref().map(|watch| watch.head().status),
        headers: answer.map_or(Vec::new(), |watch| watch.head().headers.clone()),
    }
}

async fn cross_origin(wish: &Wish, origin: &str) -> Option<CrossOrigin> {
    let answer = answer(with(wish, "Origin", origin)).await?;
    Some(CrossOrigin {
        origin: origin.to_owned(),
        with_credentials: false,
        headers: answer.head().headers.clone(),
    })
}
