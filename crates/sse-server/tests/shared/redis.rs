//! A real engine, and nodes that share the topics on it.

#![allow(unreachable_pub, reason = "as in the support of all tests")]

use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sse_redis::{Keep, RedisEngine};
use sse_server::{Config, Engine, KeepAlive, TopicConfig};
use tempfile::TempDir;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use crate::support::topics::{Event, Subscriber};
use crate::support::{Bench, soon};

/// `redis-server` on a free port. `SSE_ENGINE` names another program, such as `valkey-server`.
pub struct Redis {
    child: Option<Child>,
    pub port: u16,
    folder: TempDir,
    args: Vec<String>,
}

impl Redis {
    /// Starts one that keeps nothing over a restart, and waits until it answers.
    pub fn start() -> Self {
        Self::with(&[])
    }

    /// The same with more settings.
    pub fn with(args: &[&str]) -> Self {
        let free = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let mut redis = Self::on(port, args);
        redis.go_on();
        redis
    }

    /// One that is yet to start.
    pub fn on(port: u16, args: &[&str]) -> Self {
        Self {
            child: None,
            port,
            folder: tempfile::tempdir().expect("a folder"),
            args: args.iter().map(|arg| (*arg).to_owned()).collect(),
        }
    }

    /// It is gone, as if its machine had been switched off.
    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    /// Another process takes its place, with what the one before wrote to its file, if it did.
    pub fn go_on(&mut self) {
        let program = std::env::var("SSE_ENGINE").unwrap_or_else(|_| "redis-server".to_owned());
        let child = Command::new(program)
            .args(["--port", &self.port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--enable-debug-command", "local"])
            .args(&self.args)
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is there: scripts/need.sh redis");
        self.child = Some(child);
        let until = Instant::now() + Duration::from_secs(10);
        while self
            .try_cli(&["PING"])
            .is_none_or(|it| it != "PONG" && !it.contains("NOAUTH"))
        {
            assert!(Instant::now() < until, "it does not answer");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub fn signal(&self, name: &str) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        let status = Command::new("kill").args([name, &id]).status();
        assert!(status.expect("kill runs").success());
    }

    /// What it answers to a command.
    pub fn cli(&self, words: &[&str]) -> String {
        self.try_cli(words).expect("it answers")
    }

    fn try_cli(&self, words: &[&str]) -> Option<String> {
        let out = Command::new("redis-cli")
            .args(["-p", &self.port.to_string()])
            .args(words)
            .output()
            .expect("redis-cli is there");
        let text = String::from_utf8_lossy(&out.stdout).trim().to_owned();
        out.status.success().then_some(text)
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// A node that shares its topics.
    pub async fn node(&self, name: &str) -> Bench {
        node(&self.url(), name, TopicConfig::default()).await
    }

    /// The same with these settings.
    pub async fn node_with(&self, name: &str, topics: TopicConfig) -> Bench {
        node(&self.url(), name, topics).await
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}

/// An engine at this URL.
pub fn engine(url: &str, name: &str, topics: &TopicConfig) -> Arc<dyn Engine> {
    let keep = Keep {
        events: topics.keep_events,
        bytes: topics.keep_bytes,
        seconds: 3600,
        topics: topics.max_topics,
    };
    Arc::new(RedisEngine::new(url, keep, name).expect("a URL"))
}

pub async fn node(url: &str, name: &str, topics: TopicConfig) -> Bench {
    Bench::with(Config {
        keep_alive: KeepAlive::Off,
        topics_on: Some(engine(url, name, &topics)),
        node: name.to_owned(),
        topics,
        ..Config::default()
    })
    .await
}

impl Bench {
    /// Subscribes, and reads nothing yet: the place may come late.
    pub async fn listen(&self, target: &str, id: Option<&str>) -> Subscriber {
        let headers: Vec<_> = id.map(|id| ("last-event-id", id)).into_iter().collect();
        let (client, head) = self.ask("GET", target, &headers).await;
        Subscriber::new(client, head)
    }

    /// Subscribes, and waits for a place: from here on every event is this subscriber's.
    pub async fn join(&self, target: &str) -> Subscriber {
        let mut subscriber = self.listen(target, None).await;
        subscriber.place().await;
        subscriber
    }

    /// What the API says of the engine, once it says what is wanted.
    pub async fn engine(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut look = tokio::time::interval(Duration::from_millis(5));
        soon("what is wanted of the engine", async {
            loop {
                look.tick().await;
                let state = serde_json::to_value(self.server.state()).expect("JSON");
                let engine = state["engine"].clone();
                if wanted(&engine) {
                    return engine;
                }
            }
        })
        .await
    }

    /// Once it is connected to the engine.
    pub async fn there(&self) {
        self.engine(|engine| engine["state"] == "there").await;
    }
}

impl Subscriber {
    /// The data of the next events, none of which is a gap.
    pub async fn several(&mut self, count: usize) -> Vec<String> {
        let mut all = Vec::new();
        for _ in 0..count {
            all.push(self.data().await);
        }
        all
    }

    /// The next event, which is a gap.
    pub async fn gap(&mut self) -> Event {
        let event = self.next().await;
        assert!(event.is_gap(), "{event:?}");
        event
    }
}

/// The way from a node to an engine, which can be cut and lead elsewhere.
pub struct Road {
    pub port: u16,
    leads: watch::Sender<(Option<u16>, u64)>,
}

impl Road {
    /// To the engine at this port.
    pub async fn to(port: u16) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .expect("a free port");
        let own = listener.local_addr().expect("bound").port();
        let (leads, mut led) = watch::channel((Some(port), 0));
        tokio::spawn(async move {
            loop {
                let Ok((mut near, _)) = listener.accept().await else {
                    return;
                };
                let (to, _) = *led.borrow_and_update();
                let mut led = led.clone();
                tokio::spawn(async move {
                    let Some(to) = to else { return };
                    let Ok(mut far) = TcpStream::connect(("127.0.0.1", to)).await else {
                        return;
                    };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => {}
                        _ = led.changed() => {}
                    }
                });
            }
        });
        Self { port: own, leads }
    }

    /// Ends all connections, and leads there from now on.
    pub fn lead(&self, port: Option<u16>) {
        self.leads
            .send_modify(|(to, times)| (*to, *times) = (port, *times + 1));
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

/// Publishes an event with an id, and repeats it until it is there.
pub async fn publish_once(node: &Bench, topic: &str, id: &str) {
    soon("a publish that is taken", async {
        loop {
            let target = format!("{topic}?id={id}");
            let (head, answer) = node.post(&target, &[], id).await;
            match head.status {
                200 | 409 => return,
                503 => assert_eq!(head.get("retry-after"), Some("1"), "{answer}"),
                status => panic!("{status}: {answer}"),
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
}
