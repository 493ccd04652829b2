//! The table alone, without a socket.

use std::time::Duration;

use sse_wire::Framing;

use super::activity::Activity;
use super::*;

impl From<Client> for Arrived {
    fn from(client: Client) -> Self {
        Self {
            client,
            received: None,
        }
    }
}

/// A connection of the client of this tag.
pub(crate) fn opened(table: &Connections, tag: &str) -> Open {
    enter(table, tag).expect("room")
}

fn enter(table: &Connections, tag: &str) -> Result<Open, Box<Full>> {
    let client = client_of(table, tag);
    let resume = Resume {
        numbers: client.numbers.clone(),
        next: 1,
        had: None,
        first: None,
    };
    table.open(client, &resume, 200)
}

fn slice(table: &Connections, query: TableQuery) -> Slice {
    table.slice(&query, Instant::now())
}

fn all(table: &Connections) -> Slice {
    slice(table, TableQuery::default())
}

fn of(table: &Connections, tag: &str) -> Slice {
    let client = Some(tag.to_owned());
    slice(
        table,
        TableQuery {
            client,
            ..TableQuery::default()
        },
    )
}

fn client(tag: &str) -> Client {
    Client {
        peer: ([127, 0, 0, 1], 50_000).into(),
        asked: Arc::new(Request {
            program: "curl 8.5.0".into(),
            room: None,
            stream: "/endless".into(),
            method: "GET".into(),
            framing: Framing::Chunked,
        }),
        tag: Some(tag.into()),
        brought: None,
        numbers: Numbering::Stream(Arc::new(sse_engine::file::shipped().remove(1))),
    }
}

/// The same in the room of this table.
fn client_of(table: &Connections, tag: &str) -> Client {
    let client = client(tag);
    let asked = Request {
        room: table.room().map(Box::from),
        ..Request::clone(&client.asked)
    };
    Client {
        asked: Arc::new(asked),
        ..client
    }
}

#[test]
fn a_row_lives_from_open_to_end_and_stays_for_a_while() {
    let table = Connections::new(10);
    let open = enter(&table, "a").expect("room");
    open.sent(1, Some(1), 20);
    open.sent(1, Some(2), 40);
    open.sent(0, None, 40);
    let view = all(&table);
    assert_eq!(
        (view.tally.open, view.tally.opened, view.rows.len()),
        (1, 1, 1)
    );
    assert_eq!(view.rows[0].last_id.as_deref(), Some("2"));
    assert_eq!(view.rows[0].state, "open");
    open.end(Why::Closed, None);
    let view = all(&table);
    assert_eq!((view.tally.open, view.tally.opened), (0, 1));
    let ended = view.rows[0].ended.as_ref().expect("it ended");
    assert_eq!((ended.by, ended.why), (EndedBy::Client, Why::Closed));
    assert_eq!(view.rows[0].events, 2);
}

#[test]
fn the_limit_counts_open_streams_only() {
    let table = Connections::new(1);
    let first = enter(&table, "a").expect("room");
    let Err(full) = enter(&table, "b") else {
        panic!("there is no room");
    };
    assert_eq!(full.0.client.tag.as_deref(), Some("b"));
    drop(first);
    enter(&table, "b").expect("room again");
}

#[test]
fn closed_rows_are_bounded_and_newest_first() {
    let table = Connections::new(10);
    for n in 0..KEPT + 5 {
        table.refuse(client(&n.to_string()), 503, None, Why::TooManyStreams);
    }
    let view = all(&table);
    assert_eq!(view.rows.len(), KEPT);
    assert_eq!(view.tally.refused, KEPT as u64 + 5);
    assert_eq!(view.rows[0].client.as_deref(), Some("54"));
    assert_eq!(of(&table, "5").rows.len(), 1);
    assert_eq!(of(&table, "4").rows.len(), 0);
}

#[test]
fn refusals_do_not_wipe_out_how_others_ended() {
    let table = Connections::new(10);
    drop(enter(&table, "mine").expect("room"));
    let ending = Why::OriginNotAllowed;
    for n in 0..KEPT * 3 {
        table.refuse(client(&n.to_string()), 403, None, ending);
    }
    assert_eq!(of(&table, "mine").rows.len(), 1);
}

#[test]
fn many_open_rows_do_not_push_out_how_others_ended() {
    let table = Connections::new(1000);
    let ending = Why::TooManyStreams;
    table.refuse(client("refused"), 503, None, ending);
    let open: Vec<_> = (0..300)
        .map(|n| enter(&table, &n.to_string()).expect("room"))
        .collect();
    let view = all(&table);
    assert_eq!(
        (view.tally.open, view.rows.len(), view.all),
        (300, 200, 301)
    );
    assert_eq!(view.rows[0].client.as_deref(), Some("299"), "newest first");
    let (first, count) = (299, 2);
    let end = slice(
        &table,
        TableQuery {
            first,
            count,
            ..TableQuery::default()
        },
    );
    let states: Vec<&str> = end.rows.iter().map(|row| row.state).collect();
    assert_eq!(states, ["open", "refused"]);
    let ended = of(&table, "7").rows;
    assert_eq!(ended.len(), 1);
    drop(open);
}

