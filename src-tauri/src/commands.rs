//! The commands that the page may call. Each is one call of another module.
//!
//! Only the bundled page reaches them. Tauri refuses every other origin, and the window never
//! leaves its page.

use std::time::{Instant, SystemTime};

use serde::Serialize;
use sse_lab::{CaseSentView, ListedCase, Profile, RunView};
use sse_server::{
    ActWish, Acted, ActivityView, ArmedFaults, BadDefinition, BadFault, CheckedFault,
    DefinitionView, Draft, FaultWish, Phase, Preview, ProfileView, Published, RecordedView,
    RequestView, Slice, StateView, TableQuery, TimelineView, UpstreamView, UpstreamWish,
    WatchRecording, WireView,
};
use tauri::{AppHandle, State};

use crate::actions::{self, Choice};
use crate::app_state::AppState;
use crate::error::Error;
use crate::settings::RoomUpstream;
use crate::watch::{self, Cursor, Form, JoinedView, WatchView};
use crate::{downloads, streams_file};

/// The server's state, and what only the shell has to say.
#[derive(Serialize)]
#[cfg_attr(test, derive(ts_rs::TS))]
pub(crate) struct Everything {
    /// The server's state.
    #[serde(flatten)]
    server: StateView,
    /// What the shell has to report, as a sentence, until the person dismisses it.
    notice: Option<String>,
}

/// All that a page needs when it opens.
#[tauri::command(async)]
pub(crate) fn state(shell: State<'_, AppState>) -> Everything {
    Everything {
        server: shell.server().state(),
        notice: shell.notice().borrow().clone(),
    }
}

/// The rows of the table that the page has in view, in the order that it asks for.
#[tauri::command(async)]
pub(crate) fn slice(shell: State<'_, AppState>, query: TableQuery) -> Slice {
    shell.server().slice(&query)
}

/// Publishes an event to a topic, whether or not the server runs.
#[tauri::command]
pub(crate) async fn publish(
    shell: State<'_, AppState>,
    topic: String,
    data: String,
    event: Option<String>,
) -> Result<Published, Error> {
    let draft = Draft {
        event,
        data,
        ..Draft::default()
    };
    Ok(shell.server().publish(&topic, draft).await?)
}

/// Ends a topic, whether or not the server runs. One that is gone already is ended.
///
/// # Errors
/// The engine that keeps it, where one does, is away.
#[tauri::command]
pub(crate) async fn end_topic(shell: State<'_, AppState>, topic: String) -> Result<(), Error> {
    shell.server().end_topic(&topic).await?;
    Ok(())
}

/// What a stream would send to a client that connects now, whether or not the server runs.
#[tauri::command(async)]
pub(crate) fn preview(shell: State<'_, AppState>, stream: &str) -> Result<Preview, Error> {
    let preview = shell.server().preview(stream);
    preview.ok_or_else(|| Error::NoSuchStream(stream.to_owned()))
}

/// The lines of the file that define a stream, or of the shipped text where there is no file.
#[tauri::command]
pub(crate) async fn definition(
    shell: State<'_, AppState>,
    stream: String,
) -> Result<DefinitionView, Error> {
    let definition = shell.server().definition(&stream).await;
    definition
        .map_err(Error::Definition)?
        .ok_or(Error::NoSuchStream(stream))
}

/// Puts `text` into the file in place of the lines `was`, which define a stream; without a stream,
/// below all others. Answers with the lines as they are then, or nothing where they define no
/// stream any more.
#[tauri::command]
pub(crate) async fn set_definition(
    shell: State<'_, AppState>,
    stream: Option<String>,
    text: String,
    was: Option<String>,
) -> Result<Option<DefinitionView>, BadDefinition> {
    let path = shell.streams_file().to_owned();
    let defined = tauri::async_runtime::spawn_blocking(move || {
        let new = streams_file::Definition {
            stream: stream.as_deref(),
            text: &text,
            was: was.as_deref().unwrap_or_default(),
        };
        streams_file::define(&path, &new)
    });
    let defined = defined.await;
    let defined = defined.map_err(|error| BadDefinition::of_all(Error::from(error).to_string()))?;
    match defined? {
        Some(stream) => {
            let definition = shell.server().definition(&stream).await;
            definition.map_err(BadDefinition::of_all)
        }
        None => Ok(None),
    }
}

