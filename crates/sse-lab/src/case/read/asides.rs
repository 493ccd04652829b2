//! The asides of a file of cases: each stands once, for all of the file's cases in its profile.

use sse_engine::stream::Condition;
use toml::{Table, Value};

use super::answer;
use crate::case::Aside;
use crate::error::Error;
use crate::profile::Profile;

/// The key of the asides in a file.
const KEY: &str = "aside";

/// Takes the asides out of a file.
///
/// # Errors
/// The first mistake.
pub(super) fn take(file: &mut Table) -> Result<Vec<(Profile, Aside)>, Error> {
    let bad = |reason: String| Error::BadCases(format!("an aside is none: {reason}"));
    let list = match file.remove(KEY) {
        None => Vec::new(),
        Some(Value::Array(list)) => list,
        Some(_) => return Err(bad(format!("write [[{KEY}]]"))),
    };
    let asides = list.into_iter().map(|value| match value {
        Value::Table(table) => aside(table).map_err(bad),
        _ => Err(bad(format!("write [[{KEY}]]"))),
    });
    asides.collect()
}

/// Its condition, and an answer whose texts are templates of jinja.
fn aside(mut table: Table) -> Result<(Profile, Aside), String> {
    let mut text = |key: &str| match table.remove(key) {
        Some(Value::String(text)) => Ok(text),
        _ => Err(format!("it has no `{key}`")),
    };
    let profile: Profile = text("profile")?.parse().map_err(|e: Error| e.to_string())?;
    let when = Condition::parse(&text("when")?).map_err(|bad| bad.sentence)?;
    let brings_id = table.remove("brings_id").and_then(|value| value.as_bool());
    let at_first = table.remove("at_first").and_then(|value| value.as_bool());
    table.entry("templates").or_insert_with(|| "jinja".into());
    let aside = Aside {
        when,
        brings_id,
        at_first: at_first.unwrap_or_default(),
        answer: answer(table)?,
    };
    Ok((profile, aside))
}
