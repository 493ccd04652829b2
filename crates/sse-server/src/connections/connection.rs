//! One connection, or one refused request, as the table keeps it.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::{Instant, SystemTime};

use sse_engine::fault::{Armed, Fault, Strike, Target};
use sse_engine::lock::lock;
use sse_engine::pump::SHOWN_ID;
use sse_engine::time::Now;
use sse_engine::time::{millis, since_1970};
use sse_engine::write_buffer::Receipt;
use sse_wire::Framing;

use super::end_reason::Why;
use super::leg::Leg;
use super::numbering::Numbering;
use super::rates::Counts;
use crate::tap::Tap;

/// The most faults that a row names.
const STRUCK: usize = 32;

/// As much of an event id as the table keeps and compares.
pub(crate) fn shown(id: &str) -> &str {
    let end = id
        .char_indices()
        .nth(SHOWN_ID)
        .map_or(id.len(), |(at, _)| at);
    &id[..end]
}

/// What is known of a client when its request arrives.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) peer: SocketAddr,
    /// What many clients ask alike. The table keeps each such request once.
    pub(crate) asked: Arc<Request>,
    /// The name that the client gave itself with `client=`. By it a return is sure; without it,
    /// probable.
    pub(crate) tag: Option<Box<str>>,
    /// The last event id that it brought.
    pub(crate) brought: Option<Box<str>>,
    /// What the numbers of its events are ids of.
    pub(crate) numbers: Numbering,
}

impl Client {
    /// Whether one that asks so again is the same: it has a tag, or it came to a room, where all of
    /// a path that have none are one. Programs lose queries, and a test has a room of its own.
    pub(super) fn is_known(&self) -> bool {
        self.tag.is_some() || self.asked.room.is_some()
    }
}

/// What thousands of clients may have in common.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Request {
    /// The program, as far as it says.
    pub(crate) program: Box<str>,
    /// The room that it was sent to; `None` is the room that has no name.
    pub(crate) room: Option<Box<str>>,
    /// The path of the stream.
    pub(crate) stream: Box<str>,
    /// The request's method, as much of it as is shown.
    pub(crate) method: Box<str>,
    /// The version of HTTP that the client speaks, as far as it matters here.
    pub(crate) framing: Framing,
}

/// How a connection ended, when, and what its client was told.
#[derive(Clone, Debug)]
pub(super) struct Ended {
    pub(super) why: Why,
    /// The number of the fault that ended it, where one did.
    pub(super) fault: Option<u64>,
    /// For people. The wall clock may be set while the server runs.
    pub(super) when: SystemTime,
    /// The same instant on a clock that only goes on: by it the client's absence is measured.
    pub(super) at: Instant,
    /// The reconnection time, in milliseconds.
    pub(super) retry: Option<u64>,
    /// Where a finite stream ended before its last event.
    pub(super) cut: Option<Cut>,
    /// The origin that was refused, where that was the reason, so that a person can allow it.
    pub(super) origin: Option<Box<str>>,
}

impl Ended {
    /// For this reason, with nothing else to say.
    pub(super) fn new(why: Why, now: Now) -> Self {
        Self {
            why,
            fault: None,
            when: now.wall,
            at: now.instant,
            retry: None,
            cut: None,
            origin: None,
        }
    }
}

/// How far a finite stream came that ended before its last event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Cut {
    /// Events of the stream that its client has, as far as the server knows; those before a resume
    /// count.
    pub after: u64,
    /// Events that the stream has.
    pub of: u64,
}

/// What the next step of a replay sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct NextStep {
    /// The number of the event; nothing where what is left is no event, such as the end.
    pub event: Option<u64>,
}

/// The longest text of a fault that rows and the log keep, in bytes: a fault may hold a whole body.
const SHOWN_FAULT: usize = 1024;

/// As much of a fault's text as rows and the log keep.
pub(crate) fn shown_fault(fault: &Fault) -> String {
    let mut text = fault.to_string();
    if text.len() > SHOWN_FAULT {
        let end = (0..=SHOWN_FAULT)
            .rev()
            .find(|at| text.is_char_boundary(*at));
        text.truncate(end.unwrap_or(0));
        text.push('…');
    }
    text
}

