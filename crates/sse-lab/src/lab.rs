//! The lab as a server has it: answers below `/lab`, and who walks there.

mod end;
mod list;
mod page;
mod paths;
mod runs;
mod saw;
mod second;

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::http::header::{self, HeaderValue};
use axum::http::{Response, StatusCode};
use bytes::Bytes;
use sse_engine::lock::lock;
use sse_engine::stream::Request;
use sse_engine::time::Now;
use sse_server::{
    Answering, ExtraListeners, Handler, Mount, MountArea, MountedAnswer, MountedEnd,
    MountedRequest, MountedStream, Watcher,
};
use tokio::sync::watch;

use crate::case::{Case, cases};
use crate::error::Error;
use crate::observation::{Asked, Ended};
use crate::profile::Profile;
use crate::report::Report;
use crate::run::{Run, Step, Turn};
use crate::view::{CaseSentView, RunView};
use paths::{Path, Saw};
use runs::Runs;

/// How long a request waits for the end of the answer before it to be noted.
const NOTED_WITHIN: Duration = Duration::from_millis(300);

/// Bytes of a request's body that are kept.
const KEPT_BODY: usize = 64 * 1024;

/// Bytes of a header field's value that are kept.
const KEPT_VALUE: usize = 4 * 1024;

/// The lab. Cheap to clone; the clones are one.
///
/// How to drive it: give its [`mounts`](Self::mounts) to a server's configuration, and let a client
/// connect to `/lab/tour/NAME`. [`view`](Self::view) has the verdicts at any time;
/// [`changes`](Self::changes) wakes whoever waits for more.
#[derive(Clone, Debug, Default)]
pub struct Lab(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    runs: Mutex<Runs>,
    /// What opens the second listeners of its runs, where the server breaks streams on purpose.
    listeners: Mutex<Option<ExtraListeners>>,
    /// Held by who opens a second listener: those who ask for the same one at once wait for it, and
    /// none of them opens another.
    opening: tokio::sync::Mutex<()>,
    /// Counts up with whatever happens.
    changes: watch::Sender<u64>,
}

impl Lab {
    /// A lab where nobody has walked.
    pub fn new() -> Self {
        Self::default()
    }

    /// What a server needs in its configuration to have the lab.
    pub fn mounts(&self) -> Vec<Mount> {
        let mount = |prefix, area| Mount {
            prefix,
            area,
            handler: Arc::new(self.clone()),
        };
        vec![
            mount(paths::LAB, MountArea::Stream),
            mount(paths::PAGE, MountArea::Page),
            mount(paths::API, MountArea::Api),
        ]
    }

