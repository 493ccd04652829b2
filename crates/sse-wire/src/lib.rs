//! Server-Sent Events to bytes and back, exactly as the [WHATWG standard] defines them.
//!
//! [`encode()`] appends one [`Event`] to a buffer. [`Decoder`] takes the bytes of a stream in any
//! pieces, and returns what they mean. It reads exactly the events that [`encode()`] wrote, however
//! the bytes are cut.
//!
//! This crate does no IO, reads no clock and starts no task. It depends on no other crate of this
//! repository. It never trusts a text: the text of a field cannot become a second field or a second
//! event on the wire.
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
//! | module | what it is for |
//! |---|---|
//! | `event` | the fields that a sender sets, [`Event`] |
//! | `line` | what ends a line, [`LineEnding`], and where the lines of a text end |
//! | `encode` | event to bytes, and what happens to text that a field cannot carry |
//! | `decode` | bytes to events: the standard's parser, with a bound |
//! | `reader` | the bytes of a whole response to lines and events, as they are on the wire |
//! | `field` | the lines of a response, each with its kind, name, value and end |
//! | `chunks` | how a body is delimited, and the reader of its chunks |
//! | `text` | bytes as text, and as single bytes if they are no characters |
//! | `error` | the one error: an event that is larger than the bound |
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
