//! What a client reports that it saw, in its own words: the data and names of its events, and its
//! errors. No server can see that.

use std::time::Duration;

/// As many reports of one case as are kept, the first ones. Those beyond are counted.
pub(crate) const KEPT_REPORTS: usize = 64;

/// As many bytes of text as the reports of one case may have. Behind the first report that does not
/// fit, none is kept.
pub(crate) const KEPT_BYTES: usize = 16 * 1024;

/// What a client reports.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Report {
    /// It showed an event.
    Event(ReportedEvent),
    /// It showed an error, with these words.
    Error(String),
    /// It was told to close the stream, and did what it does then.
    Closed,
}

/// An event as a client showed it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportedEvent {
    /// Its type, where that was reported.
    pub name: Option<String>,
    /// Its data.
    pub data: String,
    /// The last event id with it, where that was reported.
    pub id: Option<String>,
}

/// A report that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// When it came, counted from the case's first request.
    pub at: Duration,
    /// Its number, where the client counts its reports: those of a program can overtake each other.
    pub number: Option<u64>,
    /// What it says.
    pub what: Report,
}

/// What a client reported of one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reports {
    list: Vec<Reported>,
    more: u64,
    closed: Option<Duration>,
    are_expected: bool,
}

impl Reports {
    /// Those that are kept, in the order of their numbers, or else of their arrival.
    pub fn list(&self) -> &[Reported] {
        &self.list
    }

    /// How many came beyond those.
    pub fn more(&self) -> u64 {
        self.more
    }

    /// When it first reported that it was told to close.
    pub fn closed(&self) -> Option<Duration> {
        self.closed
    }

    /// Whether its client reports what it sees, so that no report means that it saw nothing. That
    /// is known before the case, or never.
    pub fn are_expected(&self) -> bool {
        self.are_expected
    }

    /// Whether anything had been reported at an instant.
    pub fn are_there(&self, until: Duration) -> bool {
        self.list.iter().any(|reported| reported.at <= until)
    }

    /// The events that had been reported at an instant.
    pub fn events_until(&self, until: Duration) -> Vec<&ReportedEvent> {
        let early = self.list.iter().filter(|reported| reported.at <= until);
        let events = early.filter_map(|reported| match &reported.what {
            Report::Event(event) => Some(event),
            Report::Error(_) | Report::Closed => None,
        });
        events.collect()
    }

    /// When an error was reported first, up to an instant.
    pub fn error_until(&self, until: Duration) -> Option<Duration> {
        let errors = self.list.iter();
        let errors = errors.filter(|reported| matches!(reported.what, Report::Error(_)));
        let times = errors.map(|reported| reported.at).filter(|at| *at <= until);
        times.min()
    }

    pub(crate) fn expect(&mut self) {
        self.are_expected = true;
    }

    /// Keeps a report within the bounds, and answers what that takes of memory, in bytes. One whose
    /// number was there before is the same once more.
    pub(crate) fn add(&mut self, new: Reported) -> usize {
        if new.what == Report::Closed {
            self.closed.get_or_insert(new.at);
        }
        let has_number = |number| self.list.iter().any(|old| old.number == Some(number));
        if new.number.is_some_and(has_number) {
            return 0;
        }
        let kept: usize = self.list.iter().map(Reported::bytes).sum();
        let fits = self.list.len() < KEPT_REPORTS && kept + new.bytes() <= KEPT_BYTES;
        if self.more > 0 || !fits {
            self.more += 1;
            return 0;
        }
        let is_before = |old: &Reported| match (old.number, new.number) {
            (Some(old), Some(new)) => old < new,
            _ => true,
        };
        let before = self.list.iter().rposition(is_before);
        let place = before.map_or(0, |before| before + 1);
        let weight = size_of::<Reported>() + new.bytes();
        self.list.insert(place, new);
        weight
    }
}

impl Reported {
    fn bytes(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        match &self.what {
            Report::Event(event) => event.data.len() + length(&event.name) + length(&event.id),
            Report::Error(words) => words.len(),
            Report::Closed => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(number: Option<u64>, data: &str) -> Reported {
        Reported {
            at: Duration::from_millis(5),
            number,
            what: Report::Event(ReportedEvent {
                data: data.to_owned(),
                ..ReportedEvent::default()
            }),
        }
    }

    fn data(reports: &Reports) -> Vec<&str> {
        let events = reports.events_until(Duration::from_secs(1));
        events.iter().map(|event| &*event.data).collect()
    }

    #[test]
    fn reports_that_overtook_each_other_are_put_right_by_their_numbers() {
        let mut reports = Reports::default();
        for (number, data) in [(2, "b"), (4, "d"), (1, "a"), (3, "c"), (2, "again")] {
            reports.add(event(Some(number), data));
        }
        assert_eq!(data(&reports), ["a", "b", "c", "d"]);
        assert_eq!(reports.more(), 0);
        let mut reports = Reports::default();
        for data in ["b", "a", "b"] {
            reports.add(event(None, data));
        }
        assert_eq!(data(&reports), ["b", "a", "b"], "in the order of arrival");
    }

    #[test]
    fn only_the_first_reports_are_kept() {
        let mut reports = Reports::default();
        for _ in 0..KEPT_REPORTS + 3 {
            reports.add(event(None, "x"));
        }
        assert_eq!((reports.list().len(), reports.more()), (KEPT_REPORTS, 3));
        let mut reports = Reports::default();
        reports.add(event(None, "x"));
        reports.add(event(None, &"y".repeat(KEPT_BYTES)));
        reports.add(event(None, "z"));
        assert_eq!((data(&reports), reports.more()), (vec!["x"], 2));
    }

    #[test]
    fn an_event_that_is_reported_too_late_does_not_count() {
        let mut reports = Reports::default();
        reports.add(event(None, "x"));
        assert!(reports.events_until(Duration::from_millis(4)).is_empty());
        assert_eq!(reports.events_until(Duration::from_millis(5)).len(), 1);
    }

    #[test]
    fn that_it_was_closed_is_noted_once() {
        let mut reports = Reports::default();
        assert!(!reports.are_expected());
        for at in [7, 9] {
            let at = Duration::from_millis(at);
            let (number, what) = (None, Report::Closed);
            reports.add(Reported { at, number, what });
        }
        assert_eq!(reports.closed(), Some(Duration::from_millis(7)));
        assert!(
            !reports.are_expected(),
            "what came before is judged already"
        );
    }
}
