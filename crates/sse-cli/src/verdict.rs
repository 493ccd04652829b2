//! `sse verdict`: prints the verdicts of a running server on its clients, for people and for CI.

use std::collections::HashSet;
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Map, Value};
use sse_client::{Error, Method, Request, Url};

use crate::advice::advised;
use crate::args::Verdict;

/// Something is wrong with a client.
const BAD: u8 = 1;

/// There is no server to ask.
const NO_SERVER: u8 = 3;

/// How long all of it may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// Rows that the server gives at once, and how many bytes of an answer are read.
const ROWS: usize = 200;
const ANSWER: usize = 4 * 1024 * 1024;

/// What is said of the connection that a verdict is on.
const OF_ROW: [&str; 5] = ["method", "stream", "client", "program", "peer"];

/// Prints the verdicts, and tells by the exit code whether one of them is bad.
pub(crate) fn run(args: Verdict) -> ExitCode {
    match verdicts(&args) {
        Ok(said) => {
            print(&said, args.json);
            if said.is_empty() && !args.json {
                // Not on stdout, where a line is a verdict.
                let whom = args.client.as_deref().map(|tag| format!(" on {tag}"));
                let whom = whom.unwrap_or_default();
                let sentence =
                    "no client has reconnected, stays away or has several connections open";
                _ = writeln!(
                    std::io::stderr(),
                    "sse: There is no verdict{whom}: {sentence}."
                );
            }
            match said.iter().any(Said::is_bad) {
                true => ExitCode::from(BAD),
                false => ExitCode::SUCCESS,
            }
        }
        Err(error) => {
            // Not `eprintln!`, which panics when nobody reads stderr.
            _ = writeln!(std::io::stderr(), "sse: {error:#}");
            ExitCode::from(NO_SERVER)
        }
    }
}

/// A verdict, and the row that it is on.
struct Said {
    /// The row as the server gave it; of it [`OF_ROW`] and the id are printed.
    row: Map<String, Value>,
    /// The verdict as the server gave it. With `--json` all of it is printed, what this version
    /// does not know included.
    verdict: Map<String, Value>,
}

impl Said {
    fn is_bad(&self) -> bool {
        self.verdict["bad"] == true
    }

    fn id(&self) -> u64 {
        self.row.get("id").and_then(Value::as_u64).unwrap_or(0)
    }

    /// `bad  #7 GET /numbers (dash): came back …`
    fn line(&self) -> String {
        let text = |of: &Map<String, Value>, name: &str| {
            let text = of.get(name).and_then(Value::as_str).unwrap_or_default();
            // A server that is not ours may send what a terminal would obey.
            text.replace(char::is_control, "\u{FFFD}")
        };
        let who = match text(&self.row, "client") {
            tag if tag.is_empty() => text(&self.row, "program"),
            tag => tag,
        };
        let advice = match text(&self.verdict, "advice") {
            advice if advice.is_empty() => advice,
            advice => format!(" {advice}"),
        };
        format!(
            "{} #{} {} {} ({who}): {}.{advice}",
            if self.is_bad() { "bad " } else { "good" },
            self.id(),
            text(&self.row, "method"),
            text(&self.row, "stream"),
            text(&self.verdict, "words"),
        )
    }

    fn json(&self) -> String {
        let mut all = Map::new();
        all.insert("connection".to_owned(), self.id().into());
        for name in OF_ROW {
            let value = self.row.get(name).cloned().unwrap_or_default();
            all.insert(name.to_owned(), value);
        }
        all.extend(self.verdict.clone());
        Value::Object(all).to_string()
    }
}

fn print(said: &[Said], json: bool) {
    let mut text = String::new();
    for said in said {
        text += &if json { said.json() } else { said.line() };
        text.push('\n');
    }
    // Whether somebody reads it changes nothing in what was found.
    let mut stdout = std::io::stdout();
    _ = stdout.write_all(text.as_bytes());
    _ = stdout.flush();
}

