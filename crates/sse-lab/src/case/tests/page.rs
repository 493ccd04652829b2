//! `docs/LAB.md` lists the cases: its table is made of them.

use std::fmt::Write as _;
use std::fs;

use super::*;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/LAB.md");

/// What stands above and below the table.
const BEGIN: &str = "<!-- The table is written by scripts/lab-cases.sh. -->\n";
const END: &str = "<!-- Here the table ends. -->\n";

fn table() -> String {
    let mut table =
        "| case | name | what the server does | what the client must do | why | WPT |\n\
                     |---|---|---|---|---|---|\n"
            .to_owned();
    for case in cases() {
        let tour = if case.in_tour { "" } else { "\\*" };
        let wpt: Vec<_> = case.wpt.iter().map(|test| format!("`{test}`")).collect();
        let cells = [
            format!("`{}`{tour}", case.id),
            case.name.clone(),
            case.does.clone(),
            case.must.clone(),
            case.source.clone(),
            wpt.join(" "),
        ];
        let cells = cells.map(|cell| cell.replace('|', "\\|"));
        writeln!(table, "| {} |", cells.join(" | ")).expect("a text takes it");
    }
    table
}

/// The page with the table of today.
fn page() -> (String, String) {
    let page = fs::read_to_string(PAGE).expect("docs/LAB.md is there");
    let (before, rest) = page.split_once(BEGIN).expect("the table begins");
    let (_, after) = rest.split_once(END).expect("the table ends");
    let new = format!("{before}{BEGIN}{}{END}{after}", table());
    (page, new)
}

#[test]
fn the_page_lists_the_cases() {
    let (page, new) = page();
    assert!(
        page == new,
        "run scripts/lab-cases.sh: docs/LAB.md does not list the cases as they are"
    );
}

/// Not a test: `scripts/lab-cases.sh` runs it.
#[test]
#[ignore = "it writes docs/LAB.md"]
fn write_the_table() {
    // A list that cannot be read is an empty one.
    super::read::all().expect("the cases can be read");
    fs::write(PAGE, page().1).expect("docs/LAB.md can be written");
}
