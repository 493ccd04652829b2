//! Bytes that are held back, cut in pieces, packed, or whose lines end otherwise.

use super::*;

#[test]
fn events_come_in_pieces() {
    let text = Stream {
        source: Source::Template(Box::new(entry(["-", "-", "-", "aé→z"]))),
        count: Some(1),
        ..ticks()
    };
    let mut bench = Bench::broken(&text, &["split=utf8"]);
    let mut pieces = Vec::new();
    let mut out = WriteBuffer::new();
    loop {
        out.clear();
        let next = bench.pump.fill(at(bench.now), &mut out);
        pieces.push((bench.now - bench.start, out.wire()));
        match next {
            Next::Wait { at: Some(at) } => bench.now = at,
            next => break assert_eq!(next, Next::End),
        }
    }
    let expected: [&[u8]; 3] = [b"data: a\xC3", b"\xA9\xE2", b"\x86\x92z\n\n"];
    let expected: Vec<_> = (0..)
        .map(|n| n * 5 * MS)
        .zip(expected.map(<[u8]>::to_vec))
        .collect();
    assert_eq!(pieces, expected);
    assert_eq!(
        out.marks().len(),
        1,
        "the event is whole with its last piece"
    );

    let (sent, _) = play(&["split=4"], 0);
    let parts: Vec<&str> = sent.iter().map(|(_, text)| text.as_str()).collect();
    assert_eq!(parts, ["id: "]);
    let mut bench = Bench::broken(&ticks(), &["split=4"]);
    bench.run(900 * MS);
    assert_eq!(
        bench.sent(),
        [(0, "id: "), (5, "1\nda"), (10, "ta: "), (15, "1\n\n")]
    );
    let mut bench = Bench::broken(&ticks(), &["split=each"]);
    bench.run(900 * MS);
    assert_eq!(bench.sent.len(), tick(1).len());
    let mut bench = Bench::broken(&ticks(), &["ends=crlf", "split=crlf"]);
    bench.run(900 * MS);
    assert_eq!(
        bench.sent(),
        [(0, "id: 1\r"), (5, "\ndata: 1\r"), (10, "\n\r"), (15, "\n")]
    );
}

#[test]
fn bytes_are_dribbled() {
    let mut bench = Bench::broken(&ticks(), &["dribble=10B/s"]);
    bench.run(1500 * MS);
    let times: Vec<u64> = bench.sent.iter().map(|(at, _)| *at).collect();
    assert_eq!(times, (0..=15).map(|n| n * 100).collect::<Vec<_>>());
    assert!(bench.sent.iter().all(|(_, text)| text.len() == 1));
}

#[test]
fn bytes_are_held_back_until_there_are_enough() {
    let (sent, _) = play(&["hold=1ev"], 3);
    let late = [(1000, tick(1)), (2000, tick(2)), (3000, tick(3))];
    assert_eq!(sent, late);
    let (sent, _) = play(&["merge=3"], 6);
    let three = |n: u64| [n, n + 1, n + 2].map(tick).concat();
    assert_eq!(sent, [(2000, three(1)), (5000, three(4))]);
    let (sent, _) = play(&["hold=32B"], 5);
    let all: String = (1..=6).map(tick).collect();
    assert_eq!(
        sent,
        [(2000, all[..32].to_owned()), (4000, all[32..64].to_owned())]
    );

    let five = Stream {
        count: Some(5),
        ..ticks()
    };
    let (sent, next) = play_of(&five, &["hold=end"], 60);
    let all: String = (1..=5).map(tick).collect();
    assert_eq!((sent, next), (vec![(4000, all)], Next::End));
    // What is held when it is cut is lost.
    assert_eq!(
        play(&["hold=end", "cut,after=3"], 60),
        (vec![], broken(How::Cut))
    );
}

#[test]
fn nothing_is_held_beyond_the_bound() {
    let large = Stream {
        source: Source::Template(Box::new(entry(["-", "-", "-", &"x".repeat(1 << 18)]))),
        ..ticks()
    };
    let (sent, _) = play_of(&large, &["hold=end"], 4);
    let lengths: Vec<_> = sent.iter().map(|(at, text)| (*at, text.len())).collect();
    assert_eq!(lengths, [(3000, 4 * ((1 << 18) + 8))]);
}

#[test]
fn lines_end_as_they_are_told_to() {
    let two = |end: &str| {
        ["id: 1", "data: 1", ""]
            .map(|line| format!("{line}{end}"))
            .concat()
    };
    for (word, end) in [("cr", "\r"), ("crlf", "\r\n"), ("lf", "\n")] {
        let (sent, _) = play(&[&format!("ends={word}")], 0);
        assert_eq!(sent, [(0, two(end))], "{word}");
    }
    let mut bench = Bench::broken(&ticks(), &["ends=mixed"]);
    bench.run(20_000 * MS);
    let text = bench.text();
    for end in ["1\n", "1\r\n", "\r"] {
        assert!(text.contains(end), "{text:?}");
    }
    assert_eq!(
        data(text.as_bytes()).len(),
        21,
        "each is an event: {text:?}"
    );
}

#[test]
fn a_stream_is_packed() {
    use std::io::Read as _;
    let five = Stream {
        count: Some(5),
        ..ticks()
    };
    for (fault, times) in [
        ("encode=gzip", vec![0, 1000, 2000, 3000, 4000]),
        ("encode=gzip,flush=never", vec![0, 4000]),
    ] {
        let mut bench = Bench::broken(&five, &[fault]);
        let (mut all, mut at_ms, mut events) = (Vec::new(), Vec::new(), 0);
        loop {
            let mut out = WriteBuffer::new();
            let next = bench.pump.fill(at(bench.now), &mut out);
            if !out.is_empty() {
                at_ms.push((bench.now - bench.start).as_millis());
                all.extend(out.wire());
                events += out.marks().len();
            }
            match next {
                Next::Wait { at: Some(at) } => bench.now = at,
                next => break assert_eq!(next, Next::End),
            }
        }
        assert_eq!((at_ms, events), (times, 5), "{fault}");
        let mut text = String::new();
        let mut reader = flate2::read::GzDecoder::new(&*all);
        reader.read_to_string(&mut text).expect("gzip");
        assert_eq!(text, (1..=5).map(tick).collect::<String>());
    }
}
