//! What a request may change about a stream through its query, and the bounds it must keep.
//!
//! A parameter that is not ours is ignored, because clients add their own against caches. One that is
//! ours is taken whole or refused with a sentence that names the bound: never clamped in silence.

use std::sync::Arc;
use std::time::Duration;

use crate::bounds::{MAX_COUNT, MAX_EVERY, MAX_FROM};
use crate::params::params;
use crate::stream::{Pace, Play, Source, Stream};
use crate::time::read_time;
use crate::topics::Form;

/// The longest client tag, in characters.
pub(crate) const MAX_TAG: usize = 64;
/// The longest last event id in the query, in bytes.
pub(crate) const MAX_LAST_EVENT_ID: usize = 1024;

/// The query of a stream request, read and within bounds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overrides {
    /// `every=100ms`: the time between two events.
    pub(crate) every: Option<Duration>,
    /// `count=20`: so many events, then the end.
    pub(crate) count: Option<u64>,
    /// `from=7`: the first number.
    pub(crate) from: Option<u64>,
    /// `client=TAG`: the client's own name for itself, shown with its connection.
    pub(crate) client: Option<String>,
    /// `lastEventId=5`: where to go on, for clients that cannot set the header. The header wins.
    pub(crate) last_event_id: Option<String>,
    /// `names=data`, of a topic: each event as one that every client hears.
    pub(crate) form: Form,
}

/// Why a query was refused: one sentence for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BadQuery(String);

impl BadQuery {
    pub(crate) fn new(sentence: String) -> Self {
        Self(sentence)
    }
}

impl Overrides {
    /// Reads the query of a request target, without its question mark.
    ///
    /// # Errors
    /// A parameter of ours that is out of bounds, unreadable, or given twice.
    pub(crate) fn parse(query: Option<&str>) -> Result<Self, BadQuery> {
        Self::read(query, true)
    }

    /// Reads the query of a request for a topic, which has no pace and no count that could be changed.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), of `client` and `lastEventId`.
    pub(crate) fn of_topic(query: Option<&str>) -> Result<Self, BadQuery> {
        Self::read(query, false)
    }

    fn read(query: Option<&str>, paced: bool) -> Result<Self, BadQuery> {
        let mut read = Self::default();
        let mut names = None;
        for (name, value) in params(query) {
            match &*name {
                "every" | "count" | "from" if !paced => {}
                "names" if paced => {}
                "names" => once(&mut names, &name, form(&value?)?)?,
                "every" => once(&mut read.every, &name, every(&value?)?)?,
                "count" => once(
                    &mut read.count,
                    &name,
                    whole("count", &value?, 1, MAX_COUNT)?,
                )?,
                "from" => once(&mut read.from, &name, whole("from", &value?, 0, MAX_FROM)?)?,
                "client" => once(&mut read.client, &name, tag(&value?)?)?,
                "lastEventId" => once(&mut read.last_event_id, &name, last_event_id(&value?)?)?,
                _ => {}
            }
        }
        read.form = names.unwrap_or_default();
        Ok(read)
    }

    /// The client's name alone, for a request that is refused whatever else it asks for.
    pub(crate) fn only_client(query: Option<&str>) -> Self {
        let client = params(query)
            .find(|(name, _)| name == "client")
            .and_then(|(_, value)| tag(&value.ok()?).ok());
        Self {
            client,
            ..Self::default()
        }
    }

