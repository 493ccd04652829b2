//! Why a stream ends, or why nothing is sent.

use std::sync::Arc;
use std::time::Instant;

use crate::fault::{Act, Armed, Ending};
use crate::pump::{Break, How};

/// Why and how long nothing, or no event, is sent.
#[derive(Debug)]
pub(super) struct Silence {
    /// The fault, whose word says how deep it is.
    pub(super) armed: Arc<Armed>,
    /// When it ends; where that is unset, when it is healed.
    pub(super) until: Option<Instant>,
}

/// A fault that ends the stream, and how.
#[derive(Debug)]
pub(super) struct FaultEnd {
    /// The fault, which is counted when it ends the stream.
    pub(super) armed: Arc<Armed>,
    /// What the transport is told.
    pub(super) ends: Break,
    /// Whether what waits to be sent is lost.
    pub(super) at_once: bool,
    /// Whether not even the head is sent.
    pub(super) headless: bool,
}

impl FaultEnd {
    pub(super) fn new(armed: Arc<Armed>, how: How, ending: Ending) -> Self {
        Self {
            ends: Break {
                how,
                linger: ending.linger,
                fault: Some(armed.id),
            },
            armed,
            at_once: false,
            headless: false,
        }
    }
}

/// How deep a silence is; 0 is none.
pub(super) fn depth(act: &Act) -> u8 {
    match act {
        Act::Mute => 1,
        Act::Silence => 2,
        Act::Hang => 3,
        Act::Wait(_) => 4,
        Act::Never => 5,
        _ => 0,
    }
}
