//! What is said of a client that is right.

use super::*;

/// What is said of it at this instant, where its verdict is right.
fn said(client: &Client, case: &Case, now: u64) -> Option<String> {
    assert_eq!(client.at(case, now), RIGHT);
    did(case, Profile::Standard, &client.0, ms(now))
}

fn words(words: &str) -> Option<String> {
    Some(words.to_owned())
}

fn id(id: &[u8]) -> Question {
    Question::Id {
        right: IdText(id.into()),
        wrong: Vec::new(),
    }
}

#[test]
fn a_return_is_told_with_its_time_and_its_id() {
    let first = Client::default().asks(0, 10);
    let with = "It came back after 1.1 s, with the last event id 'a'.";
    let back = first.clone().brings(1110, b"a");
    assert_eq!(said(&back, &asking(1, id(b"a")), 1200), words(with));
    // Whatever comes then.
    let more = back.asks(1300, 1310).open(1400);
    assert_eq!(said(&more, &asking(1, id(b"a")), 60_000), words(with));
    let without = "It came back after 100 ms, without a last event id.";
    let back = first.clone().open(110);
    assert_eq!(said(&back, &asking(1, id(b"")), 200), words(without));
    let told = asking(
        1,
        Question::Delay {
            told: ms(900),
            misread: Vec::new(),
        },
    );
    let late = "It came back after 1.5 s, and was told 900 ms.";
    assert_eq!(said(&first.clone().open(1510), &told, 1600), words(late));
    let back = asking(1, Question::Back);
    let soon = "It came back after 3 ms.";
    assert_eq!(said(&first.clone().open(13), &back, 20), words(soon));
    let mut fresh = asking(1, Question::Fresh("authorization".to_owned()));
    ask_of(&mut fresh).may_stay = true;
    let other = "It came back after 90 ms, with another field authorization.";
    let back = first.clone().open(100).field("authorization", b"b");
    assert_eq!(said(&back, &fresh, 200), words(other));
    let away = "It did not come back within 12 s.";
    assert_eq!(said(&first, &fresh, 12_010), words(away));
}

#[test]
fn who_stays_away_or_waits_is_told_for_how_long() {
    let twice = Client::default().asks(0, 10).asks(310, 320);
    let away = asking(
        2,
        Question::Away {
            time: ms(4000),
            wrong: Vec::new(),
        },
    );
    let stayed = words("It stayed away for 4 s.");
    assert_eq!(said(&twice, &away, 4320), stayed);
    assert_eq!(said(&twice.clone().open(4400), &away, 5000), stayed);

    let wait = asking(2, Question::NotBefore(ms(2000)));
    let waited = words("It sent no request for the 2 s that it was told.");
    assert_eq!(said(&twice, &wait, 2320), waited);
    assert_eq!(said(&twice.clone().open(2400), &wait, 9000), waited);
    let early = words("It came back after 2 s, and was told to wait for 2 s.");
    assert_eq!(said(&twice.clone().open(2300), &wait, 2310), early);

    let rate = asking(
        2,
        Question::Rate {
            most: 2,
            time: ms(1000),
        },
    );
    let never = words("It did not come back within 1 s.");
    assert_eq!(said(&twice, &rate, 1320), never);
    let often = twice.asks(400, 410).asks(500, 510).asks(1320, 1330);
    let counted = words("It came back twice within 1 s.");
    assert_eq!(said(&often, &rate, 2000), counted);

    let growing = asking(1, Question::Growing(2));
    let waits = Client::default().asks(0, 10).asks(110, 120).open(420);
    let grew = words("It waited for 100 ms and 300 ms.");
    assert_eq!(said(&waits, &growing, 500), grew);
}

#[test]
fn who_stays_or_leaves_is_told_for_how_long() {
    let stays = asking(
        1,
        Question::Stays {
            time: ms(1000),
            words: String::new(),
        },
    );
    let held = Client::default().open(0);
    let stayed = words("It stayed connected for 1 s.");
    assert_eq!(said(&held, &stays, 1000), stayed);
    let left = Client::default().held(0, 3210, Ender::Client);
    let after = words("It left after 3.2 s.");
    assert_eq!(
        said(&left, &asking(1, Question::Leaves(ms(60_000))), 4000),
        after
    );
}

/// Such a case is about what is shown, and its id is only its end.
#[test]
fn what_was_shown_comes_first() {
    let mut case = asking(1, id(b"a"));
    let sees = |if_reported| Question::Sees {
        events: vec![ShownEvent::message("x")],
        if_reported,
    };
    let asks = case.questions.get_mut(&Profile::Standard).expect("it asks");
    let more = Ask {
        question: sees(false),
        ..asks[0].clone()
    };
    asks.push(more);
    let back = Client::default().asks(0, 10).brings(310, b"a");
    let did = |case: &Case| did(case, Profile::Standard, &back.0, ms(3000));
    assert_eq!(did(&case), words("It showed one event, with the data 'x'."));
    let asks = case.questions.get_mut(&Profile::Standard).expect("it asks");
    asks[1].question = sees(true);
    let id = "It came back after 300 ms, with the last event id 'a'.";
    assert_eq!(did(&case), words(id));
    // Its rule says as much.
    assert_eq!(did(&asking(1, Question::OneOnly)), None);
}
