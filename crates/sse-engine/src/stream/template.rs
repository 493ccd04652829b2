//! Texts with placeholders, which are filled in for each event.
//!
//! The text for a placeholder depends only on the event's number, the seed and the clock. A client
//! that reconnects therefore gets the same event for the same number, except for the time. A
//! placeholder that cannot be filled in is refused when the text is read, so making an event of
//! such texts never fails. A text of jinja can do more, and can fail (see `jinja`).

mod jinja;

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::request::Request;
use crate::bounds::MAX_NUMBER;
use crate::text::cut;
pub use jinja::Condition;
use jinja::Jinja;

/// How many texts [`Template::all`] lists at most.
const MAX_TEXTS: usize = 100;
/// The last second of the year 9999: what is later has no form in RFC 3339.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// A text with places that are filled in for each event. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    form: Form,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Form {
    /// No text is empty and no two stand side by side, so that each template has one form.
    Parts(Arc<[Part]>),
    /// What needs the engine of jinja.
    Jinja(Jinja),
}

/// How the texts of a file are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// `{n}` and the other places in one brace.
    #[default]
    Places,
    /// `{{ n }}`, conditions and loops, as jinja has them.
    Jinja,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// As it stands.
    Text(String),
    /// `{n}`
    Number,
    /// `{now}`
    Now,
    /// `{unix_ms}`
    UnixMs,
    /// `{random A B}`: a whole number from the one to the other, both included.
    Random { least: i64, most: i64 },
    /// `{pick a|b|c}`: one of these texts, of which there is at least one.
    Pick(Vec<String>),
}

/// What the places of an event are filled in from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The number of the event.
    pub n: u64,
    /// What is drawn is drawn from this and the number.
    pub seed: u64,
    /// What time it is.
    pub wall: SystemTime,
}

/// Why a text is no template: one sentence for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{sentence}")]
pub struct BadTemplate {
    /// What is wrong and what to do.
    pub sentence: String,
    /// The line of the text, from 1, where it is not the first that is wrong.
    pub line: usize,
}

impl BadTemplate {
    pub(super) fn new(sentence: impl Into<String>) -> Self {
        Self::in_line(1, sentence)
    }

    pub(super) fn in_line(line: usize, sentence: impl Into<String>) -> Self {
        let sentence = sentence.into();
        Self { sentence, line }
    }
}

