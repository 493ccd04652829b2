//! The command line as it is typed. Each subcommand decides what its own arguments mean.

mod lab;
mod operate;
mod proxy;
mod record;
mod recorded;
mod remote;
mod replay;
mod shared;
mod tokens;
mod watch;

use std::ffi::OsString;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::builder::RangedU64ValueParser;
use clap::{ArgAction, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use sse_server::{Config, DEFAULT_PORT, FirstBlock, KeepAlive, Limits, Slow, TopicConfig};

pub(crate) use lab::Lab;
pub(crate) use operate::Operate;
pub(crate) use proxy::Proxy;
pub(crate) use record::Record;
pub(crate) use recorded::{Diff, Show, ShowAs};
pub(crate) use replay::Replay;
pub(crate) use shared::Node;
pub(crate) use tokens::{SentToken, TokenFiles};
pub(crate) use watch::{Source, Until, Watch};

pub(crate) use remote::{
    At, Break, Connections, Faults, Heal, IdOrPath, Nodes, Reset, Step, Verdict, Wait,
};

/// Serve Server-Sent Events from your own desk, and publish them.
#[derive(Debug, Parser)]
#[command(name = "sse", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the server of SSE Workbench without a window, until ctrl-c or SIGTERM.
    #[command(after_help = SERVE_EXAMPLES)]
    Serve(Node),
    /// Serve a recording again, as it was or at another pace.
    #[command(after_help = replay::REPLAY_EXAMPLES, mut_arg("streams_file", |arg| arg.hide(true)))]
    Replay(Replay),
    /// Stand between a client and a server: forward each request, and break, show and record the
    /// streams that come back.
    #[command(after_help = proxy::PROXY_EXAMPLES)]
    Proxy(Proxy),
    /// Publish an event to a topic of a running server, and print its id.
    #[command(after_help = PUBLISH_EXAMPLES)]
    Publish(Publish),
    /// Show what a stream at any URL sends, as it comes, and what is wrong with it.
    #[command(after_help = watch::WATCH_EXAMPLES)]
    Watch(Watch),
    /// Record a stream at any URL into a file, exact to the byte.
    #[command(after_help = record::RECORD_EXAMPLES)]
    Record(Record),
    /// Show a recording, or convert it. FILE may be a .wire, a HAR, a stream of events, or what
    /// `curl -N` saved.
    #[command(after_help = recorded::SHOW_EXAMPLES)]
    Show(Show),
    /// Compare two recordings event by event; exit code 1 means that they differ.
    #[command(after_help = recorded::DIFF_EXAMPLES)]
    Diff(Diff),
    /// Break streams of a running server on purpose, and print the number of its entry in the
    /// log.
    #[command(after_help = remote::BREAK_EXAMPLES, override_usage = remote::BREAK_USAGE)]
    Break(Break),
    /// Make the step-by-step replays of a running server send their next event.
    #[command(after_help = remote::STEP_EXAMPLES)]
    Step(Step),
    /// Disarm faults of a running server.
    #[command(after_help = remote::HEAL_EXAMPLES)]
    Heal(Heal),
    /// List the faults that are armed in a running server.
    #[command(after_help = remote::FAULTS_EXAMPLES)]
    Faults(Faults),
    /// Wait until something happened to a client, and print the number of its entry in the log.
    #[command(after_help = remote::WAIT_EXAMPLES)]
    Wait(Wait),
    /// Print what a running server reports about its clients; exit code 1 means that
    /// something is wrong with one, or not as it was expected.
    #[command(after_help = remote::VERDICT_EXAMPLES)]
    Verdict(Verdict),
    /// List the connections of a running server, and those that ended or were refused.
    #[command(after_help = remote::CONNECTIONS_EXAMPLES)]
    Connections(Connections),
    /// Show which engine keeps the topics of a running server, and which nodes share them.
    #[command(after_help = remote::NODES_EXAMPLES)]
    Nodes(Nodes),
    /// Judge a client of event streams by what it asks for next. Without a command, its URL is
    /// printed; with one, the client is started for each case.
    #[command(after_help = lab::LAB_EXAMPLES)]
    Lab(Lab),
    /// Reset a room of a running server: its faults are healed, its connections ended and
    /// forgotten.
    #[command(after_help = remote::RESET_EXAMPLES)]
    Reset(Reset),
    /// Print the completions of `sse` for a shell.
    #[command(after_help = COMPLETIONS_EXAMPLES)]
    Completions(Completions),
    /// Write the manual pages into a folder. The packages are made with it.
    #[command(hide = true)]
    Man(Man),
}

