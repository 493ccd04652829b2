//! The path of a request: guard, lookup, handler, and the headers that every answer gets.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, Uri, header};
use axum::response::IntoResponse;
use sse_engine::fault::Armed;
use sse_engine::lock::lock;
use sse_engine::stream::Stream;
use sse_engine::topics::Topics;
use tower::ServiceExt;

use super::answer::{Answer, ONE_CODING, last_words, no_break, say, tell};
use super::client_query::ClientQuery;
use super::context::Context;
use super::cors::{any_method, forget_preflight, preflight, share};
use super::door::Door;
use super::lookup::{Lookup, lookup, lookup_in, not_found};
use super::mounted::Told;
use super::params::Params;
use super::proxied::Handed;
use super::room::Room;
use super::room_acts::too_many;
use super::room_path::RoomPath;
use super::rooms::Rooms;
use super::visitor::{Visitor, client, unread_client};
use super::{metrics, mounted, normalize, permit, proxied, response_head, streams, topics};
use crate::armed::Faults;
use crate::clock;
use crate::config::{Limits, Operate};
use crate::connections::{Connections, Received, Why};
use crate::drain::Draining;
use crate::guard::{self, Area, Class, Ends, Refusal};
use crate::measures::Measures;
use crate::mount::ExtraListeners;
use crate::transport::{Acts, Presence};

/// What the table keeps of an origin that was refused, in bytes. A name of DNS has 253.
const SHOWN_ORIGIN: usize = 280;

/// What stands in front of the paths of this server where the whole port is handed on.
const OWN: &str = "/@";

/// The way of a request: guard, then router.
pub(crate) struct Service {
    context: Arc<Context>,
    /// The page, the API and the health check. Streams and topics are data, so they are looked up
    /// before it; their answers have a pump, which a router could not hand on.
    router: Router,
}

impl Service {
    pub(crate) fn new(context: Arc<Context>) -> Self {
        Self {
            router: super::router(&context),
            context,
        }
    }

    pub(crate) fn topics(&self) -> &Topics {
        &self.context.rooms.default().topics
    }

    pub(crate) fn acts(&self) -> &Acts {
        &self.context.acts
    }

    pub(crate) fn connections(&self) -> &Connections {
        &self.context.connections
    }

    /// What is armed.
    pub(crate) fn faults(&self) -> &Faults {
        &self.context.faults
    }

    /// Notes that the server does not listen any more because of this fault. Each listening socket
    /// does, and one is enough.
    pub(crate) fn refuses(&self, fault: &Armed) {
        if fault.strike_first() {
            let connections = &self.context.connections;
            connections.fired_for_all(fault, clock::now());
        }
    }

    /// Whether a connection that has just come is to be reset.
    pub(crate) fn resets_on_arrival(&self) -> bool {
        let connections = &self.context.connections;
        let now = clock::now();
        self.faults().knocked(now, |fault| {
            _ = connections.fired_for_all(fault, now);
        })
    }

    /// Arms the faults of the streams that are served.
    pub(crate) fn arm_streams(&self) {
        super::arm_streams(&self.context);
    }

    /// Connects to the engine that keeps the topics, where one does.
    pub(crate) fn begin_topics(&self) {
        if let Some(engine) = &self.context.rooms.default().engine {
            engine.begin();
        }
    }

    pub(crate) fn rooms(&self) -> &Rooms {
        &self.context.rooms
    }

    /// Whether a request may be handed on to an upstream.
    pub(crate) fn hands_on(&self) -> bool {
        self.context.upstreams.are_any()
    }

    pub(crate) fn limits(&self) -> &Limits {
        &self.context.limits
    }

    /// What is set for those who operate servers.
    pub(crate) fn operate(&self) -> &Operate {
        &self.context.operate
    }

    /// What is measured for `/metrics` alone.
    pub(crate) fn measures(&self) -> &Measures {
        &self.context.measures
    }

    /// What those who answer mounts open listeners with.
    pub(crate) fn extra_listeners(&self) -> &ExtraListeners {
        &self.context.extra_listeners
    }

    /// Notes where the metrics have an address of their own.
    pub(crate) fn set_metrics_at(&self, at: Option<SocketAddr>) {
        *lock(&self.context.metrics_at) = at;
    }

    /// How far the server is with ending its streams.
    pub(crate) fn draining(&self) -> &Draining {
        &self.context.draining
    }

