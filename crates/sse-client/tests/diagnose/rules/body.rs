//! Rules on the body: when it came, its lines, ids and characters.

use sse_client::diagnose::Level::{Broken, Risky, WorthKnowing};
use sse_client::diagnose::{End, Observation, ROUND_SIZES};

use super::{Case, case};
use crate::support::{at_once, body, but, good, llm, ms, secs, set, steady, watched};

pub(super) fn cases() -> Vec<Case> {
    let mut cases = times();
    cases.extend(buffers());
    cases.extend(keep_alive());
    cases.extend(ids());
    cases.extend(retries());
    cases.extend(lines());
    cases.extend(characters());
    cases.extend(data());
    cases
}

/// So many events at these milliseconds, each in a piece of its own.
fn groups(at: &[u64], events: u64) -> Vec<(u64, String)> {
    let times = at.iter().flat_map(|at| (0..events).map(move |n| at + n));
    times.map(|at| (at, format!("data: {at}\n\n"))).collect()
}

/// An answer of so many events at once, so long after the head, with an event before.
fn late(at: u64, before: u64, apart: u64, end: End) -> Observation {
    let begin = (0..before).map(|n| (100 + n * 100, "data: early\n\n"));
    let late = (0..20).map(|n| (at + n * apart, "data: late\n\n"));
    let mut seen = watched(begin.chain(late), ms(at + 20 * apart));
    seen.end = end;
    seen
}

/// So many events at once, four seconds after the head, and the end.
fn few(many: u64) -> Observation {
    let events = (0..many).map(|n| (4_000 + n, "data: 1\n\n"));
    let mut seen = watched(events, ms(4_000 + many));
    seen.end = End::InOrder;
    seen
}

/// Twice three events within so many milliseconds.
fn thrice(within: u64) -> Observation {
    let at = [2_000, 2_002, 2_000 + within, 4_000, 4_002, 4_000 + within];
    watched(at.map(|at| (at, "data: 1\n\n")), secs(5))
}

/// Each blank line with the next event, so long behind its own.
fn dribbled(apart: u64) -> Observation {
    watched((0..8).map(|n| (100 + n * apart, "\ndata: 1\n")), secs(1))
}

fn times() -> Vec<Case> {
    let first = |head: u64, event: u64| {
        but(|seen| {
            seen.times.head_complete = Some(ms(head));
            seen.body = body([(event, "data: 1\n\n")], ms(9_000));
        })
    };
    let gap = |seconds: u64| {
        watched(
            [(40, "data: 1\n\n"), (40 + seconds * 1_000, "data: 2\n\n")],
            ms(500 + seconds * 1_000),
        )
    };
    let halves = |between: u64| {
        let pieces = (0..8).map(|n| (1_000 * n + between * (n % 2), "\ndata: 1\n"));
        watched(pieces, secs(9))
    };
    vec![
        case(
            "W5",
            Risky,
            "2 times, three or more events",
            watched(groups(&[1_030, 2_032], 3), secs(3)),
            watched(groups(&[1_029, 2_032], 3), secs(3)),
        ),
        case(
            "W5",
            Risky,
            "2 times",
            watched(groups(&[2_000, 4_000], 4), secs(5)),
            watched(groups(&[2_000, 4_000], 2), secs(5)),
        ),
        case(
            "W5",
            Risky,
            "20 of 22 events came in the last tenth of the time",
            late(4_000, 2, 1, End::InOrder),
            late(4_000, 3, 1, End::InOrder),
        ),
        // The tokens of a model that thinks first, and a watch that happens to stop there.
        case(
            "W5",
            Risky,
            "last tenth",
            late(4_000, 0, 5, End::Cut),
            late(4_000, 0, 15, End::InOrder),
        ),
        case(
            "W5",
            Risky,
            "last tenth",
            late(1_100, 0, 1, End::InOrder),
            late(4_000, 2, 1, End::Stopped),
        ),
        case("W5", Risky, "10 of 10 events", few(10), few(9)),
        // Too short for a tenth of it to say anything.
        case(
            "W5",
            Risky,
            "20 of 20",
            late(1_020, 0, 1, End::InOrder),
            late(900, 0, 1, End::InOrder),
        ),
        case("W8", Risky, "one event behind", dribbled(10), dribbled(9)),
        case("W5", Risky, "2 times", thrice(5), thrice(6)),
        case(
            "W7",
            Risky,
            "The head came 1.5 s after the request, and only with the first event",
            first(1_520, 1_525),
            first(1_520, 1_526),
        ),
        case(
            "W7",
            Risky,
            "only with the first event",
            first(1_021, 1_021),
            first(1_020, 1_020),
        ),
        // A few that were held, of many, are an accident.
        case("W8", Risky, "The blank line of 7 events", halves(0), {
            let held = (0..8).map(|n| (1_000 * n, "\ndata: 1\n".to_owned()));
            let mut pieces: Vec<_> = held.collect();
            pieces.extend((8..40).map(|n| (1_000 * n, "\ndata: 1\n\n".to_owned())));
            watched(pieces, secs(41))
        }),
        case(
            "W8",
            Risky,
            "one event behind",
            halves(900),
            watched(
                steady(20).into_iter().flat_map(|(at, event)| {
                    // In two pieces, each whole before the next event.
                    let (one, two) = event.split_at(event.len() - 1);
                    [(at, one.to_owned()), (at + 500, two.to_owned())]
                }),
                secs(21),
            ),
        ),
        case(
            "W9",
            WorthKnowing,
            "is closed by Bun (10 s).",
            gap(10),
            gap(9),
        ),
        case(
            "W9",
            WorthKnowing,
            "Bun (10 s) and load balancers",
            gap(30),
            good(),
        ),
        case("W9", WorthKnowing, "and nginx, AWS ALB", gap(55), good()),
        case("W9", WorthKnowing, "and Cloudflare", gap(100), good()),
        case("W9", WorthKnowing, "and Node and Azure", gap(300), good()),
        // Silence before the first byte, and behind the last.
        case(
            "W9",
            WorthKnowing,
            "No byte came for 12 s",
            watched([(12_030, "data: 1\n\n")], secs(13)),
            watched([(40, ":\n"), (9_040, ":\n"), (18_040, ":\n")], secs(19)),
        ),
        case(
            "W9",
            WorthKnowing,
            "came for 12 s",
            watched([(0, ""); 0], ms(12_030)),
            good(),
        ),
    ]
}

