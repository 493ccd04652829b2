//! Writes a recording while it happens. It has no file and no clock: whoever records hands in what
//! came and when, and appends the text that it hands out.

use std::time::{Duration, SystemTime};

use super::RecordingMistakeKind as Kind;
use super::secret::{in_url, keep_back};
use super::write::{line_ends, put_step};
use super::{End, MOST_BYTES, Phase, Recording, RecordingMistake, Step, Wait, body, rounded};
use crate::fault::Fault;

/// Kept free for what the end of a file needs, in bytes: a note, a time, an end, and a longer count
/// of secrets.
const RESERVE: usize = 512;

/// The program that records, as the opening note names it.
const PROGRAM: &str = concat!("sse ", env!("CARGO_PKG_VERSION"));

/// What becomes of secrets.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Secrets {
    /// They are kept back, and counted (docs/RECORDING.md names them).
    #[default]
    KeptBack,
    /// They stand in the file.
    Written,
}

/// What a piece took on the wire, in bytes, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PieceSizes {
    /// Its chunk.
    pub chunk: Option<u64>,
    /// The piece before gzip was undone.
    pub gzip: Option<u64>,
}

/// Writes a recording while it happens.
///
/// Make one, call [`request`](Self::request), [`request_body`](Self::request_body),
/// [`response`](Self::response), [`piece`](Self::piece) and [`end`](Self::end) as things happen,
/// and append what [`take`](Self::take) hands out to the file after each. A request behind an end
/// begins the next exchange. At last call [`close`](Self::close), append once more, and let
/// [`whole`](Self::whole) say what the file has to hold.
///
/// All instants count from the beginning of the recording. Intervals are rounded down, and what a
/// rounding left over is in the next one, so their sum never drifts.
///
/// # Bound
///
/// The text never exceeds its bound, in neither spelling of its line ends: the step that would go
/// over is left out whole, the recording ends with a note and `= open`, and this and each later
/// call answers a mistake of the kind [`Full`](Kind::Full). What it holds itself is the text since
/// the last `take`.
#[derive(Debug)]
pub struct Recorder {
    secrets: Secrets,
    began: SystemTime,
    kept_back: usize,
    bound: usize,
    /// The body of the request, until the step behind it.
    body: Vec<u8>,
    /// The last step's phase. Its steps are taken out as soon as they are text.
    order: Recording,
    text: String,
    /// The size of all text, with line ends of LF and with those of CR LF.
    sizes: [usize; 2],
    /// All line ends of bodies of responses, and those of CR LF.
    ends: [usize; 2],
    /// How much time is written already.
    at: Duration,
    /// How many secrets the opening note counts, once that was handed out.
    opened_with: Option<usize>,
    is_full: bool,
}

impl Recorder {
    /// A recording of nothing yet. `began` is the wall time that the opening note names.
    pub fn new(began: SystemTime, secrets: Secrets) -> Self {
        Self::bounded(began, secrets, MOST_BYTES)
    }

    /// The same with a bound of its own on the text, in bytes: [`MOST_BYTES`] at most, and 4 KiB at
    /// least.
    pub fn bounded(began: SystemTime, secrets: Secrets, bound: usize) -> Self {
        Self {
            secrets,
            began,
            kept_back: 0,
            bound: bound.clamp(4096, MOST_BYTES),
            body: Vec::new(),
            order: Recording::new(),
            text: String::new(),
            // The first line, `% ends crlf`, and the opening notes.
            sizes: [RESERVE; 2],
            ends: [0; 2],
            at: Duration::ZERO,
            opened_with: None,
            is_full: false,
        }
    }

