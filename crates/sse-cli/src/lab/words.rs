//! What clients write to stderr: the last of it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

/// As much of what a client writes last as is kept, in bytes.
const KEPT: usize = 2 * 1024;

/// As many characters of a line are shown.
const SHOWN: usize = 200;

/// What stands behind an error and says nothing of it: Node and Rust end so.
const BEHIND_AN_ERROR: [&str; 2] = ["Node.js v", "note: run with `RUST_BACKTRACE="];

/// What one client wrote last. The clones are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Words(Arc<Mutex<Written>>);

#[derive(Debug, Default)]
struct Written {
    bytes: Vec<u8>,
    /// When the last of them came.
    at: Option<SystemTime>,
}

impl Words {
    /// Keeps what it wrote just now.
    pub(super) fn add(&self, bytes: &[u8]) {
        let mut written = lock(&self.0);
        written.at = Some(SystemTime::now());
        written.bytes.extend_from_slice(bytes);
        let surplus = written.bytes.len().saturating_sub(KEPT);
        written.bytes.drain(..surplus);
    }

    /// Its last line, without what a terminal would obey.
    pub(super) fn last_line(&self) -> Option<String> {
        let written = lock(&self.0);
        let text = String::from_utf8_lossy(&written.bytes);
        last_line(&text).map(|line| shown(line.trim()))
    }

    fn at(&self) -> Option<SystemTime> {
        lock(&self.0).at
    }
}

/// What the clients of one walk wrote. The clones are one.
#[derive(Clone, Debug, Default)]
pub(super) struct Said(Arc<Mutex<Vec<Words>>>);

impl Said {
    /// What one more client writes.
    pub(super) fn begin(&self) -> Words {
        let words = Words::default();
        lock(&self.0).push(words.clone());
        words
    }

    /// The line that was written last, if that was after an instant.
    pub(super) fn last_line(&self, after: Option<SystemTime>) -> Option<String> {
        let clients = lock(&self.0);
        let newest = clients.iter().max_by_key(|words| words.at())?;
        newest.last_line().filter(|_| newest.at() > after)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// So much of a line, without what a terminal would obey.
fn shown(line: &str) -> String {
    let cut: String = line.chars().take(SHOWN).collect();
    let more = if cut.len() < line.len() { "…" } else { "" };
    crate::api::shown(&cut) + more
}

/// The last line that says something: what is indented is where an error came from.
fn last_line(text: &str) -> Option<&str> {
    let mut lines = text.lines().rev();
    let says = |line: &&str| {
        line.contains(char::is_alphanumeric)
            && !line.starts_with(char::is_whitespace)
            && !BEHIND_AN_ERROR.iter().any(|end| line.starts_with(end))
    };
    let any = || text.lines().rev().find(|line| !line.trim().is_empty());
    lines.find(says).or_else(any)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_last_line_is_the_one_that_says_what_happened() {
        for (text, line) in [
            ("", None),
            (" \n\n", None),
            ("one\ntwo\n\n", Some("two")),
            ("  indented alone\n", Some("  indented alone")),
            (
                "Traceback (most recent call last):\n  File \"c.py\", line 3\n    f()\nValueError: no\n",
                Some("ValueError: no"),
            ),
            (
                "c.mjs:3\n  throw e;\n  ^\n\nError: gone\n    at c.mjs:3:9 {\n  code: 7\n}\n\nNode.js v24.1.0\n",
                Some("Error: gone"),
            ),
            (
                "thread 'main' panicked at c.rs:3:5:\ngone\nnote: run with `RUST_BACKTRACE=1` ..\n",
                Some("gone"),
            ),
        ] {
            assert_eq!(last_line(text), line, "{text}");
        }
    }

    #[test]
    fn what_is_kept_and_shown_is_bounded_and_tame() {
        let words = Words::default();
        words.add(&b"x".repeat(3 * KEPT));
        words.add(b"\n\x1b[31mred \xff\n");
        assert_eq!(
            words.last_line().as_deref(),
            Some("\u{fffd}[31mred \u{fffd}")
        );
        assert_eq!(lock(&words.0).bytes.len(), KEPT);
        words.add(&"é".repeat(KEPT / 2 + 1).into_bytes());
        let line = words.last_line().expect("a line");
        assert_eq!(line.chars().count(), SHOWN + 1);
        assert!(line.ends_with('…'));
    }

    #[test]
    fn of_several_clients_the_one_that_wrote_last_counts_and_only_what_is_new() {
        let said = Said::default();
        assert_eq!(said.last_line(None), None);
        let (one, other) = (said.begin(), said.begin());
        assert_eq!(said.last_line(None), None);
        other.add(b"first\n");
        std::thread::sleep(Duration::from_millis(2));
        one.add(b"second\n");
        assert_eq!(said.last_line(None).as_deref(), Some("second"));
        let before = SystemTime::now() - Duration::from_secs(5);
        assert_eq!(said.last_line(Some(before)).as_deref(), Some("second"));
        let later = SystemTime::now() + Duration::from_secs(5);
        assert_eq!(said.last_line(Some(later)), None);
    }
}
