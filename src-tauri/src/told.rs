//! What the page is told. It comes as one event of Tauri, which says what it is about.
//!
//! If each part had an event of its own, a page that opens would ask to hear each of them before it
//! asks for the state: a dozen calls to another process.

use serde::Serialize;
use tauri::{AppHandle, Emitter as _};

/// The name of the event.
const TOLD: &str = "told";

/// What an event of that name holds.
#[derive(Clone, Serialize)]
struct Told<T> {
    /// The part of the page's state that changed, or [`PERFORM`].
    part: &'static str,
    value: T,
}

/// Instead of a part: the page is to perform a command, which is the value.
const PERFORM: &str = "perform";

/// Tells the page what a part of its state is now. A page that is not there yet misses it, and asks
/// for everything when it comes.
pub(crate) fn part(
    app: &AppHandle,
    part: &'static str,
    value: impl Serialize + Clone,
) -> tauri::Result<()> {
    app.emit(TOLD, Told { part, value })
}

/// Has the page perform a command of its own.
pub(crate) fn perform(app: &AppHandle, command: &str) -> tauri::Result<()> {
    part(app, PERFORM, command)
}
