//! docs/CLIENTS.md: what clients of others make of the cases of the lab. A column of it is compared
//! with what a client does now, or written anew.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test program uses its own part"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

/// With this in the environment, each test writes its columns anew (scripts/client-table.sh).
const WRITE: &str = "WRITE_CLIENTS";

/// What the tests write stands between one of these and the next end.
const BEGIN: &str = "<!-- Written by scripts/client-table.sh: from here -->\n";
const BEGIN_LLM: &str = "<!-- Written by scripts/client-table.sh for llm: from here -->\n";
const BEGIN_MCP: &str = "<!-- Written by scripts/client-table.sh for mcp: from here -->\n";
const END: &str = "<!-- to here -->\n";

/// A table of the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// Clients of event streams, in the profile `standard`.
    Standard,
    /// Clients of language models.
    Llm,
    /// Clients of MCP, in the profiles of both of its versions.
    Mcp,
}

impl Section {
    fn begin(self) -> &'static str {
        match self {
            Self::Standard => BEGIN,
            Self::Llm => BEGIN_LLM,
            Self::Mcp => BEGIN_MCP,
        }
    }
}

/// What the names of the clients begin with, in the order of their columns.
const ORDER: [&str; 15] = [
    "sse watch",
    "Chromium",
    "Firefox",
    "webview",
    "eventsource 5",
    "eventsource 4",
    "undici 8",
    "undici 7",
    "fetch-event-source",
    "httpx-sse",
    "eventsource-client",
    "openai of npm",
    "openai of PyPI",
    "@modelcontextprotocol/sdk",
    "@modelcontextprotocol/client",
];

/// What a client made of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    /// The id and the name of the case.
    pub case: String,
    /// The kind of its verdict, as the lab names it.
    pub kind: String,
    /// The words of the verdict, for any kind but `right`.
    pub words: String,
}

/// A client, and what it made of all cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name and its version.
    pub client: String,
    pub cells: Vec<Cell>,
}

impl Column {
    fn cell(&self, case: &str) -> Option<&Cell> {
        self.cells.iter().find(|cell| cell.case == case)
    }

    /// Its place among the columns: the client without the rest of its version.
    fn place(&self) -> usize {
        place(&self.client)
    }
}

impl Cell {
    /// What is right needs no words there.
    pub fn new(case: String, kind: String, words: String) -> Self {
        let words = match &*kind {
            "right" => String::new(),
            _ => words,
        };
        Self { case, kind, words }
    }

    /// The id of the case.
    pub fn id(&self) -> &str {
        self.case.split(' ').next().unwrap_or_default()
    }

    /// How it stands in the table.
    fn sign(&self) -> &'static str {
        SIGNS
            .iter()
            .find(|(kind, _)| *kind == self.kind)
            .unwrap_or_else(|| panic!("no sign for {}", self.kind))
            .1
    }
}

/// The kinds of verdicts, and how they stand in the table.
const SIGNS: [(&str, &str); 5] = [
    ("right", "✓"),
    ("wrong", "✗"),
    ("allowed", "~"),
    ("not reached", "–"),
    ("needs your eyes", "eyes"),
];

fn place(client: &str) -> usize {
    let found = ORDER.iter().position(|name| client.starts_with(name));
    found.unwrap_or_else(|| panic!("{client} has no place among the columns"))
}

/// The page as it stands.
#[derive(Debug)]
pub struct Page {
    path: PathBuf,
    section: Section,
    /// What stands before and behind what the tests write.
    around: [String; 2],
    columns: Vec<Column>,
}

impl Page {
    /// The table of clients of event streams.
    pub fn read() -> Self {
        Self::read_of(Section::Standard)
    }

    pub fn read_of(section: Section) -> Self {
        let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
        let mut pages = here
            .ancestors()
            .map(|folder| folder.join("docs/CLIENTS.md"));
        let path = pages.find(|page| page.is_file());
        let path = path.expect("docs/CLIENTS.md is there");
        let text = fs::read_to_string(&path).expect("it can be read");
        let (before, rest) = text
            .split_once(section.begin())
            .expect("its beginning is marked");
        let (written, behind) = rest.split_once(END).expect("its end is marked");
        Self {
            path,
            section,
            around: [before, behind].map(str::to_owned),
            columns: read(written),
        }
    }

