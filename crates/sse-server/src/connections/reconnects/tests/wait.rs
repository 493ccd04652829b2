//! Waiting, over made-up time.

use std::slice;

use super::*;
use crate::armed::InRooms;
use crate::connections::log::{Met, Until, Wait, Whom};

const BEAT: Duration = Duration::from_millis(50);

impl Desk {
    fn waits(&self, until: Until, after: u64, ms: u64) -> Wait {
        let whom = Whom::default();
        self.table.wait(until, whom, after, self.now(ms))
    }

    fn looks(&self, wait: &mut Wait, ms: u64) -> Option<Met> {
        wait.look(slice::from_ref(&self.table), self.now(ms))
    }
}

#[test]
fn who_stays_away_is_seen_from_the_entry_on() {
    let desk = Desk::new();
    let away = Until::Away(Duration::from_secs(3));
    desk.goes(tagged(None), 7, CUT, 2000);
    // Behind the end, which is entry 3; from the question on, where no entry is named.
    let mut behind = desk.waits(away.clone(), 3, 4000);
    let mut asked = desk.waits(away, 0, 4000);
    assert!(desk.looks(&mut behind, 4999).is_none());
    let next = behind.next_look(desk.at(4999), BEAT);
    assert_eq!(next, Some(Duration::from_millis(1)));
    let met = desk.looks(&mut behind, 5000).expect("nobody came");
    assert_eq!((met.seq, met.row.is_none()), (3, true));
    assert!(desk.looks(&mut asked, 6999).is_none());
    // A request begins it anew, and one that is open is not away.
    let refused = (desk.client(tagged(None)), 503, None);
    let full = Why::TooManyStreams;
    desk.table.turn_away(refused, full, None, desk.now(7000));
    assert!(desk.looks(&mut asked, 9999).is_none());
    let open = desk.comes(9999, tagged(None), 1);
    assert!(desk.looks(&mut asked, 20_000).is_none());
    assert_eq!(asked.next_look(desk.at(20_000), BEAT), None);
    desk.ends(&open, CLOSED, 20_000);
    assert!(desk.looks(&mut asked, 22_999).is_none());
    assert!(desk.looks(&mut asked, 23_000).is_some());
}

#[test]
fn a_fault_is_waited_for_by_its_number() {
    let desk = Desk::new();
    let open = desk.comes(0, tagged(None), 1);
    desk.table.armed(3, "cut", None, desk.now(0));
    let mut three = desk.waits(Until::Fired(3), 2, 0);
    desk.table.fired(2, &open.row, desk.now(1000));
    assert!(desk.looks(&mut three, 1000).is_none());
    let seq = desk.table.fired(3, &open.row, desk.now(1000));
    let met = desk.looks(&mut three, 1000).expect("it struck");
    assert_eq!(met.seq, seq);
    assert_eq!(met.row.map(|row| row.id), Some(1));
}

/// A preflight has no row, and its fault was looked for in the default room.
#[test]
fn what_strikes_no_row_strikes_in_its_room() {
    let desk = Desk::new();
    let ci = desk.table.of_room("ci");
    ci.fired_for_all(&desk.fault(3), desk.now(0));
    let in_room = |room: Option<&str>| {
        let whom = Whom {
            rooms: InRooms::One(room.map(str::to_owned)),
            ..Whom::default()
        };
        let mut wait = desk.table.wait(Until::Fired(3), whom, 0, desk.now(0));
        desk.looks(&mut wait, 0).is_some()
    };
    assert_eq!([in_room(Some("ci")), in_room(None)], [true, false]);
}

/// Five events were sent, and the third was not one of them.
#[test]
fn an_id_that_a_fault_left_out_was_not_sent() {
    let desk = Desk::new();
    for (fault, was_sent) in [
        ("skip=1,after=2", false),
        ("drop=x", false),
        ("swap,after=2", false),
        ("drop-header=age", true),
    ] {
        let open = desk.comes(0, tagged(None), 1);
        let armed = Armed::new(3, fault.parse().expect(fault), desk.at(0));
        open.struck(&armed);
        open.sent(5, Some(6), 100);
        let sent = |id: &str| {
            let mut asked = desk.waits(Until::SentId(id.to_owned()), 0, 0);
            desk.looks(&mut asked, 0).is_some()
        };
        assert_eq!((sent("3"), sent("6")), (was_sent, true), "{fault}");
        desk.ends(&open, CLOSED, 0);
    }
}

