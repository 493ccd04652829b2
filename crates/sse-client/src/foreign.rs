//! Foreign text as it stands in a sentence.
//!
//! What a server sent may be long, or hold control characters that would move the cursor of a
//! terminal: nothing of it gets into a sentence but through here.

/// So many characters of a foreign text are shown.
const SHOWN: usize = 60;

/// A foreign text on one line, cut where it is long.
pub(crate) fn shown(text: &str) -> String {
    let mut shown = String::new();
    for (index, letter) in text.chars().enumerate() {
        if index == SHOWN {
            shown.push('…');
            break;
        }
        match letter.is_control() || is_format(letter) {
            true => shown.extend(letter.escape_unicode()),
            false => shown.push(letter),
        }
    }
    shown
}

/// Characters without a picture of their own that turn the direction of a text, or hide in it.
pub(crate) fn is_format(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}')
}

/// A URL without what may be a secret: its user and password, its query and its fragment.
pub(crate) fn shown_url(url: &str) -> String {
    let (url, fragment) = match url.split_once('#') {
        Some((url, _)) => (url, "#…"),
        None => (url, ""),
    };
    let (url, query) = match url.split_once('?') {
        Some((url, _)) => (url, "?…"),
        None => (url, ""),
    };
    let (scheme, rest) = match url.find("//") {
        Some(at) => url.split_at(at + 2),
        None => ("", url),
    };
    let path = rest.find('/').filter(|_| !scheme.is_empty());
    let (authority, path) = rest.split_at(path.unwrap_or(match scheme {
        "" => 0,
        _ => rest.len(),
    }));
    let host = authority.rsplit('@').next().unwrap_or_default();
    shown(&format!("{scheme}{host}{path}{query}{fragment}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_shown_without_its_secrets() {
        for (url, text) in [
            ("https://me:pw@h/a?key=s3cret#t", "https://h/a?…#…"),
            ("https://h", "https://h"),
            ("https://me@h?x", "https://h?…"),
            ("//me:pw@h/a", "//h/a"),
            ("/login?token=s3cret", "/login?…"),
            ("/a@b/c", "/a@b/c"),
            ("https://h/a@b", "https://h/a@b"),
        ] {
            assert_eq!(shown_url(url), text);
        }
    }

    #[test]
    fn a_foreign_text_stays_on_its_line_and_short() {
        assert_eq!(shown("a\n\u{1b}[31mb"), "a\\u{a}\\u{1b}[31mb");
        assert_eq!(shown(&"x".repeat(100)), format!("{}…", "x".repeat(60)));
    }
}
