//! Which of its client's requests a request is.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::net::IpAddr;
use std::num::NonZeroU64;

/// How many clients are counted. Strangers choose their names, so the one that asked the longest
/// ago is forgotten for a new one.
const KEPT: usize = 4096;

/// A request, and what its client is known by.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asker<'a> {
    /// The room that it was sent to; `None` is the room that has no name.
    pub(crate) room: Option<&'a str>,
    /// The path of the stream.
    pub(crate) stream: &'a str,
    /// Its client's tag.
    pub(crate) client: Option<&'a str>,
    /// Without the port, which changes with each connection.
    pub(crate) peer: IpAddr,
    /// The program, as far as it says.
    pub(crate) program: &'a str,
}

/// How often each client asked for each stream.
#[derive(Debug, Default)]
pub(super) struct Attempts {
    counts: HashMap<Who, Count>,
    /// Who asked when, the one that asked the longest ago first.
    order: BTreeMap<u64, Who>,
    /// Goes up with each request.
    requests: u64,
}

#[derive(Clone, Copy, Debug)]
struct Count {
    attempts: NonZeroU64,
    /// How many answers of a recording without an event it was given since its last event, of which
    /// this is the number.
    passed: (Option<u64>, u64),
    /// Its place in the order.
    last: u64,
}

/// A client in its room, by a hash of what it is known by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Who {
    room: Option<Box<str>>,
    client: u64,
}

impl Who {
    /// One client has one tag. Without a tag it has one program and address; in a room with a name,
    /// which a test has for itself, all requests without a tag for one stream are its.
    fn of(asker: &Asker<'_>) -> Self {
        let mut hasher = DefaultHasher::new();
        asker.stream.hash(&mut hasher);
        match (asker.client, asker.room) {
            (Some(tag), _) => tag.hash(&mut hasher),
            (None, None) => (asker.peer, asker.program).hash(&mut hasher),
            (None, Some(_)) => {}
        }
        Self {
            room: asker.room.map(Box::from),
            client: hasher.finish(),
        }
    }
}

impl Attempts {
    /// Which of its client's the next request is.
    pub(super) fn next(&self, asker: &Asker<'_>) -> NonZeroU64 {
        let count = self.counts.get(&Who::of(asker));
        count.map_or(NonZeroU64::MIN, |count| count.attempts.saturating_add(1))
    }

    /// Counts a request. Answers which of its client's it is, from 1.
    pub(super) fn count(&mut self, asker: &Asker<'_>) -> NonZeroU64 {
        self.requests += 1;
        let who = Who::of(asker);
        let (attempts, passed) = match self.counts.get(&who) {
            Some(count) => {
                self.order.remove(&count.last);
                (count.attempts.saturating_add(1), count.passed)
            }
            None => (NonZeroU64::MIN, (None, 0)),
        };
        if self.order.len() == KEPT
            && let Some((_, oldest)) = self.order.pop_first()
        {
            self.counts.remove(&oldest);
        }
        self.order.insert(self.requests, who.clone());
        let last = self.requests;
        let count = Count {
            attempts,
            passed,
            last,
        };
        self.counts.insert(who, count);
        attempts
    }

    /// How many answers without an event this client was given behind the event `had`.
    pub(super) fn passed(&self, asker: &Asker<'_>, had: Option<u64>) -> u64 {
        let count = self.counts.get(&Who::of(asker));
        let passed = count.filter(|count| count.passed.0 == had);
        passed.map_or(0, |count| count.passed.1)
    }

    /// Notes that number.
    pub(super) fn pass(&mut self, asker: &Asker<'_>, had: Option<u64>, passed: u64) {
        if let Some(count) = self.counts.get_mut(&Who::of(asker)) {
            count.passed = (had, passed);
        }
    }

    /// The clients of this room begin at 1 again.
    pub(super) fn reset(&mut self, room: Option<&str>) {
        self.order.retain(|_, who| who.room.as_deref() != room);
        self.counts.retain(|who, _| who.room.as_deref() != room);
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const PEER: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

    fn asker<'a>(room: Option<&'a str>, client: Option<&'a str>) -> Asker<'a> {
        Asker {
            room,
            stream: "/a",
            client,
            peer: PEER,
            program: "curl",
        }
    }

    #[test]
    fn each_client_of_each_stream_is_counted_from_one() {
        let mut attempts = Attempts::default();
        let mut count = |asker: &Asker<'_>| attempts.count(asker).get();
        let tagged = asker(None, Some("t1"));
        assert_eq!([count(&tagged), count(&tagged), count(&tagged)], [1, 2, 3]);
        for other in [
            asker(None, Some("t2")),
            asker(Some("w3"), Some("t1")),
            Asker {
                stream: "/b",
                ..tagged
            },
        ] {
            assert_eq!(count(&other), 1, "{other:?}");
        }
        // Its tag beats where it comes from.
        let elsewhere = Asker {
            program: "wget",
            peer: Ipv4Addr::new(10, 0, 0, 1).into(),
            ..tagged
        };
        assert_eq!(count(&elsewhere), 4);
    }

    #[test]
    fn without_a_tag_program_and_address_tell_or_the_room_does() {
        let mut attempts = Attempts::default();
        let mut count = |asker: &Asker<'_>| attempts.count(asker).get();
        let plain = asker(None, None);
        let other = Asker {
            program: "wget",
            ..plain
        };
        assert_eq!([count(&plain), count(&other), count(&plain)], [1, 1, 2]);
        let (plain, other) = (
            asker(Some("w3"), None),
            Asker {
                room: Some("w3"),
                ..other
            },
        );
        assert_eq!([count(&plain), count(&other), count(&plain)], [1, 2, 3]);
    }

    #[test]
    fn a_reset_is_of_one_room() {
        let mut attempts = Attempts::default();
        let rooms = [None, Some("w3"), Some("w4")];
        for room in rooms {
            attempts.count(&asker(room, Some("t1")));
        }
        attempts.reset(Some("w3"));
        let counts = rooms.map(|room| attempts.count(&asker(room, Some("t1"))).get());
        assert_eq!(counts, [2, 1, 2]);
        attempts.reset(None);
        assert_eq!(attempts.count(&asker(None, Some("t1"))).get(), 1);
    }

    #[test]
    fn the_one_that_asked_the_longest_ago_is_forgotten() {
        let mut attempts = Attempts::default();
        let names: Vec<String> = (0..=KEPT).map(|n| n.to_string()).collect();
        for name in &names[..KEPT] {
            attempts.count(&asker(None, Some(name)));
        }
        // The first asks again, so the second is the oldest.
        assert_eq!(attempts.count(&asker(None, Some("0"))).get(), 2);
        attempts.count(&asker(None, Some(&names[KEPT])));
        assert_eq!(attempts.count(&asker(None, Some("0"))).get(), 3);
        assert_eq!(attempts.counts.len(), KEPT);
        assert_eq!(attempts.count(&asker(None, Some("1"))).get(), 1);
        assert_eq!((attempts.counts.len(), attempts.order.len()), (KEPT, KEPT));
    }
}
