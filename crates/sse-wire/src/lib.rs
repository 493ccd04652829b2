//! Server-Sent Events to bytes and back, exactly as the [WHATWG standard] has it.
//!
//! [`encode()`] appends one [`Event`] to a buffer; [`Decoder`] takes the bytes of a stream in
//! whatever pieces they arrive and hands out what they mean. The two agree: what the one writes,
//! the other reads back, at any chunking.
//!
//! This crate does no IO, knows no clock and starts no task, and depends on none of the other
//! crates here. It never trusts a text: whatever a field holds, it cannot become a second field or
//! a second event on the wire.
//!
//! ```
//! use sse_wire::{Decoded, Decoder, Event, LineEnding, encode};
//!
//! let mut wire = Vec::new();
//! let event = Event { id: Some("7"), data: Some("two\nlines"), ..Event::default() };
//! encode(&event, LineEnding::Lf, &mut wire);
//! assert_eq!(wire, b"id: 7\ndata: two\ndata: lines\n\n");
//!
//! let mut decoder = Decoder::new();
//! let mut seen = Vec::new();
//! decoder.push(&wire, |decoded| {
//!     if let Decoded::Event { data, .. } = decoded {
//!         seen.push(data.to_owned());
//!     }
//! })?;
//! assert_eq!(seen, ["two\nlines"]);
//! assert_eq!(decoder.last_event_id(), "7");
//! # Ok::<(), sse_wire::Error>(())
//! ```
//!
//! Layout, one noun a module:
//!
//! * `event`: what a sender says, [`Event`].
//! * `line`: what ends a line, [`LineEnding`], and where lines of a text end; both directions share
//!   it.
//! * `encode`: event to bytes, and what happens to text that a field cannot carry.
//! * `decode`: bytes to events, the standard's parser, bounded.
//! * `reader`: the bytes of a whole response to lines and events, as they stand on the wire.
//! * `field`: the lines of it, each with its kind, name, value and end.
//! * `chunks`: how its body is delimited, and the reader of chunks.
//! * `text`: bytes as characters, and as themselves where they are none.
//! * `error`: the one thing that can go wrong.
//!
//! [WHATWG standard]: https://html.spec.whatwg.org/multipage/server-sent-events.html

mod chunks;
mod decode;
mod encode;
mod error;
mod event;
mod field;
mod line;
mod reader;
mod text;

pub use chunks::Framing;
pub use decode::{Decoded, Decoder};
pub use encode::encode;
pub use error::Error;
pub use event::Event;
pub use field::{Line, LineKind};
pub use line::LineEnding;
pub use reader::{Beginning, Found, ResponseReader};
pub use text::{Piece, Text};
