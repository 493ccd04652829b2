use std::time::{Duration, UNIX_EPOCH};

use super::super::{Language, Template, random, scale};
use super::*;

fn at(n: u64) -> Moment {
    Moment {
        n,
        seed: 7,
        wall: UNIX_EPOCH + Duration::from_millis(1_763_823_600_123),
    }
}

fn template(text: &str) -> Template {
    Template::read(text, Language::Jinja).unwrap_or_else(|bad| panic!("{text:?}: {bad}"))
}

fn made(text: &str, n: u64) -> String {
    asked(text, n, &Request::default())
}

fn asked(text: &str, n: u64, request: &Request) -> String {
    let template = template(text);
    let made = template.made(&at(n), request, &mut 0);
    made.unwrap_or_else(|bad| panic!("{text:?}: {bad}"))
        .into_owned()
}

fn fails(text: &str) -> BadTemplate {
    let template = template(text);
    let made = template.made(&at(5), &Request::default(), &mut 0);
    match made {
        Ok(text) => panic!("it is made: {} bytes", text.len()),
        Err(bad) => bad,
    }
}

fn refused(text: &str) -> BadTemplate {
    Template::read(text, Language::Jinja).expect_err(text)
}

#[test]
fn texts_are_filled_in() {
    for (text, expected) in [
        ("", ""),
        ("plain {n} {now}", "plain {n} {now}"),
        ("{{ n }}", "5"),
        ("{{n}}{{ n+1 }}", "56"),
        ("{{ now }}", "2025-11-22T15:00:00.123Z"),
        ("{{ unix_ms }}", "1763823600123"),
        ("{{ unix_ms // 1000 }}", "1763823600"),
        ("{{ random(3, 3) }}", "3"),
        ("{{ pick('only') }}", "only"),
        ("{{ pick(['only']) }}", "only"),
        ("{{ 9 / 2 }} {{ 9 // 2 }} {{ 9 % 2 }}", "4.5 4 1"),
        ("{% if n > 4 %}late{% else %}early{% endif %}", "late"),
        ("{% for i in range(3) %}{{ i }},{% endfor %}", "0,1,2,"),
        // Lines of statements alone are none of the text.
        ("{% if true %}\n  a\n  {% endif %}\nb\n", "  a\nb\n"),
        (
            "{{ {'a': [1, 2.5, none, true, \"it's <b>\"]} | tojson }}",
            r#"{"a":[1,2.5,null,true,"it's <b>"]}"#,
        ),
        ("{{ request.json.id | tojson }}", "null"),
        ("{{ request.json.a.b.c }}.", "."),
        ("{{ 'a' | upper }}{# not sent #}", "A"),
        ("<{{ '<&' }}>", "<<&>"),
    ] {
        assert_eq!(made(text, 5), expected, "{text}");
    }
}

/// They must never change: the same seed is to give the same stream in every version.
#[test]
fn what_is_drawn_depends_on_seed_number_and_call() {
    let dice = |n, call| scale(random(7, n, call), 6) + 1;
    let text = "{{ random(1, 6) }} {{ random(1, 6) }}";
    for n in 0..50 {
        assert_eq!(made(text, n), format!("{} {}", dice(n, 0), dice(n, 1)));
    }
    // As the places of the other language draw.
    let places = Template::parse("{random 90 110}.{pick a|b|c}").expect("a template");
    let text = "{{ random(90, 110) }}.{{ pick('a', 'b', 'c') }}";
    for n in 0..50 {
        assert_eq!(made(text, n), places.text(&at(n)));
    }
    assert_eq!(
        made("{{ random(-9223372036854775808, 9223372036854775807) }}", 1),
        {
            i64::MIN
                .saturating_add_unsigned(random(7, 1, 0))
                .to_string()
        }
    );
    let all: Vec<String> = fake::KINDS
        .iter()
        .filter(|kind| **kind != "paragraph")
        .map(|kind| made(&format!("{{{{ fake('{kind}') }}}}"), 5))
        .collect();
    assert_eq!(
        all,
        [
            "Tomas Varga",
            "Tomas",
            "Varga",
            "tomas.varga17",
            "tomas.varga17@example.org",
            "+1 905-555-0189",
            "Marble Foods",
            "teacher",
            "161 Lake View",
            "Vienna",
            "Portugal",
            "the",
            "The brings paper below by by answer quiet server leaves finds opens.",
            "e4aaf80d-2c2d-48b1-a64f-4ddd8c12cb8d",
            "203.0.113.229",
            "example.org",
            "https://example.org/the/1693",
            "purple",
            "💡",
        ]
    );
    let paragraph = made("{{ fake('paragraph') }}", 5);
    assert!(
        (3..=6).contains(&paragraph.matches('.').count()),
        "{paragraph}"
    );
}

