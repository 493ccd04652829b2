//! A form of a topic for clients that cannot know the names of its events.
//!
//! An EventSource receives only events whose names it listens for. A client that only watches a
//! topic cannot know these names in advance. In this form each event is a `message`, and the first
//! line of its data is its name.

/// The name of an event that is given none (HTML 9.2.6).
const MESSAGE: &[u8] = b"message";

const EVENT: &[u8] = b"event: ";
const ID: &[u8] = b"id: ";
const DATA: &[u8] = b"data: ";

/// Appends the beginning of a frame as the ring has it, with its name as the first line of its
/// data, and answers where in the frame its own data begin, which follow. Its fields stand in the
/// encoder's order, data last. Without `with_id` its id is left out.
pub(super) fn begin(frame: &[u8], with_id: bool, out: &mut Vec<u8>) -> usize {
    let mut name = MESSAGE;
    let data = head(frame, |line| match line.strip_prefix(EVENT) {
        Some(given) => name = &given[..given.len() - 1],
        None if !with_id && line.starts_with(ID) => {}
        None => out.extend_from_slice(line),
    });
    for part in [DATA, name, b"\n"] {
        out.extend_from_slice(part);
    }
    data
}

/// Appends the beginning of a frame as the ring has it, without its id, and answers where in the
/// frame its data begin, which follow.
pub(super) fn without_id(frame: &[u8], out: &mut Vec<u8>) -> usize {
    head(frame, |line| {
        if !line.starts_with(ID) {
            out.extend_from_slice(line);
        }
    })
}

/// Hands out the lines before the data of a frame, each with its end, and answers where the data
/// begin.
fn head<'a>(frame: &'a [u8], mut each: impl FnMut(&'a [u8])) -> usize {
    let mut rest = frame;
    while !rest.starts_with(DATA)
        && let Some(end) = rest.iter().position(|b| *b == b'\n')
    {
        let (line, after) = rest.split_at(end + 1);
        each(line);
        rest = after;
    }
    frame.len() - rest.len()
}

#[cfg(test)]
mod tests {
    use sse_wire::{Event, LineEnding, encode};

    use super::*;

    fn named(event: Event<'_>) -> String {
        let (mut frame, mut out) = (Vec::new(), Vec::new());
        encode(&event, LineEnding::Lf, &mut frame);
        let rest = begin(&frame, true, &mut out);
        out.extend_from_slice(&frame[rest..]);
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_name_is_the_first_line_of_the_data() {
        let event = Event {
            retry: Some(5),
            event: Some("up"),
            id: Some("event: 1"),
            data: Some("a\nevent: b\n"),
            ..Event::default()
        };
        assert_eq!(
            named(event),
            "retry: 5\nid: event: 1\ndata: up\ndata: a\ndata: event: b\ndata: \n\n"
        );
        let plain = Event {
            data: Some(""),
            ..Event::default()
        };
        assert_eq!(named(plain), "data: message\ndata: \n\n");
    }
}
