//! `sse watch` on a terminal: colours where it shows them, and nothing foreign that it would obey.

#![cfg(target_os = "linux")] // The `script` of util-linux makes the terminal.

mod support;

use std::process::{Command, Stdio};

use support::raw::{NOW, chunk, head, last, server};
use support::{SSE, Serving};

/// What a terminal is sent while `sse watch` runs on it.
fn on_terminal(arguments: &str, variables: &[(&str, &str)]) -> String {
    command_on_terminal(&format!("watch {arguments}"), variables)
}

/// What a terminal is sent while a command runs on it.
fn command_on_terminal(arguments: &str, variables: &[(&str, &str)]) -> String {
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command"])
        .arg(format!("'{SSE}' {arguments}"))
        .arg("/dev/null")
        .stdin(Stdio::null())
        .env_remove("NO_COLOR")
        .env("TERM", "xterm-256color")
        .envs(variables.iter().copied())
        .output()
        .expect("script is everywhere");
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The colours that a text begins.
fn colours(text: &str) -> Vec<&str> {
    let escapes = text.split("\x1b[").skip(1);
    let colours = escapes.filter_map(|rest| Some(rest.split_once('m')?.0));
    colours.filter(|colour| *colour != "0").collect()
}

/// The events of a body: everything in it that a terminal would obey.
const EVIL: &str = ": \u{1b}[2Jcomment\u{7}\n\
    id: \u{1b}[31m1\u{9b}\n\
    event: \u{1b}]0;title\u{7}\n\
    data: \u{1b}[2J\u{8}\u{7f}\u{9b}31mred\u{0}\n\
    data: zwei\u{1b}c\r\n\r\n";

#[test]
fn nothing_that_came_is_obeyed() {
    let chat = "data: {\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,\"delta\":\
        {\"content\":\"\\u001b[2J\\u009bmoin\\n\\u0007\",\"tool_calls\":[{\"index\":0,\"function\":\
        {\"name\":\"\\u001b[31m\",\"arguments\":\"\\u001bc\"}}]},\"finish_reason\":\"\\u001b[1m\"}]}\n\n";
    let lines = "{\"model\":\"\u{1b}[2J\",\"message\":{\"content\":\"\u{9b}1m\u{8}\"}}\n";
    let stream = head("");
    let evil_head = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream; x=\xc2\x9b31m\r\n\
        transfer-encoding: chunked\r\n\r\n";
    let json_head = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\n\
        transfer-encoding: chunked\r\n\r\n";
    for (head, body, arguments) in [
        (&stream[..], EVIL, ""),
        (&stream, EVIL, "--json"),
        (&stream, EVIL, "--raw"),
        (&stream, EVIL, "--wire"),
        (&stream, EVIL, "--diagnose"),
        (&stream, EVIL, "--json --diagnose"),
        (&stream, chat, "--text"),
        (&stream, chat, "--diagnose"),
        (&json_head[..], lines, ""),
        (json_head, lines, "--text"),
        (&evil_head[..], EVIL, "--diagnose"),
    ] {
        // Some of it comes in two pieces, cut within the CSI that is U+009B.
        let bytes = body.as_bytes();
        let cut = bytes.iter().position(|byte| *byte == 0x9b).unwrap_or(1);
        let (addr, serves) = server(vec![
            (NOW, head.to_vec()),
            (NOW, chunk(&bytes[..cut])),
            (NOW, [chunk(&bytes[cut..]), last()].concat()),
        ]);
        let shown = on_terminal(
            &format!("{addr} {arguments} --for 5s"),
            &[("NO_COLOR", "1")],
        );
        // A terminal makes CR LF of each LF, also behind a CR that came.
        let obeyed = shown.replace("\r\r\n", "").replace("\r\n", "");
        assert!(
            !obeyed.contains(char::is_control),
            "{arguments}: {obeyed:?}"
        );
        assert!(shown.lines().count() > 2, "{arguments}: {shown}");
        serves.join().expect("it served");
    }
}

#[test]
fn colours_are_for_terminals_that_show_them() {
    let serving = Serving::start(&[]);
    let url = format!(
        "'{}/numbers?every=1ms&fault=comment=hello,after=2'",
        serving.addr
    );
    // The head, retry, 5 ids and a comment between them, and the summary.
    let events = ["2", "2", "36", "36", "2", "36", "36", "36", "2"];
    let shown = on_terminal(&url, &[]);
    assert_eq!(colours(&shown), events, "{shown:?}");
    // No colour is left on.
    assert_eq!(shown.matches("\x1b[0m").count(), events.len(), "{shown:?}");

    let findings = on_terminal(&format!("{url} --diagnose"), &[]);
    let findings = colours(&findings);
    assert_eq!(findings[..events.len()], events);
    // What is risky is yellow, what is worth knowing bold, and what is fine green.
    let (others, fine) = findings[events.len()..].split_at(2);
    assert!(
        others.iter().all(|it| ["1", "33"].contains(it)),
        "{others:?}"
    );
    assert!(fine.contains(&"32"), "{fine:?}");

    for variables in [("NO_COLOR", "1"), ("TERM", "dumb")] {
        let shown = on_terminal(&format!("{url} --diagnose"), &[variables]);
        assert_eq!(colours(&shown), [""; 0], "{variables:?}");
    }
    // What is no terminal has none, whatever the other one is.
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    for redirect in [">", "2>"] {
        for arguments in ["--diagnose", "--json --diagnose", "--raw --diagnose"] {
            on_terminal(&format!("{url} {arguments} {redirect}{path}"), &[]);
            let printed = std::fs::read_to_string(&path).expect("UTF-8");
            assert_eq!(colours(&printed), [""; 0], "{arguments} {redirect}");
            assert!(!printed.is_empty());
        }
    }
}

#[test]
fn a_recording_is_shown_and_compared_without_what_a_terminal_would_obey() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    let bytes: String = EVIL.bytes().map(|byte| format!("\\x{byte:02x}")).collect();
    let steps = format!("<~ HTTP/1.1 200 \\x1b[31m\n<~ a: \\x9b\n~ {bytes}\\\n");
    std::fs::write(&path, format!("wire 1\n{steps}! comment=\u{e9}\n= cut\n")).expect("written");
    let other = tempfile::NamedTempFile::new().expect("a file");
    let other_path = other.path().display().to_string();
    std::fs::write(&other_path, ": a\n\n").expect("written");
    for arguments in [
        format!("show {path}"),
        format!("show {path} --json"),
        format!("show {path} --har"),
        format!("show {path} --wire"),
        format!("show {path} --sse"),
        format!("diff {path} {other_path}"),
    ] {
        let shown = command_on_terminal(&arguments, &[("NO_COLOR", "1")]);
        let obeyed = shown.replace("\r\r\n", "").replace("\r\n", "");
        assert!(
            !obeyed.contains(char::is_control),
            "{arguments}: {obeyed:?}"
        );
        assert!(!shown.is_empty(), "{arguments}");
        let coloured = command_on_terminal(&arguments, &[]);
        let is_for_people = !arguments.contains("--");
        assert_eq!(!colours(&coloured).is_empty(), is_for_people, "{arguments}");
    }
}

