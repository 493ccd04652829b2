//! The words and keys, each in one list, so that none is known in one place and not in another.

/// Where a fault acts, which decides what it may be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Area {
    /// Before the head, or on it.
    Door,
    /// On a stream that has begun.
    Stream,
    /// It stands for others.
    Profile,
}

/// What is known about a word of the vocabulary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Word {
    /// As it is written.
    pub name: &'static str,
    /// Where it acts.
    pub area: Area,
    /// The keys that only it knows.
    pub keys: &'static [&'static str],
}

const fn door(name: &'static str, keys: &'static [&'static str]) -> Word {
    Word {
        name,
        area: Area::Door,
        keys,
    }
}

const fn stream(name: &'static str, keys: &'static [&'static str]) -> Word {
    Word {
        name,
        area: Area::Stream,
        keys,
    }
}

const ENDING: &[&str] = &["half", "linger"];

/// All words, in the order of the documentation.
pub const WORDS: &[Word] = &[
    door("status", &["body", "type", "retry-after", "header"]),
    door("redirect", &["code"]),
    door("type", &[]),
    door("no-cors", &[]),
    door("preflight", &[]),
    door("drop-header", &[]),
    door("wait", &[]),
    door("never", &[]),
    door("refuse", &[]),
    door("knock", &[]),
    door("limit", &["status", "retry-after"]),
    door("encode", &["flush"]),
    door("length", &[]),
    stream("end", ENDING),
    stream("cut", ENDING),
    stream("reset", ENDING),
    stream("mute", &[]),
    stream("silence", &[]),
    stream("hang", &[]),
    stream("split", &[]),
    stream("merge", &[]),
    stream("dribble", &[]),
    stream("hold", &[]),
    stream("ends", &[]),
    stream("bom", &[]),
    stream("bad-utf8", &[]),
    stream("nul-id", &[]),
    stream("bad-retry", &[]),
    stream("no-blank", &[]),
    stream("unknown-field", &[]),
    stream("long", &[]),
    stream("corrupt", &[]),
    stream("comment", &["blank"]),
    stream("repeat", &[]),
    stream("skip", &[]),
    stream("swap", &[]),
    stream("forget", &[]),
    stream("rewind", &[]),
    stream("jump", &[]),
    stream("insert", &[]),
    stream("drop", &[]),
    Word {
        name: "profile",
        area: Area::Profile,
        keys: &[],
    },
];

/// The keys that every word knows, in canonical order.
pub(super) const KEYS: &[&str] = &[
    "after",
    "idle",
    "start",
    "attempt",
    "times",
    "p",
    "seed",
    "stream",
    "client",
    "room",
    "connection",
    "for",
];
