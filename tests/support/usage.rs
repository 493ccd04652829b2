//! What the kernel says of processes: when they began, and how much of a core they took.

use std::fs;
use std::process::Command;

/// Seconds since the machine's start.
pub(crate) fn uptime() -> f64 {
    let text = fs::read_to_string("/proc/uptime").expect("this is Linux");
    let seconds = text.split(' ').next().and_then(|word| word.parse().ok());
    seconds.expect("it begins with a number")
}

/// When a process began, in seconds since the machine's start. To a hundredth of a second, as the
/// kernel keeps it.
pub(crate) fn start_of(id: u32) -> f64 {
    stat(id).expect("it runs")[19] / ticks_per_second()
}

pub(crate) fn ticks_per_second() -> f64 {
    let output = Command::new("getconf").arg("CLK_TCK").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().parse());
    text.ok().and_then(Result::ok).unwrap_or(100.0)
}

/// The numbers of `/proc/ID/stat` after the program's name, from the state (which is no number) on.
fn stat(id: u32) -> Option<Vec<f64>> {
    let text = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, numbers) = text.rsplit_once(')')?;
    let numbers = numbers.split_whitespace();
    Some(numbers.map(|word| word.parse().unwrap_or(0.0)).collect())
}

/// The CPU time of one process, in the kernel's ticks.
pub(crate) fn own_ticks(id: u32) -> f64 {
    let numbers = stat(id).expect("it runs");
    numbers[11] + numbers[12]
}

/// The CPU time of a process and of all below it, in the kernel's ticks.
pub(crate) fn ticks_of_family(id: u32) -> f64 {
    let all: Vec<(u32, Vec<f64>)> = fs::read_dir("/proc")
        .expect("this is Linux")
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .filter_map(|id| Some((id, stat(id)?)))
        .collect();
    let mut family = vec![id];
    let mut ticks = 0.0;
    while let Some(id) = family.pop() {
        for (other, numbers) in &all {
            if *other == id {
                ticks += numbers[11] + numbers[12];
            }
            if numbers[1] == f64::from(id) {
                family.push(*other);
            }
        }
    }
    ticks
}
