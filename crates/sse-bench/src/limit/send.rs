//! What the limit sends, and when: answers, the events that subscribers lack, paced numbers that
//! are due, and unpaced numbers.

use std::cmp::Reverse;
use std::io::{ErrorKind, Write};
use std::time::Duration;

use super::{Client, Job, Limit, frames};
use crate::poll::Found;

/// After this many sends, a sweep looks for new requests.
const SENDS: usize = 128;

/// After this many bytes, the next unpaced stream has its turn.
const TURN: usize = 16 * 1024;

impl Limit {
    /// Sends bytes, and keeps those that the kernel does not accept or that must wait for earlier
    /// ones. Returns `true` if nothing is left unsent.
    pub(super) fn send(&mut self, id: usize, bytes: &[u8]) -> bool {
        let Some(client) = &mut self.clients[id] else {
            return false;
        };
        if !client.unsent.is_empty() {
            client.unsent.extend_from_slice(bytes);
            return false;
        }
        if bytes.is_empty() {
            return true;
        }
        let taken = match client.socket.write(bytes) {
            Ok(n) => n,
            Err(error) if error.kind() == ErrorKind::WouldBlock => 0,
            Err(_) => {
                self.drop_client(id);
                return false;
            }
        };
        client.unsent.extend_from_slice(&bytes[taken..]);
        client.unsent.is_empty()
    }

    /// Goes on sending when the socket accepts more: first the unsent bytes, then everything that
    /// the client lacks by now.
    pub(super) fn resume(&mut self, id: usize) {
        let Some(client) = &mut self.clients[id] else {
            return;
        };
        let unsent = std::mem::take(&mut client.unsent);
        if unsent.is_empty() || !self.send(id, &unsent) {
            return;
        }
        let Some(client) = &self.clients[id] else {
            return;
        };
        match client.job {
            Job::Topic { .. } => {
                self.serve(id);
            }
            Job::Unpaced { .. } => self.eager.push_back(id),
            Job::Asking | Job::Paced { .. } => {}
        }
    }

    /// Sends a subscriber all events that it lacks in one write. Returns `true` if there was one.
    fn serve(&mut self, id: usize) -> bool {
        let end = self.topic.next();
        let Some(client) = &mut self.clients[id] else {
            return false;
        };
        let Job::Topic { next, .. } = &mut client.job else {
            return false;
        };
        if *next == end || !client.unsent.is_empty() {
            return false;
        }
        let Some(chunk) = self.topic.lacking(*next) else {
            self.drop_client(id);
            return false;
        };
        *next = end;
        match client.socket.write(chunk) {
            Ok(n) if n == chunk.len() => {}
            Ok(n) => client.unsent.extend_from_slice(&chunk[n..]),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {
                client.unsent.extend_from_slice(chunk);
            }
            Err(_) => self.drop_client(id),
        }
        true
    }

    /// Serves the subscribers until none lacks an event that could be sent.
    pub(super) fn sweep(&mut self) -> anyhow::Result<()> {
        if !self.dirty {
            return Ok(());
        }
        let mut found = Found::new();
        let mut sends = 0;
        while std::mem::take(&mut self.dirty) {
            let mut place = 0;
            while let Some(id) = self.subscribers.get(place).copied() {
                place += 1;
                sends += usize::from(self.serve(id));
                if sends >= SENDS {
                    sends = 0;
                    self.look(&mut found, Some(Duration::ZERO))?;
                }
            }
        }
        Ok(())
    }

    /// Sends the numbers that are due.
    pub(super) fn beat(&mut self) {
        let now = self.now();
        while let Some(Reverse((due, id))) = self.timers.peek().copied()
            && due <= now
        {
            self.timers.pop();
            let Some(client) = &mut self.clients[id] else {
                continue;
            };
            // A timer may belong to an earlier client with the same index. Then the times differ.
            let Job::Paced {
                next,
                due: theirs,
                every,
            } = &mut client.job
            else {
                continue;
            };
            if *theirs != due {
                continue;
            }
            *theirs += *every;
            self.timers.push(Reverse((*theirs, id)));
            let mut event = Vec::with_capacity(64);
            frames::numbered(&mut event, *next);
            *next += 1;
            let mut out = std::mem::take(&mut self.out);
            out.clear();
            frames::chunk(&mut out, &event);
            self.send(id, &out);
            self.out = out;
        }
    }

    /// Gives one turn to each unpaced stream whose socket accepts bytes.
    pub(super) fn pour(&mut self) {
        let mut body = Vec::with_capacity(TURN + 64);
        let mut out = std::mem::take(&mut self.out);
        for _ in 0..self.eager.len() {
            let Some(id) = self.eager.pop_front() else {
                break;
            };
            let Some(Client {
                job: Job::Unpaced { next },
                ..
            }) = &mut self.clients[id]
            else {
                continue;
            };
            body.clear();
            while body.len() < TURN {
                frames::numbered(&mut body, *next);
                *next += 1;
            }
            out.clear();
            frames::chunk(&mut out, &body);
            if self.send(id, &out) {
                self.eager.push_back(id);
            }
        }
        self.out = out;
    }
}