/// # Errors
/// There is no server, it is none of ours, or it refuses.
fn verdicts(args: &Verdict) -> anyhow::Result<Vec<Said>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let all = async {
        match tokio::time::timeout(PATIENCE, ask(&args.url, args.client.as_deref())).await {
            Ok(said) => said,
            Err(_) => bail!(
                "{} did not answer within {} s: try again, or give another URL.",
                args.url,
                PATIENCE.as_secs()
            ),
        }
    };
    let said = runtime.block_on(all);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    said
}

/// Asks for the rows that the server has something to say of, the worst first, and sorts what it
/// says by their age.
async fn ask(server: &Url, client: Option<&str>) -> anyhow::Result<Vec<Said>> {
    let (mut said, mut seen) = (Vec::new(), HashSet::new());
    for first in (0..).step_by(ROWS) {
        let rows = rows(server, client, first).await?;
        let is_last = rows.len() < ROWS;
        let mut silent = 0;
        for row in rows {
            let id = row.get("id").and_then(Value::as_u64);
            let id = id.ok_or_else(|| not_ours(server, "a connection has no number"))?;
            let verdicts = ["verdict", "afterwards"].map(|name| row.get(name));
            let verdicts = verdicts.into_iter().flatten().filter_map(Value::as_object);
            let verdicts: Vec<_> = verdicts.cloned().collect();
            silent += usize::from(verdicts.is_empty());
            // Rows change places while the next ones are asked for.
            if !seen.insert(id) {
                continue;
            }
            for verdict in verdicts {
                if !verdict.get("bad").is_some_and(Value::is_boolean) {
                    return Err(not_ours(server, "its version is different"));
                }
                let row = row.clone();
                said.push(Said { row, verdict });
            }
        }
        if is_last || silent > 0 {
            break;
        }
    }
    // What is said of the other row of a return says all.
    said.retain(|said| {
        let other = said.verdict.get("other").and_then(Value::as_u64);
        let twice = said.verdict.get("kind").is_some_and(|it| it == "returned");
        !(twice && other.is_some_and(|other| seen.contains(&other)))
    });
    said.sort_by_key(Said::id);
    Ok(said)
}

async fn rows(
    server: &Url,
    client: Option<&str>,
    first: usize,
) -> anyhow::Result<Vec<Map<String, Value>>> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.append_pair("sort", "verdict");
    query.append_pair("descending", "true");
    query.append_pair("count", &ROWS.to_string());
    query.append_pair("first", &first.to_string());
    if let Some(client) = client {
        query.append_pair("client", client);
    }
    let request = Request {
        method: Method::GET,
        target: format!("/api/connections?{}", query.finish()),
        content_type: None,
        body: Vec::new(),
    };
    let answer = request.send(server).await.map_err(|error| match error {
        Error::NotHttp { .. } => not_ours(server, "its answer is not HTTP"),
        other => advised(other),
    })?;
    let status = answer.status;
    let (body, true) = answer.read(ANSWER).await else {
        return Err(not_ours(server, "its answer is incomplete"));
    };
    let body: Option<Value> = serde_json::from_slice(&body).ok();
    let body = body.ok_or_else(|| not_ours(server, status.as_str()))?;
    if let Some(sentence) = body.get("error").and_then(Value::as_str) {
        bail!("{}", sentence.replace(char::is_control, "\u{FFFD}"));
    }
    let Some(rows) = body.get("rows").and_then(Value::as_array) else {
        return Err(not_ours(server, status.as_str()));
    };
    Ok(rows.iter().filter_map(Value::as_object).cloned().collect())
}

fn not_ours(server: &Url, why: &str) -> anyhow::Error {
    anyhow::anyhow!(
        "{server} does not answer as the server of SSE Workbench does ({why}): give the URL of one, such as http://localhost:8000."
    )
}
