//! Writes a file beside its place, and then moves it there in one step. Nobody ever reads half of a
//! file.

use std::fs;
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::{Builder, NamedTempFile};

/// Who may read a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readers {
    /// The person whose it is: for what a program keeps.
    Own,
    /// Those who may read any file that this person makes.
    Usual,
}

/// A whole file in this folder, which is made if it is not there, under a name that it loses when
/// it is put in its place.
pub(crate) fn written(folder: &Path, bytes: &[u8], readers: Readers) -> io::Result<NamedTempFile> {
    fs::create_dir_all(folder)?;
    let mut builder = Builder::new();
    #[cfg(unix)]
    if readers == Readers::Usual {
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    Ok(file)
}
