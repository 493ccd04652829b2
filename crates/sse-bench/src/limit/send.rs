//! What the limit sends, and when: answers, the events that subscribers lack, paced numbers that
//! are due, and unpaced numbers.

use std::time::Duration;

use super::{Client, Due, Job, Limit, Room, numbers};
use crate::poll::{Found, Watch};

/// After this many sends, a pass looks for new requests. An event is noticed late by half of that
/// on average, while its publisher waits for it to be everywhere; the look itself costs less than a
/// hundredth of the sends.
const SENDS: usize = 32;

impl Limit {
    /// Sends bytes, and keeps those that the kernel does not accept or that must wait for earlier
    /// ones. Returns `true` if nothing is left unsent.
    pub(super) fn send(&mut self, id: usize, bytes: &[u8]) -> bool {
        let client = &self.clients[id];
        if client.room == Room::None {
            self.unsent.entry(id).or_default().extend_from_slice(bytes);
            return false;
        }
        match client.send(bytes) {
            Ok(n) if n == bytes.len() => true,
            Ok(n) => {
                self.keep(id, bytes[n..].to_vec());
                false
            }
            Err(_) => {
                self.drop_client(id);
                false
            }
        }
    }

    /// Keeps bytes until the socket has room.
    fn keep(&mut self, id: usize, bytes: Vec<u8>) {
        self.unsent.insert(id, bytes);
        let client = &mut self.clients[id];
        let before = std::mem::replace(&mut client.room, Room::None);
        // Once for all: a full socket tells of room again and again from then on.
        if before == Room::Always
            && let Some(socket) = client.socket()
        {
            // An error means that it is not watched yet. It will be, behind its first answer.
            _ = self.poll.change(socket, id as u64, Watch::Edges);
        }
    }

    /// Goes on sending when the socket accepts more: first the unsent bytes, then everything that
    /// the client lacks by now.
    pub(super) fn resume(&mut self, id: usize) {
        if self.clients[id].room != Room::None {
            return;
        }
        self.clients[id].room = Room::Some;
        let unsent = self.unsent.remove(&id).unwrap_or_default();
        if !self.send(id, &unsent) {
            return;
        }
        match self.clients[id].job {
            Job::Topic => _ = self.serve(id),
            Job::Unpaced => self.eager.push_back(id),
            Job::Asking | Job::Paced => {}
        }
    }

    /// Sends a subscriber all events that it lacks in one go. Returns `true` if there was one.
    fn serve(&mut self, id: usize) -> bool {
        let end = self.topic.next();
        let client = &mut self.clients[id];
        if !client.lacks(end) {
            return false;
        }
        let Some(chunk) = self.topic.lacking(client.next) else {
            self.drop_client(id);
            return false;
        };
        client.next = end;
        match client.send(chunk) {
            Ok(n) if n == chunk.len() => {}
            Ok(n) => {
                let rest = chunk[n..].to_vec();
                self.keep(id, rest);
            }
            Err(_) => self.drop_client(id),
        }
        true
    }

    /// Serves the subscribers until none lacks an event that could be sent.
    ///
    /// It goes round: an event that is published meanwhile leaves with the next send, and those who
    /// were passed by then get it in the next round with all that came until then. So with a few
    /// events under way each send carries nearly all of them, and nobody waits.
    pub(super) fn sweep(&mut self, found: &mut Found) -> anyhow::Result<()> {
        let mut sends = 0;
        while std::mem::take(&mut self.dirty) {
            let mut served = false;
            let mut id = 0;
            while id < self.clients.len() {
                if self.serve(id) {
                    served = true;
                    sends += 1;
                }
                if sends == SENDS {
                    sends = 0;
                    self.look(found, Some(Duration::ZERO))?;
                }
                id += 1;
            }
            self.passes += u64::from(served);
        }
        Ok(())
    }

    /// Sends the numbers that are due.
    pub(super) fn beat(&mut self) {
        if self.paces.is_empty() {
            return;
        }
        let now = self.now();
        for at in 0..self.paces.len() {
            while let Some(due) = self.paces[at].queue.front().copied()
                && due.at <= now
            {
                self.paces[at].queue.pop_front();
                let client = &mut self.clients[due.id as usize];
                if client.life != due.life || client.job != Job::Paced {
                    continue;
                }
                let number = client.next;
                client.next += 1;
                let pace = &mut self.paces[at];
                let next = Due {
                    at: due.at + pace.every,
                    ..due
                };
                pace.queue.push_back(next);
                self.send_number(due.id as usize, number);
            }
        }
    }

    /// Sends an event with this number. Most clients are sent the same as the one before.
    fn send_number(&mut self, id: usize, number: u64) {
        let out = self.answers.take_number(number);
        self.send(id, &out);
        self.answers.put_number(number, out);
    }

    /// Gives one turn to each unpaced stream whose socket accepts bytes.
    pub(super) fn pour(&mut self) {
        if self.eager.is_empty() {
            return;
        }
        let mut out = std::mem::take(&mut self.out);
        for _ in 0..self.eager.len() {
            let Some(id) = self.eager.pop_front() else {
                break;
            };
            let Client {
                next,
                job: Job::Unpaced,
                room: Room::Always | Room::Some,
                ..
            } = &mut self.clients[id]
            else {
                continue;
            };
            out.clear();
            numbers::turn(&mut out, b"", next);
            if self.send(id, &out) {
                self.eager.push_back(id);
            }
        }
        self.out = out;
    }
}
