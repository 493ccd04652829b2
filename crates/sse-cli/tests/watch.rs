//! `sse watch` against real servers: good ones, and ones that misbehave.

mod support;

use std::io::Write;
use std::net::TcpListener;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::Value;
use support::raw::{MS, NOW, chunk, head, last, server};
use support::{Serving, run};

/// What `--diagnose` says that is not fine: the level and the rule of each finding.
fn findings(stdout: &str) -> Vec<String> {
    let levels = ["broken ", "risky ", "worth knowing "];
    let found = stdout.lines().filter_map(|line| {
        let level = levels.iter().find(|level| line.starts_with(**level))?;
        let rule = line[level.len()..].split(':').next()?;
        Some(format!("{}{rule}", level))
    });
    found.collect()
}

#[test]
fn a_stream_is_shown_event_by_event_and_summed_up() {
    let serving = Serving::start(&[]);
    let url = format!("{}/numbers?every=1ms", serving.addr);
    let (code, stdout, stderr) = run(&["watch", &url]);
    assert_eq!(code, Some(0), "{stderr}");
    let lines: Vec<&str> = stdout.lines().map(|line| &line[14..]).collect();
    assert_eq!(
        lines,
        ["retry 1000 ms", "1  1", "2  2", "3  3", "4  4", "5  5"]
    );
    assert!(
        stderr.contains("HTTP/1.1 200 text/event-stream"),
        "{stderr}"
    );
    assert!(stderr.contains("ended in order after"), "{stderr}");
    assert!(stderr.contains("5 events, 87 bytes"), "{stderr}");
    assert!(stderr.contains("last event id 5"), "{stderr}");
}

