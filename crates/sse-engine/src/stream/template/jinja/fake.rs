//! `fake("name")` and the like: made-up people, places and texts for templates.
//!
//! The lists are our own and only ever grow by new kinds: another order would be another stream for
//! the same seed. Addresses and numbers are those that are set aside for examples, so that nobody
//! is called or written to (RFC 2606, RFC 5737, and 555-01xx in North America).

use minijinja::{Error, State};

use super::super::{random, scale};
use super::draw;
use crate::text::{cut, nearest};

/// What there is to make up.
pub(super) const KINDS: [&str; 20] = [
    "name",
    "first_name",
    "last_name",
    "user",
    "email",
    "phone",
    "company",
    "job",
    "street",
    "city",
    "country",
    "word",
    "sentence",
    "paragraph",
    "uuid",
    "ip",
    "host",
    "url",
    "color",
    "emoji",
];

const FIRST_NAMES: [&str; 32] = [
    "Ada", "Amara", "Anton", "Bea", "Chen", "Clara", "Daniel", "Elif", "Emil", "Fatima", "Femi",
    "Grace", "Hana", "Ivan", "Jonas", "Kaito", "Lena", "Linus", "Lucia", "Mateo", "Mina", "Nadia",
    "Noah", "Olga", "Priya", "Quinn", "Rosa", "Samir", "Tomas", "Uma", "Vera", "Yusuf",
];

const LAST_NAMES: [&str; 32] = [
    "Abara", "Almeida", "Bauer", "Becker", "Castillo", "Dahl", "Eriksen", "Farouk", "Fischer",
    "Garcia", "Haddad", "Ito", "Jansen", "Kaya", "Keller", "Kowalski", "Lindgren", "Lopez",
    "Mehta", "Moreau", "Nakamura", "Novak", "Okafor", "Park", "Petrov", "Rossi", "Silva", "Tanaka",
    "Varga", "Weber", "Yilmaz", "Zhang",
];

const COMPANIES: [&str; 16] = [
    "Northwind",
    "Bluebird",
    "Granite",
    "Lighthouse",
    "Redwood",
    "Harbor",
    "Summit",
    "Meridian",
    "Copperfield",
    "Evergreen",
    "Ironbridge",
    "Clearwater",
    "Falcon",
    "Juniper",
    "Marble",
    "Orchard",
];

const COMPANY_ENDS: [&str; 8] = [
    "Ltd",
    "Inc",
    "GmbH",
    "Labs",
    "Systems",
    "Logistics",
    "Partners",
    "Foods",
];

const JOBS: [&str; 16] = [
    "accountant",
    "architect",
    "baker",
    "carpenter",
    "chemist",
    "designer",
    "doctor",
    "editor",
    "electrician",
    "engineer",
    "gardener",
    "lawyer",
    "nurse",
    "pilot",
    "teacher",
    "translator",
];

const STREETS: [&str; 16] = [
    "Mill Lane",
    "High Street",
    "Station Road",
    "Church Street",
    "Park Avenue",
    "River Road",
    "Market Square",
    "Oak Street",
    "Harbor Way",
    "Garden Row",
    "Bridge Street",
    "School Lane",
    "Hill Road",
    "Forest Drive",
    "Lake View",
    "Castle Street",
];

const CITIES: [&str; 24] = [
    "Accra",
    "Berlin",
    "Bogota",
    "Cairo",
    "Dublin",
    "Hanoi",
    "Helsinki",
    "Istanbul",
    "Jakarta",
    "Lagos",
    "Lima",
    "Lisbon",
    "Melbourne",
    "Montreal",
    "Mumbai",
    "Nairobi",
    "Osaka",
    "Prague",
    "Santiago",
    "Seoul",
    "Tunis",
    "Vienna",
    "Warsaw",
    "Zagreb",
];

const COUNTRIES: [&str; 24] = [
    "Argentina",
    "Australia",
    "Austria",
    "Brazil",
    "Canada",
    "Chile",
    "Colombia",
    "Egypt",
    "Finland",
    "France",
    "Germany",
    "Ghana",
    "India",
    "Indonesia",
    "Ireland",
    "Japan",
    "Kenya",
    "Morocco",
    "Nigeria",
    "Peru",
    "Poland",
    "Portugal",
    "Turkey",
    "Vietnam",
];

const WORDS: [&str; 64] = [
    "a", "above", "always", "and", "answer", "arrives", "at", "before", "begins", "below",
    "brings", "by", "carries", "clear", "client", "cloud", "day", "early", "ends", "event",
    "every", "field", "finds", "for", "garden", "green", "house", "keeps", "later", "leaves",
    "light", "line", "little", "long", "map", "morning", "moves", "name", "near", "never", "night",
    "number", "of", "old", "open", "opens", "over", "paper", "quiet", "reads", "river", "road",
    "server", "shows", "slow", "small", "stream", "the", "turns", "under", "waits", "water",
    "window", "with",
];

