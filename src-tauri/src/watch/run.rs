//! One watch, from its first request to its end: it asks, reads, and asks again where an
//! EventSource would.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sse_client::{End, Error, Policy, Reconnect, Step, Watch, Wish};
use tokio::sync::oneshot;

use super::progress::Progress;
use super::{close, lock};

/// Watches until the stream ends, or somebody stops it.
pub(super) async fn watch(
    wish: Wish,
    reconnects: bool,
    run: u64,
    seen: Arc<Mutex<Progress>>,
    mut stopped: oneshot::Receiver<()>,
) {
    let run = Run {
        wish,
        reconnects,
        run,
        seen,
        began: Instant::now(),
    };
    tokio::select! {
        // Nothing comes any more, so a recording is whole.
        () = run.go() => run.close(),
        // Whoever stopped it has noted so.
        _ = &mut stopped => {}
    }
}

struct Run {
    wish: Wish,
    reconnects: bool,
    /// Its number.
    run: u64,
    seen: Arc<Mutex<Progress>>,
    began: Instant,
}

impl Run {
    async fn go(&self) {
        let mut client = Reconnect::new(match self.reconnects {
            true => Policy::EventSource,
            false => Policy::Fetch,
        });
        let mut step = client.begin(Duration::ZERO);
        let mut why = String::new();
        loop {
            let attempt = match step {
                Step::Request(attempt) => attempt,
                Step::Fail(failure) => {
                    // Without a reconnect, the end was said already.
                    let why = self.reconnects.then(|| failure.to_string());
                    self.note(|seen| seen.over(why));
                    return;
                }
                Step::Open | Step::Nothing => return,
            };
            let wait = attempt.at.saturating_sub(self.began.elapsed());
            let id = attempt.last_event_id;
            if attempt.at > Duration::ZERO {
                self.note(|seen| seen.waits(wait, id.as_deref(), why));
                tokio::time::sleep(wait).await;
            }
            self.note(Progress::asks);
            step = match Watch::begin(self.wish.resumed(id)).await {
                Ok(stream) => match self.read(stream, &mut client).await {
                    // Its time is over.
                    Ok(End::Stopped) => {
                        let why = "The time of the curl command is over: leave -m out to watch for longer.";
                        return self.note(|seen| seen.over(Some(why.to_owned())));
                    }
                    Ok(end) => {
                        why = end.to_string();
                        match end {
                            End::InOrder => client.end(self.began.elapsed()),
                            _ => client.network_error(self.began.elapsed()),
                        }
                    }
                    Err(e) => return self.note(|seen| seen.fails(&e)),
                },
                // What a network has for a moment only, another try may find gone.
                Err(e) if self.reconnects && e.is_network() => {
                    why = e.to_string();
                    client.network_error(self.began.elapsed())
                }
                Err(e) => return self.note(|seen| seen.fails(&e)),
            };
        }
    }

    /// Reads one stream to its end.
    async fn read(&self, mut stream: Watch, client: &mut Reconnect) -> Result<End, Error> {
        let status = stream.head().status;
        let kind = stream.head().media_type();
        let kind = Some(kind.as_str()).filter(|kind| !kind.is_empty());
        self.note(|seen| seen.begins(&stream));
        let answered = client.response(status, kind);
        while let Some(piece) = stream.next().await? {
            self.note(|seen| {
                if let Some(reading) = seen.piece(&piece) {
                    client.commit_id(reading.last_id());
                    if let Some(retry) = reading.retry() {
                        client.retry(retry);
                    }
                }
            });
            // A sender that is always faster leaves no other task a turn.
            tokio::task::yield_now().await;
        }
        let (end, at) = stream.end().unwrap_or((End::Stopped, stream.elapsed()));
        self.note(|seen| seen.ends(end, at));
        if let (Step::Fail(failure), true) = (answered, self.reconnects) {
            self.note(|seen| seen.over(Some(failure.to_string())));
        }
        Ok(end)
    }

    fn close(&self) {
        if lock(&self.seen).run == self.run {
            close(&self.seen);
        }
    }

    /// Notes something, unless another watch has begun meanwhile, or somebody has stopped this one.
    fn note(&self, what: impl FnOnce(&mut Progress)) {
        let mut seen = lock(&self.seen);
        if seen.is_of(self.run) {
            what(&mut seen);
        }
    }
}
