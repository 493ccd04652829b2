//! A connection until a stream begins on it.
//!
//! | module | what it is for |
//! |---|---|
//! | `accept` | takes connections in, as far as there is room |
//! | `door` | speaks HTTP with one, and hands it over when a stream begins |
//! | `shared` | what the connections of one run share |
//! | `socket_options` | what is asked of a connection's socket |

mod accept;
mod door;
mod shared;
pub(crate) mod socket_options;

pub(crate) use accept::{TURNED_AWAY, accept};
pub(crate) use shared::Shared;
