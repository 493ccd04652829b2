//! The steps of `docs/SCALE.md`, as they are written, at other ports.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ports;
use crate::support::SSE;

/// The blocks of commands below a heading.
fn blocks(heading: &str) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let text = fs::read_to_string(root.join("docs/SCALE.md")).expect("it is there");
    let heading = format!("\n## {heading}\n");
    let (_, section) = text.split_once(&heading).expect("the heading");
    let section = section.split("\n## ").next().unwrap_or_default();
    let blocks = section.split("```sh\n").skip(1);
    blocks
        .filter_map(|block| block.split("```").next().map(str::to_owned))
        .collect()
}

/// Where the steps run: what they name is of this run alone.
struct Shells {
    folder: TempDir,
    names: Vec<(String, String)>,
    running: Vec<Child>,
}

impl Shells {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut names: Vec<_> = [6390, 8001, 8002, 8003, 8080]
            .map(|port: u16| (port.to_string(), ports::lasting().to_string()))
            .into();
        let here = folder.path().to_str().expect("UTF-8");
        names.push(("/tmp/".to_owned(), format!("{here}/")));
        // The configurations name the ports too.
        names.push(("examples/scale/".to_owned(), format!("{here}/")));
        names.push(("$PWD/".to_owned(), String::new()));
        let shells = Self {
            folder,
            names,
            running: Vec::new(),
        };
        let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/scale");
        for name in ["nginx.conf", "haproxy.cfg"] {
            let text = fs::read_to_string(examples.join(name)).expect("it is there");
            fs::write(shells.folder.path().join(name), shells.here(&text)).expect("ours");
        }
        shells
    }

    /// A text with the names of this run.
    fn here(&self, text: &str) -> String {
        let names = self.names.iter();
        names.fold(text.to_owned(), |text, (old, new)| text.replace(old, new))
    }

    fn bash(&self, block: &str) -> Command {
        let programs = Path::new(SSE).parent().expect("a folder");
        let path = std::env::var("PATH").unwrap_or_default();
        let mut command = Command::new("bash");
        command
            .args(["-c", &self.here(block)])
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("HOME", self.folder.path())
            .env_remove("XDG_CONFIG_HOME")
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .process_group(0);
        command
    }

    /// Runs a block that stays, and hands out the lines that it prints.
    fn stays(&mut self, block: &str) -> Receiver<String> {
        let mut child = self.bash(block).spawn().expect("bash is there");
        let stdout = child.stdout.take().expect("piped");
        self.running.push(child);
        let (sender, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                // Nobody may want it; it is read all the same.
                _ = sender.send(line);
            }
        });
        lines
    }

    /// Waits until a GET of this URL is answered so.
    fn until(&self, url: &str, status: &str) {
        let url = self.here(url);
        let until = Instant::now() + Duration::from_secs(20);
        loop {
            let output = Command::new("curl")
                .args([
                    "-s",
                    "-m",
                    "1",
                    "-o",
                    "/dev/null",
                    "-w",
                    "%{http_code}",
                    &url,
                ])
                .output()
                .expect("curl is there");
            if output.stdout == status.as_bytes() {
                return;
            }
            let got = String::from_utf8_lossy(&output.stdout).into_owned();
            assert!(Instant::now() < until, "{url} is answered {got}");
            thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Shells {
    fn drop(&mut self) {
        for child in &mut self.running {
            let group = format!("-{}", child.id());
            _ = Command::new("kill").args(["--", &group]).status();
            _ = child.wait();
        }
    }
}

#[test]
fn three_nodes_behind_nginx_step_by_step() {
    let blocks = blocks("Three nodes behind nginx");
    let [nodes, balancer, subscriber, publisher] = blocks.try_into().expect("four blocks");
    steps(&nodes, &balancer, &subscriber, &publisher);
}

#[test]
fn three_nodes_behind_haproxy_step_by_step() {
    let [nodes, _, subscriber, publisher] = blocks("Three nodes behind nginx")
        .try_into()
        .expect("four blocks");
    let [balancer] = blocks("Three nodes behind HAProxy")
        .try_into()
        .expect("one block");
    steps(&nodes, &balancer, &subscriber, &publisher);
}

/// 1. The engine restarts as the page says: its topics are kept, and there is one gap. 2. All nodes
///    are updated, one after the other: a client goes on, and nothing is lost. 3. The new nodes
///    drain.
#[test]
fn the_engine_restarts_with_its_data_and_the_nodes_are_updated_step_by_step() {
    let nodes = blocks("Three nodes behind nginx").swap_remove(0);
    let [restart, update] = blocks("Restarts and updates")
        .try_into()
        .expect("two blocks");
    let mut shells = Shells::new();
    shells.stays(&nodes);
    for port in ["8001", "8002", "8003"] {
        shells.until(&format!("http://localhost:{port}/readyz"), "200");
    }
    let publish = |shells: &Shells, port: u16, id: &str| {
        let block =
            format!("curl -s -f -d {id} 'http://localhost:{port}/topics/news?id={id}' --retry 9");
        let output = shells.bash(&block).output().expect("it ends");
        assert!(output.status.success(), "{id}");
    };
    let all_of = |shells: &Shells, port: u16| {
        let block = format!(
            "curl -s -N -m 2 -H 'Last-Event-ID: earliest' http://localhost:{port}/topics/news"
        );
        let output = shells.bash(&block).output().expect("it ends");
        let text = String::from_utf8(output.stdout).expect("UTF-8");
        let lines = text.lines().filter_map(|line| {
            let data = line.strip_prefix("data: order-");
            data.or_else(|| line.strip_prefix("event: "))
        });
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let lines = shells.stays("curl -s -N http://localhost:8001/topics/news");
    assert!(comes(&lines, "id: "), "it has its place");
    publish(&shells, 8002, "order-1");
    assert!(comes(&lines, "data: order-1"));

    shells.stays(&restart);
    assert!(comes(&lines, "event: gap"), "the engine is back");
    publish(&shells, 8003, "order-2");
    assert!(comes(&lines, "data: order-2"));
    assert_eq!(all_of(&shells, 8002), ["1", "gap", "2"]);

    let told = shells.stays(&update);
    for node in ["a", "b", "c"] {
        assert!(comes(&told, &format!("{node} is ready")), "{node}");
    }
    publish(&shells, 8001, "order-3");
    assert_eq!(all_of(&shells, 8003), ["1", "gap", "2", "3"]);

    let lines = shells.stays("curl -s -N http://localhost:8001/topics/news");
    assert!(comes(&lines, "id: "), "it has its place");
    let end = shells.bash("kill \"$(cat /tmp/sse-a.pid)\"").status();
    assert!(end.expect("bash is there").success());
    shells.until("http://localhost:8001/readyz", "503");
    shells.until("http://localhost:8001/healthz", "200");
}

/// 1. The user of the page is made. 2. The engine ends, and starts with the file of users. 3. The
///    node is back.
#[test]
fn the_user_of_the_engine_stays_over_a_restart_step_by_step() {
    let [engine, node] = blocks("How to set up the engine")
        .try_into()
        .expect("two blocks");
    let mut shells = Shells::new();
    shells.stays(&engine);
    shells.stays(&node);
    shells.until("http://localhost:8001/readyz", "200");
    // Only the lines that start it: the user is there, or is not.
    let (start, _) = engine.split_once("sleep 1").expect("it takes a moment");
    let users = shells.folder.path().join("sse-users.acl");
    let until = Instant::now() + Duration::from_secs(20);
    while !fs::read_to_string(&users).is_ok_and(|users| users.contains("user sse ")) {
        assert!(Instant::now() < until, "it is saved");
        thread::sleep(Duration::from_millis(50));
    }
    let end = shells.bash("redis-cli -p 6390 shutdown").status();
    assert!(end.expect("redis-cli is there").success());
    shells.until("http://localhost:8001/readyz", "503");
    shells.stays(&format!("{start} wait"));
    shells.until("http://localhost:8001/readyz", "200");
}

/// Whether a line comes that begins so.
fn comes(lines: &Receiver<String>, begin: &str) -> bool {
    let next = || lines.recv_timeout(Duration::from_secs(20)).ok();
    std::iter::from_fn(next).any(|line| line.starts_with(begin))
}

/// A publish is not repeated by the balancer. Once in ten runs it met the end of the node that is
/// killed, was answered 503, and the step had no second try.
fn steps(nodes: &str, balancer: &str, subscriber: &str, publisher: &str) {
    let mut shells = Shells::new();
    shells.stays(nodes);
    for port in ["8001", "8002", "8003"] {
        shells.until(&format!("http://localhost:{port}/healthz"), "200");
    }
    shells.stays(balancer);
    shells.until("http://localhost:8080/topics/other", "200");
    let lines = shells.stays(subscriber);
    assert!(comes(&lines, "id: "), "it is there once it has its place");

    let output = shells.bash(publisher).output().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(comes(&lines, "data: hello"), "{text}");
    assert!(text.starts_with("{\"id\":\"order-1\""), "{text}");
    assert_eq!(text.matches("403\n").count(), 2, "{text}");
    assert!(text.contains("{\"id\":\"order-2\""), "{text}");
    assert!(text.contains("data: still there\n"), "{text}");
    assert!(!text.contains("data: hello"), "it had that one: {text}");
}
