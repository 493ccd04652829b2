//! The examples of `docs/TESTING.md` and `docs/LLM.md` are run as they stand.
//!
//! Each runs clients of others, which `scripts/clients.sh` installs, against a `sse serve` of its
//! own.

#![cfg(unix)] // `sse serve` is ended with signals.

mod support;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::iter;
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use support::{SSE, Serving, clients, node};
use tempfile::TempDir;

/// An example that is not done by then hangs.
const SECONDS: &str = "120";

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

fn page(name: &str) -> String {
    fs::read_to_string(format!("{ROOT}/docs/{name}")).expect("the page is there")
}

/// The blocks of code.
fn blocks(page: &str) -> impl Iterator<Item = &str> {
    written(page).map(|(_, block)| block)
}

/// The blocks of code, each behind its language.
fn written(page: &str) -> impl Iterator<Item = (&str, &str)> {
    let fences = page.split("\n```").skip(1).step_by(2);
    fences.filter_map(|block| block.split_once('\n'))
}

/// The name of the file that a block is, where its first line has one.
fn name(block: &str) -> Option<&str> {
    let first = block.lines().next()?;
    let name = first
        .strip_prefix("# ")
        .or_else(|| first.strip_prefix("// "))?;
    (name.contains('.') && !name.contains(' ')).then_some(name)
}

/// Runs a command of docs/TESTING.md.
fn run(command: &str) {
    let page = page("TESTING.md");
    let mut found = blocks(&page).map(str::trim_end);
    assert!(found.any(|block| block == command), "no block is {command}");
    let serving = Serving::start(&[]);
    run_beside(&page, &serving.addr, command);
}

/// Runs a command in a folder that has the page's files, and nobody's settings: what it prints.
fn run_beside(page: &str, addr: &str, command: &str) -> String {
    let folder = TempDir::new().expect("a folder");
    for block in blocks(page) {
        if let Some(name) = name(block) {
            fs::write(folder.path().join(name), format!("{block}\n")).expect("a file");
        }
    }
    let link = |to: PathBuf, name: &str| symlink(to, folder.path().join(name)).expect("a link");
    link(clients("node").join("node_modules"), "node_modules");
    link(Path::new(ROOT).join("examples"), "examples");
    let output = Command::new("timeout")
        .arg(SECONDS)
        .args(command.split(' '))
        .current_dir(&folder)
        .env("HOME", folder.path())
        .env("PATH", path())
        .env("SSE_SERVER", format!("http://{addr}"))
        .output()
        .expect("timeout is everywhere");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    let status = output.status;
    assert!(status.success(), "{command}: {status}\n{stdout}{stderr}");
    stdout
}

/// Where programs are found: the command that was built, and what the script installed.
fn path() -> OsString {
    let built = Path::new(SSE).parent().expect("it is in a folder");
    let node = node();
    let node = node.parent().expect("it is in a folder");
    let mut folders = [built, &clients("python").join("bin"), node]
        .map(Path::to_owned)
        .to_vec();
    let usual = env::var_os("PATH").unwrap_or_default();
    folders.extend(env::split_paths(&usual));
    env::join_paths(folders).expect("none has a colon")
}

#[test]
fn the_example_in_a_shell_runs() {
    run("sh outage.sh");
}

#[test]
fn the_example_with_playwright_runs() {
    run("node --test prices.test.mjs");
}

#[test]
fn the_example_with_pytest_runs() {
    run("pytest -q test_client.py");
}

/// All commands of docs/LLM.md one after the other, and what the page says that they print.
#[test]
fn the_examples_with_language_models_run() {
    let mut page = page("LLM.md");
    // It starts servers of its own, which take other ports here.
    let free: Vec<_> = iter::repeat_with(|| TcpListener::bind("127.0.0.1:0"))
        .take(4)
        .collect::<Result<_, _>>()
        .expect("free ports");
    for (port, free) in ["8123", "8124", "8125", "8126"].iter().zip(&free) {
        let free = free.local_addr().expect("it listens").port();
        page = page.replace(port, &free.to_string());
    }
    drop(free);
    let commands = written(&page).filter(|(language, _)| *language == "sh");
    let commands: String = commands.map(|(_, block)| format!("{block}\n")).collect();
    let script = format!("exec 2>&1\n{commands}\nkill $(jobs -p)\n");
    let with_script = format!("{page}\n```sh\n# all.sh\n{script}```\n");
    let printed = run_beside(&with_script, "nobody:1", "bash all.sh");
    let is_number = |line: &&str| line.parse::<u64>().is_ok();
    let lines = printed.lines().filter(|line| !is_number(line));
    let printed: String = lines.map(|line| format!("{line}\n")).collect();
    let wanted = written(&page).filter(|(language, _)| *language == "text");
    for (_, wanted) in wanted {
        assert!(printed.contains(wanted), "{wanted}\nis not in\n{printed}");
    }
}
