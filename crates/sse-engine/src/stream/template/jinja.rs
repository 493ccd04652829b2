//! Texts that are templates of jinja: conditions, loops, arithmetic and what is drawn.
//!
//! The engine is minijinja. What a text can reach is the event and the request: nothing of the
//! machine, no other template, no file. Its work is bounded by fuel, which also pays for each byte
//! that it makes or compares, so no text can take long or grow without end. A text that fails when
//! it is filled in gives a sentence and never panics.
//!
//! What is drawn is drawn from the seed, the number of the event and the number of the call within
//! the event. So a client that reconnects gets the same event for the same number.

mod bounds;
mod draw;
mod fake;
mod short;

use std::fmt;
use std::sync::{Arc, LazyLock};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Object, ObjectRepr, ValueKind};
use minijinja::{Environment, Error, ErrorKind, Output, State, UndefinedBehavior, Value};

use super::{BadTemplate, Moment};
use crate::stream::request::Request;
use crate::text::{cut, nearest, tame};
use draw::Draws;
pub(super) use short::short;

/// How many steps one text may take: a step is an instruction, or 64 bytes of text.
const FUEL: u64 = 10_000;
/// The name that each text has in its own environment.
const NAME: &str = "text";
/// The largest JSON that `tojson` writes, in bytes: fuel could not pay for more.
const MAX_JSON: usize = FUEL as usize * 64;

/// How much of the engine's own words is shown, in bytes.
const SHOWN: usize = 200;

/// What a text knows besides functions.
const VARIABLES: [&str; 4] = ["n", "now", "unix_ms", "request"];

/// A template. Cheap to clone.
#[derive(Clone)]
pub(super) struct Jinja {
    /// Holds this one template, and what it can call.
    environment: Arc<Environment<'static>>,
    /// Whether it names the request.
    asks: bool,
}

/// A condition on the request: an expression of jinja. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition(Arc<str>);

impl PartialEq for Jinja {
    fn eq(&self, other: &Self) -> bool {
        self.source() == other.source()
    }
}

impl Eq for Jinja {}

impl fmt::Debug for Jinja {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Jinja").field(&self.source()).finish()
    }
}

impl Jinja {
    pub(super) fn parse(text: &str) -> Result<Self, BadTemplate> {
        bounds::check(text)?;
        let mut environment = BASE.clone();
        environment
            .add_template_owned(NAME, text.to_owned())
            .map_err(|error| not_understood(&error))?;
        let names = match environment.get_template(NAME) {
            Ok(template) => template.undeclared_variables(false),
            Err(error) => return Err(not_understood(&error)),
        };
        known(text, names.iter().map(String::as_str), &VARIABLES)?;
        Ok(Self {
            environment: Arc::new(environment),
            asks: names.contains("request"),
        })
    }

    /// Whether it names the request.
    pub(super) fn asks(&self) -> bool {
        self.asks
    }

    fn source(&self) -> String {
        let template = self.environment.get_template(NAME);
        template.map_or_else(|_| String::new(), |it| it.source().to_owned())
    }

    pub(super) fn render(
        &self,
        moment: &Moment,
        request: &Request,
        calls: &mut u64,
    ) -> Result<String, BadTemplate> {
        let draws = Arc::new(Draws::new(moment, *calls));
        let scope = Scope {
            moment: *moment,
            request: request.value(),
            draws: Value::from_dyn_object(Arc::clone(&draws)),
        };
        let template = self.environment.get_template(NAME);
        let rendered = template.and_then(|template| template.render(Value::from_object(scope)));
        *calls = draws.calls();
        rendered.map_err(|error| failed(&error))
    }
}

impl Condition {
    /// Reads an expression such as `request.json.method == "initialize"`.
    ///
    /// # Errors
    /// It is no expression, or names anything but `request`.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        bounds::check(&format!("{{{{{text}}}}}"))?;
        let expression = BASE.compile_expression(text);
        let names = expression
            .map_err(|error| not_understood(&error))?
            .undeclared_variables(false);
        let names = names.iter().map(String::as_str);
        // What is drawn depends on the number of an event, and there is none yet.
        let drawing = |name: &&str| !["random", "pick", "fake"].contains(name);
        if let Some(name) = names.clone().find(|name| !drawing(name)) {
            return Err(BadTemplate::in_line(
                line_of(text, name),
                format!("{name} cannot be used in a condition: ask for request only."),
            ));
        }
        known(text, names, &["request"])?;
        Ok(Self(text.into()))
    }

    /// Whether it is true of this request.
    ///
    /// # Errors
    /// What could not be done.
    pub fn holds(&self, request: &Request) -> Result<bool, BadTemplate> {
        let scope = Value::from_pairs([("request", request.value())]);
        let expression = BASE.compile_expression(&self.0);
        let value = expression.and_then(|expression| expression.eval(scope));
        value
            .map(|value| value.is_true())
            .map_err(|error| failed(&error))
    }
}

/// Whether there is nothing in it for the engine.
pub(super) fn is_plain(text: &str) -> bool {
    !["{{", "{%", "{#"].iter().any(|begin| text.contains(begin))
}

