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
    let prints = |begin: &str| {
        let next = || lines.recv_timeout(Duration::from_secs(20)).ok();
        std::iter::from_fn(next).any(|line| line.starts_with(begin))
    };
    assert!(prints("id: "), "it is there once it has its place");

    let output = shells.bash(publisher).output().expect("it ends");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(prints("data: hello"), "{text}");
    assert!(text.starts_with("{\"id\":\"order-1\""), "{text}");
    assert_eq!(text.matches("403\n").count(), 2, "{text}");
    assert!(text.contains("{\"id\":\"order-2\""), "{text}");
    assert!(text.contains("data: still there\n"), "{text}");
    assert!(!text.contains("data: hello"), "it had that one: {text}");
}
