//! Where a stream stands in the text of the file, and how its lines are replaced there.
//!
//! A definition is whole lines: those from `[[stream]]` to the last line that holds something of
//! the stream, with the comments that directly precede the first and those that directly follow the
//! last. A comment between two streams that touches neither belongs to none, and one that touches
//! both belongs to the one below.
//!
//! Whoever edits a definition has it with plain line ends. It goes back with those of the file, and
//! all other bytes of the file stay as they are.

use std::ops::Range;

use serde::Serialize;
use toml::de::DeValue;
use toml_parser::Source as Toml;
use toml_parser::lexer::TokenKind;

use super::language::language_of;
use super::value::find;
use super::{BOM, Part, Problem, contents_of, line, parsed, read};

/// The lines of one stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The lines, joined with a line feed each, without one at the end.
    pub text: String,
    /// The number of the first line, from 1.
    pub first_line: usize,
    /// The number of the last line.
    pub last_line: usize,
    /// Whether the lines are of this stream alone. In a list of tables in one value they need not
    /// be, and then they cannot be replaced.
    pub alone: bool,
    /// The bytes of the lines, without the last line end.
    range: Range<usize>,
}

/// A new text of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The whole text.
    pub text: String,
    /// The path of the first stream of the definition that was put in; `None` where it has none any
    /// more.
    pub stream: Option<String>,
}

/// Why a definition cannot take its place in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "types", derive(ts_rs::TS))]
pub struct BadDefinition {
    /// What is wrong and what to do.
    pub sentence: String,
    /// The line of the mistake, from 1, where it is in one of the definition's own.
    pub line: Option<usize>,
    /// Where in that line it begins, in characters from 1.
    pub column: Option<usize>,
}

impl BadDefinition {
    /// What is wrong at no place of the definition.
    pub fn of_all(sentence: impl Into<String>) -> Self {
        Self {
            sentence: sentence.into(),
            line: None,
            column: None,
        }
    }

    /// A mistake in another part of the file.
    fn elsewhere(problem: &Problem) -> Self {
        Self::of_all(match problem.line {
            Some(line) => format!("Elsewhere in the file, in line {line}: {}", problem.reason),
            None => problem.reason.clone(),
        })
    }
}

impl From<Problem> for BadDefinition {
    /// A mistake in the definition's own text.
    fn from(problem: Problem) -> Self {
        Self {
            sentence: problem.reason,
            line: problem.line,
            column: problem.column,
        }
    }
}

/// The lines of the stream with this path, whatever else is wrong in the file.
///
/// # Errors
/// The text is not TOML at all.
pub fn locate(text: &str, path: &str) -> Result<Option<Definition>, Problem> {
    let file = parsed(text)?;
    let list_of = |key| match find(file.get_ref(), key).map(|given| given.value) {
        Some(DeValue::Array(list)) => Some(list),
        _ => None,
    };
    let Some(list) = list_of("stream") else {
        return Ok(None);
    };
    let has_path = |value: &DeValue<'_>| match value {
        DeValue::Table(table) => {
            find(table, "path").is_some_and(|given| given.value.as_str() == Some(path))
        }
        _ => false,
    };
    let Some(place) = list.iter().position(|value| has_path(value.get_ref())) else {
        return Ok(None);
    };
    let span = list[place].span();
    let alone = text[span.start..].starts_with('[');
    let range = match alone {
        false => line_start(text, span.start)..line_end(text, span.end),
        true => {
            // The next stream or profile.
            let all = list.iter().chain(list_of("profile").into_iter().flatten());
            let starts = all.map(|value| value.span().start);
            let below = starts.filter(|start| *start > span.start).min();
            let content = Content::of(text);
            let first = comments_above(text, span.start, &content);
            let end = content.end_before(below.unwrap_or(text.len()));
            let floor = below.map_or(text.len(), |at| comments_above(text, at, &content));
            first..comments_below(text, end, floor)
        }
    };
    let lines = &text[range.clone()];
    let first_line = line(&text.as_bytes()[..range.start]);
    Ok(Some(Definition {
        text: plain(lines),
        first_line,
        last_line: first_line + lines.matches('\n').count(),
        alone,
        range,
    }))
}

/// The text of the file with `new` in place of the definition of the stream with this path, which
/// was `was` when it was read.
///
/// # Errors
/// The definition is another now, or the new text of the file has a mistake.
pub fn replaced(text: &str, path: &str, new: &str, was: &str) -> Result<Change, BadDefinition> {
    let found = locate(text, path).map_err(|problem| BadDefinition::elsewhere(&problem))?;
    let Some(found) = found else {
        return Err(BadDefinition::of_all(format!(
            "There is no stream at {path} in the file any more: choose another from the list."
        )));
    };
    if !found.alone {
        return Err(BadDefinition::of_all(
            "The streams of this file are written as one list: edit the file itself.",
        ));
    }
    if found.text != trimmed(was) {
        return Err(BadDefinition::of_all(
            "The file has changed meanwhile: press Revert to see the new lines, then change them.",
        ));
    }
    let new = trimmed(new);
    let mut whole = text.to_owned();
    if new != found.text {
        whole.replace_range(found.range.clone(), &with_line_ends_of(text, &new));
    }
    checked(text, whole, &new, found.first_line)
}

