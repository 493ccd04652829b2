//! Numbers, times and origins as they stand in a sentence.

use std::time::Duration;

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
    fn an_origin_knows_the_port_that_goes_without_saying() {
        assert_eq!(origin("HTTP://H:80/a"), origin("http://h"));
        assert_ne!(origin("https://h"), origin("http://h"));
        assert_ne!(origin("http://h:81"), origin("http://h"));
        assert_eq!(origin("http://u@h/x"), origin("http://h?y"));
        assert_eq!(origin("/a"), None);
    }
}
