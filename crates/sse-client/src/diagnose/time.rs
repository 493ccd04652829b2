//! Rules on when bytes and events came: bursts, a late head, events that are one behind, silence.

use std::time::Duration;

use super::facts::{BURST_TIME, BodyFacts, Place};
use super::finding::{Rule, Verdict};
use super::observation::Observation;
use super::words::{count, span};
use crate::exchange::End;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "W5",
        title: "Bursts",
        judge: bursts,
    },
    Rule {
        name: "W7",
        title: "Late head",
        judge: late_head,
    },
    Rule {
        name: "W8",
        title: "One event behind",
        judge: one_behind,
    },
    Rule {
        name: "W9",
        title: "Silence",
        judge: silence,
    },
];

/// So many bursts are no accident.
const BURSTS: u64 = 2;
/// A share of so few events says nothing.
const ENOUGH: u64 = 10;
/// Where a watch is shorter than this, all events may well come at its end.
const LONG_ENOUGH: Duration = Duration::from_secs(1);

fn bursts(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|body| body.events.count > 0) else {
        return Vec::new();
    };
    let held = |verdict: Verdict| {
        vec![
            verdict
                .hurts("All clients: they get events late, and many at once.")
                .change(
                    "Flush behind each event, and turn buffering off in each proxy: \
                     X-Accel-Buffering: no, proxy_buffering off, no compression.",
                ),
        ]
    };
    let bursts = &body.events.bursts;
    if bursts.count >= BURSTS {
        let sentence = format!(
            "{} times, three or more events came within {}, after a silence of a second or more: \
             something on the way holds them back.",
            bursts.count,
            span(BURST_TIME)
        );
        return held(Verdict::risky(sentence).first(bursts));
    }
    if let Some((late, first)) = all_at_the_end(seen, body) {
        let sentence = format!(
            "{late} of {} came in the last tenth of the time, one right behind the other: \
             something on the way held them back until the end.",
            count(body.events.count, "event")
        );
        return held(Verdict::risky(sentence).place(first));
    }
    Verdict::fine("Nothing holds events back: they do not come in bursts after a silence.")
}

/// How many events came at the end, and an early one of them, where that were nearly all.
fn all_at_the_end(seen: &Observation, body: &BodyFacts) -> Option<(u64, Option<Place>)> {
    let events = &body.events;
    let begin = seen.times.head_complete.unwrap_or_default();
    let time = seen.ended.saturating_sub(begin);
    // The end of a watch that we stopped is no end of the stream.
    if events.count < ENOUGH || time < LONG_ENOUGH || seen.end == End::Stopped {
        return None;
    }
    let last_tenth = seen.ended - time / 10;
    let late = events.spread.since(last_tenth);
    let times: Vec<Place> = events.kept.iter().map(|event| event.end).collect();
    let times: Vec<Place> = times.into_iter().rev().take(ENOUGH as usize).collect();
    let (last, first) = (times.first()?, times.last()?);
    let between = u32::try_from(times.len().saturating_sub(1)).ok()?;
    let is_dense = last.at.saturating_sub(first.at).checked_div(between)? <= BURST_TIME;
    let is_nearly_all = u128::from(late) * 10 >= u128::from(events.count) * 9;
    (is_dense && is_nearly_all).then_some((late, Some(*first)))
}

/// A head that comes sooner is on time.
const LATE_HEAD: Duration = Duration::from_secs(1);
/// An event that comes this soon behind the head came with it.
const WITH_HEAD: Duration = Duration::from_millis(5);

fn late_head(seen: &Observation) -> Vec<Verdict> {
    let (Some(body), Some(head)) = (seen.events(), seen.times.head_complete) else {
        return Vec::new();
    };
    let took = head.saturating_sub(seen.times.asked());
    if took <= LATE_HEAD {
        return Verdict::fine(format!("The head came {} after the request.", span(took)));
    }
    let first = body.events.kept.first.first().map(|event| event.end);
    match first {
        Some(first) if first.at.saturating_sub(head) <= WITH_HEAD => vec![
            Verdict::risky(format!(
                "The head came {} after the request, and only with the first event.",
                span(took)
            ))
            .hurts(
                "EventSource reports open only then, and clients and proxies with a timeout for \
                 the head give up before.",
            )
            .change("Send the head at once, before there is an event; a comment behind it helps.")
            .at(Some(head)),
        ],
        _ => Vec::new(),
    }
}

/// So many events are no accident.
const HELD: u64 = 3;

fn one_behind(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|body| body.events.count > HELD) else {
        return Vec::new();
    };
    let held = &body.events.held_ends;
    let followed = body.events.count - 1;
    if held.count < HELD || u128::from(held.count) * 10 < u128::from(followed) * 9 {
        return Verdict::fine("The blank line of an event comes with it, and not with the next.");
    }
    vec![
        Verdict::risky(format!(
            "The blank line of {} came only with the next event: clients are one event behind.",
            count(held.count, "event")
        ))
        .hurts("All clients: an event counts from its blank line on.")
        .change("Write the blank line together with the event, and flush behind it.")
        .first(held),
    ]
}

/// Who closes a connection on which so long no byte came.
const IDLE_LIMITS: [(u64, &str); 5] = [
    (10, "Bun (10 s)"),
    (30, "load balancers and proxies with 30 s"),
    (55, "nginx, AWS ALB and Heroku (55 to 60 s)"),
    (100, "Cloudflare (100 to 125 s)"),
    (300, "Node and Azure Application Gateway (5 min)"),
];

fn silence(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events() else {
        return Vec::new();
    };
    let longest = body.silence.longest;
    let passed = IDLE_LIMITS
        .iter()
        .filter(|(limit, _)| longest >= Duration::from_secs(*limit));
    let passed: Vec<&str> = passed.map(|(_, who)| *who).collect();
    let Some((last, before)) = passed.split_last() else {
        return Verdict::fine(format!("The longest silence was {}.", span(longest)));
    };
    let who = match before {
        [] => (*last).to_owned(),
        before => format!("{} and {last}", before.join(", ")),
    };
    vec![
        Verdict::worth_knowing(format!(
            "No byte came for {}: such a connection is closed by {who}.",
            span(longest)
        ))
        .hurts("Clients behind such a server or proxy: they have to come back each time.")
        .change("Send a comment, such as `:` and a line end, when nothing was sent for 15 s.")
        .place(Some(body.silence.begin)),
    ]
}
