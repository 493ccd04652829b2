//! Rules on how a stream ended: an unfinished tail, the kind of end, and its age.

use std::time::Duration;

use super::finding::{Rule, Verdict};
use super::observation::Observation;
use super::words::{size, span};
use crate::exchange::End;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "W19",
        title: "Unfinished tail",
        judge: tail,
    },
    Rule {
        name: "W22",
        title: "End",
        judge: end,
    },
];

fn tail(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|_| seen.end != End::Stopped) else {
        return Vec::new();
    };
    let Some(tail) = body.tail.filter(|tail| tail.is_event) else {
        return match body.bytes {
            0 => Vec::new(),
            _ => Verdict::fine("The last event was whole."),
        };
    };
    let (how, change) = match seen.end {
        End::InOrder => ("", "Send a blank line behind the last event too."),
        _ => (
            ", because the connection broke inside it",
            "Give events ids, so that a client that comes back gets this one again.",
        ),
    };
    vec![
        Verdict::broken(format!(
            "The last event has no blank line behind it{how}: its {} are lost.",
            size(tail.bytes)
        ))
        .hurts("All clients that keep to the standard: they drop what is not finished.")
        .change(change)
        .place(Some(tail.begin)),
    ]
}

/// Ages at which servers and proxies end a connection, in seconds.
const LIMITS: [u64; 9] = [30, 55, 60, 100, 120, 300, 600, 900, 3_600];
/// So near to a limit a time may be, in percent of the limit.
const NEAR: u32 = 2;

fn limit(time: Duration) -> Option<Duration> {
    let limits = LIMITS.into_iter().map(Duration::from_secs);
    limits
        .into_iter()
        .find(|limit| time.abs_diff(*limit) <= *limit * NEAR / 100)
}

fn end(seen: &Observation) -> Vec<Verdict> {
    if seen.stream().is_none() {
        return Vec::new();
    }
    let age = seen.age();
    let (what, whom) = match seen.end {
        End::Stopped => {
            return Verdict::fine(format!("The stream was still open after {}.", span(age)));
        }
        End::InOrder => ("ended in order".to_owned(), ""),
        End::Cut => (
            "was cut: the connection closed before the body was whole".to_owned(),
            "Clients that take the cut for the end of the stream; EventSource comes back.",
        ),
        End::Reset => (
            "was reset".to_owned(),
            "Clients: what was on its way is lost; EventSource comes back.",
        ),
        End::GoAway { code } => (
            match code {
                0 => "ended with GOAWAY: the server closes the connection in order".to_owned(),
                _ => format!("ended with GOAWAY and the error {code}"),
            },
            "Clients on this connection: all its streams end at once.",
        ),
    };
    let by_age =
        limit(age).map(|limit| format!(" That looks like an age limit of {}.", span(limit)));
    let idle = seen.body.silence.last;
    // Behind a stream without a byte, both say the same.
    let by_silence = limit(idle).map(|limit| {
        format!(
            " No byte had come for {}: that looks like an idle limit of {}.",
            span(idle),
            span(limit)
        )
    });
    let limit = by_silence.or(by_age);
    if seen.end == End::InOrder && limit.is_none() {
        return Verdict::fine(format!("The stream ended in order after {}.", span(age)));
    }
    let change = match &limit {
        Some(limit) if limit.contains("idle") => {
            "Send a comment every 15 s, or raise the limit of the server or the proxy."
        }
        Some(_) => "Raise the limit of the server or the proxy, or let clients resume by ids.",
        None => "Look into the log of the server and of each proxy at that time.",
    };
    let sentence = format!("The stream {what} after {}.", span(age));
    let whom = match whom {
        "" => "Clients that stay connected: they have to come back each time.",
        whom => whom,
    };
    vec![
        Verdict::worth_knowing(sentence + &limit.unwrap_or_default())
            .hurts(whom)
            .change(change)
            .at(Some(seen.ended)),
    ]
}
