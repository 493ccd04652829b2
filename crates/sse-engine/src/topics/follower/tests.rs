//! The follower alone, answer by answer, and the model of many of them.

mod model;

use super::*;
use crate::topics::Draft;

fn at(born: u64, seq: u64) -> Position {
    Position { born, seq }
}

fn placed(born: u64, seq: u64) -> Placed {
    Placed {
        last: at(born, seq),
        later_life: false,
    }
}

fn entry(born: u64, seq: u64) -> LogEntry {
    let data = format!("{born}-{seq}");
    LogEntry {
        place: at(born, seq),
        event: Some(Draft {
            data,
            ..Draft::default()
        }),
        begins: false,
    }
}

/// Steps in few words.
fn words(steps: &[Append]) -> Vec<String> {
    let place = |place: &Position| format!("{}-{}", place.born, place.seq);
    let word = |step: &Append| match step {
        Append::Begin(at) => format!("begin {}", place(at)),
        Append::Event(event) => event.data.clone(),
        Append::Gap {
            place: at,
            lost,
            next,
        } => {
            let next = next.as_deref().map(Position::parse);
            let next = next.flatten().as_ref().map(place);
            format!("gap {} {lost:?} {next:?}", place(at))
        }
        Append::Reached {
            head, looks, beat, ..
        } => format!("reached {} {looks} {beat}", place(head)),
    };
    steps.iter().map(word).collect()
}

/// A follower that follows, on a connection, and what it handed out since it was asked last.
struct Run {
    follower: Follower,
    now: Instant,
}

impl Run {
    fn new() -> Self {
        let mut follower = Follower::new();
        follower.connected();
        follower.follow();
        Self {
            follower,
            now: Instant::now(),
        }
    }

    /// One that has this place and no more.
    fn with(born: u64, seq: u64) -> Self {
        let mut run = Self::new();
        run.touch(placed(born, seq));
        run.load(vec![]);
        run
    }

    fn verb(&mut self) -> Option<Verb> {
        self.follower.next(self.now).map(|command| command.verb)
    }

    fn answer(&mut self, reply: Reply) -> Vec<String> {
        let mut steps = Vec::new();
        let round = self.follower.round;
        self.follower.answered(round, reply, &mut steps);
        words(&steps)
    }

    /// It touches, and this is the answer.
    fn touch(&mut self, placed: Placed) -> Vec<String> {
        assert!(matches!(self.verb(), Some(Verb::Touch(_))));
        assert_eq!(self.verb(), None, "one at a time");
        self.answer(Reply::Touched(placed))
    }

    /// It loads, and this is the answer.
    fn load(&mut self, entries: Vec<LogEntry>) -> Vec<String> {
        assert!(matches!(self.verb(), Some(Verb::Load(_))));
        self.answer(Reply::Loaded(entries))
    }

    fn read(&mut self, entries: Vec<LogEntry>) -> Vec<String> {
        let mut steps = Vec::new();
        let (round, _) = self.follower.reads_behind().expect("it reads");
        self.follower.read(round, entries, &mut steps);
        words(&steps)
    }

    fn reads_behind(&self) -> Option<Position> {
        self.follower.reads_behind().map(|(_, place)| place)
    }
}

#[test]
fn a_ring_begins_with_what_the_engine_keeps_after_a_touch() {
    let mut run = Run::new();
    assert_eq!(run.reads_behind(), None, "nothing is read before");
    assert!(!run.follower.may_publish(), "nor published");
    assert!(run.touch(placed(7, 3)).is_empty());
    assert!(run.follower.may_publish());
    assert_eq!(run.verb(), Some(Verb::Load(None)));
    let steps = run.answer(Reply::Loaded(vec![entry(7, 2)]));
    assert_eq!(steps, ["begin 7-1", "7-2"]);
    assert_eq!(run.reads_behind(), None, "there is more");
    assert_eq!(run.verb(), Some(Verb::Load(Some(at(7, 2)))));
    let steps = run.answer(Reply::Loaded(vec![entry(7, 3)]));
    assert_eq!(steps, ["7-3", "reached 7-3 0 true"]);
    assert_eq!(run.reads_behind(), Some(at(7, 3)));
    assert_eq!(run.verb(), None);
}

#[test]
fn an_empty_topic_begins_where_the_engine_stands() {
    let mut run = Run::new();
    run.touch(placed(7, 0));
    assert_eq!(run.load(vec![]), ["begin 7-0", "reached 7-0 0 true"]);
    assert_eq!(run.read(vec![entry(7, 1)]), ["7-1"]);
}

