//! Verdicts on clients that left and reconnected, over made-up time.

mod away;
mod concurrent;
mod cost;
mod cut;
mod log;
mod overtaken;
mod refusals;
mod wait;

use std::time::UNIX_EPOCH;

use sse_engine::fault::Armed;
use sse_engine::file::shipped;
use sse_engine::stream::Stream;
use sse_engine::time::Now;
use sse_engine::topics::TopicConfig;
use sse_engine::topics::Topics;
use sse_engine::topics::{Batch, Draft};
use sse_engine::write_buffer::Receipt;

use sse_wire::Framing;

use super::*;
use crate::connections::{Connections, Open, Request, RowView, TableQuery, Why};

const CUT: Why = Why::Stopped;
const CLOSED: Why = Why::Closed;
const VANISHED: Why = Why::Vanished;

/// A table, a stream and a clock.
struct Desk {
    table: Connections,
    start: Now,
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
        let start = Now {
            instant: Instant::now(),
            wall: UNIX_EPOCH + Duration::from_secs(1_800_000_000),
        };
        table.serve_at(Some(start));
        Self {
            table,
            start,
            // Endless, with ids, and told to retry after a second.
            stream: Arc::new(shipped().remove(1)),
        }
    }

    fn now(&self, ms: u64) -> Now {
        self.start.after(Duration::from_millis(ms))
    }

    /// A fault that is armed.
    fn fault(&self, id: u64) -> Armed {
        let refused = "status=503".parse().expect("it is a fault");
        Armed::new(id, refused, self.at(0))
    }

    fn at(&self, ms: u64) -> Instant {
        self.now(ms).instant
    }

    fn client(&self, who: Who) -> Client {
        Client {
            peer: (who.peer.unwrap_or([127, 0, 0, 1]), 50_000).into(),
            asked: Arc::new(Request {
                program: who.program.unwrap_or("curl 8.5.0").into(),
                room: None,
                stream: who.path.unwrap_or("/endless").into(),
                method: "GET".into(),
                framing: Framing::Chunked,
            }),
            tag: who.tag.map(Box::from),
            brought: who.brought.map(Box::from),
            numbers: Numbering::Stream(Arc::clone(&self.stream)),
        }
    }

    /// Somebody comes and goes on with the event `next`.
    fn comes(&self, ms: u64, who: Who, next: u64) -> Open {
        self.enters(ms, self.client(who), next)
    }

    fn enters(&self, ms: u64, client: Client, next: u64) -> Open {
        let resume = self.resume(&client, next);
        let open = self.table.open_at(client, &resume, self.now(ms));
        open.expect("there is room")
    }

    fn resume(&self, client: &Client, next: u64) -> Resume {
        let numbers = client.numbers.clone();
        let had = client.brought.as_deref().and_then(|id| match &numbers {
            Numbering::Stream(stream) => stream.number_of(id, stream.from),
            Numbering::Topic(topic, _) => topic.find(id),
            _ => None,
        });
        Resume {
            numbers,
            next,
            had,
            first: None,
        }
    }

    /// Ends a connection as the transport does.
    fn ends(&self, open: &Open, ending: Why, ms: u64) {
        let told = Receipt {
            retry: self.stream.retry,
            ..open.row.usually_told()
        };
        open.close(ending, Some(told), self.now(ms));
    }

    /// Somebody comes, gets the events up to `last`, and is ended so.
    fn goes(&self, who: Who, last: u64, ending: Why, ms: u64) {
        let open = self.comes(0, who, 1);
        open.sent(last, Some(last), 100);
        self.ends(&open, ending, ms);
    }

    fn rows(&self, ms: u64) -> Vec<RowView> {
        self.table.slice(&TableQuery::default(), self.at(ms)).rows
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
            brief: "1.02 s, nothing lost".to_owned(),
            advice: None,
            bad: false,
            despite: false,
            sure: true,
            away_ms: Some(1020),
            retry_ms: Some(1000),
            lost: Some(0),
            repeated: Some(0),
            back_with: None,
            sent_after: None,
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
        words.starts_with("probably") && words.ends_with("with id 5, is sent 2 again"),
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
    let full = Why::TooManyStreams;
    let client = desk.client(tagged(Some("7")));
    desk.table
        .turn_away((client, 503, None), full, None, desk.now(3000));
    assert_eq!(
        desk.words(3000, 2),
        "came back after 1.00 s (retry 1.00 s) with id 7 and was refused (503)"
    );
    assert_eq!(
        desk.words(3000, 1),
        "came back after 1.00 s and was refused (503)"
    );
    let _open = desk.comes(4000, tagged(Some("7")), 8);
    assert_eq!(
        desk.words(4000, 3),
        "came back 1.00 s after a refusal (503), with id 7, nothing lost"
    );
    assert_eq!(desk.words(4000, 1), "came back after 2.00 s");
}

