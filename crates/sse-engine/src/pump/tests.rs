//! The pump with made-up instants.

mod broken;
mod leaves;
mod piped;
mod replay;
mod subscriber;

use std::time::Duration;

use sse_wire::LineEnding;

use super::*;
use crate::file;
use crate::stream::{Entry, Pace, Source, Stream, Template};
use crate::write_buffer::VISIT;

const MS: Duration = Duration::from_millis(1);

/// This instant, at the beginning of 1970.
fn at(instant: Instant) -> Now {
    Now {
        instant,
        wall: std::time::UNIX_EPOCH,
    }
}

/// A pump, a made-up clock, and everything that was sent with the time it was sent at.
struct Bench {
    pump: Pump,
    start: Instant,
    now: Instant,
    sent: Vec<(u64, String)>,
}

impl Bench {
    fn new(stream: &Stream, keep_alive: KeepAlive, last: Option<&str>) -> Self {
        let start = Instant::now();
        Self {
            pump: pump(stream, keep_alive, last).expect("something is left to send"),
            start,
            now: start,
            sent: Vec::new(),
        }
    }

    fn visit(&mut self) -> Next {
        let mut out = WriteBuffer::new();
        let next = self.pump.fill(at(self.now), &mut out);
        if !out.is_empty() {
            let at = (self.now - self.start).as_millis() as u64;
            let text = String::from_utf8(out.wire()).expect("we write UTF-8");
            self.sent.push((at, text));
        }
        next
    }

    /// Visits whenever the pump asks for it until `until`, then answers the last visit's wish.
    fn run(&mut self, until: Duration) -> Next {
        loop {
            let next = self.visit();
            match next {
                Next::Wait { at: Some(at) } if at <= self.start + until => self.now = at,
                Next::More => {}
                _ => return next,
            }
        }
    }
}

fn pump(stream: &Stream, keep_alive: KeepAlive, last: Option<&str>) -> Option<Pump> {
    Pump::new(Variant::new(Arc::new(stream.clone())), keep_alive, last).ok()
}

fn finite() -> Stream {
    file::shipped().remove(0)
}

fn endless() -> Stream {
    file::shipped().remove(1)
}

#[test]
fn numbers_come_first_at_once_then_every_second_then_end() {
    let mut bench = Bench::new(&finite(), KeepAlive::default(), None);
    assert_eq!(bench.run(Duration::MAX / 4), Next::End);
    assert_eq!(
        bench.sent,
        [
            (0, "retry: 1000\nid: 1\ndata: 1\n\n".to_owned()),
            (1000, "id: 2\ndata: 2\n\n".to_owned()),
            (2000, "id: 3\ndata: 3\n\n".to_owned()),
            (3000, "id: 4\ndata: 4\n\n".to_owned()),
            (4000, "id: 5\ndata: 5\n\n".to_owned()),
        ],
        "and the end comes with the last event, not a second later"
    );
}

#[test]
fn a_client_that_comes_back_gets_the_rest_with_a_retry_of_its_own() {
    let mut bench = Bench::new(&finite(), KeepAlive::Off, Some("3"));
    assert_eq!(bench.run(Duration::from_secs(60)), Next::End);
    assert_eq!(
        bench.sent,
        [
            (0, "retry: 1000\nid: 4\ndata: 4\n\n".to_owned()),
            (1000, "id: 5\ndata: 5\n\n".to_owned()),
        ]
    );
    assert!(pump(&finite(), KeepAlive::Off, Some("5")).is_none());
    assert!(pump(&finite(), KeepAlive::Off, Some("")).is_some());
}

#[test]
fn keep_alive_by_interval_ignores_the_events_between() {
    let mut bench = Bench::new(&endless(), KeepAlive::Interval(700 * MS), None);
    bench.run(Duration::from_millis(2200));
    let comments: Vec<u64> = bench
        .sent
        .iter()
        .filter(|(_, text)| text == ": keep-alive\n\n")
        .map(|(at, _)| *at)
        .collect();
    assert_eq!(comments, [700, 1400, 2100]);
    let events = bench
        .sent
        .iter()
        .filter(|(_, t)| t.contains("data"))
        .count();
    assert_eq!(events, 5);
}

