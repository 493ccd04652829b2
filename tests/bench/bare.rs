//! The app's window beside the least that there is: an empty window of Tauri, and in it a bare page
//! that shows the same stream.
//!
//! The two are measured in turn, and a ratio is taken within a round. They change places each
//! round, so that a drift of the machine cancels out.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value;

use crate::stats::{self, Interval};
use crate::support::desktop::Desktop;
use crate::support::port::free_port;
use crate::support::process::{self, Process};
use crate::support::usage::{own_ticks, start_of, ticks_of_family, ticks_per_second, uptime};
use crate::support::webdriver::{self, Session};
use crate::support::{http, settings};

/// How many rounds, unless `ROUNDS` says another number: of nine, the interval of the ratio holds
/// the true median in 96 of 100 runs.
const ROUNDS: usize = 9;

/// For so long a page draws before its CPU is taken: its list is full then.
const FILLS: Duration = Duration::from_secs(3);
/// For so long its CPU is taken.
const TAKEN: Duration = Duration::from_secs(8);
/// 20 events a second.
const EVERY_MS: u64 = 50;

/// A program that opens a window.
pub(crate) struct Program {
    /// Where it is.
    pub(crate) path: PathBuf,
    /// What its process is called.
    pub(crate) name: &'static str,
    /// What finds the words that its page says when it is ready.
    selector: &'static str,
    words: &'static str,
}

impl Program {
    /// The app, which is ready when its page says that the server runs.
    pub(crate) fn app(path: PathBuf) -> Self {
        Self {
            path,
            name: "sse-workbench",
            selector: "status-bar .words",
            words: "Running",
        }
    }

    /// The window with an empty page.
    pub(crate) fn empty(path: PathBuf) -> Self {
        Self {
            path,
            name: "empty-window",
            selector: "p",
            words: "Ready",
        }
    }

    /// Launches it, and gives the milliseconds from the start of its process until its page says
    /// that it is ready. WebDriver sees it, which looks as often as it can and costs a launch a
    /// little.
    pub(crate) async fn launch(&self, desktop: &Desktop) -> (Session, f64) {
        let driver = desktop.command("tauri-driver");
        let session = webdriver::launched(desktop, driver, &self.path.to_string_lossy(), &[]).await;
        let script = format!(
            "return document.querySelector('{}')?.textContent;",
            self.selector
        );
        let ready = async {
            while session.page.js(&script).await != Ok(Value::from(self.words)) {}
            uptime() - start_of(self.id(&session))
        };
        let took = tokio::time::timeout(Duration::from_secs(60), ready).await;
        let took = took.expect("the page is ready within a minute");
        (session, took * 1000.0)
    }

    /// Its process, which this session started.
    fn id(&self, session: &Session) -> u32 {
        let processes = session.processes_of(self.name);
        *processes.first().expect("it runs")
    }
}

/// The figures of both in each round.
#[derive(Default)]
pub(crate) struct Rounds {
    ours: Vec<f64>,
    bare: Vec<f64>,
}

impl Rounds {
    fn push(&mut self, ours: f64, bare: f64) {
        self.ours.push(ours);
        self.bare.push(bare);
    }

    /// A row of a table: both figures, their ratio, its interval, the goal, and whether it is met.
    /// As with the server, a goal is met when the interval reaches it.
    pub(crate) fn row(&self, what: &str, unit: &str, at_most: f64) -> String {
        let cell = |values: &[f64]| {
            let all: Vec<_> = values.iter().map(|value| format!("{value:.1}")).collect();
            let median = stats::median(values).unwrap_or_default();
            format!("{median:.1} {unit} ({})", all.join(", "))
        };
        let some = |values: &[f64]| values.iter().copied().map(Some).collect::<Vec<_>>();
        let ratios = stats::ratios(&some(&self.ours), &some(&self.bare));
        let ratio = stats::median(&ratios).unwrap_or_default();
        let Some(Interval { low, high, sure }) = stats::interval(&ratios) else {
            return format!("| {what} | no round |  |  |  |  |  |");
        };
        let sure = sure.map_or_else(
            || "lowest, highest".to_owned(),
            |sure| format!("{sure:.0} %"),
        );
        let met = if low <= at_most { "yes" } else { "**no**" };
        format!(
            "| {what} | {} | {} | {ratio:.2} | {low:.2} to {high:.2} ({sure}) | at most {at_most:.2} | {met} |",
            cell(&self.ours),
            cell(&self.bare),
        )
    }
}

fn rounds_wanted() -> usize {
    let wanted = std::env::var("ROUNDS").ok();
    wanted.map_or(ROUNDS, |wanted| wanted.parse().expect("ROUNDS is a number"))
}

