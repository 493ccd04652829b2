//! Real browsers, on the page and the streams that the app serves: Chromium and Firefox do all of
//! this alike.

#[path = "support/lab_table.rs"]
mod lab_table;
mod support;

use sse_server::{Config, Server, Tokens};
use support::app::App;
use support::cut::Cut;
use support::desktop::Desktop;
use support::engine::{self, Engine};
use support::front_end;
use support::page::Page;
use support::wait::{ensure, wait_for};
use support::webdriver::{self, Session};
use support::{http, lab, outcomes, sandbox, story, walk};

#[tokio::test]
async fn chromium_shows_the_streams() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    the_page_shows_the_streams(session, app.port, "Chrom").await;
}

#[tokio::test]
async fn firefox_shows_the_streams() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::firefox(&desktop).await;
    the_page_shows_the_streams(session, app.port, "Firefox").await;
}

#[tokio::test]
async fn chromium_publishes_to_a_topic_and_hears_it() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    the_page_publishes(session, app.port).await;
}

#[tokio::test]
async fn chromium_follows_a_client_that_goes_and_comes_back() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    the_page_follows_a_client(&desktop, session, app.port).await;
}

#[tokio::test]
async fn firefox_follows_a_client_that_goes_and_comes_back() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::firefox(&desktop).await;
    the_page_follows_a_client(&desktop, session, app.port).await;
}

#[tokio::test]
async fn chromium_is_broken_by_hand_and_comes_back() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    the_page_breaks_a_client(session, app.port).await;
}

#[tokio::test]
async fn firefox_is_broken_by_hand_and_comes_back() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::firefox(&desktop).await;
    the_page_breaks_a_client(session, app.port).await;
}

/// Whoever looks at the page in a browser can have that browser judged, and rows that get their
/// verdicts push nothing aside.
#[tokio::test]
async fn chromium_walks_the_lab_and_sees_what_came_of_it() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    let page = &session.page;
    page.goto(&format!("http://localhost:{}/", app.port)).await;
    page.until_phase("running").await;
    let place = async {
        lab::a_page_walks(page, "chromium-").await;
        lab::a_case_is_tried_again(page).await;
        lab::a_second_address_is_opened_for_others(page).await;
        lab::two_runs_are_compared(page, app.port).await;
        until_still(page, "a tour that is walked").await;
    };
    // Both wait for verdicts most of the time, so they wait together.
    let other = webdriver::chromium(&desktop).await;
    tokio::join!(place, lab::its_page_walks(&other.page, app.port));
    other.close().await;
    session.close().await;
}

#[tokio::test]
async fn firefox_walks_the_lab_and_sees_what_came_of_it() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::firefox(&desktop).await;
    let page = &session.page;
    page.goto(&format!("http://localhost:{}/", app.port)).await;
    page.until_phase("running").await;
    let place = async {
        lab::a_page_walks(page, "firefox-").await;
        lab::a_case_is_tried_again(page).await;
    };
    let other = webdriver::firefox(&desktop).await;
    tokio::join!(place, lab::its_page_walks(&other.page, app.port));
    other.close().await;
    session.close().await;
}

#[tokio::test]
async fn chromium_is_judged_in_the_lab() {
    let desktop = Desktop::start().await;
    it_is_judged_in_the_lab(webdriver::chromium(&desktop).await, "Chromium", "Chrome/").await;
}

#[tokio::test]
async fn firefox_is_judged_in_the_lab() {
    let desktop = Desktop::start().await;
    it_is_judged_in_the_lab(webdriver::firefox(&desktop).await, "Firefox", "Firefox/").await;
}

/// No web page may make the app fetch a URL, so in a browser there is nothing to fill in.
#[tokio::test]
async fn chromium_is_told_where_any_url_can_be_watched() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    let page = &session.page;
    page.goto(&format!("http://localhost:{}/", app.port)).await;
    page.until_phase("running").await;
    page.visit("watch").await;
    page.until_text(
        "watch-place .elsewhere",
        "No web page may make the app fetch",
    )
    .await;
    let line = format!("sse watch --diagnose http://localhost:{}/endless", app.port);
    page.until_text("watch-place .elsewhere code", &line).await;
    assert!(!page.shows("watch-place input").await);
    session.close().await;
}

#[tokio::test]
async fn chromium_gives_the_page_a_token() {
    let desktop = Desktop::start().await;
    the_page_is_given_a_token(webdriver::chromium(&desktop).await).await;
}

