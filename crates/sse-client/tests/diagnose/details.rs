//! What findings say beside their level: the evidence, the advice, and what is fine.

use sse_client::diagnose::{End, HeadRequest, Level, Observation, Preflight, diagnose};

use crate::support::{at_once, but, headers, ms, of, secs, watched};

fn sentences(rule: &str, seen: &Observation) -> Vec<String> {
    let findings = of(rule, seen).into_iter();
    findings.map(|finding| finding.sentence).collect()
}

#[test]
fn where_nothing_came_nothing_is_said_of_events() {
    let seen = watched([(0, ""); 0], ms(500));
    let rules: Vec<&str> = diagnose(&seen).iter().map(|finding| finding.rule).collect();
    let of_the_head = [
        "W28", "W1", "W2", "W3", "W4", "W7", "W9", "W22", "W26", "W27",
    ];
    assert_eq!(rules, of_the_head);
}

#[test]
fn the_evidence_is_the_place_where_it_was_seen_first() {
    let ids = b"id: 5\ndata: 1\n\nid: 5\ndata: 1\n\nid: 3\ndata: 1\n\nid: 2\ndata: 1\n\n";
    let shrinks = b"id: 5\ndata: 1\n\nid: 3\ndata: 1\n\nid: 5\ndata: 1\n\n";
    let invalid = watched(
        [(40, &b"data: 1\n\ndata: "[..]), (70, b"\xFF\n\n\xFF")],
        secs(1),
    );
    let silence = watched([(40, "data: 1\n\n"), (90_000, "data: 2\n\n")], secs(91));
    let mut tail = at_once(b"data: 1\n\n: x\ndata: 2");
    tail.end = End::InOrder;
    for (rule, seen, at_ms, byte) in [
        ("W15", at_once(ids), 40, 15),
        ("W15", at_once(shrinks), 40, 15),
        ("W18", invalid, 70, 15),
        ("W9", silence, 40, 9),
        ("W19", tail, 40, 13),
    ] {
        let evidence = of(rule, &seen)[0].evidence;
        assert_eq!(evidence.at_ms, Some(at_ms), "{rule}");
        assert_eq!(evidence.byte, Some(byte), "{rule}");
    }
}

#[test]
fn the_advice_names_the_field_that_was_meant() {
    for (line, advice) in [
        ("Data: 1", "Write data: in small letters"),
        (" retry: 1", "Write retry: in small letters"),
        ("id : 1", "Write id: in small letters"),
        ("hello", "Send such a line as data"),
    ] {
        let findings = of("W20", &at_once(format!("{line}\n\n").as_bytes()));
        assert!(
            findings[0].change.starts_with(advice),
            "{line}: {findings:#?}"
        );
    }
}

#[test]
fn a_long_id_is_said_once() {
    let with_id = |length| {
        let seen = at_once(format!("id: {}\ndata: 1\n\n", "x".repeat(length)).as_bytes());
        sentences("W14", &seen)
    };
    assert_eq!(with_id(128), ["Each id fits a header as it is."]);
    assert_eq!(with_id(1_024), ["1 id is longer than 128 bytes."]);
    assert_eq!(with_id(1_025), ["1 id is longer than 1024 bytes."]);
    let seen = at_once(format!("id: {} \ndata: 1\n\n", "x".repeat(1_023)).as_bytes());
    assert!(sentences("W14", &seen).contains(&"1 id has a space at an end.".to_owned()));
}

#[test]
fn what_the_other_requests_found_fine_is_one_sentence() {
    let head_request = || HeadRequest {
        status: Some(200),
        has_body: false,
        took: ms(9),
    };
    let preflight = || Preflight {
        origin: "https://page.example".into(),
        status: Some(204),
        headers: headers(&[
            ("Access-Control-Allow-Origin", "*"),
            ("Access-Control-Allow-Headers", "Last-Event-ID"),
        ]),
    };
    let of_both = |head, options| {
        sentences(
            "W24",
            &but(|seen| {
                seen.head_request = head;
                seen.preflight = options;
            }),
        )
    };
    assert_eq!(of_both(None, None), Vec::<String>::new());
    assert_eq!(
        of_both(None, Some(preflight())),
        ["The preflight allows Last-Event-ID."]
    );
    assert_eq!(
        of_both(Some(head_request()), Some(preflight())),
        ["HEAD is answered with 200 and no body, and the preflight allows Last-Event-ID."]
    );
    let body = HeadRequest {
        has_body: true,
        ..head_request()
    };
    let found = of_both(Some(body), Some(preflight()));
    assert_eq!(found, ["HEAD starts the stream: bytes of a body came."]);
}

#[test]
fn a_level_has_a_word_for_people_and_one_for_programs() {
    let level = Level::WorthKnowing;
    assert_eq!(level.to_string(), "worth knowing");
    assert_eq!(
        serde_json::to_string(&level).expect("JSON"),
        "\"worth-knowing\""
    );
}
