//! Recordings that are replayed, with made-up instants.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::preview::Preview;
use crate::recording::{End, Recording, Step, Wait};
use crate::stream::{Overrides, Playback, Replay, Speed};

const HEAD: &str = "< HTTP/1.1 200 OK\n< content-type: text/event-stream\n";

/// Three events in four pieces, the second of which ends within an event.
const THREE: &str = "\
@ 10ms
| id: 1
| data: a
|
@ 100ms
| id: 2
~ data: \\xc3\\
@ 5ms
~ \\xa9
|
@ 2s
| id: 3
| data: c
|
";

fn stream(text: &str) -> Stream {
    let recording = Recording::parse(format!("wire 1\n{text}")).expect(text);
    stream_of(Replay::new(&recording).expect(text))
}

fn stream_of(replay: Replay) -> Stream {
    Stream {
        count: None,
        retry: None,
        source: Source::Recording(Playback {
            replay: Arc::new(replay),
            speed: Speed::default(),
            step: false,
        }),
        ..endless()
    }
}

fn played_at(mut stream: Stream, speed: &str, step: bool) -> Stream {
    if let Source::Recording(playback) = &mut stream.source {
        playback.speed = Speed::read(speed).expect(speed);
        playback.step = step;
    }
    stream
}

/// A pump, its clock, and what was written with its time, each visit apart.
struct Play {
    pump: Pump,
    start: Instant,
    now: Instant,
    head: Option<u64>,
    sent: Vec<(u64, Vec<u8>)>,
    events: Vec<u64>,
}

impl Play {
    fn of(stream: &Stream, id: Option<&str>) -> Self {
        Self::with(Variant::new(Arc::new(stream.clone())), id).expect("something is left")
    }

    fn with(variant: Variant, id: Option<&str>) -> Result<Self, u64> {
        let pump = Pump::new(variant, KeepAlive::default(), id)?;
        let own: Vec<_> = pump
            .own_faults()
            .map(|(at, own)| (at, 7, own.clone()))
            .collect();
        let start = Instant::now();
        Ok(Self {
            pump: pump.struck_by_own(own),
            start,
            now: start,
            head: None,
            sent: Vec::new(),
            events: Vec::new(),
        })
    }

    fn ms(&self) -> u64 {
        (self.now - self.start).as_millis() as u64
    }

    fn visit(&mut self) -> Next {
        let mut out = WriteBuffer::new();
        let next = self.pump.fill(at(self.now), &mut out);
        if !self.pump.keeps_head() && self.head.is_none() {
            self.head = Some(self.ms());
        }
        if !out.is_empty() {
            assert!(self.head.is_some(), "a body stands behind its head");
            let before = self
                .sent
                .iter()
                .map(|(_, bytes)| bytes.len())
                .sum::<usize>();
            assert!(out.marks().all(|mark| mark.end <= out.len()), "{before}");
            self.events
                .extend(out.marks().filter_map(|mark| mark.number));
            self.sent.push((self.ms(), out.wire()));
        }
        next
    }

    fn run(&mut self) -> Next {
        for _ in 0..100_000 {
            match self.visit() {
                Next::Wait { at: Some(at) } => self.now = at,
                Next::More => {}
                next => return next,
            }
        }
        panic!("it goes round without an end");
    }

    fn body(&self) -> Vec<u8> {
        self.sent
            .iter()
            .flat_map(|(_, bytes)| bytes.clone())
            .collect()
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body()).into_owned()
    }

    fn times(&self) -> Vec<u64> {
        self.sent.iter().map(|(at, _)| *at).collect()
    }
}

fn recorded(how: How) -> Next {
    Next::Broken(Break {
        how,
        linger: Duration::ZERO,
        fault: None,
    })
}

