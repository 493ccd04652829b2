//! Finite streams that end before their last event, and streams that start over.

use super::cost::list;
use super::*;

impl Desk {
    /// Somebody gets the events up to `last` of those from 1 to 13, and is ended so.
    fn is_cut(&self, who: Who, last: u64, ending: Why, ms: u64) {
        let open = self.comes(0, who, 1);
        open.sent(last, Some(last), 100);
        let told = Receipt {
            whole: Some((1, 14)),
            ..open.row.usually_told()
        };
        open.close(ending, Some(told), self.now(ms));
    }
}

/// An answer that broke off looked like one that was whole.
#[test]
fn a_finite_stream_that_ends_early_says_after_how_many() {
    for (ending, advised) in [(CUT, true), (VANISHED, true), (CLOSED, false)] {
        let desk = Desk::new();
        desk.is_cut(tagged(None), 5, ending, 1000);
        let said = desk.said(1000, 1).expect("it was cut");
        assert_eq!(
            (said.kind, &*said.words, &*said.brief, said.bad),
            (VerdictKind::Cut, "cut after 5 of 13", "5 of 13", false)
        );
        assert_eq!(said.advice.is_some(), advised, "{ending:?}");
        let row = desk.rows(1000).remove(0);
        let cut = row.ended.and_then(|ended| ended.cut).expect("it was cut");
        assert_eq!((cut.after, cut.of), (5, 13));
    }
    for (last, ending) in [(13, CLOSED), (5, Why::Complete)] {
        let desk = Desk::new();
        desk.is_cut(tagged(None), last, ending, 1000);
        assert_eq!(desk.said(1000, 1), None, "it had all");
    }
}

#[test]
fn what_its_client_did_then_is_said_with_it() {
    let desk = Desk::new();
    desk.is_cut(tagged(None), 5, CUT, 1000);
    assert_eq!(
        desk.words(31_000, 1),
        "cut after 5 of 13, has not come back for 30 s (retry 1.00 s)"
    );
    let _open = desk.comes(41_000, tagged(Some("5")), 6);
    assert_eq!(
        desk.words(41_000, 1),
        "cut after 5 of 13, came back after 40 s"
    );
}

/// A client that came back begins behind what it had: that counts too.
#[test]
fn after_a_resume_what_it_had_before_counts() {
    let desk = Desk::new();
    let open = desk.comes(0, tagged(Some("3")), 4);
    open.sent(2, Some(5), 100);
    let told = Receipt {
        whole: Some((1, 14)),
        ..open.row.usually_told()
    };
    open.close(CLOSED, Some(told), desk.now(1000));
    assert_eq!(desk.words(1000, 1), "cut after 5 of 13");
}

/// "38 events repeated" stood there when ten had been sent.
#[test]
fn what_is_to_come_again_is_not_said_to_have_come() {
    let desk = Desk::new();
    desk.goes(tagged(None), 38, CUT, 1000);
    let open = desk.comes(2000, tagged(None), 1);
    open.sent(10, Some(10), 100);
    let said = desk.said(2000, 2).expect("it came back");
    assert!(said.words.ends_with("without an id, starts over: 38 again"));
    assert_eq!(
        (&*said.brief, said.repeated),
        ("1.00 s, no id, 38 again", Some(38))
    );
    assert!(
        said.bad
            && said
                .advice
                .is_some_and(|it| it.contains("pass lastEventId"))
    );
    open.sent(30, Some(40), 200);
    assert!(desk.words(2000, 2).ends_with("38 events repeated"));

    // One that leaves before was sent no more than that.
    let desk = Desk::new();
    desk.goes(tagged(None), 1038, CUT, 1000);
    let open = desk.comes(2000, tagged(None), 1);
    let brief = desk.said(2000, 2).map(|said| said.brief);
    assert_eq!(brief.as_deref(), Some("1.00 s, no id, 1,038 again"));
    open.sent(10, Some(10), 100);
    desk.ends(&open, CLOSED, 3000);
    let row = desk.rows(3000).remove(0);
    let said = row.verdict.expect("it came back");
    assert!(said.words.ends_with("10 events repeated"), "{}", said.words);
    assert_eq!(said.repeated, Some(10));
}

/// What it had been sent before an outage is a part of what starts over behind the next one.
#[test]
fn over_several_connections_all_that_it_had_comes_again() {
    let desk = Desk::new();
    desk.goes(tagged(None), 20, CUT, 1000);
    let open = desk.comes(2000, tagged(Some("20")), 21);
    open.sent(18, Some(38), 100);
    desk.ends(&open, CUT, 3000);
    let _open = desk.comes(4000, tagged(None), 1);
    assert!(desk.words(4000, 3).ends_with("starts over: 38 again"));
    // Behind a loss nobody knows what it had before.
    let desk = Desk::new();
    desk.goes(tagged(None), 20, CUT, 1000);
    let open = desk.comes(2000, tagged(Some("22")), 23);
    open.sent(16, Some(38), 100);
    desk.ends(&open, CUT, 3000);
    let _open = desk.comes(4000, tagged(None), 1);
    assert!(desk.words(4000, 3).ends_with("starts over: 16 again"));
}

/// What to change in the client depends on what it brought.
#[test]
fn advice_is_given_for_what_went_wrong_and_for_nothing_else() {
    for (brought, next, advice) in [
        (Some("7"), 8, None),
        (None, 1, Some("forgets the id")),
        (Some("5"), 6, Some("from before its last event")),
        (Some("9"), 10, Some("that it was not sent")),
        (Some("x"), 1, Some("this stream never gave")),
        (Some("7"), 12, Some("no longer kept")),
    ] {
        let desk = Desk::new();
        desk.goes(tagged(None), 7, CUT, 2000);
        let _open = desk.comes(3000, tagged(brought), next);
        let said = desk.said(3000, 2).expect("it came back");
        assert_eq!(said.bad, advice.is_some(), "{brought:?}");
        let given = said.advice.unwrap_or_default();
        assert!(given.contains(advice.unwrap_or_default()), "{given}");
        let whole = said.sentences();
        assert!(whole.starts_with(&format!("{}.", said.words)) && whole.ends_with('.'));
    }
    let mut desk = Desk::new();
    desk.stream = list(&["/1", "/2"], None);
    desk.goes(tagged(None), 2, CUT, 2000);
    let _open = desk.comes(3000, tagged(None), 1);
    let said = desk.said(3000, 2).expect("it came back");
    assert!(said.advice.is_some_and(|it| it.contains("gives no ids")));
}
