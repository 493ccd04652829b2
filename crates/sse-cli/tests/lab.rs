//! `sse lab`: a client is judged by what it asks for, whether it is started by hand or by the
//! command. It takes a minute and a half, so `make test` runs it beside the others, and a plain
//! `cargo test` leaves it out: `cargo test -p sse-cli --test lab`.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::run;
use support::service::Service;

/// The command of our own client, which comes back as EventSource does.
fn ours() -> [String; 4] {
    let ours = env!("CARGO_BIN_EXE_sse");
    [ours, "watch", "{url}", "--reconnect"].map(str::to_owned)
}

fn lab(arguments: &[&str], command: &[String]) -> (Option<i32>, String, String) {
    let mut all = vec!["lab"];
    all.extend(arguments);
    all.push("--");
    all.extend(command.iter().map(String::as_str));
    run(&all)
}

#[test]
fn our_own_client_is_right_in_all_that_it_can_be_asked() {
    // A secret, to see where it sends it.
    let secret = ["-H", "authorization: Bearer of-the-first"].map(str::to_owned);
    let ours = [&ours()[..], &secret].concat();
    let (code, stdout, stderr) = lab(&["--json"], &ours);
    let results: Value = serde_json::from_str(&stdout).expect(&stderr);
    let cases = results["cases"].as_array().expect("cases");
    assert!(cases.len() > 40, "{}", cases.len());
    for case in cases {
        let kind = case["verdict"]["kind"].as_str().expect("a verdict");
        // These are for browsers.
        if matches!(case["id"].as_str(), Some("X1" | "X2" | "C1")) {
            assert_eq!(kind, "not reached", "{case:#}");
            continue;
        }
        assert!(
            matches!(kind, "right" | "allowed" | "needs your eyes"),
            "{case:#}"
        );
    }
    let of = |id: &str| cases.iter().find(|case| case["id"] == id).expect(id);
    assert_eq!(of("H4")["verdict"]["kind"], "right");
    for (id, begins) in [
        ("R9", "It came back after 8."),
        ("R10", "All 10 clients came back, the first after "),
        ("C2", "It took all 16.4 MB within "),
    ] {
        let words = of(id)["verdict"]["words"].as_str().expect("words");
        // A time is rounded, and loses its zero.
        let words = words.replace("after 8 s", "after 8.0 s");
        assert!(words.starts_with(begins), "{id}: {words}");
    }
    assert_eq!(code, Some(0), "{stderr}");
}

#[test]
fn a_wrong_client_is_named_and_fails_the_run_unless_it_was_expected() {
    let folder = tempfile::tempdir().expect("a folder");
    let known = folder.path().join("known");
    // A suite that reads only the JSON learns that its file is too long.
    fs::write(&known, "P1\nR4\n").expect("a file");
    let known = known.to_str().expect("a path");
    let (code, stdout, stderr) = lab(&["P1", "--json", "--expected-failures", known], &ours());
    let results: Value = serde_json::from_str(&stdout).expect(&stderr);
    assert_eq!(results["no_longer_wrong"], serde_json::json!(["P1"]));
    assert_eq!(code, Some(0), "{stderr}");

    // curl asks once and never again.
    let once = ["curl", "-sN", "{url}"].map(str::to_owned);
    let junit = folder.path().join("lab.xml");
    let path = junit.to_str().expect("a path");
    let (code, stdout, _) = lab(&["R4", "--junit", path], &once);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(
        stdout.contains("It did not come back within 12 s."),
        "{stdout}"
    );
    let xml = fs::read_to_string(&junit).expect("a file");
    assert!(
        xml.contains("failures=\"1\"") && xml.contains("did not come back"),
        "{xml}"
    );
    // It is judged behind its patience, long after the end of its only answer.
    let time = xml
        .rsplit(" time=\"")
        .next()
        .and_then(|rest| rest.split('"').next());
    let seconds: f64 = time.expect("a time").parse().expect("seconds");
    assert!((12.0..20.0).contains(&seconds), "{xml}");

    let known = folder.path().join("known");
    fs::write(&known, "R4 # curl does not reconnect\n").expect("a file");
    let known = known.to_str().expect("a path");
    let expects = ["R4", "--expected-failures", known];
    let (json, (code, stdout, _)) = thread::scope(|scope| {
        let json = scope.spawn(|| lab(&[&expects[..], &["--json"]].concat(), &once));
        let text = lab(&[&expects[..], &["--junit", path]].concat(), &once);
        (json.join().expect("it ends"), text)
    });
    assert_eq!(code, Some(0), "{stdout}");
    let results: Value = serde_json::from_str(&json.1).expect("JSON");
    assert_eq!(results["wrong_as_expected"], serde_json::json!(["R4"]));
    // As suites have it: it neither fails nor passes.
    let xml = fs::read_to_string(&junit).expect("a file");
    assert!(xml.contains("failures=\"0\" skipped=\"1\""), "{xml}");
    let words = "<skipped message=\"Wrong, as expected: It did not come back within 12 s.\"/>";
    assert!(xml.contains(words), "{xml}");
    assert!(stdout.contains("wrong, as expected"), "{stdout}");
    assert!(
        stdout.ends_with("\n1 wrong.\nWrong, as expected: R4\n"),
        "{stdout}"
    );
}

