//! A block of a stream, as lines that a fault can change.

use std::collections::VecDeque;

use sse_wire::{Event, LineEnding, encode};

use crate::fault::{Ends, Half};
use crate::write_buffer::WriteBuffer;

const DATA: &[u8] = b"data: ";

/// The lines up to a blank one: an event, or a comment or field without data.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    /// Without their ends, and without the blank line.
    lines: Vec<Vec<u8>>,
    /// Whether the blank line follows.
    blank: bool,
    /// Whether a client is given an event for it, and the number of that event.
    pub(super) event: Option<Option<u64>>,
    /// Its bytes, where they are to be sent as they are and nothing changed it.
    verbatim: Option<Vec<u8>>,
    /// What ends its lines, where that need not be what ends those of the stream.
    own_end: Option<&'static [u8]>,
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
                verbatim: None,
                own_end: None,
            });
        }
        if !lines.is_empty() {
            frames.push_back(Self {
                lines,
                blank: false,
                event: None,
                verbatim: None,
                own_end: None,
            });
        }
        frames
    }

    /// The blocks of what a visit wrote of a recording, whose bytes are sent as they are: lines may
    /// end in any way, and the last block may go on in the next visit.
    pub(super) fn verbatim(out: &WriteBuffer) -> VecDeque<Self> {
        let bytes = out.wire();
        let mut frames = VecDeque::new();
        let mut at = 0;
        for mark in out.marks() {
            let mut block = at..mark.end.min(bytes.len());
            while let Some(end) = block_end(&bytes[block.clone()])
                && block.start + end < block.end
            {
                let comment = block.start..block.start + end;
                block.start = comment.end;
                frames.push_back(Self::of(&bytes[comment], None));
            }
            at = block.end;
            frames.push_back(Self::of(&bytes[block], Some(mark.number)));
        }
        while at < bytes.len() {
            let end = block_end(&bytes[at..]).map_or(bytes.len(), |end| at + end);
            frames.push_back(Self::of(&bytes[at..end], None));
            at = end;
        }
        frames
    }

    fn of(bytes: &[u8], event: Option<Option<u64>>) -> Self {
        let lines = bytes.split(|byte| matches!(byte, b'\n' | b'\r'));
        let lines = lines.filter(|line| !line.is_empty());
        Self {
            lines: lines.map(<[u8]>::to_vec).collect(),
            blank: block_end(bytes).is_some(),
            event,
            verbatim: Some(bytes.to_vec()),
            own_end: line_end(bytes),
        }
    }

    /// Whether it is a part of a block that goes on in the next visit.
    pub(super) fn goes_on(&self) -> bool {
        self.verbatim.is_some() && !self.blank && self.event.is_none()
    }

    /// Both parts of a block as one.
    pub(super) fn joined(self, rest: &Self) -> Self {
        let parts = [self.verbatim, rest.verbatim.clone()];
        let bytes: Vec<u8> = parts.into_iter().flatten().flatten().collect();
        Self::of(&bytes, rest.event)
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
            verbatim: None,
            own_end: None,
        }
    }

    /// Whether its data hold this text.
    pub(super) fn holds(&self, text: &str) -> bool {
        let data = self.data().join(&b'\n');
        text.is_empty() || data.windows(text.len()).any(|part| part == text.as_bytes())
    }

    fn data(&self) -> Vec<&[u8]> {
        let lines = self.lines.iter();
        lines.filter_map(|line| field(line, b"data")).collect()
    }

    /// Puts these bytes in the place of its data, a line for each LF.
    fn set_data(&mut self, data: &[u8]) {
        self.verbatim = None;
        self.lines.retain(|line| field(line, b"data").is_none());
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
        self.verbatim = None;
        let mut lines = self.lines.iter_mut();
        let last = lines.rfind(|line| field(line, b"data").is_some());
        if let Some(line) = last {
            line.push(0xFF);
        }
    }

    /// Adds U+0000 to its id, or gives it one that has nothing else.
    pub(super) fn spoil_id(&mut self) {
        self.verbatim = None;
        let mut lines = self.lines.iter_mut();
        match lines.find(|line| field(line, b"id").is_some()) {
            Some(line) => line.push(0),
            None => self.lines.insert(0, b"id: \0".to_vec()),
        }
    }

    /// Puts a line before its first one.
    pub(super) fn begin_with(&mut self, line: &[u8]) {
        self.verbatim = None;
        self.lines.insert(0, line.to_vec());
    }

    /// Leaves its blank line out: its lines and those of the next event become one event.
    pub(super) fn leave_open(&mut self) {
        self.verbatim = None;
        self.blank = false;
        self.event = None;
    }

    /// Its bytes.
    pub(super) fn bytes(&self, ends: &mut LineEnds) -> Vec<u8> {
        if let Some(verbatim) = self.verbatim.as_ref().filter(|_| ends.are_usual) {
            return verbatim.clone();
        }
        let own = self.own_end.filter(|_| ends.are_usual);
        let mut end = |blank| own.unwrap_or_else(|| ends.next(blank));
        let mut bytes = Vec::new();
        for line in &self.lines {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(end(line.is_empty()));
        }
        if self.blank {
            bytes.extend_from_slice(end(true));
        }
        bytes
    }

    /// The first part of its bytes.
    pub(super) fn part(&self, half: Half, ends: &mut LineEnds) -> Vec<u8> {
        let mut lines = self.lines.iter();
        let id = lines.position(|line| field(line, b"id").is_some());
        if let (Half::Id, Some(id)) = (half, id) {
            let upto = Self {
                lines: self.lines[..=id].to_vec(),
                blank: false,
                event: None,
                verbatim: None,
                own_end: self.own_end,
            };
            return upto.bytes(ends);
        }
        let mut bytes = self.bytes(ends);
        bytes.truncate(bytes.len().div_ceil(2));
        bytes
    }
}

