//! How an answer ended, in the eyes of its client: who ended it, and from when on it can know.

use sse_engine::time::Now;
use sse_server::{Ender as By, MountedEnd};

use crate::observation::Ender;

/// Who ended it.
pub(super) fn ender(end: &MountedEnd) -> Ender {
    match end.by {
        By::Client | By::Network => Ender::Client,
        By::Answer | By::Fault => Ender::Case,
        By::Server => Ender::Stop,
    }
}

/// From when on its client can know that it ended.
///
/// What ends in order says so with its last byte. All else ends with the connection, however long
/// ago the last byte was sent: a fault cuts or resets it, the server stops, or the client leaves.
/// Where a fault ends an answer in order, the server notes that right behind the last byte. An
/// answer that is a recording may be cut at its own end; no case has one.
pub(super) fn known_at(end: &MountedEnd) -> Now {
    match end.by {
        By::Answer => end.last_byte.unwrap_or(end.at),
        By::Fault | By::Server | By::Client | By::Network => end.at,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant, SystemTime};

    use super::*;

    /// An answer whose last byte was sent at once, and that ended 500 ms later.
    fn ended(by: By) -> (u64, Ender) {
        let begin = Now {
            instant: Instant::now(),
            wall: SystemTime::UNIX_EPOCH,
        };
        let end = MountedEnd {
            status: Some(200),
            why: "told by nothing but who ended it",
            by,
            at: begin.after(Duration::from_millis(500)),
            last_byte: Some(begin),
            bytes: Vec::new(),
            total: 9,
            pieces: Vec::new(),
        };
        let known = known_at(&end).instant.duration_since(begin.instant);
        (known.as_millis() as u64, ender(&end))
    }

    /// R3 resets 100 ms behind its last byte, and R11 cuts 500 ms behind it. Both were taken for
    /// ended with that byte, so a wait was too long, and two connections at once passed for one.
    #[test]
    fn an_end_is_known_from_the_last_byte_or_from_the_end_of_the_connection() {
        assert_eq!(ended(By::Answer), (0, Ender::Case));
        assert_eq!(ended(By::Fault), (500, Ender::Case));
        assert_eq!(ended(By::Server), (500, Ender::Stop));
        assert_eq!(ended(By::Client), (500, Ender::Client));
    }

    /// A client that read nothing was told that it took everything.
    #[test]
    fn a_client_that_reads_nothing_ended_it() {
        assert_eq!(ended(By::Network), (500, Ender::Client));
    }
}
