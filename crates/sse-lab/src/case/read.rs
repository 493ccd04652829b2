//! The text of `cases/*.toml`, read. The words of a stream and of its faults are those of the file
//! of streams.

mod asides;
mod protocol;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use serde::Deserialize;
use sse_engine::file;
use sse_engine::time::read_time;
use toml::Table;

use super::{Answer, Aside, Ask, Case, Field, IdText, Must, Needs, Question, ShownEvent, Told};
use crate::error::Error;
use crate::profile::Profile;

/// All of them, in the order in which they are listed.
const FILES: [&str; 9] = [
    include_str!("../../cases/ends.toml"),
    include_str!("../../cases/parsing.toml"),
    include_str!("../../cases/status.toml"),
    include_str!("../../cases/request.toml"),
    include_str!("../../cases/eyes.toml"),
    include_str!("../../cases/origins.toml"),
    include_str!("../../cases/load.toml"),
    include_str!("../../cases/llm.toml"),
    include_str!("../../cases/mcp.toml"),
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
pub(super) fn read(text: &str) -> Result<Vec<Case>, Error> {
    let bad = |e: toml::de::Error| Error::BadCases(e.message().to_owned());
    let mut table: Table = text.parse().map_err(bad)?;
    let Some(toml::Value::Array(list)) = table.remove("case") else {
        return Err(Error::BadCases("there is no [[case]]".to_owned()));
    };
    let asides = asides::take(&mut table)?;
    let mut cases = Vec::new();
    for mut value in list {
        let variants = value
            .as_table_mut()
            .and_then(|case| case.remove("variants"));
        let variants: Option<Variants> = match variants {
            None => None,
            Some(variants) => Some(variants.try_into().map_err(bad)?),
        };
        for (name, text) in Variants::all(variants) {
            let mut value = value.clone();
            replace(&mut value, &text);
            let written: Written = value.try_into().map_err(bad)?;
            cases.push(written.case(&name, &asides)?);
        }
    }
    Ok(cases)
}

/// What a case is played with, one after the other.
#[derive(Debug, Deserialize)]
#[serde(untagged)]
enum Variants {
    /// Texts that are names as well.
    Texts(Vec<String>),
    /// Texts by their names.
    Named(BTreeMap<String, String>),
}

impl Variants {
    /// Names and texts; an empty pair where there is no variant.
    fn all(variants: Option<Self>) -> Vec<(String, String)> {
        match variants {
            None => vec![(String::new(), String::new())],
            Some(Self::Texts(texts)) => {
                texts.into_iter().map(|text| (text.clone(), text)).collect()
            }
            Some(Self::Named(named)) => named.into_iter().collect(),
        }
    }
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
    #[serde(default)]
    last_in_tour: bool,
    patience: Option<String>,
    #[serde(default)]
    needs: Needs,
    answers: Vec<Table>,
    /// By profile, or by `all` for both profiles of EventSource.
    asks: BTreeMap<String, Vec<WrittenAsk>>,
}

/// A question as it is written: one of these keys, and what belongs to it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct WrittenAsk {
    /// The answer that it is about, where that is not the last one.
    about: Option<usize>,
    may_stay: bool,
    allowed: bool,
    gone: String,
    id: Option<String>,
    wrong: BTreeMap<String, String>,
    delay: Option<String>,
    misread: BTreeMap<String, String>,
    not_before: Option<String>,
    away: Option<String>,
    back: bool,
    growing: Option<usize>,
    most: Option<u64>,
    within: Option<String>,
    one_only: bool,
    stays: Option<String>,
    words: Option<String>,
    leaves: Option<String>,
    request: Option<usize>,
    fields: Vec<WrittenField>,
    follows: Option<String>,
    same_url: bool,
    same: Option<String>,
    heads: Option<protocol::WrittenHeads>,
    by: Option<String>,
    anew: bool,
    again_or_shows: Option<String>,
    sees: Option<Vec<WrittenEvent>>,
    if_reported: bool,
    closed: Option<String>,
    preflight: bool,
    no_leak: bool,
    fresh: Option<String>,
    tells: Option<String>,
}

