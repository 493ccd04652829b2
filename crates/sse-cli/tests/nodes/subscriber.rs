//! A client as EventSource is one: it comes back with its last event id after the time that it was
//! told. It also leaves at random moments.

use std::mem;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde::Deserialize;
use sse_wire::{Beginning, Decoded, Found, Framing, Line, LineKind, ResponseReader, Text};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::{Instant as Timer, sleep, timeout_at};
use tokio_util::sync::CancellationToken;

use crate::account::{Account, Note};
use crate::chance::Chance;

/// What a subscriber waits at most before it comes back, whatever it was told.
const LONGEST_RETRY: Duration = Duration::from_millis(300);
/// What one waits who was told nothing.
const FIRST_RETRY: Duration = Duration::from_millis(100);

/// What the subscribers of a scene share.
#[derive(Debug)]
pub(crate) struct Seats {
    pub(crate) target: SocketAddr,
    pub(crate) topic: String,
    pub(crate) begun: Instant,
    pub(crate) chance: Arc<Chance>,
    /// From now on nobody leaves of its own accord.
    pub(crate) calm: CancellationToken,
    /// All is said: everybody leaves for good.
    pub(crate) end: CancellationToken,
    /// The least and the most that somebody stays, in milliseconds.
    pub(crate) stays: (u64, u64),
}

/// One subscriber. Its account can be read at any time.
pub(crate) struct Subscriber {
    seats: Arc<Seats>,
    account: Arc<Mutex<Account>>,
    last_event_id: Option<String>,
    retry: Duration,
}

#[derive(Deserialize)]
struct Gap {
    from: String,
    to: Option<String>,
    lost: Option<u64>,
}

impl Subscriber {
    pub(crate) fn new(seats: Arc<Seats>, account: Arc<Mutex<Account>>) -> Self {
        Self {
            seats,
            account,
            last_event_id: None,
            retry: FIRST_RETRY,
        }
    }

    pub(crate) async fn run(mut self) {
        while !self.seats.end.is_cancelled() {
            let (least, most) = self.seats.stays;
            let stay = self.seats.chance.between(least, most);
            let end = self.seats.end.clone();
            tokio::select! {
                () = self.visit(Timer::now() + stay) => {}
                () = end.cancelled() => return,
            }
            // Not all at the same moment.
            let jitter = self.seats.chance.between(1, 50);
            sleep(self.retry.min(LONGEST_RETRY) + jitter).await;
        }
    }

    fn note(&self, note: Note) {
        let at = self.seats.begun.elapsed();
        self.account
            .lock()
            .expect("no panic")
            .notes
            .push((at, note));
    }

    /// One connection, until it ends or the time to leave has come.
    async fn visit(&mut self, leave: Timer) {
        self.note(Note::Asked(self.last_event_id.clone()));
        let Ok(mut stream) = TcpStream::connect(self.seats.target).await else {
            return self.note(Note::Nobody);
        };
        let (topic, port) = (&self.seats.topic, self.seats.target.port());
        let id = self.last_event_id.as_ref();
        let id = id.map_or(String::new(), |id| format!("last-event-id: {id}\r\n"));
        let request = format!(
            "GET {topic} HTTP/1.1\r\nhost: localhost:{port}\r\naccept: text/event-stream\r\n{id}\r\n"
        );
        if stream.write_all(request.as_bytes()).await.is_err() {
            return self.note(Note::Ended);
        }
        let mut reader = Reader::new();
        let mut buffer = vec![0; 16 * 1024];
        loop {
            let calm = self.seats.calm.is_cancelled();
            // Looks now and then whether it is calm.
            let look = Timer::now() + Duration::from_millis(500);
            let until = if calm { look } else { leave.min(look) };
            match timeout_at(until, stream.read(&mut buffer)).await {
                Err(_) if !self.seats.calm.is_cancelled() && Timer::now() >= leave => {
                    return self.note(Note::Left);
                }
                Err(_) => {}
                Ok(Ok(length)) if length > 0 => {
                    for note in reader.read(&buffer[..length]) {
                        self.note(note);
                    }
                    if let Some(id) = &reader.last_event_id {
                        self.last_event_id = Some(id.clone());
                    }
                    if let Some(retry) = reader.retry {
                        self.retry = Duration::from_millis(retry);
                    }
                    if reader.block.is_short {
                        return self.note(Note::Ended);
                    }
                }
                Ok(_) => return self.note(Note::Ended),
            }
            if !self.seats.calm.is_cancelled() && Timer::now() >= leave {
                return self.note(Note::Left);
            }
        }
    }
}

/// Reads one response.
struct Reader {
    response: ResponseReader,
    block: Block,
    last_event_id: Option<String>,
    retry: Option<u64>,
}

/// What was read of the block under way.
#[derive(Default)]
struct Block {
    /// The line under way, as far as it is there.
    line: String,
    id: Option<String>,
    has_data: bool,
    /// The status line was seen.
    begun: bool,
    /// The answer has a length: a balancer's own word, which comes in one piece and is the end.
    is_short: bool,
}

impl Reader {
    fn new() -> Self {
        Self {
            response: ResponseReader::new(Framing::Chunked, Beginning::Head),
            block: Block::default(),
            last_event_id: None,
            retry: None,
        }
    }

    fn read(&mut self, bytes: &[u8]) -> Vec<Note> {
        let mut notes = Vec::new();
        let Self {
            response,
            block,
            last_event_id,
            retry,
        } = self;
        response.read(bytes, |found| match found {
            Found::Line(line) => {
                if let Some(end) = block.read(line) {
                    match end {
                        End::Status(status) if !status.starts_with("HTTP/1.1 200 ") => {
                            notes.push(Note::Refused(status));
                        }
                        End::Status(_) => {}
                        End::Block { id, has_data } => {
                            if let Some(id) = id {
                                if !has_data {
                                    notes.push(Note::Place(id.clone()));
                                }
                                *last_event_id = Some(id);
                            }
                        }
                    }
                }
            }
            Found::Decoded(Decoded::Event {
                event: "gap", data, ..
            }) => {
                let Gap { from, to, lost } = serde_json::from_str(data).expect("a gap is JSON");
                notes.push(Note::Gap { from, to, lost });
            }
            Found::Decoded(Decoded::Event { data, .. }) => notes.push(Note::Event(data.to_owned())),
            Found::Decoded(Decoded::Retry(told)) => *retry = Some(told),
            Found::Decoded(Decoded::Comment(_)) => {}
        });
        notes
    }
}

enum End {
    Status(String),
    Block { id: Option<String>, has_data: bool },
}

impl Block {
    /// Takes a line, or a part of one, and answers what it ends.
    fn read(&mut self, line: Line) -> Option<End> {
        if line.kind == LineKind::Chunk {
            return None;
        }
        for text in [line.name, line.value] {
            if let Text::Plain(text) = text {
                self.line += &text;
            }
        }
        if line.end.is_empty() {
            return None;
        }
        let text = mem::take(&mut self.line);
        if line.kind == LineKind::Head {
            let name = text.to_ascii_lowercase();
            self.is_short |= name.starts_with("content-length:");
            return (!mem::replace(&mut self.begun, true)).then_some(End::Status(text));
        }
        if let Some(id) = text.strip_prefix("id:") {
            self.id = Some(id.trim_start().to_owned());
        }
        self.has_data |= text.starts_with("data");
        text.is_empty().then(|| End::Block {
            id: self.id.take(),
            has_data: mem::take(&mut self.has_data),
        })
    }
}