/// What a connection was sent, as far as it is kept, from its byte `from` on; nothing where the
/// table has forgotten it.
#[tauri::command(async)]
pub(crate) fn wire(shell: State<'_, AppState>, id: u64, from: u64) -> Option<WireView> {
    shell.server().wire(id, from)
}

/// What happens on each stream and topic that is served.
#[tauri::command(async)]
pub(crate) fn activity(shell: State<'_, AppState>) -> ActivityView {
    shell.server().activity()
}

/// What happened when on the connections since the cursor `after`; with 0, all that is kept.
#[tauri::command(async)]
pub(crate) fn timeline(shell: State<'_, AppState>, after: u64) -> TimelineView {
    shell.server().timeline(after)
}

/// The request of a connection, as far as it is kept, with its secrets where they are to be shown;
/// nothing where the table has forgotten the connection.
#[tauri::command(async)]
pub(crate) fn request(shell: State<'_, AppState>, id: u64, secrets: bool) -> Option<RequestView> {
    shell.server().request(id, secrets)
}

/// The profiles that a fault can name.
#[tauri::command(async)]
pub(crate) fn profiles(shell: State<'_, AppState>) -> Vec<ProfileView> {
    shell.server().profiles()
}

/// Reads a fault as it would be armed, and arms nothing.
#[tauri::command(async)]
pub(crate) fn check_fault(
    shell: State<'_, AppState>,
    fault: &str,
) -> Result<CheckedFault, BadFault> {
    shell.server().check_fault(fault)
}

/// Arms a fault, whether or not the server runs.
#[tauri::command(async)]
pub(crate) fn arm(shell: State<'_, AppState>, wish: FaultWish) -> Result<ArmedFaults, BadFault> {
    shell.server().arm(wish)
}

/// Heals a fault, or all of them. One that is not armed any more is healed.
#[tauri::command(async)]
pub(crate) fn heal(shell: State<'_, AppState>, id: Option<u64>) {
    match id {
        Some(id) => _ = shell.server().heal(id),
        None => _ = shell.server().heal_all(),
    }
}

/// Breaks connections that are open.
#[tauri::command(async)]
pub(crate) fn break_open(shell: State<'_, AppState>, wish: ActWish) -> Result<Acted, BadFault> {
    shell.server().act(wish)
}

/// The cases of the lab.
#[tauri::command(async)]
pub(crate) fn lab_cases() -> Vec<ListedCase> {
    ListedCase::all()
}

/// The names of the clients that walk in the lab, or did, the newest first.
#[tauri::command(async)]
pub(crate) fn lab_runs(shell: State<'_, AppState>) -> Vec<String> {
    shell.lab().names()
}

/// What a client has made of the lab so far, without its requests; nothing where none came by that
/// name.
#[tauri::command(async)]
pub(crate) fn lab_run(shell: State<'_, AppState>, name: &str, profile: Profile) -> Option<RunView> {
    shell.lab().verdicts(name, profile, Instant::now()).ok()
}

/// What a client has made of one case, with what was sent; nothing where none came by that name.
#[tauri::command(async)]
pub(crate) fn lab_case(
    shell: State<'_, AppState>,
    name: &str,
    case: &str,
    profile: Profile,
) -> Option<CaseSentView> {
    let view = shell.lab().view_case(name, case, profile, Instant::now());
    view.ok()
}

/// Opens the second address of a run of the lab, and answers its URL.
#[tauri::command]
pub(crate) async fn lab_second(shell: State<'_, AppState>, name: String) -> Result<String, Error> {
    Ok(shell.lab().open_second(&name).await?)
}

