//! One run of the server, from its listening sockets to the last closed connection.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::accept::{self, Run};
use crate::app::App;
use crate::listen::Listeners;

/// How long dropped tasks may take to be gone. They are dropped at their next poll, so this is for a
/// machine that is busy.
const AFTER_KILL: Duration = Duration::from_millis(200);

/// A server that listens.
pub(crate) struct Running {
    run: Run,
    accepting: TaskTracker,
    grace: Duration,
}

impl Running {
    pub(crate) fn start(listeners: Listeners, app: Arc<App>) -> Self {
        let grace = app.limits().stop_grace;
        let run = Run {
            app,
            stop: CancellationToken::new(),
            kill: CancellationToken::new(),
            tasks: TaskTracker::new(),
        };
        let accepting = TaskTracker::new();
        for listener in listeners.sockets {
            accepting.spawn(accept::accept(listener, run.clone()));
        }
        accepting.close();
        Self {
            run,
            accepting,
            grace,
        }
    }

    /// Ends everything: the port first, then every stream in order, then whoever is left, so that it
    /// returns within its grace whatever the clients do (invariant 2).
    pub(crate) async fn stop(self) {
        let Self {
            run,
            accepting,
            grace,
        } = self;
        run.stop.cancel();
        accepting.wait().await;
        run.tasks.close();
        if tokio::time::timeout(grace, run.tasks.wait()).await.is_err() {
            run.kill.cancel();
            if tokio::time::timeout(AFTER_KILL, run.tasks.wait())
                .await
                .is_err()
            {
                tracing::warn!("{} connections are slow to go", run.tasks.len());
            }
        }
    }
}