#[tokio::test]
async fn chromium_shows_the_engine_that_goes_and_comes() {
    let desktop = Desktop::start().await;
    the_page_shows_the_engine(webdriver::chromium(&desktop).await).await;
}

#[tokio::test]
async fn firefox_shows_the_engine_that_goes_and_comes() {
    let desktop = Desktop::start().await;
    the_page_shows_the_engine(webdriver::firefox(&desktop).await).await;
}

#[tokio::test]
async fn firefox_publishes_to_a_topic_and_hears_it() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::firefox(&desktop).await;
    the_page_publishes(session, app.port).await;
}

#[tokio::test]
async fn chromium_on_a_front_end_under_development_reads_a_stream() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    a_front_end_reads_a_stream(session, app.port).await;
}

#[tokio::test]
async fn firefox_on_a_front_end_under_development_reads_a_stream() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::firefox(&desktop).await;
    a_front_end_reads_a_stream(session, app.port).await;
}

#[tokio::test]
async fn chromium_runs_no_script_of_an_answer_that_a_fault_chose() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    sandbox::an_answer_reaches_nothing(&session.page, app.port).await;
    session.close().await;
}

#[tokio::test]
async fn firefox_runs_no_script_of_an_answer_that_a_fault_chose() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::firefox(&desktop).await;
    sandbox::an_answer_reaches_nothing(&session.page, app.port).await;
    session.close().await;
}

#[tokio::test]
async fn a_foreign_origin_gets_no_stream() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    for origin in ["http://front.example", "http://localhost.evil.com", "null"] {
        let answer = http::get(app.port, "/endless", &[&format!("Origin: {origin}")])
            .await
            .expect("the server answers");
        assert_eq!(answer.status, 403, "{origin}");
        assert!(
            !answer.head.contains("access-control-allow-origin"),
            "{origin}: {}",
            answer.head
        );
        assert!(!answer.body.contains("data:"), "{origin}: {}", answer.body);
    }
}

#[tokio::test]
async fn chromium_does_what_the_table_says() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    it_does_what_the_table_says(session, app.port, "Chromium").await;
}

#[tokio::test]
async fn firefox_does_what_the_table_says() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::firefox(&desktop).await;
    it_does_what_the_table_says(session, app.port, "Firefox").await;
}

/// A first load moved what was drawn by 0.53: the streams came when the state was heard and pushed
/// all the rest down, and in the table each client that came pushed the others.
#[tokio::test]
async fn chromium_sees_nothing_pushed_aside() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    let page = &session.page;
    page.goto(&format!("http://localhost:{}/", app.port)).await;
    page.until_phase("running").await;
    until_still(page, "the first load").await;

    let endless = page.panel("/endless");
    endless.toggle().await;
    endless.until_number(12).await;
    page.panel("/numbers").toggle().await;
    page.panel("/numbers").until_state("ended").await;
    until_still(page, "panels that are opened").await;
    for topic in ["/topics/m", "/topics/a", "/topics/z"] {
        http::publish(app.port, topic, "first").await;
        let row = format!("source-list [data-path=\"{topic}\"]");
        page.until_present(&row).await;
    }
    until_still(page, "topics that begin").await;

    page.visit("connections").await;
    let row = |client: &str| {
        format!("connection-table tr[data-stream=\"/endless\"]:has([title=\"{client}\"])")
    };
    let mut clients = Vec::new();
    for n in 0..8 {
        clients.push(http::Stream::running(app.port, &format!("/endless?client=c{n}")).await);
        page.until_present(&row(&format!("c{n}"))).await;
    }
    clients.truncate(4);
    page.until_present("connection-table tr[data-state=\"ended\"][data-stream=\"/endless\"]")
        .await;
    until_still(page, "clients that come and leave").await;
    page.click(&row("c0")).await;
    page.until_present("connection-wire .part").await;
    page.visit("streams").await;
    until_still(page, "a wire, and another place").await;
    session.close().await;
}

/// The timeline keeps the events of one redraw for the next. A run of events that went on into
/// the next block of columns once left a slit there, and a comment lay above or below an event as
/// chance had it.
#[tokio::test]
async fn chromium_draws_the_same_timeline_kept_or_anew() {
    let desktop = Desktop::start().await;
    let app = App::launch(&desktop).await;
    let session = webdriver::chromium(&desktop).await;
    let page = &session.page;
    page.goto(&format!("http://localhost:{}/", app.port)).await;
    page.until_phase("running").await;
    let difference = page.js_async(include_str!("support/same-picture.js")).await;
    let difference = difference.expect("the page runs scripts");
    assert!(difference.is_null(), "{difference}");
    session.close().await;
}

