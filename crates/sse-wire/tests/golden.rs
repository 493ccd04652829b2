//! Exact bytes, rule by rule: what the encoder writes, and what the decoder makes of odd streams.
//!
//! The tables stand in macros so that a rule stays one line, and reads as event or bytes =>
//! outcome.

use sse_wire::{Decoded, Decoder, Event, LineEnding, encode};

/// Rows of the encoder's table; a golden text holds LF where the line ending goes.
macro_rules! encodes {
    ($($rule:literal: { $($field:ident: $value:expr),* } => $golden:literal;)*) => {
        &[$(($rule, {
            let event = Event::default();
            $(let event = Event { $field: Some($value), ..event };)*
            event
        }, $golden)),*]
    };
}

/// Rows of the decoder's tables: what is handed out and, where it matters, a value afterwards.
macro_rules! decodes {
    ($($rule:literal: $bytes:expr => [$($seen:expr),*] $(, $value:ident: $golden:expr)?;)*) => {$(
        let decoder = read_at_any_chunking($rule, $bytes, &[$($seen),*]);
        $(assert_eq!(decoder.$value(), $golden, $rule);)?
        drop(decoder);
    )*};
}

#[test]
fn encoder_writes_exactly() {
    let table: &[(&str, Event<'_>, &str)] = encodes! {
        "nothing at all": {} => "";

        "data": { data: "x" } => "data: x\n\n";
        "empty data": { data: "" } => "data: \n\n";
        "a leading space survives": { data: " x" } => "data:  x\n\n";
        "data of one space": { data: " " } => "data:  \n\n";
        "data that looks like a field": { data: "id: 9" } => "data: id: 9\n\n";
        "LF in data": { data: "a\nb" } => "data: a\ndata: b\n\n";
        "CR in data": { data: "a\rb" } => "data: a\ndata: b\n\n";
        "CRLF in data is one end": { data: "a\r\nb" } => "data: a\ndata: b\n\n";
        "LFCR in data is two": { data: "a\n\rb" } => "data: a\ndata: \ndata: b\n\n";
        "data that ends with a line end": { data: "a\n" } => "data: a\ndata: \n\n";
        "data of a line end": { data: "\r\n" } => "data: \ndata: \n\n";
        "NUL in data is text": { data: "a\0b" } => "data: a\0b\n\n";
        "a BOM in data is text": { data: "\u{FEFF}" } => "data: \u{FEFF}\n\n";
        "other line separators are text": { data: "\u{85}\u{2028}\x0B" } => "data: \u{85}\u{2028}\x0B\n\n";
        "lines longer and shorter than a block of the scan":
            { data: "0123456789012345678901234567890123456789\n0123456789\r" } =>
            "data: 0123456789012345678901234567890123456789\ndata: 0123456789\ndata: \n\n";

        "event name": { event: "tick", data: "x" } => "event: tick\ndata: x\n\n";
        "empty event name": { event: "", data: "x" } => "data: x\n\n";
        "empty event name alone": { event: "" } => "";
        "event name of line ends": { event: "\r\n", data: "x" } => "data: x\n\n";
        "line ends in the event name": { event: "\ra\r\ndata: b\n" } => "event: adata: b\n\n";
        "NUL in the event name is text": { event: "\0" } => "event: \0\n\n";

        "id": { id: "7", data: "x" } => "id: 7\ndata: x\n\n";
        "id alone": { id: "7" } => "id: 7\n\n";
        "an empty id resets": { id: "" } => "id: \n\n";
        "line ends and NUL in the id": { id: "\0a\r\nid: b\0\n" } => "id: aid: b\n\n";
        "an id of nothing that fits resets": { id: "\r\0\n" } => "id: \n\n";
        "an id with spaces around": { id: " 7 " } => "id:  7 \n\n";

        "retry": { retry: 1000 } => "retry: 1000\n\n";
        "least retry": { retry: 0 } => "retry: 0\n\n";
        "most retry": { retry: u64::MAX } => "retry: 18446744073709551615\n\n";

        "comment alone": { comment: "ping" } => ": ping\n\n";
        "empty comment": { comment: "" } => ": \n\n";
        "comment lines": { comment: "a\r\nb\rc\nd" } => ": a\n: b\n: c\n: d\n\n";
        "a comment with line ends around": { comment: "\ndata: x\n" } => ": \n: data: x\n: \n\n";

        "everything, in order":
            { data: "d\nd", id: "i", event: "e", retry: 20, comment: "c" } =>
            ": c\nretry: 20\nevent: e\nid: i\ndata: d\ndata: d\n\n";
    };
    for (rule, event, golden) in table {
        for ending in [LineEnding::Lf, LineEnding::CrLf, LineEnding::Cr] {
            let end = str::from_utf8(ending.as_bytes()).expect("line endings are ASCII");
            let mut out = b"before".to_vec();
            encode(event, ending, &mut out);
            let out = String::from_utf8(out).expect("text encodes to text");
            assert_eq!(
                out,
                format!("before{}", golden.replace('\n', end)),
                "{rule}, {ending:?}"
            );
        }
    }
}

#[test]
fn line_endings_are_their_bytes() {
    assert_eq!(LineEnding::default(), LineEnding::Lf);
    assert_eq!(LineEnding::Lf.as_bytes(), b"\n");
    assert_eq!(LineEnding::CrLf.as_bytes(), b"\r\n");
    assert_eq!(LineEnding::Cr.as_bytes(), b"\r");
}

/// What the decoder handed out, in a form that a table can hold.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Event(String, String, String),
    Comment(String),
    Retry(u64),
}

