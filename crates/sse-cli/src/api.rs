//! One request to the API of a running server, and its answer.
//!
//! Every failure is reported in a sentence, and none hands a terminal what it would obey.

use std::io::{ErrorKind, Write};
use std::time::Duration;

use anyhow::{Context, anyhow};
use serde_json::{Map, Value};
use sse_client::{Error, Method, Request, Url};

use crate::advice::advised;
use crate::args::At;
use crate::outcome::Failure;

/// How long an answer may take that waits for nothing.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);

/// How many bytes of an answer are read. A whole log has some 6 MiB.
const ANSWER: usize = 16 * 1024 * 1024;

/// One request.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// The server, and the token for it.
    pub(crate) at: &'a At,
    pub(crate) method: Method,
    /// The path below `/api/`.
    pub(crate) path: String,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    /// How long all of it may take.
    pub(crate) patience: Duration,
}

impl<'a> Call<'a> {
    pub(crate) fn new(at: &'a At, method: Method, path: impl Into<String>) -> Self {
        Self {
            at,
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            patience: PATIENCE,
        }
    }

    /// The same with one more parameter, where there is a value.
    pub(crate) fn with(mut self, name: &'static str, value: Option<impl ToString>) -> Self {
        let value = value.map(|value| (name, value.to_string()));
        self.query.extend(value);
        self
    }

    /// The answer. That something did not happen in time (408) is one too.
    ///
    /// # Errors
    /// There is no server, it is none of ours, or it refuses.
    pub(crate) async fn send(self) -> Result<Reply, Failure> {
        let (server, patience) = (&self.at.server, self.patience);
        match tokio::time::timeout(patience, self.exchange()).await {
            Ok(reply) => reply,
            Err(_) => Err(Failure::no_server(anyhow!(
                "{server} did not answer within {} s: try again, or give another URL.",
                patience.as_secs()
            ))),
        }
    }

    async fn exchange(self) -> Result<Reply, Failure> {
        let server = &self.at.server;
        let token = self.at.token.header()?;
        // Where the whole port is handed on, the API is below `/@/`.
        let base = match server.path() {
            "/@" | "/@/" => "/@",
            _ => "",
        };
        let mut target = format!("{base}/api/{}", self.path);
        if !self.query.is_empty() {
            let mut query = form_urlencoded::Serializer::new(String::new());
            query.extend_pairs(&self.query);
            target = format!("{target}?{}", query.finish());
        }
        let request = Request {
            method: self.method,
            target,
            content_type: self.body.is_some().then_some("application/json"),
            header: token,
            body: self.body.map_or(Vec::new(), |body| body.to_string().into()),
        };
        let answer = request.send(server).await.map_err(|error| match error {
            Error::NotHttp { .. } => not_ours(server, "its answer is not HTTP"),
            other => Failure::no_server(advised(other)),
        })?;
        let status = answer.status;
        let (body, true) = answer.read(ANSWER).await else {
            return Err(not_ours(server, "its answer is incomplete"));
        };
        let reply = Reply {
            server: server.clone(),
            status: status.as_u16(),
            text: String::from_utf8(body).map_err(|_| not_ours(server, status.as_str()))?,
        };
        if status.is_success() || reply.status == 408 {
            return Ok(reply);
        }
        let json = reply.json()?;
        let Some(sentence) = json.get("error").and_then(Value::as_str) else {
            return Err(not_ours(server, status.as_str()));
        };
        let sentence = anyhow!("{}", shown(sentence));
        Err(match reply.status {
            400 => Failure::usage(sentence),
            // There is another server, or it is known by another name.
            421 => Failure::no_server(sentence),
            _ => sentence.into(),
        })
    }
}

/// An answer.
#[derive(Debug)]
pub(crate) struct Reply {
    server: Url,
    status: u16,
    pub(crate) text: String,
}

impl Reply {
    /// All of it.
    ///
    /// # Errors
    /// It is no JSON.
    pub(crate) fn json(&self) -> Result<Value, Failure> {
        let json = serde_json::from_str(&self.text);
        json.map_err(|_| self.not_ours(&self.status.to_string()))
    }

    /// The list that it has under this name, or is.
    ///
    /// # Errors
    /// There is none.
    pub(crate) fn objects(&self, name: Option<&str>) -> Result<Vec<Map<String, Value>>, Failure> {
        let json = self.json()?;
        let list = name.map_or(Some(&json), |name| json.get(name));
        let list = list.and_then(Value::as_array);
        let list = list.ok_or_else(|| self.not_ours(&self.status.to_string()))?;
        Ok(list.iter().filter_map(Value::as_object).cloned().collect())
    }

    /// The number of the log that it gives.
    ///
    /// # Errors
    /// It gives none.
    pub(crate) fn seq(&self) -> Result<u64, Failure> {
        let seq = self.json()?.get("seq").and_then(Value::as_u64);
        seq.ok_or_else(|| self.not_ours("it gives no number of the log"))
    }

    pub(crate) fn not_ours(&self, why: &str) -> Failure {
        not_ours(&self.server, why)
    }
}

fn not_ours(server: &Url, why: &str) -> Failure {
    Failure::no_server(anyhow!(
        "{server} does not answer as the server of SSE Workbench does ({why}): give the URL of one, such as http://localhost:8000."
    ))
}

/// Runs what sends requests.
///
/// # Errors
/// Its own, or there is no runtime.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("the runtime cannot start")?;
    let done = runtime.block_on(work);
    // A name that is still being looked up is not waited for.
    runtime.shutdown_background();
    done
}

/// A text of a server, without what a terminal would obey: it may be none of ours.
pub(crate) fn shown(text: &str) -> String {
    text.replace(char::is_control, "\u{FFFD}")
}

/// Prints on stdout. Whether somebody reads it changes nothing in what was done.
///
/// # Errors
/// It cannot be written, though it is read.
pub(crate) fn print(text: &str) -> Result<(), Failure> {
    let mut stdout = std::io::stdout();
    let printed = stdout.write_all(text.as_bytes());
    match printed.and_then(|()| stdout.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(Failure::unwritten(&e)),
        _ => Ok(()),
    }
}

/// Prints objects, one a line.
///
/// # Errors
/// As with [`print()`].
pub(crate) fn print_json(objects: Vec<Map<String, Value>>) -> Result<(), Failure> {
    let lines = objects.into_iter().map(Value::Object);
    let lines: String = lines.map(|object| format!("{object}\n")).collect();
    print(&lines)
}
