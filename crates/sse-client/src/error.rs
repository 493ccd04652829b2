//! The crate's one error type. Code matches its variants, and people read its one sentence.

use std::io;

use crate::curl::CurlMistake;

/// What can go wrong between a URL and the answer. A program matches on the variant.
///
/// Each message says what is wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Text that is no URL. Correct it.
    #[error("`{0}` is not a URL: give one such as http://localhost:8000/topics/news.")]
    BadUrl(String),

    /// A URL of another scheme than http. Give one of http.
    #[error("{scheme} is not supported: give a URL such as http://{rest}.")]
    Scheme {
        /// The scheme as it was typed.
        scheme: String,
        /// What followed it.
        rest: String,
    },

    /// A URL with a user name or a password, which is not repeated here. Leave it out.
    #[error("A user name or password in the URL is not supported: leave it out.")]
    UserInfo,

    /// A curl line that cannot be used. Correct it at the place that the mistake names.
    #[error(transparent)]
    CurlLine(#[from] CurlMistake),

    /// A name that no resolver knows. Correct it, or try again when the network is there.
    #[error("The host {host} is not found ({reason}): give another URL.")]
    HostNotFound {
        /// The name.
        host: String,
        /// The system's own words.
        reason: String,
    },

    /// The machine is there, and nobody listens on its port. Start a server, or try again later.
    #[error("Nothing listens on {server}: start a server there, or give another URL.")]
    NothingListens {
        /// Host and port.
        server: String,
        /// Whether that is this machine.
        is_loopback: bool,
        /// The port.
        port: u16,
    },

    /// No connection, for any other reason. Whether trying again helps depends on `kind`.
    #[error("{server} cannot be reached ({reason}): give another URL.")]
    Unreachable {
        /// Host and port.
        server: String,
        /// The system's kind, such as `TimedOut` or `NetworkUnreachable`.
        kind: io::ErrorKind,
        /// The system's own words.
        reason: String,
    },

    /// Somebody answered, and not in HTTP. That is another program: give another URL.
    #[error("{server} does not answer in HTTP: give another URL.")]
    NotHttp {
        /// Host and port.
        server: String,
    },

    /// The connection ended before an answer. The request may have been carried out.
    #[error("{server} closed the connection without an answer: try again, or give another URL.")]
    NoAnswer {
        /// Host and port.
        server: String,
    },
}
