//! Every cell of the guard's table, and names that have deceived other servers.

mod breaking;

use std::net::{Ipv4Addr, Ipv6Addr};

use super::*;

const LOOPBACK: Ends = Ends {
    peer: IpAddr::V4(Ipv4Addr::LOCALHOST),
    local: IpAddr::V4(Ipv4Addr::LOCALHOST),
    port: 8000,
};

/// Every row of the table.
const EVERY: [Area; 6] = [
    Area::Stream,
    Area::EndOfTopic,
    Area::Api,
    Area::Page,
    Area::Health,
    Area::Nothing,
];

fn guard() -> Guard {
    Guard::new(
        &["bench.example".to_owned()],
        &["https://app.example".to_owned()],
    )
    .expect("both entries are well-formed")
}

fn request(target: &str, headers: &[(&str, &str)]) -> Request<()> {
    headers
        .iter()
        .fold(Request::get(target), |request, (name, value)| {
            request.header(*name, *value)
        })
        .body(())
        .expect("a request that hyper could have read")
}

fn status_at(ends: Ends, area: Area, target: &str, headers: &[(&str, &str)]) -> u16 {
    match guard().admit(&request(target, headers), area, ends) {
        Ok(_) => 200,
        Err(refusal) => {
            assert!(refusal.sentence.ends_with('.'), "one sentence: {refusal:?}");
            refusal.status.as_u16()
        }
    }
}

fn host_status(area: Area, host: &str) -> u16 {
    status_at(LOOPBACK, area, "/numbers", &[("host", host)])
}

#[test]
fn on_streams_the_name_decides_on_any_port() {
    for host in [
        "localhost:8000",
        "LOCALHOST:8000",
        "localhost",
        "localhost:",
        "localhost:1234",
        "127.0.0.1:8000",
        "[::1]:8000",
        "[::1]",
        "[0:0:0:0:0:0:0:1]:9",
        "bench.example:8000",
        "Bench.Example",
        "localhost.:8000",
        "foo.localhost:8000",
        "a.b.LOCALHOST.",
        "tauri.localhost",
    ] {
        for area in [Area::Stream, Area::EndOfTopic, Area::Health, Area::Nothing] {
            assert_eq!(host_status(area, host), 200, "{host} {area:?}");
        }
    }
}

#[test]
fn on_our_own_places_the_port_counts_too() {
    for host in [
        "localhost:8000",
        "127.0.0.1:8000",
        "[::1]:8000",
        "bench.example:8000",
        "localhost.:8000",
        "app.localhost:8000",
    ] {
        for area in [Area::Page, Area::Api] {
            assert_eq!(host_status(area, host), 200, "{host}");
        }
    }
    for host in [
        "localhost",
        "localhost:8001",
        "localhost:",
        "127.0.0.1:80",
        "[::1]:8080",
        "localhost.",
        "app.localhost:80",
    ] {
        for area in [Area::Page, Area::Api] {
            assert_eq!(host_status(area, host), 421, "{host}");
        }
    }
}

#[test]
fn names_that_are_not_ours_are_misdirected() {
    for host in [
        "localhost.evil.com:8000",
        "127.0.0.1.evil.com:8000",
        "evil.com",
        "evil.com:8000",
        "xlocalhost:8000",
        "evil-localhost",
        ".localhost",
        "a..localhost",
        "localhost..",
        "localhost.evil.com.",
        "127.0.0.1.",
        "app.localhost.evil.com",
        "0.0.0.0:8000",
        "127.0.0.2:8000",
        "127.1:8000",
        "2130706433:8000",
        "0x7f.1:8000",
        "192.168.1.5:8000",
        "[::2]:8000",
        "[::ffff:127.0.0.1]:8000",
        "bench.example.evil.com",
    ] {
        for area in EVERY {
            assert_eq!(host_status(area, host), 421, "{host}");
        }
    }
}

