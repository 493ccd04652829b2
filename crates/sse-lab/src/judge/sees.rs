//! What only the client's own side can tell: what it showed, and that it was told to close. A
//! client can report that, and is judged by it then.

use std::time::Duration;

use super::question::EARLY;
use super::seen::{Open, REPORTED_WITHIN, Seen};
use super::words::time;
use crate::case::ShownEvent;
use crate::report::ReportedEvent;
use crate::verdict::Verdict;

/// So long after it was told to close may a client hold its connection.
pub(super) const CLOSES_WITHIN: Duration = Duration::from_secs(1);

/// So long is waited for somebody who tells it to close.
pub(super) const TOLD_WITHIN: Duration = Duration::from_secs(10);

impl Seen<'_> {
    /// Whether it showed these events and no other. Where nothing is reported, somebody must look,
    /// or the question is left out.
    pub(super) fn sees(&self, events: &[ShownEvent], if_reported: bool) -> Result<Verdict, Open> {
        let until = self.answered()?.at + REPORTED_WITHIN;
        if self.now < until {
            return Err(None);
        }
        let reports = &self.observation.reports;
        let reported = reports.events_until(until);
        if !reports.are_expected() && !reports.are_there(until) {
            return Ok(match if_reported {
                true => Verdict::Right,
                false => Verdict::NeedsEyes(format!(
                    "Look at what it shows: it must be {}.",
                    ShownEvent::list(events)
                )),
            });
        }
        let is_same = |(event, shown): (&ShownEvent, &&ReportedEvent)| event.is_shown_by(shown);
        if reported.len() == events.len() && events.iter().zip(&reported).all(is_same) {
            return Ok(Verdict::Right);
        }
        let shown = reported.iter().map(|event| {
            let name = event.name.as_deref().unwrap_or_default();
            ShownEvent::named(name, &*event.data)
        });
        let shown: Vec<_> = shown.collect();
        Ok(Verdict::Wrong(format!(
            "It showed {}, and must show {}.",
            ShownEvent::list(&shown),
            ShownEvent::list(events)
        )))
    }

    /// Whether it let go, and sent nothing within this time, once it was told to close.
    pub(super) fn closed(&self, watched: Duration) -> Result<Verdict, Open> {
        let request = self.reached()?;
        // Behind a return or a long time nobody is waited for who tells it.
        let returned = match self.back() {
            Ok((back, _)) => Some(back.at),
            Err(Some(_)) => {
                let end = request.ended.as_ref();
                end.map(|end| end.at + self.case.patience)
            }
            Err(None) => None,
        };
        let last = request.at + TOLD_WITHIN;
        let until = returned.map_or(last, |returned| returned.min(last));
        let closed = self.observation.reports.closed();
        let Some(closed) = closed.filter(|closed| *closed <= until) else {
            return match self.now >= until {
                true => Ok(Verdict::NeedsEyes(
                    "Nobody reported that it was told to close: tell it, and look whether it \
                     sends a request."
                        .to_owned(),
                )),
                false => Err(None),
            };
        };
        let requests = self.requests().iter();
        let mut late = requests.filter(|request| request.at > closed + EARLY);
        if let Some(late) = late.find(|request| request.at < closed + watched) {
            return Ok(Verdict::Wrong(format!(
                "It sent a request {} after it was told to close.",
                time(late.at - closed)
            )));
        }
        let is_held = match &request.ended {
            Some(end) => end.at > closed + CLOSES_WITHIN,
            None => self.now > closed + CLOSES_WITHIN,
        };
        if is_held {
            return Ok(Verdict::Wrong(format!(
                "It held its connection for more than {} after it was told to close.",
                time(CLOSES_WITHIN)
            )));
        }
        match self.now >= closed + watched {
            true => Ok(Verdict::Right),
            false => Err(None),
        }
    }
}

impl ShownEvent {
    /// Whether this is what a client reported. A type that it does not report is not asked for.
    fn is_shown_by(&self, reported: &ReportedEvent) -> bool {
        let name = reported.name.as_deref();
        let name = name.map(|name| Self::named(name, "").name);
        name.is_none_or(|name| name == self.name) && reported.data == self.data
    }
}
