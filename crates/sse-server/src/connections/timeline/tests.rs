//! The timeline over made-up time.

mod merge;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use sse_engine::file::shipped;
use sse_engine::stream::Stream;
use sse_engine::time::Now;
use sse_engine::write_buffer::Receipt;
use sse_wire::Framing;

use super::*;
use crate::connections::{Client, Numbering, Open, Request, Resume, VerdictKind, Why};

/// When the made-up time begins, in milliseconds since 1970: the beginning of a step.
const START: u64 = 1_800_000_000_000;

/// A table, a stream that is told to retry after a second, and a clock.
struct Stage {
    table: Connections,
    start: Now,
    stream: Arc<Stream>,
}

impl Stage {
    fn new() -> Self {
        Self::at(UNIX_EPOCH + Duration::from_millis(START))
    }

    fn at(wall: SystemTime) -> Self {
        let instant = Instant::now();
        let start = Now { instant, wall };
        let table = Connections::new(20_000);
        table.serve_at(Some(start));
        Self {
            table,
            start,
            stream: Arc::new(shipped().remove(1)),
        }
    }

    fn now(&self, ms: u64) -> Now {
        self.start.after(Duration::from_millis(ms))
    }

    fn client(&self, tag: Option<&str>, brought: Option<u64>) -> (Client, Resume) {
        let numbers = Numbering::Stream(Arc::clone(&self.stream));
        let client = Client {
            peer: ([127, 0, 0, 1], 50_000).into(),
            asked: Arc::new(Request {
                program: "curl 8.5.0".into(),
                room: None,
                stream: "/endless".into(),
                method: "GET".into(),
                framing: Framing::Bare,
            }),
            tag: tag.map(Box::from),
            brought: brought.map(|id| id.to_string().into()),
            numbers: numbers.clone(),
        };
        let next = brought.map_or(1, |id| id + 1);
        let had = brought;
        (
            client,
            Resume {
                numbers,
                next,
                had,
                first: None,
            },
        )
    }

    fn comes(&self, ms: u64, tag: Option<&str>, brought: Option<u64>) -> Open {
        let (client, resume) = self.client(tag, brought);
        let open = self.table.open_at(client, &resume, self.now(ms));
        open.expect("there is room")
    }

    fn goes(&self, ms: u64, open: &Open, why: Why) {
        let told = Receipt {
            retry: self.stream.retry,
            ..open.row.usually_told()
        };
        open.close(why, Some(told), self.now(ms));
    }

    fn refused(&self, ms: u64, tag: Option<&str>, brought: Option<u64>) {
        let (client, resume) = self.client(tag, brought);
        let (full, now) = (Why::TooManyStreams, self.now(ms));
        let refused = (client, 503, None);
        self.table.turn_away(refused, full, Some(&resume), now);
    }

    /// Asks for more of what it has all of.
    fn has_all(&self, ms: u64, tag: Option<&str>, brought: Option<u64>) {
        let (client, resume) = self.client(tag, brought);
        let (all, now) = (Why::NothingLeft, self.now(ms));
        self.table
            .turn_away((client, 204, None), all, Some(&resume), now);
    }

    fn look(&self, ms: u64, after: u64) -> TimelineView {
        self.table.timeline(after, Vec::new(), self.now(ms))
    }

    /// All that is kept.
    fn all(&self, ms: u64) -> TimelineView {
        self.look(ms, 0)
    }

    fn sample(&self, ms: u64) -> bool {
        self.table.sample(self.now(ms))
    }

    fn kept(&self) -> (usize, usize) {
        let timeline = lock(&self.table.0.timeline);
        (timeline.lanes.len(), timeline.samples.len())
    }
}

/// Sends events, and notes that the kernel took them.
fn sends(open: &Open, events: u64) {
    let sent = open.row.sent.counts();
    let last = open.row.sent.next().expect("a number") + events - 1;
    open.sent(events, Some(last), sent.bytes + 20 * events);
}

/// Since the made-up time began.
fn at(ms: u64) -> u64 {
    ms - START
}

fn kind(verdict: Option<&Verdict>) -> Option<VerdictKind> {
    verdict.map(|verdict| verdict.kind)
}

