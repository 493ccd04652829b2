//! What may be published, and what is refused with a sentence.

use super::*;

fn refused(draft: Draft) -> String {
    draft.check().expect_err("it cannot be sent").to_string()
}

fn named(event: &str) -> Draft {
    Draft {
        event: Some(event.to_owned()),
        ..Draft::default()
    }
}

fn with_id(id: &str) -> Draft {
    Draft {
        id: Some(id.to_owned()),
        ..Draft::default()
    }
}

fn of_lines(data: &str) -> Draft {
    Draft {
        data: data.to_owned(),
        ..Draft::default()
    }
}

#[test]
fn names_and_ids_have_bounds_and_no_second_meaning() {
    let longest = "x".repeat(1024);
    for good in ["a", "über", " spaced ", &*longest, ""] {
        assert_eq!(named(good).check(), Ok(()), "{good:?}");
    }
    for good in ["a", "x y", &*longest, "1763823600123-9"] {
        assert_eq!(with_id(good).check(), Ok(()), "{good:?}");
    }
    let too_long = "x".repeat(1025);
    for (event, hint) in [
        (&*too_long, "event must be at most 1024 bytes"),
        ("a\nb", "one line"),
        ("a\tb", "control characters"),
        ("gap", "lost events"),
    ] {
        assert!(refused(named(event)).contains(hint), "{event:?}");
    }
    for (id, hint) in [
        (&*too_long, "id must be at most 1024 bytes"),
        ("a\rb", "one line"),
        ("", "is empty"),
        (" a", "white space at its ends"),
        ("a ", "white space at its ends"),
        ("a\tb", "control characters"),
        ("earliest", "means something"),
        ("1763823600123-000000000009", "means something"),
    ] {
        assert!(refused(with_id(id)).contains(hint), "{id:?}");
    }
}

#[test]
fn a_reconnection_time_is_a_day_at_most() {
    let with_retry = |retry| Draft {
        retry: Some(retry),
        ..Draft::default()
    };
    assert_eq!(with_retry(86_400_000).check(), Ok(()));
    assert_eq!(with_retry(0).check(), Ok(()));
    let sentence = refused(with_retry(86_400_001));
    assert_eq!(
        sentence,
        "retry must be a whole number of milliseconds from 0 to 86400000."
    );
}

#[test]
fn each_line_is_one_event_with_the_fields_of_all() {
    let draft = Draft {
        event: Some("e".to_owned()),
        retry: Some(7),
        ..of_lines("\u{feff}{\"a\": 1}\r\n\n \n\"two\"\n3")
    };
    let batch = Batch::lines(draft).expect("JSON");
    let data: Vec<&str> = batch.events(0).filter_map(|event| event.data).collect();
    assert_eq!(data, ["{\"a\": 1}", "\"two\"", "3"]);
    assert_eq!(batch.len(), 3);
    for event in batch.events(0) {
        assert_eq!(
            (event.event, event.retry, event.id),
            (Some("e"), Some(7), None)
        );
    }
    let rest: Vec<&str> = batch.events(2).filter_map(|event| event.data).collect();
    assert_eq!(rest, ["3"]);
    assert_eq!(batch.events(4).count(), 0);
    let ended = Batch::lines(of_lines("1\n2\n")).expect("JSON");
    assert_eq!(ended.len(), 2, "the last line may have its end");
}

#[test]
fn a_bad_line_refuses_all_and_is_told_by_its_number() {
    let refused = |draft| Batch::lines(draft).expect_err("refused").to_string();
    assert!(refused(of_lines("1\n\n{x\n")).starts_with("Line 3 is not JSON"));
    assert!(refused(of_lines("1\n\u{feff}2")).starts_with("Line 2 is not JSON"));
    assert!(refused(of_lines("\n \n")).starts_with("There is no event"));
    let one_id = |data| Draft {
        data: String::from(data),
        ..with_id("a")
    };
    assert!(refused(one_id("1\n2")).contains("leave it out"));
    assert_eq!(Batch::lines(one_id("1\n")).expect("one").id(), Some("a"));
}
