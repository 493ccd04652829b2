//! The limit of the machine: one thread, epoll and prepared bytes. It puts the same bytes on the
//! wire as `sse serve` and does nothing else: no guard, no table, no framework. Any further cost of
//! a server is that server's overhead.
//!
//! It serves only the load of this crate.

mod frames;
mod request;
mod send;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::io::{ErrorKind, Read};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use anyhow::Context;
use frames::Topic;
use request::{Parsed, Request};
use socket2::{Domain, Socket, Type};

use crate::poll::{Found, Poll, Ready, Watch};

/// How many connections the kernel queues; it applies its own maximum to this.
const BACKLOG: i32 = 4096;

const LISTENER: u64 = u64::MAX;

/// Runs until it is killed.
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
        .with_context(|| format!("the limit cannot listen on port {port}"))?;
    let poll = Poll::new()?;
    poll.add(&socket, LISTENER, Watch::Readable)?;
    let mut limit = Limit {
        poll,
        listener: socket.into(),
        clients: Vec::new(),
        free: Vec::new(),
        topic: Topic::new(),
        subscribers: Vec::new(),
        dirty: false,
        timers: BinaryHeap::new(),
        eager: VecDeque::new(),
        began: Instant::now(),
        head: frames::head(),
        buffer: vec![0; 64 * 1024],
        out: Vec::new(),
    };
    let mut found = Found::new();
    loop {
        let timeout = limit.timeout();
        limit.look(&mut found, timeout)?;
        limit.sweep()?;
        limit.beat();
        limit.pour();
    }
}

/// What a connection is used for.
#[derive(Clone, Copy, Debug)]
enum Job {
    /// It has not requested a stream: it is new, or it publishes.
    Asking,
    /// A subscriber: the next event it gets, and its index in the list of subscribers.
    Topic { next: u64, place: usize },
    /// A paced stream: the next number, when it is due, and the time between two.
    Paced { next: u64, due: u64, every: u64 },
    /// A stream of numbers as fast as the client reads.
    Unpaced { next: u64 },
}

#[derive(Debug)]
struct Client {
    socket: TcpStream,
    job: Job,
    /// The beginning of a request that is not complete yet.
    input: Vec<u8>,
    /// Bytes that the kernel has not accepted yet. Until it has, nothing new is made for the
    /// client.
    unsent: Vec<u8>,
}

struct Limit {
    poll: Poll,
    listener: TcpListener,
    clients: Vec<Option<Client>>,
    /// Indexes in `clients` that closed connections left free.
    free: Vec<usize>,
    topic: Topic,
    subscribers: Vec<usize>,
    /// Another sweep is needed: an event was published, or a subscriber moved to an index that the
    /// current sweep may have passed.
    dirty: bool,
    /// When each paced client is due, in milliseconds since `began`.
    timers: BinaryHeap<Reverse<(u64, usize)>>,
    /// Clients of unpaced streams whose sockets accept more bytes.
    eager: VecDeque<usize>,
    began: Instant,
    head: Vec<u8>,
    buffer: Vec<u8>,
    out: Vec<u8>,
}

impl Limit {
    fn now(&self) -> u64 {
        self.began.elapsed().as_millis() as u64
    }

    fn timeout(&self) -> Option<Duration> {
        if !self.eager.is_empty() || self.dirty {
            return Some(Duration::ZERO);
        }
        let Reverse((due, _)) = self.timers.peek()?;
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
        loop {
            let socket = match self.listener.accept() {
                Ok((socket, _)) => socket,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => return Err(error).context("the limit cannot accept"),
            };
            socket.set_nonblocking(true)?;
            socket.set_nodelay(true)?;
            let id = self.free.pop().unwrap_or(self.clients.len());
            if id == self.clients.len() {
                self.clients.push(None);
            }
            self.clients[id] = Some(Client {
                socket,
                job: Job::Asking,
                input: Vec::new(),
                unsent: Vec::new(),
            });
            // The request has usually arrived already, and its answer may end the connection.
            self.read(id);
            if let Some(client) = &self.clients[id] {
                self.poll.add(&client.socket, id as u64, Watch::Edges)?;
            }
        }
    }

