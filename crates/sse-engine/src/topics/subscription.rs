//! A subscriber's position in a topic: which events it still lacks, and its gap event when some of
//! them are lost.
//!
//! Exactly once (invariant 5): joining and publishing take the same lock, so no event is lost or
//! repeated between the replay and the live events. The first block that a subscriber gets is its
//! position, an `id` without data. EventSource remembers this id and dispatches no event (HTML
//! 9.2.6). So even a client that is cut off before its first event resumes at its position.
//!
//! In a topic that an engine keeps, a subscriber may have no place for a while: it waits until the
//! ring is loaded, or until the engine was asked once more what its id means.

mod resume;

use std::sync::Arc;

use sse_wire::{Event, LineEnding, encode};

use self::resume::{Resume, Waiting};
use super::config::{FirstBlock, SUBSCRIBER_RETRY, Slow};
use super::gap::{self, GAP};
use super::id::Position;
use super::named;
use super::ring::Ring;
use super::topic::{State, Topic};
use crate::fault::Shift;
use crate::lock::lock;
use crate::write_buffer::{Receipt, Stretch, VISIT, WriteBuffer};

/// What a visit to a subscription came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// It has everything.
    All,
    /// The visit is full; what comes next is for another.
    Full,
    /// It reads too slowly, and the policy is to end it.
    TooSlow,
    /// It has everything, and its topic was ended.
    Over,
}

/// One subscriber of one topic, counted as such until it is dropped.
///
/// How to drive it, which [`Pump`](crate::pump::Pump) does:
///
/// 1. [`join`](Self::join) takes the place and counts the subscriber. Where it answers `None`, ask
///    [`Topics`](super::Topics) for the name again. [`in_form`](Self::in_form) follows before the
///    first visit, if at all.
/// 2. A visit tries [`repeat`](Self::repeat) with what the buffer still holds, and else calls
///    [`fill`](Self::fill) with a buffer that is clear. [`Filled`] says what comes next. Never fill
///    while bytes of the last visit are unsent.
/// 3. While bytes wait for the socket, ask [`is_too_slow`](Self::is_too_slow) now and then.
/// 4. At the end ask for the [`receipt`](Self::receipt), then drop it: the drop takes it from the
///    count.
#[derive(Debug)]
pub struct Subscription {
    /// Keeps a topic that was ended in memory until its last subscriber was sent what it lacks.
    topic: Arc<Topic>,
    /// Its place in that topic's ring: a number and no reference, so that the ring may drop events
    /// which it was not sent.
    reader: Reader,
}

/// A place in a ring, without the ring.
#[derive(Debug)]
struct Reader {
    /// The number of the last event that it has.
    at: u64,
    /// That number before its first visit: when it came, or behind what was dropped for it since.
    from: u64,
    /// That number behind its last gap, or `from` where there was none. All events after it were
    /// sent without a hole: a receipt reports them.
    since: u64,
    /// The newest event when it came: what lies before is a replay, and being behind there is no
    /// lag.
    joined: u64,
    /// What is unusual about it. Boxed, since most have nothing of it.
    pending: Option<Box<Pending>>,
    /// Whether it had its first visit. What was published before that is no lag of its own, and
    /// bytes that were written for another subscriber cannot stand in for it.
    greeted: bool,
    /// Whether the reconnection time is yet to be told, with the first event, since nothing may
    /// come before that.
    owes_retry: bool,
    /// Whether it was told the reconnection time while it had no place.
    told_retry: bool,
    /// How its events are written. Only one in [`Form::Plain`] can take bytes that were written for
    /// another subscriber.
    form: Form,
}

/// What is told of a subscriber's events' names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Form {
    /// As they are.
    #[default]
    Plain,
    /// Each event is a plain one, and the first line of its data is its name.
    NamesInData,
}

/// What is unusual about a reader.
#[derive(Debug)]
enum Pending {
    /// It has no place yet.
    Waiting(Waiting),
    /// It is to be told of a gap before anything else.
    Gap(Missed),
    /// It has had what sorts up to this place, which is not below it for good: in a topic that an
    /// engine keeps, this node may be behind another one.
    Above(Position),
}

