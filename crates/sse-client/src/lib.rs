//! A request to any URL, for the commands of `sse`. It knows no server of this project.
//!
//! | module | what it is for |
//! |---|---|
//! | `curl` | a curl line as a request, before anything is sent |
//! | `url` | a URL as it was typed |
//! | `connect` | a socket to the server that it names, also through a proxy and TLS |
//! | `tls` | whom TLS trusts |
//! | `request` | one small request, and its answer |
//! | `watch` | one request whose answer is read as it comes, each step and piece with its time |
//! | `exchange` | a request and its answer, as they are shown and judged |
//! | `foreign` | foreign text in a sentence |
//! | `tap` | what a socket read, and when |
//! | `decoding` | a compressed body, decoded while it comes |
//! | `diagnose` | what is wrong with a watched stream, in plain words |
//! | `early_response` | a socket that can still be read when it can no longer be written |

mod connect;
mod curl;
mod decoding;
pub mod diagnose;
mod early_response;
mod error;
mod exchange;
mod foreign;
mod request;
mod tap;
mod tls;
mod url;
mod watch;

pub use connect::{Dial, Proxy, connect};
pub use curl::{
    CurlAuthorization, CurlBody, CurlContent, CurlFile, CurlHeader, CurlIp, CurlMessage,
    CurlMistake, CurlMistakeKind, CurlPart, CurlPlace, CurlReading, CurlRequest, CurlResolve,
    CurlUser, CurlVersion, LONGEST_CURL_LINE,
};
pub use error::Error;
pub use exchange::{Asked, End, Head, Header, Hop, Times};
pub use hyper::Method;
pub use request::{Answer, Request};
pub use tls::Trust;
pub use url::{Scheme, Url};
pub use watch::{Piece, Watch, Wish};
