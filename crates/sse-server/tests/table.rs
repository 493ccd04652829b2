//! The table of connections as somebody looks at it: sorted, filtered, cut, with rates.

mod support;

use std::time::Duration;

use serde_json::Value;
use sse_server::{Slice, Sort, TableQuery};
use support::{Bench, soon};

fn tags(slice: &Slice) -> Vec<&str> {
    slice
        .rows
        .iter()
        .filter_map(|row| row.client.as_deref())
        .collect()
}

#[tokio::test]
async fn rows_come_in_the_order_that_is_asked_for() {
    let bench = Bench::start().await;
    let mut open = Vec::new();
    for (tag, events) in [("a", 3), ("b", 1), ("c", 2)] {
        let (mut client, _) = bench
            .get(&format!("/endless?every=1h&from={events}&client={tag}"))
            .await;
        client.until("data: ").await;
        open.push(client);
    }
    let (mut done, _) = bench.get("/numbers?every=0ms&client=done").await;
    done.chunks().await;
    bench.ended("done").await;
    let (_, head) = bench.get("/numbers?count=0&client=bad").await;
    assert_eq!(head.status, 400);

    let query = |sort, descending| {
        bench.server.slice(&TableQuery {
            sort,
            descending,
            ..TableQuery::default()
        })
    };
    let usual = bench.server.slice(&TableQuery::default());
    assert_eq!(
        tags(&usual),
        ["c", "b", "a", "done", "bad"],
        "open ones first, newest first"
    );
    assert_eq!((usual.tally.open, usual.all, usual.matching), (3, 5, 5));
    assert_eq!(
        tags(&query(Sort::Since, false)),
        ["a", "b", "c", "done", "bad"]
    );
    assert_eq!(tags(&query(Sort::Events, true))[0], "done");
    assert_eq!(
        tags(&query(Sort::Stream, true))[..2],
        ["bad", "done"],
        "/numbers"
    );
    assert_eq!(tags(&query(Sort::State, true))[0], "bad");
    let of_one = bench.server.slice(&TableQuery {
        stream: Some("/numbers".to_owned()),
        ..TableQuery::default()
    });
    assert_eq!((tags(&of_one), of_one.matching), (vec!["done", "bad"], 2));

    assert_eq!(
        tags(&query(Sort::Client, true)),
        ["done", "c", "bad", "b", "a"]
    );
    assert_eq!(tags(&query(Sort::LastId, true))[..2], ["done", "a"]);

    let part = bench.server.slice(&TableQuery {
        first: 1,
        count: 2,
        ..TableQuery::default()
    });
    assert_eq!(
        (tags(&part), part.first, part.matching),
        (vec!["b", "a"], 1, 5)
    );
    for (filter, found) in [
        ("ENDLESS open", vec!["c", "b", "a"]),
        ("/numbers complete", vec!["done"]),
        ("refused", vec!["bad"]),
        ("endless refused", vec![]),
    ] {
        let slice = bench.server.slice(&TableQuery {
            filter: filter.to_owned(),
            ..TableQuery::default()
        });
        assert_eq!(tags(&slice), found, "{filter}");
        assert_eq!((slice.matching, slice.all), (found.len(), 5));
    }
}

#[tokio::test]
async fn a_row_says_how_fast_how_far_behind_and_by_what_it_is_sent() {
    let bench = Bench::start().await;
    let (mut fast, _) = bench.get("/endless?every=10ms&client=fast").await;
    let mut old = bench.connect().await;
    old.send("GET /endless?every=1h&client=old HTTP/1.0\r\nhost: localhost\r\n\r\n")
        .await;
    old.until("data: 1\n\n").await;
    let query = TableQuery {
        sort: Sort::Rate,
        descending: true,
        ..TableQuery::default()
    };
    let rated = soon("a rate", async {
        loop {
            let slice = bench.server.slice(&query);
            if slice.rows.iter().all(|row| row.rate.is_some()) {
                return slice;
            }
            fast.until("data: ").await;
        }
    })
    .await;
    assert_eq!(tags(&rated), ["fast", "old"]);
    let [fast, old] = &rated.rows[..] else {
        panic!("two rows")
    };
    let rate = fast.rate.expect("just seen");
    assert!((20.0..=130.0).contains(&rate), "{rate} of 100 a second");
    assert!(fast.byte_rate > fast.rate);
    assert_eq!(old.rate, Some(0.0));
    assert_eq!((fast.http, old.http), ("1.1", "1.0"));
    assert_eq!((fast.behind, fast.blocked), (None, false));
}