#[test]
fn each_piece_is_written_apart_and_when_it_came() {
    let stream = stream(&format!("@ 40ms\n{HEAD}{THREE}@ 7ms\n= end\n"));
    for (speed, head, times, end) in [
        ("1", 40, [50, 150, 155, 2155], 2162),
        ("10", 4, [5, 15, 15, 215], 216),
        ("0.5", 80, [100, 300, 310, 4310], 4324),
        ("max", 0, [0, 0, 0, 0], 0),
    ] {
        let mut play = Play::of(&played_at(stream.clone(), speed, false), None);
        assert_eq!(play.run(), Next::End, "{speed}");
        assert_eq!(play.head, Some(head), "{speed}");
        assert_eq!(play.times(), times, "{speed}");
        assert_eq!(play.ms(), end, "{speed}");
        assert_eq!(play.sent[1].1, b"id: 2\ndata: \xc3");
        assert_eq!(play.events, [1, 2, 3]);
        assert!(play.pump.is_complete());
        assert_eq!(play.pump.receipt().whole, Some((1, 4)));
    }
}

#[test]
fn it_ends_as_it_was_recorded() {
    for (end, next) in [
        ("end", Next::End),
        ("cut", recorded(How::Cut)),
        ("reset", recorded(How::Reset)),
        ("timeout", Next::Wait { at: None }),
        ("open", Next::Wait { at: None }),
    ] {
        let mut play = Play::of(&stream(&format!("{HEAD}{THREE}= {end}\n")), None);
        assert_eq!(play.run(), next, "{end}");
        assert_eq!(play.visit(), next, "{end}, asked again");
        assert_eq!(play.events, [1, 2, 3], "{end}");
        assert_eq!(play.pump.is_complete(), end == "end");
    }
    // Nothing was answered.
    for (end, next) in [("reset", recorded(How::Reset)), ("end", recorded(How::Cut))] {
        let text = format!("> GET / HTTP/1.1\n@ 1s\n= {end}\n==\n{HEAD}= end\n");
        let mut play = Play::of(&stream(&text), None);
        assert_eq!(play.run(), next, "{end}");
        assert_eq!((play.head, play.ms()), (None, 1000));
    }
    // A response before the last is not all that there is.
    let text = format!("{HEAD}| data: 1\n|\n= end\n==\n{HEAD}| data: 2\n|\n= end\n");
    let mut play = Play::of(&stream(&text), None);
    assert_eq!(play.run(), recorded(How::End));
    assert!(!play.pump.is_complete());
}

#[test]
fn who_comes_back_gets_the_rest() {
    let text = format!("{HEAD}{THREE}= cut\n==\n{HEAD}@ 30ms\n| id: 4\n| data: d\n|\n= end\n");
    let stream = stream(&text);
    let rest = |id| {
        let mut play = Play::of(&stream, Some(id));
        play.run();
        (play.events.clone(), play.times())
    };
    // Within the piece that it has of the event that it has not, and behind a pause.
    assert_eq!(rest("1"), (vec![2, 3], vec![100, 105, 2105]));
    assert_eq!(rest("2"), (vec![3], vec![2000]));
    assert_eq!(rest("3"), (vec![4], vec![30]));
    for from_the_start in ["", "x"] {
        assert_eq!(rest(from_the_start).0, [1, 2, 3], "{from_the_start:?}");
    }
    let variant = || Variant::new(Arc::new(stream.clone()));
    assert_eq!(Play::with(variant(), Some("4")).map(|_| ()), Err(5));

    // Two events in one piece: the rest of it comes at once.
    let both = format!("{HEAD}@ 1s\n| id: 1\n| data: a\n|\n| id: 2\n| data: b\n|\n@ 1s\n= end\n");
    let mut play = Play::of(&self::stream(&both), Some("1"));
    assert_eq!(play.run(), Next::End);
    assert_eq!(
        (play.text(), play.times()),
        ("id: 2\ndata: b\n\n".to_owned(), vec![0])
    );

    // What did not end in order goes on behind its last event.
    let open = self::stream(&format!(
        "{HEAD}| id: 1\n| data: a\n|\n@ 1s\n| : on\n= open\n"
    ));
    let mut play = Play::of(&open, Some("1"));
    assert_eq!(play.run(), Next::Wait { at: None });
    assert_eq!(play.text(), ": on\n");
}

