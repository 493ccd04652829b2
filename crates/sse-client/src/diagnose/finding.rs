//! What a rule has to say: a level, a sentence, its evidence, whom it hurts and what to change.

use std::fmt;
use std::time::Duration;

use serde::Serialize;

use super::facts::{Place, Tally};

/// How bad it is, the worst first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// A client does not get what was meant for it.
    Broken,
    /// It works here, and fails for some clients or behind some proxies.
    Risky,
    /// It is no mistake, and one should know of it.
    WorthKnowing,
    /// It was looked at, and it is good.
    Fine,
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Broken => "broken",
            Self::Risky => "risky",
            Self::WorthKnowing => "worth knowing",
            Self::Fine => "fine",
        })
    }
}

/// Where a finding was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Evidence {
    /// The instant, in whole milliseconds since the beginning of the watch.
    pub at_ms: Option<u64>,
    /// The offset of the byte in the decoded body, from 0.
    pub byte: Option<u64>,
}

/// One thing that is wrong with a stream, or that was looked at and is good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The name of its rule, such as `W9`.
    pub rule: &'static str,
    /// How bad it is.
    pub level: Level,
    /// What is the case. It shows no value of a request header and no data of an event.
    pub sentence: String,
    /// Where it was seen, as far as it has a place.
    pub evidence: Evidence,
    /// Whom it hurts, as a sentence; empty where it is fine.
    pub hurts: String,
    /// What to change, as a sentence; empty where it is fine.
    pub change: String,
    /// Where `docs/DIAGNOSIS.md` explains its rule, such as `w9-silence`.
    pub anchor: String,
}

impl Finding {
    /// The heading of its rule, as a link from a page in the same folder as `DIAGNOSIS.md`.
    pub fn link(&self) -> String {
        format!("DIAGNOSIS.md#{}", self.anchor)
    }
}

/// A rule: what it is called, and how it judges.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// Its name, such as `W9`.
    pub name: &'static str,
    /// Its heading in `docs/DIAGNOSIS.md`, behind the name.
    pub title: &'static str,
    /// What it has to say: nothing where there was nothing to look at.
    pub(super) judge: fn(&super::Observation) -> Vec<Verdict>,
}

impl Rule {
    /// The anchor of its heading, in the way that GitHub makes one: small letters, spaces as
    /// hyphens, and no punctuation.
    pub fn anchor(&self) -> String {
        let heading = format!("{} {}", self.name, self.title);
        let kept = heading.chars().filter_map(|letter| match letter {
            ' ' | '-' => Some('-'),
            letter if letter.is_alphanumeric() => Some(letter),
            _ => None,
        });
        kept.collect::<String>().to_lowercase()
    }

    /// Its findings on a stream.
    pub(super) fn findings(&self, seen: &super::Observation) -> Vec<Finding> {
        let verdicts = (self.judge)(seen).into_iter();
        let findings = verdicts.map(|verdict| Finding {
            rule: self.name,
            level: verdict.level,
            sentence: verdict.sentence,
            evidence: verdict.evidence,
            hurts: verdict.hurts,
            change: verdict.change,
            anchor: self.anchor(),
        });
        findings.collect()
    }
}

/// A finding that does not know its rule yet.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    level: Level,
    sentence: String,
    evidence: Evidence,
    hurts: String,
    change: String,
}

impl Verdict {
    pub(super) fn new(level: Level, sentence: impl Into<String>) -> Self {
        Self {
            level,
            sentence: sentence.into(),
            evidence: Evidence::default(),
            hurts: String::new(),
            change: String::new(),
        }
    }

    pub(super) fn broken(sentence: impl Into<String>) -> Self {
        Self::new(Level::Broken, sentence)
    }

    pub(super) fn risky(sentence: impl Into<String>) -> Self {
        Self::new(Level::Risky, sentence)
    }

    pub(super) fn worth_knowing(sentence: impl Into<String>) -> Self {
        Self::new(Level::WorthKnowing, sentence)
    }

    /// The one finding of a rule that is content.
    pub(super) fn fine(sentence: impl Into<String>) -> Vec<Self> {
        vec![Self::new(Level::Fine, sentence)]
    }

    /// Whom it hurts.
    pub(super) fn hurts(mut self, whom: impl Into<String>) -> Self {
        self.hurts = whom.into();
        self
    }

    /// What to change.
    pub(super) fn change(mut self, what: impl Into<String>) -> Self {
        self.change = what.into();
        self
    }

    pub(super) fn at(mut self, at: Option<Duration>) -> Self {
        let millis = |at: Duration| u64::try_from(at.as_millis()).unwrap_or(u64::MAX);
        self.evidence.at_ms = at.map(millis);
        self
    }

    pub(super) fn place(self, place: Option<Place>) -> Self {
        let mut verdict = self.at(place.map(|place| place.at));
        verdict.evidence.byte = place.map(|place| place.byte);
        verdict
    }

    /// The place where what was counted was seen first.
    pub(super) fn first(self, tally: &Tally) -> Self {
        self.place(tally.first)
    }
}
