//! What SDKs of others join of a stream, and what `sse watch --text` does, is the same text.
//!
//! The streams are those of `clients/texts.toml`; `scripts/clients.sh` installs the SDKs.

#![cfg(unix)] // `timeout` is there.

mod support;

use std::collections::BTreeMap;
use std::process::Command;
use std::thread;

use support::{Serving, clients, node, run};

/// Where the streams and the scripts are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// A script that is not done by then hangs.
const SECONDS: &str = "240";

const PATHS: [&str; 8] = [
    "/text/chat/completions",
    "/text/responses",
    "/text/v1/messages",
    "/refusal/chat/completions",
    "/refusal/responses",
    "/tool/chat/completions",
    "/tool/responses",
    "/tool/v1/messages",
];

/// What an SDK reads of each stream while a fault strikes it, and so does `sse watch`.
const FAULTS: [&str; 8] = [
    // None.
    "",
    "split=each",
    "split=utf8",
    "merge=3",
    "ends=mixed",
    "encode=gzip",
    "comment=豆",
    "cut,half,after=4",
];

/// What the SDKs of a language join: by the path of the stream, the text.
fn joined(mut script: Command, server: &str, fault: &str) -> BTreeMap<String, String> {
    let fault = Some(fault).filter(|fault| !fault.is_empty());
    // As if nobody had an account there, or a proxy.
    let script = script.arg(server).args(fault).env_clear();
    let output = script.output().expect("timeout is everywhere");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "{fault:?}: {stdout}{stderr}");
    serde_json::from_str(&stdout).expect("JSON")
}

/// What the command joins of a stream.
fn watched(server: &str, path: &str, fault: &str) -> String {
    let query = match fault {
        "" => String::new(),
        fault => format!("?fault={}", fault.replace('豆', "%E8%B1%86")),
    };
    let url = format!("{server}{path}{query}");
    let (code, stdout, stderr) = run(&["watch", "-X", "POST", &url, "--text"]);
    assert_eq!(code, Some(0), "{url}: {stderr}");
    stdout
}

/// Compares what a script reads with what the command reads, without a fault and with each.
fn compare(script: impl Fn() -> Command) {
    let streams = format!("{SOURCES}/texts.toml");
    let serving = Serving::start(&["--streams", &streams]);
    let server = &*format!("http://{}", serving.addr);
    thread::scope(|scope| {
        for fault in FAULTS {
            let script = script();
            let sdks = scope.spawn(move || joined(script, server, fault));
            let watched = PATHS.map(|path| scope.spawn(move || watched(server, path, fault)));
            scope.spawn(move || {
                let joined = sdks.join().expect("the SDKs read");
                assert_eq!(joined.len(), PATHS.len(), "{fault}: {joined:?}");
                let is_whole = joined.values().all(|text| text.contains(['ü', '…']));
                assert!(is_whole || fault.starts_with("cut"), "{fault}: {joined:?}");
                for (path, watched) in PATHS.into_iter().zip(watched) {
                    let watched = watched.join().expect("the command watches");
                    assert_eq!(watched, format!("{}\n", joined[path]), "{fault}: {path}");
                }
            });
        }
    });
}

#[test]
fn the_sdks_for_python_join_the_same_text() {
    compare(|| {
        let mut script = Command::new("timeout");
        script
            .arg(SECONDS)
            .arg(clients("python").join("bin/python"))
            .arg(format!("{SOURCES}/texts.py"));
        script
    });
}

#[test]
fn the_sdks_for_javascript_join_the_same_text() {
    compare(|| {
        let mut script = Command::new("timeout");
        script
            .arg(SECONDS)
            .arg(node())
            .arg(format!("{SOURCES}/texts.mjs"))
            .arg(clients("node"));
        script
    });
}
