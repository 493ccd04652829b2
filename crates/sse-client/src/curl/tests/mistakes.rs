//! What is refused: where, and with which sentence.

use std::time::{Duration, Instant};

use crate::curl::*;

#[track_caller]
fn refused(line: &str, place: &str, hint: &str) {
    let sentence = CurlRequest::from_text(line).expect_err(line).to_string();
    assert!(
        sentence.starts_with(&format!("{place}: ")),
        "{line:?}: {sentence}"
    );
    assert!(sentence.contains(hint), "{line:?}: {sentence}");
    assert!(sentence.ends_with('.'), "{line:?}: {sentence}");
}

#[test]
fn a_line_that_is_none_of_curl_is_refused() {
    for (line, place, hint) in [
        ("", "Column 1", "There is no command"),
        (" \n ", "Column 1", "There is no command"),
        ("wget http://h/", "Column 1", "The command is not curl"),
        ("$ sudo curl h", "Column 3", "The command is not curl"),
        ("A=1 curl h", "Column 1", "The command is not curl"),
        ("curly h", "Column 1", "The command is not curl"),
        ("http://h/", "Column 1", "The command is not curl"),
        ("curl", "Column 1", "There is no URL"),
        ("curl -X POST", "Column 6", "There is no URL"),
    ] {
        refused(line, place, hint);
    }
    for program in [
        "curl",
        "curl.exe",
        "CURL.EXE",
        "/usr/bin/curl",
        "'C:\\tools\\curl.exe'",
    ] {
        let request = CurlRequest::from_text(&format!("{program} h"));
        assert_eq!(
            request.map(|request| request.url),
            Ok("h".to_owned()),
            "{program}"
        );
    }
}

#[test]
fn a_place_is_counted_in_lines_and_characters() {
    refused("curl 'é' -Q h", "Column 10", "-Q is not supported");
    for end in ["\n", "\r\n", "\r"] {
        let line = format!("curl \\{end}  -H 'a: ä' \\{end}  --nope h");
        refused(&line, "Line 3, column 3", "curl has no flag --nope");
    }
    let words = CurlRequest::from_words(&["curl", "-N", "a", "b"]).expect_err("two URLs");
    assert_eq!(words.place, CurlPlace::Word(4));
    assert!(
        words
            .to_string()
            .starts_with("Word 4: This is a second URL")
    );
    let none = CurlRequest::from_words::<&str>(&[]).expect_err("no word");
    assert_eq!(none.kind, CurlMistakeKind::Empty);
}

#[test]
fn an_unknown_flag_is_named_with_the_nearest_one() {
    for (line, place, hint) in [
        (
            "curl --heder a h",
            "Column 6",
            "curl has no flag --heder: write --header,",
        ),
        (
            "curl --data-rew a h",
            "Column 6",
            "--data-rew: write --data-raw,",
        ),
        ("curl --no-bufer h", "Column 6", "--no-bufer"),
        (
            "curl --xyzzy-plugh h",
            "Column 6",
            "curl has no flag --xyzzy-plugh: leave it out",
        ),
        (
            "curl -sW h",
            "Column 6",
            "curl has no flag -W: leave it out",
        ),
        ("curl -é h", "Column 6", "curl has no flag -é: leave it out"),
        (
            "curl --no-header h",
            "Column 6",
            "curl has no flag --no-header",
        ),
        (
            "curl --hea h",
            "Column 6",
            "--hea can be --head or --header",
        ),
        (
            "curl --http h",
            "Column 6",
            "--http can be --http1.1 or --http2",
        ),
        ("curl --=x h", "Column 6", "This is no flag of curl"),
        ("curl --no- h", "Column 6", "curl has no flag --no-"),
        (
            "curl -F a=b h",
            "Column 6",
            "-F is not supported: give the body with --data-binary",
        ),
        (
            "curl -sO h",
            "Column 6",
            "-O is not supported: leave it out, for a watch",
        ),
        (
            "curl a --next b",
            "Column 8",
            "--next is not supported: give one request alone",
        ),
        (
            "curl a -: b",
            "Column 8",
            "-: is not supported: give one request alone",
        ),
        ("curl --digest=x h", "Column 6", "--digest is not supported"),
        ("curl -H", "Column 6", "-H has no value"),
        ("curl h --header", "Column 8", "--header has no value"),
        (
            "curl --insecure=yes h",
            "Column 6",
            "--insecure takes no value",
        ),
    ] {
        refused(line, place, hint);
    }
}

