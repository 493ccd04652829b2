//! `sse lab`: judges a client of event streams. It serves the lab, prints where, and tells each
//! verdict as it comes; or it starts the client itself, once for the tour and once for each case
//! that the tour does not have, by a command or by a test service.

mod client;
mod driver;
mod expected;
mod group;
mod junit;
mod list;
mod results;
mod service;
mod stops;
mod told;
mod walk;
mod words;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use sse_lab::{CaseView, Lab, Profile};
use sse_server::{Config, Server};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;

use crate::args::Lab as Args;
use crate::outcome::{Failure, Outcome};
use client::{Client, LastWords};
use driver::{Driver, Started};
use expected::Expected;
use junit::Junit;
use results::Results;
use service::Service;
use stops::Stops;
use told::Told;
use walk::Walk;

/// How often verdicts are looked at that only the time can bring.
const LOOK: Duration = Duration::from_millis(200);

/// How far apart the clients of one walk are started: all at once would slow down those of others.
const APART: Duration = Duration::from_millis(200);

/// How long a client may take to end that was asked to. Then it is killed.
const GRACE: Duration = Duration::from_millis(500);

/// How long all clients may take to end, and services to close theirs, when the run is over before.
const ALL_END_WITHIN: Duration = Duration::from_secs(2);

/// Runs until every case has its verdict, ctrl-c, SIGTERM or, where it starts clients, SIGHUP.
///
/// # Errors
/// A case that is not there, a command without `{url}`, a file that cannot be read or written, or a
/// port that cannot be listened on.
pub(crate) fn run(args: Args) -> Result<Outcome, Failure> {
    if args.list {
        return list::print(&args);
    }
    let chosen = walk::chosen(&args).map_err(Failure::usage)?;
    let command = match &*args.command {
        [] => None,
        command => Some(Client::new(command).map_err(Failure::usage)?),
    };
    let command = command.map(Driver::Command);
    let expected = match &args.expected_failures {
        None => Expected::default(),
        Some(file) => Expected::read(file)?,
    };
    let junit = args.junit.clone().map(Junit::open).transpose()?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let (mut results, failure) = runtime.block_on(judge(&args, chosen, command, &expected))?;
    if args.json {
        results.print_json(&expected);
    } else {
        results.print_summary(&expected);
    }
    results.explain(&expected);
    if let Some(junit) = junit {
        junit.write(&results, &expected)?;
    }
    if let Some(failure) = failure {
        return Err(failure.into());
    }
    results.printed()?;
    Ok(match results.is_as_expected(&expected) {
        true => Outcome::Yes,
        false => Outcome::No,
    })
}