/// They kept the rate that they had had, and stood above those that are open, without a figure.
#[test]
fn rows_that_ended_have_no_rate_to_be_sorted_by() {
    let table = Connections::new(10);
    let [quick, slow] = ["quick", "slow"].map(|tag| enter(&table, tag).expect("room"));
    let by_rate = TableQuery {
        sort: Sort::Rate,
        descending: true,
        ..TableQuery::default()
    };
    let begin = Instant::now();
    let tags = |seconds| {
        let slice = table.slice(&by_rate, begin + Duration::from_secs(seconds));
        slice
            .rows
            .into_iter()
            .filter_map(|row| row.client)
            .collect::<Vec<_>>()
    };
    tags(0);
    quick.sent(100, Some(100), 2000);
    slow.sent(1, Some(1), 20);
    assert_eq!(tags(2), ["quick", "slow"]);
    quick.end(Why::Closed, None);
    assert_eq!(tags(4), ["slow", "quick"]);
}

/// A window and a page in a browser took each other's order away at each look.
#[test]
fn each_look_has_an_order_of_its_own_and_keeps_it_for_a_second() {
    let table = Connections::new(10);
    let [a, b] = ["a", "b"].map(|tag| enter(&table, tag).expect("room"));
    let by_events = TableQuery {
        sort: Sort::Events,
        descending: true,
        ..TableQuery::default()
    };
    let begin = Instant::now();
    let tags = |query: &TableQuery, ms| {
        let slice = table.slice(query, begin + Duration::from_millis(ms));
        slice
            .rows
            .into_iter()
            .filter_map(|row| row.client)
            .collect::<String>()
    };
    a.sent(2, Some(2), 40);
    assert_eq!(tags(&by_events, 0), "ab");
    b.sent(9, Some(9), 180);
    let only_b = TableQuery {
        filter: "b".to_owned(),
        ..by_events.clone()
    };
    assert_eq!(tags(&only_b, 100), "b");
    assert_eq!(tags(&by_events, 200), "ab", "its order stands");
    assert_eq!(tags(&by_events, 1200), "ba");
}

#[test]
fn a_filter_finds_what_a_client_brought_and_why_it_was_refused() {
    let table = Connections::new(10);
    let brought = Some("Tick-7".into());
    let open = Client {
        brought,
        ..client("mine")
    };
    let (numbers, had) = (open.numbers.clone(), None);
    let next = 8;
    let resume = Resume {
        numbers,
        next,
        had,
        first: None,
    };
    let _open = table.open(open, &resume, 200).expect("room");
    let origin = Some("https://Front.example".to_owned());
    let ending = Why::OriginNotAllowed;
    table.refuse(client("theirs"), 403, origin, ending);
    for (words, found) in [
        ("tick-7", "mine"),
        ("front.example", "theirs"),
        ("refused 403", "theirs"),
        ("200", ""),
    ] {
        let filter = words.to_owned();
        let rows = slice(
            &table,
            TableQuery {
                filter,
                ..TableQuery::default()
            },
        )
        .rows;
        let tags: Vec<_> = rows
            .iter()
            .filter_map(|row| row.client.as_deref())
            .collect();
        assert_eq!(tags.concat(), found, "{words}");
    }
}

/// It was counted with those that were refused in the table, and with none in the tally.
#[test]
fn who_has_everything_is_not_refused() {
    let table = Connections::new(10);
    let (client, had) = (client("mine"), Some(5));
    let numbers = client.numbers.clone();
    let next = 6;
    table.complete(
        client,
        &Resume {
            numbers,
            next,
            had,
            first: None,
        },
    );
    let whole = all(&table);
    assert_eq!((whole.rows[0].state, whole.rows[0].status), ("ended", 204));
    // Its row was in no number.
    assert_eq!((whole.tally.complete, whole.tally.refused), (1, 0));
    let filter = "204".to_owned();
    assert_eq!(
        slice(
            &table,
            TableQuery {
                filter,
                ..TableQuery::default()
            }
        )
        .matching,
        1
    );
    assert_eq!(whole.tally.refused, 0);
}

#[test]
fn a_look_rearms_the_notice_and_a_busy_row_gives_one() {
    let table = Connections::new(10);
    let changed = table.changed();
    let open = enter(&table, "a").expect("room");
    for bytes in 1..100 {
        open.sent(1, None, bytes);
        table.tell();
    }
    assert_eq!(*changed.borrow(), 1);
    all(&table);
    for _ in 0..2 {
        open.sent(0, None, 100);
        table.tell();
    }
    assert_eq!(*changed.borrow(), 2);
}

