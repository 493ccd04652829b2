//! What lines make: each block of lines up to its blank line, with what it set and when it came.
//!
//! The lines come in parts, as the body is cut. A fact of a line is taken when the line is whole.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use serde::de::IgnoredAny;
use sse_wire::{Decoded, Found, Line, LineKind};

use super::facts::{
    BURST, BURST_SILENCE, BURST_TIME, BodyFacts, CORS_LONG, EventSeen, JSON_BEFORE, LONG_ID, NAMES,
    NameFacts, Place, RECENT, Tail, Tally, UNKNOWN_NAMES,
};

/// So many bytes of the beginning of a line are kept: an id that is long by any rule, and its name.
const KEPT_LINE: usize = LONG_ID + 64;
/// So many bytes of a name are kept.
const KEPT_NAME: usize = 64;
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The lines so far, as far as later ones depend on them.
#[derive(Clone, Debug, Default)]
pub(super) struct Blocks {
    /// The line under way; `None` between two lines.
    line: Option<Open>,
    /// Whether the last byte was a CR that ended a line: a LF that comes next belongs to it.
    after_cr: Option<Place>,
    /// No line has ended yet.
    begun: bool,
    /// The block under way.
    block: Block,
    /// The block whose blank line was read last, until its event is handed out.
    closed: Option<(Block, Place)>,
    /// A `retry` line, until its value is handed out.
    retry: Option<Place>,
    /// The event before, until the next one begins.
    before: Option<Before>,
    /// The events that came at once, so far.
    run: Run,
    /// When the last event was whole.
    last_event: Option<Duration>,
    /// The last id that was set, where it is a number.
    last_number: Option<u128>,
    /// Whether the last id that was set is not empty.
    has_id: bool,
}

/// A line under way.
#[derive(Clone, Debug)]
struct Open {
    begin: Place,
    kind: LineKind,
    /// The first bytes, without the end.
    kept: Vec<u8>,
    /// All bytes, without the end.
    length: u64,
    has_nul: bool,
}

/// A block of lines, up to its blank line.
#[derive(Clone, Debug, Default)]
struct Block {
    /// The first byte of its first line that is no comment.
    begin: Option<Place>,
    /// When its last line that is no comment was whole.
    lines_whole: Duration,
    has_data: bool,
    has_control: bool,
    has_comment: bool,
    /// The first byte of its first comment.
    comment: Place,
    /// The last id that it names.
    id: Option<Id>,
}

#[derive(Clone, Debug)]
struct Id {
    place: Place,
    /// Its bytes, as far as they are kept.
    kept: Vec<u8>,
    length: usize,
}

#[derive(Clone, Copy, Debug)]
struct Before {
    begin: Place,
    lines_whole: Duration,
    end: Duration,
}

/// Events that came at once.
#[derive(Clone, Copy, Debug, Default)]
struct Run {
    first: Option<Place>,
    /// The time without a byte before it.
    silence: Duration,
    count: u64,
}

/// One piece that is being read.
pub(super) struct Piece<'a> {
    blocks: &'a mut Blocks,
    facts: &'a mut BodyFacts,
    bytes: &'a [u8],
    /// The place of the next byte.
    next: Place,
    /// The time without a byte before the piece.
    gap: Duration,
}

impl Blocks {
    /// Begins to read a piece, which has come behind a time without a byte.
    pub(super) fn piece<'a>(
        &'a mut self,
        begin: Place,
        bytes: &'a [u8],
        gap: Duration,
        facts: &'a mut BodyFacts,
    ) -> Piece<'a> {
        Piece {
            blocks: self,
            facts,
            bytes,
            next: begin,
            gap,
        }
    }

    /// Whether an event has begun and its blank line has not come.
    pub(super) fn is_inside_event(&self) -> bool {
        let open = self.line.as_ref();
        self.block.begin.is_some() || open.is_some_and(|line| line.kind != LineKind::Comment)
    }

    /// Adds what is only known at an end.
    pub(super) fn finish(&self, facts: &mut BodyFacts) {
        if let Some(place) = self.after_cr {
            facts.lines.cr.add(place);
        }
        if let Some(place) = self.retry {
            facts.retry.ignored.add(place);
        }
        if let Some((closed, end)) = &self.closed
            && closed.has_data
        {
            facts.events.not_decoded.add(closed.begin.unwrap_or(*end));
        }
        let open = self.line.as_ref();
        let open_event =
            open.filter(|line| !matches!(line.kind, LineKind::Comment | LineKind::Retry));
        let begin = self.block.begin.or(open_event.map(|line| line.begin));
        facts.tail = begin.map(|begin| Tail {
            begin,
            bytes: facts.bytes - begin.byte,
            is_event: self.block.has_data || self.block.id.is_some() || open_event.is_some(),
        });
    }
}

