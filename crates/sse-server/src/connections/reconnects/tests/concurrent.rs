//! Connections that one client has open at once.

use super::*;

/// A component that is mounted twice opens two, and closes one.
#[test]
fn two_that_are_open_at_once_name_each_other_until_one_ends() {
    let desk = Desk::new();
    let first = desk.comes(0, tagged(None), 1);
    let second = desk.comes(5, tagged(None), 1);
    assert_eq!((desk.said(100, 1), desk.said(100, 2)), (None, None));
    for (id, other) in [(1, 2), (2, 1)] {
        let said = desk.said(300, id).expect("both are open");
        assert_eq!(said.words, "2 open at once: #1 and #2");
        assert_eq!(
            (said.kind, &*said.brief, said.other),
            (VerdictKind::Beside, "2 open at once", Some(other))
        );
        assert!(said.bad && said.advice.is_some_and(|it| it.contains("close()")));
    }
    desk.ends(&second, CLOSED, 400);
    assert_eq!((desk.said(500, 1), desk.said(500, 2)), (None, None));
    desk.ends(&first, CLOSED, 600);

    // The other one of the two may go as well.
    let first = desk.comes(1000, tagged(None), 1);
    let _second = desk.comes(1000, tagged(None), 1);
    desk.ends(&first, CLOSED, 2000);
    assert_eq!(
        desk.rows(3000)
            .iter()
            .filter(|it| it.ended.is_none())
            .count(),
        1
    );
    assert_eq!(
        desk.said(3000, 4)
            .filter(|it| it.kind == VerdictKind::Beside),
        None
    );
}

#[test]
fn of_a_leak_the_first_are_named_and_all_are_counted() {
    let desk = Desk::new();
    let _open: Vec<Open> = (0..3).map(|_| desk.comes(0, tagged(None), 1)).collect();
    assert_eq!(desk.words(1000, 3), "3 open at once: #1, #2 and #3");
    let _more: Vec<Open> = (0..9).map(|_| desk.comes(0, tagged(None), 1)).collect();
    let words = desk.words(1000, 12);
    assert_eq!(words, "12 open at once: #1, #2, #3, #4, #5, #6 and 6 more");
}

#[test]
fn others_are_not_taken_for_a_second_one() {
    let desk = Desk::new();
    let _open = [
        desk.comes(0, tagged(None), 1),
        desk.comes(0, untagged(None), 1),
        desk.comes(0, untagged(None), 1),
        desk.comes(
            0,
            Who {
                tag: Some("b"),
                ..Who::default()
            },
            1,
        ),
        desk.comes(
            0,
            Who {
                path: Some("/other"),
                ..tagged(None)
            },
            1,
        ),
    ];
    assert!(desk.rows(1000).iter().all(|row| row.afterwards.is_none()));
}

/// A client that lost its network comes back before anybody sees that it had gone.
#[test]
fn one_that_comes_with_an_id_may_be_the_return_of_the_other_for_a_while() {
    let desk = Desk::new();
    let _old = desk.comes(0, tagged(None), 1);
    let _new = desk.comes(5000, tagged(Some("7")), 8);
    assert_eq!(desk.said(44_000, 2), None);
    assert!(desk.said(45_000, 2).is_some(), "the old one did not vanish");
    // Of two that both came back each is one of its own.
    let desk = Desk::new();
    for open in [0, 0].map(|ms| desk.comes(ms, tagged(None), 1)) {
        open.sent(7, Some(7), 100);
        desk.ends(&open, CUT, 1000);
    }
    let _open = [0, 0].map(|_| desk.comes(2000, tagged(Some("7")), 8));
    assert_eq!(desk.words(3000, 4), "2 open at once: #3 and #4");
}

/// A chat may have a title made beside its answer.
#[test]
fn two_questions_at_once_are_said_and_not_wrong() {
    let desk = Desk::new();
    let _open = [0, 0].map(|ms| {
        let client = desk.client(tagged(None));
        let asked = Request {
            method: "POST".into(),
            ..Request::clone(&client.asked)
        };
        let asked = Arc::new(asked);
        desk.enters(ms, Client { asked, ..client }, 1)
    });
    let said = desk.said(1000, 1).expect("both are open");
    assert_eq!(
        (&*said.brief, said.bad, said.advice),
        ("2 open at once", false, None)
    );
}
