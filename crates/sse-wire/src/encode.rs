//! Event to bytes.
//!
//! A text must never break out of its field. Whatever data, event, id or comment contain, the
//! client sees at most one event, and only the fields that the sender filled.

use crate::event::Event;
use crate::line::{self, LineEnding};

/// Appends the event to `out`, closed by its blank line.
///
/// The fields come in the order comment, retry, event, id, data, each as name, colon, one space,
/// value. The space is always there, before an empty value too (`data: `): clients drop exactly
/// one, so text that begins with a space keeps it. An event with no line to write, such as the
/// default one, writes nothing, not even the blank line; a comment alone is closed like an event.
///
/// Nothing is allocated but what `out` needs to grow.
///
/// # Text that a field cannot carry
///
/// * `data` and `comment` become a line each for what CRLF, CR and LF separate. For data the client
///   joins the lines with LF, so CRLF and CR arrive as LF, the only line end that the format can
///   carry; nothing else is lost. For empty text one line with an empty value is written.
/// * CR and LF are removed from `event` and `id`: a field is one line, and the rest of the value
///   would be read as another field.
/// * NUL is removed from `id`: a client ignores an `id` field with a NUL in it and would resume
///   from the id before.
/// * An `event` that is empty, or that nothing is left of, is not written: to a client it means the
///   default.
/// * An `id` that is empty, or that nothing is left of, is written (`id: `) and makes the client
///   forget its last id.
///
/// With [`LineEnding::Cr`] the last byte of an event is a CR, to which a LF would belong as one
/// line end. No line of an event begins with LF, so the next event is safe behind it, whatever its
/// own line ending is.
pub fn encode(event: &Event<'_>, ending: LineEnding, out: &mut Vec<u8>) {
    // One copy of the code for each ending, in which its length is known: this runs millions of
    // times a second.
    match ending {
        LineEnding::Lf => encode_with(event, b"\n", out),
        LineEnding::CrLf => encode_with(event, b"\r\n", out),
        LineEnding::Cr => encode_with(event, b"\r", out),
    }
}

fn encode_with<const N: usize>(event: &Event<'_>, end: &[u8; N], out: &mut Vec<u8>) {
    let before = out.len();
    if let Some(comment) = event.comment {
        lines(b": ", comment, end, out);
    }
    if let Some(retry) = event.retry {
        out.extend_from_slice(b"retry: ");
        out.extend_from_slice(itoa::Buffer::new().format(retry).as_bytes());
        out.extend_from_slice(end);
    }
    if let Some(name) = event.event.filter(|name| !name.bytes().all(line::is_end)) {
        line_without(line::is_end, b"event: ", name, end, out);
    }
    if let Some(id) = event.id {
        line_without(
            |byte| line::is_end(byte) || byte == 0,
            b"id: ",
            id,
            end,
            out,
        );
    }
    if let Some(data) = event.data {
        lines(b"data: ", data, end, out);
    }
    if out.len() > before {
        out.extend_from_slice(end);
    }
}

/// Writes the text as one field for each of its lines; a text that ends with a line end has an
/// empty last line.
fn lines<const P: usize, const N: usize>(
    prefix: &[u8; P],
    text: &str,
    end: &[u8; N],
    out: &mut Vec<u8>,
) {
    let mut rest = text.as_bytes();
    while let Some((line, after)) = line::split_first(rest) {
        field(prefix, line, end, out);
        rest = after;
    }
    field(prefix, rest, end, out);
}

/// Writes the text as one field, without the bytes that it cannot carry.
fn line_without<const P: usize, const N: usize>(
    unfit: impl Fn(u8) -> bool,
    prefix: &[u8; P],
    text: &str,
    end: &[u8; N],
    out: &mut Vec<u8>,
) {
    out.extend_from_slice(prefix);
    for fit in text.as_bytes().split(|&byte| unfit(byte)) {
        out.extend_from_slice(fit);
    }
    out.extend_from_slice(end);
}

#[inline]
fn field<const P: usize, const N: usize>(
    prefix: &[u8; P],
    value: &[u8],
    end: &[u8; N],
    out: &mut Vec<u8>,
) {
    out.reserve(P + value.len() + N);
    out.extend_from_slice(prefix);
    out.extend_from_slice(value);
    out.extend_from_slice(end);
}
