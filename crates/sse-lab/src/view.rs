//! What a run has come to, as the window, the command and programs read it.

mod sent;
mod text;

use std::time::Instant;

use serde::Serialize;
use sse_engine::time::{millis, since_1970};
use sse_server::value_without_secrets;

use crate::case::{Case, Second, cases};
use crate::judge::{did, judge, same_wait};
use crate::observation::{Asked, Ender, Observation};
use crate::profile::Profile;
use crate::report::{Report, Reported};
use crate::run::Run;
use crate::verdict::Verdict;

/// Bytes of an answer, and of a body, that are shown.
const SHOWN_BYTES: usize = 16 * 1024;

pub use sent::{CaseSentView, SentView};

/// A case, whoever comes to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct ListedCase {
    /// Its id, such as `R4`.
    pub id: String,
    /// Its name in words.
    pub name: String,
    /// What the server does.
    pub does: String,
    /// What the client must do.
    pub must: String,
    /// The rule, and where it stands.
    pub source: String,
    /// The tests of the Web Platform Tests that it stands for.
    pub wpt: Vec<String>,
    /// Whether the tour has it.
    pub in_tour: bool,
    /// The profiles that have it.
    pub profiles: Vec<Profile>,
    /// The types of its events that a client must listen for, if it is as EventSource is.
    pub names: Vec<String>,
    /// What it needs the second address of its run for.
    pub second: Second,
    /// How many clients at once it is about; 0 and 1 are one.
    pub clients: usize,
}

/// A run, and its verdicts so far.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "LabRun"))]
pub struct RunView {
    /// The name that its client walks under.
    pub name: String,
    /// What it is held against.
    pub profile: Profile,
    /// When it began, in milliseconds since 1970.
    pub since: u64,
    /// Whether its client walks the tour, or did.
    pub is_tour: bool,
    /// Whether every case that it came to has its verdict, and no more of the tour can come.
    pub is_over: bool,
    /// How many requests came in all.
    pub requests: u64,
    /// What was noticed beside the cases, in sentences.
    pub notes: Vec<String>,
    /// The cases of the profile, in their order.
    pub cases: Vec<CaseView>,
}

/// A case, and what a client made of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "LabCase"))]
pub struct CaseView {
    /// Its id, such as `R4`.
    pub id: String,
    /// Its name in words.
    pub name: String,
    /// What the server does.
    pub does: String,
    /// What the client must do.
    pub must: String,
    /// The rule, and where it stands.
    pub source: String,
    /// Whether the tour has it.
    pub in_tour: bool,
    /// When its first request came, in milliseconds since 1970.
    pub since: Option<u64>,
    /// What is said of the client; nothing while the case is open, or was not begun.
    pub verdict: Option<VerdictView>,
    /// What came, and what was sent.
    pub requests: Vec<RequestView>,
    /// What came besides, and is no turn of the case, such as MCP's `initialize`.
    pub asides: Vec<RequestView>,
    /// How many requests came that are turns of the case.
    pub count: u64,
    /// How many preflights came.
    pub preflights: u64,
    /// What the client reported that it saw.
    pub saw: Vec<ReportView>,
}

/// What a client reported that it saw.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "LabReport"))]
pub struct ReportView {
    /// When it came, in milliseconds since the case's first request.
    pub at: u64,
    /// `event`, `error` or `closed`.
    pub kind: String,
    /// The data of an event, or the words of an error.
    pub text: String,
    /// The type of an event, where that was reported.
    pub name: Option<String>,
    /// The last event id with an event, where that was reported.
    pub id: Option<String>,
}

/// A verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "LabVerdict"))]
pub struct VerdictView {
    /// `right`, `wrong`, `allowed`, `not reached` or `needs your eyes`.
    pub kind: String,
    /// What the client did, as a sentence; nothing where it did what its rule says, word for word.
    pub words: Option<String>,
}