#[test]
fn malformed_hosts_are_bad_requests() {
    for host in [
        "",
        "localhost:8000@evil.com",
        "evil.com@localhost:8000",
        "localhost:8000:8000",
        "localhost:http",
        "localhost:99999",
        "localhost:-1",
        "localhost:+80",
        "[::1",
        "::1",
        "[::1]x",
        "[::1%25lo]:8000",
        "[localhost]:8000",
        "local host:8000",
        "localhost/:8000",
        "localhost?",
        "localhost#",
        "localhost:8000, evil.com",
        ":8000",
    ] {
        for area in EVERY {
            assert_eq!(host_status(area, host), 400, "{host:?}");
        }
    }
}

#[test]
fn host_must_be_there_exactly_once() {
    assert_eq!(status_at(LOOPBACK, Area::Stream, "/numbers", &[]), 400);
    let twice = [("host", "localhost:8000"), ("host", "localhost:8000")];
    assert_eq!(status_at(LOOPBACK, Area::Stream, "/numbers", &twice), 400);
}

#[test]
fn the_authority_of_an_absolute_target_beats_host() {
    let ours = "http://localhost:8000/numbers";
    let theirs = "http://evil.com/numbers";
    let at = |target, host| status_at(LOOPBACK, Area::Stream, target, &[("host", host)]);
    assert_eq!(at(ours, "evil.com"), 200);
    assert_eq!(at(theirs, "localhost:8000"), 421);
    assert_eq!(at("http://localhost:8000@evil.com/", "localhost:8000"), 400);
    assert_eq!(
        status_at(LOOPBACK, Area::Stream, ours, &[]),
        400,
        "Host is needed all the same"
    );
}

#[test]
fn the_table_of_origins() {
    let own = [
        "http://localhost:8000",
        "http://127.0.0.1:8000",
        "http://[::1]:8000",
        "http://bench.example:8000",
    ];
    let shell = ["tauri://localhost", "http://tauri.localhost"];
    let local = [
        "http://localhost:5173",
        "http://localhost",
        "https://localhost:8000",
        "http://127.0.0.1:1430",
        "http://127.8.9.1:3000",
        "http://[::1]:3000",
        "http://app.localhost:3000",
        "https://a.b.localhost",
    ];
    let listed = ["https://app.example", "HTTPS://APP.EXAMPLE"];
    let foreign = [
        "null",
        "",
        "https://evil.com",
        "http://app.example",
        "https://app.example:444",
        "https://app.example.evil.com",
        "http://localhost.evil.com",
        "http://127.0.0.1.evil.com",
        "http://evil.com:8000",
        "http://localhost:8000@evil.com",
        "http://evillocalhost:8000",
        "tauri://evil",
        "tauri://localhost.evil.com",
        "https://tauri.evil",
        "file://",
        "http://192.168.1.5:8000",
        "http://localhost:8000/",
        "http://localhost:8000 http://evil.com",
        "chrome-extension://abc",
        "http://.localhost@evil.com",
        "ftp://localhost",
    ];
    // Who reads the answer in each row: with CORS, without, or nobody.
    for (area, own_cors, others) in [
        (Area::Stream, true, Some(true)),
        (Area::Nothing, true, Some(true)),
        (Area::EndOfTopic, true, None),
        (Area::Api, false, None),
        (Area::Page, false, None),
        (Area::Health, false, Some(false)),
    ] {
        for origin in own {
            assert_eq!(cors(area, origin), Some(own_cors), "{origin} {area:?}");
        }
        for origin in shell.iter().chain(&local).chain(&listed) {
            assert_eq!(cors(area, origin), others, "{origin} {area:?}");
        }
        for origin in foreign {
            let health = (area == Area::Health).then_some(false);
            assert_eq!(cors(area, origin), health, "{origin} {area:?}");
        }
    }
}

