//! Who may break streams: rooms, and faults in a query.

use super::*;

#[test]
fn the_row_of_what_breaks_streams() {
    let far = Ends {
        peer: Ipv4Addr::new(192, 168, 1, 7).into(),
        ..LOOPBACK
    };
    let proxied = ("x-forwarded-for", "192.0.2.1");
    let dev = ("origin", "http://localhost:5173");
    for (ends, headers, status) in [
        (LOOPBACK, &[("host", "localhost:8000")][..], 200),
        (LOOPBACK, &[("host", "bench.example:8000")], 200),
        (LOOPBACK, &[("host", "localhost:9000")], 421),
        (LOOPBACK, &[("host", "localhost")], 421),
        (LOOPBACK, &[("host", "localhost:8000"), proxied], 403),
        (
            LOOPBACK,
            &[("host", "localhost:8000"), ("via", "1.1 p")],
            403,
        ),
        (far, &[("host", "localhost:8000")], 403),
        // A page says who it is, whatever stands between.
        (LOOPBACK, &[("host", "localhost:9000"), dev], 200),
        (LOOPBACK, &[("host", "localhost:9000"), dev, proxied], 200),
        (
            LOOPBACK,
            &[("host", "localhost:8000"), ("origin", "tauri://localhost")],
            200,
        ),
        (
            LOOPBACK,
            &[
                ("host", "localhost:8000"),
                ("origin", "http://localhost:8000"),
            ],
            200,
        ),
        (
            LOOPBACK,
            &[
                ("host", "localhost:8000"),
                ("origin", "https://app.example"),
            ],
            200,
        ),
        (
            LOOPBACK,
            &[("host", "localhost:8000"), ("origin", "https://evil.com")],
            403,
        ),
        (
            LOOPBACK,
            &[("host", "localhost:8000"), ("origin", "null")],
            403,
        ),
        (LOOPBACK, &[("host", "evil.com:8000")], 421),
    ] {
        let (guard, request) = (guard(), request("/@a/numbers", headers));
        let admitted = guard.admit(&request, Area::Stream, ends);
        let admitted = admitted
            .and_then(|admission| guard.admit_to_break("A room", &request, admission.class, ends));
        let refused = admitted.err().map(|refusal| {
            assert!(refusal.sentence.ends_with('.'), "{refusal:?}");
            refusal.status.as_u16()
        });
        assert_eq!(refused.unwrap_or(200), status, "{headers:?}");
    }
}
