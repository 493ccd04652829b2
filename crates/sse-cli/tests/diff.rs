//! `sse diff`: what it prints, and what it exits with.

mod support;

use std::fs;

use support::run;
use tempfile::TempDir;

/// A recording of these steps of a stream, which ended so.
fn file(steps: &str, end: &str) -> String {
    format!("wire 1\n< HTTP/1.1 200 OK\n< content-type: text/event-stream\n{steps}= {end}\n")
}

/// The exit code, and both outputs. The files are `a` and `b` in a folder.
fn diff(first: &str, second: &str, options: &[&str]) -> (Option<i32>, String, String) {
    let folder = TempDir::new().expect("a folder");
    let path = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).expect("it is written");
        path.to_str().expect("UTF-8").to_owned()
    };
    let (a, b) = (path("a", first), path("b", second));
    let (code, stdout, stderr) = run(&[&["diff", &a, &b], options].concat());
    let short = |text: String| text.replace(folder.path().to_str().expect("UTF-8"), "DIR");
    (code, short(stdout), short(stderr))
}

#[test]
fn what_is_the_same_prints_nothing_and_exits_with_0() {
    let (code, stdout, stderr) = diff(
        &file("| data: {\"a\": 1, \"b\": 2}\n|\n", "end"),
        &file("@ 5s\n~ data:{\"b\":2,\\\n@ 3s\n| \"a\":1}\n|\n", "end"),
        &[],
    );
    assert_eq!((code, stdout.as_str()), (Some(0), ""));
    assert_eq!(stderr, "no difference in 1 event\n");
}

#[test]
fn each_difference_has_its_place_and_both_sides() {
    let first = "| id: 1\n| data: one\n|\n@ 80ms\n| id: 2\n| data: {\"delta\":{\"text\":\"caf\"},\"n\":1}\n|\n";
    let second = "| id: 1\n| data: one\n|\n@ 1s\n| event: new\n| data: put in\n|\n@ 300ms\n| id: 2\n\
        | data: {\"n\":1,\"delta\":{\"text\":\"cof\"},\"x\":[]}\n|\n@ 1s\n";
    let second = file(second, "cut").replace("200 OK", "206 Part");
    let (code, stdout, stderr) = diff(&file(first, "end"), &second, &["--times"]);
    let expected = "\
--- DIR/a
+++ DIR/b
event 2 is only in DIR/b
    + new  put in
event 2 | 3
  $.delta.text
    - \"caf\"
    + \"cof\"
  $.x
    - (not there)
    + []
status
    - 200
    + 206
end
    - end
    + cut
time before the end
    - 0 ms
    + 1000 ms
";
    assert_eq!(stdout, expected);
    assert_eq!(code, Some(1));
    assert_eq!(stderr, "5 differences in 2 and 3 events\n");
    let (_, without_times, _) = diff(&file(first, "end"), &second, &[]);
    assert_eq!(
        without_times,
        expected
            .split_inclusive("time before")
            .next()
            .expect("it has")
            .replace("time before", "")
    );
}

#[test]
fn what_a_file_does_not_have_is_not_compared() {
    let body = "data: a\n\ndata: b\n\n";
    let wire = file("@ 1ms\n| data: a\n|\n| data: b\n|\n", "cut").replace("200", "503");
    let (code, stdout, _) = diff(&wire, body, &[]);
    assert_eq!((code, stdout.as_str()), (Some(0), ""));
    // Of what curl saved, only the end is not known.
    let saved = format!("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n{body}");
    let (code, stdout, _) = diff(&wire, &saved, &[]);
    assert_eq!(code, Some(1));
    assert!(
        stdout.contains("status") && !stdout.contains("end"),
        "{stdout}"
    );
    // Times that are made up are compared, and that is said.
    let (_, _, stderr) = diff(&wire, &saved, &["--times"]);
    assert!(stderr.contains("DIR/b: curl saves no times"), "{stderr}");
}

#[test]
fn what_came_is_harmless_and_short() {
    let long = "x".repeat(500);
    let first = file(&format!("~ data: \\x1b[31m{long}a\n|\n"), "end");
    let second = file(&format!("~ data: \\x1b[31m{long}b\n|\n"), "end");
    let (_, stdout, _) = diff(&first, &second, &[]);
    assert!(!stdout.contains('\x1b'), "{stdout:?}");
    assert!(
        stdout.contains("xxa\n") && stdout.contains("- …xx"),
        "{stdout}"
    );
    assert!(
        stdout.lines().all(|line| line.chars().count() < 200),
        "{stdout}"
    );
    let many: String = (0..3000).map(|at| format!("| data: {at}\n|\n")).collect();
    let (_, stdout, stderr) = diff(&file(&many, "end"), &file("", "end"), &[]);
    assert!(stdout.ends_with("\n2000 further differences\n"), "{stdout}");
    assert_eq!(stderr, "3000 differences in 3000 and 0 events\n");
}

#[test]
fn exchanges_are_told_apart_where_there_are_several() {
    let one = file("| data: a\n|\n", "end");
    let two = format!("{one}==\n{}", &one["wire 1\n".len()..]);
    let (code, stdout, _) = diff(&one, &two, &[]);
    assert_eq!(code, Some(1));
    assert!(
        stdout.ends_with("exchange 2, the exchange is only in DIR/b\n"),
        "{stdout}"
    );
    let (_, stdout, _) = diff(&two, &two.replace("| data: a", "| data: b"), &[]);
    assert!(stdout.contains("exchange 1, event 1\n") && stdout.contains("exchange 2, event 1\n"));
}

#[test]
fn stdin_is_one_file_at_most() {
    let (code, stdout, stderr) = run(&["diff", "-", "-"]);
    assert_eq!((code, stdout.as_str()), (Some(2), ""));
    assert!(stderr.contains("one of the two files"), "{stderr}");
}
