//! Whose entries somebody wants to read.

use super::{Entry, What, Who};
use crate::connections::connection::Connection;

/// Whose connections are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whom {
    /// The client's tag.
    pub(crate) client: Option<String>,
    /// The path of the stream.
    pub(crate) stream: Option<String>,
    pub(crate) room: InRoom,
}

/// Which rooms are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InRoom {
    All,
    /// One; `None` is the room that has no name.
    One(Option<String>),
}

impl Default for InRoom {
    fn default() -> Self {
        Self::One(None)
    }
}

impl InRoom {
    /// Whether this room is one of them.
    pub(super) fn has(&self, room: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one.as_deref() == room,
        }
    }
}

impl Whom {
    fn is(&self, who: &Who) -> bool {
        self.fits(
            who.tag.as_deref(),
            &who.asked.stream,
            who.asked.room.as_deref(),
        )
    }

    pub(super) fn is_row(&self, row: &Connection) -> bool {
        let client = &row.client;
        let asked = &client.asked;
        self.fits(client.tag.as_deref(), &asked.stream, asked.room.as_deref())
    }

    fn fits(&self, tag: Option<&str>, stream: &str, room: Option<&str>) -> bool {
        (self.client.is_none() || self.client.as_deref() == tag)
            && self.stream.as_deref().is_none_or(|wanted| wanted == stream)
            && self.room.has(room)
    }

    /// Whether an entry is about them. One of no client is, unless one client or stream is meant.
    pub(super) fn concerns(&self, entry: &Entry) -> bool {
        match (entry.who(), &entry.what) {
            (Some(who), _) => self.is(who),
            (None, What::Started | What::Stopped) => self.is_everybody(),
            (None, _) => self.is_everybody() && self.room.has(entry.room()),
        }
    }

    fn is_everybody(&self) -> bool {
        self.client.is_none() && self.stream.is_none()
    }
}
