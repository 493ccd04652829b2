//! A scene: an engine, nodes, a balancer, publishers and subscribers. A scenario breaks something
//! while it plays, and in the end the account of every subscriber has to add up.

use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::account::{self, Account};
use crate::balancer;
use crate::chance::Chance;
use crate::front::{Front, Kind};
use crate::ports;
use crate::publisher::{Desk, Publishes};
use crate::subscriber::{Seats, Subscriber};
use crate::support::{SSE, Serving};

/// How many listen.
const CROWD: usize = 300;
/// Between two events of a publisher.
const PACE: Duration = Duration::from_millis(80);
/// How long a publisher waits for an answer. It is longer than a node may take, so that a late
/// answer is seen.
const PATIENCE: Duration = Duration::from_secs(5);
/// The longest that anybody may take to get the last event, once nothing is broken any more.
const LATEST: Duration = Duration::from_secs(60);
/// The last word of each publisher: behind all numbers.
const LAST: [&str; 2] = ["a-999999", "b-999999"];
const TOPIC: &str = "/topics/news";

/// Which gaps a scenario may bring about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Gaps {
    /// None at all: nothing was lost.
    None,
    /// Some subscribers have one: those who lacked something. Each says how much, and is right.
    Counted,
    /// Everybody who was there has one at least, at the place where it lacks something.
    All,
    /// The same, but two masters may have taken events for a while. What one of them lost is told
    /// when its nodes come back, which may be behind later events of the other.
    Late,
}

/// How a scene is set.
pub(crate) struct Plan {
    /// Where the engine is; without one, there is one node.
    pub(crate) engine: Option<String>,
    /// Further arguments of each node.
    pub(crate) arguments: Vec<String>,
    /// Which balancer stands before the nodes; without one, it is the harness's own.
    pub(crate) front: Option<Kind>,
    pub(crate) crowd: usize,
    pub(crate) pace: Duration,
    /// What the nodes write to stderr.
    pub(crate) log: &'static str,
    /// Whether publishers never come to the first node.
    pub(crate) publish_past_first: bool,
}

impl Plan {
    pub(crate) fn on(engine: impl Into<String>) -> Self {
        Self {
            engine: Some(engine.into()),
            ..Self::alone()
        }
    }

    /// One node by itself.
    pub(crate) fn alone() -> Self {
        Self {
            engine: None,
            arguments: Vec::new(),
            front: None,
            crowd: CROWD,
            pace: PACE,
            log: "none",
            publish_past_first: false,
        }
    }

    pub(crate) fn with(mut self, arguments: &[&str]) -> Self {
        self.arguments
            .extend(arguments.iter().map(|&argument| argument.to_owned()));
        self
    }
}

/// A scene that plays.
pub(crate) struct Scene {
    plan: Plan,
    ports: Vec<u16>,
    nodes: Vec<Option<Serving>>,
    /// Runs as long as the scene.
    _front: Option<Front>,
    desk: Arc<Desk>,
    seats: Arc<Seats>,
    accounts: Vec<Arc<Mutex<Account>>>,
    publishers: Vec<JoinHandle<()>>,
    stop_publishing: CancellationToken,
}

impl Scene {
    /// Starts the nodes and lets everybody in. Subscribers come within the first second.
    pub(crate) async fn begin(plan: Plan) -> Self {
        _ = rlimit::increase_nofile_limit(20_000);
        let count = if plan.engine.is_some() { 3 } else { 1 };
        let ports: Vec<_> = (0..count).map(|_| ports::lasting()).collect();
        let starting = ports.iter().enumerate();
        let nodes = starting
            .map(|(n, &port)| Some(start(&plan, n, port)))
            .collect();
        let front = plan.front.map(|kind| Front::start(kind, &ports));
        let target = match &front {
            Some(front) => front.addr,
            None => balancer::start(&ports).await,
        };
        let publish_at = match plan.publish_past_first {
            true => balancer::start(&ports[1..]).await,
            false => target,
        };
        let begun = Instant::now();
        let chance = Arc::new(Chance::new());
        let seats = Arc::new(Seats {
            target,
            topic: TOPIC.to_owned(),
            begun,
            chance: Arc::clone(&chance),
            calm: CancellationToken::new(),
            end: CancellationToken::new(),
            // A thousand would do nothing but connect.
            stays: if plan.crowd > CROWD {
                (2_000, 15_000)
            } else {
                (200, 5_000)
            },
        });
        let desk = Arc::new(Desk {
            target: publish_at,
            topic: TOPIC.to_owned(),
            begun,
            patience: PATIENCE,
            published: Mutex::default(),
            wrong: Mutex::default(),
            refused: Mutex::default(),
        });
        let mut scene = Self {
            accounts: (0..plan.crowd).map(|_| Arc::default()).collect(),
            plan,
            ports,
            nodes,
            _front: front,
            desk,
            seats,
            publishers: Vec::new(),
            stop_publishing: CancellationToken::new(),
        };
        scene.let_in();
        scene
    }

    fn let_in(&mut self) {
        for account in &self.accounts {
            let subscriber = Subscriber::new(Arc::clone(&self.seats), Arc::clone(account));
            let late = self.seats.chance.between(0, 1_000);
            tokio::spawn(async move {
                sleep(late).await;
                subscriber.run().await;
            });
        }
        for name in ["a", "b"] {
            let (desk, end) = (Arc::clone(&self.desk), self.stop_publishing.clone());
            let pace = self.plan.pace;
            self.publishers.push(tokio::spawn(async move {
                desk.publish(name, pace, end).await;
            }));
        }
    }

