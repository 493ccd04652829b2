//! What a request says.

use super::*;
use crate::case::{Field, Must};

fn field(name: &str, must: Must, allowed: bool) -> Field {
    Field {
        name: name.to_owned(),
        must,
        words: format!("It did not keep to {name}."),
        allowed,
    }
}

#[test]
fn a_head_has_the_fields_that_it_must() {
    let head = |must, allowed| {
        let fields = vec![field("accept", must, allowed)];
        asking(1, Question::Head { at: 0, fields })
    };
    let with = |values: &[&str]| {
        let one = Client::default().open(0);
        values.iter().fold(one, |client, value| {
            client.field("accept", value.as_bytes())
        })
    };
    let wrong = is("wrong", "It did not keep to accept.");
    let holds = Must::Hold("text/event-stream".to_owned());
    for (must, values, said) in [
        (Must::BeThere, &["x"][..], &RIGHT),
        (Must::BeThere, &[], &wrong),
        (Must::BeOne, &["x"], &RIGHT),
        (Must::BeOne, &["x", "x"], &wrong),
        (Must::BeOne, &[], &wrong),
        (Must::BeAbsent, &[], &RIGHT),
        (Must::BeAbsent, &["x"], &wrong),
        (holds.clone(), &["*/*, Text/Event-Stream"], &RIGHT),
        (holds.clone(), &["*/*"], &wrong),
        (holds, &[], &wrong),
    ] {
        assert_eq!(
            with(values).at(&head(must.clone(), false), 1),
            *said,
            "{must:?} {values:?}"
        );
    }
    let told = is("allowed", "It did not keep to accept.");
    assert_eq!(with(&[]).at(&head(Must::BeThere, true), 1), told);
    let fields = vec![
        field("accept", Must::BeThere, true),
        field("host", Must::BeThere, false),
    ];
    let both = asking(1, Question::Head { at: 0, fields });
    assert_eq!(
        with(&[]).at(&both, 1),
        is("wrong", "It did not keep to host.")
    );
}

#[test]
fn the_head_of_a_later_request_needs_that_request() {
    let fields = vec![field("accept", Must::BeThere, false)];
    let case = asking(1, Question::Head { at: 1, fields });
    let first = Client::default().asks(0, 10);
    assert_eq!(first.at(&case, 20), OPEN);
    assert_eq!(
        first.at(&case, 12_010),
        is("wrong", "It did not come back within 12 s.")
    );
    assert_eq!(first.open(300).field("accept", b"x").at(&case, 300), RIGHT);
}

#[test]
fn a_redirect_is_followed_with_the_same_method() {
    let mut case = asking(2, Question::Follows("?hop".to_owned()));
    ask_of(&mut case).about = 0;
    ask_of(&mut case).gone = "it did not follow".to_owned();
    let to = |target: &str, method: &str| {
        let mut client = Client::default().asks(0, 0).open(2);
        client.last().target = target.to_owned();
        client.last().method = method.to_owned();
        client.at(&case, 10)
    };
    assert_eq!(to("/lab/case/T1/me?hop", "GET"), RIGHT);
    let words = "It asked for the first URL again, and did not follow the redirect.";
    assert_eq!(to("/lab/case/T1/me", "GET"), is("wrong", words));
    let words = "It followed the redirect with HEAD in place of GET.";
    assert_eq!(to("/lab/case/T1/me?hop", "HEAD"), is("wrong", words));
    let never = Client::default().asks(0, 0);
    let words = "It did not come back within 12 s: it did not follow.";
    assert_eq!(never.at(&case, 12_000), is("wrong", words));
}

#[test]
fn the_same_url_is_asked_for() {
    let case = asking(1, Question::SameUrl);
    let mut client = Client::default().asks(0, 10).open(300);
    assert_eq!(client.at(&case, 300), RIGHT);
    client.last().target += "?token=abc";
    let words = "It came back for /lab/case/T1/me?token=[kept-back], and not for the URL that it was given.";
    assert_eq!(client.at(&case, 300), is("wrong", words));
}

#[test]
fn the_same_request_has_method_body_and_fields() {
    let case = asking(
        1,
        Question::Same {
            method: "POST".to_owned(),
        },
    );
    let post = |client: Client| {
        let mut client = client.field("x-key", b"1").field("content-length", b"2");
        client.last().method = "POST".to_owned();
        client.last().body = b"{}".to_vec();
        client
    };
    let first = post(Client::default().asks(0, 10));
    let both = post(first.clone().brings(300, b"start"));
    assert_eq!(both.at(&case, 300), RIGHT);
    let changed = |change: fn(&mut Asked)| {
        let mut client = both.clone();
        change(client.last());
        client.at(&case, 300)
    };
    assert_eq!(
        changed(|back| back.method = "GET".to_owned()),
        is("wrong", "It came back with GET in place of POST.")
    );
    assert_eq!(
        changed(|back| back.body.clear()),
        is("wrong", "It came back without the body.")
    );
    assert_eq!(
        changed(|back| back.body.push(b' ')),
        is(
            "wrong",
            "It came back with another body, of 3 bytes in place of 2."
        )
    );
    assert_eq!(
        changed(|back| back.fields.retain(|(name, _)| name != "x-key")),
        is("wrong", "It came back without the field x-key as it was.")
    );
    assert_eq!(
        changed(|back| back.fields.retain(|(name, _)| name == "x-key")),
        RIGHT
    );
    let other = Client::default().asks(0, 10);
    let words = "It sent GET, and this case is for a client that sends POST.";
    assert_eq!(other.at(&case, 20), is("not reached", words));
    assert_eq!(first.at(&case, 20), OPEN);
}

#[test]
fn what_no_server_sees_needs_eyes() {
    for (data, words) in [
        (&[][..], "Look at what it shows: it must be no event."),
        (
            &["x"],
            "Look at what it shows: it must be one event, with the data 'x'.",
        ),
        (
            &["x", "y"],
            "Look at what it shows: it must be 2 events, with the data 'x' and 'y'.",
        ),
    ] {
        let events = data.iter().map(|data| ShownEvent::message(*data));
        let sees = Question::Sees {
            events: events.collect(),
            if_reported: false,
        };
        let case = asking(1, sees);
        let said = is("needs your eyes", words);
        assert_eq!(Client::default().asks(0, 10).at(&case, 2010), said);
        assert_eq!(Client::default().open(0).at(&case, 2010), OPEN);
    }
}
