//! The commands that tests steer a server with: `sse wait`, `sse verdict --expect`,
//! `sse connections`, and what breaks streams.

#![cfg(unix)] // `sse serve` is ended with signals.

mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::{self, JoinHandle};

use serde_json::Value;
use support::{Serving, read_until, run_at};

/// A client that reads as far as this, and is still there.
fn reads(serving: &Serving, client: &str, id: Option<u64>, until: &str) -> TcpStream {
    let mut stream = serving.connect();
    let host = &serving.addr;
    let id = id.map(|id| format!("last-event-id: {id}\r\n"));
    let id = id.unwrap_or_default();
    let target = format!("/endless?every=10ms&client={client}");
    write!(stream, "GET {target} HTTP/1.1\r\nhost: {host}\r\n{id}\r\n").expect("it reads");
    read_until(&mut stream, until);
    stream
}

/// The number that was printed.
fn seq((code, stdout, stderr): (Option<i32>, String, String)) -> u64 {
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    let line = stdout.strip_suffix('\n').expect("one line");
    line.parse().expect("a number")
}

/// The sentence of what failed.
fn failed(expected: i32, (code, _, stderr): (Option<i32>, String, String)) -> String {
    assert_eq!(code, Some(expected), "{stderr}");
    let sentence = stderr.strip_prefix("sse: ").expect("who speaks");
    assert!(
        sentence.ends_with(".\n") && sentence.lines().count() == 1,
        "{sentence}"
    );
    sentence.trim_end().to_owned()
}

#[test]
fn a_return_is_waited_for_and_compared() {
    let serving = Serving::start(&[]);
    let at = |args: &[&str]| run_at(&serving.addr, args);
    let first = reads(&serving, "t1", None, "id: 7\n");
    let connected = seq(at(&["wait", "--until", "connected", "--client", "t1"]));
    assert_eq!(connected, 2);
    let after = connected.to_string();
    let expect = [
        "--after",
        &after,
        "--expect",
        "lost=0,repeated=0,away=..10s",
    ];
    let sentence = failed(
        1,
        at(&[&["verdict", "--client", "t1"], &expect[..]].concat()),
    );
    assert_eq!(
        sentence,
        "There is no verdict on t1 after entry 2: wait for it first, as in `sse wait --until returned`."
    );
    drop(first);
    let ended = seq(at(&["wait", "--until", "ended", "--after", &after]));
    assert_eq!(ended, 3);
    // It has not all that was sent, and says so.
    let _second = reads(&serving, "t1", Some(7), "data: ");
    let wait = ["wait", "--until", "returned", "--after", &after, "--json"];
    let (code, stdout, _) = at(&wait);
    assert_eq!(code, Some(0));
    let met: Value = serde_json::from_str(&stdout).expect("an object");
    assert_eq!(met["seq"], 5);
    let repeated = met["verdict"]["repeated"].as_u64().expect("a number");

    let expect = format!("lost=0,repeated={repeated},away=..10s");
    let verdict = ["verdict", "--after", &after, "--expect"];
    let (code, stdout, stderr) = at(&[&verdict[..], &[&expect]].concat());
    assert_eq!((code, stderr.as_str()), (Some(0), ""), "{stdout}");
    assert!(
        stdout.contains(" #2 /endless (t1): came back after "),
        "{stdout}"
    );
    let (code, stdout, stderr) = at(&[&verdict[..], &["lost=1..,away=1h.."]].concat());
    assert_eq!((code, stdout.lines().count()), (Some(1), 1));
    let begin = "sse: Expected lost=1..,away=1h.. of #2, but lost is 0, away is 0.";
    assert!(stderr.starts_with(begin), "{stderr}");
    let json = [&verdict[..], &["lost=0", "--json", "--room", "*"]].concat();
    let (code, stdout, _) = at(&json);
    assert_eq!(code, Some(0));
    let said: Value = serde_json::from_str(&stdout).expect("an object");
    assert_eq!(
        (&said["connection"], &said["kind"]),
        (&2.into(), &"back".into())
    );
    let other = [&verdict[..], &["lost=0", "--client", "other"]].concat();
    assert_eq!(at(&other).0, Some(1));
}

#[test]
fn what_does_not_come_true_is_exit_code_1_and_nonsense_2() {
    let serving = Serving::start(&[]);
    let at = |args: &[&str]| run_at(&serving.addr, args);
    let wait = ["wait", "--until", "connected", "--timeout", "50ms"];
    let words = "Nobody connected within 50ms: nothing happened so far.";
    assert_eq!(failed(1, at(&wait)), words);
    let (code, stdout, _) = at(&[&wait[..], &["--json"]].concat());
    let unmet: Value = serde_json::from_str(&stdout).expect("an object");
    assert_eq!((code, &unmet["met"]), (Some(1), &false.into()));
    let away = [
        "wait", "--until", "away", "--for", "20ms", "--stream", "/endless",
    ];
    assert_eq!(seq(at(&away)), 1);
    let sentence = failed(2, at(&["wait", "--until", "soon"]));
    assert!(
        sentence.starts_with("until must be connected"),
        "{sentence}"
    );
    let sentence = failed(2, at(&["wait", "--until", "events=0"]));
    assert!(sentence.contains("from 1 to"), "{sentence}");
}

