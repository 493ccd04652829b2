//! What a client did in one case, judged. Nothing here reads a clock: the time is handed in, so
//! that the same observation always gets the same verdict. What a client does afterwards never
//! changes it.
//!
//! A case asks one or more questions. Each has its own answer, or none yet; the weightiest answer
//! is the verdict.

mod did;
mod many;
mod origins;
mod protocol;
mod question;
mod same_wait;
mod seen;
mod sees;
mod told;
mod words;

use std::time::Duration;

use crate::case::{Case, Question};
use crate::observation::Observation;
use crate::profile::Profile;
use crate::verdict::Verdict;
pub(crate) use did::did;
pub(crate) use same_wait::same_wait;
use seen::Seen;

/// The verdict on what came so far, or nothing while it is open: the client can still come back, or
/// stay away. `now` is counted from the first request, as the times of the observation are.
///
/// Nothing, too, of a case that the profile does not have.
pub fn judge(
    case: &Case,
    profile: Profile,
    observation: &Observation,
    now: Duration,
) -> Option<Verdict> {
    verdict(case, profile, (observation, now), |_| true)
}

/// Whether all is judged that needs nobody's eyes: then a client need not come again.
pub(crate) fn is_judged_by_requests(
    case: &Case,
    profile: Profile,
    observation: &Observation,
    now: Duration,
) -> bool {
    let by_requests = |question: &Question| !matches!(question, Question::Sees { .. });
    verdict(case, profile, (observation, now), by_requests).is_some()
}

/// The verdict by some of the questions.
fn verdict(
    case: &Case,
    profile: Profile,
    (observation, now): (&Observation, Duration),
    counts: impl Fn(&Question) -> bool,
) -> Option<Verdict> {
    let questions = case.questions.get(&profile)?.iter();
    let first = observation.requests.first();
    if let Some(missing) = first.and_then(|first| case.needs.missing(first)) {
        return Some(Verdict::NotReached(missing.to_owned()));
    }
    let questions = questions.filter(|ask| counts(&ask.question));
    let mut weightiest = Some(Verdict::Right);
    for ask in questions {
        let seen = Seen {
            case,
            ask,
            observation,
            now,
        };
        match seen.answer() {
            // One wrong answer is enough, however long the others take.
            Some(wrong @ Verdict::Wrong(_)) => return Some(wrong),
            Some(verdict) => {
                weightiest = weightiest.map(|other| match verdict.weight() > other.weight() {
                    true => verdict,
                    false => other,
                });
            }
            None => weightiest = None,
        }
    }
    weightiest
}

#[cfg(test)]
mod tests;
