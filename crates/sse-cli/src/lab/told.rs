//! A case of a run of `sse lab`, and what is told of it beside its verdict.

use std::time::{Duration, UNIX_EPOCH};

use serde::Serialize;
use sse_lab::CaseView;

/// What stands before the last line that a client wrote.
pub(super) const LAST_LINE: &str = "The last that it wrote: ";

/// A case, and what is told of it beside its verdict.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Told {
    #[serde(flatten)]
    pub(super) view: CaseView,
    /// The last line that the client wrote since its last request, where it explains the verdict.
    pub(super) last_line: Option<String>,
    /// How long the case took, from its first request to its verdict.
    #[serde(skip)]
    pub(super) took: Duration,
}

impl Told {
    /// `line` is what the client wrote last.
    pub(super) fn new(view: CaseView, line: Option<String>) -> Self {
        let needs_reason = is(&view, "wrong") || is(&view, "not reached");
        let since = view.since.map(Duration::from_millis);
        let since = since.and_then(|since| UNIX_EPOCH.checked_add(since));
        let took = since.and_then(|since| since.elapsed().ok());
        Self {
            took: took.unwrap_or_default(),
            last_line: line.filter(|_| needs_reason),
            view,
        }
    }

    /// What the client did, and what it wrote last; of a right one it may be the rule.
    pub(super) fn words(&self) -> String {
        let words = self.view.words();
        match &self.last_line {
            Some(line) => format!("{words} {LAST_LINE}{line}"),
            None => words.to_owned(),
        }
    }
}

/// Whether its verdict is of this kind.
pub(super) fn is(case: &CaseView, kind: &str) -> bool {
    case.kind() == kind
}
