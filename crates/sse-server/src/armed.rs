//! What is broken on purpose at the moment: the faults that are armed, and which of them strike a
//! request.
//!
//! A fault is armed for requests that begin from then on. All that it strikes share one [`Armed`].
//! It counts their strikes together, and they ask it before they act, so that healing reaches them.

mod attempts;
mod spans;
mod tries;
mod view;

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Instant, SystemTime};

use sse_engine::fault::{Act, Armed, Fault, MOST_ARMED, Meeting, Place, Strike, check_together};
use sse_engine::lock::lock;
use sse_engine::time::Now;
use tokio::sync::watch;

use crate::error::Error;
pub(crate) use attempts::Asker;
use attempts::Attempts;
pub use spans::ArmedSpan;
use spans::Spans;
use tries::Tries;
pub use view::{ArmedFrom, FaultView, LastStrike};

/// The faults that are armed.
///
/// How to drive it:
///
/// 1. [`arm`](Self::arm) what a person or a test arms, [`arm_list`](Self::arm_list) what a list of
///    streams holds, whenever that list begins to be served.
/// 2. For each request for a stream, ask once which [`attempt`](Self::attempt) of its client it is,
///    then which faults it [`meets`](Self::meet).
/// 3. [`expire`](Self::expire) now and then, and [`heal`](Self::heal) on request. Both answer what
///    is armed no longer, so that the log can have it.
///
/// Whoever arms hands in `note`, which enters a fault in the log. It is called before a request can
/// meet the fault, so that no strike has a smaller number than the arming. It must not call this
/// type, whose lock is held.
#[derive(Debug)]
pub(crate) struct Faults {
    list: Mutex<List>,
    /// The number of the newest, over all that ever were.
    newest: AtomicU64,
    /// How many there are, so that a request pays one atomic load where there are none.
    armed: AtomicUsize,
    attempts: Mutex<Attempts>,
    /// When those that are armed no longer were.
    over: Mutex<Spans>,
    /// Of the newest `knock` that is over: its number, and its tries in words.
    last_knock: Mutex<Option<(u64, String)>>,
    /// Goes up when something was armed or healed.
    changed: watch::Sender<u64>,
}

/// In the order in which they were armed.
#[derive(Debug, Default)]
struct List(Vec<Entry>);

/// A fault of the list.
#[derive(Debug)]
struct Entry {
    /// The fault, which all that it strikes share.
    armed: Arc<Armed>,
    /// When it was armed, for people.
    at: SystemTime,
    /// The same, on the clock that is never set.
    since: Instant,
    /// Who armed it.
    from: ArmedFrom,
    /// Of a `knock`, the connections that it reset; unset before the first.
    tries: Option<Tries>,
}

/// Which faults are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Which {
    /// That of this number, whatever its room is.
    Id(u64),
    /// Those of a room, a stream and a client.
    Of {
        /// The rooms.
        rooms: InRooms,
        /// Only those that name this stream, where it is set.
        stream: Option<String>,
        /// Only those that name this client, where it is set.
        client: Option<String>,
    },
}

/// Which rooms are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InRooms {
    /// All of them.
    All,
    /// This one; `None` is the room that has no name.
    One(Option<String>),
}

impl Default for InRooms {
    fn default() -> Self {
        Self::One(None)
    }
}

impl InRooms {
    /// Those that `room=` means.
    pub(crate) fn read(room: Option<&str>) -> Self {
        match room {
            Some("*") => Self::All,
            room => Self::One(room.map(str::to_owned)),
        }
    }

    /// Whether this room is one of them.
    pub(crate) fn have(&self, room: Option<&str>) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => one.as_deref() == room,
        }
    }
}

impl Which {
    /// All of these rooms.
    pub(crate) fn of(rooms: InRooms) -> Self {
        Self::Of {
            rooms,
            stream: None,
            client: None,
        }
    }

