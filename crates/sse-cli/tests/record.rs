//! `sse record`: what came is in the file, byte for byte, however it ended.

mod support;

use std::fs;
use std::io::Write;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use sse_server::recording::{End, Exchange, Recording};
use support::raw::{MS, NOW, chunk, head, last, request, server};
use support::{Serving, command, run};
use tempfile::TempDir;

/// A folder for a recording, and the command that makes it.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder for the test");
        Self { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Records into `a.wire` for a minute at most: the exit code, stdout and stderr.
    fn record(&self, args: &[&str]) -> (Option<i32>, String, String) {
        let path = self.path("a.wire");
        let output = [
            "record",
            "-o",
            path.to_str().expect("UTF-8"),
            "--for",
            "60s",
        ];
        run(&[&output, args].concat())
    }

    /// The text of `a.wire`, which is canonical, and what it says.
    fn read(&self) -> (String, Recording) {
        read(&self.path("a.wire"))
    }
}

fn read(path: &Path) -> (String, Recording) {
    let text = fs::read_to_string(path).expect("it is there");
    let recording = Recording::parse(&text).expect("it is a recording");
    assert_eq!(recording.to_text(), text);
    (text, recording)
}

fn body(exchange: Exchange<'_>) -> Vec<u8> {
    let pieces = exchange.pieces().into_iter();
    pieces.flat_map(|piece| piece.bytes).collect()
}

/// Bytes in which each rule of the spelling is met.
const ODD: &[u8] = b"\xef\xbb\xbfdata: caf\xc3\xa9 \\n \t \n\n: \x00\x1b[2J\r\n\
    id: 1\rdata: \xff\xc3\n \n\ndata: \xe2\x80\xa8 x ";

/// A head with a byte that is not UTF-8.
fn odd_head() -> Vec<u8> {
    let mut odd = head("");
    odd.truncate(odd.len() - 2);
    odd.extend_from_slice(b"x-odd: caf\xe9\r\nSet-Cookie: hush\r\n\r\n");
    odd
}

#[test]
fn every_byte_and_every_end_is_in_the_file() {
    let (first, rest) = ODD.split_at(9);
    for (end, parts) in [
        (End::End, vec![(30 * MS, last())]),
        (End::Cut, vec![]),
        (End::Cut, vec![(30 * MS, b"5\r\nab".to_vec())]),
    ] {
        let bench = Bench::new();
        let mut sent = vec![
            (NOW, odd_head()),
            (30 * MS, chunk(first)),
            (80 * MS, chunk(rest)),
        ];
        let is_partial = parts.first().is_some_and(|part| part.1.starts_with(b"5"));
        sent.extend(parts);
        let (addr, serves) = server(sent);
        let (code, stdout, stderr) = bench.record(&[&addr]);
        let asked = serves.join().expect("it serves");
        let path = bench.path("a.wire");
        assert_eq!((code, &*stderr), (Some(0), ""), "quiet where nobody looks");
        assert_eq!(stdout, format!("{}\n", path.display()));
        let (text, recording) = bench.read();
        let exchange = recording.exchanges().next().expect("there is one");
        let mut bytes = ODD.to_vec();
        if is_partial {
            bytes.extend_from_slice(b"ab");
        }
        assert_eq!(body(exchange), bytes);
        assert_eq!(exchange.end(), Some(end), "{text}");
        let pieces = exchange.pieces();
        assert_eq!((&*pieces[0].bytes, &*pieces[1].bytes), (first, rest));
        let between = pieces[1].interval;
        assert!((60 * MS..2000 * MS).contains(&between), "{between:?}");
        // The request as the server read it, and the head as it was sent.
        let lines: Vec<&str> = exchange.request().collect();
        assert_eq!(format!("{}\r\n\r\n", lines.join("\r\n")), asked);
        let shown = String::from_utf8_lossy(&exchange.response().collect::<Vec<_>>().join(&b'\n'))
            .into_owned();
        assert!(
            shown.starts_with("HTTP/1.1 200 OK\ncontent-type: text/event-stream\n"),
            "{shown}"
        );
        assert!(
            shown.ends_with("\nx-odd: caf\u{fffd}\nSet-Cookie: [kept back]"),
            "{shown}"
        );
        assert_eq!(
            fs::read_dir(bench.folder.path())
                .expect("it is there")
                .count(),
            1
        );
    }
}