const COLORS: [&str; 12] = [
    "amber", "black", "blue", "brown", "coral", "green", "grey", "lime", "navy", "orange",
    "purple", "red",
];

const EMOJIS: [&str; 16] = [
    "😀", "🙂", "😉", "🤔", "😴", "🎉", "🚀", "🌍", "🌧️", "🌻", "🍎", "🐢", "📦", "🔧", "💡", "✅",
];

/// The networks of examples.
const NETWORKS: [&str; 3] = ["192.0.2", "198.51.100", "203.0.113"];

/// `fake("name")`: one call, however much of it is drawn.
pub(super) fn fake(state: &State<'_, '_>, kind: &str) -> Result<String, Error> {
    let mut dice = Dice {
        seed: draw::next(state)?,
        thrown: 0,
    };
    match made_up(kind, &mut dice) {
        Some(text) => Ok(text),
        None => {
            let there = match nearest(kind, KINDS) {
                Some(kind) => format!("\"{kind}\" is the nearest that there is"),
                None => format!("there are {}", KINDS.join(", ")),
            };
            let sentence = format!("fake(\"{}\") is not there: {there}", cut(kind));
            Err(draw::bad(sentence))
        }
    }
}

fn made_up(kind: &str, dice: &mut Dice) -> Option<String> {
    let text = match kind {
        "first_name" => dice.of(&FIRST_NAMES).to_owned(),
        "last_name" => dice.of(&LAST_NAMES).to_owned(),
        "name" => format!("{} {}", dice.of(&FIRST_NAMES), dice.of(&LAST_NAMES)),
        "user" => user(dice),
        "email" => format!("{}@{}", user(dice), host(dice)),
        "phone" => format!("+1 {}-555-01{:02}", dice.from(201, 989), dice.from(0, 99)),
        "company" => format!("{} {}", dice.of(&COMPANIES), dice.of(&COMPANY_ENDS)),
        "job" => dice.of(&JOBS).to_owned(),
        "street" => format!("{} {}", dice.from(1, 180), dice.of(&STREETS)),
        "city" => dice.of(&CITIES).to_owned(),
        "country" => dice.of(&COUNTRIES).to_owned(),
        "word" => dice.of(&WORDS).to_owned(),
        "sentence" => sentence(dice),
        "paragraph" => {
            let sentences: Vec<String> = (0..dice.from(3, 6)).map(|_| sentence(dice)).collect();
            sentences.join(" ")
        }
        "uuid" => uuid(dice),
        "ip" => format!("{}.{}", dice.of(&NETWORKS), dice.from(1, 254)),
        "host" => host(dice).to_owned(),
        "url" => format!(
            "https://{}/{}/{}",
            host(dice),
            dice.of(&WORDS),
            dice.from(1, 9999)
        ),
        "color" => dice.of(&COLORS).to_owned(),
        "emoji" => dice.of(&EMOJIS).to_owned(),
        _ => return None,
    };
    Some(text)
}

fn user(dice: &mut Dice) -> String {
    let name = format!("{}.{}", dice.of(&FIRST_NAMES), dice.of(&LAST_NAMES));
    format!("{}{}", name.to_lowercase(), dice.from(1, 99))
}

fn host(dice: &mut Dice) -> &'static str {
    dice.of(&["example.com", "example.net", "example.org"])
}

/// Some words, the first with a capital letter, with a full stop.
fn sentence(dice: &mut Dice) -> String {
    let words: Vec<&str> = (0..dice.from(4, 12)).map(|_| dice.of(&WORDS)).collect();
    let text = words.join(" ");
    let (first, rest) = text.split_at(1);
    format!("{}{rest}.", first.to_uppercase())
}

/// Version 4 of RFC 9562, from numbers that only look random.
fn uuid(dice: &mut Dice) -> String {
    let (high, low) = (dice.throw(), dice.throw());
    let high = high & 0xFFFF_FFFF_FFFF_0FFF | 0x4000;
    let low = low & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000;
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xFFFF,
        high & 0xFFFF,
        low >> 48,
        low & 0xFFFF_FFFF_FFFF
    )
}

/// Numbers from one draw of the event.
struct Dice {
    seed: u64,
    thrown: u64,
}

impl Dice {
    fn throw(&mut self) -> u64 {
        self.thrown += 1;
        random(self.seed, self.thrown, 0)
    }

    /// A number from the one to the other, both included.
    fn from(&mut self, least: u64, most: u64) -> u64 {
        least + scale(self.throw(), u128::from(most - least) + 1)
    }

    fn of(&mut self, list: &[&'static str]) -> &'static str {
        let place = scale(self.throw(), list.len() as u128);
        list[usize::try_from(place).unwrap_or(0)]
    }
}
