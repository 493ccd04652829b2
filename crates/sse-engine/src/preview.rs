//! What a stream would send, for the window. The stream's own pump runs over made-up time, without
//! a socket.

use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use sse_wire::{Beginning, Found, Framing, Line, ResponseReader};

use crate::keep_alive::KeepAlive;
use crate::pump::{Act, Next, Pump};
use crate::stream::{Stream, Variant};
use crate::time::{Now, millis};
use crate::write_buffer::WriteBuffer;

/// Where a preview ends: so many pieces, so many bytes, so much made-up time.
const PIECES: usize = 20;
const BYTES: usize = 8 * 1024;
const SPAN: Duration = Duration::from_secs(3600);
/// However little a visit writes.
const VISITS: usize = 1000;

/// The beginning of a stream, as it goes out, without the framing of chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Preview {
    /// The path of the stream.
    pub stream: String,
    /// The response head.
    pub head: String,
    /// The same as lines.
    pub head_lines: Vec<Line>,
    /// What follows it.
    pub parts: Vec<Part>,
    /// Whether there is more.
    pub more: bool,
}

/// What is sent at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Part {
    /// Milliseconds after the beginning.
    pub at_ms: u64,
    /// One event, or a comment; the last part may be cut.
    pub bytes: String,
    /// The same as lines.
    pub lines: Vec<Line>,
}

impl Preview {
    /// What a client would be sent that comes now without an id, behind this head.
    pub fn new(
        stream: &Arc<Stream>,
        head: &[u8],
        (keep_alive, blank): (KeepAlive, bool),
        start: Now,
    ) -> Self {
        let mut reader = ResponseReader::new(Framing::Bare, Beginning::Head);
        let head_lines = lines(&mut reader, head);
        let mut now = start;
        let (mut parts, mut size, mut more) = (Vec::new(), 0, true);
        let mut out = WriteBuffer::new();
        let pump = Pump::new(Variant::new(Arc::clone(stream)), keep_alive, None);
        let mut pump = pump.map(|pump| pump.with_blank(blank));
        let steps = stream.playback().is_some_and(|playback| playback.step);
        // What a file beside the file of streams holds is not known here.
        let visits = if stream.events_file.is_some() {
            0
        } else {
            VISITS
        };
        for _ in 0..visits {
            let Ok(pump) = &mut pump else { break };
            out.clear();
            let next = pump.fill(now, &mut out);
            let at_ms = millis(now.instant - start.instant);
            let wire = out.wire();
            let mut whole = true;
            for bytes in blocks(&wire, stream) {
                if parts.len() == PIECES || size >= BYTES {
                    whole = false;
                    break;
                }
                let mut shown = bytes.len().min(BYTES - size);
                // Not within a character.
                while shown > 0 && bytes.get(shown).is_some_and(|byte| byte & 0xC0 == 0x80) {
                    shown -= 1;
                }
                size += bytes.len().min(BYTES);
                whole = shown == bytes.len();
                let bytes = &bytes[..shown];
                let lines = lines(&mut reader, bytes);
                parts.push(Part {
                    at_ms,
                    bytes: String::from_utf8_lossy(bytes).into_owned(),
                    lines,
                });
                if !whole {
                    break;
                }
            }
            match next {
                Next::End | Next::Cut | Next::Gone(_) | Next::Broken(_) => {
                    more = !whole;
                    break;
                }
                _ if !whole || parts.len() == PIECES || size >= BYTES => break,
                Next::Wait { at: Some(at) } if at <= start.instant + SPAN => {
                    now = start.after(at - start.instant);
                }
                // What goes step by step is shown as if somebody stepped.
                Next::Wait { at: None } if steps => pump.act(now, Act::Step),
                Next::Wait { .. } => break,
                Next::More => {}
            }
        }
        Self {
            stream: stream.path.clone(),
            head: String::from_utf8_lossy(head).into_owned(),
            head_lines,
            parts,
            more,
        }
    }
}

fn lines(reader: &mut ResponseReader, bytes: &[u8]) -> Vec<Line> {
    let mut lines = Vec::new();
    reader.read(bytes, |found| {
        if let Found::Line(line) = found {
            lines.push(line);
        }
    });
    lines
}

/// The bytes, cut behind each empty line.
fn blocks<'a>(bytes: &'a [u8], stream: &Stream) -> impl Iterator<Item = &'a [u8]> {
    let end: &[u8] = match stream.usual_line_ending() {
        sse_wire::LineEnding::Lf => b"\n\n",
        sse_wire::LineEnding::CrLf => b"\r\n\r\n",
        sse_wire::LineEnding::Cr => b"\r\r",
    };
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let found = rest.windows(end.len()).position(|window| window == end);
        let length = found.map_or(rest.len(), |at| at + end.len());
        let (block, after) = rest.split_at(length);
        rest = after;
        (!block.is_empty()).then_some(block)
    })
}
