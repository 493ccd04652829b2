//! The client that requests a stream, and its last event id.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, Request, Response, StatusCode, header};
use sse_engine::fault::Fault;
use sse_engine::text;
use sse_wire::Framing;

use super::answer::say;
use super::client_query::ClientQuery;
use super::fault_query;
use super::params::{BadQuery, Params};
use super::response_head;
use super::room::Room;
use super::user_agent;
use crate::connections::{self, Client, Numbering, Received, Request as Asking, Why};
use crate::guard::Class;

/// What the table keeps of a method, in bytes.
const SHOWN_METHOD: usize = 16;

/// What the table keeps of a path, in bytes.
const SHOWN_PATH: usize = 256;

/// What is looked through of a head that could not be read, in bytes.
const SHOWN_HEAD: usize = 2048;

/// Who asks, for the handlers of streams.
#[derive(Clone, Copy)]
pub(crate) struct Visitor<'a> {
    pub(crate) peer: SocketAddr,
    /// What kind of origin it has: the window is shown under its own name, and a preflight lets no
    /// page but our own end a topic.
    pub(crate) class: Class,
    /// The bytes of its request, as far as they are known.
    pub(crate) heard: &'a [u8],
    /// The room that has its row.
    pub(crate) room: &'a Room,
    /// The path of its request in that room.
    pub(crate) path: &'a str,
}

/// What a request for a stream asks, read.
pub(super) struct StreamRequest<T> {
    /// The client as the table shows it, whatever the request is answered with.
    pub(super) client: Client,
    /// Its request, without its body so far.
    pub(super) received: Received,
    /// What else its query says.
    pub(super) query: T,
    /// The last event id that the client brought.
    pub(super) last_event_id: Option<String>,
    /// The faults that it brings for itself.
    pub(super) faults: Vec<Fault>,
}

impl<T> StreamRequest<T> {
    /// Reads who asks, with what last event id, and what else the query says.
    ///
    /// # Errors
    /// The answer to a query that is out of bounds; the table has the refusal.
    pub(super) fn read(
        request: &Request<Body>,
        read: impl FnOnce(&Params<'_>) -> Result<T, BadQuery>,
        visitor: Visitor<'_>,
    ) -> Result<Self, Box<Response<Body>>> {
        let text = request.uri().query();
        let params = Params::of(text);
        let query = ClientQuery::of(&params).and_then(|words| {
            let profiles = visitor.room.streams().profiles();
            Ok((
                words,
                read(&params)?,
                fault_query::faults(&params, &profiles)?,
            ))
        });
        let (words, query) = match query {
            Ok((words, query, faults)) => (words, Ok((query, faults))),
            // A client whose query is refused is still known by its name.
            Err(bad) => (ClientQuery::only_tag(text), Err(bad)),
        };
        let client = client(request, visitor, &words);
        let received = Received::head(request, visitor.heard);
        match query {
            Ok((query, faults)) => Ok(Self {
                client,
                received,
                query,
                faults,
                last_event_id: last_event_id(request.headers(), &words),
            }),
            Err(bad) => {
                let status = StatusCode::BAD_REQUEST;
                let ending = Why::BadQuery;
                let connections = &visitor.room.connections;
                connections.refuse((client, received), status.as_u16(), None, ending);
                Err(Box::new(say(status, &bad.to_string())))
            }
        }
    }
}

/// The client of a request for a stream, as the table shows it.
pub(super) fn client<B>(request: &Request<B>, visitor: Visitor<'_>, words: &ClientQuery) -> Client {
    let agent = request
        .headers()
        .get(header::USER_AGENT)
        .and_then(|value| value.to_str().ok());
    Client {
        peer: visitor.peer,
        asked: Arc::new(Asking {
            program: match visitor.class {
                Class::Shell => "SSE Workbench window".into(),
                _ => text::tame(&user_agent::name(agent), SHOWN_PATH).into(),
            },
            room: visitor.room.name().map(Box::from),
            stream: text::tame(visitor.path, SHOWN_PATH).into(),
            method: text::tame(request.method().as_str(), SHOWN_METHOD).into(),
            framing: response_head::framing(request.version(), &HeaderMap::new()),
        }),
        tag: words.tag.as_deref().map(Box::from),
        brought: last_event_id(request.headers(), words)
            .filter(|id| !id.is_empty())
            .map(|id| connections::shown(&id).into()),
        numbers: Numbering::None,
    }
}

/// The header beats the query (invariant 5). What is not UTF-8 cannot be an id of ours; it is kept
/// as something that is none, so that the stream begins at the beginning.
fn last_event_id(headers: &HeaderMap, words: &ClientQuery) -> Option<String> {
    match headers.get("last-event-id") {
        Some(value) => Some(String::from_utf8_lossy(value.as_bytes()).into_owned()),
        None => words.last_event_id.clone(),
    }
}

/// The client of a request whose head could not be read, as far as that says who asks for what.
pub(super) fn unread_client(head: &[u8], peer: SocketAddr) -> Client {
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
    Client {
        peer,
        asked: Arc::new(Asking {
            program: text::tame(&user_agent::name(agent), SHOWN_PATH).into(),
            room: None,
            stream: text::tame(path, SHOWN_PATH).into(),
            method: text::tame(method, SHOWN_METHOD).into(),
            framing: Framing::Chunked,
        }),
        tag: ClientQuery::only_tag(Some(query)).tag.map(Box::from),
        brought: None,
        numbers: Numbering::None,
    }
}
