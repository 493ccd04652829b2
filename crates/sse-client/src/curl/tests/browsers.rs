//! Lines as browsers copy them, on any line end.

use super::{body, lines, text};

/// The line ends that a clipboard may hold.
const ENDS: [&str; 3] = ["\n", "\r\n", "\r"];

/// What all lines below ask for.
#[track_caller]
fn is_the_chat(line: &str, prompt: &str) {
    let request = text(line);
    assert_eq!(
        request.url, "https://api.example.com/v1/chat?a=1&b=%41&c[]=2",
        "{line}"
    );
    assert_eq!(
        lines(&request.headers),
        [
            "accept: text/event-stream",
            "authorization: Bearer made-up",
            r#"sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99""#,
        ],
        "{line}"
    );
    assert_eq!(request.cookies.as_deref(), Some("a=1; b=x%20y"), "{line}");
    assert_eq!(body(&request).as_deref(), Some(prompt), "{line}");
    assert_eq!(request.method(), "POST", "{line}");
    assert_eq!(request.method, None, "{line}");
}

/// The body: a quote, a caret, a per cent sign, and JSON's own escapes.
const PROMPT: &str = r#"{"prompt":"it's 100% ^ a\nb \"c\" & d|e!"}"#;

#[test]
fn chromium_for_bash() {
    for end in ENDS {
        let line = [
            r"curl 'https://api.example.com/v1/chat?a=1&b=%41&c\[\]=2' \",
            r"  -H 'accept: text/event-stream' \",
            r"  -H 'authorization: Bearer made-up' \",
            r"  -b 'a=1; b=x%20y' \",
            r#"  -H 'sec-ch-ua: "Chromium";v="130", "Not?A_Brand";v="99"' \"#,
            r#"  --data-raw $'{"prompt":"it\'s 100% ^ a\\nb \\"c\\" & d|e\u0021"}'"#,
        ]
        .join(end);
        is_the_chat(&line, PROMPT);
        is_the_chat(&(line + end), PROMPT);
    }
}

#[test]
fn chromium_for_cmd() {
    for end in ENDS {
        let line = [
            r#"curl ^"https://api.example.com/v1/chat?a=1^&b=^%^41^&c^\[^\]=2^" ^"#,
            r#"  -H ^"accept: text/event-stream^" ^"#,
            r#"  -H ^"authorization: Bearer made-up^" ^"#,
            r#"  -b ^"a=1; b=x^%^20y^" ^"#,
            r#"  -H ^"sec-ch-ua: ^\^"Chromium^\^";v=^\^"130^\^", ^\^"Not?A_Brand^\^";v=^\^"99^\^"^" ^"#,
            concat!(
                r#"  --data-raw ^"^{^\^"prompt^\^":^\^"it's 100^% ^^ a^\^\nb ^\^\^\^"c^\^\^\^" "#,
                r#"^& d^|e^!^\^"^}^""#
            ),
        ]
        .join(end);
        is_the_chat(&line, PROMPT);
        is_the_chat(&(line + end), PROMPT);
    }
}

