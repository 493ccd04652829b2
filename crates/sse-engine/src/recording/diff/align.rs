//! Which event of one stream is which of another.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;

use imara_diff::{Algorithm, Diff, Token};

use super::events::Table;
use super::json::inner;

/// Longer sequences are cut at events that each has once; what is longer still is aligned by its
/// place. The time that the algorithm takes grows faster than the length, and so does its stack.
const LONGEST: usize = 1 << 14;
/// Sequences of this length are aligned however many there are.
const SHORT: usize = 1 << 10;
/// So many events in longer ones, and no more.
const MOST: usize = 1 << 19;
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
    /// What is within the data's fields, where both were: a new answer of a language model has
    /// another number and another time in each event.
    Inner,
}

/// What was found, and how much work is left.
struct Work<'a> {
    rows: &'a mut Vec<Row>,
    /// How many events in long sequences may be aligned yet.
    left: usize,
}

impl Work<'_> {
    /// Whether sequences of this length are aligned, and not compared by their place.
    fn is_worth(&mut self, length: usize) -> bool {
        if length <= SHORT {
            return true;
        }
        let is_worth = length <= LONGEST && length <= self.left;
        if is_worth {
            self.left -= length;
        }
        is_worth
    }
}

/// Aligns two sequences of contents, in their order.
pub(super) fn rows(first: &[u32], second: &[u32], table: &Table) -> Vec<Row> {
    let mut rows = Vec::with_capacity(first.len().max(second.len()));
    let whole = Part {
        begins: (0, 0),
        first,
        second,
    };
    align(
        whole,
        By::Content,
        table,
        &mut Work {
            rows: &mut rows,
            left: MOST,
        },
    );
    rows
}

fn align(part: Part<'_>, by: By, table: &Table, work: &mut Work<'_>) {
    if part.first.is_empty() || part.second.is_empty() {
        return pair(part, table, work.rows);
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
    let mut at = (0, 0);
    let mut hunk = |until: (usize, usize), behind: (usize, usize), work: &mut Work<'_>| {
        // What is the same up to there, and then what is not.
        while at.0 < until.0 && at.1 < until.1 {
            work.rows.push(part.row(at.0, at.1));
            at = (at.0 + 1, at.1 + 1);
        }
        let inner = part.cut(at, behind);
        match by {
            By::Content => align(inner, By::Data, table, work),
            By::Data => align(inner, By::Id, table, work),
            By::Id => align(inner, By::Inner, table, work),
            By::Inner => pair(inner, table, work.rows),
        }
        at = behind;
    };
    let whole = (0..first.len(), 0..second.len());
    for (ours, theirs) in pieces(&first, &second, whole, keys.count) {
        let (begin, end) = ((ours.start, theirs.start), (ours.end, theirs.end));
        let (ours, theirs) = (&first[ours], &second[theirs]);
        if !work.is_worth(ours.len().max(theirs.len())) {
            hunk(begin, end, work);
            continue;
        }
        let mut diff = Diff::default();
        diff.compute_with(Algorithm::Myers, ours, theirs, keys.count);
        for found in diff.hunks() {
            let place =
                |first: u32, second: u32| (begin.0 + first as usize, begin.1 + second as usize);
            let (first, second) = (found.before, found.after);
            hunk(
                place(first.start, second.start),
                place(first.end, second.end),
                work,
            );
        }
    }
    let behind = (part.first.len(), part.second.len());
    hunk(behind, behind, work);
}

/// The parts of two sequences that differ, in their order: what is between them is the same.
fn pieces(first: &[Token], second: &[Token], within: Ranges, count: u32) -> Vec<Ranges> {
    let middle = stripped(first, second, within);
    if middle.0.len().max(middle.1.len()) <= LONGEST {
        return vec![middle];
    }
    let mut pieces = Vec::new();
    let mut begin = (middle.0.start, middle.1.start);
    let end = (middle.0.end, middle.1.end);
    let anchors = anchors(first, second, &middle, count);
    for anchor in anchors.into_iter().chain([end]) {
        let piece = stripped(first, second, (begin.0..anchor.0, begin.1..anchor.1));
        if !piece.0.is_empty() || !piece.1.is_empty() {
            pieces.push(piece);
        }
        begin = anchor;
    }
    pieces
}

/// A part of each of two sequences.
type Ranges = (Range<usize>, Range<usize>);

/// The same without what both begin with, and end with.
fn stripped(first: &[Token], second: &[Token], (ours, theirs): Ranges) -> Ranges {
    let same = |(first, second): &(&Token, &Token)| first == second;
    let pairs = first[ours.clone()].iter().zip(&second[theirs.clone()]);
    let begin = pairs.take_while(same).count();
    let (ours, theirs) = (
        ours.start + begin..ours.end,
        theirs.start + begin..theirs.end,
    );
    let pairs = first[ours.clone()]
        .iter()
        .rev()
        .zip(second[theirs.clone()].iter().rev());
    let end = pairs.take_while(same).count();
    (ours.start..ours.end - end, theirs.start..theirs.end - end)
}

/// The places of tokens that are in both parts once: the most of them that are in one order.
fn anchors(
    first: &[Token],
    second: &[Token],
    (ours, theirs): &Ranges,
    count: u32,
) -> Vec<(usize, usize)> {
    const NOWHERE: usize = usize::MAX;
    const TWICE: usize = usize::MAX - 1;
    let places = |tokens: &[Token], range: &Range<usize>| {
        let mut places = vec![NOWHERE; count as usize];
        for at in range.clone() {
            let place = &mut places[tokens[at].0 as usize];
            *place = if *place == NOWHERE { at } else { TWICE };
        }
        places
    };
    let (once, other) = (places(first, ours), places(second, theirs));
    let pairs: Vec<(usize, usize)> = ours
        .clone()
        .filter_map(|at| {
            let token = first[at].0 as usize;
            (once[token] == at && other[token] < TWICE).then_some((at, other[token]))
        })
        .collect();
    // The longest rise of the second place: the least end of each length, and what was before it.
    let mut ends: Vec<usize> = Vec::new();
    let mut before = vec![NOWHERE; pairs.len()];
    for (index, (_, place)) in pairs.iter().enumerate() {
        let length = ends.partition_point(|end| pairs[*end].1 < *place);
        if length > 0 {
            before[index] = ends[length - 1];
        }
        match ends.get_mut(length) {
            Some(end) => *end = index,
            None => ends.push(index),
        }
    }
    let last = ends.last().copied().unwrap_or(NOWHERE);
    let mut rise: Vec<(usize, usize)> = Vec::with_capacity(ends.len());
    rise.extend(
        std::iter::successors(Some(last), |index| before.get(*index).copied())
            .filter_map(|index| pairs.get(index)),
    );
    rise.reverse();
    rise
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
    numbers: HashMap<Cow<'a, str>, u32>,
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
            By::Data => Some(text.data.into()),
            By::Id => Some(text.id.into()).filter(|id: &Cow<'_, str>| !id.is_empty()),
            By::Inner => inner(text.data).map(Cow::Owned),
        };
        let next = self.count;
        let number = match key {
            Some(key) => *self.numbers.entry(key).or_insert(next),
            // What has none is like nothing else.
            None => next,
        };
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
