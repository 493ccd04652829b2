//! One task that serves many connections.
//!
//! It visits a connection when its timer is due, when its topic has a new event, when its socket is
//! ready, or when a stream without a pace has its next turn. The work of one turn is bounded. Other
//! tasks run between two turns. A reader that is visited late gets all that it lacks at once.
//!
//! Invariant: a visit never waits, so no connection delays another.

mod places;
mod slot;

use std::collections::VecDeque;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use slab::Slab;
use sse_engine::pump::{Act, How, Leave};
use sse_engine::time::Now;
use sse_engine::write_buffer::WriteBuffer;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use self::slot::{Close, Slot, State};
use super::Bounds;
use super::acts::Order;
use super::ages::Ages;
use super::delivery::{
    CUT_OFF, Delivery, EndCause, STOPPED, TOO_SLOW, UPSTREAM_CUT, UPSTREAM_RESET, Visit,
};
use super::orders::Orders;
use super::readers::Readers;
use super::ready_queue::{Ready, Token};
use super::timers::Timers;
use super::unsaid::Unsaid;
use super::waiting::Waiting;
use crate::clock;
use crate::measures::Histogram;

/// Sends after which others have their turn. So many cost about half a millisecond.
const TURN: usize = 128;

/// Visits of streams without a pace in one go. Each sends 16 KiB.
const UNPACED_TURN: usize = 16;

/// How many timers of connections that are gone are left alone.
const SPARE_TIMERS: usize = 1000;

/// How long an orderly end waits for a client that talks to close its side.
const PATIENCE: Duration = Duration::from_secs(1);

/// The connections of one task, and who of them is to be visited when.
///
/// How to drive it: make it with [`new`](Self::new), then await [`run`](Self::run) in a task of its
/// own, to which connections come over the channel. `run` takes in what arrived, then does one
/// [`go`](Self::go). A go looks after woken sockets, the stop, timers, topics and streams without a
/// pace, each up to a bound. Where it leaves nothing to do, `run` waits. It returns when nobody can
/// arrive and no connection is left; where its task is dropped before, so are the connections.
pub(super) struct Sweeper {
    /// Each connection, at the key by which wakers, timers and readers know it. A free key is given
    /// out again, so an old wish may lead to another connection: that one is visited for nothing.
    slots: Slab<Slot>,
    /// The keys that sockets woke. Each slot's waker holds it too.
    ready: Arc<Ready>,
    /// When connections want to be visited. A wish that `Slot::armed` does not have was replaced,
    /// and is passed over.
    timers: Timers,
    /// Who reads which topic, so that a publish begins a pass over those alone.
    readers: Readers,
    /// Connections that have no place in their topic yet.
    waiting: Waiting,
    /// Connections that have more to send at once, in the order of their turns.
    unpaced: VecDeque<usize>,
    /// What was taken out of `ready` and is yet to be looked after: [`TURN`] of it in each go.
    woken: Vec<Arc<Token>>,
    /// The one buffer through which all connections of this sweeper are filled. It keeps the last
    /// visit, since the next reader of a topic is often sent the same bytes.
    out: WriteBuffer,
    /// How long a socket may take no byte while bytes wait, before its connection is given up.
    stall: Duration,
    /// How old a stream may become.
    ages: Ages,
    /// Set once, by the stop. From then on an arrival is ended at once, and a socket that takes no
    /// more is reset: nobody waits for its client.
    stopping: bool,
    /// Whether the stop cuts the streams, as if the process had been killed.
    cutting: bool,
    /// Connections that the stop has yet to visit are those below this key.
    unstopped: usize,
    /// How many connections all sweepers have.
    held: Arc<AtomicUsize>,
    /// What connections are asked to do from outside, those too that are on their way.
    orders: Orders,
    /// The table that is yet to say that a visit changed it.
    unsaid: Unsaid,
}

