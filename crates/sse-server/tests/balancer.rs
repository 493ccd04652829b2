//! What a balancer on the same machine can reach. Its requests come from loopback, as those of
//! programs of this machine do; the heads are those that nginx 1.22 and HAProxy 2.6 sent.

mod support;

use sse_server::Config;
use support::Bench;
use support::tokens::{Guarded, PUBLISH, SUBSCRIBE, guarded};

/// What a client that reached a balancer would like to have.
const OURS: [&str; 5] = [
    "/api/state",
    "/api/wire?id=1",
    "/@ci/numbers",
    "/@ci/topics/a",
    "/numbers?fault=empty",
];

/// A request as a balancer hands it on.
struct Balancer {
    version: &'static str,
    /// The header fields behind `Host`.
    fields: &'static str,
}

/// `proxy_pass http://127.0.0.1:8000;` and nothing else names that as the host. With
/// `proxy_set_header Host $http_host;` it is the client's.
const NGINX: Balancer = Balancer {
    version: "HTTP/1.0",
    fields: "Connection: close\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n",
};

/// The same with `proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;`.
const NGINX_THAT_SAYS_SO: Balancer = Balancer {
    version: "HTTP/1.0",
    fields: "X-Forwarded-For: 127.0.0.1\r\nConnection: close\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n",
};

/// It leaves the client's host as it is.
const HAPROXY: Balancer = Balancer {
    version: "HTTP/1.1",
    fields: "user-agent: curl/7.88.1\r\naccept: */*\r\n",
};

/// The same with `option forwardfor`.
const HAPROXY_THAT_SAYS_SO: Balancer = Balancer {
    version: "HTTP/1.1",
    fields: "user-agent: curl/7.88.1\r\naccept: */*\r\nx-forwarded-for: 127.0.0.1\r\n",
};

const ALL: [&Balancer; 4] = [&NGINX, &NGINX_THAT_SAYS_SO, &HAPROXY, &HAPROXY_THAT_SAYS_SO];

impl Balancer {
    async fn status(&self, bench: &Bench, host: &str, target: &str, more: &str) -> u16 {
        let Self { version, fields } = self;
        let mut client = bench.connect().await;
        let head = format!("GET {target} {version}\r\nHost: {host}\r\n{fields}{more}\r\n");
        client.send(&head).await;
        client.head().await.status
    }
}

async fn named() -> Bench {
    Bench::with(Config {
        allow_hosts: vec!["example.org".to_owned()],
        ..Config::default()
    })
    .await
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_refused_whoever_hands_it_on() {
    let bench = Bench::start().await;
    for balancer in ALL {
        for target in OURS.into_iter().chain(["/numbers", "/topics/a", "/"]) {
            let status = balancer.status(&bench, "example.org", target, "").await;
            assert_eq!(status, 421, "{target}");
        }
    }
}

/// Whatever host the client makes up.
#[tokio::test]
async fn who_is_handed_on_with_a_word_of_it_gets_streams_alone() {
    let bench = named().await;
    let port = bench.addr.port();
    let balancers = [&NGINX_THAT_SAYS_SO, &HAPROXY_THAT_SAYS_SO];
    for balancer in balancers {
        for host in ["example.org", "localhost", "127.0.0.1"] {
            let here = format!("{host}:{port}");
            for target in ["/numbers", "/topics/a"] {
                for host in [host, &here] {
                    let status = balancer.status(&bench, host, target, "").await;
                    assert_eq!(status, 200, "{host} {target}");
                }
            }
            for target in OURS {
                let status = balancer.status(&bench, &here, target, "").await;
                assert_eq!(status, 403, "{here} {target}");
                // Without the port it is another server's for all that this one knows.
                let status = balancer.status(&bench, host, target, "").await;
                assert_eq!(status, 421, "{host} {target}");
            }
        }
    }
    // No value of it makes a request one of this machine.
    for made_up in ["", "::1", "127.0.0.1, 127.0.0.1", "localhost", "unknown"] {
        let more = format!("X-Forwarded-For: {made_up}\r\n");
        let host = format!("localhost:{port}");
        for target in OURS {
            let status = HAPROXY.status(&bench, &host, target, &more).await;
            assert_eq!(status, 403, "{made_up:?} {target}");
        }
    }
}

/// What docs/OPERATE.md warns of: without a word, a balancer is not told from a program of this
/// machine.
#[tokio::test]
async fn who_is_handed_on_without_a_word_looks_like_a_program_of_this_machine() {
    let bench = named().await;
    let port = bench.addr.port();
    for (balancer, host) in [
        (&NGINX, format!("127.0.0.1:{port}")),
        (&HAPROXY, format!("localhost:{port}")),
        (&HAPROXY, format!("example.org:{port}")),
    ] {
        let status = balancer.status(&bench, &host, "/api/state", "").await;
        assert_eq!(status, 200, "{host}");
    }
    // The usual name has no port, which is enough.
    let status = HAPROXY
        .status(&bench, "example.org", "/api/state", "")
        .await;
    assert_eq!(status, 421);
}

/// So tokens make no difference between the two.
#[tokio::test]
async fn with_tokens_nothing_is_reached_without_one() {
    let Guarded { bench, folder } = guarded().await;
    let host = format!("127.0.0.1:{}", bench.addr.port());
    let bearer = |token| format!("Authorization: Bearer {token}\r\n");
    let (subscribe, publish) = (bearer(SUBSCRIBE), bearer(PUBLISH));
    for balancer in [&NGINX, &HAPROXY] {
        for target in OURS.into_iter().chain(["/numbers", "/topics/a"]) {
            let status = balancer.status(&bench, &host, target, "").await;
            assert_eq!(status, 401, "{target}");
        }
        let status = balancer
            .status(&bench, &host, "/topics/a", &subscribe)
            .await;
        assert_eq!(status, 200);
        let status = balancer
            .status(&bench, &host, "/api/state", &subscribe)
            .await;
        assert_eq!(status, 403);
        let status = balancer.status(&bench, &host, "/api/state", &publish).await;
        assert_eq!(status, 200, "whoever has it may");
    }
    drop(folder);
}
