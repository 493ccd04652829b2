//! The speed of `sse proxy` beside nginx with `proxy_buffering off`.
//!
//! Each proxy runs on one core. The server behind it and the client are threads of this process on
//! another core, and connect over loopback. The rounds are interleaved, and a ratio is taken within
//! a round.

mod stream;

use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, ensure};

use crate::child::{self, Running};
use crate::machine;
use crate::measures::Goal;
use crate::pin;
use crate::report::{self, number, ratio};
use crate::stats;

/// The core of the proxies, and that of everything else.
const PROXY_CORE: usize = 0;
const OTHER_CORE: usize = 1;

/// The latency that a proxy adds to an event, beside nginx.
const LATENCY: Goal = Goal::RatioAtMost(1.0);

/// The events a second through a proxy, beside nginx.
const RATE: Goal = Goal::RatioAtLeast(1.0);

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Options {
    /// Rounds. A figure is the median of the rounds, and a ratio is taken within a round.
    #[arg(long, default_value_t = 7)]
    rounds: usize,
    /// How long each figure is measured in a round, in seconds.
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// Write the section into this report and keep the rest of it.
    #[arg(long, value_name = "FILE")]
    write: Option<PathBuf>,
}

/// What is between the server and the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Nothing.
    Direct,
    Nginx,
    Sse,
}

impl Way {
    const ALL: [Self; 3] = [Self::Direct, Self::Nginx, Self::Sse];

    fn title(self) -> &'static str {
        match self {
            Self::Direct => "no proxy",
            Self::Nginx => "nginx, `proxy_buffering off`",
            Self::Sse => "**`sse proxy`**",
        }
    }
}

/// The figures of one way, one of each for each round.
#[derive(Clone, Debug, Default)]
struct Figures {
    /// Microseconds from the write of an event until the client has read it, the median.
    latency_us: Vec<f64>,
    /// Events a second.
    rate: Vec<f64>,
}

/// Measures, prints the tables, and writes them into the report if one is named.
///
/// # Errors
/// A proxy cannot be started, or an event is lost.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let folder = child::folder()?;
    let prefix = folder.join("peers/nchan");
    let nginx = prefix.join("usr/sbin/nginx");
    let sse = std::env::current_exe()?.with_file_name("sse");
    for program in [&nginx, &sse] {
        ensure!(
            program.exists(),
            "{} is not there: run scripts/bench-proxies.sh",
            program.display()
        );
    }
    pin::own(OTHER_CORE)?;
    let upstream = stream::serve()?;
    let port = child::free_port()?;
    let _nginx = Running::start(
        nginx_command(&nginx, &prefix, &folder, port, upstream)?,
        port,
        folder.join("nginx-proxy.log"),
    )?;
    let other = child::free_port()?;
    let mut command = pin::command(PROXY_CORE, sse.as_os_str())?;
    let url = format!("http://127.0.0.1:{upstream}");
    command.args(["proxy", &url, "--log", "none", "--port", &other.to_string()]);
    let _sse = Running::start(command, other, folder.join("sse-proxy.log"))?;

    let mut figures = [(); Way::ALL.len()].map(|()| Figures::default());
    let time = Duration::from_secs_f64(options.seconds);
    for round in 0..options.rounds {
        let mut turn: Vec<usize> = (0..Way::ALL.len()).collect();
        // Every other round in reverse, so that none is always the first.
        if round % 2 == 1 {
            turn.reverse();
        }
        for at in turn {
            let way = Way::ALL[at];
            let port = match way {
                Way::Direct => upstream,
                Way::Nginx => port,
                Way::Sse => other,
            };
            let latency = stream::latency(port, time)
                .with_context(|| format!("{} loses events", way.title()))?;
            let rate = stream::rate(port, time)
                .with_context(|| format!("{} loses events", way.title()))?;
            eprintln!(
                "round {} {:<30} {latency:>7.1} µs {:>9.0} events/s",
                round + 1,
                way.title(),
                rate
            );
            figures[at].latency_us.push(latency);
            figures[at].rate.push(rate);
        }
    }
    let text = tables(&figures, options.rounds);
    println!("{text}");
    if let Some(file) = &options.write {
        let versions = versions(&prefix);
        let section = format!("\n{INTRODUCTION}\n{versions}\n\n{text}");
        report::write_proxies(file, &section)?;
    }
    Ok(())
}

