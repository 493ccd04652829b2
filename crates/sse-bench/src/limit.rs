//! The limit of the machine: one thread, epoll and prepared bytes. It puts the same bytes on the
//! wire as `sse serve` and does nothing else: no guard, no table, no framework. Any further cost of
//! a server is that server's overhead. `tests/bytes.rs` compares the bytes.
//!
//! It serves only the load of this crate, and is as lean as that allows:
//!
//! * A delivery is one `send` of bytes that are made once for all who lack the same events. It
//!   allocates nothing, and of a client it reads 16 bytes, which lie in a row with those of the
//!   others.
//! * Who is sent something gets all that it lacks. New requests are looked for every few sends, so
//!   an event that comes while a pass is under way leaves with it.
//! * A connection costs `accept4`, `recv`, `send` and `epoll_ctl`. A new socket inherits
//!   `TCP_NODELAY` from the listener and is not asked for an edge of its own about room to write.
//! * A socket is asked about room only after it took less than it was given, and once for all.
//! * Requests that are alike are read once.
//!
//! io_uring would save the entry into the kernel, some tenths of a microsecond of a send. `sse
//! serve` has no use for it either, so it would measure something else.

mod client;
mod frames;
mod numbers;
mod request;
mod send;

use std::collections::{HashMap, VecDeque};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use anyhow::Context;
use client::{Client, Job, Room};
use frames::{Answers, Topic};
use request::{Heads, Parsed, Request};
use rustix::io::Errno;
use rustix::net::{RecvFlags, SocketFlags};
use socket2::{Domain, Socket, Type};

use crate::poll::{Found, Poll, Ready, Watch};

/// How many connections the kernel queues; it applies its own maximum to this.
const BACKLOG: i32 = 4096;

const LISTENER: u64 = u64::MAX;

/// Runs until it is killed. Without a port it takes a free one. It prints which.
///
/// # Errors
/// It cannot listen on the port.
pub(crate) fn run(port: u16) -> anyhow::Result<()> {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
    socket.set_reuse_address(true)?;
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    socket
        .bind(&address.into())
        .and_then(|()| socket.listen(BACKLOG))
        .and_then(|()| socket.set_nonblocking(true))
        // Each connection has it from the start, and none is told.
        .and_then(|()| socket.set_tcp_nodelay(true))
        .with_context(|| format!("the limit cannot listen on port {port}"))?;
    let address = socket.local_addr()?.as_socket();
    println!("{}", address.map_or(port, |address| address.port()));
    let poll = Poll::new()?;
    poll.add(&socket, LISTENER, Watch::Readable)?;
    let mut limit = Limit {
        poll,
        listener: socket,
        clients: Vec::new(),
        free: Vec::new(),
        inputs: HashMap::new(),
        unsent: HashMap::new(),
        topic: Topic::new(),
        subscribers: 0,
        passes: 0,
        dirty: false,
        paces: Vec::new(),
        eager: VecDeque::new(),
        began: Instant::now(),
        answers: Answers::new(),
        heads: Heads::default(),
        buffer: vec![0; 64 * 1024],
        out: Vec::new(),
    };
    let mut found = Found::new();
    loop {
        let timeout = limit.timeout();
        limit.look(&mut found, timeout)?;
        limit.sweep(&mut found)?;
        limit.beat();
        limit.pour();
    }
}

struct Limit {
    poll: Poll,
    listener: Socket,
    /// The clients, each at its id. A pass goes through them from the first to the last, so the
    /// processor fetches the next before it is asked for.
    clients: Vec<Client>,
    /// Ids that closed connections left free.
    free: Vec<u32>,
    /// Beginnings of requests that are not complete yet. Seldom there are any.
    inputs: HashMap<usize, Vec<u8>>,
    /// Bytes that the kernel has not accepted yet. Until it has, nothing new is made for the
    /// client.
    unsent: HashMap<usize, Vec<u8>>,
    topic: Topic,
    subscribers: usize,
    /// Passes over the subscribers in which at least one was sent something.
    passes: u64,
    /// An event was published, so somebody may lack it.
    dirty: bool,
    /// Who is due, for each time between two events.
    paces: Vec<Pace>,
    /// Clients of unpaced streams whose sockets accept more bytes.
    eager: VecDeque<usize>,
    began: Instant,
    answers: Answers,
    heads: Heads,
    buffer: Vec<u8>,
    out: Vec<u8>,
}

/// All clients with the same time between two events. Who was served last is due last, so a queue
/// has them in order, and nothing is sorted.
struct Pace {
    /// In milliseconds.
    every: u64,
    queue: VecDeque<Due>,
}

/// When a paced client is due, in milliseconds since `Limit::began`.
#[derive(Clone, Copy)]
struct Due {
    at: u64,
    id: u32,
    /// Which of the clients that had this id: another one may have it by then.
    life: u16,
}

