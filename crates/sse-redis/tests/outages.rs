//! Engines that are lost, paused or cut off while a node is on them.

#[allow(dead_code, reason = "other tests need more")]
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_engine::Error;
use sse_engine::topics::{Caller, Log, Position};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use support::{Engine, connect, publish, try_publish, why};

fn is_away<T: std::fmt::Debug>(answer: Result<T, Error>) -> String {
    why(answer.expect_err("it is away"))
}

async fn touch(log: &dyn Log, caller: Caller) -> Position {
    let placed = log.touch("news", caller).await.expect("it answers");
    placed.last
}

#[tokio::test]
async fn another_process_begins_a_life_and_the_old_connection_is_over() {
    let mut server = Engine::start();
    let log = server.log().await;
    let first = publish(&*log, "news", "1").await;
    server.restart();
    is_away(log.touch("news", Caller::default()).await);
    // What is not sent for sure is not unsure.
    sleep(Duration::from_millis(50)).await;
    let why = is_away(try_publish(&*log, "news", "2").await);
    assert!(why.contains("the connection is lost"), "{why}");
    server.connect();
    let log = server.log().await;
    let caller = Caller {
        known: first.born,
        acked: Some(first),
        read: Some(first),
    };
    let next = touch(&*log, caller).await;
    assert!(next.born > first.born && next.seq == 0, "{next:?}");
}

#[tokio::test]
async fn all_that_is_flushed_begins_a_life_and_the_script_is_sent_again() {
    let server = Engine::start();
    let log = server.log().await;
    let first = publish(&*log, "news", "1").await;
    server.does(&["SCRIPT", "FLUSH"]);
    let second = publish(&*log, "news", "2").await;
    assert_eq!((second.born, second.seq), (first.born, 2));
    server.does(&["FLUSHALL"]);
    let caller = Caller {
        known: first.born,
        ..Caller::default()
    };
    assert!(touch(&*log, caller).await.born > first.born);
}

#[tokio::test]
async fn a_paused_engine_fails_each_call_in_time() {
    let server = Engine::start();
    let log = server.log().await;
    let placed = publish(&*log, "news", "1").await;
    server.signal("STOP");
    let began = Instant::now();
    let behind = [("news".into(), placed)];
    let (published, touched, loaded, beat) = tokio::join!(
        try_publish(&*log, "news", "2"),
        log.touch("news", Caller::default()),
        log.load("news", None),
        log.beat(&[]),
    );
    assert!(began.elapsed() < Duration::from_millis(2500));
    let Err(Error::MaybePublished(why)) = published else {
        panic!("nobody knows: {published:?}");
    };
    assert!(why.ends_with(": it does not answer in time"), "{why}");
    for why in [is_away(touched), is_away(loaded), is_away(beat)] {
        assert!(why.contains("does not answer in time"), "{why}");
    }
    let read = log.read(&behind).await;
    assert!(began.elapsed() < Duration::from_millis(7000));
    is_away(read);
    let refused = connect(&server.url()).await.expect_err("it is paused");
    assert!(refused.contains("does not answer in time"), "{refused}");
    server.signal("CONT");
    let log = server.log().await;
    // It was done after all, which is what the answer says.
    assert_eq!(touch(&*log, Caller::default()).await.seq, 2);
}

#[tokio::test]
async fn a_killed_connection_ends_a_read() {
    let server = Engine::start();
    let log = server.log().await;
    let placed = publish(&*log, "news", "1").await;
    let behind = [("news".into(), placed)];
    let (read, ()) = tokio::join!(log.read(&behind), async {
        sleep(Duration::from_millis(100)).await;
        server.does(&["CLIENT", "KILL", "TYPE", "normal"]);
    });
    let why = is_away(read);
    assert!(why.contains("closed the connection"), "{why}");
    sleep(Duration::from_millis(50)).await;
    is_away(log.read(&behind).await);
    is_away(log.touch("news", Caller::default()).await);
}

/// A demoted master ends the wait of its readers.
#[tokio::test]
async fn a_read_ends_where_its_master_becomes_a_replica() {
    let (server, other) = (Engine::start(), Engine::start());
    let log = server.log().await;
    let placed = publish(&*log, "news", "1").await;
    let behind = [("news".into(), placed)];
    let (read, ()) = tokio::join!(log.read(&behind), async {
        sleep(Duration::from_millis(100)).await;
        server.does(&["REPLICAOF", "127.0.0.1", &other.port.to_string()]);
    });
    let why = is_away(read);
    assert!(why.contains("replica"), "{why}");
    // A touch is a write, even if there is nothing to write.
    let why = is_away(log.touch("news", Caller::default()).await);
    assert!(why.contains("replica"), "{why}");
}

/// Hands on what passes, until so many bytes of answers have.
async fn proxy(to: u16, bytes: usize) -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let port = listener.local_addr().expect("bound").port();
    tokio::spawn(async move {
        while let Ok((mut client, _)) = listener.accept().await {
            let mut server = TcpStream::connect(("127.0.0.1", to))
                .await
                .expect("it is there");
            tokio::spawn(async move {
                let (mut from, mut into) = client.split();
                let (mut answers, mut calls) = server.split();
                let mut left = bytes;
                let mut piece = vec![0; 65_536];
                let back = async {
                    while left > 0 {
                        let n = answers.read(&mut piece).await.unwrap_or(0).min(left);
                        if n == 0 || into.write_all(&piece[..n]).await.is_err() {
                            return;
                        }
                        left -= n;
                    }
                };
                tokio::select! {
                    () = back => {}
                    _ = tokio::io::copy(&mut from, &mut calls) => {}
                }
            });
        }
    });
    port
}

/// Wherever an answer is cut, it is an error, and never a part of one.
#[tokio::test]
async fn an_answer_that_is_cut_anywhere_is_no_answer() {
    let server = Engine::start();
    let direct = server.log().await;
    for n in 0..10 {
        publish(&*direct, "news", &format!("{n}")).await;
    }
    let (mut connected, mut whole) = (0, 0);
    for bytes in (3000..9000).step_by(97) {
        let port = proxy(server.port, bytes).await;
        let Ok(log) = connect(&format!("redis://127.0.0.1:{port}")).await else {
            continue;
        };
        connected += 1;
        loop {
            match log.load("news", None).await {
                Ok(entries) => assert_eq!(entries.len(), 10),
                Err(e) => {
                    is_away::<()>(Err(e));
                    break;
                }
            }
            whole += 1;
        }
        let published = try_publish(&*log, "other", "1").await;
        assert!(published.is_err(), "{published:?}");
    }
    assert!(connected > 5 && whole > 5, "{connected} {whole}");
}

/// Each that was answered is there once, in order, and of the others nobody says that they are not.
#[tokio::test]
async fn publishes_under_way_keep_their_order() {
    let server = Engine::start();
    let log = server.log().await;
    let tasks: Vec<_> = (0..200)
        .map(|n| {
            let log = Arc::clone(&log);
            async move { publish(&*log, "news", &n.to_string()).await }
        })
        .collect();
    // Polled one after the other, and answered all at once.
    let mut places = Vec::new();
    let mut running = Vec::new();
    for task in tasks {
        running.push(tokio::spawn(task));
    }
    for task in running {
        places.push(task.await.expect("it goes on").seq);
    }
    assert_eq!(places, (1..=200).collect::<Vec<u64>>());
}
