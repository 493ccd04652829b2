//! Acts on connections that are open: breaks them, or lets a replay go a step.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Request, Response, StatusCode};
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use sse_engine::fault::{Armed, Fault, Place, Who};
use sse_engine::pump;

use super::answer::FRESH;
use super::context::Context;
use super::faults::{BadFault, Refusal, Whom, expanded, note_armed, read_wish};
use crate::clock;

/// What is done to a replay that goes step by step: its next event is sent.
const STEP: &str = "step";

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
    /// A fault, such as `cut,half`, or `step`.
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
    let example = r#"{"do": "cut,half", "stream": "/endless"}"#;
    let wish = match read_wish(&context, request, "what can be done", example).await {
        Ok(wish) => wish,
        Err(refusal) => return refusal,
    };
    match done(&context, wish) {
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
    let is_step = wish.r#do == STEP;
    let fault = (!is_step).then(|| wish.r#do.parse::<Fault>()).transpose()?;
    let chosen = wish.connections;
    if let Some(chosen) = chosen.as_ref().filter(|chosen| chosen.len() > MOST) {
        return Err(Refusal::bad(format!(
            "This act names {} connections: name {MOST} at most, or their stream or client.",
            chosen.len()
        )));
    }
    let whom = Whom {
        stream: wish.stream,
        client: wish.client,
        room: wish.room,
    };
    let Some(fault) = fault else {
        let who = Who {
            connection: wish.connection,
            ..whom.who()?
        };
        return stepped(context, &who, chosen.as_deref());
    };
    let mut fault = whom.of(fault)?;
    fault.who.connection = wish.connection.or(fault.who.connection);
    let all = expanded(context, fault)?;
    let mut open = Vec::new();
    for fault in &all {
        can_act(fault)?;
        let room = context.rooms.seen(fault.who.room.as_deref());
        let mut of_fault = room.connections.open_of(&fault.who);
        if let Some(chosen) = &chosen {
            of_fault.retain(|id| chosen.contains(id));
        }
        open.push(of_fault);
    }
    let mut acted: Vec<u64> = open.iter().flatten().copied().collect();
    acted.sort_unstable();
    acted.dedup();
    if acted.is_empty() {
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
    for (armed, open) in acts.into_iter().zip(open) {
        context.acts.act(open, &pump::Act::Break(armed));
    }
    Ok(Acted {
        acted,
        id: ids.first().copied(),
        ids,
        seq,
    })
}

/// Lets the replays of these connections go a step, as far as they go step by step.
///
/// # Errors
/// None of them does.
fn stepped(context: &Context, who: &Who, chosen: Option<&[u64]>) -> Result<Acted, Refusal> {
    let room = context.rooms.seen(who.room.as_deref());
    let mut open = room.connections.stepping_of(who);
    if let Some(chosen) = chosen {
        open.retain(|id| chosen.contains(id));
    }
    if open.is_empty() {
        return Err(Refusal::of(
            StatusCode::CONFLICT,
            "No connection is open that goes step by step: serve a recording with step = true, and connect to it.",
        ));
    }
    context.acts.act(open.iter().copied(), &pump::Act::Step);
    open.sort_unstable();
    Ok(Acted {
        acted: open,
        id: None,
        ids: Vec::new(),
        seq: context.connections.newest_seq(),
    })
}

/// # Errors
/// It can only strike a request that is yet to come.
fn can_act(fault: &Fault) -> Result<(), Refusal> {
    if fault.act.place() != Place::Stream {
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
