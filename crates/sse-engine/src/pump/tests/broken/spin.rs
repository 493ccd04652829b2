//! No list of faults makes a delivery spin: whatever strikes, and whenever it is visited, a visit
//! sends something or asks to be visited later. There are few that do neither.

use std::collections::BTreeSet;

use proptest::collection::vec;
use proptest::sample::{Index, select};

use super::*;
use crate::fault::{Area, WORDS};

/// Each word that a pump is given, with what takes it another way.
const FAULTS: &[&str] = &[
    "wait=300ms",
    "never",
    "encode=gzip",
    "encode=gzip,flush=never",
    "end",
    "end,half",
    "cut",
    "cut,half=id",
    "reset,linger=1s",
    "mute",
    "silence",
    "hang",
    "split=each",
    "split=utf8",
    "split=crlf",
    "split=3",
    "merge=2",
    "merge=50",
    "dribble=7B/s",
    "dribble=4kB/s",
    "dribble=1GB/s",
    "hold=9B",
    "hold=2ev",
    "hold=end",
    "ends=cr",
    "ends=crlf",
    "ends=mixed",
    "bom=3",
    "bad-utf8",
    "nul-id",
    "bad-retry",
    "no-blank",
    "unknown-field",
    "long=40kB",
    "corrupt",
    "comment=x",
    "comment=x,blank=false",
    "repeat=2",
    "repeat=900",
    "skip=2",
    "skip=900",
    "swap",
    "forget",
    "rewind=2",
    "jump=2",
    "insert=x",
    "drop=3",
    "drop=",
];

/// When it strikes.
const WHENS: &[&str] = &[
    "",
    "",
    ",after=0",
    ",after=1",
    ",after=20",
    ",after=900",
    ",after=0s",
    ",after=2s",
    ",after=20B",
    ",after=\"2\"",
    ",idle=0s",
    ",idle=1s",
];

/// How often, how long, and from when on.
const BOUNDS: &[&str] = &[
    "",
    "",
    ",times=1",
    ",start=3s",
    ",for=0s",
    ",for=700ms",
    ",start=1s,for=2s",
];

/// Visits in a row that may do neither. One brings what was kept from before; copies of a large
/// event that are held back come 16 KiB a visit, until there is a MiB of them.
const IN_VAIN: u32 = 64;

/// What happens to the pump at an instant.
#[derive(Clone, Debug)]
enum Deed {
    /// It is visited although nothing is due: its socket was woken.
    Look,
    /// A fault strikes it from outside.
    Act(Box<Fault>),
    /// One of its faults is healed, and it is visited.
    Heal(Index),
}

fn faults() -> impl Strategy<Value = Fault> {
    let parts = (select(FAULTS), select(WHENS), select(BOUNDS));
    parts.prop_filter_map(
        "words of the door know no counts",
        |(fault, when, bound)| format!("{fault}{when}{bound}").parse().ok(),
    )
}

fn deeds() -> impl Strategy<Value = Vec<(u64, Deed)>> {
    let deed = prop_oneof![
        Just(Deed::Look),
        faults().prop_map(|fault| Deed::Act(Box::new(fault))),
        any::<Index>().prop_map(Deed::Heal),
    ];
    let deeds = vec((0..10_000_u64, deed), 0..6);
    deeds.prop_map(|mut deeds| {
        deeds.sort_by_key(|(at, _)| *at);
        deeds
    })
}

/// Slow, fast, at once, without events between, and with characters of several bytes.
fn streams() -> impl Strategy<Value = Stream> {
    let texts = Source::Template(Box::new(entry(["-", "-", "{n}", "a\u{e9}\u{2192}{n}"])));
    let list = Source::List(vec![
        entry(["note", "-", "-", "-"]),
        entry(["-", "-", "{n}", "{n}"]),
        entry(["-", "-", "-", "-"]),
    ]);
    let stream = |every, count, source: &Source| Stream {
        pace: Pace::every(every),
        count,
        source: source.clone(),
        ..ticks()
    };
    select(vec![
        stream(1000 * MS, Some(5), &Source::Counter),
        stream(7 * MS, None, &texts),
        stream(Duration::ZERO, Some(9000), &Source::Counter),
        stream(Duration::from_nanos(1), Some(9000), &texts),
        stream(100 * MS, None, &list),
    ])
}

fn keep_alives() -> impl Strategy<Value = KeepAlive> {
    select(vec![
        KeepAlive::Off,
        KeepAlive::Interval(1500 * MS),
        KeepAlive::Interval(7 * MS),
        KeepAlive::Idle(900 * MS),
    ])
}

proptest! {
    // A failure is made smaller for a while, and not for an hour.
    #![proptest_config(ProptestConfig {
        cases: 250,
        max_shrink_time: 20_000,
        ..ProptestConfig::default()
    })]

    #[test]
    fn no_list_of_faults_makes_a_delivery_spin(
        stream in streams(),
        keep_alive in keep_alives(),
        faults in vec(faults(), 0..6),
        deeds in deeds(),
        late in 0..3_u32,
    ) {
        let mut pump = pump(&stream, keep_alive, None).expect("it has events");
        let start = Instant::now();
        let arm = |fault| Arc::new(Armed::new(7, fault, start));
        let mut all: Vec<_> = faults.into_iter().map(arm).collect();
        if !all.is_empty() {
            pump = pump.broken_by(all.clone(), start);
        }
        let mut deeds = deeds.into_iter().peekable();
        let (mut now, mut out) = (start, WriteBuffer::new());
        let mut in_vain = 0;
        for _ in 0..3000 {
            out.clear();
            let before = pump.next_number();
            let next = pump.fill(at(now), &mut out);
            pump.take_struck();
            let is_later = match next {
                Next::Wait { at } => at.is_none_or(|at| at > now),
                // Events that are left out are as good as sent.
                Next::More => pump.next_number() > before,
                Next::End | Next::Cut | Next::Gone(_) | Next::Broken(_) => break,
            };
            let goes_on = is_later || !out.is_empty();
            in_vain = if goes_on { 0 } else { in_vain + 1 };
            prop_assert!(in_vain <= IN_VAIN, "{:?} at {:?}", next, now);
            let wake = match next {
                Next::Wait { at } => at.map(|at| at + late * MS),
                _ => Some(now),
            };
            let due = deeds.peek().map(|(ms, _)| start + Duration::from_millis(*ms));
            let Some(first) = wake.into_iter().chain(due).min() else { break };
            now = now.max(first);
            if due == Some(first) && let Some((_, deed)) = deeds.next() {
                match deed {
                    Deed::Look => {}
                    Deed::Act(fault) => {
                        let armed = Arc::new(Armed::new(8, *fault, now));
                        all.push(Arc::clone(&armed));
                        pump.act(at(now), Act::Break(armed));
                    }
                    Deed::Heal(one) if all.is_empty() => _ = one,
                    Deed::Heal(one) => one.get(&all).heal(),
                }
            }
        }
    }
}

/// A word that is added to the vocabulary is one of these lists.
#[test]
fn each_word_of_a_stream_is_tried() {
    let word = |fault: &&'static str| fault.split(['=', ',']).next();
    let tried: BTreeSet<&str> = FAULTS.iter().filter_map(word).collect();
    let words = WORDS.iter().filter(|word| word.area == Area::Stream);
    let all = words
        .map(|word| word.name)
        .chain(["wait", "never", "encode"]);
    assert_eq!(tried, all.collect());
}