#[test]
fn a_reset_a_cut_and_a_timeout_have_their_words() {
    let serving = Serving::start(&[]);
    for (fault, end) in [
        ("reset,after=2", End::Reset),
        ("cut,after=2", End::Cut),
        ("silence,after=2", End::Timeout),
    ] {
        let bench = Bench::new();
        let url = format!("http://{}/endless?every=10ms&fault={fault}", serving.addr);
        let (code, _, stderr) = bench.record(&["--", "curl", "-m", "2", &url]);
        assert_eq!((code, &*stderr), (Some(0), ""), "{fault}");
        let (text, recording) = bench.read();
        let exchange = recording.exchanges().next().expect("there is one");
        assert_eq!(exchange.end(), Some(end), "{fault}: {text}");
        assert!(
            String::from_utf8_lossy(&body(exchange)).contains("data: 2\n\n"),
            "{text}"
        );
    }
}

#[test]
fn the_time_and_the_events_that_are_enough_leave_it_open() {
    let serving = Serving::start(&[]);
    let url = format!("{}/endless?every=50ms", serving.addr);
    let bench = Bench::new();
    assert_eq!(bench.record(&[&url, "--events", "3"]).0, Some(0));
    let (text, recording) = bench.read();
    let exchange = recording.exchanges().next().expect("there is one");
    assert!(
        text.contains("| data: 3\n|\n@ ") && text.ends_with("ms\n= open\n"),
        "{text}"
    );
    assert_eq!(exchange.pieces().len(), 3);
    // It is a file of its own, and it stays.
    let (code, _, stderr) = bench.record(&[&url, "--events", "1"]);
    assert_eq!(code, Some(1));
    assert!(stderr.contains("a.wire is there already"), "{stderr}");
    assert_eq!(bench.read().0, text);
    assert_eq!(bench.record(&[&url, "--events", "1", "--force"]).0, Some(0));
    assert!(!bench.read().0.contains("data: 2\n"));
}

#[test]
fn a_client_that_comes_back_is_the_next_exchange() {
    let serving = Serving::start(&[]);
    let url = format!(
        "{}/numbers?every=1ms&count=4&fault=cut,after=2,attempt=1",
        serving.addr
    );
    let bench = Bench::new();
    let (_, _, stderr) = bench.record(&[&url, "--reconnect", "--events", "4"]);
    let (text, recording) = bench.read();
    let exchanges: Vec<_> = recording.exchanges().collect();
    assert!(exchanges.len() >= 2, "{text}{stderr}");
    assert_eq!(exchanges[0].end(), Some(End::Cut), "{text}");
    assert!(
        exchanges[1]
            .request()
            .any(|line| line == "last-event-id: 2"),
        "{text}"
    );
    let texts: Vec<u8> = exchanges.into_iter().flat_map(body).collect();
    let texts = String::from_utf8(texts).expect("UTF-8");
    let data: Vec<&str> = texts
        .lines()
        .filter(|line| line.starts_with("data: "))
        .collect();
    assert_eq!(data, ["data: 1", "data: 2", "data: 3", "data: 4"]);
}

