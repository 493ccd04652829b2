//! What is armed, over made-up time.

use std::time::Duration;

use sse_engine::fault::Target;

use super::*;

const S: Duration = Duration::from_secs(1);
const MS: Duration = Duration::from_millis(1);

fn now() -> Now {
    Now {
        instant: Instant::now(),
        wall: SystemTime::UNIX_EPOCH + Duration::from_millis(5),
    }
}

fn at(now: Now, later: Duration) -> Now {
    Now {
        instant: now.instant + later,
        wall: now.wall + later,
    }
}

fn fault(text: &str) -> Fault {
    text.parse()
        .unwrap_or_else(|mistake| panic!("{text}: {mistake}"))
}

fn faults(texts: &[&str]) -> Vec<Fault> {
    texts.iter().map(|text| fault(text)).collect()
}

fn armed(texts: &[&str], now: Now) -> Faults {
    let all = Faults::default();
    all.arm(faults(texts), now, |_| {}).expect("they fit");
    all
}

fn meeting<'a>(stream: &'a str, client: &'a str, room: Option<&'a str>) -> Meeting<'a> {
    Meeting {
        stream,
        client,
        room,
        connection: 7,
        attempt: NonZeroU64::MIN,
    }
}

fn ids(armed: &[Arc<Armed>]) -> Vec<u64> {
    armed.iter().map(|armed| armed.id).collect()
}

fn met(faults: &Faults, at: Instant) -> Vec<u64> {
    ids(&faults.meet(&meeting("/a", "t1", None), at))
}

#[test]
fn a_request_meets_what_is_armed_for_it_in_the_order_of_arming() {
    let now = now();
    let all = armed(
        &[
            "cut,after=3",
            "bom,client=t2",
            "skip,stream=/a",
            "swap,room=w3",
        ],
        now,
    );
    assert_eq!(met(&all, now.instant), [1, 3]);
    let of = |stream, client, room| ids(&all.meet(&meeting(stream, client, room), now.instant));
    assert_eq!(of("/b", "t2", None), [1, 2]);
    assert_eq!(of("/a", "t2", Some("w3")), [4]);
    let again = all.arm(faults(&["mute"]), now, |_| {}).expect("it fits");
    assert_eq!(ids(&again), [5], "no number is given twice");
    let mut noted = Vec::new();
    let last = all.arm(faults(&["mute", "bom"]), now, |one| noted.push(one.id));
    assert_eq!(ids(&last.expect("they fit")), noted);
}

#[test]
fn a_sequence_is_met_step_by_step() {
    let now = now();
    let all = armed(
        &[
            "refuse,for=2s",
            "status=503,start=2s,for=5s",
            "limit=6,start=7s,for=3s",
            "status=401,after=20s",
        ],
        now,
    );
    let at = |s: u32| met(&all, now.instant + s * S);
    let steps = [0, 1, 2, 6, 7, 9, 10, 19, 20, 99].map(at);
    assert_eq!(
        steps.map(|met| met.first().copied()),
        [
            None,
            None,
            Some(2),
            Some(2),
            Some(3),
            Some(3),
            None,
            None,
            Some(4),
            Some(4)
        ]
    );
    let refuses = |s: u32| {
        let refuse = all.refuses(now.instant + s * S);
        refuse.map(|(armed, until)| (armed.id, until - now.instant))
    };
    assert_eq!(refuses(1), Some((1, 2 * S)));
    assert_eq!(refuses(2), None);
}

/// Nobody has said who they are.
#[test]
fn each_knock_is_the_last_strike_and_of_nobody() {
    let now = now();
    let all = armed(&["knock,for=60s"], now);
    let last = || all.view(&InRooms::All, now.instant)[0].last.clone();
    assert_eq!(last(), None);
    for s in [1, 3] {
        let now = Now {
            instant: now.instant + s * S,
            wall: now.wall + s * S,
        };
        assert!(all.knocked(now, |_| {}));
        let nobody = LastStrike {
            at_ms: 1000 * u64::from(s) + 5,
            stream: None,
            client: None,
            connection: None,
        };
        assert_eq!(last(), Some(nobody));
    }
}

#[test]
fn what_is_over_leaves_the_list_unless_a_connection_has_it() {
    let now = now();
    let all = armed(&["cut,after=1,for=2s", "silence,times=1", "mute"], now);
    let struck = all.meet(&meeting("/a", "t1", None), now.instant);
    assert_eq!(ids(&struck), [1, 2, 3]);
    assert!(struck[1].strike());
    assert_eq!(
        met(&all, now.instant),
        [1, 3],
        "it struck as often as it may"
    );
    let later = at(now, 3 * S);
    let mut changed = all.changed();
    changed.mark_unchanged();
    assert_eq!(ids(&all.expire(later)), [1], "a connection has the other");
    assert!(changed.has_changed().expect("it is there"));
    // It is silent for good, and so has to be healed.
    assert_eq!(ids(&all.heal(&Which::Id(2), now.wall)), [2]);
    assert!(struck[1].is_healed() && !struck[0].is_healed());
    let again = all.arm(faults(&["hang,times=1"]), now, |_| {});
    let again = again.expect("it fits").remove(0);
    assert!(again.strike() && all.expire(later).is_empty());
    drop(again);
    assert_eq!(ids(&all.expire(later)), [4], "nobody has it any more");
    assert_eq!(met(&all, later.instant), [3]);
}

