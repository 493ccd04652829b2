//! The `sse` command. It maps the result of a subcommand to an exit code, and does no more.
//!
//! | code | meaning |
//! |---|---|
//! | 0 | the server stopped when asked to, the event was published, or the text was printed |
//! | 1 | that failed |
//! | 2 | the command line cannot be read |
//!
//! `sse verdict` has exit codes of its own.

mod advice;
mod args;
mod completions;
mod man;
mod publish;
mod serve;
mod verdict;

use std::process::ExitCode;

use clap::Parser;

use args::{Args, Command};

fn main() -> ExitCode {
    let Args { command } = Args::parse();
    let done = match command {
        Command::Serve(args) => serve::run(args),
        Command::Publish(args) => publish::run(args),
        // It has exit codes of its own.
        Command::Verdict(args) => return verdict::run(args),
        Command::Completions(args) => completions::run(args),
        Command::Man(args) => man::run(args),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // Not `eprintln!`, which panics when nobody reads stderr.
            _ = std::io::Write::write_fmt(&mut std::io::stderr(), format_args!("sse: {error:#}\n"));
            ExitCode::FAILURE
        }
    }
}