#[test]
fn calls_are_counted_through_the_texts_of_an_event() {
    let entry = crate::stream::Entry {
        event: Some(Template::read_short("{{ pick('a', 'b') }}", Language::Jinja).expect("a name")),
        data: Some(template("{{ random(0, 99) }}")),
        comment: Some(template("{{ random(0, 99) }}")),
        ..Default::default()
    };
    let made = entry.made(&at(3), &Request::default()).expect("made");
    let event = made.event(None);
    let draw = |call| scale(random(7, 3, call), 100).to_string();
    assert_eq!(event.data, Some(&*draw(1)));
    assert_eq!(event.comment, Some(&*draw(2)));
}

#[test]
fn a_text_repeats_what_was_asked() {
    let body = br#"{"jsonrpc": "2.0", "id": "x-1", "params": {"name": "add", "n": [1, 2]}}"#;
    let request = Request::new("POST", "/mcp", [("q", "a b"), ("q", "c")], body);
    for (text, expected) in [
        ("{{ request.method }} {{ request.path }}", "POST /mcp"),
        ("{{ request.query.q }}{{ request.query.none }}", "c"),
        ("{{ request.json.id | tojson }}", "\"x-1\""),
        ("{{ request.json.params.n | sum }}", "3"),
        ("{{ request.json.params.name }}", "add"),
        ("{{ request.json.nothing.at.all }}", ""),
    ] {
        assert!(template(text).asks(), "{text}");
        assert_eq!(asked(text, 5, &request), expected, "{text}");
    }
    assert!(!template("{{ n }}").asks());
    // What is no JSON, or too much of it, is none.
    let nested = "[".repeat(10_000);
    let many = format!("[{}1]", "1,".repeat(70_000));
    let long = format!("\"{}\"", "x".repeat(1024 * 1024));
    for body in ["", "{", "no", "{\"id\": 5} more", &*nested, &*many, &*long] {
        let request = Request::new("POST", "/", [], body.as_bytes());
        assert_eq!(
            asked("{{ request.json is undefined }}", 5, &request),
            "true"
        );
    }
}

#[test]
fn a_condition_asks_for_the_request_only() {
    let body = br#"{"method": "initialize", "id": 0}"#;
    let request = Request::new("POST", "/mcp", [], body);
    let holds = |text: &str, request: &Request| {
        let condition = Condition::parse(text).unwrap_or_else(|bad| panic!("{text}: {bad}"));
        condition.holds(request).expect(text)
    };
    for (text, expected) in [
        ("request.json.method == \"initialize\"", true),
        ("request.json.method == \"tools/list\"", false),
        (
            "request.json.id is defined and request.method == 'POST'",
            true,
        ),
        ("request.json.params.name", false),
        ("not request.query.x", true),
        ("request.json.method in ['a', 'initialize']", true),
    ] {
        assert_eq!(holds(text, &request), expected, "{text}");
    }
    assert!(!holds(
        "request.json.method == 'initialize'",
        &Request::default()
    ));
    for (text, words) in [
        ("n > 1", "n is not a known name"),
        ("random(1, 2) == 1", "random cannot be used in a condition"),
        ("request.json.", "jinja does not understand this"),
        ("{{ request }}", "jinja does not understand this"),
        ("", "jinja does not understand this"),
    ] {
        let bad = Condition::parse(text).expect_err(text).to_string();
        assert!(bad.starts_with(words), "{text}: {bad}");
    }
    let condition = Condition::parse("1 / 0").expect("it can be read");
    assert!(condition.holds(&request).is_err());
}

