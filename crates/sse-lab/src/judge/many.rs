//! What many clients do, or one with many connections, or one that reads nothing.

use std::time::Duration;

use super::question::EARLY;
use super::seen::{Open, Seen, stopped_by_server};
use super::words::{count, size, time};
use crate::observation::{Asked, Ender};
use crate::verdict::Verdict;

impl<'a> Seen<'a> {
    /// How far apart the clients came back that were cut together.
    pub(super) fn spread(&self, within: Duration) -> Result<String, Open> {
        let (cut, those) = self.cut_together()?;
        let until = cut + within;
        // Who brings no id may have come for the first time, late.
        let returns = self.requests_between(cut, until).iter();
        let returns: Vec<_> = returns.filter(|back| back.id().is_some()).collect();
        let all = those.len();
        if returns.len() < all && self.now < until {
            return Err(None);
        }
        let returns = &returns[..returns.len().min(all)];
        let waits = returns.iter().map(|back| back.at - cut);
        let (first, last) = (waits.clone().min(), waits.max());
        let (Some(first), Some(last)) = (first, last) else {
            return Ok(format!(
                "None of {all} clients came back with its id within {}.",
                time(within)
            ));
        };
        let came = match returns.len() {
            came if came == all => format!("All {all} clients came back"),
            came => format!("Of {all} clients {came} came back"),
        };
        Ok(format!(
            "{came}, the first after {}, the last after {}: within {} of each other.",
            time(first),
            time(last),
            time(last - first)
        ))
    }

    /// How many connections it had at once, and how many came only when these had ended.
    pub(super) fn connections(&self, within: Duration) -> Result<String, Open> {
        let (cut, those) = self.cut_together()?;
        let until = cut + within;
        if self.now < until {
            return Err(None);
        }
        let later = self.requests_between(cut, until);
        // Who comes back brings its id; a connection that had to wait has none yet.
        let waited = later.iter().filter(|request| request.id().is_none());
        let at_once = those.len();
        Ok(match waited.count() {
            0 => format!("It had {at_once} connections at once, and none had to wait."),
            waited => format!(
                "It had {at_once} connections at once, and {} waited until these had ended.",
                count(waited as u64, "other one", "others")
            ),
        })
    }

    /// How much of the answer the system took for it.
    pub(super) fn taken(&self, within: Duration) -> Result<String, Open> {
        let request = self.reached()?;
        let until = request.at + within;
        let Some(end) = request.ended.as_ref().filter(|end| end.at < until) else {
            return match self.now < until {
                true => Err(None),
                false => Ok(format!("It was still reading after {}.", time(within))),
            };
        };
        let held = time(end.at.saturating_sub(request.at));
        match end.by {
            Ender::Stop => Err(Some(stopped_by_server())),
            Ender::Case => Ok(format!("It took all {} within {held}.", size(end.total))),
            Ender::Client => Ok(format!(
                "The system took {} for it, and the connection ended after {held}.",
                size(end.total)
            )),
        }
    }

    /// When all were cut, and the requests whose answers were.
    ///
    /// # Errors
    /// The time has not come, or there are fewer than two.
    fn cut_together(&self) -> Result<(Duration, Vec<&'a Asked>), Open> {
        let answer = &self.case.answers[self.about()];
        let cut = answer.cut_at.unwrap_or_default();
        if self.now < cut {
            return Err(None);
        }
        let before = self.requests_between(Duration::ZERO, cut);
        let end_of = |request: &'a Asked| request.ended.as_ref();
        let stop = |request| end_of(request).is_some_and(|end| end.by == Ender::Stop);
        if before.iter().any(stop) {
            return Err(Some(stopped_by_server()));
        }
        // Who left before was not cut.
        let left = |request| {
            end_of(request).is_some_and(|end| end.by == Ender::Client && end.at + EARLY < cut)
        };
        let those: Vec<_> = before.iter().filter(|request| !left(request)).collect();
        match those.len() {
            0 | 1 => Err(Some(Verdict::NotReached(format!(
                "It had {} {} after the first request: open several at once.",
                count(those.len() as u64, "connection", "connections"),
                time(cut)
            )))),
            _ => Ok((cut, those)),
        }
    }

    /// The requests from one instant to another, of those that are kept.
    fn requests_between(&self, from: Duration, to: Duration) -> &'a [Asked] {
        let all = self.requests();
        let begin = all.partition_point(|request| request.at < from);
        let end = all.partition_point(|request| request.at < to);
        &all[begin..end]
    }
}