#[test]
fn an_outage_is_a_band_with_the_verdict_behind_it() {
    let stage = Stage::new();
    let open = stage.comes(0, Some("dash"), None);
    sends(&open, 7);
    stage.goes(2000, &open, Why::Stopped);
    stage.table.stopped_at(stage.now(2010));
    let during = stage.all(3000);
    assert_eq!(
        (at(during.away[0].from_ms), during.away[0].to_ms),
        (2010, None)
    );
    stage.table.serve_at(Some(stage.now(5000)));
    let _back = stage.comes(5300, Some("dash"), Some(5));
    let view = stage.all(6000);
    let [away] = &view.away[..] else {
        panic!("{:?}", view.away);
    };
    assert_eq!((at(away.from_ms), away.to_ms.map(at)), (2010, Some(5000)));
    let [lane] = &view.lanes[..] else {
        panic!("{:?}", view.lanes);
    };
    assert_eq!((lane.client.as_deref(), lane.sure), (Some("dash"), true));
    assert_eq!((&*lane.stream, &*lane.method), ("/endless", "GET"));
    assert_eq!(lane.program, "curl 8.5.0");
    let [before, back] = &lane.bars[..] else {
        panic!("{:?}", lane.bars);
    };
    assert_eq!((at(before.from_ms), before.to_ms.map(at)), (0, Some(2000)));
    assert_eq!(
        (before.why, before.by),
        (Some(Why::Stopped), Some(super::super::EndedBy::Server))
    );
    assert_eq!(before.due_ms.map(at), Some(3000));
    assert_eq!(
        kind(before.afterwards.as_ref()),
        Some(VerdictKind::Returned)
    );
    assert_eq!(
        (at(back.from_ms), back.to_ms, back.due_ms),
        (5300, None, None)
    );
    let said = back.verdict.as_ref().expect("it came back");
    assert_eq!((said.away_ms, said.repeated), (Some(3300), Some(2)));
}

#[test]
fn a_storm_of_refusals_is_a_comb_in_one_lane() {
    let stage = Stage::new();
    for tag in [Some("dash"), None] {
        for n in 0..100 {
            stage.refused(10 * n, tag, None);
        }
    }
    let view = stage.all(2000);
    let combs: Vec<_> = view.lanes.iter().map(|lane| lane.knocks.len()).collect();
    assert_eq!(combs, [100, 100]);
    assert_eq!(view.lanes[0].client.as_deref(), Some("dash"));
    let knock = view.lanes[0].knocks[99];
    assert_eq!(
        (at(knock.at_ms), knock.status, knock.why),
        (990, 503, Why::TooManyStreams)
    );
    assert!(!view.lanes[1].sure);
}

#[test]
fn a_loop_of_204_is_one_lane_whether_or_not_it_has_a_tag() {
    for tag in [Some("dash"), None] {
        let stage = Stage::new();
        let open = stage.comes(0, tag, None);
        sends(&open, 5);
        stage.goes(100, &open, Why::Complete);
        for n in 1..=20 {
            stage.has_all(100 + 1000 * n, tag, Some(5));
        }
        let view = stage.all(30_000);
        let [lane] = &view.lanes[..] else {
            panic!("{tag:?}: {:?}", view.lanes);
        };
        assert_eq!((lane.bars.len(), lane.knocks.len()), (1, 20), "{tag:?}");
        assert!(lane.knocks.iter().all(|knock| knock.status == 204));
        assert_eq!(lane.bars[0].due_ms.map(at), Some(1100));
    }
}

#[test]
fn a_leak_is_two_bars_at_once_in_one_lane() {
    let stage = Stage::new();
    let _open = [0, 100].map(|ms| stage.comes(ms, Some("dash"), None));
    let view = stage.all(2000);
    let [lane] = &view.lanes[..] else {
        panic!("{:?}", view.lanes);
    };
    let said = |bar: &BarView| (bar.to_ms, kind(bar.afterwards.as_ref()));
    let both: Vec<_> = lane.bars.iter().map(said).collect();
    assert_eq!(both, [(None, Some(VerdictKind::Beside)); 2]);
}

#[test]
fn without_a_tag_the_chain_of_returns_is_a_lane_and_whoever_is_new_another() {
    let stage = Stage::new();
    let mut ms = 0;
    let mut brought = None;
    for _ in 0..3 {
        let open = stage.comes(ms, None, brought);
        sends(&open, 5);
        stage.goes(ms + 500, &open, Why::Reset);
        brought = Some(brought.unwrap_or(0) + 5);
        ms += 1500;
    }
    let _stranger = stage.comes(ms, None, None);
    let view = stage.all(ms);
    let due = view.lanes[0].bars.iter().map(|bar| bar.due_ms);
    assert!(due.eq([None; 3]), "nobody waits for who left by itself");
    let lanes: Vec<_> = view
        .lanes
        .iter()
        .map(|lane| (lane.bars.len(), lane.sure))
        .collect();
    assert_eq!(lanes, [(3, false), (1, false)]);
}

