//! Mounts: parts of the paths that somebody else answers.
//!
//! Whoever starts the server hands them in with its settings. The guard asks first, as everywhere.
//! Then the mount's [`Handler`] is given the whole request, and chooses a whole answer or a stream.
//! The server plays a stream like each of its own, and tells the stream's [`Watcher`] how it ended.
//!
//! Invariant: the server knows nothing of what a mount is for.

mod account;
mod listeners;

use std::fmt;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

use axum::http::{HeaderMap, Method, Response, StatusCode};
use bytes::Bytes;
use sse_engine::stream::{self, Stream, is_below};
use sse_engine::time::Now;

pub(crate) use account::Account;
pub use listeners::{ExtraListener, ExtraListeners, MOST_EXTRA_LISTENERS};
pub(crate) use listeners::{Listening, OpenListener};

/// The most bytes of an answer that its watcher is given.
pub const WATCHED_BYTES: usize = 64 * 1024;

/// The most pieces of an answer of which its watcher is told the times.
pub const WATCHED_PIECES: usize = 1024;

/// A part of the paths that somebody else answers.
#[derive(Clone, Debug)]
pub struct Mount {
    /// What its paths begin with, with a slash in front and none behind. `/lab` is `/lab` and all
    /// that is below it, and not `/labels`. Of several mounts the longest prefix wins.
    pub prefix: &'static str,
    /// The row of the guard's table that it stands in.
    pub area: MountArea,
    /// Who answers.
    pub handler: Arc<dyn Handler>,
}

/// Which row of the guard's table a mount stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MountArea {
    /// As the streams: pages of other origins may read it, and a token for subscribing is needed
    /// where one is.
    Stream,
    /// As the page: for pages of our own, on its own port. What a page of it may do is for its
    /// handler to say, with a `content-security-policy`.
    Page,
    /// As the API: for the page and for programs of this machine.
    Api,
}

/// Answers the requests of a mount.
pub trait Handler: fmt::Debug + Send + Sync {
    /// Answers a request that the guard let through, with whatever method it has. A stop of the
    /// server, or of the connection's task, drops the future.
    fn answer(&self, request: MountedRequest) -> Answering<'_>;

    /// Is told of a preflight that the server answered. It has no body.
    fn preflight(&self, request: &MountedRequest) {
        _ = request;
    }

    /// Is told that a request to this path could not be read, so the server refused it. The path is
    /// as it came: the guard saw nothing of the request.
    fn unread(&self, path: &str, status: StatusCode, at: Now) {
        _ = (path, status, at);
    }

    /// Is given what opens further listeners of its server, once for each of its mounts, before the
    /// server can start. A server that breaks nothing on purpose gives none.
    fn join(&self, listeners: &ExtraListeners) {
        _ = listeners;
    }
}

/// An answer in the making.
pub type Answering<'a> = Pin<Box<dyn Future<Output = MountedAnswer> + Send + 'a>>;

/// A request to a mount.
#[derive(Clone, Debug)]
pub struct MountedRequest {
    /// Its method.
    pub method: Method,
    /// Its path, whole, in the one spelling that guard and routes see.
    pub path: String,
    /// What stands before that path in the target that was asked for: `/@` where the page and the
    /// API are reached so, else nothing.
    pub before: &'static str,
    /// Its query, as it came.
    pub query: Option<String>,
    /// The fields of its head.
    pub headers: HeaderMap,
    /// Its body, which is within the limits of the server.
    pub body: Bytes,
    /// The address that it came to, which tells the server's own port from that of an
    /// [`ExtraListener`].
    pub local: SocketAddr,
    /// When its head was there.
    pub at: Now,
}

/// What a mount answers.
#[derive(Clone, Debug)]
pub enum MountedAnswer {
    /// A whole answer. It gets the fields that every answer of the mount's area gets, and no row.
    /// How long it is, and who may read it, is for the server to say: such fields are left out.
    Whole(Response<Bytes>),
    /// The same, and who is told what became of it. Its connection is closed behind it.
    Watched(Response<Bytes>, Arc<dyn Watcher>),
    /// A stream.
    Stream(MountedStream),
}

/// A stream that a mount answers.
///
/// It begins with its first event, whatever id the client brought, and nothing of it outlives the
/// request. Its row has the path that was asked for.
#[derive(Clone, Debug)]
pub struct MountedStream {
    /// What is sent. Its own faults strike this request, as if the request brought them: whom they
    /// name does not matter, nor which attempt it is. Those that are armed for many strike it too,
    /// as each stream. Its file of events is not read.
    pub stream: Arc<Stream>,
    /// Who is told how it ended.
    pub watcher: Option<Arc<dyn Watcher>>,
    /// The request that its texts and conditions see in place of the one that it answers: for an
    /// answer that goes on with what an earlier request asked for.
    pub request: Option<stream::Request>,
}

/// Is told what became of an answer.
pub trait Watcher: fmt::Debug + Send + Sync {
    /// Called once for each answer that was given this watcher, also where another answer came in
    /// its place or nothing was sent. The server waits for it, with no lock held: it must be quick.
    fn ended(&self, end: MountedEnd);
}

/// How an answer ended, and what was sent of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MountedEnd {
    /// The status in its head; nothing where no byte was sent.
    pub status: Option<u16>,
    /// Why it ended, as the table says it.
    pub why: &'static str,
    /// Who ended it.
    pub by: Ender,
    /// When it ended.
    pub at: Now,
    /// When the kernel took the last byte.
    pub last_byte: Option<Now>,
    /// The bytes that the kernel took, the head first, as they are on the wire: the first
    /// [`WATCHED_BYTES`]. A `100 Continue` before the head is one of them.
    pub bytes: Vec<u8>,
    /// How many bytes it took in all.
    pub total: u64,
    /// When it took which of `bytes`, in order. The last of [`WATCHED_PIECES`] has all that came
    /// behind.
    pub pieces: Vec<SentPiece>,
}

/// Bytes that the kernel took at once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SentPiece {
    /// When.
    pub at: Now,
    /// How many.
    pub length: usize,
}

/// Who ended an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ender {
    /// The answer itself: it came to its own end.
    Answer,
    /// The server, for a reason of its own: it stops, it is full, or the answer is too old.
    Server,
    /// The client closed or reset the connection, or sent more than is read.
    Client,
    /// Nothing answered, or no byte was taken, for too long.
    Network,
    /// A fault.
    Fault,
}

/// The mount that answers this path, if one does.
pub(crate) fn find<'a>(mounts: &'a [Mount], path: &str) -> Option<&'a Mount> {
    let those = mounts.iter().filter(|mount| is_below(path, mount.prefix));
    those.max_by_key(|mount| mount.prefix.len())
}