    /// Answers a request that came to the address of the metrics: guard first, as everywhere.
    pub(crate) fn answer_metrics<B>(
        &self,
        request: &Request<B>,
        (peer, local): (SocketAddr, SocketAddr),
    ) -> Response<Body> {
        let ends = Ends {
            peer: peer.ip(),
            local: local.ip(),
            port: local.port(),
        };
        let area = Area::MetricsPort;
        let mut response = match self.context.guard.admit(request, area, ends) {
            Err(refusal) => say(refusal.status, &refusal.sentence),
            Ok(_) => match (request.uri().path(), request.method()) {
                ("/metrics", &Method::GET | &Method::HEAD) => {
                    metrics::answer(&self.context, request.headers())
                }
                ("/metrics", method) => {
                    let sentence = format!("/metrics does not answer {method}: use GET.");
                    say(StatusCode::METHOD_NOT_ALLOWED, &sentence)
                }
                _ => {
                    let sentence = "Only /metrics is at this address: the streams are at another.";
                    say(StatusCode::NOT_FOUND, sentence)
                }
            },
        };
        response_head::mark(response.headers_mut(), area);
        response
    }

    /// Answers one request: guard first, whatever it asks for (invariant 1). `heard` has its bytes,
    /// as far as they are known, and `presence` tells whether its client is still there.
    pub(crate) async fn answer(
        &self,
        mut request: Request<Body>,
        heard: &[u8],
        (peer, local): (SocketAddr, SocketAddr),
        presence: Option<&Presence>,
    ) -> Answer {
        let Context {
            rooms, upstreams, ..
        } = &*self.context;
        let came = std::mem::take(request.uri_mut());
        let mut target = normalize::normalized(came.clone());
        let whole_port = upstreams.find(None);
        let own = own_target(&target);
        let is_own = own.is_some();
        target = own.unwrap_or(target);
        request.uri_mut().clone_from(&target);
        let (in_room, path) = match RoomPath::of(target.path()) {
            Some(Ok(RoomPath { name, path })) => (Some(name), path),
            Some(Err(_)) => match RoomPath::open(target.path()) {
                Some(room) if upstreams.find(Some(room.name)).is_some() => {
                    (Some(room.name), room.path)
                }
                _ => (None, target.path()),
            },
            None => (None, target.path()),
        };
        // Looked for and not made: who is refused makes no room.
        let room = in_room.and_then(|name| rooms.find(name));
        let found = match in_room {
            Some(name) => lookup_in(room.as_deref().unwrap_or(rooms.default()), path)
                .or_upstream(upstreams.find(Some(name))),
            None if whole_port.is_some() && !is_own && !path.starts_with("/@") => {
                lookup_in(rooms.default(), path).or_upstream(whole_port)
            }
            None => lookup(rooms.default(), &self.context.mounts, path),
        };
        let raw = came.path_and_query().map_or("/", |target| target.as_str());
        let raw = match in_room {
            Some(_) => RoomPath::behind(raw),
            None => raw,
        };
        let area = found.area(request.method());
        let ends = Ends {
            peer: peer.ip(),
            local: local.ip(),
            port: local.port(),
        };
        // The room that has the row of a refusal: the one that was asked for need not be there.
        let seen = match (&room, in_room) {
            (Some(room), _) => (&**room, path),
            (None, _) => (&**rooms.default(), target.path()),
        };
        let visitor_of = |class, (room, path)| Visitor {
            peer,
            class,
            heard,
            room,
            path,
        };
        let (mut answer, admission) = match self.context.guard.admit(&request, area, ends) {
            Err(refusal) => {
                let visitor = visitor_of(Class::Foreign, seen);
                (refuse(&request, area, visitor, refusal).into(), None)
            }
            Ok(admission) => {
                let is_stream = found.is_stream() && !guard::is_preflight(&request);
                // It came through a proxy, which was this server: that says more than that a room
                // answers nobody who comes through one.
                let is_loop = matches!(found, Lookup::Upstream(_))
                    && self.context.upstreams.have_seen(request.headers());
                let denied = || {
                    let visitor = visitor_of(admission.class, seen);
                    permit::refusal(&self.context, &request, &found, visitor)
                };
                let entered = match unanswerable(&request).or_else(denied) {
                    Some(refusal) => Err(Box::new(refusal)),
                    None if is_loop => Ok(rooms.seen(in_room)),
                    None => {
                        // Where nothing is broken on purpose, a fault is a word of the upstream.
                        let is_ours = self.context.breaks || !matches!(found, Lookup::Upstream(_));
                        let meant = (in_room, is_stream, is_ours);
                        self.enter(meant, &request, admission.class, ends)
                    }
                };
                let answer = match entered {
                    Err(refusal) => (*refusal).into(),
                    Ok(room) => {
                        let visitor = visitor_of(admission.class, (&*room, path));
                        let way = Way {
                            target: raw,
                            is_own,
                            local,
                            presence,
                        };
                        self.admitted(request, found, visitor, way).await
                    }
                };
                (answer, Some(admission))
            }
        };
        let headers = answer.response.headers_mut();
        response_head::mark(headers, area);
        // At the end, since it names all that there are.
        if let Some(admission) = admission.filter(|_| answer.shared) {
            share(headers, &admission);
        }
        answer
    }