#[test]
fn keep_alive_by_idle_time_waits_for_silence() {
    let mut busy = Bench::new(&endless(), KeepAlive::Idle(700 * MS), None);
    busy.run(Duration::from_secs(5));
    assert!(busy.sent.iter().all(|(_, t)| !t.starts_with(':')));

    let mut quiet = Bench::new(&finite(), KeepAlive::Idle(300 * MS), None);
    quiet.run(Duration::from_millis(1500));
    let times: Vec<u64> = quiet.sent.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [0, 300, 600, 900, 1000, 1300]);
}

#[test]
fn keep_alive_off_sends_no_comment() {
    let slow = Stream {
        pace: Pace::every(Duration::from_secs(3600)),
        ..endless()
    };
    let mut bench = Bench::new(&slow, KeepAlive::Off, None);
    bench.run(Duration::from_secs(3599));
    assert_eq!(bench.sent.len(), 1);
}

#[test]
fn an_unpaced_stream_yields_after_each_visit() {
    let unpaced = Stream {
        pace: Pace::default(),
        ..endless()
    };
    let mut bench = Bench::new(&unpaced, KeepAlive::default(), None);
    for _ in 0..3 {
        assert_eq!(bench.visit(), Next::More);
    }
    for (_, text) in &bench.sent {
        assert!((VISIT..VISIT + 64).contains(&text.len()));
        assert!(text.ends_with("\n\n"), "a frame once begun is finished");
    }
}

#[test]
fn an_unpaced_stream_still_ends_at_its_count() {
    let burst = Stream {
        pace: Pace::default(),
        count: Some(40_000),
        ..endless()
    };
    let mut bench = Bench::new(&burst, KeepAlive::default(), None);
    assert_eq!(bench.run(Duration::ZERO), Next::End);
    let all: String = bench.sent.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(all.matches("data: ").count(), 40_000);
    assert!(all.ends_with("id: 40000\ndata: 40000\n\n"));
}

#[test]
fn late_visits_keep_the_pace_but_a_long_stall_is_not_made_up_for() {
    let mut bench = Bench::new(&endless(), KeepAlive::Off, None);
    bench.visit();
    bench.now += 530 * MS;
    assert_eq!(
        bench.visit(),
        Next::Wait {
            at: Some(bench.start + 1000 * MS),
        },
        "30 ms late is not 30 ms of drift"
    );
    bench.now += 60_000 * MS;
    bench.visit();
    let last = &bench.sent.last().expect("an event was due").1;
    assert_eq!(
        last, "id: 3\ndata: 3\n\n",
        "one event, not a minute of them"
    );
}

#[test]
fn stop_ends_at_the_next_visit_with_nothing_more() {
    let mut bench = Bench::new(&endless(), KeepAlive::default(), None);
    bench.visit();
    bench.pump.act(at(bench.now), Act::Stop);
    bench.now += 10_000 * MS;
    assert_eq!(bench.visit(), Next::End);
    assert_eq!(bench.sent.len(), 1);
}

/// A template: `"-"` is none.
fn entry([comment, event, id, data]: [&str; 4]) -> Entry {
    let template = |text: &str| (text != "-").then(|| Template::parse(text).expect("a template"));
    Entry {
        comment: template(comment),
        event: template(event),
        id: template(id),
        data: template(data),
        ..Entry::default()
    }
}

