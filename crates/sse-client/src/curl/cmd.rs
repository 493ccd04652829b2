//! The words of a line as the command interpreter of Windows hands it over, and as the C runtime
//! then splits it.
//!
//! The first reads carets, and knows `"` only as what switches them off. The second reads quotes
//! and backslashes, and no longer sees carets. Browsers escape for both:
//!
//! * Chromium opens a string with `^"`, puts a caret before each character that is not harmless,
//!   writes `"` as `^\^"`, and a line end as `^` and two of them.
//! * An older one opened it with `"`, which switches the carets off that follow. Such a line does
//!   not do in cmd what it was made for; it is read as it was meant, if each of its strings is
//!   escaped in this way.
//! * Firefox opened it with `"`, and wrote `"` as `""`, `%` as `"%"`, and a line end as `"^`, two
//!   of them, and `"`.
//!
//! Both browsers double each backslash. The C runtime halves them before a quote only. In strings
//! with carets, which only browsers write, all are halved: that is what the browser had sent.

use super::mistake::{CurlMistakeKind as Kind, Found};
use super::words::{Word, is_curly, line_end, nothing_follows, operator};

/// The words of a text from here on.
pub(super) fn split(text: &[char], begin: usize) -> Result<Vec<Word>, Found> {
    match meant(text, begin) {
        Some(letters) => words(&letters, true),
        None => words(&handed_over(text, begin)?, false),
    }
}