impl Sweeper {
    pub(super) fn new(bounds: Bounds, held: Arc<AtomicUsize>, passes: Arc<Histogram>) -> Self {
        Self {
            slots: Slab::new(),
            ready: Arc::default(),
            timers: Timers::default(),
            readers: Readers::new(passes),
            waiting: Waiting::default(),
            unpaced: VecDeque::new(),
            woken: Vec::new(),
            out: WriteBuffer::new(),
            stall: bounds.stall,
            ages: Ages::new(bounds.max_age, clock::now().instant),
            stopping: false,
            cutting: false,
            unstopped: 0,
            held,
            orders: Orders::default(),
            unsaid: Unsaid::default(),
        }
    }

    /// Serves what arrives, until the stop is through and nobody can arrive any more.
    pub(super) async fn run(
        mut self,
        mut arrivals: mpsc::UnboundedReceiver<Order>,
        mut published: watch::Receiver<()>,
        (stop, cut): (CancellationToken, CancellationToken),
    ) {
        let ready = Arc::clone(&self.ready);
        let sleep = tokio::time::sleep(Duration::ZERO);
        tokio::pin!(sleep);
        let mut open = true;
        loop {
            for _ in 0..TURN {
                match arrivals.try_recv() {
                    Ok(order) => self.carry_out(order),
                    Err(mpsc::error::TryRecvError::Empty) => break,
                    Err(mpsc::error::TryRecvError::Disconnected) => {
                        open = false;
                        break;
                    }
                }
            }
            if self.go() {
                tokio::task::yield_now().await;
                if !self.stopping && stop.is_cancelled() {
                    self.stop(&cut);
                }
                continue;
            }
            if !open && self.slots.is_empty() {
                return;
            }
            let forgets = self.orders.forgets_at();
            let next = self.timers.next().into_iter().chain(forgets).min();
            if let Some(next) = next {
                let next = tokio::time::Instant::from_std(next);
                if sleep.deadline() != next {
                    sleep.as_mut().reset(next);
                }
            }
            tokio::select! {
                biased;
                () = stop.cancelled(), if !self.stopping => self.stop(&cut),
                () = ready.any() => {}
                Ok(()) = published.changed() => {}
                arrived = arrivals.recv(), if open => match arrived {
                    Some(order) => self.carry_out(order),
                    None => open = false,
                },
                () = &mut sleep, if next.is_some() => {}
            }
        }
    }

    /// One go. Answers whether there may be more to do at once.
    fn go(&mut self) -> bool {
        let now = clock::now();
        self.orders.forget(now.instant);
        if self.timers.len() > 2 * self.slots.len() + SPARE_TIMERS {
            let slots = &self.slots;
            self.timers
                .retain(|key, at| slots.get(key).is_some_and(|slot| slot.armed == Some(at)));
        }
        let woken = self.look_after_woken(now);
        let stopped = self.stop_some(now);
        let ordered = self.carry_out_some(now);
        let due = self.fire(now);
        let placed = self.place_some(now);
        let swept = self.sweep(now);
        let sent = self.turns(now);
        self.unsaid.say();
        woken || stopped || ordered || due || placed || swept || sent
    }

    fn carry_out(&mut self, order: Order) {
        let places = self.slots.capacity();
        match order {
            Order::TakeIn(delivery) => self.take_in(delivery),
            Order::Act(connections, act) => {
                let now = clock::now().instant;
                self.orders.act(connections, act, places, now);
            }
            Order::Look => self.orders.look(places),
        }
    }

    /// Goes on with what connections are asked to do.
    fn carry_out_some(&mut self, now: Now) -> bool {
        if !self.orders.has_more() {
            return false;
        }
        let slots = &self.slots;
        let open = |key: usize| match &slots.get(key)?.state {
            State::Open(delivery) => Some(delivery),
            State::Closing { .. } | State::Free => None,
        };
        let due = self.orders.due(|key| open(key).map(Delivery::id));
        let looks = self.orders.looked_at(slots.capacity());
        let armed = looks.filter(|key| open(*key).is_some_and(Delivery::is_armed));
        let armed: Vec<usize> = armed.collect();
        for (key, act) in due {
            self.act(key, now, &act);
        }
        for key in armed {
            self.visit_unblocked(key, now);
        }
        self.orders.has_more()
    }

