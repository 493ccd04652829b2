//! Keys for what is on the wire besides the texts of events: raw bytes, large data, keep-alives.

use std::sync::Arc;

use toml::de::DeTable;

use super::value::Given;
use super::{MAX_FIELD, Reader};
use crate::bounds::MAX_PAD;
use crate::fault::bytes;
use crate::recording::unescape;

/// The longest name of a file, in bytes.
const MAX_NAME: usize = 100;
/// What cannot stand beside a file of events.
const NOT_WITH_FILE: [&str; 5] = ["data", "events", "comment", "repeat", "pad"];
/// What cannot stand beside raw bytes.
const NOT_WITH_RAW: [&str; 6] = ["event", "id", "data", "comment", "retry", "pad"];

impl Reader<'_> {
    /// Bytes that are sent as they are.
    pub(super) fn raw(&mut self, table: &DeTable<'_>, given: Given<'_>) -> Option<Arc<[u8]>> {
        let text = self.text(given)?;
        if let Some(other) = NOT_WITH_RAW.iter().find(|key| table.contains_key(**key)) {
            let why = format!("is all that is sent: leave {other} out.");
            return self.wrong(given, &why);
        }
        match unescape(text) {
            Ok((bytes, true)) if !bytes.is_empty() => Some(bytes.into()),
            Ok((_, true)) => self.wrong(given, "has nothing in it: write what is to be sent."),
            Ok((_, false)) | Err(_) => self.wrong(
                given,
                r"has a backslash that begins no escape: write \r, \n, \t, \\ or \x and two digits, such as \xff, in single quotes.",
            ),
        }
    }

    /// The name of the file that has the events.
    pub(super) fn events_file(&mut self, table: &DeTable<'_>, given: Given<'_>) -> Option<String> {
        let name = self.text(given)?;
        let fit = |c: char| c.is_alphanumeric() || "-_. ".contains(c);
        let known = name.ends_with(".ndjson") || name.ends_with(".csv");
        if !known || name.starts_with('.') || name.len() > MAX_NAME || !name.chars().all(fit) {
            return self.wrong(
                given,
                "is no name of a file beside this one: write one such as \"events.ndjson\" or \"events.csv\".",
            );
        }
        if let Some(other) = NOT_WITH_FILE.iter().find(|key| table.contains_key(**key)) {
            let why = format!("has the events: leave {other} out.");
            return self.wrong(given, &why);
        }
        Some(name.to_owned())
    }

    /// The size that data is grown to, in bytes.
    pub(super) fn pad(&mut self, given: Given<'_>) -> Option<u64> {
        let size = given.value.as_str().and_then(bytes);
        if let Some(size) = size.filter(|size| (1..=MAX_PAD).contains(size)) {
            return Some(size);
        }
        let most = MAX_PAD >> 20;
        let why =
            format!("is no size from 1B to {most}MiB: write one such as \"64kB\" or \"1MiB\".");
        self.wrong(given, &why)
    }

    /// The lines that keep a connection alive.
    pub(super) fn keep_alive_lines(&mut self, given: Given<'_>) -> Option<String> {
        let text = self.text(given)?;
        let lines = text.strip_suffix('\n').unwrap_or(text);
        if lines.len() > MAX_FIELD {
            let why = format!("is too long: make it {MAX_FIELD} bytes at most.");
            return self.wrong(given, &why);
        }
        if lines.contains('\r') || lines.split('\n').any(str::is_empty) {
            return self.wrong(
                given,
                "has an empty line, or none: write lines such as \": ping\" or \"event: ping\", without an empty one.",
            );
        }
        let name = |line: &str| line.split(':').next().map(str::to_owned);
        if lines
            .split('\n')
            .any(|line| name(line).as_deref() == Some("id"))
        {
            return self.wrong(
                given,
                "has an id, with which clients would come back: leave it out.",
            );
        }
        Some(lines.to_owned())
    }
}