impl Template {
    /// Reads a text. A brace that no letter follows is itself, so that JSON is written as it
    /// stands; `{{n}}` is the text `{n}`.
    ///
    /// # Errors
    /// A place that there is not, or one that is not closed or lacks what it needs.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            plain.push_str(&rest[..at]);
            let (piece, after) = piece(&rest[at..])?;
            match piece {
                Piece::Text(text) => plain.push_str(text),
                Piece::Place(part) => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(part);
                }
            }
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self::of(parts))
    }

    /// Reads a text that stands in a file of this language.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and what jinja does not understand, or does not know by name.
    pub fn read(text: &str, language: Language) -> Result<Self, BadTemplate> {
        match language {
            Language::Places => Self::parse(text),
            Language::Jinja if jinja::is_plain(text) => Ok(Self::plain(text)),
            Language::Jinja => Ok(Self {
                form: Form::Jinja(Jinja::parse(text)?),
            }),
        }
    }

    /// Reads a name or an id, which may hold less than data: `{{ n }}` and `{{ pick("a", "b") }}`
    /// are all that there is for jinja.
    ///
    /// # Errors
    /// As [`parse`](Self::parse), and anything else in two braces.
    pub fn read_short(text: &str, language: Language) -> Result<Self, BadTemplate> {
        match language {
            Language::Places => Self::parse(text),
            Language::Jinja => Ok(Self::of(jinja::short(text)?)),
        }
    }

    fn of(parts: Vec<Part>) -> Self {
        Self {
            form: Form::Parts(parts.into()),
        }
    }

    /// A text without a place.
    pub(super) fn plain(text: &str) -> Self {
        let parts = (!text.is_empty()).then(|| Part::Text(text.to_owned()));
        Self::of(parts.into_iter().collect())
    }

    /// Its parts; none of a text of jinja.
    fn parts(&self) -> &[Part] {
        match &self.form {
            Form::Parts(parts) => parts,
            Form::Jinja(_) => &[],
        }
    }

    /// The number of the event and nothing else.
    pub fn number() -> Self {
        Self::of(vec![Part::Number])
    }

    /// Whether it says what the client asked for.
    pub fn asks(&self) -> bool {
        matches!(&self.form, Form::Jinja(jinja) if jinja.asks())
    }

    /// Makes the first three texts that need no request, to find early what is wrong with it.
    ///
    /// # Errors
    /// What jinja could not do.
    pub fn tried(&self) -> Result<(), BadTemplate> {
        let Form::Jinja(jinja) = &self.form else {
            return Ok(());
        };
        for n in (1..=3).filter(|_| !jinja.asks()) {
            let moment = Moment {
                n,
                seed: 0,
                wall: UNIX_EPOCH,
            };
            jinja.render(&moment, &Request::default(), &mut 0)?;
        }
        Ok(())
    }

    /// How many draws its own places make.
    pub(super) fn draws(&self) -> u64 {
        let drawn = |part: &&Part| matches!(part, Part::Random { .. } | Part::Pick(_));
        self.parts().iter().filter(drawn).count() as u64
    }

    /// The text of one event for a client that asked for this. Calls of jinja that draw are
    /// numbered from `calls` on.
    ///
    /// # Errors
    /// What jinja could not do, in words that follow `could not be made:`.
    pub(super) fn made(
        &self,
        moment: &Moment,
        request: &Request,
        calls: &mut u64,
    ) -> Result<Cow<'_, str>, BadTemplate> {
        match &self.form {
            Form::Parts(_) => Ok(self.text(moment)),
            Form::Jinja(jinja) => jinja.render(moment, request, calls).map(Cow::Owned),
        }
    }

    /// Appends the text of one event. A text of jinja has none that cannot fail: it is left out.
    pub fn render(&self, moment: &Moment, out: &mut String) {
        // Counts the places that are drawn, so that each draws for itself.
        let mut drawn = 0;
        let mut below = |bound: u128| {
            let random = random(moment.seed, moment.n, drawn);
            drawn += 1;
            scale(random, bound)
        };
        for part in self.parts() {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Number => out.push_str(itoa::Buffer::new().format(moment.n)),
                Part::Now => {
                    // A string takes whatever is written to it.
                    let _ = write!(out, "{}", moment.now());
                }
                Part::UnixMs => {
                    out.push_str(itoa::Buffer::new().format(moment.unix_ms()));
                }
                Part::Random { least, most } => {
                    let more = below(u128::from(most.abs_diff(*least)) + 1);
                    let number = least.saturating_add_unsigned(more);
                    out.push_str(itoa::Buffer::new().format(number));
                }
                Part::Pick(texts) => {
                    let index = below(texts.len() as u128) as usize;
                    out.push_str(texts.get(index).map_or("", String::as_str));
                }
            }
        }
    }

    /// The text of one event.
    pub fn text(&self, moment: &Moment) -> Cow<'_, str> {
        if let Some(plain) = self.as_plain() {
            return Cow::Borrowed(plain);
        }
        let mut text = String::new();
        self.render(moment, &mut text);
        Cow::Owned(text)
    }

    /// How many bytes it can take on the wire at most, each line break taken for a line of its own.
    /// Of a text of jinja nothing is known.
    pub fn longest(&self) -> usize {
        /// `data: ` and a line end.
        const LINE: usize = 8;
        /// The longest number, and a time.
        const PLACE: usize = 24;
        let text = |text: &String| {
            let breaks = text.bytes().filter(|b| matches!(b, b'\r' | b'\n'));
            text.len() + breaks.count() * LINE
        };
        let parts = self.parts().iter().map(|part| match part {
            Part::Text(plain) => text(plain),
            Part::Pick(texts) => texts.iter().map(text).max().unwrap_or(0),
            _ => PLACE,
        });
        parts.sum()
    }

    /// The text, where there is no place in it.
    pub fn as_plain(&self) -> Option<&str> {
        let Form::Parts(parts) = &self.form else {
            return None;
        };
        match &**parts {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Every text that it can give, each once, where it holds nothing but text and `{pick}`. `None`
    /// where there are more than a hundred.
    pub fn all(&self) -> Option<Vec<String>> {
        if let Form::Jinja(_) = self.form {
            return None;
        }
        let mut all = vec![String::new()];
        for part in self.parts() {
            let choices = match part {
                Part::Text(text) => std::slice::from_ref(text),
                Part::Pick(texts) => texts,
                _ => return None,
            };
            let mut longer = Vec::new();
            for begun in &all {
                for choice in choices {
                    let text = format!("{begun}{choice}");
                    if !longer.contains(&text) {
                        longer.push(text);
                    }
                    if longer.len() > MAX_TEXTS {
                        return None;
                    }
                }
            }
            all = longer;
        }
        Some(all)
    }

    /// The number that it wrote as this text, where it holds one `{n}` and else plain text. What it
    /// cannot have written, such as a number with a zero before it or one that no stream gets to,
    /// is none.
    pub fn number_in(&self, text: &str) -> Option<u64> {
        let (before, after) = match self.parts() {
            [Part::Number] => ("", ""),
            [Part::Text(before), Part::Number] => (before.as_str(), ""),
            [Part::Number, Part::Text(after)] => ("", after.as_str()),
            [Part::Text(before), Part::Number, Part::Text(after)] => {
                (before.as_str(), after.as_str())
            }
            _ => return None,
        };
        let digits = text.strip_prefix(before)?.strip_suffix(after)?;
        let n: u64 = digits.parse().ok().filter(|n| *n <= MAX_NUMBER)?;
        (itoa::Buffer::new().format(n) == digits).then_some(n)
    }

    /// Whether it holds text and at most one `{n}`.
    pub fn only_number_and_text(&self) -> bool {
        let known = |part: &Part| matches!(part, Part::Text(_) | Part::Number);
        if let Form::Jinja(_) = self.form {
            return false;
        }
        let numbers = self.parts().iter().filter(|part| **part == Part::Number);
        self.parts().iter().all(known) && numbers.count() <= 1
    }

    /// Whether it holds text and `{pick}` only.
    pub fn only_picks_and_text(&self) -> bool {
        let known = |part: &Part| matches!(part, Part::Text(_) | Part::Pick(_));
        matches!(self.form, Form::Parts(_)) && self.parts().iter().all(known)
    }

    /// Whether this sign can come from its own text, whatever the event.
    pub fn holds(&self, sign: char) -> bool {
        self.parts().iter().any(|part| match part {
            Part::Text(text) => text.contains(sign),
            Part::Pick(texts) => texts.iter().any(|text| text.contains(sign)),
            _ => false,
        })
    }
}

/// A number that looks random and depends on the three alone: splitmix64 (Steele, Lea and Flood
/// 2014) over each of them in turn. It must never change, since a file with a seed is to give the
/// same stream in every version.
pub(super) fn random(seed: u64, n: u64, place: u64) -> u64 {
    splitmix(splitmix(splitmix(seed) ^ n) ^ place)
}

fn splitmix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Brings a random number below `bound`, which is at most 2^64, by its leading bits.
pub(super) fn scale(random: u64, bound: u128) -> u64 {
    // Below 2^128 before the shift and below 2^64 after it.
    ((u128::from(random) * bound) >> 64) as u64
}

impl Moment {
    /// The time as RFC 3339.
    pub(super) fn now(&self) -> impl std::fmt::Display {
        humantime::format_rfc3339_millis(UNIX_EPOCH + since_1970(self.wall))
    }

    /// The milliseconds since 1970.
    pub(super) fn unix_ms(&self) -> u128 {
        since_1970(self.wall).as_millis()
    }
}

/// A clock that was set before 1970 or after 9999 is taken for one that stands there: the forms
/// know no other years.
fn since_1970(wall: SystemTime) -> Duration {
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.min(LAST_SECOND)
}

/// What begins with a brace.
enum Piece<'a> {
    Text(&'a str),
    Place(Part),
}

/// Reads what begins with the brace that `text` begins with; also gives what follows it.
fn piece(text: &str) -> Result<(Piece<'_>, &str), BadTemplate> {
    let (brace, after) = text.split_at(1);
    let escaped = after
        .strip_prefix('{')
        .and_then(inside)
        .and_then(|(_, rest)| rest.strip_prefix('}'));
    if let Some(rest) = escaped {
        let whole = &text[..text.len() - rest.len()];
        return Ok((Piece::Text(&whole[1..whole.len() - 1]), rest));
    }
    if let Some((place, rest)) = inside(after) {
        return Ok((Piece::Place(part(place)?), rest));
    }
    // Text with another brace in it may be a program's. What begins as a place does was meant as
    // one.
    let mut words = after.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    match words.next() {
        Some(name @ ("n" | "now" | "unix_ms" | "random" | "pick")) => Err(BadTemplate::new(
            format!("{{{name} is not closed: end it with a closing brace before any other brace."),
        )),
        _ => Ok((Piece::Text(brace), after)),
    }
}

/// Cuts off what stands before a closing brace, where it begins with a letter and no other brace
/// comes before; also gives what follows the brace.
fn inside(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let (inside, rest) = text.split_at(text.find(['{', '}'])?);
    Some((inside, rest.strip_prefix('}')?))
}

/// Reads what stands between the braces of a place.
fn part(place: &str) -> Result<Part, BadTemplate> {
    let (name, rest) = match place.split_once(' ') {
        Some((name, rest)) => (name, Some(rest)),
        None => (place, None),
    };
    match (name, rest) {
        ("n", None) => Ok(Part::Number),
        ("now", None) => Ok(Part::Now),
        ("unix_ms", None) => Ok(Part::UnixMs),
        ("random", rest) => bounds(rest.unwrap_or_default()).ok_or_else(|| {
            BadTemplate::new(format!(
                "{{{}}} needs two whole numbers, the smaller one first: write it as {{random 1 6}}.",
                cut(place)
            ))
        }),
        ("pick", Some(texts)) if !texts.is_empty() => {
            Ok(Part::Pick(texts.split('|').map(str::to_owned).collect()))
        }
        ("pick", _) => Err(BadTemplate::new(
            "{pick} has nothing to choose from: write it as {pick red|green|blue}.",
        )),
        _ => Err(BadTemplate::new(format!(
            "{{{0}}} is no place: there are {{n}}, {{now}}, {{unix_ms}}, {{random A B}} and {{pick a|b|c}}, and \
             {{{{{0}}}}} stands for it as text.",
            cut(place)
        ))),
    }
}

fn bounds(text: &str) -> Option<Part> {
    let (least, most) = text.trim().split_once(' ')?;
    let least = least.parse().ok()?;
    let most = most.trim_start().parse().ok()?;
    (least <= most).then_some(Part::Random { least, most })
}

#[cfg(test)]
mod tests;
