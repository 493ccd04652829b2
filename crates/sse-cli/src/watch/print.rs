//! What `sse watch` prints: events on stdout, and what a person wants to know besides on stderr.

use std::borrow::Cow;
use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use sse_client::diagnose::{Finding, Level};
use sse_client::dialect::{Kind, View};
use sse_client::{Counts, End, Piece, Read, Reading, Watch as Stream};

use crate::api::shown;
use crate::args::Watch;
use crate::look::{BOLD, GREEN, QUIET, RED, YELLOW, json, lines, ms, painted, several};
use crate::stdout::{Stdout, has_colours};

/// How the stream is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A line or more for each event, for people.
    Lines,
    /// A JSON object for each.
    Json,
    /// The body as it is.
    Raw,
    /// Each piece with its time.
    Wire,
    /// The joined text of the dialect, at the end.
    Text,
    /// Not at all: it is recorded.
    Nothing {
        /// Nor is a person told anything but what is wrong.
        quiet: bool,
    },
}

impl Form {
    /// What the command line asks for.
    pub(crate) fn of(args: &Watch) -> Self {
        match args {
            Watch { json: true, .. } => Self::Json,
            Watch { raw: true, .. } => Self::Raw,
            Watch { wire: true, .. } => Self::Wire,
            Watch { text: true, .. } => Self::Text,
            _ => Self::Lines,
        }
    }
}

/// An object of `--json`, in the order in which it is printed.
#[derive(Serialize)]
struct JsonLine<'a> {
    kind: &'static str,
    at_ms: u64,
    event: Option<&'a str>,
    id: Option<&'a str>,
    data: Cow<'a, str>,
    bytes: u64,
}

impl<'a> JsonLine<'a> {
    fn of(at: Duration, read: &Read<'a>) -> Self {
        match *read {
            Read::Event {
                event,
                id,
                data,
                bytes,
            } => Self {
                event: Some(event),
                id: Some(id),
                ..Self::new("event", at, data, bytes)
            },
            Read::Line { text, bytes } => Self::new("event", at, text, bytes),
            Read::Comment { text, bytes } => Self::new("comment", at, text, bytes),
            Read::Retry { ms, bytes } => Self::new("retry", at, ms.to_string(), bytes),
            Read::TooLarge => Self::new("end", at, "", 0),
        }
    }

    fn new(kind: &'static str, at: Duration, data: impl Into<Cow<'a, str>>, bytes: u64) -> Self {
        Self {
            kind,
            at_ms: millis(at),
            event: None,
            id: None,
            data: data.into(),
            bytes,
        }
    }
}

/// Prints a stream, and counts what it printed.
pub(crate) struct Printer {
    form: Form,
    stdout: Stdout,
    /// Whether stdout, and whether stderr, is a terminal that shows colours.
    colours: (bool, bool),
    /// When it began to watch, and how long after that this stream did.
    began: Instant,
    offset: Duration,
    /// What this stream says; nothing before the first one.
    reading: Option<Reading>,
    /// How much there was on the streams before.
    before: Counts,
    first_event: Option<Duration>,
    last_id: String,
    /// An event of this stream outgrew what is read: nothing is made of what follows.
    is_too_large: bool,
}

impl Printer {
    pub(crate) fn new(form: Form) -> Self {
        let stdout = Stdout::new();
        let stderr = io::stderr().is_terminal();
        Self {
            form,
            colours: (stdout.has_colours(), has_colours(stderr)),
            stdout,
            began: Instant::now(),
            offset: Duration::ZERO,
            reading: None,
            before: Counts::default(),
            first_event: None,
            last_id: String::new(),
            is_too_large: false,
        }
    }

    /// How many events were printed.
    pub(crate) fn events(&self) -> u64 {
        self.counts().events
    }

    /// How much there was, on all streams.
    fn counts(&self) -> Counts {
        let now = self.reading.as_ref().map(Reading::counts);
        self.before + now.unwrap_or_default()
    }

    /// What this stream says, once there is one.
    pub(crate) fn reading(&self) -> Option<&Reading> {
        self.reading.as_ref()
    }

    /// Where the events are printed.
    pub(crate) fn stdout(&self) -> &Stdout {
        &self.stdout
    }

    /// Whether nothing more can be printed of this stream: an event outgrew what is read.
    pub(crate) fn is_over(&self) -> bool {
        self.is_too_large && matches!(self.form, Form::Lines | Form::Json | Form::Text)
    }

