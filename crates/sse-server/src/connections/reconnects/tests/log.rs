//! The log's entries about clients.

use super::*;
use crate::connections::{Happened, LogReceiver};

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
    log.look_out(desk.at(2100));
    assert_eq!(lines(&mut log), [""; 0]);
    for _ in 0..2 {
        log.look_out(desk.at(32_000));
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
    for _ in 0..5000 {
        desk.goes(untagged(None), 7, CLOSED, 10);
    }
    let first = log.recv().await.expect("the server is there").happened;
    let Happened::Dropped { entries } = first else {
        panic!("{first}");
    };
    assert_eq!(entries as usize + lines(&mut log).len(), 10_000);
    drop(desk);
    assert!(log.recv().await.is_none(), "the server is gone");
}
