//! What a look at a file finds, to tell whether it changed.

use std::fs;
use std::io;
#[cfg(unix)]
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::time::SystemTime;

/// What tells one state of a file from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Print {
    modified: Option<SystemTime>,
    pub(super) length: u64,
    /// Where the file lies, and when anything about it was changed, its permissions too.
    #[cfg(unix)]
    node: (u64, i64, i64),
}

/// What a look found: a file, or none, or why nobody knows, in a sentence.
pub(super) type Sighting = Result<Option<Print>, String>;

pub(super) fn look(path: &Path) -> Sighting {
    match fs::metadata(path) {
        Ok(meta) => Ok(Some(Print {
            modified: meta.modified().ok(),
            length: meta.len(),
            #[cfg(unix)]
            node: (meta.ino(), meta.ctime(), meta.ctime_nsec()),
        })),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(unreadable(e)),
    }
}

pub(super) fn unreadable(error: io::Error) -> String {
    format!("The file cannot be read ({error}): make it readable.")
}
