//! `sse proxy` as a person and a script use it: what it prints, hands on, breaks and records.

#![cfg(unix)] // Signals.

mod support;

use std::fs;
use std::io::Read;
use std::process::Command;

use support::{SSE, Serving, read_until, run};

/// `sse proxy` of a server, on a free port.
fn proxy(of: &Serving, args: &[&str]) -> Serving {
    let mut command = Command::new(SSE);
    command
        .args(["proxy", &of.addr, "--port", "0", "--log", "none"])
        .args(args);
    Serving::spawn(&mut command)
}

/// All that a request is answered with.
fn body(serving: &Serving, path: &str) -> String {
    let mut answer = String::new();
    let read = serving.get(path).read_to_string(&mut answer);
    read.expect("an end");
    answer
}

#[test]
fn a_whole_port_is_handed_on_and_what_is_ours_is_below_its_sign() {
    let server = Serving::start(&[]);
    let mut proxy = proxy(&server, &[]);
    let answer = body(&proxy, "/numbers?every=1ms");
    for n in 1..=5 {
        assert!(answer.contains(&format!("data: {n}\n\n")), "{answer}");
    }
    // The API of the server behind it, which answers nobody who comes through a proxy, and its own.
    read_until(
        &mut proxy.get("/api/state"),
        "does not answer through a proxy",
    );
    read_until(
        &mut proxy.get("/@/api/connections"),
        "\"stream\":\"/numbers\"",
    );
    let whole = format!("http://{}/@/", proxy.addr);
    let (code, listed, _) = run(&["connections", "--server", &whole]);
    assert_eq!(code, Some(0));
    assert!(listed.contains("/numbers"), "{listed}");
    proxy.signal("TERM");
    let mut said = String::new();
    let stdout = proxy.stdout.as_mut().expect("open");
    stdout.read_to_string(&mut said).expect("UTF-8");
    assert!(
        said.contains("/...") && said.contains(&server.addr),
        "{said}"
    );
    assert!(
        !said.contains("/endless"),
        "no path of ours hides one: {said}"
    );
    assert_eq!(proxy.end(), (Some(0), String::new()));
}

#[test]
fn a_room_is_handed_on_broken_and_recorded() {
    let server = Serving::start(&[]);
    let folder = tempfile::TempDir::new().expect("a folder");
    let calls = folder.path().join("calls");
    let record = calls.to_str().expect("UTF-8");
    let args = [
        "--room",
        "live",
        "--fault",
        "cut,after=2",
        "--record",
        record,
    ];
    let proxy = proxy(&server, &args);
    let answer = body(&proxy, "/@live/numbers?every=1ms");
    assert!(answer.ends_with("data: 2\n\n\r\n"), "{answer:?}");
    assert!(body_ends(&proxy, "/numbers"), "nothing else is handed on");
    // The end is written before the program is gone.
    proxy.signal("TERM");
    assert_eq!(proxy.end(), (Some(0), String::new()));
    let files: Vec<_> = fs::read_dir(&calls)
        .expect("a folder")
        .map(|file| file.expect("a file").path())
        .collect();
    assert_eq!(files.len(), 1, "{files:?}");
    let text = fs::read_to_string(&files[0]).expect("a text");
    assert!(
        text.contains("> GET /numbers?every=1ms HTTP/1.1\n"),
        "{text}"
    );
    assert!(
        text.ends_with("| data: 2\n|\n! cut,after=2,room=live\n= cut\n"),
        "{text}"
    );
}

/// Whether a path is not there.
fn body_ends(proxy: &Serving, path: &str) -> bool {
    read_until(&mut proxy.get(path), "\r\n\r\n").starts_with("HTTP/1.1 404")
}

#[test]
fn what_cannot_be_used_is_one_sentence() {
    let folder = tempfile::NamedTempFile::new().expect("a file");
    let file = folder.path().to_str().expect("UTF-8");
    for (args, hint) in [
        (&["http://me:hunter2@h"][..], "user name"),
        (&["http://h/?key=hunter2"], "query"),
        (&["ftp://h"], "not supported"),
        (&["h", "--room", "a b"], "The name of a room"),
        (&["h", "--fault", "cutt"], "`cut`"),
        (&["h", "--record", file], "cannot be recorded"),
    ] {
        let args = [&["proxy", "--port", "0"], args].concat();
        let (code, _, stderr) = run(&args);
        assert_eq!(code, Some(1), "{args:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
        assert!(
            stderr.contains(hint) && !stderr.contains("hunter2"),
            "{stderr}"
        );
    }
    for bad in [
        &["proxy"][..],
        &["proxy", "h", "--head-timeout", "soon"],
        &["proxy", "h", "--insecure", "--cacert", "x"],
    ] {
        assert_eq!(run(bad).0, Some(2), "{bad:?}");
    }
}
