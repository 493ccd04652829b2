//! Any bytes in any pieces: nothing panics, and the facts do not depend on where pieces are cut.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use sse_client::diagnose::{
    BodyFacts, CrossOrigin, DialectFacts, DialectKind, End, Gatherer, Header, Hop, PieceFacts,
    Preflight, Resume, diagnose,
};

use crate::support::{HEAD, at_once, head, ms, watched};

/// Behind all pieces.
const ENDED: Duration = ms(3_600_000);

/// Bytes that a stream of events is made of, and some that it should not have.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"data",
        b"data: {\"a\":1}",
        b"data: [DONE]",
        b"id: 1",
        b"id: 2",
        b"id",
        b"id: \0",
        b"event: ping",
        b"retry: 50",
        b"retry: 5x",
        b":",
        b": ",
        b" ",
        b"\n",
        b"\n",
        b"\n\n",
        b"\r",
        b"\r\n",
        b"\r\n\r\n",
        b"\xEF\xBB\xBF",
        b"\xE8\xB1",
        b"\x86",
        "é豆".as_bytes(),
        b"\xFF",
        b"Data: x",
        b"x",
    ];
    let word = select(words).prop_map(<[u8]>::to_vec);
    let noise = vec(any::<u8>(), 0..4);
    vec(prop_oneof![9 => word, 1 => noise], 0..40).prop_map(|words| words.concat())
}

/// Pieces, each so long after the one before.
fn pieces() -> impl Strategy<Value = Vec<(u64, Vec<u8>)>> {
    let gap = select(vec![0, 0, 1, 4, 12, 1_000, 70_000]);
    vec((gap, bytes()), 0..12).prop_map(|pieces| {
        let mut at = 30;
        let timed = pieces.into_iter().map(|(gap, bytes)| {
            at += gap;
            (at, bytes)
        });
        timed.collect()
    })
}

fn facts<'a>(pieces: impl IntoIterator<Item = (u64, &'a [u8])>) -> BodyFacts {
    let mut gatherer = Gatherer::new(HEAD);
    for (at, bytes) in pieces {
        gatherer.read(ms(at), bytes);
    }
    BodyFacts {
        pieces: PieceFacts::default(),
        ..gatherer.facts(ENDED)
    }
}

/// The bytes in two or more pieces of the same instant.
fn cut<'a>(at: u64, bytes: &'a [u8], places: &[Index]) -> Vec<(u64, &'a [u8])> {
    let places = places.iter().map(|place| place.index(bytes.len() + 1));
    let mut places: Vec<usize> = places.chain([0, bytes.len()]).collect();
    places.sort_unstable();
    places
        .windows(2)
        .map(|pair| (at, &bytes[pair[0]..pair[1]]))
        .collect()
}

const HEADERS: [&str; 12] = [
    "content-type",
    "content-encoding",
    "content-length",
    "cache-control",
    "retry-after",
    "server",
    "vary",
    "accept",
    "access-control-allow-origin",
    "access-control-allow-headers",
    "mcp-protocol-version",
    "authorization",
];

/// Values as they are, and any text between them.
fn value() -> impl Strategy<Value = String> {
    let known = select(vec![
        "text/event-stream",
        "; charset=",
        "\"",
        ",",
        "gzip",
        "nginx",
        "*",
        "https://",
        "//",
        "@",
        "?",
        "#",
        "2026-07-28",
        "\n",
        "\u{1b}[0m",
        "豆",
    ]);
    let part = prop_oneof![4 => known.prop_map(str::to_owned), 1 => any::<String>()];
    vec(part, 0..5).prop_map(|parts| parts.concat())
}

proptest! {
    // Each of the first reads its bytes three times, once byte by byte.
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn the_facts_are_the_same_wherever_pieces_are_cut(
        pieces in pieces(),
        places in vec(any::<Index>(), 0..9),
    ) {
        let whole = facts(pieces.iter().map(|(at, bytes)| (*at, &bytes[..])));
        let split = pieces.iter().flat_map(|(at, bytes)| cut(*at, bytes, &places));
        prop_assert_eq!(&facts(split), &whole);
        let each = pieces.iter().flat_map(|(at, bytes)| bytes.chunks(1).map(|byte| (*at, byte)));
        prop_assert_eq!(&facts(each), &whole);
    }

    #[test]
    fn nothing_that_comes_makes_a_rule_panic_or_write_a_control_character(
        pieces in pieces(),
        end in select(vec![End::InOrder, End::Cut, End::GoAway { code: 1 }, End::Stopped]),
    ) {
        let mut seen = at_once(b"");
        let mut gatherer = Gatherer::new(HEAD);
        for (at, bytes) in &pieces {
            gatherer.read(ms(*at), bytes);
        }
        // An end before the last piece is no sense, and no panic.
        for ended in [ms(0), ms(999_999)] {
            seen.body = gatherer.facts(ended);
            seen.ended = ended;
            seen.end = end;
            for finding in diagnose(&seen) {
                prop_assert!(!finding.sentence.contains(char::is_control), "{finding:?}");
            }
        }
    }

    #[test]
    fn nothing_in_a_head_makes_a_rule_panic_or_write_a_control_character(
        status in select(vec![200, 204, 302, 429, 503]),
        values in vec((select(HEADERS.to_vec()), value()), 0..8),
        url in value(),
    ) {
        let mut seen = watched([(40, "id: 1\ndata: 1\n\n")], ENDED);
        let headers: Vec<Header> = values
            .into_iter()
            .map(|(name, value)| Header::new(name, value))
            .collect();
        let answer = head(&mut seen);
        answer.status = status;
        answer.headers = headers.clone();
        seen.asked.headers = headers.clone();
        seen.asked.url = url.clone();
        seen.hops = vec![Hop {
            status: 301,
            from: "https://a.example/".into(),
            to: url.clone(),
            sent: headers.clone(),
            dropped: vec![url.clone()],
        }];
        seen.preflight = Some(Preflight {
            origin: url.clone(),
            status: Some(200),
            headers: headers.clone(),
        });
        seen.cross_origin = Some(CrossOrigin {
            origin: url.clone(),
            with_credentials: true,
            headers,
        });
        seen.resume = Some(Resume {
            last_event_id: url.clone(),
            status: Some(200),
            ids: vec![url.clone()],
            events: 1,
        });
        seen.dialect = Some(DialectFacts {
            name: url.clone(),
            kind: DialectKind::Mcp,
            error: Some(url.clone()),
            truncation: Some(url),
            ..DialectFacts::default()
        });
        for finding in diagnose(&seen) {
            for text in [&finding.sentence, &finding.hurts, &finding.change] {
                prop_assert!(!text.contains(char::is_control), "{finding:?}");
            }
        }
    }
}
