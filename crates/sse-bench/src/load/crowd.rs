//! Many clients of one path: connects them, reads their heads, and hands over what they receive.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use memchr::memmem;

use super::{Target, socket};
use crate::poll::{Found, Poll, Ready, Watch};

/// How many clients may wait for their head at a time, unless all connect at once.
const AT_ONCE: usize = 256;

/// How many connections are begun before the answered ones are read.
const BURST: usize = 32;

/// How many bytes one read takes at most.
const BUFFER: usize = 256 * 1024;

/// How far a client has got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    /// Its request is not sent yet.
    Connecting,
    /// Waits for the end of the head.
    Asked,
    /// Receives its stream.
    Open,
    /// Its stream has ended.
    Gone,
}

#[derive(Debug)]
struct Client {
    socket: TcpStream,
    stage: Stage,
    /// The part of the head that has arrived.
    head: Vec<u8>,
}

/// The clients.
pub(crate) struct Crowd {
    pub(crate) poll: Poll,
    clients: Vec<Client>,
    request: Vec<u8>,
    found: Found,
    buffer: Vec<u8>,
    /// How many clients have received their head.
    pub(crate) open: usize,
    /// How many streams have ended.
    pub(crate) gone: usize,
    /// The status line of an answer that was not 200.
    refused: Option<String>,
    /// Why a connection ended without an answer.
    unanswered: Option<String>,
}

impl Crowd {
    /// Clients whose sockets are not connected yet.
    pub(crate) fn new(target: &Target, path: &str, clients: usize) -> anyhow::Result<Self> {
        let clients = (0..clients)
            .map(|number| {
                let socket = socket(number)
                    .context("the load cannot open another socket: raise `ulimit -n`")?;
                socket.set_nonblocking(true)?;
                Ok(Client {
                    socket: socket.into(),
                    stage: Stage::Connecting,
                    head: Vec::new(),
                })
            })
            .collect::<anyhow::Result<_>>()?;
        Ok(Self {
            poll: Poll::new()?,
            clients,
            request: target.get(path),
            found: Found::new(),
            buffer: vec![0; BUFFER],
            open: 0,
            gone: 0,
            refused: None,
            unanswered: None,
        })
    }

    /// Connects the clients and waits until each has received its head.
    ///
    /// # Errors
    /// Not all clients received theirs in time, or one was refused.
    pub(crate) fn gather(target: &Target, path: &str, clients: usize) -> anyhow::Result<Self> {
        let mut crowd = Self::new(target, path, clients)?;
        let begun = Instant::now();
        crowd.connect(target, AT_ONCE, |_, _| {})?;
        while crowd.open < clients && begun.elapsed() < target.patience() {
            crowd.turn(Duration::from_millis(100), |_, _| {})?;
            crowd.check()?;
        }
        let open = crowd.open;
        ensure!(
            open == clients,
            "only {open} of {clients} clients were answered within {} s",
            target.patience
        );
        Ok(crowd)
    }

    /// Connects all clients. At most `at_once` of them wait for a head at a time.
    pub(crate) fn connect(
        &mut self,
        target: &Target,
        at_once: usize,
        mut each: impl FnMut(usize, &[u8]),
    ) -> anyhow::Result<()> {
        let begun = Instant::now();
        let address = target.address().into();
        for number in 0..self.clients.len() {
            let client = &mut self.clients[number];
            let socket = socket2::SockRef::from(&client.socket);
            match socket.connect(&address) {
                // On loopback the connection is established when this returns, so the request can
                // follow at once.
                Err(error) if error.raw_os_error() == Some(IN_PROGRESS) => {}
                done => done.with_context(|| {
                    format!("no server accepts connections on port {}", target.port)
                })?,
            }
            self.unanswered = ask(client, &self.request).or(self.unanswered.take());
            self.poll.add(&client.socket, number as u64, Watch::Edges)?;
            if number % BURST == BURST - 1 {
                self.turn(Duration::ZERO, &mut each)?;
            }
            while number + 1 - self.open >= at_once {
                self.turn(Duration::from_millis(100), &mut each)?;
                self.check()?;
                ensure!(
                    begun.elapsed() < target.patience(),
                    "only {} of {} clients were answered within {} s",
                    self.open,
                    self.clients.len(),
                    target.patience
                );
            }
        }
        Ok(())
    }

