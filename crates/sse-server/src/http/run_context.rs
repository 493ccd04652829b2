//! What the connections of one run share.

use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::routes::Service;
use crate::transport::Transport;

/// What the connections of one run share.
pub(crate) struct RunContext {
    pub(crate) service: Arc<Service>,
    /// Streams end in order, connections take no new request.
    pub(crate) stop: CancellationToken,
    /// Set before a stop that cuts the streams.
    pub(crate) cut: CancellationToken,
    /// The grace of a stop is over: whatever is left is dropped.
    pub(crate) kill: CancellationToken,
    /// A task for each connection that speaks HTTP.
    pub(crate) tasks: TaskTracker,
    /// Those on which a stream began.
    pub(crate) transport: Transport,
    /// Who may still be turned away in order: beyond all limits there is a limit too.
    pub(crate) turned_away: Arc<Semaphore>,
}