const SERVE_EXAMPLES: &str = "\
Examples:
  sse serve                                    the streams on http://localhost:8000
  sse serve --port 0                           any free port; the real one is printed
  sse serve --streams my.toml                  your own streams; changes take effect when they are saved
  sse serve --allow-origin https://app.example let the pages of one more origin read the streams
  curl -N http://localhost:8000/endless        watch a stream
  curl -N http://localhost:8000/topics/news    subscribe to a topic";

const PUBLISH_EXAMPLES: &str = "\
Examples:
  sse publish localhost:8000/topics/news hello               one event
  sse publish localhost:8000/topics/news hello --event tick  with a name
  sse publish localhost:8000/topics/news - < note.txt        the bytes of a file, as they are
  sse publish localhost:8000/topics/news - --ndjson < a.jsonl
                                                             each line, as an event of its own
  sse publish localhost:8000/topics/news hello --token publish.token
                                                             to a server that wants a token";

const COMPLETIONS_EXAMPLES: &str = "\
Examples:
  source <(sse completions bash)                              this shell only
  sse completions bash > ~/.local/share/bash-completion/completions/sse
  sse completions fish > ~/.config/fish/completions/sse.fish
  sse completions zsh > DIR/_sse                              DIR is a folder of your fpath

The Debian and RPM packages contain the completions for bash, zsh and fish.";

