//! Times as a HAR has them: numbers of milliseconds, and dates.

use std::time::{Duration, SystemTime};

use super::super::LONGEST_WAIT;
use super::{Moment, Number};

/// Milliseconds, with three decimals.
pub(super) fn millis(time: Duration) -> Number {
    Number(time.as_micros() as f64 / 1000.0)
}

/// The time that a number of milliseconds is; none below 0 or without an end.
pub(super) fn time(millis: Option<Number>) -> Duration {
    let micros = (millis.unwrap_or_default().0 * 1000.0).round();
    // A float beyond the bounds becomes the nearest of them, and NaN 0.
    Duration::from_micros(micros as u64).min(LONGEST_WAIT)
}

/// Seconds since 1970.
pub(super) fn seconds(since_1970: Duration) -> f64 {
    since_1970.as_micros() as f64 / 1e6
}

/// A date as JSON has it: in UTC, or with a distance from it, such as `+01:00`.
pub(super) fn read_date(text: &str) -> Option<Duration> {
    let text = text.trim();
    let behind = text.len().checked_sub("+00:00".len())?;
    let (date, zone) = (text.get(..behind)?, text.get(behind..)?);
    let (sign, hours, minutes) = match zone.as_bytes() {
        [sign @ (b'+' | b'-'), a, b, b':', c, d] => (sign, [*a, *b], [*c, *d]),
        _ => {
            let date = humantime::parse_rfc3339_weak(text).ok()?;
            return date.duration_since(SystemTime::UNIX_EPOCH).ok();
        }
    };
    let number = |digits: [u8; 2]| str::from_utf8(&digits).ok()?.parse::<u64>().ok();
    let distance = Duration::from_secs(number(hours)? * 3600 + number(minutes)? * 60);
    let date = humantime::parse_rfc3339_weak(date).ok()?;
    let date = date.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    match sign {
        b'+' => date.checked_sub(distance),
        _ => date.checked_add(distance),
    }
}

/// The date of a time since 1970. What is beyond the calendar is its last day.
pub(super) fn date(since_1970: Duration) -> String {
    // The year 9999.
    let time = since_1970.min(Duration::from_secs(253_402_300_799));
    let time = SystemTime::UNIX_EPOCH + time;
    match since_1970.subsec_micros() % 1000 {
        0 => humantime::format_rfc3339_millis(time).to_string(),
        _ => humantime::format_rfc3339_micros(time).to_string(),
    }
}

impl Moment {
    /// Since 1970, or since whenever its writer counts.
    pub(super) fn since(&self) -> Option<Duration> {
        match self {
            Self::Number(number) => {
                // Seconds have ten digits for centuries to come, and milliseconds thirteen.
                let millis = if *number > 1e11 {
                    *number
                } else {
                    *number * 1000.0
                };
                let micros = (millis * 1000.0).round();
                (micros >= 0.0).then(|| Duration::from_micros(micros as u64))
            }
            Self::Text(text) => read_date(text),
        }
    }
}
