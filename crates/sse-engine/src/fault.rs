//! What is broken on purpose, in the one spelling that it has everywhere: in the file of streams,
//! in a query, in JSON, on the command line and in the window.
//!
//! ```text
//! fault = WORD [ "=" VALUE ] *( "," KEY [ "=" VALUE ] )
//! ```
//!
//! A value that holds a comma, begins or ends with a space, or is empty stands in double quotes;
//! within them `\"` is a quote and `\\` a backslash. `cut,after=3` cuts behind the third event.
//!
//! Read one with [`Fault::from_str`](std::str::FromStr), and print it with
//! [`Display`](std::fmt::Display). What is printed is canonical: it has one order of keys, leaves
//! out what goes without saying, and is read as the same fault.

mod armed;
mod items;
mod meeting;
mod mistake;
mod place;
mod print;
mod profiles;
mod read;
mod shift;
mod words;

use std::num::NonZeroU64;
use std::time::Duration;

pub use armed::{Armed, Strike, Target};
pub use meeting::Meeting;
pub use mistake::{Mistake, MistakeKind};
pub use place::Place;
pub use profiles::{Conflict, Profile, Profiles, check_together};
pub(crate) use read::bytes;
pub use shift::Shift;
pub use words::{Area, WORDS, Word};

/// The longest time that a server does not listen: a person waits for its end.
pub const LONGEST_REFUSAL: Duration = Duration::from_secs(60);
/// The longest time that a connection hangs, waits for its answer, or stays open behind its last
/// byte.
pub const LONGEST_HANG: Duration = Duration::from_secs(600);
/// The most bytes that are held back.
pub const MOST_HELD: u64 = 1 << 20;
/// The longest line that `long` makes.
pub const LONGEST_LINE: u64 = 8 << 20;
/// How many faults can be armed by hand at once: each is asked about each request.
pub const MOST_ARMED: usize = 256;
/// The longest text of a fault, in bytes.
pub const LONGEST_TEXT: usize = 64 << 10;

/// One thing that is broken: what, when, how often, for whom, and until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// What is broken.
    pub act: Act,
    /// When it strikes; at once, where nothing is said.
    pub when: Option<When>,
    /// How long after it was armed it begins, so that a list of faults can be a sequence.
    pub start: Duration,
    /// How often it strikes.
    pub often: Often,
    /// Whom it strikes.
    pub who: Who,
    /// How long it is armed, counted from its start; of the words of silence, how long the silence
    /// is. Until it is healed, where nothing is said.
    pub lasts: Option<Duration>,
}

/// What a fault does. Those of the door act in place of a head or on it, all others on a stream
/// that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Another status and body instead of the stream.
    Status(Answer),
    /// A redirect to this URL, with this code; without a URL, one that says no place.
    Redirect {
        /// The place, as it stands in `Location`.
        to: Option<String>,
        /// 300 to 308.
        code: u16,
    },
    /// Another `Content-Type`, or none.
    Type(Option<String>),
    /// No `Access-Control-*` at all.
    NoCors,
    /// This status for the preflight.
    Preflight(u16),
    /// A header field less.
    DropHeader(String),
    /// The head comes so much later.
    Wait(Duration),
    /// No answer comes.
    Never,
    /// Nothing listens on the port.
    Refuse,
    /// Each connection is taken, and reset before a byte of it is read.
    Knock,
    /// Connections beyond so many get this answer.
    Limit {
        /// So many are open at once.
        most: u64,
        /// What the others get.
        status: u16,
        /// Seconds, in `Retry-After`.
        retry_after: Option<u64>,
    },
    /// The body is gzip, which is flushed with each event, or only at its end.
    Encode {
        /// Flushed with each event.
        flushes: bool,
    },
    /// A `Content-Length` that is not true.
    Length(u64),
    /// The stream ends.
    End(Ending),
    /// The stream is cut: FIN, and no last chunk.
    Cut(Ending),
    /// The connection is reset: RST.
    Reset(Ending),
    /// Keep-alive goes on, and events are held back.
    Mute,
    /// No byte is sent. The client's leaving is noticed.
    Silence,
    /// No byte is sent, and the client's FIN is ignored.
    Hang,
    /// Events are sent in pieces.
    Split(Split),
    /// So many events are sent as one piece.
    Merge(u64),
    /// So many bytes a second.
    Dribble(u64),
    /// Bytes are held back until there are so many.
    Hold(Hold),
    /// Other line ends.
    Ends(Ends),
    /// So many byte order marks.
    Bom(u64),
    /// Bytes that are not UTF-8.
    BadUtf8,
    /// An id with U+0000.
    NulId,
    /// A retry that is no number.
    BadRetry,
    /// The blank line behind an event is left out.
    NoBlank,
    /// A field that the standard does not know.
    UnknownField,
    /// A line of so many bytes.
    Long(u64),
    /// The data is cut short.
    Corrupt,
    /// A comment is put in.
    Comment {
        /// Its text.
        text: String,
        /// A blank line follows it.
        blank: bool,
    },
    /// An event is sent so many times more.
    Repeat(u64),
    /// So many events are left out.
    Skip(u64),
    /// Two events change places.
    Swap,
    /// The `Last-Event-ID` is ignored.
    Forget,
    /// The client goes on so many events too early.
    Rewind(u64),
    /// The client goes on so many events too late.
    Jump(u64),
    /// An event with this data is put in.
    Insert(String),
    /// Events that hold this text are left out.
    Drop(String),
    /// All faults of the list of this name.
    Profile(String),
}

