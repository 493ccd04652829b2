//! What is said of clients that went and came back, over made-up time.

use axum::http::Version;

use super::*;
use crate::config::TopicConfig;
use crate::connections::{Connections, Ending, Look, Open, RowView};
use crate::publish::{Batch, Draft};
use crate::streams::shipped;
use crate::topics::Topics;

const CUT: Ending = Ending::new(EndedBy::Server, "stopped");
const CLOSED: Ending = Ending::new(EndedBy::Client, "closed");
const VANISHED: Ending = Ending::new(EndedBy::Network, "client vanished");

/// A table, a stream and a clock.
struct Desk {
    table: Connections,
    start: Instant,
    stream: Arc<Stream>,
}

/// Who comes: a tag, and what differs from the usual client.
#[derive(Clone, Copy, Default)]
struct Who {
    tag: Option<&'static str>,
    brought: Option<&'static str>,
    peer: Option<[u8; 4]>,
    program: Option<&'static str>,
    path: Option<&'static str>,
}

fn tagged(brought: Option<&'static str>) -> Who {
    Who {
        tag: Some("a"),
        brought,
        ..Who::default()
    }
}

fn untagged(brought: Option<&'static str>) -> Who {
    Who {
        brought,
        ..Who::default()
    }
}

impl Desk {
    fn new() -> Self {
        let table = Connections::new(1000);
        let start = Instant::now();
        table.serve_at(Some(start));
        Self {
            table,
            start,
            // Endless, with ids, and told to retry after a second.
            stream: Arc::new(shipped().remove(1)),
        }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    fn client(&self, who: Who) -> Client {
        Client {
            peer: (who.peer.unwrap_or([127, 0, 0, 1]), 50_000).into(),
            asked: Arc::new(Asked {
                program: who.program.unwrap_or("curl 8.5.0").into(),
                stream: who.path.unwrap_or("/endless").into(),
                method: "GET".into(),
                version: Version::HTTP_11,
            }),
            tag: who.tag.map(Box::from),
            brought: who.brought.map(Box::from),
            numbers: Numbers::Stream(Arc::clone(&self.stream)),
        }
    }

    /// Somebody comes and goes on with the event `next`.
    fn comes(&self, ms: u64, who: Who, next: u64) -> Open {
        let open = self.table.open_at(self.client(who), next, self.at(ms));
        open.expect("there is room")
    }

    /// Somebody comes, gets the events up to `last`, and is ended so.
    fn goes(&self, who: Who, last: u64, ending: Ending, ms: u64) {
        let open = self.comes(0, who, 1);
        open.sent(last, Some(last), 100);
        open.close(ending, self.at(ms));
    }

    fn rows(&self, ms: u64) -> Vec<RowView> {
        self.table.slice(&Look::default(), self.at(ms)).rows
    }

    /// What is said of the row with this id: of its end, else of its beginning.
    fn said(&self, ms: u64, id: u64) -> Option<Verdict> {
        let row = self.rows(ms).into_iter().find(|row| row.id == id);
        let row = row.expect("it is in the table");
        row.afterwards.or(row.verdict)
    }

    fn words(&self, ms: u64, id: u64) -> String {
        self.said(ms, id).map_or(String::new(), |said| said.words)
    }
}

#[test]
fn a_client_that_comes_back_with_the_last_id_has_lost_nothing() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    let _open = desk.comes(3020, tagged(Some("7")), 8);
    let said = desk.said(4000, 2).expect("it came back");
    assert_eq!(
        said,
        Verdict {
            kind: VerdictKind::Back,
            words: "came back after 1.02 s (retry 1.00 s) with id 7, nothing lost".to_owned(),
            sure: true,
            away_ms: Some(1020),
            retry_ms: Some(1000),
            lost: Some(0),
            repeated: Some(0),
            other: Some(1),
        }
    );
    let of_the_first = desk.said(4000, 1).expect("its client came back");
    assert_eq!(
        (of_the_first.kind, &*of_the_first.words, of_the_first.other),
        (VerdictKind::Returned, "came back after 1.02 s", Some(2))
    );
}

