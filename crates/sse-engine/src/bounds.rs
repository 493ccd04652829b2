//! The bounds of a stream's numbers and times. They are the same in the file of streams and in a
//! query.

use std::time::Duration;

/// The slowest pace.
pub const MAX_EVERY: Duration = Duration::from_secs(3600);
/// The largest size that the data of an event can be grown to, in bytes.
pub const MAX_PAD: u64 = 4 << 20;
/// The largest count of a finite stream.
pub const MAX_COUNT: u64 = 1_000_000_000;
/// The largest first number: the last integer that a JavaScript client reads exactly, 2^53 - 1.
pub const MAX_FROM: u64 = (1 << 53) - 1;
/// The largest number that a finite stream within these bounds can give, and the largest that is
/// taken for an id of ours.
pub const MAX_NUMBER: u64 = MAX_FROM + MAX_COUNT - 1;
