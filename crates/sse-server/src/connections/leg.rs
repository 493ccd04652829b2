//! The two legs of a request that was forwarded, client to here and here to upstream, as its row
//! shows them.

use std::time::{Duration, Instant};

use serde::Serialize;
use sse_engine::time::{Now, millis};

/// The longest name of an upstream that a row shows, in characters.
const SHOWN_HOST: usize = 64;

/// What a row keeps of the leg to its upstream.
#[derive(Clone, Debug)]
pub(crate) struct Leg {
    /// The name of the upstream, with its port where that is not the usual one.
    host: Box<str>,
    /// The status that it answered with, if it did.
    status: Option<u16>,
    /// How long its connection took, and the head of its answer.
    connect: Option<Duration>,
    head: Option<Duration>,
    /// When the request of the client came: its leg begins there.
    pub(super) began: Now,
}

impl Leg {
    /// The leg to the upstream `host`, which answered with `status`, if it did.
    pub(crate) fn new(
        host: &str,
        status: Option<u16>,
        (connect, head): (Option<Duration>, Option<Duration>),
        began: Now,
    ) -> Self {
        let mut shown: String = host.chars().take(SHOWN_HOST).collect();
        if shown.len() < host.len() {
            shown.push('…');
        }
        Self {
            host: shown.into(),
            status,
            connect,
            head,
            began,
        }
    }

    /// The name of the upstream.
    pub(super) fn host(&self) -> &str {
        &self.host
    }

    /// Milliseconds until the head was there.
    pub(super) fn head_ms(&self) -> Option<u64> {
        self.head.map(millis)
    }

    /// Both legs at `now`, where that of the client is open. Its time is in whole seconds, so that
    /// not each look at a quiet stream finds something new.
    pub(super) fn open(&self, now: Instant) -> LegsView {
        let view = self.view(Some(now));
        LegsView {
            client_ms: view.client_ms.map(|ms| ms / 1000 * 1000),
            ..view
        }
    }

    /// Both legs where that of the client has ended: when, where that is known.
    pub(super) fn view(&self, end: Option<Instant>) -> LegsView {
        let lasted = |end: Instant| end.saturating_duration_since(self.began.instant);
        LegsView {
            upstream: self.host.to_string(),
            status: self.status,
            connect_ms: self.connect.map(millis),
            head_ms: self.head_ms(),
            client_ms: end.map(|end| millis(lasted(end))),
        }
    }
}

/// Both legs of a connection whose request was forwarded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct LegsView {
    /// The host of the upstream, and its port where that is not the usual one: 64 characters at
    /// most.
    pub upstream: String,
    /// The status that the upstream answered with; nothing where it gave no answer.
    pub status: Option<u16>,
    /// Milliseconds until the connection to it was there, TLS included; nothing where it never
    /// was.
    pub connect_ms: Option<u64>,
    /// Milliseconds until the head of its answer was there.
    pub head_ms: Option<u64>,
    /// Milliseconds from the client's request until its connection ended; while it is open until
    /// now, in whole seconds. Nothing for an answer that is no stream, whose end is not followed.
    pub client_ms: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leg_is_small_and_its_times_are_those_of_its_request() {
        let start = Now {
            instant: Instant::now(),
            wall: std::time::UNIX_EPOCH,
        };
        let times = (
            Some(Duration::from_millis(3)),
            Some(Duration::from_millis(40)),
        );
        let leg = Leg::new(&"é".repeat(100), Some(200), times, start);
        assert_eq!(leg.host(), format!("{}…", "é".repeat(64)));
        let at = start.after(Duration::from_secs(2)).instant;
        let view = leg.view(Some(at));
        assert_eq!((view.connect_ms, view.head_ms), (Some(3), Some(40)));
        assert_eq!(view.client_ms, Some(2000));
        assert_eq!(leg.view(None).client_ms, None);
        let now = start.after(Duration::from_millis(2999)).instant;
        assert_eq!(leg.open(now), view);
    }
}