    /// Counts up with whatever happens in the lab.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.0.changes.subscribe()
    }

    /// What the run by this name has come to, in the eyes of a profile.
    ///
    /// # Errors
    /// Nobody came by that name.
    pub fn view(&self, name: &str, profile: Profile, now: Instant) -> Result<RunView, Error> {
        self.seen(name, (profile, true), now)
    }

    /// The same without what came, what was sent and what was seen, for whoever looks again and
    /// again.
    ///
    /// # Errors
    /// Nobody came by that name.
    pub fn verdicts(&self, name: &str, profile: Profile, now: Instant) -> Result<RunView, Error> {
        self.seen(name, (profile, false), now)
    }

    fn seen(
        &self,
        name: &str,
        (profile, requests): (Profile, bool),
        now: Instant,
    ) -> Result<RunView, Error> {
        let runs = self.runs();
        let Some(run) = runs.get(name) else {
            return Err(Error::NoRun(sse_engine::text::cut(name)));
        };
        Ok(RunView::of((name, run), cases(), (profile, requests), now))
    }

    /// What a client has made of one case, with every byte that is kept of what it was sent.
    ///
    /// # Errors
    /// Nobody came by that name, or the profile does not have the case.
    pub fn view_case(
        &self,
        name: &str,
        id: &str,
        profile: Profile,
        now: Instant,
    ) -> Result<CaseSentView, Error> {
        let at = Self::place(id)?;
        let runs = self.runs();
        let Some(run) = runs.get(name) else {
            return Err(Error::NoRun(sse_engine::text::cut(name)));
        };
        let view = CaseSentView::of((at, &cases()[at]), run, profile, now);
        view.ok_or_else(|| cases()[at].not_in(profile))
    }

    /// The names of those who came, the newest first.
    pub fn names(&self) -> Vec<String> {
        self.runs().names()
    }

    /// Forgets the run by this name; whoever comes by it begins anew.
    ///
    /// # Errors
    /// Nobody came by that name.
    pub fn forget(&self, name: &str) -> Result<(), Error> {
        let gone = self.runs().forget(name);
        self.changed();
        let gone = gone.ok_or_else(|| Error::NoRun(sse_engine::text::cut(name)));
        gone.map(drop)
    }

    /// Says that all clients that come from now on report what they see: what they do not report,
    /// they do not show.
    pub fn expect_reports(&self) {
        self.runs().expect_reports();
    }

    /// Takes what the client of this name saw: in this case, or else where it is in the tour.
    ///
    /// # Errors
    /// There is no such case, nobody came by that name, or nothing was sent there.
    pub fn report(
        &self,
        name: &str,
        id: Option<&str>,
        report: Report,
        now: Instant,
    ) -> Result<(), Error> {
        let case = id.map(Self::place).transpose()?;
        self.reported(name, case, (None, vec![report]), now)
    }

    fn reported(
        &self,
        name: &str,
        case: Option<usize>,
        (number, reports): (Option<u64>, Vec<Report>),
        now: Instant,
    ) -> Result<(), Error> {
        let is_sent = self.runs().change(name, |run| {
            let mut reports = reports.into_iter();
            reports.all(|report| run.report(cases(), case, (number, report), now))
        });
        self.changed();
        match is_sent {
            Some(true) => Ok(()),
            Some(false) => Err(Error::NothingSent(name.to_owned())),
            None => Err(Error::NoRun(name.to_owned())),
        }
    }

    /// Takes the reports of a request.
    fn saw(
        &self,
        saw: Saw<'_>,
        request: &MountedRequest,
    ) -> Result<Response<Bytes>, (StatusCode, Error)> {
        if let Some(refusal) = list::unfit(request) {
            return Ok(refusal);
        }
        let missing = |e| (StatusCode::NOT_FOUND, e);
        let case = saw.case.map(Self::place).transpose().map_err(missing)?;
        let reports = saw::read(request, saw.number.is_some()).map_err(|e| match e {
            Error::LargeReport => (StatusCode::PAYLOAD_TOO_LARGE, e),
            e => (StatusCode::BAD_REQUEST, e),
        })?;
        let reports = (saw.number, reports);
        let taken = self.reported(saw.name, case, reports, request.at.instant);
        taken.map_err(missing)?;
        Ok(saw::noted())
    }

    fn runs(&self) -> std::sync::MutexGuard<'_, Runs> {
        lock(&self.0.runs)
    }

    fn changed(&self) {
        self.0.changes.send_modify(|count| *count += 1);
    }

    async fn respond(&self, request: MountedRequest) -> MountedAnswer {
        let answer = match paths::read(&request.path) {
            Err(e) => Err((StatusCode::NOT_FOUND, e)),
            Ok(Path::List) => Ok(list::text(&request)),
            Ok(Path::Page) => Ok(page::answer(&request)),
            Ok(Path::Lines(name)) => self.lines(name, &request),
            Ok(Path::Cases) => Ok(list::json(&request)),
            Ok(Path::Runs) => Ok(list::answer(&request, &self.names())),
            Ok(Path::Run(name)) => self.run(name, &request),
            Ok(Path::Tour(_) | Path::Case(..) | Path::Saw(_)) if list::is_led(&request) => {
                Err((StatusCode::FORBIDDEN, Error::Led))
            }
            Ok(Path::Saw(saw)) => self.saw(saw, &request),
            Ok(Path::Second(name)) => Ok(self.second(name, &request).await),
            Ok(Path::RunCase(name, id)) => self.run_case((name, id), &request),
            Ok(Path::Tour(name)) => return self.tour(name, &request).await,
            Ok(Path::Case(id, name)) => match Self::place(id) {
                Ok(case) => return self.visit(case, name, &request),
                Err(e) => Err((StatusCode::NOT_FOUND, e)),
            },
        };
        MountedAnswer::Whole(answer.unwrap_or_else(|(status, e)| say(status, &e.to_string())))
    }

    /// The place of a case in the list.
    fn place(id: &str) -> Result<usize, Error> {
        let case = Case::find(id)?;
        let place = cases().iter().position(|other| other.id == case.id);
        place.ok_or_else(|| Error::NoCase(sse_engine::text::cut(id)))
    }

    /// What a run has come to, for people.
    fn lines(
        &self,
        name: &str,
        request: &MountedRequest,
    ) -> Result<Response<Bytes>, (StatusCode, Error)> {
        let profile = list::profile(request).map_err(|e| (StatusCode::BAD_REQUEST, e))?;
        let view = self.verdicts(name, profile, request.at.instant);
        let view = view.map_err(|e| (StatusCode::NOT_FOUND, e))?;
        Ok(list::lines(request, &view))
    }

    /// What a run has come to, or the end of it.
    fn run(
        &self,
        name: &str,
        request: &MountedRequest,
    ) -> Result<Response<Bytes>, (StatusCode, Error)> {
        let missing = |e| (StatusCode::NOT_FOUND, e);
        match request.method.as_str() {
            "DELETE" => {
                self.forget(name).map_err(missing)?;
                Ok(say(StatusCode::OK, "It is forgotten."))
            }
            "GET" | "HEAD" => {
                let profile = list::profile(request).map_err(|e| (StatusCode::BAD_REQUEST, e))?;
                let wanted = (profile, list::wants_requests(request));
                let view = self.seen(name, wanted, request.at.instant);
                Ok(list::answer(request, &view.map_err(missing)?))
            }
            _ => Ok(list::other(request, "GET or DELETE")),
        }
    }

    /// What a client has made of one case.
    fn run_case(
        &self,
        (name, id): (&str, &str),
        request: &MountedRequest,
    ) -> Result<Response<Bytes>, (StatusCode, Error)> {
        let profile = list::profile(request).map_err(|e| (StatusCode::BAD_REQUEST, e))?;
        let view = self.view_case(name, id, profile, request.at.instant);
        let view = view.map_err(|e| (StatusCode::NOT_FOUND, e))?;
        Ok(list::answer(request, &view))
    }

    async fn tour(&self, name: &str, request: &MountedRequest) -> MountedAnswer {
        if let Some(refusal) = list::unfit(request) {
            return MountedAnswer::Whole(refusal);
        }
        let now = request.at;
        let is_busy = || self.runs().get(name).is_some_and(Run::is_busy);
        let mut changes = self.changes();
        let asked = asked(request);
        let walked = tokio::time::timeout(NOTED_WITHIN, async {
            loop {
                while is_busy() {
                    // It lives as long as this lab.
                    _ = changes.changed().await;
                }
                // Another one may have been first.
                let walk = |run: &mut Run| match run.is_busy() {
                    true => None,
                    false => Some((run.walk(cases(), asked.clone(), now.instant), run.serial)),
                };
                if let Some(walked) = self.with(name, now, walk) {
                    return walked;
                }
            }
        });
        let Ok((step, serial)) = walked.await else {
            let words = "Two connections walk this tour at once: give each client a name of its own, or stop one.";
            self.with(name, now, |run| run.note(words));
            return MountedAnswer::Whole(say(StatusCode::CONFLICT, words));
        };
        self.play(step, (name, serial), request, None)
    }

    fn visit(&self, case: usize, name: &str, request: &MountedRequest) -> MountedAnswer {
        // Those of MCP have an answer to every method.
        let answers_all = !cases()[case].asides.is_empty() && request.method != "HEAD";
        if let Some(refusal) = list::unfit(request).filter(|_| !answers_all) {
            return MountedAnswer::Whole(refusal);
        }
        if let Err(e) = self.fits(&cases()[case], name, request) {
            return MountedAnswer::Whole(say(StatusCode::MISDIRECTED_REQUEST, &e.to_string()));
        }
        let now = request.at;
        let asked = Asked {
            second: self.second_port(name) == Some(request.local.port()),
            ..asked(request)
        };
        let as_seen = match &*cases()[case].asides {
            [] => Request::default(),
            _ => seen(request.method.as_str(), &request.path, &request.body),
        };
        let (step, serial, earlier) = self.with(name, now, |run| {
            let step = run.visit(cases(), case, (asked, &as_seen), now.instant);
            let earlier = run.earlier(cases(), step);
            let earlier = earlier.map(|it| seen(&it.method, &request.path, &it.body));
            (step, run.serial, earlier)
        });
        self.play(step, (name, serial), request, earlier)
    }

    fn play(
        &self,
        step: Step,
        of: (&str, u64),
        request: &MountedRequest,
        earlier: Option<Request>,
    ) -> MountedAnswer {
        let turn = match step {
            Step::Play(turn) => turn,
            Step::Over => return MountedAnswer::Whole(over()),
            Step::TooMany => {
                let words = "This client sent too many requests: stop it.";
                return MountedAnswer::Whole(say(StatusCode::TOO_MANY_REQUESTS, words));
            }
        };
        let answer = turn.answer(cases());
        let of_turn = (turn, self.second_port(of.0));
        let stream = second::of_request(&answer.stream, request, of_turn);
        self.close_second(of.0, answer);
        let watcher = TurnWatcher {
            lab: self.clone(),
            name: of.0.to_owned(),
            serial: of.1,
            turn,
        };
        MountedAnswer::Stream(MountedStream {
            stream: Arc::new(stream),
            watcher: Some(Arc::new(watcher)),
            request: earlier,
        })
    }

    /// Notes something that came beside the requests of a walk that has this path.
    fn beside(&self, path: &str, note: impl FnOnce(&mut Run, Option<usize>)) {
        let (name, case) = match paths::read(path) {
            Ok(Path::Tour(name)) => (name, None),
            Ok(Path::Case(id, name)) => (name, Self::place(id).ok()),
            _ => return,
        };
        self.runs().change(name, |run| note(run, case));
        self.changed();
    }

    /// Does something with the run by this name, which begins here if it is not there.
    fn with<T>(&self, name: &str, now: Now, change: impl FnOnce(&mut Run) -> T) -> T {
        let result = self.runs().with(name, now, change);
        self.changed();
        result
    }
}

