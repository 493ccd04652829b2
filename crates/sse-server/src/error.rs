//! The crate's one error type: kinds for code, one sentence for people.

use std::fmt;

use serde::{Serialize, Serializer};

/// What can go wrong when a server is configured, started or published to.
///
/// Each message says what is wrong and what to do about it. Errors are `Clone` because the life
/// cycle hands the same one to everybody who waits for it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Somebody else listens on the port, on either address family.
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

    /// The system does not let this user listen on the port.
    #[error("Port {port} is not allowed for this user: choose one above 1023.")]
    PortForbidden {
        /// The port that was asked for.
        port: u16,
    },

    /// The address could not be listened on for any other reason.
    #[error("The server cannot listen on {addr} ({reason}): choose another address or port.")]
    Listen {
        /// Address and port as they were tried.
        addr: String,
        /// The system's own words.
        reason: String,
    },

    /// A `--allow-host` that is not a host name or address.
    #[error("`{0}` is not a host name: give a name or an address without scheme, port or path.")]
    BadHost(String),

    /// A `--allow-origin` that is not an origin.
    #[error(
        "`{0}` is not an origin: give scheme, host and port only, such as https://app.example:8443."
    )]
    BadOrigin(String),

    /// What the engine refuses: a topic, an event, what a request wants of a stream.
    #[error(transparent)]
    Engine(#[from] sse_engine::Error),

    /// A body that is not plain UTF-8; the sentence says what it is.
    #[error("{0}")]
    UnknownBody(String),

    /// So many bodies are being read that there is no room for one more.
    #[error(
        "Request bodies hold {0} bytes already, which is the limit for all requests together: try again in a moment."
    )]
    TooManyBodies(usize),
}

impl Error {
    /// The kind as the API and the page know it.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Error::PortInUse { .. } => ErrorKind::PortInUse,
            Error::PortForbidden { .. } => ErrorKind::PortForbidden,
            _ => ErrorKind::Other,
        }
    }
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
            kind: error.kind(),
            message: error.to_string(),
            holder,
            next_free,
        }
    }
}

/// The kinds that a program can tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "snake_case")]
pub enum ErrorKind {
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

fn named(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| "another program".to_owned(), Holder::to_string)
}
