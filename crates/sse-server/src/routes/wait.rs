//! Waits until something happened to a client, for tests that break streams on purpose: what
//! changes something answers a number, and this waits for what comes behind it.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use serde::Serialize;
use sse_engine::bounds::MAX_FROM;
use sse_engine::time::read_time;
use tokio::time::Instant;

use super::answer::tell;
use super::context::Context;
use super::log::whom;
use super::params::{BadQuery, Params};
use crate::armed::InRooms;
use crate::clock;
use crate::connections::{Until, Whom};

/// How many may wait at once.
pub(crate) const WAITS: usize = 64;

/// How long one may wait, and how long one does that does not say.
const LONGEST: Duration = Duration::from_secs(60);
const USUAL: Duration = Duration::from_secs(10);

/// How often the table is looked at for what makes no entry in the log.
const BEAT: Duration = Duration::from_millis(50);

/// The longest event id that is waited for, in bytes.
const MAX_ID: usize = 1024;

/// What is waited for, and how long.
#[derive(Debug, PartialEq, Eq)]
struct Question {
    until: Until,
    whom: Whom,
    after: u64,
    timeout: Duration,
}

/// Answers when `?until=` is true, at once where it was true already.
pub(super) async fn wait(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let asked = match read(&Params::of(uri.query())) {
        Ok(asked) => asked,
        Err(bad) => return tell(uri.path(), StatusCode::BAD_REQUEST, &bad.to_string()),
    };
    let Ok(_place) = Arc::clone(&context.waits).try_acquire_owned() else {
        let sentence = format!(
            "{WAITS} requests wait already: let one of them end, or read GET /api/log instead."
        );
        return tell(uri.path(), StatusCode::SERVICE_UNAVAILABLE, &sentence);
    };
    let mut status = context.status.clone();
    tokio::select! {
        answer = answer(&context, asked) => answer,
        _ = status.wait_for(|status| status.phase.is_over()) => {
            let sentence = "The server stopped while this request waited: ask again once it runs.";
            tell(uri.path(), StatusCode::SERVICE_UNAVAILABLE, sentence)
        }
    }
}

async fn answer(context: &Context, asked: Question) -> Response<Body> {
    let Question {
        until,
        whom,
        after,
        timeout,
    } = asked;
    let begun = Instant::now();
    let end = begun + timeout;
    let rooms = whom.rooms.clone();
    let mut wait = context.connections.wait(until, whom, after, clock::now());
    loop {
        let now = clock::now();
        // Each time anew: a room may begin meanwhile.
        let tables = context.rooms.tables_in(&rooms);
        if let Some(met) = wait.look(&tables, now) {
            return json(StatusCode::OK, &met);
        }
        if Instant::now() >= end {
            break;
        }
        let next = wait.next_look(now.instant, BEAT);
        let next = next.map_or(end, |next| end.min(Instant::now() + next));
        tokio::select! {
            more = wait.news() => if !more { break },
            () = tokio::time::sleep_until(next) => {}
        }
    }
    let within = humantime::format_duration(timeout).to_string();
    let unmet = wait.unmet(begun.elapsed(), &within);
    json(StatusCode::REQUEST_TIMEOUT, &unmet)
}

