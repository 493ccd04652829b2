//! A request that a room hands on to its upstream, and its answer.
//!
//! A stream of events goes through the pump and the transport as each of our own: it has a row, a
//! tap, faults and verdicts. Any other answer goes on through hyper as it comes. Neither is
//! buffered, and the upstream waits for a client that is slow.
//!
//! | module | what it is for |
//! |---|---|
//! | `bodies` | what is read of the bodies of both sides on the way |

mod bodies;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, header, response};
use sse_client::{End, PassTimes, Passed, PassedBody, Url};
use sse_engine::handoff::{Giver, HandoffEnd, handoff};
use sse_engine::pump::{Pump, SentIds};
use sse_engine::time::Now;

use super::answer::{Answer, last_words};
use super::client_query::ClientQuery;
use super::context::Context;
use super::door::Door;
use super::fault_query;
use super::params::Params;
use super::streams;
use super::visitor::{self, Visitor};
use crate::clock;
use crate::connections::{Client, Leg, LegView, Numbering, Received, Resume, Why};
use crate::recordings::Heads;
use crate::transport::Presence;
use crate::upstream::{self, Failure, Upstream};
use bodies::{Kept, Watched};

/// What an upstream may send before its client has taken it, in bytes. As much waits in the sockets
/// on both sides.
const HELD: usize = 64 * 1024;

/// The status of a client that left before there was an answer, which nobody reads: as nginx has
/// it.
const CLIENT_LEFT: u16 = 499;

/// Where a client goes on of whose events nothing is known.
const NOWHERE: Resume = Resume {
    numbers: Numbering::None,
    next: 0,
    had: None,
    first: None,
};

/// A request that is to be handed on.
pub(super) struct Handed<'a> {
    pub(super) upstream: Arc<Upstream>,
    /// Its path and query as they came, without the room.
    pub(super) target: &'a str,
    /// The address that it came to.
    pub(super) local: SocketAddr,
    /// Tells whether its client is still there, where that can be known.
    pub(super) presence: Option<&'a Presence>,
}

/// Hands a request on, and answers with what comes back.
pub(super) async fn pass(
    context: &Context,
    handed: Handed<'_>,
    visitor: Visitor<'_>,
    mut request: Request<Body>,
) -> Answer {
    let words = ClientQuery::only_tag(request.uri().query());
    let client = visitor::client(&request, visitor, &words);
    let received = Received::head(&request, visitor.heard);
    context.keyring.leave_out(request.headers_mut());
    let refuse = |status: StatusCode, why, sentence: &str| -> Answer {
        let arrived = (client.clone(), received.clone());
        let connections = &visitor.room.connections;
        connections.refuse(arrived, status.as_u16(), None, why);
        // Its body was not read.
        last_words(status, sentence).into()
    };
    if handed.upstream.is(handed.local) || context.upstreams.have_seen(request.headers()) {
        return refuse(StatusCode::LOOP_DETECTED, Why::ProxyLoop, LOOP);
    }
    if upstream::wants_upgrade(request.headers()) {
        return refuse(StatusCode::NOT_IMPLEMENTED, Why::UpstreamFailed, NO_UPGRADE);
    }
    if has_dots(handed.target) {
        return refuse(StatusCode::BAD_REQUEST, Why::BadQuery, NO_DOTS);
    }
    let faults = match context.breaks {
        true => {
            let params = Params::of(request.uri().query());
            fault_query::faults(&params, &visitor.room.streams().profiles())
        }
        false => Ok(Vec::new()),
    };
    let faults = match faults {
        Ok(faults) => faults,
        Err(bad) => return refuse(StatusCode::BAD_REQUEST, Why::BadQuery, &bad.to_string()),
    };
    let mut door = Door::of(context, &client, faults);
    let turn = door.turn(context).await;
    if let Some(instead) = door.instead(|who| visitor.room.connections.open_of(who).len() as u64) {
        drop(turn);
        return instead
            .answer(context, visitor.room, (client, received))
            .await;
    }
    drop(turn);
    if *request.method() != Method::HEAD && door.is_headless() {
        let presence = handed.presence;
        return unasked(
            context,
            (visitor, client, received),
            door,
            request,
            presence,
        )
        .await;
    }
    let to = match context.breaks {
        true => handed.upstream.target(&without_faults(handed.target)),
        false => handed.upstream.target(handed.target),
    };
    Passage {
        context,
        visitor,
        handed,
        to,
        client,
        received,
        method: request.method().clone(),
        times: PassTimes::default(),
        began: clock::now(),
        sent: HeaderMap::new(),
    }
    .go(door, request)
    .await
}

