//! What `sse watch` prints: events on stdout, and what a person wants to know besides on stderr.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use serde_json::Serializer;
use serde_json::ser::Formatter;
use sse_client::diagnose::{DialectFacts, Finding, Level};
use sse_client::dialect::{Head, Joiner, Kind, View};
use sse_client::{End, Header, Piece, Watch as Stream};
use sse_wire::{Decoded, Decoder};

use crate::api::shown;
use crate::args::Watch;

use super::stdout::{Stdout, has_colours};

/// The longest line of JSON that is read.
const LONGEST_LINE: usize = 4 << 20;

/// How the stream is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
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
}

/// An object of `--json`, in the order in which it is printed.
#[derive(Serialize)]
struct JsonLine<'a> {
    kind: &'static str,
    at_ms: u64,
    event: Option<&'a str>,
    id: Option<&'a str>,
    data: &'a str,
    bytes: u64,
}

impl<'a> JsonLine<'a> {
    fn new(kind: &'static str, at: Duration, data: &'a str, bytes: u64) -> Self {
        Self {
            kind,
            at_ms: millis(at),
            event: None,
            id: None,
            data,
            bytes,
        }
    }
}

fn json(out: &mut Vec<u8>, line: &JsonLine<'_>) {
    // Strings and numbers are always JSON, and a vector takes all that is written.
    let mut serializer = Serializer::with_formatter(&mut *out, Harmless);
    if line.serialize(&mut serializer).is_ok() {
        out.push(b'\n');
    }
}

/// JSON without any control character. It allows those from U+007F to U+009F as they are, and some
/// terminals obey them.
struct Harmless;

impl Formatter for Harmless {
    fn write_string_fragment<W: ?Sized + Write>(
        &mut self,
        out: &mut W,
        text: &str,
    ) -> io::Result<()> {
        for part in text.split_inclusive(char::is_control) {
            match part.chars().next_back().filter(|last| last.is_control()) {
                None => out.write_all(part.as_bytes())?,
                Some(last) => {
                    out.write_all(&part.as_bytes()[..part.len() - last.len_utf8()])?;
                    write!(out, "\\u{:04x}", u32::from(last))?;
                }
            }
        }
        Ok(())
    }
}

/// Prints a stream, and counts what it printed.
pub(crate) struct Printer {
    form: Form,
    stdout: Stdout,
    /// Whether stdout, and whether stderr, is a terminal that shows colours.
    colours: (bool, bool),
    decoder: Decoder,
    /// When it began to watch, and how long after that this stream did.
    began: Instant,
    offset: Duration,
    events: u64,
    comments: u64,
    bytes: u64,
    wire_bytes: u64,
    /// The bytes of the event under way: what came since the end of the last one.
    since: u64,
    first_event: Option<Duration>,
    last_id: String,
    /// Whether this stream named an id.
    names_ids: bool,
    /// The last reconnection time that this stream set, in milliseconds.
    retry: Option<u64>,
    /// What the events mean, where their dialect is known.
    joiner: Joiner,
    /// Of a body of JSON lines, the line under way.
    line: Option<Vec<u8>>,
    /// When the request was sent, since which a dialect counts its times.
    sent: Duration,
    /// An event outgrew the bound of a decoder: nothing is made of what follows.
    is_over: bool,
}

impl Printer {
    pub(crate) fn new(args: &Watch) -> Self {
        let form = match args {
            Watch { json: true, .. } => Form::Json,
            Watch { raw: true, .. } => Form::Raw,
            Watch { wire: true, .. } => Form::Wire,
            Watch { text: true, .. } => Form::Text,
            _ => Form::Lines,
        };
        let stdout = Stdout::new();
        let stderr = io::stderr().is_terminal();
        Self {
            form,
            colours: (stdout.has_colours(), has_colours(stderr)),
            stdout,
            decoder: Decoder::new(),
            began: Instant::now(),
            offset: Duration::ZERO,
            events: 0,
            comments: 0,
            bytes: 0,
            wire_bytes: 0,
            since: 0,
            first_event: None,
            last_id: String::new(),
            names_ids: false,
            retry: None,
            joiner: Joiner::new(&Head::default()),
            line: None,
            sent: Duration::ZERO,
            is_over: false,
        }
    }

    /// How many events were printed.
    pub(crate) fn events(&self) -> u64 {
        self.events
    }

    /// Where the events are printed.
    pub(crate) fn stdout(&self) -> &Stdout {
        &self.stdout
    }

    /// The last event id that this stream set; nothing until it names one.
    pub(crate) fn id(&self) -> Option<&str> {
        self.names_ids.then_some(&self.last_id)
    }

    /// The reconnection time that this stream set, in milliseconds.
    pub(crate) fn retry(&self) -> Option<u64> {
        self.retry
    }

