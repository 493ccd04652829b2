//! What came of a client in one case, and what it was sent. All times are counted from the case's
//! first request.

use std::time::Duration;

use crate::report::Reports;

/// As many requests of one case as are kept. Those beyond are counted.
pub(crate) const KEPT_REQUESTS: usize = 64;

/// What came of a client in one case.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Observation {
    /// The requests in the order of their arrival, 64 at most. In a tour the last
    /// one is the return that the case is judged by, and the next case answers it.
    pub requests: Vec<Asked>,
    /// The requests that were no turn of the case, in the order of their arrival, 64 at most.
    pub asides: Vec<Asked>,
    /// The requests that came beyond these.
    pub more: u64,
    /// When preflights came, 64 at most.
    pub preflights: Vec<Duration>,
    /// When requests came that the server could not read and refused, 64 at most.
    pub unread: Vec<Duration>,
    /// What the client reported that it saw.
    pub reports: Reports,
}

impl Observation {
    /// How many requests came.
    pub fn count(&self) -> u64 {
        self.requests.len() as u64 + self.more
    }
}

/// One request of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// When it arrived.
    pub at: Duration,
    /// Its method.
    pub method: String,
    /// Its path and query.
    pub target: String,
    /// Whether it came to the second listener of the run.
    pub second: bool,
    /// The fields of its head in their order; the names in small letters, the values as they came.
    pub fields: Vec<(String, Vec<u8>)>,
    /// Its body.
    pub body: Vec<u8>,
    /// How its answer ended, once it has.
    pub ended: Option<Ended>,
}

impl Asked {
    /// What it takes of memory before its answer ends, in bytes.
    pub(crate) fn weight(&self) -> usize {
        let fields = self.fields.iter();
        let fields = fields.map(|(name, value)| {
            size_of::<(String, Vec<u8>)>() + block(name.len()) + block(value.len())
        });
        let texts = [self.method.len(), self.target.len(), self.body.len()].map(block);
        size_of::<Self>() + texts.iter().sum::<usize>() + fields.sum::<usize>()
    }

    /// The values of a field of its head.
    pub fn values<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let fields = self.fields.iter();
        fields
            .filter(move |(own, _)| own == name)
            .map(|(_, value)| &**value)
    }

    /// Its path and query, without secrets.
    pub(crate) fn shown_target(&self) -> String {
        let target = sse_server::target_without_secrets(self.target.as_bytes());
        String::from_utf8_lossy(&target).into_owned()
    }

    /// The last event id that it brought; an empty one is none.
    pub fn id(&self) -> Option<&[u8]> {
        self.values("last-event-id")
            .next()
            .filter(|id| !id.is_empty())
    }
}

/// How an answer ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// When: from then on the client can have seen the end.
    pub at: Duration,
    /// Who ended it.
    pub by: Ender,
    /// The status that it began with.
    pub status: u16,
    /// The first bytes that the kernel took, with the head.
    pub sent: Vec<u8>,
    /// How many bytes the kernel took.
    pub total: u64,
    /// When the kernel took `sent`, piece by piece, and how many bytes at once.
    pub pieces: Vec<(Duration, usize)>,
}

impl Ended {
    /// What it takes of memory beside its request, in bytes.
    pub(crate) fn weight(&self) -> usize {
        block(self.sent.len()) + self.pieces.len() * size_of::<(Duration, usize)>()
    }
}

/// What so many bytes of a text take of memory, with what an allocator adds.
fn block(bytes: usize) -> usize {
    bytes.next_multiple_of(16) + 16
}

/// Who ended an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ender {
    /// The case.
    Case,
    /// The client.
    Client,
    /// The server, since it stopped.
    Stop,
}