/// Begins a stream that a fault ends before its head: the upstream is not asked for it.
async fn unasked(
    context: &Context,
    (visitor, client, received): (Visitor<'_>, Client, Received),
    mut door: Door,
    request: Request<Body>,
    presence: Option<&Presence>,
) -> Answer {
    let (body, kept) = Watched::new(request.into_body());
    let mut status = context.status.clone();
    // The socket is taken over, which cannot be done with half a request in it.
    tokio::select! {
        () = body.read_past() => {}
        () = left(presence) => {}
        _ = status.wait_for(|status| status.phase.is_over()) => {}
    }
    let (giver, taker) = handoff(HELD);
    giver.end(HandoffEnd::Failed(UNASKED.to_owned()));
    let head = door.head(None, &[]);
    streams::begin_with(
        context,
        (visitor.room, door),
        (client, received.with(kept.so_far())),
        &NOWHERE,
        (head, Pump::piped(taker)),
    )
}

/// A request on its way.
struct Passage<'a> {
    context: &'a Context,
    visitor: Visitor<'a>,
    handed: Handed<'a>,
    to: Url,
    client: Client,
    received: Received,
    method: Method,
    times: PassTimes,
    /// When it came.
    began: Now,
    /// The fields that the upstream is sent, for a recording.
    sent: HeaderMap,
}

/// What ended the wait for an answer.
enum Waited {
    /// Boxed: an answer is large beside the others.
    Answered(Box<Result<Passed, Failure>>),
    Left,
    Stopped,
}

