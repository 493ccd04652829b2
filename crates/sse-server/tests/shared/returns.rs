//! What a node says of clients that were on another one meanwhile.

use serde_json::Value;
use sse_server::TableQuery;

use crate::redis::Redis;
use crate::support::Bench;

fn verdict(node: &Bench) -> Value {
    let rows = node.server.slice(&TableQuery::default()).rows;
    let rows = serde_json::to_value(&rows).expect("JSON");
    let rows = rows.as_array().expect("rows");
    let newest = rows.iter().max_by_key(|row| row["id"].as_u64());
    newest.expect("a row")["verdict"].clone()
}

#[tokio::test]
async fn who_comes_back_from_another_node_has_lost_nothing() {
    let redis = Redis::start();
    let (a, b) = (redis.node("a").await, redis.node("b").await);
    let topic = "/topics/news?client=dash";
    let mut client = a.join(topic).await;
    // It stays loaded while the client is elsewhere.
    let _other = a.join("/topics/news").await;
    for n in 0..6 {
        a.publish("/topics/news", n.to_string()).await;
    }
    assert_eq!(client.several(2).await, ["0", "1"]);
    let id = client.last_event_id().to_owned();
    drop(client);
    a.ended("dash").await;
    let mut client = b.listen(topic, Some(&id)).await;
    assert_eq!(client.several(2).await, ["2", "3"]);
    b.publish("/topics/news", "6").await;
    assert_eq!(client.several(3).await, ["4", "5", "6"]);
    b.publish("/topics/news", "7").await;
    assert_eq!(client.data().await, "7");
    let id = client.last_event_id().to_owned();
    drop(client);
    let mut client = a.listen(topic, Some(&id)).await;
    a.publish("/topics/news", "8").await;
    assert_eq!(client.data().await, "8");
    let verdict = verdict(&a);
    assert_eq!(verdict["bad"], false, "{verdict}");
    assert_eq!(verdict["lost"], 0, "{verdict}");
    assert!(
        verdict["words"]
            .as_str()
            .expect("words")
            .contains("from elsewhere"),
        "{verdict}"
    );
}
