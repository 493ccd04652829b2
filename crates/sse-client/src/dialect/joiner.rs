//! What is fed with the events of a stream, and keeps what they say.

use std::fmt;
use std::time::Duration;

use serde_json::Value;

use super::Dialect;
use super::a2a::A2a;
use super::ag_ui::AgUi;
use super::anthropic::Anthropic;
use super::cohere::Cohere;
use super::gemini::Gemini;
use super::gemini_interactions::GeminiInteractions;
use super::mcp::Mcp;
use super::ollama::Ollama;
use super::openai_chat::OpenAiChat;
use super::openai_responses::OpenAiResponses;
use super::reader::{Frame, Reader, failed};
use super::recognise::{self, Head};
use super::view::{Level, Verdict, View};
use super::words;

/// The most bytes of an event that are read as JSON, and the most objects in it. As values, a comma
/// takes up to 64 bytes for a moment, and an object that has one member some 700.
const LARGEST_EVENT: usize = 4 * 1024 * 1024;
const MOST_OBJECTS: usize = 100_000;
/// So many events may come before one tells the dialect.
const MOST_UNKNOWN: u64 = 64;

/// Joins what the events of one stream say.
///
/// Feed it each event with [`event`](Self::event), or each line of a body of JSON lines with
/// [`line`](Self::line), each with the time since the request; then call [`end`](Self::end). It
/// finds out the dialect itself. [`view`](Self::view) is there at any time.
///
/// Nothing that a stream can hold makes it panic: what is no JSON, or JSON of another shape, is
/// counted or passed over. What it holds is bounded as [`View`] says.
pub struct Joiner {
    /// What the stream said so far.
    view: View,
    /// Reads the events of the dialect in the view.
    reader: Option<Box<dyn Reader>>,
    /// No event may change the dialect any more.
    is_sure: bool,
    /// The request was a GET.
    is_get: bool,
    /// The body is one array of JSON and no stream.
    is_array: bool,
    /// The events whose data is no JSON, and the first of them: its number and its instant.
    unreadable: u64,
    first_unreadable: Option<(u64, Duration)>,
    /// How many events were too large to be read.
    too_large: u64,
}

impl fmt::Debug for Joiner {
    /// The reader has nothing to tell beyond its dialect.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Joiner")
            .field("view", &self.view)
            .field("is_sure", &self.is_sure)
            .finish_non_exhaustive()
    }
}

impl Joiner {
    /// A joiner of the stream that this head begins.
    pub fn new(head: &Head<'_>) -> Self {
        let mut joiner = Self {
            view: View::default(),
            reader: None,
            is_sure: false,
            is_get: head.method.eq_ignore_ascii_case("GET"),
            is_array: head.is_gemini_array(),
            unreadable: 0,
            first_unreadable: None,
            too_large: 0,
        };
        if let Some(guess) = head.guess() {
            joiner.choose(guess.dialect);
            joiner.is_sure = guess.is_sure;
        }
        joiner
    }

    /// What the stream said so far.
    pub fn view(&self) -> &View {
        &self.view
    }

    /// An event came, so long after the request. `event` is its name, `message` where it has none.
    pub fn event(&mut self, at: Duration, event: &str, data: &str) {
        self.view.begin_event(at);
        let json = self.parse(at, data);
        self.read(&Frame { event, data, json });
        self.view.end_event();
    }

    /// A line of a body of JSON lines came, so long after the request. Empty lines say nothing.
    pub fn line(&mut self, at: Duration, line: &str) {
        let line = line.trim_ascii();
        if !line.is_empty() {
            self.event(at, "message", line);
        }
    }

    /// The stream ended, so long after the request, however it ended. From now on the view has a
    /// verdict, where a dialect is known.
    pub fn end(&mut self, at: Duration) {
        let Some(reader) = &self.reader else {
            self.view.verdict = failed(&self.view);
            return;
        };
        let is_mcp = matches!(self.view.dialect, Some(Dialect::Mcp2025 | Dialect::Mcp2026));
        let mut verdict = match self.view.events {
            0 if self.is_array => Verdict::new(
                Level::Doubtful,
                "The answer is one JSON array (application/json), which is whole only at its \
                 end: add ?alt=sse to the URL for a stream.",
            ),
            0 if !is_mcp => Verdict::new(Level::Truncated, "No event came: there is no answer."),
            _ => reader.verdict(&self.view),
        };
        if self.too_large > 0 && verdict.level == Level::Truncated {
            verdict.level = Level::Doubtful;
            verdict.sentence.push_str(
                " An event of more than 4 MiB or 100,000 objects was not read, and may hold what \
                 is missing.",
            );
        }
        if let Some((number, first)) = self.first_unreadable {
            self.view.note(format!(
                "{} of {} events hold no JSON, the first of them event {number} at {:.2} s: a \
                 client that parses each one stops there.",
                self.unreadable,
                self.view.events,
                first.as_secs_f64(),
            ));
        }
        self.view.conclude(at, verdict);
    }

    fn parse(&mut self, at: Duration, data: &str) -> Value {
        // An empty event primes a client with an id; `[DONE]` is a mark. Neither is JSON.
        if data.is_empty() || data.trim_ascii() == "[DONE]" {
            return Value::Null;
        }
        if is_too_large(data) {
            self.too_large += 1;
            return Value::Null;
        }
        serde_json::from_str(data).unwrap_or_else(|_| {
            self.unreadable += 1;
            self.first_unreadable.get_or_insert((self.view.events, at));
            Value::Null
        })
    }

    fn read(&mut self, frame: &Frame<'_>) {
        if !self.is_sure
            && self.view.events <= MOST_UNKNOWN
            && let Some(dialect) = recognise::by_event(frame)
        {
            self.is_sure = true;
            if self.view.dialect != Some(dialect) {
                self.choose(dialect);
            }
        }
        match &mut self.reader {
            Some(reader) => reader.read(frame, &mut self.view),
            // Whatever it is, an error is one.
            None => {
                if let Some(error) = words::error(&frame.json) {
                    self.view.fail(error);
                }
            }
        }
    }

    fn choose(&mut self, dialect: Dialect) {
        self.view.restart(dialect);
        self.reader = Some(match dialect {
            Dialect::OpenAiChat => Box::new(OpenAiChat::default()),
            Dialect::OpenAiResponses => Box::new(OpenAiResponses::default()),
            Dialect::AnthropicMessages => Box::new(Anthropic::default()),
            Dialect::GeminiContent => Box::new(Gemini::default()),
            Dialect::GeminiInteractions => Box::new(GeminiInteractions::default()),
            Dialect::Ollama => Box::new(Ollama::default()),
            Dialect::CohereChat => Box::new(Cohere::default()),
            Dialect::AgUi => Box::new(AgUi::default()),
            Dialect::A2a => Box::new(A2a::default()),
            Dialect::Mcp2025 => Box::new(Mcp::new(true, self.is_get)),
            Dialect::Mcp2026 => Box::new(Mcp::new(false, false)),
        });
    }
}

/// Whether an event takes too much memory as JSON. A brace within a text counts too, since telling
/// them apart would be as much work as reading it.
fn is_too_large(data: &str) -> bool {
    let objects = || data.bytes().filter(|byte| *byte == b'{').count();
    data.len() > LARGEST_EVENT || objects() > MOST_OBJECTS
}
