//! The rooms that there are: the default one, and those that are named.
//!
//! A named room begins with its first use, and goes when nobody has used it for a while, so that
//! tests need not tidy up behind them. There are few at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use sse_engine::lock::lock;
use sse_engine::topics::Topics;

use super::room::Room;
use crate::armed::InRooms;
use crate::connections::{Connections, Slice, TableQuery, Tally};

/// Named rooms at once.
pub(crate) const MAX_ROOMS: usize = 64;

/// A named room goes when it had no connection and no call for so long.
const IDLE: Duration = Duration::from_secs(600);

/// How often it is looked which those are.
pub(crate) const LOOK: Duration = Duration::from_secs(10);

/// What the topics of all named rooms have together.
const MAX_TOPICS: usize = 256;
const TOPIC_BYTES: usize = 64 * 1024 * 1024;

/// As a query has it: all rooms.
pub(super) const EVERY: &str = "*";

/// As many rooms as there may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "There are {MAX_ROOMS} rooms, which is the limit: use one of them, or wait until one has had no connection and no call for 10 minutes."
)]
pub(super) struct TooManyRooms;

/// All rooms.
///
/// How to drive them: [`enter`](Self::enter) for each request that may make the room,
/// [`seen`](Self::seen) for whoever only looks, and [`expire`](Self::expire) every [`LOOK`].
pub(crate) struct Rooms {
    default: Arc<Room>,
    /// What the topics of the named rooms are some of.
    topics: Topics,
    /// By name, [`MAX_ROOMS`] at most. No other lock is taken meanwhile but those of tables and
    /// topics.
    named: Mutex<BTreeMap<Box<str>, Named>>,
}

/// A named room, and how it is used.
struct Named {
    room: Arc<Room>,
    /// Requests that it had, of the API too.
    calls: u64,
    /// What the count of its uses was at the last look that found it changed, and when that was.
    /// Unset while somebody is connected.
    idle: Option<((u64, u64), Instant)>,
}

impl Rooms {
    /// The default room, and no other yet.
    pub(crate) fn new(default: Room) -> Self {
        Self {
            topics: default.topics.for_rooms(MAX_TOPICS, TOPIC_BYTES),
            default: Arc::new(default),
            named: Mutex::default(),
        }
    }

    pub(crate) fn default(&self) -> &Arc<Room> {
        &self.default
    }

    /// The room of this name, if there is one. This is no use of it.
    pub(super) fn find(&self, name: &str) -> Option<Arc<Room>> {
        let named = lock(&self.named);
        named.get(name).map(|named| Arc::clone(&named.room))
    }

    /// The room of this name, which begins if there is none. The name must be one that a room can
    /// have.
    ///
    /// # Errors
    /// As many as there may be.
    pub(super) fn enter(&self, name: &str) -> Result<Arc<Room>, TooManyRooms> {
        let mut all = lock(&self.named);
        if !all.contains_key(name) {
            if all.len() >= MAX_ROOMS {
                return Err(TooManyRooms);
            }
            let named = Named {
                room: Arc::new(self.default.beside(name, &self.topics)),
                calls: 0,
                idle: None,
            };
            all.insert(name.into(), named);
        }
        let named = all.get_mut(name).ok_or(TooManyRooms)?;
        named.calls += 1;
        Ok(Arc::clone(&named.room))
    }

    /// The room of this name, or the default one, for whoever looks or resets: where there is none,
    /// an empty one that nobody else sees.
    pub(super) fn seen(&self, name: Option<&str>) -> Arc<Room> {
        let Some(name) = name else {
            return Arc::clone(&self.default);
        };
        match lock(&self.named).get_mut(name) {
            Some(named) => {
                named.calls += 1;
                Arc::clone(&named.room)
            }
            None => Arc::new(self.default.beside(name, &self.topics)),
        }
    }

    /// The named ones, by name.
    fn named(&self) -> Vec<Arc<Room>> {
        let named = lock(&self.named);
        named
            .values()
            .map(|named| Arc::clone(&named.room))
            .collect()
    }

