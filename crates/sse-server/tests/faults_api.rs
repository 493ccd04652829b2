//! Arming, healing and listing faults over HTTP.

mod support;

use serde_json::{Value, json};
use sse_server::Config;
use support::{Bench, soon};

impl Bench {
    /// Sends JSON to the API and reads the status and the JSON of the answer.
    async fn arm(&self, body: &Value) -> (u16, Value) {
        self.send_json("POST", "/api/faults", &body.to_string())
            .await
    }

    async fn call(&self, method: &str, target: &str) -> (u16, Value) {
        self.send_json(method, target, "").await
    }

    async fn send_json(&self, method: &str, target: &str, body: &str) -> (u16, Value) {
        let length = body.len().to_string();
        let mut client = self.connect().await;
        let request = self.request(method, target, &[("content-length", &length)]);
        client.send(&(request + body)).await;
        let head = client.head().await;
        assert_eq!(head.get("cache-control"), Some("no-store"), "{target}");
        let body = client.body(&head).await;
        let json = serde_json::from_str(&body).unwrap_or_else(|e| panic!("{body}: {e}"));
        (head.status, json)
    }

    /// The texts of what is armed.
    async fn armed(&self, query: &str) -> Vec<String> {
        let (status, list) = self.call("GET", &format!("/api/faults{query}")).await;
        assert_eq!(status, 200);
        let list = list.as_array().expect("a list").iter();
        list.map(|fault| fault["fault"].as_str().expect("a text").to_owned())
            .collect()
    }

    /// The entries of the log behind a number that are of faults.
    async fn log(&self, after: u64) -> Vec<Value> {
        let target = format!("/api/log?after={after}");
        let mut client = self.connect().await;
        let close = [("connection", "close")];
        client.send(&self.request("GET", &target, &close)).await;
        let head = client.head().await;
        let text = match head.get("content-length") {
            Some(_) => client.body(&head).await,
            None => client.chunks().await.concat(),
        };
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        lines
            .filter(|entry: &Value| entry["fault"].is_number())
            .collect()
    }
}

fn error(answer: &Value) -> &str {
    answer["error"].as_str().expect("a sentence")
}

#[tokio::test]
async fn a_fault_is_armed_listed_and_healed_and_the_log_has_both() {
    let bench = Bench::start().await;
    let (status, first) = bench
        .arm(&json!({"fault": " cut, after=3", "stream": "/numbers", "client": "t1"}))
        .await;
    let text = "cut,after=3,stream=/numbers,client=t1";
    let seq = first["seq"].as_u64().expect("a number");
    let expected = json!({"id": 1, "ids": [1], "seq": seq, "fault": text, "faults": [text]});
    assert_eq!((status, &first), (201, &expected));
    let (status, second) = bench.arm(&json!({"faults": ["bom", "skip=2"]})).await;
    assert_eq!((status, &second["ids"]), (201, &json!([2, 3])));
    assert_eq!(second["seq"], seq + 2);

    let (_, list) = bench.call("GET", "/api/faults").await;
    assert_eq!(list.as_array().map(Vec::len), Some(3));
    let mut one = list[0].clone();
    assert!(one["armed_ms"].as_u64().is_some_and(|ms| ms > 0));
    one["armed_ms"] = 0.into();
    let expected = json!({
        "id": 1, "fault": text, "room": null, "stream": "/numbers", "client": "t1",
        "from": "hand", "armed_ms": 0, "begins_in_ms": 0, "fired": 0, "last": null,
        "left_ms": null, "tries": null,
    });
    assert_eq!(one, expected);

    let healed = bench.call("DELETE", "/api/faults/2").await;
    assert_eq!(healed, (200, json!({"healed": [2], "seq": seq + 3})));
    let healed = bench.call("DELETE", "/api/faults?id=2").await;
    assert_eq!(healed.0, 404);
    assert!(error(&healed.1).starts_with("No fault 2 is armed"));
    let healed = bench.call("DELETE", "/api/faults?stream=/numbers").await;
    assert_eq!(healed, (200, json!({"healed": [1], "seq": seq + 4})));
    let healed = bench.call("DELETE", "/api/faults").await;
    assert_eq!(healed, (200, json!({"healed": [3], "seq": seq + 5})));
    let healed = bench.call("DELETE", "/api/faults").await;
    assert_eq!(healed, (200, json!({"healed": [], "seq": seq + 5})));

    let entries: Vec<(Value, Value)> = bench
        .log(seq - 1)
        .await
        .into_iter()
        .map(|entry| (entry["kind"].clone(), entry["fault"].clone()))
        .collect();
    let expected = [
        ("armed", 1),
        ("armed", 2),
        ("armed", 3),
        ("healed", 2),
        ("healed", 1),
        ("healed", 3),
    ];
    let expected = expected.map(|(kind, id)| (json!(kind), json!(id)));
    assert_eq!(entries, expected);
}

