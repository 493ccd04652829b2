//! How a run of `sse lab` ends: what is left of its clients, and what it exits with.

#![cfg(unix)] // It is ended with signals.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::service::{Service, send};
use support::{SSE, run};
use tempfile::TempDir;

/// How long something may take that comes at once.
const SOON: Duration = Duration::from_secs(20);

/// Waits until something is there.
fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(began.elapsed() < SOON, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}

/// A run of `sse lab`, killed with the test.
struct Running(Child);

impl Running {
    fn start(arguments: &[&str]) -> Self {
        Self::of(support::command(&["lab"]).args(arguments))
    }

    fn of(command: &mut Command) -> Self {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        Self(command.spawn().expect("the program was built"))
    }

    fn signal(&self, name: &str) {
        let pid = self.0.id().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status();
        assert!(sent.expect("kill is everywhere").success());
    }

    /// How it ends: the code, stdout and stderr.
    fn end(mut self) -> (Option<i32>, String, String) {
        let status = self.0.wait().expect("it ends");
        let (mut out, mut err) = (String::new(), String::new());
        let stdout = self.0.stdout.as_mut().expect("piped");
        stdout.read_to_string(&mut out).expect("UTF-8");
        let stderr = self.0.stderr.as_mut().expect("piped");
        stderr.read_to_string(&mut err).expect("UTF-8");
        (status.code(), out, err)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Long gone, unless the test failed. SIGKILL would leave its clients.
        if let Ok(None) = self.0.try_wait() {
            self.signal("TERM");
            _ = self.0.wait();
        }
    }
}

/// A client below a wrapper, as `npm run` starts it, beside a child that reads nothing. All of them
/// write their ids into a file.
struct Wrapped {
    folder: TempDir,
    script: String,
}

impl Wrapped {
    /// `first` is what the wrapper does before.
    fn new(first: &str) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let pids = folder.path().join("pids");
        let pids = pids.display();
        let script = format!(
            "{first} sleep 300 & echo $! >>{pids}; {SSE} watch $0 --reconnect >/dev/null & \
             echo $! $$ >>{pids}; while :; do sleep 1; done"
        );
        Self { folder, script }
    }

    fn arguments<'a>(&'a self, cases: &[&'a str]) -> Vec<&'a str> {
        let mut all = cases.to_vec();
        all.extend(["--", "sh", "-c", &self.script, "{url}"]);
        all
    }

    /// The ids of the wrapper and of its two children, once they run.
    fn pids(&self) -> Vec<String> {
        until("the client runs", || {
            let pids = fs::read_to_string(self.folder.path().join("pids")).ok()?;
            let pids: Vec<_> = pids.split_whitespace().map(str::to_owned).collect();
            (pids.len() == 3).then_some(pids)
        })
    }
}

/// Whether a process runs. One that ended, and that nobody waits for, does not.
fn runs(pid: &str) -> bool {
    let output = Command::new("ps").args(["-o", "stat=", "-p", pid]).output();
    let state = output.expect("ps is everywhere").stdout;
    !state.is_empty() && !state.starts_with(b"Z")
}

fn assert_gone(pids: &[String]) {
    for pid in pids {
        until(&format!("{pid} goes on"), || (!runs(pid)).then_some(()));
    }
}

/// The child of a wrapper went on, and asked a port that was closed for ever.
#[test]
fn a_client_is_ended_with_all_that_it_started() {
    let client = Wrapped::new("");
    let run = Running::start(&client.arguments(&["P1"]));
    let pids = client.pids();
    let (code, stdout, stderr) = run.end();
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert_gone(&pids);
}

/// A cancelled job was green, and its clients went on. SIGHUP did not even end direct children.
#[test]
fn a_signal_ends_all_clients_and_fails_the_run() {
    thread::scope(|scope| {
        for (signal, first) in [("INT", ""), ("TERM", "trap '' TERM;"), ("HUP", "")] {
            if signal == "HUP" && ignores_hangups() {
                continue;
            }
            scope.spawn(move || {
                let client = Wrapped::new(first);
                let run = Running::start(&client.arguments(&["R14"]));
                let pids = client.pids();
                run.signal(signal);
                let (code, stdout, stderr) = run.end();
                assert_eq!(code, Some(1), "{signal}: {stdout}{stderr}");
                assert!(stdout.contains("1 not reached."), "{signal}: {stdout}");
                let words = "sse: A signal ended the run before every case had its verdict.";
                assert!(stderr.contains(words), "{signal}: {stderr}");
                assert_gone(&pids);
            });
        }
    });
}

