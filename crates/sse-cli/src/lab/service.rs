//! A test service: a program around a client, which starts it when it is asked to, and posts what
//! it sees. Its protocol is that of LaunchDarkly's sse-contract-tests, and the lab is its harness.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail};
use serde::Deserialize;
use serde_json::{Value, json};
use sse_client::{Answer, Method, Request, Url};
use sse_lab::Case;

/// How long a service may take to begin to answer, since scripts start it beside us.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);

/// How often it is asked whether it does.
const ASKED_AGAIN: Duration = Duration::from_millis(100);

/// How long one answer of it may take.
const ANSWERS_WITHIN: Duration = Duration::from_secs(10);

/// Bytes of an answer that are read.
const ANSWER: usize = 64 * 1024;

/// The longest time without a byte that a client is configured with.
const READ_TIMEOUT: Duration = Duration::from_secs(10);

/// What is sent where a case is about a body.
const BODY: &str = "{\"question\":\"What do you send when you come back?\"}";

/// A header field that must come again.
const FIELD: (&str, &str) = ("x-sse-lab", "as it was");

/// A test service that answers.
#[derive(Clone, Debug)]
pub(super) struct Service {
    url: Url,
    capabilities: HashSet<String>,
}

/// A client that a service started.
#[derive(Debug)]
pub(super) struct Instance {
    url: Url,
}

/// What a service says of itself.
#[derive(Debug, Default, Deserialize)]
struct Status {
    #[serde(default)]
    capabilities: HashSet<String>,
}

impl Service {
    /// Waits until the service at this URL answers, and learns what it can do.
    ///
    /// # Errors
    /// It does not answer, or not as a service does.
    pub(super) async fn find(url: Url) -> anyhow::Result<Self> {
        let began = Instant::now();
        let answer = loop {
            match send(&url, Method::GET, None).await {
                Ok(answer) => break answer,
                Err(e) if began.elapsed() >= BEGINS_WITHIN => return Err(e),
                Err(_) => tokio::time::sleep(ASKED_AGAIN).await,
            }
        };
        let body = tokio::time::timeout(ANSWERS_WITHIN, answer.read(ANSWER)).await;
        let (body, _) = body.map_err(|_| anyhow!("{url} did not end its answer in time"))?;
        let status: Status = match &*body {
            [] => Status::default(),
            body => serde_json::from_slice(body).with_context(|| {
                format!("{url} is no test service: its answer to GET is no JSON of capabilities")
            })?,
        };
        Ok(Self {
            url,
            capabilities: status.capabilities,
        })
    }

    pub(super) fn url(&self) -> &Url {
        &self.url
    }

    /// Has it start a client for a walk: its cases, its name, and the URL that the client is given.
    ///
    /// # Errors
    /// It refuses, or does not say where the client is.
    pub(super) async fn start(
        &self,
        cases: &[&Case],
        (name, stream): (&str, &str),
    ) -> anyhow::Result<Instance> {
        let wish = self.wish(cases, name, stream);
        let answer = send(&self.url, Method::POST, Some(wish)).await?;
        let url = answer
            .location
            .as_deref()
            .and_then(|location| self.url.join(location).ok());
        let url = url.ok_or_else(|| {
            anyhow!(
                "{} does not say with Location where the client is",
                self.url
            )
        })?;
        let instance = Instance { url };
        if self.can("event-type-listeners") {
            let names: HashSet<_> = cases.iter().flat_map(|case| case.event_names()).collect();
            for name in names {
                let listen = json!({ "command": "listen", "listen": { "type": name } });
                send(&instance.url, Method::POST, Some(listen)).await?;
            }
        }
        Ok(instance)
    }

    /// What the client is to be.
    fn wish(&self, cases: &[&Case], name: &str, stream: &str) -> Value {
        let mut wish = json!({
            "tag": name,
            "streamUrl": stream,
            "callbackUrl": format!("{stream}/saw"),
        });
        // A case that is about one of these has a walk of its own.
        if let [case] = cases {
            if let Some(method) = case.method()
                && self.can(&method.to_ascii_lowercase())
            {
                wish["method"] = method.into();
                wish["body"] = BODY.into();
                if self.can("headers") {
                    let (name, value) = FIELD;
                    wish["headers"] = json!({ "content-type": "application/json", name: value });
                }
            }
            if case.longest_silence().is_some() && self.can("read-timeout") {
                wish["readTimeoutMs"] = (READ_TIMEOUT.as_millis() as u64).into();
            }
        }
        wish
    }

    fn can(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }
}

impl Instance {
    /// Has the client closed.
    ///
    /// # Errors
    /// The service refuses.
    pub(super) async fn close(&self) -> anyhow::Result<()> {
        send(&self.url, Method::DELETE, None).await.map(drop)
    }
}

/// Sends a request, and answers the answer if it is a good one.
///
/// # Errors
/// There is none, or it refuses.
async fn send(url: &Url, method: Method, body: Option<Value>) -> anyhow::Result<Answer> {
    let name = method.clone();
    let request = Request {
        method,
        target: url.target(&[]),
        content_type: body.is_some().then_some("application/json"),
        header: None,
        body: body.map_or(Vec::new(), |body| body.to_string().into()),
    };
    let answer = tokio::time::timeout(ANSWERS_WITHIN, request.send(url)).await;
    let answer = answer.map_err(|_| anyhow!("{url} did not answer {name} in time"))??;
    if !answer.status.is_success() {
        bail!(
            "{url} answered {} to {name}, and must answer 2xx as a test service",
            answer.status.as_u16()
        );
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(capabilities: &[&str]) -> Service {
        Service {
            url: Url::parse("localhost:1").expect("a URL"),
            capabilities: capabilities.iter().map(|one| (*one).to_owned()).collect(),
        }
    }

    fn wish(capabilities: &[&str], id: &str) -> Value {
        let case = Case::find(id).expect("a case");
        service(capabilities).wish(&[case], "me", "http://localhost:1/lab/case/x/me")
    }

    #[test]
    fn a_service_is_asked_for_what_it_can_do() {
        let plain = json!({
            "tag": "me",
            "streamUrl": "http://localhost:1/lab/case/x/me",
            "callbackUrl": "http://localhost:1/lab/case/x/me/saw",
        });
        assert_eq!(wish(&[], "H3"), plain);
        assert_eq!(wish(&["post", "headers", "read-timeout"], "R4"), plain);
        let posts = wish(&["post", "headers"], "H3");
        assert_eq!(posts["method"], "POST");
        assert_eq!(posts["headers"]["x-sse-lab"], "as it was");
        assert!(posts["body"].is_string());
        assert!(wish(&["post"], "H3").get("headers").is_none());
        assert_eq!(wish(&["read-timeout"], "R14")["readTimeoutMs"], 10_000);
    }
}
