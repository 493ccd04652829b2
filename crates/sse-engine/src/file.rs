//! The file of streams. Its text becomes the list of streams and the profiles of faults, or the
//! first mistake and its line.
//!
//! Nothing is guessed and nothing is ignored. An unknown key, a value out of bounds and keys that
//! contradict each other are mistakes. This module must never open a file, or panic on any text.

pub mod definition;
mod entry;
mod faults;
mod headers;
mod language;
mod recording;
mod sentences;
mod shape;
mod upstream;
mod value;

use std::collections::{BTreeSet, HashMap};
use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::Serialize;
use sse_wire::LineEnding;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use toml_parser::Source as Toml;
use toml_parser::lexer::TokenKind;

use crate::bounds::{MAX_COUNT, MAX_EVERY, MAX_FROM};
use crate::fault::{Profile, Profiles};
use crate::keep_alive::KeepAlive;
use crate::stream::{
    Language, MAX_PATH, Pace, RESERVED, RESERVED_SIGN, Stream, can_stand, is_reserved,
};
use crate::time::read_time;
pub use recording::RecordingRef;
use sentences::{Keys, named, no_toml, quoted, shown};
pub use upstream::FileUpstream;
use value::{Given, find};

/// The text of the file that a person begins with: the streams that are served where there is none,
/// and a few that teach, each with a comment.
pub const SHIPPED_STREAMS: &str = include_str!("file/streams.toml");

/// What some editors put before the text of a file.
const BOM: char = '\u{feff}';

/// The largest file, in bytes.
pub const MAX_BYTES: usize = 1024 * 1024;
/// How deep brackets may stand in brackets, and how many dots in a key. A list of tables with
/// headers needs three.
const MAX_DEPTH: usize = 8;
/// How many streams a file may hold.
const MAX_STREAMS: usize = 100;
/// How many events a list may hold.
const MAX_EVENTS: usize = 1000;
/// How many names the events of one stream may have: a client listens for each of them.
const MAX_NAMES: usize = 100;
/// The longest title, in characters.
const MAX_TITLE: usize = 80;
/// The longest event name and id, in bytes, as for topics: an id comes back in a header.
const MAX_FIELD: usize = 1024;
/// The largest seed: the largest integer of TOML.
const MAX_SEED: u64 = i64::MAX as u64;
/// The longest reconnection time.
const MAX_RETRY: Duration = Duration::from_secs(3600);
/// The bounds on a keep-alive time, as on the command line.
const KEEP_ALIVE: RangeInclusive<Duration> = Duration::from_millis(1)..=Duration::from_secs(3600);

/// The pace of a stream that names none.
const EVERY: Duration = Duration::from_secs(1);

/// The keys of a stream.
const STREAM: Keys = Keys {
    of: "a stream",
    names: &[
        "path",
        "title",
        "every",
        "jitter",
        "seed",
        "from",
        "count",
        "repeat",
        "event",
        "id",
        "data",
        "comment",
        "retry",
        "keep_alive",
        "keep_alive_blank",
        "keep_alive_lines",
        "headers",
        "line_ending",
        "space",
        "pad",
        "events",
        "events_file",
        "source",
        "speed",
        "step",
        "faults",
    ],
    elsewhere: &["after", "when", "raw"],
    there: "put it into one of its events",
};

/// The keys of an event in a list.
const EVENT: Keys = Keys {
    of: "an event in a list",
    names: &[
        "event", "id", "data", "comment", "retry", "raw", "pad", "after", "when",
    ],
    elsewhere: STREAM.names,
    there: "put it above the list, since it is of the whole stream",
};

/// A mistake in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// The line it is in, from 1, where it is in one.
    pub line: Option<usize>,
    /// Where in that line it begins, in characters from 1.
    pub column: Option<usize>,
    /// One sentence: what is wrong and what to do.
    pub reason: String,
}

impl Problem {
    /// A mistake at no place.
    pub fn of_all(reason: impl Into<String>) -> Self {
        Self {
            line: None,
            column: None,
            reason: reason.into(),
        }
    }

    /// A mistake at this byte of the text. The end of the text is in the last line that holds
    /// something.
    fn at(text: &str, at: usize, reason: impl Into<String>) -> Self {
        let bytes = text.trim_end().as_bytes();
        let before = bytes.get(..at).unwrap_or(bytes);
        let start = before.iter().rposition(|byte| *byte == b'\n');
        let beside = &before[start.map_or(0, |newline| newline + 1)..];
        let beside = String::from_utf8_lossy(beside);
        Self {
            line: Some(line(before)),
            column: Some(1 + beside.trim_start_matches(BOM).chars().count()),
            reason: reason.into(),
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.reason)
    }
}

