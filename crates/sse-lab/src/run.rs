//! One client's walk through the lab: what it asked for, which case it is at, and what was noticed
//! beside the cases. Nothing here reads a clock.

mod visit;

use std::collections::BTreeMap;
use std::time::{Duration, Instant, SystemTime};

use sse_engine::stream::Request;
use sse_engine::time::Now;
use sse_server::ExtraListener;

use crate::case::{Answer, Case, tour};
use crate::judge::{is_judged_by_requests, judge};
use crate::observation::{Asked, Ended, KEPT_REQUESTS, Observation};
use crate::profile::Profile;
use crate::report::{Report, Reported};
use crate::rpc;
use visit::Visit;

/// As many requests of one run as are answered. A client that sends more never stops.
const MOST_REQUESTS: u64 = 5_000;

/// As many bytes of memory as are kept of what was sent to one run and what it asked: behind half
/// of it no more is kept of what was sent, and behind all of it no request is answered.
const MOST_KEPT: usize = 8 * 1024 * 1024;

/// So long must nothing come from a client that is through, before a request of it begins anew. One
/// that is told to stay away, and comes all the same, does not wait for so long.
const AGAIN: Duration = Duration::from_secs(6);

/// As many remarks of one run as are kept.
const MOST_NOTES: usize = 16;

/// One client's walk.
///
/// How to drive it: ask [`is_busy`](Self::is_busy) first, since a return can be here before the end
/// of what it returns from was noted. Then [`walk`](Self::walk) takes the next request of the tour,
/// and [`visit`](Self::visit) one for a case's own URL; both say what to play. When an answer has
/// ended, call [`ended`](Self::ended) with the same [`Turn`].
#[derive(Debug)]
pub(crate) struct Run {
    /// What tells it from another run by the same name.
    pub(crate) serial: u64,
    /// When it began, for people.
    pub(crate) since: SystemTime,
    /// The same, to count from.
    began: Instant,
    /// When something last happened.
    pub(crate) last: Instant,
    /// Its walk through the tour; nothing before its first request there.
    walk: Option<Walk>,
    /// What came for each case, by the case's place in the list.
    visits: BTreeMap<usize, Visit>,
    /// The number of the newest of them, with those that were forgotten.
    newest: u64,
    /// What was noticed beside the cases: sentences.
    notes: Vec<String>,
    /// How many requests came in all.
    requests: u64,
    /// What all of its visits keep, in bytes of memory. It is added up as they do: a sum over all
    /// requests with each request made a full run slow down its whole server.
    kept: usize,
    /// Whether its client reports what it sees.
    reports: bool,
    /// Its second listener, where it has one. It is closed with the run.
    pub(crate) second: Option<ExtraListener>,
}

/// A place in the tour.
#[derive(Debug)]
struct Walk {
    /// The cases of the tour, by their places in the list.
    tour: Vec<usize>,
    /// Where in it the client is; behind the last one it is over.
    at: usize,
    /// When something last happened in it.
    last: Instant,
    /// What its client calls itself.
    agent: Vec<u8>,
    /// The id that its client brought last, in whichever request brought one.
    brought: Option<Vec<u8>>,
}

/// What is said where two clients walk as one.
const TWO_CLIENTS: &str =
    "Two clients walk this tour under one name: give each a name of its own, or stop one.";

/// What is said where requests for a case go on when it has its verdict.
const AFTER_ITS_VERDICT: &str = "A client came again after the verdict of a case, so it was told to stay away: give each client a name of its own, or let nothing come for twice the patience of the case.";

/// What to do with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// Play an answer.
    Play(Turn),
    /// The tour, or the case, has its verdict: the client need not come again.
    Over,
    /// More requests came than any case needs.
    TooMany,
}

/// An answer that is to be played.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn {
    /// The case, by its place in the list.
    pub(crate) case: usize,
    /// The number of its visit: a tour that begins anew forgets those that are under way.
    visit: u64,
    /// What is played.
    answer: Which,
    /// Which of its requests, or of those beside them, it answers.
    request: usize,
    /// After how long it is cut, where it is cut together with others.
    pub(crate) cut_in: Option<Duration>,
}

/// What is played to a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    /// The answer with this place.
    Answer(usize),
    /// That of the aside with this place, which is no turn of the case.
    Aside(usize),
}

impl Turn {
    /// What is played.
    pub(crate) fn answer(self, cases: &[Case]) -> &Answer {
        let case = &cases[self.case];
        match self.answer {
            Which::Answer(at) => &case.answers[at],
            Which::Aside(at) => &case.asides[at].answer,
        }
    }
}