/// A gap, as far as it is known before the next event is.
#[derive(Debug)]
struct Missed {
    /// The id behind which events are missing: the one that the client brought, cut to 64
    /// characters, or the id of its place.
    from: String,
    /// How many events are missing; `None` where the id that the client brought is unknown, since
    /// nobody can count from there.
    lost: Option<u64>,
    /// The place that the client brought, where the ring never had it: what it is told must not
    /// sort below it.
    brought: Option<Position>,
}

impl Subscription {
    /// A subscriber that comes with this last event id, if it comes with one; `None` where the
    /// topic is no longer there.
    pub fn join(topic: &Arc<Topic>, last_event_id: Option<&str>) -> Option<Self> {
        Self::join_shifted(topic, last_event_id, Shift::None)
    }

    /// The same for one that does not go on where it should.
    pub fn join_shifted(
        topic: &Arc<Topic>,
        last_event_id: Option<&str>,
        shift: Shift,
    ) -> Option<Self> {
        let mut state = lock(&topic.state);
        let reader = state
            .join()
            .then(|| Reader::new(&mut state, last_event_id, shift));
        drop(state);
        Some(Self {
            topic: Arc::clone(topic),
            reader: reader?,
        })
    }

    /// The same, in this form.
    pub fn in_form(mut self, form: Form) -> Self {
        self.reader.form = form;
        self
    }

    /// The topic that it reads.
    pub fn topic(&self) -> &Arc<Topic> {
        &self.topic
    }

    /// The number of the event that it lacks next.
    pub fn next(&self) -> u64 {
        self.reader.at + 1
    }

    /// What it was told, to be asked at its end.
    pub fn receipt(&self) -> Receipt {
        let Reader {
            at,
            from,
            since,
            greeted,
            owes_retry,
            told_retry,
            ..
        } = self.reader;
        let told = told_retry || greeted && !owes_retry;
        let set = self.topic.retry_between(since, at);
        Receipt {
            retry: told.then(|| set.unwrap_or(SUBSCRIBER_RETRY)),
            first: since + 1,
            gap: since > from,
            whole: None,
        }
    }

    /// Whether it is to be ended for being too far behind, as seen from outside a visit.
    pub fn is_too_slow(&self) -> bool {
        let (topic, reader) = (&self.topic, &self.reader);
        topic.config.slow == Slow::Disconnect
            && !reader.is_waiting()
            && (reader.lag(topic.last()) > topic.config.max_lag || reader.at < topic.before())
    }

    /// Whether it still lacks events that were published before it came.
    pub fn is_replaying(&self) -> bool {
        self.reader.at < self.reader.joined && !self.reader.is_waiting()
    }

    /// Whether it has no place yet, and waits for the engine that keeps its topic.
    pub fn is_waiting(&self) -> bool {
        self.reader.is_waiting()
    }

    /// Takes a stretch that was written for another subscriber, if it is exactly what this one
    /// lacks. So a pass over ten thousand readers looks into the ring once.
    pub fn repeat(&mut self, stretch: Stretch) -> bool {
        let reader = &mut self.reader;
        let same = stretch.topic == self.topic.address()
            && stretch.from == reader.at
            && stretch.to == self.topic.last();
        let plain = reader.is_plain() && reader.form == Form::Plain;
        if same && plain && !self.topic.is_over() {
            reader.at = stretch.to;
            return true;
        }
        false
    }

