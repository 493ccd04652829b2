//! The examples as SDKs of others read them: whole, and broken as docs/LLM.md says.
//!
//! `scripts/clients.sh` installs the SDKs.

#![cfg(unix)] // `timeout` is there.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

use serde_json::{Value, json};
use support::{SSE, Serving, clients, node, run};
use tempfile::TempDir;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// Where the scripts are.
const SOURCES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients");

/// A script that is not done by then hangs.
const SECONDS: &str = "120";

/// The SDKs for one language.
#[derive(Clone, Copy, Debug)]
enum Language {
    Python,
    JavaScript,
}

impl Language {
    /// What the script of this name prints about the servers at these addresses.
    fn run(self, script: &str, servers: &[&str]) -> String {
        let mut command = Command::new("timeout");
        command.arg(SECONDS);
        match self {
            Self::Python => command
                .arg(clients("python").join("bin/python"))
                .arg(format!("{SOURCES}/{script}.py")),
            Self::JavaScript => command
                .arg(node())
                .arg(format!("{SOURCES}/{script}.mjs"))
                .arg(clients("node")),
        };
        // As if nobody had an account there, or a proxy.
        let command = command.args(servers).env_clear();
        let output = command.output().expect("timeout is everywhere");
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        assert!(output.status.success(), "{self:?}: {stdout}{stderr}");
        stdout
    }
}

/// What a stream of the file answers: its text, the calls of tools, and the reason for the end.
#[derive(Debug, Default)]
struct Answer {
    text: String,
    /// By its place, the name and the arguments of a call.
    calls: BTreeMap<u64, (String, String)>,
    end: Value,
}

impl Answer {
    /// Takes in what one event says, in whichever dialect.
    fn add(&mut self, event: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let place = |value: &Value| value.as_u64().unwrap_or_default();
        let choice = &event["choices"][0];
        self.text += &text(&choice["delta"]["content"]);
        for call in choice["delta"]["tool_calls"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let function = &call["function"];
            self.call(
                place(&call["index"]),
                &function["name"],
                &function["arguments"],
            );
        }
        let candidate = &event["candidates"][0];
        for part in candidate["content"]["parts"]
            .as_array()
            .into_iter()
            .flatten()
        {
            self.text += &text(&part["text"]);
            if let Some(args) = part["functionCall"].get("args") {
                let args = Value::from(args.to_string());
                self.call(0, &part["functionCall"]["name"], &args);
            }
        }
        let message = &event["message"];
        self.text += &text(&message["content"]);
        for call in message["tool_calls"].as_array().into_iter().flatten() {
            let function = &call["function"];
            let arguments = Value::from(function["arguments"].to_string());
            self.call(0, &function["name"], &arguments);
        }
        let (index, block) = (place(&event["index"]), &event["content_block"]);
        let (output, item) = (place(&event["output_index"]), &event["item"]);
        match event["type"].as_str().unwrap_or_default() {
            "content_block_start" if block["type"] == "tool_use" => {
                self.call(index, &block["name"], &Value::Null);
            }
            "content_block_delta" => {
                self.text += &text(&event["delta"]["text"]);
                if let Some(json) = event["delta"].get("partial_json") {
                    self.call(index, &Value::Null, json);
                }
            }
            "response.output_text.delta" => self.text += &text(&event["delta"]),
            "response.output_item.added" if item["type"] == "function_call" => {
                self.call(output, &item["name"], &Value::Null);
            }
            "response.function_call_arguments.delta" => {
                self.call(output, &Value::Null, &event["delta"]);
            }
            _ => {}
        }
        let ends = [
            &choice["finish_reason"],
            &candidate["finishReason"],
            &event["delta"]["stop_reason"],
            &event["response"]["status"],
            &event["done_reason"],
        ];
        if let Some(end) = ends.into_iter().find(|end| end.is_string()) {
            self.end = end.clone();
        }
    }

    fn call(&mut self, place: u64, name: &Value, arguments: &Value) {
        let call = self.calls.entry(place).or_default();
        call.0 += name.as_str().unwrap_or_default();
        call.1 += arguments.as_str().unwrap_or_default();
    }

    /// As the scripts print it.
    fn json(&self) -> Value {
        let arguments = |text: &str| serde_json::from_str::<Value>(text).expect("arguments");
        let calls = self.calls.values();
        let calls: Vec<_> = calls
            .map(|(name, text)| json!([name, arguments(text)]))
            .collect();
        json!({ "text": self.text, "calls": calls, "end": self.end })
    }
}

