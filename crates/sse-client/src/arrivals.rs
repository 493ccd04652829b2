//! When the pieces of a stream came, over a whole watch and within a fixed bound, for a picture.

use std::time::Duration;

/// The most bins: about as many as a wide window has pixels.
const MOST: usize = 2048;

/// How long the first bins are.
const SHORTEST: Duration = Duration::from_millis(1);

/// What came in one step of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Bin {
    /// Pieces, which are what one read brought each.
    pub pieces: u64,
    /// Events that they completed.
    pub events: u64,
    /// The longest time without a piece that ended in this step.
    pub gap: Duration,
}

/// When pieces came.
///
/// Call [`add`](Self::add) for each piece, in their order. Time is parted into bins from the
/// beginning on. Where there are too many, each two become one, so that a watch of a second is
/// known to a millisecond, one of a day to less than a minute, and no gap is ever forgotten.
///
/// # Bound
///
/// 2,048 bins of 32 bytes.
#[derive(Clone, Debug)]
pub struct Arrivals {
    length: Duration,
    bins: Vec<Bin>,
    /// When the last piece came; before the first one, since when it was waited for.
    last: Duration,
}

impl Arrivals {
    /// Of a stream whose first piece is waited for since an instant.
    pub fn new(since: Duration) -> Self {
        Self {
            length: SHORTEST,
            bins: Vec::new(),
            last: since,
        }
    }

    /// A piece came and completed so many events.
    pub fn add(&mut self, at: Duration, events: u64) {
        let gap = at.saturating_sub(self.last);
        self.last = self.last.max(at);
        let bin = self.bin(self.last);
        bin.pieces += 1;
        bin.events += events;
        bin.gap = bin.gap.max(gap);
    }

    /// A stream of the same watch begins: what came before it is no gap of it.
    pub fn begin(&mut self, at: Duration) {
        self.last = self.last.max(at);
    }

    /// How long a bin is.
    pub fn length(&self) -> Duration {
        self.length
    }

    /// When the last piece came; before the first one, since when it is waited for.
    pub fn last(&self) -> Duration {
        self.last
    }

    /// The bins from the beginning on. The last one may be under way.
    pub fn bins(&self) -> &[Bin] {
        &self.bins
    }

    fn bin(&mut self, at: Duration) -> &mut Bin {
        let mut index = at.as_nanos() / self.length.as_nanos();
        while index >= MOST as u128 {
            self.halve();
            index = at.as_nanos() / self.length.as_nanos();
        }
        let index = index as usize;
        if self.bins.len() <= index {
            self.bins.resize(index + 1, Bin::default());
        }
        &mut self.bins[index]
    }

    fn halve(&mut self) {
        let halved = self.bins.chunks(2).map(|pair| {
            let mut bin = Bin::default();
            for part in pair {
                bin.pieces += part.pieces;
                bin.events += part.events;
                bin.gap = bin.gap.max(part.gap);
            }
            bin
        });
        self.bins = halved.collect();
        self.length = self.length.saturating_mul(2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: fn(u64) -> Duration = Duration::from_millis;

    #[test]
    fn a_short_watch_is_known_to_a_millisecond() {
        let mut arrivals = Arrivals::new(MS(10));
        for at in [12, 12, 30] {
            arrivals.add(MS(at), 2);
        }
        let bins = arrivals.bins();
        let bin = |pieces, events, gap| Bin {
            pieces,
            events,
            gap: MS(gap),
        };
        assert_eq!(arrivals.length(), MS(1));
        assert_eq!((bins[12], bins[30]), (bin(2, 4, 2), bin(1, 2, 18)));
        assert_eq!(bins.iter().filter(|bin| bin.pieces > 0).count(), 2);
    }

    #[test]
    fn a_day_is_as_large_as_a_minute_and_forgets_no_stall() {
        let mut arrivals = Arrivals::new(Duration::ZERO);
        let mut now = Duration::ZERO;
        for second in 0..86_400 {
            now += match second {
                40_000 => MS(31_000),
                _ => MS(1000),
            };
            arrivals.add(now, 1);
        }
        let bins = arrivals.bins();
        assert!(
            bins.len() <= MOST && bins.len() > MOST / 2,
            "{}",
            bins.len()
        );
        assert_eq!(bins.iter().map(|bin| bin.pieces).sum::<u64>(), 86_400);
        let stall = bins.iter().position(|bin| bin.gap == MS(31_000));
        let at = arrivals.length() * stall.expect("it is there") as u32;
        assert!(
            at <= MS(40_031_000) && at + arrivals.length() * 2 > MS(40_031_000),
            "{at:?}"
        );
    }

    #[test]
    fn any_instant_is_taken() {
        let mut arrivals = Arrivals::new(MS(5));
        arrivals.add(Duration::ZERO, 0);
        arrivals.add(Duration::MAX, 1);
        arrivals.add(MS(7), 1);
        assert_eq!(arrivals.bins().iter().map(|bin| bin.pieces).sum::<u64>(), 3);
        assert_eq!(arrivals.last(), Duration::MAX);
    }

    #[test]
    fn the_time_between_two_streams_is_no_gap() {
        let mut arrivals = Arrivals::new(Duration::ZERO);
        arrivals.add(MS(10), 1);
        arrivals.begin(MS(3000));
        arrivals.add(MS(3020), 1);
        let longest = arrivals.bins().iter().map(|bin| bin.gap).max();
        assert_eq!(longest, Some(MS(20)));
    }
}
