//! The sentence for each mistake, and the line that it names.

use super::{good, one};
use crate::file::{MAX_BYTES, Problem, read};

pub(super) fn problem(text: &str) -> Problem {
    let problem = read(text).expect_err(text);
    assert!(!problem.reason.contains(['\n', '\r', '\0']), "{problem}");
    assert!(problem.reason.ends_with('.'), "{problem}");
    assert!(problem.reason.len() < 500, "{problem}");
    problem
}

/// Each text is below a stream's path, so that its first line is line 3.
pub(super) fn refused(table: &[(&str, usize, &str)]) {
    for (rest, line, words) in table {
        let problem = problem(&format!("[[stream]]\npath = \"/a\"\n{rest}"));
        assert_eq!(problem.line, Some(*line), "{rest}: {problem}");
        assert!(problem.reason.contains(words), "{rest}: {problem}");
    }
}

#[test]
fn a_file_without_streams_is_told_how_to_begin() {
    for text in ["", "\n\n", "# nothing\n", "\u{feff}"] {
        let problem = problem(text);
        assert_eq!(problem.line, None);
        assert!(
            problem.reason.contains("[[stream]] and give it a path"),
            "{problem}"
        );
    }
    for (text, line, words) in [
        ("\nstream = 5", 2, "Write [[stream]], in two brackets"),
        ("\nstream = []", 2, "Write [[stream]], in two brackets"),
        (
            "\n[stream]\npath = '/a'",
            2,
            "Write [[stream]], in two brackets",
        ),
        (
            "[stream]\npath = '/a'\n[stream]\npath = '/b'",
            3,
            "Write [[stream]], in two",
        ),
        (
            "stream = 5\n[[stream]]\npath = '/a'",
            2,
            "Write [[stream]], in two",
        ),
        ("stream = [5]", 1, "5 is no stream"),
        ("stream = [\n{ path = '/a' },\n[]]", 3, "[…] is no stream"),
        ("stream.path = '/a'", 1, "Write [[stream]], in two brackets"),
        (
            "\n[[streams]]\npath = '/a'",
            2,
            "streams is nothing that the file can hold",
        ),
        (
            "[server]\nport = 1\n[[stream]]\npath = '/a'",
            1,
            "server is nothing that",
        ),
        (
            "path = '/a'\n[[stream]]\npath = '/a'",
            1,
            "path is of a stream: put it below",
        ),
        ("\n[[stream]]\ntitle = 'x'", 2, "has no path: give it one"),
        ("[[stream]]\n[[stream]]\npath = '/a'", 1, "has no path"),
        // The nearer reason is told, not what follows from it.
        (
            "[[stream]]\npth = '/a'",
            2,
            "path is the nearest that there is",
        ),
        ("[[stream]]\npath = 5", 2, "path = 5 is no text"),
    ] {
        let problem = problem(text);
        assert_eq!(problem.line, Some(line), "{text}: {problem}");
        assert!(problem.reason.contains(words), "{text}: {problem}");
    }
}

