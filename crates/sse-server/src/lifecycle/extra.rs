//! Opens listeners while the server runs, for those who answer its mounts.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::listen::{self, Options};
use crate::error::Error;
use crate::http::{self, RunContext};
use crate::mount::{ExtraListener, MOST_EXTRA_LISTENERS, OpenListener};

/// How long the sockets of a listener may take to close, once they are to: a while on a busy
/// machine.
const CLOSES_WITHIN: Duration = Duration::from_secs(2);

/// Opens those that are asked for until the server stops. The tasks that accept there are among
/// those that are `accepting`, so a stop waits for them too.
pub(super) async fn open(
    mut asked: mpsc::Receiver<OpenListener>,
    run: Arc<RunContext>,
    options: Options,
    accepting: TaskTracker,
) {
    let places = Arc::new(Semaphore::new(MOST_EXTRA_LISTENERS));
    // Each is cancelled as soon as its listener is to be closed.
    let mut open: Vec<CancellationToken> = Vec::new();
    loop {
        let answer = tokio::select! {
            biased;
            () = run.stop.cancelled() => return,
            Some(OpenListener(answer)) = asked.recv() => answer,
            else => return,
        };
        open.retain(|stop| !stop.is_cancelled());
        let place = match open.len() < MOST_EXTRA_LISTENERS {
            // It may be that of one whose sockets are not closed yet.
            true => timeout(CLOSES_WITHIN, Arc::clone(&places).acquire_owned()).await,
            false => {
                _ = answer.send(Err(Error::TooManyListeners(MOST_EXTRA_LISTENERS)));
                continue;
            }
        };
        let opened = match place {
            Ok(Ok(place)) => open_one(&run, options, place, &accepting),
            _ => Err(Error::TooManyListeners(MOST_EXTRA_LISTENERS)),
        };
        let opened = opened.map(|(extra, stop)| {
            open.push(stop);
            extra
        });
        // Nobody may wait for it any more: then it is closed by its drop.
        _ = answer.send(opened);
    }
}

/// Opens one, and accepts there until it is dropped or the server stops. Answers what is cancelled
/// then, too.
fn open_one(
    run: &Arc<RunContext>,
    options: Options,
    place: OwnedSemaphorePermit,
    accepting: &TaskTracker,
) -> Result<(ExtraListener, CancellationToken), Error> {
    let place = Arc::new(place);
    let listeners = listen::listen(None, 0, options)?;
    let (extra, listening) = ExtraListener::new(listeners.port, &run.stop);
    let stop = listening.stop.clone();
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
    Ok((extra, stop))
}
