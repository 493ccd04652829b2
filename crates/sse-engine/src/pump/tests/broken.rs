//! What faults make of a stream, with made-up instants.

mod corners;
mod pieces;
mod raw;
mod spin;

use proptest::prelude::*;
use sse_wire::{Decoded, Decoder};

use super::*;
use crate::fault::Fault;
use crate::topics::{Batch, Draft, TopicConfig, Topics};

/// A second between two events, `id: 1`, `data: 1` and so on, and no reconnection time.
fn ticks() -> Stream {
    Stream {
        pace: Pace::every(1000 * MS),
        retry: None,
        ..endless()
    }
}

fn armed(text: &str, now: Instant) -> Arc<Armed> {
    let fault: Fault = text.parse().expect(text);
    Arc::new(Armed::new(7, fault, now))
}

impl Bench {
    fn broken(stream: &Stream, faults: &[&str]) -> Self {
        let mut bench = Self::new(stream, KeepAlive::Off, None);
        bench.strike(faults);
        bench
    }

    fn strike(&mut self, faults: &[&str]) {
        let armed = faults.iter().map(|text| armed(text, self.start)).collect();
        let feed = pump(&ticks(), KeepAlive::Off, None).expect("it has events");
        let pump = std::mem::replace(&mut self.pump, feed);
        self.pump = pump.broken_by(armed, self.start);
    }

    /// What was sent, and when, in milliseconds.
    fn sent(&self) -> Vec<(u64, &str)> {
        let sent = self.sent.iter();
        sent.map(|(at, text)| (*at, text.as_str())).collect()
    }

    fn text(&self) -> String {
        self.sent.iter().map(|(_, text)| text.as_str()).collect()
    }
}

/// What is sent of the ticks of so many seconds, and what comes then.
fn play(faults: &[&str], seconds: u64) -> (Vec<(u64, String)>, Next) {
    play_of(&ticks(), faults, seconds)
}

fn play_of(stream: &Stream, faults: &[&str], seconds: u64) -> (Vec<(u64, String)>, Next) {
    let mut bench = Bench::broken(stream, faults);
    let next = bench.run(Duration::from_secs(seconds));
    (bench.sent, next)
}

fn tick(n: u64) -> String {
    format!("id: {n}\ndata: {n}\n\n")
}

/// Ticks `numbers`, each at its second.
fn on_time(numbers: std::ops::RangeInclusive<u64>) -> Vec<(u64, String)> {
    numbers.map(|n| ((n - 1) * 1000, tick(n))).collect()
}

fn broken(how: How) -> Next {
    Next::Broken(Break {
        how,
        linger: Duration::ZERO,
        fault: Some(7),
    })
}

#[test]
fn a_stream_ends_behind_so_many_events_and_not_later() {
    for (word, how) in [("end", How::End), ("cut", How::Cut), ("reset", How::Reset)] {
        let (sent, next) = play(&[&format!("{word},after=3")], 60);
        assert_eq!(sent, on_time(1..=3), "{word}");
        assert_eq!(next, broken(how));
        assert_eq!(
            play(&[&format!("{word},after=0")], 60),
            (vec![], broken(how))
        );
    }
    let (_, next) = play(&["end,after=1,linger=2s"], 60);
    let Next::Broken(end) = next else {
        panic!("it does not end: {next:?}");
    };
    assert_eq!(end.linger, 2000 * MS);
}

/// An unpaced stream has thousands of events in one visit.
#[test]
fn nothing_is_sent_behind_the_end_however_much_is_there() {
    let burst = Stream {
        pace: Pace::default(),
        ..ticks()
    };
    let (sent, next) = play_of(&burst, &["cut,after=3"], 1);
    assert_eq!(sent, [(0, [1, 2, 3].map(tick).concat())]);
    assert_eq!(next, broken(How::Cut));
}

#[test]
fn a_stream_ends_within_an_event() {
    let (sent, next) = play(&["cut,after=2,half"], 60);
    assert_eq!(sent[..2], on_time(1..=2));
    assert_eq!(sent[2], (2000, "id: 3\nda".to_owned()));
    assert_eq!(next, broken(How::Cut));
    let (sent, _) = play(&["cut,half"], 60);
    assert_eq!(sent, [(0, "id: 1\nda".to_owned())]);
    let (sent, _) = play(&["reset,after=2500ms,half=id"], 60);
    assert_eq!(sent[3], (3000, "id: 4\n".to_owned()));
    let mut bench = Bench::broken(&ticks(), &["cut,half"]);
    let mut out = WriteBuffer::new();
    bench.pump.fill(at(bench.now), &mut out);
    assert_eq!(out.marks().len(), 0, "half an event is none");
}