#[test]
fn a_hole_is_counted_and_a_new_life_is_not() {
    let mut run = Run::with(7, 1);
    let steps = run.read(vec![entry(7, 2), entry(7, 5), entry(9, 1), entry(11, 3)]);
    assert_eq!(
        steps,
        [
            "7-2",
            "gap 7-4 Some(2) Some(\"7-5\")",
            "7-5",
            "gap 9-0 None Some(\"9-1\")",
            "9-1",
            "gap 11-2 None Some(\"11-3\")",
            "11-3"
        ]
    );
    assert_eq!(run.follower.caller(run.now).known, 11);
}

#[test]
fn what_comes_twice_is_taken_once() {
    let mut run = Run::with(7, 1);
    assert_eq!(run.read(vec![entry(7, 1), entry(7, 2)]), ["7-2"]);
    assert!(run.read(vec![entry(6, 9), entry(7, 2)]).is_empty());
}

#[test]
fn a_life_in_which_nothing_happens_is_told_of_by_the_next_beat() {
    let mut run = Run::with(7, 1);
    run.now += BEAT - Duration::from_millis(1);
    assert_eq!(run.verb(), None);
    assert_eq!(run.follower.due(), Some(run.now + Duration::from_millis(1)));
    run.now += Duration::from_millis(1);
    run.touch(placed(9, 0));
    assert_eq!(
        run.load(vec![]),
        ["gap 9-0 None None", "reached 9-0 0 true"]
    );
    run.now += BEAT;
    assert_eq!(run.touch(placed(9, 0)), ["reached 9-0 0 true"], "no load");
}

#[test]
fn what_the_engine_gave_and_no_longer_has_is_counted() {
    let mut run = Run::with(7, 1);
    run.now += BEAT;
    run.touch(placed(7, 4));
    assert_eq!(run.load(vec![entry(7, 2)]), ["7-2"]);
    let steps = run.load(vec![]);
    assert_eq!(steps, ["gap 7-4 Some(2) None", "reached 7-4 0 true"]);
    assert_eq!(run.reads_behind(), Some(at(7, 4)));
}

#[test]
fn a_look_that_is_asked_for_begins_after_that() {
    let mut run = Run::with(7, 1);
    run.follower.wants(1);
    assert!(matches!(run.verb(), Some(Verb::Touch(_))));
    run.follower.wants(2);
    assert_eq!(
        run.answer(Reply::Touched(placed(7, 1))),
        ["reached 7-1 1 false"],
        "the second came while it was under way"
    );
    assert_eq!(run.touch(placed(7, 1)), ["reached 7-1 2 false"]);
    assert_eq!(run.verb(), None);
}

#[test]
fn a_new_connection_is_touched_first_and_the_old_one_is_not_believed() {
    let mut run = Run::with(7, 1);
    let (old, _) = run.follower.reads_behind().expect("it reads");
    run.follower.cut();
    assert_eq!((run.reads_behind(), run.verb()), (None, None));
    assert!(!run.follower.may_publish());
    run.follower.connected();
    assert_eq!(run.reads_behind(), None);
    let caller = Caller {
        known: 7,
        acked: None,
        read: Some(at(7, 1)),
    };
    assert_eq!(run.verb(), Some(Verb::Touch(caller)));
    let mut steps = Vec::new();
    run.follower.read(old, vec![entry(7, 2)], &mut steps);
    let late = Reply::Touched(placed(7, 9));
    run.follower.answered(old, late, &mut steps);
    assert!(steps.is_empty() && !run.follower.may_publish());
    assert_eq!(
        run.answer(Reply::Touched(placed(7, 1))),
        ["reached 7-1 0 false"]
    );
    assert_eq!(run.reads_behind(), Some(at(7, 1)));
}

#[test]
fn what_is_no_event_of_ours_is_skipped_and_counted() {
    let mut run = Run::with(7, 1);
    let with = |change: fn(&mut Draft)| {
        let mut entry = entry(7, 2);
        entry.event.iter_mut().for_each(change);
        entry
    };
    let by_hand = [
        LogEntry {
            place: at(7, 2),
            event: None,
            begins: false,
        },
        with(|event| event.event = Some("gap".to_owned())),
        with(|event| event.id = Some("a\nb".to_owned())),
        with(|event| event.id = Some(at(7, 9).to_string())),
    ];
    for entry in by_hand {
        let mut run = Run::with(7, 1);
        assert!(run.read(vec![entry]).is_empty());
        assert_eq!(run.follower.skipped(), 1);
        assert_eq!(run.reads_behind(), Some(at(7, 2)), "not read again");
        assert_eq!(run.follower.caller(run.now).read, Some(at(7, 1)));
    }
    // `XADD * ...` of somebody: it has the form of a life that began.
    assert!(run.read(vec![entry(99, 0)]).is_empty());
    assert_eq!(run.follower.caller(run.now).known, 7, "no life is made up");
}

