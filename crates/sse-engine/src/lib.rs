//! What a connection is sent, and when. No socket, no clock, no HTTP.
//!
//! The text of the file becomes streams. Each connection gets a pump. Each visit to the pump fills
//! a buffer:
//!
//! ```text
//! file -> stream -> pump -> write_buffer
//!                   topics -^
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | [`stream`] | what a stream is, and what a request may change about it |
//! | [`mod@file`] | the text of the file of streams |
//! | [`fault`] | what is broken on purpose: its words, read and printed |
//! | [`recording`] | what was on the wire, as plain text: read and written |
//! | [`topics`] | streams whose events are published by others |
//! | [`handoff`] | pieces that a task elsewhere hands to a pump |
//! | [`pump`] | the state machine of one connection |
//! | [`write_buffer`] | the bytes of one visit to the pump |
//! | [`preview`] | what a stream would send, over made-up time |
//! | [`keep_alive`], [`bounds`], [`time`] | keep-alive, bounds and times, which these share |
//! | [`text`], [`lock`] | foreign text in our sentences; locks that survive a panic |
//!
//! The caller reads both clocks and hands them in as [`time::Now`]. The tests can therefore make up
//! the time and need not wait.

// So that a file of tests can be shared with another crate.
#[cfg(test)]
extern crate self as sse_engine;

pub mod bounds;
mod error;
pub mod fault;
pub mod file;
pub mod handoff;
pub mod keep_alive;
pub mod lock;
mod own_headers;
pub mod preview;
pub mod pump;
pub mod recording;
pub mod stream;
pub mod text;
pub mod time;
pub mod topics;
pub mod write_buffer;

pub use error::Error;
