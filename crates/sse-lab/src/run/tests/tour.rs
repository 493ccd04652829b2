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
