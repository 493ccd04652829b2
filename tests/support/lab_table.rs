//! What a browser does in the lab, beside docs/CLIENTS.md, which says it.

use std::collections::BTreeSet;
use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;
use sse_lab::{Case, CaseView, Lab, Profile, cases};
use sse_server::{Config, Server};
use tokio::sync::Mutex;

#[path = "../../crates/sse-cli/tests/support/client_table.rs"]
mod client_table;

use crate::support::page::Page;
use crate::support::wait::{ensure, wait_at_most};
use client_table::{Cell, Column};

/// How many cases a page walks at once. Browsers have six connections to a server, and one that
/// waits for a free connection comes back late.
const AT_ONCE: usize = 5;

/// The longest case watches a client for a minute; the tour takes about as long.
const LONGEST: Duration = Duration::from_secs(180);

/// The name of the run that walks the tour. The others are named as their cases.
const TOUR: &str = "tour";

/// Two browsers that were judged side by side write one after the other.
static PAGE: Mutex<()> = Mutex::const_new(());

/// Lets an EventSource of the page walk the tour, and another one each case that the tour does not
/// have, or that it did not reach. What is not as the table has it is printed: Debian updates
/// browsers, so it is no mistake of ours.
pub(crate) async fn is_beside_the_table(page: &Page, browser: &str) {
    let lab = Lab::new();
    let config = Config {
        port: 0,
        mounts: lab.mounts(),
        ..Config::default()
    };
    let server = Server::new(config).await.expect("a server");
    server.start().await.expect("it starts");
    let base = server.state().status.url.expect("it has an address");
    let base = base.trim_end_matches('/').to_owned();

    let of_profile = cases().iter().filter(|case| case.is_in(Profile::Standard));
    let own_url = |id: &str| (id.to_owned(), format!("{base}/lab/case/{id}/{id}"));
    let alone = of_profile.clone().filter(|case| !case.in_tour);
    let mut walks = vec![(TOUR.to_owned(), format!("{base}/lab/tour/{TOUR}"))];
    walks.extend(alone.map(|case| own_url(&case.id)));
    walk(page, &lab, walks).await;
    let missed: BTreeSet<_> = of_run(&lab, TOUR)
        .filter(|case| case.in_tour && kind(case) == "not reached")
        .map(|case| case.id)
        .collect();
    walk(page, &lab, missed.iter().map(|id| own_url(id)).collect()).await;

    let cell = |case: &Case| {
        let run = match case.in_tour && !missed.contains(&case.id) {
            true => TOUR,
            false => &case.id,
        };
        let seen = of_run(&lab, run).find(|seen| seen.id == case.id);
        let seen = seen.expect("the profile has the case");
        let verdict = seen.verdict.expect("it was judged");
        Cell {
            case: format!("{} {}", case.id, case.name),
            kind: verdict.kind,
            words: verdict.words.unwrap_or_default(),
        }
    };
    let column = Column {
        client: browser.to_owned(),
        cells: of_profile.map(cell).collect(),
    };
    server.stop().await;
    let differences = {
        let _alone = PAGE.lock().await;
        client_table::Page::read().differences(&[column])
    };
    // The macros that print are silent where a test passes.
    let mut out = std::io::stderr();
    for difference in differences {
        writeln!(out, "docs/CLIENTS.md: {difference}").expect("stderr is there");
    }
}

/// What a run has of the cases of the profile; nothing, where nobody came by its name.
fn of_run(lab: &Lab, run: &str) -> impl Iterator<Item = CaseView> {
    let view = lab.view(run, Profile::Standard, Instant::now());
    view.into_iter().flat_map(|view| view.cases)
}

fn kind(case: &CaseView) -> &str {
    case.verdict.as_ref().map_or("", |verdict| &verdict.kind)
}

/// Opens an EventSource for each of these, a few at once, until its cases have verdicts.
async fn walk(page: &Page, lab: &Lab, walks: Vec<(String, String)>) {
    let is_judged = |name: &String| {
        let mut own = of_run(lab, name).filter(|case| match &**name {
            TOUR => case.in_tour,
            id => case.id == id,
        });
        let first = own.next();
        first.is_some_and(|first| own.chain([first]).all(|case| case.verdict.is_some()))
    };
    let (mut open, mut left) = (Vec::<String>::new(), walks.into_iter());
    loop {
        while open.len() < AT_ONCE
            && let Some((name, url)) = left.next()
        {
            let (key, url) = (json!(name), json!(url));
            let script = format!("(window.walks ??= {{}})[{key}] = new EventSource({url});");
            page.js(&script).await.expect("the page runs scripts");
            open.push(name);
        }
        if open.is_empty() {
            return;
        }
        wait_at_most(LONGEST, "a verdict", async || {
            ensure(open.iter().any(is_judged), format!("{open:?}"))
        })
        .await;
        let (judged, others): (Vec<_>, Vec<_>) = open.into_iter().partition(is_judged);
        open = others;
        for name in judged {
            let script = format!("window.walks[{}].close();", json!(name));
            page.js(&script).await.expect("the page runs scripts");
        }
    }
}
