//! `sse verdict`, against a running server.

#![cfg(unix)] // Signals.

mod support;

use std::io::{Read, Write};
use std::net::TcpListener;

use serde_json::Value;
use support::{Serving, read_until, run};

/// A client that has all of a stream, and is then told with 204 that there is no more.
fn has_all(serving: &Serving, client: &str) {
    let path = format!("/numbers?every=0ms&count=2&client={client}");
    let whole = |answer: &mut dyn Read| {
        let mut text = String::new();
        answer.read_to_string(&mut text).expect("UTF-8");
        text
    };
    assert!(whole(&mut serving.get(&path)).contains("data: 2"));
    let mut again = serving.connect();
    let host = &serving.addr;
    let id = "last-event-id: 2\r\nconnection: close";
    write!(again, "GET {path} HTTP/1.1\r\nhost: {host}\r\n{id}\r\n\r\n").expect("it reads");
    assert!(whole(&mut again).starts_with("HTTP/1.1 204"));
}

fn comes_anew(serving: &Serving, client: &str) {
    let path = format!("/numbers?every=0ms&count=2&client={client}");
    read_until(&mut serving.get(&path), "0\r\n\r\n");
}

#[test]
fn what_is_wrong_with_a_client_is_a_line_and_exit_code_1() {
    let serving = Serving::start(&[]);
    let (code, stdout, stderr) = run(&["verdict", "--server", &serving.addr]);
    assert_eq!((code, &*stdout), (Some(0), ""));
    assert!(stderr.starts_with("sse: There is no verdict: "), "{stderr}");

    has_all(&serving, "well");
    let (code, stdout, _) = run(&["verdict", "--server", &format!("http://{}/", serving.addr)]);
    assert_eq!(code, Some(0), "{stdout}");
    assert_eq!(stdout.lines().count(), 1, "{stdout}");
    assert!(stdout.starts_with("good #2 GET /numbers (well): came back after "));

    has_all(&serving, "loops");
    comes_anew(&serving, "loops");
    let (code, stdout, _) = run(&["verdict", "--server", &serving.addr]);
    assert_eq!(code, Some(1), "{stdout}");
    let bad: Vec<&str> = stdout.lines().filter(|it| it.starts_with("bad ")).collect();
    let [bad] = bad[..] else { panic!("{stdout}") };
    let words =
        "#5 GET /numbers (loops): came back although told to stay away (204), without an id, ";
    assert!(bad.contains(words), "{bad}");
    assert!(bad.ends_with("when readyState is 2 (CLOSED)."), "{bad}");

    let (code, stdout, _) = run(&["verdict", "--server", &serving.addr, "--client", "well"]);
    assert_eq!((code, stdout.lines().count()), (Some(0), 1), "{stdout}");
    let (code, stdout, stderr) = run(&["verdict", "--server", &serving.addr, "--client", "nobody"]);
    assert_eq!((code, &*stdout), (Some(0), ""));
    assert!(stderr.contains("no verdict on nobody"), "{stderr}");
    let (code, stdout, _) = run(&[
        "verdict",
        "--server",
        &serving.addr,
        "--client",
        "loops",
        "--json",
    ]);
    assert_eq!(code, Some(1));
    let said: Vec<Value> = stdout
        .lines()
        .map(|line| serde_json::from_str(line).expect("an object a line"))
        .collect();
    let last = said.last().expect("it is bad");
    assert_eq!(
        (&last["connection"], &last["client"]),
        (&5.into(), &"loops".into())
    );
    assert_eq!(
        (&last["bad"], &last["kind"]),
        (&true.into(), &"back".into())
    );
    serving.signal("TERM");
    assert_eq!(serving.end().0, Some(0));
}

#[test]
fn where_there_is_no_server_the_exit_code_is_3_and_for_nonsense_2() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let addr = free.local_addr().expect("bound").to_string();
    drop(free);
    let (code, stdout, stderr) = run(&["verdict", "--server", &addr]);
    assert_eq!((code, &*stdout), (Some(3), ""));
    assert!(
        stderr.starts_with(&format!("sse: Nothing listens on {addr}: start it with ")),
        "{stderr}"
    );
    for nonsense in [
        &["verdict", "--server", "ws://localhost"][..],
        &["verdict", "--server", "localhost:8000/numbers"],
        &["verdict", "--client", "a b"],
        &["verdict", "--loud"],
    ] {
        assert_eq!(run(nonsense).0, Some(2), "{nonsense:?}");
    }
}

/// Whatever else listens there, it is not asked twice and says nothing to the terminal.
#[test]
fn what_is_no_server_of_ours_is_exit_code_3() {
    for answer in [
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
        "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}",
        "SSH-2.0-OpenSSH\r\n",
        "",
    ] {
        let other = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let addr = other.local_addr().expect("bound").to_string();
        let answers = std::thread::spawn(move || {
            let (mut socket, _) = other.accept().expect("it comes");
            read_until(&mut socket, "\r\n\r\n");
            socket.write_all(answer.as_bytes()).expect("it reads");
        });
        let (code, stdout, stderr) = run(&["verdict", "--server", &addr]);
        answers.join().expect("it answered");
        assert_eq!((code, &*stdout), (Some(3), ""), "{answer:?}: {stderr}");
        assert_eq!(stderr.lines().count(), 1, "{answer:?}: {stderr}");
    }
}
