//! What a stream would send, for the window: its own pump, over made-up time, without a socket.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;

use crate::app::{self, Context};
use crate::door;
use crate::guard::Area;
use crate::keep_alive::KeepAlive;
use crate::out::Out;
use crate::pump::{Next, Pump};
use crate::routes::streams;
use crate::stream::{Play, Stream, Wall};
use crate::transport::Framing;

/// Where a preview ends: so many pieces, so many bytes, so much made-up time.
const PIECES: usize = 20;
const BYTES: usize = 8 * 1024;
const SPAN: Duration = Duration::from_secs(3600);
/// However little a visit writes.
const VISITS: usize = 1000;

/// The beginning of a stream, as it goes out, without the framing of chunks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// The path of the stream.
    pub stream: String,
    /// The response head.
    pub head: String,
    /// What follows it.
    pub parts: Vec<Part>,
    /// Whether there is more.
    pub more: bool,
}

/// What is sent at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    /// Milliseconds after the beginning.
    pub at_ms: u64,
    /// One event, or a comment; the last part may be cut.
    pub bytes: String,
}

impl Preview {
    /// What the stream at this path would send, if there is one.
    pub(crate) fn of(context: &Context, path: &str) -> Option<Self> {
        let stream = context.streams.find(path)?;
        let mut response = streams::head(&stream.headers);
        app::mark(response.headers_mut(), Area::Stream);
        let head = door::head(&response, Framing::Chunked);
        let keep_alive = (context.keep_alive, context.keep_alive_blank);
        Some(preview(&stream, &head, keep_alive))
    }
}

/// What a client would be sent that comes now, without an id.
pub(crate) fn preview(
    stream: &Arc<Stream>,
    head: &[u8],
    (keep_alive, blank): (KeepAlive, bool),
) -> Preview {
    let (start, wall) = (Instant::now(), SystemTime::now());
    let mut now = start;
    let mut play = Play::new(Arc::clone(stream));
    let (mut parts, mut size, mut more) = (Vec::new(), 0, true);
    play.wall = Wall::At(wall);
    let mut out = Out::new();
    let mut pump = Pump::new(play, keep_alive, None).map(|pump| pump.with_blank(blank));
    for _ in 0..VISITS {
        let Ok(pump) = &mut pump else { break };
        out.clear();
        pump.set_wall(Wall::At(wall + (now - start)));
        let next = pump.fill(now, &mut out);
        let at_ms = u64::try_from((now - start).as_millis()).unwrap_or(u64::MAX);
        let text = String::from_utf8_lossy(&out.wire()).into_owned();
        let mut whole = true;
        for bytes in blocks(&text, stream) {
            if parts.len() == PIECES || size >= BYTES {
                whole = false;
                break;
            }
            let mut shown = bytes.len().min(BYTES - size);
            while !bytes.is_char_boundary(shown) {
                shown -= 1;
            }
            size += bytes.len().min(BYTES);
            whole = shown == bytes.len();
            let bytes = bytes[..shown].to_owned();
            parts.push(Part { at_ms, bytes });
            if !whole {
                break;
            }
        }
        match next {
            Next::End | Next::Cut => {
                more = !whole;
                break;
            }
            _ if !whole || parts.len() == PIECES || size >= BYTES => break,
            Next::Wait { at: Some(at) } if at <= start + SPAN => now = at,
            Next::Wait { .. } => break,
            Next::More => {}
        }
    }
    Preview {
        stream: stream.path.clone(),
        head: String::from_utf8_lossy(head).into_owned(),
        parts,
        more,
    }
}

/// The text, cut behind each empty line.
fn blocks<'a>(text: &'a str, stream: &Stream) -> impl Iterator<Item = &'a str> {
    let end = match stream.line_ending {
        sse_wire::LineEnding::Lf => "\n\n",
        sse_wire::LineEnding::CrLf => "\r\n\r\n",
        sse_wire::LineEnding::Cr => "\r\r",
    };
    text.split_inclusive(end)
}
