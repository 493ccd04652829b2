//! Medians, percentiles, ratios, and intervals of medians.

/// The value in the middle, or the mean of the two in the middle; `None` without values.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => None,
        odd if odd % 2 == 1 => Some(sorted[middle]),
        _ => Some(f64::midpoint(sorted[middle - 1], sorted[middle])),
    }
}

/// Sorts the values and returns the smallest that is at least as large as this many per cent of
/// them; `None` without values.
pub(crate) fn percentile<T: Copy + Ord>(values: &mut [T], percent: f64) -> Option<T> {
    values.sort_unstable();
    let rank = (percent / 100.0 * values.len() as f64).ceil() as usize;
    values.get(rank.max(1) - 1).copied()
}

/// The ratios of two rows of figures, round by round. A round is left out if it lacks one of the
/// two figures, or if the second is 0.
pub(crate) fn ratios(of: &[Option<f64>], to: &[Option<f64>]) -> Vec<f64> {
    let pairs = of.iter().zip(to);
    let pairs = pairs.filter_map(|(of, to)| Some((((*of)?), (*to)?)));
    pairs
        .filter(|(_, to)| *to > 0.0)
        .map(|(of, to)| of / to)
        .collect()
}

/// How sure an interval of a median has to be, in per cent.
const SURE: f64 = 95.0;

/// Where the true median of some values is, however they are distributed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Interval {
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// In how many of 100 such runs an interval made in this way holds the true median; `None` if
    /// the values are too few to be sure, and these are the lowest and the highest of them.
    pub(crate) sure: Option<f64>,
}

/// The narrowest interval between a value and its mirror image in the order that is sure enough. Of
/// nine values it goes from the second lowest to the second highest. `None` without values.
///
/// Each value is below the true median with a chance of one half, so how many of them are is a
/// matter of coins. The interval misses only if fewer than `k` heads or fewer than `k` tails came,
/// where it goes from the `k`th lowest to the `k`th highest.
pub(crate) fn interval(values: &[f64]) -> Option<Interval> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let (lowest, highest) = (*sorted.first()?, *sorted.last()?);
    let mut found = Interval {
        low: lowest,
        high: highest,
        sure: None,
    };
    let n = sorted.len();
    // How many of the 2^n ways of n coins have exactly k heads, and fewer than k + 1.
    let (mut exactly, mut fewer) = (1.0, 1.0);
    for k in 0..n.div_ceil(2) {
        let sure = 100.0 * (1.0 - 2.0 * fewer / (n as f64).exp2());
        if sure < SURE {
            break;
        }
        found = Interval {
            low: sorted[k],
            high: sorted[n - 1 - k],
            sure: Some(sure),
        };
        exactly *= (n - k) as f64 / (k + 1) as f64;
        fewer += exactly;
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(median(&[]), None);
        assert_eq!(median(&[3.0]), Some(3.0));
        assert_eq!(median(&[9.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
    }

    #[test]
    fn percentiles_are_values_that_were_there() {
        let mut values: Vec<u32> = (1..=200).rev().collect();
        assert_eq!(percentile(&mut values, 50.0), Some(100));
        assert_eq!(percentile(&mut values, 99.0), Some(198));
        assert_eq!(percentile(&mut values, 100.0), Some(200));
        assert_eq!(percentile(&mut values, 0.0), Some(1));
        assert_eq!(percentile(&mut [7], 99.0), Some(7));
        assert_eq!(percentile::<u32>(&mut [], 99.0), None);
    }

    #[test]
    fn an_interval_is_as_narrow_as_its_values_are_sure() {
        let of = |n: u32| {
            let values: Vec<f64> = (1..=n).rev().map(f64::from).collect();
            let found = interval(&values).expect("there are values");
            (found.low, found.high, found.sure)
        };
        // 1 - 2 (1 + 9) / 2^9, and 1 - 2 / 2^6.
        assert_eq!(of(9), (2.0, 8.0, Some(96.09375)));
        assert_eq!(of(6), (1.0, 6.0, Some(96.875)));
        // From tables of the sign test.
        assert_eq!((of(15).0, of(15).1), (4.0, 12.0));
        assert_eq!((of(20).0, of(20).1), (6.0, 15.0));
        // Five values hold the median in 93.75 of 100 runs, which is too few.
        assert_eq!(of(5), (1.0, 5.0, None));
        assert_eq!(of(3), (1.0, 3.0, None));
        assert_eq!(of(1), (1.0, 1.0, None));
        assert_eq!(interval(&[]), None);
    }

    /// What is claimed is tried: a fixed sequence of values that are far from normal, whose true
    /// median is known.
    #[test]
    fn an_interval_holds_the_true_median_as_often_as_it_says() {
        let mut state = 1_u64;
        let mut next = || {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            let uniform = (state >> 11) as f64 / (1_u64 << 53) as f64;
            uniform.powi(9)
        };
        let runs = 4000;
        let held = (0..runs).filter(|_| {
            let values: Vec<f64> = (0..9).map(|_| next()).collect();
            let found = interval(&values).expect("there are values");
            (found.low..=found.high).contains(&0.5_f64.powi(9))
        });
        let share = 100.0 * held.count() as f64 / f64::from(runs);
        assert!((95.0..97.2).contains(&share), "{share}");
    }

    #[test]
    fn ratios_are_taken_within_a_round() {
        let ours = [Some(2.0), None, Some(9.0), Some(1.0)];
        let limit = [Some(1.0), Some(1.0), Some(3.0), Some(0.0)];
        assert_eq!(ratios(&ours, &limit), [2.0, 3.0]);
    }
}
