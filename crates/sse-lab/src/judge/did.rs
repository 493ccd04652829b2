//! What a client did that is right, where a time, an id or an event says it: the rule alone would
//! say the same of every client. What comes behind the verdict changes nothing of it.

use std::time::Duration;

use super::seen::Seen;
use super::words::{list, time, times};
use crate::case::{Case, Question, ShownEvent, shown};
use crate::observation::Observation;
use crate::profile::Profile;
use crate::verdict::Verdict;

/// A sentence about what a client did whose verdict is right; nothing where the rule says as much.
pub(crate) fn did(
    case: &Case,
    profile: Profile,
    observation: &Observation,
    now: Duration,
) -> Option<String> {
    let asks = case.questions.get(&profile)?;
    let seen = asks.iter().map(|ask| Seen {
        case,
        ask,
        observation,
        now,
    });
    let seen: Vec<_> = seen.collect();
    // What it showed is what such a case is about, and the id goes with it.
    let shows = seen.iter().filter_map(Seen::showed);
    let mut said = shows.chain(seen.iter().filter_map(Seen::did));
    said.next()
}

impl Seen<'_> {
    /// What it did that is the right answer to the question.
    fn did(&self) -> Option<String> {
        match &self.ask.question {
            Question::Id { .. } => self.returned(|wait, id| {
                let id = match id {
                    None => "without a last event id".to_owned(),
                    Some(id) => format!("with the last event id '{}'", shown(id)),
                };
                format!("It came back after {}, {id}.", time(wait))
            }),
            Question::Delay { told, .. } => self.returned(|wait, _| {
                format!(
                    "It came back after {}, and was told {}.",
                    time(wait),
                    time(*told)
                )
            }),
            Question::Back => {
                self.returned(|wait, _| format!("It came back after {}.", time(wait)))
            }
            Question::Fresh(field) => self.returned(|wait, _| {
                format!(
                    "It came back after {}, with another field {field}.",
                    time(wait)
                )
            }),
            Question::NotBefore(least) => self.waited(*least),
            Question::Away { time: watched, .. } => {
                Some(format!("It stayed away for {}.", time(*watched)))
            }
            Question::Growing(returns) => {
                let first = self.about() + 1;
                let waits = (first..first + returns).map(|at| time(self.wait_before(at)));
                Some(format!("It waited for {}.", list(waits)))
            }
            Question::Rate { time: watched, .. } => self.counted(*watched),
            Question::Stays { time: held, .. } => {
                Some(format!("It stayed connected for {}.", time(*held)))
            }
            Question::Leaves(within) => {
                let left = self.left(*within).ok()??;
                Some(format!("It left after {}.", time(left)))
            }
            Question::Preflight => {
                Some("It asked first (OPTIONS), and came back with its id.".to_owned())
            }
            // Whoever asks again does what is allowed.
            Question::AgainOrShows(_) => Some("It showed an error.".to_owned()),
            Question::Closed(watched) => Some(format!(
                "It sent no request within {} after it was told to close.",
                time(*watched)
            )),
            _ => None,
        }
    }

    /// What it showed, where the case is about that.
    fn showed(&self) -> Option<String> {
        match &self.ask.question {
            Question::Sees {
                events,
                if_reported: false,
            } => Some(format!("It showed {}.", ShownEvent::list(events))),
            _ => None,
        }
    }

    /// A sentence about its return, or that it did not come back where it need not.
    fn returned(&self, words: impl FnOnce(Duration, Option<&[u8]>) -> String) -> Option<String> {
        match self.back() {
            Ok((back, wait)) => Some(words(wait, back.id())),
            Err(Some(Verdict::Right)) => Some(stayed_away(self.case.patience)),
            Err(_) => None,
        }
    }

    /// How long it waited that was to wait for this time. It may come later, which is another
    /// matter.
    fn waited(&self, least: Duration) -> Option<String> {
        let answered = self.answered().ok()?;
        let back = self.requests().get(self.about() + 1);
        Some(match back.filter(|back| back.at < answered.at + least) {
            // It is there a little earlier, since clocks differ.
            Some(back) => format!(
                "It came back after {}, and was told to wait for {}.",
                time(back.at.saturating_sub(answered.at)),
                time(least)
            ),
            None => format!(
                "It sent no request for the {} that it was told.",
                time(least)
            ),
        })
    }

    /// How often it came back within this time.
    fn counted(&self, watched: Duration) -> Option<String> {
        let answered = self.answered().ok()?;
        let (returns, _) = self.returns_until(answered.at + watched);
        Some(match returns.len() {
            0 => stayed_away(watched),
            count => format!(
                "It came back {} within {}.",
                times(count as u64),
                time(watched)
            ),
        })
    }
}

fn stayed_away(for_so_long: Duration) -> String {
    format!("It did not come back within {}.", time(for_so_long))
}
