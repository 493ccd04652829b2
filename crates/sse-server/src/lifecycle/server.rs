//! The server's life cycle: `Stopped -> Starting -> Running -> Stopping -> Stopped | Failed`.
//!
//! One owner task changes the status. All others send it wishes, and the latest wish wins. Nothing
//! else knows whether the server runs.

mod access;
mod recordings;
mod topics;

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use sse_engine::lock::lock;
use sse_engine::preview::Preview;
use sse_engine::topics::Topics;
use tokio::sync::{Semaphore, watch};

use super::drain;
use super::listen;
use super::run::Running;
use super::tasks;
use crate::armed::{FaultView, Faults, InRooms, Which};
use crate::catalog::{self, Catalog, DefinitionView, FileNews, StreamsView};
use crate::clock;
use crate::config::Config;
use crate::connections::{
    Connections, LogReceiver, RequestView, Slice, TableQuery, Tally, TimelineView,
};
use crate::drain::{Draining, Stage};
use crate::error::Error;
use crate::guard::Guard;
use crate::measures::Measures;
use crate::mount::ExtraListeners;
use crate::recordings::Recordings;
use crate::routes::{
    self, ActWish, Acted, ActivityView, ArmedFaults, BadFault, Budget, CheckedFault, Context,
    FaultWish, LOG_READERS, ProfileView, Room, Rooms, Service, StateView, UpstreamView,
    UpstreamWish, WAITS,
};
use crate::shared_topics::SharedTopics;
use crate::status::{Phase, Status};
use crate::tap::WireView;
use crate::tokens::Keyring;
use crate::transport::Acts;
use crate::upstream::{Terms, Upstreams};

/// A handle on the server. Clones share it; when the last one is dropped the server stops.
#[derive(Clone)]
pub struct Server {
    wish: watch::Sender<Wish>,
    /// The number of the last wish that was carried out or overtaken.
    settled: watch::Receiver<u64>,
    status: watch::Receiver<Status>,
    context: Arc<Context>,
}

/// What is wanted of the server, as numbered by whoever wants it.
#[derive(Clone, Copy, Debug)]
struct Wish {
    number: u64,
    /// Whether it should run; a new life is a restart even if it runs already.
    run: Option<Life>,
    /// Whether a stop cuts the streams.
    cuts: bool,
    port: u16,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Life(u64);

impl Server {
    /// A server that is stopped. It lives in the tokio runtime that this is awaited in.
    ///
    /// Waits until the file of streams was read once, so that what it holds is in force. A file
    /// that does not answer is waited for no longer than two seconds.
    ///
    /// # Errors
    /// [`Error::BadHost`] or [`Error::BadOrigin`]: an entry of `allow_hosts` or `allow_origins`.
    /// [`Error::TokenFile`]: a file of tokens cannot be read, or has a mistake.
    pub async fn new(config: Config) -> Result<Self, Error> {
        let (set_status, status) = watch::channel(Status::new(Phase::Stopped, config.port));
        let (set_settled, settled) = watch::channel(0);
        let (wish, wishes) = watch::channel(Wish {
            number: 0,
            run: None,
            cuts: false,
            port: config.port,
        });
        let file = config.streams_file.as_deref();
        let streams = Arc::new(Catalog::new(config.streams, file));
        let keyring = Keyring::open(&config.tokens).await?;
        let connections = match keyring.is_any() {
            true => Connections::without_secrets(config.limits.streams),
            false => Connections::new(config.limits.streams),
        };
        let topics = Topics::new(config.topics);
        let breaks = config.breaks && config.topics_on.is_none();
        let shared = config
            .topics_on
            .map(|engine| SharedTopics::new(engine, config.node, &topics, &connections));
        let room = Room::new(Arc::clone(&streams), topics, connections.clone()).on(shared);
        let upstreams = Upstreams::new(Terms {
            head_time: config.upstream_time,
            trust: config.upstream_trust,
        });
        for (room, url) in &config.upstreams {
            upstreams.set(room.as_deref(), Some(url))?;
        }
        let recordings = config.record.as_deref().map(Recordings::into_folder);
        let context = Arc::new(Context {
            guard: Guard::new(&config.allow_hosts, &config.allow_origins)?,
            keyring,
            connections,
            faults: Faults::default(),
            rooms: Rooms::new(room),
            upstreams,
            mounts: config.mounts,
            mounts_break: config.breaks,
            extra_listeners: ExtraListeners::default(),
            recordings: recordings.transpose()?,
            breaks,
            keep_alive: config.keep_alive,
            keep_alive_blank: config.keep_alive_blank,
            turn: tokio::sync::Mutex::default(),
            acts: Acts::default(),
            bodies: Budget::new(config.limits.all_bodies_bytes),
            log_readers: Arc::new(Semaphore::new(LOG_READERS)),
            waits: Arc::new(Semaphore::new(WAITS)),
            limits: config.limits,
            operate: config.operate,
            measures: Measures::default(),
            draining: Draining::default(),
            metrics_at: Mutex::default(),
            status: status.clone(),
        });
        for mount in context.mounts.iter().filter(|_| context.mounts_break) {
            mount.handler.join(&context.extra_listeners);
        }
        if let Some(path) = config.streams_file {
            catalog::follow(&streams, path).await;
            context.upstreams.set_of_file(&streams.upstreams());
        }
        tasks::spawn(&context);
        let owner = Owner {
            host: config.host,
            metrics: context.operate.metrics_listen,
            service: Arc::new(Service::new(Arc::clone(&context))),
            status: set_status,
            running: None,
        };
        tokio::spawn(owner.live(wishes, set_settled));
        Ok(Self {
            wish,
            settled,
            status,
            context,
        })
    }

