//! What a recorder wrote is read as what was pushed, and is canonical.

use std::time::{Duration, SystemTime};

use proptest::collection::vec;
use proptest::prelude::*;

use super::read;
use crate::recording::{
    End, Exchange, PieceSizes, Recorder, Recording, RecordingMistakeKind, Secrets,
};

const BEGAN: SystemTime = SystemTime::UNIX_EPOCH;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

/// The whole text of a recording that is closed now.
fn closed(mut recorder: Recorder, at: Duration, before: &str) -> String {
    recorder.close(at);
    let text = format!("{before}{}", recorder.take());
    let whole = recorder.whole(text.as_bytes()).expect("it is a recording");
    assert_eq!(recorder.is_whole(), whole == text, "{text}");
    whole
}

fn opening(secrets: &str) -> String {
    format!(
        "wire 1\n# recorded 1970-01-01T00:00:00Z by sse {}; {secrets}\n\
         # bodies are as they were: read them before you share this file\n",
        env!("CARGO_PKG_VERSION")
    )
}

fn begun(secrets: Secrets) -> Recorder {
    let mut recorder = Recorder::new(BEGAN, secrets);
    let fields: [(&str, &[u8]); 3] = [
        ("host", b"h"),
        ("authorization", b"Bearer 1"),
        ("x-odd", b"\xff"),
    ];
    recorder
        .request(ms(0), "POST /a?key=2 HTTP/1.1", fields)
        .expect("it is first");
    recorder.request_body(b"{\"a\":").expect("it has room");
    recorder.request_body(b"1}\n").expect("it has room");
    let head: [&[u8]; 3] = [b"HTTP/1.1 200 OK", b"Set-Cookie: a=b", b"content-type: x"];
    recorder.response(ms(412), head).expect("it is second");
    recorder
}

#[test]
fn a_recording_is_written_as_it_happens() {
    let mut recorder = begun(Secrets::KeptBack);
    let first = recorder.take();
    let head = format!(
        "{}> POST /a?key=[kept-back] HTTP/1.1\n> host: h\n> authorization: [kept back]\n\
         # a field of the request is left out, because no line can hold it: x-odd\n\
         >| {{\"a\":1}}\n@ 412ms\n\
         < HTTP/1.1 200 OK\n< Set-Cookie: [kept back]\n< content-type: x\n",
        opening("3 secrets kept back")
    );
    assert_eq!(first, head);
    let sizes = PieceSizes {
        chunk: Some(24),
        gzip: Some(31),
    };
    recorder
        .piece(ms(492), b"data: caf\xc3", sizes)
        .expect("it has room");
    assert_eq!(
        recorder.take(),
        "@ 80ms chunk=24 gzip=31\n~ data: caf\\xc3\\\n"
    );
    recorder
        .piece(ms(492), b"\xa9\n\n", PieceSizes::default())
        .expect("it has room");
    recorder
        .piece(ms(493), b"", PieceSizes::default())
        .expect("it is nothing");
    recorder
        .fault(ms(493), "cut,half".parse().expect("a fault"))
        .expect("it has room");
    recorder.end(ms(493), End::Cut).expect("it has room");
    let then = "@ 0ms\n~ \\xa9\n|\n@ 1ms\n! cut,half\n= cut\n";
    assert_eq!(recorder.take(), then);
    // A client that comes back.
    recorder
        .request(ms(3493), "GET /a?token=7 HTTP/1.1", [])
        .expect("the next");
    recorder.end(ms(3500), End::Reset).expect("it has room");
    let text = [
        head,
        "@ 80ms chunk=24 gzip=31\n~ data: caf\\xc3\\\n".into(),
        then.into(),
    ]
    .concat();
    let all = format!("{text}==\n@ 3s\n> GET /a?token=[kept-back] HTTP/1.1\n@ 7ms\n= reset\n");
    let whole = closed(recorder, ms(9000), &text);
    // The note has the count of all exchanges.
    assert_eq!(whole, all.replace("3 secrets", "4 secrets"));
    assert_eq!(read(&whole).to_text(), whole);
}