impl Run {
    /// `reports` says whether its client is known to report what it sees.
    pub(crate) fn new(serial: u64, reports: bool, now: Now) -> Self {
        Self {
            serial,
            since: now.wall,
            began: now.instant,
            last: now.instant,
            walk: None,
            visits: BTreeMap::new(),
            newest: 0,
            notes: Vec::new(),
            requests: 0,
            kept: 0,
            reports,
            second: None,
        }
    }

    /// Whether the answer that the tour's client was given last is still under way.
    pub(crate) fn is_busy(&self) -> bool {
        let Some(case) = self.walk.as_ref().and_then(Walk::case) else {
            return false;
        };
        let visit = self.visits.get(&case);
        let last = visit.and_then(|visit| visit.observation.requests.last());
        last.is_some_and(|request| request.ended.is_none())
    }

    /// Takes the next request of the tour.
    pub(crate) fn walk(&mut self, cases: &[Case], asked: Asked, now: Instant) -> Step {
        if let Some(step) = self.count(now) {
            return step;
        }
        if self
            .walk
            .as_ref()
            .is_none_or(|walk| self.is_left(cases, walk, &asked, now))
        {
            let tour = tour(cases);
            for case in &tour {
                self.forget(*case);
            }
            self.walk = Some(Walk {
                tour,
                at: 0,
                last: now,
                agent: agent(&asked),
                brought: None,
            });
        }
        if let Some(walk) = &self.walk
            && (walk.agent != agent(&asked) || walk.is_of_another(cases, &asked))
        {
            self.note(TWO_CLIENTS);
        }
        let Some(walk) = &mut self.walk else {
            return Step::Over;
        };
        if let Some(id) = asked.id() {
            walk.brought = Some(id.to_vec());
        }
        walk.last = walk.last.max(now);
        if let Some(case) = walk.case()
            && let Some(visit) = self.visits.get_mut(&case)
            && visit.observation.requests.len() >= cases[case].answers.len()
        {
            // The return: the case is judged by it, and the next case answers it.
            self.kept += visit.push(asked.clone(), now).1;
            walk.at += 1;
        }
        match walk.case() {
            Some(case) => Step::Play(self.play(cases, case, asked, now)),
            None => Step::Over,
        }
    }

    /// Takes a request for a case's own URL: as it is kept, and as conditions see it.
    pub(crate) fn visit(
        &mut self,
        cases: &[Case],
        case: usize,
        (asked, request): (Asked, &Request),
        now: Instant,
    ) -> Step {
        if let Some(step) = self.count(now) {
            return step;
        }
        if self.is_at(case) && !self.has_stopped(cases, now) {
            self.note(TWO_CLIENTS);
        }
        if asked.id().is_none() && self.is_done(cases, case, now) {
            self.forget(case);
        }
        let visit = self.visit_of(case, now);
        let first = visit.observation.requests.first();
        let is_first_over = first.is_some_and(|first| first.ended.is_some());
        let mut asides = cases[case].asides.iter();
        let brings_id = asked.id().is_some();
        if let Some(aside) = asides.position(|aside| aside.fits(request, brings_id, is_first_over))
        {
            visit.under_way += 1;
            let (request, kept) = visit.push_aside(asked, now);
            let number = visit.number;
            self.kept += kept;
            return Step::Play(Turn {
                case,
                visit: number,
                answer: Which::Aside(aside),
                request,
                cut_in: None,
            });
        }
        let is_told = visit.is_told;
        let turn = self.play(cases, case, asked, now);
        // What is judged need not go on, and stays judged.
        let is_judged = || {
            Profile::ALL
                .into_iter()
                .filter(|profile| cases[case].is_in(*profile))
                .all(|profile| {
                    let visit = &self.visits[&case];
                    is_judged_by_requests(&cases[case], profile, &visit.observation, visit.age(now))
                })
        };
        if !is_told && (turn.request < cases[case].answers.len() || !is_judged()) {
            return Step::Play(turn);
        }
        let visit = self.visit_of(case, now);
        visit.under_way -= 1;
        if std::mem::replace(&mut visit.is_told, true) {
            self.note(AFTER_ITS_VERDICT);
        }
        Step::Over
    }

    /// Notes that an answer ended. `end` counts its time from the case's first request, by the
    /// function that it is given.
    pub(crate) fn ended(&mut self, turn: Turn, at: Instant, end: impl FnOnce(Duration) -> Ended) {
        self.last = self.last.max(at);
        if let Some(walk) = &mut self.walk
            && walk.tour.contains(&turn.case)
        {
            walk.last = walk.last.max(at);
        }
        let is_much = self.kept > MOST_KEPT / 2;
        let visit = self.visits.get_mut(&turn.case);
        if let Some(visit) = visit.filter(|visit| visit.number == turn.visit) {
            visit.last = visit.last.max(at);
            visit.under_way = visit.under_way.saturating_sub(1);
            let mut end = end(visit.age(at));
            if is_much {
                end.sent = Vec::new();
                end.pieces = Vec::new();
            }
            let list = match turn.answer {
                Which::Answer(_) => &mut visit.observation.requests,
                Which::Aside(_) => &mut visit.observation.asides,
            };
            if let Some(request) = list.get_mut(turn.request) {
                let weight = end.weight();
                visit.kept += weight;
                self.kept += weight;
                request.ended = Some(end);
            }
        }
    }