fn nginx_command(
    nginx: &Path,
    prefix: &Path,
    folder: &Path,
    port: u16,
    upstream: u16,
) -> anyhow::Result<Command> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    let template = fs::read_to_string(sources.join("nginx/nginx.conf"))?;
    let text = template
        .replace("@PORT@", &port.to_string())
        .replace("@UPSTREAM@", &upstream.to_string())
        .replace("@PREFIX@", &folder.to_string_lossy());
    let file = folder.join("nginx-proxy.conf");
    fs::write(&file, text)?;
    let mut command = pin::command(PROXY_CORE, nginx.as_os_str())?;
    let before: [&OsStr; 3] = ["-e".as_ref(), "stderr".as_ref(), "-p".as_ref()];
    command.args(before).arg(prefix).arg("-c").arg(&file);
    Ok(command)
}

const INTRODUCTION: &str = "\
Each proxy runs on one core. The server behind it and the client run on another, and connect over loopback. nginx has
`proxy_buffering off`, `tcp_nodelay` and HTTP/1.1 to the server (`crates/sse-bench/peers/nginx/nginx.conf`), and
`sse proxy` runs as it is shipped, with its guard, its table, its tap and its marks of events. For the latency, the server
sends an event of some 120 bytes every 2 ms. The figure is the median time from the write of an event until the client has
read it, less the same without a proxy in the same round. For the rate, it sends 64 events in a write as fast as they are
taken. All events must arrive, once and in order. `make bench-proxies` measures only this, and writes this section.
";

fn versions(prefix: &Path) -> String {
    let nginx = fs::read_to_string(prefix.join("version")).unwrap_or_default();
    format!(
        "{}; sse at {}; nchan {}.",
        machine::today(),
        machine::commit(),
        nginx.trim()
    )
}

fn tables(figures: &[Figures; 3], rounds: usize) -> String {
    let [direct, nginx, sse] = figures;
    let added = |of: &Figures| -> Vec<Option<f64>> {
        let pairs = of.latency_us.iter().zip(&direct.latency_us);
        pairs
            .map(|(of, direct)| Some((of - direct).max(0.1)))
            .collect()
    };
    let rates = |of: &Figures| -> Vec<Option<f64>> { of.rate.iter().copied().map(Some).collect() };
    let mut text =
        "| what | no proxy | nginx | `sse proxy` | ratio | goal | met |\n|---|---|---|---|---|---|---|\n"
            .to_owned();
    let some = |values: &[Option<f64>]| -> f64 {
        let values: Vec<f64> = values.iter().copied().flatten().collect();
        stats::median(&values).unwrap_or_default()
    };
    for (what, plain, of_nginx, of_sse, goal, words) in [
        (
            "latency added an event, µs",
            stats::median(&direct.latency_us).unwrap_or_default(),
            added(nginx),
            added(sse),
            LATENCY,
            "at most 1.0",
        ),
        (
            "events a second",
            stats::median(&direct.rate).unwrap_or_default(),
            rates(nginx),
            rates(sse),
            RATE,
            "at least 1.0",
        ),
    ] {
        let ratios = stats::ratios(&of_sse, &of_nginx);
        let median = stats::median(&ratios);
        let met = match goal.met(some(&of_sse), median) {
            Some(true) => "yes",
            Some(false) => "**no**",
            None => "",
        };
        // Writing to a string cannot fail.
        _ = writeln!(
            text,
            "| {what} | {} | {} | {} | {} | {words} | {met} |",
            number(plain),
            number(some(&of_nginx)),
            number(some(&of_sse)),
            median.map(ratio).unwrap_or_default(),
        );
    }
    _ = writeln!(text, "\nRounds: {rounds}.");
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_have_the_medians_and_the_ratios_of_rounds() {
        let figures = |latency: [f64; 3], rate: [f64; 3]| Figures {
            latency_us: latency.to_vec(),
            rate: rate.to_vec(),
        };
        let all = [
            figures([10.0, 10.0, 10.0], [9e6, 9e6, 9e6]),
            figures([30.0, 40.0, 50.0], [1e6, 2e6, 3e6]),
            figures([20.0, 25.0, 30.0], [2e6, 4e6, 6e6]),
        ];
        let text = tables(&all, 3);
        assert!(text.contains("| 0.50 | at most 1.0 | yes |"), "{text}");
        assert!(text.contains("| 2.00 | at least 1.0 | yes |"), "{text}");
    }
}
