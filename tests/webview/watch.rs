//! Streams of others, watched in the window.

use serde_json::json;

use super::support::foreign::{Foreign, MS, NOW, Part, chunk, event, head, last, token};
use super::support::page::Page;
use super::support::settings;
use super::support::wait::{ensure, wait_for};
use super::{http, opened};

const ADDRESS: &str = "watch-place [name=\"url\"]";
const WATCH: &str = "watch-place [data-act=\"watch\"]";
const STATE: &str = "watch-place .state";
const PROBLEM: &str = "watch-place form > .problem";
const EVENTS: &str = "watch-place [data-tab=\"events\"] .badge";

/// Four events in gzip, as one block.
const ZIPPED: &str = "1f8b08000000000002ffcb4cb15230e04a492c49b452a856ca53b232a8e5e2ca040a1a220b1a42\
                      058d90058da082c6c882c64041006a2a6bd554000000";

async fn watch(page: &Page, address: &str) {
    page.fill(ADDRESS, address).await;
    page.click(WATCH).await;
}

/// The rules that found something, each with its level.
async fn found(page: &Page) -> Vec<String> {
    let found = page
        .js(
            "return [...document.querySelectorAll('finding-list > .findings > li')]
            .map(({ dataset }) => `${dataset.level} ${dataset.rule}`);",
        )
        .await;
    serde_json::from_value(found.expect("the page answers")).expect("a list of words")
}

async fn until_found(page: &Page, what: &str, rule: &str) {
    wait_for(&format!("{rule} of {what}"), async || {
        let found = found(page).await;
        ensure(found.iter().any(|it| it == rule), format!("{found:?}"))
    })
    .await;
}

fn zipped() -> Vec<u8> {
    let digits: Vec<u8> = ZIPPED.bytes().collect();
    let byte = |pair: &[u8]| {
        let pair = std::str::from_utf8(pair).expect("ASCII");
        u8::from_str_radix(pair, 16).expect("two digits")
    };
    digits.chunks(2).map(byte).collect()
}

/// What one sees of them is all alike: nothing, or too late.
fn misbehaving() -> Vec<(&'static str, Vec<Part>, &'static str)> {
    let login = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n\
        <html>Log in</html>\n"
        .to_vec();
    let burst = |first: u32| -> Vec<u8> { (first..first + 4).flat_map(event).collect() };
    let split = "id: 1\ndata: 豆\n\n".as_bytes();
    let without_ids: Vec<u8> = (0..20)
        .flat_map(|n| format!("data: {n}\n\n").into_bytes())
        .collect();
    let stream = |parts: Vec<Part>| [vec![(NOW, head(""))], parts, vec![(NOW, last())]].concat();
    vec![
        ("a login page", vec![(NOW, login)], "broken W2"),
        (
            "gzip that is not flushed",
            vec![
                (NOW, head("content-encoding: gzip\r\n")),
                (200 * MS, chunk(&zipped())),
                (NOW, last()),
            ],
            "risky W4",
        ),
        (
            "bursts behind a buffer",
            stream(vec![
                (1100 * MS, chunk(&burst(0))),
                (1100 * MS, chunk(&burst(4))),
            ]),
            "risky W5",
        ),
        (
            "a character that is cut in two",
            stream(vec![
                (NOW, chunk(&split[..13])),
                (50 * MS, chunk(&split[13..])),
            ]),
            "risky W18",
        ),
        (
            "an unfinished tail",
            stream(vec![(NOW, chunk(b"id: 1\ndata: 1\n\nid: 2\ndata: 2\n"))]),
            "broken W19",
        ),
        (
            "no ids",
            // It goes on, and so there is something to lose.
            vec![
                (NOW, head("")),
                (NOW, chunk(&without_ids)),
                (20_000 * MS, last()),
            ],
            "risky W13",
        ),
        (
            "a model's answer without its end",
            stream(vec![
                (50 * MS, chunk(&token("Hel"))),
                (50 * MS, chunk(&token("lo"))),
            ]),
            "broken W30",
        ),
    ]
}

#[tokio::test]
async fn servers_that_misbehave_are_named_and_a_good_one_is_left_alone() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("watch").await;
    for (what, parts, rule) in misbehaving() {
        let server = Foreign::start(parts);
        watch(page, &server.url).await;
        until_found(page, what, rule).await;
        if rule == "risky W13" {
            page.click(WATCH).await;
            page.until_text(STATE, "stopped after").await;
        }
        assert_eq!(server.requests().len(), 1, "{what}");
    }
    // The last one is the answer of a model, which is joined.
    page.until_text("watch-place .picture > .dialect", "OpenAI chat completions")
        .await;
    page.click("watch-place [data-tab=\"text\"]").await;
    page.until_text("joined-text .parts pre", "Hello").await;
    page.until_text("joined-text .verdict", "truncated").await;

    watch(page, &format!("localhost:{port}/numbers?every=20ms")).await;
    page.until_text(STATE, "ended in order").await;
    page.until_text(EVENTS, "5").await;
    wait_for("nothing above worth knowing", async || {
        let found = found(page).await;
        ensure(found == ["note W28"], format!("{found:?}"))
    })
    .await;
    // Its five events are in the list, its bytes on the wire, and its head beside the request.
    page.click("watch-place [data-tab=\"events\"]").await;
    page.until_text("watch-place event-list .row:last-child .data", "5")
        .await;
    page.click("watch-place [data-tab=\"wire\"]").await;
    page.until_text("watch-wire .kept", "87 bytes kept").await;
    page.until_text("watch-wire .made .retry", "1000 ms").await;
    page.click("watch-place [data-tab=\"exchange\"]").await;
    page.until_text("watch-place .received", "HTTP/1.1 200")
        .await;
    session.close().await;
}