/// Whether a page of this origin is answered, and with CORS.
fn cors(area: Area, origin: &str) -> Option<bool> {
    let headers = [("host", "localhost:8000"), ("origin", origin)];
    let admitted = guard().admit(&request("/numbers", &headers), area, LOOPBACK);
    admitted.ok().map(|admission| admission.cors.is_some())
}

/// Only a stream is anybody's to allow: elsewhere the refusal must not offer it.
#[test]
fn each_row_refuses_in_its_own_words() {
    for (area, words, can_be_allowed) in [
        (Area::Stream, "may not read this server's streams", true),
        (Area::Nothing, "may not read this server's streams", true),
        (Area::EndOfTopic, "may not end a topic", false),
        (Area::Api, "for the server's own page only", false),
        (Area::Page, "for the server's own page only", false),
    ] {
        let headers = [("host", "localhost:8000"), ("origin", "https://evil.com")];
        let refusal = guard()
            .admit(&request("/numbers", &headers), area, LOOPBACK)
            .expect_err("a foreign page");
        assert!(refusal.sentence.contains(words), "{area:?}: {refusal:?}");
        assert_eq!(refusal.origin.is_some(), can_be_allowed, "{area:?}");
    }
}

/// It answered 403 with an advice that the command line refused.
#[test]
fn what_a_refusal_advises_works() {
    for (origin, can_be_allowed) in [
        ("https://evil.com", true),
        ("http://192.168.1.5:8000", true),
        ("chrome-extension://abcdef", true),
        ("http://new.example:80", true),
        ("http://a;touch$IFS$9made", true),
        ("null", false),
        ("", false),
        ("file://", false),
        ("http://localhost:5173/", false),
        ("https://*.example", false),
        ("http://localhost:8000 http://evil.com", false),
    ] {
        let headers = [("host", "localhost:8000"), ("origin", origin)];
        let request = request("/numbers", &headers);
        let guard = guard();
        let refusal = guard
            .admit(&request, Area::Stream, LOOPBACK)
            .expect_err(origin);
        let advised = refusal.sentence.split_once("--allow-origin ");
        assert_eq!(advised.is_some(), can_be_allowed, "{}", refusal.sentence);
        match advised {
            Some((_, rest)) => {
                let advised = rest.split('`').next().expect("an origin");
                let advised = advised.trim_matches('\'');
                guard.allow_origin(advised).expect(advised);
                guard
                    .admit(&request, Area::Stream, LOOPBACK)
                    .expect("it is allowed now");
            }
            None => {
                assert!(
                    refusal.sentence.contains("a port of localhost"),
                    "{refusal:?}"
                );
                let file = refusal.sentence.contains("opened as a file");
                assert_eq!(file, origin == "null", "{refusal:?}");
                _ = guard.allow_origin(origin);
                guard
                    .admit(&request, Area::Stream, LOOPBACK)
                    .expect_err("no advice, since none helps");
            }
        }
    }
    for (host, can_be_allowed) in [
        ("box.lan:8000", true),
        ("10.0.0.5", true),
        ("a%20b", false),
        ("x;touch$IFS$9made", true),
        ("it's", false),
        ("-h", false),
    ] {
        let request = request("/numbers", &[("host", host)]);
        let refusal = guard()
            .admit(&request, Area::Stream, LOOPBACK)
            .expect_err(host);
        let advised = refusal.sentence.split_once("--allow-host ");
        assert_eq!(advised.is_some(), can_be_allowed, "{}", refusal.sentence);
        if let Some((_, rest)) = advised {
            let advised = rest.split('`').next().expect("a name");
            let quoted =
                advised.contains(|c: char| !(c.is_ascii_alphanumeric() || ".-".contains(c)));
            assert_eq!(quoted, advised.starts_with('\''), "{advised}");
            let advised = advised.trim_matches('\'').to_owned();
            let guard = Guard::new(&[advised], &[]).expect("a name");
            guard
                .admit(&request, Area::Stream, LOOPBACK)
                .expect("it is allowed now");
        }
    }
}

