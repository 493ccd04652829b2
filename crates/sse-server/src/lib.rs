//! The SSE server of SSE Workbench, without a window and without a display.
//!
//! One request flows one way, and each step is one module that knows only the next:
//!
//! ```text
//! socket -> guard -> route -> pump -> transport -> wire -> socket
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | `server` | the life cycle: start, stop, restart, and the one state that all follow |
//! | `run`, `listen`, `port`, `accept` | one run: its sockets, its accept loop, its end |
//! | `door` | a connection while it speaks HTTP, until a stream takes it over |
//! | `app`, `guard`, `routes` | a request: may it come in, and who answers it |
//! | `path`, `params`, `query` | how a request names a place, and what it may change about a stream |
//! | `stream` | what a stream is |
//! | `streams`, `preview` | the file of streams and the list in force, and what one of them would send |
//! | `topics`, `publish` | streams that somebody else feeds, and what a request to publish says |
//! | `pump` | what a connection is sent and when, without clock or socket |
//! | `transport`, `wire` | framing and unsent bytes; the socket itself |
//! | `signals` | what asks a program to end |
//! | `connections`, `tap` | who is connected and what they were sent: the truth that window, API and command line read |
//! | `text`, `time` | what others write, in sentences of ours |
//!
//! Invariant: nothing here depends on Tauri, a window or a display.

mod catalog;
mod clock;
mod config;
mod connections;
mod error;
mod framing;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guard;
mod http;
mod lifecycle;
mod routes;
mod status;
mod tap;
mod transport;

pub use catalog::{FileNews, FileProblem, StreamsFile, StreamsView, short_path};
pub use config::{Config, DEFAULT_PORT, Limits};
pub use connections::{
    Cut, EndedBy, EndedView, Happened, LogEntry, LogReceiver, Look, RowView, Slice, Sort, Tally,
    Verdict, VerdictKind, Visit,
};
pub use error::{Error, Holder};
pub use lifecycle::{Server, asked_to_end};
pub use routes::StateView;
pub use sse_engine::file::SHIPPED_STREAMS;
pub use sse_engine::keep_alive::KeepAlive;
pub use sse_engine::preview::{Part, Preview};
pub use sse_engine::stream::{Entry, Pace, Source, Stream, StreamInfo, Template};
pub use sse_engine::text::{shell_url, shell_word};
pub use sse_engine::time::read_time;
pub use sse_engine::topics::{Draft, FirstBlock, Published, Slow, TopicConfig, TopicInfo};
pub use status::{Phase, Status};
pub use tap::{PieceView, What, WireEvent, WireView};

/// Raises the limit of open files as far as this user may, since every client takes one and desktops
/// begin with 1,024. A system that refuses leaves it as it is: accepting then backs off at the limit.
pub fn raise_file_limit() {
    if let Err(e) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::debug!("the limit of open files stays as it is: {e}");
    }
}