    /// Says that the stream is asked for again.
    pub(crate) fn reconnects(&mut self, wait: Duration, id: Option<&str>) {
        let id = id.map_or("no id".to_owned(), |id| format!("id {}", shown(id)));
        self.note(&format!("reconnects in {} with {id}", ms(wait)));
    }

    /// Begins a stream: says how the server answered.
    pub(crate) fn head(&mut self, stream: &Stream) {
        self.before = self.counts();
        // As a browser does, so that an unfinished event of the stream before is dropped.
        self.reading = Some(Reading::of(stream));
        self.is_too_large = false;
        self.offset = self.began.elapsed().saturating_sub(stream.elapsed());
        for hop in stream.hops() {
            match self.form {
                // The file has it without its secrets, and so has a person.
                Form::Nothing { .. } => self.note(&hop.to_string()),
                _ => self.note(&format!("{} redirects to {}", hop.status, shown(&hop.to))),
            }
        }
        let head = stream.head();
        let kind = head.value("content-type").unwrap_or("no content-type");
        let took = ms(stream.times().head_complete.unwrap_or_default());
        self.note(&format!(
            "{:?} {} {}, after {took}",
            head.version,
            head.status,
            shown(kind)
        ));
        let is_recorded = matches!(self.form, Form::Nothing { .. });
        if !head.is_stream() && !is_recorded {
            self.note("That is no stream of events. --diagnose says what it may be.");
        }
    }

    /// Prints a piece, up to `most` events.
    pub(crate) fn piece(&mut self, piece: &Piece, most: u64) {
        let most = most.saturating_sub(self.events());
        let Some(reading) = &mut self.reading else {
            return;
        };
        let mut out: Vec<u8> = Vec::new();
        match self.form {
            Form::Raw => self.stdout.print_foreign(&piece.bytes),
            Form::Wire => {
                let text = String::from_utf8_lossy(&piece.bytes);
                out.extend_from_slice(
                    format!("{:>10}  {:>6} bytes\n", ms(piece.at), piece.bytes.len()).as_bytes(),
                );
                for line in text.split_inclusive('\n') {
                    let line = line
                        .strip_suffix('\n')
                        .map_or(line.to_owned(), |line| format!("{line}␊"));
                    let line = line.replace('\r', "␍");
                    out.extend_from_slice(format!("            {}\n", shown(&line)).as_bytes());
                }
            }
            Form::Lines if reading.is_json_lines() => self.stdout.print_foreign(&piece.bytes),
            Form::Lines | Form::Json | Form::Text | Form::Nothing { .. } => {}
        }
        let (form, coloured) = (self.form, self.colours.0);
        let at = self.offset + piece.at;
        let mut is_too_large = false;
        reading.read(piece, most, |read| match (form, read) {
            (_, Read::TooLarge) => is_too_large = true,
            (Form::Json, read) => json(&mut out, &JsonLine::of(at, &read)),
            // It was printed with its piece.
            (Form::Lines, Read::Line { .. }) => {}
            (Form::Lines, read) => lines(&mut out, &clock(), &read, coloured, None),
            (Form::Raw | Form::Wire | Form::Text | Form::Nothing { .. }, _) => {}
        });
        if let Some(first) = reading.first_event() {
            self.first_event.get_or_insert(self.offset + first);
        }
        if let Some(id) = reading.last_id() {
            id.clone_into(&mut self.last_id);
        }
        self.stdout.print(&out);
        if is_too_large && !matches!(self.form, Form::Nothing { .. }) {
            self.is_too_large = true;
            self.note(
                "An event is larger than 16 MiB: nothing behind it is read, so have the server \
                 send less at once, or look with --raw.",
            );
        }
    }