/// A proxy on this machine is a loopback peer, and whoever it speaks for need not be one.
#[test]
fn the_api_does_not_answer_through_a_proxy() {
    for field in [
        ("forwarded", "for=192.0.2.1"),
        ("Via", "1.1 proxy"),
        ("x-forwarded-for", "192.0.2.1"),
        ("X-Forwarded-Host", "app.example"),
        ("x-forwarded-proto", ""),
        ("x-real-ip", "192.0.2.1"),
        ("x-client-ip", "192.0.2.1"),
        ("X-Cluster-Client-IP", "192.0.2.1"),
        ("True-Client-IP", "192.0.2.1"),
        ("CF-Connecting-IP", "192.0.2.1"),
    ] {
        let headers = [("host", "localhost:8000"), field];
        for area in EVERY {
            let status = status_at(LOOPBACK, area, "/", &headers);
            let expected = if area == Area::Api { 403 } else { 200 };
            assert_eq!(status, expected, "{field:?} {area:?}");
        }
    }
}

/// A room makes a server forget and fail, so it is for whom the API is for, and for pages that may
/// read the streams.
#[test]
fn two_origins_are_foreign() {
    let headers = [
        ("host", "localhost:8000"),
        ("origin", "http://localhost:8000"),
        ("origin", "http://localhost:8000"),
    ];
    assert_eq!(status_at(LOOPBACK, Area::Stream, "/numbers", &headers), 403);
}

#[test]
fn cors_is_for_the_one_origin_and_for_streams_only() {
    let headers = [
        ("host", "localhost:8000"),
        ("origin", "http://localhost:5173"),
    ];
    let admitted = guard()
        .admit(&request("/numbers", &headers), Area::Stream, LOOPBACK)
        .expect("a local front end");
    assert_eq!(admitted.class, Class::Local);
    assert_eq!(
        admitted.cors.expect("CORS").as_str(),
        "http://localhost:5173"
    );

    let headers = [
        ("host", "localhost:8000"),
        ("origin", "http://localhost:8000"),
    ];
    let admitted = guard()
        .admit(&request("/api/state", &headers), Area::Api, LOOPBACK)
        .expect("our own page");
    assert_eq!(admitted.cors, None);
}

#[test]
fn an_origin_is_foreign_until_it_is_allowed() {
    let guard = guard();
    let headers = [
        ("host", "localhost:8000"),
        ("origin", "https://new.example"),
    ];
    let request = request("/numbers", &headers);
    let refusal = guard
        .admit(&request, Area::Stream, LOOPBACK)
        .expect_err("not yet");
    assert_eq!(refusal.origin.as_deref(), Some("https://new.example"));
    guard
        .allow_origin("https://new.example/")
        .expect("an origin");
    guard.admit(&request, Area::Stream, LOOPBACK).expect("now");
    for (allowed, sent) in [
        ("https://a.example:443", "https://a.example"),
        ("http://a.example:80/", "http://a.example"),
        ("https://b.example:80", "https://b.example:80"),
        ("http://c.example", "http://c.example:80"),
    ] {
        guard.allow_origin(allowed).expect("an origin");
        let headers = [("host", "localhost"), ("origin", sent)];
        let request = self::request("/numbers", &headers);
        guard.admit(&request, Area::Stream, LOOPBACK).expect(sent);
    }
    for nonsense in [
        "",
        "null",
        "*",
        "new.example",
        "https://",
        "https://a/b",
        "https://u@a",
        "https://*.a",
        "://a",
        "ht!tp://a",
    ] {
        guard.allow_origin(nonsense).expect_err(nonsense);
    }
}

