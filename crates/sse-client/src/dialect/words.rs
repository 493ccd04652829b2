//! Texts that others wrote, for the eye: short, on one line, and without secrets.

use serde_json::Value;

use crate::foreign::is_format;

/// The longest words of an error, in bytes.
const LONGEST_ERROR: usize = 500;
/// The longest name, id or reason that is kept, in bytes.
pub(super) const LONGEST_NAME: usize = 200;

/// What a frame says of an error, in words; `None` where it says nothing of one.
///
/// Knows `{"error": "..."}`, `{"error": {"message", "type", "code", "status"}}` and the error that
/// is the whole frame, `{"object": "error", "message", ...}`.
pub(super) fn error(json: &Value) -> Option<String> {
    match json.get("error") {
        Some(Value::Null) | None => {
            let is_error = ["object", "type"]
                .iter()
                .any(|key| json.get(key).and_then(Value::as_str) == Some("error"));
            is_error.then(|| error_object(json))
        }
        Some(error) => Some(error_object(error)),
    }
}

/// An error's own object, or its text, in words.
pub(super) fn error_object(error: &Value) -> String {
    let message = match error {
        Value::String(message) => Some(message.as_str()),
        _ => error.get("message").and_then(Value::as_str),
    };
    let details = ["type", "status", "code"].iter().filter_map(|key| {
        let detail = match error.get(key)? {
            Value::String(detail) => detail.clone(),
            Value::Number(detail) => detail.to_string(),
            _ => return None,
        };
        (detail != "error").then_some(detail)
    });
    let details = details.collect::<Vec<_>>().join(", ");
    let message = message.unwrap_or("no message").trim_end_matches('.');
    let words = match details.is_empty() {
        true => message.to_owned(),
        false => format!("{message} ({details})"),
    };
    readable(&words, LONGEST_ERROR)
}

/// A name, an id or a reason for the eye.
pub(super) fn name(text: &str) -> String {
    line(text, LONGEST_NAME)
}

/// A text of others for the eye, without secrets.
pub(super) fn readable(text: &str, longest: usize) -> String {
    line(&without_secrets(&line(text, longest)), longest)
}

/// The most of a text that has at most so many bytes.
pub(super) fn beginning(text: &str, longest: usize) -> &str {
    let mut end = longest.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// One line of at most so many bytes, and a sign where it was cut. What would steer a terminal,
/// turn the direction of a text or hide in it becomes a blank.
fn line(text: &str, longest: usize) -> String {
    let cut = beginning(text, longest);
    let is_cut = cut.len() < text.len();
    let mut line = cut.replace(|letter: char| letter.is_control() || is_format(letter), " ");
    if is_cut {
        line.push('…');
    }
    line
}

/// The text with all that looks like a key or a token cut to its first four characters.
fn without_secrets(text: &str) -> String {
    const BEGINNINGS: [&str; 9] = [
        "sk-", "pk-", "rk-", "xai-", "gsk_", "ghp_", "hf_", "AIza", "eyJ",
    ];
    const NAMES: [&str; 5] = ["key", "token", "secret", "password", "bearer"];
    let belongs = |letter: char| letter.is_ascii_alphanumeric() || "_-.+/*~".contains(letter);
    let mut out = String::with_capacity(text.len());
    let is_mixed = |run: &str| {
        run.bytes().any(|b| b.is_ascii_digit()) && run.bytes().any(|b| b.is_ascii_alphabetic())
    };
    // Names of models and hosts are long too, but their words are short.
    let is_random = |run: &str| {
        let mut words = run.split(|letter: char| !letter.is_ascii_alphanumeric());
        words.any(|word| word.len() >= 20 && is_mixed(word))
    };
    // What stands between the name of a secret and the run under way.
    let mut after_name: Option<&str> = None;
    let mut is_name = false;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|letter| belongs(letter) != belongs(first));
        let (run, after) = rest.split_at(end.unwrap_or(rest.len()));
        rest = after;
        if !belongs(first) {
            after_name = is_name.then_some(run);
            out.push_str(run);
            continue;
        }
        let is_named = run.len() >= 6
            && after_name.is_some_and(|between| {
                between.contains('=') || is_mixed(run) && (between.contains(':') || between == " ")
            });
        let begins = BEGINNINGS.iter().any(|begin| run.starts_with(begin));
        let is_secret = begins || is_named || is_random(run);
        match is_secret {
            true => {
                out.push_str(&run[..4.min(run.len())]);
                out.push('…');
            }
            false => out.push_str(run),
        }
        let lower = run.to_ascii_lowercase();
        is_name = NAMES.iter().any(|name| lower.ends_with(name));
        after_name = None;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A control character of two bytes becomes one blank, and that looked like a cut.
    #[test]
    fn a_line_has_a_sign_only_where_it_was_cut_and_nothing_that_turns_it() {
        assert_eq!(line("a\u{85}b", 10), "a b");
        assert_eq!(line("abc", 2), "ab…");
        assert_eq!(line("a\u{202E}b\u{1b}[31m", 20), "a b [31m");
    }

    use serde_json::json;

    #[test]
    fn the_shapes_of_an_error_become_words() {
        for (frame, words) in [
            (json!({"error": "model not found"}), "model not found"),
            (
                json!({"error": {"message": "Slow down.", "type": "rate_limit", "code": 429}}),
                "Slow down (rate_limit, 429)",
            ),
            (
                json!({"object": "error", "message": "too long", "code": 400}),
                "too long (400)",
            ),
            (json!({"error": 7}), "no message"),
            (
                json!({"error": {"type": "x\n\u{1b}[31m"}}),
                "no message (x  [31m)",
            ),
        ] {
            assert_eq!(error(&frame).as_deref(), Some(words), "{frame}");
        }
        for none in [json!({"error": null}), json!([]), json!({"object": "list"})] {
            assert_eq!(error(&none), None, "{none}");
        }
    }

    #[test]
    fn no_secret_is_whole_in_the_words_of_an_error() {
        for secret in [
            "sk-proj-abcdefgh",
            "AIzaSyA1234567890abcdefghijklmnopqrst",
            "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
            "a1b2c3d4e5f6a7b8c9d0e1f2",
        ] {
            let words = error(&json!({"error": format!("bad key {secret}, sorry")}));
            let words = words.expect("an error");
            assert!(!words.contains(secret), "{words}");
            assert!(
                words.starts_with(&format!("bad key {}…", &secret[..4])),
                "{words}"
            );
            assert!(words.ends_with(", sorry"), "{words}");
        }
        for text in [
            "api_key=hunter22x",
            "password=hunters",
            "Authorization: Bearer hunter22x",
            "token: hunter22x",
        ] {
            let words = readable(text, 100);
            assert!(words.ends_with("hunt…"), "{words}");
        }
        for plain in [
            "The key of block 3 is missing in api.example.com/v1/messages",
            "model claude-sonnet-4-20250514 needs an API key: missing",
            "request 2b1d9c1e-7d52-4a0e-9f53-0c8a4f1d2e3b",
        ] {
            assert_eq!(readable(plain, 100), plain);
        }
    }

    #[test]
    fn a_long_text_is_cut_between_characters() {
        assert_eq!(line("aé豆", 3), "aé…");
        assert_eq!(line("aé豆", 6), "aé豆");
        assert_eq!(
            error(&json!({"error": "豆".repeat(400)})).map(|e| e.len() < 510),
            Some(true)
        );
    }
}
