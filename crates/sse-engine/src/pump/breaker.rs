//! Breaks a stream: faults of its end, its silence, its bytes and their order.
//!
//! It stands between the feed and the write buffer of one connection that a fault strikes. A visit
//! takes what the feed has, block by block, changes it, and lets it through. All of it happens at
//! instants that are handed in.
//!
//! | module | what it is for |
//! |---|---|
//! | `blocks` | which blocks of the feed it takes, and which it leaves out |
//! | `cause` | why it ends, or is silent |
//! | `frame` | a block of the stream, as lines that a fault can change |
//! | `strike` | when a fault strikes this connection |
//! | `passage` | when bytes are let through, and in which pieces |
//! | `queue` | bytes in order, and where events end in them |
//! | `standing` | what is asked of it between two visits |

mod blocks;
mod cause;
mod frame;
mod passage;
mod queue;
mod standing;
mod strike;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::feed::Feed;
use super::{How, Next};
use crate::fault::{Act, Armed, Ending, Half, LONGEST_HANG};
use crate::time::Now;
use crate::write_buffer::{VISIT, WriteBuffer};
use cause::{FaultEnd, Silence, depth};
use frame::{Frame, LineEnds};
use passage::Passage;
use strike::{Counts, Strike};

/// What breaks one connection's stream.
#[derive(Debug)]
pub(super) struct Breaker {
    /// Faults that did not strike yet, in the order in which they were armed.
    waiting: Vec<Strike>,
    /// Faults that strike the next event, in the order in which their time came.
    next: Vec<Arc<Armed>>,
    /// The end that comes within the next event.
    half: Option<(Half, FaultEnd)>,
    /// Faults that leave events out: each that holds a text, or so many.
    drops: Vec<Arc<Armed>>,
    skips: Vec<(Arc<Armed>, u64)>,
    /// Which fault changes how lines end.
    ends: Option<Arc<Armed>>,
    /// Why nothing, or no event, is sent.
    silence: Option<Silence>,
    /// How it ends, once that is decided.
    ending: Option<FaultEnd>,
    /// What was sent so far, by which the faults are counted.
    counts: Counts,
    /// How the next line ends.
    line_ends: LineEnds,
    /// The event that the next one overtakes, and how often it is sent again.
    overtaken: Option<(Frame, u64)>,
    /// Events that are sent again, and how often still.
    again: VecDeque<(Frame, u64)>,
    /// Blocks of the feed that are not let through yet, because of a silence.
    backlog: VecDeque<Frame>,
    /// The part of a recorded block that came so far, while a fault needs whole ones.
    begun: Vec<u8>,
    /// What the feed said when it was filled last.
    feed: Next,
    /// The buffer that the feed fills.
    scratch: Box<WriteBuffer>,
    /// Bytes that are held back and sent in pieces.
    passage: Passage,
    /// When this visit is.
    now: Instant,
    /// Faults that struck and were not reported.
    struck: Vec<Arc<Armed>>,
}

impl Breaker {
    /// One that these faults strike, for a stream that begins at `now`.
    pub(super) fn new(mut faults: Vec<Arc<Armed>>, feed: &Feed, now: Instant) -> Self {
        let counts = Counts::new(now);
        let passage = Passage::of(&mut faults);
        let waits = |armed| Strike::new(armed, counts);
        Self {
            waiting: faults.into_iter().map(waits).collect(),
            next: Vec::new(),
            half: None,
            drops: Vec::new(),
            skips: Vec::new(),
            ends: None,
            silence: None,
            ending: None,
            counts,
            line_ends: feed.line_ending().into(),
            overtaken: None,
            again: VecDeque::new(),
            now,
            backlog: VecDeque::new(),
            begun: Vec::new(),
            feed: Next::More,
            scratch: Box::default(),
            passage,
            struck: Vec::new(),
        }
    }

    /// Adds a fault, whose counts begin now.
    pub(super) fn add(&mut self, armed: Arc<Armed>, now: Instant) {
        let counts = Counts {
            began: now,
            ..self.counts
        };
        self.waiting.push(Strike::new(armed, counts));
    }

    /// Writes what is due, broken as it is to be.
    pub(super) fn fill(&mut self, now: Now, feed: &mut Feed, out: &mut WriteBuffer) -> Next {
        let next = self.visit(now, feed, out);
        if !out.is_empty() {
            self.counts.last = now.instant;
        }
        match next {
            // The feed, which would have said so, is not filled. A comment waits for the pieces
            // before it.
            Next::Wait { at } if self.is_mute() && !self.passage.is_ready() => Next::Wait {
                at: at.into_iter().chain(feed.comment_due()).min(),
            },
            next => next,
        }
    }

