//! Coming back to a topic with a last event id: exactly what is missing, or told of the gap
//! (invariant 5).

mod support;

use serde_json::{Value, json};
use sse_server::TopicConfig;
use support::Bench;
use support::topics::{Subscriber, own, quoted, seq, sibling};

/// A topic `/topics/news` of which the ring keeps the last `keep` of `published` events, whose data
/// are their numbers; and the id of the last.
async fn ring(keep: usize, published: u64) -> (Bench, String) {
    let bench = Bench::topics(TopicConfig {
        keep_events: keep,
        ..TopicConfig::default()
    })
    .await;
    let mut last = bench.subscribe("/topics/news").await.position;
    for n in 1..=published {
        last = bench.publish("/topics/news", n.to_string()).await.id;
    }
    (bench, last)
}

/// Takes the events `from..=to`, and then one that is published now, so that nothing can stand
/// between.
async fn exactly(bench: &Bench, subscriber: &mut Subscriber, from: u64, to: u64) {
    for n in from..=to {
        let event = subscriber.next().await;
        assert_eq!((seq(&event.id), event.data), (n, n.to_string()));
    }
    let id = bench.publish("/topics/news", "now").await.id;
    let event = subscriber.next().await;
    assert_eq!((event.id, event.data.as_str()), (id, "now"));
}

#[tokio::test]
async fn an_id_of_ours_gets_exactly_what_comes_after_it() {
    for n in 0..=5 {
        let (bench, last) = ring(10, 5).await;
        let id = sibling(&last, n);
        let mut header = bench.resume("/topics/news", &id).await;
        assert_eq!(header.position, id, "the place is where it stood");
        let target = format!("/topics/news?lastEventId={id}");
        let mut query = bench.subscribe(&target).await;
        for subscriber in [&mut header, &mut query] {
            for n in n + 1..=5 {
                assert_eq!(subscriber.data().await, n.to_string());
            }
        }
        exactly(&bench, &mut header, 6, 5).await;
    }
}

#[tokio::test]
async fn without_an_id_it_is_live_from_now_and_earliest_is_all_that_is_kept() {
    let (bench, last) = ring(3, 5).await;
    let mut live = bench.subscribe("/topics/news").await;
    assert_eq!(live.position, last);
    let mut header = bench.resume("/topics/news", "earliest").await;
    let mut query = bench.subscribe("/topics/news?lastEventId=earliest").await;
    for all in [&mut header, &mut query] {
        assert_eq!(seq(&all.position), 2, "nothing was promised before it");
        for n in 3..=5 {
            assert_eq!(all.data().await, n.to_string());
        }
    }
    exactly(&bench, &mut header, 1, 0).await;
    assert_eq!(live.data().await, "now");
    let mut empty = bench.resume("/topics/empty", "earliest").await;
    assert_eq!(seq(&empty.position), 0);
    bench.publish("/topics/empty", "first").await;
    assert_eq!(empty.data().await, "first");
}

#[tokio::test]
async fn the_header_beats_the_query() {
    let (bench, last) = ring(10, 5).await;
    let id = |n| sibling(&last, n);
    for (header, query, first) in [
        (id(2), id(4), Some("3")),
        ("earliest".to_owned(), id(4), Some("1")),
        (id(4), "earliest".to_owned(), Some("5")),
        // Empty is what a client sends that has no id: live.
        (String::new(), "earliest".to_owned(), None),
    ] {
        let target = format!("/topics/news?lastEventId={query}");
        let mut subscriber = bench.resume(&target, &header).await;
        match first {
            Some(first) => assert_eq!(subscriber.data().await, first, "{header:?} {query:?}"),
            None => assert_eq!(subscriber.position, last),
        }
    }
    let target = format!("/topics/news?lastEventId={}", id(2));
    let mut subscriber = bench.resume(&target, "garbage").await;
    assert!(subscriber.next().await.is_gap(), "garbage is an id, too");
}

#[tokio::test]
async fn an_id_that_left_the_ring_is_told_of_the_gap() {
    let (bench, last) = ring(3, 10).await;
    for n in 0..=9 {
        let id = sibling(&last, n);
        let mut subscriber = bench.resume("/topics/news", &id).await;
        let first = match n {
            // 7 left the ring too, but nothing behind it is missing.
            7.. => n + 1,
            _ => {
                let gap = subscriber.next().await;
                assert_eq!(
                    gap.gap(),
                    json!({ "from": id, "to": sibling(&last, 8), "lost": 7 - n })
                );
                assert_eq!(gap.id, sibling(&last, 7), "just before the next event");
                8
            }
        };
        for n in first..=10 {
            assert_eq!(subscriber.data().await, n.to_string());
        }
    }
}

