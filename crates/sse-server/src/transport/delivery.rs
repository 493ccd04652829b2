//! One connection: its pump, its socket, and the bytes that the socket did not take yet.
//!
//! A visit sends all that the pump has to send now. While bytes are unsent, the pump is not filled
//! again. That is all there is to backpressure.

use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use sse_engine::fault::Armed;
use sse_engine::pump::{Act, Break, How, Leave, Next, Pump};
use sse_engine::recording::End;
use sse_engine::time::Now;
use sse_engine::topics::Topic;
use sse_engine::write_buffer::{Mark, WriteBuffer};
use sse_wire::Framing;

use super::socket::{Hangup, Socket};
use crate::clock;
use crate::connections::{Connections, EndedBy, Open, Why};

/// A stream that begins: everything that the transport takes over.
///
/// How to drive it:
///
/// 1. Make it with [`new`](Self::new), and enter it among the readers of its
///    [`topic`](Self::topic).
/// 2. [`poll_left`](Self::poll_left) when it arrives and whenever its socket wakes: it leaves the
///    waker with the socket, and answers when the client has left.
/// 3. [`visit`](Self::visit) it when something is due or published, and do what [`Visit`] says.
/// 4. While it [`is_blocked`](Self::is_blocked), visit it only when its socket wakes or the instant
///    of [`Visit::Blocked`] comes; ask [`is_too_slow`](Self::is_too_slow) when its topic has news.
/// 5. [`end`](Self::end) it, and close or reset the socket that it gives back.
#[derive(Debug)]
pub(crate) struct Delivery {
    /// The socket, which hyper has given back.
    socket: Socket,
    /// What the client is sent, and when. It is not filled while there is something in `unsent`.
    pump: Pump,
    /// Its place in the table, where each visit counts what the kernel took, and which is free
    /// again when this is dropped.
    open: Open,
    /// Whether events are wrapped in chunks. What a visit wrote before can be repeated only where
    /// it is framed alike.
    framing: Framing,
    /// The response head, until the first visit sends it together with the first events.
    head: Option<Box<[u8]>>,
    /// What the socket did not take. Boxed, since most connections have nothing unsent.
    unsent: Option<Box<Unsent>>,
    /// When a client that closed its side is sent a comment, which tells whether it has left.
    probe_due: Option<Instant>,
    /// Whether what the client does was not looked at, because a fault has it hang.
    hung: bool,
    /// When it is as old as it may become, in the sweeper's ticks; 0 is never.
    pub(super) aged_at: u32,
}

// There may be ten thousand.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Delivery>() <= 320);

/// What a visit wrote and the socket did not take.
#[derive(Debug)]
struct Unsent {
    /// The response head, where this was the first visit, else empty.
    head: Box<[u8]>,
    /// The visit's own bytes. A copy, since the next connection is written into the same buffer.
    bytes: Box<[u8]>,
    /// Not a copy: however many clients are stuck in a large event, it is in memory once.
    shared: Option<(Arc<[u8]>, usize)>,
    /// What ends the chunk behind the shared frame.
    after: &'static [u8],
    /// What was taken of all that.
    at: usize,
    /// The ends of the events that were not taken whole.
    marks: Box<[Mark]>,
    /// What comes behind it, where that is the end.
    end: Option<Next>,
    /// When the socket last took a byte.
    since: Instant,
}

impl Unsent {
    /// How many bytes of it the socket did not take.
    fn left(&self) -> usize {
        let shared = self.shared.as_ref();
        let shared = shared.map_or(0, |(frame, from)| frame.len().saturating_sub(*from));
        let all = self.head.len() + self.bytes.len() + shared + self.after.len();
        all.saturating_sub(self.at)
    }
}

/// A comment without a word: no client makes anything of it, whatever it makes of empty blocks.
const PROBE: &[u8] = b":\n";

/// How often a client that closed its side is sent something. It may leave later, and who left is
/// noticed within 100 ms (invariant 4): one probe meets the reset, and on loopback it is there when
/// that one is sent.
const PROBE_EVERY: Duration = Duration::from_millis(50);

