//! The answer to each kind of question.

use std::time::Duration;

use super::words::{time, times};
use crate::case::{Case, Field, IdText, Question, Told, shown};
use crate::observation::{Asked, Ended, Ender, Observation};
use crate::verdict::Verdict;

/// So much earlier than it was told may a client come: clocks differ, and the end is seen before
/// the server knows that it was.
const EARLY: Duration = Duration::from_millis(50);

/// So much later than twice the time may it come before that is worth a word.
const LATE: Duration = Duration::from_millis(200);

/// A wait that is so near to another time was meant to be that time.
const NEAR: Duration = Duration::from_millis(150);

/// What came of a client, seen at an instant.
pub(super) struct Seen<'a> {
    case: &'a Case,
    observation: &'a Observation,
    now: Duration,
}

impl<'a> Seen<'a> {
    pub(super) fn new(case: &'a Case, observation: &'a Observation, now: Duration) -> Self {
        Self {
            case,
            observation,
            now,
        }
    }

    /// The answer to a question; nothing while it is open.
    pub(super) fn ask(&self, question: &Question) -> Option<Verdict> {
        match question {
            Question::Id { right, wrong } => self.returned(|back, _| id(right, wrong, back)),
            Question::Delay { told, misread } => {
                self.returned(|_, wait| delay(*told, misread, wait))
            }
            Question::Back => self.returned(|_, _| Verdict::Right),
            Question::Same => self.returned(|back, _| self.same(back)),
            Question::NotBefore(least) => self.not_before(*least),
            Question::Away(watched) => self.away(*watched),
            Question::Growing(returns) => self.growing(*returns),
            Question::Rate { most, time } => self.rate(*most, *time),
            Question::OneOnly(watched) => self.one_only(*watched),
            Question::Stays(watched) => self.stays(*watched),
            Question::Leaves(within) => self.leaves(*within),
            Question::Head { at, method, fields } => self.head(*at, method.as_deref(), fields),
            Question::Told(told) => self.told(*told),
        }
    }