impl From<Decoded<'_>> for Seen {
    fn from(decoded: Decoded<'_>) -> Self {
        match decoded {
            Decoded::Event {
                event,
                data,
                last_event_id,
            } => Self::Event(event.to_owned(), data.to_owned(), last_event_id.to_owned()),
            Decoded::Comment(text) => Self::Comment(text.to_owned()),
            Decoded::Retry(retry) => Self::Retry(retry),
        }
    }
}

fn event(event: &str, data: &str, last_event_id: &str) -> Seen {
    Seen::Event(event.to_owned(), data.to_owned(), last_event_id.to_owned())
}

fn data(data: &str) -> Seen {
    event("message", data, "")
}

fn comment(text: &str) -> Seen {
    Seen::Comment(text.to_owned())
}

fn push(decoder: &mut Decoder, bytes: &[u8]) -> Vec<Seen> {
    let mut seen = Vec::new();
    decoder
        .push(bytes, |decoded| seen.push(decoded.into()))
        .expect("the stream is within the limit");
    seen
}

/// Reads the stream whole, in two pieces cut at every place, and byte by byte.
fn read_at_any_chunking(rule: &str, bytes: impl AsRef<[u8]>, golden: &[Seen]) -> Decoder {
    let bytes = bytes.as_ref();
    for cut in 0..bytes.len() {
        let mut decoder = Decoder::new();
        let mut seen = push(&mut decoder, &bytes[..cut]);
        seen.extend(push(&mut decoder, &bytes[cut..]));
        assert_eq!(seen, golden, "{rule}, cut at {cut}");
    }
    let mut decoder = Decoder::new();
    let seen: Vec<Seen> = bytes
        .iter()
        .flat_map(|byte| push(&mut decoder, &[*byte]))
        .collect();
    assert_eq!(seen, golden, "{rule}, byte by byte");
    decoder
}

