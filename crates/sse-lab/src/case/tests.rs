//! The cases are what they say: each is played in made-up time, and read as the standard has it.

mod page;
mod written;

use std::collections::BTreeSet;
use std::time::{Instant, UNIX_EPOCH};

use sse_engine::fault::{Act, Armed};
use sse_engine::keep_alive::KeepAlive;
use sse_engine::pump::{How, Next, Pump};
use sse_engine::stream::Variant;
use sse_engine::time::Now;
use sse_engine::write_buffer::WriteBuffer;
use sse_wire::{Decoded, Decoder};

use super::*;

/// An answer as it was sent, write by write, and what came behind it.
struct Played {
    pieces: Vec<Vec<u8>>,
    next: Next,
}

impl Played {
    /// A stream in made-up time, up to its end or to an hour without one.
    fn of(answer: &Answer) -> Self {
        let begin = Now {
            instant: Instant::now(),
            wall: UNIX_EPOCH,
        };
        let mut now = begin;
        let faults = answer.stream.faults.iter();
        let faults = faults.map(|fault| Arc::new(Armed::new(1, fault.clone(), begin.instant)));
        let variant = Variant::new(Arc::clone(&answer.stream));
        let pump = Pump::new(variant, KeepAlive::Off, None).expect("it has events");
        let mut pump = pump.broken_by(faults.collect(), begin.instant);
        let (mut out, mut pieces) = (WriteBuffer::new(), Vec::new());
        loop {
            out.clear();
            let next = pump.fill(now, &mut out);
            if !out.is_empty() {
                pieces.push(out.wire());
            }
            match next {
                Next::Wait { at: Some(at) } if at < begin.instant + Duration::from_secs(3600) => {
                    now = begin.after(at - begin.instant);
                }
                Next::More => {}
                _ => return Self { pieces, next },
            }
        }
    }

    fn bytes(&self) -> Vec<u8> {
        self.pieces.concat()
    }

    fn how(&self) -> Option<How> {
        match self.next {
            Next::Broken(end) => Some(end.how),
            _ => None,
        }
    }
}

/// What a client knows that reads as the standard has it.
#[derive(Debug, Default)]
struct Known {
    id: String,
    retry: Option<u64>,
    events: Vec<ShownEvent>,
}

impl Known {
    /// Behind the answers up to this one.
    fn behind(case: &Case, about: usize) -> Self {
        let mut known = Self::default();
        for answer in case.answers[..=about].iter().filter(|it| is_stream(it)) {
            known.read(&Played::of(answer).bytes());
        }
        known
    }

    fn read(&mut self, bytes: &[u8]) {
        let mut decoder = Decoder::new();
        let sink = |decoded: Decoded<'_>| match decoded {
            Decoded::Event { event, data, .. } => {
                self.events.push(ShownEvent::named(event, data));
            }
            Decoded::Retry(retry) => self.retry = Some(retry),
            Decoded::Comment(_) => {}
        };
        decoder.push(bytes, sink).expect("nothing is so large");
        // A stream that named no id leaves that of the one before; an empty one clears it.
        if let Some(id) = decoder.named_id() {
            id.clone_into(&mut self.id);
        }
    }
}

/// Whether clients take it for a stream.
fn is_stream(answer: &Answer) -> bool {
    let is_other = |act: &Act| match act {
        Act::Status(_) | Act::Redirect { .. } | Act::Never => true,
        Act::Type(of) => !of.as_ref().is_some_and(|of| {
            let of = of.to_ascii_lowercase();
            of == "text/event-stream" || of.starts_with("text/event-stream;")
        }),
        _ => false,
    };
    !answer
        .stream
        .faults
        .iter()
        .any(|fault| is_other(&fault.act))
}

fn case(id: &str) -> &'static Case {
    let found = cases().iter().find(|case| case.id == id);
    found.unwrap_or_else(|| panic!("no case {id}"))
}

/// The case's id without its variant.
fn family(case: &Case) -> &str {
    case.id
        .split_once('-')
        .map_or(&case.id, |(family, _)| family)
}

fn asks(case: &Case) -> impl Iterator<Item = &Ask> {
    case.questions.values().flatten()
}

