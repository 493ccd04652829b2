//! What is said of a client in one case.

/// What is said of a client in one case. The words of all but the first are one sentence, about
/// what the client did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It did what it must.
    Right,
    /// It did something else.
    Wrong(String),
    /// It did what the standard leaves open.
    Allowed(String),
    /// It had stopped before the point that the case is about.
    NotReached(String),
    /// Only who looks at the client's own side can tell.
    NeedsEyes(String),
}

impl Verdict {
    /// Its name in texts.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Wrong(_) => "wrong",
            Self::Allowed(_) => "allowed",
            Self::NotReached(_) => "not reached",
            Self::NeedsEyes(_) => "needs your eyes",
        }
    }

    /// What the client did, where that is to be told.
    pub fn words(&self) -> Option<&str> {
        match self {
            Self::Right => None,
            Self::Wrong(words)
            | Self::Allowed(words)
            | Self::NotReached(words)
            | Self::NeedsEyes(words) => Some(words),
        }
    }

    /// Of the answers to several questions, the one that counts is the highest.
    pub(crate) fn weight(&self) -> u8 {
        match self {
            Self::Right => 0,
            Self::Allowed(_) => 1,
            Self::NeedsEyes(_) => 2,
            Self::NotReached(_) => 3,
            Self::Wrong(_) => 4,
        }
    }
}
