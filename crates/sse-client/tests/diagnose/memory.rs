//! What is kept of a watch does not grow with it.

use sse_client::diagnose::{BodyFacts, Ends, Gatherer};

use crate::support::{HEAD, ms, secs};

const DAY: u64 = 86_400;

/// Everything that has a length.
fn lengths(facts: &BodyFacts) -> Vec<(&'static str, usize)> {
    vec![
        ("first events", facts.events.kept.first.len()),
        ("last events", facts.events.kept.last.len()),
        ("names", facts.events.names.len()),
        ("first pieces", facts.pieces.kept.first.len()),
        ("last pieces", facts.pieces.kept.last.len()),
        ("unknown names", facts.lines.unknown_names.len()),
        ("first id", facts.ids.first.as_ref().map_or(0, String::len)),
        ("last id", facts.ids.last.as_ref().map_or(0, String::len)),
        ("in Debug", format!("{facts:?}").len()),
    ]
}

#[test]
fn a_watch_of_a_day_is_as_small_as_one_of_an_hour() {
    let mut gatherer = Gatherer::new(HEAD);
    let mut after_an_hour = Vec::new();
    for second in 1..=DAY {
        // Each second another name, another unknown field, and an id that grows.
        let event = format!(
            "id: {second}\nevent: e{second}\nfield{second}: x\ndata: {{\"n\":{second}}}\n\n"
        );
        gatherer.read(secs(second), event.as_bytes());
        if second == 3_600 {
            after_an_hour = lengths(&gatherer.facts(secs(second)));
        }
    }
    let facts = gatherer.facts(secs(DAY));
    assert_eq!(facts.events.count, DAY);
    assert_eq!(facts.events.json, DAY);
    assert_eq!(facts.ids.last.as_deref(), Some("86400"));
    assert_eq!(facts.events.kept.first[0].id, "1");
    assert_eq!(facts.events.kept.last[15].id, "86400");
    assert_eq!(facts.lines.unknown.count, DAY);
    assert_eq!(facts.silence.longest, secs(1));
    for ((what, hour), (_, day)) in after_an_hour.into_iter().zip(lengths(&facts)) {
        // Numbers have more digits, and nothing else has more of anything.
        let may = if what == "in Debug" {
            hour + hour / 10
        } else {
            hour.max(8)
        };
        assert!(
            day <= may,
            "{what}: {hour} after an hour, {day} after a day"
        );
    }
    assert_eq!(facts.events.kept.iter().count(), 2 * Ends::<()>::KEPT);
    assert_eq!(facts.events.names.len(), 32);
    assert_eq!(facts.lines.unknown_names.len(), 8);
}

#[test]
fn a_line_without_an_end_keeps_a_little_of_each_name() {
    let mut gatherer = Gatherer::new(HEAD);
    let long = "x".repeat(1 << 20);
    gatherer.read(
        ms(40),
        format!("event: {long}\nid: {long}\ndata\n\n{long}").as_bytes(),
    );
    gatherer.read(ms(50), format!(":\n\n{long}").as_bytes());
    let facts = gatherer.facts(ms(60));
    assert_eq!(facts.ids.longest, 1 << 20);
    assert!(
        format!("{facts:?}").len() < 32 * 1024,
        "it keeps the beginning of what is long"
    );
}

/// The reader has a bound of 16 MiB an event: what is larger is said, and what follows is counted
/// as bytes only.
#[test]
fn an_event_beyond_the_bound_is_said() {
    let mut gatherer = Gatherer::new(HEAD);
    gatherer.read(ms(40), b"data: 1\n\ndata: ");
    for _ in 0..17 {
        gatherer.read(ms(50), &[b'x'; 1 << 20]);
    }
    gatherer.read(ms(60), b"\n\ndata: 3\n\n");
    let facts = gatherer.facts(ms(70));
    assert_eq!(facts.events.count, 1);
    assert_eq!(facts.events.not_decoded.count, 2);
    assert_eq!(
        facts.events.not_decoded.first.map(|place| place.byte),
        Some(9)
    );
}