/// What is answered instead of a stream.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// 200 to 599.
    pub code: u16,
    /// The body; a sentence of ours, where nothing is said.
    pub body: Option<String>,
    /// Its `Content-Type`.
    pub media_type: Option<String>,
    /// Seconds, in `Retry-After`.
    pub retry_after: Option<u64>,
    /// One more field, as `NAME: VALUE`.
    pub header: Option<String>,
}

/// How a stream ends early.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Ending {
    /// How much of the next event is sent before.
    pub half: Option<Half>,
    /// How long the socket stays open behind the last byte.
    pub linger: Duration,
}

/// Which part of an event is sent before the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Half {
    /// Half of its bytes.
    Bytes,
    /// All up to the end of its line with the id.
    Id,
}

/// Where events are split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Behind each byte.
    Each,
    /// Within characters of several bytes.
    Utf8,
    /// Between CR and LF.
    CrLf,
    /// Behind so many bytes.
    Bytes(NonZeroU64),
}

/// Until when bytes are held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Until there are so many.
    Bytes(u64),
    /// By so many events.
    Events(NonZeroU64),
    /// Until the end.
    End,
}

/// How lines end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// CR.
    Cr,
    /// LF.
    Lf,
    /// CR LF.
    CrLf,
    /// Each line another way, in turn.
    Mixed,
}

/// When a fault strikes a connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum When {
    /// Behind so many events.
    Events(u64),
    /// So long after the connection began; at the door, after the fault was armed.
    Time(Duration),
    /// Behind so many bytes of the stream.
    Bytes(u64),
    /// Behind the event that holds this text.
    Text(String),
    /// When no byte was sent for so long, comments included.
    Idle(Duration),
}

/// How often a fault strikes: always, where nothing is said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Often {
    /// The first and the last of a client's requests that it strikes, from 1.
    pub attempts: Option<(NonZeroU64, NonZeroU64)>,
    /// How many times it strikes.
    pub times: Option<NonZeroU64>,
    /// How likely it strikes, in millionths, from 1 to 1,000,000.
    pub chance: Option<u32>,
    /// What the chance is drawn from.
    pub seed: Option<u64>,
}

/// Whom a fault strikes: everyone in the room that has no name, where nothing is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Who {
    /// The path of a stream.
    pub stream: Option<String>,
    /// The tag of a client.
    pub client: Option<String>,
    /// The name of a room. A fault strikes in one room, and so none of another by accident.
    pub room: Option<String>,
    /// The number of a connection.
    pub connection: Option<u64>,
}

impl Fault {
    /// Whether it cuts or resets a stream without waiting for anything.
    pub fn ends_at_once(&self) -> bool {
        let (Act::Cut(ending) | Act::Reset(ending)) = &self.act else {
            return false;
        };
        ending.half.is_none() && self.when.is_none() && self.start.is_zero()
    }

    /// A fault that strikes everyone, at once and always.
    pub fn new(act: Act) -> Self {
        Self {
            act,
            when: None,
            start: Duration::ZERO,
            often: Often::default(),
            who: Who::default(),
            lasts: None,
        }
    }
}

#[cfg(test)]
mod tests;
