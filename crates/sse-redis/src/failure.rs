//! What became of a call that was not done, in words for a person.

use redis::{ErrorKind, RedisError};
use sse_engine::Error;

/// Why a call was not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It was not sent, since the connection is over.
    Unsent(String),
    /// The engine refused, and did nothing.
    Refused(String),
    /// Nobody knows whether it was done.
    Unsure(String),
    /// The engine does not know the script, and did nothing.
    NoScript,
    /// The engine has no memory left, and did nothing.
    Full,
    /// A key holds something of another type.
    WrongType,
}

impl Failure {
    /// What an error of the client means.
    pub(crate) fn of(e: &RedisError) -> Self {
        let detail = e.detail().unwrap_or_default();
        // Older engines wrap what a script was refused.
        if e.code() == Some("OOM") || detail.contains("OOM command not allowed") {
            return Self::Full;
        }
        if e.code() == Some("WRONGTYPE") || detail.contains("WRONGTYPE Operation") {
            return Self::WrongType;
        }
        let refused = |words: &str| Self::Refused(words.to_owned());
        match (e.kind(), e.code()) {
            (_, Some("NOSCRIPT")) => Self::NoScript,
            (_, Some("LOADING")) => refused("it is loading its data from disk"),
            (_, Some("READONLY")) => refused("it is a replica and takes no writes"),
            (_, Some("UNBLOCKED")) => refused("it became a replica"),
            (_, Some("MASTERDOWN")) => refused("it is a replica that has lost its master"),
            (_, Some("NOREPLICAS")) => {
                refused("it has fewer replicas than its `min-replicas-to-write`")
            }
            (_, Some("MISCONF")) => {
                refused("it refuses writes because it cannot save its data to disk: see its log")
            }
            (_, Some("BUSY")) => refused("it is busy with a script that does not end"),
            (_, Some("NOAUTH")) => {
                refused("it wants a password: put one into the URL, as in redis://:PASSWORD@HOST")
            }
            (_, Some("WRONGPASS")) => refused("the user or the password is wrong"),
            (_, Some("NOPERM")) => Self::Refused(no_permission(detail)),
            (_, Some("DENIED")) => refused(
                "it is in protected mode and refuses other machines: set a password in it, and put it into the URL",
            ),
            (_, Some("MOVED" | "ASK" | "CLUSTERDOWN" | "CROSSSLOT" | "TRYAGAIN")) => refused(
                "it is a Redis Cluster, which is not supported: name one server, or Sentinels",
            ),
            (ErrorKind::Parse, _) => {
                Self::Unsure("what answers is no Redis or Valkey: correct the URL".to_owned())
            }
            (ErrorKind::Io, _) if e.is_timeout() => {
                Self::Unsure("it does not answer in time".to_owned())
            }
            (ErrorKind::Io, _) if is_too_large(e) => Self::Unsure(TOO_LARGE.to_owned()),
            (ErrorKind::Io, _) => Self::Unsure("it closed the connection".to_owned()),
            (_, Some("ERR")) if detail.starts_with("max number of clients") => {
                refused("it has reached its `maxclients`: raise that")
            }
            _ => Self::Unsure(format!("it answered: {}", cut(&e.to_string()))),
        }
    }

    /// Whether an answer was too large.
    pub(crate) fn is_too_large(&self) -> bool {
        matches!(self, Self::Unsure(words) if words == TOO_LARGE)
    }

    /// In words.
    pub(crate) fn words(self) -> String {
        match self {
            Self::Unsent(words) | Self::Refused(words) | Self::Unsure(words) => words,
            Self::NoScript => "it forgot the script that it was just sent".to_owned(),
            Self::Full => "it has no memory left".to_owned(),
            Self::WrongType => "a key of the topics has another type".to_owned(),
        }
    }

    /// As the error of a call that changes nothing, or that may be repeated.
    pub(crate) fn away(self, place: &str) -> Error {
        match self {
            Self::Full => Error::EngineFull,
            other => away(place, &other.words()),
        }
    }

    /// As the error of a call that must not be repeated where it may have been done.
    pub(crate) fn of_publish(self, place: &str) -> Error {
        match self {
            Self::Unsure(words) => Error::MaybePublished(format!("{place}: {words}")),
            other => other.away(place),
        }
    }
}

/// The engine at this place is away for this reason.
pub(crate) fn away(place: &str, words: &str) -> Error {
    Error::EngineAway(format!("{place}: {words}"))
}

/// The text of the error with which a socket ends an answer.
pub(crate) const TOO_LARGE: &str = "one of its answers is larger than 64 MiB: somebody wrote \
    entries by hand that are too large";

fn is_too_large(e: &RedisError) -> bool {
    e.to_string() == TOO_LARGE
}

/// What an ACL forbids. The engine names the command in quotes.
fn no_permission(detail: &str) -> String {
    match detail.split('\'').nth(1) {
        Some(command) if detail.contains("command") => {
            format!("its user may not run {command}: allow it, as in ACL SETUSER NAME +{command}")
        }
        _ => "its user may not use the keys: allow them, as in ACL SETUSER NAME ~sse1:*".to_owned(),
    }
}

/// The beginning of what somebody else wrote, on one line.
pub(crate) fn cut(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}