/// The streams of the shipped file.
pub fn shipped() -> Vec<Stream> {
    // A test reads it: it cannot be wrong in a program that was built.
    read(SHIPPED_STREAMS).unwrap_or_default()
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// Its streams, in their order.
    pub streams: Vec<Stream>,
    /// Its profiles of faults, in their order.
    pub profiles: Vec<Profile>,
    /// The recordings that its streams replay, which are yet to be read: until then these streams
    /// have no events.
    pub recordings: Vec<RecordingRef>,
    /// Its upstreams, in their order.
    pub upstreams: Vec<FileUpstream>,
}

/// Reads the streams of a file's text.
///
/// # Errors
/// As [`contents`].
pub fn read(text: &str) -> Result<Vec<Stream>, Problem> {
    Ok(contents(text)?.streams)
}

/// Reads a file's text.
///
/// # Errors
/// The first mistake in the order of the file. What is not TOML at all comes before everything
/// else.
pub fn contents(text: &str) -> Result<Contents, Problem> {
    contents_of(text, Part::Whole)
}

/// How much of a file a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    /// Some of its lines, in the language of the whole: a profile can be elsewhere in it.
    Lines(Language),
}

fn contents_of(text: &str, part: Part) -> Result<Contents, Problem> {
    let file = parsed(text)?;
    let mut reader = Reader {
        text,
        first: None,
        language: match part {
            Part::Whole => Language::default(),
            Part::Lines(language) => language,
        },
        trials: 0,
        paths: HashMap::new(),
        names: BTreeSet::new(),
        known_profiles: None,
        faults: 0,
        source: None,
    };
    reader.language(file.get_ref());
    let profiles = reader.profiles(file.get_ref());
    if part == Part::Whole {
        reader.known_profiles = Some(Profiles::with(profiles.clone()));
    }
    let (streams, recordings) = reader.streams(file.get_ref());
    let upstreams = reader.upstreams(file.get_ref());
    match reader.first {
        Some((at, reason)) => Err(Problem::at(text, at, reason)),
        None if streams.is_empty() && upstreams.is_empty() => Err(Problem::of_all(
            "There is no stream in the file: begin one with the line [[stream]] and give it a path.",
        )),
        None => Ok(Contents {
            streams,
            profiles,
            recordings,
            upstreams,
        }),
    }
}

/// What TOML makes of the text, within the bounds of a file.
fn parsed(text: &str) -> Result<Spanned<DeTable<'_>>, Problem> {
    if text.len() > MAX_BYTES {
        return Err(Problem::of_all(format!(
            "The file has {} bytes, and at most {MAX_BYTES} are allowed: remove streams or events from it.",
            text.len()
        )));
    }
    if let Some(at) = too_deep(text) {
        let reason = format!(
            "This is nested more than {MAX_DEPTH} levels deep: close its brackets, or nest less in it."
        );
        return Err(Problem::at(text, at, reason));
    }
    DeTable::parse(text).map_err(|error| no_toml(text, &error))
}

/// Where something begins that holds more in each other than any stream does. The parser takes
/// tables as deep as a text can make them, and would have no stack left to take them apart again.
fn too_deep(text: &str) -> Option<usize> {
    let mut open = Vec::new();
    let mut dots = 0;
    for token in Toml::new(text).lex() {
        let at = token.span().start();
        match token.kind() {
            TokenKind::LeftSquareBracket | TokenKind::LeftCurlyBracket => open.push(at),
            TokenKind::RightSquareBracket | TokenKind::RightCurlyBracket => {
                open.pop();
            }
            TokenKind::Dot => dots += 1,
            TokenKind::Newline | TokenKind::Equals | TokenKind::Comma => dots = 0,
            _ => {}
        }
        if open.len() > MAX_DEPTH {
            return open.first().copied();
        }
        if dots > MAX_DEPTH {
            return Some(at);
        }
    }
    None
}

/// The line, from 1, of what follows these bytes.
fn line(before: &[u8]) -> usize {
    1 + before.iter().filter(|byte| **byte == b'\n').count()
}

/// Reads what TOML made of the text, and keeps the mistake that stands first in it, in whatever
/// order they are found.
struct Reader<'t> {
    /// The text, to turn the byte of a mistake into its line.
    text: &'t str,
    /// The first mistake: its byte, and what is said of it.
    first: Option<(usize, String)>,
    /// How its texts are written.
    language: Language,
    /// How many texts were filled in to try them.
    trials: usize,
    /// The paths that are taken, with the byte of each.
    paths: HashMap<String, usize>,
    /// The names that the events of the stream under way have.
    names: BTreeSet<String>,
    /// The profiles that a fault can name; nothing where they are not known.
    known_profiles: Option<Profiles>,
    /// How many faults the streams have so far.
    faults: usize,
    /// The recording of the stream under way, and the byte that it is named at.
    source: Option<(String, usize)>,
}