#[test]
fn decoder_reads_lines_and_fields() {
    decodes! {
        "nothing": b"" => [];
        "LF": b"data: x\n\n" => [data("x")];
        "CRLF": b"data: x\r\n\r\n" => [data("x")];
        "CR": b"data: x\r\r" => [data("x")];
        "ends mixed": b"data: a\rdata: b\r\ndata: c\n\r\ndata: d\n\r" => [data("a\nb\nc"), data("d")];
        "LFCR is two ends": b"data: a\n\rdata: b\n\n" => [data("a"), data("b")];
        "blank lines": b"\n\r\n\r\r\n\n" => [];
        "a tail without a line end": b"data: a\n\ndata: b" => [data("a")];
        "a tail without a blank line": b"data: a\n\ndata: b\n" => [data("a")];

        "one space is dropped": b"data:x\n\ndata: x\n\ndata:  x\n\n" => [data("x"), data("x"), data(" x")];
        "a tab is not a space": b"data:\tx\n\n" => [data("\tx")];
        "the first colon divides": b"data::x: y\n\n" => [data(":x: y")];
        "names are exact": b"Data: x\n data: x\ndata : x\ndatax: x\ndat: x\n\n" => [];
        // The web platform tests' format-field-parsing.
        "NUL in a name makes it another": b"data\0: x\n\0data: x\nda\0ta: x\ndata: a\n\n" => [data("a")];
        "unknown fields are ignored": b"x: y\ndata: a\nnonsense\n\n" => [data("a")];

        "data lines are joined": b"data: a\ndata:\ndata: b\n\n" => [data("a\n\nb")];
        "data with an empty value": b"data:\n\ndata: \n\n" => [data(""), data("")];
        "bare data": b"data\n\n" => [data("")];
        "two bare data lines": b"data\ndata\n\n" => [data("\n")];
        "NUL in data is text": b"data: \0\n\n" => [data("\0")];
        "no data, no event": b"event: x\n\nid\n\nretry: x\n\n" => [];

        "the event name": b"event: tick\ndata: x\n\n" => [event("tick", "x", "")];
        "the last event name counts": b"event: a\nevent: b\ndata: x\n\n" => [event("b", "x", "")];
        "an empty event name": b"event: a\nevent\ndata: x\n\n" => [data("x")];
        "a name is for one event": b"event: a\ndata: x\n\ndata: y\n\n" => [event("a", "x", ""), data("y")];
        "and forgotten without data": b"event: a\n\ndata: y\n\n" => [data("y")];

        "a comment": b": ping\n\n" => [comment("ping")];
        "a comment in an event": b"data: a\n:b\ndata: c\n\n" => [comment("b"), data("a\nc")];
        "comments lose one space": b":\n: \n:  x\n" => [comment(""), comment(""), comment(" x")];
        "a comment of a colon": b"::\n" => [comment(":")];
    }
}

#[test]
fn decoder_reads_ids() {
    let x_7 = || event("message", "x", "7");
    decodes! {
        "an id": b"id: 7\ndata: x\n\n" => [x_7()], last_event_id: "7";
        "an id stays": b"id: 7\ndata: x\n\ndata: x\n\n" => [x_7(), x_7()], last_event_id: "7";
        "an id behind its data": b"data: x\nid: 7\n\n" => [x_7()], last_event_id: "7";
        "an id without data": b"id: 7\n\ndata: x\n\n" => [x_7()], last_event_id: "7";
        "the last id counts": b"id: 8\nid: 7\ndata: x\n\n" => [x_7()], last_event_id: "7";
        "an id needs its blank line": b"id: 7\n\nid: 8\n" => [], last_event_id: "7";
        "an id with NUL is ignored": b"id: 7\n\nid: 8\0\ndata: x\n\n" => [x_7()], last_event_id: "7";
        "and undoes none before it": b"id: 7\nid: \0\n\n" => [], last_event_id: "7";
        "a bare id resets": b"id: 7\n\nid\ndata: x\n\n" => [data("x")], last_event_id: "";
        "an id with an empty value resets": b"id: 7\n\nid:\ndata: x\n\n" => [data("x")], last_event_id: "";
        "also behind a space": b"id: 7\n\nid: \n\n" => [], last_event_id: "";
        "spaces but the first belong to it": b"id:  7 \n\n" => [], last_event_id: " 7 ";
    }
}

#[test]
fn decoder_reads_retry() {
    let most = u64::MAX;
    decodes! {
        "digits": b"retry: 1000\n" => [Seen::Retry(1000)], retry: Some(1000);
        "digits without a space": b"retry:0\n" => [Seen::Retry(0)], retry: Some(0);
        "decimal, not octal": b"retry: 010\n" => [Seen::Retry(10)], retry: Some(10);
        "the last counts": b"retry: 1\nretry: 2\n" => [Seen::Retry(1), Seen::Retry(2)], retry: Some(2);
        "the largest": b"retry: 18446744073709551615\n" => [Seen::Retry(most)], retry: Some(most);
        "one more": b"retry: 18446744073709551616\n" => [Seen::Retry(most)], retry: Some(most);
        "many more": b"retry: 10000000000000000000000\n" => [Seen::Retry(most)], retry: Some(most);
        "a sign": b"retry: -1\nretry: +1\n" => [], retry: None;
        "a unit": b"retry: 5\nretry: 10ms\n" => [Seen::Retry(5)], retry: Some(5);
        "a fraction": b"retry: 1.5\n" => [], retry: None;
        "a space too many": b"retry:  1\nretry: 1 \n" => [], retry: None;
        "digits of another script": "retry: \u{661}\n" => [], retry: None;
        "no digit": b"retry\nretry:\nretry: \n" => [], retry: None;
        "a retry needs its line end": b"retry: 1000" => [], retry: None;
        "but no blank line": b"retry: 1000\r" => [Seen::Retry(1000)], retry: Some(1000);
    }
}

