//! The text of `cases/*.toml`, read. The words of a stream and of its faults are those of the file
//! of streams.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use sse_engine::file;
use sse_engine::time::read_time;
use toml::Table;

use super::{Answer, Case, Field, IdText, Question, Told};
use crate::error::Error;
use crate::profile::Profile;

/// All of them, in the order in which they are listed.
const FILES: [&str; 4] = [
    include_str!("../../cases/ends.toml"),
    include_str!("../../cases/parsing.toml"),
    include_str!("../../cases/status.toml"),
    include_str!("../../cases/request.toml"),
];

/// How long a client may take to come back where its case says nothing: the longest default among
/// browsers is 5 s.
const PATIENCE: Duration = Duration::from_secs(12);

/// Where the stream of an answer seems to be, while it is read.
const STAND_IN: &str = "/case";

/// What stands for the variant of a case in its texts.
const VARIANT: &str = "{v}";

/// All cases.
///
/// # Errors
/// The first mistake.
pub(super) fn all() -> Result<Vec<Case>, Error> {
    let mut all = Vec::new();
    for text in FILES {
        all.extend(read(text)?);
    }
    Ok(all)
}

/// The cases of one file.
///
/// # Errors
/// The first mistake.
fn read(text: &str) -> Result<Vec<Case>, Error> {
    let bad = |e: toml::de::Error| Error::BadCases(e.message().to_owned());
    let mut table: Table = text.parse().map_err(bad)?;
    let Some(toml::Value::Array(list)) = table.remove("case") else {
        return Err(Error::BadCases("there is no [[case]]".to_owned()));
    };
    let mut cases = Vec::new();
    for mut value in list {
        let variants = value
            .as_table_mut()
            .and_then(|case| case.remove("variants"));
        let variants: Option<Vec<String>> = match variants {
            None => None,
            Some(variants) => Some(variants.try_into().map_err(bad)?),
        };
        for variant in variants.unwrap_or_else(|| vec![String::new()]) {
            let mut value = value.clone();
            replace(&mut value, &variant);
            let written: Written = value.try_into().map_err(bad)?;
            cases.push(written.case(&variant)?);
        }
    }
    Ok(cases)
}

/// Puts the variant into all texts of a value.
fn replace(value: &mut toml::Value, variant: &str) {
    match value {
        toml::Value::String(text) => *text = text.replace(VARIANT, variant),
        toml::Value::Array(list) => list.iter_mut().for_each(|value| replace(value, variant)),
        toml::Value::Table(table) => {
            let values = table.iter_mut();
            values.for_each(|(_, value)| replace(value, variant));
        }
        _ => {}
    }
}

/// A case as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    id: String,
    name: String,
    does: String,
    must: String,
    source: String,
    #[serde(default)]
    wpt: Vec<String>,
    #[serde(default)]
    in_tour: bool,
    patience: Option<String>,
    answers: Vec<Table>,
    /// By profile, or by `all` for both profiles of EventSource.
    asks: BTreeMap<String, Vec<WrittenQuestion>>,
}

/// A question as it is written: one of these keys, and what belongs to it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenQuestion {
    id: Option<OneOrMany>,
    wrong: BTreeMap<String, String>,
    delay: Option<String>,
    misread: BTreeMap<String, String>,
    not_before: Option<String>,
    away: Option<String>,
    back: bool,
    growing: Option<usize>,
    most: Option<u64>,
    within: Option<String>,
    one_only: Option<String>,
    stays: Option<String>,
    leaves: Option<String>,
    request: Option<usize>,
    method: Option<String>,
    fields: Vec<WrittenField>,
    same: bool,
    tells: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    name: String,
    holds: Option<String>,
    #[serde(default)]
    absent: bool,
    words: String,
    #[serde(default)]
    allowed: bool,
}

impl Written {
    fn case(self, variant: &str) -> Result<Case, Error> {
        let id = match variant {
            "" => self.id,
            variant => format!("{}-{variant}", self.id),
        };
        let bad = |reason: String| Error::BadCase {
            id: id.clone(),
            reason,
        };
        if self.answers.is_empty() {
            return Err(bad("it has no answer".to_owned()));
        }
        let answers = self
            .answers
            .into_iter()
            .map(|table| answer(table).map_err(bad));
        let answers = answers.collect::<Result<_, _>>()?;
        let mut questions: BTreeMap<Profile, Vec<Question>> = BTreeMap::new();
        for (profile, asks) in self.asks {
            let profiles = match &*profile {
                "all" => vec![Profile::Standard, Profile::Resilient],
                name => vec![name.parse().map_err(|e: Error| bad(e.to_string()))?],
            };
            let asks = asks.into_iter().map(|ask| ask.question().map_err(bad));
            let asks: Vec<_> = asks.collect::<Result<_, _>>()?;
            if asks.is_empty() {
                return Err(bad(format!("nothing is asked for {profile}")));
            }
            for profile in profiles {
                questions.entry(profile).or_default().extend(asks.clone());
            }
        }
        let patience = self.patience.as_deref();
        let patience = patience.map_or(Ok(PATIENCE), time).map_err(bad)?;
        Ok(Case {
            name: self.name,
            does: self.does,
            must: self.must,
            source: self.source,
            wpt: self.wpt,
            in_tour: self.in_tour,
            answers,
            questions,
            patience,
            id,
        })
    }
}