    /// Says that the stream is asked for again.
    pub(crate) fn reconnects(&mut self, wait: Duration, id: Option<&str>) {
        let id = id.map_or("no id".to_owned(), |id| format!("id {}", shown(id)));
        self.note(&format!("reconnects in {} with {id}", ms(wait)));
    }

    /// Begins a stream: says how the server answered.
    pub(crate) fn head(&mut self, stream: &Stream) {
        // As a browser does, so that an unfinished event of the stream before is dropped.
        self.decoder = Decoder::new();
        self.offset = self.began.elapsed().saturating_sub(stream.elapsed());
        (self.names_ids, self.retry, self.is_over, self.since) = (false, None, false, 0);
        self.begin_dialect(stream);
        for hop in stream.hops() {
            self.note(&format!("{} redirects to {}", hop.status, shown(&hop.to)));
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
        if !head.is_stream() {
            self.note("That is no stream of events. --diagnose says what it may be.");
        }
    }

    fn begin_dialect(&mut self, stream: &Stream) {
        let (asked, head) = (stream.asked(), stream.head());
        let version = |header: &&Header| header.name.eq_ignore_ascii_case("mcp-protocol-version");
        let version = asked.headers.iter().find(version);
        let path = asked.url.split_once("://").map_or("", |(_, rest)| rest);
        self.joiner = Joiner::new(&Head {
            method: asked.method.as_str(),
            path: path.find('/').map_or("/", |at| &path[at..]),
            mcp_version: version.map(|header| header.value.as_str()),
            content_type: head.value("content-type"),
        });
        let lines = [
            "application/x-ndjson",
            "application/ndjson",
            "application/jsonl",
        ];
        self.line = lines.contains(&&*head.media_type()).then(Vec::new);
        self.sent = stream.times().request_sent.unwrap_or_default();
    }

    /// What the stream means in its dialect, once it has ended.
    pub(crate) fn dialect(&self) -> Option<DialectFacts> {
        DialectFacts::of(self.joiner.view())
    }

    /// Reads the lines of a body of JSON lines. One that is too long to be read is none.
    fn json_lines(&mut self, piece: &Piece, most: u64) {
        let Some(line) = &mut self.line else { return };
        for part in piece.bytes.split_inclusive(|&byte| byte == b'\n') {
            if self.events >= most {
                return;
            }
            if line.len() + part.len() <= LONGEST_LINE {
                line.extend_from_slice(part);
            }
            if part.ends_with(b"\n") {
                let at = piece.at.saturating_sub(self.sent);
                self.joiner.line(at, &String::from_utf8_lossy(line));
                self.events += 1;
                self.first_event.get_or_insert(piece.at);
                line.clear();
            }
        }
    }

    /// Prints a piece, up to `most` events.
    pub(crate) fn piece(&mut self, piece: &Piece, most: u64) {
        self.bytes += piece.bytes.len() as u64;
        self.wire_bytes += piece.wire_bytes as u64;
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
            Form::Lines if self.line.is_some() => self.stdout.print_foreign(&piece.bytes),
            Form::Lines | Form::Json | Form::Text => {}
        }
        match self.line.is_some() {
            true => self.json_lines(piece, most),
            false => self.decode(piece, most, &mut out),
        }
        self.stdout.print(&out);
    }

