//! A database with other things in it, and entries that somebody wrote by hand.

#[allow(dead_code, reason = "other tests need more")]
mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};

use redis::Value;
use sse_engine::Error;
use sse_engine::topics::{Caller, Engine as _, Position};
use sse_redis::{Keep, Keys, RedisEngine};
use tokio::time::sleep;

use support::{Engine, KEEP, publish, try_publish, why};

#[tokio::test]
async fn what_else_is_in_the_database_stays_as_it_is() {
    let server = Engine::start();
    server.does(&["SET", "sse1", "a"]);
    server.does(&["SET", "news", "b"]);
    server.does(&["XADD", "e:news", "1-1", "d", "x"]);
    let log = server.log().await;
    publish(&*log, "news", "1").await;
    log.beat(&[]).await.expect("it answers");
    log.end("news").await.expect("it answers");
    assert_eq!(
        server.does(&["GET", "sse1"]),
        Value::BulkString(b"a".into())
    );
    assert_eq!(
        server.does(&["GET", "news"]),
        Value::BulkString(b"b".into())
    );
    assert_eq!(server.does(&["XLEN", "e:news"]), Value::Int(1));
    let Value::Array(keys) = server.does(&["KEYS", "sse1:*"]) else {
        panic!("no keys");
    };
    // Those of the topic, of its slot, and of the nodes: all of them go by themselves.
    assert_eq!(keys.len(), 4, "{keys:?}");
    for key in keys {
        let Value::BulkString(key) = key else {
            panic!("no key")
        };
        let key = String::from_utf8(key).expect("ours");
        let ttl = server.does(&["TTL", &key]);
        assert!(matches!(ttl, Value::Int(1..)), "{key}: {ttl:?}");
    }
}

#[tokio::test]
async fn a_key_that_holds_something_else_blocks_its_topic_alone() {
    let keys = Keys::of("news");
    for key in [&keys.entries, &keys.meta, &keys.given, &keys.topics] {
        let server = Engine::start();
        server.does(&["SET", key, "mine"]);
        let log = server.log().await;
        let told = try_publish(&*log, "news", "1").await;
        let Err(Error::TopicBlocked(why)) = told else {
            panic!("{told:?}");
        };
        assert!(why.contains(&**key), "{why}");
        let touched = log.touch("news", Caller::default()).await;
        assert!(matches!(touched, Err(Error::TopicBlocked(_))));
        let ended = log.end("news").await;
        assert!(!matches!(ended, Ok(true)), "{ended:?}");
        assert_eq!(
            server.does(&["GET", key]),
            Value::BulkString(b"mine".into())
        );
        publish(&*log, "a", "goes on").await;
    }
}

/// A read over many topics goes on without one that was spoilt meanwhile.
#[tokio::test]
async fn a_read_leaves_out_what_is_no_stream_any_more() {
    let server = Engine::start();
    let log = server.log().await;
    let (a, b) = (
        publish(&*log, "a", "1").await,
        publish(&*log, "b", "1").await,
    );
    let key = Keys::of("a").entries;
    server.does(&["DEL", &key]);
    server.does(&["LPUSH", &key, "x"]);
    publish(&*log, "b", "2").await;
    let behind = [("a".into(), a), ("b".into(), b)];
    let read = log.read(&behind).await.expect("it goes on");
    assert_eq!(read.len(), 1);
    assert_eq!((&*read[0].0, read[0].1.len()), ("b", 1));
    let began = Instant::now();
    let none = log.read(&behind[..1]).await.expect("it goes on");
    assert!(none.is_empty());
    assert!(
        began.elapsed() > Duration::from_millis(50),
        "it does not spin"
    );
    let loaded = log.load("a", None).await;
    assert!(matches!(loaded, Err(Error::TopicBlocked(_))), "{loaded:?}");
    // The nodes cannot tell each other anything, and go on.
    server.does(&["SET", "sse1:{nodes}:nodes", "x"]);
    let alone = log.beat(&[("b".into(), 3)]).await.expect("it goes on");
    assert_eq!((alone.nodes, log.warnings().len()), (1, 1));
}

#[tokio::test]
async fn entries_by_hand_are_no_events_and_stop_nothing() {
    let server = Engine::start();
    let log = server.log().await;
    let key = Keys::of("news").entries;
    let mut last = publish(&*log, "news", "1").await;
    let hand = |id: &str, fields: &[&str]| {
        server.does(&[&["XADD", &key, id], fields].concat());
    };
    for (number, fields) in [
        (None, &["what", "else"][..]),
        // It looks as what an end writes, but has data.
        (Some(0), &["l", "begins", "d", "x"]),
        (Some(1), &["d", "\u{0}", "r", "-1"]),
        (Some(9_999_999_999_999_u64), &["d", "many digits"]),
    ] {
        let place = match number {
            None => "*".to_owned(),
            Some(number) => format!("{}-{number}", last.born + 5000),
        };
        hand(&place, fields);
        let read = log
            .read(&[("news".into(), last)])
            .await
            .expect("it answers");
        let by_hand = &read[0].1[0];
        assert_eq!((&by_hand.event, by_hand.begins), (&None, false), "{place}");
        let cursor = by_hand.place;
        let next = publish(&*log, "news", "2").await;
        assert!(
            next > cursor && next.born <= Position::LATEST_LIFE,
            "{next:?}"
        );
        last = next;
    }
    let mut bytes = redis::cmd("XADD");
    bytes
        .arg(&key)
        .arg(format!("{}-1", last.born + 1000))
        .arg("d")
        .arg(b"\xff\xfe");
    bytes.exec(&mut server.connect()).expect("added");
    let read = log
        .read(&[("news".into(), last)])
        .await
        .expect("it answers");
    assert_eq!(read[0].1[0].event, None, "it is no text");
}