    fn visit(&mut self, now: Now, feed: &mut Feed, out: &mut WriteBuffer) -> Next {
        let instant = now.instant;
        self.now = instant;
        self.withdraw(instant, feed);
        self.advance(instant);
        if self.ending.as_ref().is_some_and(|ending| ending.at_once) {
            return self.end_at_once(out);
        }
        let is_mute = self.is_mute();
        if self.is_silent() {
            return self.wait(instant, None);
        }
        if self.ends_in_order() {
            // It was decided between two events: what is held back goes before it.
            self.passage.settle(true);
        }
        if self.passage.is_ready() || self.ending.is_some() {
            return self.let_through(instant, out);
        }
        if is_mute {
            self.scratch.clear();
            feed.fill_comment(instant, &mut self.scratch);
            for frame in Frame::all(&self.scratch, feed.keeps_line_ends()) {
                self.emit(&frame);
            }
        } else if self.backlog.is_empty() {
            self.scratch.clear();
            self.feed = feed.fill_blocks(now, &mut self.scratch);
            if self.feed == Next::Cut {
                return Next::Cut;
            }
            self.backlog = self.blocks(feed);
        }
        let full = self.counts.bytes + VISIT as u64;
        while self.silence.is_none()
            && self.ending.is_none()
            && self.repeat(full)
            && let Some(frame) = self.backlog.pop_front()
        {
            self.take(frame);
            self.advance(instant);
        }
        if self.ending.as_ref().is_some_and(|ending| ending.at_once) {
            return self.end_at_once(out);
        }
        let is_last = self.feed_ends() && self.backlog.is_empty() && self.silence.is_none();
        if is_last && let Some((overtaken, copies)) = self.overtaken.take() {
            self.send(overtaken, copies);
        }
        let is_over = is_last && self.again.is_empty();
        let ends = match &self.ending {
            None => is_over,
            Some(_) => self.ends_in_order(),
        };
        self.passage.settle(ends);
        self.let_through(instant, out)
    }

    /// Whether a fault ends the stream in order: then nothing is held back behind its end.
    fn ends_in_order(&self) -> bool {
        let ending = self.ending.as_ref();
        ending.is_some_and(|ending| ending.ends.how == How::End)
    }

    fn is_mute(&self) -> bool {
        let is_mute = |silence: &Silence| silence.armed.fault.act == Act::Mute;
        self.silence.as_ref().is_some_and(is_mute)
    }

    /// Writes a piece of what may go, and says what comes next.
    fn let_through(&mut self, now: Instant, out: &mut WriteBuffer) -> Next {
        self.passage.write(now, out);
        if self.passage.is_ready() {
            return self.wait(now, self.passage.next());
        }
        if self.ending.is_some() {
            return self.end();
        }
        match self.feed {
            _ if self.silence.is_some() => self.wait(now, None),
            _ if !self.again.is_empty() => Next::More,
            Next::Wait { at } => self.wait(now, at),
            next => next,
        }
    }

    /// The end that a fault decided for this instant: an orderly one lets go of what is held back,
    /// without the pauses between its pieces.
    fn end_at_once(&mut self, out: &mut WriteBuffer) -> Next {
        if self.ends_in_order() {
            self.passage.settle(true);
            self.passage.write_rest(out);
        }
        self.end()
    }

    /// The end that a fault decided.
    fn end(&mut self) -> Next {
        self.passage.clear();
        match &self.ending {
            Some(ending) => Next::Broken(ending.ends),
            None => Next::End,
        }
    }

    /// The next visit: at `at`, or when a fault strikes or ends.
    fn wait(&self, now: Instant, at: Option<Instant>) -> Next {
        let strikes = self.waiting.iter();
        let silence = self.silence.as_ref().and_then(|silence| silence.until);
        let ends = self.ends.as_ref().and_then(|armed| armed.until());
        let at = strikes
            .filter_map(|strike| strike.instant(&self.counts))
            // What else it waits for has no instant.
            .filter(|at| *at > now)
            .chain(at)
            .chain(silence)
            .chain(ends)
            .chain(self.passage.until())
            .min();
        Next::Wait { at }
    }