    /// Waits for something to read, at most this long, and calls `each` with every piece of a
    /// stream and its client's number. Returns whether a socket was ready that is not one of the
    /// clients.
    pub(crate) fn turn(
        &mut self,
        timeout: Duration,
        mut each: impl FnMut(usize, &[u8]),
    ) -> anyhow::Result<bool> {
        let mut other = false;
        let mut found = std::mem::take(&mut self.found);
        self.poll.wait(&mut found, Some(timeout))?;
        for Ready {
            token,
            readable,
            writable,
        } in found.iter()
        {
            let number = token as usize;
            let Some(client) = self.clients.get_mut(number) else {
                other = true;
                continue;
            };
            if writable && client.stage == Stage::Connecting {
                self.unanswered = ask(client, &self.request).or(self.unanswered.take());
            }
            if readable {
                self.read(number, &mut each);
            }
        }
        self.found = found;
        Ok(other)
    }

    /// Reads until the socket is empty, because an edge reports bytes only once.
    fn read(&mut self, number: usize, each: &mut impl FnMut(usize, &[u8])) {
        loop {
            let client = &mut self.clients[number];
            if client.stage == Stage::Gone {
                return;
            }
            let n = match client.socket.read(&mut self.buffer) {
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Ok(n) if n > 0 => n,
                end => {
                    if client.stage != Stage::Open {
                        let reason = end.map_or_else(
                            |error| error.to_string(),
                            |_| "the server closed it".to_owned(),
                        );
                        self.unanswered.get_or_insert(reason);
                    }
                    client.stage = Stage::Gone;
                    self.gone += 1;
                    return;
                }
            };
            let bytes = &self.buffer[..n];
            if client.stage == Stage::Open {
                each(number, bytes);
            } else {
                client.head.extend_from_slice(bytes);
                if let Some(end) = memmem::find(&client.head, b"\r\n\r\n") {
                    let head = std::mem::take(&mut client.head);
                    client.stage = Stage::Open;
                    self.open += 1;
                    if !head.starts_with(b"HTTP/1.1 200 ") {
                        let line = head.split(|byte| *byte == b'\r').next().unwrap_or_default();
                        self.refused = Some(String::from_utf8_lossy(line).into_owned());
                    } else if head.len() > end + 4 {
                        each(number, &head[end + 4..]);
                    }
                }
            }
            // A short read has emptied the socket.
            if n < self.buffer.len() {
                return;
            }
        }
    }

    /// # Errors
    /// A client was refused or a stream has ended.
    pub(crate) fn check(&self) -> anyhow::Result<()> {
        if let Some(line) = &self.refused {
            bail!("the server answered a client with {line:?} instead of 200");
        }
        if let Some(reason) = &self.unanswered {
            bail!("a connection ended before the server answered: {reason}");
        }
        ensure!(
            self.gone == 0,
            "{} of {} streams ended too early",
            self.gone,
            self.clients.len()
        );
        Ok(())
    }
}

/// `EINPROGRESS`: the connection has begun.
const IN_PROGRESS: i32 = 115;

/// Sends the request if the connection is established. Returns the reason if it failed.
fn ask(client: &mut Client, request: &[u8]) -> Option<String> {
    match client.socket.write(request) {
        // A few hundred bytes always fit into a new socket.
        Ok(_) => client.stage = Stage::Asked,
        Err(error) if error.kind() == ErrorKind::WouldBlock => {}
        Err(error) => return Some(error.to_string()),
    }
    None
}
