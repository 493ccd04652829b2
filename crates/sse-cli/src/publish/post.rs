//! Sends the request, and reads its answer.
//!
//! Nothing here waits longer than [`PATIENCE`]. Every failure is reported in a sentence.

use std::time::Duration;

use anyhow::anyhow;
use sse_client::{Answer, Error, Header, Method, Request, Url};
use sse_server::DEFAULT_PORT;

use crate::advice::advised;
use crate::api::shown;
use crate::outcome::Failure;

/// How long all of it may take, from the first connect to the end of the answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How much of an answer is read, in bytes. Ours have a few hundred.
const ANSWER: usize = 64 * 1024;

/// One request to publish.
pub(super) struct Post {
    pub(super) url: Url,
    /// The path and query of the URL, with the fields of the events.
    pub(super) target: String,
    /// Tells the server whether the body is one event, or each of its lines is one.
    pub(super) content_type: &'static str,
    /// The token that it carries, if it does.
    pub(super) token: Option<Header>,
    pub(super) body: Vec<u8>,
}

impl Post {
    /// Publishes, and says the id of the event, or of the last one.
    ///
    /// # Errors
    /// A server that cannot be reached, that refuses, or that is none of ours.
    pub(super) async fn send(self) -> Result<String, Failure> {
        let server = self.url.to_string();
        match tokio::time::timeout(PATIENCE, self.exchange()).await {
            Ok(done) => done,
            Err(_) => Err(Failure::no_server(anyhow!(
                "{server} did not answer within {} s, so the event may be published or not: try again, or give another URL.",
                PATIENCE.as_secs()
            ))),
        }
    }

    async fn exchange(self) -> Result<String, Failure> {
        let server = self.url.to_string();
        let request = Request {
            method: Method::POST,
            target: self.target.clone(),
            content_type: Some(self.content_type),
            header: self.token,
            body: self.body,
        };
        match request.send(&self.url).await {
            Ok(answer) => id(&server, &self.target, answer).await,
            Err(Error::NotHttp { .. }) => Err(not_ours(&server, "its answer is not HTTP")),
            Err(Error::NoAnswer { .. }) => Err(Failure::no_server(anyhow!(
                "{server} closed the connection without an answer, so the event may be published or not: look at its log, or give another URL."
            ))),
            Err(other) => Err(Failure::no_server(advised(other))),
        }
    }
}

/// The id in an answer of ours, or why there is none.
async fn id(server: &str, target: &str, answer: Answer) -> Result<String, Failure> {
    let status = answer.status;
    let is = |wanted: &str| answer.content_type == wanted;
    let (json, sentence) = (is("application/json"), is("text/plain"));
    if is("text/event-stream") {
        let path = target.split('?').next().unwrap_or_default();
        let sentence = "is a stream, not a topic: publish to a path such as /topics/news.";
        return Err(anyhow!("{path} {sentence}").into());
    }
    let (body, whole) = answer.read(ANSWER).await;
    if json && status.is_success() {
        let answer: Option<serde_json::Value> = serde_json::from_slice(&body).ok();
        let id = answer.as_ref().and_then(|answer| answer["id"].as_str());
        // One line for scripts, whoever answered.
        if let Some(id) = id.filter(|id| !id.contains(char::is_control)) {
            return Ok(id.to_owned());
        }
    }
    let body = String::from_utf8_lossy(&body);
    let words = body.lines().next().unwrap_or_default().trim();
    if !sentence || status.is_success() || words.is_empty() {
        return Err(not_ours(server, &status.to_string()));
    }
    // A connection that breaks behind the whole sentence takes nothing from it.
    if !whole && !body.contains('\n') {
        return Err(not_ours(server, "its answer is incomplete"));
    }
    // It may quote what was refused, and with it what a terminal would obey.
    Err(anyhow!("{}", shown(words)).into())
}

fn not_ours(server: &str, why: &str) -> Failure {
    Failure::no_server(anyhow!(
        "{server} does not answer as the server of SSE Workbench does ({why}): give the URL of a topic, such as http://localhost:{DEFAULT_PORT}/topics/news."
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The clock is made up: as soon as nothing else happens, it is at the end of the wait.
    #[tokio::test(start_paused = true)]
    async fn a_server_that_never_answers_is_given_up() {
        let silent = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = silent.local_addr().expect("bound");
        let url = Url::parse(&addr.to_string()).expect("an address");
        let begun = tokio::time::Instant::now();
        let post = Post {
            target: url.target(&[]),
            url,
            content_type: "text/plain",
            token: None,
            body: Vec::new(),
        };
        let sentence = post.send().await.expect_err("no answer").to_string();
        assert_eq!(begun.elapsed().as_secs(), PATIENCE.as_secs());
        assert!(
            sentence.starts_with(&format!("{addr} did not answer within 10 s")),
            "{sentence}"
        );
    }
}
