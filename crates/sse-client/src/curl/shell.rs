//! A text as the words that a shell would make of it: which shell's, and which words.

use super::cmd;
use super::mistake::{CurlMistakeKind as Kind, Found};
use super::posix;
use super::words::{Word, line_end};

/// The words of a text.
///
/// # Errors
/// A quote that is not closed, a NUL, or what only a shell could do.
pub(super) fn split(text: &[char]) -> Result<Vec<Word>, Found> {
    if let Some(at) = text.iter().position(|c| *c == '\0') {
        return Err(Found::new(Kind::Nul, at));
    }
    let begin = behind_prompt(text);
    match is_cmd(&text[begin..]) {
        true => cmd::split(text, begin),
        false => posix::split(text, begin),
    }
}

/// Where the command begins: behind blanks, and behind the prompt that people copy along.
fn behind_prompt(text: &[char]) -> usize {
    let blank = |at: usize| {
        let blanks = text[at..].iter().take_while(|c| c.is_ascii_whitespace());
        at + blanks.count()
    };
    let begin = blank(0);
    match text[begin..] {
        ['$', ' ' | '\t', ..] => blank(begin + 1),
        _ => begin,
    }
}

/// Whether the text is for the command interpreter of Windows. The first of these signs decides:
///
/// * outside of quotes, a line end behind `\`: it is not.
/// * outside of quotes, a `^` before a line end, `"`, `&`, or `%`: it is.
/// * within `"…"`, `^&`, `^%`, or `^\^"`: it is. An older Chromium wrote these.
/// * `"…"` right before another `"`, as in `"{""a"":1}"`: it is.
///
/// Without any of them it is not, and both read most lines alike.
fn is_cmd(text: &[char]) -> bool {
    let mut at = 0;
    while let Some(c) = text.get(at) {
        let rest = &text[at + 1..];
        at += match c {
            '^' if matches!(rest, ['"' | '&' | '%' | '\r' | '\n', ..]) => return true,
            '\\' if line_end(text, at + 1).is_some() => return false,
            '\\' => 2,
            // An apostrophe that nothing closes is none of a shell's.
            '\'' => rest
                .iter()
                .position(|c| *c == '\'')
                .map_or(1, |end| end + 2),
            '$' if rest.first() == Some(&'\'') => 2 + behind_escaped(&rest[1..], '\''),
            '"' => {
                let length = behind_escaped(rest, '"');
                let quoted = &rest[..length.min(rest.len())];
                let has_carets = (0..quoted.len())
                    .any(|at| matches!(quoted[at..], ['^', '&' | '%', ..] | ['^', '\\', '^', ..]));
                let is_doubled = length > 1 && rest.get(length) == Some(&'"');
                if has_carets || is_doubled {
                    return true;
                }
                1 + length
            }
            _ => 1,
        };
    }
    false
}

/// How many characters there are up to a quote that no backslash escapes, and with it.
fn behind_escaped(text: &[char], quote: char) -> usize {
    let mut at = 0;
    while let Some(c) = text.get(at) {
        at += match c {
            '\\' => 2,
            c if *c == quote => return at + 1,
            _ => 1,
        };
    }
    at
}
