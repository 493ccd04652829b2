//! The story of breaking that the window and a browser walk alike: a client is cut in the middle of
//! an event by a press and comes back, is answered 503 and stays away, and another one that backs
//! off gets through. The clients are those of the browser itself.

use serde_json::{Value, json};

use super::http;
use super::page::Page;
use super::wait::{ensure, wait_for};

const WIRE: &str = "connection-wire";

/// An EventSource that keeps what it saw.
const EVENT_SOURCE: &str = r#"
    const seen = { ids: [], errors: 0 };
    const source = new EventSource("URL");
    source.onmessage = ({ lastEventId }) => seen.ids.push(Number(lastEventId));
    source.onerror = () => (seen.errors += 1);
    window.walk = { source, seen };
    return true;"#;

/// A client over `fetch` that asks again later each time.
const BACKS_OFF: &str = r#"
    window.backsOff = { statuses: [], text: "" };
    (async () => {
      for (let pause = 100; ; pause *= 2) {
        const answer = await fetch("URL");
        window.backsOff.statuses.push(answer.status);
        if (answer.ok) {
          window.backsOff.text = await answer.text();
          return;
        }
        await new Promise((later) => setTimeout(later, pause));
      }
    })();
    return true;"#;

/// 1. A client runs. 2. A press in its wire cuts it in the middle of an event: it comes back with
///    the id of the last whole one, and the wire, the table and the timeline say so. 3. Its next
///    request is answered 503: it stays away, as the standard says. 4. A client that backs off is
///    refused twice and then gets everything. 5. All is healed.
pub(crate) async fn breaking(page: &Page, port: u16) {
    let url = format!("http://localhost:{port}/endless?every=100ms&client=walk");
    run(page, EVENT_SOURCE, &url).await;
    page.visit("connections").await;
    until_it_saw(page, 5).await;
    let row = |state: &str| {
        format!("connection-table tr[data-state=\"{state}\"][data-stream=\"/endless\"]")
    };
    page.click(&format!("{} [data-col=\"stream\"]", row("open")))
        .await;
    page.click(&format!("{WIRE} break-bar [data-do=\"cut,half\"]"))
        .await;

    // It lost nothing, and half an event is none.
    let cut = ended(port, 1).await;
    let last = cut["last_id"]
        .as_str()
        .expect("it was sent some")
        .to_owned();
    let whole: u64 = last.parse().expect("a number");
    until_it_saw(page, whole + 5).await;
    let ids = seen(page, "ids").await;
    let all: Vec<u64> = (1..=ids.as_array().expect("a list").len() as u64).collect();
    assert_eq!(ids, json!(all));
    page.until_text(&format!("{WIRE} .faults"), "ended it")
        .await;
    let end = format!("{WIRE} .verdict[data-of=\"end\"]");
    page.until_text(&end, "came back after").await;
    page.click(&format!("{end} [data-act=\"other\"]")).await;
    let beginning = format!("{WIRE} .verdict[data-of=\"beginning\"]");
    page.until_text(&beginning, &format!("cut after event {last} by fault"))
        .await;
    page.until_text(&beginning, &format!("with id {last}, nothing lost"))
        .await;
    page.until_text(
        &format!("{} [data-col=\"back\"]", row("open")),
        "nothing lost",
    )
    .await;
    the_timeline_says(page, "#1 ended by the server: fault").await;

    // It is cut again, and refused when it comes back.
    page.click(&format!("{} [data-col=\"stream\"]", row("open")))
        .await;
    page.click(&format!("{WIRE} [data-act=\"refuse-next\"]"))
        .await;
    page.until_text("status-bar .armed", "1 fault armed").await;
    page.click(&format!("{WIRE} [data-do=\"cut\"]")).await;
    wait_for("it gives up", async || {
        let state = page.js("return window.walk.source.readyState;").await?;
        ensure(state == 2, format!("its state is {state}"))
    })
    .await;
    page.until_text(
        &format!("{} [data-col=\"state\"]", row("refused")),
        "refused (503)",
    )
    .await;

    // A client of another kind asks again by itself.
    page.visit("faults").await;
    let fault = "status=503,times=2,client=fetch";
    page.fill("faults-place input[name=\"fault\"]", fault).await;
    page.click("faults-place [data-act=\"arm\"]").await;
    page.until_text("armed-list tr:last-child code", fault)
        .await;
    let url = format!("http://localhost:{port}/numbers?every=1ms&client=fetch");
    run(page, BACKS_OFF, &url).await;
    wait_for("it gets through", async || {
        let seen = page.js("return window.backsOff;").await?;
        ensure(
            seen["statuses"] == json!([503, 503, 200])
                && seen["text"]
                    .as_str()
                    .is_some_and(|text| text.contains("\ndata: 5\n")),
            format!("it saw {seen}"),
        )
    })
    .await;

    page.click("faults-place [data-act=\"heal-all\"]").await;
    page.until_text("faults-place .empty", "Nothing is armed.")
        .await;
    let answer = http::get(port, "/numbers?every=1ms&client=fetch", &[]).await;
    assert_eq!(answer.expect("the server answers").status, 200);
}

async fn run(page: &Page, script: &str, url: &str) {
    let ran = page.js(&script.replace("URL", url)).await;
    ran.expect("the client begins");
}

async fn seen(page: &Page, what: &str) -> Value {
    let seen = page.js(&format!("return window.walk.seen.{what};")).await;
    seen.expect("it runs")
}

async fn until_it_saw(page: &Page, id: u64) {
    wait_for(&format!("event {id}"), async || {
        let ids = page.js("return window.walk.seen.ids.at(-1) ?? 0;").await?;
        ensure(ids.as_u64() >= Some(id), format!("it saw {ids}"))
    })
    .await;
}

/// The row of the connection with this number, once it has ended.
async fn ended(port: u16, id: u64) -> Value {
    let found = async || {
        let rows = http::connections(port).await?;
        let row = rows
            .iter()
            .find(|row| row["id"] == id && row["state"] == "ended");
        row.cloned().ok_or_else(|| format!("it is not in {rows:?}"))
    };
    wait_for("its end", found).await
}

/// What keys come across in the lanes of the timeline, going back in time.
async fn the_timeline_says(page: &Page, words: &str) {
    wait_for("the timeline", async || {
        let said = page
            .js_async(
                "const done = arguments[0];
                const place = document.querySelector('stream-timeline .scroller');
                const press = (key) => place.dispatchEvent(
                    new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }));
                const said = new Set();
                press('Escape');
                press('ArrowDown');
                let left = 100;
                const step = () => {
                    press('ArrowLeft');
                    said.add(document.querySelector('#announcer').textContent);
                    left -= 1;
                    if (left > 0) requestAnimationFrame(step);
                    else done([...said].join('\\n'));
                };
                step();",
            )
            .await?;
        let said = said.as_str().unwrap_or_default();
        ensure(said.contains(words), format!("it says {said}"))
    })
    .await;
}