    /// The room that a request reaches, which begins with it.
    ///
    /// # Errors
    /// The answer to who may have none.
    fn enter<B>(
        &self,
        (in_room, is_stream, is_ours): (Option<&str>, bool, bool),
        request: &Request<B>,
        class: Class,
        ends: Ends,
    ) -> Result<Arc<Room>, Box<Response<Body>>> {
        let Context {
            guard,
            rooms,
            breaks,
            ..
        } = &*self.context;
        let params = Params::of(request.uri().query());
        let what = match in_room {
            Some(_) => "A room",
            None if is_stream && is_ours && params.are_given("fault") => "A fault in the query",
            None => return Ok(Arc::clone(rooms.default())),
        };
        if !breaks {
            return Err(Box::new(no_break(request.uri().path())));
        }
        guard
            .admit_to_break(what, request, class, ends)
            .map_err(|refusal| Box::new(say(refusal.status, &refusal.sentence)))?;
        match in_room {
            None => Ok(Arc::clone(rooms.default())),
            // Only a stream or a topic begins a room.
            Some(name) if !is_stream => Ok(rooms.seen(Some(name))),
            Some(name) => rooms
                .enter(name)
                .map_err(|full| Box::new(too_many(request.uri().path(), &full))),
        }
    }

    /// Answers a request that the guard let through.
    async fn admitted(
        &self,
        request: Request<Body>,
        found: Lookup<'_>,
        visitor: Visitor<'_>,
        way: Way<'_>,
    ) -> Answer {
        let is_preflight = guard::is_preflight(&request);
        match found {
            Lookup::Stream(_) | Lookup::Topic(_) | Lookup::Upstream(_) | Lookup::Mount(_)
                if is_preflight =>
            {
                let own = matches!(found, Lookup::Topic(_)) && visitor.class == Class::Own;
                let mut answer = match found {
                    Lookup::Upstream(_) => any_method(request.headers()),
                    _ => preflight(request.headers(), own),
                };
                if let Lookup::Mount(mount) = found {
                    // Its handler is told of each, so a browser is to ask each time.
                    forget_preflight(answer.headers_mut());
                    let told = way.told();
                    mounted::tell_preflight(&self.context, mount, &request, told);
                }
                let brings = !matches!(found, Lookup::Mount(_));
                Door::of_preflight(&self.context, &request, visitor, brings)
                    .answer_preflight(visitor.room, answer)
            }
            Lookup::Nothing if is_preflight => preflight(request.headers(), false).into(),
            Lookup::Stream(one) => stream(&self.context, one, visitor, request).await,
            Lookup::Topic(name) => topic(&self.context, name, visitor, request).await,
            Lookup::Upstream(upstream) => {
                let handed = Handed {
                    upstream,
                    target: way.target,
                    local: way.local,
                    presence: way.presence,
                };
                proxied::pass(&self.context, handed, visitor, request).await
            }
            Lookup::Mount(mount) => {
                mounted::answer(&self.context, mount, request, (visitor, way.told())).await
            }
            Lookup::Nothing => nothing(&request, visitor).into(),
            Lookup::Api | Lookup::Page | Lookup::Health | Lookup::Metrics => {
                let Ok(response) = self.router.clone().oneshot(request).await;
                response.into()
            }
        }
    }

    /// Enters a request whose head could not be read, as far as it says who asks for what.
    pub(crate) fn refuse_unread(
        &self,
        head: &[u8],
        peer: SocketAddr,
        status: StatusCode,
        why: Why,
    ) {
        let client = unread_client(head, peer);
        mounted::tell_unread(&self.context, &client.asked.stream, status);
        let ending = why;
        let connections = &self.context.connections;
        let received = Received::unread(head);
        connections.refuse((client, received), status.as_u16(), None, ending);
    }
}

/// What is handed on besides a request itself.
#[derive(Clone, Copy)]
struct Way<'a> {
    /// Its path and query as they came, without the room.
    target: &'a str,
    /// Whether it stands below `/@/`.
    is_own: bool,
    /// The address that it came to.
    local: SocketAddr,
    presence: Option<&'a Presence>,
}

