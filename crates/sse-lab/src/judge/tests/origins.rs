//! Other origins, and a listener that is closed.

use super::*;
use crate::case::Told;

/// The last request came to the second listener.
fn there(mut client: Client) -> Client {
    client.last().second = true;
    client
}

#[test]
fn a_case_that_needs_a_field_is_not_reached_without_it() {
    let mut case = asking(1, Question::Preflight);
    case.needs.fields = vec!["origin".to_owned(), "cookie".to_owned()];
    case.needs.without = "It sent none.".to_owned();
    let program = Client::default().asks(0, 10);
    assert_eq!(program.at(&case, 10), is("not reached", "It sent none."));
    // It stays so, whatever it brings later.
    let later = program.clone().brings(310, b"x").field("origin", b"x");
    assert_eq!(later.at(&case, 310), is("not reached", "It sent none."));
    for name in ["origin", "cookie"] {
        let page = Client::default().asks(0, 10).field(name, b"x");
        assert_eq!(page.at(&case, 10), OPEN, "{name}");
    }
    assert_eq!(Client::default().at(&case, 10), OPEN, "nobody came");
}

#[test]
fn a_page_asks_before_it_comes_back() {
    let case = asking(1, Question::Preflight);
    let first = Client::default().asks(0, 10);
    assert_eq!(first.at(&case, 10), OPEN);
    let mut back = first.clone().brings(310, b"x");
    let words = "It came back with its id, and did not ask first (OPTIONS).";
    assert_eq!(back.at(&case, 310), is("wrong", words));
    // One that comes later changed the verdict.
    back.0.preflights = vec![ms(320)];
    assert_eq!(back.at(&case, 330), is("wrong", words));
    back.0.preflights = vec![ms(300)];
    assert_eq!(back.at(&case, 310), RIGHT);
    let words = "It did not come back within 12 s.";
    assert_eq!(first.at(&case, 12_010), is("wrong", words));
}

#[test]
fn what_was_refused_is_not_sent_again() {
    let mut case = asking(2, Question::Fresh("authorization".to_owned()));
    ask_of(&mut case).about = 0;
    ask_of(&mut case).may_stay = true;
    let first = Client::default().asks(0, 10).field("authorization", b"old");
    assert_eq!(first.at(&case, 10), OPEN);
    assert_eq!(first.at(&case, 12_010), RIGHT, "it stays away");
    let back = |token: &[u8]| first.clone().open(310).field("authorization", token);
    assert_eq!(back(b"new").at(&case, 310), RIGHT);
    let words = "It came back with the same field authorization, which was refused.";
    assert_eq!(back(b"old").at(&case, 310), is("wrong", words));
}

#[test]
fn secrets_are_for_the_first_origin_alone() {
    let mut case = asking(2, Question::NoLeak);
    ask_of(&mut case).about = 0;
    let first = Client::default().asks(0, 10).field("authorization", b"x");
    assert_eq!(first.at(&case, 10), OPEN);
    let stays = "It did not follow the redirect, so it sent nothing there.";
    assert_eq!(first.at(&case, 12_010), is("not reached", stays));
    let again = first.clone().open(20).field("authorization", b"x");
    assert_eq!(again.at(&case, 20), is("not reached", stays), "the old URL");
    let followed = there(first.clone().open(20).field("accept", b"x"));
    assert_eq!(followed.at(&case, 20), RIGHT);
    for (fields, words) in [
        (
            &["authorization"][..],
            "It sent authorization to another origin.",
        ),
        (
            &["cookie", "authorization"],
            "It sent authorization and cookie to another origin.",
        ),
        (
            &["proxy-authorization"],
            "It sent proxy-authorization to another origin.",
        ),
    ] {
        let leaks = fields.iter().fold(first.clone().open(20), |client, name| {
            client.field(name, b"x")
        });
        assert_eq!(there(leaks).at(&case, 20), is("wrong", words));
    }
}

#[test]
fn how_long_after_the_outage_it_came_back_is_told() {
    let mut case = asking(1, Question::Told(Told::Refused));
    case.answers[0].closes = Some(ms(8_000));
    let first = Client::default().asks(0, 10);
    assert_eq!(first.at(&case, 8_500), OPEN);
    let words = "It came back after 8.4 s, which is 400 ms after the listener was open again.";
    let back = first.clone().brings(8_400, b"x");
    assert_eq!(back.at(&case, 8_400), is("allowed", words));
    ask_of(&mut case).gone = "it gave up".to_owned();
    let words = "It did not come back within 12 s: it gave up.";
    assert_eq!(first.at(&case, 12_010), is("wrong", words));
}
