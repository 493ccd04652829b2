use super::*;

fn template(text: &str) -> Template {
    Template::parse(text).unwrap_or_else(|bad| panic!("{text:?}: {bad}"))
}

fn at(n: u64) -> Moment {
    Moment {
        n,
        seed: 7,
        wall: UNIX_EPOCH + Duration::from_millis(1_763_823_600_123),
    }
}

fn rendered(text: &str, n: u64) -> String {
    template(text).text(&at(n)).into_owned()
}

#[test]
fn places_are_filled_in() {
    for (text, expected) in [
        ("", ""),
        ("plain", "plain"),
        ("{n}", "5"),
        ("{n}{n} of {n}.", "55 of 5."),
        ("{now}", "2025-11-22T15:00:00.123Z"),
        ("{unix_ms}", "1763823600123"),
        ("{random 3 3}", "3"),
        ("{random  -4   -4 }", "-4"),
        (
            "{random 9223372036854775807 9223372036854775807}",
            "9223372036854775807",
        ),
        ("{pick only}", "only"),
        ("{pick  a }", " a "),
    ] {
        assert_eq!(rendered(text, 5), expected, "{text}");
    }
}

#[test]
fn a_brace_without_a_letter_is_itself_and_two_braces_are_one() {
    for (text, expected) in [
        (r#"{"n": {n}}"#, r#"{"n": 5}"#),
        (
            r#"{"a":{"b":[{},{"c":{n}}]}}"#,
            r#"{"a":{"b":[{},{"c":5}]}}"#,
        ),
        ("{", "{"),
        ("}", "}"),
        ("{}", "{}"),
        ("{ n}", "{ n}"),
        ("{1}", "{1}"),
        ("{é}", "{é}"),
        ("{{", "{{"),
        ("{{}}", "{{}}"),
        ("{{1}}", "{{1}}"),
        ("{{n}}", "{n}"),
        ("{{no such place}}", "{no such place}"),
        ("{{{n}}}", "{{n}}"),
        ("{{n}}}", "{n}}"),
        ("{{n}} {n}}}", "{n} 5}}"),
        // Not the form of an escape: a brace, and a place.
        ("{{n}", "{5"),
        ("{{n} }", "{5 }"),
        ("{ {n} }", "{ 5 }"),
        // No place can hold a brace, so these are a program's own.
        ("if (x) {return {n}}", "if (x) {return 5}"),
        ("{oops", "{oops"),
        ("{{oops", "{{oops"),
    ] {
        assert_eq!(rendered(text, 5), expected, "{text}");
    }
}

#[test]
fn what_cannot_be_filled_in_is_told() {
    for (text, words) in [
        ("{nn}", "{nn} is no place: there are {n}, {now}, {unix_ms}"),
        ("{nn}", "{{nn}} stands for it as text"),
        ("{n }", "{n } is no place"),
        ("{N}", "{N} is no place"),
        ("{now utc}", "{now utc} is no place"),
        ("{n\0}", "{n\\0} is no place"),
        ("{random}", "{random} needs two whole numbers"),
        ("{random 1}", "{random 1} needs two"),
        ("{random 6 1}", "the smaller one first"),
        ("{random 1 6 9}", "needs two"),
        ("{random 1.5 2}", "needs two"),
        ("{random 0 9223372036854775808}", "needs two"),
        ("{pick}", "nothing to choose from"),
        ("{pick }", "nothing to choose from"),
        ("{pick a|{n}}", "{pick is not closed"),
        ("{n", "{n is not closed"),
        ("{now {n}", "{now is not closed"),
    ] {
        let bad = Template::parse(text).expect_err(text).to_string();
        assert!(bad.contains(words), "{text}: {bad}");
    }
    let long = Template::parse(&format!("{{{}}}", "x".repeat(100_000))).expect_err("no place");
    assert!(long.to_string().len() < 400, "{long}");
}

#[test]
fn the_generator_is_the_published_one() {
    // The first numbers of splitmix64 for the seeds 0 and 1234567.
    assert_eq!(splitmix(0), 0xE220_A839_7B1D_CDAF);
    assert_eq!(splitmix(1_234_567), 6_457_827_717_110_365_317);
}

#[test]
fn what_is_drawn_is_the_same_for_the_same_event_and_in_bounds() {
    let text = "{random 1 6} {random -1 1} {pick a|b|c}";
    let draws: Vec<String> = (1..=600).map(|n| rendered(text, n)).collect();
    assert_eq!(
        draws,
        (1..=600).map(|n| rendered(text, n)).collect::<Vec<_>>()
    );
    let mut seen = [[0_u32; 6]; 3];
    for draw in &draws {
        let words: Vec<&str> = draw.split(' ').collect();
        let sides = ["1", "2", "3", "4", "5", "6"];
        for (place, of) in [&sides[..], &["-1", "0", "1"], &["a", "b", "c"]]
            .iter()
            .enumerate()
        {
            let side = of.iter().position(|side| *side == words[place]);
            seen[place][side.expect("in bounds")] += 1;
        }
    }
    assert!(seen[0].iter().all(|times| *times > 60), "{seen:?}");
    assert!(seen[1][..3].iter().all(|times| *times > 150), "{seen:?}");
    assert!(seen[2][..3].iter().all(|times| *times > 150), "{seen:?}");
    // Two places of one kind draw apart, and so do two seeds.
    let both = template("{random 1 1000000} {random 1 1000000}")
        .text(&at(1))
        .into_owned();
    let (first, second) = both.split_once(' ').expect("two numbers");
    assert_ne!(first, second);
    let other = Moment { seed: 8, ..at(1) };
    assert_ne!(template("{random 1 1000000}").text(&other), first);
}

#[test]
fn the_widest_bounds_are_kept() {
    let text = "{random -9223372036854775808 9223372036854775807}";
    for n in 0..1000 {
        rendered(text, n)
            .parse::<i64>()
            .expect("a number of 64 bits");
    }
    assert_eq!(scale(u64::MAX, 1 << 64), u64::MAX);
    assert_eq!(scale(u64::MAX, 1), 0);
}

#[test]
fn a_clock_that_is_far_off_stops_nothing() {
    let text = |wall| {
        template("{now} {unix_ms}")
            .text(&Moment { wall, ..at(1) })
            .into_owned()
    };
    let early = UNIX_EPOCH - Duration::from_secs(1);
    assert_eq!(text(early), "1970-01-01T00:00:00.000Z 0");
    let late = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
    assert!(text(late).starts_with("9999-12-31T23:59:59"));
}

#[test]
fn every_text_is_listed_where_they_can_be() {
    let all = |text: &str| template(text).all();
    let some = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    assert_eq!(all(""), some(&[""]));
    assert_eq!(all("tick"), some(&["tick"]));
    assert_eq!(
        all("{pick a|b}-{pick x|y}"),
        some(&["a-x", "a-y", "b-x", "b-y"])
    );
    assert_eq!(all("{pick a|a|}"), some(&["a", ""]));
    assert_eq!(all("tick-{n}"), None);
    let picks = |count: usize| format!("{{pick {}}}", vec!["x"; count].join("|"));
    assert_eq!(all(&picks(100_000)), some(&["x"]));
    let ten = "{pick 0|1|2|3|4|5|6|7|8|9}";
    assert_eq!(all(&ten.repeat(2)).map(|all| all.len()), Some(100));
    assert_eq!(all(&format!("{}{{pick a|b}}", ten.repeat(2))), None);
    assert_eq!(all(&ten.repeat(1000)), None);
}

#[test]
fn a_number_is_found_in_what_it_was_written_into() {
    for (text, id, number) in [
        ("{n}", "0", Some(0)),
        ("{n}", "9007200254740990", Some(MAX_NUMBER)),
        ("{n}", "9007200254740991", None),
        ("{n}", "18446744073709551615", None),
        ("tick-{n}", "tick-7", Some(7)),
        ("{n}/9", "7/9", Some(7)),
        ("a{n}a", "a7a", Some(7)),
        ("1{n}1", "111", Some(1)),
        ("1{n}1", "11", None),
        ("1{n}1", "1", None),
        ("{n}", "", None),
        ("{n}", "07", None),
        ("{n}", "+7", None),
        ("{n}", " 7", None),
        ("{n}", "٧", None),
        ("{n}", "18446744073709551616", None),
        ("tick-{n}", "tock-7", None),
        ("plain", "plain", None),
        ("{n}{n}", "77", None),
        ("{pick a}{n}", "a7", None),
    ] {
        assert_eq!(template(text).number_in(id), number, "{text} {id}");
    }
    assert_eq!(Template::number(), template("{n}"));
    assert!(template("a{n}b").only_number_and_text());
    assert!(template("").only_number_and_text());
    assert!(!template("{n}{n}").only_number_and_text());
    assert!(!template("{now}").only_number_and_text());
    assert!(template("a{pick b|c}").only_picks_and_text());
    assert!(!template("{n}").only_picks_and_text());
}

#[test]
fn a_template_has_one_form() {
    assert_eq!(template("a{{n}}b").as_plain(), Some("a{n}b"));
    assert_eq!(template("").as_plain(), Some(""));
    assert_eq!(template("{n}").as_plain(), None);
    assert_eq!(template("{{n}}"), template("{{n}}"));
    assert!(template("a{pick b|c\n}").holds('\n'));
    assert!(!template("{n}").holds('n'));
}
