//! What a request may change about a stream: its pace, its count and its first number.

use std::sync::Arc;
use std::time::Duration;

use super::variant::Variant;
use super::{Pace, Source, Speed, Stream};
use crate::error::Error;

/// What a request wants otherwise than the stream has it. Each is within the bounds of
/// [`bounds`](crate::bounds).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Overrides {
    /// The time between two events.
    pub every: Option<Duration>,
    /// So many events, then the end.
    pub count: Option<u64>,
    /// The first number.
    pub from: Option<u64>,
    /// How fast a recording is replayed.
    pub speed: Option<Speed>,
}

impl Overrides {
    /// Whether this stream can be had so: a list that does not begin again has a first event, and
    /// an id of its own cannot come twice, since a client that came back could not be told where it
    /// was.
    ///
    /// # Errors
    /// A `from` before the first one, a `count` that repeats an id, or a pace that is not of its
    /// kind.
    pub fn fits(self, stream: &Stream) -> Result<Self, Error> {
        let is_recording = stream.playback().is_some();
        match (is_recording, self.every, self.speed) {
            (true, Some(_), _) => return Err(Error::NoPace),
            (false, _, Some(_)) => return Err(Error::NoSpeed),
            _ => {}
        }
        if stream.count.is_none() && !is_recording {
            return Ok(self);
        }
        let mut before = 0;
        if let Source::List(_) | Source::Recording(_) = stream.source {
            let first = stream.from;
            let Some(left_out) = self.from.unwrap_or(first).checked_sub(first) else {
                return Err(Error::FromTooSmall(first));
            };
            before = left_out;
        }
        let most = stream.distinct_ids().map(|ids| ids.saturating_sub(before));
        if most == Some(0) {
            // Behind the last one there is nothing, whatever the count.
            return Ok(Self {
                count: None,
                ..self
            });
        }
        if let (Some(count), Some(most)) = (self.count, most)
            && count > most
        {
            return Err(Error::CountTooLarge(most));
        }
        Ok(self)
    }

    /// The stream as this request wants it. A pace that was asked for is an even one.
    pub fn apply(&self, stream: &Arc<Stream>) -> Variant {
        let variant = Variant::new(Arc::clone(stream));
        let from = self.from.unwrap_or(variant.from);
        let usual = match (&stream.source, variant.count) {
            // Who begins further on in a list gets the rest of it, and not its beginning behind its
            // end.
            (Source::List(_) | Source::Recording(_), Some(count)) if from > variant.from => {
                Some(count.saturating_sub(from - variant.from))
            }
            (_, count) => count,
        };
        Variant {
            from,
            count: self.count.or(usual),
            pace: match self.every {
                Some(every) => Pace {
                    every,
                    jitter: Duration::ZERO,
                    ..variant.pace
                },
                None => variant.pace,
            },
            own_pace: self.every.is_none(),
            speed: self.speed.unwrap_or(variant.speed),
            ..variant
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::file;
    use crate::stream::{Entry, Template};

    #[test]
    fn what_is_asked_for_takes_the_place_of_what_the_stream_has() {
        let mut endless = file::shipped().remove(1);
        endless.pace.jitter = Duration::from_millis(1);
        let endless = Arc::new(endless);
        let wanted = Overrides {
            every: Some(Duration::from_millis(100)),
            count: Some(20),
            from: Some(7),
            ..Overrides::default()
        };
        let applied = wanted.apply(&endless);
        assert_eq!(applied.pace, Pace::every(Duration::from_millis(100)));
        assert_eq!((applied.from, applied.count), (7, Some(20)));
        assert!(!applied.own_pace);
        let as_it_is = Overrides::default().apply(&endless);
        assert_eq!(as_it_is, Variant::new(endless));
    }

    /// From the third of eight on, the first two used to come at the end.
    #[test]
    fn who_begins_further_on_in_a_list_gets_the_rest_of_it() {
        let list = file::shipped()
            .into_iter()
            .find(|stream| stream.path == "/every-line");
        let list = Arc::new(list.expect("a list of eight"));
        let variant = |from, count| {
            let wanted = Overrides {
                count,
                from,
                ..Overrides::default()
            };
            wanted.fits(&list).map(|read| read.apply(&list).count)
        };
        assert_eq!(variant(Some(3), None), Ok(Some(6)));
        assert_eq!(variant(Some(9), None), Ok(Some(0)));
        assert_eq!(variant(Some(9), Some(3)), Ok(Some(0)));
        assert_eq!(variant(None, Some(2)), Ok(Some(2)));
        for (from, count, words) in [
            (Some(0), None, "from must be at least 1"),
            (None, Some(9), "count must be 8 at most"),
            (Some(3), Some(7), "count must be 6 at most"),
        ] {
            let refused = variant(from, count).expect_err(words).to_string();
            assert!(refused.starts_with(words), "{refused}");
        }
    }

    /// It was sent five times with one id, and who came back with that got four of them again,
    /// without end.
    #[test]
    fn an_id_that_is_the_same_for_every_event_is_given_once() {
        let entry = Entry {
            id: Some(Template::parse("done").expect("a template")),
            data: Some(Template::number()),
            ..Entry::default()
        };
        let once = Stream {
            source: Source::Template(Box::new(entry)),
            ..file::shipped().remove(0)
        };
        let fits = |count| {
            Overrides {
                count,
                ..Overrides::default()
            }
            .fits(&once)
        };
        assert!(fits(None).is_ok() && fits(Some(1)).is_ok());
        let refused = fits(Some(2)).expect_err("the id would come twice");
        assert!(
            refused.to_string().starts_with("count must be 1 at most"),
            "{refused}"
        );
        assert!(once.repeats_id("done"), "it has more than one event");
    }
}
