//! Names and ids of events in the language of jinja. A client listens for each name and goes on
//! after an id, so both hold only what can be known beforehand: text, `{{ pick("a", "b") }}` and
//! `{{ n }}`.

use super::super::{BadTemplate, Part};
use super::is_plain;
use crate::text::cut;

/// Reads a name or an id.
///
/// # Errors
/// Anything in two braces but the number and a pick of texts, and statements.
pub(in super::super) fn short(text: &str) -> Result<Vec<Part>, BadTemplate> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, from)) = rest.split_once("{{") {
        push(&mut parts, before)?;
        let (place, after) = place(from)?;
        parts.push(place);
        rest = after;
    }
    push(&mut parts, rest)?;
    Ok(parts)
}

fn push(parts: &mut Vec<Part>, text: &str) -> Result<(), BadTemplate> {
    if !is_plain(text) {
        return Err(BadTemplate::new(
            "names and ids have no conditions, loops and comments: write text, {{ n }} in an id, or {{ pick(\"a\", \"b\") }} in a name.",
        ));
    }
    if !text.is_empty() {
        parts.push(Part::Text(text.to_owned()));
    }
    Ok(())
}

/// Reads what stands behind two braces; also gives what follows the two that close them.
fn place(text: &str) -> Result<(Part, &str), BadTemplate> {
    let inside = text.trim_start();
    if let Some(rest) = inside.strip_prefix('n').and_then(closed) {
        return Ok((Part::Number, rest));
    }
    let texts = inside.strip_prefix("pick").map(str::trim_start);
    if let Some(texts) = texts.and_then(|rest| rest.strip_prefix('(')) {
        let (texts, rest) = texts_of(texts)?;
        if let Some(rest) = closed(rest) {
            return Ok((Part::Pick(texts), rest));
        }
    }
    let shown = text.split("}}").next().unwrap_or_default();
    Err(BadTemplate::new(format!(
        "{{{{{}}}}} is more than a name or an id can hold: write {{{{ n }}}} in an id, or {{{{ pick(\"a\", \"b\") }}}} in a name.",
        cut(shown)
    )))
}

/// What follows the two braces that close a place.
fn closed(text: &str) -> Option<&str> {
    text.trim_start().strip_prefix("}}")
}

/// The texts of a pick, and what follows its bracket.
fn texts_of(text: &str) -> Result<(Vec<String>, &str), BadTemplate> {
    let wrong = || {
        BadTemplate::new(
            "pick needs texts in quotes here, without a backslash: write it as {{ pick(\"a\", \"b\") }}.",
        )
    };
    let mut texts = Vec::new();
    let mut rest = text.trim_start();
    loop {
        let quote = rest.chars().next().filter(|c| matches!(c, '"' | '\''));
        let quote = quote.ok_or_else(wrong)?;
        let (text, after) = rest[1..].split_once(quote).ok_or_else(wrong)?;
        if text.contains('\\') {
            return Err(wrong());
        }
        texts.push(text.to_owned());
        rest = after.trim_start();
        match rest.chars().next() {
            Some(',') => rest = rest[1..].trim_start(),
            Some(')') => return Ok((texts, &rest[1..])),
            _ => return Err(wrong()),
        }
    }
}
