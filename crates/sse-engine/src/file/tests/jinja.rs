//! A file whose texts are templates of jinja.

use std::sync::Arc;
use std::time::UNIX_EPOCH;

use super::good;
use super::mistakes::problem;
use crate::file::definition::{appended, replaced};
use crate::stream::{Entry, Moment, Request, Source, Stream, Template, Variant};

const HEAD: &str = "templates = \"jinja\"\n[[stream]]\npath = \"/a\"\n";

fn one(rest: &str) -> Stream {
    good(&format!("{HEAD}{rest}")).remove(0)
}

fn entries(stream: &Stream) -> &[Entry] {
    match &stream.source {
        Source::Template(entry) => std::slice::from_ref(entry),
        Source::List(entries) => entries,
        Source::Counter | Source::Recording(_) => &[],
    }
}

/// The data of each event of a stream, as this request gets it.
fn data(stream: &Stream, request: &Request, count: u64) -> Vec<String> {
    let numbers = stream.from..stream.from + count;
    let data = numbers.map(|n| {
        let moment = Moment {
            n,
            seed: stream.pace.seed,
            wall: UNIX_EPOCH,
        };
        let made = stream.entry(n).expect("an entry").made(&moment, request);
        let made = made.expect("made");
        made.event(None).data.unwrap_or("-").to_owned()
    });
    data.collect()
}

#[test]
fn texts_are_jinja_where_the_head_says_so_and_not_elsewhere() {
    let stream = one(
        "event = \"{{ pick('up', 'down') }}\"\nid = \"t-{{ n }}\"\ndata = '{n} {{ n * 2 }}'\ncomment = 'at {{ now }}'",
    );
    let [entry] = entries(&stream) else {
        panic!("one entry")
    };
    assert_eq!(entry.event, Template::parse("{pick up|down}").ok());
    assert_eq!(entry.id, Template::parse("t-{n}").ok());
    assert_eq!(data(&stream, &Request::default(), 2), ["{n} 2", "{n} 4"]);
    assert_eq!(Variant::new(Arc::new(stream)).number_of("t-12"), Some(12));
    // Two braces of the other language stay what they were.
    let plain = good("[[stream]]\npath = \"/a\"\ndata = '{{n}} {{ n }} {n}'").remove(0);
    assert_eq!(data(&plain, &Request::default(), 1), ["{n} {{ n }} 1"]);
}

#[test]
fn mistakes_are_told_with_their_line() {
    let quotes = "\"\"\"";
    for (rest, line, words) in [
        (
            "data = '{{ nn }}'",
            4,
            "In data, nn is nothing that it knows",
        ),
        (
            "data = '''{{ n }}\n{{ n'''",
            5,
            "In data, jinja does not understand this",
        ),
        (
            "data = '''\n{{ n }}\n\n{{ n'''",
            7,
            "In data, jinja does not understand this",
        ),
        (
            &*format!("data = {quotes}\n{{{{ n }}}}\n\n{{{{ nn }}}}{quotes}"),
            7,
            "In data, nn",
        ),
        // A line that goes on, and a line break that is written as one.
        (
            &*format!("data = {quotes}a \\\n   b\n{{{{ nn }}}}{quotes}"),
            6,
            "In data, nn",
        ),
        (
            &*format!("data = {quotes}a\\nb\n{{{{ nn }}}}{quotes}"),
            5,
            "In data, nn",
        ),
        (
            "data = 'a'\ncomment = \"{{ 1 // 0 }}\"",
            5,
            "In comment, jinja says",
        ),
        ("events = [\n'a',\n'{{ nn }}',\n]", 6, "In events, nn"),
        (
            "events = [\n{ data = '''\n\n{{ nn }}''' }]",
            7,
            "In data, nn",
        ),
        (
            "id = \"x\"",
            4,
            "is the same for every event: put {{ n }} into it.",
        ),
        (
            "id = \"{{ n + 1 }}\"",
            4,
            "In id, {{ n + 1 }} is more than a name or an id can hold",
        ),
        (
            "id = \"{{ pick('a') }}\"",
            4,
            "has more than text and one {{ n }}",
        ),
        (
            "event = \"{{ n }}\"",
            4,
            "has more than text and {{ pick(\"a\", \"b\") }}",
        ),
        (
            "templates = \"jinja\"",
            4,
            "templates is of the whole file: put it above",
        ),
        (
            "when = \"true\"",
            4,
            "when is no key of a stream: put it into one of its events.",
        ),
        (
            "events = [{ data = \"a\", when = \"request.\" }]",
            4,
            "In when, jinja does not understand",
        ),
        (
            "events = [{ data = \"a\", when = 5 }]",
            4,
            "when = 5 is no text",
        ),
        (
            "events = [{ when = \"request.json\" }]",
            4,
            "This event has nothing in it",
        ),
    ] {
        let problem = problem(&format!("{HEAD}{rest}"));
        assert!(problem.reason.contains(words), "{rest}: {problem}");
        assert_eq!(problem.line, Some(line), "{rest}: {problem}");
    }
    for (head, words) in [
        ("templates = 5", "templates = 5 is no language of templates"),
        (
            "templates = \"mustache\"",
            "is no language of templates: write \"jinja\"",
        ),
    ] {
        let problem = problem(&format!("{head}\n[[stream]]\npath = \"/a\""));
        assert_eq!(problem.line, Some(1));
        assert!(problem.reason.contains(words), "{problem}");
    }
    let when = "[[stream]]\npath = \"/a\"\nevents = [{ data = \"a\", when = \"true\" }]";
    let needs = problem(when);
    assert!(
        needs.reason.contains("needs templates = \"jinja\""),
        "{needs}"
    );
}

