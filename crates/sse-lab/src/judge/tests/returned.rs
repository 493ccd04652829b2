//! Questions about the return.

use super::*;
use crate::case::Told;

fn id_case(answers: usize) -> Case {
    let wrong = [
        ("half", "It took half an event."),
        ("", "It forgot the id."),
    ];
    let wrong = wrong.map(|(id, words)| (IdText(id.into()), words.to_owned()));
    asking(
        answers,
        Question::Id {
            right: IdText(b"start".to_vec()),
            wrong: wrong.into(),
        },
    )
}

#[test]
fn the_id_says_how_it_read() {
    let case = id_case(1);
    let first = Client::default().asks(0, 10);
    for (id, said) in [
        (&b"start"[..], RIGHT),
        (b"half", is("wrong", "It took half an event.")),
        (b"", is("wrong", "It forgot the id.")),
        (
            b"P1-\xe9\n",
            is(
                "wrong",
                "It came back with the last event id 'P1-\\xe9\\n', and not with the last event id \
                 'start'.",
            ),
        ),
    ] {
        let client = first.clone().brings(300, id);
        assert_eq!(client.at(&case, 300), said, "{id:?}");
    }
    assert_eq!(
        first.clone().open(300).at(&case, 300),
        is("wrong", "It forgot the id.")
    );
    let none = asking(
        1,
        Question::Id {
            right: IdText(Vec::new()),
            wrong: Vec::new(),
        },
    );
    assert_eq!(first.clone().open(300).at(&none, 300), RIGHT);
    assert_eq!(
        first.brings(300, b"start").at(&none, 300),
        is(
            "wrong",
            "It came back with the last event id 'start', and not with no last event id."
        )
    );
}

#[test]
fn who_does_not_come_back_in_time_has_stopped_for_good() {
    let mut case = id_case(1);
    let first = Client::default().asks(0, 10);
    let stopped = is("wrong", "It did not come back within 12 s.");
    assert_eq!(first.at(&case, 12_009), OPEN);
    assert_eq!(first.at(&case, 12_010), stopped);
    // Then it comes all the same.
    assert_eq!(
        first.clone().brings(12_010, b"start").at(&case, 12_020),
        stopped
    );
    assert_eq!(
        first.clone().brings(12_009, b"start").at(&case, 12_020),
        RIGHT
    );

    ask_of(&mut case).gone = "perhaps it fell asleep".to_owned();
    let said = is(
        "wrong",
        "It did not come back within 12 s: perhaps it fell asleep.",
    );
    assert_eq!(first.at(&case, 13_000), said);
    let asleep = said;
    let left = Client::default().held(0, 10, Ender::Client);
    let said = is(
        "wrong",
        "It closed the connection itself, and did not come back within 12 s.",
    );
    assert_eq!(left.at(&case, 13_000), said);
    let stop = Client::default().held(0, 10, Ender::Stop);
    let said = is(
        "not reached",
        "The server ended the answer for a reason of its own, such as a stop.",
    );
    assert_eq!(stop.at(&case, 13_000), said);

    // It came, and the server could read nothing of that.
    let mut refused = first.clone();
    refused.0.unread = vec![ms(300), ms(12_300)];
    let unread = is(
        "wrong",
        "It came back with a request that cannot be read, and got 400: perhaps it fell asleep.",
    );
    assert_eq!(refused.at(&case, 12_009), OPEN);
    assert_eq!(refused.at(&case, 12_010), unread);
    assert_eq!(refused.clone().brings(900, b"start").at(&case, 900), RIGHT);
    refused.0.unread.remove(0);
    assert_eq!(refused.at(&case, 13_000), asleep, "another time");

    ask_of(&mut case).may_stay = true;
    assert_eq!(first.at(&case, 12_009), OPEN);
    assert_eq!(first.at(&case, 12_010), RIGHT);
    assert_eq!(
        first.brings(300, b"").at(&case, 300),
        is("wrong", "It forgot the id.")
    );
}

#[test]
fn a_case_of_several_answers_is_reached_by_those_who_come_so_far() {
    let case = id_case(3);
    let client = Client::default().asks(0, 10).asks(300, 310);
    assert_eq!(client.at(&case, 12_309), OPEN);
    let said = "It stopped before that: after request 2 it did not come back within 12 s.";
    assert_eq!(client.at(&case, 12_310), is("not reached", said));
    let client = client.open(600);
    assert_eq!(client.at(&case, 60_000), OPEN, "the answer goes on");
    let client = Client::default().asks(0, 10).asks(300, 310).asks(600, 610);
    assert_eq!(client.clone().brings(900, b"start").at(&case, 900), RIGHT);
    assert_eq!(
        client.at(&case, 12_610),
        is("wrong", "It did not come back within 12 s.")
    );
}

/// It came back before the end of what it came back from was noted.
#[test]
fn a_return_may_be_there_before_the_end_is() {
    let client = Client::default().open(0).brings(300, b"start");
    assert_eq!(client.at(&id_case(1), 300), RIGHT);
}