    /// Acts on a connection. One that takes nothing at the moment is ended all the same.
    fn act(&mut self, key: usize, now: Now, act: &Act) {
        let Some(State::Open(delivery)) = self.slots.get_mut(key).map(|slot| &mut slot.state)
        else {
            return;
        };
        if !delivery.is_blocked() {
            delivery.act(now, act.clone());
            self.visit(key, now);
            return;
        }
        match act {
            Act::Stop => self.close(key, STOPPED, Close::Reset),
            // It ends when its socket takes what is left.
            Act::Leave(_) | Act::Step => delivery.act(now, act.clone()),
            Act::Break(fault) => {
                match (
                    delivery.broken_off_by(fault, now.instant),
                    fault.fault.act.is_reset(),
                ) {
                    (false, _) => delivery.act(now, act.clone()),
                    (true, true) => self.close(key, EndCause::Fault(fault.id), Close::Reset),
                    (true, false) => self.close(key, EndCause::Fault(fault.id), Close::InOrder),
                }
            }
        }
    }

    fn take_in(&mut self, mut delivery: Delivery) {
        let now = clock::now();
        delivery.aged_at = self.ages.draw(now.instant, |most| fastrand::u32(0..=most));
        let entry = self.slots.vacant_entry();
        let key = entry.key();
        let waker = self.ready.waker(key);
        let id = delivery.id();
        let seat = delivery.topic().map(|topic| self.readers.enter(topic, key));
        let reached = delivery.topic().map(|topic| topic.reached());
        entry.insert(Slot {
            state: State::Open(delivery),
            waker,
            armed: None,
            seat,
            queued: false,
        });
        // The stop may have passed by already.
        if self.cutting {
            return self.close(key, CUT_OFF, Close::InOrder);
        }
        if self.stopping
            && let State::Open(delivery) = &mut self.slots[key].state
        {
            delivery.act(now, Act::Stop);
        }
        self.listen(key, now);
        self.visit(key, now);
        self.await_place(key, reached);
        for act in self.orders.late(id, now.instant) {
            self.act(key, now, &act);
        }
    }

    fn look_after_woken(&mut self, now: Now) -> bool {
        if self.woken.is_empty() {
            self.ready.take(&mut self.woken);
        }
        let first = self.woken.len().saturating_sub(TURN);
        let mut woken = self.woken.split_off(first);
        for token in woken.drain(..) {
            let key = token.key();
            self.listen(key, now);
            let is_due = |delivery: &Delivery| delivery.is_blocked() || delivery.is_piped();
            let due = self
                .slots
                .get(key)
                .is_some_and(|slot| matches!(&slot.state, State::Open(it) if is_due(it)));
            if due {
                self.visit(key, now);
            }
        }
        !self.woken.is_empty()
    }

    /// Hears what the client has to say: nothing, if all is well.
    fn listen(&mut self, key: usize, now: Now) {
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        let mut cx = Context::from_waker(&slot.waker);
        match &mut slot.state {
            State::Open(delivery) => {
                if let Poll::Ready(ending) = delivery.poll_left(now.instant, &mut cx) {
                    self.close(key, ending, Close::Reset);
                } else if delivery.is_probe_due(now.instant) && !delivery.is_blocked() {
                    self.visit(key, now);
                }
            }
            State::Closing { socket, .. } => {
                if socket.poll_left(&mut cx).is_ready() || socket.is_half_closed() {
                    self.remove(key);
                }
            }
            State::Free => self.remove(key),
        }
    }