#[test]
fn secrets_are_written_where_that_is_asked_for() {
    let mut recorder = begun(Secrets::Written);
    let url = recorder.url("http://u:p@h/?key=1");
    recorder.note(&format!("from\n{url}")).expect("it has room");
    let whole = closed(recorder, ms(412), "");
    assert!(whole.starts_with(&opening("secrets are in it")), "{whole}");
    for secret in ["Bearer 1", "key=2", "a=b", "# from http://u:p@h/?key=1\n"] {
        assert!(whole.contains(secret), "{secret}: {whole}");
    }
    let mut recorder = begun(Secrets::KeptBack);
    assert_eq!(
        recorder.url("http://u:p@h/?key=1"),
        "http://[kept-back]@h/?key=[kept-back]"
    );
    assert_eq!(recorder.kept_back(), 5);
}

#[test]
fn most_line_ends_are_known_at_the_end_only() {
    let mut recorder = Recorder::new(BEGAN, Secrets::KeptBack);
    let status: &[u8] = b"HTTP/2 200";
    recorder.response(ms(0), [status]).expect("it is first");
    recorder
        .piece(ms(1), b"data: a\r\n", PieceSizes::default())
        .expect("it has room");
    let text = recorder.take();
    assert!(text.ends_with("~ data: a\\r\n"), "{text}");
    recorder
        .piece(ms(2), b"\r\n", PieceSizes::default())
        .expect("it has room");
    let whole = closed(recorder, ms(2), &text);
    assert!(
        whole.starts_with("wire 1\n% ends crlf\n# recorded "),
        "{whole}"
    );
    assert!(
        whole.ends_with("@ 1ms\n| data: a\n@ 1ms\n|\n= open\n"),
        "{whole}"
    );
}

#[test]
fn what_stands_in_the_wrong_place_changes_nothing() {
    let mut recorder = Recorder::new(BEGAN, Secrets::KeptBack);
    let refused = recorder.piece(ms(1), b"a", PieceSizes::default());
    assert!(
        matches!(&refused, Err(mistake) if mistake.kind != RecordingMistakeKind::Full),
        "{refused:?}"
    );
    let status: &[u8] = b"OK";
    recorder
        .response(ms(1), [status])
        .expect_err("it is no status line");
    recorder
        .request(ms(1), "GET", [])
        .expect_err("it is no request line");
    let odd: [(&str, &[u8]); 2] = [("a", "é".as_bytes()), ("b", b"1\t")];
    recorder
        .request(ms(1), "GET /\u{7f}é HTTP/1.1", odd)
        .expect("it is one");
    let whole = closed(recorder, ms(1), "");
    let expected = "@ 1ms\n> GET /%7F%C3%A9 HTTP/1.1\n> a: é\n> b: 1\n= open\n";
    assert_eq!(whole, opening("0 secrets kept back") + expected);
}

#[test]
fn the_bound_ends_it_in_order() {
    const BOUND: usize = 4096;
    for (piece, crlf) in [
        (&b"data: a\\\\\\\n"[..], 0),
        (b"\xff\xff\xff", 0),
        (b"a\r\n", 1),
    ] {
        let mut recorder = Recorder::bounded(BEGAN, Secrets::KeptBack, BOUND);
        let status: &[u8] = b"HTTP/1.1 200 OK";
        recorder.response(ms(0), [status]).expect("it is first");
        let mut text = String::new();
        let mut pushed = 0;
        let full = loop {
            match recorder.piece(ms(pushed), piece, PieceSizes::default()) {
                Ok(()) => pushed += 1,
                Err(full) => break full,
            }
            text += &recorder.take();
        };
        assert_eq!(full.kind, RecordingMistakeKind::Full);
        assert!(recorder.is_full() && recorder.has_ended());
        // Nothing more goes in.
        recorder.note("more").expect_err("it is full");
        recorder.end(ms(9999), End::End).expect_err("it is full");
        let whole = closed(recorder, ms(9999), &text);
        // Escapes in the other spelling of the line ends count.
        let most = BOUND / 2..=BOUND;
        assert!(most.contains(&whole.len()), "{} bytes", whole.len());
        assert_eq!(whole.contains("% ends crlf"), crlf == 1);
        assert!(
            whole.contains("# the recording has reached 4096 bytes"),
            "{whole}"
        );
        let again = read(&whole);
        let exchange = again.exchanges().next().expect("there is one");
        assert_eq!(
            (exchange.pieces().len() as u64, exchange.end()),
            (pushed, Some(End::Open))
        );
    }
    let mut recorder = Recorder::bounded(BEGAN, Secrets::KeptBack, BOUND);
    recorder
        .request(ms(0), "POST / HTTP/1.1", [])
        .expect("it is first");
    recorder
        .request_body(&[b'a'; BOUND])
        .expect("it is not a line yet");
    recorder.request_body(b"a").expect_err("it is too much");
    assert!(closed(recorder, ms(0), "").ends_with("is missing\n= open\n"));
}

