//! The window's watch of any URL: one at a time, asked for by a person, run by the client of
//! `sse-client`. No page of anybody can start one: it is reached by the commands of the window
//! alone, and the server has no route to it.
//!
//! | module | what it is for |
//! |---|---|
//! | `form` | what a person fills in, and the request that it makes |
//! | `run` | one watch, from its first request to its end |
//! | `progress` | what came of it so far, within bounds |
//! | `record` | a watch on its way into a file |
//! | `view` | the same for the page |
//! | `rule` | what `docs/DIAGNOSIS.md` says of a rule |
//!
//! Nothing of a watch is written to a file here, unless a person records it: not its headers, its
//! body, nor what came. The page keeps its address, without what may be a secret.

mod form;
mod progress;
mod record;
mod rule;
mod run;
#[cfg(test)]
mod tests;
mod view;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sse_client::diagnose::diagnose;
use sse_server::WatchRecording;
use tokio::sync::oneshot;

pub(crate) use form::Form;
use progress::Progress;
pub(crate) use rule::explanation;
pub(crate) use view::{Cursor, JoinedView, WatchView};

use crate::error::Error;

/// The one watch of the window.
///
/// [`begin`](Self::begin) starts it and ends the one before; [`stop`](Self::stop) ends it.
/// [`view`](Self::view) and [`joined`](Self::joined) say at any time what came. When a stream is
/// over, [`probe`](Self::probe) asks what a diagnosis wants to know besides.
#[derive(Default)]
pub(crate) struct Watcher {
    seen: Arc<Mutex<Progress>>,
    /// Dropping it stops the watch.
    running: Mutex<Option<oneshot::Sender<()>>>,
}

impl Watcher {
    /// Begins a watch. What can be read of the form only on the way is in its state then. `file`
    /// makes the file that it is recorded to, for the address that is asked, where it is to be.
    ///
    /// # Errors
    /// The form makes no request, or there is no file.
    pub(crate) fn begin(
        &self,
        form: &Form,
        file: Option<impl FnOnce(&str) -> Result<WatchRecording, Error>>,
    ) -> Result<(), Error> {
        let wish = form.wish()?;
        let recording = file.map(|file| file(&wish.url.whole())).transpose()?;
        let (stop, stopped) = oneshot::channel();
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        self.stop_recording();
        // Its number tells what an older watch may still have to say from what this one does.
        let run = lock(&self.seen).begin(wish.clone());
        if let Some(recording) = recording {
            _ = lock(&self.seen).record(recording);
        }
        *running = Some(stop);
        let seen = Arc::clone(&self.seen);
        let reconnects = form.reconnects;
        tauri::async_runtime::spawn(run::watch(wish, reconnects, run, seen, stopped));
        Ok(())
    }

    /// Ends the watch, where there is one.
    pub(crate) fn stop(&self) {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        // At once, so that whoever asks next sees it: the task may take a moment to notice.
        lock(&self.seen).stop();
        *running = None;
        drop(running);
        self.stop_recording();
    }

    /// Records the watch that goes on: what is kept of its stream, and all that comes. `file` makes
    /// the file, for the address that is asked.
    ///
    /// # Errors
    /// Nothing is watched, or there is no file.
    pub(crate) fn record(
        &self,
        file: impl FnOnce(&str) -> Result<WatchRecording, Error>,
    ) -> Result<(), Error> {
        let url = lock(&self.seen).records().ok_or(Error::NothingToRecord)?;
        let recording = file(&url)?;
        let rest = lock(&self.seen).record(recording);
        // It was over meanwhile, or somebody else was faster.
        if let Some(rest) = rest {
            rest.discard();
        }
        Ok(())
    }

    /// Ends the recording, where there is one, and closes its file. The watch goes on.
    pub(crate) fn stop_recording(&self) {
        close(&self.seen);
    }

    /// What came, as far as it is newer than the cursor.
    pub(crate) fn view(&self, cursor: &Cursor) -> WatchView {
        let seen = lock(&self.seen).observed();
        // Without the lock: whoever reads the stream waits for it with each piece.
        let judged = seen.map(|(of, seen)| (of, diagnose(&seen)));
        lock(&self.seen).view(cursor, judged)
    }

    /// What the events mean together, where their dialect is known.
    pub(crate) fn joined(&self) -> JoinedView {
        lock(&self.seen).joined()
    }

    /// Asks once more with the last event id, and with HEAD, and notes what was answered. Does
    /// nothing where the watch is not over, or is none of a stream that was asked for with GET.
    pub(crate) async fn probe(&self) {
        let Some((run, wish, mut seen, id)) = lock(&self.seen).begin_probe() else {
            return;
        };
        sse_client::probe(&mut seen, &wish, id.as_deref(), None).await;
        lock(&self.seen).note_probe(run, seen);
    }
}

/// Closes the file of a recording. Nobody waits for that who reads the stream.
fn close(seen: &Mutex<Progress>) {
    let (recording, at) = {
        let mut seen = lock(seen);
        (seen.record.take(), seen.record.since_begin(seen.elapsed()))
    };
    if let Some(recording) = recording {
        let closed = recording.close(at);
        lock(seen).record.closed(closed);
    }
}

fn lock(seen: &Mutex<Progress>) -> MutexGuard<'_, Progress> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