#[test]
fn a_text_that_needs_a_request_is_not_tried_without_one() {
    // It divides by zero for whoever asks for nothing.
    let stream = one("data = '{{ 1 // request.json.n }}'");
    assert!(stream.asks());
    assert!(!one("data = '{{ n }}'").asks());
    assert!(!one("events = ['a']").asks());
}

#[test]
fn events_are_chosen_by_what_was_asked() {
    let stream = Arc::new(one(r#"
id = "e-{{ n }}"
events = [
  { data = '{"id":{{ request.json.id | tojson }},"result":"hello"}', when = "request.json.method == 'initialize'" },
  { data = "list", when = "request.json.method == 'tools/list'" },
  { data = "for all" },
  { data = "list too", when = "request.json.method == 'tools/list'" },
]"#));
    assert!(stream.asks());
    let asked = |method: &str| {
        let body = format!(r#"{{"jsonrpc":"2.0","id":"x","method":"{method}"}}"#);
        let request = Request::new("POST", "/a", [], body.as_bytes());
        (stream.chosen(&request), request)
    };
    let (initialize, request) = asked("initialize");
    assert_eq!(initialize.count, Some(2));
    assert_eq!(
        data(&initialize, &request, 2),
        [r#"{"id":"x","result":"hello"}"#, "for all"]
    );
    // Numbers and ids are those of what is left, so that who comes back goes on.
    let initialize = Variant::new(initialize);
    assert_eq!(initialize.number_of("e-2"), Some(2));
    assert_eq!(initialize.number_of("e-3"), None);
    let (list, request) = asked("tools/list");
    assert_eq!(list.count, Some(3));
    assert_eq!(data(&list, &request, 3), ["list", "for all", "list too"]);
    assert_eq!(Variant::new(list).number_of("e-3"), Some(3));
    let (other, request) = asked("other");
    assert_eq!(data(&other, &request, 1), ["for all"]);
}

#[test]
fn a_list_of_which_nothing_is_for_a_request_is_over_at_once() {
    let only = |rest: &str| {
        let events = "id = false\nevents = [{ data = \"a\", when = \"request.query.x\" }]";
        Arc::new(one(&format!("{events}\n{rest}")))
    };
    for rest in ["", "repeat = true", "repeat = true\ncount = 9", "count = 1"] {
        let stream = only(rest);
        let none = stream.chosen(&Request::default());
        assert_eq!(none.count, Some(0), "{rest}");
        let asked = Request::new("GET", "/a", [("x", "1")], b"");
        assert_eq!(stream.chosen(&asked).count, stream.count, "{rest}");
    }
    let failing = one("events = [{ data = \"a\", when = \"1 // (request.query.x | int)\" }]");
    let failing = Arc::new(failing).chosen(&Request::default());
    let [entry] = entries(&failing) else {
        panic!("one entry")
    };
    let comment = entry.comment.as_ref().and_then(Template::as_plain);
    let words = "Whether event 1 of the list is sent could not be told";
    assert!(
        comment.is_some_and(|comment| comment.starts_with(words)),
        "{comment:?}"
    );
}

/// The lines of one stream do not say how they are written.
#[test]
fn a_definition_is_read_in_the_language_of_its_file() {
    let was = "[[stream]]\npath = \"/a\"\ndata = '{{ n }}'";
    let file = format!("templates = \"jinja\"\n\n{was}\n");
    let new = "[[stream]]\npath = \"/a\"\ndata = '{{ n + 1 }}'";
    let change = replaced(&file, "/a", new, was).expect("it is read");
    assert_eq!(change.text, format!("templates = \"jinja\"\n\n{new}\n"));
    let bad = "[[stream]]\npath = \"/a\"\ndata = '{{ nn }}'";
    let bad = replaced(&file, "/a", bad, was).expect_err("it is none");
    assert_eq!(bad.line, Some(3));
    let more = "[[stream]]\npath = \"/b\"\ndata = '{% if n %}{{ n }}{% endif %}'";
    let change = appended(&file, more).expect("it is read");
    assert!(change.text.ends_with(&format!("\n\n{more}\n")));
    // In a file of the other language the same is as it stands.
    let plain = "[[stream]]\npath = \"/a\"\n";
    let change = appended(plain, "[[stream]]\npath = \"/b\"\ndata = '{{ nn }}'");
    assert!(change.is_ok());
}
