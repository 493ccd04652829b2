//! A recording that is served again: its bytes, each piece when it is due, and its end.
//!
//! A piece is the work of one visit, so that it is written apart from the others. The bytes are
//! never changed here; the faults that stand in the recording are handed to the pump when their
//! place is reached.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_wire::LineEnding;

use super::{Break, How, Next};
use crate::fault::{Armed, Shift};
use crate::recording::End;
use crate::stream::replay::{Cue, CueKind, FIRST, Position, Response};
use crate::stream::{OwnFault, Replay, ReplayHead, Variant};
use crate::write_buffer::{Receipt, WriteBuffer};

/// How far a replay may be behind its times and still make up for it, as with other streams.
const CATCH_UP: Duration = Duration::from_secs(1);

/// The most bytes of a piece that a visit writes: it holds them, and a client that reads slowly
/// holds them once more. What is recorded is read in pieces of this size at most.
const LARGEST_PIECE: usize = 1 << 20;

/// One connection's replay of one response.
#[derive(Debug)]
pub(super) struct Player {
    /// The stream as this client asked for it.
    pub(super) variant: Variant,
    replay: Arc<Replay>,
    /// Where it is: all bytes before it were written.
    at: Position,
    /// The byte that it began with.
    begun: usize,
    /// The number of the event that it began with.
    first: u64,
    /// Which cue is next.
    cue: usize,
    /// When the head is due; unset until the first visit.
    head_due: Option<Instant>,
    /// Whether the head may be sent.
    head_is_due: bool,
    /// When the next cue, or the end, is due.
    due: Option<Instant>,
    /// The event behind which it ends in order, where that was asked for.
    last: Option<u64>,
    /// Where it waits for a step; nothing where it does not go step by step.
    gate: Option<Gate>,
    /// The faults that stand in the rest of the response, which may strike this client: each with
    /// its cue, its number, and what it is for this client.
    own: Vec<(usize, u64, OwnFault)>,
    /// Those whose place was reached, for the pump.
    reached: Vec<Arc<Armed>>,
    /// Whether its end was played.
    is_over: bool,
}

/// How far steps have let it go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    /// Up to this byte.
    Byte(usize),
    /// To its end.
    Open,
}

impl Player {
    /// The replay for a client that comes with `last_event_id` and goes on there, moved by `shift`.
    ///
    /// # Errors
    /// The client has had everything: the number that would come next.
    pub(super) fn new(
        variant: Variant,
        last_event_id: Option<&str>,
        shift: Shift,
    ) -> Result<Self, u64> {
        let Some(playback) = variant.stream.playback() else {
            return Err(variant.from);
        };
        let (replay, step) = (Arc::clone(&playback.replay), playback.step);
        let last = variant.count.map(|count| {
            let behind = variant.from.saturating_add(count);
            behind.saturating_sub(1)
        });
        let at = begin(&replay, &variant, last_event_id, shift)?;
        let first = replay.next_number(at);
        if last.is_some_and(|last| first > last) {
            return Err(first);
        }
        let player = Self {
            cue: 0,
            begun: at.byte,
            gate: step.then_some(Gate::Byte(at.byte)),
            at,
            first,
            head_due: None,
            head_is_due: false,
            due: None,
            last,
            own: Vec::new(),
            reached: Vec::new(),
            is_over: false,
            replay,
            variant,
        };
        let cues = player.response().map_or(&[][..], |response| &response.cues);
        // A fault that stands where a client goes on has struck it before: else nobody whom one
        // cuts would come past it.
        let is_ahead = |cue: &Cue| matches!(cue.what, CueKind::Piece(end) if end > at.byte);
        let cue = match at.byte {
            0 => 0,
            _ => cues.iter().position(is_ahead).unwrap_or(cues.len()),
        };
        Ok(Self { cue, ..player })
    }

    fn response(&self) -> Option<&Response> {
        self.replay.responses.get(self.at.response)
    }

    /// The head that it begins with, if it has one.
    pub(super) fn head(&self) -> Option<&ReplayHead> {
        self.response()?.head.as_ref()
    }

    /// Whether it was cut off or reset.
    pub(super) fn breaks_off(&self) -> bool {
        let end = self.response().map(|response| response.end);
        matches!(end, Some(End::Cut | End::Reset))
    }

    /// What ends its first line.
    pub(super) fn line_ending(&self) -> LineEnding {
        self.response().map_or(LineEnding::Lf, |it| it.line_ending)
    }