impl Handler for Lab {
    fn answer(&self, request: MountedRequest) -> Answering<'_> {
        Box::pin(self.respond(request))
    }

    fn preflight(&self, request: &MountedRequest) {
        let at = request.at.instant;
        self.beside(&request.path, |run, case| run.preflight(case, at));
    }

    fn unread(&self, path: &str, status: StatusCode, at: Now) {
        // A head that was too slow or too large is another matter.
        if status == StatusCode::BAD_REQUEST {
            self.beside(path, |run, case| run.unread(case, at.instant));
        }
    }

    fn join(&self, listeners: &ExtraListeners) {
        *lock(&self.0.listeners) = Some(listeners.clone());
    }
}

/// Takes note of how an answer ended.
#[derive(Debug)]
struct TurnWatcher {
    lab: Lab,
    name: String,
    serial: u64,
    turn: Turn,
}

impl Watcher for TurnWatcher {
    fn ended(&self, end: MountedEnd) {
        let (at, by) = (end::known_at(&end), end::ender(&end));
        let pieces = end.pieces.iter().map(|piece| {
            let before = at.instant.saturating_duration_since(piece.at.instant);
            (before, piece.length)
        });
        let pieces: Vec<_> = pieces.collect();
        self.lab.runs().change(&self.name, |run| {
            if run.serial != self.serial {
                return;
            }
            run.ended(self.turn, at.instant, |at| Ended {
                at,
                by,
                status: end.status.unwrap_or_default(),
                sent: end.bytes,
                total: end.total,
                pieces: pieces
                    .into_iter()
                    .map(|(before, length)| (at.saturating_sub(before), length))
                    .collect(),
            });
        });
        self.lab.changed();
    }
}