/// A fault that struck a connection. Not the fault itself, which whoever arms it forgets once no
/// connection has it any more.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Struck {
    /// Its number.
    pub id: u64,
    /// Its text.
    pub fault: String,
    /// Whether what is sent from then on is not one event of the stream after the other.
    #[serde(skip)]
    #[cfg_attr(feature = "types", ts(skip))]
    pub(super) changes_order: bool,
}

/// One connection, or one refused request.
#[derive(Debug)]
pub(super) struct Connection {
    /// Counts up from 1 in the order of arrival. The log, the API and other rows' verdicts refer to
    /// it.
    pub(super) id: u64,
    pub(super) client: Client,
    /// Milliseconds since 1970.
    pub(super) since: u64,
    /// What the request was answered with; 200 only where it got a stream.
    pub(super) status: u16,
    /// What the task that has the connection counts, until it ends.
    pub(super) sent: Sent,
    /// Where its last bytes are kept: from the first one on while few are open, else from the first
    /// look on. A row that has ended keeps them until it is forgotten.
    pub(super) tap: OnceLock<Arc<Tap>>,
    /// Boxed: most rows are open.
    pub(super) ended: OnceLock<Box<Ended>>,
    /// What most rows have nothing of.
    pub(super) rare: OnceLock<Arc<Rare>>,
}

/// What most rows have nothing of.
#[derive(Debug, Default)]
pub(super) struct Rare {
    /// The leg to its upstream, where its request was forwarded.
    leg: Option<Arc<Leg>>,
    /// The faults that struck it, in order, [`STRUCK`] at most.
    struck: Mutex<Vec<Struck>>,
}

impl Rare {
    /// That of a row whose request was forwarded.
    pub(super) fn forwarded(leg: Arc<Leg>) -> Arc<Self> {
        Arc::new(Self {
            leg: Some(leg),
            struck: Mutex::default(),
        })
    }
}

// There may be ten thousand, and the next size that an allocator has is a quarter larger.
#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<Connection>() <= 192);

/// What the kernel took of a connection's stream. Written by one task and read by others, so that a
/// visit pays for no lock.
#[derive(Debug)]
pub(super) struct Sent {
    /// Events whose last byte the kernel took.
    events: AtomicU64,
    /// All bytes that the kernel took. A reader may see them of a visit whose events it does not
    /// see yet.
    bytes: AtomicU64,
    /// The number of the last event; until there is one, the number to begin with and [`FIRST`].
    last: AtomicU64,
    /// Whether bytes wait for the socket.
    blocked: AtomicBool,
    /// Whether the client waits for a place in its topic.
    waits: AtomicBool,
    /// Comments that the kernel took, of those that came without an event.
    comments: AtomicU32,
}

/// Marks a number as that of the first event, which was not sent yet. The largest number that a
/// stream gives is far below.
const FIRST: u64 = 1 << 63;

/// There is no first event.
const NONE: u64 = u64::MAX;

impl Sent {
    /// Nothing, so far, of what begins with the number `next`.
    pub(super) fn nothing(next: Option<u64>) -> Self {
        Self {
            events: AtomicU64::new(0),
            bytes: AtomicU64::new(0),
            last: AtomicU64::new(next.map_or(NONE, |next| next | FIRST)),
            blocked: AtomicBool::new(false),
            waits: AtomicBool::new(false),
            comments: AtomicU32::new(0),
        }
    }

    /// The number of the last event.
    pub(super) fn last(&self) -> Option<u64> {
        Some(self.last.load(Ordering::Relaxed)).filter(|last| last & FIRST == 0)
    }

    /// The number that comes after what is known to be sent.
    pub(super) fn next(&self) -> Option<u64> {
        match self.last.load(Ordering::Relaxed) {
            NONE => None,
            first if first & FIRST != 0 => Some(first & !FIRST),
            last => Some(last + 1),
        }
    }