    /// The cell of a case.
    pub fn cell(&self, client: &str, case: &str) -> Option<&Cell> {
        let place = place(client);
        let column = self.columns.iter().find(|own| own.place() == place)?;
        column.cell(case)
    }

    /// Writes these columns into the page if that was asked for. Else it answers what differs
    /// between them and the page, one sentence each.
    pub fn differences(self, columns: &[Column]) -> Vec<String> {
        if std::env::var_os(WRITE).is_some() {
            let whole = write(&merged(self.columns, columns));
            let [before, behind] = self.around;
            let begin = self.section.begin();
            let text = format!("{before}{begin}{whole}{END}{behind}");
            fs::write(self.path, text).expect("it can be written");
            return Vec::new();
        }
        let differing = columns.iter().flat_map(|new| {
            let old = self.columns.iter().find(|old| old.place() == new.place());
            match old {
                Some(old) => column_differences(old, new),
                None => vec![format!("{}: it has no column", new.client)],
            }
        });
        differing.collect()
    }
}

fn column_differences(old: &Column, new: &Column) -> Vec<String> {
    let mut found = Vec::new();
    if old.client != new.client {
        found.push(format!("{}: the page has {}", new.client, old.client));
    }
    for cell in &new.cells {
        let was = old.cell(&cell.case);
        if was.is_none_or(|was| was.kind != cell.kind) {
            let shown = |cell: &Cell| match &*cell.words {
                "" => cell.kind.clone(),
                words => format!("{}: {words}", cell.kind),
            };
            found.push(format!(
                "{}, {}: was {}, is {}",
                cell.case,
                new.client,
                was.map_or("not there".to_owned(), shown),
                shown(cell)
            ));
        }
    }
    let gone = old
        .cells
        .iter()
        .filter(|cell| new.cell(&cell.case).is_none());
    found.extend(gone.map(|cell| format!("{}, {}: was there", cell.case, new.client)));
    found
}

/// The columns of the page, with these in the place of the old ones.
fn merged(old: Vec<Column>, new: &[Column]) -> Vec<Column> {
    let mut columns: BTreeMap<usize, Column> = old
        .into_iter()
        .map(|column| (column.place(), column))
        .collect();
    for column in new {
        let mut column = column.clone();
        if let Some(old) = columns.get(&column.place()) {
            for cell in &mut column.cells {
                // Times differ from run to run, and such a difference is none.
                let was = old.cell(&cell.case).filter(|was| was.kind == cell.kind);
                if let Some(was) =
                    was.filter(|was| unnumbered(&was.words) == unnumbered(&cell.words))
                {
                    cell.words.clone_from(&was.words);
                }
            }
        }
        columns.insert(column.place(), column);
    }
    columns.into_values().collect()
}

/// A sentence without its numbers and their units, in which two runs differ.
fn unnumbered(words: &str) -> Vec<&str> {
    let words = words.split([' ', '.', ',', ':']);
    let is_number = |word: &&str| word.parse::<u64>().is_ok() || matches!(*word, "ms" | "s" | "");
    words.filter(|word| !is_number(word)).collect()
}

