//! The file of streams, for the person who edits it: `streams.toml` beside the settings. The server
//! reads it again whenever it is saved. This module does not read its content.
//!
//! It must never overwrite what a person wrote.

use std::fs;
use std::io;
use std::path::Path;

use sse_server::SHIPPED_STREAMS;
use tauri::{AppHandle, Emitter as _, Manager};
use tauri_plugin_shell::ShellExt as _;

use crate::app_state::AppState;
use crate::atomic_file::{self, Readers};
use crate::editor;
use crate::error::Error;

/// Tells the page, in a sentence, what the file was opened with.
const OPENED: &str = "edited";

/// Opens the file in the person's editor, with the shipped streams in it if there is none yet, and
/// says what it opened.
pub(crate) async fn edit(app: &AppHandle) -> Result<(), Error> {
    let app = app.clone();
    // The desktop is given a moment to say that it cannot.
    let opened = tauri::async_runtime::spawn_blocking(move || {
        let path = app.state::<AppState>().streams_file().to_owned();
        write_first(&path).map_err(|error| Error::StreamsFile {
            path: path.clone(),
            reason: error.to_string(),
        })?;
        open(&app, &path)?;
        let editor = editor::of(&path);
        Ok(app.emit(OPENED, editor::words(editor.as_ref(), &path))?)
    });
    opened.await?
}

/// Puts the shipped streams in the place of the file if it is empty: what is there already stays.
fn write_first(path: &Path) -> io::Result<()> {
    // Looked at without following a link, which may lead to what is not there just now.
    if fs::symlink_metadata(path).is_ok() {
        return Ok(());
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let file = atomic_file::written(folder, SHIPPED_STREAMS.as_bytes(), Readers::Own)?;
    match file.persist_noclobber(path) {
        Err(late) if late.error.kind() != io::ErrorKind::AlreadyExists => Err(late.error),
        _ => Ok(()),
    }
}

fn open(app: &AppHandle, path: &Path) -> Result<(), Error> {
    let cannot = |reason: String| Error::Editor {
        path: path.to_owned(),
        reason,
    };
    let name = path
        .to_str()
        .ok_or_else(|| cannot("its name is not UTF-8".to_owned()))?;
    #[expect(
        deprecated,
        reason = "the shell plugin is the one that this project loads; see Cargo.toml"
    )]
    let opened = app.shell().open(name, None);
    opened.map_err(|error| cannot(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::streams_file as path;

    #[test]
    fn the_first_time_the_shipped_streams_are_written_into_a_folder_that_is_made() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = path(&folder.path().join("new"));
        write_first(&path).expect("the file is written");
        let text = fs::read_to_string(&path).expect("the file is there");
        assert_eq!(text, SHIPPED_STREAMS);
        let left = fs::read_dir(path.parent().expect("a folder"))
            .expect("the folder is there")
            .count();
        assert_eq!(left, 1, "a temporary file was left behind");
    }

    #[test]
    fn what_is_there_is_never_written_over() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = path(folder.path());
        fs::write(&path, "# mine").expect("the file is written");
        write_first(&path).expect("there is nothing to do");
        let text = fs::read_to_string(&path).expect("the file is there");
        assert_eq!(text, "# mine");
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_nowhere_just_now_stays_a_link() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = path(folder.path());
        std::os::unix::fs::symlink(folder.path().join("away"), &path).expect("a link");
        write_first(&path).expect("there is nothing to do");
        assert!(path.is_symlink());
        assert!(!path.exists());
    }
}
