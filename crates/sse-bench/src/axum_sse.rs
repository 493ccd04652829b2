//! The server that an axum user would write: axum's `Sse`, a broadcast channel, and a timer for
//! each client.
//!
//! Nothing is tuned. It follows the examples of axum and tokio.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Context;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use tokio::sync::broadcast;
use tokio::time::{Instant, MissedTickBehavior};
use tokio_stream::wrappers::{BroadcastStream, IntervalStream};
use tokio_stream::{Stream, StreamExt};

/// How many events a subscriber may lag behind.
const LAG: usize = 1024;

/// Runs until it is killed.
///
/// # Errors
/// It cannot listen on the port.
#[tokio::main]
pub(crate) async fn run(port: u16) -> anyhow::Result<()> {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", port)).await;
    let listener = listener.with_context(|| format!("axum cannot listen on port {port}"))?;
    axum::serve(listener, app())
        .await
        .context("axum stopped serving")
}

fn app() -> Router {
    Router::new()
        .route("/topics/bench", get(subscribe).post(publish))
        .route("/endless", get(endless))
        .route("/numbers", get(numbers))
        .with_state(Topic {
            live: broadcast::channel(LAG).0,
            kept: Arc::default(),
        })
}

#[derive(Clone)]
struct Topic {
    live: broadcast::Sender<Message>,
    /// The last message, for those who subscribe later.
    kept: Arc<Mutex<Option<Message>>>,
}

#[derive(Clone)]
struct Message {
    id: u64,
    data: Arc<str>,
}

impl From<Message> for Event {
    fn from(message: Message) -> Self {
        Event::default()
            .id(message.id.to_string())
            .data(message.data)
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Place {
    last_event_id: Option<String>,
}

async fn subscribe(
    State(topic): State<Topic>,
    Query(place): Query<Place>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let live = BroadcastStream::new(topic.live.subscribe());
    let kept = topic
        .kept
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone();
    let kept = kept.filter(|_| place.last_event_id.is_some());
    // A subscriber that lags too far misses messages.
    let messages = tokio_stream::iter(kept).chain(live.filter_map(Result::ok));
    Sse::new(messages.map(|message| Ok(message.into()))).keep_alive(KeepAlive::default())
}

async fn publish(State(topic): State<Topic>, data: String) -> Json<serde_json::Value> {
    let message = {
        let mut kept = topic.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let id = kept.as_ref().map_or(1, |message| message.id + 1);
        let message = Message {
            id,
            data: data.into(),
        };
        *kept = Some(message.clone());
        message
    };
    let id = message.id;
    // A topic without subscribers is no error.
    let subscribers = topic.live.send(message).unwrap_or(0);
    Json(serde_json::json!({ "id": id.to_string(), "events": 1, "subscribers": subscribers }))
}

#[derive(Deserialize)]
struct Pace {
    every: Option<String>,
    count: Option<u64>,
}

impl Pace {
    fn every(&self) -> Duration {
        let text = self.every.as_deref().unwrap_or("500ms");
        humantime::parse_duration(text).unwrap_or(Duration::from_millis(500))
    }
}

fn number(n: u64) -> Result<Event, Infallible> {
    Ok(Event::default().id(n.to_string()).data(n.to_string()))
}

type Numbers = std::pin::Pin<Box<dyn Stream<Item = Result<Event, Infallible>> + Send>>;

async fn endless(Query(pace): Query<Pace>) -> impl IntoResponse {
    let every = pace.every();
    let numbers: Numbers = if every.is_zero() {
        Box::pin(tokio_stream::iter(1..).map(number))
    } else {
        let mut interval = tokio::time::interval_at(Instant::now(), every);
        interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut n = 0;
        Box::pin(IntervalStream::new(interval).map(move |_| {
            n += 1;
            number(n)
        }))
    };
    Sse::new(numbers).keep_alive(KeepAlive::default())
}

async fn numbers(Query(pace): Query<Pace>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    Sse::new(tokio_stream::iter(1..=pace.count.unwrap_or(5)).map(number))
}
