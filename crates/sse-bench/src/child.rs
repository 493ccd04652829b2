//! Processes that the benchmark starts and ends.

use std::fs::{self, File};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use rustix::process::{Pid, Signal};

use crate::procs;

/// How long a server may take until it accepts connections.
const START: Duration = Duration::from_secs(20);

/// Between two tries to connect to it.
const POLL: Duration = Duration::from_millis(2);

/// How long it may take to end after SIGTERM.
const END: Duration = Duration::from_secs(5);

/// A running server. Dropping it ends the server and all its child processes.
#[derive(Debug)]
pub(crate) struct Running {
    child: Child,
    pub(crate) port: u16,
    log: PathBuf,
}

impl Running {
    /// Starts a server and waits until it accepts connections. Its output goes to `log`.
    pub(crate) fn start(mut command: Command, port: u16, log: PathBuf) -> anyhow::Result<Self> {
        let file =
            File::create(&log).with_context(|| format!("{} cannot be written", log.display()))?;
        let child = command
            .stdin(Stdio::null())
            .stdout(file.try_clone()?)
            .stderr(file)
            .spawn()
            .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
        let mut running = Self { child, port, log };
        let begun = Instant::now();
        while TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_err() {
            if let Some(status) = running.child.try_wait()? {
                bail!(
                    "the server ended before it accepted a connection ({status}): {}",
                    running.last_words()
                );
            }
            if begun.elapsed() > START {
                bail!(
                    "the server does not accept connections on port {port}: {}",
                    running.last_words()
                );
            }
            std::thread::sleep(POLL);
        }
        Ok(running)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Kills it at once, and waits until it has ended.
    pub(crate) fn kill(&mut self) {
        // An error means that it has ended already.
        _ = self.child.kill();
        _ = self.child.wait();
    }

    /// The last line that it printed.
    pub(crate) fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let line = text.lines().rev().find(|line| !line.trim().is_empty());
        line.unwrap_or("it printed nothing").to_owned()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let family = procs::family(self.id());
        signal(self.id(), Signal::TERM);
        let begun = Instant::now();
        while begun.elapsed() < END {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        for process in family {
            signal(process, Signal::KILL);
        }
        // It was killed, so this does not take long.
        _ = self.child.wait();
    }
}

/// Sends a signal; an error means that the process has already ended, and is ignored.
fn signal(process: u32, signal: Signal) {
    if let Some(process) = Pid::from_raw(process as i32) {
        _ = rustix::process::kill_process(process, signal);
    }
}

/// Runs a program to its end and returns its output. Kills it after `limit`.
///
/// # Errors
/// It failed, and the error is the last line that it printed; or it took too long.
pub(crate) fn output(mut command: Command, limit: Duration) -> anyhow::Result<String> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("{} cannot be started", command.get_program().display()))?;
    let begun = Instant::now();
    // The programs run here print a few lines, which fit into the pipe's buffer.
    while child.try_wait()?.is_none() {
        if begun.elapsed() > limit {
            child.kill()?;
            child.wait()?;
            bail!("the load took more than {} s", limit.as_secs());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output()?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let words = words
            .trim()
            .lines()
            .last()
            .unwrap_or("it printed nothing")
            .to_owned();
        bail!("{}", words.trim_start_matches("sse-bench: "));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A port that no process listens on, below the range from which the kernel gives ports to clients.
pub(crate) fn free_port() -> anyhow::Result<u16> {
    let first = 20_000 + (std::process::id() % 10_000) as u16;
    (first..32_000)
        .chain(20_000..first)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .context("no port between 20,000 and 32,000 is free")
}

/// The folder below Cargo's target folder for the files of the benchmark: logs, figures, other
/// servers.
pub(crate) fn folder() -> anyhow::Result<PathBuf> {
    let own = std::env::current_exe().context("this program cannot find itself")?;
    let target = own.parent().and_then(Path::parent);
    let folder = target
        .context("this program is in no target folder")?
        .join("sse-bench");
    fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    Ok(folder)
}
