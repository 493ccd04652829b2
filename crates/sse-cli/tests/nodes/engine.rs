//! A real engine, for as long as a scene lasts.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ports;

/// `redis-server` on a free port, with its own folder. `SSE_ENGINE` names another program, such as
/// `valkey-server`.
pub(crate) struct Engine {
    child: Option<Child>,
    port: u16,
    folder: TempDir,
    options: Vec<String>,
    /// Its file, where it is a Sentinel.
    sentinel: Option<String>,
    /// What stands before the program, such as `ip netns exec NAME`.
    within: Vec<String>,
    host: String,
}

impl Engine {
    /// Starts one with these options, and waits until it answers.
    pub(crate) fn start(options: &[&str]) -> Self {
        Self::within(&[], "127.0.0.1", options)
    }

    /// Starts one by another program, at another address of this machine.
    pub(crate) fn within(within: &[&str], host: &str, options: &[&str]) -> Self {
        let owned = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect();
        let mut engine = Self {
            child: None,
            port: ports::lasting(),
            folder: tempfile::tempdir().expect("a folder"),
            options: owned(options),
            sentinel: None,
            within: owned(within),
            host: host.to_owned(),
        };
        engine.run();
        engine
    }

    /// Starts a Sentinel with this file.
    pub(crate) fn sentinel(file: &str) -> Self {
        let mut sentinel = Self {
            child: None,
            port: ports::lasting(),
            folder: tempfile::tempdir().expect("a folder"),
            options: Vec::new(),
            sentinel: Some(file.to_owned()),
            within: Vec::new(),
            host: "127.0.0.1".to_owned(),
        };
        sentinel.run();
        sentinel
    }

    pub(crate) fn addr(&self) -> SocketAddr {
        let addr = format!("{}:{}", self.host, self.port);
        addr.parse().expect("an address")
    }

    pub(crate) fn url(&self) -> String {
        format!("redis://{}", self.addr())
    }

    /// Ends it at once, as a power cut does.
    pub(crate) fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    /// Runs it again with the files that it has, and waits until it answers.
    pub(crate) fn run(&mut self) {
        let program = std::env::var("SSE_ENGINE").unwrap_or_else(|_| "redis-server".to_owned());
        let mut words = self.within.iter().cloned().chain([program]);
        let mut command = Command::new(words.next().expect("a program"));
        command.args(words).args(&self.sentinel);
        command.args(["--port", &self.port.to_string(), "--bind", &self.host]);
        match &self.sentinel {
            Some(_) => command.arg("--sentinel"),
            None => command.args(["--save", "", "--enable-debug-command", "local"]),
        };
        let child = command
            .args(["--protected-mode", "no"])
            .args(&self.options)
            .current_dir(self.folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is there: scripts/need.sh redis");
        self.child = Some(child);
        self.wait_for("it answers", &["PING"], |answer| {
            answer.contains("PONG") || answer.contains("NOAUTH")
        });
    }

    /// Becomes a replica of `master`, and waits until it has all that the master has.
    pub(crate) fn follow(&self, master: &Self) {
        self.ask(&["REPLICAOF", &master.host, &master.port.to_string()]);
        self.wait_for("it is a replica", &["INFO", "replication"], |info| {
            info.contains("master_link_status:up")
        });
    }

    pub(crate) fn signal(&self, name: &str) {
        let child = self.child.as_ref().expect("it runs");
        let sent = Command::new("kill")
            .args(["-s", name, &child.id().to_string()])
            .status();
        assert!(sent.expect("kill is everywhere").success());
    }

    /// Asks it something, and answers what `redis-cli` prints.
    pub(crate) fn ask(&self, words: &[&str]) -> String {
        let output = Command::new("redis-cli")
            .args(["-h", &self.host, "-p", &self.port.to_string()])
            .args(words)
            .output()
            .expect("redis-cli is there: scripts/need.sh redis");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Asks it something until the answer is right.
    pub(crate) fn wait_for(&self, what: &str, words: &[&str], is: impl Fn(&str) -> bool) {
        let until = Instant::now() + Duration::from_secs(40);
        loop {
            let answer = self.ask(words);
            if is(&answer) {
                return;
            }
            assert!(Instant::now() < until, "not so in time: {what}: {answer}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // A test that failed while it was stopped does not leave it behind.
        if let Some(mut child) = self.child.take() {
            _ = child.kill();
            _ = child.wait();
        }
    }
}
