//! The story that the window and a browser walk alike: a second client comes, its wire is read, the
//! server stops and starts, and the client comes back.

use super::desktop::Desktop;
use super::menu::choose;
use super::page::Page;
use super::second_client::SecondClient;
use super::wait::{ensure, wait_for};
use super::{http, port};

const WIRE: &str = "connection-wire";

/// What the wire shows, as the bytes that it stands for.
async fn shown(page: &Page) -> Result<String, String> {
    let bytes = format!("return document.querySelector('{WIRE} .bytes').textContent;");
    let text = page.js(&bytes).await?;
    Ok(text.as_str().unwrap_or_default().to_owned())
}

/// The selector of the client's row that is in this state.
fn row(state: &str) -> String {
    format!("connection-table tr[data-state=\"{state}\"][data-stream=\"/endless\"]")
}

/// 1. A second client comes and stands in the table. 2. Its wire is opened: what it shows is what
///    the client's socket received.
/// 3. The server is stopped from the native menu: the wire is whole, to the last byte. 4. It is
///    started again: the client comes
///    back with the id that it had, and the verdict says so, on both rows, and after its end too.
pub(crate) async fn a_client_goes_and_comes_back(desktop: &Desktop, page: &Page, port: u16) {
    page.visit("connections").await;
    page.until_present("connection-table .nobody").await;
    let mut second = SecondClient::start(port, "/endless?every=50ms", "second").await;
    page.until_text(
        &format!("{} [data-col=\"program\"]", row("open")),
        "second 1.0",
    )
    .await;

    page.click(&format!("{} [data-col=\"stream\"]", row("open")))
        .await;
    until_it_has(page, "\nid: 3\n").await;
    page.until_text(&format!("{WIRE} .events .retry"), "1000 ms")
        .await;
    let asked = format!("{WIRE} .asked .first");
    // Where the window is narrow, the request is folded.
    if !page.shows(&asked).await {
        page.click(&format!("{WIRE} .bar .fold")).await;
    }
    page.until_text(&asked, "GET /endless?every=50ms").await;
    let seen = shown(page).await.expect("the wire is there");
    second.until_length(seen.len()).await;
    let received = String::from_utf8_lossy(second.received());
    assert!(
        received.starts_with(&seen),
        "{received:?} is not {seen:?} and more"
    );
    assert!(seen.starts_with("HTTP/1.1 200 OK\r\n"), "{seen:?}");

    second.until_ids(7).await;
    choose(desktop, "Server", "Stop Server");
    second.until_end().await;
    let had = second.last_id().to_owned();
    let received = String::from_utf8(second.received().to_owned()).expect("it is text");
    if page.is_window().await {
        page.until_text(&format!("{WIRE} .standing"), "stopped")
            .await;
        until_it_shows(page, &received).await;
        it_is_saved(desktop, page, received.as_bytes()).await;
    }
    wait_for("a free port", async || {
        ensure(port::is_free(port), "it is taken")
    })
    .await;

    choose(desktop, "Server", "Start Server");
    http::until_it_answers(port).await;
    // A page that is served by the server that was away can ask again now.
    until_it_shows(page, &received).await;
    second.come_back().await;
    second.until_ids(1).await;
    let back = format!("{} [data-col=\"back\"]", row("open"));
    page.until_text(&back, "nothing lost").await;
    page.until_text(
        &format!("{WIRE} .verdict[data-of=\"end\"]"),
        "came back after",
    )
    .await;
    page.click(&format!(
        "{WIRE} .verdict[data-of=\"end\"] [data-act=\"other\"]"
    ))
    .await;
    page.until_text(
        &format!("{WIRE} .verdict[data-of=\"beginning\"]"),
        &format!("(retry 1.00 s) with id {had}, nothing lost"),
    )
    .await;
    let next: u64 = had.parse::<u64>().expect("a number") + 1;
    until_it_has(page, &format!("\nid: {next}\ndata: {next}\n")).await;

    drop(second);
    it_stays_marked(page).await;
}

/// A row that is history is grey, and was so with what its client lost, or that it never came back.
async fn it_stays_marked(page: &Page) {
    let ended = row("ended");
    page.until_present(&format!("{ended} [data-rank=\"whole\"]"))
        .await;
    let colours = format!(
        "return ['[data-rank=\"whole\"]', '[data-col=\"stream\"]'].map((cell) =>
            getComputedStyle(document.querySelector(`{ended} ${{cell}}`)).color);"
    );
    let colours = page.js(&colours).await.expect("both are there");
    assert_ne!(colours[0], colours[1]);
}

/// The window writes both sides to a file among the person's downloads; there is no such folder
/// here, so that it is their home.
async fn it_is_saved(desktop: &Desktop, page: &Page, wire: &[u8]) {
    page.click(&format!("{WIRE} [data-act=\"save-wire\"]"))
        .await;
    page.until_text(
        &format!("{WIRE} .told"),
        "saved to ~/connection-1-endless.http",
    )
    .await;
    let saved = std::fs::read(desktop.home().join("connection-1-endless.http"));
    let saved = saved.expect("it is there");
    let response = format!("### Response, {} bytes from byte 0 on\n", wire.len());
    let both = [response.as_bytes(), wire].concat();
    assert!(
        saved.starts_with(b"### Request #1, ") && saved.ends_with(&both),
        "other bytes were saved: {}",
        String::from_utf8_lossy(&saved)
    );
    let request = String::from_utf8_lossy(&saved);
    assert!(request.contains("\nGET /endless"), "{request}");
}

async fn until_it_has(page: &Page, wanted: &str) {
    wait_for(&format!("{wanted:?} on the wire"), async || {
        let seen = shown(page).await?;
        ensure(seen.contains(wanted), seen)
    })
    .await;
}

async fn until_it_shows(page: &Page, wire: &str) {
    wait_for("all of the wire", async || {
        let seen = shown(page).await?;
        ensure(seen == wire, format!("{seen:?} is not {wire:?}"))
    })
    .await;
}
