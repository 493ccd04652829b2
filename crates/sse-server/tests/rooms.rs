//! Rooms over real sockets: paths, tables, topics, lists and resets of their own.

mod support;

use serde_json::{Value, json};
use sse_server::{Config, TopicConfig};
use support::{Bench, data, soon};

/// The answer of the API to a GET.
async fn get(bench: &Bench, target: &str) -> Value {
    let (mut client, head) = bench.get(target).await;
    assert_eq!(head.status, 200, "{target}");
    serde_json::from_str(&client.body(&head).await).expect("JSON")
}

/// The status and the answer to a request with a body.
async fn send(bench: &Bench, method: &str, target: &str, body: &str) -> (u16, String) {
    let length = body.len().to_string();
    let request = bench.request(method, target, &[("content-length", &length)]);
    let mut client = bench.connect().await;
    client.send(&(request + body)).await;
    let head = client.head().await;
    let text = match head.get("content-length") {
        Some(_) => client.body(&head).await,
        None => String::new(),
    };
    (head.status, text)
}

/// The tags of a table's rows.
fn tags(table: &Value) -> Vec<&str> {
    let rows = table["rows"].as_array().expect("rows").iter();
    rows.filter_map(|row| row["client"].as_str()).collect()
}

/// A stream that stays open, and has sent its first event.
async fn open(bench: &Bench, target: &str) -> support::Client {
    let (mut client, head) = bench.get(target).await;
    assert_eq!(head.status, 200, "{target}");
    client.until("data: ").await;
    client
}

