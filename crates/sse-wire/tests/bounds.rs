//! What the decoder may cost: the limit of an event, its state after the error, and linear time.

use std::time::{Duration, Instant};

use sse_wire::{Beginning, Decoded, Decoder, Error, Found, Framing, ResponseReader};

const LIMIT: usize = 10;

/// The data of the events, and how the stream ended.
fn read(decoder: &mut Decoder, pieces: &[&[u8]]) -> (Vec<String>, Result<(), Error>) {
    let mut seen = Vec::new();
    let result = pieces.iter().try_for_each(|piece| {
        decoder.push(piece, |decoded| {
            if let Decoded::Event { data, .. } = decoded {
                seen.push(data.to_owned());
            }
        })
    });
    (seen, result)
}

#[test]
fn the_limit_counts_what_an_event_holds() {
    let too_large = Err(Error::EventTooLarge { limit: LIMIT });
    let table: &[(&str, &[u8], Result<(), Error>)] = &[
        ("a line of the limit", b"data:12345\n\n", Ok(())),
        ("a line above it", b"data:123456\n\n", too_large),
        (
            "a line above it that has not ended",
            b"data:123456",
            too_large,
        ),
        (
            "the line's end does not count",
            b"data:12345\r\n\r\n",
            Ok(()),
        ),
        ("lines add up", b"data\ndata\nid\n\n", Ok(())),
        (
            "lines add up, one too many",
            b"data\ndata\nid\nid\n\n",
            too_large,
        ),
        (
            "the event's name adds up too",
            b"event\nid\ndata\n\n",
            too_large,
        ),
        (
            "a new event has the whole limit",
            b"data:12345\n\ndata:12345\n\n",
            Ok(()),
        ),
        ("also without data", b"event:1234\n\nevent:1234\n\n", Ok(())),
        (
            "what is not held does not add up",
            b":234567890\n:234567890\nretry:1\nx:34567890\ndata:12345\n\n",
            Ok(()),
        ),
        ("a comment is a line too", b":2345678901\n", too_large),
        (
            "an unknown field is a line too",
            b"x:345678901\n",
            too_large,
        ),
        ("an empty stream", b"", Ok(())),
    ];
    for (rule, bytes, golden) in table {
        let (_, whole) = read(&mut Decoder::with_limit(LIMIT), &[bytes]);
        assert_eq!(whole, *golden, "{rule}");
        let pieces: Vec<&[u8]> = bytes.chunks(1).collect();
        let (_, bytewise) = read(&mut Decoder::with_limit(LIMIT), &pieces);
        assert_eq!(bytewise, *golden, "{rule}, byte by byte");
    }
}

/// The mark is no part of the line that the event holds, so it must not shorten what follows.
#[test]
fn a_byte_order_mark_does_not_add_up() {
    let stream = b"\xEF\xBB\xBFdata:12\nid\n\n";
    let (seen, whole) = read(&mut Decoder::with_limit(LIMIT), &[stream]);
    assert_eq!((seen, whole), (vec!["12".to_owned()], Ok(())));
    let pieces: Vec<&[u8]> = stream.chunks(1).collect();
    let (_, bytewise) = read(&mut Decoder::with_limit(LIMIT), &pieces);
    assert_eq!(bytewise, Ok(()), "byte by byte");
}

#[test]
fn after_the_error_the_decoder_is_closed_and_remembers_what_came_before() {
    let mut decoder = Decoder::with_limit(LIMIT);
    let stream = b"retry:5\nid:1\ndata:a\n\nid:2\ndata:123456789\n\ndata:b\n\n";
    let (seen, result) = read(&mut decoder, &[stream]);
    assert_eq!(
        seen,
        ["a"],
        "what came before the large event was handed out"
    );
    assert_eq!(result, Err(Error::EventTooLarge { limit: LIMIT }));

    for piece in [&b"\n\ndata:c\n\n"[..], b"", b"\n"] {
        let (seen, result) = read(&mut decoder, &[piece]);
        assert_eq!(seen, [""; 0], "a closed decoder hands out nothing");
        assert_eq!(result, Err(Error::EventTooLarge { limit: LIMIT }));
    }
    assert_eq!(decoder.last_event_id(), "1");
    assert_eq!(decoder.retry(), Some(5));
}

#[test]
fn the_error_is_a_sentence() {
    assert_eq!(
        Error::EventTooLarge { limit: LIMIT }.to_string(),
        "An event is larger than 10 bytes: send smaller events, or raise the reader's limit."
    );
}

#[test]
fn the_default_limit_is_16_mib() {
    let mut decoder = Decoder::default();
    let line = vec![b'x'; Decoder::DEFAULT_LIMIT];
    assert_eq!(read(&mut decoder, &[&line]).1, Ok(()));
    let too_large = Error::EventTooLarge {
        limit: 16 * 1024 * 1024,
    };
    assert_eq!(read(&mut decoder, &[b"x"]).1, Err(too_large));
}

/// Each of these takes well under a second in a debug build, and minutes if a byte were looked at
/// once for each byte, line or event that follows it.
#[test]
fn time_is_linear() {
    const SIZE: usize = 2 * 1024 * 1024;
    let started = Instant::now();

    // A long line, byte by byte.
    let mut decoder = Decoder::new();
    let mut stream = b"data: ".to_vec();
    stream.resize(SIZE, b'x');
    stream.extend_from_slice(b"\n\n");
    let pieces: Vec<&[u8]> = stream.chunks(1).collect();
    let (seen, _) = read(&mut decoder, &pieces);
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].len(), SIZE - "data: ".len());

    // A long id, and then many blank lines, each of which might copy it.
    let mut stream = b"id: ".to_vec();
    stream.resize(SIZE, b'7');
    stream.resize(2 * SIZE, b'\n');
    assert_eq!(read(&mut decoder, &[&stream]).1, Ok(()));
    assert_eq!(decoder.last_event_id().len(), SIZE - "id: ".len());

    // One event of many lines.
    let stream = [&b"data\n".repeat(SIZE / 4)[..], b"\n"].concat();
    let (seen, _) = read(&mut decoder, &[&stream]);
    assert_eq!(seen[0].len(), SIZE / 4 - 1);

    // The same for the lines of a response: a long name byte by byte, a long value, many lines, and
    // what is no UTF-8.
    const PART: usize = SIZE / 16;
    for stream in [
        vec![b'x'; PART],
        [&b"data: "[..], &b"x".repeat(PART)].concat(),
        [&b": "[..], &b"\xe2\x82".repeat(PART / 2)].concat(),
    ] {
        let mut reader = ResponseReader::new(Framing::Bare, Beginning::Event);
        let mut length = 0;
        for piece in stream.chunks(1) {
            reader.read(piece, |found| {
                if let Found::Line(line) = found {
                    length += line.length;
                }
            });
        }
        assert_eq!(length, stream.len());
    }
    let mut reader = ResponseReader::new(Framing::Chunked, Beginning::Event);
    let mut lines = 0;
    let stream = b"1\r\n\n\r\n".repeat(SIZE / 8);
    reader.read(&stream, |_| lines += 1);
    assert_eq!(lines, 3 * (SIZE / 8));

    let took = started.elapsed();
    assert!(
        took < Duration::from_secs(30),
        "reading {SIZE} bytes four times took {took:?}"
    );
}
