//! Data by its value: JSON in a form of its own, and the places where two values differ.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::EventText;

/// Above it, a float may stand for several whole numbers.
const LARGEST_EXACT: f64 = 9_007_199_254_740_992.0;

/// A place at which two events differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Where: `name`, `id`, `data`, or a path within the data, such as `$.choices[0].delta`.
    pub place: String,
    /// What stands there in the first; none where it has no such place.
    pub first: Option<String>,
    /// What stands there in the second.
    pub second: Option<String>,
}

/// JSON with its keys in order and without spaces, and each number written in one way. Any other
/// text is as it is; so is JSON with a whole number that no float holds exactly.
pub(super) fn canonical(text: &str) -> Cow<'_, str> {
    let begin = text.trim_start().bytes().next();
    let is_json = begin.is_some_and(|byte| b"{[-0123456789".contains(&byte));
    let value = match is_json {
        true => serde_json::from_str::<Value>(text).ok(),
        false => None,
    };
    let mut written = String::with_capacity(text.len());
    match value.and_then(|value| write(&mut written, &value)) {
        Some(()) => Cow::Owned(written),
        None => Cow::Borrowed(text),
    }
}

/// The lists and objects within an object of JSON, without the plain values beside them; none where
/// there are no such.
pub(super) fn inner(text: &str) -> Option<String> {
    let is_object = text.starts_with('{');
    let value = is_object.then(|| serde_json::from_str(text).ok()).flatten();
    let Some(Value::Object(mut fields)) = value else {
        return None;
    };
    fields.retain(|_, value| value.is_object() || value.is_array());
    let mut written = String::new();
    let has_some = !fields.is_empty();
    write(&mut written, &Value::Object(fields)).filter(|()| has_some)?;
    Some(written)
}

/// A text in lower case without spaces.
pub(super) fn compact(text: &str) -> String {
    let text = text.chars().filter(|c| !c.is_whitespace());
    text.collect::<String>().to_ascii_lowercase()
}

fn write(to: &mut String, value: &Value) -> Option<()> {
    match value {
        Value::Object(fields) => {
            // Whatever order the map has.
            let fields: BTreeMap<&String, &Value> = fields.iter().collect();
            to.push('{');
            for (index, (name, value)) in fields.into_iter().enumerate() {
                if index > 0 {
                    to.push(',');
                }
                quote(to, name);
                to.push(':');
                write(to, value)?;
            }
            to.push('}');
        }
        Value::Array(values) => {
            to.push('[');
            for (index, value) in values.iter().enumerate() {
                if index > 0 {
                    to.push(',');
                }
                write(to, value)?;
            }
            to.push(']');
        }
        Value::String(text) => quote(to, text),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => {
                if float.abs() >= LARGEST_EXACT {
                    return None;
                }
                if float.fract() == 0.0 {
                    _ = write!(to, "{}", float as i64);
                } else {
                    _ = write!(to, "{number}");
                }
            }
            _ => _ = write!(to, "{number}"),
        },
        Value::Null | Value::Bool(_) => _ = write!(to, "{value}"),
    }
    Some(())
}

/// A text as JSON has it.
fn quote(to: &mut String, text: &str) {
    to.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// The places where two events differ, `most` within their data at most.
pub(super) fn changes(first: &EventText<'_>, second: &EventText<'_>, most: usize) -> Vec<Change> {
    let mut changes = Vec::new();
    let mut push = |place: &str, first: &str, second: &str| {
        if first != second {
            changes.push(Change {
                place: place.to_owned(),
                first: Some(first.to_owned()),
                second: Some(second.to_owned()),
            });
        }
    };
    push("name", first.name, second.name);
    push("id", first.id, second.id);
    let value = |text: &str| -> Option<Value> {
        let is_json = text.starts_with(['{', '[']);
        is_json.then(|| serde_json::from_str(text).ok()).flatten()
    };
    match (value(first.data), value(second.data)) {
        (Some(one), Some(other)) if first.data != second.data => {
            let most = changes.len().saturating_add(most);
            within("$", &one, &other, most, &mut changes);
        }
        _ => push("data", first.data, second.data),
    }
    changes
}

fn within(path: &str, first: &Value, second: &Value, most: usize, changes: &mut Vec<Change>) {
    if changes.len() >= most {
        return;
    }
    match (first, second) {
        (Value::Object(first), Value::Object(second)) => {
            let names: BTreeMap<&String, ()> = first
                .keys()
                .chain(second.keys())
                .map(|name| (name, ()))
                .collect();
            for name in names.into_keys() {
                place(
                    &below(path, name),
                    first.get(name),
                    second.get(name),
                    most,
                    changes,
                );
            }
        }
        (Value::Array(first), Value::Array(second)) => {
            for index in 0..first.len().max(second.len()) {
                let path = format!("{path}[{index}]");
                place(&path, first.get(index), second.get(index), most, changes);
            }
        }
        (first, second) => place(path, Some(first), Some(second), most, changes),
    }
}

/// Compares what stands at a place, where something does.
fn place(
    path: &str,
    first: Option<&Value>,
    second: Option<&Value>,
    most: usize,
    changes: &mut Vec<Change>,
) {
    let text = |value: Option<&Value>| {
        value.map(|value| {
            let mut text = String::new();
            match write(&mut text, value) {
                Some(()) => text,
                None => value.to_string(),
            }
        })
    };
    match (first, second) {
        (Some(first @ Value::Object(_)), Some(second @ Value::Object(_)))
        | (Some(first @ Value::Array(_)), Some(second @ Value::Array(_))) => {
            within(path, first, second, most, changes);
        }
        _ => {
            let (first, second) = (text(first), text(second));
            if first != second && changes.len() < most {
                changes.push(Change {
                    place: path.to_owned(),
                    first,
                    second,
                });
            }
        }
    }
}

/// The path of a field.
fn below(path: &str, name: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let begins = name.starts_with(|c: char| c.is_alphabetic() || c == '_');
    match begins && name.chars().all(is_word) {
        true => format!("{path}.{name}"),
        false => {
            let mut quoted = String::new();
            quote(&mut quoted, name);
            format!("{path}[{quoted}]")
        }
    }
}