#[test]
fn where_there_is_no_server_all_are_exit_code_3() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    // A client's own port: nothing listens on it, and no other program is given it.
    let held = TcpStream::connect(listener.local_addr().expect("bound")).expect("it listens");
    let addr = held.local_addr().expect("bound").to_string();
    for args in [
        &["wait", "--until", "ended"][..],
        &["verdict"],
        &["verdict", "--expect", "lost=0"],
        &["connections"],
        &["nodes"],
        &["break", "cut"],
        &["break", "cut", "--now"],
        &["heal", "--all"],
        &["faults"],
        &["reset"],
    ] {
        let sentence = failed(3, run_at(&addr, args));
        let begin = format!("Nothing listens on {addr}: ");
        assert!(sentence.starts_with(&begin), "{args:?}: {sentence}");
    }
    let sentence = failed(2, run_at(&addr, &["break", "numbers", "cut"]));
    assert!(
        sentence.contains("is not the path of a stream"),
        "{sentence}"
    );
}

#[test]
fn connections_are_a_table_for_people_and_lines_for_programs() {
    let serving = Serving::start(&[]);
    let at = |args: &[&str]| run_at(&serving.addr, args);
    let (code, stdout, stderr) = at(&["connections"]);
    assert_eq!((code, stdout.as_str()), (Some(0), ""));
    assert!(
        stderr.starts_with("sse: No client is connected"),
        "{stderr}"
    );

    drop(reads(&serving, "t1", None, "id: 7\n"));
    seq(at(&["wait", "--until", "ended"]));
    let _second = reads(&serving, "t1", None, "id: 7\n");
    let (code, stdout, _) = at(&["connections", "--client", "t1"]);
    assert_eq!(code, Some(0));
    let lines: Vec<&str> = stdout.lines().collect();
    let head: Vec<_> = lines[0].split_whitespace().collect();
    assert_eq!(
        head.join(" "),
        "id stream client program state events last id verdict"
    );
    assert_eq!(lines.len(), 3, "{stdout}");
    assert!(lines[1].starts_with(" 2  /endless  t1 "), "{stdout}");
    assert!(lines[1].contains("  came back after "), "{stdout}");
    assert!(lines[2].contains("  ended  "), "{stdout}");

    let (_, stdout, _) = at(&["connections", "--json", "--stream", "/endless"]);
    let rows: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(
        (&rows[0]["id"], &rows[0]["state"]),
        (&2.into(), &"open".into())
    );
    let (_, stdout, _) = at(&["connections", "--json", "--stream", "/numbers"]);
    assert_eq!(stdout, "");
}

/// All of it against the server: a client is cut by hand, refused, and comes back.
#[test]
fn a_client_is_broken_and_seen_to_return() {
    let serving = Serving::start(&[]);
    let at = |args: &[&str]| run_at(&serving.addr, args);
    let mut client = reads(&serving, "t1", None, "id: 7\n");
    let armed = seq(at(&[
        "break",
        "/endless",
        "status=503,times=1",
        "--client",
        "t1",
    ]));
    let (code, stdout, _) = at(&["faults"]);
    assert_eq!((code, stdout.lines().count()), (Some(0), 2), "{stdout}");
    assert!(stdout.contains("  /endless  t1 "), "{stdout}");
    let cut = seq(at(&["break", "/endless", "cut", "--now"]));
    assert!(cut > armed, "{cut} is behind {armed}");
    client.read_to_end(&mut Vec::new()).expect("its end");
    let after = cut.to_string();
    let ended = ["wait", "--until", "ended", "--after", &armed.to_string()];
    seq(at(&ended));
    read_until(&mut serving.get("/endless?client=t1"), "HTTP/1.1 503 ");
    let refused = ["wait", "--until", "refused", "--after", &after];
    let refused = seq(at(&refused)).to_string();
    let _client = reads(&serving, "t1", Some(7), "data: ");
    seq(at(&["wait", "--until", "returned", "--after", &refused]));
    let expect = ["--expect", "lost=0,away=..1m"];
    let verdict = at(&[&["verdict", "--after", &refused], &expect[..]].concat());
    assert_eq!(verdict.0, Some(0), "{verdict:?}");
    assert!(
        verdict.1.contains(" after a refusal (503), "),
        "{verdict:?}"
    );
    // It strikes no more, and is disarmed; nothing is left to heal.
    seq(at(&["heal", "--all"]));
    assert_eq!(at(&["faults", "--json"]).1, "");
    let sentence = failed(2, at(&["break", "cat"]));
    assert!(sentence.contains("cut"), "{sentence}");
    let sentence = failed(1, at(&["break", "cut", "--now", "--client", "nobody"]));
    assert!(!sentence.is_empty());
}

