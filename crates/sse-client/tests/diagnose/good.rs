//! Streams that are good get nothing above "worth knowing".

use hyper::Version;
use sse_client::diagnose::{End, Level, Observation, diagnose};

use crate::support::{at_once, good, head, llm, ms, secs, set, steady, watched, worst};

/// Ten minutes with an event now and then, and a comment where nothing was sent for 15 s.
fn quiet() -> Observation {
    let comments = (1..40).map(|n| (n * 15_000, ": keep-alive\n".to_owned()));
    let events = (1..10).map(|n| (n * 60_000 + 7_000, format!("id: {n}\ndata: {n}\n\n")));
    let first = [(40, "retry: 3000\nid: 0\ndata: 0\n\n".to_owned())];
    let mut pieces: Vec<_> = first.into_iter().chain(comments).chain(events).collect();
    pieces.sort();
    watched(pieces, secs(601))
}

/// The shipped `/numbers`: five events, and the end in order.
fn numbers() -> Observation {
    let mut seen = watched(steady(5), ms(5_001));
    seen.end = End::InOrder;
    seen
}

/// A topic with its first frame, which has an id and a `retry` and no data, and much at once then.
fn topic() -> Observation {
    let first = (31, "retry: 2000\nid: t-0\n\n".to_owned());
    let backlog: String = (1..200)
        .map(|n| format!("id: t-{n}\ndata: é{n}\n\n"))
        .collect();
    let news = (200..240).map(|n| (n * 40, format!("id: t-{n}\ndata: {n}\n\n")));
    watched([first, (32, backlog)].into_iter().chain(news), secs(10))
}

/// The answer of a language model: it thinks, then 50 tokens a second.
fn answer() -> Observation {
    let token = |n: u64| (3_000 + n * 20, format!("data: {{\"delta\":\"豆{n}\"}}\n\n"));
    let end = [(5_100, "data: [DONE]\n\n".to_owned())];
    let mut seen = watched((0..100).map(token).chain(end), ms(5_101));
    seen.end = End::InOrder;
    seen.dialect = Some(llm());
    seen
}

#[test]
fn good_streams_are_left_alone() {
    let mut charset = good();
    set(
        &mut charset,
        "content-type",
        Some("text/event-stream; charset=utf-8"),
    );
    let mut nginx = good();
    set(&mut nginx, "server", Some("nginx"));
    let mut http2 = good();
    head(&mut http2).version = Version::HTTP_2;
    set(&mut http2, "transfer-encoding", None);
    for (name, seen) in [
        ("good", good()),
        ("with a charset", charset),
        ("behind nginx", nginx),
        ("HTTP/2", http2),
        ("quiet", quiet()),
        ("numbers", numbers()),
        ("a topic", topic()),
        ("an answer", answer()),
        ("nothing came yet", watched([(0, ""); 0], ms(500))),
    ] {
        let findings = diagnose(&seen);
        let bad = findings
            .iter()
            .find(|finding| finding.level < Level::WorthKnowing);
        assert!(bad.is_none(), "{name}: {bad:#?}");
        let is_fine = |rule| {
            let named = |level| findings.iter().any(|f| f.rule == rule && f.level == level);
            named(Level::Fine) && !named(Level::WorthKnowing)
        };
        for rule in ["W1", "W2", "W3", "W4", "W26", "W27"] {
            assert!(
                is_fine(rule),
                "{name}: {rule} is said to be fine: {findings:#?}"
            );
        }
    }
}

#[test]
fn a_good_stream_is_praised_for_what_was_looked_at() {
    let findings = diagnose(&good());
    let fine = findings
        .iter()
        .filter(|finding| finding.level == Level::Fine);
    let fine: Vec<&str> = fine.map(|finding| finding.rule).collect();
    let praised = [
        "W1", "W2", "W3", "W4", "W5", "W6", "W7", "W8", "W9", "W10", "W12", "W13", "W14", "W15",
        "W16", "W17", "W18", "W19", "W20", "W21", "W22", "W26", "W27",
    ];
    let praised: Vec<&str> = praised.into_iter().filter(|rule| *rule != "W19").collect();
    assert_eq!(fine, praised);
}

#[test]
fn the_worst_comes_first() {
    let mut seen = at_once(b"\xEF\xBB\xBFdata: 1\r\n\r\ndata: 2");
    seen.end = End::InOrder;
    let levels: Vec<Level> = diagnose(&seen)
        .into_iter()
        .map(|finding| finding.level)
        .collect();
    assert!(levels.is_sorted(), "{levels:?}");
    assert_eq!(worst(&seen), Level::Broken);
}

/// What a login page has is no event: one finding says so, and no rule on lines adds to it.
#[test]
fn a_page_is_not_judged_as_events() {
    let mut seen = at_once(b"<!doctype html>\r\n<p>\xFF: <b>no</b>\r\n\r\ndata of yours");
    seen.end = End::InOrder;
    set(&mut seen, "content-type", Some("text/html"));
    let rules: Vec<&str> = diagnose(&seen).iter().map(|finding| finding.rule).collect();
    assert_eq!(rules, ["W2", "W1"]);
}

#[test]
fn an_answer_that_never_came_is_no_panic() {
    let mut seen = at_once(b"");
    seen.head = None;
    seen.times = Default::default();
    assert_eq!(diagnose(&seen), []);
}
