//! The log's entries about clients.

use sse_engine::fault::{Strike, Target};

use super::*;
use crate::armed::InRooms;
use crate::connections::{Happened, LogLine, LogReader, LogReceiver, Whom};

/// The lines of it so far, without their times.
fn lines(log: &mut LogReceiver) -> Vec<String> {
    let entries = std::iter::from_fn(|| log.try_recv());
    entries.map(|entry| entry.happened.to_string()).collect()
}

#[tokio::test]
async fn a_connect_an_end_and_a_return_are_lines() {
    let desk = Desk::new();
    let mut log = desk.table.log();
    desk.goes(tagged(None), 7, CUT, 2000);
    let _open = desk.comes(3000, tagged(None), 1);
    let who = |row| format!("#{row} GET /endless (a, curl 8.5.0, 127.0.0.1:50000): ");
    let lines = lines(&mut log);
    let [opened, ended, back, said] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert_eq!(*opened, format!("{}opened", who(1)));
    let end = "ended by the server (stopped), 7 events, 100 bytes";
    assert_eq!(*ended, format!("{}{end}", who(1)));
    assert_eq!(*back, format!("{}opened", who(2)));
    let words = "BAD: came back after 1.00 s (retry 1.00 s) without an id, starts over: 7 again.";
    assert!(
        said.starts_with(&format!("{}{words} It makes", who(2))),
        "{said}"
    );
}

/// Nothing happens then: it is looked for.
#[tokio::test]
async fn who_stays_away_and_who_is_open_twice_is_told_once() {
    let desk = Desk::new();
    let mut log = desk.table.log();
    desk.goes(tagged(None), 7, CUT, 2000);
    let twice = |ms| {
        let who = Who {
            tag: Some("b"),
            ..Who::default()
        };
        desk.comes(ms, who, 1)
    };
    let _open = [twice(2000), twice(2000)];
    lines(&mut log);
    desk.table.look_out(desk.now(2100));
    assert_eq!(lines(&mut log), [""; 0]);
    for _ in 0..2 {
        desk.table.look_out(desk.now(32_000));
    }
    let lines = lines(&mut log);
    let [missing, beside] = &lines[..] else {
        panic!("{lines:?}");
    };
    assert!(
        missing.contains("BAD: has not come back for 30 s"),
        "{missing}"
    );
    assert!(
        beside.contains("BAD: 2 open at once: #2 and #3. It"),
        "{beside}"
    );
}

/// Of ten thousand clients that come at once nobody waits for a reader.
#[tokio::test]
async fn what_a_slow_reader_misses_is_counted_and_said() {
    let desk = Desk::new();
    let mut log = desk.table.log();
    for _ in 0..6000 {
        desk.goes(untagged(None), 7, CLOSED, 10);
    }
    let first = log.recv().await.expect("the server is there").happened;
    let Happened::Dropped { entries } = first else {
        panic!("{first}");
    };
    assert_eq!(entries, 2000, "ten thousand are kept");
    assert_eq!(lines(&mut log).len(), 10_000);
    drop(desk);
    assert!(log.recv().await.is_none(), "the server is gone");
}

/// The lines of all rooms and clients.
fn next(reader: &mut LogReader, most: usize) -> Vec<LogLine> {
    let all = Whom {
        rooms: InRooms::All,
        ..Whom::default()
    };
    reader.lines_of(&all, most).unwrap_or_default()
}

/// What the API answers of the log, as far as a reader has it now, but for the times.
fn json(reader: &mut LogReader) -> Vec<serde_json::Value> {
    let mut all = Vec::new();
    loop {
        let lines = next(reader, 100);
        if lines.is_empty() {
            return all;
        }
        let lines = lines
            .iter()
            .map(|line| serde_json::to_value(line).expect("JSON"));
        all.extend(lines.map(|mut line| {
            line.as_object_mut().expect("an object").remove("at_ms");
            line
        }));
    }
}

fn kinds(lines: &[serde_json::Value]) -> Vec<&str> {
    let kinds = lines.iter().map(|line| line["kind"].as_str());
    kinds.map(|kind| kind.expect("a kind")).collect()
}

