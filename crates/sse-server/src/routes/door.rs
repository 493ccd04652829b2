//! What faults make of a request before its stream begins, and of the head that it begins with.
//!
//! Whatever a fault chooses, the answer is marked as every answer of a stream is: it may not script
//! where it is shown as a document, and nobody guesses its type.

use std::num::NonZeroU64;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Request, Response, StatusCode, header};
use sse_engine::fault::{self, Act, Armed, Fault, Meeting, Place, Shift};
use sse_engine::pump::Pump;
use sse_engine::stream::{OwnFault, ReplayHead};

use super::answer::{Answer, say};
use super::client_query::ClientQuery;
use super::context::Context;
use super::fault_query;
use super::params::Params;
use super::response_head::{self, Headers};
use super::room::Room;
use super::visitor::{self, Visitor};
use tokio::sync::MutexGuard;

use crate::armed::Asker;
use crate::clock;
use crate::connections::{Client, Received};

/// The faults that strike one request.
#[derive(Debug, Default)]
pub(super) struct Door {
    /// In the order in which they were armed.
    faults: Vec<Arc<Armed>>,
    /// Those that struck already, for its row.
    struck: Vec<Arc<Armed>>,
    /// Whether the stream is a recording that is broken off, by its end or by a fault in it.
    replay_breaks_off: bool,
    /// Which of its client's requests it is; nothing where nobody asked.
    attempt: Option<NonZeroU64>,
}

/// An answer in place of the stream.
#[derive(Debug)]
pub(super) struct Instead {
    pub(super) fault: Arc<Armed>,
    pub(super) response: Response<Body>,
    /// The fault that has it come later, and how much later.
    pub(super) wait: Option<(Arc<Armed>, Duration)>,
}

impl Door {
    /// The door of a request that brings these faults for itself. It counts as one of its client's.
    pub(super) fn of(context: &Context, client: &Client, own: Vec<Fault>) -> Self {
        let attempt = context.faults.attempt(&asker(client));
        Self::at(context, client, own, attempt)
    }

    /// The door of the request that a browser sends before the one that its page wants. It is
    /// counted as that one, which comes next. `brings` is whether faults in its query are for us.
    pub(super) fn of_preflight(
        context: &Context,
        request: &Request<Body>,
        visitor: Visitor<'_>,
        brings: bool,
    ) -> Self {
        let words = ClientQuery::only_tag(request.uri().query());
        let client = visitor::client(request, visitor, &words);
        let attempt = context.faults.next_attempt(&asker(&client));
        let params = Params::of(request.uri().query().filter(|_| brings));
        let own = fault_query::faults(&params, &visitor.room.streams().profiles());
        // A mistake is told in the answer to the request itself.
        Self::at(context, &client, own.unwrap_or_default(), attempt)
    }

    fn at(context: &Context, client: &Client, own: Vec<Fault>, attempt: NonZeroU64) -> Self {
        let now = clock::now().instant;
        let asked = &*client.asked;
        let meeting = meeting(client, attempt);
        // They strike whoever brings them, in whichever room.
        let own = own.into_iter().filter(|fault| {
            let mut fault = (*fault).clone();
            fault.who.room = asked.room.as_deref().map(str::to_owned);
            fault.strikes(&meeting, 0)
        });
        // What a request brings for itself is nearer to it than what is armed for many.
        let mut faults = context.faults.for_request(own.collect(), now);
        faults.extend(context.faults.meet(&meeting, now));
        Self {
            faults,
            struck: Vec::new(),
            replay_breaks_off: false,
            attempt: Some(attempt),
        }
    }

