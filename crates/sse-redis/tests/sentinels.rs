//! Sentinels that name the master, and name another one when it is lost.

#[allow(dead_code, reason = "other tests need more")]
mod support;

use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use sse_engine::topics::{Caller, Engine as _};
use sse_redis::RedisEngine;
use tempfile::TempDir;
use tokio::time::sleep;

use support::{Engine, KEEP, free_port, program, publish, why};

/// A sentinel, which is the same program with another part.
struct Sentinel {
    child: Child,
    port: u16,
    _folder: TempDir,
}

impl Sentinel {
    fn start(master: u16, password: Option<&str>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let password = password.map_or_else(String::new, |password| {
            format!("requirepass {password}\nsentinel sentinel-pass {password}\n")
        });
        let text = format!(
            "port {port}\nbind 127.0.0.1\n{password}\
             sentinel monitor main 127.0.0.1 {master} 2\n\
             sentinel auth-pass main hunter2\n\
             sentinel down-after-milliseconds main 1000\n\
             sentinel failover-timeout main 5000\n"
        );
        let file = folder.path().join("sentinel.conf");
        std::fs::write(&file, text).expect("written");
        let child = Command::new(program())
            .arg(&file)
            .arg("--sentinel")
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("it starts");
        Self {
            child,
            port,
            _folder: folder,
        }
    }
}

impl Drop for Sentinel {
    fn drop(&mut self) {
        self.child.kill().expect("it runs");
        self.child.wait().expect("it ends");
    }
}

/// A failover takes some seconds.
#[tokio::test]
async fn when_a_master_is_lost_the_next_connection_is_to_the_new_one() {
    let auth = ["--requirepass", "hunter2", "--masterauth", "hunter2"];
    let mut master = Engine::start_only(&auth);
    let port = master.port.to_string();
    let replica = Engine::start_only(&[&auth[..], &["--replicaof", "127.0.0.1", &port]].concat());
    // One of them wants a password: the one of the master does not do for it.
    let sentinels: Vec<Sentinel> = (0..3)
        .map(|_| Sentinel::start(master.port, Some("sesame")))
        .collect();
    // A URL that is wrong is asked of each in turn: one that does not listen yet would be named.
    let until = Instant::now() + Duration::from_secs(20);
    for sentinel in &sentinels {
        while TcpStream::connect(("127.0.0.1", sentinel.port)).is_err() {
            assert!(Instant::now() < until, "a sentinel does not listen");
            sleep(Duration::from_millis(20)).await;
        }
    }
    let hosts: Vec<String> = sentinels
        .iter()
        .map(|sentinel| format!("127.0.0.1:{}", sentinel.port))
        .collect();
    let hosts = hosts.join(",");
    let url =
        |name: &str, options: &str| format!("redis+sentinel://:hunter2@{hosts}/{name}{options}");
    let engine = |url: &str| RedisEngine::new(url, KEEP, "one").expect("a URL");
    let right = engine(&url("main", "?sentinel_password=sesame"));

    let until = Instant::now() + Duration::from_secs(20);
    let log = loop {
        match right.connect().await {
            Ok(log) => break log,
            Err(e) if Instant::now() > until => panic!("{e}"),
            Err(_) => sleep(Duration::from_millis(50)).await,
        }
    };
    // Nothing named it: log, page and `sse nodes` had the list of the Sentinels alone.
    let at = |port: u16| Some(format!("127.0.0.1:{port}"));
    assert_eq!(log.master(), at(master.port));
    let before = log.process();
    let first = publish(&*log, "news", "1").await;
    for (url, part) in [
        (url("main", ""), "the user or the password is wrong"),
        (
            url("main", "?sentinel_password=x"),
            "the user or the password is wrong",
        ),
        (
            url("other", "?sentinel_password=sesame"),
            "it knows no master \"other\"",
        ),
        (
            url("main", "?sentinel_password=sesame").replace("hunter2", "x"),
            "the master 127.0.0.1",
        ),
    ] {
        let told = engine(&url).connect().await.expect_err("it is wrong");
        let told = why(told);
        assert!(told.contains(part), "{told}");
        assert!(
            !told.contains("hunter2") && !told.contains("sesame"),
            "{told}"
        );
    }

    // The replica has it, and the sentinels know of the replica.
    let replicated = || {
        let client = redis::Client::open(format!("redis://:hunter2@127.0.0.1:{}", replica.port));
        let mut connection = client.and_then(|client| client.get_connection())?;
        let keys: Vec<String> = redis::cmd("KEYS").arg("*:e:news").query(&mut connection)?;
        Ok::<bool, redis::RedisError>(keys.len() == 1)
    };
    let known = || {
        let url = format!("redis://:sesame@127.0.0.1:{}", sentinels[0].port);
        let mut connection = redis::Client::open(url)?.get_connection()?;
        let mut ask = redis::cmd("SENTINEL");
        let replicas: Vec<redis::Value> = ask.arg("REPLICAS").arg("main").query(&mut connection)?;
        let mut ask = redis::cmd("SENTINEL");
        let others: Vec<redis::Value> = ask.arg("SENTINELS").arg("main").query(&mut connection)?;
        Ok::<bool, redis::RedisError>(replicas.len() == 1 && others.len() == 2)
    };
    let until = Instant::now() + Duration::from_secs(30);
    while !matches!((replicated(), known()), (Ok(true), Ok(true))) {
        assert!(Instant::now() < until, "{:?} {:?}", replicated(), known());
        sleep(Duration::from_millis(100)).await;
    }

    master.kill();
    let told = why(right.connect().await.expect_err("it is over"));
    let words = format!("nothing listens at the master 127.0.0.1:{}", master.port);
    assert!(told.contains(&words) && !told.contains("URL"), "{told}");
    let until = Instant::now() + Duration::from_secs(60);
    let log = loop {
        match right.connect().await {
            Ok(log) => break log,
            Err(e) if Instant::now() > until => panic!("{e}"),
            Err(_) => sleep(Duration::from_millis(100)).await,
        }
    };
    assert_eq!(log.master(), at(replica.port));
    assert_ne!(log.process(), before);
    let caller = Caller {
        known: first.born,
        acked: Some(first),
        read: Some(first),
    };
    let next = log.touch("news", caller).await.expect("it answers").last;
    assert!(next.born > first.born, "another process answers");
    assert_eq!(log.load("news", None).await.expect("it answers").len(), 1);
}
