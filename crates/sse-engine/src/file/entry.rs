//! What a stream sends: one event again and again, or a list of them.

use std::collections::BTreeSet;
use std::time::Duration;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::sentences::{quoted, shown};
use super::value::{Given, find};
use super::{EVENT, MAX_EVENTS, MAX_FIELD, MAX_NAMES, Reader};
use crate::bounds::MAX_EVERY;
use crate::stream::{BadTemplate, Condition, Entry, Language, MAX_EVENT, Source, Template};

impl Reader<'_> {
    /// Reads what the events are; a list says how many there are where nothing else does.
    pub(super) fn source(&mut self, table: &DeTable<'_>, count: &mut Option<u64>) -> Source {
        let shared = Entry {
            event: find(table, "event").and_then(|given| self.event(given)),
            id: find(table, "id").map_or_else(|| Some(Template::number()), |given| self.id(given)),
            comment: find(table, "comment").and_then(|given| self.template(given)),
            pad: find(table, "pad").and_then(|given| self.pad(given)),
            ..Entry::default()
        };
        let repeat = find(table, "repeat");
        let again = repeat
            .and_then(|given| self.yes_or_no(given))
            .unwrap_or(false);
        let data = find(table, "data");
        if let Some(events) = find(table, "events") {
            if let Some(data) = data {
                let at = data.at.max(events.at);
                self.tell(
                    at,
                    "data and events are both given: keep one of them, since a list has its own data.",
                );
            }
            let DeValue::Array(list) = events.value else {
                self.wrong::<()>(
                    events,
                    "is no list: write one such as [\"first\", \"second\"].",
                );
                return Source::Counter;
            };
            if list.is_empty() {
                let reason =
                    "events has nothing in it: write some, such as [\"first\", \"second\"].";
                self.tell(events.at, reason);
            }
            let length = list.len() as u64;
            match count {
                _ if again => {}
                None => *count = Some(length),
                Some(more) if *more > length => {
                    if let Some(given) = find(table, "count") {
                        self.wrong::<()>(
                            given,
                            &format!(
                                "is more than the list of {length} has: add repeat = true, or leave it out."
                            ),
                        );
                    }
                }
                Some(_) => {}
            }
            return Source::List(self.list(list, &shared, again));
        }
        if let Some(repeat) = repeat {
            self.wrong::<()>(
                repeat,
                "is for a list of events: leave it out, or write events = [\"first\", \"second\"].",
            );
        }
        let own = ["data", "event", "id", "comment", "pad", "events_file"];
        if !own.iter().any(|key| table.contains_key(*key)) {
            return Source::Counter;
        }
        let data = data.map_or_else(|| Some(Template::number()), |given| self.template(given));
        if let Some(given) = find(table, "id")
            && *count != Some(1)
            && let Some(id) = shared.id.as_ref().and_then(Template::as_plain)
            && !id.is_empty()
        {
            let (number, _) = self.signs();
            let why = format!("is the same for every event: put {number} into it.");
            self.wrong::<()>(given, &why);
        }
        Source::Template(Box::new(Entry { data, ..shared }))
    }

    fn list(&mut self, list: &[Spanned<DeValue<'_>>], shared: &Entry, again: bool) -> Vec<Entry> {
        let mut entries: Vec<(usize, Entry)> = Vec::new();
        for (place, value) in list.iter().enumerate() {
            let at = value.span().start;
            if place == MAX_EVENTS {
                let reason = format!(
                    "A list has {MAX_EVENTS} events at most: take this one and those after it out."
                );
                self.tell(at, reason);
                break;
            }
            let Some(entry) = self.entry(at, value.get_ref(), shared) else {
                continue;
            };
            // Most events of a list have the name of the one before.
            let new = entries
                .last()
                .is_none_or(|(_, before)| before.event != entry.event);
            if let Some(event) = entry.event.as_ref().filter(|_| new) {
                self.names.extend(event.all().unwrap_or_default());
            }
            if self.names.len() > MAX_NAMES {
                let reason = format!(
                    "The events of a stream have {MAX_NAMES} names at most: use one that was there before."
                );
                self.tell(at, reason);
                break;
            }
            entries.push((at, entry));
        }
        self.ids(&entries, again);
        entries.into_iter().map(|(_, entry)| entry).collect()
    }

    fn entry(&mut self, at: usize, value: &DeValue<'_>, shared: &Entry) -> Option<Entry> {
        let table = match value {
            DeValue::String(_) => {
                let given = Given {
                    key: "events",
                    at,
                    value,
                };
                return Some(Entry {
                    data: self.template(given),
                    ..shared.clone()
                });
            }
            DeValue::Table(table) => table,
            other => {
                let reason = format!(
                    "{} is no event: write its data in quotes, or a table such as {{ data = \"x\" }}.",
                    shown(other)
                );
                self.tell(at, reason);
                return None;
            }
        };
        self.keys(table, EVENT);
        let data = find(table, "data");
        // Without data there is no event that could have a name or an id.
        let dispatched = Some(shared).filter(|_| data.is_some());
        let own = Entry {
            comment: find(table, "comment").and_then(|given| self.template(given)),
            retry: find(table, "retry").and_then(|given| self.retry(given)),
            event: find(table, "event").and_then(|given| self.event(given)),
            id: find(table, "id").and_then(|given| self.id(given)),
            data: data.and_then(|given| self.template(given)),
            after: find(table, "after")
                .and_then(|given| self.time(given, Duration::ZERO..=MAX_EVERY)),
            raw: find(table, "raw").and_then(|given| self.raw(table, given)),
            pad: find(table, "pad").and_then(|given| self.pad(given)),
            when: find(table, "when").and_then(|given| self.when(given)),
        };
        let nothing = Entry {
            after: own.after,
            pad: own.pad,
            when: own.when.clone(),
            ..Entry::default()
        };
        // A name alone is sent, unless it may be empty: such an event would be nothing at all.
        let may_be_nothing = Entry {
            event: own.event.clone().filter(may_be_empty),
            ..nothing.clone()
        };
        if (own == nothing || own == may_be_nothing) && self.first.is_none() {
            self.tell(
                at,
                "This event has nothing in it: give it data, or a comment, or take it out.",
            );
        }
        let given = |key| table.contains_key(key);
        if own.raw.is_some() {
            return Some(own);
        }
        Some(Entry {
            pad: match given("pad") {
                true => own.pad,
                false => dispatched.and_then(|shared| shared.pad),
            },
            comment: if given("comment") {
                own.comment
            } else {
                shared.comment.clone()
            },
            event: if given("event") {
                own.event
            } else {
                dispatched.and_then(|shared| shared.event.clone())
            },
            id: if given("id") {
                own.id
            } else {
                dispatched.and_then(|shared| shared.id.clone())
            },
            ..own
        })
    }

    /// A name; an empty one is none, which is `message` to clients.
    fn event(&mut self, given: Given<'_>) -> Option<Template> {
        let event = self.short(given)?;
        if !event.only_picks_and_text() {
            let (_, pick) = self.signs();
            let why = format!(
                "has more than text and {pick}: leave the rest out, since clients listen for each name."
            );
            return self.wrong(given, &why);
        }
        if !self.fits_a_line(given, &event) {
            return None;
        }
        if event.all().is_none() {
            return self.wrong(
                given,
                &format!("can be more than {MAX_NAMES} names: let it be fewer."),
            );
        }
        (event.as_plain() != Some("")).then_some(event)
    }

    /// An id; `false` is none.
    fn id(&mut self, given: Given<'_>) -> Option<Template> {
        match given.value {
            DeValue::Boolean(false) => return None,
            DeValue::String(_) => {}
            _ => return self.wrong(given, "is no id: write it in quotes, or false for none."),
        }
        let id = self.short(given)?;
        if !id.only_number_and_text() {
            let (number, _) = self.signs();
            let why = format!(
                "has more than text and one {number}: leave the rest out, since a client goes on after its id."
            );
            return self.wrong(given, &why);
        }
        if id.holds('\0') {
            return self.wrong(
                given,
                "has a NUL in it, which clients ignore an id for: leave it out.",
            );
        }
        if !self.fits_a_line(given, &id) {
            return None;
        }
        let text = given.value.as_str().unwrap_or_default();
        if text.trim() != text || text.contains(char::is_control) {
            return self.wrong(
                given,
                "has a control character, or white space at its ends: leave it out, since clients send it back in a header.",
            );
        }
        Some(id)
    }

    /// An id leads back to one event: two that have the same would be taken for each other.
    fn ids(&mut self, entries: &[(usize, Entry)], again: bool) {
        let mut plain: BTreeSet<&str> = BTreeSet::new();
        let numbered: Vec<&Template> = entries
            .iter()
            .filter_map(|(_, entry)| entry.id.as_ref())
            .filter(|id| id.as_plain().is_none())
            .collect();
        let (number, _) = self.signs();
        for (at, entry) in entries {
            let id = entry.id.as_ref().and_then(Template::as_plain);
            // An empty one makes a client forget, and never comes back.
            let Some(id) = id.filter(|id| !id.is_empty()) else {
                continue;
            };
            let shown = quoted(id);
            if again {
                self.tell(
                    *at,
                    format!("The id {shown} comes again with each round: put {number} into it."),
                );
            } else if !plain.insert(id)
                || numbered.iter().any(|other| other.number_in(id).is_some())
            {
                self.tell(
                    *at,
                    format!("The id {shown} is that of another event too: give each its own."),
                );
            }
        }
    }

    fn fits_a_line(&mut self, given: Given<'_>, template: &Template) -> bool {
        if template.holds('\r') || template.holds('\n') {
            self.wrong::<()>(
                given,
                "has a line break in it, which would end its field: leave it out.",
            );
            return false;
        }
        if given
            .value
            .as_str()
            .is_some_and(|text| text.len() > MAX_FIELD)
        {
            self.wrong::<()>(
                given,
                &format!("is too long: make it {MAX_FIELD} bytes at most."),
            );
            return false;
        }
        true
    }

    fn template(&mut self, given: Given<'_>) -> Option<Template> {
        let template = Template::read(self.text(given)?, self.language);
        let template = self.fitting(given, template)?;
        self.tried(given, template)
    }

    /// How the number and a choice are written here.
    fn signs(&self) -> (&'static str, &'static str) {
        match self.language {
            Language::Places => ("{n}", "{pick a|b|c}"),
            Language::Jinja => ("{{ n }}", r#"{{ pick("a", "b") }}"#),
        }
    }

    /// The text of a name or an id.
    fn short(&mut self, given: Given<'_>) -> Option<Template> {
        let template = Template::read_short(self.text(given)?, self.language);
        self.fitting(given, template)
    }

    fn fitting(
        &mut self,
        given: Given<'_>,
        template: Result<Template, BadTemplate>,
    ) -> Option<Template> {
        match template {
            Ok(template) if template.longest() > MAX_EVENT => self.wrong(
                given,
                "can be more than 1 MiB when it is sent: make it shorter.",
            ),
            Ok(template) => Some(template),
            Err(bad) => {
                self.bad(given, &bad);
                None
            }
        }
    }

    /// What a client must have asked for.
    fn when(&mut self, given: Given<'_>) -> Option<Condition> {
        let text = self.text(given)?;
        if self.language != Language::Jinja {
            return self.wrong(
                given,
                "needs templates = \"jinja\" in the first line of the file: add that.",
            );
        }
        match Condition::parse(text) {
            Ok(when) => Some(when),
            Err(bad) => {
                self.bad(given, &bad);
                None
            }
        }
    }
}

/// Whether a name can be one that is not sent.
fn may_be_empty(name: &Template) -> bool {
    name.all()
        .is_some_and(|names| names.iter().any(String::is_empty))
}