impl Piece<'_> {
    /// Takes what a reader found in the piece, in its order.
    pub(super) fn found(&mut self, found: Found<'_>) {
        match found {
            Found::Line(line) => self.line(&line),
            Found::Decoded(Decoded::Event {
                event,
                data,
                last_event_id,
            }) => self.event(event, data, last_event_id),
            Found::Decoded(Decoded::Comment(_)) => {}
            Found::Decoded(Decoded::Retry(millis)) => self.retry(millis),
        }
    }

    fn line(&mut self, line: &Line) {
        let begin = self.next;
        self.next.byte += line.length as u64;
        let (bytes, rest) = self.bytes.split_at(line.length.min(self.bytes.len()));
        self.bytes = rest;
        let content = &bytes[..bytes.len() - line.end.len().min(bytes.len())];
        if let Some(place) = self.blocks.after_cr.take() {
            if content.is_empty() && line.end == "\n" {
                // The second half of the end before, which has done all that an end does.
                return self.facts.lines.crlf.add(place);
            }
            self.facts.lines.cr.add(place);
        }
        self.give_up();
        let open = self.blocks.line.get_or_insert_with(|| Open {
            begin,
            kind: line.kind,
            kept: Vec::new(),
            length: 0,
            has_nul: false,
        });
        open.kind = line.kind;
        let missing = KEPT_LINE - open.kept.len();
        open.kept.extend(content.iter().take(missing));
        open.has_nul |= content.contains(&0);
        open.length += content.len() as u64;
        if line.end.is_empty() {
            return;
        }
        let end = Place {
            byte: begin.byte + content.len() as u64,
            ..begin
        };
        match line.end {
            "\r\n" => self.facts.lines.crlf.add(end),
            "\n" => self.facts.lines.lf.add(end),
            _ => self.blocks.after_cr = Some(end),
        }
        if let Some(line) = self.blocks.line.take() {
            self.whole_line(line, end);
        }
        self.blocks.begun = true;
    }

    /// What a decoder would have handed out by now, it did not take.
    fn give_up(&mut self) {
        if let Some(place) = self.blocks.retry.take() {
            self.facts.retry.ignored.add(place);
        }
        if let Some((closed, end)) = self.blocks.closed.take()
            && closed.has_data
        {
            let begin = closed.begin.unwrap_or(end);
            self.facts.events.not_decoded.add(begin);
        }
    }

    fn whole_line(&mut self, line: Open, end: Place) {
        let content = match self.blocks.begun {
            true => &line.kept[..],
            false => line.kept.strip_prefix(BOM).unwrap_or(&line.kept),
        };
        if content.is_empty() {
            return self.blank_line(end);
        }
        let block = &mut self.blocks.block;
        if line.kind == LineKind::Comment {
            self.facts.comments.lines.add(line.begin);
            if !block.has_comment {
                block.comment = line.begin;
            }
            block.has_comment = true;
            return;
        }
        if block.begin.is_none() {
            block.begin = Some(line.begin);
            Self::next_begins(&mut self.blocks.before, line.begin, self.facts);
        }
        block.lines_whole = end.at;
        match line.kind {
            LineKind::Data => block.has_data = true,
            LineKind::Event => block.has_control = true,
            LineKind::Retry => {
                block.has_control = true;
                self.blocks.retry = Some(line.begin);
            }
            LineKind::Id if line.has_nul => self.facts.ids.nul.add(line.begin),
            LineKind::Id => {
                block.has_control = true;
                let (value, cut) = field_value(content);
                let length = usize::try_from(line.length).unwrap_or(usize::MAX);
                let before = line.kept.len() - content.len() + cut;
                block.id = Some(Id {
                    place: line.begin,
                    kept: value.iter().take(LONG_ID).copied().collect(),
                    length: length.saturating_sub(before),
                });
            }
            _ => {
                let lines = &mut self.facts.lines;
                lines.unknown.add(line.begin);
                let name = field_name(content);
                let is_new = !lines.unknown_names.contains(&name);
                if is_new && lines.unknown_names.len() < UNKNOWN_NAMES {
                    lines.unknown_names.push(name);
                }
            }
        }
    }

    /// The next event begins: whether it brings the blank line of the one before.
    fn next_begins(before: &mut Option<Before>, begin: Place, facts: &mut BodyFacts) {
        /// A blank line that is later than this was written apart from the lines before it.
        const APART: Duration = Duration::from_millis(10);
        if let Some(before) = before.take()
            && before.end == begin.at
            && before.end.saturating_sub(before.lines_whole) >= APART
        {
            facts.events.held_ends.add(before.begin);
        }
    }

    fn blank_line(&mut self, end: Place) {
        let block = std::mem::take(&mut self.blocks.block);
        let begin = block.begin.unwrap_or(end);
        if let Some(id) = &block.id {
            self.id(id);
        }
        if block.has_data {
            let bytes = (end.byte + 1).saturating_sub(begin.byte);
            let largest = self.facts.events.largest.get_or_insert((bytes, begin));
            if bytes > largest.0 {
                *largest = (bytes, begin);
            }
            self.blocks.before = Some(Before {
                begin,
                lines_whole: block.lines_whole,
                end: end.at,
            });
            self.blocks.closed = Some((block, end));
        } else if block.has_control {
            self.facts.events.control_only.add(begin);
        } else if block.has_comment && block.begin.is_none() && self.blocks.has_id {
            self.facts.comments.blank_behind_id.add(block.comment);
        }
    }

    fn id(&mut self, id: &Id) {
        let ids = &mut self.facts.ids;
        self.blocks.has_id = id.length > 0;
        if id.length == 0 {
            self.blocks.last_number = None;
            return ids.emptied.add(id.place);
        }
        let mut note = |is: bool, tally: fn(&mut super::facts::IdFacts) -> &mut Tally| {
            if is {
                tally(ids).add(id.place);
            }
        };
        let kept = &id.kept;
        let is_blank = |byte: Option<&u8>| byte.is_some_and(|byte| b" \t".contains(byte));
        // The last byte of a longer one is not kept.
        let last = kept.last().filter(|_| kept.len() == id.length);
        note(true, |ids| &mut ids.set);
        note(!kept.is_ascii(), |ids| &mut ids.non_ascii);
        note(kept.iter().any(is_cors_unsafe), |ids| &mut ids.cors_unsafe);
        note(id.length > CORS_LONG, |ids| &mut ids.cors_long);
        note(id.length > LONG_ID, |ids| &mut ids.long);
        note(is_blank(kept.first()) || is_blank(last), |ids| {
            &mut ids.spaces
        });
        let number = str::from_utf8(kept)
            .ok()
            .filter(|_| kept.len() == id.length);
        let number = number.filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number: Option<u128> = number.and_then(|text| text.parse().ok());
        let hash = hash(kept) ^ id.length as u64;
        let shrunk = number.zip(self.blocks.last_number);
        let repeated = ids.recent.contains(&hash);
        if repeated {
            ids.repeated.add(id.place);
        } else if shrunk.is_some_and(|(number, before)| number < before) {
            ids.shrunk.add(id.place);
        }
        self.blocks.last_number = number;
        if ids.recent.len() == RECENT {
            ids.recent.pop_front();
        }
        ids.recent.push_back(hash);
        ids.longest = ids.longest.max(id.length);
        let text = String::from_utf8_lossy(kept).into_owned();
        ids.first.get_or_insert_with(|| text.clone());
        ids.last = Some(text);
    }

    fn retry(&mut self, millis: u64) {
        let Some(place) = self.blocks.retry.take() else {
            return;
        };
        let facts = &mut self.facts.retry;
        facts.taken.add(place);
        facts.last = Some(millis);
        let lowest = facts.lowest.get_or_insert((millis, place));
        if millis < lowest.0 {
            *lowest = (millis, place);
        }
        let highest = facts.highest.get_or_insert((millis, place));
        if millis > highest.0 {
            *highest = (millis, place);
        }
    }

    fn event(&mut self, name: &str, data: &str, id: &str) {
        let Some((block, end)) = self.blocks.closed.take() else {
            return;
        };
        let begin = block.begin.unwrap_or(end);
        let is_json = serde_json::from_str::<IgnoredAny>(data).is_ok();
        let events = &mut self.facts.events;
        events.count += 1;
        // A number or a word is JSON too, by chance.
        if is_json && data.trim_start().starts_with(['{', '[']) {
            events.json += 1;
        } else if !is_json && events.json >= JSON_BEFORE && data.trim() != "[DONE]" {
            events.json_broken.add(begin);
        }
        events.kept.push(EventSeen {
            begin,
            end,
            name: beginning(name),
            id: beginning(id),
            data_bytes: data.len() as u64,
            is_json,
        });
        events.spread.add(end.at);
        if let Some(last) = self.blocks.last_event.replace(end.at) {
            events.gaps.add(end.at.saturating_sub(last));
        }
        self.name(name, data, begin, end.at);
        self.burst(begin, end.at);
    }

    fn name(&mut self, name: &str, data: &str, begin: Place, at: Duration) {
        let names = &mut self.facts.events.names;
        let name = beginning(name);
        let data_hash = hash(data.as_bytes());
        let is_full = names.len() == NAMES;
        match names.iter_mut().find(|known| known.name == name) {
            Some(known) => {
                known.count += 1;
                known.last = at;
                known.same_data &= known.data_hash == data_hash;
            }
            None if !is_full => names.push(NameFacts {
                name,
                count: 1,
                same_data: true,
                first: begin,
                last: at,
                data_hash,
            }),
            None => {}
        }
    }

    fn burst(&mut self, begin: Place, at: Duration) {
        let run = &mut self.blocks.run;
        let first = run.first.filter(|first| at - first.at <= BURST_TIME);
        if first.is_none() {
            *run = Run {
                first: Some(Place { at, ..begin }),
                silence: self.gap,
                count: 0,
            };
        }
        run.count += 1;
        if run.count == BURST && run.silence >= BURST_SILENCE {
            self.facts.events.bursts.add(run.first.unwrap_or(begin));
        }
    }
}

/// What stands behind the colon of a field and one space, and where.
fn field_value(line: &[u8]) -> (&[u8], usize) {
    let colon = line.iter().position(|byte| *byte == b':');
    let at = colon.map_or(line.len(), |colon| colon + 1);
    let at = at + usize::from(line.get(at) == Some(&b' '));
    (line.get(at..).unwrap_or_default(), at)
}

fn field_name(line: &[u8]) -> String {
    let name = line.split(|byte| *byte == b':').next().unwrap_or_default();
    String::from_utf8_lossy(&name[..name.len().min(KEPT_NAME)]).into_owned()
}

/// The beginning of a name or an id.
fn beginning(text: &str) -> String {
    text.chars().take(KEPT_NAME).collect()
}

fn hash(bytes: &[u8]) -> u64 {
    // With the same keys each time: the same bytes give the same facts.
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

/// A byte for which a browser asks by a preflight before it sends it in a header (Fetch,
/// CORS-unsafe request-header byte). Bytes beyond ASCII are not among them.
fn is_cors_unsafe(byte: &u8) -> bool {
    matches!(byte, 0..=8 | 10..=31 | 127) || b"\"():<>?@[\\]{}".contains(byte)
}
