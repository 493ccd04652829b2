//! `/readyz` and `/metrics`, as whoever operates servers reads them.

use super::{Bench, Head};

/// What a GET answers, whole.
pub async fn get(bench: &Bench, target: &str, headers: &[(&str, &str)]) -> (Head, String) {
    let headers = [headers, &[("connection", "close")]].concat();
    let (mut client, head) = bench.ask("GET", target, &headers).await;
    let body = String::from_utf8(client.rest().await).expect("UTF-8");
    (head, body)
}

/// The metrics, as text.
pub async fn metrics(bench: &Bench) -> String {
    let (head, body) = get(bench, "/metrics", &[]).await;
    assert_eq!(head.status, 200, "{body}");
    body
}

/// The value of one line.
pub fn value(metrics: &str, name: &str) -> f64 {
    let line = metrics.lines().find_map(|line| {
        line.strip_prefix(name)?
            .strip_prefix(' ')?
            .parse::<f64>()
            .ok()
    });
    line.unwrap_or_else(|| panic!("{name} in {metrics}"))
}
