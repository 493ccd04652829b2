//! What is done to the ring of a topic that an engine keeps.

use super::batch::Draft;
use super::id::Position;

/// One step that the reader of the engine's entries hands to the topic, in the order in which they
/// are to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Append {
    /// The ring begins behind this place. It comes first and once.
    Begin(Position),
    /// The next event, whose place is the one behind the last.
    Event(Draft),
    /// Events are missing.
    Gap {
        /// The place behind what is missing, from which places count on. `born-0` begins a life.
        place: Position,
        /// How many events are missing; `None` where nobody can count them.
        lost: Option<u64>,
        /// The id of the event that follows, where there is one.
        next: Option<String>,
    },
    /// Everything is appended that the engine had when it was asked.
    Reached {
        /// The last place that the engine gave by then.
        head: Position,
        /// Whether the engine knows of an earlier life of the topic.
        later_life: bool,
        /// How many of the looks that subscribers asked for this one answers. It began after they
        /// were asked for.
        looks: u64,
        /// Whether it was due by time, and nobody had to ask for it.
        beat: bool,
    },
}