/// The text of the file with a stream more at its end.
///
/// # Errors
/// The new text of the file has a mistake.
pub fn appended(text: &str, new: &str) -> Result<Change, BadDefinition> {
    let new = trimmed(new);
    if !Content::of(&new).is_something() {
        return Err(BadDefinition::of_all(
            "There is nothing to add: begin with the line [[stream]] and give it a path.",
        ));
    }
    let mut whole = text.to_owned();
    let end = line_end_of(text);
    if !text.trim_start_matches(BOM).trim().is_empty() {
        if !text.ends_with('\n') {
            whole += end;
        }
        if !plain(&whole).ends_with("\n\n") {
            whole += end;
        }
    }
    let first_line = line(whole.as_bytes());
    whole += &with_line_ends_of(text, &new);
    whole += end;
    checked(text, whole, &new, first_line)
}

/// The change of a file that was `before`, if neither the definition nor the file with it has a
/// mistake.
fn checked(
    before: &str,
    whole: String,
    new: &str,
    first_line: usize,
) -> Result<Change, BadDefinition> {
    // On its own first: a bracket that is left open would be told of in a line far below.
    let own = match Content::of(new).is_something() {
        true => contents_of(new, Part::Lines(language_of(before)))?.streams,
        false => Vec::new(),
    };
    let last_line = first_line + new.matches('\n').count();
    match read(&whole) {
        Ok(_) => Ok(Change {
            text: whole,
            stream: own.into_iter().next().map(|stream| stream.path),
        }),
        Err(problem) => match problem.line {
            Some(line) if (first_line..=last_line).contains(&line) => Err(BadDefinition {
                sentence: problem.reason,
                line: Some(line - first_line + 1),
                column: problem.column,
            }),
            _ => Err(BadDefinition::elsewhere(&problem)),
        },
    }
}

/// What is neither white space nor a comment: the end of each such token.
struct Content(Vec<usize>);

impl Content {
    fn of(text: &str) -> Self {
        let top = top(text);
        let is_content = |kind| {
            !matches!(
                kind,
                TokenKind::Whitespace | TokenKind::Comment | TokenKind::Newline | TokenKind::Eof
            )
        };
        let tokens = Toml::new(text).lex();
        Self(
            tokens
                .filter(|token| is_content(token.kind()))
                .map(|token| token.span().end())
                .filter(|end| *end > top)
                .collect(),
        )
    }

    fn is_something(&self) -> bool {
        !self.0.is_empty()
    }

    /// Where the last of it ends that ends before this byte, or at it.
    fn end_before(&self, at: usize) -> usize {
        let before = self.0.partition_point(|end| *end <= at);
        before.checked_sub(1).map_or(0, |last| self.0[last])
    }
}

/// Where the comments begin that directly precede the line of this byte, or that line.
fn comments_above(text: &str, at: usize, content: &Content) -> usize {
    let mut first = line_start(text, at);
    let end = content.end_before(first);
    while first > top(text) {
        let above = line_start(text, first - 1);
        if above < end || !is_comment(&text[above..first]) {
            break;
        }
        first = above;
    }
    first
}

/// Where the line of this byte ends, or the last of the comments that directly follow it and are
/// above `floor`.
fn comments_below(text: &str, at: usize, floor: usize) -> usize {
    let mut end = line_end(text, at);
    while let Some(newline) = text[end..].find('\n') {
        let below = end + newline + 1;
        let below_end = line_end(text, below);
        if below >= floor || !is_comment(&text[below..below_end]) {
            break;
        }
        end = below_end;
    }
    end
}

fn is_comment(line: &str) -> bool {
    line.trim_start().starts_with('#')
}

/// Where the first line begins. What some editors put before it is in no line.
fn top(text: &str) -> usize {
    text.strip_prefix(BOM).map_or(0, |_| BOM.len_utf8())
}

/// Where the line of this byte begins.
fn line_start(text: &str, at: usize) -> usize {
    let newline = text[..at].rfind('\n');
    newline.map_or(top(text), |newline| newline + 1)
}

/// Where the line of this byte ends, before its line end.
fn line_end(text: &str, at: usize) -> usize {
    let rest = &text[at..];
    let line = rest.split_once('\n').map_or(rest, |(line, _)| line);
    at + line.strip_suffix('\r').unwrap_or(line).len()
}

/// The text with a line feed for each line end.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n")
}

/// The lines of a definition as they are kept here.
fn trimmed(text: &str) -> String {
    plain(text).trim_end_matches('\n').to_owned()
}

/// The line end of the first line.
fn line_end_of(text: &str) -> &'static str {
    match text.split_once('\n') {
        Some((first, _)) if first.ends_with('\r') => "\r\n",
        _ => "\n",
    }
}

/// These lines with the line ends of the file.
fn with_line_ends_of(text: &str, lines: &str) -> String {
    lines.replace('\n', line_end_of(text))
}
