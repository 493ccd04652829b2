//! What is broken on purpose: armed, healed and listed.
//!
//! Nothing here is for pages: the guard lets in our own page, and programs on this machine.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{Request, Response, StatusCode, Uri};
use axum::response::IntoResponse;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sse_engine::Error as Engine;
use sse_engine::bounds::MAX_FROM;
use sse_engine::fault::{Act, Armed, Fault, Mistake, Who};
use sse_engine::text::{cut, nearest};
use sse_engine::time::Now;
use sse_engine::topics::{self, PREFIX};

use super::answer::{FRESH, no_break, tell};
use super::body;
use super::context::Context;
use super::params::{BadQuery, Params, rooms};
use super::room::Room;
use crate::armed::{InRooms, Which};
use crate::clock;
use crate::connections::shown_fault;
use crate::error::Error;

/// A named list of faults.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct ProfileView {
    /// Its name.
    pub name: String,
    /// What it plays, in a sentence; empty where the file says nothing.
    pub about: String,
    /// Its faults.
    pub faults: Vec<String>,
}

/// A fault that was read, and not armed.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct CheckedFault {
    /// Its canonical text.
    pub fault: String,
    /// Those that would be armed: of a profile, all of its faults.
    pub faults: Vec<String>,
}

/// Faults that were armed together.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct ArmedFaults {
    /// The number of the first of them.
    pub id: Option<u64>,
    /// Their numbers.
    pub ids: Vec<u64>,
    /// The number of the newest of their entries in the log.
    pub seq: u64,
    /// The text of the first of them.
    pub fault: Option<String>,
    /// Their texts.
    pub faults: Vec<String>,
}

/// What is to be armed: one fault, several, or those of a profile, and whom all of them strike.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FaultWish {
    fault: Option<String>,
    faults: Option<Vec<String>>,
    profile: Option<String>,
    stream: Option<String>,
    client: Option<String>,
    room: Option<String>,
}

impl FaultWish {
    /// One fault, with whom it strikes in its text.
    pub fn one(fault: &str) -> Self {
        Self {
            fault: Some(fault.to_owned()),
            faults: None,
            profile: None,
            stream: None,
            client: None,
            room: None,
        }
    }

    /// The same for a room; `None` is the default room.
    pub fn in_room(self, room: Option<&str>) -> Self {
        Self {
            room: room.map(str::to_owned),
            ..self
        }
    }
}

/// Why something is not armed, done or healed.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct BadFault {
    /// What is wrong and what to do.
    pub error: String,
    /// The character of the fault that is wrong, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(optional))]
    pub column: Option<usize>,
    /// Which fault of several it is, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "types", ts(optional))]
    pub index: Option<usize>,
}

/// The same, as it is answered.
#[derive(Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    bad: BadFault,
}

impl Refusal {
    pub(super) fn bad(sentence: impl Into<String>) -> Self {
        Self::of(StatusCode::BAD_REQUEST, sentence)
    }

    pub(super) fn of(status: StatusCode, sentence: impl Into<String>) -> Self {
        Self {
            status,
            bad: BadFault {
                error: sentence.into(),
                column: None,
                index: None,
            },
        }
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let column = match &error {
            Error::Engine(Engine::BadFault(mistake)) => Some(mistake.column),
            _ => None,
        };
        let status = match error {
            Error::TooManyFaults(_) => StatusCode::CONFLICT,
            Error::UnknownFault(_) => StatusCode::NOT_FOUND,
            _ => StatusCode::BAD_REQUEST,
        };
        let mut refusal = Self::of(status, error.to_string());
        refusal.bad.column = column;
        refusal
    }
}

impl From<Mistake> for Refusal {
    fn from(mistake: Mistake) -> Self {
        Error::from(Engine::from(mistake)).into()
    }
}

