//! One connection to the engine, and whether it works.

use std::sync::{Arc, OnceLock};

use sse_engine::Error;
use sse_engine::topics::Log;
use tokio_util::sync::CancellationToken;

/// A connection that there is.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) log: Arc<dyn Log>,
    /// Cancelled when it is lost: nobody waits for its answers any more.
    pub(super) lost: CancellationToken,
    /// Why, as whoever noticed it first said.
    why: OnceLock<Error>,
    /// Set by the first answer.
    worked: OnceLock<()>,
}

impl Link {
    /// Nothing went over it yet.
    pub(super) fn new(log: Arc<dyn Log>) -> Self {
        Self {
            log,
            lost: CancellationToken::new(),
            why: OnceLock::new(),
            worked: OnceLock::new(),
        }
    }

    /// Why it is lost.
    pub(super) fn why_lost(&self) -> Error {
        let why = self.why.get().cloned();
        why.unwrap_or_else(|| Error::EngineAway("the connection ended".to_owned()))
    }

    /// Whether the engine answered once.
    pub(super) fn has_worked(&self) -> bool {
        self.worked.get().is_some()
    }

    /// It does not work.
    pub(super) fn lose(&self, why: Error) {
        _ = self.why.set(why);
        self.lost.cancel();
    }

    /// The engine answered.
    pub(super) fn works(&self) {
        _ = self.worked.set(());
    }
}

/// Whether an error is of the connection, and not of one topic or event.
pub(super) fn ends_all(error: &Error) -> bool {
    matches!(error, Error::EngineAway(_) | Error::MaybePublished(_))
}
