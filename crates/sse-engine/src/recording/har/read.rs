//! Reads a HAR as a recording: an exchange for each entry.

use std::time::Duration;

use sse_wire::{Decoded, Decoder, Event, LineEnding, encode};

use super::super::blocks::block_ends;
use super::super::imported::{FileFormat, Imported, PACE, foreign};
use super::super::{BodyKind, End, Recording, RecordingMistake, RecordingMistakeKind, Step, Wait};
use super::time::{read_date, time};
use super::{Body, Chunk, Entry, Header, Message, Moment, Request, Response, Root};

/// Reads a text that begins as JSON.
pub(in super::super) fn read(text: &[u8]) -> Result<Imported, RecordingMistake> {
    let root: Root = serde_json::from_slice(text).map_err(|e| broken(&e, text))?;
    let Some(log) = root.log else {
        return Err(foreign(
            "The file is JSON, but no HAR, since it has no `log`: give a HAR, or what \
             `curl -i -N` saved."
                .to_owned(),
        ));
    };
    let entries = log.entries.unwrap_or_default();
    if entries.is_empty() {
        return Err(foreign(
            "The HAR has no entries: load the page again while its network panel is open, and \
             save it then."
                .to_owned(),
        ));
    }
    let creator = log.creator.unwrap_or_default();
    let by = [creator.name, creator.version].map(Option::unwrap_or_default);
    let mut import = Import::default();
    import.begin(&entries[0], by.join(" ").trim())?;
    let mut ended = None;
    for (index, entry) in entries.into_iter().enumerate() {
        if index > 0 {
            import.recording.push(Step::Next)?;
        }
        ended = import.entry(entry, ended)?;
    }
    Ok(Imported {
        recording: import.recording,
        format: FileFormat::Har,
        notes: import.notes,
    })
}

/// The mistake of JSON that cannot be read. What stands there may be a secret, so it is not shown.
fn broken(e: &serde_json::Error, text: &[u8]) -> RecordingMistake {
    if e.is_data() && text.starts_with(b"[") {
        return foreign(
            "The file is a list of JSON, and no HAR: give a HAR, or what `curl -i -N` saved."
                .to_owned(),
        );
    }
    let what = match () {
        () if e.is_eof() => "the JSON of the file ends too early: save the HAR again.",
        () if e.is_data() => "here stands what HAR 1.2 does not have there: save the HAR again.",
        () => "this is no JSON: save the HAR again, or mend it here.",
    };
    let sentence = format!("column {}: {what}", e.column());
    RecordingMistakeKind::Format
        .because(sentence)
        .at(e.line().max(1))
}

#[derive(Default)]
struct Import {
    recording: Recording,
    notes: Vec<String>,
}

/// How a body came.
struct Pieces {
    /// What is before each piece, and where the piece ends.
    ends: Vec<(Wait, usize)>,
    /// How long it took from the last piece to the end.
    rest: Duration,
}

impl Import {
    /// Says when and with what it was recorded, where nothing in the HAR says that already.
    fn begin(&mut self, first: &Entry, by: &str) -> Result<(), RecordingMistake> {
        let says_so = |comment: &String| comment.lines().any(|it| it.starts_with("recorded "));
        let date = first.started_date_time.as_deref().unwrap_or_default();
        if first.comment.as_ref().is_some_and(says_so)
            || read_date(date).is_none_or(|it| it.is_zero())
        {
            return Ok(());
        }
        let by = plain(by);
        let note = format!("recorded {} by {by}", plain(date));
        self.recording.push(Step::Note(note))
    }

    /// Says what is made up, once for all entries.
    fn note(&mut self, note: &str) -> Result<(), RecordingMistake> {
        if self.notes.iter().any(|it| it == note) {
            return Ok(());
        }
        self.notes.push(note.to_owned());
        self.recording.push(Step::Note(note.to_owned()))
    }

