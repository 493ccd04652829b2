//! A case: what the server does, what the client must do, and how that is judged. Cases are data:
//! the files of `cases/`, which `read.rs` reads.

mod aside;
mod needs;
mod question;
mod read;
mod shown_event;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sse_engine::stream::Stream;

use crate::error::Error;
use crate::profile::Profile;
pub use aside::Aside;
pub use needs::{Needs, Second};
pub use question::{Ask, Field, Heads, Must, Question, Told};
pub use shown_event::ShownEvent;

/// The cases in the order in which they are listed.
pub fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        // A test reads them: they cannot be wrong in a program that was built.
        read::all().unwrap_or_default()
    });
    &CASES
}

/// The places of the cases of the tour in the list, in the order in which they are walked. Those
/// from which a client may not return come last, so that it is judged by all others before.
pub fn tour(cases: &[Case]) -> Vec<usize> {
    let of_tour = (0..cases.len()).filter(|at| cases[*at].in_tour);
    let mut tour: Vec<_> = of_tour.collect();
    tour.sort_by_key(|at| cases[*at].last_in_tour);
    tour
}

/// One thing that a client does right or wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// Its short name, such as `R4`, or `S2-503` for a case of several.
    pub id: String,
    /// Its name in words, such as `half-event`.
    pub name: String,
    /// What the server does, in a sentence.
    pub does: String,
    /// What the client must do, in a sentence.
    pub must: String,
    /// The rule, and where it stands.
    pub source: String,
    /// The tests of the Web Platform Tests, `eventsource/`, that it stands for.
    pub wpt: Vec<String>,
    /// Whether the tour has it: then it ends in a break from which every client may return.
    pub in_tour: bool,
    /// Whether the tour has it behind all others, since clients are known that never come back from
    /// it.
    pub last_in_tour: bool,
    /// What it needs besides its answers.
    pub needs: Needs,
    /// What its requests are answered with, in their order; the last answer is that of all further
    /// ones. Never empty.
    pub answers: Vec<Answer>,
    /// What else it answers: requests that are no turn of it.
    pub asides: Vec<Aside>,
    /// What is asked about it, by profile. A profile that is not here does not have the case.
    pub questions: BTreeMap<Profile, Vec<Ask>>,
    /// How long a client may take to come back. Who does not come in this time has stopped.
    pub patience: Duration,
}

impl Case {
    /// The case with this id.
    ///
    /// # Errors
    /// There is none.
    pub fn find(id: &str) -> Result<&'static Self, Error> {
        let found = cases().iter().find(|case| case.id.eq_ignore_ascii_case(id));
        found.ok_or_else(|| Error::NoCase(sse_engine::text::cut(id)))
    }

    /// Whether this profile has it.
    pub fn is_in(&self, profile: Profile) -> bool {
        self.questions.contains_key(&profile)
    }

    /// The refusal of a profile that does not have it: others do.
    pub fn not_in(&self, profile: Profile) -> Error {
        let others: Vec<_> = self.questions.keys().map(|own| own.name()).collect();
        Error::NotInProfile {
            id: self.id.clone(),
            profile: profile.name(),
            others: others.join(" or "),
        }
    }

    /// The method that its client is to send, where that is not its own choice.
    pub fn method(&self) -> Option<&str> {
        self.asked(|question| match question {
            Question::Same { method } => Some(&**method),
            _ => None,
        })
    }

    /// Whether its client is to be told to close.
    pub fn is_to_be_closed(&self) -> bool {
        let is_closed = |question: &Question| matches!(question, Question::Closed(_)).then_some(());
        self.asked(is_closed).is_some()
    }

    /// The time in which its client is to notice a silence.
    pub fn longest_silence(&self) -> Option<Duration> {
        self.asked(|question| match question {
            Question::Leaves(within) => Some(*within),
            _ => None,
        })
    }

    /// What the first of its questions says that says something.
    fn asked<'a, T>(&'a self, says: impl Fn(&'a Question) -> Option<T>) -> Option<T> {
        let mut asks = self.questions.values().flatten();
        asks.find_map(|ask| says(&ask.question))
    }

    /// The types of its events that a client must listen for, if it is as EventSource is.
    pub fn event_names(&self) -> Vec<&str> {
        let asks = self.questions.values().flatten();
        let events = asks.flat_map(|ask| match &ask.question {
            Question::Sees { events, .. } => &**events,
            _ => &[],
        });
        let names = events.filter(|event| event.has_own_name());
        let names: BTreeSet<_> = names.map(|event| &*event.name).collect();
        names.into_iter().collect()
    }
}

/// What one request is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The stream that is played from its first event on, with the faults that strike it. Its path
    /// is a stand-in.
    pub stream: Arc<Stream>,
    /// The turn whose request its texts see, from 0, where a return has no body of its own.
    pub to: Option<usize>,
    /// For how long the second listener of the run is closed, from its request on.
    pub closes: Option<Duration>,
    /// When it is cut, counted from the first request of the case: it is the answer to all requests
    /// up to then, and they are cut together.
    pub cut_at: Option<Duration>,
}

/// An id as the bytes that a client brings, and as text.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IdText(pub Vec<u8>);

impl fmt::Display for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown(&self.0))
    }
}

impl fmt::Debug for IdText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", shown(&self.0))
    }
}

/// Bytes that came from outside, as a short text on one line: bytes that are no UTF-8 as `\xNN`.
pub(crate) fn shown(bytes: &[u8]) -> String {
    let mut text = String::new();
    for piece in bytes.utf8_chunks() {
        text += &sse_engine::text::cut(piece.valid());
        for byte in piece.invalid() {
            text += &format!("\\x{byte:02x}");
        }
    }
    sse_engine::text::tame(&text, 120)
}

#[cfg(test)]
mod tests;