#[tokio::test]
async fn a_finding_opens_what_is_said_of_its_rule_and_second_requests_tell_more() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("watch").await;
    page.click("watch-place [data-act=\"own\"]").await;
    page.until_text(STATE, "open").await;
    page.until_text("#tab-watch .badge", "1").await;
    page.until_text(EVENTS, "3").await;
    page.click(WATCH).await;
    page.until_text(STATE, "stopped after").await;
    until_found(page, "a stream over HTTP/1.1", "note W28").await;
    page.click("finding-list > .findings button").await;
    page.until_text("finding-list .rule", "Level: worth knowing")
        .await;
    page.click("watch-place [data-act=\"again\"]").await;
    // It resumes, and so it is fine; that is said behind the line of what is fine.
    wait_for("what a client gets that comes back", async || {
        let fine = page
            .js(
                "return [...document.querySelectorAll('finding-list .fine li')]
                .map(({ dataset }) => dataset.rule);",
            )
            .await?;
        let rules = fine.as_array().cloned().unwrap_or_default();
        ensure(rules.contains(&json!("W23")), format!("{rules:?}"))
    })
    .await;
    let rows = http::connections(port).await.expect("the server answers");
    let asked: Vec<_> = rows
        .iter()
        .filter(|row| row["stream"] == "/endless")
        .collect();
    assert!(asked.len() >= 2, "it was asked again: {asked:?}");
    session.close().await;
}

/// What `Copy as cURL` of a browser writes, with a secret in it.
#[tokio::test]
async fn a_pasted_line_fills_the_request_and_no_secret_of_it_is_shown_or_kept() {
    let (desktop, session, _port) = opened().await;
    let page = &session.page;
    let server = Foreign::start(vec![
        (NOW, head("")),
        (NOW, chunk(b"id: 1\ndata: 1\n\n")),
        (NOW, last()),
    ]);
    page.visit("watch").await;
    let line = format!(
        "curl '{}/v1/stream?alt=sse&key=hunter2key' -H 'authorization: Bearer hunter2token' \
         -H 'x-mine: hunter2mine' -H 'content-type: application/json' \
         --data-raw '{{\"stream\":true}}' --compressed",
        server.url
    );
    // As a person pastes it, with the line ends that a browser writes.
    let pasted = page
        .js(&format!(
            "const field = document.querySelector('watch-place [name=url]');
            const clipboardData = new DataTransfer();
            clipboardData.setData('text/plain', {});
            field.dispatchEvent(new ClipboardEvent('paste', {{ clipboardData, bubbles: true }}));
            return true;",
            json!(line.replace(" -H", " \\\n  -H"))
        ))
        .await;
    assert_eq!(pasted, Ok(json!(true)));
    page.until_text("watch-place [data-part=\"body\"] .badge", "15 B")
        .await;
    assert_eq!(
        page.value(ADDRESS).await,
        Ok(format!("{}/v1/stream?alt=sse&key=…", server.url))
    );
    page.click(WATCH).await;
    page.until_text(STATE, "ended in order").await;
    page.click("watch-place [data-tab=\"exchange\"]").await;
    page.until_text("watch-place .sent", "authorization: Bearer …")
        .await;
    page.click("watch-place [data-part=\"headers\"]").await;
    let shown = page
        .js(
            "const fields = [...document.querySelectorAll('input:not([type=password]), textarea')];
            const texts = fields.map(({ value }) => value);
            const named = [...document.querySelectorAll('[title], [aria-label]')];
            const names = named.map(({ title, ariaLabel }) => `${title} ${ariaLabel}`);
            return [document.body.textContent, ...texts, ...names].join('\\n');",
        )
        .await
        .expect("the page answers");
    let shown = shown.as_str().expect("a text");
    assert!(!shown.contains("hunter2"), "{shown}");

    // What was sent is what was pasted.
    let requests = server.requests();
    let sent = &requests[0];
    for part in [
        "POST /v1/stream?alt=sse&key=hunter2key HTTP/1.1",
        "authorization: Bearer hunter2token",
        "x-mine: hunter2mine",
        "content-length: 15",
    ] {
        assert!(sent.contains(part), "{part} in {sent}");
    }
    let kept = page
        .js("return JSON.stringify({ ...localStorage });")
        .await
        .expect("the page answers");
    assert!(!kept.to_string().contains("hunter2"), "{kept}");
    let file = std::fs::read_to_string(settings::path(&desktop)).expect("the settings are there");
    assert!(!file.contains("hunter2"), "{file}");
    session.close().await;
}

