//! What a request meets once it is read: guard, router, and the marks that every answer gets.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::config::{KeepAlive, Limits};
use crate::connections::{Client, Connections, EndedBy, Ending, Open};
use crate::error::Error;
use crate::guard::{self, Admission, Area, Class, Ends, Guard, Refusal};
use crate::publish::{Draft, Published};
use crate::pump::Pump;
use crate::query::Overrides;
use crate::stream::Stream;
use crate::topics::{self, Topics};
use crate::{Status, program, routes};

/// What the table keeps of a method, and of an origin that was refused, in bytes. A name of DNS has 253.
const SHOWN_METHOD: usize = 16;
const SHOWN_ORIGIN: usize = 280;

/// What the handlers work with. Lives as long as the server, over starts and stops.
pub(crate) struct Context {
    pub(crate) guard: Guard,
    pub(crate) connections: Connections,
    pub(crate) streams: Vec<Stream>,
    pub(crate) topics: Topics,
    pub(crate) keep_alive: KeepAlive,
    pub(crate) limits: Limits,
    pub(crate) status: watch::Receiver<Status>,
}

impl Context {
    /// Publishes the events to a topic.
    pub(crate) async fn publish(&self, topic: &str, drafts: &[Draft]) -> Result<Published, Error> {
        let published = self.topics.topic(topic)?.publish(drafts)?;
        self.connections.tell();
        Ok(published)
    }
}

/// The way of a request: guard, then router.
pub(crate) struct App {
    context: Arc<Context>,
    router: Router,
}

/// Who asks, for the handlers: put into each request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Visitor {
    pub(crate) peer: SocketAddr,
    pub(crate) class: Class,
}

/// A stream that begins, carried by a response to the connection's driver. Cloneable because
/// extensions must be; whoever takes it first has it.
#[derive(Clone, Debug)]
pub(crate) struct Takeover(Arc<Mutex<Option<(Pump, Open)>>>);

impl Takeover {
    pub(crate) fn new(pump: Pump, open: Open) -> Self {
        Self(Arc::new(Mutex::new(Some((pump, open)))))
    }

    pub(crate) fn take(&self) -> Option<(Pump, Open)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

impl App {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self {
            router: routes::router(&context),
            context,
        }
    }

    pub(crate) fn topics(&self) -> &Topics {
        &self.context.topics
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.context.limits
    }

    /// Answers one request: guard first, whatever it asks for (invariant 1).
    pub(crate) async fn answer(
        &self,
        mut request: Request<Body>,
        peer: SocketAddr,
        local: SocketAddr,
    ) -> Response<Body> {
        let area = self.area(request.uri().path());
        let ends = Ends {
            peer: peer.ip(),
            local: local.ip(),
            port: local.port(),
        };
        let mut response = match self.context.guard.admit(&request, area, ends) {
            Err(refusal) => self.refuse(&request, area, peer, refusal),
            Ok(admission) => {
                let mut response = if area == Area::Stream && guard::is_preflight(&request) {
                    preflight(request.headers())
                } else if !request.uri().path().starts_with('/') {
                    // CONNECT, `OPTIONS *`, or a target without a path (RFC 9112 3.2).
                    let sentence = "This is no proxy: ask for a path such as /numbers.";
                    say(StatusCode::BAD_REQUEST, sentence)
                } else {
                    request.extensions_mut().insert(Visitor {
                        peer,
                        class: admission.class,
                    });
                    let Ok(response) = self.router.clone().oneshot(request).await;
                    response
                };
                share(response.headers_mut(), &admission);
                response
            }
        };
        let headers = response.headers_mut();
        headers.insert(
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        );
        if area == Area::Own {
            headers.insert(
                "cross-origin-resource-policy",
                HeaderValue::from_static("same-origin"),
            );
        } else {
            // The answer depends on it, also where none was sent.
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
        response
    }

    fn area(&self, path: &str) -> Area {
        let streams = &self.context.streams;
        if path.starts_with(topics::PREFIX) || streams.iter().any(|stream| stream.path == path) {
            Area::Stream
        } else {
            Area::Own
        }
    }

    /// A stream that was refused for its origin is shown in the table, where the person can allow it.
    fn refuse<B>(
        &self,
        request: &Request<B>,
        area: Area,
        peer: SocketAddr,
        refusal: Refusal,
    ) -> Response<Body> {
        if area == Area::Stream && refusal.origin.is_some() {
            let overrides = Overrides::only_client(request.uri().query());
            self.context.connections.refuse(
                client(request, peer, Class::Foreign, &overrides),
                refusal.status.as_u16(),
                refusal.origin.filter(|origin| origin.len() <= SHOWN_ORIGIN),
                Ending::new(EndedBy::Server, "origin not allowed"),
            );
        }
        tell(request.uri().path(), refusal.status, &refusal.sentence)
    }
}

/// The client of a request for a stream, as the table shows it.
pub(crate) fn client<B>(
    request: &Request<B>,
    peer: SocketAddr,
    class: Class,
    overrides: &Overrides,
) -> Client {
    let agent = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    Client {
        peer,
        program: match class {
            Class::Shell => "SSE Workbench window".to_owned(),
            _ => program::name(agent),
        },
        stream: request.uri().path().to_owned(),
        tag: overrides.client.clone(),
        method: request
            .method()
            .as_str()
            .chars()
            .take(SHOWN_METHOD)
            .collect(),
        brought: None,
        topic: None,
    }
}

/// A sentence as an answer.
pub(crate) fn say(status: StatusCode, sentence: &str) -> Response<Body> {
    (
        status,
        [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::CACHE_CONTROL, "no-store"),
        ],
        format!("{sentence}\n"),
    )
        .into_response()
}

/// A sentence as an answer of whatever is at `path`: JSON below `/api`, where a program reads it.
pub(crate) fn tell(path: &str, status: StatusCode, sentence: &str) -> Response<Body> {
    if path != "/api" && !path.starts_with("/api/") {
        return say(status, sentence);
    }
    let error = serde_json::json!({ "error": sentence });
    (
        status,
        [(header::CACHE_CONTROL, "no-store")],
        axum::Json(error),
    )
        .into_response()
}

/// Answers a preflight that the guard let through (Fetch 3.3.3): what was asked for is allowed.
fn preflight(asked: &HeaderMap) -> Response<Body> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static("GET, HEAD, POST"),
    );
    headers.insert(
        header::ACCESS_CONTROL_MAX_AGE,
        HeaderValue::from_static("600"),
    );
    if let Some(names) = asked.get(header::ACCESS_CONTROL_REQUEST_HEADERS) {
        headers.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, names.clone());
    }
    headers.append(
        header::VARY,
        HeaderValue::from_static("access-control-request-headers"),
    );
    response
}

/// Lets the one origin read the answer.
fn share(headers: &mut HeaderMap, admission: &Admission) {
    let Some(origin) = &admission.cors else {
        return;
    };
    // It was read from a header value, so it is one.
    let Ok(origin) = HeaderValue::from_str(origin.as_str()) else {
        return;
    };
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_CREDENTIALS,
        HeaderValue::from_static("true"),
    );
}
