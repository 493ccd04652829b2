//! Engines that cannot be worked with, and what a person is told of them.

#[allow(dead_code, reason = "other tests need more")]
mod support;

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use sse_engine::Error;
use sse_engine::topics::{Caller, Engine as _};
use sse_redis::{Mistake, RedisEngine};

use support::{Engine, KEEP, connect, free_port, publish, try_publish};

/// What a person is told where there is no connection.
async fn refusal(url: &str) -> String {
    let Err(told) = connect(url).await else {
        panic!("it connects");
    };
    assert!(!told.contains("hunter2"), "a secret is told");
    assert_eq!(told.lines().count(), 1, "{told}");
    told
}

fn with(server: &Engine, login: &str) -> String {
    format!("redis://{login}@127.0.0.1:{}", server.port)
}

#[tokio::test]
async fn passwords_are_told_of_and_never_shown() {
    let server = Engine::start();
    let told = refusal(&with(&server, ":hunter2")).await;
    assert!(told.contains("it has no password"), "{told}");
    server.does(&["CONFIG", "SET", "requirepass", "hunter2"]);
    let told = refusal(&server.url()).await;
    assert!(told.contains("wants a password"), "{told}");
    for login in [":hunter22", "default:hunter22", "who:hunter2"] {
        let told = refusal(&with(&server, login)).await;
        assert!(told.contains("the user or the password is wrong"), "{told}");
    }
    let engine = RedisEngine::new(&with(&server, ":hunter2"), KEEP, "one").expect("a URL");
    let log = engine.connect().await.expect("it is right");
    for shown in [engine.place(), format!("{engine:?} {log:?}")] {
        assert!(!shown.contains("hunter2"), "{shown}");
    }
    publish(&*log, "news", "1").await;
}

/// One that does not know AUTH repeats the password in its answer.
#[tokio::test]
async fn an_answer_that_repeats_the_password_is_not_shown() {
    let server = Engine::start_with(&["--rename-command", "AUTH", ""]);
    let told = refusal(&with(&server, ":hunter2")).await;
    assert!(told.contains("does not take a user"), "{told}");
}

#[tokio::test]
async fn what_an_acl_forbids_is_named() {
    let server = Engine::start();
    let user = |rules: &[&str]| {
        let begin = ["ACL", "SETUSER", "node", "reset", "on", ">hunter2"];
        server.does(&[&begin, rules].concat());
    };
    let url = with(&server, "node:hunter2");
    for (rules, part) in [
        (&["~sse1:*", "+@all", "-info"][..], "+info"),
        (&["~sse1:*", "+@all", "-eval"], "+eval"),
        (&["~sse1:*", "+@all", "-evalsha"], "+evalsha"),
        (&["~sse1:*", "+@all", "-xdel"], "+xdel"),
        (&["~sse1:*", "+@all", "-xread"], "+xread"),
        (&["~other:*", "+@all"], "~sse1:*"),
    ] {
        user(rules);
        let told = refusal(&url).await;
        assert!(told.contains(part), "{rules:?}: {told}");
    }
    assert_eq!(
        server.does(&["KEYS", "*"]),
        redis::Value::Array(vec![]),
        "nothing is left behind"
    );
    // What docs/SCALE.md names is enough.
    let docs = include_str!("../../../docs/SCALE.md").lines();
    let mut lines = docs.filter(|line| line.contains("ACL SETUSER sse on"));
    let rules = lines.next().expect("it names them").split_whitespace();
    let rules: Vec<&str> = rules.filter(|word| word.starts_with('+')).collect();
    user(&[&["~sse1:*", "-@all"], &*rules].concat());
    connect(&url).await.expect("it may do all that it has to");
    // And what the documentation of the crate names.
    let needed = include_str!("../src/lib.rs");
    let needed = needed
        .split("the commands `")
        .nth(1)
        .expect("it names them");
    let needed = needed
        .split('`')
        .next()
        .expect("they end")
        .replace("//!", "");
    let allowed: Vec<String> = needed.split_whitespace().map(|c| format!("+{c}")).collect();
    let mut rules = vec!["~sse1:*"];
    rules.extend(allowed.iter().map(String::as_str));
    user(&rules);
    let log = connect(&url).await.expect("it may do all that it has to");
    let at = publish(&*log, "news", "1").await;
    log.touch("news", Caller::default()).await.expect("it may");
    log.load("news", None).await.expect("it may");
    log.beat(&[("news".into(), 1)]).await.expect("it may");
    log.end("news").await.expect("it may");
    // Without CLIENT a wait is short, and so is that for one that was dropped.
    let behind = [("none".into(), at)];
    let began = Instant::now();
    assert!(log.read(&behind).await.expect("it may").is_empty());
    assert!(began.elapsed() < Duration::from_millis(600));
}

