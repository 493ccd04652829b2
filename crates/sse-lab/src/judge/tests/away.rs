//! Who must not come back, or not so often, or not so soon.

use super::*;
use crate::observation::KEPT_REQUESTS;

fn away() -> Case {
    let wrong = vec![(
        IdText(b"body".to_vec()),
        "it read the body as a stream".to_owned(),
    )];
    asking(
        2,
        Question::Away {
            time: ms(4000),
            wrong,
        },
    )
}

fn twice() -> Client {
    Client::default().asks(0, 10).asks(310, 320)
}

#[test]
fn who_stays_away_is_right_once_the_time_is_over() {
    let case = away();
    assert_eq!(twice().at(&case, 4319), OPEN);
    assert_eq!(twice().at(&case, 4320), RIGHT);
    assert_eq!(
        twice().open(4320).at(&case, 9000),
        RIGHT,
        "later is another matter"
    );
    assert_eq!(
        Client::default().asks(0, 10).open(310).at(&case, 9000),
        OPEN
    );
    let never = Client::default().asks(0, 10);
    let said = "It stopped before that: after request 1 it did not come back within 12 s.";
    assert_eq!(never.at(&case, 12_010), is("not reached", said));
    let stopped = Client::default().asks(0, 10).held(310, 320, Ender::Stop);
    assert!(matches!(stopped.at(&case, 9000), Some(("not reached", _))));
}

#[test]
fn who_comes_back_is_counted_within_the_time() {
    let case = away();
    let once = twice().open(1320);
    assert_eq!(once.at(&case, 1400), OPEN, "how often is worth the wait");
    let said = is("wrong", "It came back after 1 s, and must stay away.");
    assert_eq!(once.at(&case, 4320), said);
    assert_eq!(once.clone().asks(4400, 4400).at(&case, 9000), said);
    let often = twice().asks(1320, 1330).asks(2330, 2340).open(3340);
    let said = is(
        "wrong",
        "It came back 3 times within 4 s, and must stay away.",
    );
    assert_eq!(often.at(&case, 4320), said);
    let taken = twice().asks(1320, 1330).brings(2330, b"body");
    let words = "It came back twice within 4 s, and must stay away: it read the body as a stream.";
    assert_eq!(taken.at(&case, 4320), is("wrong", words));
}

#[test]
fn more_requests_than_are_kept_are_more_than_those() {
    let mut client = twice();
    for at in 0..KEPT_REQUESTS as u64 - 2 {
        client = client.asks(330 + at, 330 + at);
    }
    client.0.more = 500;
    let words = "It came back more than 62 times within 4 s, and must stay away.";
    assert_eq!(client.at(&away(), 4320), is("wrong", words));
    client.0.more = 900;
    assert_eq!(client.at(&away(), 9000), is("wrong", words));
}

#[test]
fn a_rate_has_a_most() {
    let mut case = asking(
        1,
        Question::Rate {
            most: 2,
            time: ms(1000),
        },
    );
    let client = Client::default().asks(0, 10).asks(20, 20).asks(30, 30);
    assert_eq!(client.at(&case, 1009), OPEN);
    assert_eq!(client.at(&case, 1010), RIGHT);
    assert_eq!(client.clone().open(1010).at(&case, 2000), RIGHT);
    let more = client.asks(1009, 1009);
    let said = is("wrong", "It came back more than twice within 1 s.");
    assert_eq!(more.at(&case, 1009), said, "at once");
    assert_eq!(more.clone().asks(1009, 1009).at(&case, 2000), said);
    let quiet = Client::default().asks(0, 10);
    assert_eq!(quiet.at(&case, 1010), RIGHT);
    assert_eq!(Client::default().open(0).at(&case, 5000), OPEN);
    ask_of(&mut case).allowed = true;
    let said = is("allowed", "It came back more than twice within 1 s.");
    assert_eq!(more.at(&case, 1009), said);
    assert_eq!(quiet.at(&case, 1010), RIGHT);
}

#[test]
fn who_comes_back_waits_as_long_as_it_was_asked_to() {
    let mut case = asking(3, Question::NotBefore(ms(2000)));
    ask_of(&mut case).about = 1;
    assert_eq!(twice().at(&case, 2319), OPEN);
    assert_eq!(twice().at(&case, 2320), RIGHT, "it need not come");
    let said = is(
        "wrong",
        "It came back after 1.9 s, and was told to wait for 2 s.",
    );
    assert_eq!(twice().open(2269).at(&case, 2300), said);
    assert_eq!(twice().open(2270).at(&case, 2300), RIGHT, "clocks differ");
    assert_eq!(twice().open(90_000).at(&case, 90_000), RIGHT);
    assert!(matches!(
        Client::default().asks(0, 10).at(&case, 13_000),
        Some(("not reached", _))
    ));
}
