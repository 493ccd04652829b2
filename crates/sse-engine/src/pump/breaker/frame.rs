//! A block of a stream, as lines that a fault can change.

use std::collections::VecDeque;

use sse_wire::{Event, LineEnding, encode};

use crate::fault::{Ends, Half};
use crate::write_buffer::WriteBuffer;

const DATA: &[u8] = b"data: ";
const DATA_NAME: &[u8] = b"data";
const ID: &[u8] = b"id:";

/// The lines up to a blank one: an event, or a comment or field without data.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Without the blank line.
    lines: Vec<Line>,
    /// The end of the blank line, if it follows.
    blank: Option<LineEnd>,
    /// Whether a client is given an event for it, and the number of that event.
    pub(super) event: Option<Option<u64>>,
}

/// A line.
#[derive(Clone, Debug)]
struct Line {
    /// Without its end.
    text: Vec<u8>,
    end: LineEnd,
}

/// How a line of a block ends.
#[derive(Clone, Copy, Debug)]
enum LineEnd {
    /// As lines of its stream do.
    Usual,
    /// With these bytes, unless a fault changes how lines end: as a foreign stream or raw bytes
    /// have it.
    Own(&'static [u8]),
}

impl Line {
    fn new(text: impl Into<Vec<u8>>) -> Self {
        Self {
            text: text.into(),
            end: LineEnd::Usual,
        }
    }

    /// Its data, if it has data.
    fn data(&self) -> Option<&[u8]> {
        match self.text.strip_prefix(DATA_NAME)? {
            b"" => Some(b""),
            rest => {
                let value = rest.strip_prefix(b":")?;
                Some(value.strip_prefix(b" ").unwrap_or(value))
            }
        }
    }
}

/// The first line of these bytes, and how it ends.
fn first_line(bytes: &[u8]) -> (&[u8], &'static [u8]) {
    let Some(at) = bytes.iter().position(|b| *b == b'\n' || *b == b'\r') else {
        return (bytes, b"");
    };
    let end: &[u8] = match bytes[at..] {
        [b'\r', b'\n', ..] => b"\r\n",
        [b'\r', ..] => b"\r",
        _ => b"\n",
    };
    (&bytes[..at], end)
}

impl Frame {
    /// The blocks of what a visit wrote, in order. Lines of one that `is_foreign` keep their ends.
    pub(super) fn all(out: &WriteBuffer, is_foreign: bool) -> VecDeque<Self> {
        let marks = out.marks().map(|mark| (mark.end, mark.number));
        Self::of(&out.wire(), marks, is_foreign)
    }

    /// The blocks of these bytes, in which events with these numbers end there.
    pub(super) fn of(
        bytes: &[u8],
        marks: impl Iterator<Item = (usize, Option<u64>)>,
        is_foreign: bool,
    ) -> VecDeque<Self> {
        let mut marks = marks.peekable();
        let mut frames = VecDeque::new();
        let (mut lines, mut at) = (Vec::new(), 0);
        while at < bytes.len() {
            let (text, end) = first_line(&bytes[at..]);
            at += text.len() + end.len();
            let line_end = match is_foreign {
                true => LineEnd::Own(end),
                false => LineEnd::Usual,
            };
            if !text.is_empty() {
                lines.push(Line {
                    text: text.to_vec(),
                    end: line_end,
                });
                continue;
            }
            let event = marks.next_if(|(end, _)| *end <= at);
            let event = event.map(|(_, number)| number);
            frames.push_back(Self {
                lines: std::mem::take(&mut lines),
                blank: Some(line_end),
                event,
            });
        }
        if !lines.is_empty() {
            frames.push_back(Self {
                lines,
                blank: None,
                event: None,
            });
        }
        frames
    }

    /// Whether it is a part of a block of a recording that goes on in the next visit.
    pub(super) fn goes_on(&self) -> bool {
        let is_own = |line: &Line| matches!(line.end, LineEnd::Own(_));
        self.blank.is_none() && self.lines.iter().all(is_own)
    }

    /// An event with this data and nothing else.
    pub(super) fn inserted(data: &str) -> Self {
        let event = Event {
            data: Some(data),
            ..Event::default()
        };
        Self::encoded(&event, Some(None))
    }

    /// A comment, with a blank line behind it or without one.
    pub(super) fn comment(text: &str, blank: bool) -> Self {
        let event = Event {
            comment: Some(text),
            ..Event::default()
        };
        Self {
            blank: blank.then_some(LineEnd::Usual),
            ..Self::encoded(&event, None)
        }
    }

    fn encoded(event: &Event<'_>, counts: Option<Option<u64>>) -> Self {
        let mut bytes = Vec::new();
        encode(event, LineEnding::Lf, &mut bytes);
        let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        Self {
            lines: lines.map(Line::new).collect(),
            blank: Some(LineEnd::Usual),
            event: counts,
        }
    }

    /// Whether its data hold this text.
    pub(super) fn holds(&self, text: &str) -> bool {
        let data = self.data().join(&b'\n');
        text.is_empty() || data.windows(text.len()).any(|part| part == text.as_bytes())
    }

