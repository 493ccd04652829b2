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
    /// Measures servers in turn, prints tables, and writes the report if one is wanted.
    Run(run::Options),
    /// Many subscribers for many minutes: whether anything is lost, and whether memory stays flat.
    Soak(soak::Options),
    /// The server that marks the limit of the machine.
    Limit {
        #[arg(long)]
        port: u16,
    },
    /// The server that one would write with axum.
    AxumSse {
        #[arg(long)]
        port: u16,
    },
    /// The clients of one measure, against a server that runs; prints their figures as JSON.
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

/// Does what the command line says.
///
/// # Errors
/// It could not be done.
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
