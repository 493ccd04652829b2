//! The part of epoll that the limit and the load need.

use std::os::fd::{AsFd, OwnedFd};
use std::time::Duration;

use rustix::buffer::spare_capacity;
use rustix::event::Timespec;
use rustix::event::epoll::{self, CreateFlags, Event, EventData, EventFlags};
use rustix::io::Errno;

/// How many sockets one wait reports at most.
const AT_ONCE: usize = 1024;

/// When a socket is reported.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Watch {
    /// By every wait while there is something to read.
    Readable,
    /// Once each time when something new can be read.
    ReadEdges,
    /// Once each time when something new can be read or written.
    Edges,
}

/// A socket that can be read or written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ready {
    /// The token that it was registered with.
    pub(crate) token: u64,
    pub(crate) readable: bool,
    pub(crate) writable: bool,
}

impl From<&Event> for Ready {
    fn from(event: &Event) -> Self {
        let gone = EventFlags::HUP | EventFlags::ERR | EventFlags::RDHUP;
        // Copied out of a packed struct, which cannot be borrowed.
        let flags = event.flags;
        Self {
            token: event.data.u64(),
            readable: flags.intersects(EventFlags::IN | gone),
            writable: flags.intersects(EventFlags::OUT | gone),
        }
    }
}

/// An epoll instance.
#[derive(Debug)]
pub(crate) struct Poll(OwnedFd);

/// The sockets that a wait reported. The caller keeps it, so that waiting allocates nothing. The
/// default has no capacity.
#[derive(Default)]
pub(crate) struct Found(Vec<Event>);

impl Found {
    pub(crate) fn new() -> Self {
        Self(Vec::with_capacity(AT_ONCE))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = Ready> {
        self.0.iter().map(Ready::from)
    }
}

impl Poll {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Self(epoll::create(CreateFlags::CLOEXEC)?))
    }

    /// Watches a socket until it is closed.
    pub(crate) fn add(&self, socket: impl AsFd, token: u64, watch: Watch) -> anyhow::Result<()> {
        let data = EventData::new_u64(token);
        Ok(epoll::add(&self.0, socket, data, flags(watch))?)
    }

    /// Watches a socket in another way.
    pub(crate) fn change(&self, socket: impl AsFd, token: u64, watch: Watch) -> anyhow::Result<()> {
        let data = EventData::new_u64(token);
        Ok(epoll::modify(&self.0, socket, data, flags(watch))?)
    }

    /// Waits for sockets, at most this long; `None` waits without a limit.
    pub(crate) fn wait(&self, found: &mut Found, timeout: Option<Duration>) -> anyhow::Result<()> {
        found.0.clear();
        // Rounded up to whole milliseconds, which epoll counts in, and never down to zero.
        let timeout = timeout.map(|time| {
            let milliseconds = time.as_nanos().div_ceil(1_000_000) as i64;
            Timespec {
                tv_sec: milliseconds / 1000,
                tv_nsec: milliseconds % 1000 * 1_000_000,
            }
        });
        match epoll::wait(&self.0, spare_capacity(&mut found.0), timeout.as_ref()) {
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }
}

fn flags(watch: Watch) -> EventFlags {
    match watch {
        Watch::Readable => EventFlags::IN,
        Watch::ReadEdges => EventFlags::IN | EventFlags::ET,
        Watch::Edges => EventFlags::IN | EventFlags::OUT | EventFlags::RDHUP | EventFlags::ET,
    }
}
