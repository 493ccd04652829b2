//! Files of other programs: what is read of them, and what each that cannot be read is told.

use std::time::Duration;

use super::*;
use crate::recording::{FileFormat, Imported, PACE};

/// Time is micros here: the interval of each piece, and the piece.
pub(super) fn pieces(recording: &Recording) -> Vec<(u64, String)> {
    let pieces = recording.exchanges().flat_map(Exchange::pieces);
    pieces
        .map(|piece| {
            let micros = piece.interval.as_micros().try_into().unwrap_or(u64::MAX);
            (micros, String::from_utf8_lossy(&piece.bytes).into_owned())
        })
        .collect()
}

pub(super) fn any(file: impl AsRef<[u8]>) -> Imported {
    let shown = String::from_utf8_lossy(file.as_ref()).into_owned();
    let imported = Recording::parse_any(file).unwrap_or_else(|e| panic!("{shown}: {e}"));
    assert_eq!(read(&imported.recording.to_text()), imported.recording);
    imported
}

const PACED: u64 = PACE.as_micros() as u64;

#[test]
fn a_wire_file_is_read_as_it_is() {
    let imported = any(EXAMPLE);
    assert_eq!(imported.format, FileFormat::Wire);
    assert_eq!(imported.recording.to_text(), EXAMPLE);
    assert_eq!(imported.notes, [""; 0]);
    // As some editors of Windows save it.
    assert_eq!(
        any(format!("\u{feff}{EXAMPLE}")).recording.to_text(),
        EXAMPLE
    );
    let crlf = Recording::parse_any(EXAMPLE.replace('\n', "\r\n")).expect_err("CR LF");
    assert_eq!((crlf.kind, crlf.line), (Kind::Control, Some(1)));
}

#[test]
fn what_a_crash_left_is_read_up_to_its_last_whole_line() {
    for end in "wire 1\n".len()..EXAMPLE.len() - "\n".len() {
        let imported = any(&EXAMPLE[..end]);
        let lines = EXAMPLE[..end].matches('\n').count();
        let whole: String = EXAMPLE.split_inclusive('\n').take(lines).collect();
        if EXAMPLE[..end].ends_with("= cut") {
            continue;
        }
        assert_eq!(imported.format, FileFormat::WireBeginning, "{end}");
        assert_eq!(imported.recording.to_text(), format!("{whole}= open\n"));
        assert_eq!(imported.notes.len(), 1);
    }
    // A mistake in a whole line is one.
    let mistake = Recording::parse_any(b"wire 1\n?\n> GET").expect_err("a mistake");
    assert_eq!((mistake.kind, mistake.line), (Kind::Sign, Some(2)));
    let mistake = Recording::parse_any(b"wire 1\n= end\n?\n").expect_err("a mistake");
    assert_eq!((mistake.kind, mistake.line), (Kind::Sign, Some(3)));
}

#[test]
fn a_stream_of_events_has_one_pace() {
    let stream = ": hi\n\nid: 1\ndata: a\n\n\n\nevent: e\r\ndata: b\r\n\r\ndata: c\r\rdata: rest";
    let imported = any(stream);
    assert_eq!(imported.format, FileFormat::Events);
    let expected = [
        ": hi\n\n",
        "id: 1\ndata: a\n\n\n\n",
        "event: e\r\ndata: b\r\n\r\n",
        "data: c\r\r",
        "data: rest",
    ];
    assert_eq!(
        pieces(&imported.recording),
        expected.map(|piece| (PACED, piece.to_owned()))
    );
    assert!(imported.notes[0].contains("100 ms"), "{:?}", imported.notes);
    let text = imported.recording.to_text();
    assert!(text.contains("# The file has a body alone"), "{text}");
    assert!(text.ends_with("= end\n"), "{text}");
    // The mark of its bytes and a blank line before it stay.
    let marked = "\u{feff}\n\ndata: a\n\n";
    let all: String = pieces(&any(marked).recording)
        .into_iter()
        .map(|it| it.1)
        .collect();
    assert_eq!(all, marked);
}

#[test]
fn lines_of_json_are_pieces() {
    let imported = any("{\"a\":1}\n{\"a\":2}\r\n\n{\"done\":true}");
    assert_eq!(imported.format, FileFormat::JsonLines);
    let lines = ["{\"a\":1}\n", "{\"a\":2}\r\n", "\n", "{\"done\":true}"];
    assert_eq!(
        pieces(&imported.recording),
        lines.map(|line| (PACED, line.to_owned()))
    );
}

#[test]
fn what_curl_saved_has_its_head() {
    for ends in ["\n", "\r\n"] {
        let saved = "HTTP/1.1 100 Continue\n\nHTTP/1.1 301 Moved\nlocation: /b\n\n\
            HTTP/1.1 200 OK\nContent-Type: text/event-stream\n: odd\n\ndata: a\n\ndata: b\n\n";
        let imported = any(saved.replace('\n', ends));
        assert_eq!(imported.format, FileFormat::Curl);
        let exchange = imported.recording.exchanges().next().expect("one");
        let head: Vec<_> = exchange.response().map(String::from_utf8_lossy).collect();
        assert_eq!(head, ["HTTP/1.1 200 OK", "Content-Type: text/event-stream"]);
        assert_eq!(exchange.media_type().as_deref(), Some("text/event-stream"));
        let body = ["data: a\n\n", "data: b\n\n"].map(|it| (PACED, it.replace('\n', ends)));
        assert_eq!(pieces(&imported.recording), body);
        let notes = imported.notes.join(" ");
        assert!(notes.contains("2 others that are"), "{notes}");
        assert!(notes.contains("1 line of a head"), "{notes}");
    }
    let cut = any("HTTP/2 204 \r\nx: y");
    assert_eq!(
        cut.recording.exchanges().next().and_then(Exchange::status),
        Some(204)
    );
    assert_eq!(pieces(&cut.recording), []);
}

