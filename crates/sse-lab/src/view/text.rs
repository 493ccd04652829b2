//! A run as lines of text, as `sse lab` prints its own.

use std::fmt::Write as _;

use super::{CaseView, RunView};

/// The kinds of verdicts in the order in which they are counted, and what has none.
const KINDS: [&str; 6] = [
    "right",
    "allowed",
    "wrong",
    "not reached",
    "needs your eyes",
    OPEN,
];

/// A case without a verdict.
const OPEN: &str = "open";

impl CaseView {
    /// The kind of its verdict, or that it has none.
    pub fn kind(&self) -> &str {
        self.verdict.as_ref().map_or(OPEN, |verdict| &verdict.kind)
    }

    /// What the client did; where nothing is said of that, what it must do.
    pub fn words(&self) -> &str {
        let words = self.verdict.as_ref();
        let words = words.and_then(|verdict| verdict.words.as_deref());
        words.unwrap_or(&self.must)
    }

    /// The case on one line. `kind` is that of its verdict, as it is shown there.
    pub fn line(&self, kind: &str) -> String {
        format!("{:<8} {:<16} {kind} {}", self.id, self.name, self.words())
    }

    /// How many of these have which verdict: `34 right, 1 wrong`.
    pub fn count<'a>(cases: impl Iterator<Item = &'a Self> + Clone) -> String {
        let counted = KINDS.iter().filter_map(|kind| {
            let count = cases.clone().filter(|case| case.kind() == *kind).count();
            (count > 0).then(|| format!("{count} {kind}"))
        });
        counted.collect::<Vec<_>>().join(", ")
    }
}

impl RunView {
    /// The cases that its client came to or can come to no more, how many have which verdict, and
    /// what was noticed beside them.
    pub fn text(&self) -> String {
        let told = self.cases.iter();
        let told = told.filter(|case| case.is_begun() || case.verdict.is_some());
        let mut text = String::new();
        for case in told.clone() {
            // Writing to a string cannot fail.
            _ = writeln!(text, "{}", case.line(&format!("{:<15}", case.kind())));
        }
        _ = writeln!(text, "\n{}.", CaseView::count(told.clone()));
        let wrong = told.filter(|case| case.kind() == "wrong");
        let wrong: Vec<_> = wrong.map(|case| &*case.id).collect();
        if !wrong.is_empty() {
            _ = writeln!(text, "Wrong: {}", wrong.join(" "));
        }
        for note in &self.notes {
            _ = writeln!(text, "{note}");
        }
        text
    }
}