#[test]
fn a_path_that_cannot_be_served_is_told() {
    for (path, words) in [
        ("", "does not begin with a slash: write \"/ticker\""),
        ("ticker", "does not begin with a slash: write \"/ticker\""),
        ("/", "is taken by the server"),
        ("/healthz", "is taken by the server"),
        ("/api", "is taken by the server"),
        ("/api/state", "is taken by the server"),
        ("/topics", "is taken by the server"),
        ("/page/main.js", "is taken by the server"),
        ("/metrics", "is taken by the server"),
        ("/readyz", "is taken by the server"),
        ("/lab/tour/a", "is taken by the server"),
        ("/tickets", "is taken by the server"),
        ("/@room/numbers", "is taken by the server"),
        ("/topics/x", "is taken by the server"),
        ("/a?b", "a sign that no path can hold"),
        ("/a#b", "a sign that no path can hold"),
        ("/a%20b", "a sign that no path can hold"),
        ("/a b", "a sign that no path can hold"),
        ("/a\\tb", "a sign that no path can hold"),
        ("/a\\u0000", "a sign that no path can hold"),
        ("/{n}", "a sign that no path can hold"),
        ("/é", "a sign that no path can hold"),
        ("/a\\\\b", "a sign that no path can hold"),
        ("//other.example", "browsers take out"),
        ("/a//b", "browsers take out"),
        ("/a/../b", "browsers take out"),
        ("/.", "browsers take out"),
    ] {
        let problem = problem(&format!("[[stream]]\n\npath = \"{path}\""));
        assert_eq!(problem.line, Some(3), "{path}: {problem}");
        assert!(problem.reason.contains(words), "{path}: {problem}");
    }
    for path in [
        "/a/",
        "/apis",
        "/topical",
        "/healthz2",
        "/a.b-c_d~e/:x@y",
        "/API",
    ] {
        assert_eq!(
            good(&format!("[[stream]]\npath = \"{path}\""))[0].path,
            path
        );
    }
    let long = |bytes: usize| format!("[[stream]]\npath = \"/{}\"", "a".repeat(bytes - 1));
    good(&long(128));
    assert!(
        problem(&long(129))
            .reason
            .contains("has 129 bytes: make it 128 at most")
    );
    let twice = problem("\n[[stream]]\npath = \"/a\"\n[[stream]]\npath = \"/a\"");
    assert_eq!(
        twice.to_string(),
        "line 5: path = \"/a\" is the path of the stream in line 3 too: choose another."
    );
}

#[test]
fn a_value_that_cannot_be_is_told_with_its_line() {
    refused(&[
        (
            "every = \"fast\"",
            3,
            "every = \"fast\" is no time: write one such as \"500ms\" or \"2s\".",
        ),
        ("every = 5", 3, "every = 5 is no time"),
        ("every = \"a 'b'\"", 3, "every = \"a 'b'\" is no time"),
        (
            "every = 1979-05-27T07:32:00Z",
            3,
            "every = 1979-05-27T07:32:00Z is no time",
        ),
        ("every = true", 3, "every = true is no time"),
        ("every = [\"1s\"]", 3, "every = […] is no time"),
        ("every = { s = 1 }", 3, "every = {…} is no time"),
        ("every = \"-1s\"", 3, "is no time"),
        ("every = \"18446744073709551615s 1000ms\"", 3, "is no time"),
        (
            "every = \"61m\"",
            3,
            "is out of bounds: write a time from 0ms to 1h",
        ),
        ("\n\njitter = \"x\"", 5, "jitter = \"x\" is no time"),
        (
            "jitter = \"2s\"",
            3,
            "is more than the time between two events, which is 1s",
        ),
        (
            "jitter = \"200ms\"\nevery = \"100ms\"",
            3,
            "is more than the time between two events, which is 100ms",
        ),
        (
            "seed = -1",
            3,
            "seed = -1 cannot be: write a whole number from 0 to 9223372036854775807",
        ),
        ("seed = 9223372036854775808", 3, "cannot be"),
        ("seed = 1.5", 3, "seed = 1.5 cannot be"),
        ("seed = \"7\"", 3, "seed = \"7\" cannot be"),
        ("from = -1", 3, "a whole number from 0 to 9007199254740991"),
        (
            "from = 9007199254740992",
            3,
            "a whole number from 0 to 9007199254740991",
        ),
        (
            "count = 0",
            3,
            "count = 0 cannot be: write a whole number from 1 to 1000000000",
        ),
        ("count = 1000000001", 3, "from 1 to 1000000000"),
        (
            "count = 99999999999999999999999999999999999999999999999999",
            3,
            "from 1 to 1000000000",
        ),
        ("count = inf", 3, "count = inf cannot be"),
        ("title = \"\"", 3, "write 1 to 80 characters on one line"),
        (
            "title = \"a\\nb\"",
            3,
            "write 1 to 80 characters on one line",
        ),
        ("title = 5", 3, "title = 5 is no text"),
        ("retry = \"1500us\"", 3, "a part of a millisecond"),
        ("retry = 1000", 3, "retry = 1000 is no time"),
        ("retry = \"1d\"", 3, "from 0ms to 1h"),
        (
            "keep_alive = true",
            3,
            "write one such as \"15s\", or false for none",
        ),
        ("keep_alive = \"0s\"", 3, "from 1ms to 1h"),
        ("keep_alive = \"2h\"", 3, "from 1ms to 1h"),
        ("keep_alive = 15", 3, "keep_alive = 15 is no time"),
        (
            "line_ending = \"lfcr\"",
            3,
            "write \"lf\", \"crlf\" or \"cr\"",
        ),
        (
            "line_ending = \"\\n\"",
            3,
            "line_ending = \"\\n\" is no line ending",
        ),
        ("line_ending = 10", 3, "line_ending = 10 is no line ending"),
    ]);
    let title = |letters: usize| format!("title = \"{}\"", "é".repeat(letters));
    assert_eq!(one(&title(80)).title.chars().count(), 80);
    refused(&[(&title(81), 3, "ééé…\" is no title")]);
}

