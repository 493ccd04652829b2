//! What the reader of a dialect does, and how it reaches into JSON.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use super::view::{Level, Verdict, View};

/// How many places of one kind a reader keeps apart. Nothing in use has as many.
const MOST_PLACES: usize = 256;

/// Reads the events of one dialect.
pub(super) trait Reader: fmt::Debug + Send {
    /// Takes what an event says into the view.
    fn read(&mut self, frame: &Frame<'_>, view: &mut View);

    /// Judges a stream that ended here.
    fn verdict(&self, view: &View) -> Verdict;
}

/// An event, or a line of JSON.
pub(super) struct Frame<'a> {
    /// The name of the event, `message` where it has none.
    pub(super) event: &'a str,
    /// Its data.
    pub(super) data: &'a str,
    /// The data as JSON; `Null` where it is none.
    pub(super) json: Value,
}

impl Frame<'_> {
    /// Whether it is the mark `[DONE]`.
    pub(super) fn is_done(&self) -> bool {
        self.data.trim_ascii() == "[DONE]"
    }
}

/// The text at a pointer (RFC 6901); empty where there is none.
pub(super) fn text<'a>(json: &'a Value, pointer: &str) -> &'a str {
    some_text(json, pointer).unwrap_or_default()
}

/// The text at a pointer, where there is one.
pub(super) fn some_text<'a>(json: &'a Value, pointer: &str) -> Option<&'a str> {
    json.pointer(pointer)?.as_str()
}

/// The number at a pointer; 0 where there is none, as for an index that a sender leaves out.
pub(super) fn index(json: &Value, pointer: &str) -> u64 {
    number(json, pointer).unwrap_or_default()
}

/// The number at a pointer, where there is one.
pub(super) fn number(json: &Value, pointer: &str) -> Option<u64> {
    json.pointer(pointer)?.as_u64()
}

/// The members of the array at a pointer; none where there is no array.
pub(super) fn members<'a>(json: &'a Value, pointer: &str) -> &'a [Value] {
    let array = json.pointer(pointer).and_then(Value::as_array);
    array.map_or(&[], Vec::as_slice)
}

/// Arguments as text: a text as it is, anything else as JSON.
pub(super) fn arguments(json: Option<&Value>) -> String {
    match json {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(json) => json.to_string(),
    }
}

/// Which places began, and which of them ended.
#[derive(Debug, Default)]
pub(super) struct Places(BTreeMap<u64, bool>);

impl Places {
    pub(super) fn begin(&mut self, place: u64) {
        if self.0.len() < MOST_PLACES {
            self.0.entry(place).or_insert(false);
        }
    }

    pub(super) fn end(&mut self, place: u64) {
        self.begin(place);
        if let Some(ended) = self.0.get_mut(&place) {
            *ended = true;
        }
    }

    pub(super) fn has(&self, place: u64) -> bool {
        self.0.contains_key(&place)
    }

    pub(super) fn any_ended(&self) -> bool {
        self.0.values().any(|ended| *ended)
    }

    /// The first one that did not end.
    pub(super) fn first_open(&self) -> Option<u64> {
        let mut open = self.0.iter().filter(|(_, ended)| !**ended);
        open.next().map(|(place, _)| *place)
    }
}

/// The verdict on a stream that holds an error.
pub(super) fn failed(view: &View) -> Option<Verdict> {
    let error = view.error.as_ref()?;
    let sentence = format!("The stream holds an error, though its status is 200: {error}.");
    Some(Verdict::new(Level::Failed, sentence))
}

/// Notes an event whose name is not the `type` in its data. Clients go by one or by the other.
pub(super) fn compare_names(frame: &Frame<'_>, kind: &str, view: &mut View) {
    if frame.event == "message" && !kind.is_empty() {
        view.note(
            "An event has a type in its data and no name: a client that goes by the name of \
             the event skips it, so send both."
                .to_owned(),
        );
    } else if frame.event != kind && !kind.is_empty() {
        view.note(
            "An event has one name, and another type in its data: clients go by one or by the \
             other, so send the same in both."
                .to_owned(),
        );
    }
}