fn write(columns: &[Column]) -> String {
    let mut text = String::from("| case |");
    for column in columns {
        _ = write!(text, " {} |", column.client);
    }
    text.push_str("\n|---|");
    text.push_str(&":-:|".repeat(columns.len()));
    text.push('\n');
    // Whoever ran last knows which cases there are.
    let newest = columns.iter().max_by_key(|column| column.cells.len());
    for cell in newest.map(|column| &*column.cells).unwrap_or_default() {
        _ = write!(text, "| {} |", cell.case);
        for column in columns {
            let sign = column.cell(&cell.case).map_or(" ", Cell::sign);
            _ = write!(text, " {sign} |");
        }
        text.push('\n');
    }
    for column in columns {
        _ = writeln!(text, "\n### {}\n", column.client);
        let said = column.cells.iter().filter(|cell| !cell.words.is_empty());
        let mut said: Vec<_> = said.collect();
        let order = |cell: &&Cell| SIGNS.iter().position(|(kind, _)| *kind == cell.kind);
        // What is wrong comes first, and within a kind the order of the cases stays.
        said.sort_by_key(order);
        if said.is_empty() {
            text.push_str("All cells are right.\n");
        }
        for cell in said {
            _ = writeln!(text, "* {} {}: {}", cell.case, cell.sign(), cell.words);
        }
    }
    text
}

/// Reads what [`write`] wrote.
fn read(text: &str) -> Vec<Column> {
    let cells = |line: &str| -> Vec<String> {
        let line = line.trim_matches('|');
        line.split('|').map(|cell| cell.trim().to_owned()).collect()
    };
    let mut rows = text.lines().filter(|line| line.starts_with('|'));
    let heads = rows.next().map(cells).unwrap_or_default();
    let names = heads.into_iter().skip(1);
    let mut columns: Vec<_> = names
        .map(|client| Column {
            client,
            cells: Vec::new(),
        })
        .collect();
    for row in rows.skip(1) {
        let row = cells(row);
        for (column, sign) in columns.iter_mut().zip(&row[1..]) {
            let kind = SIGNS.iter().find(|(_, own)| own == sign);
            if let Some((kind, _)) = kind {
                column.cells.push(Cell {
                    case: row[0].clone(),
                    kind: (*kind).to_owned(),
                    words: String::new(),
                });
            }
        }
    }
    let mut client = "";
    for line in text.lines() {
        client = line.strip_prefix("### ").unwrap_or(client);
        let Some((what, words)) = line
            .strip_prefix("* ")
            .and_then(|line| line.split_once(": "))
        else {
            continue;
        };
        let column = columns.iter_mut().find(|column| column.client == client);
        let cell = column.and_then(|column| {
            column
                .cells
                .iter_mut()
                .find(|cell| what.starts_with(&format!("{} ", cell.case)))
        });
        if let Some(cell) = cell {
            words.clone_into(&mut cell.words);
        }
    }
    columns
}

#[test]
fn what_is_written_is_read_as_it_was() {
    let cell = |case: &str, kind: &str, words: &str| Cell {
        case: case.to_owned(),
        kind: kind.to_owned(),
        words: words.to_owned(),
    };
    let columns = [
        Column {
            client: "sse watch 1.0".to_owned(),
            cells: vec![
                cell("R4 a", "right", ""),
                cell("R5 b", "allowed", "It waits: 3 s."),
            ],
        },
        Column {
            client: "undici 7.1".to_owned(),
            cells: vec![
                cell("R4 a", "wrong", "It came: late."),
                cell("R5 b", "right", ""),
            ],
        },
    ];
    assert_eq!(read(&write(&columns)), columns);

    let newer = [Column {
        client: "undici 7.2".to_owned(),
        cells: vec![
            cell("R4 a", "wrong", "It came: late."),
            cell("R5 b", "wrong", "It waits for 2 s."),
        ],
    }];
    assert_eq!(
        column_differences(&columns[1], &newer[0]),
        [
            "undici 7.2: the page has undici 7.1",
            "R5 b, undici 7.2: was right, is wrong: It waits for 2 s."
        ]
    );
    let now = merged(columns.to_vec(), &newer);
    assert_eq!(now[0], columns[0]);
    assert_eq!(now[1], newer[0]);

    let later = [Column {
        client: "undici 7.2".to_owned(),
        cells: vec![
            cell("R4 a", "wrong", "It came: late."),
            cell("R5 b", "wrong", "It waits for 300 ms."),
        ],
    }];
    // Only a time differs, so the old words stay.
    assert_eq!(merged(now, &later)[1], newer[0]);
}