    /// The faults in what it will play, each with its place.
    pub(super) fn own_faults(&self) -> impl Iterator<Item = (usize, &OwnFault)> {
        let cues = self.response().map_or(&[][..], |response| &response.cues);
        let rest = cues.iter().enumerate().skip(self.cue);
        rest.filter_map(|(at, cue)| match &cue.what {
            CueKind::Fault(fault) => Some((at, &**fault)),
            CueKind::Piece(_) => None,
        })
    }

    /// Has these of its faults strike, each under its number.
    pub(super) fn strike_by(&mut self, own: Vec<(usize, u64, OwnFault)>) {
        self.own = own;
    }

    /// The faults whose place was reached since this was asked last.
    pub(super) fn take_reached(&mut self) -> Vec<Arc<Armed>> {
        std::mem::take(&mut self.reached)
    }

    /// The number of the event that is sent next.
    pub(super) fn next_number(&self) -> u64 {
        self.replay.next_number(self.at)
    }

    /// What the client was told.
    pub(super) fn receipt(&self) -> Receipt {
        let retries = self
            .response()
            .map_or(&[][..], |response| &response.retries);
        let told = retries.iter().rev();
        let mut told = told.filter(|(end, _)| (self.begun + 1..=self.at.byte).contains(end));
        let end = FIRST + self.replay.len();
        let asked = self.last.map_or(end, |last| end.min(last + 1));
        Receipt {
            retry: told.next().map(|(_, retry)| *retry),
            first: self.first,
            gap: false,
            whole: Some((self.variant.from, asked)),
        }
    }

    /// Whether all that there is was written, and the end is in order.
    pub(super) fn is_complete(&self) -> bool {
        let is_last = self.at.response + 1 == self.replay.responses.len();
        let asked = self.last.is_some_and(|last| self.next_number() > last);
        self.is_over && (asked || is_last && self.replay.is_whole())
    }

    /// When the head is due, where it is not due yet.
    pub(super) fn head_due(&mut self, now: Instant) -> Option<Instant> {
        let after = self.response().map_or(Duration::ZERO, |it| it.head_after);
        let due = match self.head_due {
            Some(due) => due,
            None => *self.head_due.insert(now + self.time(after)),
        };
        self.head_is_due = due <= now;
        (due > now).then_some(due)
    }

    /// Whether the head of the response is not due yet, or there is none.
    pub(super) fn keeps_head(&self) -> bool {
        !self.head_is_due || self.head().is_none()
    }

    /// Whether a comment of ours would stand between two blocks.
    pub(super) fn is_between_blocks(&self) -> bool {
        let written = self.response().map_or(&[][..], |response| {
            response.body.get(..self.at.byte).unwrap_or_default()
        });
        self.head_is_due && ends_a_block(written)
    }

    /// Lets the next event go, or what is left behind the last one.
    pub(super) fn step(&mut self) {
        let Some(Gate::Byte(gate)) = self.gate else {
            return;
        };
        let Some(response) = self.response() else {
            return;
        };
        let events = self.replay.events_of(response);
        let next = match events.is_empty() {
            // No client makes events of it: its pieces are what there is to see.
            true => response.cues.iter().find_map(|cue| match cue.what {
                CueKind::Piece(end) if end > gate => Some(end),
                _ => None,
            }),
            false => {
                let behind = events.partition_point(|event| event.end <= gate);
                events.get(behind).map(|event| event.end)
            }
        };
        self.gate = Some(next.map_or(Gate::Open, Gate::Byte));
    }

    /// Writes the piece that is due, or says when one is.
    pub(super) fn fill(&mut self, now: Instant, out: &mut WriteBuffer) -> Next {
        let replay = Arc::clone(&self.replay);
        let Some(response) = replay.responses.get(self.at.response) else {
            return Next::End;
        };
        if let Some(at) = self.head_due(now) {
            return Next::Wait { at: Some(at) };
        }
        if self.is_over {
            return self.end(response);
        }
        if let Some(Gate::Byte(gate)) = self.gate
            && gate <= self.at.byte
        {
            return Next::Wait { at: None };
        }
        let after = match response.cues.get(self.cue) {
            Some(cue) => cue.after,
            None => response.end_after,
        };
        let due = match self.due {
            Some(due) => due,
            None => {
                // The first, or the one behind an event that the client has.
                let is_within = self.at.byte > self.piece_begin(response);
                let time = if is_within { Duration::ZERO } else { after };
                let head = self.head_due.filter(|_| self.at.byte == 0);
                let from = head.unwrap_or(now);
                from + self.time(time)
            }
        };
        let due = match now.saturating_duration_since(due) > CATCH_UP {
            true => now,
            false => due,
        };
        self.due = Some(due);
        if due > now {
            return Next::Wait { at: Some(due) };
        }
        let Some(cue) = response.cues.get(self.cue) else {
            self.is_over = true;
            return self.end(response);
        };
        match &cue.what {
            CueKind::Fault(_) => {
                let is_here = |own: &mut (usize, u64, OwnFault)| own.0 == self.cue;
                for (_, id, own) in self.own.extract_if(.., is_here) {
                    self.reached.push(Arc::new(own.armed(id, now)));
                }
                self.pass(response);
            }
            CueKind::Piece(end) => {
                if self.write(response, *end, out) {
                    self.is_over = true;
                    return Next::End;
                }
                if self.at.byte >= *end {
                    self.pass(response);
                }
            }
        }
        match self.due {
            Some(due) if due > now => Next::Wait { at: Some(due) },
            _ => Next::More,
        }
    }

