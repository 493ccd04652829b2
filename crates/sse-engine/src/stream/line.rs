//! An event of a file beside the file of streams: one line of NDJSON, or one record of CSV.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::value::RawValue;
use sse_wire::{Event, encode};

use super::{Moment, Stream, without_spaces};
use crate::bounds::MAX_EVERY;
use crate::text::cut;
use crate::time::read_time;

/// What a line can say of its event.
pub const LINE_KEYS: [&str; 6] = ["event", "id", "data", "comment", "retry", "after"];

/// The longest name and id, in bytes.
const MAX_FIELD: usize = 1024;

/// An event of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineEvent {
    event: Option<String>,
    id: Option<String>,
    data: Option<String>,
    comment: Option<String>,
    retry: Option<u64>,
    after: Option<Duration>,
}

impl LineEvent {
    /// Reads a line of NDJSON. An object with keys of an event and no others is one. Of any other
    /// line, its text is the data.
    ///
    /// # Errors
    /// A key has a value that it cannot have, in one sentence.
    pub fn of_json(line: &str) -> Result<Self, String> {
        let text = || Self {
            data: Some(line.to_owned()),
            ..Self::default()
        };
        let Ok(given) = serde_json::from_str::<BTreeMap<String, &RawValue>>(line) else {
            return Ok(text());
        };
        if given.is_empty() || !given.keys().all(|key| LINE_KEYS.contains(&&**key)) {
            return Ok(text());
        }
        let mut event = Self::default();
        for (key, value) in given {
            // A text is itself, and all else is as it stands.
            let text: Option<String> = serde_json::from_str(value.get()).ok();
            if value.get() != "null" {
                event.set(&key, &text.unwrap_or_else(|| value.get().to_owned()))?;
            }
        }
        Ok(event)
    }

    /// Reads a record of CSV, whose cells have these names. An empty cell is none, but for data.
    ///
    /// # Errors
    /// A cell has a value that it cannot have, in one sentence.
    pub fn of_cells<'a>(
        cells: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, String> {
        let mut event = Self::default();
        for (key, value) in cells {
            if key == "data" || !value.is_empty() {
                event.set(key, value)?;
            }
        }
        Ok(event)
    }

    fn set(&mut self, key: &str, value: &str) -> Result<(), String> {
        let shown = || format!("{key} = \"{}\"", cut(value));
        match key {
            "event" | "id" if value.len() > MAX_FIELD => {
                return Err(format!(
                    "its {key} is too long: make it {MAX_FIELD} bytes at most."
                ));
            }
            "event" => self.event = Some(value.to_owned()),
            "id" => self.id = Some(value.to_owned()),
            "data" => self.data = Some(value.to_owned()),
            "comment" => self.comment = Some(value.to_owned()),
            "retry" => {
                let millis = value.parse().ok().map(Duration::from_millis);
                let time = millis.or_else(|| read_time(value));
                let time = time.filter(|time| *time <= MAX_EVERY);
                let millis = time.and_then(|time| u64::try_from(time.as_millis()).ok());
                self.retry = Some(millis.ok_or_else(|| {
                    format!(
                        "{} is no time up to 1h: write milliseconds or \"2s\".",
                        shown()
                    )
                })?);
            }
            "after" => {
                let time = read_time(value).filter(|time| *time <= MAX_EVERY);
                self.after = Some(time.ok_or_else(|| {
                    format!(
                        "{} is no time up to 1h: write one such as \"500ms\".",
                        shown()
                    )
                })?);
            }
            other => {
                let all = LINE_KEYS.join(", ");
                return Err(format!(
                    "\"{}\" is nothing of an event: there are {all}.",
                    cut(other)
                ));
            }
        }
        Ok(())
    }

    /// Its own id.
    pub fn id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The time before it, in place of the pace.
    pub fn after(&self) -> Option<Duration> {
        self.after
    }

    /// Writes it as the event of this number. What it does not have is that of its stream.
    pub fn write(
        &self,
        stream: &Stream,
        (n, wall): (u64, SystemTime),
        retry: Option<u64>,
        out: &mut Vec<u8>,
    ) {
        let moment = Moment {
            n,
            seed: stream.pace.seed,
            wall,
        };
        let shared = stream.entry(n);
        let dispatched = shared.filter(|_| self.data.is_some());
        let name = dispatched.and_then(|shared| Some(shared.event.as_ref()?.text(&moment)));
        let id = dispatched.and_then(|shared| Some(shared.id.as_ref()?.text(&moment)));
        let event = Event {
            comment: self.comment.as_deref(),
            retry: self.retry.or(retry),
            event: self.event.as_deref().or(name.as_deref()),
            id: self.id.as_deref().or(id.as_deref()),
            data: self.data.as_deref(),
        };
        let from = out.len();
        encode(&event, stream.line_ending, out);
        if !stream.space {
            without_spaces(out, from);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(event: &LineEvent) -> String {
        let text = "[[stream]]\npath = \"/a\"\nevents_file = \"a.csv\"\nevent = \"tick\"";
        let stream = crate::file::read(text).expect("a stream").remove(0);
        let mut out = Vec::new();
        event.write(&stream, (7, SystemTime::UNIX_EPOCH), None, &mut out);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn a_line_is_an_event_or_its_data() {
        for (line, expected) in [
            (r#"{"data": "x"}"#, "event: tick\nid: 7\ndata: x\n\n"),
            (
                r#"{"data": {"b": 1.50, "a": [1]}, "id": 5, "event": "e", "retry": "2s"}"#,
                "retry: 2000\nevent: e\nid: 5\ndata: {\"b\": 1.50, \"a\": [1]}\n\n",
            ),
            (r#"{"data": null, "comment": "c"}"#, ": c\n\n"),
            (
                r#"{"data": "a\nb"}"#,
                "event: tick\nid: 7\ndata: a\ndata: b\n\n",
            ),
            (
                r#"{"data": 1, "x": 2}"#,
                "event: tick\nid: 7\ndata: {\"data\": 1, \"x\": 2}\n\n",
            ),
            ("{}", "event: tick\nid: 7\ndata: {}\n\n"),
            ("no JSON", "event: tick\nid: 7\ndata: no JSON\n\n"),
            ("[1, 2]", "event: tick\nid: 7\ndata: [1, 2]\n\n"),
        ] {
            let event = LineEvent::of_json(line).expect(line);
            assert_eq!(written(&event), expected, "{line}");
        }
        let after = LineEvent::of_json(r#"{"data": "", "after": "50ms"}"#).expect("an event");
        assert_eq!(after.after(), Some(Duration::from_millis(50)));
        for (line, words) in [
            (r#"{"retry": "soon"}"#, "retry = \"soon\" is no time"),
            (r#"{"after": 5}"#, "after = \"5\" is no time"),
            (r#"{"after": "2h"}"#, "is no time up to 1h"),
        ] {
            let bad = LineEvent::of_json(line).expect_err(line);
            assert!(bad.contains(words), "{bad}");
        }
        let cells = [("data", ""), ("id", ""), ("event", "e")];
        assert_eq!(
            written(&LineEvent::of_cells(cells).expect("an event")),
            "event: e\nid: 7\ndata: \n\n"
        );
        assert!(LineEvent::of_cells([("dat", "x")]).is_err());
    }
}