#[test]
fn an_unknown_key_is_told_the_nearest() {
    refused(&[
        (
            "evry = \"1s\"",
            3,
            "evry is no key of a stream: every is the nearest that there is.",
        ),
        (
            "keep-alive = \"1s\"",
            3,
            "keep_alive is the nearest that there is.",
        ),
        (
            "lineEnding = \"lf\"",
            3,
            "line_ending is the nearest that there is.",
        ),
        ("ID = \"a\"", 3, "id is the nearest that there is."),
        ("Events = []", 3, "events is the nearest that there is."),
        (
            "interval = \"1s\"",
            3,
            "interval is no key of a stream: there are path, title, every,",
        ),
        ("\"a\\nb\" = 1", 3, "\"a\\nb\" is no key of a stream"),
        ("\"\" = 1", 3, "\"\" is no key of a stream"),
        (
            "after = \"1s\"",
            3,
            "after is no key of a stream: put it into one of its events.",
        ),
        (
            "events = [\n{ dta = \"x\" }]",
            4,
            "dta is no key of an event in a list: data is the nearest that there is.",
        ),
        (
            "events = [{ every = \"1s\" }]",
            3,
            "every is no key of an event in a list: put it above the list",
        ),
        (
            "[stream.header]\nx = \"1\"",
            3,
            "headers is the nearest that there is.",
        ),
        ("[stream.path.x]\ny = 1", 3, "This is not TOML"),
    ]);
    let long = format!("{} = 1", "x".repeat(500_000));
    refused(&[(&long, 3, "xxx… is no key of a stream")]);
}

#[test]
fn a_template_that_cannot_be_filled_in_is_told() {
    refused(&[
        (
            "data = \"{nn}\"",
            3,
            "In data, {nn} is no place: there are {n}, {now}",
        ),
        (
            "comment = \"{random 2 1}\"",
            3,
            "In comment, {random 2 1} needs two whole numbers",
        ),
        (
            "events = [\n\"a\",\n\"{pick}\"]",
            5,
            "In events, {pick} has nothing to choose from",
        ),
        (
            "events = [{ comment = \"{foo}\" }]",
            3,
            "In comment, {foo} is no place",
        ),
        ("data = 5", 3, "data = 5 is no text: write it in quotes."),
        ("data = 1979-05-27", 3, "data = 1979-05-27 is no text"),
        ("comment = false", 3, "comment = false is no text"),
        (
            "event = \"tick-{n}\"",
            3,
            "has more than text and {pick a|b|c}",
        ),
        (
            "event = \"{now}\"",
            3,
            "has more than text and {pick a|b|c}",
        ),
        ("event = \"a\\nb\"", 3, "event = \"a\\nb\" has a line break"),
        ("event = \"{pick a|b\\r}\"", 3, "has a line break"),
        ("event = 5", 3, "event = 5 is no text"),
        ("id = \"{n}{n}\"", 3, "has more than text and one {n}"),
        ("id = \"{pick a|b}\"", 3, "has more than text and one {n}"),
        ("id = \"{unix_ms}\"", 3, "has more than text and one {n}"),
        ("id = \"a\\rb\"", 3, "has a line break"),
        ("id = \"a\\u0000b\"", 3, "has a NUL in it"),
        (
            "id = true",
            3,
            "id = true is no id: write it in quotes, or false for none.",
        ),
        ("id = 5", 3, "id = 5 is no id"),
        (
            "events = [{ data = \"x\", id = \"{now}\" }]",
            3,
            "has more than text and one {n}",
        ),
        (
            "events = [{ data = \"x\", event = \"a{n}\" }]",
            3,
            "has more than text and {pick",
        ),
    ]);
    let long = |key: &str, bytes: usize| format!("{key} = \"{}\"", "x".repeat(bytes));
    for key in ["event", "id"] {
        one(&format!("{}\ncount = 1", long(key, 1024)));
        refused(&[(
            &long(key, 1025),
            3,
            "is too long: make it 1024 bytes at most.",
        )]);
    }
    one(&long("data", 500_000));
    let digits = "{pick 0|1|2|3|4|5|6|7|8|9}";
    one(&format!("event = \"{digits}{digits}\""));
    let many = format!("event = \"{digits}{digits}{{pick a|b}}\"");
    refused(&[(&many, 3, "can be more than 100 names")]);
}

