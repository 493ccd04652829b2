//! One history: three nodes, three clients, an engine that loses, and a step at a time of any kind.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use super::chance::Chance;
use super::client::{Client, Sent};
use super::engine::{Script, ScriptRule, Store};
use super::node::{Gone, Node, Server};
use crate::topics::{Draft, Position, Slow, TopicConfig};

/// What may happen in a history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Weather {
    /// Whether the engine fails; otherwise only nodes, clients and connections do.
    pub(super) engine_fails: bool,
    /// Events that the engine and the nodes keep.
    pub(super) keep: usize,
    /// How far clocks may be off, in milliseconds.
    pub(super) clocks: i64,
    pub(super) without: Option<ScriptRule>,
    /// Whether a client may be cut between an event with a given id and the place behind it. It
    /// then comes back with that id, which is exact in the first life of a topic alone.
    pub(super) cuts_places: bool,
    pub(super) steps: usize,
}

impl Weather {
    /// Everything fails.
    pub(super) const HOSTILE: Self = Self {
        engine_fails: true,
        keep: 6,
        clocks: 35_000,
        without: None,
        cuts_places: false,
        steps: 70,
    };

    /// The engine is one process and keeps everything.
    pub(super) const CLEAN: Self = Self {
        engine_fails: false,
        keep: 100_000,
        clocks: 0,
        without: None,
        cuts_places: true,
        steps: 70,
    };
}

/// An event that a publisher was told of.
#[derive(Clone, Copy, Debug)]
pub(super) struct Acked {
    /// When the engine took it.
    pub(super) at: u64,
    pub(super) number: u64,
    pub(super) place: Position,
}

/// What a history came to.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome {
    /// Events that a client neither got nor was told of.
    pub(super) lost: Vec<u64>,
    /// The same, but acknowledged by a master that was already replaced, by a node that then died
    /// before it came back: nobody is left who could tell.
    pub(super) witness_died: Vec<u64>,
    pub(super) twice: Vec<u64>,
    /// Whether one id of ours was given to two events.
    pub(super) same_id: bool,
    /// Whether two processes, of which neither knew the other, drew the same digits and began a
    /// life with the same number: one chance in 100,000, and nothing is promised then.
    pub(super) twins: bool,
    /// Gaps that clients were told of.
    pub(super) gaps: usize,
    pub(super) acked: usize,
    pub(super) sent: usize,
}

const NODES: u64 = 3;
const CLIENTS: u64 = 3;
const DAY: u64 = 24 * 3_600_000;

struct World {
    chance: Chance,
    weather: Weather,
    script: Script,
    config: TopicConfig,
    /// Milliseconds, and the same as an instant.
    now: u64,
    begin: Instant,
    servers: Vec<Server>,
    master: usize,
    /// A cut-off master that still answers those who are on it.
    old: Option<usize>,
    /// What a replica has, or the file of the engine.
    copy: Store,
    nodes: Vec<Node>,
    clients: Vec<Client>,
    acked: Vec<Acked>,
    /// Those of them that a replaced master acknowledged.
    superseded: Vec<u64>,
    /// Those whose node died before it touched the engine in force.
    dead: Vec<u64>,
    /// Numbers of events.
    numbers: u64,
    /// When the engine took an event.
    taken_at: HashMap<u64, u64>,
    /// Ids of publishes that are to be repeated.
    unsure: Vec<String>,
    /// Each life, and the process that began it.
    lives: HashMap<u64, u64>,
    twins: bool,
}

/// Plays the history of this seed.
pub(super) fn play(seed: u64, weather: Weather) -> Outcome {
    let mut world = World::new(seed, weather);
    for _ in 0..weather.steps {
        world.now += 1000;
        world.step();
        world.note_lives();
    }
    world.heal();
    world.note_lives();
    world.judge()
}

