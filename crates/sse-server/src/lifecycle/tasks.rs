//! What the server does by itself as long as it exists, whether or not it runs.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::catalog::StreamsView;
use crate::clock;
use crate::connections::{Connections, STEP, TIMELINE_KEPT};
use crate::routes::{self, Context, LOOK};

/// Starts all of it. Each task ends with the server.
pub(super) fn spawn(context: &Arc<Context>) {
    tokio::spawn(expire(Arc::downgrade(context)));
    tokio::spawn(tidy(Arc::downgrade(context)));
    tokio::spawn(look_out(Arc::downgrade(context)));
    tokio::spawn(arm_saved(Arc::downgrade(context)));
    tokio::spawn(sample(Arc::downgrade(context)));
}

/// Ends the topics that nobody reads and nobody feeds, as long as there is somebody to ask for
/// others.
async fn expire(context: Weak<Context>) {
    let Some(every) = context
        .upgrade()
        .and_then(|context| context.rooms.default().topics.expires_every())
    else {
        return;
    };
    loop {
        tokio::time::sleep(every).await;
        let Some(context) = context.upgrade() else {
            return;
        };
        let now = Instant::now();
        context.rooms.default().topics.expire(now);
        context.rooms.expire_topics(now);
    }
}

/// Lets the rooms go that nobody uses, as long as there is somebody to ask for others.
async fn tidy(context: Weak<Context>) {
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(context) = context.upgrade() else {
            return;
        };
        for name in context.rooms.expire(Instant::now()) {
            routes::heal_room(&context, Some(&name));
        }
    }
}

/// How often it is looked who is missing and who has several open.
const LOOK_OUT: Duration = Duration::from_secs(1);

/// Notes missing clients and several open connections in the log, as long as the table exists.
async fn look_out(context: Weak<Context>) {
    let mut every = interval(LOOK_OUT);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        every.tick().await;
        let Some(context) = context.upgrade() else {
            return;
        };
        let tables = context.rooms.tables();
        tables.iter().for_each(|table| table.look_out(clock::now()));
        routes::expire_faults(&context);
    }
}

/// Arms the faults of the file of streams whenever it was saved.
async fn arm_saved(context: Weak<Context>) {
    let revision = |view: &StreamsView| view.file.as_ref().map_or(0, |file| file.revision);
    let changed = |it: Arc<Context>| it.rooms.default().streams().changed();
    let Some(mut changed) = context.upgrade().map(changed) else {
        return;
    };
    let mut armed = revision(&changed.borrow_and_update());
    while changed.changed().await.is_ok() {
        let saved = revision(&changed.borrow_and_update());
        let Some(context) = context.upgrade() else {
            return;
        };
        if saved != armed {
            armed = saved;
            let room = context.rooms.default();
            context.upstreams.set_of_file(&room.streams().upstreams());
            routes::arm_streams(&context);
        }
    }
}

/// While somebody looks at the timeline, counts in steps what connections are sent. Forgets the
/// timeline when nobody has looked for long.
async fn sample(context: Weak<Context>) {
    let Some(mut looked) = context.upgrade().map(|it| it.connections.looked()) else {
        return;
    };
    loop {
        match timeout(TIMELINE_KEPT, looked.changed()).await {
            Ok(Ok(())) => {}
            Ok(Err(_)) => return,
            Err(_) => {
                let Some(context) = context.upgrade() else {
                    return;
                };
                let tables = context.rooms.tables();
                tables.iter().for_each(Connections::forget_timeline);
                if looked.changed().await.is_err() {
                    return;
                }
            }
        }
        let mut every = interval(STEP);
        every.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            every.tick().await;
            let Some(context) = context.upgrade() else {
                return;
            };
            let mut looks = false;
            for table in context.rooms.tables() {
                looks |= table.sample(clock::now());
            }
            if !looks {
                break;
            }
        }
    }
}