/// A character that is handed over.
struct Letter {
    c: char,
    at: usize,
    /// What kept the interpreter from acting on it.
    guard: Guard,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Guard {
    Nothing,
    Caret,
    Quotes,
}

/// What is handed over to the program.
fn handed_over(text: &[char], begin: usize) -> Result<Vec<Letter>, Found> {
    let mut letters = Vec::with_capacity(text.len() - begin);
    let mut at = begin;
    let mut quote = None;
    while let Some(&c) = text.get(at) {
        if let Some(length) = line_end(text, at) {
            // It ends the command, and quotes do not reach beyond it.
            if let Some(open) = quote {
                return Err(Found::new(Kind::UnfinishedQuote('"'), open));
            }
            nothing_follows(text, at + length)?;
            break;
        }
        match (c, quote) {
            ('^', None) => {
                at = caret(text, at, &mut letters);
                continue;
            }
            ('"', None) => quote = Some(at),
            ('"', Some(_)) => quote = None,
            ('%', _) if is_variable(&text[at + 1..]) => {
                return Err(Found::new(Kind::Shell("%"), at));
            }
            _ => {}
        }
        let guard = match (c, quote) {
            ('"', _) | (_, None) => Guard::Nothing,
            (_, Some(_)) => Guard::Quotes,
        };
        letters.push(Letter { c, at, guard });
        at += 1;
    }
    Ok(letters)
}

/// Reads a caret, and the character that it makes harmless. Answers where that ends.
fn caret(text: &[char], at: usize, to: &mut Vec<Letter>) -> usize {
    // A line goes on behind a caret, and the caret counts for what the next line begins with.
    let next = at + 1 + line_end(text, at + 1).unwrap_or(0);
    let guard = Guard::Caret;
    if let Some(length) = line_end(text, next) {
        let c = '\n';
        to.push(Letter { c, at: next, guard });
        return next + length;
    }
    if let Some(&c) = text.get(next) {
        to.push(Letter { c, at: next, guard });
    }
    next + 1
}

/// Whether a variable's name and a second `%` stand here. `%E2%80%93` of a URL has none: what
/// begins with two hexadecimal digits is taken for a byte.
fn is_variable(text: &[char]) -> bool {
    // Names are short, and a text of `%` alone must not take long.
    let Some(end) = text.iter().take(64).position(|c| *c == '%') else {
        return false;
    };
    let is_byte =
        matches!(text[..end], [a, b, ..] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit());
    let is_name = text[..end]
        .iter()
        .all(|c| c.is_ascii_alphanumeric() || *c == '_');
    end > 0 && is_name && !is_byte && !text[0].is_ascii_digit()
}

/// A character that Chromium leaves as it is.
fn is_harmless(c: char) -> bool {
    c.is_ascii_alphanumeric() || " \t_-:=+~'/.,?;()*`".contains(c)
}

/// What an older Chromium meant, where all strings of the line are of its kind.
fn meant(text: &[char], begin: usize) -> Option<Vec<Letter>> {
    let mut letters = Vec::with_capacity(text.len() - begin);
    let mut at = begin;
    let mut quoted = false;
    let mut has_carets = false;
    while let Some(&c) = text.get(at) {
        let guard = match quoted {
            true => Guard::Quotes,
            false => Guard::Nothing,
        };
        match c {
            '^' if !quoted => {
                at = caret(text, at, &mut letters);
                continue;
            }
            '^' => {
                let c = *text.get(at + 1).filter(|c| !is_harmless(**c))?;
                if line_end(text, at + 1).is_some() {
                    return None;
                }
                has_carets = true;
                let guard = Guard::Caret;
                letters.push(Letter { c, at, guard });
                at += 2;
                // `%41` became `^%^41`, and `[` of a URL `^\[`.
                match (c, &text[at..]) {
                    ('%', ['^', c, ..]) if c.is_ascii_alphanumeric() || *c == '_' => at += 1,
                    ('\\', [c @ ('[' | ']' | '{' | '}'), ..]) => {
                        letters.push(Letter { c: *c, at, guard });
                        at += 1;
                    }
                    _ => {}
                }
                continue;
            }
            '"' => quoted = !quoted,
            '\r' | '\n' if quoted => return None,
            // What follows is another command's, and the strict reading names it.
            '\r' | '\n' => {
                nothing_follows(text, at).ok()?;
                break;
            }
            // One of the versions took it for harmless.
            '&' => {}
            c if quoted && !is_harmless(c) => return None,
            _ => {}
        }
        let guard = if c == '"' { Guard::Nothing } else { guard };
        letters.push(Letter { c, at, guard });
        at += 1;
    }
    (has_carets && !quoted).then_some(letters)
}

/// The arguments that the C runtime makes of what it is handed.
fn words(letters: &[Letter], halves_backslashes: bool) -> Result<Vec<Word>, Found> {
    let mut words = Vec::new();
    let mut word: Option<Word> = None;
    // Where the open quote stands, and whether a browser wrote it.
    let mut quote: Option<(usize, bool)> = None;
    let mut at = 0;
    while let Some(letter) = letters.get(at) {
        let Letter { c, guard, .. } = *letter;
        if quote.is_none() && (c == ' ' || c == '\t') {
            words.extend(word.take());
            at += 1;
            continue;
        }
        if quote.is_none() && guard == Guard::Nothing {
            // Brackets group commands at a command's begin only.
            if let Some(sign @ ("&" | "|" | "<" | ">")) = operator(c) {
                return Err(Found::new(Kind::Shell(sign), letter.at));
            }
            if word.is_none() && is_curly(c) {
                return Err(Found::new(Kind::CurlyQuote(c), letter.at));
            }
        }
        let word = word.get_or_insert_with(|| Word::new(letter.at));
        match c {
            '\\' => {
                let run = letters[at..].iter().take_while(|l| l.c == '\\').count();
                let is_quote = letters.get(at + run).is_some_and(|l| l.c == '"');
                let is_browsers = quote.is_some_and(|(_, is_browsers)| is_browsers);
                let kept = match (is_quote, is_browsers) {
                    (true, _) => run / 2,
                    (false, true) => run.div_ceil(2),
                    (false, false) => run,
                };
                word.bytes.resize(word.bytes.len() + kept, b'\\');
                at += run;
                if is_quote && run % 2 == 1 {
                    word.push('"');
                    at += 1;
                }
                continue;
            }
            '"' => match quote {
                None => quote = Some((letter.at, halves_backslashes || guard == Guard::Caret)),
                Some(_) if letters.get(at + 1).is_some_and(|l| l.c == '"') => {
                    word.push('"');
                    at += 1;
                }
                Some(_) => quote = None,
            },
            c => word.push(c),
        }
        at += 1;
    }
    if let Some((open, _)) = quote {
        return Err(Found::new(Kind::UnfinishedQuote('"'), open));
    }
    words.extend(word);
    Ok(words)
}
