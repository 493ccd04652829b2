//! What the page shows about a stream: its count and pace in words, and the names of its events.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use serde::Serialize;

use super::{Entry, Pace, Playback, Source, Stream};

/// A page takes an event in less, but not much less.
const LEAST_PAUSE: Duration = Duration::from_micros(100);

/// As many events as a page takes in one go and still answers soon (docs/LIMITS.md).
const MOST_AT_ONCE: u64 = 40_000;

/// The name of an event that is given none.
const MESSAGE: &str = "message";

/// What the page is told of a stream.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct StreamInfo {
    /// Where it is served.
    pub path: String,
    /// What it is called.
    pub title: String,
    /// Its count and pace in words.
    pub summary: String,
    /// Whether it goes on until somebody ends it.
    pub endless: bool,
    /// The reconnection time in milliseconds that its clients are told; nothing where it is left to
    /// them.
    pub retry_ms: Option<u64>,
    /// All event names that it may send. An EventSource hears only the names that it listens for.
    pub events: Vec<String>,
    /// Whether its events have ids: without them a client that comes back gets it from its
    /// beginning.
    pub ids: bool,
    /// Whether it sends more events without a pause than a page can take: a client that reads all
    /// that comes gets to nothing else.
    pub unpaced: bool,
    /// Whether it is a recording whose events wait for a step each.
    pub step: bool,
}

impl From<&Stream> for StreamInfo {
    fn from(stream: &Stream) -> Self {
        let playback = stream.playback();
        let summary = match playback {
            Some(playback) => replayed(stream, playback),
            None => {
                let amount = match &stream.events_file {
                    Some(name) => format!("events of {name}"),
                    None => stream.count.map_or_else(|| "endless".to_owned(), events),
                };
                format!("{amount}, {}", pace(stream))
            }
        };
        let stays_open = playback.is_none_or(|playback| playback.replay.stays_open());
        Self {
            path: stream.path.clone(),
            title: stream.title.clone(),
            summary,
            endless: stream.count.is_none() && stays_open && stream.events_file.is_none(),
            retry_ms: playback.map_or(stream.retry, |playback| playback.replay.retry()),
            events: stream.names(),
            ids: stream.has_ids(),
            unpaced: stream.is_unpaced(),
            step: playback.is_some_and(|playback| playback.step),
        }
    }
}

/// `5 events`
fn events(n: u64) -> String {
    format!("{n} event{}", if n == 1 { "" } else { "s" })
}

/// `12 events, at its own pace`, and what a client should know that comes back.
fn replayed(stream: &Stream, playback: &Playback) -> String {
    let Playback {
        replay,
        speed,
        step,
    } = playback;
    let amount = stream
        .count
        .map_or(replay.len(), |count| count.min(replay.len()));
    let mut words = events(amount);
    match replay.responses() {
        0 | 1 => {}
        responses => words += &format!(" in {responses} responses"),
    }
    words += ", ";
    match step {
        true => words += "step by step",
        false => words += &speed.words(),
    }
    if !replay.is_empty() && !replay.has_unique_ids() {
        words += match replay.has_ids() {
            true => "; its ids are not unique, so who comes back with one may begin anew",
            false => "; it has no ids, so who comes back begins anew",
        };
    }
    if stream.count.is_none() && replay.stays_open() {
        words += "; it stays open at its end";
    }
    match replay.faults() {
        0 => {}
        1 => words += "; 1 fault is in it",
        faults => words += &format!("; {faults} faults are in it"),
    }
    words
}

/// `every 500 ms`, or what else the pace is.
fn pace(stream: &Stream) -> Cow<'static, str> {
    let own = match &stream.source {
        Source::Counter | Source::Recording(_) => 0,
        Source::Template(entry) => usize::from(entry.after.is_some()),
        Source::List(entries) => entries.iter().filter(|entry| entry.after.is_some()).count(),
    };
    let Pace { every, jitter, .. } = stream.pace;
    if own > 0 {
        return "own pace".into();
    }
    if every.is_zero() {
        return "as fast as it is read".into();
    }
    let mut words = format!("every {}", time(every));
    if !jitter.is_zero() {
        words += &format!(" ± {}", time(jitter));
    }
    words.into()
}

/// `1 s 500 ms`, with the space between number and unit that people write.
fn time(time: Duration) -> String {
    let mut words = String::new();
    let mut digit = false;
    for c in humantime::format_duration(time).to_string().chars() {
        if digit && c.is_ascii_alphabetic() {
            words.push(' ');
        }
        digit = c.is_ascii_digit();
        words.push(c);
    }
    words
}

