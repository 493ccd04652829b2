//! A response on the wire: its bytes in pieces that are cut anywhere become lines, text and events,
//! and nothing of them changes.

mod text;

use proptest::prelude::*;
use sse_wire::{
    Beginning, Decoded, Decoder, Found, Framing, Line, LineKind, Piece, ResponseReader, Text,
};

const HEAD: &str = "HTTP/1.1 200 OK\r\nx-a: b\r\n\r\n";

/// The bytes that a text was read from.
fn raw(text: &Text) -> Vec<u8> {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone().into_bytes(),
        Piece::Byte { byte, .. } => vec![*byte],
    };
    match text {
        Text::Plain(text) => text.clone().into_bytes(),
        Text::Mixed(pieces) => pieces.iter().flat_map(piece).collect(),
    }
}

/// What somebody copies of it.
fn shown(text: &Text) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::Text(text) | Piece::Byte { text, .. } => text.clone(),
    };
    match text {
        Text::Plain(text) => text.clone(),
        Text::Mixed(pieces) => pieces.iter().map(piece).collect(),
    }
}

fn bytes(line: &Line) -> Vec<u8> {
    [raw(&line.name), raw(&line.value), line.end.into()].concat()
}

/// Lines, and the data of events with the byte where each ends.
fn read(mut reader: ResponseReader, pieces: &[&[u8]]) -> (Vec<Line>, Vec<(usize, String)>) {
    let (mut lines, mut events, mut end) = (Vec::new(), Vec::new(), 0);
    for piece in pieces {
        reader.read(piece, |found| match found {
            Found::Line(line) => {
                end += line.length;
                lines.push(line);
            }
            Found::Decoded(decoded) => events.push((end, format!("{decoded:?}"))),
        });
    }
    (lines, events)
}

fn from_head(framing: Framing) -> ResponseReader {
    ResponseReader::new(framing, Beginning::Head)
}

fn kinds(lines: &[Line]) -> Vec<(LineKind, String)> {
    let lines = lines.iter();
    lines
        .map(|line| (line.kind, String::from_utf8(bytes(line)).expect("UTF-8")))
        .collect()
}

fn assert_lines(lines: &[Line], golden: &[(LineKind, &str)]) {
    let golden: Vec<_> = golden
        .iter()
        .map(|(kind, text)| (*kind, (*text).to_owned()))
        .collect();
    assert_eq!(kinds(lines), golden);
}

#[test]
fn a_head_chunks_and_the_last_one_are_told_apart() {
    let wire = format!("{HEAD}f\r\n: hi\nretry: 5\n\n\r\n9\r\ndata: a\r\r\r\n0\r\n\r\nwhat");
    let (lines, events) = read(from_head(Framing::Chunked), &[wire.as_bytes()]);
    assert_lines(
        &lines,
        &[
            (LineKind::Head, "HTTP/1.1 200 OK\r\n"),
            (LineKind::Head, "x-a: b\r\n"),
            (LineKind::Head, "\r\n"),
            (LineKind::Chunk, "f\r\n"),
            (LineKind::Comment, ": hi\n"),
            (LineKind::Retry, "retry: 5\n"),
            (LineKind::Other, "\n"),
            (LineKind::Chunk, "\r\n"),
            (LineKind::Chunk, "9\r\n"),
            (LineKind::Data, "data: a\r"),
            (LineKind::Other, "\r"),
            (LineKind::Chunk, "\r\n"),
            (LineKind::Chunk, "0\r\n"),
            (LineKind::Chunk, "\r\n"),
            (LineKind::Other, "what"),
        ],
    );
    assert_eq!(
        (shown(&lines[1].name), shown(&lines[1].value)),
        ("x-a: ".into(), "b".into())
    );
    assert_eq!(
        (shown(&lines[9].name), shown(&lines[9].value)),
        ("data: ".into(), "a".into())
    );
    let ends: Vec<usize> = events.iter().map(|(end, _)| *end).collect();
    let behind = |text: &str| wire.find(text).expect("it is there") + text.len();
    assert_eq!(
        ends,
        [
            behind(": hi\n"),
            behind("retry: 5\n"),
            behind("data: a\r\r")
        ]
    );
}

