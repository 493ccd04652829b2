//! The texts of one event, filled in.

use std::borrow::Cow;

use sse_wire::Event;

use super::request::Request;
use super::source::Entry;
use super::template::{Moment, Template};

/// The most that one event may take, in bytes: as large as what can be published to a topic.
pub const MAX_EVENT: usize = 1024 * 1024;

/// The texts of one event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made<'a> {
    comment: Option<Cow<'a, str>>,
    event: Option<Cow<'a, str>>,
    id: Option<Cow<'a, str>>,
    data: Option<Cow<'a, str>>,
}

impl Made<'_> {
    /// The event with this reconnection time.
    pub fn event(&self, retry: Option<u64>) -> Event<'_> {
        Event {
            comment: self.comment.as_deref(),
            retry,
            event: self.event.as_deref(),
            id: self.id.as_deref(),
            data: self.data.as_deref(),
        }
    }

    /// How many bytes it takes on the wire, each line break taken for a line of its own.
    fn size(&self) -> usize {
        /// `data: ` and a line end.
        const LINE: usize = 8;
        let texts = [&self.comment, &self.event, &self.id, &self.data];
        let size = |text: &Cow<'_, str>| {
            let breaks = text.bytes().filter(|b| matches!(b, b'\r' | b'\n')).count();
            text.len() + (1 + breaks) * LINE
        };
        texts.into_iter().flatten().map(size).sum()
    }
}

impl Entry {
    /// Its texts for the event of this moment, for a client that asked for this. Calls that draw
    /// are counted through the name, the data and the comment, in this order.
    ///
    /// # Errors
    /// A sentence that says which text could not be made, and why. Only texts of jinja can fail.
    pub fn made(&self, moment: &Moment, request: &Request) -> Result<Made<'_>, String> {
        let mut calls = self.event.as_ref().map_or(0, Template::draws);
        let event = self.event.as_ref().map(|event| event.text(moment));
        let id = self.id.as_ref().map(|id| id.text(moment));
        let data = text("data", &self.data, moment, request, &mut calls)?;
        let comment = text("comment", &self.comment, moment, request, &mut calls)?;
        let mut made = Made {
            comment,
            event,
            id,
            data,
        };
        if made.size() > MAX_EVENT {
            return Err(format!(
                "Event {} has more than 1 MiB: let its templates give less.",
                moment.n
            ));
        }
        if let (Some(data), Some(pad)) = (&mut made.data, self.pad) {
            let more = usize::try_from(pad).unwrap_or(0).saturating_sub(data.len());
            // Spaces behind JSON are no part of it.
            data.to_mut().extend(std::iter::repeat_n(' ', more));
        }
        Ok(made)
    }
}

fn text<'a>(
    key: &str,
    template: &'a Option<Template>,
    moment: &Moment,
    request: &Request,
    calls: &mut u64,
) -> Result<Option<Cow<'a, str>>, String> {
    let Some(template) = template else {
        return Ok(None);
    };
    match template.made(moment, request, calls) {
        Ok(text) => Ok(Some(text)),
        Err(bad) => Err(format!(
            "The {key} of event {} could not be made: in line {} of its template, {}",
            moment.n, bad.line, bad.sentence
        )),
    }
}
