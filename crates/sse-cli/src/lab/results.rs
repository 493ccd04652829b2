//! The results of a run of `sse lab`, and how they are told.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{IsTerminal, Write as _};

use serde::Serialize;
use sse_lab::{CaseView, Lab, Profile, VerdictView, cases};

use super::Walk;
use super::client::LastWords;
use super::driver::Driver;
use super::expected::Expected;
use super::told::{LAST_LINE, Told, is};
use crate::api::print;
use crate::complain;
use crate::look::{GREEN, QUIET, RED, YELLOW, painted, several};
use crate::outcome::Failure;
use crate::stdout::has_colours;

/// As many walks as a sentence names.
const NAMED: usize = 5;

/// What is known so far.
#[derive(Debug)]
pub(super) struct Results {
    profile: Profile,
    /// Whether only JSON may be printed.
    is_quiet: bool,
    /// The cases by their places in the list.
    cases: BTreeMap<usize, Told>,
    /// Sentences about what was noticed beside the cases.
    notes: Vec<String>,
    /// How clients ended by themselves, and in which walks.
    ended: BTreeMap<LastWords, Vec<String>>,
    /// The walks of started clients in which no request came: name, and ids of the cases.
    silent: Vec<(String, HashSet<String>)>,
    /// The walks whose runs were forgotten before their verdicts: the same.
    forgotten: Vec<(String, HashSet<String>)>,
    /// Whether a signal came before every started client had its verdicts.
    is_broken_off: bool,
    /// Why something could not be printed.
    unprinted: Option<Failure>,
}

impl Results {
    pub(super) fn new(profile: Profile, is_quiet: bool) -> Self {
        Self {
            profile,
            is_quiet,
            cases: BTreeMap::new(),
            notes: Vec::new(),
            ended: BTreeMap::new(),
            silent: Vec::new(),
            forgotten: Vec::new(),
            is_broken_off: false,
            unprinted: None,
        }
    }

    pub(super) fn profile(&self) -> Profile {
        self.profile
    }

    /// The cases in the order of their list, and what is told of them.
    pub(super) fn told(&self) -> impl Iterator<Item = &Told> {
        self.cases.values()
    }

    /// The cases in the order of their list.
    fn cases(&self) -> impl Iterator<Item = &CaseView> + Clone {
        self.cases.values().map(|told| &told.view)
    }

    /// Says where clients are to connect, or that they are started.
    pub(super) fn begin(&mut self, urls: impl Iterator<Item = String>, driver: Option<&Driver>) {
        let urls: Vec<_> = urls.collect();
        if let Some(driver) = driver {
            let walks = several(urls.len() as u64, "walk");
            complain(match driver {
                Driver::Command(_) => format!("the lab starts the command for {walks}."),
                Driver::Service(service) => {
                    format!(
                        "the lab has {} start its client for {walks}.",
                        service.url()
                    )
                }
            });
            return;
        }
        complain(match self.profile {
            Profile::Standard | Profile::Resilient => {
                "let your client connect here, and come back until it stops:"
            }
            Profile::Llm => "let your client ask each of these, as its base URL:",
            Profile::Mcp20251125 | Profile::Mcp20260728 => {
                "let your client connect to each of these, and call the tool wait:"
            }
        });
        for url in urls {
            match self.is_quiet {
                true => _ = writeln!(std::io::stderr(), "{url}"),
                false => self.print(&format!("{url}\n")),
            }
        }
    }

    /// Prints a text, and keeps why that failed first: the run goes on.
    fn print(&mut self, text: &str) {
        if let Err(e) = print(text) {
            self.unprinted.get_or_insert(e);
        }
    }

    /// # Errors
    /// Something could not be printed, though somebody read it.
    pub(super) fn printed(&mut self) -> Result<(), Failure> {
        self.unprinted.take().map_or(Ok(()), Err)
    }

    /// Whether a case has a verdict that is not known yet.
    pub(super) fn is_news(&self, view: &CaseView) -> bool {
        let known = self.cases().find(|case| case.id == view.id);
        view.verdict.is_some() && known.is_none_or(|known| known.verdict.is_none())
    }

    /// Adds cases, and tells each verdict that is new.
    pub(super) fn add(&mut self, all: Vec<Told>, expected: &Expected) {
        for told in all {
            let place = cases().iter().position(|case| case.id == told.view.id);
            let Some(place) = place else { continue };
            // What is judged stays: a client may go on behind its verdict.
            let known = self.cases.get(&place);
            if known.is_some_and(|known| known.view.verdict.is_some()) {
                continue;
            }
            if told.view.verdict.is_some() && !self.is_quiet {
                self.print(&line(&told, expected));
            }
            self.cases.insert(place, told);
        }
    }