    /// Reads the events of a piece, and writes those that are asked for.
    fn decode(&mut self, piece: &Piece, most: u64, out: &mut Vec<u8>) {
        if self.is_over {
            return;
        }
        let (form, coloured) = (self.form, self.colours.0);
        let at = self.offset + piece.at;
        let Self {
            decoder,
            events,
            comments,
            since,
            first_event,
            last_id,
            names_ids,
            retry: told,
            joiner,
            sent,
            ..
        } = self;
        // Line by line, so that it is known how many bytes each event is.
        let mut is_over = false;
        for line in piece.bytes.split_inclusive(|&byte| byte == b'\n') {
            *since += line.len() as u64;
            let read = decoder.push(line, |decoded| {
                if *events >= most {
                    return;
                }
                match decoded {
                    Decoded::Event {
                        event,
                        data,
                        last_event_id,
                    } => {
                        *events += 1;
                        first_event.get_or_insert(at);
                        joiner.event(piece.at.saturating_sub(*sent), event, data);
                        *names_ids |= !last_event_id.is_empty();
                        if *names_ids {
                            last_event_id.clone_into(last_id);
                        }
                        match form {
                            Form::Json => {
                                json(
                                    out,
                                    &JsonLine {
                                        event: Some(event),
                                        id: Some(last_event_id),
                                        ..JsonLine::new("event", at, data, *since)
                                    },
                                );
                            }
                            Form::Lines => lines(out, event, last_event_id, data, coloured),
                            Form::Raw | Form::Wire | Form::Text => {}
                        }
                        *since = 0;
                    }
                    Decoded::Comment(text) => {
                        *comments += 1;
                        match form {
                            Form::Json => {
                                json(out, &JsonLine::new("comment", at, text, line.len() as u64));
                            }
                            Form::Lines => {
                                let text = format!("{}  : {}", clock(), shown(text));
                                _ = writeln!(out, "{}", painted(&text, QUIET, coloured));
                            }
                            Form::Raw | Form::Wire | Form::Text => {}
                        }
                    }
                    Decoded::Retry(retry) => {
                        *told = Some(retry);
                        match form {
                            Form::Json => {
                                let (retry, bytes) = (retry.to_string(), line.len() as u64);
                                json(out, &JsonLine::new("retry", at, &retry, bytes));
                            }
                            Form::Lines => {
                                let text = format!("{}  retry {retry} ms", clock());
                                _ = writeln!(out, "{}", painted(&text, QUIET, coloured));
                            }
                            Form::Raw | Form::Wire | Form::Text => {}
                        }
                    }
                }
            });
            if read.is_err() {
                is_over = true;
                break;
            }
        }
        if is_over {
            self.is_over = true;
            self.note("An event is larger than 16 MiB: what follows is not read.");
        }
    }

    /// Says how it ended, and what there was in all.
    pub(crate) fn end(&mut self, stream: &Stream, end: Option<(End, Duration)>) {
        let (words, at) = match end {
            None => ("stopped".to_owned(), stream.elapsed()),
            Some((end, at)) => (end_words(end), at),
        };
        self.stdout.end_foreign();
        if self.form == Form::Json {
            let mut out = Vec::new();
            json(
                &mut out,
                &JsonLine {
                    id: Some(&self.last_id),
                    ..JsonLine::new("end", self.offset + at, &words, self.bytes)
                },
            );
            self.stdout.print(&out);
        }
        self.joiner.end(at.saturating_sub(self.sent));
        if self.form == Form::Text {
            let joined = joined(self.joiner.view());
            self.stdout.print_foreign(joined.as_bytes());
        }
        let mut parts = vec![format!("{words} after {}", ms(self.offset + at))];
        parts.push(several(self.events, "event"));
        if self.comments > 0 {
            parts.push(several(self.comments, "comment"));
        }
        parts.push(several(self.bytes, "byte"));
        if self.wire_bytes != self.bytes {
            parts.push(format!("{} on the wire", several(self.wire_bytes, "byte")));
        }
        if let Some(first) = self.first_event {
            parts.push(format!("the first event after {}", ms(first)));
        }
        if !self.last_id.is_empty() {
            parts.push(format!("last event id {}", shown(&self.last_id)));
        }
        self.note(&parts.join(", "));
        if let Some(words) = dialect_words(self.joiner.view()) {
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

    /// A line for people.
    pub(crate) fn note(&mut self, words: &str) {
        let line = painted(words, QUIET, self.colours.1);
        // Not `eprintln!`, which panics when nobody reads stderr.
        _ = writeln!(io::stderr(), "{line}");
    }
}

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const CYAN: &str = "36";
const BOLD: &str = "1";
const QUIET: &str = "2";

fn painted(text: &str, colour: &str, coloured: bool) -> String {
    match coloured {
        true => format!("\x1b[{colour}m{text}\x1b[0m"),
        false => text.to_owned(),
    }
}

/// An event for people: its data behind the time, id and name, each line of it below the first.
fn lines(out: &mut Vec<u8>, event: &str, id: &str, data: &str, coloured: bool) {
    let mut head = clock();
    for (text, colour) in [
        (id, CYAN),
        (if event == "message" { "" } else { event }, BOLD),
    ] {
        if !text.is_empty() {
            head += &format!("  {}", painted(&shown(text), colour, coloured));
        }
    }
    let mut lines = data.split('\n');
    _ = writeln!(out, "{head}  {}", shown(lines.next().unwrap_or_default()));
    for line in lines {
        _ = writeln!(out, "              {}", shown(line));
    }
}

fn end_words(end: End) -> String {
    match end {
        End::InOrder => "ended in order".to_owned(),
        End::Cut => "cut off".to_owned(),
        End::Reset => "reset".to_owned(),
        End::GoAway { code } => format!("ended by GOAWAY {code}"),
        End::Stopped => "stopped".to_owned(),
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

fn several(count: u64, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn ms(time: Duration) -> String {
    match time.as_millis() {
        ms @ ..10_000 => format!("{ms} ms"),
        _ => format!("{:.1} s", time.as_secs_f64()),
    }
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
