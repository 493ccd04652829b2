//! Named lists of faults: what a proxy, a deploy or a phone does to a stream.
//!
//! A profile holds nothing that its faults could not say one by one. `profile=NAME` stands for all
//! of them.

use std::fmt;
use std::time::Duration;

use super::mistake::{Mistake, MistakeKind};
use super::{Act, Fault, When};
use crate::text::{cut, nearest};

/// A named list of faults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Its name.
    pub name: String,
    /// What it plays, in a sentence.
    pub about: String,
    /// Its faults, in the order in which they are armed. None of them is a profile.
    pub faults: Vec<Fault>,
}

/// A profile that is there without a file.
struct Shipped {
    name: &'static str,
    about: &'static str,
    faults: &'static [&'static str],
}

/// The profiles that are there without a file, in the order of the documentation.
const SHIPPED: &[Shipped] = &[
    Shipped {
        name: "nginx-buffering",
        about: "A reverse proxy passes bytes on only when it has 4 KiB of them.",
        faults: &["hold=4096B"],
    },
    Shipped {
        name: "idle-proxy",
        about: "A load balancer cuts a stream that sent nothing for a minute.",
        faults: &["cut,idle=60s"],
    },
    Shipped {
        name: "cloudflare",
        about: "A content delivery network cuts a stream that sent nothing for 100 seconds.",
        faults: &["cut,idle=100s"],
    },
    Shipped {
        name: "serverless",
        about: "A platform ends every request that has run for five minutes.",
        faults: &["cut,after=300s"],
    },
    Shipped {
        name: "gzip",
        about: "A proxy compresses the stream and never flushes, so events do not arrive.",
        faults: &["encode=gzip,flush=never"],
    },
    Shipped {
        name: "deploy",
        about: "A server restarts: nothing listens for 2 seconds, then it answers 503 for 5.",
        faults: &["refuse,for=2s", "status=503,retry-after=1,start=2s,for=5s"],
    },
    Shipped {
        name: "deploy-storm",
        about: "The same restart, and for half a minute only six connections find a place.",
        faults: &[
            "refuse,for=2s",
            "status=503,retry-after=1,start=2s,for=5s",
            "limit=6,retry-after=1,start=7s,for=30s",
        ],
    },
    Shipped {
        name: "flaky-mobile",
        about: "A phone on the move: each answer is late, and every second stream is cut.",
        faults: &["wait=300ms", "cut,after=5s,p=0.5"],
    },
    Shipped {
        name: "dead-wifi",
        about: "The network dies without a word, and 45 seconds later the connection is reset.",
        faults: &["hang,after=5s,for=45s", "reset,after=50s"],
    },
    Shipped {
        name: "laptop-sleep",
        about: "A laptop sleeps for 30 seconds: the connection looks open and is dead.",
        faults: &["hang,after=5s,for=30s"],
    },
    Shipped {
        name: "login-expired",
        about: "A token runs out after 30 seconds: requests from then on are answered with 401.",
        faults: &["status=401,after=30s"],
    },
    Shipped {
        name: "captive-portal",
        about: "A hotel's network answers with its login page, and says that all is well.",
        faults: &[
            "status=200,body=<!doctype html><title>Log in to the network</title>,type=text/html",
        ],
    },
    Shipped {
        name: "two-replicas",
        about: "Every second request reaches a replica that knows nothing of the last event id.",
        faults: &["forget,p=0.5"],
    },
    Shipped {
        name: "overloaded",
        about: "An API is busy: it answers a client's first three requests with 429.",
        faults: &["status=429,retry-after=2,attempt=1..3"],
    },
    Shipped {
        name: "llm-truncated",
        about: "An answer of a language model ends in order, early and without its marker.",
        faults: &["end,after=5", "drop=[DONE]"],
    },
    Shipped {
        name: "llm-error",
        about: "An error stands in the middle of a stream that began with 200, which then ends.",
        faults: &[
            r#"insert="{\"error\":{\"message\":\"overloaded\",\"type\":\"server_error\"}}",after=3"#,
            "end,after=3",
        ],
    },
    Shipped {
        name: "token-splitter",
        about: "Characters of several bytes are split between two pieces of the stream.",
        faults: &["split=utf8"],
    },
];

/// The profiles that there are: those of a file, and the shipped ones whose name the file does not
/// use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profiles(Vec<Profile>);

