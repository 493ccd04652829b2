//! A request to any URL, for the commands of `sse`. It knows no server of this project.
//!
//! | module | what it is for |
//! |---|---|
//! | `curl` | a curl line as a request, before anything is sent |
//! | `url` | a URL as it was typed |
//! | `connect` | a socket to the server that it names |
//! | `request` | one request over this socket, and its answer |
//! | `early_response` | a socket that can still be read when it can no longer be written |

mod connect;
mod curl;
mod early_response;
mod error;
mod request;
mod url;

pub use connect::connect;
pub use curl::{
    CurlAuthorization, CurlBody, CurlContent, CurlFile, CurlHeader, CurlIp, CurlMessage,
    CurlMistake, CurlMistakeKind, CurlPart, CurlPlace, CurlReading, CurlRequest, CurlResolve,
    CurlUser, CurlVersion, LONGEST_CURL_LINE,
};
pub use error::Error;
pub use hyper::Method;
pub use request::{Answer, Request};
pub use url::Url;