/// What every text can call.
static BASE: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut base = Environment::new();
    // A line that holds a statement alone is none of the text.
    let mut syntax = SyntaxConfig::builder();
    syntax.keep_trailing_newline(true);
    syntax.trim_blocks(true).lstrip_blocks(true);
    // The usual signs cannot be wrong.
    base.set_syntax(syntax.build().unwrap_or_default());
    base.set_auto_escape_callback(|_| minijinja::AutoEscape::None);
    // A request need not have a body, and a body need not have a field.
    base.set_undefined_behavior(UndefinedBehavior::Chainable);
    base.set_fuel(Some(FUEL));
    for name in bounds::NO_FUNCTIONS {
        base.remove_global(name);
    }
    for name in bounds::NO_FILTERS {
        base.remove_filter(name);
    }
    base.add_function("random", draw::random);
    base.add_function("pick", draw::pick);
    base.add_function("fake", fake::fake);
    base.add_filter("tojson", to_json);
    base.set_formatter(write);
    base
});

/// What a text can ask for by name.
#[derive(Debug)]
struct Scope {
    moment: Moment,
    request: Value,
    draws: Value,
}

impl Object for Scope {
    fn get_value_by_str(self: &Arc<Self>, key: &str) -> Option<Value> {
        Some(match key {
            "n" => Value::from(self.moment.n),
            "now" => Value::from(self.moment.now().to_string()),
            // Below the year 10000.
            "unix_ms" => Value::from(u64::try_from(self.moment.unix_ms()).unwrap_or(u64::MAX)),
            "request" => self.request.clone(),
            draw::NAME => self.draws.clone(),
            _ => return None,
        })
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        self.get_value_by_str(key.as_str()?)
    }

    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Map
    }
}

/// Writes a value into the text: a text and a number as they are, nothing for what is not there,
/// and all else as JSON.
fn write(out: &mut Output<'_>, state: &mut State<'_, '_>, value: &Value) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Undefined | ValueKind::String | ValueKind::Number => {
            minijinja::escape_formatter(out, state, value)
        }
        _ => {
            let json = to_json(state, value)?;
            out.write_str(&json).map_err(Error::from)
        }
    }
}

/// A value as JSON, as it is written elsewhere: the filter of the engine writes `'` as an escape.
fn to_json(state: &State<'_, '_>, value: &Value) -> Result<String, Error> {
    let mut json = Bounded(Vec::new());
    if let Err(error) = serde_json::to_writer(&mut json, value) {
        let kind = match error.is_io() {
            true => ErrorKind::OutOfFuel,
            false => ErrorKind::BadSerialization,
        };
        return Err(Error::new(kind, error.to_string()));
    }
    // Each byte is more work than one of a text.
    state.consume_fuel(json.0.len() as u64 / 4)?;
    String::from_utf8(json.0)
        .map_err(|error| Error::new(ErrorKind::BadSerialization, error.to_string()))
}

/// Bytes, up to a bound.
struct Bounded(Vec<u8>);

impl std::io::Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        if self.0.len() + bytes.len() > MAX_JSON {
            return Err(std::io::ErrorKind::StorageFull.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// The first of these names that nothing has.
fn known<'a>(
    text: &str,
    names: impl Iterator<Item = &'a str>,
    variables: &[&str],
) -> Result<(), BadTemplate> {
    let function = |name: &str| BASE.globals().any(|(known, _)| known == name);
    let unknown = names.filter(|name| !variables.contains(name) && !function(name));
    let Some((line, name)) = unknown.map(|name| (line_of(text, name), name)).min() else {
        return Ok(());
    };
    let all = BASE.globals().map(|(name, _)| name);
    let all: Vec<&str> = variables.iter().copied().chain(all).collect();
    let there = match nearest(name, all.iter().copied()) {
        Some(name) => format!("{name} is the nearest that there is"),
        None => format!("there are {}", all.join(", ")),
    };
    Err(BadTemplate::in_line(
        line,
        format!("{} is nothing that it knows: {there}.", cut(name)),
    ))
}

/// The line in which this name stands first, from 1.
fn line_of(text: &str, name: &str) -> usize {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let has = |line: &str| line.split(|c| !is_word(c)).any(|word| word == name);
    1 + text.lines().position(has).unwrap_or(0)
}

/// The mistake of a text that the engine cannot read.
fn not_understood(error: &Error) -> BadTemplate {
    BadTemplate::in_line(
        error.line().unwrap_or(1),
        format!(
            "jinja does not understand this ({}): correct it.",
            words(error)
        ),
    )
}

/// Why a text could not be filled in.
fn failed(error: &Error) -> BadTemplate {
    let line = error.line().unwrap_or(1);
    let sentence = match error.kind() {
        ErrorKind::OutOfFuel => format!(
            "there is more to do than {FUEL} steps allow: let it loop less often, or write less."
        ),
        _ => format!("jinja says \u{201c}{}\u{201d}: correct it.", words(error)),
    };
    BadTemplate::in_line(line, sentence)
}

/// What the engine says, on one line.
fn words(error: &Error) -> String {
    let words = match error.detail() {
        Some(detail) => tame(detail, SHOWN),
        None => error.kind().to_string(),
    };
    words.trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests;