#[test]
fn those_that_are_meant_are_healed_and_no_others() {
    let now = now();
    let list = [
        "cut,after=1",
        "cut,after=2,stream=/a",
        "cut,after=3,client=t1",
        "cut,after=4,stream=/a,client=t1,room=w3",
        "cut,after=5,room=w3",
    ];
    let of = |rooms: InRooms, stream: Option<&str>, client: Option<&str>| Which::Of {
        rooms,
        stream: stream.map(str::to_owned),
        client: client.map(str::to_owned),
    };
    let default = || InRooms::read(None);
    let w3 = || InRooms::read(Some("w3"));
    for (which, healed) in [
        (Which::Id(4), &[4_u64] as &[u64]),
        (Which::Id(9), &[]),
        (Which::of(InRooms::All), &[1, 2, 3, 4, 5]),
        (Which::of(default()), &[1, 2, 3]),
        (Which::of(w3()), &[4, 5]),
        (of(default(), Some("/a"), None), &[2]),
        (of(InRooms::read(Some("*")), Some("/a"), None), &[2, 4]),
        (of(w3(), Some("/a"), Some("t1")), &[4]),
        (of(w3(), Some("/a"), Some("t2")), &[]),
    ] {
        let all = armed(&list, now);
        assert_eq!(ids(&all.heal(&which, now.wall)), healed, "{which:?}");
        let left = all.view(&InRooms::All, now.instant);
        assert_eq!(left.len(), list.len() - healed.len(), "{which:?}");
    }
}

#[test]
fn what_a_list_of_streams_holds_is_replaced_as_a_whole() {
    let now = now();
    let all = armed(&["bom"], now);
    let (before, first) = all.arm_list(
        None,
        faults(&["cut,stream=/a", "mute,stream=/a"]),
        now,
        |_| {},
    );
    assert_eq!((ids(&before), ids(&first)), (vec![], vec![2, 3]));
    let (_, other) = all.arm_list(Some("w3"), faults(&["cut,stream=/a"]), now, |_| {});
    assert_eq!(other[0].fault.to_string(), "cut,stream=/a,room=w3");
    let (before, again) = all.arm_list(None, faults(&["cut,stream=/a"]), now, |_| {});
    assert_eq!((ids(&before), ids(&again)), (vec![2, 3], vec![5]));
    assert!(first.iter().all(|armed| armed.is_healed()));
    // Healing disarms them too, until the list is served anew.
    assert_eq!(
        ids(&all.heal(&Which::of(InRooms::One(None)), now.wall)),
        [1, 5]
    );
    assert!(met(&all, now.instant).is_empty());
    let (before, again) = all.arm_list(None, faults(&["cut,stream=/a"]), now, |_| {});
    assert_eq!((ids(&before), ids(&again)), (vec![], vec![6]));
    assert_eq!(met(&all, now.instant), [6]);
}

#[test]
fn a_list_is_armed_as_a_whole_or_not_at_all() {
    let now = now();
    let all = Faults::default();
    let refused = all.arm(faults(&["bom", "status=503", "never"]), now, |_| {});
    let sentence = refused.expect_err("they exclude each other").to_string();
    assert!(sentence.starts_with("`status=503` and `never` exclude"));
    let most = vec![fault("bom"); MOST_ARMED - 1];
    all.arm(most, now, |_| {}).expect("they fit");
    let refused = all.arm(faults(&["bom", "bom"]), now, |_| {});
    assert_eq!(refused.err(), Some(Error::TooManyFaults(MOST_ARMED)));
    assert_eq!(all.view(&InRooms::All, now.instant).len(), MOST_ARMED - 1);
    // Those of a file have their own bound.
    all.arm_list(None, faults(&["bom", "bom"]), now, |_| {});
    all.arm(faults(&["bom"]), now, |_| {}).expect("it fits");
    all.heal(&Which::Id(1), now.wall);
    all.arm(faults(&["bom"]), now, |_| {})
        .expect("one was healed");
}