#[test]
fn what_was_lost_and_what_was_sent_twice_is_counted() {
    for (brought, next, cost, end) in [
        (Some("9"), 10, (2, 0), "with id 9, 2 events lost"),
        (Some("8"), 9, (1, 0), "with id 8, 1 event lost"),
        (Some("5"), 6, (0, 2), "with id 5, 2 events repeated"),
        (None, 1, (0, 7), "without an id, 7 events repeated"),
    ] {
        let desk = Desk::new();
        desk.goes(tagged(None), 7, CUT, 2000);
        let _open = desk.comes(3000, tagged(brought), next);
        let said = desk.said(3000, 2).expect("it came back");
        assert!(said.words.ends_with(end), "{}", said.words);
        assert_eq!((said.lost, said.repeated), (Some(cost.0), Some(cost.1)));
    }
}

#[test]
fn one_that_was_sent_nothing_yet_loses_nothing() {
    let desk = Desk::new();
    desk.comes(0, tagged(None), 1).close(CUT, desk.at(10));
    let _open = desk.comes(1010, tagged(None), 1);
    let words = desk.words(1010, 2);
    assert!(words.ends_with("without an id, nothing lost"), "{words}");
}

#[test]
fn without_a_tag_an_id_that_we_gave_makes_it_probable() {
    let desk = Desk::new();
    desk.goes(untagged(None), 7, CUT, 2000);
    let _open = desk.comes(3000, untagged(Some("7")), 8);
    let said = desk.said(3000, 2).expect("it came back");
    assert!(!said.sure);
    assert_eq!(
        said.words,
        "probably came back after 1.00 s (retry 1.00 s) with id 7, nothing lost"
    );
    assert_eq!(desk.words(3000, 1), "probably came back after 1.00 s");

    // An id from before the last was ours too.
    let desk = Desk::new();
    desk.goes(untagged(None), 7, CUT, 2000);
    let _open = desk.comes(3000, untagged(Some("5")), 6);
    let words = desk.words(3000, 2);
    assert!(
        words.starts_with("probably") && words.ends_with("2 events repeated"),
        "{words}"
    );
}

#[test]
fn somebody_else_is_not_taken_for_it() {
    let other = |who| (who, 8);
    for (who, next) in [
        other(Who {
            tag: Some("b"),
            ..untagged(Some("7"))
        }),
        other(Who {
            peer: Some([127, 0, 0, 2]),
            ..untagged(Some("7"))
        }),
        other(Who {
            program: Some("node"),
            ..untagged(Some("7"))
        }),
        other(Who {
            path: Some("/other"),
            ..untagged(Some("7"))
        }),
        (untagged(None), 1),
        // Ids that it was never given.
        (untagged(Some("9")), 10),
        (untagged(Some("x")), 1),
    ] {
        let desk = Desk::new();
        desk.goes(untagged(None), 7, CUT, 2000);
        let _open = desk.comes(3000, who, next);
        assert_eq!((desk.said(3000, 2), desk.said(3000, 1)), (None, None));
    }
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    let path = Some("/other");
    let _open = desk.comes(
        3000,
        Who {
            path,
            ..tagged(Some("7"))
        },
        8,
    );
    assert_eq!(desk.said(3000, 2), None, "a tag is one of a stream");
}

#[test]
fn one_that_went_is_found_once() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CLOSED, 2000);
    let _first = desk.comes(3000, tagged(Some("7")), 8);
    let _second = desk.comes(3500, tagged(Some("7")), 8);
    assert!(desk.said(4000, 2).is_some());
    assert_eq!(desk.said(4000, 3), None);
}

#[test]
fn a_client_that_is_refused_may_still_come_back() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    let full = Ending::new(EndedBy::Server, "too many streams");
    let client = desk.client(tagged(Some("7")));
    desk.table
        .turn_away((client, 503, None), full, None, desk.at(3000));
    assert_eq!(
        desk.words(3000, 2),
        "came back after 1.00 s (retry 1.00 s) with id 7 and was refused (503)"
    );
    assert_eq!(
        desk.words(100_000, 1),
        "came back after 1.00 s and was refused (503)"
    );
    let _open = desk.comes(4000, tagged(Some("7")), 8);
    assert_eq!(
        desk.words(4000, 3),
        "came back after 2.00 s (retry 1.00 s) with id 7, nothing lost"
    );
    assert_eq!(desk.words(4000, 1), "came back after 2.00 s");
}

