//! The headers that a stream adds to its response.

use http::{HeaderName, HeaderValue};
use toml::de::DeValue;

use super::Reader;
use super::sentences::named;
use super::value::Given;
use crate::own_headers;

/// How many headers a stream may have of its own, and how many bytes the value of one: clients
/// bound the head of a response.
const MAX_HEADERS: usize = 50;
const MAX_HEADER: usize = 1024;
const MAX_NAME: usize = 100;

impl Reader<'_> {
    pub(super) fn headers(&mut self, given: Given<'_>) -> Vec<(HeaderName, HeaderValue)> {
        let DeValue::Table(table) = given.value else {
            self.wrong::<()>(given, "is no table: write one such as { x-demo = \"1\" }.");
            return Vec::new();
        };
        if table.len() > MAX_HEADERS {
            let reason = format!(
                "headers has {} entries: make it {MAX_HEADERS} at most.",
                table.len()
            );
            self.tell(given.at, reason);
        }
        let mut inside: Vec<_> = table.iter().collect();
        inside.sort_by_key(|(key, _)| key.span().start);
        let mut headers: Vec<(HeaderName, HeaderValue)> = Vec::new();
        for (key, value) in inside.into_iter().take(MAX_HEADERS) {
            let given = Given {
                key: key.get_ref(),
                at: key.span().start,
                value: value.get_ref(),
            };
            if let Some((name, value)) = self.header(given) {
                if headers.iter().any(|(other, _)| *other == name) {
                    self.tell(
                        given.at,
                        format!("The header {name} is given twice: give it once."),
                    );
                }
                headers.push((name, value));
            }
        }
        headers
    }

    fn header(&mut self, given: Given<'_>) -> Option<(HeaderName, HeaderValue)> {
        let Ok(name) = HeaderName::from_bytes(given.key.as_bytes()) else {
            let shown = named(given.key);
            let reason =
                format!("{shown} is no name of a header: use letters, digits and hyphens.");
            self.tell(given.at, reason);
            return None;
        };
        if name.as_str().len() > MAX_NAME {
            let shown = named(given.key);
            let reason = format!(
                "{shown} is too long for the name of a header: make it {MAX_NAME} bytes at most."
            );
            self.tell(given.at, reason);
            return None;
        }
        if own_headers::is_own(name.as_str()) {
            self.tell(
                given.at,
                format!("The header {name} is the server's own: leave it out."),
            );
            return None;
        }
        let value = self.text(given)?;
        match HeaderValue::from_str(value) {
            Ok(sent) if value.is_ascii() && value.len() <= MAX_HEADER => Some((name, sent)),
            Ok(_) if value.is_ascii() => self.wrong(
                given,
                &format!("is too long: make it {MAX_HEADER} bytes at most."),
            ),
            _ => self.wrong(
                given,
                "cannot be sent in a header: use the letters and signs of ASCII on one line.",
            ),
        }
    }
}