    /// Writes what it lacks, up to the cap of a visit.
    pub fn fill(&mut self, out: &mut WriteBuffer) -> Filled {
        let mut state = lock(&self.topic.state);
        let reader = &mut self.reader;
        if !reader.settle(&mut state) {
            if !reader.told_retry && self.topic.tells_place() {
                reader.told_retry = true;
                encode_retry(out.payload());
                out.payload().push(b'\n');
            }
            return match state.is_over() {
                true => Filled::Over,
                false => Filled::All,
            };
        }
        let ring = &state.ring;
        let last = ring.last();
        let max_lag = self.topic.config.max_lag;
        if !reader.greeted {
            // It has only come: what was published before its first visit is no lag of its own.
            reader.joined = last;
            reader.drop_oldest(ring, u64::MAX);
        } else if reader.at < ring.before() || reader.lag(last) > max_lag {
            match self.topic.config.slow {
                Slow::Disconnect => return Filled::TooSlow,
                Slow::DropOldest => reader.drop_oldest(ring, max_lag),
            }
        }
        let plain = out.is_empty() && reader.is_plain() && reader.form == Form::Plain;
        let from = plain.then_some(reader.at);
        reader.greet(ring, out, self.topic.config.first_block);
        while reader.at < last {
            if out.len() >= VISIT {
                return Filled::Full;
            }
            let Some(frame) = ring.frame(reader.at + 1) else {
                // It is between the oldest and the newest, so it is there.
                return Filled::TooSlow;
            };
            let bare = match reader.is_above(&state, reader.at + 1) {
                Some(is_known) if is_known => {
                    reader.at += 1;
                    reader.since = reader.at;
                    continue;
                }
                above => above.is_some(),
            };
            reader.at += 1;
            if std::mem::take(&mut reader.owes_retry) {
                // A line of the event that follows, which has the last word should it set another.
                encode_retry(out.payload());
            }
            let from = match (reader.form, bare) {
                (Form::Plain, false) => 0,
                (Form::Plain, true) => named::without_id(frame, out.payload()),
                (Form::NamesInData, _) => named::begin(frame, !bare, out.payload()),
            };
            let end = match bare {
                true => ring.end_of_event(reader.at),
                false => frame.len(),
            };
            if frame.len() < VISIT || bare {
                out.payload().extend_from_slice(&frame[from..end]);
                out.mark(Some(reader.at));
            } else {
                out.share(Arc::clone(frame), from);
                out.mark(Some(reader.at));
                return Filled::Full;
            }
        }
        if state.is_over() {
            return Filled::Over;
        }
        if let Some(from) = from {
            out.holds(Stretch {
                topic: self.topic.address(),
                from,
                to: last,
            });
        }
        Filled::All
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        let mut state = lock(&self.topic.state);
        state.subscribers -= 1;
        state.waiting -= usize::from(self.reader.is_waiting());
    }
}

impl Reader {
    /// The place of a client that brings this id, moved by `shift` within what is kept.
    fn new(state: &mut State, last_event_id: Option<&str>, shift: Shift) -> Self {
        let mut reader = Self {
            at: 0,
            from: 0,
            since: 0,
            joined: 0,
            pending: None,
            greeted: false,
            owes_retry: false,
            told_retry: false,
            form: Form::Plain,
        };
        match resume::resume(state, last_event_id, shift, None) {
            Resume::At(at, missed) => reader.begin(&state.ring, at, missed),
            Resume::Wait(waiting) => {
                reader.pending = Some(Box::new(Pending::Waiting(waiting)));
                state.waiting += 1;
            }
        }
        reader
    }

    /// It has its place.
    fn begin(&mut self, ring: &Ring, at: u64, missed: Option<Missed>) {
        self.at = at;
        self.from = at;
        self.since = at;
        self.joined = ring.last();
        self.pending = missed.map(|missed| Box::new(Pending::Gap(missed)));
    }

    /// Gives it its place, if it waits for one and can have it now. Answers whether it has one.
    fn settle(&mut self, state: &mut State) -> bool {
        let Some(Pending::Waiting(waiting)) = self.pending.as_deref_mut() else {
            return true;
        };
        let (id, shift) = (waiting.id.take(), waiting.shift);
        match resume::resume(state, id.as_deref(), shift, Some(waiting)) {
            Resume::At(at, missed) => {
                self.begin(&state.ring, at, missed);
                state.waiting -= 1;
                true
            }
            Resume::Wait(still) => {
                *waiting = still;
                false
            }
        }
    }

    fn is_waiting(&self) -> bool {
        matches!(self.pending.as_deref(), Some(Pending::Waiting(_)))
    }