/// What a visit came to.
pub(super) enum Visit {
    /// Come back at this instant, if there is one, or when something was published, or when it is
    /// woken.
    Wait(Option<Instant>),
    /// The cap of a visit was reached: come back after the others.
    Again,
    /// The socket takes no more. Come back when it is woken, or at this instant to give it up.
    Blocked(Instant),
    /// Everything was sent. The socket is closed in order.
    Finished(Why),
    /// The client lacks what it will come back for. The socket is closed over what the kernel has.
    Cut(Why),
    /// Who hands the stream over ended it so.
    Gone(How),
    /// There is nobody to send to. The socket is reset.
    Broken(Why),
    /// A fault ends it.
    BrokenOff(Break),
}

impl Visit {
    /// How a recording says that it ended, where it did by what was sent.
    fn end(&self) -> Option<End> {
        match self {
            Self::Finished(_) => Some(End::End),
            Self::Cut(_) => Some(End::Cut),
            Self::Gone(how) => Some(end_of(*how)),
            Self::BrokenOff(ends) => Some(end_of(ends.how)),
            Self::Wait(_) | Self::Again | Self::Blocked(_) | Self::Broken(_) => None,
        }
    }
}

fn end_of(how: How) -> End {
    match how {
        How::End => End::End,
        How::Cut => End::Cut,
        How::Reset => End::Reset,
    }
}

/// What ended a stream.
#[derive(Clone, Copy, Debug)]
pub(super) enum EndCause {
    /// As the table says it.
    Why(Why),
    /// The fault of this number.
    Fault(u64),
}

impl From<Why> for EndCause {
    fn from(why: Why) -> Self {
        Self::Why(why)
    }
}

impl From<Break> for EndCause {
    fn from(ends: Break) -> Self {
        match (ends.fault, ends.how) {
            (Some(fault), _) => Self::Fault(fault),
            (None, How::End) => Self::Why(Why::RecordedEnd),
            (None, How::Cut) => Self::Why(Why::RecordedCut),
            (None, How::Reset) => Self::Why(Why::RecordedReset),
        }
    }
}

impl Delivery {
    pub(crate) fn new(
        socket: Socket,
        head: Vec<u8>,
        framing: Framing,
        pump: Pump,
        open: Open,
    ) -> Self {
        Self {
            socket,
            pump,
            open,
            framing,
            head: Some(head.into()),
            unsent: None,
            probe_due: None,
            hung: false,
            aged_at: 0,
        }
    }

    /// The id of its row.
    pub(super) fn id(&self) -> u64 {
        self.open.id()
    }

    /// The table that it is in.
    pub(super) fn table(&self) -> &Connections {
        self.open.table()
    }

    /// Whether a fault may strike it.
    pub(super) fn is_armed(&self) -> bool {
        self.pump.is_armed()
    }

    /// The topic that it reads, if it reads one.
    pub(super) fn topic(&self) -> Option<&Arc<Topic>> {
        self.pump.topic()
    }

    /// Whether its client has no place in its topic yet. Once it has one, it keeps it.
    pub(super) fn is_waiting(&self) -> bool {
        self.pump.is_waiting()
    }

    /// Notes in the table that it waits for a place, or has one.
    pub(super) fn note_place(&self) {
        match self.is_waiting() {
            true => self.open.waits(),
            false => self.open.placed(self.pump.next_number()),
        }
    }

    /// Sends what is due, and to a client that closed its side something in any case.
    pub(super) fn visit(
        &mut self,
        now: Now,
        stall: Duration,
        out: &mut WriteBuffer,
        cx: &mut Context<'_>,
    ) -> Visit {
        let visit = self.send_due(now, stall, out, cx);
        if let Some(end) = visit.end()
            && let Some(recorded) = self.open.recorded()
        {
            recorded.end(now.instant, end);
        }
        if std::mem::replace(&mut self.hung, self.pump.hangs())
            && !self.hung
            && let Poll::Ready(left) = self.poll_left(now.instant, cx)
        {
            return Visit::Broken(left);
        }
        let visit = match visit {
            // Also where it has none, so that it is woken by the next.
            Visit::Wait(_) if self.pump.has_news(cx.waker()) => Visit::Again,
            visit => visit,
        };
        match visit {
            Visit::Wait(_) | Visit::Again if self.socket.is_half_closed() => {
                self.probed(visit, now.instant, cx)
            }
            visit => visit,
        }
    }

