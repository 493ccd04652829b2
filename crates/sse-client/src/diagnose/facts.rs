//! The facts of a body that the rules judge: counts, extremes, the first few and the last few.
//!
//! None of them may grow with the length of the watch.

use std::collections::VecDeque;
use std::time::Duration;

use super::measure::{GapHistogram, Spread};

/// A place in a stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// When the byte came, since the beginning of the watch.
    pub at: Duration,
    /// The offset of the byte in the decoded body, from 0.
    pub byte: u64,
}

/// How often something was seen, and where first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// How often.
    pub count: u64,
    /// Where first.
    pub first: Option<Place>,
}

impl Tally {
    pub(super) fn add(&mut self, place: Place) {
        self.count += 1;
        self.first.get_or_insert(place);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }
}

/// The first few of many, and the last few.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ends<T> {
    /// The first ones.
    pub first: Vec<T>,
    /// The last ones, those of `first` left out.
    pub last: VecDeque<T>,
}

impl<T> Default for Ends<T> {
    fn default() -> Self {
        Self {
            first: Vec::new(),
            last: VecDeque::new(),
        }
    }
}

impl<T> Ends<T> {
    /// So many are kept at the beginning, and so many at the end.
    pub const KEPT: usize = 16;

    pub(super) fn push(&mut self, item: T) {
        if self.first.len() < Self::KEPT {
            return self.first.push(item);
        }
        if self.last.len() == Self::KEPT {
            self.last.pop_front();
        }
        self.last.push_back(item);
    }

    /// All that are kept, in their order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.first.iter().chain(&self.last)
    }
}

/// All facts of a body, as of one instant.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct BodyFacts {
    /// The bytes of the decoded body so far.
    pub bytes: u64,
    /// When the first byte came.
    pub first_byte: Option<Duration>,
    /// The events.
    pub events: EventFacts,
    /// The ids of the events.
    pub ids: IdFacts,
    /// The comments.
    pub comments: CommentFacts,
    /// The `retry` fields.
    pub retry: RetryFacts,
    /// The lines.
    pub lines: LineFacts,
    /// The characters.
    pub text: TextFacts,
    /// What the body had begun and not finished.
    pub tail: Option<Tail>,
    /// The longest time without a byte, from the head on.
    pub silence: Silence,
    /// The bytes as they were read. Only these facts depend on how the body was cut.
    pub pieces: PieceFacts,
}

/// Facts of the events that a client would dispatch.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct EventFacts {
    /// How many there were.
    pub count: u64,
    /// The first few and the last few.
    pub kept: Ends<EventSeen>,
    /// The largest block of lines, in bytes, and where it began.
    pub largest: Option<(u64, Place)>,
    /// Their names, each with its events; the first few.
    pub names: Vec<NameFacts>,
    /// Blocks that had data and were not handed out: the decoder had given up at its bound.
    pub not_decoded: Tally,
    /// Blocks without data and with an id, a name or a `retry`.
    pub control_only: Tally,
    /// Events whose data was a JSON object or array.
    pub json: u64,
    /// Events whose data was no JSON, behind five that were; `[DONE]` is left out.
    pub json_broken: Tally,
    /// At least three events within 5 ms, behind a second or more without a byte.
    pub bursts: Tally,
    /// Events whose lines were there, and whose blank line came with the next event.
    pub held_ends: Tally,
    /// When they came.
    pub spread: Spread,
    /// The times between two of them.
    pub gaps: GapHistogram,
}

/// So many events of JSON make a stream one of JSON.
pub(super) const JSON_BEFORE: u64 = 5;
/// So many events at once are a burst.
pub(super) const BURST: u64 = 3;
/// They come within this time.
pub(super) const BURST_TIME: Duration = Duration::from_millis(5);
/// They come behind so long a silence.
pub(super) const BURST_SILENCE: Duration = Duration::from_secs(1);

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EventSeen {
    /// Its first byte.
    pub begin: Place,
    /// The byte that ended its blank line: a LF, or the CR of a CRLF.
    pub end: Place,
    /// Its name, cut where it is long.
    pub name: String,
    /// The last event id as of this event, cut where it is long.
    pub id: String,
    /// The bytes of its data.
    pub data_bytes: u64,
    /// Its data was JSON.
    pub is_json: bool,
}

/// The events of one name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameFacts {
    /// The name, cut where it is long.
    pub name: String,
    /// How many there were.
    pub count: u64,
    /// All of them had the same data.
    pub same_data: bool,
    /// The first one.
    pub first: Place,
    /// When the last one came.
    pub last: Duration,
    /// What tells the data of the first one from other data.
    pub(super) data_hash: u64,
}