#[test]
fn who_has_everything_is_told_so() {
    let desk = Desk::new();
    desk.goes(tagged(None), 5, Why::Complete, 2000);
    let client = Client {
        numbers: Numbering::None,
        ..desk.client(tagged(Some("5")))
    };
    let resume = desk.resume(&desk.client(tagged(Some("5"))), 6);
    desk.table.turn_away(
        (client, 204, None),
        Why::Complete,
        Some(&resume),
        desk.now(3000),
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
    for ending in [CLOSED, Why::Complete] {
        let desk = Desk::new();
        desk.goes(tagged(None), 7, ending, 2000);
        assert_eq!(desk.said(late, 1), None, "{ending:?}");
    }
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    desk.table.serve_at(None);
    assert_eq!(desk.said(late, 1), None, "the server is stopped");
    desk.table.serve_at(Some(desk.now(late)));
    assert_eq!(desk.said(late + 29_999, 1), None, "it has just begun");
    assert!(desk.said(late + 30_000, 1).is_some());

    let desk = Desk::new();
    desk.ends(&desk.comes(0, untagged(None), 1), CUT, 10);
    assert_eq!(desk.said(late, 1), None, "it has no id that it could bring");
}

#[test]
fn one_that_came_back_and_went_again_is_missing_for_the_second_time() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 1000);
    desk.ends(&desk.comes(2000, tagged(Some("9")), 10), CUT, 3000);
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
    // Without a tag by its id, which is older than the last where that was lost on its way.
    let desk = Desk::new();
    let old = desk.comes(0, untagged(None), 1);
    old.sent(7, Some(7), 100);
    let _new = desk.comes(5000, untagged(Some("6")), 7);
    desk.ends(&old, VANISHED, 35_000);
    assert_eq!(
        desk.words(100_000, 1),
        "probably came back before it was missed"
    );
    assert_eq!(
        desk.words(100_000, 2),
        "probably came back before it was missed, with id 6"
    );

    let desk = Desk::new();
    let old = desk.comes(0, tagged(None), 1);
    old.sent(7, Some(7), 100);
    let _new = desk.comes(5000, tagged(Some("7")), 8);
    desk.ends(&old, VANISHED, 35_000);
    let said = desk.said(100_000, 1).expect("it is known");
    assert_eq!(
        (said.kind, &*said.words, said.other, said.away_ms),
        (
            VerdictKind::Returned,
            "came back before it was missed",
            Some(2),
            None
        )
    );
}

/// Of a hundred clients that closed and came back at once, 31 had no verdict: their requests were
/// read before their goodbyes.
#[test]
fn one_whose_request_overtakes_its_goodbye_has_come_back() {
    for (who, probably) in [(tagged as fn(_) -> _, ""), (untagged, "probably ")] {
        let desk = Desk::new();
        let old = desk.comes(0, who(None), 1);
        old.sent(7, Some(7), 100);
        let _new = desk.comes(5000, who(Some("6")), 7);
        desk.ends(&old, CLOSED, 5010);
        assert_eq!(
            desk.words(6000, 2),
            format!("{probably}came back after 0.00 s (retry 1.00 s) with id 6, is sent 1 again")
        );
        assert_eq!(
            desk.words(6000, 1),
            format!("{probably}came back after 0.00 s")
        );
    }
    // Nor of many that are known so is any left out, nor hides one that brought no id another.
    let desk = Desk::new();
    let old: Vec<Open> = (0..60).map(|_| desk.comes(0, untagged(None), 1)).collect();
    for open in &old {
        open.sent(7, Some(7), 100);
    }
    let _new: Vec<Open> = (0..60)
        .map(|_| desk.comes(5000, untagged(Some("7")), 8))
        .collect();
    for open in &old {
        desk.ends(open, CLOSED, 5010);
    }
    let rows = desk.rows(6000);
    assert_eq!(rows.iter().filter(|row| row.verdict.is_some()).count(), 60);
    let desk = Desk::new();
    let old = desk.comes(0, tagged(None), 1);
    old.sent(7, Some(7), 100);
    let _back = desk.comes(5000, tagged(Some("6")), 7);
    let _window = desk.comes(5001, tagged(None), 1);
    desk.ends(&old, CLOSED, 5010);
    assert_eq!(desk.said(6000, 1).and_then(|said| said.other), Some(2));
    // Nor one that came to the end of its stream, and was gone again.
    let desk = Desk::new();
    let old = desk.comes(0, tagged(None), 1);
    old.sent(7, Some(7), 100);
    let back = desk.comes(5000, tagged(Some("6")), 7);
    desk.ends(&back, Why::Complete, 5005);
    desk.ends(&old, Why::Complete, 5010);
    assert_eq!(desk.said(6000, 1).and_then(|said| said.other), Some(2));
    // Of one that goes long after, it is not the return.
    let desk = Desk::new();
    let old = desk.comes(0, untagged(None), 1);
    old.sent(7, Some(7), 100);
    let _other = desk.comes(5000, untagged(Some("6")), 7);
    desk.ends(&old, CLOSED, 6000);
    assert_eq!((desk.said(7000, 1), desk.said(7000, 2)), (None, None));
    // Nor of one that the server ends before its time.
    let desk = Desk::new();
    let old = desk.comes(0, untagged(None), 1);
    old.sent(7, Some(7), 100);
    let _other = desk.comes(5000, untagged(Some("6")), 7);
    desk.ends(&old, CUT, 5010);
    assert_eq!((desk.said(7000, 1), desk.said(7000, 2)), (None, None));
}

