//! An exchange in time, and what its head says.

use std::borrow::Cow;
use std::time::Duration;

use super::{Exchange, Step};

impl<'a> Exchange<'a> {
    /// Its steps, each with the time since the exchange's first step. A wait is there at its end.
    pub fn timed(self) -> impl Iterator<Item = (Duration, &'a Step)> {
        self.steps.iter().scan(Duration::ZERO, |now, step| {
            if let Step::Wait(wait) = step {
                *now = now.saturating_add(wait.time);
            }
            Some((*now, step))
        })
    }

    /// When its request or its response began, since its first step: what is before that is the
    /// time behind the exchange before it.
    pub fn begin(self) -> Duration {
        let begins = |step: &Step| matches!(step, Step::Request(_) | Step::Response(_));
        self.timed()
            .find(|(_, step)| begins(step))
            .map_or(Duration::ZERO, |(at, _)| at)
    }

    /// The status line of the response: the last one, since interim heads stand before it.
    pub fn status_line(self) -> Option<Cow<'a, str>> {
        let line = self
            .response()
            .filter(|line| line.starts_with(b"HTTP/"))
            .last();
        line.map(String::from_utf8_lossy)
    }

    /// The status of the response.
    pub fn status(self) -> Option<u16> {
        self.status_line()?.split(' ').nth(1)?.parse().ok()
    }

    /// The value of a field of the response; of the first, where there are several.
    pub fn response_value(self, name: &str) -> Option<Cow<'a, str>> {
        self.response().find_map(|line| {
            let colon = line.iter().position(|byte| *byte == b':')?;
            let (found, value) = line.split_at(colon);
            let is_it = found.eq_ignore_ascii_case(name.as_bytes());
            is_it.then(|| String::from_utf8_lossy(value[1..].trim_ascii()))
        })
    }

    /// The value of a field of the request; of the first, where there are several.
    pub fn request_value(self, name: &str) -> Option<&'a str> {
        self.request().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then(|| value.trim())
        })
    }

    /// The media type of the response in lower case, without parameters.
    pub fn media_type(self) -> Option<String> {
        let value = self.response_value("content-type")?;
        let kind = value.split(';').next().unwrap_or_default().trim();
        Some(kind.to_ascii_lowercase())
    }

    /// What the body of the response is made of.
    pub fn body_kind(self) -> BodyKind {
        BodyKind::of(self.response_value("content-type").as_deref())
    }
}

/// What a body is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodyKind {
    /// Events; a response without a media type counts as a stream of them.
    Events,
    /// A line of JSON for each event.
    JsonLines,
    /// Something else, such as an error: it is one whole.
    Whole,
}

impl BodyKind {
    /// Of what a body with such a content type is made.
    pub(super) fn of(content_type: Option<&str>) -> Self {
        let kind = content_type.map(|it| it.split(';').next().unwrap_or_default().trim());
        match kind.map(str::to_ascii_lowercase).as_deref() {
            None | Some("text/event-stream") => Self::Events,
            Some("application/x-ndjson" | "application/ndjson" | "application/jsonl") => {
                Self::JsonLines
            }
            Some(_) => Self::Whole,
        }
    }
}