    fn requests(&self) -> &'a [Asked] {
        &self.observation.requests
    }

    /// The place of the request that the last answer is for.
    fn last(&self) -> usize {
        self.case.answers.len() - 1
    }

    /// The return: the request behind that, and how long the client waited.
    fn back(&self) -> Option<(&'a Asked, Duration)> {
        let back = self.requests().get(self.last() + 1)?;
        // A client may be back before its end was noted: then it did not wait.
        let end = self.end_of(self.last()).map_or(back.at, |end| end.at);
        Some((back, back.at.saturating_sub(end)))
    }

    fn end_of(&self, at: usize) -> Option<&'a Ended> {
        self.requests().get(at)?.ended.as_ref()
    }

    /// What the return says, or that there is none.
    fn returned(&self, says: impl FnOnce(&'a Asked, Duration) -> Verdict) -> Option<Verdict> {
        if let Some((back, wait)) = self.back() {
            return Some(says(back, wait));
        }
        self.stopped(self.case.patience)
    }

    /// Whether the client came as far as the last answer. If it stopped before, the case was not
    /// reached; nothing while it may still come.
    fn reached(&self) -> Result<&'a Ended, Option<Verdict>> {
        match (self.end_of(self.last()), self.requests().len()) {
            (Some(end), _) => Ok(end),
            // The answer is under way.
            (None, count) if count > self.last() => Err(None),
            (None, _) => Err(self.stopped(self.case.patience)),
        }
    }

    /// What is said of a client that does not come back within this time; nothing while it may.
    fn stopped(&self, patience: Duration) -> Option<Verdict> {
        let requests = self.requests();
        let last = requests.last()?;
        let end = last.ended.as_ref()?;
        let waited = self.now.saturating_sub(end.at);
        if waited < patience {
            return None;
        }
        let waited = time(patience);
        Some(match (end.by, requests.len() == self.last() + 1) {
            (Ender::Stop, _) => Verdict::NotReached("The server stopped meanwhile.".to_owned()),
            (Ender::Client, true) => Verdict::Wrong(format!(
                "It closed the connection itself, and did not come back within {waited}."
            )),
            (Ender::Case, true) => Verdict::Wrong(format!("It did not come back within {waited}.")),
            (_, false) => Verdict::NotReached(format!(
                "It stopped before that: after request {} it did not come back within {waited}.",
                requests.len()
            )),
        })
    }

    fn not_before(&self, least: Duration) -> Option<Verdict> {
        let end = match self.reached() {
            Ok(end) => end,
            Err(verdict) => return verdict,
        };
        match self.back() {
            Some((_, wait)) if wait + EARLY < least => Some(Verdict::Wrong(format!(
                "It came back after {}, and was told to wait for {}.",
                time(wait),
                time(least)
            ))),
            Some(_) => Some(Verdict::Right),
            None if self.now.saturating_sub(end.at) >= least + LATE => Some(Verdict::Right),
            None => None,
        }
    }

    fn away(&self, watched: Duration) -> Option<Verdict> {
        let end = match self.reached() {
            Ok(end) => end,
            Err(verdict) => return verdict,
        };
        let is_within = |request: &&Asked| request.at < end.at + watched;
        let back = self.requests()[self.last() + 1..].iter();
        let backs = back.filter(is_within).count() as u64;
        let over = self.now.saturating_sub(end.at) >= watched;
        match (backs, self.back()) {
            (0, _) if over => Some(Verdict::Right),
            (0, _) => None,
            (1, Some((_, wait))) => Some(Verdict::Wrong(format!(
                "It came back after {}, and must stay away.",
                time(wait)
            ))),
            (count, _) => Some(Verdict::Wrong(format!(
                "It came back {} within {}, and must stay away.",
                times(count + self.observation.more),
                time(watched)
            ))),
        }
    }

    fn growing(&self, returns: usize) -> Option<Verdict> {
        let waits = self.waits();
        if waits.len() < returns {
            return self.stopped(self.case.patience);
        }
        let waits = &waits[waits.len() - returns..];
        let shrinks = waits.windows(2).any(|two| two[1] + EARLY < two[0]);
        let list: Vec<_> = waits.iter().map(|wait| time(*wait)).collect();
        let list = list.join(", ");
        Some(
            match (shrinks, waits.windows(2).any(|two| two[1] > two[0] + LATE)) {
                (true, _) => Verdict::Wrong(format!("Its waits became shorter: {list}.")),
                (false, false) => Verdict::Wrong(format!("Its waits did not grow: {list}.")),
                (false, true) => Verdict::Right,
            },
        )
    }

    /// The waits before its returns.
    fn waits(&self) -> Vec<Duration> {
        let pairs = self.requests().windows(2);
        let waits = pairs.filter_map(|two| {
            let end = two[0].ended.as_ref()?;
            Some(two[1].at.saturating_sub(end.at))
        });
        waits.collect()
    }

    fn rate(&self, most: u64, watched: Duration) -> Option<Verdict> {
        let begin = self.end_of(0)?.at;
        let until = begin + watched;
        let came = self.requests().iter().skip(1);
        let kept = came.filter(|request| request.at <= until).count() as u64;
        let last = self.requests().last();
        // Those that were not kept came behind the kept ones.
        let all_within = last.is_some_and(|last| last.at <= until);
        let count = if all_within {
            kept + self.observation.more
        } else {
            kept
        };
        if count > most {
            let watched = time(watched);
            let words = match most {
                0 => format!("It came back {} within {watched}.", times(count)),
                most => format!(
                    "It came back {} within {watched}; {most} is the most.",
                    times(count)
                ),
            };
            return Some(Verdict::Wrong(words));
        }
        (self.now >= until).then_some(Verdict::Right)
    }

    fn one_only(&self, watched: Duration) -> Option<Verdict> {
        let overlap = self.requests().windows(2).find(|two| {
            let open = two[0].ended.as_ref();
            open.is_none_or(|end| two[1].at + EARLY < end.at)
        });
        if let Some(two) = overlap {
            return Some(Verdict::Wrong(format!(
                "It opened a connection {} after the one before, which was still open.",
                time(two[1].at.saturating_sub(two[0].at))
            )));
        }
        if self.requests().len() > self.last() + 1 || self.now >= watched {
            return Some(Verdict::Right);
        }
        self.stopped(self.case.patience)
    }

    fn stays(&self, watched: Duration) -> Option<Verdict> {
        let begin = match self.requests().get(self.last()) {
            Some(request) => request.at,
            None => return self.stopped(self.case.patience),
        };
        let Some(end) = self.end_of(self.last()) else {
            return (self.now >= begin + watched).then_some(Verdict::Right);
        };
        let held = end.at.saturating_sub(begin);
        Some(match end.by {
            Ender::Client if held < watched => Verdict::Wrong(format!(
                "It left after {}: it did not take the answer for a stream.",
                time(held)
            )),
            _ => Verdict::Right,
        })
    }

    fn leaves(&self, within: Duration) -> Option<Verdict> {
        let begin = match self.requests().get(self.last()) {
            Some(request) => request.at,
            None => return self.stopped(self.case.patience),
        };
        match self.end_of(self.last()) {
            Some(end) if end.by == Ender::Client => Some(Verdict::Right),
            None if self.now < begin + within => None,
            _ => Some(Verdict::Wrong(format!(
                "It was still connected after {}.",
                time(within)
            ))),
        }
    }

    fn head(&self, at: usize, method: Option<&str>, fields: &[Field]) -> Option<Verdict> {
        let Some(request) = self.requests().get(at) else {
            return self.stopped(self.case.patience);
        };
        if let Some(method) = method
            && request.method != method
        {
            let shown = sse_engine::text::cut(&request.method);
            return Some(Verdict::Wrong(format!(
                "Request {} was {shown}, and not {method}.",
                at + 1
            )));
        }
        let mut verdict = Verdict::Right;
        for field in fields.iter().filter(|field| !field.is_kept(request)) {
            let words = field.words.clone();
            match field.allowed {
                false => return Some(Verdict::Wrong(words)),
                true => verdict = Verdict::Allowed(words),
            }
        }
        Some(verdict)
    }

    fn same(&self, back: &Asked) -> Verdict {
        let Some(first) = self.requests().get(self.last()) else {
            return Verdict::Right;
        };
        if back.method != first.method {
            let method = sse_engine::text::cut(&back.method);
            return Verdict::Wrong(format!(
                "It came back with {method} in place of {}.",
                sse_engine::text::cut(&first.method)
            ));
        }
        if back.body != first.body {
            return Verdict::Wrong(format!(
                "It came back with a body of {} bytes, and had sent one of {}.",
                back.body.len(),
                first.body.len()
            ));
        }
        let lost = first.fields.iter().find(|(name, _)| {
            let own = ["last-event-id", "content-length", "connection", "host"];
            !own.contains(&&**name) && back.values(name).next().is_none()
        });
        match lost {
            Some((name, _)) => Verdict::Wrong(format!("It came back without the field {name}.")),
            None => Verdict::Right,
        }
    }

    fn told(&self, told: Told) -> Option<Verdict> {
        match told {
            Told::Delay => self.returned(|_, wait| {
                Verdict::Allowed(format!("It came back after {}.", time(wait)))
            }),
            Told::Left(within) => {
                let Some(begin) = self.requests().get(self.last()).map(|request| request.at) else {
                    return self.stopped(self.case.patience);
                };
                match self.end_of(self.last()) {
                    Some(end) if end.by == Ender::Client => Some(Verdict::Allowed(format!(
                        "It left after {}.",
                        time(end.at.saturating_sub(begin))
                    ))),
                    None if self.now < begin + within => None,
                    _ => Some(Verdict::Allowed(format!(
                        "It was still connected after {}.",
                        time(within)
                    ))),
                }
            }
            Told::Waits(within) => {
                let begin = self.requests().first()?.at;
                (self.now >= begin + within).then(|| {
                    let waits: Vec<_> = self.waits().into_iter().map(time).collect();
                    Verdict::Allowed(match &*waits {
                        [] => format!("It did not come back within {}.", time(within)),
                        waits => format!("It came back after {}.", waits.join(", ")),
                    })
                })
            }
            Told::Eyes => {
                let words = "Look at what the client shows: the server cannot see it.";
                self.reached().err().unwrap_or(None).or_else(|| {
                    let reached = self.end_of(self.last()).is_some();
                    reached.then(|| Verdict::NeedsEyes(words.to_owned()))
                })
            }
        }
    }
}