/// Whether each child of this process ignores SIGHUP, as below `nohup`.
fn ignores_hangups() -> bool {
    let asked = Command::new("sh").args(["-c", "kill -s HUP $$"]).status();
    asked.expect("sh is everywhere").success()
}

/// Of ten clients that were asked to end, nine were said to have ended by themselves.
#[test]
fn a_client_that_was_asked_to_end_has_not_ended_by_itself() {
    let client = Wrapped::new("");
    let run = Running::start(&client.arguments(&["R10"]));
    client.pids();
    run.signal("TERM");
    let (_, stdout, stderr) = run.end();
    assert!(!stderr.contains("ended with"), "{stdout}{stderr}");
}

/// `nohup sse lab` outlives its terminal.
#[test]
fn a_hangup_that_is_ignored_stays_so() {
    let client = Wrapped::new("");
    let script = "trap '' HUP; exec \"$0\" lab \"$@\"";
    let run = Running::of(
        Command::new("sh")
            .args(["-c", script, SSE])
            .args(client.arguments(&["R14"])),
    );
    let pids = client.pids();
    run.signal("HUP");
    // Whatever a signal ends is gone within this.
    thread::sleep(Duration::from_millis(700));
    assert!(runs(&run.0.id().to_string()) && runs(&pids[0]));
    run.signal("TERM");
    assert_eq!(run.end().0, Some(1));
    assert_gone(&pids);
}

/// Without a command somebody else's client may stop when it likes. JSON is all of stdout.
#[test]
fn without_a_command_a_signal_is_the_usual_end() {
    let mut run = Running::start(&["P1", "--json"]);
    let mut stderr = BufReader::new(run.0.stderr.take().expect("piped")).lines();
    let url = stderr.find_map(|line| {
        let line = line.expect("UTF-8");
        line.strip_prefix("http://").map(str::to_owned)
    });
    ask(&url.expect("a URL"), "GET", "");
    run.signal("TERM");
    let mut stdout = String::new();
    let printed = run.0.stdout.as_mut().expect("piped");
    printed.read_to_string(&mut stdout).expect("UTF-8");
    let results: Value = serde_json::from_str(&stdout).expect(&stdout);
    assert_eq!(results["cases"][0]["id"], "P1");
    assert_eq!(run.0.wait().expect("it ends").code(), Some(0));
}

/// Sends a request, and reads the first line of its answer.
fn ask(url: &str, method: &str, body: &str) -> String {
    let mut line = String::new();
    let read = BufReader::new(send(url, method, body)).read_line(&mut line);
    read.expect("an answer");
    line
}

/// The exit code was 1, and no word said why.
#[test]
fn requests_that_no_case_is_about_are_said() {
    let mut run = Running::start(&["M1", "--profile", "mcp-2025-11-25"]);
    let stdout = run.0.stdout.as_mut().expect("piped");
    let mut url = String::new();
    let read = BufReader::new(stdout).read_line(&mut url);
    read.expect("UTF-8");
    let url = url.trim().strip_prefix("http://").expect("a URL");
    let hello = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{}}"#;
    assert!(ask(url, "POST", hello).contains(" 200 "));
    run.signal("INT");
    let (code, _, stderr) = run.end();
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains("sse: No request came that a case is about"),
        "{stderr}"
    );
}

/// A client that died at its start in 96 of 97 cases passed.
#[test]
fn a_client_that_does_not_come_fails_the_run() {
    let script =
        format!("case $0 in */P1/*) exec {SSE} watch $0 --reconnect;; esac; echo boom >&2; exit 1");
    let lab = |arguments: &[&str]| {
        let client = ["--", "sh", "-c", &script, "{url}"];
        run(&[&["lab", "P1", "P2"], arguments, &client].concat())
    };
    let (code, stdout, stderr) = lab(&[]);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("1 right, 1 not reached."), "{stdout}");
    assert!(stderr.contains("sse: No request came in P2: "), "{stderr}");
    // Unless that is known.
    let folder = tempfile::tempdir().expect("a folder");
    let known = folder.path().join("known");
    fs::write(&known, "P2 does not start\n").expect("a file");
    let known = known.to_str().expect("UTF-8");
    let (code, _, stderr) = lab(&["--expected-failures", known]);
    assert_eq!(code, Some(0), "{stderr}");
}