    /// Follows the state of the life cycle.
    pub fn status(&self) -> watch::Receiver<Status> {
        self.status.clone()
    }

    /// Starts the server if it does not run, and returns when it runs, cannot, or a later wish was
    /// carried out instead.
    ///
    /// # Errors
    /// Why it cannot. The state says the same until the next wish.
    pub async fn start(&self) -> Result<(), Error> {
        self.wish(|wish| wish.run = wish.run.or(Some(Life(wish.number))))
            .await;
        self.outcome()
    }

    /// Stops the server if it runs, and returns when every connection is closed and the port is
    /// free: within 500 ms, whatever the clients do.
    pub async fn stop(&self) {
        self.wish(|wish| (wish.run, wish.cuts) = (None, false))
            .await;
    }

    /// Ends the streams of a server that runs one by one, where it has
    /// [settings](crate::Operate::drain) for that: from now on `/readyz` says that it drains. When
    /// the delay is over, new streams are refused, and those that are open end in order, in random
    /// order over the rest of the time. Returns then, or when none is left; the server still runs,
    /// and is to be [stopped](Self::stop). The next start ends the drain.
    ///
    /// It may be dropped, to stop at once.
    pub async fn drain(&self) {
        let running = self.status.borrow().phase == Phase::Running;
        if let Some(settings) = self.context.operate.drain.filter(|_| running) {
            drain::drain(&self.context, settings).await;
        }
    }

    /// Stops the server as if it had been killed: every stream is cut, without a last chunk.
    /// Otherwise as [`stop`](Self::stop).
    pub async fn stop_abruptly(&self) {
        self.wish(|wish| (wish.run, wish.cuts) = (None, true)).await;
    }

    /// Stops and starts the server as one wish.
    ///
    /// # Errors
    /// Why it cannot start.
    pub async fn restart(&self) -> Result<(), Error> {
        self.wish(|wish| (wish.run, wish.cuts) = (Some(Life(wish.number)), false))
            .await;
        self.outcome()
    }

    /// Chooses the port of the next start. A start that failed on the old one is forgotten.
    pub fn set_port(&self, port: u16) {
        self.wish.send_modify(|wish| {
            wish.number += 1;
            wish.port = port;
            // Read in here: a start that is wished meanwhile waits for this lock.
            if self.status.borrow().phase == Phase::Failed {
                wish.run = None;
            }
        });
    }

    /// Waits until all recordings of streams that ended are in their files, which takes as long as
    /// the disk does.
    pub async fn recordings_written(&self) {
        if let Some(recordings) = self.context.recordings.clone() {
            // It fails when the runtime ends.
            _ = tokio::task::spawn_blocking(move || recordings.written()).await;
        }
    }

    /// The upstreams of all rooms.
    pub fn upstreams(&self) -> Vec<UpstreamView> {
        routes::upstream_views(&self.context)
    }

    /// Gives a room an upstream from the next request on, or takes it away.
    ///
    /// # Errors
    /// [`Error::BadUpstream`]: the URL, or the name of the room, cannot be used.
    pub fn set_upstream(&self, wish: &UpstreamWish) -> Result<(), Error> {
        routes::set_upstream(&self.context, wish)
    }