#[tokio::test]
async fn each_room_has_its_own_and_a_star_means_all() {
    let bench = Bench::start().await;
    bench.arm(&json!({"fault": "bom"})).await;
    bench.arm(&json!({"fault": "skip", "room": "w3"})).await;
    bench.arm(&json!({"fault": "swap,room=w4"})).await;
    assert_eq!(bench.armed("").await, ["bom"]);
    assert_eq!(bench.armed("?room=w3").await, ["skip,room=w3"]);
    assert_eq!(bench.armed("?room=*").await.len(), 3);
    let (_, healed) = bench.call("DELETE", "/api/faults?room=w3").await;
    assert_eq!(healed["healed"], json!([2]));
    assert_eq!(bench.armed("?room=*").await.len(), 2);
    for method in ["GET", "DELETE"] {
        let (status, refused) = bench.call(method, "/api/faults?room=a/b").await;
        assert_eq!(
            status, 400,
            "{method}: a name that no room can have: {refused}"
        );
    }
    assert_eq!(bench.server.faults().len(), 2);
    let mut changed = bench.server.faults_changed();
    changed.mark_unchanged();
    assert_eq!(bench.server.heal_all(), 2);
    assert!(changed.has_changed().expect("the server is there"));
    assert!(bench.armed("?room=*").await.is_empty());
}

#[tokio::test]
async fn a_profile_is_armed_as_its_faults() {
    let bench = Bench::start().await;
    let (_, profiles) = bench.call("GET", "/api/profiles").await;
    let profiles = profiles.as_array().expect("a list");
    let deploy = profiles.iter().find(|profile| profile["name"] == "deploy");
    let deploy = deploy.expect("it is shipped");
    assert_eq!(deploy["faults"].as_array().map(Vec::len), Some(2));
    assert!(
        deploy["about"]
            .as_str()
            .is_some_and(|about| about.ends_with('.'))
    );
    let (status, armed) = bench
        .arm(&json!({"profile": "overloaded", "client": "t1"}))
        .await;
    assert_eq!(status, 201);
    let text = "status=429,retry-after=2,attempt=1..3,client=t1";
    assert_eq!(armed["faults"], json!([text]));
    let (_, armed) = bench.arm(&json!({"fault": "profile=gzip"})).await;
    assert_eq!(armed["fault"], "encode=gzip,flush=never");
}