/// An answer: a stream, in the words of the file of streams.
fn answer(mut table: Table) -> Result<Answer, String> {
    let language = table.remove("templates");
    table.insert("path".to_owned(), STAND_IN.into());
    let mut whole = Table::new();
    if let Some(language) = language {
        whole.insert("templates".to_owned(), language);
    }
    whole.insert("stream".to_owned(), vec![toml::Value::Table(table)].into());
    let text = toml::to_string(&whole).map_err(|e| e.to_string())?;
    let mut streams = file::read(&text).map_err(|problem| problem.reason)?;
    let stream = streams.pop().ok_or("an answer has no stream")?;
    Ok(Answer {
        stream: Arc::new(stream),
    })
}

impl WrittenQuestion {
    fn question(self) -> Result<Question, String> {
        if let Some(id) = self.id {
            let right = match id {
                OneOrMany::One(id) => vec![id],
                OneOrMany::Many(ids) => ids,
            };
            let right = right.iter().map(|id| unescaped(id));
            let wrong = self.wrong.into_iter();
            let wrong = wrong.map(|(id, words)| Ok::<_, String>((unescaped(&id)?, words)));
            return Ok(Question::Id {
                right: right.collect::<Result<_, _>>()?,
                wrong: wrong.collect::<Result<_, _>>()?,
            });
        }
        if let Some(told) = &self.delay {
            let misread = self.misread.into_iter();
            let misread = misread.map(|(delay, words)| Ok::<_, String>((time(&delay)?, words)));
            return Ok(Question::Delay {
                told: time(told)?,
                misread: misread.collect::<Result<_, _>>()?,
            });
        }
        if let Some(most) = self.most {
            let time = time(&self.within.ok_or("`most` needs `within`")?)?;
            return Ok(Question::Rate { most, time });
        }
        if let Some(at) = self.request {
            let fields = self.fields.into_iter().map(|field| Field {
                name: field.name,
                holds: field.holds,
                absent: field.absent,
                words: field.words,
                allowed: field.allowed,
            });
            return Ok(Question::Head {
                at,
                method: self.method,
                fields: fields.collect(),
            });
        }
        let timed: [(_, fn(Duration) -> Question); 5] = [
            (&self.not_before, Question::NotBefore),
            (&self.away, Question::Away),
            (&self.one_only, Question::OneOnly),
            (&self.stays, Question::Stays),
            (&self.leaves, Question::Leaves),
        ];
        for (text, question) in timed {
            if let Some(text) = text {
                return Ok(question(time(text)?));
            }
        }
        match (self.tells.as_deref(), self.growing) {
            (Some("delay"), _) => Ok(Question::Told(Told::Delay)),
            (Some("eyes"), _) => Ok(Question::Told(Told::Eyes)),
            (Some(what @ ("left" | "waits")), _) => {
                let within = time(&self.within.ok_or("`tells` needs `within`")?)?;
                Ok(Question::Told(match what {
                    "left" => Told::Left(within),
                    _ => Told::Waits(within),
                }))
            }
            (Some(other), _) => Err(format!("{other} cannot be told")),
            (None, Some(times)) => Ok(Question::Growing(times)),
            (None, None) if self.same => Ok(Question::Same),
            (None, None) if self.back => Ok(Question::Back),
            (None, None) => Err("a question asks nothing".to_owned()),
        }
    }
}

fn time(text: &str) -> Result<Duration, String> {
    read_time(text).ok_or_else(|| format!("{text} is no time"))
}

/// An id, in which `\xNN` is a byte.
fn unescaped(text: &str) -> Result<IdText, String> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once("\\x") {
        bytes.extend_from_slice(before.as_bytes());
        let byte = behind
            .get(..2)
            .and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.ok_or_else(|| format!("{text} has an escape that is no byte"))?);
        rest = &behind[2..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    Ok(IdText(bytes))
}
