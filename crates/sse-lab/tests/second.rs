//! The second listener of a run, and the cases of many clients, over real sockets: clients of plain
//! bytes do each thing right once and wrong once.

mod support;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use sse_server::Config;
use support::{Bench, SOON, ask, field, open, status};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// A page of another origin on this machine.
const PAGE: (&str, &str) = ("origin", "http://localhost:5173");

#[tokio::test]
async fn it_is_opened_once_told_and_closed_with_its_run() {
    let bench = Bench::start().await;
    let path = "/api/lab/runs/me/second";
    let first = ask(bench.addr, "POST", path, &[]).await;
    assert_eq!(status(&first), "200", "{first}");
    let second = bench.second("me").await;
    let url = format!("{{\"url\":\"http://127.0.0.1:{}\"}}", second.port());
    assert_eq!(first.trim_end().rsplit("\r\n").next(), Some(&*url));
    let again = ask(bench.addr, "POST", path, &[]).await;
    assert!(again.contains(&url), "{again}");
    // Each run has its own.
    assert_ne!(bench.second("other").await, second);
    let get = ask(bench.addr, "GET", path, &[]).await;
    assert_eq!(status(&get), "405");
    assert!(get.contains("use POST"), "{get}");
    // The lab is there too.
    let list = ask(second, "GET", "/lab", &[]).await;
    assert!(list.contains("SECOND/lab/case/R9/NAME"), "{list}");
    let gone = ask(bench.addr, "DELETE", "/api/lab/runs/me", &[]).await;
    assert_eq!(status(&gone), "200");
    is_free(second).await;
    // A run by the same name is another one.
    let again = bench.second("me").await;
    bench.server.stop().await;
    is_free(again).await;
    let error = bench
        .lab
        .open_second("me")
        .await
        .expect_err("it is stopped");
    assert_eq!(
        error.to_string(),
        "The server does not run: start it first."
    );
    bench.server.start().await.expect("the port is free");
    assert!(TcpStream::connect(bench.second("me").await).await.is_ok());
}

async fn is_free(addr: SocketAddr) {
    let free = async {
        while TcpListener::bind(addr).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    let free = tokio::time::timeout(SOON, free).await;
    free.expect("the port is free");
}

/// Up to sixteen ports were opened for a lab that answers nobody.
#[tokio::test]
async fn a_server_that_breaks_nothing_opens_none() {
    let bench = Bench::with(Config {
        breaks: false,
        ..Config::default()
    })
    .await;
    let refused = ask(bench.addr, "POST", "/api/lab/runs/me/second", &[]).await;
    assert_eq!(status(&refused), "503");
    assert!(refused.contains("start it without --no-break"), "{refused}");
    assert!(bench.lab.names().is_empty());
}

/// A link of any page made a browser report what nobody saw.
#[tokio::test]
async fn a_page_of_another_site_leads_no_browser_here() {
    let bench = Bench::start().await;
    let site = |site| [("sec-fetch-site", site), ("sec-fetch-mode", "navigate")];
    for path in ["/lab/tour/me", "/lab/case/R4/me", "/lab/tour/me/saw?closed"] {
        let led = ask(bench.addr, "GET", path, &site("cross-site")).await;
        assert_eq!(status(&led), "403", "{path}");
        assert!(led.contains("led the browser here"), "{led}");
    }
    assert!(bench.lab.names().is_empty());
    // Who types the URL comes from nowhere.
    let typed = ask(bench.addr, "GET", "/lab/case/R4/me", &site("none")).await;
    assert_eq!(status(&typed), "200");
}

/// Of 400 that were opened and forgotten at once, by three names, 39 were refused: the places of
/// those that were closing were still taken.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_opens_and_forgets_is_not_refused() {
    let bench = Bench::start().await;
    let each = (0..12).map(|at| {
        let (lab, name) = (bench.lab.clone(), format!("run-{}", at % 3));
        tokio::spawn(async move {
            for _ in 0..30 {
                lab.open_second(&name)
                    .await
                    .expect("there are three at most");
                // Another one may have been first.
                _ = lab.forget(&name);
            }
        })
    });
    let all: Vec<_> = each.collect();
    for one in all {
        let done = tokio::time::timeout(SOON, one).await;
        done.expect("it ends").expect("none is refused");
    }
}

