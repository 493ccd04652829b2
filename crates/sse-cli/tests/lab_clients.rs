//! What clients of others make of the cases of the lab, beside docs/CLIENTS.md, which says it.
//!
//! `scripts/clients.sh` installs them, and `scripts/client-table.sh` writes the table anew.

mod support;
#[path = "support/client_table.rs"]
mod table;

use std::fs;
use std::sync::{Mutex, PoisonError};
use std::thread;

use serde_json::Value;
use sse_lab::{Case, Profile};
use support::{SSE, clients, node, run};
use table::{Cell, Column, Page, Section};

/// Where the clients are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/lab");

/// How many walks of each client run at once: all of them together are to leave two cores room, for
/// what is judged is also when a client comes back.
const JOBS: &str = "4";

/// A client that waits for a random time, and the cases that are about its waits. What it does in
/// them is decided by chance, so no cell of them is compared.
const RANDOM: (&str, [&str; 6]) = (
    "eventsource-client",
    ["R5", "R6", "P12", "P20", "P21", "P22"],
);

/// The case that counts how often a client comes back in a second. To be slow is right and to be
/// fast is allowed there, so a busy machine decides it for every client.
const BY_SPEED: &str = "R8";

/// A client: its name in the table, its version, and the command that starts it.
struct Client {
    name: String,
    command: Vec<String>,
    /// What it is held against, one after the other.
    profiles: Vec<Profile>,
}

/// All of them, with the versions that are installed.
fn all() -> Vec<Client> {
    let mut all = vec![Client::new(
        format!("sse watch {}", env!("CARGO_PKG_VERSION")),
        &[SSE, "watch", "{url}", "--reconnect"],
    )];
    let (node, modules) = (node(), clients("lab-node"));
    let package = source("package.json");
    let package: Value = serde_json::from_str(&package).expect("JSON");
    for name in [
        "eventsource-5",
        "eventsource-4",
        "undici-8",
        "undici-7",
        FETCH,
    ] {
        let version = package["dependencies"][name].as_str().expect(name);
        let version = version.rsplit('@').next().expect("a version");
        let plain = name.rsplit('/').next().expect("a name");
        let plain = plain.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-');
        let (node, modules) = (node.to_string_lossy(), modules.to_string_lossy());
        let script = format!("{SOURCES}/lab.mjs");
        all.push(Client::new(
            format!("{plain} {version}"),
            &[&node, &script, &modules, name, "{url}"],
        ));
    }
    let python = clients("lab-python").join("bin/python");
    all.push(Client::new(
        format!("httpx-sse {}", pinned("requirements.txt", "httpx-sse==")),
        &[
            &python.to_string_lossy(),
            &format!("{SOURCES}/lab.py"),
            "{url}",
        ],
    ));
    let program = clients("lab-rust").join("debug/clients");
    let version = pinned("rust/Cargo.toml", "eventsource-client = \"=");
    all.push(Client::new(
        format!("eventsource-client {}", version.trim_end_matches('"')),
        &[&program.to_string_lossy(), "{url}"],
    ));
    all
}

/// Clients of language models.
fn of_language_models() -> Vec<Client> {
    let node = npm("openai", "llm.mjs");
    let python = clients("lab-python").join("bin/python");
    let script = format!("{SOURCES}/llm.py");
    let version = pinned("requirements.txt", "openai==");
    let python = Client::new(
        format!("openai of PyPI {version}"),
        &[&python.to_string_lossy(), &script, "{url}"],
    );
    let (_, version) = node.name.rsplit_once(' ').expect("a version");
    let node = Client {
        name: format!("openai of npm {version}"),
        ..node
    };
    [node, python]
        .map(|client| client.against(&[Profile::Llm]))
        .into()
}

/// Clients of MCP. The second one knows both versions.
fn of_mcp() -> Vec<Client> {
    let old = npm("@modelcontextprotocol/sdk", "mcp-1.mjs");
    let new = npm("@modelcontextprotocol/client", "mcp-2.mjs");
    vec![
        old.against(&[Profile::Mcp20251125]),
        new.against(&[Profile::Mcp20251125, Profile::Mcp20260728]),
    ]
}

