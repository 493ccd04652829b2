//! A real engine, for as long as a test runs.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use redis::{Client, Connection};
use tempfile::TempDir;

/// `redis-server` on a free port, without a file. `SSE_ENGINE` names another program, such as
/// `valkey-server`.
pub(crate) struct Engine {
    child: Child,
    port: u16,
    folder: TempDir,
}

impl Engine {
    /// Starts one, and waits until it answers.
    pub(crate) fn start() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let free = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let port = free.local_addr().expect("bound").port();
        drop(free);
        let child = Self::spawn(port, &folder);
        let engine = Self {
            child,
            port,
            folder,
        };
        engine.connect();
        engine
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }

    /// Another process takes its place, without its data.
    pub(crate) fn restart(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
        self.child = Self::spawn(self.port, &self.folder);
    }

    fn spawn(port: u16, folder: &TempDir) -> Child {
        let program = std::env::var("SSE_ENGINE").unwrap_or_else(|_| "redis-server".to_owned());
        Command::new(program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no"])
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is there: scripts/need.sh redis")
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
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}