/// What the file says, by the path of each stream that is whole, and by the turn of a client that
/// calls tools.
fn said() -> BTreeMap<(String, u64), Value> {
    let text = fs::read_to_string(example("llm")).expect("the file");
    let file: toml::Table = text.parse().expect("TOML");
    let mut said = BTreeMap::new();
    for stream in file["stream"].as_array().expect("streams") {
        let path = stream["path"].as_str().expect("a path");
        if path.starts_with("/overloaded") {
            continue;
        }
        let mut turns = [Answer::default(), Answer::default()];
        for event in stream["events"].as_array().expect("events") {
            let text = event.get("data").or(event.get("raw")).unwrap_or(event);
            let text = text.as_str().expect("text");
            let when = event.get("when").and_then(toml::Value::as_str);
            let is_first = when.is_none_or(|when| when.starts_with("not "));
            // The last one of a chat is no JSON, and a raw one says where its line ends.
            if let Ok(event) = serde_json::from_str(text.trim_end_matches(r"\n")) {
                turns[usize::from(!is_first)].add(&event);
            }
        }
        for (turn, answer) in (1..).zip(turns) {
            said.insert((path.to_owned(), turn), answer.json());
        }
    }
    said
}

/// Has the SDKs read every stream at an address, in each way that they have.
fn read_all(language: Language, arguments: &[&str]) -> usize {
    let said = said();
    let reads: Vec<Value> =
        serde_json::from_str(&language.run("examples", arguments)).expect("JSON");
    for read in &reads {
        let path = read["path"].as_str().expect("a path").to_owned();
        let turn = read["turn"].as_u64().expect("a turn");
        let answer = json!({ "text": read["text"], "calls": read["calls"], "end": read["end"] });
        assert_eq!(answer, said[&(path, turn)], "{read}");
    }
    reads.len()
}

fn example(name: &str) -> String {
    format!("{ROOT}/examples/{name}.toml")
}

fn serving(name: &str) -> (Serving, String) {
    let serving = Serving::start(&["--streams", &example(name)]);
    let server = format!("http://{}", serving.addr);
    (serving, server)
}

/// The same with all SDKs, at once. Answers how many reads there were, in all.
fn all_read_all(arguments: &[&str]) -> usize {
    thread::scope(|scope| {
        let python = scope.spawn(|| read_all(Language::Python, arguments));
        let javascript = read_all(Language::JavaScript, arguments);
        python.join().expect("the SDKs read") + javascript
    })
}

#[test]
fn the_sdks_read_what_the_file_says() {
    let (_serving, server) = serving("llm");
    assert_eq!(all_read_all(&[&server]), 17 + 28);
}

/// What the proxy hands on is the same, and so is what it recorded meanwhile.
#[test]
fn the_sdks_read_the_same_through_the_proxy_and_from_its_recordings() {
    let folder = TempDir::new().expect("a folder");
    let (_serving, server) = serving("llm");
    let mut command = Command::new(SSE);
    command.args(["proxy", &server, "--port", "0", "--log", "none", "--record"]);
    let proxy = Serving::spawn(command.arg(folder.path()));
    assert_eq!(all_read_all(&[&format!("http://{}", proxy.addr)]), 17 + 28);
    // It closes its files.
    proxy.signal("TERM");
    assert_eq!(proxy.code(), Some(0));
    replayed(&recordings(folder.path()), "1", Language::JavaScript, 20);
}

/// What `sse record` keeps of each stream is what the SDKs read of the stream itself.
#[test]
fn the_sdks_read_the_same_from_recordings() {
    let folder = TempDir::new().expect("a folder");
    let (_serving, server) = serving("llm");
    thread::scope(|scope| {
        for (at, path) in paths().enumerate() {
            let file = folder.path().join(format!("{at}.wire"));
            let url = format!("{server}{path}");
            scope.spawn(move || {
                let file = file.to_str().expect("UTF-8");
                let (code, _, stderr) = run(&["record", "-X", "POST", &url, "-o", file]);
                assert_eq!(code, Some(0), "{stderr}");
            });
        }
    });
    replayed(&recordings(folder.path()), "10", Language::Python, 16);
}

