//! A program that a test started, and that never outlives it.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use super::wait::wait_for;

/// How to start a program so that it cannot be left behind: through setpriv, by which the kernel
/// ends it together with the test's thread, whatever ends that. (It follows that a test starts its
/// programs on its own thread, as `#[tokio::test]` does.)
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new("setpriv");
    command
        .args(["--pdeathsig", "KILL", "--"])
        .arg(program)
        // A group of its own, so that what it starts can be ended with it.
        .process_group(0)
        .stdin(Stdio::null());
    command
}

/// A running program. Dropping it kills it and all that it started.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    name: String,
    log: PathBuf,
}

impl Process {
    /// Starts what [`command`] prepared; its output goes to a file in `logs`.
    pub(crate) fn start(command: &mut Command, name: &str, logs: &Path) -> Self {
        let log = logs.join(format!("{name}.log"));
        let output = File::options()
            .create(true)
            .append(true)
            .open(&log)
            .expect("the log folder belongs to the test");
        let errors = output.try_clone().expect("a file can be cloned");
        let child = spawn(command.stdout(output).stderr(errors), name);
        Self {
            child,
            name: name.to_owned(),
            log,
        }
    }

    /// Starts a program that prints where it can be reached, and gives what `find` makes of the
    /// first line that it knows.
    pub(crate) fn announced<T>(
        command: &mut Command,
        name: &str,
        logs: &Path,
        find: impl Fn(&str) -> Option<T>,
    ) -> (Self, T) {
        let log = logs.join(format!("{name}.log"));
        let errors = File::create(&log).expect("the log folder belongs to the test");
        let mut child = spawn(command.stdout(Stdio::piped()).stderr(errors), name);
        let output = child.stdout.take().expect("stdout is piped");
        let process = Self {
            child,
            name: name.to_owned(),
            log,
        };
        let mut lines = BufReader::new(output).lines().map_while(Result::ok);
        let Some(found) = lines.find_map(|line| find(&line)) else {
            panic!(
                "{name} ended before it said where it listens: {}",
                process.output()
            );
        };
        // Read on, or the program stalls when the pipe is full.
        std::thread::spawn(move || lines.for_each(drop));
        (process, found)
    }

    /// The number that the system knows it by.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed into its log so far.
    pub(crate) fn output(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends it a signal: `TERM`, `INT`.
    pub(crate) fn signal(&self, signal: &str) {
        kill(&["-s", signal, &self.id().to_string()]);
    }

    /// Whether it is still there.
    pub(crate) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// How it ended, once it has.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let what = format!("the end of {}", self.name);
        let child = &mut self.child;
        wait_for(&what, async || match child.try_wait() {
            Ok(Some(status)) => Ok(status),
            Ok(None) => Err("it is running".to_owned()),
            Err(error) => Err(error.to_string()),
        })
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        kill(&["-s", "KILL", "--", &format!("-{}", self.id())]);
        // Reap it; that it had ended already is no matter here.
        let _ = self.child.wait();
    }
}

fn spawn(command: &mut Command, name: &str) -> Child {
    command.spawn().unwrap_or_else(|error| {
        panic!("cannot start {name}: {error} (make test installs what is missing)")
    })
}

/// The system's own `kill`: what Rust's library offers is SIGKILL to one process.
fn kill(arguments: &[&str]) {
    // A process that is gone already is what the caller wanted.
    let _ = Command::new("kill")
        .args(arguments)
        .stderr(Stdio::null())
        .status();
}
