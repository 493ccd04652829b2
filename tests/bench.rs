//! The figures of `make bench`: the window beside an empty one, first event, stop, sizes, CPU at
//! rest and with a crowd, on the programs in the folder that `BIN` names. With the argument
//! `beside`, only the first.
//!
//! No test: it asserts nothing but that there is something to measure, and prints a table. It has a
//! `main` of its own so that nothing else is on stdout.

#[path = "bench/bare.rs"]
mod bare;
// The medians and intervals of the other benchmarks. Its tests run there.
#[allow(dead_code, unused_imports, reason = "only a part is used here")]
#[path = "../crates/sse-bench/src/stats.rs"]
mod stats;
mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bare::{Program, Rounds};
use serde_json::Value;
use support::desktop::Desktop;
use support::port::free_port;
use support::process::Process;
use support::usage::{own_ticks, ticks_of_family, ticks_per_second};
use support::wait::{ensure, wait_for};
use support::webdriver::{self, Session};
use support::{http, settings};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// Of how many runs a figure is the median.
const RUNS: usize = 5;

const STREAMS: usize = 1_000;
const HALF_SENT: usize = 100;
const DEAF: usize = 10;
const CROWD: usize = 10_000;
/// How many pixels of a timeline are in view while it is redrawn: as many as a large window shows.
const IN_VIEW: u32 = 900;
const IDLE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let bin = std::env::var_os("BIN")
        .map(PathBuf::from)
        .expect("BIN names the folder of the programs: run scripts/bench.sh");
    let app = Program::app(program(&bin, "sse-workbench"));
    let empty = Program::empty(program(&bin, "empty-window"));
    let sse = program(&bin, "sse");

    let launches = bare::launches(&app, &empty).await;
    let (shown, own) = bare::shown(&app, &empty, &sse).await;
    print_beside(&launches, &shown);
    // What is worked on is measured again and again.
    if std::env::args().any(|argument| argument == "beside") {
        return;
    }
    println!();
    print_figures(&app, &sse, own).await;
    println!("\n| file | bytes |\n|---|---|");
    for file in [app.path, sse].into_iter().chain(packages(&bin)) {
        let bytes = fs::metadata(&file).map_or(0, |data| data.len());
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        println!("| {name} | {bytes} |");
    }
}

/// The app's window beside the least that there is.
fn print_beside(launches: &Rounds, shown: &Rounds) {
    println!("| what | the app | the least | ratio | interval | goal | met |");
    println!("|---|---|---|---|---|---|---|");
    let what = "launch: start of the process to `Running` in the page; to the word in the page of \
                an empty Tauri window";
    println!("{}", launches.row(what, "ms", 1.15));
    let what = "20 events a second in view: CPU of one core, all processes of the window; of an \
                empty Tauri window whose page only appends the same rows";
    println!("{}", shown.row(what, "%", 2.0));
}

/// What the app and its programs take, beside nothing.
async fn print_figures(app: &Program, sse: &Path, own: Vec<f64>) {
    let mut windows = Vec::new();
    for _ in 0..RUNS {
        windows.push(launch_and_click(app).await);
    }
    let all = |figure: fn(&Window) -> f64| windows.iter().map(figure).collect();
    let mut stops = Vec::new();
    for _ in 0..RUNS {
        stops.push(stop(sse).await);
    }
    let idle = idle(&app.path).await;
    let watched = watched(&app.path).await;
    let redraws = [
        ("the webview", redraws_in_webview(&app.path).await),
        ("Chromium", redraws_in_chromium(sse).await),
    ];

    println!("| what | median | all |");
    println!("|---|---|---|");
    row(
        "first click on Start of `/endless` in a window to its first event in the page",
        "ms",
        all(|window| window.first_click),
    );
    row(
        "the same, the next time",
        "ms",
        all(|window| window.next_click),
    );
    row(
        "click on Start of 40,000 events without a pause to the row of the last one",
        "ms",
        all(|window| window.burst),
    );
    let crowd = format!(
        "`sse serve` with {STREAMS} streams, {HALF_SENT} half-sent requests, {DEAF} clients that never read: SIGTERM to exit"
    );
    row(&crowd, "ms", stops);
    row(
        "idle: CPU of one core, app and its WebKit processes, over 10 s",
        "%",
        idle,
    );
    row(
        "20 events a second in view: CPU of one core, the app's own process",
        "%",
        own,
    );
    row(
        &format!(
            "{CROWD} connections with an event a second each: CPU of the app's own process per delivery while the table of them is \
             shown, of that while the streams are shown"
        ),
        "",
        watched
            .iter()
            .map(|(streams, table)| table / streams)
            .collect(),
    );
    row(
        "the same, while the streams are shown",
        "µs",
        watched.iter().map(|(streams, _)| *streams).collect(),
    );
    for (place, runs) in redraws {
        let what = "one redraw of a timeline of 200 lanes, with 10,000 ticks in view";
        for (which, share) in [("median", 0.5), ("99th percentile", 0.99)] {
            let values = runs.iter().map(|run| percentile(run, share)).collect();
            let what = format!("{what}, in {place}: {which} of 100");
            row(&what, "ms", values);
        }
    }
}