#[test]
fn what_is_wider_than_the_terminal_goes_on_below() {
    let file = tempfile::NamedTempFile::new().expect("a file");
    let path = file.path().display().to_string();
    let data = "豆ab".repeat(60);
    let head = format!("wire 1\n< HTTP/1.1 200 OK\n< a: {}\n", "x".repeat(200));
    std::fs::write(&path, format!("{head}| id: 7\n| data: {data}\n|\n= end\n")).expect("written");
    let output = Command::new("script")
        .args(["--quiet", "--return", "--command"])
        .arg(format!("stty rows 24 cols 50; '{SSE}' show {path}"))
        .arg("/dev/null")
        .stdin(Stdio::null())
        .env("NO_COLOR", "1")
        .output()
        .expect("script is everywhere");
    let shown = String::from_utf8(output.stdout).expect("UTF-8");
    let lines: Vec<&str> = shown.lines().collect();
    let columns = |line: &&str| line.chars().count() + line.matches('豆').count();
    assert!(
        lines.iter().map(columns).all(|columns| columns <= 50),
        "{shown}"
    );
    assert!(lines.len() > 10, "{shown}");
    let joined: String = lines
        .iter()
        .map(|line| line.get(14..).unwrap_or_default())
        .collect();
    assert!(joined.contains(&format!("7  {data}")), "{shown}");
    // What is no terminal has whole lines.
    let (_, piped, _) = support::run(&["show", &path]);
    assert!(
        piped.contains(&data) && piped.contains(&"x".repeat(200)),
        "{piped}"
    );
}