/// An event that is shown: its data, or its data and its type.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
enum WrittenEvent {
    Data(String),
    Named { name: String, data: String },
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenField {
    name: String,
    holds: Option<String>,
    is: Option<String>,
    mirrors: Option<String>,
    #[serde(default)]
    once: bool,
    #[serde(default)]
    absent: bool,
    words: String,
    #[serde(default)]
    allowed: bool,
}

impl Written {
    fn case(self, variant: &str, asides: &[(Profile, Aside)]) -> Result<Case, Error> {
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
        let answers = self.answers.into_iter();
        let answers = answers.map(|table| answer(table).map_err(bad));
        let answers: Vec<_> = answers.collect::<Result<_, _>>()?;
        let mut questions: BTreeMap<Profile, Vec<Ask>> = BTreeMap::new();
        for (profile, asks) in self.asks {
            let profiles = match &*profile {
                "all" => vec![Profile::Standard, Profile::Resilient],
                name => vec![name.parse().map_err(|e: Error| bad(e.to_string()))?],
            };
            let asks = asks.into_iter();
            let asks = asks.map(|ask| ask.ask(answers.len()).map_err(bad));
            let asks: Vec<_> = asks.collect::<Result<_, _>>()?;
            if asks.is_empty() {
                return Err(bad(format!("nothing is asked for {profile}")));
            }
            for profile in profiles {
                questions.entry(profile).or_default().extend(asks.clone());
            }
        }
        let asides = asides.iter();
        let asides = asides.filter(|(profile, _)| questions.contains_key(profile));
        let asides = asides.map(|(_, aside)| aside.clone()).collect();
        let patience = self.patience.as_deref();
        let patience = patience.map_or(Ok(PATIENCE), time).map_err(bad)?;
        Ok(Case {
            name: self.name,
            does: self.does,
            must: must(self.must, &questions),
            source: self.source,
            wpt: self.wpt,
            in_tour: self.in_tour,
            last_in_tour: self.last_in_tour,
            needs: self.needs,
            answers,
            asides,
            questions,
            patience,
            id,
        })
    }
}

/// What a client must do, with what is asked only of those who report what they see.
fn must(written: String, questions: &BTreeMap<Profile, Vec<Ask>>) -> String {
    let mut asks = questions.values().flatten();
    let events = asks.find_map(|ask| match &ask.question {
        Question::Sees {
            events,
            if_reported: true,
        } => Some(ShownEvent::list(events)),
        _ => None,
    });
    match events {
        Some(events) => format!("{written} If it reports what it shows: {events}."),
        None => written,
    }
}

/// An answer: a stream, in the words of the file of streams. Unless it says otherwise, all of it is
/// sent at once, and nothing between.
fn answer(mut table: Table) -> Result<Answer, String> {
    let (closes, cut_at) = (
        own_time(&mut table, "closes")?,
        own_time(&mut table, "cut_at")?,
    );
    let language = table.remove("templates");
    let to = table.remove("to").and_then(|to| to.as_integer());
    let at_once = table.entry("every");
    at_once.or_insert_with(|| "0ms".into());
    for key in ["keep_alive", "id"] {
        table.entry(key).or_insert_with(|| false.into());
    }
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
        closes,
        cut_at,
        to: to.and_then(|to| to.try_into().ok()),
    })
}

/// A time of an answer that is no word of the file of streams.
fn own_time(table: &mut Table, key: &str) -> Result<Option<Duration>, String> {
    let Some(value) = table.remove(key) else {
        return Ok(None);
    };
    let text = value.as_str().ok_or_else(|| format!("{key} is no text"))?;
    time(text).map(Some)
}