#[tokio::test]
async fn a_client_that_does_not_read_is_seen_to_be_blocked_and_behind() {
    let bench = Bench::start().await;
    let _stuck = bench.subscribe_narrow("/topics/news?client=stuck").await;
    let mut reader = bench.subscribe("/topics/news?client=reads").await;
    let row = |tag: &str| {
        let slice = bench.server.slice(&TableQuery {
            client: Some(tag.to_owned()),
            ..TableQuery::default()
        });
        slice.rows.into_iter().next().expect("it is connected")
    };
    let mut published = 0;
    while !row("stuck").blocked {
        bench.publish("/topics/news", "x".repeat(64 * 1024)).await;
        reader.next().await;
        published += 1;
        assert!(published < 200, "more than sockets hold");
    }
    for _ in 0..3 {
        bench.publish("/topics/news", "y").await;
        reader.next().await;
    }
    assert!(row("stuck").behind.is_some_and(|behind| behind >= 3));
    let read = bench
        .table("its row", |view| {
            view.rows.iter().any(|row| row.behind == Some(0))
        })
        .await;
    assert!(read.tally.open == 2);
    assert!(!row("reads").blocked);
}

#[tokio::test]
async fn the_api_looks_as_the_query_asks_or_says_why_not() {
    let bench = Bench::start().await;
    let mut clients = Vec::new();
    for n in 0..5 {
        let (mut client, _) = bench.get(&format!("/endless?client=c{n}")).await;
        client.until("data: 1").await;
        clients.push(client);
    }
    let ask = async |query: &str| {
        let (mut client, head) = bench.get(&format!("/api/connections{query}")).await;
        let body = client.body(&head).await;
        let json: Value = serde_json::from_str(&body).expect("JSON");
        (head.status, json)
    };
    let (status, slice) = ask("?sort=since&descending=true&first=1&count=2").await;
    assert_eq!(status, 200);
    assert_eq!(slice["rows"][0]["client"], "c3");
    assert_eq!(slice["rows"][1]["client"], "c2");
    assert_eq!(
        (&slice["rows"][2], &slice["matching"]),
        (&Value::Null, &Value::from(5))
    );
    let (_, slice) = ask("?client=c1").await;
    assert_eq!(
        (&slice["matching"], &slice["open"]),
        (&Value::from(1), &Value::from(5))
    );
    let (status, error) = ask("?count=1000").await;
    assert_eq!(status, 400);
    assert!(
        error["error"]
            .as_str()
            .is_some_and(|words| words.contains("count"))
    );
}

/// An order that stands for a while must not hide who comes and who leaves.
#[tokio::test]
async fn who_leaves_is_seen_to_have_left_at_the_next_look() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/endless?client=leaves").await;
    client.until("data: 1").await;
    let query = TableQuery {
        sort: Sort::Bytes,
        ..TableQuery::default()
    };
    assert_eq!(bench.server.slice(&query).rows[0].state, "open");
    drop(client);
    bench.ended("leaves").await;
    assert_eq!(bench.server.slice(&query).rows[0].state, "ended");
    tokio::time::timeout(Duration::from_secs(5), bench.server.stop())
        .await
        .expect("stopped");
}

/// The words stood in the table, and the filter left nothing: "lost", "repeated" and "#7" found no
/// row.
#[tokio::test]
async fn a_filter_finds_verdicts_and_numbers() {
    let bench = Bench::start().await;
    let (mut before, _) = bench.get("/endless?every=1h&client=back").await;
    before.until("data: ").await;
    drop(before);
    bench.ended("back").await;
    let (mut back, _) = bench
        .get("/endless?every=1h&client=back&lastEventId=1")
        .await;
    back.until("data: ").await;
    let (mut other, _) = bench.get("/endless?every=1h&client=other").await;
    other.until("data: ").await;

    let found = |filter: &str| {
        let slice = bench.server.slice(&TableQuery {
            filter: filter.to_owned(),
            ..TableQuery::default()
        });
        let ids: Vec<u64> = slice.rows.iter().map(|row| row.id).collect();
        ids
    };
    assert_eq!(found("nothing lost"), [2]);
    assert_eq!(found("Came Back AFTER"), [2, 1]);
    assert_eq!(found("#3"), [3]);
    assert_eq!(found("#33"), [0; 0]);
    assert_eq!(found("other #3"), [3]);
}

