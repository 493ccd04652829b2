//! `sse lab`: judges a client of event streams. It serves the lab, prints where, and tells each
//! verdict as it comes; or it starts the client itself, once for the tour and once for each case
//! that the tour does not have, by a command or by a test service.

mod client;
mod driver;
mod expected;
mod junit;
mod results;
mod service;
mod walk;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use sse_lab::{CaseView, Lab, Profile};
use sse_server::{Config, Server, Signals};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::args::Lab as Args;
use crate::outcome::{Failure, Outcome};
use client::{Client, LastWords};
use driver::{Driver, Started};
use expected::Expected;
use results::Results;
use service::Service;
use walk::Walk;

/// A command that has sent no request for so long does not come.
const COMES_WITHIN: Duration = Duration::from_secs(30);

/// How often verdicts are looked at that only the time can bring.
const LOOK: Duration = Duration::from_millis(200);

/// How far apart the clients of one walk are started: all at once would slow down those of others.
const APART: Duration = Duration::from_millis(200);

/// Runs until every case has its verdict, ctrl-c or SIGTERM.
///
/// # Errors
/// A case that is not there, a command without `{url}`, a file that cannot be read or written, or a
/// port that cannot be listened on.
pub(crate) fn run(args: Args) -> Result<Outcome, Failure> {
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
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let results = runtime.block_on(judge(&args, chosen, command, &expected))?;
    if args.json {
        results.print_json(&expected);
    } else {
        results.print_summary(&expected);
    }
    if let Some(file) = &args.junit {
        junit::write(file, &results, &expected)?;
    }
    Ok(match results.is_as_expected(&expected) {
        true => Outcome::Yes,
        false => Outcome::No,
    })
}

async fn judge(
    args: &Args,
    mut walks: Vec<Walk>,
    command: Option<Driver>,
    expected: &Expected,
) -> Result<Results, Failure> {
    let lab = Lab::new();
    let client = match &args.service {
        None => command,
        Some(url) => {
            lab.expect_reports();
            Some(Driver::Service(Service::find(url.clone()).await?))
        }
    };
    // Before the port opens, so that a signal is never met by the system's own answer.
    let mut signals = Signals::listen().context("signals cannot be watched")?;
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

    let walking = Walking {
        lab: lab.clone(),
        profile: args.profile,
        client,
        places: Arc::new(Semaphore::new(args.jobs)),
    };
    let mut jobs = JoinSet::new();
    for walk in &walks {
        jobs.spawn(walking.clone().judged(walk.clone()));
    }
    let mut ticks = tokio::time::interval(LOOK);
    let ended = loop {
        tokio::select! {
            job = jobs.join_next() => match job {
                None => break Ok(()),
                Some(Ok(Ok((walk, last_words)))) => {
                    let (judged, missed) = walking.settled(&walk);
                    results.add(judged, expected);
                    results.note(&lab, &walk, last_words);
                    // What ended the client ended its tour: it is started anew for the rest.
                    for case in missed {
                        let mut walk = Walk::missed(&case.id)?;
                        walk.find_url(&lab, &base).await?;
                        jobs.spawn(walking.clone().judged(walk.clone()));
                        walks.push(walk);
                    }
                }
                Some(Ok(Err(e))) => break Err(e),
                Some(Err(e)) => break Err(e.into()),
            },
            _ = ticks.tick() => {
                for walk in &walks {
                    let verdicts = walk.verdicts(&lab, args.profile);
                    if verdicts.iter().any(|view| results.is_news(view)) {
                        let (judged, _) = walking.settled(walk);
                        results.add(judged, expected);
                    }
                }
            }
            _ = signals.next() => break Ok(()),
        }
    };
    for walk in walks.iter().rev() {
        results.add(walk.views(&lab, args.profile), expected);
    }
    results.end(&walks);
    jobs.shutdown().await;
    server.stop().await;
    ended?;
    Ok(results)
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
}

impl Walking {
    /// Walks until all cases of the walk have their verdicts. Answers the walk, and what the client
    /// said last where it had ended by itself.
    ///
    /// # Errors
    /// The client cannot be started.
    async fn judged(self, walk: Walk) -> anyhow::Result<(Walk, Option<LastWords>)> {
        // It is never closed.
        let _place = self.places.clone().acquire_owned().await;
        let Some(client) = &self.client else {
            while !self.is_judged(&walk) {
                self.something().await;
            }
            return Ok((walk, None));
        };
        let began = Instant::now();
        let first = match (client.start(&walk, &walk.url).await, client) {
            (Ok(first), _) => first,
            // It may start the next one.
            (Err(e), Driver::Service(_)) => {
                return Ok((walk, Some(LastWords(format!("was not started: {e:#}")))));
            }
            (Err(e), Driver::Command(_)) => return Err(e),
        };
        let mut running = vec![first];
        while running.len() < walk.clients {
            tokio::time::sleep(APART).await;
            running.push(client.start(&walk, &walk.url).await?);
        }
        let mut ended = None;
        let mut stayed_away = false;
        while !self.is_judged(&walk) {
            if ended.is_none() && running.iter_mut().all(Started::has_ended) {
                ended = Some(Instant::now());
            }
            // A client that has ended without a request sends none any more.
            let views = walk.verdicts(&self.lab, self.profile);
            let came = views.iter().any(CaseView::is_begun);
            for client in &mut running {
                // Where it cannot be closed, it may have closed by itself.
                _ = client.close_in_time(&self.lab, &walk, came).await;
            }
            if !came && ended.is_some_and(|ended| ended.elapsed() > LOOK) {
                break;
            }
            if !came && began.elapsed() > COMES_WITHIN {
                stayed_away = true;
                break;
            }
            self.something().await;
        }
        // What one of them says last is enough.
        let mut last_words = stayed_away.then(|| {
            let time = COMES_WITHIN.as_secs();
            LastWords(format!("sent no request within {time} s, so it was ended"))
        });
        for client in running {
            last_words = last_words.or(client.stop().await);
        }
        Ok((walk, last_words))
    }

    fn is_judged(&self, walk: &Walk) -> bool {
        let views = walk.verdicts(&self.lab, self.profile);
        !views.is_empty() && views.iter().all(|view| view.verdict.is_some())
    }

    /// Waits until something happens, or the time may have brought a verdict.
    async fn something(&self) {
        let mut changes = self.lab.changes();
        _ = tokio::time::timeout(LOOK, changes.changed()).await;
    }

    /// The cases of a walk that have their verdict, and those that the client can be started anew
    /// for, since it had left the tour before.
    fn settled(&self, walk: &Walk) -> (Vec<CaseView>, Vec<CaseView>) {
        let views = walk.views(&self.lab, self.profile).into_iter();
        let (judged, missed) = views
            .filter(|view| view.verdict.is_some())
            .partition(|view| !(self.client.is_some() && walk.is_tour() && view.count == 0));
        (judged, missed)
    }
}
