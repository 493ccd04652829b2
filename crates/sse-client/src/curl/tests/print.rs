//! What is printed is read as the same request, and no text can end the reading.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::text;
use crate::curl::*;

#[test]
fn a_line_is_canonical() {
    for (line, printed) in [
        ("curl http://h/a", "curl -N http://h/a"),
        ("curl 'h/?a=1&b=2' -s", "curl -N 'h/?a=1&b=2'"),
        (
            "curl --request PUT -H 'B:x' --header 'A;' -HC: h --max-time 1.50 -Lk",
            "curl -N -X PUT -L -k -m 1.5 -H 'B: x' -H 'A;' -H C: h",
        ),
        (
            r#"curl -G -d @f -d a --json '{"it":"'"'"'s"}' h -m 10"#,
            r#"curl -N -m 10 -G -d @f --data-raw a --json $'{"it":"\'s"}' h"#,
        ),
        (
            r"curl --data-binary $'a\n\r\t\\\'\x01\xff\u00e9' --data-urlencode n@- h",
            r"curl -N --data-raw $'a\n\r\t\\\'\x01\xffé' --data-urlencode n@- h",
        ),
        ("curl -g 'h/{a,b}' -A ''", "curl -N -A '' -g 'h/{a,b}'"),
        (
            "curl --url -h/ --resolve '[::1]:80:::2' --connect-timeout .000000001",
            "curl -N --resolve '[::1]:80:::2' --connect-timeout 0.000000001 --url -h/",
        ),
        (
            "curl http://me:p%27w@h/ -x a:b@p:1 --noproxy '*' -e 'r;auto;auto'",
            r"curl -N -x p:1 -U a:b --noproxy '*' -e 'r;auto;auto' -u $'me:p\'w' http://h/",
        ),
    ] {
        assert_eq!(text(line).line(), printed);
        assert!(text(printed) == text(line), "{line}");
    }
}

/// Words that make a request, and some that make it wrong.
fn word() -> impl Strategy<Value = String> {
    let flags = select(vec![
        "-X",
        "PUT",
        "-H",
        "A: b",
        "C;",
        "D:",
        "-d",
        "@f",
        "--data-raw",
        "--json",
        "--data-binary",
        "-G",
        "-I",
        "-b",
        "a=b",
        "-u",
        "u:p",
        "-A",
        "-e",
        "x;auto",
        "-k",
        "-L",
        "-x",
        "http://a:b@p:1",
        "-U",
        "--compressed",
        "--http2",
        "-4",
        "-m",
        "1.25",
        "--cacert",
        "--resolve",
        "a:1:::1",
        "--noproxy",
        "--url",
        "http://h/?a=[]",
        "http://u:p@h/",
        "--data-urlencode",
        "n@f",
        "=x y",
        "--oauth2-bearer",
        "-g",
        "h/{a,b}",
        "--",
        "--no-location",
        "-sSkN",
        "h",
    ]);
    prop_oneof![6 => flags.prop_map(str::to_owned), 1 => "\\PC{0,6}", 1 => any::<String>()]
}

/// A text of what shells act on.
fn line() -> impl Strategy<Value = String> {
    let signs = select(vec![
        "'", "\"", "$'", "^\"", "^", "\\", "\n", "\r\n", "^\n", "\\\n", " ", "a", "%", "$", "`",
        "\\x4", "\\u0041", "\\ud83d", "\\ude00", "\\U", "\\c", "{", ",", "}", "[", "]", "-", "--",
        "-H", "h", ":", "é", "😀", "#", "\0", "=", "@",
    ]);
    vec(
        prop_oneof![9 => signs.prop_map(str::to_owned), 1 => any::<String>()],
        0..40,
    )
    .prop_map(|parts| parts.concat())
}

