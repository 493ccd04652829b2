//! The answer to each kind of question.

use std::time::Duration;

use super::protocol::mirrors;
use super::seen::{Open, Seen, stopped_by_server};
use super::words::{list, time, times};
use crate::case::{Field, IdText, Must, Question, shown};
use crate::observation::{Asked, Ender};
use crate::verdict::Verdict;

/// So much earlier than it was told may a client come: clocks differ, and the end is seen before
/// the server knows that it was.
pub(super) const EARLY: Duration = Duration::from_millis(50);

/// So much later than twice the time may it come before that is worth a word.
pub(super) const LATE: Duration = Duration::from_millis(200);

/// A wait that is so near to another time was meant to be that time.
pub(super) const NEAR: Duration = Duration::from_millis(150);

/// Waits do not grow where the longest is at most this much of the shortest, in per cent. It is the
/// rule of the fault `knock`.
const BEAT: u32 = 150;

/// Waits become shorter where one is less than this much of the one before, in per cent.
const STAYS: u32 = 80;

/// Fields that may differ where the same request comes again.
const OWN_FIELDS: [&str; 4] = ["last-event-id", "content-length", "connection", "host"];

impl Seen<'_> {
    /// The answer to the question; nothing while it is open.
    pub(super) fn answer(&self) -> Option<Verdict> {
        let answer = match &self.ask.question {
            Question::Id { right, wrong } => {
                self.back().map(|(back, _)| self.id(right, wrong, back))
            }
            Question::Delay { told, misread } => {
                self.back().map(|(_, wait)| delay(*told, misread, wait))
            }
            Question::Back => self.back().map(|_| Verdict::Right),
            Question::SameUrl => self.same_url(),
            Question::Same { method } => self.same(method),
            Question::Follows(to) => self.follows(to),
            Question::NotBefore(least) => self.not_before(*least),
            Question::Away { time, wrong } => self.away(*time, wrong),
            Question::Growing(returns) => self.growing(*returns),
            Question::Rate { most, time } => self.rate(*most, *time),
            Question::OneOnly => self.one_only(),
            Question::Stays { time, words } => self.stays(*time, words),
            Question::Leaves(within) => self.leaves(*within),
            Question::Head { at, fields } => self.head(*at, fields),
            Question::Sees {
                events,
                if_reported,
            } => self.sees(events, *if_reported),
            Question::Closed(time) => self.closed(*time),
            Question::Preflight => self.preflight(),
            Question::NoLeak => self.no_leak(),
            Question::Fresh(field) => self.fresh(field),
            Question::Heads(heads) => self.heads(heads),
            Question::By(method) => self.by(method),
            Question::Anew => self.anew(),
            Question::AgainOrShows(shows) => self.again_or_shows(shows),
            Question::Told(told) => self.told(*told),
        };
        match answer.map_or_else(|open| open, Some) {
            Some(Verdict::Wrong(words)) if self.ask.allowed => Some(Verdict::Allowed(words)),
            answer => answer,
        }
    }

    /// What the last event id of the return says.
    fn id(&self, right: &IdText, wrong: &[(IdText, String)], back: &Asked) -> Verdict {
        let brought = back.id().unwrap_or_default();
        if right.0 == brought {
            return Verdict::Right;
        }
        if let Some(words) = meant(wrong, back) {
            return Verdict::Wrong(words.to_owned());
        }
        let before = self.requests().first().and_then(Asked::id);
        let old = match before == Some(brought) {
            true => ", which it had before this case",
            false => "",
        };
        Verdict::Wrong(format!(
            "It came back with {}{old}, and not with {}.",
            named(&IdText(brought.to_vec())),
            named(right)
        ))
    }

    fn not_before(&self, least: Duration) -> Result<Verdict, Open> {
        let due = self.answered()?.at + least;
        let at = self.about() + 1;
        let wait = self.wait_before(at);
        match self.requests().get(at) {
            Some(_) if wait + EARLY < least => Ok(Verdict::Wrong(format!(
                "It came back after {}, and was told to wait for {}.",
                time(wait),
                time(least)
            ))),
            Some(_) => Ok(Verdict::Right),
            None if self.now >= due => Ok(Verdict::Right),
            None => Err(None),
        }
    }

    fn away(&self, watched: Duration, wrong: &[(IdText, String)]) -> Result<Verdict, Open> {
        let until = self.answered()?.at + watched;
        if self.now < until {
            // How often it comes is worth the wait.
            return Err(None);
        }
        let (returns, are_more) = self.returns_until(until);
        let meant = returns.iter().find_map(|request| meant(wrong, request));
        let meant = meant.map(|words| format!(": {words}")).unwrap_or_default();
        let more = if are_more { "more than " } else { "" };
        Ok(match returns.len() {
            0 => Verdict::Right,
            1 => Verdict::Wrong(format!(
                "It came back after {}, and must stay away{meant}.",
                time(self.wait_before(self.about() + 1))
            )),
            count => Verdict::Wrong(format!(
                "It came back {more}{} within {}, and must stay away{meant}.",
                times(count as u64),
                time(watched)
            )),
        })
    }

    fn growing(&self, returns: usize) -> Result<Verdict, Open> {
        let first = self.about() + 1;
        self.reach(self.about() + returns, first)?;
        let waits: Vec<_> = (first..first + returns)
            .map(|at| self.wait_before(at))
            .collect();
        let shrinks = waits.windows(2).any(|two| two[1] < two[0] * STAYS / 100);
        let longest = waits.iter().max().copied().unwrap_or_default();
        let shortest = waits.iter().min().copied().unwrap_or_default();
        let all = list(waits.iter().map(|wait| time(*wait)));
        Ok(if longest <= shortest * BEAT / 100 {
            Verdict::Wrong(format!("It waited for {all}: its waits did not grow."))
        } else if shrinks {
            Verdict::Wrong(format!("It waited for {all}: its waits became shorter."))
        } else {
            Verdict::Right
        })
    }

    fn rate(&self, most: u64, watched: Duration) -> Result<Verdict, Open> {
        let until = self.answered()?.at + watched;
        let (returns, are_more) = self.returns_until(until);
        if returns.len() as u64 > most || are_more {
            return Ok(Verdict::Wrong(format!(
                "It came back more than {} within {}.",
                times(most),
                time(watched)
            )));
        }
        match self.now >= until {
            true => Ok(Verdict::Right),
            false => Err(None),
        }
    }

    fn one_only(&self) -> Result<Verdict, Open> {
        let kept = self.requests().len().min(self.about() + 2);
        for two in self.requests()[..kept].windows(2) {
            let is_both = match &two[0].ended {
                Some(end) => two[1].at + EARLY < end.at,
                // Its end may be noted a little later than the return.
                None if self.now < two[1].at + LATE => return Err(None),
                None => true,
            };
            if is_both {
                return Ok(Verdict::Wrong(format!(
                    "It opened a connection {} after the one before, which was still open.",
                    time(two[1].at.saturating_sub(two[0].at))
                )));
            }
        }
        self.back().map(|_| Verdict::Right)
    }

    fn stays(&self, watched: Duration, words: &str) -> Result<Verdict, Open> {
        let request = self.reached()?;
        let Some(end) = &request.ended else {
            return match self.now >= request.at + watched {
                true => Ok(Verdict::Right),
                false => Err(None),
            };
        };
        let held = end.at.saturating_sub(request.at);
        Ok(match end.by {
            _ if held >= watched => Verdict::Right,
            Ender::Client => Verdict::Wrong(format!("It left after {}: {words}.", time(held))),
            Ender::Stop => stopped_by_server(),
            Ender::Case => Verdict::Right,
        })
    }

    fn leaves(&self, within: Duration) -> Result<Verdict, Open> {
        let left = self.left(within)?;
        Ok(match left {
            Some(_) => Verdict::Right,
            None => Verdict::Wrong(format!("It was still connected after {}.", time(within))),
        })
    }

    /// After how long it left; nothing where it was still there after this time.
    pub(super) fn left(&self, within: Duration) -> Result<Option<Duration>, Open> {
        let request = self.reached()?;
        let held = |at: Duration| at.saturating_sub(request.at);
        match &request.ended {
            Some(end) if end.by == Ender::Client && held(end.at) < within => Ok(Some(held(end.at))),
            Some(end) if end.by == Ender::Stop && held(end.at) < within => {
                Err(Some(stopped_by_server()))
            }
            None if held(self.now) < within => Err(None),
            _ => Ok(None),
        }
    }

    fn head(&self, at: usize, fields: &[Field]) -> Result<Verdict, Open> {
        let request = self.reach(at, at)?;
        let mut verdict = Verdict::Right;
        for field in fields.iter().filter(|field| !field.is_kept(request)) {
            let words = field.words.clone();
            match field.allowed {
                false => return Ok(Verdict::Wrong(words)),
                true => verdict = Verdict::Allowed(words),
            }
        }
        Ok(verdict)
    }

    fn follows(&self, to: &str) -> Result<Verdict, Open> {
        let (back, _) = self.back()?;
        let first = self.reached()?;
        let method = sse_engine::text::cut(&back.method);
        Ok(match () {
            () if !back.target.ends_with(to) => Verdict::Wrong(
                "It asked for the first URL again, and did not follow the redirect.".to_owned(),
            ),
            () if back.method != first.method => Verdict::Wrong(format!(
                "It followed the redirect with {method} in place of {}.",
                sse_engine::text::cut(&first.method)
            )),
            () => Verdict::Right,
        })
    }

    fn same_url(&self) -> Result<Verdict, Open> {
        let (back, _) = self.back()?;
        let first = self.reached()?;
        Ok(match back.target == first.target {
            true => Verdict::Right,
            false => Verdict::Wrong(format!(
                "It came back for {}, and not for the URL that it was given.",
                sse_engine::text::cut(&back.shown_target())
            )),
        })
    }

    fn same(&self, method: &str) -> Result<Verdict, Open> {
        let first = self.reached()?;
        if first.method != method {
            return Ok(Verdict::NotReached(format!(
                "It sent {}, and this case is for a client that sends {method}.",
                sse_engine::text::cut(&first.method)
            )));
        }
        let (back, _) = self.back()?;
        if back.method != first.method {
            let other = sse_engine::text::cut(&back.method);
            return Ok(Verdict::Wrong(format!(
                "It came back with {other} in place of {method}."
            )));
        }
        if back.body != first.body {
            return Ok(Verdict::Wrong(match &*back.body {
                [] => "It came back without the body.".to_owned(),
                body => format!(
                    "It came back with another body, of {} bytes in place of {}.",
                    body.len(),
                    first.body.len()
                ),
            }));
        }
        let changed = first.fields.iter().find(|(name, value)| {
            let is_there = || back.values(name).any(|other| other == value);
            !OWN_FIELDS.contains(&&**name) && !is_there()
        });
        Ok(match changed {
            Some((name, _)) => {
                Verdict::Wrong(format!("It came back without the field {name} as it was."))
            }
            None => Verdict::Right,
        })
    }
}

