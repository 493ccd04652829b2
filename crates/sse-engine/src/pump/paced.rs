//! The events of a stream from the list, at the stream's pace.

use std::time::{Duration, Instant, SystemTime};

use sse_wire::{Event, LineEnding, encode};

use super::Next;
use super::counter::Counter;
use super::numbers;
use super::pipe::EventEnds;
use crate::stream::{Moment, Stream, Variant, without_spaces};
use crate::time::Now;
use crate::write_buffer::{VISIT, WriteBuffer};

/// How far a stream may be behind its pace and still make up for it. Timers are coarse, so a fast
/// stream is always a little late; but a client that was stalled for a minute wants the next event,
/// not a minute of them at once.
const CATCH_UP: Duration = Duration::from_secs(1);

/// Events after which a visit ends, however few bytes they have: a name that is empty is not
/// written at all.
const VISIT_EVENTS: usize = 4096;

/// A stream of the list: what is left of it, and when.
#[derive(Debug)]
pub(super) struct Paced {
    /// The stream as this client asked for it.
    pub(super) variant: Variant,
    /// Which number is next, and where they end.
    pub(super) counter: Counter,
    /// When the next event is due; unset until the first visit.
    pub(super) due: Option<Instant>,
    /// Sent with the first event of the connection, then gone.
    pub(super) retry: Option<u64>,
    /// The reconnection time that was sent last.
    pub(super) told: Option<u64>,
    /// The number that it began with.
    pub(super) first: u64,
    /// Where events end, from the first raw bytes on: those may be half an event, or several.
    pub(super) ends: Option<Box<EventEnds>>,
}

impl Paced {
    /// Writes all events that are due, up to the cap of a visit.
    pub(super) fn fill(&mut self, now: Now, out: &mut WriteBuffer) -> Next {
        let Now { instant: now, wall } = now;
        let mut due = match self.due {
            Some(due) => due,
            None => now + self.variant.before(self.counter.next(), true),
        };
        if now.saturating_duration_since(due) > CATCH_UP {
            due = now;
        }
        let counts = self.counts_without_pace();
        let mut events = 0;
        while due <= now {
            if counts && self.retry.is_none() {
                numbers::fill(&mut self.counter, out);
            }
            events += 1;
            if out.len() >= VISIT || events > VISIT_EVENTS {
                self.due = Some(due);
                return Next::More;
            }
            let Some(n) = self.counter.take() else {
                return Next::End;
            };
            self.event(n, wall, out);
            due += self.variant.before(self.counter.next(), false);
        }
        self.due = Some(due);
        if self.counter.is_done() {
            return Next::End;
        }
        Next::Wait { at: Some(due) }
    }

    /// Whether its events are numbers alone, written as usual, as fast as they are taken.
    fn counts_without_pace(&self) -> bool {
        let (stream, pace) = (&*self.variant.stream, &self.variant.pace);
        let usual = stream.line_ending == LineEnding::Lf && stream.space;
        stream.is_counter() && usual && pace.every.is_zero() && pace.jitter.is_zero()
    }

    fn event(&mut self, n: u64, wall: SystemTime, out: &mut WriteBuffer) {
        let stream = &*self.variant.stream;
        let retry = self.retry.take();
        let Some(entry) = stream.entry(n) else {
            self.told = retry.or(self.told);
            let mut digits = itoa::Buffer::new();
            let number = digits.format(n);
            let event = Event {
                retry,
                id: Some(number),
                data: Some(number),
                ..Event::default()
            };
            encode_as(stream, &event, out);
            return out.mark(Some(n));
        };
        if let Some(raw) = &entry.raw {
            // The reconnection time comes with the first event.
            self.retry = retry;
            let before = out.len();
            out.payload().extend_from_slice(raw);
            let ends = self.ends.get_or_insert_with(|| match n == self.first {
                true => Box::default(),
                false => Box::new(EventEnds::within()),
            });
            return mark_ends(ends, before, None, out);
        }
        let moment = Moment {
            n,
            seed: self.variant.pace.seed,
            wall,
        };
        let retry = entry.retry.or(retry);
        self.told = retry.or(self.told);
        let made = entry.made(&moment, &self.variant.request);
        let event = match &made {
            Ok(made) => made.event(retry),
            // Whoever reads the stream is told, and gets what follows.
            Err(sentence) => Event {
                comment: Some(sentence),
                retry,
                ..Event::default()
            },
        };
        let before = out.len();
        encode_as(stream, &event, out);
        // Without data there is no event, whatever else the client is told.
        let number = event.data.is_some().then_some(n);
        match &mut self.ends {
            Some(ends) => mark_ends(ends, before, number, out),
            None if number.is_some() => out.mark(number),
            None => {}
        }
    }
}

/// Marks where events end in what was written behind `before` bytes.
fn mark_ends(ends: &mut EventEnds, before: usize, number: Option<u64>, out: &mut WriteBuffer) {
    let written = out.len() - before;
    let bytes = out.payload();
    let mut found = Vec::new();
    ends.events(&bytes[bytes.len() - written..], |end| found.push(end));
    for end in found {
        out.mark_at(before + end, number);
    }
}

/// Writes an event as its stream writes lines.
fn encode_as(stream: &Stream, event: &Event<'_>, out: &mut WriteBuffer) {
    let bytes = out.payload();
    let from = bytes.len();
    encode(event, stream.line_ending, bytes);
    if !stream.space {
        without_spaces(bytes, from);
    }
}
