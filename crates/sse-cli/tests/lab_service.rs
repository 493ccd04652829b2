//! `sse lab --service`: a test service, as it is written for sse-contract-tests, has its client
//! judged, also by what it reports to have seen.

mod support;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use support::{clients, node, run};

/// A service around a client of npm, ended with the test.
struct Service {
    child: Child,
    url: String,
}

impl Service {
    fn start(client: &str) -> Self {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/lab/service.mjs");
        let mut child = Command::new(node())
            .arg(script)
            .arg(clients("lab-node"))
            .arg(client)
            .stdout(Stdio::piped())
            .spawn()
            .expect("Node.js runs");
        let mut port = String::new();
        let stdout = child.stdout.take().expect("piped");
        let read = BufReader::new(stdout).read_line(&mut port);
        read.expect("it says its port");
        let url = format!("http://127.0.0.1:{}", port.trim());
        Self { child, url }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// What the cases came to: id, kind and words of each.
fn judged(service: &Service, cases: &[&str]) -> Vec<(String, String, String)> {
    let mut arguments = vec!["lab", "--json", "--service", &service.url];
    arguments.extend(cases);
    let (_, stdout, stderr) = run(&arguments);
    let results: Value = serde_json::from_str(&stdout).expect(&stderr);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let cases = results["cases"].as_array().expect("cases").iter();
    let cases = cases.map(|case| {
        let verdict = &case["verdict"];
        (
            text(&case["id"]),
            text(&verdict["kind"]),
            text(&verdict["words"]),
        )
    });
    cases.collect()
}

#[test]
fn a_service_of_thirty_lines_has_its_client_judged_by_what_it_saw() {
    let service = Service::start("eventsource-5");
    let cases = judged(
        &service,
        &[
            "tour", "E1", "E2", "E3", "E4", "E5", "E6", "E7", "E8", "R12",
        ],
    );
    assert_eq!(cases.len(), 34 + 10);
    for (id, kind, words) in &cases {
        // It takes two byte order marks for one.
        let is_known = matches!(&**id, "P8" | "E7");
        let is_fine = matches!(&**kind, "right" | "allowed");
        assert!(is_fine || is_known, "{id}: {kind}: {words}");
    }
}

#[test]
fn a_service_that_is_none_is_told_in_a_sentence() {
    let serving = support::Serving::start(&[]);
    let url = format!("http://{}/numbers", serving.addr);
    let (code, _, stderr) = run(&["lab", "R4", "--service", &url]);
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains("is no test service"), "{stderr}");
    let (code, _, stderr) = run(&["lab", "--service", &url, "--", "true", "{url}"]);
    assert_eq!(code, Some(2), "{stderr}");
}
