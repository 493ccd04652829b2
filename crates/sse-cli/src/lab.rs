//! `sse lab`: judges a client of event streams. It serves the lab, prints where, and tells each
//! verdict as it comes; or it starts the client itself, once for the tour and once for each case
//! that the tour does not have.

mod client;
mod expected;
mod junit;
mod results;

use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow};
use sse_lab::{Case, CaseView, Lab, Profile, cases};
use sse_server::{Config, Server, Signals};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::args::Lab as Args;
use crate::outcome::{Failure, Outcome};
use client::Client;
use expected::Expected;
use results::Results;

/// The name of the run in which somebody else's client walks.
const VISITOR: &str = "client";

/// How often verdicts are looked at that only the time can bring.
const LOOK: Duration = Duration::from_millis(200);

/// Runs until every case has its verdict, ctrl-c or SIGTERM.
///
/// # Errors
/// A case that is not there, a command without `{url}`, a file that cannot be read or written, or a
/// port that cannot be listened on.
pub(crate) fn run(args: Args) -> Result<Outcome, Failure> {
    let chosen = chosen(&args).map_err(Failure::usage)?;
    let command = match &*args.command {
        [] => None,
        command => Some(Client::new(command).map_err(Failure::usage)?),
    };
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
        results.print_json();
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

/// What is to be judged: the walks, each with its cases.
#[derive(Clone, Debug)]
struct Walk {
    /// The name of its run.
    name: String,
    /// Its path.
    path: String,
    /// The ids of its cases.
    cases: HashSet<String>,
}

impl Walk {
    fn tour(name: &str, cases: HashSet<String>) -> Self {
        Self {
            path: format!("/lab/tour/{name}"),
            name: name.to_owned(),
            cases,
        }
    }

    fn case(id: &str, name: &str) -> Self {
        Self {
            path: format!("/lab/case/{id}/{name}"),
            name: name.to_owned(),
            cases: HashSet::from([id.to_owned()]),
        }
    }

    /// What its client made of its cases.
    fn views(&self, lab: &Lab, profile: Profile) -> Vec<CaseView> {
        let view = lab.view(&self.name, profile, Instant::now());
        let cases = view.map(|view| view.cases).unwrap_or_default();
        let own = cases.into_iter();
        own.filter(|case| self.cases.contains(&case.id)).collect()
    }
}

/// The cases that were asked for, as walks.
fn chosen(args: &Args) -> anyhow::Result<Vec<Walk>> {
    let of_profile = |case: &&Case| case.is_in(args.profile);
    let mut wanted: Vec<&Case> = Vec::new();
    for id in &args.cases {
        let exact = cases()
            .iter()
            .filter(|case| case.id.eq_ignore_ascii_case(id));
        let mut found: Vec<_> = exact.collect();
        if found.is_empty() {
            // `S2` is all of its variants.
            let begins = format!("{}-", id.to_ascii_uppercase());
            found.extend(cases().iter().filter(|case| case.id.starts_with(&begins)));
        }
        if found.is_empty() {
            Case::find(id)?;
        }
        if let Some(other) = found.iter().find(|case| !case.is_in(args.profile)) {
            return Err(anyhow!(
                "The profile {} does not have the case {}: choose another profile.",
                args.profile,
                other.id
            ));
        }
        wanted.extend(found);
    }
    let has_command = !args.command.is_empty();
    if wanted.is_empty() {
        let all = cases().iter().filter(of_profile);
        wanted.extend(all.filter(|case| has_command || case.in_tour));
    }
    // The tour is walked whole, whichever of its cases is asked for: then its URL is the same.
    let whole_tour = args.cases.is_empty();
    let mut walks = Vec::new();
    if whole_tour {
        let tour = wanted.iter().filter(|case| case.in_tour);
        let tour: HashSet<_> = tour.map(|case| case.id.clone()).collect();
        if !tour.is_empty() {
            let name = if has_command { "tour" } else { VISITOR };
            walks.push(Walk::tour(name, tour));
        }
    }
    let singles = wanted.iter().filter(|case| !(whole_tour && case.in_tour));
    walks.extend(singles.map(|case| match has_command {
        true => Walk::case(&case.id, &case.id),
        false => Walk::case(&case.id, VISITOR),
    }));
    Ok(walks)
}

async fn judge(
    args: &Args,
    walks: Vec<Walk>,
    client: Option<Client>,
    expected: &Expected,
) -> Result<Results, Failure> {
    let lab = Lab::new();
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
    let mut results = Results::new(args.profile, args.json);
    results.begin(
        walks.iter().map(|walk| format!("{base}{}", walk.path)),
        client.is_some(),
    );

    let places = Arc::new(Semaphore::new(args.jobs));
    let mut jobs = JoinSet::new();
    for walk in walks.clone() {
        let (client, places) = (client.clone(), Arc::clone(&places));
        let (lab, profile, url) = (lab.clone(), args.profile, format!("{base}{}", walk.path));
        jobs.spawn(async move {
            // It is never closed.
            let _place = places.acquire_owned().await;
            let running = match &client {
                Some(client) => Some(client.start(&url)?),
                None => None,
            };
            until_judged(&lab, &walk, profile).await;
            let last_words = match running {
                Some(running) => running.stop().await,
                None => None,
            };
            Ok::<_, anyhow::Error>((walk, last_words))
        });
    }
    let mut ticks = tokio::time::interval(LOOK);
    let ended = loop {
        tokio::select! {
            job = jobs.join_next() => match job {
                None => break Ok(()),
                Some(Ok(Ok((walk, last_words)))) => {
                    results.add(walk.views(&lab, args.profile), expected);
                    results.note(&lab, &walk, last_words);
                }
                Some(Ok(Err(e))) => break Err(e),
                Some(Err(e)) => break Err(e.into()),
            },
            _ = ticks.tick() => {
                for walk in &walks {
                    let views = walk.views(&lab, args.profile);
                    let judged = views.into_iter().filter(|view| view.verdict.is_some());
                    results.add(judged.collect(), expected);
                }
            }
            _ = signals.next() => break Ok(()),
        }
    };
    for walk in &walks {
        results.add(walk.views(&lab, args.profile), expected);
    }
    results.end(&walks);
    jobs.shutdown().await;
    server.stop().await;
    ended?;
    Ok(results)
}

/// Waits until all cases of a walk have their verdicts.
async fn until_judged(lab: &Lab, walk: &Walk, profile: Profile) {
    let mut changes = lab.changes();
    loop {
        let views = walk.views(lab, profile);
        let is_judged = !views.is_empty() && views.iter().all(|view| view.verdict.is_some());
        if is_judged {
            return;
        }
        // What only the time brings is no change.
        _ = tokio::time::timeout(LOOK, changes.changed()).await;
    }
}
