//! Rules on the lines and characters of the body.

use super::facts::Tally;
use super::finding::{Rule, Verdict};
use super::observation::Observation;
use super::words::{count, size};
use crate::foreign::shown;

pub(super) const RULES: &[Rule] = &[
    Rule {
        name: "W17",
        title: "Line ends",
        judge: line_ends,
    },
    Rule {
        name: "W18",
        title: "Characters",
        judge: characters,
    },
    Rule {
        name: "W20",
        title: "Unknown fields",
        judge: unknown_fields,
    },
    Rule {
        name: "W21",
        title: "Large events",
        judge: large,
    },
    Rule {
        name: "W31",
        title: "Data that stops being JSON",
        judge: json,
    },
];

fn line_ends(seen: &Observation) -> Vec<Verdict> {
    let Some(lines) = seen.events().map(|body| &body.lines) else {
        return Vec::new();
    };
    let kinds = [
        (&lines.lf, "LF"),
        (&lines.crlf, "CRLF"),
        (&lines.cr, "CR alone"),
    ];
    let kinds: Vec<&(&Tally, &str)> = kinds
        .iter()
        .filter(|(tally, _)| !tally.is_empty())
        .collect();
    let (sentence, whom, first) = match kinds[..] {
        [] => return Vec::new(),
        [(_, "LF")] => return Verdict::fine("All lines end with LF."),
        [(crlf, "CRLF")] => (
            "All lines end with CRLF.".to_owned(),
            "Clients that look for two LF: they find no event, or two where the CRLF is split \
             between two pieces (fetch-event-source dispatches early).",
            crlf.first,
        ),
        [(cr, _)] => (
            "All lines end with CR alone.".to_owned(),
            "Clients that split at LF: they find no event, as a2a-js did.",
            cr.first,
        ),
        _ => {
            // The rarest is the mistake.
            let rare = kinds.iter().min_by_key(|(tally, _)| tally.count);
            let parts = kinds
                .iter()
                .map(|(tally, name)| format!("{} with {name}", tally.count));
            (
                format!(
                    "Lines end in several ways: {}.",
                    parts.collect::<Vec<_>>().join(", ")
                ),
                "Clients that look for one kind of blank line: sse.js finds none in \\r\\n\\n.",
                rare.and_then(|(tally, _)| tally.first),
            )
        }
    };
    vec![
        Verdict::worth_knowing(sentence)
            .hurts(whom)
            .change("End each line with LF.")
            .place(first),
    ]
}

fn characters(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|body| body.bytes > 0) else {
        return Vec::new();
    };
    let text = &body.text;
    let split = &body.pieces.split_characters;
    let mut verdicts = Vec::new();
    if text.bom {
        verdicts.push(
            Verdict::risky("The body begins with a byte order mark.")
                .hurts("Clients that do not strip it: they miss the first field.")
                .change("Send no byte order mark."),
        );
    }
    if !text.invalid.is_empty() {
        verdicts.push(
            Verdict::risky(format!(
                "{} not UTF-8.",
                match text.invalid.count {
                    1 => "1 sequence of bytes is".to_owned(),
                    number => format!("{} are", count(number, "sequence") + " of bytes"),
                }
            ))
            .hurts(
                "All clients: they read U+FFFD there. eventsource-stream loses all that follows, \
                 and reports nothing.",
            )
            .change("Encode text as UTF-8, and cut it between characters only.")
            .first(&text.invalid),
        );
    }
    if !text.nul.is_empty() {
        verdicts.push(
            Verdict::risky(format!(
                "The body has {}.",
                count(text.nul.count, "NUL byte")
            ))
            .hurts("Clients that end a text at NUL; an id with NUL is ignored.")
            .change("Send no NUL: in JSON it is \\u0000.")
            .first(&text.nul),
        );
    }
    if !split.is_empty() {
        verdicts.push(
            Verdict::risky(format!(
                "{} split between two pieces.",
                match split.count {
                    1 => "1 character was".to_owned(),
                    number => format!("{} were", count(number, "character")),
                }
            ))
            .hurts(
                "Clients that decode each piece by itself: U+FFFD takes the place of the \
                 character.",
            )
            .change(
                "Write and flush whole events; in a client, decode with stream: true \
                 (TextDecoder) or an incremental decoder.",
            )
            .first(split),
        );
    }
    match (verdicts.is_empty(), text.non_ascii) {
        (false, _) => verdicts,
        (true, true) => Verdict::fine("All characters are UTF-8, and none was split."),
        (true, false) => Verdict::fine("All characters are ASCII."),
    }
}