impl Limit {
    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.eager.is_empty() {
            return Some(Duration::ZERO);
        }
        let next = self.paces.iter().filter_map(|pace| pace.queue.front());
        let due = next.map(|due| due.at).min()?;
        Some(Duration::from_millis(due.saturating_sub(self.now())))
    }

    /// Serves the sockets that can be read or written.
    fn look(&mut self, found: &mut Found, timeout: Option<Duration>) -> anyhow::Result<()> {
        self.poll.wait(found, timeout)?;
        for Ready {
            token,
            readable,
            writable,
        } in found.iter()
        {
            if token == LISTENER {
                self.accept()?;
                continue;
            }
            let id = token as usize;
            if writable {
                self.resume(id);
            }
            if readable {
                self.read(id);
            }
        }
        Ok(())
    }

    fn accept(&mut self) -> anyhow::Result<()> {
        let flags = SocketFlags::NONBLOCK | SocketFlags::CLOEXEC;
        loop {
            let socket = match rustix::net::accept_with(&self.listener, flags) {
                Ok(socket) => socket,
                Err(Errno::AGAIN) => return Ok(()),
                Err(error) => return Err(error).context("the limit cannot accept"),
            };
            let id = self.free.pop().map_or(self.clients.len(), |id| id as usize);
            if id == self.clients.len() {
                self.clients.push(Client::none());
            }
            self.clients[id].begin(socket);
            // The request has usually arrived already, and its answer may end the connection.
            self.read(id);
            let client = &self.clients[id];
            if let Some(socket) = client.socket() {
                let watch = match client.room {
                    Room::None => Watch::Edges,
                    _ => Watch::ReadEdges,
                };
                self.poll.add(socket, id as u64, watch)?;
            }
        }
    }

    fn drop_client(&mut self, id: usize) {
        let client = &mut self.clients[id];
        if client.socket().is_none() {
            return;
        }
        self.subscribers -= usize::from(client.job == Job::Topic);
        if client.room == Room::None {
            self.unsent.remove(&id);
        }
        client.end();
        self.inputs.remove(&id);
        self.free.push(id as u32);
    }

    fn read(&mut self, id: usize) {
        loop {
            let Some(socket) = self.clients[id].socket() else {
                return;
            };
            match rustix::net::recv(socket, &mut self.buffer[..], RecvFlags::DONTWAIT) {
                Ok((0, _)) => return self.drop_client(id),
                Ok((n, _)) => {
                    let buffer = std::mem::take(&mut self.buffer);
                    self.input(id, &buffer[..n]);
                    self.buffer = buffer;
                    // A short read has emptied the socket. More bytes raise a new edge.
                    if n < self.buffer.len() {
                        return;
                    }
                }
                Err(Errno::AGAIN) => return,
                Err(_) => return self.drop_client(id),
            }
        }
    }

    /// Answers the requests in `bytes`, all of them in one send.
    fn input(&mut self, id: usize, bytes: &[u8]) {
        let kept = match self.inputs.is_empty() {
            true => None,
            false => self.inputs.remove(&id),
        };
        let kept = kept.map(|kept| [&kept, bytes].concat());
        let mut rest = kept.as_deref().unwrap_or(bytes);
        let mut answer = std::mem::take(&mut self.out);
        answer.clear();
        let mut end = false;
        while !rest.is_empty() && !end {
            let request = match self.heads.parse(rest) {
                Parsed::Whole(request) => request,
                Parsed::Part => break,
                Parsed::Wrong => return self.drop_client(id),
            };
            rest = &rest[request.length..];
            end = self.answer(id, request, &mut answer);
        }
        if !rest.is_empty() {
            self.inputs.insert(id, rest.to_vec());
        }
        let sent = self.send(id, &answer);
        self.out = answer;
        if end {
            self.drop_client(id);
        } else if sent && self.clients[id].job == Job::Unpaced {
            self.eager.push_back(id);
        }
    }

    /// Appends the answer to a request. Returns `true` if the connection ends with it.
    fn answer(&mut self, id: usize, request: Request<'_>, answer: &mut Vec<u8>) -> bool {
        if request.post {
            self.topic.publish(request.body, self.subscribers, answer);
            self.dirty = true;
            return false;
        }
        if request.path == "/metrics" {
            frames::metrics(answer, self.topic.next() - 1, self.passes);
            return false;
        }
        let client = &mut self.clients[id];
        if request.path.starts_with("/topics/") {
            let earliest = request::parameter(request.query, "lastEventId") == Some("earliest");
            client.job = Job::Topic;
            client.next = self.topic.next();
            self.subscribers += 1;
            let first = match earliest {
                true => self.topic.oldest(),
                false => self.topic.next(),
            };
            answer.extend_from_slice(self.answers.subscribed(&self.topic, first));
            return false;
        }
        let count = request::parameter(request.query, "count");
        if let Some(count) = count.and_then(|count| count.parse().ok()) {
            answer.extend_from_slice(self.answers.finite(count));
            return true;
        }
        let every = request::parameter(request.query, "every").unwrap_or("500ms");
        let every: u64 = every.trim_end_matches("ms").parse().unwrap_or(500);
        if every == 0 {
            client.job = Job::Unpaced;
            client.next = 1;
            answer.extend_from_slice(self.answers.head());
            numbers::turn(answer, frames::RETRY, &mut client.next);
            return false;
        }
        client.job = Job::Paced;
        client.next = 2;
        let life = client.life;
        answer.extend_from_slice(self.answers.paced());
        let due = Due {
            at: self.now() + every,
            id: id as u32,
            life,
        };
        match self.paces.iter_mut().find(|pace| pace.every == every) {
            Some(pace) => pace.queue.push_back(due),
            None => self.paces.push(Pace {
                every,
                queue: VecDeque::from([due]),
            }),
        }
        false
    }
}
