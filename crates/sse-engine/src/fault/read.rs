//! Reads the text of a fault.

use std::num::NonZeroU64;
use std::str::FromStr;
use std::time::Duration;

use super::items::{Item, Value, items};
use super::mistake::{Mistake, MistakeKind};
use super::words::{Area, KEYS, WORDS, Word};
use super::{
    Act, Answer, Ending, Ends, Fault, Half, Hold, LONGEST_HANG, LONGEST_LINE, LONGEST_REFUSAL,
    LONGEST_TEXT, MOST_HELD, Often, Split, When, Who,
};
use crate::own_headers;
use crate::text::{cut, nearest};
use crate::time::read_time;

/// The most events that a number of a fault can mean.
const MOST_EVENTS: u64 = 1_000_000_000;
/// A day, in seconds.
const DAY: u64 = 86_400;

/// What makes a chance of 1, in its own unit.
pub(super) const CERTAIN: u32 = 1_000_000;

/// The units of a size, and how many bytes each is.
pub(super) const SIZES: [(&str, u64); 5] = [
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("MB", 1_000_000),
    ("kB", 1000),
    ("B", 1),
];

impl FromStr for Fault {
    type Err = Mistake;

    fn from_str(text: &str) -> Result<Self, Mistake> {
        if text.len() > LONGEST_TEXT {
            let sentence = format!(
                "a fault has {LONGEST_TEXT} bytes at most, and this one has {}: shorten it.",
                text.len()
            );
            return Err(mistake(MistakeKind::Length, 1, sentence));
        }
        let mut items = items(text)?.into_iter();
        let first = items.next().filter(|item| !item.key.is_empty());
        let Some(first) = first else {
            let sentence = "a fault begins with a word, such as `cut` or `status=503`: write one.";
            return Err(mistake(MistakeKind::Length, 1, sentence.to_owned()));
        };
        let word = WORDS.iter().find(|word| word.name == first.key);
        let word = word.ok_or_else(|| unknown_word(&first))?;
        Reader::new(word, first, items.collect())?.fault()
    }
}

fn mistake(kind: MistakeKind, column: usize, sentence: String) -> Mistake {
    Mistake {
        kind,
        column,
        sentence,
    }
}

fn unknown_word(first: &Item) -> Mistake {
    let shown = cut(&first.key);
    let names = || WORDS.iter().map(|word| word.name);
    let is_key =
        KEYS.contains(&&*first.key) || WORDS.iter().any(|word| word.keys.contains(&&*first.key));
    let sentence = if is_key {
        format!("`{shown}` is a key and no fault: begin with a word, such as `cut`.")
    } else if let Some(name) = nearest(&first.key, names()) {
        format!("there is no fault `{shown}`: `{name}` is the nearest that there is.")
    } else {
        let all = names().collect::<Vec<_>>().join(", ");
        format!("there is no fault `{shown}`: there are {all}.")
    };
    mistake(MistakeKind::UnknownWord, first.column, sentence)
}

/// The word and the items that are not read yet. Each getter takes its item out.
struct Reader {
    word: &'static Word,
    first: Item,
    rest: Vec<Item>,
}

impl Reader {
    fn new(word: &'static Word, first: Item, rest: Vec<Item>) -> Result<Self, Mistake> {
        for (index, item) in rest.iter().enumerate() {
            let known = word.keys.iter().chain(KEYS);
            if !known.clone().any(|key| *key == item.key) {
                let shown = cut(&item.key);
                let sentence = match nearest(&item.key, known.clone().copied()) {
                    Some(key) => format!(
                        "`{}` knows no `{shown}`: `{key}` is the nearest that there is.",
                        word.name
                    ),
                    None => format!(
                        "`{}` knows no `{shown}`: it knows {}.",
                        word.name,
                        known.copied().collect::<Vec<_>>().join(", ")
                    ),
                };
                return Err(mistake(MistakeKind::UnknownKey, item.column, sentence));
            }
            if rest[..index].iter().any(|other| other.key == item.key) {
                let sentence = format!("`{}` is there twice: leave one out.", item.key);
                return Err(mistake(MistakeKind::Twice, item.column, sentence));
            }
        }
        Ok(Self { word, first, rest })
    }