/// A request, and its answer.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename = "LabRequest"))]
pub struct RequestView {
    /// When it came, in milliseconds since the case's first request.
    pub at: u64,
    /// Its method and target, without secrets.
    pub line: String,
    /// The fields of its head, without secrets.
    pub fields: Vec<(String, String)>,
    /// The last event id that it brought.
    pub id: Option<String>,
    /// Its body, as text.
    pub body: String,
    /// The status that it was answered with; nothing while the answer is under way, or where the
    /// next case answers it.
    pub status: Option<u16>,
    /// When its answer ended, in milliseconds since the case's first request.
    pub ended: Option<u64>,
    /// Who ended it: `case`, `client` or `stop`.
    pub by: Option<String>,
    /// What was sent, as text: the head and the first bytes.
    pub sent: String,
    /// How many bytes were sent.
    pub total: u64,
}

impl From<&Verdict> for VerdictView {
    fn from(verdict: &Verdict) -> Self {
        Self {
            kind: verdict.kind().to_owned(),
            words: verdict.words().map(str::to_owned),
        }
    }
}

impl RunView {
    /// `requests` says whether what came, what was sent and what was seen is wanted, which is most
    /// of it.
    pub(crate) fn of(
        (name, run): (&str, &Run),
        cases: &[Case],
        (profile, requests): (Profile, bool),
        now: Instant,
    ) -> Self {
        let stopped = run.has_stopped(cases, now);
        let shown = cases.iter().enumerate();
        let shown = shown.filter(|(_, case)| case.is_in(profile));
        let views = shown.map(|(at, case)| {
            let view = CaseView::of((at, case), run, profile, (stopped, now));
            match run.seen(at, now) {
                Some((observation, _)) if requests => view.with_requests(observation),
                _ => view,
            }
        });
        let views: Vec<_> = views.collect();
        let came = cases.iter().enumerate().filter_map(|(at, case)| {
            let (observation, age) = run.seen(at, now)?;
            Some((case, observation, age))
        });
        let waits = same_wait(profile, came);
        let begun = |view: &&CaseView| view.is_begun();
        let is_over = views
            .iter()
            .filter(begun)
            .all(|view| view.verdict.is_some())
            && (stopped || !run.is_tour());
        Self {
            name: name.to_owned(),
            profile,
            since: millis(since_1970(run.since)),
            is_tour: run.is_tour(),
            is_over,
            requests: run.requests(),
            notes: run.notes().iter().cloned().chain(waits).collect(),
            cases: views,
        }
    }
}

impl ListedCase {
    /// All of them, in their order.
    pub fn all() -> Vec<Self> {
        let listed = cases().iter().map(|case| Self {
            id: case.id.clone(),
            name: case.name.clone(),
            does: case.does.clone(),
            must: case.must.clone(),
            source: case.source.clone(),
            wpt: case.wpt.clone(),
            in_tour: case.in_tour,
            profiles: case.questions.keys().copied().collect(),
            names: case.event_names().into_iter().map(str::to_owned).collect(),
            second: case.needs.second,
            clients: case.needs.clients,
        });
        listed.collect()
    }
}

impl CaseView {
    /// A case that nobody came to.
    pub fn untouched(case: &Case) -> Self {
        Self {
            id: case.id.clone(),
            name: case.name.clone(),
            does: case.does.clone(),
            must: case.must.clone(),
            source: case.source.clone(),
            in_tour: case.in_tour,
            since: None,
            verdict: None,
            requests: Vec::new(),
            asides: Vec::new(),
            count: 0,
            preflights: 0,
            saw: Vec::new(),
        }
    }

    /// Whether anything came for it.
    pub fn is_begun(&self) -> bool {
        self.since.is_some()
    }

