//! What is kept of each client, in as few bytes as possible.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::io::Errno;
use rustix::net::SendFlags;

/// What a connection is used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Job {
    /// It has not requested a stream: it is new, or it publishes, or nobody is there.
    Asking,
    /// A subscriber.
    Topic,
    /// A paced stream.
    Paced,
    /// A stream of numbers as fast as the client reads.
    Unpaced,
}

/// Whether the socket has room for bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Room {
    /// It always had, so it was never asked.
    Always,
    /// It has, and tells when it has again.
    Some,
    /// It has none, and bytes wait for it.
    None,
}

/// A client, or a place for one.
#[derive(Debug)]
pub(super) struct Client {
    /// The next event that it gets.
    pub(super) next: u64,
    socket: Option<OwnedFd>,
    /// Which of the clients that had this place.
    pub(super) life: u16,
    pub(super) job: Job,
    pub(super) room: Room,
}

// Four of them share a cache line, and a pass reads nothing else of a client.
const _: () = assert!(size_of::<Client>() == 16);

impl Client {
    pub(super) fn none() -> Self {
        Self {
            next: 0,
            socket: None,
            life: 0,
            job: Job::Asking,
            room: Room::Always,
        }
    }

    pub(super) fn begin(&mut self, socket: OwnedFd) {
        *self = Self {
            socket: Some(socket),
            life: self.life.wrapping_add(1),
            ..Self::none()
        };
    }

    /// Closes the socket.
    pub(super) fn end(&mut self) {
        *self = Self {
            life: self.life,
            ..Self::none()
        };
    }

    pub(super) fn socket(&self) -> Option<BorrowedFd<'_>> {
        self.socket.as_ref().map(AsFd::as_fd)
    }

    /// Whether it is a subscriber that lacks events before `end` and can be sent some.
    pub(super) fn lacks(&self, end: u64) -> bool {
        self.job == Job::Topic && self.next != end && self.room != Room::None
    }

    /// How many bytes the kernel took.
    ///
    /// By `send` and not by `write`, which goes by way of the file system first. Its flags spare
    /// the signal of a client that left.
    pub(super) fn send(&self, bytes: &[u8]) -> Result<usize, Errno> {
        let socket = self.socket.as_ref().ok_or(Errno::BADF)?;
        match rustix::net::send(socket, bytes, SendFlags::DONTWAIT | SendFlags::NOSIGNAL) {
            Err(Errno::AGAIN) => Ok(0),
            sent => sent,
        }
    }
}