    fn drop_client(&mut self, id: usize) {
        let Some(client) = self.clients[id].take() else {
            return;
        };
        if let Job::Topic { place, .. } = client.job {
            self.subscribers.swap_remove(place);
            if let Some(moved) = self.subscribers.get(place)
                && let Some(Client {
                    job: Job::Topic { place: theirs, .. },
                    ..
                }) = &mut self.clients[*moved]
            {
                *theirs = place;
                self.dirty = true;
            }
        }
        self.free.push(id);
    }

    fn read(&mut self, id: usize) {
        loop {
            let Some(client) = &mut self.clients[id] else {
                return;
            };
            match client.socket.read(&mut self.buffer) {
                Ok(0) => return self.drop_client(id),
                Ok(n) => {
                    let buffer = std::mem::take(&mut self.buffer);
                    self.input(id, &buffer[..n]);
                    self.buffer = buffer;
                    // A short read has emptied the socket. More bytes raise a new edge.
                    if n < self.buffer.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => return self.drop_client(id),
            }
        }
    }

    /// Answers the requests in `bytes`.
    fn input(&mut self, id: usize, bytes: &[u8]) {
        let Some(client) = &mut self.clients[id] else {
            return;
        };
        let mut kept = std::mem::take(&mut client.input);
        let mut rest = if kept.is_empty() {
            bytes
        } else {
            kept.extend_from_slice(bytes);
            &kept
        };
        let mut answer = std::mem::take(&mut self.out);
        answer.clear();
        let mut end = false;
        while !rest.is_empty() && !end {
            let request = match request::parse(rest) {
                Parsed::Whole(request) => request,
                Parsed::Part => break,
                Parsed::Wrong => return self.drop_client(id),
            };
            rest = &rest[request.length..];
            end = self.answer(id, request, &mut answer);
        }
        if let Some(client) = &mut self.clients[id] {
            client.input = rest.to_vec();
        }
        self.send(id, &answer);
        self.out = answer;
        if end {
            self.drop_client(id);
        } else if let Some(Client {
            job: Job::Unpaced { .. },
            unsent,
            ..
        }) = &self.clients[id]
            && unsent.is_empty()
        {
            self.eager.push_back(id);
        }
    }

    /// Appends the answer to a request. Returns `true` if the connection ends with it.
    fn answer(&mut self, id: usize, request: Request<'_>, answer: &mut Vec<u8>) -> bool {
        if request.post {
            self.topic
                .publish(request.body, self.subscribers.len(), answer);
            self.dirty = true;
            return false;
        }
        let mut body = Vec::new();
        let mut end = false;
        let job = if request.path.starts_with("/topics/") {
            let earliest = request::parameter(request.query, "lastEventId") == Some("earliest");
            let first = if earliest {
                self.topic.oldest()
            } else {
                self.topic.next()
            };
            self.topic.greeting(&mut body, first);
            self.topic.events(&mut body, first);
            self.subscribers.push(id);
            Job::Topic {
                next: self.topic.next(),
                place: self.subscribers.len() - 1,
            }
        } else {
            body.extend_from_slice(b"retry: 1000\n");
            let every = request::parameter(request.query, "every").unwrap_or("500ms");
            let every: u64 = every.trim_end_matches("ms").parse().unwrap_or(500);
            let count = request::parameter(request.query, "count");
            if let Some(count) = count.and_then(|count| count.parse().ok()) {
                (1..=count).for_each(|number| frames::numbered(&mut body, number));
                end = true;
                Job::Asking
            } else {
                frames::numbered(&mut body, 1);
                if every == 0 {
                    Job::Unpaced { next: 2 }
                } else {
                    let due = self.now() + every;
                    self.timers.push(Reverse((due, id)));
                    Job::Paced {
                        next: 2,
                        due,
                        every,
                    }
                }
            }
        };
        answer.extend_from_slice(&self.head);
        frames::chunk(answer, &body);
        if end {
            answer.extend_from_slice(frames::LAST_CHUNK);
        }
        if let Some(client) = &mut self.clients[id] {
            client.job = job;
        }
        end
    }
}
