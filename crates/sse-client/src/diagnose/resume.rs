//! Rules on how a client comes back: ids, `retry`, and what a second request was answered.

use std::time::Duration;

use super::facts::{CORS_LONG, IdFacts, LONG_ID, Tally};
use super::finding::{Rule, Verdict};
use super::observation::{DialectKind, Observation, Resume};
use super::words::{count, span};
use crate::exchange::End;
use crate::foreign::shown;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "W13",
        title: "No ids",
        judge: no_ids,
    },
    Rule {
        name: "W14",
        title: "Ids that are hard to bring back",
        judge: hard_ids,
    },
    Rule {
        name: "W15",
        title: "Ids that repeat or shrink",
        judge: order,
    },
    Rule {
        name: "W16",
        title: "Retry",
        judge: retry,
    },
    Rule {
        name: "W23",
        title: "Resume",
        judge: resume,
    },
];

/// Where there are fewer events, little is lost.
const MANY: u64 = 10;
/// A stream that lasts so long will break one day.
const LONG: Duration = Duration::from_secs(60);

fn no_ids(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|body| body.events.count > 0) else {
        return Vec::new();
    };
    let (events, ids) = (body.events.count, body.ids.set.count);
    if ids > 0 {
        return Verdict::fine(format!("{} came with an id.", count(ids, "block")));
    }
    // The answer of a language model is not resumed, and MCP has given ids up.
    let resumes = !seen.is_dialect(DialectKind::Llm) && !seen.is_dialect(DialectKind::Mcp);
    let is_long = seen.end != End::InOrder || seen.age() >= LONG;
    if !resumes || events <= MANY || !is_long {
        return Vec::new();
    }
    vec![
        Verdict::risky(format!(
            "None of {} had an id.",
            count(events, "event")
        ))
        .hurts(
            "Clients whose connection breaks: they cannot say where they were, so events are lost \
             or come twice.",
        )
        .change("Give each event an id, and go on behind the Last-Event-ID that a client brings.")
        .place(body.events.kept.first.first().map(|event| event.begin)),
    ]
}

fn hard_ids(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events() else {
        return Vec::new();
    };
    let ids = &body.ids;
    if ids.set.is_empty() && ids.nul.is_empty() {
        return Vec::new();
    }
    let preflight = "Pages of another origin: their browser asks by a preflight before it returns.";
    let over_128 = format!("longer than {CORS_LONG} bytes");
    let over_1024 = format!("longer than {LONG_ID} bytes");
    const IS: [&str; 2] = ["is", "are"];
    const HAS: [&str; 2] = ["has", "have"];
    let hard: [(&Tally, [&str; 2], &str, &str); 6] = [
        (
            &ids.non_ascii,
            IS,
            "not ASCII",
            "eventsource 4, undici 7 and fetch-event-source: they never come back, or with other \
             bytes.",
        ),
        (
            &ids.long,
            IS,
            &over_1024,
            "All clients, where a server or proxy refuses so long a header.",
        ),
        (
            &ids.spaces,
            HAS,
            "a space at an end",
            "All clients: HTTP trims it, so another id comes back.",
        ),
        (
            &ids.nul,
            HAS,
            "a NUL",
            "All clients: they ignore the id, and fetch-event-source never comes back.",
        ),
        (
            &ids.cors_unsafe,
            HAS,
            "one of \"():<>?@[\\]{} or a control character",
            preflight,
        ),
        (&ids.cors_long, IS, &over_128, preflight),
    ];
    // Those that are longer than the one bound are longer than the other.
    let hard = hard.iter().filter(|(tally, _, what, _)| {
        !tally.is_empty() && (*what != over_128 || ids.long.is_empty())
    });
    let verdicts = hard.map(|(tally, [one, many], what, whom)| {
        Verdict::worth_knowing(match tally.count {
            1 => format!("1 id {one} {what}."),
            number => format!("{number} ids {many} {what}."),
        })
        .hurts(*whom)
        .change("Use short ids of letters, digits, hyphens and dots.")
        .first(tally)
    });
    let verdicts: Vec<Verdict> = verdicts.collect();
    match verdicts.is_empty() {
        true => Verdict::fine("Each id fits a header as it is."),
        false => verdicts,
    }
}

