//! A request to any URL, for the commands of `sse`. It knows no server of this project.
//!
//! | module | what it is for |
//! |---|---|
//! | `url` | a URL as it was typed |
//! | `connect` | a socket to the server that it names |
//! | `request` | one request over this socket, and its answer |
//! | `diagnose` | what is wrong with a watched stream, in plain words |
//! | `early_response` | a socket that can still be read when it can no longer be written |

mod connect;
pub mod diagnose;
mod early_response;
mod error;
mod request;
mod url;

pub use connect::connect;
pub use error::Error;
pub use hyper::Method;
pub use request::{Answer, Request};
pub use url::Url;
