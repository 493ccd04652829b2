//! The text of a fault as a list of keys with their values.

use super::mistake::{Mistake, MistakeKind};

/// A key and its value, each with its place.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) key: String,
    /// The column of the key, from 1.
    pub(super) column: usize,
    pub(super) value: Option<Value>,
}

/// A value, and whether it stood in quotes.
#[derive(Debug)]
pub(super) struct Value {
    pub(super) text: String,
    pub(super) quoted: bool,
    pub(super) column: usize,
}

/// Splits the text. Spaces around a key and around a value without quotes do not count.
pub(super) fn items(text: &str) -> Result<Vec<Item>, Mistake> {
    let chars: Vec<char> = text.chars().collect();
    let mut at = 0;
    let mut items = Vec::new();
    loop {
        skip_spaces(&chars, &mut at);
        let column = at + 1;
        let key = take_until(&chars, &mut at, &['=', ',']);
        let value = match chars.get(at) {
            Some('=') => {
                at += 1;
                Some(take_value(&chars, &mut at)?)
            }
            _ => None,
        };
        items.push(Item { key, column, value });
        match chars.get(at) {
            None => return Ok(items),
            // A comma is all that can stand here.
            Some(_) => at += 1,
        }
    }
}

fn take_value(chars: &[char], at: &mut usize) -> Result<Value, Mistake> {
    skip_spaces(chars, at);
    let column = *at + 1;
    if chars.get(*at) != Some(&'"') {
        let text = take_until(chars, at, &[',']);
        return Ok(Value {
            text,
            quoted: false,
            column,
        });
    }
    *at += 1;
    let mut text = String::new();
    loop {
        let next = chars.get(*at).copied();
        *at += 1;
        match next {
            Some('"') => break,
            Some('\\') => {
                let escaped = chars.get(*at).copied();
                match escaped {
                    Some(c @ ('"' | '\\')) => text.push(c),
                    _ => {
                        return Err(quote(
                            *at,
                            "within quotes, a backslash stands before a quote or a backslash: write `\\\\` for one.",
                        ));
                    }
                }
                *at += 1;
            }
            Some(c) => text.push(c),
            None => return Err(quote(column, "this quote does not end: add a `\"`.")),
        }
    }
    skip_spaces(chars, at);
    match chars.get(*at) {
        None | Some(',') => Ok(Value {
            text,
            quoted: true,
            column,
        }),
        Some(_) => Err(quote(
            *at + 1,
            "only a comma can follow the quote: put all of the value within it.",
        )),
    }
}

fn quote(column: usize, sentence: &str) -> Mistake {
    Mistake {
        kind: MistakeKind::Quote,
        column,
        sentence: sentence.to_owned(),
    }
}

fn skip_spaces(chars: &[char], at: &mut usize) {
    while chars.get(*at) == Some(&' ') {
        *at += 1;
    }
}

fn take_until(chars: &[char], at: &mut usize, ends: &[char]) -> String {
    let rest = &chars[*at..];
    let length = rest
        .iter()
        .position(|c| ends.contains(c))
        .unwrap_or(rest.len());
    *at += length;
    let text: String = rest[..length].iter().collect();
    text.trim_matches(' ').to_owned()
}
