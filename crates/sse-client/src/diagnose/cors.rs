//! Rules on requests beside the stream: HEAD, the preflight, and what a page of another origin may
//! read.

use super::finding::{Rule, Verdict};
use super::observation::{CrossOrigin, Observation, Preflight};
use super::words::span;
use crate::exchange::{entries, values};
use crate::foreign::shown;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "W24",
        title: "HEAD and OPTIONS",
        judge: head_and_options,
    },
    Rule {
        name: "W25",
        title: "Pages of another origin",
        judge: cross_origin,
    },
];

fn head_and_options(seen: &Observation) -> Vec<Verdict> {
    let mut verdicts = Vec::new();
    let mut fine = Vec::new();
    if let Some(head) = &seen.head_request {
        match (head.status, head.has_body) {
            (None, _) => verdicts.push(
                Verdict::worth_knowing(format!("HEAD had no answer within {}.", span(head.took)))
                    .hurts(
                        "Health checks, link checkers and proxies that ask with HEAD: they hang.",
                    )
                    .change("Answer HEAD with the head of the stream, and end."),
            ),
            (Some(_), true) => verdicts.push(
                Verdict::worth_knowing("HEAD starts the stream: bytes of a body came.")
                    .hurts("Clients that reuse the connection: they take the body for an answer.")
                    .change("Answer HEAD with the head of the stream, and end."),
            ),
            (Some(status), false) => {
                fine.push(format!("HEAD is answered with {status} and no body"));
            }
        }
    }
    if let Some(preflight) = &seen.preflight {
        match refused(preflight) {
            Some(what) => verdicts.push(
                Verdict::worth_knowing(format!(
                    "The preflight for Last-Event-ID is refused: {what}."
                ))
                .hurts(
                    "Pages of another origin: all is well until their first break, and then they \
                     cannot come back.",
                )
                .change(
                    "Answer OPTIONS with 204, Access-Control-Allow-Origin and \
                     Access-Control-Allow-Headers: Last-Event-ID.",
                ),
            ),
            None => fine.push("the preflight allows Last-Event-ID".to_owned()),
        }
    }
    match (verdicts.is_empty(), fine.is_empty()) {
        (true, false) => {
            let mut sentence = fine.join(", and ");
            if sentence.starts_with("the") {
                sentence.replace_range(..1, "T");
            }
            Verdict::fine(sentence + ".")
        }
        _ => verdicts,
    }
}

/// Why a browser does not go on behind the preflight.
fn refused(preflight: &Preflight) -> Option<String> {
    let Some(status) = preflight.status else {
        return Some("it has no answer".to_owned());
    };
    let headers = &preflight.headers;
    let allowed = entries(headers, "access-control-allow-headers");
    if !(200..300).contains(&status) {
        return Some(format!("the status is {status}"));
    }
    if let Some(what) = origin_refused(headers, &preflight.origin, false) {
        return Some(what);
    }
    let is_allowed = allowed
        .iter()
        .any(|name| name == "last-event-id" || name == "*");
    (!is_allowed).then(|| "Last-Event-ID is not in Access-Control-Allow-Headers".to_owned())
}

/// Why the page of an origin may not read the answer.
fn origin_refused(
    headers: &[crate::exchange::Header],
    origin: &str,
    with_credentials: bool,
) -> Option<String> {
    let allowed: Vec<&str> = values(headers, "access-control-allow-origin").collect();
    match allowed[..] {
        [] => Some("there is no Access-Control-Allow-Origin".to_owned()),
        ["*"] if with_credentials => {
            Some("Access-Control-Allow-Origin is *, and the page asks with credentials".to_owned())
        }
        ["*"] => None,
        [allowed] if allowed == origin => None,
        [other] => Some(format!(
            "Access-Control-Allow-Origin is {}, and not {}",
            shown(other),
            shown(origin)
        )),
        _ => Some("Access-Control-Allow-Origin is there several times".to_owned()),
    }
}

fn cross_origin(seen: &Observation) -> Vec<Verdict> {
    let Some(answer) = &seen.cross_origin else {
        return Vec::new();
    };
    let CrossOrigin {
        origin,
        with_credentials,
        headers,
    } = answer;
    let mut refused = origin_refused(headers, origin, *with_credentials);
    let lets_credentials = values(headers, "access-control-allow-credentials").any(|v| v == "true");
    if refused.is_none() && *with_credentials && !lets_credentials {
        refused = Some("there is no Access-Control-Allow-Credentials: true".to_owned());
    }
    let page = shown(origin);
    if let Some(what) = refused {
        return vec![
            Verdict::worth_knowing(format!("Pages of {page} cannot read the stream: {what}."))
                .hurts("These pages: their EventSource fails for good.")
                .change(format!(
                    "Send Access-Control-Allow-Origin: {page}, if they are to read it."
                )),
        ];
    }
    let allows_one = values(headers, "access-control-allow-origin").any(|allowed| allowed != "*");
    let vary = entries(headers, "vary");
    if allows_one && !vary.iter().any(|name| name == "origin" || name == "*") {
        return vec![
            Verdict::worth_knowing(format!(
                "Pages of {page} may read the stream, but Vary does not name Origin."
            ))
            .hurts("Pages of other origins behind a cache: they get the answer for this one.")
            .change("Send Vary: Origin where the answer depends on it."),
        ];
    }
    Verdict::fine(format!("Pages of {page} may read the stream."))
}