/// It opened strings with `"`, so that cmd took the carets in them literally.
#[test]
fn an_older_chromium_for_cmd() {
    for amp in ["^&", "&"] {
        for end in ENDS {
            let line = [
                r#"curl "https://api.example.com/v1/chat?a=1&b=^%^41&c^\[^\]=2" ^"#,
                r#"  -H "accept: text/event-stream" ^"#,
                r#"  -H "authorization: Bearer made-up" ^"#,
                r#"  -b "a=1; b=x^%^20y" ^"#,
                r#"  -H "sec-ch-ua: ^\^"Chromium^\^";v=^\^"130^\^", ^\^"Not?A_Brand^\^";v=^\^"99^\^"" ^"#,
                concat!(
                    r#"  --data-raw "^{^\^"prompt^\^":^\^"it's 100^% ^^ a^\^\nb ^\^\^\^"c^\^\^\^" "#,
                    r#"& d^|e^!^\^"^}" ^"#
                ),
                "  --compressed",
            ]
            .join(end)
            .replace('&', amp);
            is_the_chat(&line, PROMPT);
        }
    }
    assert_eq!(
        text(r#"curl "http://h/?a=1^&b=2""#).url,
        "http://h/?a=1&b=2"
    );
}

#[test]
fn a_line_end_in_a_body_for_cmd() {
    for end in ENDS {
        let new =
            format!("curl ^\"http://h/^\" ^{end}  --data-raw ^\"a^{end}{end}b^&c^{end}{end}^\"");
        let old =
            format!("curl \"http://h/\" ^{end}  --data-raw ^\"a^{end}{end}b^&c^{end}{end}^\"");
        let firefox =
            format!("curl \"http://h/\" --data-raw \"a\"^{end}{end}\"b&c\"^{end}{end}\"\"");
        for line in [new, old, firefox] {
            assert_eq!(body(&text(&line)).as_deref(), Some("a\nb&c\n"), "{line:?}");
        }
    }
}

#[test]
fn firefox_for_bash() {
    for joint in [" ", " \\\n  ", " \\\r\n  "] {
        let line = [
            r"curl 'https://api.example.com/v1/chat?a=1&b=%41&c[]=2'",
            r"--compressed",
            r"-X POST",
            r"-H 'Accept: text/event-stream'",
            r"-H 'Cookie: a=1; b=x%20y'",
            r#"--data-raw $'{"prompt":"it\'s\\n caf\xc3\xa9 \u20ac\041"}'"#,
        ]
        .join(joint);
        let request = text(&line);
        assert_eq!(
            request.url,
            "https://api.example.com/v1/chat?a=1&b=%41&c[]=2"
        );
        assert!(request.compressed && request.method() == "POST");
        assert_eq!(
            lines(&request.headers),
            ["Accept: text/event-stream", "Cookie: a=1; b=x%20y"]
        );
        let prompt = r#"{"prompt":"it's\n café €!"}"#;
        assert_eq!(body(&request).as_deref(), Some(prompt), "{line}");
    }
}

#[test]
fn firefox_for_cmd() {
    for (open, joint) in [("\"", " "), ("^\"", " ^\n  "), ("^\"", " ^\r\n  ")] {
        let line = [
            r#"curl "https://api.example.com/v1/chat?a=1&b="%"41""#,
            r#"--compressed"#,
            r#"-X POST"#,
            r#"-H "Accept: text/event-stream""#,
            r#"--data-raw "{""prompt"":""100"%" of 'it' & $x""}""#,
        ]
        .join(joint);
        let line = match open {
            "\"" => line,
            // The newer one puts carets before the outer quotes and what cmd would act on.
            _ => line
                .replace(r#""%"41"#, "^%^41")
                .replace(r#""%" "#, "^% ")
                .replace(r#"curl ""#, r#"curl ^""#)
                .replace(r#"-H ""#, r#"-H ^""#)
                .replace(r#"-raw ""#, r#"-raw ^""#)
                .replace('&', "^&")
                .replace(" $x\"\"}\"", " $x\"\"}^\"")
                .replace("41\"", "41^\"")
                .replace("stream\"", "stream^\""),
        };
        let request = text(&line);
        assert_eq!(
            request.url, "https://api.example.com/v1/chat?a=1&b=%41",
            "{line}"
        );
        assert_eq!(
            lines(&request.headers),
            ["Accept: text/event-stream"],
            "{line}"
        );
        let prompt = r#"{"prompt":"100% of 'it' & $x"}"#;
        assert_eq!(body(&request).as_deref(), Some(prompt), "{line}");
    }
}

/// Written by hand for cmd, a caret within quotes is a caret.
#[test]
fn a_caret_in_quotes_that_no_browser_wrote_stays() {
    for (line, wanted) in [
        ("curl http://h/ ^\n -d \"{a^&b}\"", "{a^&b}"),
        ("curl http://h/ ^\n -d \"x^2\"", "x^2"),
        ("curl http://h/ ^\n -d \"a\\\\b\"", r"a\\b"),
    ] {
        assert_eq!(body(&text(line)).as_deref(), Some(wanted), "{line}");
    }
}
