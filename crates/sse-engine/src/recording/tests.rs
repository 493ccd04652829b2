//! What a person reads and writes in such a file, and what each mistake is told.

mod diff;
mod foreign;
mod har;
mod properties;
mod recorder;

use std::time::Instant;

use super::*;

/// The example of docs/RECORDING.md.
const EXAMPLE: &str = r#"wire 1
# recorded 2026-11-27T10:00:00Z by sse 0.5.0; 2 secrets kept back
> POST /v1/chat/completions HTTP/1.1
> content-type: application/json
> authorization: [kept back]
>| {"model":"m","stream":true}
@ 412ms
< HTTP/1.1 200 OK
< content-type: text/event-stream
@ 35ms
| data: {"delta":"Hel\n"}
|
@ 80ms
~ data: {"delta":"caf\xc3\
@ 1ms
~ \xa9"}
|
@ 15s
~ : keep-alive\r
! cut,half
= cut
"#;

fn read(text: &str) -> Recording {
    Recording::parse(text).unwrap_or_else(|mistake| panic!("{text}: {mistake}"))
}

/// A file with this body, its lines as they stand.
fn with_body(lines: &str) -> String {
    format!("wire 1\n< HTTP/1.1 200 OK\n{lines}= end\n")
}

#[test]
fn the_example_is_read_and_written_the_same() {
    let recording = read(EXAMPLE);
    assert_eq!(recording.to_text(), EXAMPLE);
    assert_eq!(recording.to_string(), EXAMPLE);
    let exchange = recording.exchanges().next().expect("there is one");
    assert_eq!(
        exchange.method_and_target(),
        Some(("POST", "/v1/chat/completions"))
    );
    assert_eq!(exchange.request().count(), 3);
    assert_eq!(
        exchange.request_body(),
        b"{\"model\":\"m\",\"stream\":true}\n"
    );
    assert_eq!(exchange.response().next(), Some(&b"HTTP/1.1 200 OK"[..]));
    let pieces = exchange.pieces();
    let pieces: Vec<_> = pieces
        .iter()
        .map(|piece| (piece.interval.as_millis(), &piece.bytes[..]))
        .collect();
    let expected: [(u128, &[u8]); 4] = [
        (35, b"data: {\"delta\":\"Hel\\n\"}\n\n"),
        (80, b"data: {\"delta\":\"caf\xc3"),
        (1, b"\xa9\"}\n\n"),
        (15_000, b": keep-alive\r\n"),
    ];
    assert_eq!(pieces, expected);
    assert_eq!(
        exchange
            .faults()
            .map(ToString::to_string)
            .collect::<Vec<_>>(),
        ["cut,half"]
    );
    assert_eq!(exchange.end(), Some(End::Cut));
}

#[test]
fn what_a_person_writes_otherwise_becomes_canonical() {
    let cases = [
        ("~ data: a\n", "| data: a\n"),
        ("~ a\\\n~ b\n", "| ab\n"),
        ("| a \n", "~ a\\x20\n"),
        ("| \n", "|\n"),
        ("| a\tb\n", "~ a\\tb\n"),
        ("~ \\xC3\\xA9\n", "| é\n"),
        ("~ a\\nb\n", "| a\n| b\n"),
        ("@ 1500ms\n", "@ 1.5s\n"),
        ("@ 0.250s\n", "@ 250ms\n"),
        ("@ 0.5ms\n", "@ 0.5ms\n"),
        ("@ 1000.001ms\n", "@ 1s\n"),
        ("@ 80ms gzip=31 chunk=24\n", "@ 80ms chunk=24 gzip=31\n"),
        ("! cut,after=3,half\n", "! cut,half,after=3\n"),
        ("#note \n", "# note\n"),
        ("<~ age: \\xff\\\\\n", "<~ age: \\xff\\\\\n"),
        ("<~ age: 1\n", "< age: 1\n"),
    ];
    for (written, canonical) in cases {
        let expected = with_body(canonical);
        assert_eq!(read(&with_body(written)).to_text(), expected, "{written}");
        assert_eq!(read(&expected).to_text(), expected, "{canonical}");
    }
}

#[test]
fn most_line_ends_decide_the_setting() {
    let mostly = "wire 1\n% ends crlf\n# a\n< HTTP/1.1 200 OK\n| a\n|\n~ b\\n\\\n= end\n";
    let recording = read(mostly);
    let pieces = recording.exchanges().next().expect("one").pieces();
    assert_eq!(pieces[0].bytes, b"a\r\n\r\nb\n");
    assert_eq!(recording.to_text(), mostly);
    // Half is not most.
    let half = "wire 1\n% ends crlf\n< HTTP/1.1 200 OK\n| a\n~ b\\n\\\n= end\n";
    assert_eq!(read(half).to_text(), with_body("~ a\\r\n| b\n"));
}

#[test]
fn exchanges_and_notes_stay_in_their_places() {
    let text =
        "wire 1\n# a\n> GET / HTTP/1.1\n# b\n= cut\n# c\n==\n#\n> GET /2 HTTP/1.1\n= open\n# d\n";
    let recording = read(text);
    assert_eq!(recording.to_text(), text);
    let targets: Vec<_> = recording
        .exchanges()
        .filter_map(Exchange::method_and_target)
        .map(|(_, target)| target)
        .collect();
    assert_eq!(targets, ["/", "/2"]);
}

#[test]
fn a_beginning_is_read_up_to_its_last_whole_line() {
    for end in 0..EXAMPLE.len() {
        let beginning = Recording::parse_beginning(&EXAMPLE[..end]);
        if end < "wire 1\n".len() {
            assert_eq!(
                beginning.map_err(|mistake| mistake.kind),
                Err(Kind::FirstLine)
            );
            continue;
        }
        let lines = EXAMPLE[..end].matches('\n').count();
        let whole: String = EXAMPLE.split_inclusive('\n').take(lines).collect();
        let expected = format!("{whole}= open\n");
        assert_eq!(beginning.map(|b| b.to_text()), Ok(expected), "{end}");
    }
    let whole = Recording::parse_beginning(EXAMPLE);
    assert_eq!(whole.map(|whole| whole.to_text()), Ok(EXAMPLE.to_owned()));
}

#[test]
fn each_mistake_has_its_kind_its_line_and_a_sentence() {
    let cases: &[(&[u8], Kind, usize, &str)] = &[
        (b"", Kind::FirstLine, 1, "begins with the line `wire 1`"),
        (b"wire 2\n= end\n", Kind::FirstLine, 1, "`wire 1`"),
        (b"wire 1\n# \xff\n= end\n", Kind::Utf8, 2, "not UTF-8"),
        (b"wire 1\n= end\r\n", Kind::Control, 2, "LF line ends"),
        (b"wire 1\n\n= end\n", Kind::Sign, 2, "a line begins with"),
        (b"wire 1\n?\n", Kind::Sign, 2, "a line begins with"),
        (b"wire 1\n>GET / HTTP/1.1\n", Kind::Sign, 2, "a space"),
        (b"wire 1\n= end\n== x\n", Kind::Sign, 3, "a line begins"),
        (b"wire 1\n% pace 3\n", Kind::Setting, 2, "`% ends crlf`"),
        (
            b"wire 1\n@ 1s\n% ends crlf\n",
            Kind::Setting,
            3,
            "above the first",
        ),
        (b"wire 1\n@\n", Kind::Wait, 2, "a time in ms or s"),
        (b"wire 1\n@ 1.0005s\n", Kind::Wait, 2, "three decimals"),
        (b"wire 1\n@ +1s\n", Kind::Wait, 2, "a time"),
        (b"wire 1\n@ 99999999999999999s\n", Kind::Wait, 2, "a time"),
        (
            b"wire 1\n@ 1s chunk=1 chunk=1\n",
            Kind::Wait,
            2,
            "once each",
        ),
        (b"wire 1\n@ 1s br=1\n", Kind::Wait, 2, "`gzip=N`"),
        (
            b"wire 1\n< HTTP/2 200\n~ \\q\n",
            Kind::Escape,
            3,
            "a backslash",
        ),
        (
            b"wire 1\n< HTTP/2 200\n~ \\x+1\n",
            Kind::Escape,
            3,
            "`\\xNN`",
        ),
        (b"wire 1\n<~ HTTP/2 200\\\n", Kind::Escape, 2, "a body"),
        (b"wire 1\n! cut,afte=3\n", Kind::Fault, 2, "column 7: "),
        (
            b"wire 1\n> GET /\n",
            Kind::RequestHead,
            2,
            "`> GET /path HTTP/1.1`",
        ),
        (
            b"wire 1\n> GET / HTTP/1.1\n> a b\n",
            Kind::RequestHead,
            3,
            "fields",
        ),
        (
            b"wire 1\n< age: 1\n",
            Kind::ResponseHead,
            2,
            "`< HTTP/1.1 200 OK`",
        ),
        (b"wire 1\n| a\n", Kind::Order, 2, "the order is"),
        (b"wire 1\n>| a\n", Kind::Order, 2, "the order is"),
        (b"wire 1\n= end\n@ 1s\n", Kind::Order, 3, "the order is"),
        (b"wire 1\n==\n", Kind::Order, 2, "the order is"),
        (b"wire 1\n= end\n= end\n", Kind::Order, 3, "the order is"),
        (b"wire 1\n= ended\n", Kind::EndWord, 2, "`= timeout`"),
        (b"wire 1\n@ 1s\n", Kind::NoEnd, 2, "`= end`"),
        (b"wire 1\n= end\n==\n", Kind::NoEnd, 3, "`= end`"),
    ];
    for (text, kind, line, part) in cases {
        let shown = String::from_utf8_lossy(text);
        let mistake = Recording::parse(text).expect_err(&shown);
        assert_eq!(
            (mistake.kind, mistake.line),
            (*kind, Some(*line)),
            "{shown}"
        );
        assert!(mistake.sentence().contains(part), "{shown}: {mistake}");
        assert!(mistake.sentence().ends_with('.'), "{mistake}");
        assert!(mistake.to_string().starts_with(&format!("Line {line}: ")));
    }
    let mistake = Recording::parse(vec![b'\n'; MOST_BYTES + 1]).expect_err("it is too large");
    assert_eq!((mistake.kind, mistake.line), (Kind::TooLarge, Some(1)));
    assert!(mistake.sentence().contains("67108864 bytes at most"));
}

#[test]
fn what_has_no_spelling_is_not_pushed() {
    let mut recording = Recording::new();
    let mut push = |step| recording.push(step).map_err(|mistake| mistake.kind);
    assert_eq!(push(Step::Note("a\nb".into())), Err(Kind::Control));
    let request = Step::Request("GET /\u{7f} HTTP/1.1".into());
    assert_eq!(push(request), Err(Kind::RequestHead));
    assert_eq!(push(Step::Bytes(b"a".into())), Err(Kind::Order));
    let response = Step::Response(b"HTTP/1.1 200 OK\n".into());
    assert_eq!(push(response), Err(Kind::ResponseHead));
    let fault = Fault::new(crate::fault::Act::Insert("a\nb".into()));
    let printed = fault.to_string();
    let pushed = push(Step::Fault(Box::new(fault)));
    assert_eq!(pushed.is_err(), printed.contains('\n'), "{printed}");
    assert!(!recording.to_text().contains("a\nb"));
}

#[test]
fn secrets_are_kept_back() {
    let text = "wire 1\n> GET http://ann:pw@h/a?api_key=1&x=2&token=3#key=4 HTTP/1.1
> Authorization: Bearer 1\n> X-Goog-Api-Key:2\n> x-my-token: 3\n> accept: */*
>| {\"token\":\"stays\"}\n< HTTP/1.1 200 OK\n< set-cookie: a=b
< location: //u@h/?token=1\n< location: /a?b=//c@d\n| key=stays\n= end\n";
    let clean = "wire 1\n> GET http://[kept-back]@h/a?api_key=[kept-back]&x=2&token=[kept-back]#key=[kept-back] HTTP/1.1
> Authorization: [kept back]\n> X-Goog-Api-Key: [kept back]\n> x-my-token: [kept back]\n> accept: */*
>| {\"token\":\"stays\"}\n< HTTP/1.1 200 OK\n< set-cookie: [kept back]
< location: //[kept-back]@h/?token=[kept-back]\n< location: /a?b=//c@d\n| key=stays\n= end\n";
    let (recording, secrets) = read(text).without_secrets();
    assert_eq!((recording.to_text(), secrets), (clean.to_owned(), 10));
    assert_eq!(read(clean).without_secrets(), (recording, 0));
    for name in [
        "Cookie",
        "proxy-authorization",
        "api-key",
        "xi-api-key",
        "X-API-Key",
    ] {
        assert!(is_secret(name), "{name}");
    }
    assert!(!is_secret("last-event-id") && !is_secret("keyboard"));
}

/// Each of these takes seconds in a debug build, and hours if a byte were looked at once for each
/// line that follows it.
#[test]
fn time_is_linear() {
    const SIZE: usize = 1 << 20;
    let started = Instant::now();
    for lines in [
        "|\n".repeat(SIZE / 2),
        "~ \\\n".repeat(SIZE / 4),
        "@ 1s\n~ \\xff\\\n".repeat(SIZE / 16),
        "# a\n! cut\n".repeat(SIZE / 16),
        format!("| {}\n", "x".repeat(SIZE)),
        format!("~ {}\n", "\\xff".repeat(SIZE / 4)),
        format!("< a: {}\n", "é ".repeat(SIZE / 4)),
        "< location: //@?key=1\n".repeat(SIZE / 32),
    ] {
        let recording = read(&with_body(&lines));
        let text = recording.to_text();
        assert_eq!(read(&text), recording);
        let _ = recording.exchanges().next().expect("one").pieces();
        let _ = recording.without_secrets();
    }
    let took = started.elapsed();
    assert!(took < Duration::from_secs(30), "it took {took:?}");
}
