//! A case: what the server does, what the client must do, and how that is judged. Cases are data:
//! the files of `cases/`, which `read.rs` reads.

mod read;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use sse_engine::stream::Stream;

use crate::error::Error;
use crate::profile::Profile;

/// The cases in the order in which they are listed, and walked.
pub fn cases() -> &'static [Case] {
    static CASES: LazyLock<Vec<Case>> = LazyLock::new(|| {
        // A test reads them: they cannot be wrong in a program that was built.
        read::all().unwrap_or_default()
    });
    &CASES
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
    /// What its requests are answered with, in their order; the last answer is that of all further
    /// ones. Never empty.
    pub answers: Vec<Answer>,
    /// What is asked about it, by profile. A profile that is not here does not have the case.
    pub questions: BTreeMap<Profile, Vec<Question>>,
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
}

/// What one request is answered with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The stream that is played from its first event on, with the faults that strike it. Its path
    /// is a stand-in.
    pub stream: Arc<Stream>,
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

/// A header field of a request, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, in small letters.
    pub name: String,
    /// A text that one of its values must hold, whatever the case of its letters.
    pub holds: Option<String>,
    /// It must not be there.
    pub absent: bool,
    /// What it means where it is otherwise, as a sentence. Nothing is said of it otherwise than as
    /// allowed where `allowed` is set.
    pub words: String,
    /// Whether it is the client's choice.
    pub allowed: bool,
}

/// What a client is asked by a case. The answer is in what came.
///
/// Unless it says something else, a question is about the return: the request behind the one that
/// the last answer was for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Which last event id does it bring?
    Id {
        /// It read the case right with one of these; an empty one is none at all.
        right: Vec<IdText>,
        /// What it means if it brings one of these.
        wrong: Vec<(IdText, String)>,
    },
    /// How long does it wait?
    Delay {
        /// As long as it was told.
        told: Duration,
        /// What it means if it waits for one of these times.
        misread: Vec<(Duration, String)>,
    },
    /// If it comes back, does it wait at least so long? Who does not come back is right as well.
    NotBefore(Duration),
    /// Does it stay away for this time?
    Away(Duration),
    /// Does it come back at all, within its patience?
    Back,
    /// Does it come back so often at least, each wait not shorter than the one before?
    Growing(usize),
    /// How many requests are there in this time behind the first answer?
    Rate {
        /// At most so many.
        most: u64,
        /// In this time.
        time: Duration,
    },
    /// Are there never two connections of it at once, in this time?
    OneOnly(Duration),
    /// Does it take the answer for a stream, and hold it for this time?
    Stays(Duration),
    /// Does it leave within this time?
    Leaves(Duration),
    /// What does the head of this request say, from 0?
    Head {
        /// The request, from 0.
        at: usize,
        /// Its method, where that matters.
        method: Option<String>,
        /// Its fields.
        fields: Vec<Field>,
    },
    /// Is the return the same request again: method, body, and fields but for the last event id?
    Same,
    /// Nothing is right or wrong: what it did is told.
    Told(Told),
}

/// What is only told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// After how long it came back.
    Delay,
    /// After how long it left.
    Left(Duration),
    /// The waits between its requests, in this time.
    Waits(Duration),
    /// What only the client's own side shows.
    Eyes,
}