/// Milliseconds from the start of each process until its page says that it is ready.
pub(crate) async fn launches(app: &Program, empty: &Program) -> Rounds {
    let mut rounds = Rounds::default();
    for round in 0..rounds_wanted() {
        let ours = async || launch_of(app).await;
        let bare = async || launch_of(empty).await;
        let (ours, bare) = in_turn(round, ours, bare).await;
        rounds.push(ours, bare);
    }
    rounds
}

async fn launch_of(program: &Program) -> f64 {
    let desktop = Desktop::start().await;
    settings::use_port(&desktop, free_port());
    let (session, took) = program.launch(&desktop).await;
    session.close().await;
    took
}

/// Per cent of one core that each window takes with all its processes while its page shows a stream
/// of 20 events a second, and what the app's own process takes of it.
///
/// The app's window has its server in it, as always. The stream of the bare page is sent by another
/// process, which does not count.
pub(crate) async fn shown(app: &Program, empty: &Program, sse: &Path) -> (Rounds, Vec<f64>) {
    let mut rounds = Rounds::default();
    let mut own = Vec::new();
    for round in 0..rounds_wanted() {
        let ours = async || shown_in_app(app).await;
        let bare = async || shown_barely(empty, sse).await;
        let ((ours, of_it), bare) = in_turn(round, ours, bare).await;
        rounds.push(ours, bare);
        own.push(of_it);
    }
    (rounds, own)
}

/// Both, one after the other, in an order that changes each round.
async fn in_turn<A, B>(
    round: usize,
    ours: impl AsyncFnOnce() -> A,
    bare: impl AsyncFnOnce() -> B,
) -> (A, B) {
    if round.is_multiple_of(2) {
        (ours().await, bare().await)
    } else {
        let bare = bare().await;
        (ours().await, bare)
    }
}

/// The app's window as it opens, with a finite stream beside the endless one, which is connected.
async fn shown_in_app(app: &Program) -> (f64, f64) {
    let desktop = Desktop::start().await;
    settings::use_port(&desktop, free_port());
    let (session, _) = app.launch(&desktop).await;
    let paced = format!(
        "window.EventSource = class extends EventSource {{
            constructor(url) {{ super(url + '&every={EVERY_MS}ms'); }}
        }};
        document.querySelector('stream-panel[data-path=\"/endless\"] [data-act=toggle]').click();"
    );
    let total = "return Number(document.querySelector(
        'stream-panel[data-path=\"/endless\"] event-list').dataset.total);";
    let taken = cpu_while_shown(&session, app.id(&session), &paced, total).await;
    session.close().await;
    taken
}

/// The bare page in the empty window.
async fn shown_barely(empty: &Program, sse: &Path) -> f64 {
    let desktop = Desktop::start().await;
    let port = free_port();
    let mut command = process::command(sse);
    command.args(["serve", "--port", &port.to_string()]);
    let _server = Process::start(&mut command, "sse", &desktop.logs());
    http::until_it_answers(port).await;
    let (session, _) = empty.launch(&desktop).await;
    let stream = format!("http://localhost:{port}/endless?every={EVERY_MS}ms");
    let script = include_str!("bare-rows.js");
    let script = format!("const STREAM = '{stream}';\n{script}");
    let total = "return document.body.childElementCount;";
    let (taken, _) = cpu_while_shown(&session, empty.id(&session), &script, total).await;
    session.close().await;
    taken
}

/// What a process takes with all below it, and alone, while its page shows what `script` began.
/// `total` counts the events that the page has shown.
async fn cpu_while_shown(session: &Session, id: u32, script: &str, total: &str) -> (f64, f64) {
    session
        .page
        .js(script)
        .await
        .expect("the page runs scripts");
    tokio::time::sleep(FILLS).await;
    let before = (ticks_of_family(id), own_ticks(id));
    tokio::time::sleep(TAKEN).await;
    let after = (ticks_of_family(id), own_ticks(id));
    let total = session.page.js(total).await.ok();
    let total = total.and_then(|value| value.as_f64()).unwrap_or_default();
    // A page that shows less than it is sent takes too little. The window opens in a moment.
    let sent = (FILLS + TAKEN).as_millis() as u64 / EVERY_MS;
    assert!(
        total > 0.9 * sent as f64,
        "the page shows {total} events of {sent}"
    );
    let per_cent = |ticks: f64| 100.0 * ticks / ticks_per_second() / TAKEN.as_secs_f64();
    (per_cent(after.0 - before.0), per_cent(after.1 - before.1))
}