    /// Lets it play for a while.
    pub(crate) async fn play(&self, seconds: f64) {
        sleep(Duration::from_secs_f64(seconds)).await;
    }

    /// Waits until everybody has been told a place.
    pub(crate) async fn all_came(&self) {
        self.until("everybody came", |scene| {
            scene
                .accounts()
                .iter()
                .all(|account| account.came().is_some())
        })
        .await;
    }

    /// How many tries of publishers were answered 503 so far.
    pub(crate) fn refused(&self) -> usize {
        *self.desk.refused.lock().expect("no panic")
    }

    /// Where clients go.
    pub(crate) fn target(&self) -> SocketAddr {
        self.desk.target
    }

    /// How many events were acknowledged so far.
    pub(crate) fn acked(&self) -> usize {
        let published = self.desk.published.lock().expect("no panic");
        published
            .values()
            .filter(|publish| publish.acked.is_some())
            .count()
    }

    pub(crate) fn signal(&self, node: usize, name: &str) {
        self.nodes[node].as_ref().expect("it runs").signal(name);
    }

    /// Kills a node at once.
    pub(crate) fn kill(&mut self, node: usize) {
        drop(self.nodes[node].take());
    }

    /// Stops a node in order, and answers how long that took.
    pub(crate) fn stop(&mut self, node: usize) -> Duration {
        let serving = self.nodes[node].take().expect("it runs");
        let begun = Instant::now();
        serving.signal("TERM");
        assert_eq!(serving.code(), Some(0));
        begun.elapsed()
    }

    /// Stops a node in order, and answers what it said on stderr.
    pub(crate) fn stop_and_read(&mut self, node: usize) -> String {
        let serving = self.nodes[node].take().expect("it runs");
        serving.signal("TERM");
        serving.end().1
    }

    /// A node comes back.
    pub(crate) fn start(&mut self, node: usize) {
        self.nodes[node] = Some(start(&self.plan, node, self.ports[node]));
    }

    /// Nothing is broken any more: nobody leaves, each publisher says its last word, and everybody
    /// has to get it. Then all accounts are looked at.
    pub(crate) async fn end(mut self, gaps: Gaps) {
        self.seats.calm.cancel();
        self.stop_publishing.cancel();
        for publisher in self.publishers.drain(..) {
            let ended = tokio::time::timeout(LATEST, publisher).await;
            ended.expect("a publish is acknowledged").expect("no panic");
        }
        for id in LAST {
            let publish = self.desk.publish_one(id);
            let done = tokio::time::timeout(LATEST, publish).await;
            done.expect("the last word is acknowledged");
        }
        let until = Instant::now() + LATEST;
        let has_all = |account: &Account| LAST.iter().all(|id| account.has(id));
        while !self.accounts().iter().all(has_all) && Instant::now() < until {
            sleep(Duration::from_millis(50)).await;
        }
        // What would come twice comes now.
        sleep(Duration::from_millis(300)).await;
        self.seats.end.cancel();
        self.check(gaps);
    }

    fn check(&self, gaps: Gaps) {
        let accounts = self.accounts();
        let published: Publishes = self.desk.published.lock().expect("no panic").clone();
        let mut faults = account::faults(&accounts, &published, gaps == Gaps::Late);
        for (n, account) in accounts.iter().enumerate() {
            if !LAST.iter().all(|id| account.has(id)) {
                faults.push((n, "it never got the last words".to_owned()));
            }
            let told = account.gaps();
            match gaps {
                Gaps::None if told > 0 => faults.push((n, format!("it has {told} false gaps"))),
                Gaps::All | Gaps::Late if told == 0 => {
                    faults.push((n, "it was told of no gap".to_owned()));
                }
                _ => {}
            }
        }
        if gaps == Gaps::Counted {
            faults.extend(account::miscounts(&accounts, &published));
        }
        let wrong = self.desk.wrong.lock().expect("no panic");
        let chance = &self.seats.chance;
        let told: usize = accounts.iter().map(Account::gaps).sum();
        println!(
            "{} events, {} subscribers, {told} gaps, {} tries refused",
            published.len(),
            accounts.len(),
            self.refused(),
        );
        assert!(
            faults.is_empty(),
            "{}",
            account::told(&accounts, &faults, chance)
        );
        assert!(wrong.is_empty(), "publishers: {wrong:#?}");
        assert!(
            gaps != Gaps::Counted || told > 0,
            "nobody was told of a gap"
        );
    }

    fn accounts(&self) -> Vec<Account> {
        let accounts = self.accounts.iter();
        accounts
            .map(|account| account.lock().expect("no panic").clone())
            .collect()
    }

    /// Waits until it is so.
    pub(crate) async fn until(&self, what: &str, is: impl Fn(&Self) -> bool) {
        let until = Instant::now() + LATEST;
        while !is(self) {
            assert!(Instant::now() < until, "not so in time: {what}");
            sleep(Duration::from_millis(20)).await;
        }
    }
}

fn start(plan: &Plan, n: usize, port: u16) -> Serving {
    let mut command = Command::new(SSE);
    command.args(["serve", "--port", &port.to_string(), "--log", plan.log]);
    if let Some(engine) = &plan.engine {
        command.args(["--node", &format!("n{n}")]);
        // A password is nothing for an argument.
        match engine.contains('@') {
            true => command.env("SSE_TOPICS_ON", engine),
            false => command.args(["--topics-on", engine]),
        };
    }
    Serving::spawn(command.args(&plan.arguments))
}