/// The limit has a sentence, and a way out.
#[tokio::test]
async fn so_many_runs_have_one_at_most() {
    let bench = Bench::start().await;
    let most = sse_server::MOST_EXTRA_LISTENERS;
    for at in 0..most {
        bench.second(&format!("run-{at}")).await;
    }
    let full = ask(bench.addr, "POST", "/api/lab/runs/more/second", &[]).await;
    assert_eq!(status(&full), "503");
    assert!(
        full.contains("forget one of them (DELETE /api/lab/runs/NAME)"),
        "{full}"
    );
    bench.lab.forget("run-3").expect("it is there");
    let opened = async {
        while bench.lab.open_second("more").await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    let opened = tokio::time::timeout(SOON, opened).await;
    opened.expect("there is room");
}

#[tokio::test]
async fn a_case_that_needs_it_says_so() {
    let bench = Bench::start().await;
    for id in ["R9", "X1", "H4"] {
        let path = format!("/lab/case/{id}/me");
        let answer = ask(bench.addr, "GET", &path, &[]).await;
        assert_eq!(status(&answer), "421", "{answer}");
        assert!(answer.contains("POST /api/lab/runs/me/second"), "{answer}");
    }
    bench.second("me").await;
    // It leads there, and the others are there alone.
    let (x1, h4) = ("/lab/case/X1/me", "/lab/case/H4/me");
    assert_eq!(status(&ask(bench.addr, "GET", x1, &[]).await), "421");
    assert_eq!(status(&ask(bench.addr, "GET", h4, &[]).await), "307");
    let other = bench.second("other").await;
    assert_eq!(
        status(&ask(other, "GET", x1, &[]).await),
        "421",
        "another run's"
    );
}

/// A browser keeps cookies by host, whatever the port.
#[tokio::test]
async fn a_redirect_leads_to_another_host_and_secrets_are_judged_there() {
    let bench = Bench::start().await;
    for (name, sent, there, kind, words) in [
        ("right", "authorization", "accept", "right", ""),
        (
            "leaks",
            "cookie",
            "cookie",
            "wrong",
            "It sent cookie to another origin.",
        ),
        (
            "none",
            "accept",
            "accept",
            "not reached",
            "It sent no Authorization and no cookie: give it one of them, to see where it sends it.",
        ),
    ] {
        let second = bench.second(name).await;
        let path = format!("/lab/case/H4/{name}");
        let answer = ask(bench.addr, "GET", &path, &[(sent, "x")]).await;
        let url = format!("http://127.0.0.1:{}{path}", second.port());
        assert_eq!(field(&answer, "location"), Some(&*url), "{answer}");
        ask(second, "GET", &path, &[(there, "x")]).await;
        let said = bench.verdict(name, "H4").await;
        assert_eq!(said, (kind.to_owned(), words.to_owned()));
    }
    // Who came by the address is led to the name.
    let host = format!("127.0.0.1:{}", bench.addr.port());
    let second = bench.second("by-address").await;
    let mut socket = TcpStream::connect(bench.addr).await.expect("it listens");
    let request = format!("GET /lab/case/H4/by-address HTTP/1.1\r\nhost: {host}\r\n\r\n");
    socket
        .write_all(request.as_bytes())
        .await
        .expect("it reads");
    let mut head = vec![0; 4096];
    let read = socket.read(&mut head).await.expect("an answer");
    let head = String::from_utf8_lossy(&head[..read]).into_owned();
    let url = format!("http://localhost:{}/lab/case/H4/by-address", second.port());
    assert_eq!(field(&head, "location"), Some(&*url));
}

#[tokio::test]
async fn a_page_may_ask_before_it_brings_a_long_id() {
    let bench = Bench::start().await;
    for (name, asks) in [("asks", true), ("hasty", false)] {
        let second = bench.second(name).await;
        let path = format!("/lab/case/X1/{name}");
        let stream = ask(second, "GET", &path, &[PAGE]).await;
        assert_eq!(field(&stream, "access-control-allow-origin"), Some(PAGE.1));
        let id = stream.rsplit("id: ").next().expect("an id");
        let id = id.lines().next().expect("a line").to_owned();
        assert_eq!(id.len(), 140);
        if asks {
            let wanted = [
                PAGE,
                ("access-control-request-method", "GET"),
                ("access-control-request-headers", "last-event-id"),
            ];
            let allowed = ask(second, "OPTIONS", &path, &wanted).await;
            assert_eq!(status(&allowed), "204");
            // Else it would not ask again in the next run by this name.
            assert_eq!(field(&allowed, "access-control-max-age"), Some("0"));
        }
        let back = [PAGE, ("last-event-id", &*id)];
        ask(second, "GET", &path, &back).await;
        let said = bench.verdict(name, "X1").await;
        let (kind, words) = match asks {
            true => (
                "right",
                "It asked first (OPTIONS), and came back with its id.",
            ),
            false => (
                "allowed",
                "It came back with its id, and did not ask first (OPTIONS).",
            ),
        };
        assert_eq!(said, (kind.to_owned(), words.to_owned()));
    }
    let second = bench.second("program").await;
    ask(second, "GET", "/lab/case/X1/program", &[]).await;
    let (kind, words) = bench.verdict("program", "X1").await;
    assert_eq!(kind, "not reached");
    assert!(words.contains("this case is for browsers"), "{words}");
}

#[tokio::test]
async fn an_answer_that_no_page_may_read_is_not_taken() {
    let bench = Bench::start().await;
    let second = bench.second("me").await;
    let path = "/lab/case/X2/me";
    let first = ask(second, "GET", path, &[PAGE]).await;
    assert_eq!(field(&first, "access-control-allow-origin"), Some(PAGE.1));
    let back = [PAGE, ("last-event-id", "X2-start")];
    let answer = ask(second, "GET", path, &back).await;
    assert_eq!(status(&answer), "200");
    assert_eq!(field(&answer, "access-control-allow-origin"), None);
    let took = [PAGE, ("last-event-id", "X2-taken")];
    ask(second, "GET", path, &took).await;
    let (kind, words) = bench.verdict("me", "X2").await;
    assert_eq!(kind, "wrong");
    let taken = "and must stay away: it read an answer that it may not read.";
    assert!(words.ends_with(taken), "{words}");
}

#[tokio::test]
async fn while_it_is_refused_a_client_keeps_trying() {
    let bench = Bench::start().await;
    let second = bench.second("me").await;
    let begun = Instant::now();
    ask(second, "GET", "/lab/case/R9/me", &[]).await;
    let mut refused = 0;
    let back = loop {
        tokio::time::sleep(Duration::from_millis(200)).await;
        match TcpStream::connect(second).await {
            Ok(_) => break begun.elapsed(),
            Err(_) => refused += 1,
        }
    };
    assert!(refused > 20, "{refused}");
    assert!(back > Duration::from_secs(7), "{back:?}");
    // The other listener went on.
    assert_eq!(
        status(&ask(bench.addr, "GET", "/healthz", &[]).await),
        "200"
    );
    ask(
        second,
        "GET",
        "/lab/case/R9/me",
        &[("last-event-id", "R9-start")],
    )
    .await;
    let (kind, words) = bench.verdict("me", "R9").await;
    assert_eq!(kind, "allowed");
    assert!(words.starts_with("It came back after 8."), "{words}");
    assert!(
        words.ends_with("after the listener was open again."),
        "{words}"
    );
}

#[tokio::test]
async fn ten_clients_are_cut_together() {
    let bench = Bench::start().await;
    let path = "/lab/case/R10/me";
    let clients = (0..10_u64).map(|at| {
        let addr = bench.addr;
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(100 * at)).await;
            let answer = ask(addr, "GET", path, &[]).await;
            assert!(answer.contains("id: R10-start") && !answer.ends_with("0\r\n\r\n"));
            let cut = Instant::now();
            tokio::time::sleep(Duration::from_millis(300 + 20 * at)).await;
            let back = open(addr, "GET", path, &[("last-event-id", "R10-start")]).await;
            (cut, back)
        })
    });
    let clients: Vec<_> = clients.collect();
    let mut cuts = Vec::new();
    let mut open = Vec::new();
    for client in clients {
        let (cut, back) = client.await.expect("it was cut");
        cuts.push(cut);
        open.push(back);
    }
    let (first, last) = (cuts.iter().min(), cuts.iter().max());
    let apart = *last.expect("ten") - *first.expect("ten");
    assert!(apart < Duration::from_millis(500), "{apart:?}");
    let (kind, words) = bench.verdict("me", "R10").await;
    assert_eq!(kind, "allowed");
    let begins = "All 10 clients came back, the first after ";
    assert!(words.starts_with(begins), "{words}");
}

