//! Any bytes as an event stream: they mean the same however they are cut, cost a bounded amount of
//! memory, and come back the same when they are encoded again. And any text as an event: nothing
//! breaks out of its field.

#![no_main]

use std::alloc::System;

use cap::Cap;
use libfuzzer_sys::fuzz_target;
use sse_wire::{
    Beginning, Decoded, Decoder, Error, Event, Found, Framing, LineEnding, ResponseReader, encode,
};

#[global_allocator]
static ALLOCATOR: Cap<System> = Cap::new(System, usize::MAX);

const ENDINGS: [LineEnding; 3] = [LineEnding::Lf, LineEnding::CrLf, LineEnding::Cr];

fuzz_target!(|bytes: &[u8]| {
    let pieces = cut(bytes);
    let limit = usize::from(bytes.first().copied().unwrap_or_default());

    let whole = read(Decoder::new(), [bytes]);
    assert_eq!(read(Decoder::new(), pieces.iter().copied()), whole);
    assert_eq!(read(Decoder::new(), bytes.chunks(1)), whole);

    let bounded = read(Decoder::with_limit(limit), [bytes]);
    assert_eq!(
        read(Decoder::with_limit(limit), pieces.iter().copied()),
        bounded
    );
    assert_eq!(read(Decoder::with_limit(limit), bytes.chunks(1)), bounded);
    stays_within(limit, &pieces);

    all_of_it_is_lines(bytes, &pieces);
    comes_back(&whole.seen);
    stays_in_its_field(&String::from_utf8_lossy(bytes));
});

/// The lines of a response have all of its bytes, wherever it begins and is cut.
fn all_of_it_is_lines(bytes: &[u8], pieces: &[&[u8]]) {
    for framing in [Framing::Chunked, Framing::Bare] {
        for beginning in [Beginning::Head, Beginning::Event, Beginning::Middle] {
            let mut reader = ResponseReader::new(framing, beginning);
            let mut length = 0;
            for piece in pieces {
                reader.read(piece, |found| {
                    if let Found::Line(line) = found {
                        length += line.length;
                    }
                });
            }
            assert_eq!(length, bytes.len());
        }
    }
}

/// What a stream meant: what was handed out, the two values that outlive it, and how it ended.
#[derive(Debug, PartialEq)]
struct Meaning {
    seen: Vec<Seen>,
    last_event_id: String,
    retry: Option<u64>,
    error: Option<Error>,
}

#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Event {
        event: String,
        data: String,
        last_event_id: String,
    },
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
            } => Self::Event {
                event: event.to_owned(),
                data: data.to_owned(),
                last_event_id: last_event_id.to_owned(),
            },
            Decoded::Comment(text) => Self::Comment(text.to_owned()),
            Decoded::Retry(retry) => Self::Retry(retry),
        }
    }
}

fn read<'a>(mut decoder: Decoder, pieces: impl IntoIterator<Item = &'a [u8]>) -> Meaning {
    let mut seen = Vec::new();
    let result = pieces
        .into_iter()
        .try_for_each(|piece| decoder.push(piece, |decoded| seen.push(decoded.into())));
    Meaning {
        seen,
        last_event_id: decoder.last_event_id().to_owned(),
        retry: decoder.retry(),
        error: result.err(),
    }
}

/// The bytes say themselves where they are cut, so that the fuzzer finds the cuts that matter: the
/// last byte is the length of the first piece, the one before it that of the second.
fn cut(bytes: &[u8]) -> Vec<&[u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    for length in bytes.iter().rev() {
        let (piece, after) = rest.split_at(rest.len().min(usize::from(length % 16)));
        pieces.push(piece);
        rest = after;
    }
    pieces.push(rest);
    pieces
}

/// The allocator refuses what goes beyond a small multiple of the limit, and the process ends
/// there. The multiple: an invalid byte becomes three, a buffer that grows has twice what it needs,
/// and there are six of them. A short input comes again and again, so that it is enough to find
/// what piles up.
fn stays_within(limit: usize, pieces: &[&[u8]]) {
    let length: usize = pieces.iter().map(|piece| piece.len()).sum();
    let times = (8 * 1024 / length.max(1)).clamp(1, 64);
    let bound = 40 * limit + 512;
    ALLOCATOR
        .set_limit(ALLOCATOR.allocated() + bound)
        .expect("it is above what is allocated");
    let mut decoder = Decoder::with_limit(limit);
    for piece in std::iter::repeat_n(pieces, times).flatten() {
        // Where it ends does not matter here.
        _ = decoder.push(piece, |_| ());
    }
    drop(decoder);
    ALLOCATOR.set_limit(usize::MAX).expect("the whole memory");
}

/// What was read is written and read again, in each line ending.
fn comes_back(seen: &[Seen]) {
    for ending in ENDINGS {
        let mut wire = Vec::new();
        for seen in seen {
            let event = match seen {
                Seen::Event {
                    event,
                    data,
                    last_event_id,
                } => Event {
                    event: Some(event),
                    id: Some(last_event_id),
                    data: Some(data),
                    ..Event::default()
                },
                Seen::Comment(text) => Event {
                    comment: Some(text),
                    ..Event::default()
                },
                Seen::Retry(retry) => Event {
                    retry: Some(*retry),
                    ..Event::default()
                },
            };
            encode(&event, ending, &mut wire);
        }
        assert_eq!(read(Decoder::new(), [&wire[..]]).seen, seen);
    }
}

/// Data, name, id and comment from one text, apart at each unit separator (U+001F). Two events in a
/// row, since what one leaves open would swallow the beginning of the next.
fn stays_in_its_field(text: &str) {
    let mut fields = text.splitn(4, '\u{1F}');
    let event = Event {
        data: fields.next(),
        event: fields.next(),
        id: fields.next(),
        comment: fields.next(),
        retry: Some(text.len() as u64),
    };
    let lines = |text: &str| text.replace("\r\n", "\n").replace('\r', "\n");
    let mut meant: Vec<Seen> = Vec::new();
    if let Some(comment) = event.comment {
        meant.extend(
            lines(comment)
                .split('\n')
                .map(|line| Seen::Comment(line.to_owned())),
        );
    }
    meant.extend(event.retry.map(Seen::Retry));
    if let Some(data) = event.data {
        let name = event.event.unwrap_or_default().replace(['\r', '\n'], "");
        meant.push(Seen::Event {
            event: if name.is_empty() {
                "message".to_owned()
            } else {
                name
            },
            data: lines(data),
            last_event_id: event.id.unwrap_or_default().replace(['\r', '\n', '\0'], ""),
        });
    }
    let twice = [meant.clone(), meant].concat();
    for ending in ENDINGS {
        let mut wire = Vec::new();
        encode(&event, ending, &mut wire);
        encode(&event, ending, &mut wire);
        let read = read(Decoder::new(), [&wire[..]]);
        assert_eq!((read.seen, read.error), (twice.clone(), None));
    }
}