/// A client of npm, in a program of its own.
fn npm(name: &str, script: &str) -> Client {
    let package: Value = serde_json::from_str(&source("package.json")).expect("JSON");
    let version = package["dependencies"][name].as_str().expect(name);
    let modules = clients("lab-node");
    let script = format!("{SOURCES}/{script}");
    Client::new(
        format!("{name} {version}"),
        &[
            &node().to_string_lossy(),
            &script,
            "{url}",
            &modules.to_string_lossy(),
        ],
    )
}

/// Its name in the list of npm, and for `lab.mjs`.
const FETCH: &str = "@microsoft/fetch-event-source";

fn source(file: &str) -> String {
    fs::read_to_string(format!("{SOURCES}/{file}")).expect("the list is there")
}

/// The version that a list pins.
fn pinned(file: &str, beginning: &str) -> String {
    let list = source(file);
    let mut versions = list.lines().filter_map(|line| line.strip_prefix(beginning));
    versions.next().expect("a pinned version").to_owned()
}

impl Client {
    fn new(name: String, command: &[&str]) -> Self {
        Self {
            name,
            command: command.iter().map(|&word| word.to_owned()).collect(),
            profiles: vec![Profile::Standard],
        }
    }

    fn against(self, profiles: &[Profile]) -> Self {
        let profiles = profiles.to_vec();
        Self { profiles, ..self }
    }

    /// What it makes of these cases; of all, where none is named.
    fn judged(&self, cases: &[&str]) -> Vec<Cell> {
        let profiles = self.profiles.iter();
        let cells = profiles.flat_map(|profile| {
            let is_own = |id: &&&str| Case::find(id).is_ok_and(|case| case.is_in(*profile));
            let own: Vec<_> = cases.iter().filter(is_own).copied().collect();
            match cases.is_empty() || !own.is_empty() {
                true => self.judged_as(*profile, &own),
                false => Vec::new(),
            }
        });
        cells.collect()
    }

    fn judged_as(&self, profile: Profile, cases: &[&str]) -> Vec<Cell> {
        let mut arguments = vec!["lab", "--json", "--jobs", JOBS];
        arguments.extend(["--profile", profile.name()]);
        arguments.extend(cases);
        arguments.push("--");
        arguments.extend(self.command.iter().map(String::as_str));
        let (_, stdout, stderr) = run(&arguments);
        let results: Value = serde_json::from_str(&stdout).expect(&stderr);
        let cases = results["cases"].as_array().expect("cases");
        let cells = cases.iter().map(|case| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let verdict = &case["verdict"];
            Cell::new(
                format!("{} {}", text(&case["id"]), text(&case["name"])),
                text(&verdict["kind"]),
                text(&verdict["words"]),
            )
        });
        cells.collect()
    }
}

/// A client, and for each case what it made of it: each time that it was asked.
struct Judged {
    client: Client,
    answers: Vec<Vec<Cell>>,
}

impl Judged {
    /// What was seen most often of a case.
    fn verdict(answers: &[Cell]) -> &Cell {
        let often = |cell: &Cell| answers.iter().filter(|own| own.kind == cell.kind).count();
        let most = answers.iter().map(often).max();
        let first = answers.iter().find(|cell| Some(often(cell)) == most);
        first.expect("each case was asked")
    }

    /// Whether chance or the machine decides what it does in this case.
    fn is_random(&self, cell: &Cell) -> bool {
        let (client, cases) = RANDOM;
        let is_its_chance = self.client.name.starts_with(client) && cases.contains(&cell.id());
        is_its_chance || cell.id() == BY_SPEED && ["right", "allowed"].contains(&&*cell.kind)
    }