#[test]
fn everything_that_happens_has_a_number() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    let _open = desk.comes(3000, tagged(Some("5")), 8);
    let full = Why::TooManyStreams;
    let stranger = desk.client(untagged(None));
    let refused = (stranger, 503, None);
    desk.table.turn_away(refused, full, None, desk.now(3500));
    let lines = json(&mut desk.table.log_after(0));
    let expected = [
        "started",
        "connected",
        "ended",
        "connected",
        "returned",
        "refused",
    ];
    assert_eq!(kinds(&lines), expected);
    let numbers: Vec<_> = lines.iter().map(|line| line["seq"].as_u64()).collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 6].map(Some));
    assert_eq!(
        lines[0],
        serde_json::json!({
            "seq": 1, "kind": "started", "stream": null, "client": null, "connection": null,
        })
    );
    assert_eq!(
        lines[2],
        serde_json::json!({
            "seq": 3, "kind": "ended", "stream": "/endless", "client": "a", "connection": 1,
            "why": "stopped",
        })
    );
    assert_eq!(
        (&lines[3]["status"], &lines[3]["connection"]),
        (&200.into(), &2.into())
    );
    assert_eq!(lines[4]["connection"], 2);
    assert_eq!(lines[4]["verdict"]["lost"], 2);
    let refused = &lines[5];
    assert_eq!(
        (&refused["status"], &refused["client"]),
        (&503.into(), &().into())
    );
    assert_eq!(refused["why"], "too many streams");
    // A time of the table's own clock.
    let at = serde_json::to_value(&next(&mut desk.table.log_after(2), 1)[0]).expect("JSON");
    assert_eq!(at["at_ms"], 1_800_000_002_000_u64);
    let rest = json(&mut desk.table.log_after(4));
    assert_eq!(kinds(&rest), ["returned", "refused"]);
    assert!(json(&mut desk.table.log_after(6)).is_empty());
}

#[test]
fn who_does_not_come_back_is_gone_once() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    let mut reader = desk.table.log_after(3);
    desk.table.look_out(desk.now(31_999));
    assert!(json(&mut reader).is_empty());
    desk.table.look_out(desk.now(32_000));
    desk.table.look_out(desk.now(33_000));
    let lines = json(&mut reader);
    assert_eq!(kinds(&lines), ["gone"]);
    assert_eq!(lines[0]["connection"], 1);
    assert_eq!(lines[0]["verdict"]["kind"], "missing");
}

#[test]
fn who_has_two_open_at_once_is_beside() {
    let desk = Desk::new();
    let _open = [
        desk.comes(0, tagged(None), 1),
        desk.comes(0, tagged(None), 1),
    ];
    let mut reader = desk.table.log_after(3);
    desk.table.look_out(desk.now(1000));
    assert_eq!(kinds(&json(&mut reader)), ["beside"]);
}

#[test]
fn who_asks_for_what_is_gone_is_told_how_many() {
    let desk = Desk::new();
    let mut slow = desk.table.log_after(0);
    next(&mut slow, 1);
    // Two entries each, and one of the start.
    for _ in 0..5005 {
        desk.goes(untagged(None), 7, CLOSED, 10);
    }
    let lost = |lost| serde_json::json!({ "kind": "gap", "lost": lost });
    let lines = json(&mut desk.table.log_after(0));
    assert_eq!(lines[0], lost(Some(11)));
    assert_eq!((lines.len(), &lines[1]["seq"]), (10_001, &12.into()));
    assert_eq!(json(&mut slow)[0], lost(Some(10)), "it had read one");
    assert_eq!(json(&mut desk.table.log_after(10))[0], lost(Some(1)));
    assert_eq!(json(&mut desk.table.log_after(11))[0]["seq"], 12);
    // A number of another life of the program: nothing is known of what came behind it.
    let lines = json(&mut desk.table.log_after(10_012));
    assert_eq!((&lines[0], &lines[1]["seq"]), (&lost(None), &12.into()));
    assert!(json(&mut desk.table.log_after(10_011)).is_empty());
}

