//! A request with all that goes without saying.

use super::{lines, words};
use crate::curl::CurlMessage;

fn message(line: &[&str]) -> CurlMessage {
    let message = words(line).message(|_| Ok::<_, ()>(b"x y\n".to_vec()));
    message.expect("each file can be read")
}

#[test]
fn a_header_of_the_line_wins_over_one_that_a_flag_makes() {
    const FORM: &str = "Content-Type: application/x-www-form-urlencoded";
    for (line, wanted) in [
        (&[][..], &[][..]),
        (&["-d", "a"], &[FORM]),
        (
            &["-d", "a", "-H", "content-TYPE: text/plain"],
            &["content-TYPE: text/plain"],
        ),
        (&["-d", "a", "-H", "Content-Type:"], &["Content-Type:"]),
        (
            &["--json", "{}", "-d", "a"],
            &["Content-Type: application/json", "Accept: application/json"],
        ),
        (
            &["--json", "{}", "-H", "Accept: text/event-stream"],
            &[
                "Accept: text/event-stream",
                "Content-Type: application/json",
            ],
        ),
        (&["-G", "-d", "a"], &[]),
        (
            &["-A", "me", "-e", "http://r/;auto"],
            &["User-Agent: me", "Referer: http://r/"],
        ),
        (&["-A", ""], &["User-Agent:"]),
        (&["-A", "me", "-H", "User-Agent: you"], &["User-Agent: you"]),
        (&["-b", "a=1", "-b", "b=2; c=3"], &["Cookie: a=1;b=2; c=3"]),
        (&["-b", "a=1", "-H", "Cookie: c=3"], &["Cookie: c=3"]),
    ] {
        let message = message(&[line, &["h"]].concat());
        assert_eq!(lines(&message.headers), wanted, "{line:?}");
    }
}

#[test]
fn data_goes_into_the_body_or_into_the_query() {
    for (line, url, body) in [
        (&["-d", "a", "-d", "@f", "h/x"][..], "h/x", Some("a&x y")),
        (
            &["-G", "-d", "a=1", "-d", "@f", "h/x"],
            "h/x?a=1&x%20y",
            None,
        ),
        (
            &["-G", "-d", "a#é", "h?q=1#top"],
            "h?q=1&a%23%C3%A9#top",
            None,
        ),
        (&["-G", "-d", "a", "h/?"], "h/?a", None),
        (&["-G", "-d", "", "h/"], "h/", None),
        (&["-G", "h/"], "h/", None),
        (&["--data-binary", "@-", "h/"], "h/", Some("x y\n")),
        (&["-d", "", "h/"], "h/", Some("")),
    ] {
        let message = message(line);
        assert_eq!(message.url, url, "{line:?}");
        let sent = message
            .body
            .map(|body| String::from_utf8(body).expect("text"));
        assert_eq!(sent.as_deref(), body, "{line:?}");
    }
    assert_eq!(words(&["-d", "@f", "h"]).message(|_| Err("no")), Err("no"));
}