impl Field {
    /// Whether a request has it as it must be.
    pub(super) fn is_kept(&self, request: &Asked) -> bool {
        let mut values = request.values(&self.name);
        match &self.must {
            Must::BeThere => values.next().is_some(),
            Must::BeOne => values.count() == 1,
            Must::BeAbsent => values.next().is_none(),
            Must::Be(text) => values.any(|value| value == text.as_bytes()),
            Must::Mirror(pointer) => mirrors(request, &self.name, pointer),
            Must::Hold(text) => values.any(|value| {
                let value = String::from_utf8_lossy(value).to_ascii_lowercase();
                value.contains(&text.to_ascii_lowercase())
            }),
        }
    }
}

/// What it means that a request brings the id that it does.
fn meant<'a>(wrong: &'a [(IdText, String)], back: &Asked) -> Option<&'a str> {
    let brought = back.id().unwrap_or_default();
    let found = wrong.iter().find(|(id, _)| id.0 == brought);
    found.map(|(_, words)| &**words)
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
        (_, Some((_, words))) => Verdict::Wrong(format!("{waited}: {words}.")),
        (true, None) => Verdict::Wrong(format!("{waited}.")),
        (false, None) => Verdict::Allowed(format!("{waited}: to wait longer is allowed.")),
    }
}
