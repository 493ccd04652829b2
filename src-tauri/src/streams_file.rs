//! The file of streams, for the person who edits it: `streams.toml` beside the settings. The server
//! reads it again whenever it is saved.
//!
//! It must never overwrite what a person wrote: Edit writes only where there is no file, and a
//! definition takes the place of the lines that the person saw, and of no others.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sse_server::{BadDefinition, Change, SHIPPED_STREAMS, appended, replaced};
use tauri::{AppHandle, Manager};
use tauri_plugin_shell::ShellExt as _;

use crate::app_state::AppState;
use crate::atomic_file::{self, Readers};
use crate::editor;
use crate::error::Error;
use crate::told;

/// The part of the page that says, in a sentence, what the file was opened with.
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
        Ok(told::part(
            &app,
            OPENED,
            editor::words(editor.as_ref(), &path),
        )?)
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

/// A stream's new lines.
pub(crate) struct Definition<'a> {
    /// The path that it is served at; `None` for a stream more.
    pub(crate) stream: Option<&'a str>,
    /// The lines.
    pub(crate) text: &'a str,
    /// The lines as the person saw them, which are replaced.
    pub(crate) was: &'a str,
}

/// Puts a definition into the file, which is made of the shipped streams if there is none. Returns
/// the path of the stream that it defines, if it defines one.
///
/// # Errors
/// The lines are others meanwhile, the new text has a mistake, or it cannot be written. The file is
/// as it was then.
pub(crate) fn define(path: &Path, new: &Definition<'_>) -> Result<Option<String>, BadDefinition> {
    // Of two at once, the second sees what the first wrote.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let read = || sse_server::streams_text(path).map_err(BadDefinition::of_all);
    let before = read()?;
    let text = before.as_deref().unwrap_or(SHIPPED_STREAMS);
    let Change { text, stream } = match new.stream {
        Some(stream) => replaced(text, stream, new.text, new.was)?,
        None => appended(text, new.text)?,
    };
    if before.as_ref() == Some(&text) {
        return Ok(stream);
    }
    let unchanged = || Ok(read()? == before);
    write(path, &text, before.is_some(), unchanged)?;
    Ok(stream)
}

