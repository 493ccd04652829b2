//! Tokens as an operator and clients use them: files, flags, curl, `sse publish` and `sse watch`.

#![cfg(unix)] // Signals, and the rights of files.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{Serving, run};
use tempfile::TempDir;

const PUBLISH: &str = "publish-0123456789abcdef";
const SUBSCRIBE: &str = "subscribe-0123456789abcdef";

fn save(path: &Path, text: &str, mode: u32) {
    let new = path.with_extension("new");
    fs::write(&new, text).expect("written");
    fs::set_permissions(&new, fs::Permissions::from_mode(mode)).expect("it is ours");
    fs::rename(new, path).expect("in its place");
}

fn files() -> (TempDir, PathBuf, PathBuf) {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str| folder.path().join(name);
    let (publish, subscribe) = (file("publish"), file("subscribe"));
    save(&publish, &format!("# those of CI\n{PUBLISH}\n"), 0o600);
    save(&subscribe, &format!("{SUBSCRIBE}\n"), 0o600);
    (folder, publish, subscribe)
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// What curl says of an answer, its status behind its body.
fn curl(args: &[&str]) -> String {
    let output = Command::new("curl")
        .args(["-sS", "--max-time", "20", "-w", "\n%{http_code}"])
        .args(args)
        .output()
        .expect("curl is installed");
    String::from_utf8(output.stdout).expect("UTF-8")
}

#[test]
fn a_topic_is_used_with_tokens_by_curl_and_the_command() {
    let (folder, publish, subscribe) = files();
    let flags = [
        "--publish-token",
        text(&publish),
        "--subscribe-token",
        text(&subscribe),
    ];
    let serving = Serving::start(&flags);
    let topic = format!("http://{}/topics/news", serving.addr);
    // Without a token, and with one that may only read.
    let (code, _, stderr) = run(&["publish", &topic, "no"]);
    assert_eq!(code, Some(1));
    assert!(
        stderr.starts_with("sse: Publishing here needs a token: send it as"),
        "{stderr}"
    );
    let (code, _, stderr) = run(&["publish", &topic, "no", "--token", text(&subscribe)]);
    assert_eq!(code, Some(1));
    assert_eq!(
        stderr,
        "sse: This token may only subscribe: publish with one that may publish.\n"
    );
    // With the one that may publish, by the command and by curl.
    let (code, id, stderr) = run(&["publish", &topic, "one", "--token", text(&publish)]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    let header = folder.path().join("header");
    save(
        &header,
        &format!("Authorization: Bearer {PUBLISH}\n"),
        0o600,
    );
    let from_file = format!("@{}", text(&header));
    let answer = curl(&["-H", &from_file, "-d", "two", &topic]);
    assert!(
        answer.contains("\"events\":1") && answer.ends_with("\n200"),
        "{answer}"
    );
    let answer = curl(&["--oauth2-bearer", PUBLISH, "-d", "three", &topic]);
    assert!(answer.ends_with("\n200"), "{answer}");
    // Reading: by the command, by curl, and with a cookie as EventSource sends it.
    let earliest = format!("{topic}?lastEventId=earliest");
    let events = ["--events", "3", "--raw"];
    let watch = |more: &[&str]| run(&[&["watch", &earliest][..], &events, more].concat());
    for file in [&subscribe, &publish] {
        let (code, stdout, stderr) = watch(&["--token", text(file)]);
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stdout.contains(id.trim()), "{stdout}");
        assert!(
            stdout.contains("data: one") && stdout.contains("data: three"),
            "{stdout}"
        );
        assert!(!stderr.contains(SUBSCRIBE) && !stderr.contains(PUBLISH));
    }
    let (code, _, stderr) = watch(&[]);
    assert_ne!(code, Some(0), "{stderr}");
    let numbers = format!("http://{}/numbers?every=1ms", serving.addr);
    assert!(curl(&[&numbers]).ends_with("\n401"));
    for cookie in ["sse_token", "__Host-sse"] {
        let cookie = format!("{cookie}={SUBSCRIBE}");
        let answer = curl(&["-b", &cookie, &numbers]);
        assert!(
            answer.contains("data: 5") && answer.ends_with("\n200"),
            "{answer}"
        );
    }
    // The API wants the one that may publish.
    let connections = ["connections", "--json", "--server", &serving.addr];
    for (token, words) in [
        (
            None,
            "sse: The API of this server needs a token that may publish: give a command --token FILE",
        ),
        (
            Some(&subscribe),
            "sse: This token may only subscribe: use the API with one that may publish.",
        ),
    ] {
        let token = token.map(|file| ["--token", text(file)]);
        let token: &[&str] = token.as_ref().map_or(&[], |it| it);
        let (code, stdout, stderr) = run(&[&connections[..], token].concat());
        assert_eq!((code, &*stdout), (Some(1), ""));
        assert!(stderr.starts_with(words), "{stderr}");
    }
    let token = ["--token", text(&publish)];
    let (code, stdout, stderr) = run(&[&connections[..], &token].concat());
    assert_eq!(code, Some(0), "{stderr}");
    assert!(
        stdout.contains("no token") && stdout.contains("token may not publish"),
        "{stdout}"
    );
    assert!(!stdout.contains(SUBSCRIBE) && !stdout.contains(PUBLISH));
    serving.signal("TERM");
    assert_eq!(serving.end(), (Some(0), String::new()));
}

#[test]
fn the_log_says_why_and_shows_no_token() {
    let (_folder, publish, subscribe) = files();
    let flags = [
        "--publish-token",
        text(&publish),
        "--subscribe-token",
        text(&subscribe),
    ];
    let serving = Serving::logging(&flags);
    let topic = format!("http://{}/topics/news", serving.addr);
    let wrong = "wrong-0123456789abcdef";
    let header = format!("Authorization: Bearer {wrong}");
    assert!(curl(&["-H", &header, &topic]).ends_with("\n401"));
    let cookie = format!("sse_token={SUBSCRIBE}");
    assert!(curl(&["-b", &cookie, "-d", "x", &topic]).ends_with("\n403"));
    let in_url = format!("{topic}?access_token={SUBSCRIBE}");
    assert!(curl(&[&in_url]).ends_with("\n401"));
    serving.signal("TERM");
    let (_, stderr) = serving.end();
    for words in [
        "refused (401), unknown token",
        "refused (403), token may not publish",
        "refused (401), no token",
    ] {
        assert!(stderr.contains(words), "{words} in {stderr}");
    }
    assert!(
        !stderr.contains(SUBSCRIBE) && !stderr.contains(wrong),
        "{stderr}"
    );
}

#[test]
fn a_file_that_cannot_be_used_is_one_sentence_and_exit_code_1() {
    let (folder, publish, _) = files();
    let serve = |file: &str| run(&["serve", "--port", "0", "--subscribe-token", file]);
    let missing = folder.path().join("missing");
    save(&publish, "# none\n\nshort\n", 0o600);
    for (file, sentence) in [
        (
            text(&missing),
            format!("sse: {}: There is no such file", missing.display()),
        ),
        (
            text(folder.path()),
            format!("sse: {}: This is no file", folder.path().display()),
        ),
        (
            text(&publish),
            format!(
                "sse: {}, line 3: A token has at least 16 characters",
                publish.display()
            ),
        ),
        (
            SUBSCRIBE,
            "sse: The file of tokens: There is no such file".to_owned(),
        ),
    ] {
        let (code, stdout, stderr) = serve(file);
        assert_eq!((code, &*stdout), (Some(1), ""));
        assert!(stderr.starts_with(&sentence), "{stderr}");
        assert_eq!(stderr.lines().count(), 1);
        assert!(
            !stderr.contains("short:") && !stderr.contains(SUBSCRIBE),
            "{stderr}"
        );
    }
    let (code, _, stderr) = run(&["publish", "localhost:1/topics/a", "--token", text(&missing)]);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("There is no such file"), "{stderr}");
    let both = [
        "watch",
        "localhost:1/x",
        "--token",
        text(&publish),
        "-H",
        "authorization: x",
    ];
    save(&publish, PUBLISH, 0o600);
    let (code, _, stderr) = run(&both);
    assert_eq!(code, Some(2));
    assert!(stderr.contains("leave one of them out"), "{stderr}");
    let with_curl = [
        "watch",
        "--token",
        text(&publish),
        "--",
        "curl",
        "localhost:1/x",
    ];
    assert_eq!(run(&with_curl).0, Some(2), "a curl line has its own");
}

