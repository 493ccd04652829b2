//! Rules on the head of the answer: status, media type, charset, compression, caches.

use super::finding::{Rule, Verdict};
use super::observation::{DialectKind, Observation};
use super::words::span;
use crate::exchange::{Head, entries};
use crate::foreign::shown;
use std::time::Duration;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "W1",
        title: "Status",
        judge: status,
    },
    Rule {
        name: "W2",
        title: "Type",
        judge: media_type,
    },
    Rule {
        name: "W3",
        title: "Charset",
        judge: charset,
    },
    Rule {
        name: "W4",
        title: "Compression",
        judge: compression,
    },
    Rule {
        name: "W26",
        title: "Caches and buffers",
        judge: caches,
    },
];

fn status(seen: &Observation) -> Vec<Verdict> {
    let Some(head) = &seen.head else {
        return Vec::new();
    };
    let wait = head.value("retry-after").map(|wait| {
        let unit = match wait.bytes().all(|byte| byte.is_ascii_digit()) {
            true => " seconds",
            false => "",
        };
        format!(", and asks to wait (Retry-After: {}{unit})", shown(wait))
    });
    let wait = wait.unwrap_or_default();
    let status = head.status;
    let (what, change) = match status {
        200 => return Verdict::fine("The status is 200."),
        204 => (
            "tells clients to stay away for good",
            "Answer 200 while there may be more events, and 204 only behind the last one.",
        ),
        201..=299 => ("starts no stream in an EventSource", "Answer 200."),
        300..=399 => (
            "is a redirect that was not followed",
            "Ask the URL that its Location names.",
        ),
        401 | 403 | 407 => (
            "refuses the request: a login or a token is missing, wrong or too old",
            "Send the credentials that the server asks for, such as -H 'Authorization: Bearer …'.",
        ),
        404 | 410 => (
            "says that there is no such stream",
            "Check the path and its query.",
        ),
        405 => (
            "refuses the method",
            "Ask with the method that the server names in Allow: a POST needs -X POST and a body.",
        ),
        406 | 415 => (
            "refuses the type that was asked for or sent",
            "Check the headers Accept and Content-Type.",
        ),
        429 => (
            "says that there were too many requests",
            "Ask less often, and let clients wait as long as Retry-After says.",
        ),
        503 => (
            "says that the server is overloaded or still starting",
            "Let clients wait as long as Retry-After says; EventSource does not come back by \
             itself.",
        ),
        500..=599 => (
            "is an error of the server, or of a proxy before it",
            "Look into the log of the server, and ask it without the proxy.",
        ),
        _ => ("is a refusal", "Read the body: it may say why."),
    };
    vec![
        Verdict::broken(format!("The status {status} {what}{wait}."))
            .hurts(
                "EventSource fails for good at any status but 200. A client that fetches reads \
                 the error as if it were events, unless it checks the status.",
            )
            .change(change)
            .at(seen.times.head_complete),
    ]
}

fn media_type(seen: &Observation) -> Vec<Verdict> {
    let Some(head) = seen.head.as_ref().filter(|head| head.status == 200) else {
        return Vec::new();
    };
    let media_type = head.media_type();
    let (guess, change) = match &*media_type {
        "text/event-stream" => return Verdict::fine("The type is text/event-stream."),
        "" => ("", "Send Content-Type: text/event-stream."),
        "text/html" => (
            ": a login page, or the error page of a proxy",
            "Log in first, or ask the server without the proxy; a stream says Content-Type: \
             text/event-stream.",
        ),
        "application/json" => (
            ": an error, or an answer that is not streamed",
            "Ask for a stream: \"stream\": true in the body, ?alt=sse in a URL of Gemini, or \
             Accept: text/event-stream.",
        ),
        "application/x-ndjson" | "application/ndjson" | "application/jsonl" => (
            ": lines of JSON, which are no events",
            "Read it line by line, or ask the server for its stream of events.",
        ),
        _ => ("", "Send Content-Type: text/event-stream."),
    };
    let sentence = match &*media_type {
        "" => "The answer has no Content-Type.".to_owned(),
        _ => format!(
            "The type is {} and not text/event-stream{guess}.",
            shown(&media_type)
        ),
    };
    let is_json = matches!(&*media_type, "application/json");
    let is_meant = match is_json {
        // MCP lets a server answer a POST with one response.
        true => seen.is_dialect(DialectKind::Mcp),
        false => media_type.contains("json") && seen.dialect.is_some(),
    };
    let verdict = match is_meant {
        true => Verdict::worth_knowing(sentence),
        false => Verdict::broken(sentence),
    };
    vec![
        verdict
            .hurts("EventSource refuses it and does not come back; no event is read.")
            .change(change)
            .at(seen.times.head_complete),
    ]
}

