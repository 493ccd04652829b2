//! The words for a mistake: how a value is shown, and which key was probably meant.

use toml::de::DeValue;

use super::Problem;
use crate::text::{cut, nearest};

/// What is said where the name `stream` is used for anything else than streams.
pub(super) const HEADING: &str =
    "Write [[stream]], in two brackets, before each stream and use that name for nothing else.";

/// What is said where the name `profile` is used for anything else than profiles.
pub(super) const PROFILE_HEADING: &str =
    "Write [[profile]], in two brackets, before each profile and use that name for nothing else.";

/// What is said where the name `upstream` is used for anything else than upstreams.
pub(super) const UPSTREAM_HEADING: &str =
    "Write [[upstream]], in two brackets, before each upstream and use that name for nothing else.";

/// Where keys stand, and which there are.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keys {
    /// Whose keys they are.
    pub(super) of: &'static str,
    /// Their names.
    pub(super) names: &'static [&'static str],
    /// Names of keys that stand elsewhere.
    pub(super) elsewhere: &'static [&'static str],
    /// Where that is.
    pub(super) there: &'static str,
}

/// The sentence for a key that is not known.
pub(super) fn unknown(key: &str, keys: Keys) -> String {
    let shown = named(key);
    if key == "templates" {
        return "templates is of the whole file: put it above the first line [[stream]]."
            .to_owned();
    }
    if keys.elsewhere.contains(&key) {
        return format!("{shown} is no key of {}: {}.", keys.of, keys.there);
    }
    match nearest(key, keys.names.iter().copied()) {
        Some(name) => format!(
            "{shown} is no key of {}: {name} is the nearest that there is.",
            keys.of
        ),
        None => format!(
            "{shown} is no key of {}: there are {}.",
            keys.of,
            keys.names.join(", ")
        ),
    }
}

/// A value as its person wrote it, or nearly so.
pub(super) fn shown(value: &DeValue<'_>) -> String {
    match value {
        DeValue::String(text) => quoted(text),
        DeValue::Integer(number) => cut(&number.to_string()),
        DeValue::Float(number) => cut(number.as_str()),
        DeValue::Boolean(yes) => yes.to_string(),
        DeValue::Datetime(time) => time.to_string(),
        DeValue::Array(_) => "[…]".to_owned(),
        DeValue::Table(_) => "{…}".to_owned(),
    }
}

/// The name of a key as it is written, in quotes where it needs them.
pub(super) fn named(key: &str) -> String {
    let bare = |b: u8| b.is_ascii_alphanumeric() || b"_-".contains(&b);
    match !key.is_empty() && key.bytes().all(bare) {
        true => cut(key),
        false => quoted(key),
    }
}

/// A text in quotes.
pub(super) fn quoted(text: &str) -> String {
    format!("\"{}\"", cut(text))
}

/// What the parser of TOML says, for a person.
pub(super) fn no_toml(text: &str, error: &toml::de::Error) -> Problem {
    let span = error.span();
    let word = span.clone().and_then(|span| text.get(span));
    let reason = match (error.message(), word) {
        ("duplicate key", Some("stream")) => HEADING.to_owned(),
        ("duplicate key", Some("profile")) => PROFILE_HEADING.to_owned(),
        ("duplicate key", Some("upstream")) => UPSTREAM_HEADING.to_owned(),
        ("duplicate key", Some(key)) => format!("{} is given twice: give it once.", cut(key)),
        // The parser guesses from the first letter what a word without quotes was meant to be.
        (message, _) if message.contains("must be quoted") || message.contains("boolean") => {
            "This is not TOML: write a text in quotes, and a number, true or false without."
                .to_owned()
        }
        (message, _) => {
            let message = message.trim_end_matches(", expected nothing");
            format!("This is not TOML ({message}): correct it here or in the line before.")
        }
    };
    match span {
        Some(span) => Problem::at(text, span.start, reason),
        None => Problem::of_all(reason),
    }
}