#[test]
fn the_end_of_a_topic_is_told_of_as_soon_as_it_is_read() {
    let ended = |born| LogEntry {
        event: None,
        begins: true,
        ..entry(born, 0)
    };
    let mut run = Run::with(7, 1);
    let steps = run.read(vec![ended(9), entry(9, 1)]);
    assert_eq!(steps, ["gap 9-0 None None", "9-1"], "and no second gap");
    assert_eq!(run.follower.skipped(), 0);
    assert!(run.read(vec![ended(9)]).is_empty(), "once");
    run.read(vec![ended(11)]);
    let caller = run.follower.caller(run.now);
    assert_eq!((caller.known, caller.read), (11, Some(at(11, 0))));
    run.now += BEAT;
    assert_eq!(run.touch(placed(11, 0)), ["reached 11-0 0 true"]);

    let mut run = Run::new();
    run.touch(placed(9, 1));
    let steps = run.load(vec![ended(9), entry(9, 1)]);
    assert_eq!(steps, ["begin 9-0", "9-1", "reached 9-1 0 true"]);
}

/// Somebody wrote an entry of the year 2200 by hand, and then everything was lost.
#[test]
fn an_entry_that_is_none_of_the_engines_holds_nothing_up() {
    let mut run = Run::with(7, 1);
    let by_hand = LogEntry {
        event: None,
        ..entry(99, 3)
    };
    run.read(vec![by_hand]);
    run.now += BEAT;
    run.touch(placed(9, 0));
    assert_eq!(
        run.load(vec![]),
        ["gap 9-0 None None", "reached 9-0 0 true"]
    );
    assert_eq!(run.reads_behind(), Some(at(9, 0)));
    assert_eq!(run.read(vec![entry(9, 1)]), ["9-1"]);

    let wide = entry(Position::LATEST_LIFE + 1, 1);
    assert!(run.read(vec![wide]).is_empty());
    assert_eq!(run.reads_behind(), Some(at(9, 1)));
    assert_eq!(run.follower.skipped(), 2);
}

#[test]
fn whoever_only_publishes_touches_each_connection_once_and_keeps_its_proof_for_an_hour() {
    let mut follower = Follower::new();
    let now = Instant::now();
    assert!(!follower.may_publish(), "there is no connection");
    follower.connected();
    assert!(follower.may_publish(), "nothing can be missing yet");
    assert_eq!(follower.next(now), None);
    follower.published(now, placed(7, 1));
    follower.connected();
    assert!(!follower.may_publish());
    let caller = Caller {
        known: 7,
        acked: Some(at(7, 1)),
        read: None,
    };
    let command = follower.next(now).expect("a touch");
    assert_eq!(command.verb, Verb::Touch(caller));
    let mut steps = Vec::new();
    follower.answered(command.round, Reply::Touched(placed(9, 0)), &mut steps);
    assert!(steps.is_empty() && follower.may_publish());
    assert_eq!(follower.next(now + 2 * BEAT), None);
    assert_eq!(follower.due(), None);
    follower.repeated(now, at(5, 9));
    assert_eq!(follower.caller(now).acked, Some(at(7, 1)), "it is later");
    follower.repeated(now, at(7, 2));
    assert_eq!(follower.caller(now).acked, Some(at(7, 2)));
    let hour = Duration::from_secs(3600);
    assert!(!follower.is_over(now + hour - BEAT));
    assert!(follower.is_over(now + hour));
    assert_eq!(follower.caller(now + hour).acked, None);
}

#[test]
fn a_ring_that_begins_anew_takes_nothing_of_the_one_before() {
    let mut run = Run::with(7, 1);
    run.follower.wants(3);
    run.verb();
    let old = run.follower.round;
    run.follower.unfollow();
    assert_eq!(run.reads_behind(), None);
    run.follower.follow();
    let mut steps = Vec::new();
    run.follower
        .answered(old, Reply::Touched(placed(7, 1)), &mut steps);
    assert!(steps.is_empty());
    run.touch(placed(7, 2));
    assert_eq!(run.verb(), Some(Verb::Load(None)));
    let steps = run.answer(Reply::Loaded(vec![entry(7, 1), entry(7, 2)]));
    assert_eq!(steps, ["begin 7-0", "7-1", "7-2", "reached 7-2 0 false"]);
}