    fn fault(mut self) -> Result<Fault, Mistake> {
        let when = self.when()?;
        let start = self.read("start", time)?.unwrap_or_default();
        let often = Often {
            attempts: self.read("attempt", attempts)?,
            times: self.read("times", counted)?,
            chance: self.read("p", chance)?,
            seed: self.read("seed", number(0..=u64::MAX))?,
        };
        let who = Who {
            stream: self.read("stream", path)?,
            client: self.read("client", named)?,
            room: self.read("room", named)?,
            connection: self.read("connection", number(1..=u64::MAX))?,
        };
        let lasts = self.lasts()?;
        let act = self.act()?;
        Ok(Fault {
            act,
            when,
            start,
            often,
            who,
            lasts,
        })
    }

    /// Takes an item of this key and reads its value.
    fn read<T>(
        &mut self,
        key: &str,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<Option<T>, Mistake> {
        let Some(place) = self.rest.iter().position(|item| item.key == key) else {
            return Ok(None);
        };
        let item = self.rest.swap_remove(place);
        value_of(&item, read).map(Some)
    }

    /// Reads the value of the word itself.
    fn own<T>(&self, read: impl FnOnce(&Value) -> Result<T, String>) -> Result<T, Mistake> {
        value_of(&self.first, read)
    }

    /// The same where the word may stand alone.
    fn own_or<T>(
        &self,
        read: impl FnOnce(&Value) -> Result<T, String>,
    ) -> Result<Option<T>, Mistake> {
        match self.first.value {
            Some(_) => self.own(read).map(Some),
            None => Ok(None),
        }
    }

    /// A word that has no value.
    fn plain(&self, act: Act) -> Result<Act, Mistake> {
        match &self.first.value {
            None => Ok(act),
            Some(value) => {
                let sentence = format!("`{}` takes no value: leave it out.", self.word.name);
                Err(mistake(MistakeKind::Value, value.column, sentence))
            }
        }
    }

    fn when(&mut self) -> Result<Option<When>, Mistake> {
        let is_door = self.word.area == Area::Door;
        let column_of = |key: &str| {
            let item = self.rest.iter().find(|item| item.key == key);
            item.map(|item| item.column)
        };
        let (after, idle) = (column_of("after"), column_of("idle"));
        if let (Some(one), Some(other)) = (after, idle) {
            let sentence = "`after` and `idle` exclude each other: leave one out.".to_owned();
            return Err(mistake(MistakeKind::Twice, one.max(other), sentence));
        }
        if let (true, Some(column)) = (is_door, idle) {
            let sentence = format!(
                "`{}` strikes before a stream begins, so nothing is idle yet: leave `idle` out.",
                self.word.name
            );
            return Err(mistake(MistakeKind::UnknownKey, column, sentence));
        }
        if is_door {
            let door = |value: &Value| {
                time(value).map_err(|_| {
                    "a time since it was armed, such as 10s, because no event was sent at the door"
                        .to_owned()
                })
            };
            return Ok(self.read("after", door)?.map(When::Time));
        }
        if let Some(when) = self.read("after", after_what)? {
            return Ok(Some(when));
        }
        Ok(self.read("idle", time)?.map(When::Idle))
    }

    fn lasts(&mut self) -> Result<Option<Duration>, Mistake> {
        let column = self.first.column;
        let most = match self.word.name {
            "refuse" | "knock" => Some(LONGEST_REFUSAL),
            "hang" | "never" => Some(LONGEST_HANG),
            _ => None,
        };
        let within = move |value: &Value| {
            let time = time(value)?;
            match most {
                Some(most) if time > most => {
                    Err(format!("a time up to {} s, its limit", most.as_secs()))
                }
                _ => Ok(time),
            }
        };
        let lasts = self.read("for", within)?;
        if lasts.is_none() && most == Some(LONGEST_REFUSAL) {
            let sentence = format!(
                "`{}` needs an end, because nobody reaches the server until then: add `for=`, up \
                 to 60s.",
                self.word.name
            );
            return Err(mistake(MistakeKind::Missing, column, sentence));
        }
        Ok(lasts)
    }

    fn ending(&mut self) -> Result<Ending, Mistake> {
        let half = match self.rest.iter().position(|item| item.key == "half") {
            Some(place) if self.rest[place].value.is_none() => {
                self.rest.swap_remove(place);
                Some(Half::Bytes)
            }
            _ => self.read("half", |value| match &*value.text {
                "id" => Ok(Half::Id),
                _ => Err("nothing, or id".to_owned()),
            })?,
        };
        let linger = self.read("linger", short)?.unwrap_or_default();
        self.plain(Act::End(Ending::default()))?;
        Ok(Ending { half, linger })
    }

    fn act(&mut self) -> Result<Act, Mistake> {
        Ok(match self.word.name {
            "status" => Act::Status(Answer {
                code: self.own(|value| number(200..=599)(value).map(small))?,
                body: self.read("body", text)?,
                media_type: self.read("type", header_value)?,
                retry_after: self.read("retry-after", number(0..=DAY))?,
                header: self.read("header", header)?,
            }),
            "redirect" => Act::Redirect {
                to: self.own_or(header_value)?,
                code: self
                    .read("code", |value| number(300..=308)(value).map(small))?
                    .unwrap_or(302),
            },
            "type" => Act::Type(self.own(|value| match (&*value.text, value.quoted) {
                ("none", false) => Ok(None),
                _ => header_value(value).map(Some),
            })?),
            "no-cors" => self.plain(Act::NoCors)?,
            "preflight" => Act::Preflight(self.own(|v| number(200..=599)(v).map(small))?),
            "drop-header" => Act::DropHeader(self.own(header_name)?),
            "wait" => Act::Wait(self.own(short)?),
            "never" => self.plain(Act::Never)?,
            "refuse" => self.plain(Act::Refuse)?,
            "knock" => self.plain(Act::Knock)?,
            "limit" => Act::Limit {
                most: self.own(number(0..=MOST_EVENTS))?,
                status: self
                    .read("status", |v| number(200..=599)(v).map(small))?
                    .unwrap_or(503),
                retry_after: self.read("retry-after", number(0..=DAY))?,
            },
            "encode" => {
                self.own(one_of(&[("gzip", ())]))?;
                let flushes = self.read("flush", one_of(&[("never", false)]))?;
                Act::Encode {
                    flushes: flushes.unwrap_or(true),
                }
            }
            "length" => Act::Length(self.own(number(0..=u64::MAX))?),
            "end" => Act::End(self.ending()?),
            "cut" => Act::Cut(self.ending()?),
            "reset" => Act::Reset(self.ending()?),
            "mute" => self.plain(Act::Mute)?,
            "silence" => self.plain(Act::Silence)?,
            "hang" => self.plain(Act::Hang)?,
            "split" => Act::Split(self.own(split)?),
            "merge" => Act::Merge(self.own(number(2..=1000))?),
            "dribble" => Act::Dribble(self.own(rate)?),
            "hold" => Act::Hold(self.own(hold)?),
            "ends" => Act::Ends(self.own(one_of(ENDS))?),
            "bom" => Act::Bom(self.own_or(number(1..=8))?.unwrap_or(1)),
            "bad-utf8" => self.plain(Act::BadUtf8)?,
            "nul-id" => self.plain(Act::NulId)?,
            "bad-retry" => self.plain(Act::BadRetry)?,
            "no-blank" => self.plain(Act::NoBlank)?,
            "unknown-field" => self.plain(Act::UnknownField)?,
            "long" => Act::Long(self.own(size(LONGEST_LINE))?),
            "corrupt" => self.plain(Act::Corrupt)?,
            "comment" => Act::Comment {
                text: self.own_or(text)?.unwrap_or_default(),
                blank: self
                    .read("blank", one_of(&[("true", true), ("false", false)]))?
                    .unwrap_or(true),
            },
            "repeat" => Act::Repeat(self.own_or(number(1..=1000))?.unwrap_or(1)),
            "skip" => Act::Skip(self.own_or(number(1..=MOST_EVENTS))?.unwrap_or(1)),
            "swap" => self.plain(Act::Swap)?,
            "forget" => self.plain(Act::Forget)?,
            "rewind" => Act::Rewind(self.own(number(1..=MOST_EVENTS))?),
            "jump" => Act::Jump(self.own(number(1..=MOST_EVENTS))?),
            "insert" => Act::Insert(self.own(text)?),
            "drop" => Act::Drop(self.own(some_text)?),
            _ => Act::Profile(self.own(named)?),
        })
    }
}

/// Line ends by their names.
pub(super) const ENDS: &[(&str, Ends)] = &[
    ("cr", Ends::Cr),
    ("lf", Ends::Lf),
    ("crlf", Ends::CrLf),
    ("mixed", Ends::Mixed),
];

/// Reads the value of an item. `read` answers with what it takes, where it does not take it.
fn value_of<T>(item: &Item, read: impl FnOnce(&Value) -> Result<T, String>) -> Result<T, Mistake> {
    let Some(value) = &item.value else {
        let column = item.column;
        let wanted = read(&Value {
            text: String::new(),
            quoted: false,
            column,
        });
        let wanted = wanted.err().unwrap_or_else(|| "a value".to_owned());
        let sentence = format!("`{}` needs a value: give {wanted}.", item.key);
        return Err(mistake(MistakeKind::Value, column, sentence));
    };
    read(value).map_err(|wanted| {
        let shown = cut(&value.text);
        let sentence = format!("`{}` cannot be `{shown}`: give {wanted}.", item.key);
        mistake(MistakeKind::BadValue, value.column, sentence)
    })
}

/// A number that `number` has kept below 65,536.
fn small(number: u64) -> u16 {
    u16::try_from(number).unwrap_or(u16::MAX)
}

fn digits(text: &str) -> Option<u64> {
    let plain = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn number(range: std::ops::RangeInclusive<u64>) -> impl Fn(&Value) -> Result<u64, String> {
    move |value| {
        digits(&value.text)
            .filter(|number| range.contains(number))
            .ok_or_else(|| match (*range.start(), *range.end()) {
                (0, u64::MAX) => "a whole number".to_owned(),
                (least, u64::MAX) => format!("a whole number from {least}"),
                (least, most) => format!("a whole number from {least} to {most}"),
            })
    }
}

fn counted(value: &Value) -> Result<NonZeroU64, String> {
    number(1..=u64::MAX)(value)
        .ok()
        .and_then(NonZeroU64::new)
        .ok_or_else(|| "a whole number from 1".to_owned())
}

/// The longest time, in seconds. `read_time` takes numbers of nine digits, and a fault that is
/// printed must be read again.
const MOST_SECONDS: u64 = 999_999_999;

/// A time in whole milliseconds.
fn time(value: &Value) -> Result<Duration, String> {
    read_time(&value.text)
        .filter(|time| time.subsec_nanos().is_multiple_of(1_000_000))
        .filter(|time| time.as_secs() <= MOST_SECONDS)
        .ok_or_else(|| "a time in whole milliseconds, such as 500ms, 10s or 1m".to_owned())
}

/// How many bytes a text such as `2kB` means.
pub(crate) fn bytes(text: &str) -> Option<u64> {
    let (digits_of, unit) = SIZES.iter().find_map(|(name, unit)| {
        let digits = text.strip_suffix(name)?;
        Some((digits, unit))
    })?;
    digits(digits_of)?.checked_mul(*unit)
}

fn size(most: u64) -> impl Fn(&Value) -> Result<u64, String> {
    move |value| {
        bytes(&value.text)
            .filter(|size| (1..=most).contains(size))
            .ok_or_else(|| format!("a size from 1B to {most}B, such as 4096B, 2kB or 1MiB"))
    }
}

fn rate(value: &Value) -> Result<u64, String> {
    let size = value.text.strip_suffix("/s").and_then(bytes);
    size.filter(|size| *size > 0)
        .ok_or_else(|| "bytes a second, such as 200B/s".to_owned())
}

fn after_what(value: &Value) -> Result<When, String> {
    if value.quoted {
        return some_text(value).map(When::Text);
    }
    let events = digits(&value.text).filter(|n| *n <= MOST_EVENTS);
    events
        .map(When::Events)
        .or_else(|| bytes(&value.text).map(When::Bytes))
        .or_else(|| time(value).ok().map(When::Time))
        .ok_or_else(|| {
            "a number of events (3), a time (10s), a size (2kB) or a text of an event in double quotes"
                .to_owned()
        })
}

fn split(value: &Value) -> Result<Split, String> {
    match &*value.text {
        "each" => Ok(Split::Each),
        "utf8" => Ok(Split::Utf8),
        "crlf" => Ok(Split::CrLf),
        _ => counted(value)
            .map(Split::Bytes)
            .map_err(|_| "each, utf8, crlf or a number of bytes".to_owned()),
    }
}

fn hold(value: &Value) -> Result<Hold, String> {
    let text = &*value.text;
    let events = text.strip_suffix("ev").and_then(digits);
    if text == "end" {
        Ok(Hold::End)
    } else if let Some(events) = events.and_then(NonZeroU64::new) {
        Ok(Hold::Events(events))
    } else {
        size(MOST_HELD)(value)
            .map(Hold::Bytes)
            .map_err(|_| "a size up to 1MiB (4096B), a number of events (1ev) or end".to_owned())
    }
}

fn attempts(value: &Value) -> Result<(NonZeroU64, NonZeroU64), String> {
    let (first, last) = value
        .text
        .split_once("..")
        .unwrap_or((&value.text, &value.text));
    let read = |text| digits(text).and_then(NonZeroU64::new);
    match (read(first), read(last)) {
        (Some(first), Some(last)) if first <= last => Ok((first, last)),
        _ => Err("the number of a request, from 1, or a range such as 2..3".to_owned()),
    }
}

/// A decimal number above 0 and up to 1, with six digits at most.
fn chance(value: &Value) -> Result<u32, String> {
    let read = |text: &str| {
        let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
        if rest.len() > 6 {
            return None;
        }
        let rest = digits(rest)? * 10_u64.pow(6 - u32::try_from(rest.len()).ok()?);
        let millionths = digits(whole)?
            .checked_mul(u64::from(CERTAIN))?
            .checked_add(rest)?;
        u32::try_from(millionths)
            .ok()
            .filter(|n| (1..=CERTAIN).contains(n))
    };
    read(&value.text).ok_or_else(|| {
        "a chance above 0 and up to 1, with six digits at most, such as 0.3".to_owned()
    })
}

/// A time for which a connection can be kept waiting.
fn short(value: &Value) -> Result<Duration, String> {
    time(value)
        .ok()
        .filter(|time| *time <= LONGEST_HANG)
        .ok_or_else(|| {
            format!(
                "a time up to {} s, its limit, such as 3s",
                LONGEST_HANG.as_secs()
            )
        })
}

fn text(value: &Value) -> Result<String, String> {
    Ok(value.text.clone())
}

fn some_text(value: &Value) -> Result<String, String> {
    match &*value.text {
        "" => Err("a text".to_owned()),
        text => Ok(text.to_owned()),
    }
}

fn path(value: &Value) -> Result<String, String> {
    match value.text.starts_with('/') {
        true => Ok(value.text.clone()),
        false => Err("the path of a stream, such as /endless".to_owned()),
    }
}

fn named(value: &Value) -> Result<String, String> {
    let is_name = !value.text.is_empty() && !value.text.contains(char::is_control);
    is_name
        .then(|| value.text.clone())
        .ok_or_else(|| "a name".to_owned())
}

fn header_name(value: &Value) -> Result<String, String> {
    let name = http::HeaderName::from_bytes(value.text.as_bytes())
        .map_err(|_| "the name of a header field, such as cache-control".to_owned())?;
    open_name(name.as_str()).map(str::to_owned)
}

fn header_value(value: &Value) -> Result<String, String> {
    let is_value = !value.text.is_empty() && http::HeaderValue::from_str(&value.text).is_ok();
    is_value
        .then(|| value.text.clone())
        .ok_or_else(|| "a text that a header field can have".to_owned())
}

/// A field as `NAME: VALUE`.
fn header(value: &Value) -> Result<String, String> {
    let field = value.text.split_once(':').and_then(|(name, text)| {
        let name = http::HeaderName::from_bytes(name.trim().as_bytes()).ok()?;
        let text = text.trim();
        http::HeaderValue::from_str(text).ok()?;
        Some((name, text))
    });
    let (name, text) =
        field.ok_or_else(|| "a header field, such as \"x-served-by: replica 2\"".to_owned())?;
    Ok(format!("{}: {text}", open_name(name.as_str())?))
}

/// A name, unless the server answers for that field itself.
fn open_name(name: &str) -> Result<&str, String> {
    match own_headers::is_own(name) {
        true => Err(
            "a field that the server does not answer for itself, such as cache-control".to_owned(),
        ),
        false => Ok(name),
    }
}

fn one_of<T: Copy>(choices: &'static [(&'static str, T)]) -> impl Fn(&Value) -> Result<T, String> {
    move |value| {
        let found = choices.iter().find(|(name, _)| *name == value.text);
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let names: Vec<_> = choices.iter().map(|(name, _)| *name).collect();
            match names.split_last() {
                Some((last, [])) => (*last).to_owned(),
                Some((last, rest)) => format!("{} or {last}", rest.join(", ")),
                None => String::new(),
            }
        })
    }
}
