//! A request for a stream. Checks what the request changes and whether any events are left for the
//! client, and makes the pump that answers.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use sse_engine::handoff::handoff;
use sse_engine::pump::Pump;
use sse_engine::stream::{Request as Requested, Stream, Variant};
use sse_wire::Framing;

use super::answer::{Answer, say};
use super::body;
use super::context::Context;
use super::door::{self, Door};
use super::params::{BadQuery, Params};
use super::response_head::{self, Headers, Unsized};
use super::room::Room;
use super::stream_query;
use super::visitor::{StreamRequest, Visitor};
use crate::clock;
use crate::config::WhenFull;
use crate::connections::{self, Arrived, Client, Numbering, Received, Resume, Why};
use crate::drain::Stage;
use crate::events_file::{self, Beginning, EventsFile};

/// What a client is told that comes while the server ends its streams.
const DRAINING: &str = "This server is about to stop and takes no new streams: connect again, to another server where there are several.";

/// What the task of a file of events has given and the socket has not taken, in bytes.
const HELD: usize = 64 * 1024;

/// GET, HEAD and POST on a stream.
pub(super) async fn open(
    context: &Context,
    stream: Arc<Stream>,
    visitor: Visitor<'_>,
    request: Request<Body>,
) -> Answer {
    let asked = match StreamRequest::read(
        &request,
        |params| {
            let fits = stream_query::overrides(params)?.fits(&stream);
            fits.map_err(|e| BadQuery::new(e.to_string()))
        },
        visitor,
    ) {
        Ok(asked) => asked,
        Err(refusal) => return (*refusal).into(),
    };
    let head_only = request.method() == Method::HEAD;
    let (head, body) = request.into_parts();
    let (stream, requested, body) = match stream.asks() {
        false => match body::drain(body, &context.limits, &context.bodies).await {
            Ok(body) => (stream, None, body),
            Err(refusal) => return refusal.into(),
        },
        true => match body::read(body, &context.limits, &context.bodies).await {
            Ok(whole) => {
                let params = Params::of(head.uri.query());
                let (method, path) = (head.method.as_str(), visitor.path);
                let request = Requested::new(method, path, params.pairs(), whole.bytes());
                (stream.chosen(&request), Some(request), whole.into_kept())
            }
            Err(refusal) => return refusal.into(),
        },
    };
    let received = asked.received.with(body);

    let mut door = Door::of(context, &asked.client, asked.faults);
    let client = asked.client;
    let mut variant = asked.query.apply(&stream);
    if let Some(request) = requested {
        variant.request = request;
    }
    let last_event_id = asked.last_event_id.as_deref();
    let had = last_event_id.and_then(|id| variant.number_of(id));
    let is_replay = stream.playback().is_some();
    if is_replay {
        variant.passed = context.faults.passed(&door::asker(&client), had);
    }
    door.add_own(context, &client, variant.faults_at_door(last_event_id));
    let turn = door.turn(context).await;
    if let Some(instead) = door.instead(|who| visitor.room.connections.open_of(who).len() as u64) {
        drop(turn);
        return instead
            .answer(context, visitor.room, (client, received))
            .await;
    }
    if stream.events_file.is_some() {
        drop(turn);
        let at = (visitor.room, door);
        let arrived = (client, received);
        return from_file(context, at, arrived, variant, last_event_id).await;
    }
    let shift = door.shift(last_event_id.is_some_and(|id| !id.is_empty()));
    // Whoever only looks was given nothing.
    if is_replay && !head_only {
        let passes = variant.is_passed_by(had);
        let passed = if passes { variant.passed + 1 } else { 0 };
        context.faults.pass(&door::asker(&client), had, passed);
    }
    let connections = &visitor.room.connections;
    let numbers = || Numbering::Stream(Arc::clone(&stream));
    let resume = |next| Resume {
        numbers: numbers(),
        next,
        had,
        first: None,
    };
    let pump = match Pump::shifted(variant, context.keep_alive, last_event_id, shift) {
        Ok(pump) => door.with_own(context, &client, pump.with_blank(context.keep_alive_blank)),
        Err(next) => {
            if !head_only {
                let arrived = (client, received);
                connections.complete(arrived, &resume(next));
            }
            door.note_struck(visitor.room);
            // The polite way to tell an EventSource not to come back (HTML 9.2.1).
            return (StatusCode::NO_CONTENT, Body::new(Unsized))
                .into_response()
                .into();
        }
    };
    let bodiless = pump.replayed_head().filter(|head| head.has_no_body());
    if head_only || bodiless.is_some() {
        let head = door.head(pump.replayed_head(), &stream.headers);
        door.note_struck(visitor.room);
        if !head_only {
            let status = head.response.status().as_u16();
            let resume = resume(pump.next_number());
            connections.answer_as_recorded((client, received), status, &resume);
        }
        return match bodiless {
            Some(_) => bodiless_answer(head),
            None => head,
        };
    }
    let client = Client {
        numbers: numbers(),
        ..client
    };
    let resume = resume(pump.next_number()).moved_by(shift);
    let arrived = (client, received);
    let at = (visitor.room, door);
    begin(context, at, arrived, &resume, pump, &stream.headers)
}

