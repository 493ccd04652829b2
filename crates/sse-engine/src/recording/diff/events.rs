//! The events of an exchange, each content of them kept once.

use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use super::super::{BodyKind, BodyReader, Exchange, Found, Step};
use super::EventText;
use super::json::canonical;

/// The contents of events, by their numbers.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Name, id and data, each but the last with a LF behind it: neither name nor id has one.
    contents: Vec<Rc<str>>,
    numbers: HashMap<Rc<str>, u32>,
}

impl Table {
    pub(super) fn text(&self, content: u32) -> EventText<'_> {
        let text = self
            .contents
            .get(content as usize)
            .map_or("", |text| &**text);
        let (name, rest) = text.split_once('\n').unwrap_or_default();
        let (id, data) = rest.split_once('\n').unwrap_or_default();
        EventText { name, id, data }
    }

    /// The whole content, for what compares its bytes.
    pub(super) fn bytes(&self, content: u32) -> &[u8] {
        let text = self.contents.get(content as usize);
        text.map_or(&[], |text| text.as_bytes())
    }

    fn number(&mut self, name: &str, id: &str, data: &str) -> u32 {
        let text = format!("{name}\n{id}\n{}", canonical(data));
        if let Some(number) = self.numbers.get(&*text) {
            return *number;
        }
        // A file of 64 MiB has fewer events than that.
        let number = u32::try_from(self.contents.len()).unwrap_or(u32::MAX);
        let text: Rc<str> = text.into();
        self.contents.push(Rc::clone(&text));
        self.numbers.insert(text, number);
        number
    }
}

/// The events of an exchange: what each says and when it came, since the exchange began.
pub(super) struct Events {
    pub(super) contents: Vec<u32>,
    pub(super) times: Vec<Duration>,
    /// When the exchange ended.
    pub(super) end: Duration,
}

impl Events {
    pub(super) fn of(exchange: Exchange<'_>, table: &mut Table) -> Self {
        let mut events = Self {
            contents: Vec::new(),
            times: Vec::new(),
            end: Duration::ZERO,
        };
        let kind = exchange.body_kind();
        let mut reader = BodyReader::new(kind);
        let begin = exchange.begin();
        let mut whole = Vec::new();
        let mut last_id = String::new();
        for (at, step) in exchange.timed() {
            let at = at.saturating_sub(begin);
            events.end = at;
            let mut push = |found: Found<'_>| {
                let content = match found {
                    Found::Event { event, id, data } => {
                        // An id that it has from the event before it is not its own: an event that
                        // is put in would change all that follow.
                        let own = if id == last_id { "" } else { id };
                        let content = table.number(event, own, data);
                        if !own.is_empty() {
                            id.clone_into(&mut last_id);
                        }
                        content
                    }
                    Found::Line(text) => table.number("", "", text),
                    Found::Comment(_) | Found::Retry(_) => return,
                };
                events.contents.push(content);
                events.times.push(at);
            };
            match step {
                Step::Bytes(bytes) if kind == BodyKind::Whole => whole.extend_from_slice(bytes),
                Step::Bytes(bytes) => reader.push(bytes, push),
                Step::End(_) => reader.end(&mut push),
                _ => {}
            }
        }
        if !whole.is_empty() {
            // Bytes that are no text differ where they do, too.
            let content = match str::from_utf8(&whole) {
                Ok(text) => table.number("", "", text),
                Err(_) => table.number("", "", &whole.escape_ascii().to_string()),
            };
            events.contents.push(content);
            events.times.push(events.end);
        }
        events
    }
}
