//! What is read is written the same, for any bytes cut anywhere.

use proptest::collection::vec;
use proptest::prelude::*;

use super::{EXAMPLE, read};
use crate::recording::{End, Exchange, Recording, Step, Wait, rounded};

/// Bytes in which each rule of the spelling is met.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let part = prop_oneof![
        any::<u8>().prop_map(|byte| vec![byte]),
        any::<char>().prop_map(|c| c.to_string().into_bytes()),
        proptest::sample::select(vec![
            "\r\n", "\n", "\r", " ", "\\", "\t", "é", "\u{2028}", "a"
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    vec(part, 0..40).prop_map(|parts| parts.concat())
}

fn step() -> impl Strategy<Value = Step> {
    let size = || proptest::option::of(any::<u64>());
    let wait = (any::<u64>(), size(), size()).prop_map(|(nanos, chunk, gzip)| Wait {
        time: std::time::Duration::from_nanos(nanos >> (nanos % 64)),
        chunk,
        gzip,
    });
    let fault = proptest::sample::select(vec!["cut,half", "silence,after=3", "insert=\" a\\\\\""]);
    prop_oneof![
        1 => any::<String>().prop_map(Step::Note),
        1 => bytes().prop_map(|value| Step::Response([b"a: ", &value[..]].concat())),
        1 => "[ -~é]{0,9}".prop_map(|value| Step::Request(format!("b:{value}"))),
        1 => bytes().prop_map(Step::RequestBytes),
        4 => bytes().prop_map(Step::Bytes),
        2 => wait.prop_map(Step::Wait),
        1 => fault.prop_map(|text| Step::Fault(Box::new(text.parse().expect("a fault")))),
        1 => proptest::sample::select(End::ALL.to_vec()).prop_map(Step::End),
        1 => Just(Step::Next),
        1 => Just(Step::Request("GET / HTTP/1.1".into())),
        2 => Just(Step::Response(b"HTTP/1.1 200 OK".to_vec())),
    ]
}

/// A recording of those steps that can stand where they are.
fn recording() -> impl Strategy<Value = Recording> {
    vec(step(), 0..40).prop_map(|steps| {
        let mut recording = Recording::new();
        for step in steps {
            let _ = recording.push(step);
        }
        if !recording.has_ended() {
            recording.push(Step::End(End::Open)).expect("it is open");
        }
        recording
    })
}

/// A text of lines as a person may write them.
fn text() -> impl Strategy<Value = String> {
    let line = "(\\||~|>\\||>~|<~|#|@|=|!|%|<|>)\
        ( (a|é| |[0-9]{1,3}(\\.[0-9]{1,3})?(ms|s)|\
        \\\\x[0-9a-fA-F]{2}|\\\\[rnt\\\\]|ends crlf|cut){0,4}\\\\?)?";
    let line = proptest::string::string_regex(line).expect("it is a pattern");
    vec(line, 0..12).prop_map(|lines| {
        // Lines that cannot be read at their place are left out.
        let mut text = String::from("wire 1\n> GET / HTTP/1.1\n>|\n< HTTP/1.1 200 OK\n");
        for line in lines {
            let longer = format!("{text}{line}\n");
            if Recording::parse_beginning(&longer).is_ok() {
                text = longer;
            }
        }
        text
    })
}

proptest! {
    #[test]
    fn bytes_cut_anywhere_come_back(pieces in vec(bytes(), 0..8), body in bytes()) {
        let mut recording = Recording::new();
        recording.push(Step::Request("POST / HTTP/1.1".into())).expect("it is first");
        recording.push(Step::RequestBytes(body.clone())).expect("it is second");
        recording.push(Step::Response(b"HTTP/1.1 200 OK".to_vec())).expect("it is third");
        for piece in &pieces {
            recording.push(Step::Wait(Wait::default())).expect("it is open");
            recording.push(Step::Bytes(piece.clone())).expect("it is open");
        }
        recording.push(Step::End(End::Cut)).expect("it is open");
        let text = recording.to_text();
        let again = read(&text);
        prop_assert_eq!(&again, &recording);
        let exchange = again.exchanges().next().expect("there is one");
        prop_assert_eq!(exchange.request_body(), body);
        let got: Vec<_> = exchange.pieces().into_iter().map(|piece| piece.bytes).collect();
        let sent: Vec<_> = pieces.into_iter().filter(|piece| !piece.is_empty()).collect();
        prop_assert_eq!(got, sent);
        // No editor, terminal or patch changes such a text.
        let safe = |line: &str| !line.ends_with(' ') && !line.contains(char::is_control);
        prop_assert!(text.lines().all(safe) && text.ends_with('\n'));
    }

    #[test]
    fn what_is_written_is_read_the_same(recording in recording()) {
        let text = recording.to_text();
        let again = read(&text);
        prop_assert_eq!(&again, &recording);
        prop_assert_eq!(again.to_text(), text);
    }

    #[test]
    fn a_har_keeps_bytes_pieces_and_ends(recording in recording()) {
        let again = Recording::parse_any(recording.to_har()).expect("we wrote it").recording;
        let exchanges: Vec<_> = recording.exchanges().collect();
        prop_assert_eq!(again.exchanges().count(), exchanges.len());
        for (again, exchange) in again.exchanges().zip(exchanges) {
            let mut pieces = exchange.pieces();
            for piece in &mut pieces {
                // Two waits in a row may be finer than one.
                piece.interval = rounded(piece.interval);
            }
            prop_assert_eq!(again.pieces(), pieces);
            prop_assert_eq!(again.request_body(), exchange.request_body());
            prop_assert_eq!(again.end(), exchange.end());
        }
    }

    #[test]
    fn a_body_alone_keeps_its_bytes(body in bytes()) {
        let body = [b"data: a\n\ndata: a\n\n", &body[..]].concat();
        if let Ok(imported) = Recording::parse_any(&body) {
            let pieces = imported.recording.exchanges().flat_map(Exchange::pieces);
            let bytes: Vec<u8> = pieces.flat_map(|piece| piece.bytes).collect();
            prop_assert_eq!(bytes, body);
        }
    }

    #[test]
    fn no_file_ends_the_program(
        begin in proptest::sample::select(vec![
            "", "HTTP/1.1 200 OK\n", "> GET / HTTP/1.1\n< HTTP/1.1 200 OK\n", "{\"log\":", "wire 1\n",
        ]),
        rest in bytes(),
    ) {
        match Recording::parse_any([begin.as_bytes(), &rest].concat()) {
            Ok(imported) => prop_assert_eq!(&read(&imported.recording.to_text()), &imported.recording),
            Err(mistake) => prop_assert!(mistake.to_string().ends_with('.')),
        }
    }

    #[test]
    fn equal_recordings_have_one_text(text in text()) {
        let recording = Recording::parse_beginning(&text).expect("each line was tried");
        let canonical = recording.to_text();
        let again = read(&canonical);
        prop_assert_eq!(&again, &recording);
        prop_assert_eq!(again.to_text(), canonical);
    }

    #[test]
    fn a_mistake_names_a_line_that_exists(
        at in 0..EXAMPLE.len(),
        gone in 0..30_usize,
        put in bytes(),
    ) {
        let end = (at + gone).min(EXAMPLE.len());
        let (before, after) = (&EXAMPLE.as_bytes()[..at], &EXAMPLE.as_bytes()[end..]);
        let edited = [before, &put, after].concat();
        let lines = edited.split_inclusive(|byte| *byte == b'\n').count().max(1);
        for result in [Recording::parse(&edited), Recording::parse_beginning(&edited)] {
            match result {
                Ok(recording) => prop_assert_eq!(&read(&recording.to_text()), &recording),
                Err(mistake) => {
                    let line = mistake.line.expect("it was read from a file");
                    prop_assert!((1..=lines).contains(&line), "{}", mistake);
                    prop_assert!(mistake.sentence().ends_with('.'));
                }
            }
        }
    }

    #[test]
    fn a_time_is_rounded_once(nanos in any::<u64>(), fewer in 0..64_u32) {
        let time = rounded(std::time::Duration::from_nanos(nanos >> fewer));
        prop_assert_eq!(rounded(time), time);
    }
}