/// The request was read before the end that it follows.
#[test]
fn one_that_is_known_only_later_moves_into_its_lane_with_all_that_it_has() {
    let stage = Stage::new();
    let before = stage.comes(0, None, None);
    stage.all(10);
    sends(&before, 5);
    assert!(stage.sample(100));
    let back = stage.comes(120, None, Some(5));
    sends(&back, 2);
    assert!(stage.sample(200));
    let seen = stage.look(210, 0);
    assert_eq!(seen.lanes.len(), 2);
    stage.goes(220, &before, Why::Closed);
    let view = stage.look(300, seen.cursor);
    assert_eq!(view.gone, [seen.lanes[1].id]);
    let [lane] = &view.lanes[..] else {
        panic!("{:?}", view.lanes);
    };
    assert_eq!(lane.id, seen.lanes[0].id);
    let moved = lane
        .bars
        .iter()
        .find(|bar| bar.connection == 2)
        .expect("it moved");
    assert_eq!(kind(moved.verdict.as_ref()), Some(VerdictKind::Back));
    assert_eq!(
        moved.steps,
        [(START / 100 + 1, 2, 0)],
        "the page had forgotten them"
    );
}

#[test]
fn what_comes_in_a_step_is_counted_in_it_while_somebody_looks() {
    let stage = Stage::new();
    let open = stage.comes(0, Some("dash"), None);
    sends(&open, 100);
    let first = stage.all(1000);
    assert_eq!(
        first.lanes[0].bars[0].steps,
        [],
        "it came before anybody looked"
    );
    sends(&open, 3);
    assert!(stage.sample(1100));
    open.commented();
    assert!(stage.sample(1200) && stage.sample(1300));
    sends(&open, 1);
    // A poll between two samples counts nothing twice.
    let second = stage.look(1350, first.cursor);
    let base = START / 100;
    assert_eq!(
        second.lanes[0].bars[0].steps,
        [(base + 10, 3, 0), (base + 11, 0, 1)]
    );
    sends(&open, 1);
    stage.goes(1360, &open, Why::Closed);
    let third = stage.look(1390, second.cursor);
    assert_eq!(third.lanes[0].bars[0].steps, [(base + 13, 2, 0)]);
    assert!(stage.sample(1400));
    let last = stage.look(1400, third.cursor);
    assert!(last.lanes.is_empty() && last.gone.is_empty(), "{last:?}");
    let brief = stage.comes(1410, Some("brief"), None);
    sends(&brief, 4);
    stage.goes(1420, &brief, Why::Closed);
    let view = stage.look(1500, last.cursor);
    assert_eq!(
        view.lanes[0].bars[0].steps,
        [(base + 14, 4, 0)],
        "between two samples"
    );
}

#[test]
fn exact_ticks_are_those_of_the_wire_and_each_is_told_once() {
    // A tap has the times of the real clock.
    let stage = Stage::at(SystemTime::now());
    let open = stage.comes(0, Some("dash"), None);
    let tap = open.tap().expect("few are open");
    let mut offset = 0;
    let mut take = |bytes: &str| {
        let parts: [&[u8]; 1] = [bytes.as_bytes()];
        tap.take(offset, &parts, 0, bytes.len());
        offset += bytes.len() as u64;
    };
    take("HTTP/1.1 200 OK\r\n\r\n");
    take("id: 1\ndata: one\n\n");
    let first = stage.all(100);
    take(":\n\n");
    take("event: b\nid: 2\nda");
    assert!(stage.sample(200));
    let second = stage.look(200, first.cursor);
    take("ta: two\n\n");
    assert!(stage.sample(300));
    let third = stage.look(300, second.cursor);
    let ticks = |view: &TimelineView| -> Vec<_> {
        let ticks = view.lanes.iter().flat_map(|lane| &lane.bars[0].ticks);
        ticks
            .map(|tick| (tick.event.clone(), tick.id.clone(), tick.size, tick.end))
            .collect()
    };
    let event = |name: &str, id: &str| (Some(name.to_owned()), Some(id.to_owned()));
    let (name, id) = event("message", "1");
    assert_eq!(ticks(&first), [(name, id, 17, 36)]);
    assert_eq!(ticks(&second), [(None, None, 2, 38)]);
    let (name, id) = event("b", "2");
    assert_eq!(ticks(&third), [(name, id, 27, 65)]);
    assert_eq!(ticks(&stage.all(400)).len(), 3);
    // A storm is drawn by its numbers.
    for n in 0..200 {
        take(&format!("id: {n}\ndata: {n}\n\n"));
    }
    sends(&open, 200);
    assert!(stage.sample(500));
    let storm = stage.look(500, third.cursor);
    assert!(ticks(&storm).is_empty());
    take("data: last\n\n");
    stage.goes(600, &open, Why::Closed);
    let end = stage.look(600, storm.cursor);
    assert_eq!(ticks(&end).len(), 1, "the last ones come with the end");
}

