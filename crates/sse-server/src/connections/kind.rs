//! What a connection reads, as metrics name it.

/// What a connection reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A stream of the list.
    Stream,
    /// A topic.
    Topic,
    /// A stream of an upstream.
    Upstream,
}

impl Kind {
    /// All of them.
    pub(crate) const ALL: [Self; 3] = [Self::Stream, Self::Topic, Self::Upstream];

    /// Its word.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Topic => "topic",
            Self::Upstream => "upstream",
        }
    }
}