#[test]
fn a_stream_ends_at_an_instant_to_the_byte_or_behind_a_text() {
    let (sent, next) = play(&["cut,after=2500ms"], 60);
    assert_eq!((sent, next), (on_time(1..=3), broken(How::Cut)));
    let mut bench = Bench::broken(&ticks(), &["cut,after=2500ms"]);
    bench.run(60_000 * MS);
    assert_eq!(bench.now - bench.start, 2500 * MS, "not at the next event");

    let (sent, next) = play(&["reset,after=20B"], 60);
    let text: String = sent.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(text, "id: 1\ndata: 1\n\nid: 2");
    assert_eq!(next, broken(How::Reset));
    let (sent, _) = play(&["cut,after=30B"], 60);
    assert_eq!(sent, on_time(1..=2), "that is two events");

    let (sent, next) = play(&["end,after=\"4\""], 60);
    assert_eq!((sent, next), (on_time(1..=4), broken(How::End)));
    assert_eq!(play(&["end,after=\"no such\""], 9).0.len(), 10);
}

#[test]
fn a_stream_is_cut_where_it_is_idle() {
    let slow = Stream {
        pace: Pace::every(10_000 * MS),
        ..ticks()
    };
    let mut bench = Bench::broken(&slow, &["cut,idle=4s"]);
    assert_eq!(bench.run(60_000 * MS), broken(How::Cut));
    assert_eq!(bench.now - bench.start, 4000 * MS);
    // A comment is a byte.
    let mut bench = Bench::new(&slow, KeepAlive::Interval(3000 * MS), None);
    bench.strike(&["cut,idle=4s"]);
    bench.run(60_000 * MS);
    assert_eq!(bench.now - bench.start, 60_000 * MS);
    let mut bench = Bench::new(&slow, KeepAlive::Interval(5000 * MS), None);
    bench.strike(&["cut,idle=4s"]);
    assert_eq!(bench.run(60_000 * MS), broken(How::Cut));
}

#[test]
fn at_the_door_a_stream_ends_without_a_head() {
    for (fault, keeps) in [
        ("cut", true),
        ("reset", true),
        ("end", false),
        ("cut,half", false),
        ("cut,after=0", false),
    ] {
        let mut bench = Bench::broken(&ticks(), &[fault]);
        bench.visit();
        assert_eq!(bench.pump.keeps_head(), keeps, "{fault}");
    }
}

#[test]
fn a_head_comes_late_or_never() {
    let mut bench = Bench::broken(&ticks(), &["wait=3s"]);
    assert_eq!(
        bench.visit(),
        Next::Wait {
            at: Some(bench.start + 3000 * MS)
        }
    );
    assert!(bench.pump.keeps_head() && !bench.pump.hangs());
    bench.now += 3000 * MS;
    bench.visit();
    assert!(!bench.pump.keeps_head());
    assert_eq!(bench.sent(), [(3000, &*tick(1))]);

    let mut bench = Bench::broken(&ticks(), &["never,for=5s"]);
    assert_eq!(bench.run(60_000 * MS), broken(How::Cut));
    assert_eq!(bench.now - bench.start, 5000 * MS);
    assert!(bench.sent.is_empty() && bench.pump.keeps_head());
    let mut bench = Bench::broken(&ticks(), &["never"]);
    bench.run(3_600_000 * MS);
    assert_eq!(bench.now - bench.start, 600_000 * MS, "its bound");
}