impl Passage<'_> {
    async fn go(mut self, mut door: Door, request: Request<Body>) -> Answer {
        let (mut head, body) = request.into_parts();
        self.context.upstreams.request_fields(&mut head.headers);
        if self.context.recordings.is_some() {
            self.sent.clone_from(&head.headers);
        }
        let (body, mut kept) = Watched::new(body);
        let mut times = PassTimes::default();
        let waited = {
            let upstream = &self.handed.upstream;
            let mut status = self.context.status.clone();
            let asked = async {
                if let Some((armed, time)) = door.take_wait() {
                    tokio::select! {
                        () = tokio::time::sleep(time) => {}
                        () = self.context.faults.healed(&armed) => {}
                    }
                }
                upstream.pass((head, body), &self.to, &mut times).await
            };
            tokio::select! {
                answered = asked => Waited::Answered(Box::new(answered)),
                () = left(self.handed.presence) => Waited::Left,
                // It fails only when the server is gone.
                _ = status.wait_for(|status| status.phase.is_over()) => Waited::Stopped,
            }
        };
        self.times = times;
        let waited = match waited {
            Waited::Answered(answered) if answered.is_err() && kept.is_broken() => Waited::Left,
            waited => waited,
        };
        match waited {
            Waited::Answered(answered) => match *answered {
                Ok(passed) => self.answered(door, passed, &mut kept).await,
                Err(failure) => {
                    let (status, why) = match &failure {
                        Failure::TooSlow(_) => (StatusCode::GATEWAY_TIMEOUT, Why::UpstreamTooSlow),
                        Failure::Failed(_) => (StatusCode::BAD_GATEWAY, Why::UpstreamFailed),
                    };
                    let sentence = failure.to_string();
                    door.note_struck(self.visitor.room);
                    self.enter(status.as_u16(), why, Some(sentence.clone()), &kept);
                    last_words(status, &sentence).into()
                }
            },
            Waited::Left => {
                self.enter(CLIENT_LEFT, Why::Closed, None, &kept);
                last_words(StatusCode::BAD_GATEWAY, "The client left.").into()
            }
            Waited::Stopped => {
                let status = StatusCode::SERVICE_UNAVAILABLE;
                self.enter(status.as_u16(), Why::Stopped, None, &kept);
                last_words(status, "The server stops: start it and ask again.").into()
            }
        }
    }

    /// The leg to the upstream, as the request of a row shows it.
    fn leg(&self, status: Option<u16>, problem: Option<String>) -> LegView {
        let ms = |time: Duration| u64::try_from(time.as_millis()).unwrap_or(u64::MAX);
        LegView {
            url: format!("{}://{}{}", self.to.scheme.name(), self.to, self.to.path()),
            status,
            connect_ms: self.times.connect.map(ms),
            head_ms: self.times.head.map(ms),
            problem,
        }
    }

    /// The same, as a row keeps it.
    fn leg_of_row(&self, status: Option<u16>) -> Leg {
        let host = self.to.host_header();
        let times = (self.times.connect, self.times.head);
        Leg::new(host.to_str().unwrap_or_default(), status, times, self.began)
    }

    /// Enters a request that got no answer of the upstream.
    fn enter(self, status: u16, why: Why, problem: Option<String>, kept: &Kept) {
        let leg = self.leg(None, problem);
        let row = self.leg_of_row(None);
        let received = self.received.with(kept.so_far()).sent_on(leg, row);
        let connections = &self.visitor.room.connections;
        connections.refuse((self.client, received), status, None, why);
    }

    async fn answered(self, mut door: Door, passed: Passed, kept: &mut Kept) -> Answer {
        let Passed { mut head, body } = passed;
        let is_stream = self.method != Method::HEAD && is_stream(&head);
        let stays = upstream::stays(head.version, &head.headers);
        upstream::answer_fields(&mut head.headers);
        self.relocate(&mut head.headers);
        let leg = self.leg(Some(head.status.as_u16()), None);
        let of_row = self.leg_of_row(Some(head.status.as_u16()));
        let room = self.visitor.room;
        if !is_stream {
            let received = self.received.with(kept.so_far()).sent_on(leg, of_row);
            door.note_struck(room);
            room.connections
                .forwarded((self.client, received), head.status.as_u16());
            let body = bodies::Attended::new(body, self.handed.presence.cloned());
            head.version = axum::http::Version::HTTP_11;
            return Answer {
                flows: true,
                ..Response::from_parts(head, Body::new(body)).into()
            };
        }
        // It is framed anew, and a fault may change how long it is.
        head.headers.remove(header::CONTENT_LENGTH);
        let (giver, taker) = handoff(HELD);
        tokio::spawn(hand_over(body, giver));
        // The socket is taken over, which cannot be done with half a request in it.
        let mut status = self.context.status.clone();
        tokio::select! {
            () = kept.whole() => {}
            // What is dropped here ends it.
            () = left(self.handed.presence) => {}
            _ = status.wait_for(|status| status.phase.is_over()) => {}
        }
        let line = format!("HTTP/1.1 {}", head.status).into_bytes();
        let head = door.pass(head.headers, stays);
        let heads = self.heads(line, head.response.headers(), kept);
        let began = self.began;
        let received = self.received.with(kept.so_far()).sent_on(leg, of_row);
        let ids = Arc::new(SentIds::default());
        let client = Client {
            numbers: Numbering::Forwarded(Arc::clone(&ids)),
            ..self.client
        };
        let arrived = (client, received);
        let mut answer = streams::begin_with(
            self.context,
            (room, door),
            arrived,
            &NOWHERE,
            (head, Pump::piped_with_ids(taker, ids)),
        );
        if let Some((_, open)) = &mut answer.begins
            && let (Some(recordings), Some(heads)) = (&self.context.recordings, heads)
        {
            let recorded = recordings.begin(open.id(), began.instant, heads);
            open.record(recorded);
        }
        answer
    }

    /// What a recording begins with, if there is to be one.
    fn heads(&self, line: Vec<u8>, answer: &HeaderMap, kept: &Kept) -> Option<Heads> {
        self.context.recordings.as_ref()?;
        let body = kept.so_far();
        let mut asked = fields(&self.sent);
        asked.retain(|(name, _)| name != header::HOST.as_str());
        asked.insert(
            0,
            ("host".to_owned(), self.to.host_header().as_bytes().to_vec()),
        );
        let mut answered = fields(answer);
        // That is of the connection, which a recording has no word for.
        answered.retain(|(name, _)| name != header::CONNECTION.as_str());
        let lines = answered.into_iter();
        let lines = lines.map(|(name, value)| [name.as_bytes(), b": ", &value].concat());
        Some(Heads {
            path: self.to.path().to_owned(),
            request: (
                format!("{} {} HTTP/1.1", self.method, self.to.target(&[])),
                asked,
            ),
            body: (body.kept, body.length),
            answer: std::iter::once(line).chain(lines).collect(),
            at: self.began.instant.elapsed(),
            began: self.began.wall,
        })
    }

    /// Has a `Location` that leads to the upstream lead through this server.
    fn relocate(&self, fields: &mut HeaderMap) {
        let prefix = self.visitor.room.name().map(|room| format!("/@{room}"));
        let location = fields.get(header::LOCATION).and_then(|it| it.to_str().ok());
        let relocated = location.and_then(|location| {
            let prefix = prefix.as_deref().unwrap_or_default();
            self.handed.upstream.relocated(&self.to, location, prefix)
        });
        if let Some(Ok(location)) = relocated.map(HeaderValue::try_from) {
            fields.insert(header::LOCATION, location);
        }
    }
}

/// Fields as a recording takes them.
fn fields(fields: &HeaderMap) -> Vec<(String, Vec<u8>)> {
    let fields = fields.iter();
    fields
        .map(|(name, value)| (name.as_str().to_owned(), value.as_bytes().to_vec()))
        .collect()
}

