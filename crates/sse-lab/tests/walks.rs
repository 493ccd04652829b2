//! What a client is told over HTTP that walks as none should: two at once, on and on, and past its
//! verdict.

mod support;

use std::time::Instant;

use sse_lab::Profile;
use support::{Bench, ask, open, status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// The notes of a run.
fn notes(bench: &Bench, name: &str) -> Vec<String> {
    let run = bench.lab.verdicts(name, Profile::Standard, Instant::now());
    run.expect("it came").notes
}

/// The answers of the tour are short, so the second client is refused only where the first one's
/// lasts: here a fault holds it.
#[tokio::test]
async fn two_connections_in_one_tour_are_told_apart() {
    let bench = Bench::start().await;
    let mut arms = TcpStream::connect(bench.addr).await.expect("it listens");
    let fault = r#"{"fault":"silence,after=0"}"#;
    let head = format!("host: localhost:{}\r\nconnection: close", bench.addr.port());
    let length = fault.len();
    let request =
        format!("POST /api/faults HTTP/1.1\r\n{head}\r\ncontent-length: {length}\r\n\r\n{fault}");
    arms.write_all(request.as_bytes()).await.expect("it reads");
    let mut armed = String::new();
    arms.read_to_string(&mut armed).await.expect("it answers");
    assert_eq!(status(&armed), "201", "{armed}");

    let path = "/lab/tour/me";
    let mut first = open(bench.addr, "GET", path, &[]).await;
    let mut head = [0; 15];
    first.read_exact(&mut head).await.expect("a head");
    assert_eq!(&head, b"HTTP/1.1 200 OK");
    let told = ask(bench.addr, "GET", path, &[]).await;
    assert_eq!(status(&told), "409");
    let words =
        "Two connections walk this tour at once: give each client a name of its own, or stop one.";
    assert!(told.trim_end().ends_with(words), "{told}");
    assert_eq!(notes(&bench, "me"), [words]);
}

#[tokio::test]
async fn a_client_is_told_when_it_need_not_come_again() {
    let bench = Bench::start().await;
    let path = "/lab/case/R4/me";
    let id = [("last-event-id", "R4-start")];
    assert_eq!(status(&ask(bench.addr, "GET", path, &[]).await), "200");
    let answers = async {
        while status(&ask(bench.addr, "GET", path, &id).await) != "204" {}
        ask(bench.addr, "GET", path, &id).await
    };
    let again = tokio::time::timeout(support::SOON, answers).await;
    let again = again.expect("it is over");
    assert_eq!(status(&again), "204");
    let why = "\r\nx-sse-lab: all cases of this URL have been walked\r\n";
    assert!(again.contains(why), "{again}");
    let notes = notes(&bench, "me");
    assert!(
        notes[0].starts_with("A client came again after"),
        "{notes:?}"
    );
    // Whoever takes another name begins.
    let other = ask(bench.addr, "GET", "/lab/case/R4/other", &[]).await;
    assert_eq!(status(&other), "200");
}

#[tokio::test]
async fn a_client_that_never_stops_is_told_to() {
    let bench = Bench::start().await;
    let asks = async {
        loop {
            let told = ask(bench.addr, "GET", "/lab/case/S1/me", &[]).await;
            if status(&told) == "429" {
                return told;
            }
        }
    };
    // 5,000 connections one after the other, on a machine that has other tests to run.
    let told = tokio::time::timeout(3 * support::SOON, asks).await;
    let told = told.expect("there is a bound");
    assert!(
        told.contains("This client sent too many requests: stop it."),
        "{told}"
    );
}

/// Whoever runs a server without its window had no verdicts to read.
#[tokio::test]
async fn a_run_is_read_as_text() {
    let bench = Bench::start().await;
    let never = ask(bench.addr, "GET", "/lab/runs/me", &[]).await;
    assert_eq!(status(&never), "404");
    assert!(
        never.contains("No client has come by the name me"),
        "{never}"
    );
    ask(bench.addr, "GET", "/lab/case/R4/me", &[]).await;
    ask(
        bench.addr,
        "GET",
        "/lab/case/R4/me",
        &[("last-event-id", "R4-half")],
    )
    .await;
    ask(bench.addr, "GET", "/lab/case/R2/me", &[]).await;
    bench.verdict("me", "R4").await;
    let lines = ask(bench.addr, "GET", "/lab/runs/me", &[]).await;
    let (head, body) = lines.split_once("\r\n\r\n").expect("a head");
    assert!(head.contains("text/plain"), "{head}");
    let expected = "R2       after-cut        open            Come back with the id.\n\
        R4       half-event       wrong           It took the id of half an event, so that event \
        is lost.\n\n1 wrong, 1 open.\nWrong: R4\n";
    assert_eq!(body, expected);
    let other = ask(bench.addr, "GET", "/lab/runs/me?profile=llm", &[]).await;
    assert!(!other.contains("R4"), "{other}");
    let none = ask(bench.addr, "GET", "/lab/runs/me?profile=x", &[]).await;
    assert_eq!(status(&none), "400");
    let post = ask(bench.addr, "POST", "/lab/runs/me", &[]).await;
    assert_eq!(status(&post), "405");
    let list = ask(bench.addr, "GET", "/lab", &[]).await;
    assert!(list.contains("/lab/runs/NAME has the verdicts"), "{list}");
}

/// It was said not to have come back, though the server had answered it.
#[tokio::test]
async fn a_client_whose_request_cannot_be_read_came_back() {
    let bench = Bench::start().await;
    for path in ["/lab/case/P13/me", "/lab/tour/tour"] {
        assert_eq!(status(&ask(bench.addr, "GET", path, &[]).await), "200");
        let nul = [("last-event-id", "P13-\0nul")];
        assert_eq!(status(&ask(bench.addr, "GET", path, &nul).await), "400");
    }
    let (kind, words) = bench.verdict("me", "P13").await;
    let came = "It came back with a request that cannot be read, and got 400: a header field \
                cannot hold U+0000.";
    assert_eq!((&*kind, &*words), ("wrong", came));
    let (_, words) = bench.verdict("tour", "R2").await;
    assert!(
        words.starts_with("It came back with a request that"),
        "{words}"
    );
}

/// A PUT that brought the right id was right.
#[tokio::test]
async fn only_a_get_or_a_post_is_a_request_of_a_case() {
    let bench = Bench::start().await;
    for method in ["PUT", "HEAD", "OPTIONS", "BREW"] {
        let refused = ask(bench.addr, method, "/lab/case/R2/me", &[]).await;
        assert_eq!(status(&refused), "405", "{method}: {refused}");
    }
    assert!(bench.lab.names().is_empty(), "no run began");
    let mcp = ask(bench.addr, "PUT", "/lab/case/M1/me", &[]).await;
    assert_eq!(status(&mcp), "405");
    assert_eq!(bench.lab.names(), ["me"], "the case answers it");
}
