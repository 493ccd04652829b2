//! A stream that is good in every way, and what makes one of it that is not.

use std::time::Duration;

use hyper::{Method, Version};
use sse_client::diagnose::{
    Asked, BodyFacts, DialectFacts, DialectKind, End, Finding, Gatherer, Head, Header, Level,
    Observation, Times, diagnose,
};

pub(crate) const fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

pub(crate) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The head of all made-up streams was complete then.
pub(crate) const HEAD: Duration = ms(30);

/// The facts of a body whose pieces came at these milliseconds, as of an instant.
pub(crate) fn body<T: AsRef<[u8]>>(
    pieces: impl IntoIterator<Item = (u64, T)>,
    ended: Duration,
) -> BodyFacts {
    let mut gatherer = Gatherer::new(HEAD);
    for (at, bytes) in pieces {
        gatherer.read(ms(at), bytes.as_ref());
    }
    gatherer.facts(ended)
}

/// A stream that is good but for its pieces, at these milliseconds. It was still open at the end.
pub(crate) fn watched<T: AsRef<[u8]>>(
    pieces: impl IntoIterator<Item = (u64, T)>,
    ended: Duration,
) -> Observation {
    Observation {
        asked: Asked {
            method: Method::GET,
            url: "http://localhost:8000/news".into(),
            headers: headers(&[("Accept", "text/event-stream")]),
        },
        hops: Vec::new(),
        head: Some(Head {
            version: Version::HTTP_11,
            status: 200,
            headers: headers(&[
                ("content-type", "text/event-stream"),
                ("cache-control", "no-store"),
                ("x-accel-buffering", "no"),
                ("transfer-encoding", "chunked"),
            ]),
        }),
        times: Times {
            name: Some(ms(5)),
            connect: Some(ms(10)),
            tls: None,
            request_sent: Some(ms(20)),
            head_first_byte: Some(ms(29)),
            head_complete: Some(HEAD),
        },
        body: body(pieces, ended),
        end: End::Stopped,
        ended,
        resume: None,
        head_request: None,
        preflight: None,
        cross_origin: None,
        dialect: None,
    }
}

/// One event a second from the first second on, with ids from 1 and a `retry`.
pub(crate) fn steady(events: u64) -> Vec<(u64, String)> {
    let event = |n| match n {
        1 => "retry: 3000\nid: 1\ndata: event 1\n\n".to_owned(),
        n => format!("id: {n}\ndata: event {n}\n\n"),
    };
    (1..=events).map(|n| (n * 1_000, event(n))).collect()
}

/// The good stream: twenty events, still open.
pub(crate) fn good() -> Observation {
    watched(steady(20), ms(20_500))
}

/// The good stream, made worse.
pub(crate) fn but(change: impl FnOnce(&mut Observation)) -> Observation {
    let mut seen = good();
    change(&mut seen);
    seen
}

/// Pieces with a time of zero, in one body.
pub(crate) fn at_once(bytes: &[u8]) -> Observation {
    watched([(40, bytes)], ms(500))
}

pub(crate) fn headers(pairs: &[(&str, &str)]) -> Vec<Header> {
    let headers = pairs.iter().map(|(name, value)| Header::new(*name, *value));
    headers.collect()
}

/// Gives the answer a header in place of those with this name; `None` takes them out.
pub(crate) fn set(seen: &mut Observation, name: &str, value: Option<&str>) {
    let head = seen.head.as_mut().expect("there is a head");
    head.headers
        .retain(|header| !header.name.eq_ignore_ascii_case(name));
    head.headers
        .extend(value.map(|value| Header::new(name, value)));
}

pub(crate) fn head(seen: &mut Observation) -> &mut Head {
    seen.head.as_mut().expect("there is a head")
}

pub(crate) fn llm() -> DialectFacts {
    DialectFacts {
        name: "OpenAI chat completions".into(),
        kind: DialectKind::Llm,
        end_seen: true,
        first_token: Some(ms(400)),
        tokens_per_second: Some(42.0),
        longest_stall: Some(ms(900)),
        ..DialectFacts::default()
    }
}

/// What a rule finds.
pub(crate) fn of(rule: &str, seen: &Observation) -> Vec<Finding> {
    let findings = diagnose(seen).into_iter();
    findings.filter(|finding| finding.rule == rule).collect()
}

/// The worst level of all findings.
pub(crate) fn worst(seen: &Observation) -> Level {
    let levels = diagnose(seen).into_iter().map(|finding| finding.level);
    levels.min().expect("there is something to say")
}
