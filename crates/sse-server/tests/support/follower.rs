//! Clients that are killed at random moments and come back with their last event id, until they
//! have all.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::SockRef;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, timeout_at};

use super::topics::{Event, Subscriber, seq};
use super::{Client, Head, find};

/// How long a client waits before it comes back to a server that does not answer.
const AGAIN: Duration = Duration::from_millis(20);

/// A small generator (xorshift64*), so that a run can be repeated from its seed.
#[derive(Clone, Debug)]
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 32) % n
    }
}

/// What all clients of a storm are told.
#[derive(Clone)]
pub struct Storm {
    pub addr: SocketAddr,
    /// The topic's path.
    pub path: &'static str,
    /// No life of a client is longer than this while there is publishing.
    pub life: Duration,
    /// The number of the last event, once everything is published.
    pub last: watch::Receiver<Option<u64>>,
}

impl Storm {
    /// Sends out `clients` followers, every other one from the topic's beginning. They run on
    /// threads of their own, so that the server and its publishers do not queue behind them.
    pub fn send_out(&self, clients: u64) -> Followers {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("threads");
        let mut tasks = JoinSet::new();
        for number in 0..clients {
            let follower = Follower::new(self.clone(), number);
            tasks.spawn_on(follower.follow(), runtime.handle());
        }
        Followers {
            tasks,
            runtime: Some(runtime),
        }
    }
}

/// The clients of a storm that are on their way.
pub struct Followers {
    tasks: JoinSet<Follower>,
    runtime: Option<Runtime>,
}

impl Drop for Followers {
    fn drop(&mut self) {
        // Within another runtime it must not be waited for.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// One client, over all its connections.
pub struct Follower {
    /// The number of the event before the first that is this client's.
    pub start: u64,
    /// The data of every event since, each of which is a number.
    pub seen: Vec<u64>,
    /// How often it began to follow.
    pub lives: u64,
    storm: Storm,
    number: u64,
    dice: Dice,
    last_event_id: Option<String>,
}

/// When a life ends.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    /// As soon as the request is sent.
    AtOnce,
    /// After so many events; 0 is right behind the first block.
    After(u64),
    /// At some moment, whatever has come by then.
    Sometime,
    /// Not by its own doing.
    Old,
}

impl Follower {
    fn new(storm: Storm, number: u64) -> Self {
        Self {
            start: 0,
            seen: Vec::new(),
            lives: 0,
            storm,
            number,
            dice: Dice::new(number + 1),
            last_event_id: None,
        }
    }

    async fn follow(mut self) -> Self {
        loop {
            let fate = match self.dice.below(8) {
                _ if self.storm.last.borrow().is_some() => Fate::Old,
                0 => Fate::AtOnce,
                1 | 2 => Fate::After(self.dice.below(20)),
                _ => Fate::Sometime,
            };
            let life = self.storm.life.as_millis().try_into().expect("small");
            let death = Instant::now() + Duration::from_millis(self.dice.below(life));
            let Some(mut subscriber) = self.connect(fate, death).await else {
                continue;
            };
            if self.live(&mut subscriber, fate, death).await {
                return self;
            }
            self.kill(&subscriber.client.socket);
        }
    }

    /// Connects and reads the first block; `None` when this life ends before.
    async fn connect(&mut self, fate: Fate, death: Instant) -> Option<Subscriber> {
        let Ok(socket) = TcpStream::connect(self.storm.addr).await else {
            sleep(AGAIN).await;
            return None;
        };
        self.lives += 1;
        let mut client = Client::over(socket);
        let request = self.request();
        if client.socket.write_all(request.as_bytes()).await.is_err() {
            return None;
        }
        if fate == Fate::AtOnce {
            self.kill(&client.socket);
            return None;
        }
        let begun = async {
            let head = head(&mut client).await?;
            let mut subscriber = Subscriber::new(client, head);
            subscriber.first_block().await?;
            Some(subscriber)
        };
        let subscriber = match fate {
            Fate::Sometime => timeout_at(death, begun).await.ok()?,
            _ => begun.await,
        };
        let Some(subscriber) = subscriber else {
            sleep(AGAIN).await;
            return None;
        };
        self.begin(&subscriber.position);
        Some(subscriber)
    }