#[tokio::test]
async fn nobody_who_answers_is_told_from_somebody_else_who_does() {
    let port = free_port();
    let told = refusal(&format!("redis://127.0.0.1:{port}")).await;
    assert!(told.contains("nothing listens"), "{told}");
    let told = refusal("redis://no-such-host.invalid").await;
    assert!(told.contains("cannot be reached"), "{told}");
    let told = refusal("unix:/no/such/socket").await;
    assert!(told.contains("there is no such socket"), "{told}");
    for (answer, part) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "no Redis"),
        (b"", "closed the connection"),
        (
            b"-DENIED Redis is running in protected mode.\r\n",
            "protected mode",
        ),
        (b"-ERR max number of clients reached\r\n", "maxclients"),
        (b"$6\r\nredis:\r\n", "run_id"),
    ] {
        let told = refusal(&answers(answer)).await;
        assert!(told.contains(part), "{told}");
    }
    // One that says nothing.
    let silent = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = silent.local_addr().expect("bound").port();
    let began = Instant::now();
    let told = refusal(&format!("redis://127.0.0.1:{port}")).await;
    assert!(told.contains("does not answer in time"), "{told}");
    assert!(began.elapsed() < Duration::from_millis(2500));
}

/// It was the only raw error that was told: `ResponseError: unknown command 'SENTINEL'`.
#[tokio::test]
async fn a_redis_that_is_taken_for_a_sentinel_is_told_from_one() {
    let server = Engine::start();
    let told = refusal(&format!("redis+sentinel://127.0.0.1:{}/main", server.port)).await;
    assert!(told.contains(": it is no Sentinel: "), "{told}");
    assert!(!told.contains("ResponseError"), "{told}");
}

/// Something that gives this answer to whatever it is asked.
fn answers(answer: &'static [u8]) -> String {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
    let port = listener.local_addr().expect("bound").port();
    thread::spawn(move || {
        for client in listener.incoming().take(2).flatten() {
            thread::spawn(move || {
                let mut client = client;
                if matches!(client.read(&mut [0; 1000]), Ok(1..)) {
                    _ = client.write_all(answer);
                }
            });
        }
    });
    format!("redis://127.0.0.1:{port}")
}

#[tokio::test]
async fn a_replica_is_refused_and_a_master_that_becomes_one_is_noticed() {
    let (server, other) = (Engine::start(), Engine::start());
    let log = server.log().await;
    publish(&*log, "news", "1").await;
    let port = other.port.to_string();
    server.does(&["REPLICAOF", "127.0.0.1", &port]);
    let told = try_publish(&*log, "news", "2")
        .await
        .expect_err("a replica");
    let Error::EngineAway(why) = told else {
        panic!("nothing was published: {told:?}");
    };
    assert!(why.contains("replica"), "{why}");
    let told = refusal(&server.url()).await;
    assert!(told.contains("it is a replica"), "{told}");
    server.does(&["REPLICAOF", "NO", "ONE"]);
    server.does(&["CONFIG", "SET", "min-replicas-to-write", "1"]);
    let told = refusal(&server.url()).await;
    assert!(told.contains("min-replicas-to-write"), "{told}");
}

#[tokio::test]
async fn a_full_engine_refuses_publishes_and_keeps_its_connection() {
    let server = Engine::start();
    let log = server.log().await;
    let placed = publish(&*log, "news", "1").await;
    server.does(&["CONFIG", "SET", "maxmemory", "1"]);
    let told = try_publish(&*log, "news", "2").await;
    assert_eq!(told, Err(Error::EngineFull));
    let touch = log.touch("news", Caller::default()).await;
    assert_eq!(
        touch.map(|placed| placed.last),
        Ok(placed),
        "it changes nothing"
    );
    // Nodes that left the engine for a refused beat came back at once, thirty times a second.
    let alone = log.beat(&[]).await.expect("it has no room for it");
    assert_eq!(alone.nodes, 1);
    let warnings = log.warnings();
    assert!(warnings[0].contains("no memory left"), "{warnings:?}");
    let again = server.log().await;
    assert_eq!(again.load("news", None).await.expect("it reads").len(), 1);
    server.does(&["CONFIG", "SET", "maxmemory", "0"]);
    log.beat(&[]).await.expect("it has room");
    assert_eq!(log.warnings(), [""; 0]);
    let next = publish(&*log, "news", "2").await;
    assert_eq!((next.born, next.seq), (placed.born, 2));
}

