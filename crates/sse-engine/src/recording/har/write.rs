//! Writes a recording as a HAR.

use std::time::Duration;

use sse_wire::{Decoded, Decoder};

use super::super::{BodyKind, End, Exchange, Recording, Step};
use super::time::{date, millis, read_date, seconds};
use super::{
    Body, Chunk, Creator, Entry, Header, Log, Message, Moment, Number, Request, Response, Root,
    Timings,
};

impl Recording {
    /// The same as a HAR, as DevTools imports it. Faults are left out, since a HAR has no place for
    /// them. The dates begin with that of the note `recorded DATE`, else in 1970.
    pub fn to_har(&self) -> String {
        let mut started = self.recorded_at().unwrap_or_default();
        let mut entries = Vec::new();
        for exchange in self.exchanges() {
            let (entry, length) = entry(exchange, started);
            entries.push(entry);
            started = started.saturating_add(length);
        }
        let log = Log {
            version: Some("1.2".to_owned()),
            creator: Some(Creator {
                name: Some("sse".to_owned()),
                version: Some(env!("CARGO_PKG_VERSION").to_owned()),
            }),
            entries: Some(entries),
        };
        // Strings and numbers are always JSON.
        serde_json::to_string(&Root { log: Some(log) }).unwrap_or_default()
    }

    /// When it was recorded, since 1970, where a note says so: `recorded DATE ...`.
    pub fn recorded_at(&self) -> Option<Duration> {
        self.steps.iter().find_map(|step| match step {
            Step::Note(note) => read_date(note.strip_prefix("recorded ")?.split(' ').next()?),
            _ => None,
        })
    }
}

/// An exchange whose steps begin at this time, and how long they take.
fn entry(exchange: Exchange<'_>, started: Duration) -> (Entry, Duration) {
    let begin = exchange.begin();
    let started = started.saturating_add(begin);
    let mut head = begin;
    let mut end = Duration::ZERO;
    let mut notes = Vec::new();
    for (at, step) in exchange.timed() {
        end = at;
        match step {
            Step::Response(_) => head = at,
            Step::Note(note) => notes.push(note.as_str()),
            _ => {}
        }
    }
    let has_response = exchange.response().next().is_some();
    if !has_response {
        head = end;
    }
    let pieces = exchange.pieces();
    let chunks = pieces.iter().map(|piece| Chunk {
        wait: millis(piece.interval),
        size: piece.bytes.len() as u64,
        chunk: piece.chunk,
        gzip: piece.gzip,
    });
    let is_stream = has_response && exchange.body_kind() == BodyKind::Events;
    let entry = Entry {
        started_date_time: Some(date(started)),
        time: Some(millis(end.saturating_sub(begin))),
        request: Some(request(exchange)),
        response: Some(response(exchange)),
        timings: Some(Timings {
            blocked: Some(Number(-1.0)),
            dns: Some(Number(-1.0)),
            connect: Some(Number(-1.0)),
            send: Some(Number(0.0)),
            wait: Some(millis(head.saturating_sub(begin))),
            receive: Some(millis(end.saturating_sub(head))),
        }),
        comment: (!notes.is_empty()).then(|| notes.join("\n")),
        resource_type: is_stream.then(|| "eventsource".to_owned()),
        messages: is_stream.then(|| messages(exchange, started.saturating_sub(begin))),
        chunks: has_response.then(|| chunks.collect()),
        end: Some(exchange.end().unwrap_or(End::Open).word().to_owned()),
        ..Entry::default()
    };
    (entry, end)
}

fn messages(exchange: Exchange<'_>, started: Duration) -> Vec<Message> {
    let mut messages = Vec::new();
    let mut decoder = Decoder::with_limit(usize::MAX);
    for (at, step) in exchange.timed() {
        let Step::Bytes(bytes) = step else { continue };
        let time = seconds(started.saturating_add(at));
        _ = decoder.push(bytes, |decoded| {
            if let Decoded::Event {
                event,
                data,
                last_event_id,
            } = decoded
            {
                messages.push(Message {
                    time: Some(Moment::Number(time)),
                    event_name: Some(event.to_owned()),
                    event_id: Some(last_event_id.to_owned()),
                    data: Some(data.to_owned()),
                });
            }
        });
    }
    messages
}

fn request(exchange: Exchange<'_>) -> Request {
    let mut words = exchange
        .request()
        .next()
        .unwrap_or("GET / HTTP/1.1")
        .split(' ');
    let mut word = || words.next().unwrap_or_default().to_owned();
    let (method, target, version) = (word(), word(), word());
    let body = exchange.request_body();
    let size = body.len() as f64;
    let kind = exchange.request_value("content-type").unwrap_or_default();
    let url = url(
        &target,
        exchange.request_value("host").unwrap_or("localhost"),
    );
    let query = url.split_once('?').map_or("", |(_, query)| query);
    let query = query.split('#').next().unwrap_or_default();
    let query_string = query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            header(name, value)
        });
    Request {
        method: Some(method),
        http_version: Some(version),
        cookies: Vec::new(),
        headers: Some(
            exchange
                .request()
                .skip(1)
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| header(name, value.trim()))
                .collect(),
        ),
        query_string: query_string.collect(),
        post_data: (!body.is_empty()).then(|| Body::of(body, kind.to_owned(), false)),
        headers_size: Some(Number(-1.0)),
        body_size: Some(Number(size)),
        url: Some(url),
    }
}

/// The whole URL. A recording does not say whether there was TLS; on this machine there hardly is.
fn url(target: &str, host: &str) -> String {
    if target.contains("://") {
        return target.to_owned();
    }
    let name = host.rsplit_once(':').map_or(host, |(name, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            name
        } else {
            host
        }
    });
    let is_here = name == "localhost"
        || name.ends_with(".localhost")
        || name.starts_with("127.")
        || name == "[::1]";
    let scheme = if is_here { "http" } else { "https" };
    let slash = if target.starts_with('/') { "" } else { "/" };
    format!("{scheme}://{host}{slash}{target}")
}

fn response(exchange: Exchange<'_>) -> Response {
    let line = exchange.status_line().unwrap_or_default();
    let mut words = line.splitn(3, ' ');
    let version = words.next().unwrap_or_default().to_owned();
    _ = words.next();
    let pieces = exchange.pieces();
    let bytes: Vec<&[u8]> = pieces.iter().map(|piece| &piece.bytes[..]).collect();
    let bytes = bytes.concat();
    let size = bytes.len() as f64;
    let location = exchange.response_value("location").unwrap_or_default();
    Response {
        status: Some(Number(exchange.status().unwrap_or(0).into())),
        status_text: Some(words.next().unwrap_or_default().to_owned()),
        http_version: Some(version),
        cookies: Vec::new(),
        headers: Some(
            exchange
                .response()
                .filter(|line| !line.starts_with(b"HTTP/"))
                .map(String::from_utf8_lossy)
                .filter_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    Some(header(name, value.trim()))
                })
                .collect(),
        ),
        content: Some(Body::of(
            bytes,
            exchange
                .media_type()
                .unwrap_or_else(|| "x-unknown".to_owned()),
            true,
        )),
        redirect_url: Some(location.into_owned()),
        headers_size: Some(Number(-1.0)),
        body_size: Some(Number(size)),
        error: None,
    }
}

fn header(name: &str, value: &str) -> Header {
    Header {
        name: name.to_owned(),
        value: value.to_owned(),
    }
}