fn order(seen: &Observation) -> Vec<Verdict> {
    let Some(ids) = seen.events().map(|body| &body.ids) else {
        return Vec::new();
    };
    if ids.set.count < 2 {
        return Vec::new();
    }
    let IdFacts {
        repeated, shrunk, ..
    } = ids;
    let sentence = match (repeated.count, shrunk.count) {
        (0, 0) => return Verdict::fine("No id repeats, and none is lower than the one before."),
        (repeated, 0) => format!("{} came a second time.", count(repeated, "id")),
        (0, shrunk) => format!("{} lower than the one before.", are(shrunk)),
        (repeated, shrunk) => format!(
            "{} came a second time, and {} lower than the one before.",
            count(repeated, "id"),
            are(shrunk)
        ),
    };
    let first = [repeated, shrunk]
        .iter()
        .filter_map(|tally| tally.first)
        .min();
    vec![
        Verdict::worth_knowing(sentence)
            .hurts(
                "Clients that resume: the id does not say behind which event they go on. Clients \
                 that drop ids that they have seen lose events.",
            )
            .change("Give each event an id that no other event of the stream has.")
            .place(first),
    ]
}

fn are(number: u64) -> String {
    match number {
        1 => "1 id is".to_owned(),
        _ => format!("{number} ids are"),
    }
}

/// Returns that are sooner than this make a storm, in milliseconds.
const STORM: u64 = 100;
/// Returns that are later than this look like an outage, in milliseconds.
const OUTAGE: u64 = 60_000;

fn retry(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|_| seen.is_for_event_source()) else {
        return Vec::new();
    };
    let facts = &body.retry;
    let mut verdicts = Vec::new();
    if let Some((lowest, place)) = facts.lowest.filter(|(lowest, _)| *lowest < STORM) {
        verdicts.push(
            Verdict::risky(format!(
                "The stream asks clients to come back after {}: a restart brings all of them \
                 back at once.",
                span(Duration::from_millis(lowest))
            ))
            .hurts("The server: each client that lost its connection asks many times a second.")
            .change("Send retry: 1000 or more, and vary it a little from client to client.")
            .place(Some(place)),
        );
    }
    if let Some((highest, place)) = facts.highest.filter(|(highest, _)| *highest > OUTAGE) {
        verdicts.push(
            Verdict::worth_knowing(format!(
                "The stream asks clients to stay away for {} after each break.",
                span(Duration::from_millis(highest))
            ))
            .hurts("People who look at it: a short break is an outage of that length.")
            .change("Send a retry of a few seconds, unless clients are meant to poll.")
            .place(Some(place)),
        );
    }
    if !facts.ignored.is_empty() {
        verdicts.push(
            Verdict::worth_knowing(format!(
                "{} not all digits, so clients ignore it.",
                match facts.ignored.count {
                    1 => "1 retry is".to_owned(),
                    number => format!("{number} retries are"),
                }
            ))
            .hurts(
                "All clients: they keep the time that they had; fetch-event-source reads a part.",
            )
            .change("Send retry as whole milliseconds, such as retry: 3000.")
            .first(&facts.ignored),
        );
    }
    if facts.taken.is_empty() && facts.ignored.is_empty() && body.events.count > 0 {
        verdicts.push(
            Verdict::worth_knowing("The stream has no retry, so each client waits as it likes.")
                .hurts("Servers that expect one wait: each client has its own, of 1 s, 3 s or 5 s.")
                .change("Send retry: 3000, or what suits, with the first event."),
        );
    }
    match (verdicts.is_empty(), facts.last) {
        (true, Some(last)) => Verdict::fine(format!(
            "Clients come back after {}.",
            span(Duration::from_millis(last))
        )),
        _ => verdicts,
    }
}

