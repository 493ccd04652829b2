//! A resume at the wrong place.

use std::sync::Arc;

use super::{Act, Armed};
use crate::bounds::MAX_NUMBER;

/// How far from the right place a client goes on that brings a last event id.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Shift {
    /// At the right place.
    #[default]
    None,
    /// From the beginning, as one that brings no id; of a topic with all that is kept.
    Forgotten,
    /// So many events too early: it is sent them again.
    Early(u64),
    /// So many events too late: it never gets them.
    Late(u64),
}

impl Shift {
    /// What these faults make of a resume, and the one that does: the first of its kind.
    pub fn by(faults: &[Arc<Armed>]) -> (Self, Option<&Arc<Armed>>) {
        let shift = |armed: &Armed| match armed.fault.act {
            Act::Forget => Some(Self::Forgotten),
            Act::Rewind(events) => Some(Self::Early(events)),
            Act::Jump(events) => Some(Self::Late(events)),
            _ => None,
        };
        let mut found = faults
            .iter()
            .filter_map(|armed| Some((shift(armed)?, armed)));
        found
            .next()
            .map_or((Self::None, None), |(shift, armed)| (shift, Some(armed)))
    }

    /// The number that a client is taken to have had that had `had`; `None` is none.
    pub(crate) fn of(self, had: u64) -> Option<u64> {
        match self {
            Self::None => Some(had),
            Self::Forgotten => None,
            Self::Early(events) => had.checked_sub(events),
            Self::Late(events) => Some(had.saturating_add(events).min(MAX_NUMBER)),
        }
    }
}
