//! Writes the pictures in `docs/` from the real app. No test of anything: `make screenshots` runs
//! it, and `scripts/screenshots.sh lab` takes those of the lab alone.

mod support;

use std::fs;
use std::path::Path;
use std::time::Duration;

use support::app::window;
use support::desktop::Desktop;
use support::engine::Engine;
use support::foreign::{self, Foreign};
use support::second_client::SecondClient;
use support::wait::{ensure, wait_at_most, wait_for};
use support::webdriver::{self, Session};
use support::{http, menu, settings};
use tokio::sync::Mutex;

/// The default, which is what a reader's own window will say.
const PORT: u16 = 8000;

/// Where docs/SCALE.md has the engine.
const ENGINE: u16 = 6390;

const THEMES: [(&str, &str); 2] = [("Adwaita", "light"), ("Adwaita:dark", "dark")];

/// All windows have the same port, so they are open one after the other.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

#[tokio::test]
async fn the_lab_in_both_themes() {
    let _port = ONE_AT_A_TIME.lock().await;
    for (theme, name) in THEMES {
        let desktop = Desktop::start().await;
        settings::use_port(&desktop, PORT);
        let session = opened(&desktop, theme).await;
        show_the_lab(&session).await;
        session.page.until_drawn().await;
        picture(&desktop, &format!("lab-{name}.png"));
        session.close().await;
    }
}

#[tokio::test]
async fn both_themes_with_both_streams_and_the_connections() {
    let _port = ONE_AT_A_TIME.lock().await;
    for (theme, name) in THEMES {
        let desktop = Desktop::start().await;
        settings::use_port(&desktop, PORT);
        let session = opened(&desktop, theme).await;
        show_streams(&session).await;
        session.page.until_drawn().await;
        picture(&desktop, &format!("window-{name}.png"));
        show_a_topic(&session).await;
        session.page.until_drawn().await;
        picture(&desktop, &format!("topics-{name}.png"));
        // A third client, as one would run it in a terminal.
        let mut curl = http::Stream::open_as(PORT, "/endless", "curl/8.5.0").await;
        curl.until_line("data: 3").await;
        session.page.visit("connections").await;
        session
            .page
            .until_text(
                "connection-table tr[data-state=\"open\"] [data-col=\"program\"]",
                "curl",
            )
            .await;
        session.page.until_drawn().await;
        picture(&desktop, &format!("connections-{name}.png"));
        let client = show_a_wire(&session).await;
        session.page.until_drawn().await;
        picture(&desktop, &format!("wire-{name}.png"));
        drop(client);
        show_a_watch(&session).await;
        session.page.until_drawn().await;
        picture(&desktop, &format!("watch-{name}.png"));
        session.close().await;
        picture_of_the_timeline(theme, &format!("timeline-{name}.png")).await;
        picture_of_the_nodes(theme, &format!("nodes-{name}.png")).await;
    }
}

/// The app in this theme, its server running. The pointer is out of the way: where it lay, a
/// tooltip came, and was a black spot in the picture.
async fn opened(desktop: &Desktop, theme: &str) -> Session {
    let mut driver = desktop.command("tauri-driver");
    driver.env("GTK_THEME", theme);
    // A node is called after its machine.
    driver.env("HOSTNAME", "desk");
    let session = webdriver::webview_of(desktop, driver, support::app::PROGRAM, &[]).await;
    session.page.until_phase("running").await;
    menu::point(desktop, 0, 0);
    session
}

/// An outage of the server in the timeline: a client that comes back as it should, one that comes
/// back without its id, and one that says that it has what it never got.
async fn picture_of_the_timeline(theme: &str, name: &str) {
    let desktop = Desktop::start().await;
    settings::use_port(&desktop, PORT);
    let session = opened(&desktop, theme).await;
    let page = &session.page;
    page.visit("connections").await;
    let mut dashboard = SecondClient::start(PORT, "/endless?every=500ms", "dashboard").await;
    let widget = "/json?client=prices-widget";
    let before = http::Stream::open(PORT, widget).await;
    let mut feed = http::Stream::open(PORT, "/endless?client=feed&every=400ms").await;
    feed.until_line("data: 20").await;
    page.press("stop").await;
    page.until_phase("stopped").await;
    dashboard.until_end().await;
    drop((before, feed));
    tokio::time::sleep(Duration::from_secs(3)).await;
    page.press("start").await;
    page.until_phase("running").await;
    tokio::time::sleep(Duration::from_millis(700)).await;
    dashboard.come_back().await;
    let _widget = http::Stream::open(PORT, widget).await;
    let _feed = http::Stream::open(PORT, "/endless?client=feed&every=400ms&lastEventId=23").await;
    page.click("first-minute [data-act=\"dismiss\"]").await;
    for _ in 0..2 {
        page.click("stream-timeline [data-act=\"in\"]").await;
    }
    dashboard.until_ids(24).await;
    page.until_drawn().await;
    picture(&desktop, name);
    session.close().await;
}

