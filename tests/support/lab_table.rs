//! What a browser does in the lab, beside docs/CLIENTS.md, which says it.

use std::io::Write as _;
use std::time::{Duration, Instant};

use serde_json::json;
use sse_lab::{Case, CaseView, Lab, Profile, Question, Second, Told, cases};
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
    let mut alone: Vec<_> = of_profile.clone().filter(|case| !case.in_tour).collect();
    // The longest are begun first, so that none of them is what all wait for in the end.
    alone.sort_by_key(|case| std::cmp::Reverse(watched(case)));
    // Those that need all connections come last, for nothing else can be walked beside them.
    alone.sort_by_key(|case| case.needs.clients > 1);
    let mut walks = vec![Walk {
        name: TOUR.to_owned(),
        url: format!("{base}/lab/tour/{TOUR}"),
        clients: 1,
    }];
    for case in alone {
        walks.push(Walk::of(case, &lab, &base).await);
    }
    let mut seen = walk(page, &lab, walks).await;
    // What was missed has a URL of its own, too.
    let (missed, judged): (Vec<_>, Vec<_>) = seen.into_iter().partition(is_missed);
    let mut again = Vec::new();
    for view in missed {
        let case = Case::find(&view.id).expect("there is one");
        again.push(Walk::of(case, &lab, &base).await);
    }
    seen = judged;
    seen.extend(walk(page, &lab, again).await);

    let cell = |case: &Case| {
        let seen = seen.iter().find(|seen| seen.id == case.id);
        let verdict = seen.and_then(|seen| seen.verdict.clone());
        let verdict = verdict.expect("it was judged");
        Cell::new(
            format!("{} {}", case.id, case.name),
            verdict.kind,
            verdict.words.unwrap_or_default(),
        )
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

/// What the page opens EventSources for.
struct Walk {
    /// What its run is called.
    name: String,
    url: String,
    /// So many EventSources.
    clients: usize,
}

impl Walk {
    /// That for a case alone. Where it needs a second address, its run gets one.
    async fn of(case: &Case, lab: &Lab, base: &str) -> Self {
        let id = &case.id;
        let second = match case.needs.second {
            Second::Unused => None,
            Second::Redirect | Second::Url => Some(lab.open_second(id).await.expect("an address")),
        };
        let base = match (&second, case.needs.second) {
            (Some(second), Second::Url) => second,
            _ => base,
        };
        Self {
            name: id.clone(),
            url: format!("{base}/lab/case/{id}/{id}"),
            clients: case.needs.clients.max(1),
        }
    }
}

/// For how long a case watches a client, where that is what it is about.
fn watched(case: &Case) -> Duration {
    let times = case.questions[&Profile::Standard].iter();
    let times = times.map(|ask| match &ask.question {
        Question::Leaves(time) | Question::Told(Told::Left(time)) => *time,
        Question::Away { time, .. } | Question::Rate { time, .. } => *time,
        _ => Duration::ZERO,
    });
    times.max().unwrap_or_default()
}

/// Whether its client had left the tour before.
fn is_missed(case: &CaseView) -> bool {
    let verdict = case.verdict.as_ref();
    case.in_tour && verdict.is_some_and(|verdict| verdict.kind == "not reached")
}

/// What the run by this name came to in its cases, once all of them have verdicts.
fn judged(lab: &Lab, name: &str) -> Option<Vec<CaseView>> {
    let view = lab.view(name, Profile::Standard, Instant::now()).ok()?;
    let is_own = |case: &CaseView| match name {
        TOUR => case.in_tour,
        id => case.id == id,
    };
    let own: Vec<_> = view.cases.into_iter().filter(is_own).collect();
    own.iter().all(|case| case.verdict.is_some()).then_some(own)
}

/// Opens EventSources for each of these, a few at once, until its cases have verdicts, and answers
/// those. They are read at once: the lab keeps so many runs, and forgets the oldest.
async fn walk(page: &Page, lab: &Lab, walks: Vec<Walk>) -> Vec<CaseView> {
    let (mut open, mut left) = (Vec::<String>::new(), walks.into_iter().peekable());
    let mut all = Vec::new();
    let mut is_full = false;
    loop {
        while !is_full
            && open.len() < AT_ONCE
            && let Some(next) = left.next_if(|next| next.clients == 1 || open.is_empty())
        {
            is_full = next.clients > 1;
            let (key, url, clients) = (json!(next.name), json!(next.url), next.clients);
            let script = format!(
                "(window.walks ??= {{}})[{key}] =
                    Array.from({{ length: {clients} }}, () => new EventSource({url}));"
            );
            page.js(&script).await.expect("the page runs scripts");
            open.push(next.name);
        }
        if open.is_empty() {
            return all;
        }
        let is_judged = |name: &String| judged(lab, name).is_some();
        wait_at_most(LONGEST, "a verdict", async || {
            ensure(open.iter().any(is_judged), format!("{open:?}"))
        })
        .await;
        let mut others = Vec::new();
        for name in open {
            let Some(cases) = judged(lab, &name) else {
                others.push(name);
                continue;
            };
            all.extend(cases);
            let script = format!(
                "window.walks[{}].forEach((source) => source.close());",
                json!(name)
            );
            page.js(&script).await.expect("the page runs scripts");
        }
        open = others;
        is_full = is_full && !open.is_empty();
    }
}
