//! Tokens: who may publish, and who may subscribe, of those that the guard lets in.

mod support;

use sse_server::UpstreamWish;
use support::Bench;
use support::tokens::{PUBLISH, SUBSCRIBE, bearer, guarded, guarded_by};
use support::topics::Subscriber;
use support::upstream::Upstream;

/// The table of docs/OPERATE.md.
#[tokio::test]
async fn what_needs_which_token() {
    let both = guarded().await;
    let publish_only = guarded_by(true, false).await;
    let subscribe_only = guarded_by(false, true).await;
    // For each server: without a token, with that to subscribe, with that to publish.
    let publishing = ([401, 403, 200], [401, 401, 200], [401, 403, 401]);
    let ending = ([401, 403, 204], [401, 401, 204], [401, 403, 401]);
    let reading = ([401, 200, 200], [200, 200, 200], [401, 200, 401]);
    let open = ([200, 200, 200], [200, 200, 200], [200, 200, 200]);
    for (method, target, (in_both, in_publish, in_subscribe)) in [
        ("POST", "/topics/a", publishing),
        ("POST", "/@r/topics/a", publishing),
        ("POST", "/@/topics/a", publishing),
        ("GET", "/topics/a", reading),
        ("HEAD", "/topics/a", reading),
        ("GET", "/@r/topics/a", reading),
        ("GET", "/%74opics/a", reading),
        ("GET", "/numbers", reading),
        ("HEAD", "/numbers", reading),
        ("POST", "/numbers", reading),
        ("GET", "/@r/numbers", reading),
        ("GET", "/n%75mbers", reading),
        ("DELETE", "/topics/a", ending),
        ("GET", "/", open),
        ("GET", "/healthz", open),
        ("GET", "/api/state", publishing),
        ("GET", "/@/api/connections", publishing),
        ("GET", "/%61pi/state", publishing),
        ("GET", "/page/main.js", open),
    ] {
        for (server, files, expected) in [
            (&both, "both", in_both),
            (&publish_only, "publish", in_publish),
            (&subscribe_only, "subscribe", in_subscribe),
        ] {
            for (token, status) in [None, Some(SUBSCRIBE), Some(PUBLISH)]
                .into_iter()
                .zip(expected)
            {
                if method == "DELETE" && status == 204 {
                    server.status("POST", target, token).await;
                }
                let got = server.status(method, target, token).await;
                assert_eq!(got, status, "{method} {target} {token:?}, files: {files}");
            }
        }
    }
}

#[tokio::test]
async fn without_files_nothing_is_as_if_there_were_tokens() {
    let bench = Bench::start().await;
    let (_, head) = bench
        .ask("GET", "/topics/a", &[("authorization", "Bearer")])
        .await;
    assert_eq!(head.status, 200, "an Authorization means nothing");
    assert_eq!(bench.publish("/topics/a", "x").await.events, 1);
}

#[tokio::test]
async fn a_refusal_says_what_to_do_and_repeats_no_token() {
    let server = guarded().await;
    let wrong = "wrong-0123456789abcdef";
    let cases: [(&str, Option<String>, u16, &str, &str); 8] = [
        (
            "GET",
            None,
            401,
            "Bearer",
            "Subscribing here needs a token: send it as `Authorization: Bearer TOKEN`, or as the cookie sse_token, which an EventSource sends too. A token in the URL does not count.",
        ),
        (
            "POST",
            None,
            401,
            "Bearer",
            "Publishing here needs a token: send it as `Authorization: Bearer TOKEN`. A token in the URL does not count.",
        ),
        (
            "DELETE",
            None,
            401,
            "Bearer",
            "Ending a topic here needs a token",
        ),
        (
            "GET",
            Some(bearer(wrong)),
            401,
            "Bearer error=\"invalid_token\"",
            "This server does not know the token: check it for a typing mistake, or get a newer one.",
        ),
        (
            "POST",
            Some("Bearer ".into()),
            401,
            "Bearer error=\"invalid_token\"",
            "The request has an Authorization of Bearer without a token",
        ),
        (
            "POST",
            Some("Bearer a, b".into()),
            401,
            "Bearer error=\"invalid_token\"",
            "What follows Bearer",
        ),
        (
            "POST",
            Some(bearer(SUBSCRIBE)),
            403,
            "Bearer error=\"insufficient_scope\"",
            "This token may only subscribe: publish with one that may publish.",
        ),
        (
            "DELETE",
            Some(bearer(SUBSCRIBE)),
            403,
            "Bearer error=\"insufficient_scope\"",
            "This token may only subscribe: end topics with one that may publish.",
        ),
    ];
    for (method, field, status, challenge, words) in cases {
        let fields: Vec<_> = field.iter().map(|it| ("authorization", &**it)).collect();
        let (got, says, sentence) = server.ask(method, "/topics/a", &fields).await;
        assert_eq!((got, &*says), (status, challenge), "{method} {field:?}");
        assert!(sentence.starts_with(words), "{sentence}");
        assert_eq!(sentence.lines().count(), 1);
        assert!(!sentence.contains(wrong) && !sentence.contains(SUBSCRIBE));
    }
    let nobody = guarded_by(false, true).await;
    let (status, _, sentence) = nobody.ask("POST", "/topics/a", &[]).await;
    assert!(
        status == 401 && sentence.contains("--publish-token FILE"),
        "{sentence}"
    );
}

