//! The SSE server of SSE Workbench, without a window and without a display.
//!
//! A request passes the modules of this table from top to bottom. Each module may name those below
//! it, never those above (`tests/import_directions.rs` holds that).
//!
//! | module | what it is for |
//! |---|---|
//! | `lifecycle` | start, stop, restart, and the one status that all follow |
//! | `http` | a connection until a stream begins on it |
//! | `routes` | a request: which handler answers it, and what the answer contains |
//! | `transport` | a connection on which a stream began: framing, unsent bytes, the socket |
//! | `shared_topics` | topics that an engine keeps for many nodes |
//! | `guard` | who may connect |
//! | `tokens` | who may publish, and who may subscribe |
//! | `connections`, `tap` | who is connected, and what they were sent |
//! | `recordings` | streams that are handed on, recorded while they happen |
//! | `upstream` | to which server a room hands on what it does not answer |
//! | `events_file` | events of a stream from a file beside the file of streams |
//! | `catalog` | the streams in force, and the file that they come from |
//! | `armed` | the faults that are armed, and which of them strike a request |
//! | `recording_file` | a recording that is written to a file while it happens |
//! | `config`, `status`, `error` | the settings at the start, the life cycle, what can fail |
//! | `mount` | the parts of the paths that somebody else answers |
//! | `drain` | how far the server is with ending its streams before it stops |
//! | `measures` | what is counted and measured for `/metrics` alone |
//! | `clock` | the one place that reads the clocks |
//!
//! What a stream sends, and when, is in the crate `sse-engine`.
//!
//! Invariant: nothing here depends on Tauri, a window or a display.

#[allow(dead_code, reason = "the door asks which faults a request meets next")]
mod armed;
mod catalog;
mod clock;
mod config;
mod connections;
mod drain;
mod error;
mod events_file;
#[cfg(fuzzing)]
pub mod fuzzing;
mod guard;
mod http;
mod lifecycle;
mod measures;
mod mount;
mod recording_file;
mod recordings;
mod routes;
mod shared_topics;
mod status;
mod tap;
mod tokens;
mod transport;
mod upstream;

pub use armed::{ArmedFrom, ArmedSpan, FaultView, LastStrike};
pub use catalog::{
    DefinitionView, FileNews, FileProblem, StreamsFile, StreamsView, read_recording, short_path,
    streams_text,
};
pub use config::{
    Config, DEFAULT_PORT, Drain, Limits, MAX_METRICS_TOPICS, MAX_RETRY_JITTER, Operate, Tokens,
    WhenFull,
};
pub use connections::{
    AwayView, BackWith, BarView, Cut, EndedBy, EndedView, FieldView, FlagView, GroupView, Happened,
    Hideable, KnockView, LaneView, LegView, LegsView, LogEntry, LogReceiver, NewLifeReason,
    NewLives, NextStep, ReceivedView, RecordedView, RequestView, RowView, Slice, Sort, Struck,
    TableQuery, Tally, TickKind, TickView, TimelineView, Verdict, VerdictKind, Visit, Why,
    target_without_secrets, value_without_secrets,
};
pub use error::{Error, Holder};
pub use lifecycle::{Asked, Server, Signals, asked_to_end};
pub use mount::{
    Answering, Ender, ExtraListener, ExtraListeners, Handler, MOST_EXTRA_LISTENERS, Mount,
    MountArea, MountedAnswer, MountedEnd, MountedRequest, MountedStream, SentPiece, WATCHED_BYTES,
    WATCHED_PIECES, Watcher,
};
pub use recording_file::{
    Existing, RecordingFile, SavedRecording, WatchHead, WatchRecording, recording_name,
};
pub use routes::{
    ActWish, Acted, ActivityView, ArmedFaults, BadFault, CheckedFault, FaultWish, ProfileView,
    StateView, StreamActivity, TokensView, UpstreamView, UpstreamWish,
};
pub use shared_topics::{EngineState, EngineView};
pub use sse_client::Trust;
pub use sse_engine::Error as EngineError;
pub use sse_engine::file::SHIPPED_STREAMS;
pub use sse_engine::file::definition::{BadDefinition, Change, appended, replaced};
pub use sse_engine::keep_alive::KeepAlive;
pub use sse_engine::preview::{Part, Preview};
pub use sse_engine::recording;
pub use sse_engine::stream::{
    Entry, Pace, Playback, Replay, Source, Speed, Stream, StreamInfo, Template, is_servable,
};
pub use sse_engine::text::{shell_url, shell_word};
pub use sse_engine::time::read_time;
pub use sse_engine::topics::{
    Draft, Engine, FirstBlock, Published, Slow, TopicConfig, TopicInfo, is_name as is_topic_name,
};
pub use status::{Phase, Status};
pub use tap::{BodyReader, PieceView, What, WireEvent, WireView};
pub use tokens::{Token, TokenNews, first_token};

/// Raises the limit of open files as far as this user may, since every client takes one and
/// desktops begin with 1,024. A system that refuses leaves it as it is: accepting then backs off at
/// the limit.
pub fn raise_file_limit() {
    if let Err(e) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::debug!("the limit of open files stays as it is: {e}");
    }
}