/// Events of 100 bytes in pieces of so many, so far apart.
fn pieces(size: usize, many: usize, apart: u64) -> Vec<(u64, Vec<u8>)> {
    let event = format!("data: {}\n\n", "x".repeat(92));
    let bytes = event.repeat(size * many / event.len() + 1).into_bytes();
    let chunks = bytes.chunks(size).take(many);
    chunks
        .enumerate()
        .map(|(n, piece)| (100 + n as u64 * apart, piece.to_vec()))
        .collect()
}

fn buffers() -> Vec<Case> {
    let sizes = ROUND_SIZES.map(|size| watched(pieces(size, 4, 10), secs(9)));
    let silent = [
        watched(pieces(4_096, 3, 10), secs(9)),
        watched(pieces(4_095, 9, 100), secs(9)),
        // A large event in TLS records and frames of HTTP/2 goes on at once.
        watched(pieces(16_384, 9, 9), secs(9)),
        // The same sizes, but each ends behind an event.
        watched(
            (0..9).map(|n| (n * 100, format!("data: {}\n\n", "x".repeat(4_088)))),
            secs(9),
        ),
    ];
    let says = [
        "3 pieces of exactly 4 KiB",
        "3 pieces of exactly 8 KiB",
        "3 pieces of exactly 16 KiB",
        "3 pieces of exactly 32 KiB",
    ];
    let cases = sizes.into_iter().zip(silent).zip(says);
    let cases = cases.map(|((fires, silent), says)| case("W6", Risky, says, fires, silent));
    // What a compressed body is unpacked into is nobody's buffer.
    let mut compressed = watched(pieces(8_192, 5, 100), secs(9));
    set(&mut compressed, "content-encoding", Some("gzip"));
    let both = [pieces(4_096, 3, 100), pieces(8_192, 3, 100)].concat();
    let both = both
        .into_iter()
        .zip(0..)
        .map(|((_, piece), n)| (n * 100, piece));
    let says = "5 pieces of exactly 4 KiB or 8 KiB";
    let both = case("W6", Risky, says, watched(both, secs(9)), compressed);
    cases.chain([both]).collect()
}

fn repeated(event: &str, apart: u64, many: u64) -> Observation {
    let events = (0..many).map(|n| (1_000 + n * apart, event.to_owned()));
    watched(
        steady(5)
            .into_iter()
            .chain(events.map(|(at, event)| (at + 9_000, event))),
        secs(99),
    )
}

