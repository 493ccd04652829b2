//! What a recording becomes that is served.

use super::*;
use crate::recording::Recording;

fn replay(text: &str) -> Replay {
    let recording = Recording::parse(format!("wire 1\n{text}")).expect(text);
    Replay::new(&recording).expect(text)
}

const TWO: &str = "\
> GET /chat HTTP/1.1
@ 100ms
< HTTP/1.1 200 OK
< content-type: text/event-stream
@ 10ms
| retry: 500
| id: a
| data: 1
|
@ 20ms
| event: tick
| id: b
~ da\\
@ 30ms
| ta: 2
|
= cut
==
> GET /chat HTTP/1.1
> last-event-id: b
< HTTP/1.1 200 OK
< content-type: text/event-stream
| id: b
|
| data: 3
|
| id: c
| data: 4
|
| : bye
@ 5ms
= end
";

#[test]
fn events_are_computed_with_their_places() {
    let replay = replay(TWO);
    assert_eq!((replay.len(), replay.responses()), (4, 2));
    assert_eq!(replay.names().collect::<Vec<_>>(), ["message", "tick"]);
    assert!(
        replay.has_unique_ids(),
        "what only says again where a client is gives no place"
    );
    let places: Vec<_> = replay
        .events
        .iter()
        .map(|event| (event.response, event.end, event.id.as_deref()))
        .collect();
    assert_eq!(
        places,
        [
            (0, 26, Some("a")),
            (0, 53, Some("b")),
            (1, 16, None),
            (1, 31, Some("c"))
        ]
    );
    assert_eq!(replay.retry(), Some(500));
    assert_eq!(replay.responses[0].head_after, Duration::from_millis(100));
    assert_eq!(replay.responses[0].cues.len(), 3);
}

#[test]
fn who_comes_back_goes_on_behind_the_last_event() {
    let replay = replay(TWO);
    let behind = |had| {
        let at = replay.behind(had)?;
        Some((at.response, at.byte))
    };
    let places = [0, 1, 2, 3, 4, 9].map(behind);
    assert_eq!(
        places,
        [
            Some((0, 0)),
            Some((0, 26)),
            // The last of its response: its client came back, and so does this one.
            Some((1, 0)),
            Some((1, 16)),
            None,
            None
        ]
    );
    assert_eq!(replay.number_of("a"), Some(1));
    assert_eq!(replay.number_of("b"), Some(2));
    assert_eq!(replay.number_of("x"), None);
    let begin = |n| replay.begin_of(n).map(|at| (at.response, at.byte));
    assert_eq!(
        [0, 1, 2, 3, 4, 5].map(begin),
        [
            Some((0, 0)),
            Some((0, 0)),
            Some((0, 26)),
            Some((1, 0)),
            Some((1, 16)),
            None
        ]
    );
}

#[test]
fn an_id_that_comes_twice_leads_nowhere() {
    let twice = replay(
        "< HTTP/1.1 200 OK\n| id: a\n| data: 1\n|\n| id: b\n| data: 2\n|\n| id: a\n| data: 3\n|\n= end\n",
    );
    assert!(twice.has_ids() && !twice.has_unique_ids());
    assert_eq!(
        (twice.number_of("a"), twice.number_of("b")),
        (None, Some(2))
    );
    assert!(twice.repeats_id("a") && !twice.repeats_id("b"));
    // One that a client ignores, and one that takes the id away.
    let odd = replay("< HTTP/1.1 200 OK\n~ id: \\x00\n| id\n| data: 1\n|\n= end\n");
    assert!(!odd.has_ids());
}

#[test]
fn only_an_event_stream_has_events() {
    let json = replay(
        "< HTTP/1.1 503 Service Unavailable\n< content-type: application/json\n| data: 1\n|\n= end\n",
    );
    assert!(json.is_empty());
    let crlf = replay("% ends crlf\n< HTTP/1.1 200 OK\n~ \\xef\\xbb\\xbfdata: 1\n|\n= open\n");
    assert_eq!(
        (crlf.len(), crlf.responses[0].line_ending),
        (1, LineEnding::CrLf)
    );
    assert!(crlf.stays_open());
}

#[test]
fn what_cannot_be_served_is_told() {
    let why = |text: &str| {
        let recording = Recording::parse(format!("wire 1\n{text}")).expect(text);
        Replay::new(&recording).expect_err(text).to_string()
    };
    for (text, word) in [
        ("= end\n", "no response"),
        ("> GET / HTTP/1.1\n= end\n", "no response"),
        ("< HTTP/1.1 101 Switching\n= end\n", "\"101\""),
        (
            "< HTTP/1.1 200 OK\n! status=503\n= end\n",
            "above the first `<` line",
        ),
        (
            "< HTTP/1.1 200 OK\n! wait=3s\n| x\n= end\n",
            "write `@` and a time",
        ),
        (
            "! knock,for=1s\n< HTTP/1.1 200 OK\n= end\n",
            "outside of the recording",
        ),
        (
            "! profile=lossy\n< HTTP/1.1 200 OK\n= end\n",
            "on a line of its own",
        ),
    ] {
        assert!(why(text).contains(word), "{text}: {}", why(text));
    }
    // Nobody is answered, and that can be replayed.
    assert_eq!(replay("> GET / HTTP/1.1\n@ 1s\n= reset\n").responses(), 1);
    let door = replay("! status=503,times=1\n< HTTP/1.1 200 OK\n! cut\n= end\n");
    assert_eq!(door.faults(), 2);
    assert_eq!(door.responses[0].at_door.len(), 1);
}
