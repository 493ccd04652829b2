//! Rules on what is sent to keep a connection alive, and on blocks that are no events.

use std::time::Duration;

use super::facts::NameFacts;
use super::finding::{Rule, Verdict};
use super::observation::Observation;
use super::words::count;
use crate::foreign::shown;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "W10",
        title: "Keep-alive as an event",
        judge: event,
    },
    Rule {
        name: "W11",
        title: "Comment with a blank line",
        judge: comment,
    },
    Rule {
        name: "W12",
        title: "Block without data",
        judge: control_only,
    },
];

const NAMES: [&str; 8] = [
    "ping",
    "pong",
    "heartbeat",
    "hb",
    "keepalive",
    "keep-alive",
    "keep_alive",
    "noop",
];
/// So many events with the same data, so far apart, are there to keep the connection alive.
const SAME: u64 = 3;
const APART: Duration = Duration::from_secs(1);

fn is_keep_alive(name: &NameFacts) -> bool {
    let is_named = NAMES
        .iter()
        .any(|known| name.name.eq_ignore_ascii_case(known));
    let between = u32::try_from(name.count.saturating_sub(1)).unwrap_or(u32::MAX);
    let apart = name.last.saturating_sub(name.first.at).checked_div(between);
    let is_same = name.same_data && name.count >= SAME && apart >= Some(APART);
    is_named || is_same
}

fn event(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|body| body.events.count > 0) else {
        return Vec::new();
    };
    let verdicts = body.events.names.iter().filter(|name| is_keep_alive(name));
    let verdicts = verdicts.map(|name| {
        let same = match name.same_data && name.count > 1 {
            true => " with the same data each time",
            false => "",
        };
        Verdict::worth_knowing(format!(
            "{} named {}{same}: it looks like a keep-alive, but to clients it is an event.",
            match name.count {
                1 => "1 event is".to_owned(),
                number => format!("{} are", count(number, "event")),
            },
            shown(&name.name)
        ))
        .hurts("Clients that show each event, or parse its data as JSON.")
        .change("Send a comment (a line that begins with a colon), which clients skip.")
        .place(Some(name.first))
    });
    let verdicts: Vec<Verdict> = verdicts.collect();
    match (verdicts.is_empty(), body.comments.lines.count) {
        (false, _) => verdicts,
        (true, 0) => Verdict::fine("No event is there to keep the connection alive."),
        (true, _) => Verdict::fine("What keeps the connection alive is a comment."),
    }
}

fn comment(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|body| body.comments.lines.count > 0) else {
        return Vec::new();
    };
    let blank = &body.comments.blank_behind_id;
    if blank.is_empty() {
        return Verdict::fine("No comment looks like an event to a client.");
    }
    vec![
        Verdict::worth_knowing(format!(
            "{}, and an id came before: that is valid, and some clients make an empty event of it.",
            match blank.count {
                1 => "1 comment has a blank line behind it".to_owned(),
                number => format!("{number} comments have a blank line behind them"),
            }
        ))
        .hurts(
            "httpx-sse 0.4.3, openai-python and older openai-go: they emit an event with empty \
             data, and a JSON parser fails on it.",
        )
        .change("Send the comment with one line end and no blank line.")
        .first(blank),
    ]
}

fn control_only(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|body| body.events.count > 0) else {
        return Vec::new();
    };
    let control = &body.events.control_only;
    if control.is_empty() {
        return Verdict::fine("Each block of lines has data.");
    }
    vec![
        Verdict::worth_knowing(format!(
            "{} a retry, a name or an id, and no data: that is valid, and clients differ.",
            match control.count {
                1 => "1 block of lines has".to_owned(),
                number => format!("{number} blocks of lines have"),
            }
        ))
        .hurts(
            "eventsource 4 forgets such an id, fetch-event-source makes a message of the block, \
             httpx-sse 0.4.3 and openai-python an event with empty data.",
        )
        .change("Send retry and id in the block of an event with data.")
        .first(control),
    ]
}