impl World {
    fn new(seed: u64, weather: Weather) -> Self {
        let mut chance = Chance::new(seed);
        let slow = match chance.percent(50) {
            true => Slow::DropOldest,
            false => Slow::Disconnect,
        };
        let server = Server {
            process: 1,
            store: Rc::default(),
            clock: 0,
            up: true,
            writable: true,
        };
        Self {
            chance,
            weather,
            script: Script {
                keep_events: weather.keep,
                keep_for: DAY,
                without: weather.without,
            },
            config: TopicConfig {
                keep_events: weather.keep,
                slow,
                ..TopicConfig::default()
            },
            now: 10 * DAY,
            begin: Instant::now(),
            servers: vec![server],
            master: 0,
            old: None,
            copy: Store::default(),
            nodes: (0..NODES).map(|_| Node::new(0)).collect(),
            clients: (0..CLIENTS).map(|_| Client::default()).collect(),
            acked: Vec::new(),
            superseded: Vec::new(),
            dead: Vec::new(),
            numbers: 0,
            taken_at: HashMap::new(),
            unsure: Vec::new(),
            lives: HashMap::new(),
            twins: false,
        }
    }

    fn time(&self) -> (u64, Instant) {
        (
            self.now,
            self.begin + Duration::from_millis(self.now - 10 * DAY),
        )
    }

    fn step(&mut self) {
        let node = self.chance.below(NODES) as usize;
        let client = self.chance.below(CLIENTS) as usize;
        let kind = self.chance.below(100);
        match kind {
            0..22 => self.publish(node),
            22..40 => {
                let rounds = self.chance.below(3);
                self.work(node, 1 + rounds);
            }
            40..48 => self.work(node, 8),
            48..66 => {
                let cut = self.chance.percent(15).then_some(&mut self.chance);
                let cut = cut.map(|chance| (chance, self.weather.cuts_places));
                self.clients[client].visit(self.now, cut);
            }
            66..76 => match self.clients[client].stream {
                None => self.connect(client, node),
                Some(_) => self.clients[client].cut(),
            },
            76..79 => self.kill(node),
            79..81 => self.nodes[node].lose(),
            81..83 => self.unfollow(node),
            83..88 => self.copy = self.servers[self.master].store.borrow().clone(),
            88..96 if self.weather.engine_fails => self.fail(),
            96 if self.weather.engine_fails => self.end(node),
            97.. => self.pass_time(),
            _ => {}
        }
    }

    fn note_lives(&mut self) {
        for server in &self.servers {
            if let Some((born, process)) = server.store.borrow().life() {
                self.twins |= *self.lives.entry(born).or_insert(process) != process;
            }
        }
    }

    /// A node works for so many rounds.
    fn work(&mut self, node: usize, rounds: u64) {
        for _ in 0..rounds {
            self.round(node);
        }
    }

    /// A node sends what it has to send, and takes what came, or some of it.
    fn round(&mut self, node: usize) {
        let time = self.time();
        let chance = &mut self.chance;
        let most = [1, 2, 100][chance.below(3) as usize];
        let node = &mut self.nodes[node];
        node.connect(self.master);
        if chance.percent(80) {
            node.ask(&self.servers, &self.script, time, most, chance, self.master);
        }
        let (command, read) = (chance.percent(80), chance.percent(80));
        node.take(command, read, chance.percent(30));
    }