    fn is(&self, armed: &Armed) -> bool {
        let named = |wanted: &Option<String>, it: &Option<String>| wanted.is_none() || wanted == it;
        match self {
            Self::Id(id) => armed.id == *id,
            Self::Of {
                rooms,
                stream,
                client,
            } => {
                let who = &armed.fault.who;
                rooms.have(who.room.as_deref())
                    && named(stream, &who.stream)
                    && named(client, &who.client)
            }
        }
    }
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            list: Mutex::default(),
            newest: AtomicU64::new(0),
            armed: AtomicUsize::new(0),
            attempts: Mutex::default(),
            over: Mutex::default(),
            last_knock: Mutex::default(),
            changed: watch::Sender::new(0),
        }
    }
}

impl Faults {
    /// Arms the faults of a list, or none of them. None of them is a profile.
    ///
    /// # Errors
    /// Two of them exclude each other, or there are too many.
    pub(crate) fn arm(
        &self,
        faults: Vec<Fault>,
        now: Now,
        note: impl FnMut(&Armed),
    ) -> Result<Vec<Arc<Armed>>, Error> {
        check_together(&faults).map_err(sse_engine::Error::from)?;
        let mut list = lock(&self.list);
        let by_hand = list.0.iter().filter(|it| it.from == ArmedFrom::Hand);
        if by_hand.count() + faults.len() > MOST_ARMED {
            return Err(Error::TooManyFaults(MOST_ARMED));
        }
        let armed = self.add(&mut list, faults, &ArmedFrom::Hand, now, note);
        self.changed_to(&list);
        Ok(armed)
    }

    /// Arms the faults of the streams of a room's list in place of those that its list had before.
    /// Answers those that it had, and the new ones. The file bounds how many there are.
    pub(crate) fn arm_list(
        &self,
        room: Option<&str>,
        mut faults: Vec<Fault>,
        now: Now,
        note: impl FnMut(&Armed),
    ) -> (Vec<Arc<Armed>>, Vec<Arc<Armed>>) {
        for fault in &mut faults {
            if fault.who.room.is_none() {
                fault.who.room = room.map(str::to_owned);
            }
        }
        let mut list = lock(&self.list);
        let from = ArmedFrom::File(room.map(Box::from));
        let healed = self.take(&mut list, now.wall, |entry| entry.from == from);
        for before in &healed {
            before.heal();
        }
        let armed = self.add(&mut list, faults, &from, now, note);
        if !healed.is_empty() || !armed.is_empty() {
            self.changed_to(&list);
        }
        (healed, armed)
    }

    /// One that acts on connections which are open, and meets no request. It is listed as long as
    /// one of them has it.
    ///
    /// # Errors
    /// There are too many.
    pub(crate) fn act(
        &self,
        fault: Fault,
        now: Now,
        note: impl FnMut(&Armed),
    ) -> Result<Arc<Armed>, Error> {
        let mut list = lock(&self.list);
        let acts = list.0.iter().filter(|it| it.from == ArmedFrom::Act);
        if acts.count() == MOST_ARMED {
            return Err(Error::TooManyFaults(MOST_ARMED));
        }
        let armed = self.add(&mut list, vec![fault], &ArmedFrom::Act, now, note);
        self.changed_to(&list);
        // One fault was added.
        armed
            .into_iter()
            .next()
            .ok_or(Error::TooManyFaults(MOST_ARMED))
    }

    /// The number of a fault that is in no list, such as one of a recording.
    pub(crate) fn next_number(&self) -> u64 {
        self.newest.fetch_add(1, Ordering::Relaxed) + 1
    }

    /// Faults that one request brings for itself. They are in no list, and have numbers as those
    /// that are.
    pub(crate) fn for_request(&self, faults: Vec<Fault>, now: Instant) -> Vec<Arc<Armed>> {
        let faults = faults.into_iter().map(|fault| {
            let id = self.next_number();
            Arc::new(Armed::new(id, fault, now))
        });
        faults.collect()
    }

    /// Counts a request. Answers which of its client's it is, from 1, since its room began or was
    /// reset.
    pub(crate) fn attempt(&self, asker: &Asker<'_>) -> NonZeroU64 {
        lock(&self.attempts).count(asker)
    }