#[test]
fn what_ended_connections_were_sent_stays_in_the_activity() {
    let table = Connections::new(10);
    let [first, second] = ["a", "b"].map(|tag| enter(&table, tag).expect("room"));
    first.sent(3, Some(3), 60);
    second.sent(4, Some(4), 80);
    let activity = || table.activity(&["/endless", "/other"]);
    let of = |open, events| [Activity { open, events }, Activity::default()];
    assert_eq!(activity(), of(2, 7));
    drop(first);
    assert_eq!(activity(), of(1, 7));
    let again = enter(&table, "a").expect("room");
    again.sent(1, Some(4), 20);
    assert_eq!(activity(), of(2, 8));
    drop((second, again));
    assert_eq!(activity(), of(0, 8));
    // Whoever is served no longer is forgotten.
    table.activity(&["/other"]);
    assert_eq!(activity(), of(0, 0));
}

#[test]
fn tables_of_rooms_share_ids_and_the_limit_and_nothing_else() {
    let table = Connections::new(2);
    let (a, b) = (table.of_room("a"), table.of_room("b"));
    let mut changed = table.changed();
    let first = opened(&a, "x");
    assert!(
        changed.has_changed().expect("it is there"),
        "one notice for all"
    );
    changed.mark_unchanged();
    let second = opened(&table, "x");
    assert!(enter(&b, "x").is_err(), "one limit for all");
    let ids = |table: &Connections| -> Vec<u64> {
        let slice = all(table);
        slice.rows.iter().map(|row| row.id).collect()
    };
    assert_eq!((ids(&a), ids(&table), ids(&b)), (vec![1], vec![2], vec![]));
    let of_all = TableQuery {
        sort: Sort::Since,
        ..TableQuery::default()
    };
    let slice = || table.slice_with(&[a.clone(), b.clone()], &of_all, Instant::now());
    assert_eq!((slice().rows.len(), slice().tally.open), (2, 2));
    drop(first);
    let third = opened(&b, "x");
    let again: Vec<u64> = slice().rows.iter().map(|row| row.id).collect();
    assert_eq!(again, [1, 2, 3], "an order that stood is made anew");
    drop((second, third));
    let reused = opened(&table, "x");
    assert!(all(&table).rows.iter().any(|row| row.verdict.is_some()));
    assert!(ids(&a).len() == 1 && all(&a).rows[0].verdict.is_none());
    drop(reused);
}

/// What a test did before showed in the next one.
#[test]
fn what_was_before_a_reset_is_not_known_afterwards() {
    let default = Connections::new(10);
    let table = default.of_room("a");
    opened(&table, "gone").end(Why::Closed, None);
    let open = opened(&table, "open");
    let refused = client_of(&table, "refused");
    table.refuse(refused, 503, None, Why::TooManyStreams);
    let before = default.timeline(0, Vec::new(), clock::now()).cursor;
    assert_eq!(table.timeline(0, Vec::new(), clock::now()).lanes.len(), 3);
    let forgotten = table.reset(clock::now());
    assert_eq!((&*forgotten.open, forgotten.seq), (&[2][..], 5));
    let view = all(&table);
    assert_eq!((view.rows.len(), view.tally), (0, Tally::default()));
    assert!(table.open_of(&sse_engine::fault::Who::default()).is_empty());
    assert_eq!(table.use_count().0, 0);
    let whole = table.timeline(before, Vec::new(), clock::now());
    assert!(whole.whole && whole.lanes.is_empty());
    assert_eq!(table.0.all.take_place(), Some(1), "it has its place still");
    table.0.all.give_back_place();
    open.end(Why::Stopped, None);
    assert_eq!(all(&table).all, 0, "it ended, and is forgotten");
    assert_eq!(default.newest_seq(), 6, "the log is history");
    let _again = opened(&table, "open");
    let view = all(&table);
    assert_eq!((view.tally.opened, &view.rows[0].verdict), (1, &None));
    assert_eq!(
        table.0.all.take_place(),
        Some(1),
        "each place was given back once"
    );
}

#[test]
fn of_a_rooms_connections_that_ended_the_newest_keep_their_wire() {
    let table = Connections::new(10).of_room("a");
    for _ in 0..10 {
        opened(&table, "x").end(Why::Closed, None);
    }
    let kept = |id| {
        let row = table.table().arc_of(id).expect("a row");
        row.tap.get().is_some()
    };
    assert!(!kept(1) && !kept(2) && kept(3) && kept(10));
    assert!(table.wire(1, 0).is_some_and(|wire| wire.pieces.is_empty()));
}
