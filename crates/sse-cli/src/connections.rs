//! `sse connections`: lists who is connected to a running server, and who was.

use std::collections::HashSet;

use serde_json::{Map, Value};
use sse_client::Method;

use crate::api::{self, Call, shown};
use crate::args::{At, Connections};
use crate::complain;
use crate::outcome::Failure;
use crate::table::table;

/// Rows that the server gives at once.
pub(crate) const ROWS: usize = 200;

/// Prints the rows.
///
/// # Errors
/// There is no server, it is none of ours, or it refuses.
pub(crate) fn run(args: Connections) -> Result<(), Failure> {
    let rows = api::block_on(all(&args))?;
    if args.json {
        api::print_json(rows)?;
    } else if rows.is_empty() {
        complain("No client is connected, and the table has none that was.");
    } else {
        // Without a proxy there is nothing to say of upstreams.
        let are_forwarded = rows.iter().any(|row| legs(row).is_some());
        let head = ["upstream"].into_iter().filter(|_| are_forwarded);
        let head: Vec<_> = [">id", "stream", "client", "program", "state"]
            .into_iter()
            .chain(head)
            .chain([">events", "last id", "verdict"])
            .collect();
        let lines: Vec<_> = rows.iter().map(|row| line(row, are_forwarded)).collect();
        api::print(&table(&head, &lines))?;
    }
    Ok(())
}

async fn all(args: &Connections) -> Result<Vec<Map<String, Value>>, Failure> {
    let (mut all, mut seen) = (Vec::new(), HashSet::new());
    for first in (0..).step_by(ROWS) {
        let call = rows(&args.at, args.client.as_deref(), first)
            .with("stream", args.stream.as_ref())
            .with("room", args.at.room.as_ref());
        let rows = call.send().await?.objects(Some("rows"))?;
        let is_last = rows.len() < ROWS;
        // Rows change places while the next ones are asked for.
        let is_new = |row: &Map<String, Value>| seen.insert(row.get("id").and_then(Value::as_u64));
        all.extend(rows.into_iter().filter(is_new));
        if is_last {
            break;
        }
    }
    Ok(all)
}

/// The request for the rows from this one on.
pub(crate) fn rows<'a>(at: &'a At, client: Option<&str>, first: usize) -> Call<'a> {
    Call::new(at, Method::GET, "connections")
        .with("count", Some(ROWS))
        .with("first", Some(first))
        .with("client", client)
}

/// Both legs of a row, where its request was forwarded.
fn legs(row: &Map<String, Value>) -> Option<&Map<String, Value>> {
    row.get("legs")?.as_object()
}

fn line(row: &Map<String, Value>, are_forwarded: bool) -> Vec<String> {
    let verdicts = ["verdict", "afterwards"].into_iter().filter_map(|name| {
        let words = row.get(name)?.get("words")?.as_str()?;
        Some(shown(words))
    });
    let verdicts: Vec<_> = verdicts.collect();
    let cells = |names: &[&str]| -> Vec<String> {
        let names = names.iter();
        names.map(|name| cell(row.get(*name))).collect()
    };
    let mut line = cells(&["id", "stream", "client", "program"]);
    line.push(state(row));
    if are_forwarded {
        line.push(legs(row).map(upstream).unwrap_or_default());
    }
    line.extend(cells(&["events", "last_id"]));
    line.push(verdicts.join("; "));
    line
}

/// What became of a row; of one that was forwarded, who ended the leg of its client and how long
/// that lasted: `ended by the client after 12.4 s`.
fn state(row: &Map<String, Value>) -> String {
    let state = cell(row.get("state"));
    let lasted = legs(row).and_then(|legs| legs.get("client_ms")?.as_u64());
    let Some(lasted) = lasted.map(time) else {
        return state;
    };
    let by = row.get("ended").and_then(|ended| ended.get("by")?.as_str());
    match (&*state, by) {
        ("open", _) => format!("open for {lasted}"),
        ("ended", Some(by)) => format!("ended by the {} after {lasted}", shown(by)),
        _ => format!("{state} after {lasted}"),
    }
}

/// `api.example.com 200 in 341 ms`
fn upstream(legs: &Map<String, Value>) -> String {
    let name = cell(legs.get("upstream"));
    let ms = |name| legs.get(name).and_then(Value::as_u64);
    match (ms("status"), ms("head_ms")) {
        (Some(status), Some(head)) => format!("{name} {status} in {}", time(head)),
        _ => format!("{name} no answer"),
    }
}

/// `341 ms`, `12 s`, `12.4 s`, `3 min 5 s`.
pub(crate) fn time(ms: u64) -> String {
    let seconds = ms / 1000;
    match ms {
        0..1000 => format!("{ms} ms"),
        1000..60_000 if ms % 1000 < 100 => format!("{seconds} s"),
        1000..60_000 => format!("{seconds}.{} s", ms % 1000 / 100),
        60_000..3_600_000 => format!("{} min {} s", seconds / 60, seconds % 60),
        _ => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
    }
}

/// A value as a person reads it.
pub(crate) fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => shown(text),
        Some(other) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(value: Value) -> Map<String, Value> {
        value.as_object().expect("an object").clone()
    }

    #[test]
    fn a_forwarded_row_has_both_legs_in_words() {
        let legs = json!({
            "upstream": "api.example.com", "status": 200, "head_ms": 341, "client_ms": 12_400,
        });
        let ended = row(json!({ "state": "ended", "ended": { "by": "client" }, "legs": legs }));
        let line = line(&ended, true);
        assert_eq!(line[4], "ended by the client after 12.4 s");
        assert_eq!(line[5], "api.example.com 200 in 341 ms");
        assert_eq!(line.len(), 9);
        let open = row(json!({ "state": "open", "legs": legs }));
        assert_eq!(state(&open), "open for 12.4 s");
        let legs = json!({ "upstream": "a", "status": null, "head_ms": null, "client_ms": 75_000 });
        let refused = row(json!({ "state": "refused", "legs": legs }));
        assert_eq!(state(&refused), "refused after 1 min 15 s");
        assert_eq!(upstream(legs.as_object().expect("so")), "a no answer");
    }

    #[test]
    fn other_rows_have_no_words_of_legs() {
        let own = row(json!({ "state": "ended", "ended": { "by": "client" }, "legs": null }));
        assert_eq!(line(&own, false).len(), 8);
        assert_eq!(
            (&*line(&own, true)[4], &*line(&own, true)[5]),
            ("ended", "")
        );
    }
}
