//! What a request meets once it is read: guard, router, and the marks that every answer gets.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::config::{KeepAlive, Limits};
use crate::connections::{Asked, Client, Connections, EndedBy, Ending, Numbers, Open};
use crate::error::Error;
use crate::guard::{self, Admission, Area, Class, Ends, Guard, Refusal};
use crate::publish::{Batch, Published};
use crate::pump::Pump;
use crate::query::Overrides;
use crate::routes::Place;
use crate::streams::Streams;
use crate::topics::Topics;
use crate::{Status, connections, program, routes};

/// What the table keeps of an origin that was refused, in bytes. A name of DNS has 253.
const SHOWN_ORIGIN: usize = 280;

/// What the table keeps of a method, in bytes.
const SHOWN_METHOD: usize = 16;

/// What the table keeps of a path, in bytes.
const SHOWN_PATH: usize = 256;

/// What the handlers work with. Lives as long as the server, over starts and stops.
pub(crate) struct Context {
    pub(crate) guard: Guard,
    pub(crate) connections: Connections,
    pub(crate) streams: Arc<Streams>,
    pub(crate) topics: Topics,
    pub(crate) keep_alive: KeepAlive,
    pub(crate) limits: Limits,
    pub(crate) status: watch::Receiver<Status>,
}

impl Context {
    /// Publishes the events to a topic.
    pub(crate) async fn publish(&self, topic: &str, batch: &Batch) -> Result<Published, Error> {
        let published = self.topics.publish(topic, batch).await?;
        self.connections.tell();
        Ok(published)
    }
}

/// The way of a request: guard, then router.
pub(crate) struct App {
    context: Arc<Context>,
    router: Router,
}

/// Who asks, for the handlers of streams.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Visitor {
    pub(crate) peer: SocketAddr,
    pub(crate) class: Class,
}

/// An answer, and the stream that begins with it.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) response: Response<Body>,
    pub(crate) begins: Option<(Pump, Open)>,
}

impl From<Response<Body>> for Answer {
    fn from(response: Response<Body>) -> Self {
        Self {
            response,
            begins: None,
        }
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

    pub(crate) fn connections(&self) -> &Connections {
        &self.context.connections
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.context.limits
    }

    /// Answers one request: guard first, whatever it asks for (invariant 1).
    pub(crate) async fn answer(
        &self,
        request: Request<Body>,
        peer: SocketAddr,
        local: SocketAddr,
    ) -> Answer {
        // Shared, because the place is looked at while the request is taken apart.
        let path = request.uri().clone();
        let place = routes::place(&self.context, path.path());
        let area = match &place {
            Place::Stream(_) | Place::Topic(_) => Area::Stream,
            Place::Own => Area::Own,
        };
        let ends = Ends {
            peer: peer.ip(),
            local: local.ip(),
            port: local.port(),
        };
        let mut answer: Answer = match self.context.guard.admit(&request, area, ends) {
            Err(refusal) => self.refuse(&request, area, peer, refusal).into(),
            Ok(admission) => {
                let mut answer: Answer = if area == Area::Stream && guard::is_preflight(&request) {
                    preflight(request.headers()).into()
                } else if !request.uri().path().starts_with('/') {
                    // CONNECT, `OPTIONS *`, or a target without a path (RFC 9112 3.2).
                    let sentence = "This is no proxy: ask for a path such as /numbers.";
                    say(StatusCode::BAD_REQUEST, sentence).into()
                } else {
                    let visitor = Visitor {
                        peer,
                        class: admission.class,
                    };
                    match place {
                        Place::Stream(stream) => {
                            routes::stream(&self.context, stream, visitor, request).await
                        }
                        Place::Topic(name) => {
                            routes::topic(&self.context, name, visitor, request).await
                        }
                        Place::Own => {
                            let Ok(response) = self.router.clone().oneshot(request).await;
                            response.into()
                        }
                    }
                };
                share(answer.response.headers_mut(), &admission);
                answer
            }
        };
        mark(answer.response.headers_mut(), area);
        answer
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

/// What every answer of an area says.
pub(crate) fn mark(headers: &mut HeaderMap, area: Area) {
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
        asked: Arc::new(Asked {
            program: match class {
                Class::Shell => "SSE Workbench window".into(),
                _ => program::name(agent).into(),
            },
            stream: shown(request.uri().path()).into(),
            method: shown_method(request.method()).into(),
            version: request.version(),
        }),
        tag: overrides.client.as_deref().map(Box::from),
        brought: last_event_id(request.headers(), overrides)
            .filter(|id| !id.is_empty())
            .map(|id| connections::shown(&id).into()),
        numbers: Numbers::None,
    }
}

/// The header beats the query (invariant 5). What is not UTF-8 cannot be an id of ours; it is kept as
/// something that is none, so that the stream begins at the beginning.
pub(crate) fn last_event_id(headers: &HeaderMap, overrides: &Overrides) -> Option<String> {
    match headers.get("last-event-id") {
        Some(value) => Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
        None => overrides.last_event_id.clone(),
    }
}

/// As much of a method as the table keeps.
fn shown_method(method: &Method) -> &str {
    let method = method.as_str();
    // A token of HTTP is ASCII.
    method.get(..SHOWN_METHOD).unwrap_or(method)
}

/// As much of a path as the table keeps.
fn shown(path: &str) -> &str {
    // An URI's path is ASCII, so this cuts no character in two.
    path.get(..SHOWN_PATH).unwrap_or(path)
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
