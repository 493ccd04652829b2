//! `sse show`: what it prints of each kind of file, and that what it converts comes back.

mod support;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use serde_json::Value;
use support::{SSE, Serving, run};
use tempfile::TempDir;

/// A recording with everything that a file can have.
const CHAT: &str = r#"wire 1
# recorded 2026-11-27T10:00:00Z by sse 0.5.0
> POST /v1/chat?api_key=k1 HTTP/1.1
> host: api.example
> authorization: Bearer s1
>| {"model":"m"}
@ 412ms
< HTTP/1.1 200 OK
< content-type: text/event-stream
@ 35.5ms chunk=30
| id: 1
| event: tick
| data: {"delta":"Hel\n"}
| data: more
|
@ 80ms
~ data: {"delta":"caf\xc3\
@ 1ms
~ \xa9"}
|
@ 15s
~ : keep-alive\r
| retry: 500
! cut,half
~ data: ha\
= cut
==
@ 500ms
> GET /v1/error HTTP/1.1
< HTTP/1.1 503 Busy
< content-type: application/json
| {"error":"busy"}
= end
"#;

/// A file in a folder that is removed with it.
struct File {
    folder: TempDir,
    path: PathBuf,
}

impl File {
    fn new(content: impl AsRef<[u8]>) -> Self {
        let folder = TempDir::new().expect("a folder");
        let path = folder.path().join("file");
        fs::write(&path, content).expect("it is written");
        Self { folder, path }
    }

    fn name(&self) -> &str {
        self.path.to_str().expect("UTF-8")
    }
}

/// What is printed of a file: the exit code is 0.
fn shown(content: impl AsRef<[u8]>, arguments: &[&str]) -> String {
    let file = File::new(content);
    let (code, stdout, stderr) = run(&[&["show", file.name()], arguments].concat());
    assert_eq!(code, Some(0), "{stderr}");
    stdout
}

/// What is printed of stdin.
fn piped(content: &[u8], arguments: &[&str]) -> Vec<u8> {
    let mut child = Command::new(SSE)
        .args(["show", "-"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the program was built");
    let mut stdin = child.stdin.take().expect("piped");
    stdin.write_all(content).expect("it reads");
    drop(stdin);
    child.wait_with_output().expect("it ends").stdout
}

/// Without the secrets that are kept back.
fn clean(text: &str) -> String {
    text.replace("Bearer s1", "[kept back]")
        .replace("k1", "[kept-back]")
}

#[test]
fn a_person_sees_heads_events_times_faults_and_ends() {
    let expected = "\
exchange 1 of 2
        0 ms  # recorded 2026-11-27T10:00:00Z by sse 0.5.0
        0 ms  > POST /v1/chat?api_key=[kept-back] HTTP/1.1
              > host: api.example
              > authorization: [kept back]
        0 ms  >| {\"model\":\"m\"}
      412 ms  < HTTP/1.1 200 OK
              < content-type: text/event-stream
      447 ms  1  tick  {\"delta\":\"Hel\\n\"}
              more
      528 ms  1  {\"delta\":\"café\"}
      15.5 s  : keep-alive
      15.5 s  retry 500 ms
      15.5 s  ! cut,half
      15.5 s  the event has no end, so clients drop it:
      15.5 s    data: ha
      15.5 s  = cut, 2 events, 1 comment, 112 bytes

exchange 2 of 2
      16.0 s  > GET /v1/error HTTP/1.1
      16.0 s  < HTTP/1.1 503 Busy
              < content-type: application/json
      16.0 s  | {\"error\":\"busy\"}
      16.0 s  = end, 0 events, 17 bytes
";
    let printed = shown(CHAT, &[]);
    assert_eq!(printed, expected);
    let kept = shown(CHAT, &["--keep-secrets"]);
    assert!(
        kept.contains("Bearer s1") && kept.contains("api_key=k1"),
        "{kept}"
    );
    let second = shown(CHAT, &["--exchange", "2"]);
    assert!(second.starts_with("        0 ms  # recorded") && !second.contains("exchange"));
    assert!(
        second.contains("503 Busy") && !second.contains("chat"),
        "{second}"
    );
}

#[test]
fn a_program_reads_an_object_for_each_head_piece_and_end() {
    let printed = shown(CHAT, &["--json"]);
    let objects: Vec<Value> = printed
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"))
        .collect();
    let kinds: Vec<&str> = objects
        .iter()
        .filter_map(|it| it["kind"].as_str())
        .collect();
    assert_eq!(
        kinds,
        [
            "note",
            "request",
            "request_body",
            "response",
            "piece",
            "piece",
            "piece",
            "piece",
            "fault",
            "piece",
            "end",
            "request",
            "response",
            "piece",
            "end"
        ]
    );
    assert_eq!(objects[1]["method"], "POST");
    assert_eq!(objects[1]["target"], "/v1/chat?api_key=[kept-back]");
    assert_eq!(
        objects[1]["fields"][1],
        serde_json::json!(["authorization", "[kept back]"])
    );
    assert_eq!(
        (&objects[3]["status"], &objects[3]["t"]),
        (&200.into(), &412.into())
    );
    let piece = &objects[4];
    assert_eq!((&piece["t"], &piece["chunk"]), (&447.5.into(), &30.into()));
    assert_eq!(piece["events"][0]["event"], "tick");
    assert_eq!(piece["events"][0]["data"], "{\"delta\":\"Hel\\n\"}\nmore");
    assert_eq!(objects[5]["bytes_b64"], "ZGF0YTogeyJkZWx0YSI6ImNhZsM=");
    assert_eq!(objects[5]["events"], serde_json::json!([]));
    assert_eq!(objects[6]["events"][0]["data"], "{\"delta\":\"café\"}");
    let kinds = |piece: &Value| -> Vec<Value> {
        let events = piece["events"].as_array().expect("a list").iter();
        events.map(|event| event["kind"].clone()).collect()
    };
    assert_eq!(kinds(&objects[7]), ["comment", "retry"]);
    assert_eq!(
        (&objects[9]["text"], &objects[9]["continues"]),
        (&"data: ha".into(), &true.into())
    );
    assert_eq!(
        (&objects[10]["end"], &objects[10]["t"]),
        (&"cut".into(), &15_528.5.into())
    );
    assert_eq!(
        (&objects[14]["exchange"], &objects[14]["t"]),
        (&2.into(), &16_028.5.into())
    );
}

#[test]
fn what_is_converted_comes_back() {
    let clean = clean(CHAT);
    assert_eq!(shown(CHAT, &["--wire"]), clean);
    assert_eq!(shown(CHAT, &["--wire", "--keep-secrets"]), CHAT);
    // A HAR keeps all but faults.
    let har = shown(CHAT, &["--har"]);
    assert!(!har.contains("s1") && !har.contains("k1"), "{har}");
    let back = shown(&har, &["--wire"]);
    assert_eq!(back, clean.replace("! cut,half\n", ""));
    // The body has every byte.
    let body = piped(CHAT.as_bytes(), &["--sse", "--exchange", "1"]);
    let expected = "id: 1\nevent: tick\ndata: {\"delta\":\"Hel\\n\"}\ndata: more\n\n\
        data: {\"delta\":\"café\"}\n\n: keep-alive\r\nretry: 500\ndata: ha";
    assert_eq!(String::from_utf8_lossy(&body), expected);
    let wire = piped(&body, &["--wire"]);
    assert_eq!(piped(&wire, &["--sse"]), body);
}

#[test]
fn one_exchange_is_chosen_where_a_format_has_one() {
    let file = File::new(CHAT);
    let (code, stdout, stderr) = run(&["show", file.name(), "--sse"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains("--exchange, from 1 to 2"), "{stderr}");
    for number in ["0", "3", "18446744073709551615"] {
        let (code, _, stderr) = run(&["show", file.name(), "--exchange", number]);
        assert_eq!(code, Some(2));
        assert!(stderr.contains("give one from 1 to 2"), "{stderr}");
    }
    let har: Value =
        serde_json::from_str(&shown(CHAT, &["--har", "--exchange", "2"])).expect("JSON");
    assert_eq!(har["log"]["entries"].as_array().map(Vec::len), Some(1));
}

/// What `curl` saves of a real server, with its own options.
#[test]
fn what_curl_saved_is_shown() {
    let serving = Serving::start(&[]);
    let url = format!("http://{}/numbers?every=1ms", serving.addr);
    let curl = |options: &[&str]| {
        let output = Command::new("curl")
            .args(options)
            .arg(&url)
            .output()
            .expect("curl is installed");
        [output.stderr, output.stdout].concat()
    };
    let whole = shown(curl(&["-sN"]), &["--sse"]);
    assert_eq!(whole.matches("data: ").count(), 5, "{whole}");
    for options in [&["-sN", "-i"][..], &["-sN", "-v"], &["-N", "-v"]] {
        let saved = curl(options);
        assert_eq!(shown(&saved, &["--sse"]), whole, "{options:?}");
        let people = shown(&saved, &[]);
        assert!(people.contains("HTTP/1.1 200 OK"), "{people}");
        assert!(people.contains("# curl saves no times"), "{people}");
        assert_eq!(people.contains("> GET /numbers"), options.contains(&"-v"));
        assert!(people.contains("= end, 5 events"), "{people}");
    }
    // What comes from it while it runs, too, once it has ended.
    let crlf = whole.replace('\n', "\r\n");
    assert_eq!(piped(crlf.as_bytes(), &["--sse"]), crlf.as_bytes());
}

#[test]
fn what_a_crash_left_is_shown_with_a_sentence() {
    let file = File::new(&CHAT[..CHAT.len() - 20]);
    let (code, stdout, stderr) = run(&["show", file.name()]);
    assert_eq!(code, Some(0));
    assert!(stdout.contains("= open, 0 events"), "{stdout}");
    assert!(stderr.contains("up to its last whole line"), "{stderr}");
}

#[test]
fn a_file_that_cannot_be_read_is_one_sentence_and_exit_code_2() {
    let folder = File::new("");
    let missing = folder.folder.path().join("missing");
    let missing = missing.to_str().expect("UTF-8");
    let place = folder.folder.path().to_str().expect("UTF-8");
    let cases: &[(&[u8], &str)] = &[
        (b"", "is empty"),
        (b"wire 1\n?\n= end\n", "Line 2: "),
        (b"\x1f\x8b\x08\x00", "is compressed"),
        (b"<!doctype html>", "HTML"),
        (b"{}", "no HAR"),
    ];
    let files: Vec<_> = cases
        .iter()
        .map(|(bytes, part)| (File::new(bytes), *part))
        .collect();
    let named = files.iter().map(|(file, part)| (file.name(), *part));
    let others = [(missing, "cannot be read"), (place, "cannot be read")];
    for (file, part) in named.chain(others) {
        for command in [&["show", file][..], &["diff", file, file]] {
            let (code, stdout, stderr) = run(command);
            assert_eq!((code, stdout.as_str()), (Some(2), ""), "{part}: {stderr}");
            assert_eq!(stderr.lines().count(), 1, "{stderr}");
            assert!(stderr.contains(part) && stderr.ends_with(".\n"), "{stderr}");
        }
    }
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let file = File::new(CHAT);
    for arguments in [&[][..], &["--json"], &["--wire"], &["--har"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let output = Command::new(SSE)
            .args(["show", file.name()])
            .args(arguments)
            .stdout(writer)
            .output()
            .expect("the program was built");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert_eq!(output.status.code(), Some(0), "{arguments:?}: {stderr}");
    }
}

#[cfg(target_os = "linux")] // Its device that is always full.
#[test]
fn a_stdout_that_takes_nothing_is_one_sentence_and_exit_code_1() {
    let file = File::new(CHAT);
    for command in [&["show", file.name()][..], &["show", file.name(), "--har"]] {
        let full = fs::File::create("/dev/full").expect("it is there");
        let output = Command::new(SSE)
            .args(command)
            .stdout(full)
            .output()
            .expect("the program was built");
        assert_eq!(output.status.code(), Some(1), "{command:?}");
        let stderr = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(stderr.contains("cannot be written"), "{stderr}");
    }
}
