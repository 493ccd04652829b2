//! Faults that meet each other, each as it once went wrong.

use super::*;

fn five() -> Stream {
    Stream {
        count: Some(5),
        ..ticks()
    }
}

/// A thousand copies of a large event were written in one visit, which took gigabytes.
#[test]
fn copies_of_a_large_event_come_visit_by_visit() {
    let mut bench = Bench::broken(&five(), &["long=1MiB", "repeat=100"]);
    let (mut out, mut all, mut visits) = (WriteBuffer::new(), 0, 0);
    while bench.now < bench.start + 500 * MS {
        out.clear();
        let next = bench.pump.fill(at(bench.now), &mut out);
        assert!(out.len() < 3 << 20, "{}", out.len());
        all += out.marks().len();
        visits += 1;
        match next {
            Next::More => {}
            Next::Wait { at: Some(at) } => bench.now = at,
            next => panic!("{next:?}"),
        }
    }
    assert_eq!(all, 101);
    assert!(visits > 100);
}

/// They waited for what was held back to go, which waited for the events behind them: the pump had
/// more at once, for ever.
#[test]
fn copies_do_not_wait_for_what_is_held_back() {
    let many = Stream {
        pace: Pace::every(MS),
        count: Some(3000),
        ..ticks()
    };
    for hold in ["hold=end", "merge=1000"] {
        let mut bench = Bench::broken(&many, &[hold, "repeat=2,after=1900"]);
        let mut visits = 0;
        loop {
            visits += 1;
            assert!(visits < 4000, "{hold}: {:?}", bench.now - bench.start);
            match bench.visit() {
                Next::Wait { at: Some(at) } => bench.now = at,
                Next::More => {}
                next => break assert_eq!(next, Next::End, "{hold}"),
            }
        }
        assert_eq!(data(bench.text().as_bytes()).len(), 3002, "{hold}");
    }
}

/// What came behind the end of the packed stream made the encoder panic.
#[test]
fn nothing_is_packed_behind_the_end() {
    for faults in [
        ["encode=gzip", "mute,after=5,for=20s"],
        ["encode=gzip,flush=never", "silence,after=5,for=2s"],
    ] {
        let mut bench = Bench::new(&five(), KeepAlive::Interval(1500 * MS), None);
        bench.strike(&[&faults[..], &["comment=x,after=5s", "insert=y,after=6s"]].concat());
        let mut out = WriteBuffer::new();
        loop {
            out.clear();
            match bench.pump.fill(at(bench.now), &mut out) {
                Next::Wait { at: Some(at) } => bench.now = at.max(bench.now),
                next => break assert_eq!(next, Next::End),
            }
        }
    }
}

/// The head said gzip, and the bytes were plain.
#[test]
fn what_the_head_says_is_packed_whatever_is_healed() {
    let packs = armed("encode=gzip", Instant::now());
    assert!(packs.strike(), "the head says so");
    packs.heal();
    let bench = Bench::new(&five(), KeepAlive::Off, None);
    let mut pump = bench.pump.broken_by(vec![packs], bench.start);
    let mut out = WriteBuffer::new();
    pump.fill(at(bench.now), &mut out);
    assert!(out.wire().starts_with(&[0x1F, 0x8B]), "RFC 1952, 2.3.1");
}

/// A comment that was due, and that pieces before it kept back, was waited for in the past.
#[test]
fn a_mute_over_pieces_waits_for_them() {
    let mut bench = Bench::new(&ticks(), KeepAlive::Interval(1000 * MS), None);
    bench.strike(&["dribble=1B/s", "mute,after=1"]);
    let mut visits = 0;
    while bench.now < bench.start + 10_000 * MS {
        match bench.visit() {
            Next::Wait { at: Some(at) } => bench.now = at,
            next => panic!("{next:?}"),
        }
        visits += 1;
    }
    assert!(visits < 20, "{visits}");
}

/// Bytes of a stream that was not cut were lost.
#[test]
fn a_cut_at_a_byte_takes_nothing_from_streams_that_it_does_not_strike() {
    let start = Instant::now();
    let once = armed("cut,after=20B,times=1", start);
    assert!(once.strike(), "another has it");
    let mut bench = Bench::new(&five(), KeepAlive::Off, None);
    bench.pump = bench.pump.broken_by(vec![once], bench.start);
    assert_eq!(bench.run(60_000 * MS), Next::End);
    assert_eq!(bench.text(), (1..=5).map(tick).collect::<String>());
    let (sent, next) = play(&["cut,after=20B,start=3s"], 60);
    assert_eq!(sent, on_time(1..=3));
    assert_eq!(next, broken(How::Cut));
}

