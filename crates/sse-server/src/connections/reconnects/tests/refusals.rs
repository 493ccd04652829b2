//! Who is refused has been there: the next request is a return, and the time away counts from the
//! refusal.

use super::*;

impl Desk {
    fn refuses(&self, ms: u64, who: Who, status: u16) {
        let refused = (self.client(who), status, None);
        self.table
            .turn_away(refused, Why::TooManyStreams, None, self.now(ms));
    }

    fn verdict_of(&self, ms: u64, id: u64) -> Verdict {
        let row = self.rows(ms).into_iter().find(|row| row.id == id);
        let row = row.expect("it is in the table");
        row.verdict.expect("it came back")
    }
}

/// A client that is told at its first request to come later, and does.
#[test]
fn the_request_after_a_first_refusal_is_a_return() {
    let desk = Desk::new();
    desk.refuses(1000, tagged(None), 429);
    assert_eq!(desk.said(1000, 1), None);
    let _open = desk.comes(3500, tagged(None), 1);
    let said = desk.verdict_of(3500, 2);
    assert_eq!(
        said.words,
        "came back 2.50 s after a refusal (429), without an id, nothing lost"
    );
    assert_eq!(
        (said.kind, said.away_ms, said.lost, said.repeated, said.bad),
        (VerdictKind::Back, Some(2500), Some(0), Some(0), false)
    );
    assert_eq!(said.other, Some(1));
    assert_eq!(desk.words(3500, 1), "came back after 2.50 s");
}

#[test]
fn each_refusal_is_bad_until_the_next_request() {
    let desk = Desk::new();
    for ms in [1000, 2000, 4000] {
        desk.refuses(ms, tagged(None), 503);
    }
    let last = desk.verdict_of(4000, 3);
    assert_eq!(
        last.words,
        "came back 2.00 s after a refusal (503), without an id and was refused (503)"
    );
    assert!(last.bad && !desk.verdict_of(4000, 2).bad);
    assert!(!desk.said(4000, 1).expect("it came back").bad);
    let _open = desk.comes(5000, tagged(None), 1);
    assert!(!desk.verdict_of(5000, 3).bad);
    assert_eq!(desk.verdict_of(5000, 4).away_ms, Some(1000));
}

/// What it was sent before the refusals counts still.
#[test]
fn refusals_between_two_streams_cost_nothing_themselves() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    desk.refuses(3000, tagged(Some("7")), 503);
    desk.refuses(5000, tagged(Some("7")), 503);
    assert_eq!(desk.verdict_of(5000, 3).away_ms, Some(2000));
    let open = desk.comes(9000, tagged(Some("5")), 6);
    let said = desk.verdict_of(9000, 4);
    assert_eq!((said.away_ms, said.repeated), (Some(4000), Some(2)));
    assert_eq!(said.other, Some(1));
    // From here on, it counts from the end again.
    open.sent(3, Some(8), 100);
    desk.ends(&open, CUT, 10_000);
    let _open = desk.comes(11_000, tagged(Some("8")), 9);
    let said = desk.verdict_of(11_000, 5);
    assert_eq!((said.away_ms, said.repeated), (Some(1000), Some(0)));
    assert!(said.words.starts_with("came back after 1.00 s"), "{said:?}");
}

/// It comes after a start of the program, and nobody knows what it had been sent.
#[test]
fn who_is_refused_with_an_id_is_taken_at_its_word() {
    let desk = Desk::new();
    desk.refuses(1000, untagged(Some("7")), 503);
    let open = desk.comes(2000, untagged(Some("7")), 8);
    let said = desk.verdict_of(2000, 2);
    assert!(!said.sure);
    assert_eq!(
        said.words,
        "probably came back 1.00 s after a refusal (503), with id 7, nothing lost"
    );
    // It was sent the events from 8 on, and nothing before them.
    open.sent(2, Some(9), 100);
    desk.ends(&open, CUT, 3000);
    let _open = desk.comes(4000, untagged(Some("9")), 5);
    assert_eq!(desk.verdict_of(4000, 3).repeated, Some(2));
}

/// Each message of a chat is a question of its own, and one that was refused is asked again.
#[test]
fn a_question_that_was_refused_is_asked_again() {
    let desk = Desk::new();
    let posts = |brought| {
        let client = desk.client(tagged(brought));
        Client {
            asked: Arc::new(Request {
                method: "POST".into(),
                ..Request::clone(&client.asked)
            }),
            ..client
        }
    };
    let open = desk.enters(0, posts(None), 1);
    open.sent(5, Some(5), 100);
    desk.ends(&open, Why::Complete, 1000);
    let refused = (posts(None), 429, None);
    desk.table
        .turn_away(refused, Why::TooManyStreams, None, desk.now(2000));
    let _open = desk.enters(5000, posts(None), 1);
    let said = desk.verdict_of(5000, 3);
    assert_eq!((said.away_ms, said.repeated), (Some(3000), Some(0)));
}

/// Any page can have itself refused.
#[test]
fn refusals_push_out_nobody_who_went() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    for n in 0..2 * GONE {
        let client = Client {
            tag: Some(format!("stranger-{n}").into()),
            ..desk.client(untagged(None))
        };
        let refused = (client, 404, None);
        desk.table
            .turn_away(refused, Why::NothingThere, None, desk.now(2500));
    }
    let _open = desk.comes(3000, tagged(Some("7")), 8);
    let newest = desk.rows(3000).into_iter().map(|row| row.id).max();
    let said = desk.verdict_of(3000, newest.expect("rows"));
    assert_eq!((said.away_ms, said.other), (Some(1000), Some(1)));
}