/// Reads the body of a stream while there is room for it, until it ends or nobody wants it.
async fn hand_over(mut body: PassedBody, giver: Giver<bytes::Bytes>) {
    use std::task::Poll;
    let end = std::future::poll_fn(|cx| {
        loop {
            match giver.poll_room(cx) {
                Poll::Ready(Ok(())) => {}
                Poll::Ready(Err(_)) => return Poll::Ready(None),
                Poll::Pending => {
                    // An upstream may answer before it has read the request, and the stream begins
                    // when that is sent whole.
                    body.poll_request(cx);
                    return Poll::Pending;
                }
            }
            // While there is nothing to read, the client's leaving is heard too.
            let Poll::Ready(piece) = body.poll_piece(cx) else {
                return giver.poll_left(cx).map(|()| None);
            };
            let Some(piece) = piece else {
                return Poll::Ready(body.end());
            };
            let weight = piece.len();
            if giver.give(piece, weight).is_err() {
                return Poll::Ready(None);
            }
        }
    })
    .await;
    match end {
        Some(End::InOrder) => giver.end(HandoffEnd::InOrder),
        Some(End::Reset) => giver.end(HandoffEnd::Reset),
        _ => giver.end(HandoffEnd::Cut),
    }
}

/// Resolves when the client has left, where that can be known.
async fn left(presence: Option<&Presence>) {
    match presence {
        Some(presence) => presence.left().await,
        None => std::future::pending().await,
    }
}

/// Whether an answer is a stream of events that can be read.
fn is_stream(head: &response::Parts) -> bool {
    let is = |name, wanted: &str| {
        let value = head
            .headers
            .get(name)
            .and_then(|it: &HeaderValue| it.to_str().ok());
        let essence = value.and_then(|value| value.split(';').next());
        essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case(wanted))
    };
    let is_coded = head.headers.contains_key(header::CONTENT_ENCODING);
    head.status == StatusCode::OK
        && is(header::CONTENT_TYPE, "text/event-stream")
        && (!is_coded || is(header::CONTENT_ENCODING, "identity"))
}

/// Whether a path has a segment that leads upwards, and so out of the upstream's own path.
fn has_dots(target: &str) -> bool {
    let path = target.split('?').next().unwrap_or_default();
    // Some servers take a backslash for a slash, as browsers do.
    path.split(['/', '\\']).any(|segment| {
        let segment = segment.to_ascii_lowercase().replace("%2e", ".");
        segment == "." || segment == ".."
    })
}

/// A path and query without the faults that are for this server.
fn without_faults(target: &str) -> String {
    let Some((path, query)) = target.split_once('?') else {
        return target.to_owned();
    };
    let is_fault = |pair: &&str| {
        let name = pair.split('=').next().unwrap_or_default();
        Params::of(Some(name)).are_given("fault")
    };
    if !query.split('&').any(|pair| is_fault(&pair)) {
        return target.to_owned();
    }
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_fault(pair)).collect();
    match kept.is_empty() {
        true => path.to_owned(),
        false => format!("{path}?{}", kept.join("&")),
    }
}

/// A sentence for a method or protocol that is not handed on.
const NO_UPGRADE: &str =
    "The proxy forwards only HTTP requests, and no WebSocket: send the request without Upgrade.";
/// What a client reads where a fault that keeps its stream from beginning is healed.
const UNASKED: &str =
    "The upstream got no request, because a fault was to break this one: send it again.";
const LOOP: &str =
    "The upstream of this room leads back to this server: set another upstream, or none.";
const NO_DOTS: &str = "The path has a segment `.` or `..`, which could leave the path of the upstream: write the path without it.";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_for_us_and_all_else_is_as_it_is() {
        for (target, sent) in [
            ("/a", "/a"),
            ("/a?", "/a?"),
            ("/a?x=%41&&y", "/a?x=%41&&y"),
            ("/a?fault=cut", "/a"),
            (
                "/a?x=1&fault=cut,after=3&client=b&f%61ult=reset",
                "/a?x=1&client=b",
            ),
            ("/fault=cut?faults=1", "/fault=cut?faults=1"),
        ] {
            assert_eq!(without_faults(target), sent);
        }
    }

    #[test]
    fn no_path_leads_out_of_the_upstreams_own() {
        for bad in [
            "/..",
            "/a/../b",
            "/%2e%2E/x",
            "/.%2e",
            "/./a",
            "/a/.?x",
            "/a\\..\\x",
        ] {
            assert!(has_dots(bad), "{bad}");
        }
        for good in ["/", "/a..b", "/.well-known/x", "/a?x=/../", "/..."] {
            assert!(!has_dots(good), "{good}");
        }
    }
}