    fn fire(&mut self, now: Now) -> bool {
        for _ in 0..TURN {
            let Some((key, at)) = self.timers.due(now.instant) else {
                return false;
            };
            let Some(slot) = self.slots.get_mut(key) else {
                continue;
            };
            if slot.armed == Some(at) {
                slot.armed = None;
                self.visit(key, now);
            }
        }
        true
    }

    /// Goes on with the passes over the readers of topics.
    fn sweep(&mut self, now: Now) -> bool {
        self.readers.turn(now.instant);
        for _ in 0..TURN {
            let Some(key) = self.readers.next() else {
                return self.readers.is_gathering();
            };
            match self.slots.get(key).map(|slot| &slot.state) {
                Some(State::Open(delivery)) if delivery.is_blocked() => {
                    if delivery.is_too_slow() {
                        self.close(key, TOO_SLOW, Close::InOrder);
                    }
                }
                Some(State::Open(_)) => {
                    if self.visit(key, now)
                        && let Some(slot) = self.slots.get(key)
                        && let (State::Open(delivery), Some(seat)) = (&slot.state, slot.seat)
                        && !delivery.is_replaying()
                    {
                        self.readers.again(seat);
                    }
                }
                Some(State::Closing { .. } | State::Free) | None => {}
            }
        }
        true
    }

    fn turns(&mut self, now: Now) -> bool {
        for _ in 0..UNPACED_TURN.min(self.unpaced.len()) {
            let Some(key) = self.unpaced.pop_front() else {
                break;
            };
            if let Some(slot) = self.slots.get_mut(key)
                && std::mem::take(&mut slot.queued)
            {
                self.visit(key, now);
            }
        }
        !self.unpaced.is_empty()
    }

    /// Visits a connection, unless it cannot be sent anything at the moment.
    fn visit_unblocked(&mut self, key: usize, now: Now) {
        let state = self.slots.get(key).map(|slot| &slot.state);
        if matches!(state, Some(State::Open(delivery)) if !delivery.is_blocked()) {
            self.visit(key, now);
        }
    }

    /// Answers whether the visit was full and there is more to send at once.
    fn visit(&mut self, key: usize, now: Now) -> bool {
        let Some(slot) = self.slots.get_mut(key) else {
            return false;
        };
        let delivery = match &mut slot.state {
            State::Open(delivery) => delivery,
            State::Closing { until, .. } if *until > now.instant => {
                self.timers.arm(key, &mut slot.armed, *until);
                return false;
            }
            State::Closing { .. } | State::Free => {
                self.remove(key);
                return false;
            }
        };
        let mut cx = Context::from_waker(&slot.waker);
        if self.ages.is_over(delivery.aged_at, now.instant) {
            // Once: a fault may keep it from its end.
            delivery.aged_at = 0;
            delivery.act(now, Act::Leave(Leave::Aged));
        }
        let aged_at = self.ages.instant(delivery.aged_at);
        let visit = delivery.visit(now, self.stall, &mut self.out, &mut cx);
        self.unsaid.note(delivery.table());
        match visit {
            Visit::Wait(at) => {
                if let Some(at) = at.into_iter().chain(aged_at).min() {
                    self.timers.arm(key, &mut slot.armed, at);
                }
            }
            Visit::Again => {
                if !std::mem::replace(&mut slot.queued, true) {
                    self.unpaced.push_back(key);
                }
                return true;
            }
            // It does not end in order while the server stops: the client would have to read first.
            Visit::Blocked(_) if self.stopping => self.close(key, STOPPED, Close::Reset),
            Visit::Blocked(until) => self.timers.arm(key, &mut slot.armed, until),
            Visit::Finished(ending) => self.close(key, ending, Close::Patiently),
            Visit::Cut(ending) => self.close(key, ending, Close::InOrder),
            Visit::Gone(How::Reset) => self.close(key, UPSTREAM_RESET, Close::Reset),
            Visit::Gone(_) => self.close(key, UPSTREAM_CUT, Close::InOrder),
            Visit::Broken(ending) => self.close(key, ending, Close::Reset),
            Visit::BrokenOff(ends) => {
                let how = match ends.how {
                    _ if !ends.linger.is_zero() && !self.stopping => Close::Later {
                        until: now.instant + ends.linger,
                        resets: ends.how == How::Reset,
                    },
                    How::End => Close::Patiently,
                    How::Cut => Close::InOrder,
                    How::Reset => Close::Reset,
                };
                self.close(key, EndCause::from(ends), how);
            }
        }
        false
    }

