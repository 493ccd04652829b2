//! When a fault strikes one connection.

use std::sync::Arc;
use std::time::Instant;

use crate::fault::{Act, Armed, When};

/// What a connection was sent so far, by which faults are counted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Counts {
    /// When it began.
    pub(super) began: Instant,
    /// When it was last sent a byte; when it began, where it was sent none.
    pub(super) last: Instant,
    /// Events of the stream: those that a fault put in are not counted, nor those that it left out.
    pub(super) events: u64,
    /// Bytes of the stream, with what faults did to them.
    pub(super) bytes: u64,
}

impl Counts {
    pub(super) fn new(now: Instant) -> Self {
        Self {
            began: now,
            last: now,
            events: 0,
            bytes: 0,
        }
    }
}

/// A fault that waits for its time on one connection.
#[derive(Debug)]
pub(super) struct Strike {
    /// The fault.
    pub(super) armed: Arc<Armed>,
    /// What counts as the beginning: that of the connection, or for an act the instant of the act.
    since: Counts,
    /// Whether an event was sent that holds the text it waits for.
    pub(super) was_sent: bool,
}

impl Strike {
    pub(super) fn new(armed: Arc<Armed>, since: Counts) -> Self {
        Self {
            armed,
            since,
            was_sent: false,
        }
    }

    /// When it strikes on a stream. The time of a word of the door counts from its arming, and is
    /// over when it meets a request.
    fn when(&self) -> Option<&When> {
        let fault = &self.armed.fault;
        fault.when.as_ref().filter(|_| !fault.act.is_of_door())
    }

    /// Whether its time has come.
    pub(super) fn is_due(&self, counts: &Counts, now: Instant) -> bool {
        if self.armed.begins > now {
            return false;
        }
        match self.when() {
            None => true,
            Some(When::Events(events)) => counts.events - self.since.events >= *events,
            Some(When::Bytes(bytes)) => counts.bytes - self.since.bytes >= *bytes,
            Some(When::Text(_)) => self.was_sent,
            Some(When::Time(_) | When::Idle(_)) => self.instant(counts).is_some_and(|at| at <= now),
        }
    }

    /// When its time comes, as far as a time decides.
    pub(super) fn instant(&self, counts: &Counts) -> Option<Instant> {
        let begins = self.armed.begins.max(self.since.began);
        match self.when() {
            None => Some(begins),
            Some(When::Time(time)) => Some(begins.max(self.since.began + *time)),
            Some(When::Idle(time)) => Some(begins.max(counts.last.max(self.since.began) + *time)),
            Some(When::Events(_) | When::Bytes(_) | When::Text(_)) => Some(begins),
        }
    }

    /// Whether a time decides, and not what was sent.
    pub(super) fn is_of_time(&self) -> bool {
        matches!(self.when(), None | Some(When::Time(_) | When::Idle(_)))
    }

    /// Whether it strikes before anything is sent.
    pub(super) fn is_at_door(&self) -> bool {
        self.when().is_none() && self.since.bytes == 0
    }

    /// The text of an event that it waits for.
    pub(super) fn text(&self) -> Option<&str> {
        match self.when() {
            Some(When::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Bytes that are sent before it ends the stream, where so many bytes decide.
    pub(super) fn bytes_left(&self, counts: &Counts) -> Option<u64> {
        let (Act::End(ending) | Act::Cut(ending) | Act::Reset(ending)) = &self.armed.fault.act
        else {
            return None;
        };
        match (self.when(), ending.half) {
            (Some(When::Bytes(bytes)), None) => {
                let sent = counts.bytes - self.since.bytes;
                Some(bytes.saturating_sub(sent))
            }
            _ => None,
        }
    }
}