    /// Ends what was healed and what is over.
    fn withdraw(&mut self, now: Instant, feed: &Feed) {
        let is_there = |armed: &Armed| !armed.is_withdrawn(now);
        self.waiting.retain(|strike| is_there(&strike.armed));
        self.next.retain(|armed| is_there(armed));
        self.drops.retain(|armed| is_there(armed));
        self.skips.retain(|(armed, _)| is_there(armed));
        self.half.take_if(|(_, end)| !is_there(&end.armed));
        if self.ends.take_if(|armed| !is_there(armed)).is_some() {
            self.line_ends = feed.line_ending().into();
        }
        self.passage.withdraw(now);
        let over = |silence: &mut Silence| {
            silence.armed.is_healed() || silence.until.is_some_and(|until| until <= now)
        };
        let Some(silence) = self.silence.take_if(over) else {
            return;
        };
        // Nobody answered in all that time.
        if silence.armed.fault.act == Act::Never && !silence.armed.is_healed() {
            let ending = Ending::default();
            self.ending = Some(FaultEnd {
                headless: true,
                at_once: true,
                ..FaultEnd::new(silence.armed, How::Cut, ending)
            });
        }
    }

    /// Lets those faults begin whose time has come.
    fn advance(&mut self, now: Instant) {
        // One after the other: what one does may be what another waits for.
        while self.ending.is_none() {
            let due = |strike: &Strike| {
                strike.is_due(&self.counts, now) && !self.is_outdone(&strike.armed.fault.act)
            };
            let Some(at) = self.waiting.iter().position(due) else {
                return;
            };
            let strike = self.waiting.remove(at);
            self.begin(strike, now);
        }
    }

    /// Whether a silence is on that leaves nothing for this one to do. It waits for the end of
    /// that.
    fn is_outdone(&self, act: &Act) -> bool {
        let on = self
            .silence
            .as_ref()
            .map(|silence| depth(&silence.armed.fault.act));
        depth(act) > 0 && on.is_some_and(|on| on >= depth(act))
    }

    fn begin(&mut self, strike: Strike, now: Instant) {
        let at_once = strike.is_of_time();
        let is_first = strike.is_at_door();
        let armed = strike.armed;
        match armed.fault.act.clone() {
            Act::End(ending) => self.break_off(armed, How::End, ending, at_once, false),
            Act::Cut(ending) => self.break_off(armed, How::Cut, ending, at_once, is_first),
            Act::Reset(ending) => self.break_off(armed, How::Reset, ending, at_once, is_first),
            Act::Mute | Act::Silence => self.fall_silent(armed, now, None),
            Act::Hang | Act::Never => self.fall_silent(armed, now, Some(LONGEST_HANG)),
            Act::Wait(time) => self.fall_silent(armed, now, Some(time)),
            Act::Comment { text, blank } => {
                if self.note(&armed) {
                    self.emit(&Frame::comment(&text, blank));
                }
            }
            Act::Insert(data) => {
                if self.note(&armed) {
                    self.emit(&Frame::inserted(&data));
                }
            }
            Act::Bom(times) => {
                if self.note(&armed) {
                    let times = usize::try_from(times).unwrap_or(usize::MAX);
                    self.push(&"\u{feff}".as_bytes().repeat(times));
                }
            }
            Act::Drop(_) => self.drops.push(armed),
            Act::Skip(events) => self.skips.push((armed, events)),
            Act::Ends(ends) => {
                if self.note(&armed) {
                    self.line_ends = LineEnds::new(ends);
                    self.ends = Some(armed);
                }
            }
            Act::Split(_) | Act::Dribble(_) | Act::Hold(_) | Act::Merge(_) => {
                if self.note(&armed) {
                    self.passage.begin(armed);
                }
            }
            Act::Swap
            | Act::Repeat(_)
            | Act::Corrupt
            | Act::BadUtf8
            | Act::NulId
            | Act::BadRetry
            | Act::NoBlank
            | Act::UnknownField
            | Act::Long(_) => self.next.push(armed),
            // They act on the head, or before the stream is made.
            Act::Status(_)
            | Act::Redirect { .. }
            | Act::Type(_)
            | Act::NoCors
            | Act::Preflight(_)
            | Act::DropHeader(_)
            | Act::Refuse
            | Act::Knock
            | Act::Limit { .. }
            | Act::Encode { .. }
            | Act::Length(_)
            | Act::Forget
            | Act::Rewind(_)
            | Act::Jump(_)
            | Act::Profile(_) => {}
        }
    }

