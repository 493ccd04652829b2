//! The sentences of HTML 9.2 that say when a client asks again, each with its place in it, played
//! against made-up instants.
//!
//! The places are those of the standard's text, read in 2026. In 9.2.2, the constructor's step 14
//! is the end of a body, and step 15 holds `processResponse`. In 9.2.3, the connection is
//! announced, reestablished or failed. In 9.2.6, lines become events.

use std::time::Duration;

use sse_client::{Attempt, DEFAULT_RECONNECTION_TIME, Failure, Policy, Reconnect, State, Step};
use sse_wire::{Decoded, Decoder};

const STREAM: Option<&str> = Some("text/event-stream");

/// What a client lives through, and what it shall do then.
#[derive(Clone, Copy, Debug)]
enum Happening {
    /// It begins.
    Begin,
    /// An answer with this status and type comes.
    Head(u16, Option<&'static str>),
    /// A block ends, with the id that this stream has named so far.
    Id(Option<&'static str>),
    /// A `retry` line comes.
    Retry(u64),
    /// The body ends in order.
    End,
    /// The network fails.
    Error,
    /// The client closes.
    Close,
}

#[derive(Debug)]
enum Expected {
    /// Nothing is to be done, and the state is this.
    Still(State),
    Open,
    /// A request at this millisecond, with this id.
    Request(u64, Option<&'static str>),
    Fail(Failure),
}

use Expected::{Fail, Open, Still};
use Happening::{Begin, Close, End, Error, Head, Id, Retry};

/// A place in the standard, what it says in other words, and a story that shows it: at which
/// millisecond what happens, and what follows.
type Sentence = (&'static str, &'static str, Vec<(u64, Happening, Expected)>);

fn request(at: u64) -> Expected {
    Expected::Request(at, None)
}

fn request_with(at: u64, id: &'static str) -> Expected {
    Expected::Request(at, Some(id))
}

const CONNECTING: Expected = Still(State::Connecting);
const READING: Expected = Still(State::Open);
const CLOSED: Expected = Still(State::Closed);

/// A client that asked at 0 and has a stream since 10.
fn opened(then: Vec<(u64, Happening, Expected)>) -> Vec<(u64, Happening, Expected)> {
    let mut story = vec![(0, Begin, request(0)), (10, Head(200, STREAM), Open)];
    story.extend(then);
    story
}

fn asked(then: Vec<(u64, Happening, Expected)>) -> Vec<(u64, Happening, Expected)> {
    let mut story = vec![(0, Begin, request(0))];
    story.extend(then);
    story
}

fn of_an_event_source() -> Vec<Sentence> {
    vec![
        (
            "9.2.2, constructor 15",
            "the first request goes out at once, without an id",
            asked(vec![(1, Id(Some("7")), CONNECTING)]),
        ),
        (
            "9.2.2, processResponse 4",
            "a head of 200 with the right type makes it open",
            opened(vec![(11, Id(None), READING)]),
        ),
        (
            "9.2.2, constructor 14",
            "a body that ends in order is followed by another request",
            opened(vec![(1000, End, request(4000))]),
        ),
        (
            "9.2.2, processResponse 2",
            "an error of the network before a head is followed by another request",
            asked(vec![(500, Error, request(3500))]),
        ),
        (
            "9.2.2, constructor 14",
            "an error of the network within the body is followed by another request",
            opened(vec![(1000, Error, request(4000))]),
        ),
        (
            "9.2.3, reestablish 1.2",
            "until the next head the state is connecting",
            opened(vec![
                (1000, End, request(4000)),
                (2000, Id(None), CONNECTING),
                (4010, Head(200, STREAM), Open),
            ]),
        ),
        (
            "9.2.3, reestablish 2",
            "the wait is the reconnection time",
            opened(vec![(20, Retry(900), READING), (1000, End, request(1900))]),
        ),
        (
            "9.2.3, reestablish 3",
            "a longer wait after failures is optional: there is none here",
            asked(vec![
                (100, Error, request(3100)),
                (3200, Error, request(6200)),
                (6300, Error, request(9300)),
                (9400, Error, request(12_400)),
            ]),
        ),
        (
            "9.2.3, reestablish 5.3",
            "a last id that is not empty goes along",
            opened(vec![
                (20, Id(Some("7")), READING),
                (1000, End, request_with(4000, "7")),
            ]),
        ),
        (
            "9.2.3, reestablish 5.3",
            "an id that was cleared does not go along",
            opened(vec![
                (20, Id(Some("7")), READING),
                (30, Id(Some("")), READING),
                (1000, End, request(4000)),
            ]),
        ),
        (
            "9.2.3, reestablish 5.3",
            "two breaks without an event between them bring the same id twice",
            opened(vec![
                (20, Id(Some("7")), READING),
                (1000, Error, request_with(4000, "7")),
                (4010, Head(200, STREAM), Open),
                (4020, Error, request_with(7020, "7")),
                (7030, Error, request_with(10_030, "7")),
            ]),
        ),
        (
            "9.2.6, buffers of a stream",
            "a stream that names no id leaves the one that there was, as browsers have it",
            opened(vec![
                (20, Id(Some("7")), READING),
                (1000, Error, request_with(4000, "7")),
                (4010, Head(200, STREAM), Open),
                (4020, Id(None), READING),
                (4030, End, request_with(7030, "7")),
            ]),
        ),
        (
            "9.2.6, dispatch 1",
            "the last id of several counts",
            opened(vec![
                (20, Id(Some("7")), READING),
                (30, Id(Some("é豆")), READING),
                (1000, End, request_with(4000, "é豆")),
            ]),
        ),
        (
            "9.2.6, retry",
            "the last retry counts, also for later streams",
            opened(vec![
                (20, Retry(3000), READING),
                (30, Retry(800), READING),
                (1000, End, request(1800)),
                (1810, Head(200, STREAM), Open),
                (2000, End, request(2800)),
            ]),
        ),
        (
            "9.2.6, retry",
            "0 is a time, and this client waits some more; the largest number makes no overflow",
            opened(vec![
                (20, Retry(0), READING),
                (1000, End, request(1100)),
                (1110, Head(200, STREAM), Open),
                (1120, Retry(u64::MAX), READING),
                (0, End, request(u64::MAX)),
            ]),
        ),
        (
            "9.2.2, processResponse 3",
            "another status fails the connection",
            asked(vec![
                (10, Head(503, STREAM), Fail(Failure::Status(503))),
                (20, End, CLOSED),
                (30, Error, CLOSED),
                (40, Head(200, STREAM), CLOSED),
                (50, Begin, CLOSED),
            ]),
        ),
        (
            "9.2.1 and 9.2.2, processResponse 3",
            "204 tells a client to stay away",
            asked(vec![(10, Head(204, None), Fail(Failure::NoContent))]),
        ),
        (
            "9.2.2, processResponse 3",
            "201 and 206 are no 200",
            asked(vec![(10, Head(206, STREAM), Fail(Failure::Status(206)))]),
        ),
        (
            "9.2.2, processResponse 3",
            "a redirect that was not followed is a status like others",
            asked(vec![(10, Head(302, None), Fail(Failure::Status(302)))]),
        ),
        (
            "9.2.2, processResponse 3",
            "another type fails the connection",
            asked(vec![(
                10,
                Head(200, Some("text/html; charset=utf-8")),
                Fail(Failure::ContentType(Some("text/html".into()))),
            )]),
        ),
        (
            "9.2.2, processResponse 3",
            "a longer type is another type",
            asked(vec![(
                10,
                Head(200, Some("text/event-streamx")),
                Fail(Failure::ContentType(Some("text/event-streamx".into()))),
            )]),
        ),
        (
            "9.2.2, processResponse 3",
            "no type fails the connection",
            asked(vec![(
                10,
                Head(200, None),
                Fail(Failure::ContentType(None)),
            )]),
        ),
        (
            "9.2.2, processResponse 3",
            "letter case and parameters of the type do not matter",
            asked(vec![(10, Head(200, Some("TEXT/Event-Stream;x")), Open)]),
        ),
        (
            "9.2.3, fail the connection",
            "an outage of a reconnect ends it for good",
            opened(vec![
                (20, Id(Some("7")), READING),
                (1000, Error, request_with(4000, "7")),
                (4010, Head(502, None), Fail(Failure::Status(502))),
                (4020, End, CLOSED),
            ]),
        ),
        (
            "9.2.2, close()",
            "behind it nothing is asked, whatever comes",
            opened(vec![
                (20, Close, CLOSED),
                (30, Retry(5), CLOSED),
                (40, End, CLOSED),
                (50, Error, CLOSED),
            ]),
        ),
        (
            "9.2.3, reestablish 5.1",
            "a client that closes while it waits does not ask",
            opened(vec![
                (20, End, request(3020)),
                (30, Close, CLOSED),
                (3020, Begin, CLOSED),
                (3030, Head(200, STREAM), CLOSED),
            ]),
        ),
        (
            "9.2.2, close()",
            "also one that never began",
            vec![(0, Close, CLOSED), (1, Begin, CLOSED)],
        ),
        (
            "no sentence",
            "what comes before the beginning, or twice, changes nothing",
            vec![
                (0, End, CONNECTING),
                (0, Head(200, STREAM), CONNECTING),
                (0, Begin, request(0)),
                (1, Begin, CONNECTING),
                (2, Head(200, STREAM), Open),
                (3, Head(503, None), READING),
            ],
        ),
    ]
}

fn of_fetch() -> Vec<Sentence> {
    vec![
        (
            "fetch",
            "an end in order is the end",
            opened(vec![
                (20, Id(Some("7")), READING),
                (1000, End, Fail(Failure::Ended)),
                (1001, End, CLOSED),
            ]),
        ),
        (
            "fetch",
            "a break is the end",
            opened(vec![
                (20, Retry(5), READING),
                (1000, Error, Fail(Failure::Broken)),
            ]),
        ),
        (
            "fetch",
            "a refused port is the end",
            asked(vec![(5, Error, Fail(Failure::Broken))]),
        ),
        (
            "fetch",
            "any status is an answer",
            asked(vec![(10, Head(503, Some("text/html")), Open)]),
        ),
        (
            "fetch",
            "any type is an answer",
            asked(vec![
                (10, Head(200, Some("application/x-ndjson")), Open),
                (20, End, Fail(Failure::Ended)),
            ]),
        ),
    ]
}

fn play(policy: Policy, (place, says, story): Sentence) {
    let mut client = Reconnect::new(policy);
    for (at, happening, expected) in story {
        let now = Duration::from_millis(at);
        let step = match happening {
            Begin => client.begin(now),
            Head(status, content_type) => client.response(status, content_type),
            Id(id) => {
                client.commit_id(id);
                Step::Nothing
            }
            Retry(milliseconds) => {
                client.retry(milliseconds);
                Step::Nothing
            }
            End => client.end(now),
            Error => client.network_error(now),
            Close => {
                client.close();
                Step::Nothing
            }
        };
        let (expected, state) = match expected {
            Still(state) => (Step::Nothing, state),
            Open => (Step::Open, State::Open),
            Expected::Request(at, id) => {
                let attempt = Attempt {
                    at: Duration::from_millis(at),
                    last_event_id: id.map(str::to_owned),
                };
                (Step::Request(attempt), State::Connecting)
            }
            Fail(failure) => (Step::Fail(failure), State::Closed),
        };
        assert_eq!(step, expected, "{place}: {says}; {happening:?} at {at} ms");
        assert_eq!(
            client.state(),
            state,
            "{place}: {says}; {happening:?} at {at} ms"
        );
    }
}

#[test]
fn an_event_source_does_what_the_standard_says() {
    for sentence in of_an_event_source() {
        play(Policy::EventSource, sentence);
    }
}

#[test]
fn fetch_never_asks_again() {
    for sentence in of_fetch() {
        play(Policy::Fetch, sentence);
    }
}

#[test]
fn another_first_wait_holds_until_the_stream_sets_one() {
    let firefox = Duration::from_secs(5);
    let mut client = Reconnect::with_reconnection_time(Policy::EventSource, firefox);
    assert_ne!(firefox, DEFAULT_RECONNECTION_TIME);
    let _ = client.begin(Duration::ZERO);
    let step = client.network_error(Duration::from_secs(1));
    let at = Duration::from_secs(6);
    assert_eq!(
        step,
        Step::Request(Attempt {
            at,
            last_event_id: None
        })
    );
}

/// How a client drives it with the decoder: an id without data counts, one with a NUL does not, one
/// of an event that is cut in two does not, and a retry counts at once.
#[test]
fn a_decoder_tells_it_what_the_bytes_said() {
    let mut client = Reconnect::new(Policy::EventSource);
    let _ = client.begin(Duration::ZERO);
    let _ = client.response(200, STREAM);
    let mut decoder = Decoder::new();
    let body = b"id: 1\n\nid: 2\0\ndata: x\n\nretry: 50x\nretry: 700\nid: 3\ndata: half\n";
    decoder
        .push(body, |decoded| {
            if let Decoded::Retry(milliseconds) = decoded {
                client.retry(milliseconds);
            }
        })
        .expect("a small event");
    client.commit_id(decoder.named_id());
    assert_eq!(client.last_event_id(), "1");
    assert_eq!(client.reconnection_time(), Duration::from_millis(700));
    let step = client.end(Duration::from_secs(1));
    let at = Duration::from_millis(1700);
    let last_event_id = Some("1".to_owned());
    assert_eq!(step, Step::Request(Attempt { at, last_event_id }));
}

#[test]
fn no_id_is_shown_whole_and_each_failure_is_a_sentence() {
    let mut client = Reconnect::new(Policy::EventSource);
    let _ = client.begin(Duration::ZERO);
    let _ = client.response(200, STREAM);
    client.commit_id(Some("token-of-mine"));
    let step = client.end(Duration::ZERO);
    assert!(!format!("{client:?}{step:?}").contains("token-of-mine"));
    for (failure, says) in [
        (Failure::NoContent, "204"),
        (Failure::Status(503), "503"),
        (Failure::ContentType(None), "no content-type"),
        (Failure::ContentType(Some("text/html".into())), "text/html"),
        (Failure::Ended, "ended"),
        (Failure::Broken, "broke"),
    ] {
        let sentence = failure.to_string();
        assert!(sentence.contains(says), "{sentence}");
        assert!(sentence.ends_with('.'), "{sentence}");
    }
    let long = Failure::ContentType(Some("x".repeat(5000)));
    assert!(long.to_string().len() < 300);
}

/// A stream that sends `retry: 0` and ends was asked for again as fast as the client could: more
/// than twenty times a second.
#[test]
fn no_retry_makes_a_client_ask_as_fast_as_it_can() {
    for (told, waits) in [(0, 100), (99, 100), (100, 100), (101, 101)] {
        let mut client = Reconnect::new(Policy::EventSource);
        _ = client.begin(Duration::ZERO);
        _ = client.response(200, STREAM);
        client.retry(told);
        let Step::Request(attempt) = client.end(Duration::from_secs(1)) else {
            panic!("it asks again");
        };
        assert_eq!(attempt.at, Duration::from_millis(1000 + waits), "{told}");
    }
}
