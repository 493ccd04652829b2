//! `sse serve --topics-on`: how it begins, and what it says of the engine, with `sse nodes` too.
//! What it does with one: `crates/sse-server/tests/shared`.

#![cfg(unix)] // Signals.

#[path = "nodes/engine.rs"]
#[allow(dead_code, reason = "the scenarios of nodes use all of it")]
mod engine;
#[path = "nodes/ports.rs"]
mod ports;
mod support;

use std::io::BufRead as _;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use engine::Engine;
use serde_json::Value;
use support::{SSE, Serving, read_until, run, run_at};

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

/// With `--log none`, as in docs/SCALE.md, a wrong password or port was `Serving on` and 503.
#[test]
fn without_a_log_stderr_still_says_why_there_is_no_engine() {
    let engine = Engine::start(&["--requirepass", "rosebud"]);
    let wrong = format!("redis://reader:sesame@{}", engine.addr());
    for (url, why) in [
        (AWAY, "redis://127.0.0.1:1: nothing listens"),
        (wrong.as_str(), "the user or the password is wrong"),
    ] {
        let mut serving = Serving::spawn(
            Command::new(SSE)
                .args(["serve", "--port", "0", "--log", "none", "--node", "a"])
                .env("SSE_TOPICS_ON", url),
        );
        let mut lines = serving.stderr();
        let line = lines.next().expect("a line").expect("UTF-8");
        let begin = "sse: the engine that keeps the topics is away: ";
        assert!(line.starts_with(begin) && line.contains(why), "{line}");
        let mut banner = String::new();
        let stdout = serving.stdout.as_mut().expect("piped");
        while !banner.ends_with("This is the node a.\n") {
            let read = stdout.read_line(&mut banner).expect("UTF-8");
            assert!(read > 0, "it names the engine: {banner}");
        }
        let (_, place) = url.split_once('@').expect("a host");
        let named = format!("\nThe topics are on redis://{place}. ");
        assert!(banner.contains(&named), "{banner}");
        assert!(!banner.contains("sesame") && !line.contains("sesame"));
        serving.signal("TERM");
        let more: Vec<_> = lines.map_while(Result::ok).collect();
        assert_eq!(more, [""; 0], "it is said once");
        assert_eq!(serving.code(), Some(0));
    }
}

#[test]
fn a_url_that_is_none_is_one_sentence_without_it() {
    for bad in [
        "http://reader:sesame@host",
        "redis://reader:sesame@",
        "sesame",
        // A variable of a shell that is not set: the node started, and shared nothing.
        "",
    ] {
        let (code, stdout, stderr) = run(&["serve", "--port", "0", "--topics-on", bad]);
        assert_eq!((code, stdout.as_str()), (Some(2), ""), "{bad}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(!stderr.contains("sesame"), "{stderr}");
    }
    // What clap says of another mistake repeats no URL either.
    let line = ["serve", "--topics-on", AWAY, "--port", "many"];
    let (code, _, stderr) = run(&line);
    assert_eq!(code, Some(2));
    assert!(!stderr.contains("sesame"), "{stderr}");
}

/// The page said so, and nobody who runs a server without a page was told.
#[test]
fn stderr_warns_of_an_engine_that_drops_topics() {
    let engine = Engine::start(&["--maxmemory-policy", "allkeys-lru"]);
    let url = engine.url();
    let mut serving = Serving::start(&["--topics-on", &url]);
    let line = serving.stderr().next().expect("a line").expect("UTF-8");
    assert!(
        line.contains("WARN") && line.contains("allkeys-lru"),
        "{line}"
    );
}

/// A node of this name on an engine with the password `sesame`.
fn node(engine: &Engine, name: &str) -> Serving {
    let url = format!("redis://:sesame@{}", engine.addr());
    let mut command = Command::new(SSE);
    command
        .args(["serve", "--port", "0", "--log", "none", "--node", name])
        .env("SSE_TOPICS_ON", url);
    Serving::spawn(&mut command)
}

/// What `sse nodes` prints, once one of its lines begins like this.
fn said_of(serving: &Serving, begin: &str) -> String {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        let (code, stdout, stderr) = run_at(&serving.addr, &["nodes"]);
        assert_eq!((code, stderr.as_str()), (Some(0), ""));
        if stdout.lines().any(|line| line.starts_with(begin)) {
            return stdout;
        }
        assert!(Instant::now() < until, "{begin} in {stdout}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// 1. Two nodes share an engine. 2. It is killed: the reason is said, and how many wait. 3. It is
///    back.
#[test]
fn the_nodes_and_the_engine_are_said_in_words() {
    let mut engine = Engine::start(&["--requirepass", "sesame"]);
    let (a, b) = (node(&engine, "a"), node(&engine, "b"));
    let said = said_of(&b, "nodes       2: b (this one), a");
    let place = format!("engine      redis://{}\n", engine.addr());
    assert!(said.starts_with(&place), "{said}");
    for line in ["\nstate       there for ", "\nwaiting     0 subscribers "] {
        assert!(said.contains(line), "{said}");
    }
    assert!(!said.contains("why"), "{said}");
    said_of(&a, "nodes       2: a (this one), b");
    let (code, stdout, _) = run_at(&b.addr, &["nodes", "--json"]);
    let json: Value = serde_json::from_str(&stdout).expect("an object");
    assert_eq!((code, stdout.lines().count()), (Some(0), 1));
    assert_eq!(
        (&json["state"], &json["node"]),
        (&"there".into(), &"b".into())
    );

    engine.kill();
    said_of(&b, "state       lost for ");
    let mut waits = b.get("/topics/news");
    read_until(&mut waits, "\r\n\r\n");
    let said = said_of(&b, "waiting     1 subscriber ");
    assert!(said.contains("\nwhy         "), "{said}");
    assert!(
        said.contains("\nnodes       2 as last heard of: b (this one), a\n"),
        "{said}"
    );
    engine.run();
    let said = said_of(&b, "waiting     0 subscribers ");
    assert!(said.contains("\nstate       there for "), "{said}");
    assert!(said.contains("\nreconnects  1\n"), "{said}");
    assert!(!said.contains("sesame") && !stdout.contains("sesame"));
}

#[test]
fn a_server_that_keeps_its_topics_says_so() {
    let serving = Serving::start(&[]);
    let (code, stdout, stderr) = run_at(&serving.addr, &["nodes"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    assert_eq!(stdout, "This node keeps its topics by itself.\n");
    let json = run_at(&serving.addr, &["nodes", "--json"]);
    assert_eq!(json, (Some(0), String::new(), String::new()));
}