    /// The tables of the named ones, by name.
    fn named_tables(&self) -> Vec<Connections> {
        let rooms = self.named().into_iter();
        rooms.map(|room| room.connections.clone()).collect()
    }

    /// The tables of all of them, the default room's first.
    pub(crate) fn tables(&self) -> Vec<Connections> {
        let mut tables = vec![self.default.connections.clone()];
        tables.extend(self.named_tables());
        tables
    }

    /// The tables of the rooms that are meant, as far as there are any. This is a use of one that
    /// has a name.
    pub(super) fn tables_in(&self, rooms: &InRooms) -> Vec<Connections> {
        match rooms {
            InRooms::All => self.tables(),
            InRooms::One(None) => vec![self.default.connections.clone()],
            InRooms::One(Some(name)) => {
                let mut all = lock(&self.named);
                let named = all.get_mut(name.as_str()).into_iter();
                let used = named.map(|named| {
                    named.calls += 1;
                    named.room.connections.clone()
                });
                used.collect()
            }
        }
    }

    /// What one of the tables has, where one of them has it: no id is in two of them.
    pub(crate) fn of_row<T>(&self, view: impl Fn(&Connections) -> Option<T>) -> Option<T> {
        // Nearly all are there.
        let default = view(&self.default.connections);
        default.or_else(|| self.named_tables().iter().find_map(view))
    }

    /// The names of the named ones.
    pub(crate) fn names(&self) -> Vec<String> {
        let named = lock(&self.named);
        named.keys().cloned().map(String::from).collect()
    }

    /// What somebody wants to see of the table of the room that they want, or of all of them.
    pub(crate) fn slice(&self, query: &TableQuery, now: Instant) -> Slice {
        let default = &self.default.connections;
        match query.room.as_deref() {
            None => default.slice(query, now),
            Some(EVERY) => default.slice_with(&self.named_tables(), query, now),
            Some(name) => self.seen(Some(name)).connections.slice(query, now),
        }
    }

    /// How many are connected in the default room and were.
    pub(crate) fn tally(&self) -> Tally {
        self.default.connections.tally()
    }

    /// Notes whether clients can come, from now on.
    pub(crate) fn serve(&self, serving: bool) {
        // Locked meanwhile, so that none begins that does not know.
        let named = lock(&self.named);
        self.default.connections.serve(serving);
        for named in named.values() {
            named.room.connections.serve(serving);
        }
    }

    /// Ends the topics of the named ones that nobody reads and nobody feeds.
    pub(crate) fn expire_topics(&self, now: Instant) {
        self.topics.expire(now);
    }

    /// Lets the rooms go, with their lists and topics, that had no connection and no call since a
    /// look that long ago: one goes when it was idle at a first and a last look, and never used in
    /// between. Answers the names of those.
    pub(crate) fn expire(&self, now: Instant) -> Vec<Box<str>> {
        let mut all = lock(&self.named);
        let mut gone = Vec::new();
        all.retain(|name, named| {
            let expired = named.has_expired(now);
            if expired {
                named.room.topics.end_all();
                gone.push(name.clone());
            }
            !expired
        });
        gone
    }
}

