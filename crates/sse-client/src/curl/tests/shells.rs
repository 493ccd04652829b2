//! Texts as words, by the rules of two shells.

use super::super::shell;

/// The words of a text, or the sentence about its mistake.
fn split(line: &str) -> Result<Vec<Vec<u8>>, String> {
    let letters: Vec<char> = line.chars().collect();
    match shell::split(&letters) {
        Ok(words) => Ok(words.into_iter().map(|word| word.bytes).collect()),
        Err(found) => Err(format!("{} {}", found.at, found.kind)),
    }
}

#[track_caller]
fn same(line: &str, words: &[&str]) {
    let words = words.iter().map(|word| word.as_bytes().to_vec()).collect();
    assert_eq!(split(line), Ok(words), "{line:?}");
}

#[test]
fn words_end_at_blanks_and_go_on_behind_quotes() {
    same("curl  a\tb ", &["curl", "a", "b"]);
    same(r#"curl a'b c'"d e"f"#, &["curl", "ab cd ef"]);
    same(r#"curl '' "" $''"#, &["curl", "", "", ""]);
    same(r"curl a\ b\'\\c \", &["curl", r"a b'\c"]);
    same("\n \r\n  curl a\n\r\n ", &["curl", "a"]);
    same("", &[]);
}

#[test]
fn a_prompt_is_left_out_and_a_comment_too() {
    same("$ curl a", &["curl", "a"]);
    same("  $\tcurl a", &["curl", "a"]);
    same("curl a   # 1 to 5: the first 'at once", &["curl", "a"]);
    same("# first\ncurl a#b '#' # c", &["curl", "a#b", "#"]);
}

#[test]
fn quotes_of_bash_hold_what_bash_says() {
    same(r"curl '\n $a `b` \'", &["curl", r"\n $a `b` \"]);
    same(
        r#"curl "\$a \` \" \\ \n ' $ 5$""#,
        &["curl", r#"$a ` " \ \n ' $ 5$"#],
    );
    same("curl \"a\nb\" 'c\r\nd'", &["curl", "a\nb", "c\r\nd"]);
    same(r#"curl $"a b""#, &["curl", "a b"]);
}

#[test]
fn escapes_of_dollar_quotes_make_characters() {
    for (escaped, plain) in [
        (r"\n\r\t\a\b\e\E\f\v", "\n\r\t\x07\x08\x1b\x1b\x0c\x0b"),
        (r#"\\\'\"\?"#, r#"\'"?"#),
        (r"\x41\x4a\x4Ag\x9", "AJJg\t"),
        (r"\x{41}\x{1141}\x{42", "AAB"),
        (r"\101\1012\18\41", "AA2\x018!"),
        (r"\u00e9\u20ac\u0021\u9x", "é€!\tx"),
        (r"\U0001F600\U21", "😀!"),
        (r"\ud83d\ude00", "😀"),
        (r"\xc3\xa9", "é"),
        (r"\cA\ca\c?\c\\", "\x01\x01\x7f\x1c"),
        (r"\q\8\xg\u\U.", r"\q\8\xg\u\U."),
    ] {
        same(
            &format!("curl $'{escaped}'x"),
            &["curl", &format!("{plain}x")],
        );
    }
    let raw = |line| split(line).map(|words| words[1].clone());
    assert_eq!(raw(r"curl $'\xff\303'"), Ok(vec![0xff, 0xc3]));
    assert_eq!(raw(r"curl $'\ud83d!'"), Ok(b"\xed\xa0\xbd!".to_vec()));
}

#[test]
fn a_line_goes_on_behind_a_backslash_with_any_line_end() {
    for end in ["\n", "\r\n", "\r"] {
        same(
            &format!("curl \\{end}  -H 'a: b' \\{end}\"c\\{end}d\"\\{end}e{end}"),
            &["curl", "-H", "a: b", "cde"],
        );
        same(
            &format!("curl ^{end}  -H \"a: b\" ^{end}  c{end}"),
            &["curl", "-H", "a: b", "c"],
        );
    }
}

#[test]
fn quotes_of_the_c_runtime_are_known_once_a_caret_tells_the_shell() {
    for (line, words) in [
        (r#""{\"a\": 1}""#, [r#"{"a": 1}"#].as_slice()),
        (r#""{""a"":""b c""}""#, &[r#"{"a":"b c"}"#]),
        (r#""""" "" a"" """#, &["\"", "", "a", ""]),
        (
            r#"C:\a\b "C:\a b\\" "\\\"" \"x"#,
            &[r"C:\a\b", r"C:\a b\", r#"\""#, "\"x"],
        ),
        (r#""a^b" c^^d e^"f g^" 'h"#, &["a^b", "c^d", "ef g", "'h"]),
        (r#"^a^ b ^& ^^^" ^""#, &["a", "b", "&", "^ "]),
        (
            r#""a&b|c<d>e" $x `y` z;(1) %41%"#,
            &["a&b|c<d>e", "$x", "`y`", "z;(1)", "%41%"],
        ),
        (r#"%E2%80%93 "%"a"%" %%"#, &["%E2%80%93", "%a%", "%%"]),
    ] {
        same(&format!("curl {line} ^\n"), &[&["curl"], words].concat());
    }
}

#[test]
fn a_caret_before_two_line_ends_is_one_of_them() {
    for end in ["\n", "\r\n", "\r"] {
        same(
            &format!("curl ^\"a^{end}{end}b^\" \"c\"^{end}{end}\"d\" ^{end}  e"),
            &["curl", "a\nb", "c\nd", "e"],
        );
    }
}

#[test]
fn the_text_tells_its_shell() {
    // What only one of them reads as these words.
    for (line, word) in [
        (r#"curl ^"\^"^""#, "\""),
        (r#"curl a^&b"#, "a&b"),
        (r#"curl a^%b"#, "a%b"),
        (r#"curl "a^&b""#, "a&b"),
        (r#"curl "a^%b""#, "a%b"),
        (r#"curl "^\^"""#, "\""),
        (r#"curl "{""a"":1}""#, r#"{"a":1}"#),
        // And those of bash.
        (r#"curl 'a^"b'"#, r#"a^"b"#),
        (r#"curl $'\'^"'"#, r#"'^""#),
        (r#"curl "a^""#, "a^"),
        (r#"curl a^b"#, "a^b"),
        ("curl \\\n\"a\"\"b\"", "ab"),
        (r#"curl "a\\b""#, r"a\b"),
        ("curl it\\'s'^\"'", "it's^\""),
    ] {
        same(line, &["curl", word]);
    }
    // An apostrophe is nothing to cmd.
    same("curl it's ^\n b", &["curl", "it's", "b"]);
}

#[test]
fn what_only_a_shell_could_do_is_named_where_it_stands() {
    for (line, at, hint) in [
        ("curl a | jq", 7, "| is for a shell"),
        ("curl a; ls", 6, "; is for a shell"),
        (
            "curl a && ls",
            7,
            "& ends a command in a shell: put quotes around the URL",
        ),
        (
            "curl http://h/?a=1&b=2",
            18,
            "& ends a command in a shell: put quotes around",
        ),
        ("curl a > b", 7, "> is for a shell"),
        ("curl a 2>&1", 8, "> is for a shell"),
        ("curl a < b", 7, "< is for a shell"),
        ("curl (a)", 5, "( is for a shell"),
        ("curl $A", 5, "$ begins a variable or a command"),
        ("curl ${A}", 5, "$ begins"),
        ("curl $(a)", 5, "$ begins"),
        ("curl \"b $A\"", 8, "$ begins"),
        ("curl `a`", 5, "` begins a command"),
        ("curl \"`a`\"", 6, "` begins a command"),
        ("curl ~/a", 5, "~ is the home folder"),
        ("curl a{b,c}", 6, "{ makes several words"),
        ("curl {1..3}", 5, "{ makes several words"),
        ("curl a\ncurl b", 7, "A second command begins here"),
        ("curl a\r\n-H b", 8, "A second command begins here"),
        ("curl ^\n a & b", 10, "& ends a command"),
        ("curl ^\n a | b", 10, "| is for a shell"),
        ("curl ^\n %TOKEN%", 8, "% begins a variable"),
        ("curl ^\n \"%TOKEN%\"", 9, "% begins a variable"),
        ("curl ^\n a\ncurl b", 10, "A second command begins here"),
    ] {
        let sentence = split(line).expect_err(line);
        assert!(
            sentence.starts_with(&format!("{at} {hint}")),
            "{line:?}: {sentence}"
        );
    }
    same(
        "curl a~b {a} {} a..b , a=~",
        &["curl", "a~b", "{a}", "{}", "a..b", ",", "a=~"],
    );
    same(
        "curl 'a&b|c' \"d;e\" \\& \\|",
        &["curl", "a&b|c", "d;e", "&", "|"],
    );
}

#[test]
fn a_quote_that_is_not_closed_is_named_where_it_opens() {
    for (line, at, hint) in [
        ("curl 'a", 5, "The quote ' is not closed"),
        ("curl b'a\n\n", 6, "The quote ' is not closed"),
        ("curl \"a\\\"", 5, "The quote \" is not closed"),
        ("curl $'a\\'", 5, "The quote ' is not closed"),
        ("curl $'a\\", 5, "The quote ' is not closed"),
        ("curl ^\n ^\"a", 9, "The quote \" is not closed"),
        ("curl ^\n \"a\nb\"", 8, "The quote \" is not closed"),
        ("curl “a”", 5, "No shell knows the quote “"),
        ("curl ‘a’", 5, "No shell knows the quote ‘"),
        (
            r"curl $'\U00110000'",
            7,
            "The escape stands for no character",
        ),
        (r"curl $'\0'", 7, "An argument cannot hold U+0000"),
        (r"curl $'a\x00'", 8, "An argument cannot hold U+0000"),
        (r"curl $'\u0000'", 7, "An argument cannot hold U+0000"),
        (r"curl $'\c@'", 7, "An argument cannot hold U+0000"),
        ("curl 'a\0b'", 7, "An argument cannot hold U+0000"),
    ] {
        let sentence = split(line).expect_err(line);
        assert!(
            sentence.starts_with(&format!("{at} {hint}")),
            "{line:?}: {sentence}"
        );
    }
}
