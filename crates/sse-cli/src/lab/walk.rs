//! What is to be judged: the walks of clients, each with its cases.

use std::collections::HashSet;
use std::time::{Duration, Instant, UNIX_EPOCH};

use anyhow::{anyhow, bail};
use sse_lab::{Case, CaseView, Lab, Profile, RunView, Second, cases};

use super::client::URL;
use super::told::Told;
use super::words::Said;
use crate::args::Lab as Args;

/// The name of the run in which somebody else's client walks.
const VISITOR: &str = "client";

/// What stands for all cases of the tour on the command line.
pub(super) const WHOLE: &str = "tour";

/// As many characters of an id are shown that is none.
const SHOWN: usize = 40;

/// Below this are the walks through the tour.
const TOUR: &str = "/lab/tour/";

/// A walk: the path that a client is given, and the cases that it is judged by there.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    /// The name of its run.
    pub(super) name: String,
    /// Its path.
    path: String,
    /// What it needs the second listener of its run for.
    second: Second,
    /// How many clients it is for.
    pub(super) clients: usize,
    /// Where its clients are to connect, once that is known.
    pub(super) url: String,
    /// The ids of its cases.
    pub(super) cases: HashSet<String>,
    /// What its clients write, where the lab starts them.
    pub(super) said: Said,
}

impl Walk {
    fn tour(name: &str, cases: HashSet<String>) -> Self {
        Self {
            path: format!("{TOUR}{name}"),
            name: name.to_owned(),
            second: Second::Unused,
            clients: 1,
            url: String::new(),
            cases,
            said: Said::default(),
        }
    }

    fn case(case: &Case, name: &str) -> Self {
        Self {
            path: format!("/lab/case/{}/{name}", case.id),
            name: name.to_owned(),
            second: case.needs.second,
            clients: case.needs.clients.max(1),
            url: String::new(),
            cases: HashSet::from([case.id.clone()]),
            said: Said::default(),
        }
    }

    /// One for a case that its client missed in the tour.
    ///
    /// # Errors
    /// There is no such case.
    pub(super) fn missed(id: &str) -> anyhow::Result<Self> {
        let case = Case::find(id)?;
        Ok(Self::case(case, &case.id))
    }

    /// Finds out where its clients are to connect, and opens the second listener of its run where
    /// it needs one. `base` is the URL of the server.
    ///
    /// # Errors
    /// That cannot be opened.
    pub(super) async fn find_url(&mut self, lab: &Lab, base: &str) -> anyhow::Result<()> {
        let second = match self.second {
            Second::Unused => None,
            Second::Redirect | Second::Url => Some(lab.open_second(&self.name).await?),
        };
        let base = match (&second, self.second) {
            (Some(second), Second::Url) => second,
            _ => base,
        };
        self.url = format!("{base}{}", self.path);
        Ok(())
    }

    /// Whether it is that through the tour.
    pub(super) fn is_tour(&self) -> bool {
        self.path.starts_with(TOUR)
    }

    /// What a sentence calls it.
    pub(super) fn called(&self) -> &str {
        match self.is_tour() {
            true => "the tour",
            false => &self.name,
        }
    }

    /// What is to be told of its cases, of which these are all that are known.
    pub(super) fn told(&self, views: Vec<CaseView>) -> Vec<Told> {
        let last = views.iter().map(|view| view.since).max().flatten();
        let told = views.into_iter().map(|view| {
            // Whoever went on to another case had no reason to end in this one.
            let is_last = view.since == last;
            let asked = view.requests.last().map_or(0, |request| request.at);
            let asked = view.since.map(|since| since.saturating_add(asked));
            let asked = asked.and_then(|ms| UNIX_EPOCH.checked_add(Duration::from_millis(ms)));
            let line = is_last.then(|| self.said.last_line(asked)).flatten();
            Told::new(view, line)
        });
        told.collect()
    }

    /// What its client made of its cases.
    pub(super) fn views(&self, lab: &Lab, profile: Profile) -> Vec<CaseView> {
        self.own(lab.view(&self.name, profile, Instant::now()))
    }

    /// The same without what came and what was sent.
    pub(super) fn verdicts(&self, lab: &Lab, profile: Profile) -> Vec<CaseView> {
        self.own(lab.verdicts(&self.name, profile, Instant::now()))
    }