#[test]
fn what_is_armed_is_shown_with_what_is_left_of_it() {
    let now = now();
    let all = armed(
        &[
            "hang, for=10s , client=t1",
            "cut,after=3,start=2s,for=3s,room=w3",
        ],
        now,
    );
    all.arm_list(None, faults(&["bom,stream=/a"]), now, |_| {});
    let struck = all.meet(&meeting("/a", "t1", None), now.instant);
    struck[0].strike();
    let of_row = |connection, ms| Strike {
        at: SystemTime::UNIX_EPOCH + Duration::from_millis(ms),
        whom: Some(Target {
            connection,
            stream: "/a".to_owned(),
            client: Some("t1".to_owned()),
        }),
    };
    struck[0].note(of_row(7, 900));
    struck[0].note(of_row(8, 1005));
    let views = all.view(&InRooms::All, now.instant + S);
    let json = serde_json::to_value(&views).expect("JSON");
    assert_eq!(
        json,
        serde_json::json!([
            {
                "id": 1, "fault": "hang,client=t1,for=10s", "room": null, "stream": null,
                "client": "t1", "from": "hand", "armed_ms": 5, "begins_in_ms": 0, "fired": 1,
                "last": {"at_ms": 1005, "stream": "/a", "client": "t1", "connection": 8},
                "left_ms": null, "tries": null,
            },
            {
                "id": 2, "fault": "cut,after=3,start=2s,room=w3,for=3s", "room": "w3",
                "stream": null, "client": null, "from": "hand", "armed_ms": 5,
                "begins_in_ms": 1000, "fired": 0, "last": null, "left_ms": 4000, "tries": null,
            },
            {
                "id": 3, "fault": "bom,stream=/a", "room": null, "stream": "/a", "client": null,
                "from": "file", "armed_ms": 5,
                "begins_in_ms": 0, "fired": 0, "last": null,
                "left_ms": null, "tries": null,
            },
        ])
    );
    let in_w3 = all.view(&InRooms::read(Some("w3")), now.instant);
    assert_eq!(in_w3.len(), 1);
}

#[test]
fn when_which_was_armed_is_kept_when_it_is_armed_no_longer() {
    let now = now();
    let spans = |all: &Faults, room| {
        let spans = all.spans(room).into_iter();
        let parts = spans.map(|it| (it.fault, it.from_ms, it.to_ms));
        parts.collect::<Vec<_>>()
    };
    let all = armed(
        &[
            "cut,after=3,stream=/a,client=t1",
            "mute,start=2s",
            "bom,for=3s,start=1s",
            "skip,room=w3",
        ],
        now,
    );
    all.act(fault("hang"), now, |_| {}).expect("it fits");
    let begun = [(1, 5, None), (2, 2005, None), (3, 1005, None)];
    assert_eq!(
        spans(&all, None),
        begun,
        "an act is none, nor another room's"
    );
    assert_eq!(spans(&all, Some("w3")), [(4, 5, None)]);
    let first = all.spans(None).remove(0);
    assert_eq!(first.text, "cut,after=3,stream=/a,client=t1");
    assert_eq!(
        (first.stream.as_deref(), first.client.as_deref()),
        (Some("/a"), Some("t1"))
    );
    // It is found to be over half a second after it is.
    all.expire(at(now, 4500 * MS));
    all.heal(&Which::Id(1), at(now, 5 * S).wall);
    let kept = [(3, 1005, Some(4005)), (1, 5, Some(5005)), (2, 2005, None)];
    assert_eq!(spans(&all, None), kept);
    let later = at(now, 6 * S);
    let armed = all.arm(faults(&["bom,start=9s"]), later, |_| {});
    let id = armed.expect("it fits")[0].id;
    all.heal(&Which::Id(id), at(now, 7 * S).wall);
    assert_eq!(spans(&all, None), kept, "it never began");
    all.heal(&Which::of(InRooms::All), later.wall);
    all.begin_anew(None);
    assert!(spans(&all, None).is_empty());
    assert_eq!(spans(&all, Some("w3")), [(4, 5, Some(6005))]);
}

#[test]
fn a_picture_has_a_bounded_number_of_spans_texts_and_tries() {
    let now = now();
    let all = Faults::default();
    for _ in 0..150 {
        all.arm(faults(&["bom"]), now, |_| {}).expect("they fit");
        all.heal(&Which::of(InRooms::All), now.wall);
    }
    let spans = all.spans(None);
    assert_eq!((spans.len(), spans[0].fault), (100, 51));
    let long = format!("status=503,body={}", "é".repeat(900));
    all.arm(faults(&[&long, "knock,for=60s"]), now, |_| {})
        .expect("they fit");
    for second in 0..150 {
        let knocked = all.knocked(at(now, second * 10 * MS), |_| {});
        assert!(knocked);
    }
    let spans = all.spans(None);
    let [.., status, knock] = &spans[..] else {
        panic!("two are armed: {spans:?}")
    };
    assert_eq!(status.text.chars().count(), 121);
    assert!(knock.of_port && !status.of_port);
    let (first, last) = (knock.tries_ms.first(), knock.tries_ms.last());
    assert_eq!(
        (knock.tries_ms.len(), first, last),
        (100, Some(&505), Some(&1495))
    );
}
