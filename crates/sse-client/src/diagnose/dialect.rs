//! Rules on what a view of the dialect saw: the end of an answer, MCP, the pace of tokens.

use std::time::Duration;

use super::finding::{Rule, Verdict};
use super::observation::{DialectFacts, DialectKind, Observation};
use super::words::span;
use crate::exchange::{End, entries, values};
use crate::foreign::shown;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "W30",
        title: "End of an answer",
        judge: answer,
    },
    Rule {
        name: "W32",
        title: "Model Context Protocol",
        judge: mcp,
    },
    Rule {
        name: "W33",
        title: "Pace",
        judge: pace,
    },
];

fn answer(seen: &Observation) -> Vec<Verdict> {
    // Ollama answers with lines of JSON, which are no events.
    let is_answer = seen.head.as_ref().is_some_and(|head| head.status == 200);
    let Some(dialect) = seen.dialect.as_ref().filter(|_| is_answer) else {
        return Vec::new();
    };
    let name = shown(&dialect.name);
    let mut verdicts = Vec::new();
    if let Some(error) = &dialect.error {
        verdicts.push(
            Verdict::broken(format!(
                "The answer of {name} has an error inside a 200: {}.",
                shown(error).trim_end_matches('.')
            ))
            .hurts("Clients that look at the status only: they crash, or show nothing.")
            .change("Read the error out of the events; the server cannot change the status."),
        );
    }
    // What came so far is no whole answer where we left.
    let is_over = seen.end != End::Stopped;
    if let Some(truncation) = dialect.truncation.as_ref().filter(|_| is_over) {
        verdicts.push(truncated(&dialect.name, &shown_sentence(truncation)));
    } else if is_over
        && dialect.kind == DialectKind::Llm
        && !dialect.end_seen
        && dialect.error.is_none()
        && dialect.doubt.is_none()
    {
        verdicts.push(truncated(
            &dialect.name,
            "The mark of its end did not come.",
        ));
    } else if let Some(doubt) = dialect.doubt.as_ref().filter(|_| is_over) {
        verdicts.push(
            Verdict::worth_knowing(format!(
                "The answer of {name} ended, but a part of its end is missing or unusual. {}",
                shown_sentence(doubt)
            ))
            .hurts(
                "Clients that wait for the missing part: they report a whole answer as truncated.",
            )
            .change("Send the end as the dialect prescribes it; look at each proxy on the way."),
        );
    }
    match (verdicts.is_empty(), dialect.end_seen) {
        (true, true) => Verdict::fine(format!("The answer of {name} came to its end.")),
        _ => verdicts,
    }
}

fn truncated(name: &str, why: &str) -> Verdict {
    Verdict::broken(format!(
        "The answer of {} looks truncated. {why}",
        shown(name)
    ))
    .hurts("Clients that take the end of the body for the end of the answer: they keep a part.")
    .change("Ask again, and keep an answer only where its end came.")
}

/// A sentence of a view, which may be longer than what is shown of foreign text.
fn shown_sentence(sentence: &str) -> String {
    let words: Vec<String> = sentence.split_whitespace().take(60).map(shown).collect();
    words.join(" ")
}

/// The revision that has no resume and no GET any more.
const WITHOUT_RESUME: &str = "2026-07-28";

fn mcp(seen: &Observation) -> Vec<Verdict> {
    let Some(dialect) = seen
        .dialect
        .as_ref()
        .filter(|_| seen.is_dialect(DialectKind::Mcp))
    else {
        return Vec::new();
    };
    let headers = &seen.asked.headers;
    let is_post = seen.asked.method == hyper::Method::POST;
    let mut verdicts = Vec::new();
    let accept = entries(headers, "accept");
    let accepts = |wanted: &str| accept.iter().any(|entry| entry == wanted);
    let accepts_both = accepts("application/json") && accepts("text/event-stream");
    if is_post && !accepts_both {
        verdicts.push(
            Verdict::worth_knowing(
                "The request does not accept both application/json and text/event-stream.",
            )
            .hurts("This request: a server of MCP refuses it with 406.")
            .change("Send Accept: application/json, text/event-stream."),
        );
    }
    let version = values(headers, "mcp-protocol-version").next();
    if version.is_none() {
        verdicts.push(
            Verdict::worth_knowing("The request does not name a protocol version.")
                .hurts("This request: a server takes it for one of an old revision, or refuses it.")
                .change(format!(
                    "Send MCP-Protocol-Version: {WITHOUT_RESUME}, or what was agreed."
                )),
        );
    }
    // Revisions are dates, so their order is that of their text.
    let is_new = version.is_some_and(|version| version >= WITHOUT_RESUME);
    let brings_id = values(headers, "last-event-id").next().is_some();
    let ids = &seen.body.ids.set;
    if is_new && (brings_id || ids.count > 0) {
        verdicts.push(
            Verdict::worth_knowing(format!(
                "The revision {} has no resume, and {}.",
                shown(version.unwrap_or_default()),
                match brings_id {
                    true => "the request brings a Last-Event-ID",
                    false => "the server gives ids",
                }
            ))
            .hurts("Clients that count on it: a broken stream loses its request.")
            .change("Send the request again with a new id, and leave event ids out.")
            .first(ids),
        );
    }
    if is_post && seen.end != End::Stopped && !dialect.end_seen {
        let change = match is_new {
            true => "Send the request again with a new id.",
            false => "Come back with GET and Last-Event-ID; without an id, ask again.",
        };
        verdicts.push(
            Verdict::worth_knowing("The stream ended without the response to the request.")
                .hurts("Clients that wait for the response.")
                .change(change)
                .at(Some(seen.ended)),
        );
    }
    match verdicts.is_empty() {
        true => Verdict::fine("The request and the stream are as MCP prescribes."),
        false => verdicts,
    }
}

/// Somebody who looks at the screen has left, or thinks that it hangs.
const SLOW: Duration = Duration::from_secs(10);

fn pace(seen: &Observation) -> Vec<Verdict> {
    let Some(dialect) = seen.dialect.as_ref() else {
        return Vec::new();
    };
    let DialectFacts {
        first_token,
        tokens_per_second,
        longest_stall,
        ..
    } = dialect;
    let gaps = &seen.body.events.gaps;
    let parts = [
        first_token.map(|time| format!("The first token came after {}", span(time))),
        tokens_per_second
            .filter(|rate| rate.is_finite())
            .map(|rate| format!("{rate:.1} tokens came a second")),
        longest_stall.map(|time| format!("The longest stall was {}", span(time))),
        gaps.percentile(50)
            .zip(gaps.percentile(99))
            .filter(|_| dialect.kind == DialectKind::Llm)
            .map(|(half, most)| {
                format!(
                    "Half of the gaps between events are below {}, 99 % below {}",
                    span(half),
                    span(most)
                )
            }),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if first_token.is_none() && longest_stall.is_none() {
        return Vec::new();
    }
    let is_slow = [first_token, longest_stall]
        .into_iter()
        .any(|time| *time > Some(SLOW));
    let sentence = parts.join(". ") + ".";
    if !is_slow {
        return Verdict::fine(sentence);
    }
    vec![
        Verdict::worth_knowing(sentence)
            .hurts("People who wait: it looks as if it hangs.")
            .change("Send a comment or a state while the model thinks, and look at its queue."),
    ]
}