#[test]
fn a_value_that_cannot_be_used_says_what_can() {
    for (line, place, hint) in [
        (
            "curl -X 'PO ST' h",
            "Column 9",
            "The value of -X cannot be used: give a method",
        ),
        (
            "curl -H nonsense h",
            "Column 9",
            "-H cannot be used: give a header such as",
        ),
        ("curl -H 'a b: c' h", "Column 9", "give a header such as"),
        ("curl -H 'a;b' h", "Column 9", "give a header such as"),
        ("curl -H ': b' h", "Column 9", "give a header such as"),
        (
            "curl -H $'a: b\\r\\nc: d' h",
            "Column 9",
            "give a header such as",
        ),
        ("curl -H @file h", "Column 9", "no file of them is read"),
        ("curl -H $'a: \\xff' h", "Column 9", "give text in UTF-8"),
        (
            "curl -b cookies.txt h",
            "Column 9",
            "no file of them is read",
        ),
        ("curl -b $'a=b\\nc' h", "Column 9", "one line of text"),
        ("curl -A $'a\\nb' h", "Column 9", "one line of text"),
        ("curl -u me h", "Column 9", "give USER:PASSWORD"),
        ("curl -d @ h", "Column 9", "the path of a file behind the @"),
        ("curl -m soon h", "Column 9", "give seconds"),
        ("curl -m -1 h", "Column 9", "give seconds"),
        ("curl -m . h", "Column 9", "give seconds"),
        ("curl -m 99999999999999999999 h", "Column 9", "give seconds"),
        ("curl -m 4294967296 h", "Column 9", "give seconds"),
        (
            "curl -x socks5://h:1 h",
            "Column 9",
            "give a proxy of http or https",
        ),
        ("curl -o file h", "Column 9", "no file is written"),
        (
            "curl --resolve h:1 h",
            "Column 16",
            "give HOST:PORT:ADDRESS",
        ),
        (
            "curl --resolve h:1:name h",
            "Column 16",
            "give HOST:PORT:ADDRESS",
        ),
        (
            "curl --resolve h:99999:1.2.3.4 h",
            "Column 16",
            "give HOST:PORT:ADDRESS",
        ),
        (
            "curl --resolve=-h:80:127.0.0.1, h",
            "Column 6",
            "give HOST:PORT:ADDRESS",
        ),
        ("curl --cacert '' h", "Column 15", "the path of a file"),
    ] {
        refused(line, place, hint);
    }
}

#[test]
fn a_url_that_cannot_be_asked_for_is_refused() {
    for (line, place, hint) in [
        ("curl a b", "Column 8", "This is a second URL"),
        ("curl -H Accept: x h", "Column 19", "This is a second URL"),
        ("curl --url a --url=b", "Column 14", "This is a second URL"),
        ("curl ''", "Column 6", "This is not a URL"),
        ("curl 'http://h/a b'", "Column 6", "This is not a URL"),
        ("curl http:///a", "Column 6", "This is not a URL"),
        ("curl /a", "Column 6", "This is not a URL"),
        ("curl $'h/\\xff'", "Column 6", "This is not a URL"),
        ("curl http://%ff@h/", "Column 6", "This is not a URL"),
        ("curl ftp://h/", "Column 6", "give a URL of http or https"),
        ("curl http://a%3Ab:c@h/", "Column 6", "holds a colon"),
        ("curl 'h/{a,b}'", "Column 6", "stands for several requests"),
        ("curl h/{id}", "Column 6", "stands for several requests"),
        ("curl h/a}", "Column 6", "stands for several requests"),
        ("curl h/[1-3]", "Column 6", "stands for several requests"),
        ("curl h/[a-z:2]", "Column 6", "stands for several requests"),
        (
            "curl h/[001-100]",
            "Column 6",
            "stands for several requests",
        ),
        (
            "curl -I -d a h",
            "Column 14",
            "-I and -d exclude each other",
        ),
    ] {
        refused(line, place, hint);
    }
}

#[test]
fn a_line_beyond_the_bound_is_refused() {
    let line = |length: usize| format!("curl h -d {}", "x".repeat(length - 10));
    let longest = line(LONGEST_CURL_LINE);
    assert!(CurlRequest::from_text(&longest).is_ok());
    let longer = line(LONGEST_CURL_LINE + 1);
    refused(&longer, "Column 1", "longer than 1 MiB");
    let words: Vec<&str> = longer.split(' ').collect();
    let mistake = CurlRequest::from_words(&words).expect_err("too long");
    assert_eq!(mistake.kind, CurlMistakeKind::TooLong);
}

/// Texts for which a reading that looks back or ahead at each sign would take minutes.
#[test]
fn a_line_of_signs_alone_takes_no_longer_than_another() {
    let signs = [
        "'", "\"", "\"^", "^\"", "\\", "%", "{", "a ", "\"\"", "$'", "\"^&", "\\\"", "-", "[",
        "%a", "\r",
    ];
    for sign in signs {
        for before in ["curl h -d ", "curl ^\n h -d ", "curl -g h/"] {
            let many = sign.repeat((LONGEST_CURL_LINE / 4) / sign.len());
            let begin = Instant::now();
            let _ = CurlRequest::from_text(&format!("{before}{many}"));
            let took = begin.elapsed();
            assert!(
                took < Duration::from_secs(5),
                "{before:?} {sign:?}: {took:?}"
            );
        }
    }
}

#[test]
fn the_one_error_of_the_crate_holds_the_sentence() {
    let mistake = CurlRequest::from_text("wget h").expect_err("not curl");
    let sentence = mistake.to_string();
    assert_eq!(crate::Error::from(mistake).to_string(), sentence);
}