    fn data(&self) -> Vec<&[u8]> {
        self.lines.iter().filter_map(Line::data).collect()
    }

    /// Puts these bytes in the place of its data, a line for each LF.
    fn set_data(&mut self, data: &[u8]) {
        let mut before = self.lines.iter().filter(|line| line.data().is_some());
        let end = before.next().map_or(LineEnd::Usual, |line| line.end);
        self.lines.retain(|line| line.data().is_none());
        let lines = data.split(|b| *b == b'\n');
        let lines = lines.map(|line| Line {
            text: [DATA, line].concat(),
            end,
        });
        self.lines.extend(lines);
    }

    /// Leaves the second half of its data out.
    pub(super) fn corrupt(&mut self) {
        let data = self.data().join(&b'\n');
        // Between two characters: broken UTF-8 is a fault of its own.
        let is_inner = |at: &usize| data.get(*at).is_some_and(|b| b & 0xC0 == 0x80);
        let half = (0..=data.len() / 2).rev().find(|at| !is_inner(at));
        self.set_data(&data[..half.unwrap_or(0)]);
    }

    /// Makes its data one line, which has so many bytes with its name.
    pub(super) fn lengthen(&mut self, bytes: u64) {
        let bytes = usize::try_from(bytes).unwrap_or(usize::MAX);
        self.set_data(&vec![b'x'; bytes.saturating_sub(DATA.len())]);
    }

    /// Adds a byte to its data that no UTF-8 has.
    pub(super) fn spoil_utf8(&mut self) {
        let last = self.lines.iter_mut().rfind(|line| line.data().is_some());
        if let Some(line) = last {
            line.text.push(0xFF);
        }
    }

    /// Adds U+0000 to its id, or gives it one that has nothing else.
    pub(super) fn spoil_id(&mut self) {
        let id = self.lines.iter_mut().find(|line| line.text.starts_with(ID));
        match id {
            Some(line) => line.text.push(0),
            None => self.lines.insert(0, Line::new(b"id: \0")),
        }
    }

    /// Puts a line before its first one.
    pub(super) fn begin_with(&mut self, line: &[u8]) {
        self.lines.insert(0, Line::new(line));
    }

    /// Leaves its blank line out: its lines and those of the next event become one event.
    pub(super) fn leave_open(&mut self) {
        self.blank = None;
        self.event = None;
    }

    /// Its bytes.
    pub(super) fn bytes(&self, ends: &mut LineEnds) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in &self.lines {
            bytes.extend_from_slice(&line.text);
            bytes.extend_from_slice(ends.next(line.text.is_empty(), line.end));
        }
        if let Some(end) = self.blank {
            bytes.extend_from_slice(ends.next(true, end));
        }
        bytes
    }

    /// The first part of its bytes.
    pub(super) fn part(&self, half: Half, ends: &mut LineEnds) -> Vec<u8> {
        let id = self.lines.iter().position(|line| line.text.starts_with(ID));
        if let (Half::Id, Some(id)) = (half, id) {
            let upto = Self {
                lines: self.lines[..=id].to_vec(),
                blank: None,
                event: None,
            };
            return upto.bytes(ends);
        }
        let mut bytes = self.bytes(ends);
        bytes.truncate(bytes.len().div_ceil(2));
        bytes
    }
}

/// How the next line ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineEnds {
    ends: Ends,
    /// Whether a fault wants them so, whatever the lines have of their own.
    is_wanted: bool,
    /// Where lines end in turn, whose turn it is.
    turn: usize,
    /// Whether the last one ended with CR alone, to which a LF would belong.
    after_cr: bool,
}

impl LineEnds {
    /// As a fault wants them.
    pub(super) fn new(ends: Ends) -> Self {
        Self {
            ends,
            is_wanted: true,
            turn: 0,
            after_cr: false,
        }
    }

    /// The end of the next line, which may be a blank one.
    fn next(&mut self, blank: bool, of_line: LineEnd) -> &'static [u8] {
        if let LineEnd::Own(end) = of_line
            // A line that never ended is given no end by a fault either.
            && (!self.is_wanted || end.is_empty())
        {
            self.after_cr = end == b"\r";
            return end;
        }
        let end: &[u8] = match self.ends {
            Ends::Cr => b"\r",
            Ends::Lf => b"\n",
            Ends::CrLf => b"\r\n",
            Ends::Mixed => {
                self.turn += 1;
                match self.turn % 3 {
                    1 => b"\n",
                    2 => b"\r\n",
                    _ => b"\r",
                }
            }
        };
        let end = match (self.after_cr && blank, end) {
            // Behind a CR it would be a part of that line's end.
            (true, b"\n") => b"\r\n",
            (_, end) => end,
        };
        self.after_cr = end == b"\r";
        end
    }
}

impl From<LineEnding> for LineEnds {
    fn from(ending: LineEnding) -> Self {
        let ends = match ending {
            LineEnding::Lf => Ends::Lf,
            LineEnding::CrLf => Ends::CrLf,
            LineEnding::Cr => Ends::Cr,
        };
        Self {
            is_wanted: false,
            ..Self::new(ends)
        }
    }
}