#[test]
fn each_case_has_an_id_of_its_own_and_sentences() {
    let cases = read::all().expect("all files can be read");
    let ids: BTreeSet<_> = cases.iter().map(|case| &case.id).collect();
    assert_eq!(ids.len(), cases.len());
    for case in &cases {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
        assert!(case.id.chars().all(fits), "{} stands in a URL", case.id);
        for sentence in [&case.does, &case.must] {
            assert!(sentence.ends_with('.'), "{}: {sentence}", case.id);
            assert!(!sentence.contains("{v}"), "{}: {sentence}", case.id);
        }
        assert!(!case.source.ends_with('.'), "{}: a clause", case.id);
        assert!(!case.questions.is_empty(), "{}", case.id);
        assert!(!case.last_in_tour || case.in_tour, "{}", case.id);
    }
    assert_eq!(super::cases().len(), cases.len());
}

#[test]
fn the_tour_has_the_cases_that_end_in_a_break_and_the_hard_ones_last() {
    let cases = cases();
    let tour: Vec<_> = tour(cases).iter().map(|at| &*cases[*at].id).collect();
    assert_eq!(tour.len(), 34);
    assert_eq!(tour[..6], ["R2", "R3", "R4", "R5", "R6", "R13"]);
    assert_eq!(tour[30..], ["R1", "P13", "P17", "P18"]);
    for id in &tour {
        let case = case(id);
        let is_id = |ask: &&Ask| !matches!(ask.question, Question::Away { .. });
        assert!(asks(case).all(|ask| is_id(&ask)), "{id} has a return");
        let how = match *id {
            "R1" => How::End,
            "R3" => How::Reset,
            _ => How::Cut,
        };
        for answer in &case.answers[..case.answers.len() - 1] {
            assert_eq!(Played::of(answer).how(), Some(How::Cut), "{id}");
        }
        let last = case.answers.last().expect("it has one");
        assert_eq!(Played::of(last).how(), Some(how), "{id}");
    }
}

/// Else what a client brings from the case before would be taken for its answer to this one.
#[test]
fn each_case_that_asks_for_an_id_begins_with_a_wait_and_an_id_of_its_own() {
    for case in cases() {
        let asks_id = asks(case).any(|ask| matches!(ask.question, Question::Id { .. }));
        if !case.in_tour && !asks_id {
            continue;
        }
        let mut first = Vec::new();
        let sink = |decoded: Decoded<'_>| first.push(format!("{decoded:?}"));
        let bytes = Played::of(&case.answers[0]).bytes();
        Decoder::new().push(&bytes, sink).expect("it is small");
        assert!(first[0].starts_with("Retry("), "{}: {first:?}", case.id);
        let start = format!("last_event_id: \"{}-start\"", family(case));
        assert!(first[1].contains(&start), "{}: {first:?}", case.id);
    }
}

/// The standard's own reading of what is sent is the one that is right, and none that is wrong.
#[test]
fn what_is_right_is_what_the_standard_reads() {
    let (mut ids, mut delays, mut shown) = (0, 0, 0);
    for case in cases() {
        for ask in asks(case) {
            let known = || Known::behind(case, ask.about);
            match &ask.question {
                Question::Id { right, wrong } => {
                    let id = IdText(known().id.into_bytes());
                    assert_eq!(*right, id, "{}", case.id);
                    assert!(wrong.iter().all(|(other, _)| *other != id), "{}", case.id);
                    ids += 1;
                }
                Question::Delay { told, misread } => {
                    let retry = known().retry.map(Duration::from_millis);
                    assert_eq!(Some(*told), retry, "{}", case.id);
                    let is_far = |(other, _): &(Duration, String)| {
                        *other + Duration::from_millis(300) < *told
                            || *other > *told * 2 + Duration::from_millis(300)
                    };
                    assert!(misread.iter().all(is_far), "{}", case.id);
                    delays += 1;
                }
                Question::Sees { events, .. } => {
                    assert_eq!(*events, known().events, "{}", case.id);
                    shown += 1;
                }
                _ => {}
            }
        }
    }
    // Of all profiles.
    assert_eq!((ids, delays, shown), (85, 13, 28));
}

