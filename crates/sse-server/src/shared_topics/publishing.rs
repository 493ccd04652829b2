//! Publishes to topics that an engine keeps.
//!
//! What waits for one topic goes out together: one round at a time, in the order in which it came.
//! Nothing is ever sent twice.

use std::ops::Range;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use sse_engine::Error;
use sse_engine::lock::lock;
use sse_engine::topics::{Answer, Batch, Caller, Position, Publication, Published, is_name};
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::Shared;
use super::link::{Link, ends_all};
use super::queue::{CALL, Call, Waiting};
use crate::clock;

/// Calls of one round, at most.
const ROUND: usize = 16;

/// Publishes that wait on this node, at most.
pub(super) const MOST_WAITING: usize = 1024;

/// How long a publish waits for its turn, and how long for its answer from when it came: whoever
/// publishes hears within two seconds.
pub(super) const TURN: Duration = Duration::from_millis(1000);
pub(super) const WHOLE: Duration = Duration::from_millis(1900);

/// What is told where the answer did not come in time, whatever becomes of the connection.
fn unsure() -> Error {
    Error::MaybePublished("it does not answer in time".to_owned())
}

/// A publish that waits for its turn. It is taken back where nobody waits for it any more.
struct Queued<'a> {
    shared: &'a Shared,
    name: &'a str,
    number: u64,
    /// Whether it was answered, or taken back.
    over: bool,
}

impl Queued<'_> {
    /// Takes it back, if it did not go out yet. Answers whether it did not.
    fn withdraw(&mut self) -> bool {
        self.over = true;
        self.shared.withdraw(self.name, self.number)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        if !self.over {
            self.withdraw();
        }
    }
}

impl Shared {
    /// Publishes the events, in several calls where they are many. `stop` ends the wait for the
    /// engine.
    pub(super) async fn publish(
        self: &Arc<Self>,
        name: &str,
        batch: Batch,
        stop: impl Future<Output = ()>,
    ) -> Result<Published, Error> {
        if !is_name(name) {
            return Err(Error::BadTopic);
        }
        let name: Arc<str> = name.into();
        let batch = Arc::new(batch);
        let mut stop = std::pin::pin!(stop);
        let mut done = 0;
        loop {
            let range = done..batch.len().min(done + CALL);
            let end = range.end;
            let place = self.publish_some(&name, &batch, range, stop.as_mut());
            let place = place.await.map_err(|why| match done {
                0 => why,
                done => Error::PartlyPublished {
                    done,
                    all: batch.len(),
                    why: Box::new(why),
                },
            })?;
            done = end;
            if done == batch.len() {
                let (subscribers, nodes) = self.subscribers(&name);
                return Ok(Published {
                    id: batch.id().map_or_else(|| place.to_string(), str::to_owned),
                    events: done,
                    subscribers,
                    nodes: Some(nodes),
                });
            }
        }
    }

    async fn publish_some(
        self: &Arc<Self>,
        name: &Arc<str>,
        batch: &Arc<Batch>,
        range: Range<usize>,
        mut stop: Pin<&mut impl Future<Output = ()>>,
    ) -> Result<Position, Error> {
        let came = Instant::now();
        let (answer, mut answered) = oneshot::channel();
        let number = self.enqueue(name, Arc::clone(batch), range, answer)?;
        let mut queued = Queued {
            shared: self,
            name,
            number,
            over: false,
        };
        self.publish_next(name);
        let turn = tokio::select! {
            turn = timeout_at(came + TURN, &mut answered) => Some(turn.ok()),
            () = &mut stop => None,
        };
        if let Some(Some(answer)) = turn {
            queued.over = true;
            return answer.unwrap_or_else(|_| Err(unsure()));
        }
        if queued.withdraw() {
            return Err(match turn {
                Some(_) => Error::EngineAway(self.why_away()),
                None => Error::Stopping,
            });
        }
        if turn.is_none() {
            return Err(unsure());
        }
        let answer = tokio::select! {
            answer = timeout_at(came + WHOLE, &mut answered) => answer.ok(),
            () = &mut stop => None,
        };
        let answer = answer.and_then(Result::ok);
        answer.unwrap_or_else(|| Err(unsure()))
    }

    fn enqueue(
        &self,
        name: &Arc<str>,
        batch: Arc<Batch>,
        range: Range<usize>,
        answer: oneshot::Sender<Result<Position, Error>>,
    ) -> Result<u64, Error> {
        let mut state = lock(&self.state);
        if state.waiting >= MOST_WAITING {
            return Err(Error::TooManyWaiting(MOST_WAITING));
        }
        let number = state.numbers + 1;
        let entry = state.entry(name);
        if let Some(why) = entry.refusal() {
            return Err(why.clone());
        }
        entry.queue.push_back(Waiting {
            number,
            batch,
            range,
            answer,
        });
        state.waiting += 1;
        state.numbers = number;
        Ok(number)
    }