#[test]
fn what_cannot_be_read_is_told_with_its_line() {
    for (text, line, words) in [
        ("{{ n", 1, "jinja does not understand this"),
        ("a\n{{ n }}\n{% if %}", 3, "jinja does not understand this"),
        (
            "{% for i in range(3) %}",
            1,
            "jinja does not understand this",
        ),
        ("{% include 'x' %}", 1, "jinja does not understand this"),
        (
            "{% macro a() %}{% endmacro %}",
            1,
            "jinja does not understand this",
        ),
        (
            "{{ n }}\n\n{{ nn }}",
            3,
            "nn is not a known name: there are n, now,",
        ),
        (
            "{{ randon(1, 2) }}",
            1,
            "randon is not a known name: random is the nearest",
        ),
        ("{{ debug() }}", 1, "debug is not a known name"),
    ] {
        let bad = refused(text);
        assert_eq!(bad.line, line, "{text}: {bad}");
        assert!(bad.sentence.starts_with(words), "{text}: {bad}");
    }
}

#[test]
fn what_cannot_be_done_is_a_sentence_with_its_line() {
    for (text, line, words) in [
        ("\n{{ 1 // (n - 5) }}", 2, "jinja says"),
        (
            "{{ fake('nam') }}",
            1,
            "jinja says “fake(\"nam\") is not there: \"name\" is the nearest",
        ),
        ("{{ random(2, 1) }}", 1, "jinja says"),
        ("{{ random(1.5, 2) }}", 1, "jinja says"),
        ("{{ random('a') }}", 1, "jinja says"),
        ("{{ pick() }}", 1, "jinja says"),
        ("{{ n | nothing }}", 1, "jinja says"),
        ("{{ n is nothing }}", 1, "jinja says"),
        ("{{ n() }}", 1, "jinja says"),
        ("{{ n.x.y() }}", 1, "jinja says"),
    ] {
        let bad = fails(text);
        assert_eq!(bad.line, line, "{text}: {bad}");
        assert!(bad.sentence.starts_with(words), "{text}: {bad}");
        assert!(
            bad.sentence.ends_with('.') && !bad.sentence.contains('\n'),
            "{bad}"
        );
    }
}

/// Each of these would take all memory, or all time.
#[test]
fn no_text_takes_long_or_grows_without_end() {
    let doubled = format!(
        "{{% set a = 'x' %}}{}{{{{ a | length }}}}",
        "{% set a = a ~ a %}".repeat(60)
    );
    let repeated = format!(
        "{{% set a = [1] %}}{}{{{{ a ~ '' }}}}",
        "{% set a = a * 9 %}".repeat(60)
    );
    let replaced = format!("{{{{ 'a'{} | length }}}}", "|replace('a', 'aa')".repeat(30));
    for text in [
        "{% for i in range(99999) %}{% endfor %}",
        "{% for i in range(999) %}{% for j in range(999) %}{{ i }}{% endfor %}{% endfor %}",
        "{{ 'x' * 999999999 }}",
        "{{ ('x' * 600000) ~ ('x' * 600000) }}",
        "{{ [1] * 999999999 }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ range(100000) | list | length }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ 'a\nb' | indent(999999999) }}",
        "{{ pick(range(9999)) }}{{ pick(range(9999)) }}",
        &doubled,
        &repeated,
        &replaced,
    ] {
        let bad = fails(text);
        assert!(bad.sentence.len() < 400, "{bad}");
    }
}