#[tokio::test]
async fn a_token_comes_in_a_header_or_a_cookie_and_never_in_the_url() {
    let server = guarded().await;
    let (good, upper) = (bearer(SUBSCRIBE), format!("BEARER  {SUBSCRIBE}"));
    let cookie = |text: &str| text.replace('T', SUBSCRIBE);
    let long = "x".repeat(12_000);
    for (fields, status) in [
        (vec![("authorization", good.clone())], 200),
        (vec![("authorization", upper)], 200),
        (
            vec![
                ("authorization", good.clone()),
                ("authorization", good.clone()),
            ],
            401,
        ),
        (vec![("authorization", bearer(&SUBSCRIBE[..25]))], 401),
        (
            vec![("authorization", bearer(&format!("{SUBSCRIBE}f")))],
            401,
        ),
        (
            vec![("authorization", bearer(&SUBSCRIBE.to_uppercase()))],
            401,
        ),
        (vec![("authorization", bearer(&long))], 401),
        (vec![("authorization", format!("{good}, {good}"))], 401),
        (vec![("authorization", SUBSCRIBE.to_owned())], 401),
        (vec![("authorization", format!("Basic {SUBSCRIBE}"))], 401),
        (vec![("x-authorization", good.clone())], 401),
        (vec![("cookie", cookie("sse_token=T"))], 200),
        (vec![("cookie", cookie("__Host-sse=T"))], 200),
        (vec![("cookie", cookie("a=b; sse_token=\"T\"; c=d"))], 200),
        (
            vec![("cookie", cookie("sse_token=stale; sse_token=T"))],
            200,
        ),
        (
            vec![
                ("cookie", cookie("sse_token=stale")),
                ("cookie", cookie("__Host-sse=T")),
            ],
            200,
        ),
        (vec![("cookie", cookie("sse_token=%T"))], 401),
        (vec![("cookie", cookie("SSE_TOKEN=T"))], 401),
        (vec![("cookie", cookie("token=T"))], 401),
        (vec![("cookie", cookie("sse_token=T,x"))], 401),
        // The header is what was meant.
        (
            vec![
                ("authorization", bearer("wrong-0123456789abcdef")),
                ("cookie", cookie("sse_token=T")),
            ],
            401,
        ),
        (
            vec![
                ("authorization", "Bearer".into()),
                ("cookie", cookie("sse_token=T")),
            ],
            401,
        ),
        // A balancer in front may have its own.
        (
            vec![
                ("authorization", "Basic YTpi".into()),
                ("cookie", cookie("sse_token=T")),
            ],
            200,
        ),
    ] {
        let lines: Vec<_> = fields.iter().map(|(name, it)| (*name, &**it)).collect();
        let (got, _, _) = server.ask("GET", "/topics/a", &lines).await;
        let fields = fields
            .iter()
            .map(|(name, it)| (name, &it[..it.len().min(80)]));
        assert_eq!(got, status, "{:?}", fields.collect::<Vec<_>>());
    }
    for query in [
        "token=",
        "access_token=",
        "authorization=Bearer%20",
        "sse_token=",
        "ticket=",
    ] {
        let target = format!("/topics/a?{query}{SUBSCRIBE}");
        let (status, _, sentence) = server.ask("GET", &target, &[]).await;
        assert_eq!(status, 401, "{query}");
        assert!(sentence.contains("A token in the URL does not count"));
    }
    let cookie = format!("sse_token={PUBLISH}");
    let (status, _, _) = server
        .ask("POST", "/topics/a", &[("cookie", &cookie)])
        .await;
    assert_eq!(status, 200, "the page of the server publishes so");
}

