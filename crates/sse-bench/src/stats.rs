//! Medians, percentiles and ratios.

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
    fn ratios_are_taken_within_a_round() {
        let ours = [Some(2.0), None, Some(9.0), Some(1.0)];
        let limit = [Some(1.0), Some(1.0), Some(3.0), Some(0.0)];
        assert_eq!(ratios(&ours, &limit), [2.0, 3.0]);
    }
}
