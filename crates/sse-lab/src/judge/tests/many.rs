//! Many clients, many connections, and one that reads nothing.

use super::*;
use crate::case::Told;

/// A case that cuts all at 5 s, and asks this.
fn cutting(told: Told) -> Case {
    let mut case = asking(2, Question::Told(told));
    case.answers[0].cut_at = Some(ms(5_000));
    ask_of(&mut case).about = 0;
    case
}

/// Three clients, whose answers were cut at 5 s. The time of an end is that of the last byte.
fn three() -> Client {
    let client = Client::default().asks(0, 1).asks(400, 401).open(900);
    // One that left by itself before was not cut.
    client.held(1_000, 1_200, Ender::Client)
}

#[test]
fn how_far_apart_clients_come_back_is_told() {
    let case = cutting(Told::Spread(ms(12_000)));
    assert_eq!(three().at(&case, 4_999), OPEN);
    assert_eq!(three().at(&case, 5_000), OPEN);
    let two = three().brings(5_300, b"x").brings(5_450, b"x");
    assert_eq!(two.at(&case, 5_450), OPEN);
    let words = "Of 3 clients 2 came back, the first after 300 ms, the last after 450 ms: within 150 ms of each other.";
    assert_eq!(two.at(&case, 17_000), is("allowed", words));
    let all = two.brings(6_500, b"x");
    let words = "All 3 clients came back, the first after 300 ms, the last after 1.5 s: within 1.2 s of each other.";
    assert_eq!(all.at(&case, 6_500), is("allowed", words));
    let newcomer = three().open(5_100);
    assert_eq!(newcomer.at(&case, 16_999), OPEN);
    let again = all.brings(7_000, b"x");
    assert_eq!(again.at(&case, 20_000), is("allowed", words));
    let words = "None of 3 clients came back with its id within 12 s.";
    assert_eq!(newcomer.at(&case, 17_000), is("allowed", words));
    assert_eq!(three().at(&case, 17_000), is("allowed", words));
    let late = three().brings(17_000, b"x");
    assert_eq!(late.at(&case, 17_000), is("allowed", words));
}

#[test]
fn how_many_connections_wait_is_told() {
    let case = cutting(Told::Connections(ms(3_000)));
    assert_eq!(three().at(&case, 7_999), OPEN);
    let words = "It had 3 connections at once, and none had to wait.";
    assert_eq!(three().at(&case, 8_000), is("allowed", words));
    // Who comes back with its id did not wait.
    let waited = three().brings(5_002, b"C1-start").open(5_003);
    let words = "It had 3 connections at once, and one other one waited until these had ended.";
    assert_eq!(waited.at(&case, 8_000), is("allowed", words));
    let waited = waited.open(7_999).open(8_000);
    let words = "It had 3 connections at once, and 2 others waited until these had ended.";
    assert_eq!(waited.at(&case, 9_000), is("allowed", words));
}

#[test]
fn one_alone_is_told_to_bring_others() {
    for told in [Told::Spread(ms(12_000)), Told::Connections(ms(3_000))] {
        let case = cutting(told);
        let words = "It had one connection 5 s after the first request: open several at once.";
        let one = Client::default().asks(0, 1);
        assert_eq!(one.at(&case, 4_999), OPEN);
        assert_eq!(one.at(&case, 5_000), is("not reached", words));
        let back = one.brings(5_300, b"x");
        assert_eq!(back.at(&case, 9_000), is("not reached", words));
        let none = Client::default().held(0, 1_000, Ender::Client);
        let words = "It had no connection 5 s after the first request: open several at once.";
        assert_eq!(none.at(&case, 5_000), is("not reached", words));
        let stopped = three().held(2_000, 3_000, Ender::Stop);
        let words = "The server ended the answer for a reason of its own, such as a stop.";
        assert_eq!(stopped.at(&case, 5_000), is("not reached", words));
    }
}

#[test]
fn what_was_taken_of_a_long_answer_is_told() {
    let case = asking(1, Question::Told(Told::Taken(ms(60_000))));
    let taken = |until, by, total| {
        let mut client = Client::default().held(0, until, by);
        client.last().ended.as_mut().expect("it ended").total = total;
        client.at(&case, until)
    };
    for (until, by, total, words) in [
        (
            400,
            Ender::Case,
            16_777_500,
            "It took all 16.8 MB within 400 ms.",
        ),
        (
            32_000,
            Ender::Client,
            4_321_000,
            "The system took 4.3 MB for it, and the connection ended after 32 s.",
        ),
        (
            10,
            Ender::Client,
            65_000,
            "The system took 65 kB for it, and the connection ended after 10 ms.",
        ),
    ] {
        assert_eq!(taken(until, by, total), is("allowed", words));
    }
    let words = "The server ended the answer for a reason of its own, such as a stop.";
    assert_eq!(taken(10, Ender::Stop, 1), is("not reached", words));
    let slow = Client::default().open(0);
    assert_eq!(slow.at(&case, 59_999), OPEN);
    let words = "It was still reading after 60 s.";
    assert_eq!(slow.at(&case, 60_000), is("allowed", words));
    let late = Client::default().asks(0, 60_000);
    assert_eq!(late.at(&case, 60_000), is("allowed", words));
}