    /// Where the metrics have an address of their own, while the server runs.
    pub fn metrics_url(&self) -> Option<String> {
        let at = *lock(&self.context.metrics_at);
        at.map(|at| format!("http://{at}/metrics"))
    }

    /// How many are connected and were.
    pub fn connections(&self) -> Tally {
        self.context.rooms.tally()
    }

    /// What a connection was sent, as far as it is kept, from its byte `from` on; `None` where the
    /// table has no such connection. The last 64 KiB of those that came while few were open are
    /// kept, and of others once somebody asked.
    pub fn wire(&self, id: u64, from: u64) -> Option<WireView> {
        self.context.rooms.of_row(|table| table.wire(id, from))
    }

    /// The request of a connection, as far as it is kept; `None` where the table has no such
    /// connection. Its secrets are left out unless they are to be `shown`.
    pub fn request(&self, id: u64, shown: bool) -> Option<RequestView> {
        self.context.rooms.of_row(|table| table.request(id, shown))
    }

    /// What somebody wants to see of the table, in the order that they want: who is connected, and
    /// who was lately.
    pub fn slice(&self, query: &TableQuery) -> Slice {
        self.context.rooms.slice(query, Instant::now())
    }

    /// Goes up when the table of connections changed after somebody's last look at it.
    pub fn connections_changed(&self) -> watch::Receiver<u64> {
        self.context.connections.changed()
    }

    /// What happens to connections from now on: each connect, each end, and what there is to say of
    /// clients. A reader that is slow misses the oldest entries and is told how many; the server
    /// never waits for it.
    pub fn log(&self) -> LogReceiver {
        self.context.connections.log()
    }

    /// What is armed in all rooms, in the order in which it was armed.
    pub fn faults(&self) -> Vec<FaultView> {
        self.context.faults.view(&InRooms::All, Instant::now())
    }

    /// Goes up when a fault was armed or healed. When one struck, the
    /// [table changed](Self::connections_changed).
    pub fn faults_changed(&self) -> watch::Receiver<u64> {
        self.context.faults.changed()
    }

    /// The number of the last fault that reset whoever connected and is over, and how many came
    /// meanwhile, in words such as `9 tries, every 0.5 s, no back-off`.
    pub fn last_knock(&self) -> Option<(u64, String)> {
        self.context.faults.last_knock()
    }

    /// Disarms all faults of all rooms, those of the file too, until it is saved or the server
    /// starts. Answers how many there were.
    pub fn heal_all(&self) -> usize {
        routes::heal(&self.context, &Which::of(InRooms::All)).len()
    }

    /// Disarms one fault. Answers whether it was armed.
    pub fn heal(&self, id: u64) -> bool {
        !routes::heal(&self.context, &Which::Id(id)).is_empty()
    }

    /// Arms faults, whether or not the server runs.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn arm(&self, wish: FaultWish) -> Result<ArmedFaults, BadFault> {
        routes::arm_faults(&self.context, wish)
    }

