//! What two recordings are told to differ in.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::recording::diff::{Change, Compared, Comparison, Difference, Place};

const ALL: Compared = Compared {
    heads: true,
    ends: true,
    times: true,
};

fn compared(first: &str, second: &str) -> Comparison {
    Comparison::new(&read(first), &read(second), ALL)
}

/// A file whose events have these data.
fn stream(data: &[&str]) -> String {
    let event = |data: &&str| format!("| data: {data}\n|\n");
    with_body(&data.iter().map(event).collect::<String>())
}

/// The numbers of the events that differ.
fn events(compared: &Comparison) -> Vec<(Option<usize>, Option<usize>)> {
    let events = compared.differences().iter().filter_map(|it| match it {
        Difference::Event { events, .. } => Some(events),
        _ => None,
    });
    let number = |place: Option<Place>| place.map(|place| place.number);
    events
        .map(|events| (number(events.0), number(events.1)))
        .collect()
}

fn numbers(first: &[&str], second: &[&str]) -> Vec<(Option<usize>, Option<usize>)> {
    let compared = compared(&stream(first), &stream(second));
    assert_eq!(compared.events(), (first.len(), second.len()));
    events(&compared)
}

/// The changes of the only event that differs.
fn changes(first: &str, second: &str) -> Vec<(String, Option<String>, Option<String>)> {
    let compared = compared(first, second);
    let [
        Difference::Event {
            events: (Some(first), Some(second)),
            ..
        },
    ] = compared.differences()
    else {
        panic!("{:?}", compared.differences());
    };
    let changes = compared.changes(*first, *second, 20);
    let tuple = |Change {
                     place,
                     first,
                     second,
                 }| (place, first, second);
    changes.into_iter().map(tuple).collect()
}

#[test]
fn what_is_the_same_for_a_client_does_not_differ() {
    let first = with_body("| id: 1\n| event: a\n| data: {\"a\": 1.0, \"b\": [2]}\n|\n");
    for second in [
        "~ data:{\"b\":[2],\"a\":1}\\r\\\n@ 1ms\n~ \\nevent:a\\n\\\n| : hi\n| retry: 5\n| id:1\n|\n",
        "| id: 1\n# note\n| event: a\n| data: {\"a\": 1, \"b\":\n| data: [2]}\n|\n|\n",
    ] {
        let compared = compared(&first, &with_body(second));
        assert_eq!(compared.differences(), [], "{second}");
    }
}

#[test]
fn an_event_that_is_put_in_or_left_out_is_one_difference() {
    let all = ["a", "b", "c", "d", "e"];
    assert_eq!(numbers(&all, &all), []);
    assert_eq!(
        numbers(&all, &["a", "b", "x", "c", "d", "e"]),
        [(None, Some(3))]
    );
    assert_eq!(numbers(&all, &["b", "c", "d", "e"]), [(Some(1), None)]);
    assert_eq!(numbers(&all, &["a", "b", "c", "d"]), [(Some(5), None)]);
    assert_eq!(
        numbers(&all, &["a", "b", "x", "d", "e"]),
        [(Some(3), Some(3))]
    );
    assert_eq!(
        numbers(&all, &["x", "a", "b", "c", "e", "y"]),
        [(None, Some(1)), (Some(4), None), (None, Some(6))]
    );
    assert_eq!(numbers(&[], &["a"]), [(None, Some(1))]);
    // The one that is like it is its other, also where one was put in beside it.
    let (first, second) = (["a", "token one", "e"], ["a", "new", "token two", "e"]);
    assert_eq!(
        numbers(&first, &second),
        [(None, Some(2)), (Some(2), Some(3))]
    );
    // An id goes on to the events behind it, and is none of theirs.
    let first = with_body("| data: a\n|\n| data: b\n|\n| data: c\n|\n");
    let second = with_body("| data: a\n|\n| id: 7\n| data: x\n|\n| data: b\n|\n| data: c\n|\n");
    assert_eq!(events(&compared(&first, &second)), [(None, Some(2))]);
}

