//! A real engine of topics that nodes share: `redis-server`, which a test stops and starts. And
//! what the page says meanwhile.

use std::net::TcpStream;
use std::sync::Arc;

use sse_redis::{Keep, RedisEngine};
use sse_server::{Config, Server, TopicConfig};
use tempfile::TempDir;

use super::page::Page;
use super::port::free_port;
use super::process::{self, Process};
use super::wait::{ensure, wait_for};

/// What it wants to be told. Nothing shows it.
const PASSWORD: &str = "sesame-open";

/// `redis-server`, killed with the test.
#[derive(Debug)]
pub(crate) struct Engine {
    process: Option<Process>,
    port: u16,
    folder: TempDir,
}

impl Engine {
    /// Starts one on a free port.
    pub(crate) async fn start() -> Self {
        Self::on(free_port()).await
    }

    /// Starts one on this port, and waits until it listens.
    pub(crate) async fn on(port: u16) -> Self {
        let mut engine = Self {
            process: None,
            port,
            folder: TempDir::new().expect("there is room for temporary files"),
        };
        engine.run().await;
        engine
    }

    /// Another process takes the place of the one that was killed. It knows nothing of before.
    pub(crate) async fn run(&mut self) {
        let mut command = process::command("redis-server");
        command
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--requirepass", PASSWORD])
            .current_dir(self.folder.path());
        self.process = Some(Process::start(&mut command, "redis", self.folder.path()));
        wait_for("redis-server", async || {
            let connected = TcpStream::connect(("127.0.0.1", self.port));
            connected.map(drop).map_err(|error| error.to_string())
        })
        .await;
    }

    /// It is gone, as if its machine had been switched off.
    pub(crate) fn kill(&mut self) {
        self.process = None;
    }

    /// The URL, with the password.
    pub(crate) fn url(&self) -> String {
        format!("redis://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    /// The URL as it is shown.
    pub(crate) fn place(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A node of this name that keeps its topics here, as the app does, on a free port.
    pub(crate) async fn node(&self, name: &str) -> Server {
        let TopicConfig {
            keep_events: events,
            keep_bytes: bytes,
            max_topics: topics,
            ..
        } = TopicConfig::default();
        let keep = Keep {
            events,
            bytes,
            seconds: 24 * 3600,
            topics,
        };
        let engine = RedisEngine::new(&self.url(), keep, name).expect("a URL");
        let node = Server::new(Config {
            port: 0,
            topics_on: Some(Arc::new(engine)),
            node: name.to_owned(),
            ..Config::default()
        });
        let node = node.await.expect("a sound configuration");
        node.start().await.expect("a free port");
        node
    }
}

/// What the page says of an engine that it is served with, and of nobody else's node.
///
/// 1. The engine is there. 2. It is killed: the page says since when, and why. 3. It is back. A
///    topic that is open in the page goes on.
pub(crate) async fn comes_and_goes(page: &Page, engine: &mut Engine) {
    const STATE: &str = "engine-line details";
    const WORDS: &str = "engine-line .words";
    const PROBLEMS: &str = "engine-line .problems";
    let fact = |number: usize| format!("engine-line dl > :nth-child({number}) dd");
    page.until_attribute(STATE, "data-state", "open").await;
    page.until_text(WORDS, "1 node, connected ").await;
    assert!(!page.shows(PROBLEMS).await);
    page.click("engine-line summary").await;
    page.until_text(&fact(1), &engine.place()).await;
    page.until_text(&fact(2), "(this one)").await;
    page.until_text(&fact(5), "0").await;
    page.open_topic("news").await;
    let topic = page.panel("/topics/news");
    topic.until_state("open").await;
    topic.publish("before", "").await;
    topic.until_data(&["before"]).await;
    page.until_text(&fact(3), "1").await;

    engine.kill();
    page.until_attribute(STATE, "data-state", "lost").await;
    page.until_text(WORDS, "Engine lost since ").await;
    page.until_text(PROBLEMS, &format!("{}: ", engine.place()))
        .await;
    page.until_text(PROBLEMS, "nothing listens").await;
    topic.publish("meanwhile", "").await;
    topic.until_answer("is away").await;
    topic.until_state("open").await;

    engine.run().await;
    page.until_attribute(STATE, "data-state", "open").await;
    page.until_text(WORDS, "1 node, connected ").await;
    wait_for("no more reason", async || {
        ensure(!page.shows(PROBLEMS).await, page.text(PROBLEMS).await?)
    })
    .await;
    page.until_text(&fact(5), "1").await;
    topic.publish("after", "").await;
    wait_for("the event behind the gap", async || {
        let data = topic.data().await?;
        let last = data.last().is_some_and(|last| last == "after");
        ensure(last, format!("{data:?}"))
    })
    .await;

    let whole = "return document.documentElement.outerHTML;";
    let whole = page.js(whole).await.expect("the page runs scripts");
    assert!(!whole.to_string().contains(PASSWORD), "{whole}");
}
