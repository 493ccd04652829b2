//! Whether clients should be sent here: for balancers. `/healthz` says whether the server lives,
//! and is 200 whatever this says.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;
use sse_engine::time::since_1970;

use super::answer::FRESH;
use super::context::Context;
use crate::clock;
use crate::drain::Stage;
use crate::shared_topics::{EngineState, EngineView};
use crate::status::Phase;

/// How long the engine may be away before clients should be sent elsewhere: a failover takes no
/// longer, and moves nobody.
const MOMENT: Duration = Duration::from_secs(3);

/// What `/readyz` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Readiness {
    /// Whether it is 200.
    ready: bool,
    /// In a word.
    state: Word,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Word {
    Ready,
    /// It only begins.
    Starting,
    /// It is about to stop, and ends its streams.
    Draining,
    /// The engine that keeps the topics is away for longer than a moment.
    #[serde(rename = "engine away")]
    EngineAway,
    /// It stops.
    Stopping,
}

impl Readiness {
    /// With an engine that is away for so long, where one is.
    fn of(phase: Phase, stage: Stage, away: Option<Duration>) -> Self {
        let is_away = away.is_some_and(|away| away > MOMENT);
        let state = match (phase, stage) {
            (Phase::Starting, _) => Word::Starting,
            (Phase::Running, Stage::None) if is_away => Word::EngineAway,
            (Phase::Running, Stage::None) => Word::Ready,
            (Phase::Running, _) => Word::Draining,
            (Phase::Stopping | Phase::Stopped | Phase::Failed, _) => Word::Stopping,
        };
        Self {
            ready: state == Word::Ready,
            state,
        }
    }
}

/// How long an engine is away, if it is. A node that has never reached it was always without, so
/// that a balancer sends it nobody at its start.
fn away(state: EngineState, since: Duration, now: SystemTime) -> Option<Duration> {
    match state {
        EngineState::There => None,
        EngineState::Connecting => Some(Duration::MAX),
        EngineState::Lost => Some(since_1970(now).saturating_sub(since)),
    }
}

pub(super) async fn ready(State(context): State<Arc<Context>>) -> Response<Body> {
    let phase = context.status.borrow().phase;
    let engine = context.rooms.default().engine.as_ref();
    let away = engine.and_then(|engine| {
        let EngineView {
            state, since_ms, ..
        } = engine.engine();
        away(state, Duration::from_millis(since_ms), clock::now().wall)
    });
    let readiness = Readiness::of(phase, context.draining.stage(), away);
    let status = match readiness.ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, FRESH, Json(readiness)).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_that_runs_and_does_not_drain_is_ready() {
        let of = |phase, stage| {
            let readiness = Readiness::of(phase, stage, None);
            serde_json::to_string(&readiness).expect("JSON")
        };
        let said = |state| format!("{{\"ready\":false,\"state\":\"{state}\"}}");
        assert_eq!(
            of(Phase::Running, Stage::None),
            "{\"ready\":true,\"state\":\"ready\"}"
        );
        assert_eq!(of(Phase::Running, Stage::Announced), said("draining"));
        assert_eq!(of(Phase::Running, Stage::Ending), said("draining"));
        assert_eq!(of(Phase::Starting, Stage::None), said("starting"));
        assert_eq!(of(Phase::Stopping, Stage::Ending), said("stopping"));
        let away = |ms| {
            let away = Some(Duration::from_millis(ms));
            Readiness::of(Phase::Running, Stage::None, away).state
        };
        assert_eq!([3000, 3001].map(away), [Word::Ready, Word::EngineAway]);
    }

    #[test]
    fn an_engine_that_was_never_there_is_away_from_the_beginning() {
        let since = Duration::from_secs(10);
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(12);
        for (state, word) in [
            (EngineState::There, Word::Ready),
            (EngineState::Lost, Word::Ready),
            (EngineState::Connecting, Word::EngineAway),
        ] {
            let away = away(state, since, now);
            let readiness = Readiness::of(Phase::Running, Stage::None, away);
            assert_eq!(readiness.state, word, "{state:?}");
        }
    }
}
