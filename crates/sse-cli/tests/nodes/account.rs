//! What one subscriber saw, and whether it adds up.

use std::collections::{HashMap, HashSet};
use std::fmt::{self, Display};
use std::time::Duration;

use crate::chance::Chance;
use crate::publisher::Publishes;

/// One thing that a subscriber saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Note {
    /// It sent its request, with this last event id.
    Asked(Option<String>),
    /// Nobody took its connection.
    Nobody,
    /// The answer had another status than 200.
    Refused(String),
    /// A block without data: its place.
    Place(String),
    /// An event, with its data.
    Event(String),
    /// A gap, as it was told.
    Gap {
        from: String,
        to: Option<String>,
        lost: Option<u64>,
    },
    /// It left on its own.
    Left,
    /// Its connection ended.
    Ended,
}

impl Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Asked(Some(id)) => write!(f, "asks, with {id}"),
            Self::Asked(None) => write!(f, "asks, without an id"),
            Self::Nobody => write!(f, "finds nobody"),
            Self::Refused(status) => write!(f, "is refused: {status}"),
            Self::Place(id) => write!(f, "is at {id}"),
            Self::Event(data) => write!(f, "gets {data}"),
            Self::Gap { from, to, lost } => {
                let lost = lost.map_or("nobody knows how many".to_owned(), |n| n.to_string());
                let to = to.as_deref().unwrap_or("nothing");
                write!(f, "is told of a gap from {from} to {to}: lost {lost}")
            }
            Self::Left => write!(f, "leaves"),
            Self::Ended => write!(f, "is cut off"),
        }
    }
}

/// All that one subscriber saw, in its order, with when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Account {
    pub(crate) notes: Vec<(Duration, Note)>,
}

/// What is wrong with the accounts of a crowd: the number of a subscriber, and a sentence.
pub(crate) type Faults = Vec<(usize, String)>;

impl Account {
    /// When it was first told its place: what is published from then on, it has to be told of.
    pub(crate) fn came(&self) -> Option<Duration> {
        let told = |note: &Note| matches!(note, Note::Place(_) | Note::Event(_) | Note::Gap { .. });
        let first = self.notes.iter().find(|(_, note)| told(note));
        first.map(|(at, _)| *at)
    }

    pub(crate) fn gaps(&self) -> usize {
        let gap = |note: &Note| matches!(note, Note::Gap { .. });
        self.notes.iter().filter(|(_, note)| gap(note)).count()
    }

    pub(crate) fn has(&self, data: &str) -> bool {
        let is = |note: &Note| matches!(note, Note::Event(got) if got == data);
        self.notes.iter().any(|(_, note)| is(note))
    }

    /// The events in their order: the number of the note, and the data.
    fn events(&self) -> impl Iterator<Item = (usize, &str)> {
        let notes = self.notes.iter().enumerate();
        notes.filter_map(|(at, (_, note))| match note {
            Note::Event(data) => Some((at, data.as_str())),
            _ => None,
        })
    }

    /// The places of events: what was told directly behind an event. An event whose place was cut
    /// off has none here.
    fn places(&self) -> impl Iterator<Item = (&str, &str)> {
        self.notes.windows(2).filter_map(|pair| match pair {
            [(_, Note::Event(data)), (_, Note::Place(place))] => Some((place.as_str(), &**data)),
            _ => None,
        })
    }

    fn gap_between(&self, from: usize, to: usize) -> bool {
        let gap = |(_, note): &(Duration, Note)| matches!(note, Note::Gap { .. });
        self.notes[from..to].iter().any(gap)
    }

    /// What does not add up.
    fn faults(&self, published: &Publishes, late: bool) -> Vec<String> {
        let mut faults = Vec::new();
        for (_, note) in &self.notes {
            if let Note::Refused(status) = note {
                faults.push(format!("it was refused: {status}"));
            }
        }
        self.find_repeats(&mut faults);
        self.find_miscounts(&mut faults);
        match self.came() {
            Some(came) => self.find_losses(published, (came, late), &mut faults),
            None => faults.push("it was never told a place".to_owned()),
        }
        faults
    }

    /// A place twice is always wrong. The same data twice is right only behind a gap: an engine
    /// that lost an event takes it again.
    fn find_repeats(&self, faults: &mut Vec<String>) {
        let mut places = HashSet::new();
        for (place, data) in self.places() {
            if !places.insert(place) {
                faults.push(format!("it got {data} at {place} again"));
            }
        }
        let mut seen = HashMap::new();
        for (at, data) in self.events() {
            if let Some(before) = seen.insert(data, at)
                && !self.gap_between(before, at)
            {
                faults.push(format!("it got {data} twice"));
            }
        }
    }

    /// A gap within one life counts exactly what lies between its ends.
    fn find_miscounts(&self, faults: &mut Vec<String>) {
        for (_, note) in &self.notes {
            let Note::Gap {
                from,
                to: Some(to),
                lost: Some(lost),
            } = note
            else {
                continue;
            };
            if let (Some((a, from_seq)), Some((b, to_seq))) = (split(from), split(to))
                && a == b
                && from_seq + lost + 1 != to_seq
            {
                faults.push(format!("a gap from {from} to {to} counts {lost}"));
            }
        }
    }

