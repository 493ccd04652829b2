//! The place Lab, wherever the page is: its own EventSource walks the tour, and the table fills.
//! And the page of the lab alone, in which a browser reports what it saw.

use std::time::Duration;

use serde_json::{Value, json};

use super::http;
use super::page::Page;
use super::wait::{ensure, wait_at_most, wait_for};

const STATE: &str = "lab-place .state";
const WALK: &str = "lab-place form [data-act=\"walk\"]";
/// Longer than a few cases take, even on a busy machine.
const LONGEST: Duration = Duration::from_secs(60);
const RIGHT: &str = "lab-table tr.case:has([data-col=\"verdict\"] [data-mark=\"right\"])";

/// The page walks, is judged, is looked at, stops, and begins anew. `browser` is what its run is
/// called after.
pub(crate) async fn a_page_walks(page: &Page, browser: &str) {
    page.visit("lab").await;
    page.until_text(STATE, "nobody has come by this name").await;
    page.until_text(
        "lab-place .first [data-line=\"url\"]",
        "/lab/tour/client\")",
    )
    .await;
    page.until_present("lab-table #case-R4 [data-mark=\"open\"]")
        .await;
    page.click("lab-place [data-act=\"walk-first\"]").await;
    page.until_text(STATE, "this page walks, case").await;
    page.until_text("lab-place form .url", &format!("/lab/tour/{browser}"))
        .await;
    page.until_present(RIGHT).await;
    assert!(!page.shows("lab-place .first").await);

    // The case: what was sent to its first request, and the return behind it.
    // Firefox does not scroll to a row, but to a cell of it.
    page.click(&format!("{RIGHT} [data-col=\"name\"]")).await;
    page.until_text("lab-case .verdict", "right").await;
    page.until_text(
        "lab-case .requests > li:first-child .bytes > .part",
        "HTTP/1.1 200",
    )
    .await;
    page.until_text(
        "lab-case .requests > li:first-child .fate",
        "ended by the case",
    )
    .await;
    page.until_text(
        "lab-case .requests > li:last-child .fate",
        "answered by the next case",
    )
    .await;
    page.until_present("case-line rect.end").await;
    what_is_read_stays(page).await;
    page.click("lab-case [data-act=\"close-case\"]").await;
    assert!(!page.shows("lab-case").await);

    page.until_text(WALK, "Stop walking").await;
    page.click(WALK).await;
    page.until_text(WALK, "Walk it in this page").await;
    page.click("lab-place [data-act=\"again\"]").await;
    page.until_text(STATE, "this page walks, case").await;
    page.until_present(RIGHT).await;
    page.click(WALK).await;
}

/// While the table fills, whoever reads in a case stays where they are, and so does what they read.
async fn what_is_read_stays(page: &Page) {
    let scroll = "const body = document.querySelector('lab-case > .body');
        body.scrollTop = body.scrollHeight;
        body.querySelector('.requests > li').dataset.read = '';
        return body.scrollTop;";
    let verdicts = "return document.querySelectorAll(
        'lab-table [data-col=\"verdict\"] [data-mark=\"right\"]').length;";
    let to = page.js(scroll).await.expect("the case is there");
    assert!(to.as_f64() > Some(0.0), "all of it is in view");
    let before = page.js(verdicts).await.expect("the table is there");
    wait_for("two more verdicts", async || {
        let now = page.js(verdicts).await?;
        ensure(
            now.as_u64() >= before.as_u64().map(|before| before + 2),
            now.to_string(),
        )
    })
    .await;
    let seen = "const body = document.querySelector('lab-case > .body');
        return [body.scrollTop, body.querySelector('.requests > [data-read]') !== null];";
    assert_eq!(page.js(seen).await, Ok(json!([to, Value::Bool(true)])));
}

/// The page tries one case twice: each try has its own verdict, and the second is compared with the
/// first.
pub(crate) async fn a_case_is_tried_again(page: &Page) {
    const TRY: &str = "lab-case [data-act=\"walk-case\"]";
    let verdict = |column: &str| {
        format!("lab-table #case-H2 td[data-col=\"{column}\"] [data-mark=\"right\"]")
    };
    page.click("lab-table #case-H2 [data-col=\"name\"]").await;
    page.until_text("lab-case .verdict", "nobody came yet")
        .await;
    page.click(TRY).await;
    page.until_present(&verdict("verdict")).await;
    // It has its verdict, so this page has no more to do.
    page.until_text(WALK, "Walk it in this page").await;
    let first = page.value("lab-place [name=\"client\"]").await;
    let first = first.expect("the run has a name");

    page.click(TRY).await;
    page.until_text("lab-table th[data-col=\"other\"]", &first)
        .await;
    page.until_present(&verdict("other")).await;
    page.until_present(&verdict("verdict")).await;
    let second = page.value("lab-place [name=\"client\"]").await;
    assert_eq!(second, Ok(format!("{first}-try-2")));
    page.until_text(WALK, "Walk it in this page").await;
    // What the page reported stands below its requests.
    page.until_text("lab-case .reports > li:first-child .brought", "H2-start")
        .await;
    page.click("lab-case [data-act=\"close-case\"]").await;
}