    /// Its cases of a run; none where nobody came.
    fn own(&self, run: Result<RunView, sse_lab::Error>) -> Vec<CaseView> {
        let cases = run.map(|run| run.cases).unwrap_or_default();
        let own = cases.into_iter();
        own.filter(|case| self.cases.contains(&case.id)).collect()
    }
}

/// The cases that an id as a person types it stands for: `r4` is R4, and `S2` all of its variants.
///
/// # Errors
/// There is none.
pub(super) fn named(id: &str) -> anyhow::Result<Vec<&'static Case>> {
    let exact = cases()
        .iter()
        .filter(|case| case.id.eq_ignore_ascii_case(id));
    let mut found: Vec<_> = exact.collect();
    if found.is_empty() {
        let begins = format!("{}-", id.to_ascii_uppercase());
        found.extend(cases().iter().filter(|case| case.id.starts_with(&begins)));
    }
    if found.is_empty() {
        let id: String = crate::api::shown(id).chars().take(SHOWN).collect();
        bail!("There is no case {id}: sse lab --list lists them.");
    }
    Ok(found)
}

/// Whether a word that is no case probably begins a command: ids are a letter and a number.
fn is_command(args: &Args, word: &str) -> bool {
    let mut letters = word.chars();
    let is_letter = letters.next().is_some_and(|c| c.is_ascii_alphabetic());
    let is_id = is_letter && letters.next().is_some_and(|c| c.is_ascii_digit());
    args.command.is_empty() && (!is_id || args.cases.iter().any(|word| word.contains(URL)))
}

/// Whether all cases of the tour were asked for by its name.
fn asks_tour(args: &Args) -> bool {
    args.cases.iter().any(|id| id.eq_ignore_ascii_case(WHOLE))
}

/// The cases that were asked for.
///
/// # Errors
/// A word that is no case, or a case that the profile does not have.
pub(super) fn wanted(args: &Args) -> anyhow::Result<Vec<&'static Case>> {
    let of_profile = |case: &&Case| case.is_in(args.profile);
    let mut wanted: Vec<&Case> = Vec::new();
    if asks_tour(args) {
        if !cases().iter().any(|case| of_profile(&case) && case.in_tour) {
            bail!(
                "The profile {} has no tour: name its cases, or leave {WHOLE} out.",
                args.profile
            );
        }
        wanted.extend(
            cases()
                .iter()
                .filter(of_profile)
                .filter(|case| case.in_tour),
        );
    }
    let typed = args.cases.iter();
    for id in typed.filter(|id| !id.eq_ignore_ascii_case(WHOLE)) {
        let mut found = named(id).map_err(|e| match is_command(args, id) {
            true => anyhow!("{e} If a command begins there, put -- before it."),
            false => e,
        })?;
        // Of the variants of a case, a profile may have some.
        if found.iter().any(|case| case.is_in(args.profile)) {
            found.retain(|case| case.is_in(args.profile));
        }
        if let Some(other) = found.iter().find(|case| !case.is_in(args.profile)) {
            return Err(other.not_in(args.profile).into());
        }
        // The tour may have it already.
        found.retain(|case| !wanted.iter().any(|other| other.id == case.id));
        wanted.extend(found);
    }
    if wanted.is_empty() {
        let has_all = args.starts_clients() || args.list;
        let all = cases().iter().filter(of_profile);
        // Some profiles have no tour.
        let tours = all.clone().any(|case| case.in_tour);
        wanted.extend(all.filter(|case| has_all || case.in_tour || !tours));
    }
    Ok(wanted)
}

/// The cases that were asked for, as walks.
///
/// # Errors
/// As [`wanted`].
pub(super) fn chosen(args: &Args) -> anyhow::Result<Vec<Walk>> {
    let wanted = wanted(args)?;
    let starts = args.starts_clients();
    // The tour is walked whole, whichever of its cases is asked for: then its URL is the same.
    let whole_tour = asks_tour(args) || args.cases.is_empty();
    let mut walks = Vec::new();
    if whole_tour {
        let tour = wanted.iter().filter(|case| case.in_tour);
        let tour: HashSet<_> = tour.map(|case| case.id.clone()).collect();
        if !tour.is_empty() {
            let name = if starts { "tour" } else { VISITOR };
            walks.push(Walk::tour(name, tour));
        }
    }
    let singles = wanted.iter().filter(|case| !(whole_tour && case.in_tour));
    walks.extend(singles.map(|case| match starts {
        true => Walk::case(case, &case.id),
        false => Walk::case(case, VISITOR),
    }));
    Ok(walks)
}