#[tokio::test]
async fn a_gap_is_on_the_wire_byte_for_byte() {
    let (bench, last) = ring(2, 5).await;
    let id = |n| sibling(&last, n);
    let (client, head) = bench
        .ask("GET", "/topics/news", &[("last-event-id", &id(1))])
        .await;
    let mut subscriber = Subscriber::new(client, head);
    // It is the first block, so that nobody is cut off between a place and the gap before it.
    subscriber
        .expect(&format!(
            "retry: 1000\nevent: gap\nid: {before}\ndata: {{\"from\":\"{from}\",\"to\":\"{to}\",\"lost\":2}}\n\n\
             id: {to}\ndata: 4\n\nid: {last}\ndata: 5\n\n",
            before = id(3),
            from = id(1),
            to = id(4),
        ))
        .await;
    exactly(&bench, &mut subscriber, 1, 0).await;
}

#[tokio::test]
async fn an_id_that_never_was_ours_is_told_so_and_gets_all_that_is_kept() {
    let (bench, last) = ring(3, 5).await;
    let (born, _) = own(&last);
    let long = "9".repeat(1024);
    let long_wide = "\u{1f600}".repeat(256);
    for id in [
        "garbage",
        "5",
        "0",
        "\u{e9}\u{1f600}",
        "\"}\\",
        " spaced",
        &long,
        &long_wide,
        &format!("{:013}-{:012}", born - 1, 4),
        &format!("{:013}-{:012}", born + 1, 4),
        &format!("{born:013}-{:012}", 6),
        &format!("{born:013}-{:012}", 999_999_999_999_u64),
        &format!("{born:013}-4"),
        &format!("{born}-+00000000004"),
        &format!("{born:013}-{:013}", 4),
        &format!("{last}x"),
        "Earliest",
    ] {
        let target = format!("/topics/news?lastEventId={}", quoted(id));
        let mut subscriber = bench.subscribe(&target).await;
        let gap = subscriber.next().await;
        let from: String = id.chars().take(64).collect();
        assert_eq!(
            gap.gap(),
            json!({ "from": from, "to": sibling(&last, 3), "lost": null })
        );
        assert_eq!(gap.id, sibling(&last, 2));
        for n in 3..=5 {
            assert_eq!(subscriber.data().await, n.to_string());
        }
        if id.trim() == id {
            let mut header = bench.resume("/topics/news", id).await;
            assert_eq!(header.next().await.gap(), gap.gap());
        }
    }
}

#[tokio::test]
async fn a_header_that_is_not_utf8_is_an_id_that_never_was_ours() {
    let (bench, last) = ring(3, 5).await;
    let mut client = bench.connect().await;
    let request = bench.request("GET", "/topics/news", &[("last-event-id", "?")]);
    let (before, after) = request.split_once('?').expect("the mark in the header");
    client
        .send_bytes(&[before.as_bytes(), b"3\xff\xfe", after.as_bytes()].concat())
        .await;
    let head = client.head().await;
    let mut subscriber = Subscriber::new(client, head);
    let gap = subscriber.next().await.gap();
    assert_eq!(gap["to"], json!(sibling(&last, 3)));
    assert_eq!(gap["lost"], Value::Null);
    exactly(&bench, &mut subscriber, 3, 5).await;
}

#[tokio::test]
async fn a_gap_before_nothing_has_no_next_event() {
    let bench = Bench::start().await;
    let mut subscriber = bench.resume("/topics/news", "garbage").await;
    let gap = subscriber.next().await;
    assert_eq!(
        gap.gap(),
        json!({ "from": "garbage", "to": null, "lost": null })
    );
    assert_eq!(seq(&gap.id), 0);
    exactly(&bench, &mut subscriber, 1, 0).await;
}