impl Reader<'_> {
    /// Takes a mistake down.
    fn tell(&mut self, at: usize, reason: impl Into<String>) {
        if self.first.as_ref().is_none_or(|(first, _)| at < *first) {
            self.first = Some((at, reason.into()));
        }
    }

    /// Tells of the first key that is not known.
    fn keys(&mut self, table: &DeTable<'_>, keys: Keys) {
        let unknown = table
            .keys()
            .filter(|key| !keys.names.contains(&key.get_ref().as_ref()))
            .min_by_key(|key| key.span().start);
        if let Some(key) = unknown {
            self.tell(key.span().start, sentences::unknown(key.get_ref(), keys));
        }
    }

    fn streams(&mut self, file: &DeTable<'_>) -> (Vec<Stream>, Vec<RecordingRef>) {
        for (key, _) in file {
            let name: &str = key.get_ref();
            if STREAM.names.contains(&name) {
                let reason = format!("{name} is of a stream: put it below a line [[stream]].");
                self.tell(key.span().start, reason);
            } else if !matches!(name, "stream" | "profile" | "templates" | "upstream") {
                let reason = format!(
                    "{} is nothing that the file can hold: it holds streams, each below a line [[stream]], profiles of faults, each below a line [[profile]], and upstreams, each below a line [[upstream]].",
                    named(name)
                );
                self.tell(key.span().start, reason);
            }
        }
        let (mut streams, mut recordings) = (Vec::new(), Vec::new());
        let Some(given) = find(file, "stream") else {
            return (streams, recordings);
        };
        let list = match given.value {
            DeValue::Array(list) if !list.is_empty() => list,
            _ => {
                self.tell(given.at, sentences::HEADING);
                return (streams, recordings);
            }
        };
        for (place, stream) in list.iter().enumerate() {
            let at = stream.span().start;
            if place == MAX_STREAMS {
                let reason = format!(
                    "{MAX_STREAMS} streams are the most: take this one and those below it out."
                );
                self.tell(at, reason);
                break;
            }
            match stream.get_ref() {
                DeValue::Table(table) => {
                    let read = self.stream(at, table);
                    if let (Some((file, at)), Some(_)) = (self.source.take(), &read) {
                        let place = Problem::at(self.text, at, "");
                        recordings.push(RecordingRef {
                            stream: streams.len(),
                            file,
                            line: place.line.unwrap_or(1),
                            column: place.column.unwrap_or(1),
                        });
                    }
                    streams.extend(read);
                }
                other => {
                    let reason = format!(
                        "{} is no stream: begin one with the line [[stream]].",
                        shown(other)
                    );
                    self.tell(at, reason);
                }
            }
        }
        (streams, recordings)
    }

    /// Reads one stream; `None` where it has no path.
    fn stream(&mut self, at: usize, table: &DeTable<'_>) -> Option<Stream> {
        self.keys(table, STREAM);
        self.names.clear();
        let mut count = find(table, "count").and_then(|given| self.whole(given, 1..=MAX_COUNT));
        let source = match self.recording(table) {
            Some(recording) => recording,
            None => self.source(table, &mut count),
        };
        let mut stream = Stream {
            path: String::new(),
            title: find(table, "title")
                .and_then(|given| self.title(given))
                .unwrap_or_default(),
            from: find(table, "from")
                .and_then(|given| self.whole(given, 0..=MAX_FROM))
                .unwrap_or(1),
            count,
            source,
            events_file: find(table, "events_file")
                .and_then(|given| self.events_file(table, given)),
            pace: self.pace(table),
            retry: find(table, "retry").and_then(|given| self.retry(given)),
            keep_alive: find(table, "keep_alive").and_then(|given| self.keep_alive(given)),
            keep_alive_blank: find(table, "keep_alive_blank")
                .and_then(|given| self.yes_or_no(given)),
            keep_alive_lines: find(table, "keep_alive_lines")
                .and_then(|given| self.keep_alive_lines(given)),
            space: find(table, "space")
                .and_then(|given| self.yes_or_no(given))
                .unwrap_or(true),
            headers: find(table, "headers").map_or_else(Vec::new, |given| self.headers(given)),
            line_ending: find(table, "line_ending")
                .and_then(|given| self.line_ending(given))
                .unwrap_or_default(),
            faults: Vec::new(),
        };
        let Some(path) = find(table, "path") else {
            // A path whose key is misspelt is told as that.
            if self.first.is_none() {
                let reason = "This stream has no path: give it one, such as path = \"/ticker\".";
                self.tell(at, reason);
            }
            return None;
        };
        stream.path = self.path(path)?;
        if let Some(given) = find(table, "faults") {
            stream.faults = self.faults_of_stream(given, &stream.path);
        }
        if stream.title.is_empty() {
            stream.title.clone_from(&stream.path);
        }
        Some(stream)
    }

    fn path(&mut self, given: Given<'_>) -> Option<String> {
        let path = self.text(given)?;
        // What a path holds as it stands; what browsers would encode or take out never arrives as
        // it was written here.
        let fit = |b: u8| b == b'/' || can_stand(b);
        let parts = || path.split('/').skip(1);
        if !path.starts_with('/') {
            let with = match path {
                "" => quoted("/ticker"),
                _ => quoted(&format!("/{path}")),
            };
            return self.wrong(
                given,
                &format!("does not begin with a slash: write {with}."),
            );
        }
        if is_reserved(path) {
            let own = RESERVED.join(", ");
            return self.wrong(
                given,
                &format!(
                    "is taken by the server: choose another than \"/\", what is {own} or below one of them, and what begins with {RESERVED_SIGN}."
                ),
            );
        }
        if path.len() > MAX_PATH {
            let reason = format!("has {} bytes: make it {MAX_PATH} at most.", path.len());
            return self.wrong(given, &reason);
        }
        if !path.bytes().all(fit) {
            return self.wrong(
                given,
                "holds a sign that no path can hold: use letters, digits, hyphens, dots, underscores and slashes.",
            );
        }
        let last = parts().count().saturating_sub(1);
        if parts()
            .enumerate()
            .any(|(at, part)| matches!(part, "." | "..") || part.is_empty() && at < last)
        {
            return self.wrong(
                given,
                "has a part between slashes that browsers take out: let none be empty, a dot or two dots.",
            );
        }
        if let Some(other) = self.paths.get(path) {
            let reason = format!(
                "is the path of the stream in line {} too: choose another.",
                line(&self.text.as_bytes()[..*other])
            );
            return self.wrong(given, &reason);
        }
        self.paths.insert(path.to_owned(), given.at);
        Some(path.to_owned())
    }

    fn title(&mut self, given: Given<'_>) -> Option<String> {
        let title = self.text(given)?;
        if (1..=MAX_TITLE).contains(&title.chars().count()) && !title.contains(char::is_control) {
            return Some(title.to_owned());
        }
        self.wrong(
            given,
            &format!("is no title: write 1 to {MAX_TITLE} characters on one line."),
        )
    }

    fn pace(&mut self, table: &DeTable<'_>) -> Pace {
        let every = find(table, "every").map_or(Some(EVERY), |given| {
            self.time(given, Duration::ZERO..=MAX_EVERY)
        });
        let jitter = find(table, "jitter").and_then(|given| {
            let jitter = self.time(given, Duration::ZERO..=MAX_EVERY)?;
            let every = every.filter(|every| jitter > *every);
            every.map_or(Some(jitter), |every| {
                let every = humantime::format_duration(every);
                self.wrong(
                    given,
                    &format!(
                        "is more than the time between two events, which is {every}: make it less."
                    ),
                )
            })
        });
        Pace {
            every: every.unwrap_or(EVERY),
            jitter: jitter.unwrap_or_default(),
            seed: find(table, "seed")
                .and_then(|given| self.whole(given, 0..=MAX_SEED))
                .unwrap_or_default(),
        }
    }

    fn retry(&mut self, given: Given<'_>) -> Option<u64> {
        let retry = self.time(given, Duration::ZERO..=MAX_RETRY)?;
        if !retry.subsec_nanos().is_multiple_of(1_000_000) {
            return self.wrong(
                given,
                "has a part of a millisecond, which clients cannot be told: write whole ones.",
            );
        }
        u64::try_from(retry.as_millis()).ok()
    }

    fn keep_alive(&mut self, given: Given<'_>) -> Option<KeepAlive> {
        match given.value {
            DeValue::Boolean(false) => Some(KeepAlive::Off),
            DeValue::Boolean(true) => self.wrong(
                given,
                "names no time: write one such as \"15s\", or false for none.",
            ),
            DeValue::String(time) if read_time(time).is_some_and(|time| time.is_zero()) => self
                .wrong(
                    given,
                    "is too short: write a time from 1ms to 1h, or false for none.",
                ),
            _ => self.time(given, KEEP_ALIVE).map(KeepAlive::Interval),
        }
    }

    fn line_ending(&mut self, given: Given<'_>) -> Option<LineEnding> {
        match given.value.as_str() {
            Some("lf") => Some(LineEnding::Lf),
            Some("crlf") => Some(LineEnding::CrLf),
            Some("cr") => Some(LineEnding::Cr),
            _ => self.wrong(
                given,
                "is no line ending: write \"lf\", \"crlf\" or \"cr\".",
            ),
        }
    }
}

#[cfg(test)]
mod tests;