    /// Notes a preflight for a case.
    pub(crate) fn preflight(&mut self, case: Option<usize>, now: Instant) {
        self.beside(case, now, |observation| &mut observation.preflights);
    }

    /// Notes that a request for a case could not be read, and was refused.
    pub(crate) fn unread(&mut self, case: Option<usize>, now: Instant) {
        self.beside(case, now, |observation| &mut observation.unread);
    }

    /// Notes in a list of a case, without one in that of the case that the tour is at, that
    /// something came.
    fn beside(
        &mut self,
        case: Option<usize>,
        now: Instant,
        list: impl FnOnce(&mut Observation) -> &mut Vec<Duration>,
    ) {
        let case = case.or_else(|| self.walk.as_ref().and_then(Walk::case));
        if let Some(visit) = case.and_then(|case| self.visits.get_mut(&case)) {
            let at = visit.age(now);
            let list = list(&mut visit.observation);
            if list.len() < KEPT_REQUESTS {
                list.push(at);
            }
        }
    }

    /// Takes what its client reports to have seen in a case; without one, in the case of the tour
    /// that it belongs to. Whether anything was sent there is the answer.
    pub(crate) fn report(
        &mut self,
        cases: &[Case],
        case: Option<usize>,
        (number, what): (Option<u64>, Report),
        now: Instant,
    ) -> bool {
        let case = case.or_else(|| self.walk.as_ref()?.reported(cases, &what));
        let Some(visit) = case.and_then(|case| self.visits.get_mut(&case)) else {
            return false;
        };
        self.reports = true;
        let at = visit.age(now);
        let reports = &mut visit.observation.reports;
        let weight = reports.add(Reported { at, number, what });
        visit.kept += weight;
        self.kept += weight;
        true
    }

    /// Notes what was noticed beside the cases, once.
    pub(crate) fn note(&mut self, sentence: impl Into<String>) {
        let sentence = sentence.into();
        if self.notes.len() < MOST_NOTES && !self.notes.contains(&sentence) {
            self.notes.push(sentence);
        }
    }

    pub(crate) fn notes(&self) -> &[String] {
        &self.notes
    }

    /// The earlier request that the texts of an answer see, where it is to one: a return that
    /// resumes has no message of its own.
    pub(crate) fn earlier(&self, cases: &[Case], step: Step) -> Option<&Asked> {
        let Step::Play(turn) = step else {
            return None;
        };
        let to = turn.answer(cases).to?;
        let requests = &self.visits.get(&turn.case)?.observation.requests;
        let own = requests.get(turn.request)?;
        match rpc::method(&own.body) {
            Some(_) => None,
            None => requests.get(to),
        }
    }

    /// How many requests came in all.
    pub(crate) fn requests(&self) -> u64 {
        self.requests
    }

    /// What came for a case, and how long ago its first request was.
    pub(crate) fn seen(&self, case: usize, now: Instant) -> Option<(&Observation, Duration)> {
        let visit = self.visits.get(&case)?;
        Some((&visit.observation, visit.age(now)))
    }

    /// When the first request for a case came, for people.
    pub(crate) fn seen_since(&self, case: usize) -> Option<SystemTime> {
        let visit = self.visits.get(&case)?;
        Some(self.since + visit.began.saturating_duration_since(self.began))
    }

    /// Whether the tour's client stopped: the rest of the tour is not reached.
    pub(crate) fn has_stopped(&self, cases: &[Case], now: Instant) -> bool {
        let Some(walk) = &self.walk else {
            return false;
        };
        match walk.case() {
            Some(case) => {
                !self.is_busy() && now.saturating_duration_since(walk.last) >= cases[case].patience
            }
            None => true,
        }
    }

    /// Whether its client walks, or walked, through the tour.
    pub(crate) fn is_tour(&self) -> bool {
        self.walk.is_some()
    }

    /// Whether the tour is at this case.
    fn is_at(&self, case: usize) -> bool {
        self.walk.as_ref().and_then(Walk::case) == Some(case)
    }