/// The paths of the streams that are whole, and streams of events.
fn paths() -> impl Iterator<Item = String> {
    let firsts = said().into_keys().filter(|(_, turn)| *turn == 1);
    let paths = firsts.map(|(path, _)| path);
    paths.filter(|path| !path.ends_with("/ollama/api/chat"))
}

/// By the path, the file with the answer of the first turn.
fn recordings(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("the folder") {
        let file = entry.expect("a file").path();
        let text = fs::read_to_string(&file).expect("text");
        let request = text.lines().find_map(|line| line.strip_prefix("> POST "));
        let path = request.and_then(|line| line.split([' ', '?']).next());
        let path = path.expect("a request").to_owned();
        // What the model says when it was told the weather is another turn.
        let calls = |line: &str| line.starts_with('|') && line.contains("get_weather");
        if !path.starts_with("/tools") || text.lines().any(calls) {
            found.insert(path, file);
        }
    }
    found
}

/// Has the SDKs for a language read these recordings, so many times as fast, in so many ways.
fn replayed(recordings: &BTreeMap<String, PathBuf>, speed: &str, language: Language, ways: usize) {
    assert!(recordings.keys().cloned().eq(paths()), "{recordings:?}");
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("streams.toml");
    let streams = recordings.iter().map(|(path, recording)| {
        let recording = recording.display();
        format!("[[stream]]\npath = '{path}'\nsource = '{recording}'\nspeed = {speed}\n")
    });
    fs::write(&file, streams.collect::<String>()).expect("a file");
    let serving = Serving::start(&["--streams", file.to_str().expect("UTF-8")]);
    let server = format!("http://{}", serving.addr);
    assert_eq!(read_all(language, &[&server, "first"]), ways);
}

/// What the SDKs did with broken streams is a table of docs/LLM.md, as it stands.
fn compare(language: Language) {
    let (_serving, server) = serving("llm");
    is_on_the_page(&language.run("sdks", &[&server]));
}

/// It is the same table if the streams are broken on their way from another server.
fn compare_through_the_proxy(language: Language) {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("fast.toml");
    let text = fs::read_to_string(example("llm")).expect("the file");
    // As the scripts have it where they choose the streams.
    let fast = ["40ms", "20ms", "400ms", "250ms", "100ms"]
        .iter()
        .fold(text, |text, time| {
            text.replace(&format!("\"{time}\""), "\"3ms\"")
        });
    fs::write(&file, fast).expect("a file");
    let upstream = Serving::start(&["--streams", file.to_str().expect("UTF-8")]);
    let proxy = Serving::start(&[]);
    let servers = [&proxy, &upstream].map(|serving| format!("http://{}", serving.addr));
    is_on_the_page(&language.run("sdks", &servers.each_ref().map(String::as_str)));
}

fn is_on_the_page(did: &str) {
    let page = fs::read_to_string(format!("{ROOT}/docs/LLM.md")).expect("the page");
    assert!(
        page.contains(&format!("\n\n{did}\n")),
        "what they did is not the table in docs/LLM.md:\n{did}"
    );
}

#[test]
fn the_sdks_for_python_do_what_the_table_says() {
    compare(Language::Python);
}

#[test]
fn the_sdks_for_javascript_do_what_the_table_says() {
    compare(Language::JavaScript);
}

#[test]
fn the_sdks_for_python_do_the_same_behind_the_proxy() {
    compare_through_the_proxy(Language::Python);
}

#[test]
fn the_sdks_for_javascript_do_the_same_behind_the_proxy() {
    compare_through_the_proxy(Language::JavaScript);
}

#[test]
fn the_clients_of_mcp_connect_list_and_call() {
    let (_serving, server) = serving("mcp");
    let printed = Language::JavaScript.run("mcp", &[&server]);
    let (told, did) = printed.split_once('\n').expect("two parts");
    let told: BTreeMap<String, Value> = serde_json::from_str(told).expect("JSON");
    assert_eq!(told.len(), 2);
    for (sdk, told) in told {
        let wanted = json!({
            "server": "workbench",
            "tools": ["get_weather", "count"],
            "weather": "Zürich: 21 °C",
            "progress": [1, 2],
            "count": "1, 2, 3",
            "silent": "1, 2, 3",
            "missing": -32602,
        });
        assert_eq!(told, wanted, "{sdk}");
    }
    is_on_the_page(did);
}