#[test]
fn a_request_may_ask_for_a_part_and_for_a_speed() {
    let stream = Arc::new(stream(&format!("{HEAD}{THREE}= cut\n")));
    let asked = |wish: Overrides| wish.fits(&stream).map(|wish| wish.apply(&stream));
    let wish = Overrides {
        from: Some(2),
        count: Some(1),
        speed: Some(Speed::Max),
        ..Overrides::default()
    };
    let mut play = Play::with(asked(wish).expect("it fits"), None).expect("an event");
    assert_eq!(play.run(), Next::End, "it was asked to end there");
    assert_eq!((play.events.clone(), play.times()), (vec![2], vec![0, 0]));
    assert_eq!(play.text(), "id: 2\ndata: é\n\n");
    assert!(play.pump.is_complete());
    let behind = Overrides {
        from: Some(4),
        ..Overrides::default()
    };
    assert!(Play::with(asked(behind).expect("it fits"), None).is_err());
    for (wish, word) in [
        (
            Overrides {
                every: Some(MS),
                ..Overrides::default()
            },
            "use speed",
        ),
        (
            Overrides {
                count: Some(4),
                ..Overrides::default()
            },
            "3 at most",
        ),
        (
            Overrides {
                from: Some(0),
                ..Overrides::default()
            },
            "at least 1",
        ),
    ] {
        let refused = asked(wish).expect_err(word).to_string();
        assert!(refused.contains(word), "{refused}");
    }
    let speed = Overrides {
        speed: Some(Speed::Max),
        ..Overrides::default()
    };
    let refused = speed
        .fits(&endless())
        .expect_err("it has a pace")
        .to_string();
    assert!(refused.contains("use every"), "{refused}");
}

#[test]
fn a_step_lets_the_next_event_go() {
    let text = format!("@ 9s\n{HEAD}@ 9s\n| : hello\n|\n{THREE}| : bye\n@ 9s\n= cut\n");
    let mut play = Play::of(&played_at(stream(&text), "1", true), None);
    let waits = Next::Wait { at: None };
    assert_eq!(play.run(), waits);
    assert_eq!(
        (play.head, play.sent.len()),
        (Some(0), 0),
        "the head is no event"
    );
    for (events, pieces) in [(1, 2), (2, 4), (3, 5)] {
        play.pump.act(at(play.now), Act::Step);
        assert_eq!(play.run(), waits);
        assert_eq!((play.events.len(), play.sent.len()), (events, pieces));
    }
    assert!(play.text().ends_with("data: c\n\n"));
    play.pump.act(at(play.now), Act::Step);
    assert_eq!(play.run(), recorded(How::Cut));
    assert!(play.text().ends_with(": bye\n"));
    assert_eq!(play.ms(), 0);

    // Several steps at once, and one too many.
    let mut play = Play::of(&played_at(stream(&text), "1", true), Some("1"));
    play.run();
    for _ in 0..2 {
        play.pump.act(at(play.now), Act::Step);
    }
    assert_eq!(play.run(), waits);
    assert_eq!(play.events, [2, 3]);
    for _ in 0..3 {
        play.pump.act(at(play.now), Act::Step);
    }
    assert_eq!(play.run(), recorded(How::Cut));

    // What no client makes events of goes piece by piece.
    let json = "< HTTP/1.1 200 OK\n< content-type: application/x-ndjson\n| 1\n@ 1s\n| 2\n= end\n";
    let mut play = Play::of(&played_at(stream(json), "1", true), None);
    for _ in 0..2 {
        play.pump.act(at(play.now), Act::Step);
        assert_eq!(play.run(), waits);
    }
    assert_eq!(play.text(), "1\n2\n");
    play.pump.act(at(play.now), Act::Step);
    assert_eq!(play.run(), Next::End);
}

#[test]
fn a_fault_of_the_recording_strikes_at_its_place() {
    // All that stands before it is sent, and nothing of what stands behind it.
    let cut = format!("{HEAD}| id: 1\n| data: a\n|\n@ 1s\n! cut\n| id: 2\n| data: b\n|\n= end\n");
    let stream = stream(&cut);
    let mut play = Play::of(&stream, None);
    let Next::Broken(ends) = play.run() else {
        panic!("it is cut");
    };
    assert_eq!((ends.how, ends.fault, play.ms()), (How::Cut, Some(7), 1000));
    assert_eq!(play.text(), "id: 1\ndata: a\n\n");
    // Who comes back goes on behind the place that struck.
    let mut play = Play::of(&stream, Some("1"));
    assert_eq!(play.run(), Next::End);
    assert_eq!(play.text(), "id: 2\ndata: b\n\n");

    // `times` counts over all clients.
    let once = self::stream(&cut.replace("! cut", "! cut,times=1"));
    for cut in [true, false, false] {
        let mut play = Play::of(&once, None);
        assert_eq!(matches!(play.run(), Next::Broken(_)), cut);
    }

    // A silence delays the rest, and an event that is cut in half is half of the whole one.
    let text = format!(
        "{HEAD}! silence,for=5s\n| data: a\n|\n! cut,half\n@ 1s\n~ dat\\\n@ 1s\n| a: bcd\n|\n= end\n"
    );
    let mut play = Play::of(&self::stream(&text), None);
    let Next::Broken(ends) = play.run() else {
        panic!("it is cut");
    };
    assert_eq!((ends.how, play.head, play.ms()), (How::Cut, Some(0), 7000));
    assert_eq!(play.text(), "data: a\n\ndata: ");
}