    /// Whether this stream can be had so: a list that does not begin again has a first event, and an id of its own cannot come
    /// twice, since a client that came back could not be told where it was.
    ///
    /// # Errors
    /// A `from` before the first one, or a `count` that repeats an id.
    pub(crate) fn fits(self, stream: &Stream) -> Result<Self, BadQuery> {
        if stream.count.is_none() {
            return Ok(self);
        }
        let mut before = 0;
        if let Source::List(_) = stream.source {
            let first = stream.from;
            let Some(left_out) = self.from.unwrap_or(first).checked_sub(first) else {
                let sentence =
                    format!("from must be at least {first}, the first number of this list.");
                return Err(BadQuery(sentence));
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
            return Err(BadQuery(format!(
                "count must be {most} at most: from there on there are so many events, and their ids cannot come twice."
            )));
        }
        Ok(self)
    }

    /// The stream as this request wants it. A pace that was asked for is an even one.
    pub(crate) fn apply(&self, stream: &Arc<Stream>) -> Play {
        let play = Play::new(Arc::clone(stream));
        let from = self.from.unwrap_or(play.from);
        let usual = match (&stream.source, play.count) {
            // Who begins further on in a list gets the rest of it, and not its beginning behind its end.
            (Source::List(_), Some(count)) if from > play.from => {
                Some(count.saturating_sub(from - play.from))
            }
            (_, count) => count,
        };
        Play {
            from,
            count: self.count.or(usual),
            pace: match self.every {
                Some(every) => Pace {
                    every,
                    jitter: Duration::ZERO,
                    ..play.pace
                },
                None => play.pace,
            },
            own_pace: self.every.is_none(),
            ..play
        }
    }
}

/// Takes a parameter that may be given once.
pub(crate) fn once<T>(slot: &mut Option<T>, name: &str, value: T) -> Result<(), BadQuery> {
    match slot.replace(value) {
        None => Ok(()),
        Some(_) => Err(BadQuery(format!("{name} is given twice: give it once."))),
    }
}

fn every(value: &str) -> Result<Duration, BadQuery> {
    read_time(value)
        .filter(|every| *every <= MAX_EVERY)
        .ok_or_else(|| {
            BadQuery("every must be a time such as 100ms or 2s, from 0ms to 1h.".to_owned())
        })
}

pub(crate) fn whole(name: &str, value: &str, least: u64, most: u64) -> Result<u64, BadQuery> {
    // `u64::from_str` takes a leading plus, which a query decodes from %2B: digits only.
    value
        .bytes()
        .all(|b| b.is_ascii_digit())
        .then(|| value.parse().ok())
        .flatten()
        .filter(|n| (least..=most).contains(n))
        .ok_or_else(|| {
            BadQuery(format!(
                "{name} must be a whole number from {least} to {most}."
            ))
        })
}

pub(crate) fn tag(value: &str) -> Result<String, BadQuery> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"._~-".contains(&b);
    if (1..=MAX_TAG).contains(&value.len()) && value.bytes().all(plain) {
        return Ok(value.to_owned());
    }
    Err(BadQuery(format!(
        "client must be 1 to {MAX_TAG} letters, digits, dots, hyphens, underscores or tildes."
    )))
}

fn form(value: &str) -> Result<Form, BadQuery> {
    match value {
        "data" => Ok(Form::NamesInData),
        _ => Err(BadQuery(
            "names must be data, or left out: the names of events are then the first lines of their data.".to_owned(),
        )),
    }
}

