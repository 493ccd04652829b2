//! The parameters of a query (`application/x-www-form-urlencoded`), read strictly.
//!
//! An unknown parameter is ignored, because clients add their own against caches. The value of a
//! known one is used unchanged, or is refused with a sentence that names the bound. It is never
//! clamped silently.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use sse_engine::topics;

/// Why a query was refused: one sentence for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadQuery(String);

impl BadQuery {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self(sentence.into())
    }
}

/// The parameters of one query.
#[derive(Clone, Debug)]
pub(super) struct Params<'a> {
    /// Each parameter's name, and its value where that is text. Whoever is asked for a parameter of
    /// theirs refuses one that is not; what nobody knows may hold anything.
    given: Vec<(Cow<'a, str>, Option<Cow<'a, str>>)>,
}

impl<'a> Params<'a> {
    /// Those of a request target's query, without its question mark.
    pub(super) fn of(query: Option<&'a str>) -> Self {
        let pairs = query.unwrap_or_default().split('&');
        let given = pairs.filter(|pair| !pair.is_empty()).map(|pair| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(name).unwrap_or(name.into()), decoded(value))
        });
        Self {
            given: given.collect(),
        }
    }

    /// All parameters whose value is text, in their order.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        let pairs = self.given.iter();
        pairs.filter_map(|(name, value)| Some((&**name, value.as_deref()?)))
    }

    /// The value of the parameter of this name, as `read` takes it; `None` where it is not given.
    ///
    /// # Errors
    /// It is given twice, is not text, or is refused by `read`.
    pub(super) fn read<T>(
        &self,
        name: &str,
        read: impl FnOnce(&str) -> Result<T, BadQuery>,
    ) -> Result<Option<T>, BadQuery> {
        let mut all = self.given.iter().filter(|(given, _)| given == name);
        let Some((_, value)) = all.next() else {
            return Ok(None);
        };
        if all.next().is_some() {
            return Err(BadQuery(format!("{name} is given twice: give it once.")));
        }
        let Some(value) = value else {
            return Err(no_text(name));
        };
        read(value).map(Some)
    }

    /// Whether a parameter of this name is given.
    pub(super) fn are_given(&self, name: &str) -> bool {
        self.given.iter().any(|(given, _)| given == name)
    }

    /// The values of a parameter that may be given several times, in their order, with what `read`
    /// makes of each.
    ///
    /// # Errors
    /// One is not text, or is refused by `read`.
    pub(super) fn all<T>(
        &self,
        name: &str,
        read: impl Fn(&str) -> Result<T, BadQuery>,
    ) -> Result<Vec<T>, BadQuery> {
        let all = self.given.iter().filter(|(given, _)| given == name);
        all.map(|(_, value)| read(value.as_deref().ok_or_else(|| no_text(name))?))
            .collect()
    }

    /// The text of the parameter of this name.
    ///
    /// # Errors
    /// As [`read`](Self::read).
    pub(super) fn text(&self, name: &str) -> Result<Option<String>, BadQuery> {
        self.read(name, |value| Ok(value.to_owned()))
    }

    /// The whole number of the parameter of this name.
    ///
    /// # Errors
    /// As [`read`](Self::read); it is no number, or out of these bounds.
    pub(super) fn whole(&self, name: &str, least: u64, most: u64) -> Result<Option<u64>, BadQuery> {
        self.read(name, |value| whole(name, value, least, most))
    }
}

fn no_text(name: &str) -> BadQuery {
    BadQuery(format!(
        "{name} is not UTF-8 once its percent signs are decoded: encode its text as UTF-8."
    ))
}

/// The name of a room, as one parameter has it.
///
/// # Errors
/// No room can have it.
pub(super) fn room_name(value: &str) -> Result<String, BadQuery> {
    if topics::is_name(value) {
        return Ok(value.to_owned());
    }
    Err(BadQuery::new(
        "room must be 1 to 64 letters, digits, dots, hyphens, underscores or tildes, with a letter or digit first.",
    ))
}

/// The name of a room, or a star for all of them.
///
/// # Errors
/// No room can have it.
pub(super) fn rooms(value: &str) -> Result<String, BadQuery> {
    match value {
        "*" => Ok(value.to_owned()),
        name => room_name(name),
    }
}

fn whole(name: &str, value: &str, least: u64, most: u64) -> Result<u64, BadQuery> {
    // `u64::from_str` takes a leading plus, which a query decodes from %2B: digits only.
    value
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| value.parse().ok())
        .flatten()
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| {
            BadQuery(format!(
                "{name} must be a whole number from {least} to {most}."
            ))
        })
}

/// The text that was encoded, if it was text.
fn decoded(part: &str) -> Option<Cow<'_, str>> {
    if !part.contains('+') {
        return percent_decode_str(part).decode_utf8().ok();
    }
    let spaced = part.replace('+', " ");
    let text = percent_decode_str(&spaced).decode_utf8().ok()?;
    Some(text.into_owned().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_read_as_browsers_write_them() {
        let params = Params::of(Some("a=1&b=x+y%2B%26&&c=&=d&e=%C3%A4=%&a%20b=2"));
        for (name, value) in [
            ("a", "1"),
            ("b", "x y+&"),
            ("c", ""),
            ("", "d"),
            ("e", "ä=%"),
            ("a b", "2"),
        ] {
            assert_eq!(params.text(name), Ok(Some(value.to_owned())), "{name}");
        }
        assert_eq!(params.given.len(), 6);
        assert_eq!(Params::of(None).text("a"), Ok(None));
    }

    /// They became U+FFFD, and were published so.
    #[test]
    fn bytes_that_are_no_text_are_refused_where_somebody_asks_for_them() {
        for bad in ["id=%FF", "id=a%C3", "id=%C0%80+x", "id=%ED%A0%80"] {
            let params = Params::of(Some(bad));
            let refusal = params.text("id").expect_err(bad).to_string();
            assert!(refusal.starts_with("id is not UTF-8"), "{refusal}");
            assert_eq!(params.text("other"), Ok(None));
        }
    }
}