/// Without a command it was waited for for ever, and of a client it was said that it had sent no
/// request.
#[test]
fn a_run_that_is_forgotten_before_its_verdict_is_said() {
    let said = "the client was forgotten before its verdict: ";
    let forget = "curl -s -X DELETE ${0%%/lab/*}/api/lab/runs/R4; sleep 60";
    let script = format!("curl -sN $0 >/dev/null; {forget}");
    let (code, stdout, stderr) = run(&["lab", "R4", "--json", "--", "sh", "-c", &script, "{url}"]);
    assert_eq!(code, Some(1), "{stderr}");
    let results: Value = serde_json::from_str(&stdout).expect(&stderr);
    let note = results["notes"][0].as_str().expect("a note");
    assert!(note.starts_with(&format!("In R4 {said}")), "{note}");
    let words = &results["cases"][0]["verdict"]["words"];
    assert_eq!(words, "What came was forgotten before its verdict.");
    assert!(!stderr.contains("No request came"), "{stderr}");

    let mut run = Running::start(&["R4", "--json"]);
    let mut lines = BufReader::new(run.0.stderr.take().expect("piped")).lines();
    let url = lines.find_map(|line| {
        let line = line.expect("UTF-8");
        line.strip_prefix("http://").map(str::to_owned)
    });
    let url = url.expect("a URL");
    assert!(ask(&url, "GET", "").contains(" 200 "));
    let (host, _) = url.split_once('/').expect("a path");
    // Once the lab has seen that it came.
    thread::sleep(Duration::from_secs(1));
    let gone = ask(&format!("{host}/api/lab/runs/client"), "DELETE", "");
    assert!(gone.contains(" 200 "), "{gone}");
    let ended = until("it ends", || run.0.try_wait().expect("it is ours"));
    assert_eq!(ended.code(), Some(1));
}

/// It looked like a crash: each of 20 tours of our own client ended with such a note.
#[test]
fn a_client_that_ends_behind_its_case_is_no_word() {
    let back = "curl -sN -H 'last-event-id: P26-start' $0 >/dev/null; exit 3";
    let script = format!("curl -sN $0 >/dev/null; {back}");
    let (_, stdout, stderr) = run(&["lab", "P26", "--json", "--", "sh", "-c", &script, "{url}"]);
    let results: Value = serde_json::from_str(&stdout).expect(&stderr);
    let verdict = &results["cases"][0]["verdict"];
    assert_eq!(verdict["kind"], "needs your eyes", "{stdout}");
    assert_eq!(results["notes"], serde_json::json!([]));
}

/// A program that takes itself away when it is started.
fn once(folder: &Path) -> PathBuf {
    let program = folder.join("once");
    let script = format!("#!/bin/sh\nrm $0; exec {SSE} watch $1 --reconnect\n");
    fs::write(&program, script).expect("a file");
    let mode = fs::Permissions::from_mode(0o755);
    fs::set_permissions(&program, mode).expect("ours");
    program
}

/// It threw away all verdicts so far, and wrote neither JSON nor JUnit.
#[test]
fn a_start_that_fails_in_the_middle_leaves_what_was_judged() {
    let folder = tempfile::tempdir().expect("a folder");
    let (client, junit) = (once(folder.path()), folder.path().join("lab.xml"));
    let (code, stdout, stderr) = run(&[
        "lab",
        "--jobs",
        "1",
        "P1",
        "P2",
        "--json",
        "--junit",
        junit.to_str().expect("UTF-8"),
        "--",
        client.to_str().expect("UTF-8"),
        "{url}",
    ]);
    assert_eq!(code, Some(1), "{stderr}");
    let results: Value = serde_json::from_str(&stdout).expect(&stderr);
    let kinds = ["right", "not reached"];
    for (at, kind) in kinds.iter().enumerate() {
        assert_eq!(results["cases"][at]["verdict"]["kind"], *kind, "{stdout}");
    }
    let note = results["notes"][0].as_str().expect("a note");
    assert!(
        note.starts_with("In P2 the client was not started: "),
        "{note}"
    );
    let xml = fs::read_to_string(junit).expect("a file");
    assert!(
        xml.contains("tests=\"2\" failures=\"0\" skipped=\"1\""),
        "{xml}"
    );
}

/// It was said behind all minutes of the run.
#[test]
fn a_file_that_cannot_be_written_is_said_before_the_run() {
    let began = Instant::now();
    let idle = ["--", "sh", "-c", "sleep 300 # {url}"];
    let (code, _, stderr) =
        run(&[&["lab", "R4", "--junit", "/no/such/lab.xml"][..], &idle].concat());
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains("/no/such/lab.xml cannot be written"),
        "{stderr}"
    );
    assert!(began.elapsed() < Duration::from_secs(10));
    // A run without results leaves no file, and one that was there as it was.
    let folder = tempfile::tempdir().expect("a folder");
    let (new, old) = (folder.path().join("new"), folder.path().join("old"));
    fs::write(&old, "as it was").expect("a file");
    for file in [&new, &old] {
        let file = file.to_str().expect("UTF-8");
        let (code, _, stderr) = run(&["lab", "R4", "--junit", file, "--", "/no/such", "{url}"]);
        assert_eq!(code, Some(1), "{stderr}");
    }
    assert!(!new.exists());
    assert_eq!(fs::read_to_string(old).expect("a file"), "as it was");
}

