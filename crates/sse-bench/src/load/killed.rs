//! A node is killed, and its clients go on at another as an EventSource does: they wait for as long
//! as the stream told them, and bring the last id that they had. Measures how long it takes until
//! each has an event again, and checks that none is lost or repeated.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use rustix::process::{Pid, Signal};
use sse_wire::{Beginning, Decoded, Found, Framing, ResponseReader};

use super::publisher::Publisher;
use super::{Outcome, TOPIC, Target};
use crate::payload;
use crate::poll::{self, Poll, Watch};

/// Between two events.
const EVERY: Duration = Duration::from_millis(50);

/// How long events are published before the node is killed, and after all clients are back.
const CALM: Duration = Duration::from_secs(1);

/// How long the last events may take.
const LATE: Duration = Duration::from_secs(3);

/// A client of a stream.
struct Viewer {
    socket: Option<TcpStream>,
    reader: ResponseReader,
    last_id: String,
    /// How long it waits before it connects again.
    retry: Duration,
    /// When it connects again.
    due: Option<Instant>,
    /// The number of the event that it should get next.
    next: u64,
    /// When it had its first event from the other node.
    back: Option<Instant>,
    /// Whether it is at the other node.
    moved: bool,
}

/// What went wrong, in numbers of events.
#[derive(Default)]
struct Wrong {
    lost: u64,
    repeated: u64,
    gaps: u64,
}

impl Viewer {
    fn new(next: u64) -> Self {
        Self {
            socket: None,
            reader: reader(),
            last_id: String::new(),
            retry: Duration::from_secs(3),
            due: None,
            next,
            back: None,
            moved: false,
        }
    }

    fn connect(&mut self, port: u16) -> anyhow::Result<&TcpStream> {
        let mut socket = TcpStream::connect((Ipv4Addr::LOCALHOST, port))
            .with_context(|| format!("no server accepts connections on port {port}"))?;
        let mut request = format!("GET {TOPIC} HTTP/1.1\r\nHost: localhost:{port}\r\n");
        if !self.last_id.is_empty() {
            request += &format!("Last-Event-ID: {}\r\n", self.last_id);
        }
        socket.write_all((request + "\r\n").as_bytes())?;
        socket.set_nonblocking(true)?;
        self.reader = reader();
        self.due = None;
        Ok(self.socket.insert(socket))
    }

    /// Reads what is there. A stream that ends is one to come back to.
    fn read(&mut self, buffer: &mut [u8], wrong: &mut Wrong) -> anyhow::Result<()> {
        loop {
            let Some(socket) = &mut self.socket else {
                return Ok(());
            };
            let read = match socket.read(buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Ok(read) if read > 0 => read,
                _ if self.moved => bail!("the other node ended a stream"),
                _ => {
                    self.socket = None;
                    self.due = Some(Instant::now() + self.retry);
                    return Ok(());
                }
            };
            let (next, mut came) = (&mut self.next, false);
            let (last_id, retry) = (&mut self.last_id, &mut self.retry);
            let mut refused = None;
            let mut first = true;
            self.reader.read(&buffer[..read], |found| match found {
                Found::Decoded(Decoded::Event {
                    data,
                    event,
                    last_event_id,
                }) => {
                    last_event_id.clone_into(last_id);
                    wrong.gaps += u64::from(event == "gap");
                    payload::scan(data.as_bytes(), |seen| {
                        if seen.number < *next {
                            wrong.repeated += 1;
                            return;
                        }
                        wrong.lost += seen.number - *next;
                        *next = seen.number + 1;
                        came = true;
                    });
                }
                Found::Decoded(Decoded::Retry(told)) => *retry = Duration::from_millis(told),
                Found::Decoded(Decoded::Comment(_)) => {}
                Found::Line(line) => {
                    let text = std::mem::take(&mut first).then(|| format!("{line:?}"));
                    if let Some(text) = text.filter(|text| text.contains("HTTP/1.1 ")) {
                        refused = (!text.contains("HTTP/1.1 200")).then_some(text);
                    }
                }
            });
            ensure!(refused.is_none(), "a client was refused: {refused:?}");
            if came && self.moved && self.back.is_none() {
                self.back = Some(Instant::now());
            }
        }
    }
}

fn reader() -> ResponseReader {
    ResponseReader::new(Framing::Chunked, Beginning::Head)
}

pub(super) fn run(target: Target, clients: usize, other: u16) -> anyhow::Result<Outcome> {
    target.warm_up(TOPIC, 5)?;
    let there = Target {
        port: other,
        ..target
    };
    let poll = Poll::new()?;
    let mut publisher = Publisher::connect(&there, TOPIC)?;
    let mut viewers: Vec<Viewer> = (0..clients).map(|_| Viewer::new(1)).collect();
    for (token, viewer) in viewers.iter_mut().enumerate() {
        poll.add(viewer.connect(target.port)?, token as u64, Watch::Readable)?;
    }
    let mut found = poll::Found::new();
    let mut buffer = vec![0; 64 * 1024];
    let mut wrong = Wrong::default();
    let begun = Instant::now();
    let (mut published, mut killed, mut all_back) = (0, None, None);
    let mut is_first_due = begun + CALM;
    loop {
        let now = Instant::now();
        let is_over = all_back.is_some_and(|back| now > back + CALM);
        if is_over && viewers.iter().all(|viewer| viewer.next > published) {
            break;
        }
        if all_back.is_some_and(|back| now > back + CALM + LATE) {
            break;
        }
        ensure!(
            begun.elapsed() < target.patience(),
            "after {} s, {} of {clients} clients were not back",
            target.patience,
            viewers
                .iter()
                .filter(|viewer| viewer.back.is_none())
                .count()
        );
        while is_first_due <= now && !is_over {
            published += 1;
            publisher.publish(published, 0);
            is_first_due += EVERY;
        }
        publisher.flush()?;
        if killed.is_none() && now > begun + CALM + CALM {
            let node = Pid::from_raw(target.pid as i32).context("there is no node to kill")?;
            rustix::process::kill_process(node, Signal::KILL)?;
            killed = Some(Instant::now());
        }
        for (token, viewer) in viewers.iter_mut().enumerate() {
            if viewer.due.is_some_and(|due| due <= now) {
                viewer.moved = true;
                poll.add(viewer.connect(other)?, token as u64, Watch::Readable)?;
            }
        }
        poll.wait(&mut found, Some(Duration::from_millis(1)))?;
        for ready in found.iter() {
            viewers[ready.token as usize].read(&mut buffer, &mut wrong)?;
        }
        if all_back.is_none() {
            let back: Option<Vec<Instant>> = viewers.iter().map(|viewer| viewer.back).collect();
            all_back = back.and_then(|back| back.into_iter().max());
        }
    }
    let killed = killed.context("the node was not killed")?;
    let back = all_back.context("not all came back")?;
    let told = viewers.iter().map(|viewer| viewer.retry).max();
    let told = told.unwrap_or_default();
    let mut outcome = Outcome::default();
    outcome.set("retry_ms", told.as_secs_f64() * 1000.0);
    let took = (back - killed).as_secs_f64() - told.as_secs_f64();
    outcome.set("beyond_retry_ms", took * 1000.0);
    wrong.lost += viewers
        .iter()
        .map(|viewer| published + 1 - viewer.next.min(published + 1))
        .sum::<u64>();
    if wrong.lost + wrong.repeated + wrong.gaps > 0 {
        outcome.trouble(format!(
            "after a node was killed, {} events were lost, {} repeated, and {} gaps told",
            wrong.lost, wrong.repeated, wrong.gaps
        ));
    }
    Ok(outcome)
}