    /// A publisher numbers its events, and waits for each before the next. So what is missing
    /// between two of them has to be where a gap is, or before a later gap where it may be told late.
    fn find_losses(
        &self,
        published: &Publishes,
        (came, late): (Duration, bool),
        faults: &mut Vec<String>,
    ) {
        let mut order: HashMap<&str, Vec<(u64, usize)>> = HashMap::new();
        let mut has = HashSet::new();
        for (at, data) in self.events() {
            has.insert(data);
            if let Some((name, number)) = number(data) {
                order.entry(name).or_default().push((number, at));
            }
        }
        for (data, publish) in published {
            if publish.acked.is_none() || publish.began < came || has.contains(data.as_str()) {
                continue;
            }
            let (name, n) = number(data).expect("a publisher named it");
            let got = order.get(name).map_or(&[][..], Vec::as_slice);
            let before = got.iter().filter(|(number, _)| *number < n).map(|x| x.1);
            let after = got.iter().filter(|(number, _)| *number > n).map(|x| x.1);
            let from = before.max().unwrap_or(0);
            let to = after.min().filter(|_| !late);
            let to = to.unwrap_or(self.notes.len());
            if from > to || !self.gap_between(from, to) {
                faults.push(format!("it lacks {data}, and no gap tells of it"));
            }
        }
    }
}

/// The life and the number of a place.
fn split(place: &str) -> Option<(&str, u64)> {
    let (born, seq) = place.split_once('-')?;
    (born.len() == 13).then_some((born, seq.parse().ok()?))
}

/// The publisher of an event, and which of its events it is.
fn number(data: &str) -> Option<(&str, u64)> {
    let (name, number) = data.split_once('-')?;
    Some((name, number.parse().ok()?))
}

/// What does not add up in any account, or between two of them. `late` is whether a gap may be told
/// behind later events.
pub(crate) fn faults(accounts: &[Account], published: &Publishes, late: bool) -> Faults {
    let mut faults = Vec::new();
    let mut places: HashMap<&str, &str> = HashMap::new();
    for (n, account) in accounts.iter().enumerate() {
        let own = account.faults(published, late);
        faults.extend(own.into_iter().map(|fault| (n, fault)));
        for (place, data) in account.places() {
            let first = places.entry(place).or_insert(data);
            if *first != data {
                faults.push((n, format!("{place} is {data}, and for another {first}")));
            }
        }
    }
    faults
}

/// Within one life, gaps count exactly what an account lacks behind the place where it came.
pub(crate) fn miscounts(accounts: &[Account], published: &Publishes) -> Faults {
    let mut places = HashMap::new();
    for (place, data) in accounts.iter().flat_map(Account::places) {
        places.extend(split(place).map(|(_, seq)| (data, seq)));
    }
    let mut faults = Vec::new();
    for (n, account) in accounts.iter().enumerate() {
        let came = account.notes.iter().find_map(|(_, note)| match note {
            Note::Place(place) => split(place),
            _ => None,
        });
        let Some((_, came)) = came else { continue };
        let has: HashSet<_> = account.events().map(|(_, data)| data).collect();
        let behind = |data: &str| places.get(data).is_some_and(|seq| *seq > came);
        let lacks = published.keys().map(String::as_str);
        let lacks = lacks
            .filter(|data| behind(data) && !has.contains(data))
            .count();
        let mut counted = 0;
        for (_, note) in &account.notes {
            match note {
                Note::Gap {
                    lost: Some(lost), ..
                } => counted += usize::try_from(*lost).unwrap_or(0),
                Note::Gap { lost: None, .. } => faults.push((n, "a gap has no count".to_owned())),
                _ => {}
            }
        }
        if counted != lacks {
            faults.push((n, format!("its gaps count {counted}, and it lacks {lacks}")));
        }
    }
    faults
}

/// Some accounts for people: those of the first faults.
pub(crate) fn told(accounts: &[Account], faults: &Faults, chance: &Chance) -> String {
    let mut text = format!("{} faults, with SSE_CHANCE={chance}:\n", faults.len());
    for (n, fault) in faults.iter().take(20) {
        text += &format!("  subscriber {n}: {fault}\n");
    }
    let mut shown = Vec::new();
    for (n, _) in faults {
        if shown.len() < 2 && !shown.contains(n) {
            shown.push(*n);
            text += &format!("Subscriber {n}:\n{}", accounts[*n]);
        }
    }
    text
}

impl Display for Account {
    /// A line for each note; events that follow each other are one line.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut events: Vec<&str> = Vec::new();
        for (at, note) in &self.notes {
            match note {
                Note::Event(data) => events.push(data),
                // Each event has one.
                Note::Place(_) if !events.is_empty() => {}
                _ => {
                    if !events.is_empty() {
                        writeln!(f, "            gets {}", events.join(" "))?;
                        events.clear();
                    }
                    writeln!(f, "  {:7.3} s {note}", at.as_secs_f64())?;
                }
            }
        }
        if !events.is_empty() {
            writeln!(f, "            gets {}", events.join(" "))?;
        }
        Ok(())
    }
}
