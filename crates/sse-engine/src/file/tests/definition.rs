//! Where definitions stand, and that a change of one changes nothing else.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::good;
use crate::file::definition::{BadDefinition, Definition, appended, locate, replaced};
use crate::file::{SHIPPED_STREAMS, read, shipped};

/// Each line says what it belongs to.
const FILE: &str = "\
# of the file

# above a
# above a, too
[[stream]] # of a
path = \"/a\" # of a

# within a
[stream.headers]
x-a = \"1\"
# below a
  # below a, too

# of none

[[stream]]
path = \"/b\"
# above c, since it touches both
[[stream]]
path = \"/c\"
[[stream.events]]
data = \"\"\"
# of c
[[stream]]
\"\"\"

[[stream.events]]
data = \"2\"
# below c

# of none, at the end
";

fn found(text: &str, path: &str) -> Definition {
    let found = locate(text, path).unwrap_or_else(|problem| panic!("{problem}\n{text}"));
    found.unwrap_or_else(|| panic!("no {path} in {text}"))
}

fn lines(text: &str, path: &str) -> (usize, usize) {
    let found = found(text, path);
    (found.first_line, found.last_line)
}

fn refused(text: &str, path: &str, new: &str) -> BadDefinition {
    let was = found(text, path).text;
    replaced(text, path, new, &was).expect_err(new)
}

/// The same text with the line ends of Windows.
fn windows(text: &str) -> String {
    text.replace('\n', "\r\n")
}

#[test]
fn a_definition_is_its_lines_with_the_comments_that_touch_them() {
    for text in [
        FILE,
        FILE.trim_end(),
        &windows(FILE),
        &format!("\u{feff}{FILE}"),
    ] {
        good(text);
        assert_eq!(lines(text, "/a"), (3, 12), "{text:?}");
        assert_eq!(lines(text, "/b"), (16, 17), "{text:?}");
        assert_eq!(lines(text, "/c"), (18, 29), "{text:?}");
        for path in ["/a", "/b", "/c"] {
            let found = found(text, path);
            let all: Vec<&str> = FILE.lines().collect();
            let own = all[found.first_line - 1..found.last_line].join("\n");
            assert_eq!(found.text, own, "{text:?}");
            assert!(found.alone);
        }
        assert_eq!(locate(text, "/d"), Ok(None));
    }
}

#[test]
fn the_first_line_of_a_file_and_its_last_are_in_reach() {
    for text in [
        "[[stream]]\npath = '/a'",
        "# a\n[[stream]]\npath = '/a'\n# a",
        "\u{feff}# a\n[[stream]]\npath = '/a'",
        "\n\n  [[ \"stream\" ]]\r\npath = '/a'\r\n\r\n",
    ] {
        let found = found(text, "/a");
        let own = text.trim_matches(['\u{feff}', '\n', '\r']);
        assert_eq!(found.text, own.replace('\r', ""));
        let above = 2 * usize::from(text.starts_with('\n'));
        assert_eq!(found.first_line, 1 + above);
    }
}

#[test]
fn a_stream_is_found_although_something_else_is_wrong() {
    let text = "[[stream]]\npath = '/a'\nevrey = 1\n[[stream]]\npath = '/b'\n";
    assert_eq!(lines(text, "/b"), (4, 5));
    let problem = locate("[[stream]]\npath = '/a'\ncount = ", "/a").expect_err("no TOML");
    assert_eq!(problem.line, Some(3));
}

#[test]
fn streams_in_one_list_are_shown_and_not_replaced() {
    let text = "stream = [\n  { path = '/a' },\n  { path = '/b' }, { path = '/c' },\n]\n";
    let found = found(text, "/b");
    assert_eq!(found.text, "  { path = '/b' }, { path = '/c' },");
    assert_eq!((found.first_line, found.last_line), (3, 3));
    assert!(!found.alone);
    let bad = refused(text, "/b", "[[stream]]\npath = '/d'");
    assert!(bad.sentence.contains("edit the file itself"), "{bad:?}");
}

#[test]
fn the_lines_are_replaced_and_no_other_byte() {
    let new = "[[stream]]\npath = '/new'\ntitle = 'New'\n\n";
    for (text, end) in [
        (FILE.to_owned(), "\n"),
        (FILE.trim_end().to_owned(), "\n"),
        (windows(FILE), "\r\n"),
    ] {
        for (path, after) in [
            ("/a", "\n# of none\n"),
            ("/b", "# above c"),
            ("/c", "\n# of none, at"),
        ] {
            let was = found(&text, path);
            let change = replaced(&text, path, new, &was.text).expect("it is right");
            assert_eq!(change.stream.as_deref(), Some("/new"));
            let all: Vec<&str> = text.split_inclusive('\n').collect();
            let before: String = all[..was.first_line - 1].concat();
            let below: String = all[was.last_line..].concat();
            let lines = new.trim_end().replace('\n', end);
            assert_eq!(change.text, format!("{before}{lines}{end}{below}"));
            let below = below.replace('\r', "");
            assert!(below.starts_with(after), "{below:?}");
        }
    }
}