/// A server that answers one request with this, and tells what it was asked.
fn answers(status: &str, body: &str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("bound").to_string();
    let length = body.len();
    let answer = format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}");
    let asked = thread::spawn(move || {
        let (mut socket, _) = listener.accept().expect("it comes");
        let head = read_until(&mut socket, "\r\n\r\n");
        let length = head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            let is = name.eq_ignore_ascii_case("content-length");
            is.then(|| value.trim().parse().expect("a length"))
        });
        let mut body = vec![0; length.unwrap_or(0)];
        socket.read_exact(&mut body).expect("its body");
        socket.write_all(answer.as_bytes()).expect("it reads");
        let line = head.lines().next().expect("a line").to_owned();
        let body = String::from_utf8(body).expect("UTF-8");
        format!("{} {body}", line.trim_end_matches(" HTTP/1.1"))
    });
    (addr, asked)
}

#[test]
fn what_changes_something_is_asked_for_and_its_number_printed() {
    for (args, asked) in [
        (
            &[
                "break",
                "/prices",
                "status=503",
                "--room",
                "ci",
                "--client",
                "t1",
            ][..],
            r#"POST /api/faults {"client":"t1","fault":"status=503","room":"ci","stream":"/prices"}"#,
        ),
        (
            &["break", "cut,after=3"],
            r#"POST /api/faults {"fault":"cut,after=3"}"#,
        ),
        (
            &["break", "cut,half", "--now", "--connection", "7"],
            r#"POST /api/act {"connection":7,"do":"cut,half"}"#,
        ),
        (&["heal", "3"], "DELETE /api/faults/3 "),
        (
            &["heal", "/prices", "--room", "ci", "--client", "t1"],
            "DELETE /api/faults?room=ci&stream=%2Fprices&client=t1 ",
        ),
        (&["heal", "--all"], "DELETE /api/faults "),
        (&["reset"], "POST /api/reset "),
        (&["reset", "--room", "ci"], "POST /api/reset?room=ci "),
    ] {
        let (addr, was) = answers("200 OK", r#"{"id":3,"seq":42}"#);
        assert_eq!(seq(run_at(&addr, args)), 42, "{args:?}");
        assert_eq!(was.join().expect("it answered"), asked);
    }
    let (addr, _) = answers("201 Created", r#"{"id":3,"seq":42}"#);
    let (code, stdout, _) = run_at(&addr, &["break", "cut", "--json"]);
    assert_eq!((code, &*stdout), (Some(0), "{\"id\":3,\"seq\":42}\n"));
}

#[test]
fn a_refusal_is_its_sentence_and_its_exit_code() {
    for (status, code) in [
        ("400 Bad Request", 2),
        ("403 Forbidden", 1),
        ("404 Not Found", 1),
        ("409 Conflict", 1),
        ("503 Service Unavailable", 1),
    ] {
        let (addr, _) = answers(status, r#"{"error":"That is not \u001b[2J so."}"#);
        let sentence = failed(code, run_at(&addr, &["break", "cut", "--now"]));
        assert_eq!(sentence, "That is not \u{FFFD}[2J so.", "{status}");
    }
    for (status, body) in [("404 Not Found", ""), ("200 OK", "{}"), ("200 OK", "hi")] {
        let (addr, _) = answers(status, body);
        failed(3, run_at(&addr, &["nodes"]));
        let (addr, _) = answers(status, body);
        let sentence = failed(3, run_at(&addr, &["break", "cut"]));
        assert!(
            sentence.contains("does not answer as the server"),
            "{sentence}"
        );
    }
}

#[test]
fn what_is_armed_is_a_table_for_people_and_lines_for_programs() {
    let before = std::time::SystemTime::now() - std::time::Duration::from_secs(330);
    let before = before.duration_since(std::time::UNIX_EPOCH);
    let before = before.expect("it is later than 1970").as_millis();
    let faults = r#"[
        {"id":3,"fault":"status=503,times=2","room":null,"stream":"/prices","client":null,"armed_ms":1,"fired":1,
            "last":{"at_ms":BEFORE,"stream":"/prices","client":null,"connection":7},"left_ms":null},
        {"id":12,"fault":"cut","room":null,"stream":null,"client":"t1","armed_ms":1,"fired":0,"last":null,"left_ms":1500}
    ]"#;
    let faults = &faults.replace("BEFORE", &before.to_string());
    let (addr, asked) = answers("200 OK", faults);
    let (code, stdout, _) = run_at(&addr, &["faults", "--room", "*"]);
    assert_eq!(
        asked.join().expect("it answered"),
        "GET /api/faults?room=* "
    );
    assert_eq!(code, Some(0));
    assert_eq!(
        stdout,
        "id  fault               stream   client  room  struck  last                    left\n \
         3  status=503,times=2  /prices                     1  5 min ago: /prices, #7\n\
         12  cut                          t1                 0                           2 s\n"
    );
    let (addr, _) = answers("200 OK", faults);
    let (_, stdout, _) = run_at(&addr, &["faults", "--json"]);
    assert_eq!(stdout.lines().count(), 2, "{stdout}");
    let (addr, _) = answers("200 OK", "[]");
    let (code, stdout, stderr) = run_at(&addr, &["faults"]);
    assert_eq!(
        (code, &*stdout, &*stderr),
        (Some(0), "", "sse: No fault is armed.\n")
    );
}
