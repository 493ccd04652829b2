//! The account finds what it is there for.

use std::time::Duration;

use crate::account::{Account, Note, faults, miscounts};
use crate::publisher::{Publish, Publishes};

const BORN: &str = "1763823600123";

fn published(ids: &[&str]) -> Publishes {
    let began = Duration::from_secs(1);
    let publish = Publish {
        began,
        acked: Some(began),
    };
    ids.iter().map(|&id| (id.to_owned(), publish)).collect()
}

fn place(seq: u64) -> Note {
    Note::Place(format!("{BORN}-{seq:012}"))
}

fn event(data: &str) -> Note {
    Note::Event(data.to_owned())
}

fn gap(from: u64, to: u64, lost: Option<u64>) -> Note {
    Note::Gap {
        from: format!("{BORN}-{from:012}"),
        to: Some(format!("{BORN}-{to:012}")),
        lost,
    }
}

fn account(notes: Vec<Note>) -> Account {
    let at = Duration::ZERO;
    Account {
        notes: notes.into_iter().map(|note| (at, note)).collect(),
    }
}

/// What is wrong with one account of a crowd of one.
fn wrong(notes: Vec<Note>, ids: &[&str]) -> Vec<String> {
    let faults = faults(&[account(notes)], &published(ids), false);
    faults.into_iter().map(|(_, fault)| fault).collect()
}

#[test]
fn all_events_once_add_up() {
    let notes = vec![place(0), event("a-1"), place(1), Note::Left, event("a-2")];
    assert!(wrong(notes, &["a-1", "a-2"]).is_empty());
}

#[test]
fn a_loss_that_no_gap_tells_of_is_found() {
    let notes = vec![place(0), event("a-1"), event("a-3")];
    let lacks = "it lacks a-2, and no gap tells of it";
    assert_eq!(wrong(notes, &["a-1", "a-2", "a-3"]), [lacks]);
    // A gap elsewhere does not tell of it.
    let notes = vec![
        place(0),
        event("a-1"),
        event("a-3"),
        gap(3, 5, None),
        event("a-4"),
    ];
    assert_eq!(wrong(notes, &["a-1", "a-2", "a-3", "a-4"]), [lacks]);
    let notes = vec![place(0), event("a-1"), gap(1, 3, Some(1)), event("a-3")];
    assert!(wrong(notes, &["a-1", "a-2", "a-3"]).is_empty());
}

#[test]
fn what_was_published_before_it_came_is_none_of_its() {
    let mut late = account(vec![place(1), event("a-2")]);
    late.notes[0].0 = Duration::from_secs(2);
    assert!(faults(&[late], &published(&["a-1", "a-2"]), false).is_empty());
}

#[test]
fn a_repeat_is_found_unless_a_gap_lies_between() {
    let notes = vec![place(0), event("a-1"), Note::Left, event("a-1")];
    assert_eq!(wrong(notes, &[]), ["it got a-1 twice"]);
    let notes = vec![place(0), event("a-1"), gap(1, 2, None), event("a-1")];
    assert!(wrong(notes, &[]).is_empty());
    // A place never comes twice.
    let notes = vec![
        event("a-1"),
        place(1),
        gap(1, 2, None),
        event("a-1"),
        place(1),
    ];
    assert_eq!(wrong(notes, &[]).len(), 1);
}

#[test]
fn one_place_of_two_events_is_found() {
    let one = account(vec![event("a-1"), place(1)]);
    let other = account(vec![event("b-1"), place(1)]);
    let faults = faults(&[one, other], &published(&[]), false);
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn a_refusal_and_a_wrong_count_are_found() {
    let refused = Note::Refused("HTTP/1.1 503 Service Unavailable".to_owned());
    assert_eq!(wrong(vec![place(0), refused], &[]).len(), 1);
    assert_eq!(wrong(vec![place(0), gap(1, 4, Some(1))], &[]).len(), 1);
    assert!(wrong(vec![place(0), gap(1, 4, Some(2))], &[]).is_empty());
}

#[test]
fn gaps_that_count_too_few_or_too_many_are_found() {
    let all = account(vec![event("a-1"), place(1), event("a-2"), place(2)]);
    for (lost, right) in [(0, false), (1, true), (2, false)] {
        let other = account(vec![place(0), gap(0, 2, Some(lost)), event("a-2")]);
        let faults = miscounts(&[all.clone(), other], &published(&["a-1", "a-2"]));
        assert_eq!(faults.is_empty(), right, "{lost}: {faults:?}");
    }
}