#[test]
fn a_list_that_makes_no_sense_is_told() {
    refused(&[
        (
            "events = \"x\"",
            3,
            "events = \"x\" is no list: write one such as [\"first\", \"second\"].",
        ),
        ("events = { data = \"x\" }", 3, "events = {…} is no list"),
        ("[stream.events]\ndata = \"x\"", 3, "is no list"),
        ("events = []", 3, "events has nothing in it"),
        (
            "events = [\n5]",
            4,
            "5 is no event: write its data in quotes",
        ),
        ("events = [[\"a\"]]", 3, "[…] is no event"),
        ("events = [\n\"a\",\n{}]", 5, "This event has nothing in it"),
        (
            "events = [{ after = \"1s\" }]",
            3,
            "This event has nothing in it",
        ),
        (
            "events = [{ id = false }]",
            3,
            "This event has nothing in it",
        ),
        (
            "events = [{ event = \"\" }]",
            3,
            "This event has nothing in it",
        ),
        (
            "events = [{ data = \"x\", after = 5 }]",
            3,
            "after = 5 is no time",
        ),
        (
            "events = [{ data = \"x\", after = \"2h\" }]",
            3,
            "from 0ms to 1h",
        ),
        (
            "events = [{ retry = \"1us\" }]",
            3,
            "a part of a millisecond",
        ),
        (
            "data = \"x\"\nevents = [\"a\"]",
            4,
            "data and events are both given",
        ),
        (
            "events = [\"a\"]\ndata = \"x\"",
            4,
            "data and events are both given",
        ),
        ("repeat = true", 3, "repeat = true is for a list of events"),
        (
            "repeat = false",
            3,
            "repeat = false is for a list of events",
        ),
        (
            "repeat = \"yes\"\nevents = [\"a\"]",
            3,
            "repeat = \"yes\" is neither true nor false",
        ),
        (
            "count = 3\nevents = [\"a\", \"b\"]",
            3,
            "count = 3 is more than the list of 2 has: add repeat = true",
        ),
    ]);
    let events = |count: usize| format!("events = [\n{}]", "\"x\",\n".repeat(count));
    assert_eq!(one(&events(1000)).count, Some(1000));
    refused(&[(&events(1001), 1004, "A list has 1000 events at most")]);
    let names = |count: usize| -> String {
        let events = (1..=count).map(|at| format!("{{ event = \"e{at}\", data = \"\" }},\n"));
        format!("events = [\n{}]", events.collect::<String>())
    };
    one(&names(100));
    refused(&[(&names(101), 104, "have 100 names at most")]);
}

