//! `sse watch` after as many events as a day has seconds takes no more memory than after those of
//! an hour: what it prints with, and all below it.

#![cfg(target_os = "linux")] // /proc.

mod support;

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;

use support::command;
use support::raw::{chunk, head, last, request};

const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// So many bytes may come and go with the buffers on the way, each of 100 kB. What has no bound
/// holds more: at least 24 bytes, the head of a text, for each of 82,800 events.
const NOISE: u64 = 1 << 20;

/// A watch that is ended with the test whatever happens.
struct Watching(Child);

impl Drop for Watching {
    fn drop(&mut self) {
        // Long gone, unless the test failed.
        _ = self.0.kill();
        _ = self.0.wait();
    }
}

impl Watching {
    /// How many bytes of it are in memory.
    fn resident(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.0.id()));
        let status = status.expect("it runs");
        let line = status.lines().find(|line| line.starts_with("VmRSS:"));
        let kilobytes = line.and_then(|line| line.split_whitespace().nth(1));
        kilobytes
            .expect("Linux has it")
            .parse::<u64>()
            .expect("a number")
            * 1024
    }
}

/// An event of which much is kept: a comment, and another id, name and choice each time. Those of
/// the first hour fill what is kept of a text.
fn event(number: u64) -> String {
    let words = "lorem ipsum ".repeat(if number <= HOUR { 27 } else { 1 });
    format!(
        ": c{number}\nid: {number}\nretry: {number}\nevent: e{number}\nf{number}: x\ndata: {{\"object\":\
         \"chat.completion.chunk\",\"choices\":[{{\"index\":{number},\"delta\":{{\"content\":\
         \"{words}\"}}}}]}}\n\n"
    )
}

#[test]
fn after_a_day_it_is_as_small_as_after_an_hour() {
    for args in [&["--json", "--diagnose"][..], &["--diagnose"], &["--wire"]] {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = listener.local_addr().expect("it listens").to_string();
        let (goes_on, waits) = mpsc::channel();
        let serves = thread::spawn(move || {
            let (mut stream, _) = listener.accept().expect("a client");
            request(&mut stream);
            stream.write_all(&head("")).expect("it reads");
            for number in 1..=DAY {
                stream
                    .write_all(&chunk(event(number).as_bytes()))
                    .expect("it reads");
                if number == HOUR || number == DAY {
                    waits.recv().expect("the test goes on");
                }
            }
            // No second request is answered.
            drop(listener);
            stream.write_all(&last()).expect("it reads");
        });
        let mut command = command(&["watch", &url]);
        let child = command
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut watching = Watching(child.spawn().expect("the program was built"));
        let mut stdout = BufReader::new(watching.0.stdout.take().expect("piped"));
        let mut resident = |last_id: u64| {
            let mut line = String::new();
            let last = format!("\\\"index\\\":{last_id},");
            let plain = last.replace('\\', "");
            while !line.contains(&last) && !line.contains(&plain) {
                line.clear();
                assert!(stdout.read_line(&mut line).expect("UTF-8") > 0, "{last_id}");
            }
            watching.resident()
        };
        let after_an_hour = resident(HOUR);
        goes_on.send(()).expect("it serves");
        let after_a_day = resident(DAY);
        goes_on.send(()).expect("it serves");
        let grown = after_a_day.saturating_sub(after_an_hour);
        assert!(grown < NOISE, "{args:?}: {grown} bytes more");
        let mut rest = String::new();
        stdout.read_to_string(&mut rest).expect("UTF-8");
        serves.join().expect("it served");
    }
}
