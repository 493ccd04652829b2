//! Why a connection ended, or never began.

use std::fmt;

use serde::{Serialize, Serializer};

/// Who ended a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
#[serde(rename_all = "lowercase")]
pub enum EndedBy {
    /// This server.
    Server,
    /// The program at the other end.
    Client,
    /// Neither: the connection broke between them.
    Network,
}

/// Why a connection ended, or why its request was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Why {
    /// A finite stream was sent whole.
    Complete,
    /// It asked for the rest of a finite stream, and there is none.
    NothingLeft,
    /// The server stopped.
    Stopped,
    /// The server dropped it without a word: its grace was over.
    Dropped,
    /// A subscriber was too far behind its topic.
    TooSlow,
    /// Its socket took no byte for too long.
    Stalled,
    /// Its topic was ended.
    TopicEnded,
    /// It came behind a request whose answer its client does not read.
    Pipelined,
    /// Its client sent more behind its request than is read.
    TalksTooMuch,
    /// Its client closed it.
    Closed,
    /// Its client reset it.
    Reset,
    /// Its client no longer answers.
    Vanished,
    /// As many streams were open as may be.
    TooManyStreams,
    /// There were as many topics as may be.
    TooManyTopics,
    /// No topic can have this name.
    BadName,
    /// Its query is out of bounds.
    BadQuery,
    /// Its path leads to nothing.
    NothingThere,
    /// The origin of its page may not read the streams.
    OriginNotAllowed,
    /// Its head has more bytes or fields than may be.
    HeadTooLarge,
    /// Its head is no HTTP, or was not sent whole.
    UnreadableRequest,
    /// Its head did not arrive in time.
    HeadTooSlow,
}

impl Why {
    /// The words that the API, the log and the page have for it.
    pub fn words(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::NothingLeft => "nothing left to send",
            Self::Stopped => "stopped",
            Self::Dropped => "dropped",
            Self::TooSlow => "too slow",
            Self::Stalled => "stalled",
            Self::TopicEnded => "topic ended",
            Self::Pipelined => "pipelined",
            Self::TalksTooMuch => "client sent too much",
            Self::Closed => "closed",
            Self::Reset => "reset",
            Self::Vanished => "vanished",
            Self::TooManyStreams => "too many streams",
            Self::TooManyTopics => "too many topics",
            Self::BadName => "bad name",
            Self::BadQuery => "bad query",
            Self::NothingThere => "nothing there",
            Self::OriginNotAllowed => "origin not allowed",
            Self::HeadTooLarge => "head too large",
            Self::UnreadableRequest => "unreadable request",
            Self::HeadTooSlow => "head too slow",
        }
    }

    /// Who ended it.
    pub fn by(self) -> EndedBy {
        match self {
            Self::Closed | Self::Reset => EndedBy::Client,
            Self::Vanished => EndedBy::Network,
            _ => EndedBy::Server,
        }
    }

    /// Whether the client has everything that there was.
    pub fn is_complete(self) -> bool {
        matches!(self, Self::Complete | Self::NothingLeft)
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.words())
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.words())
    }
}
