//! Reads any file that holds a stream, told by its content: `.wire`, HAR 1.2, what `curl` saved, a
//! bare stream of events, or lines of JSON.

mod curl;

use super::RecordingMistakeKind as Kind;
use super::blocks::block_ends;
use super::imported::{FileFormat, Imported, PACE, foreign};
use super::{End, MOST_BYTES, Recording, RecordingMistake, Step, Wait, har};

/// How much of a file is looked at to tell whether it is a stream of events.
const SAMPLE: usize = 64 << 10;

impl Recording {
    /// Reads a file of any of the formats of [`FileFormat`].
    ///
    /// # Errors
    ///
    /// The first mistake, with its line where that helps; or what the file is, where it is none of
    /// these.
    pub fn parse_any(file: impl AsRef<[u8]>) -> Result<Imported, RecordingMistake> {
        let file = file.as_ref();
        if file.len() > MOST_BYTES {
            return Err(foreign(format!(
                "The file has more than {MOST_BYTES} bytes, which is the most that is read: cut it \
                 into parts."
            )));
        }
        let text = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        if text.starts_with(b"wire ") {
            return wire(text);
        }
        if let Some(what) = packed(file) {
            return Err(foreign(what.to_owned()));
        }
        let begin = text.trim_ascii_start();
        match begin {
            [] => Err(foreign(
                "The file is empty: record again, or name another file.".to_owned(),
            )),
            _ if begin.starts_with(b"HTTP/") => curl::with_head(begin),
            _ if curl::is_verbose(begin) => curl::verbose(begin),
            [b'{', ..] if is_json_lines(begin) => {
                bare(text, "application/x-ndjson", FileFormat::JsonLines)
            }
            [b'{' | b'[', ..] => har::read(text),
            [b'<', ..] => Err(foreign(
                "The file is a page of HTML or XML, and no stream: look at the URL that it came \
                 from, and record again."
                    .to_owned(),
            )),
            _ if are_events(text) => bare(file, "text/event-stream", FileFormat::Events),
            _ => Err(foreign(
                match text.contains(&0) || str::from_utf8(text).is_err() {
                    true => {
                        "The file is binary: give a .wire, a HAR, a stream of events, or what \
                         `curl -i -N` saved."
                    }
                    false => {
                        "The file is text, but no recording: give a .wire, a HAR, a stream of \
                         events, or what `curl -i -N` saved."
                    }
                }
                .to_owned(),
            )),
        }
    }
}

fn wire(text: &[u8]) -> Result<Imported, RecordingMistake> {
    if text.starts_with(b"wire 1\r") {
        return Err(Kind::Control.mistake().at(1));
    }
    let whole = |recording, format, notes| Imported {
        recording,
        format,
        notes,
    };
    let mistake = match Recording::parse(text) {
        Ok(recording) => return Ok(whole(recording, FileFormat::Wire, Vec::new())),
        Err(mistake) => mistake,
    };
    // A mistake in a line that is not whole is no mistake of a person.
    let is_cut = !text.ends_with(b"\n");
    let lines = || text.split(|byte| *byte == b'\n').count();
    if mistake.kind != Kind::NoEnd && !(is_cut && mistake.line == Some(lines())) {
        return Err(mistake);
    }
    let recording = Recording::parse_beginning(text)?;
    let note = "The file has no end: it was read up to its last whole line.".to_owned();
    Ok(whole(recording, FileFormat::WireBeginning, vec![note]))
}

/// What is no text, by its first bytes.
fn packed(file: &[u8]) -> Option<&'static str> {
    let starts = |bytes: &[u8]| file.starts_with(bytes);
    if starts(b"\x1f\x8b") || starts(b"\x28\xb5\x2f\xfd") || starts(b"PK\x03\x04") {
        return Some("The file is compressed: unpack it first, for instance with `gunzip`.");
    }
    if starts(b"\xff\xfe") || starts(b"\xfe\xff") {
        return Some(
            "The file is UTF-16, as PowerShell writes it: save the stream again with `curl -o`.",
        );
    }
    None
}

/// Whether more than one line of JSON stands there, and not one value in several lines.
fn is_json_lines(text: &[u8]) -> bool {
    let mut lines = text.split(|byte| *byte == b'\n');
    let first = lines.next().unwrap_or_default();
    let is_object = |line: &[u8]| serde_json::from_slice::<serde::de::IgnoredAny>(line).is_ok();
    let behind = lines.find(|line| !line.trim_ascii().is_empty());
    behind.is_some_and(|line| line.trim_ascii_start().starts_with(b"{")) && is_object(first)
}

/// Whether most lines at the beginning are of fields or comments.
fn are_events(text: &[u8]) -> bool {
    let sample = &text[..text.len().min(SAMPLE)];
    let (mut fields, mut lines) = (0_usize, 0_usize);
    for line in sample.split(|byte| matches!(byte, b'\r' | b'\n')) {
        let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
        lines += usize::from(!line.is_empty());
        fields += usize::from(
            matches!(name, b"data" | b"event" | b"id" | b"retry") || line.starts_with(b":"),
        );
    }
    fields > lines / 2
}

/// A body without a head: each event, or line, is a piece.
fn bare(body: &[u8], media_type: &str, format: FileFormat) -> Result<Imported, RecordingMistake> {
    let mut recording = Recording::new();
    let pace = PACE.as_millis();
    let note = format!(
        "The file has a body alone: its head is made up, and its pieces are one each {pace} ms."
    );
    recording.push(Step::Note(note.clone()))?;
    recording.push(Step::Response(b"HTTP/1.1 200 OK".into()))?;
    recording.push(Step::Response(
        format!("content-type: {media_type}").into_bytes(),
    ))?;
    push_paced(&mut recording, body, format == FileFormat::JsonLines)?;
    recording.push(Step::End(End::End))?;
    Ok(Imported {
        recording,
        format,
        notes: vec![note],
    })
}

/// Appends a body of which no times are known.
fn push_paced(
    recording: &mut Recording,
    body: &[u8],
    by_line: bool,
) -> Result<(), RecordingMistake> {
    let mut begin = 0;
    let mut push = |end: usize| {
        recording.push(Step::Wait(Wait {
            time: PACE,
            ..Wait::default()
        }))?;
        recording.push(Step::Bytes(body[begin..end].to_vec()))?;
        begin = end;
        Ok(())
    };
    if by_line {
        let lines = body.split_inclusive(|byte| *byte == b'\n');
        let ends = lines.scan(0, |end, line| {
            *end += line.len();
            Some(*end)
        });
        return ends.into_iter().try_for_each(&mut push);
    }
    block_ends(body).into_iter().try_for_each(push)
}