/// Waits until a table is as wanted.
async fn wait(bench: &Bench, room: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    soon("the table", async {
        loop {
            let table = get(bench, &format!("/api/connections?room={room}")).await;
            if wanted(&table) {
                return table;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_room_has_a_table_of_its_own() {
    let bench = Bench::start().await;
    let _here = open(&bench, "/endless?every=1h&client=here").await;
    let _a = open(&bench, "/@a/endless?every=1h&client=a").await;
    let _b = open(&bench, "/%40b/endless?every=1h&client=b").await;
    let (mut done, _) = bench.get("/@b/numbers?every=1ms&client=done").await;
    assert_eq!(data(&done.chunks().await.concat()).len(), 5);
    let (_, head) = bench.get("/@b/numbers?count=0&client=bad").await;
    assert_eq!(head.status, 400);

    let table = get(&bench, "/api/connections").await;
    assert_eq!((tags(&table), &table["all"]), (vec!["here"], &json!(1)));
    assert_eq!(table["rows"][0]["room"], Value::Null);
    let table = get(&bench, "/api/connections?room=a").await;
    assert_eq!((tags(&table), &table["opened"]), (vec!["a"], &json!(1)));
    let row = &table["rows"][0];
    assert_eq!(
        (&row["room"], &row["stream"]),
        (&json!("a"), &json!("/endless"))
    );

    // One table of all: sorted, counted and cut as one.
    let all = wait(&bench, "*", |table| table["open"] == 3).await;
    assert_eq!((&all["all"], &all["refused"]), (&json!(5), &json!(1)));
    assert_eq!(tags(&all)[..3], ["b", "a", "here"], "newest first");
    let ids: Vec<u64> = all["rows"]
        .as_array()
        .expect("rows")
        .iter()
        .filter_map(|row| row["id"].as_u64())
        .collect();
    let mut once = ids.clone();
    once.sort_unstable();
    assert_eq!(once, [1, 2, 3, 4, 5], "no id is given twice");
    let by_room = get(&bench, "/api/connections?room=*&sort=room&first=1&count=2").await;
    assert_eq!(
        (tags(&by_room), &by_room["matching"]),
        (vec!["a", "bad"], &json!(5))
    );
    let filtered = get(&bench, "/api/connections?room=*&filter=endless").await;
    assert_eq!(filtered["matching"], 3);
    let again = get(&bench, "/api/connections?room=*&filter=endless").await;
    assert_eq!(again["rows"], filtered["rows"]);

    // Wires and requests are found by the id alone.
    for id in ids {
        let wire = get(&bench, &format!("/api/wire?id={id}")).await;
        let request = get(&bench, &format!("/api/request?id={id}")).await;
        assert_eq!((&wire["id"], &request["id"]), (&json!(id), &json!(id)));
    }
    let state = get(&bench, "/api/state").await;
    assert_eq!(
        (&state["rooms"], &state["connections"]["open"]),
        (&json!(["a", "b"]), &json!(1))
    );
    let state = get(&bench, "/api/state?room=b").await;
    assert_eq!(state["connections"]["opened"], 2);
    let activity = get(&bench, "/api/activity?room=b").await;
    assert_eq!(activity["streams"][0]["events"], 5, "/numbers");
    for (room, lanes) in [("", 1), ("?room=a", 1), ("?room=b", 3), ("?room=c", 0)] {
        let timeline = get(&bench, &format!("/api/timeline{room}")).await;
        assert_eq!(
            timeline["lanes"].as_array().map(Vec::len),
            Some(lanes),
            "{room}"
        );
    }
    assert!(tags(&get(&bench, "/api/connections?room=c").await).is_empty());
    assert_eq!(get(&bench, "/api/state").await["rooms"], json!(["a", "b"]));
}

#[tokio::test]
async fn anything_but_a_stream_or_a_topic_is_nothing_there() {
    let bench = Bench::start().await;
    for (path, words) in [
        ("/@a", "a room has streams and topics only"),
        ("/@a/", "a room has streams and topics only"),
        ("/@a/page/main.js", "a room has streams and topics only"),
        (
            "/@a/api/state",
            "the API is outside of rooms: give it room=a",
        ),
        ("/@a%20b/numbers", "the name of a room is 1 to 64"),
        ("/@@/numbers", "the name of a room is 1 to 64"),
    ] {
        let (mut client, head) = bench.get(path).await;
        let text = client.body(&head).await;
        assert_eq!(head.status, 404, "{path}");
        assert!(
            text.starts_with("There is nothing at /@") && text.contains(words),
            "{text}"
        );
    }
    assert_eq!(
        get(&bench, "/api/state").await["rooms"],
        json!([]),
        "none of them makes one"
    );
    // Neither does a path that is nothing there; where the room is, the client is shown in it.
    let (_, head) = bench.get("/@a/nothing?client=early").await;
    assert_eq!(head.status, 404);
    let rooms = &get(&bench, "/api/state").await["rooms"];
    assert_eq!(
        *rooms,
        json!([]),
        "64 such requests would leave no room for tests"
    );
    bench.post("/@a/topics/x", &[], "hello").await;
    let (mut client, head) = bench.get("/@a/nothing?client=lost").await;
    let text = client.body(&head).await;
    assert!(
        text.contains("/@a/numbers, ") && text.contains("/@a/topics/NAME"),
        "{text}"
    );
    let table = get(&bench, "/api/connections?room=a").await;
    assert_eq!(
        (tags(&table), &table["rows"][0]["stream"]),
        (vec!["lost"], &json!("/nothing"))
    );
    for query in ["room=", "room=a%2Fb", "room=*"] {
        let (_, head) = bench.get(&format!("/api/activity?{query}")).await;
        assert_eq!(head.status, 400, "{query}");
    }
}

#[tokio::test]
async fn topics_of_a_room_are_its_own() {
    let bench = Bench::start().await;
    let mut here = bench.subscribe("/topics/news").await;
    let mut a = bench.subscribe("/@a/topics/news").await;
    assert_eq!(
        bench.publish("/@a/topics/news", "of a").await.subscribers,
        1
    );
    assert_eq!(
        bench.publish("/topics/news", "of none").await.subscribers,
        1
    );
    assert_eq!(
        (a.data().await, here.data().await),
        ("of a".to_owned(), "of none".to_owned())
    );
    let names = |state: &Value| state["topics"].as_array().map(Vec::len);
    assert_eq!(names(&get(&bench, "/api/state?room=a").await), Some(1));
    assert_eq!(names(&get(&bench, "/api/state?room=b").await), Some(0));
    let foreign = [("origin", "http://localhost:5173")];
    let (_, head) = bench.ask("DELETE", "/@a/topics/news", &foreign).await;
    assert_eq!(head.status, 403, "as outside");
    let (_, head) = bench.ask("PUT", "/@a/topics/news", &[]).await;
    assert_eq!(
        (head.status, head.get("allow")),
        (405, Some("GET, HEAD, POST, DELETE, OPTIONS"))
    );
    assert_eq!(send(&bench, "DELETE", "/@a/topics/news", "").await.0, 204);
    assert_eq!(send(&bench, "DELETE", "/@a/topics/news", "").await.0, 404);
    assert!(a.rest().await.is_empty(), "it ended");
    bench.publish("/topics/news", "goes on").await;
    assert_eq!(here.data().await, "goes on");
}

#[tokio::test]
async fn a_room_serves_the_list_that_it_was_put() {
    let bench = Bench::start().await;
    let list = "[[stream]]\npath = \"/own\"\ncount = 1\ndata = \"x\"\n";
    assert_eq!(
        send(&bench, "PUT", "/api/rooms/a/streams", list).await,
        (204, String::new())
    );
    let (mut client, _) = bench.get("/@a/own?every=1ms").await;
    assert_eq!(data(&client.chunks().await.concat()), ["x"]);
    for (target, status) in [
        ("/own", 404),
        ("/@b/own", 404),
        ("/@a/numbers", 404),
        ("/@b/numbers", 200),
    ] {
        assert_eq!(bench.get(target).await.1.status, status, "{target}");
    }
    let (status, text) = send(
        &bench,
        "PUT",
        "/api/rooms/a/streams",
        "[[stream]]\npath = 5\n",
    )
    .await;
    let said: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((status, &said["line"]), (400, &json!(2)));
    assert!(
        said["error"]
            .as_str()
            .is_some_and(|error| error.starts_with("Line 2: ")),
        "{text}"
    );
    assert_eq!(
        send(&bench, "PUT", "/api/rooms/-a/streams", list).await.0,
        400
    );
    assert_eq!(
        bench.get("/@a/own").await.1.status,
        200,
        "the list from before"
    );
    let (_, head) = bench.get("/api/rooms/a/streams").await;
    assert_eq!((head.status, head.get("allow")), (405, Some("PUT")));
    let page = [("origin", "http://localhost:5173"), ("content-length", "0")];
    let (_, head) = bench.ask("PUT", "/api/rooms/a/streams", &page).await;
    assert_eq!(head.status, 403, "the API is for no other page");
}

#[tokio::test]
async fn a_reset_forgets_what_was_and_keeps_the_list() {
    let bench = Bench::start().await;
    let list = "[[stream]]\npath = \"/own\"\nevery = \"1h\"\ndata = \"x\"\n";
    send(&bench, "PUT", "/api/rooms/a/streams", list).await;
    let _here = open(&bench, "/endless?every=1h&client=here").await;
    let (_, head) = bench.get("/@a/nothing?client=lost").await;
    assert_eq!(head.status, 404);
    let gone = open(&bench, "/@a/own?client=gone").await;
    drop(gone);
    wait(&bench, "a", |table| table["open"] == 0 && table["all"] == 2).await;
    let mut reader = bench.subscribe("/@a/topics/news").await;
    let mut ends = open(&bench, "/@a/own?client=ends").await;

    let (status, text) = send(&bench, "POST", "/api/reset?room=a", "").await;
    let seq = serde_json::from_str::<Value>(&text).expect("JSON")["seq"].as_u64();
    assert_eq!(status, 200);
    assert!(reader.rest().await.is_empty(), "its topic ended");
    let rest = ends.rest().await;
    assert!(rest.ends_with(b"0\r\n\r\n"), "it ends in order");
    let table = wait(&bench, "a", |table| table["open"] == 0).await;
    assert_eq!(
        (&table["all"], &table["opened"], &table["refused"]),
        (&json!(0), &json!(0), &json!(0))
    );
    let timeline = get(&bench, "/api/timeline?room=a").await;
    assert_eq!(timeline["lanes"], json!([]));
    assert_eq!(get(&bench, "/api/state?room=a").await["topics"], json!([]));
    let (mut log, head) = bench
        .get(&format!("/api/log?after={}", seq.expect("a number") - 1))
        .await;
    let log = match head.get("content-length") {
        Some(_) => log.body(&head).await,
        None => log.chunks().await.concat(),
    };
    let first: Value = serde_json::from_str(log.lines().next().expect("a line")).expect("JSON");
    assert_eq!(
        (&first["kind"], &first["room"]),
        (&json!("reset"), &json!("a"))
    );

    // Whoever comes now did not come back.
    let _new = open(&bench, "/@a/own?client=gone").await;
    let table = get(&bench, "/api/connections?room=a").await;
    assert_eq!(
        (tags(&table), &table["rows"][0]["verdict"]),
        (vec!["gone"], &Value::Null)
    );
    assert_eq!(
        tags(&get(&bench, "/api/connections").await),
        ["here"],
        "others keep theirs"
    );

    let (status, _) = send(&bench, "POST", "/api/reset", "").await;
    assert_eq!(status, 200, "the default room");
    assert_eq!(
        tags(&get(&bench, "/api/connections?room=a").await),
        ["gone"]
    );
    let (_, head) = bench.get("/api/reset").await;
    assert_eq!((head.status, head.get("allow")), (405, Some("POST")));
}

/// SDKs take a base address, and lose its query.
#[tokio::test]
async fn requests_without_a_tag_on_one_path_of_a_room_are_one_client() {
    let bench = Bench::start().await;
    let first = open(&bench, "/@a/endless?every=1h").await;
    drop(first);
    wait(&bench, "a", |table| table["open"] == 0).await;
    // Another program, without an id.
    let agent = [("user-agent", "other/1.0")];
    let (mut back, _) = bench.ask("GET", "/@a/endless?every=1h", &agent).await;
    back.until("data: ").await;
    let table = get(&bench, "/api/connections?room=a").await;
    let verdict = &table["rows"][0]["verdict"];
    assert_eq!(
        (&verdict["kind"], &verdict["sure"]),
        (&json!("back"), &json!(false))
    );
    let grouped = get(&bench, "/api/connections?room=a&grouped=true").await;
    assert_eq!(
        (&grouped["matching"], &grouped["lines"]),
        (&json!(2), &json!(1))
    );
    let timeline = get(&bench, "/api/timeline?room=a").await;
    let lanes = timeline["lanes"].as_array().expect("lanes");
    assert_eq!((lanes.len(), &lanes[0]["sure"]), (1, &json!(false)));

    // Outside of rooms they are strangers.
    for _ in 0..2 {
        drop(open(&bench, "/endless?every=1h").await);
    }
    wait(&bench, "*", |table| table["all"] == 4 && table["open"] == 1).await;
    let table = get(&bench, "/api/connections").await;
    assert_eq!(table["rows"][0]["verdict"], Value::Null);
}

#[tokio::test]
async fn who_may_not_break_has_no_room() {
    let bench = Bench::start().await;
    let proxied = [("via", "1.1 proxy")];
    let (mut client, head) = bench.ask("GET", "/@a/numbers", &proxied).await;
    assert_eq!(head.status, 403);
    let text = client.body(&head).await;
    assert!(
        text.starts_with("A room does not answer through a proxy"),
        "{text}"
    );
    let foreign = [("origin", "https://evil.com")];
    let (_, head) = bench.ask("GET", "/@a/numbers", &foreign).await;
    assert_eq!(head.status, 403);
    assert_eq!(
        get(&bench, "/api/state").await["rooms"],
        json!([]),
        "none of them makes one"
    );
    let table = get(&bench, "/api/connections").await;
    let row = &table["rows"][0];
    assert_eq!(
        (&row["stream"], &row["origin"]),
        (&json!("/@a/numbers"), &json!("https://evil.com"))
    );

    let local = [("origin", "http://localhost:5173")];
    let (_, head) = bench.ask("GET", "/@a/numbers?every=1ms", &local).await;
    assert_eq!(
        (head.status, head.get("access-control-allow-origin")),
        (200, Some("http://localhost:5173"))
    );
}

#[tokio::test]
async fn without_breaks_there_are_no_rooms_and_no_acts() {
    let bench = Bench::with(Config {
        breaks: false,
        ..Config::default()
    })
    .await;
    for (method, target) in [
        ("GET", "/@a/numbers"),
        ("POST", "/@a/topics/news"),
        ("PUT", "/api/rooms/a/streams"),
        ("POST", "/api/reset"),
    ] {
        let (status, text) = send(&bench, method, target, "").await;
        assert_eq!(status, 403, "{method} {target}");
        assert!(text.contains("--no-break"), "{text}");
    }
    let (_, head) = bench.get("/numbers").await;
    assert_eq!(head.status, 200);
}

#[tokio::test]
async fn there_are_64_rooms_at_most_and_all_streams_have_one_limit() {
    let bench = Bench::topics(TopicConfig {
        max_topics: 1,
        ..TopicConfig::default()
    })
    .await;
    for n in 0..64 {
        bench.publish(&format!("/@r{n}/topics/news"), "x").await;
    }
    let (status, text) = send(&bench, "POST", "/@more/topics/news", "x").await;
    assert_eq!(status, 503);
    assert!(
        text.starts_with("There are 64 rooms, which is the limit"),
        "{text}"
    );
    assert_eq!(
        send(&bench, "PUT", "/api/rooms/more/streams", "").await.0,
        400
    );
    bench.publish("/@r7/topics/news", "goes on").await;
    bench
        .publish("/topics/news", "and the default room has its own")
        .await;

    let bench = Bench::limited(sse_server::Limits {
        streams: 1,
        ..sse_server::Limits::default()
    })
    .await;
    let first = open(&bench, "/@a/endless?every=1h").await;
    assert_eq!(bench.get("/endless?every=1h").await.1.status, 503);
    assert_eq!(bench.get("/@b/endless?every=1h").await.1.status, 503);
    drop(first);
    wait(&bench, "a", |table| table["open"] == 0).await;
    open(&bench, "/endless?every=1h").await;
}

/// The table of a room hears of the start only if it is told of it.
#[tokio::test]
async fn a_room_outlives_a_stop() {
    let bench = Bench::start().await;
    let mut open = open(&bench, "/@a/endless?every=1h&client=a").await;
    let slice = |room: &str| {
        bench.server.slice(&sse_server::TableQuery {
            room: Some(room.to_owned()),
            ..sse_server::TableQuery::default()
        })
    };
    bench.server.stop().await;
    open.rest().await;
    let rows = slice("a").rows;
    let ended = rows[0].ended.as_ref().expect("it ended");
    assert_eq!(ended.why, sse_server::Why::Stopped);
    assert_eq!(slice("*").rows.len(), 1);
}

/// The list that a room keeps has faults too.
#[tokio::test]
async fn a_reset_arms_the_faults_of_the_list_again_and_no_others() {
    let bench = Bench::start().await;
    let list = "[[stream]]\npath = \"/own\"\ndata = \"x\"\nfaults = [\"status=503,times=1\"]\n";
    send(&bench, "PUT", "/api/rooms/a/streams", list).await;
    for _ in 0..2 {
        let (status, text) = send(
            &bench,
            "POST",
            "/api/faults?room=a",
            r#"{"fault": "status=500,client=x", "room": "a"}"#,
        )
        .await;
        assert_eq!(status, 201, "{text}");
        let statuses = [bench.get("/@a/own").await, bench.get("/@a/own").await];
        assert_eq!(statuses.map(|(_, head)| head.status), [503, 200]);
        send(&bench, "POST", "/api/reset?room=a", "").await;
        let faults = get(&bench, "/api/faults?room=a").await;
        let texts: Vec<_> = faults.as_array().expect("a list").iter().collect();
        assert_eq!(texts.len(), 1);
        assert_eq!(texts[0]["from"], "file");
    }
}

/// A wait for an end was met by the ends of those that the reset itself ended.
#[tokio::test]
async fn whoever_a_reset_ends_is_no_end_that_is_waited_for() {
    let bench = Bench::start().await;
    let mut before = open(&bench, "/@a/endless?every=1h&client=x").await;
    let (_, text) = send(&bench, "POST", "/api/reset?room=a", "").await;
    let seq = serde_json::from_str::<Value>(&text).expect("JSON")["seq"].clone();
    before.rest().await;
    let ended = format!("/api/log?after={seq}&room=a");
    soon("the end is in the log", async {
        loop {
            let (mut log, head) = bench.get(&ended).await;
            let log = match head.get("content-length") {
                Some(_) => log.body(&head).await,
                None => log.chunks().await.concat(),
            };
            if log.contains("\"why\":\"room reset\"") {
                return;
            }
            tokio::task::yield_now().await;
        }
    })
    .await;
    let target = format!("/api/wait?room=a&until=ended&after={seq}&timeout=1ms");
    let (_, head) = bench.get(&target).await;
    assert_eq!(head.status, 408);
}

/// What is armed in a room goes with it, so a room that nobody reads from yet begins with it.
#[tokio::test]
async fn what_is_armed_in_a_room_makes_the_room() {
    let bench = Bench::start().await;
    let arm = |n: usize| {
        let body = json!({ "fault": "cut", "room": format!("r{n}") }).to_string();
        let bench = &bench;
        async move { send(bench, "POST", "/api/faults", &body).await }
    };
    for n in 0..64 {
        assert_eq!(arm(n).await.0, 201);
    }
    let (status, text) = arm(64).await;
    assert_eq!(status, 503, "{text}");
    assert!(text.contains("There are 64 rooms"), "{text}");
    let faults = get(&bench, "/api/faults?room=*").await;
    assert_eq!(faults.as_array().map(Vec::len), Some(64));

    let list = "[[stream]]\npath = \"/own\"\ndata = \"x\"\nfaults = [\"cut,room=r2\"]\n";
    let (status, text) = send(&bench, "PUT", "/api/rooms/r1/streams", list).await;
    assert_eq!(status, 400);
    assert!(text.contains("a list is of one room"), "{text}");
}

#[tokio::test]
async fn a_preview_and_a_definition_are_of_a_room() {
    let bench = Bench::start().await;
    let list = "[[stream]]\npath = \"/own\"\ndata = \"mine\"\n";
    send(&bench, "PUT", "/api/rooms/a/streams", list).await;
    let preview = get(&bench, "/api/preview?stream=/own&room=a").await;
    assert!(preview.to_string().contains("mine"), "{preview}");
    let (_, head) = bench.get("/api/preview?stream=/own").await;
    assert_eq!(head.status, 404);
    let (_, head) = bench.get("/api/definition?stream=/own").await;
    assert_eq!(head.status, 404);
}
