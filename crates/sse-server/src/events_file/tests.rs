use sse_engine::handoff::handoff;

use super::*;

/// 200 events at 10 ms each took 2.8 s: each was due so long after the one before was written, so
/// that the lateness of each timer was added up.
#[tokio::test(start_paused = true)]
async fn the_pace_does_not_drift() {
    const ROUNDS: u32 = 200;
    /// Each time a millisecond is waited for, so much passes.
    const PASSES: Duration = Duration::from_micros(1500);
    let folder = tempfile::tempdir().expect("a folder for the test");
    std::fs::write(folder.path().join("a.ndjson"), "x\n".repeat(1000)).expect("it is written");
    let text = "[[stream]]\npath = \"/a\"\nevents_file = \"a.ndjson\"\nevery = \"1ms\"\n";
    let stream = sse_engine::file::read(text).expect("a stream").remove(0);
    let beginning = Beginning {
        first: 0,
        id: None,
        had: None,
        shift: Shift::None,
    };
    let file = EventsFile::open(folder.path(), "a.ndjson", Arc::default(), &beginning);
    let (giver, mut taker) = handoff(1 << 20);
    let variant = Variant::new(Arc::new(stream));
    let keep_alive = (KeepAlive::Off, true);
    tokio::spawn(hand_over(
        file.expect("it is there"),
        variant,
        keep_alive,
        giver,
    ));
    let mut bytes = Vec::new();
    for round in 0..ROUNDS {
        // What is due now is given, while this task is never idle: no time passes by itself.
        for _ in 0..10 {
            tokio::task::yield_now().await;
        }
        while let Some(piece) = taker.take() {
            bytes.extend_from_slice(&piece);
        }
        // The first is due at once.
        let due = 1 + (PASSES * round).as_millis() as usize;
        let events = bytes.windows(2).filter(|end| *end == b"\n\n").count();
        assert_eq!(events, due, "{:?} passed", PASSES * round);
        tokio::time::advance(PASSES).await;
    }
}