fn row(what: &str, unit: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    // A ratio says nothing in tenths.
    let digits = if unit.is_empty() { 3 } else { 1 };
    let all: Vec<_> = values
        .iter()
        .map(|value| format!("{value:.digits$}"))
        .collect();
    let median = values[values.len() / 2];
    println!("| {what} | {median:.digits$} {unit} | {} |", all.join(", "));
}

fn program(bin: &Path, name: &str) -> PathBuf {
    let path = bin.join(name);
    let path = path.canonicalize();
    path.unwrap_or_else(|error| panic!("{name} is not in {}: {error}", bin.display()))
}

/// What `make bundle` made of these programs, if it did.
fn packages(bin: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(bin.join("bundle/deb")).into_iter().flatten();
    let mut found: Vec<_> = entries
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "deb"))
        .collect();
    found.sort();
    found
}

/// Milliseconds from a click on Start until the first event's row is in the document, twice, and
/// until the last of a burst is.
async fn launch_and_click(app: &Program) -> Window {
    let desktop = Desktop::start().await;
    settings::use_port(&desktop, free_port());
    let (session, _) = app.launch(&desktop).await;
    // A person needs this long too, and what a launch leaves to do is done then.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let first = click_to_event(&session).await;
    let panel = session.page.panel("/endless");
    panel.toggle().await;
    panel.until_state("stopped").await;
    let clear =
        "document.querySelector('stream-panel[data-path=\"/endless\"] [data-act=clear]').click();";
    session.page.js(clear).await.expect("the page runs scripts");
    session.page.until_drawn().await;
    let next = click_to_event(&session).await;
    panel.toggle().await;
    panel.until_state("stopped").await;
    let faster = "window.EventSource = class extends EventSource {
        constructor(url) { super(url + '&every=0ms&count=40000'); }
    };";
    session
        .page
        .js(faster)
        .await
        .expect("the page runs scripts");
    let burst = click_to_row(&session, "/numbers", "[data-event-id=\"40000\"]").await;
    session.close().await;
    Window {
        first_click: first,
        next_click: next,
        burst,
    }
}

/// The figures of one launch, in milliseconds.
struct Window {
    first_click: f64,
    next_click: f64,
    burst: f64,
}

async fn click_to_event(session: &Session) -> f64 {
    click_to_row(session, "/endless", "[data-row]").await
}

/// Milliseconds from a click on Start of this stream until there is such a row in the document.
async fn click_to_row(session: &Session, path: &str, row: &str) -> f64 {
    let script = format!(
        "const done = arguments[0];
        const panel = document.querySelector('stream-panel[data-path=\"{path}\"]');
        let begun = 0;
        new MutationObserver((_, observer) => {{
            if (!panel.querySelector('{row}')) return;
            observer.disconnect();
            done(performance.now() - begun);
        }}).observe(panel, {{ attributes: true, childList: true, subtree: true }});
        begun = performance.now();
        panel.querySelector('[data-act=toggle]').click();"
    );
    let took = session.page.js_async(&script).await;
    let took = took.ok().and_then(|value| value.as_f64());
    took.expect("a time in milliseconds")
}

/// Milliseconds from SIGTERM until the process is gone, while all of these are connected.
async fn stop(sse: &Path) -> f64 {
    let logs = tempfile::tempdir().expect("there is room for temporary files");
    let port = free_port();
    let mut command = support::process::command(sse);
    command.args(["serve", "--port", &port.to_string()]);
    let mut server = Process::start(&mut command, "sse", logs.path());
    http::until_it_answers(port).await;

    let mut clients = Vec::new();
    for _ in 0..STREAMS {
        let mut socket = request(port, "GET /endless HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
        clients.push(tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while matches!(socket.read(&mut buffer).await, Ok(1..)) {}
        }));
    }
    let mut silent = Vec::new();
    for _ in 0..HALF_SENT {
        silent.push(request(port, "GET /endless HTTP/1.1\r\nHost: loc").await);
    }
    for _ in 0..DEAF {
        let whole = "GET /endless?every=0ms HTTP/1.1\r\nHost: localhost\r\n\r\n";
        silent.push(request(port, whole).await);
    }
    wait_for("all streams open", async || {
        let answer = http::get(port, "/api/connections", &[]).await?;
        let table: Value = serde_json::from_str(&answer.body).map_err(|error| error.to_string())?;
        ensure(table["open"] == STREAMS + DEAF, table["open"].to_string())
    })
    .await;

    let begun = Instant::now();
    server.signal("TERM");
    while server.is_running() {
        assert!(begun.elapsed() < Duration::from_secs(60), "it does not end");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let took = begun.elapsed();
    for client in clients {
        client.await.expect("a client reads to the end");
    }
    took.as_secs_f64() * 1000.0
}

