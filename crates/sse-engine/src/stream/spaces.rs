//! Lines without the space behind the colon, which the format allows and some servers write.

/// Takes the space out behind the first colon of each line, from the byte `from` on. A value that
/// begins with a space keeps its own: there, clients would drop that one instead.
pub fn without_spaces(bytes: &mut Vec<u8>, from: usize) {
    let (mut read, mut write) = (from, from);
    // Whether the colon of this line is still to come.
    let mut in_name = true;
    while let Some(&byte) = bytes.get(read) {
        bytes[write] = byte;
        (read, write) = (read + 1, write + 1);
        match byte {
            b'\r' | b'\n' => in_name = true,
            b':' if in_name => {
                in_name = false;
                let own = bytes.get(read + 1) == Some(&b' ');
                read += usize::from(bytes.get(read) == Some(&b' ') && !own);
            }
            _ => {}
        }
    }
    bytes.truncate(write);
}

#[cfg(test)]
mod tests {
    use sse_wire::{Decoded, Decoder, Event, LineEnding, encode};

    use super::*;

    #[test]
    fn clients_read_the_same_without_the_spaces() {
        let event = Event {
            comment: Some("a: b\n c"),
            retry: Some(5),
            event: Some("x: y"),
            id: Some(""),
            data: Some("{\"a\": 1}\n two\n\n  three: "),
        };
        for ending in [LineEnding::Lf, LineEnding::CrLf, LineEnding::Cr] {
            let mut bytes = b"data: before".to_vec();
            let from = bytes.len();
            encode(&event, ending, &mut bytes);
            let whole = bytes[from..].to_vec();
            without_spaces(&mut bytes, from);
            assert!(bytes.starts_with(b"data: before:a: b"), "{bytes:?}");
            let read = |bytes: &[u8]| {
                let mut all = Vec::new();
                let mut decoder = Decoder::new();
                let read = |decoded: Decoded<'_>| all.push(format!("{decoded:?}"));
                decoder.push(bytes, read).expect("small");
                all
            };
            let short = &bytes[from..];
            // Nine lines, of which three have a space of their own.
            assert_eq!(short.len() + 6, whole.len());
            // A comment is no field: its space is its own to some readers.
            assert_eq!(read(short)[1..], read(&whole)[1..]);
        }
    }
}