    /// Goes on with the next cue.
    fn pass(&mut self, response: &Response) {
        self.cue += 1;
        let after = match response.cues.get(self.cue) {
            Some(cue) => cue.after,
            None => response.end_after,
        };
        let time = self.time(after);
        self.due = self.due.map(|due| due + time);
    }

    /// Where the piece begins that is next.
    fn piece_begin(&self, response: &Response) -> usize {
        let before = response.cues.get(..self.cue).unwrap_or_default();
        let mut ends = before.iter().rev().filter_map(|cue| match cue.what {
            CueKind::Piece(end) => Some(end),
            CueKind::Fault(_) => None,
        });
        ends.next().unwrap_or(0)
    }

    /// Writes up to this byte, as far as a visit and a step let it. Answers whether that was all
    /// that was asked for.
    fn write(&mut self, response: &Response, end: usize, out: &mut WriteBuffer) -> bool {
        let from = self.at.byte;
        let mut to = end.min(from.saturating_add(LARGEST_PIECE));
        if let Some(Gate::Byte(gate)) = self.gate {
            to = to.min(gate);
        }
        let last = self.last.and_then(|last| self.replay.event(last));
        let last = last.filter(|event| event.response == self.at.response);
        let is_last = last.is_some_and(|event| event.end <= to);
        if let Some(event) = last {
            to = to.min(event.end);
        }
        let mut written = from;
        let events = self.replay.events_of(response);
        let begun = events.partition_point(|event| event.end <= from);
        for (at, event) in events.iter().enumerate().skip(begun) {
            if event.end > to {
                break;
            }
            out.payload()
                .extend_from_slice(&response.body[written..event.end]);
            out.mark(Some(FIRST + response.before + at as u64));
            written = event.end;
        }
        out.payload().extend_from_slice(&response.body[written..to]);
        self.at.byte = to;
        is_last
    }

    /// Its end, as it was recorded.
    fn end(&self, response: &Response) -> Next {
        let how = match response.end {
            End::End if response.head.is_none() => How::Cut,
            End::End if self.is_complete() => return Next::End,
            End::End => How::End,
            End::Cut => How::Cut,
            End::Reset => How::Reset,
            End::Timeout | End::Open => return Next::Wait { at: None },
        };
        Next::Broken(Break {
            how,
            linger: Duration::ZERO,
            fault: None,
        })
    }

    /// So much recorded time, at the speed that was asked for.
    fn time(&self, time: Duration) -> Duration {
        match self.gate {
            // A step is not waited for twice.
            Some(_) => Duration::ZERO,
            None => self.variant.speed.scaled(time).min(LONGEST),
        }
    }
}

/// The longest pause: an instant further away may be none that the clock has.
const LONGEST: Duration = crate::recording::LONGEST_WAIT;

/// Where a client begins.
///
/// # Errors
/// The number that would come next.
fn begin(
    replay: &Replay,
    variant: &Variant,
    last_event_id: Option<&str>,
    shift: Shift,
) -> Result<Position, u64> {
    let had = last_event_id
        // An empty id is what a client that never had one would send: no id at all.
        .filter(|id| !id.is_empty() && shift != Shift::Forgotten)
        .and_then(|id| shift.of(variant.number_of(id)?));
    let next = had.map_or(variant.from, |had| had + 1);
    replay.begin(had, variant.from).ok_or(next)
}

/// Whether a blank line, or nothing, stands before what follows.
fn ends_a_block(written: &[u8]) -> bool {
    let line = match written {
        [line @ .., b'\r', b'\n'] | [line @ .., b'\n' | b'\r'] => line,
        [] => return true,
        _ => return false,
    };
    matches!(line, [] | [.., b'\n' | b'\r'])
}
