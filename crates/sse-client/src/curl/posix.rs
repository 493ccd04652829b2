//! The words of a line as sh and bash read it.

use super::ansi_c;
use super::mistake::{CurlMistakeKind as Kind, Found};
use super::words::{Word, is_curly, line_end, nothing_follows, operator};

/// The words of a text from here on (POSIX.1 Shell Command Language, 2.2; `$'…'` of bash).
pub(super) fn split(text: &[char], begin: usize) -> Result<Vec<Word>, Found> {
    let mut splitter = Splitter {
        text,
        at: begin,
        words: Vec::new(),
        word: None,
        brace: None,
    };
    while splitter.step()? {}
    splitter.end_word();
    Ok(splitter.words)
}

struct Splitter<'a> {
    text: &'a [char],
    at: usize,
    words: Vec<Word>,
    word: Option<Word>,
    /// An open brace of this word outside of quotes, and whether a comma or `..` followed.
    brace: Option<(usize, bool)>,
}

impl Splitter<'_> {
    fn next(&self, ahead: usize) -> Option<char> {
        self.text.get(self.at + ahead).copied()
    }

    fn word(&mut self) -> &mut Word {
        let at = self.at;
        self.word.get_or_insert_with(|| Word::new(at))
    }

    fn push(&mut self, c: char) {
        self.word().push(c);
    }

    fn end_word(&mut self) {
        self.words.extend(self.word.take());
        self.brace = None;
    }

    fn fail<T>(&self, kind: Kind) -> Result<T, Found> {
        Err(Found::new(kind, self.at))
    }

    /// Reads what stands here, outside of quotes. Answers whether there was anything.
    fn step(&mut self) -> Result<bool, Found> {
        let Some(c) = self.next(0) else {
            return Ok(false);
        };
        if let Some(length) = line_end(self.text, self.at) {
            self.end_word();
            self.at += length;
            // A line before the command, or a comment's end.
            if !self.words.is_empty() {
                nothing_follows(self.text, self.at)?;
                self.at = self.text.len();
            }
            return Ok(true);
        }
        match c {
            ' ' | '\t' => self.end_word(),
            '#' if self.word.is_none() => {
                while self.next(0).is_some() && line_end(self.text, self.at).is_none() {
                    self.at += 1;
                }
                return Ok(true);
            }
            '\'' => self.single()?,
            '"' => self.double()?,
            '$' if self.next(1) == Some('\'') => {
                let open = self.at;
                self.word();
                let word = self.word.get_or_insert_with(|| Word::new(open));
                self.at = ansi_c::read(self.text, open, &mut word.bytes)?;
                return Ok(true);
            }
            // Text in the language of the user: as it is.
            '$' if self.next(1) == Some('"') => {
                self.word();
                self.at += 1;
                self.double()?;
            }
            '$' if self.is_expansion() => return self.fail(Kind::Shell("$")),
            '\\' => match line_end(self.text, self.at + 1) {
                Some(length) => self.at += length,
                None => {
                    if let Some(c) = self.next(1) {
                        self.push(c);
                        self.at += 1;
                    }
                }
            },
            '`' => return self.fail(Kind::Shell("`")),
            '~' if self.word.is_none() => return self.fail(Kind::Shell("~")),
            c if self.word.is_none() && is_curly(c) => return self.fail(Kind::CurlyQuote(c)),
            _ => match operator(c) {
                Some(sign) => return self.fail(Kind::Shell(sign)),
                None => {
                    self.braces(c)?;
                    self.push(c);
                }
            },
        }
        self.at += 1;
        Ok(true)
    }

    /// Refuses `{a,b}` and `{1..3}`, of which bash makes several words.
    fn braces(&mut self, c: char) -> Result<(), Found> {
        let is_range = c == '.' && self.next(1) == Some('.');
        match (c, &mut self.brace) {
            ('{', None) => self.brace = Some((self.at, false)),
            (',', Some((_, several))) => *several = true,
            ('.', Some((_, several))) if is_range => *several = true,
            ('}', Some((at, true))) => return Err(Found::new(Kind::Shell("{"), *at)),
            _ => {}
        }
        Ok(())
    }

    /// Whether bash puts something in place of the `$` here and what follows it.
    fn is_expansion(&self) -> bool {
        self.next(1)
            .is_some_and(|c| c.is_ascii_alphanumeric() || "_{([@*#?-$!".contains(c))
    }

    /// Reads up to the closing quote, and stops on it.
    fn single(&mut self) -> Result<(), Found> {
        let open = self.at;
        self.word();
        loop {
            self.at += 1;
            match self.next(0) {
                Some('\'') => return Ok(()),
                Some(c) => self.push(c),
                None => return Err(Found::new(Kind::UnfinishedQuote('\''), open)),
            }
        }
    }

    /// Reads up to the closing quote, and stops on it.
    fn double(&mut self) -> Result<(), Found> {
        let open = self.at;
        self.word();
        loop {
            self.at += 1;
            match self.next(0) {
                Some('"') => return Ok(()),
                Some('`') => return self.fail(Kind::Shell("`")),
                Some('$') if self.is_expansion() => return self.fail(Kind::Shell("$")),
                Some('\\') => {
                    if let Some(length) = line_end(self.text, self.at + 1) {
                        self.at += length;
                    } else if let Some(c @ ('$' | '`' | '"' | '\\')) = self.next(1) {
                        self.push(c);
                        self.at += 1;
                    } else {
                        self.push('\\');
                    }
                }
                Some(c) => self.push(c),
                None => return Err(Found::new(Kind::UnfinishedQuote('"'), open)),
            }
        }
    }
}