#[tokio::test]
async fn connections_that_wait_are_counted() {
    let bench = Bench::start().await;
    let path = "/lab/case/C1/me";
    let mut six = Vec::new();
    for _ in 0..6 {
        six.push(open(bench.addr, "GET", path, &[]).await);
    }
    for mut socket in six {
        let mut answer = Vec::new();
        let read = tokio::time::timeout(SOON, socket.read_to_end(&mut answer)).await;
        read.expect("it is cut").expect("in order");
    }
    let _seventh = open(bench.addr, "GET", path, &[]).await;
    let (kind, words) = bench.verdict("me", "C1").await;
    assert_eq!(kind, "allowed");
    let told = "It had 6 connections at once, and one other one waited until these had ended.";
    assert_eq!(words, told);
}

#[tokio::test]
async fn what_a_client_does_not_read_piles_up_within_bounds() {
    let bench = Bench::start().await;
    ask(bench.addr, "GET", "/lab/case/C2/reads", &[]).await;
    let (kind, words) = bench.verdict("reads", "C2").await;
    assert_eq!(kind, "allowed");
    assert!(words.starts_with("It took all 16.4 MB within "), "{words}");
    // It reads nothing, and leaves a little later.
    let socket = open(bench.addr, "GET", "/lab/case/C2/idle", &[]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    drop(socket);
    let (kind, words) = bench.verdict("idle", "C2").await;
    assert_eq!(kind, "allowed");
    assert!(words.starts_with("The system took "), "{words}");
    assert!(!words.contains("16.4 MB"), "{words}");
}
