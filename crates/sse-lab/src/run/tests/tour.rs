//! The tour: when it goes on, when it is over, and when it begins anew.

use super::*;

/// A client of the tour in made-up time.
struct Tour {
    run: Run,
    began: Instant,
}

impl Tour {
    fn new() -> Self {
        let (run, began) = begun();
        Self { run, began }
    }

    fn at(&self, ms: u64) -> Instant {
        self.began + Duration::from_millis(ms)
    }

    /// Comes at this instant, with this id or none.
    fn comes(&mut self, at: u64, id: &str) -> Step {
        let fields = match id {
            "" => Vec::new(),
            id => vec![("last-event-id".to_owned(), id.as_bytes().to_vec())],
        };
        let asked = Asked {
            method: "GET".to_owned(),
            fields,
            ..Asked::default()
        };
        self.run.walk(cases(), asked, self.at(at))
    }

    /// Its answer ends at this instant.
    fn ends(&mut self, step: Step, at: u64) {
        let Step::Play(turn) = step else {
            panic!("{step:?}");
        };
        let instant = self.at(at);
        self.run.ended(turn, instant, |at| Ended {
            at,
            by: Ender::Case,
            status: 200,
            sent: vec![b'x'; 100],
            total: 100,
            pieces: Vec::new(),
        });
    }

    /// Walks through, one request each 10 ms from this instant on. Answers when the end was told.
    fn walks(&mut self, from: u64) -> u64 {
        let mut at = from;
        loop {
            match self.comes(at, "x") {
                Step::Over => return at,
                step => self.ends(step, at + 5),
            }
            at += 10;
        }
    }
}

fn case_of(step: Step) -> Option<&'static str> {
    match step {
        Step::Play(turn) => Some(&cases()[turn.case].id),
        Step::Over | Step::TooMany => None,
    }
}

/// It never did: the request itself was counted before it was asked how long nothing had come.
#[test]
fn a_client_that_left_begins_anew() {
    let mut tour = Tour::new();
    let first = tour.comes(0, "");
    let begin = case_of(first);
    tour.ends(first, 5);
    let mut at = 10;
    let left = loop {
        let step = tour.comes(at, "x");
        tour.ends(step, at + 5);
        if case_of(step) != begin {
            break case_of(step);
        }
        at += 10;
    };
    assert!(left.is_some());
    // The longest patience of a case in the tour is far below this.
    let back = tour.comes(at + 120_000, "");
    assert_eq!(case_of(back), begin);
}

/// A client that ignores 204 and brings no ids erased what it had come to, again and again.
#[test]
fn who_ignores_the_end_does_not_begin_anew_and_who_starts_again_does() {
    let mut tour = Tour::new();
    let mut at = tour.walks(0);
    for _ in 0..10 {
        at += 5_000;
        assert_eq!(tour.comes(at, ""), Step::Over);
    }
    assert_eq!(tour.comes(at + 60_000, "x"), Step::Over, "it brings its id");
    let anew = tour.comes(at + 66_001, "");
    assert!(case_of(anew).is_some(), "{anew:?}");
}

/// The end of an answer that was forgotten ended the request with the same place in the new visit.
#[test]
fn a_tour_that_begins_anew_is_not_ended_by_what_it_forgot() {
    let mut tour = Tour::new();
    let first = tour.comes(0, "");
    tour.ends(first, 5);
    let half = cases().iter().position(|case| case.id == "R4");
    let asked = (Asked::default(), &Request::default());
    let instant = tour.at(10);
    let forgotten = tour
        .run
        .visit(cases(), half.expect("it is there"), asked, instant);
    assert_eq!(case_of(forgotten), Some("R4"));

    let mut at = 120_000;
    let mut step = tour.comes(at, "");
    while case_of(step) != Some("R4") {
        tour.ends(step, at + 5);
        at += 10;
        step = tour.comes(at, "x");
    }
    tour.ends(forgotten, at + 5);
    assert!(tour.run.is_busy(), "its own answer goes on");
    tour.ends(step, at + 5);
    assert!(!tour.run.is_busy());
}

#[test]
fn a_client_that_never_stops_is_answered_no_more() {
    let mut tour = Tour::new();
    tour.walks(0);
    let last = (0..MOST_REQUESTS)
        .map(|n| tour.comes(10_000 + n, ""))
        .last();
    assert_eq!(last, Some(Step::TooMany));
    let notes = tour.run.notes();
    assert!(notes[0].contains("more than 5000 requests"), "{notes:?}");
}

#[test]
fn what_is_kept_of_a_run_has_a_bound() {
    let mut walk = Walk::of("S1");
    let large = "x".repeat(64 * 1024);
    let mut steps = 0;
    while walk.run.kept() <= MOST_KEPT {
        let asked = Asked {
            body: large.clone().into_bytes(),
            ..Asked::default()
        };
        let at = walk.at(steps);
        // A case keeps so many requests: the next one has room of its own.
        let case = walk.case + (steps as usize / KEPT_REQUESTS);
        let step = walk
            .run
            .visit(cases(), case, (asked, &Request::default()), at);
        assert_ne!(step, Step::TooMany);
        steps += 1;
    }
    let at = walk.at(steps);
    let asked = (Asked::default(), &Request::default());
    let step = walk.run.visit(cases(), walk.case, asked, at);
    assert_eq!(step, Step::TooMany);
    let notes = walk.run.notes();
    assert!(notes[0].contains("more than 8 MiB"), "{notes:?}");
}

