//! A client reports what it saw, over real sockets, and is judged by it.

mod support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::Value;
use support::{Serving, read_until};

/// Sends a request with more lines of a head, and a body. Answers status and body.
fn exchange(serving: &Serving, request: &str, lines: &str, body: &str) -> (String, String) {
    let mut stream = serving.connect();
    let (host, length) = (&serving.addr, body.len());
    let whole = format!(
        "{request} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-length: {length}\r\n{lines}\r\n{body}"
    );
    stream.write_all(whole.as_bytes()).expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("UTF-8");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    let status = head.split(' ').nth(1).expect("a status");
    (status.to_owned(), body.to_owned())
}

fn ask(serving: &Serving, request: &str) -> (String, String) {
    exchange(serving, request, "", "")
}

fn post(serving: &Serving, path: &str, body: &str) -> (String, String) {
    exchange(serving, &format!("POST {path}"), "", body)
}

/// Reads a stream to its end, and comes back with an id.
fn walk(serving: &Serving, path: &str, id: &str) -> TcpStream {
    let mut all = String::new();
    let mut stream = serving.get(path);
    // A cut is an end too.
    _ = stream.read_to_string(&mut all);
    let mut back = serving.connect();
    let host = &serving.addr;
    write!(
        back,
        "GET {path} HTTP/1.1\r\nhost: {host}\r\nlast-event-id: {id}\r\n\r\n"
    )
    .expect("it reads");
    read_until(&mut back, "\r\n");
    back
}

/// The verdict on a case, once it is there.
fn verdict(serving: &Serving, name: &str, case: &str) -> (String, String) {
    let began = Instant::now();
    loop {
        let (_, body) = ask(serving, &format!("GET /api/lab/runs/{name}/{case}"));
        let view: Value = serde_json::from_str(&body).expect(&body);
        let verdict = &view["case"]["verdict"];
        if let Some(kind) = verdict["kind"].as_str() {
            let words = verdict["words"].as_str().unwrap_or_default();
            return (kind.to_owned(), words.to_owned());
        }
        assert!(began.elapsed() < Duration::from_secs(20), "{view:#}");
    }
}

#[test]
fn what_a_client_reports_is_judged() {
    let serving = Serving::start(&[]);
    for (name, events, kind, words) in [
        (
            "right",
            r#"[{"data":"x"},{"data":"a\nb","type":"message"},{"data":"c","id":"E1-start"}]"#,
            "right",
            "It showed 3 events, with the data 'x', 'a\\nb' and 'c'.",
        ),
        (
            "wrong",
            r#"[{"data":"x"},{"data":"a\nb"}]"#,
            "wrong",
            "It showed 2 events, with the data 'x' and 'a\\nb', and must show 3 events, with the \
             data 'x', 'a\\nb' and 'c'.",
        ),
    ] {
        let path = format!("/lab/case/E1/{name}");
        let _back = walk(&serving, &path, "E1-start");
        let (status, answer) = post(&serving, &format!("{path}/saw"), events);
        assert_eq!((&*status, &*answer), ("204", ""), "{name}");
        assert_eq!(
            verdict(&serving, name, "E1"),
            (kind.to_owned(), words.to_owned())
        );
    }
    // By a query, one after the other, and in an order that their numbers put right.
    let path = "/lab/case/E1/numbered";
    let _back = walk(&serving, path, "E1-start");
    for (number, data) in [(3, "c"), (1, "x"), (2, "a%0Ab")] {
        let (status, _) = ask(&serving, &format!("GET {path}/saw/{number}?data={data}"));
        assert_eq!(status, "204");
    }
    assert_eq!(verdict(&serving, "numbered", "E1").0, "right");
    // Without a report somebody must look.
    let _back = walk(&serving, "/lab/case/E1/blind", "E1-start");
    let look = "Look at what it shows: it must be 3 events, with the data 'x', 'a\\nb' and 'c'.";
    let (kind, words) = verdict(&serving, "blind", "E1");
    assert_eq!((&*kind, &*words), ("needs your eyes", look));
}

#[test]
fn a_report_that_cannot_be_taken_is_refused_in_a_sentence() {
    let serving = Serving::start(&[]);
    let _back = walk(&serving, "/lab/case/E1/me", "E1-start");
    for (request, status, words) in [
        (
            "GET /lab/case/E1/me/saw",
            "400",
            "Report what the client shows",
        ),
        (
            "GET /lab/case/E1/me/saw/0?data=x",
            "404",
            "0 is no number of a report",
        ),
        (
            "GET /lab/case/E1/nobody/saw?data=x",
            "404",
            "No client has come by the name nobody",
        ),
        (
            "GET /lab/case/E2/me/saw?data=x",
            "404",
            "The client me was sent nothing here",
        ),
        (
            "GET /lab/case/E99/me/saw?data=x",
            "404",
            "There is no case E99",
        ),
        (
            "GET /lab/tour/me/saw?data=x",
            "404",
            "The client me was sent nothing here",
        ),
        ("PUT /lab/case/E1/me/saw?data=x", "405", "use GET or POST"),
    ] {
        let (got, body) = ask(&serving, request);
        assert_eq!(got, status, "{request}: {body}");
        assert!(body.contains(words), "{request}: {body}");
    }
    for (body, words) in [
        ("{\"data\":", "Report what the client shows"),
        (r#"{"kind":"news"}"#, "There is no report of the kind news"),
    ] {
        let (status, answer) = post(&serving, "/lab/case/E1/me/saw", body);
        assert_eq!(status, "400", "{answer}");
        assert!(answer.contains(words), "{answer}");
    }
    // A page of another origin under development may report; a stranger's may not.
    let origin = |origin: &str| {
        let lines = format!("origin: {origin}\r\n");
        exchange(&serving, "GET /lab/case/E1/me/saw?data=x", &lines, "").0
    };
    assert_eq!(origin("http://localhost:5173"), "204");
    assert_eq!(origin("https://example.com"), "403");
}

/// The page is of our own origin alone, and every file that it names is there.
#[test]
fn the_page_of_the_lab_is_ours_alone() {
    let serving = Serving::start(&[]);
    let mut stream = serving.get("/lab/page");
    let head = read_until(&mut stream, "\r\n\r\n").to_lowercase();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert!(head.contains("content-type: text/html"), "{head}");
    assert!(
        head.contains("default-src 'none'; script-src 'self'"),
        "{head}"
    );
    assert!(!head.contains("access-control-allow-origin"), "{head}");
    let (_, page) = ask(&serving, "GET /lab/page");
    let files = page.split('"').filter(|text| text.starts_with("/page/"));
    let files: Vec<_> = files.collect();
    assert!(files.len() > 3, "{files:?}");
    for file in files {
        assert_eq!(ask(&serving, &format!("GET {file}")).0, "200", "{file}");
    }
    let origin = "origin: http://localhost:5173\r\n";
    assert_eq!(exchange(&serving, "GET /lab/page", origin, "").0, "403");
    assert_eq!(ask(&serving, "POST /lab/page").0, "405");
}
