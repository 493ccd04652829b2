//! The command line as it is typed. What it means is decided where it is used.

use std::net::IpAddr;
use std::time::Duration;

use clap::{Parser, Subcommand, ValueEnum};
use sse_server::{Config, DEFAULT_PORT, KeepAlive, Limits};

/// Serve Server-Sent Events from your own desk.
#[derive(Debug, Parser)]
#[command(name = "sse", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server of SSE Workbench without a window, until ctrl-c or SIGTERM.
    #[command(after_help = EXAMPLES)]
    Serve(Serve),
}

const EXAMPLES: &str = "\
Examples:
  sse serve                                    the streams on http://localhost:8000
  sse serve --port 0                           any free port; the real one is printed
  sse serve --allow-origin https://app.example let the pages of one more origin read the streams
  curl -N http://localhost:8000/endless        watch a stream";

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Address to listen on beside loopback, which is the default: 127.0.0.1 and ::1 on one port.
    #[arg(long, value_name = "ADDRESS", value_parser = host)]
    host: Option<Host>,

    /// Port to listen on; 0 takes any free one.
    #[arg(long, short, default_value_t = DEFAULT_PORT)]
    port: u16,

    /// A further name that requests may carry in their Host header (repeatable).
    #[arg(long = "allow-host", value_name = "NAME")]
    allow_hosts: Vec<String>,

    /// A further origin whose pages may read the streams (repeatable).
    #[arg(long = "allow-origin", value_name = "ORIGIN")]
    allow_origins: Vec<String>,

    /// Time between two keep-alive comments, such as 15s; 0 sends none.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = time)]
    keep_alive: Duration,

    /// Count the keep-alive time from comment to comment, or from the last byte sent.
    #[arg(long, value_name = "HOW", default_value = "interval")]
    keep_alive_by: KeepAliveBy,

    /// Streams that may be open at once.
    #[arg(long, value_name = "N", default_value_t = Limits::default().streams)]
    max_streams: usize,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KeepAliveBy {
    Interval,
    Idle,
}

/// `localhost` means both loopback addresses, which no single address can say.
#[derive(Clone, Copy, Debug)]
enum Host {
    Localhost,
    Address(IpAddr),
}

fn host(text: &str) -> Result<Host, String> {
    if text.eq_ignore_ascii_case("localhost") {
        return Ok(Host::Localhost);
    }
    text.trim_matches(['[', ']'])
        .parse()
        .map(Host::Address)
        .map_err(|_| "give an address such as 127.0.0.1, ::1 or 0.0.0.0, or localhost".to_owned())
}

/// The bounds on a keep-alive time that is not 0.
const SHORTEST: Duration = Duration::from_millis(1);
const LONGEST: Duration = Duration::from_secs(3600);

fn time(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text)
        .ok()
        .filter(|time| time.is_zero() || (SHORTEST..=LONGEST).contains(time))
        .ok_or_else(|| "give a time such as 15s or 500ms, from 1ms to 1h, or 0".to_owned())
}

impl Serve {
    /// The address beyond loopback that was asked for, if one was.
    pub(crate) fn exposed(&self) -> Option<IpAddr> {
        match self.host {
            Some(Host::Address(ip)) if !ip.to_canonical().is_loopback() => Some(ip),
            _ => None,
        }
    }

    /// What the server is started with.
    pub(crate) fn into_config(self) -> Config {
        let host = match self.host {
            None | Some(Host::Localhost) => None,
            Some(Host::Address(ip)) => Some(ip),
        };
        Config {
            host,
            port: self.port,
            allow_hosts: self.allow_hosts,
            allow_origins: self.allow_origins,
            keep_alive: match (self.keep_alive, self.keep_alive_by) {
                (Duration::ZERO, _) => KeepAlive::Off,
                (time, KeepAliveBy::Interval) => KeepAlive::Interval(time),
                (time, KeepAliveBy::Idle) => KeepAlive::Idle(time),
            },
            limits: Limits {
                streams: self.max_streams,
                ..Limits::default()
            },
            ..Config::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    fn serve(args: &[&str]) -> Result<Serve, clap::Error> {
        let line = ["sse", "serve"].iter().chain(args);
        Args::try_parse_from(line).map(
            |Args {
                 command: Command::Serve(serve),
             }| serve,
        )
    }

    #[test]
    fn the_command_line_is_sound() {
        Args::command().debug_assert();
    }

    #[test]
    fn loopback_is_the_default_and_the_rest_is_said() {
        for (typed, exposed, host) in [
            (&[][..], false, None),
            (&["--host", "localhost"], false, None),
            (&["--host", "127.0.0.1"], false, Some("127.0.0.1")),
            (&["--host", "[::1]"], false, Some("::1")),
            (&["--host", "0.0.0.0"], true, Some("0.0.0.0")),
            (&["--host", "192.168.1.5"], true, Some("192.168.1.5")),
        ] {
            let serve = serve(typed).expect("a good line");
            assert_eq!(serve.exposed().is_some(), exposed, "{typed:?}");
            let expected = host.map(|ip| ip.parse().expect("an address"));
            assert_eq!(serve.into_config().host, expected, "{typed:?}");
        }
    }

    #[test]
    fn keep_alive_has_three_ways() {
        let of = |args: &[&str]| serve(args).expect("a good line").into_config().keep_alive;
        assert_eq!(of(&[]), KeepAlive::default());
        assert_eq!(of(&["--keep-alive", "0"]), KeepAlive::Off);
        assert_eq!(
            of(&["--keep-alive", "2s", "--keep-alive-by", "idle"]),
            KeepAlive::Idle(Duration::from_secs(2))
        );
    }

    #[test]
    fn nonsense_is_refused_in_words() {
        for bad in [
            &["--port", "70000"][..],
            &["--host", "example.com"],
            &["--keep-alive", "soon"],
            &["--keep-alive", "5"],
            &["--keep-alive", "300000000000y"],
            &["--max-streams", "-1"],
            &["extra"],
        ] {
            let error = serve(bad).expect_err("a bad line");
            assert_eq!(error.exit_code(), 2, "{bad:?}");
        }
    }
}
