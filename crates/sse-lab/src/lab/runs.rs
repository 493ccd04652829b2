//! The runs that are kept, within their bounds.

use std::collections::HashMap;

use sse_engine::time::Now;

use crate::run::Run;

/// As many runs as are kept; the one that was quiet for longest goes. `sse lab` can have one for
/// each case of a profile, and one for the tour.
const MOST_RUNS: usize = 160;

/// As many bytes of memory as all runs keep together; beyond it, too, the one that was quiet for
/// longest goes.
const MOST_KEPT: usize = 64 * 1024 * 1024;

/// The runs by their names.
///
/// How to drive it: [`with`](Self::with) changes a run, which begins where it is not there;
/// [`change`](Self::change) changes one that is. Both make room afterwards.
#[derive(Debug, Default)]
pub(super) struct Runs {
    runs: HashMap<String, Run>,
    /// The serial number of the newest run.
    serial: u64,
    /// Whether clients report what they see.
    reports: bool,
}

impl Runs {
    pub(super) fn get(&self, name: &str) -> Option<&Run> {
        self.runs.get(name)
    }

    /// Their names, the newest first.
    pub(super) fn names(&self) -> Vec<String> {
        let mut runs: Vec<_> = self.runs.iter().collect();
        runs.sort_by_key(|(_, run)| std::cmp::Reverse(run.serial));
        runs.into_iter().map(|(name, _)| name.clone()).collect()
    }

    /// Forgets the run by this name, and hands it out.
    pub(super) fn forget(&mut self, name: &str) -> Option<Run> {
        self.runs.remove(name)
    }

    /// The clients of all runs that begin from now on report what they see.
    pub(super) fn expect_reports(&mut self) {
        self.reports = true;
    }

    /// Does something with the run by this name, which begins here if it is not there.
    pub(super) fn with<T>(
        &mut self,
        name: &str,
        now: Now,
        change: impl FnOnce(&mut Run) -> T,
    ) -> T {
        if !self.runs.contains_key(name) {
            self.serial += 1;
            if self.runs.len() >= MOST_RUNS {
                self.drop_oldest(name);
            }
        }
        let (serial, reports) = (self.serial, self.reports);
        let run = self.runs.entry(name.to_owned());
        let result = change(run.or_insert_with(|| Run::new(serial, reports, now)));
        self.make_room(name);
        result
    }

    /// Does something with the run by this name, where it is there.
    pub(super) fn change<T>(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Run) -> T,
    ) -> Option<T> {
        let result = change(self.runs.get_mut(name)?);
        self.make_room(name);
        Some(result)
    }

    /// Forgets runs while all of them keep too much, and never the one by this name.
    fn make_room(&mut self, name: &str) {
        while self.runs.values().map(Run::kept).sum::<usize>() > MOST_KEPT {
            if !self.drop_oldest(name) {
                return;
            }
        }
    }

    /// Forgets the run that was quiet for longest, beside the one by this name. Answers whether
    /// there was one.
    fn drop_oldest(&mut self, name: &str) -> bool {
        let others = self.runs.iter().filter(|(other, _)| *other != name);
        let oldest = others.min_by_key(|(_, run)| run.last);
        let Some(oldest) = oldest.map(|(name, _)| name.clone()) else {
            return false;
        };
        self.runs.remove(&oldest).is_some()
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use sse_engine::stream::Request;

    use super::*;
    use crate::case::cases;
    use crate::observation::Asked;
    use crate::profile::Profile;

    /// 160 runs that are full were more than a gigabyte.
    #[test]
    fn all_runs_together_have_a_bound_and_the_quietest_goes() {
        let mut runs = Runs::default();
        let begin = Now {
            instant: Instant::now(),
            wall: std::time::SystemTime::UNIX_EPOCH,
        };
        let large = Asked {
            body: vec![b'x'; 60 * 1024],
            ..Asked::default()
        };
        for n in 0..2_000 {
            let now = begin.after(Duration::from_millis(n));
            let name = format!("run-{}", n / 100);
            let asked = (large.clone(), &Request::default());
            runs.with(&name, now, |run| {
                run.visit(cases(), n as usize % 97, asked, now.instant);
            });
            let kept: usize = runs.runs.values().map(Run::kept).sum();
            assert!(kept <= MOST_KEPT, "{kept}");
        }
        let names = runs.names();
        assert_eq!(names[0], "run-19");
        assert!(names.len() > 5 && names.len() < 20, "{names:?}");
        assert!(
            !names.contains(&"run-0".to_owned()),
            "it was quiet for longest"
        );
    }

    /// `sse lab` waited for ever for a case whose run was gone.
    #[test]
    fn the_walks_of_each_profile_have_room() {
        for profile in Profile::ALL {
            let of_profile = || cases().iter().filter(|case| case.is_in(profile));
            // One for the tour, one for each case that it does not have, or that was missed there.
            let walks = 1 + of_profile().count();
            assert!(walks < MOST_RUNS, "{profile}: {walks}");
        }
    }
}