    /// A request was sent: its line and its fields, each without a line end. Behind an end it
    /// begins the next exchange. A target's bytes that a line cannot hold are percent-encoded; a
    /// field that a line cannot hold is left out, and a note names it.
    ///
    /// # Errors
    /// The recording is full, or a request cannot stand here.
    pub fn request<'a>(
        &mut self,
        at: Duration,
        line: &str,
        fields: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    ) -> Result<(), RecordingMistake> {
        let mut steps = Vec::new();
        if self.order.has_ended() {
            steps.push(Step::Next);
        }
        steps.extend(self.passed(at));
        steps.push(Step::Request(encoded(line)));
        for (name, value) in fields {
            steps.push(match field(name, value) {
                Some(line) => Step::Request(line),
                None => Step::Note(left_out("request", name)),
            });
        }
        self.push(steps)
    }

    /// More of the request's body. It is held back until the next step, because all of it is one
    /// piece: what comes of it behind the response's head has no place in the file.
    ///
    /// # Errors
    /// The recording is full.
    pub fn request_body(&mut self, bytes: &[u8]) -> Result<(), RecordingMistake> {
        if self.is_full || self.body.len() + bytes.len() > self.bound {
            self.body.clear();
            self.fill_up();
            return Err(self.full());
        }
        self.body.extend_from_slice(bytes);
        Ok(())
    }

    /// A response came: its status line and its fields, each without a line end.
    ///
    /// # Errors
    /// The recording is full, or a response cannot stand here. A field that is none is left out,
    /// and a note names it.
    pub fn response<'a>(
        &mut self,
        at: Duration,
        lines: impl IntoIterator<Item = &'a [u8]>,
    ) -> Result<(), RecordingMistake> {
        let mut steps = vec![Step::Wait(self.wait(at))];
        for (number, line) in lines.into_iter().enumerate() {
            let is_well = number == 0 || super::is_field(line) && !line.contains(&b'\n');
            steps.push(match is_well {
                true => Step::Response(line.to_vec()),
                false => Step::Note(left_out("response", &String::from_utf8_lossy(line))),
            });
        }
        self.push(steps)
    }

    /// A piece of the response's body was read. An empty one is nothing.
    ///
    /// # Errors
    /// The recording is full, or there is no response.
    pub fn piece(
        &mut self,
        at: Duration,
        bytes: &[u8],
        sizes: PieceSizes,
    ) -> Result<(), RecordingMistake> {
        if bytes.is_empty() {
            return Ok(());
        }
        let wait = Wait {
            chunk: sizes.chunk,
            gzip: sizes.gzip,
            ..self.wait(at)
        };
        self.push(vec![Step::Wait(wait), Step::Bytes(bytes.to_vec())])
    }

    /// A fault struck here.
    ///
    /// # Errors
    /// The recording is full, or no fault can stand here.
    pub fn fault(&mut self, at: Duration, fault: Fault) -> Result<(), RecordingMistake> {
        let mut steps: Vec<Step> = self.passed(at).into_iter().collect();
        steps.push(Step::Fault(Box::new(fault)));
        self.push(steps)
    }

    /// A note for people. What it has of controls becomes spaces.
    ///
    /// # Errors
    /// The recording is full.
    pub fn note(&mut self, text: &str) -> Result<(), RecordingMistake> {
        self.push(vec![note(text)])
    }

    /// A URL for a note: without its secrets, which count, unless they are to be written.
    pub fn url(&mut self, url: &str) -> String {
        if self.secrets == Secrets::Written {
            return url.to_owned();
        }
        let (url, secrets) = in_url(url);
        self.kept_back += secrets;
        url
    }

    /// The exchange ended.
    ///
    /// # Errors
    /// The recording is full, or there is nothing to end.
    pub fn end(&mut self, at: Duration, end: End) -> Result<(), RecordingMistake> {
        let mut steps: Vec<Step> = self.passed(at).into_iter().collect();
        steps.push(Step::End(end));
        self.push(steps)
    }

    /// Nothing follows: an exchange without an end is `open`, at this instant.
    pub fn close(&mut self, at: Duration) {
        if !self.order.has_ended() {
            // It is open and there is room for an end, so nothing can be wrong.
            _ = self.end(at, End::Open);
        }
    }

    /// The text that came since the last call. It begins with the first line and the opening note,
    /// so the first call is best made when the heads are there: the note counts their secrets.
    pub fn take(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        if self.opened_with.is_some() {
            return text;
        }
        self.opened_with = Some(self.kept_back);
        format!("wire 1\n{}{text}", self.opening_text())
    }

    /// Whether what [`take`](Self::take) handed out up to the close is the whole file as it is. It
    /// is not where most line ends turned out to be CR LF, or where a secret was kept back behind
    /// the opening note: [`whole`](Self::whole) then says what the file has to hold.
    pub fn is_whole(&self) -> bool {
        let [all, crlf] = self.ends;
        crlf <= all / 2 && self.opened_with == Some(self.kept_back)
    }

    /// What a whole file has to hold whose text is `text`: all that [`take`](Self::take) handed out
    /// up to the close. It is canonical, and its opening note has the right count.
    ///
    /// # Errors
    /// That text is none of this recorder.
    pub fn whole(&self, text: &[u8]) -> Result<String, RecordingMistake> {
        let mut recording = Recording::parse(text)?;
        if let Some(Step::Note(old)) = recording.steps.first_mut() {
            *old = self.opening();
        }
        Ok(recording.to_text())
    }

    /// What becomes of its secrets.
    pub fn secrets(&self) -> Secrets {
        self.secrets
    }

    /// Counts secrets that whoever records has kept back already.
    pub fn count_kept_back(&mut self, secrets: usize) {
        self.kept_back += secrets;
    }

    /// How many secrets were kept back so far.
    pub fn kept_back(&self) -> usize {
        self.kept_back
    }

    /// How long the text is so far, in bytes.
    pub fn size(&self) -> usize {
        self.sizes[0] - RESERVE
    }

    /// What each call answers once its bound has ended it.
    pub fn full(&self) -> RecordingMistake {
        Kind::full(self.bound)
    }

    /// Whether its bound ended it.
    pub fn is_full(&self) -> bool {
        self.is_full
    }

    /// Whether the last exchange has its end.
    pub fn has_ended(&self) -> bool {
        self.order.has_ended()
    }

    /// Its opening note.
    fn opening(&self) -> String {
        let began = humantime::format_rfc3339_seconds(self.began);
        let secrets = match (self.secrets, self.kept_back) {
            (Secrets::Written, _) => "secrets are in it".to_owned(),
            (Secrets::KeptBack, 1) => "1 secret kept back".to_owned(),
            (Secrets::KeptBack, count) => format!("{count} secrets kept back"),
        };
        format!("recorded {began} by {PROGRAM}; {secrets}")
    }

    /// The lines of the notes at the top.
    fn opening_text(&self) -> String {
        let bodies = "bodies are as they were: read them before you share this file";
        format!("# {}\n# {bodies}\n", self.opening())
    }

    /// The time since the last step, as far as it can be written.
    fn wait(&self, at: Duration) -> Wait {
        Wait {
            time: rounded(at.saturating_sub(self.at)),
            ..Wait::default()
        }
    }

    /// The same, where there is any.
    fn passed(&self, at: Duration) -> Option<Step> {
        let wait = self.wait(at);
        (!wait.time.is_zero()).then_some(Step::Wait(wait))
    }

    /// Writes steps behind the body that was held back.
    fn push(&mut self, steps: Vec<Step>) -> Result<(), RecordingMistake> {
        let body = std::mem::take(&mut self.body);
        if !body.is_empty() {
            self.put(vec![Step::RequestBytes(body)])?;
        }
        self.put(steps)
    }

    /// Writes steps, all or none.
    fn put(&mut self, mut steps: Vec<Step>) -> Result<(), RecordingMistake> {
        if self.is_full {
            return Err(self.full());
        }
        let phase = self.order.phase;
        let mut secrets = 0;
        let (mut text, mut other) = (String::new(), String::new());
        let (mut sizes, mut ends, mut time) = (self.sizes, self.ends, Duration::ZERO);
        let mut first = true;
        for mut step in steps.drain(..) {
            if self.secrets == Secrets::KeptBack {
                secrets += keep_back(&mut step, first);
            }
            first &= !matches!(step, Step::Request(_));
            if let Err(mistake) = self.order.push(step) {
                self.order.steps.clear();
                self.order.phase = phase;
                return Err(mistake);
            }
            for step in self.order.steps.drain(..) {
                let before = text.len();
                put_step(&mut text, &step, false);
                let mut size = [text.len() - before; 2];
                match &step {
                    Step::Wait(wait) => time += wait.time,
                    Step::Bytes(bytes) => {
                        let (all, crlf) = line_ends(bytes);
                        ends = [ends[0] + all, ends[1] + crlf];
                        if all > 0 {
                            other.clear();
                            put_step(&mut other, &step, true);
                            size[1] = other.len();
                        }
                    }
                    _ => {}
                }
                sizes = [sizes[0] + size[0], sizes[1] + size[1]];
            }
        }
        let is_end = self.order.has_ended();
        // An end always has its room.
        if !is_end && sizes.into_iter().any(|size| size > self.bound - RESERVE) {
            self.order.phase = phase;
            self.fill_up();
            return Err(self.full());
        }
        self.kept_back += secrets;
        self.ends = ends;
        self.sizes = sizes;
        self.at += time;
        self.text += &text;
        Ok(())
    }

    /// Ends it, because the next step has no room.
    fn fill_up(&mut self) {
        if std::mem::replace(&mut self.is_full, true) {
            return;
        }
        let mut text = String::new();
        let full = format!(
            "the recording has reached {} bytes, which is the limit: what came after this is missing",
            self.bound
        );
        put_step(&mut text, &Step::Note(full), false);
        if !self.order.has_ended() {
            put_step(&mut text, &Step::End(End::Open), false);
            self.order.phase = Phase::Ended;
        }
        self.sizes = self.sizes.map(|size| size + text.len());
        self.text += &text;
    }
}

fn note(text: &str) -> Step {
    let odd = |c: char| if c.is_control() { ' ' } else { c };
    Step::Note(text.chars().map(odd).collect())
}

fn left_out(whose: &str, field: &str) -> String {
    let name = field.split(':').next().unwrap_or_default();
    let name: String = name
        .chars()
        .filter(char::is_ascii_graphic)
        .take(60)
        .collect();
    format!("a field of the {whose} is left out, because no line can hold it: {name}")
}

/// A field as a line, where a line can hold it.
fn field(name: &str, value: &[u8]) -> Option<String> {
    let line = format!("{name}: {}", str::from_utf8(value).ok()?);
    let line = line.trim_end();
    (body::is_plain(line.as_bytes()) && super::is_field(line.as_bytes())).then(|| line.to_owned())
}

/// A request line, with each byte percent-encoded that cannot stand in one.
fn encoded(line: &str) -> String {
    let mut to = String::with_capacity(line.len());
    for c in line.chars() {
        match c {
            ' '..='~' => to.push(c),
            c => {
                for byte in c.encode_utf8(&mut [0; 4]).bytes() {
                    to += &format!("%{byte:02X}");
                }
            }
        }
    }
    to
}
