//! One run of the server, from its listening sockets to the last closed connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::task::TaskTracker;

use super::extra;
use super::listen::{self, Listeners, Options};
use crate::http::{self, RunContext, TURNED_AWAY};
use crate::mount::Listening;
use crate::routes::Service;
use crate::transport::{Bounds, Transport};

/// How long dropped tasks may take to be gone. They are dropped at their next poll, so this is for
/// a machine that is busy.
const AFTER_KILL: Duration = Duration::from_millis(200);

/// A server that listens.
pub(crate) struct Running {
    run: Arc<RunContext>,
    accepting: TaskTracker,
    sweeping: TaskTracker,
    grace: Duration,
}

impl Running {
    pub(crate) fn start(listeners: Listeners, options: Options, service: Arc<Service>) -> Self {
        let grace = service.limits().stop_grace;
        let (stop, cut, kill) = Default::default();
        let sweeping = TaskTracker::new();
        let limits = service.limits();
        let (topics, acts) = (service.topics(), service.acts());
        let bounds = Bounds {
            stall: limits.stall,
            max_age: service.operate().max_age,
        };
        let transport = Transport::start(
            topics,
            acts,
            bounds,
            &service.measures().passes,
            &sweeping,
            (&stop, &cut),
            &kill,
        );
        sweeping.close();
        let run = Arc::new(RunContext {
            service,
            stop,
            cut,
            kill,
            tasks: TaskTracker::new(),
            transport,
            turned_away: Arc::new(Semaphore::new(TURNED_AWAY)),
        });
        let accepting = TaskTracker::new();
        for listener in listeners.sockets {
            let bind = move |addr| listen::bind(addr, options);
            let listening = Listening::until(run.stop.clone());
            accepting.spawn(http::accept(listener, bind, listening, Arc::clone(&run)));
        }
        let asked = run.service.extra_listeners().asked_in_run();
        let among = accepting.clone();
        accepting.spawn(extra::open(asked, Arc::clone(&run), options, among));
        if let Some(listener) = listeners.metrics {
            accepting.spawn(http::serve_metrics(listener, Arc::clone(&run)));
        }
        accepting.close();
        Self {
            run,
            accepting,
            sweeping,
            grace,
        }
    }

    /// Ends everything: the port first, then every stream in order, or without its last chunk where
    /// it is `cut`, then whoever is left, so that it returns within its grace whatever the clients
    /// do (invariant 2).
    pub(crate) async fn stop(self, cut: bool) {
        let Self {
            run,
            accepting,
            sweeping,
            grace,
        } = self;
        if cut {
            run.cut.cancel();
        }
        run.stop.cancel();
        accepting.wait().await;
        let (kill, tasks) = (run.kill.clone(), run.tasks.clone());
        // The sweepers end when nobody can hand them a connection any more.
        drop(run);
        tasks.close();
        let gone = async {
            tasks.wait().await;
            sweeping.wait().await;
        };
        tokio::pin!(gone);
        if tokio::time::timeout(grace, &mut gone).await.is_err() {
            kill.cancel();
            if tokio::time::timeout(AFTER_KILL, gone).await.is_err() {
                let left = tasks.len() + sweeping.len();
                tracing::warn!("{left} tasks of the server have not ended yet");
            }
        }
    }
}