#[test]
fn faults_from_outside_change_events_and_nothing_else() {
    let text = format!(
        "{HEAD}~ : hi\\r\n~ \\r\\n\\\n@ 10ms\n~ data:a\\r\n~ \\r\\n\\\n@ 10ms\n~ id:7\\rda\\\n@ 10ms\n~ ta: b\n|\n| data: c\n|\n= end\n"
    );
    let body = ": hi\r\n\r\ndata:a\r\n\r\nid:7\rdata: b\n\ndata: c\n\n";
    let broken = |fault: &str| {
        let mut play = Play::of(&stream(&text), None);
        let fault: crate::fault::Fault = fault.parse().expect(fault);
        let armed = Arc::new(Armed::new(9, fault, play.now));
        play.pump.act(at(play.now), Act::Break(armed));
        play.run();
        play
    };
    let unbroken = broken("cut,after=9");
    assert_eq!(unbroken.text(), body);
    assert_eq!(unbroken.times(), [0, 10, 20, 30]);
    assert_eq!(
        broken("drop=b").text(),
        body.replace("id:7\rdata: b\n\n", "")
    );
    assert_eq!(
        broken("corrupt,after=2").text(),
        body.replace("data: c", "data: ")
    );
    assert_eq!(broken("cut,after=1").text(), ": hi\r\n\r\ndata:a\r\n\r\n");
    assert_eq!(
        broken("cut,half=id,after=1").text(),
        ": hi\r\n\r\ndata:a\r\n\r\nid:7\r"
    );
    assert_eq!(
        broken("repeat=1,after=1").text().matches("data: b").count(),
        2
    );
    assert_eq!(
        broken("ends=crlf").text(),
        body.replace('\r', "")
            .replace("7data", "7\ndata")
            .replace('\n', "\r\n")
    );
    assert_eq!(broken("swap").events, [2, 1, 3]);
}

#[test]
fn a_comment_of_ours_stands_between_blocks_and_only_where_one_is_wanted() {
    let text = format!("{HEAD}| data: a\n@ 50s\n|\n@ 50s\n= end\n");
    let mut play = Play::of(&stream(&text), None);
    assert_eq!(play.run(), Next::End);
    assert_eq!(play.text(), "data: a\n\n");
    let wanted = Stream {
        keep_alive: Some(KeepAlive::Interval(Duration::from_secs(15))),
        ..stream(&text)
    };
    let mut play = Play::of(&wanted, None);
    assert_eq!(play.run(), Next::End);
    let text = play.text();
    let rest = text
        .strip_prefix("data: a\n\n")
        .expect("the event is whole");
    assert!(rest.matches(": keep-alive\n\n").count() >= 3, "{rest}");
    assert!(!play.pump.takes_comment() && play.pump.withholds());
}

#[test]
fn a_late_visit_catches_up_for_a_second_at_most() {
    let text = format!("{HEAD}| data: a\n|\n@ 10s\n| data: b\n|\n@ 10s\n= end\n");
    let mut play = Play::of(&stream(&text), None);
    play.visit();
    play.now += Duration::from_secs(30);
    assert_eq!(play.run(), Next::End);
    assert_eq!((play.times(), play.ms()), (vec![0, 30_000], 40_000));
}