fn keep_alive() -> Vec<Case> {
    vec![
        case(
            "W10",
            WorthKnowing,
            "3 events are named Heartbeat",
            repeated("event: Heartbeat\ndata: {}\n\n", 5_000, 3),
            repeated(": heartbeat\n", 5_000, 3),
        ),
        case(
            "W10",
            WorthKnowing,
            "1 event is named ping: it",
            repeated("event: ping\ndata: 1\n\n", 5_000, 1),
            good(),
        ),
        case(
            "W10",
            WorthKnowing,
            "3 events are named tick with the same data each time",
            repeated("event: tick\ndata: {}\n\n", 1_000, 3),
            repeated("event: tick\ndata: {}\n\n", 900, 3),
        ),
        case(
            "W11",
            WorthKnowing,
            "2 comments have a blank line behind them",
            at_once(b"id: 1\ndata: 1\n\n: a\n\n: b\n\n"),
            at_once(b": a\n\nid: 1\ndata: 1\n\n: b\n: c\n"),
        ),
        case(
            "W11",
            WorthKnowing,
            "1 comment has",
            at_once(b"id: 1\n\n:\r\r: a\ndata: 1\n\n"),
            at_once(b"id: 1\ndata: 1\n\nid\n\n: a\n\n"),
        ),
        case(
            "W12",
            WorthKnowing,
            "1 block of lines has a retry",
            at_once(b"retry: 5000\n\ndata: 1\n\n"),
            at_once(b"retry: 5000\ndata: 1\n\n\n: a\n\nfoo\n\n"),
        ),
        case(
            "W12",
            WorthKnowing,
            "2 blocks of lines have a retry",
            at_once(b"id: 7\n\nevent: a\n\ndata: 1\n\n"),
            good(),
        ),
    ]
}

fn no_ids(events: u64) -> Observation {
    watched(
        (0..events).map(|n| (n * 1_000, "data: 1\n\n")),
        secs(events),
    )
}

fn with_id(id: &[u8]) -> Observation {
    at_once(&[b"id: ", id, b"\ndata: 1\n\n"].concat())
}

fn with_ids(ids: &[&str]) -> Observation {
    let events = ids.iter().map(|id| format!("id: {id}\ndata: 1\n\n"));
    at_once(events.collect::<String>().as_bytes())
}

fn ids() -> Vec<Case> {
    let mut answer = no_ids(11);
    answer.dialect = Some(llm());
    let mut short = no_ids(11);
    short.end = End::InOrder;
    let mut long = no_ids(70);
    long.end = End::InOrder;
    long.ended = ms(60_020);
    let mut nearly_long = no_ids(70);
    nearly_long.end = End::InOrder;
    nearly_long.ended = ms(60_019);
    let hard = |says, id: &[u8]| case("W14", WorthKnowing, says, with_id(id), good());
    vec![
        case("W13", Risky, "None of 11 events", no_ids(11), no_ids(10)),
        case("W13", Risky, "None of 11 events", no_ids(11), answer),
        case("W13", Risky, "None of 70 events", long, short),
        case("W13", Risky, "None of 11", no_ids(11), nearly_long),
        case("W13", Risky, "None of", no_ids(30), with_id(b"1")),
        hard("1 id is not ASCII", "é".as_bytes()),
        hard("longer than 128 bytes", &[b'x'; 129]),
        hard("longer than 1024 bytes", &[b'x'; 1_025]),
        hard("control character", b"a:1"),
        hard("control character", b"a\x01"),
        hard("1 id has a space at an end", b" a"),
        hard("1 id has a space at an end", b"a\t"),
        hard("1 id has a NUL", b"a\0b"),
        case(
            "W14",
            WorthKnowing,
            "2 ids are not ASCII",
            with_ids(&["é", "a", "豆"]),
            with_id(&[b'x'; 128]),
        ),
        case(
            "W15",
            WorthKnowing,
            "1 id came a second time",
            with_ids(&["a", "b", "a"]),
            good(),
        ),
        case(
            "W15",
            WorthKnowing,
            "1 id is lower",
            with_ids(&["9", "10", "8"]),
            with_ids(&["9", "10", "100"]),
        ),
        case(
            "W15",
            WorthKnowing,
            "1 id came a second time, and 2 ids are lower",
            with_ids(&["5", "5", "3", "2"]),
            with_ids(&["b", "a", "9", "x", "1", "01", "+0"]),
        ),
        // An event without an id has the one before: nothing repeats.
        case(
            "W15",
            WorthKnowing,
            "came a second time",
            with_ids(&["1", "1"]),
            at_once(b"id: 1\ndata: a\n\ndata: b\n\nid: 2\ndata: c\n\n"),
        ),
    ]
}

fn with_retry(retry: &str) -> Observation {
    at_once(format!("retry: {retry}\ndata: 1\n\n").as_bytes())
}

fn retries() -> Vec<Case> {
    let mut answer = no_ids(11);
    answer.dialect = Some(llm());
    vec![
        case(
            "W16",
            Risky,
            "after 99 ms",
            with_retry("99"),
            with_retry("100"),
        ),
        case(
            "W16",
            Risky,
            "after 0 ms",
            at_once(b"retry: 3000\ndata: 1\n\nretry: 0\n\n"),
            good(),
        ),
        case(
            "W16",
            WorthKnowing,
            "for 2 min",
            with_retry("120000"),
            with_retry("60000"),
        ),
        case(
            "W16",
            WorthKnowing,
            "1 retry is not all digits",
            with_retry("1000x"),
            good(),
        ),
        case(
            "W16",
            WorthKnowing,
            "2 retries are not all digits",
            at_once(b"retry: 5000\r\rretry:  1\r\nretry\ndata: 1\n\n"),
            with_retry("0900"),
        ),
        case("W16", WorthKnowing, "no retry", no_ids(1), answer),
    ]
}

