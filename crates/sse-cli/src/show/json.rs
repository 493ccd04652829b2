//! A recording for programs: an object of JSON a line.

use std::borrow::Cow;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use sse_server::recording::{BodyReader, Exchange, Found, Recording, Step};

use super::Output;
use crate::look::json;

/// An object, in the order in which it is printed.
#[derive(Serialize)]
struct Line<'a> {
    kind: &'static str,
    exchange: usize,
    /// Since the recording began.
    t: Millis,
    #[serde(flatten)]
    what: What<'a>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum What<'a> {
    Head {
        line: Cow<'a, str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        method: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        target: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        status: Option<u16>,
        fields: Vec<(String, String)>,
    },
    Bytes {
        #[serde(flatten)]
        bytes: Bytes<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        chunk: Option<u64>,
        #[serde(skip_serializing_if = "Option::is_none")]
        gzip: Option<u64>,
        /// It is the rest of a piece in which a note or a fault stands.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        continues: bool,
        #[serde(skip_serializing_if = "Option::is_none")]
        events: Option<Vec<Event>>,
    },
    Text {
        text: Cow<'a, str>,
    },
    End {
        end: &'static str,
        #[serde(skip_serializing_if = "Vec::is_empty")]
        events: Vec<Event>,
    },
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Bytes<'a> {
    Text(&'a str),
    BytesB64(String),
}

impl<'a> Bytes<'a> {
    fn of(bytes: &'a [u8]) -> Self {
        match str::from_utf8(bytes) {
            Ok(text) => Self::Text(text),
            Err(_) => Self::BytesB64(STANDARD.encode(bytes)),
        }
    }
}

/// What a piece completed, as `sse watch --json` has it.
#[derive(Serialize)]
struct Event {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    data: String,
}

impl Event {
    fn of(found: Found<'_>) -> Self {
        let new = |kind, data| Self {
            kind,
            event: None,
            id: None,
            data,
        };
        match found {
            Found::Event { event, id, data } => Self {
                event: Some(event.to_owned()),
                id: Some(id.to_owned()),
                ..new("event", data.to_owned())
            },
            Found::Line(text) => new("event", text.to_owned()),
            Found::Comment(text) => new("comment", text.to_owned()),
            Found::Retry(ms) => new("retry", ms.to_string()),
        }
    }
}

/// Milliseconds with three decimals; without a point where they are whole.
struct Millis(Duration);

impl Serialize for Millis {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let micros = self.0.as_micros();
        match u64::try_from(micros / 1000) {
            Ok(millis) if micros.is_multiple_of(1000) => serializer.serialize_u64(millis),
            _ => serializer.serialize_f64(micros as f64 / 1000.0),
        }
    }
}

/// Prints all exchanges.
pub(super) fn print(recording: &Recording, out: &mut Output) {
    let mut begin = Duration::ZERO;
    for (index, exchange) in recording.exchanges().enumerate() {
        let mut objects = Objects {
            out: &mut *out,
            number: index + 1,
            begin,
            piece: None,
            wait: (None, None),
            reader: BodyReader::new(exchange.body_kind()),
        };
        if !objects.exchange(exchange) {
            return;
        }
        begin += exchange.timed().last().map_or(Duration::ZERO, |(at, _)| at);
    }
}

struct Objects<'a> {
    out: &'a mut Output,
    number: usize,
    begin: Duration,
    /// The piece under way: when it came, its bytes, and whether it continues one.
    piece: Option<(Duration, Vec<u8>, bool)>,
    /// The sizes of the piece that follows.
    wait: (Option<u64>, Option<u64>),
    reader: BodyReader,
}

impl Objects<'_> {
    /// Prints an exchange, and says whether somebody reads on.
    fn exchange(&mut self, exchange: Exchange<'_>) -> bool {
        let (mut has_request, mut has_response) = (false, false);
        let mut continues = false;
        for (at, step) in exchange.timed() {
            if !matches!(step, Step::Bytes(_)) {
                continues &= !matches!(step, Step::Wait(_));
                self.end_piece();
            }
            match step {
                Step::Wait(wait) => self.wait = (wait.chunk, wait.gzip),
                Step::Note(text) => self.text("note", at, text),
                Step::Fault(fault) => self.text("fault", at, &fault.to_string()),
                Step::Request(_) if !std::mem::replace(&mut has_request, true) => {
                    let target = exchange.method_and_target();
                    let lines = exchange.request().map(Cow::Borrowed);
                    self.head("request", at, target, None, lines);
                }
                Step::Response(_) => {
                    self.wait = (None, None);
                    if !std::mem::replace(&mut has_response, true) {
                        let lines = exchange.response().map(String::from_utf8_lossy);
                        self.head("response", at, None, exchange.status(), lines);
                    }
                }
                Step::RequestBytes(bytes) => self.line(
                    "request_body",
                    at,
                    What::Bytes {
                        bytes: Bytes::of(bytes),
                        chunk: None,
                        gzip: None,
                        continues: false,
                        events: None,
                    },
                ),
                Step::Bytes(bytes) => match &mut self.piece {
                    Some((_, piece, _)) => piece.extend_from_slice(bytes),
                    None => {
                        self.piece = Some((at, bytes.clone(), continues));
                        continues = true;
                    }
                },
                Step::End(end) => {
                    let mut events = Vec::new();
                    self.reader.end(|found| events.push(Event::of(found)));
                    let end = end.word();
                    self.line("end", at, What::End { end, events });
                }
                Step::Next | Step::Request(_) => {}
            }
            if !self.out.goes_on() {
                return false;
            }
        }
        true
    }

    fn line(&mut self, kind: &'static str, at: Duration, what: What<'_>) {
        let line = Line {
            kind,
            exchange: self.number,
            t: Millis(self.begin + at),
            what,
        };
        json(&mut self.out.text, &line);
    }

    fn text(&mut self, kind: &'static str, at: Duration, text: &str) {
        let text = Cow::Borrowed(text);
        self.line(kind, at, What::Text { text });
    }

    fn head<'a>(
        &mut self,
        kind: &'static str,
        at: Duration,
        target: Option<(&'a str, &'a str)>,
        status: Option<u16>,
        mut lines: impl Iterator<Item = Cow<'a, str>>,
    ) {
        let line = lines.next().unwrap_or_default();
        let fields = lines.map(|line| {
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            (name.to_owned(), value.trim().to_owned())
        });
        let what = What::Head {
            line,
            method: target.map(|(method, _)| method),
            target: target.map(|(_, target)| target),
            status,
            fields: fields.collect(),
        };
        self.line(kind, at, what);
    }

    fn end_piece(&mut self) {
        let Some((at, bytes, continues)) = self.piece.take() else {
            return;
        };
        let mut events = Vec::new();
        self.reader
            .push(&bytes, |found| events.push(Event::of(found)));
        let (chunk, gzip) = std::mem::take(&mut self.wait);
        let what = What::Bytes {
            bytes: Bytes::of(&bytes),
            chunk,
            gzip,
            continues,
            events: Some(events),
        };
        self.line("piece", at, what);
    }
}
