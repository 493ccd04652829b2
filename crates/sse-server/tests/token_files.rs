//! The files of tokens: what may stand in them, how they change, and that no token is shown.

mod support;

use sse_server::{Config, Server, Tokens};
use support::soon;
use support::tokens::{PUBLISH, SUBSCRIBE, bearer, files, guarded, save};
use tempfile::TempDir;

/// No view of a request has a token, not even for the page: they are not kept.
#[tokio::test]
async fn a_token_is_nowhere_to_be_read() {
    let server = guarded().await;
    let mut log = server.bench.server.log();
    let wrong = "wrong-0123456789abcdef";
    let cookie = format!("theme=dark; sse_token={SUBSCRIBE}; __Host-sse={wrong}");
    let good = bearer(SUBSCRIBE);
    let query = format!("/topics/a?client=t&access_token={wrong}&names=data");
    let asks = [
        vec![("authorization", &*good)],
        vec![("Cookie", &*cookie)],
        vec![("authorization", &*cookie)],
    ];
    let mut open = Vec::new();
    for fields in &asks {
        let (client, head) = server.bench.ask("GET", &query, fields).await;
        if head.status == 200 {
            open.push(client);
        }
    }
    let folded = format!(
        "GET {query} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer\r\n {SUBSCRIBE}\r\n\r\n"
    );
    let mut client = server.bench.connect().await;
    client.send(&folded).await;
    assert_eq!(client.head().await.status, 400);
    let rows = server
        .bench
        .table("four rows", |view| view.rows.len() == 4)
        .await
        .rows;
    for row in rows {
        let shown = server.bench.server.request(row.id, true).expect("a row");
        let recording = server.bench.server.recording(row.id).expect("a row");
        let wire = server.bench.server.wire(row.id, 0).expect("a row");
        let entry = soon("an entry", log.recv()).await.expect("the log");
        let request = serde_json::to_string(&shown).expect("JSON");
        assert!(request.contains("kept"), "{request}");
        for text in [
            request,
            recording,
            serde_json::to_string(&wire).expect("JSON"),
            serde_json::to_string(&entry).expect("JSON"),
            serde_json::to_string(&row).expect("JSON"),
            entry.to_string(),
        ] {
            assert!(!text.contains(SUBSCRIBE) && !text.contains(wrong), "{text}");
        }
    }
    let state = serde_json::to_value(server.bench.server.state()).expect("JSON");
    let needs = serde_json::json!({ "publish": true, "subscribe": true });
    assert_eq!(state["tokens"], needs);
}

#[tokio::test]
async fn a_file_that_is_changed_is_in_force_without_a_restart() {
    let server = guarded().await;
    let mut news = server.bench.server.token_news();
    let (publish, subscribe) = files(&server.folder);
    let new = "new-0123456789abcdef";
    let mut reader = server
        .bench
        .subscribe_with("/topics/a", &[("authorization", &bearer(SUBSCRIBE))])
        .await;
    let next = |line: Option<String>| line.expect("the server is there");
    // 1. Both are valid while clients change over.
    save(&subscribe, &format!("{new}\n{SUBSCRIBE}\n"));
    let line = next(soon("news", news.next()).await);
    assert!(
        line.ends_with("was changed: 2 tokens are in force."),
        "{line}"
    );
    for token in [new, SUBSCRIBE, PUBLISH] {
        assert_eq!(server.status("GET", "/topics/a", Some(token)).await, 200);
    }
    // 2. The old one goes. Who is connected stays.
    save(&subscribe, &format!("{new}\n"));
    next(soon("news", news.next()).await);
    assert_eq!(
        server.status("GET", "/topics/a", Some(SUBSCRIBE)).await,
        401
    );
    // 3. A mistake, and a file that is gone, take nobody's token away.
    save(&subscribe, "short\n");
    let line = next(soon("news", news.next()).await);
    assert!(
        line.contains("subscribe, line 1: A token has at least 16"),
        "{line}"
    );
    assert!(
        !line.contains("short:") && !line.contains("`short`"),
        "{line}"
    );
    assert_eq!(server.status("GET", "/topics/a", Some(new)).await, 200);
    std::fs::remove_file(&publish).expect("removed");
    let line = next(soon("news", news.next()).await);
    assert!(line.contains("publish: There is no such file"), "{line}");
    assert_eq!(server.status("POST", "/topics/a", Some(PUBLISH)).await, 200);
    assert_eq!(reader.data().await, "x");
}

#[tokio::test]
async fn a_server_does_not_begin_with_a_file_that_is_wrong() {
    let folder = TempDir::new().expect("a folder");
    let (publish, subscribe) = files(&folder);
    let sentence = async |tokens| {
        let config = Config {
            tokens,
            ..Config::default()
        };
        let server = Server::new(config).await;
        server.err().expect("it is wrong").to_string()
    };
    let tokens = |publish, subscribe| Tokens { publish, subscribe };
    let missing = sentence(tokens(Some(publish.clone()), None)).await;
    assert!(
        missing.contains("publish: There is no such file"),
        "{missing}"
    );
    save(&publish, PUBLISH);
    save(&subscribe, "# none yet\n");
    let none = sentence(tokens(Some(publish), Some(subscribe.clone()))).await;
    assert!(none.contains("subscribe: The file has no token"), "{none}");
    save(&subscribe, "ok-0123456789abcdef\nthis is not\n");
    let line = sentence(tokens(None, Some(subscribe))).await;
    assert!(
        line.contains("subscribe, line 2: A token has no white space"),
        "{line}"
    );
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_everybody_can_read_is_told() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = TempDir::new().expect("a folder");
    let (publish, _) = files(&folder);
    save(&publish, PUBLISH);
    for (mode, is_told) in [(0o600, false), (0o640, false), (0o644, true)] {
        let permissions = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(&publish, permissions).expect("it is ours");
        let config = Config {
            tokens: Tokens {
                publish: Some(publish.clone()),
                subscribe: None,
            },
            ..Config::default()
        };
        let server = Server::new(config).await.expect("a token");
        let mut news = server.token_news();
        let first = tokio::time::timeout(std::time::Duration::ZERO, news.next()).await;
        assert_eq!(first.is_ok(), is_told, "{mode:o}");
        if let Ok(line) = first {
            let line = line.expect("the server is there");
            assert!(line.ends_with("chmod 600."), "{line}");
        }
    }
}