/// The value of a parameter of the media type, without quotes.
fn parameter(head: &Head, name: &str) -> Option<String> {
    let value = head.value("content-type")?;
    let parameters = value
        .split(';')
        .skip(1)
        .filter_map(|part| part.split_once('='));
    let mut named = parameters.filter(|(key, _)| key.trim().eq_ignore_ascii_case(name));
    named
        .next()
        .map(|(_, value)| value.trim().trim_matches('"').to_owned())
}

fn charset(seen: &Observation) -> Vec<Verdict> {
    let Some(head) = seen.stream() else {
        return Vec::new();
    };
    match parameter(head, "charset") {
        None => Verdict::fine("The type names no charset, so it is UTF-8 for everybody."),
        Some(charset)
            if ["utf-8", "utf8"]
                .iter()
                .any(|u| charset.eq_ignore_ascii_case(u)) =>
        {
            Verdict::fine("The charset is UTF-8.")
        }
        Some(charset) => vec![
            Verdict::risky(format!(
                "The charset is {}, but a stream of events is always UTF-8.",
                shown(&charset)
            ))
            .hurts("Chromium ends the connection; other clients read UTF-8 all the same.")
            .change("Send Content-Type: text/event-stream, without a charset or with utf-8.")
            .at(seen.times.head_complete),
        ],
    }
}

/// A first event that is later than this, behind compression, waited in the compressor.
const LATE: Duration = Duration::from_secs(5);

fn compression(seen: &Observation) -> Vec<Verdict> {
    let Some(head) = seen.stream() else {
        return Vec::new();
    };
    let mut encodings = entries(&head.headers, "content-encoding");
    encodings.retain(|encoding| encoding != "identity");
    if encodings.is_empty() {
        return Verdict::fine("The body is not compressed.");
    }
    let first = seen.body.events.kept.first.first().map(|event| event.end);
    let waited = first.map(|first| first.at.saturating_sub(seen.times.asked()));
    let waited = match (waited, seen.body.events.bursts.count) {
        (Some(waited), _) if waited > LATE => {
            format!(
                ", and its first event came {} after the request",
                span(waited)
            )
        }
        (Some(_), 1..) => ", and its events came in bursts".to_owned(),
        (None, _) => ", and no event has come out of it".to_owned(),
        _ => String::new(),
    };
    vec![
        Verdict::risky(format!(
            "The body is compressed ({}){waited}.",
            shown(&encodings.join(", "))
        ))
        .hurts(
            "All clients, where the compressor does not flush behind each event: it keeps events \
             until its window is full.",
        )
        .change(
            "Leave text/event-stream out of compression, in the server and in each proxy, or \
             flush behind each event.",
        )
        .place(first),
    ]
}

fn caches(seen: &Observation) -> Vec<Verdict> {
    let Some(head) = seen.stream() else {
        return Vec::new();
    };
    let mut verdicts = Vec::new();
    let cache = entries(&head.headers, "cache-control");
    if !cache
        .iter()
        .any(|entry| entry == "no-store" || entry == "no-cache")
    {
        verdicts.push(
            Verdict::worth_knowing(match cache.is_empty() {
                true => "The head has no Cache-Control.",
                false => "Cache-Control says neither no-store nor no-cache.",
            })
            .hurts("Clients behind a cache, which may keep the answer or give them an old one.")
            .change("Send Cache-Control: no-store.")
            .at(seen.times.head_complete),
        );
    }
    let names_nginx = ["server", "via"].iter().any(|name| {
        let value = head.value(name).unwrap_or_default();
        value.to_ascii_lowercase().contains("nginx")
    });
    let unbuffered = entries(&head.headers, "x-accel-buffering");
    if names_nginx && !unbuffered.iter().any(|entry| entry == "no") {
        verdicts.push(
            Verdict::worth_knowing(
                "The answer came through nginx, and its head does not say X-Accel-Buffering: no.",
            )
            .hurts(
                "All clients, where proxy_buffering is on: nginx keeps events until a buffer is \
                 full.",
            )
            .change(
                "See whether the server behind nginx sends X-Accel-Buffering: no, which nginx obeys \
                 and takes out; or set proxy_buffering off.",
            )
            .at(seen.times.head_complete),
        );
    }
    match verdicts.is_empty() {
        true => Verdict::fine("The head keeps caches and buffers away."),
        false => verdicts,
    }
}
