//! `sse break`, `sse heal`, `sse faults`, `sse reset` and `sse step`: breaks streams of a running
//! server on purpose, undoes it, and lets replays go on.
//!
//! What changes something prints the number of the log from which on it holds, and nothing else: a
//! script waits for what comes behind it.

use std::time::SystemTime;

use anyhow::anyhow;
use serde_json::{Map, Value};
use sse_client::Method;

use crate::api::{self, Call, Reply};
use crate::args::{At, Break, Faults, Heal, IdOrPath, Reset, Step};
use crate::complain;
use crate::connections::cell;
use crate::outcome::Failure;
use crate::table::table;

/// Arms a fault, or strikes what is open.
///
/// # Errors
/// A path that is none, no server, or its own words when it refuses.
pub(crate) fn arm(args: Break) -> Result<(), Failure> {
    let (path, fault) = match &args.what[..] {
        [path, fault] => (Some(path), fault),
        [fault] => (None, fault),
        _ => {
            let sentence = "Give one fault, such as cut,after=3.";
            return Err(Failure::usage(anyhow!(sentence)));
        }
    };
    if let Some(path) = path.filter(|path| !path.starts_with('/')) {
        return Err(Failure::usage(anyhow!(
            "`{path}` is not the path of a stream: give one such as /numbers, and then the fault as one word, in quotes if it has a space."
        )));
    }
    let (to, what) = match args.now {
        true => ("act", "do"),
        false => ("faults", "fault"),
    };
    let texts = [
        (what, Some(fault)),
        ("stream", path),
        ("client", args.client.as_ref()),
        ("room", args.at.room.as_ref()),
    ];
    post(&args.at, to, texts, args.connection, args.json)
}

/// Lets replays go a step.
///
/// # Errors
/// A path that is none, no server, or its own words when none goes step by step.
pub(crate) fn step(args: Step) -> Result<(), Failure> {
    let path = args.path.as_ref();
    if let Some(path) = path.filter(|path| !path.starts_with('/')) {
        return Err(Failure::usage(anyhow!(
            "`{path}` is not the path of a stream: give one such as /chat."
        )));
    }
    let word = "step".to_owned();
    let texts = [
        ("do", Some(&word)),
        ("stream", path),
        ("client", args.client.as_ref()),
        ("room", args.at.room.as_ref()),
    ];
    post(&args.at, "act", texts, args.connection, args.json)
}

/// Sends what is to be done, and prints what came of it.
fn post(
    at: &At,
    to: &str,
    texts: [(&str, Option<&String>); 4],
    connection: Option<u64>,
    json: bool,
) -> Result<(), Failure> {
    let texts = texts.into_iter();
    let mut body: Map<String, Value> = texts
        .filter_map(|(name, text)| Some((name.to_owned(), text?.as_str().into())))
        .collect();
    if let Some(connection) = connection {
        body.insert("connection".to_owned(), connection.into());
    }
    let call = Call {
        body: Some(body.into()),
        ..Call::new(at, Method::POST, to)
    };
    let reply = api::block_on(call.send())?;
    if !json {
        return print_seq(&reply);
    }
    let json = reply.json()?;
    api::print(&format!("{json}\n"))?;
    Ok(())
}

/// Disarms faults.
///
/// # Errors
/// No server, or its own words when it refuses.
pub(crate) fn heal(args: Heal) -> Result<(), Failure> {
    let (path, stream) = match args.what {
        Some(IdOrPath::Id(id)) => (format!("faults/{id}"), None),
        Some(IdOrPath::Path(path)) => ("faults".to_owned(), Some(path)),
        None => ("faults".to_owned(), None),
    };
    let call = Call::new(&args.at, Method::DELETE, path)
        .with("room", args.at.room.as_ref())
        .with("stream", stream)
        .with("client", args.client.as_ref());
    print_seq(&api::block_on(call.send())?)
}

/// Lists what is armed.
///
/// # Errors
/// No server, or its own words when it refuses.
pub(crate) fn list(args: Faults) -> Result<(), Failure> {
    let call = Call::new(&args.at, Method::GET, "faults");
    let call = call.with("room", args.at.room.as_ref());
    let faults = api::block_on(call.send())?.objects(None)?;
    if args.json {
        api::print_json(faults)?;
    } else if faults.is_empty() {
        complain("No fault is armed.");
    } else {
        let head = [
            ">id", "fault", "stream", "client", "room", ">struck", "last", ">left", "",
        ];
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now_s = now.unwrap_or_default().as_secs();
        let lines: Vec<_> = faults.iter().map(|fault| line(fault, now_s)).collect();
        api::print(&table(&head, &lines))?;
    }
    Ok(())
}

/// `now_s` is in seconds since 1970.
fn line(fault: &Map<String, Value>, now_s: u64) -> Vec<String> {
    let names = ["id", "fault", "stream", "client", "room", "fired"];
    let left = fault.get("left_ms").and_then(Value::as_u64);
    let left = left.map(|ms| format!("{} s", ms.div_ceil(1000)));
    let cells = names.map(|name| cell(fault.get(name))).into_iter();
    let last = fault.get("last").and_then(Value::as_object);
    let last = last.map(|strike| last_strike(strike, now_s));
    let tries = cell(fault.get("tries"));
    cells
        .chain([last.unwrap_or_default(), left.unwrap_or_default(), tries])
        .collect()
}

/// When and whom a fault struck last: `3 s ago: /endless, client t1`.
fn last_strike(strike: &Map<String, Value>, now_s: u64) -> String {
    let at_ms = strike.get("at_ms").and_then(Value::as_u64);
    let ago = at_ms.map(|ms| match now_s.saturating_sub(ms / 1000) {
        s @ ..60 => format!("{s} s ago"),
        s @ ..3600 => format!("{} min ago", s / 60),
        s => format!("{} h ago", s / 3600),
    });
    let text = |name: &str| match cell(strike.get(name)) {
        text if text.is_empty() => None,
        text => Some(text),
    };
    let client = text("client").map(|tag| format!("client {tag}"));
    let who = client.or_else(|| Some(format!("#{}", text("connection")?)));
    let whom = [text("stream"), who].into_iter().flatten();
    let whom = whom.collect::<Vec<_>>().join(", ");
    let parts = [ago.unwrap_or_default(), whom];
    let parts = parts.into_iter().filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(": ")
}

/// Resets a room.
///
/// # Errors
/// No server, or its own words when it refuses.
pub(crate) fn reset(args: Reset) -> Result<(), Failure> {
    let call = Call::new(&args.at, Method::POST, "reset");
    let call = call.with("room", args.at.room.as_ref());
    print_seq(&api::block_on(call.send())?)
}

fn print_seq(reply: &Reply) -> Result<(), Failure> {
    let seq = reply.seq()?;
    api::print(&format!("{seq}\n"))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_last_strike_is_when_and_whom() {
        for (strike, words) in [
            (
                json!({"at_ms": 97_000, "stream": "/a", "client": "t1", "connection": 7}),
                "3 s ago: /a, client t1",
            ),
            (
                json!({"at_ms": 40_999, "stream": "/a", "client": null, "connection": 7}),
                "1 min ago: /a, #7",
            ),
            // The clock was set back.
            (
                json!({"at_ms": 101_000, "stream": null, "client": null, "connection": null}),
                "0 s ago",
            ),
        ] {
            let strike = strike.as_object().expect("an object");
            assert_eq!(last_strike(strike, 100), words);
        }
        let strike = json!({"at_ms": 1000});
        let strike = strike.as_object().expect("an object");
        assert_eq!(last_strike(strike, 7201), "2 h ago");
    }
}
