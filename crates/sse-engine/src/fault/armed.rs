//! A fault that is in force, and how often it struck.

use std::num::NonZeroU64;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use super::{Fault, When};
use crate::lock::lock;

/// A fault that is in force. All connections that it strikes share it, so that `times` counts their
/// strikes together.
#[derive(Debug)]
pub struct Armed {
    /// Its number, by which it is healed and by which a row says that it struck.
    pub id: u64,
    /// What it is.
    pub fault: Fault,
    /// When it began, or will begin: `start` behind the instant at which it was armed, and at the
    /// door `after` behind that.
    pub begins: Instant,
    /// How often it struck. A fault of a recording is armed anew for each client, and counts on.
    strikes: Arc<AtomicU64>,
    /// When and whom it struck last, for people.
    last: Mutex<Option<Strike>>,
    /// Whether it was healed. Those who have it look here before they act on it.
    healed: AtomicBool,
}

/// A strike of a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Strike {
    /// When.
    pub at: SystemTime,
    /// Whom; nothing where it struck everyone, or a request that has no row.
    pub whom: Option<Target>,
}

/// Whom a fault struck.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// The number of the connection.
    pub connection: u64,
    /// The path of its stream.
    pub stream: String,
    /// The tag of its client, if it has one.
    pub client: Option<String>,
}

impl Armed {
    /// A fault that is armed at this instant.
    pub fn new(id: u64, fault: Fault, now: Instant) -> Self {
        Self::counted(id, fault, now, Arc::default())
    }

    /// The same, which counts its strikes together with those that were counted so far.
    pub(crate) fn counted(id: u64, fault: Fault, now: Instant, strikes: Arc<AtomicU64>) -> Self {
        // At the door a time counts from the arming.
        let after = match fault.when {
            Some(When::Time(after)) if fault.act.is_of_door() => after,
            _ => Duration::ZERO,
        };
        Self {
            id,
            begins: now + fault.start + after,
            fault,
            strikes,
            last: Mutex::new(None),
            healed: AtomicBool::new(false),
        }
    }

    /// When it is over by itself, if ever. The words of silence are not: their `for` says how long
    /// the silence is, from the instant at which they strike.
    pub fn until(&self) -> Option<Instant> {
        let lasts = self.fault.lasts.filter(|_| !self.fault.act.is_silence())?;
        Some(self.begins + lasts)
    }

    /// Whether it is in force: it began, was not healed, is not over, and may strike again.
    pub fn is_in_force(&self, now: Instant) -> bool {
        self.begins <= now && !self.is_over(now)
    }

    /// Whether it will not strike any more.
    pub fn is_over(&self, now: Instant) -> bool {
        let often = self.fault.often.times;
        self.is_withdrawn(now) || often.is_some_and(|times| self.strikes() >= times.get())
    }

    /// Whether what it did where it struck ends too: it was healed, or its time is over.
    pub fn is_withdrawn(&self, now: Instant) -> bool {
        self.is_healed() || self.until().is_some_and(|until| until <= now)
    }

    /// How often it struck.
    pub fn strikes(&self) -> u64 {
        self.strikes.load(Ordering::Relaxed)
    }

    /// The last strike that was noted.
    pub fn last(&self) -> Option<Strike> {
        lock(&self.last).clone()
    }

    /// Notes a strike that was counted, once it is known whom it struck.
    pub fn note(&self, strike: Strike) {
        *lock(&self.last) = Some(strike);
    }

    /// Counts a strike. Answers whether it may strike: not where it was healed, nor where it struck
    /// as often as it may.
    pub fn strike(&self) -> bool {
        if self.is_healed() {
            return false;
        }
        let most = self.fault.often.times.map_or(u64::MAX, NonZeroU64::get);
        let counted = self
            .strikes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |strikes| {
                (strikes < most).then_some(strikes + 1)
            });
        counted.is_ok()
    }

    /// Counts its first strike. Answers whether this is it.
    pub fn strike_first(&self) -> bool {
        self.strikes
            .compare_exchange(0, 1, Ordering::Relaxed, Ordering::Relaxed)
            .is_ok()
    }

    /// Puts it out of force.
    pub fn heal(&self) {
        self.healed.store(true, Ordering::Relaxed);
    }

    /// Whether it was healed.
    pub fn is_healed(&self) -> bool {
        self.healed.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const S: Duration = Duration::from_secs(1);

    fn armed(text: &str, now: Instant) -> Armed {
        Armed::new(7, text.parse().expect(text), now)
    }

    #[test]
    fn it_is_in_force_from_its_start_until_it_is_over() {
        let now = Instant::now();
        let of = |text: &str| {
            let armed = armed(text, now);
            let times = (0..5).map(move |s| armed.is_in_force(now + s * S));
            times.collect::<Vec<_>>()
        };
        assert_eq!(of("cut,after=1"), [true; 5]);
        assert_eq!(of("cut,after=1,for=2s"), [true, true, false, false, false]);
        assert_eq!(
            of("cut,after=1,start=1s,for=2s"),
            [false, true, true, false, false]
        );
        assert_eq!(of("silence,for=2s"), [true; 5], "that is its length");
        assert_eq!(
            of("status=503,after=1s,start=1s,for=1s"),
            [false, false, true, false, false]
        );
    }

    #[test]
    fn it_strikes_as_often_as_it_may_and_not_once_it_is_healed() {
        let now = Instant::now();
        let twice = armed("cut,after=1,times=2", now);
        let strikes: Vec<bool> = (0..4).map(|_| twice.strike()).collect();
        assert_eq!(strikes, [true, true, false, false]);
        assert_eq!((twice.strikes(), twice.is_over(now)), (2, true));

        let always = armed("cut,after=1", now);
        assert!(always.strike() && always.is_in_force(now));
        always.heal();
        assert!(!always.is_in_force(now));
        // Whoever met it before looks once more when it would strike.
        assert!(!always.strike());
        assert_eq!(always.strikes(), 1);
    }
}
