//! What came of a client, seen at an instant: how far it came, and whether it stopped.
//!
//! What comes after a verdict must not change it. So a client that did not come back within its
//! patience has stopped, also where it comes back later.

use std::time::Duration;

use super::words::time;
use crate::case::{Ask, Case};
use crate::observation::{Asked, Ended, Ender, Observation};
use crate::verdict::Verdict;

/// So long after the end of an answer a report of it may come.
pub(super) const REPORTED_WITHIN: Duration = Duration::from_secs(2);

/// Why there is no answer: what is said in its place, or nothing while it is open.
pub(super) type Open = Option<Verdict>;

/// What came of a client, seen at an instant, for one question.
pub(super) struct Seen<'a> {
    pub(super) case: &'a Case,
    pub(super) ask: &'a Ask,
    pub(super) observation: &'a Observation,
    /// Counted from the first request.
    pub(super) now: Duration,
}

impl<'a> Seen<'a> {
    pub(super) fn requests(&self) -> &'a [Asked] {
        &self.observation.requests
    }

    /// The answer that the question is about, from 0.
    pub(super) fn about(&self) -> usize {
        self.ask.about
    }

    /// The request with this place, where the client came so far in time.
    ///
    /// # Errors
    /// It did not: what is said of that, which is wrong if it stopped at `blamed` or behind it.
    /// Nothing while it may still come.
    pub(super) fn reach(&self, at: usize, blamed: usize) -> Result<&'a Asked, Open> {
        self.begun()?;
        let requests = self.requests();
        for place in 1..=at {
            let before = requests.get(place - 1).ok_or(None)?;
            let next = requests.get(place);
            let Some(end) = &before.ended else {
                match next {
                    // It is back before the end of what it returns from was noted.
                    Some(_) => continue,
                    None => return Err(None),
                }
            };
            let last = end.at + self.case.patience;
            match next {
                Some(next) if next.at < last => {}
                None if self.now < last => return Err(None),
                _ => return Err(Some(self.stopped(place, end, place >= blamed))),
            }
        }
        requests.get(at).ok_or(None)
    }

    /// Whether the client came to the case itself, where it may ask for other things first.
    ///
    /// # Errors
    /// It did not; nothing while it may.
    fn begun(&self) -> Result<(), Open> {
        let first = self.requests().first();
        let mut last: Option<Duration> = None;
        let mut count = 0;
        let asides = self.observation.asides.iter();
        let before = asides.take_while(|aside| first.is_none_or(|first| aside.at < first.at));
        let stopped = |count: u64| {
            Err(Some(Verdict::NotReached(format!(
                "It sent {}, and then none that this case is about within {}.",
                several(count),
                time(self.case.patience)
            ))))
        };
        for aside in before {
            if last.is_some_and(|last| aside.at >= last + self.case.patience) {
                return stopped(count);
            }
            last = Some(aside.ended.as_ref().map_or(aside.at, |end| end.at));
            count += 1;
        }
        let until = last.map(|last| last + self.case.patience);
        match (first, until) {
            (None, None) => Err(None),
            (Some(_), None) => Ok(()),
            (Some(first), Some(until)) if first.at < until => Ok(()),
            (None, Some(until)) if self.now < until => Err(None),
            _ => stopped(count),
        }
    }

    /// The request that is answered by the answer in question, and the end of that.
    ///
    /// # Errors
    /// The client did not come so far, or the server stopped. Nothing while that is open.
    pub(super) fn answered(&self) -> Result<&'a Ended, Open> {
        let request = self.reached()?;
        match &request.ended {
            None => Err(None),
            Some(end) if end.by == Ender::Stop => Err(Some(stopped_by_server())),
            Some(end) => Ok(end),
        }
    }

    /// The request that is answered by the answer in question.
    ///
    /// # Errors
    /// The client did not come so far; nothing while it may.
    pub(super) fn reached(&self) -> Result<&'a Asked, Open> {
        self.reach(self.about(), self.about() + 1)
    }

    /// The return: the request behind the answer in question, and how long the client waited.
    ///
    /// # Errors
    /// It did not come; nothing while it may.
    pub(super) fn back(&self) -> Result<(&'a Asked, Duration), Open> {
        let at = self.about() + 1;
        match self.reach(at, at) {
            Ok(back) => Ok((back, self.wait_before(at))),
            Err(Some(Verdict::Wrong(_))) if self.ask.may_stay => Err(Some(Verdict::Right)),
            Err(open) => Err(open),
        }
    }

    /// How long the client waited before the request with this place.
    pub(super) fn wait_before(&self, at: usize) -> Duration {
        let requests = self.requests();
        let (Some(request), Some(before)) = (requests.get(at), requests.get(at - 1)) else {
            return Duration::ZERO;
        };
        // Where its end was not noted yet, it did not wait.
        let end = before.ended.as_ref().map_or(request.at, |end| end.at);
        request.at.saturating_sub(end)
    }

    /// The requests behind the answer in question up to an instant, whatever the patience, and
    /// whether there were more than are kept.
    pub(super) fn returns_until(&self, until: Duration) -> (&'a [Asked], bool) {
        let returns = self.requests().get(self.about() + 1..).unwrap_or_default();
        let within = returns.partition_point(|request| request.at < until);
        let are_all = within == returns.len();
        (&returns[..within], are_all && self.observation.more > 0)
    }

    /// What is said of a client that did not send the request with this place.
    fn stopped(&self, place: usize, end: &Ended, is_wrong: bool) -> Verdict {
        let waited = time(self.case.patience);
        let gone = match &*self.ask.gone {
            "" => String::new(),
            gone => format!(": {gone}"),
        };
        let mut unread = self.observation.unread.iter();
        let last = end.at + self.case.patience;
        let came = unread.any(|at| (end.at..last).contains(at));
        match (end.by, is_wrong) {
            (Ender::Stop, _) => stopped_by_server(),
            (_, true) if came => Verdict::Wrong(format!(
                "It came back with a request that cannot be read, and got 400{gone}."
            )),
            (_, false) if came => Verdict::NotReached(format!(
                "It stopped before that: after request {place} it came back with a request that \
                 cannot be read, and got 400."
            )),
            (Ender::Client, true) => Verdict::Wrong(format!(
                "It closed the connection itself, and did not come back within {waited}."
            )),
            (Ender::Case, true) => {
                Verdict::Wrong(format!("It did not come back within {waited}{gone}."))
            }
            (_, false) => Verdict::NotReached(format!(
                "It stopped before that: after request {place} it did not come back within \
                 {waited}."
            )),
        }
    }
}

fn several(requests: u64) -> String {
    match requests {
        1 => "one request".to_owned(),
        count => format!("{count} requests"),
    }
}

pub(super) fn stopped_by_server() -> Verdict {
    Verdict::NotReached(
        "The server ended the answer for a reason of its own, such as a stop.".to_owned(),
    )
}
