//! A request to a mount, and what its handler answers.
//!
//! A stream that a handler chose goes through door, pump and transport as each of our own: it has
//! a row, a tap, faults and verdicts. It begins with its first event, whoever asks.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Method, Request, Response, StatusCode, header};
use bytes::Bytes;
use sse_engine::fault::{Fault, Often, Shift, Who};
use sse_engine::handoff::{HandoffEnd, handoff};
use sse_engine::pump::Pump;
use sse_engine::stream::{Request as Requested, Variant};
use sse_engine::time::Now;

use super::answer::{Answer, WatchedAnswer, last_words, no_break};
use super::body;
use super::client_query::ClientQuery;
use super::context::Context;
use super::door::Door;
use super::params::Params;
use super::streams;
use super::visitor::{self, Visitor};
use crate::clock;
use crate::connections::{BODY_KEPT, Client, Numbering, ReadBody, Received, Resume, Why};
use crate::drain::Stage;
use crate::mount::{self, Account, Mount, MountArea, MountedAnswer, MountedRequest, MountedStream};

/// What a handler is told besides the request itself.
#[derive(Clone, Copy)]
pub(super) struct Told {
    /// See [`MountedRequest::before`].
    pub(super) before: &'static str,
    /// The address that it came to.
    pub(super) local: SocketAddr,
    /// When it came.
    pub(super) at: Now,
}

/// Tells the handler of a preflight, which is answered as one of a stream.
pub(super) fn tell_preflight(
    context: &Context,
    mount: &Mount,
    request: &Request<Body>,
    told: Told,
) {
    // Where nothing is broken on purpose, nobody is there who could answer what follows.
    if is_off(context, mount) {
        return;
    }
    let (method, headers) = (request.method().clone(), request.headers().clone());
    let about = (method, headers, Bytes::new());
    let asked = asked(context, request.uri(), about, told);
    mount.handler.preflight(&asked);
}

/// Tells the handler of a request that could not be read, if its path is one of a mount.
pub(super) fn tell_unread(context: &Context, path: &str, status: StatusCode) {
    let mount = mount::find(&context.mounts, path);
    if let Some(mount) = mount.filter(|mount| !is_off(context, mount)) {
        mount.handler.unread(path, status, clock::now());
    }
}

