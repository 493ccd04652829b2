//! The events of one publish request, and what each of them may contain.
//!
//! All events are checked before the first is published. One bad line refuses the whole request.

use std::ops::Range;

use serde::Serialize;
use serde::de::IgnoredAny;
use sse_wire::Event;

use super::gap::GAP;
use super::id::{EARLIEST, Position};
use crate::error::Error;

/// The longest event name and id, in bytes.
const MAX_FIELD: usize = 1024;
/// The longest reconnection time that can be published, in milliseconds: a day.
const MAX_RETRY: u64 = 86_400_000;

/// An event that is to be published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Draft {
    /// Its name, at most 1024 bytes; `None` is the default, `message`. Without control characters,
    /// and not `gap`, which is what the server tells subscribers of a gap with.
    pub event: Option<String>,
    /// Its id, 1 to 1024 bytes; `None` gives it one that sorts. Without control characters or white
    /// space at its ends, since clients send it back in a header. `earliest` and the form of the
    /// server's own ids are not free. An id should be given once: where it is given again after its
    /// first event is no longer kept, a client that comes back with it goes on behind the second.
    pub id: Option<String>,
    /// The reconnection time that it sets, in milliseconds, at most a day.
    pub retry: Option<u64>,
    /// Its data, of any length and with any characters. Each of CR, LF and CRLF ends a line, and a
    /// client receives an LF for it (HTML 9.2.6).
    pub data: String,
}

/// What became of a publish.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Published {
    /// The id of the event, or of the last one.
    pub id: String,
    /// How many events were published.
    pub events: usize,
    /// How many subscribers they were handed to. Of a topic that an engine keeps, how many all
    /// nodes had when they were heard of last.
    pub subscribers: usize,
    /// How many nodes share the topic; nothing where no engine keeps it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(optional))]
    pub nodes: Option<usize>,
}

impl Draft {
    /// # Errors
    /// A field that cannot be sent as it is, or that would be taken for the server's own.
    pub fn check(&self) -> Result<(), Error> {
        if let Some(event) = &self.event {
            field("event", event)?;
            if event.contains(|c: char| c.is_control()) {
                return bad("event must not hold control characters: it is a name.");
            }
            if event == GAP {
                return bad(format!(
                    "event={GAP} is how the server tells of lost events: choose another name."
                ));
            }
        }
        if let Some(id) = &self.id {
            field("id", id)?;
            if id.is_empty() {
                return bad("id is empty: give one, or leave it out to get one that sorts.");
            }
            if id.trim() != id || id.contains(|c: char| c.is_control()) {
                return bad(
                    "id must not hold control characters, or white space at its ends: clients send it back in a header.",
                );
            }
            if id == EARLIEST || Position::parse(id).is_some() {
                return bad(format!(
                    "id={id} means something to the server: choose another, or leave it out."
                ));
            }
        }
        if self.retry.is_some_and(|retry| retry > MAX_RETRY) {
            return bad(retry_bounds());
        }
        Ok(())
    }

    /// It as an event.
    pub fn event(&self) -> Event<'_> {
        Event {
            retry: self.retry,
            event: self.event.as_deref(),
            id: self.id.as_deref(),
            data: Some(&self.data),
            ..Event::default()
        }
    }
}

/// The events of one request: they share their fields, and their data are parts of one body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// The fields that all events share. Its `data` is the whole body.
    draft: Draft,
    /// Where in that body the data of each event lie; at least one. Ranges, so that a body of many
    /// lines is not copied.
    data: Vec<Range<usize>>,
}

impl Batch {
    /// One event. Whoever makes it has looked at it with [`Draft::check`].
    pub fn one(draft: Draft) -> Self {
        let whole = 0..draft.data.len();
        Self {
            draft,
            data: vec![whole],
        }
    }

    /// An event for each line of the draft's data that is not blank. Each must be JSON.
    ///
    /// # Errors
    /// A line that is not JSON, no line at all, or one id for several events.
    pub fn lines(draft: Draft) -> Result<Self, Error> {
        let mut data = Vec::with_capacity(most_lines(&draft.data));
        // A mark of the byte order says nothing in UTF-8, and whoever reads JSON may pass over it
        // (RFC 8259 8.1).
        let text = draft.data.strip_prefix('\u{feff}').unwrap_or(&draft.data);
        let mut next = draft.data.len() - text.len();
        // By LF alone, since JSON may hold no other line end as it stands; a CR before it is white
        // space.
        for (at, line) in text.split('\n').enumerate() {
            let start = next;
            next += line.len() + 1;
            let line = line.strip_suffix('\r').unwrap_or(line);
            if line.trim_ascii().is_empty() {
                continue;
            }
            if let Err(e) = serde_json::from_str::<IgnoredAny>(line) {
                return bad(format!(
                    "Line {} is not JSON ({e}): put one JSON value on each line.",
                    at + 1
                ));
            }
            data.push(start..start + line.len());
        }
        match data.len() {
            0 => bad("There is no event in the body: put one JSON value on each line."),
            2.. if draft.id.is_some() => {
                bad("id is for one event and the body holds several: leave it out.")
            }
            _ => Ok(Self { draft, data }),
        }
    }

    /// How many events there are, at least one.
    #[expect(clippy::len_without_is_empty, reason = "it never is")]
    pub fn len(&self) -> usize {
        self.data.len()
    }

    /// The id that was given; then there is one event.
    pub fn id(&self) -> Option<&str> {
        self.draft.id.as_deref()
    }

    /// The events from the one with this index on.
    pub fn events(&self, first: usize) -> impl Iterator<Item = Event<'_>> {
        let draft = &self.draft;
        let rest = self.data.get(first..).unwrap_or_default();
        rest.iter().map(|data| Event {
            retry: draft.retry,
            event: draft.event.as_deref(),
            id: draft.id.as_deref(),
            // The ranges were made of this text.
            data: draft.data.get(data.clone()),
            ..Event::default()
        })
    }
}

fn field(name: &str, value: &str) -> Result<(), Error> {
    if value.len() > MAX_FIELD {
        return bad(format!("{name} must be at most {MAX_FIELD} bytes long."));
    }
    if value.contains(['\r', '\n', '\0']) {
        return bad(format!(
            "{name} must not hold CR, LF or NUL: it is one line of the stream."
        ));
    }
    Ok(())
}

/// How many lines a text has, at most. The room for their places is no larger: whoever reads bodies
/// keeps account of it.
fn most_lines(text: &str) -> usize {
    1 + text.bytes().filter(|b| *b == b'\n').count()
}

/// What a reconnection time may be, in a sentence.
pub fn retry_bounds() -> String {
    format!("retry must be a whole number of milliseconds from 0 to {MAX_RETRY}.")
}

fn bad<T>(sentence: impl Into<String>) -> Result<T, Error> {
    Err(Error::BadEvent(sentence.into()))
}

#[cfg(test)]
mod tests;