impl Default for Profiles {
    /// The shipped ones.
    fn default() -> Self {
        Self::with(Vec::new())
    }
}

impl Profiles {
    /// Those of a file first, then the shipped ones. One of the file takes the place of a shipped
    /// one of its name.
    pub fn with(own: Vec<Profile>) -> Self {
        let mut all = own;
        for shipped in SHIPPED {
            if all.iter().all(|profile| profile.name != shipped.name) {
                // A test reads each of them: none is wrong in a program that was built.
                let faults = shipped.faults.iter().filter_map(|text| text.parse().ok());
                all.push(Profile {
                    name: shipped.name.to_owned(),
                    about: shipped.about.to_owned(),
                    faults: faults.collect(),
                });
            }
        }
        Self(all)
    }

    /// All of them.
    pub fn all(&self) -> &[Profile] {
        &self.0
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// There is none; the sentence has the nearest name.
    pub fn find(&self, name: &str) -> Result<&Profile, Mistake> {
        let found = self.0.iter().find(|profile| profile.name == name);
        found.ok_or_else(|| {
            let shown = cut(name);
            let names = || self.0.iter().map(|profile| &*profile.name);
            let sentence = match nearest(name, names()) {
                Some(near) => {
                    format!("there is no profile `{shown}`: `{near}` is the nearest that there is.")
                }
                None => {
                    let all = names().collect::<Vec<_>>().join(", ");
                    format!("there is no profile `{shown}`: there are {all}.")
                }
            };
            mistake("profile=", MistakeKind::BadValue, sentence)
        })
    }

    /// What a fault stands for: those of its profile, or itself.
    ///
    /// Whom the profile strikes, at which attempts and how likely is true of each of its faults
    /// that does not say so itself, and its `start` comes before theirs. The other keys say when
    /// and how long one fault strikes, which a list of several has no one meaning for.
    ///
    /// # Errors
    /// There is no such profile, it has a key that is of its faults, or it is for some and one of
    /// its faults strikes everyone.
    pub fn expand(&self, fault: Fault) -> Result<Vec<Fault>, Mistake> {
        let Act::Profile(name) = &fault.act else {
            return Ok(vec![fault]);
        };
        if let Some(key) = own_key(&fault) {
            let sentence = format!(
                "each fault of a profile has its own `{key}`: leave it out, or arm the faults one by one."
            );
            let text = fault.to_string();
            let place = text.find(&format!(",{key}=")).map_or(0, |comma| comma + 1);
            return Err(mistake(&text[..place], MistakeKind::UnknownKey, sentence));
        }
        let profile = self.find(name)?;
        let of_port = profile.faults.iter().find_map(|fault| fault.act.of_port());
        if let Some(word) = of_port.filter(|_| fault.is_for_some()) {
            let sentence = format!(
                "`{}` holds `{word}`, which strikes everyone: leave out whom it strikes, `attempt` and `p`.",
                cut(name)
            );
            return Err(mistake("profile=", MistakeKind::BadValue, sentence));
        }
        Ok(profile
            .faults
            .iter()
            .map(|one| within(one, &fault))
            .collect())
    }
}

impl Fault {
    /// Whether it strikes some requests of its room and not others. What is of the port cannot:
    /// nobody has said who they are by then.
    pub fn is_for_some(&self) -> bool {
        let (who, often) = (&self.who, self.often);
        who.stream.is_some()
            || who.client.is_some()
            || who.connection.is_some()
            || often.attempts.is_some()
            || often.chance.is_some()
    }
}

/// A mistake behind this much of a fault in its canonical spelling.
fn mistake(before: &str, kind: MistakeKind, sentence: String) -> Mistake {
    Mistake {
        kind,
        column: before.chars().count() + 1,
        sentence,
    }
}

/// The first key of a profile that only one fault can have.
fn own_key(profile: &Fault) -> Option<&'static str> {
    match &profile.when {
        Some(When::Idle(_)) => Some("idle"),
        Some(_) => Some("after"),
        None if profile.often.times.is_some() => Some("times"),
        None => profile.lasts.map(|_| "for"),
    }
}

