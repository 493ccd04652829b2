//! `docs/TESTING.md` as it stands: its examples are run, and its table is made anew.
//!
//! Each runs clients of others, which `scripts/clients.sh` installs, against a `sse serve` of its
//! own.

#![cfg(unix)] // `sse serve` is ended with signals.

mod support;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use support::{SSE, Serving, clients};
use tempfile::TempDir;

/// An example that is not done by then hangs.
const SECONDS: &str = "120";

fn page() -> String {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/TESTING.md");
    fs::read_to_string(path).expect("docs/TESTING.md is there")
}

/// The blocks of code.
fn blocks(page: &str) -> impl Iterator<Item = &str> {
    let fences = page.split("\n```").skip(1).step_by(2);
    fences.filter_map(|block| Some(block.split_once('\n')?.1))
}

/// The name of the file that a block is, where its first line has one.
fn name(block: &str) -> Option<&str> {
    let first = block.lines().next()?;
    let name = first
        .strip_prefix("# ")
        .or_else(|| first.strip_prefix("// "))?;
    (name.contains('.') && !name.contains(' ')).then_some(name)
}

/// Runs a command of the page in a folder that has the page's files, and nobody's settings.
fn run(command: &str) {
    let page = page();
    let mut found = blocks(&page).map(str::trim_end);
    assert!(found.any(|block| block == command), "no block is {command}");
    let folder = TempDir::new().expect("a folder");
    for block in blocks(&page) {
        if let Some(name) = name(block) {
            fs::write(folder.path().join(name), format!("{block}\n")).expect("a file");
        }
    }
    let modules = folder.path().join("node_modules");
    symlink(clients("node").join("node_modules"), modules).expect("a link");
    let serving = Serving::start(&[]);
    let output = Command::new("timeout")
        .arg(SECONDS)
        .args(command.split(' '))
        .current_dir(&folder)
        .env("HOME", folder.path())
        .env("PATH", path())
        .env("SSE_SERVER", format!("http://{}", serving.addr))
        .output()
        .expect("timeout is everywhere");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(
        output.status.success(),
        "{command}: {}\n{}{}",
        output.status,
        text(&output.stdout),
        text(&output.stderr)
    );
}

/// Where programs are found: the command that was built, and what the script installed.
fn path() -> OsString {
    let built = Path::new(SSE).parent().expect("it is in a folder");
    let mut folders = vec![built.to_owned(), clients("python").join("bin")];
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

/// Each SDK reads the streams of `clients/answers.toml`, whole and broken.
#[test]
fn the_sdks_do_what_the_table_says() {
    let serving = Serving::start(&[]);
    let output = Command::new("timeout")
        .arg(SECONDS)
        .arg(clients("python").join("bin/python"))
        .arg(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/clients/sdks.py"
        ))
        .arg(format!("http://{}", serving.addr))
        // As if nobody had an account there, or a proxy.
        .env_clear()
        .output()
        .expect("timeout is everywhere");
    let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
    let did = text(output.stdout);
    assert!(output.status.success(), "{did}{}", text(output.stderr));
    assert!(
        page().contains(&format!("\n\n{did}\n")),
        "what they did is not the table in docs/TESTING.md:\n{did}"
    );
}