#[test]
fn a_post_and_what_is_no_stream_are_recorded_too() {
    let lines = b"{\"a\":1}\n{\"a\":2}\n";
    for (kind, answer) in [
        ("200 OK\r\ncontent-type: application/x-ndjson", &lines[..]),
        (
            "401 Unauthorized\r\ncontent-type: application/json",
            b"{\"error\":{}}",
        ),
        ("204 No Content", b""),
    ] {
        let bench = Bench::new();
        let reply = match answer {
            b"" => format!("HTTP/1.1 {kind}\r\n\r\n").into_bytes(),
            answer => {
                let length = answer.len();
                let head = format!("HTTP/1.1 {kind}\r\ncontent-length: {length}\r\n\r\n");
                [head.as_bytes(), answer].concat()
            }
        };
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = listener.local_addr().expect("it listens").to_string();
        let serves = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            let asked = request(&mut stream);
            stream.write_all(&reply).expect("it reads");
            asked
        });
        let sent = "{\"model\":\"m\",\n \"stream\":true}";
        let (code, _, stderr) = bench.record(&[&addr, "-d", sent]);
        assert_eq!((code, &*stderr), (Some(0), ""), "{kind}");
        assert!(
            serves
                .join()
                .expect("it serves")
                .starts_with("POST / HTTP/1.1\r\n")
        );
        let (text, recording) = bench.read();
        let exchange = recording.exchanges().next().expect("there is one");
        assert_eq!(exchange.request_body(), sent.as_bytes(), "{text}");
        assert_eq!(body(exchange), answer);
        assert_eq!(exchange.end(), Some(End::End));
        let status = format!("< HTTP/1.1 {}\n", kind.replace("\r\n", "\n< "));
        assert!(text.contains(&status), "{text}");
    }
}

/// It is written decoded, and each piece says what it took.
#[test]
fn a_compressed_stream_can_be_read() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    let mut sent = vec![(NOW, head("content-encoding: gzip\r\n"))];
    let mut sizes = Vec::new();
    for n in 0..3 {
        write!(gzip, "data: {n}\n\n").expect("it is encoded");
        gzip.flush().expect("it is encoded");
        let zipped = std::mem::take(gzip.get_mut());
        sizes.push(zipped.len() as u64);
        sent.push((50 * MS, chunk(&zipped)));
    }
    sent.push((50 * MS, chunk(&gzip.finish().expect("it is encoded"))));
    sent.push((NOW, last()));
    let bench = Bench::new();
    let (addr, _) = server(sent);
    let (code, _, stderr) = bench.record(&[&addr]);
    assert_eq!((code, &*stderr), (Some(0), ""));
    let (text, recording) = bench.read();
    assert!(text.contains("< content-encoding: gzip\n"), "{text}");
    let exchange = recording.exchanges().next().expect("there is one");
    assert_eq!(body(exchange), b"data: 0\n\ndata: 1\n\ndata: 2\n\n");
    let got: Vec<u64> = exchange
        .pieces()
        .iter()
        .filter_map(|piece| piece.gzip)
        .collect();
    assert_eq!(got, sizes);
}

#[test]
fn secrets_are_kept_back_and_a_redirect_is_a_note() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it listens").to_string();
    for keeps in [false, true] {
        let bench = Bench::new();
        let (listener, to) = (listener.try_clone().expect("a handle"), addr.clone());
        let serves = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            request(&mut stream);
            let moved = format!(
                "HTTP/1.1 302 Found\r\nlocation: http://{to}/new?token=hush-4\r\n\
                 content-length: 0\r\n\r\n"
            );
            stream.write_all(moved.as_bytes()).expect("it reads");
            let (mut stream, _) = listener.accept().expect("a client");
            let asked = request(&mut stream);
            let answer = [
                head("set-cookie: a=hush-5\r\n"),
                chunk(b"data: 1\n\n"),
                last(),
            ]
            .concat();
            stream.write_all(&answer).expect("it reads");
            asked
        });
        let url = format!("http://{addr}/old?api_key=hush-1");
        let headers = [
            "-H",
            "Authorization: Bearer hush-2",
            "-H",
            "x-api-key: hush-3",
        ];
        let keep: &[&str] = if keeps { &["--keep-secrets"] } else { &[] };
        let (code, stdout, stderr) = bench.record(&[&[&*url], &headers[..], keep].concat());
        let asked = serves.join().expect("it serves");
        assert!(
            asked.contains("hush-2") && asked.contains("hush-3"),
            "they are sent"
        );
        assert_eq!(code, Some(0), "{stderr}");
        assert!(!format!("{stdout}{stderr}").contains("hush"), "{stderr}");
        let (text, _) = bench.read();
        let places: Vec<_> = (1..6)
            .map(|n| text.contains(&format!("hush-{n}")))
            .collect();
        assert_eq!(places, [keeps; 5], "{text}");
        let note = format!("# 302 redirects from http://{addr}/old?api_key=");
        assert!(text.contains(&note), "{text}");
        let opening = if keeps {
            "; secrets are in it\n"
        } else {
            "; 6 secrets kept back\n"
        };
        assert!(text.contains(opening), "{text}");
        assert_eq!(text.contains("[kept-back]"), !keeps);
    }
}