/// What a test did before met what the next one waited for.
#[test]
fn what_was_before_a_reset_meets_no_wait() {
    let desk = Desk::new();
    desk.goes(tagged(None), 7, CUT, 10);
    let open = desk.comes(20, tagged(Some("7")), 8);
    open.sent(5, Some(12), 100);
    let refused = (desk.client(tagged(None)), 503, None);
    let full = Why::TooManyStreams;
    desk.table.turn_away(refused, full, None, desk.now(30));
    desk.table.fired(3, &open.row, desk.now(40));
    desk.table.fired_for_all(&desk.fault(4), desk.now(40));
    let untils = [
        Until::Connected,
        Until::Returned,
        Until::Refused,
        Until::Ended,
        Until::Events(5),
        Until::SentId("12".to_owned()),
        Until::Fired(3),
        Until::Fired(4),
    ];
    let met = |after, ms| {
        let is_met = |until: &&Until| {
            let mut wait = desk.waits((*until).clone(), after, ms);
            desk.looks(&mut wait, ms).is_some()
        };
        untils.iter().filter(is_met).cloned().collect::<Vec<_>>()
    };
    assert_eq!(met(0, 50), untils);
    let mut runs = desk.waits(Until::Events(99), 0, 50);
    assert!(desk.looks(&mut runs, 50).is_none());
    let seq = desk.table.reset(desk.now(100)).seq;
    assert!(met(0, 110).is_empty() && met(seq, 110).is_empty());
    // It ends later, and a fault that struck it is noted later.
    desk.table.fired(3, &open.row, desk.now(120));
    desk.ends(&open, CLOSED, 130);
    assert!(met(0, 140).is_empty() && met(seq, 140).is_empty());
    assert!(desk.looks(&mut runs, 140).is_none());
    let words = runs.unmet(Duration::ZERO, "90ms").words;
    let nothing = "No connection was sent 99 events within 90ms: 1 reset so far.";
    assert_eq!(words, nothing);
    // Whoever comes now is nobody's return.
    desk.goes(tagged(None), 7, CLOSED, 150);
    assert_eq!(
        met(0, 150),
        [Until::Connected, Until::Ended, Until::Events(5)]
    );
}

/// It was there until then, and nobody noted that it left.
#[test]
fn who_stays_away_is_seen_from_the_reset_on() {
    let desk = Desk::new();
    let away = Until::Away(Duration::from_secs(3));
    let whom = Whom {
        client: Some("a".to_owned()),
        ..Whom::default()
    };
    let mut waits =
        [Whom::default(), whom].map(|whom| desk.table.wait(away.clone(), whom, 0, desk.now(0)));
    let open = desk.comes(0, tagged(None), 1);
    let mut met = |ms| waits.each_mut().map(|wait| desk.looks(wait, ms).is_some());
    assert_eq!(met(5000), [false; 2]);
    desk.table.reset(desk.now(6000));
    assert_eq!(met(6000), [false; 2]);
    desk.ends(&open, CUT, 7000);
    assert_eq!(met(8999), [false; 2]);
    assert_eq!(met(9000), [true; 2]);
}

#[test]
fn a_reset_of_one_room_takes_nothing_from_the_others() {
    let desk = Desk::new();
    let ci = desk.table.of_room("ci");
    let _here = desk.comes(0, tagged(None), 1);
    let whom = || Whom {
        rooms: InRooms::All,
        ..Whom::default()
    };
    let tables = [desk.table.clone(), ci.clone()];
    let met = || {
        let mut wait = desk.table.wait(Until::Connected, whom(), 0, desk.now(0));
        wait.look(&tables, desk.now(0)).map(|met| met.seq)
    };
    ci.reset(desk.now(0));
    assert_eq!(met(), Some(2));
    desk.table.reset(desk.now(0));
    assert_eq!(met(), None);
    // What a room of the same name had is no longer its own.
    let asked = Request {
        room: Some("ci".into()),
        ..Request::clone(&desk.client(tagged(None)).asked)
    };
    let client = Client {
        asked: Arc::new(asked),
        ..desk.client(tagged(None))
    };
    let resume = desk.resume(&client, 1);
    let _there = ci.open_at(client, &resume, desk.now(0)).expect("room");
    assert_eq!(met(), Some(5));
    let mut wait = desk.table.wait(Until::Connected, whom(), 0, desk.now(0));
    let anew = [desk.table.clone(), desk.table.of_room("ci")];
    assert!(wait.look(&anew, desk.now(0)).is_none());
}

/// What is kept no longer is unknown: what there is still counts.
#[test]
fn a_gap_is_no_end() {
    let desk = Desk::new();
    for _ in 0..5005 {
        desk.goes(untagged(None), 7, CLOSED, 10);
    }
    let met = desk.looks(&mut desk.waits(Until::Ended, 1, 10), 10);
    assert!(met.expect("it ended").seq > 11);
    // A number of another run of the program.
    let met = desk.looks(&mut desk.waits(Until::Ended, 99_999, 10), 10);
    assert!(met.is_some());
}

#[test]
fn each_room_is_a_world_of_its_own() {
    let desk = Desk::new();
    let client = desk.client(tagged(None));
    let asked = Request {
        room: Some("ci".into()),
        ..Request::clone(&client.asked)
    };
    let asked = Arc::new(asked);
    let _open = desk.enters(0, Client { asked, ..client }, 1);
    let in_room = |room| {
        let whom = Whom {
            rooms: room,
            ..Whom::default()
        };
        let mut wait = desk.table.wait(Until::Connected, whom, 0, desk.now(0));
        desk.looks(&mut wait, 0).is_some()
    };
    assert!(in_room(InRooms::One(Some("ci".to_owned()))));
    assert!(in_room(InRooms::All));
    assert!(!in_room(InRooms::One(None)));
    assert!(!in_room(InRooms::One(Some("other".to_owned()))));
}
