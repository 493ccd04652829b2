//! The machine and the versions on which the figures were measured.

use std::fs;
use std::process::Command;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};

use crate::servers::Programs;

/// The machine, the day and the versions.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Machine {
    pub(crate) date: String,
    pub(crate) cpu: String,
    pub(crate) cores: usize,
    pub(crate) kernel: String,
    pub(crate) memory: String,
    /// Names with their versions.
    pub(crate) versions: Vec<(String, String)>,
}

impl Machine {
    pub(crate) fn read(programs: &Programs) -> Self {
        let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
        let memory = fs::read_to_string("/proc/meminfo").unwrap_or_default();
        let kilobytes =
            value(&memory, "MemTotal").and_then(|text| text.split(' ').next()?.parse::<f64>().ok());
        Self {
            date: today(),
            cpu: value(&cpu, "model name").unwrap_or("unknown").to_owned(),
            cores: std::thread::available_parallelism().map_or(0, usize::from),
            kernel: fs::read_to_string("/proc/sys/kernel/osrelease")
                .unwrap_or_default()
                .trim()
                .to_owned(),
            memory: kilobytes.map_or_else(String::new, |kb| format!("{:.0} GB", kb / 1e6)),
            versions: versions(programs),
        }
    }
}

impl Machine {
    /// The machine in words.
    pub(crate) fn sentence(&self) -> String {
        format!(
            "{}, {} cores, {}, Linux {}",
            self.cpu, self.cores, self.memory, self.kernel
        )
    }
}

/// The date in GMT, such as `22 Nov 2026`.
pub(crate) fn today() -> String {
    // "Sun, 22 Nov 2026 15:15:38 GMT", without the time.
    let date = httpdate::fmt_http_date(SystemTime::now());
    date.get(5..16).unwrap_or(&date).to_owned()
}

/// The value of a `name: value` line of /proc.
fn value<'a>(text: &'a str, name: &str) -> Option<&'a str> {
    text.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        (key.trim() == name).then(|| value.trim())
    })
}

fn versions(programs: &Programs) -> Vec<(String, String)> {
    let mut all = vec![
        ("sse".to_owned(), sse(programs)),
        ("rustc".to_owned(), first_line("rustc", &["--version"])),
    ];
    let lock = lock_file();
    for name in ["axum", "hyper", "tokio"] {
        all.push((
            name.to_owned(),
            locked(&lock, name).unwrap_or("?").to_owned(),
        ));
    }
    // Written by scripts/bench-peers.sh.
    for name in ["nchan", "better-sse", "sse-starlette"] {
        if let Ok(version) = fs::read_to_string(programs.peers.join(name).join("version")) {
            all.push((name.to_owned(), version.trim().to_owned()));
        }
    }
    all
}

/// The version of `sse`, and the commit that is checked out here.
fn sse(programs: &Programs) -> String {
    let version = first_line(&programs.sse.to_string_lossy(), &["--version"]);
    format!("{} ({})", version.trim_start_matches("sse "), commit())
}

/// The commit that is checked out here.
pub(crate) fn commit() -> String {
    first_line(
        "git",
        &[
            "-C",
            env!("CARGO_MANIFEST_DIR"),
            "describe",
            "--always",
            "--dirty",
        ],
    )
}

/// The first line that a program prints, or an empty text if it cannot be run.
fn first_line(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    let text = text.unwrap_or_default();
    text.lines().next().unwrap_or_default().trim().to_owned()
}

/// The text of this repository's Cargo.lock.
pub(crate) fn lock_file() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock");
    fs::read_to_string(path).unwrap_or_default()
}

/// The version of a package in a Cargo.lock.
pub(crate) fn locked<'a>(lock: &'a str, name: &str) -> Option<&'a str> {
    let (_, after) = lock.split_once(&format!("name = \"{name}\"\nversion = \""))?;
    after.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_proc_and_of_a_lock_file_are_found() {
        let text = "processor\t: 0\nmodel name\t: A CPU @ 2 GHz\n";
        assert_eq!(value(text, "model name"), Some("A CPU @ 2 GHz"));
        assert_eq!(value(text, "model"), None);
        let lock = "[[package]]\nname = \"axum-core\"\nversion = \"0.5.6\"\n\n[[package]]\nname = \"axum\"\nversion = \"0.8.9\"\n";
        assert_eq!(locked(lock, "axum"), Some("0.8.9"));
    }
}