#[test]
fn each_event_is_a_line_of_json() {
    let serving = Serving::start(&[]);
    let url = format!("{}/numbers?every=1ms", serving.addr);
    let (code, stdout, _) = run(&["watch", &url, "--json"]);
    assert_eq!(code, Some(0));
    let objects: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let kinds: Vec<&str> = objects
        .iter()
        .filter_map(|it| it["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        ["retry", "event", "event", "event", "event", "event", "end"]
    );
    let event = &objects[3];
    assert_eq!((&event["id"], &event["data"]), (&"3".into(), &"3".into()));
    assert_eq!(
        (&event["event"], &event["bytes"]),
        (&"message".into(), &15.into())
    );
    assert!(
        stdout.lines().all(|line| line.starts_with("{\"kind\":\"")),
        "{stdout}"
    );
}

#[test]
fn it_stops_after_events_and_after_a_time() {
    let serving = Serving::start(&[]);
    let url = format!("{}/endless?every=5ms", serving.addr);
    let (code, stdout, stderr) = run(&["watch", &url, "--events", "3"]);
    assert_eq!((code, stdout.lines().count()), (Some(0), 4), "{stderr}");
    let (code, stdout, stderr) = run(&["watch", &url, "--for", "100ms", "--raw"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.starts_with("retry: 1000\nid: 1\ndata: 1\n\n"),
        "{stdout}"
    );
    assert!(stderr.contains("stopped after"), "{stderr}");
}

#[test]
fn a_request_is_sent_as_it_was_typed() {
    let parts = vec![(NOW, head("")), (NOW, last())];
    let (addr, serves) = server(parts);
    let (code, _, stderr) = run(&[
        "watch",
        "-X",
        "put",
        "-H",
        "Authorization: Bearer s3cret",
        "-H",
        "Accept: */*",
        "-d",
        "{}",
        &addr,
    ]);
    assert_eq!(code, Some(0), "{stderr}");
    let request = serves.join().expect("it served");
    let wanted = format!(
        "PUT / HTTP/1.1\r\nhost: {addr}\r\ncache-control: no-cache\r\nuser-agent: sse/0.1.0\r\n\
         accept-encoding: identity\r\ncontent-type: application/json\r\n\
         authorization: Bearer s3cret\r\naccept: */*\r\ncontent-length: 2\r\n\r\n"
    );
    assert_eq!(request, wanted);
    assert!(!stderr.contains("s3cret"));
}

#[test]
fn a_curl_line_works_as_it_is() {
    let (addr, serves) = server(vec![(NOW, head("")), (NOW, last())]);
    let (code, _, stderr) = run(&[
        "watch",
        "--",
        "curl",
        "-sN",
        "-X",
        "POST",
        "-H",
        "X-Key: s3cret",
        "--data-raw",
        "a=1",
        "-u",
        "me:s3cret",
        &addr,
    ]);
    assert_eq!(code, Some(0), "{stderr}");
    let request = serves.join().expect("it served");
    for line in [
        "POST / HTTP/1.1",
        "x-key: s3cret",
        "content-type: application/x-www-form-urlencoded",
        "authorization: Basic bWU6czNjcmV0",
        "accept: */*",
    ] {
        assert!(request.lines().any(|it| it == line), "{line} in {request}");
    }
    let (code, _, stderr) = run(&["watch", "--", "curl", "--unheard-of", &addr]);
    assert_eq!(code, Some(2), "{stderr}");
    assert!(
        stderr.contains("--unheard-of") && !stderr.contains("s3cret"),
        "{stderr}"
    );
}

#[test]
fn it_reconnects_with_the_last_event_id_until_it_is_told_to_stay_away() {
    let serving = Serving::start(&[]);
    let url = format!("{}/numbers?every=1ms&fault=cut,half,after=3", serving.addr);
    let (code, stdout, stderr) = run(&["watch", &url, "--reconnect", "--for", "20s", "--json"]);
    // Cut after 3, then after 5 there is no more: 204.
    assert_eq!(code, Some(1), "{stderr}");
    let objects: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let times = objects.iter().map(|object| object["at_ms"].as_u64());
    assert!(times.is_sorted(), "one clock for all streams: {stdout}");
    let ids: Vec<String> = objects
        .iter()
        .filter(|object| object["kind"] == "event")
        .filter_map(|object| object["id"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"], "{stderr}");
    assert!(stderr.contains("reconnects in"), "{stderr}");
    assert!(
        stderr.contains("with id 3") && stderr.contains("with id 5"),
        "{stderr}"
    );
    assert!(stderr.contains("answered 204"), "{stderr}");
}

#[test]
fn a_good_stream_is_left_alone() {
    let serving = Serving::start(&[]);
    for path in ["/endless?every=50ms", "/numbers?every=50ms"] {
        let url = format!("{}{path}", serving.addr);
        let (code, stdout, stderr) = run(&["watch", &url, "--for", "700ms", "--diagnose"]);
        assert_eq!(code, Some(0), "{stderr}");
        assert_eq!(findings(&stdout), ["worth knowing W28"], "{path}: {stdout}");
    }
}

/// Whoever comes back gets what it missed, and nothing else; a page of a foreign origin nothing.
#[test]
fn second_requests_tell_how_a_client_comes_back_and_which_pages_may() {
    let serving = Serving::start(&["--allow-origin", "https://app.example"]);
    let url = format!("{}/endless?every=20ms", serving.addr);
    let diagnosed = |more: &[&str]| {
        let args = ["watch", &url, "--for", "300ms", "--diagnose"];
        let (code, stdout, stderr) = run(&[&args, more].concat());
        assert_eq!(code, Some(0), "{stderr}");
        stdout
    };
    let good = diagnosed(&["--origin", "https://app.example"]);
    for rule in ["fine W23", "fine W24", "fine W25"] {
        assert!(good.contains(rule), "{rule}: {good}");
    }
    let foreign = diagnosed(&["--origin", "https://evil.example"]);
    let found = findings(&foreign);
    assert!(found.contains(&"worth knowing W25".to_owned()), "{foreign}");
}

/// What one sees of them is all alike: nothing, or too late.
#[test]
fn servers_that_misbehave_are_named() {
    let event = |n: u32| format!("id: {n}\ndata: {{\"n\":{n}}}\n\n").into_bytes();
    let login = b"HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: 20\r\n\r\n\
        <html>Log in</html>\n"
        .to_vec();
    let burst = |first: u32| -> Vec<u8> { (first..first + 4).flat_map(event).collect() };
    let cut_in_two = "id: 1\ndata: 豆\n\n".as_bytes();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(&burst(0)).expect("it is encoded");
    let zipped = gzip.finish().expect("it is encoded");
    let without_ids: Vec<u8> = (0..20)
        .flat_map(|n| format!("data: {n}\n\n").into_bytes())
        .collect();
    for (what, parts, code, rule) in [
        ("a login page", vec![(NOW, login)], 1, "broken W2"),
        (
            "gzip that is not flushed",
            vec![
                (NOW, head("content-encoding: gzip\r\n")),
                (200 * MS, chunk(&zipped)),
                (NOW, last()),
            ],
            0,
            "risky W4",
        ),
        (
            "bursts behind a buffer",
            vec![
                (NOW, head("")),
                (1100 * MS, chunk(&burst(0))),
                (1100 * MS, chunk(&burst(4))),
                (NOW, last()),
            ],
            0,
            "risky W5",
        ),
        (
            "a character that is cut in two",
            vec![
                (NOW, head("")),
                (NOW, chunk(&cut_in_two[..13])),
                (50 * MS, chunk(&cut_in_two[13..])),
                (NOW, last()),
            ],
            0,
            "risky W18",
        ),
        (
            "an unfinished tail",
            vec![
                (NOW, head("")),
                (NOW, chunk(b"id: 1\ndata: 1\n\nid: 2\ndata: 2\n")),
                (NOW, last()),
            ],
            1,
            "broken W19",
        ),
        (
            "no ids",
            // It goes on, and so there is something to lose.
            vec![
                (NOW, head("")),
                (NOW, chunk(&without_ids)),
                (900 * MS, last()),
            ],
            0,
            "risky W13",
        ),
    ] {
        let (addr, serves) = server(parts);
        let args = ["watch", &addr, "--diagnose", "--for", "2500ms"];
        let args = match rule {
            "risky W13" => [args[0], args[1], args[2], args[3], "500ms"],
            _ => args,
        };
        let (exit, stdout, stderr) = run(&args);
        let found = findings(&stdout);
        assert!(
            found.iter().any(|it| it == rule),
            "{what}: {found:?} in {stdout}{stderr}"
        );
        assert_eq!(exit, Some(code), "{what}: {stdout}");
        serves.join().expect("it served");
    }
}

/// A stream of a language model, in two pieces.
fn chat(text: &[&str], end: &str) -> Vec<(Duration, Vec<u8>)> {
    let mut parts = vec![(NOW, head(""))];
    for piece in text {
        let data = format!(
            "data: {{\"object\":\"chat.completion.chunk\",\"choices\":[{{\"index\":0,\
             \"delta\":{{\"content\":\"{piece}\"}}}}]}}\n\n"
        );
        parts.push((20 * MS, chunk(data.as_bytes())));
    }
    parts.push((NOW, chunk(end.as_bytes())));
    parts.push((NOW, last()));
    parts
}

#[test]
fn the_answer_of_a_language_model_is_joined_and_its_missing_end_is_named() {
    let whole = "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n\
        data: [DONE]\n\n";
    let (addr, serves) = server(chat(&["Hel", "lo"], whole));
    let (code, stdout, stderr) = run(&["watch", &addr, "--text"]);
    assert_eq!((code, &*stdout), (Some(0), "Hello\n"), "{stderr}");
    assert!(stderr.contains("OpenAI chat completions: "), "{stderr}");
    assert!(stderr.contains("The first token came after"), "{stderr}");
    serves.join().expect("it served");

    let (addr, serves) = server(chat(&["Hel", "lo"], ": nothing follows\n"));
    let (code, stdout, stderr) = run(&["watch", &addr, "--diagnose"]);
    assert_eq!(code, Some(1), "{stdout}{stderr}");
    assert!(
        findings(&stdout).contains(&"broken W30".to_owned()),
        "{stdout}"
    );
    assert!(
        stdout.contains("Neither finish_reason nor [DONE] came"),
        "{stdout}"
    );
    serves.join().expect("it served");
}

#[test]
fn lines_of_json_are_read_where_the_type_says_so() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\
        transfer-encoding: chunked\r\n\r\n";
    let line = |text: &str, done: bool| {
        format!("{{\"model\":\"m\",\"message\":{{\"content\":\"{text}\"}},\"done\":{done}}}\n")
    };
    let first = line("Hel", false);
    let (cut, rest) = first.split_at(20);
    let (addr, serves) = server(vec![
        (NOW, head.as_bytes().to_vec()),
        (NOW, chunk(cut.as_bytes())),
        (20 * MS, chunk(rest.as_bytes())),
        (NOW, chunk(line("lo", true).as_bytes())),
        (NOW, last()),
    ]);
    let (_, stdout, stderr) = run(&["watch", "--text", &addr]);
    assert_eq!(stdout, "Hello\n", "{stderr}");
    assert!(stderr.contains("Ollama: done: true"), "{stderr}");
    serves.join().expect("it served");
}

#[test]
fn what_cannot_be_watched_has_a_sentence_and_an_exit_code() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let nobody = free.local_addr().expect("it listens").to_string();
    drop(free);
    let (no_http, serves) = server(vec![(NOW, b"220 mail ready\r\n".to_vec())]);
    for (args, code, words) in [
        (&["watch", "ftp://h/a"][..], 2, "ftp is not supported"),
        (&["watch", "http://"], 2, "is not a URL"),
        (&["watch", "-X", "a b", "h"], 2, "is no method"),
        (&["watch", "-H", "no colon", "h"], 2, "has no colon"),
        (
            &["watch", "-d", "@/nowhere/at/all", "h"],
            2,
            "cannot be read",
        ),
        (
            &["watch", "--cacert", "/nowhere", "https://localhost:1"],
            3,
            "Nothing listens",
        ),
        (&["watch", &nobody], 3, "Nothing listens"),
        (
            &["watch", "http://no.such.name.invalid/"],
            3,
            "is not found",
        ),
        (&["watch", &no_http], 3, "does not answer in HTTP"),
    ] {
        let (exit, _, stderr) = run(args);
        assert_eq!(exit, Some(code), "{args:?}: {stderr}");
        let sentence = stderr.strip_prefix("sse: ").expect("who speaks");
        assert!(
            sentence.contains(words) && sentence.ends_with(".\n"),
            "{args:?}: {sentence}"
        );
    }
    serves.join().expect("it served");
}