/// So many names are told apart.
pub(super) const NAMES: usize = 32;

/// Facts of the ids. An id counts from its blank line on, with data or without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct IdFacts {
    /// Blocks that set an id that is not empty.
    pub set: Tally,
    /// Blocks that set the empty id, so that a client forgets its place.
    pub emptied: Tally,
    /// The first one.
    pub first: Option<String>,
    /// The last one.
    pub last: Option<String>,
    /// The most bytes of one.
    pub longest: usize,
    /// Those that are not ASCII.
    pub non_ascii: Tally,
    /// Those with a byte for which a browser asks by a preflight first (Fetch, CORS-unsafe
    /// request-header byte).
    pub cors_unsafe: Tally,
    /// Those longer than 128 bytes, for which it does so too.
    pub cors_long: Tally,
    /// Those longer than 1,024 bytes.
    pub long: Tally,
    /// Those that begin or end with a space or a tab, which HTTP trims.
    pub spaces: Tally,
    /// Fields with a NUL, which a client ignores.
    pub nul: Tally,
    /// Those that were among the last 64.
    pub repeated: Tally,
    /// Those that are a lower number than the one before.
    pub shrunk: Tally,
    pub(super) recent: VecDeque<u64>,
}

/// A longer value of a header needs a preflight (Fetch, CORS-safelisted request-header).
pub(super) const CORS_LONG: usize = 128;
/// An id that is longer than this may not fit a server's bound of a header.
pub(super) const LONG_ID: usize = 1024;
/// So many ids are remembered.
pub(super) const RECENT: usize = 64;

/// Facts of the comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CommentFacts {
    /// Lines of comments.
    pub lines: Tally,
    /// Comments with a blank line behind them and nothing else, once an id was seen.
    pub blank_behind_id: Tally,
}

/// Facts of the `retry` fields.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RetryFacts {
    /// Those that a client takes.
    pub taken: Tally,
    /// Those that are not digits, which a client ignores.
    pub ignored: Tally,
    /// The last value, in milliseconds.
    pub last: Option<u64>,
    /// The lowest, and where it stood.
    pub lowest: Option<(u64, Place)>,
    /// The highest, and where it stood.
    pub highest: Option<(u64, Place)>,
}

/// Facts of the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineFacts {
    /// Those that end with LF.
    pub lf: Tally,
    /// Those that end with CRLF.
    pub crlf: Tally,
    /// Those that end with CR.
    pub cr: Tally,
    /// Fields that the standard does not know.
    pub unknown: Tally,
    /// The names of such fields, the first few, cut where they are long.
    pub unknown_names: Vec<String>,
}

/// So many names of unknown fields are kept.
pub(super) const UNKNOWN_NAMES: usize = 8;

/// Facts of the characters.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TextFacts {
    /// The body begins with a byte order mark.
    pub bom: bool,
    /// Sequences of bytes that are no UTF-8: a client reads U+FFFD for each.
    pub invalid: Tally,
    /// The byte 0.
    pub nul: Tally,
    /// Some character is not ASCII.
    pub non_ascii: bool,
}

/// What a body had begun and not finished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tail {
    /// Its first byte.
    pub begin: Place,
    /// How many bytes it has.
    pub bytes: u64,
    /// It has a field that a client would have used.
    pub is_event: bool,
}

/// A time without a byte.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Silence {
    /// The longest one.
    pub longest: Duration,
    /// Where it began: the byte that came behind it, or would have come.
    pub begin: Place,
    /// The one at the end, from the last byte to the end of the watch.
    pub last: Duration,
}

/// Facts of the pieces in which the body was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PieceFacts {
    /// How many there were.
    pub count: u64,
    /// The first few and the last few.
    pub kept: Ends<PieceSeen>,
    /// The bytes of all pieces on the wire.
    pub wire_bytes: u64,
    /// Those of one of [`ROUND_SIZES`] bytes that ended inside an event, and behind which the body
    /// went on at least 10 ms later.
    pub round: Tally,
    /// How often each of [`ROUND_SIZES`] was among them.
    pub round_sizes: [u64; 4],
    /// Characters that were split between two pieces.
    pub split_characters: Tally,
}

/// The sizes of buffers that proxies pass on when they are full.
pub const ROUND_SIZES: [usize; 4] = [4_096, 8_192, 16_384, 32_768];

/// One piece.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PieceSeen {
    /// Its first byte.
    pub begin: Place,
    /// Its bytes in the decoded body.
    pub bytes: u64,
    /// Its bytes on the wire; fewer where the body is compressed.
    pub wire_bytes: u64,
}
