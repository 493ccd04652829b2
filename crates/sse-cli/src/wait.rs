//! `sse wait`: waits until something happened to a client, and prints the number of its entry.

use std::time::Duration;

use serde_json::Value;
use sse_client::Method;

use crate::api::{self, Call, PATIENCE};
use crate::args::Wait;
use crate::complain;
use crate::outcome::{Failure, Outcome};

/// Waits, and tells by the outcome whether it became true.
///
/// # Errors
/// There is no server, or it refuses.
pub(crate) fn run(args: Wait) -> Result<Outcome, Failure> {
    let ms = |time: Duration| format!("{}ms", time.as_millis());
    let call = Call {
        // The server answers when it is true, or the time is over.
        patience: args.timeout + PATIENCE,
        ..Call::new(&args.at, Method::GET, "wait")
    };
    let call = call
        .with("until", Some(&args.until))
        .with("after", args.after)
        .with("client", args.client.as_ref())
        .with("stream", args.stream.as_ref())
        .with("room", args.at.room.as_ref())
        .with("for", args.quiet.map(ms))
        .with("timeout", Some(ms(args.timeout)));
    let reply = api::block_on(call.send())?;
    let json = reply.json()?;
    let met = json.get("met").and_then(Value::as_bool);
    let met = met.ok_or_else(|| reply.not_ours("it does not say whether it is true"))?;
    if args.json {
        api::print(&format!("{json}\n"))?;
    }
    if met {
        let seq = reply.seq()?;
        if !args.json {
            api::print(&format!("{seq}\n"))?;
        }
        return Ok(Outcome::Yes);
    }
    let words = json.get("words").and_then(Value::as_str);
    let words = words.ok_or_else(|| reply.not_ours("it does not say what happened"))?;
    complain(api::shown(words));
    Ok(Outcome::No)
}