/// Writes the whole text at once, if the file is what it was until the last moment.
fn write(
    path: &Path,
    text: &str,
    exists: bool,
    unchanged: impl FnOnce() -> Result<bool, BadDefinition>,
) -> Result<(), BadDefinition> {
    let failed = |error: &dyn std::fmt::Display| {
        BadDefinition::of_all(format!(
            "The file of streams could not be written to {} ({error}): nothing has changed.",
            path.display()
        ))
    };
    let late = || {
        BadDefinition::of_all(
            "The file has changed meanwhile: press Revert to see the new lines, then change them.",
        )
    };
    // A link, as people use to share their files between machines, stays a link.
    let place = match exists {
        true => fs::canonicalize(path).map_err(|error| failed(&error))?,
        false if path.is_symlink() => return Err(failed(&"it is a link that leads nowhere")),
        false => path.to_owned(),
    };
    let folder = place.parent().unwrap_or(Path::new("."));
    let file = atomic_file::written(folder, text.as_bytes(), Readers::Own)
        .map_err(|error| failed(&error))?;
    if exists {
        // A new file in its place would be everybody's to write, or nobody's to read.
        let permissions = fs::metadata(&place)
            .map_err(|error| failed(&error))?
            .permissions();
        if permissions.readonly() {
            return Err(failed(&"it may only be read"));
        }
        fs::set_permissions(file.path(), permissions).map_err(|error| failed(&error))?;
    }
    if !unchanged()? {
        return Err(late());
    }
    match exists {
        true => file.persist(&place),
        false => file.persist_noclobber(&place),
    }
    .map_err(|error| failed(&error.error))?;
    Ok(())
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

    const TWO: &str = "# of none\r\n\r\n[[stream]]\r\npath = '/a'\r\n[[stream]]\r\npath = '/b'";

    fn file(text: &str) -> (tempfile::TempDir, std::path::PathBuf) {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = path(folder.path());
        fs::write(&path, text).expect("the file is written");
        (folder, path)
    }

    /// What is in the folder of the file: nothing but the file, and its text.
    fn only(path: &Path) -> String {
        let left = fs::read_dir(path.parent().expect("a folder")).expect("the folder is there");
        assert_eq!(left.count(), 1, "a temporary file was left behind");
        fs::read_to_string(path).expect("the file is there")
    }

    const A: Definition<'_> = Definition {
        stream: Some("/a"),
        text: "[[stream]]\npath = '/new'\n",
        was: "[[stream]]\npath = '/a'",
    };

    #[test]
    fn a_definition_takes_the_place_of_its_lines() {
        let (_folder, path) = file(TWO);
        assert_eq!(define(&path, &A), Ok(Some("/new".to_owned())));
        assert_eq!(only(&path), TWO.replace("/a", "/new"));
        let more = Definition {
            stream: None,
            text: "[[stream]]\npath = '/more'",
            was: "",
        };
        assert_eq!(define(&path, &more), Ok(Some("/more".to_owned())));
        let whole = format!(
            "{}\r\n\r\n[[stream]]\r\npath = '/more'\r\n",
            TWO.replace("/a", "/new")
        );
        assert_eq!(only(&path), whole);
    }

    #[test]
    fn a_mistake_writes_nothing() {
        let (_folder, path) = file(TWO);
        let bad = Definition {
            text: "[[stream]]\npath = '/a'\n count = 'x'",
            ..A
        };
        let error = define(&path, &bad).expect_err("a mistake");
        assert_eq!((error.line, error.column), (Some(3), Some(10)));
        let old = Definition {
            was: "[[stream]]",
            ..A
        };
        let error = define(&path, &old).expect_err("another text");
        assert!(
            error.sentence.contains("has changed meanwhile"),
            "{error:?}"
        );
        assert_eq!(only(&path), TWO);
    }

    #[test]
    fn without_a_file_one_is_made_of_the_shipped_streams() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let path = path(&folder.path().join("new"));
        let more = Definition { stream: None, ..A };
        define(&path, &more).expect("it is written");
        let text = only(&path);
        assert!(text.starts_with(SHIPPED_STREAMS));
        assert!(text.ends_with("\n\n[[stream]]\npath = '/new'\n"), "{text}");
    }

    /// An editor saved while the new text was made.
    #[test]
    fn what_changed_until_the_last_moment_is_not_written_over() {
        let (_folder, path) = file(TWO);
        let error = write(&path, "new", true, || Ok(false)).expect_err("it is another");
        assert!(
            error.sentence.contains("has changed meanwhile"),
            "{error:?}"
        );
        assert_eq!(only(&path), TWO);
        write(&path, "new", false, || Ok(true)).expect_err("there is one now");
        assert_eq!(only(&path), TWO);
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::PermissionsExt as _;

        let (folder, path) = file(TWO);
        let away = tempfile::tempdir().expect("a folder for the test");
        let shared = away.path().join("shared.toml");
        fs::rename(&path, &shared).expect("the file is moved");
        std::os::unix::fs::symlink(&shared, &path).expect("the link is made");
        let mode = |mode| fs::Permissions::from_mode(mode);
        fs::set_permissions(&shared, mode(0o664)).expect("the file is the test's");
        define(&path, &A).expect("it is written");
        assert!(path.is_symlink());
        assert_eq!(only(&shared), TWO.replace("/a", "/new"));
        let now = fs::metadata(&shared)
            .expect("the file is there")
            .permissions();
        assert_eq!(now.mode() & 0o777, 0o664);

        fs::set_permissions(&shared, mode(0o444)).expect("the file is the test's");
        let more = Definition {
            stream: None,
            text: "[[stream]]\npath = '/more'",
            was: "",
        };
        let error = define(&path, &more).expect_err("it may only be read");
        assert!(error.sentence.contains("may only be read"), "{error:?}");
        fs::remove_file(&shared).expect("the file is the test's");
        let error = define(&path, &more).expect_err("a link that leads nowhere");
        assert!(error.sentence.contains("leads nowhere"), "{error:?}");
        assert!(path.is_symlink());
        drop(folder);
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
