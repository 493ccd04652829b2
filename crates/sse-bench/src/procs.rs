//! What /proc reports about a process and its descendants.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

/// Linux reports CPU time in hundredths of a second, whatever the rate of its own timer.
const TICKS_PER_SECOND: f64 = 100.0;

/// The CPU time that a family of processes had taken at an instant.
#[derive(Debug)]
pub(crate) struct Cpu {
    /// Nanoseconds of each living thread.
    threads: BTreeMap<(u32, u32), u64>,
    /// Seconds of all threads, ended ones included, to a hundredth.
    ticks: f64,
}

impl Cpu {
    /// Seconds since `before`. Exact if no thread started or ended, else to a hundredth of a
    /// second.
    pub(crate) fn since(&self, before: &Cpu) -> f64 {
        if !self.threads.keys().eq(before.threads.keys()) {
            return self.ticks - before.ticks;
        }
        let sum = |cpu: &Cpu| cpu.threads.values().sum::<u64>();
        sum(self).saturating_sub(sum(before)) as f64 / 1e9
    }
}

/// The CPU time of this process and its descendants.
pub(crate) fn cpu(root: u32) -> Cpu {
    let mut threads = BTreeMap::new();
    let mut ticks = 0.0;
    for process in family(root) {
        ticks += stat(process).map_or(0.0, |numbers| numbers[11] + numbers[12]);
        for thread in numbered(Path::new(&format!("/proc/{process}/task"))) {
            let path = format!("/proc/{process}/task/{thread}/schedstat");
            let text = fs::read_to_string(path).unwrap_or_default();
            if let Some(time) = text.split(' ').next().and_then(|word| word.parse().ok()) {
                threads.insert((process, thread), time);
            }
        }
    }
    Cpu {
        threads,
        ticks: ticks / TICKS_PER_SECOND,
    }
}

/// Bytes of memory of this process and its descendants. A page that n processes share counts as an
/// nth for each (`Pss`).
pub(crate) fn memory(root: u32) -> f64 {
    family(root).into_iter().filter_map(pss).sum()
}

fn pss(process: u32) -> Option<f64> {
    let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("Pss:"))?;
    let kilobytes: f64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024.0)
}

/// A process and its descendants.
pub(crate) fn family(root: u32) -> BTreeSet<u32> {
    let parents: Vec<(u32, u32)> = numbered(Path::new("/proc"))
        .into_iter()
        .filter_map(|process| Some((process, stat(process)?[1] as u32)))
        .collect();
    let mut family = BTreeSet::from([root]);
    loop {
        let known = family.len();
        for (process, parent) in &parents {
            if family.contains(parent) {
                family.insert(*process);
            }
        }
        if family.len() == known {
            return family;
        }
    }
}

/// Waits until the family is nearly idle, at most this long, so that work which one measure left
/// behind does not count in the next.
pub(crate) fn settle(root: u32, at_most: Duration) {
    let begun = Instant::now();
    while begun.elapsed() < at_most {
        let before = cpu(root);
        std::thread::sleep(Duration::from_millis(200));
        if cpu(root).since(&before) < 0.010 {
            return;
        }
    }
}

/// Seconds that the cores of the machine were busy since it was started, with any process. Time
/// that its host took away is included.
pub(crate) fn busy() -> f64 {
    let text = fs::read_to_string("/proc/stat").unwrap_or_default();
    let numbers = text.lines().next().unwrap_or_default().split_whitespace();
    let numbers: Vec<f64> = numbers.filter_map(|word| word.parse().ok()).collect();
    // user, nice, system, idle, iowait, irq, softirq, steal. The later fields are part of these.
    let ticks: f64 = [0, 1, 2, 5, 6, 7]
        .iter()
        .filter_map(|at| numbers.get(*at))
        .sum();
    ticks / TICKS_PER_SECOND
}

/// Seconds of CPU time of this process and of its child processes that have ended.
pub(crate) fn own() -> f64 {
    let numbers = stat(std::process::id()).unwrap_or_default();
    let ticks: f64 = numbers.iter().skip(11).take(4).sum();
    ticks / TICKS_PER_SECOND
}

/// The entries of a folder that are numbers.
fn numbered(folder: &Path) -> Vec<u32> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// The numbers of `/proc/ID/stat` after the program's name. The first is the state, which is no
/// number and read as 0.
fn stat(process: u32) -> Option<Vec<f64>> {
    let text = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    let (_, numbers) = text.rsplit_once(')')?;
    let numbers = numbers.split_whitespace();
    Some(numbers.map(|word| word.parse().unwrap_or(0.0)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_that_works_takes_time_and_memory() {
        let own = std::process::id();
        let before = cpu(own);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_millis(50) {}
        assert!(cpu(own).since(&before) > 0.0);
        assert!(memory(own) > 0.0);
        assert!(family(own).contains(&own));
        assert!(busy() >= super::own());
    }
}