    fn wait(&mut self, wait: Wait) -> Result<(), RecordingMistake> {
        match wait == Wait::default() {
            true => Ok(()),
            false => self.recording.push(Step::Wait(wait)),
        }
    }

    fn pause(&mut self, time: Duration) -> Result<(), RecordingMistake> {
        self.wait(Wait {
            time,
            ..Wait::default()
        })
    }

    /// Appends an entry, and says when it ended.
    fn entry(
        &mut self,
        entry: Entry,
        before: Option<Duration>,
    ) -> Result<Option<Duration>, RecordingMistake> {
        let started = entry.started_date_time.as_deref().and_then(read_date);
        for line in entry.comment.as_deref().unwrap_or_default().lines() {
            self.recording.push(Step::Note(plain(line)))?;
        }
        if let (Some(before), Some(started)) = (before, started) {
            self.pause(started.saturating_sub(before))?;
        }
        // Ours has what was recorded, and nothing else.
        let is_ours = entry.end.is_some();
        self.request(entry.request.unwrap_or_default(), is_ours)?;
        let timings = entry.timings.unwrap_or_default();
        let parts = [
            timings.blocked,
            timings.dns,
            timings.connect,
            timings.send,
            timings.wait,
        ];
        let head = parts
            .into_iter()
            .map(time)
            .fold(Duration::ZERO, Duration::saturating_add);
        let receive = time(timings.receive);
        self.pause(head)?;
        let response = entry.response.unwrap_or_default();
        let error = response.error.clone().unwrap_or_default();
        let is_missing = self.response(
            response,
            entry.messages.unwrap_or_default(),
            entry.chunks,
            (started.map(|it| it.saturating_add(head)), receive),
        )?;
        let end = entry.end.as_deref();
        let end = End::ALL.into_iter().find(|it| Some(it.word()) == end);
        self.recording
            .push(Step::End(end.unwrap_or_else(|| failed(&error, is_missing))))?;
        Ok(started.map(|it| it.saturating_add(head).saturating_add(receive)))
    }

    fn request(&mut self, request: Request, is_ours: bool) -> Result<(), RecordingMistake> {
        let url = request.url.unwrap_or_default();
        let (host, target) = match url.split_once("://") {
            Some((_, rest)) => {
                let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
                let host = rest[..end]
                    .rsplit_once('@')
                    .map_or(&rest[..end], |(_, host)| host);
                (host, &rest[end..])
            }
            None => ("", &*url),
        };
        let slash = if target.starts_with('/') { "" } else { "/" };
        let target: String = target
            .chars()
            .filter(|c| !c.is_whitespace() && !c.is_control())
            .collect();
        let method = request.method.unwrap_or_default();
        let method = method.split_whitespace().next().unwrap_or("GET");
        let version = version(&request.http_version.unwrap_or_default());
        let line = format!("{method} {slash}{target} {version}");
        if self.recording.push(Step::Request(line)).is_err() {
            let line = "GET / HTTP/1.1".to_owned();
            self.recording.push(Step::Request(line))?;
        }
        let headers = request.headers.unwrap_or_default();
        let names_host = |header: &Header| header.name.eq_ignore_ascii_case("host");
        if !is_ours && !host.is_empty() && !headers.iter().any(names_host) {
            self.field(Step::Request, &format!("host: {host}"))?;
        }
        for line in headers.iter().flat_map(lines) {
            self.field(Step::Request, &line)?;
        }
        let body = request.post_data.and_then(Body::into_bytes);
        self.recording
            .push(Step::RequestBytes(body.unwrap_or_default()))
    }

    fn field(&mut self, step: fn(String) -> Step, line: &str) -> Result<(), RecordingMistake> {
        if self
            .recording
            .push(step(line.trim_end().to_owned()))
            .is_err()
        {
            self.note("A field of a head is left out: a recording cannot have it.")?;
        }
        Ok(())
    }