/// As `curl -v -N URL > FILE 2>&1` writes it.
#[test]
fn what_curl_says_beside_a_body_is_no_part_of_it() {
    let saved = "  % Total    % Received % Xferd\n\r  0     0 --:--:-- --:--:--     0*   Trying 127.0.0.1:8000...\n* Connected to localhost (127.0.0.1) port 8000\n\
        > GET /numbers HTTP/1.1\r\n> Host: localhost:8000\r\n> Accept: */*\r\n> \r\n\
        < HTTP/1.1 200 OK\r\n< content-type: text/event-stream\r\n< \r\n\
        { [12 bytes data]\ndata: 1\n\n{ [12 bytes data]\ndata: 2\n\n\
        \r100    87 --:--:-- --:--:-- --:--:--   428\n* transfer closed with outstanding read data remaining\n* Closing connection 0\n\
        curl: (18) transfer closed with outstanding read data remaining\n";
    let imported = any(saved);
    let exchange = imported.recording.exchanges().next().expect("one");
    assert_eq!(exchange.method_and_target(), Some(("GET", "/numbers")));
    assert_eq!(exchange.request_value("HOST"), Some("localhost:8000"));
    assert_eq!(exchange.end(), Some(End::Cut));
    let body = ["data: 1\n\n", "data: 2\n\n"].map(|it| (PACED, it.to_owned()));
    assert_eq!(pieces(&imported.recording), body);
    for (words, end) in [
        ("* Recv failure: Connection reset by peer\n", End::Reset),
        ("* Operation timed out after 1 ms\n", End::Timeout),
        ("* Connection #0 to host localhost left intact\n", End::End),
    ] {
        let saved = format!("> GET / HTTP/1.1\n>\n< HTTP/1.1 200 OK\n<\ndata: 1\n\n{words}");
        let ended = any(saved)
            .recording
            .exchanges()
            .next()
            .and_then(Exchange::end);
        assert_eq!(ended, Some(end), "{words}");
    }
}

#[test]
fn each_file_that_is_no_recording_is_told_what_it_is() {
    let cases: &[(&[u8], &str)] = &[
        (b"", "is empty"),
        (b" \r\n\n", "is empty"),
        (b"\x1f\x8b\x08\0\0\0", "is compressed"),
        (b"PK\x03\x04", "is compressed"),
        (b"\xff\xfed\0a\0", "UTF-16"),
        (b"<!doctype html><html>", "HTML"),
        (b"\n <html>", "HTML"),
        (b"\x89PNG\r\n\x1a\n\0\0", "is binary"),
        (b"\x7fELF\xff", "is binary"),
        (b"# Title\nwords of a page\n", "is text, but"),
        (b"{\"a\":1}", "no `log`"),
        (b"{\n\"a\":1}", "no `log`"),
        (b"[1]", "a list of JSON"),
        (b"{\"log\":{\"entries\":[]}}", "no entries"),
        (b"{\"log\":{\"version\":\"1.2\"}}", "no entries"),
        (b"{\"log\":{\"entries\":[", "ends too early"),
        (b"{\"log\":\n {\"entries\":[}", "Line 2: column "),
        (b"{\"log\":{\"entries\":{}}}", "HAR 1.2 does not have"),
        (
            b"HTTP/1.1 200 OK\r\n\r\n\x1f\x8b\x08",
            "`curl --compressed`",
        ),
        (b"HTTP/\r\n\r\n", ""),
    ];
    for (file, part) in cases {
        let shown = String::from_utf8_lossy(file);
        match Recording::parse_any(file) {
            Ok(imported) => assert!(part.is_empty(), "{shown}: {imported:?}"),
            Err(mistake) => {
                let sentence = mistake.to_string();
                assert_eq!(mistake.kind, Kind::Format, "{shown}");
                assert!(
                    sentence.contains(part) && !part.is_empty(),
                    "{shown}: {sentence}"
                );
                assert!(sentence.ends_with('.') && !sentence.contains("In a recording"));
            }
        }
    }
    let deep = format!("{{\"log\":{}", "[".repeat(1 << 20));
    assert!(Recording::parse_any(deep).is_err());
    let large = Recording::parse_any(vec![b'a'; MOST_BYTES + 1]).expect_err("it is large");
    assert!(large.to_string().contains("67108864 bytes"), "{large}");
}

/// Each of these takes seconds in a debug build, and hours if a byte were looked at once for each
/// line that follows it.
#[test]
fn time_is_linear() {
    const SIZE: usize = 1 << 20;
    let started = Instant::now();
    for file in [
        "data:\n\n".repeat(SIZE / 7),
        format!("data: a\n\n{}", "\n".repeat(SIZE)),
        format!("data: a\n\n{}", "\r".repeat(SIZE)),
        format!("HTTP/1.1 200 OK\n{}", "a: b\n".repeat(SIZE / 5)),
        "HTTP/1.1 100 Continue\n\n".repeat(SIZE / 23),
        format!("* a\n< HTTP/1.1 200 OK\n<\n{}", "{ [\n".repeat(SIZE / 4)),
        "{}\n".repeat(SIZE / 3),
        format!(
            "wire 1\n< HTTP/1.1 200 OK\n{}",
            "@ 1ms\n~ x\\\n".repeat(SIZE / 11)
        ),
    ] {
        let imported = any(file);
        let _ = imported.recording.exchanges().map(Exchange::pieces).count();
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(60), "it took {took:?}");
}