#[test]
fn a_body_without_chunks_has_no_sizes() {
    let wire = format!("{HEAD}9\ndata: a\n\n");
    let (lines, _) = read(from_head(Framing::Bare), &[wire.as_bytes()]);
    assert_lines(
        &lines[3..],
        &[
            (LineKind::Other, "9\n"),
            (LineKind::Data, "data: a\n"),
            (LineKind::Other, "\n"),
        ],
    );
}

#[test]
fn names_and_values_are_those_of_the_standard() {
    for (line, kind, name, value) in [
        ("data: a", LineKind::Data, "data: ", "a"),
        ("data:a", LineKind::Data, "data:", "a"),
        ("data:  a", LineKind::Data, "data: ", " a"),
        ("data", LineKind::Data, "data", ""),
        ("data: a: b", LineKind::Data, "data: ", "a: b"),
        ("event: x", LineKind::Event, "event: ", "x"),
        ("id: 7", LineKind::Id, "id: ", "7"),
        ("retry: 7", LineKind::Retry, "retry: ", "7"),
        (": note", LineKind::Comment, "", ": note"),
        (":", LineKind::Comment, "", ":"),
        ("Data: a", LineKind::Other, "Data: ", "a"),
        (" data: a", LineKind::Other, " data: ", "a"),
    ] {
        let wire = format!("{line}\n");
        let reader = ResponseReader::new(Framing::Bare, Beginning::Event);
        let (lines, _) = read(reader, &[wire.as_bytes()]);
        let [found] = &lines[..] else {
            panic!("{lines:?}")
        };
        assert_eq!(
            (found.kind, shown(&found.name), shown(&found.value)),
            (kind, name.into(), value.into())
        );
    }
    for (line, name) in [
        ("x-a:b", "x-a:"),
        ("x-a:  b", "x-a: "),
        ("HTTP/1.1 200 a: b", ""),
        (": b", ""),
        ("nothing", ""),
    ] {
        let wire = format!("{line}\r\n");
        let (lines, _) = read(from_head(Framing::Bare), &[wire.as_bytes()]);
        assert_eq!(
            (shown(&lines[0].name), lines[0].kind),
            (name.into(), LineKind::Head)
        );
    }
}