/// Forgets what a client has made of the lab. One that never came is forgotten.
#[tauri::command(async)]
pub(crate) fn lab_forget(shell: State<'_, AppState>, name: &str) {
    _ = shell.lab().forget(name);
}

/// What an EventSource asks for, without an address.
#[tauri::command(async)]
pub(crate) fn watch_form() -> Form {
    Form::empty()
}

/// Reads a curl line.
#[tauri::command(async)]
pub(crate) fn watch_curl(line: &str) -> Result<Form, Error> {
    Form::from_curl(line)
}

/// Begins to watch a URL, in place of the watch before, and to record it where that is wished.
#[tauri::command(async)]
pub(crate) fn begin_watch(
    app: AppHandle,
    shell: State<'_, AppState>,
    form: Form,
    records: bool,
) -> Result<(), Error> {
    let file = |url: &str| recording(&app, url);
    shell.watcher().begin(&form, records.then_some(file))
}

/// Ends the watch.
#[tauri::command(async)]
pub(crate) fn stop_watch(shell: State<'_, AppState>) {
    shell.watcher().stop();
}

/// Records the watch that goes on into the folder of downloads.
#[tauri::command(async)]
pub(crate) fn record_watch(app: AppHandle, shell: State<'_, AppState>) -> Result<(), Error> {
    shell.watcher().record(|url| recording(&app, url))
}

/// Begins to record a connection; `None` where the table has no such connection.
#[tauri::command(async)]
pub(crate) fn record_connection(
    shell: State<'_, AppState>,
    id: u64,
) -> Result<Option<RecordedView>, Error> {
    let recorded = shell.server().record(id).transpose();
    recorded.map_err(Error::Recording)
}

/// What there is of a connection as a recording; `None` where the table has no such connection.
#[tauri::command(async)]
pub(crate) fn connection_recording(shell: State<'_, AppState>, id: u64) -> Option<String> {
    shell.server().recording(id)
}

/// Ends the recording of a connection, and forgets it.
#[tauri::command(async)]
pub(crate) fn end_connection_recording(shell: State<'_, AppState>, id: u64) {
    _ = shell.server().end_recording(id);
}

/// A recording in the folder of downloads, named after what is asked.
fn recording(app: &AppHandle, url: &str) -> Result<WatchRecording, Error> {
    let name = sse_server::recording_name(url, SystemTime::now());
    let file = downloads::record(&downloads::folder(app)?, &name)?;
    Ok(WatchRecording::new(file))
}

/// Ends the recording. The watch goes on.
#[tauri::command(async)]
pub(crate) fn stop_recording_watch(shell: State<'_, AppState>) {
    shell.watcher().stop_recording();
}

/// What came of the watch, as far as it is newer than the cursor.
#[tauri::command(async)]
pub(crate) fn watched(shell: State<'_, AppState>, cursor: Cursor) -> WatchView {
    shell.watcher().view(&cursor)
}

/// What the events of the watch mean together.
#[tauri::command(async)]
pub(crate) fn joined(shell: State<'_, AppState>) -> JoinedView {
    shell.watcher().joined()
}

/// Asks once more what the diagnosis wants to know besides.
#[tauri::command]
pub(crate) async fn watch_again(shell: State<'_, AppState>) -> Result<(), Error> {
    shell.watcher().probe().await;
    Ok(())
}

/// What a rule of the diagnosis looks at, as docs/DIAGNOSIS.md has it.
#[tauri::command(async)]
pub(crate) fn rule(rule: &str) -> Result<&'static str, Error> {
    watch::explanation(rule).ok_or_else(|| Error::NoSuchRule(rule.to_owned()))
}

/// Writes bytes, a character for each, into a new file among the person's downloads, and answers
/// where it is.
#[tauri::command(async)]
pub(crate) fn save(app: AppHandle, name: &str, bytes: &str) -> Result<String, Error> {
    let saved = downloads::save(&downloads::folder(&app)?, name, bytes)?;
    Ok(sse_server::short_path(&saved))
}