/// Whatever a path is spelled like, a topic that it reaches needs a token, and what needs none is
/// no topic.
#[tokio::test]
async fn no_spelling_of_a_path_leads_past_the_tokens() {
    let server = guarded().await;
    let good = Some(PUBLISH);
    for (target, without, with) in [
        ("/topics/a%2Fb", 401, 400),
        ("/topics/a%2fb", 401, 400),
        ("/topics//a", 401, 400),
        ("/topics/a/", 401, 400),
        ("/topics/", 401, 400),
        ("/topics/%61", 401, 200),
        ("/%74%6f%70%69%63%73/a", 401, 200),
        ("/topics/../topics/a", 401, 400),
        ("/topics/%2e%2e/a", 401, 400),
        ("/topics", 404, 404),
        ("//topics/a", 404, 404),
        ("/./topics/a", 404, 404),
        ("/x/../topics/a", 404, 404),
        ("/%2ftopics/a", 404, 404),
        ("/topics%2Fa", 404, 404),
        ("/TOPICS/a", 404, 404),
        ("/topics;x/a", 404, 404),
        ("/@/@/topics/a", 404, 404),
        ("/@/topics/a", 401, 200),
        ("/@r/@r/topics/a", 404, 404),
        ("/@r//topics/a", 404, 404),
        ("/@%72/topics/a", 401, 200),
    ] {
        for method in ["GET", "HEAD", "POST"] {
            let got = server.status(method, target, None).await;
            assert_eq!(got, without, "{method} {target}");
            let got = server.status(method, target, good).await;
            assert_eq!(got, with, "{method} {target} with a token");
        }
    }
    let absolute = format!("http://localhost:{}/topics/a", server.bench.addr.port());
    assert_eq!(server.status("GET", &absolute, None).await, 401);
    for method in ["OPTIONS", "PUT", "PATCH", "get", "GETT"] {
        let got = server.status(method, "/topics/a", None).await;
        let expected = if method == "OPTIONS" { 204 } else { 405 };
        assert_eq!(got, expected, "{method} reads nothing");
    }
    let topics = serde_json::to_value(server.bench.server.topics()).expect("JSON");
    let names: Vec<_> = topics.as_array().expect("a list").iter().collect();
    assert_eq!(
        names.len(),
        1,
        "only with a token does a topic begin: {names:?}"
    );
    assert!(server.bench.server.state().rooms == ["r"], "and a room");
}

#[tokio::test]
async fn the_guard_comes_first_and_a_preflight_needs_no_token() {
    let server = guarded().await;
    let good = bearer(PUBLISH);
    let token = ("authorization", &*good);
    for (fields, status) in [
        (vec![token, ("origin", "https://evil.com")], 403),
        (vec![token, ("host", "evil.com")], 421),
        (vec![token, ("sec-fetch-site", "cross-site")], 403),
    ] {
        let (got, challenge, _) = server.ask("GET", "/topics/a", &fields).await;
        assert_eq!((got, &*challenge), (status, ""), "{fields:?}");
    }
    let origin = ("origin", "http://localhost:5173");
    for method in ["GET", "POST"] {
        let asks = [
            origin,
            ("access-control-request-method", method),
            ("access-control-request-headers", "authorization"),
        ];
        let (_, head) = server.bench.ask("OPTIONS", "/topics/a", &asks).await;
        assert_eq!(head.status, 204);
        let allowed = head.get("access-control-allow-headers");
        assert_eq!(allowed, Some("authorization"));
        assert_eq!(head.get("access-control-allow-origin"), Some(origin.1));
    }
    // The page that asked reads why it was refused.
    let (_, head) = server.bench.ask("GET", "/topics/a", &[origin]).await;
    assert_eq!(head.status, 401);
    assert_eq!(head.get("access-control-allow-origin"), Some(origin.1));
    let exposed = head
        .get("access-control-expose-headers")
        .unwrap_or_default();
    assert!(exposed.contains("www-authenticate"), "{exposed}");
    let (_, head) = server.bench.ask("GET", "/topics/a", &[origin, token]).await;
    assert_eq!(head.status, 200);
}

