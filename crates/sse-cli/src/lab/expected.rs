//! The cases that may be wrong.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use anyhow::{Context, bail};

use super::walk::{WHOLE, named};

/// The most that such a file may have, in bytes.
const MOST: u64 = 64 * 1024;

/// The cases that may be wrong, so that a suite stays green over what is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected(BTreeSet<&'static str>);

impl Expected {
    /// # Errors
    /// The file cannot be read, is too large, or names a case that is not there.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let cannot_be_read = || format!("{} cannot be read", file.display());
        let mut bytes = Vec::new();
        let read = File::open(file).and_then(|file| file.take(MOST + 1).read_to_end(&mut bytes));
        if read.with_context(cannot_be_read)? as u64 > MOST {
            bail!(
                "{} has more than 64 KiB: give a file of the cases that may be wrong.",
                file.display()
            );
        }
        let text = String::from_utf8(bytes).with_context(cannot_be_read)?;
        Self::of(&text).with_context(|| format!("{} cannot be used", file.display()))
    }

    fn of(text: &str) -> anyhow::Result<Self> {
        let mut expected = BTreeSet::new();
        // Editors of Windows put a byte order mark in front.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let Some(id) = line.split_whitespace().next() else {
                continue;
            };
            if id.eq_ignore_ascii_case(WHOLE) {
                bail!(
                    "line {}: {WHOLE} is many cases: name those that may be wrong",
                    at + 1
                );
            }
            let cases = named(id).with_context(|| format!("line {}", at + 1))?;
            expected.extend(cases.iter().map(|case| &*case.id));
        }
        Ok(Self(expected))
    }

    /// Whether this case may be wrong.
    pub(super) fn has(&self, id: &str) -> bool {
        self.0.contains(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_the_id() {
        let text = "# known\n\nR4  loses half events: issue 7\n  R5 # as well\n";
        let expected = Expected::of(text).expect("right");
        assert!(expected.has("R4") && expected.has("R5") && !expected.has("issue"));
    }

    #[test]
    fn a_case_that_is_not_there_is_named_with_its_line() {
        let error = Expected::of("R4\nR4x\n").expect_err("wrong");
        let sentence = "line 2: There is no case R4x: sse lab --list lists them.";
        assert_eq!(format!("{error:#}"), sentence);
    }

    #[test]
    fn the_whole_tour_is_not_expected_to_be_wrong() {
        let error = Expected::of("R4\n\nTour\n").expect_err("wrong");
        let sentence = "line 3: tour is many cases: name those that may be wrong";
        assert_eq!(format!("{error:#}"), sentence);
    }

    #[test]
    fn an_id_is_as_on_the_command_line() {
        let expected = Expected::of("\u{feff}r4\nS2\n").expect("right");
        assert!(expected.has("R4") && expected.has("S2-404") && expected.has("S2-503"));
        assert!(!expected.has("R5"));
    }
}
