//! Why a connection ended, or never began.

use std::fmt;

use crate::mount::Ender;

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

/// Makes [`Why`] of the list, so that each reason has its words in one place.
macro_rules! reasons {
    ($($(#[$meta:meta])* $why:ident = $words:literal,)*) => {
        /// Why a connection ended, or why its request was refused.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[cfg_attr(feature = "types", derive(ts_rs::TS))]
        pub enum Why {
            $($(#[$meta])* #[serde(rename = $words)] $why,)*
        }

        impl Why {
            /// All of them.
            pub(crate) const ALL: [Self; [$(Self::$why),*].len()] = [$(Self::$why),*];

            /// The words that the API, the log and the page have for it.
            pub fn words(self) -> &'static str {
                match self {
                    $(Self::$why => $words,)*
                }
            }
        }
    };
}

reasons! {
    /// A finite stream was sent whole.
    Complete = "complete",
    /// It asked for the rest of a finite stream, and there is none.
    NothingLeft = "nothing left to send",
    /// The recording that is replayed ended so, in order, and more of it follows.
    RecordedEnd = "ended as recorded",
    /// The recording that is replayed was cut there.
    RecordedCut = "cut as recorded",
    /// The recording that is replayed was reset there.
    RecordedReset = "reset as recorded",
    /// It was answered as the recording was, which has no body.
    Recorded = "answered as recorded",
    /// The file that its events come from cannot be read, has a mistake, or changed.
    EventsFile = "events file failed",
    /// The server stopped.
    Stopped = "stopped",
    /// The server was about to stop, and ended its streams one by one.
    Drained = "drained",
    /// It was as old as a stream may become.
    MaxAge = "max age",
    /// The server dropped it without a word: its grace was over.
    Dropped = "dropped",
    /// The server was stopped as if it had been killed.
    StoppedAbruptly = "stopped abruptly",
    /// Its room was reset.
    RoomReset = "room reset",
    /// A subscriber was too far behind its topic.
    TooSlow = "too slow",
    /// Its socket took no byte for too long.
    Stalled = "stalled",
    /// Its topic was ended.
    TopicEnded = "topic ended",
    /// It came behind a request whose answer its client does not read.
    Pipelined = "pipelined",
    /// A fault ended it, or answered its request.
    Fault = "fault",
    /// Its upstream closed the connection before the end of its answer.
    UpstreamCut = "upstream cut off",
    /// Its upstream reset the connection.
    UpstreamReset = "upstream reset",
    /// Its upstream was not reached, or gave no answer that can be passed on.
    UpstreamFailed = "upstream failed",
    /// Its upstream did not answer in time.
    UpstreamTooSlow = "upstream too slow",
    /// Its upstream leads back to this server.
    ProxyLoop = "proxy loop",
    /// Its upstream answered with something else than a stream, which was passed on.
    Forwarded = "forwarded",
    /// Its client sent more behind its request than is read.
    TalksTooMuch = "client sent too much",
    /// Its client closed it.
    Closed = "closed",
    /// Its client reset it.
    Reset = "reset",
    /// Its client no longer answers.
    Vanished = "vanished",
    /// As many streams were open as may be.
    TooManyStreams = "too many streams",
    /// The server was about to stop, and took no new ones.
    Draining = "draining",
    /// There were as many topics as may be.
    TooManyTopics = "too many topics",
    /// No topic can have this name.
    BadName = "bad name",
    /// Its query is out of bounds.
    BadQuery = "bad query",
    /// Its path leads to nothing.
    NothingThere = "nothing there",
    /// The origin of its page may not read the streams.
    OriginNotAllowed = "origin not allowed",
    /// It has no token, or none that can be read, where one is needed.
    NoToken = "no token",
    /// Its token is none of those in force.
    UnknownToken = "unknown token",
    /// Its token may subscribe and not publish.
    TokenMayNotPublish = "token may not publish",
    /// Its head has more bytes or fields than may be.
    HeadTooLarge = "head too large",
    /// Its head is no HTTP, or was not sent whole.
    UnreadableRequest = "unreadable request",
    /// Its head did not arrive in time.
    HeadTooSlow = "head too slow",
}

impl Why {
    /// Who ended it.
    pub fn by(self) -> EndedBy {
        match self {
            Self::Closed | Self::Reset => EndedBy::Client,
            Self::Vanished => EndedBy::Network,
            _ => EndedBy::Server,
        }
    }

    /// The same as whoever watches an answer is told it: in words, and who ended it.
    pub(crate) fn told(self) -> (&'static str, Ender) {
        let by = match self {
            Self::Fault => Ender::Fault,
            Self::Stalled => Ender::Network,
            Self::TalksTooMuch => Ender::Client,
            Self::Complete | Self::NothingLeft => Ender::Answer,
            Self::RecordedEnd | Self::RecordedCut | Self::RecordedReset => Ender::Answer,
            Self::Recorded => Ender::Answer,
            _ => match self.by() {
                EndedBy::Server => Ender::Server,
                EndedBy::Client => Ender::Client,
                EndedBy::Network => Ender::Network,
            },
        };
        (self.words(), by)
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever judges a client by its answer must not blame the answer for what the server did for
    /// its own reasons, nor the server for what the client did.
    #[test]
    fn a_watcher_is_told_who_ended_an_answer() {
        for (why, by) in [
            (Why::Complete, Ender::Answer),
            (Why::NothingLeft, Ender::Answer),
            (Why::RecordedCut, Ender::Answer),
            (Why::Fault, Ender::Fault),
            (Why::Stopped, Ender::Server),
            (Why::TooManyStreams, Ender::Server),
            (Why::Draining, Ender::Server),
            (Why::MaxAge, Ender::Server),
            (Why::RoomReset, Ender::Server),
            (Why::Closed, Ender::Client),
            (Why::TalksTooMuch, Ender::Client),
            (Why::Stalled, Ender::Network),
            (Why::Vanished, Ender::Network),
        ] {
            assert_eq!(why.told(), (why.words(), by));
        }
    }
}
