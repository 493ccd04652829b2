//! Whether clients should be sent here: for balancers. `/healthz` says whether the server lives,
//! and is 200 whatever this says.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{Response, StatusCode};
use axum::response::IntoResponse;
use serde::Serialize;

use super::answer::FRESH;
use super::context::Context;
use crate::drain::Stage;
use crate::status::Phase;

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
    /// It stops.
    Stopping,
}

impl Readiness {
    fn of(phase: Phase, stage: Stage) -> Self {
        let state = match (phase, stage) {
            (Phase::Starting, _) => Word::Starting,
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

pub(super) async fn ready(State(context): State<Arc<Context>>) -> Response<Body> {
    let phase = context.status.borrow().phase;
    let readiness = Readiness::of(phase, context.draining.stage());
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
            let readiness = Readiness::of(phase, stage);
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
    }
}