#[test]
fn a_fault_knows_when_and_whom_it_struck_last() {
    let desk = Desk::new();
    let armed = |text: &str| Armed::new(3, text.parse().expect(text), desk.at(0));
    let (cut, refuse) = (armed("cut,after=3"), armed("status=503"));
    let whom = |fault: &Armed| fault.last().and_then(|strike| strike.whom);
    let target = |connection, client: Option<&str>| Target {
        connection,
        stream: "/endless".to_owned(),
        client: client.map(str::to_owned),
    };
    assert_eq!((cut.last(), refuse.last()), (None, None));
    let (first, second) = (
        desk.comes(0, tagged(None), 1),
        desk.comes(0, untagged(None), 1),
    );
    first.struck(&cut);
    assert_eq!(whom(&cut), Some(target(1, Some("a"))));
    second.struck(&cut);
    assert_eq!(whom(&cut), Some(target(2, None)));
    // One that a row has already, too.
    first.struck(&cut);
    assert_eq!(whom(&cut), Some(target(1, Some("a"))));

    for ms in [1500, 2500] {
        let refused = (desk.client(tagged(None)), 503, None);
        let now = desk.now(ms);
        desk.table
            .turn_away_by(Some(&refuse), refused, (Why::Fault, None), None, now);
        let at = refuse.last().map(|strike| strike.at);
        assert_eq!(at, Some(now.wall));
    }
    assert_eq!(whom(&refuse), Some(target(4, Some("a"))));
    desk.table.fired_for_all(&refuse, desk.now(3500));
    let everyone = Strike {
        at: desk.now(3500).wall,
        whom: None,
    };
    assert_eq!(refuse.last(), Some(everyone));
}

/// Whoever breaks something is told the number, and waits for what comes behind it.
#[tokio::test]
async fn what_is_broken_on_purpose_has_its_entries() {
    let desk = Desk::new();
    let mut log = desk.table.log();
    let now = desk.now(0);
    let open = desk.comes(0, tagged(None), 1);
    let table = &desk.table;
    let seqs = [
        table.armed(3, "cut,after=3", None, now),
        table.fired(3, &open.row, now),
        table.healed(3, None, now),
        table.armed(4, "status=503", Some("ci"), now),
        table.fired_for_all(&desk.fault(4), now),
        table.healed(4, Some("ci"), now),
        table.of_room("ci").reset(now).seq,
        table.reset(now).seq,
    ];
    assert_eq!(seqs, [3, 4, 5, 6, 7, 8, 9, 10]);
    assert_eq!(table.newest_seq(), 10);
    assert_eq!(
        lines(&mut log)[1..],
        [
            "armed fault 3: cut,after=3",
            "fault 3 struck #1",
            "healed fault 3",
            "armed fault 4: status=503 (room ci)",
            "fault 4 struck",
            "healed fault 4 (room ci)",
            "reset (room ci)",
            "reset",
        ]
    );
    let lines = json(&mut table.log_after(2));
    assert_eq!(
        lines[..2],
        [
            serde_json::json!({
                "seq": 3, "kind": "armed", "stream": null, "client": null, "connection": null,
                "fault": 3, "text": "cut,after=3",
            }),
            serde_json::json!({
                "seq": 4, "kind": "fired", "stream": "/endless", "client": "a", "connection": 1,
                "fault": 3,
            }),
        ]
    );
    assert_eq!(lines[3]["room"], "ci");
    assert_eq!(
        lines[6],
        serde_json::json!({
            "seq": 9, "kind": "reset", "room": "ci", "stream": null, "client": null,
            "connection": null,
        })
    );
}

#[test]
fn what_happens_in_a_room_has_its_name() {
    let desk = Desk::new();
    let client = desk.client(tagged(None));
    let asked = Request {
        room: Some("ci".into()),
        ..Request::clone(&client.asked)
    };
    let client = Client {
        asked: Arc::new(asked),
        ..client
    };
    let _open = desk.enters(0, client, 1);
    assert_eq!(json(&mut desk.table.log_after(1))[0]["room"], "ci");
}

#[tokio::test]
async fn what_a_fault_ended_says_so() {
    let desk = Desk::new();
    let mut log = desk.table.log();
    let open = desk.comes(0, tagged(None), 1);
    open.sent(7, Some(7), 100);
    let told = open.row.usually_told();
    open.close_by(Some(3), Why::Fault, Some(told), desk.now(2000));
    let entries = json(&mut desk.table.log_after(2));
    assert_eq!(
        (&entries[0]["kind"], &entries[0]["fault"]),
        (&"ended".into(), &3.into())
    );
    assert!(lines(&mut log)[1].contains(": ended by the server (fault 3), 7 events"));
    let _open = desk.comes(3020, tagged(Some("7")), 8);
    assert_eq!(
        desk.words(3020, 2),
        "cut after event 7 by fault 3, came back after 1.02 s (retry 1.00 s) with id 7, nothing lost"
    );
}