#[test]
fn decoder_reads_utf8_as_the_standard_does() {
    let bad = |times| data(&"\u{FFFD}".repeat(times));
    decodes! {
        "a byte order mark": b"\xEF\xBB\xBFdata: x\n\n" => [data("x")];
        "before a comment": b"\xEF\xBB\xBF:x\n" => [comment("x")];
        "before a blank line": b"\xEF\xBB\xBF\ndata: x\n\n" => [data("x")];
        "only one": b"\xEF\xBB\xBF\xEF\xBB\xBFdata: x\n\n" => [];
        "only at the start": b"\n\xEF\xBB\xBFdata: x\n\n" => [];
        "only a whole one": b"\xEF\xBBdata: x\n\n" => [];
        "in data it is text": b"data: \xEF\xBB\xBF\n\n" => [data("\u{FEFF}")];

        "long sequences": "data: é€😀\n\n" => [data("é€😀")];
        "a byte that never occurs": b"data: a\xFFb\n\n" => [data("a\u{FFFD}b")];
        "a lone continuation": b"data: \x80\x80\n\n" => [bad(2)];
        "cut short is one": b"data: \xE2\x82x\n\n" => [data("\u{FFFD}x")];
        "cut short by LF": b"data: \xF0\x9F\x98\ndata: x\n\n" => [data("\u{FFFD}\nx")];
        "cut short by CR": b"data: \xE2\x82\r\r" => [bad(1)];
        "overlong is one for each byte": b"data: \xC0\x80\n\n" => [bad(2)];
        "a surrogate is three": b"data: \xED\xA0\x80\n\n" => [bad(3)];
        "beyond Unicode is four": b"data: \xF4\x90\x80\x80\n\n" => [bad(4)];

        "in a name it is no known field": b"data\xFF: x\n\n" => [];
        "in an event name": b"event: \xFF\ndata: x\n\n" => [event("\u{FFFD}", "x", "")];
        "in an id": b"id: \xFF\ndata: x\n\n" => [event("message", "x", "\u{FFFD}")];
        "an overlong NUL is none": b"id: \xC0\x80\n\n" => [], last_event_id: "\u{FFFD}\u{FFFD}";
        "in a comment": b":\xFF\n" => [comment("\u{FFFD}")];
    }
}

/// A client on a CR stream must not wait for the next event to learn that this one is complete.
#[test]
fn an_event_is_handed_out_at_the_cr_of_its_blank_line() {
    let mut decoder = Decoder::new();
    assert_eq!(push(&mut decoder, b"data: a\r"), []);
    assert_eq!(push(&mut decoder, b"\r"), [data("a")]);
    // The LF that follows belongs to that CR, also behind an empty read, and only one does.
    assert_eq!(push(&mut decoder, b""), []);
    assert_eq!(push(&mut decoder, b"\n"), []);
    assert_eq!(push(&mut decoder, b"data: b\r\n\r"), [data("b")]);
    assert_eq!(push(&mut decoder, b"\ndata: c\n\n"), [data("c")]);
}

/// The id of an event that a cut leaves unfinished must not be brought along: the client never saw
/// that event.
#[test]
fn an_id_counts_from_its_blank_line_on() {
    let mut decoder = Decoder::new();
    push(&mut decoder, b"id: 1\ndata: a\n\nid: 2\ndata: b\n");
    assert_eq!(decoder.last_event_id(), "1");
    push(&mut decoder, b"\n");
    assert_eq!(decoder.last_event_id(), "2");
}

/// A client that came back with an id, and was then sent an empty one, went on sending the old id:
/// that this stream named an id could not be told from that it named none.
#[test]
fn an_empty_id_is_named_too() {
    for empty in ["id\n\n", "id:\n\n", "id: \ndata: x\n\n"] {
        let mut decoder = Decoder::new();
        push(&mut decoder, b": hello\ndata: x\n\n");
        assert_eq!(decoder.named_id(), None);
        push(&mut decoder, empty.as_bytes());
        assert_eq!(decoder.named_id(), Some(""), "{empty:?}");
    }
}
