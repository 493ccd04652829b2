//! A real engine, for as long as a test runs.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use redis::{Client, Connection};
use sse_engine::topics::{Caller, Draft, Engine as _, Log, Position, Publication};
use sse_redis::{Keep, RedisEngine};
use tempfile::TempDir;

/// What is kept where nothing is said of it.
pub(crate) const KEEP: Keep = Keep {
    events: 1000,
    bytes: 1 << 22,
    seconds: 60,
    topics: 100,
};

/// `redis-server` on a free port, without a file. `SSE_ENGINE` names another program, such as
/// `valkey-server`.
pub(crate) struct Engine {
    child: Child,
    pub(crate) port: u16,
    folder: TempDir,
    args: Vec<String>,
}

/// A port that nobody has at this moment.
pub(crate) fn free_port() -> u16 {
    let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    free.local_addr().expect("bound").port()
}

impl Engine {
    /// Starts one, and waits until it answers.
    pub(crate) fn start() -> Self {
        Self::start_with(&[])
    }

    /// The same with arguments.
    pub(crate) fn start_with(args: &[&str]) -> Self {
        let engine = Self::start_only(args);
        engine.connect();
        engine
    }

    /// The same, and waits for nothing.
    pub(crate) fn start_only(args: &[&str]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let args: Vec<String> = args.iter().map(|arg| (*arg).to_owned()).collect();
        Self {
            child: spawn(port, folder.path(), &args),
            port,
            folder,
            args,
        }
    }

    /// Whether it ended by itself, as with arguments that it does not know.
    pub(crate) fn has_ended(&mut self) -> bool {
        thread::sleep(Duration::from_millis(300));
        self.child.try_wait().expect("it is ours").is_some()
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Ends it without a word.
    pub(crate) fn kill(&mut self) {
        // It may have ended before.
        self.child.kill().expect("it is ours");
        self.child.wait().expect("it ends");
    }

    /// Another process takes its place, with what is in its files.
    pub(crate) fn restart(&mut self) {
        self.kill();
        self.child = spawn(self.port, self.folder.path(), &self.args);
    }

    /// Sends its process a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{signal}"), &self.child.id().to_string()])
            .status();
        assert!(sent.expect("there is a kill").success());
    }

    /// A connection, once it answers.
    pub(crate) fn connect(&self) -> Connection {
        let client = Client::open(("127.0.0.1", self.port)).expect("a URL");
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            match client.get_connection() {
                Ok(connection) => return connection,
                Err(e) if Instant::now() > until => panic!("it does not answer: {e}"),
                Err(_) => thread::sleep(Duration::from_millis(20)),
            }
        }
    }

    /// Does this, such as `["SET", "a", "1"]`.
    pub(crate) fn does(&self, words: &[&str]) -> redis::Value {
        let mut cmd = redis::cmd(words[0]);
        cmd.arg(&words[1..]);
        cmd.query(&mut self.connect()).expect(words[0])
    }

    /// How a node connects.
    pub(crate) async fn log(&self) -> Arc<dyn Log> {
        connect(&self.url()).await.expect("it answers")
    }
}

/// A node's connection to this URL, or why there is none.
pub(crate) async fn connect(url: &str) -> Result<Arc<dyn Log>, String> {
    let engine = RedisEngine::new(url, KEEP, "one").map_err(|e| e.to_string())?;
    engine.connect().await.map_err(why)
}

/// Why an engine is away, as those hear it who run the server.
pub(crate) fn why(error: sse_engine::Error) -> String {
    match error {
        sse_engine::Error::EngineAway(why) => why,
        other => panic!("it is not away: {other:?}"),
    }
}

/// Publishes an event with this data.
pub(crate) async fn publish(log: &dyn Log, topic: &str, data: &str) -> Position {
    let published = try_publish(log, topic, data).await;
    published.expect("published")
}

pub(crate) async fn try_publish(
    log: &dyn Log,
    topic: &str,
    data: &str,
) -> Result<Position, sse_engine::Error> {
    let draft = Draft {
        data: data.to_owned(),
        ..Draft::default()
    };
    let events = [draft.event()];
    match log.publish(topic, Caller::default(), &events).await? {
        Publication::New(placed) => Ok(placed.last),
        Publication::Repeated(place) => panic!("{place} has its id"),
    }
}

/// Another program of the same package, such as `redis-sentinel`.
pub(crate) fn program() -> PathBuf {
    std::env::var_os("SSE_ENGINE").map_or_else(|| "redis-server".into(), PathBuf::from)
}

fn spawn(port: u16, folder: &Path, args: &[String]) -> Child {
    Command::new(program())
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no"])
        .args(args)
        .current_dir(folder)
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is there: scripts/need.sh redis")
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.kill();
    }
}