    /// Whether the page has something else.
    fn differs(&self, page: &Page, answers: &[Cell]) -> bool {
        let cell = Self::verdict(answers);
        if self.is_random(cell) {
            return false;
        }
        let old = page.cell(&self.client.name, &cell.case);
        old.is_some_and(|old| old.kind != cell.kind)
    }

    /// What it made of all cases. What chance decides is as the page has it.
    fn column(&self, page: &Page) -> Column {
        let cells = self.answers.iter().map(|answers| {
            let cell = Self::verdict(answers);
            let old = page.cell(&self.client.name, &cell.case);
            let old = old.filter(|_| self.is_random(cell));
            old.unwrap_or(cell).clone()
        });
        Column {
            client: self.client.name.clone(),
            cells: cells.collect(),
        }
    }
}

/// Does the same with all of them, side by side.
fn side_by_side<T: Sync, R: Send>(all: &[T], each: impl Fn(&T) -> R + Sync) -> Vec<R> {
    thread::scope(|scope| {
        let each = &each;
        let threads = all.iter().map(|one| scope.spawn(move || each(one)));
        let threads: Vec<_> = threads.collect();
        let results = threads.into_iter();
        results
            .map(|result| result.join().expect("it is judged"))
            .collect()
    })
}

/// Asks once more for the cases of which this says so, each of a client that is new.
fn ask_again(all: &mut [Judged], is_asked: impl Fn(&Judged, &[Cell]) -> bool + Sync) {
    let more = side_by_side(all, |judged| {
        let asked = judged
            .answers
            .iter()
            .filter(|answers| is_asked(judged, answers));
        let ids: Vec<_> = asked.map(|answers| answers[0].id()).collect();
        match ids.is_empty() {
            true => Vec::new(),
            false => judged.client.judged(&ids),
        }
    });
    for (judged, more) in all.iter_mut().zip(more) {
        for cell in more {
            let mut answers = judged.answers.iter_mut();
            let own = answers.find(|answers| answers[0].case == cell.case);
            own.expect("the case was asked").push(cell);
        }
    }
}

/// Compares what clients do with a table of the page.
fn compare(section: Section, clients: Vec<Client>) {
    // All at once would be too much for two cores, and all write into one page.
    static ONE: Mutex<()> = Mutex::new(());
    let _one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let page = Page::read_of(section);
    let cells = side_by_side(&clients, |client| client.judged(&[]));
    let judged = clients
        .into_iter()
        .zip(cells)
        .map(|(client, cells)| Judged {
            client,
            answers: cells.into_iter().map(|cell| vec![cell]).collect(),
        });
    let mut all: Vec<_> = judged.collect();
    // What ends a client ends its tour. The cases that it did not reach have URLs of their own.
    let is_missing = |answers: &[Cell]| answers[0].kind == "not reached";
    ask_again(&mut all, |_, answers| is_missing(answers));
    for answers in all.iter_mut().flat_map(|judged| &mut judged.answers) {
        if is_missing(answers) && answers.len() > 1 {
            answers.remove(0);
        }
    }
    // Some clients wait for a random time, and on a busy machine all of them do. So what differs
    // from the page is asked again, and what was seen two times of three counts.
    ask_again(&mut all, |judged, answers| judged.differs(&page, answers));
    ask_again(&mut all, |_, answers| {
        answers.len() == 2 && answers[0].kind != answers[1].kind
    });

    let columns: Vec<_> = all.iter().map(|judged| judged.column(&page)).collect();
    let differences = page.differences(&columns);
    assert!(
        differences.is_empty(),
        "the clients do not do what docs/CLIENTS.md says, which scripts/client-table.sh writes \
         anew:\n{}",
        differences.join("\n")
    );
}

#[test]
fn the_clients_do_what_the_table_says() {
    compare(Section::Standard, all());
}

#[test]
fn clients_of_language_models_do_what_the_table_says() {
    compare(Section::Llm, of_language_models());
}

#[test]
fn clients_of_mcp_do_what_the_table_says() {
    compare(Section::Mcp, of_mcp());
}
