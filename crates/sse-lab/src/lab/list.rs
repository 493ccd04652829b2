//! Whole answers of the lab: lists, runs and sentences.

use std::fmt::Write as _;

use axum::http::{HeaderValue, Response, StatusCode, header};
use bytes::Bytes;
use serde::Serialize;
use sse_server::MountedRequest;

use super::say;
use crate::case::{Second, cases};
use crate::error::Error;
use crate::profile::Profile;
use crate::view::{ListedCase, RunView};

/// The list of the cases, for people.
pub(super) fn text(request: &MountedRequest) -> Response<Bytes> {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return other(request, "GET");
    }
    let mut text = "The lab judges a client of event streams by what it asks for next.\n\n\
        Choose a NAME for the client. Let it connect to /lab/tour/NAME, and let it come back until it stops.\n\
        The other cases have only a URL of their own. Many of them end a client for good.\n\
        /lab/runs/NAME has the verdicts. Add ?profile=resilient, llm, .. for those of another profile than standard.\n\n\
        A case at SECOND needs a second address: `curl -X POST /api/lab/runs/NAME/second` opens it and prints its URL.\n\n"
        .to_owned();
    let longest = cases().iter().map(|case| case.id.len()).max().unwrap_or(0);
    for case in cases() {
        let place = match (case.in_tour, case.needs.second) {
            (true, _) => "in the tour".to_owned(),
            (false, Second::Url) => format!("SECOND/lab/case/{}/NAME", case.id),
            (false, _) => format!("/lab/case/{}/NAME", case.id),
        };
        // Writing to a string cannot fail.
        _ = writeln!(text, "{:longest$}  {place:<24}  {}", case.id, case.must);
    }
    say(StatusCode::OK, text.trim_end())
}

/// A run, for people.
pub(super) fn lines(request: &MountedRequest, run: &RunView) -> Response<Bytes> {
    match request.method.as_str() {
        "GET" | "HEAD" => say(StatusCode::OK, run.text().trim()),
        _ => other(request, "GET"),
    }
}

/// The list of the cases, for programs.
pub(super) fn json(request: &MountedRequest) -> Response<Bytes> {
    answer(request, &ListedCase::all())
}

/// A value as JSON.
pub(super) fn answer(request: &MountedRequest, value: &impl Serialize) -> Response<Bytes> {
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return other(request, "GET");
    }
    json_of(value)
}

/// A value as JSON, whatever the method.
pub(super) fn json_of(value: &impl Serialize) -> Response<Bytes> {
    // No map of it has a key that is no text.
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut response = say(StatusCode::OK, &text);
    let json = HeaderValue::from_static("application/json");
    response.headers_mut().insert(header::CONTENT_TYPE, json);
    response
}

/// The answer to a method that does not fit.
pub(super) fn other(request: &MountedRequest, advice: &str) -> Response<Bytes> {
    let (path, method) = (&request.path, &request.method);
    let sentence = format!("{path} does not answer {method}: use {advice}.");
    say(StatusCode::METHOD_NOT_ALLOWED, &sentence)
}

/// Whether a page of another site led a browser here, by a link or a redirect: nobody who walks the
/// lab comes so, and what came would be noted.
pub(super) fn is_led(request: &MountedRequest) -> bool {
    let says = |name: &str, value: &str| {
        let field = request.headers.get(name);
        field.is_some_and(|field| field.as_bytes() == value.as_bytes())
    };
    says("sec-fetch-site", "cross-site") && says("sec-fetch-mode", "navigate")
}

/// The refusal of a request that no tour has.
pub(super) fn unfit(request: &MountedRequest) -> Option<Response<Bytes>> {
    let fits = matches!(request.method.as_str(), "GET" | "POST");
    (!fits).then(|| other(request, "GET or POST"))
}

/// Whether the requests of a run are wanted with its verdicts. `requests=no` is for who looks again
/// and again.
pub(super) fn wants_requests(request: &MountedRequest) -> bool {
    let query = request.query.as_deref().unwrap_or_default();
    !query.split('&').any(|pair| pair == "requests=no")
}

/// The profile that a query names.
///
/// # Errors
/// There is none of that name.
pub(super) fn profile(request: &MountedRequest) -> Result<Profile, Error> {
    let query = request.query.as_deref().unwrap_or_default();
    let named = query
        .split('&')
        .find_map(|pair| pair.strip_prefix("profile="));
    named.map_or(Ok(Profile::default()), str::parse)
}