/// Answers the results, and what ended the run before its time. That alone is the answer where
/// nothing was judged before.
async fn judge(
    args: &Args,
    mut walks: Vec<Walk>,
    command: Option<Driver>,
    expected: &Expected,
) -> Result<(Results, Option<anyhow::Error>), Failure> {
    let lab = Lab::new();
    let client = match &args.service {
        None => command,
        Some(url) => {
            lab.expect_reports();
            Some(Driver::Service(Service::find(url.clone()).await?))
        }
    };
    // Before the port opens, so that a signal is never met by the system's own answer.
    let mut stops = Stops::listen(client.is_some()).context("signals cannot be watched")?;
    let config = Config {
        port: args.port,
        mounts: lab.mounts(),
        ..Config::default()
    };
    let server = Server::new(config).await.map_err(anyhow::Error::from)?;
    server.start().await.map_err(anyhow::Error::from)?;
    let base = server
        .state()
        .status
        .url
        .ok_or_else(|| anyhow!("the server has no address"))?;
    let base = base.trim_end_matches('/').to_owned();
    for walk in &mut walks {
        walk.find_url(&lab, &base).await?;
    }
    let mut results = Results::new(args.profile, args.json);
    results.begin(walks.iter().map(|walk| walk.url.clone()), client.as_ref());

    let has_clients = client.is_some();
    let (end, is_over) = watch::channel(false);
    let walking = Walking {
        lab: lab.clone(),
        profile: args.profile,
        client,
        places: Arc::new(Semaphore::new(args.jobs)),
        has_started: Arc::default(),
        is_over,
    };
    let mut jobs = JoinSet::new();
    for walk in &walks {
        jobs.spawn(walking.clone().judged(walk.clone()));
    }
    let mut ticks = tokio::time::interval(LOOK);
    // In a block, so that whatever ends it, the clients are ended behind it.
    let ended: anyhow::Result<End> = async {
        loop {
            tokio::select! {
                job = jobs.join_next() => {
                    let Some(job) = job else { return Ok(End::Judged) };
                    let (walk, last_words) = job??;
                    let (judged, missed) = walking.settled(&walk);
                    results.add(judged, expected);
                    results.note(&lab, &walk, last_words);
                    // What ended the client ended its tour: it is started anew for the rest.
                    for told in missed {
                        let mut walk = Walk::missed(&told.view.id)?;
                        walk.find_url(&lab, &base).await?;
                        jobs.spawn(walking.clone().judged(walk.clone()));
                        walks.push(walk);
                    }
                }
                _ = ticks.tick() => {
                    for walk in &walks {
                        let verdicts = walk.verdicts(&lab, args.profile);
                        // What the tour missed is told by its own walk.
                        let mut told = verdicts
                            .iter()
                            .filter(|view| view.count > 0 || !walk.is_tour());
                        if told.any(|view| results.is_news(view)) {
                            let (judged, _) = walking.settled(walk);
                            results.add(judged, expected);
                        }
                    }
                }
                () = stops.next() => return Ok(End::Stopped),
            }
        }
    }
    .await;
    let is_stopped = matches!(ended, Ok(End::Stopped));
    if is_stopped && has_clients && !walks.iter().all(|walk| walking.is_judged(walk)) {
        results.break_off();
    }
    for walk in walks.iter().rev() {
        results.add(walk.told(walk.views(&lab, args.profile)), expected);
    }
    let is_judged = results.is_judged();
    end.send_replace(true);
    let all_end = async {
        while let Some(job) = jobs.join_next().await {
            if let Ok(Ok((walk, last_words))) = job {
                results.note(&lab, &walk, last_words);
            }
        }
    };
    tokio::select! {
        _ = tokio::time::timeout(ALL_END_WITHIN, all_end) => {}
        // Whoever asks twice waits for nobody.
        () = stops.next() => {}
    }
    results.end(&walks, has_clients);
    // The drop of a client kills it.
    jobs.shutdown().await;
    server.stop().await;
    match ended {
        Err(e) if !is_judged => Err(e.into()),
        ended => Ok((results, ended.err())),
    }
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// Every walk is judged.
    Judged,
    /// A signal came.
    Stopped,
}

/// What the walks have in common.
#[derive(Clone)]
struct Walking {
    lab: Lab,
    profile: Profile,
    /// The client that is started for each; nothing where somebody else comes.
    client: Option<Driver>,
    /// How many clients may run at once.
    places: Arc<Semaphore>,
    /// Whether the command could be started once.
    has_started: Arc<AtomicBool>,
    /// Whether the run is over, so that all clients are to end.
    is_over: watch::Receiver<bool>,
}

