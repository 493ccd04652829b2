//! What a client reports goes to the case that it was sent.

use super::*;
use crate::report::ReportedEvent;

/// A client in made-up time.
struct Walker {
    run: Run,
    now: Instant,
}

impl Walker {
    fn new() -> Self {
        let (run, now) = begun();
        Self { run, now }
    }

    /// It comes to the tour, and its answer ends at once. Which case that was is the answer;
    /// nothing where the tour is over.
    fn comes(&mut self) -> &'static str {
        self.now += Duration::from_millis(300);
        let Step::Play(turn) = self.run.walk(cases(), Asked::default(), self.now) else {
            return "";
        };
        self.run.ended(turn, self.now, |at| Ended {
            at,
            by: Ender::Case,
            status: 200,
            sent: Vec::new(),
            total: 0,
            pieces: Vec::new(),
        });
        &cases()[turn.case].id
    }

    fn reports(&mut self, case: Option<&str>, data: &str, id: Option<&str>) -> bool {
        let case = case.map(place);
        let event = ReportedEvent {
            name: None,
            data: data.to_owned(),
            id: id.map(str::to_owned),
        };
        let report = (None, Report::Event(event));
        self.run.report(cases(), case, report, self.now)
    }

    /// The data that are reported of a case, and whether reports were expected there.
    fn of(&self, case: &str) -> (Vec<&str>, bool) {
        let (observation, age) = self.run.seen(place(case), self.now).expect("it came there");
        let events = observation.reports.events_until(age);
        let data = events.iter().map(|event| &*event.data).collect();
        (data, observation.reports.are_expected())
    }
}

fn place(id: &str) -> usize {
    let mut all = cases().iter();
    all.position(|case| case.id == id).expect("a case")
}

#[test]
fn in_the_tour_an_id_says_which_case_a_report_is_of() {
    let mut walker = Walker::new();
    assert!(!walker.reports(None, "x", None), "nothing was sent");
    assert_eq!(walker.comes(), "R2");
    assert!(walker.reports(None, "a", Some("R2-start")));
    assert_eq!(walker.comes(), "R3");
    assert_eq!(walker.comes(), "R4");
    // Late, and without an id; an id of no case that was walked says nothing.
    assert!(walker.reports(None, "b", Some("R3-start")));
    assert!(walker.reports(None, "c", None));
    assert!(walker.reports(None, "d", Some("R5-start")));
    assert!(walker.reports(None, "e", Some("nonsense")));
    assert_eq!(walker.of("R2"), (vec!["a"], false));
    assert_eq!(
        walker.of("R3"),
        (vec!["b"], true),
        "it reports what it sees"
    );
    assert_eq!(walker.of("R4"), (vec!["c", "d", "e"], true));
}

#[test]
fn a_case_of_its_own_is_named_by_its_path() {
    let mut walker = Walker::new();
    assert!(!walker.reports(Some("E5"), "x", None), "nobody came there");
    let path = "/lab/case/E5/me";
    let request = Request::new("GET", path, [], b"");
    let asked = (Asked::default(), &request);
    let step = walker.run.visit(cases(), place("E5"), asked, walker.now);
    assert!(matches!(step, Step::Play(_)));
    assert!(!walker.reports(None, "x", None), "it walks no tour");
    assert!(walker.reports(Some("E5"), "x", Some("R2-start")));
    assert_eq!(walker.of("E5"), (vec!["x"], false));
}

#[test]
fn a_tour_that_begins_anew_forgets_what_was_reported() {
    let mut walker = Walker::new();
    walker.comes();
    walker.reports(None, "old", None);
    while !walker.comes().is_empty() {}
    walker.now += AGAIN;
    assert_eq!(walker.comes(), "R2", "anew");
    assert_eq!(walker.of("R2"), (vec![], true));
}