impl Way<'_> {
    /// The same, for who answers a mount.
    fn told(&self) -> Told {
        Told {
            before: if self.is_own { OWN } else { "" },
            local: self.local,
            at: clock::now(),
        }
    }
}

/// A target below `/@/`, without that: the page and the API of this server are there too, and where
/// the whole port is handed on, only there.
fn own_target(target: &Uri) -> Option<Uri> {
    let whole = target.path_and_query()?.as_str().strip_prefix(OWN)?;
    let mut parts = target.clone().into_parts();
    parts.path_and_query = Some(whole.starts_with('/').then(|| whole.parse().ok())??);
    Uri::from_parts(parts).ok()
}

/// Says that there is nothing. Who seems to have looked for a stream is shown in the table: a page
/// cannot tell its person why an EventSource failed.
fn nothing<B>(request: &Request<B>, visitor: Visitor<'_>) -> Response<Body> {
    // What a browser fetches for itself, such as an icon or a page, is no stream's client.
    let is_fetch = request.headers().get("sec-fetch-dest");
    if is_fetch.is_none_or(|dest| dest == "empty") {
        let words = ClientQuery::only_tag(request.uri().query());
        let client = client(request, visitor, &words);
        visitor.room.connections.refuse(
            (client, Received::head(request, visitor.heard)),
            StatusCode::NOT_FOUND.as_u16(),
            None,
            Why::NothingThere,
        );
    }
    not_found(visitor.room, request.uri().path())
}

/// A stream that was refused for its origin is shown in the table, where the person can allow it.
fn refuse<B>(
    request: &Request<B>,
    area: Area,
    visitor: Visitor<'_>,
    refusal: Refusal,
) -> Response<Body> {
    if matches!(area, Area::Stream | Area::Nothing) && refusal.origin.is_some() {
        let words = ClientQuery::only_tag(request.uri().query());
        let client = client(request, visitor, &words);
        visitor.room.connections.refuse(
            (client, Received::head(request, visitor.heard)),
            refusal.status.as_u16(),
            refusal.origin.filter(|origin| origin.len() <= SHOWN_ORIGIN),
            Why::OriginNotAllowed,
        );
    }
    tell(request.uri().path(), refusal.status, &refusal.sentence)
}

/// The refusal of a request that cannot be answered whatever it asks for.
fn unanswerable<B>(request: &Request<B>) -> Option<Response<Body>> {
    if !request.uri().path().starts_with('/') {
        // CONNECT, `OPTIONS *`, or a target without a path (RFC 9112 3.2).
        let sentence = "This server is no proxy: request a path such as /numbers.";
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

/// Answers a request for a stream.
async fn stream(
    context: &Context,
    stream: Arc<Stream>,
    visitor: Visitor<'_>,
    request: Request<Body>,
) -> Answer {
    match *request.method() {
        Method::GET | Method::HEAD | Method::POST => {
            streams::open(context, stream, visitor, request).await
        }
        _ => other(&request, false).into(),
    }
}

/// Answers a request for a topic.
async fn topic(
    context: &Context,
    name: &str,
    visitor: Visitor<'_>,
    request: Request<Body>,
) -> Answer {
    match *request.method() {
        Method::GET | Method::HEAD => topics::subscribe(context, name, visitor, request).await,
        Method::POST => {
            let published = topics::publish(context, visitor.room, name, request).await;
            context.measures.answered(published.status().as_u16());
            published.into()
        }
        Method::DELETE => topics::end(context, visitor.room, name).await.into(),
        _ => other(&request, true).into(),
    }
}

/// OPTIONS that is not a preflight (RFC 9110 9.3.7), or a method that a stream does not have, or a
/// topic where it is one.
fn other(request: &Request<Body>, is_topic: bool) -> Response<Body> {
    let (method, path) = (request.method(), request.uri().path());
    let (allow, advice) = match is_topic {
        true => ("GET, HEAD, POST, DELETE, OPTIONS", "GET, POST or DELETE"),
        false => ("GET, HEAD, POST, OPTIONS", "GET or POST"),
    };
    let mut response = if method == Method::OPTIONS {
        StatusCode::NO_CONTENT.into_response()
    } else {
        say(
            StatusCode::METHOD_NOT_ALLOWED,
            &format!("{path} does not answer {method}: use {advice}."),
        )
    };
    response
        .headers_mut()
        .insert(header::ALLOW, HeaderValue::from_static(allow));
    response
}
