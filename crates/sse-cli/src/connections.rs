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
        api::print_json(rows);
    } else if rows.is_empty() {
        complain("No client is connected, and the table has none that was.");
    } else {
        let head = [
            ">id", "stream", "client", "program", "state", ">events", "last id", "verdict",
        ];
        let lines: Vec<_> = rows.iter().map(line).collect();
        api::print(&table(&head, &lines));
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

fn line(row: &Map<String, Value>) -> Vec<String> {
    let verdicts = ["verdict", "afterwards"].into_iter().filter_map(|name| {
        let words = row.get(name)?.get("words")?.as_str()?;
        Some(shown(words))
    });
    let verdicts: Vec<_> = verdicts.collect();
    let names = [
        "id", "stream", "client", "program", "state", "events", "last_id",
    ];
    let cells = names.map(|name| cell(row.get(name))).into_iter();
    cells.chain([verdicts.join("; ")]).collect()
}

/// A value as a person reads it.
pub(crate) fn cell(value: Option<&Value>) -> String {
    match value {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => shown(text),
        Some(other) => other.to_string(),
    }
}