/// A list that holds another one twice, and so on sixty times, has more ends than there is time to
/// look at: one comparison would take for ever, and cost a step.
#[test]
fn lists_cannot_be_put_into_each_other_by_name() {
    for text in [
        "{% set a = [a, a] %}",
        "{%- set a = [[1], (a)] %}",
        "{% set a = {'x': a, 'y': a} %}",
        "{% set a = (a, a) %}",
        "{% set a = a, a %}",
        "{% set a = n | pick([n, n]) %}",
        "{% with a = [n, n] %}{% endwith %}",
        "{% with a = 1, b = [n] %}{% endwith %}",
        "{% for a in [[n, n]] %}{% endfor %}",
        "{% for a in n, n %}{% endfor %}",
        "{% for a in ((n, n), 1) %}{% endfor %}",
    ] {
        let words = "a list or a map that gets a name can hold plain values only";
        let bad = refused(text);
        assert!(bad.sentence.starts_with(words), "{text}: {bad}");
    }
    let sums = format!("{{% set a = [1] %}}{}", "{% set a = a + a %}".repeat(13));
    assert!(
        refused(&sums)
            .sentence
            .starts_with("there are too many sums that get a name")
    );
    let bad = refused("\n{% for i in [1] recursive %}{{ loop([1]) }}{% endfor %}");
    assert_eq!(
        (bad.line, &*bad.sentence),
        (2, "a loop cannot call itself: leave recursive out.")
    );
    for name in ["namespace(a=1)", "dict(a=1)", "debug()"] {
        let bad = refused(&format!("{{{{ {name} }}}}"));
        assert!(bad.sentence.contains("is not a known name"), "{bad}");
    }
    for filter in [
        "zip([1])",
        "chain([1])",
        "batch(2)",
        "slice(2)",
        "groupby('a')",
    ] {
        let bad = fails(&format!("{{{{ [1] | {filter} }}}}"));
        assert!(bad.sentence.contains("unknown"), "{bad}");
    }
    for (text, expected) in [
        ("{% set a = [1, 2, 'n'] %}{{ a[n - 4] }}", "2"),
        ("{% set a = [1, 2][n - 5] %}{{ a }}", "1"),
        ("{% set a = pick(n, n) %}{{ a }}", "5"),
        ("{% set a = (n + 1) * 2 %}{{ a }}", "12"),
        ("{% with a = n, b = 2 %}{{ a + b }}{% endwith %}", "7"),
        (
            "{% for k, v in {'a': 1} | items %}{{ k }}{{ v }}{% endfor %}",
            "a1",
        ),
        ("{% for i in range(n, n + 2) %}{{ i }}{% endfor %}", "56"),
        (
            "{{ [n, [n, n]] }}{{ {'a': {'b': n}} }}",
            "[5,[5,5]]{\"a\":{\"b\":5}}",
        ),
        (
            "{% raw %}{% set a = [n] %}{% endraw %}",
            "{% set a = [n] %}",
        ),
        ("{# {% set a = [n] %} #}x", "x"),
        ("{{ \"}}[n\" }}{ {n}", "}}[n{ {n}"),
    ] {
        assert_eq!(made(text, 5), expected, "{text}");
    }
}

/// The engine calls itself for each part of an expression: none has so many that the stack would
/// not be enough.
#[test]
fn a_text_of_any_depth_is_read_or_refused() {
    for count in [50, 100, 190, 390, 100_000] {
        let texts = [
            format!("{{{{ {}1{} }}}}", "(".repeat(count), ")".repeat(count)),
            format!("{{{{ {}1 }}}}", "-".repeat(count)),
            format!("{{{{ {}1 }}}}", "not ".repeat(count)),
            format!("{{{{ {}1{} }}}}", "[".repeat(count), "]".repeat(count)),
            format!("{{{{ 1{} }}}}", "+1".repeat(count)),
            format!("{{{{ n{} }}}}", "**1".repeat(count)),
            format!("{{{{ n{} }}}}", ".a".repeat(count)),
            format!("{{{{ n{} }}}}", "|upper".repeat(count)),
            format!("{{{{ n{} }}}}", " if n else n".repeat(count)),
            "{% if n %}".repeat(count),
            format!(
                "{}{}",
                "{% if n %}".repeat(count),
                "{% endif %}".repeat(count)
            ),
            format!("{{% if n %}}{}{{% endif %}}", "{% elif n %}".repeat(count)),
            format!(
                "{}{}",
                "{% for a in [1] %}".repeat(count),
                "{% endfor %}".repeat(count)
            ),
            format!(
                "{}{}",
                "{% filter upper %}".repeat(count),
                "{% endfilter %}".repeat(count)
            ),
        ];
        for text in texts {
            if let Ok(template) = Template::read(&text, Language::Jinja) {
                let _ = template.made(&at(1), &Request::default(), &mut 0);
            } else if count < 60 {
                let bad = refused(&text);
                assert!(bad.sentence.contains("end of"), "{text}: {bad}");
            }
        }
    }
}

