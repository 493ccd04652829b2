//! What is said of a mistake: how a value is shown, and which key was meant.

use std::time::Duration;

use toml::de::DeValue;

use super::{Problem, line};

/// How much of a value or a key a sentence shows, in characters.
const SHOWN: usize = 40;

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
    if keys.elsewhere.contains(&key) {
        return format!("{shown} is no key of {}: {}.", keys.of, keys.there);
    }
    let nearest = keys
        .names
        .iter()
        .map(|name| (distance(&shown.to_lowercase(), name), name))
        .min()
        // Half of the name wrong is another word.
        .filter(|(wrong, name)| *wrong <= name.len() / 2);
    match nearest {
        Some((_, name)) => format!(
            "{shown} is no key of {}: the nearest that there is is {name}.",
            keys.of
        ),
        None => format!(
            "{shown} is no key of {}: there are {}.",
            keys.of,
            keys.names.join(", ")
        ),
    }
}

/// How many letters lie between two words (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (above, a) in from.chars().enumerate() {
        let mut corner = above;
        let mut left = above + 1;
        row[0] = left;
        for (cell, b) in row.iter_mut().skip(1).zip(to.chars()) {
            let swapped = corner + usize::from(a != b);
            corner = *cell;
            left = swapped.min(corner + 1).min(left + 1);
            *cell = left;
        }
    }
    row.last().copied().unwrap_or_default()
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

/// So much of a text that a sentence can hold it, on one line.
pub(super) fn cut(text: &str) -> String {
    let mut cut: String = text.escape_debug().take(SHOWN + 1).collect();
    if cut.chars().count() > SHOWN {
        cut.pop();
        cut.push('…');
    }
    cut
}

/// A time as people write it, of any length.
pub(super) fn duration(text: &str) -> Option<Duration> {
    // humantime 2.4 panics where parts add up to 2^64 s only by the second that their nanoseconds carry. So few and so
    // short numbers of years come nowhere near.
    let short = |digits: &str| digits.len() <= 9;
    let mut numbers = text.split(|c: char| !(c.is_ascii_digit() || c.is_whitespace()));
    if text.len() > 64 || !numbers.all(short) {
        return None;
    }
    humantime::parse_duration(text).ok()
}

/// What the parser of TOML says, for a person.
pub(super) fn no_toml(text: &str, error: &toml::de::Error) -> Problem {
    let span = error.span();
    let word = span.clone().and_then(|span| text.get(span));
    let reason = match (error.message(), word) {
        ("duplicate key", Some("stream")) => {
            "Write [[stream]], in two brackets, before each stream and use that name for nothing else.".to_owned()
        }
        ("duplicate key", Some(key)) => format!("{} is given twice: give it once.", cut(key)),
        // The parser guesses from the first letter what a word without quotes was meant to be.
        (message, _) if message.contains("must be quoted") || message.contains("boolean") => {
            "This is not TOML: write a text in quotes, and a number, true or false without.".to_owned()
        }
        (message, _) => {
            format!("This is not TOML ({message}): correct it here or in the line before.")
        }
    };
    Problem {
        line: span.map(|span| line(text, span.start)),
        reason,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_of_words_counts_letters() {
        for (from, to, letters) in [
            ("", "", 0),
            ("", "id", 2),
            ("id", "", 2),
            ("every", "every", 0),
            ("evry", "every", 1),
            ("keep-alive", "keep_alive", 1),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), letters, "{from} {to}");
        }
    }

    #[test]
    fn no_time_is_too_long_to_be_read() {
        for (text, time) in [
            ("0ms", Some(Duration::ZERO)),
            ("1m 30s", Some(Duration::from_secs(90))),
            ("1.5s", Some(Duration::from_millis(1500))),
            ("", None),
            ("5", None),
            ("-1s", None),
            // This one panics in humantime 2.4.
            ("18446744073709551615s 1000ms", None),
            ("1 8 4 4 6 7 4 4 0 7 3 7 0 9 5 5 1 6 1 5 s 1000ms", None),
        ] {
            assert_eq!(duration(text), time, "{text}");
        }
        assert_eq!(duration(&"9".repeat(1 << 20)), None);
        assert_eq!(duration(&"999999999y".repeat(7)), None);
        assert!(duration(&"999999999y".repeat(6)).is_some());
    }
}
