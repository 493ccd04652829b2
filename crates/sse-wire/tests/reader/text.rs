//! Bytes that are no characters, and characters that are split.

use sse_wire::{Beginning, Framing, LineKind, Piece, ResponseReader, Text};

use super::{read, shown};

fn text_of(wire: &[u8]) -> Text {
    let reader = ResponseReader::new(Framing::Bare, Beginning::Event);
    let (lines, _) = read(reader, &[&[b": ", wire, b"\n"].concat()]);
    lines[0].value.clone()
}

fn byte(byte: u8, text: &str) -> Piece {
    let text = text.to_owned();
    Piece::Byte { byte, text }
}

#[test]
fn bytes_that_are_no_character_have_their_digits() {
    let text = |text: &str| Piece::Text(text.to_owned());
    assert_eq!(
        text_of("é😀 \0".as_bytes()),
        Text::Plain(": é😀 \0".to_owned())
    );
    assert_eq!(
        text_of(b"a\xffb"),
        Text::Mixed(vec![text(": a"), byte(0xFF, "\u{fffd}"), text("b")])
    );
    // A longer form, a surrogate, beyond the last character, a character that breaks off.
    for (wire, pieces) in [
        (
            &b"\xc0\xaf"[..],
            vec![byte(0xC0, "\u{fffd}"), byte(0xAF, "\u{fffd}")],
        ),
        (
            b"\xed\xa0\x80",
            vec![
                byte(0xED, "\u{fffd}"),
                byte(0xA0, "\u{fffd}"),
                byte(0x80, "\u{fffd}"),
            ],
        ),
        (
            b"\xf4\x90",
            vec![byte(0xF4, "\u{fffd}"), byte(0x90, "\u{fffd}")],
        ),
        (
            b"\xe2\x82x",
            vec![byte(0xE2, "\u{fffd}"), byte(0x82, ""), text("x")],
        ),
        (b"\xe2\x82", vec![byte(0xE2, "\u{fffd}"), byte(0x82, "")]),
    ] {
        assert_eq!(
            text_of(wire),
            Text::Mixed([vec![text(": ")], pieces].concat())
        );
    }
}

#[test]
fn a_character_that_is_split_is_bytes_on_both_sides_and_copied_it_is_whole() {
    let wire = "data: a€b😀\n".as_bytes();
    for cut in 0..=wire.len() {
        let reader = ResponseReader::new(Framing::Bare, Beginning::Event);
        let (lines, _) = read(reader, &[&wire[..cut], &wire[cut..]]);
        let all: String = lines
            .iter()
            .map(|line| shown(&line.name) + &shown(&line.value) + line.end)
            .collect();
        assert_eq!(all.as_bytes(), wire, "cut at {cut}");
    }
    let pieces: &[(&[&[u8]], &[Text])] = &[
        (
            &[b": \xc3", b"\xa9\n"],
            &[
                Text::Mixed(vec![Piece::Text(": ".into()), byte(0xC3, "")]),
                Text::Mixed(vec![byte(0xA9, "é")]),
            ],
        ),
        // Byte after byte.
        (
            &[b": ", b"\xe2", b"\x82", b"\xac", b"\n"],
            &[
                Text::Plain(": ".into()),
                Text::Mixed(vec![byte(0xE2, "")]),
                Text::Mixed(vec![byte(0x82, "")]),
                Text::Mixed(vec![byte(0xAC, "€")]),
                Text::Plain(String::new()),
            ],
        ),
        // What has begun breaks off at the cut: what follows is text.
        (
            &[b": \xe2", b"z\n"],
            &[
                Text::Mixed(vec![Piece::Text(": ".into()), byte(0xE2, "")]),
                Text::Plain("z".into()),
            ],
        ),
        // What has begun is not what follows.
        (
            &[b": \xe2", b"\x82z\n"],
            &[
                Text::Mixed(vec![Piece::Text(": ".into()), byte(0xE2, "")]),
                Text::Mixed(vec![byte(0x82, "\u{fffd}"), Piece::Text("z".into())]),
            ],
        ),
        (
            &[b": \xc3", b"\n", b"\xa9\n"],
            &[
                Text::Mixed(vec![Piece::Text(": ".into()), byte(0xC3, "")]),
                Text::Plain(String::new()),
                Text::Mixed(vec![byte(0xA9, "\u{fffd}")]),
            ],
        ),
    ];
    for (pieces, values) in pieces {
        let reader = ResponseReader::new(Framing::Bare, Beginning::Event);
        let (lines, _) = read(reader, pieces);
        let found: Vec<Text> = lines
            .iter()
            .map(|line| match line.kind {
                LineKind::Comment => line.value.clone(),
                _ => line.name.clone(),
            })
            .collect();
        assert_eq!(&found, values);
    }
}

#[test]
fn a_character_may_be_split_by_the_end_of_a_chunk() {
    let reader = ResponseReader::new(Framing::Chunked, Beginning::Event);
    let (lines, events) = read(reader, &[b"7\r\ndata: \xc3\r\n3\r\n\xa9\n\n\r\n"]);
    let data: String = lines
        .iter()
        .filter(|line| line.kind == LineKind::Data)
        .map(|line| shown(&line.value))
        .collect();
    assert_eq!(data, "é");
    assert!(events[0].1.contains("\"é\""), "{events:?}");
}

/// A line without a colon is all name, and its end ends a character too.
#[test]
fn a_name_that_breaks_off_at_the_end_of_its_line_is_no_beginning() {
    let reader = ResponseReader::new(Framing::Bare, Beginning::Event);
    let (lines, _) = read(reader, &[b"ab\xe2\n", b"\x82\xac\n"]);
    let names: Vec<String> = lines.iter().map(|line| shown(&line.name)).collect();
    assert_eq!(names, ["ab\u{fffd}", "\u{fffd}\u{fffd}"]);
}