/// An act counts from what was sent before it, and the sum was more than a number holds.
#[test]
fn an_act_behind_more_bytes_than_there_can_be_strikes_never() {
    // Bytes are counted where something is broken.
    let mut bench = Bench::broken(&five(), &["ends=lf"]);
    bench.run(1500 * MS);
    let never = armed("cut,after=18446744073709551615B", bench.now);
    bench.pump.act(at(bench.now), Act::Break(never));
    assert_eq!(bench.run(60_000 * MS), Next::End);
    assert_eq!(bench.text(), (1..=5).map(tick).collect::<String>());
}

/// The words behind it were forgotten.
#[test]
fn a_swap_leaves_the_other_words_be() {
    let (sent, _) = play(&["swap", "bad-retry", "repeat=2"], 2);
    let all: Vec<String> = sent.into_iter().map(|(_, text)| text).collect();
    let first = "retry: 10s\nid: 1\ndata: 1\n\n";
    assert_eq!(all, [format!("{}{}", tick(2), first.repeat(3)), tick(3)]);
}

/// Where it may not strike, only the first event was left in.
#[test]
fn a_skip_that_may_not_strike_skips_nothing() {
    let mut bench = Bench::new(&five(), KeepAlive::Off, None);
    let once = armed("skip=3,times=1", bench.start);
    assert!(once.strike());
    bench.pump = bench.pump.broken_by(vec![once], bench.start);
    bench.run(60_000 * MS);
    assert_eq!(bench.sent.len(), 5);
}

#[test]
fn what_is_kept_back_is_not_complete() {
    let mut bench = Bench::broken(
        &Stream {
            pace: Pace::default(),
            ..five()
        },
        &["dribble=10B/s"],
    );
    bench.visit();
    assert!(!bench.pump.is_complete());
    bench.run(60_000 * MS);
    assert!(bench.pump.is_complete());
}

/// It sent nothing at all, and a packed stream had no end.
#[test]
fn an_orderly_end_lets_go_of_what_is_held() {
    let (sent, next) = play(&["hold=end", "end,after=3"], 60);
    assert_eq!(sent, [(2000, [1, 2, 3].map(tick).concat())]);
    assert_eq!(next, broken(How::End));
}

#[test]
fn late_visits_do_not_slow_a_dribble() {
    let mut bench = Bench::broken(&ticks(), &["dribble=100B/s"]);
    for _ in 0..10 {
        match bench.visit() {
            // Each visit is two milliseconds late.
            Next::Wait { at: Some(at) } => bench.now = at + 2 * MS,
            next => panic!("{next:?}"),
        }
    }
    let sent: usize = bench.sent.iter().map(|(_, text)| text.len()).sum();
    let took = (bench.now - bench.start).as_millis() as usize;
    assert!(sent * 10 + 60 >= took.min(140), "{sent} bytes in {took} ms");
}

/// The end comes when its `start=` has come, in a visit of its own. What was held back was lost.
#[test]
fn an_orderly_end_that_was_put_off_sends_what_was_held() {
    for (faults, bytes) in [
        (["hold=end", "end,after=2,start=2500ms"], 3),
        (["merge=10", "end,after=2,start=2500ms"], 3),
    ] {
        let (sent, next) = play(&faults, 10);
        let text: String = sent.iter().map(|(_, text)| text.as_str()).collect();
        let all: String = (1..=bytes).map(tick).collect();
        assert_eq!((text, next), (all, broken(How::End)), "{faults:?}");
    }
    // At an instant, between two events.
    let (sent, next) = play(&["hold=end", "end,after=2500ms"], 10);
    let all = [1, 2, 3].map(tick).concat();
    assert_eq!((sent, next), (vec![(2500, all)], broken(How::End)));
    // A cut sends nothing of it.
    let (sent, next) = play(&["hold=end", "cut,after=2,start=2500ms"], 10);
    assert_eq!((sent, next), (Vec::new(), broken(How::Cut)));
}
