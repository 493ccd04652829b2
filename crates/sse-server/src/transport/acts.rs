//! The way to connections that are open, for whoever breaks them.

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use sse_engine::lock::lock;
use sse_engine::pump::Act;
use tokio::sync::mpsc::{UnboundedSender, WeakUnboundedSender};

use super::delivery::Delivery;

/// What a sweeper is asked.
#[derive(Debug)]
#[expect(
    clippy::large_enum_variant,
    reason = "nearly all orders are the largest, and a box would be one more allocation for each connection"
)]
pub(super) enum Order {
    /// Take in a connection on which a stream begins.
    TakeIn(Delivery),
    /// Act on those of these connections that it has.
    Act(Arc<HashSet<u64>>, Act),
    /// Visit all that a fault may strike: one was healed.
    Look,
}

/// The sweepers of the run that is on, if one is. It outlives them, so that whoever breaks
/// connections need not know whether the server runs. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Acts(Arc<Mutex<Vec<WeakUnboundedSender<Order>>>>);

impl Acts {
    /// Reaches these sweepers from now on, and those of the run before no more.
    pub(super) fn reach(&self, sweepers: &[UnboundedSender<Order>]) {
        *lock(&self.0) = sweepers.iter().map(UnboundedSender::downgrade).collect();
    }

    /// Has the open ones of these connections act.
    pub(crate) fn act(&self, connections: impl IntoIterator<Item = u64>, act: &Act) {
        let connections = Arc::new(connections.into_iter().collect());
        self.send(|| Order::Act(Arc::clone(&connections), act.clone()));
    }

    /// Has everybody look whom a fault may strike.
    pub(crate) fn look(&self) {
        self.send(|| Order::Look);
    }

    fn send(&self, order: impl Fn() -> Order) {
        for sweeper in lock(&self.0)
            .iter()
            .filter_map(WeakUnboundedSender::upgrade)
        {
            // It fails after a kill, and then there is nobody to act on.
            _ = sweeper.send(order());
        }
    }
}
