//! The script on a real engine, beside the engine of the model: call by call the same answers, and
//! the same entries.

#[allow(dead_code, reason = "other tests need more")]
mod support;

#[path = "../../sse-engine/src/topics/follower/tests/model/engine.rs"]
#[allow(dead_code, reason = "the model has more")]
mod engine;

use redis::{Connection, Value};
use sse_engine::topics::{Caller, Draft, LogEntry, Placed, Position};
use sse_redis::{Answered, Keep, Keys, Publish};
use sse_wire::Event;

use engine::{Call, PROCESSES, Script, Store, Taken};
use support::Engine;

const KEEP: Keep = Keep {
    events: 6,
    bytes: 1 << 20,
    seconds: 86_400,
    topics: 10,
};

fn publish(
    engine: &mut Connection,
    caller: Caller,
    random: u32,
    keep: Keep,
    events: &[Draft],
) -> Answered {
    let events: Vec<Event<'_>> = events.iter().map(Draft::event).collect();
    let put = Publish::default().put(&call(caller, random, keep), &events, false);
    put.query(engine).expect("the script runs")
}

fn call(caller: Caller, random: u32, keep: Keep) -> sse_redis::Call<'static> {
    sse_redis::Call {
        topic: "news",
        caller,
        random,
        keep,
    }
}

fn end(engine: &mut Connection, random: u32) -> Answered {
    let end = Publish::default().end(&call(Caller::default(), random, KEEP), false);
    end.query(engine).expect("the script runs")
}

fn placed(answered: Answered) -> Placed {
    match answered {
        Answered::Done(placed) => placed,
        other => panic!("{other:?}"),
    }
}

fn entries(engine: &mut Connection) -> Vec<LogEntry> {
    let list: Value = redis::cmd("XRANGE")
        .arg(Keys::of("news").entries)
        .arg("-")
        .arg("+")
        .query(engine)
        .expect("a stream");
    sse_redis::entries(list).expect("entries").entries
}

fn draft(data: &str, id: Option<&str>) -> Draft {
    Draft {
        data: data.to_owned(),
        id: id.map(str::to_owned),
        ..Draft::default()
    }
}

#[test]
fn whatever_is_called_the_script_answers_as_the_model() {
    let server = Engine::start();
    let mut engine = server.connect();
    let keys = Keys::of("news");
    let script = Script {
        keep_events: KEEP.events,
        keep_for: 86_400_000,
        without: None,
    };
    let mut store = Store::default();
    let mut chance = Chance(1);
    let (mut process, mut last) = (1, Position { born: 0, seq: 0 });
    let mut places = vec![last];
    let (mut lives, mut taken, mut ends) = (0, 0, 0);
    for n in 0..3000 {
        match chance.below(200) {
            // All is lost.
            0 => {
                redis::cmd("FLUSHALL").exec(&mut engine).expect("flushed");
                store = Store::default();
            }
            // Another process has the data.
            1..4 => {
                let mut name = redis::cmd("HSET");
                name.arg(&keys.meta).arg("run").arg("another");
                name.exec(&mut engine).expect("set");
                process += 1;
            }
            _ => {}
        }
        let mut held = || {
            let at = chance.below(places.len() as u64) as usize;
            let ahead = chance.below(30);
            let ahead = if ahead == 0 { 1 } else { 0 };
            let place = Position {
                seq: places[at].seq + ahead,
                ..places[at]
            };
            Some(place).filter(|_| chance.below(2) == 0)
        };
        let (acked, read) = (held(), held());
        let known = match chance.below(60) {
            0 => last.born + 5,
            _ => chance.below(2) * last.born,
        };
        let caller = Caller { known, acked, read };
        let id = match chance.below(3) {
            0 => Some(format!("g{}", chance.below(9))),
            _ => None,
        };
        let count = if id.is_some() { 1 } else { chance.below(4) };
        let events: Vec<Draft> = (0..count)
            .map(|event| draft(&format!("{n} {event}"), id.as_deref()))
            .collect();
        let random = chance.below(PROCESSES) as u32;
        if chance.below(40) == 0 {
            let answered = end(&mut engine, random);
            let born = match &answered {
                Answered::Done(placed) => placed.last.born,
                _ => 0,
            };
            let call = Call {
                process,
                now: born.saturating_sub(PROCESSES - 1),
                random: random.into(),
                caller: Caller::default(),
                events: &[],
            };
            let ended = store.end(&script, &call);
            assert_eq!(ended, answered != Answered::None, "{n}");
            ends += u32::from(ended);
            if let Answered::Done(placed) = answered {
                last = placed.last;
            }
            assert_eq!(entries(&mut engine), store.behind(None, 100), "{n}");
            continue;
        }
        let answered = publish(&mut engine, caller, random, KEEP, &events);
        // A life tells when it began, but for what it lies ahead to end in its process's digits.
        let born = match &answered {
            Answered::Done(placed) => placed.last.born,
            _ => {
                let born: String = redis::cmd("HGET")
                    .arg(&keys.meta)
                    .arg("born")
                    .query(&mut engine)
                    .expect("a life");
                born.parse().expect("a number")
            }
        };
        let call = Call {
            process,
            now: born.saturating_sub(PROCESSES - 1),
            random: random.into(),
            caller,
            events: &events,
        };
        match (store.call(&script, &call), answered) {
            (Ok(expected), Answered::Done(placed)) => {
                assert_eq!(placed, expected, "{n} {call:?}");
                lives += u32::from(placed.last.born != last.born);
                last = placed.last;
                places.push(last);
                places.drain(..places.len().saturating_sub(40));
            }
            (Err(Taken(expected)), Answered::Taken(place)) => {
                assert_eq!(place, expected, "{n} {call:?}");
                taken += 1;
            }
            (expected, answered) => panic!("{n}: {answered:?} is not {expected:?}: {call:?}"),
        }
        assert_eq!(entries(&mut engine), store.behind(None, 100), "{n}");
    }
    assert!(
        lives > 50 && taken > 50 && ends > 50,
        "something happens: {lives} {taken} {ends}"
    );
}

