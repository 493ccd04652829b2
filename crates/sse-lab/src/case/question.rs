//! What a case asks about a client.

use std::time::Duration;

use super::{IdText, ShownEvent};

/// A question, and what it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// The answer that it is about, from 0, and the return from it, which is the request behind.
    pub about: usize,
    /// Whether a client that does not return is right as well.
    pub may_stay: bool,
    /// Whether another answer is the client's choice: then it is told, and not wrong.
    pub allowed: bool,
    /// Why a client may not return, as a clause; it may be empty.
    pub gone: String,
    /// What is asked.
    pub question: Question,
}

/// A header field of a request, and what it must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, in small letters.
    pub name: String,
    /// What its values must be.
    pub must: Must,
    /// What it means where it is otherwise, as a sentence.
    pub words: String,
    /// Whether it is the client's choice: then it is told, and not wrong.
    pub allowed: bool,
}

/// What the values of a header field must be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Must {
    /// There is one at least.
    BeThere,
    /// There is exactly one.
    BeOne,
    /// There is none.
    BeAbsent,
    /// One of them holds this text, whatever the case of its letters.
    Hold(String),
    /// One of them is this text.
    Be(String),
    /// One of them is what the body has at this JSON pointer, if it has something there.
    Mirror(String),
}

/// Heads that are looked at together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heads {
    /// Only those of requests with this method.
    pub method: Option<String>,
    /// Only those behind the first request that calls this method of JSON-RPC, which must be there.
    pub behind: Option<String>,
    /// Their fields. What it means where one is otherwise is a clause.
    pub fields: Vec<Field>,
}

/// What a client is asked by a case. The answer is in what came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Which last event id does it bring?
    Id {
        /// It read the case right with this one; an empty one is none at all.
        right: IdText,
        /// What it means if it brings one of these, as a sentence.
        wrong: Vec<(IdText, String)>,
    },
    /// How long does it wait?
    Delay {
        /// As long as it was told.
        told: Duration,
        /// What it means if it waits for one of these times, as a clause.
        misread: Vec<(Duration, String)>,
    },
    /// If it comes back, does it wait at least so long?
    NotBefore(Duration),
    /// Does it stay away for this time?
    Away {
        /// For so long.
        time: Duration,
        /// What it means if it comes back with one of these ids, as a clause.
        wrong: Vec<(IdText, String)>,
    },
    /// Does it come back at all, within its patience?
    Back,
    /// Does it come back so often, with waits that grow?
    Growing(usize),
    /// Does it come back so often at most?
    Rate {
        /// At most so many times.
        most: u64,
        /// In this time.
        time: Duration,
    },
    /// Are there never two connections of it at once, up to the return?
    OneOnly,
    /// Does it take the answer for a stream, and hold it for this time?
    Stays {
        /// For so long.
        time: Duration,
        /// What it means if it leaves, as a clause.
        words: String,
    },
    /// Does it leave within this time?
    Leaves(Duration),
    /// What does the head of this request say, from 0?
    Head {
        /// The request, from 0.
        at: usize,
        /// Its fields.
        fields: Vec<Field>,
    },
    /// What do all heads up to the request in question say, also those beside the turns?
    Heads(Heads),
    /// Does it come back by this method?
    By(String),
    /// Does it send its request of JSON-RPC anew, with another id and no last event id?
    Anew,
    /// Does it ask again? If not, it must show something, which only eyes see: this sentence says
    /// what.
    AgainOrShows(String),
    /// Does it go where it is redirected to, with the same method? That is a URL with this end.
    Follows(String),
    /// Is the return for the same URL?
    SameUrl,
    /// Is the return the same request again: method, body, and fields but for the last event id?
    Same {
        /// The method that the case is about.
        method: String,
    },
    /// Does it show these events, and no other? The server cannot see that.
    Sees {
        /// These events, in their order.
        events: Vec<ShownEvent>,
        /// Whether this is asked only of a client that reports what it sees.
        if_reported: bool,
    },
    /// Is it quiet for this time, once it was told to close? The server cannot see that it was.
    Closed(Duration),
    /// Did its page ask first (OPTIONS), before it came back to another origin?
    Preflight,
    /// Is it redirected to another origin without its secrets?
    NoLeak,
    /// Does it come back with another value of this field than was refused?
    Fresh(String),
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
    /// Which URL it came back to, after a redirect.
    Place,
    /// How long after the listener was open again it came back.
    Refused,
    /// How far apart the clients came back that were cut together, in this time behind that.
    Spread(Duration),
    /// How many connections it had at once, and how many came only when these had ended, in this
    /// time behind that.
    Connections(Duration),
    /// How much of the answer the system took for it, in this time.
    Taken(Duration),
}
