//! The verdict on a client whose connection ended, in words and in figures.

use std::time::{Duration, Instant};

use serde::Serialize;
use sse_engine::pump::REMEMBERED_IDS;
use sse_engine::time::millis;

use super::departed::{BroughtId, Cost, Return};
use super::given::BackWith;
use super::{Aftermath, Answered, advice};
use crate::connections::connection::{Connection, Cut, Ended};
use crate::connections::end_reason::EndedBy;

/// What is said of a connection whose client came back, or did not, or has several open at once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Verdict {
    /// Which of them.
    pub kind: VerdictKind,
    /// In words, such as `came back after 1.02 s (retry 1.00 s) with id 7, nothing lost`.
    pub words: String,
    /// The same for a cell of a table, such as `1.02 s, nothing lost`; `~` is probably.
    pub brief: String,
    /// A sentence that says what to change in the client, where there is something.
    pub advice: Option<&'static str>,
    /// Whether something is wrong: a loss, a repetition, a return after 204, several open at once
    /// under one tag, one that is missing, or a refusal that no return followed.
    pub bad: bool,
    /// Whether it came again although it had been told that there is no more (204).
    pub despite: bool,
    /// Whether the client's tag says that it is the same; else it is probable.
    pub sure: bool,
    /// How long it was away, in milliseconds: since it ended or was refused; of one that is
    /// missing, until now. Nothing where it was back before it was missed.
    pub away_ms: Option<u64>,
    /// The reconnection time that it was told, in milliseconds.
    pub retry_ms: Option<u64>,
    /// Events that it was never sent, where that can be told.
    pub lost: Option<u64>,
    /// Events that it is sent twice, where that can be told: while it is open those to come are
    /// among them.
    pub repeated: Option<u64>,
    /// What it came back with, where its stream was forwarded: of such a stream it is not known
    /// what was lost.
    pub back_with: Option<BackWith>,
    /// How many events it was sent behind the id that it brought, where its stream was forwarded
    /// and gave it that id.
    pub sent_after: Option<u64>,
    /// The row that it went on from, or went on as; of several that are open at once, the newest
    /// other one.
    pub other: Option<u64>,
}

/// Which verdict it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum VerdictKind {
    /// On the row of one that came back, or was refused when it did.
    Back,
    /// On the row of one that ended, and whose client came back.
    Returned,
    /// On the row of one that ended, and whose client was refused when it came back.
    Refused,
    /// On the row of one that ended, and whose client did not come back within ten times its retry,
    /// 30 s at least.
    Missing,
    /// On the row of a finite stream that ended before its last event, where nothing else is known
    /// of its client.
    Cut,
    /// On the rows of those that are open at once with one tag on one stream.
    Beside,
}

impl Verdict {
    /// One of which nothing else is known, and nothing is wrong.
    fn new(kind: VerdictKind, words: String, brief: String, sure: bool) -> Self {
        Self {
            kind,
            words,
            brief,
            advice: None,
            bad: false,
            despite: false,
            sure,
            away_ms: None,
            retry_ms: None,
            lost: None,
            repeated: None,
            back_with: None,
            sent_after: None,
            other: None,
        }
    }

    /// Words and advice, as sentences.
    pub fn sentences(&self) -> String {
        let advice = self.advice.map(|advice| format!(" {advice}"));
        format!("{}.{}", self.words, advice.unwrap_or_default())
    }
}

/// Of a connection whose client should have come back by now, and was refused if it was ever `left`
/// so.
pub(super) fn missing(
    row: &Connection,
    ended: &Ended,
    left: Option<&Aftermath>,
    now: Instant,
) -> Verdict {
    let sure = row.client.tag.is_some();
    let away = now.saturating_duration_since(ended.at);
    let words = format!(
        "{}{}{}has not come back for {} ({})",
        cut_words(ended.cut),
        probably(sure),
        left.and_then(Aftermath::refusal).unwrap_or_default(),
        time(away),
        told_retry(ended.retry)
    );
    let brief = format!("{}not yet", guess(sure));
    Verdict {
        advice: Some(advice::COME_BACK),
        bad: true,
        away_ms: Some(millis(away)),
        retry_ms: ended.retry,
        ..Verdict::new(VerdictKind::Missing, words, brief, sure)
    }
}