#[test]
fn who_has_everything_is_told_so() {
    let desk = Desk::new();
    desk.goes(tagged(None), 5, Ending::COMPLETE, 2000);
    let client = Client {
        numbers: Numbers::None,
        ..desk.client(tagged(Some("5")))
    };
    let goes_on = GoesOn::new(Numbers::Stream(Arc::clone(&desk.stream)), Some("5"), 6);
    desk.table.turn_away(
        (client, 204, None),
        Ending::COMPLETE,
        Some(&goes_on),
        desk.at(3000),
    );
    assert_eq!(
        desk.words(3000, 2),
        "came back after 1.00 s (retry 1.00 s) with id 5, nothing lost: there is no more (204)"
    );
}

#[test]
fn one_that_stays_away_is_missing_after_ten_times_its_retry_and_30_seconds_at_least() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    assert_eq!(desk.said(31_999, 1), None);
    let said = desk.said(32_000, 1).expect("it is missing");
    assert_eq!(said.kind, VerdictKind::Missing);
    assert_eq!(said.words, "has not come back for 30 s (retry 1.00 s)");
    assert_eq!(said.away_ms, Some(30_000));
    // It may be late, and is no longer missing then.
    let _open = desk.comes(150_500, tagged(Some("7")), 8);
    assert_eq!(desk.words(151_000, 1), "came back after 2 min 28 s");

    let mut desk = Desk::new();
    let retry = Some(4000);
    desk.stream = Arc::new(Stream {
        retry,
        ..shipped().remove(1)
    });
    desk.goes(untagged(None), 7, VANISHED, 2000);
    assert_eq!(desk.said(41_999, 1), None);
    assert_eq!(
        desk.words(42_000, 1),
        "probably has not come back for 40 s (retry 4.00 s)"
    );
}

#[test]
fn nobody_is_missing_who_left_or_has_all_or_cannot_come_or_could_not_be_known() {
    let late = 1_000_000;
    for ending in [CLOSED, Ending::COMPLETE] {
        let desk = Desk::new();
        desk.goes(tagged(None), 7, ending, 2000);
        assert_eq!(desk.said(late, 1), None, "{ending:?}");
    }
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    desk.table.serve_at(None);
    assert_eq!(desk.said(late, 1), None, "the server is stopped");
    desk.table.serve_at(Some(desk.at(late)));
    assert_eq!(desk.said(late + 29_999, 1), None, "it has just begun");
    assert!(desk.said(late + 30_000, 1).is_some());

    let desk = Desk::new();
    desk.comes(0, untagged(None), 1).close(CUT, desk.at(10));
    assert_eq!(desk.said(late, 1), None, "it has no id that it could bring");
}

#[test]
fn one_that_came_back_and_went_again_is_missing_for_the_second_time() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 1000);
    desk.comes(2000, tagged(Some("9")), 10)
        .close(CUT, desk.at(3000));
    let rows = desk.rows(60_000);
    let [second, first] = &rows[..] else {
        panic!("{rows:?}");
    };
    let words = |said: &Option<Verdict>| said.as_ref().map(|said| said.words.clone());
    assert_eq!(
        words(&second.verdict).as_deref(),
        Some("came back after 1.00 s (retry 1.00 s) with id 9, 2 events lost")
    );
    assert_eq!(
        words(&second.afterwards).as_deref(),
        Some("has not come back for 57 s (retry 1.00 s)")
    );
    assert_eq!(words(&first.verdict), None);
    assert_eq!(
        words(&first.afterwards).as_deref(),
        Some("came back after 1.00 s")
    );
}

/// A client that lost its network comes back before anybody sees that it had gone.
#[test]
fn one_that_was_back_before_it_was_missed_is_not_missing() {
    let desk = Desk::new();
    let old = desk.comes(0, tagged(None), 1);
    let _new = desk.comes(5000, tagged(Some("7")), 8);
    old.close(VANISHED, desk.at(35_000));
    let said = desk.said(100_000, 1).expect("it is known");
    assert_eq!(
        (said.kind, &*said.words, said.other, said.away_ms),
        (
            VerdictKind::Returned,
            "was back before this was noticed",
            Some(2),
            None
        )
    );
}

