//! Faults in the file: those of a stream, and profiles.

use std::ops::RangeInclusive;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::sentences::{self, Keys, quoted, shown};
use super::value::{Given, find};
use super::{Reader, line};
use crate::fault::{Act, Fault, Mistake, Profile, check_together};

/// How many faults one list may hold.
const MAX_FAULTS: usize = 32;
/// How many faults all streams of a file may have together: all of them are armed at once.
const MAX_OF_STREAMS: usize = 128;
/// How many profiles a file may hold.
const MAX_PROFILES: usize = 100;
/// The longest name of a profile, in bytes.
const MAX_PROFILE: usize = 64;
/// How long the sentence about a profile may be, in characters.
const ABOUT: RangeInclusive<usize> = 1..=200;

/// The keys of a profile.
const PROFILE: Keys = Keys {
    of: "a profile",
    names: &["name", "about", "faults"],
    elsewhere: &["path"],
    there: "a stream that has its faults names it, as in faults = [\"profile=NAME\"]",
};

impl Reader<'_> {
    /// The profiles of the file.
    pub(super) fn profiles(&mut self, file: &DeTable<'_>) -> Vec<Profile> {
        let Some(given) = find(file, "profile") else {
            return Vec::new();
        };
        let list = match given.value {
            DeValue::Array(list) if !list.is_empty() => list,
            _ => {
                self.tell(given.at, sentences::PROFILE_HEADING);
                return Vec::new();
            }
        };
        if let Some(more) = list.get(MAX_PROFILES) {
            let reason =
                format!("{MAX_PROFILES} profiles are the most: take this one and those below out.");
            self.tell(more.span().start, reason);
        }
        let mut profiles: Vec<(usize, Profile)> = Vec::new();
        for one in list.iter().take(MAX_PROFILES) {
            let at = one.span().start;
            let DeValue::Table(table) = one.get_ref() else {
                let reason = format!(
                    "{} is no profile: begin one with the line [[profile]].",
                    shown(one.get_ref())
                );
                self.tell(at, reason);
                continue;
            };
            let Some((at, profile)) = self.profile(at, table) else {
                continue;
            };
            match profiles
                .iter()
                .find(|(_, other)| other.name == profile.name)
            {
                None => profiles.push((at, profile)),
                Some((other, _)) => {
                    let reason = format!(
                        "name = {} is that of the profile in line {} too: choose another.",
                        quoted(&profile.name),
                        line(&self.text.as_bytes()[..*other])
                    );
                    self.tell(at, reason);
                }
            }
        }
        profiles.into_iter().map(|(_, profile)| profile).collect()
    }

    /// One profile, and the byte of its name.
    fn profile(&mut self, at: usize, table: &DeTable<'_>) -> Option<(usize, Profile)> {
        self.keys(table, PROFILE);
        let about = find(table, "about").and_then(|given| self.about(given));
        let faults = find(table, "faults").map(|given| self.faults_of_profile(given));
        let missing = "This profile has no";
        let Some(name) = find(table, "name") else {
            if self.first.is_none() {
                let reason = format!("{missing} name: give it one, such as name = \"deploy\".");
                self.tell(at, reason);
            }
            return None;
        };
        let profile = Profile {
            name: self.profile_name(name)?,
            about: about.unwrap_or_default(),
            faults: faults.unwrap_or_default(),
        };
        if !table.contains_key("faults") && self.first.is_none() {
            let reason =
                format!("{missing} faults: give it some, such as faults = [\"cut,after=3\"].");
            self.tell(at, reason);
        }
        Some((name.at, profile))
    }

    fn profile_name(&mut self, given: Given<'_>) -> Option<String> {
        let name = self.text(given)?;
        let fit = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        if (1..=MAX_PROFILE).contains(&name.len()) && name.bytes().all(fit) {
            return Some(name.to_owned());
        }
        self.wrong(
            given,
            &format!(
                "is no name of a profile: write 1 to {MAX_PROFILE} letters, digits, hyphens, underscores and dots."
            ),
        )
    }

    fn about(&mut self, given: Given<'_>) -> Option<String> {
        let about = self.text(given)?;
        if ABOUT.contains(&about.chars().count()) && !about.contains(char::is_control) {
            return Some(about.to_owned());
        }
        let most = ABOUT.end();
        self.wrong(
            given,
            &format!("is not one sentence: write 1 to {most} characters on one line."),
        )
    }

    fn faults_of_profile(&mut self, given: Given<'_>) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, fault) in self.fault_list(given) {
            if let Act::Profile(name) = &fault.act {
                // A list that names lists could name itself.
                let reason = format!(
                    "A profile cannot hold a profile: write the faults of {} here.",
                    quoted(name)
                );
                self.tell(at, reason);
            } else {
                faults.push(fault);
            }
        }
        self.together(given.at, &faults);
        faults
    }

    /// The faults of the stream at this path, those of profiles one by one.
    pub(super) fn faults_of_stream(&mut self, given: Given<'_>, path: &str) -> Vec<Fault> {
        let mut faults = Vec::new();
        for (at, fault) in self.fault_list(given) {
            let text = quoted(&fault.to_string());
            let expanded = match &self.known_profiles {
                Some(profiles) => profiles.expand(fault),
                None => Ok(vec![fault]),
            };
            match expanded {
                Ok(all) => {
                    for fault in all {
                        faults.extend(self.fault_of_stream(at, fault, &text, path));
                    }
                }
                Err(mistake) => self.tell_fault(at, &text, &mistake),
            }
        }
        self.together(given.at, &faults);
        self.faults += faults.len();
        if self.faults > MAX_OF_STREAMS {
            let reason = format!(
                "The streams of a file have {MAX_OF_STREAMS} faults at most, those of profiles included: take some out."
            );
            self.tell(given.at, reason);
        }
        faults
    }

    /// A fault in the list of this stream, which it strikes.
    fn fault_of_stream(
        &mut self,
        at: usize,
        mut fault: Fault,
        text: &str,
        path: &str,
    ) -> Option<Fault> {
        let reason = match &fault.who.stream {
            _ if fault.act.of_port().is_some() => format!(
                "{text} would refuse every stream and not this one alone: arm it by hand instead."
            ),
            Some(other) if other != path => format!(
                "{text} is for another stream: put it below the stream {}, without stream=.",
                quoted(other)
            ),
            _ if fault.who.room.is_some() => {
                format!("{text} is for a room, and a list is of one room: leave room= out.")
            }
            _ if fault.who.connection.is_some() => format!(
                "{text} is for one connection, and no file can know its number: leave connection= out."
            ),
            _ => {
                fault.who.stream = Some(path.to_owned());
                return Some(fault);
            }
        };
        self.tell(at, reason);
        None
    }

    /// The faults of a list, each with the byte of its text.
    fn fault_list(&mut self, given: Given<'_>) -> Vec<(usize, Fault)> {
        let DeValue::Array(list) = given.value else {
            self.wrong::<()>(given, "is no list: write one such as [\"cut,after=3\"].");
            return Vec::new();
        };
        if let Some(more) = list.get(MAX_FAULTS) {
            let reason =
                format!("A list has {MAX_FAULTS} faults at most: take this one and the rest out.");
            self.tell(more.span().start, reason);
        }
        let faults = list.iter().take(MAX_FAULTS);
        faults.filter_map(|value| self.fault(value)).collect()
    }

    fn fault(&mut self, value: &Spanned<DeValue<'_>>) -> Option<(usize, Fault)> {
        let at = value.span().start;
        let DeValue::String(text) = value.get_ref() else {
            let reason = format!(
                "{} is no fault: write one in quotes, such as \"cut,after=3\".",
                shown(value.get_ref())
            );
            self.tell(at, reason);
            return None;
        };
        match text.parse() {
            Ok(fault) => Some((at, fault)),
            Err(mistake) => {
                let at = self.place_in(at, text, &mistake);
                self.tell_fault(at, &quoted(text), &mistake);
                None
            }
        }
    }

    fn tell_fault(&mut self, at: usize, text: &str, mistake: &Mistake) {
        let reason = format!("In the fault {text}, {}", mistake.sentence());
        self.tell(at, reason);
    }

    /// The byte of the file that a mistake begins at. It is the beginning of the fault where the
    /// file spells its text otherwise, with escapes for instance.
    fn place_in(&self, at: usize, text: &str, mistake: &Mistake) -> usize {
        let inside = at + 1;
        let as_written = self.text.get(inside..);
        if as_written.is_none_or(|rest| !rest.starts_with(text)) {
            return at;
        }
        let before = text.chars().take(mistake.column.saturating_sub(1));
        inside + before.map(char::len_utf8).sum::<usize>()
    }

    fn together(&mut self, at: usize, faults: &[Fault]) {
        if let Err(conflict) = check_together(faults) {
            self.tell(at, format!("In faults, {conflict}"));
        }
    }
}