fn json(status: StatusCode, body: &impl Serialize) -> Response<Body> {
    (status, [(header::CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// Reads `until=returned&client=t1&after=41&timeout=10s`.
///
/// # Errors
/// A parameter that is missing, out of bounds, unreadable, or given twice.
fn read(params: &Params<'_>) -> Result<Question, BadQuery> {
    let quiet = params.read("for", |value| time("for", value))?;
    let until = params.read("until", |value| until(value, quiet))?;
    let until = until
        .ok_or_else(|| BadQuery::new(format!("until is missing: add one, which is {UNTIL}.")))?;
    let timeout = params.read("timeout", |value| time("timeout", value))?;
    let timeout = timeout.unwrap_or(USUAL);
    if quiet.is_some_and(|quiet| quiet > timeout) {
        let sentence = "for is longer than timeout: make timeout at least as long.";
        return Err(BadQuery::new(sentence));
    }
    let usually = match until {
        // The number of a fault is that of no other, in whichever room.
        Until::Fired(_) => InRooms::All,
        _ => InRooms::default(),
    };
    Ok(Question {
        until,
        whom: whom(params, usually)?,
        after: params.whole("after", 0, MAX_FROM)?.unwrap_or(0),
        timeout,
    })
}

/// What can be waited for, in words.
const UNTIL: &str = "connected, returned, refused, gone, ended, away, events=N, sent-id=ID or \
                     fired=FAULT";

fn until(value: &str, quiet: Option<Duration>) -> Result<Until, BadQuery> {
    let (word, given) = match value.split_once('=') {
        Some((word, given)) => (word, Some(given)),
        None => (value, None),
    };
    let number = |given: &str, least| {
        let digits = given.bytes().all(|byte| byte.is_ascii_digit());
        let number = given.parse().ok().filter(|_| digits);
        number
            .filter(|n| (least..=MAX_FROM).contains(n))
            .ok_or_else(|| {
                let sentence =
                    format!("{word} in until must be a whole number from {least} to {MAX_FROM}.");
                BadQuery::new(sentence)
            })
    };
    if quiet.is_some() && word != "away" {
        let sentence = "for is only for until=away: leave it out, or wait for away.";
        return Err(BadQuery::new(sentence));
    }
    Ok(match (word, given) {
        ("connected", None) => Until::Connected,
        ("returned", None) => Until::Returned,
        ("refused", None) => Until::Refused,
        ("gone", None) => Until::Gone,
        ("ended", None) => Until::Ended,
        ("away", None) => match quiet {
            Some(quiet) => Until::Away(quiet),
            None => {
                let sentence = "until=away needs a time: add one, such as for=3s.";
                return Err(BadQuery::new(sentence));
            }
        },
        ("events", Some(n)) => Until::Events(number(n, 1)?),
        ("fired", Some(fault)) => Until::Fired(number(fault, 1)?),
        ("sent-id", Some(id)) if (1..=MAX_ID).contains(&id.len()) => Until::SentId(id.to_owned()),
        ("sent-id", Some(_)) => {
            let sentence = format!("sent-id in until must be an id of 1 to {MAX_ID} bytes.");
            return Err(BadQuery::new(sentence));
        }
        _ => return Err(BadQuery::new(format!("until must be {UNTIL}."))),
    })
}

fn time(name: &str, value: &str) -> Result<Duration, BadQuery> {
    let within = |time: &Duration| !time.is_zero() && *time <= LONGEST;
    read_time(value).filter(within).ok_or_else(|| {
        let sentence =
            format!("{name} must be a time such as 500ms or 3s, above 0ms and at most 1m.");
        BadQuery::new(sentence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<Question, BadQuery> {
        read(&Params::of(Some(query)))
    }

    #[test]
    fn what_is_waited_for_is_read() {
        let secs = Duration::from_secs;
        for (typed, until) in [
            ("connected", Until::Connected),
            ("returned", Until::Returned),
            ("refused", Until::Refused),
            ("gone", Until::Gone),
            ("ended", Until::Ended),
            ("away&for=3s", Until::Away(secs(3))),
            ("events=12", Until::Events(12)),
            ("events%3D12", Until::Events(12)),
            ("sent-id=a=b", Until::SentId("a=b".to_owned())),
            ("fired=3", Until::Fired(3)),
        ] {
            let read = of(&format!("until={typed}")).expect(typed);
            assert_eq!(read.until, until, "{typed}");
            assert_eq!((read.after, read.timeout), (0, USUAL), "{typed}");
        }
        assert_eq!(
            of("until=ended&client=t1&stream=/prices&room=ci&after=41&timeout=1m"),
            Ok(Question {
                until: Until::Ended,
                whom: Whom {
                    client: Some("t1".to_owned()),
                    stream: Some("/prices".to_owned()),
                    rooms: InRooms::One(Some("ci".to_owned())),
                },
                after: 41,
                timeout: LONGEST,
            })
        );
    }

    #[test]
    fn which_room_is_meant() {
        let room = |query| of(query).expect(query).whom.rooms;
        assert_eq!(room("until=ended"), InRooms::One(None));
        assert_eq!(room("until=ended&room=*"), InRooms::All);
        assert_eq!(room("until=fired=3"), InRooms::All);
        let ci = InRooms::One(Some("ci".to_owned()));
        assert_eq!(room("until=fired=3&room=ci"), ci);
    }

    #[test]
    fn what_is_out_of_bounds_is_told_the_bound() {
        let long = format!("until=sent-id={}", "x".repeat(MAX_ID + 1));
        for (query, words) in [
            ("", "until is missing"),
            ("until=", "until must be connected, returned"),
            ("until=back", "until must be connected, returned"),
            ("until=ended=1", "until must be connected, returned"),
            ("until=events", "until must be connected, returned"),
            ("until=events=0", "from 1 to"),
            ("until=events=-1", "from 1 to"),
            ("until=events=%2B1", "from 1 to"),
            ("until=events=", "from 1 to"),
            ("until=fired=x", "from 1 to"),
            ("until=sent-id=", "1 to 1024 bytes"),
            (&long, "1 to 1024 bytes"),
            ("until=away", "until=away needs a time"),
            ("until=ended&for=3s", "for is only for until=away"),
            ("until=away&for=0s", "at most 1m"),
            ("until=away&for=11s", "for is longer than timeout"),
            ("until=ended&timeout=0s", "at most 1m"),
            ("until=ended&timeout=61s", "at most 1m"),
            ("until=ended&timeout=10", "at most 1m"),
            ("until=ended&after=x", "whole number from 0"),
            ("until=ended&client=a%0Ab", "client must be"),
            ("until=ended&room=a/b", "room must be"),
            ("until=ended&until=ended", "given twice"),
        ] {
            let refused = of(query).expect_err(query).to_string();
            assert!(
                refused.contains(words) && refused.ends_with('.'),
                "{query}: {refused}"
            );
        }
    }
}
