//! Which requests a fault strikes.

use std::num::NonZeroU64;

use super::read::CERTAIN;
use super::{Fault, Often, Who};

/// A request, as a fault is asked about it.
#[derive(Clone, Copy, Debug)]
pub struct Meeting<'a> {
    /// The path of its stream.
    pub stream: &'a str,
    /// Its client's tag; empty where it has none.
    pub client: &'a str,
    /// Its room; `None` is the room that has no name.
    pub room: Option<&'a str>,
    /// The number of its connection.
    pub connection: u64,
    /// Which of its client's requests it is, from 1, since the room began or was reset.
    pub attempt: NonZeroU64,
}

impl Fault {
    /// Whether it strikes this request, after so many strikes. The same seed, stream, client and
    /// attempt get the same answer, whatever happened before and in whichever order requests come.
    pub fn strikes(&self, meeting: &Meeting<'_>, strikes: u64) -> bool {
        let Often {
            attempts, times, ..
        } = self.often;
        self.who.is(meeting)
            && attempts.is_none_or(|(first, last)| (first..=last).contains(&meeting.attempt))
            && times.is_none_or(|times| strikes < times.get())
            && self.often.draws(meeting)
    }
}

impl Who {
    fn is(&self, meeting: &Meeting<'_>) -> bool {
        let is = |wanted: &Option<String>, it: &str| wanted.as_deref().is_none_or(|one| one == it);
        is(&self.stream, meeting.stream)
            && is(&self.client, meeting.client)
            && self.room.as_deref() == meeting.room
            && self.connection.is_none_or(|id| id == meeting.connection)
    }
}

impl Often {
    fn draws(&self, meeting: &Meeting<'_>) -> bool {
        let Some(chance) = self.chance else {
            return true;
        };
        let mut drawn = Draw::new(self.seed.unwrap_or(0));
        drawn.text(meeting.stream);
        drawn.text(meeting.client);
        drawn.number(meeting.attempt.get());
        drawn.value() % u64::from(CERTAIN) < u64::from(chance)
    }
}

/// A number that looks random and is made of what it is fed. It is the same in each process and on
/// each machine, which the standard library's hash does not promise: this is SplitMix64 (Steele,
/// Lea, Flood: Fast Splittable Pseudorandom Number Generators, 2014), fed with eight bytes a turn.
struct Draw(u64);

impl Draw {
    fn new(seed: u64) -> Self {
        let mut draw = Self(0);
        draw.number(seed);
        draw
    }

    fn text(&mut self, text: &str) {
        // Its length tells `a` and `bc` from `ab` and `c`.
        self.number(text.len() as u64);
        for part in text.as_bytes().chunks(8) {
            let mut bytes = [0; 8];
            bytes[..part.len()].copy_from_slice(part);
            self.number(u64::from_le_bytes(bytes));
        }
    }

    fn number(&mut self, number: u64) {
        self.0 = (self.0 ^ number).wrapping_add(0x9e37_79b9_7f4a_7c15);
        self.0 = self.value();
    }

    fn value(&self) -> u64 {
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meeting(client: &str, attempt: u64) -> Meeting<'_> {
        Meeting {
            stream: "/endless",
            client,
            room: None,
            connection: 7,
            attempt: NonZeroU64::new(attempt).expect("from 1"),
        }
    }

    fn fault(text: &str) -> Fault {
        text.parse().expect(text)
    }

    #[test]
    fn a_fault_strikes_those_that_it_names() {
        for (text, strikes) in [
            ("cut", true),
            ("cut,stream=/endless", true),
            ("cut,stream=/numbers", false),
            ("cut,client=a", true),
            ("cut,client=b", false),
            ("cut,room=w3", false),
            ("cut,connection=7", true),
            ("cut,connection=8", false),
            ("cut,client=a,connection=8", false),
        ] {
            assert_eq!(fault(text).strikes(&meeting("a", 1), 0), strikes, "{text}");
        }
        let in_room = Meeting {
            room: Some("w3"),
            ..meeting("a", 1)
        };
        assert!(fault("cut,room=w3").strikes(&in_room, 0));
        for text in ["cut,room=w4", "cut", "cut,client=a"] {
            assert!(!fault(text).strikes(&in_room, 0), "{text}");
        }
    }

    #[test]
    fn it_strikes_the_attempts_that_it_names_and_no_more_often_than_it_may() {
        let second = fault("cut,attempt=2..3");
        let struck = (1..=5).filter(|n| second.strikes(&meeting("a", *n), 0));
        assert_eq!(struck.collect::<Vec<_>>(), [2, 3]);
        let twice = fault("cut,times=2");
        let struck = (0..4).map(|strikes| twice.strikes(&meeting("a", 1), strikes));
        assert_eq!(struck.collect::<Vec<_>>(), [true, true, false, false]);
    }

    #[test]
    fn a_chance_is_drawn_from_seed_stream_client_and_attempt() {
        let story = |text: &str, client: &str| -> Vec<bool> {
            let fault = fault(text);
            (1..=64)
                .map(|n| fault.strikes(&meeting(client, n), 0))
                .collect()
        };
        let first = story("cut,p=0.5,seed=7", "a");
        assert_eq!(story("cut,p=0.5,seed=7", "a"), first);
        assert_eq!(story("hang,p=0.5,seed=7,for=1s", "a"), first);
        assert_ne!(story("cut,p=0.5,seed=8", "a"), first);
        assert_ne!(story("cut,p=0.5,seed=7", "b"), first);
        assert_eq!(story("cut,p=1", "a"), [true; 64]);
        // These are the draws of every version: a test that pins a seed stays green.
        let drawn: String = first[..16]
            .iter()
            .map(|struck| if *struck { 'x' } else { '.' })
            .collect();
        assert_eq!(drawn, "....xxx.xxx....x");
    }

    #[test]
    fn a_chance_is_met_as_often_as_it_says() {
        for (text, share) in [
            ("cut,p=0.3", 0.3),
            ("cut,p=0.01", 0.01),
            ("cut,p=0.9,seed=1", 0.9),
        ] {
            let fault = fault(text);
            let struck = (1..=20_000).filter(|n| fault.strikes(&meeting("a", *n), 0));
            let met = struck.count() as f64 / 20_000.0;
            assert!((met - share).abs() < 0.01, "{text}: {met}");
        }
    }
}
