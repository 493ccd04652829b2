//! What a person expects of a verdict, such as `lost=0,repeated=0,away=..3s`.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde_json::{Map, Value};

/// All that is expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Expectation(Vec<Bound>);

/// What one figure must be.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Bound {
    figure: Figure,
    /// Both ends are within; of times, in milliseconds.
    least: u64,
    most: u64,
    /// As it was typed.
    typed: String,
}

/// A figure of a verdict.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Figure {
    Lost,
    Repeated,
    Away,
}

impl Figure {
    /// As it is typed.
    fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::Repeated => "repeated",
            Self::Away => "away",
        }
    }

    /// As the verdict has it.
    fn field(self) -> &'static str {
        match self {
            Self::Away => "away_ms",
            other => other.word(),
        }
    }

    fn read(self, text: &str) -> Option<u64> {
        if self == Self::Away {
            return u64::try_from(sse_server::read_time(text)?.as_millis()).ok();
        }
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse().ok().filter(|_| digits)
    }

    fn shown(self, value: u64) -> String {
        if self != Self::Away {
            return value.to_string();
        }
        let time = Duration::from_millis(value);
        format!("{}.{:03} s", time.as_secs(), time.subsec_millis())
    }
}

impl FromStr for Expectation {
    type Err = NoExpectation;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bounds = text.split(',').map(|part| {
            let bound = Bound::read(part.trim());
            bound.ok_or_else(|| NoExpectation(part.to_owned()))
        });
        bounds.collect::<Result<_, _>>().map(Self)
    }
}

/// A part that says nothing that could be expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct NoExpectation(String);

impl fmt::Display for NoExpectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "`{}` is no bound: give lost=0, repeated=1..2 or away=..3s, with commas between",
            self.0
        )
    }
}

impl std::error::Error for NoExpectation {}

impl Bound {
    fn read(text: &str) -> Option<Self> {
        let (word, value) = text.split_once('=')?;
        let figures = [Figure::Lost, Figure::Repeated, Figure::Away];
        let figure = figures.into_iter().find(|figure| figure.word() == word)?;
        let (least, most) = match value.split_once("..") {
            Some(("", "")) => return None,
            Some((least, "")) => (figure.read(least)?, u64::MAX),
            Some(("", most)) => (0, figure.read(most)?),
            Some((least, most)) => (figure.read(least)?, figure.read(most)?),
            // Nobody is away to the millisecond.
            None if figure == Figure::Away => return None,
            None => {
                let exact = figure.read(value)?;
                (exact, exact)
            }
        };
        (least <= most).then(|| Self {
            figure,
            least,
            most,
            typed: text.to_owned(),
        })
    }

    /// What the figure is, where it is not as expected.
    fn instead(&self, verdict: &Map<String, Value>) -> Option<String> {
        let word = self.figure.word();
        match verdict.get(self.figure.field()).and_then(Value::as_u64) {
            Some(value) if (self.least..=self.most).contains(&value) => None,
            Some(value) => Some(format!("{word} is {}", self.figure.shown(value))),
            None => Some(format!("{word} cannot be told")),
        }
    }
}

impl Expectation {
    /// What a verdict is not: the bounds as they were typed, and what the figures are.
    pub(crate) fn broken_by(&self, verdict: &Map<String, Value>) -> Option<(String, String)> {
        let broken = self.0.iter().filter_map(|bound| {
            let instead = bound.instead(verdict)?;
            Some((bound.typed.clone(), instead))
        });
        let (typed, instead): (Vec<_>, Vec<_>) = broken.unzip();
        (!typed.is_empty()).then(|| (typed.join(","), instead.join(", ")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn broken(expected: &str, verdict: Value) -> Option<(String, String)> {
        let Value::Object(verdict) = verdict else {
            panic!("an object");
        };
        let expected: Expectation = expected.parse().expect(expected);
        expected.broken_by(&verdict)
    }

    #[test]
    fn bounds_are_within() {
        for (expected, lost, away, holds) in [
            ("lost=0", 0, 0, true),
            ("lost=0", 1, 0, false),
            ("lost=1..2", 2, 0, true),
            ("lost=1..2", 3, 0, false),
            ("lost=1..", 0, 0, false),
            ("away=..3s", 0, 3000, true),
            ("away=..3s", 0, 3001, false),
            ("away=2s..", 0, 1999, false),
            ("away=500ms..1m 30s", 0, 90_000, true),
            ("lost=0, away=2s..3s", 0, 2500, true),
        ] {
            let verdict = serde_json::json!({ "lost": lost, "away_ms": away });
            let broken = broken(expected, verdict);
            assert_eq!(broken.is_none(), holds, "{expected}: {broken:?}");
        }
    }

    #[test]
    fn what_is_not_so_is_said() {
        let verdict = serde_json::json!({ "lost": 2, "repeated": null, "away_ms": 4020 });
        let expected = "lost=0,repeated=0,away=..3s";
        let (typed, instead) = broken(expected, verdict).expect("nothing is as expected");
        assert_eq!(typed, expected);
        assert_eq!(
            instead,
            "lost is 2, repeated cannot be told, away is 4.020 s"
        );
    }

    #[test]
    fn what_says_nothing_is_no_expectation() {
        for bad in [
            "",
            "lost",
            "lost=",
            "lost=x",
            "lost=-1",
            "lost=+1",
            "lost=..",
            "lost=2..1",
            "found=1",
            "away=3s",
            "away=..3",
            "lost=0,",
            "lost=0;repeated=0",
        ] {
            let refused = bad.parse::<Expectation>().expect_err(bad).to_string();
            assert!(refused.contains("is no bound: give"), "{refused}");
        }
    }
}