fn last_event_id(value: &str) -> Result<String, BadQuery> {
    if value.len() <= MAX_LAST_EVENT_ID {
        return Ok(value.to_owned());
    }
    Err(BadQuery(format!(
        "lastEventId must be at most {MAX_LAST_EVENT_ID} bytes long."
    )))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::{Entry, Template};
    use crate::streams;

    fn refused(query: &str) -> String {
        Overrides::parse(Some(query))
            .expect_err("this query is out of bounds")
            .to_string()
    }

    #[test]
    fn overrides_are_read_and_applied() {
        let read = Overrides::parse(Some(
            "every=100ms&count=20&from=7&client=a.B-1&lastEventId=x%20y&_=1",
        ))
        .expect("all within bounds");
        assert_eq!(read.client.as_deref(), Some("a.B-1"));
        assert_eq!(read.last_event_id.as_deref(), Some("x y"));
        let mut endless = streams::shipped().remove(1);
        endless.pace.jitter = Duration::from_millis(1);
        let endless = Arc::new(endless);
        let applied = read.apply(&endless);
        assert_eq!(applied.pace, Pace::every(Duration::from_millis(100)));
        assert_eq!((applied.from, applied.count), (7, Some(20)));
        assert!(!applied.own_pace);
        let as_it_is = Overrides::default().apply(&endless);
        assert_eq!(as_it_is, Play::new(endless));
    }

    /// From the third of eight on, the first two used to come at the end.
    #[test]
    fn who_begins_further_on_in_a_list_gets_the_rest_of_it() {
        let list = streams::shipped()
            .into_iter()
            .find(|stream| stream.path == "/every-line");
        let list = Arc::new(list.expect("a list of eight"));
        let play = |query: &str| {
            let read = Overrides::parse(Some(query)).expect("within bounds");
            read.fits(&list).map(|read| read.apply(&list).count)
        };
        assert_eq!(play("from=3"), Ok(Some(6)));
        assert_eq!(play("from=9"), Ok(Some(0)));
        assert_eq!(play("from=9&count=3"), Ok(Some(0)));
        assert_eq!(play("count=2"), Ok(Some(2)));
        for (query, words) in [
            ("from=0", "from must be at least 1"),
            ("count=9", "count must be 8 at most"),
            ("from=3&count=7", "count must be 6 at most"),
        ] {
            let refused = play(query).expect_err(query).to_string();
            assert!(refused.starts_with(words), "{refused}");
        }
    }

    /// It was sent five times with one id, and who came back with that got four of them again, without end.
    #[test]
    fn an_id_that_is_the_same_for_every_event_is_given_once() {
        let entry = Entry {
            id: Some(Template::parse("done").expect("a template")),
            data: Some(Template::number()),
            ..Entry::default()
        };
        let once = Stream {
            source: Source::Template(Box::new(entry)),
            ..streams::shipped().remove(0)
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

    /// humantime panics on this one: a client could end its connection's task with it.
    #[test]
    fn a_time_that_overflows_is_refused() {
        assert!(refused("every=18446744073709551615s%201000ms").starts_with("every must be"));
    }

    #[test]
    fn a_refused_client_is_still_known_by_its_name() {
        let named = |query| Overrides::only_client(Some(query)).client;
        assert_eq!(named("count=0&client=me").as_deref(), Some("me"));
        assert_eq!(named("client=%0A"), None);
        assert_eq!(Overrides::only_client(None), Overrides::default());
    }

    #[test]
    fn bounds_are_inclusive() {
        for good in [
            "every=0ms",
            "every=1h",
            "count=1",
            "count=1000000000",
            "from=0",
            "from=9007199254740991",
        ] {
            Overrides::parse(Some(good)).expect(good);
        }
    }

    #[test]
    fn what_is_out_of_bounds_is_told_the_bound() {
        for bad in [
            "every=",
            "every=fast",
            "every=100",
            "every=3601s",
            "every=-1s",
            "every=1ms%00",
        ] {
            assert!(refused(bad).contains("from 0ms to 1h"), "{bad}");
        }
        for bad in [
            "count=0",
            "count=1000000001",
            "count=%2B5",
            "count=-1",
            "count=",
            "count=1e3",
        ] {
            assert!(refused(bad).contains("from 1 to 1000000000"), "{bad}");
        }
        for bad in [
            "from=9007199254740992",
            "from=99999999999999999999999",
            "from=x",
        ] {
            assert!(refused(bad).contains("from 0 to 9007199254740991"), "{bad}");
        }
        assert!(refused("client=").contains("1 to 64"));
        assert!(refused("client=a%0Ab").contains("1 to 64"));
        assert!(refused(&format!("client={}", "a".repeat(65))).contains("1 to 64"));
        assert!(refused(&format!("lastEventId={}", "9".repeat(1025))).contains("1024 bytes"));
        assert!(refused("count=1&count=1").contains("twice"));
        let topic = |query| Overrides::of_topic(Some(query));
        let read = topic("every=x&count=-1&from=&client=me&lastEventId=a").expect("not of a topic");
        assert_eq!(
            read,
            Overrides {
                client: Some("me".to_owned()),
                last_event_id: Some("a".to_owned()),
                ..Overrides::default()
            }
        );
        topic("client=").expect_err("of a topic too");
    }
}