/// A network splits: one engine goes on, and another takes over from a copy of it. Each begins
/// lives that the other does not know of. Two lives with the same number would have the same ids,
/// and a subscriber that had one of them could miss events of the other. Histories of the model
/// ended so, when the number was the time and a random part of a second.
#[test]
fn two_masters_never_begin_a_life_with_the_same_number() {
    let servers = [Engine::start(), Engine::start()];
    let mut engines = servers.each_ref().map(Engine::connect);
    for round in 0..20 {
        // Both draw the same: the worst that can be.
        let begin = |engine: &mut Connection, known: u64| {
            let caller = Caller {
                known,
                ..Caller::default()
            };
            let event = [draft("1", None)];
            placed(publish(engine, caller, 7, KEEP, &event)).last.born
        };
        begin(&mut engines[0], 0);
        copy(&mut engines, &Keys::of("news"));
        let mut lives = engines.each_mut().map(|_| Vec::new());
        for _ in 0..5 {
            for (engine, lives) in engines.iter_mut().zip(&mut lives) {
                let known = lives.last().map_or(0, |last| last + 1);
                lives.push(begin(engine, known));
            }
        }
        let [mut one, other] = lives;
        // The first goes on with the life that both have.
        one.remove(0);
        assert!(
            one.iter().all(|life| !other.contains(life)),
            "{round}: {one:?} {other:?}"
        );
        redis::cmd("FLUSHALL")
            .exec(&mut engines[0])
            .expect("flushed");
    }
}

/// The second engine has what the first has under these keys.
fn copy([from, to]: &mut [Connection; 2], keys: &Keys) {
    for key in [&keys.entries, &keys.meta, &keys.given, &keys.topics] {
        let dump: Value = redis::cmd("DUMP").arg(key).query(from).expect("it answers");
        redis::cmd("DEL").arg(key).exec(to).expect("deleted");
        if let Value::BulkString(dump) = dump {
            let mut restore = redis::cmd("RESTORE");
            restore.arg(key).arg(0).arg(dump);
            restore.exec(to).expect("restored");
        }
    }
}

#[test]
fn an_event_comes_back_as_it_was_published() {
    let server = Engine::start();
    let mut engine = server.connect();
    let event = Draft {
        event: Some("tick".to_owned()),
        id: Some("a b".to_owned()),
        retry: Some(5),
        data: "1\n\u{1f600}".to_owned(),
    };
    let caller = Caller::default();
    let done = placed(publish(
        &mut engine,
        caller,
        7,
        KEEP,
        std::slice::from_ref(&event),
    ));
    assert_eq!((done.last.seq, done.later_life), (1, false));
    let kept = LogEntry {
        place: done.last,
        event: Some(event),
        begins: false,
    };
    assert_eq!(entries(&mut engine), [kept]);
}

#[test]
fn bytes_are_bounded_and_the_newest_stays_whatever_its_size() {
    let server = Engine::start();
    let mut engine = server.connect();
    let keep = Keep {
        bytes: 1000,
        ..KEEP
    };
    let large = draft(&"x".repeat(400), Some("a"));
    for (size, id, kept) in [
        (400, Some("a"), 1),
        (400, None, 2),
        (400, None, 2),
        (5000, None, 1),
    ] {
        let event = draft(&"x".repeat(size), id);
        publish(&mut engine, Caller::default(), 0, keep, &[event]);
        assert_eq!(entries(&mut engine).len(), kept, "{size} {id:?}");
    }
    placed(publish(&mut engine, Caller::default(), 0, keep, &[large]));
}

#[test]
fn what_somebody_wrote_by_hand_begins_a_life_behind_it() {
    let server = Engine::start();
    let mut engine = server.connect();
    let first = placed(publish(
        &mut engine,
        Caller::default(),
        0,
        KEEP,
        &[draft("1", None)],
    ));
    let by_hand = format!("{}-3", first.last.born + 100_000);
    redis::cmd("XADD")
        .arg(Keys::of("news").entries)
        .arg(&by_hand)
        .arg("what")
        .arg("else")
        .exec(&mut engine)
        .expect("added");
    let next = placed(publish(
        &mut engine,
        Caller::default(),
        0,
        KEEP,
        &[draft("2", None)],
    ));
    assert_eq!((next.last.seq, next.later_life), (1, true));
    assert!(next.last.born > first.last.born + 100_000);
    let events: Vec<bool> = entries(&mut engine)
        .into_iter()
        .map(|entry| entry.event.is_some())
        .collect();
    assert_eq!(events, [true, false, true]);
}

/// Numbers that look random, the same for the same seed.
struct Chance(u64);

impl Chance {
    /// From 0 up to this, which is left out.
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % end
    }
}