#[tokio::test]
async fn it_asks_again_as_an_event_source_does_with_its_last_id() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("watch").await;
    page.click("watch-place [data-part=\"connection\"]").await;
    page.click("watch-place [name=\"reconnects\"]").await;
    watch(
        page,
        &format!("localhost:{port}/numbers?every=1ms&fault=cut,half,after=3"),
    )
    .await;
    page.until_text("watch-place event-list", "cut off, reconnected with id 3")
        .await;
    page.until_text(EVENTS, "5").await;
    // Behind the last event there is nothing left to send, and that is the end.
    page.until_text(STATE, "answered 204").await;
    session.close().await;
}

#[tokio::test]
async fn what_cannot_be_watched_is_said_in_a_sentence_and_disturbs_nothing() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("watch").await;
    let no_http = Foreign::start(vec![(NOW, b"220 mail ready\r\n".to_vec())]);
    let nobody = super::free_port();
    for (address, words) in [
        // Its failure is said once, and does not replace what is said later.
        (&*format!("localhost:{nobody}"), "Nothing listens on"),
        ("ftp://h/a", "ftp is not supported"),
        ("http://", "is not a URL"),
        ("http://h:99999/?key=hunter2", "is not a URL"),
        ("http://me:hunter2@localhost/", "leave it out"),
        ("wss://me:hunter2@localhost/", "leave it out"),
        ("curl --form a=b http://h", "--form"),
        (
            "curl -d @/etc/passwd http://h",
            "paste the text of the body",
        ),
        ("http://nobody.invalid/", "is not found"),
        (&no_http.url, "HTTP"),
    ] {
        watch(page, address).await;
        page.until_text(PROBLEM, words).await;
        let said = page.text(PROBLEM).await.expect("it is shown");
        let said = said.trim();
        assert!(said.ends_with('.') && !said.contains("hunter2"), "{said}");
    }
    watch(page, &format!("localhost:{port}/numbers?every=1ms")).await;
    page.until_text(EVENTS, "5").await;
    assert!(!page.shows(PROBLEM).await);
    let kept = page
        .js("return JSON.stringify({ ...localStorage });")
        .await
        .expect("the page answers");
    assert!(!kept.to_string().contains("hunter2"), "{kept}");
    session.close().await;
}

/// It runs in the app: a page that begins anew shows it, and can stop it.
#[tokio::test]
async fn a_watch_goes_on_while_its_page_is_loaded_anew() {
    let (_desktop, session, port) = opened().await;
    let page = &session.page;
    page.visit("watch").await;
    watch(page, &format!("localhost:{port}/endless?every=50ms")).await;
    page.until_text(EVENTS, "5").await;
    page.js("location.reload(); return true;")
        .await
        .expect("it reloads");
    page.until_phase("running").await;
    page.visit("watch").await;
    page.until_text(STATE, "open").await;
    page.until_text(WATCH, "Stop").await;
    // Another address is another watch: the press does not stop this one alone.
    page.fill(ADDRESS, &format!("localhost:{port}/numbers?every=1ms"))
        .await;
    page.click(WATCH).await;
    page.until_text(STATE, "ended in order").await;
    page.until_text(EVENTS, "5").await;
    watch(page, &format!("localhost:{port}/endless?every=50ms")).await;
    page.until_text(STATE, "open").await;
    page.fill(ADDRESS, &format!("localhost:{port}/numbers?every=2ms"))
        .await;
    page.until_text(WATCH, "Watch").await;
    page.click(WATCH).await;
    page.until_text(STATE, "ended in order").await;
    session.close().await;
}

/// A page of anybody could make the program fetch, were there a route.
#[tokio::test]
async fn the_server_has_no_route_to_a_watch() {
    let (_desktop, session, port) = opened().await;
    let victim = Foreign::start(vec![(NOW, head("")), (NOW, last())]);
    for path in ["/api/watch", "/api/watched", "/api/begin_watch", "/watch"] {
        for target in [path.to_owned(), format!("{path}?url={}", victim.url)] {
            let answer = http::get(port, &target, &[]).await.expect("an answer");
            assert_eq!(answer.status, 404, "{target}");
        }
    }
    assert!(victim.requests().is_empty());
    session.close().await;
}

/// A burst fills the list and the wire to their bounds, and the window goes on.
#[tokio::test]
async fn a_burst_is_counted_whole_and_listed_as_far_as_the_list_goes() {
    let (_desktop, session, _port) = opened().await;
    let page = &session.page;
    page.visit("watch").await;
    let all: Vec<u8> = (1..=40_000).flat_map(event).collect();
    let server = Foreign::start(vec![(NOW, head("")), (NOW, chunk(&all)), (NOW, last())]);
    watch(page, &server.url).await;
    page.until_text(EVENTS, "40,000").await;
    page.until_text("watch-place event-list .row:last-child .id", "40000")
        .await;
    page.until_text("watch-place event-list .counts", "2,000 of 40,000 events")
        .await;
    page.click("watch-place [data-tab=\"wire\"]").await;
    page.until_text("watch-wire .kept", "not kept").await;
    session.close().await;
}