#[test]
fn what_cannot_be_run_is_said_in_a_sentence() {
    for (arguments, words) in [
        (&["lab", "R99"][..], "There is no case R99"),
        (
            &["lab", "R4", "python3", "client.py", "{url}"],
            "There is no case python3: sse lab --list lists them. If a command begins there, put \
             -- before it.",
        ),
        (&["lab", "R99"], "sse lab --list lists them.\n"),
        (&["lab", "R99", "{url}"], "put -- before it"),
        (
            &["lab", "H3"],
            "does not have the case H3: choose resilient.",
        ),
        (&["lab", "--", "true"], "The command has no {url}"),
        (&["lab", "--profile", "x"], "There is no profile x"),
        (
            &["lab", "--expected-failures", "/nowhere"],
            "/nowhere cannot be read",
        ),
        (
            &["lab", "R4", "--", "/no/such/program", "{url}"],
            "cannot be started",
        ),
    ] {
        let (code, _, stderr) = run(arguments);
        assert!(matches!(code, Some(1 | 2)), "{arguments:?}: {code:?}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    }
}

/// A command that fails at once kept the lab waiting for ever, and nothing said why.
#[test]
fn a_client_that_ends_at_once_is_told_with_its_last_words() {
    let broken = ["sh", "-c", "echo no such module >&2; exit 7 # {url}"].map(str::to_owned);
    let (code, stdout, stderr) = lab(&["R4", "R5"], &broken);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("2 not reached"), "{stdout}");
    assert!(
        stderr.contains("the client ended with exit status: 7; it said: no such module."),
        "{stderr}"
    );
}

/// They stood below all other verdicts, and those of a client that the lab ended stood nowhere.
#[test]
fn the_last_words_of_a_client_stand_under_the_verdict_that_they_explain() {
    let script = "curl -sN $0 >/dev/null; printf 'at me\\n\\033[31mlost: header\\n' >&2; sleep 60";
    let lost = ["sh", "-c", script, "{url}"].map(str::to_owned);
    // It says why it comes back, and is wrong by what it brings then.
    let script = "curl -sN $0 >/dev/null; echo lost >&2; sleep 0.3; exec curl -sN $0 >/dev/null";
    let back = ["sh", "-c", script, "{url}"].map(str::to_owned);
    let folder = tempfile::tempdir().expect("a folder");
    let junit = folder.path().join("lab.xml");
    let path = junit.to_str().expect("a path");
    let (text, json, other) = thread::scope(|scope| {
        let text = scope.spawn(|| lab(&["R4", "--junit", path], &lost));
        let json = scope.spawn(|| lab(&["R4", "--json"], &lost));
        let other = lab(&["R4", "--json"], &back);
        let ended = [text, json].map(|run| run.join().expect("it ends"));
        let [text, json] = ended.map(|(_, stdout, _)| stdout);
        (text, json, other.1)
    });
    let line = "\u{fffd}[31mlost: header";
    let shown = format!(
        "R4       half-event       wrong           It did not come back within 12 s.\n         \
         The last that it wrote: {line}\n"
    );
    assert!(text.contains(&shown), "{text}");
    let xml = fs::read_to_string(&junit).expect("a file");
    let shown = format!("within 12 s. The last that it wrote: {line}\"");
    assert!(xml.contains(&shown), "{xml}");
    let case = |text: &str| {
        let results: Value = serde_json::from_str(text).expect("JSON");
        results["cases"][0].clone()
    };
    assert_eq!(case(&json)["last_line"], line);
    let other = case(&other);
    assert_eq!(other["verdict"]["kind"], "wrong", "{other}");
    assert_eq!(other["last_line"], Value::Null);
}

/// The cut came half a second behind the last byte, and was taken for the end at that byte. So
/// whoever came in between passed.
#[test]
fn a_client_with_two_connections_at_once_is_wrong() {
    let script = "curl -sN -m 5 $0 >/dev/null & sleep 0.2; curl -sN -m 5 $0 >/dev/null; wait";
    let both = ["sh", "-c", script, "{url}"].map(str::to_owned);
    let (code, stdout, _) = lab(&["R11"], &both);
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("which was still open"), "{stdout}");
}