/// They took each other's requests for returns, and nobody was told.
#[test]
fn two_clients_under_one_name_are_noticed() {
    let mut tour = Tour::new();
    let first = tour.comes(0, "");
    tour.ends(first, 5);
    assert_eq!(tour.run.notes(), [""; 0]);
    let other = Asked {
        fields: vec![("user-agent".to_owned(), b"another".to_vec())],
        ..Asked::default()
    };
    let now = tour.at(10);
    tour.run.walk(cases(), other, now);
    assert_eq!(tour.run.notes(), [TWO_CLIENTS]);
}

/// Two clients of one program have one user agent, and where they come in turn none meets the other
/// in an answer: 23 of 34 cases were wrong, and nothing was said.
#[test]
fn two_clients_of_one_program_are_noticed_by_their_ids() {
    let mut tour = Tour::new();
    let mut ids = [String::new(), String::new()];
    for at in 0..8 {
        let id = &mut ids[at as usize % 2];
        let step = tour.comes(at * 10, id);
        *id = format!("{}-start", case_of(step).expect("it is played"));
        tour.ends(step, at * 10 + 5);
    }
    assert_eq!(tour.run.notes(), [TWO_CLIENTS]);
}

/// One that is wrong, and keeps its first id for ever or loses each, is still one client.
#[test]
fn a_client_that_brings_wrong_ids_is_not_taken_for_two() {
    for keeps in [
        ["R1-start", "R1-start"],
        ["", ""],
        ["x", "x"],
        ["R1-start", ""],
    ] {
        let mut tour = Tour::new();
        let mut id = "";
        for at in 0..20 {
            let step = tour.comes(at * 10, id);
            tour.ends(step, at * 10 + 5);
            id = keeps[at as usize % 2];
        }
        assert_eq!(tour.run.notes(), [""; 0], "{keeps:?}");
    }
}

/// Whoever left the tour in a case, and then tried the case by its own URL, was taken for two.
#[test]
fn a_client_that_left_the_tour_may_try_the_case_that_it_left_at() {
    let mut tour = Tour::new();
    let first = tour.comes(0, "");
    tour.ends(first, 5);
    let Step::Play(Turn { case, .. }) = first else {
        panic!("{first:?}");
    };
    let mut at_once = Tour::new();
    let step = at_once.comes(0, "");
    at_once.ends(step, 5);
    for (tour, at, notes) in [(at_once, 10, &[TWO_CLIENTS][..]), (tour, 120_000, &[])] {
        let Tour { mut run, began } = tour;
        let asked = (Asked::default(), &Request::default());
        run.visit(cases(), case, asked, began + Duration::from_millis(at));
        assert_eq!(run.notes(), notes, "{at}");
    }
}

/// What is kept is added up as it comes, so what goes has to be taken off again.
#[test]
fn what_is_kept_goes_with_its_case() {
    let mut walk = Walk::of("R4");
    comes_and_reads(&mut walk, 0);
    let first = walk.run.kept();
    assert!(first > 0);
    comes_and_reads(&mut walk, 300);
    assert!(walk.run.kept() > first);
    comes_and_reads(&mut walk, 30_000);
    assert_eq!(walk.run.kept(), first, "it began anew");
}

/// Comes to the case's own URL without an id, reads the answer, and answers what was to be played.
fn comes_and_reads(walk: &mut Walk, at: u64) -> Step {
    let now = walk.at(at);
    let asked = (Asked::default(), &Request::default());
    let step = walk.run.visit(cases(), walk.case, asked, now);
    if let Step::Play(turn) = step {
        let got = Got::of(turn, &Request::default());
        walk.ends(&got, now, Ender::Case);
    }
    step
}

/// Whoever mended a client and tried it again under the same name was told to stay away, without a
/// word, and the table kept the old verdict.
#[test]
fn a_client_that_comes_again_after_the_verdict_is_judged_anew_or_the_run_says_why_not() {
    let mut walk = Walk::of("R4");
    comes_and_reads(&mut walk, 0);
    comes_and_reads(&mut walk, 300);
    let before = walk.said(Profile::Standard, 300);
    assert!(before.is_some());
    // At once: as one that does not stop.
    assert_eq!(comes_and_reads(&mut walk, 400), Step::Over);
    assert_eq!(comes_and_reads(&mut walk, 500), Step::Over);
    assert_eq!(walk.run.notes(), [AFTER_ITS_VERDICT]);
    assert_eq!(walk.said(Profile::Standard, 12_499), before);
    // One that brings an id comes back, however late.
    let id = ("last-event-id".to_owned(), b"R4-start".to_vec());
    let asked = Asked {
        fields: vec![id],
        ..Asked::default()
    };
    let late = walk.at(30_000);
    let asked = (asked, &Request::default());
    assert_eq!(walk.run.visit(cases(), walk.case, asked, late), Step::Over);
    // And one that begins is another.
    assert_eq!(comes_and_reads(&mut walk, 53_999), Step::Over);
    let anew = comes_and_reads(&mut walk, 77_999);
    assert!(
        matches!(anew, Step::Play(turn) if turn.request == 0),
        "{anew:?}"
    );
    assert_eq!(walk.said(Profile::Standard, 78_000), OPEN);
}

/// An answer that lasts for longer than the patience is no client that went.
#[test]
fn a_case_whose_answer_is_under_way_does_not_begin_anew() {
    let mut walk = Walk::of("R14");
    let got = walk.sends(0, "GET /", &[], "");
    assert_eq!(got.lasts, None, "it goes on");
    let judged = walk.said(Profile::Standard, 200_000);
    assert!(judged.is_some(), "it is judged while it lasts");
    assert_eq!(comes_and_reads(&mut walk, 200_000), Step::Over);
}