impl From<BadQuery> for Refusal {
    fn from(bad: BadQuery) -> Self {
        Self::bad(bad.to_string())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response<Body> {
        (self.status, FRESH, Json(self.bad)).into_response()
    }
}

impl From<Refusal> for BadFault {
    fn from(refusal: Refusal) -> Self {
        refusal.bad
    }
}

/// What is armed in the room `?room=`; `*` means all rooms.
pub(super) async fn list(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    match Params::of(uri.query()).read("room", rooms) {
        Ok(room) => {
            let rooms = InRooms::read(room.as_deref());
            let view = context.faults.view(&rooms, clock::now().instant);
            (FRESH, Json(view)).into_response()
        }
        Err(bad) => Refusal::from(bad).into_response(),
    }
}

/// The profiles that a fault can name.
pub(super) async fn profiles(State(context): State<Arc<Context>>) -> impl IntoResponse {
    (FRESH, Json(profile_views(&context)))
}

/// The profiles that a fault can name.
pub(crate) fn profile_views(context: &Context) -> Vec<ProfileView> {
    let profiles = context.rooms.default().streams().profiles();
    let views = profiles.all().iter().map(|profile| ProfileView {
        name: profile.name.clone(),
        about: profile.about.clone(),
        faults: profile.faults.iter().map(Fault::to_string).collect(),
    });
    views.collect()
}

/// Reads `?fault=` as it would be armed, and arms nothing.
pub(super) async fn check(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let checked = || -> Result<_, Refusal> {
        let text = Params::of(uri.query()).text("fault")?;
        let text = text.ok_or_else(|| {
            Refusal::bad("The fault is missing: add one, such as ?fault=cut,after=3.")
        })?;
        checked_fault(&context, &text)
    };
    match checked() {
        Ok(fault) => (FRESH, Json(fault)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

fn checked_fault(context: &Context, text: &str) -> Result<CheckedFault, Refusal> {
    let fault: Fault = text.parse()?;
    let canonical = fault.to_string();
    let all = expanded(context, fault)?;
    Ok(CheckedFault {
        fault: canonical,
        faults: texts(&all),
    })
}

/// Reads a fault as it would be armed, and arms nothing.
///
/// # Errors
/// What is wrong with it.
pub(crate) fn check_fault(context: &Context, text: &str) -> Result<CheckedFault, BadFault> {
    Ok(checked_fault(context, text)?)
}

/// Arms what the body wants.
pub(super) async fn arm(
    State(context): State<Arc<Context>>,
    request: Request<Body>,
) -> Response<Body> {
    let example = r#"{"fault": "cut,after=3"}"#;
    let wish = match read_wish(&context, request, "what can be armed", example).await {
        Ok(wish) => wish,
        Err(refusal) => return refusal,
    };
    match armed(&context, wish) {
        Ok(answer) => (StatusCode::CREATED, FRESH, Json(answer)).into_response(),
        Err(refusal) => refusal.into_response(),
    }
}

/// Reads from a body what somebody wants to break, which is `what`.
///
/// # Errors
/// The refusal: nobody may break anything here, or the body is none.
pub(super) async fn read_wish<T: DeserializeOwned>(
    context: &Context,
    request: Request<Body>,
    what: &str,
    example: &str,
) -> Result<T, Response<Body>> {
    if !context.breaks {
        return Err(no_break(request.uri().path()));
    }
    let mut body = body::read(request.into_body(), &context.limits, &context.bodies).await?;
    serde_json::from_slice(&body.take()).map_err(|e| {
        Refusal::bad(format!(
            "The body is not {what} ({e}): send JSON such as {example}."
        ))
        .into_response()
    })
}

/// Arms what somebody wants.
///
/// # Errors
/// Why nothing is armed.
pub(crate) fn arm_faults(context: &Context, wish: FaultWish) -> Result<ArmedFaults, BadFault> {
    Ok(armed(context, wish)?)
}

fn armed(context: &Context, wish: FaultWish) -> Result<ArmedFaults, Refusal> {
    let faults = wish.faults(context)?;
    // A room begins with what is armed in it, so that it goes with the room.
    for name in faults.iter().filter_map(|fault| fault.who.room.as_deref()) {
        let entered = context.rooms.enter(name);
        entered.map_err(|full| Refusal::of(StatusCode::SERVICE_UNAVAILABLE, full.to_string()))?;
    }
    let now = clock::now();
    // The number of the newest entry, where a list has nothing to arm.
    let mut seq = context.connections.newest_seq();
    let note = |armed: &Armed| seq = note_armed(context, armed, now);
    let armed = context.faults.arm(faults, now, note)?;
    let ids: Vec<u64> = armed.iter().map(|armed| armed.id).collect();
    let texts: Vec<String> = armed.iter().map(|armed| armed.fault.to_string()).collect();
    Ok(ArmedFaults {
        id: ids.first().copied(),
        ids,
        seq,
        fault: texts.first().cloned(),
        faults: texts,
    })
}

/// Disarms what the query names: `?id=`, or those of `room=`, `stream=` and `client=`.
pub(super) async fn heal_some(State(context): State<Arc<Context>>, uri: Uri) -> Response<Body> {
    let params = Params::of(uri.query());
    let which = || -> Result<Which, BadQuery> {
        Ok(match params.whole("id", 1, MAX_FROM)? {
            Some(id) => Which::Id(id),
            None => Which::Of {
                rooms: InRooms::read(params.read("room", rooms)?.as_deref()),
                stream: params.text("stream")?,
                client: params.text("client")?,
            },
        })
    };
    match which() {
        Ok(which) => healed(&context, &which),
        Err(bad) => Refusal::from(bad).into_response(),
    }
}

/// Disarms one.
pub(super) async fn heal_one(
    State(context): State<Arc<Context>>,
    Path(id): Path<String>,
    uri: Uri,
) -> Response<Body> {
    let digits = id.bytes().all(|b| b.is_ascii_digit());
    match digits.then(|| id.parse().ok()).flatten() {
        Some(id) => healed(&context, &Which::Id(id)),
        None => {
            let sentence = format!(
                "`{}` is not the number of a fault: give one of GET /api/faults, such as /api/faults/3.",
                cut(&id)
            );
            tell(uri.path(), StatusCode::BAD_REQUEST, &sentence)
        }
    }
}

fn healed(context: &Context, which: &Which) -> Response<Body> {
    let healed = heal(context, which);
    if let (Which::Id(id), []) = (which, &*healed) {
        return Refusal::from(Error::UnknownFault(*id)).into_response();
    }
    let seq = context.connections.newest_seq();
    let ids: Vec<u64> = healed.iter().map(|armed| armed.id).collect();
    (FRESH, Json(json!({ "healed": ids, "seq": seq }))).into_response()
}

/// Disarms faults. Answers those that it was.
pub(crate) fn heal(context: &Context, which: &Which) -> Vec<Arc<Armed>> {
    let healed = context.faults.heal(which, clock::now().wall);
    note_healed(context, &healed);
    context.acts.look();
    healed
}

/// Arms the faults of the streams of the server's list, in place of those that it had.
pub(crate) fn arm_streams(context: &Context) {
    arm_list(context, context.rooms.default());
}

/// Arms the faults of the streams of a room's list, in place of those that it had.
pub(super) fn arm_list(context: &Context, room: &Room) {
    let now = clock::now();
    let faults = room.faults();
    let note = |armed: &Armed| {
        note_armed(context, armed, now);
    };
    let (before, _) = context.faults.arm_list(room.name(), faults, now, note);
    note_healed(context, &before);
    if !before.is_empty() {
        context.acts.look();
    }
}

/// Disarms what is armed in a room, and counts the requests of its clients from 1 again.
pub(crate) fn heal_room(context: &Context, room: Option<&str>) {
    heal(context, &Which::of(InRooms::read(room)));
    context.faults.begin_anew(room);
}

/// Takes those out of the list that are over.
pub(crate) fn expire(context: &Context) {
    let over = context.faults.expire(clock::now());
    note_healed(context, &over);
}

/// Enters in the log that a fault was armed. Answers the number of the entry.
pub(super) fn note_armed(context: &Context, armed: &Armed, now: Now) -> u64 {
    let (id, text) = (armed.id, shown_fault(&armed.fault));
    let room = armed.fault.who.room.as_deref();
    context.connections.armed(id, &text, room, now)
}

/// Enters in the log that faults are armed no longer.
fn note_healed(context: &Context, healed: &[Arc<Armed>]) {
    let now = clock::now();
    for armed in healed {
        let room = armed.fault.who.room.as_deref();
        context.connections.healed(armed.id, room, now);
    }
}

fn texts(faults: &[Fault]) -> Vec<String> {
    faults.iter().map(Fault::to_string).collect()
}

impl FaultWish {
    /// The faults one by one, each with whom it strikes.
    fn faults(self, context: &Context) -> Result<Vec<Fault>, Refusal> {
        let profile = |name: &String| Fault::new(Act::Profile(name.clone()));
        let given: Vec<Result<Fault, Mistake>> = match (&self.fault, &self.faults, &self.profile) {
            (Some(fault), None, None) => vec![fault.parse()],
            (None, Some(faults), None) if !faults.is_empty() => {
                faults.iter().map(|fault| fault.parse()).collect()
            }
            (None, None, Some(name)) => vec![Ok(profile(name))],
            _ => {
                return Err(Refusal::bad(
                    "There is not one thing to arm: send `fault`, `faults` with one at least, or `profile`.",
                ));
            }
        };
        let whom = Whom {
            stream: self.stream,
            client: self.client,
            room: self.room,
        };
        let mut all = Vec::new();
        for (index, fault) in given.into_iter().enumerate() {
            let at_index = |mut refusal: Refusal| {
                refusal.bad.index = self.faults.as_ref().map(|_| index);
                refusal
            };
            let fault = fault.map_err(|mistake| at_index(mistake.into()))?;
            let fault = whom.of(fault).map_err(at_index)?;
            if fault.who.connection.is_some() {
                return Err(at_index(Refusal::bad(
                    "A fault that is armed strikes requests to come, which have no number yet: leave out connection=, or use POST /api/act.",
                )));
            }
            all.extend(expanded(context, fault).map_err(at_index)?);
        }
        Ok(all)
    }
}

/// Whom a request names beside its faults.
#[derive(Debug)]
pub(super) struct Whom {
    pub(super) stream: Option<String>,
    pub(super) client: Option<String>,
    pub(super) room: Option<String>,
}

impl Whom {
    /// The fault, for them.
    ///
    /// # Errors
    /// It is for somebody else.
    pub(super) fn of(&self, mut fault: Fault) -> Result<Fault, Refusal> {
        let who = &mut fault.who;
        for (key, own, general) in [
            ("stream", &mut who.stream, &self.stream),
            ("client", &mut who.client, &self.client),
            ("room", &mut who.room, &self.room),
        ] {
            match (&own, general) {
                (Some(one), Some(other)) if one != other => {
                    let (one, other) = (cut(one), cut(other));
                    return Err(Refusal::bad(format!(
                        "The fault is for {key}={one}, and the request for {other}: leave one out."
                    )));
                }
                (None, Some(_)) => own.clone_from(general),
                _ => {}
            }
        }
        Ok(fault)
    }

    /// They themselves.
    ///
    /// # Errors
    /// The room has no name that a room can have.
    pub(super) fn who(self) -> Result<Who, Refusal> {
        let Self {
            stream,
            client,
            room,
        } = self;
        check_room(room.as_deref())?;
        Ok(Who {
            stream,
            client,
            room,
            connection: None,
        })
    }
}

/// # Errors
/// This is not the name of a room.
fn check_room(room: Option<&str>) -> Result<(), Refusal> {
    let Some(room) = room.filter(|room| !topics::is_name(room)) else {
        return Ok(());
    };
    let room = cut(room);
    Err(Refusal::bad(format!(
        "`{room}` is not the name of a room: give 1 to 64 letters, digits, dots, hyphens, underscores or tildes, with a letter or digit first."
    )))
}

/// The faults that one stands for, each with a place where it can strike.
pub(super) fn expanded(context: &Context, fault: Fault) -> Result<Vec<Fault>, Refusal> {
    let who = &fault.who;
    check_room(who.room.as_deref())?;
    let room = context.rooms.seen(who.room.as_deref());
    if let Some(stream) = &who.stream {
        check_stream(&room, stream)?;
    }
    if let Some(word) = fault.act.of_port().filter(|_| fault.is_for_some()) {
        return Err(Refusal::bad(format!(
            "`{word}` strikes everyone, since nobody has said who they are: leave out whom it strikes, `attempt` and `p`."
        )));
    }
    Ok(room.streams().profiles().expand(fault)?)
}

/// # Errors
/// There is no such stream, and its name is not that of a topic either.
fn check_stream(room: &Room, path: &str) -> Result<(), Error> {
    let is_topic = path.strip_prefix(PREFIX).is_some_and(topics::is_name);
    if is_topic || room.streams().find(path).is_some() {
        return Ok(());
    }
    let shown = cut(path);
    let streams = room.streams().view().streams;
    let paths = || streams.iter().map(|stream| &*stream.path);
    Err(Error::UnknownStream(match nearest(path, paths()) {
        Some(near) => {
            format!("There is no stream at {shown}: {near} is the nearest that there is.")
        }
        None => format!(
            "There is no stream at {shown}: the streams are {} and {PREFIX}NAME.",
            paths().collect::<Vec<_>>().join(", ")
        ),
    }))
}
