//! What a request meets once it is read: guard, router, and the marks that every answer gets.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{
    HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, Version, header,
};
use axum::response::IntoResponse;
use tokio::sync::watch;
use tower::ServiceExt;

use crate::config::Limits;
use crate::connections::{Asked, Client, Connections, EndedBy, Ending, Numbers, Open};
use crate::error::Error;
use crate::guard::{self, Admission, Area, Class, Ends, Guard, Refusal};
use crate::keep_alive::KeepAlive;
use crate::pump::Pump;
use crate::query::Overrides;
use crate::routes::{Place, Room};
use crate::streams::Streams;
use crate::topics::{Batch, Published, Topics};
use crate::{Status, connections, path, program, routes, text};

/// What the table keeps of an origin that was refused, in bytes. A name of DNS has 253.
const SHOWN_ORIGIN: usize = 280;

/// What the table keeps of a method, in bytes.
const SHOWN_METHOD: usize = 16;

/// What is looked through of a head that could not be read, in bytes.
const SHOWN_HEAD: usize = 2048;

/// What the table keeps of a path, in bytes.
const SHOWN_PATH: usize = 256;

/// What the handlers work with. Lives as long as the server, over starts and stops.
pub(crate) struct Context {
    pub(crate) guard: Guard,
    pub(crate) connections: Connections,
    pub(crate) streams: Arc<Streams>,
    pub(crate) topics: Topics,
    pub(crate) keep_alive: KeepAlive,
    /// Whether a blank line follows a keep-alive comment, where a stream does not say.
    pub(crate) keep_alive_blank: bool,
    /// What the bodies of all requests may take.
    pub(crate) bodies: Room,
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

    /// Ends a topic. Answers whether there was one.
    pub(crate) fn end_topic(&self, topic: &str) -> bool {
        let ended = self.topics.end(topic);
        if ended {
            self.connections.tell();
        }
        ended
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
        mut request: Request<Body>,
        peer: SocketAddr,
        local: SocketAddr,
    ) -> Answer {
        let target = path::in_one_spelling(std::mem::take(request.uri_mut()));
        request.uri_mut().clone_from(&target);
        let place = routes::place(&self.context, target.path());
        let area = place.area(request.method());
        let ends = Ends {
            peer: peer.ip(),
            local: local.ip(),
            port: local.port(),
        };
        let (mut answer, admission) = match self.context.guard.admit(&request, area, ends) {
            Err(refusal) => (self.refuse(&request, area, peer, refusal).into(), None),
            Ok(admission) => {
                let visitor = Visitor {
                    peer,
                    class: admission.class,
                };
                let answer = match unanswerable(&request) {
                    Some(refusal) => refusal.into(),
                    None => self.admitted(request, place, visitor).await,
                };
                (answer, Some(admission))
            }
        };
        let headers = answer.response.headers_mut();
        mark(headers, area);
        // At the end, since it names all that there are.
        if let Some(admission) = admission {
            share(headers, &admission);
        }
        answer
    }

    /// Answers a request that the guard let through.
    async fn admitted(&self, request: Request<Body>, place: Place<'_>, visitor: Visitor) -> Answer {
        let is_preflight = guard::is_preflight(&request);
        match place {
            Place::Topic(_) if is_preflight => {
                let own = visitor.class == Class::Own;
                preflight(request.headers(), own).into()
            }
            Place::Stream(_) | Place::Nothing if is_preflight => {
                preflight(request.headers(), false).into()
            }
            Place::Stream(stream) => routes::stream(&self.context, stream, visitor, request).await,
            Place::Topic(name) => routes::topic(&self.context, name, visitor, request).await,
            Place::Nothing => self.not_found(&request, visitor).into(),
            Place::Api | Place::Page | Place::Health => {
                let Ok(response) = self.router.clone().oneshot(request).await;
                response.into()
            }
        }
    }

    /// Says that there is nothing. Who seems to have looked for a stream is shown in the table: a page cannot tell its person
    /// why an EventSource failed.
    fn not_found<B>(&self, request: &Request<B>, visitor: Visitor) -> Response<Body> {
        // What a browser fetches for itself, such as an icon or a page, is no stream's client.
        let is_fetch = request.headers().get("sec-fetch-dest");
        if is_fetch.is_none_or(|dest| dest == "empty") {
            let overrides = Overrides::only_client(request.uri().query());
            self.context.connections.refuse(
                client(request, visitor.peer, visitor.class, &overrides),
                StatusCode::NOT_FOUND.as_u16(),
                None,
                Ending::new(EndedBy::Server, "nothing there"),
            );
        }
        routes::not_found(&self.context, request.uri().path())
    }

