//! Texts with placeholders, which are filled in for each event.
//!
//! The text for a placeholder depends only on the event's number, the seed and the clock. A client
//! that reconnects therefore gets the same event for the same number, except for the time. A
//! placeholder that cannot be filled in is refused when the text is read, so making an event never
//! fails.

use std::borrow::Cow;
use std::fmt::Write;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::bounds::MAX_NUMBER;
use crate::text::cut;

/// How many texts [`Template::all`] lists at most.
const MAX_TEXTS: usize = 100;
/// The last second of the year 9999: what is later has no form in RFC 3339.
const LAST_SECOND: Duration = Duration::from_secs(253_402_300_799);

/// A text with places that are filled in for each event. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    /// No text is empty and no two stand side by side, so that each template has one form.
    parts: Arc<[Part]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    /// As it stands.
    Text(String),
    /// `{n}`
    Number,
    /// `{now}`
    Now,
    /// `{unix_ms}`
    UnixMs,
    /// `{random A B}`: a whole number from the one to the other, both included.
    Random { least: i64, most: i64 },
    /// `{pick a|b|c}`: one of these texts, of which there is at least one.
    Pick(Vec<String>),
}

/// What the places of an event are filled in from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// The number of the event.
    pub n: u64,
    /// What is drawn is drawn from this and the number.
    pub seed: u64,
    /// What time it is.
    pub wall: SystemTime,
}

/// Why a text is no template: one sentence for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadTemplate(String);

impl Template {
    /// Reads a text. A brace that no letter follows is itself, so that JSON is written as it
    /// stands; `{{n}}` is the text `{n}`.
    ///
    /// # Errors
    /// A place that there is not, or one that is not closed or lacks what it needs.
    pub fn parse(text: &str) -> Result<Self, BadTemplate> {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some(at) = rest.find('{') {
            plain.push_str(&rest[..at]);
            let (piece, after) = piece(&rest[at..])?;
            match piece {
                Piece::Text(text) => plain.push_str(text),
                Piece::Place(part) => {
                    if !plain.is_empty() {
                        parts.push(Part::Text(std::mem::take(&mut plain)));
                    }
                    parts.push(part);
                }
            }
            rest = after;
        }
        plain.push_str(rest);
        if !plain.is_empty() {
            parts.push(Part::Text(plain));
        }
        Ok(Self {
            parts: parts.into(),
        })
    }

    /// The number of the event and nothing else.
    pub fn number() -> Self {
        Self {
            parts: [Part::Number].into(),
        }
    }

    /// Appends the text of one event.
    pub fn render(&self, moment: &Moment, out: &mut String) {
        // Counts the places that are drawn, so that each draws for itself.
        let mut drawn = 0;
        let mut below = |bound: u128| {
            let random = random(moment.seed, moment.n, drawn);
            drawn += 1;
            scale(random, bound)
        };
        for part in &*self.parts {
            match part {
                Part::Text(text) => out.push_str(text),
                Part::Number => out.push_str(itoa::Buffer::new().format(moment.n)),
                Part::Now => {
                    let time = UNIX_EPOCH + since_1970(moment.wall);
                    // A string takes whatever is written to it.
                    let _ = write!(out, "{}", humantime::format_rfc3339_millis(time));
                }
                Part::UnixMs => {
                    let millis = since_1970(moment.wall).as_millis();
                    out.push_str(itoa::Buffer::new().format(millis));
                }
                Part::Random { least, most } => {
                    let more = below(u128::from(most.abs_diff(*least)) + 1);
                    let number = least.saturating_add_unsigned(more);
                    out.push_str(itoa::Buffer::new().format(number));
                }
                Part::Pick(texts) => {
                    let index = below(texts.len() as u128) as usize;
                    out.push_str(texts.get(index).map_or("", String::as_str));
                }
            }
        }
    }