    /// Takes those faults of a recording that strike before its head.
    pub(super) fn add_own<'a>(
        &mut self,
        context: &Context,
        client: &Client,
        own: impl Iterator<Item = &'a OwnFault>,
    ) {
        let now = clock::now().instant;
        let own = own.filter(|own| self.is_struck_by(client, own));
        let armed = own.map(|own| Arc::new(own.armed(context.faults.next_number(), now)));
        // Behind what the request brings, and what is armed for many: they are asked for.
        let armed: Vec<_> = armed.collect();
        self.faults.extend(armed);
    }

    /// The pump, struck by those faults that stand in what it replays.
    pub(super) fn with_own(&mut self, context: &Context, client: &Client, pump: Pump) -> Pump {
        let own = pump.own_faults();
        let own = own.filter(|(_, own)| self.is_struck_by(client, own));
        let own = own.map(|(at, own)| (at, context.faults.next_number(), own.clone()));
        let own: Vec<_> = own.collect();
        let cuts = own.iter().any(|(_, _, own)| breaks_off(own.fault()));
        self.replay_breaks_off = cuts || pump.replay_breaks_off();
        pump.struck_by_own(own)
    }

    /// Whether a fault of a recording strikes this client, in whichever room it is.
    fn is_struck_by(&self, client: &Client, own: &OwnFault) -> bool {
        let Some(attempt) = self.attempt else {
            return false;
        };
        let mut fault = own.fault().clone();
        fault.who.room = client.asked.room.as_deref().map(str::to_owned);
        fault.strikes(&meeting(client, attempt), own.strikes())
    }

    /// Answers a preflight, for which this is the answer where no fault strikes it.
    pub(super) fn answer_preflight(self, room: &Room, mut answer: Response<Body>) -> Answer {
        let mut shared = true;
        for armed in &self.faults {
            match armed.fault.act {
                Act::Preflight(code) if armed.strike() => {
                    // A preflight has no row.
                    room.connections.fired_for_all(armed, clock::now());
                    // The parser let only those through that are a status.
                    *answer.status_mut() = StatusCode::from_u16(code).unwrap_or_default();
                }
                // It is counted with the request that would follow.
                Act::NoCors => shared = false,
                _ => {}
            }
        }
        Answer {
            shared,
            ..answer.into()
        }
    }

    /// The head of a stream that adds these fields, or of a recorded one, changed as it is to be.
    pub(super) fn head(&mut self, recorded: Option<&ReplayHead>, own: &Headers) -> Answer {
        let mut response = match recorded {
            Some(recorded) => response_head::replayed(recorded, own),
            None => response_head::response(own),
        };
        let shared = self.change(response.headers_mut());
        Answer {
            shared,
            ..response.into()
        }
    }

    /// The head of a stream that an upstream answered with, changed as it is to be. `stays` is
    /// whether the connection to the upstream would have stayed: then a cut of it has to look like
    /// one.
    pub(super) fn pass(&mut self, fields: HeaderMap, stays: bool) -> Answer {
        let mut response = response_head::passed(fields);
        if stays {
            let headers = response.headers_mut();
            insert(headers, header::CONNECTION, response_head::KEEP_ALIVE);
        }
        let shared = self.change(response.headers_mut());
        Answer {
            shared,
            ..response.into()
        }
    }

    /// The fault that has an upstream be asked later, and how much later.
    pub(super) fn take_wait(&mut self) -> Option<(Arc<Armed>, Duration)> {
        let is_wait = |armed: &Arc<Armed>| matches!(armed.fault.act, Act::Wait(_));
        let place = self.faults.iter().position(is_wait)?;
        let armed = self.faults.remove(place);
        let Act::Wait(time) = armed.fault.act else {
            return None;
        };
        if !armed.strike() {
            return None;
        }
        self.struck.push(Arc::clone(&armed));
        Some((armed, time))
    }

    /// Waits for its turn where it depends on who is open, until the value is dropped.
    pub(super) async fn turn<'a>(&self, context: &'a Context) -> Option<MutexGuard<'a, ()>> {
        let counts = |armed: &Arc<Armed>| matches!(armed.fault.act, Act::Limit { .. });
        match self.faults.iter().any(counts) {
            true => Some(context.turn.lock().await),
            false => None,
        }
    }

    /// Whether a fault ends the stream before its head, or keeps that back: then nobody need make
    /// the stream.
    pub(super) fn is_headless(&self) -> bool {
        let now = clock::now().instant;
        let comes_first = |armed: &Arc<Armed>| match &armed.fault.act {
            Act::Never => true,
            Act::Cut(ending) | Act::Reset(ending) => {
                armed.fault.when.is_none() && ending.half.is_none()
            }
            _ => false,
        };
        let mut faults = self.faults.iter();
        faults.any(|armed| comes_first(armed) && armed.is_in_force(now))
    }

    /// Enters in the log what struck a request that gets no stream, and so has no row for it.
    pub(super) fn note_struck(&self, room: &Room) {
        for armed in &self.struck {
            room.connections.fired_for_all(armed, clock::now());
        }
    }

    /// The answer that comes in place of the stream, if one does. `open` counts the connections
    /// that a fault is for.
    pub(super) fn instead(&mut self, open: impl Fn(&fault::Who) -> u64) -> Option<Instead> {
        let place = self.faults.iter().position(|armed| match armed.fault.act {
            Act::Status(_) | Act::Redirect { .. } => armed.strike(),
            Act::Limit { most, .. } => open(&armed.fault.who) >= most && armed.strike(),
            _ => false,
        })?;
        let fault = self.faults.remove(place);
        let response = match &fault.fault.act {
            Act::Status(answer) => status(&fault, answer),
            Act::Redirect { to, code } => redirect(to.as_deref(), *code),
            Act::Limit {
                status: code,
                retry_after,
                ..
            } => {
                let answer = fault::Answer {
                    code: *code,
                    retry_after: *retry_after,
                    ..fault::Answer::default()
                };
                status(&fault, &answer)
            }
            _ => return None,
        };
        let wait = self.faults.iter().find_map(|armed| match armed.fault.act {
            Act::Wait(time) if armed.strike() => Some((Arc::clone(armed), time)),
            _ => None,
        });
        Some(Instead {
            fault,
            response,
            wait,
        })
    }

    /// Where a client goes on that brings a last event id.
    pub(super) fn shift(&mut self, brings_id: bool) -> Shift {
        if !brings_id {
            return Shift::None;
        }
        let (shift, by) = Shift::by(&self.faults);
        match by.map(Arc::clone) {
            Some(by) if by.strike() => {
                self.struck.push(by);
                shift
            }
            _ => Shift::None,
        }
    }

    /// Changes the head of a stream. Answers whether the page that asks may read it.
    fn change(&mut self, head: &mut HeaderMap) -> bool {
        let mut shared = true;
        for armed in std::mem::take(&mut self.faults) {
            if armed.fault.act.place() != Place::Head {
                self.faults.push(armed);
                continue;
            }
            if !armed.strike() {
                continue;
            }
            match &armed.fault.act {
                Act::Type(None) => _ = head.remove(header::CONTENT_TYPE),
                Act::Type(Some(of)) => insert(head, header::CONTENT_TYPE, of),
                Act::DropHeader(name) => _ = head.remove(name.as_str()),
                Act::Length(length) => insert(head, header::CONTENT_LENGTH, &length.to_string()),
                Act::Encode { .. } => {
                    insert(head, header::CONTENT_ENCODING, "gzip");
                    // The pump packs what follows.
                    self.faults.push(Arc::clone(&armed));
                }
                _ => shared = false,
            }
            self.struck.push(armed);
        }
        let is_cut = self.faults.iter().any(|armed| breaks_off(&armed.fault));
        if is_cut || self.replay_breaks_off {
            insert(head, header::CONNECTION, response_head::KEEP_ALIVE);
        }
        shared
    }

    /// The faults that break the stream itself, and those that struck already.
    pub(super) fn into_parts(self) -> (Vec<Arc<Armed>>, Vec<Arc<Armed>>) {
        (self.faults, self.struck)
    }
}

