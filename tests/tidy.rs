//! Keeps the tree in order: what the docs point to exists, files fit in one reading, and nothing of
//! anybody's machine is in it.

use std::fs;
use std::path::{Path, PathBuf};

/// A file of source that is longer than this is two files.
const LINES: usize = 600;

/// The widest line, so that two files fit beside each other.
const WIDTH: usize = 100;

/// Folders that are made, not written.
const MADE: [&str; 6] = [
    "target",
    "gen",
    "dist",
    "node_modules",
    "__pycache__",
    ".git",
];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// All files below a folder, made ones left out.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the tree can be read") {
        let entry = entry.expect("the tree can be read");
        let path = entry.path();
        if entry.file_type().expect("the tree can be read").is_dir() {
            if !MADE.iter().any(|made| entry.file_name() == *made) {
                found.extend(files(&path));
            }
        } else {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// All files of the project that are text, with their text.
fn texts() -> impl Iterator<Item = (PathBuf, String)> {
    files(root())
        .into_iter()
        .filter_map(|path| fs::read_to_string(&path).ok().map(|text| (path, text)))
}

fn has_extension(path: &Path, extensions: &[&str]) -> bool {
    path.extension()
        .is_some_and(|extension| extensions.iter().any(|wanted| extension == *wanted))
}

/// What stands between `](` and `)`: the targets of links and pictures in Markdown.
fn links(text: &str) -> impl Iterator<Item = &str> {
    text.split("](").skip(1).filter_map(|rest| {
        let (link, _) = rest.split_once(')')?;
        // A title may follow the target.
        link.split_whitespace().next()
    })
}

/// What stands in backticks and looks like a path below one of the project's folders.
fn named_paths(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2).filter(|word| {
        let folder = [
            "crates/",
            "src-tauri/",
            "ui/",
            "tests/",
            "scripts/",
            ".ci/",
            "docs/",
        ];
        folder.iter().any(|folder| word.starts_with(folder))
            && !word.contains(|letter: char| letter.is_whitespace() || "*{<".contains(letter))
    })
}

#[test]
fn every_relative_link_in_the_docs_leads_somewhere() {
    let mut dead = Vec::new();
    for (path, text) in texts().filter(|(path, _)| has_extension(path, &["md"])) {
        let folder = path.parent().expect("a file is in a folder");
        for link in links(&text) {
            let target = link.split('#').next().unwrap_or_default();
            let outside = target.contains("://") || target.starts_with("mailto:");
            if !outside && !target.is_empty() && !folder.join(target).exists() {
                dead.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(dead.is_empty(), "dead links:\n{}", dead.join("\n"));
}

#[test]
fn every_path_that_the_docs_name_exists() {
    let mut dead = Vec::new();
    for (path, text) in texts().filter(|(path, _)| has_extension(path, &["md"])) {
        let name = path.strip_prefix(root()).unwrap_or(&path).display();
        for named in named_paths(&text) {
            // `tests/menu.rs::a_test` and `src/lib.rs:12` name a place in a file.
            let path = named.split(':').next().unwrap_or_default();
            if !root().join(path).exists() {
                dead.push(format!("{name}: {named}"));
            }
        }
    }
    assert!(
        dead.is_empty(),
        "named, but not there:\n{}",
        dead.join("\n")
    );
}

#[test]
fn the_map_of_the_code_leaves_no_module_out() {
    let map =
        fs::read_to_string(root().join("ARCHITECTURE.md")).expect("there is an ARCHITECTURE.md");
    let missing: Vec<_> = [
        "crates/sse-wire",
        "crates/sse-tls",
        "crates/sse-client",
        "crates/sse-engine",
        "crates/sse-redis",
        "crates/sse-server",
        "crates/sse-cli",
        "src-tauri",
        "ui",
        "tests",
    ]
    .into_iter()
    .filter(|folder| !map.contains(&format!("`{folder}")))
    .collect();
    assert!(missing.is_empty(), "not on the map: {missing:?}");
}

#[test]
fn no_file_of_source_is_longer_than_one_reading() {
    let long: Vec<_> = texts()
        .filter(|(path, _)| has_extension(path, &["rs", "js", "css", "html", "py", "sh"]))
        .map(|(path, text)| (path, text.lines().count()))
        .filter(|(_, lines)| *lines > LINES)
        .collect();
    assert!(long.is_empty(), "longer than {LINES} lines: {long:?}");
}

/// The lines of a file that are too wide, by their numbers.
fn wide_lines<'a>(
    path: &'a Path,
    text: &'a str,
    counts: impl Fn(&str) -> bool + 'a,
) -> impl Iterator<Item = String> + 'a {
    text.lines()
        .enumerate()
        .filter(move |(_, line)| counts(line) && line.chars().count() > WIDTH)
        .map(|(at, _)| format!("{}:{}", path.display(), at + 1))
}

/// rustfmt keeps code within its bound, strings aside, and leaves comments alone.
#[test]
fn no_line_of_a_comment_is_longer_than_one_look() {
    let mut long = Vec::new();
    for (path, text) in texts().filter(|(path, _)| has_extension(path, &["rs"])) {
        let comment = |line: &str| line.trim_start().starts_with("//");
        long.extend(wide_lines(&path, &text, comment));
    }
    assert!(
        long.is_empty(),
        "comments wider than {WIDTH}:\n{}",
        long.join("\n")
    );
}

/// No formatter runs over the page, so its code is held to the same width as its comments.
#[test]
fn no_line_of_the_page_and_its_tests_is_longer_than_one_look() {
    let mut long = Vec::new();
    for folder in ["ui", "tests/page"] {
        for path in files(&root().join(folder)) {
            if has_extension(&path, &["js", "mjs", "css", "html"]) {
                let text = fs::read_to_string(&path).expect("the page is text");
                long.extend(wide_lines(&path, &text, |_| true));
            }
        }
    }
    assert!(
        long.is_empty(),
        "lines wider than {WIDTH}:\n{}",
        long.join("\n")
    );
}

#[test]
fn nothing_of_a_machine_is_in_the_tree() {
    // Put together here, so that this file does not find itself.
    let homes = [
        ["/ro", "ot/"].concat(),
        ["/ho", "me/"].concat(),
        ["/Us", "ers/"].concat(),
    ];
    let found: Vec<_> = texts()
        .filter(|(_, text)| homes.iter().any(|home| text.contains(home)))
        .map(|(path, _)| path)
        .collect();
    assert!(
        found.is_empty(),
        "a path of somebody's machine is in: {found:?}"
    );
}

#[test]
fn nothing_is_left_to_do_in_a_comment() {
    let marks = [
        ["TO", "DO"].concat(),
        ["FIX", "ME"].concat(),
        ["unimple", "mented!"].concat(),
    ];
    let found: Vec<_> = texts()
        .filter(|(path, _)| has_extension(path, &["rs", "js", "css", "html", "py", "sh"]))
        .filter(|(_, text)| marks.iter().any(|mark| text.contains(mark)))
        .map(|(path, _)| path)
        .collect();
    assert!(found.is_empty(), "unfinished: {found:?}");
}