/// Half of a JSON was a success.
#[cfg(target_os = "linux")]
#[test]
fn results_that_cannot_be_printed_are_an_error() {
    let client = ["--", SSE, "watch", "{url}", "--reconnect"];
    let full = fs::File::options().write(true).open("/dev/full");
    let output = support::command(&["lab", "P1", "--json"])
        .args(client)
        .stdout(full.expect("Linux has it"))
        .output()
        .expect("the program was built");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("sse: Stdout cannot be written ("),
        "{stderr}"
    );
}

/// 200 MB took 20 s, and `/dev/zero` all memory.
#[test]
fn a_file_of_expected_failures_without_end_is_refused() {
    let (code, _, stderr) = run(&["lab", "R4", "--expected-failures", "/dev/zero"]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains("/dev/zero has more than 64 KiB: "),
        "{stderr}"
    );
}

/// It was as if nobody had asked for the tour.
#[test]
fn a_tour_that_the_profile_does_not_have_is_said() {
    let (code, _, stderr) = run(&["lab", "tour", "L1", "--profile", "llm"]);
    assert_eq!(code, Some(2), "{stderr}");
    let words = "sse: The profile llm has no tour: name its cases, or leave tour out.";
    assert!(stderr.contains(words), "{stderr}");
}

/// Its clients went on.
#[test]
fn a_signal_has_a_service_close_its_clients() {
    let service = Service::start(|_| Some("201 Created"));
    let run = Running::start(&["R14", "--service", &service.url]);
    service.asked("POST");
    run.signal("TERM");
    let (code, stdout, stderr) = run.end();
    service.asked("DELETE");
    assert_eq!(code, Some(1), "{stdout}{stderr}");
}

/// Only that nobody had reported it was said.
#[test]
fn a_service_that_does_not_close_its_client_is_told_so() {
    let service = Service::start(|method| match method {
        "DELETE" => Some("500 Internal Server Error"),
        _ => Some("201 Created"),
    });
    let run = Running::start(&["R12", "--service", &service.url]);
    service.asked("DELETE");
    run.signal("TERM");
    let (_, _, stderr) = run.end();
    let words = "the client was not closed: ";
    assert!(stderr.contains(words), "{stderr}");
    assert!(stderr.contains(" answered 500 to DELETE"), "{stderr}");
}

/// Its sentence ended with two full stops.
#[test]
fn a_service_that_does_not_answer_is_told_in_a_sentence() {
    let service = Service::start(|method| (method == "GET").then_some("200 OK"));
    let (code, stdout, stderr) = run(&["lab", "R4", "--service", &service.url]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stdout.contains("1 not reached."), "{stdout}");
    assert!(
        stderr.contains("In R4 the client was not started: "),
        "{stderr}"
    );
    assert!(!stderr.contains(".."), "{stderr}");
}

/// It starts no server: nothing is printed but the cases.
#[test]
fn the_cases_are_listed() {
    let list = |arguments: &[&str]| {
        let (code, stdout, stderr) = run(&[&["lab", "--list"], arguments].concat());
        assert_eq!((code, &*stderr), (Some(0), ""), "{stdout}");
        stdout
    };
    let all = list(&[]);
    let words = |line: &str| {
        line.split_whitespace()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let mut lines = all.lines();
    assert_eq!(
        words(lines.next().expect("a head")),
        ["case", "name", "walked", "the", "server"]
    );
    let lines: Vec<_> = lines.map(words).collect();
    assert!(lines.len() > 90, "{all}");
    let r4 = lines.iter().find(|line| line[0] == "R4").expect("R4");
    assert_eq!(r4[..5], ["R4", "half-event", "in", "the", "tour"]);

    let some = list(&["tour", "S2"]);
    let [in_tour, alone] =
        ["  in the tour  ", "  alone  "].map(|place| some.matches(place).count());
    assert_eq!((in_tour, alone), (34, 10), "{some}");
    let of_llm = list(&["--profile", "llm"]);
    assert!(
        of_llm.contains("\nL1-cut ") && !of_llm.contains("\nR4 "),
        "{of_llm}"
    );
    let (code, _, stderr) = run(&["lab", "--list", "L1"]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(stderr.contains("choose llm"), "{stderr}");
}
