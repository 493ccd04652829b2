//! Clients of `/endless`: each with its own timer, or as fast as they read.

use std::time::{Duration, Instant};

use anyhow::ensure;
use memchr::memmem;

use super::crowd::Crowd;
use super::{Outcome, Target};
use crate::{procs, stats};

/// How long the events of the connected clients are not counted at first.
const REST: Duration = Duration::from_secs(1);

/// The share of the due events that may be missing.
const LATE: f64 = 0.02;

/// Measures the CPU time of an event when the server keeps a timer for each of many clients.
pub(super) fn endless(target: Target, clients: usize, seconds: f64) -> anyhow::Result<Outcome> {
    const PATH: &str = "/endless?every=500ms";
    target.warm_up(PATH, 0)?;
    let mut crowd = Crowd::gather(&target, PATH, clients)?;
    let data = memmem::Finder::new(b"data:");
    let mut turns = |time: Duration| {
        let mut events = 0_u64;
        let end = Instant::now() + time;
        while let Some(left) = end.checked_duration_since(Instant::now()) {
            crowd.turn(left.min(Duration::from_millis(100)), |_, bytes| {
                events += data.find_iter(bytes).count() as u64;
            })?;
            crowd.check()?;
        }
        anyhow::Ok(events)
    };
    turns(REST)?;
    let before = procs::cpu(target.pid);
    let events = turns(Duration::from_secs_f64(seconds))? as f64;
    let took = procs::cpu(target.pid).since(&before);

    let mut outcome = Outcome::default();
    outcome.set("cpu_us", took * 1e6 / events.max(1.0));
    let due = clients as f64 * 2.0 * seconds;
    if events < due * (1.0 - LATE) {
        outcome.trouble(format!(
            "the server misses the pace: it sent {events} of {due} events"
        ));
    }
    Ok(outcome)
}

/// Measures how many events a second the clients get when the load reads as fast as it can, and
/// when each client has its first event.
pub(super) fn unpaced(target: Target, clients: usize, seconds: f64) -> anyhow::Result<Outcome> {
    const PATH: &str = "/endless?every=0ms";
    /// How long events are not counted at first.
    const RUN_UP: Duration = Duration::from_millis(500);

    let mut crowd = Crowd::new(&target, PATH, clients)?;
    let mut readers = Readers {
        begun: Instant::now(),
        all: vec![Reader::default(); clients],
        checked: Checked::default(),
    };
    crowd.connect(&target, usize::MAX, |client, bytes| {
        readers.read(client, bytes);
    })?;
    let mut read_for = |time: Duration, readers: &mut Readers| {
        let begun = Instant::now();
        while begun.elapsed() < time {
            crowd.turn(Duration::from_millis(10), |client, bytes| {
                readers.read(client, bytes);
            })?;
            crowd.check()?;
        }
        anyhow::Ok(begun.elapsed().as_secs_f64())
    };
    read_for(RUN_UP, &mut readers)?;
    let (before, already) = (procs::cpu(target.pid), readers.events());
    let time = read_for(Duration::from_secs_f64(seconds), &mut readers)?;
    let events = (readers.events() - already) as f64;
    let cpu = procs::cpu(target.pid).since(&before);

    let wrong = readers.checked.wrong;
    ensure!(
        wrong == 0,
        "{wrong} numbers of a stream were lost or out of order"
    );
    let mut outcome = Outcome::default();
    outcome.set("per_s", events / time);
    outcome.set("cpu_ns", cpu * 1e9 / events.max(1.0));
    let mut firsts: Vec<_> = readers
        .all
        .iter()
        .filter_map(|reader| reader.first)
        .collect();
    if firsts.len() < clients {
        let none = clients - firsts.len();
        outcome.trouble(format!("{none} of {clients} clients received no event"));
    }
    if let Some(last) = stats::percentile(&mut firsts, 100.0) {
        outcome.set("first_ms", last.as_secs_f64() * 1000.0);
    }
    Ok(outcome)
}

/// What the clients of an unpaced stream have read.
struct Readers {
    begun: Instant,
    all: Vec<Reader>,
    /// The first client's events are checked one by one.
    checked: Checked,
}

impl Readers {
    fn read(&mut self, client: usize, bytes: &[u8]) {
        let reader = &mut self.all[client];
        if reader.first.is_none() {
            reader.first = Some(self.begun.elapsed());
        }
        reader.keep(bytes);
        if client == 0 {
            self.checked.read(bytes);
        }
    }

    /// How many events all clients have received: the sum of their last numbers, because each
    /// stream counts from 1.
    fn events(&self) -> u64 {
        self.all.iter().filter_map(Reader::last).sum()
    }
}

/// This many bytes always contain a whole event, with the chunk around it.
const EVENT: usize = 128;

/// One client of an unpaced stream.
#[derive(Clone, Debug, Default)]
struct Reader {
    /// The time until its first event.
    first: Option<Duration>,
    /// The last bytes.
    tail: Vec<u8>,
}

impl Reader {
    fn keep(&mut self, bytes: &[u8]) {
        if bytes.len() >= EVENT {
            self.tail.clear();
        }
        self.tail
            .extend_from_slice(&bytes[bytes.len().saturating_sub(EVENT)..]);
        let over = self.tail.len().saturating_sub(EVENT);
        self.tail.drain(..over);
    }

    /// The number of the last complete event.
    fn last(&self) -> Option<u64> {
        let end = memmem::rfind(&self.tail, b"\n\n")?;
        let begin = memmem::rfind(&self.tail[..end], b"data: ")? + 6;
        std::str::from_utf8(&self.tail[begin..end])
            .ok()?
            .parse()
            .ok()
    }
}

/// Reads a stream of numbers event by event.
#[derive(Debug, Default)]
struct Checked {
    last: u64,
    wrong: u64,
    tail: Vec<u8>,
}

impl Checked {
    fn read(&mut self, bytes: &[u8]) {
        let mut text = std::mem::take(&mut self.tail);
        text.extend_from_slice(bytes);
        let mut kept = text.len().saturating_sub(5);
        for at in memmem::find_iter(&text, b"data: ") {
            let digits = &text[at + 6..];
            let Some(end) = memchr::memchr(b'\n', digits) else {
                kept = at;
                break;
            };
            let number = std::str::from_utf8(&digits[..end])
                .ok()
                .and_then(|digits| digits.parse().ok());
            self.wrong += u64::from(number != Some(self.last + 1));
            self.last = number.unwrap_or(self.last + 1);
            kept = kept.max(at + 6 + end);
        }
        self.tail.extend_from_slice(&text[kept..]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream() -> Vec<u8> {
        let events = (1..=30).map(|n| format!("10\r\nid: {n}\ndata: {n}\n\n\r\n"));
        events.collect::<String>().into_bytes()
    }

    #[test]
    fn numbers_are_counted_at_any_cut() {
        let stream = stream();
        for cut in 0..stream.len() {
            let (begin, end) = stream.split_at(cut);
            let (mut reader, mut checked) = (Reader::default(), Checked::default());
            for piece in [begin, end] {
                reader.keep(piece);
                checked.read(piece);
            }
            assert_eq!(reader.last(), Some(30), "cut at {cut}");
            assert_eq!((checked.last, checked.wrong), (30, 0), "cut at {cut}");
        }
    }

    #[test]
    fn a_missing_number_is_noticed() {
        let mut checked = Checked::default();
        checked.read(b"data: 1\n\ndata: 3\n\n");
        assert_eq!((checked.last, checked.wrong), (3, 1));
    }
}
