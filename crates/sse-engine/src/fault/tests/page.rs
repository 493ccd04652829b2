//! `docs/FAULTS.md` says what there is: each word and profile, and nothing that is none.

use std::fs;

use super::super::{Fault, Profiles, WORDS, check_together};

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FAULTS.md");
    fs::read_to_string(path).expect("docs/FAULTS.md is there")
}

/// The rows of the table below this heading, without the first two, each as its cells.
fn table(heading: &str) -> Vec<Vec<String>> {
    let page = page();
    let (_, below) = page
        .split_once(&format!("\n## {heading}\n"))
        .unwrap_or_else(|| panic!("no heading {heading}"));
    let lines = below.lines().skip_while(|line| !line.starts_with('|'));
    let rows = lines.take_while(|line| line.starts_with('|')).skip(2);
    rows.map(|row| {
        let cells = row.trim_matches('|').split('|');
        cells.map(|cell| cell.trim().to_owned()).collect()
    })
    .collect()
}

/// What stands in backquotes.
fn codes(cell: &str) -> Vec<String> {
    let parts = cell.split('`').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

#[test]
fn each_word_has_its_row_with_its_keys() {
    let rows = table("Words").into_iter();
    let rows: Vec<_> = rows.filter(|row| row[0].starts_with('`')).collect();
    let words: Vec<String> = rows.iter().map(|row| codes(&row[0]).concat()).collect();
    let known: Vec<&str> = WORDS.iter().map(|word| word.name).collect();
    assert_eq!(words, known);
    for (row, word) in rows.iter().zip(WORDS) {
        for key in word.keys {
            let named = codes(&row[2]).iter().any(|code| code.starts_with(key));
            assert!(named, "{} has the key {key}", word.name);
        }
    }
}

#[test]
fn each_profile_has_its_row_with_its_faults() {
    let rows = table("Profiles");
    let profiles = Profiles::default();
    assert_eq!(rows.len(), profiles.all().len());
    for (row, profile) in rows.iter().zip(profiles.all()) {
        let faults: Vec<String> = profile.faults.iter().map(Fault::to_string).collect();
        let cells = [format!("`{}`", profile.name), profile.about.clone()];
        assert_eq!(row[..2], cells);
        assert_eq!(codes(&row[2]), faults, "{}", profile.name);
    }
}

#[test]
fn each_incident_has_faults_that_can_be_armed_together() {
    let rows = table("Incidents");
    let numbers: Vec<String> = rows.iter().map(|row| row[0].clone()).collect();
    let expected: Vec<String> = (1..=34).map(|n: u32| n.to_string()).collect();
    assert_eq!(numbers, expected);
    let profiles = Profiles::default();
    for row in rows.iter().filter(|row| !row[2].starts_with("none: ")) {
        let mut all = Vec::new();
        for text in codes(&row[2]) {
            let fault: Fault = text.parse().unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(fault.to_string(), text, "in its one spelling");
            all.extend(profiles.expand(fault).expect("it is shipped"));
        }
        assert!(!all.is_empty(), "{row:?}");
        assert_eq!(check_together(&all), Ok(()), "{row:?}");
    }
}