    /// Takes a publish back, if it did not go out yet.
    fn withdraw(&self, name: &str, number: u64) -> bool {
        let mut state = lock(&self.state);
        let Some(entry) = state.topics.get_mut(name) else {
            return false;
        };
        let place = entry.queue.iter().position(|it| it.number == number);
        let withdrawn = place.and_then(|place| entry.queue.remove(place));
        state.waiting -= usize::from(withdrawn.is_some());
        withdrawn.is_some()
    }

    /// Lets the publishes of a topic go that wait for their turn, where it is their turn.
    pub(super) fn publish_next(self: &Arc<Self>, name: &Arc<str>) {
        let mut state = lock(&self.state);
        let link = state.link.clone();
        let (Some(entry), Some(link)) = (state.topics.get_mut(name), link) else {
            return;
        };
        if entry.is_publishing || entry.queue.is_empty() || !entry.follower.may_publish() {
            return;
        }
        entry.is_publishing = true;
        drop(state);
        tokio::spawn(rounds(Arc::clone(self), Arc::clone(name), link));
    }

    /// The next round, if there is one.
    fn round(&self, name: &str, link: &Arc<Link>) -> Option<(Caller, Vec<Call>)> {
        let now = clock::now().instant;
        let mut state = lock(&self.state);
        let is_current = state.is_current(link);
        let entry = state.topics.get_mut(name)?;
        let mut calls = vec![Call::default()];
        let mut taken = 0;
        while is_current
            && entry.follower.may_publish()
            && let Some(next) = entry.queue.pop_front()
        {
            // Who published has left, and nothing was sent yet.
            if next.answer.is_closed() {
                taken += 1;
                continue;
            }
            let fits = calls.last().is_some_and(|call| call.takes(&next));
            if !fits && calls.len() == ROUND {
                entry.queue.push_front(next);
                break;
            }
            taken += 1;
            match calls.last_mut().filter(|_| fits) {
                Some(call) => call.add(next),
                None => {
                    let mut call = Call::default();
                    call.add(next);
                    calls.push(call);
                }
            }
        }
        let caller = entry.follower.caller(now);
        let is_round = calls.iter().any(|call| !call.parts.is_empty());
        entry.is_publishing = is_round;
        state.waiting -= taken;
        is_round.then_some((caller, calls))
    }

    /// The engine has published to a topic, or had published before what is repeated.
    fn published(&self, name: &Arc<str>, publication: Publication) {
        let now = clock::now().instant;
        let mut state = lock(&self.state);
        if let Some(entry) = state.topics.get_mut(name) {
            match publication {
                Publication::New(placed) => entry.follower.published(now, placed),
                Publication::Repeated(place) => entry.follower.repeated(now, place),
            }
            // The first of a topic goes out without a touch, and the next do not.
            if !entry.follower.may_publish() {
                self.asks.add(name);
            }
        }
    }
}

/// Publishes round after round, until nothing waits.
async fn rounds(shared: Arc<Shared>, name: Arc<str>, link: Arc<Link>) {
    while let Some((caller, calls)) = shared.round(&name, &link) {
        let permits = u32::try_from(calls.len()).unwrap_or(1);
        let permits = shared.calls.acquire_many(permits).await;
        let events: Vec<_> = calls.iter().map(Call::events).collect();
        let answers: Vec<Answer<'_, Publication>> = events
            .iter()
            .map(|events| link.log.publish(&name, caller, events))
            .collect();
        let answers = tokio::select! {
            answers = in_order(answers) => answers,
            () = link.lost.cancelled() => {
                calls.iter().map(|_| Err(unsure())).collect()
            }
        };
        drop((events, permits));
        let mut lost = None;
        for (call, answer) in calls.into_iter().zip(answers) {
            match &answer {
                Ok(publication) => {
                    link.works();
                    shared.published(&name, *publication);
                }
                Err(error) if ends_all(error) => lost = Some(error.clone()),
                Err(_) => {}
            }
            let placed = answer.and_then(|publication| match publication {
                Publication::New(placed) => Ok(placed),
                Publication::Repeated(_) => {
                    let id = call.id().unwrap_or_default();
                    Err(Error::IdTaken(id.to_owned()))
                }
            });
            call.answer(&placed);
        }
        if let Some(error) = lost {
            link.lose(error);
        }
    }
    // What came since the last round, on another connection perhaps.
    shared.publish_next(&name);
}

/// Waits for all of them. They are polled in their order, which is that of their arrival.
async fn in_order<T>(mut answers: Vec<Answer<'_, T>>) -> Vec<Result<T, Error>> {
    let mut done: Vec<Option<Result<T, Error>>> = answers.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (answer, done) in answers.iter_mut().zip(&mut done) {
            if done.is_none()
                && let Poll::Ready(result) = answer.as_mut().poll(cx)
            {
                *done = Some(result);
            }
        }
        match done.iter().all(Option::is_some) {
            true => Poll::Ready(()),
            false => Poll::Pending,
        }
    })
    .await;
    done.into_iter().flatten().collect()
}