/// A fault of a profile, with what is said of the whole profile.
fn within(one: &Fault, profile: &Fault) -> Fault {
    let mut fault = one.clone();
    let (who, often) = (&profile.who, profile.often);
    fault.start = fault.start.saturating_add(profile.start);
    fill(&mut fault.who.stream, &who.stream);
    fill(&mut fault.who.client, &who.client);
    fill(&mut fault.who.room, &who.room);
    fill(&mut fault.who.connection, &who.connection);
    fill(&mut fault.often.attempts, &often.attempts);
    fill(&mut fault.often.chance, &often.chance);
    fill(&mut fault.often.seed, &often.seed);
    fault
}

fn fill<T: Clone>(own: &mut Option<T>, general: &Option<T>) {
    if own.is_none() {
        own.clone_from(general);
    }
}

/// Two faults of a list that would strike the same requests at the same instant, where only one
/// can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// The text of the first.
    pub one: String,
    /// The text of the second.
    pub other: String,
}

impl fmt::Display for Conflict {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (one, other) = (cut(&self.one), cut(&self.other));
        write!(
            to,
            "`{one}` and `{other}` exclude each other: leave one out, or tell them apart by `attempt`, `after`, `start` or `for`."
        )
    }
}

impl std::error::Error for Conflict {}

/// Whether all faults of a list can be in force together.
///
/// # Errors
/// The first two of them that exclude each other: two answers in place of a stream, two ways to
/// cut bytes into pieces, or two to hold them back. Two that differ in anything else than what they
/// do are a sequence, or for different requests, and the first that is in force has its way.
pub fn check_together(faults: &[Fault]) -> Result<(), Conflict> {
    for (place, other) in faults.iter().enumerate() {
        let rivals = |one: &&Fault| {
            let kind = rival(one);
            kind.is_some() && kind == rival(other) && conditions(one) == conditions(other)
        };
        if let Some(one) = faults[..place].iter().find(rivals) {
            return Err(Conflict {
                one: one.to_string(),
                other: other.to_string(),
            });
        }
    }
    Ok(())
}

/// What a connection has one of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Rival {
    Answer,
    Pieces,
    Hold,
}

fn rival(fault: &Fault) -> Option<Rival> {
    match &fault.act {
        Act::Status(_) | Act::Redirect { .. } | Act::Never => Some(Rival::Answer),
        Act::Cut(_) | Act::Reset(_) if fault.when.is_none() => Some(Rival::Answer),
        Act::Split(_) | Act::Dribble(_) => Some(Rival::Pieces),
        Act::Hold(_) | Act::Merge(_) => Some(Rival::Hold),
        _ => None,
    }
}