/// A browser's field has its own line ends, whatever it was given.
#[test]
fn what_it_was_is_compared_by_its_lines() {
    let text = windows(FILE);
    let was = windows(&found(&text, "/b").text);
    let new = windows("[[stream]]\npath = '/b'\ncount = 1\n");
    let change = replaced(&text, "/b", &new, &was).expect("it is the same");
    let put = "path = '/b'\r\ncount = 1\r\n# above c";
    assert!(change.text.contains(put), "{:?}", change.text);

    for was in ["", "[[stream]]\npath = \"/b\"\ncount = 1"] {
        let bad = replaced(&text, "/b", &new, was).expect_err("it is another");
        assert!(bad.sentence.contains("has changed meanwhile"), "{bad:?}");
    }
    let bad = replaced(&text, "/d", &new, "").expect_err("it is gone");
    assert!(bad.sentence.contains("no stream at /d"), "{bad:?}");
}

#[test]
fn a_mistake_has_its_line_in_the_definition() {
    for (new, line, column, words) in [
        (
            "[[stream]]\npath = '/b'\n  evrey = 1",
            Some(3),
            Some(3),
            "every is the nearest",
        ),
        // Unclosed. In the whole file, it would be told of a stream below.
        (
            "[[stream]]\npath = '/b'\nevents = [\n",
            Some(3),
            Some(11),
            "not TOML",
        ),
        (
            "path = '/b'",
            Some(1),
            Some(1),
            "put it below a line [[stream]]",
        ),
        // What only the whole file shows.
        (
            "# é\n[[stream]]\npath = '/a'",
            Some(3),
            Some(8),
            "the stream in line 6 too",
        ),
        // That of another stream, since this one stands above it.
        (
            "[[stream]]\npath = '/c'",
            None,
            None,
            "Elsewhere in the file, in line 20: ",
        ),
    ] {
        let bad = refused(FILE, "/b", new);
        assert_eq!((bad.line, bad.column), (line, column), "{new}: {bad:?}");
        assert!(bad.sentence.contains(words), "{new}: {bad:?}");
    }
}

#[test]
fn a_stream_is_taken_out_with_its_lines() {
    for new in ["", "# not now"] {
        let was = found(FILE, "/b").text;
        let change = replaced(FILE, "/b", new, &was).expect("two are left");
        assert_eq!(change.stream, None);
        let left: Vec<String> = good(&change.text).into_iter().map(|s| s.path).collect();
        assert_eq!(left, ["/a", "/c"]);
    }
    let bad = refused("[[stream]]\npath = '/a'", "/a", "");
    assert!(bad.sentence.contains("There is no stream"), "{bad:?}");
}

#[test]
fn a_stream_more_stands_below_all_others() {
    let new = "[[stream]]\npath = '/new'\n";
    for (text, whole) in [
        ("", "[[stream]]\npath = '/new'\n"),
        (
            "[[stream]]\npath = '/a'",
            "[[stream]]\npath = '/a'\n\n[[stream]]\npath = '/new'\n",
        ),
        (
            "[[stream]]\r\npath = '/a'\r\n",
            "[[stream]]\r\npath = '/a'\r\n\r\n[[stream]]\r\npath = '/new'\r\n",
        ),
        (
            "[[stream]]\npath = '/a'\n\n",
            "[[stream]]\npath = '/a'\n\n[[stream]]\npath = '/new'\n",
        ),
    ] {
        let change = appended(text, new).expect("it is right");
        assert_eq!(change.text, whole);
        assert_eq!(change.stream.as_deref(), Some("/new"));
    }
    let bad = appended(FILE, "[[stream]]\npath = '/a'").expect_err("it is taken");
    assert_eq!((bad.line, bad.column), (Some(2), Some(8)), "{bad:?}");
    let bad = appended(FILE, "\n# nothing\n").expect_err("nothing");
    assert!(bad.sentence.contains("nothing to add"), "{bad:?}");
}

#[test]
fn every_shipped_stream_is_found_with_its_comments() {
    for stream in shipped() {
        let found = found(SHIPPED_STREAMS, &stream.path);
        assert!(found.text.starts_with("# "), "{found:?}");
        assert_eq!(found.text.matches("[[stream]]").count(), 1, "{found:?}");
        let head = "templates = \"jinja\"\n";
        assert_eq!(good(&format!("{head}{}", found.text)), [stream]);
    }
}