#[test]
fn silence_holds_events_and_mute_lets_comments_through() {
    let (sent, _) = play(&["silence,after=2,for=5s"], 8);
    let mut expected = on_time(1..=2);
    // What was held when the silence began, and from then on at its pace.
    expected.extend([(6000, tick(3)), (7000, tick(4)), (8000, tick(5))]);
    assert_eq!(sent, expected);

    let mut bench = Bench::new(&ticks(), KeepAlive::Interval(1500 * MS), None);
    bench.strike(&["mute,after=1"]);
    bench.run(5000 * MS);
    let comment = ": keep-alive\n\n";
    assert_eq!(
        bench.sent(),
        [
            (0, &*tick(1)),
            (1500, comment),
            (3000, comment),
            (4500, comment)
        ]
    );
    let mut bench = Bench::new(&ticks(), KeepAlive::Interval(1500 * MS), None);
    bench.strike(&["silence,after=1"]);
    bench.run(5000 * MS);
    assert_eq!(bench.sent.len(), 1);
    assert!(!bench.pump.hangs());
}

#[test]
fn what_hangs_says_so_until_it_is_over_or_stopped() {
    let mut bench = Bench::broken(&ticks(), &["hang,after=1,for=10s"]);
    bench.visit();
    assert!(bench.pump.hangs());
    bench.run(9000 * MS);
    assert_eq!(bench.sent.len(), 1);
    assert!(bench.pump.hangs());
    bench.run(12_000 * MS);
    assert!(!bench.pump.hangs());
    assert!(bench.sent.len() > 1);

    let mut bench = Bench::broken(&ticks(), &["hang"]);
    bench.run(700_000 * MS);
    let first = bench.sent.first().map(|(at, _)| *at);
    assert_eq!(first, Some(600_000), "its bound");

    let mut bench = Bench::broken(&ticks(), &["hang"]);
    bench.visit();
    bench.pump.act(at(bench.now), Act::Stop);
    assert!(!bench.pump.hangs(), "a stop beats every fault");
    assert_eq!(bench.visit(), Next::End);
    for fault in ["wait=3s", "never"] {
        let mut bench = Bench::broken(&ticks(), &[fault]);
        bench.visit();
        bench.pump.act(at(bench.now), Act::Stop);
        assert_eq!(bench.visit(), Next::End);
        assert!(!bench.pump.keeps_head(), "{fault}: an end needs a head");
    }
}

/// A proxy that hangs and then resets: the reset does not wait for the end of the silence.
#[test]
fn a_list_is_a_sequence() {
    let mut bench = Bench::broken(&ticks(), &["hang,for=45s", "reset,start=45s"]);
    assert_eq!(bench.run(100_000 * MS), broken(How::Reset));
    assert_eq!(bench.now - bench.start, 45_000 * MS);
    let mut bench = Bench::broken(&ticks(), &["hang", "cut,after=3s"]);
    assert_eq!(bench.run(100_000 * MS), broken(How::Cut));
    // A silence that is no deeper waits for the end of the one that is on.
    let mut bench = Bench::broken(&ticks(), &["wait=2s", "silence,for=3s"]);
    bench.run(5000 * MS);
    assert_eq!(bench.sent(), [(5000, &*tick(1))]);
}

/// The data of the events that a client is given.
fn data(bytes: &[u8]) -> Vec<String> {
    let mut decoder = Decoder::new();
    let mut data = Vec::new();
    let sink = |decoded: Decoded<'_>| {
        if let Decoded::Event { data: text, .. } = decoded {
            data.push(text.to_owned());
        }
    };
    decoder.push(bytes, sink).expect("within bounds");
    data
}

#[test]
fn one_event_is_changed() {
    let stream = Stream {
        source: Source::Template(Box::new(entry(["-", "-", "{n}", "word {n}"]))),
        ..ticks()
    };
    for (fault, second) in [
        ("corrupt,after=1", "id: 2\ndata: wor\n\n"),
        ("nul-id,after=1", "id: 2\0\ndata: word 2\n\n"),
        ("bad-retry,after=1", "retry: 10s\nid: 2\ndata: word 2\n\n"),
        (
            "unknown-field,after=1",
            "unknown: field\nid: 2\ndata: word 2\n\n",
        ),
        ("no-blank,after=1", "id: 2\ndata: word 2\n"),
        ("long=16B,after=1", "id: 2\ndata: xxxxxxxxxx\n\n"),
        ("bom,after=1", "\u{feff}id: 2\ndata: word 2\n\n"),
        (
            "repeat,after=1",
            "id: 2\ndata: word 2\n\nid: 2\ndata: word 2\n\n",
        ),
        (
            "repeat=2,after=1",
            "id: 2\ndata: word 2\n\nid: 2\ndata: word 2\n\nid: 2\ndata: word 2\n\n",
        ),
    ] {
        let (mut sent, _) = play_of(&stream, &[fault], 2);
        if fault.starts_with("bom") {
            // It comes at once, and what follows comes when it is due.
            assert_eq!(sent.remove(0).1, "id: 1\ndata: word 1\n\n\u{feff}");
            assert_eq!(sent[0].1, second.trim_start_matches('\u{feff}'));
            continue;
        }
        let texts: Vec<&str> = sent.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(
            texts,
            ["id: 1\ndata: word 1\n\n", second, "id: 3\ndata: word 3\n\n"],
            "{fault}"
        );
    }
    let mut bench = Bench::broken(&stream, &["bad-utf8"]);
    let mut out = WriteBuffer::new();
    bench.pump.fill(at(bench.now), &mut out);
    assert_eq!(out.wire(), b"id: 1\ndata: word 1\xFF\n\n");
    let (sent, _) = play(&["bom=2"], 0);
    assert_eq!(sent, [(0, format!("\u{feff}\u{feff}{}", tick(1)))]);
}

