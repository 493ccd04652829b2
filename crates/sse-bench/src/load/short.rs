//! Clients connect, receive five events and close, again and again: measures what a short stream
//! costs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use memchr::memmem;

use super::{Outcome, Target, socket};
use crate::procs;

const PATH: &str = "/numbers?every=0ms&count=5";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Keeps this many streams open at a time. Reads each in turn to its last chunk, closes it and
/// opens another. The reads block, because that costs the load the least.
pub(super) fn run(target: Target, clients: usize, seconds: f64) -> anyhow::Result<Outcome> {
    let request = target.get(PATH);
    let mut made = 0;
    let mut open = || -> anyhow::Result<TcpStream> {
        made += 1;
        let socket = socket(made)?;
        socket
            .connect(&target.address().into())
            .with_context(|| format!("no server accepts connections on port {}", target.port))?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut socket = TcpStream::from(socket);
        socket.write_all(&request)?;
        Ok(socket)
    };
    // Only the first answers are checked for their events.
    for _ in 0..clients {
        let mut socket = open()?;
        let mut answer = vec![0; 4096];
        let length = read(&mut socket, &mut answer)?;
        let events = memmem::find_iter(&answer[..length], b"data: ").count();
        ensure!(events == 5, "a stream had {events} events instead of five");
    }
    let mut slots = (0..clients)
        .map(|_| open())
        .collect::<anyhow::Result<Vec<_>>>()?;
    let mut buffer = vec![0; 4096];
    let before = procs::cpu(target.pid);
    let begun = Instant::now();
    let mut streams = 0_u64;
    while begun.elapsed().as_secs_f64() < seconds {
        for slot in &mut slots {
            read(slot, &mut buffer)?;
            *slot = open()?;
            streams += 1;
        }
    }
    let time = begun.elapsed().as_secs_f64();
    let cpu = procs::cpu(target.pid).since(&before);
    let mut outcome = Outcome::default();
    outcome.set("per_s", streams as f64 / time);
    outcome.set("cpu_us", cpu * 1e6 / streams.max(1) as f64);
    Ok(outcome)
}

/// Reads up to the last chunk. Returns how many bytes that were.
fn read(socket: &mut TcpStream, buffer: &mut [u8]) -> anyhow::Result<usize> {
    let mut length = 0;
    loop {
        let n = socket
            .read(&mut buffer[length..])
            .context("a stream of five events did not end")?;
        length += n;
        let text = &buffer[..length];
        if text.ends_with(b"\r\n0\r\n\r\n") {
            ensure!(
                text.starts_with(b"HTTP/1.1 200 "),
                "the server refused a stream: {}",
                first_line(text)
            );
            return Ok(length);
        }
        ensure!(
            n > 0,
            "a stream ended before its last chunk: {}",
            first_line(text)
        );
    }
}

fn first_line(text: &[u8]) -> String {
    let line = text.split(|byte| *byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).into_owned()
}
