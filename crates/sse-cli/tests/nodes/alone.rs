//! One node without an engine: the harness itself adds up.

use crate::scene::{Gaps, Plan, Scene};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn subscribers_of_one_node_come_and_go_and_lose_nothing() {
    let scene = Scene::begin(Plan::alone()).await;
    scene.all_came().await;
    scene.play(4.0).await;
    scene.end(Gaps::None).await;
}