impl WrittenAsk {
    fn ask(mut self, answers: usize) -> Result<Ask, String> {
        let about = self.about.unwrap_or(answers - 1);
        if about >= answers {
            return Err(format!("there is no answer {about}"));
        }
        Ok(Ask {
            about,
            may_stay: self.may_stay,
            allowed: self.allowed,
            gone: std::mem::take(&mut self.gone),
            question: self.question()?,
        })
    }

    fn question(mut self) -> Result<Question, String> {
        if let Some(question) = protocol::question(&mut self) {
            return Ok(question);
        }
        if let Some(id) = self.id {
            return Ok(Question::Id {
                right: unescaped(&id)?,
                wrong: ids(self.wrong)?,
            });
        }
        if let Some(watched) = &self.away {
            return Ok(Question::Away {
                time: time(watched)?,
                wrong: ids(self.wrong)?,
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
        if let Some(watched) = &self.stays {
            let usual = "it did not take the answer for a stream";
            return Ok(Question::Stays {
                time: time(watched)?,
                words: self.words.unwrap_or_else(|| usual.to_owned()),
            });
        }
        if let Some(at) = self.request {
            let fields = self.fields.into_iter().map(WrittenField::field);
            return Ok(Question::Head {
                at,
                fields: fields.collect(),
            });
        }
        if let Some(text) = &self.not_before {
            return Ok(Question::NotBefore(time(text)?));
        }
        if let Some(text) = &self.leaves {
            return Ok(Question::Leaves(time(text)?));
        }
        if let Some(what) = self.tells {
            let within = || time(self.within.as_deref().ok_or("`tells` needs `within`")?);
            return Ok(Question::Told(match &*what {
                "delay" => Told::Delay,
                "place" => Told::Place,
                "left" => Told::Left(within()?),
                "refused" => Told::Refused,
                "spread" => Told::Spread(within()?),
                "connections" => Told::Connections(within()?),
                "taken" => Told::Taken(within()?),
                other => return Err(format!("{other} cannot be told")),
            }));
        }
        if let Some(text) = &self.closed {
            return Ok(Question::Closed(time(text)?));
        }
        if let Some(events) = self.sees {
            let events = events.into_iter().map(|event| match event {
                WrittenEvent::Data(data) => ShownEvent::message(data),
                WrittenEvent::Named { name, data } => ShownEvent::named(&name, data),
            });
            return Ok(Question::Sees {
                events: events.collect(),
                if_reported: self.if_reported,
            });
        }
        let rest = [
            self.growing.map(Question::Growing),
            self.follows.map(Question::Follows),
            self.same.map(|method| Question::Same { method }),
            self.same_url.then_some(Question::SameUrl),
            self.one_only.then_some(Question::OneOnly),
            self.preflight.then_some(Question::Preflight),
            self.no_leak.then_some(Question::NoLeak),
            self.fresh.map(Question::Fresh),
            self.back.then_some(Question::Back),
        ];
        let mut rest = rest.into_iter().flatten();
        rest.next()
            .ok_or_else(|| "a question asks nothing".to_owned())
    }
}

impl WrittenField {
    fn field(self) -> Field {
        let texts = [
            self.holds.map(Must::Hold),
            self.is.map(Must::Be),
            self.mirrors.map(Must::Mirror),
        ];
        let text = texts.into_iter().flatten().next();
        let must = match (text, self.once, self.absent) {
            (Some(must), _, _) => must,
            (None, true, _) => Must::BeOne,
            (None, false, true) => Must::BeAbsent,
            (None, false, false) => Must::BeThere,
        };
        Field {
            name: self.name,
            must,
            words: self.words,
            allowed: self.allowed,
        }
    }
}

/// Ids, and what each of them means.
fn ids(written: BTreeMap<String, String>) -> Result<Vec<(IdText, String)>, String> {
    let ids = written.into_iter();
    ids.map(|(id, words)| Ok((unescaped(&id)?, words)))
        .collect()
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