#[tokio::test]
async fn connections_of_a_client_are_one_line_until_it_is_unfolded() {
    let bench = Bench::start().await;
    for _ in 0..3 {
        let (mut client, _) = bench.get("/endless?every=1h&client=many").await;
        client.until("data: ").await;
        drop(client);
        bench.ended("many").await;
    }
    let (mut one, _) = bench.get("/endless?every=1h&client=one").await;
    one.until("data: ").await;
    let (mut elsewhere, _) = bench.get("/numbers?every=1h&client=many").await;
    elsewhere.until("data: ").await;

    let grouped = |unfolded: Vec<u64>| {
        bench.server.slice(&TableQuery {
            grouped: true,
            unfolded,
            ..TableQuery::default()
        })
    };
    let ids = |slice: &Slice| -> Vec<u64> { slice.rows.iter().map(|row| row.id).collect() };
    let folded = grouped(Vec::new());
    assert_eq!(
        ids(&folded),
        [5, 4, 3],
        "the same client elsewhere is another"
    );
    assert_eq!((folded.lines, folded.matching, folded.all), (3, 5, 5));
    let group = folded.rows[2].group.expect("rows are grouped");
    assert_eq!((group.size, group.is_head), (3, true));
    let unfolded = grouped(vec![group.id]);
    assert_eq!(ids(&unfolded), [5, 4, 3, 2, 1]);
    assert_eq!(unfolded.lines, 5);
    assert!(unfolded.rows[4].group.is_some_and(|group| !group.is_head));
}

/// A folded client hid the faults that struck its earlier connections.
#[tokio::test]
async fn a_folded_client_names_the_faults_of_all_its_connections() {
    let bench = Bench::start().await;
    for fault in ["cut,after=1", "reset,after=1"] {
        let target = format!("/endless?every=1ms&client=one&fault={fault}");
        let (mut client, _) = bench.get(&target).await;
        client.rest().await;
    }
    let (mut open, _) = bench.get("/endless?every=1h&client=one").await;
    open.until("data: ").await;
    let grouped = |unfolded: Vec<u64>| {
        bench.server.slice(&TableQuery {
            grouped: true,
            unfolded,
            ..TableQuery::default()
        })
    };
    let head = grouped(Vec::new()).rows.remove(0);
    let folded = head.folded_faults.iter();
    let folded: Vec<_> = folded.map(|struck| (struck.id, &*struck.fault)).collect();
    assert_eq!(folded, [(1, "cut,after=1"), (2, "reset,after=1")]);
    assert!(head.faults.is_empty(), "none struck the newest one");
    let group = head.group.expect("rows are grouped").id;
    let rows = grouped(vec![group]).rows;
    assert!(rows.iter().all(|row| row.folded_faults.is_empty()));
    assert_eq!(rows[2].faults[0].fault, "cut,after=1");
}

#[tokio::test]
async fn what_ended_is_left_out_where_it_was_cleared() {
    let bench = Bench::start().await;
    let (mut gone, _) = bench.get("/endless?every=1h&client=gone").await;
    gone.until("data: ").await;
    drop(gone);
    bench.ended("gone").await;
    let (mut open, _) = bench.get("/endless?every=1h&client=open").await;
    open.until("data: ").await;
    let all = bench.server.slice(&TableQuery::default());
    let ended = all.rows.iter().find_map(|row| row.ended.as_ref());
    let at = ended.expect("one ended").at_ms;
    let after = |at| {
        bench.server.slice(&TableQuery {
            ended_after: Some(at),
            ..TableQuery::default()
        })
    };
    assert_eq!(tags(&after(at)), ["open"]);
    assert_eq!(tags(&after(at - 1)), ["open", "gone"]);
    assert_eq!(after(at).all, 2, "nothing is forgotten");
}
