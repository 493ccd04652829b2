//! Numbers, times and foreign text as they stand in a sentence.
//!
//! What a server sent may be long, or hold control characters that would move the cursor of a
//! terminal: nothing of it gets into a sentence but through here.

use std::time::Duration;

/// So many characters of a foreign text are shown.
const SHOWN: usize = 60;

/// A time as people say it: `250 ms`, `1.5 s`, `45 s`, `5 min`, `2.5 h`.
pub(super) fn span(time: Duration) -> String {
    let seconds = time.as_secs_f64();
    let decimal = |number: f64, unit: &str| {
        let number = format!("{number:.1}");
        format!("{} {unit}", number.strip_suffix(".0").unwrap_or(&number))
    };
    match time.as_millis() {
        0 if time.is_zero() => "0 ms".to_owned(),
        0 => "less than 1 ms".to_owned(),
        millis @ 1..1_000 => format!("{millis} ms"),
        1_000..10_000 => decimal(seconds, "s"),
        10_000..120_000 => format!("{seconds:.0} s"),
        120_000..7_200_000 => decimal(seconds / 60.0, "min"),
        _ => decimal(seconds / 3_600.0, "h"),
    }
}

/// So many of a thing: `1 event`, `3 events`.
pub(super) fn count(number: u64, thing: &str) -> String {
    match number {
        1 => format!("1 {thing}"),
        _ => format!("{number} {thing}s"),
    }
}

/// A size: `812 bytes`, `64 KiB`, `1.5 MiB`.
pub(super) fn size(bytes: u64) -> String {
    const KIB: u64 = 1024;
    // A size is read by people: what a float rounds away is not missed.
    let tenths = |unit: u64| bytes.saturating_mul(10) / unit;
    let (tenths, unit) = match bytes {
        0..KIB => return count(bytes, "byte"),
        KIB..1_048_576 => (tenths(KIB), "KiB"),
        _ => (tenths(KIB * KIB), "MiB"),
    };
    match tenths % 10 {
        0 => format!("{} {unit}", tenths / 10),
        rest => format!("{}.{rest} {unit}", tenths / 10),
    }
}

/// A foreign text on one line, cut where it is long.
pub(super) fn shown(text: &str) -> String {
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
fn is_format(letter: char) -> bool {
    matches!(letter, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2066}'..='\u{2069}'
        | '\u{FEFF}')
}

/// A URL without what may be a secret: its user and password, its query and its fragment.
pub(super) fn shown_url(url: &str) -> String {
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

/// Scheme, host and port of a URL in small letters; `None` for one that is relative.
pub(super) fn origin(url: &str) -> Option<String> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#', '\\']).next()?;
    let host = authority.rsplit('@').next()?;
    let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
    let default = match &*scheme {
        "http" => ":80",
        "https" => ":443",
        _ => "",
    };
    let host = match default {
        "" => &host,
        port => host.strip_suffix(port).unwrap_or(&host),
    };
    Some(format!("{scheme}://{host}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_and_a_size_read_as_people_say_them() {
        for (micros, text) in [
            (0, "0 ms"),
            (900, "less than 1 ms"),
            (250_000, "250 ms"),
            (1_500_000, "1.5 s"),
            (3_000_000, "3 s"),
            (45_400_000, "45 s"),
            (300_000_000, "5 min"),
            (9_000_000_000, "2.5 h"),
        ] {
            assert_eq!(span(Duration::from_micros(micros)), text);
        }
        for (bytes, text) in [
            (1, "1 byte"),
            (812, "812 bytes"),
            (65_536, "64 KiB"),
            (1_572_864, "1.5 MiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

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

    #[test]
    fn an_origin_knows_the_port_that_goes_without_saying() {
        assert_eq!(origin("HTTP://H:80/a"), origin("http://h"));
        assert_ne!(origin("https://h"), origin("http://h"));
        assert_ne!(origin("http://h:81"), origin("http://h"));
        assert_eq!(origin("http://u@h/x"), origin("http://h?y"));
        assert_eq!(origin("/a"), None);
    }
}
