//! A request to any URL, for the commands of `sse`. It knows no server of this project.
//!
//! | module | what it is for |
//! |---|---|
//! | `curl` | a curl line as a request, before anything is sent |
//! | `url` | a URL as it was typed |
//! | `connect` | a socket to the server that it names, also through a proxy and TLS |
//! | `proxy` | the proxy on the way, and a tunnel through it |
//! | `tls` | TLS over such a socket |
//! | `user` | a user name and a password |
//! | `request` | one small request, and its answer |
//! | `wish` | what a watch asks for, also what a curl line asks for |
//! | `watch` | one request whose answer is read as it comes, each step and piece with its time |
//! | `pass` | somebody else's request, passed on as it is |
//! | `reading` | what one answer says, read piece by piece |
//! | `arrivals` | when its pieces came, for a picture |
//! | `exchange` | a request and its answer, as they are shown and judged |
//! | `foreign` | foreign text in a sentence |
//! | `tap` | what a socket read, and when |
//! | `go_away` | why a server of HTTP/2 closed the connection |
//! | `decoding` | a compressed body, decoded while it comes |
//! | `diagnose` | what is wrong with a watched stream, in plain words |
//! | `early_response` | a socket that can still be read when it can no longer be written |
//! | `reconnect` | when a client of a stream asks again, and with which id: no IO, no clock |
//! | `dialect` | what the events of a stream mean: joined text, tools, the end, what is missing |
//! | `probe` | requests beside a watch, for its diagnosis |
//! | `media_type` | the type of a body, as its head names it |

mod arrivals;
mod connect;
mod curl;
mod decoding;
pub mod diagnose;
pub mod dialect;
mod early_response;
mod error;
mod exchange;
mod foreign;
mod go_away;
mod media_type;
mod pass;
mod probe;
mod proxy;
mod reading;
mod reconnect;
mod request;
mod tap;
mod tls;
mod url;
mod user;
mod watch;
mod wish;

pub use arrivals::{Arrivals, Bin};
pub use connect::{Dial, Family, KnownHost, connect};
pub use curl::{
    CurlAuthorization, CurlBody, CurlContent, CurlFile, CurlHeader, CurlIp, CurlMessage,
    CurlMistake, CurlMistakeKind, CurlPart, CurlPlace, CurlReading, CurlRequest, CurlResolve,
    CurlUser, CurlVersion, LONGEST_CURL_LINE,
};
pub use decoding::BodyDecoder;
pub use error::Error;
pub use exchange::{Asked, End, Head, Header, Hop, Sent, Times};
pub use hyper::Method;
pub use pass::{BrokenOff, PassTimes, Passed, PassedBody, pass};
pub use probe::probe;
pub use proxy::Proxy;
pub use reading::{Counts, Read, Reading};
pub use reconnect::{
    Attempt, DEFAULT_RECONNECTION_TIME, Failure, Policy, Reconnect, SHORTEST_WAIT, State, Step,
};
pub use request::{Answer, Request};
pub use sse_tls::Trust;
pub use tls::TlsCache;
pub use url::{Scheme, Url};
pub use user::User;
pub use watch::{Piece, Watch};
pub use wish::Wish;
