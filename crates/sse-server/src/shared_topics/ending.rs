//! The end of a topic that an engine keeps.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use sse_engine::Error;
use sse_engine::lock::lock;
use tokio::time::{Instant, sleep, sleep_until};

use super::Shared;
use super::link::{Link, ends_all};
use super::publishing::{TURN, WHOLE};

/// How often it is looked whether the end may go out.
const LOOK: Duration = Duration::from_millis(10);

impl Shared {
    /// Ends a topic. `stop` ends the wait for the engine.
    pub(super) async fn end_topic(
        &self,
        name: &str,
        stop: impl Future<Output = ()>,
    ) -> Result<bool, Error> {
        let came = Instant::now();
        let mut stop = pin!(stop);
        let link = loop {
            match self.link_for(name)? {
                Some(link) => break link,
                None if Instant::now() >= came + TURN => {
                    return Err(Error::EngineAway(self.why_away()));
                }
                None => {}
            }
            tokio::select! {
                () = sleep(LOOK) => {}
                () = &mut stop => return Err(Error::Stopping),
            }
        };
        let ended = tokio::select! {
            ended = link.log.end(name) => ended,
            () = link.lost.cancelled() => return Err(Error::MaybeEnded),
            () = sleep_until(came + WHOLE) => return Err(Error::MaybeEnded),
            () = stop => return Err(Error::MaybeEnded),
        };
        let Err(error) = ended else { return ended };
        if ends_all(&error) {
            link.lose(error.clone());
        }
        Err(match error {
            Error::MaybePublished(_) => Error::MaybeEnded,
            error => error,
        })
    }

    /// The connection, where a change of this topic may go out over it.
    ///
    /// # Errors
    /// The engine refuses this topic.
    fn link_for(&self, name: &str) -> Result<Option<Arc<Link>>, Error> {
        let state = lock(&self.state);
        let Some(entry) = state.topics.get(name) else {
            return Ok(state.link.clone());
        };
        if let Some(why) = entry.refusal() {
            return Err(why.clone());
        }
        Ok(state.link.clone().filter(|_| entry.follower.may_publish()))
    }

    /// Why a publish could not go out, in a few words.
    pub(super) fn why_away(&self) -> String {
        let state = lock(&self.state);
        match (&state.link, &state.standing.error) {
            (None, Some(error)) => error.clone(),
            (None, None) => "not connected yet".to_owned(),
            (Some(_), _) => "it does not answer".to_owned(),
        }
    }
}
