//! Rules on the head and on what carries the stream.

use hyper::{Method, Version};
use sse_client::diagnose::Level::{Broken, Risky, WorthKnowing};
use sse_client::diagnose::{DialectFacts, DialectKind, Hop, Observation};

use super::{Case, case};
use crate::support::{at_once, but, good, head, headers, llm, ms, set, steady, watched};

fn status(status: u16) -> Observation {
    but(|seen| head(seen).status = status)
}

fn with(name: &str, value: Option<&str>) -> Observation {
    but(|seen| set(seen, name, value))
}

fn hop(status: u16, to: &str) -> Hop {
    Hop {
        status,
        from: "https://me:hunter2@a.example/news?key=hunter2".into(),
        to: to.into(),
        sent: headers(&[("Accept", "text/event-stream")]),
        dropped: Vec::new(),
    }
}

/// Eleven events that come at once, so long after the request.
fn compressed(at: u64) -> Observation {
    let events: String = steady(11).into_iter().map(|(_, event)| event).collect();
    let mut seen = watched([(at, events)], ms(at + 500));
    set(&mut seen, "content-encoding", Some("gzip"));
    seen
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = statuses();
    cases.extend(types());
    cases.extend(carriers());
    cases.extend(redirects());
    cases
}

fn statuses() -> Vec<Case> {
    vec![
        case(
            "W1",
            Broken,
            "204 tells clients to stay away",
            status(204),
            good(),
        ),
        case("W1", Broken, "401 refuses the request", status(401), good()),
        case("W1", Broken, "302 is a redirect", status(302), good()),
        case("W1", Broken, "418 is a refusal", status(418), good()),
        case(
            "W1",
            Broken,
            "503 says that the server is overloaded or still starting, and asks to wait \
             (Retry-After: 7 seconds)",
            but(|seen| {
                head(seen).status = 503;
                set(seen, "Retry-After", Some("7"));
            }),
            good(),
        ),
        case(
            "W1",
            Broken,
            "too many requests, and asks to wait (Retry-After: Wed, 21 Oct 2026 07:28:00 GMT).",
            but(|seen| {
                head(seen).status = 429;
                set(seen, "Retry-After", Some("Wed, 21 Oct 2026 07:28:00 GMT"));
            }),
            good(),
        ),
    ]
}

fn types() -> Vec<Case> {
    let html = |seen: &mut Observation| {
        seen.body = at_once(b"<!doctype html>").body;
        set(seen, "content-type", Some("text/html; charset=utf-8"));
    };
    let json = |kind| {
        but(|seen| {
            set(seen, "content-type", Some("application/json"));
            seen.dialect = Some(DialectFacts {
                kind,
                ..DialectFacts::default()
            });
        })
    };
    let ndjson = |seen: &mut Observation| set(seen, "content-type", Some("application/x-ndjson"));
    vec![
        case("W2", Broken, "text/html and not", but(html), good()),
        case("W2", Broken, "a login page", but(html), status(500)),
        case(
            "W2",
            Broken,
            "no Content-Type",
            with("content-type", None),
            good(),
        ),
        case(
            "W2",
            Broken,
            "text/event-streamx",
            with("content-type", Some("text/event-streamx")),
            with("content-type", Some("Text/Event-Stream;charset=utf-8")),
        ),
        case("W2", Broken, "not streamed", json(DialectKind::Llm), good()),
        case(
            "W2",
            WorthKnowing,
            "application/json",
            json(DialectKind::Mcp),
            good(),
        ),
        case("W2", Broken, "lines of JSON", but(ndjson), good()),
        case(
            "W2",
            WorthKnowing,
            "lines of JSON",
            but(|seen| {
                ndjson(seen);
                seen.dialect = Some(llm());
            }),
            good(),
        ),
        case(
            "W3",
            Risky,
            "windows-1252",
            with(
                "content-type",
                Some("text/event-stream; charset=windows-1252"),
            ),
            with(
                "content-type",
                Some("text/event-stream; a=b; Charset=\"UTF-8\""),
            ),
        ),
        case(
            "W4",
            Risky,
            "(gzip)",
            with("content-encoding", Some("gzip")),
            good(),
        ),
        case(
            "W4",
            Risky,
            "its first event came 6 s after the request",
            compressed(6_030),
            with("content-encoding", Some("identity")),
        ),
        case(
            "W4",
            Risky,
            "no event has come out of it",
            but(|seen| {
                set(seen, "content-encoding", Some("br"));
                seen.body = watched([(0, ""); 0], ms(9_000)).body;
            }),
            good(),
        ),
        case(
            "W26",
            WorthKnowing,
            "no Cache-Control",
            with("cache-control", None),
            with("cache-control", Some("private, No-Cache")),
        ),
        case(
            "W26",
            WorthKnowing,
            "neither no-store nor no-cache",
            with("cache-control", Some("max-age=60")),
            good(),
        ),
        case(
            "W26",
            WorthKnowing,
            "through nginx",
            but(|seen| {
                set(seen, "server", Some("nginx/1.29"));
                set(seen, "x-accel-buffering", None);
            }),
            with("server", Some("nginx/1.29")),
        ),
        case(
            "W26",
            WorthKnowing,
            "through nginx",
            but(|seen| {
                set(seen, "Via", Some("1.1 proxy (Nginx)"));
                set(seen, "x-accel-buffering", Some("yes"));
            }),
            with("x-accel-buffering", None),
        ),
    ]
}

