//! Bytes of a stream that come from a task elsewhere, such as one that reads from an upstream.
//!
//! They go on as they came. It is only noted where events end, so that the table counts them.
//! Where a fault may strike, whole blocks are let through, since a fault changes events.

mod event_ends;
mod sent_ids;

use std::sync::Arc;
use std::task::Waker;

use bytes::Bytes;

use super::{How, Next};
use crate::handoff::{HandoffEnd, Taker};
use crate::write_buffer::{VISIT, WriteBuffer};
pub(super) use event_ends::EventEnds;
pub use sent_ids::{REMEMBERED_IDS, SHOWN_ID, SentId, SentIds};

/// Payload bytes after which a visit ends, where nothing is to be made of them. One of 48 KiB costs
/// about twice as much as one of 16, the send included. It fits into the memory that the buffer
/// keeps.
const LONG_VISIT: usize = 3 * VISIT;

/// The most that is held back of a block that has not ended: a longer one is let through in parts,
/// and no fault changes it.
const LONGEST_BLOCK: usize = 1 << 20;

/// Bytes that a task hands over.
#[derive(Debug)]
pub(super) struct Pipe {
    pieces: Taker<Bytes>,
    /// What is left of a piece that a visit had no more room for.
    rest: Bytes,
    /// Where events end in what was taken so far.
    ends: EventEnds,
    /// What was taken and is held back, because its block has not ended, and where events end in
    /// it.
    block: Vec<u8>,
    /// Whether all that came in order was let through.
    is_complete: bool,
    /// Whether the last block that was let through lacks its end.
    is_open: bool,
    /// Where the ids of its events are kept, if somebody wants them. Then its events have numbers,
    /// from 1.
    ids: Option<Arc<SentIds>>,
    /// Events so far.
    events: u64,
}

impl Pipe {
    pub(super) fn new(pieces: Taker<Bytes>, ids: Option<Arc<SentIds>>) -> Self {
        Self {
            pieces,
            rest: Bytes::new(),
            ends: EventEnds::default(),
            block: Vec::new(),
            is_complete: false,
            is_open: false,
            ids,
            events: 0,
        }
    }

    /// Whether what was let through so far ends with a block.
    pub(super) fn is_between_blocks(&self) -> bool {
        !self.is_open
    }

    /// Whether all of it was let through, up to its orderly end.
    pub(super) fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The number of its next event; 0 where they have none.
    pub(super) fn next_number(&self) -> u64 {
        self.ids.as_ref().map_or(0, |_| self.events + 1)
    }

    /// The reconnection time that its client was given last, in milliseconds, where that is known.
    pub(super) fn retry(&self) -> Option<u64> {
        self.ids.as_ref()?.retry()
    }

    /// Whether there is more to take. Where there is not, `waker` is woken when there is.
    pub(super) fn has_news(&mut self, waker: &Waker) -> bool {
        !self.rest.is_empty() || self.pieces.has_news(waker)
    }

    /// Writes what came, up to the cap of a visit. With `whole`, no part of a block before its end.
    pub(super) fn fill(&mut self, whole: bool, out: &mut WriteBuffer) -> Next {
        if !whole && !self.block.is_empty() {
            // A fault was healed meanwhile.
            out.payload().append(&mut self.block);
            self.is_open = true;
        }
        // What a fault changes is more work.
        let most = if whole { VISIT } else { LONG_VISIT };
        while out.len() < most {
            if self.rest.is_empty() {
                match self.pieces.take() {
                    Some(piece) => self.rest = piece,
                    None => return self.at_end(out),
                }
            }
            let room = most.saturating_sub(out.len()).max(1);
            let part = self.rest.split_to(room.min(self.rest.len()));
            self.write(&part, whole, out);
        }
        Next::More
    }

    fn write(&mut self, part: &[u8], whole: bool, out: &mut WriteBuffer) {
        if !whole {
            return self.write_as_it_is(part, out);
        }
        let (mut written, block, events) = (0, &mut self.block, &mut self.events);
        let mut ids = self.ids.as_ref().map(|ids| ids.lock());
        let is_numbered = ids.is_some();
        self.ends.read(part, ids.as_deref_mut(), |end, is_event| {
            out.payload().append(block);
            out.payload().extend_from_slice(&part[written..end]);
            written = end;
            if is_event {
                *events += 1;
                out.mark(is_numbered.then_some(*events));
            }
        });
        drop(ids);
        let rest = &part[written..];
        if written > 0 {
            self.is_open = false;
        }
        if self.block.len() + rest.len() <= LONGEST_BLOCK {
            return self.block.extend_from_slice(rest);
        }
        out.payload().append(&mut self.block);
        out.payload().extend_from_slice(rest);
        self.is_open = !self.ends.is_between_events();
    }

    /// Writes a part in one go, where nothing is held back.
    fn write_as_it_is(&mut self, part: &[u8], out: &mut WriteBuffer) {
        let before = out.len();
        out.payload().extend_from_slice(part);
        let events = &mut self.events;
        let mut ids = self.ids.as_ref().map(|ids| ids.lock());
        let is_numbered = ids.is_some();
        self.ends.read(part, ids.as_deref_mut(), |end, is_event| {
            if is_event {
                *events += 1;
                out.mark_at(before + end, is_numbered.then_some(*events));
            }
        });
        self.is_open = !self.ends.is_between_events();
    }

    /// What comes where nothing is left to take.
    fn at_end(&mut self, out: &mut WriteBuffer) -> Next {
        let Some(end) = self.pieces.end() else {
            return Next::Wait { at: None };
        };
        out.payload().append(&mut self.block);
        match end {
            HandoffEnd::InOrder => {
                self.is_complete = true;
                Next::End
            }
            HandoffEnd::Cut => Next::Gone(How::Cut),
            HandoffEnd::Reset => Next::Gone(How::Reset),
            HandoffEnd::Failed(sentence) => {
                // Within an event a comment would be a part of it, or end it.
                if self.ends.is_between_events() {
                    let line = sentence.replace(['\r', '\n'], " ");
                    let comment = [b": ", line.as_bytes(), b"\n\n"].concat();
                    out.payload().extend_from_slice(&comment);
                }
                Next::Failed
            }
        }
    }
}
