//! What a connection is sent, and when. No socket, no clock, no HTTP.
//!
//! A stream's text becomes a value, a pump is made of it for each connection, and each visit to the
//! pump fills a buffer:
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
//! | [`topics`] | streams that somebody else feeds |
//! | [`pump`] | the state machine of one connection |
//! | [`write_buffer`] | the bytes of one visit to it |
//! | [`preview`] | what a stream would send, over made-up time |
//! | [`keep_alive`], [`bounds`], [`time`] | what these are told |
//! | [`text`], [`lock`] | texts of other people in sentences; locks past a panic |
//!
//! Whoever uses it reads the clocks and hands both in as [`time::Now`], so that all that depends on
//! time is tested without waiting.

pub mod bounds;
mod error;
pub mod file;
pub mod keep_alive;
pub mod lock;
pub mod preview;
pub mod pump;
pub mod stream;
pub mod text;
pub mod time;
pub mod topics;
pub mod write_buffer;

pub use error::Error;