impl Named {
    fn has_expired(&mut self, now: Instant) -> bool {
        let (open, rows) = self.room.connections.use_count();
        let uses = (self.calls, rows);
        match self.idle {
            _ if open > 0 => {
                self.idle = None;
                false
            }
            Some((before, since)) if before == uses => now.saturating_duration_since(since) >= IDLE,
            _ => {
                self.idle = Some((uses, now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use sse_engine::file::{self, Contents};
    use sse_engine::topics::{Batch, Draft, TopicConfig};

    use super::*;
    use crate::catalog::Catalog;

    fn rooms() -> Rooms {
        let streams = Arc::new(Catalog::new(file::shipped(), None));
        let topics = Topics::new(TopicConfig::default());
        Rooms::new(Room::new(streams, topics, Connections::new(10)))
    }

    fn list(paths: &[&str]) -> Contents {
        let stream = |path: &&str| format!("[[stream]]\npath = \"{path}\"\ndata = \"x\"\n");
        let text: String = paths.iter().map(stream).collect();
        file::contents(&text).expect("a list")
    }

    #[test]
    fn the_first_use_makes_a_room_and_there_are_64_at_most() {
        let rooms = rooms();
        assert!(rooms.find("r0").is_none());
        for n in 0..MAX_ROOMS {
            rooms.enter(&format!("r{n}")).expect("room");
        }
        assert_eq!(rooms.enter("more").err(), Some(TooManyRooms));
        rooms.enter("r7").expect("it is there");
        assert_eq!(rooms.names().len(), MAX_ROOMS);
        assert_eq!(rooms.seen(Some("more")).name(), Some("more"));
        assert!(rooms.find("more").is_none(), "who looks makes none");
        assert_eq!(rooms.tables().len(), 1 + MAX_ROOMS);
    }

    #[test]
    fn a_room_serves_the_servers_list_until_it_has_its_own() {
        let rooms = rooms();
        let (a, b) = (
            rooms.enter("a").expect("room"),
            rooms.enter("b").expect("room"),
        );
        let numbers = |room: &Room| room.streams().find("/numbers");
        assert!(numbers(&a).is_some());
        rooms.default().streams().serve(list(&["/new"]));
        assert!(numbers(&a).is_none() && a.streams().find("/new").is_some());
        let before = a.streams().find("/new").expect("just seen");
        a.serve(list(&["/own", "/new"]));
        assert!(a.streams().find("/own").is_some() && b.streams().find("/own").is_none());
        let after = a.streams().find("/new").expect("it is in both lists");
        assert!(Arc::ptr_eq(&before, &after), "its numbers mean the same");
        rooms.default().streams().serve(list(&["/newer"]));
        assert!(a.streams().find("/newer").is_none() && b.streams().find("/newer").is_some());
        a.reset();
        assert!(a.streams().find("/own").is_some(), "a reset keeps the list");
    }

    /// A test that fails tidies nothing up, and the next run of it began with its rows.
    #[test]
    fn a_room_goes_ten_minutes_after_its_last_use() {
        let rooms = rooms();
        let begin = Instant::now();
        let look = |minutes: u64| {
            let gone = rooms.expire(begin + Duration::from_secs(60 * minutes));
            gone.into_iter().map(String::from).collect::<Vec<_>>()
        };
        let none: [&str; 0] = [];
        let a = rooms.enter("a").expect("room");
        rooms.enter("b").expect("room").serve(list(&["/own"]));
        a.topics.topic("news", UNIX_EPOCH).expect("room");
        let open = crate::connections::opened(&a.connections, "me");
        assert_eq!(look(0), none);
        assert_eq!(look(9), none);
        rooms.seen(Some("b"));
        assert_eq!(look(11), none, "b was called meanwhile");
        assert_eq!(look(20), none);
        assert_eq!(look(21), ["b"]);
        assert!(
            rooms
                .enter("b")
                .expect("room")
                .streams()
                .find("/own")
                .is_none()
        );
        assert_eq!(look(40), none, "somebody is connected to a, and b is new");
        assert_eq!(look(50), ["b"]);
        drop(open);
        assert_eq!(look(51), none, "it was read until just now");
        assert_eq!(look(60), none);
        let before = a.topics.view().len();
        assert_eq!((before, look(61)), (1, vec!["a".to_owned()]));
        assert_eq!(a.topics.view().len(), 0, "its topics end with it");
    }

    #[tokio::test]
    async fn rooms_share_the_bounds_of_their_topics_but_not_those_of_the_default_room() {
        let rooms = rooms();
        let (a, b) = (
            rooms.enter("a").expect("room"),
            rooms.enter("b").expect("room"),
        );
        let publish = async |room: &Room, name: &str| {
            let one = Batch::one(Draft::default());
            room.publish(name, one, std::future::pending()).await
        };
        for n in 0..MAX_TOPICS {
            let room = if n % 2 == 0 { &a } else { &b };
            publish(room, &n.to_string()).await.expect("room");
        }
        publish(&a, "more").await.expect_err("too many");
        publish(rooms.default(), "more").await.expect("its own");
        b.reset();
        publish(&a, "more").await.expect("b had half of them");
    }
}
