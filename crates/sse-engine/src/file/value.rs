//! A key of the file, and the kind of value that it takes.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use toml::de::{DeTable, DeValue};

use super::Reader;
use super::sentences::{named, shown};
use crate::time::read_time;

/// A key that is given.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) key: &'a str,
    /// The byte that its value begins with.
    pub(super) at: usize,
    pub(super) value: &'a DeValue<'a>,
}

impl fmt::Display for Given<'_> {
    /// `every = "fast"`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} = {}", named(self.key), shown(self.value))
    }
}

pub(super) fn find<'a>(table: &'a DeTable<'a>, key: &'a str) -> Option<Given<'a>> {
    let value = table.get(key)?;
    Some(Given {
        key,
        at: value.span().start,
        value: value.get_ref(),
    })
}

impl Reader<'_> {
    /// Tells of a key that is given.
    pub(super) fn wrong<T>(&mut self, given: Given<'_>, why: &str) -> Option<T> {
        self.tell(given.at, format!("{given} {why}"));
        None
    }

    /// The text of a key that takes one.
    pub(super) fn text<'a>(&mut self, given: Given<'a>) -> Option<&'a str> {
        match given.value {
            DeValue::String(text) => Some(text),
            _ => self.wrong(given, "is no text: write it in quotes."),
        }
    }

    pub(super) fn time(
        &mut self,
        given: Given<'_>,
        bounds: RangeInclusive<Duration>,
    ) -> Option<Duration> {
        let Some(time) = given.value.as_str().and_then(read_time) else {
            return self.wrong(given, "is no time: write one such as \"500ms\" or \"2s\".");
        };
        if bounds.contains(&time) {
            return Some(time);
        }
        let least = bounds.start().as_millis();
        self.wrong(
            given,
            &format!("is out of bounds: write a time from {least}ms to 1h."),
        )
    }

    pub(super) fn whole(&mut self, given: Given<'_>, bounds: RangeInclusive<u64>) -> Option<u64> {
        let number = given.value.as_integer().and_then(|number| {
            let number = i128::from_str_radix(number.as_str(), number.radix()).ok()?;
            u64::try_from(number).ok()
        });
        if let Some(number) = number.filter(|number| bounds.contains(number)) {
            return Some(number);
        }
        let (least, most) = bounds.into_inner();
        self.wrong(
            given,
            &format!("cannot be: write a whole number from {least} to {most}."),
        )
    }

    pub(super) fn yes_or_no(&mut self, given: Given<'_>) -> Option<bool> {
        match given.value {
            DeValue::Boolean(yes) => Some(*yes),
            _ => self.wrong(
                given,
                "is neither true nor false: write one of them, without quotes.",
            ),
        }
    }
}