#[test]
fn a_preview_shows_what_comes_and_when() {
    let start = at(Instant::now());
    let text = format!("{HEAD}{THREE}= open\n");
    for (step, at_ms) in [(false, vec![10, 110, 115, 2115]), (true, vec![0; 4])] {
        let stream = Arc::new(played_at(stream(&text), "1", step));
        let shown = Preview::new(&stream, b"", (KeepAlive::default(), true), start);
        let times: Vec<u64> = shown.parts.iter().map(|part| part.at_ms).collect();
        assert_eq!(times, at_ms);
        assert_eq!(shown.parts[0].bytes, "id: 1\ndata: a\n\n");
    }
}

#[test]
fn a_large_piece_is_written_in_parts() {
    let mut recording = Recording::new();
    let body = [&b"data: "[..], &vec![b'x'; 3 << 20], b"\n\n"].concat();
    for step in [
        Step::Response(b"HTTP/1.1 200 OK".to_vec()),
        Step::Bytes(body.clone()),
        Step::End(End::End),
    ] {
        recording.push(step).expect("in order");
    }
    let mut play = Play::of(
        &stream_of(Replay::new(&recording).expect("it answers")),
        None,
    );
    assert_eq!(play.run(), Next::End);
    assert_eq!((play.sent.len(), play.events.clone()), (4, vec![1]));
    assert!(play.body() == body);
}

fn piece() -> impl Strategy<Value = (u64, Vec<u8>)> {
    let part = proptest::sample::select(vec![
        "data: a", "data", "id: 1", "id: 2", "id:", "event: e", ": c", "\n", "\n\n", "\r", "\r\n",
        "\u{feff}", "é", "\u{0}", "retry: 5",
    ]);
    let part = prop_oneof![
        8 => part.prop_map(|text| text.as_bytes().to_vec()),
        1 => any::<u8>().prop_map(|byte| vec![byte]),
    ];
    let bytes = vec(part, 0..9).prop_map(|parts| parts.concat());
    (0..3_000_000_u64, bytes)
}

proptest! {
    /// Whatever was recorded is sent again, piece for piece and at its time; whoever comes back
    /// with an id gets what stands behind it, and a breaker that nothing strikes changes nothing.
    #[test]
    fn any_recording_is_replayed_to_the_byte(
        pieces in vec(piece(), 0..12),
        end in proptest::sample::select(End::ALL.to_vec()),
        speed in proptest::sample::select(vec!["1", "10", "0.25", "max"]),
        armed in any::<bool>(),
    ) {
        let mut recording = Recording::new();
        let mut push = |step| recording.push(step).expect("in order");
        push(Step::Response(b"HTTP/1.1 200 OK".to_vec()));
        for (micros, bytes) in &pieces {
            let time = Duration::from_micros(*micros);
            push(Step::Wait(Wait { time, ..Wait::default() }));
            push(Step::Bytes(bytes.clone()));
        }
        push(Step::End(end));
        let whole: Vec<u8> = pieces.iter().flat_map(|(_, bytes)| bytes.clone()).collect();
        let replay = Replay::new(&recording).expect("it answers");
        let stream = played_at(stream_of(replay.clone()), speed, false);

        let mut play = Play::of(&stream, None);
        if armed {
            let never = "cut,after=1000".parse().expect("a fault");
            let act = Act::Break(Arc::new(Armed::new(1, never, play.now)));
            play.pump.act(at(play.now), act);
        }
        play.run();
        let written = pieces.iter().filter(|(_, bytes)| !bytes.is_empty());
        prop_assert_eq!(play.body(), whole.clone());
        let sent: Vec<_> = play.sent.iter().map(|(_, bytes)| bytes).collect();
        let recorded: Vec<_> = written.map(|(_, bytes)| bytes).collect();
        prop_assert_eq!(sent, recorded);
        prop_assert_eq!(play.events.len() as u64, replay.len());

        for id in ["1", "2"] {
            if let Ok(mut play) = Play::with(Variant::new(Arc::new(stream.clone())), Some(id)) {
                play.run();
                prop_assert!(whole.ends_with(&play.body()));
            }
        }

        // Step by step it is the same, however many steps there are.
        let mut play = Play::of(&played_at(stream, "1", true), None);
        for _ in 0..replay.len().max(pieces.len() as u64) + 2 {
            play.run();
            play.pump.act(at(play.now), Act::Step);
        }
        play.run();
        prop_assert_eq!(play.body(), whole);
    }
}