fn carriers() -> Vec<Case> {
    let version = |version| {
        but(|seen| {
            head(seen).version = version;
            set(seen, "transfer-encoding", None);
        })
    };
    vec![
        case(
            "W27",
            Risky,
            "Content-Length (500)",
            but(|seen| {
                set(seen, "transfer-encoding", None);
                set(seen, "content-length", Some("500"));
            }),
            good(),
        ),
        case(
            "W27",
            Risky,
            "cannot be told from a cut",
            version(Version::HTTP_10),
            version(Version::HTTP_2),
        ),
        case(
            "W27",
            Risky,
            "cannot be told from a cut",
            version(Version::HTTP_11),
            good(),
        ),
        case(
            "W28",
            WorthKnowing,
            "six connections",
            good(),
            version(Version::HTTP_2),
        ),
        case(
            "W28",
            WorthKnowing,
            "six connections",
            version(Version::HTTP_10),
            but(|seen| seen.asked.method = Method::POST),
        ),
    ]
}

fn redirects() -> Vec<Case> {
    let hops = |hop| but(|seen| seen.hops = vec![hop]);
    let mut leaking = hop(302, "https://b.example/");
    leaking.sent = headers(&[
        ("Authorization", "Bearer hunter2"),
        ("X-Api-Key", "hunter2"),
    ]);
    let mut dropping = hop(302, "https://b.example/");
    dropping.dropped = vec!["Authorization".into()];
    vec![
        case(
            "W29",
            WorthKnowing,
            "(301) leads from https://a.example/news?… to https://a.example/new",
            hops(hop(301, "https://a.example/new")),
            good(),
        ),
        // What is relative is of the same origin.
        case(
            "W29",
            WorthKnowing,
            "from https://a.example/news?… to /new?….",
            hops(hop(302, "/new?key=hunter2")),
            good(),
        ),
        case(
            "W29",
            WorthKnowing,
            "another origin, which is sent Authorization and X-Api-Key",
            hops(leaking),
            good(),
        ),
        case(
            "W29",
            WorthKnowing,
            "which is not sent 1 header of the request (Authorization)",
            hops(dropping),
            good(),
        ),
        case(
            "W29",
            WorthKnowing,
            "to http://a.example/?…, another origin.",
            hops(hop(307, "http://a.example/?token=hunter2")),
            good(),
        ),
    ]
}