/// Has the handler answer a request.
pub(super) async fn answer(
    context: &Context,
    mount: &Mount,
    request: Request<Body>,
    (visitor, told): (Visitor<'_>, Told),
) -> Answer {
    if is_off(context, mount) {
        return no_break(request.uri().path()).into();
    }
    let words = ClientQuery::only_tag(request.uri().query());
    let client = visitor::client(&request, visitor, &words);
    let received = Received::head(&request, visitor.heard);
    let (head, body) = request.into_parts();
    // It counts among the bodies that are in memory until the handler has answered.
    let mut read = match body::read(body, &context.limits, &context.bodies).await {
        Ok(read) => read,
        Err(refusal) => return refusal.into(),
    };
    let body = Bytes::from(read.take());
    let about = (head.method.clone(), head.headers, body.clone());
    let asked = asked(context, &head.uri, about, told);
    let mut status = context.status.clone();
    let answered = tokio::select! {
        // One who answers at once may, within the grace of a stop.
        biased;
        answered = mount.handler.answer(asked) => answered,
        // It fails only when the server is gone.
        _ = status.wait_for(|status| status.phase.is_over()) => {
            let sentence = "The server stops: start it and ask again.";
            return last_words(StatusCode::SERVICE_UNAVAILABLE, sentence).into();
        }
    };
    match answered {
        MountedAnswer::Whole(response) => whole(response).into(),
        MountedAnswer::Watched(response, watcher) => {
            let answer = whole(response).into();
            watched(answer, Some(Account::new(watcher)), Why::Complete)
        }
        MountedAnswer::Stream(MountedStream {
            stream,
            watcher,
            request: seen,
        }) => {
            let params = Params::of(head.uri.query());
            let (method, path) = (head.method.as_str(), visitor.path);
            let variant = match stream.asks() {
                false => Variant::new(stream),
                true => {
                    let own = || Requested::new(method, path, params.pairs(), &body);
                    let request = seen.unwrap_or_else(own);
                    Variant {
                        request: request.clone(),
                        ..Variant::new(stream.chosen(&request))
                    }
                }
            };
            let kept = ReadBody {
                kept: body[..body.len().min(BODY_KEPT)].to_vec(),
                length: body.len() as u64,
            };
            let arrived = (client, received.with(kept));
            let account = watcher.map(Account::new);
            let head_only = head.method == Method::HEAD;
            play(context, visitor, arrived, variant, (account, head_only)).await
        }
    }
}

/// Whether a mount answers nobody, since it breaks streams on purpose.
fn is_off(context: &Context, mount: &Mount) -> bool {
    mount.area == MountArea::Stream && !context.mounts_break
}

/// The request as its handler is given it.
fn asked(
    context: &Context,
    uri: &axum::http::Uri,
    (method, mut headers, body): (Method, HeaderMap, Bytes),
    told: Told,
) -> MountedRequest {
    if context.keyring.is_any() {
        // The handler may show what it was sent, and a token is nobody's to see.
        headers.remove(header::AUTHORIZATION);
        context.keyring.leave_out(&mut headers);
    }
    MountedRequest {
        method,
        path: uri.path().to_owned(),
        before: told.before,
        query: uri.query().map(str::to_owned),
        headers,
        body,
        local: told.local,
        at: told.at,
    }
}

/// A whole answer without what is for the server to say.
fn whole(mut response: Response<Bytes>) -> Response<Body> {
    let headers = response.headers_mut();
    let ours: Vec<_> = headers
        .keys()
        .filter(|name| {
            let name = name.as_str();
            let framing = ["connection", "content-length", "transfer-encoding"];
            framing.contains(&name) || name.starts_with("access-control-")
        })
        .cloned()
        .collect();
    for name in ours {
        headers.remove(name);
    }
    response.map(Body::from)
}

/// Plays a stream that a handler chose.
async fn play(
    context: &Context,
    visitor: Visitor<'_>,
    (client, received): (Client, Received),
    variant: Variant,
    (account, head_only): (Option<Account>, bool),
) -> Answer {
    let stream = Arc::clone(&variant.stream);
    let room = visitor.room;
    let own = stream.faults.iter().map(of_this_request).collect();
    let mut door = Door::of(context, &client, own);
    door.add_own(context, &client, variant.faults_at_door(None));
    let turn = door.turn(context).await;
    if let Some(instead) = door.instead(|who| room.connections.open_of(who).len() as u64) {
        drop(turn);
        let answer = instead.answer(context, room, (client, received)).await;
        return watched(answer, account, Why::Fault);
    }
    let keep_alive = context.keep_alive;
    let pump = match Pump::shifted(variant, keep_alive, None, Shift::None) {
        Ok(pump) => door.with_own(context, &client, pump.with_blank(context.keep_alive_blank)),
        // Even where it has no event, it is a stream.
        Err(_) => {
            let (giver, taker) = handoff(1);
            giver.end(HandoffEnd::InOrder);
            Pump::piped(taker)
        }
    };
    // What the client had before was of another stream: nothing is said of what it lost.
    let resume = Resume {
        numbers: Numbering::None,
        next: pump.next_number(),
        had: None,
        first: None,
    };
    let bodiless = pump.replayed_head().filter(|head| head.has_no_body());
    if head_only || bodiless.is_some() {
        let head = door.head(pump.replayed_head(), &stream.headers);
        door.note_struck(room);
        if head_only {
            return watched(head, account, Why::Complete);
        }
        let status = head.response.status().as_u16();
        room.connections
            .answer_as_recorded((client, received), status, &resume);
        let answer = streams::bodiless_answer(head);
        return watched(answer, account, Why::Recorded);
    }
    let client = Client {
        numbers: Numbering::Stream(Arc::clone(&stream)),
        ..client
    };
    let arrived = (client, received);
    let mut answer = streams::begin(
        context,
        (room, door),
        arrived,
        &resume,
        pump,
        &stream.headers,
    );
    match (&mut answer.begins, account) {
        (Some((_, open)), Some(account)) => {
            open.watch(account);
            answer
        }
        (_, account) => {
            let why = match context.draining.stage() {
                Stage::Ending => Why::Draining,
                Stage::None | Stage::Announced => Why::TooManyStreams,
            };
            watched(answer, account, why)
        }
    }
}

/// The same fault for whoever made this request, which is the only one that it is for.
fn of_this_request(fault: &Fault) -> Fault {
    Fault {
        who: Who::default(),
        often: Often {
            attempts: None,
            ..fault.often
        },
        ..fault.clone()
    }
}

/// The same answer, of which somebody is told, if somebody is to be.
fn watched(answer: Answer, account: Option<Account>, why: Why) -> Answer {
    Answer {
        watched: account.map(|account| Box::new(WatchedAnswer { account, why })),
        ..answer
    }
}
