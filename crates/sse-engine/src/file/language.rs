//! The language in which the texts of a file are written, and the lines of such a text.

use toml::de::DeTable;

use super::value::{Given, find};
use super::{Reader, parsed};
use crate::stream::{BadTemplate, Language, Template};

/// The key that names it, and its one value.
const KEY: &str = "templates";
const JINJA: &str = "jinja";

/// How many texts of one file are filled in to try them: what is wrong with one that does not show
/// in its own text, such as a division by zero, is told early.
const MAX_TRIALS: usize = 200;

/// The language of this file, whatever else is wrong in it.
pub(super) fn language_of(text: &str) -> Language {
    let file = parsed(text);
    let given = file
        .as_ref()
        .ok()
        .and_then(|file| find(file.get_ref(), KEY));
    match given.and_then(|given| given.value.as_str()) {
        Some(JINJA) => Language::Jinja,
        _ => Language::Places,
    }
}

impl Reader<'_> {
    /// Reads which language the file names.
    pub(super) fn language(&mut self, file: &DeTable<'_>) {
        let Some(given) = find(file, KEY) else {
            return;
        };
        match given.value.as_str() {
            Some(JINJA) => self.language = Language::Jinja,
            _ => {
                let why = "is no language of templates: write \"jinja\", or leave it out for {n} and the like.";
                self.wrong::<()>(given, why);
            }
        }
    }

    /// Tells of a mistake in a text, at its line.
    pub(super) fn bad(&mut self, given: Given<'_>, bad: &BadTemplate) {
        let at = line_in(self.text, given.at, bad.line);
        self.tell(at, format!("In {}, {bad}", given.key));
    }

    /// Fills a text in, as long as there are not too many of them.
    pub(super) fn tried(&mut self, given: Given<'_>, template: Template) -> Option<Template> {
        if self.trials < MAX_TRIALS
            && let Err(bad) = template.tried()
        {
            self.bad(given, &bad);
            return None;
        }
        self.trials += 1;
        Some(template)
    }
}

/// The byte of the file at which a line of a text begins. The text begins, with its quotes, at the
/// byte `at`; its lines are counted from 1, and the first begins there too.
fn line_in(file: &str, at: usize, line: usize) -> usize {
    let text = file.get(at..).unwrap_or_default();
    let quotes = ["\"\"\"", "'''", "\"", "'"];
    let Some(quote) = quotes.into_iter().find(|quote| text.starts_with(quote)) else {
        return at;
    };
    let escapes = quote.starts_with('"');
    let mut place = quote.len();
    // A line break right behind three quotes is none of the text.
    if quote.len() == 3 {
        let rest = &text[place..];
        let begun = rest.strip_prefix("\r\n").or(rest.strip_prefix('\n'));
        place += begun.map_or(0, |begun| rest.len() - begun.len());
    }
    let mut left = line.saturating_sub(1);
    if left == 0 && line_break_before(text, place) {
        return at + place;
    }
    let mut chars = text[place..].char_indices();
    while left > 0 {
        let Some((_, c)) = chars.next() else {
            return at;
        };
        match c {
            '\n' => left -= 1,
            '\\' if escapes => match chars.next() {
                Some((_, 'n')) => left -= 1,
                // A line that goes on in the next one is one line of the text.
                Some((_, '\n' | '\r' | ' ' | '\t')) => {
                    let rest = chars.as_str();
                    let skipped = rest.len() - rest.trim_start().len();
                    let count = rest[..skipped].chars().count();
                    chars.by_ref().take(count).for_each(drop);
                }
                _ => {}
            },
            _ => {}
        }
    }
    at + text.len() - chars.as_str().len()
}

/// Whether what stands at this place begins a line.
fn line_break_before(text: &str, place: usize) -> bool {
    text[..place].ends_with('\n')
}
