//! Opens listeners while the server runs, for those who answer its mounts.

use std::sync::Arc;

use tokio::sync::{Semaphore, mpsc};
use tokio_util::task::TaskTracker;

use super::listen::{self, Options};
use crate::error::Error;
use crate::http::{self, RunContext};
use crate::mount::{ExtraListener, MOST_EXTRA_LISTENERS, OpenListener};

/// Opens those that are asked for until the server stops. The tasks that accept there are among
/// those that are `accepting`, so a stop waits for them too.
pub(super) async fn open(
    mut asked: mpsc::Receiver<OpenListener>,
    run: Arc<RunContext>,
    options: Options,
    accepting: TaskTracker,
) {
    let places = Arc::new(Semaphore::new(MOST_EXTRA_LISTENERS));
    loop {
        let answer = tokio::select! {
            biased;
            () = run.stop.cancelled() => return,
            Some(OpenListener(answer)) = asked.recv() => answer,
            else => return,
        };
        let opened = open_one(&run, options, &places, &accepting);
        // Nobody may wait for it any more: then it is closed by its drop.
        _ = answer.send(opened);
    }
}

/// Opens one, and accepts there until it is dropped or the server stops.
fn open_one(
    run: &Arc<RunContext>,
    options: Options,
    places: &Arc<Semaphore>,
    accepting: &TaskTracker,
) -> Result<ExtraListener, Error> {
    let place = Arc::clone(places).try_acquire_owned();
    let place = place.map_err(|_| Error::TooManyListeners(MOST_EXTRA_LISTENERS))?;
    let place = Arc::new(place);
    let listeners = listen::listen(None, 0, options)?;
    let (extra, listening) = ExtraListener::new(listeners.port, &run.stop);
    for listener in listeners.sockets {
        let bind = move |addr| listen::bind(addr, options);
        let accepted = http::accept(listener, bind, listening.clone(), Arc::clone(run));
        let place = Arc::clone(&place);
        accepting.spawn(async move {
            accepted.await;
            // Where all of its sockets are closed, another may be opened.
            drop(place);
        });
    }
    Ok(extra)
}