    /// Notes what the kernel took: `events` more, the last one numbered `last`, and `bytes` in all.
    pub(super) fn add(&self, events: u64, last: Option<u64>, bytes: u64) {
        // Nobody else writes, so this needs no read-modify-write.
        let before = self.events.load(Ordering::Relaxed);
        self.events.store(before + events, Ordering::Relaxed);
        self.bytes.store(bytes, Ordering::Relaxed);
        if let Some(last) = last {
            self.last.store(last, Ordering::Relaxed);
        }
    }

    /// Notes that the kernel took a comment.
    pub(super) fn comment(&self) {
        let before = self.comments.load(Ordering::Relaxed);
        self.comments
            .store(before.saturating_add(1), Ordering::Relaxed);
    }

    pub(super) fn is_blocked(&self) -> bool {
        self.blocked.load(Ordering::Relaxed)
    }

    pub(super) fn block(&self, blocked: bool) {
        self.blocked.store(blocked, Ordering::Relaxed);
    }

    pub(super) fn is_waiting(&self) -> bool {
        self.waits.load(Ordering::Relaxed)
    }

    /// Nobody knows yet with which number it begins.
    pub(super) fn wait(&self) {
        self.last.store(NONE, Ordering::Relaxed);
        self.waits.store(true, Ordering::Relaxed);
    }

    /// It begins with this number, which nobody knew before.
    pub(super) fn begin(&self, next: u64) {
        if self.last.load(Ordering::Relaxed) == NONE {
            self.last.store(next | FIRST, Ordering::Relaxed);
        }
        self.waits.store(false, Ordering::Relaxed);
    }

    pub(super) fn counts(&self) -> Counts {
        Counts {
            events: self.events.load(Ordering::Relaxed),
            bytes: self.bytes.load(Ordering::Relaxed),
            comments: self.comments.load(Ordering::Relaxed),
        }
    }
}

/// What has become of a row's request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "types", derive(ts_rs::TS), ts(rename_all = "lowercase"))]
pub(super) enum State {
    Open,
    Ended,
    Refused,
}

impl State {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Ended => "ended",
            Self::Refused => "refused",
        }
    }
}

impl Connection {
    pub(super) fn state(&self) -> State {
        match self.ended.get() {
            None => State::Open,
            // It was answered, with whatever its upstream had to say.
            Some(ended) if ended.why == Why::Forwarded => State::Ended,
            Some(ended) if self.status != 200 && !ended.why.is_complete() => State::Refused,
            Some(_) => State::Ended,
        }
    }

    /// The row as it stays: a closed one must not keep a topic, or a stream that was long replaced,
    /// in memory.
    pub(super) fn closed(&self) -> Self {
        let id = self.last_id().map(|(_, id)| Arc::new(id));
        let numbers = match self.client.numbers.is_shared() {
            true => Numbering::LastShared(id),
            false => Numbering::Last(id),
        };
        let Counts {
            events,
            bytes,
            comments,
        } = self.sent.counts();
        Self {
            id: self.id,
            client: Client {
                numbers,
                ..self.client.clone()
            },
            since: self.since,
            status: self.status,
            sent: Sent {
                events: events.into(),
                bytes: bytes.into(),
                last: self.sent.last.load(Ordering::Relaxed).into(),
                blocked: false.into(),
                waits: false.into(),
                comments: comments.into(),
            },
            tap: self.tap.clone(),
            ended: self.ended.clone(),
            rare: self.rare.clone(),
        }
    }

    /// The same without its wire.
    pub(super) fn untapped(&self) -> Self {
        Self {
            tap: OnceLock::new(),
            ..self.closed()
        }
    }

    /// The id of the last event that it was sent, of those with an id, and the number of that
    /// event. It may wait for a topic.
    pub(super) fn last_id(&self) -> Option<(u64, String)> {
        let last = match &self.client.numbers {
            // It may be given an id before its first event.
            Numbering::Forwarded(_) => self.sent.last().unwrap_or(0),
            _ => self.sent.last()?,
        };
        self.client.numbers.last_id(last, self.sent.counts().events)
    }

