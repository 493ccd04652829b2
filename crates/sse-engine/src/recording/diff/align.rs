//! Which event of one stream is which of another.

use std::collections::HashMap;

use imara_diff::{Algorithm, Diff, Token};

use super::events::Table;

/// Sequences that differ are aligned up to this length; longer ones by their place. It keeps the
/// time and the stack of the algorithm bounded.
const LONGEST: usize = 1 << 20;
/// The largest group of events that is paired by likeness.
const LARGEST_GROUP: usize = 16;
/// How much of an event is looked at for that, from each side.
const LIKENESS: usize = 256;

/// Two events that belong together, or one that has no other. They are numbers from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    pub(super) first: Option<u32>,
    pub(super) second: Option<u32>,
    pub(super) is_equal: bool,
}

/// A part of both sequences: where each begins, and what is in it.
#[derive(Clone, Copy)]
struct Part<'a> {
    begins: (u32, u32),
    first: &'a [u32],
    second: &'a [u32],
}

/// By what events are aligned, one after the other.
#[derive(Clone, Copy)]
enum By {
    /// All that is compared.
    Content,
    /// The data, where names and ids were changed.
    Data,
    /// The id, where the data was.
    Id,
}

/// Aligns two sequences of contents, in their order.
pub(super) fn rows(first: &[u32], second: &[u32], table: &Table) -> Vec<Row> {
    let mut rows = Vec::with_capacity(first.len().max(second.len()));
    let whole = Part {
        begins: (0, 0),
        first,
        second,
    };
    align(whole, By::Content, table, &mut rows);
    rows
}

fn align(part: Part<'_>, by: By, table: &Table, rows: &mut Vec<Row>) {
    if part.first.is_empty() || part.second.is_empty() {
        return pair(part, table, rows);
    }
    let mut keys = Keys {
        by,
        table,
        numbers: HashMap::new(),
        count: 0,
    };
    let first: Vec<Token> = part
        .first
        .iter()
        .map(|content| keys.key(*content))
        .collect();
    let second: Vec<Token> = part
        .second
        .iter()
        .map(|content| keys.key(*content))
        .collect();
    let same = |(first, second): &(&Token, &Token)| first == second;
    let begin = first.iter().zip(&second).take_while(same).count();
    let rest = (&first[begin..], &second[begin..]);
    let end = rest.0.iter().rev().zip(rest.1.iter().rev());
    let end = end.take_while(same).count();
    let (middle_first, middle_second) =
        (&rest.0[..rest.0.len() - end], &rest.1[..rest.1.len() - end]);
    let mut at = (0, 0);
    let mut hunk = |until: (usize, usize), behind: (usize, usize), rows: &mut Vec<Row>| {
        // What is the same up to there, and then what is not.
        while at.0 < until.0 && at.1 < until.1 {
            rows.push(part.row(at.0, at.1));
            at = (at.0 + 1, at.1 + 1);
        }
        let inner = part.cut(at, behind);
        match by {
            By::Content => align(inner, By::Data, table, rows),
            By::Data => align(inner, By::Id, table, rows),
            By::Id => pair(inner, table, rows),
        }
        at = behind;
    };
    let ends = (part.first.len() - end, part.second.len() - end);
    if middle_first.len().max(middle_second.len()) > LONGEST {
        hunk((begin, begin), ends, rows);
    } else if !middle_first.is_empty() || !middle_second.is_empty() {
        let mut diff = Diff::default();
        diff.compute_with(Algorithm::Myers, middle_first, middle_second, keys.count);
        for found in diff.hunks() {
            let place = |at: u32| begin + at as usize;
            let (first, second) = (found.before, found.after);
            hunk(
                (place(first.start), place(second.start)),
                (place(first.end), place(second.end)),
                rows,
            );
        }
    }
    let behind = (part.first.len(), part.second.len());
    hunk(behind, behind, rows);
}

impl<'a> Part<'a> {
    fn row(&self, first: usize, second: usize) -> Row {
        Row {
            first: Some(self.begins.0 + first as u32),
            second: Some(self.begins.1 + second as u32),
            is_equal: self.first[first] == self.second[second],
        }
    }

