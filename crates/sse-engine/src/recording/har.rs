//! HAR 1.2, as the network panels of browsers save and import it.
//!
//! HAR has no place for pieces. `_chunks` has them for us, in the order of the body: how many bytes
//! each has, and how long after the one before it came. `_eventSourceMessages` has the events for
//! others, as Chromium names them. `_end` is the word of [`End`](super::End).

mod body;
mod read;
mod time;
mod write;

use serde::{Deserialize, Serialize};

pub(super) use read::read;

#[derive(Default, Serialize, Deserialize)]
struct Root {
    log: Option<Log>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Log {
    version: Option<String>,
    creator: Option<Creator>,
    entries: Option<Vec<Entry>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Creator {
    name: Option<String>,
    version: Option<String>,
}

/// A request and its response.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Entry {
    started_date_time: Option<String>,
    /// The sum of its timings, in milliseconds.
    time: Option<Number>,
    request: Option<Request>,
    response: Option<Response>,
    cache: Empty,
    timings: Option<Timings>,
    #[serde(skip_serializing_if = "Option::is_none")]
    comment: Option<String>,
    #[serde(rename = "_resourceType", skip_serializing_if = "Option::is_none")]
    resource_type: Option<String>,
    #[serde(
        rename = "_eventSourceMessages",
        skip_serializing_if = "Option::is_none"
    )]
    messages: Option<Vec<Message>>,
    #[serde(rename = "_chunks", skip_serializing_if = "Option::is_none")]
    chunks: Option<Vec<Chunk>>,
    #[serde(rename = "_end", skip_serializing_if = "Option::is_none")]
    end: Option<String>,
}

/// What nothing is read of.
#[derive(Default, Serialize, Deserialize)]
struct Empty {}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Request {
    method: Option<String>,
    url: Option<String>,
    http_version: Option<String>,
    cookies: Vec<Empty>,
    headers: Option<Vec<Header>>,
    query_string: Vec<Header>,
    #[serde(skip_serializing_if = "Option::is_none")]
    post_data: Option<Body>,
    headers_size: Option<Number>,
    body_size: Option<Number>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Response {
    status: Option<Number>,
    status_text: Option<String>,
    http_version: Option<String>,
    cookies: Vec<Empty>,
    headers: Option<Vec<Header>>,
    content: Option<Body>,
    #[serde(rename = "redirectURL")]
    redirect_url: Option<String>,
    headers_size: Option<Number>,
    body_size: Option<Number>,
    /// What Chromium says where the response failed, and Playwright under another name.
    #[serde(
        rename = "_error",
        alias = "_failureText",
        skip_serializing_if = "Option::is_none"
    )]
    error: Option<String>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Header {
    name: String,
    value: String,
}

/// `content` of a response, and `postData` of a request.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Body {
    #[serde(skip_serializing_if = "Option::is_none")]
    size: Option<Number>,
    mime_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// `base64`, where the text is that.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
}

/// In milliseconds. What is -1 or not there took no time.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Timings {
    #[serde(skip_serializing_if = "Option::is_none")]
    blocked: Option<Number>,
    #[serde(skip_serializing_if = "Option::is_none")]
    dns: Option<Number>,
    /// With the time of TLS.
    #[serde(skip_serializing_if = "Option::is_none")]
    connect: Option<Number>,
    send: Option<Number>,
    wait: Option<Number>,
    receive: Option<Number>,
}

/// An event, with the time of day in seconds since 1970.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Message {
    time: Option<Moment>,
    #[serde(alias = "event", alias = "type")]
    event_name: Option<String>,
    #[serde(alias = "id", alias = "lastEventId")]
    event_id: Option<String>,
    data: Option<String>,
}

/// A time of day: writers of these give seconds, milliseconds, or a text.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Moment {
    Number(f64),
    Text(String),
}

/// A piece of the body.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Chunk {
    /// How long after the piece before it came, in milliseconds.
    wait: Number,
    /// How many bytes it has.
    size: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunk: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    gzip: Option<u64>,
}

/// A number of JSON; a whole one is written without a point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Number(f64);

impl Serialize for Number {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // Every whole number up to there has a float of its own.
        let is_whole = self.0.fract() == 0.0 && self.0.abs() < 9e15;
        match is_whole {
            true => serializer.serialize_i64(self.0 as i64),
            false => serializer.serialize_f64(self.0),
        }
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        f64::deserialize(deserializer).map(Self)
    }
}
