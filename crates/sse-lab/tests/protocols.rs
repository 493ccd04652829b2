//! Cases of language models and of MCP over real sockets: a client of a few lines, of which the lab
//! knows nothing.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use sse_lab::{Lab, Profile, VerdictView};
use sse_server::{Config, Server};
use tokio::runtime::Runtime;

/// How long anything here may take that is not a wait of a case.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server with the lab, and the way to it.
struct Bench {
    lab: Lab,
    server: Server,
    runtime: Runtime,
    address: String,
}

impl Bench {
    fn new() -> Self {
        let runtime = Runtime::new().expect("a runtime");
        let lab = Lab::new();
        let config = Config {
            port: 0,
            mounts: lab.mounts(),
            ..Config::default()
        };
        let server = runtime.block_on(async {
            let server = Server::new(config).await.expect("a server");
            server.start().await.expect("a port");
            server
        });
        let url = server.state().status.url.expect("an address");
        let address = url.trim_start_matches("http://").trim_end_matches('/');
        Self {
            address: address.to_owned(),
            lab,
            server,
            runtime,
        }
    }

    /// Sends a request to a case, on a connection of its own.
    fn sends(&self, line: &str, fields: &[&str], body: &str) -> TcpStream {
        let mut socket = TcpStream::connect(&self.address).expect("it listens");
        socket.set_read_timeout(Some(PATIENCE)).expect("a time");
        let fields: String = fields.iter().map(|field| format!("{field}\r\n")).collect();
        let length = body.len();
        let head = format!(
            "{line} HTTP/1.1\r\nhost: {}\r\ncontent-length: {length}\r\nconnection: close\r\n",
            self.address
        );
        let whole = format!("{head}{fields}\r\n{body}");
        socket.write_all(whole.as_bytes()).expect("it reads");
        socket
    }

    /// The same, and its whole answer.
    fn asks(&self, line: &str, fields: &[&str], body: &str) -> String {
        let mut socket = self.sends(line, fields, body);
        let mut answer = Vec::new();
        // A cut is an error to some, and what came before it counts.
        _ = socket.read_to_end(&mut answer);
        String::from_utf8(answer).expect("text")
    }

    /// The verdict on a case, once there is one.
    fn verdict(&self, id: &str, profile: Profile) -> VerdictView {
        let until = Instant::now() + PATIENCE;
        loop {
            // The request may be on its way.
            let view = self.lab.view(id, profile, Instant::now());
            let cases = view.into_iter().flat_map(|view| view.cases);
            let case = cases.into_iter().find(|case| case.id == id);
            if let Some(verdict) = case.and_then(|case| case.verdict) {
                return verdict;
            }
            assert!(Instant::now() < until, "no verdict on {id}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn stop(self) {
        self.runtime.block_on(self.server.stop());
    }
}

fn call(id: u32, method: &str) -> String {
    format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"{method}","params":{{"name":"wait"}}}}"#)
}

const GOOD: [&str; 3] = [
    "accept: application/json, text/event-stream",
    "mcp-session-id: lab-session",
    "mcp-protocol-version: 2025-11-25",
];

#[test]
fn a_client_of_mcp_that_comes_back_is_given_its_answer() {
    let bench = Bench::new();
    let post = "POST /lab/case/M1/M1";
    let began = bench.asks(post, &GOOD[..1], &call(0, "initialize"));
    assert!(began.contains("mcp-session-id: lab-session\r\n"), "{began}");
    assert!(began.contains(r#"data: {"jsonrpc":"2.0","id":0,"result""#));
    let notice = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    let noticed = bench.asks(post, &GOOD, notice);
    assert!(
        noticed.starts_with("HTTP/1.1 202 Accepted\r\n"),
        "{noticed}"
    );
    let beside = bench.asks("GET /lab/case/M1/M1", &GOOD, "");
    assert!(beside.starts_with("HTTP/1.1 405 "), "{beside}");
    let begun = Instant::now();
    let lost = bench.asks(post, &GOOD, &call(7, "tools/call"));
    assert!(lost.contains("id: M1-start\ndata: \n"), "{lost}");
    assert!(begun.elapsed() >= Duration::from_millis(300));
    std::thread::sleep(Duration::from_millis(900));
    let fields = [&GOOD[..], &["last-event-id: M1-start"]].concat();
    let back = bench.asks("GET /lab/case/M1/M1", &fields, "");
    assert!(back.contains(r#""id":7,"result""#), "{back}");
    let verdict = bench.verdict("M1", Profile::Mcp20251125);
    assert_eq!(verdict.kind, "right");
    let words = verdict.words.unwrap_or_default();
    assert!(words.ends_with(", and was told 900 ms."), "{words}");
    let view = bench.lab.view("M1", Profile::Mcp20251125, Instant::now());
    let view = view.expect("it came").cases.remove(0);
    assert_eq!((view.requests.len(), view.asides.len()), (2, 3));
    assert_eq!(view.asides[2].status, Some(405));
    bench.stop();
}

#[test]
fn a_client_of_mcp_that_comes_back_at_once_is_wrong() {
    let bench = Bench::new();
    bench.asks("POST /lab/case/M1/M1", &GOOD, &call(7, "tools/call"));
    let fields = [&GOOD[..], &["last-event-id: M1-start"]].concat();
    bench.asks("GET /lab/case/M1/M1", &fields, "");
    let verdict = bench.verdict("M1", Profile::Mcp20251125);
    let words = verdict.words.unwrap_or_default();
    assert!(words.ends_with("and was told 900 ms."), "{words}");
    bench.stop();
}

#[test]
fn a_call_of_the_later_mcp_is_made_anew() {
    let bench = Bench::new();
    for (name, id, kind) in [("right", 2, "right"), ("same", 1, "wrong")] {
        let post = format!("POST /lab/case/M4/{name}");
        let lost = bench.asks(&post, &[], &call(1, "tools/call"));
        assert!(lost.contains(": The result is on its way."), "{lost}");
        let answer = bench.asks(&post, &[], &call(id, "tools/call"));
        let result = format!(r#""id":{id},"result":{{"resultType":"complete""#);
        assert!(answer.contains(&result), "{answer}");
        let view = bench.lab.view(name, Profile::Mcp20260728, Instant::now());
        let view = view.expect("it came").cases.remove(0);
        assert_eq!(view.verdict.expect("a verdict").kind, kind);
    }
    bench.stop();
}

#[test]
fn who_leaves_behind_done_is_right_and_who_stays_when_stopped_is_wrong() {
    let bench = Bench::new();
    let mut socket = bench.sends("POST /lab/case/L3/L3/chat/completions", &[], "{}");
    let (mut seen, mut piece) = (String::new(), [0; 4096]);
    while !seen.contains("data: [DONE]") {
        let read = socket.read(&mut piece).expect("it comes");
        seen += &String::from_utf8_lossy(&piece[..read]);
    }
    drop(socket);
    assert_eq!(bench.verdict("L3", Profile::Llm).kind, "right");

    let stopped = bench.sends("POST /lab/case/L2/L2/chat/completions", &[], "{}");
    let verdict = bench.verdict("L2", Profile::Llm);
    let words = "It was still connected after 1 s.".to_owned();
    assert_eq!((&*verdict.kind, verdict.words), ("wrong", Some(words)));
    drop(stopped);
    bench.stop();
}
