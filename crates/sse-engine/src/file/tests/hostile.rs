//! Texts that nobody writes by mistake. The result of each is a list or one sentence.

use std::time::SystemTime;

use super::good;
use super::mistakes::problem;
use crate::file::SHIPPED_STREAMS;
use crate::file::{MAX_BYTES, MAX_DEPTH, read};
use crate::stream::{Moment, Template};

const STREAM: &str = "[[stream]]\npath = \"/a\"\n";

/// A value of tables in tables in tables.
fn nested(brackets: usize, dots: usize) -> String {
    let open = format!("{{{}a = ", "a.".repeat(dots));
    format!("{}1{}", open.repeat(brackets), "}".repeat(brackets))
}

/// Not a test of the parser: without the bound the stack is not enough to take its tables apart
/// again.
#[test]
fn tables_in_tables_have_a_bound() {
    let deep = problem(&format!("{STREAM}\nx = {}", nested(79, 79)));
    assert_eq!(deep.line, Some(4));
    assert!(deep.reason.contains("more than 8 levels deep"), "{deep}");
    let most = nested(MAX_DEPTH, MAX_DEPTH);
    assert!(
        problem(&format!("{STREAM}x = {most}"))
            .reason
            .contains("x is no key")
    );
    let dots = format!("{STREAM}\n\n{}a = 1", "a.".repeat(MAX_DEPTH + 1));
    assert_eq!(problem(&dots).line, Some(5));
    // It is told where the brackets begin, which may have been forgotten one after the other.
    let open = problem(&"\n[[stream]\npath = \"/a\"".repeat(MAX_DEPTH + 1));
    assert_eq!(open.line, Some(2));
    // Brackets and dots in texts and numbers are none.
    good(&format!("{STREAM}data = '''{}'''", "[{.".repeat(1000)));
    assert!(
        problem(&format!("{STREAM}x = [{}]", "1.5,".repeat(1000)))
            .reason
            .contains("x is no key")
    );
}

#[test]
fn too_much_of_anything_is_told() {
    let much = |text: &str| text.repeat(MAX_BYTES / 16 / text.len());
    for text in [
        "[",
        "]",
        "{",
        "}",
        "{a=",
        "a.",
        "\n=",
        "\"",
        "'",
        "\\",
        "#",
        "=",
        ",",
        ".",
        "\0",
        "\r",
        "\n",
        "\u{2028}",
        "a",
        "1",
        "-",
        "é",
        "[[stream]]\n",
        "[stream]\n",
        "[[stream.stream]]\n",
        "[[a]]\n[[a.a]]\n",
        "a=1\n",
    ] {
        let text = much(text);
        for file in [
            text.clone(),
            format!("{STREAM}{text}"),
            format!("{STREAM}x = {text}"),
            format!("{STREAM}x = [{text}]"),
            format!("{STREAM}data = \"{text}\""),
            format!("{STREAM}event = '{text}'"),
            format!("{STREAM}events = ['''{text}''']"),
        ] {
            if let Err(problem) = read(&file) {
                assert!(problem.reason.len() < 500, "{problem}");
            }
        }
    }
}

#[test]
fn so_many_different_keys_are_read_once() {
    let keys: String = (0..80_000).map(|at| format!("k{at}=1\n")).collect();
    assert_eq!(problem(&format!("{STREAM}{keys}")).line, Some(3));
    assert_eq!(problem(&keys).line, Some(1));
    assert_eq!(
        problem(&format!("{STREAM}[stream.headers]\n{keys}")).line,
        Some(3)
    );
}

#[test]
fn what_every_event_of_a_list_takes_is_kept_once() {
    let text = "x".repeat(MAX_BYTES / 2);
    let events = "\"\",".repeat(1000);
    let streams = good(&format!(
        "{STREAM}comment = \"{text}\"\nevents = [{events}]"
    ));
    assert_eq!(streams[0].count, Some(1000));
}

#[test]
fn a_file_that_is_cut_anywhere_is_a_list_or_a_mistake() {
    let ends = SHIPPED_STREAMS.char_indices().map(|(at, _)| at);
    for end in ends.step_by(7) {
        match read(&SHIPPED_STREAMS[..end]) {
            Ok(streams) => assert!(!streams.is_empty()),
            Err(problem) => assert!(problem.reason.ends_with('.'), "{problem}"),
        }
    }
}

#[test]
fn a_file_in_which_signs_are_swapped_is_a_list_or_a_mistake() {
    let signs: Vec<char> = "[]{}=\"'\\#.,|\n\0 0-9azn_é".chars().collect();
    let text: Vec<char> = SHIPPED_STREAMS.chars().collect();
    let random = Template::parse("{random 0 999999999}").expect("a template");
    for n in 0..500 {
        let mut text = text.clone();
        for seed in 0..3 {
            let wall = SystemTime::UNIX_EPOCH;
            let random = random.text(&Moment { n, seed, wall });
            let random: usize = random.parse().expect("a number");
            let at = random % text.len();
            text[at] = signs[random / text.len() % signs.len()];
        }
        let text: String = text.into_iter().collect();
        if let Err(problem) = read(&text) {
            assert!(
                problem.reason.ends_with('.') && problem.reason.len() < 500,
                "{problem}"
            );
        }
    }
}
