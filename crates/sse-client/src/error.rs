//! The crate's one error type. Code matches its variants, and people read its one sentence.

use std::io;

use crate::curl::CurlMistake;
use crate::foreign::shown_url;

/// What can go wrong between a URL and the answer. A program matches on the variant.
///
/// Each message says what is wrong and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Text that is no URL. Correct it.
    #[error("`{}` is not a URL: give one such as http://localhost:8000/topics/news.", shown_url(.0))]
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

    /// The connection was reset before an answer. The request may have been carried out.
    #[error("{server} reset the connection before an answer: try again, or give another URL.")]
    AnswerReset {
        /// Host and port.
        server: String,
    },

    /// A server of HTTP/2 that refused the request, or the whole connection. Ask over HTTP/1.1.
    #[error("{server} refused the request over HTTP/2 ({reason}): try HTTP/1.1.")]
    Http2Refused {
        /// Host and port.
        server: String,
        /// The words for its code (RFC 9113 7).
        reason: String,
    },

    /// No connection within the time that it was given. Give it more, or another URL.
    #[error(
        "There is no connection to {server} after {seconds} s: give it more time, or another URL."
    )]
    ConnectTimeout {
        /// Host and port.
        server: String,
        /// The time that it was given, in seconds.
        seconds: String,
    },

    /// No answer within the time that all of it was given. Give it more, or another URL.
    #[error("There is no answer of {server} after {seconds} s: give it more time, or another URL.")]
    AnswerTimeout {
        /// Host and port.
        server: String,
        /// The time that it was given, in seconds.
        seconds: String,
    },

    /// A certificate that is not trusted. Trust it, or watch another server.
    #[error(
        "The certificate of {server} is not trusted: {reason}. Give its root with --cacert FILE, or \
         trust anybody with --insecure."
    )]
    NotTrusted {
        /// Host and port.
        server: String,
        /// Why, in words.
        reason: String,
    },

    /// No TLS, for another reason than the certificate.
    #[error("There is no TLS with {server} ({reason}): try http:// or another port.")]
    Tls {
        /// Host and port.
        server: String,
        /// The words of the library.
        reason: String,
    },

    /// The roots that are trusted cannot be read.
    #[error("The trusted certificates cannot be read ({0}): give a file in PEM with --cacert.")]
    NoRoots(String),

    /// A header that cannot be sent. Its value is not repeated.
    #[error("The header {0:?} cannot be sent: give it as `Name: value`, in one line.")]
    BadHeader(String),

    /// More headers than a request can hold.
    #[error("There are too many headers in the request: leave some out.")]
    TooManyHeaders,

    /// A proxy that is none of http.
    #[error("The proxy is not a URL of http: give one such as http://localhost:3128.")]
    BadProxy,

    /// A proxy that does not connect.
    #[error("The proxy {proxy} does not connect ({reason}): set another one, or none.")]
    Proxy {
        /// Its host and port.
        proxy: String,
        /// What it said.
        reason: String,
    },

    /// More redirects than are followed.
    #[error("There are more than {0} redirects: the last of them may lead in a circle.")]
    Redirects(usize),

    /// A redirect that leads nowhere.
    #[error("The answer {status} has no Location that is a URL of http: ask the server's owner.")]
    NoLocation {
        /// The status of the answer.
        status: u16,
    },

    /// A redirect from elsewhere to this machine, which is not followed.
    #[error("{server} redirects to this machine ({to}): watch that URL yourself if you mean it.")]
    RedirectHome {
        /// Host and port that sent it.
        server: String,
        /// Host and port that it leads to.
        to: String,
    },

    /// A head of more than 100,000 bytes or 1,000 headers.
    #[error(
        "The head of the answer of {server} is too long: it is not a server that can be watched."
    )]
    LongHead {
        /// Host and port.
        server: String,
    },

    /// An encoding that is not known here.
    #[error(
        "The body is encoded in {0}, which is not known here: ask for `Accept-Encoding: identity`."
    )]
    Encoding(String),

    /// Bytes that are not encoded as they are said to be.
    #[error(
        "The body is not what its Content-Encoding says ({0}): have the server send the right one."
    )]
    NotEncoded(String),

    /// A compressed body that grows beyond all measure.
    #[error("The body grows beyond measure when it is decoded: it is made to fill memory.")]
    Grows,
}
impl Error {
    /// Whether the network is why there is no answer, and not what was asked: another try may find
    /// it well.
    pub fn is_network(&self) -> bool {
        matches!(
            self,
            Self::HostNotFound { .. }
                | Self::NothingListens { .. }
                | Self::Unreachable { .. }
                | Self::NoAnswer { .. }
                | Self::AnswerReset { .. }
                | Self::ConnectTimeout { .. }
        )
    }
}
