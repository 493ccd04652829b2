//! Breaks connections that are open.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use sse_engine::fault::{Act, Armed, Ending, Fault, Who};
use sse_engine::pump;

use super::answer::no_break;
use super::body;
use super::context::Context;
use super::faults::{BadFault, Refusal, expanded, note_armed};
use crate::clock;

/// No answer of the API may come from a cache.
const FRESH: [(header::HeaderName, &str); 1] = [(header::CACHE_CONTROL, "no-store")];

/// The most connections that one act names.
const MOST: usize = 1000;

/// What was done, and to whom.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct Acted {
    /// The connections.
    pub acted: Vec<u64>,
    /// The number of the first fault.
    pub id: Option<u64>,
    /// The numbers of the faults.
    pub ids: Vec<u64>,
    /// The number of the newest of their entries in the log.
    pub seq: u64,
}

/// What is to be done, and to whom.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ActWish {
    /// A fault, such as `cut,half`.
    r#do: String,
    stream: Option<String>,
    client: Option<String>,
    room: Option<String>,
    connection: Option<u64>,
    /// Several, as somebody chose them.
    connections: Option<Vec<u64>>,
}

/// Acts on the connections that the body names.
pub(super) async fn act(
    State(context): State<Arc<Context>>,
    request: Request<Body>,
) -> Response<Body> {
    if !context.breaks {
        return no_break(request.uri().path());
    }
    let read = body::read(request.into_body(), &context.limits, &context.bodies).await;
    let mut body = match read {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    let wish = serde_json::from_slice(&body.take()).map_err(|e| {
        Refusal::bad(format!(
            "The body is not what can be done ({e}): send JSON such as {{\"do\": \"cut,half\", \"stream\": \"/endless\"}}."
        ))
    });
    match wish.and_then(|wish| done(&context, wish)) {
        Ok(answer) => (FRESH, Json(answer)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// Breaks the open connections that somebody names.
///
/// # Errors
/// Why none is.
pub(crate) fn break_open(context: &Context, wish: ActWish) -> Result<Acted, BadFault> {
    Ok(done(context, wish)?)
}

fn done(context: &Context, wish: ActWish) -> Result<Acted, Refusal> {
    let mut fault: Fault = wish.r#do.parse()?;
    let chosen = wish.connections;
    if let Some(chosen) = chosen.as_ref().filter(|chosen| chosen.len() > MOST) {
        return Err(Refusal::bad(format!(
            "This act names {} connections: name {MOST} at most, or their stream or client.",
            chosen.len()
        )));
    }
    fault.who = Who {
        stream: wish.stream.or(fault.who.stream),
        client: wish.client.or(fault.who.client),
        room: wish.room.or(fault.who.room),
        connection: wish.connection.or(fault.who.connection),
    };
    let all = expanded(context, fault)?;
    for fault in &all {
        can_act(fault)?;
    }
    let who = all
        .first()
        .map(|fault| fault.who.clone())
        .unwrap_or_default();
    let room = context.rooms.seen(who.room.as_deref());
    let mut open = room.connections.open_of(&who);
    if let Some(chosen) = chosen {
        open.retain(|id| chosen.contains(id));
    }
    if open.is_empty() {
        return Err(Refusal::of(
            StatusCode::CONFLICT,
            "No connection is open that this is for: GET /api/connections lists all connections.",
        ));
    }
    let now = clock::now();
    let mut seq = context.connections.newest_seq();
    // All of them before the first acts: what comes of any has a larger number than the answer.
    let mut acts = Vec::new();
    for fault in all {
        let note = |armed: &Armed| seq = note_armed(context, armed, now);
        acts.push(context.faults.act(fault, now, note)?);
    }
    let ids: Vec<u64> = acts.iter().map(|armed| armed.id).collect();
    for armed in acts {
        context
            .acts
            .act(open.iter().copied(), &pump::Act::Break(armed));
    }
    Ok(Acted {
        acted: open,
        id: ids.first().copied(),
        ids,
        seq,
    })
}

/// Cuts every stream of every room, as if the server had been killed.
pub(crate) fn cut_all(context: &Context) {
    let everyone = Who::default();
    let tables = context.rooms.tables();
    let open = tables.iter().flat_map(|table| table.open_of(&everyone));
    let open: Vec<u64> = open.collect();
    if open.is_empty() {
        return;
    }
    let now = clock::now();
    let cut = Fault::new(Act::Cut(Ending::default()));
    let note = |armed: &Armed| _ = note_armed(context, armed, now);
    // Where too many acts last still, the stop ends the streams in order.
    if let Ok(armed) = context.faults.act(cut, now, note) {
        context.acts.act(open, &pump::Act::Break(armed));
    }
}

/// # Errors
/// It can only strike a request that is yet to come.
fn can_act(fault: &Fault) -> Result<(), Refusal> {
    let is_resume = matches!(fault.act, Act::Forget | Act::Rewind(_) | Act::Jump(_));
    if fault.act.is_of_door() || is_resume {
        return Err(Refusal::bad(format!(
            "`{fault}` strikes a request before its stream begins, and these have begun: arm it with POST /api/faults."
        )));
    }
    if fault.often.attempts.is_some() || fault.often.chance.is_some() {
        return Err(Refusal::bad(
            "`attempt` and `p` choose among requests, and an act strikes all that it names: leave them out.",
        ));
    }
    Ok(())
}
