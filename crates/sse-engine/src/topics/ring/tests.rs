use super::*;

const BORN: u64 = 1_763_823_600_123;

fn data(text: &str) -> Event<'_> {
    Event {
        data: Some(text),
        ..Event::default()
    }
}

fn named(id: &str) -> Event<'_> {
    Event {
        id: Some(id),
        ..data("x")
    }
}

#[test]
fn events_are_numbered_from_one_and_rendered_once() {
    let mut ring = Ring::new(BORN, 3, 1 << 20);
    assert_eq!((ring.last(), ring.before()), (0, 0));
    assert_eq!(ring.push(&data("a\nb")), Some(1));
    let frame = ring.frame(1).expect("kept");
    assert_eq!(
        &**frame,
        b"id: 1763823600123-000000000001\ndata: a\ndata: b\n\n"
    );
    assert_eq!((ring.last(), ring.before(), ring.kept()), (1, 0, 1));
    assert!(ring.frame(0).is_none() && ring.frame(2).is_none());
}

#[test]
fn the_oldest_go_by_number_and_by_size_but_the_newest_stays() {
    let mut ring = Ring::new(BORN, 3, 1000);
    for n in 1..=5 {
        ring.push(&data(&n.to_string()));
    }
    assert_eq!((ring.before(), ring.last(), ring.kept()), (2, 5, 3));
    ring.push(&data(&"x".repeat(600)));
    assert_eq!((ring.kept(), ring.last()), (3, 6));
    ring.push(&data(&"x".repeat(5000)));
    assert_eq!((ring.before(), ring.last(), ring.kept()), (6, 7, 1));
    assert!(ring.bytes() > 5000);
}

#[test]
fn what_just_fits_is_kept() {
    let mut ring = Ring::new(BORN, 10, usize::MAX);
    ring.push(&data("a"));
    let both = 2 * ring.bytes();
    for (keep_bytes, kept) in [(both, 2), (both - 1, 1)] {
        let mut ring = Ring::new(BORN, 10, keep_bytes);
        ring.push(&data("a"));
        ring.push(&data("b"));
        assert_eq!(ring.kept(), kept, "{keep_bytes} bytes");
    }
}

/// The bytes of a ring were bounded, and those of all rings only by their number.
#[test]
fn rings_that_share_their_memory_never_take_more_of_it() {
    let budget = Arc::new(Budget::new(1000));
    let ring = || Ring::within(Some(Arc::clone(&budget)), BORN, 10, 1 << 20);
    let (mut one, mut other) = (ring(), ring());
    assert_eq!(one.push(&data(&"x".repeat(300))), Some(1));
    assert_eq!(one.push(&data(&"x".repeat(300))), Some(2));
    assert_eq!(
        other.push(&data(&"x".repeat(300))),
        None,
        "it has none to let go"
    );
    assert_eq!((other.last(), one.kept()), (0, 2), "nothing has changed");
    assert_eq!(one.push(&data(&"x".repeat(300))), Some(3));
    assert_eq!(
        (one.before(), one.kept()),
        (1, 2),
        "its own oldest made room"
    );
    assert_eq!(one.push(&data(&"x".repeat(2000))), None);
    assert_eq!(one.kept(), 2, "none is let go for what is larger than all");
    assert_eq!(budget.left(), 1000 - one.bytes());
    drop(one);
    assert_eq!(other.push(&data(&"x".repeat(300))), Some(1));
    drop(other);
    assert_eq!(budget.left(), budget.most());
}

#[test]
fn ids_lead_to_their_events() {
    let mut ring = Ring::new(BORN, 2, 1 << 20);
    ring.push(&named("a"));
    ring.push(&data("x"));
    assert_eq!(ring.find("a"), Some(1));
    assert_eq!(ring.id(1), "a");
    assert_eq!(ring.id(2), "1763823600123-000000000002");
    ring.push(&data("y"));
    assert_eq!(ring.find("a"), None, "it left with its event");
    assert!(!ring.has_given("a"));
    // Our own ids are known for good, and the place of an event that had another id is one of
    // them.
    assert_eq!(ring.find("1763823600123-000000000001"), Some(1));
    assert_eq!(ring.find("1763823600123-000000000000"), Some(0));
    assert_eq!(ring.id(1), "1763823600123-000000000001");
    for never in [
        "",
        "b",
        "1763823600123-000000000004",
        "1763823600124-000000000001",
    ] {
        assert_eq!(ring.find(never), None, "{never}");
    }
}

#[test]
fn the_latest_names_are_remembered() {
    let mut ring = Ring::new(BORN, 2, 1 << 20);
    for n in 0..40 {
        for _ in 0..2 {
            ring.push(&Event {
                event: Some(&format!("n{n}")),
                ..Event::default()
            });
        }
        ring.push(&Event {
            event: Some("tick"),
            ..Event::default()
        });
    }
    let names: Vec<&str> = ring.names().collect();
    assert_eq!((names.len(), names[0], names[29]), (30, "n11", "tick"));
}