/// Whether it breaks a stream off.
fn breaks_off(fault: &Fault) -> bool {
    matches!(fault.act, Act::Cut(_) | Act::Reset(_))
}

/// A request, as a fault is asked about it.
fn meeting(client: &Client, attempt: NonZeroU64) -> Meeting<'_> {
    let asked = &*client.asked;
    Meeting {
        stream: &asked.stream,
        client: client.tag.as_deref().unwrap_or_default(),
        room: asked.room.as_deref(),
        // It has none yet: a fault for a connection strikes it where it is open.
        connection: 0,
        attempt,
    }
}

/// What a client is counted by.
pub(super) fn asker(client: &Client) -> Asker<'_> {
    let asked = &*client.asked;
    Asker {
        room: asked.room.as_deref(),
        stream: &asked.stream,
        client: client.tag.as_deref(),
        peer: client.peer.ip(),
        program: &asked.program,
    }
}

impl Instead {
    /// Answers so, and enters the client in the table.
    pub(super) async fn answer(
        self,
        context: &Context,
        room: &Room,
        arrived: (Client, Received),
    ) -> Answer {
        let status = self.response.status().as_u16();
        // Before the wait: whoever looks sees who waits.
        room.connections.refuse_by(&self.fault, arrived, status);
        if let Some((armed, time)) = &self.wait {
            let mut status = context.status.clone();
            tokio::select! {
                () = tokio::time::sleep(*time) => {}
                () = context.faults.healed(armed) => {}
                // A stop waits for no fault. It fails only when the server is gone.
                _ = status.wait_for(|status| status.phase.is_over()) => {}
            }
        }
        self.response.into()
    }
}

fn status(fault: &Armed, answer: &fault::Answer) -> Response<Body> {
    // The parser let only those through that are a status.
    let code = StatusCode::from_u16(answer.code).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
    let sentence = format!(
        "Fault {} ({}) answers in place of the stream: heal it to get the stream.",
        fault.id, fault.fault
    );
    let mut response = match &answer.body {
        None => say(code, &sentence),
        Some(body) => {
            let mut response = say(code, "");
            *response.body_mut() = Body::from(body.clone());
            response
        }
    };
    let headers = response.headers_mut();
    if let Some(of) = &answer.media_type {
        insert(headers, header::CONTENT_TYPE, of);
    }
    if let Some(seconds) = answer.retry_after {
        insert(headers, header::RETRY_AFTER, &seconds.to_string());
    }
    if let Some((name, value)) = answer
        .header
        .as_deref()
        .and_then(|field| field.split_once(": "))
        && let Ok(name) = HeaderName::from_bytes(name.as_bytes())
    {
        insert(headers, name, value);
    }
    if code == StatusCode::NO_CONTENT || code == StatusCode::NOT_MODIFIED {
        *response.body_mut() = Body::empty();
    }
    response
}

fn redirect(to: Option<&str>, code: u16) -> Response<Body> {
    let code = StatusCode::from_u16(code).unwrap_or(StatusCode::FOUND);
    let mut response = say(code, "A fault sends this request elsewhere.");
    if let Some(to) = to {
        insert(response.headers_mut(), header::LOCATION, to);
    }
    response
}

fn insert(headers: &mut HeaderMap, name: HeaderName, value: &str) {
    // The parser let only those through that are a value.
    if let Ok(value) = HeaderValue::from_str(value) {
        headers.insert(name, value);
    }
}
