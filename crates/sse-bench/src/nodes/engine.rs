//! The engine of the topics, a `redis-server` of its own, and what is asked of it directly.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::Context;

use super::monitor::Monitor;
use crate::child::{self, Running};
use crate::link::Link;
use crate::load::since_epoch;
use crate::pin;
use crate::servers::{LOAD_CORE, SERVER_CORE};

/// How long `redis-benchmark` may take.
const LONGEST: Duration = Duration::from_secs(120);

/// A running engine. It shares a core with the clients, as C12 has it.
pub(super) struct Engine {
    running: Running,
    log: PathBuf,
}

impl Engine {
    /// # Errors
    /// `redis-server` is not installed.
    pub(super) fn start(logs: &Path) -> anyhow::Result<Self> {
        let port = child::free_port()?;
        let log = logs.join("redis.log");
        let running = Running::start(command(port, logs)?, port, log.clone())?;
        let engine = Self { running, log };
        engine.connect()?.call(&[b"PING"])?;
        Ok(engine)
    }

    pub(super) fn port(&self) -> u16 {
        self.running.port
    }

    pub(super) fn id(&self) -> u32 {
        self.running.id()
    }

    /// Kills it, and starts another in its place, without its data, after this time. Answers when
    /// that one answered, in seconds on the clock of the machine.
    ///
    /// # Errors
    /// It does not start again.
    pub(super) fn restart(&mut self, after: Duration) -> anyhow::Result<f64> {
        self.running.kill();
        std::thread::sleep(after);
        let folder = self.log.parent().context("a log is in a folder")?;
        let port = self.port();
        self.running = Running::start(command(port, folder)?, port, self.log.clone())?;
        self.connect()?.call(&[b"PING"])?;
        Ok(since_epoch())
    }

    pub(super) fn connect(&self) -> anyhow::Result<Link> {
        Link::open(self.port())
    }

    /// # Errors
    /// It does not answer.
    pub(super) fn monitor(&self) -> anyhow::Result<Monitor> {
        let mut link = self.connect()?;
        link.call(&[b"MONITOR"])?;
        Monitor::read(link.into_reader())
    }

    /// The time of a call on a connection of its own, one after another, in microseconds: the
    /// median. It is made from the core of the nodes, where a node would be.
    ///
    /// # Errors
    /// The engine answers with an error.
    pub(super) fn one_at_a_time(&self, call: &[Vec<u8>], time: Duration) -> anyhow::Result<f64> {
        let words: Vec<&[u8]> = call.iter().map(Vec::as_slice).collect();
        let mut link = self.connect()?;
        // A core is a thread's, so this one has to be another.
        std::thread::scope(|scope| {
            let timed = scope.spawn(|| {
                pin::own(SERVER_CORE)?;
                link.timed(&words, time)
            });
            timed.join().map_err(|_| anyhow::anyhow!("a call broke"))?
        })
    }

    /// How many calls a second `redis-benchmark` gets answered, with 64 under way on one
    /// connection, from the core of the nodes.
    ///
    /// # Errors
    /// It is not installed, or does not print its figure.
    pub(super) fn benchmark(&self, call: &[Vec<u8>], calls: u64) -> anyhow::Result<f64> {
        use std::os::unix::ffi::OsStrExt;
        let mut command = pin::command(SERVER_CORE, OsStr::new("redis-benchmark"))?;
        let calls = calls.to_string();
        command.args(["-h", "127.0.0.1", "-p", &self.port().to_string()]);
        command.args(["-c", "1", "-P", "64", "-n", &calls, "-q"]);
        command.args(call.iter().map(|word| OsStr::from_bytes(word)));
        per_second(&child::output(command, LONGEST)?)
    }

    /// The version of `redis-server`.
    pub(super) fn version() -> String {
        let output = Command::new("redis-server").arg("--version").output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
        let text = text.unwrap_or_default();
        let version = text.split(' ').find_map(|word| word.strip_prefix("v="));
        version.unwrap_or("?").to_owned()
    }
}

fn command(port: u16, folder: &Path) -> anyhow::Result<Command> {
    let mut command = pin::command(LOAD_CORE, OsStr::new("redis-server"))?;
    command
        .args(["--port", &port.to_string(), "--bind", "127.0.0.1"])
        .args(["--save", "", "--appendonly", "no", "--dir"])
        .arg(folder);
    Ok(command)
}

/// The figure that `redis-benchmark -q` prints last: it overwrites its line as it goes.
fn per_second(text: &str) -> anyhow::Result<f64> {
    let (before, _) = text
        .rsplit_once(" requests per second")
        .with_context(|| format!("redis-benchmark prints no figure: {text}"))?;
    let word = before.rsplit(' ').next().unwrap_or_default();
    word.parse()
        .with_context(|| format!("redis-benchmark prints no figure: {word}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_figure_of_the_benchmark_counts() {
        let text = "EVALSHA x: rps=1.0 (overall: 2.0)\rEVALSHA x: 36101.08 requests per second, p50=1.7 msec\n";
        assert_eq!(per_second(text).expect("it is there"), 36101.08);
        assert!(per_second("Could not connect").is_err());
    }
}
