//! Makes a recording ready to be served.

use std::time::Duration;

use sse_wire::{Beginning, Decoded, Found, Framing, LineEnding, LineKind, ResponseReader};

use super::{Cue, CueKind, OwnFault, Replay, ReplayEvent, ReplayHead, Response};
use crate::error::Error;
use crate::fault::{Fault, Place};
use crate::recording::{End, Exchange, MOST_BYTES, Recording, Step};

const BOM: &[u8] = b"\xEF\xBB\xBF";

impl Replay {
    /// A recording made ready to be served.
    ///
    /// # Errors
    /// A sentence: it answers nothing, has a status that no answer can have, or a fault that cannot
    /// strike where it stands.
    pub fn new(recording: &Recording) -> Result<Self, Error> {
        let mut replay = Self::default();
        for exchange in recording.exchanges() {
            let response = Response::of(exchange).map_err(Error::Unplayable)?;
            replay.add(response);
        }
        let answers = |it: &Response| it.head.is_some() || it.end != End::End;
        if replay.responses.iter().any(answers) {
            return Ok(replay);
        }
        let reason =
            "The recording has no response: put a line such as `< HTTP/1.1 200 OK` into it.";
        Err(Error::Unplayable(reason.to_owned()))
    }

    /// Takes a response, and finds its events.
    fn add(&mut self, mut response: Response) {
        response.before = self.len();
        let head = response.head.as_ref();
        if head.is_some_and(ReplayHead::is_of_events) {
            self.read_events(&mut response);
        }
        response.events = self.len() - response.before;
        self.responses.push(response);
    }

    fn read_events(&mut self, response: &mut Response) {
        // Behind a head, a decoder knows a byte order mark.
        let head = b"HTTP/1.1 200 OK\r\n\r\n";
        let mut reader = ResponseReader::with_limit(Framing::Bare, Beginning::Head, MOST_BYTES);
        reader.read(head, |_| {});
        let body = &response.body;
        let at = self.responses.len();
        let mut end = 0;
        // The id of the block under way, and that of the block whose blank line came last.
        let mut id: Option<Box<str>> = None;
        let mut given: Option<Box<str>> = None;
        reader.read(body, |found| match found {
            Found::Line(line) => {
                let begin = end;
                end += line.length;
                self.give(given.take());
                let content = &body[begin..end - line.end.len()];
                let content = match begin {
                    0 => content.strip_prefix(BOM).unwrap_or(content),
                    _ => content,
                };
                if begin == 0 {
                    response.line_ending = match line.end {
                        "\r\n" => LineEnding::CrLf,
                        "\r" => LineEnding::Cr,
                        _ => LineEnding::Lf,
                    };
                }
                if content.is_empty() {
                    given = id.take();
                } else if line.kind == LineKind::Id {
                    let value = value(content);
                    // Clients ignore an id with U+0000 (HTML 9.2.6).
                    if !value.contains('\0') {
                        id = Some(value);
                    }
                }
            }
            Found::Decoded(Decoded::Event { event, .. }) => {
                if !self.names.contains(event) {
                    self.names.insert(event.to_owned());
                }
                self.events.push(ReplayEvent {
                    response: at,
                    end,
                    id: given.clone().filter(|id| !id.is_empty()),
                });
            }
            Found::Decoded(Decoded::Retry(retry)) => response.retries.push((end, retry)),
            Found::Decoded(Decoded::Comment(_)) => {}
        });
        self.give(given);
    }

    /// Notes that clients were given this id, behind all events so far. A block that only says
    /// again where its client is gives no second place.
    fn give(&mut self, id: Option<Box<str>>) {
        let Some(id) = id.filter(|id| !id.is_empty()) else {
            return;
        };
        let had = self.len();
        let place = self.ids.entry(id).or_insert(Some(had));
        *place = place.filter(|other| *other == had);
    }
}

/// The value of a field, without its name.
fn value(line: &[u8]) -> Box<str> {
    let colon = line.iter().position(|byte| *byte == b':');
    let value = colon.map_or(&b""[..], |colon| &line[colon + 1..]);
    let value = value.strip_prefix(b" ").unwrap_or(value);
    String::from_utf8_lossy(value).into()
}

impl Response {
    /// # Errors
    /// A sentence.
    fn of(exchange: Exchange<'_>) -> Result<Self, String> {
        let head = ReplayHead::read(exchange.response()).map_err(|word| {
            format!("The recording has the status {word:?}, which no answer can have: write one from 200 to 599.")
        })?;
        let mut response = Self {
            head,
            head_after: Duration::ZERO,
            at_door: Vec::new(),
            body: Vec::new(),
            cues: Vec::new(),
            end: End::End,
            end_after: Duration::ZERO,
            before: 0,
            events: 0,
            retries: Vec::new(),
            line_ending: LineEnding::Lf,
        };
        let is_head = |step: &Step| matches!(step, Step::Response(_));
        let behind = exchange.steps.iter().rposition(is_head);
        let mut after: Option<Duration> = None;
        for (at, step) in exchange.steps.iter().enumerate() {
            match step {
                Step::Wait(wait) => {
                    after = Some(after.unwrap_or_default().saturating_add(wait.time));
                }
                Step::Response(_) => {
                    let time = after.take().unwrap_or_default();
                    response.head_after = response.head_after.saturating_add(time);
                }
                Step::Bytes(bytes) => response.piece(after.take(), bytes),
                Step::Fault(fault) => {
                    let is_behind = behind.is_some_and(|behind| at > behind);
                    let fault = can_strike(fault, is_behind)?;
                    if is_behind {
                        let what = CueKind::Fault(Box::new(fault));
                        let after = after.take().unwrap_or_default();
                        response.cues.push(Cue { after, what });
                    } else {
                        response.at_door.push(fault);
                    }
                }
                Step::End(end) => response.end = *end,
                Step::Note(_) | Step::Request(_) | Step::RequestBytes(_) | Step::Next => {}
            }
        }
        response.end_after = after.unwrap_or_default();
        Ok(response)
    }

    /// Takes bytes that came so long after what came before; without a time they are of the piece
    /// before.
    fn piece(&mut self, after: Option<Duration>, bytes: &[u8]) {
        self.body.extend_from_slice(bytes);
        let what = CueKind::Piece(self.body.len());
        match self.cues.last_mut() {
            Some(last) if after.is_none() && matches!(last.what, CueKind::Piece(_)) => {
                last.what = what;
            }
            _ => self.cues.push(Cue {
                after: after.unwrap_or_default(),
                what,
            }),
        }
    }
}

/// # Errors
/// A sentence: it cannot strike in a recording, or not behind a head.
fn can_strike(fault: &Fault, is_behind: bool) -> Result<OwnFault, String> {
    let why = match fault.act.place() {
        Place::Port => "strikes all that the server serves: arm it outside of the recording.",
        Place::Profile => "stands for other faults: write each of them on a line of its own.",
        Place::Answer | Place::Head | Place::Resume if is_behind => {
            "strikes before a stream begins: put it above the first `<` line, and for a pause write `@` and a time."
        }
        _ => return Ok(OwnFault::new(fault.clone())),
    };
    Err(format!("`{fault}` in the recording {why}"))
}