impl Walking {
    /// Walks until all cases of the walk have their verdicts. Answers the walk, and what the client
    /// said last where it had ended by itself.
    ///
    /// # Errors
    /// The command cannot be started, and never could.
    async fn judged(self, walk: Walk) -> anyhow::Result<(Walk, Option<LastWords>)> {
        // It is never closed.
        let _place = self.places.clone().acquire_owned().await;
        let Some(client) = &self.client else {
            let mut had_come = false;
            while self.goes_on(&walk) {
                let came = self.has_come(&walk);
                if had_come && !came {
                    return Ok((walk, Some(LastWords::forgotten())));
                }
                had_come = came;
                self.something().await;
            }
            return Ok((walk, None));
        };
        let mut running = Vec::new();
        while running.len() < walk.clients && !*self.is_over.borrow() {
            if !running.is_empty() {
                tokio::time::sleep(APART).await;
            }
            match client.start(&walk, &walk.url).await {
                Ok(started) => {
                    self.has_started.store(true, Ordering::Relaxed);
                    running.push(started);
                }
                Err(e) if matches!(client, Driver::Command(_)) && !self.has_started() => {
                    return Err(e);
                }
                // It may start the next one.
                Err(e) => {
                    let is_begun = !running.is_empty();
                    end(running).await;
                    if is_begun {
                        // Those that came are not all that the case is about. Where the run is gone
                        // already, nobody came.
                        _ = self.lab.forget(&walk.name);
                    }
                    return Ok((walk, Some(LastWords::not_started(&e))));
                }
            }
        }
        let began = Instant::now();
        let mut last_words = None;
        let (mut ended, mut had_come) = (None, false);
        while self.goes_on(&walk) {
            if ended.is_none() && running.iter_mut().all(Started::has_ended) {
                ended = Some(Instant::now());
            }
            let came = self.has_come(&walk);
            if had_come && !came {
                last_words = Some(LastWords::forgotten());
                break;
            }
            had_come = came;
            for client in &mut running {
                // Where it cannot be closed, it may have closed by itself.
                if let Err(e) = client.close_in_time(&self.lab, &walk, came).await {
                    last_words = Some(LastWords::not_closed(&e));
                }
            }
            // A client that has ended without a request sends none any more.
            if !came && ended.is_some_and(|ended| ended.elapsed() > LOOK) {
                break;
            }
            if !came && began.elapsed() > client.comes_within() {
                last_words = Some(LastWords::stayed_away(client.comes_within()));
                break;
            }
            self.something().await;
        }
        // What one of them says last is enough.
        Ok((walk, last_words.or(end(running).await)))
    }

    fn has_started(&self) -> bool {
        self.has_started.load(Ordering::Relaxed)
    }

    /// Whether a walk is to be waited for.
    fn goes_on(&self, walk: &Walk) -> bool {
        !self.is_judged(walk) && !*self.is_over.borrow()
    }

    fn is_judged(&self, walk: &Walk) -> bool {
        let views = walk.verdicts(&self.lab, self.profile);
        !views.is_empty() && views.iter().all(|view| view.verdict.is_some())
    }

    /// Whether anything came in a walk. It did not where its run was forgotten.
    fn has_come(&self, walk: &Walk) -> bool {
        let views = walk.verdicts(&self.lab, self.profile);
        views.iter().any(CaseView::is_begun)
    }

    /// Waits until something happens, or the time may have brought a verdict.
    async fn something(&self) {
        let (mut changes, mut is_over) = (self.lab.changes(), self.is_over.clone());
        tokio::select! {
            _ = tokio::time::timeout(LOOK, changes.changed()) => {}
            _ = is_over.wait_for(|is_over| *is_over) => {}
        }
    }

    /// The cases of a walk that have their verdict, and those that the client can be started anew
    /// for, since it had left the tour before.
    fn settled(&self, walk: &Walk) -> (Vec<Told>, Vec<Told>) {
        let told = walk.told(walk.views(&self.lab, self.profile)).into_iter();
        let has_missed = self.client.is_some() && walk.is_tour();
        told.filter(|told| told.view.verdict.is_some())
            .partition(|told| !(has_missed && told.view.count == 0))
    }
}

/// Ends the clients of a walk, all at once. Answers what one of them said last.
async fn end(mut running: Vec<Started>) -> Option<LastWords> {
    running.iter_mut().for_each(Started::ask);
    let until = Instant::now() + GRACE;
    let mut last_words = None;
    for client in running {
        last_words = last_words.or(client.stop(until).await);
    }
    last_words
}