/// The answer of a stream whose events are in a file.
async fn from_file(
    context: &Context,
    (room, mut door): (&Room, Door),
    arrived: (Client, Received),
    variant: Variant,
    last_event_id: Option<&str>,
) -> Answer {
    let name = variant.stream.events_file.clone().unwrap_or_default();
    let (folder, places) = room.streams().events_files();
    let id = last_event_id.filter(|id| !id.is_empty()).map(str::to_owned);
    let had = id.as_deref().and_then(|id| variant.number_of(id));
    let next = had.map_or(variant.from, |had| had + 1);
    let from = variant.stream.from;
    let comes_back = id.is_some();
    let beginning = Beginning {
        first: variant.from.saturating_sub(from),
        id,
        had: had.map(|had| (had + 1).saturating_sub(from)),
        shift: door.shift(comes_back),
    };
    let opened = tokio::task::spawn_blocking(move || {
        let folder = folder.ok_or_else(|| {
            format!("The events of {name} cannot be read: this list of streams is in no folder.")
        })?;
        EventsFile::open(&folder, &name, places, &beginning)
    });
    let file = match opened
        .await
        .map_err(|e| e.to_string())
        .and_then(|file| file)
    {
        Ok(file) => file,
        Err(sentence) => {
            door.note_struck(room);
            let status = StatusCode::INTERNAL_SERVER_ERROR;
            room.connections
                .refuse(arrived, status.as_u16(), None, Why::EventsFile);
            return say(status, &sentence).into();
        }
    };
    let resume = Resume {
        numbers: Numbering::None,
        next,
        had: None,
        first: None,
    };
    let end = variant
        .from
        .saturating_add(variant.count.unwrap_or(u64::MAX));
    if comes_back && (file.is_over() || from + file.sent() >= end) {
        room.connections.complete(arrived, &resume);
        door.note_struck(room);
        let nothing = (StatusCode::NO_CONTENT, Body::new(Unsized));
        return nothing.into_response().into();
    }
    if &*arrived.0.asked.method == "HEAD" {
        let head = door.head(None, &variant.stream.headers);
        door.note_struck(room);
        return head;
    }
    let (giver, taker) = handoff(HELD);
    let stream = Arc::clone(&variant.stream);
    let keep_alive = (context.keep_alive, context.keep_alive_blank);
    tokio::spawn(events_file::hand_over(file, variant, keep_alive, giver));
    let pump = Pump::piped(taker);
    begin(
        context,
        (room, door),
        arrived,
        &resume,
        pump,
        &stream.headers,
    )
}

/// The answer with a status that no body follows: it has no length either.
pub(super) fn bodiless_answer(mut answer: Answer) -> Answer {
    *answer.response.body_mut() = Body::empty();
    answer
}

/// The answer that a stream begins with, if there is room for it.
pub(super) fn begin(
    context: &Context,
    (room, mut door): (&Room, Door),
    arrived: (Client, Received),
    resume: &Resume,
    pump: Pump,
    headers: &Headers,
) -> Answer {
    let head = door.head(pump.replayed_head(), headers);
    begin_with(context, (room, door), arrived, resume, (head, pump))
}

/// The same with the head that it begins with.
pub(super) fn begin_with(
    context: &Context,
    (room, door): (&Room, Door),
    arrived: (Client, Received),
    resume: &Resume,
    (head, pump): (Answer, Pump),
) -> Answer {
    let arrived = framed(arrived, &head.response);
    if context.draining.stage() == Stage::Ending {
        door.note_struck(room);
        let why = (Why::Draining, DRAINING);
        return turn_away(context, room, arrived.into(), resume, why);
    }
    let status = head.response.status().as_u16();
    match room.connections.open(arrived, resume, status) {
        Ok(open) => {
            let (faults, struck) = door.into_parts();
            for fault in &struck {
                open.struck(fault);
            }
            let pump = pump.broken_by(faults, clock::now().instant);
            Answer {
                begins: Some((pump, open)),
                ..head
            }
        }
        Err(full) => {
            door.note_struck(room);
            let sentence = format!(
                "{} streams are open, which is the limit: close one and try again.",
                context.limits.streams
            );
            let Arrived { client, received } = full.0;
            let why = (Why::TooManyStreams, &*sentence);
            turn_away(context, room, Arrived { client, received }, resume, why)
        }
    }
}

/// The answer to a client that gets no stream just now, though nothing is wrong with its request.
/// Where it is an EventSource, which 503 would end for good, it may be told to come back.
fn turn_away(
    context: &Context,
    room: &Room,
    Arrived { client, received }: Arrived,
    resume: &Resume,
    (why, sentence): (Why, &str),
) -> Answer {
    let is_event_source =
        &*client.asked.method == "GET" && received.as_ref().is_some_and(Received::accepts_events);
    let client = Client {
        numbers: Numbering::None,
        ..client
    };
    let arrived = Arrived { client, received };
    if context.operate.when_full == WhenFull::Retry && is_event_source {
        let retry = u64::from(context.operate.draw_retry());
        room.connections.send_away(arrived, why, retry, resume);
        let mut response = response_head::response(&[]);
        *response.body_mut() = Body::from(format!("retry: {retry}\n\n"));
        return response.into();
    }
    let status = StatusCode::SERVICE_UNAVAILABLE;
    room.connections
        .no_room(arrived, why, status.as_u16(), resume);
    let mut response = say(status, sentence);
    response
        .headers_mut()
        .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response.into()
}

/// The same, with the framing that its head says: bytes are bare behind a length.
fn framed((client, received): (Client, Received), head: &Response<Body>) -> (Client, Received) {
    if !head.headers().contains_key(header::CONTENT_LENGTH) {
        return (client, received);
    }
    let asked = Arc::new(connections::Request {
        framing: Framing::Bare,
        ..(*client.asked).clone()
    });
    (Client { asked, ..client }, received)
}
