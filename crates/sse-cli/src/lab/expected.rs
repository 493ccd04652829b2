//! The cases that may be wrong.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, bail};
use sse_lab::cases;

/// The cases that may be wrong, so that a suite stays green over what is known.
#[derive(Clone, Debug, Default)]
pub(super) struct Expected(BTreeSet<String>);

impl Expected {
    /// # Errors
    /// The file cannot be read, or names a case that is not there.
    pub(super) fn read(file: &Path) -> anyhow::Result<Self> {
        let text = std::fs::read_to_string(file)
            .with_context(|| format!("{} cannot be read", file.display()))?;
        Self::of(&text).with_context(|| format!("{} cannot be used", file.display()))
    }

    fn of(text: &str) -> anyhow::Result<Self> {
        let mut expected = BTreeSet::new();
        for (at, line) in text.lines().enumerate() {
            let line = line.split('#').next().unwrap_or_default();
            let Some(id) = line.split_whitespace().next() else {
                continue;
            };
            if !cases().iter().any(|case| case.id == id) {
                bail!(
                    "line {}: there is no case {}: `sse lab` and /lab list them",
                    at + 1,
                    crate::api::shown(id)
                );
            }
            expected.insert(id.to_owned());
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
        let error = Expected::of("R4\nR4x\n").expect_err("wrong").to_string();
        assert!(error.starts_with("line 2: there is no case R4x"), "{error}");
    }
}
