//! The command line.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::decoders::{self, Contender};
use crate::{axum_sse, limit, load, nodes, pin, proxies, run, soak};

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
    /// Measures decoders in turn, prints tables, and writes them into the report if `--write` is
    /// given.
    Decoders(decoders::Options),
    /// Measures proxies in turn, prints a table, and writes it into the report if `--write` is
    /// given.
    Proxies(proxies::Options),
    /// Measures nodes that share their topics, prints a table, and writes it into the report if
    /// `--write` is given.
    Nodes(nodes::Options),
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
    /// Decodes a file again and again with one decoder, and prints its figures as JSON.
    Decode {
        decoder: Contender,
        file: PathBuf,
        /// Bytes of a piece.
        #[arg(value_parser = clap::value_parser!(u32).range(1..))]
        piece: u32,
        /// How long it reads.
        seconds: f64,
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
        Command::Decoders(options) => decoders::run(&options),
        Command::Proxies(options) => proxies::run(&options),
        Command::Nodes(options) => nodes::run(&options),
        Command::Soak(options) => soak::run(&options),
        Command::Limit { port } => limit::run(port),
        Command::AxumSse { port } => axum_sse::run(port),
        Command::Load { target, work } => {
            println!("{}", serde_json::to_string(&load::run(target, work)?)?);
            Ok(())
        }
        Command::Decode {
            decoder,
            file,
            piece,
            seconds,
        } => {
            let reading = decoders::decode(decoder, &file, piece as usize, seconds)?;
            println!("{}", serde_json::to_string(&reading)?);
            Ok(())
        }
        Command::OnCore { core, line } => pin::run(core, &line),
    }
}