#[test]
fn requests_without_origin_that_another_site_made_are_refused() {
    let with = |site: &str, mode: &str| {
        let headers = [
            ("host", "localhost:8000"),
            ("sec-fetch-site", site),
            ("sec-fetch-mode", mode),
        ];
        status_at(LOOPBACK, Area::Stream, "/numbers", &headers)
    };
    assert_eq!(with("cross-site", "no-cors"), 403);
    assert_eq!(with("same-site", "no-cors"), 403);
    assert_eq!(with("cross-site", "cors"), 403);
    assert_eq!(with("cross-site", "navigate"), 200);
    assert_eq!(with("same-origin", "cors"), 200);
    assert_eq!(with("none", "navigate"), 200);
    for (dest, status) in [
        ("document", 200),
        ("iframe", 403),
        ("object", 403),
        ("embed", 403),
    ] {
        let headers = [
            ("host", "localhost:8000"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", dest),
        ];
        assert_eq!(
            status_at(LOOPBACK, Area::Stream, "/numbers", &headers),
            status,
            "{dest}"
        );
    }
}

#[test]
fn beyond_loopback_the_api_is_for_loopback_peers() {
    let here = IpAddr::V4(Ipv4Addr::new(192, 168, 1, 5));
    let wide = Ends {
        peer: IpAddr::V4(Ipv4Addr::new(192, 168, 1, 9)),
        local: here,
        port: 8000,
    };
    let at = |ends, target, host| {
        let area = match target {
            "/numbers" => Area::Stream,
            "/" => Area::Page,
            _ => Area::Api,
        };
        status_at(ends, area, target, &[("host", host)])
    };
    assert_eq!(
        at(wide, "/numbers", "192.168.1.5:8000"),
        200,
        "our literal address"
    );
    assert_eq!(
        at(wide, "/numbers", "192.168.1.6:8000"),
        421,
        "somebody else's"
    );
    assert_eq!(at(wide, "/numbers", "evil.com"), 421);
    assert_eq!(at(wide, "/", "192.168.1.5:8000"), 200);
    assert_eq!(at(wide, "/api/state", "192.168.1.5:8000"), 403);
    assert_eq!(
        at(
            Ends { peer: here, ..wide },
            "/api/state",
            "192.168.1.5:8000"
        ),
        403
    );
    let mapped = Ends {
        peer: IpAddr::V6(Ipv4Addr::new(192, 168, 1, 9).to_ipv6_mapped()),
        local: IpAddr::V6(Ipv4Addr::new(192, 168, 1, 5).to_ipv6_mapped()),
        ..wide
    };
    assert_eq!(at(mapped, "/numbers", "192.168.1.5:8000"), 200);
    assert_eq!(at(mapped, "/api/state", "192.168.1.5:8000"), 403);
    assert_eq!(
        at(
            Ends {
                local: IpAddr::V6(Ipv6Addr::LOCALHOST),
                peer: IpAddr::V6(Ipv6Addr::LOCALHOST),
                ..wide
            },
            "/api/state",
            "[::1]:8000"
        ),
        200
    );
}

#[test]
fn entries_that_are_no_names_are_refused_in_words() {
    for bad in [
        "",
        "a b",
        "http://a",
        "a:80",
        "a/b",
        "*",
        "*.example",
        "u@a",
    ] {
        let error = Guard::new(&[bad.to_owned()], &[]).expect_err(bad);
        assert!(error.to_string().contains("is not a host name"), "{bad}");
    }
    for good in ["a", "A.example", "192.168.1.5", "[fe80::1]", "fe80::1"] {
        Guard::new(&[good.to_owned()], &[]).expect(good);
    }
}

#[test]
fn a_preflight_is_told_by_its_method_and_both_its_fields() {
    let origin = ("origin", "http://localhost:5173");
    let method = ("access-control-request-method", "POST");
    for (asks, fields, is) in [
        (Method::OPTIONS, &[origin, method][..], true),
        (Method::OPTIONS, &[origin], false),
        (Method::OPTIONS, &[method], false),
        (Method::OPTIONS, &[], false),
        (Method::GET, &[origin, method], false),
    ] {
        let mut request = request("/numbers", fields);
        *request.method_mut() = asks;
        assert_eq!(is_preflight(&request), is, "{request:?}");
    }
}