#[test]
fn headers_that_are_not_a_streams_own_are_told() {
    refused(&[
        (
            "headers = \"x\"",
            3,
            "headers = \"x\" is no table: write one such as { x-demo = \"1\" }.",
        ),
        ("headers = { x = 1 }", 3, "x = 1 is no text"),
        (
            "headers = { \"a b\" = \"1\" }",
            3,
            "\"a b\" is no name of a header",
        ),
        (
            "headers = { \"\" = \"1\" }",
            3,
            "\"\" is no name of a header",
        ),
        (
            "headers = { x = \"a\\nb\" }",
            3,
            "x = \"a\\nb\" cannot be sent in a header",
        ),
        ("headers = { x = \"é\" }", 3, "cannot be sent in a header"),
        (
            "headers = { x-a = \"1\", X-A = \"2\" }",
            3,
            "The header x-a is given twice",
        ),
        ("headers = { x.y = \"1\" }", 3, "x = {…} is no text"),
        (
            "[stream.headers]\n\nx = \"\\u0000\"",
            5,
            "cannot be sent in a header",
        ),
    ]);
    let names = [
        "Connection",
        "transfer-encoding",
        "content-length",
        "date",
        "trailer",
        "upgrade",
        "keep-alive",
        "te",
        "vary",
        "set-cookie",
        "content-security-policy",
        "access-control-allow-origin",
        "Access-Control-X",
    ];
    for name in names {
        refused(&[(
            &format!("headers.{name} = \"1\""),
            3,
            "is the server's own: leave it out.",
        )]);
    }
    let value = |bytes: usize| format!("headers = {{ x = \"{}\" }}", "v".repeat(bytes));
    one(&value(1024));
    refused(&[(&value(1025), 3, "is too long: make it 1024 bytes at most.")]);
    let table = |count: usize| -> String {
        let headers = (0..count).map(|at| format!("x{at} = \"\"\n"));
        format!("[stream.headers]\n{}", headers.collect::<String>())
    };
    assert_eq!(one(&table(50)).headers.len(), 50);
    refused(&[(&table(51), 3, "headers has 51 entries: make it 50 at most.")]);
    refused(&[(&table(50_000), 3, "headers has 50000 entries")]);
}

#[test]
fn what_is_no_toml_is_told_where() {
    refused(&[
        ("title = \"a", 3, "This is not TOML"),
        (
            "title = Ticker",
            3,
            "This is not TOML: write a text in quotes",
        ),
        ("title", 3, "This is not TOML"),
        ("title = \"\\q\"", 3, "This is not TOML"),
        ("count = 007", 3, "This is not TOML"),
        (
            "title = \"a\"\ntitle = \"b\"",
            4,
            "title is given twice: give it once.",
        ),
        ("[[stream]", 3, "This is not TOML"),
        ("data = \"\0\"", 3, "This is not TOML"),
        ("data = \"\"\"\n\n", 3, "This is not TOML"),
        ("events = [\n\"a\"\n\"b\"]", 5, "This is not TOML"),
        ("\u{1}", 3, "This is not TOML"),
        ("every = 1s", 3, "This is not TOML"),
        ("date = 2025-99-99", 3, "This is not TOML"),
    ]);
}

#[test]
fn the_first_mistake_of_the_file_is_the_one_that_is_told() {
    refused(&[
        ("title = 5\nevery = 5", 3, "title = 5"),
        ("every = 5\ntitle = 5", 3, "every = 5"),
        ("zzz = 1\ncount = 0", 3, "zzz"),
        ("count = 0\nzzz = 1", 3, "count = 0"),
        ("[[stream]]\npath = 5\n[[stream]]\npath = 6", 4, "path = 5"),
        (
            "events = [\n{ retry = 1 },\n{ id = 1 },\n]\nretry = 1",
            4,
            "retry = 1",
        ),
        (
            "[[stream]]\npath = \"/a\"\ncount = 0",
            4,
            "the path of the stream in line 2 too",
        ),
    ]);
}

#[test]
fn a_file_is_bounded() {
    let streams = |count: usize| -> String {
        (0..count)
            .map(|at| format!("[[stream]]\npath = \"/{at}\"\n"))
            .collect()
    };
    assert_eq!(good(&streams(100)).len(), 100);
    let more = problem(&streams(101));
    assert_eq!(more.line, Some(201));
    assert!(more.reason.contains("100 streams are the most"), "{more}");
    let size = |bytes: usize| {
        let start = "[[stream]]\npath = \"/a\"\n#";
        format!("{start}{}", " ".repeat(bytes - start.len()))
    };
    good(&size(MAX_BYTES));
    let large = problem(&size(MAX_BYTES + 1));
    assert_eq!(large.line, None);
    assert!(large.reason.contains("1048576 are allowed"), "{large}");
}
