//! An engine that does not let the nodes in, or not everywhere.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use crate::engine::Engine;
use crate::scene::{Gaps, Plan, Scene};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_is_said_and_can_be_mended() {
    const WRONG: &str = "not-this-one";
    let engine = Engine::start(&["--requirepass", "this-one"]);
    let url = format!("redis://:{WRONG}@{}", engine.addr());
    let plan = Plan {
        crowd: 30,
        log: "text",
        ..Plan::on(url)
    };
    let mut scene = Scene::begin(plan).await;
    scene.play(2.5).await;
    assert!(scene.refused() > 0, "publishers were told");
    let begun = Instant::now();
    let stderr = scene.stop_and_read(1);
    assert!(begun.elapsed() < Duration::from_secs(3), "it stopped late");
    assert!(
        stderr.contains("password"),
        "it says what is wrong: {stderr}"
    );
    assert!(!stderr.contains(WRONG), "and does not show it: {stderr}");
    scene.start(1);

    let set = ["CONFIG", "SET", "requirepass", WRONG];
    let signed_in = [&["-a", "this-one", "--no-auth-warning"], &set[..]].concat();
    assert_eq!(engine.ask(&signed_in).trim(), "OK");
    scene.all_came().await;
    scene.play(1.0).await;
    scene.end(Gaps::None).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_user_with_the_commands_of_the_docs_is_enough() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let docs = fs::read_to_string(root.join("docs/SCALE.md")).expect("it is there");
    let begin = docs.find("ACL SETUSER sse").expect("the line");
    let line = docs[begin..]
        .lines()
        .next()
        .expect("the line")
        .replace('\'', "");
    let engine = Engine::start(&[]);
    let words: Vec<_> = line.split_whitespace().collect();
    assert_eq!(engine.ask(&words).trim(), "OK");
    // Nobody else gets in.
    assert_eq!(
        engine.ask(&["ACL", "SETUSER", "default", "off"]).trim(),
        "OK"
    );
    let url = format!("redis://sse:secret@{}", engine.addr());
    let mut scene = Scene::begin(Plan::on(url)).await;
    scene.all_came().await;
    scene.kill(0);
    scene.play(1.0).await;
    scene.start(0);
    scene.play(1.0).await;
    assert_eq!(scene.refused(), 0, "nothing was refused");
    scene.end(Gaps::None).await;
}
