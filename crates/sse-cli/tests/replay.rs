//! `sse replay` and `sse step` as a person uses them.

#![cfg(unix)] // Signals.

mod support;

use std::fs;
use std::io::Read;
use std::process::Command;

use support::{SSE, Serving, read_until, run};
use tempfile::TempDir;

const CHAT: &str = "\
wire 1
> POST /v1/chat?stream=true HTTP/1.1
< HTTP/1.1 200 OK
< content-type: text/event-stream
@ 20ms
| id: 1
| data: Hel
|
@ 20ms
| id: 2
| data: lo
|
! cut
= end
";

fn file(text: &str) -> (TempDir, String) {
    let folder = TempDir::new().expect("a folder");
    let path = folder.path().join("chat.wire");
    fs::write(&path, text).expect("written");
    let path = path.to_str().expect("UTF-8").to_owned();
    (folder, path)
}

fn replay(args: &[&str]) -> Serving {
    let mut command = Command::new(SSE);
    command.args(["replay", "--port", "0", "--log", "none"]);
    Serving::spawn(command.args(args))
}

#[test]
fn a_recording_is_served_at_the_path_of_its_request() {
    let (_folder, path) = file(CHAT);
    let mut serving = replay(&[&path]);
    let mut stream = serving.get("/v1/chat");
    let head = read_until(&mut stream, "\r\n\r\n");
    assert!(
        head.starts_with("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"),
        "{head}"
    );
    let mut body = String::new();
    stream.read_to_string(&mut body).expect("a body");
    assert_eq!(
        body,
        "11\r\nid: 1\ndata: Hel\n\n\r\n10\r\nid: 2\ndata: lo\n\n\r\n"
    );
    serving.signal("TERM");
    let mut rest = String::new();
    serving
        .stdout
        .as_mut()
        .expect("open")
        .read_to_string(&mut rest)
        .expect("UTF-8");
    let addr = &serving.addr;
    let line = format!(
        "GET  http://{addr}/v1/chat       chat.wire: 2 events, at its own pace; 1 fault is in it"
    );
    assert!(rest.contains(&line), "{rest}");
    assert!(!rest.contains("/numbers"), "nothing else is served: {rest}");
    let (code, stderr) = serving.end();
    assert_eq!(code, Some(0));
    assert_eq!(stderr, "sse: 1 fault is in it, and strikes at its place.\n");
}

#[test]
fn what_is_special_is_said() {
    let head = "wire 1\n< HTTP/1.1 200 OK\n";
    for (body, said) in [
        ("| data: 1\n|\n= end\n", "Its events have no ids"),
        (
            "| id: 1\n| data: 1\n|\n| data: 2\n|\n| id: 1\n| data: 3\n|\n= end\n",
            "Some of its ids come more than once",
        ),
        ("| : hi\n= open\n", "It has no end"),
    ] {
        let (_folder, path) = file(&format!("{head}{body}"));
        let serving = replay(&[&path, "--speed", "max"]);
        read_until(&mut serving.get("/replay"), "\r\n\r\n");
        serving.signal("TERM");
        let (code, stderr) = serving.end();
        assert_eq!((code, stderr.lines().count()), (Some(0), 1), "{stderr}");
        assert!(stderr.starts_with(&format!("sse: {said}")), "{stderr}");
    }
}

#[test]
fn steps_let_events_go_one_by_one() {
    let (_folder, path) = file(&CHAT.replace("20ms", "9s"));
    let serving = replay(&[&path, "--step", "--at", "/chat"]);
    let mut stream = serving.get("/chat?client=t1");
    read_until(&mut stream, "\r\n\r\n");
    let server = ["--server", &serving.addr];
    let (code, stdout, stderr) = run(&[&["step"], &server[..]].concat());
    assert_eq!(code, Some(0), "{stderr}");
    stdout.trim().parse::<u64>().expect("a number of the log");
    read_until(&mut stream, "data: Hel\n\n");
    let (_, stdout, _) =
        run(&[&["step", "/chat", "--client", "t1", "--json"], &server[..]].concat());
    assert!(stdout.contains("\"acted\":[1]"), "{stdout}");
    read_until(&mut stream, "data: lo\n\n");
    for (args, code, word) in [
        (
            &["step", "--client", "t2"][..],
            Some(1),
            "goes step by step",
        ),
        (&["step", "chat"], Some(2), "is not the path"),
    ] {
        let (got, _, stderr) = run(&[args, &server[..]].concat());
        assert_eq!(got, code, "{stderr}");
        assert!(stderr.contains(word), "{stderr}");
    }
}

#[test]
fn what_cannot_be_replayed_is_a_sentence() {
    let (folder, path) = file("wire 1\nhello\n");
    let missing = folder.path().join("no.wire");
    let missing = missing.to_str().expect("UTF-8");
    let line = format!("{path}, line 2: ");
    for (args, code, words) in [
        (&["replay", missing][..], 1, "There is no file"),
        (&["replay", &path], 1, &*line),
        (
            &["replay", folder.path().to_str().expect("UTF-8")],
            1,
            "is not a file",
        ),
        (
            &["replay", &path, "--streams", "a.toml"],
            1,
            "leave --streams out",
        ),
        (&["replay", &path, "--speed", "0"], 2, "from 0.1 to 1000"),
        (
            &["replay", &path, "--at", "/api/x"],
            2,
            "does not use itself",
        ),
        (
            &["replay", &path, "--step", "--speed", "2"],
            2,
            "cannot be used with",
        ),
        (&["replay"], 2, "FILE"),
    ] {
        let (got, stdout, stderr) = run(args);
        assert_eq!((got, &*stdout), (Some(code), ""), "{stderr}");
        assert!(stderr.contains(words), "{stderr}");
    }
}
