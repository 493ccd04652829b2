//! The decoders that are Rust, each in a loop over the same bytes.

use std::convert::Infallible;
use std::hint::black_box;
use std::path::Path;
use std::pin::{Pin, pin};
use std::slice::Chunks;
use std::task::{Context as TaskContext, Poll, Waker};

use anyhow::{Context, bail};
use eventsource_stream::EventStream;
use rustix::time::{ClockId, clock_gettime};
use serde::{Deserialize, Serialize};
use sse_wire::{Decoded, Decoder};
use tokio_stream::Stream;

use crate::decoders::contender::Contender;

/// What a decoder read, and how long it took. The scripts of the other languages print the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Reading {
    /// How often it read the whole file.
    pub(crate) passes: u64,
    /// The CPU time of its process meanwhile. Another process that takes the core does not count.
    pub(crate) seconds: f64,
    pub(crate) events: u64,
    /// The sum of the lengths of all data, as the language counts them.
    pub(crate) length: u64,
}

/// Reads a file this long in pieces of this size, after a quarter of that time as a warm-up.
///
/// # Errors
/// The file cannot be read or decoded, or the decoder is none of Rust.
pub(crate) fn run(
    contender: Contender,
    file: &Path,
    piece: usize,
    seconds: f64,
) -> anyhow::Result<Reading> {
    let bytes =
        std::fs::read(file).with_context(|| format!("{} cannot be read", file.display()))?;
    let pass = match contender {
        Contender::SseWire => sse_wire,
        Contender::EventsourceStream => eventsource_stream,
        Contender::Memchr => memchr,
        Contender::EventsourceParser | Contender::HttpxSse => {
            bail!("{} is not Rust", contender.name())
        }
    };
    passes(pass, &bytes, piece, seconds / 4.0)?;
    passes(pass, &bytes, piece, seconds)
}

/// Reads the bytes once, and returns how many events there are and the sum of their lengths.
type Pass = fn(&[u8], usize) -> anyhow::Result<(u64, u64)>;

fn passes(pass: Pass, bytes: &[u8], piece: usize, seconds: f64) -> anyhow::Result<Reading> {
    let mut reading = Reading::default();
    let begun = cpu_time();
    while reading.seconds < seconds {
        let (events, length) = pass(black_box(bytes), black_box(piece))?;
        reading.events += events;
        reading.length += length;
        reading.passes += 1;
        reading.seconds = cpu_time() - begun;
    }
    Ok(reading)
}

/// Seconds of CPU time of this process.
fn cpu_time() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// As the client uses it: a new decoder for a stream, and `push` for each piece.
fn sse_wire(bytes: &[u8], piece: usize) -> anyhow::Result<(u64, u64)> {
    let (mut events, mut length) = (0, 0);
    let mut decoder = Decoder::new();
    for piece in bytes.chunks(piece) {
        decoder.push(piece, |decoded| {
            if let Decoded::Event { data, .. } = decoded {
                events += 1;
                length += data.len() as u64;
            }
        })?;
    }
    Ok((events, length))
}

/// Pieces that are there at once. The iterator of `tokio_stream` pauses after every 32.
struct Pieces<'a>(Chunks<'a, u8>);

impl<'a> Stream for Pieces<'a> {
    type Item = Result<&'a [u8], Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut TaskContext<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.next().map(Ok))
    }
}

fn eventsource_stream(bytes: &[u8], piece: usize) -> anyhow::Result<(u64, u64)> {
    let (mut events, mut length) = (0, 0);
    let mut stream = pin!(EventStream::new(Pieces(bytes.chunks(piece))));
    let mut context = TaskContext::from_waker(Waker::noop());
    while let Poll::Ready(Some(event)) = stream.as_mut().poll_next(&mut context) {
        events += 1;
        length += event?.data.len() as u64;
    }
    Ok((events, length))
}

/// No decoder: it only finds each line feed. `count()` would be faster, but it does not say where
/// they are.
fn memchr(bytes: &[u8], piece: usize) -> anyhow::Result<(u64, u64)> {
    let mut lines = 0;
    for piece in bytes.chunks(piece) {
        for at in memchr::memchr_iter(b'\n', piece) {
            black_box(at);
            lines += 1;
        }
    }
    Ok((lines, 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decoders::payload::payload;

    #[test]
    fn decoders_of_rust_read_what_the_stream_has() {
        let payload = payload();
        for piece in [64, 1024, 16 * 1024] {
            let bytes = payload.text.as_bytes();
            let all = (payload.events, payload.bytes);
            assert_eq!(sse_wire(bytes, piece).expect("it is a stream"), all);
            assert_eq!(
                eventsource_stream(bytes, piece).expect("it is a stream"),
                all
            );
            assert_eq!(
                memchr(bytes, piece).expect("it is a stream"),
                (payload.line_feeds, 0)
            );
        }
    }
}
