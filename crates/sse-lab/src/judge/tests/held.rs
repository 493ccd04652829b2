//! How long a client holds a connection, and how many it holds.

use super::*;
use crate::case::Told;

#[test]
fn who_takes_an_answer_for_a_stream_stays() {
    let words = "it did not take the answer for a stream".to_owned();
    let case = asking(
        1,
        Question::Stays {
            time: ms(1000),
            words,
        },
    );
    let open = Client::default().open(0);
    assert_eq!(open.at(&case, 999), OPEN);
    assert_eq!(open.at(&case, 1000), RIGHT);
    let left = |at| Client::default().held(0, at, Ender::Client);
    let said = "It left after 3 ms: it did not take the answer for a stream.";
    assert_eq!(left(3).at(&case, 10), is("wrong", said));
    assert_eq!(left(1000).at(&case, 2000), RIGHT);
    let stop = Client::default().held(0, 500, Ender::Stop);
    assert!(matches!(stop.at(&case, 900), Some(("not reached", _))));
    assert_eq!(
        Client::default().asks(0, 500).at(&case, 600),
        RIGHT,
        "the case ended it"
    );
}

#[test]
fn who_is_to_notice_a_silence_leaves() {
    let case = asking(1, Question::Leaves(ms(60_000)));
    let open = Client::default().open(0);
    assert_eq!(open.at(&case, 59_999), OPEN);
    let said = is("wrong", "It was still connected after 60 s.");
    assert_eq!(open.at(&case, 60_000), said);
    let left = |at| Client::default().held(0, at, Ender::Client);
    assert_eq!(left(59_999).at(&case, 59_999), RIGHT);
    assert_eq!(left(60_000).at(&case, 70_000), said, "too late");
    let told = asking(1, Question::Told(Told::Left(ms(60_000))));
    assert_eq!(
        left(45_000).at(&told, 50_000),
        is("allowed", "It left after 45 s.")
    );
    let still = is("allowed", "It was still connected after 60 s.");
    assert_eq!(open.at(&told, 60_000), still);
    assert_eq!(left(61_000).at(&told, 70_000), still);
    assert_eq!(open.at(&told, 1000), OPEN);
    let stop = Client::default().held(0, 500, Ender::Stop);
    assert!(matches!(stop.at(&told, 900), Some(("not reached", _))));
}

#[test]
fn a_second_connection_beside_the_first_is_one_too_many() {
    let case = asking(3, Question::OneOnly);
    let alone = Client::default()
        .asks(0, 500)
        .asks(800, 1300)
        .asks(1600, 2100);
    assert_eq!(alone.at(&case, 2200), OPEN);
    assert_eq!(alone.clone().open(2400).at(&case, 2400), RIGHT);
    // Behind the return nothing counts.
    assert_eq!(
        alone.clone().asks(2400, 2900).open(2500).at(&case, 9000),
        RIGHT
    );
    let both = Client::default()
        .asks(0, 500)
        .asks(800, 1300)
        .asks(810, 1310);
    let said = "It opened a connection 10 ms after the one before, which was still open.";
    assert_eq!(both.at(&case, 900), is("wrong", said));
    // The end of the one before was not noted yet, or never is.
    let open = Client::default().open(0).open(500);
    assert_eq!(open.at(&case, 699), OPEN);
    let said = "It opened a connection 500 ms after the one before, which was still open.";
    assert_eq!(open.at(&case, 700), is("wrong", said));
    assert_eq!(
        Client::default().asks(0, 540).open(500).at(&case, 900),
        OPEN,
        "a late note"
    );
    assert_eq!(
        alone.at(&case, 14_100),
        is("wrong", "It did not come back within 12 s.")
    );
}