#[tokio::test]
async fn a_refusal_is_a_row_that_says_why() {
    let server = guarded().await;
    let (wrong, subscribe) = (bearer("wrong-0123456789abcdef"), bearer(SUBSCRIBE));
    for (method, field, status, why) in [
        ("GET", None, 401, "no token"),
        ("HEAD", None, 401, "no token"),
        ("GET", Some(&*wrong), 401, "unknown token"),
        ("GET", Some("Bearer"), 401, "no token"),
        ("POST", None, 401, "no token"),
        ("POST", Some(&*subscribe), 403, "token may not publish"),
        ("DELETE", Some(&*subscribe), 403, "token may not publish"),
    ] {
        let tag = format!("{method}-{status}-{}", field.map_or(0, str::len));
        let target = format!("/topics/a?client={tag}");
        let fields: Vec<_> = field.iter().map(|it| ("authorization", *it)).collect();
        server.ask(method, &target, &fields).await;
        let row = server.bench.ended(&tag).await;
        assert_eq!((row.state, row.status), ("refused", status), "{method}");
        let ended = row.ended.expect("it was refused");
        assert_eq!(ended.why.words(), why);
        assert_eq!(row.stream, "/topics/a");
    }
    // A page that asks the API again and again would push those rows out.
    server.ask("GET", "/api/state?client=api", &[]).await;
    server
        .ask("GET", "/@nowhere/topics/a?client=in-room", &[])
        .await;
    let row = server.bench.ended("in-room").await;
    assert_eq!(row.stream, "/@nowhere/topics/a", "there is no such room");
    assert_eq!(server.bench.client("api").rows.len(), 0);
    let tally = server.bench.server.connections();
    assert_eq!(tally.refused, 8, "seven and the one in the room");
}

/// The `Authorization` of what is handed on is the upstream's.
#[tokio::test]
async fn what_is_handed_on_needs_no_token_and_carries_none_of_ours() {
    let server = guarded().await;
    let upstream = Upstream::new().await;
    let wish = UpstreamWish {
        room: Some("live".to_owned()),
        url: Some(upstream.url()),
    };
    server.bench.server.set_upstream(&wish).expect("a URL");
    let cookie = format!("a=b; sse_token={SUBSCRIBE}; c=d");
    let fields = [("authorization", "Bearer theirs"), ("cookie", &*cookie)];
    let mut client = server.bench.connect().await;
    let request = server.bench.request("GET", "/@live/feed", &fields);
    client.send(&request).await;
    let mut asked = upstream.asked().await;
    assert_eq!(asked.get("authorization"), "Bearer theirs");
    assert_eq!(asked.get("cookie"), "a=b; c=d");
    asked.ok(&mut client).await;
    // Topics of that room are ours.
    assert_eq!(server.status("GET", "/@live/topics/a", None).await, 401);
}

/// Many who guess disturb nobody who knows.
#[tokio::test]
async fn refused_clients_leave_the_others_alone() {
    let server = guarded().await;
    let good = bearer(PUBLISH);
    let token = [("authorization", &*good)];
    let (client, head) = server.bench.ask("GET", "/topics/a", &token).await;
    let mut subscriber = Subscriber::new(client, head);
    for guess in 0..300 {
        let token = format!("guess-0123456789-{guess}");
        assert_eq!(server.status("GET", "/topics/a", Some(&token)).await, 401);
    }
    let (head, answer) = server.bench.post("/topics/a", &token, "x").await;
    assert_eq!(head.status, 200, "{answer}");
    assert_eq!(subscriber.data().await, "x");
}