/// Of a recorder, what it wrote is one text, however often it was taken.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let parts = ["\r\n", "\n", "\r", " ", "\\", "\t", "é", "\u{2028}", "a"];
    let part = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        proptest::sample::select(parts.to_vec()).prop_map(|text| text.as_bytes().to_vec()),
    ];
    vec(part, 0..20).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn what_was_pushed_is_read(
        exchanges in vec((vec(bytes(), 0..3), vec((any::<u32>(), bytes()), 0..6), 0..5_usize), 1..4),
        is_kept in any::<bool>(),
        bound in 4096..9000_usize,
    ) {
        let secrets = if is_kept { Secrets::KeptBack } else { Secrets::Written };
        let mut recorder = Recorder::bounded(BEGAN, secrets, bound);
        let mut at = Duration::ZERO;
        let mut text = String::new();
        let mut full = false;
        for (body, pieces, end) in &exchanges {
            let key: [(&str, &[u8]); 1] = [("x-key", b"1")];
            full |= recorder.request(at, "POST / HTTP/1.1", key).is_err();
            for part in body {
                full |= recorder.request_body(part).is_err();
            }
            let status: &[u8] = b"HTTP/1.1 200 OK";
            full |= recorder.response(at, [status]).is_err();
            for (nanos, bytes) in pieces {
                at += Duration::from_nanos(u64::from(*nanos));
                full |= recorder.piece(at, bytes, PieceSizes::default()).is_err();
                text += &recorder.take();
            }
            full |= recorder.end(at, End::ALL[*end]).is_err();
        }
        let size = recorder.size();
        let whole = closed(recorder, at, &text);
        let again = read(&whole);
        prop_assert_eq!(again.to_text(), &*whole);
        prop_assert!(whole.len() <= bound && size <= bound);
        prop_assert_eq!(whole.contains("1\n") && !whole.contains("x-key: [kept back]"), !is_kept);
        if full {
            prop_assert!(whole.contains("# the recording has reached"));
            return Ok(());
        }
        prop_assert_eq!(again.exchanges().count(), exchanges.len());
        let mut written = Duration::ZERO;
        for (exchange, (body, pieces, end)) in again.exchanges().zip(&exchanges) {
            prop_assert_eq!(exchange.request_body(), body.concat());
            let got: Vec<_> = exchange.pieces().into_iter().map(|piece| piece.bytes).collect();
            let sent: Vec<_> = pieces.iter().map(|piece| piece.1.clone()).collect();
            prop_assert_eq!(got, sent.into_iter().filter(|piece| !piece.is_empty()).collect::<Vec<_>>());
            prop_assert_eq!(exchange.end(), Some(End::ALL[*end]));
            written += times(exchange);
        }
        // Rounding does not add up.
        prop_assert!(written <= at && at - written < ms(1), "{:?} of {:?}", written, at);
    }

    #[test]
    fn a_beginning_is_read_wherever_a_crash_cuts_it(pieces in vec(bytes(), 0..6), cut in any::<u16>()) {
        let mut recorder = begun(Secrets::KeptBack);
        for bytes in &pieces {
            recorder.piece(ms(500), bytes, PieceSizes::default()).expect("it has room");
        }
        let text = recorder.take();
        let cut = (usize::from(cut) % (text.len() + 1)).max("wire 1\n".len());
        let beginning = Recording::parse_beginning(&text.as_bytes()[..cut]);
        prop_assert!(beginning.is_ok(), "{:?}", beginning);
    }
}

fn times(exchange: Exchange<'_>) -> Duration {
    let waits = exchange.steps.iter().filter_map(|step| match step {
        crate::recording::Step::Wait(wait) => Some(wait.time),
        _ => None,
    });
    waits.sum()
}