/// Two of one name, as two windows of one program: what the one brought tells nothing of the other.
#[test]
fn another_of_the_same_tag_is_not_taken_for_it_and_nobody_is_called_missing() {
    let desk = Desk::new();
    let old = desk.comes(0, tagged(None), 1);
    old.sent(7, Some(7), 100);
    let _other = desk.comes(10, tagged(None), 1);
    desk.ends(&old, VANISHED, 35_000);
    assert_eq!((desk.said(100_000, 1), desk.said(100_000, 2)), (None, None));
    let _back = desk.comes(36_000, tagged(Some("7")), 8);
    assert_eq!(desk.said(36_000, 3).and_then(|said| said.other), Some(1));
}

#[test]
fn whoever_may_have_come_back_is_not_called_missing() {
    let desk = Desk::new();
    desk.goes(untagged(None), 7, CUT, 2000);
    let _unknown = desk.comes(3000, untagged(Some("x")), 1);
    assert_eq!(desk.said(100_000, 1), None);
}

#[test]
fn who_was_refused_and_stays_away_is_missing_too() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 2000);
    let full = Why::TooManyStreams;
    let client = desk.client(tagged(Some("7")));
    let refused = (client, 503, None);
    desk.table.turn_away(refused, full, None, desk.now(3000));
    let said = desk.said(31_000, 1).expect("it was refused");
    assert_eq!(said.kind, VerdictKind::Refused);
    let said = desk.said(32_000, 1).expect("it is missing");
    assert_eq!(said.kind, VerdictKind::Missing);
    assert_eq!(
        said.words,
        "was refused (503) after 1.00 s and has not come back for 30 s (retry 1.00 s)"
    );
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
        table.reconnects.came.len().max(table.reconnects.left.len())
    };
    assert!(said() <= 50, "{}", said());
    assert!(desk.table.table().reconnects.gone.len() <= GONE);
    for n in 0..2000_u64 {
        desk.ends(&desk.comes(n, untagged(Some("7")), 8), CLOSED, n);
    }
    assert!(said() <= 50, "{}", said());
}

/// More are remembered than have rows.
#[test]
fn of_a_row_that_is_no_longer_there_nothing_is_kept() {
    const TAGS: [&str; 3] = ["a", "b", "c"];
    let desk = Desk::new();
    let who = |n: usize| Who {
        tag: Some(TAGS[n % 3]),
        path: Some(["/endless", "/other"][n / 3]),
        ..Who::default()
    };
    for n in 0..6 {
        desk.goes(who(n), 7, CUT, 1000);
    }
    for _ in 0..50 {
        desk.goes(untagged(None), 7, CUT, 1000);
    }
    let _open: Vec<Open> = (0..6).map(|n| desk.comes(2000, who(n), 8)).collect();
    let table = desk.table.table();
    assert_eq!(
        (table.reconnects.came.len(), table.reconnects.left.len()),
        (6, 0)
    );
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
    let query = TableQuery {
        sort: crate::connections::Sort::Verdict,
        descending: true,
        ..TableQuery::default()
    };
    let rows = desk.table.slice(&query, desk.at(60_000)).rows;
    let ids: Vec<u64> = rows.iter().map(|row| row.id).collect();
    assert_eq!(ids, [3, 2, 1], "missing, lost, returned");
}
