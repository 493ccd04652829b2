//! What a client reports to have seen, and that it was told to close.

use super::*;
use crate::report::{Report, Reported, ReportedEvent};

impl Client {
    fn reports(mut self, at: u64, what: Report) -> Self {
        let (at, number) = (ms(at), None);
        self.0.reports.add(Reported { at, number, what });
        self
    }

    /// It reports an event; an empty type is one that it does not report.
    fn shows(self, at: u64, name: &str, data: &str) -> Self {
        let event = ReportedEvent {
            name: (!name.is_empty()).then(|| name.to_owned()),
            data: data.to_owned(),
            id: None,
        };
        self.reports(at, Report::Event(event))
    }
}

/// One that shows events x and y, and is asked so.
fn sees(if_reported: bool) -> Case {
    let events = vec![ShownEvent::message("x"), ShownEvent::named("note", "y")];
    asking(
        1,
        Question::Sees {
            events,
            if_reported,
        },
    )
}

#[test]
fn who_reports_nothing_needs_eyes_or_is_not_asked() {
    let client = Client::default().asks(0, 10).open(300);
    let look =
        "Look at what it shows: it must be 2 events, with the data 'x' and 'y' of the type note.";
    assert_eq!(client.at(&sees(false), 2009), OPEN);
    assert_eq!(client.at(&sees(false), 2010), is("needs your eyes", look));
    assert_eq!(client.at(&sees(true), 2009), OPEN);
    assert_eq!(client.at(&sees(true), 2010), RIGHT);
    // What is reported behind the verdict changes nothing.
    let late = client.clone().shows(2011, "", "x");
    assert_eq!(late.at(&sees(true), 3000), RIGHT);
    let mut expected = client;
    expected.0.reports.expect();
    assert_eq!(expected.at(&sees(true), 2010), is("wrong", NOTHING));
}

const NOTHING: &str =
    "It showed no event, and must show 2 events, with the data 'x' and 'y' of the type note.";

#[test]
fn what_is_reported_is_judged() {
    let client = || Client::default().asks(0, 10).open(300);
    for if_reported in [true, false] {
        let case = sees(if_reported);
        let right = client().shows(5, "message", "x").shows(2010, "note", "y");
        assert_eq!(right.at(&case, 2009), OPEN);
        assert_eq!(right.at(&case, 2010), RIGHT);
        // A type that is not reported is not asked for; an empty one is a message.
        let plain = client().shows(5, "", "x").shows(6, "", "y");
        assert_eq!(plain.at(&case, 3000), RIGHT);
        let more = client()
            .shows(5, "", "x")
            .shows(6, "note", "")
            .shows(7, "note", "y");
        let said = "It showed 3 events, with the data 'x', '' of the type note and 'y' of the \
                    type note, and must show 2 events, with the data 'x' and 'y' of the type note.";
        assert_eq!(more.at(&case, 3000), is("wrong", said));
        let other = client().shows(5, "", "x").shows(6, "message", "y");
        let said = "It showed 2 events, with the data 'x' and 'y', and must show 2 events, with \
                    the data 'x' and 'y' of the type note.";
        assert_eq!(other.at(&case, 3000), is("wrong", said));
        let error = client().reports(5, Report::Error("no".to_owned()));
        assert_eq!(error.at(&case, 3000), is("wrong", NOTHING));
    }
}

#[test]
fn who_was_told_to_close_is_quiet() {
    let case = asking(1, Question::Closed(ms(3000)));
    let closed = |at| {
        Client::default()
            .held(0, at, Ender::Client)
            .reports(500, Report::Closed)
    };
    assert_eq!(closed(490).at(&case, 3499), OPEN);
    assert_eq!(closed(490).at(&case, 3500), RIGHT);
    assert_eq!(closed(1500).at(&case, 3500), RIGHT, "within a second");
    let held = "It held its connection for more than 1 s after it was told to close.";
    assert_eq!(closed(1501).at(&case, 3500), is("wrong", held));
    let open = Client::default().open(0).reports(500, Report::Closed);
    assert_eq!(open.at(&case, 1500), OPEN);
    assert_eq!(open.at(&case, 1501), is("wrong", held));
    let back = closed(490).open(900);
    let said = "It sent a request 400 ms after it was told to close.";
    assert_eq!(back.at(&case, 900), is("wrong", said));
    assert_eq!(closed(490).open(3600).at(&case, 4000), RIGHT, "behind it");
}

#[test]
fn a_wait_can_be_closed_too() {
    let case = asking(1, Question::Closed(ms(3000)));
    let waits = Client::default().asks(0, 10).reports(500, Report::Closed);
    assert_eq!(waits.at(&case, 3499), OPEN);
    assert_eq!(waits.at(&case, 3500), RIGHT);
    let said = "It sent a request 1.5 s after it was told to close.";
    assert_eq!(waits.open(2000).at(&case, 2000), is("wrong", said));
}

#[test]
fn where_nobody_tells_it_to_close_somebody_must() {
    let case = asking(1, Question::Closed(ms(3000)));
    let look = "Nobody reported that it was told to close: tell it, and look whether it sends a \
                request.";
    let look = is("needs your eyes", look);
    let open = Client::default().open(0);
    assert_eq!(open.at(&case, 9999), OPEN);
    assert_eq!(open.at(&case, 10_000), look);
    let back = Client::default().asks(0, 10).open(2000);
    assert_eq!(back.at(&case, 2000), look);
    let late = back.reports(2500, Report::Closed);
    assert_eq!(late.at(&case, 9000), look, "too late");
}
