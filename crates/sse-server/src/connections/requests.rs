//! The requests of the newest connections, within bounds of number and of memory.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::request::Received;

/// Requests that are kept at most. Of ten thousand subscribers the newest say how they ask.
const MOST: usize = 2_000;

/// Bytes that they take at most.
const ROOM: usize = 8 * 1024 * 1024;

/// The same in each room but the default one.
const MOST_OF_ROOM: usize = 200;
const BYTES_OF_ROOM: usize = 1024 * 1024;

/// The kept requests.
#[derive(Debug)]
pub(super) struct Requests {
    /// By the id of their rows, and so in the order in which they came.
    kept: BTreeMap<u64, Arc<Received>>,
    /// What all of them take, `room` at most.
    bytes: usize,
    /// How many there may be.
    most: usize,
    /// How many bytes they may take.
    room: usize,
}

impl Default for Requests {
    fn default() -> Self {
        Self {
            kept: BTreeMap::new(),
            bytes: 0,
            most: MOST,
            room: ROOM,
        }
    }
}

impl Requests {
    /// Those of a room, of which there may be many.
    pub(super) fn of_room() -> Self {
        Self {
            most: MOST_OF_ROOM,
            room: BYTES_OF_ROOM,
            ..Self::default()
        }
    }

    /// Keeps the request of a new row. The oldest make room for it.
    pub(super) fn keep(&mut self, id: u64, request: Received) {
        self.bytes += request.size();
        self.kept.insert(id, Arc::new(request));
        while self.bytes > self.room || self.kept.len() > self.most {
            let Some((_, oldest)) = self.kept.pop_first() else {
                return;
            };
            self.bytes -= oldest.size();
        }
    }

    /// Forgets the request of a row that the table forgets.
    pub(super) fn forget(&mut self, id: u64) {
        if let Some(request) = self.kept.remove(&id) {
            self.bytes -= request.size();
        }
    }

    pub(super) fn of(&self, id: u64) -> Option<Arc<Received>> {
        self.kept.get(&id).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::connections::ReadBody;

    fn request(bytes: usize) -> Received {
        let body = ReadBody {
            kept: vec![b'x'; bytes],
            length: bytes as u64,
        };
        Received::unread(b"GET / HTTP/1.1\r\n").with(body)
    }

    #[test]
    fn the_newest_are_kept_within_both_bounds() {
        let mut requests = Requests::default();
        for id in 1..=MOST as u64 + 5 {
            requests.keep(id, request(10));
        }
        assert_eq!(requests.kept.len(), MOST);
        assert!(requests.of(5).is_none() && requests.of(6).is_some());
        for id in 10_000..10_200 {
            requests.keep(id, request(60_000));
            assert!(requests.bytes <= ROOM);
        }
        let expected = ROOM / request(60_000).size();
        assert_eq!(requests.kept.len(), expected);
        assert!(requests.of(10_199).is_some() && requests.of(10_000).is_none());
        for id in 10_000..10_200 {
            requests.forget(id);
        }
        assert_eq!((requests.bytes, requests.kept.len()), (0, 0));
    }

    #[test]
    fn what_is_printed_of_one_is_its_lengths() {
        let mut requests = Requests::default();
        requests.keep(1, Received::unread(b"GET /secret HTTP/1.1\r\n"));
        let printed = format!("{requests:?}");
        assert!(!printed.contains("secret") && !printed.contains("71, 69, 84"));
    }
}
