//! Plays each incident of `docs/FAULTS.md`, with shorter times, until each of its faults struck.

mod support;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::Value;
use sse_engine::fault::{Fault, Profiles, When};
use sse_engine::file;
use sse_server::{Config, KeepAlive};
use support::{Bench, soon};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;

/// One that goes on and on, with a marker, and one that is silent.
const STREAMS: &str = "
[[stream]]
path = \"/busy\"
every = \"20ms\"
events = [\"1\", \"豆\", \"[DONE]\"]
repeat = true

[[stream]]
path = \"/quiet\"
every = \"1h\"
";

/// What is a minute in practice is three seconds here, and nothing takes longer than two.
const FASTER: u32 = 20;
const LONGEST: Duration = Duration::from_secs(2);

/// Rounds in which both streams are asked for, and the time between two.
const ROUNDS: u32 = 24;
const PAUSE: Duration = Duration::from_millis(40);

/// After so long each has struck; where the machine was busy while a short fault was in force, at
/// another try.
const PATIENCE: Duration = Duration::from_secs(5);
const TRIES: usize = 5;

/// So many are played at once.
const AT_ONCE: usize = 6;

/// The incidents, each with its number and its faults.
fn incidents() -> Vec<(String, Vec<Fault>)> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/FAULTS.md");
    let page = std::fs::read_to_string(path).expect("docs/FAULTS.md is there");
    let (_, below) = page.split_once("\n## Incidents\n").expect("its heading");
    let rows = below.lines().filter(|line| line.starts_with("| "));
    let rows = rows.skip(1).map(|row| {
        let cells: Vec<&str> = row.trim_matches('|').split('|').collect();
        let codes = match cells[2].trim_start().starts_with("none: ") {
            true => Vec::new(),
            false => cells[2].split('`').skip(1).step_by(2).collect(),
        };
        let faults = codes.into_iter().flat_map(|text: &str| {
            let fault: Fault = text.parse().expect(text);
            Profiles::default().expand(fault).expect(text)
        });
        (cells[0].trim().to_owned(), faults.map(faster).collect())
    });
    rows.collect()
}

fn faster(mut fault: Fault) -> Fault {
    let shorter = |time: Duration| {
        let millis = (time / FASTER).min(LONGEST).as_millis();
        Duration::from_millis(u64::try_from(millis).expect("short"))
    };
    fault.start = shorter(fault.start);
    fault.lasts = fault.lasts.map(shorter);
    fault.when = fault.when.map(|when| match when {
        When::Time(time) => When::Time(shorter(time)),
        When::Idle(time) => When::Idle(shorter(time)),
        other => other,
    });
    fault
}

/// Asks for a stream, as a client that came back, and reads whatever comes.
async fn ask(bench: &Bench, path: &str) {
    let target = format!("{path}?client=t1");
    send(
        bench,
        bench.request("GET", &target, &[("last-event-id", "1")]),
    )
    .await;
}

/// Asks whether a page may ask so, as its browser does.
async fn preflight(bench: &Bench, path: &str) {
    let headers = [
        ("origin", "http://localhost:5173"),
        ("access-control-request-method", "GET"),
        ("access-control-request-headers", "last-event-id"),
    ];
    let target = format!("{path}?client=t1");
    send(bench, bench.request("OPTIONS", &target, &headers)).await;
}

async fn send(bench: &Bench, request: String) {
    // A fault may keep the server from listening.
    let Ok(mut socket) = TcpStream::connect(bench.addr).await else {
        return;
    };
    tokio::spawn(async move {
        _ = socket.write_all(request.as_bytes()).await;
        let mut bytes = vec![0; 1 << 16];
        while socket.read(&mut bytes).await.is_ok_and(|read| read > 0) {}
    });
}

/// The faults that struck: by the log, and by the list, which has those that struck a preflight.
async fn struck(bench: &Bench) -> BTreeSet<u64> {
    // A fault may keep the server from listening, and for a moment only.
    soon("it listens", async {
        while TcpStream::connect(bench.addr).await.is_err() {
            tokio::time::sleep(PAUSE).await;
        }
    })
    .await;
    let (mut client, head) = bench.get("/api/log").await;
    let text = match head.get("content-length") {
        Some(_) => client.body(&head).await,
        None => client.chunks().await.concat(),
    };
    let entries = text
        .lines()
        .map(|line| serde_json::from_str(line).expect("JSON"));
    let fired = entries.filter(|entry: &Value| entry["kind"] == "fired");
    let of_list = bench.server.faults().into_iter();
    let of_list = of_list
        .filter(|fault| fault.fired > 0)
        .map(|fault| fault.id);
    fired
        .filter_map(|entry| entry["fault"].as_u64())
        .chain(of_list)
        .collect()
}

/// Plays an incident. Answers the faults that did not strike.
async fn play(faults: &[Fault]) -> Vec<String> {
    let bench = Bench::with(Config {
        streams: file::read(STREAMS).expect("no mistake"),
        keep_alive: KeepAlive::Off,
        ..Config::default()
    })
    .await;
    let texts: Vec<String> = faults.iter().map(Fault::to_string).collect();
    let body = serde_json::json!({ "faults": texts }).to_string();
    let (head, answer) = bench.post("/api/faults", &[], &body).await;
    assert_eq!(head.status, 201, "{answer}");
    for _ in 0..ROUNDS {
        ask(&bench, "/busy").await;
        ask(&bench, "/quiet").await;
        preflight(&bench, "/busy").await;
        tokio::time::sleep(PAUSE).await;
    }
    let began = Instant::now();
    loop {
        let struck = struck(&bench).await;
        let all = (1..).zip(faults.iter().zip(&texts));
        let missing = all.filter(|(id, _)| !struck.contains(id));
        let missing: Vec<String> = missing.map(|(_, (_, text))| text.clone()).collect();
        if missing.is_empty() || began.elapsed() > PATIENCE {
            return missing;
        }
        tokio::time::sleep(PAUSE).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fault_of_each_incident_strikes() {
    let incidents = incidents();
    assert_eq!(incidents.len(), 34);
    let played = incidents
        .into_iter()
        .filter(|(_, faults)| !faults.is_empty());
    let places = Arc::new(Semaphore::new(AT_ONCE));
    let all: Vec<_> = played
        .map(|(number, faults)| {
            let places = Arc::clone(&places);
            let task = tokio::spawn(async move {
                let _place = places.acquire().await.expect("it is open");
                let mut missing = Vec::new();
                for _ in 0..TRIES {
                    missing = play(&faults).await;
                    if missing.is_empty() {
                        break;
                    }
                }
                missing
            });
            (number, task)
        })
        .collect();
    assert_eq!(all.len(), 33, "all but one can be played");
    let mut missing = Vec::new();
    for (number, task) in all {
        let faults = task.await.expect("no panic");
        missing.extend(faults.into_iter().map(|fault| (number.clone(), fault)));
    }
    assert!(missing.is_empty(), "these did not strike: {missing:#?}");
}