    /// The text of one event.
    pub fn text(&self, moment: &Moment) -> Cow<'_, str> {
        if let Some(plain) = self.as_plain() {
            return Cow::Borrowed(plain);
        }
        let mut text = String::new();
        self.render(moment, &mut text);
        Cow::Owned(text)
    }

    /// How many bytes it can take on the wire at most, each line break taken for a line of its own.
    pub fn longest(&self) -> usize {
        /// `data: ` and a line end.
        const LINE: usize = 8;
        /// The longest number, and a time.
        const PLACE: usize = 24;
        let text = |text: &String| {
            let breaks = text.bytes().filter(|b| matches!(b, b'\r' | b'\n'));
            text.len() + breaks.count() * LINE
        };
        let parts = self.parts.iter().map(|part| match part {
            Part::Text(plain) => text(plain),
            Part::Pick(texts) => texts.iter().map(text).max().unwrap_or(0),
            _ => PLACE,
        });
        parts.sum()
    }

    /// The text, where there is no place in it.
    pub fn as_plain(&self) -> Option<&str> {
        match &*self.parts {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Every text that it can give, each once, where it holds nothing but text and `{pick}`. `None`
    /// where there are more than a hundred.
    pub fn all(&self) -> Option<Vec<String>> {
        let mut all = vec![String::new()];
        for part in &*self.parts {
            let choices = match part {
                Part::Text(text) => std::slice::from_ref(text),
                Part::Pick(texts) => texts,
                _ => return None,
            };
            let mut longer = Vec::new();
            for begun in &all {
                for choice in choices {
                    let text = format!("{begun}{choice}");
                    if !longer.contains(&text) {
                        longer.push(text);
                    }
                    if longer.len() > MAX_TEXTS {
                        return None;
                    }
                }
            }
            all = longer;
        }
        Some(all)
    }

    /// The number that it wrote as this text, where it holds one `{n}` and else plain text. What it
    /// cannot have written, such as a number with a zero before it or one that no stream gets to,
    /// is none.
    pub fn number_in(&self, text: &str) -> Option<u64> {
        let (before, after) = match &*self.parts {
            [Part::Number] => ("", ""),
            [Part::Text(before), Part::Number] => (before.as_str(), ""),
            [Part::Number, Part::Text(after)] => ("", after.as_str()),
            [Part::Text(before), Part::Number, Part::Text(after)] => {
                (before.as_str(), after.as_str())
            }
            _ => return None,
        };
        let digits = text.strip_prefix(before)?.strip_suffix(after)?;
        let n: u64 = digits.parse().ok().filter(|n| *n <= MAX_NUMBER)?;
        (itoa::Buffer::new().format(n) == digits).then_some(n)
    }

    /// Whether it holds text and at most one `{n}`.
    pub fn only_number_and_text(&self) -> bool {
        let known = |part: &Part| matches!(part, Part::Text(_) | Part::Number);
        let numbers = self.parts.iter().filter(|part| **part == Part::Number);
        self.parts.iter().all(known) && numbers.count() <= 1
    }

    /// Whether it holds text and `{pick}` only.
    pub fn only_picks_and_text(&self) -> bool {
        let known = |part: &Part| matches!(part, Part::Text(_) | Part::Pick(_));
        self.parts.iter().all(known)
    }

    /// Whether this sign can come from its own text, whatever the event.
    pub fn holds(&self, sign: char) -> bool {
        self.parts.iter().any(|part| match part {
            Part::Text(text) => text.contains(sign),
            Part::Pick(texts) => texts.iter().any(|text| text.contains(sign)),
            _ => false,
        })
    }
}

/// A number that looks random and depends on the three alone: splitmix64 (Steele, Lea and Flood
/// 2014) over each of them in turn. It must never change, since a file with a seed is to give the
/// same stream in every version.
pub(super) fn random(seed: u64, n: u64, place: u64) -> u64 {
    splitmix(splitmix(splitmix(seed) ^ n) ^ place)
}

fn splitmix(state: u64) -> u64 {
    let z = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// Brings a random number below `bound`, which is at most 2^64, by its leading bits.
fn scale(random: u64, bound: u128) -> u64 {
    // Below 2^128 before the shift and below 2^64 after it.
    ((u128::from(random) * bound) >> 64) as u64
}

/// A clock that was set before 1970 or after 9999 is taken for one that stands there: the forms
/// know no other years.
fn since_1970(wall: SystemTime) -> Duration {
    let since = wall.duration_since(UNIX_EPOCH).unwrap_or_default();
    since.min(LAST_SECOND)
}

/// What begins with a brace.
enum Piece<'a> {
    Text(&'a str),
    Place(Part),
}

/// Reads what begins with the brace that `text` begins with; also gives what follows it.
fn piece(text: &str) -> Result<(Piece<'_>, &str), BadTemplate> {
    let (brace, after) = text.split_at(1);
    let escaped = after
        .strip_prefix('{')
        .and_then(inside)
        .and_then(|(_, rest)| rest.strip_prefix('}'));
    if let Some(rest) = escaped {
        let whole = &text[..text.len() - rest.len()];
        return Ok((Piece::Text(&whole[1..whole.len() - 1]), rest));
    }
    if let Some((place, rest)) = inside(after) {
        return Ok((Piece::Place(part(place)?), rest));
    }
    // Text with another brace in it may be a program's. What begins as a place does was meant as
    // one.
    let mut words = after.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_'));
    match words.next() {
        Some(name @ ("n" | "now" | "unix_ms" | "random" | "pick")) => Err(BadTemplate(format!(
            "{{{name} is not closed: end it with a closing brace before any other brace."
        ))),
        _ => Ok((Piece::Text(brace), after)),
    }
}

/// Cuts off what stands before a closing brace, where it begins with a letter and no other brace
/// comes before; also gives what follows the brace.
fn inside(text: &str) -> Option<(&str, &str)> {
    if !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        return None;
    }
    let (inside, rest) = text.split_at(text.find(['{', '}'])?);
    Some((inside, rest.strip_prefix('}')?))
}

/// Reads what stands between the braces of a place.
fn part(place: &str) -> Result<Part, BadTemplate> {
    let (name, rest) = match place.split_once(' ') {
        Some((name, rest)) => (name, Some(rest)),
        None => (place, None),
    };
    match (name, rest) {
        ("n", None) => Ok(Part::Number),
        ("now", None) => Ok(Part::Now),
        ("unix_ms", None) => Ok(Part::UnixMs),
        ("random", rest) => bounds(rest.unwrap_or_default()).ok_or_else(|| {
            BadTemplate(format!(
                "{{{}}} needs two whole numbers, the smaller one first: write it as {{random 1 6}}.",
                cut(place)
            ))
        }),
        ("pick", Some(texts)) if !texts.is_empty() => {
            Ok(Part::Pick(texts.split('|').map(str::to_owned).collect()))
        }
        ("pick", _) => Err(BadTemplate(
            "{pick} has nothing to choose from: write it as {pick red|green|blue}.".to_owned(),
        )),
        _ => Err(BadTemplate(format!(
            "{{{0}}} is no place: there are {{n}}, {{now}}, {{unix_ms}}, {{random A B}} and {{pick a|b|c}}, and \
             {{{{{0}}}}} stands for it as text.",
            cut(place)
        ))),
    }
}

fn bounds(text: &str) -> Option<Part> {
    let (least, most) = text.trim().split_once(' ')?;
    let least = least.parse().ok()?;
    let most = most.trim_start().parse().ok()?;
    (least <= most).then_some(Part::Random { least, most })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> Template {
        Template::parse(text).unwrap_or_else(|bad| panic!("{text:?}: {bad}"))
    }

    fn at(n: u64) -> Moment {
        Moment {
            n,
            seed: 7,
            wall: UNIX_EPOCH + Duration::from_millis(1_763_823_600_123),
        }
    }

    fn rendered(text: &str, n: u64) -> String {
        template(text).text(&at(n)).into_owned()
    }

    #[test]
    fn places_are_filled_in() {
        for (text, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("{n}", "5"),
            ("{n}{n} of {n}.", "55 of 5."),
            ("{now}", "2025-11-22T15:00:00.123Z"),
            ("{unix_ms}", "1763823600123"),
            ("{random 3 3}", "3"),
            ("{random  -4   -4 }", "-4"),
            (
                "{random 9223372036854775807 9223372036854775807}",
                "9223372036854775807",
            ),
            ("{pick only}", "only"),
            ("{pick  a }", " a "),
        ] {
            assert_eq!(rendered(text, 5), expected, "{text}");
        }
    }

    #[test]
    fn a_brace_without_a_letter_is_itself_and_two_braces_are_one() {
        for (text, expected) in [
            (r#"{"n": {n}}"#, r#"{"n": 5}"#),
            (
                r#"{"a":{"b":[{},{"c":{n}}]}}"#,
                r#"{"a":{"b":[{},{"c":5}]}}"#,
            ),
            ("{", "{"),
            ("}", "}"),
            ("{}", "{}"),
            ("{ n}", "{ n}"),
            ("{1}", "{1}"),
            ("{é}", "{é}"),
            ("{{", "{{"),
            ("{{}}", "{{}}"),
            ("{{1}}", "{{1}}"),
            ("{{n}}", "{n}"),
            ("{{no such place}}", "{no such place}"),
            ("{{{n}}}", "{{n}}"),
            ("{{n}}}", "{n}}"),
            ("{{n}} {n}}}", "{n} 5}}"),
            // Not the form of an escape: a brace, and a place.
            ("{{n}", "{5"),
            ("{{n} }", "{5 }"),
            ("{ {n} }", "{ 5 }"),
            // No place can hold a brace, so these are a program's own.
            ("if (x) {return {n}}", "if (x) {return 5}"),
            ("{oops", "{oops"),
            ("{{oops", "{{oops"),
        ] {
            assert_eq!(rendered(text, 5), expected, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_filled_in_is_told() {
        for (text, words) in [
            ("{nn}", "{nn} is no place: there are {n}, {now}, {unix_ms}"),
            ("{nn}", "{{nn}} stands for it as text"),
            ("{n }", "{n } is no place"),
            ("{N}", "{N} is no place"),
            ("{now utc}", "{now utc} is no place"),
            ("{n\0}", "{n\\0} is no place"),
            ("{random}", "{random} needs two whole numbers"),
            ("{random 1}", "{random 1} needs two"),
            ("{random 6 1}", "the smaller one first"),
            ("{random 1 6 9}", "needs two"),
            ("{random 1.5 2}", "needs two"),
            ("{random 0 9223372036854775808}", "needs two"),
            ("{pick}", "nothing to choose from"),
            ("{pick }", "nothing to choose from"),
            ("{pick a|{n}}", "{pick is not closed"),
            ("{n", "{n is not closed"),
            ("{now {n}", "{now is not closed"),
        ] {
            let bad = Template::parse(text).expect_err(text).to_string();
            assert!(bad.contains(words), "{text}: {bad}");
        }
        let long = Template::parse(&format!("{{{}}}", "x".repeat(100_000))).expect_err("no place");
        assert!(long.to_string().len() < 400, "{long}");
    }

    #[test]
    fn the_generator_is_the_published_one() {
        // The first numbers of splitmix64 for the seeds 0 and 1234567.
        assert_eq!(splitmix(0), 0xE220_A839_7B1D_CDAF);
        assert_eq!(splitmix(1_234_567), 6_457_827_717_110_365_317);
    }

    #[test]
    fn what_is_drawn_is_the_same_for_the_same_event_and_in_bounds() {
        let text = "{random 1 6} {random -1 1} {pick a|b|c}";
        let draws: Vec<String> = (1..=600).map(|n| rendered(text, n)).collect();
        assert_eq!(
            draws,
            (1..=600).map(|n| rendered(text, n)).collect::<Vec<_>>()
        );
        let mut seen = [[0_u32; 6]; 3];
        for draw in &draws {
            let words: Vec<&str> = draw.split(' ').collect();
            let sides = ["1", "2", "3", "4", "5", "6"];
            for (place, of) in [&sides[..], &["-1", "0", "1"], &["a", "b", "c"]]
                .iter()
                .enumerate()
            {
                let side = of.iter().position(|side| *side == words[place]);
                seen[place][side.expect("in bounds")] += 1;
            }
        }
        assert!(seen[0].iter().all(|times| *times > 60), "{seen:?}");
        assert!(seen[1][..3].iter().all(|times| *times > 150), "{seen:?}");
        assert!(seen[2][..3].iter().all(|times| *times > 150), "{seen:?}");
        // Two places of one kind draw apart, and so do two seeds.
        let both = template("{random 1 1000000} {random 1 1000000}")
            .text(&at(1))
            .into_owned();
        let (first, second) = both.split_once(' ').expect("two numbers");
        assert_ne!(first, second);
        let other = Moment { seed: 8, ..at(1) };
        assert_ne!(template("{random 1 1000000}").text(&other), first);
    }

    #[test]
    fn the_widest_bounds_are_kept() {
        let text = "{random -9223372036854775808 9223372036854775807}";
        for n in 0..1000 {
            rendered(text, n)
                .parse::<i64>()
                .expect("a number of 64 bits");
        }
        assert_eq!(scale(u64::MAX, 1 << 64), u64::MAX);
        assert_eq!(scale(u64::MAX, 1), 0);
    }

    #[test]
    fn a_clock_that_is_far_off_stops_nothing() {
        let text = |wall| {
            template("{now} {unix_ms}")
                .text(&Moment { wall, ..at(1) })
                .into_owned()
        };
        let early = UNIX_EPOCH - Duration::from_secs(1);
        assert_eq!(text(early), "1970-01-01T00:00:00.000Z 0");
        let late = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
        assert!(text(late).starts_with("9999-12-31T23:59:59"));
    }

    #[test]
    fn every_text_is_listed_where_they_can_be() {
        let all = |text: &str| template(text).all();
        let some = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(all(""), some(&[""]));
        assert_eq!(all("tick"), some(&["tick"]));
        assert_eq!(
            all("{pick a|b}-{pick x|y}"),
            some(&["a-x", "a-y", "b-x", "b-y"])
        );
        assert_eq!(all("{pick a|a|}"), some(&["a", ""]));
        assert_eq!(all("tick-{n}"), None);
        let picks = |count: usize| format!("{{pick {}}}", vec!["x"; count].join("|"));
        assert_eq!(all(&picks(100_000)), some(&["x"]));
        let ten = "{pick 0|1|2|3|4|5|6|7|8|9}";
        assert_eq!(all(&ten.repeat(2)).map(|all| all.len()), Some(100));
        assert_eq!(all(&format!("{}{{pick a|b}}", ten.repeat(2))), None);
        assert_eq!(all(&ten.repeat(1000)), None);
    }

    #[test]
    fn a_number_is_found_in_what_it_was_written_into() {
        for (text, id, number) in [
            ("{n}", "0", Some(0)),
            ("{n}", "9007200254740990", Some(MAX_NUMBER)),
            ("{n}", "9007200254740991", None),
            ("{n}", "18446744073709551615", None),
            ("tick-{n}", "tick-7", Some(7)),
            ("{n}/9", "7/9", Some(7)),
            ("a{n}a", "a7a", Some(7)),
            ("1{n}1", "111", Some(1)),
            ("1{n}1", "11", None),
            ("1{n}1", "1", None),
            ("{n}", "", None),
            ("{n}", "07", None),
            ("{n}", "+7", None),
            ("{n}", " 7", None),
            ("{n}", "٧", None),
            ("{n}", "18446744073709551616", None),
            ("tick-{n}", "tock-7", None),
            ("plain", "plain", None),
            ("{n}{n}", "77", None),
            ("{pick a}{n}", "a7", None),
        ] {
            assert_eq!(template(text).number_in(id), number, "{text} {id}");
        }
        assert_eq!(Template::number(), template("{n}"));
        assert!(template("a{n}b").only_number_and_text());
        assert!(template("").only_number_and_text());
        assert!(!template("{n}{n}").only_number_and_text());
        assert!(!template("{now}").only_number_and_text());
        assert!(template("a{pick b|c}").only_picks_and_text());
        assert!(!template("{n}").only_picks_and_text());
    }

    #[test]
    fn a_template_has_one_form() {
        assert_eq!(template("a{{n}}b").as_plain(), Some("a{n}b"));
        assert_eq!(template("").as_plain(), Some(""));
        assert_eq!(template("{n}").as_plain(), None);
        assert_eq!(template("{{n}}"), template("{{n}}"));
        assert!(template("a{pick b|c\n}").holds('\n'));
        assert!(!template("{n}").holds('n'));
    }
}
