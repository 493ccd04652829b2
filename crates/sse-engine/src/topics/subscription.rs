//! A subscriber's position in a topic: which events it still lacks, and its gap event when some of
//! them are lost.
//!
//! Exactly once (invariant 5): joining and publishing take the same lock, so no event is lost or
//! repeated between the replay and the live events. The first block that a subscriber gets is its
//! position, an `id` without data. EventSource remembers this id and dispatches no event (HTML
//! 9.2.6). So even a client that is cut off before its first event resumes at its position.

use std::sync::Arc;

use serde::Serialize;
use sse_wire::{Event, LineEnding, encode};

use super::batch::GAP;
use super::config::{FirstBlock, SUBSCRIBER_RETRY, Slow};
use super::id::EARLIEST;
use super::named;
use super::ring::Ring;
use super::topic::Topic;
use crate::fault::Shift;
use crate::lock::lock;
use crate::write_buffer::{Receipt, Stretch, VISIT, WriteBuffer};

/// The longest id that a gap event repeats, in characters.
const SHOWN_ID: usize = 64;

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
    /// What it is to be told before anything else.
    gap: Option<Box<Missed>>,
    /// Whether it had its first visit. What was published before that is no lag of its own, and
    /// bytes that were written for another subscriber cannot stand in for it.
    greeted: bool,
    /// Whether the reconnection time is yet to be told, with the first event, since nothing may
    /// come before that.
    owes_retry: bool,
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

/// A gap, as far as it is known before the next event is.
#[derive(Debug)]
struct Missed {
    /// The id behind which events are missing: the one that the client brought, cut to [`SHOWN_ID`]
    /// characters, or the id of its place.
    from: String,
    /// How many events are missing; `None` where the id that the client brought is unknown, since
    /// nobody can count from there.
    lost: Option<u64>,
}

/// The data of a gap event.
#[derive(Serialize)]
struct GapData<'a> {
    /// The id behind which events are missing.
    from: &'a str,
    /// The id of the event that follows the gap; null where none was published yet.
    to: Option<String>,
    /// How many events are missing in between; null where nobody can count them.
    lost: Option<u64>,
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
            .then(|| Reader::new(&state.ring, last_event_id, shift));
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
            ..
        } = self.reader;
        let set = self.topic.retry_between(since, at);
        Receipt {
            retry: (greeted && !owes_retry).then(|| set.unwrap_or(SUBSCRIBER_RETRY)),
            first: since + 1,
            gap: since > from,
            whole: None,
        }
    }

    /// Whether it is to be ended for being too far behind, as seen from outside a visit.
    pub fn is_too_slow(&self) -> bool {
        let (topic, reader) = (&self.topic, &self.reader);
        topic.config.slow == Slow::Disconnect
            && (reader.lag(topic.last()) > topic.config.max_lag || reader.at < topic.before())
    }

    /// Whether it still lacks events that were published before it came.
    pub fn is_replaying(&self) -> bool {
        self.reader.at < self.reader.joined
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
        let state = lock(&self.topic.state);
        let ring = &state.ring;
        let reader = &mut self.reader;
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
            reader.at += 1;
            if std::mem::take(&mut reader.owes_retry) {
                // A line of the event that follows, which has the last word should it set another.
                encode_retry(out.payload());
            }
            let from = match reader.form {
                Form::Plain => 0,
                Form::NamesInData => named::begin(frame, out.payload()),
            };
            if frame.len() < VISIT {
                out.payload().extend_from_slice(&frame[from..]);
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
        lock(&self.topic.state).subscribers -= 1;
    }
}

impl Reader {
    /// The place of a client that brings this id, moved by `shift` within what is kept.
    fn new(ring: &Ring, last_event_id: Option<&str>, shift: Shift) -> Self {
        let (at, gap) = match last_event_id {
            // An empty id is what a client that never had one would send: no id at all.
            None | Some("") => (ring.last(), None),
            Some(EARLIEST) => (ring.before(), None),
            Some(_) if shift == Shift::Forgotten => (ring.before(), None),
            Some(id) => match ring.find(id) {
                Some(seq) if seq >= ring.before() => {
                    let moved = shift.of(seq).unwrap_or(0);
                    (moved.clamp(ring.before(), ring.last()), None)
                }
                found => (
                    ring.before(),
                    Some(Box::new(Missed {
                        from: id.chars().take(SHOWN_ID).collect(),
                        lost: found.map(|seq| ring.before() - seq),
                    })),
                ),
            },
        };
        Self {
            at,
            from: at,
            since: at,
            joined: ring.last(),
            gap,
            greeted: false,
            owes_retry: false,
            form: Form::Plain,
        }
    }

    /// Whether all that it is sent next are events.
    fn is_plain(&self) -> bool {
        self.greeted && self.gap.is_none() && !self.owes_retry
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
        let skipped = to - self.at;
        if skipped == 0 {
            return;
        }
        match &mut self.gap {
            Some(gap) => gap.lost = gap.lost.map(|lost| lost + skipped),
            None => {
                self.gap = Some(Box::new(Missed {
                    from: ring.position(self.at).to_string(),
                    lost: Some(skipped),
                }));
            }
        }
        self.at = to;
        self.since = to;
        if !self.greeted {
            self.from = to;
        }
    }

    /// Tells it once where it is, and of a gap as soon as there is one.
    fn greet(&mut self, ring: &Ring, out: &mut WriteBuffer, block: FirstBlock) {
        let first = !std::mem::replace(&mut self.greeted, true);
        let gap = self.gap.take();
        if !first && gap.is_none() {
            return;
        }
        if gap.is_none() && block == FirstBlock::None {
            self.owes_retry = true;
            return;
        }
        let place = ring.position(self.at).to_string();
        let mut event = Event {
            retry: first.then_some(SUBSCRIBER_RETRY),
            id: Some(&place),
            ..Event::default()
        };
        let Some(gap) = gap else {
            encode(&event, LineEnding::Lf, out.payload());
            return;
        };
        let next = self.at + 1;
        let data = GapData {
            from: &gap.from,
            to: (next <= ring.last()).then(|| ring.id(next)),
            lost: gap.lost,
        };
        // Text and numbers always make JSON.
        let data = serde_json::to_string(&data).unwrap_or_default();
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
