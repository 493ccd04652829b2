//! What `curl -i` saved, and what `curl -v` printed with it.

use super::super::imported::{FileFormat, Imported, PACE, foreign};
use super::super::{BodyKind, End, Recording, RecordingMistake, Step};
use super::{packed, push_paced};

/// What curl prints of its own.
const OWN: [&[u8]; 3] = [b"* ", b"{ [", b"} ["];

/// Whether this is the output of `curl -v`; without `-s`, it begins with how far the transfer is.
pub(super) fn is_verbose(text: &[u8]) -> bool {
    let signs: [&[u8]; 4] = [b"* ", b"> ", b"< ", b"% Total"];
    let begins = signs.iter().any(|sign| text.starts_with(sign));
    let mut lines = text.split(|byte| *byte == b'\n');
    begins && lines.any(|line| line.starts_with(b"< HTTP/"))
}

/// What is known of an exchange before its body.
#[derive(Default)]
struct Head<'a> {
    request: Vec<&'a [u8]>,
    response: Vec<&'a [u8]>,
    /// How many other heads stood before it.
    others: usize,
    /// How many of its lines cannot be said.
    unread: usize,
}

/// Reads a response whose head stands before its body.
pub(super) fn with_head(text: &[u8]) -> Result<Imported, RecordingMistake> {
    let mut head = Head::default();
    let mut rest = text;
    loop {
        let line;
        (line, rest) = split_line(rest);
        if !line.is_empty() {
            head.response.push(line);
        } else if is_another(head.response.first().copied(), rest) {
            head.others += 1;
            head.response.clear();
            continue;
        }
        if line.is_empty() || rest.is_empty() {
            break;
        }
    }
    recorded(head, rest, End::End)
}

/// Reads what `curl -v` printed, the body behind it.
pub(super) fn verbose(text: &[u8]) -> Result<Imported, RecordingMistake> {
    let mut head = Head::default();
    let mut rest = text;
    while !rest.is_empty() {
        let (line, behind) = split_line(rest);
        if let Some(field) = line.strip_prefix(b"> ") {
            if !head.response.is_empty() {
                head = Head {
                    others: head.others + 1,
                    ..Head::default()
                };
            }
            if !field.is_empty() {
                head.request.push(field);
            }
        } else if line == b"<" || line == b"< " {
            rest = behind;
            if is_another(head.response.first().copied(), own_lines(rest).1) {
                head.others += 1;
                head.response.clear();
                continue;
            }
            break;
        } else if let Some(field) = line.strip_prefix(b"< ") {
            head.response.push(field);
        }
        // All else is of curl, such as how far the transfer is.
        rest = behind;
    }
    let (body, end) = without_own(own_lines(rest).1);
    recorded(head, &body, end)
}

/// Whether another head follows this one: it was interim, a redirect, or of a proxy.
fn is_another(status_line: Option<&[u8]>, rest: &[u8]) -> bool {
    let rest = rest.strip_prefix(b"< ").unwrap_or(rest);
    let mut words = status_line
        .unwrap_or_default()
        .split(|byte| *byte == b' ')
        .skip(1);
    let status = words.next().unwrap_or_default();
    let is_interim =
        matches!(status, [b'1' | b'3' | b'4', _, _]) || words.next() == Some(b"Connection");
    is_interim && rest.starts_with(b"HTTP/")
}

fn split_line(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| *byte == b'\n');
    let (line, rest) = match end {
        Some(end) => (&text[..end], &text[end + 1..]),
        None => (text, &[][..]),
    };
    (line.strip_suffix(b"\r").unwrap_or(line), rest)
}

fn is_own(line: &[u8]) -> bool {
    let is_progress = || line.starts_with(b"\r") && line.windows(8).any(|it| it == b"--:--:--");
    OWN.iter().any(|sign| line.starts_with(sign)) || is_progress()
}

/// The lines of curl's own at the beginning, and what follows.
fn own_lines(text: &[u8]) -> (&[u8], &[u8]) {
    let mut rest = text;
    loop {
        let (line, behind) = split_line(rest);
        if !is_own(line) {
            break;
        }
        rest = behind;
    }
    text.split_at(text.len() - rest.len())
}

/// The body without what curl printed in it, and how it ended.
fn without_own(text: &[u8]) -> (Vec<u8>, End) {
    let mut body = Vec::with_capacity(text.len());
    let mut end = End::End;
    for line in text.split_inclusive(|byte| *byte == b'\n') {
        if !is_own(line) && !line.starts_with(b"curl: (") {
            body.extend_from_slice(line);
            continue;
        }
        let says = |words: &str| {
            let words = words.as_bytes();
            line.windows(words.len()).any(|part| part == words)
        };
        if says("reset by peer") {
            end = End::Reset;
        } else if says("timed out") {
            end = End::Timeout;
        } else if says("transfer closed") || says("(18)") {
            end = End::Cut;
        }
    }
    (body, end)
}

fn recorded(mut head: Head<'_>, body: &[u8], end: End) -> Result<Imported, RecordingMistake> {
    if packed(body).is_some() {
        return Err(foreign(
            "The body in this file is compressed: save it again with `curl --compressed`."
                .to_owned(),
        ));
    }
    let mut lines = Recording::new();
    for line in std::mem::take(&mut head.request) {
        let line = String::from_utf8_lossy(line).into_owned();
        // curl shows a target of HTTP/2 with that version, too.
        head.unread += usize::from(lines.push(Step::Request(line)).is_err());
    }
    for line in std::mem::take(&mut head.response) {
        head.unread += usize::from(lines.push(Step::Response(line.to_vec())).is_err());
    }
    let has_head = lines
        .exchanges()
        .next()
        .is_some_and(|it| it.response().count() > 0);
    if !has_head {
        return Err(foreign(
            "The head in this file is none of HTTP: save the stream again with `curl -i -N`."
                .to_owned(),
        ));
    }
    let pace = PACE.as_millis();
    let mut notes = vec![format!(
        "curl saves no times: the pieces are guessed, one each {pace} ms."
    )];
    if head.others > 0 {
        notes.push(format!(
            "Before this response stood {} that {} left out: interim heads or redirects.",
            count(head.others, "other"),
            if head.others == 1 { "is" } else { "are" }
        ));
    }
    if head.unread > 0 {
        notes.push(format!(
            "{} of a head that cannot be said {} left out.",
            count(head.unread, "line"),
            if head.unread == 1 { "is" } else { "are" }
        ));
    }
    let mut recording = Recording::new();
    for note in &notes {
        recording.push(Step::Note(note.clone()))?;
    }
    let by_line = lines
        .exchanges()
        .any(|it| it.body_kind() == BodyKind::JsonLines);
    for step in lines.steps {
        recording.push(step)?;
    }
    push_paced(&mut recording, body, by_line)?;
    recording.push(Step::End(end))?;
    Ok(Imported {
        recording,
        format: FileFormat::Curl,
        notes,
    })
}

fn count(number: usize, what: &str) -> String {
    match number {
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}