/// Topics on an engine that two more nodes share: what is published on them arrives in the window.
async fn picture_of_the_nodes(theme: &str, name: &str) {
    let desktop = Desktop::start().await;
    let engine = Engine::on(ENGINE).await;
    let (a, b) = (engine.node("a").await, engine.node("b").await);
    let on = format!("[topics]\non = \"{}\"\n", engine.url());
    let text = format!("port = {PORT}\nstart_at_launch = true\n{on}");
    settings::write(&desktop, &text);
    settings::write_streams(
        &desktop,
        "[[stream]]\npath = \"/numbers\"\ntitle = \"Finite stream\"\ncount = 5\n",
    );
    let session = opened(&desktop, theme).await;
    let page = &session.page;
    page.open_topic("orders").await;
    let topic = page.panel("/topics/orders");
    topic.until_state("open").await;
    for number in 1..=6 {
        let node = if number % 2 == 0 { &a } else { &b };
        let port = node.status().borrow().port;
        let path = format!("/topics/orders?id=order-{number}");
        let data = format!("{{\"order\":{number},\"state\":\"paid\"}}");
        http::publish(port, &path, &data).await;
    }
    page.until_text("engine-line .words", "3 nodes").await;
    page.click("engine-line summary").await;
    page.until_text("engine-line dl", "(this one), a, b").await;
    wait_for("the events", async || {
        let data = topic.data().await?;
        ensure(data.len() == 6, format!("{data:?}"))
    })
    .await;
    assert!(!page.shows("engine-line .problems").await, "all is well");
    // New rows are marked for a moment.
    tokio::time::sleep(Duration::from_secs(1)).await;
    page.until_drawn().await;
    picture(&desktop, name);
    session.close().await;
    a.stop().await;
    b.stop().await;
}

/// The finite stream done, the endless one under way.
async fn show_streams(session: &Session) {
    let endless = session.page.panel("/endless");
    endless.toggle().await;
    let finite = session.page.panel("/numbers");
    finite.toggle().await;
    finite.until_state("ended").await;
    endless.until_number(12).await;
}

/// The wire of a client that went and came back, on the stream with every kind of line.
///
/// The client is the answer: it stays as long as it is kept.
async fn show_a_wire(session: &Session) -> SecondClient {
    let mut client = SecondClient::start(PORT, "/every-line?every=300ms", "dashboard").await;
    client.until_ids(2).await;
    client.leave();
    client.come_back().await;
    client.until_ids(2).await;
    let page = &session.page;
    let row = "connection-table tr[data-stream=\"/every-line\"]";
    page.until_text(&format!("{row} [data-col=\"back\"]"), "nothing lost")
        .await;
    page.click(&format!("{row} [data-col=\"stream\"]")).await;
    page.until_text(
        "connection-wire .verdict[data-of=\"beginning\"]",
        "nothing lost",
    )
    .await;
    page.until_present("connection-wire .events .event").await;
    // As one moves the bars who wants to see the wire.
    let moves = "for (const bar of document.querySelectorAll('#place-connections split-bar'))
        bar.dispatchEvent(new KeyboardEvent('keydown', { key: 'Home' }));";
    page.js(moves).await.expect("there are bars");
    client
}

/// The webview walks the tour, and one of its cases is open.
async fn show_the_lab(session: &Session) {
    let page = &session.page;
    page.visit("lab").await;
    page.click("lab-place [data-act=\"walk-first\"]").await;
    let whole = Duration::from_secs(120);
    wait_at_most(whole, "the end of the tour", async || {
        let words = page.text("lab-place .state").await?;
        ensure(words.contains("through"), words)
    })
    .await;
    page.click("lab-table #case-P12 [data-col=\"name\"]").await;
    page.until_present("case-line rect.end").await;
}

/// An answer of a model behind a buffer, which is cut off before its end.
async fn show_a_watch(session: &Session) {
    const WORDS: &str = "The quick answer is that a buffer somewhere between you and the model \
                         collects what it should pass on at once so that words come in bursts";
    let ms = Duration::from_millis(1);
    let mut parts = vec![(300 * ms, foreign::head(""))];
    for (number, word) in WORDS.split(' ').cycle().take(120).enumerate() {
        let number = number as u32;
        let pause = match number {
            0 => 200 * ms,
            number if number % 24 == 0 => 1200 * ms,
            36..60 => ms,
            number => (20 + number * 7919 % 60) * ms,
        };
        parts.push((pause, foreign::chunk(&foreign::token(&format!(" {word}")))));
    }
    let server = Foreign::start(parts);
    let page = &session.page;
    page.visit("watch").await;
    let line = format!(
        "curl -N {}/v1/chat/completions -H 'Authorization: Bearer sk-example-0123456789' \
         -H 'Content-Type: application/json' --data-raw '{{\"stream\":true}}'",
        server.url
    );
    page.fill("watch-place [name=url]", &line).await;
    page.click("watch-place [data-act=watch]").await;
    page.until_text("watch-place .state", "cut off").await;
}

/// A topic that somebody else feeds, with what was published here beneath it.
async fn show_a_topic(session: &Session) {
    for (path, data) in [
        (
            "/topics/builds",
            "{\"commit\":\"8f2a1c\",\"state\":\"passed\"}",
        ),
        ("/topics/prices?event=price", "{\"of\":\"tea\",\"is\":3.2}"),
        ("/topics/news", "Ferries are running again"),
        ("/topics/news", "Bridge closed until noon"),
        ("/topics/news?event=weather", "{\"wind\":7,\"from\":\"NW\"}"),
    ] {
        http::publish(PORT, path, data).await;
    }
    session.page.open_topic("news").await;
    let topic = session.page.panel("/topics/news");
    topic.until_state("open").await;
    topic.publish("Bridge open", "").await;
    topic.until_answer("to 1 subscriber").await;
    wait_for("the event and the figures", async || {
        let data = topic.data().await?;
        ensure(data.len() == 4, format!("{data:?}"))
    })
    .await;
    session
        .page
        .until_text("source-list [data-path=\"/topics/news\"] .words", "4 kept")
        .await;
}

/// The window with its menu bar, without the window manager's frame.
fn picture(desktop: &Desktop, name: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    fs::create_dir_all(&folder).expect("docs/ can be made");
    let path = folder.join(name);
    let id = format!("{:#x}", window(desktop).expect("the window is there").id);
    let said = desktop.ask(
        "import",
        &["-window", &id, "-strip", &path.to_string_lossy()],
    );
    assert!(path.is_file(), "no picture: {said}");
}
