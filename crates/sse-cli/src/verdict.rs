//! `sse verdict`: prints the verdicts of a running server on its clients, for people and for CI.

use std::collections::HashSet;

use serde_json::{Map, Value};
use sse_client::Method;

use crate::api::{self, Call, Reply, shown};
use crate::args::Verdict;
use crate::complain;
use crate::connections::{ROWS, rows};
use crate::expect::Expectation;
use crate::outcome::{Failure, Outcome};

/// What is said of the connection that a verdict is on.
const OF_ROW: [&str; 5] = ["method", "stream", "client", "program", "peer"];

/// Prints the verdicts, and tells by the outcome whether one of them is bad, or not as expected.
///
/// # Errors
/// There is no server, it is none of ours, or it refuses.
pub(crate) fn run(args: Verdict) -> Result<Outcome, Failure> {
    if let Some(expected) = &args.expect {
        return compare(&args, expected);
    }
    let said = api::block_on(ask(&args))?;
    print(&said, args.json)?;
    if said.is_empty() && !args.json {
        // Not on stdout, where a line is a verdict.
        let sentence = "no client has reconnected, stays away or has several connections open";
        complain(format_args!(
            "There is no verdict{}: {sentence}.",
            whom(&args)
        ));
    }
    Ok(match said.iter().any(Said::is_bad) {
        true => Outcome::No,
        false => Outcome::Yes,
    })
}

/// ` on dash`
fn whom(args: &Verdict) -> String {
    let whom = args.client.as_deref().map(|tag| format!(" on {tag}"));
    whom.unwrap_or_default()
}

/// Prints the newest verdict on a client that came back, or did not, and compares it.
fn compare(args: &Verdict, expected: &Expectation) -> Result<Outcome, Failure> {
    let call = Call::new(&args.at, Method::GET, "log")
        .with("after", args.after)
        .with("client", args.client.as_ref())
        .with("room", args.at.room.as_ref());
    let reply = api::block_on(call.send())?;
    let Some(said) = newest(&reply, args)? else {
        let behind = args.after.map(|after| format!(" after entry {after}"));
        complain(format_args!(
            "There is no verdict{}{}: wait for it first, as in `sse wait --until returned`.",
            whom(args),
            behind.unwrap_or_default()
        ));
        return Ok(Outcome::No);
    };
    print(std::slice::from_ref(&said), args.json)?;
    let Some((typed, instead)) = expected.broken_by(&said.verdict) else {
        return Ok(Outcome::Yes);
    };
    complain(format_args!(
        "Expected {typed} of #{}, but {instead}.",
        said.id()
    ));
    Ok(Outcome::No)
}

/// The newest verdict of the log on a client that came back, or did not, of those that are meant.
fn newest(reply: &Reply, args: &Verdict) -> Result<Option<Said>, Failure> {
    let (tag, room) = (args.client.as_deref(), args.at.room.as_deref());
    let mut newest = None;
    for line in reply.text.lines() {
        let entry: Option<Map<String, Value>> = serde_json::from_str(line).ok();
        let mut entry = entry.ok_or_else(|| reply.not_ours("its log cannot be read"))?;
        let text = |name| entry.get(name).and_then(Value::as_str);
        let meant = matches!(text("kind"), Some("returned" | "gone"))
            && (tag.is_none() || text("client") == tag)
            && (room == Some("*") || text("room") == room);
        if !meant {
            continue;
        }
        if let Some(Value::Object(verdict)) = entry.remove("verdict") {
            let id = entry.remove("connection").unwrap_or_default();
            entry.insert("id".to_owned(), id);
            newest = Some(Said {
                row: entry,
                verdict,
            });
        }
    }
    Ok(newest)
}

/// A verdict, and the row that it is on.
struct Said {
    /// The row as the server gave it; of it [`OF_ROW`] and the id are printed.
    row: Map<String, Value>,
    /// The verdict as the server gave it. With `--json` all of it is printed, what this version
    /// does not know included.
    verdict: Map<String, Value>,
}

impl Said {
    fn is_bad(&self) -> bool {
        self.verdict.get("bad").is_some_and(|bad| bad == true)
    }

    fn id(&self) -> u64 {
        self.row.get("id").and_then(Value::as_u64).unwrap_or(0)
    }

    /// `bad  #7 GET /numbers (dash): came back …`
    fn line(&self) -> String {
        let text = |of: &Map<String, Value>, name: &str| {
            let text = of.get(name).and_then(Value::as_str);
            Some(shown(text?)).filter(|text| !text.is_empty())
        };
        let row = |name: &str| text(&self.row, name);
        let who = row("client").or_else(|| row("program"));
        // The log has neither method nor program.
        let parts = [
            Some(format!("#{}", self.id())),
            row("method"),
            row("stream"),
            who.map(|who| format!("({who})")),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        let advice = text(&self.verdict, "advice").map(|advice| format!(" {advice}"));
        format!(
            "{} {}: {}.{}",
            if self.is_bad() { "bad " } else { "good" },
            parts.join(" "),
            text(&self.verdict, "words").unwrap_or_default(),
            advice.unwrap_or_default()
        )
    }

    fn json(&self) -> String {
        let mut all = Map::new();
        all.insert("connection".to_owned(), self.id().into());
        for name in OF_ROW {
            let value = self.row.get(name).cloned().unwrap_or_default();
            all.insert(name.to_owned(), value);
        }
        all.extend(self.verdict.clone());
        Value::Object(all).to_string()
    }
}

fn print(said: &[Said], json: bool) -> Result<(), Failure> {
    let mut text = String::new();
    for said in said {
        text += &if json { said.json() } else { said.line() };
        text.push('\n');
    }
    api::print(&text)
}

/// Asks for the rows that the server has something to say of, the worst first, and sorts what it
/// says by their age.
async fn ask(args: &Verdict) -> Result<Vec<Said>, Failure> {
    let (mut said, mut seen) = (Vec::new(), HashSet::new());
    for first in (0..).step_by(ROWS) {
        let call = rows(&args.at, args.client.as_deref(), first)
            .with("sort", Some("verdict"))
            .with("descending", Some(true))
            .with("room", args.at.room.as_ref());
        let reply = call.send().await?;
        let rows = reply.objects(Some("rows"))?;
        let is_last = rows.len() < ROWS;
        let mut silent = 0;
        for row in rows {
            let id = row.get("id").and_then(Value::as_u64);
            let id = id.ok_or_else(|| reply.not_ours("a connection has no number"))?;
            let verdicts = ["verdict", "afterwards"].map(|name| row.get(name));
            let verdicts = verdicts.into_iter().flatten().filter_map(Value::as_object);
            let verdicts: Vec<_> = verdicts.cloned().collect();
            silent += usize::from(verdicts.is_empty());
            // Rows change places while the next ones are asked for.
            if !seen.insert(id) {
                continue;
            }
            for verdict in verdicts {
                if !verdict.get("bad").is_some_and(Value::is_boolean) {
                    return Err(reply.not_ours("its version is different"));
                }
                let row = row.clone();
                said.push(Said { row, verdict });
            }
        }
        if is_last || silent > 0 {
            break;
        }
    }
    // What is said of the other row of a return says all.
    said.retain(|said| {
        let other = said.verdict.get("other").and_then(Value::as_u64);
        let twice = said.verdict.get("kind").is_some_and(|it| it == "returned");
        !(twice && other.is_some_and(|other| seen.contains(&other)))
    });
    said.sort_by_key(Said::id);
    Ok(said)
}
