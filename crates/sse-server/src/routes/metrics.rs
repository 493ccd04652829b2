//! `/metrics`, for Prometheus: read from the tables when somebody asks, so that what is sent to
//! clients pays nothing for it.
//!
//! A label is one of a few words. It is never a client, an id or an address, of which there are as
//! many as there are clients. The name of a topic is one only where it was asked for.
//!
//! | module | what it is for |
//! |---|---|
//! | `scrape` | all that there is, as it is now |
//! | `process` | what the system says of this process |

mod process;
mod scrape;

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode, header};
use axum::response::IntoResponse;
use prometheus_client::encoding::{prometheus_text, text};
use prometheus_client::registry::Registry;

use super::answer::say;
use super::context::Context;
use scrape::Scrape;

/// The two formats. Prometheus asks for the newer one; whoever asks for neither gets the older one,
/// which `promtool check metrics` reads too.
const OPENMETRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// GET.
pub(super) async fn metrics(
    State(context): State<Arc<Context>>,
    headers: HeaderMap,
) -> Response<Body> {
    answer(&context, &headers)
}

/// The metrics as they are now, in the format that is asked for.
pub(super) fn answer(context: &Context, asked: &HeaderMap) -> Response<Body> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Scrape::of(context)));
    let mut accepted = asked.get_all(header::ACCEPT).iter();
    let newer = accepted.any(|value| {
        let value = value.to_str().unwrap_or_default();
        value.contains("application/openmetrics-text")
    });
    let mut body = String::new();
    let (written, format) = match newer {
        true => (text::encode(&mut body, &registry), OPENMETRICS),
        false => (prometheus_text::encode(&mut body, &registry), TEXT),
    };
    match written {
        Ok(()) => (
            [
                (header::CONTENT_TYPE, format),
                (header::CACHE_CONTROL, "no-store"),
                (header::VARY, "accept"),
            ],
            body,
        )
            .into_response(),
        Err(e) => {
            let sentence = format!("The metrics cannot be written ({e}): ask again.");
            say(StatusCode::INTERNAL_SERVER_ERROR, &sentence)
        }
    }
}