#[test]
fn where_ids_or_data_all_differ_the_others_align() {
    let file = |ids: u32, data: &[&str]| {
        let event = |(at, data): (u32, &&str)| format!("| id: {}\n| data: {data}\n|\n", at + ids);
        with_body(&(0..).zip(data).map(event).collect::<String>())
    };
    let all: Vec<String> = (0..40).map(|at| format!("d{at}")).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    // Other ids, and the second event is missing.
    let less: Vec<&str> = [&all[..1], &all[2..]].concat();
    let compared = compared(&file(100, &all), &file(500, &less));
    let pairs = events(&compared);
    assert_eq!(
        pairs[..3],
        [(Some(1), Some(1)), (Some(2), None), (Some(3), Some(2))]
    );
    assert_eq!(pairs.len(), 40);
    // Other data with the same ids.
    let event = |(at, word): (usize, &str)| format!("| id: {at}\n| data: {word}{at}\n|\n");
    let first: String = (0..40).map(|at| event((at, "one "))).collect();
    let second: String = (0..40)
        .filter(|at| *at != 20)
        .map(|at| event((at, "other ")))
        .collect();
    let compared = Comparison::new(&read(&with_body(&first)), &read(&with_body(&second)), ALL);
    assert_eq!(
        events(&compared)[20..22],
        [(Some(21), None), (Some(22), Some(21))]
    );
}

/// Two answers of a language model: each event has a number and a time of its answer.
#[test]
fn where_each_event_differs_beside_the_same_token_tokens_align() {
    let file = |answer: &str, tokens: &[&str]| {
        let event = |token: &&str| {
            format!("| data: {{\"id\":\"{answer}\",\"choices\":[{{\"delta\":\"{token}\"}}]}}\n|\n")
        };
        with_body(&tokens.iter().map(event).collect::<String>())
    };
    let tokens: Vec<String> = (0..40).map(|at| format!("t{at}")).collect();
    let tokens: Vec<&str> = tokens.iter().map(String::as_str).collect();
    let more = [&tokens[..20], &["new"], &tokens[20..]].concat();
    let compared = compared(&file("a1", &tokens), &file("b22", &more));
    let pairs = events(&compared);
    assert_eq!(
        pairs[19..22],
        [(Some(20), Some(20)), (None, Some(21)), (Some(21), Some(22))]
    );
    assert_eq!(pairs.len(), 41);
}