/// A request as conditions and texts see it. Nothing of the lab looks at a query.
fn seen(method: &str, path: &str, body: &[u8]) -> Request {
    Request::new(method, path, [], body)
}

/// A request as an observation keeps it.
fn asked(request: &MountedRequest) -> Asked {
    let fields = request.headers.iter().map(|(name, value)| {
        let value = value.as_bytes();
        (
            name.as_str().to_owned(),
            value[..value.len().min(KEPT_VALUE)].to_vec(),
        )
    });
    let target = match &request.query {
        Some(query) => format!("{}?{query}", request.path),
        None => request.path.clone(),
    };
    Asked {
        method: request.method.as_str().to_owned(),
        target,
        fields: fields.collect(),
        body: request.body[..request.body.len().min(KEPT_BODY)].to_vec(),
        ..Asked::default()
    }
}

/// A sentence as an answer.
fn say(status: StatusCode, sentence: &str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(format!("{sentence}\n")));
    *response.status_mut() = status;
    let text = HeaderValue::from_static("text/plain; charset=utf-8");
    response.headers_mut().insert(header::CONTENT_TYPE, text);
    let fresh = HeaderValue::from_static("no-store");
    response.headers_mut().insert(header::CACHE_CONTROL, fresh);
    response
}

/// An answer without a body.
/// The polite way to tell an EventSource not to come back (HTML 9.2.1). The field is for a person
/// who wonders at an empty answer.
fn over() -> Response<Bytes> {
    let mut response = empty(StatusCode::NO_CONTENT);
    let why = HeaderValue::from_static("all cases of this URL have been walked");
    response.headers_mut().insert("x-sse-lab", why);
    response
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}