/// Invariant 6: what a client brings stays within the gap's data.
#[tokio::test]
async fn no_id_breaks_out_of_the_gap_event() {
    let (bench, _) = ring(3, 1).await;
    for id in [
        "a\n\ndata: forged\n\n",
        "a\r\rid: forged\r\r",
        "a\r\n\r\n",
        "\0",
        "\u{2028}\u{85}",
        "\"},\"lost\":0,\"x\":{\"",
    ] {
        let target = format!("/topics/news?lastEventId={}", quoted(id));
        let mut subscriber = bench.subscribe(&target).await;
        let gap = subscriber.next().await.gap();
        assert_eq!((&gap["from"], &gap["lost"]), (&json!(id), &Value::Null));
        assert_eq!(subscriber.data().await, "1");
    }
}

#[tokio::test]
async fn a_gap_is_told_once_and_the_next_one_anew() {
    let (bench, last) = ring(3, 10).await;
    let old = sibling(&last, 2);
    let gap = bench.resume("/topics/news", &old).await.next().await;
    assert!(gap.is_gap());
    // Behind the gap it stands where the ring begins.
    let mut behind = bench.resume("/topics/news", &gap.id).await;
    assert_eq!(behind.position, gap.id);
    exactly(&bench, &mut behind, 8, 10).await;
    // The ring has gone on: what it lacks by now is a gap of its own.
    let mut later = bench.resume("/topics/news", &gap.id).await;
    assert_eq!(
        later.next().await.gap(),
        json!({ "from": gap.id, "to": sibling(&last, 9), "lost": 1 })
    );
}

#[tokio::test]
async fn ids_of_the_publishers_own_resume_too() {
    let bench = Bench::topics(TopicConfig {
        keep_events: 4,
        ..TopicConfig::default()
    })
    .await;
    let first = bench.subscribe("/topics/news").await.position;
    let ids = ["a", "42", "caf\u{e9} \u{1f600}", "\"q\"\\", "0", "z"];
    for (n, id) in (1..).zip(ids) {
        let target = format!("/topics/news?id={}", quoted(id));
        bench.publish(&target, format!("{n}")).await;
    }
    // 1 and 2 have left, 3 to 6 are kept.
    for n in 3..=6 {
        for place in [ids[n - 1].to_owned(), sibling(&first, n as u64)] {
            let mut header = bench.resume("/topics/news", &place).await;
            let target = format!("/topics/news?lastEventId={}", quoted(&place));
            let mut query = bench.subscribe(&target).await;
            for subscriber in [&mut header, &mut query] {
                for wanted in n + 1..=6 {
                    let event = subscriber.next().await;
                    assert_eq!(event.data, wanted.to_string(), "after {place}");
                    assert_eq!(event.id, ids[wanted - 1]);
                }
            }
        }
    }
    // Which number `a` was is forgotten with it; a place of ours still tells.
    let mut forgotten = bench.resume("/topics/news", "a").await;
    let gap = forgotten.next().await;
    assert_eq!(
        (gap.gap()["from"].as_str(), gap.gap()["to"].as_str()),
        (Some("a"), Some(ids[2]))
    );
    assert!(
        [json!(null), json!(1)].contains(&gap.gap()["lost"]),
        "{gap:?}"
    );
    assert_eq!(gap.id, sibling(&first, 2));
    let mut told = bench.resume("/topics/news", &sibling(&first, 1)).await;
    assert_eq!(
        told.next().await.gap(),
        json!({ "from": sibling(&first, 1), "to": ids[2], "lost": 1 })
    );
    for subscriber in [&mut forgotten, &mut told] {
        assert_eq!(subscriber.data().await, "3");
    }
    // An id that is used again means the newer event.
    bench.publish("/topics/news?id=a", "7").await;
    bench.publish("/topics/news", "8").await;
    let mut again = bench.resume("/topics/news", "a").await;
    assert_eq!(again.data().await, "8");
}

#[tokio::test]
async fn a_gap_by_bytes_counts_the_events_that_are_gone() {
    let bench = Bench::topics(TopicConfig {
        keep_bytes: 10_000,
        ..TopicConfig::default()
    })
    .await;
    let first = bench.subscribe("/topics/news").await.position;
    for n in 1..=20 {
        let body = format!("{n:01000}");
        bench.publish("/topics/news", body).await;
    }
    let mut subscriber = bench.resume("/topics/news", &first).await;
    let gap = subscriber.next().await.gap();
    let lost = gap["lost"].as_u64().expect("it can be known");
    let to = seq(gap["to"].as_str().expect("an id"));
    assert_eq!(to, lost + 1);
    assert!((11..20).contains(&lost), "{lost}");
    for n in to..=20 {
        assert_eq!(subscriber.data().await.parse(), Ok(n));
    }
}