#[test]
fn a_stream_without_ids_begins_again() {
    let mut desk = Desk::new();
    let source = crate::stream::Source::List(vec![crate::stream::Entry::default()]);
    desk.stream = Arc::new(Stream {
        source,
        ..shipped().remove(1)
    });
    let open = desk.comes(0, tagged(None), 1);
    open.sent(4, None, 100);
    open.close(CUT, desk.at(1000));
    let _open = desk.comes(2000, tagged(None), 1);
    let words = desk.words(2000, 2);
    assert!(
        words.ends_with("without an id, 4 events repeated"),
        "{words}"
    );
}

#[test]
fn numbers_of_a_stream_that_has_changed_are_not_compared() {
    let mut desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    desk.stream = Arc::new(Stream::clone(&desk.stream));
    let _open = desk.comes(3000, tagged(Some("7")), 8);
    let said = desk.said(3000, 2).expect("its tag says so");
    assert_eq!((said.lost, said.repeated), (None, None));
    assert!(said.words.ends_with("cannot be told"), "{}", said.words);
}

#[test]
fn a_subscriber_that_brings_no_id_has_lost_what_was_published_meanwhile() {
    let desk = Desk::new();
    let topics = Topics::new(TopicConfig::default());
    let topic = topics.topic("news").expect("there is room");
    let client = |who| Client {
        numbers: Numbers::Topic(Arc::clone(&topic)),
        ..desk.client(who)
    };
    let publish = || {
        let batch = Batch::one(Draft::default());
        topic.publish_now(&batch).expect("published");
    };
    let open = |who, next, ms| {
        let open = desk.table.open_at(client(who), next, desk.at(ms));
        open.expect("there is room")
    };
    // The place that it was given before any event is an id too.
    open(untagged(None), 1, 0).close(CUT, desk.at(1000));
    let place: &'static str = topic.id(0).leak();
    publish();
    open(untagged(Some(place)), 1, 2000).close(CUT, desk.at(3000));
    let words = desk.words(3000, 2);
    assert!(
        words.starts_with("probably came back after 1.00 s (retry 1.00 s)"),
        "{words}"
    );
    assert!(words.ends_with("nothing lost"), "{words}");

    open(tagged(None), 2, 3000).close(CUT, desk.at(4000));
    publish();
    publish();
    let old = open(tagged(None), 4, 5000);
    let words = desk.words(5000, 4);
    assert!(words.ends_with("without an id, 2 events lost"), "{words}");

    // A publisher may set another time; whoever comes later is told the topic's own.
    let retry = Batch::one(Draft {
        retry: Some(5000),
        ..Draft::default()
    });
    topic.publish_now(&retry).expect("published");
    old.sent(1, Some(4), 100);
    let late = Who {
        tag: Some("late"),
        ..tagged(None)
    };
    let new = open(late, 5, 5500);
    publish();
    new.sent(1, Some(5), 100);
    old.close(CUT, desk.at(6000));
    new.close(CUT, desk.at(6000));
    let _back = (open(tagged(None), 6, 7000), open(late, 6, 7000));
    let retries = [6, 7].map(|id| desk.said(7000, id).and_then(|said| said.retry_ms));
    assert_eq!(retries, [Some(5000), Some(1000)]);
}

#[test]
fn what_is_said_goes_with_the_rows() {
    let desk = Desk::new();
    for n in 0..2000_u64 {
        desk.goes(tagged(None), 7, CUT, n);
    }
    // Of no more than there are rows of those that ended.
    let said = || {
        let table = desk.table.table();
        table.returns.came.len().max(table.returns.left.len())
    };
    assert!(said() <= 50, "{}", said());
    assert!(desk.table.table().returns.gone.len() <= GONE);
    for n in 0..2000_u64 {
        desk.comes(n, untagged(Some("7")), 8)
            .close(CLOSED, desk.at(n));
    }
    assert!(said() <= 50, "{}", said());
}

#[test]
fn the_worst_stands_last_and_first_the_other_way() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 1000);
    let _back = desk.comes(2000, tagged(Some("9")), 10);
    let who = Who {
        tag: Some("b"),
        ..tagged(None)
    };
    desk.goes(who, 3, CUT, 1000);
    let look = Look {
        sort: crate::connections::Sort::Verdict,
        descending: true,
        ..Look::default()
    };
    let rows = desk.table.slice(&look, desk.at(60_000)).rows;
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, [3, 2, 1], "missing, lost, returned");
}
