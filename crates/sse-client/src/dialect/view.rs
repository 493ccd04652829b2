//! What a joiner knows of a stream, within bounds.

use std::fmt;
use std::time::Duration;

use super::Dialect;
use super::pace::Pace;
use super::words;

/// The most bytes of text, reasoning and arguments together.
const MOST_TEXT: usize = 1024 * 1024;
/// The most parts, and the most calls.
const MOST_PARTS: usize = 256;
/// The most marks of the end, and the most notes.
const MOST_LINES: usize = 16;
/// How long a stream may stay open behind its end before that is worth a note.
const LINGER: Duration = Duration::from_secs(5);

/// What the events of a stream said so far.
///
/// # Bound
///
/// It holds at most 1 MiB of text, reasoning and arguments together, the beginning of each; 256
/// parts and 256 calls; 16 marks and 16 notes; 200 bytes of each place, name, id, mark and reason;
/// 500 bytes of an error in the stream's own words. Where such a text is cut, a `…` follows. What
/// is left out is counted in [`left_out`](Self::left_out), and [`notes`](Self::notes) say so at the
/// end.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// How the events are read. `None`: no dialect was recognised, or not yet.
    pub dialect: Option<Dialect>,
    /// The joined text and reasoning: one part for each choice, block or message, in the order in
    /// which they began.
    pub parts: Vec<Part>,
    /// The calls of tools, in the order in which they began.
    pub tool_calls: Vec<ToolCall>,
    /// Which marks of the end came, in their order, such as `finish_reason` and `[DONE]`.
    pub marks: Vec<String>,
    /// Why the model stopped, in the dialect's own word. The last one, where there are several.
    pub finish_reason: Option<String>,
    /// The first error that came inside the stream, in words, without secrets.
    pub error: Option<String>,
    /// Whether anything is missing. `None` until the stream ends, and where no dialect is known.
    pub verdict: Option<Verdict>,
    /// What else is worth knowing, a sentence each.
    pub notes: Vec<String>,
    /// How fast the answer came.
    pub pace: Pace,
    /// How many events or lines were read.
    pub events: u64,
    /// How many bytes of text, reasoning and arguments are not here, because of the bound.
    pub left_out: u64,
    /// How many bytes of `MOST_TEXT` are used.
    used: usize,
    /// The event under way brought a piece of the answer.
    has_piece: bool,
    /// When the mark came behind which nothing is expected.
    over: Option<(Duration, String)>,
    /// When the event under way came.
    now: Duration,
}

/// A text that the stream sent in pieces.
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    /// Where it belongs in the dialect's own words, such as `choice 0` or `block 2`.
    pub place: String,
    /// What it is.
    pub kind: Kind,
    /// The pieces, joined.
    pub text: String,
    /// How many bytes are missing at its end, because of the bound.
    pub left_out: u64,
}

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The answer.
    Text,
    /// What the model thinks before it, where the dialect tells it apart.
    Reasoning,
}

/// A tool that the model asks for.
#[derive(Clone, PartialEq, Eq)]
pub struct ToolCall {
    /// Where it belongs in the dialect's own words, such as `choice 0, call 1`.
    pub place: String,
    /// The id that its result will name; empty where none came.
    pub id: String,
    /// Which tool; empty where no name came.
    pub name: String,
    /// The pieces of its arguments, joined: JSON, once it is whole.
    pub arguments: String,
    /// How many bytes of the arguments are missing at their end, because of the bound.
    pub left_out: u64,
}

/// Whether a stream that ended brought all that its dialect promises.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// How bad it is.
    pub level: Level,
    /// What came, what did not, and what that means: one sentence, or two.
    pub sentence: String,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// All came.
    Whole,
    /// A mark is missing that some clients wait for, or an event in the middle.
    Doubtful,
    /// The end is missing: what came is not the whole answer.
    Truncated,
    /// The stream itself says that it failed.
    Failed,
}