#[test]
fn what_becomes_of_the_files_is_told_on_stderr() {
    let (_folder, publish, subscribe) = files();
    save(&publish, PUBLISH, 0o644);
    let flags = [
        "--publish-token",
        text(&publish),
        "--subscribe-token",
        text(&subscribe),
    ];
    let mut serving = Serving::start(&flags);
    let mut stderr = serving.stderr();
    let mut line = || stderr.next().expect("a line").expect("UTF-8");
    let first = line();
    assert!(
        first.starts_with("sse: Every user of this machine can read "),
        "{first}"
    );
    save(&subscribe, "new-0123456789abcdef\n", 0o600);
    assert_eq!(
        line(),
        format!(
            "sse: {} was changed: 1 token is in force.",
            subscribe.display()
        )
    );
    fs::remove_file(&subscribe).expect("removed");
    let gone = line();
    assert!(
        gone.ends_with("The tokens from before stay in force."),
        "{gone}"
    );
    serving.signal("TERM");
    assert_eq!(serving.code(), Some(0));
}

#[test]
fn beyond_loopback_the_warning_names_what_is_open() {
    let (_folder, publish, subscribe) = files();
    let (publish, subscribe) = (text(&publish), text(&subscribe));
    for (flags, words, others) in [
        (
            &[][..],
            "Whoever reaches it can read and publish: give --publish-token FILE and --subscribe-token FILE, or leave --host out",
            "",
        ),
        (
            &["--publish-token", publish],
            "Whoever reaches it can read: give --subscribe-token FILE too, or leave --host out",
            "publish:",
        ),
        (
            &["--publish-token", publish, "--subscribe-token", subscribe],
            "Tokens can be read on the way: put a server in front that ends TLS, or leave --host out",
            "-token FILE",
        ),
        (
            &["--subscribe-token", subscribe],
            "Tokens can be read on the way",
            "-token FILE",
        ),
    ] {
        let serving = Serving::start(&[&["--host", "0.0.0.0"], flags].concat());
        serving.signal("TERM");
        let (code, stderr) = serving.end();
        assert_eq!(code, Some(0));
        assert!(
            stderr.starts_with("sse: warning: the server is open to every network"),
            "{stderr}"
        );
        assert!(stderr.contains(words), "{stderr}");
        assert!(others.is_empty() || !stderr.contains(others), "{stderr}");
    }
}