    fn request(&self) -> String {
        let Storm { addr, path, .. } = &self.storm;
        let id = match (&self.last_event_id, self.number % 2) {
            (Some(id), _) => format!("last-event-id: {id}\r\n"),
            (None, 0) => "last-event-id: earliest\r\n".to_owned(),
            (None, _) => String::new(),
        };
        format!(
            "GET {path} HTTP/1.1\r\nhost: localhost:{}\r\n{id}\r\n",
            addr.port()
        )
    }

    /// Takes the place that the first block gives.
    fn begin(&mut self, position: &str) {
        match &self.last_event_id {
            Some(id) => assert_eq!(id, position, "client {}: it came with this id", self.number),
            None => self.start = seq(position),
        }
        self.last_event_id = Some(position.to_owned());
    }

    /// Reads until this life is over; true when there is no more to have.
    async fn live(&mut self, subscriber: &mut Subscriber, fate: Fate, death: Instant) -> bool {
        let mut events = 0;
        loop {
            if *self.storm.last.borrow() == Some(self.place()) {
                return true;
            }
            if fate == Fate::After(events) {
                return false;
            }
            let read = match fate {
                Fate::Old => Ok(subscriber.read().await),
                _ => timeout_at(death, subscriber.read()).await,
            };
            match read {
                Ok(Some(event)) => self.take(event),
                Ok(None) | Err(_) => return false,
            }
            events += 1;
        }
    }

    /// The number of the last event that it has.
    fn place(&self) -> u64 {
        self.start + self.seen.len() as u64
    }

    fn take(&mut self, event: Event) {
        assert!(!event.is_gap(), "client {}: {event:?}", self.number);
        assert_eq!(
            seq(&event.id),
            self.place() + 1,
            "client {}, life {}: a hole or a repeat",
            self.number,
            self.lives
        );
        self.seen.push(event.data.parse().expect("a number"));
        self.last_event_id = Some(event.id);
    }

    /// Three of four die without a word.
    fn kill(&mut self, socket: &TcpStream) {
        if self.dice.below(4) > 0 {
            _ = SockRef::from(socket).set_linger(Some(Duration::ZERO));
        }
    }
}

/// The answer's head; `None` when the connection ends before, or the server has no place.
async fn head(client: &mut Client) -> Option<Head> {
    while find(&client.read, b"\r\n\r\n").is_none() {
        match client.socket.read_buf(&mut client.read).await {
            Ok(0) | Err(_) => return None,
            Ok(_) => {}
        }
    }
    let head = client.head().await;
    match head.status {
        200 => Some(head),
        503 => None,
        _ => panic!("{}", head.text),
    }
}

/// Waits for all, and demands that each has every event since its start, once and in order:
/// `published` has the data of all, by their numbers.
pub async fn all_exact(mut followers: Followers, published: &[u64]) -> Tally {
    let mut tally = Tally::default();
    while let Some(follower) = followers.tasks.join_next().await {
        let follower = follower.expect("no client has a complaint");
        let start = usize::try_from(follower.start).expect("small");
        assert!(
            follower.seen == published[start..],
            "client {}: other data than was published",
            follower.number
        );
        tally.clients += 1;
        tally.lives += follower.lives;
        tally.events += follower.seen.len() as u64;
    }
    tally
}

/// What a storm came to.
#[derive(Clone, Copy, Debug, Default)]
pub struct Tally {
    pub clients: u64,
    /// Connections that were begun.
    pub lives: u64,
    /// Events received.
    pub events: u64,
}