impl fmt::Debug for Part {
    /// A text may hold anything that people keep secret, so only its length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("place", &self.place)
            .field("kind", &self.kind)
            .field("bytes", &self.text.len())
            .field("left_out", &self.left_out)
            .finish()
    }
}

impl fmt::Debug for ToolCall {
    /// Arguments may hold anything that people keep secret, so only their length is shown.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolCall")
            .field("place", &self.place)
            .field("name", &self.name)
            .field("bytes", &self.arguments.len())
            .field("left_out", &self.left_out)
            .finish()
    }
}

impl Verdict {
    pub(super) fn new(level: Level, sentence: impl Into<String>) -> Self {
        let sentence = sentence.into();
        Self { level, sentence }
    }
}

/// Adds as much of `piece` as there is room for. Behind a piece that was cut nothing is added, so
/// that the text has no hole.
fn add(text: &mut String, left_out: &mut u64, used: &mut usize, piece: &str) -> u64 {
    let room = match *left_out {
        0 => MOST_TEXT - *used,
        _ => 0,
    };
    let (taken, rest) = piece.split_at(words::beginning(piece, room).len());
    text.push_str(taken);
    *used += taken.len();
    *left_out += rest.len() as u64;
    rest.len() as u64
}

impl View {
    /// An event came: what is added from now on is its piece.
    pub(super) fn begin_event(&mut self, at: Duration) {
        self.events += 1;
        self.now = at;
        self.has_piece = false;
    }

    /// The event was read.
    pub(super) fn end_event(&mut self) {
        if self.has_piece {
            self.pace.piece(self.now);
        }
    }

    /// Forgets all but how many events came, and an error: they were read as another dialect.
    pub(super) fn restart(&mut self, dialect: Dialect) {
        *self = Self {
            dialect: Some(dialect),
            events: self.events,
            now: self.now,
            error: self.error.take(),
            ..Self::default()
        };
    }

    /// Adds a piece of text to the part at this place.
    pub(super) fn add(&mut self, kind: Kind, place: &str, piece: &str) {
        if piece.is_empty() {
            return;
        }
        self.has_piece = true;
        let at = self.position(kind, place).or_else(|| {
            (self.parts.len() < MOST_PARTS).then(|| {
                self.parts.push(Part {
                    place: words::name(place),
                    kind,
                    text: String::new(),
                    left_out: 0,
                });
                self.parts.len() - 1
            })
        });
        self.left_out += match at {
            Some(at) => {
                let Part { text, left_out, .. } = &mut self.parts[at];
                add(text, left_out, &mut self.used, piece)
            }
            None => piece.len() as u64,
        };
    }

    /// Makes the part at this place empty, since the stream sends it anew.
    pub(super) fn clear(&mut self, kind: Kind, place: &str) {
        if let Some(at) = self.position(kind, place) {
            let part = &mut self.parts[at];
            self.used -= part.text.len();
            self.left_out -= part.left_out;
            part.left_out = 0;
            // Its room goes back too: else each of many parts keeps the room of all.
            part.text = String::new();
        }
    }

    /// Whether anything was added at this place.
    pub(super) fn has(&self, kind: Kind, place: &str) -> bool {
        self.position(kind, place).is_some()
    }

    /// The newest first: pieces mostly go to the part that began last.
    fn position(&self, kind: Kind, place: &str) -> Option<usize> {
        let place = words::name(place);
        let is_it = |part: &Part| part.kind == kind && part.place == place;
        self.parts.iter().rposition(is_it)
    }

