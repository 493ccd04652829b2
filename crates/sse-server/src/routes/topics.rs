//! A topic: GET subscribes to it, POST publishes to it, DELETE ends it.

use std::ops::Range;
use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::http::{HeaderValue, Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use sse_engine::Error as Engine;
use sse_engine::pump::Pump;
use sse_engine::topics;

use super::answer::{Answer, say};
use super::body;
use super::context::Context;
use super::door::Door;
use super::publish::{Fields, Kind};
use super::room::Room;
use super::visitor::{StreamRequest, Visitor};
use super::{streams, topic_query};
use crate::clock;
use crate::connections::{Client, Numbering, Resume, Why};
use crate::error::Error;

/// GET and HEAD.
pub(super) async fn subscribe(
    context: &Context,
    name: &str,
    visitor: Visitor<'_>,
    request: Request<Body>,
) -> Answer {
    let room = visitor.room;
    let asked = match StreamRequest::read(&request, topic_query::form, visitor) {
        Ok(asked) => asked,
        Err(refusal) => return (*refusal).into(),
    };
    let head_only = *request.method() == Method::HEAD;
    if head_only && !topics::is_name(name) {
        return refuse(&Error::Engine(Engine::BadTopic)).into();
    }
    let body = match body::drain(request.into_body(), &context.limits, &context.bodies).await {
        Ok(body) => body,
        Err(refusal) => return refusal.into(),
    };
    let received = asked.received.with(body);
    let mut door = Door::of(context, &asked.client, asked.faults);
    let turn = door.turn(context).await;
    if let Some(instead) = door.instead(|who| room.connections.open_of(who).len() as u64) {
        drop(turn);
        return instead
            .answer(context, room, (asked.client, received))
            .await;
    }
    if head_only {
        // It tells nobody, so it begins no topic.
        let head = door.head(None, &[]);
        door.note_struck(room);
        return head;
    }
    let last_event_id = asked.last_event_id.as_deref();
    let shift = door.shift(last_event_id.is_some_and(|id| !id.is_empty()));
    match room.subscribe(name, last_event_id, shift) {
        Ok(subscription) => {
            let retry = context.operate.draw_retry();
            let subscription = subscription.in_form(asked.query).retrying_after(retry);
            let client = Client {
                numbers: Numbering::Topic(Arc::clone(subscription.topic()), retry),
                ..asked.client
            };
            let topic = subscription.topic();
            let resume = Resume {
                numbers: client.numbers.clone(),
                next: subscription.next(),
                had: asked.last_event_id.and_then(|id| topic.find(&id)),
                first: None,
            };
            let resume = resume.moved_by(shift);
            let pump = Pump::subscribed(subscription, context.keep_alive)
                .with_blank(room.topics.keep_alive_blank());
            streams::begin(
                context,
                (room, door),
                (client, received),
                &resume,
                pump,
                &[],
            )
        }
        Err(error) => {
            let why = match error {
                Engine::TooManyTopics(_)
                | Engine::TooManyTopicsInRooms(_)
                | Engine::TooManyFollowed(_) => Why::TooManyTopics,
                _ => Why::BadName,
            };
            let refusal = refuse(&error.into());
            let (arrived, status) = ((asked.client, received), refusal.status().as_u16());
            room.connections.refuse(arrived, status, None, why);
            refusal.into()
        }
    }
}

/// POST.
pub(super) async fn publish(
    context: &Context,
    room: &Room,
    name: &str,
    request: Request<Body>,
) -> Response<Body> {
    let kind = Kind::of(request.headers());
    let fields = Fields::parse(request.uri().query());
    // The body is read even where the query is refused: the connection can then be used again.
    let mut body = match body::read(request.into_body(), &context.limits, &context.bodies).await {
        Ok(body) => body,
        Err(refusal) => return refusal,
    };
    // Where each line is: for lines of a byte that is more than the lines themselves.
    if matches!(kind, Ok(Kind::Lines)) && !body.take_more(body.lines() * size_of::<Range<usize>>())
    {
        return body::no_room(&context.limits);
    }
    let read = kind.and_then(|kind| fields?.batch(body.take(), kind));
    let batch = match read {
        Ok(batch) => batch,
        Err(error) => return refuse(&error),
    };
    let began = clock::now().instant;
    let published = room.publish(name, batch, stopped(context)).await;
    let took = clock::now().instant.saturating_duration_since(began);
    context.measures.publishing.observe(took);
    match published {
        Ok(published) => {
            context.measures.published(published.events);
            ([(header::CACHE_CONTROL, "no-store")], Json(published)).into_response()
        }
        Err(error) => refuse(&error),
    }
}

/// DELETE.
pub(super) async fn end(context: &Context, room: &Room, name: &str) -> Response<Body> {
    let ended = match room.end(name, stopped(context)).await {
        Ok(ended) => ended,
        Err(error) => return refuse(&error),
    };
    match ended {
        true => StatusCode::NO_CONTENT.into_response(),
        false => say(
            StatusCode::NOT_FOUND,
            "There is no topic with this name: GET /api/state lists all topics.",
        ),
    }
}

/// Returns when the server stops: an answer that comes later than that comes too late.
async fn stopped(context: &Context) {
    let mut status = context.status.clone();
    // It fails with the server.
    _ = status.wait_for(|status| status.phase.is_over()).await;
}

fn refuse(error: &Error) -> Response<Body> {
    let status = match error {
        Error::Engine(
            Engine::TooManyTopics(_)
            | Engine::TooManyTopicsInRooms(_)
            | Engine::TooManyFollowed(_)
            | Engine::TooManyBytes(_)
            | Engine::EngineAway(_)
            | Engine::TooManyWaiting(_)
            | Engine::Stopping
            | Engine::EngineFull
            | Engine::TopicsFull(_)
            | Engine::TopicBlocked(_)
            | Engine::MaybePublished(_)
            | Engine::MaybeEnded
            | Engine::PartlyPublished { .. },
        ) => StatusCode::SERVICE_UNAVAILABLE,
        Error::Engine(Engine::IdTaken(_)) => StatusCode::CONFLICT,
        Error::BodyCoding(_) | Error::BodyCharset(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        _ => StatusCode::BAD_REQUEST,
    };
    let mut response = say(status, &error.to_string());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response
            .headers_mut()
            .insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}