    /// A publisher comes to a node: with one event or several, or to repeat one.
    fn publish(&mut self, node: usize) {
        for _ in 0..2 {
            self.nodes[node].connect(self.master);
            if self.nodes[node].follower.may_publish() {
                break;
            }
            self.work(node, 2);
        }
        let repeated = match self.unsure.is_empty() || self.chance.percent(50) {
            true => None,
            false => self.unsure.pop(),
        };
        let id = match self.chance.percent(40) {
            true => Some(format!("g{}", self.numbers + 1)),
            false => None,
        };
        let id = repeated.or(id);
        let several = [1, 1, 1, 3][self.chance.below(4) as usize];
        let count = if id.is_some() { 1 } else { several };
        if !self.nodes[node].follower.may_publish() {
            // 503: it was not published for sure, and the publisher tries again.
            self.unsure.extend(id);
            return;
        }
        let events: Vec<Draft> = (1..=count)
            .map(|n| Draft {
                id: id.clone(),
                data: (self.numbers + n).to_string(),
                ..Draft::default()
            })
            .collect();
        let first = self.numbers + 1;
        self.numbers += count;
        let time = self.time();
        let server = self.nodes[node].server;
        let caller = self.nodes[node].follower.caller(time.1);
        let (script, chance) = (&self.script, &mut self.chance);
        let fate = chance.below(100);
        let answer = match fate {
            // The connection is lost before it arrives.
            0..4 => Err(Gone),
            _ => self.servers[server].call(script, self.now, chance, caller, &events),
        };
        if let Ok(Ok(_)) = answer {
            for n in 0..count {
                self.taken_at.insert(first + n, self.now);
            }
        }
        // Or it is lost before the answer arrives.
        let answer = if fate < 10 { Err(Gone) } else { answer };
        match answer {
            Ok(Ok(placed)) => {
                self.nodes[node].follower.published(time.1, placed);
                for (n, back) in (0..count).zip((0..count).rev()) {
                    let place = Position::new(placed.last.born, placed.last.seq - back);
                    self.acknowledge(node, server, first + n, place);
                }
            }
            // 409: an earlier try had arrived.
            Ok(Err(taken)) => {
                let store = self.servers[server].store.borrow();
                let event = store.event(taken.0).expect("it is kept");
                let number = event.data.parse().expect("a number");
                drop(store);
                self.nodes[node].follower.repeated(time.1, taken.0);
                self.acknowledge(node, server, number, taken.0);
            }
            Err(Gone) => {
                self.unsure.extend(id);
                self.nodes[node].lose();
            }
        }
    }

    /// Somebody ends the topic at a node.
    fn end(&mut self, node: usize) {
        self.nodes[node].connect(self.master);
        let server = self.nodes[node].server;
        let (script, chance) = (&self.script, &mut self.chance);
        if self.servers[server].end(script, self.now, chance).is_err() {
            self.nodes[node].lose();
        }
    }

    fn acknowledge(&mut self, node: usize, server: usize, number: u64, place: Position) {
        if self.acked.iter().any(|event| event.number == number) {
            return;
        }
        let at = self.taken_at[&number];
        self.acked.push(Acked { at, number, place });
        self.nodes[node].unseen.push(number);
        if server != self.master {
            self.superseded.push(number);
        }
    }

    fn connect(&mut self, client: usize, node: usize) {
        let topic = self.nodes[node].follow(&self.config);
        self.clients[client].connect(node, &topic);
        let rounds = self.chance.below(6);
        self.work(node, rounds);
        if self.chance.percent(50) {
            self.clients[client].visit(self.now, None);
        }
    }

    fn kill(&mut self, node: usize) {
        self.cut_clients_of(node);
        let dead = std::mem::replace(&mut self.nodes[node], Node::new(self.master));
        self.dead.extend(dead.unseen);
    }

    fn cut_clients_of(&mut self, node: usize) {
        for client in &mut self.clients {
            if client.stream.as_ref().is_some_and(|(at, _)| *at == node) {
                client.cut();
            }
        }
    }

    fn unfollow(&mut self, node: usize) {
        let is_read = |client: &Client| client.stream.as_ref().is_some_and(|(at, _)| *at == node);
        if !self.clients.iter().any(is_read) && self.nodes[node].topic.is_some() {
            self.nodes[node].unfollow();
        }
    }

    /// Hours pass, in which nothing happens. Only seconds where somebody has a proof that is
    /// needed, since a node keeps it for an hour.
    fn pass_time(&mut self) {
        let needs = |node: &Node| node.unseen.iter().any(|n| self.superseded.contains(n));
        let is_needed = self.nodes.iter().any(needs);
        let long = self.weather.engine_fails && self.old.is_none();
        self.now += match self.chance.below(4) {
            _ if is_needed => 20_000,
            0 if long => 30 * 3_600_000,
            1 if long => 3 * 3_600_000,
            2 => 1_800_000,
            _ => 20_000,
        };
    }

