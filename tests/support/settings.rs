//! The app's settings file and its file of streams, as a person would find them in their
//! configuration folder.

use std::fs;
use std::path::{Path, PathBuf};

use super::desktop::Desktop;

/// Where the app keeps its settings on this desktop.
pub(crate) fn path(desktop: &Desktop) -> PathBuf {
    desktop.config().join("dev.sse-workbench/settings.toml")
}

/// Where the app looks for streams on this desktop.
pub(crate) fn streams_path(desktop: &Desktop) -> PathBuf {
    path(desktop).with_file_name("streams.toml")
}

/// Saves a file of streams with this text, in place, as most editors do.
pub(crate) fn write_streams(desktop: &Desktop, text: &str) {
    write_to(&streams_path(desktop), text);
}

/// Writes a settings file with this text.
pub(crate) fn write(desktop: &Desktop, text: &str) {
    write_to(&path(desktop), text);
}

fn write_to(path: &Path, text: &str) {
    let folder = path.parent().expect("the file is in a folder");
    fs::create_dir_all(folder).expect("the configuration folder belongs to the test");
    fs::write(path, text).expect("the configuration folder belongs to the test");
}

/// Writes settings that make the app serve on this port as soon as it is launched.
pub(crate) fn use_port(desktop: &Desktop, port: u16) {
    write(desktop, &format!("port = {port}\nstart_at_launch = true\n"));
}

/// The port in the file, if there is one.
pub(crate) fn saved_port(desktop: &Desktop) -> Option<u16> {
    let text = fs::read_to_string(path(desktop)).ok()?;
    let table: toml::Table = text.parse().ok()?;
    table.get("port")?.as_integer()?.try_into().ok()
}