    /// Says how it ended, and what there was in all.
    pub(crate) fn end(&mut self, stream: &Stream, end: Option<(End, Duration)>) {
        let (words, at) = match end {
            None => ("stopped".to_owned(), stream.elapsed()),
            Some((end, at)) => (end.to_string(), at),
        };
        self.stdout.end_foreign();
        if self.form == Form::Json {
            let mut out = Vec::new();
            json(
                &mut out,
                &JsonLine {
                    id: Some(&self.last_id),
                    ..JsonLine::new("end", self.offset + at, &*words, self.counts().bytes)
                },
            );
            self.stdout.print(&out);
        }
        if let Some(reading) = &mut self.reading {
            reading.end(at, |_| {});
        }
        let counts = self.counts();
        let view = self.reading.as_ref().map(Reading::view);
        let dialect = view.and_then(dialect_words);
        if let (Form::Text, Some(view)) = (self.form, view) {
            let joined = joined(view);
            self.stdout.print_foreign(joined.as_bytes());
        }
        let mut parts = vec![format!("{words} after {}", ms(self.offset + at))];
        parts.push(several(counts.events, "event"));
        if counts.comments > 0 {
            parts.push(several(counts.comments, "comment"));
        }
        parts.push(several(counts.bytes, "byte"));
        if counts.wire_bytes != counts.bytes {
            parts.push(format!(
                "{} on the wire",
                several(counts.wire_bytes, "byte")
            ));
        }
        if let Some(first) = self.first_event {
            parts.push(format!("the first event after {}", ms(first)));
        }
        if !self.last_id.is_empty() {
            parts.push(format!("last event id {}", shown(&self.last_id)));
        }
        self.note(&parts.join(", "));
        if let Some(words) = dialect {
            self.note(&words);
        }
    }

    /// Says what is wrong, the worst first.
    pub(crate) fn findings(&mut self, findings: &[Finding]) {
        let (fine, others): (Vec<&Finding>, Vec<&Finding>) = findings
            .iter()
            .partition(|finding| finding.level == Level::Fine);
        // What reads stdout in the other forms wants the stream alone.
        let is_stdout = matches!(self.form, Form::Lines | Form::Wire);
        let coloured = match is_stdout {
            true => self.colours.0,
            false => self.colours.1,
        };
        let mut text = String::new();
        for finding in &others {
            let colour = match finding.level {
                Level::Broken => RED,
                Level::Risky => YELLOW,
                _ => BOLD,
            };
            let level = painted(&finding.level.to_string(), colour, coloured);
            text += &format!("{level} {}: {}\n", finding.rule, shown(&finding.sentence));
            for line in [&finding.hurts, &finding.change] {
                if !line.is_empty() {
                    text += &format!("    {}\n", shown(line));
                }
            }
        }
        for finding in &fine {
            let level = painted("fine", GREEN, coloured);
            text += &format!("{level} {}: {}\n", finding.rule, shown(&finding.sentence));
        }
        match is_stdout {
            true => self.stdout.print(text.as_bytes()),
            false => _ = io::stderr().write_all(text.as_bytes()),
        }
    }

    /// A line for people, unless they are to be told only what is wrong.
    pub(crate) fn note(&mut self, words: &str) {
        if !matches!(self.form, Form::Nothing { quiet: true }) {
            self.warn(words);
        }
    }

    /// A line for people.
    pub(crate) fn warn(&mut self, words: &str) {
        let line = painted(words, QUIET, self.colours.1);
        // Not `eprintln!`, which panics when nobody reads stderr.
        _ = writeln!(io::stderr(), "{line}");
    }
}

/// The joined text of a stream, and the calls of tools below it.
fn joined(view: &View) -> String {
    let parts = view.parts.iter().filter(|part| part.kind == Kind::Text);
    let mut text: String = parts.map(|part| part.text.as_str()).collect();
    for call in &view.tool_calls {
        text += &format!("\n{}({})", call.name, call.arguments);
    }
    text + "\n"
}

/// What the stream is in its dialect, in a sentence.
fn dialect_words(view: &View) -> Option<String> {
    let name = view.dialect?.name();
    let verdict = view
        .verdict
        .as_ref()
        .map_or("", |verdict| &verdict.sentence);
    let mut words = format!("{name}: {}", shown(verdict));
    let pace = &view.pace;
    if let Some(first) = pace.first {
        words += &format!(" The first token came after {}", ms(first));
        let rate = pace.tokens_a_second().map(|rate| (rate, "token"));
        let rate = rate.or(pace.pieces_a_second().map(|rate| (rate, "piece")));
        if let Some((rate, what)) = rate {
            words += &format!(", {} a second", several(rate.round() as u64, what));
        }
        if let Some(stall) = pace.longest_stall {
            words += &format!(", the longest stall was {}", ms(stall.length));
        }
        words += ".";
    }
    Some(words)
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// The time of day in UTC, with milliseconds.
fn clock() -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.unwrap_or_default();
    let seconds = now.as_secs() % 86_400;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!(
        "{hours:02}:{minutes:02}:{seconds:02}.{:03}",
        now.subsec_millis()
    )
}
