//! A request to any URL, for the commands of `sse`. Knows no server.
//!
//! | module | what it is for |
//! |---|---|
//! | `url` | a URL as it was typed |
//! | `connect` | a socket to whoever listens there |
//! | `request` | one request over it, and its answer |
//! | `early_response` | a socket that reads on when it can no longer write |

mod connect;
mod early_response;
mod error;
mod request;
mod url;

pub use connect::connect;
pub use error::Error;
pub use hyper::Method;
pub use request::{Answer, Request};
pub use url::Url;
