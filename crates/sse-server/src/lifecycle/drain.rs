//! Ends the streams of a server that is about to stop, one by one.

use std::sync::Arc;
use std::time::{Duration, Instant};

use sse_engine::fault::Who;
use sse_engine::pump::{Act, Leave};

use crate::clock;
use crate::config::Drain;
use crate::drain::{Plan, Stage};
use crate::routes::Context;

/// Streams that are due within so long end together: a client notices no difference, and the
/// sweepers look through their connections for each of these times.
const TOGETHER: Duration = Duration::from_millis(20);

/// How long the last of them may take to send what they have, before the stop.
const LAST: Duration = Duration::from_millis(200);

/// How often it is looked whether any is left.
const LOOK: Duration = Duration::from_millis(20);

/// Drains, and returns when no stream is left or the time is over. It changes nothing that the stop
/// behind it does not change too, so it may be dropped at any time.
pub(super) async fn drain(context: &Arc<Context>, drain: Drain) {
    let begin = clock::now().instant;
    context.draining.set(Stage::Announced);
    sleep_until(begin + drain.delay).await;
    context.draining.set(Stage::Ending);
    let begin = clock::now().instant;
    let span = drain.whole.saturating_sub(drain.delay);
    let mut plan = Plan::new(open(context), begin, span, &mut fastrand::Rng::new());
    while let Some(next) = plan.next() {
        // Who left by itself is waited for by nobody.
        if is_empty(context) {
            return;
        }
        let soon = clock::now().instant + TOGETHER;
        sleep_until(next.max(soon)).await;
        let due = plan.due(clock::now().instant);
        if !due.is_empty() {
            let act = Act::Leave(Leave::Drained);
            context.acts.act(due.iter().copied(), &act);
        }
    }
    let last = clock::now().instant + LAST;
    while !is_empty(context) && clock::now().instant < last {
        tokio::time::sleep(LOOK).await;
    }
}

/// The streams of all rooms that are open.
fn open(context: &Context) -> Vec<u64> {
    let tables = context.rooms.tables().into_iter();
    tables
        .flat_map(|table| table.open_of(&Who::default()))
        .collect()
}

fn is_empty(context: &Context) -> bool {
    let tables = context.rooms.tables();
    tables.iter().all(|table| table.use_count().0 == 0)
}

async fn sleep_until(at: Instant) {
    tokio::time::sleep_until(at.into()).await;
}