/// Nothing of ours could ever come behind an id with more digits.
#[tokio::test]
async fn an_entry_with_too_many_digits_goes_and_ids_keep_their_width() {
    let server = Engine::start();
    let log = server.log().await;
    let key = Keys::of("news").entries;
    for id in [
        "10000000000000-1",
        "18446744073709551615-18446744073709551615",
    ] {
        let first = publish(&*log, "news", "1").await;
        server.does(&["XADD", &key, id, "d", "x"]);
        assert_eq!(log.load("news", Some(first)).await, Ok(vec![]));
        // Its reader has it dropped, and does not spin.
        let read = log
            .read(&[("news".into(), first)])
            .await
            .expect("it answers");
        assert_eq!(read[0].1, []);
        assert_eq!(server.does(&["EXISTS", &key]), Value::Int(0));
        let next = publish(&*log, "news", "2").await;
        // The next life that ends in the digits of this process, and none behind that id.
        assert_eq!(next.born, first.born + 100_000);
        assert_eq!(next.to_string().len(), 26);
    }
    // One that was written and deleted again: the stream remembers it.
    let first = publish(&*log, "news", "3").await;
    let later = format!("{}-7", first.born + 50_000);
    server.does(&["XADD", &key, &later, "d", "x"]);
    server.does(&["XDEL", &key, &later]);
    let next = publish(&*log, "news", "4").await;
    assert!(next.born > first.born + 50_000);
    server.does(&["XADD", &key, "99999999999999-1", "d", "x"]);
    server.does(&["XDEL", &key, "99999999999999-1"]);
    let next = publish(&*log, "news", "5").await;
    assert_eq!(next.to_string().len(), 26);
    // The last life that there can be.
    server.does(&["XADD", &key, "9999999999999-1", "d", "x"]);
    let told = try_publish(&*log, "news", "6").await;
    assert!(matches!(told, Err(Error::TopicBlocked(_))), "{told:?}");
}

/// 300 MiB are to be read, and no answer may have more than some.
#[tokio::test]
async fn an_answer_is_bounded_however_much_there_is_to_read() {
    let server = Engine::start();
    let keep = Keep {
        bytes: 1 << 30,
        ..KEEP
    };
    let engine = RedisEngine::new(&server.url(), keep, "one").expect("a URL");
    let log = engine.connect().await.expect("it answers");
    let large = "x".repeat(1 << 20);
    let mut behind: Vec<(Arc<str>, Position)> = Vec::new();
    for n in 0..20 {
        let topic = format!("t{n}");
        let placed = publish(&*log, &topic, "small").await;
        behind.push((topic.into(), placed));
    }
    for _ in 0..15 {
        for (topic, _) in &behind {
            publish(&*log, topic, &large).await;
        }
    }
    let (mut log, mut reads, mut most) = (log, 0, 0);
    let mut left = 300;
    while left > 0 && reads < 1000 {
        reads += 1;
        let Ok(read) = log.read(&behind).await else {
            // The first answer had more than there may be. From here on fewer are asked for.
            log = engine.connect().await.expect("it answers");
            continue;
        };
        let here: usize = read.iter().map(|(_, entries)| entries.len()).sum();
        most = most.max(here);
        left -= here;
        for (topic, entries) in read {
            let topic = behind.iter_mut().find(|(name, _)| *name == topic);
            topic.expect("it was asked for").1 = entries.last().expect("one").place;
        }
    }
    assert_eq!(left, 0);
    assert!(most <= 60, "{most} MiB at once");
    // Nothing is left, and it waits again.
    let began = Instant::now();
    assert!(log.read(&behind).await.expect("it answers").is_empty());
    assert!(began.elapsed() > Duration::from_secs(1));
}

#[tokio::test]
async fn one_answer_that_is_too_large_ends_the_connection_with_a_sentence() {
    let server = Engine::start();
    let log = server.log().await;
    publish(&*log, "news", "1").await;
    let key = Keys::of("news").entries;
    let mut add = redis::cmd("XADD");
    add.arg(&key).arg("*").arg("d").arg(vec![b'x'; 70 << 20]);
    add.exec(&mut server.connect()).expect("added");
    let told = log.load("news", None).await.expect_err("it is too large");
    let told = why(told);
    assert!(told.contains("larger than 64 MiB"), "{told}");
}

/// Topics that nobody used for long make room for others.
#[tokio::test]
async fn topics_are_bounded_and_old_ones_make_room() {
    let server = Engine::start();
    let keep = Keep {
        topics: 2,
        seconds: 2,
        ..KEEP
    };
    let engine = RedisEngine::new(&server.url(), keep, "one").expect("a URL");
    let log = engine.connect().await.expect("it answers");
    let slot = Keys::of("t0").topics;
    let names = (0..200).map(|n| format!("t{n}"));
    let of_slot: Vec<String> = names.filter(|name| Keys::of(name).topics == slot).collect();
    publish(&*log, &of_slot[0], "1").await;
    publish(&*log, &of_slot[1], "1").await;
    let told = try_publish(&*log, &of_slot[2], "1").await;
    assert_eq!(told, Err(Error::TopicsFull(32)), "of all slots");
    sleep(Duration::from_millis(1200)).await;
    publish(&*log, &of_slot[1], "2").await;
    sleep(Duration::from_millis(1200)).await;
    publish(&*log, &of_slot[2], "the first is gone").await;
    let told = try_publish(&*log, &of_slot[3], "1").await;
    assert_eq!(told, Err(Error::TopicsFull(32)), "the second is not");
}