#[test]
fn events_change_places_are_left_out_or_come_twice() {
    let numbers = |faults: &[&str]| {
        data(
            play(faults, 6)
                .0
                .iter()
                .map(|s| s.1.as_str())
                .collect::<String>()
                .as_bytes(),
        )
        .join(" ")
    };
    assert_eq!(numbers(&["swap,after=2"]), "1 2 4 3 5 6 7");
    assert_eq!(numbers(&["skip,after=2"]), "1 2 4 5 6 7");
    assert_eq!(numbers(&["skip=3"]), "4 5 6 7");
    assert_eq!(numbers(&["drop=3"]), "1 2 4 5 6 7");
    assert_eq!(numbers(&["repeat,after=2", "drop=5"]), "1 2 3 3 4 6 7");
    assert_eq!(numbers(&["insert=hello,after=2"]), "1 2 hello 3 4 5 6 7");
    assert_eq!(numbers(&["no-blank,after=2"]), "1 2 3\n4 5 6 7");
    assert_eq!(numbers(&["drop=1", "drop=2", "cut,after=2"]), "3 4");

    // The last event cannot be overtaken.
    let two = Stream {
        count: Some(2),
        ..ticks()
    };
    let (sent, next) = play_of(&two, &["swap,after=1"], 9);
    assert_eq!((sent, next), (on_time(1..=2), Next::End));
}

#[test]
fn comments_and_events_are_put_in_at_once() {
    let (sent, _) = play(&["comment=hello,after=1500ms"], 2);
    assert_eq!(sent[2], (1500, ": hello\n\n".to_owned()));
    let (sent, _) = play(&["comment=hello,blank=false,after=1"], 1);
    assert_eq!(sent[0], (0, format!("{}: hello\n", tick(1))));
    // They pass the encoder: no text breaks out of its field.
    let mut bench = Bench::broken(&ticks(), &[]);
    let act = armed("insert=\"a\nevent: b\r\rid: c\"", bench.start);
    bench.pump.act(at(bench.now), Act::Break(act));
    bench.visit();
    assert_eq!(
        bench.sent[0].1,
        format!(
            "data: a\ndata: event: b\ndata: \ndata: id: c\n\n{}",
            tick(1)
        )
    );
}

#[test]
fn a_fault_that_is_healed_lets_the_stream_go_on() {
    for (text, held) in [
        ("silence", 0),
        ("hang", 0),
        ("mute", 0),
        ("hold=end", 0),
        ("never", 0),
        ("cut,after=2", 1),
        ("cut,idle=5s", 1),
        ("dribble=1B/s", 1),
        ("drop=2", 1),
        ("ends=cr", 1),
    ] {
        let mut bench = Bench::new(&ticks(), KeepAlive::Off, None);
        let fault = armed(text, bench.start);
        bench.pump = bench.pump.broken_by(vec![Arc::clone(&fault)], bench.start);
        bench.run(500 * MS);
        assert_eq!(bench.sent.len(), held, "{text}");
        fault.heal();
        // Somebody visits all connections that it may have struck.
        bench.run(20_000 * MS);
        let numbers = data(bench.text().as_bytes());
        assert!(numbers.len() > 15, "{text}: {numbers:?}");
        assert!(!bench.pump.keeps_head());
        bench.pump.take_struck();
        assert!(!bench.pump.is_armed(), "{text}: nothing is left to break");
    }
}