    /// What a visit to a half-closed client came to: whoever left has answered what was sent to it
    /// with a reset. On loopback that is there at once, elsewhere the next probe finds it.
    fn probed(&mut self, visit: Visit, now: Instant, cx: &mut Context<'_>) -> Visit {
        if self.hung {
            return visit;
        }
        if let Poll::Ready(left) = self.socket.poll_left(cx) {
            return Visit::Broken(left.why());
        }
        if self.takes_no_probe() {
            return Visit::Broken(Why::Closed);
        }
        let due = now + PROBE_EVERY;
        match visit {
            Visit::Wait(at) => {
                self.probe_due = Some(due);
                Visit::Wait(Some(at.map_or(due, |at| at.min(due))))
            }
            // It is sent more at once.
            visit => visit,
        }
    }

    fn send_due(
        &mut self,
        now: Now,
        stall: Duration,
        out: &mut WriteBuffer,
        cx: &mut Context<'_>,
    ) -> Visit {
        if let Some(unsent) = self.unsent.take() {
            match self.flush(unsent, now.instant, stall, cx) {
                None => {}
                Some(visit) => return visit,
            }
        }
        let next = match out.chunked() == (self.framing == Framing::Chunked) {
            true => self.pump.repeat(now.instant, out),
            false => None,
        };
        let next = next.unwrap_or_else(|| self.fill(now, out));
        if next == Next::Cut {
            return Visit::Cut(TOO_SLOW);
        }
        let struck = self.pump.is_armed().then(|| self.pump.take_struck());
        for fault in struck.into_iter().flatten() {
            self.open.struck(&fault);
            if let Some(recorded) = self.open.recorded() {
                recorded.fault(now.instant, &fault.fault);
            }
        }
        let head = match self.pump.keeps_head() {
            true => Box::default(),
            false => self.head.take().unwrap_or_default(),
        };
        let [bytes, shared, after] = out.parts();
        let parts = [&*head, bytes, shared, after];
        if parts.iter().all(|part| part.is_empty()) {
            return self.after(next);
        }
        let mut at = 0;
        let sent = self.socket.poll_send(cx, &parts, &mut at, self.open.tap());
        self.open.took(&parts, 0, at);
        let taken = at.saturating_sub(head.len());
        match sent {
            Poll::Ready(Ok(())) => {
                let last = out.marks().rev().find_map(|mark| mark.number);
                let events = out.marks().len() as u64;
                self.open.sent(events, last, self.socket.taken());
                // Behind the head that is all that can be without an event.
                let is_whole = matches!(next, Next::Wait { .. }) && self.pump.takes_comment();
                if events == 0 && head.is_empty() && is_whole {
                    self.open.commented();
                }
                self.after(next)
            }
            Poll::Pending => {
                let before = head.len();
                self.unsent = Some(Box::new(Unsent {
                    bytes: bytes.into(),
                    shared: out.shared_frame(),
                    after: out.after(),
                    at,
                    marks: out
                        .marks()
                        .map(|mark| Mark {
                            end: mark.end + before,
                            ..mark
                        })
                        .collect(),
                    head,
                    end: matches!(
                        next,
                        Next::End | Next::Gone(_) | Next::Failed | Next::Broken(_)
                    )
                    .then_some(next),
                    since: now.instant,
                }));
                self.open.blocked(true);
                self.account(at);
                Visit::Blocked(now.instant + stall)
            }
            Poll::Ready(Err(left)) => {
                let whole = out.marks().take_while(|mark| mark.end <= taken);
                let (events, last) = count(whole);
                self.open.sent(events, last, self.socket.taken());
                Visit::Broken(left.why())
            }
        }
    }

