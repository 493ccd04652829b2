//! The arguments of the commands that ask a running server, or change something in it.

use std::time::Duration;

use clap::ArgGroup;
use sse_client::Url;

use super::SentToken;
use crate::expect::Expectation;

pub(super) const BREAK_USAGE: &str = "sse break [OPTIONS] [PATH] <FAULT>";

pub(super) const BREAK_EXAMPLES: &str = "\
Examples:
  sse break /prices status=503,times=2         the next two requests for /prices get 503
  sse break cut,after=3 --client t1            each stream of the client t1 is cut after three events
  seq=$(sse break /prices cut,half --now)      cut what is open, in the middle of an event
  sse wait --until returned --after $seq       and wait until the client comes back

Exit codes: 0 done, 1 not done, 2 the command line or the fault cannot be read, 3 no server answered.";

pub(super) const HEAL_EXAMPLES: &str = "\
Examples:
  sse heal 3                                   the fault with this number
  sse heal /prices                             all that are armed for this stream
  sse heal --all --room ci                     all in this room

Exit codes: 0 done, 1 not done, 2 the command line cannot be read, 3 no server answered.";

pub(super) const STEP_EXAMPLES: &str = "\
Examples:
  sse step                                     all step-by-step replays
  sse step /chat --client t1                   the replay of /chat for one client

Exit codes: 0 done, 1 not done, 2 the command line cannot be read, 3 no server answered.";

pub(super) const FAULTS_EXAMPLES: &str = "\
Examples:
  sse faults                                   what is armed, and how often it struck
  sse faults --json | jq .id                   for programs: a JSON object on each line

Exit codes: 0 done, 1 not done, 2 the command line cannot be read, 3 no server answered.";

pub(super) const WAIT_EXAMPLES: &str = "\
Examples:
  sse wait --until connected                   until a client has a stream
  sse wait --until returned --after 41         until a client came back, after entry 41 of the log
  sse wait --until away --for 3s               until nobody was there for three seconds
  sse wait --until events=12 --client t1       until t1 was sent twelve events

Exit codes: 0 it is true, 1 it did not become true in time, 2 the command line cannot be read, 3 no server answered.";

pub(super) const VERDICT_EXAMPLES: &str = "\
Examples:
  sse verdict                                  of all clients of http://localhost:8000
  sse verdict --client dash --server localhost:8001
                                               of the one that connects with ?client=dash
  sse verdict --json | jq -s .                 for programs: a JSON object on each line
  sse verdict --after 41 --expect lost=0,repeated=0,away=..3s
                                               the newest one after entry 41 of the log

Exit codes: 0 nothing is wrong, or it is as expected; 1 something is wrong with a client, or not as expected; 2 the command line cannot be read; 3 no server answered.";

pub(super) const CONNECTIONS_EXAMPLES: &str = "\
Examples:
  sse connections                              who is connected, and who was
  sse connections --stream /prices --room ci   of one stream, in a room
  sse connections --json | jq .last_id         for programs: a JSON object on each line

Exit codes: 0 done, 1 not done, 2 the command line cannot be read, 3 no server answered.";

pub(super) const NODES_EXAMPLES: &str = "\
Examples:
  sse nodes                                    the engine of the topics, and the nodes that share it
  sse nodes --server localhost:8002            as another node sees them
  sse nodes --json | jq -r .state              for programs: a JSON object, or nothing without one

Exit codes: 0 done, 1 not done, 2 the command line cannot be read, 3 no server answered.";

pub(super) const RESET_EXAMPLES: &str = "\
Examples:
  sse reset --room ci                          one room
  seq=$(sse reset)                             the default room; what comes next is after seq

Exit codes: 0 done, 1 not done, 2 the command line cannot be read, 3 no server answered.";

