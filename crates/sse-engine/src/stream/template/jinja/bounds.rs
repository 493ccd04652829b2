//! What a template may not have, though the engine would take it.
//!
//! The engine reads an expression by calling itself for each part of it, and fuel does not count
//! that: so expressions and statements have a bound. Nor does fuel count what a list costs that
//! holds another one twice, which holds another one twice: so a list that gets a name holds plain
//! values only, and nothing else puts lists into each other.

use super::super::BadTemplate;

/// How many words and signs one pair of braces may hold.
const MAX_TOKENS: usize = 400;
/// How many statements a text may have.
const MAX_STATEMENTS: usize = 300;

/// How many `+` may stand in statements that give a name to something: each can double a list, and
/// the engine looks at all of it before it counts the steps.
const MAX_SUMS: usize = 12;

/// Filters of the engine that put lists into each other, or escape for HTML.
pub(super) const NO_FILTERS: [&str; 9] = [
    "batch", "chain", "e", "escape", "groupby", "pprint", "safe", "slice", "zip",
];
/// Functions of the engine that do, or that show what is none of the page's business.
pub(super) const NO_FUNCTIONS: [&str; 3] = ["debug", "dict", "namespace"];

/// Words that stand for no variable.
const PLAIN: [&str; 6] = ["true", "false", "none", "True", "False", "None"];
/// Words between values.
const KEYWORDS: [&str; 7] = ["and", "or", "not", "in", "is", "if", "else"];

/// Checks a text.
///
/// # Errors
/// It has more than is allowed, with its line.
pub(super) fn check(text: &str) -> Result<(), BadTemplate> {
    let (mut statements, mut sums) = (0, 0);
    let mut at = 0;
    while let Some(found) = text[at..].find('{') {
        let begin = at + found;
        let bad = |sentence: &str| {
            let line = 1 + text[..begin].matches('\n').count();
            Err(BadTemplate::in_line(line, sentence))
        };
        let rest = &text[begin..];
        if rest.starts_with("{#") {
            at = rest.find("#}").map_or(text.len(), |end| begin + end + 2);
            continue;
        }
        let close = match rest.as_bytes().get(1) {
            Some(b'{') => "}}",
            Some(b'%') => "%}",
            _ => {
                at = begin + 1;
                continue;
            }
        };
        let mut tag = Tag::default();
        let length = tag.read(&rest[2..], close);
        at = begin + 2 + length;
        if tag.tokens > MAX_TOKENS {
            return bad("there is too much between two braces: divide it, or do less there.");
        }
        if close == "}}" {
            continue;
        }
        statements += 1;
        if statements > MAX_STATEMENTS {
            return bad("there are too many statements: write less into one text.");
        }
        if tag.first == "raw" {
            let end = text[at..].find("endraw");
            at = end.map_or(text.len(), |end| at + end);
        }
        sums += if tag.names() { tag.sums } else { 0 };
        if sums > MAX_SUMS {
            return bad("there are too many sums that get a name: write them where they are used.");
        }
        if tag.recursive {
            return bad("a loop cannot call itself: leave recursive out.");
        }
        if tag.nests {
            return bad(
                "a list or a map that gets a name can hold plain values only: write it where it is used.",
            );
        }
    }
    Ok(())
}

/// What stands between two braces.
#[derive(Debug, Default)]
struct Tag<'t> {
    tokens: usize,
    /// How many `+` it has.
    sums: usize,
    /// Its first word.
    first: &'t str,
    /// Whether it is a loop that calls itself.
    recursive: bool,
    /// Whether it gives a name to a list that holds more than plain values.
    nests: bool,
    /// Whether the word is past that stands before the value: `=` or `in`.
    value: bool,
    open: Vec<Bracket>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Bracket {
    /// Of a call or of an index.
    Of,
    /// Around a part of an expression, or around a tuple.
    Around,
    /// Of a list or a map.
    Literal,
}

impl<'t> Tag<'t> {
    /// Reads up to what closes it. Answers how many bytes that were.
    fn read(&mut self, text: &'t str, close: &str) -> usize {
        let mut at = 0;
        // Whether a value has just ended, so that a bracket is one of it.
        let mut after_value = false;
        while let Some(c) = text[at..].chars().next() {
            if self.open.is_empty() && text[at..].starts_with(close) {
                return at + close.len();
            }
            let begin = at;
            at += c.len_utf8();
            if c.is_whitespace() {
                continue;
            }
            self.tokens += 1;
            match c {
                '"' | '\'' => {
                    at += string(&text[at..], c);
                    after_value = true;
                }
                '(' | '[' | '{' => {
                    self.open.push(match c {
                        '{' => Bracket::Literal,
                        _ if after_value => Bracket::Of,
                        '[' => Bracket::Literal,
                        _ => Bracket::Around,
                    });
                    after_value = false;
                }
                ')' | ']' | '}' => {
                    self.open.pop();
                    after_value = true;
                }
                ',' => {
                    // A tuple is a list too.
                    let with = self.first == "with" || !self.value && self.first == "for";
                    self.nests |= match self.open.last() {
                        None => self.names() && !with,
                        Some(open) => self.names() && *open == Bracket::Around,
                    };
                    after_value = false;
                }
                c if is_word(c) => {
                    let rest = &text[begin..];
                    let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
                    at = begin + end;
                    let word = &rest[..end];
                    self.word(word);
                    after_value = !KEYWORDS.contains(&word);
                }
                _ => {
                    self.value |= c == '=';
                    self.sums += usize::from(c == '+');
                    after_value = false;
                }
            }
        }
        text.len()
    }

    fn word(&mut self, word: &'t str) {
        if self.first.is_empty() {
            self.first = word;
            return;
        }
        let is_name = word.starts_with(|c: char| !c.is_ascii_digit());
        let is_name = is_name && !PLAIN.contains(&word) && !KEYWORDS.contains(&word);
        self.nests |= is_name && self.names() && self.open.contains(&Bracket::Literal);
        self.recursive |= self.first == "for" && word == "recursive" && self.value;
        self.value |= word == "in";
    }

    /// Whether it gives a name to something.
    fn names(&self) -> bool {
        matches!(self.first, "set" | "with" | "for")
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The bytes of a text in quotes, with the one that closes it.
fn string(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}
