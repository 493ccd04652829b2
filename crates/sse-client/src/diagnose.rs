//! What is wrong with a watched stream, in plain words.
//!
//! A [`Gatherer`] keeps the facts of the body while it comes. An [`Observation`] has these facts,
//! the request, the head, the times and the end. [`diagnose`] asks each rule, which is a pure
//! function over the observation, and returns findings, the worst first. `docs/DIAGNOSIS.md` has a
//! heading for each rule.
//!
//! It must never do IO or read a clock. Nothing that a server sends can make it panic, hold more
//! than its bound, or write a control character into a sentence.
//!
//! ```
//! use std::time::Duration;
//! use hyper::Version;
//! use sse_client::{Method, diagnose::*};
//!
//! let ms = Duration::from_millis;
//! let mut gatherer = Gatherer::new(ms(30));
//! gatherer.read(ms(40), b"id: 1\ndata: whole\n\ndata: not who");
//! let seen = Observation {
//!     asked: Asked {
//!         method: Method::GET,
//!         url: "http://localhost:8000/news".into(),
//!         headers: vec![Header::new("Accept", "text/event-stream")],
//!     },
//!     hops: Vec::new(),
//!     head: Some(Head {
//!         version: Version::HTTP_11,
//!         status: 200,
//!         headers: vec![Header::new("Content-Type", "text/event-stream")],
//!     }),
//!     times: Times { head_complete: Some(ms(30)), ..Times::default() },
//!     body: gatherer.facts(ms(50)),
//!     end: End::InOrder,
//!     ended: ms(50),
//!     resume: None,
//!     head_request: None,
//!     preflight: None,
//!     cross_origin: None,
//!     dialect: None,
//! };
//! let worst = &diagnose(&seen)[0];
//! assert_eq!((worst.rule, worst.level), ("W19", Level::Broken));
//! assert_eq!(worst.evidence.byte, Some(19));
//! ```
//!
//! | module | what it is for |
//! |---|---|
//! | `observation` | all that was seen of one stream |
//! | `gatherer`, `blocks`, `utf8` | pieces of a body to its facts |
//! | `facts`, `measure` | the facts, which do not grow |
//! | `finding` | a rule, and what it has to say |
//! | `words` | numbers, times and origins in a sentence |
//! | `head`, `transport`, `cors` | rules on the answer and on requests beside the stream |
//! | `time`, `pieces`, `keep_alive`, `format` | rules on the body |
//! | `resume`, `end`, `dialect` | rules on ids and `retry`, on the end, and on the dialect |

mod blocks;
mod cors;
mod dialect;
mod end;
mod facts;
mod finding;
mod format;
mod gatherer;
mod head;
mod keep_alive;
mod measure;
mod observation;
mod pieces;
mod resume;
mod time;
mod transport;
mod utf8;
mod words;

pub use facts::{
    BodyFacts, CommentFacts, Ends, EventFacts, EventSeen, IdFacts, LineFacts, NameFacts,
    PieceFacts, PieceSeen, Place, ROUND_SIZES, RetryFacts, Silence, Tail, Tally, TextFacts,
};
pub use finding::{Evidence, Finding, Level, Rule};
pub use gatherer::Gatherer;
pub use measure::{GapHistogram, Spread};
// An observation is of one exchange.
pub use crate::exchange::{Asked, End, Head, Header, Hop, Times};
pub use observation::{
    CrossOrigin, DialectFacts, DialectKind, HeadRequest, Observation, Preflight, Resume,
};

const FAMILIES: [&[Rule]; 10] = [
    head::RULES,
    time::RULES,
    pieces::RULES,
    keep_alive::RULES,
    resume::RULES,
    format::RULES,
    end::RULES,
    cors::RULES,
    transport::RULES,
    dialect::RULES,
];

/// All rules, in the order of their numbers.
pub fn rules() -> Vec<&'static Rule> {
    let mut rules: Vec<&Rule> = FAMILIES.into_iter().flatten().collect();
    rules.sort_by_key(|rule| number(rule));
    rules
}

fn number(rule: &Rule) -> u32 {
    let digits = rule.name.trim_start_matches('W');
    digits.parse().unwrap_or(u32::MAX)
}

/// What each rule has to say on a stream, the worst first, and below that in the order of the
/// rules. What was looked at and is good is said too.
pub fn diagnose(seen: &Observation) -> Vec<Finding> {
    let mut findings: Vec<Finding> = rules()
        .into_iter()
        .flat_map(|rule| rule.findings(seen))
        .collect();
    findings.sort_by_key(|finding| finding.level);
    findings
}