    /// Enters a request whose head could not be read, as far as it says who asks for what.
    pub(crate) fn refuse_unread(
        &self,
        head: &[u8],
        peer: SocketAddr,
        status: StatusCode,
        why: &'static str,
    ) {
        let head = String::from_utf8_lossy(&head[..head.len().min(SHOWN_HEAD)]);
        let mut lines = head.split('\n');
        let mut words = lines.next().unwrap_or_default().split_ascii_whitespace();
        let method = words.next().unwrap_or_default();
        let target = words.next().unwrap_or_default();
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let agent = lines.find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("user-agent")
                .then(|| value.trim())
        });
        let client = Client {
            peer,
            asked: Arc::new(Asked {
                program: text::tame(&program::name(agent), SHOWN_PATH).into(),
                stream: text::tame(path, SHOWN_PATH).into(),
                method: text::tame(method, SHOWN_METHOD).into(),
                version: Version::HTTP_11,
            }),
            tag: Overrides::only_client(Some(query)).client.map(Box::from),
            brought: None,
            numbers: Numbers::None,
        };
        let ending = Ending::new(EndedBy::Server, why);
        let connections = &self.context.connections;
        connections.refuse(client, status.as_u16(), None, ending);
    }

    /// A stream that was refused for its origin is shown in the table, where the person can allow it.
    fn refuse<B>(
        &self,
        request: &Request<B>,
        area: Area,
        peer: SocketAddr,
        refusal: Refusal,
    ) -> Response<Body> {
        if matches!(area, Area::Stream | Area::Nothing) && refusal.origin.is_some() {
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

/// What is said of a transfer coding that is not ours.
pub(crate) const ONE_CODING: &str =
    "This server knows no transfer coding but chunked, once: send the body without another.";

/// The refusal of a request that cannot be answered whatever it asks for.
fn unanswerable<B>(request: &Request<B>) -> Option<Response<Body>> {
    if !request.uri().path().starts_with('/') {
        // CONNECT, `OPTIONS *`, or a target without a path (RFC 9112 3.2).
        let sentence = "This is no proxy: ask for a path such as /numbers.";
        return Some(say(StatusCode::BAD_REQUEST, sentence));
    }
    let codings = request.headers().get_all(header::TRANSFER_ENCODING);
    let mut codings = codings.iter();
    let plain = match (codings.next(), codings.next()) {
        (None, _) => true,
        (Some(coding), None) => coding.as_bytes().eq_ignore_ascii_case(b"chunked"),
        // Two fields are a list of two, and nothing is chunked twice.
        (Some(_), Some(_)) => false,
    };
    // hyper takes the chunks off and leaves what is in them as it was coded.
    if !plain {
        // RFC 9112 6.1.
        return Some(last_words(StatusCode::NOT_IMPLEMENTED, ONE_CODING));
    }
    None
}

/// What every answer of an area says.
pub(crate) fn mark(headers: &mut HeaderMap, area: Area) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    match area {
        Area::Api | Area::Page | Area::Health => {
            headers.insert(
                "cross-origin-resource-policy",
                HeaderValue::from_static("same-origin"),
            );
        }
        Area::Stream | Area::EndOfTopic | Area::Nothing => {
            // The answer depends on it, also where none was sent.
            headers.append(header::VARY, HeaderValue::from_static("origin"));
        }
    }
    if area == Area::Stream {
        // Whatever a stream's head says that it is, shown as a document it may not script, and reads nothing of this origin.
        headers.insert(
            header::CONTENT_SECURITY_POLICY,
            HeaderValue::from_static("sandbox"),
        );
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
                _ => text::tame(&program::name(agent), SHOWN_PATH).into(),
            },
            stream: text::tame(request.uri().path(), SHOWN_PATH).into(),
            method: text::tame(request.method().as_str(), SHOWN_METHOD).into(),
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

/// A refusal over a body that was not read: the connection cannot be used again.
pub(crate) fn last_words(status: StatusCode, sentence: &str) -> Response<Body> {
    let mut response = say(status, sentence);
    response
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

/// Answers a preflight that the guard let through (Fetch 3.3.3): what was asked for is allowed, and the end of a topic to
/// whom it `may_end`.
fn preflight(asked: &HeaderMap, may_end: bool) -> Response<Body> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    let headers = response.headers_mut();
    let methods = match may_end {
        true => "GET, HEAD, POST, DELETE",
        false => "GET, HEAD, POST",
    };
    headers.insert(
        header::ACCESS_CONTROL_ALLOW_METHODS,
        HeaderValue::from_static(methods),
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
    // A star would mean nothing beside credentials (Fetch 3.2.5), so all that the answer has are named.
    let names: Vec<&str> = headers
        .keys()
        .map(HeaderName::as_str)
        .filter(|name| !name.starts_with("access-control-"))
        .collect();
    if let Ok(names) = HeaderValue::from_str(&names.join(", ")) {
        headers.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, names);
    }
}