/// The window may connect to a second address, so it opens the one that a case begins at.
pub(crate) async fn a_case_of_another_origin_is_tried(page: &Page) {
    page.click("lab-table #case-X1 [data-col=\"name\"]").await;
    page.until_text("lab-case .must", "Come back with the id")
        .await;
    assert!(!page.shows("lab-case [data-act=\"second\"]").await);
    page.click("lab-case [data-act=\"walk-case\"]").await;
    page.until_text("lab-case .own > .url", "http://127.0.0.1:")
        .await;
    // Whether it asks first is its choice.
    let came = "lab-table #case-X1 [data-col=\"verdict\"] :is([data-mark=\"allowed\"], [data-mark=\"right\"])";
    page.until_present(came).await;
    page.click("lab-case [data-act=\"close-case\"]").await;
}

/// A page in a browser may not connect there: it opens the address for others, and says so.
pub(crate) async fn a_second_address_is_opened_for_others(page: &Page) {
    page.click("lab-table #case-R9 [data-col=\"name\"]").await;
    page.until_text("lab-case .hint", "connect a client there")
        .await;
    assert!(!page.shows("lab-case [data-act=\"walk-case\"]").await);
    page.click("lab-case [data-act=\"second\"]").await;
    page.until_text("lab-case .own > .url", "http://127.0.0.1:")
        .await;
    page.click("lab-case [data-act=\"close-case\"]").await;
}

/// Cases that a page walks, each for another kind of report: data, types, an event too few or too
/// many, that it was told to close, and none.
const REPORTED: [&str; 5] = ["E1", "E5", "P26", "R12-open", "S1"];

/// The page of the lab alone walks the cases that its URL names, and the lab judges them by what
/// the browser reports.
pub(crate) async fn its_page_walks(page: &Page, port: u16) {
    let cases = REPORTED.join(",");
    let url = format!("http://localhost:{port}/lab/page?case={cases},R9");
    page.goto(&url).await;
    page.until_text(".problem", "This page cannot walk R9")
        .await;
    page.until_text("button[data-act=\"all\"]", "Walk these cases")
        .await;
    assert!(!page.shows("button[data-act=\"tour\"]").await);
    page.click("button[data-act=\"all\"]").await;
    let standing = wait_at_most(LONGEST, "the end of the walk", async || {
        let words = page.text(".standing").await?;
        ensure(words.contains("done."), &*words)?;
        Ok(words)
    });
    let standing = standing.await;
    assert!(standing.contains("done. 5 right."), "{standing}");

    // What the page shows is what the lab says.
    let (name, _) = standing.split_once(':').expect("its run has a name");
    for id in REPORTED {
        let path = format!("/api/lab/runs/{name}/{id}?profile=standard");
        let answer = http::get(port, &path, &[]).await.expect("the lab answers");
        let answer: Value = serde_json::from_str(&answer.body).expect("JSON");
        let case = &answer["case"];
        assert_eq!(case["verdict"]["kind"], "right", "{id}: {case}");
        let saw = case["saw"].as_array().expect("its reports");
        assert!(!saw.is_empty(), "{id} was reported");
        let types: Vec<_> = saw.iter().map(|report| &report["name"]).collect();
        if id == "E5" {
            assert_eq!(types, ["message", "note", "message", "message"]);
        }
        if id == "R12-open" {
            assert_eq!(saw.last().map(|last| &last["kind"]), Some(&json!("closed")));
        }
    }
}

/// A second client comes once and stays away: its column stands beside the other's.
pub(crate) async fn two_runs_are_compared(page: &Page, port: u16) {
    // The answer breaks, as every one of the tour does.
    _ = http::get(port, "/lab/tour/second", &[]).await;
    page.until_present("lab-place [name=\"other\"]").await;
    // An option is drawn only in a list that is open.
    let option = "lab-place [name=\"other\"] option[value=\"second\"]";
    page.until_attribute(option, "value", "second").await;
    let choose = "const other = document.querySelector('lab-place [name=other]');
        other.value = 'second';
        other.dispatchEvent(new Event('change'));";
    page.js(choose).await.expect("the page runs scripts");
    page.until_text("lab-table th[data-col=\"other\"]", "second")
        .await;
    page.until_present("lab-table td[data-col=\"other\"] [data-mark=\"under way\"]")
        .await;
}