    /// Appends the response, and says whether there is none. Times: when its head was there, and
    /// how long its body took.
    fn response(
        &mut self,
        response: Response,
        messages: Vec<Message>,
        chunks: Option<Vec<Chunk>>,
        (head, receive): (Option<Duration>, Duration),
    ) -> Result<bool, RecordingMistake> {
        let status = response.status.unwrap_or_default().0;
        let headers = response.headers.unwrap_or_default();
        let content = response.content.unwrap_or_default();
        let has_text = content.text.as_ref().is_some_and(|text| !text.is_empty());
        if status <= 0.0 && headers.is_empty() && !has_text && messages.is_empty() {
            self.pause(receive)?;
            return Ok(true);
        }
        let version = version(&response.http_version.unwrap_or_default());
        let line = format!(
            "{version} {} {}",
            status as u16,
            plain(&response.status_text.unwrap_or_default())
        );
        self.recording
            .push(Step::Response(line.trim_end().as_bytes().to_vec()))?;
        for line in headers.iter().flat_map(lines) {
            self.field(|line| Step::Response(line.into_bytes()), &line)?;
        }
        let is_type = |it: &&Header| it.name.eq_ignore_ascii_case("content-type");
        let kind = headers.iter().find(is_type).map(|it| it.value.as_str());
        // A writer says so where no field does.
        let written = content.mime_type.as_deref().filter(|it| *it != "x-unknown");
        let kind = BodyKind::of(kind.or(written));
        let (body, is_rebuilt) = match (content.into_bytes(), &messages[..]) {
            (Some(body), _) if has_text => (body, false),
            (_, []) => {
                if kind == BodyKind::Events && chunks.is_none() {
                    self.note("The HAR has no body of a stream: its writer did not keep it.")?;
                }
                (Vec::new(), false)
            }
            (_, messages) => (events(messages), true),
        };
        if is_rebuilt {
            self.note(
                "The HAR has no body of a stream: it is made up of the events that were saved.",
            )?;
        }
        let exact = chunks
            .filter(|_| !is_rebuilt)
            .and_then(|it| exact(&it, body.len(), receive));
        let pieces = match (exact, kind, &messages[..]) {
            (Some(pieces), ..) => pieces,
            (None, BodyKind::Events, []) => {
                if !body.is_empty() {
                    self.note(
                        "The HAR has no times within a body: its pieces are guessed, one an \
                         event, and spread evenly.",
                    )?;
                }
                spread(&body, receive)
            }
            (None, BodyKind::Events, messages) => {
                self.note(
                    "The HAR has the times of events, and not of pieces: these are guessed, one \
                     an event.",
                )?;
                by_messages(&body, messages, head, receive)
            }
            (None, ..) => Pieces {
                ends: vec![(wait(receive), body.len())],
                rest: Duration::ZERO,
            },
        };
        let mut begin = 0;
        for (wait, end) in pieces.ends {
            if begin > 0 || wait != Wait::default() {
                // Without a wait, it would join the piece before it.
                self.recording.push(Step::Wait(wait))?;
            }
            self.recording
                .push(Step::Bytes(body[begin..end].to_vec()))?;
            begin = end;
        }
        self.pause(pieces.rest)?;
        Ok(false)
    }
}

fn wait(time: Duration) -> Wait {
    Wait {
        time,
        ..Wait::default()
    }
}

/// A text in one line.
fn plain(text: &str) -> String {
    text.replace(char::is_control, " ").trim().to_owned()
}

/// The lines of a field; Chromium joins several values with LF. Fields of HTTP/2 that begin with a
/// colon are none.
fn lines(header: &Header) -> impl Iterator<Item = String> {
    let is_field = !header.name.starts_with(':') && !header.name.starts_with("HTTP/");
    let values = header.value.split('\n').filter(move |_| is_field);
    values.map(|value| format!("{}: {}", header.name, value.trim()))
}

/// The version as a head line has it.
fn version(text: &str) -> &'static str {
    match &*text.to_ascii_lowercase() {
        "h2" | "http/2" | "http/2.0" => "HTTP/2",
        "h3" | "http/3" | "http/3.0" => "HTTP/3",
        "http/1.0" => "HTTP/1.0",
        _ => "HTTP/1.1",
    }
}