impl Stream {
    /// Whether it has more events than a page takes at once, and hardly a pause between them.
    fn is_unpaced(&self) -> bool {
        if let Some(playback) = self.playback() {
            let Playback {
                replay,
                speed,
                step,
            } = playback;
            let events = u32::try_from(replay.len()).unwrap_or(u32::MAX);
            let time = speed.scaled(replay.time());
            return !step && replay.len() > MOST_AT_ONCE && time < LEAST_PAUSE * events;
        }
        let entries = self.entries();
        let times = entries
            .iter()
            .map(|entry| entry.after.unwrap_or(self.pace.every));
        let round = match self.source {
            Source::Counter => self.pace.every,
            _ => times.sum(),
        };
        let events = u32::try_from(entries.len().max(1)).unwrap_or(u32::MAX);
        round < LEAST_PAUSE * events && self.count.is_none_or(|count| count > MOST_AT_ONCE)
    }

    /// The names that its events can have.
    fn names(&self) -> Vec<String> {
        let of = |entry: &Entry| match &entry.event {
            _ if entry.data.is_none() => Vec::new(),
            None => vec![MESSAGE.to_owned()],
            Some(event) => event.all().unwrap_or_default(),
        };
        let names = match &self.source {
            Source::Counter => vec![MESSAGE.to_owned()],
            Source::Template(entry) => of(entry),
            Source::List(entries) => entries.iter().flat_map(of).collect(),
            Source::Recording(playback) => playback.replay.names().map(str::to_owned).collect(),
        };
        // An empty name is the default one (HTML 9.2.6).
        let heard = |name: String| match name.is_empty() {
            true => MESSAGE.to_owned(),
            false => name,
        };
        let names: BTreeSet<String> = names.into_iter().map(heard).collect();
        names.into_iter().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{entry, list};
    use super::*;
    use crate::file::shipped;
    use crate::stream::Template;

    #[test]
    fn streams_say_their_count_and_pace_in_words() {
        let summary = |stream: &Stream| StreamInfo::from(stream).summary;
        let summaries: Vec<String> = shipped().iter().take(2).map(summary).collect();
        assert_eq!(summaries, ["5 events, every 1 s", "endless, every 500 ms"]);
        let mut stream = shipped().remove(1);
        stream.pace.jitter = Duration::from_millis(200);
        assert_eq!(summary(&stream), "endless, every 500 ms ± 200 ms");
        stream.pace = Pace::every(Duration::from_millis(1500));
        assert_eq!(summary(&stream), "endless, every 1 s 500 ms");
        stream.pace = Pace::default();
        assert_eq!(summary(&stream), "endless, as fast as it is read");
        stream.source = Source::Template(Box::new(Entry {
            after: Some(Duration::ZERO),
            ..Entry::default()
        }));
        stream.count = Some(1);
        assert_eq!(summary(&stream), "1 event, own pace");
    }

    #[test]
    fn every_name_that_can_come_is_known() {
        let names = |stream: &Stream| StreamInfo::from(stream).events;
        assert_eq!(names(&shipped()[0]), ["message"]);
        let stream = list(vec![
            entry("{pick up|down}", "", "x"),
            entry("unheard", "", ""),
            entry("", "", "x"),
            entry("{pick |up}", "", "x"),
        ]);
        assert_eq!(names(&stream), ["down", "message", "up"]);
    }

    /// An endless stream without a pause was read by the window as it came, and its Stop took 4.5
    /// s.
    #[test]
    fn what_has_no_pause_and_does_not_end_soon_is_told_as_that() {
        let unpaced = |stream: &Stream| StreamInfo::from(stream).unpaced;
        let mut stream = shipped()[1].clone();
        assert!(!unpaced(&stream));
        stream.pace = Pace::every(Duration::ZERO);
        assert!(unpaced(&stream));
        stream.count = Some(MOST_AT_ONCE);
        assert!(!unpaced(&stream), "a burst is taken whole");
        stream.count = Some(MOST_AT_ONCE + 1);
        assert!(unpaced(&stream));
        // A list has times of its own: one pause in each round is a pause.
        let entry = |after| Entry {
            data: Some(Template::number()),
            after,
            ..Entry::default()
        };
        stream.count = None;
        stream.pace = Pace::every(Duration::from_secs(1));
        stream.source = Source::List(vec![entry(Some(Duration::ZERO)); 3]);
        assert!(unpaced(&stream));
        stream.source = Source::List(vec![entry(Some(Duration::ZERO)), entry(None)]);
        assert!(!unpaced(&stream));
    }

    /// The page gave lines with an EventSource for a stream without ids, which begins anew for
    /// ever.
    #[test]
    fn whether_events_have_ids_is_told() {
        let ids = |stream: &Stream| StreamInfo::from(stream).ids;
        let mut stream = shipped()[0].clone();
        assert!(ids(&stream), "a counter gives its numbers");
        let bare = Entry {
            data: Some(Template::number()),
            ..Entry::default()
        };
        stream.source = Source::Template(Box::new(bare.clone()));
        assert!(!ids(&stream));
        let named = Entry {
            id: Some(Template::number()),
            ..bare.clone()
        };
        stream.source = Source::List(vec![bare, named]);
        assert!(ids(&stream));
    }
}
