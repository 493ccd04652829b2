//! `sse watch` against servers that want to fill memory, to hold it for ever, or to lead it
//! elsewhere: each gets one sentence and an exit code.

mod support;

use std::io::Write;
use std::net::TcpListener;
use std::thread;

use flate2::Compression;
use flate2::write::GzEncoder;
use support::raw::{MS, NOW, head, request, server};
use support::run;

const OK: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n";

/// A server that answers each request with a beginning, and then with the same piece for ever. The
/// thread ends with the test.
fn endless(beginning: Vec<u8>, piece: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it listens").to_string();
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            request(&mut stream);
            let mut sent = stream.write_all(&beginning);
            while sent.is_ok() && !piece.is_empty() {
                sent = stream.write_all(&piece);
            }
        }
    });
    addr
}

/// What a watch says in the end, and its exit code.
fn last_words(args: &[&str]) -> (Option<i32>, String) {
    let (code, _, stderr) = run(&[&["watch"], args].concat());
    let last = stderr.lines().last().unwrap_or_default();
    (code, last.trim_start_matches("sse: ").to_owned())
}

#[test]
fn a_head_without_an_end_is_given_up() {
    let addr = endless(b"HTTP/1.1 200 OK\r\n".to_vec(), b"x-a: b\r\n".repeat(100));
    let (code, words) = last_words(&[&addr, "--for", "20s"]);
    assert_eq!(code, Some(3), "{words}");
    assert!(words.contains("is too long"), "{words}");
}

#[test]
fn a_line_without_an_end_is_given_up() {
    let megabyte = vec![b'x'; 1 << 20];
    for (beginning, form) in [
        ("\r\n", "--for=60s"),
        ("\r\n:", "--for=60s"),
        ("\r\ndata: ", "--json"),
        ("\r\ndata: ", "--text"),
        ("\r\ndata: ", "--reconnect"),
        ("\r\ndata: ", "--diagnose"),
    ] {
        let addr = endless([OK, beginning.as_bytes()].concat(), megabyte.clone());
        let (code, _, stderr) = run(&["watch", &addr, form]);
        assert_eq!(code, Some(1), "{form}: {stderr}");
        let said = "An event is larger than 16 MiB: nothing behind it is read, so ";
        assert_eq!(stderr.matches(said).count(), 1, "{form}: {stderr}");
    }
}

#[test]
fn a_bomb_ends_in_time() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    let event = format!("data: {}\n\n", "0".repeat(10_000));
    let events = event.repeat(1000);
    gzip.write_all(events.as_bytes()).expect("it is encoded");
    let gzip = gzip.finish().expect("it is encoded");
    let beginning = [OK, b"content-encoding: gzip\r\n\r\n"].concat();
    let addr = endless(beginning, gzip);
    let (code, words) = last_words(&[&addr, "--for", "500ms"]);
    assert_eq!(code, Some(0), "{words}");
    let after = words.strip_prefix("stopped after ");
    let after = after.and_then(|rest| rest.split_once(" ms, "));
    let after: u64 = after.and_then(|(ms, _)| ms.parse().ok()).expect(&words);
    assert!(after < 5_000, "{words}");
}

#[test]
fn redirects_that_lead_nowhere_have_their_sentences() {
    for (to, words) in [
        ("/", "There are more than 10 redirects"),
        (
            "file:///etc/passwd",
            "has no Location that is a URL of http",
        ),
        (
            "javascript:alert(1)",
            "has no Location that is a URL of http",
        ),
        ("", "has no Location that is a URL of http"),
    ] {
        let head = format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n");
        let addr = endless(head.into_bytes(), Vec::new());
        let (code, said) = last_words(&[&addr]);
        assert_eq!(code, Some(3), "{to}: {said}");
        assert!(said.contains(words), "{to}: {said}");
    }
}

#[test]
fn byte_by_byte_and_with_nul_it_is_still_a_stream() {
    let body = "data: 豆\0\n\n".as_bytes();
    let bytes = [
        &head("")[..],
        format!("{:x}\r\n", body.len()).as_bytes(),
        body,
    ]
    .concat();
    let bytes = [&bytes[..], b"\r\n0\r\n\r\n"].concat();
    let parts = bytes.iter().map(|byte| (2 * MS, vec![*byte])).collect();
    let (addr, serves) = server(parts);
    let (code, stdout, stderr) = run(&["watch", &addr, "--json"]);
    assert_eq!(code, Some(0), "{stderr}");
    assert!(stdout.contains(r#""data":"豆\u0000""#), "{stdout}");
    serves.join().expect("it served");
}

/// They are known before anything is sent, or even looked up.
#[test]
fn what_is_typed_wrong_is_said_at_once() {
    let url = "no.such.name.invalid";
    for (args, words) in [
        (&["http://localhost:99999"][..], "is not a URL"),
        (&[""], "is not a URL"),
        (&["::1"], "is not a URL"),
        (&["file:///etc/passwd"], "file is not supported"),
        (&[url, "-H", ": x"], "The header \"\" cannot be sent"),
        (&[url, "-H", "a b: x"], "The header \"a b\" cannot be sent"),
        (
            &[url, "-H", "a: b\nc: d"],
            "The header \"a\" cannot be sent",
        ),
        (&[url, "-X", ""], "is no method"),
        (
            &[url, "-d", "@missing"],
            "The file `missing` cannot be read",
        ),
        (&[url, "-d", "@"], "The file `` cannot be read"),
        (&["curl -N http://h"], "give it behind `--`"),
        (
            &["--", "curl", "--no-such-flag", url],
            "has no flag --no-such-flag",
        ),
        (&["--", "curl", url, "i"], "This is a second URL"),
        (&["--", "curl"], "There is no URL"),
        (&["--", "wget", url], "The command is not curl"),
        (
            &["--", "curl -d @- http://h <<EOF\n{}\nEOF"],
            "< is for a shell",
        ),
        (
            &["--proxy", "socks5://h", url],
            "The proxy is not a URL of http",
        ),
    ] {
        let (code, said) = last_words(args);
        assert_eq!(code, Some(2), "{args:?}: {said}");
        assert!(
            said.contains(words) && said.ends_with('.'),
            "{args:?}: {said}"
        );
    }
    // What clap refuses has more lines than one.
    for args in [
        &["h", "i"][..],
        &["h", "--", "curl", "i"],
        &["--json", "--raw", "h"],
        &["--diagnose", "--origin", "nonsense", "h"],
        &["--diagnose", "--origin", "https://h/", "h"],
        &["--diagnose", "--origin", "https://h\nx: y", "h"],
    ] {
        let (code, _, stderr) = run(&[&["watch"], args].concat());
        assert_eq!(code, Some(2), "{args:?}: {stderr}");
        assert!(stderr.starts_with("error: "), "{args:?}: {stderr}");
    }
}

#[test]
fn a_curl_line_within_quotes_works_too() {
    let (addr, serves) = server(vec![(NOW, head("")), (NOW, b"0\r\n\r\n".to_vec())]);
    let line = format!("curl -N -H 'X-Key: a b' \\\n  'http://{addr}/c?d=e&f'");
    let (code, _, stderr) = run(&["watch", "--for", "20s", "--", &line]);
    assert_eq!(code, Some(0), "{stderr}");
    let request = serves.join().expect("it served");
    assert!(
        request.starts_with("GET /c?d=e&f HTTP/1.1\r\n"),
        "{request}"
    );
    assert!(request.contains("x-key: a b\r\n"), "{request}");
}
