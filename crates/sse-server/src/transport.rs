//! The transport: takes over the connections on which a stream began, and sends what their pumps
//! write.
//!
//! A few sweepers, one for each core, share all connections. Ten thousand tasks would cost their
//! memory and a wake-up each. A sweeper visits every connection that has something to do, and sends
//! it all that it lacks.
//!
//! | module | what it is for |
//! |---|---|
//! | `acts` | the way to connections that are open, for whoever breaks them |
//! | `ages` | how old streams may become |
//! | `sweeper` | one task that serves many connections |
//! | `delivery` | one connection: its pump, its socket, its unsent bytes |
//! | `orders` | what connections are asked to do from outside, spread over turns |
//! | `presence` | whether a client is there while hyper has its socket |
//! | `readers` | which connections read which topic |
//! | `ready_queue` | which sockets are ready |
//! | `socket` | the one place that touches the socket of a stream |
//! | `timers` | when connections are to be visited |
//! | `waiting` | which connections have no place in their topic yet |

mod acts;
mod ages;
mod delivery;
mod orders;
mod presence;
mod readers;
mod ready_queue;
mod socket;
mod sweeper;
mod timers;
mod unsaid;
mod waiting;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use acts::Acts;
use acts::Order;
pub(crate) use delivery::Delivery;
pub(crate) use presence::Presence;
pub(crate) use socket::{Hangup, Socket};
use sse_engine::topics::Topics;
use sweeper::Sweeper;

use crate::measures::Histogram;

/// The most sweepers. More cores than this are rather for those who read.
const SWEEPERS: usize = 4;

/// How long connections may last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Bounds {
    /// How long a socket may take no byte while bytes wait.
    pub(crate) stall: Duration,
    /// How old a stream may become.
    pub(crate) max_age: Option<Duration>,
}

/// The way to the sweepers of one run. They end when the stop is through and the last clone is
/// gone.
#[derive(Clone, Debug)]
pub(crate) struct Transport(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// The way to each sweeper. None is bounded: the table has a place for each connection that is
    /// handed over, and an act is small, however many connections it is for.
    sweepers: Vec<mpsc::UnboundedSender<Order>>,
    /// Whose turn it is to take a connection.
    turn: AtomicUsize,
    /// How many connections the sweepers have.
    held: Arc<AtomicUsize>,
}

impl Transport {
    /// Starts the sweepers, in `tasks`. They end every stream in order after `stop`, and drop what
    /// is left after `kill`. How long each pass over the readers of a topic took is entered in
    /// `passes`.
    pub(crate) fn start(
        topics: &Topics,
        acts: &Acts,
        bounds: Bounds,
        passes: &Arc<Histogram>,
        tasks: &TaskTracker,
        (stop, cut): (&CancellationToken, &CancellationToken),
        kill: &CancellationToken,
    ) -> Self {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        let held = Arc::default();
        let sweepers: Vec<_> = (0..cores.min(SWEEPERS))
            .map(|_| {
                let (send, arrivals) = mpsc::unbounded_channel();
                let sweeper = Sweeper::new(bounds, Arc::clone(&held), Arc::clone(passes));
                let work = sweeper.run(arrivals, topics.changed(), (stop.clone(), cut.clone()));
                let kill = kill.clone();
                tasks.spawn(async move {
                    tokio::select! {
                        biased;
                        () = kill.cancelled() => {}
                        // It bounds its goes itself, and asks thousands of sockets in each.
                        () = tokio::task::unconstrained(work) => {}
                    }
                });
                send
            })
            .collect();
        acts.reach(&sweepers);
        Self(Arc::new(Shared {
            sweepers,
            turn: AtomicUsize::new(0),
            held,
        }))
    }

    /// How many connections there are.
    pub(crate) fn len(&self) -> usize {
        self.0.held.load(Ordering::Relaxed)
    }

    /// Hands a connection over.
    pub(crate) fn take_in(&self, delivery: Delivery) {
        let turn = self.0.turn.fetch_add(1, Ordering::Relaxed) % self.0.sweepers.len();
        self.0.held.fetch_add(1, Ordering::Relaxed);
        // It fails after a kill, and then the delivery is to be dropped.
        if self.0.sweepers[turn].send(Order::TakeIn(delivery)).is_err() {
            self.0.held.fetch_sub(1, Ordering::Relaxed);
        }
    }
}
