//! The place Lab, wherever the page is: its own EventSource walks the tour, and the table fills.

use serde_json::{Value, json};

use super::http;
use super::page::Page;
use super::wait::{ensure, wait_for};

const STATE: &str = "lab-place .state";
const WALK: &str = "lab-place form [data-act=\"walk\"]";
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
    page.click("lab-case [data-act=\"close-case\"]").await;
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