    fn fill(&mut self, now: Now, out: &mut WriteBuffer) -> Next {
        out.clear();
        let next = self.pump.fill(now, out);
        if let Some(recorded) = self.open.recorded() {
            // Before it is framed.
            recorded.piece(now.instant, &out.parts());
        }
        if out.is_empty()
            && self.is_probe_due(now.instant)
            && matches!(next, Next::Wait { .. })
            && self.pump.takes_comment()
        {
            out.payload().extend_from_slice(PROBE);
        }
        if self.framing == Framing::Chunked && next != Next::Cut {
            let in_order = |next| match next {
                Next::End => true,
                Next::Broken(ends) => ends.how == How::End,
                _ => false,
            };
            out.chunk(in_order(next));
        }
        next
    }

    /// Looks whether the client is still there, and at what it sends.
    pub(super) fn poll_left(&mut self, now: Instant, cx: &mut Context<'_>) -> Poll<Why> {
        if self.hung {
            return Poll::Pending;
        }
        let before = self.socket.is_half_closed();
        let left = self.socket.poll_left(cx);
        if !before && self.socket.is_half_closed() {
            self.probe_due = Some(now);
            if self.takes_no_probe() {
                // Nothing can be sent to see whether it is still there.
                return Poll::Ready(Why::Closed);
            }
        }
        left.map(Hangup::why)
    }

    /// Whether a client that closed its side is to be sent something now, to see whether it has
    /// left.
    pub(super) fn is_probe_due(&self, now: Instant) -> bool {
        self.probe_due.is_some_and(|due| due <= now)
    }

    /// Whether nothing of ours can be sent to see whether a client that closed its side is there.
    /// What comes from elsewhere goes on as it is, and costs somebody something.
    fn takes_no_probe(&self) -> bool {
        self.pump.withholds() || self.pump.is_piped()
    }

    /// Whether its bytes come from a task elsewhere, which wakes it.
    pub(super) fn is_piped(&self) -> bool {
        self.pump.is_piped()
    }

    /// Whether bytes wait for the socket.
    pub(super) fn is_blocked(&self) -> bool {
        self.unsent.is_some()
    }

    /// Whether it is so far behind that it is to be cut off although its last bytes are not sent.
    pub(super) fn is_too_slow(&self) -> bool {
        self.pump.is_too_slow()
    }

    /// Whether it is being sent what was published before it came. That can be very much, and
    /// nobody waits for it.
    pub(super) fn is_replaying(&self) -> bool {
        self.pump.is_replaying()
    }

    /// Whether this fault ends it at once, whatever is unsent. It is counted then.
    pub(super) fn broken_off_by(&mut self, fault: &Armed, now: Instant) -> bool {
        let ends = fault.fault.ends_at_once() && fault.strike();
        if ends {
            self.open.struck(fault);
            if let Some(recorded) = self.open.recorded() {
                recorded.fault(now, &fault.fault);
            }
        }
        ends
    }

    /// Takes an act from outside; the next visit carries it out.
    pub(super) fn act(&mut self, now: Now, act: Act) {
        self.pump.act(now, act);
    }

    /// Notes the end in the table and gives the socket back, which is closed `how`.
    pub(super) fn end(mut self, cause: EndCause, how: How) -> Socket {
        self.record_end(cause, how);
        let Self {
            socket, pump, open, ..
        } = self;
        let told = pump.receipt();
        // First, so that whoever is told of the end finds the topic without this subscriber.
        drop(pump);
        match cause {
            EndCause::Why(why) => open.end(why, Some(told)),
            EndCause::Fault(fault) => open.end_by(fault, told),
        }
        socket
    }