/// All of a fault but what it does.
fn conditions(fault: &Fault) -> impl PartialEq {
    let Fault {
        when,
        start,
        often,
        who,
        lasts,
        ..
    } = fault.clone();
    // Of a word of silence, `for` says how long the silence is.
    let lasts: Option<Duration> = lasts.filter(|_| !fault.act.is_silence());
    (when, start, often, who, lasts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Fault {
        text.parse()
            .unwrap_or_else(|mistake| panic!("{text}: {mistake}"))
    }

    fn faults(texts: &[&str]) -> Vec<Fault> {
        texts.iter().map(|text| fault(text)).collect()
    }

    fn texts(faults: &[Fault]) -> Vec<String> {
        faults.iter().map(Fault::to_string).collect()
    }

    #[test]
    fn each_shipped_profile_is_written_as_it_is_printed_and_has_no_conflict() {
        let profiles = Profiles::default();
        assert_eq!(profiles.all().len(), SHIPPED.len());
        for (shipped, profile) in SHIPPED.iter().zip(profiles.all()) {
            assert_eq!(texts(&profile.faults), shipped.faults, "{}", shipped.name);
            assert_eq!(check_together(&profile.faults), Ok(()), "{}", shipped.name);
            assert!(
                profile.about.ends_with('.') && profile.about.len() <= 90,
                "{}",
                profile.about
            );
            let is_plain = |fault: &Fault| !matches!(fault.act, Act::Profile(_));
            assert!(profile.faults.iter().all(is_plain), "{}", shipped.name);
        }
    }

    #[test]
    fn one_of_the_file_takes_the_place_of_a_shipped_one() {
        let own = Profile {
            name: "deploy".to_owned(),
            about: String::new(),
            faults: faults(&["cut"]),
        };
        let profiles = Profiles::with(vec![own.clone()]);
        assert_eq!(profiles.all().len(), SHIPPED.len());
        assert_eq!(profiles.find("deploy"), Ok(&own));
    }

    #[test]
    fn a_profile_stands_for_its_faults_and_hands_on_whom_it_strikes() {
        let profiles = Profiles::default();
        let expanded = |text: &str| profiles.expand(fault(text)).map(|faults| texts(&faults));
        let all = |list: &[&str]| Ok(list.iter().map(|text| (*text).to_owned()).collect());
        assert_eq!(expanded("cut,after=3"), all(&["cut,after=3"]));
        assert_eq!(
            expanded("profile=overloaded,attempt=9,stream=/a,client=t1,room=w3"),
            all(&["status=429,retry-after=2,attempt=1..3,stream=/a,client=t1,room=w3"])
        );
        assert_eq!(
            expanded("profile=token-splitter,attempt=2,p=0.1,seed=7,start=1s"),
            all(&["split=utf8,start=1s,attempt=2,p=0.1,seed=7"])
        );
        assert_eq!(
            expanded("profile=flaky-mobile,p=0.1"),
            all(&["wait=300ms,p=0.1", "cut,after=5s,p=0.5"])
        );
        assert_eq!(
            expanded("profile=deploy,start=1s,room=w3"),
            all(&[
                "refuse,start=1s,room=w3,for=2s",
                "status=503,retry-after=1,start=3s,room=w3,for=5s",
            ])
        );
    }

    #[test]
    fn a_profile_that_is_none_is_a_mistake_with_the_nearest_name() {
        let profiles = Profiles::default();
        for (text, mistake) in [
            (
                "profile=deplyo",
                "Column 9: there is no profile `deplyo`: `deploy` is the nearest that there is.",
            ),
            (
                "profile=deploy,client=t1",
                "Column 9: `deploy` holds `refuse`, which strikes everyone: leave out whom it \
                 strikes, `attempt` and `p`.",
            ),
            (
                "profile=deploy,after=3",
                "Column 16: each fault of a profile has its own `after`: leave it out, or arm the \
                 faults one by one.",
            ),
            (
                "profile=deploy,stream=/a,for=3s",
                "Column 26: each fault of a profile has its own `for`: leave it out, or arm the \
                 faults one by one.",
            ),
        ] {
            let refusal = profiles.expand(fault(text)).expect_err(text);
            assert_eq!(refusal.to_string(), mistake);
        }
        let far = profiles.find("xyzzyxyzzyxyzzy").expect_err("there is none");
        assert!(
            far.to_string().contains("there are nginx-buffering,"),
            "{far}"
        );
    }

    #[test]
    fn two_faults_that_only_one_can_have_its_way_of_exclude_each_other() {
        for (list, conflict) in [
            (&["status=503", "never"] as &[_], Some((0, 1))),
            (&["redirect", "wait=1s", "status=429"], Some((0, 2))),
            (&["cut", "reset"], Some((0, 1))),
            (&["cut,room=a", "status=503,room=a"], Some((0, 1))),
            (&["never,for=10s", "status=503"], Some((0, 1))),
            (&["split=utf8", "dribble=200B/s"], Some((0, 1))),
            (&["split=utf8,after=3", "split=7,after=3"], Some((0, 1))),
            (&["hold=end", "merge=3"], Some((0, 1))),
            (&["status=503,attempt=1", "status=429,attempt=2"], None),
            (&["status=503,for=5s", "never"], None),
            (&["status=503", "status=429,start=5s"], None),
            (&["cut,after=3", "cut,after=10s", "reset,after=3"], None),
            (&["cut,room=a", "status=503,room=b"], None),
            (&["split=utf8", "hold=1ev", "status=503"], None),
            (&["insert=a", "insert=b", "skip", "skip"], None),
        ] {
            let found = check_together(&faults(list));
            let expected = conflict.map(|(one, other): (usize, usize)| Conflict {
                one: list[one].to_owned(),
                other: list[other].to_owned(),
            });
            assert_eq!(found.err(), expected, "{list:?}");
        }
        let sentence = check_together(&faults(&["status=503", "never"]));
        assert_eq!(
            sentence.expect_err("they do").to_string(),
            "`status=503` and `never` exclude each other: leave one out, or tell them apart by \
             `attempt`, `after`, `start` or `for`."
        );
    }
}