fn lines() -> Vec<Case> {
    let mut page = at_once(b"<html>\r\n<p>\xFF");
    set(&mut page, "content-type", Some("text/html"));
    vec![
        case(
            "W17",
            WorthKnowing,
            "end with CRLF.",
            at_once(b"data: 1\r\n\r\n"),
            good(),
        ),
        case(
            "W17",
            WorthKnowing,
            "end with CRLF.",
            at_once(b"data: 1\r\n\r\n"),
            page,
        ),
        case(
            "W17",
            WorthKnowing,
            "end with CR alone.",
            at_once(b"data: 1\r\r"),
            good(),
        ),
        case(
            "W17",
            WorthKnowing,
            "2 with LF, 3 with CRLF, 1 with CR alone",
            at_once(b"data: 1\n\ndata: 2\r\n\r\ndata: 3\r\n\r"),
            good(),
        ),
        case(
            "W17",
            WorthKnowing,
            "All lines end with CRLF.",
            // The CRLF in two pieces is one line end.
            watched([(40, "data: 1\r"), (50, "\n\r"), (60, "\n")], secs(1)),
            good(),
        ),
        case(
            "W20",
            WorthKnowing,
            "2 lines have fields that the standard does not know: \"Data\", \" data\"",
            at_once(b"Data: 1\n data: 2\ndata: 3\n\n"),
            good(),
        ),
        case(
            "W20",
            WorthKnowing,
            "1 line has a field that the standard does not know: \"hello\"",
            at_once(b"hello\n\n"),
            at_once(b"data\nevent\nid\nretry\n:x\n\n"),
        ),
        case(
            "W19",
            Broken,
            "no blank line behind it: its 8 bytes are lost",
            but(|seen| {
                seen.body = at_once(b"data: 1\n\ndata: 2\n").body;
                seen.end = End::InOrder;
            }),
            // We left in the middle of it.
            at_once(b"data: 1\n\ndata: 2\n"),
        ),
        case(
            "W19",
            Broken,
            "because the connection broke inside it",
            but(|seen| {
                seen.body = at_once(b"data: 1\n\ndat").body;
                seen.end = End::Reset;
            }),
            but(|seen| {
                seen.body = at_once(b"data: 1\n\n: not whole").body;
                seen.end = End::InOrder;
            }),
        ),
    ]
}

fn characters() -> Vec<Case> {
    let split = |at: usize| {
        let bytes = "data: aé豆\n\n".as_bytes();
        watched([(40, &bytes[..at]), (50, &bytes[at..])], secs(1))
    };
    vec![
        case(
            "W18",
            Risky,
            "byte order mark",
            at_once(b"\xEF\xBB\xBFdata: 1\n\n"),
            good(),
        ),
        case(
            "W18",
            Risky,
            "1 sequence of bytes is not UTF-8",
            at_once(b"data: a\xFFb\n\n"),
            at_once("data: a\u{FFFD}\u{FEFF}\n\n".as_bytes()),
        ),
        case(
            "W18",
            Risky,
            "2 sequences of bytes are not UTF-8",
            at_once(b"data: \xE8\xB1\n\ndata: \xC3("),
            good(),
        ),
        case(
            "W18",
            Risky,
            "1 NUL byte",
            at_once(b"data: a\0\n\n"),
            good(),
        ),
        case("W18", Risky, "1 character was split", split(8), split(7)),
        case("W18", Risky, "1 character was split", split(11), split(9)),
    ]
}

fn data() -> Vec<Case> {
    let sized = |size: usize| at_once(format!("data: {}\n\n", "x".repeat(size - 8)).as_bytes());
    let json = |many: usize, last: &str| {
        let events = "data: {\"a\":1}\n\n".repeat(many);
        at_once(format!("{events}data: {last}\n\n").as_bytes())
    };
    vec![
        case(
            "W21",
            WorthKnowing,
            "has 64 KiB.",
            sized(65_537),
            sized(65_536),
        ),
        case("W21", WorthKnowing, "has 2 MiB.", sized(2 << 20), good()),
        case(
            "W31",
            WorthKnowing,
            "1 event is not JSON",
            json(5, "Error"),
            json(4, "Error"),
        ),
        case(
            "W31",
            WorthKnowing,
            "1 event is not JSON",
            json(5, "[DONE"),
            json(5, "[DONE]"),
        ),
        case(
            "W31",
            WorthKnowing,
            "1 event is not JSON",
            json(9, ""),
            json(9, "null"),
        ),
    ]
}