    /// Notes in a recording how it ended, where what was sent did not say so.
    fn record_end(&mut self, cause: EndCause, how: How) {
        let untaken = self.unsent.as_deref().map_or(0, Unsent::left);
        let Some(recorded) = self.open.recorded().filter(|it| !it.is_over()) else {
            return;
        };
        let now = clock::now().instant;
        if untaken > 0 {
            // They were written down when they were due.
            let note = format!("the client did not take the last {untaken} bytes, chunks included");
            recorded.note(now, note);
        }
        match cause {
            EndCause::Why(why) if why.by() != EndedBy::Server => {
                recorded.note(now, format!("ended by the client: {why}"));
            }
            EndCause::Why(why) => {
                recorded.note(now, format!("ended by the server: {why}"));
                recorded.end(now, end_of(how));
            }
            EndCause::Fault(_) => recorded.end(now, end_of(how)),
        }
    }

    /// Goes on with what was unsent; `None` when it is all gone and the stream goes on.
    fn flush(
        &mut self,
        mut unsent: Box<Unsent>,
        now: Instant,
        stall: Duration,
        cx: &mut Context<'_>,
    ) -> Option<Visit> {
        let mut at = unsent.at;
        let shared = match &unsent.shared {
            Some((frame, from)) => frame.get(*from..).unwrap_or_default(),
            None => &[],
        };
        let parts = [&*unsent.head, &*unsent.bytes, shared, unsent.after];
        let sent = self.socket.poll_send(cx, &parts, &mut at, self.open.tap());
        self.open.took(&parts, unsent.at, at);
        if at > unsent.at {
            unsent.at = at;
            unsent.since = now;
        }
        let (end, since) = (unsent.end, unsent.since);
        self.unsent = Some(unsent);
        self.account(at);
        match sent {
            Poll::Ready(Ok(())) => {
                self.unsent = None;
                self.open.blocked(false);
                end.map(|end| self.after(end))
            }
            Poll::Pending if now.saturating_duration_since(since) >= stall => {
                Some(Visit::Broken(STALLED))
            }
            Poll::Pending => Some(Visit::Blocked(since + stall)),
            Poll::Ready(Err(left)) => Some(Visit::Broken(left.why())),
        }
    }

    /// Counts the unsent events whose last byte was taken meanwhile.
    fn account(&mut self, at: usize) {
        let Some(unsent) = &mut self.unsent else {
            return;
        };
        let whole = unsent.marks.partition_point(|mark| mark.end <= at);
        let (events, last) = count(unsent.marks[..whole].iter().copied());
        if whole > 0 {
            unsent.marks = unsent.marks[whole..].into();
        }
        self.open.sent(events, last, self.socket.taken());
    }

    fn after(&self, next: Next) -> Visit {
        match next {
            Next::Wait { at } => Visit::Wait(at),
            Next::More => Visit::Again,
            Next::Cut => Visit::Cut(TOO_SLOW),
            Next::Gone(how) => Visit::Gone(how),
            Next::Failed => Visit::Cut(Why::EventsFile),
            Next::Broken(ends) => Visit::BrokenOff(ends),
            Next::End if self.pump.is_complete() => Visit::Finished(Why::Complete),
            Next::End if self.topic().is_some_and(|topic| topic.is_over()) => {
                Visit::Finished(TOPIC_ENDED)
            }
            Next::End => Visit::Finished(match self.pump.leaves() {
                Some(Leave::Drained) => Why::Drained,
                Some(Leave::Aged) => Why::MaxAge,
                None => STOPPED,
            }),
        }
    }
}

/// The server was stopped.
pub(super) const STOPPED: Why = Why::Stopped;
pub(super) const CUT_OFF: Why = Why::StoppedAbruptly;
/// A subscriber was too far behind its topic.
pub(super) const TOO_SLOW: Why = Why::TooSlow;
/// The upstream ended its answer before its end.
pub(super) const UPSTREAM_CUT: Why = Why::UpstreamCut;
pub(super) const UPSTREAM_RESET: Why = Why::UpstreamReset;
const TOPIC_ENDED: Why = Why::TopicEnded;
const STALLED: Why = Why::Stalled;

/// How many events, and the number of the last that had one.
fn count(marks: impl Iterator<Item = Mark>) -> (u64, Option<u64>) {
    marks.fold((0, None), |(events, last), mark| {
        (events + 1, mark.number.or(last))
    })
}