/// What ends a client ends its tour: the rest of it was not reached.
#[test]
fn a_client_that_leaves_the_tour_is_started_anew_for_the_rest() {
    // It comes back three times, each time with what it was given last.
    let script = "n=0; while [ $n -lt 4 ]; do curl -sN -m 5 $0 >/dev/null; n=$((n+1)); done";
    let short = ["sh", "-c", script, "{url}"].map(str::to_owned);
    let (_, stdout, stderr) = lab(&["tour", "--json"], &short);
    let results: Value = serde_json::from_str(&stdout).expect(&stderr);
    let cases = results["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 34);
    for case in cases {
        assert!(case["count"].as_u64() > Some(0), "{case:#}");
    }
}

/// The URL of a case is the base URL that such clients are given.
#[test]
fn a_client_of_a_language_model_is_judged_below_the_url_of_a_case() {
    let ask = |longest: &str| {
        let words = ["curl", "-sN", "-m", longest, "-d", "{}"];
        let mut command: Vec<_> = words.map(str::to_owned).into();
        command.push("{url}/chat/completions".to_owned());
        lab(&["L2", "L3", "--profile", "llm"], &command)
    };
    let (code, stdout, stderr) = ask("0.5");
    assert_eq!(code, Some(0), "{stdout}{stderr}");
    assert!(stdout.contains("2 right."), "{stdout}");
    let (code, stdout, _) = ask("9");
    assert_eq!(code, Some(1), "{stdout}");
    assert!(stdout.contains("It was still connected after 1 s."));
    assert!(stdout.contains("It was still connected after 5 s."));
}

/// A name stands for the variants that the profile has.
#[test]
fn of_the_variants_of_a_case_those_of_the_profile_are_chosen() {
    let words = [
        "curl",
        "-s",
        "-d",
        r#"{"id":1,"method":"tools/call"}"#,
        "{url}",
    ];
    let call = words.map(str::to_owned);
    let (_, stdout, stderr) = lab(&["M5", "--profile", "mcp-2026-07-28", "--json"], &call);
    let results: Value = serde_json::from_str(&stdout).expect(&stderr);
    let cases = results["cases"].as_array().expect("cases");
    assert_eq!(cases.len(), 1);
    assert_eq!(cases[0]["id"], "M5-2026");
    let words = "In POST tools/call its Accept has no application/json.";
    assert_eq!(cases[0]["verdict"]["words"], words);
}

#[test]
fn a_profile_without_a_tour_has_a_url_for_each_case() {
    let mut sse = Command::new(env!("CARGO_BIN_EXE_sse"))
        .args(["lab", "--profile", "mcp-2025-11-25"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("it starts");
    let stdout = sse.stdout.take().expect("it is piped");
    let lines = BufReader::new(stdout).lines().take(4);
    let paths: Vec<_> = lines
        .map(|line| line.expect("a line"))
        .map(|url| url.splitn(4, '/').last().map(str::to_owned))
        .collect();
    sse.kill().expect("it runs");
    let mut stderr = String::new();
    let mut said = sse.stderr.take().expect("it is piped");
    said.read_to_string(&mut stderr).expect("text");
    sse.wait().expect("it ends");
    let expected = ["M1", "M2", "M3", "M5-2025"];
    let expected = expected.map(|id| Some(format!("lab/case/{id}/client")));
    assert_eq!(paths, expected);
    assert!(stderr.contains("call the tool wait:"), "{stderr}");
}

/// A wrapper that ended before its own child kept the lab waiting for ever: that child had its
/// stderr.
#[test]
fn a_command_whose_child_goes_on_is_not_waited_for() {
    let wrapper = ["sh", "-c", "sleep 20 & exit 7 # {url}"].map(str::to_owned);
    let began = Instant::now();
    let (code, stdout, stderr) = lab(&["R4"], &wrapper);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(began.elapsed() < Duration::from_secs(15), "{stderr}");
    assert!(stderr.contains("and said nothing"), "{stderr}");
}

/// A client with a wrong URL kept the lab waiting for ever.
#[test]
fn a_client_that_never_comes_is_ended_and_said_so() {
    let idle = ["sh", "-c", "sleep 100 # {url}"].map(str::to_owned);
    let (code, stdout, stderr) = lab(&["R4"], &idle);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stdout.contains("1 not reached"), "{stdout}");
    assert!(stderr.contains("sent no request within 30 s"), "{stderr}");
}

/// Only that nothing came was said.
#[test]
fn a_client_of_a_service_that_never_comes_is_said() {
    let service = Service::start(|method| match method {
        "POST" => Some("202 Accepted"),
        _ => Some("200 OK"),
    });
    let (code, stdout, stderr) = run(&["lab", "R4", "--service", &service.url]);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(stderr.contains("sent no request within 15 s"), "{stderr}");
    service.asked("DELETE");
}