    /// Which of its client's a request would be that came now. It is not counted.
    pub(crate) fn next_attempt(&self, asker: &Asker<'_>) -> NonZeroU64 {
        lock(&self.attempts).next(asker)
    }

    /// The faults that strike a request that begins now, in the order in which they were armed.
    ///
    /// Those of the port are not among them: see [`refuses`](Self::refuses) and
    /// [`knocked`](Self::knocked).
    pub(crate) fn meet(&self, request: &Meeting<'_>, now: Instant) -> Vec<Arc<Armed>> {
        if self.armed.load(Ordering::Relaxed) == 0 {
            return Vec::new();
        }
        let list = lock(&self.list);
        let entries = list.0.iter();
        let armed = entries.filter(|entry| entry.from != ArmedFrom::Act);
        let struck = armed.map(|entry| &entry.armed).filter(|armed| {
            armed.fault.act.place() != Place::Port
                && armed.is_in_force(now)
                && armed.fault.strikes(request, armed.strikes())
        });
        struck.map(Arc::clone).collect()
    }

    /// What keeps the server from listening now, and until when.
    pub(crate) fn refuses(&self, now: Instant) -> Option<(Arc<Armed>, Instant)> {
        if self.armed.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let list = lock(&self.list);
        let armed = list.0.iter().map(|entry| &entry.armed);
        // However often it struck: it lasts until its end.
        let refuse = armed
            .filter(|it| it.fault.act == Act::Refuse && it.begins <= now && !it.is_withdrawn(now));
        // Without an end it would be no fault: the reader asks for one.
        let until = refuse.filter_map(|armed| Some((armed, armed.until()?)));
        let last = until.max_by_key(|(_, until)| *until);
        last.map(|(armed, until)| (Arc::clone(armed), until))
    }

    /// When the next `refuse` begins, of those that have not begun.
    pub(crate) fn next_refusal(&self, now: Instant) -> Option<Instant> {
        if self.armed.load(Ordering::Relaxed) == 0 {
            return None;
        }
        let list = lock(&self.list);
        let armed = list.0.iter().map(|entry| &entry.armed);
        let later = armed.filter(|it| it.fault.act == Act::Refuse && it.begins > now);
        later.map(|armed| armed.begins).min()
    }

    /// Whether a connection that comes now is to be reset, which counts as a strike. `note` enters
    /// the first one in the log.
    pub(crate) fn knocked(&self, now: Now, note: impl FnOnce(&Armed)) -> bool {
        if self.armed.load(Ordering::Relaxed) == 0 {
            return false;
        }
        let mut list = lock(&self.list);
        let mut entries = list.0.iter_mut();
        let knocked = entries.find(|entry| {
            let armed = &entry.armed;
            armed.fault.act == Act::Knock && armed.is_in_force(now.instant) && armed.strike()
        });
        let Some(entry) = knocked else {
            return false;
        };
        entry.armed.note(Strike {
            at: now.wall,
            whom: None,
        });
        if entry.tries.is_none() {
            note(&entry.armed);
        }
        entry.tries.get_or_insert_default().tried(now.instant);
        self.changed_to(&list);
        true
    }

    /// Disarms these faults, and answers them.
    pub(crate) fn heal(&self, which: &Which, now: SystemTime) -> Vec<Arc<Armed>> {
        let mut list = lock(&self.list);
        let healed = self.take(&mut list, now, |entry| which.is(&entry.armed));
        // First, so that whoever is told of the change finds it healed.
        for armed in &healed {
            armed.heal();
        }
        if !healed.is_empty() {
            self.changed_to(&list);
        }
        healed
    }

    /// Waits until a fault is healed.
    pub(crate) async fn healed(&self, armed: &Armed) {
        let mut changed = self.changed();
        while !armed.is_healed() && changed.changed().await.is_ok() {}
    }

