//! `sse nodes`: says which engine keeps the topics of a running server, and which nodes share them.

use std::time::SystemTime;

use serde_json::{Map, Value};
use sse_client::Method;

use crate::api::{self, Call, shown};
use crate::args::Nodes;
use crate::connections::{cell, time};
use crate::outcome::Failure;

/// What is said where there is no engine.
const ALONE: &str = "This node keeps its topics by itself.";

/// Prints what the server knows of its engine.
///
/// # Errors
/// There is no server, it is none of ours, or it refuses.
pub(crate) fn run(args: Nodes) -> Result<(), Failure> {
    let call = Call::new(&args.at, Method::GET, "state");
    let reply = api::block_on(call.with("room", args.at.room.as_ref()).send())?;
    let state = reply.json()?;
    if !state.get("topics").is_some_and(Value::is_array) {
        return Err(reply.not_ours("it lists no topics"));
    }
    let engine = state.get("engine").and_then(Value::as_object);
    match engine {
        Some(engine) if args.json => api::print_json(vec![engine.clone()])?,
        Some(engine) => {
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
            let now_ms = now.unwrap_or_default().as_millis();
            api::print(&text(engine, u64::try_from(now_ms).unwrap_or(u64::MAX)))?;
        }
        None if args.json => {}
        None => api::print(&format!("{ALONE}\n"))?,
    }
    Ok(())
}

/// A line for each fact, its name in front.
fn text(engine: &Map<String, Value>, now_ms: u64) -> String {
    let facts = facts(engine, now_ms);
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    let lines = facts.iter();
    let lines = lines.map(|(name, fact)| format!("{name:<width$}  {fact}\n"));
    lines.collect()
}

/// `now_ms` is in milliseconds since 1970.
fn facts(engine: &Map<String, Value>, now_ms: u64) -> Vec<(&'static str, String)> {
    let state = cell(engine.get("state"));
    let is_there = state == "there";
    let since = number(engine, "since_ms").unwrap_or(now_ms);
    let lasts = match now_ms.saturating_sub(since) {
        ms @ ..1000 => time(ms),
        ms => time(ms - ms % 1000),
    };
    let place = cell(engine.get("place"));
    let master = engine.get("master").and_then(Value::as_str);
    let master = master.map(|master| format!(" (master {})", shown(master)));
    let mut facts = vec![
        ("engine", place + &master.unwrap_or_default()),
        ("state", format!("{state} for {lasts}")),
    ];
    let error = engine.get("error").and_then(Value::as_str);
    if let Some(error) = error.filter(|_| !is_there) {
        facts.push(("why", shown(error)));
    }
    let followed = number(engine, "followed").unwrap_or(0);
    let waiting = match number(engine, "waiting").unwrap_or(0) {
        1 => "1 subscriber of this node".to_owned(),
        many => format!("{many} subscribers of this node"),
    };
    facts.extend([
        ("nodes", nodes(engine, is_there)),
        ("topics", format!("{followed} followed by this node")),
        ("waiting", waiting),
        ("reconnects", cell(engine.get("reconnects"))),
        ("new lives", cell(engine.get("lives"))),
    ]);
    if number(engine, "skipped").is_some_and(|skipped| skipped > 0) {
        facts.push(("no events", cell(engine.get("skipped"))));
    }
    let warnings = engine.get("warnings").and_then(Value::as_array);
    let warnings = warnings.into_iter().flatten().filter_map(Value::as_str);
    facts.extend(warnings.map(|warning| ("warning", shown(warning))));
    facts
}

/// `3: b (this one), a, c`, as they were heard of last.
fn nodes(engine: &Map<String, Value>, is_there: bool) -> String {
    let own = cell(engine.get("node"));
    let names = engine.get("names").and_then(Value::as_array);
    let names = names.into_iter().flatten().filter_map(Value::as_str);
    let others: Vec<_> = names.map(shown).filter(|name| *name != own).collect();
    let count = number(engine, "nodes").unwrap_or(0);
    let mut words = match (count, is_there) {
        (0, _) => "no other was heard of yet: ".to_owned(),
        (_, true) => format!("{count}: "),
        (_, false) => format!("{count} as last heard of: "),
    };
    words += &format!("{own} (this one)");
    for name in &others {
        words += &format!(", {name}");
    }
    let unnamed = count.saturating_sub(1 + others.len() as u64);
    if unnamed > 0 {
        words += &format!(", and {unnamed} more");
    }
    words
}

fn number(engine: &Map<String, Value>, name: &str) -> Option<u64> {
    engine.get(name).and_then(Value::as_u64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(changes: Value) -> String {
        let mut engine = json!({
            "place": "redis://host:6379", "master": null, "node": "b", "state": "there", "since_ms": 10_000,
            "error": "Connection refused", "lives": 0, "reconnects": 2, "nodes": 3,
            "names": ["a", "b", "c"], "followed": 2, "waiting": 1, "skipped": 0, "warnings": [],
        });
        let engine = engine.as_object_mut().expect("an object");
        engine.extend(changes.as_object().expect("an object").clone());
        text(engine, 22_345)
    }

    #[test]
    fn an_engine_that_is_there_is_a_line_for_each_fact() {
        assert_eq!(
            said(json!({})),
            "engine      redis://host:6379\n\
             state       there for 12 s\n\
             nodes       3: b (this one), a, c\n\
             topics      2 followed by this node\n\
             waiting     1 subscriber of this node\n\
             reconnects  2\n\
             new lives   0\n"
        );
    }

    #[test]
    fn the_master_that_sentinels_named_is_behind_their_names() {
        let named = said(json!({
            "place": "redis+sentinel://host:26379/main", "master": "10.0.0.7:6379",
        }));
        let line = "engine      redis+sentinel://host:26379/main (master 10.0.0.7:6379)\n";
        assert!(named.starts_with(line), "{named}");
    }

    #[test]
    fn one_that_is_away_has_its_reason() {
        let lost = said(json!({ "state": "lost", "skipped": 4, "warnings": ["Eviction is on."] }));
        for line in [
            "state       lost for 12 s",
            "why         Connection refused",
            "nodes       3 as last heard of: b (this one), a, c",
            "no events   4",
            "warning     Eviction is on.",
        ] {
            assert!(lost.lines().any(|it| it == line), "{line} in {lost}");
        }
        let new = json!({ "state": "connecting", "since_ms": 22_000, "nodes": 0, "names": [] });
        let connecting = said(new);
        for line in [
            "state       connecting for 345 ms",
            "nodes       no other was heard of yet: b (this one)",
        ] {
            assert!(
                connecting.lines().any(|it| it == line),
                "{line} in {connecting}"
            );
        }
    }

    #[test]
    fn of_hundreds_of_nodes_the_rest_is_counted() {
        let many = said(json!({ "nodes": 200 }));
        assert!(
            many.contains("200: b (this one), a, c, and 197 more\n"),
            "{many}"
        );
        // The clock of the server is ahead.
        let ahead = said(json!({ "since_ms": 99_000 }));
        assert!(ahead.contains("there for 0 ms\n"), "{ahead}");
    }

    #[test]
    fn no_word_of_a_server_reaches_the_terminal_as_it_is() {
        let evil = said(json!({
            "place": "\u{1b}[2J", "master": "\u{1b}[2J", "node": "\u{1b}[2J", "names": ["\u{1b}[2J"], "state": "\u{1b}",
            "error": "\u{1b}[2J", "warnings": ["\u{1b}[2J"],
        }));
        assert!(!evil.contains('\u{1b}'), "{evil:?}");
    }
}