#[tokio::test]
async fn what_cannot_be_armed_is_told_in_a_sentence_and_nothing_is_armed() {
    let bench = Bench::start().await;
    for (body, words, column, index) in [
        (
            json!({"fault": "cut,aftr=3"}),
            "Column 5: `cut` knows no `aftr`: `after` is the nearest that there is.",
            Some(5),
            None,
        ),
        (
            json!({"faults": ["bom", "cutt"]}),
            "Column 1: there is no fault `cutt`",
            Some(1),
            Some(1),
        ),
        (
            json!({"profile": "deplyo"}),
            "Column 9: there is no profile `deplyo`: `deploy` is the nearest that there is.",
            Some(9),
            None,
        ),
        (
            json!({"faults": ["status=503", "never"]}),
            "`status=503` and `never` exclude each other",
            None,
            None,
        ),
        (
            json!({"fault": "cut", "stream": "/numbrs"}),
            "There is no stream at /numbrs: /numbers is the nearest that there is.",
            None,
            None,
        ),
        (
            json!({"faults": ["cut,stream=/xyzzyxyzzyxyzzy"]}),
            "the streams are /numbers,",
            None,
            Some(0),
        ),
        (
            json!({"fault": "cut,stream=/numbers", "stream": "/endless"}),
            "The fault is for stream=/numbers, and the request for /endless: leave one out.",
            None,
            None,
        ),
        (
            json!({"fault": "refuse,for=2s", "client": "t1"}),
            "`refuse` strikes everyone",
            None,
            None,
        ),
        (
            json!({"profile": "deploy", "stream": "/numbers"}),
            "`deploy` holds `refuse`, which strikes everyone",
            Some(9),
            None,
        ),
        (
            json!({"fault": "cut", "room": "*"}),
            "`*` is not the name of a room",
            None,
            None,
        ),
        (
            json!({"fault": "cut", "profile": "deploy"}),
            "There is not one thing to arm",
            None,
            None,
        ),
        (
            json!({"faults": []}),
            "There is not one thing to arm",
            None,
            None,
        ),
        (
            json!({"fault": "cut", "strem": "/numbers"}),
            "unknown field `strem`",
            None,
            None,
        ),
        (json!([]), "The body is not what can be armed", None, None),
    ] {
        let (status, answer) = bench.arm(&body).await;
        assert_eq!(status, 400, "{body}");
        assert!(error(&answer).contains(words), "{body}: {answer}");
        assert!(error(&answer).ends_with('.'), "{answer}");
        assert_eq!(answer.get("column"), column.map(Value::from).as_ref());
        assert_eq!(answer.get("index"), index.map(Value::from).as_ref());
    }
    let many = vec!["bom"; 257];
    let (status, answer) = bench.arm(&json!({ "faults": many })).await;
    assert_eq!(status, 409);
    assert!(error(&answer).starts_with("256 faults can be armed at once"));
    assert!(bench.armed("?room=*").await.is_empty());
    // A topic need not be there yet.
    let topic = bench
        .arm(&json!({"fault": "bom", "stream": "/topics/news"}))
        .await;
    assert_eq!(topic.0, 201);
    for target in ["/api/faults/x", "/api/faults/-1", "/api/faults?id=x"] {
        assert_eq!(bench.call("DELETE", target).await.0, 400, "{target}");
    }
    assert_eq!(bench.call("DELETE", "/api/faults/99").await.0, 404);
}

#[tokio::test]
async fn a_fault_can_be_read_without_being_armed() {
    let bench = Bench::start().await;
    let read = bench.call("GET", "/api/faults/check?fault=cut%20,after=3");
    let expected = json!({"fault": "cut,after=3", "faults": ["cut,after=3"]});
    assert_eq!(read.await, (200, expected));
    let (_, read) = bench
        .call(
            "GET",
            "/api/faults/check?fault=profile=token-splitter,client=a",
        )
        .await;
    let expected =
        json!({"fault": "profile=token-splitter,client=a", "faults": ["split=utf8,client=a"]});
    assert_eq!(read, expected);
    let (status, read) = bench.call("GET", "/api/faults/check?fault=cutt").await;
    assert_eq!((status, &read["column"]), (400, &json!(1)));
    assert_eq!(bench.call("GET", "/api/faults/check").await.0, 400);
    assert!(bench.armed("?room=*").await.is_empty());
}

