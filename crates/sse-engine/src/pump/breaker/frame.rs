//! A block of a stream, as lines that a fault can change.

use std::collections::VecDeque;

use sse_wire::{Event, LineEnding, encode};

use crate::fault::{Ends, Half};
use crate::write_buffer::WriteBuffer;

const DATA: &[u8] = b"data: ";
const ID: &[u8] = b"id: ";

/// The lines up to a blank one: an event, or a comment or field without data.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Without their ends, and without the blank line.
    lines: Vec<Vec<u8>>,
    /// Whether the blank line follows.
    blank: bool,
    /// Whether a client is given an event for it, and the number of that event.
    pub(super) event: Option<Option<u64>>,
}

impl Frame {
    /// The blocks of what a visit wrote, in order. `ending` ends its lines.
    pub(super) fn all(out: &WriteBuffer, ending: LineEnding) -> VecDeque<Self> {
        let (bytes, end) = (out.wire(), ending.as_bytes());
        let mut marks = out.marks().peekable();
        let mut frames = VecDeque::new();
        let (mut lines, mut at) = (Vec::new(), 0);
        while at < bytes.len() {
            let rest = &bytes[at..];
            let found = rest.windows(end.len()).position(|window| window == end);
            let length = found.unwrap_or(rest.len());
            at = bytes.len().min(at + length + end.len());
            if length > 0 {
                lines.push(rest[..length].to_vec());
                continue;
            }
            let event = marks.next_if(|mark| mark.end <= at).map(|mark| mark.number);
            frames.push_back(Self {
                lines: std::mem::take(&mut lines),
                blank: true,
                event,
            });
        }
        if !lines.is_empty() {
            frames.push_back(Self {
                lines,
                blank: false,
                event: None,
            });
        }
        frames
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
            blank,
            ..Self::encoded(&event, None)
        }
    }

    fn encoded(event: &Event<'_>, counts: Option<Option<u64>>) -> Self {
        let mut bytes = Vec::new();
        encode(event, LineEnding::Lf, &mut bytes);
        let lines = bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty());
        Self {
            lines: lines.map(<[u8]>::to_vec).collect(),
            blank: true,
            event: counts,
        }
    }

    /// Whether its data hold this text.
    pub(super) fn holds(&self, text: &str) -> bool {
        let data = self.data().join(&b'\n');
        text.is_empty() || data.windows(text.len()).any(|part| part == text.as_bytes())
    }

    fn data(&self) -> Vec<&[u8]> {
        let lines = self.lines.iter();
        lines.filter_map(|line| line.strip_prefix(DATA)).collect()
    }

    /// Puts these bytes in the place of its data, a line for each LF.
    fn set_data(&mut self, data: &[u8]) {
        self.lines.retain(|line| !line.starts_with(DATA));
        let lines = data.split(|b| *b == b'\n');
        self.lines.extend(lines.map(|line| [DATA, line].concat()));
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
        let last = self.lines.iter_mut().rfind(|line| line.starts_with(DATA));
        if let Some(line) = last {
            line.push(0xFF);
        }
    }

    /// Adds U+0000 to its id, or gives it one that has nothing else.
    pub(super) fn spoil_id(&mut self) {
        match self.lines.iter_mut().find(|line| line.starts_with(ID)) {
            Some(line) => line.push(0),
            None => self.lines.insert(0, b"id: \0".to_vec()),
        }
    }

    /// Puts a line before its first one.
    pub(super) fn begin_with(&mut self, line: &[u8]) {
        self.lines.insert(0, line.to_vec());
    }

    /// Leaves its blank line out: its lines and those of the next event become one event.
    pub(super) fn leave_open(&mut self) {
        self.blank = false;
        self.event = None;
    }

    /// Its bytes.
    pub(super) fn bytes(&self, ends: &mut LineEnds) -> Vec<u8> {
        let mut bytes = Vec::new();
        for line in &self.lines {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(ends.next(line.is_empty()));
        }
        if self.blank {
            bytes.extend_from_slice(ends.next(true));
        }
        bytes
    }

    /// The first part of its bytes.
    pub(super) fn part(&self, half: Half, ends: &mut LineEnds) -> Vec<u8> {
        let id = self.lines.iter().position(|line| line.starts_with(ID));
        if let (Half::Id, Some(id)) = (half, id) {
            let upto = Self {
                lines: self.lines[..=id].to_vec(),
                blank: false,
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
    /// Where lines end in turn, whose turn it is.
    turn: usize,
    /// Whether the last one ended with CR alone, to which a LF would belong.
    after_cr: bool,
}

impl LineEnds {
    pub(super) fn new(ends: Ends) -> Self {
        Self {
            ends,
            turn: 0,
            after_cr: false,
        }
    }

    /// The end of the next line, which may be a blank one.
    fn next(&mut self, blank: bool) -> &'static [u8] {
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
        Self::new(match ending {
            LineEnding::Lf => Ends::Lf,
            LineEnding::CrLf => Ends::CrLf,
            LineEnding::Cr => Ends::Cr,
        })
    }
}