    /// What its client was probably told, where nobody is left who knows.
    pub(super) fn usually_told(&self) -> Receipt {
        let (next, events) = (self.sent.next(), self.sent.counts().events);
        Receipt {
            retry: self.client.numbers.retry(),
            first: next.unwrap_or(0).saturating_sub(events),
            gap: false,
            whole: None,
        }
    }

    /// Whether it had ended at this time, in milliseconds since 1970.
    pub(super) fn had_ended_by(&self, ms: u64) -> bool {
        let when = |ended: &Ended| millis(since_1970(ended.when));
        self.ended.get().is_some_and(|ended| when(ended) <= ms)
    }

    /// Its tap, which begins now if there was none.
    pub(super) fn tap(&self) -> &Tap {
        let framing = self.client.asked.framing;
        self.tap
            .get_or_init(|| Arc::new(Tap::new(framing, self.sent.counts().bytes)))
    }

    /// The origin that was refused, where that was the reason.
    pub(super) fn origin(&self) -> Option<&str> {
        self.ended.get()?.origin.as_deref()
    }

    /// Why it ended, once it has.
    pub(super) fn why(&self) -> Option<Why> {
        self.ended.get().map(|ended| ended.why)
    }

    /// Notes that a fault struck it. Answers whether it is the first time.
    pub(super) fn struck(&self, fault: &Armed, now: Now) -> bool {
        fault.note(Strike {
            at: now.wall,
            whom: Some(Target {
                connection: self.id,
                stream: self.client.asked.stream.to_string(),
                client: self.client.tag.as_deref().map(str::to_owned),
            }),
        });
        let mut struck = lock(&self.rare.get_or_init(Arc::default).struck);
        let is_new = struck.iter().all(|other| other.id != fault.id);
        if is_new && struck.len() < STRUCK {
            struck.push(Struck {
                id: fault.id,
                fault: shown_fault(&fault.fault),
                changes_order: fault.fault.act.changes_order(),
            });
        }
        is_new
    }

    /// Whether a fault struck it.
    pub(super) fn is_struck(&self) -> bool {
        let rare = self.rare.get();
        rare.is_some_and(|rare| !lock(&rare.struck).is_empty())
    }

    /// The leg to its upstream, where its request was forwarded.
    pub(super) fn leg(&self) -> Option<&Leg> {
        self.rare.get()?.leg.as_deref()
    }

    /// The faults that struck it.
    pub(super) fn faults(&self) -> Vec<Struck> {
        let rare = self.rare.get();
        rare.map(|rare| lock(&rare.struck).clone())
            .unwrap_or_default()
    }

    /// How many events of its topic it has yet to be sent, while it is open and was sent one.
    pub(super) fn behind(&self) -> Option<u64> {
        let (Numbering::Topic(topic), State::Open) = (&self.client.numbers, self.state()) else {
            return None;
        };
        Some(topic.last().saturating_sub(self.sent.last()?))
    }

    /// What the next step sends, while it is open and goes step by step.
    pub(super) fn step(&self) -> Option<NextStep> {
        let (Numbering::Stream(stream), State::Open) = (&self.client.numbers, self.state()) else {
            return None;
        };
        let playback = stream.playback().filter(|playback| playback.step)?;
        let event = playback.replay.stepped(self.sent.last(), self.sent.next());
        Some(NextStep { event })
    }

    /// Where the stream is cut if it ends so, of which `whole` are the first number and the one
    /// behind the last.
    pub(super) fn cut(&self, ending: Why, whole: Option<(u64, u64)>) -> Option<Cut> {
        let (from, end) = whole.filter(|_| !ending.is_complete())?;
        let numbers = &self.client.numbers;
        let of = numbers.events_between(from, end);
        let left = numbers.events_between(self.sent.next()?, end);
        let after = of.saturating_sub(left);
        (left > 0).then_some(Cut { after, of })
    }

    /// Answers whether this is how it ended, and not something that was said before.
    pub(super) fn end(&self, ended: Ended) -> bool {
        self.ended.set(Box::new(ended)).is_ok()
    }
}
