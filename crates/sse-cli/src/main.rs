//! The `sse` command. It maps the result of a subcommand to an exit code, and does no more.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | it is done, or true |
//! | 1 | it is not done, or not so |
//! | 2 | the command line cannot be read |
//! | 3 | no server of SSE Workbench answered |

mod advice;
mod api;
mod args;
mod completions;
mod connections;
mod diff;
mod expect;
mod faults;
mod lab;
mod look;
mod man;
mod nodes;
mod outcome;
mod publish;
mod record;
mod recorded;
mod replay;
mod serve;
mod show;
mod stdout;
mod table;
mod verdict;
mod wait;
mod watch;

use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};
use outcome::{Failure, Outcome};

fn main() -> ExitCode {
    let Args { command } = Args::parse();
    match run(command) {
        Ok(Outcome::Yes) => ExitCode::SUCCESS,
        Ok(Outcome::No) => ExitCode::FAILURE,
        Err(failure) => {
            complain(&failure);
            failure.code()
        }
    }
}

fn run(command: Command) -> Result<Outcome, Failure> {
    match command {
        Command::Serve(args) => {
            args.serve.operate.check()?;
            serve::run(args)?;
        }
        Command::Replay(args) => {
            args.serve.operate.check()?;
            replay::run(args)?;
        }
        Command::Step(args) => faults::step(args)?,
        Command::Proxy(args) => {
            args.serve.operate.check()?;
            serve::proxy(args)?;
        }
        Command::Publish(args) => publish::run(args)?,
        Command::Break(args) => faults::arm(args)?,
        Command::Heal(args) => faults::heal(args)?,
        Command::Faults(args) => faults::list(args)?,
        Command::Watch(args) => return watch::run(args),
        Command::Record(args) => return record::run(args),
        Command::Show(args) => return show::run(&args),
        Command::Diff(args) => return diff::run(&args),
        Command::Wait(args) => return wait::run(args),
        Command::Verdict(args) => return verdict::run(args),
        Command::Connections(args) => connections::run(args)?,
        Command::Lab(args) => return lab::run(args),
        Command::Nodes(args) => nodes::run(args)?,
        Command::Reset(args) => faults::reset(args)?,
        Command::Completions(args) => completions::run(args)?,
        Command::Man(args) => man::run(args)?,
    }
    Ok(Outcome::Yes)
}

/// Says a sentence on stderr.
fn complain(sentence: impl fmt::Display) {
    // Not `eprintln!`, which panics when nobody reads stderr.
    _ = writeln!(std::io::stderr(), "sse: {sentence}");
}
