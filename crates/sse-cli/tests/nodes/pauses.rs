//! An engine that is away for a while, and loses nothing. Nobody is told of a gap.

use std::process::Command;
use std::time::Duration;

use tokio::time::sleep;

use crate::chance::Chance;
use crate::engine::Engine;
use crate::line::Line;
use crate::scene::{Gaps, Plan, Scene};

/// What a stop takes at most although the engine does not answer.
const LONGEST_STOP: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_stands_still_for_five_seconds() {
    let engine = Engine::start(&[]);
    let mut scene = Scene::begin(Plan::on(engine.url())).await;
    scene.all_came().await;
    engine.signal("STOP");
    scene.play(3.5).await;
    // Meanwhile a node can be stopped, and started.
    let took = scene.stop(2);
    assert!(took < LONGEST_STOP, "it stopped in {took:?}");
    scene.start(2);
    scene.play(1.5).await;
    assert!(scene.refused() > 0, "publishers were told");
    engine.signal("CONT");
    scene.play(1.0).await;
    scene.end(Gaps::None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_busy_for_three_seconds() {
    let engine = Engine::start(&[]);
    let scene = Scene::begin(Plan::on(engine.url())).await;
    scene.all_came().await;
    let engine = tokio::task::spawn_blocking(move || {
        engine.ask(&["DEBUG", "SLEEP", "3"]);
        engine
    });
    let _engine = engine.await.expect("no panic");
    assert!(scene.refused() > 0, "publishers were told");
    scene.play(1.0).await;
    scene.end(Gaps::None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_closes_all_connections_again_and_again() {
    let engine = Engine::start(&[]);
    let scene = Scene::begin(Plan::on(engine.url())).await;
    scene.all_came().await;
    for _ in 0..40 {
        engine.ask(&["CLIENT", "KILL", "TYPE", "normal"]);
        scene.play(0.1).await;
    }
    scene.end(Gaps::None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_is_full() {
    let engine = Engine::start(&[]);
    let scene = Scene::begin(Plan::on(engine.url())).await;
    scene.all_came().await;
    engine.ask(&["CONFIG", "SET", "maxmemory", "1"]);
    scene.play(3.0).await;
    assert!(scene.refused() > 0, "publishers were told");
    engine.ask(&["CONFIG", "SET", "maxmemory", "0"]);
    scene.play(1.0).await;
    scene.end(Gaps::None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_line_that_breaks_within_replies() {
    let engine = Engine::start(&[]);
    let line = Line::to(engine.addr(), Chance::new().into()).await;
    let scene = Scene::begin(Plan::on(format!("redis://{}", line.addr))).await;
    scene.all_came().await;
    line.fray(true);
    scene.play(5.0).await;
    line.fray(false);
    scene.play(1.0).await;
    scene.end(Gaps::None).await;
}

/// The engine in a network namespace, behind a pair of virtual interfaces; deleted when dropped.
struct Namespace {
    name: String,
    outside: String,
    there: String,
}

impl Namespace {
    fn new() -> Result<Self, String> {
        let pid = std::process::id();
        // Of the addresses that are set aside for benchmarks (RFC 2544), four for each process, and
        // not those of the server's test.
        let [_, _, high, low] = (pid % 16_384 * 4).to_be_bytes();
        let (here, there) = (low + 1, low + 2);
        let new = Self {
            name: format!("sse-nodes-{pid}"),
            outside: format!("ssen{pid}"),
            there: format!("198.18.{high}.{there}"),
        };
        let Self {
            name,
            outside,
            there,
        } = &new;
        let inside = format!("ssem{pid}");
        ip(&format!("netns add {name}"))?;
        ip(&format!("link add {outside} type veth peer name {inside}"))?;
        ip(&format!("link set {inside} netns {name}"))?;
        ip(&format!("addr add 198.18.{high}.{here}/30 dev {outside}"))?;
        ip(&format!("link set {outside} up"))?;
        ip(&format!("-n {name} addr add {there}/30 dev {inside}"))?;
        ip(&format!("-n {name} link set {inside} up"))?;
        Ok(new)
    }

    fn link(&self, state: &str) {
        ip(&format!("link set {} {state}", self.outside)).expect("it was set up");
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        // First the interfaces: sockets that wait for an answer keep a namespace for minutes.
        _ = ip(&format!("link del {}", self.outside));
        _ = ip(&format!("netns del {}", self.name));
    }
}

fn ip(arguments: &str) -> Result<(), String> {
    let output = Command::new("ip").args(arguments.split(' ')).output();
    let output = output.map_err(|e| format!("ip: {e}"))?;
    if output.status.success() {
        return Ok(());
    }
    let why = String::from_utf8_lossy(&output.stderr);
    Err(format!("ip {arguments}: {}", why.trim()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_link_to_the_engine_that_is_down_for_four_seconds() {
    let namespace = match Namespace::new() {
        Ok(namespace) => namespace,
        Err(e) => return println!("not tested here: {e}"),
    };
    let within = ["ip", "netns", "exec", &namespace.name];
    let engine = Engine::within(&within, &namespace.there, &[]);
    let scene = Scene::begin(Plan::on(engine.url())).await;
    scene.all_came().await;
    // No FIN and no reset: what is sent is gone.
    namespace.link("down");
    sleep(Duration::from_secs(4)).await;
    assert!(scene.refused() > 0, "publishers were told");
    namespace.link("up");
    scene.play(1.0).await;
    scene.end(Gaps::None).await;
}
