//! What starts a client for a walk, and ends it: a command, or a test service around it.

use std::time::{Duration, Instant};

use sse_lab::{Case, Lab, Report, cases};

use super::client::{Client, LastWords, Running};
use super::service::{Instance, Service};
use super::walk::Walk;

/// So long after its first request a client is told to close, in a case that is about that.
const CLOSES_AFTER: Duration = Duration::from_millis(500);

/// A command that has sent no request for so long does not come.
const COMES_WITHIN: Duration = Duration::from_secs(30);

/// The same of a client of a service, which runs already.
const OF_SERVICE_WITHIN: Duration = Duration::from_secs(15);

/// What starts a client.
#[derive(Clone, Debug)]
pub(super) enum Driver {
    /// The lab itself, with a command.
    Command(Client),
    /// A test service.
    Service(Service),
}

/// A client that was started.
#[derive(Debug)]
pub(super) enum Started {
    /// A process of its own.
    Command(Running),
    /// One within a test service.
    Service {
        instance: Instance,
        /// When it was first seen to have come.
        came: Option<Instant>,
        is_closed: bool,
    },
}

impl Driver {
    /// A client of it that has sent no request for so long does not come.
    pub(super) fn comes_within(&self) -> Duration {
        match self {
            Self::Command(_) => COMES_WITHIN,
            Self::Service(_) => OF_SERVICE_WITHIN,
        }
    }

    /// Starts a client for a walk at this URL.
    ///
    /// # Errors
    /// The program cannot be started, or the service refuses.
    pub(super) async fn start(&self, walk: &Walk, url: &str) -> anyhow::Result<Started> {
        Ok(match self {
            Self::Command(client) => Started::Command(client.start(url, walk.said.begin())?),
            Self::Service(service) => Started::Service {
                instance: service.start(&of(walk), (&walk.name, url)).await?,
                came: None,
                is_closed: false,
            },
        })
    }
}

/// The cases of a walk.
fn of(walk: &Walk) -> Vec<&'static Case> {
    let all = cases().iter();
    all.filter(|case| walk.cases.contains(&case.id)).collect()
}

impl Started {
    /// Whether it is known to have ended by itself.
    pub(super) fn has_ended(&mut self) -> bool {
        match self {
            Self::Command(running) => running.has_ended(),
            Self::Service { .. } => false,
        }
    }

    /// Tells it to close where its case is about that, and reports it. A command cannot be told.
    ///
    /// # Errors
    /// The service does not close it.
    pub(super) async fn close_in_time(
        &mut self,
        lab: &Lab,
        walk: &Walk,
        has_come: bool,
    ) -> anyhow::Result<()> {
        let Self::Service {
            instance,
            came,
            is_closed,
            ..
        } = self
        else {
            return Ok(());
        };
        if !has_come || *is_closed {
            return Ok(());
        }
        let came = came.get_or_insert_with(Instant::now);
        let case = of(walk).into_iter().find(|case| case.is_to_be_closed());
        let Some(case) = case.filter(|_| came.elapsed() >= CLOSES_AFTER) else {
            return Ok(());
        };
        *is_closed = true;
        instance.close().await?;
        // Where the run is gone, nothing of it is judged.
        _ = lab.report(&walk.name, Some(&case.id), Report::Closed, Instant::now());
        Ok(())
    }

    /// Asks it to end, so that several do so at once.
    pub(super) fn ask(&mut self) {
        if let Self::Command(running) = self {
            running.ask();
        }
    }

    /// Ends it; a command is killed where it goes on then. The answer is how it had ended by
    /// itself, or that the service did not close it.
    pub(super) async fn stop(self, until: Instant) -> Option<LastWords> {
        match self {
            Self::Command(running) => running.stop(until.into()).await,
            // It was told already.
            Self::Service {
                is_closed: true, ..
            } => None,
            Self::Service { instance, .. } => {
                let closed = instance.close().await;
                closed.err().map(|e| LastWords::not_closed(&e))
            }
        }
    }
}
