//! Nodes that die, restart and stand still.

use std::time::Duration;

use crate::engine::Engine;
use crate::scene::{Gaps, Plan, Scene};

/// What an orderly stop takes at most: its own half second, and what the machine needs.
const LONGEST_STOP: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_is_killed_costs_nobody_an_event() {
    let engine = Engine::start(&[]);
    let mut scene = Scene::begin(Plan::on(engine.url())).await;
    scene.all_came().await;
    scene.play(0.5).await;
    scene.kill(0);
    scene.play(1.5).await;
    scene.start(0);
    scene.play(1.0).await;
    scene.kill(1);
    scene.kill(2);
    scene.play(1.5).await;
    scene.start(1);
    scene.start(2);
    scene.play(0.5).await;
    scene.end(Gaps::None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_rolling_restart_costs_nobody_an_event() {
    let engine = Engine::start(&[]);
    let mut scene = Scene::begin(Plan::on(engine.url())).await;
    scene.all_came().await;
    for node in 0..3 {
        let took = scene.stop(node);
        assert!(took < LONGEST_STOP, "it stopped in {took:?}");
        scene.play(0.5).await;
        scene.start(node);
        scene.play(1.0).await;
    }
    scene.end(Gaps::None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_dropped_while_a_node_stood_still_is_counted() {
    let engine = Engine::start(&[]);
    let plan = Plan {
        // A node that stands still has what it was asked to publish, and publishes it when it goes
        // on. By then the engine no longer keeps the repeat of it, so it would be there twice.
        publish_past_first: true,
        // Less than what is published meanwhile.
        ..Plan::on(engine.url()).with(&["--keep-events", "5"])
    };
    let scene = Scene::begin(plan).await;
    scene.all_came().await;
    scene.signal(0, "STOP");
    scene.play(5.0).await;
    scene.signal(0, "CONT");
    scene.play(1.0).await;
    scene.end(Gaps::Counted).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_nodes_begin_while_the_engine_is_away() {
    let mut engine = Engine::start(&[]);
    engine.kill();
    let scene = Scene::begin(Plan::on(engine.url())).await;
    scene.play(2.0).await;
    assert!(scene.refused() > 0, "publishers were told");
    engine.run();
    scene.all_came().await;
    scene.play(1.0).await;
    scene.end(Gaps::None).await;
}