fn resume(seen: &Observation) -> Vec<Verdict> {
    let Some(resume) = &seen.resume else {
        return Vec::new();
    };
    let asked = format!(
        "Asked again with the last id {}",
        shown(&resume.last_event_id)
    );
    let (what, whom, change) = match resume.status {
        None => (
            "the server gave no answer".to_owned(),
            "Clients that come back: they wait.",
            "Look into the log of the server for this request.",
        ),
        Some(200) => match went_on(seen, resume) {
            WentOn::Exactly => {
                return Verdict::fine(format!("{asked}, the stream goes on exactly behind it."));
            }
            WentOn::Silently => {
                return Verdict::fine(format!(
                    "{asked}, the server accepts, and has nothing new to send so far."
                ));
            }
            WentOn::New => {
                return Verdict::fine(format!(
                    "{asked}, the stream goes on with a new id; such ids do not tell whether one \
                     is missing."
                ));
            }
            WentOn::Elsewhere(what, whom) => (
                what,
                whom,
                "Go on with the first event behind the Last-Event-ID that the client brings.",
            ),
        },
        Some(204) if seen.end == End::InOrder => {
            return Verdict::fine(format!(
                "{asked}, the server says that there is no more (204)."
            ));
        }
        Some(204) => (
            "the server answers 204".to_owned(),
            "Clients that come back: EventSource stays away for good. That is right only behind \
             the last event.",
            "Answer 200 while there may be more events.",
        ),
        Some(status @ 400..=499) => (
            format!("the server refuses with {status}"),
            "Clients that come back: EventSource fails for good.",
            "Accept the header Last-Event-ID, and start from the beginning for an unknown id.",
        ),
        Some(status) => (
            format!("the server answers {status}"),
            "Clients that come back: EventSource fails for good.",
            "Answer 200 to a client that comes back.",
        ),
    };
    vec![
        Verdict::worth_knowing(format!("{asked}, {what}."))
            .hurts(whom)
            .change(change),
    ]
}

enum WentOn {
    Exactly,
    Silently,
    /// With an id that was not seen, and nothing tells how many lie between.
    New,
    /// What it did, and whom that hurts.
    Elsewhere(String, &'static str),
}

const TWICE: &str = "Clients that come back: they see events twice.";
const LOST: &str = "Clients that come back: the events between are lost.";

fn went_on(seen: &Observation, resume: &Resume) -> WentOn {
    let elsewhere = |what: &str, whom| WentOn::Elsewhere(what.to_owned(), whom);
    let ids = &seen.body.ids;
    let Some(first) = resume.ids.first() else {
        return match resume.events {
            0 => WentOn::Silently,
            _ => elsewhere(
                "the stream goes on with events that have no id",
                "Clients that come back: nobody can say whether events are lost or come twice.",
            ),
        };
    };
    let is_first = Some(first) == ids.first.as_ref();
    if is_first && ids.set.count > 1 {
        return elsewhere("the stream begins from the beginning", TWICE);
    }
    if *first == resume.last_event_id {
        return elsewhere("the stream sends the event with this id again", TWICE);
    }
    let number = |text: &str| text.parse::<u128>().ok();
    if let (Some(last), Some(next)) = (number(&resume.last_event_id), number(first)) {
        return match next.checked_sub(last) {
            None | Some(0) => elsewhere("the stream goes on with an earlier id", TWICE),
            Some(1) => WentOn::Exactly,
            Some(_) if !counts_by_one(seen) => WentOn::New,
            Some(more) => WentOn::Elsewhere(
                format!(
                    "the stream goes on from now: {} missing",
                    match more - 1 {
                        1 => "1 id between is".to_owned(),
                        number => format!("{number} ids between are"),
                    }
                ),
                LOST,
            ),
        };
    }
    match seen.body.events.kept.iter().any(|event| event.id == *first) {
        true => elsewhere("the stream goes on with an earlier event", TWICE),
        false => WentOn::New,
    }
}

/// Whether each id is the number behind the one before, as far as events are kept.
fn counts_by_one(seen: &Observation) -> bool {
    let kept = &seen.body.events.kept;
    let last: Vec<_> = kept.last.iter().cloned().collect();
    let number = |text: &str| text.parse::<u128>().ok();
    let mut pairs = kept.first.windows(2).chain(last.windows(2)).peekable();
    pairs.peek().is_some()
        && pairs.all(|pair| {
            let numbers = number(&pair[0].id).zip(number(&pair[1].id));
            numbers.is_some_and(|(one, next)| one.checked_add(1) == Some(next))
        })
}
