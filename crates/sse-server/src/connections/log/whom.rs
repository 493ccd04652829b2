//! Whose entries somebody wants to read.

use super::{Entry, What, Who};
use crate::armed::InRooms;
use crate::connections::connection::Connection;

/// Whose connections are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Whom {
    /// The client's tag.
    pub(crate) client: Option<String>,
    /// The path of the stream.
    pub(crate) stream: Option<String>,
    /// Where they are.
    pub(crate) rooms: InRooms,
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
            && self.rooms.have(room)
    }

    /// Whether an entry is about them. One of no client is, unless one client or stream is meant.
    pub(super) fn concerns(&self, entry: &Entry) -> bool {
        match (entry.who(), &entry.what) {
            (Some(who), _) => self.is(who),
            (
                None,
                What::Started
                | What::Stopped
                | What::There { .. }
                | What::Lost { .. }
                | What::NewLives(_),
            ) => self.is_everybody(),
            (None, _) => self.is_everybody() && self.rooms.have(entry.room()),
        }
    }

    fn is_everybody(&self) -> bool {
        self.client.is_none() && self.stream.is_none()
    }
}
