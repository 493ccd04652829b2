//! A recording as the source of a stream.

use std::sync::Arc;

use super::mistakes::refused;
use super::{contents, good, one};
use crate::file::RecordingRef;
use crate::recording::Recording;
use crate::stream::{Replay, Speed};

#[test]
fn a_recording_is_named_and_not_read() {
    let text = "[[stream]]\npath = \"/n\"\n\n[[stream]]\npath = \"/a\"\n  source = \"calls/chat.wire\"\nspeed = 10\n";
    let contents = contents(text).expect("no mistake");
    let reference = RecordingRef {
        stream: 1,
        file: "calls/chat.wire".to_owned(),
        line: 6,
        column: 12,
    };
    assert_eq!(contents.recordings, [reference]);
    let playback = contents.streams[1].playback().expect("a recording");
    assert_eq!(playback.speed, Speed::Thousandths(10_000));
    assert!(playback.replay.is_empty() && !playback.step);

    let recording = "wire 1\n< HTTP/1.1 200 OK\n| data: 1\n|\n= end\n";
    let recording = Recording::parse(recording).expect("a recording");
    let replay = Arc::new(Replay::new(&recording).expect("it answers"));
    let mut streams = contents.streams;
    let filled = contents.recordings[0].fill(&mut streams, Arc::clone(&replay));
    assert_eq!(filled, Ok(()));
    assert_eq!(streams[1].playback().map(|it| it.replay.len()), Some(1));
    streams[1].count = Some(2);
    let problem = contents.recordings[0].fill(&mut streams, replay);
    let problem = problem.expect_err("it has one");
    assert_eq!((problem.line, problem.column), (Some(6), Some(12)));
}

#[test]
fn speeds_and_steps_are_read() {
    for (text, speed) in [
        ("", Speed::default()),
        ("speed = 1", Speed::default()),
        ("speed = 0.25", Speed::Thousandths(250)),
        ("speed = \"max\"", Speed::Max),
        ("speed = \"2.5\"", Speed::Thousandths(2500)),
    ] {
        let stream = one(&format!("source = \"a.wire\"\n{text}\n"));
        assert_eq!(stream.playback().map(|it| it.speed), Some(speed), "{text}");
    }
    let text = "source = '../a.wire'\nstep = true\ncount = 3\ntitle = \"A\"\nkeep_alive = \"5s\"\nkeep_alive_blank = false\nheaders = { x-a = \"1\" }\nfaults = [\"cut\"]\n";
    let stream = one(text);
    assert!(stream.playback().is_some_and(|it| it.step));
    assert_eq!((stream.count, stream.faults.len()), (Some(3), 1));
    assert_eq!(
        good("[[stream]]\npath = \"/a\"\nsource = \"/abs.wire\"").len(),
        1
    );
}

#[test]
fn what_contradicts_a_recording_is_told() {
    let both = |key: &str| format!("source = \"a.wire\"\n{key}\n");
    for key in [
        "every = \"1s\"",
        "jitter = \"1s\"",
        "seed = 1",
        "from = 2",
        "repeat = true",
        "event = \"e\"",
        "id = \"{n}\"",
        "data = \"x\"",
        "comment = \"x\"",
        "retry = \"1s\"",
        "line_ending = \"crlf\"",
        "events = [\"x\"]",
        "space = false",
        "pad = 9",
    ] {
        refused(&[(&both(key), 4, "and source are both given")]);
    }
    refused(&[
        ("speed = 2", 3, "is for a recording"),
        ("step = true", 3, "is for a recording"),
        (&both("step = 1"), 4, "is neither true nor false"),
        (
            &both("step = true\nspeed = 2"),
            5,
            "speed and step are both given",
        ),
        ("source = 5", 3, "is no text"),
        ("source = \"\"", 3, "names no file"),
        ("source = \"a\\u0000b\"", 3, "names no file"),
        (
            &format!("source = \"{}\"", "a".repeat(1025)),
            3,
            "is too long",
        ),
    ]);
    for speed in [
        "0",
        "0.05",
        "1001",
        "-1",
        "\"fast\"",
        "true",
        "inf",
        "nan",
        "0x10",
        "1e1",
        "99999999999",
    ] {
        refused(&[(&both(&format!("speed = {speed}")), 4, "is no speed")]);
    }
}
