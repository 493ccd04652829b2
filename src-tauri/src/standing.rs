//! What the server is at, as far as it decides what a person can do.

use sse_server::Phase;

/// Read from the server whenever it is needed, and never kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Standing {
    /// Where it is in its life cycle.
    pub(crate) phase: Phase,
    /// Whether a fault is armed.
    pub(crate) armed: bool,
}