#[test]
fn a_file_without_a_name_gets_one_that_is_printed() {
    let serving = Serving::start(&[]);
    let bench = Bench::new();
    let url = format!("{}/endless?every=10ms&key=hush", serving.addr);
    let output = command(&["record", &url, "--events", "1"])
        .current_dir(bench.folder.path())
        .output()
        .expect("the program was built");
    let name = String::from_utf8(output.stdout).expect("UTF-8");
    let name = name.strip_suffix('\n').expect("a line");
    let begins = format!("{}-endless-2", serving.addr.replace(':', "-"));
    assert!(
        name.starts_with(&begins) && name.ends_with("Z.wire"),
        "{name}"
    );
    read(&bench.path(name));
}

#[test]
fn what_cannot_be_recorded_leaves_nothing_behind() {
    let bench = Bench::new();
    let none = "localhost:1";
    let (code, stdout, stderr) = bench.record(&[none]);
    assert_eq!((code, &*stdout), (Some(3), ""), "{stderr}");
    // Nobody answers in the time that there is.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = silent.local_addr().expect("it listens").to_string();
    let path = bench.path("a.wire");
    let path = path.to_str().expect("UTF-8");
    let (code, _, stderr) = run(&["record", &addr, "--for", "200ms", "-o", path]);
    assert_eq!(
        (code, &*stderr),
        (Some(1), "No answer came in this time.\n")
    );
    for (output, exit) in [("-", 2), (".", 1), ("none/a.wire", 1)] {
        let output = command(&["record", none, "-o", output])
            .current_dir(bench.folder.path())
            .output()
            .expect("the program was built");
        assert_eq!(output.status.code(), Some(exit), "{output:?}");
        let said = String::from_utf8(output.stderr).expect("UTF-8");
        assert!(
            said.starts_with("sse: ") && said.lines().count() == 1,
            "{said}"
        );
    }
    assert_eq!(
        fs::read_dir(bench.folder.path())
            .expect("it is there")
            .count(),
        0
    );
}

/// 17 MiB of bytes that take four characters each.
#[test]
fn the_bound_ends_the_file_and_not_what_came_before() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = listener.local_addr().expect("it listens").to_string();
    let serves = thread::spawn(move || {
        let (mut stream, _) = listener.accept().expect("a client");
        request(&mut stream);
        let piece = chunk(&[0xff; 1 << 16]);
        let mut written = stream.write_all(&head(""));
        // It goes on until the client leaves.
        while written.is_ok() {
            written = stream.write_all(&piece);
        }
    });
    let bench = Bench::new();
    let (code, stdout, stderr) = bench.record(&[&addr]);
    serves.join().expect("it serves");
    assert_eq!(code, Some(1), "{stderr}");
    assert!(
        stderr.contains("has reached 67108864 bytes, which is the limit"),
        "{stderr}"
    );
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    let text = fs::read(bench.path("a.wire")).expect("it is there");
    assert!(
        (60 << 20..=64 << 20).contains(&text.len()),
        "{} bytes",
        text.len()
    );
    assert!(text.ends_with(b"which is the limit: what came behind this is not in it\n= open\n"));
}

#[cfg(unix)]
mod stopped {
    use std::io::Read;
    use std::process::{Child, Command, Stdio};
    use std::time::Instant;

    use super::*;

    fn begin(command: &mut Command) -> Child {
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the program was built")
    }

    fn end(mut child: Child) -> (Option<i32>, String) {
        let status = child.wait().expect("it ends");
        let mut stderr = String::new();
        child
            .stderr
            .take()
            .expect("piped")
            .read_to_string(&mut stderr)
            .expect("UTF-8");
        (status.code(), stderr)
    }

