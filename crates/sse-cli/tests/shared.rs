//! `sse serve --topics-on`: how it begins. What it does with one:
//! `crates/sse-server/tests/shared`.

#![cfg(unix)] // Signals.

mod support;

use support::run;

/// Nothing listens on it.
const AWAY: &str = "redis://reader:sesame@127.0.0.1:1";

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
