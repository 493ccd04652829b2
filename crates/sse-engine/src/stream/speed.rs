//! How fast a recording is replayed.

use std::fmt;
use std::time::Duration;

/// How fast a recording is replayed, beside its own pace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Speed {
    /// So many thousandths of its own pace, within [`Speed::SLOWEST`] and [`Speed::FASTEST`].
    Thousandths(u32),
    /// As fast as it is read: no time passes between two pieces.
    Max,
}

impl Default for Speed {
    /// Its own pace.
    fn default() -> Self {
        Self::Thousandths(1000)
    }
}

impl Speed {
    /// A tenth of its own pace.
    pub const SLOWEST: u32 = 100;
    /// A thousand times its own pace.
    pub const FASTEST: u32 = 1_000_000;
    /// The word for as fast as it is read.
    pub const MAX: &str = "max";
    /// What a speed is, for whoever wrote none.
    pub const WANTED: &str = "a number from 0.1 to 1000, such as 10, or max";

    /// Reads `10`, `0.5` or `max`: three decimals at most. `None` where the text is none of these.
    pub fn read(text: &str) -> Option<Self> {
        if text == Self::MAX {
            return Some(Self::Max);
        }
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| (1..=9).contains(&text.len()) && is_digits(text);
        if !digits(whole) || !digits(part) || part.len() > 3 {
            return None;
        }
        let thousandths: u32 = format!("{part:0<3}").parse().ok()?;
        let whole: u32 = whole.parse().ok()?;
        let all = whole.checked_mul(1000)?.checked_add(thousandths)?;
        (Self::SLOWEST..=Self::FASTEST)
            .contains(&all)
            .then_some(Self::Thousandths(all))
    }

    /// How long this takes at this speed.
    pub fn scaled(self, time: Duration) -> Duration {
        match self {
            Self::Thousandths(1000) => time,
            Self::Thousandths(of) => {
                let nanos = time.as_nanos() * 1000 / u128::from(of.max(1));
                let seconds = u64::try_from(nanos / 1_000_000_000).unwrap_or(u64::MAX);
                // Below a thousand million.
                let rest = u32::try_from(nanos % 1_000_000_000).unwrap_or(0);
                Duration::new(seconds, rest)
            }
            Self::Max => Duration::ZERO,
        }
    }

    /// The speed in words, behind a comma.
    pub(super) fn words(self) -> String {
        match self {
            Self::Thousandths(1000) => "at its own pace".to_owned(),
            Self::Thousandths(_) => format!("{self} times as fast"),
            Self::Max => "as fast as it is read".to_owned(),
        }
    }
}

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// As it is written: `10`, `0.5` or `max`.
impl fmt::Display for Speed {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Thousandths(of) = self else {
            return to.write_str(Self::MAX);
        };
        let (whole, part) = (of / 1000, format!("{:03}", of % 1000));
        match part.trim_end_matches('0') {
            "" => write!(to, "{whole}"),
            part => write!(to, "{whole}.{part}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_is_read_within_its_bounds_and_written_the_same() {
        for text in ["0.1", "0.125", "1", "10", "999.999", "1000", "max"] {
            let speed = Speed::read(text).expect(text);
            assert_eq!(speed.to_string(), text);
        }
        assert_eq!(Speed::read("2.50"), Speed::read("2.5"));
        for text in [
            "",
            "0",
            "0.099",
            "1000.001",
            "1001",
            "-1",
            "+1",
            "1e3",
            "1.",
            ".5",
            "1.2345",
            "MAX",
            " 1",
            "inf",
            "nan",
            "99999999999999999999",
        ] {
            assert_eq!(Speed::read(text), None, "{text:?}");
        }
    }

    #[test]
    fn time_is_scaled_without_overflow() {
        let s = Duration::from_secs;
        let of = |text: &str, time| Speed::read(text).expect(text).scaled(time);
        assert_eq!(of("1", s(7)), s(7));
        assert_eq!(of("10", s(7)), Duration::from_millis(700));
        assert_eq!(of("0.1", s(7)), s(70));
        assert_eq!(of("max", s(7)), Duration::ZERO);
        let longest = crate::recording::LONGEST_WAIT;
        assert_eq!(of("0.1", longest), longest * 10);
        assert!(of("0.1", Duration::MAX) > s(1));
    }
}
