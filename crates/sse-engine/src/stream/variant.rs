//! A stream as one client requested it. The query may change its first number, its count and its
//! pace.

use std::sync::Arc;
use std::time::Duration;

use super::{OwnFault, Pace, Request, Source, Speed, Stream};

/// What one connection is to be sent of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variant {
    /// The stream, which all its connections share.
    pub stream: Arc<Stream>,
    /// The number of the first event.
    pub from: u64,
    /// How many events; `None` is endless.
    pub count: Option<u64>,
    /// When they are sent.
    pub pace: Pace,
    /// Whether events may have times of their own: a pace that was asked for holds for all.
    pub own_pace: bool,
    /// How fast a recording is replayed.
    pub speed: Speed,
    /// What the client asked for, which its events may repeat.
    pub request: Request,
}

impl Variant {
    /// The stream as it is.
    pub fn new(stream: Arc<Stream>) -> Self {
        Self {
            from: stream.from,
            count: stream.count,
            pace: stream.pace,
            own_pace: true,
            speed: stream.playback().map_or(Speed::default(), |it| it.speed),
            request: Request::default(),
            stream,
        }
    }

    /// The number of the event that was given this id in this variant, if one can have been: an id
    /// from before the stream was changed, or of another stream, is none of it.
    pub fn number_of(&self, id: &str) -> Option<u64> {
        let n = self.stream.number_of(id, self.from)?;
        let given = n.checked_sub(self.from)?;
        self.count.is_none_or(|count| given < count).then_some(n)
    }

    /// The faults of a recording that strike a client before the head of the response that it is
    /// sent, where it comes with this id.
    pub fn faults_at_door(&self, last_event_id: Option<&str>) -> impl Iterator<Item = &OwnFault> {
        let replay = self.stream.playback().map(|playback| &*playback.replay);
        let had = last_event_id.and_then(|id| self.number_of(id));
        let response = replay.and_then(|replay| replay.response_behind(had, self.from));
        response.into_iter().flat_map(|response| &response.at_door)
    }

    /// Whether no event comes from this number on, though a comment may.
    pub fn has_no_more(&self, from: u64) -> bool {
        let (Source::List(entries), Some(count)) = (&self.stream.source, self.count) else {
            return false;
        };
        let end = self.from.saturating_add(count);
        // A whole round has all that there is.
        let end = end.min(from.saturating_add(entries.len() as u64));
        let mut rest = (from..end).filter_map(|n| self.stream.entry(n));
        rest.all(|entry| entry.data.is_none())
    }

    /// The time before the event with this number; before the `first` of a connection there is none
    /// but its own.
    pub fn before(&self, n: u64, first: bool) -> Duration {
        let own = self.stream.entry(n).and_then(|entry| entry.after);
        match own.filter(|_| self.own_pace) {
            Some(own) => own,
            None if first => Duration::ZERO,
            None => self.pace.before(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bounds::MAX_NUMBER;
    use crate::file::shipped;

    #[test]
    fn an_id_that_this_play_cannot_have_given_has_no_number() {
        let variant = Variant {
            from: 7,
            ..Variant::new(Arc::new(shipped().remove(1)))
        };
        let largest = MAX_NUMBER.to_string();
        let beyond = (MAX_NUMBER + 1).to_string();
        for (id, number) in [
            ("7", Some(7)),
            (&*largest, Some(MAX_NUMBER)),
            ("6", None),
            ("0", None),
            (&*beyond, None),
            ("18446744073709551615", None),
        ] {
            assert_eq!(variant.number_of(id), number, "{id}");
        }
    }

    /// A client with an id from before a list was made shorter was told to stay away for good, and
    /// had none of the new list.
    #[test]
    fn an_id_from_behind_the_last_event_is_none_of_it() {
        for stream in shipped() {
            let Some(count) = stream.count else { continue };
            let variant = Variant::new(Arc::new(stream));
            let last = variant.from + count - 1;
            for n in [last + 1, last + 7, MAX_NUMBER] {
                let id = n.to_string();
                assert_eq!(
                    variant.number_of(&id),
                    None,
                    "{id} of {}",
                    variant.stream.path
                );
            }
        }
        let numbers = Variant {
            count: Some(20),
            ..Variant::new(Arc::new(shipped().remove(0)))
        };
        assert_eq!(
            (numbers.number_of("20"), numbers.number_of("21")),
            (Some(20), None)
        );
    }
}