    /// Whether a case has its verdicts, and its client went: a request without an id is then the
    /// first of another client.
    fn is_done(&self, cases: &[Case], case: usize, now: Instant) -> bool {
        let Some(visit) = self.visits.get(&case) else {
            return false;
        };
        let profiles = Profile::ALL.into_iter();
        let mut profiles = profiles.filter(|profile| cases[case].is_in(*profile));
        let case = &cases[case];
        // Waits that double are those of one client still.
        now.saturating_duration_since(visit.last) >= 2 * case.patience
            && visit.under_way == 0
            && profiles
                .all(|profile| judge(case, profile, &visit.observation, visit.age(now)).is_some())
    }

    /// Whether this request begins the tour anew: the client had left it, or was through.
    fn is_left(&self, cases: &[Case], walk: &Walk, asked: &Asked, now: Instant) -> bool {
        match walk.case() {
            None => {
                let quiet = now.saturating_duration_since(walk.last);
                asked.id().is_none() && quiet >= AGAIN
            }
            Some(_) => self.has_stopped(cases, now),
        }
    }

    /// How many bytes of memory are kept of what was asked and sent.
    pub(crate) fn kept(&self) -> usize {
        self.kept
    }

    /// Forgets what came for a case.
    fn forget(&mut self, case: usize) {
        if let Some(visit) = self.visits.remove(&case) {
            self.kept -= visit.kept;
        }
    }

    fn count(&mut self, now: Instant) -> Option<Step> {
        self.last = self.last.max(now);
        self.requests += 1;
        let is_full = self.kept > MOST_KEPT;
        if self.requests <= MOST_REQUESTS && !is_full {
            return None;
        }
        self.note(match is_full {
            false => format!(
                "It sent more than {MOST_REQUESTS} requests, so it is answered no more: stop it."
            ),
            true => format!(
                "Its requests and their answers take more than {} MiB of memory, so it is answered no more: stop it.",
                MOST_KEPT / 1024 / 1024
            ),
        });
        Some(Step::TooMany)
    }

    fn play(&mut self, cases: &[Case], case: usize, asked: Asked, now: Instant) -> Turn {
        let visit = self.visit_of(case, now);
        let (request, kept) = visit.push(asked, now);
        visit.under_way += 1;
        let (number, at) = (visit.number, visit.age(now));
        self.kept += kept;
        let answers = &cases[case].answers;
        let cut_in = |answer: &Answer| answer.cut_at?.checked_sub(at).filter(|it| !it.is_zero());
        let together = answers.iter().position(|answer| cut_in(answer).is_some());
        let answer = together.unwrap_or(request.min(answers.len() - 1));
        Turn {
            case,
            visit: number,
            answer: Which::Answer(answer),
            request,
            cut_in: cut_in(&answers[answer]),
        }
    }

    /// What came for a case, from now on where nothing did.
    fn visit_of(&mut self, case: usize, now: Instant) -> &mut Visit {
        let (newest, reports) = (&mut self.newest, self.reports);
        let visit = self.visits.entry(case);
        visit.or_insert_with(|| {
            *newest += 1;
            Visit::new(*newest, reports, now)
        })
    }
}

/// What a client calls itself.
fn agent(asked: &Asked) -> Vec<u8> {
    let mut names = asked.values("user-agent");
    names.next().unwrap_or_default().to_vec()
}

impl Walk {
    /// The case that it is at; nothing behind the last one.
    fn case(&self) -> Option<usize> {
        self.tour.get(self.at).copied()
    }

    /// Whether a request is no return of this walk's client: it brings the id of an earlier case
    /// than the one that was played last, and not the id that was brought last.
    fn is_of_another(&self, cases: &[Case], asked: &Asked) -> bool {
        let Some(id) = asked.id().filter(|id| self.brought.as_deref() != Some(*id)) else {
            return false;
        };
        let mut earlier = self.tour[..self.at.min(self.tour.len())].iter();
        earlier.any(|case| {
            let own = id.strip_prefix(cases[*case].id.as_bytes());
            own.is_some_and(|rest| rest.starts_with(b"-"))
        })
    }

    /// The case that a report belongs to. It may come when the client has come back already, and
    /// then the id says it: those of a case of the tour begin with the case.
    fn reported(&self, cases: &[Case], what: &Report) -> Option<usize> {
        let id = match what {
            Report::Event(event) => event.id.as_deref(),
            Report::Error(_) | Report::Closed => None,
        };
        let named = id.and_then(|id| id.split_once('-')).map(|(case, _)| case);
        let last = self.at.min(self.tour.len().checked_sub(1)?);
        let walked = self.tour[..=last].iter().copied();
        let mut of_id = walked.filter(|case| Some(&*cases[*case].id) == named);
        of_id.next_back().or_else(|| self.tour.get(last).copied())
    }
}

#[cfg(test)]
mod tests;
