//! Clients that reconnect although nothing is left for them, and clients that make a new request.

use super::*;

/// A finite stream of `count` events, and what is usually there.
fn finite(count: u64) -> Desk {
    let mut desk = Desk::new();
    desk.stream = Arc::new(Stream {
        count: Some(count),
        ..shipped().remove(0)
    });
    desk
}

impl Desk {
    /// Somebody gets all of a stream of `count` events.
    fn has_all(&self, ms: u64, client: Client, count: u64) {
        let open = self.enters(ms, client, 1);
        open.sent(count, Some(count), 100);
        self.ends(&open, Why::Complete, ms);
    }

    /// Somebody comes with the last id, and is told that there is no more.
    fn is_sent_away(&self, ms: u64, client: Client, count: u64) {
        let resume = self.resume(&client, count + 1);
        let client = Client {
            numbers: Numbering::None,
            ..client
        };
        let no_more = Why::NothingLeft;
        let resume = Some(&resume);
        self.table
            .turn_away((client, 204, None), no_more, resume, self.now(ms));
    }

    fn asks(&self, method: &str, who: Who) -> Client {
        let client = self.client(who);
        Client {
            asked: Arc::new(Request {
                method: method.into(),
                ..Request::clone(&client.asked)
            }),
            ..client
        }
    }

    fn verdict(&self, ms: u64, id: u64) -> Option<Verdict> {
        let row = self.rows(ms).into_iter().find(|row| row.id == id);
        row.expect("it is in the table").verdict
    }
}

/// The error handler of a page makes a new EventSource when the old one was closed, which a 204
/// does: it gets the stream again and again. The table was a wall of green.
#[test]
fn who_comes_anew_after_a_204_is_told_of_in_every_round() {
    let desk = finite(2);
    desk.has_all(0, desk.client(tagged(None)), 2);
    desk.is_sent_away(1000, desk.client(tagged(Some("2"))), 2);
    let first = desk.verdict(1000, 2).expect("it came back");
    assert!(
        !first.bad
            && first
                .words
                .ends_with("nothing lost: there is no more (204)")
    );
    assert_eq!(first.brief, "1.00 s, nothing lost");

    let open = desk.enters(1010, desk.client(tagged(None)), 1);
    let anew = desk.verdict(1010, 3).expect("it came again");
    assert_eq!(
        anew.words,
        "came back although told to stay away (204), without an id, starts over: 2 again"
    );
    assert!(anew.bad && anew.despite && anew.advice.is_some_and(|it| it.contains("readyState")));
    let told = desk.said(1010, 2).expect("its client came again");
    assert_eq!(
        told.words,
        "came back after 0.01 s although told to stay away (204)"
    );
    assert!(told.bad && told.despite && told.other == Some(3));
    open.sent(2, Some(2), 100);
    desk.ends(&open, Why::Complete, 1020);
    let anew = desk.verdict(1020, 3).expect("it came again");
    assert_eq!(
        anew.words,
        "came back although told to stay away (204), without an id, 2 repeated"
    );
    assert_eq!(anew.brief, "0.01 s, despite 204, 2 repeated");

    // Its own return in order is a part of the loop.
    desk.is_sent_away(2020, desk.client(tagged(Some("2"))), 2);
    let again = desk.verdict(2020, 4).expect("it came back");
    assert_eq!(
        again.words,
        "came back after 1.00 s (retry 1.00 s) with id 2, nothing lost: told for the 2nd time that there is no more (204)"
    );
    assert!(again.bad && again.brief == "1.00 s, 204 again");
    desk.has_all(2030, desk.client(tagged(None)), 2);
    assert!(desk.verdict(2030, 5).is_some_and(|it| it.bad));
}

