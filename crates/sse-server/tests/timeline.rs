//! The timeline over real sockets and through the API.

mod support;

use std::time::Duration;

use serde_json::Value;
use sse_server::{Config, KeepAlive, TickKind, TimelineView};
use support::{Bench, soon};

/// Looks again and again until something is there.
async fn until(bench: &Bench, what: &str, wanted: impl Fn(&TimelineView) -> bool) -> TimelineView {
    soon(what, async {
        loop {
            let view = bench.server.timeline(0);
            if wanted(&view) {
                return view;
            }
            // Nobody is told of a step.
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await
}

#[tokio::test]
async fn the_api_tells_what_happened_before_and_after_the_first_look() {
    let bench = Bench::start().await;
    let (mut client, _) = bench.get("/numbers?every=0ms&client=page").await;
    client.chunks().await;
    bench.ended("page").await;
    let ask = [("last-event-id", "5")];
    let (_, head) = bench.ask("GET", "/numbers?client=page", &ask).await;
    assert_eq!(head.status, 204);
    let (mut api, head) = bench.get("/api/timeline").await;
    let first: Value = serde_json::from_str(&api.body(&head).await).expect("JSON");
    assert_eq!(
        (&first["step_ms"], &first["whole"]),
        (&100.into(), &true.into())
    );
    let lane = &first["lanes"][0];
    assert_eq!(
        (&lane["client"], &lane["stream"]),
        (&"page".into(), &"/numbers".into())
    );
    let bar = &lane["bars"][0];
    assert_eq!(
        (&bar["why"], &bar["by"]),
        (&"complete".into(), &"server".into())
    );
    assert_eq!(
        (&bar["connection"], &bar["status"]),
        (&1.into(), &200.into())
    );
    assert_eq!(bar["steps"], Value::Array(Vec::new()), "nobody looked");
    let ticks = bar["ticks"].as_array().expect("ticks");
    let ids: Vec<_> = ticks.iter().map(|tick| tick["id"].as_str()).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5"].map(Some), "its wire is kept");
    assert_eq!(lane["knocks"][0]["status"], 204);

    let (_client, _) = bench.get("/endless?every=1h&client=new").await;
    let next = format!("/api/timeline?after={}", first["cursor"]);
    let (mut api, head) = bench.get(&next).await;
    let second: Value = serde_json::from_str(&api.body(&head).await).expect("JSON");
    assert_eq!(second["whole"], false);
    let lanes = second["lanes"].as_array().expect("lanes");
    let clients: Vec<_> = lanes.iter().map(|lane| lane["client"].as_str()).collect();
    assert_eq!(clients, [Some("new")]);
    let (_, head) = bench.get("/api/timeline?after=x").await;
    assert_eq!(head.status, 400);
}

/// The task that counts wakes with the first look.
#[tokio::test]
async fn events_and_comments_are_counted_while_somebody_looks() {
    let bench = Bench::with(Config {
        keep_alive: KeepAlive::Interval(Duration::from_millis(30)),
        ..Config::default()
    })
    .await;
    let (_quick, _) = bench.get("/endless?every=20ms&client=quick").await;
    let (_quiet, _) = bench.get("/endless?every=1h&client=quiet").await;
    let came = |view: &TimelineView, tag: &str, which: fn(&(u64, u64, u64)) -> u64| {
        let lanes = view.lanes.iter();
        let mut bars = lanes
            .filter(|lane| lane.client.as_deref() == Some(tag))
            .flat_map(|lane| &lane.bars);
        bars.any(|bar| bar.steps.iter().map(which).sum::<u64>() >= 3)
    };
    let view = until(&bench, "three events and three comments", |view| {
        came(view, "quick", |step| step.1) && came(view, "quiet", |step| step.2)
    })
    .await;
    let quiet = view
        .lanes
        .iter()
        .find(|it| it.client.as_deref() == Some("quiet"));
    let bar = &quiet.expect("its lane").bars[0];
    assert!(bar.steps.iter().all(|step| step.1 <= 1), "{:?}", bar.steps);
    let comments = bar
        .ticks
        .iter()
        .filter(|tick| tick.kind == TickKind::Comment);
    assert!(comments.count() >= 1, "{:?}", bar.ticks);
}

#[tokio::test]
async fn a_stop_and_a_start_are_a_band() {
    let bench = Bench::start().await;
    assert!(bench.server.timeline(0).away.is_empty());
    bench.server.stop().await;
    let view = bench.server.timeline(0);
    assert_eq!((view.away.len(), view.away[0].to_ms), (1, None));
    bench.server.start().await.expect("a free port");
    let view = bench.server.timeline(0);
    let [away] = &view.away[..] else {
        panic!("{:?}", view.away);
    };
    assert!(away.to_ms >= Some(away.from_ms));
}

#[tokio::test]
async fn what_is_armed_is_a_span_until_it_is_healed_and_none_after_a_reset() {
    let bench = Bench::start().await;
    for fault in ["cut,after=3,stream=/endless,client=a", "bom,room=w1"] {
        let body = format!("{{\"fault\":\"{fault}\"}}");
        let (head, answer) = bench.post("/api/faults", &[], body).await;
        assert_eq!(head.status, 201, "{answer}");
    }
    let armed = bench.server.timeline(0).armed;
    let [cut] = &armed[..] else {
        panic!("one is armed in this room: {armed:?}")
    };
    assert_eq!(
        (cut.fault, cut.stream.as_deref(), cut.client.as_deref()),
        (1, Some("/endless"), Some("a"))
    );
    assert_eq!(cut.to_ms, None);
    let (mut api, head) = bench.get("/api/timeline?room=w1").await;
    let there: Value = serde_json::from_str(&api.body(&head).await).expect("JSON");
    assert_eq!(there["armed"][0]["text"], "bom,room=w1");
    bench.ask("DELETE", "/api/faults/1", &[]).await;
    let healed = bench.server.timeline(0).armed;
    assert!(healed[0].to_ms.is_some_and(|to| to >= cut.from_ms));
    bench.post("/api/reset", &[], "").await;
    assert!(bench.server.timeline(0).armed.is_empty());
}