    /// Takes those out that will not strike any more. Answers which. One that struck as often as it
    /// may stays while a connection has it: what it did there may last until it is healed.
    pub(crate) fn expire(&self, now: Now) -> Vec<Arc<Armed>> {
        if self.armed.load(Ordering::Relaxed) == 0 {
            return Vec::new();
        }
        let mut list = lock(&self.list);
        // An act that is done leaves the list. That is no healing, so it is not answered.
        self.take(&mut list, now.wall, |entry| {
            entry.from == ArmedFrom::Act && Arc::strong_count(&entry.armed) == 1
        });
        let over = |entry: &Entry| {
            let armed = &entry.armed;
            // Each connection that it struck has it too.
            armed.is_withdrawn(now.instant)
                || armed.is_over(now.instant) && Arc::strong_count(armed) == 1
        };
        let over = self.take(&mut list, now.wall, over);
        if self.armed.load(Ordering::Relaxed) != list.0.len() {
            self.changed_to(&list);
        }
        over
    }

    /// Begins anew in a room: its requests are counted from 1 again, and what was armed in it is
    /// forgotten.
    pub(crate) fn begin_anew(&self, room: Option<&str>) {
        lock(&self.attempts).reset(room);
        lock(&self.over).forget(room);
    }

    /// The number of the newest `knock` that is over, and its tries in words.
    pub(crate) fn last_knock(&self) -> Option<(u64, String)> {
        lock(&self.last_knock).clone()
    }

    /// What is armed in these rooms, in the order in which it was armed.
    pub(crate) fn view(&self, rooms: &InRooms, now: Instant) -> Vec<FaultView> {
        let list = lock(&self.list);
        let entries = list.0.iter();
        entries
            .filter(|entry| rooms.have(entry.armed.fault.who.room.as_deref()))
            .map(|entry| FaultView::of(entry, now))
            .collect()
    }

    /// When which faults were armed in a room, in the order in which they were: what is armed now
    /// last. Acts on connections are none of them.
    pub(crate) fn spans(&self, room: Option<&str>) -> Vec<ArmedSpan> {
        // In this order, as when a fault is taken out.
        let list = lock(&self.list);
        let mut spans = lock(&self.over).of_room(room);
        let armed = list.0.iter().filter(|it| it.from != ArmedFrom::Act);
        let armed = armed.filter(|it| it.armed.fault.who.room.as_deref() == room);
        spans.extend(armed.map(|entry| ArmedSpan::of(entry, None)));
        spans
    }

    /// Goes up when something was armed or healed. A strike is a change of the table.
    pub(crate) fn changed(&self) -> watch::Receiver<u64> {
        self.changed.subscribe()
    }

    fn add(
        &self,
        list: &mut List,
        faults: Vec<Fault>,
        from: &ArmedFrom,
        now: Now,
        mut note: impl FnMut(&Armed),
    ) -> Vec<Arc<Armed>> {
        let all = self.for_request(faults, now.instant);
        for armed in &all {
            note(armed);
            list.0.push(Entry {
                armed: Arc::clone(armed),
                at: now.wall,
                since: now.instant,
                from: from.clone(),
                tries: None,
            });
        }
        all
    }

    /// Takes entries out of the list, which is locked still.
    fn take(
        &self,
        list: &mut List,
        now: SystemTime,
        is_one: impl Fn(&Entry) -> bool,
    ) -> Vec<Arc<Armed>> {
        let taken = list.0.extract_if(.., |entry| is_one(entry));
        let taken = taken.map(|entry| {
            if entry.from != ArmedFrom::Act {
                lock(&self.over).add(&entry, now);
            }
            if let Some(tries) = &entry.tries {
                *lock(&self.last_knock) = Some((entry.armed.id, tries.to_string()));
            }
            entry.armed
        });
        taken.collect()
    }

    /// Tells that the list has changed. It is locked still.
    fn changed_to(&self, list: &List) {
        self.armed.store(list.0.len(), Ordering::Relaxed);
        self.changed.send_modify(|n| *n += 1);
    }
}

#[cfg(test)]
mod tests;
