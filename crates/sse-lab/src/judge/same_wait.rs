//! What the waits in several cases say together. Each case leaves a client twice the time that it
//! was told, so a client that ignores `retry` can be right in each of them.

use std::time::Duration;

use super::seen::Seen;
use super::words::{list, time};
use crate::case::{Case, Question};
use crate::observation::Observation;
use crate::profile::Profile;

/// So many waits have to be alike.
const LEAST: usize = 3;

/// A sentence about a client that waits for the same time whatever it is told. `came` are the cases
/// that it came to, with what came, and the age of that.
pub(crate) fn same_wait<'a>(
    profile: Profile,
    came: impl Iterator<Item = (&'a Case, &'a Observation, Duration)>,
) -> Option<String> {
    let mut waits = Vec::new();
    for (case, observation, now) in came {
        for ask in case.questions.get(&profile).into_iter().flatten() {
            let Question::Delay { told, .. } = &ask.question else {
                continue;
            };
            let seen = Seen {
                case,
                ask,
                observation,
                now,
            };
            if let Ok((_, wait)) = seen.back() {
                waits.push((&case.id, *told, wait));
            }
        }
    }
    if waits.len() < LEAST {
        return None;
    }
    let told = spread(waits.iter().map(|(_, told, _)| *told))?;
    let waited = spread(waits.iter().map(|(_, _, wait)| *wait))?;
    let is_same = 2 * (waited.1 - waited.0) < told.1 - told.0;
    is_same.then(|| {
        let ids = list(waits.iter().map(|(id, _, _)| (*id).clone()));
        format!(
            "It waited {} to {} in {ids}, whatever it was told: it seems to ignore retry.",
            time(waited.0),
            time(waited.1)
        )
    })
}

/// The shortest and the longest.
fn spread(times: impl Iterator<Item = Duration> + Clone) -> Option<(Duration, Duration)> {
    Some((times.clone().min()?, times.max()?))
}