#[test]
fn a_template_is_filled_in_for_each_event() {
    let stream = Stream {
        source: Source::Template(Box::new(entry([
            "-",
            "tick",
            "t{n}",
            r#"{"n": {n}, "at": "{now}"}"#,
        ]))),
        line_ending: LineEnding::CrLf,
        ..finite()
    };
    let variant = Variant::new(Arc::new(stream));
    let mut pump = Pump::new(variant, KeepAlive::Off, Some("t3")).expect("two are left");
    let mut out = WriteBuffer::new();
    pump.fill(at(Instant::now()), &mut out);
    assert_eq!(
        String::from_utf8(out.wire()).expect("UTF-8"),
        "retry: 1000\r\nevent: tick\r\nid: t4\r\ndata: {\"n\": 4, \"at\": \"1970-01-01T00:00:00.000Z\"}\r\n\r\n"
    );
}

#[test]
fn a_list_has_times_of_its_own_and_begins_again() {
    let stream = Stream {
        source: Source::List(vec![
            entry(["-", "-", "a", "one"]),
            Entry {
                after: Some(100 * MS),
                retry: Some(5),
                ..entry(["note", "-", "-", "-"])
            },
            entry(["-", "-", "-", "three"]),
        ]),
        count: Some(5),
        pace: Pace::every(10 * MS),
        ..finite()
    };
    let mut bench = Bench::new(&stream, KeepAlive::Off, None);
    assert_eq!(bench.run(Duration::from_secs(60)), Next::End);
    let sent = |at: u64, text: &str| (at, text.to_owned());
    assert_eq!(
        bench.sent,
        [
            sent(0, "retry: 1000\nid: a\ndata: one\n\n"),
            sent(100, ": note\nretry: 5\n\n"),
            sent(110, "data: three\n\n"),
            sent(120, "id: a\ndata: one\n\n"),
            sent(220, ": note\nretry: 5\n\n"),
        ]
    );
    let mut resumed = Bench::new(&stream, KeepAlive::Off, Some("a"));
    resumed.run(Duration::from_secs(60));
    let times: Vec<u64> = resumed.sent.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, [100, 110, 120, 220]);
}

#[test]
fn only_what_carries_data_counts_as_an_event() {
    let stream = Stream {
        source: Source::List(vec![
            entry(["note", "-", "-", "-"]),
            entry(["-", "-", "x", "-"]),
            entry(["-", "-", "-", ""]),
            entry(["-", "-", "y", "data"]),
        ]),
        count: Some(4),
        pace: Pace::default(),
        ..finite()
    };
    let mut pump = pump(&stream, KeepAlive::Off, None).expect("all of it");
    let mut out = WriteBuffer::new();
    assert_eq!(pump.fill(at(Instant::now()), &mut out), Next::End);
    let numbers: Vec<_> = out.marks().map(|mark| mark.number).collect();
    assert_eq!(numbers, [Some(3), Some(4)]);
}

#[test]
fn a_stream_may_have_a_keep_alive_of_its_own() {
    let quiet = Stream {
        keep_alive: Some(KeepAlive::Off),
        pace: Pace::every(Duration::from_secs(3600)),
        ..endless()
    };
    let mut bench = Bench::new(&quiet, KeepAlive::Interval(MS), None);
    bench.run(Duration::from_secs(1));
    assert_eq!(bench.sent.len(), 1);
}

/// A client that came back with the last id of such a list got its comment, and came back, and got
/// its comment.
#[test]
fn nobody_comes_back_for_what_is_no_event() {
    let stream = Stream {
        source: Source::List(vec![
            entry(["-", "-", "a", "one"]),
            entry(["-", "-", "b", "two"]),
            entry(["bye", "-", "-", "-"]),
        ]),
        count: Some(3),
        ..finite()
    };
    assert!(pump(&stream, KeepAlive::Off, Some("a")).is_some());
    assert!(pump(&stream, KeepAlive::Off, Some("b")).is_none());
    // A whole round more has events again.
    let round = Stream {
        count: Some(6),
        ..stream
    };
    assert!(pump(&round, KeepAlive::Off, Some("b")).is_some());
}

