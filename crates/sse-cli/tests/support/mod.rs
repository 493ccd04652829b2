//! A running `sse serve`, and the command run to its end.

#![allow(
    dead_code,
    unreachable_pub,
    reason = "each test binary uses its own part"
)]

pub mod raw;
pub mod service;

use std::io::{BufRead, BufReader, Lines, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, ChildStdout, Command, Output, Stdio};
use std::time::{Duration, Instant};

pub const SSE: &str = env!("CARGO_BIN_EXE_sse");

/// Where `scripts/clients.sh` puts the clients of others.
const CLIENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/tools/clients");

/// The folder with the clients of one kind.
pub fn clients(kind: &str) -> PathBuf {
    let folder = Path::new(CLIENTS).join(kind);
    let folder = folder.canonicalize();
    folder.expect("the clients of others are there: run scripts/clients.sh first")
}

/// Where Node.js is: the clients run without the variables of whoever runs the tests. It is the one
/// that `scripts/need.sh` installed, or that of the machine where this is new enough.
pub fn node() -> PathBuf {
    let installed = Path::new(CLIENTS).with_file_name("bin").join("node");
    if let Ok(installed) = installed.canonicalize() {
        return installed;
    }
    let output = Command::new("node")
        .args(["-p", "process.execPath"])
        .output();
    let path = output.expect("Node.js is installed").stdout;
    String::from_utf8(path).expect("UTF-8").trim().into()
}

/// A running `sse serve`, ended with the test whatever happens.
pub struct Serving {
    child: Child,
    pub stdout: Option<BufReader<ChildStdout>>,
    /// Where it said that it is, `host:port`.
    pub addr: String,
}

impl Serving {
    /// One that is silent on stderr about its connections.
    pub fn start(args: &[&str]) -> Self {
        Self::logging(&[&["--log", "none"], args].concat())
    }

    pub fn logging(args: &[&str]) -> Self {
        let mut command = Command::new(SSE);
        command.args(["serve", "--port", "0"]).args(args);
        Self::spawn(&mut command)
    }

    pub fn spawn(command: &mut Command) -> Self {
        let mut child = unsettled(command)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program was built");
        let mut stdout = BufReader::new(child.stdout.take().expect("piped"));
        let mut first = String::new();
        stdout.read_line(&mut first).expect("UTF-8");
        let addr = first
            .strip_prefix("Serving on http://")
            .and_then(|rest| rest.split_whitespace().next())
            .unwrap_or_else(|| panic!("the first line says where to visit: {first:?}"))
            .to_owned();
        Self {
            child,
            stdout: Some(stdout),
            addr,
        }
    }

    pub fn connect(&self) -> TcpStream {
        let port = self.addr.rsplit(':').next().expect("a port");
        let stream = TcpStream::connect(format!("127.0.0.1:{port}")).expect("it listens");
        stream
            .set_read_timeout(Some(Duration::from_secs(20)))
            .expect("a timeout");
        stream
    }

    pub fn get(&self, path: &str) -> TcpStream {
        let mut stream = self.connect();
        let host = &self.addr;
        write!(stream, "GET {path} HTTP/1.1\r\nhost: {host}\r\n\r\n").expect("it reads");
        stream
    }

    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args(["-s", name, &self.child.id().to_string()])
            .status()
            .expect("kill is everywhere");
        assert!(sent.success());
    }

    /// What it says on stderr, line by line; nothing of it is left for [`end`](Self::end).
    pub fn stderr(&mut self) -> Lines<BufReader<ChildStderr>> {
        BufReader::new(self.child.stderr.take().expect("piped")).lines()
    }

    /// How it ends, whatever it says.
    pub fn code(mut self) -> Option<i32> {
        self.child.wait().expect("it ends").code()
    }

    pub fn end(mut self) -> (Option<i32>, String) {
        let status = self.child.wait().expect("it ends");
        let mut stderr = String::new();
        let pipe = self.child.stderr.as_mut().expect("piped");
        pipe.read_to_string(&mut stderr).expect("UTF-8");
        (status.code(), stderr)
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        // Long gone, unless the test failed.
        _ = self.child.kill();
        _ = self.child.wait();
    }
}

/// How long something may take that should simply come.
const PATIENCE: Duration = Duration::from_secs(60);

pub fn read_until(stream: &mut TcpStream, end: &str) -> String {
    let mut text = Vec::new();
    let mut byte = [0];
    let begun = Instant::now();
    while !text.ends_with(end.as_bytes()) {
        // Keep-alive comments come for ever.
        assert!(
            begun.elapsed() < PATIENCE,
            "no {end:?} in {:?}",
            String::from_utf8_lossy(&text)
        );
        // Not `read`, which a signal may interrupt.
        stream
            .read_exact(&mut byte)
            .unwrap_or_else(|e| panic!("ended before {end:?}: {e}"));
        text.push(byte[0]);
    }
    String::from_utf8(text).expect("UTF-8")
}

/// The command, to be run by the test itself.
pub fn command(args: &[&str]) -> Command {
    let mut command = Command::new(SSE);
    unsettled(&mut command).args(args);
    command
}

/// Away from the settings of whoever runs the tests: there may be a file of streams.
fn unsettled(command: &mut Command) -> &mut Command {
    let none = concat!(env!("CARGO_TARGET_TMPDIR"), "/no-settings");
    let command = command.env("XDG_CONFIG_HOME", none).env("HOME", none);
    command.env_remove("SSE_SERVER")
}

pub fn run(args: &[&str]) -> (Option<i32>, String, String) {
    finish(unsettled(&mut Command::new(SSE)).args(args))
}

/// With the server named as scripts do it.
pub fn run_at(server: &str, args: &[&str]) -> (Option<i32>, String, String) {
    let mut command = Command::new(SSE);
    let command = unsettled(&mut command).env("SSE_SERVER", server);
    finish(command.args(args))
}

fn finish(command: &mut Command) -> (Option<i32>, String, String) {
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().expect("the program was built");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}