/// Of a finite stream that ended before its last event.
pub(super) fn cut(row: &Connection, ended: &Ended) -> Option<Verdict> {
    let Cut { after, of } = ended.cut?;
    let words = format!("cut after {after} of {of}");
    let brief = format!("{} of {}", grouped(after), grouped(of));
    let sure = row.client.tag.is_some();
    Some(Verdict {
        // Who leaves knows that it did.
        advice: (ended.why.by() != EndedBy::Client).then_some(advice::NOT_WHOLE),
        ..Verdict::new(VerdictKind::Cut, words, brief, sure)
    })
}

/// Of a row that is open, as are these `rows` of its client, itself among them.
pub(super) fn beside(row: &Connection, rows: &[u64]) -> Option<Verdict> {
    /// As many are named; of a leak there may be thousands.
    const NAMED: usize = 6;
    let other = rows.iter().rev().find(|other| **other != row.id)?;
    let names: Vec<String> = rows.iter().take(NAMED).map(|id| format!("#{id}")).collect();
    let names = match (rows.len(), names.split_last()) {
        (all, _) if all > NAMED => format!("{} and {} more", names.join(", "), all - NAMED),
        (_, Some((last, before))) => format!("{} and {last}", before.join(", ")),
        (_, None) => return None,
    };
    let open = format!("{} open at once", rows.len());
    // A program that posts may well ask two questions at a time.
    let bad = &*row.client.asked.method != "POST";
    Some(Verdict {
        advice: bad.then_some(advice::CLOSE_ONE),
        bad,
        other: Some(*other),
        ..Verdict::new(VerdictKind::Beside, format!("{open}: {names}"), open, true)
    })
}

impl Aftermath {
    /// `was refused (503) after 1.00 s and `
    fn refusal(&self) -> Option<String> {
        match self {
            Self::Returned { .. } => None,
            Self::Refused { away, status, .. } => {
                Some(format!("was refused ({status}) after {} and ", time(*away)))
            }
        }
    }

    pub(super) fn verdict(&self, ended: &Ended) -> Verdict {
        let (to, away, sure) = match *self {
            Self::Returned { to, away, sure, .. } => (to, away, sure),
            Self::Refused { to, away, sure, .. } => (to, Some(away), sure),
        };
        let came = match away {
            Some(away) => format!("came back after {}", time(away)),
            None => "came back before it was missed".to_owned(),
        };
        let after = away.map(time);
        let brief = |word: &str| {
            let parts = [Some(word.to_owned()), after.clone()];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            format!("{}{}", guess(sure), parts.join(", "))
        };
        let (kind, more, brief, advice) = match self {
            Self::Returned { despite: true, .. } => (
                VerdictKind::Returned,
                DESPITE.to_owned(),
                brief("despite 204"),
                Some(advice::STAY_AWAY),
            ),
            Self::Returned { .. } => (VerdictKind::Returned, String::new(), brief("yes"), None),
            Self::Refused { status, .. } => (
                VerdictKind::Refused,
                format!(" and was refused ({status})"),
                brief("refused"),
                Some(advice::TRY_AGAIN),
            ),
        };
        let words = format!("{}{}{came}{more}", cut_words(ended.cut), probably(sure));
        Verdict {
            advice,
            bad: advice.is_some(),
            despite: matches!(self, Self::Returned { despite: true, .. }),
            away_ms: away.map(millis),
            other: Some(to),
            ..Verdict::new(kind, words, brief, sure)
        }
    }
}

/// What a return is that follows a 204.
const DESPITE: &str = " although told to stay away (204)";

impl Return {
    /// What is said of the return that a row is. Of one that was refused, `waits` tells whether its
    /// client did not come since.
    pub(super) fn verdict(&self, row: &Connection, waits: impl FnOnce() -> bool) -> Verdict {
        let cost = self.cost.map(|cost| self.so_far(cost, row));
        let refused = matches!(self.answered, Answered::Refused(_));
        let loops =
            !refused && (self.despite || self.answered == Answered::Complete && self.sent_away > 0);
        let advice = match cost {
            _ if loops => Some(advice::STAY_AWAY),
            Some(Paid { lost: 1.., .. }) => Some(advice::of_cost(self, true)),
            Some(Paid { repeated: 1.., .. }) => Some(advice::of_cost(self, false)),
            _ if refused && waits() => Some(advice::TRY_AGAIN),
            _ if !refused && self.brings_another() => Some(advice::of_id(self)),
            _ => None,
        };
        Verdict {
            advice,
            bad: advice.is_some(),
            despite: loops,
            away_ms: self.away.map(millis),
            retry_ms: self.retry,
            lost: cost.map(|cost| cost.lost),
            repeated: cost.map(|cost| cost.repeated),
            back_with: self.back_with.map(|(back, _)| back),
            sent_after: self.back_with.and_then(|(_, events)| events),
            other: Some(self.of),
            ..Verdict::new(
                VerdictKind::Back,
                self.words(cost),
                self.brief(cost),
                self.sure,
            )
        }
    }

