//! Rules on what carries the stream: its length, the version of HTTP, redirects.

use hyper::Version;

use super::finding::{Rule, Verdict};
use super::observation::Observation;
use super::words::{count, origin};
use crate::exchange::{Hop, entries};
use crate::foreign::{shown, shown_url};

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "W27",
        title: "Length of the body",
        judge: length,
    },
    Rule {
        name: "W28",
        title: "Six connections",
        judge: six_connections,
    },
    Rule {
        name: "W29",
        title: "Redirects",
        judge: redirects,
    },
];

fn length(seen: &Observation) -> Vec<Verdict> {
    let Some(head) = seen.stream() else {
        return Vec::new();
    };
    let transfer = entries(&head.headers, "transfer-encoding");
    let is_chunked = transfer.last().is_some_and(|last| last == "chunked");
    if let Some(length) = head.value("content-length").filter(|_| !is_chunked) {
        return vec![
            Verdict::risky(format!(
                "The stream has a Content-Length ({}): it is a body of fixed length.",
                shown(length)
            ))
            .hurts(
                "All clients: either the whole body was made before it was sent, or the stream \
                 breaks where the length ends.",
            )
            .change("Send a stream in chunks (HTTP/1.1) or frames (HTTP/2), without a length.")
            .at(seen.times.head_complete),
        ];
    }
    let has_frames = head.version >= Version::HTTP_2;
    if is_chunked || has_frames {
        return Verdict::fine("The end of the body can be told from a cut.");
    }
    vec![
        Verdict::risky(
            "The body ends only where the connection does: an end cannot be told from a cut.",
        )
        .hurts("Clients that must know whether all has come, such as those of language models.")
        .change("Answer with HTTP/1.1 in chunks; behind nginx, set proxy_http_version 1.1.")
        .at(seen.times.head_complete),
    ]
}

fn six_connections(seen: &Observation) -> Vec<Verdict> {
    let Some(head) = seen.stream().filter(|_| seen.is_for_event_source()) else {
        return Vec::new();
    };
    if head.version >= Version::HTTP_2 {
        return Verdict::fine("HTTP/2 carries many streams on one connection.");
    }
    vec![
        Verdict::worth_knowing(
            "The stream came over HTTP/1: a browser opens six connections to a host, streams \
             included.",
        )
        .hurts("People with several tabs: the seventh request waits without an error.")
        .change("Serve browsers over HTTP/2, or share one stream between tabs.")
        .at(seen.times.head_complete),
    ]
}

fn redirects(seen: &Observation) -> Vec<Verdict> {
    seen.hops.iter().map(redirect).collect()
}

fn redirect(hop: &Hop) -> Verdict {
    let (from, to) = (origin(&hop.from), origin(&hop.to));
    let is_elsewhere = from.is_some() && to.is_some() && from != to;
    let leaked = hop.sent.iter().filter(|header| header.is_credential());
    let leaked: Vec<String> = leaked.map(|header| shown(&header.name)).collect();
    let mut sentence = format!(
        "A redirect ({}) leads from {} to {}",
        hop.status,
        shown_url(&hop.from),
        shown_url(&hop.to)
    );
    let is_lasting = matches!(hop.status, 301 | 308);
    let mut whom = match is_lasting {
        true => "Firefox keeps the new URL and comes back to it; other browsers ask the old one.",
        false => "Clients that do not follow redirects; each return takes one request more.",
    };
    let mut change = "Give clients the last URL.";
    if is_elsewhere && !leaked.is_empty() {
        sentence += &format!(", another origin, which is sent {}", leaked.join(" and "));
        whom = "Whoever asks: another server gets what shows who they are.";
        change = "Give clients the last URL, and do not send credentials to another origin.";
    } else if is_elsewhere && !hop.dropped.is_empty() {
        let names: Vec<String> = hop.dropped.iter().map(|name| shown(name)).collect();
        let headers = count(names.len() as u64, "header");
        sentence += &format!(
            ", another origin, which is not sent {headers} of the request ({})",
            names.join(", ")
        );
        whom = "Clients that need them there: the new server does not know who asks.";
    } else if is_elsewhere {
        sentence += ", another origin";
    }
    Verdict::worth_knowing(sentence + ".")
        .hurts(whom)
        .change(change)
}