    /// Whether the client brought a place that the entry with this number sorts below, and if so,
    /// whether the engine is known to be past that place: then the client has had the entry, or was
    /// told of a gap. Otherwise it has not, and must keep its place.
    fn is_above(&mut self, state: &State, number: u64) -> Option<bool> {
        let Some(Pending::Above(place)) = self.pending.as_deref() else {
            return None;
        };
        if state.ring.position(number) > *place {
            self.pending = None;
            return None;
        }
        let head = state.copy.as_ref().and_then(|copy| copy.head);
        Some(head.is_some_and(|head| head >= *place))
    }

    /// Whether all that it is sent next are events.
    fn is_plain(&self) -> bool {
        self.greeted && self.pending.is_none() && !self.owes_retry
    }

    /// How many events behind it is, of those that were published since it came.
    fn lag(&self, last: u64) -> u64 {
        last.saturating_sub(self.at.max(self.joined))
    }

    /// Skips what is too old for it. A gap that it was not told of yet grows.
    fn drop_oldest(&mut self, ring: &Ring, max_lag: u64) {
        // A replay that is still kept is no lag.
        let most = match self.lag(ring.last()) > max_lag {
            true => ring.last().saturating_sub(max_lag),
            false => 0,
        };
        let to = ring.before().max(most).max(self.at);
        if to == self.at {
            return;
        }
        let skipped = ring.between(self.at, to);
        match self.pending.as_deref_mut() {
            Some(Pending::Gap(gap)) => {
                gap.lost = gap.lost.zip(skipped).map(|(lost, more)| lost + more);
            }
            _ => {
                let missed = Missed {
                    from: ring.position(self.at).to_string(),
                    lost: skipped,
                    brought: self.above(),
                };
                self.pending = Some(Box::new(Pending::Gap(missed)));
            }
        }
        self.at = to;
        self.since = to;
        if !self.greeted {
            self.from = to;
        }
    }

    /// The place that it brought and that what it is sent may sort below.
    fn above(&self) -> Option<Position> {
        match self.pending.as_deref() {
            Some(Pending::Above(place)) => Some(*place),
            _ => None,
        }
    }

    /// Tells it once where it is, and of a gap as soon as there is one.
    fn greet(&mut self, ring: &Ring, out: &mut WriteBuffer, block: FirstBlock) {
        let first = !std::mem::replace(&mut self.greeted, true);
        let gap = match self.pending.as_deref() {
            Some(Pending::Gap(_)) => self.pending.take(),
            _ => None,
        };
        if !first && gap.is_none() {
            return;
        }
        if gap.is_none() && block == FirstBlock::None {
            self.owes_retry = true;
            return;
        }
        let gap = match gap.map(|pending| *pending) {
            Some(Pending::Gap(gap)) => Some(gap),
            _ => None,
        };
        let mut place = ring.position(self.at);
        if let Some(brought) = gap.as_ref().and_then(|gap| gap.brought)
            && brought > place
        {
            place = brought;
            self.pending = Some(Box::new(Pending::Above(brought)));
        }
        let place = place.to_string();
        let mut event = Event {
            retry: (first && !self.told_retry).then_some(SUBSCRIBER_RETRY),
            id: Some(&place),
            ..Event::default()
        };
        let Some(gap) = gap else {
            encode(&event, LineEnding::Lf, out.payload());
            return;
        };
        let next = self.at + 1;
        let to = (next <= ring.last()).then(|| ring.id(next));
        let data = gap::data(&gap.from, to.as_deref(), gap.lost);
        let data = match self.form {
            Form::Plain => data,
            Form::NamesInData => format!("{GAP}\n{data}"),
        };
        event.event = (self.form == Form::Plain).then_some(GAP);
        event.data = Some(&data);
        encode(&event, LineEnding::Lf, out.payload());
        // Its id is the place behind what is missing.
        out.mark(Some(self.at));
    }
}

/// The line that sets the reconnection time, without an end of its event.
fn encode_retry(out: &mut Vec<u8>) {
    let event = Event {
        retry: Some(SUBSCRIBER_RETRY),
        ..Event::default()
    };
    encode(&event, LineEnding::Lf, out);
    // The blank line.
    out.pop();
}

#[cfg(test)]
mod tests;