    /// Reads a fault as it would be armed, and arms nothing.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn check_fault(&self, text: &str) -> Result<CheckedFault, BadFault> {
        routes::check_fault(&self.context, text)
    }

    /// The profiles that a fault can name.
    pub fn profiles(&self) -> Vec<ProfileView> {
        routes::profile_views(&self.context)
    }

    /// Breaks connections that are open.
    ///
    /// # Errors
    /// What is wrong with the fault, or that none is open.
    pub fn act(&self, wish: ActWish) -> Result<Acted, BadFault> {
        routes::break_open(&self.context, wish)
    }

    /// The streams that are served and where they come from, to be followed.
    pub fn streams_changed(&self) -> watch::Receiver<StreamsView> {
        self.context.rooms.default().streams().changed()
    }

    /// What becomes of the file of streams, in lines for people.
    pub fn file_news(&self) -> FileNews {
        FileNews::new(self.streams_changed())
    }

    /// What the stream at this path would send, if there is one.
    pub fn preview(&self, path: &str) -> Option<Preview> {
        self.context.preview(self.context.rooms.default(), path)
    }

    /// What happens on each stream and topic that is served.
    pub fn activity(&self) -> ActivityView {
        ActivityView::of(self.context.rooms.default())
    }

    /// Where the stream at this path is defined, as the file is now; `None` where it is not.
    ///
    /// # Errors
    /// A sentence: the file cannot be read, or is not TOML.
    pub async fn definition(&self, path: &str) -> Result<Option<DefinitionView>, String> {
        let room = self.context.rooms.default();
        room.streams().definition(path).await
    }

    /// What happened when on the connections since the cursor `after`; with 0, all that is kept.
    /// From the first look on and while looks come at least every five seconds, what connections
    /// are sent is counted in steps.
    pub fn timeline(&self, after: u64) -> TimelineView {
        let armed = self.context.faults.spans(None);
        let connections = &self.context.connections;
        connections.timeline(after, armed, clock::now())
    }

    /// Everything that a page needs to begin with.
    pub fn state(&self) -> StateView {
        StateView::of(&self.context, self.context.rooms.default())
    }

    /// Makes a wish and waits until it, or a later one, is settled.
    async fn wish(&self, change: impl FnOnce(&mut Wish)) {
        let mut number = 0;
        self.wish.send_modify(|wish| {
            wish.number += 1;
            number = wish.number;
            change(wish);
        });
        // Fails only with the runtime, and then there is nothing to wait for.
        _ = self
            .settled
            .clone()
            .wait_for(|settled| *settled >= number)
            .await;
    }

    fn outcome(&self) -> Result<(), Error> {
        match &self.status.borrow().error {
            None => Ok(()),
            Some(error) => Err(error.clone()),
        }
    }
}

/// The one task that changes the state.
struct Owner {
    host: Option<IpAddr>,
    /// Where the metrics have an address of their own.
    metrics: Option<SocketAddr>,
    service: Arc<Service>,
    status: watch::Sender<Status>,
    running: Option<(Life, Running)>,
}

impl Owner {
    async fn live(mut self, mut wishes: watch::Receiver<Wish>, settled: watch::Sender<u64>) {
        loop {
            let wish = *wishes.borrow_and_update();
            match (self.running.take(), wish.run) {
                (Some((life, running)), Some(wanted)) if life == wanted => {
                    self.running = Some((life, running));
                }
                (Some((_, running)), _) => {
                    self.publish(Status::new(Phase::Stopping, wish.port));
                    self.service.rooms().serve(false);
                    running.stop(wish.cuts).await;
                    self.service.connections().stopped();
                    self.publish(Status::new(Phase::Stopped, wish.port));
                    // A restart starts now, and so does a start that was wished meanwhile.
                    continue;
                }
                (None, Some(life)) => self.start(life, wish.port),
                (None, None) => self.publish(Status::new(Phase::Stopped, wish.port)),
            }
            settled.send_replace(wish.number);
            if wishes.changed().await.is_err() {
                break; // The last handle is gone.
            }
        }
        if let Some((_, running)) = self.running.take() {
            running.stop(false).await;
        }
    }

    fn start(&mut self, life: Life, port: u16) {
        self.publish(Status::new(Phase::Starting, port));
        let limits = self.service.limits();
        let options = listen::Options {
            send_buffer: limits.send_buffer,
            stall: limits.stall,
        };
        let listeners = listen::listen(self.host, port, options);
        match listeners.and_then(|listeners| listeners.with_metrics(self.metrics)) {
            Ok(listeners) => {
                self.service.set_metrics_at(listeners.metrics_at());
                self.service.draining().set(Stage::None);
                let port = listeners.port;
                self.service.arm_streams();
                self.service.begin_topics();
                self.running = Some((
                    life,
                    Running::start(listeners, options, Arc::clone(&self.service)),
                ));
                self.service.rooms().serve(true);
                self.publish(Status {
                    url: Some(url(self.host, port)),
                    ..Status::new(Phase::Running, port)
                });
            }
            Err(error) => self.publish(Status {
                error: Some(error),
                ..Status::new(Phase::Failed, port)
            }),
        }
    }

    fn publish(&self, status: Status) {
        self.status.send_if_modified(|current| {
            let changed = *current != status;
            *current = status;
            changed
        });
    }
}

/// Where to visit: `localhost`, which always leads here, unless one loopback address was asked for.
fn url(host: Option<IpAddr>, port: u16) -> String {
    match host {
        Some(IpAddr::V4(ip)) if ip.is_loopback() => format!("http://{ip}:{port}"),
        Some(IpAddr::V6(ip)) if ip.is_loopback() => format!("http://[{ip}]:{port}"),
        _ => format!("http://localhost:{port}"),
    }
}