    fn stop(&mut self, cut: &CancellationToken) {
        self.stopping = true;
        self.cutting = cut.is_cancelled();
        self.unstopped = self.slots.capacity();
    }

    /// Ends every connection in order, as far as it can be done without waiting for a client.
    fn stop_some(&mut self, now: Now) -> bool {
        let first = self.unstopped.saturating_sub(TURN);
        for key in first..self.unstopped {
            match self.slots.get_mut(key).map(|slot| &mut slot.state) {
                Some(State::Open(_)) if self.cutting => self.close(key, CUT_OFF, Close::InOrder),
                Some(State::Open(delivery)) => {
                    delivery.act(now, Act::Stop);
                    self.visit(key, now);
                }
                Some(State::Closing { .. } | State::Free) => self.remove(key),
                None => {}
            }
        }
        self.unstopped = first;
        first > 0
    }

    fn close(&mut self, key: usize, cause: impl Into<EndCause>, how: Close) {
        self.leave(key);
        let Some(slot) = self.slots.get_mut(key) else {
            return;
        };
        let State::Open(delivery) = std::mem::replace(&mut slot.state, State::Free) else {
            return self.remove(key);
        };
        let seen = match how {
            Close::Patiently => How::End,
            Close::InOrder => How::Cut,
            Close::Reset | Close::Later { resets: true, .. } => How::Reset,
            Close::Later { .. } => How::Cut,
        };
        let socket = delivery.end(cause.into(), seen);
        match how {
            Close::Reset => socket.reset(),
            Close::Patiently if socket.talked() && !self.stopping && socket.shut_down() => {
                let now = clock::now();
                let until = now.instant + PATIENCE;
                slot.state = State::Closing {
                    socket,
                    until,
                    resets: false,
                };
                self.timers.arm(key, &mut slot.armed, until);
                // It stays, until the client closes or the time is over.
                return self.listen(key, now);
            }
            Close::Later { until, resets } => {
                slot.state = State::Closing {
                    socket,
                    until,
                    resets,
                };
                self.timers.arm(key, &mut slot.armed, until);
                return self.listen(key, clock::now());
            }
            Close::InOrder | Close::Patiently => drop(socket),
        }
        self.remove(key);
    }

    /// Gives a connection's place free; a socket that is still there is closed.
    fn remove(&mut self, key: usize) {
        self.leave(key);
        let Some(slot) = self.slots.try_remove(key) else {
            return;
        };
        self.held.fetch_sub(1, Ordering::Relaxed);
        if let State::Closing {
            socket,
            resets: true,
            ..
        } = slot.state
        {
            socket.reset();
        }
    }

    /// Takes a connection from among the readers of its topic, and those who wait for a place in
    /// it.
    fn leave(&mut self, key: usize) {
        self.waits_no_more(key);
        if let Some(slot) = self.slots.get_mut(key)
            && let Some(seat) = slot.seat.take()
            && let Some(moved) = self.readers.leave(seat)
            && let Some(moved) = self.slots.get_mut(moved)
        {
            moved.seat = Some(seat);
        }
    }
}

impl Drop for Sweeper {
    /// What was woken and not looked after holds the list that it is on.
    fn drop(&mut self) {
        self.slots.clear();
        self.ready.take(&mut self.woken);
        self.woken.clear();
    }
}
