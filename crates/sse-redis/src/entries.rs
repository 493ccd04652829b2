//! Entries of a stream as the engine sends them, and the events in them.

use redis::{ParsingError, Value};
use sse_engine::topics::{Draft, LogEntry, Position};

use crate::publish::place;

/// Entries that were read.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Read {
    /// In their order. One that is no event of ours is an entry without an event.
    pub entries: Vec<LogEntry>,
    /// How many bytes the largest of them has.
    pub largest: usize,
    /// Whether there are some with a life of more digits than an id of ours has, which are left
    /// out. Somebody wrote them by hand, and a touch drops them.
    pub wide: bool,
}

/// The entries of a list, as XRANGE answers it.
///
/// # Errors
/// It is no list of entries.
pub fn entries(list: Value) -> Result<Read, ParsingError> {
    let Value::Array(list) = list else {
        return Err(ParsingError::from("it is no list of entries"));
    };
    let mut read = Read {
        entries: Vec::with_capacity(list.len()),
        ..Read::default()
    };
    for one in list {
        let (entry, bytes) = entry(one)?;
        read.largest = read.largest.max(bytes);
        read.wide |= entry.place.born > Position::LATEST_LIFE;
        if !read.wide {
            read.entries.push(entry);
        }
    }
    Ok(read)
}

/// What XREAD answers: keys, each with its entries.
pub(crate) fn streams(reply: Value) -> Result<Vec<(String, Read)>, ParsingError> {
    let list = match reply {
        Value::Nil => return Ok(Vec::new()),
        Value::Array(list) => list,
        _ => return Err(ParsingError::from("it is no list of streams")),
    };
    list.into_iter().map(stream).collect()
}

fn stream(one: Value) -> Result<(String, Read), ParsingError> {
    let Value::Array(pair) = one else {
        return Err(ParsingError::from("it is no stream"));
    };
    let Ok([Value::BulkString(key), list]) = <[Value; 2]>::try_from(pair) else {
        return Err(ParsingError::from("it is no stream"));
    };
    let key = String::from_utf8(key).map_err(|_| ParsingError::from("it is no key of ours"))?;
    Ok((key, entries(list)?))
}

/// An entry, and how many bytes it has.
fn entry(one: Value) -> Result<(LogEntry, usize), ParsingError> {
    let no_entry = || ParsingError::from("it is no entry");
    let Value::Array(pair) = one else {
        return Err(no_entry());
    };
    let Ok([Value::BulkString(id), fields]) = <[Value; 2]>::try_from(pair) else {
        return Err(no_entry());
    };
    let id = String::from_utf8(id).map_err(|_| no_entry())?;
    let place = id
        .split_once('-')
        .and_then(|(born, seq)| place(born, seq))
        .ok_or_else(no_entry)?;
    let fields = match fields {
        Value::Array(fields) => fields,
        _ => Vec::new(),
    };
    let mut event = Draft::default();
    let (mut has_data, mut begins, mut is_ours) = (false, false, place.seq <= Position::LAST_SEQ);
    let mut bytes = 0;
    let mut fields = fields.into_iter();
    while let (Some(name), Some(value)) = (fields.next(), fields.next()) {
        let (Value::BulkString(name), Value::BulkString(value)) = (name, value) else {
            is_ours = false;
            continue;
        };
        bytes += name.len() + value.len();
        // Fields that are not known belong to a later version.
        if !matches!(&*name, b"d" | b"e" | b"i" | b"r" | b"l") {
            continue;
        }
        let Ok(value) = String::from_utf8(value) else {
            is_ours = false;
            continue;
        };
        match &*name {
            b"d" => (event.data, has_data) = (value, true),
            b"e" => event.event = Some(value),
            b"i" => event.id = Some(value),
            b"r" => match value.parse() {
                Ok(ms) => event.retry = Some(ms),
                Err(_) => is_ours = false,
            },
            _ => begins = true,
        }
    }
    let entry = LogEntry {
        place,
        // 0 is the place before the first event.
        event: (has_data && is_ours && place.seq > 0).then_some(event),
        begins: begins && !has_data && is_ours && place.seq == 0,
    };
    Ok((entry, bytes))
}