/// Values of all kinds behind the flags that take them, all of which can be sent.
fn request() -> impl Strategy<Value = Vec<String>> {
    let value = "[ -~éß€😀]{0,12}";
    let flags = select(vec![
        "-d",
        "--data-raw",
        "--data-binary",
        "--data-urlencode",
        "--json",
    ]);
    let data = (flags, "([ -~é]|\n|\r|\t|\u{1}|\u{85}){0,12}");
    let pair = |flag: &'static str, value: String| vec![flag.to_owned(), value];
    let some = prop_oneof![
        4 => data.prop_map(move |(flag, value)| pair(flag, value)),
        2 => ("[A-Za-z-]{1,8}[:;]", value).prop_map(move |(name, value)| pair("-H", name + &value)),
        1 => value.prop_map(move |value| pair("-A", value)),
        1 => value.prop_map(move |value| pair("-e", value)),
        1 => value.prop_map(move |value| pair("-b", format!("a={value}"))),
        1 => value.prop_map(move |value| pair("-u", format!("a:{value}"))),
        1 => value.prop_map(move |value| pair("--noproxy", value)),
        1 => value.prop_map(move |value| pair("--cacert", value)),
        1 => (0..9_u32, 0..1_000_000_000_u32)
            .prop_map(move |(whole, part)| pair("-m", format!("{whole}.{part:09}"))),
        1 => select(vec!["-L", "-k", "-4", "-6", "-G", "--http2", "--http1.1", "--compressed"])
            .prop_map(|flag| vec![flag.to_owned()]),
        1 => "[!-~]{0,12}".prop_map(move |rest| pair("-g", format!("h/{rest}"))),
    ];
    vec(some, 0..7).prop_map(|flags| flags.concat())
}

#[track_caller]
fn comes_back(request: &CurlRequest) {
    let line = request.line();
    let again = CurlRequest::from_text(&line).unwrap_or_else(|mistake| panic!("{line}: {mistake}"));
    assert!(again == *request, "{line}\n{}", again.line());
    // What is shown is a line too, and hides nothing that was not there.
    let shown = request.shown_line();
    let shown =
        CurlRequest::from_text(&shown).unwrap_or_else(|mistake| panic!("{shown}: {mistake}"));
    assert_eq!(shown.headers.len(), request.headers.len());
}

/// No system hands such a word over, and no line could be printed of it.
#[test]
fn a_word_with_a_nul_is_refused_as_a_text_is() {
    let words = ["curl", "-d", "a\0b", "h"];
    let mistake = CurlRequest::from_words(&words).expect_err("a mistake");
    assert_eq!(mistake.kind, CurlMistakeKind::Nul);
    assert_eq!(mistake.place, CurlPlace::Word(3));
}

/// curl takes `us` for the host here, whose port is empty.
#[test]
fn without_its_credentials_a_url_is_read_the_same_or_refused() {
    let request = CurlRequest::from_text("curl name@us://path").expect("a request");
    assert_eq!(request.url, "http://us://path");
    comes_back(&request);
    for bad in [
        "curl name@://path",
        "curl :80/path",
        "curl http://:80/path",
        "curl %00name@host",
        "curl name:%00@host",
    ] {
        let mistake = CurlRequest::from_text(bad).expect_err(bad);
        assert_eq!(mistake.kind, CurlMistakeKind::BadUrl, "{bad}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn no_text_ends_the_reading(line in line()) {
        for line in [line.clone(), format!("curl {line}"), format!("curl h ^\n {line}")] {
            if let Ok(request) = CurlRequest::from_text(&line) {
                comes_back(&request);
            }
        }
    }

    #[test]
    fn no_words_end_the_reading(words in vec(word(), 0..12)) {
        let words = [vec!["curl".to_owned()], words].concat();
        if let Ok(request) = CurlRequest::from_words(&words) {
            comes_back(&request);
        }
    }

    #[test]
    fn what_is_printed_is_read_as_the_same(flags in request()) {
        let mut words = [vec!["curl".to_owned()], flags].concat();
        if !words.iter().any(|word| word == "-g") {
            words.push("http://h/".to_owned());
        }
        if let Ok(request) = CurlRequest::from_words(&words) {
            comes_back(&request);
        }
    }
}
