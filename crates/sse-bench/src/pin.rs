//! Runs a program on one core, with as many open files as the machine allows. The program gets
//! SIGTERM when its parent process ends.

use std::os::unix::process::CommandExt;
use std::process::Command;

use anyhow::Context;
use rustix::process::{Resource, Rlimit, Signal};
use rustix::thread::CpuSet;

/// A command that runs `program` on this core.
pub(crate) fn command(core: usize, program: &std::ffi::OsStr) -> anyhow::Result<Command> {
    let own = std::env::current_exe().context("this program cannot find itself")?;
    let mut command = Command::new(own);
    command
        .args(["on-core", &core.to_string(), "--"])
        .arg(program);
    Ok(command)
}

/// Replaces this process with the program.
///
/// # Errors
/// The core or the program does not exist.
pub(crate) fn run(core: usize, line: &[std::ffi::OsString]) -> anyhow::Result<()> {
    let (program, arguments) = line
        .split_first()
        .context("on-core needs a program to run")?;
    own(core)?;
    // SIGTERM, so that a program with processes of its own can end them.
    rustix::process::set_parent_process_death_signal(Some(Signal::TERM))?;
    let maximum = rustix::process::getrlimit(Resource::Nofile).maximum;
    let files = Rlimit {
        current: maximum,
        maximum,
    };
    rustix::process::setrlimit(Resource::Nofile, files)?;
    Err(Command::new(program).args(arguments).exec())
        .with_context(|| format!("{} cannot be started", program.to_string_lossy()))
}

/// Keeps this thread, and the processes it starts, on one core.
pub(crate) fn own(core: usize) -> anyhow::Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    rustix::thread::sched_setaffinity(None, &set)
        .with_context(|| format!("this machine has no core {core}, and the benchmark needs two"))
}