/// The value of a line of this field.
fn field<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let rest = line.strip_prefix(name)?;
    if rest.is_empty() {
        return Some(rest);
    }
    let value = rest.strip_prefix(b":")?;
    Some(value.strip_prefix(b" ").unwrap_or(value))
}

/// What ends the first line of these bytes.
fn line_end(bytes: &[u8]) -> Option<&'static [u8]> {
    let at = bytes
        .iter()
        .position(|byte| matches!(byte, b'\n' | b'\r'))?;
    Some(match &bytes[at..] {
        [b'\r', b'\n', ..] => b"\r\n",
        [b'\r', ..] => b"\r",
        _ => b"\n",
    })
}

/// Where the first block of these bytes ends: behind a line that is blank.
fn block_end(bytes: &[u8]) -> Option<usize> {
    let mut at = 0;
    // Behind a part of a line, what comes first may be the end of that.
    let mut is_blank = false;
    while let Some(byte) = bytes.get(at) {
        at += 1;
        if !matches!(byte, b'\n' | b'\r') {
            is_blank = false;
            continue;
        }
        if *byte == b'\r' && bytes.get(at) == Some(&b'\n') {
            at += 1;
        }
        if std::mem::replace(&mut is_blank, true) {
            return Some(at);
        }
    }
    None
}

/// How the next line ends.
#[derive(Clone, Copy, Debug)]
pub(super) struct LineEnds {
    ends: Ends,
    /// Where lines end in turn, whose turn it is.
    turn: usize,
    /// Whether the last one ended with CR alone, to which a LF would belong.
    after_cr: bool,
    /// Whether they are those of the stream, and no fault chose them.
    are_usual: bool,
}

impl LineEnds {
    pub(super) fn new(ends: Ends) -> Self {
        Self {
            ends,
            turn: 0,
            after_cr: false,
            are_usual: false,
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
        let ends = match ending {
            LineEnding::Lf => Ends::Lf,
            LineEnding::CrLf => Ends::CrLf,
            LineEnding::Cr => Ends::Cr,
        };
        Self {
            are_usual: true,
            ..Self::new(ends)
        }
    }
}
