//! An engine that loses events, or may have: everybody who was there is told of a gap.

use crate::chance::Chance;
use crate::engine::Engine;
use crate::line::Line;
use crate::scene::{Gaps, Plan, Scene};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_restarts_with_its_data() {
    restarts(&["--appendonly", "yes", "--appendfsync", "always"]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_restarts_empty() {
    restarts(&["--appendonly", "no"]).await;
}

async fn restarts(options: &[&str]) {
    let mut engine = Engine::start(options);
    let scene = Scene::begin(Plan::on(engine.url())).await;
    scene.all_came().await;
    scene.play(1.0).await;
    engine.kill();
    scene.play(1.0).await;
    engine.run();
    scene.play(2.0).await;
    scene.end(Gaps::All).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_somebody_empties() {
    let engine = Engine::start(&[]);
    let scene = Scene::begin(Plan::on(engine.url())).await;
    scene.all_came().await;
    for _ in 0..2 {
        scene.play(1.0).await;
        engine.ask(&["FLUSHALL"]);
    }
    scene.play(2.0).await;
    scene.end(Gaps::All).await;
}

/// The replica is promoted first, while the nodes still write to the old master. A replica that is
/// only stopped loses nothing: the kernel has what it was sent, and hands it over after the death
/// of the master.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failover_that_loses_the_tail_and_another_one_back() {
    let mut first = Engine::start(&[]);
    let mut second = Engine::start(&[]);
    second.follow(&first);
    let line = Line::to(first.addr(), Chance::new().into()).await;
    let scene = Scene::begin(Plan::on(format!("redis://{}", line.addr))).await;
    scene.all_came().await;
    fail_over(&scene, &mut first, &second, &line).await;
    scene.play(1.0).await;
    first.run();
    first.follow(&second);
    scene.play(1.0).await;
    fail_over(&scene, &mut second, &first, &line).await;
    scene.play(1.0).await;
    scene.end(Gaps::All).await;
}

async fn fail_over(scene: &Scene, master: &mut Engine, replica: &Engine, line: &Line) {
    replica.ask(&["REPLICAOF", "NO", "ONE"]);
    let acked = scene.acked();
    // These are lost.
    scene
        .until("a tail", |scene| scene.acked() > acked + 5)
        .await;
    master.kill();
    line.lead_to(replica.addr());
}