    /// Keeps what was noticed beside the cases of a walk. That the client ended by itself is a word
    /// where a case of it is wrong or was not reached: else it had reason to.
    pub(super) fn note(&mut self, lab: &Lab, walk: &Walk, last_words: Option<LastWords>) {
        let view = lab.verdicts(&walk.name, self.profile, std::time::Instant::now());
        let notes = view.map(|view| view.notes).unwrap_or_default();
        self.notes.extend(notes);
        let own = self.cases().filter(|case| walk.cases.contains(&case.id));
        let own: Vec<_> = own.collect();
        let fine = ["right", "allowed", "needs your eyes"];
        let fine = |case: &&CaseView| fine.iter().any(|kind| is(case, kind));
        let is_fine = !own.is_empty() && own.iter().all(fine);
        let is_forgotten = last_words.as_ref().is_some_and(LastWords::is_forgotten);
        if is_forgotten {
            let forgotten = (walk.called().to_owned(), walk.cases.clone());
            self.forgotten.push(forgotten);
        }
        if let Some(words) = last_words.filter(|_| is_forgotten || !is_fine) {
            let ended = self.ended.entry(words).or_default();
            ended.push(walk.called().to_owned());
        }
    }

    /// What was noticed beside the cases, in sentences.
    fn notes(&self) -> Vec<String> {
        let mut notes = self.notes.clone();
        notes.extend(self.ended.iter().map(|(LastWords(words), walks)| {
            // It may be a sentence of its own.
            let words = words.trim_end_matches('.');
            format!("In {} the client {words}.", named(walks))
        }));
        notes
    }

    /// A signal came before every client had its verdicts.
    pub(super) fn break_off(&mut self) {
        self.is_broken_off = true;
    }

    /// Whether a case has its verdict.
    pub(super) fn is_judged(&self) -> bool {
        self.cases().any(|case| case.verdict.is_some())
    }

    /// Nothing more comes: cases that nobody came to have not been reached. `has_clients` says
    /// whether the lab started the clients.
    pub(super) fn end(&mut self, walks: &[Walk], has_clients: bool) {
        let mut wrote = HashMap::new();
        if has_clients {
            let begun = self.cases().filter(|case| case.is_begun());
            let begun: HashSet<_> = begun.map(|case| &case.id).collect();
            let silent = walks.iter();
            let silent = silent.filter(|walk| {
                let is_forgotten = self.forgotten.iter().any(|(name, _)| name == walk.called());
                !is_forgotten && !walk.cases.iter().any(|id| begun.contains(id))
            });
            let silent = silent.map(|walk| {
                if let Some(line) = walk.said.last_line(None) {
                    wrote.extend(walk.cases.iter().map(|id| (id.clone(), line.clone())));
                }
                (walk.called().to_owned(), walk.cases.clone())
            });
            self.silent = silent.collect();
        }
        for (place, case) in cases().iter().enumerate() {
            let is_asked = walks.iter().any(|walk| walk.cases.contains(&case.id));
            if !is_asked
                || self
                    .cases
                    .get(&place)
                    .is_some_and(|told| told.view.verdict.is_some())
            {
                continue;
            }
            let mut forgotten = self.forgotten.iter();
            let words = match forgotten.any(|(_, cases)| cases.contains(&case.id)) {
                true => "What came was forgotten before its verdict.",
                false => "Nothing came that could be judged.",
            };
            let verdict = VerdictView {
                kind: "not reached".to_owned(),
                words: Some(words.to_owned()),
            };
            let view = self.cases.remove(&place).map(|told| told.view);
            let view = view.unwrap_or_else(|| CaseView::untouched(case));
            let view = CaseView {
                verdict: Some(verdict),
                ..view
            };
            let told = Told::new(view, wrote.remove(&case.id));
            self.cases.insert(place, told);
        }
    }

    /// Whether nothing is wrong that was not expected, and every client that was started came.
    pub(super) fn is_as_expected(&self, expected: &Expected) -> bool {
        let mut wrong = self.cases().filter(|case| is(case, "wrong"));
        self.has_requests()
            && !self.is_broken_off
            && self.stayed_away(expected).is_empty()
            && unexpected(&self.forgotten, expected).is_empty()
            && wrong.all(|case| expected.has(&case.id))
    }

    /// Whether a request came that a case is about.
    fn has_requests(&self) -> bool {
        self.cases().any(|case| case.count > 0)
    }

    /// The walks in which no request came, but for cases that need not be right.
    fn stayed_away(&self, expected: &Expected) -> Vec<String> {
        unexpected(&self.silent, expected)
    }

