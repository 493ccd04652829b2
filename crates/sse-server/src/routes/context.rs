//! What the handlers work with.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use sse_engine::keep_alive::KeepAlive;
use sse_engine::preview::Preview;
use tokio::sync::{Semaphore, watch};

use super::body::Budget;
use super::response_head;
use super::room::Room;
use super::rooms::Rooms;
use crate::armed::Faults;
use crate::clock;
use crate::config::{Limits, Operate};
use crate::connections::Connections;
use crate::drain::Draining;
use crate::guard::Guard;
use crate::measures::Measures;
use crate::mount::{ExtraListeners, Mount};
use crate::recordings::Recordings;
use crate::status::Status;
use crate::tokens::Keyring;
use crate::transport::Acts;
use crate::upstream::Upstreams;

/// What the handlers work with. Lives as long as the server, over starts and stops.
pub(crate) struct Context {
    pub(crate) guard: Guard,
    /// Who may publish and subscribe, of those that the guard lets in.
    pub(crate) keyring: Keyring,
    /// The table of the default room, with which the log begins that all rooms have.
    pub(crate) connections: Connections,
    /// What is broken on purpose.
    pub(crate) faults: Faults,
    /// The streams, topics and tables. The default room is the one that the page reports.
    pub(crate) rooms: Rooms,
    /// To whom rooms hand on what they do not answer themselves.
    pub(crate) upstreams: Upstreams,
    /// The parts of the paths that somebody else answers.
    pub(crate) mounts: Vec<Mount>,
    /// Whether mounts may answer with streams, which are broken on purpose. An engine that keeps
    /// the topics does not matter to them.
    pub(crate) mounts_break: bool,
    /// What those who answer mounts open listeners with.
    pub(crate) extra_listeners: ExtraListeners,
    /// Where streams that are handed on are recorded, if they are.
    pub(crate) recordings: Option<Recordings>,
    /// Whether there are rooms, faults in a query, and the acts of the API.
    pub(crate) breaks: bool,
    /// When comments are sent, where a stream does not say.
    pub(crate) keep_alive: KeepAlive,
    /// Whether a blank line follows a keep-alive comment, where a stream does not say.
    pub(crate) keep_alive_blank: bool,
    /// Held from the count of those who are open until the next one is: a limit counts nobody who
    /// is still on the way.
    pub(crate) turn: tokio::sync::Mutex<()>,
    /// The way to connections that are open.
    pub(crate) acts: Acts,
    /// What the bodies of all requests may take.
    pub(crate) bodies: Budget,
    /// Places for those who follow the log: each entry is written once for each of them.
    pub(crate) log_readers: Arc<Semaphore>,
    /// Places for those who wait until something happens.
    pub(crate) waits: Arc<Semaphore>,
    pub(crate) limits: Limits,
    /// What is set for those who operate servers.
    pub(crate) operate: Operate,
    /// What is measured for `/metrics` alone.
    pub(crate) measures: Measures,
    /// How far the server is with ending its streams before it stops.
    pub(crate) draining: Draining,
    /// Where the metrics have an address of their own, while the server runs.
    pub(crate) metrics_at: Mutex<Option<SocketAddr>>,
    /// What the server is doing, as the API shows it. Whoever starts and stops the server sends it.
    pub(crate) status: watch::Receiver<Status>,
}

impl Context {
    /// What the stream at this path of a room would send, if there is one.
    pub(crate) fn preview(&self, room: &Room, path: &str) -> Option<Preview> {
        let stream = room.streams().find(path)?;
        let head = response_head::preview(&stream);
        let keep_alive = (self.keep_alive, self.keep_alive_blank);
        Some(Preview::new(&stream, &head, keep_alive, clock::now()))
    }
}
