//! The command line.

use std::ffi::OsString;

use clap::{Parser, Subcommand};

use crate::{axum_sse, limit, load, pin, run, soak};

#[derive(Debug, Parser)]
#[command(version, about, arg_required_else_help = true)]
struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Measures servers in turn, prints tables, and writes the report if `--write` is given.
    Run(run::Options),
    /// Serves many subscribers for many minutes and checks that no event is lost and memory stays
    /// flat.
    Soak(soak::Options),
    /// Runs the server that marks the limit of the machine.
    Limit {
        #[arg(long)]
        port: u16,
    },
    /// Runs the server that one would write with axum.
    AxumSse {
        #[arg(long)]
        port: u16,
    },
    /// Runs the clients of one measure against a running server, and prints their figures as JSON.
    Load {
        #[command(flatten)]
        target: load::Target,
        #[command(subcommand)]
        work: load::Work,
    },
    /// Runs a program on one core.
    #[command(hide = true)]
    OnCore {
        core: usize,
        #[arg(last = true)]
        line: Vec<OsString>,
    },
}

/// Runs the command of the command line.
///
/// # Errors
/// The command failed.
pub(crate) fn run() -> anyhow::Result<()> {
    match Args::parse().command {
        Command::Run(options) => run::run(&options),
        Command::Soak(options) => soak::run(&options),
        Command::Limit { port } => limit::run(port),
        Command::AxumSse { port } => axum_sse::run(port),
        Command::Load { target, work } => {
            println!("{}", serde_json::to_string(&load::run(target, work)?)?);
            Ok(())
        }
        Command::OnCore { core, line } => pin::run(core, &line),
    }
}