    /// Says why the run cannot count as a good one, beside its verdicts.
    pub(super) fn explain(&self, expected: &Expected) {
        let stayed_away = self.stayed_away(expected);
        if self.is_broken_off {
            complain("A signal ended the run before every case had its verdict.");
        }
        if !self.forgotten.is_empty() && !self.has_requests() {
            // The notes say so.
        } else if !self.cases().any(CaseView::is_begun) {
            complain("No request came: let the client connect to the URL, or see why it did not.");
        } else if !self.has_requests() {
            complain("No request came that a case is about: --json prints the requests that came.");
        } else if !self.is_broken_off && !stayed_away.is_empty() {
            let walks = named(&stayed_away);
            complain(format!(
                "No request came in {walks}: see why the client did not connect there."
            ));
        }
    }

    /// The ids of the cases that are wrong, of those that may be or of the others.
    fn wrong(&self, expected: &Expected, may_be: bool) -> Vec<&str> {
        let wrong = self.cases().filter(|case| is(case, "wrong"));
        let ids = wrong.map(|case| &*case.id);
        ids.filter(|id| expected.has(id) == may_be).collect()
    }

    /// The cases that may be wrong and are right.
    fn no_longer_wrong(&self, expected: &Expected) -> impl Iterator<Item = &str> {
        let right = self.cases().filter(|case| is(case, "right"));
        let ids = right.map(|case| &*case.id);
        ids.filter(|id| expected.has(id))
    }

    pub(super) fn print_json(&mut self, expected: &Expected) {
        #[derive(Serialize)]
        struct Whole<'a> {
            profile: Profile,
            notes: Vec<String>,
            wrong_as_expected: Vec<&'a str>,
            no_longer_wrong: Vec<&'a str>,
            cases: Vec<&'a Told>,
        }
        let whole = Whole {
            profile: self.profile,
            notes: self.notes(),
            wrong_as_expected: self.wrong(expected, true),
            no_longer_wrong: self.no_longer_wrong(expected).collect(),
            cases: self.told().collect(),
        };
        // No map of it has a key that is no text.
        let text = serde_json::to_string_pretty(&whole).unwrap_or_default();
        self.print(&format!("{text}\n"));
    }

    pub(super) fn print_summary(&mut self, expected: &Expected) {
        let mut text = format!("\n{}.\n", CaseView::count(self.cases()));
        let needs_eyes = self.cases().any(|case| is(case, "needs your eyes"));
        // The lines above came as the verdicts did; here they are in the order of the list.
        for (shown, is_expected) in [("Wrong", false), ("Wrong, as expected", true)] {
            let ids = self.wrong(expected, is_expected);
            if !ids.is_empty() {
                text += &format!("{shown}: {}\n", ids.join(" "));
            }
        }
        self.print(&text);
        if needs_eyes {
            complain(
                "Some cases need your eyes. Let the client report what it shows to its URL with /saw added, and they are judged (docs/LAB.md).",
            );
        }
        for id in self.no_longer_wrong(expected) {
            complain(format!(
                "{id} is right now: take it out of the file of expected failures."
            ));
        }
        self.notes().iter().for_each(complain);
    }
}

/// The names of those walks that have a case that is to be right.
fn unexpected(walks: &[(String, HashSet<String>)], expected: &Expected) -> Vec<String> {
    let walks = walks.iter();
    let walks = walks.filter(|(_, cases)| !cases.iter().all(|id| expected.has(id)));
    walks.map(|(name, _)| name.clone()).collect()
}

/// The names of walks, the first few of them.
fn named(walks: &[String]) -> String {
    let first: Vec<_> = walks.iter().take(NAMED).map(String::as_str).collect();
    let first = first.join(", ");
    match walks.len().saturating_sub(NAMED) {
        0 => first,
        more => format!("{first} and {more} more"),
    }
}

/// A verdict on one line, and below it what the client wrote, where that explains it.
fn line(told: &Told, expected: &Expected) -> String {
    let case = &told.view;
    let kind = case.kind();
    let colour = match kind {
        "right" => GREEN,
        "wrong" if expected.has(&case.id) => YELLOW,
        "wrong" => RED,
        _ => QUIET,
    };
    let shown = match kind == "wrong" && expected.has(&case.id) {
        true => "wrong, as expected",
        false => kind,
    };
    let coloured = has_colours(std::io::stdout().is_terminal());
    let mut text = case.line(&painted(&format!("{shown:<15}"), colour, coloured)) + "\n";
    if let Some(line) = &told.last_line {
        let line = painted(&format!("{LAST_LINE}{line}"), QUIET, coloured);
        text += &format!("{:<8} {line}\n", "");
    }
    text
}