#[test]
fn strikes_are_counted_over_all_connections() {
    let start = Instant::now();
    let once = armed("corrupt,times=1", start);
    let mut sent = Vec::new();
    for _ in 0..2 {
        let mut bench = Bench::new(&ticks(), KeepAlive::Off, None);
        bench.start = start;
        bench.pump = bench.pump.broken_by(vec![Arc::clone(&once)], start);
        bench.visit();
        sent.push((bench.text(), bench.pump.take_struck().len()));
    }
    assert_eq!(sent, [("id: 1\ndata: \n\n".to_owned(), 1), (tick(1), 0)]);
    assert_eq!(once.strikes(), 1);
}

#[test]
fn an_act_strikes_an_open_connection_from_now_on() {
    let mut bench = Bench::new(&ticks(), KeepAlive::Off, None);
    bench.run(2500 * MS);
    let cut = armed("cut", bench.now);
    bench.pump.act(at(bench.now), Act::Break(cut));
    assert_eq!(bench.visit(), broken(How::Cut));
    assert_eq!(bench.sent.len(), 3);

    let mut bench = Bench::new(&ticks(), KeepAlive::Off, None);
    bench.run(2500 * MS);
    let later = armed("cut,after=2", bench.now);
    bench.pump.act(at(bench.now), Act::Break(later));
    assert_eq!(bench.run(60_000 * MS), broken(How::Cut));
    assert_eq!(bench.sent.len(), 5, "two more, not two in all");
}

#[test]
fn a_client_goes_on_too_early_too_late_or_from_the_beginning() {
    let next = |last: Option<&str>, shift| {
        let variant = Variant::new(Arc::new(ticks()));
        let pump = Pump::shifted(variant, KeepAlive::Off, last, shift).expect("endless");
        pump.next_number()
    };
    assert_eq!(next(Some("7"), Shift::None), 8);
    assert_eq!(next(Some("7"), Shift::Forgotten), 1);
    assert_eq!(next(Some("7"), Shift::Early(2)), 6);
    assert_eq!(next(Some("7"), Shift::Early(20)), 1);
    assert_eq!(next(Some("7"), Shift::Late(3)), 11);
    assert_eq!(next(None, Shift::Late(3)), 1, "it does not go on");

    let topic = Topics::new(TopicConfig::default());
    let topic = topic.topic("t", std::time::UNIX_EPOCH).expect("room");
    let mut ids = Vec::new();
    for _ in 0..9 {
        let published = topic.publish_now(&Batch::one(Draft::default()));
        ids.push(published.expect("it is there").expect("published").id);
    }
    let next = |shift| {
        let joined = Subscription::join_shifted(&topic, Some(&ids[4]), shift);
        joined.expect("it is there").next()
    };
    assert_eq!(
        [
            Shift::None,
            Shift::Forgotten,
            Shift::Early(2),
            Shift::Late(3)
        ]
        .map(next),
        [6, 1, 4, 9]
    );
    assert_eq!(
        [Shift::Early(20), Shift::Late(20)].map(next),
        [1, 10],
        "what is kept"
    );
}

proptest! {
    /// Whatever strikes, a stream that is only delayed, cut into pieces or framed otherwise gives
    /// its client the same events, and each visit but the last waits for an instant or for more.
    #[test]
    fn delays_and_pieces_change_no_event(
        faults in proptest::sample::subsequence(
            vec![
                "split=utf8", "dribble=4kB/s", "hold=50B", "merge=2", "ends=mixed", "mute,after=2,for=3s",
                "comment=x,after=1", "silence,after=1s,for=2s", "wait=1s", "unknown-field,after=2",
                "hang,idle=1500ms,for=1s", "bad-retry",
            ],
            0..5,
        )
    ) {
        let five = Stream { count: Some(5), ..ticks() };
        let (sent, next) = play_of(&five, &faults, 600);
        let text: String = sent.iter().map(|(_, text)| text.as_str()).collect();
        prop_assert_eq!(next, Next::End);
        prop_assert_eq!(data(text.as_bytes()).join(" "), "1 2 3 4 5");
    }
}
