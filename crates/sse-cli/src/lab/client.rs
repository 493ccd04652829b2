//! The command that starts a client under test.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail};
use tokio::io::AsyncReadExt;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::group::Group;
use super::words::Words;

/// What stands for the URL in the command.
pub(super) const URL: &str = "{url}";

/// How long what it said last is waited for once it has ended: a process that it started may keep
/// its stderr open for ever.
const SAID_WITHIN: Duration = Duration::from_millis(200);

/// The command that starts a client under test.
#[derive(Clone, Debug)]
pub(super) struct Client {
    program: String,
    arguments: Vec<String>,
}

/// A client that runs. Its drop ends it.
#[derive(Debug)]
pub(super) struct Running {
    group: Group,
    /// Whether it had ended before it was asked to.
    by_itself: bool,
    /// What it said last, so far.
    words: Words,
    /// Reads what it says.
    reads: JoinHandle<()>,
}

impl Client {
    /// # Errors
    /// Nothing in it stands for the URL.
    pub(super) fn new(command: &[String]) -> anyhow::Result<Self> {
        let Some((program, arguments)) = command.split_first() else {
            bail!("There is no command behind --: name one, such as node client.mjs {URL}.");
        };
        if !arguments.iter().any(|argument| argument.contains(URL)) {
            bail!("The command has no {URL}: put it where the client takes the URL from.");
        }
        Ok(Self {
            program: program.clone(),
            arguments: arguments.to_vec(),
        })
    }

    /// Starts it with this URL, and keeps what it writes to stderr.
    ///
    /// # Errors
    /// The program cannot be started.
    pub(super) fn start(&self, url: &str, words: Words) -> anyhow::Result<Running> {
        let arguments = self.arguments.iter();
        let mut command = Command::new(&self.program);
        command
            .args(arguments.map(|argument| argument.replace(URL, url)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        let mut group = Group::spawn(&mut command)
            .with_context(|| format!("{} cannot be started", self.program))?;
        let stderr = group.stderr();
        let written = words.clone();
        let reads = tokio::spawn(async move {
            let Some(mut stderr) = stderr else { return };
            let mut piece = [0; 1024];
            while let Ok(read @ 1..) = stderr.read(&mut piece).await {
                written.add(&piece[..read]);
            }
        });
        Ok(Running {
            group,
            by_itself: false,
            words,
            reads,
        })
    }
}

/// How a client ended by itself, and what it said last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct LastWords(pub(super) String);

impl LastWords {
    /// It could not be started.
    pub(super) fn not_started(error: &anyhow::Error) -> Self {
        Self(format!("was not started: {error:#}"))
    }

    /// Its service did not close it.
    pub(super) fn not_closed(error: &anyhow::Error) -> Self {
        Self(format!("was not closed: {error:#}"))
    }

    /// What came of it is not known any more.
    pub(super) fn forgotten() -> Self {
        Self(
            "was forgotten before its verdict: all runs together keep 64 MiB, and a DELETE forgets \
             one"
            .to_owned(),
        )
    }

    /// Whether they say that.
    pub(super) fn is_forgotten(&self) -> bool {
        *self == Self::forgotten()
    }

    /// It did not come.
    pub(super) fn stayed_away(within: Duration) -> Self {
        let time = within.as_secs();
        Self(format!("sent no request within {time} s, so it was ended"))
    }
}

impl Running {
    /// Whether it ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        self.group.has_ended()
    }

    /// Asks it to end, and all that it started.
    pub(super) fn ask(&mut self) {
        self.by_itself = self.group.has_ended();
        self.group.ask();
    }

    /// Waits for the end of those that were asked, and kills what goes on then. If it had ended by
    /// itself, how is the answer.
    pub(super) async fn stop(mut self, until: Instant) -> Option<LastWords> {
        let status = self.group.end(until).await.filter(|_| self.by_itself)?;
        _ = tokio::time::timeout(SAID_WITHIN, &mut self.reads).await;
        self.reads.abort();
        Some(LastWords(match self.words.last_line() {
            Some(last) => format!("ended with {status}; it said: {last}"),
            None => format!("ended with {status}, and said nothing"),
        }))
    }
}
