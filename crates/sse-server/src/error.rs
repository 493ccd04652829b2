//! The crate's one error type. Code matches its variants, and people read its one sentence.

use std::fmt;
use std::io;

use serde::{Serialize, Serializer};

/// What can go wrong when a server is configured, started or published to. A program matches on the
/// variant.
///
/// Each message says what is wrong and what to do about it. Errors are `Clone` because the life
/// cycle hands the same one to everybody who waits for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Somebody else listens on the port, on either address family. Start on `next_free`, or try
    /// again when the holder has ended.
    #[error(
        "Port {port} is used by {}: stop that program, or choose another port.",
        named(holder.as_ref())
    )]
    PortInUse {
        /// The port that was asked for.
        port: u16,
        /// The program that holds it, where the system tells.
        holder: Option<Holder>,
        /// The next port above that was free a moment ago.
        next_free: Option<u16>,
    },

    /// The system does not let this user listen on the port. Start on one above 1023.
    #[error("Port {port} is not allowed for this user: choose one above 1023.")]
    PortForbidden {
        /// The port that was asked for.
        port: u16,
    },

    /// The address could not be listened on for any other reason. Start on another address.
    #[error("The server cannot listen on {addr} ({reason}): choose another address or port.")]
    Listen {
        /// Address and port as they were tried.
        addr: String,
        /// The system's kind, such as `AddrNotAvailable` for an address of another machine.
        kind: io::ErrorKind,
        /// The system's own words.
        reason: String,
    },

    /// An entry of `allow_hosts` is not a host name or address. Correct it.
    #[error("`{0}` is not a host name: give a name or an address without scheme, port or path.")]
    BadHost(String),

    /// An origin to allow is not an origin. Correct it.
    #[error(
        "`{0}` is not an origin: give scheme, host and port only, such as https://app.example:8443."
    )]
    BadOrigin(String),

    /// An upstream is none. Its URL is not repeated where it may hold a secret.
    #[error("The upstream cannot be used: {0}")]
    BadUpstream(String),

    /// The engine refuses a topic, an event, or what a request wants of a stream. Its own error
    /// says which, and what to do.
    #[error(transparent)]
    Engine(#[from] sse_engine::Error),

    /// As many faults are armed by hand as may be. Heal some, or arm fewer.
    #[error("{0} faults can be armed at once: heal some of them first, or arm fewer.")]
    TooManyFaults(usize),

    /// No fault that is armed has this number. Look at those that are.
    #[error(
        "No fault {0} is armed: it was healed or is over, or never was (GET /api/faults lists those that are)."
    )]
    UnknownFault(u64),

    /// A fault names a stream that is not served. Name another.
    #[error("{0}")]
    UnknownStream(String),

    /// A body with this content coding, such as gzip. Send it without one.
    #[error("The body has the content coding {0}: send it without one.")]
    BodyCoding(String),

    /// A body in this charset. Encode it as UTF-8.
    #[error(
        "The body has the charset {0}: encode it as UTF-8, because an event stream carries nothing else."
    )]
    BodyCharset(String),

    /// There is a file where a recording is to go. Nothing was changed.
    #[error("{0} exists already: give another name, or overwrite it (`--force`).")]
    RecordingExists(String),

    /// Another program is writing a recording of this name. Nothing was changed.
    #[error("{0} is being written by another recording: give another name, or wait until it ends.")]
    RecordingUnderWay(String),

    /// A recording of this name was cut short by a crash. Nothing was changed.
    #[error(
        "{0} is left over from a recording that did not end: move it, or overwrite it (`--force`)."
    )]
    RecordingLeft(String),

    /// As many connections are recorded as may be. End one of those first.
    #[error("{0} connections are recorded, which is the limit: save or end one of those first.")]
    TooManyRecordings(usize),

    /// A recording cannot be written there, or no more of it. The sentence says what is kept.
    #[error("{path} cannot be written ({reason}): {then}.")]
    RecordingFile {
        /// The file.
        path: String,
        /// The system's own words.
        reason: String,
        /// What is kept, and what to do.
        then: &'static str,
    },

    /// The folder for recordings is none, and cannot be made.
    #[error("Streams cannot be recorded in {folder} ({reason}): name another folder.")]
    RecordingFolder {
        /// The folder.
        folder: String,
        /// The system's own words.
        reason: String,
    },

    /// A file of tokens cannot be used. No token is repeated in it.
    #[error("{path}{}: {reason}", in_line(*line))]
    TokenFile {
        /// The file.
        path: String,
        /// The line that is wrong, from 1, where it is one.
        line: Option<usize>,
        /// What is wrong, and what to do.
        reason: String,
    },

    /// A listener was asked for while the server does not run. Start it first.
    #[error("The server does not run: start it first.")]
    NotRunning,

    /// As many extra listeners are open as may be. Close one of those first.
    #[error("{0} extra listeners are open, which is the limit: close one of those first.")]
    TooManyListeners(usize),

    /// So many bodies are being read that there is no room for one more. Try again in a moment.
    #[error(
        "Request bodies hold {0} bytes already, which is the limit for all requests together: try again in a moment."
    )]
    TooManyBodies(usize),
}