/// Of a name that goes on and on, a reader keeps only so much.
#[test]
fn a_name_is_known_up_to_128_bytes() {
    for (pieces, name) in [
        (&[128][..], ": "),
        (&[129], ""),
        (&[80, 40], ": "),
        (&[80, 48], ": "),
        (&[80, 49], ""),
    ] {
        let pieces = pieces.iter().map(|length| "x".repeat(*length));
        let pieces: Vec<String> = pieces.chain([": v\n".to_owned()]).collect();
        let pieces: Vec<&[u8]> = pieces.iter().map(String::as_bytes).collect();
        let reader = ResponseReader::new(Framing::Bare, Beginning::Event);
        let (lines, _) = read(reader, &pieces);
        let last = lines.last().expect("there is one");
        assert_eq!(
            (last.kind, shown(&last.name)),
            (LineKind::Other, name.to_owned())
        );
    }
    // Whole, it is the same.
    for beginning in [Beginning::Head, Beginning::Event] {
        for (length, has_name) in [(128, true), (129, false)] {
            let line = format!("{}: v\r\n", "x".repeat(length));
            let reader = ResponseReader::new(Framing::Bare, beginning);
            let (lines, _) = read(reader, &[line.as_bytes()]);
            assert_eq!(!shown(&lines[0].name).is_empty(), has_name, "{length}");
        }
    }
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_name() {
    let wire = format!("{HEAD}\u{feff}data: a\n\n\u{feff}data: b\n\n");
    let (lines, events) = read(from_head(Framing::Bare), &[wire.as_bytes()]);
    assert_eq!(
        (lines[3].kind, shown(&lines[3].name)),
        (LineKind::Data, "\u{feff}data: ".into())
    );
    assert_eq!(lines[5].kind, LineKind::Other);
    assert_eq!(events.len(), 1);
    // In the middle of a stream it is no mark at all.
    let reader = ResponseReader::new(Framing::Bare, Beginning::Event);
    let (lines, events) = read(reader, &["\u{feff}data: a\n\n".as_bytes()]);
    assert_eq!((lines[0].kind, events.len()), (LineKind::Other, 0));
}

/// The head behind it was taken for chunks.
#[test]
fn an_interim_head_comes_before_the_head() {
    let wire =
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n7\r\ndata: a\r\n3\r\nb\n\n\r\n";
    let each: Vec<&[u8]> = wire.chunks(1).collect();
    for pieces in [&[&wire[..]][..], &each] {
        let (_, events) = read(from_head(Framing::Chunked), pieces);
        assert_eq!(events.len(), 1);
        assert!(events[0].1.contains("\"ab\""), "{events:?}");
    }
}

#[test]
fn chunks_may_have_extensions_and_trailers() {
    let wire = format!("{HEAD}9;a=b\r\ndata: a\n\n\r\n00\r\nx-sum: 1\r\n\r\n");
    let (lines, events) = read(from_head(Framing::Chunked), &[wire.as_bytes()]);
    let framing: Vec<_> = kinds(&lines)
        .into_iter()
        .filter(|(kind, _)| *kind == LineKind::Chunk)
        .collect();
    assert_eq!(framing.len(), 5, "{framing:?}");
    assert_eq!(events.len(), 1);
}

#[test]
fn what_is_no_chunk_is_the_end_of_what_can_be_told() {
    use LineKind::{Chunk, Data, Other};
    for (wire, kinds) in [
        ("zz\r\ndata: a\n\n", &[Chunk, Other, Other][..]),
        ("\r\ndata: a\n\n", &[Chunk, Other, Other]),
        ("3\r\ndata: a\n\n\r\n", &[Chunk, Other, Chunk, Other, Other]),
        (
            "fffffffffffffffffffff\r\ndata: a\n\n",
            &[Chunk, Data, Other],
        ),
        ("7\r\ndata: ax\r\ndata: b\n", &[Chunk, Data, Chunk, Other]),
        ("5\r5\r\ndata:\n\r\n", &[Chunk, Data, Chunk, Chunk]),
    ] {
        for cut in 0..=wire.len() {
            let reader = ResponseReader::new(Framing::Chunked, Beginning::Event);
            let (before, after) = wire.split_at(cut);
            let (lines, _) = read(reader, &[before.as_bytes(), after.as_bytes()]);
            assert_eq!(
                lines.iter().flat_map(bytes).collect::<Vec<_>>(),
                wire.as_bytes()
            );
            if cut == 0 {
                let found: Vec<LineKind> = lines.iter().map(|line| line.kind).collect();
                assert_eq!(found, kinds, "{wire:?}");
            }
        }
    }
}

/// A CR that ended a piece was taken for the first half of a line end, whatever followed it.
#[test]
fn a_lone_cr_in_head_or_framing_means_the_same_wherever_it_is_cut() {
    for (beginning, wire) in [
        (Beginning::Event, "5\r5\ndata:\n\r\n3\r\n\n\n\n\r\n"),
        (Beginning::Event, "\r5\r\ndata:\n"),
        (Beginning::Event, "1\r\n\n\r\r\n1\r\n\n"),
        (Beginning::Head, "HTTP/1.1 200 OK\r\n\r\r\n1\r\n:\r\n"),
        (
            Beginning::Head,
            "HTTP/1.1 200 OK\r\n\rx: y\r\n\r\n2\r\n:\n\r\n",
        ),
        (Beginning::Event, "zz\r\n1\r\n"),
        (Beginning::Event, "0\r\n\r\r\n\r\n:\n"),
    ] {
        let kind_of_each_byte = |lines: &[Line]| -> Vec<bool> {
            let lines = lines.iter();
            // Whether it is of the head or the framing: names are another matter.
            lines
                .flat_map(|line| {
                    let is_framing = matches!(line.kind, LineKind::Head | LineKind::Chunk);
                    vec![is_framing; line.length]
                })
                .collect()
        };
        let new = || ResponseReader::new(Framing::Chunked, beginning);
        let (whole, whole_events) = read(new(), &[wire.as_bytes()]);
        for cut in 0..wire.len() {
            let (before, after) = wire.split_at(cut);
            let (lines, events) = read(new(), &[before.as_bytes(), after.as_bytes()]);
            assert_eq!(
                kind_of_each_byte(&lines),
                kind_of_each_byte(&whole),
                "{wire:?} at {cut}"
            );
            assert_eq!(events, whole_events, "{wire:?} at {cut}");
        }
    }
}

#[test]
fn behind_a_gap_nothing_is_known() {
    let reader = ResponseReader::new(Framing::Chunked, Beginning::Middle);
    let (lines, events) = read(reader, &[b"ta: a\n\n\r\n"]);
    assert_lines(
        &lines,
        &[
            (LineKind::Other, "ta: a\n"),
            (LineKind::Other, "\n"),
            (LineKind::Other, "\r\n"),
        ],
    );
    assert!(events.is_empty());
}

#[test]
fn wherever_it_is_cut_every_line_keeps_its_kind() {
    let wire = format!("{HEAD}13\r\nid: 7\r\ndata: a: b\n\n\r\n0\r\n\r\n");
    let wire = wire.as_bytes();
    let each = |lines: &[Line]| -> Vec<LineKind> {
        let lines = lines.iter();
        lines
            .flat_map(|line| vec![line.kind; line.length])
            .collect()
    };
    let (whole, events) = read(from_head(Framing::Chunked), &[wire]);
    let golden = each(&whole);
    for cut in 0..=wire.len() {
        let (lines, cut_events) = read(from_head(Framing::Chunked), &[&wire[..cut], &wire[cut..]]);
        let all: Vec<u8> = lines.iter().flat_map(bytes).collect();
        assert_eq!(all, wire, "cut at {cut}");
        assert_eq!(cut_events, events, "cut at {cut}");
        // Within a name nobody knows yet what it is the name of, but what follows it is known.
        let line = wire[..cut]
            .iter()
            .rposition(|&byte| byte == b'\n')
            .map_or(0, |at| at + 1);
        let begun = match &wire[line..cut] {
            b"i" | b"d" | b"da" | b"dat" => line..cut,
            _ => 0..0,
        };
        for (at, (kind, golden)) in each(&lines).iter().zip(&golden).enumerate() {
            let known = !begun.contains(&at);
            assert_eq!(
                *kind,
                if known { *golden } else { LineKind::Other },
                "byte {at}, cut at {cut}"
            );
        }
        let data = lines.iter().filter(|line| line.kind == LineKind::Data);
        assert_eq!(
            data.map(|line| shown(&line.value)).collect::<String>(),
            "a: b",
            "cut at {cut}"
        );
    }
}

fn body() -> impl Strategy<Value = Vec<u8>> {
    let words: Vec<&[u8]> = vec![
        b"data",
        b"id",
        b"retry",
        b"event",
        b":",
        b": ",
        b"\r",
        b"\n",
        b"\r\n",
        b"\n\n",
        b"5",
        "é€😀".as_bytes(),
        b"\xe2\x82",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\0",
    ];
    let word = prop::sample::select(words);
    prop::collection::vec(word, 0..60).prop_map(|words| words.concat())
}

/// The pieces of some bytes between sorted places.
fn pieces<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).collect();
    cuts.sort_unstable();
    let mut at = 0;
    let mut pieces = Vec::new();
    for cut in cuts.into_iter().chain([bytes.len()]) {
        pieces.push(&bytes[at..cut]);
        at = cut;
    }
    pieces
}

