//! Foreign text in our sentences, and in the commands that these sentences advise.

use std::borrow::Cow;

use strsim::levenshtein;

/// As many characters of a text as a sentence has room for.
const SHOWN: usize = 40;

/// So much of a text that a sentence can hold it, on one line.
pub fn cut(text: &str) -> String {
    let mut cut = String::new();
    let mut room = SHOWN;
    for c in text.chars() {
        let escaped = match c {
            // It needs no escape within the quotes that are put around it.
            '\'' => c.to_string(),
            _ => c.escape_debug().to_string(),
        };
        let Some(left) = room.checked_sub(escaped.chars().count()) else {
            cut.push('…');
            break;
        };
        room = left;
        cut += &escaped;
    }
    cut
}

/// Which of these names was probably meant by a word.
pub fn nearest<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Nobody means a name by so long a word, and comparing takes as long as both together.
    if word.len() > SHOWN {
        return None;
    }
    let word = word.to_lowercase();
    names
        .into_iter()
        .map(|name| (levenshtein(&word, name), name))
        .min()
        // Half of the name wrong is another word.
        .filter(|(wrong, name)| *wrong <= name.len() / 2)
        .map(|(_, name)| name)
}

/// As much of a text as so many bytes hold, its last character whole, and a sign for each control
/// character: a terminal obeys those.
pub fn tame(text: &str, bytes: usize) -> String {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text[..end].replace(char::is_control, "\u{fffd}")
}

/// A text as one word of a command line, for sh, bash, zsh, fish and PowerShell alike: as it is, or
/// in single quotes. `None` where that is not enough: quotes, backslashes, controls and what is not
/// ASCII mean different things there.
pub fn shell_word(text: &str) -> Option<Cow<'_, str>> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._/:@+".contains(&b);
    let quotable = |b: u8| (b.is_ascii_graphic() || b == b' ') && !b"'\\".contains(&b);
    match text.as_bytes() {
        // What begins with a hyphen is taken for a flag.
        [] | [b'-', ..] => None,
        word if word.iter().all(|b| plain(*b)) => Some(text.into()),
        word if word.iter().all(|b| quotable(*b)) => Some(format!("'{text}'").into()),
        _ => None,
    }
}

/// A URL as one word of a command line; what no quotes can hold is percent-encoded, and means the
/// same to this server.
pub fn shell_url(url: &str) -> String {
    let encoded = url.replace('\'', "%27").replace('\\', "%5C");
    shell_word(&encoded).map_or_else(
        || format!("'{}'", encoded.escape_default()),
        Cow::into_owned,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_its_characters() {
        assert_eq!(cut("it's\ta\"b"), "it's\\ta\\\"b");
        let whole = "x".repeat(SHOWN);
        assert_eq!(cut(&whole), whole);
        assert_eq!(cut(&"x".repeat(SHOWN + 1)), whole + "…");
        assert_eq!(
            [tame("aä", 2), tame("aä", 3), tame("a", 9)],
            ["a", "aä", "a"]
        );
        assert_eq!(tame("\x1b[2J\u{9b}x\n", 99), "\u{fffd}[2J\u{fffd}x\u{fffd}");
        let almost = "x".repeat(SHOWN - 1);
        assert_eq!(cut(&format!("{almost}\n")), almost + "…");
    }

    /// `http://localhost:8000/ticks&touch$IFS$9made` was printed as it is, and pasting it made a
    /// file.
    #[test]
    fn a_word_of_a_command_line_is_that_and_nothing_else() {
        for (text, word) in [
            (
                "http://localhost:8000/endless",
                Some("http://localhost:8000/endless"),
            ),
            ("box.lan", Some("box.lan")),
            ("http://x/a&touch$IFS$9b", Some("'http://x/a&touch$IFS$9b'")),
            ("http://x/a?b=c", Some("'http://x/a?b=c'")),
            ("[::1]", Some("'[::1]'")),
            ("a;b", Some("'a;b'")),
            ("a`b`", Some("'a`b`'")),
            ("it's", None),
            ("a\\b", None),
            ("a\nb", None),
            ("‘a’", None),
            ("--help", None),
            ("", None),
        ] {
            assert_eq!(shell_word(text).as_deref(), word, "{text:?}");
        }
        assert_eq!(shell_url("http://x/it's"), "'http://x/it%27s'");
        assert_eq!(shell_url("http://x/a"), "http://x/a");
    }
}