#[test]
fn later_requests_change_no_verdict() {
    let case = id_case(1);
    let client = Client::default()
        .asks(0, 10)
        .asks(300, 310)
        .field("last-event-id", b"start");
    assert_eq!(client.clone().brings(600, b"half").at(&case, 99_000), RIGHT);
    assert_eq!(
        client.asks(310, 320).asks(320, 330).at(&case, 99_000),
        RIGHT
    );
}

#[test]
fn the_wait_says_how_it_read_the_time() {
    let case = asking(
        1,
        Question::Delay {
            told: ms(900),
            misread: vec![
                (ms(50), "it read 50x as 50".to_owned()),
                (ms(3000), "it kept the first time".to_owned()),
            ],
        },
    );
    let first = Client::default().asks(0, 100);
    let after = |wait: u64| first.clone().open(100 + wait).at(&case, 100 + wait);
    assert_eq!(after(850), RIGHT);
    assert_eq!(after(900), RIGHT);
    assert_eq!(after(2000), RIGHT);
    assert_eq!(
        after(849),
        is("wrong", "It came back after 849 ms, and was told 900 ms.")
    );
    let misread = "It came back after 62 ms, and was told 900 ms: it read 50x as 50.";
    assert_eq!(after(62), is("wrong", misread));
    assert_eq!(
        after(201),
        is("wrong", "It came back after 201 ms, and was told 900 ms.")
    );
    let longer = "It came back after 2.5 s, and was told 900 ms: to wait longer is allowed.";
    assert_eq!(after(2500), is("allowed", longer));
    let kept = "It came back after 3.1 s, and was told 900 ms: it kept the first time.";
    assert_eq!(after(3100), is("wrong", kept));
    assert_eq!(first.at(&case, 1000), OPEN);
    assert_eq!(
        first.at(&case, 12_100),
        is("wrong", "It did not come back within 12 s.")
    );
}

#[test]
fn waits_grow_or_they_do_not() {
    let mut case = asking(4, Question::Growing(3));
    ask_of(&mut case).about = 1;
    let with = |waits: [u64; 3]| {
        let mut client = Client::default().asks(0, 10);
        let mut now = 5000;
        client = client.asks(now, now);
        for wait in waits {
            now += wait;
            client = client.asks(now, now);
        }
        client
    };
    let growing = with([1000, 2000, 4000]);
    assert_eq!(growing.at(&case, 12_000), RIGHT);
    assert_eq!(growing.asks(12_010, 12_010).at(&case, 13_000), RIGHT);
    assert_eq!(with([1000, 1400, 1600]).at(&case, 12_000), RIGHT);
    assert_eq!(
        with([1000, 1010, 1500]).at(&case, 12_000),
        is(
            "wrong",
            "It waited for 1 s, 1 s and 1.5 s: its waits did not grow."
        )
    );
    assert_eq!(
        with([4000, 2000, 1000]).at(&case, 13_000),
        is(
            "wrong",
            "It waited for 4 s, 2 s and 1 s: its waits became shorter."
        )
    );
    // A little jitter.
    assert_eq!(with([1000, 2000, 1700]).at(&case, 12_000), RIGHT);
    let two = Client::default()
        .asks(0, 10)
        .asks(300, 310)
        .asks(1000, 1010);
    assert_eq!(two.at(&case, 2000), OPEN);
    assert_eq!(
        two.at(&case, 14_000),
        is("wrong", "It did not come back within 12 s.")
    );
    let one = Client::default().asks(0, 10);
    assert!(matches!(one.at(&case, 14_000), Some(("not reached", _))));
}

#[test]
fn what_is_only_told_is_allowed() {
    let client = Client::default().asks(0, 10).open(3010);
    let case = asking(1, Question::Told(Told::Delay));
    assert_eq!(
        client.at(&case, 3010),
        is("allowed", "It came back after 3 s.")
    );
    let case = asking(2, Question::Told(Told::Place));
    let client = |third: &str| {
        let mut client = Client::default().asks(0, 0).asks(1, 10);
        client.last().target += "?hop";
        let mut client = client.open(300);
        client.last().target = third.to_owned();
        client.at(&case, 300)
    };
    let first = "It came back to the URL that it was given.";
    assert_eq!(client("/lab/case/T1/me"), is("allowed", first));
    let last = "It came back to the URL that it was redirected to.";
    assert_eq!(client("/lab/case/T1/me?hop"), is("allowed", last));
    assert_eq!(
        client("/x"),
        is("allowed", "It came back to another URL, /x.")
    );
    // The secret of its URL stood in the words.
    let (_, words) = client("/x?access_token=sesame").expect("it is judged");
    let words = words.expect("it says where");
    assert!(
        words.contains("/x?") && !words.contains("sesame"),
        "{words}"
    );
    // Who did not follow was told that it came back to a URL which it had never left.
    let stayed = Client::default().asks(0, 0).asks(1, 10).open(300);
    let words = "It did not follow the redirect.";
    assert_eq!(stayed.at(&case, 300), is("not reached", words));
}