/// As a `StartError`.
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        StartError::from(self).serialize(serializer)
    }
}

/// Why the server could not start, with what the page needs to offer a way out.
#[derive(Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub(crate) struct StartError {
    /// What kind of failure it is.
    kind: ErrorKind,
    /// One sentence: what is wrong and what to do.
    message: String,
    /// The program that holds the port, where the system tells.
    holder: Option<Holder>,
    /// The next port above that was free a moment ago.
    next_free: Option<u16>,
}

impl From<&Error> for StartError {
    fn from(error: &Error) -> Self {
        let (holder, next_free) = match error {
            Error::PortInUse {
                holder, next_free, ..
            } => (holder.clone(), *next_free),
            _ => (None, None),
        };
        Self {
            kind: match error {
                Error::PortInUse { .. } => ErrorKind::PortInUse,
                Error::PortForbidden { .. } => ErrorKind::PortForbidden,
                _ => ErrorKind::Other,
            },
            message: error.to_string(),
            holder,
            next_free,
        }
    }
}

/// The kinds that a program can tell apart.
#[derive(Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
enum ErrorKind {
    /// Somebody else listens on the port.
    PortInUse,
    /// The system does not let this user listen on the port.
    PortForbidden,
    /// Everything else.
    Other,
}

/// The program that holds a port.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Holder {
    /// Its name as the system lists it.
    pub name: String,
    /// Its process id.
    pub pid: u32,
}

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.pid)
    }
}

fn in_line(line: Option<usize>) -> String {
    line.map_or_else(String::new, |line| format!(", line {line}"))
}

fn named(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another program".to_owned(), Holder::to_string)
}

impl From<sse_engine::recording::RecordingMistake> for Error {
    fn from(mistake: sse_engine::recording::RecordingMistake) -> Self {
        sse_engine::Error::from(mistake).into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The page offers a way out for two of them, and shows the sentence of each.
    #[test]
    fn a_start_that_failed_is_one_of_three_kinds_in_the_json() {
        let in_use = Error::PortInUse {
            port: 80,
            holder: None,
            next_free: Some(81),
        };
        let listen = Error::Listen {
            addr: "192.0.2.1:80".to_owned(),
            kind: io::ErrorKind::AddrNotAvailable,
            reason: "not here".to_owned(),
        };
        for (error, kind, next_free) in [
            (in_use, "port_in_use", Some(81)),
            (Error::PortForbidden { port: 80 }, "port_forbidden", None),
            (listen, "other", None),
        ] {
            let json = serde_json::to_value(&error).expect("JSON");
            let expected = serde_json::json!({
                "kind": kind,
                "message": error.to_string(),
                "holder": null,
                "next_free": next_free,
            });
            assert_eq!(json, expected);
        }
    }
}