#[test]
fn two_hundred_lanes_are_kept_and_the_rest_counted() {
    let stage = Stage::new();
    let tags: Vec<String> = (0..202).map(|n| n.to_string()).collect();
    let mut open: Vec<Open> = (0..202)
        .map(|n| stage.comes(n as u64, Some(&tags[n]), None))
        .collect();
    let view = stage.all(1000);
    assert_eq!((view.lanes.len(), view.left_out), (200, 2));
    // One that is over makes room for one that is open.
    let ended = open.remove(7);
    stage.goes(1100, &ended, Why::Closed);
    let next = stage.look(1200, view.cursor);
    assert_eq!(
        (next.gone.len(), next.left_out),
        (0, 2),
        "it is kept while nobody comes"
    );
    let _new = stage.comes(1300, Some("new"), None);
    let last = stage.look(1400, next.cursor);
    assert_eq!(last.gone, [view.lanes[7].id]);
    assert_eq!(last.lanes[0].client.as_deref(), Some("new"));
    assert_eq!(stage.all(1500).lanes.len(), 200);
}

#[test]
fn lanes_outlive_their_rows_and_are_forgotten_after_ten_minutes() {
    let stage = Stage::new();
    for n in 0..120 {
        let open = stage.comes(n, Some(&n.to_string()), None);
        stage.goes(n + 1, &open, Why::Closed);
    }
    let open = stage.comes(200, Some("open"), None);
    let first = stage.all(1000);
    assert_eq!(first.lanes.len(), 121);
    let ten = 600_000;
    assert_eq!(stage.all(ten).lanes.len(), 121);
    let late = stage.look(ten + 500, first.cursor);
    assert_eq!(
        (late.gone.len(), stage.all(ten + 500).lanes.len()),
        (120, 1)
    );
    drop(open);
}

#[test]
fn whoever_the_log_has_no_more_is_found_in_the_table() {
    let stage = Stage::new();
    let _open = stage.comes(5, Some("old"), None);
    for _ in 0..5100 {
        let open = stage.comes(10, Some("busy"), None);
        stage.goes(11, &open, Why::Closed);
    }
    let view = stage.all(1000);
    let old = view
        .lanes
        .iter()
        .find(|lane| lane.client.as_deref() == Some("old"));
    assert_eq!(at(old.expect("it is open").bars[0].from_ms), 5);
}

#[test]
fn while_nobody_looks_nothing_is_kept_and_nothing_counted() {
    let stage = Stage::new();
    let open = stage.comes(0, Some("dash"), None);
    sends(&open, 1);
    assert!(!stage.sample(100));
    assert_eq!(stage.kept(), (0, 0));
    let first = stage.all(1000);
    assert_eq!(stage.kept(), (1, 0));
    sends(&open, 1);
    assert!(stage.sample(1100) && stage.sample(6000));
    assert_eq!(stage.kept(), (1, 1));
    sends(&open, 1);
    assert!(!stage.sample(6100), "nobody has looked for five seconds");
    sends(&open, 1);
    stage.goes(7000, &open, Why::Closed);
    let again = stage.look(20_000, first.cursor);
    assert_eq!(
        again.lanes[0].bars[0].steps.len(),
        1,
        "what came meanwhile is of no step"
    );
    stage.table.forget_timeline();
    assert_eq!(stage.kept(), (0, 0));
    let anew = stage.look(700_000, again.cursor);
    assert!(anew.whole, "what it knows is forgotten");
    assert!(anew.lanes[0].id > first.lanes[0].id, "no id is given twice");
}

#[test]
fn a_cursor_of_another_life_is_answered_with_all() {
    let stage = Stage::new();
    let _open = stage.comes(0, Some("dash"), None);
    let first = stage.look(1000, START + 5000);
    assert!(first.whole && first.lanes.len() == 1);
    let second = stage.look(1000, first.cursor);
    assert!(!second.whole && second.lanes.is_empty() && second.cursor > first.cursor);
    assert!(stage.look(1000, second.cursor + 1).whole);
    assert!(stage.look(1000, 0).whole);
}

#[test]
fn where_a_fault_struck_there_is_a_flag() {
    let stage = Stage::new();
    stage.look(0, 0);
    let open = stage.comes(1000, Some("a"), None);
    stage.table.fired(3, &open.row, stage.now(1500));
    let lanes = stage.all(2000).lanes;
    let bar = &lanes[0].bars[0];
    let flags: Vec<_> = bar
        .flags
        .iter()
        .map(|flag| (flag.fault, flag.at_ms - bar.from_ms))
        .collect();
    assert_eq!(flags, [(3, 500)]);
    let cursor = stage.all(2000).cursor;
    stage.table.fired(4, &open.row, stage.now(2500));
    assert_eq!(
        stage.look(3000, cursor).lanes[0].bars[0].flags.len(),
        2,
        "it is news"
    );
}