    fn cut(&self, from: (usize, usize), to: (usize, usize)) -> Self {
        Self {
            begins: (self.begins.0 + from.0 as u32, self.begins.1 + from.1 as u32),
            first: &self.first[from.0..to.0],
            second: &self.second[from.1..to.1],
        }
    }
}

/// The keys by which contents are aligned.
struct Keys<'a> {
    by: By,
    table: &'a Table,
    numbers: HashMap<&'a str, u32>,
    count: u32,
}

impl Keys<'_> {
    fn key(&mut self, content: u32) -> Token {
        let text = self.table.text(content);
        let key = match self.by {
            By::Content => {
                self.count = self.count.max(content.saturating_add(1));
                return Token(content);
            }
            By::Data => text.data,
            By::Id => text.id,
        };
        let next = self.count;
        // What has no id is like nothing else.
        if matches!(self.by, By::Id) && key.is_empty() {
            self.count += 1;
            return Token(next);
        }
        let number = *self.numbers.entry(key).or_insert(next);
        self.count += u32::from(number == next);
        Token(number)
    }
}

/// Pairs events of which none is like another in full: as many as there can be.
fn pair(part: Part<'_>, table: &Table, rows: &mut Vec<Row>) {
    let (firsts, seconds) = (part.first.len(), part.second.len());
    let is_small = firsts.max(seconds) <= LARGEST_GROUP && firsts.min(seconds) > 0;
    let pairs = match firsts != seconds && is_small {
        true => alike(part, table),
        false => (0..firsts.min(seconds)).map(|at| (at, at)).collect(),
    };
    let mut at = (0, 0);
    let behind = std::iter::once((firsts, seconds));
    for (first, second) in pairs.into_iter().chain(behind) {
        let alone = |first: Option<usize>, second: Option<usize>| Row {
            first: first.map(|at| part.begins.0 + at as u32),
            second: second.map(|at| part.begins.1 + at as u32),
            is_equal: false,
        };
        rows.extend((at.0..first).map(|at| alone(Some(at), None)));
        rows.extend((at.1..second).map(|at| alone(None, Some(at))));
        if first < firsts && second < seconds {
            rows.push(part.row(first, second));
        }
        at = (first + 1, second + 1);
    }
}

/// The pairs, as many as can be, that are most alike in all.
fn alike(part: Part<'_>, table: &Table) -> Vec<(usize, usize)> {
    let (firsts, seconds) = (part.first.len(), part.second.len());
    // The best for all that follows, by where both are.
    let mut best = vec![vec![0_u32; seconds + 1]; firsts + 1];
    let mut paired = vec![vec![0_u32; seconds]; firsts];
    for first in (0..firsts).rev() {
        for second in (0..seconds).rev() {
            let like = likeness(
                table.bytes(part.first[first]),
                table.bytes(part.second[second]),
            );
            // A pair counts more than any likeness.
            let this = 100_000 + like + best[first + 1][second + 1];
            paired[first][second] = this;
            best[first][second] = this
                .max(best[first + 1][second])
                .max(best[first][second + 1]);
        }
    }
    let mut pairs = Vec::new();
    let (mut first, mut second) = (0, 0);
    while first < firsts && second < seconds {
        if best[first][second] == paired[first][second] {
            pairs.push((first, second));
            first += 1;
            second += 1;
        } else if best[first][second] == best[first + 1][second] {
            first += 1;
        } else {
            second += 1;
        }
    }
    pairs
}

/// How much of two events is the same at both ends, up to 1000.
fn likeness(first: &[u8], second: &[u8]) -> u32 {
    let same = |(first, second): &(&u8, &u8)| first == second;
    let begin = first
        .iter()
        .zip(second)
        .take(LIKENESS)
        .take_while(same)
        .count();
    let (first, second) = (&first[begin..], &second[begin..]);
    let end = first.iter().rev().zip(second.iter().rev());
    let end = end.take(LIKENESS).take_while(same).count();
    let longer = first.len().max(second.len()) - end;
    let same = u32::try_from(begin + end).unwrap_or(u32::MAX);
    let other = u32::try_from(longer.min(2 * LIKENESS)).unwrap_or(u32::MAX);
    same * 1000 / (same + other).max(1)
}
