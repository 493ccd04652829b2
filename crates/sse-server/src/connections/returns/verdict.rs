//! What is said of a client that went, in words and in numbers.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::{Answered, Back, Cost, Left};
use crate::connections::row::Row;
use crate::time::millis;

/// What is said of a connection whose client came back, or did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// Which of them.
    pub kind: VerdictKind,
    /// In words, such as `came back after 1.02 s (retry 1.00 s) with id 7, nothing lost`.
    pub words: String,
    /// Whether the client's tag says that it is the same; else it is probable.
    pub sure: bool,
    /// How long it was away, in milliseconds; of one that is missing, until now.
    pub away_ms: Option<u64>,
    /// The reconnection time that it was told, in milliseconds.
    pub retry_ms: Option<u64>,
    /// Events that it was never sent, where that can be told.
    pub lost: Option<u64>,
    /// Events that it was sent twice, where that can be told.
    pub repeated: Option<u64>,
    /// The row that it went on from, or went on as.
    pub other: Option<u64>,
}

/// Which verdict it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum VerdictKind {
    /// On the row of one that came back, or was refused when it did.
    Back,
    /// On the row of one that ended, and whose client came back.
    Returned,
    /// On the row of one that ended, and whose client was refused when it came back.
    Refused,
    /// On the row of one that ended, and whose client did not come back within ten times its retry, 30 s at least.
    Missing,
}

/// Of a connection whose client should have come back by now, and was refused if it was ever `left` so.
pub(super) fn missing(row: &Row, left: Option<&Left>, now: Instant) -> Option<Verdict> {
    let ended = row.ended.get()?;
    let sure = row.client.tag.is_some();
    let away = now.saturating_duration_since(ended.at);
    Some(Verdict {
        kind: VerdictKind::Missing,
        words: format!(
            "{}{}has not come back for {} ({})",
            probably(sure),
            left.and_then(Left::refusal).unwrap_or_default(),
            time(away),
            told_retry(ended.retry)
        ),
        sure,
        away_ms: Some(millis(away)),
        retry_ms: ended.retry,
        lost: None,
        repeated: None,
        other: None,
    })
}

impl Left {
    /// `was refused (503) after 1.00 s and `
    fn refusal(&self) -> Option<String> {
        match self {
            Self::Returned { .. } => None,
            Self::Refused { away, status, .. } => {
                Some(format!("was refused ({status}) after {} and ", time(*away)))
            }
        }
    }

    pub(super) fn verdict(&self) -> Verdict {
        let (to, away, sure) = match *self {
            Self::Returned { to, away, sure } => (to, away, sure),
            Self::Refused { to, away, sure, .. } => (to, Some(away), sure),
        };
        let came = match away {
            Some(away) => format!("came back after {}", time(away)),
            None => "came back before it was missed".to_owned(),
        };
        let refused = match self {
            Self::Returned { .. } => String::new(),
            Self::Refused { status, .. } => format!(" and was refused ({status})"),
        };
        Verdict {
            kind: match self {
                Self::Returned { .. } => VerdictKind::Returned,
                Self::Refused { .. } => VerdictKind::Refused,
            },
            words: format!("{}{came}{refused}", probably(sure)),
            sure,
            away_ms: away.map(millis),
            retry_ms: None,
            lost: None,
            repeated: None,
            other: Some(to),
        }
    }
}

impl Back {
    pub(super) fn verdict(&self) -> Verdict {
        Verdict {
            kind: VerdictKind::Back,
            words: self.words(),
            sure: self.sure,
            away_ms: self.away.map(millis),
            retry_ms: self.retry,
            lost: self.cost.map(|cost| cost.lost),
            repeated: self.cost.map(|cost| cost.repeated),
            other: Some(self.of),
        }
    }

    fn words(&self) -> String {
        let with = match &self.brought {
            Some(id) => format!("with id {id}"),
            None => "without an id".to_owned(),
        };
        let after = match self.away {
            Some(away) => format!("after {} ({})", time(away), told_retry(self.retry)),
            None => "before it was missed,".to_owned(),
        };
        let came = format!("{}came back {after} {with}", probably(self.sure));
        match self.answered {
            Answered::Stream if self.away.is_none() => came,
            Answered::Stream => format!("{came}, {}", cost(self.cost)),
            Answered::Complete => format!("{came}, {}: there is no more (204)", cost(self.cost)),
            Answered::Refused(status) => format!("{came} and was refused ({status})"),
        }
    }
}

fn cost(cost: Option<Cost>) -> String {
    let events = |n: u64, what: &str| match n {
        1 => format!("1 event {what}"),
        _ => format!("{n} events {what}"),
    };
    match cost {
        None => "what it missed cannot be told".to_owned(),
        Some(Cost {
            lost: 0,
            repeated: 0,
        }) => "nothing lost".to_owned(),
        Some(Cost { lost: 0, repeated }) => events(repeated, "repeated"),
        Some(Cost { lost, repeated: 0 }) => events(lost, "lost"),
        Some(Cost { lost, repeated }) => format!("{}, {repeated} repeated", events(lost, "lost")),
    }
}

fn probably(sure: bool) -> &'static str {
    if sure { "" } else { "probably " }
}

fn told_retry(retry: Option<u64>) -> String {
    match retry {
        Some(ms) => format!("retry {}", time(Duration::from_millis(ms))),
        None => "no retry was sent".to_owned(),
    }
}

/// `1.02 s`, and from two minutes on `2 min 5 s`.
fn time(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        // Cut, not rounded: what is nearly ten seconds is not ten.
        0..10 => format!("{seconds}.{:02} s", time.subsec_millis() / 10),
        10..120 => format!("{seconds} s"),
        120..7200 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}