#[test]
fn comments_that_keep_alive_end_their_lines_as_the_stream_does() {
    let stream = Stream {
        line_ending: LineEnding::Cr,
        ..endless()
    };
    let mut bench = Bench::new(&stream, KeepAlive::Interval(100 * MS), None);
    bench.run(Duration::from_millis(150));
    assert_eq!(bench.sent[1].1, ": keep-alive\r\r");
}

#[test]
fn a_stall_of_just_a_second_is_still_made_up_for() {
    let mut bench = Bench::new(&endless(), KeepAlive::Off, None);
    bench.visit();
    bench.now += 1500 * MS;
    bench.visit();
    let texts: Vec<&str> = bench.sent.iter().map(|(_, text)| text.as_str()).collect();
    let caught_up = "id: 2\ndata: 2\n\nid: 3\ndata: 3\n\nid: 4\ndata: 4\n\n";
    assert_eq!(texts[1], caught_up, "due at 500, which was a second ago");
    bench.now += 1501 * MS;
    bench.visit();
    let last = &bench.sent.last().expect("one was due").1;
    assert_eq!(
        last, "id: 5\ndata: 5\n\n",
        "one that is a millisecond older is not"
    );
}

/// Entries without a field wrote nothing, and a visit that counted bytes alone never ended.
#[test]
fn a_visit_ends_after_so_many_events_however_few_bytes_they_have() {
    let silent = Stream {
        source: Source::Template(Box::new(entry(["-", "-", "-", "-"]))),
        pace: Pace::default(),
        count: Some(4097),
        ..endless()
    };
    let mut bench = Bench::new(&silent, KeepAlive::Off, None);
    assert_eq!(bench.visit(), Next::More);
    assert_eq!(bench.pump.next_number(), 4097, "4096 are through");
    assert_eq!(bench.visit(), Next::End);
}

#[test]
fn a_visit_of_just_so_many_bytes_is_full() {
    // 16 bytes each: id and data of one sign, and what stands around them.
    let text = entry(["-", "-", "-", "123456789"]);
    let even = Stream {
        source: Source::Template(Box::new(text)),
        pace: Pace::default(),
        retry: None,
        ..endless()
    };
    let mut bench = Bench::new(&even, KeepAlive::Off, None);
    bench.visit();
    let length = bench.sent[0].1.len();
    let one = "data: 123456789\n\n".len();
    assert_eq!(length, VISIT.div_ceil(one) * one);
}

#[test]
fn a_keep_alive_without_its_blank_line_is_one_line() {
    let slow = Stream {
        pace: Pace::every(Duration::from_secs(3600)),
        line_ending: LineEnding::CrLf,
        ..endless()
    };
    let mut bench = Bench::new(&slow, KeepAlive::Interval(10 * MS), None);
    bench.pump = bench.pump.with_blank(false);
    bench.run(10 * MS);
    assert_eq!(bench.sent[1], (10, ": keep-alive\r\n".to_owned()));
    let asked = Stream {
        keep_alive_blank: Some(true),
        ..slow
    };
    let mut bench = Bench::new(&asked, KeepAlive::Interval(10 * MS), None);
    bench.pump = bench.pump.with_blank(false);
    bench.run(10 * MS);
    assert_eq!(bench.sent[1].1, ": keep-alive\r\n\r\n", "it says so itself");
}

#[test]
fn a_beat_that_was_missed_altogether_is_not_made_up_for() {
    let slow = Stream {
        pace: Pace::every(Duration::from_secs(3600)),
        ..endless()
    };
    let mut bench = Bench::new(&slow, KeepAlive::Interval(100 * MS), None);
    bench.visit();
    bench.now += 1000 * MS;
    let next = Some(bench.start + 1050 * MS);
    assert_eq!(bench.visit(), Next::Wait { at: next }, "half a beat later");
    bench.now += 60 * MS;
    let next = Some(bench.start + 1150 * MS);
    assert_eq!(bench.visit(), Next::Wait { at: next });
}
