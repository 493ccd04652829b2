//! Times as people write them, and as the program prints them.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// What both clocks show at one moment. Whoever has clocks reads them and hands this in, so that
/// all that depends on time can be tested without waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Now {
    /// Tells how much time passes: what is due, and what is late.
    pub instant: Instant,
    /// What people call the time; it can be set, and then jumps.
    pub wall: SystemTime,
}

impl Now {
    /// So much later, on both clocks.
    pub fn after(self, time: Duration) -> Self {
        Self {
            instant: self.instant + time,
            wall: self.wall + time,
        }
    }
}

/// Reads a time such as `500ms`, `2s` or `1m 30s`; `None` where the text is none.
pub fn read_time(text: &str) -> Option<Duration> {
    // humantime 2.4 panics where parts add up to 2^64 s only by the second that their nanoseconds
    // carry. So few and so short numbers of years come nowhere near.
    let short = |digits: &str| digits.len() <= 9;
    let mut numbers = text.split(|c: char| !(c.is_ascii_digit() || c.is_whitespace()));
    if text.len() > 64 || !numbers.all(short) {
        return None;
    }
    humantime::parse_duration(text).ok()
}

/// Whole milliseconds.
pub fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// What the clock shows; nothing where it stands before 1970.
pub fn since_1970(at: SystemTime) -> Duration {
    at.duration_since(UNIX_EPOCH).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

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
            assert_eq!(read_time(text), time, "{text}");
        }
        assert_eq!(read_time(&"9".repeat(1 << 20)), None);
        assert_eq!(read_time(&"999999999y".repeat(7)), None);
        assert!(read_time(&"999999999y".repeat(6)).is_some());
    }
}