#[tokio::test]
async fn no_page_of_another_origin_arms_or_heals() {
    let bench = Bench::start().await;
    let own = format!("http://localhost:{}", bench.addr.port());
    let body = "{\"fault\": \"bom\"}";
    let length = body.len().to_string();
    for (origin, status) in [
        ("https://evil.example", 403),
        ("http://localhost:5173", 403),
        ("null", 403),
        (&own, 201),
    ] {
        let mut client = bench.connect().await;
        let headers = [("origin", origin), ("content-length", &*length)];
        let request = bench.request("POST", "/api/faults", &headers);
        client.send(&(request + body)).await;
        assert_eq!(client.head().await.status, status, "{origin}");
    }
    for target in ["/api/faults", "/api/faults/1"] {
        let origin = [("origin", "http://localhost:5173")];
        let (_, head) = bench.ask("DELETE", target, &origin).await;
        assert_eq!(head.status, 403, "{target}");
    }
    assert_eq!(bench.armed("").await, ["bom"]);
    for (method, target, advice) in [
        ("PUT", "/api/faults", "use GET, POST or DELETE."),
        ("GET", "/api/faults/1", "use DELETE."),
        ("POST", "/api/profiles", "use GET."),
    ] {
        let (status, answer) = bench.call(method, target).await;
        assert_eq!(status, 405);
        assert!(error(&answer).ends_with(advice), "{answer}");
    }
}

const FILE: &str = "[[stream]]\npath = \"/a\"\nfaults = [\"cut,after=3\", \"profile=train\"]\n
[[profile]]\nname = \"train\"\nfaults = [\"hang,after=10s,for=5s\"]\n";

#[tokio::test]
async fn the_faults_of_the_file_are_armed_when_it_is_saved_and_when_the_server_starts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("streams.toml");
    std::fs::write(&path, FILE).expect("written");
    let bench = Bench::with(Config {
        streams_file: Some(path.clone()),
        ..Config::default()
    })
    .await;
    let both = ["cut,after=3,stream=/a", "hang,after=10s,stream=/a,for=5s"];
    assert_eq!(bench.armed("").await, both);
    let (_, list) = bench.call("GET", "/api/faults").await;
    assert_eq!(list[0]["from"], "file");
    let (_, profiles) = bench.call("GET", "/api/profiles").await;
    assert_eq!(profiles[0]["name"], "train");
    let (_, armed) = bench.arm(&json!({"profile": "train", "room": "w3"})).await;
    assert_eq!(armed["fault"], "hang,after=10s,room=w3,for=5s");

    // 1. Healing disarms them until the file is saved.
    let (_, healed) = bench.call("DELETE", "/api/faults").await;
    assert_eq!(healed["healed"].as_array().map(Vec::len), Some(2));
    assert!(bench.armed("").await.is_empty());
    let mut changed = bench.server.faults_changed();
    std::fs::write(&path, FILE.replace("after=3", "after=4")).expect("written");
    soon("the file is armed", async {
        while bench.server.faults().len() < 3 {
            changed.changed().await.expect("the server is there");
        }
    })
    .await;
    assert_eq!(bench.armed("").await[0], "cut,after=4,stream=/a");
    // 2. Or until the server starts; what was armed by hand stays.
    bench.call("DELETE", "/api/faults").await;
    bench.server.restart().await.expect("a free port");
    let faults = bench.server.faults();
    let texts: Vec<&str> = faults.iter().map(|fault| &*fault.fault).collect();
    assert_eq!(
        texts,
        [
            "hang,after=10s,room=w3,for=5s",
            "cut,after=4,stream=/a",
            "hang,after=10s,stream=/a,for=5s"
        ]
    );
}

#[tokio::test]
async fn what_is_over_leaves_the_list_and_the_log_says_so() {
    let bench = Bench::start().await;
    let (_, armed) = bench.arm(&json!({"fault": "bom,for=10ms"})).await;
    let seq = armed["seq"].as_u64().expect("a number");
    let mut changed = bench.server.faults_changed();
    soon("it is over", async {
        while !bench.server.faults().is_empty() {
            changed.changed().await.expect("the server is there");
        }
    })
    .await;
    let entries = soon("the log has it", async {
        loop {
            let entries = bench.log(seq).await;
            if !entries.is_empty() {
                return entries;
            }
        }
    })
    .await;
    assert_eq!(entries[0]["kind"], "healed");
    assert_eq!(entries[0]["fault"], 1);
}
