//! Three Sentinels that choose the master. The nodes know only them.

use std::fmt::Write;
use std::fs;

use tempfile::TempDir;

use crate::engine::Engine;
use crate::scene::{Gaps, Plan, Scene};

/// A Sentinel, and the folder with the file that it writes to.
struct Sentinel {
    engine: Engine,
    _folder: TempDir,
}

impl Sentinel {
    fn start(master: &Engine) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut text = String::new();
        let (host, port) = (master.addr().ip(), master.addr().port());
        for line in [
            format!("sentinel monitor main {host} {port} 2"),
            "sentinel down-after-milliseconds main 1000".to_owned(),
            "sentinel failover-timeout main 4000".to_owned(),
        ] {
            writeln!(text, "{line}").expect("memory");
        }
        let file = folder.path().join("sentinel.conf");
        fs::write(&file, text).expect("it is ours");
        Self {
            engine: Engine::sentinel(file.to_str().expect("UTF-8")),
            _folder: folder,
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sentinels_put_a_replica_in_the_place_of_a_master_that_died() {
    let mut master = Engine::start(&[]);
    let replica = Engine::start(&[]);
    replica.follow(&master);
    let sentinels: Vec<_> = (0..3).map(|_| Sentinel::start(&master)).collect();
    let mut hosts = Vec::new();
    for sentinel in &sentinels {
        let known = ["SENTINEL", "MASTER", "main"];
        sentinel.engine.wait_for("it knows all", &known, |answer| {
            let lines: Vec<_> = answer.lines().collect();
            let is = |key: &str, value: &str| lines.windows(2).any(|two| two == [key, value]);
            is("num-slaves", "1") && is("num-other-sentinels", "2")
        });
        hosts.push(sentinel.engine.addr().to_string());
    }
    let url = format!("redis+sentinel://{}/main", hosts.join(","));
    let scene = Scene::begin(Plan::on(url)).await;
    scene.all_came().await;
    scene.play(1.0).await;
    master.kill();
    tokio::task::block_in_place(|| {
        replica.wait_for("it is the master", &["ROLE"], |role| {
            role.starts_with("master")
        });
    });
    let new = replica.addr().port().to_string();
    let who = ["SENTINEL", "GET-MASTER-ADDR-BY-NAME", "main"];
    tokio::task::block_in_place(|| {
        for sentinel in &sentinels {
            let names = |answer: &str| answer.contains(&new);
            sentinel
                .engine
                .wait_for("it names the new one", &who, names);
        }
        // The old master comes back, and is made a replica.
        master.run();
        master.wait_for("it is a replica", &["ROLE"], |role| {
            role.starts_with("slave")
        });
    });
    scene.play(2.0).await;
    scene.end(Gaps::Late).await;
}