    fn break_off(
        &mut self,
        armed: Arc<Armed>,
        how: How,
        ending: Ending,
        at_once: bool,
        is_first: bool,
    ) {
        let end = FaultEnd {
            at_once: at_once && ending.half.is_none(),
            headless: is_first && ending.half.is_none(),
            ..FaultEnd::new(armed, how, ending)
        };
        match ending.half {
            Some(half) => self.half = Some((half, end)),
            None if self.note(&end.armed) => self.ending = Some(end),
            None => {}
        }
    }

    /// `most` is how long it lasts where nothing is said, and at most.
    fn fall_silent(&mut self, armed: Arc<Armed>, now: Instant, most: Option<Duration>) {
        if !self.note(&armed) {
            return;
        }
        let lasts = match armed.fault.act {
            // Its `for` says how long it is armed.
            Act::Wait(time) => Some(time),
            _ => armed.fault.lasts.or(most),
        };
        self.silence = Some(Silence {
            until: lasts.map(|lasts| now + lasts),
            armed,
        });
    }

    /// Counts a strike. Answers whether it may strike.
    fn note(&mut self, armed: &Arc<Armed>) -> bool {
        let struck = armed.strike();
        if struck {
            self.struck.push(Arc::clone(armed));
        }
        struck
    }

    /// Takes the next block of the feed.
    fn take(&mut self, mut frame: Frame) {
        if frame.event.is_none() {
            return self.emit(&frame);
        }
        if let Some((half, _)) = &self.half {
            let part = frame.part(*half, &mut self.line_ends);
            if let Some((_, end)) = self.half.take()
                && self.note(&end.armed)
            {
                self.push(&part);
                self.ending = Some(end);
                return;
            }
        }
        if self.is_left_out(&frame) {
            return;
        }
        let (mut copies, mut is_overtaken) = (0, false);
        for armed in std::mem::take(&mut self.next) {
            let is_swap = armed.fault.act == Act::Swap;
            if is_swap && (is_overtaken || self.overtaken.is_some()) {
                self.next.push(armed);
                continue;
            }
            if !self.note(&armed) {
                continue;
            }
            match &armed.fault.act {
                Act::Corrupt => frame.corrupt(),
                Act::BadUtf8 => frame.spoil_utf8(),
                Act::NulId => frame.spoil_id(),
                Act::BadRetry => frame.begin_with(b"retry: 10s"),
                Act::UnknownField => frame.begin_with(b"unknown: field"),
                Act::NoBlank => frame.leave_open(),
                Act::Long(bytes) => frame.lengthen(*bytes),
                Act::Repeat(times) => copies = *times,
                _ => is_overtaken = is_swap,
            }
        }
        if is_overtaken {
            self.overtaken = Some((frame, copies));
            return;
        }
        self.send(frame, copies);
        if let Some((overtaken, copies)) = self.overtaken.take() {
            self.send(overtaken, copies);
        }
    }

    /// Sends an event of the stream, by which faults are counted, and then again so many times.
    fn send(&mut self, frame: Frame, copies: u64) {
        self.emit(&frame);
        self.counts.events += 1;
        for strike in &mut self.waiting {
            let waits = strike.text().is_some_and(|text| frame.holds(text));
            strike.was_sent |= waits;
        }
        if copies > 0 {
            self.again.push_back((frame, copies));
        }
    }

    /// Sends copies, until the visit is full with so many bytes: a thousand of a large event are
    /// more than memory should hold. Answers whether none is left.
    fn repeat(&mut self, full: u64) -> bool {
        while let Some((frame, copies)) = self.again.pop_front() {
            if self.counts.bytes >= full {
                self.again.push_front((frame, copies));
                return false;
            }
            self.emit(&frame);
            if copies > 1 {
                self.again.push_front((frame, copies - 1));
            }
        }
        true
    }

    /// Lets a block through, its lines ended as they are to be.
    fn emit(&mut self, frame: &Frame) {
        let bytes = frame.bytes(&mut self.line_ends);
        if self.push(&bytes)
            && let Some(number) = frame.event
        {
            self.passage.mark(number);
        }
    }

    /// Lets bytes through: where an end waits for so many bytes, no more than that. Answers whether
    /// that was all of them.
    fn push(&mut self, bytes: &[u8]) -> bool {
        let waiting = self
            .waiting
            .iter()
            .filter(|it| it.armed.is_in_force(self.now));
        let left = waiting.filter_map(|strike| strike.bytes_left(&self.counts));
        let left = left.min().unwrap_or(u64::MAX);
        let length = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        self.counts.bytes += length as u64;
        self.passage.push(&bytes[..length]);
        length == bytes.len()
    }
}