#[test]
fn names_and_ids_hold_what_can_be_known_beforehand() {
    let short = |text: &str| Template::read_short(text, Language::Jinja).expect(text);
    assert_eq!(
        short("tick-{{ n }}"),
        Template::parse("tick-{n}").expect("a template")
    );
    assert_eq!(short("tick-{{n}}"), short("tick-{{   n }}"));
    assert_eq!(
        short("{{ pick(\"a\", 'b') }}"),
        Template::parse("{pick a|b}").expect("a template")
    );
    assert_eq!(short("plain {n}").as_plain(), Some("plain {n}"));
    assert_eq!(short("tick-{{ n }}").number_in("tick-12"), Some(12));
    for (text, words) in [
        (
            "{{ n + 1 }}",
            "{{ n + 1 }} is more than a name or an id can hold",
        ),
        ("{{ pick(n) }}", "pick needs texts in quotes here"),
        ("{{ pick() }}", "pick needs texts in quotes here"),
        ("{{ pick('a\\'b') }}", "pick needs texts in quotes here"),
        ("{{ pick('a'", "pick needs texts in quotes here"),
        (
            "{{ pick('a') | upper }}",
            "{{ pick('a') | upper }} is more than",
        ),
        ("{{", "{{}} is more than"),
        ("{% if n %}a{% endif %}", "names and ids have no conditions"),
        ("a{# b #}", "names and ids have no conditions"),
    ] {
        let bad = Template::read_short(text, Language::Jinja)
            .expect_err(text)
            .to_string();
        assert!(bad.starts_with(words), "{text}: {bad}");
    }
}

#[test]
fn the_least_and_the_largest_number_are_no_panic() {
    let least = "(-9223372036854775807-1)";
    for number in [
        least,
        "9223372036854775807",
        "(-170141183460469231731687303715884105727-1)",
    ] {
        for text in [
            "[1, 2][::N]",
            "[1, 2][N:N:N]",
            "'ab'[::N]",
            "'ab'[N:N:N]",
            "range(5, 1, N)",
            "range(5, N, -1)",
            "range(N, 5)",
            "range(N, N, N)",
            "N // -1",
            "N % -1",
            "-N",
            "N|abs",
            "random(N, N)",
            "'a'|indent(N)",
        ] {
            let text = format!("{{{{ {} }}}}", text.replace('N', number));
            // It is made or it fails, with a sentence.
            if let Ok(template) = Template::read(&text, Language::Jinja) {
                let made = template.made(&at(5), &Request::default(), &mut 0);
                assert!(
                    made.is_err() || made.is_ok_and(|it| it.len() < 100),
                    "{text}"
                );
            }
        }
    }
    assert_eq!(made(&format!("{{{{ 'ab'[::{least}] }}}}"), 5), "b");
    // The engine wraps where it counts how many there are.
    assert_eq!(made(&format!("{{{{ range(5, 1, {least}) }}}}"), 5), "[]");
}

#[test]
fn a_panic_of_the_engine_is_a_failure_of_the_text() {
    let made: Result<(), _> = guarded(|| panic!("on purpose"));
    let sentence = failed(&made.expect_err("it panicked")).to_string();
    assert!(sentence.contains("this cannot be worked out"), "{sentence}");
    assert!(guarded(|| Ok(())).is_ok());
}