/// A connection on which `text` was sent; the guard wants the port in the Host header.
async fn request(port: u16, text: &str) -> TcpStream {
    let socket = TcpStream::connect(("127.0.0.1", port)).await;
    let mut socket = socket.expect("the server takes connections (and ulimit -n allows them)");
    let text = text.replace("localhost", &format!("localhost:{port}"));
    tokio::io::AsyncWriteExt::write_all(&mut socket, text.as_bytes())
        .await
        .expect("the server reads");
    socket
}

/// The value that this share of all is not above.
fn percentile(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted[(last as f64 * share).round() as usize]
}

/// Milliseconds of script that each redraw of a large timeline takes, in order, for each run.
type Redraws = Vec<Vec<f64>>;

/// The redraws in the app's webview.
async fn redraws_in_webview(app: &Path) -> Redraws {
    let desktop = Desktop::start().await;
    let port = free_port();
    settings::use_port(&desktop, port);
    let driver = desktop.command("tauri-driver");
    let session = webdriver::launched(&desktop, driver, &app.to_string_lossy(), &[]).await;
    http::until_it_answers(port).await;
    session.page.until_phase("running").await;
    redraws(session).await
}

/// The same in Chromium, on the page that the command serves.
async fn redraws_in_chromium(sse: &Path) -> Redraws {
    let desktop = Desktop::start().await;
    let port = free_port();
    let mut command = desktop.command(sse);
    command.args(["serve", "--port", &port.to_string()]);
    let _server = Process::start(&mut command, "sse", &desktop.logs());
    http::until_it_answers(port).await;
    let session = webdriver::chromium(&desktop).await;
    session
        .page
        .goto(&format!("http://localhost:{port}/"))
        .await;
    session.page.until_phase("running").await;
    redraws(session).await
}

async fn redraws(session: Session) -> Redraws {
    let script = include_str!("support/redraw.js");
    let script = format!("const HEIGHT = {IN_VIEW};\n{script}");
    let mut runs = Redraws::new();
    for _ in 0..RUNS {
        let took = session.page.js_async(&script).await;
        let took = took.expect("the page runs scripts");
        let took = took.as_array().unwrap_or_else(|| panic!("{took}"));
        let mut took: Vec<f64> = took.iter().filter_map(Value::as_f64).collect();
        took.sort_by(f64::total_cmp);
        runs.push(took);
    }
    session.close().await;
    runs
}

/// Per cent of one core that the app and all it started take, while nobody does anything.
async fn idle(app: &Path) -> Vec<f64> {
    let desktop = Desktop::start().await;
    let port = free_port();
    settings::use_port(&desktop, port);
    let process = Process::start(&mut desktop.command(app), "app", &desktop.logs());
    http::until_it_answers(port).await;
    wait_for("the app's window", async || support::app::window(&desktop)).await;
    // The launch itself is not idleness.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let mut shares = Vec::new();
    for _ in 0..RUNS {
        let before = ticks_of_family(process.id());
        tokio::time::sleep(IDLE).await;
        let ticks = ticks_of_family(process.id()) - before;
        shares.push(100.0 * ticks / ticks_per_second() / IDLE.as_secs_f64());
    }
    shares
}

/// Microseconds of CPU that the app's own process takes for each event that a crowd receives: while
/// its window shows the streams, and while it shows the table of the crowd, in turn.
async fn watched(app: &Path) -> Vec<(f64, f64)> {
    let desktop = Desktop::start().await;
    let port = free_port();
    settings::use_port(&desktop, port);
    let driver = desktop.command("tauri-driver");
    let session = webdriver::launched(&desktop, driver, &app.to_string_lossy(), &[]).await;
    http::until_it_answers(port).await;
    let received = Arc::new(AtomicU64::new(0));
    let mut crowd = JoinSet::new();
    for _ in 0..CROWD {
        let get = "GET /endless?every=1s HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let mut socket = request(port, get).await;
        let received = Arc::clone(&received);
        crowd.spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = socket.read(&mut buffer).await {
                let events = buffer[..read]
                    .windows(6)
                    .filter(|bytes| *bytes == b"data: ");
                received.fetch_add(events.count() as u64, Ordering::Relaxed);
            }
        });
    }
    let processes = session.processes_of("sse-workbench");
    let id = *processes.first().expect("the app runs");
    let spent = async |place: &str| {
        session.page.visit(place).await;
        // What a change of places costs is none of this.
        tokio::time::sleep(Duration::from_secs(3)).await;
        let before = (own_ticks(id), received.load(Ordering::Relaxed));
        tokio::time::sleep(IDLE).await;
        let ticks = own_ticks(id) - before.0;
        let events = received.load(Ordering::Relaxed) - before.1;
        1_000_000.0 * ticks / ticks_per_second() / events as f64
    };
    let mut rounds = Vec::new();
    for _ in 0..RUNS {
        rounds.push((spent("streams").await, spent("connections").await));
    }
    crowd.shutdown().await;
    session.close().await;
    rounds
}
