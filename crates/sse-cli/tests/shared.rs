//! `sse serve --topics-on`: how it begins, and what it says of the engine. What it does with one:
//! `crates/sse-server/tests/shared`.

#![cfg(unix)] // Signals.

mod support;

use std::process::Command;

use support::{SSE, Serving, read_until, run};

/// Nothing listens on it.
const AWAY: &str = "redis://reader:sesame@127.0.0.1:1";

#[test]
fn an_engine_that_is_away_keeps_nobody_from_starting_and_no_password_is_said() {
    let mut serving = Serving::spawn(
        Command::new(SSE)
            .args(["serve", "--port", "0", "--node", "a"])
            .env("SSE_TOPICS_ON", AWAY),
    );
    let line = serving.stderr().next().expect("a line").expect("UTF-8");
    assert!(
        line.contains("the engine that keeps the topics is away: redis://127.0.0.1:1"),
        "{line}"
    );
    assert!(!line.contains("sesame"), "{line}");
    let answer = read_until(&mut serving.get("/api/state"), "\"state\":\"connecting\"");
    assert!(answer.contains("\"node\":\"a\""), "{answer}");
    assert!(!answer.contains("sesame"), "{answer}");
    serving.signal("TERM");
    assert_eq!(serving.code(), Some(0));
}

#[test]
fn a_url_that_is_none_is_one_sentence_without_it() {
    for bad in [
        "http://reader:sesame@host",
        "redis://reader:sesame@",
        "sesame",
    ] {
        let (code, stdout, stderr) = run(&["serve", "--port", "0", "--topics-on", bad]);
        assert_eq!((code, stdout.as_str()), (Some(1), ""), "{bad}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(!stderr.contains("sesame"), "{stderr}");
    }
    // What clap says of another mistake repeats no URL either.
    let line = ["serve", "--topics-on", AWAY, "--port", "many"];
    let (code, _, stderr) = run(&line);
    assert_eq!(code, Some(2));
    assert!(!stderr.contains("sesame"), "{stderr}");
}