impl Field {
    /// Whether a request has it as it must be.
    fn is_kept(&self, request: &Asked) -> bool {
        let mut values = request.values(&self.name);
        if self.absent {
            return values.next().is_none();
        }
        match &self.holds {
            None => values.next().is_some(),
            Some(text) => values.any(|value| {
                let value = String::from_utf8_lossy(value).to_ascii_lowercase();
                value.contains(&text.to_ascii_lowercase())
            }),
        }
    }
}

/// What the last event id of the return says.
fn id(right: &[IdText], wrong: &[(IdText, String)], back: &Asked) -> Verdict {
    let brought = back.id().unwrap_or_default();
    if right.iter().any(|id| id.0 == brought) {
        return Verdict::Right;
    }
    if let Some((_, words)) = wrong.iter().find(|(id, _)| id.0 == brought) {
        return Verdict::Wrong(words.clone());
    }
    let right: Vec<_> = right.iter().map(named).collect();
    Verdict::Wrong(format!(
        "It came back with {}, and not with {}.",
        named(&IdText(brought.to_vec())),
        right.join(" or ")
    ))
}

fn named(id: &IdText) -> String {
    match &*id.0 {
        [] => "no last event id".to_owned(),
        bytes => format!("the last event id '{}'", shown(bytes)),
    }
}

/// What the wait before the return says.
fn delay(told: Duration, misread: &[(Duration, String)], wait: Duration) -> Verdict {
    if wait + EARLY >= told && wait <= told * 2 + LATE {
        return Verdict::Right;
    }
    let near = |other: Duration| wait + EARLY >= other && wait <= other + NEAR;
    let meant = misread.iter().find(|(other, _)| near(*other));
    let waited = format!(
        "It came back after {}, and was told {}",
        time(wait),
        time(told)
    );
    match (wait < told, meant) {
        (_, Some((_, words))) => Verdict::Wrong(format!("{waited}: {words}")),
        (true, None) => Verdict::Wrong(format!("{waited}.")),
        (false, None) => Verdict::Allowed(format!("{waited}: to wait longer is allowed.")),
    }
}
