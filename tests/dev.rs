//! `cargo tauri dev`: the window under development works like the real one, and an edit of the page
//! needs no Rust build.
//!
//! Not part of a plain `cargo test`, because it edits `ui/index.html` (and puts it back), and
//! because its program is built with other features. `make test` runs it.

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use support::desktop::Desktop;
use support::port::free_port;
use support::wait::{ensure, wait_for};
use support::{settings, webdriver};

const MARK: &str = "<!-- an edit by tests/dev.rs, to be taken back -->";

#[tokio::test]
async fn the_window_shows_events_and_an_edit_reloads_the_page_only() {
    let edit = Edit::of(Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/index.html"));
    let desktop = Desktop::start().await;
    settings::use_port(&desktop, free_port());
    let mut driver = desktop.command("tauri-driver");
    // cargo and npx keep their things in the person's own folders.
    driver
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env_remove("XDG_CACHE_HOME");
    if let Some(home) = std::env::var_os("HOME") {
        driver.env("HOME", home);
    }
    let command = ["-y", "@tauri-apps/cli@2", "dev"];
    let session = webdriver::webview_of(&desktop, driver, "npx", &command).await;
    let page = &session.page;
    page.until_phase("running").await;
    let panel = page.panel("/endless");
    panel.toggle().await;
    // By then the last file of the page was read more than a second ago: see `save`.
    panel.until_number(5).await;
    let before = session.processes_of("sse-workbench");
    assert_eq!(before.len(), 1, "one app runs: {before:?}");

    edit.make();
    wait_for("the edited page in the window", async || {
        let source = page.js("return document.documentElement.outerHTML + [...document.childNodes].map((node) => node.data).join();").await?;
        ensure(source.as_str().is_some_and(|source| source.contains("an edit by tests/dev.rs")), "the page as it was")
    })
    .await;
    page.until_phase("running").await;
    page.panel("/endless").toggle().await;
    page.panel("/endless").until_number(2).await;
    assert_eq!(
        session.processes_of("sse-workbench"),
        before,
        "the app was not started anew"
    );
    session.close().await;
}

/// A change in a file that is taken back when the test ends.
struct Edit {
    path: PathBuf,
    text: String,
    /// When the file was changed last. It gets this time back, or all that has the page in it would
    /// be built anew.
    modified: SystemTime,
}

impl Edit {
    /// Reads the file; this changes nothing yet.
    fn of(path: PathBuf) -> Self {
        let text = fs::read_to_string(&path).expect("the page has this file");
        assert!(
            !text.contains(MARK),
            "an earlier run left its edit in {}",
            path.display()
        );
        let modified = fs::metadata(&path).and_then(|file| file.modified());
        Self {
            path,
            text,
            modified: modified.expect("a file has a time"),
        }
    }

    fn make(&self) {
        save(
            &self.path,
            &format!("{}{MARK}\n", self.text),
            SystemTime::now(),
        );
    }
}

impl Drop for Edit {
    fn drop(&mut self) {
        save(&self.path, &self.text, self.modified);
    }
}

/// Saves as editors do that write a new file and give it the old one's name, and never in the
/// second after a file of the page was read: of all that tauri-cli 2.12 notices within a second it
/// looks at the first alone, and takes a reading for no change.
fn save(path: &Path, text: &str, modified: SystemTime) {
    let new = Path::new(env!("CARGO_TARGET_TMPDIR")).join("edited-by-dev-test");
    fs::write(&new, text).expect("cargo's folder for tests can be written to");
    let file = fs::File::options().write(true).open(&new);
    let aged = file.and_then(|file| file.set_modified(modified));
    aged.expect("a file takes a time");
    fs::rename(&new, path).expect("the file can be replaced");
}
