//! The one error: an event is larger than the reader's bound.
//!
//! Nothing else is an error. The standard gives every sequence of bytes a meaning, so there must
//! never be an error for malformed input here.

/// Why a [`Decoder`](crate::Decoder) gave up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// One event, or one line of any kind, is larger than the decoder may hold.
    #[error(
        "An event is larger than {limit} bytes: send smaller events, or raise the reader's limit."
    )]
    EventTooLarge {
        /// The bound that was passed, in bytes.
        limit: usize,
    },
}
