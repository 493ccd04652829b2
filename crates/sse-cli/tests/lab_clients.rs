//! What clients of others make of the cases of the lab, beside docs/CLIENTS.md, which says it.
//!
//! `scripts/clients.sh` installs them, and `scripts/client-table.sh` writes the page anew.

mod support;
#[path = "support/client_table.rs"]
mod table;

use std::fs;
use std::thread;

use serde_json::Value;
use support::{SSE, clients, node, run};
use table::{Cell, Column};

/// Where the clients are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// How many walks of each client run at once: all of them together are to leave two cores room, for
/// what is judged is also when a client comes back.
const JOBS: &str = "4";

/// A client: its name in the table, its version, and the command that starts it.
struct Client {
    name: String,
    command: Vec<String>,
}

/// All of them, with the versions that are installed.
fn all() -> Vec<Client> {
    let mut all = vec![Client::new(
        format!("sse watch {}", env!("CARGO_PKG_VERSION")),
        &[SSE, "watch", "{url}", "--reconnect"],
    )];
    let (node, modules) = (node(), clients("node"));
    let package = source("package.json");
    let package: Value = serde_json::from_str(&package).expect("JSON");
    for name in ["eventsource-5", "eventsource-4", "undici-8", "undici-7", FETCH] {
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
    let python = clients("python").join("bin/python");
    all.push(Client::new(
        format!("httpx-sse {}", pinned("requirements.txt", "httpx-sse==")),
        &[&python.to_string_lossy(), &format!("{SOURCES}/lab.py"), "{url}"],
    ));
    let program = clients("rust").join("debug/clients");
    let version = pinned("rust/Cargo.toml", "eventsource-client = \"=");
    all.push(Client::new(
        format!("eventsource-client {}", version.trim_end_matches('"')),
        &[&program.to_string_lossy(), "{url}"],
    ));
    all
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
        }
    }

    /// What it makes of these cases; of all, where none is named.
    fn judged(&self, cases: &[&str]) -> Vec<Cell> {
        let mut arguments = vec!["lab", "--json", "--jobs", JOBS];
        arguments.extend(cases);
        arguments.push("--");
        arguments.extend(self.command.iter().map(String::as_str));
        let (_, stdout, stderr) = run(&arguments);
        let results: Value = serde_json::from_str(&stdout).expect(&stderr);
        let cases = results["cases"].as_array().expect("cases");
        let cells = cases.iter().map(|case| {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let verdict = &case["verdict"];
            Cell {
                case: format!("{} {}", text(&case["id"]), text(&case["name"])),
                kind: text(&verdict["kind"]),
                words: text(&verdict["words"]),
            }
        });
        cells.collect()
    }
}

#[test]
fn the_clients_do_what_the_table_says() {
    let columns = thread::scope(|scope| {
        let walks = all().into_iter().map(|client| {
            scope.spawn(move || Column {
                cells: client.judged(&[]),
                client: client.name,
            })
        });
        let walks: Vec<_> = walks.collect();
        let columns = walks.into_iter().map(|walk| walk.join().expect("it is judged"));
        columns.collect::<Vec<_>>()
    });
    let differences = table::differences(&columns);
    assert!(
        differences.is_empty(),
        "the clients do not do what docs/CLIENTS.md says, which scripts/client-table.sh writes \
         anew:\n{}",
        differences.join("\n")
    );
}