/// Most browsers do not fetch a module again that failed once: the page has to be loaded anew.
#[tokio::test]
async fn chromium_gets_the_places_that_an_outage_kept_from_it() {
    let desktop = Desktop::start().await;
    the_page_gets_all_its_places(webdriver::chromium(&desktop).await).await;
}

#[tokio::test]
async fn firefox_gets_the_places_that_an_outage_kept_from_it() {
    let desktop = Desktop::start().await;
    the_page_gets_all_its_places(webdriver::firefox(&desktop).await).await;
}

/// What the page was moved by until now, by the browser's own account, is next to nothing.
async fn until_still(page: &Page, what: &str) {
    let script = "const done = arguments[0];
        let moved = 0;
        const add = (entries) => { for (const entry of entries) if (!entry.hadRecentInput) moved += entry.value; };
        const observer = new PerformanceObserver((list) => add(list.getEntries()));
        observer.observe({ type: 'layout-shift', buffered: true });
        requestAnimationFrame(() => requestAnimationFrame(() => { add(observer.takeRecords()); done(moved); }));";
    let moved = page.js_async(script).await.expect("the page counts");
    assert!(
        moved.as_f64().is_some_and(|moved| moved < 0.02),
        "{what}: {moved}"
    );
}

async fn the_page_shows_the_streams(session: Session, port: u16, browser: &str) {
    let page = &session.page;
    page.goto(&format!("http://localhost:{port}/")).await;
    page.until_phase("running").await;
    // A browser cannot start or stop the server.
    for act in ["start", "stop"] {
        assert!(
            !page
                .shows(&format!("status-bar button[data-act=\"{act}\"]"))
                .await,
            "{act}"
        );
    }

    let finite = page.panel("/numbers");
    finite.toggle().await;
    let endless = page.panel("/endless");
    endless.toggle().await;
    endless.until_state("open").await;
    finite.until_state("ended").await;
    finite.until_words("ended by the server").await;
    finite.until_data(&["1", "2", "3", "4", "5"]).await;
    endless.until_number(3).await;

    // The browser sees itself in the table.
    page.visit("connections").await;
    let own = "connection-table tr[data-state=\"open\"][data-stream=\"/endless\"]";
    page.until_text(&format!("{own} [data-col=\"program\"]"), browser)
        .await;
    page.visit("streams").await;

    endless.toggle().await;
    endless.until_state("stopped").await;
    http::until_nobody_is_connected(port).await;
    session.close().await;
}

async fn the_page_follows_a_client(desktop: &Desktop, session: Session, port: u16) {
    let page = &session.page;
    page.goto(&format!("http://localhost:{port}/")).await;
    page.until_phase("running").await;
    story::a_client_goes_and_comes_back(desktop, page, port).await;
    session.close().await;
}

/// From a page of another origin, as most are that read a stream. `version` is what stands before
/// the version in what the browser calls itself.
async fn it_is_judged_in_the_lab(session: Session, name: &str, version: &str) {
    let front_end = front_end::serve_with(|_| "<!doctype html>".to_owned()).await;
    let page = &session.page;
    page.goto(&format!("http://localhost:{front_end}/")).await;
    let agent = page.js("return navigator.userAgent;").await;
    let agent = agent.expect("the page runs scripts").to_string();
    let (_, behind) = agent
        .split_once(version)
        .expect("its version is in its name");
    let major = behind.split('.').next().unwrap_or_default();
    lab_table::is_beside_the_table(page, &format!("{name} {major}")).await;
    session.close().await;
}

/// From a front end under development, so that CORS is in play.
async fn it_does_what_the_table_says(session: Session, port: u16, browser: &str) {
    let front_end = front_end::serve_with(|_| "<!doctype html>".to_owned()).await;
    let page = &session.page;
    page.goto(&format!("http://localhost:{front_end}/")).await;
    outcomes::are_in_the_table(page, port, browser).await;
    session.close().await;
}

async fn the_page_breaks_a_client(session: Session, port: u16) {
    let page = &session.page;
    page.goto(&format!("http://localhost:{port}/")).await;
    page.until_phase("running").await;
    walk::breaking(page, port).await;
    session.close().await;
}