proptest! {
    /// The lines are the bytes, what is decoded is what a decoder makes of the body, and an event
    /// ends with a line end of the body, however the body is cut into chunks and the wire into
    /// pieces.
    #[test]
    fn lines_are_the_bytes_and_events_are_those_of_a_decoder(
        body in body(),
        chunks in prop::collection::vec(any::<prop::sample::Index>(), 0..6),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
    ) {
        let mut wire = HEAD.as_bytes().to_vec();
        for chunk in pieces(&body, &chunks).into_iter().filter(|chunk| !chunk.is_empty()) {
            wire.extend(format!("{:x}\r\n", chunk.len()).bytes());
            wire.extend(chunk);
            wire.extend(b"\r\n");
        }
        wire.extend(b"0\r\n\r\n");
        let mut golden = Vec::new();
        let mut decoder = Decoder::new();
        decoder.push(&body, |decoded| golden.push(format!("{decoded:?}"))).expect("it is small");

        let (whole, whole_events) = read(from_head(Framing::Chunked), &[&wire]);
        let (lines, events) = read(from_head(Framing::Chunked), &pieces(&wire, &cuts));
        prop_assert_eq!(lines.iter().flat_map(bytes).collect::<Vec<_>>(), wire.clone());
        prop_assert!(lines.iter().all(|line| line.length == bytes(line).len()));
        let decoded: Vec<_> = events.iter().map(|(_, text)| text.clone()).collect();
        prop_assert_eq!(&decoded, &golden);
        for (end, _) in &whole_events {
            prop_assert!(matches!(wire[end - 1], b'\r' | b'\n'));
        }
        for ((end, _), (whole_end, _)) in events.iter().zip(&whole_events) {
            // A cut between CR and LF ends an event at its CR.
            prop_assert!(end == whole_end || (end + 1 == *whole_end && wire[*end] == b'\n'));
        }
        let data = |lines: &[Line]| lines.iter().filter(|line| line.kind == LineKind::Data).map(|line| raw(&line.value)).collect::<Vec<_>>().concat();
        prop_assert_eq!(data(&lines), data(&whole));
    }

    /// Whatever the bytes and wherever they begin, none is lost and nothing panics.
    #[test]
    fn any_bytes_are_lines(
        wire in prop::collection::vec(prop_oneof![any::<u8>(), Just(b'\r'), Just(b'\n'), Just(b'0'), Just(b':')], 0..200),
        cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        framing in prop_oneof![Just(Framing::Chunked), Just(Framing::Bare)],
        beginning in prop_oneof![Just(Beginning::Head), Just(Beginning::Event), Just(Beginning::Middle)],
    ) {
        let (lines, _) = read(ResponseReader::new(framing, beginning), &pieces(&wire, &cuts));
        prop_assert_eq!(lines.iter().flat_map(bytes).collect::<Vec<_>>(), wire);
        prop_assert!(lines.iter().all(|line| line.length > 0));
    }
}

#[test]
fn an_event_beyond_the_limit_is_the_last() {
    let large = format!(
        "data: {}\n\ndata: b\n\n",
        "x".repeat(Decoder::DEFAULT_LIMIT)
    );
    let reader = ResponseReader::new(Framing::Bare, Beginning::Event);
    let (lines, events) = read(reader, &[b"data: a\n\n", large.as_bytes()]);
    assert_eq!(lines.len(), 6);
    assert_eq!(
        events,
        [(
            9,
            format!(
                "{:?}",
                Decoded::Event {
                    event: "message",
                    data: "a",
                    last_event_id: ""
                }
            )
        )]
    );
}
