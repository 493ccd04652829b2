//! A connection until a stream begins on it.
//!
//! | module | what it is for |
//! |---|---|
//! | `accept` | accepts connections, up to the bound |
//! | `heard` | the bytes of a request as they came |
//! | `http1` | speaks HTTP/1 on one connection, and hands it over when a stream begins |
//! | `hyper_io` | the socket while hyper has it, and what is unsent when it is taken back |
//! | `lingering_close` | closes a connection in stages |
//! | `metrics_port` | an address at which only the metrics answer |
//! | `run_context` | what the connections of one run share |
//! | `socket_options` | the options of a connection's socket |
//! | `watched_answer` | a whole answer of which somebody is told what the kernel took |

mod accept;
mod heard;
mod http1;
mod hyper_io;
mod lingering_close;
mod metrics_port;
mod run_context;
pub(crate) mod socket_options;
mod watched_answer;

pub(crate) use accept::{BACKLOG, TURNED_AWAY, accept};
pub(crate) use metrics_port::serve_metrics;
pub(crate) use run_context::RunContext;