    /// Without what came, what was sent and what was seen.
    fn of(
        (at, case): (usize, &Case),
        run: &Run,
        profile: Profile,
        (stopped, now): (bool, Instant),
    ) -> Self {
        let seen = run.seen(at, now);
        let verdict = match seen {
            Some((observation, age)) => judge(case, profile, observation, age),
            None if case.in_tour && run.is_tour() && stopped => Some(Verdict::NotReached(
                "The client had left the tour before.".to_owned(),
            )),
            None => None,
        };
        let mut shown = verdict.as_ref().map(VerdictView::from);
        if let (Some(Verdict::Right), Some(shown), Some((observation, age))) =
            (&verdict, &mut shown, seen)
        {
            shown.words = did(case, profile, observation, age);
        }
        let observation = seen.map(|(observation, _)| observation);
        Self {
            since: run.seen_since(at).map(|since| millis(since_1970(since))),
            verdict: shown,
            count: observation.map_or(0, Observation::count),
            preflights: observation.map_or(0, |seen| seen.preflights.len() as u64),
            ..Self::untouched(case)
        }
    }

    fn with_requests(self, seen: &Observation) -> Self {
        Self {
            requests: seen.requests.iter().map(RequestView::from).collect(),
            asides: seen.asides.iter().map(RequestView::from).collect(),
            saw: seen.reports.list().iter().map(ReportView::from).collect(),
            ..self
        }
    }
}

impl From<&Reported> for ReportView {
    fn from(reported: &Reported) -> Self {
        let (kind, shown, name, id) = match &reported.what {
            Report::Event(event) => ("event", &*event.data, &event.name, &event.id),
            Report::Error(words) => ("error", &**words, &None, &None),
            Report::Closed => ("closed", "", &None, &None),
        };
        let text = |shown: &String| text(shown.as_bytes());
        Self {
            at: millis(reported.at),
            kind: kind.to_owned(),
            text: self::text(shown.as_bytes()),
            name: name.as_ref().map(text),
            id: id.as_ref().map(text),
        }
    }
}

impl From<&Asked> for RequestView {
    fn from(asked: &Asked) -> Self {
        let fields = asked.fields.iter().map(|(name, value)| {
            let value = value_without_secrets(name.as_bytes(), value);
            (name.clone(), text(value))
        });
        let end = asked.ended.as_ref();
        Self {
            at: millis(asked.at),
            line: format!("{} {}", asked.method, asked.shown_target()),
            fields: fields.collect(),
            id: asked.id().map(text),
            body: text(&asked.body),
            status: end.map(|end| end.status).filter(|status| *status != 0),
            ended: end.map(|end| millis(end.at)),
            by: end.map(|end| end.by.name().to_owned()),
            sent: end.map(|end| text(&end.sent)).unwrap_or_default(),
            total: end.map_or(0, |end| end.total),
        }
    }
}

impl Ender {
    fn name(self) -> &'static str {
        match self {
            Self::Case => "case",
            Self::Client => "client",
            Self::Stop => "stop",
        }
    }
}

/// The first bytes as text, in which every byte that is no plain character is an escape.
fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for piece in bytes[..bytes.len().min(SHOWN_BYTES)].utf8_chunks() {
        for c in piece.valid().chars() {
            match c {
                '\n' => text.push_str("\\n\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '\\' => text.push_str("\\\\"),
                c if c.is_control() || c == '\u{feff}' => text.extend(c.escape_unicode()),
                c => text.push(c),
            }
        }
        for byte in piece.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A client of ours or of others may have its token in the URL.
    #[test]
    fn secrets_of_a_request_are_kept_back() {
        let asked = Asked {
            method: "GET".to_owned(),
            target: "/lab/tour/me?client=a&access_token=abc".to_owned(),
            fields: vec![
                ("authorization".to_owned(), b"Bearer abc".to_vec()),
                (
                    "referer".to_owned(),
                    b"http://localhost/?token=abc".to_vec(),
                ),
                ("last-event-id".to_owned(), b"R4-start".to_vec()),
            ],
            ..Asked::default()
        };
        let view = RequestView::from(&asked);
        assert_eq!(
            view.line,
            "GET /lab/tour/me?client=a&access_token=[kept-back]"
        );
        let values: Vec<_> = view.fields.iter().map(|(_, value)| &**value).collect();
        assert_eq!(values, ["[kept back]", "[kept back]", "R4-start"]);
    }
}
