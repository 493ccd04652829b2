//! Writes bytes to a new file in the person's folder of downloads, as a browser does. It asks no
//! question.
//!
//! It must never overwrite a file.

use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sse_server::recording::{Recorder, Secrets};
use sse_server::{Existing, RecordingFile};
use tauri::{AppHandle, Manager};

use crate::atomic_file::{self, Readers};
use crate::error::Error;

/// The longest name, in bytes.
const MAX_NAME: usize = 100;

/// How many files of one name are kept apart by a number.
const MOST: u32 = 10_000;

/// Where this person's downloads go; their home where the system knows no such folder.
pub(crate) fn folder(app: &AppHandle) -> Result<PathBuf, Error> {
    let path = app.path();
    Ok(path.download_dir().or_else(|_| path.home_dir())?)
}

/// Writes `bytes`, which has a character for each, to a file of this name in the folder; where
/// there is one already, to `name-2.ext` and so on. Answers with its path.
///
/// # Errors
/// A name with anything but letters, digits, `.`, `_` and `-`, characters above U+00FF, or a folder
/// that takes no file.
pub(crate) fn save(folder: &Path, name: &str, bytes: &str) -> Result<PathBuf, Error> {
    if !is_name(name) {
        return Err(Error::BadFileName(name.to_owned()));
    }
    let bytes = bytes_of(bytes)?;
    write(folder, name, &bytes).map_err(|error| Error::Save {
        folder: folder.to_owned(),
        reason: error.to_string(),
    })
}

/// Begins a recording of this name in the folder, or of `name-2.wire` and so on.
///
/// # Errors
/// A folder that takes no file.
pub(crate) fn record(folder: &Path, name: &str) -> Result<RecordingFile, Error> {
    let failed = |reason: String| Error::Save {
        folder: folder.to_owned(),
        reason,
    };
    std::fs::create_dir_all(folder).map_err(|error| failed(error.to_string()))?;
    for n in 1..=MOST {
        let recorder = Recorder::new(SystemTime::now(), Secrets::KeptBack);
        let path = folder.join(numbered(name, n));
        match RecordingFile::create(&path, Existing::Kept, recorder) {
            Err(
                sse_server::Error::RecordingExists(_)
                | sse_server::Error::RecordingUnderWay(_)
                | sse_server::Error::RecordingLeft(_),
            ) => {}
            Err(error) => return Err(Error::Recording(error)),
            Ok(file) => return Ok(file),
        }
    }
    Err(failed("every name for it is taken".to_owned()))
}

/// The bytes that the page sent as a character each.
///
/// # Errors
/// Characters above U+00FF.
pub(crate) fn bytes_of(text: &str) -> Result<Vec<u8>, Error> {
    let bytes: Result<Vec<u8>, _> = text.chars().map(u8::try_from).collect();
    bytes.map_err(|_| Error::NotBytes)
}

fn is_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    !name.is_empty()
        && name.len() <= MAX_NAME
        && !name.starts_with(['.', '-'])
        && name.bytes().all(plain)
}

/// Puts a file into the first place that is empty.
fn write(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut file = atomic_file::written(folder, bytes, Readers::Usual)?;
    for n in 1..=MOST {
        let path = folder.join(numbered(name, n));
        match file.persist_noclobber(&path) {
            Ok(_) => return Ok(path),
            Err(taken) if taken.error.kind() == io::ErrorKind::AlreadyExists => file = taken.file,
            Err(failed) => return Err(failed.error),
        }
    }
    Err(io::Error::other("every name for it is taken"))
}

/// `name.ext`, `name-2.ext`, `name-3.ext`.
fn numbered(name: &str, n: u32) -> String {
    let (stem, extension) = match name.rsplit_once('.') {
        Some((stem, extension)) => (stem, format!(".{extension}")),
        None => (name, String::new()),
    };
    match n {
        1 => name.to_owned(),
        _ => format!("{stem}-{n}{extension}"),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_byte_arrives_in_a_file_of_its_own() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let downloads = folder.path().join("Downloads");
        let all: String = (0..=255).map(char::from).collect();
        let bytes: Vec<u8> = (0..=255).collect();
        for (text, name) in [
            (&*all, "connection-7-numbers.http"),
            ("a", "connection-7-numbers-2.http"),
            ("b", "connection-7-numbers-3.http"),
        ] {
            let saved = save(&downloads, "connection-7-numbers.http", text).expect("it is written");
            assert_eq!(saved, downloads.join(name));
        }
        assert_eq!(
            fs::read(downloads.join("connection-7-numbers.http")).expect("it is there"),
            bytes
        );
        let left = fs::read_dir(&downloads).expect("it is there").count();
        assert_eq!(left, 3, "a temporary file was left behind");
        assert_eq!(
            save(&downloads, "bytes", "").expect("nothing is written too"),
            downloads.join("bytes")
        );
        assert_eq!(
            save(&downloads, "bytes", "").expect("beside it"),
            downloads.join("bytes-2")
        );
    }

    #[test]
    fn a_recording_takes_the_first_name_that_is_free() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let downloads = folder.path().join("Downloads");
        let one = record(&downloads, "a.wire").expect("it is made");
        let two = record(&downloads, "a.wire").expect("beside it");
        assert_eq!(one.path(), downloads.join("a.wire"));
        assert_eq!(two.path(), downloads.join("a-2.wire"));
        drop((one, two));
        let three = record(&downloads, "a.wire").expect("beside both");
        assert_eq!(three.path(), downloads.join("a-3.wire"));
    }

    #[test]
    fn only_plain_names_and_bytes_are_written() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let long = "x".repeat(MAX_NAME + 1);
        for name in [
            "", ".", "..", ".x", "-x", "a/b", "../a", "a\\b", "a b", "a\n", "ä", &long,
        ] {
            let refused = save(folder.path(), name, "x").expect_err(name);
            assert!(matches!(refused, Error::BadFileName(_)), "{refused}");
        }
        let refused = save(folder.path(), "a", "\u{100}").expect_err("it is no byte");
        assert!(matches!(refused, Error::NotBytes), "{refused}");
        assert_eq!(fs::read_dir(folder.path()).expect("it is there").count(), 0);
    }

    #[test]
    fn a_folder_that_takes_no_file_is_named() {
        let folder = tempfile::tempdir().expect("a folder for the test");
        let file = folder.path().join("file");
        fs::write(&file, "").expect("a file");
        let refused = save(&file, "a", "x")
            .expect_err("it is no folder")
            .to_string();
        assert!(
            refused.contains(&*file.to_string_lossy()) && refused.ends_with("instead."),
            "{refused}"
        );
    }
}