/// Which server is asked.
#[derive(Debug, clap::Args)]
pub(crate) struct At {
    /// The server; `http://` may be left out.
    #[arg(
        long,
        value_name = "URL",
        env = "SSE_SERVER",
        hide_env_values = true,
        default_value = DEFAULT_URL,
        value_parser = server
    )]
    pub(crate) server: Url,

    /// The room of the server; without it, the default room.
    #[arg(long, value_name = "NAME", value_parser = room)]
    pub(crate) room: Option<String>,

    #[command(flatten)]
    pub(crate) token: SentToken,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Break {
    #[command(flatten)]
    pub(crate) at: At,

    /// The fault, such as status=503 or cut,after=3; before it the path of the stream, if only one
    /// is meant.
    #[arg(required = true, num_args = 1..=2, value_names = ["PATH", "FAULT"])]
    pub(crate) what: Vec<String>,

    /// Only the client that connects with this tag.
    #[arg(long, value_name = "TAG", value_parser = tag)]
    pub(crate) client: Option<String>,

    /// Strike the connections that are open now, and no later request.
    #[arg(long)]
    pub(crate) now: bool,

    /// Only the connection with this number.
    #[arg(long, value_name = "ID", requires = "now")]
    pub(crate) connection: Option<u64>,

    /// Print the answer as a JSON object, with the number of the fault, or of what was struck.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("which").required(true).multiple(true).args(["what", "client", "all"]))]
pub(crate) struct Heal {
    #[command(flatten)]
    pub(crate) at: At,

    /// The number of a fault, or the path of a stream.
    #[arg(value_name = "ID | PATH", value_parser = id_or_path, conflicts_with = "all")]
    pub(crate) what: Option<IdOrPath>,

    /// The faults of the client with this tag.
    #[arg(long, value_name = "TAG", value_parser = tag, conflicts_with = "all")]
    pub(crate) client: Option<String>,

    /// All faults of the room.
    #[arg(long)]
    pub(crate) all: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Step {
    #[command(flatten)]
    pub(crate) at: At,

    /// Step only the replays of this stream, such as /chat.
    #[arg(value_name = "PATH")]
    pub(crate) path: Option<String>,

    /// Only the client that connects with this tag.
    #[arg(long, value_name = "TAG", value_parser = tag)]
    pub(crate) client: Option<String>,

    /// Only the connection with this number.
    #[arg(long, value_name = "ID")]
    pub(crate) connection: Option<u64>,

    /// Print the answer as a JSON object, with the numbers of the connections.
    #[arg(long)]
    pub(crate) json: bool,
}

/// Which fault is meant, or those of which stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IdOrPath {
    Id(u64),
    Path(String),
}

#[derive(Debug, clap::Args)]
pub(crate) struct Faults {
    #[command(flatten)]
    pub(crate) at: At,

    /// Print a JSON object on each line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) at: At,

    /// What to wait for: connected, returned, refused, gone, ended, away, events=N, sent-id=ID or
    /// fired=FAULT.
    #[arg(long)]
    pub(crate) until: String,

    /// The number of the log after which it must happen; without it, all since the room began or
    /// was reset counts.
    #[arg(long, value_name = "SEQ")]
    pub(crate) after: Option<u64>,

    /// Only the client that connects with this tag.
    #[arg(long, value_name = "TAG", value_parser = tag)]
    pub(crate) client: Option<String>,

    /// Only the clients of this stream or topic.
    #[arg(long, value_name = "PATH")]
    pub(crate) stream: Option<String>,

    /// How long nobody has been there, with `--until away`.
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    pub(crate) quiet: Option<Duration>,

    /// How long to wait, at most 1m.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = time)]
    pub(crate) timeout: Duration,

    /// Print the whole answer as a JSON object.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Verdict {
    #[command(flatten)]
    pub(crate) at: At,

    /// Print only the client that connects with this tag.
    #[arg(long, value_name = "TAG", value_parser = tag)]
    pub(crate) client: Option<String>,

    /// Compare the newest verdict on a client that came back, or did not, with these bounds: lost,
    /// repeated and away, each with =N, =N.., =..N or =N..M, and commas between.
    #[arg(long, value_name = "BOUNDS")]
    pub(crate) expect: Option<Expectation>,

    /// The number of the log after which the expected verdict must be.
    #[arg(long, value_name = "SEQ", requires = "expect")]
    pub(crate) after: Option<u64>,

    /// Print a JSON object on each line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Connections {
    #[command(flatten)]
    pub(crate) at: At,

    /// Only the client that connects with this tag.
    #[arg(long, value_name = "TAG", value_parser = tag)]
    pub(crate) client: Option<String>,

    /// Only the clients of this stream or topic.
    #[arg(long, value_name = "PATH")]
    pub(crate) stream: Option<String>,

    /// Print a JSON object on each line.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Nodes {
    #[command(flatten)]
    pub(crate) at: At,

    /// Print a JSON object; nothing where the server keeps its topics by itself.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Reset {
    #[command(flatten)]
    pub(crate) at: At,
}

/// Where a server is that nobody configured.
const DEFAULT_URL: &str = "http://localhost:8000";

fn server(text: &str) -> Result<Url, String> {
    match Url::parse(text) {
        // Where the whole port is handed on, what is ours is below `/@/`.
        Ok(address) if matches!(&*address.target(&[]), "/" | "/@" | "/@/") => Ok(address),
        Ok(_) => Err(format!(
            "leave out everything after host and port, as in {DEFAULT_URL}"
        )),
        Err(_) => Err(format!("give the URL of a server, such as {DEFAULT_URL}")),
    }
}

/// As the server takes it in `client=`.
fn tag(text: &str) -> Result<String, String> {
    let good = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    if (1..=64).contains(&text.len()) && text.chars().all(good) {
        return Ok(text.to_owned());
    }
    Err(
        "give 1 to 64 letters, digits, dots, hyphens, underscores or tildes, as in client="
            .to_owned(),
    )
}

/// As the server takes it in a path, `/@NAME/...`; `*` is all of them.
fn room(text: &str) -> Result<String, String> {
    let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
    if text == "*" || begins && tag(text).is_ok() {
        return Ok(text.to_owned());
    }
    Err("give the name of a room, as in /@NAME/numbers".to_owned())
}

fn id_or_path(text: &str) -> Result<IdOrPath, String> {
    if text.starts_with('/') {
        return Ok(IdOrPath::Path(text.to_owned()));
    }
    let id = text.parse().ok().filter(|id| *id > 0);
    let id = id.map(IdOrPath::Id);
    id.ok_or_else(|| "give the number of a fault, or a path such as /numbers".to_owned())
}

/// How long the server lets somebody wait.
const LONGEST: Duration = Duration::from_secs(60);

fn time(text: &str) -> Result<Duration, String> {
    sse_server::read_time(text)
        .filter(|time| !time.is_zero() && *time <= LONGEST)
        .ok_or_else(|| "give a time such as 500ms or 3s, above 0ms and at most 1m".to_owned())
}

#[cfg(test)]
mod tests {
    use clap::Parser;
    use sse_server::DEFAULT_PORT;

    use super::*;
    use crate::args::{Args, Command};

    fn of(line: &str) -> Result<Command, clap::Error> {
        let words = line.split_whitespace();
        Args::try_parse_from(["sse"].into_iter().chain(words)).map(|args| args.command)
    }

    #[test]
    fn a_server_is_named_by_its_url() {
        for (typed, server) in [
            ("--server localhost:8001/", "localhost:8001"),
            ("--server http://[::1]:5 --json", "[::1]:5"),
            ("--server https://h", "h:443"),
        ] {
            let Ok(Command::Verdict(verdict)) = of(&format!("verdict {typed}")) else {
                panic!("{typed} was not read");
            };
            assert_eq!(verdict.at.server.to_string(), server);
        }
        assert_eq!(DEFAULT_URL, format!("http://localhost:{DEFAULT_PORT}"));
        for bad in ["ftp://localhost:8000", "localhost:8000/numbers", "[::1"] {
            let error = of(&format!("verdict --server {bad}")).expect_err("no server");
            assert_eq!(error.exit_code(), 2, "{bad}");
            assert!(error.to_string().contains(DEFAULT_URL), "{error}");
        }
    }

    #[test]
    fn a_fault_stands_behind_the_path_where_there_is_one() {
        for (typed, what) in [
            ("cut,half", &["cut,half"][..]),
            ("/prices cut,half --now", &["/prices", "cut,half"]),
            ("--room ci /prices cut,half", &["/prices", "cut,half"]),
        ] {
            let Ok(Command::Break(read)) = of(&format!("break {typed}")) else {
                panic!("{typed} was not read");
            };
            assert_eq!(read.what, what);
        }
        for (typed, what) in [
            ("3", Some(IdOrPath::Id(3))),
            ("/prices", Some(IdOrPath::Path("/prices".to_owned()))),
            ("--all", None),
            ("--client t1", None),
        ] {
            let Ok(Command::Heal(read)) = of(&format!("heal {typed}")) else {
                panic!("{typed} was not read");
            };
            assert_eq!(read.what, what);
        }
    }

    #[test]
    fn nonsense_is_exit_code_2() {
        for bad in [
            "break",
            "break a b c",
            "break cut --connection 7",
            "break cut --room a/b",
            "heal",
            "heal 0",
            "heal prices",
            "heal 3 --all",
            "wait",
            "wait --until ended --timeout 61s",
            "wait --until away --for 0s",
            "wait --until ended --after -1",
            "verdict --client é",
            "verdict --after 41",
            "verdict --expect lost",
            "connections --client a/b",
            "reset now",
        ] {
            let error = of(bad).expect_err("a bad line");
            assert_eq!(error.exit_code(), 2, "{bad}");
        }
    }
}