    /// Whether the stream was forwarded, and it came back with something else than its last id.
    fn brings_another(&self) -> bool {
        match self.back_with {
            Some((BackWith::Earlier | BackWith::Unsent, _)) => true,
            // Who left may well begin anew.
            Some((BackWith::Forgotten, _)) => !self.left,
            Some((BackWith::Last | BackWith::Nothing | BackWith::Unknown, _)) | None => false,
        }
    }

    /// What the return has cost. Of one that ended before it was sent all of it again, as much as
    /// it was sent.
    fn so_far(&self, cost: Cost, row: &Connection) -> Paid {
        let again = row.sent.counts().events.saturating_sub(cost.before);
        let over = row.ended.get().is_some();
        Paid {
            lost: cost.lost,
            repeated: match over {
                true => cost.repeated.min(again),
                false => cost.repeated,
            },
            to_come: !over && again < cost.repeated,
        }
    }

    fn words(&self, cost: Option<Paid>) -> String {
        let with = match &self.brought {
            Some(id) if self.id == BroughtId::Elsewhere => {
                format!("from elsewhere with id {}", plain(id))
            }
            Some(id) => format!("with id {}", plain(id)),
            None => "without an id".to_owned(),
        };
        let retry = told_retry(self.retry);
        let after = match (self.away, self.refused) {
            (Some(_), _) if self.despite => format!("{DESPITE},"),
            (Some(away), Some(status)) => {
                format!(" {} after a refusal ({status}),", time(away))
            }
            (Some(away), None) => format!(" after {} ({retry})", time(away)),
            (None, _) => " before it was missed,".to_owned(),
        };
        let cut = match &self.cut_by {
            Some((fault, Some(id))) => format!("cut after event {} by fault {fault}, ", plain(id)),
            Some((fault, None)) => format!("cut by fault {fault}, "),
            None => String::new(),
        };
        let came = format!("{cut}{}came back{after} {with}", probably(self.sure));
        match self.answered {
            Answered::Stream if self.away.is_none() => came,
            Answered::Stream => format!("{came}, {}", self.cost_words(cost)),
            Answered::Complete if self.sent_away > 0 => format!(
                "{came}, {}: told for the {} time that there is no more (204)",
                self.cost_words(cost),
                nth(self.sent_away.saturating_add(1))
            ),
            Answered::Complete => {
                format!("{came}, {}: there is no more (204)", self.cost_words(cost))
            }
            Answered::Refused(status) => format!("{came} and was refused ({status})"),
        }
    }

    fn cost_words(&self, cost: Option<Paid>) -> String {
        let Some(cost) = cost else {
            return self.id_words();
        };
        let lost = match cost.lost {
            0 => None,
            1 => Some("1 event lost".to_owned()),
            lost => Some(format!("{lost} events lost")),
        };
        let from_the_start = matches!(
            self.id,
            BroughtId::Forgotten | BroughtId::NoneGiven | BroughtId::Unknown
        );
        let repeated = match cost.repeated {
            0 => None,
            n if cost.to_come && from_the_start => Some(format!("starts over: {n} again")),
            n if cost.to_come => Some(format!("is sent {n} again")),
            n if lost.is_some() || self.despite => Some(format!("{n} repeated")),
            1 => Some("1 event repeated".to_owned()),
            n => Some(format!("{n} events repeated")),
        };
        let both: Vec<String> = lost.into_iter().chain(repeated).collect();
        match both.is_empty() {
            true => "nothing lost".to_owned(),
            false => both.join(", "),
        }
    }