#[tokio::test]
async fn a_policy_that_drops_keys_is_warned_of() {
    let server = Engine::start();
    assert_eq!(server.log().await.warnings(), [""; 0]);
    server.does(&["CONFIG", "SET", "maxmemory-policy", "allkeys-lru"]);
    let warnings = server.log().await.warnings();
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("allkeys-lru"), "{warnings:?}");
}

/// Writes a certificate for `localhost` and what signed it. Answers where they are: the root, the
/// certificate and its key.
fn certificates(folder: &Path) -> [PathBuf; 3] {
    let mut root = CertificateParams::new(vec![]).expect("no names");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root = CertifiedIssuer::self_signed(root, KeyPair::generate().expect("a key"));
    let root = root.expect("a root");
    let key = KeyPair::generate().expect("a key");
    let leaf = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
    let leaf = leaf.signed_by(&key, &root).expect("signed");
    let write = |name: &str, text: String| {
        let path = folder.join(name);
        std::fs::write(&path, text).expect("written");
        path
    };
    [
        write("root.pem", root.pem()),
        write("leaf.pem", leaf.pem()),
        write("key.pem", key.serialize_pem()),
    ]
}

#[tokio::test]
async fn tls_needs_a_certificate_that_is_trusted_and_of_the_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let [root, leaf, key] = certificates(folder.path());
    let text = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    let port = free_port().to_string();
    let mut server = Engine::start_only(&[
        "--tls-port",
        &port,
        "--tls-cert-file",
        &text(&leaf),
        "--tls-key-file",
        &text(&key),
        "--tls-auth-clients",
        "no",
        "--tls-ca-cert-file",
        &text(&root),
    ]);
    if server.has_ended() && std::env::var_os("SSE_ENGINE").is_some() {
        println!("this engine was built without TLS");
        return;
    }
    server.connect();
    let root = text(&root);
    let log = connect(&format!("rediss://localhost:{port}?ca={root}")).await;
    let log = log.expect("it is trusted");
    publish(&*log, "news", "1").await;
    let told = refusal(&format!("rediss://localhost:{port}")).await;
    assert!(
        told.contains("nobody that this machine trusts has signed it"),
        "{told}"
    );
    let told = refusal(&format!("valkeys://127.0.0.1:{port}?ca={root}")).await;
    assert!(told.contains("it is for another name"), "{told}");
    let told = refusal(&format!("redis://localhost:{port}")).await;
    assert!(told.contains("closed the connection"), "{told}");
    let plain = server.port;
    let told = refusal(&format!("rediss://localhost:{plain}?ca={root}")).await;
    assert!(told.contains("does not speak TLS"), "{told}");
    let none = RedisEngine::new("rediss://h?ca=/no/such/file", KEEP, "one");
    assert!(matches!(none, Err(Mistake::BadRoots(_))));
}

#[tokio::test]
async fn a_socket_of_this_machine_and_a_database_are_served() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("r.sock");
    let path = path.to_str().expect("UTF-8");
    let server = Engine::start_with(&["--unixsocket", path]);
    let log = connect(&format!("unix:{path}?db=3"))
        .await
        .expect("it answers");
    publish(&*log, "news", "1").await;
    assert!(server.does(&["KEYS", "*"]) == redis::Value::Array(vec![]));
    let log = connect(&format!("{}/3", server.url()))
        .await
        .expect("it answers");
    assert_eq!(log.load("news", None).await.expect("it answers").len(), 1);
    let told = refusal(&format!("{}/99", server.url())).await;
    assert!(told.contains("it has no database 99"), "{told}");
}

/// While it reads a large file it answers, and has nothing yet.
#[tokio::test]
async fn one_that_is_loading_its_data_is_away() {
    let mut server = Engine::start_with(&[
        "--key-load-delay",
        "20000",
        "--loading-process-events-interval-bytes",
        "1024",
        "--dbfilename",
        "d.rdb",
    ]);
    server.does(&[
        "EVAL",
        "for i = 1, 300 do redis.call('SET', 'k' .. i, string.rep('x', 900)) end",
        "0",
    ]);
    server.does(&["SAVE"]);
    server.restart();
    let mut told = String::new();
    for _ in 0..200 {
        match connect(&server.url()).await {
            Ok(_) => break,
            Err(e) if e.contains("nothing listens") => {}
            Err(e) => told = e,
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(told.contains("loading its data"), "{told:?}");
}
