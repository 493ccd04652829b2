//! `examples/llm.toml` as SDKs of others read it: whole, and broken as docs/LLM.md says.
//!
//! `scripts/clients.sh` installs the SDKs.

#![cfg(unix)] // `timeout` is there.

mod support;

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use support::{Serving, clients, node};

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
    /// What the script of this name prints about the server at an address.
    fn run(self, script: &str, server: &str) -> String {
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
        let command = command.arg(server).env_clear();
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

/// What the file says, by the path of each stream that is whole.
fn said() -> BTreeMap<String, Value> {
    let text = fs::read_to_string(format!("{ROOT}/examples/llm.toml")).expect("the file");
    let file: toml::Table = text.parse().expect("TOML");
    let streams = file["stream"].as_array().expect("streams");
    let streams = streams.iter().map(|stream| {
        let mut answer = Answer::default();
        for event in stream["events"].as_array().expect("events") {
            let data = event.get("data").unwrap_or(event);
            // The last one of a chat is no JSON.
            if let Ok(event) = serde_json::from_str(data.as_str().expect("text")) {
                answer.add(&event);
            }
        }
        (
            stream["path"].as_str().expect("a path").to_owned(),
            answer.json(),
        )
    });
    streams
        .filter(|(path, _)| !path.starts_with("/overloaded"))
        .collect()
}

/// Has the SDKs read every stream at an address, in each way that they have.
fn read_all(language: Language, server: &str) -> usize {
    let said = said();
    let reads: Vec<Value> = serde_json::from_str(&language.run("examples", server)).expect("JSON");
    for read in &reads {
        let (path, way) = (read["path"].as_str().expect("a path"), &read["way"]);
        let answer = json!({ "text": read["text"], "calls": read["calls"], "end": read["end"] });
        assert_eq!(answer, said[path], "{path}, {way}");
    }
    reads.len()
}

fn serving() -> (Serving, String) {
    let serving = Serving::start(&["--streams", &format!("{ROOT}/examples/llm.toml")]);
    let server = format!("http://{}", serving.addr);
    (serving, server)
}

#[test]
fn the_sdks_read_what_the_file_says() {
    let (_serving, server) = serving();
    assert_eq!(read_all(Language::Python, &server), 16);
    assert_eq!(read_all(Language::JavaScript, &server), 18);
}

/// What the SDKs did with broken streams is a table of docs/LLM.md, as it stands.
fn compare(language: Language) {
    let (_serving, server) = serving();
    let did = language.run("sdks", &server);
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
