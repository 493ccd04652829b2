//! What browsers make of each fault, beside the table in docs/FAULTS.md that says it.

use std::fs;
use std::time::Duration;

use serde_json::json;

use super::http;
use super::page::Page;
use super::wait::wait_at_most;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/FAULTS.md");

/// With this in the environment, each test writes its column anew (scripts/outcomes.sh).
const WRITE: &str = "WRITE_OUTCOMES";

const HEAD: &str =
    "| fault | what is sent | Chromium | Firefox | webview |\n|---|---|---|---|---|\n";

/// The columns of a row.
const COLUMNS: [&str; 5] = ["fault", "what is sent", "Chromium", "Firefox", "webview"];

/// Characters of several bytes, five events, and a short time until a client comes back.
const STREAM: &str = "[[stream]]\npath = \"/numbers\"\ncount = 5\nevery = \"50ms\"\n\
    retry = \"500ms\"\nid = \"{n}\"\ndata = \"豆{n}\"\n";

/// The faults of each row, and what is sent. What would strike a client for ever has `attempt=1`.
const ROWS: [(&str, &str); 54] = [
    ("status=503,attempt=1", "503 in place of the stream"),
    (
        "status=429,retry-after=1,attempt=1",
        "429 and a time to come back",
    ),
    ("status=204", "204"),
    (
        "status=200,type=text/html,body=x,attempt=1",
        "a page in place of the stream",
    ),
    ("redirect=URL", "302 to the same stream"),
    ("redirect=URL,code=308", "308 to the same stream"),
    ("redirect,attempt=1", "302 that leads nowhere"),
    ("type=text/plain,attempt=1", "the stream as `text/plain`"),
    ("type=none,attempt=1", "the stream without a `Content-Type`"),
    ("no-cors,attempt=1", "the stream without `Access-Control-*`"),
    ("preflight=403", "403 for the preflight of a `fetch`"),
    (
        "drop-header=cache-control",
        "the stream without `Cache-Control`",
    ),
    ("wait=500ms", "the head half a second later"),
    ("never,for=1s,attempt=1", "nothing for a second; then FIN"),
    ("encode=gzip", "the stream as gzip"),
    ("encode=gzip,flush=never", "the same, flushed at its end"),
    (
        "length=40,attempt=1",
        "a `Content-Length` that is too small",
    ),
    (
        "length=100000,attempt=1",
        "a `Content-Length` that is too large",
    ),
    ("cut,attempt=1", "FIN in place of a head"),
    ("reset,attempt=1", "RST in place of a head"),
    ("end,after=3,attempt=1", "the last chunk behind event 3"),
    ("cut,after=3,attempt=1", "FIN behind event 3"),
    ("cut,half,after=3,attempt=1", "FIN in the middle of event 4"),
    (
        "cut,half=id,after=3,attempt=1",
        "FIN behind the id of event 4",
    ),
    ("reset,after=3,attempt=1", "RST behind event 3"),
    ("mute,after=3", "keep-alive comments behind event 3"),
    ("silence,after=3", "nothing behind event 3"),
    (
        "hang,after=3,for=20s",
        "nothing behind event 3, not even an end",
    ),
    ("split=each", "each byte in a write of its own"),
    ("split=utf8", "writes that end within characters"),
    ("merge=2", "two events in a write"),
    ("dribble=400B/s", "the same bytes, slowly"),
    ("hold=end", "all bytes at the end"),
    ("ends=cr", "CR as the end of each line"),
    ("ends=crlf", "CR LF as the end of each line"),
    ("ends=mixed", "another end for each line"),
    ("bom", "a byte order mark"),
    ("bom=2", "two byte order marks"),
    ("bad-utf8,after=1", "event 2 with a byte that is not UTF-8"),
    ("nul-id,after=1", "event 2 with U+0000 in its id"),
    (
        "bad-retry,after=1",
        "event 2 with a `retry` that is no number",
    ),
    ("no-blank,after=1", "event 2 without its blank line"),
    ("unknown-field,after=1", "event 2 with an unknown field"),
    ("long=100kB,after=1", "event 2 with a line of 100 kB"),
    ("corrupt,after=1", "event 2 with half of its data"),
    ("comment=x,after=1", "a comment behind event 1"),
    ("repeat,after=1", "event 2 twice"),
    ("skip,after=1", "no event 2"),
    ("swap,after=1", "event 2 behind event 3"),
    ("insert=x,after=1", "one more event, without an id"),
    ("drop=豆3", "no event 3"),
    (
        "cut,after=3,attempt=1 forget,attempt=2",
        "FIN behind event 3; then the stream from its beginning",
    ),
    (
        "cut,after=3,attempt=1 rewind=2,attempt=2",
        "FIN behind event 3; then events 2 and 3 again",
    ),
    (
        "cut,after=3,attempt=1 jump=1,attempt=2",
        "FIN behind event 3; then event 4 is left out",
    ),
];

/// Lets the page read all streams at once, and compares what came of it with the table.
pub(crate) async fn are_in_the_table(page: &Page, port: u16, browser: &str) {
    http::serve_in_room(port, "b", STREAM).await;
    let base = json!(format!("http://localhost:{port}/@b"));
    let faults: Vec<Vec<&str>> = ROWS
        .iter()
        .map(|(row, _)| row.split(' ').collect())
        .collect();
    let script = format!(
        "const base = {base}, faults = {};\n{}",
        json!(faults),
        include_str!("outcomes.js")
    );
    page.js(&script).await.expect("the page runs scripts");
    let outcomes = wait_at_most(
        Duration::from_secs(30),
        "all streams to be over",
        async || {
            let outcomes = page.js("return window.outcomes;").await?;
            let whole: Result<Vec<String>, _> = serde_json::from_value(outcomes.clone());
            whole.map_err(|_| outcomes.to_string())
        },
    )
    .await;

    let column = COLUMNS
        .iter()
        .position(|name| *name == browser)
        .expect("it has a column");
    let text = fs::read_to_string(PAGE).expect("the page is there");
    let (before, rest) = text.split_once(HEAD).expect("the page has the table");
    let end = rest
        .split_inclusive('\n')
        .take_while(|line| line.starts_with('|'))
        .map(str::len)
        .sum();
    let (table, behind) = rest.split_at(end);
    let mut wanted = String::new();
    for ((faults, sent), outcome) in ROWS.iter().zip(&outcomes) {
        let name = format!("`{}`", faults.replace(' ', "` `"));
        let old = table
            .lines()
            .find(|line| line.starts_with(&format!("| {name} |")));
        let mut cells: Vec<&str> = old
            .map(|line| line.trim_matches(['|', ' ']).split(" | ").collect())
            .unwrap_or_default();
        cells.resize(COLUMNS.len(), "");
        cells[0] = &name;
        cells[1] = sent;
        cells[column] = outcome;
        wanted.push_str(&format!("| {} |\n", cells.join(" | ")));
    }
    if std::env::var_os(WRITE).is_some() {
        fs::write(PAGE, format!("{before}{HEAD}{wanted}{behind}"))
            .expect("the page can be written");
        return;
    }
    let other: Vec<_> = wanted
        .lines()
        .filter(|line| !table.lines().any(|old| old == *line))
        .collect();
    assert!(
        other.is_empty() && table.lines().count() == ROWS.len(),
        "{browser} does not do what the table in docs/FAULTS.md says, which scripts/outcomes.sh \
         writes anew:\n{}",
        other.join("\n")
    );
}