    fn wait_for(path: &Path, text: &str) {
        let began = Instant::now();
        while !fs::read_to_string(path).is_ok_and(|got| got.contains(text)) {
            assert!(began.elapsed() < Duration::from_secs(20), "no {text:?}");
            thread::sleep(5 * MS);
        }
    }

    #[test]
    fn ctrl_c_and_sigterm_close_the_file() {
        let serving = Serving::start(&[]);
        let url = format!("{}/endless?every=10ms", serving.addr);
        for signal in ["INT", "TERM"] {
            let bench = Bench::new();
            let path = bench.path("a.wire");
            let child = begin(command(&["record", &url, "--for", "60s", "-o"]).arg(&path));
            let part = bench.path("a.wire.part");
            wait_for(&part, "data: 3\n");
            // A crash would leave this.
            let text = fs::read(&part).expect("it is there");
            Recording::parse_beginning(&text).expect("it is the beginning of one");
            let pid = child.id().to_string();
            let sent = Command::new("kill").args(["-s", signal, &pid]).status();
            assert!(sent.expect("kill is everywhere").success());
            let (code, stderr) = end(child);
            assert_eq!((code, &*stderr), (Some(0), ""), "{signal}");
            let (text, _) = bench.read();
            assert!(
                text.contains("| data: 3\n") && text.ends_with("\n= open\n"),
                "{text}"
            );
        }
    }

    /// What a kill leaves is kept, and is in nobody's way that has another name.
    #[test]
    fn a_part_is_not_overwritten() {
        let serving = Serving::start(&[]);
        let url = format!("{}/endless?every=10ms", serving.addr);
        let bench = Bench::new();
        let (path, part) = (bench.path("a.wire"), bench.path("a.wire.part"));
        let mut child = begin(command(&["record", &url, "--for", "60s", "-o"]).arg(&path));
        wait_for(&part, "data: 3\n");
        for force in [&[][..], &["--force"]] {
            let (code, _, stderr) = bench.record(&[&[&*url], force].concat());
            assert_eq!(code, Some(1));
            assert!(
                stderr.contains("is being written by another recording"),
                "{stderr}"
            );
        }
        child.kill().expect("it runs");
        child.wait().expect("it ends");
        let left = fs::read(&part).expect("it is there");
        Recording::parse_beginning(&left).expect("it is the beginning of one");
        let (code, _, stderr) = bench.record(&[&url]);
        assert_eq!(code, Some(1));
        assert!(
            stderr.contains("is left of a recording that did not end"),
            "{stderr}"
        );
        assert_eq!(fs::read(&part).expect("it is there"), left);
        let (code, _, stderr) = bench.record(&[&url, "--force", "--events", "1"]);
        assert_eq!((code, &*stderr), (Some(0), ""));
        assert!(!part.exists());
        bench.read();
    }

    /// A file that may not grow is as a disk that is full.
    #[test]
    fn what_has_room_is_kept() {
        let serving = Serving::start(&[]);
        let url = format!("{}/endless?every=1ms", serving.addr);
        let bench = Bench::new();
        let path = bench.path("a.wire");
        let script = "trap '' XFSZ; ulimit -f 8; exec \"$@\"";
        let sse = command(&[]).get_program().to_owned();
        let mut limited = Command::new("sh");
        let args = ["record", &url, "--for", "60s", "-o"];
        limited
            .args(["-c", script, "sh"])
            .arg(sse)
            .args(args)
            .arg(&path);
        let (code, stderr) = end(begin(&mut limited));
        assert_eq!(code, Some(1), "{stderr}");
        assert!(
            stderr.contains("a.wire cannot be written (")
                && stderr.contains("what has room is kept"),
            "{stderr}"
        );
        let (text, recording) = bench.read();
        assert!(text.ends_with("\n= open\n"), "{text}");
        assert!((3000..=8192).contains(&text.len()), "{} bytes", text.len());
        let exchange = recording.exchanges().next().expect("there is one");
        let body = String::from_utf8(super::body(exchange)).expect("UTF-8");
        let events = body.matches("data: ").count();
        assert!(
            body.ends_with(&format!("\ndata: {events}\n\n")),
            "each is whole: {body}"
        );
    }
}