#[test]
fn who_asks_on_with_its_id_after_a_204_is_told_of_without_a_tag_too() {
    let desk = finite(2);
    desk.is_sent_away(0, desk.client(untagged(Some("2"))), 2);
    assert_eq!(desk.verdict(0, 1), None, "it is the first time");
    desk.is_sent_away(1000, desk.client(untagged(Some("2"))), 2);
    let said = desk.verdict(1000, 2).expect("it is known by its id");
    assert_eq!(
        said.words,
        "probably came back although told to stay away (204), with id 2, nothing lost: told for the 2nd time that there is no more (204)"
    );
    assert!(said.bad && !said.sure);
}

/// After a start of the server nobody knows what the client had been sent: it is taken at its word.
#[test]
fn who_is_told_at_its_first_request_starts_over_too() {
    let desk = finite(5);
    desk.is_sent_away(0, desk.client(tagged(Some("5"))), 5);
    desk.has_all(10, desk.client(tagged(None)), 5);
    assert_eq!(
        desk.words(10, 2),
        "came back although told to stay away (204), without an id, 5 repeated"
    );
}

/// Each message of a chat after the first was said to repeat the answer before.
#[test]
fn a_post_after_all_of_a_stream_is_a_new_question() {
    let desk = finite(13);
    for ms in [0, 1000, 2000] {
        desk.has_all(ms, desk.asks("POST", tagged(None)), 13);
    }
    // Nor is one that left an answer and asks something else.
    let open = desk.enters(3000, desk.asks("POST", tagged(None)), 1);
    open.sent(5, Some(5), 100);
    desk.ends(&open, CLOSED, 3100);
    desk.has_all(4000, desk.asks("POST", tagged(None)), 13);
    // Nor after a retry that was told that there is no more.
    desk.is_sent_away(5000, desk.asks("POST", tagged(Some("13"))), 13);
    desk.has_all(6000, desk.asks("POST", tagged(None)), 13);
    let said: Vec<_> = desk.rows(7000).into_iter().collect();
    for row in &said {
        let bad = [&row.verdict, &row.afterwards];
        assert!(!bad.iter().any(|it| it.as_ref().is_some_and(|it| it.bad)));
        assert!(row.verdict.is_none() || row.status == 204, "{row:?}");
    }
    assert_eq!(said.len(), 7);
}

/// What was cut is asked again: that is a return. And whoever asks with GET wants the same stream.
#[test]
fn what_is_no_new_question_starts_over() {
    let desk = finite(13);
    let open = desk.enters(0, desk.asks("POST", tagged(None)), 1);
    open.sent(5, Some(5), 100);
    desk.ends(&open, CUT, 1000);
    let open = desk.enters(2000, desk.asks("POST", tagged(None)), 1);
    let said = desk.verdict(2000, 2).expect("it came back");
    assert!(said.words.ends_with("without an id, starts over: 5 again"));
    assert!(said.advice.is_some_and(|it| it.contains("Last-Event-ID")));
    open.sent(13, Some(13), 100);
    desk.ends(&open, Why::Complete, 2000);
    desk.has_all(3000, desk.client(tagged(None)), 13);
    let said = desk.verdict(3000, 3).expect("it came back");
    assert!(said.bad && said.words.ends_with("without an id, 13 events repeated"));
    assert!(said.advice.is_some_and(|it| it.contains("lastEventId")));
}

#[test]
fn a_refusal_is_bad_until_its_client_is_back() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    let full = Why::TooManyStreams;
    let client = desk.client(tagged(Some("7")));
    desk.table
        .turn_away((client, 503, None), full, None, desk.now(3000));
    let both = || [1, 2].map(|id| desk.said(3000, id).expect("it was refused"));
    assert!(both().iter().all(|it| it.bad && it.advice.is_some()));
    let _open = desk.comes(4000, tagged(Some("7")), 8);
    assert!(both().iter().all(|it| !it.bad && it.advice.is_none()));
}

/// What came in a query may be a line of its own, or what a terminal would obey.
#[test]
fn an_id_in_words_obeys_nothing() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    let _open = desk.comes(3000, tagged(Some("a\n\u{1b}[31mb")), 1);
    let words = desk.words(3000, 2);
    assert!(words.contains("with id a\u{FFFD}\u{FFFD}[31mb, starts over: 7 again"));
}