    /// Something becomes of the engine.
    fn fail(&mut self) {
        let off = self.weather.clocks;
        let clock = match self.chance.below(3) {
            _ if off == 0 => 0,
            0 => off,
            1 => -off,
            _ => 0,
        };
        match self.chance.below(6) {
            // Failover, the tail is lost.
            0 => {
                self.servers[self.master].up = false;
                let store = Rc::new(RefCell::new(self.copy.clone()));
                self.start(store, clock);
            }
            // A restart that keeps everything.
            1 => {
                self.servers[self.master].up = false;
                let store = Rc::clone(&self.servers[self.master].store);
                self.start(store, clock);
            }
            // A restart without data.
            2 => {
                self.servers[self.master].up = false;
                self.start(Rc::default(), clock);
            }
            // Split brain: the old master goes on for those who are on it.
            3 => {
                self.old = Some(self.master);
                let store = Rc::new(RefCell::new(self.copy.clone()));
                self.start(store, clock);
                for node in 0..self.nodes.len() {
                    if self.chance.percent(50) {
                        self.nodes[node].lose();
                        self.nodes[node].connect(self.master);
                    }
                }
            }
            // The old master becomes a replica.
            4 => self.demote_old(),
            // FLUSHALL.
            _ => *self.servers[self.master].store.borrow_mut() = Store::default(),
        }
        if self.chance.percent(50) {
            self.copy = self.servers[self.master].store.borrow().clone();
        }
    }

    fn start(&mut self, store: Rc<RefCell<Store>>, clock: i64) {
        self.servers.push(Server {
            process: self.servers.len() as u64 + 1,
            store,
            clock,
            up: true,
            writable: true,
        });
        self.master = self.servers.len() - 1;
    }

    fn demote_old(&mut self) {
        if let Some(old) = self.old.take() {
            self.servers[old].writable = false;
            self.servers[old].store = Rc::clone(&self.servers[self.master].store);
        }
    }

    /// The end: all heal, everybody asks and reads, clients come back and take all that there is.
    fn heal(&mut self) {
        self.demote_old();
        for node in &mut self.nodes {
            node.lose();
        }
        // Who is held waits for some of them.
        for _ in 0..8 {
            self.now += 6000;
            let time = self.time();
            for node in &mut self.nodes {
                node.connect(self.master);
                for _ in 0..30 {
                    let chance = &mut self.chance;
                    node.ask(&self.servers, &self.script, time, 3, chance, self.master);
                    node.take(true, true, true);
                }
            }
            for client in 0..self.clients.len() {
                let came = self.clients[client].since.is_some();
                if came && self.clients[client].stream.is_none() {
                    let node = self.chance.below(NODES) as usize;
                    self.connect(client, node);
                }
                while self.clients[client].visit(self.now, None) {}
            }
        }
    }

    /// Whether two events that clients were sent have one place.
    fn has_same_id(&self) -> bool {
        let mut places = HashMap::new();
        let clients = self.clients.iter();
        let mut sent = clients.flat_map(|client| &client.places);
        sent.any(|(place, number)| {
            places
                .insert(place, number)
                .is_some_and(|other| other != number)
        })
    }

    fn judge(self) -> Outcome {
        let mut outcome = Outcome {
            same_id: self.has_same_id(),
            twins: self.twins,
            acked: self.acked.len(),
            ..Outcome::default()
        };
        for client in &self.clients {
            let (twice, lost) = client.faults(&self.acked);
            outcome.twice.extend(twice);
            for number in lost {
                match self.superseded.contains(&number) && self.dead.contains(&number) {
                    true => outcome.witness_died.push(number),
                    false => outcome.lost.push(number),
                }
            }
            let is_gap = |(_, sent): &&(u64, Sent)| matches!(sent, Sent::Gap(..));
            outcome.gaps += client.sent.iter().filter(is_gap).count();
            outcome.sent += client.sent.len();
        }
        outcome
    }
}
