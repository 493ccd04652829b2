//! `sse watch` is stopped: by ctrl-c, by whoever does not read any more, and by a full disk.

#![cfg(unix)] // Signals.

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::process::{Child, ChildStderr, Command, Stdio};

use serde_json::Value;
use support::raw::{chunk, head, last, request};
use support::{Serving, command};

/// A running `sse watch`, ended with the test whatever happens.
struct Watching {
    child: Child,
    stderr: BufReader<ChildStderr>,
    said: String,
}

impl Watching {
    /// Watches for a minute at most.
    fn start(url: &str, args: &[&str]) -> Self {
        let mut command = command(&["watch", url, "--for", "60s"]);
        let mut child = command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let stderr = BufReader::new(child.stderr.take().expect("piped"));
        Self {
            child,
            stderr,
            said: String::new(),
        }
    }

    /// Waits for a line on stderr that has these words.
    fn wait_for(&mut self, words: &str) {
        while !self.said.contains(words) {
            let read = self.stderr.read_line(&mut self.said).expect("UTF-8");
            assert!(read > 0, "no {words:?} in {}", self.said);
        }
    }

    fn press_ctrl_c(&self) {
        let pid = self.child.id().to_string();
        let sent = Command::new("kill").args(["-s", "INT", &pid]).status();
        assert!(sent.expect("kill is everywhere").success());
    }

    /// How it ended: the exit code, stdout and stderr.
    fn end(mut self) -> (Option<i32>, String, String) {
        let mut stdout = String::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            pipe.read_to_string(&mut stdout).expect("UTF-8");
        }
        self.stderr.read_to_string(&mut self.said).expect("UTF-8");
        let status = self.child.wait().expect("it ends");
        (status.code(), stdout, std::mem::take(&mut self.said))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        // Long gone, unless the test failed.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

#[test]
fn ctrl_c_sums_up_and_is_no_failure() {
    let serving = Serving::start(&[]);
    let url = format!("{}/endless?every=10ms", serving.addr);
    for args in [
        &[][..],
        &["--json"],
        &["--raw"],
        &["--wire"],
        &["--text"],
        &["--diagnose"],
        &["--json", "--diagnose"],
        &["--reconnect"],
    ] {
        let mut watching = Watching::start(&url, args);
        watching.wait_for("HTTP/1.1 200");
        watching.press_ctrl_c();
        let (code, stdout, stderr) = watching.end();
        assert_eq!(code, Some(0), "{args:?}: {stderr}");
        let sums: Vec<&str> = stderr.lines().filter(|it| it.contains(" bytes")).collect();
        assert!(
            sums.iter().any(|it| it.starts_with("stopped after ")),
            "{args:?}: {stderr}"
        );
        if args.contains(&"--json") {
            let last = stdout.lines().last().unwrap_or_default();
            let last: Value = serde_json::from_str(last).expect("JSON");
            assert_eq!(
                (&last["kind"], &last["data"]),
                (&"end".into(), &"stopped".into())
            );
        }
        let findings = match args.contains(&"--json") {
            true => &stderr,
            false => &stdout,
        };
        let is_diagnosed = findings.contains("fine W1: ");
        assert_eq!(is_diagnosed, args.contains(&"--diagnose"), "{args:?}");
    }
}

#[test]
fn ctrl_c_ends_a_wait_too() {
    let serving = Serving::start(&[]);
    let url = format!("{}/numbers?every=1ms", serving.addr);
    let mut watching = Watching::start(&url, &["--reconnect"]);
    watching.wait_for("reconnects in");
    watching.press_ctrl_c();
    let (code, _, stderr) = watching.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stderr.ends_with("stopped before the stream was there again\n"),
        "{stderr}"
    );

    // Nothing came yet: that is a failure.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = silent.local_addr().expect("it listens").to_string();
    let watching = Watching::start(&url, &[]);
    let (mut stream, _) = silent.accept().expect("a client");
    request(&mut stream);
    watching.press_ctrl_c();
    let (code, _, stderr) = watching.end();
    assert_eq!(
        (code, &*stderr),
        (Some(1), "No answer came in this time.\n")
    );
}

/// What was asked until then is judged, and no more is asked.
#[test]
fn ctrl_c_ends_the_second_requests_of_a_diagnosis() {
    let server = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let url = server.local_addr().expect("it listens").to_string();
    let watching = Watching::start(&url, &["--diagnose"]);
    let (mut stream, _) = server.accept().expect("a client");
    request(&mut stream);
    let answer = [head(""), chunk(b"id: 1\ndata: 1\n\n"), last()].concat();
    std::io::Write::write_all(&mut stream, &answer).expect("it reads");
    let (mut second, _) = server.accept().expect("it asks again");
    assert!(request(&mut second).contains("last-event-id: 1\r\n"));
    watching.press_ctrl_c();
    let (code, stdout, stderr) = watching.end();
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("fine W1: "), "{stdout}");
    server.set_nonblocking(true).expect("it does not wait");
    assert!(server.accept().is_err(), "it asked once more");
}

/// As with `sse watch … | head -1`: whoever does not read ends it, whether the stream goes on or
/// not.
#[test]
fn it_ends_in_silence_where_nobody_reads() {
    let serving = Serving::start(&[]);
    for query in ["every=10ms", "fault=silence,after=2"] {
        let url = format!("{}/endless?{query}", serving.addr);
        for args in [
            &[][..],
            &["--json"],
            &["--raw"],
            &["--wire"],
            &["--text"],
            &["--diagnose"],
            &["--reconnect"],
        ] {
            let mut watching = Watching::start(&url, args);
            watching.wait_for("HTTP/1.1 200");
            let mut stdout = BufReader::new(watching.child.stdout.take().expect("piped"));
            if !args.contains(&"--text") {
                let mut first = String::new();
                stdout.read_line(&mut first).expect("UTF-8");
                assert!(!first.is_empty());
            }
            drop(stdout);
            let (code, _, stderr) = watching.end();
            assert_eq!(code, Some(0), "{query} {args:?}: {stderr}");
            assert_eq!(stderr.lines().count(), 1, "{query} {args:?}: {stderr}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")] // /dev/full.
fn what_cannot_be_written_is_a_failure() {
    let serving = Serving::start(&[]);
    let url = format!("{}/endless?every=10ms", serving.addr);
    for args in [&[][..], &["--json"], &["--raw"]] {
        let full = std::fs::File::options().write(true).open("/dev/full");
        let mut command = command(&["watch", &url, "--for", "20s"]);
        let command = command.args(args).stdout(full.expect("it is there"));
        let output = command.output().expect("the program was built");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(1), "{args:?}: {stderr}");
        assert!(
            stderr.contains("sse: Stdout cannot be written ("),
            "{stderr}"
        );
    }
}

/// What is enough is not asked for again.
#[test]
fn the_last_event_that_is_asked_for_ends_it_for_good() {
    let serving = Serving::start(&[]);
    let url = format!("{}/numbers?every=1ms&fault=hold=end", serving.addr);
    let watching = Watching::start(&url, &["--reconnect", "--events", "5"]);
    let (code, stdout, stderr) = watching.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(stdout.lines().count(), 6, "{stdout}");
    assert!(!stderr.contains("reconnects"), "{stderr}");
}