/// Who takes an answer for a stream that is none brings the id that is in it.
#[test]
fn the_ids_of_answers_that_are_no_streams_are_in_them() {
    let mut found = 0;
    for case in cases() {
        for ask in asks(case) {
            let wrong = match &ask.question {
                Question::Away { wrong, .. } => wrong,
                Question::Id { wrong, .. } if !is_stream(&case.answers[ask.about]) => wrong,
                _ => continue,
            };
            if wrong.iter().all(|(id, _)| id.0.is_empty()) {
                continue;
            }
            let answer = &case.answers[ask.about];
            let body = answer
                .stream
                .faults
                .iter()
                .find_map(|fault| match &fault.act {
                    Act::Status(answer) => answer.body.clone().map(String::into_bytes),
                    _ => None,
                });
            let mut known = Known::default();
            known.read(&body.unwrap_or_else(|| Played::of(answer).bytes()));
            for (id, _) in wrong.iter().filter(|(id, _)| !id.0.is_empty()) {
                assert_eq!(id.0, known.id.as_bytes(), "{}", case.id);
                found += 1;
            }
        }
    }
    assert!(found > 10, "{found}");
}

#[test]
fn the_bytes_are_those_that_a_case_is_about() {
    let with_bom = |count: usize, rest: &[u8]| [&b"\xef\xbb\xbf".repeat(count), rest].concat();
    for (id, answer, bytes) in [
        (
            "R4",
            0,
            b"retry: 200\nid: R4-start\ndata: x\n\nid: R4-half\ndata: of this e".to_vec(),
        ),
        ("R13", 1, b"".to_vec()),
        ("P2", 1, b"id: P2-crlf\r\ndata: y\r\n\r\n".to_vec()),
        ("P3", 1, b"id: P3-cr\rdata: y\r\rdata: z\r\r".to_vec()),
        (
            "P4",
            0,
            b"retry: 200\nid: P4-start\ndata: x\n\nid: P4-mixed\r\ndata: y\n\r\n".to_vec(),
        ),
        (
            "P5",
            0,
            b"retry: 200\r\nid: P5-start\r\ndata: x\r\n\r\nid: P5-half\r\ndata: of this e".to_vec(),
        ),
        ("P6", 1, with_bom(1, b"id: P6-bom\ndata: y\n\n")),
        ("P8", 1, with_bom(2, b"id: P8-bom\ndata: y\n\n")),
        (
            "P13",
            0,
            b"retry: 200\nid: P13-start\ndata: x\n\nid: P13-nul\0\ndata: y\n\n".to_vec(),
        ),
        ("P16", 1, b"id: P16-only\n\n".to_vec()),
        (
            "P19",
            0,
            [
                &b"retry: 200\nid: P19-start\ndata: x\n\n"[..],
                b"id: P19-bad\ndata: y\xff\n\nid: P19-next\ndata: z\n\n",
            ]
            .concat(),
        ),
        (
            "P26",
            0,
            b"retry: 200\nid: P26-start\ndata: x\n\n: ping\n\ndata: y\n\n".to_vec(),
        ),
    ] {
        let played = Played::of(&case(id).answers[answer]);
        let shown = String::from_utf8_lossy(&played.bytes()).into_owned();
        assert_eq!(played.bytes(), bytes, "{id}: {shown:?}");
    }
    let long = Played::of(&case("P23").answers[0]).bytes();
    assert_eq!(
        long.split(|b| *b == b'\n').map(<[u8]>::len).max(),
        Some(5 << 20)
    );
}

#[test]
fn the_pieces_are_those_that_a_case_is_about() {
    let pieces = |id: &str, answer: usize| Played::of(&case(id).answers[answer]).pieces;
    let crlf = pieces("P5", 0);
    assert_eq!(
        crlf.iter().filter(|piece| piece.ends_with(b"\r")).count(),
        5
    );
    assert_eq!(pieces("P7", 1)[0], b"\xef");
    let split = pieces("P18", 0);
    assert!(split[0].ends_with(b"P18-\xc3"), "{split:?}");
    assert_eq!(split[1], b"\xa9\xe8");
    let many = pieces("P24", 1);
    assert_eq!(many.len(), 1);
    assert!(many[0].ends_with(b"id: P24-1000\ndata: 1000\n\n"));
    assert!(pieces("P25", 0).iter().all(|piece| piece.len() == 1));
}