    /// What its id was among those that it had been sent, where no more is known.
    fn id_words(&self) -> String {
        let Some((back, events)) = self.back_with else {
            return "what it missed cannot be told".to_owned();
        };
        match back {
            BackWith::Last => "the last that it was sent".to_owned(),
            BackWith::Earlier => match events {
                Some(1) => "though it was sent 1 more event".to_owned(),
                events => format!("though it was sent {} more events", events.unwrap_or(0)),
            },
            BackWith::Forgotten => "though it was sent one".to_owned(),
            BackWith::Nothing => "as it was sent none".to_owned(),
            BackWith::Unsent => "which it was never sent".to_owned(),
            BackWith::Unknown => {
                format!("which is none of the last {REMEMBERED_IDS} that it was sent")
            }
        }
    }

    /// The same for a cell.
    fn id_brief(&self) -> Option<String> {
        let (back, events) = self.back_with?;
        Some(match back {
            BackWith::Last => "last id".to_owned(),
            BackWith::Earlier => match events {
                Some(1) => "1 event back".to_owned(),
                events => format!("{} events back", grouped(events.unwrap_or(0))),
            },
            BackWith::Forgotten => "no id".to_owned(),
            BackWith::Nothing => return None,
            BackWith::Unsent => "unsent id".to_owned(),
            BackWith::Unknown => "unknown id".to_owned(),
        })
    }

    fn brief(&self, cost: Option<Paid>) -> String {
        let what = |n: u64, word: &str| (n > 0).then(|| format!("{} {word}", grouped(n)));
        let cost = cost.map(|cost| {
            let repeated = if cost.to_come { "again" } else { "repeated" };
            let whole = cost.lost == 0 && cost.repeated == 0;
            [
                what(cost.lost, "lost"),
                what(cost.repeated, repeated),
                (whole && self.answered == Answered::Stream && !self.despite)
                    .then(|| "nothing lost".to_owned()),
            ]
        });
        let answered = match self.answered {
            Answered::Complete if self.sent_away > 0 => Some("204 again"),
            Answered::Complete => Some("nothing lost").filter(|_| self.cost.is_some()),
            Answered::Stream if self.despite => Some("despite 204"),
            Answered::Refused(_) => Some("refused"),
            Answered::Stream => None,
        };
        // The cause before what it cost: an id that it had, and did not bring.
        let again = cost
            .as_ref()
            .is_some_and(|[_, repeated, _]| repeated.is_some());
        let forgot = self.id == BroughtId::Forgotten && again && !self.despite;
        let id = match forgot {
            true => Some("no id".to_owned()),
            false => {
                let is_told = self.cost.is_none() && self.answered == Answered::Stream;
                self.id_brief().filter(|_| is_told)
            }
        };
        let parts = [self.away.map(time), answered.map(str::to_owned), id];
        let parts = parts.into_iter().chain(cost.into_iter().flatten());
        let parts: Vec<String> = parts.flatten().collect();
        match parts.is_empty() {
            true => format!("{}yes", guess(self.sure)),
            false => format!("{}{}", guess(self.sure), parts.join(", ")),
        }
    }
}

/// What a return has cost.
#[derive(Clone, Copy)]
struct Paid {
    lost: u64,
    /// Events that it is sent twice, those to come included; of a row that ended, no more than it
    /// was sent.
    repeated: u64,
    /// Whether it is still to be sent some of what is repeated.
    to_come: bool,
}

/// An id as it may stand in a line: it may be any text that came in a query.
fn plain(id: &str) -> String {
    id.replace(char::is_control, "\u{FFFD}")
}

/// `cut after 5 of 13, `
fn cut_words(cut: Option<Cut>) -> String {
    cut.map(|Cut { after, of }| format!("cut after {after} of {of}, "))
        .unwrap_or_default()
}

fn probably(sure: bool) -> &'static str {
    if sure { "" } else { "probably " }
}

/// The same in a cell.
fn guess(sure: bool) -> &'static str {
    if sure { "" } else { "~" }
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

/// `2nd`
fn nth(n: u32) -> String {
    let end = match (n % 100, n % 10) {
        (11..=13, _) => "th",
        (_, 1) => "st",
        (_, 2) => "nd",
        (_, 3) => "rd",
        _ => "th",
    };
    format!("{n}{end}")
}

/// `12,345`
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
