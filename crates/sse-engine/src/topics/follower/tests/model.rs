//! Topics over nodes as a model: histories of any kind over the real follower and the real ring.
//!
//! A history has three nodes, three clients and an engine that keeps six events. Every step is one
//! of: somebody publishes, a node asks or takes what came (partly, late, or from a connection that
//! is lost), a client comes, reads, or is cut within a byte, a node dies, the engine fails over
//! without its tail, restarts with or without data, is flushed, splits in two and heals, its clocks
//! are off, hours pass. The clients are the real subscription, the real bytes and the real decoder.
//!
//! The oracle is invariants 11 to 13 of ARCHITECTURE.md: each event that was acknowledged after a
//! client came was sent to it once, or it was told of a gap; nothing came twice; and while the
//! engine is one process that keeps everything there is no gap at all. Their two exceptions are
//! counted, and must be rare. A rule that is left out must fail.

mod chance;
mod client;
mod engine;
mod node;
mod world;

use std::num::NonZero;
use std::ops::Range;
use std::thread;

use self::engine::ScriptRule;
use self::world::{Outcome, Weather, play};
use crate::topics::rules::{Rule, leave_out};

/// Histories of a test; `SSE_HISTORIES` asks for more (`make soak`).
fn histories() -> u64 {
    let asked = std::env::var("SSE_HISTORIES").ok();
    asked.and_then(|n| n.parse().ok()).unwrap_or(100_000)
}

/// What histories came to.
#[derive(Debug, Default)]
struct Sum {
    histories: u64,
    /// Events that were acknowledged, and what clients were sent.
    acked: usize,
    sent: usize,
    /// Gaps that clients were told of.
    gaps: usize,
    /// Histories with a loss that nobody was left to tell of.
    witness_died: u64,
    /// Histories that went wrong because two processes drew the same digits.
    twins: u64,
    /// Histories of each kind that must not be, and their seeds.
    lost: u64,
    twice: u64,
    same_id: u64,
    bad: Vec<u64>,
    first_gap: Option<u64>,
}

impl Sum {
    fn add(&mut self, seed: u64, outcome: &Outcome) {
        self.histories += 1;
        self.acked += outcome.acked;
        self.sent += outcome.sent;
        self.gaps += outcome.gaps;
        self.witness_died += u64::from(!outcome.witness_died.is_empty());
        self.lost += u64::from(!outcome.lost.is_empty());
        self.twice += u64::from(!outcome.twice.is_empty());
        self.same_id += u64::from(outcome.same_id);
        let is_bad = outcome.same_id || !outcome.lost.is_empty() || !outcome.twice.is_empty();
        self.twins += u64::from(is_bad && outcome.twins);
        self.bad.extend((is_bad && !outcome.twins).then_some(seed));
        self.first_gap = self.first_gap.or((outcome.gaps > 0).then_some(seed));
    }

    fn with(mut self, other: Self) -> Self {
        let first = |one: Option<u64>, other: Option<u64>| one.into_iter().chain(other).min();
        self.histories += other.histories;
        self.acked += other.acked;
        self.sent += other.sent;
        self.gaps += other.gaps;
        self.witness_died += other.witness_died;
        self.twins += other.twins;
        self.lost += other.lost;
        self.twice += other.twice;
        self.same_id += other.same_id;
        self.bad.extend(other.bad);
        self.bad.sort_unstable();
        self.first_gap = first(self.first_gap, other.first_gap);
        self
    }
}

/// Plays the histories of these seeds on all cores, without these rules.
fn run(seeds: Range<u64>, weather: Weather, rules: &'static [Rule]) -> Sum {
    let threads = thread::available_parallelism().map_or(1, NonZero::get) as u64;
    let each = |thread: u64| {
        let seeds = seeds.clone();
        move || {
            leave_out(rules);
            let mut sum = Sum::default();
            for seed in seeds.filter(|seed| seed % threads == thread) {
                sum.add(seed, &play(seed, weather));
            }
            sum
        }
    };
    thread::scope(|scope| {
        let running: Vec<_> = (0..threads).map(|n| scope.spawn(each(n))).collect();
        let sums = running
            .into_iter()
            .map(|thread| thread.join().expect("it plays"));
        sums.fold(Sum::default(), Sum::with)
    })
}

#[test]
fn whatever_fails_nothing_is_lost_untold_and_nothing_comes_twice() {
    let sum = run(0..histories(), Weather::HOSTILE, &[]);
    println!("{sum:?}");
    assert!(sum.bad.is_empty(), "{sum:?}");
    assert!(
        sum.sent as u64 > 5 * sum.histories && sum.gaps as u64 > sum.histories,
        "something happens: {sum:?}"
    );
    assert!(
        sum.witness_died * 500 < sum.histories && sum.twins <= sum.histories / 1_000_000,
        "the exceptions are rare: {sum:?}"
    );
}

#[test]
fn while_the_engine_is_one_process_that_keeps_everything_there_is_no_gap() {
    let sum = run(0..histories() / 5, Weather::CLEAN, &[]);
    println!("{sum:?}");
    assert!(sum.bad.is_empty() && sum.first_gap.is_none(), "{sum:?}");
    assert!(sum.sent as u64 > 10 * sum.histories, "{sum:?}");
}

/// What is wrong without a rule.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fault {
    Lost,
    Twice,
    Gap,
}

/// Each rule is there for something: without it a history goes wrong, in the way that is named.
#[test]
fn without_any_one_of_its_rules_a_history_goes_wrong() {
    let script = |rule| Weather {
        without: Some(rule),
        ..Weather::HOSTILE
    };
    let (hostile, clean) = (Weather::HOSTILE, Weather::CLEAN);
    let mutants: [(Weather, &'static [Rule], Fault); 9] = [
        (script(ScriptRule::Process), &[], Fault::Lost),
        (script(ScriptRule::Evidence), &[], Fault::Lost),
        (script(ScriptRule::KnownLife), &[], Fault::Lost),
        (hostile, &[Rule::QuietLife], Fault::Lost),
        (hostile, &[Rule::TellPlaces], Fault::Twice),
        // Each of these two makes up for the other.
        (hostile, &[Rule::Hold, Rule::NotBelow], Fault::Twice),
        (clean, &[Rule::ReadAll], Fault::Gap),
        (clean, &[Rule::FreshLook], Fault::Gap),
        (clean, &[Rule::FreshLook], Fault::Twice),
    ];
    for (weather, rules, fault) in mutants {
        let name = (weather.without, rules);
        let found = (0..100)
            .map(|n| n * 1000..(n + 1) * 1000)
            .find_map(|seeds| {
                let sum = run(seeds, weather, rules);
                let first_bad = sum.bad.first().copied();
                let (many, first) = match fault {
                    Fault::Lost => (sum.lost, first_bad),
                    Fault::Twice => (sum.twice, first_bad),
                    Fault::Gap => (sum.gaps as u64, sum.first_gap),
                };
                (many > 0).then_some((many, first))
            });
        println!("{name:?}: {fault:?} {found:?}");
        assert!(found.is_some(), "{name:?} is not missed: no {fault:?}");
    }
}