#[test]
fn a_change_within_json_has_its_path() {
    let some = |text: &str| Some(text.to_owned());
    let (first, second) = (
        r#"{"a":[{"b c":"x"},1],"d":null,"e":{"f":1}}"#,
        r#"{"a":[{"b c":"y"}],"d":false,"g":{"z":1,"a":2},"e":{"f":1.0}}"#,
    );
    assert_eq!(
        changes(&stream(&[first]), &stream(&[second])),
        [
            (
                r#"$.a[0]["b c"]"#.to_owned(),
                some(r#""x""#),
                some(r#""y""#)
            ),
            ("$.a[1]".to_owned(), some("1"), None),
            ("$.d".to_owned(), some("null"), some("false")),
            ("$.g".to_owned(), None, some(r#"{"a":2,"z":1}"#)),
        ]
    );
    assert_eq!(
        changes(&stream(&["[1]"]), &stream(&["{\"a\":1}"])),
        [("$".to_owned(), some("[1]"), some("{\"a\":1}"))]
    );
    let (first, second) = (
        "| event: a\n| id: 1\n| data: x\n|\n",
        "| id: 2\n| data: y\n|\n",
    );
    assert_eq!(
        changes(&with_body(first), &with_body(second)),
        [
            ("name".to_owned(), some("a"), some("message")),
            ("id".to_owned(), some("1"), some("2")),
            ("data".to_owned(), some("x"), some("y")),
        ]
    );
    let many: String = (1..99).map(|at| format!("{at},")).collect();
    let (first, second) = (
        format!("[{many}0]"),
        format!("[{}1]", many.replace(',', "9,")),
    );
    let compared = compared(&stream(&[&first]), &stream(&[&second]));
    let [
        Difference::Event {
            events: (Some(first), Some(second)),
            ..
        },
    ] = compared.differences()
    else {
        panic!("{:?}", compared.differences());
    };
    assert_eq!(compared.changes(*first, *second, 7).len(), 7);
}

#[test]
fn numbers_are_compared_by_value_as_far_as_that_is_exact() {
    let same = |first: &str, second: &str| numbers(&[first], &[second]).is_empty();
    assert!(same("[1.0]", "[1]") && same("[-0.0]", "[0]") && same("[1e2]", "[100]"));
    assert!(same("1.50", "1.5"));
    assert!(!same("[123456789012345678901]", "[123456789012345678902]"));
    assert!(!same("[18446744073709551615]", "[18446744073709551614]"));
    assert!(!same("[\"1\"]", "[1]") && !same("007", "7") && !same("[DONE]", "[DONE"));
    let deep = |end: &str| format!("{}1{end}", "[".repeat(5000));
    assert!(!same(&deep("a"), &deep("b")));
}

#[test]
fn heads_ends_and_exchanges_follow_the_events() {
    let first = "wire 1\n< HTTP/1.1 200 OK\n< content-type: text/event-stream\n| data: a\n|\n= end\n==\n= open\n";
    let second = "wire 1\n< HTTP/2 503\n< Content-Type: text/event-stream;charset=utf-8\n| data: b\n|\n= cut\n";
    let compared = compared(first, second);
    let [event, rest @ ..] = compared.differences() else {
        panic!("{compared:?}");
    };
    assert!(matches!(event, Difference::Event { exchange: 1, .. }));
    let value = |text: &str| Some(text.to_owned());
    assert_eq!(
        rest,
        [
            Difference::Status {
                exchange: 1,
                statuses: (Some(200), Some(503))
            },
            Difference::ContentType {
                exchange: 1,
                values: (
                    value("text/event-stream"),
                    value("text/event-stream;charset=utf-8")
                ),
            },
            Difference::End {
                exchange: 1,
                ends: (Some(End::End), Some(End::Cut))
            },
            Difference::Exchange {
                exchange: 2,
                is_second: false
            },
        ]
    );
    let what = Compared {
        heads: false,
        ends: false,
        times: true,
    };
    let less = Comparison::new(&read(first), &read(second), what);
    assert_eq!(less.differences().len(), 2);
    // Only the value of a content type counts, and not how it is written.
    let spelled = first.replace(
        "content-type: text/event-stream",
        "Content-type:TEXT/event-stream ",
    );
    assert_eq!(
        Comparison::new(&read(first), &read(&spelled), ALL).differences(),
        []
    );
}

#[test]
fn a_body_that_is_no_stream_is_compared_as_a_whole() {
    let file = |kind: &str, body: &str| {
        format!("wire 1\n< HTTP/1.1 400 Bad\n< content-type: {kind}\n{body}= end\n")
    };
    let json = |body| file("application/json; charset=utf-8", body);
    let first = json("| {\"error\": {\"code\": 1}}\n");
    assert_eq!(
        compared(&first, &json("~ {\"error\":\\\n@ 1ms\n| {\"code\":1}}\n")).differences(),
        []
    );
    let some = |text: &str| Some(text.to_owned());
    assert_eq!(
        changes(&first, &json("| {\"error\": {\"code\": 2}}\n")),
        [("$.error.code".to_owned(), some("1"), some("2"))]
    );
    let image = |body| file("image/png", body);
    let compared_images = compared(&image("~ \\xff\\\n"), &image("~ \\xfe\\\n"));
    assert_eq!(compared_images.differences().len(), 1);
    let lines = |body| file("application/x-ndjson", body);
    let compared_lines = compared(
        &lines("| {\"a\": 1}\n| {\"a\":2}\n"),
        &lines("~ {\"a\":\\\n@ 1ms\n| 1}\n| {\"b\":1}\n~ {\"a\":2}\\\n"),
    );
    assert_eq!(events(&compared_lines), [(None, Some(2))]);
}

#[test]
fn intervals_differ_by_more_than_50_ms_and_20_percent() {
    let file = |first: u64, second: u64, end: u64| {
        let request = "wire 1\n@ 9s\n> GET / HTTP/1.1\n@ 1ms\n< HTTP/1.1 200 OK\n";
        format!(
            "{request}@ {first}ms\n| data: a\n|\n@ {second}ms\n| data: b\n|\n@ {end}ms\n= end\n"
        )
    };
    let of = |first: (u64, u64, u64), second: (u64, u64, u64)| -> Vec<_> {
        let files = (
            file(first.0, first.1, first.2),
            file(second.0, second.1, second.2),
        );
        let compared = compared(&files.0, &files.1);
        let intervals = compared.differences().iter().map(|it| match it {
            Difference::Interval {
                numbers,
                intervals: (one, other),
                ..
            } => (*numbers, one.as_millis(), other.as_millis()),
            other => panic!("{other:?}"),
        });
        intervals.collect()
    };
    assert_eq!(of((10, 100, 0), (60, 150, 50)), []);
    assert_eq!(of((0, 1000, 0), (0, 1250, 0)), []);
    assert_eq!(
        of((0, 1000, 0), (51, 1251, 51)),
        [
            (Some((1, 1)), 1, 52),
            (Some((2, 2)), 1000, 1251),
            (None, 0, 51)
        ]
    );
    // Where an event was put in, the interval behind it is another one.
    let first = file(0, 100, 0);
    let second = first.replace("@ 100ms", "@ 1s\n| data: x\n|\n@ 500ms");
    assert_eq!(compared(&first, &second).differences().len(), 1);
    let without = Compared {
        times: false,
        ..ALL
    };
    let slow = file(0, 900, 0);
    assert_eq!(
        Comparison::new(&read(&first), &read(&slow), without).differences(),
        []
    );
}

proptest! {
    #[test]
    fn each_event_is_in_one_row(first in "[a-d]{0,30}", second in "[a-d]{0,30}") {
        let file = |text: &str| {
            let event = |c: char| format!("| data: {c}\n|\n");
            read(&with_body(&text.chars().map(event).collect::<String>()))
        };
        let compared = Comparison::new(&file(&first), &file(&second), ALL);
        prop_assert_eq!(compared.differences().is_empty(), first == second);
        let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
        for (one, other) in events(&compared) {
            firsts.extend(one);
            seconds.extend(other);
        }
        // They are in order, and what is in none of them is the same in both.
        prop_assert!(firsts.is_sorted() && seconds.is_sorted());
        let rest = |text: &str, gone: &[usize]| -> String {
            let kept = text.chars().zip(1..).filter(|(_, at)| !gone.contains(at));
            kept.map(|(c, _)| c).collect()
        };
        prop_assert_eq!(rest(&first, &firsts), rest(&second, &seconds));
    }
}

/// So many that they are cut at events that each has once.
#[test]
fn two_changes_far_apart_in_a_long_stream_are_two() {
    const EVENTS: usize = 1 << 16;
    let event = |at: usize| format!("| data: {}\n|\n", if at.is_multiple_of(3) { 0 } else { at });
    let all: String = (0..EVENTS).map(event).collect();
    let other: String = (0..EVENTS)
        .filter(|at| *at != 100)
        .map(|at| {
            if at == EVENTS - 100 {
                event(EVENTS)
            } else {
                event(at)
            }
        })
        .collect();
    let compared = compared(&with_body(&all), &with_body(&other));
    assert_eq!(
        events(&compared),
        [(Some(101), None), (Some(EVENTS - 99), Some(EVENTS - 100)),]
    );
}

/// Each of these takes seconds in a debug build, and hours if each event were compared with each.
#[test]
fn time_is_bounded() {
    const EVENTS: usize = 1 << 15;
    let started = Instant::now();
    let stream = |data: &dyn Fn(usize) -> usize| {
        let event = |at: usize| format!("| data: {}\n|\n", data(at));
        read(&with_body(&(0..EVENTS).map(event).collect::<String>()))
    };
    let (counted, twos) = (stream(&|at| at), stream(&|at| at % 2));
    let anchored = |few: usize| {
        stream(&|at| {
            if at.is_multiple_of(2000) {
                at
            } else {
                at % few
            }
        })
    };
    for (first, second) in [
        (&counted, &stream(&|at| EVENTS - at)),
        (&counted, &stream(&|at| at * 7919 % EVENTS)),
        (&counted, &stream(&|at| at + EVENTS)),
        (&twos, &stream(&|at| at % 3)),
        (&anchored(2), &anchored(3)),
    ] {
        let compared = Comparison::new(first, second, ALL);
        assert!(!compared.differences().is_empty());
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(120), "it took {took:?}");
}