/// What a person can do now.
#[tauri::command(async)]
pub(crate) fn actions(shell: State<'_, AppState>) -> Vec<Choice> {
    actions::list(shell.standing())
}

/// Does one of the actions.
#[tauri::command]
pub(crate) async fn act(app: AppHandle, action: String) -> Result<(), Error> {
    actions::perform(&app, &action).await
}

/// Makes `port` the server's port from its next start on; with `start`, that is now.
#[tauri::command]
pub(crate) async fn use_port(
    shell: State<'_, AppState>,
    port: serde_json::Value,
    start: bool,
) -> Result<(), Error> {
    let port = read_port(&port)?;
    let server = shell.server();
    server.set_port(port);
    let saved = shell.change_settings(|settings| settings.port = port);
    if start {
        match shell.phase() {
            Phase::Stopped | Phase::Failed => server.start().await?,
            Phase::Starting | Phase::Running | Phase::Stopping => server.restart().await?,
        }
    }
    saved
}

/// Puts text on the clipboard.
#[tauri::command(async)]
pub(crate) fn copy(shell: State<'_, AppState>, text: String) -> Result<(), Error> {
    shell.clipboard().copy(text)
}

/// Puts a picture on the clipboard: a PNG, a character for each byte.
#[tauri::command(async)]
pub(crate) fn copy_picture(shell: State<'_, AppState>, bytes: &str) -> Result<(), Error> {
    shell.clipboard().copy_picture(&downloads::bytes_of(bytes)?)
}

/// Lets pages of an origin read the streams, now and after a restart.
#[tauri::command(async)]
pub(crate) fn allow_origin(shell: State<'_, AppState>, origin: String) -> Result<(), Error> {
    shell.server().allow_origin(&origin)?;
    shell.change_settings(|settings| {
        if !settings.allow_origins.contains(&origin) {
            settings.allow_origins.push(origin);
        }
    })
}

/// The upstreams of all rooms.
#[tauri::command(async)]
pub(crate) fn upstreams(shell: State<'_, AppState>) -> Vec<UpstreamView> {
    shell.server().upstreams()
}

/// Gives a room an upstream, or takes it away, now and after a restart.
#[tauri::command(async)]
pub(crate) fn set_upstream(shell: State<'_, AppState>, wish: UpstreamWish) -> Result<(), Error> {
    shell.server().set_upstream(&wish)?;
    // As the server has it, without whatever else was typed.
    let set = shell.server().upstreams().into_iter();
    let set = set.filter(|upstream| upstream.room == wish.room);
    let set: Vec<_> = set
        .map(|UpstreamView { room, url }| RoomUpstream { room, url })
        .collect();
    shell.change_settings(|settings| {
        settings.upstreams.retain(|known| known.room != wish.room);
        settings.upstreams.extend(set);
    })
}

/// Takes the notice away for good.
#[tauri::command(async)]
pub(crate) fn dismiss_notice(shell: State<'_, AppState>) {
    shell.set_notice(None);
}

/// A port as the page sends it: a number, or what was typed.
fn read_port(port: &serde_json::Value) -> Result<u16, Error> {
    let text = port
        .as_str()
        .map_or_else(|| port.to_string(), str::to_owned);
    text.trim().parse().map_err(|_| Error::BadPort(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_port_is_a_number_or_a_typed_one() {
        for (given, port) in [
            (json!(8001), 8001),
            (json!("8001"), 8001),
            (json!(" 0 "), 0),
            (json!(65535), 65535),
        ] {
            assert_eq!(read_port(&given).expect("a port"), port);
        }
    }

    #[test]
    fn anything_else_is_refused_in_a_sentence() {
        for given in [
            json!(65536),
            json!(-1),
            json!(80.5),
            json!("http"),
            json!(""),
            json!(null),
        ] {
            let sentence = read_port(&given).expect_err("not a port").to_string();
            assert!(sentence.contains("is not a port"), "{sentence}");
        }
    }
}
