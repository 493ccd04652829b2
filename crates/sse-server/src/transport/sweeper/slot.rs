//! What a sweeper has of each connection.

use std::task::Waker;
use std::time::Instant;

use crate::transport::delivery::Delivery;
use crate::transport::readers::Seat;
use crate::transport::socket::Socket;
use crate::transport::timers::Armed;

/// A connection's place.
pub(super) struct Slot {
    pub(super) state: State,
    /// Given to the socket in each visit. It is made once, so that a visit allocates none.
    pub(super) waker: Waker,
    /// The one wish among the timers that counts for it.
    pub(super) armed: Armed,
    /// Where it is entered among the readers of its topic.
    pub(super) seat: Option<Seat>,
    /// Whether it stands in `unpaced`.
    pub(super) queued: bool,
}

pub(super) enum State {
    Open(Delivery),
    /// Everything was sent, and the client closes first, or the time is over.
    Closing {
        socket: Socket,
        until: Instant,
        /// Whether it is reset when the time is over.
        resets: bool,
    },
    /// Its place is about to be given free.
    Free,
}

/// How a socket is closed.
#[derive(Clone, Copy)]
pub(super) enum Close {
    /// The kernel sends what it has, then the end.
    InOrder,
    /// As above, but the client sent what nobody read: it closes first, or else is given some time.
    Patiently,
    Reset,
    /// Nothing more is sent, and the client is not told so before this instant.
    Later {
        until: Instant,
        resets: bool,
    },
}