/// How an exchange ended, from the error that Chromium saw.
fn failed(error: &str, is_missing: bool) -> End {
    let says = |word: &str| error.to_ascii_lowercase().contains(word);
    match () {
        () if says("timed_out") || says("timeout") => End::Timeout,
        () if says("reset") => End::Reset,
        () if says("abort") => End::Open,
        () if !error.is_empty() => End::Cut,
        () if is_missing => End::Open,
        () => End::End,
    }
}

/// The pieces as we wrote them, where they are those of this body.
fn exact(chunks: &[Chunk], length: usize, receive: Duration) -> Option<Pieces> {
    let mut end = 0_usize;
    let mut took = Duration::ZERO;
    let mut ends = Vec::with_capacity(chunks.len());
    for chunk in chunks.iter().filter(|chunk| chunk.size > 0) {
        end = end.checked_add(usize::try_from(chunk.size).ok()?)?;
        if end > length {
            return None;
        }
        let wait = Wait {
            time: time(Some(chunk.wait)),
            chunk: chunk.chunk,
            gzip: chunk.gzip,
        };
        took = took.saturating_add(wait.time);
        ends.push((wait, end));
    }
    (end == length).then(|| Pieces {
        ends,
        rest: receive.saturating_sub(took),
    })
}

/// A piece for each event, spread evenly over the time that the body took.
fn spread(body: &[u8], receive: Duration) -> Pieces {
    let ends = block_ends(body);
    let each = match u32::try_from(ends.len()) {
        Ok(count) if count > 0 && !receive.is_zero() => receive / count,
        _ => PACE,
    };
    Pieces {
        ends: ends.into_iter().map(|end| (wait(each), end)).collect(),
        rest: Duration::ZERO,
    }
}

/// A piece for each event that has a time.
fn by_messages(
    body: &[u8],
    messages: &[Message],
    head: Option<Duration>,
    receive: Duration,
) -> Pieces {
    let mut times = messages
        .iter()
        .map(|it| it.time.as_ref().and_then(Moment::since));
    let mut decoder = Decoder::with_limit(usize::MAX);
    // Times of day can be compared with that of the head, and others only with each other.
    let is_date = |time: &Duration| time.as_secs() > 500_000_000;
    let mut before = head.filter(is_date);
    let mut took = Duration::ZERO;
    let mut ends: Vec<(Wait, usize)> = Vec::new();
    let mut begin = 0;
    for end in block_ends(body) {
        let mut events = 0;
        _ = decoder.push(&body[begin..end], |decoded| {
            events += u32::from(matches!(decoded, Decoded::Event { .. }));
        });
        begin = end;
        if events == 0 {
            continue;
        }
        let now = times.next().flatten();
        let interval = match (before, now) {
            (Some(before), Some(now)) if is_date(&before) == is_date(&now) => {
                now.saturating_sub(before)
            }
            _ => Duration::ZERO,
        };
        before = now.or(before);
        took = took.saturating_add(interval);
        ends.push((wait(interval), end));
    }
    match ends.last_mut() {
        Some((_, end)) => *end = body.len(),
        None => ends.push((wait(receive), body.len())),
    }
    Pieces {
        ends,
        rest: receive.saturating_sub(took),
    }
}

/// The events as a stream has them.
fn events(messages: &[Message]) -> Vec<u8> {
    let mut body = Vec::new();
    let mut last_id = String::new();
    for message in messages {
        let name = message.event_name.as_deref();
        let id = message.event_id.as_deref().unwrap_or_default();
        let event = Event {
            event: name.filter(|it| !it.is_empty() && *it != "message"),
            id: (id != last_id).then_some(id),
            data: Some(message.data.as_deref().unwrap_or_default()),
            ..Event::default()
        };
        id.clone_into(&mut last_id);
        encode(&event, LineEnding::Lf, &mut body);
    }
    body
}