fn unknown_fields(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events().filter(|body| body.bytes > 0) else {
        return Vec::new();
    };
    let unknown = &body.lines.unknown;
    if unknown.is_empty() {
        return Verdict::fine("Each field is one that the standard knows.");
    }
    let names = body.lines.unknown_names.iter();
    let known = |name: &str| {
        let trimmed = name
            .trim()
            .trim_start_matches('\u{FEFF}')
            .to_ascii_lowercase();
        ["data", "event", "id", "retry"]
            .into_iter()
            .find(|field| *field == trimmed)
    };
    let meant: Vec<&str> = names.clone().filter_map(|name| known(name)).collect();
    let change = match meant.first() {
        Some(meant) => format!(
            "Write {meant}: in small letters, at the beginning of its line and with the colon \
             right behind it."
        ),
        None => "Send such a line as data, or as a comment with a colon before it.".to_owned(),
    };
    let names: Vec<String> = names.map(|name| format!("\"{}\"", shown(name))).collect();
    let lines = match unknown.count {
        1 => "1 line has a field".to_owned(),
        number => format!("{number} lines have fields"),
    };
    vec![
        Verdict::worth_knowing(format!(
            "{lines} that the standard does not know: {}.",
            names.join(", ")
        ))
        .hurts("All clients: they ignore the line.")
        .change(change)
        .first(unknown),
    ]
}

/// An event that is larger than this is large.
const LARGE: u64 = 64 * 1024;
/// An event that is larger than this passes the bounds of clients.
const VERY_LARGE: u64 = 1024 * 1024;

fn large(seen: &Observation) -> Vec<Verdict> {
    let Some(body) = seen.events() else {
        return Vec::new();
    };
    let mut verdicts = Vec::new();
    let given_up = &body.events.not_decoded;
    if !given_up.is_empty() {
        verdicts.push(
            Verdict::worth_knowing("An event is so large that its reader gave up.")
                .hurts(
                    "Clients with a limit: they stop. Clients without one: it fills their memory.",
                )
                .change("Send a URL of what is large, and not the thing itself.")
                .first(given_up),
        );
    }
    match body.events.largest {
        Some((bytes, place)) if bytes > LARGE => verdicts.push(
            Verdict::worth_knowing(format!("The largest event has {}.", size(bytes)))
                .hurts(match bytes > VERY_LARGE {
                    true => "Clients with a bound on an event or a line, which is often 1 MiB.",
                    false => {
                        "Clients that read line by line with a bound of 64 KiB, as Go's \
                              bufio.Scanner does."
                    }
                })
                .change("Send a URL of what is large, or split it into several events.")
                .place(Some(place)),
        ),
        Some((bytes, _)) if verdicts.is_empty() => {
            return Verdict::fine(format!("The largest event has {}.", size(bytes)));
        }
        _ => {}
    }
    verdicts
}

fn json(seen: &Observation) -> Vec<Verdict> {
    let Some(events) = seen.events().map(|body| &body.events) else {
        return Vec::new();
    };
    let broken = &events.json_broken;
    match (events.json, broken.count) {
        (0, _) => Vec::new(),
        (json, 0) => Verdict::fine(format!("The data of {} is JSON.", count(json, "event"))),
        (_, number) => vec![
            Verdict::worth_knowing(format!(
                "The data of {} is not JSON, though the data of earlier events was.",
                count(number, "event")
            ))
            .hurts("Clients that parse all data as JSON: they stop at the first of these events.")
            .change(
                "Send JSON throughout, give the others a name, and let clients skip what they \
                 cannot parse.",
            )
            .first(broken),
        ],
    }
}