/// Lines that may stand between two streams.
fn between() -> impl Strategy<Value = String> {
    let line = select(vec!["", "  ", "# a comment", "\t# [[stream]]"]);
    vec(line, 0..4).prop_map(|lines| lines.iter().map(|line| format!("{line}\n")).collect())
}

/// A stream at this path, in many forms.
fn stream(at: usize) -> impl Strategy<Value = String> {
    let head = select(vec!["[[stream]]", " [[ stream ]] # here"]);
    let form = select(vec![
        "",
        "# within\n\ncount = 3\n",
        "events = [ # a list\n\n  'a',\n # [[stream]]\n  { data = 'b' },\n]\n",
        "data = '''\n# no comment\n[[stream]]\n\n'''\n",
        "[[stream.events]]\ndata = \"é\"\n\n[[stream.events]]\ncomment = '#'\n",
        "[stream.headers]\nx-a = \"\"\"\\\n  # no comment \"\"\"\n",
    ]);
    (between(), head, form)
        .prop_map(move |(above, head, form)| format!("{above}{head}\npath = '/{at}'\n{form}"))
}

/// A file of up to five streams, with line ends of one kind or mixed, and their number.
fn file() -> impl Strategy<Value = (String, usize)> {
    let streams = (1_usize..6).prop_flat_map(|many| (0..many).map(stream).collect::<Vec<_>>());
    let ends = vec(any::<bool>(), 1..4);
    let start = select(vec!["", "\u{feff}", "# above all\n\n"]);
    (start, streams, between(), ends, any::<bool>()).prop_map(
        |(start, streams, below, ends, cut)| {
            let mut text = format!("{start}{}{below}", streams.concat());
            if cut {
                text.truncate(text.trim_end_matches('\n').len());
            }
            let mut ends = ends.iter().cycle();
            let lines = text.split_inclusive('\n').map(|line| {
                let windows = ends.next() == Some(&true);
                line.replace('\n', if windows { "\r\n" } else { "\n" })
            });
            (lines.collect(), streams.len())
        },
    )
}

proptest! {
    #[test]
    fn a_definition_in_its_own_place_changes_no_byte((text, many) in file()) {
        for at in 0..many {
            let path = format!("/{at}");
            let was = found(&text, &path);
            let change = replaced(&text, &path, &was.text, &was.text).expect("nothing new");
            prop_assert_eq!(&change.text, &text);
            prop_assert_eq!(change.stream, Some(path));
        }
    }

    #[test]
    fn another_definition_leaves_all_other_streams_as_they_are(
        (text, many) in file(),
        new in stream(9),
        place in any::<Index>(),
    ) {
        let place = place.index(many);
        let path = format!("/{place}");
        let was = found(&text, &path);
        let change = replaced(&text, &path, &new, &was.text).expect("it is right");
        let (before, mut after) = (good(&text), good(&change.text));
        prop_assert_eq!(before.len(), after.len());
        prop_assert_eq!(&after[place].path, "/9");
        after[place] = before[place].clone();
        prop_assert_eq!(before, after);

        // The other lines are the same bytes.
        let all: Vec<&str> = text.split_inclusive('\n').collect();
        prop_assert!(change.text.starts_with(&all[..was.first_line - 1].concat()));
        prop_assert!(change.text.ends_with(&all[was.last_line..].concat()));
    }

    #[test]
    fn a_stream_more_leaves_all_others_as_they_are((text, _) in file(), new in stream(9)) {
        let change = appended(&text, &new).expect("it is right");
        prop_assert!(change.text.starts_with(&text));
        let mut after = good(&change.text);
        prop_assert_eq!(after.pop().map(|stream| stream.path), Some("/9".to_owned()));
        prop_assert_eq!(after, good(&text));
    }

    /// No text makes it panic.
    #[test]
    fn any_text_is_looked_through(words in vec(select(vec![
        "[[stream]]", "[", "]", "{", "}", "path", "=", "'/a'", "'", "\"", "#", "é", "\u{feff}",
        "\r", "\n", " ", ",", ".", "\0",
    ]), 0..30)) {
        let text = words.concat();
        let _ = locate(&text, "/a");
        let _ = appended(&text, "[[stream]]\npath = '/a'");
        let _ = appended(FILE, &text);
        let was = found(FILE, "/b").text;
        if let Ok(change) = replaced(FILE, "/b", &text, &was) {
            prop_assert!(read(&change.text).is_ok());
        }
    }
}
