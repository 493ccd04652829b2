//! How far the server is with ending its streams before it stops, and when each of them ends.

use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

/// How far a drain is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub(crate) enum Stage {
    /// There is none.
    #[default]
    None,
    /// The server says that it is not ready, and takes new streams as before: those that send
    /// clients here need time to notice.
    Announced,
    /// Streams are ended, and new ones are refused.
    Ending,
}

/// The stage of the drain of a server, for all who look.
#[derive(Debug, Default)]
pub(crate) struct Draining(AtomicU8);

impl Draining {
    pub(crate) fn stage(&self) -> Stage {
        match self.0.load(Ordering::Acquire) {
            0 => Stage::None,
            1 => Stage::Announced,
            _ => Stage::Ending,
        }
    }

    pub(crate) fn set(&self, stage: Stage) {
        self.0.store(stage as u8, Ordering::Release);
    }

    /// Whether the server drains.
    pub(crate) fn is_on(&self) -> bool {
        self.stage() > Stage::None
    }
}

/// Which stream ends when. They end one by one, in random order and at even intervals, so that
/// those who come back do not come together.
///
/// How to drive it: make it when the first may end, with all streams that are open. Then end those
/// of [`due`](Self::due), at the latest at [`next`](Self::next), until there is no next.
#[derive(Debug)]
pub(crate) struct Plan {
    /// The streams in the order in which they end.
    streams: Vec<u64>,
    /// How many of them were due.
    ended: usize,
    begin: Instant,
    /// From the beginning until the last of them ends.
    span: Duration,
}

impl Plan {
    /// A plan for these streams, the last of which ends `span` after `begin`.
    pub(crate) fn new(
        mut streams: Vec<u64>,
        begin: Instant,
        span: Duration,
        random: &mut fastrand::Rng,
    ) -> Self {
        random.shuffle(&mut streams);
        Self {
            streams,
            ended: 0,
            begin,
            span,
        }
    }

    /// The streams that are due by now and were not before.
    pub(crate) fn due(&mut self, now: Instant) -> &[u64] {
        let before = self.ended;
        let all = self.streams.len() as u128;
        let gone = now.saturating_duration_since(self.begin).as_nanos();
        let due = match self.span.as_nanos() {
            0 => all,
            span => (gone * all / span).min(all),
        };
        // It is not more than there are.
        self.ended = usize::try_from(due).unwrap_or(usize::MAX).max(before);
        self.streams.get(before..self.ended).unwrap_or_default()
    }

    /// When the next stream is due; nothing where all were.
    pub(crate) fn next(&self) -> Option<Instant> {
        let all = self.streams.len() as u128;
        let next = self.ended as u128 + 1;
        if next > all {
            return None;
        }
        // Rounded up, so that it is due then.
        let nanos = (self.span.as_nanos() * next).div_ceil(all);
        let after = Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX));
        Some(
            self.begin
                .checked_add(after)
                .unwrap_or(self.begin + self.span),
        )
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn plan(streams: u64, span: Duration, seed: u64) -> (Plan, Instant) {
        let begin = Instant::now();
        let mut random = fastrand::Rng::with_seed(seed);
        let plan = Plan::new((1..=streams).collect(), begin, span, &mut random);
        (plan, begin)
    }

    /// Who ends when, in milliseconds, if it is looked at when the plan says.
    fn play(streams: u64, ms: u64, seed: u64) -> Vec<(u64, u128)> {
        let (mut plan, begin) = plan(streams, Duration::from_millis(ms), seed);
        let mut ends = Vec::new();
        let mut now = begin;
        loop {
            let at = (now - begin).as_nanos();
            ends.extend(plan.due(now).iter().map(|id| (*id, at)));
            let Some(next) = plan.next() else { break };
            assert!(next > now, "it is not asked in vain");
            now = next;
        }
        ends
    }

    proptest! {
        #[test]
        fn each_stream_ends_once_and_the_last_at_the_end(
            streams in 0_u64..300,
            ms in 1_u64..100_000,
            seed: u64,
        ) {
            let ends = play(streams, ms, seed);
            let ids: BTreeSet<u64> = ends.iter().map(|(id, _)| *id).collect();
            prop_assert_eq!((ids.len(), ends.len()), (streams as usize, streams as usize));
            let span = u128::from(ms) * 1_000_000;
            for (n, (_, at)) in ends.iter().enumerate() {
                let wanted = (span * (n as u128 + 1)).div_ceil(u128::from(streams));
                prop_assert_eq!(*at, wanted, "the {}th", n);
            }
        }

        /// However seldom and irregularly it is looked.
        #[test]
        fn nobody_ends_early_and_no_look_is_needed_for_the_rest_to_end_on_time(
            streams in 1_u64..300,
            ms in 1_u64..100_000,
            looks in prop::collection::vec(0_u64..100_000, 1..20),
        ) {
            let span = Duration::from_millis(ms);
            let (mut plan, begin) = plan(streams, span, 1);
            let mut looks = looks;
            looks.sort_unstable();
            let mut ended = 0;
            for look in looks {
                let after = Duration::from_millis(look);
                ended += plan.due(begin + after).len() as u128;
                let fair = u128::from(streams) * after.min(span).as_nanos() / span.as_nanos();
                prop_assert_eq!(ended, fair);
            }
            ended += plan.due(begin + span).len() as u128;
            prop_assert_eq!(ended, u128::from(streams));
            prop_assert_eq!(plan.next(), None);
        }
    }

    #[test]
    fn the_order_is_another_each_time() {
        let order = |seed| {
            let ends = play(50, 1000, seed).into_iter();
            ends.map(|(id, _)| id).collect::<Vec<_>>()
        };
        assert_ne!(order(1), order(2));
        assert_ne!(
            order(1),
            (1..=50).collect::<Vec<_>>(),
            "nor that in which they came"
        );
    }

    #[test]
    fn without_time_all_end_at_once() {
        let (mut plan, begin) = plan(7, Duration::ZERO, 1);
        assert_eq!(plan.due(begin).len(), 7);
        assert_eq!(plan.next(), None);
        let (mut none, begin) = self::plan(0, Duration::from_secs(1), 1);
        assert!(none.due(begin).is_empty() && none.next().is_none());
    }
}