/// Somebody else publishes, so the topic begins and stands in the list. It is opened there: what is
/// kept arrives. The page publishes: it hears its own event, and so does the other client. An event
/// under a name that nobody has used yet is heard too.
async fn the_page_publishes(session: Session, port: u16) {
    let page = &session.page;
    page.goto(&format!("http://localhost:{port}/")).await;
    page.until_phase("running").await;
    http::publish(port, "/topics/news", "first").await;
    let mut other = http::Stream::open(port, "/topics/news?lastEventId=earliest").await;
    other.until_line("data: first").await;

    page.choose("/topics/news").await;
    let topic = page.panel("/topics/news");
    topic.until_state("open").await;
    topic.until_data(&["first"]).await;
    topic.publish("from the page", "").await;
    topic.until_answer("to 2 subscribers").await;
    topic.until_data(&["first", "from the page"]).await;
    other.until_line("data: from the page").await;
    http::publish(port, "/topics/news?event=price", "12.5").await;
    topic.until_data(&["first", "from the page", "12.5"]).await;

    // The server's own sentence, in place.
    topic.publish("x", "gap").await;
    topic.until_answer("choose another name").await;
    session.close().await;
}

/// A page from another port of this machine, as a dev server would serve it.
async fn a_front_end_reads_a_stream(session: Session, port: u16) {
    let url = front_end::serve(&format!("http://localhost:{port}/numbers?every=50ms")).await;
    let page = &session.page;
    page.goto(&url).await;
    page.until_text("#seen", "1 2 3 4 5").await;
    // It closes at the first error after the end, and what it had received stays as it was.
    page.until_text("#state", "closed").await;
    page.until_text("#seen", "1 2 3 4 5").await;
    session.close().await;
}

/// Of a node that shares its topics with others.
async fn the_page_shows_the_engine(session: Session) {
    let mut engine = Engine::start().await;
    let node = engine.node("a").await;
    let port = node.status().borrow().port;
    let page = &session.page;
    page.goto(&format!("http://localhost:{port}/")).await;
    page.until_phase("running").await;
    engine::comes_and_goes(page, &mut engine).await;
    session.close().await;
    node.stop().await;
}

/// A server that wants tokens, whose page is of no use until a person gives it one.
async fn the_page_is_given_a_token(session: Session) {
    const TOKEN: &str = "publish-0123456789abcdef";
    let folder = tempfile::tempdir().expect("a folder for the test");
    let file = folder.path().join("tokens");
    std::fs::write(&file, TOKEN).expect("written");
    let server = Server::new(Config {
        port: 0,
        tokens: Tokens {
            publish: Some(file.clone()),
            subscribe: Some(file),
        },
        ..Config::default()
    });
    let server = server.await.expect("a sound configuration");
    server.start().await.expect("a free port");
    let port = server.status().borrow().port;

    let page = &session.page;
    page.goto(&format!("http://localhost:{port}/")).await;
    page.until_phase("unreachable").await;
    page.until_text("status-bar .message", "needs a token")
        .await;
    page.click("status-bar [data-act=token]").await;
    page.fill("token-dialog input", "short").await;
    page.click("token-dialog [data-act=apply]").await;
    page.until_text("token-dialog .message", "at least 16")
        .await;
    page.fill("token-dialog input", TOKEN).await;
    page.click("token-dialog [data-act=apply]").await;
    page.until_phase("running").await;

    let finite = page.panel("/numbers");
    finite.toggle().await;
    finite.until_data(&["1", "2", "3", "4", "5"]).await;
    page.open_topic("news").await;
    let topic = page.panel("/topics/news");
    topic.until_state("open").await;
    topic.publish("from the page", "").await;
    topic.until_data(&["from the page"]).await;
    session.close().await;
    server.stop().await;
}

/// The server goes in the moment in which the page fetches the places that nobody sees at first.
async fn the_page_gets_all_its_places(session: Session) {
    let server = Server::new(Config {
        port: 0,
        ..Config::default()
    });
    let server = server.await.expect("a sound configuration");
    server.start().await.expect("a free port");
    let cut = Cut::before(server.status().borrow().port, "/page/places.js").await;

    let page = &session.page;
    page.goto(&format!("http://localhost:{}/", cut.port)).await;
    cut.until_broken().await;
    page.until_phase("unreachable").await;
    cut.mend();
    wait_for("the page loaded anew", async || {
        let kind = "return performance.getEntriesByType('navigation')[0].type;";
        let kind = page.js(kind).await?;
        ensure(kind == "reload", kind.to_string())
    })
    .await;
    page.until_phase("running").await;
    page.visit("lab").await;
    page.until_present("lab-place button").await;
    session.close().await;
    server.stop().await;
}