    /// Adds what is known of the call at this place.
    pub(super) fn add_call(
        &mut self,
        place: &str,
        id: Option<&str>,
        name: Option<&str>,
        arguments: &str,
    ) {
        self.has_piece |= !arguments.is_empty() || name.is_some_and(|name| !name.is_empty());
        let place = words::name(place);
        let is_it = |call: &ToolCall| call.place == place;
        let at = match self.tool_calls.iter().rposition(is_it) {
            Some(at) => at,
            None if self.tool_calls.len() < MOST_PARTS => {
                self.tool_calls.push(ToolCall {
                    place,
                    id: String::new(),
                    name: String::new(),
                    arguments: String::new(),
                    left_out: 0,
                });
                self.tool_calls.len() - 1
            }
            None => {
                self.left_out += arguments.len() as u64;
                return;
            }
        };
        let call = &mut self.tool_calls[at];
        for (known, new) in [(&mut call.id, id), (&mut call.name, name)] {
            if let (true, Some(new)) = (known.is_empty(), new) {
                *known = words::name(new);
            }
        }
        let left_out = &mut call.left_out;
        self.left_out += add(&mut call.arguments, left_out, &mut self.used, arguments);
    }

    /// Whether arguments came for the call at this place.
    pub(super) fn has_arguments(&self, place: &str) -> bool {
        let place = words::name(place);
        let mut calls = self.tool_calls.iter();
        let came = |call: &ToolCall| !call.arguments.is_empty() || call.left_out > 0;
        calls.any(|call| call.place == place && came(call))
    }

    /// A mark of the end came.
    pub(super) fn mark(&mut self, mark: &str) {
        let mark = words::name(mark);
        if self.marks.len() < MOST_LINES && !self.marks.contains(&mark) {
            self.marks.push(mark);
        }
    }

    /// The mark came behind which nothing is expected.
    pub(super) fn mark_over(&mut self, mark: &str) {
        self.mark(mark);
        let now = self.now;
        self.over.get_or_insert_with(|| (now, words::name(mark)));
    }

    /// The model stopped, for this reason. `mark` is how the dialect calls the field.
    pub(super) fn finish(&mut self, mark: &str, reason: &str) {
        const LIMITS: [&str; 6] = [
            "length",
            "max_tokens",
            "max_output_tokens",
            "max_completion_tokens",
            "model_context_window_exceeded",
            "token_limit",
        ];
        const FILTERS: [&str; 10] = [
            "content_filter",
            "safety",
            "refusal",
            "recitation",
            "blocklist",
            "prohibited_content",
            "spii",
            "image_safety",
            "image_prohibited_content",
            "image_recitation",
        ];
        self.mark(mark);
        let reason = words::name(reason);
        let lower = reason.to_ascii_lowercase();
        if LIMITS.contains(&lower.as_str()) {
            self.note(format!(
                "The answer stops at the limit of tokens ({reason}): ask for more tokens, or for \
                 the rest.",
            ));
        } else if FILTERS.contains(&lower.as_str()) {
            self.note(format!(
                "The provider stopped the answer ({reason}): its rules do not let the rest pass.",
            ));
        }
        self.finish_reason = Some(reason);
    }

    /// The stream says that something failed. The first error counts: what follows comes of it.
    pub(super) fn fail(&mut self, error: String) {
        self.error.get_or_insert(error);
    }

    /// The stream counts so many tokens of its answer so far.
    pub(super) fn count_tokens(&mut self, tokens: u64) {
        self.pace.tokens = Some(tokens);
    }

    /// Adds a sentence that is worth knowing, once.
    pub(super) fn note(&mut self, note: String) {
        if self.notes.len() < MOST_LINES && !self.notes.contains(&note) {
            self.notes.push(note);
        }
    }

    /// What a reader of a dialect judged, and the notes that only the end can tell.
    pub(super) fn conclude(&mut self, at: Duration, verdict: Verdict) {
        if verdict.level == Level::Truncated {
            self.pace.silence_until(at);
        }
        if let Some((since, mark)) = &self.over {
            let open = at.saturating_sub(*since);
            if open >= LINGER {
                self.note(format!(
                    "The stream stayed open for {:.1} s after {mark}: a client that waits for \
                     the end of the stream hangs that long, so end it at once.",
                    open.as_secs_f64(),
                ));
            }
        }
        if self.left_out > 0 {
            self.note(format!(
                "{} bytes of text are not shown: only the first 1 MiB and 256 parts are kept.",
                self.left_out,
            ));
        }
        self.verdict = Some(verdict);
    }
}