#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// Address to listen on in addition to loopback; without it, only loopback: 127.0.0.1 and ::1
    /// on one port.
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

    /// File of streams, served instead of the shipped ones.
    #[arg(long = "streams", value_name = "FILE", help = streams_help())]
    streams_file: Option<PathBuf>,

    /// Time between two keep-alive comments, such as 15s; 0 sends none.
    #[arg(long, value_name = "TIME", default_value = "15s", value_parser = time)]
    keep_alive: Duration,

    /// Count the keep-alive time from comment to comment, or from the last byte sent.
    #[arg(long, value_name = "HOW", default_value = "interval")]
    keep_alive_by: KeepAliveBy,

    /// Whether a blank line follows a keep-alive comment, on topics and on the streams that do not
    /// set this. Choose false for clients that make an event of every block.
    #[arg(long, value_name = "YES", default_value_t = true, action = ArgAction::Set, value_parser = clap::builder::BoolishValueParser::new())]
    keep_alive_blank: bool,

    /// Streams that may be open at once.
    #[arg(long, value_name = "N", default_value_t = Limits::default().streams)]
    max_streams: usize,

    /// Topics that may be in use at once.
    #[arg(long, value_name = "N", default_value_t = TopicConfig::default().max_topics, value_parser = from_1_to(usize::MAX as u64))]
    max_topics: usize,

    /// Events that each topic keeps for subscribers that reconnect, 1 to 1000000.
    #[arg(long, value_name = "N", default_value_t = TopicConfig::default().keep_events, value_parser = from_1_to(1_000_000))]
    keep_events: usize,

    /// Bytes that each topic keeps for subscribers that reconnect, 1 to 1073741824 (1 GiB).
    #[arg(long, value_name = "BYTES", default_value_t = TopicConfig::default().keep_bytes, value_parser = from_1_to(1 << 30))]
    keep_bytes: usize,

    /// Events that a subscriber of a topic may lag behind.
    #[arg(long, value_name = "N", default_value_t = TopicConfig::default().max_lag, value_parser = clap::value_parser!(u64).range(1..))]
    max_lag: u64,

    /// What happens to a subscriber that lags further behind: its connection is closed, or its
    /// oldest events are dropped and its stream reports that.
    #[arg(long, value_name = "HOW", default_value = "disconnect")]
    slow: SlowBy,

    /// What a subscriber of a topic is sent first: its last event id, as a block without data, or
    /// nothing. Choose none for clients that make an event of every block.
    #[arg(long, value_name = "WHAT", default_value = "id")]
    first_block: FirstBlockBy,

    /// How long a topic is kept without a subscriber and a publish, such as 1h; 0 is for ever.
    #[arg(long, value_name = "TIME", default_value = "1h", value_parser = ttl)]
    topic_ttl: Duration,

    /// Turn off what breaks streams on purpose: rooms, faults in a query, and the acts of the API.
    #[arg(long)]
    no_break: bool,

    #[command(flatten)]
    pub(crate) operate: Operate,

    #[command(flatten)]
    pub(crate) tokens: TokenFiles,

    /// How the log is written to stderr: each connect, each end, and the verdicts on clients.
    #[arg(long, value_name = "HOW", default_value = "text")]
    pub(crate) log: LogAs,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Publish {
    /// The topic, such as http://localhost:8000/topics/news; `http://` may be left out.
    pub(crate) url: String,

    /// The data of the event; - reads all of stdin. Left out, the data is empty.
    #[arg(allow_negative_numbers = true)]
    pub(crate) data: Option<OsString>,

    /// The event's name; without one it is a `message`.
    #[arg(long, value_name = "NAME")]
    pub(crate) event: Option<String>,

    /// The event's id; without one the server gives it one that sorts.
    #[arg(long)]
    pub(crate) id: Option<String>,

    /// The time after which clients reconnect, in milliseconds.
    #[arg(long, value_name = "MILLISECONDS")]
    pub(crate) retry: Option<u64>,

    /// Take each line of the data, which must be JSON, as an event of its own.
    #[arg(long, requires = "data")]
    pub(crate) ndjson: bool,

    #[command(flatten)]
    pub(crate) token: SentToken,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogAs {
    /// Lines for people.
    Text,
    /// A JSON object on each line.
    Json,
    /// No log.
    None,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Completions {
    /// The shell that the completions are for.
    pub(crate) shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Man {
    /// The folder; it is created if it does not exist.
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum KeepAliveBy {
    Interval,
    Idle,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum SlowBy {
    Disconnect,
    Drop,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum FirstBlockBy {
    Id,
    None,
}

/// The folder of the window's settings, below that of this user.
const FOLDER: &str = "dev.sse-workbench";

/// Where the window's file of streams is. `None` where the system names no folder for settings.
fn default_streams() -> Option<PathBuf> {
    Some(dirs::config_dir()?.join(FOLDER).join("streams.toml"))
}

/// Says where that file is, for this user.
fn streams_help() -> String {
    let place = default_streams().map_or_else(
        || "none, because the system names no folder for settings".to_owned(),
        |path| format!("{}, if it exists", path.display()),
    );
    streams_help_with(&place)
}

fn streams_help_with(place: &str) -> String {
    format!(
        "File of your own streams, in TOML, served instead of the shipped ones; what you save takes effect at once \
         [default: {place}]"
    )
}

/// The command line as completions and manual pages tell of it: the same on every machine, and
/// without what is hidden.
pub(crate) fn documented() -> clap::Command {
    let whole = Args::command();
    let shown = whole.get_subcommands().filter(|sub| !sub.is_hide_set());
    clap::Command::new(whole.get_name().to_owned())
        .about(whole.get_about().cloned().unwrap_or_default())
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .subcommands(shown.cloned().map(|sub| {
            if !matches!(sub.get_name(), "serve" | "proxy" | "replay") {
                return sub;
            }
            // Its help names the folder of whoever asks.
            let place = format!("~/.config/{FOLDER}/streams.toml on Linux, if it exists");
            sub.mut_arg("streams_file", |file| file.help(streams_help_with(&place)))
        }))
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
    sse_server::read_time(text)
        .filter(|time| time.is_zero() || (SHORTEST..=LONGEST).contains(time))
        .ok_or_else(|| "give a time such as 15s or 500ms, from 1ms to 1h, or 0".to_owned())
}

fn ttl(text: &str) -> Result<Duration, String> {
    if text == "0" {
        return Ok(Duration::ZERO);
    }
    sse_server::read_time(text).ok_or_else(|| "give a time such as 1h or 10m, or 0".to_owned())
}

fn from_1_to(most: u64) -> RangedU64ValueParser<usize> {
    RangedU64ValueParser::new().range(1..=most)
}

impl Serve {
    /// The address beyond loopback that was asked for, if one was.
    pub(crate) fn exposed(&self) -> Option<IpAddr> {
        match self.host {
            Some(Host::Address(ip)) if !ip.to_canonical().is_loopback() => Some(ip),
            _ => None,
        }
    }

    /// The file of streams that was asked for: unlike the window's, it has to be there and right.
    pub(crate) fn asked_streams(&self) -> Option<&Path> {
        self.streams_file.as_deref()
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
            streams_file: self.streams_file.or_else(default_streams),
            allow_hosts: self.allow_hosts,
            allow_origins: self.allow_origins,
            keep_alive: match (self.keep_alive, self.keep_alive_by) {
                (Duration::ZERO, _) => KeepAlive::Off,
                (time, KeepAliveBy::Interval) => KeepAlive::Interval(time),
                (time, KeepAliveBy::Idle) => KeepAlive::Idle(time),
            },
            keep_alive_blank: self.keep_alive_blank,
            limits: Limits {
                streams: self.max_streams,
                ..Limits::default()
            },
            topics: TopicConfig {
                max_topics: self.max_topics,
                keep_events: self.keep_events,
                keep_bytes: self.keep_bytes,
                max_lag: self.max_lag,
                slow: match self.slow {
                    SlowBy::Disconnect => Slow::Disconnect,
                    SlowBy::Drop => Slow::DropOldest,
                },
                first_block: match self.first_block {
                    FirstBlockBy::Id => FirstBlock::Id,
                    FirstBlockBy::None => FirstBlock::None,
                },
                keep_alive_blank: self.keep_alive_blank,
                ttl: self.topic_ttl,
            },
            breaks: !self.no_break,
            operate: self.operate.into_config(),
            tokens: self.tokens.into_config(),
            ..Config::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn serve(args: &[&str]) -> Result<Serve, clap::Error> {
        match Args::try_parse_from(["sse", "serve"].iter().chain(args))?.command {
            Command::Serve(node) => Ok(node.serve),
            other => panic!("serve was read as {other:?}"),
        }
    }

    fn publish(args: &[&str]) -> Result<Publish, clap::Error> {
        match Args::try_parse_from(["sse", "publish"].iter().chain(args))?.command {
            Command::Publish(publish) => Ok(publish),
            other => panic!("publish was read as {other:?}"),
        }
    }

    #[test]
    fn streams_can_be_broken_unless_that_is_turned_off() {
        let breaks = |args| serve(args).expect("sound").into_config().breaks;
        assert!(breaks(&[]) && !breaks(&["--no-break"]));
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
    fn the_file_of_streams_is_the_windows_unless_another_is_asked_for() {
        let usual = serve(&[]).expect("a good line");
        assert_eq!(usual.asked_streams(), None);
        assert_eq!(usual.into_config().streams_file, default_streams());
        let asked = serve(&["--streams", "my.toml"]).expect("a good line");
        assert_eq!(asked.asked_streams(), Some(Path::new("my.toml")));
        assert_eq!(asked.into_config().streams_file, Some("my.toml".into()));
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
    fn topics_keep_what_was_asked_for() {
        let of = |args: &[&str]| serve(args).expect("a good line").into_config().topics;
        assert_eq!(of(&[]), TopicConfig::default());
        let asked = "--max-topics 2 --keep-events 1000000 --keep-bytes 1073741824 --max-lag 5 --slow drop --first-block none --topic-ttl 10m --keep-alive-blank false";
        assert_eq!(
            of(&asked.split(' ').collect::<Vec<_>>()),
            TopicConfig {
                max_topics: 2,
                keep_events: 1_000_000,
                keep_bytes: 1 << 30,
                max_lag: 5,
                slow: Slow::DropOldest,
                first_block: FirstBlock::None,
                keep_alive_blank: false,
                ttl: Duration::from_secs(600),
            }
        );
        assert_eq!(of(&["--topic-ttl", "0"]).ttl, Duration::ZERO);
        assert_eq!(of(&["--slow", "disconnect"]).slow, Slow::Disconnect);
    }

    #[test]
    fn data_may_look_like_a_number_and_a_flag_may_stand_anywhere() {
        for (typed, data) in [
            (&["u"][..], None),
            (&["u", "-"], Some("-")),
            (&["u", "-5"], Some("-5")),
            (&["u", ""], Some("")),
            (&["u", "--event", "e"], None),
            (&["--event", "e", "u", "a b"], Some("a b")),
            (&["u", "--", "--event"], Some("--event")),
        ] {
            let publish = publish(typed).expect("a good line");
            assert_eq!(publish.url, "u");
            assert_eq!(publish.data, data.map(OsString::from), "{typed:?}");
        }
        for bad in [
            &[][..],
            &["u", "a", "b"],
            &["u", "--retry", "1s"],
            &["u", "--retry", "-1"],
            &["u", "--ndjson"],
            &["u", "-x"],
        ] {
            let error = publish(bad).expect_err("a bad line");
            assert_eq!(error.exit_code(), 2, "{bad:?}");
        }
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
            &["--max-topics", "0"],
            &["--keep-events", "0"],
            &["--keep-events", "1000001"],
            &["--keep-bytes", "0"],
            &["--keep-bytes", "1073741825"],
            &["--keep-bytes", "4MiB"],
            &["--max-lag", "0"],
            &["--slow", "wait"],
            &["--first-block", "place"],
            &["--topic-ttl", "5"],
            &["--keep-alive-blank", "maybe"],
            &["--log", "xml"],
            &["extra"],
        ] {
            let error = serve(bad).expect_err("a bad line");
            assert_eq!(error.exit_code(), 2, "{bad:?}");
        }
    }
}
